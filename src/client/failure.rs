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
    /// It works in another way, which the next connection will take.
    Otherwise,
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
            ClientFault::Closing(_)
            | ClientFault::Lost
            | ClientFault::Protocol(_)
            | ClientFault::Unsecured => failure.fatal(),
            ClientFault::Injected => failure.fatal().advise(
                "somebody on the way is at work, or the server is broken; nothing was sent",
            ),
            ClientFault::Unprotected(_) => {
                failure.fatal().advise("it can be used with --tls off alone, for all to read")
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
        ClientFault::Injected | ClientFault::Unsecured | ClientFault::Unprotected(_) => Exit::Tls,
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
        | ClientFault::Injected
        | ClientFault::Unsecured
        | ClientFault::Unprotected(_)
        | ClientFault::Interrupted
        | ClientFault::Unsendable
        | ClientFault::Busy => Again::Never,
    }
}

/// True when the server says that it has too many clients, or this one too many connections.
#[must_use]
pub fn is_crowd(reply: &Reply) -> bool {
    if speaks_of_failed_logins(reply) {
        return false;
    }
    let text = reply.text().to_ascii_lowercase();
    let crowd = ["too many", "maximum", "limit", "full", "try again later", "already logged in"];
    reply.code().number() == 421
        || (reply.code().number() == 530 && crowd.iter().any(|words| text.contains(words)))
}

/// True when a server hangs up, or keeps out, for logins that have failed. That sounds like a crowd,
/// and never goes away by waiting with the same password.
#[must_use]
pub fn speaks_of_failed_logins(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let words = ["failed login", "login fail", "login attempt", "authentication fail"];
    matches!(reply.code().number(), 421 | 530) && words.iter().any(|words| text.contains(words))
}

/// 550 and its kin mean both that a file is not there and that it is not for us; servers tell the
/// two apart in the text alone.
fn exit_of_reply(reply: &Reply) -> Exit {
    let code = reply.code().number();
    match code {
        // RFC 2228, section 5. 534 is a policy that wants more TLS, or less.
        431 | 533..=537 => Exit::Tls,
        // Of a data connection in the clear where that may not be, or under TLS of another session
        // (RFC 4217, sections 10.2 and 11.4); but also the answer to EPRT for an unknown kind of
        // address (RFC 2428).
        425 | 521 | 522 if speaks_of_tls(reply) => Exit::Tls,
        425 | 426 => Exit::Connection,
        452 | 552 => Exit::RemoteFull,
        530 | 532 => Exit::NotPermitted,
        450 | 451 | 550 | 553 => exit_of_text(&reply.text()).unwrap_or(match code {
            451 => Exit::Other,
            553 => Exit::NotPermitted,
            _ => Exit::NotFound,
        }),
        _ => Exit::Other,
    }
}

/// True when a refusal is about TLS. Servers have several codes for that, none of them their own.
#[must_use]
pub fn speaks_of_tls(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let words = ["tls", "ssl", "encrypt", "cleartext", "clear text", "prot p", "secure connection"];
    words.iter().any(|words| text.contains(words))
}

/// What the words of a refusal say, if they say why: those of the C library, or of a server's own.
fn exit_of_text(text: &str) -> Option<Exit> {
    let text = text.to_ascii_lowercase();
    let absent = ["no such", "not found", "not exist", "n't exist"];
    // Not "exist" alone, for pure-ftpd "can't check for file existence" of what is not there.
    let forbids = [
        "permi",
        "privilege",
        "denied",
        "not allowed",
        "forbidden",
        "prohibited",
        "read-only",
        "exists",
        "already exist",
        "there already",
        "not empty",
    ];
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&absent) { Some(Exit::NotFound) } else { says(&forbids).then_some(Exit::NotPermitted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_from_what_is_forbidden() {
        for (code, text, exit) in [
            (550_u16, "Joker: No such file or directory", Exit::NotFound),
            (550, "Sorry, but that file doesn't exist", Exit::NotFound),
            (550, "Can't check for file existence", Exit::NotFound),
            (550, "Failed to open file.", Exit::NotFound),
            (550, "Permission denied.", Exit::NotPermitted),
            (550, "Not enough privileges.", Exit::NotPermitted),
            (550, "Own/dd: File exists", Exit::NotPermitted),
            (550, "'dd': it is there already and you may not replace it", Exit::NotPermitted),
            (550, "dd: Directory not empty", Exit::NotPermitted),
            (553, "Could not create file.", Exit::NotPermitted),
            (553, "Can't open that file: No such file or directory", Exit::NotFound),
            (451, "Rename/move failure: Permission denied", Exit::NotPermitted),
            (451, "Local error", Exit::Other),
            (450, "File busy", Exit::NotFound),
            (534, "Policy requires SSL", Exit::Tls),
            (522, "SSL connection failed: session reuse required", Exit::Tls),
            (522, "Network protocol not supported, use (1)", Exit::Other),
            (425, "No data connection", Exit::Connection),
        ] {
            let reply = Reply::new(code, text);
            assert_eq!(exit_of_reply(&reply), exit, "{code} {text}");
        }
    }
}
