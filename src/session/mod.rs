//! L2. The protocol interpreters (RFC 959, section 2.3): pure values that take events and return
//! effects.
//!
//! A session owns no socket, reads no clock and spawns nothing, so a whole dialogue can be tested
//! as *line in, effects out*, fuzzed without a network and replayed from a seed. What it may look
//! at and change beyond itself is the [`House`] that it is shown. The reactor calls it; it knows
//! nothing of the transfer, channel and io rooms.
//!
//! The contract, which the simulation checks:
//! - every command line gets exactly one final reply, in the order of the lines, but for ABOR, STAT
//!   and QUIT during a transfer; those that wait when the session closes get none;
//! - [`Effect::Listen`], [`Effect::Begin`], [`Effect::Work`], [`Effect::Verify`], [`Effect::Secure`]
//!   and [`Effect::Withhold`] are each answered by exactly one event, and none is asked for while the
//!   answer to another is due;
//! - lines that waited when the session asked for [`Effect::Secure`] get no reply;
//! - lines are offered only while [`Session::wants_lines`], and after [`Event::Hangup`] none is;
//! - after [`Effect::Close`] nothing more is asked for, whatever is told.
//!
//! [`ftp`] and [`guided`] are the two dialects; both see the tree through `view`, which knows what a
//! client's grants make of it.

mod browser;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod dialogue;
mod effect;
mod event;
pub mod ftp;
pub mod guided;
mod view;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub use effect::{Answer, Chore, Effect, Effects, Family, Order};
pub use event::{Event, RouteFault, Timer};

use crate::accounts::Accounts;
use crate::accounts::gate::{Attempt, Gate, Refusal};
use crate::terms::{Moment, UnixTime};
use crate::tree::Tree;

/// What a session may look at and change beyond itself.
#[derive(Debug)]
pub struct House<'a, T: Tree> {
    /// The served files.
    pub tree: &'a T,
    /// Who may come in, and to what.
    pub accounts: &'a Accounts,
    /// Who is let in, and how soon.
    pub gate: &'a mut Gate,
    /// The peer's address.
    pub peer: IpAddr,
    /// Our address, to which it came.
    pub local: IpAddr,
    /// The address at which it takes us to be.
    pub told: IpAddr,
    /// What the operator has set.
    pub settings: &'a Settings,
    /// The loop's clock.
    pub now: Moment,
    /// The calendar's clock, for listings.
    pub today: UnixTime,
    /// Bytes that the session's running transfer has moved so far, or of its file that running work
    /// is done with, for STAT.
    pub moved: Option<u64>,
}

impl<T: Tree> House<'_, T> {
    /// The peer, as the one who claims to be `username`.
    const fn attempt<'n>(&self, username: &'n [u8]) -> Attempt<'n> {
        Attempt { peer: self.peer, username }
    }

    /// Whether that is our address, as the peer knows it.
    fn is_at(&self, address: IpAddr) -> bool {
        address == self.local || address == self.told
    }

    /// Hidden parts to which nothing has been written since then have expired.
    fn expired_before(&self) -> UnixTime {
        let secs = i64::try_from(self.settings.partial_expiry.as_secs()).unwrap_or(i64::MAX);
        UnixTime(self.today.0.saturating_sub(secs))
    }
}

/// What an operator may set of a session's behaviour.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The text of the greeting, one line, without the product's version.
    pub greeting: String,
    /// Failed logins on one connection until it is ended.
    pub login_attempts: u32,
    /// Whether the guided dialogue asks an unknown username for a password like any other.
    pub conceal_usernames: bool,
    /// Whether MODE Z is served, and offered in FEAT.
    pub mode_z: bool,
    /// How long what a broken upload has left can be gone on with.
    pub partial_expiry: Duration,
    /// Whether TLS is served, and demanded.
    pub tls: Tls,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            greeting: "Coracle ready".to_owned(),
            login_attempts: 3,
            conceal_usernames: false,
            mode_z: false,
            partial_expiry: Duration::from_secs(24 * 60 * 60),
            tls: Tls::Off,
        }
    }
}

/// Whether sessions are protected by TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// It is not served.
    Off,
    /// Whoever asks for it gets it.
    Optional,
    /// Nobody logs in, and no data moves, without it.
    Required,
}

/// The two ends of a control connection, IPv4-mapped addresses turned into IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Ours.
    pub local: SocketAddr,
    /// The peer's.
    pub peer: SocketAddr,
}

/// Whether a dialogue goes on, once what runs has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It does.
    No,
    /// The peer will send no more lines.
    HungUp,
    /// The server is about to stop; lines that wait are not served.
    Draining,
}

/// Which protocol a port speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RFC 959 and its successors.
    Ftp,
    /// The guided dialogue.
    Guided,
}

/// A session of either dialect.
#[derive(Debug)]
pub enum Session {
    /// RFC 959 and its successors.
    Ftp(ftp::Session),
    /// The guided dialogue.
    Guided(guided::Session),
}

impl Session {
    /// A session that has not been told [`Event::Opened`] yet.
    #[must_use]
    pub fn new(dialect: Dialect, ends: Ends) -> Self {
        match dialect {
            Dialect::Ftp => Self::Ftp(ftp::Session::new(ends)),
            Dialect::Guided => Self::Guided(guided::Session::new()),
        }
    }

    /// The dialect that it speaks.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self {
            Self::Ftp(_) => Dialect::Ftp,
            Self::Guided(_) => Dialect::Guided,
        }
    }

    /// What a peer is told that is turned away at the gate, before its connection is closed. No
    /// session is made for it.
    #[must_use]
    pub fn turned_away(dialect: Dialect, refusal: Refusal) -> Answer {
        match dialect {
            Dialect::Ftp => Answer::Ftp(ftp::refusal(refusal)),
            Dialect::Guided => Answer::Guided(guided::refusal(refusal)),
        }
    }

    /// What a peer is told, in the clear, that was to begin a TLS handshake and did not, before its
    /// connection is closed. The guided dialogue has no word for it.
    #[must_use]
    pub fn unsecured(dialect: Dialect) -> Option<Answer> {
        match dialect {
            Dialect::Ftp => Some(Answer::Ftp(ftp::no_handshake())),
            Dialect::Guided => None,
        }
    }

    /// Takes one event and appends what is to be done about it to `effects`.
    pub fn handle<T: Tree>(
        &mut self,
        event: Event<'_>,
        house: &mut House<'_, T>,
        effects: &mut Effects<T>,
    ) {
        match self {
            Self::Ftp(session) => session.handle(event, house, effects),
            Self::Guided(session) => session.handle(event, house, effects),
        }
    }

    /// Whether another line may be offered now. While it may not, the reactor lets lines wait, and
    /// in the end the peer.
    #[must_use]
    pub fn wants_lines(&self) -> bool {
        match self {
            Self::Ftp(session) => session.wants_lines(),
            Self::Guided(session) => session.wants_lines(),
        }
    }

    /// The name under which the peer is logged in.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Ftp(session) => session.username(),
            Self::Guided(session) => session.username(),
        }
    }
}
