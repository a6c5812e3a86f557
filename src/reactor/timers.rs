//! One deadline a slot.
//!
//! Deadlines move far more often than they pass: every line and every moved byte puts one off. So a
//! deadline is a number in a table, and the heap holds at most one alarm an index that rings no
//! later than the deadline; when it rings early it is wound up again. The heap never outgrows the
//! slab, whatever comes and goes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::terms::{Key, Moment};

/// No deadline, or no alarm.
const NEVER: Moment = Moment::from_nanos(u64::MAX);

/// Deadlines by slab index.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Moment, u32)>>,
    table: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// When the slot is due.
    deadline: Moment,
    /// The earliest alarm in the heap for this index.
    alarm: Moment,
}

impl Timers {
    /// Makes `key`'s slot due at `at`, in place of whatever deadline it had.
    pub(super) fn set(&mut self, key: Key, at: Moment) {
        let index = key.index as usize;
        if self.table.len() <= index {
            self.table.resize(index + 1, Entry { deadline: NEVER, alarm: NEVER });
        }
        let Some(entry) = self.table.get_mut(index) else { return };
        entry.deadline = at;
        if at < entry.alarm {
            entry.alarm = at;
            self.heap.push(Reverse((at, key.index)));
        }
    }

    /// Takes the deadline of `key`'s slot away.
    pub(super) fn clear(&mut self, key: Key) {
        if let Some(entry) = self.table.get_mut(key.index as usize) {
            entry.deadline = NEVER;
        }
    }

    /// When `key`'s slot is due, if it is.
    pub(super) fn deadline(&self, key: Key) -> Option<Moment> {
        let entry = self.table.get(key.index as usize)?;
        (entry.deadline != NEVER).then_some(entry.deadline)
    }

    /// When to look again. It may be early, never late.
    pub(super) fn next_alarm(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// The next index that is due at `now`; its deadline is taken away.
    pub(super) fn expired(&mut self, now: Moment) -> Option<u32> {
        while let Some(Reverse((at, index))) = self.heap.peek().copied() {
            if at > now {
                return None;
            }
            self.heap.pop();
            let Some(entry) = self.table.get_mut(index as usize) else { continue };
            if entry.alarm != at {
                // An earlier alarm of this index has been rung and wound up since.
                continue;
            }
            entry.alarm = NEVER;
            if entry.deadline <= now {
                entry.deadline = NEVER;
                return Some(index);
            }
            if entry.deadline != NEVER {
                entry.alarm = entry.deadline;
                self.heap.push(Reverse((entry.deadline, index)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(secs: u64) -> Moment {
        Moment::default() + Duration::from_secs(secs)
    }

    #[test]
    fn a_deadline_that_moves_is_told_once_at_its_last_place() {
        let mut timers = Timers::default();
        let key = Key::new(3, 0);
        for second in 1..100 {
            timers.set(key, at(second));
            assert_eq!(timers.expired(at(second - 1)), None);
        }
        assert!(timers.heap.len() <= 2);
        assert_eq!(timers.expired(at(99)), Some(3));
        assert_eq!(timers.expired(at(1000)), None);
        assert_eq!(timers.next_alarm(), None);
    }

    #[test]
    fn a_deadline_can_come_nearer() {
        let mut timers = Timers::default();
        let key = Key::new(0, 0);
        timers.set(key, at(50));
        timers.set(key, at(5));
        assert_eq!(timers.next_alarm(), Some(at(5)));
        assert_eq!(timers.expired(at(5)), Some(0));
        timers.set(key, at(60));
        assert_eq!(timers.expired(at(50)), None);
        assert_eq!(timers.expired(at(60)), Some(0));
    }

    #[test]
    fn a_cleared_deadline_never_comes() {
        let mut timers = Timers::default();
        timers.set(Key::new(1, 0), at(5));
        timers.clear(Key::new(1, 0));
        assert_eq!(timers.expired(at(10)), None);
    }

    #[test]
    fn connections_that_come_and_go_leave_nothing_behind() {
        let mut timers = Timers::default();
        for generation in 0..10_000 {
            let key = Key::new(7, generation);
            timers.set(key, at(60 + u64::from(generation)));
            timers.clear(key);
        }
        assert_eq!(timers.heap.len(), 1);
    }
}
