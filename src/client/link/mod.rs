//! A user-PI over real sockets: blocking `std` streams, each wait of which ends.
//!
//! This room owns the client's sockets, and TLS over them. It moves the bytes between a data
//! connection and whatever feeds or drains it, at the [`pace`](super::pace) of the run, and knows
//! neither the meaning of a reply, which is the machine's, nor the files, which are the couriers'.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound waits")]

mod data;
mod dial;
mod fault;
mod stream;
mod tls;
mod wait;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::data::MoveFault;
pub use self::dial::connect;
use self::dial::unreachable;
pub use self::fault::LinkFault;
use self::fault::{may_want_ticket, nearest};
pub use self::stream::{SecureFault, Stream};
pub use self::tls::{Context, Identity, Trust, Versions};
pub use self::wait::is_time_out;
use self::wait::{Wait, read_once};
use crate::client::failure::Failure;
use crate::client::interrupt::Interrupt;
use crate::client::pace::Pace;
use crate::client::security::Fingerprint;
use crate::client::user_pi::{
    Action, Answer, ClientFault, DataMode, Features, Input, Task, UserPi,
};

/// Bytes that are moved at a time, unless told otherwise.
pub const CHUNK: usize = 64 * 1024;

/// Most reads of what a server says unasked, between two tasks.
const NOTICES_MAX: usize = 16;

/// How long a server that has closed may take for what it still had to say.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a server may take to say that a transfer has failed whose data connection is gone. Some
/// never say it (pyftpdlib, pure-ftpd).
const AFTERMATH: Duration = Duration::from_secs(10);

/// What a transfer's bytes come from or go to.
pub enum Cargo<'a> {
    /// Nothing: the task has no transfer.
    None,
    /// What is received is written here.
    Sink(&'a mut dyn Write),
    /// What is sent is read from here.
    Source(&'a mut dyn Read),
}

/// A control connection with its machine.
#[derive(Debug)]
pub struct Link {
    pi: UserPi,
    control: Stream,
    /// What TLS on the control connection and the data connections has in common, where there is to
    /// be any.
    context: Option<Context>,
    data: Data,
    /// The data connection of the task under way could not show that it belongs to this link.
    untied: bool,
    /// For want of tickets, data connections are refused.
    spent: bool,
    pace: Pace,
    /// Each word of the server begins the wait for its answer anew: it is at work.
    forbearing: bool,
    interrupt: Interrupt,
}

/// The data connection, as far as it has come.
#[derive(Debug)]
enum Data {
    None,
    Listening(TcpListener),
    Open(TcpStream),
}

impl Link {
    /// Connects to `host`, trying each of its addresses in turn, each for as long as `pace` lets it.
    ///
    /// # Errors
    /// A name that can't be resolved, or no address that answers.
    pub fn open(host: &str, port: u16, pace: Pace, interrupt: Interrupt) -> Result<Self, Failure> {
        let control = connect(host, port, pace.wait())?;
        let peer = control.peer_addr().map_err(|error| unreachable(host, port, &error))?;
        let pi = UserPi::new(peer.ip());
        Ok(Self {
            pi,
            control: Stream::plain(control),
            context: None,
            data: Data::None,
            untied: false,
            spent: false,
            pace,
            forbearing: false,
            interrupt,
        })
    }

    /// Makes ready for TLS with the server that was called `host`, as [`Link::secure`] or
    /// [`Task::Secure`] begin it.
    ///
    /// # Errors
    /// See [`Context::new`].
    pub fn prepare(
        &mut self,
        trust: &Trust,
        identity: Option<&Arc<Identity>>,
        versions: Versions,
        host: &str,
    ) -> Result<(), Failure> {
        let peer =
            self.control.socket().peer_addr().map_err(|error| unreachable(host, 0, &error))?;
        let peer = peer.ip().to_canonical();
        self.context = Some(Context::new(trust, identity, versions, host, peer)?);
        Ok(())
    }

    /// Begins TLS at once, before the server has said a word (implicit TLS).
    ///
    /// # Errors
    /// See [`SecureFault`]. The link is of no use then.
    pub fn secure(&mut self) -> Result<(), Failure> {
        let _stoppable = self.interrupt.guard();
        self.begin_tls().map_err(SecureFault::into_failure)?;
        self.pi.handle(Input::Secured, &mut Vec::new());
        Ok(())
    }

    /// Why the server is trusted although its certificate could not be verified, and the
    /// certificate's fingerprint, where that is so.
    #[must_use]
    pub fn doubt(&self) -> Option<(String, Fingerprint)> {
        self.context.as_ref().and_then(Context::doubt)
    }

    /// The protocol and the cipher of the control connection; none in the clear.
    #[must_use]
    pub fn protection(&self) -> Option<String> {
        self.control.protection()
    }

    /// TLS as the server has agreed to it. What it gives back is known here alone: why it failed.
    fn begin_explicit_tls(
        &mut self,
        stopped: &mut bool,
        actions: &mut Vec<Action>,
    ) -> Option<LinkFault> {
        let (input, fault) = match self.begin_tls() {
            Ok(()) => (Input::Secured, None),
            Err(SecureFault::Interrupted) => {
                *stopped = true;
                (Input::Interrupted, None)
            }
            Err(fault) => (Input::SecureFailed, Some(LinkFault::Tls(fault.into_failure()))),
        };
        self.pi.handle(input, actions);
        fault
    }

    fn begin_tls(&mut self) -> Result<(), SecureFault> {
        let Some(context) = &self.context else { return Err(SecureFault::HungUp) };
        self.control.secure(context, &self.pace, &self.interrupt)
    }

    /// Chooses how data connections are made from now on.
    pub const fn use_mode(&mut self, mode: DataMode) {
        self.pi.use_mode(mode);
    }

    /// Does `deed` within `whole`; what takes longer fails by a time-out, and the link may be over.
    pub fn hurry<T>(&mut self, whole: Duration, deed: impl FnOnce(&mut Self) -> T) -> T {
        let hurried = self.pace.within(whole);
        let usual = std::mem::replace(&mut self.pace, hurried);
        let done = deed(self);
        self.pace = usual;
        done
    }

    /// Lets each further wait take no longer than `patience`.
    pub fn bound(&mut self, patience: Duration) {
        self.pace.bound(patience);
    }

    /// Takes, or no longer takes, each preliminary reply for progress: work on the server's side may
    /// last.
    pub const fn forbear(&mut self, forbearing: bool) {
        self.forbearing = forbearing;
    }

    /// What the server can do, once a login has succeeded.
    #[must_use]
    pub const fn features(&self) -> Option<&Features> {
        self.pi.features()
    }

    /// Takes in what the server has said since the last task; it may have been goodbye.
    pub fn look(&mut self) {
        let mut actions = Vec::new();
        self.hear_notices(&mut actions);
        for action in actions {
            if matches!(action, Action::CloseControl) {
                self.control.close();
            }
        }
    }

    /// True when nothing more can be done over this link.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.pi.is_over() || self.spent
    }

    /// True when it is over because the server gives too few tickets, of which
    /// [`Versions::Tls12`] needs none.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.spent
    }

    /// Gets `task` done, moving the bytes of `cargo` if it is a transfer.
    ///
    /// # Errors
    /// See [`LinkFault`]. After a time-out on the control connection the link is over.
    pub fn perform(&mut self, task: Task, mut cargo: Cargo<'_>) -> Result<Answer, LinkFault> {
        let mut actions = Vec::new();
        let mut queue = VecDeque::new();
        let mut since = Instant::now();
        let mut stopped = false;
        // The usual pace, while what is left of a failed transfer is waited for.
        let mut usual: Option<Pace> = None;
        self.untied = false;
        let _stoppable = self.interrupt.guard();
        // What is known here of a failure is nearer to its cause than what the server makes of it.
        let mut nearer = self.hear_notices(&mut actions);
        self.pi.handle(Input::Do(task), &mut actions);
        loop {
            queue.extend(actions.drain(..));
            let Some(action) = queue.pop_front() else {
                if let Some(fault) = self.listen_to_control(&mut since, &mut stopped, &mut actions)
                {
                    // A reply that is late behind a transfer that failed is not what went wrong.
                    if usual.is_none() || !matches!(fault, LinkFault::TimedOut(_)) {
                        nearer.get_or_insert(fault);
                    }
                }
                continue;
            };
            match action {
                Action::Finished(result) => {
                    self.pace = usual.unwrap_or_else(|| self.pace.clone());
                    return self.conclude(result, nearer);
                }
                Action::Send(bytes) => {
                    since = Instant::now();
                    if self.send(&bytes).is_err() {
                        nearer = nearer.or(self.hear_last_words(&mut actions));
                    }
                }
                Action::Secure => {
                    nearer = self.begin_explicit_tls(&mut stopped, &mut actions);
                    since = Instant::now();
                }
                Action::OpenData(address) => self.open_data(address, &mut actions),
                Action::Listen => self.listen(&mut actions),
                Action::ReceiveData | Action::SendData => {
                    let input = match self.move_data(&mut cargo) {
                        Ok(bytes) => Input::DataEnded { bytes },
                        Err(MoveFault::Interrupted) => {
                            stopped = true;
                            Input::Interrupted
                        }
                        Err(fault) => {
                            nearer = fault.into_nearer();
                            let hurried = self.pace.within(AFTERMATH);
                            usual.get_or_insert_with(|| std::mem::replace(&mut self.pace, hurried));
                            Input::DataFailed
                        }
                    };
                    self.pi.handle(input, &mut actions);
                    since = Instant::now();
                }
                Action::CloseData => self.data = Data::None,
                Action::CloseControl => self.control.close(),
            }
        }
    }

    /// What the task came to: the best of what the machine says and of what is known here.
    fn conclude(
        &mut self,
        result: Result<Answer, ClientFault>,
        nearer: Option<LinkFault>,
    ) -> Result<Answer, LinkFault> {
        match result {
            Err(ClientFault::Refused(reply)) if self.untied && may_want_ticket(&reply) => {
                self.spent = true;
                Err(LinkFault::Spent(reply))
            }
            result => nearest(result, nearer),
        }
    }

    /// Takes in what the server has said since the last task, unasked. Left in the socket, it would
    /// be taken for the answer to the next command.
    fn hear_notices(&mut self, actions: &mut Vec<Action>) -> Option<LinkFault> {
        let mut buffer = [0; 4 * 1024];
        for _ in 0..NOTICES_MAX {
            if self.control.socket().set_nonblocking(true).is_err() {
                return None;
            }
            let read = self.control.read(&mut buffer);
            let blocking = self.control.socket().set_nonblocking(false);
            match read {
                Ok(0) => self.pi.handle(Input::Closed, actions),
                Ok(count) => self.pi.handle(Input::Received(&buffer[..count]), actions),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_time_out(&error) => return None,
                Err(error) => {
                    self.pi.handle(Input::Closed, actions);
                    return self.tls_fault(&error);
                }
            }
            if blocking.is_err() || self.pi.is_over() {
                return None;
            }
        }
        None
    }

    /// Waits for the server's next words and gives them to the machine. What it gives back is known
    /// here alone: that it took too long, or that what came is no TLS.
    /// Once the task is `stopped`, it only waits for what the server still owes to it.
    fn listen_to_control(
        &mut self,
        since: &mut Instant,
        stopped: &mut bool,
        actions: &mut Vec<Action>,
    ) -> Option<LinkFault> {
        let mut buffer = [0; 4 * 1024];
        let wait = Wait { pace: &self.pace, interrupt: &self.interrupt };
        match wait.read(&mut self.control, &mut buffer, *since, *stopped) {
            Ok(0) => self.pi.handle(Input::Closed, actions),
            Ok(count) => {
                if self.forbearing {
                    *since = Instant::now();
                }
                self.pi.handle(Input::Received(&buffer[..count]), actions);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                *stopped = true;
                self.pi.handle(Input::Interrupted, actions);
            }
            Err(error) => {
                self.pi.handle(Input::Closed, actions);
                if is_time_out(&error) {
                    return Some(LinkFault::TimedOut("the server's reply"));
                }
                // An end without TLS's own is just an end here: a reply is whole or none.
                return self.tls_fault(&error);
            }
        }
        None
    }

    /// The server does not read any more; it may have said why before it left.
    fn hear_last_words(&mut self, actions: &mut Vec<Action>) -> Option<LinkFault> {
        let mut buffer = [0; 4 * 1024];
        let mut alert = None;
        match read_once(&mut self.control, &mut buffer, LAST_WORDS) {
            Ok(count @ 1..) => self.pi.handle(Input::Received(&buffer[..count]), actions),
            Ok(_) => {}
            Err(error) => alert = self.tls_fault(&error),
        }
        self.pi.handle(Input::Closed, actions);
        alert
    }

    /// What TLS finds wrong with the control connection, where it is TLS that does.
    fn tls_fault(&self, error: &io::Error) -> Option<LinkFault> {
        let fault = stream::rustls_error(error)?;
        Some(LinkFault::Tls(tls::explain(fault, self.context.as_ref()?).fatal()))
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.control.socket().set_write_timeout(Some(self.pace.wait()))?;
        self.control.say(bytes)
    }

    fn open_data(&mut self, address: SocketAddr, actions: &mut Vec<Action>) {
        let input = match TcpStream::connect_timeout(&address, self.pace.wait()) {
            Ok(stream) => {
                self.data = Data::Open(stream);
                Input::DataOpened
            }
            Err(_) => Input::DataFailed,
        };
        self.pi.handle(input, actions);
    }

    fn listen(&mut self, actions: &mut Vec<Action>) {
        let bound = self.control.socket().local_addr().and_then(|local| {
            let listener = TcpListener::bind(SocketAddr::new(local.ip(), 0))?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        });
        let input = match bound {
            Ok((listener, address)) => {
                self.data = Data::Listening(listener);
                Input::Listening(address)
            }
            Err(_) => Input::DataFailed,
        };
        self.pi.handle(input, actions);
    }
}

impl fmt::Debug for Cargo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Sink(_) => "Sink",
            Self::Source(_) => "Source",
        })
    }
}
