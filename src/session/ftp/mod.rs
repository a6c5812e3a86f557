//! The protocol interpreter of RFC 959: one control connection's dialogue.
//!
//! [`Session`] takes a line, finds the verb's row in `table`, and calls the one handler of that
//! verb; verb files are sorted by duty: `access`, `security`, `parameter`, `route`, `directory`, `file`,
//! `send`, `list`, `store`, `site`, `attribute`, `digest`, `compress`, `inform`. `transfer` says
//! what happens between a transfer's begin and its end, `work` the same of work on files, `respond`
//! turns faults and outcomes into replies.
//!
//! It refuses to know sockets, clocks and threads; the parent module's `Session` calls it.

mod access;
mod attribute;
#[cfg(test)]
mod changes;
mod compress;
mod digest;
mod directory;
mod file;
mod inform;
mod list;
mod listing;
mod parameter;
mod respond;
mod route;
mod security;
mod send;
mod site;
mod state;
mod store;
mod table;
mod transfer;
mod work;

use std::mem;
use std::net::SocketAddr;

pub(super) use self::respond::refusal;
pub(super) use self::security::no_handshake;

use self::state::{Answered, Busy, Carry, Held, Parameters, Said, State, Turn, Visit, Waiting};
use self::table::{Phase, Row};
use super::{Effect, Effects, Ending, Ends, Event, House, Settings, Timer, Tls, browser};
use crate::terms::{Algorithm, Secured};
use crate::tree::Tree;
use crate::wire::ftp::command::{Command, CommandFault};
use crate::wire::ftp::reply::Reply;
use crate::wire::ftp::verb::Verb;
use crate::wire::line::Line;

/// One client's dialogue.
///
/// Kept small, since thousands of them idle: what is rare hangs in a box.
#[derive(Debug)]
pub struct Session {
    /// The peer's end of the control connection: active data connections go nowhere else.
    peer: SocketAddr,
    state: State,
    /// What must be answered before the next command is begun.
    busy: Busy,
    parameters: Parameters,
    /// Lines that came while a transfer ran, in order. `None` when there are none; never `Some`
    /// while `busy` is idle.
    waiting: Option<Box<Waiting>>,
    /// What the TLS handshake on the control connection has shown; `None` while that is in the
    /// clear.
    secured: Option<Box<Shown>>,
    /// Logins that failed on this connection, over all usernames.
    failures: u16,
    /// Whether a line has come yet.
    heard: bool,
    /// Why no further line will be served, once what runs has ended.
    ending: Ending,
}

/// TLS on the control connection.
#[derive(Debug)]
struct Shown {
    /// What its handshake has shown.
    by: Secured,
    /// It was there before the greeting, and stays.
    implicit: bool,
}

impl Session {
    /// A dialogue that has not begun.
    #[must_use]
    pub fn new(ends: Ends) -> Self {
        Self {
            peer: ends.peer,
            state: State::NeedsUser,
            busy: Busy::Idle,
            parameters: Parameters::default(),
            waiting: None,
            secured: None,
            failures: 0,
            heard: false,
            ending: Ending::No,
        }
    }

    /// Takes one event and appends what is to be done about it to `effects`.
    pub fn handle<T: Tree>(
        &mut self,
        event: Event<'_>,
        house: &mut House<'_, T>,
        effects: &mut Effects<T>,
    ) {
        if matches!(self.state, State::Gone) {
            return;
        }
        let before = self.parameters.protection;
        let turn = &mut Turn { house, effects };
        self.take(event, turn);
        let level = self.parameters.protection;
        if level != before && !matches!(self.state, State::Gone) {
            turn.effects.push(Effect::Protect(level));
        }
    }

    fn take<T: Tree>(&mut self, event: Event<'_>, turn: &mut Turn<'_, '_, T>) {
        match event {
            Event::Opened => self.greet(turn),
            Event::Secured(secured) => {
                self.handshake_done(secured);
                self.settle(turn);
            }
            Event::Line(line) if self.busy.is_running() => self.during_transfer(line, turn),
            Event::Line(line) => {
                self.answer(line, turn);
                self.settle(turn);
            }
            Event::RouteReady(address) => {
                self.route_ready(address, turn);
                self.settle(turn);
            }
            Event::RouteFailed(fault) => {
                self.route_failed(fault, turn);
                self.settle(turn);
            }
            Event::Connected => self.connected(turn),
            Event::Outcome(outcome) => {
                self.outcome(outcome, turn);
                self.settle(turn);
            }
            Event::Progress(done) => self.progress(done, turn),
            Event::Chore(outcome) => {
                self.work_done(outcome, turn);
                self.settle(turn);
            }
            Event::Verdict(verdict) => {
                self.verdict(verdict, turn);
                self.settle(turn);
            }
            Event::Released => {
                self.released(turn);
                self.settle(turn);
            }
            Event::Expired(timer) => self.expired(timer, turn),
            Event::Hangup => {
                self.hangup(turn);
                self.settle(turn);
            }
            Event::Drain => {
                self.ending = Ending::Draining;
                self.stop_work(turn);
                self.settle(turn);
            }
        }
    }

    /// Whether another line may be offered now.
    ///
    /// During a transfer or other work lines are taken, so that ABOR and STAT are heard, until
    /// those that wait are as many as may. While a port, a verdict, its release or a handshake is
    /// awaited none is taken.
    #[must_use]
    pub fn wants_lines(&self) -> bool {
        let has_room = self.waiting.as_ref().is_none_or(|waiting| !waiting.is_full());
        match (&self.state, &self.busy) {
            (State::Gone, _)
            | (
                _,
                Busy::Verifying | Busy::Withheld(_) | Busy::Securing(_) | Busy::AwaitingRoute(_),
            ) => false,
            (_, Busy::Idle) => true,
            (_, Busy::Transferring(_) | Busy::Working(_)) => has_room,
        }
    }

    /// The name under which the peer is logged in.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match &self.state {
            State::Ready(ready) => Some(ready.client.name()),
            State::NeedsUser | State::NeedsPass(_) | State::Gone => None,
        }
    }

    /// Answers one line, or begins what will answer it.
    fn answer<T: Tree>(&mut self, line: Line<'_>, turn: &mut Turn<'_, '_, T>) {
        let first = !mem::replace(&mut self.heard, true);
        let answered = match line {
            Line::TooLong => {
                self.take_carry();
                Err(Reply::new(500, "The line is too long and was ignored."))
            }
            Line::Text(text) if first && browser::opens_with_method(text) => {
                Ok(Said::Last(Reply::new(421, "This is FTP, not HTTP; the connection is closed.")))
            }
            Line::Text(text) => self.command(text, turn),
        };
        self.conclude(answered, turn);
    }

    /// Says what a handler answered.
    fn conclude<T: Tree>(&mut self, answered: Answered, turn: &mut Turn<'_, '_, T>) {
        match answered {
            Ok(Said::Now(reply)) | Err(reply) => turn.effects.reply(reply),
            Ok(Said::Later) => debug_assert!(!matches!(self.busy, Busy::Idle), "nobody answers"),
            Ok(Said::Clear(reply)) => {
                turn.effects.reply(reply);
                turn.effects.push(Effect::Unsecure);
                // What waits came under TLS, and the next line is to come in the clear.
                self.waiting = None;
            }
            Ok(Said::Last(reply)) => {
                turn.effects.reply(reply);
                self.close(turn);
            }
        }
    }

    /// After an answer: serves the lines that waited until one keeps the session busy again, goes
    /// if it is time to, and sets the idle timer.
    fn settle<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        while matches!(self.busy, Busy::Idle) && !matches!(self.state, State::Gone) {
            if self.ending == Ending::Draining {
                self.conclude(Ok(Said::Last(shutting_down())), turn);
            } else if let Some(held) = self.take_waiting(Waiting::pop) {
                self.answer(held.line(), turn);
            } else if self.ending == Ending::HungUp {
                self.close(turn);
            } else {
                break;
            }
        }
        if self.busy.is_running() {
            self.heed_waiting(turn);
        } else if matches!(self.state, State::Ready(_)) {
            turn.effects.push(Effect::Start(Timer::Idle));
        }
    }

    fn close<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        turn.effects.push(Effect::Close);
        self.state = State::Gone;
        self.waiting = None;
    }

    /// Takes one of the lines that wait.
    fn take_waiting(&mut self, which: impl FnOnce(&mut Waiting) -> Option<Held>) -> Option<Held> {
        let waiting = self.waiting.as_mut()?;
        let held = which(waiting);
        if waiting.is_empty() {
            self.waiting = None;
        }
        held
    }

    fn command<T: Tree>(&mut self, text: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let known = self.renew(turn);
        let parsed = Command::parse(text);
        // NOOP affects no command before it (RFC 959, section 4.1.3).
        let carry = if parsed == Ok(Command::Noop) { Carry::Nothing } else { self.take_carry() };
        let settings = turn.house.settings;
        let command = parsed.map_err(|fault| self.misspelt(&fault, settings))?;
        let verb = command.verb();
        let row = table::served(verb, settings).ok_or_else(|| respond::not_served(verb))?;
        self.check_phase(row).map_err(|refusal| if known { refusal } else { taken_out() })?;
        self.obey(command, row, carry, turn)
    }

    /// What REST and RNFR said holds for one command, whatever becomes of that.
    fn take_carry(&mut self) -> Carry {
        match &mut self.state {
            State::Ready(ready) => mem::take(&mut ready.carry),
            State::NeedsUser | State::NeedsPass(_) | State::Gone => Carry::Nothing,
        }
    }

    /// Who comes too early or too late for a verb is told so before it is told how to spell, and nobody
    /// is told how to spell what the operator has turned off.
    fn misspelt(&self, fault: &CommandFault<'_>, settings: &Settings) -> Reply {
        let verb = match *fault {
            CommandFault::NotImplemented(Verb::Ccc) if settings.tls != Tls::Off => {
                return self.refuse_ccc();
            }
            CommandFault::Empty | CommandFault::Unknown(_) | CommandFault::NotImplemented(_) => {
                None
            }
            CommandFault::Missing(verb)
            | CommandFault::Unwanted(verb)
            | CommandFault::Syntax(verb, _)
            | CommandFault::Parameter(verb, _)
            | CommandFault::Protocol(verb) => Some(verb),
        };
        let refusal = verb.and_then(|verb| match table::served(verb, settings) {
            Some(row) => self.check_phase(row).err(),
            None => Some(respond::not_served(verb)),
        });
        refusal.unwrap_or_else(|| respond::misspelt(fault, self.peer.is_ipv4()))
    }

    fn check_phase(&self, row: Row) -> Result<(), Reply> {
        match (row.phase, &self.state) {
            (Phase::Stranger, _)
            | (Phase::Newcomer, State::NeedsUser | State::NeedsPass(_))
            | (Phase::Client, State::Ready(_)) => Ok(()),
            (Phase::Newcomer, State::Ready(_) | State::Gone) => {
                Err(Reply::new(503, "That comes before the login; REIN begins anew."))
            }
            (Phase::Client, State::NeedsUser | State::NeedsPass(_) | State::Gone) => {
                Err(not_logged_in())
            }
        }
    }

    fn obey<T: Tree>(
        &mut self,
        command: Command<'_>,
        row: Row,
        carry: Carry,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        match command {
            Command::User(name) => self.user(name, turn),
            Command::Pass(password) => self.pass(password, turn),
            Command::Acct(_) => access::acct(),
            Command::Rein => self.rein(turn),
            Command::Quit => access::quit(),
            Command::Auth(mechanism) => self.auth(mechanism, turn),
            Command::Pbsz(bytes) => self.pbsz(bytes),
            Command::Prot(level) => self.prot(level, turn.house.settings),
            Command::Type(kind) => parameter::set_type(&mut self.parameters, kind),
            Command::Stru(structure) => parameter::set_structure(structure),
            Command::Mode(mode) => {
                parameter::set_mode(&mut self.parameters, mode, turn.house.settings)
            }
            Command::Allo(_) => parameter::allo(),
            Command::Opts(argument) => {
                parameter::opts(&mut self.parameters, argument, turn.house.settings)
            }
            Command::Syst => inform::syst(),
            Command::Feat => inform::feat(&self.parameters, turn.house.settings),
            Command::Help(verb) => inform::help(verb, turn.house.settings),
            Command::Noop => inform::noop(),
            Command::Host(host) => self.host(host, turn),
            Command::Lang(tag) => inform::lang(tag),
            Command::Clnt(_) => inform::clnt(),
            Command::Stat(None) => self.stat(turn),
            Command::Abor => self.abor(turn),
            Command::Rest(offset) => self.visit(row, carry)?.rest(offset),
            Command::Pasv => self.visit(row, carry)?.pasv(turn),
            Command::Epsv(argument) => self.visit(row, carry)?.epsv(argument, turn),
            Command::Port(address) => self.visit(row, carry)?.port(address, turn),
            Command::Eprt(address) => self.visit(row, carry)?.eprt(address, turn),
            Command::Cwd(path) => self.visit(row, carry)?.cwd(path, turn),
            Command::Cdup => self.visit(row, carry)?.cwd(b"..", turn),
            Command::Pwd => self.visit(row, carry)?.pwd(),
            Command::Mkd(path) => self.visit(row, carry)?.mkd(path, turn),
            Command::Rmd(path) => self.visit(row, carry)?.rmd(path, turn),
            Command::Dele(path) => self.visit(row, carry)?.dele(path, turn),
            Command::Rnfr(path) => self.visit(row, carry)?.rnfr(path, turn),
            Command::Rnto(path) => self.visit(row, carry)?.rnto(path, turn),
            Command::Retr(path) => self.visit(row, carry)?.retr(path, turn),
            Command::Stor(path) => self.visit(row, carry)?.stor(path, turn),
            Command::Stou => self.visit(row, carry)?.stou(turn),
            Command::Appe(path) => self.visit(row, carry)?.appe(path, turn),
            Command::List(argument) => self.visit(row, carry)?.list(argument, turn),
            Command::Nlst(argument) => self.visit(row, carry)?.nlst(argument, turn),
            Command::Mlsd(path) => self.visit(row, carry)?.mlsd(path, turn),
            Command::Mlst(path) => self.visit(row, carry)?.mlst(path, turn),
            Command::Stat(Some(path)) => self.visit(row, carry)?.stat_path(path, turn),
            Command::Rang(first, last) => self.visit(row, carry)?.rang(first, last),
            Command::Hash(path) => self.visit(row, carry)?.hash(path, turn),
            Command::Xcrc(argument) => {
                self.visit(row, carry)?.sum(argument, Algorithm::Crc32, turn)
            }
            Command::Xsha256(argument) => {
                self.visit(row, carry)?.sum(argument, Algorithm::Sha256, turn)
            }
            Command::Site(command) => self.visit(row, carry)?.site(command, turn),
            Command::Size(path) => self.visit(row, carry)?.size(path, turn),
            Command::Mfmt { modified, path } => self.visit(row, carry)?.mfmt(modified, path, turn),
            Command::Avbl(path) => self.visit(row, carry)?.avbl(path, turn),
            Command::Mdtm(path) => self.visit(row, carry)?.mdtm(path, turn),
        }
    }

    /// The session of a client that has logged in: handlers that need a grant exist only there.
    fn visit(&mut self, row: Row, carry: Carry) -> Result<Visit<'_>, Reply> {
        match &mut self.state {
            State::Ready(ready) => Ok(Visit {
                row,
                carry,
                ready,
                parameters: &mut self.parameters,
                busy: &mut self.busy,
                peer: self.peer,
            }),
            State::NeedsUser | State::NeedsPass(_) | State::Gone => Err(not_logged_in()),
        }
    }

    fn expired<T: Tree>(&mut self, timer: Timer, turn: &mut Turn<'_, '_, T>) {
        let text = match (timer, &self.state, &self.busy) {
            // The timer of an idle session that ran out just as something began.
            (_, _, Busy::Transferring(_) | Busy::Working(_)) => return,
            (Timer::Login, State::NeedsUser | State::NeedsPass(_), _) => {
                "No login in time; the connection is closed."
            }
            (Timer::Idle, State::Ready(_), _) => {
                "No command for too long; the connection is closed."
            }
            (Timer::Login, State::Ready(_) | State::Gone, _)
            | (Timer::Idle, State::NeedsUser | State::NeedsPass(_) | State::Gone, _) => return,
        };
        self.conclude(Ok(Said::Last(Reply::new(421, text))), turn);
    }
}

fn not_logged_in() -> Reply {
    Reply::new(530, "Log in first, with USER and PASS.")
}

fn taken_out() -> Reply {
    Reply::new(530, "Your account has been changed; log in anew, with USER and PASS.")
}

fn shutting_down() -> Reply {
    Reply::new(421, "The server is about to stop; the connection is closed, try again later.")
}
