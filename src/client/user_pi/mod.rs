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
mod state;
mod task;
#[cfg(test)]
mod tests;

use std::mem;
use std::net::{IpAddr, SocketAddr};

pub use features::Features;
pub use task::{Action, Answer, ClientFault, DataMode, Input, ListForm, Secret, StoreStart, Task};

use self::state::{Business, Moving, Need, State, Subject, Transfer};
use crate::wire::ftp::address;
use crate::wire::ftp::command::{Command, EpsvArgument, ListArgument, OptsArgument, TransferType};
use crate::wire::ftp::reply::{Class, Reply, ReplyReader, unquoted};
use crate::wire::line::{Framer, Line};

/// Longest reply line that is read, in bytes.
const LINE_MAX: usize = 8 * 1024;

/// Most preliminary replies to one task: far more than progress messages of an hour.
const MARKS_MAX: u32 = 10_000;

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
    /// Preliminary replies to the task under way.
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

    /// Ends the session, and the task under way with `fault`, because nothing is left to hope for.
    /// What the server gave as its reason is `why`.
    fn end(&mut self, fault: ClientFault, why: Option<Reply>, actions: &mut Vec<Action>) {
        let business = self.state.business();
        if business == Business::Over {
            return;
        }
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
                    self.marks = 0;
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
                let form = if form == ListForm::Mlsd && !self.has_machine_listing() {
                    ListForm::List
                } else {
                    form
                };
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

    fn has_machine_listing(&self) -> bool {
        self.machine_listing && self.features.as_ref().is_none_or(|features| features.has("MLST"))
    }

    // The way to a transfer: TYPE I, a data connection, REST, the verb.

    fn prepare(&mut self, transfer: Transfer, actions: &mut Vec<Action>) -> State {
        if self.image {
            self.connect(transfer, actions)
        } else {
            ask_type(Need::Transfer(transfer), actions)
        }
    }

    fn connect(&mut self, transfer: Transfer, actions: &mut Vec<Action>) -> State {
        match self.mode {
            DataMode::Active => {
                actions.push(Action::Listen);
                State::Binding(transfer)
            }
            DataMode::Passive if self.extended => {
                send(&Command::Epsv(EpsvArgument::Any), actions);
                State::Epsv(transfer)
            }
            DataMode::Passive => {
                send(&Command::Pasv, actions);
                State::Pasv(transfer)
            }
        }
    }

    fn listening(&mut self, address: SocketAddr, actions: &mut Vec<Action>) {
        let state = mem::replace(&mut self.state, State::Idle);
        let State::Binding(transfer) = state else {
            self.state = state;
            return;
        };
        match SocketAddr::new(address.ip().to_canonical(), address.port()) {
            SocketAddr::V4(address) => send(&Command::Port(address), actions),
            address @ SocketAddr::V6(_) => send(&Command::Eprt(address), actions),
        }
        self.state = State::Port(transfer);
    }

    fn data_opened(&mut self, actions: &mut Vec<Action>) {
        let state = mem::replace(&mut self.state, State::Idle);
        self.state = if let State::Connecting(transfer) = state {
            restart_or_start(transfer, actions)
        } else {
            state
        };
    }

    fn data_over(&mut self, end: Result<u64, ()>, actions: &mut Vec<Action>) {
        let state = mem::replace(&mut self.state, State::Idle);
        self.state = if let State::Moving(mut moving) = state {
            moving.end.get_or_insert(end);
            settle(moving, actions)
        } else if let State::Rest(mut transfer) = state {
            transfer.broken = true;
            State::Rest(transfer)
        } else if matches!(state, State::Connecting(_) | State::Binding(_)) {
            actions.push(Action::CloseData);
            fail(ClientFault::DataUnreachable, actions)
        } else {
            state
        };
    }

    fn interrupt(&mut self, actions: &mut Vec<Action>) {
        if self.state.business() != Business::Busy {
            return;
        }
        if self.state.holds_data() {
            actions.push(Action::CloseData);
        }
        self.state = match self.state.finals() {
            // The task waits behind the greeting, or for the data connection alone.
            0 if matches!(self.state, State::Greeting(_)) => {
                actions.push(Action::Finished(Err(ClientFault::Interrupted)));
                State::Greeting(None)
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

    // What the server says.

    fn reply(&mut self, reply: Reply, actions: &mut Vec<Action>) {
        let code = reply.code().number();
        if code == 421 {
            let fault = ClientFault::Closing(reply.clone());
            return self.end(fault, Some(reply), actions);
        }
        if code < 200 {
            return self.mark(actions);
        }
        self.state = match mem::replace(&mut self.state, State::Idle) {
            State::Greeting(waiting) if code == 220 => match waiting {
                Some(task) => self.begin(task, actions),
                None => State::Idle,
            },
            State::Greeting(waiting) => {
                actions.push(Action::CloseControl);
                if waiting.is_some() {
                    let fault = ClientFault::Closing(reply.clone());
                    actions.push(Action::Finished(Err(fault)));
                }
                State::Over(Some(reply))
            }
            // Nobody asked: an answer that came too late, or a notice.
            State::Idle => State::Idle,
            State::User(password) if code == 331 => {
                send(&Command::Pass(password.reveal()), actions);
                State::Pass
            }
            State::User(_) | State::Pass => self.logged_in(reply, actions),
            State::Feat(login) => self.featured(login, &reply, actions),
            State::Utf8(login) => finish(Answer::Done(login), actions),
            State::Type(need) => self.typed(need, reply, actions),
            State::Epsv(transfer) => self.extended_passive(transfer, reply, actions),
            State::Pasv(transfer) => self.passive(transfer, reply, actions),
            State::Port(transfer) if is_success(&reply) => restart_or_start(transfer, actions),
            State::Rest(transfer) if code == 350 => start(transfer, actions),
            State::Port(_) | State::Rest(_) => {
                actions.push(Action::CloseData);
                fail(ClientFault::Refused(reply), actions)
            }
            State::Connecting(transfer) => State::Connecting(transfer),
            State::Binding(transfer) => State::Binding(transfer),
            State::Moving(moving) => self.verdict(moving, reply, actions),
            State::Plain => done(reply, actions),
            State::Raw => finish(Answer::Done(reply), actions),
            State::Directory => directory(reply, actions),
            State::Size => size(reply, actions),
            State::Renaming(to) if code == 350 => ask(&Command::Rnto(&to), actions),
            State::Renaming(_) => fail(ClientFault::Refused(reply), actions),
            State::Quitting => {
                actions.extend([Action::CloseControl, Action::Finished(Ok(Answer::Left))]);
                State::Over(None)
            }
            State::Forsaken { finals: 0 | 1 } => fail(ClientFault::Interrupted, actions),
            State::Forsaken { finals } => State::Forsaken { finals: finals - 1 },
            State::Over(why) => State::Over(why),
        };
    }

    /// A preliminary reply: 120 before the greeting, progress, or the start of a transfer.
    fn mark(&mut self, actions: &mut Vec<Action>) {
        self.marks += 1;
        if self.marks > MARKS_MAX {
            let fault = ClientFault::Protocol("endless preliminary replies");
            return self.end(fault, None, actions);
        }
        if let State::Moving(moving) = &mut self.state
            && !mem::replace(&mut moving.marked, true)
            && moving.end.is_none()
        {
            actions.push(moving.transfer.subject.movement());
        }
    }

    fn logged_in(&mut self, reply: Reply, actions: &mut Vec<Action>) -> State {
        // 202 to PASS: the name alone was enough. A further 332 wants an account, which no one has.
        if !is_success(&reply) {
            return fail(ClientFault::Refused(reply), actions);
        }
        if self.features.is_some() {
            return finish(Answer::Done(reply), actions);
        }
        send(&Command::Feat, actions);
        State::Feat(reply)
    }

    fn featured(&mut self, login: Reply, reply: &Reply, actions: &mut Vec<Action>) -> State {
        let known = if is_success(reply) { Features::read(reply) } else { Features::default() };
        let speaks_utf8 = known.has("UTF8");
        self.features = Some(known);
        if !speaks_utf8 {
            return finish(Answer::Done(login), actions);
        }
        send(&Command::Opts(OptsArgument::Utf8(true)), actions);
        State::Utf8(login)
    }

    fn typed(&mut self, need: Need, reply: Reply, actions: &mut Vec<Action>) -> State {
        if !is_success(&reply) {
            return fail(ClientFault::Refused(reply), actions);
        }
        self.image = true;
        match need {
            Need::Size(path) => ask_size(&path, actions),
            Need::Transfer(transfer) => self.connect(transfer, actions),
        }
    }

    fn extended_passive(
        &mut self,
        transfer: Transfer,
        reply: Reply,
        actions: &mut Vec<Action>,
    ) -> State {
        if reply.code().number() == 229 {
            return match address::parse_extended_passive(first_line(&reply)) {
                Some(port) if port != 0 => self.dial(transfer, port, actions),
                Some(_) | None => fail(ClientFault::Protocol("a 229 without a port"), actions),
            };
        }
        if is_unimplemented(&reply) && self.peer.is_ipv4() {
            self.extended = false;
            return self.connect(transfer, actions);
        }
        fail(ClientFault::Refused(reply), actions)
    }

    fn passive(&mut self, transfer: Transfer, reply: Reply, actions: &mut Vec<Action>) -> State {
        if reply.code().number() != 227 {
            return fail(ClientFault::Refused(reply), actions);
        }
        // Only the port is taken from it. The address may be a private one behind NAT, and one of
        // somebody else would turn this client against them (RFC 2577, section 3).
        match address::parse_passive(first_line(&reply)) {
            Some(address) if address.port() != 0 => self.dial(transfer, address.port(), actions),
            Some(_) | None => fail(ClientFault::Protocol("a 227 without an address"), actions),
        }
    }

    fn dial(&self, transfer: Transfer, port: u16, actions: &mut Vec<Action>) -> State {
        actions.push(Action::OpenData(SocketAddr::new(self.peer, port)));
        State::Connecting(transfer)
    }

    /// The final reply to a transfer's verb.
    fn verdict(&mut self, mut moving: Moving, reply: Reply, actions: &mut Vec<Action>) -> State {
        if moving.verdict.is_some() {
            // A second final reply belongs to nothing that was asked.
            return State::Moving(moving);
        }
        if !moving.marked
            && moving.transfer.subject == Subject::List(ListForm::Mlsd)
            && is_unimplemented(&reply)
        {
            self.machine_listing = false;
            actions.push(Action::CloseData);
            let Transfer { argument, .. } = moving.transfer;
            let again = Transfer::new(Subject::List(ListForm::List), argument, 0);
            return self.connect(again, actions);
        }
        if is_success(&reply) && !moving.marked {
            // Some servers skip the mark when a listing is ready at once. An upload is another
            // matter: what they call complete has not even begun.
            if !moving.transfer.subject.is_download() {
                actions.push(Action::CloseData);
                return fail(ClientFault::Protocol("an upload ended before it began"), actions);
            }
            moving.marked = true;
            if moving.end.is_none() {
                actions.push(moving.transfer.subject.movement());
            }
        }
        moving.verdict = Some(reply);
        settle(moving, actions)
    }
}

/// Ends a transfer if both halves of its end are known, or if the server says that it failed.
fn settle(moving: Moving, actions: &mut Vec<Action>) -> State {
    let Some(reply) = &moving.verdict else { return State::Moving(moving) };
    if !is_success(reply) {
        actions.push(Action::CloseData);
        return fail(ClientFault::Refused(reply.clone()), actions);
    }
    match moving.end {
        None => State::Moving(moving),
        Some(Err(())) => {
            actions.push(Action::CloseData);
            fail(ClientFault::DataLost, actions)
        }
        Some(Ok(bytes)) => {
            let answer = match moving.transfer.subject {
                Subject::List(form) => Answer::Listed { form, bytes },
                Subject::Retrieve | Subject::Store | Subject::Append => {
                    Answer::Transferred { bytes, reply: reply.clone() }
                }
            };
            finish(answer, actions)
        }
    }
}

fn restart_or_start(transfer: Transfer, actions: &mut Vec<Action>) -> State {
    if transfer.restart == 0 {
        return start(transfer, actions);
    }
    send(&Command::Rest(transfer.restart), actions);
    State::Rest(transfer)
}

fn start(transfer: Transfer, actions: &mut Vec<Action>) -> State {
    let argument = &transfer.argument[..];
    let path = (!argument.is_empty()).then_some(argument);
    match transfer.subject {
        Subject::Retrieve => send(&Command::Retr(argument), actions),
        Subject::Store => send(&Command::Stor(argument), actions),
        Subject::Append => send(&Command::Appe(argument), actions),
        Subject::List(ListForm::Mlsd) => send(&Command::Mlsd(path), actions),
        Subject::List(form @ (ListForm::List | ListForm::Nlst)) => {
            // A name that begins with a dash would be taken for options.
            let plain: Vec<u8>;
            let path = if argument.starts_with(b"-") {
                plain = [b"./", argument].concat();
                Some(&plain[..])
            } else {
                path
            };
            let argument = ListArgument { options: b"", path };
            match form {
                ListForm::Nlst => send(&Command::Nlst(argument), actions),
                ListForm::List | ListForm::Mlsd => send(&Command::List(argument), actions),
            }
        }
    }
    State::Moving(Moving::new(transfer))
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

fn done(reply: Reply, actions: &mut Vec<Action>) -> State {
    if is_success(&reply) {
        finish(Answer::Done(reply), actions)
    } else {
        fail(ClientFault::Refused(reply), actions)
    }
}

fn directory(reply: Reply, actions: &mut Vec<Action>) -> State {
    if reply.code().number() != 257 {
        return fail(ClientFault::Refused(reply), actions);
    }
    match unquoted(first_line(&reply)) {
        Some(path) => finish(Answer::Directory(path), actions),
        None => fail(ClientFault::Protocol("a 257 without a quoted path"), actions),
    }
}

fn size(reply: Reply, actions: &mut Vec<Action>) -> State {
    if reply.code().number() != 213 {
        return fail(ClientFault::Refused(reply), actions);
    }
    let line = first_line(&reply).trim_ascii();
    match str::from_utf8(line).ok().and_then(|digits| digits.parse().ok()) {
        Some(bytes) => finish(Answer::Size(bytes), actions),
        None => fail(ClientFault::Protocol("a 213 without a number"), actions),
    }
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

/// The command is unknown, not implemented, or its parameter is, or it is not meant for this
/// network protocol (522, RFC 2428): worth another way.
fn is_unimplemented(reply: &Reply) -> bool {
    matches!(reply.code().number(), 500 | 501 | 502 | 504 | 522)
}
