//! The helper thread's part in waiting for the disk: commits are carried out one after the other,
//! later than they were asked for, and what they came to is told later still. And the power, which
//! may be cut meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use coracle::reactor::Reactor;
use coracle::terms::{Fault, Key};
use coracle::transfer::Commit;
use coracle::tree::{MemoryPart, MemoryTree};

use crate::net::{FakeIo, Net, Peers};
use crate::rng::Rng;

/// The poll's name for a disk that has done something.
const DISK_WAITS: Key = Key::outside(3);

/// The poll's name for the end of the power.
pub(crate) const POWER: Key = Key::outside(4);

/// The longest that the disk takes for one commit, in microseconds, now and then.
const SLOW_MICROS: u64 = 3_000_000;

/// What waits for the disk.
pub(crate) struct Disk {
    rng: Rng,
    /// Commits, each with when it is carried out, in order.
    commits: VecDeque<(u64, Key, Commit<MemoryPart>)>,
    /// What they came to, each with when it is told, in order.
    results: VecDeque<(u64, Key, Result<(), Fault>)>,
    /// Commits so far.
    pub(crate) count: u64,
    /// Whether the power is gone.
    pub(crate) is_cut: bool,
}

impl Disk {
    /// Nothing waits yet.
    pub(crate) const fn new(rng: Rng) -> Self {
        Self { rng, commits: VecDeque::new(), results: VecDeque::new(), count: 0, is_cut: false }
    }

    /// Commits that the reactor has not been answered yet.
    pub(crate) fn len(&self) -> usize {
        self.commits.len() + self.results.len()
    }

    /// Takes what the reactor has handed over.
    pub(crate) fn take<P: Peers>(
        &mut self,
        reactor: &mut Reactor<FakeIo<P>, MemoryTree>,
        net: &mut Net,
    ) {
        for (key, commit) in reactor.commits() {
            self.count += 1;
            let last = self.commits.back().map_or(net.now(), |(at, ..)| (*at).max(net.now()));
            let at = last + self.pause();
            net.ring_outside(DISK_WAITS, Duration::from_nanos(at - net.now()));
            // Told in another pass, and by then more may have happened.
            net.ring_outside(DISK_WAITS, Duration::from_nanos(at - net.now() + 2_000_000));
            self.commits.push_back((at, key, commit));
        }
    }

    /// Does what it is time for.
    pub(crate) fn hear<P: Peers>(
        &mut self,
        key: Key,
        reactor: &mut Reactor<FakeIo<P>, MemoryTree>,
        now: u64,
    ) {
        self.is_cut |= key == POWER;
        if key != DISK_WAITS || self.is_cut {
            return;
        }
        while self.results.front().is_some_and(|(at, ..)| *at <= now) {
            let Some((_, key, result)) = self.results.pop_front() else { break };
            let is_there = reactor.awaits_verdict(key);
            let is_told = reactor.committed(key, result);
            assert_eq!(is_told, is_there, "{key:?} has to hear of its commit if it is there");
        }
        while self.commits.front().is_some_and(|(at, ..)| *at <= now) {
            let Some((at, key, commit)) = self.commits.pop_front() else { break };
            let result = commit.carry_out();
            self.results.push_back((at + 1_000_000, key, result));
        }
    }

    fn pause(&mut self) -> u64 {
        1000 * match self.rng.below(10) {
            0..=5 => self.rng.below(300),
            6..=8 => self.rng.below(20_000),
            _ => self.rng.below(SLOW_MICROS),
        }
    }
}
