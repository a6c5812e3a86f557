//! A user-PI over real sockets: blocking `std` streams, each wait of which ends.
//!
//! This room owns the client's sockets. It moves the bytes between a data connection and whatever
//! feeds or drains it, at the [`pace`](super::pace) of the run, and knows neither the meaning of a
//! reply, which is the machine's, nor the files, which are the couriers'.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound waits")]

mod data;

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use self::data::MoveFault;
use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};
use crate::client::interrupt::{GLANCE, Interrupt};
use crate::client::pace::Pace;
use crate::client::user_pi::{
    Action, Answer, ClientFault, DataMode, Features, Input, Task, UserPi,
};

/// Bytes that are moved at a time, unless told otherwise.
pub const CHUNK: usize = 64 * 1024;

/// Most reads of what a server says unasked, between two tasks.
const NOTICES_MAX: usize = 16;

/// How long a server that has closed may take for what it still had to say.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
    control: TcpStream,
    data: Data,
    pace: Pace,
    /// Each word of the server begins the wait for its answer anew: it is at work.
    forbearing: bool,
    interrupt: Interrupt,
}

/// Why a task came to a bad end.
#[derive(Debug)]
pub enum LinkFault {
    /// As the machine says.
    Dialogue(ClientFault),
    /// This took longer than the link has patience for.
    TimedOut(&'static str),
    /// What feeds or drains the transfer failed.
    Cargo(io::Error),
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
        Ok(Self { pi, control, data: Data::None, pace, forbearing: false, interrupt })
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
                let _ = self.control.shutdown(Shutdown::Both);
            }
        }
    }

    /// True when nothing more can be done over this link.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.pi.is_over()
    }

    /// Gets `task` done, moving the bytes of `cargo` if it is a transfer.
    ///
    /// # Errors
    /// See [`LinkFault`]. After a time-out on the control connection the link is over.
    pub fn perform(&mut self, task: Task, mut cargo: Cargo<'_>) -> Result<Answer, LinkFault> {
        let mut actions = Vec::new();
        let mut queue = VecDeque::new();
        // What is known here of a failure is nearer to its cause than what the server makes of it.
        let mut nearer = None;
        let mut since = Instant::now();
        let mut stopped = false;
        let _stoppable = self.interrupt.guard();
        self.hear_notices(&mut actions);
        self.pi.handle(Input::Do(task), &mut actions);
        loop {
            queue.extend(actions.drain(..));
            let Some(action) = queue.pop_front() else {
                if self.listen_to_control(&mut since, &mut stopped, &mut actions) {
                    nearer.get_or_insert(LinkFault::TimedOut("the server's reply"));
                }
                continue;
            };
            match action {
                Action::Finished(result) => return nearest(result, nearer),
                Action::Send(bytes) => {
                    since = Instant::now();
                    if self.send(&bytes).is_err() {
                        self.hear_last_words(&mut actions);
                    }
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
                            Input::DataFailed
                        }
                    };
                    self.pi.handle(input, &mut actions);
                    since = Instant::now();
                }
                Action::CloseData => self.data = Data::None,
                Action::CloseControl => {
                    let _ = self.control.shutdown(Shutdown::Both);
                }
            }
        }
    }

    /// Takes in what the server has said since the last task, unasked. Left in the socket, it would
    /// be taken for the answer to the next command.
    fn hear_notices(&mut self, actions: &mut Vec<Action>) {
        let mut buffer = [0; 4 * 1024];
        for _ in 0..NOTICES_MAX {
            if self.control.set_nonblocking(true).is_err() {
                return;
            }
            let read = (&self.control).read(&mut buffer);
            let blocking = self.control.set_nonblocking(false);
            match read {
                Ok(0) => self.pi.handle(Input::Closed, actions),
                Ok(count) => self.pi.handle(Input::Received(&buffer[..count]), actions),
                Err(_) => return,
            }
            if blocking.is_err() || self.pi.is_over() {
                return;
            }
        }
    }

    /// Waits for the server's next words and gives them to the machine. True if that took too long.
    /// Once the task is `stopped`, it only waits for what the server still owes to it.
    fn listen_to_control(
        &mut self,
        since: &mut Instant,
        stopped: &mut bool,
        actions: &mut Vec<Action>,
    ) -> bool {
        let mut buffer = [0; 4 * 1024];
        match self.read_patiently(&self.control, &mut buffer, *since, *stopped) {
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
                return is_time_out(&error);
            }
        }
        false
    }

    /// One read that waits as long as the pace allows, or until Control-C, which is `Interrupted`,
    /// unless the task is `stopped` already. It wakes now and then, for the signal may have gone to
    /// another thread.
    fn read_patiently(
        &self,
        stream: &TcpStream,
        buffer: &mut [u8],
        since: Instant,
        stopped: bool,
    ) -> io::Result<usize> {
        loop {
            if !stopped && self.interrupt.is_pressed() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let Some(left) = self.pace.left(since) else {
                return Err(io::ErrorKind::TimedOut.into());
            };
            match read_once(stream, buffer, left.min(GLANCE)) {
                Err(error) if is_time_out(&error) || error.kind() == io::ErrorKind::Interrupted => {
                }
                result => return result,
            }
        }
    }

    /// The server does not read any more; it may have said why before it left.
    fn hear_last_words(&mut self, actions: &mut Vec<Action>) {
        let mut buffer = [0; 4 * 1024];
        if let Ok(count @ 1..) = read_once(&self.control, &mut buffer, LAST_WORDS) {
            self.pi.handle(Input::Received(&buffer[..count]), actions);
        }
        self.pi.handle(Input::Closed, actions);
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.control.set_write_timeout(Some(self.pace.wait()))?;
        (&self.control).write_all(bytes)
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
        let bound = self.control.local_addr().and_then(|local| {
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

impl From<LinkFault> for Failure {
    fn from(fault: LinkFault) -> Self {
        match fault {
            LinkFault::Dialogue(fault) => Self::task(&fault),
            LinkFault::TimedOut(what) => Self::new(Exit::TimeOut, format!("{what} took too long"))
                .advise("--timeout SECONDS")
                .again(Again::Soon),
            LinkFault::Cargo(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Self::output(&error)
            }
            LinkFault::Cargo(error) => Self::new(Exit::LocalFile, error.to_string()),
        }
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

/// Connects to the first of the host's addresses that answers.
///
/// # Errors
/// A name that can't be resolved, or no address that answers in time.
pub fn connect(host: &str, port: u16, patience: Duration) -> Result<TcpStream, Failure> {
    let addresses = (host, port).to_socket_addrs().map_err(|error| {
        Failure::new(Exit::Connection, format!("can't be resolved: {error}"))
            .about(host)
            .advise("check the name of the host")
            .fatal()
    })?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                // Commands are small and waited for; there is nothing to gather.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(unreachable(host, port, &last))
}

/// One read that waits no longer than `patience`, or until a signal.
fn read_once(stream: &TcpStream, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
    stream.set_read_timeout(Some(patience))?;
    let mut reader = stream;
    reader.read(buffer)
}

/// True when `error` is the end of a wait, under either of its names.
#[must_use]
pub fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn unreachable(host: &str, port: u16, error: &io::Error) -> Failure {
    let exit = if is_time_out(error) { Exit::TimeOut } else { Exit::Connection };
    Failure::new(exit, format!("no connection to port {port}: {error}"))
        .about(host)
        .advise("is the server running, and on this port?")
        .fatal()
        .again(Again::Soon)
}

/// The best explanation of how a task ended, from the machine's and the link's own.
fn nearest(
    result: Result<Answer, ClientFault>,
    nearer: Option<LinkFault>,
) -> Result<Answer, LinkFault> {
    match (result, nearer) {
        (Ok(answer), None) => Ok(answer),
        (Err(fault), None) => Err(LinkFault::Dialogue(fault)),
        // A full disk makes an upload stall: the server's word is the cause.
        (Err(ClientFault::Refused(reply)), Some(LinkFault::TimedOut(_)))
            if matches!(reply.code().number(), 452 | 552) =>
        {
            Err(LinkFault::Dialogue(ClientFault::Refused(reply)))
        }
        (_, Some(nearer)) => Err(nearer),
    }
}
