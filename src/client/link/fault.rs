//! Why a task came to a bad end, as far as the link knows more of it than the machine.
//!
//! What the user is told of it is made here; what is done about it is the couriers' and the
//! [`retry`](crate::client::retry)'s.

use std::io;

use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};
use crate::client::user_pi::{Answer, ClientFault};
use crate::wire::ftp::reply::Reply;

/// Why a task came to a bad end.
#[derive(Debug)]
pub enum LinkFault {
    /// As the machine says.
    Dialogue(ClientFault),
    /// This took longer than the link has patience for.
    TimedOut(&'static str),
    /// What feeds or drains the transfer failed.
    Cargo(io::Error),
    /// TLS failed.
    Tls(Failure),
    /// The data connection ended without TLS's own end.
    Cut,
    /// The server wants data connections to resume the session of the control connection, and has
    /// not given enough tickets for that. The link is over.
    Spent(Reply),
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
            LinkFault::Tls(failure) => failure,
            LinkFault::Cut => {
                let what = "the data connection was cut off: TLS has a word for the end of the data \
                            (close_notify), and it did not come";
                Self::new(Exit::Connection, what).again(Again::Soon)
            }
            LinkFault::Spent(reply) => {
                Self::task(&ClientFault::Refused(reply)).again(Again::Otherwise)
            }
        }
    }
}

/// True for the ways in which servers refuse a data connection that resumes no session.
pub(super) fn may_want_ticket(reply: &Reply) -> bool {
    matches!(reply.code().number(), 425 | 431 | 521 | 522)
}

/// The best explanation of how a task ended, from the machine's and the link's own.
pub(super) fn nearest(
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
        // A server that refuses a connection under TLS ends it, and then says why.
        (Err(ClientFault::Refused(reply)), Some(LinkFault::Cut)) => {
            Err(LinkFault::Dialogue(ClientFault::Refused(reply)))
        }
        (_, Some(nearer)) => Err(nearer),
    }
}
