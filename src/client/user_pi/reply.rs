//! What a reply means in each state: the table of transitions that the server drives.

use std::mem;

use super::state::{Need, State};
use super::transfer::{restart_or_start, start};
use super::{
    Action, Answer, ClientFault, Features, MARKS_MAX, UserPi, ask, ask_size, fail, finish,
    first_line, is_success, send, send_line,
};
use crate::wire::ftp::command::{Command, OptsArgument};
use crate::wire::ftp::reply::{Reply, unquoted};

impl UserPi {
    pub(super) fn reply(&mut self, reply: Reply, actions: &mut Vec<Action>) {
        let code = reply.code().number();
        if code == 421 {
            let fault = ClientFault::Closing(reply.clone());
            return self.end(fault, Some(reply), actions);
        }
        if code < 200 {
            return self.mark(actions);
        }
        self.marks = 0;
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
            State::Auth => self.authorized(reply, actions),
            // The driver reads nothing in the clear any more.
            State::Securing => State::Securing,
            State::User(password) if code == 331 => {
                send(&Command::Pass(password.reveal()), actions);
                State::Pass
            }
            State::User(_) | State::Pass => self.logged_in(reply, actions),
            // Whether it needs a size is the server's matter; PROT says what comes of it.
            State::Pbsz(login) => {
                send_line(b"PROT P".to_vec(), actions);
                State::Prot(login)
            }
            State::Prot(login) if is_success(&reply) => {
                self.protected = true;
                self.explore(login, actions)
            }
            // Once the one connection is under TLS, the other is not left in the clear.
            State::Prot(_) => {
                let fault = ClientFault::Unprotected(reply);
                actions.extend([Action::CloseControl, Action::Finished(Err(fault))]);
                State::Over(None)
            }
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
            State::Parting(moving, why) => State::Parting(moving, why),
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
        if self.secured && !self.protected {
            send_line(b"PBSZ 0".to_vec(), actions);
            return State::Pbsz(reply);
        }
        self.explore(reply, actions)
    }

    /// Asks for the features, unless they are known.
    fn explore(&self, login: Reply, actions: &mut Vec<Action>) -> State {
        if self.features.is_some() {
            return finish(Answer::Done(login), actions);
        }
        send(&Command::Feat, actions);
        State::Feat(login)
    }

    /// The reply to AUTH TLS. What came with it in one piece was sent in the clear.
    fn authorized(&mut self, reply: Reply, actions: &mut Vec<Action>) -> State {
        if reply.code().number() != 234 {
            return fail(ClientFault::Refused(reply), actions);
        }
        if self.framer.pending() > 0 {
            actions.extend([Action::CloseControl, Action::Finished(Err(ClientFault::Injected))]);
            return State::Over(None);
        }
        actions.push(Action::Secure);
        State::Securing
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
