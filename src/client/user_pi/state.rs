//! The states of the user-PI. Each variant owns what its continuation needs, so no state can be
//! entered without it.
//!
//! The transitions are in the machine; here is only what can be said of a state by itself.

use super::is_success;
use super::task::{Action, ListForm, Secret, Task};
use crate::wire::ftp::reply::Reply;

/// What the machine waits for.
#[derive(Debug)]
pub(super) enum State {
    /// The server has yet to greet; a task may wait behind that.
    Greeting(Option<Task>),
    /// Nothing: the next task may come.
    Idle,
    /// The reply to AUTH TLS.
    Auth,
    /// TLS, which the driver begins.
    Securing,
    /// The reply to USER; the password is at hand.
    User(Secret),
    /// The reply to PASS.
    Pass,
    /// The reply to PBSZ; this one to the login is the task's answer.
    Pbsz(Reply),
    /// The reply to PROT; likewise.
    Prot(Reply),
    /// The reply to FEAT; this one to the login is the task's answer.
    Feat(Reply),
    /// The reply to OPTS UTF8 ON; likewise.
    Utf8(Reply),
    /// The reply to TYPE I.
    Type(Need),
    /// The reply to EPSV.
    Epsv(Transfer),
    /// The reply to PASV.
    Pasv(Transfer),
    /// A data connection, which the driver opens.
    Connecting(Transfer),
    /// A listener, which the driver opens.
    Binding(Transfer),
    /// The reply to PORT or EPRT.
    Port(Transfer),
    /// The reply to REST.
    Rest(Transfer),
    /// The end of a transfer whose verb has been sent.
    Moving(Moving),
    /// The end of a data connection whose transfer the server has called complete, before it ended
    /// the session, perhaps for this reason.
    Parting(Moving, Option<Reply>),
    /// The reply to a command that just succeeds or does not.
    Plain,
    /// The reply to a command of the user's own.
    Raw,
    /// The reply to PWD.
    Directory,
    /// The reply to SIZE.
    Size,
    /// The reply to RNFR; this is the name for RNTO.
    Renaming(Vec<u8>),
    /// The reply to QUIT, or the end.
    Quitting,
    /// Final replies to what the user has interrupted.
    Forsaken {
        /// How many are still to come.
        finals: u8,
    },
    /// Nothing any more; the server may have said why.
    Over(Option<Reply>),
}

impl State {
    /// How busy the machine is in it.
    pub(super) const fn business(&self) -> Business {
        match self {
            Self::Greeting(None) | Self::Idle => Business::Calm,
            Self::Quitting => Business::Leaving,
            Self::Over(_) => Business::Over,
            Self::Greeting(Some(_))
            | Self::Auth
            | Self::Securing
            | Self::User(_)
            | Self::Pass
            | Self::Pbsz(_)
            | Self::Prot(_)
            | Self::Feat(_)
            | Self::Utf8(_)
            | Self::Type(_)
            | Self::Epsv(_)
            | Self::Pasv(_)
            | Self::Connecting(_)
            | Self::Binding(_)
            | Self::Port(_)
            | Self::Rest(_)
            | Self::Moving(_)
            | Self::Parting(..)
            | Self::Plain
            | Self::Raw
            | Self::Directory
            | Self::Size
            | Self::Renaming(_)
            | Self::Forsaken { .. } => Business::Busy,
        }
    }

    /// How many final replies the server still owes to what has been sent.
    pub(super) const fn finals(&self) -> u8 {
        match self {
            Self::Greeting(_)
            | Self::Idle
            | Self::Securing
            | Self::Connecting(_)
            | Self::Binding(_)
            | Self::Moving(Moving { verdict: Some(_), .. })
            | Self::Parting(..)
            | Self::Over(_) => 0,
            Self::Auth
            | Self::User(_)
            | Self::Pass
            | Self::Pbsz(_)
            | Self::Prot(_)
            | Self::Feat(_)
            | Self::Utf8(_)
            | Self::Type(_)
            | Self::Epsv(_)
            | Self::Pasv(_)
            | Self::Port(_)
            | Self::Rest(_)
            | Self::Moving(Moving { verdict: None, .. })
            | Self::Plain
            | Self::Raw
            | Self::Directory
            | Self::Size
            | Self::Renaming(_)
            | Self::Quitting => 1,
            Self::Forsaken { finals } => *finals,
        }
    }

    /// True when the driver has, or may have, a data connection or a listener open.
    pub(super) const fn holds_data(&self) -> bool {
        matches!(
            self,
            Self::Connecting(_)
                | Self::Binding(_)
                | Self::Port(_)
                | Self::Rest(_)
                | Self::Moving(_)
                | Self::Parting(..)
        )
    }
}

/// How busy the machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Business {
    /// It waits for a task.
    Calm,
    /// It is at one.
    Busy,
    /// It is saying goodbye.
    Leaving,
    /// It is past that.
    Over,
}

/// What TYPE I is needed for.
#[derive(Debug)]
pub(super) enum Need {
    /// The size of this file.
    Size(Vec<u8>),
    /// This transfer.
    Transfer(Transfer),
}

/// A transfer that is to be.
#[derive(Debug)]
pub(super) struct Transfer {
    /// What goes over.
    pub(super) subject: Subject,
    /// The path, empty for the current directory.
    pub(super) argument: Vec<u8>,
    /// The argument of REST, zero for none.
    pub(super) restart: u64,
    /// The data connection broke before the verb was sent.
    pub(super) broken: bool,
}

impl Transfer {
    pub(super) const fn new(subject: Subject, argument: Vec<u8>, restart: u64) -> Self {
        Self { subject, argument, restart, broken: false }
    }
}

/// What goes over in a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// RETR.
    Retrieve,
    /// STOR.
    Store,
    /// APPE.
    Append,
    /// A listing.
    List(ListForm),
}

impl Subject {
    pub(super) const fn is_download(self) -> bool {
        matches!(self, Self::Retrieve | Self::List(_))
    }

    /// What the driver does once the server says that it is ready.
    pub(super) const fn movement(self) -> Action {
        if self.is_download() { Action::ReceiveData } else { Action::SendData }
    }
}

/// A transfer under way.
#[derive(Debug)]
pub(super) struct Moving {
    pub(super) transfer: Transfer,
    /// The server has said that it begins, and the driver has been told so.
    pub(super) marked: bool,
    /// How the data connection ended, with its bytes.
    pub(super) end: Option<Result<u64, ()>>,
    /// The server's final reply.
    pub(super) verdict: Option<Reply>,
}

impl Moving {
    pub(super) fn new(transfer: Transfer) -> Self {
        let end = transfer.broken.then_some(Err(()));
        Self { transfer, marked: false, end, verdict: None }
    }

    /// Whether the server has called it complete; its bytes may still be on their way.
    pub(super) fn is_complete(&self) -> bool {
        self.verdict.as_ref().is_some_and(is_success)
    }
}
