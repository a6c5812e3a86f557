//! What may go wrong between the reactor and its network, and how often.
//!
//! All of it is lawful: a program on mio has to live with each. A scenario turns some of it on, so
//! that rare coincidences of two faults are not drowned by all the others.

use crate::rng::Rng;

/// Chances are in a thousand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// A read gives less than there is.
    pub(crate) short_reads: u64,
    /// A write takes less than there is room for.
    pub(crate) short_writes: u64,
    /// A write answers `WouldBlock` though there is room, and an event follows.
    pub(crate) reluctance: u64,
    /// A poll brings an event for nothing.
    pub(crate) spurious: u64,
    /// A poll brings an event for a socket that was closed.
    pub(crate) stale: u64,
    /// An event comes some time after it was due.
    pub(crate) late: u64,
    /// A poll brings a part of its events only.
    pub(crate) cut_batches: u64,
    /// A poll returns for nothing, as after a signal.
    pub(crate) interrupts: u64,
    /// A poll returns later than it was told to.
    pub(crate) oversleep: u64,
    /// Zero copy is not supported.
    pub(crate) copied: u64,
    /// An accept fails for a reason of its own.
    pub(crate) failed_accepts: u64,
    /// The events of a poll come in any order.
    pub(crate) shuffled: bool,
    /// An event tells only of what changed, as kqueue does, not of all that is possible, as epoll.
    pub(crate) bare_hints: bool,
    /// Unread bytes at the peer vanish with a reset, as they do outside Linux.
    pub(crate) resets_eat: bool,
    /// Nanoseconds that each pass takes longer: a slow machine.
    pub(crate) sluggish: u64,
    /// A data connection is up at the peer's end long before it is at the server's, as where the last
    /// packet of the handshake is lost: it comes behind what the peer says later on another one.
    pub(crate) detours: u64,
    /// Nanoseconds that it takes longer at most.
    pub(crate) detour: u64,
    /// Spans of time in nanoseconds in which no descriptor is left.
    pub(crate) exhausted: Vec<(u64, u64)>,
}

impl Faults {
    /// A choice of faults: each is absent, rare or frequent.
    pub(crate) fn of(rng: &mut Rng) -> Self {
        let mut rate = |frequent: u64| match rng.below(5) {
            0 => 1 + rng.below(frequent),
            1 => frequent,
            _ => 0,
        };
        let mut faults = Self {
            short_reads: rate(500),
            short_writes: rate(500),
            reluctance: rate(200),
            spurious: rate(300),
            stale: rate(300),
            late: rate(300),
            cut_batches: rate(500),
            interrupts: rate(100),
            oversleep: rate(300),
            copied: rate(500),
            failed_accepts: rate(100),
            ..Self::default()
        };
        faults.shuffled = rng.chance(500);
        faults.bare_hints = rng.chance(300);
        faults.resets_eat = rng.chance(500);
        if rng.chance(250) {
            for _ in 0..rng.within(1..4) {
                let from = rng.below(40_000_000_000);
                faults.exhausted.push((from, from + rng.below(3_000_000_000)));
            }
        }
        faults
    }

    /// Whether no descriptor is left at `now`.
    pub(crate) fn is_exhausted(&self, now: u64) -> bool {
        self.exhausted.iter().any(|(from, until)| (*from..*until).contains(&now))
    }
}
