//! What the gate is asked and what it answers, as values. What becomes of them is for sessions and the
//! reactor to say, each in the words of its protocol.

use std::net::IpAddr;
use std::time::Duration;

use crate::accounts::{Challenge, Client};

/// Why somebody is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many clients are here.
    Full,
    /// Too many of them have this address.
    Address,
    /// Too many connections have come from this address within a moment.
    Rate,
    /// Too many logins from this address have failed.
    Banned {
        /// Seconds until it may try again.
        secs: u64,
    },
    /// Too many are logged in as this user.
    User,
    /// Too many passwords wait to be judged.
    Crowded,
}

impl Refusal {
    /// The word for it in the log.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Address => "address-full",
            Self::Rate => "rate",
            Self::Banned { .. } => "banned",
            Self::User => "user-full",
            Self::Crowded => "crowded",
        }
    }
}

/// Who presents a password.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// From where.
    pub peer: IpAddr,
    /// Who it claims to be.
    pub username: &'a [u8],
}

/// How somebody stands who waits for a hash, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// This user has logged in from there before, or the address is allowed.
    Known,
    /// Nothing is known of the source.
    Clean,
    /// Logins from the source have failed.
    Failing,
}

/// What comes of a password.
#[derive(Debug)]
pub enum Presented {
    /// A hash has to tell: for the helper thread. [`Gate::judged`](super::Gate::judged) is to follow.
    Pending(Challenge),
    /// This is known already.
    Ruled(Ruled),
}

/// What a login came to, and how long the answer is to be held back.
#[derive(Debug)]
pub struct Ruled {
    /// What it came to.
    pub ruling: Ruling,
    /// How long.
    pub delay: Duration,
}

/// What a login came to.
#[derive(Debug)]
pub enum Ruling {
    /// It is a client, who counts among those of its user as long as it lives.
    Admitted(Client),
    /// Wrong username or password.
    Wrong,
    /// Turned away for another reason.
    Refused(Refusal),
}
