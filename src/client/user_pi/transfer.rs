//! The way through a transfer: TYPE I, a data connection, REST, the verb, and both halves of its end
//! (RFC 959, section 3; RFC 2428; RFC 3659, sections 5 and 7).

use std::mem;
use std::net::SocketAddr;

use super::state::{Moving, Need, State, Subject, Transfer};
use super::{
    Action, Answer, ClientFault, DataMode, ListForm, UserPi, ask_type, fail, finish, first_line,
    is_success, send,
};
use crate::wire::ftp::address;
use crate::wire::ftp::command::{Command, EpsvArgument, ListArgument};
use crate::wire::ftp::reply::{Class, Reply};

impl UserPi {
    pub(super) fn has_machine_listing(&self) -> bool {
        self.machine_listing && self.features.as_ref().is_none_or(|features| features.has("MLST"))
    }

    /// The form that a listing takes with this server.
    pub(super) fn form(&self, wanted: ListForm) -> ListForm {
        match wanted {
            ListForm::Mlsd if self.has_machine_listing() => ListForm::Mlsd,
            ListForm::Mlsd | ListForm::ListAll if self.list_options => ListForm::ListAll,
            ListForm::Mlsd | ListForm::ListAll | ListForm::List => ListForm::List,
            ListForm::Nlst => ListForm::Nlst,
        }
    }

    /// The form to try after the server has refused this one, if its reply is reason to.
    fn next_form(&mut self, refused: ListForm, reply: &Reply) -> Option<ListForm> {
        match refused {
            ListForm::Mlsd if is_unimplemented(reply) => {
                self.machine_listing = false;
                Some(self.form(ListForm::Mlsd))
            }
            ListForm::ListAll if !is_success(reply) => {
                // Any other refusal may be of the name that the option was taken for.
                if is_unimplemented(reply) {
                    self.list_options = false;
                }
                Some(ListForm::List)
            }
            ListForm::Mlsd | ListForm::ListAll | ListForm::List | ListForm::Nlst => None,
        }
    }

    pub(super) fn prepare(&mut self, transfer: Transfer, actions: &mut Vec<Action>) -> State {
        if self.image {
            self.connect(transfer, actions)
        } else {
            ask_type(Need::Transfer(transfer), actions)
        }
    }

    pub(super) fn connect(&mut self, transfer: Transfer, actions: &mut Vec<Action>) -> State {
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

    pub(super) fn listening(&mut self, address: SocketAddr, actions: &mut Vec<Action>) {
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

    pub(super) fn data_opened(&mut self, actions: &mut Vec<Action>) {
        let state = mem::replace(&mut self.state, State::Idle);
        self.state = if let State::Connecting(transfer) = state {
            restart_or_start(transfer, actions)
        } else {
            state
        };
    }

    pub(super) fn data_over(&mut self, end: Result<u64, ()>, actions: &mut Vec<Action>) {
        let state = mem::replace(&mut self.state, State::Idle);
        self.state = if let State::Moving(mut moving) = state {
            moving.end.get_or_insert(end);
            settle(moving, actions)
        } else if let State::Parting(mut moving, why) = state {
            moving.end = Some(end);
            actions.push(Action::CloseControl);
            settle(moving, actions);
            State::Over(why)
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

    pub(super) fn extended_passive(
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
        // Whatever the reason (vsftpd says 550 where its operator has forbidden EPSV), PASV does the
        // same under IPv4, and its own refusal tells more.
        if reply.code().class() == Class::Permanent && self.peer.is_ipv4() {
            self.extended = false;
            return self.connect(transfer, actions);
        }
        fail(ClientFault::Refused(reply), actions)
    }

    pub(super) fn passive(
        &mut self,
        transfer: Transfer,
        reply: Reply,
        actions: &mut Vec<Action>,
    ) -> State {
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
    pub(super) fn verdict(
        &mut self,
        mut moving: Moving,
        reply: Reply,
        actions: &mut Vec<Action>,
    ) -> State {
        if moving.verdict.is_some() {
            // A second final reply belongs to nothing that was asked.
            return State::Moving(moving);
        }
        if !moving.marked
            && let Subject::List(form) = moving.transfer.subject
            && let Some(form) = self.next_form(form, &reply)
        {
            actions.push(Action::CloseData);
            let Transfer { argument, .. } = moving.transfer;
            let again = Transfer::new(Subject::List(form), argument, 0);
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

pub(super) fn restart_or_start(transfer: Transfer, actions: &mut Vec<Action>) -> State {
    if transfer.restart == 0 {
        return start(transfer, actions);
    }
    send(&Command::Rest(transfer.restart), actions);
    State::Rest(transfer)
}

pub(super) fn start(transfer: Transfer, actions: &mut Vec<Action>) -> State {
    let argument = &transfer.argument[..];
    let path = (!argument.is_empty()).then_some(argument);
    match transfer.subject {
        Subject::Retrieve => send(&Command::Retr(argument), actions),
        Subject::Store => send(&Command::Stor(argument), actions),
        Subject::Append => send(&Command::Appe(argument), actions),
        Subject::List(ListForm::Mlsd) => send(&Command::Mlsd(path), actions),
        Subject::List(form @ (ListForm::List | ListForm::ListAll | ListForm::Nlst)) => {
            // A name that begins with a dash would be taken for options.
            let plain: Vec<u8>;
            let path = if argument.starts_with(b"-") {
                plain = [b"./", argument].concat();
                Some(&plain[..])
            } else {
                path
            };
            let options: &[u8] = if form == ListForm::ListAll { b"a" } else { b"" };
            let argument = ListArgument { options, path };
            match form {
                ListForm::Nlst => send(&Command::Nlst(argument), actions),
                ListForm::List | ListForm::ListAll | ListForm::Mlsd => {
                    send(&Command::List(argument), actions)
                }
            }
        }
    }
    State::Moving(Moving::new(transfer))
}

/// The command is unknown or not implemented, or its parameter is: worth another way.
fn is_unimplemented(reply: &Reply) -> bool {
    matches!(reply.code().number(), 500 | 501 | 502 | 504)
}
