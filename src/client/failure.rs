//! What went wrong, as the user is told it: what happened, to what, and what to do next; with the
//! exit code that a script sees.
//!
//! Every room of the client reports through this one type; only [`run`](super::run) and the shell
//! print it.

use std::fmt;
use std::io;

use super::exit::Exit;
use super::user_pi::ClientFault;
use crate::wire::ftp::reply::Reply;

/// A failure for the user's eyes and the script's exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    subject: Option<String>,
    what: String,
    advice: Option<String>,
    /// The session can't go on after it.
    fatal: bool,
    again: Again,
}

/// Whether it makes sense to try again what has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It would fail again.
    Never,
    /// It may work the next time.
    Soon,
    /// The server has too many clients: with fewer connections, or later.
    Crowded,
}

impl Failure {
    /// A failure of which `what` tells.
    #[must_use]
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            subject: None,
            what: what.into(),
            advice: None,
            fatal: false,
            again: Again::Never,
        }
    }

    /// Says to what it happened, unless that is said already.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject.get_or_insert_with(|| subject.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Says that the connection is of no more use.
    #[must_use]
    pub const fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }

    /// Says whether it makes sense to try again.
    #[must_use]
    pub const fn again(mut self, again: Again) -> Self {
        self.again = again;
        self
    }

    /// Whether it makes sense to try again.
    #[must_use]
    pub const fn may_try(&self) -> Again {
        self.again
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// What happened, without to what.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// True when the connection is of no more use.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        self.fatal
    }

    /// True for the one failure that is none: whoever reads the output has read enough.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.exit == Exit::Done
    }

    /// A failure to write the output. A pipe whose reader has left ends the run quietly.
    #[must_use]
    pub fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "the reader of the output has left").fatal();
        }
        Self::new(Exit::Other, format!("can't write the output: {error}")).fatal()
    }

    /// A failure of a local file.
    #[must_use]
    pub fn local(path: impl fmt::Display, error: &io::Error) -> Self {
        Self::new(Exit::LocalFile, format!("{error}")).about(format!("local file {path}"))
    }

    /// The failure of a task that was not a login.
    #[must_use]
    pub fn task(fault: &ClientFault) -> Self {
        let failure = Self::new(exit_of(fault), fault.to_string()).again(again_of(fault));
        match fault {
            ClientFault::Closing(_) | ClientFault::Lost | ClientFault::Protocol(_) => {
                failure.fatal()
            }
            ClientFault::DataUnreachable => {
                failure.advise("a firewall may be in the way; try it with --active, or without")
            }
            ClientFault::Refused(_)
            | ClientFault::DataLost
            | ClientFault::Interrupted
            | ClientFault::Unsendable
            | ClientFault::Busy => failure,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.subject {
            write!(f, "{}: ", super::terminal::plain(subject))?;
        }
        f.write_str(&super::terminal::plain(&self.what))?;
        match &self.advice {
            Some(advice) => write!(f, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

fn exit_of(fault: &ClientFault) -> Exit {
    match fault {
        ClientFault::Refused(reply) => exit_of_reply(reply),
        ClientFault::Closing(_)
        | ClientFault::Lost
        | ClientFault::DataUnreachable
        | ClientFault::DataLost => Exit::Connection,
        ClientFault::Protocol(_) | ClientFault::Busy => Exit::Other,
        ClientFault::Interrupted => Exit::Interrupted,
        ClientFault::Unsendable => Exit::Usage,
    }
}

fn again_of(fault: &ClientFault) -> Again {
    match fault {
        ClientFault::Lost
        | ClientFault::Closing(_)
        | ClientFault::DataUnreachable
        | ClientFault::DataLost => Again::Soon,
        ClientFault::Refused(reply) => match reply.code().number() {
            // Not 450, which is about the file, nor 452, which no retry of ours frees.
            425 | 426 | 451 => Again::Soon,
            _ => Again::Never,
        },
        ClientFault::Protocol(_)
        | ClientFault::Interrupted
        | ClientFault::Unsendable
        | ClientFault::Busy => Again::Never,
    }
}

/// True when the server says that it has too many clients, or this one too many connections.
#[must_use]
pub fn is_crowd(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let crowd = ["too many", "maximum", "limit", "full", "try again later", "already logged in"];
    reply.code().number() == 421
        || (reply.code().number() == 530 && crowd.iter().any(|words| text.contains(words)))
}

/// 550 means both that a file is not there and that it is not for us; servers tell the two apart
/// in the text alone.
fn exit_of_reply(reply: &Reply) -> Exit {
    match reply.code().number() {
        425 | 426 => Exit::Connection,
        452 | 552 => Exit::RemoteFull,
        530 | 532 | 553 | 534 => Exit::NotPermitted,
        450 | 550 => {
            let text = reply.text().to_ascii_lowercase();
            let forbids = ["permi", "denied", "not allowed", "forbidden", "read-only", "exist"];
            let absent = ["no such", "not found", "not exist", "n't exist"];
            let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
            if says(&forbids) && !says(&absent) { Exit::NotPermitted } else { Exit::NotFound }
        }
        _ => Exit::Other,
    }
}
