//! The one conversion of what went wrong, and of how a transfer ended, to replies (RFC 959,
//! section 4.2).
//!
//! Every text says what happened, to what, and what to do next. None carries a path of the host,
//! and none gives back what a stranger sent: a text that can be made to say anything has been used
//! to speak to a web browser through an FTP server.

use std::borrow::Cow;
use std::io::ErrorKind;

use super::state::Passive;
use crate::accounts::gate::Refusal;
use crate::session::RouteFault;
use crate::terms::{Denied, Fault, Loss, Outcome, PeerFault, Trouble};
use crate::tree::VirtualPath;
use crate::wire::ftp::command::CommandFault;
use crate::wire::ftp::reply::Reply;
use crate::wire::ftp::verb::Verb;

/// The reply to a line that is no command. `is_ipv4` speaks of the control connection.
pub(super) fn misspelt(fault: &CommandFault<'_>, is_ipv4: bool) -> Reply {
    match *fault {
        CommandFault::Empty => Reply::new(500, "An empty line is no command; HELP lists them."),
        CommandFault::Unknown(_) => Reply::new(500, "Unknown command; HELP lists those served."),
        CommandFault::NotImplemented(verb) => not_served(verb),
        CommandFault::Missing(verb) => {
            let name = verb.name();
            Reply::new(501, format!("{name} needs a parameter; see HELP {name}."))
        }
        CommandFault::Unwanted(verb) => {
            Reply::new(501, format!("{} takes no parameter.", verb.name()))
        }
        CommandFault::Syntax(verb, reason) => {
            Reply::new(501, format!("{}: {reason}.", verb.name()))
        }
        CommandFault::Parameter(verb, reason) => {
            Reply::new(504, format!("{}: {reason}.", verb.name()))
        }
        CommandFault::Protocol(_) => wrong_family(is_ipv4),
    }
}

/// The reply to a verb that is known, and not served.
pub(super) fn not_served(verb: Verb) -> Reply {
    Reply::new(502, format!("{} is not served here; HELP lists what is.", verb.name()))
}

/// The reply to a verb that was refused, or failed, before anything was transferred. `subject` is
/// the name that it was given.
pub(super) fn fault(fault: Fault, verb: Verb, subject: &[u8]) -> Reply {
    let (code, text) = reason(fault, verb);
    about(first(code, verb), subject, text)
}

/// The code that RFC 959, section 5.4, has for `verb` where others have 550: the table is to be
/// adhered to strictly.
const fn first(code: u16, verb: Verb) -> u16 {
    match (code, verb) {
        // What gives a file its name is refused for that.
        (550, Verb::Stor | Verb::Stou | Verb::Rnto) => 553,
        // LIST, NLST and STAT have 450 alone, which has lftp ask a thousand times for what is not
        // there, and curl take it for an empty list. 550 says what it is, and RFC 3659, section
        // 7.2.1, has it for MLSD.
        _ => code,
    }
}

/// The code for the same behind a preliminary reply, where the table has neither 450 nor 55z for a
/// file that could not be had. 452 is there for the full disk, which may have room in an hour.
const fn second(code: u16) -> u16 {
    match code {
        450 | 550 | 553 | 554 => 451,
        _ => code,
    }
}

/// The reply to somebody who is turned away at the gate. All of them say "too many", by which a
/// client knows to come back later, with fewer.
pub(in crate::session) fn refusal(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Full => Reply::new(421, "Too many clients are connected; try again later."),
        Refusal::Address => Reply::new(
            421,
            "Too many connections from your address; close one, or try again later.",
        ),
        Refusal::Rate => {
            Reply::new(421, "Too many new connections from your address; try again in a moment.")
        }
        Refusal::Banned { secs } => Reply::new(
            421,
            format!("Too many failed logins from your address; try again in {secs} seconds."),
        ),
        Refusal::User => {
            Reply::new(530, "Too many clients are logged in as this user; try again later.")
        }
        Refusal::Crowded => {
            Reply::new(421, "Too many logins wait to be checked; try again in a moment.")
        }
    }
}

/// The reply at the end of a transfer of `verb`.
pub(super) fn outcome(outcome: Outcome, verb: Verb) -> Reply {
    let bytes = outcome.bytes();
    match outcome {
        Outcome::Done { .. } => Reply::new(226, format!("Transfer complete, {bytes} bytes.")),
        Outcome::Aborted { .. } => {
            Reply::new(426, format!("The transfer was stopped after {bytes} bytes."))
        }
        Outcome::Lost { loss, .. } => match loss {
            Loss::NeverOpened => {
                Reply::new(425, "No data connection came about; ask for a new port and try again.")
            }
            Loss::Broken => Reply::new(
                426,
                format!("The data connection broke after {bytes} bytes; try again."),
            ),
            Loss::Stalled => Reply::new(
                426,
                format!("The data connection stood still after {bytes} bytes and was closed."),
            ),
            // RFC 2228, section 6.
            Loss::Tampered => Reply::new(
                535,
                "What came on the data connection failed its check; nothing of it is put in place.",
            ),
            Loss::Unsecured => Reply::new(
                425,
                "The TLS handshake on the data connection broke off or took too long; try again.",
            ),
            // RFC 4217, section 10.2: what was negotiated for the data connection will not do.
            Loss::Insecure => Reply::new(522, "The TLS handshake on the data connection failed."),
            Loss::Foreign => Reply::new(
                522,
                "The data connection must show the certificate of the control connection.",
            ),
            Loss::NotResumed => Reply::new(
                522,
                "The data connection must resume the TLS session of the control connection.",
            ),
        },
        Outcome::Failed { fault, .. } => {
            let (code, text) = failed(fault, verb);
            Reply::new(code, format!("The transfer ended after {bytes} bytes: {text}"))
        }
    }
}

/// The reply at the end of STOU: the name is of the server's making.
pub(super) fn stored(bytes: u64, path: &VirtualPath) -> Reply {
    let mut text = format!("Transfer complete, {bytes} bytes, as ").into_bytes();
    text.extend_from_slice(path.file_name().unwrap_or_default());
    Reply::from_bytes(226, text)
}

/// The reply to PASV or EPSV where there is no port. `is_ipv4` speaks of the control connection.
pub(super) fn no_port(fault: RouteFault, passive: Passive, is_ipv4: bool) -> Reply {
    match fault {
        RouteFault::Exhausted => Reply::new(
            425,
            "The passive ports are exhausted: each waits for a connection from your address, or is in \
             use; try again later.",
        ),
        RouteFault::Refused => {
            Reply::new(425, "No passive port is to be had now; try again later.")
        }
        // RFC 2428 has 522 for its own verbs; of those that RFC 959 has for PASV, this is the one.
        RouteFault::WrongFamily if passive == Passive::Plain => {
            Reply::new(502, "PASV is for IPv4, and this connection is IPv6; use EPSV.")
        }
        RouteFault::WrongFamily => wrong_family(is_ipv4),
    }
}

/// The reply to an address family that is not the control connection's (RFC 2428, section 2).
pub(super) fn wrong_family(is_ipv4: bool) -> Reply {
    Reply::new(
        522,
        if is_ipv4 {
            "This connection is IPv4, so its data connections are as well, use (1)"
        } else {
            "This connection is IPv6, so its data connections are as well, use (2)"
        },
    )
}

/// A reply about something that the client named.
pub(super) fn about(code: u16, subject: &[u8], text: &str) -> Reply {
    let mut line = Vec::with_capacity(subject.len() + text.len() + 4);
    line.push(b'\'');
    line.extend_from_slice(subject);
    line.extend_from_slice(b"': ");
    line.extend_from_slice(text.as_bytes());
    Reply::from_bytes(code, Cow::Owned(line))
}

/// Code and text of a fault that has ended a transfer.
fn failed(fault: Fault, verb: Verb) -> (u16, &'static str) {
    if fault == Fault::Denied(Denied::NotFound) {
        let text = "what it was to stand in is gone; look at the directory and send it again.";
        return (451, text);
    }
    let (code, text) = reason(fault, verb);
    (second(code), text)
}

/// Code and text of a fault.
fn reason(fault: Fault, verb: Verb) -> (u16, &'static str) {
    // RFC 959, sections 4.2.1 and 5.4: of what gives a file its name, 553 says that the name is at
    // fault.
    let bad_name =
        if matches!(verb, Verb::Stor | Verb::Stou | Verb::Appe | Verb::Rnto) { 553 } else { 550 };
    match fault {
        Fault::Peer(PeerFault::BadName) => (bad_name, "no file can have that name."),
        Fault::Peer(PeerFault::BadRestart)
            if matches!(verb, Verb::Hash | Verb::Xcrc | Verb::Xsha256) =>
        {
            (554, "the range does not lie within the file; SIZE says how long that is.")
        }
        // RFC 1123, section 4.1.3.4.
        Fault::Peer(PeerFault::BadRestart) => {
            (554, "the restart point lies behind the end of the file; begin again without REST.")
        }
        Fault::Peer(PeerFault::BadStream) => (451, "what came is no zlib stream; send it again."),
        Fault::Denied(denied) => match denied {
            Denied::NotFound => (550, "no such file or directory; LIST shows what is there."),
            Denied::NotPermitted => (550, "not permitted; your account lacks the right to do it."),
            Denied::Exists => {
                (bad_name, "it is there already and you may not replace it; choose another name.")
            }
            Denied::NotADirectory => (bad_name, "this is a file, and a directory is needed."),
            // draft-bryan-ftpext-hash, section 3.5.
            Denied::IsADirectory if verb == Verb::Hash => {
                (553, "this is a directory, and only files have a digest.")
            }
            Denied::IsADirectory => (bad_name, "this is a directory, and a file is needed."),
            Denied::NotAFile => (bad_name, "this is neither a file nor a directory."),
            Denied::NotEmpty => (550, "the directory is not empty; delete what it holds first."),
            Denied::CrossDevice => {
                (bad_name, "the names lie on different disks; download and upload it instead.")
            }
        },
        Fault::Trouble(trouble) => self::trouble(trouble),
    }
}

fn trouble(trouble: Trouble) -> (u16, &'static str) {
    match trouble {
        Trouble::DiskFull => (452, "the disk is full; try again when there is room."),
        Trouble::NoDescriptors => (451, "too many files are open; try again later."),
        Trouble::Changed => (450, "the file was changed meanwhile; look at it and try again."),
        Trouble::Busy => (450, "it is in use; try again later."),
        Trouble::Io(ErrorKind::FileTooLarge) => {
            (552, "no file can be as large here; send it in pieces.")
        }
        Trouble::Io(_) => (451, "it can't be read or written now; try again later."),
    }
}
