//! Where a dialogue stands: every value that decides what the next line may do is in this file.
//!
//! No verb is handled here, and nothing is said to the peer.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::respond;
use super::table::Row;
use crate::accounts::Client;
use crate::accounts::gate::Ruling;
use crate::session::view::{self, Granted, Spot};
use crate::session::{Effects, House};
use crate::terms::{Algorithm, Coding, Denied, Fault, Mode, PeerFault, Protection, Span};
use crate::tree::{Tree, VirtualPath};
use crate::wire::ftp::command::Command;
use crate::wire::ftp::facts::FactSelection;
use crate::wire::ftp::reply::Reply;
use crate::wire::ftp::verb::Verb;
use crate::wire::line::Line;

/// Lines that may wait behind a transfer. Each is at most as long as the framer lets it be, and all
/// of them may be served in one turn when the transfer ends, so they are no more than the lines
/// that a turn has otherwise. What the peer sends beyond that waits in the framer and the socket.
pub(super) const MAX_WAITING: usize = 16;

/// Who the peer is, so far.
#[derive(Debug)]
pub(super) enum State {
    /// Nobody; USER is due.
    NeedsUser,
    /// Somebody who says that this is its name; PASS is due.
    NeedsPass(Box<[u8]>),
    /// A client.
    Ready(Ready),
    /// Nobody any more: the connection is being closed, and no event changes that.
    Gone,
}

/// What a client that has logged in adds.
#[derive(Debug)]
pub(super) struct Ready {
    /// Its proof of a login, and its grants.
    pub(super) client: Client,
    /// Its current directory.
    pub(super) here: VirtualPath,
    /// What the last command left for the next.
    pub(super) carry: Carry,
}

/// What one command leaves for the next one alone.
#[derive(Debug, Default)]
pub(super) enum Carry {
    /// Nothing.
    #[default]
    Nothing,
    /// REST: where the transfer begins; never zero.
    Restart(u64),
    /// RANG: which bytes the transfer or the digest is about.
    Range(Span),
    /// RNFR: what is to be renamed.
    Rename(VirtualPath),
}

/// What must be answered before the next command is begun.
#[derive(Debug, Default)]
pub(super) enum Busy {
    /// Nothing.
    #[default]
    Idle,
    /// A verdict on a password.
    Verifying,
    /// The time until what a login came to may be said.
    Withheld(Box<Ruling>),
    /// The end of the TLS handshake, behind which data connections are protected thus.
    Securing(Protection),
    /// A passive port.
    AwaitingRoute(Passive),
    /// A transfer's outcome.
    Transferring(Box<Transferring>),
    /// The outcome of work on files.
    Working(Box<Working>),
}

impl Busy {
    /// Whether something runs during which lines wait, and the idle timer rests.
    pub(super) const fn is_running(&self) -> bool {
        match self {
            Self::Transferring(_) | Self::Working(_) => true,
            Self::Idle
            | Self::Verifying
            | Self::Withheld(_)
            | Self::Securing(_)
            | Self::AwaitingRoute(_) => false,
        }
    }
}

/// Which verb asked for a passive port, and so which reply names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passive {
    /// PASV: 227.
    Plain,
    /// EPSV: 229.
    Extended,
}

/// The transfer that runs.
#[derive(Debug)]
pub(super) struct Transferring {
    /// The verb that began it.
    pub(super) verb: Verb,
    /// What is transferred.
    pub(super) path: VirtualPath,
    /// Bytes that are to be sent, where that is known.
    pub(super) total: Option<u64>,
    /// Whether ABOR was heard.
    pub(super) aborting: bool,
    /// The preliminary reply, where it is not said before the connection stands.
    pub(super) opening: Option<Reply>,
}

/// The work on files that runs.
#[derive(Debug)]
pub(super) struct Working {
    /// The verb that began it.
    pub(super) verb: Verb,
    /// What is worked on.
    pub(super) path: VirtualPath,
    /// What the client called that.
    pub(super) argument: Box<[u8]>,
    /// Bytes that are to be worked through.
    pub(super) total: u64,
    /// What it is for, and so which reply ends it.
    pub(super) purpose: Purpose,
    /// Whether it is being stopped.
    pub(super) stopping: Stopping,
}

/// What work is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// SITE COMPRESS.
    Compress,
    /// HASH of these bytes by this algorithm.
    Hash(Span, Algorithm),
    /// XCRC, XSHA256.
    Sum,
    /// SIZE in TYPE A.
    Size,
}

/// Whether running work is being stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopping {
    /// It is not.
    No,
    /// The peer has gone, or the server is about to.
    Unasked,
    /// ABOR was heard, and is owed a reply of its own.
    Aborting,
}

/// The transfer parameters (RFC 959, section 4.1.2), as they stand between commands.
#[derive(Debug)]
pub(super) struct Parameters {
    /// TYPE. RFC 959, section 5.1, makes A the default.
    pub(super) coding: Coding,
    /// MODE: whether transfers are zlib streams.
    pub(super) deflates: bool,
    /// How hard downloads are compressed then, from 0 to 9, as OPTS MODE Z LEVEL chose.
    pub(super) level: u8,
    /// How HASH answers, as OPTS HASH chose.
    pub(super) algorithm: Algorithm,
    /// What MLSD and MLST say, as OPTS MLST chose.
    pub(super) facts: FactSelection,
    /// How the next data connection comes about.
    pub(super) route: Route,
    /// Whether EPSV ALL was given, after which only EPSV is served (RFC 2428, section 3).
    pub(super) extended_only: bool,
    /// Whether PBSZ was given, before which PROT is not (RFC 2228, section 3).
    pub(super) buffer_agreed: bool,
    /// PROT: how data connections are protected. Private only while the control connection is
    /// protected as well.
    pub(super) protection: Protection,
}

impl Parameters {
    /// How the next transfer is packed.
    pub(super) fn mode(&self) -> Mode {
        if self.deflates { Mode::Deflate { level: self.level.into() } } else { Mode::Stream }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            coding: Coding::Ascii,
            deflates: false,
            // What zlib has, and draft-preston-ftpext-deflate with it.
            level: 6,
            algorithm: Algorithm::default(),
            facts: FactSelection::default(),
            route: Route::Default,
            extended_only: false,
            buffer_agreed: false,
            protection: Protection::Clear,
        }
    }
}

/// How the next data connection comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// Nobody has said: we go to the client's default data port, which is that of its control
    /// connection (RFC 959, section 3.2).
    Default,
    /// The peer comes to the port that it was told, once.
    Passive,
    /// We go to this port of the peer's own address, until it names another way (RFC 959, section
    /// 4.1.2).
    Active(u16),
}

/// What a handler answers.
#[derive(Debug)]
pub(super) enum Said {
    /// This, and the command is done.
    Now(Reply),
    /// Nothing yet: what `busy` waits for will bring the reply.
    Later,
    /// This, and TLS is over.
    Clear(Reply),
    /// This, and the connection is closed.
    Last(Reply),
}

/// A handler's answer, or its refusal.
pub(super) type Answered = Result<Said, Reply>;

/// What one call of `handle` was given.
pub(super) struct Turn<'t, 'h, T: Tree> {
    pub(super) house: &'t mut House<'h, T>,
    pub(super) effects: &'t mut Effects<T>,
}

/// A session whose peer has logged in, while it obeys one command.
pub(super) struct Visit<'s> {
    /// The command's row in the table.
    pub(super) row: Row,
    /// What the last command left for this one.
    pub(super) carry: Carry,
    pub(super) ready: &'s mut Ready,
    pub(super) parameters: &'s mut Parameters,
    pub(super) busy: &'s mut Busy,
    pub(super) peer: SocketAddr,
}

impl Visit<'_> {
    /// The path that `argument` names from the current directory.
    pub(super) fn path(&self, argument: &[u8]) -> Result<VirtualPath, Reply> {
        self.ready.here.join(argument).map_err(|fault| self.refusal(fault.into(), argument))
    }

    /// Where `path` leads, if the grant there gives the rights that the verb's row requires. The
    /// virtual root can be looked at by any client.
    pub(super) fn spot<'p>(&self, path: &'p VirtualPath) -> Result<Spot<'p>, Fault> {
        let spot = view::locate(&self.ready.client, path)?;
        match spot {
            Spot::Below(granted) if !granted.rights.contains(self.row.rights) => {
                Err(Denied::NotPermitted.into())
            }
            Spot::Top | Spot::Below(_) => Ok(spot),
        }
    }

    /// Where `path` leads, if that is inside a granted directory, and not the directory itself.
    pub(super) fn inside<'p>(&self, path: &'p VirtualPath) -> Result<Granted<'p>, Fault> {
        match self.spot(path)? {
            Spot::Top => Err(Denied::NotPermitted.into()),
            Spot::Below(granted) => Ok(granted.inside()?),
        }
    }

    /// The reply to a fault of this command's.
    pub(super) fn refusal(&self, fault: Fault, argument: &[u8]) -> Reply {
        respond::fault(fault, self.row.verb, argument)
    }

    /// Whether REST has told where a transfer in TYPE A is to go on: it counts bytes on the wire, and
    /// not of the file.
    pub(super) fn restarts_text(&self) -> bool {
        self.parameters.coding == Coding::Ascii && matches!(self.carry, Carry::Restart(_))
    }

    /// Where the upload is to begin, in bytes from the start of the file.
    pub(super) const fn restart(&self) -> u64 {
        match self.carry {
            Carry::Restart(offset) => offset,
            Carry::Range(span) => span.start,
            Carry::Nothing | Carry::Rename(_) => 0,
        }
    }

    /// Which bytes of a file of `size` bytes the command is about: those that REST or RANG said, as
    /// far as there are any.
    pub(super) fn span(&self, size: u64) -> Result<Span, PeerFault> {
        let end = match self.carry {
            Carry::Range(span) => span.end.min(size),
            Carry::Restart(_) | Carry::Nothing | Carry::Rename(_) => size,
        };
        let start = self.restart();
        if start > end { Err(PeerFault::BadRestart) } else { Ok(Span { start, end }) }
    }
}

/// Lines that wait for a transfer to end, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    lines: VecDeque<Held>,
}

/// A line that waits.
#[derive(Debug)]
pub(super) enum Held {
    Text(Box<[u8]>),
    TooLong,
}

impl Held {
    /// The line as it came.
    pub(super) fn line(&self) -> Line<'_> {
        match self {
            Self::Text(text) => Line::Text(text),
            Self::TooLong => Line::TooLong,
        }
    }
}

impl Waiting {
    /// Lets `line` wait behind the others. A line that comes when there is no room was offered
    /// against [`wants_lines`](super::Session::wants_lines) and is lost.
    pub(super) fn push(&mut self, line: Line<'_>) {
        debug_assert!(!self.is_full(), "offered though not wanted");
        if !self.is_full() {
            self.lines.push_back(match line {
                Line::Text(text) => Held::Text(text.into()),
                Line::TooLong => Held::TooLong,
            });
        }
    }

    /// The line that has waited longest.
    pub(super) fn pop(&mut self) -> Option<Held> {
        self.lines.pop_front()
    }

    /// Whether QUIT is among the lines.
    pub(super) fn has_quit(&self) -> bool {
        self.find(Command::Quit).is_some()
    }

    /// Whether ABOR is among the lines.
    pub(super) fn has_abor(&self) -> bool {
        self.find(Command::Abor).is_some()
    }

    /// The ABOR that has waited longest.
    pub(super) fn take_abor(&mut self) -> Option<Held> {
        self.find(Command::Abor).and_then(|at| self.lines.remove(at))
    }

    fn find(&self, command: Command<'_>) -> Option<usize> {
        self.lines.iter().position(|held| match held {
            Held::Text(text) => Command::parse(text).as_ref() == Ok(&command),
            Held::TooLong => false,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= MAX_WAITING
    }
}
