//! A table of those who are remembered, that never outgrows its bound.
//!
//! Each entry has an end, the moment at which to forget it changes nothing; the worse somebody has
//! behaved, the later it is. What has ended makes room first, and then whoever's end is the nearest:
//! the mildest, and of two who are alike the one who did it longer ago. So a crowd that comes from
//! everywhere can push out those who did next to nothing, and none who did much.

use std::collections::{BTreeMap, BTreeSet};

use crate::terms::Moment;

/// Entries by key, each until its end.
#[derive(Debug)]
pub(super) struct Ledger<K, V> {
    most: usize,
    /// What has ended may still stand here until room is needed.
    entries: BTreeMap<K, (Moment, V)>,
    /// The same keys, the one that ends first before the others.
    ends: BTreeSet<(Moment, K)>,
}

impl<K: Ord + Clone, V: Clone> Ledger<K, V> {
    /// Holds no more than `most`.
    pub(super) const fn new(most: usize) -> Self {
        Self { most, entries: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// The entry of `key` and its end, if that lies ahead.
    pub(super) fn find(&self, key: &K, now: Moment) -> Option<(Moment, &V)> {
        self.entries.get(key).filter(|(end, _)| now < *end).map(|(end, value)| (*end, value))
    }

    /// The first entry at `from` or behind it that satisfies `wanted`, among those next to it that
    /// satisfy `near`.
    pub(super) fn any(&self, from: &K, near: impl Fn(&K) -> bool, now: Moment) -> bool {
        let mut range = self.entries.range(from..).take_while(|(key, _)| near(key));
        range.any(|(_, (end, _))| now < *end)
    }

    /// Notes `value` for `key`, to be forgotten at `end`.
    pub(super) fn put(&mut self, key: K, value: V, end: Moment, now: Moment) {
        if let Some((old, _)) = self.entries.remove(&key) {
            self.ends.remove(&(old, key.clone()));
        }
        while self.ends.first().is_some_and(|(end, _)| *end <= now) || self.ends.len() >= self.most
        {
            let Some((_, gone)) = self.ends.pop_first() else { break };
            self.entries.remove(&gone);
        }
        self.ends.insert((end, key.clone()));
        self.entries.insert(key, (end, value));
    }

    /// How many stand in it.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.entries.len(), self.ends.len());
        self.entries.len()
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
    fn what_has_ended_is_not_found() {
        let mut ledger = Ledger::new(10);
        ledger.put("a", 1, at(5), at(0));
        assert_eq!(ledger.find(&"a", at(4)), Some((at(5), &1)));
        assert_eq!(ledger.find(&"a", at(5)), None);
        ledger.put("a", 2, at(9), at(5));
        assert_eq!(ledger.find(&"a", at(5)), Some((at(9), &2)));
        assert_eq!(ledger.len(), 1);
        assert!(ledger.any(&"a", |_| true, at(8)) && !ledger.any(&"a", |_| true, at(9)));
        assert!(!ledger.any(&"b", |_| true, at(8)) && !ledger.any(&"a", |_| false, at(8)));
    }

    #[test]
    fn the_mildest_makes_room() {
        let mut ledger = Ledger::new(3);
        for (key, end) in [(1, 50), (2, 20), (3, 30)] {
            ledger.put(key, (), at(end), at(0));
        }
        // The newcomer is always noted, however mild.
        ledger.put(4, (), at(10), at(1));
        let found = |ledger: &Ledger<i32, ()>| {
            (1..=9).filter(|key| ledger.find(key, at(2)).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(found(&ledger), [1, 3, 4]);
        ledger.put(5, (), at(40), at(1));
        assert_eq!(found(&ledger), [1, 3, 5]);
        // What has ended goes before anybody else.
        ledger.put(6, (), at(60), at(45));
        assert_eq!(ledger.len(), 2);
    }
}
