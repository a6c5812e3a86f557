//! The user-PI (RFC 959, section 2.3): the client's half of the FTP dialogue, as a pure machine.
//!
//! Inputs go in, actions come out. It owns no socket, no file and no clock, so the very same
//! machine runs over blocking sockets in [`link`](super::link) and over virtual ones in the
//! simulation of the server. It refuses to know where bytes come from and where they go: it says
//! when a data connection is to be opened, and waits to be told how that ended.
//!
//! One task runs at a time. A transfer is finished only when both its data connection has ended
//! and its final reply has come, in whichever order. What a server can make it remember is bounded:
//! one reply line, one reply, the features, and a count of marks.

mod features;
mod reply;
mod state;
mod task;
#[cfg(test)]
mod tests;
mod transfer;

use std::net::IpAddr;

pub use features::Features;
pub use task::{Action, Answer, ClientFault, DataMode, Input, ListForm, Secret, StoreStart, Task};

use self::state::{Business, Need, State, Subject, Transfer};
use crate::wire::ftp::command::{Command, TransferType};
use crate::wire::ftp::reply::{Class, Reply, ReplyReader};
use crate::wire::line::{Framer, Line};

/// Longest reply line that is read, in bytes.
const LINE_MAX: usize = 8 * 1024;

/// Most preliminary replies before a final one: more than a message a second for a day.
const MARKS_MAX: u32 = 100_000;

/// Telnet IP and Synch, which RFC 959, section 4.1.3, wants before ABOR: IAC IP IAC DM.
const TELNET_SYNCH: [u8; 4] = [255, 244, 255, 242];

/// The machine. See the [module](self) for what it does and does not know.
#[derive(Debug)]
pub struct UserPi {
    framer: Framer,
    reader: ReplyReader,
    /// The server's address: data connections go there and nowhere else, whatever it says.
    peer: IpAddr,
    mode: DataMode,
    /// Known from the first login on.
    features: Option<Features>,
    /// TYPE I is in force.
    image: bool,
    /// EPSV has not been refused yet.
    extended: bool,
    /// MLSD has not been refused yet.
    machine_listing: bool,
    /// LIST has not been refused for its option yet.
    list_options: bool,
    /// The control connection is under TLS.
    secured: bool,
    /// PROT P is in force: data connections are under TLS as well.
    protected: bool,
    /// Preliminary replies since the last final one.
    marks: u32,
    state: State,
}

impl UserPi {
    /// A machine for a fresh control connection to a server at `peer`, which has yet to greet.
    #[must_use]
    pub fn new(peer: IpAddr) -> Self {
        Self {
            framer: Framer::new(LINE_MAX),
            reader: ReplyReader::new(),
            // An IPv4 address in IPv6's clothing would forbid PASV and PORT.
            peer: peer.to_canonical(),
            mode: DataMode::Passive,
            features: None,
            image: false,
            extended: true,
            machine_listing: true,
            secured: false,
            protected: false,
            list_options: true,
            marks: 0,
            state: State::Greeting(None),
        }
    }

    /// Chooses how the data connections of coming tasks are made.
    pub const fn use_mode(&mut self, mode: DataMode) {
        self.mode = mode;
    }

    /// What the server can do, once a login has succeeded.
    #[must_use]
    pub const fn features(&self) -> Option<&Features> {
        self.features.as_ref()
    }

    /// True when data connections are to be under TLS.
    #[must_use]
    pub const fn is_protected(&self) -> bool {
        self.protected
    }

    /// True when no task is under way and the next may come.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        matches!(self.state.business(), Business::Calm)
    }

    /// True when the control connection is of no more use.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.state, State::Over(_))
    }

    /// Takes in one thing that happened and appends what is to be done about it to `actions`.
    ///
    /// Inputs that make no sense in the present state, such as the end of a data connection that
    /// has been given up, are dropped: they may have crossed an action on their way.
    pub fn handle(&mut self, input: Input<'_>, actions: &mut Vec<Action>) {
        match input {
            Input::Received(bytes) => self.receive(bytes, actions),
            Input::Closed => self.end(ClientFault::Lost, None, actions),
            Input::Do(task) => self.undertake(task, actions),
            Input::Listening(address) => self.listening(address, actions),
            Input::DataOpened => self.data_opened(actions),
            Input::DataEnded { bytes } => self.data_over(Ok(bytes), actions),
            Input::DataFailed => self.data_over(Err(()), actions),
            Input::Interrupted => self.interrupt(actions),
            Input::Secured => self.secured(actions),
            Input::SecureFailed => self.end(ClientFault::Unsecured, None, actions),
        }
    }

    fn receive(&mut self, bytes: &[u8], actions: &mut Vec<Action>) {
        self.framer.push(bytes);
        loop {
            let outcome = match self.framer.next_line() {
                None => return,
                Some(Line::TooLong) => Err("a reply line is too long"),
                Some(Line::Text(line)) => {
                    self.reader.line(line).map_err(|_| "that is no FTP reply")
                }
            };
            match outcome {
                Ok(None) => {}
                Ok(Some(reply)) => self.reply(reply, actions),
                Err(what) => self.end(ClientFault::Protocol(what), None, actions),
            }
        }
    }

    /// TLS stands: as AUTH wanted it, or from the first byte on. What the server said before counts
    /// no more; anybody may have said it.
    fn secured(&mut self, actions: &mut Vec<Action>) {
        let fresh = matches!(self.state, State::Greeting(_));
        if !fresh && !matches!(self.state, State::Securing) {
            return;
        }
        self.secured = true;
        (self.framer, self.reader) = (Framer::new(LINE_MAX), ReplyReader::new());
        self.features = None;
        (self.extended, self.machine_listing, self.list_options) = (true, true, true);
        if !fresh {
            self.state = finish(Answer::Secured, actions);
        }
    }

    /// Ends the session, and the task under way with `fault`, because nothing is left to hope for.
    /// What the server gave as its reason is `why`.
    fn end(&mut self, fault: ClientFault, why: Option<Reply>, actions: &mut Vec<Action>) {
        let business = self.state.business();
        if business == Business::Over || matches!(self.state, State::Parting(..)) {
            return;
        }
        // What the server calls complete may still be on its way. That it closes behind that, as one
        // does that is about to stop, takes nothing away.
        let state = std::mem::replace(&mut self.state, State::Idle);
        self.state = if let State::Moving(moving) = state {
            if moving.is_complete() {
                self.state = State::Parting(moving, why);
                return;
            }
            State::Moving(moving)
        } else {
            state
        };
        if self.state.holds_data() {
            actions.push(Action::CloseData);
        }
        actions.push(Action::CloseControl);
        match business {
            Business::Calm | Business::Over => {}
            // Some servers hang up without a 221; that is what QUIT wanted.
            Business::Leaving => actions.push(Action::Finished(Ok(Answer::Left))),
            Business::Busy => actions.push(Action::Finished(Err(fault))),
        }
        self.state = State::Over(why);
    }

    /// Begins a task, or keeps it until the server has greeted.
    fn undertake(&mut self, task: Task, actions: &mut Vec<Action>) {
        let fault = match self.state.business() {
            Business::Calm => {
                if let State::Greeting(waiting) = &mut self.state {
                    *waiting = Some(task);
                } else {
                    self.state = self.begin(task, actions);
                }
                return;
            }
            Business::Leaving | Business::Busy => ClientFault::Busy,
            Business::Over => self.why().map_or(ClientFault::Lost, ClientFault::Closing),
        };
        actions.push(Action::Finished(Err(fault)));
    }

    /// Why the server has ended the session, if it said so.
    fn why(&self) -> Option<Reply> {
        if let State::Over(why) = &self.state { why.clone() } else { None }
    }

    fn begin(&mut self, task: Task, actions: &mut Vec<Action>) -> State {
        if !task.is_sendable() {
            return fail(ClientFault::Unsendable, actions);
        }
        match task {
            Task::Secure => {
                send_line(b"AUTH TLS".to_vec(), actions);
                State::Auth
            }
            Task::Login { user, password } => {
                // A new login may undo what the old one had set.
                self.image = false;
                send(&Command::User(&user), actions);
                State::User(password)
            }
            Task::Retrieve { path, offset } => {
                self.prepare(Transfer::new(Subject::Retrieve, path, offset), actions)
            }
            Task::Store { path, start } => {
                let (subject, restart) = match start {
                    StoreStart::Replace => (Subject::Store, 0),
                    StoreStart::Restart(offset) => (Subject::Store, offset),
                    StoreStart::Append => (Subject::Append, 0),
                };
                self.prepare(Transfer::new(subject, path, restart), actions)
            }
            Task::List { path, form } => {
                let form = self.form(form);
                let path = path.unwrap_or_default();
                self.prepare(Transfer::new(Subject::List(form), path, 0), actions)
            }
            Task::Size(path) if self.image => ask_size(&path, actions),
            Task::Size(path) => ask_type(Need::Size(path), actions),
            Task::Pwd => {
                send(&Command::Pwd, actions);
                State::Directory
            }
            Task::Rename { from, to } => {
                send(&Command::Rnfr(&from), actions);
                State::Renaming(to)
            }
            Task::Quit => {
                send(&Command::Quit, actions);
                State::Quitting
            }
            Task::Raw(line) => {
                // It may have been any command, so nothing is sure of the parameters any more.
                self.image = false;
                send_line(line, actions);
                State::Raw
            }
            Task::Cwd(path) => ask(&Command::Cwd(&path), actions),
            Task::Cdup => ask(&Command::Cdup, actions),
            Task::Mkd(path) => ask(&Command::Mkd(&path), actions),
            Task::Rmd(path) => ask(&Command::Rmd(&path), actions),
            Task::Dele(path) => ask(&Command::Dele(&path), actions),
            Task::Noop => ask(&Command::Noop, actions),
        }
    }

    fn interrupt(&mut self, actions: &mut Vec<Action>) {
        if self.state.business() != Business::Busy {
            return;
        }
        if self.state.holds_data() {
            actions.push(Action::CloseData);
        }
        if let State::Parting(_, why) = &mut self.state {
            let why = why.take();
            actions.extend([Action::CloseControl, Action::Finished(Err(ClientFault::Interrupted))]);
            self.state = State::Over(why);
            return;
        }
        self.state = match self.state.finals() {
            // The task waits behind the greeting, or for the data connection alone.
            0 if matches!(self.state, State::Greeting(_)) => {
                actions.push(Action::Finished(Err(ClientFault::Interrupted)));
                State::Greeting(None)
            }
            // Half a handshake is nothing to go on with.
            0 if matches!(self.state, State::Securing) => {
                let fault = Err(ClientFault::Interrupted);
                actions.extend([Action::CloseControl, Action::Finished(fault)]);
                State::Over(None)
            }
            0 => fail(ClientFault::Interrupted, actions),
            finals if matches!(self.state, State::Moving(_)) => {
                let mut abort = TELNET_SYNCH.to_vec();
                Command::Abor.write(&mut abort);
                actions.push(Action::Send(abort));
                // One to the transfer, one to ABOR itself.
                State::Forsaken { finals: finals + 1 }
            }
            finals => State::Forsaken { finals },
        };
    }
}

fn ask(command: &Command<'_>, actions: &mut Vec<Action>) -> State {
    send(command, actions);
    State::Plain
}

fn ask_type(need: Need, actions: &mut Vec<Action>) -> State {
    send(&Command::Type(TransferType::Image), actions);
    State::Type(need)
}

fn ask_size(path: &[u8], actions: &mut Vec<Action>) -> State {
    send(&Command::Size(path), actions);
    State::Size
}

fn finish(answer: Answer, actions: &mut Vec<Action>) -> State {
    actions.push(Action::Finished(Ok(answer)));
    State::Idle
}

fn fail(fault: ClientFault, actions: &mut Vec<Action>) -> State {
    actions.push(Action::Finished(Err(fault)));
    State::Idle
}

fn send(command: &Command<'_>, actions: &mut Vec<Action>) {
    let mut bytes = Vec::new();
    command.write(&mut bytes);
    actions.push(Action::Send(bytes));
}

fn send_line(mut line: Vec<u8>, actions: &mut Vec<Action>) {
    line.extend_from_slice(b"\r\n");
    actions.push(Action::Send(line));
}

fn first_line(reply: &Reply) -> &[u8] {
    reply.lines().next().unwrap_or_default()
}

fn is_success(reply: &Reply) -> bool {
    reply.code().class() == Class::Completion
}
