//! What there is and what was done, in numbers: for whoever watches the loop, and for the simulation,
//! which holds its bounds against them.
//!
//! It decides nothing and changes nothing.

use super::chores::Seat;
use super::listen::{Listener, Role};
use super::{Reactor, Slot};
use crate::io::Io;
use crate::tree::Tree;

/// How many slots of each sort there are, how long the unluckiest had to wait, and how much work on
/// files has stood between two turns of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Control connections, those that linger included.
    pub controls: usize,
    /// Data connections.
    pub data: usize,
    /// Listeners for control connections.
    pub listeners: usize,
    /// Listeners for passive data connections, kept from one transfer to the next.
    pub passive: usize,
    /// Control connections that a passive listener expects a data connection for.
    pub expected: usize,
    /// Digests that are being computed.
    pub digesting: usize,
    /// Files that are being compressed.
    pub compressing: usize,
    /// Files that are to be compressed and wait for a place.
    pub awaiting: usize,
    /// Places for compressing that are counted as taken: as many as are being compressed.
    pub places: usize,
    /// How long the line for a place is: as long as there are files that wait for one.
    pub line: usize,
    /// The longest that anything has stood in a queue before its turn came, since the start.
    pub longest_wait: Waits,
    /// The most work on files that was done in one pass, since the start, number by number.
    pub most_worked: Worked,
    /// The most that was done before it was others' turn, since the start, number by number.
    pub most_spent: Spent,
}

/// What budgets bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Steps of TLS handshakes in one pass.
    pub handshakes: usize,
    /// Lines of one control connection in one turn.
    pub lines: usize,
    /// Bytes of a transfer that one turn has moved over its data connection.
    pub moved: u64,
}

/// Passes between the one in which something was queued and its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// Of a connection or a listener.
    pub turn: u64,
    /// Of a slice of a file that has a place and is being compressed.
    pub compression: u64,
    /// Of a slice of a digest.
    pub digest: u64,
}

/// Work on files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Worked {
    /// Slices of compression.
    pub compressions: usize,
    /// Slices of digests.
    pub digests: usize,
    /// Bytes of files that these have worked through.
    pub bytes: u64,
}

impl Worked {
    /// The greater of each number.
    pub(super) fn most(self, other: Self) -> Self {
        Self {
            compressions: self.compressions.max(other.compressions),
            digests: self.digests.max(other.digests),
            bytes: self.bytes.max(other.bytes),
        }
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Work on files that the last pass did.
    pub const fn worked(&self) -> Worked {
        self.chores.worked()
    }

    /// Counts what there is.
    pub fn census(&self) -> Census {
        let mut census = Census {
            longest_wait: self.longest_wait,
            most_worked: self.chores.most_worked(),
            places: self.chores.places(),
            line: self.chores.line(),
            most_spent: self.most_spent,
            ..Census::default()
        };
        for (_, slot) in self.slots.iter() {
            match slot {
                Slot::Listener(Listener { role: Role::Control(..), .. }) => census.listeners += 1,
                Slot::Listener(Listener { role: Role::Passive(claims), .. }) => {
                    census.passive += 1;
                    census.expected +=
                        claims.values().filter(|claim| claim.waiting.is_some()).count();
                }
                Slot::Control(control) => {
                    census.controls += 1;
                    match control.chore.as_ref().map(|chore| chore.seat()) {
                        Some(Seat::Needless) => census.digesting += 1,
                        Some(Seat::Held) => census.compressing += 1,
                        Some(Seat::Awaited) => census.awaiting += 1,
                        Some(Seat::Committing(_)) | None => {}
                    }
                }
                Slot::Data(_) => census.data += 1,
                Slot::Taken => {}
            }
        }
        census
    }
}
