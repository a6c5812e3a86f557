//! Who waits for the helper thread: everybody in turn, by where they come from.
//!
//! One address that sends a thousand passwords makes its own wait, and nobody else's: each source
//! has a row of its own, and the thread takes the first of each row in turn. A row is bounded, and
//! so are all rows together; where all are full a newcomer takes the place of whoever came last in
//! the longest. It knows nothing of threads or of what waits. The helper calls it.

use std::collections::{BTreeMap, VecDeque};

/// Those of one source that may wait.
const MOST_EACH: usize = 128;

/// Those of all sources that may wait: at some tens of milliseconds each, as many as are heard
/// within the time to log in.
const MOST: usize = 1024;

/// Rows of `T`, by source.
#[derive(Debug)]
pub(super) struct Rows<S, T> {
    rows: BTreeMap<S, VecDeque<T>>,
    /// Every source that has a row, in the order in which they are served.
    order: VecDeque<S>,
    /// Those in all rows together.
    waiting: usize,
}

impl<S: Ord + Copy, T> Rows<S, T> {
    pub(super) const fn new() -> Self {
        Self { rows: BTreeMap::new(), order: VecDeque::new(), waiting: 0 }
    }

    /// Lets `item` wait behind the others of its source. Returns the one that there is no room for,
    /// if there is one. Where room is short, those who are not `wanted` any more make it first.
    pub(super) fn push(&mut self, source: S, item: T, wanted: impl Fn(&T) -> bool) -> Option<T> {
        if self.length(source) >= MOST_EACH || self.waiting >= MOST {
            self.retain(wanted);
        }
        let length = self.length(source);
        if length >= MOST_EACH {
            return Some(item);
        }
        let mut displaced = None;
        if self.waiting >= MOST {
            let longest = self.rows.iter().max_by_key(|(_, row)| row.len());
            let Some(longest) = longest.filter(|(_, row)| row.len() > length + 1) else {
                return Some(item);
            };
            let longest = *longest.0;
            displaced = self.rows.get_mut(&longest).and_then(VecDeque::pop_back);
            self.waiting -= 1;
        }
        if length == 0 {
            self.order.push_back(source);
        }
        self.rows.entry(source).or_default().push_back(item);
        self.waiting += 1;
        displaced
    }

    /// The next whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let source = self.order.pop_front()?;
        let row = self.rows.get_mut(&source)?;
        let item = row.pop_front();
        if row.is_empty() {
            self.rows.remove(&source);
        } else {
            self.order.push_back(source);
        }
        self.waiting -= usize::from(item.is_some());
        item
    }

    fn length(&self, source: S) -> usize {
        self.rows.get(&source).map_or(0, VecDeque::len)
    }

    fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        for row in self.rows.values_mut() {
            row.retain(&wanted);
        }
        self.rows.retain(|_, row| !row.is_empty());
        self.order.retain(|source| self.rows.contains_key(source));
        self.waiting = self.rows.values().map(VecDeque::len).sum();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(each: &[(u8, usize)]) -> Rows<u8, (u8, usize)> {
        let mut rows = Rows::new();
        for &(source, count) in each {
            for number in 0..count {
                assert_eq!(rows.push(source, (source, number), |_| true), None);
            }
        }
        rows
    }

    #[test]
    fn a_crowd_of_one_address_makes_nobody_else_wait() {
        let mut rows = filled(&[(1, 100), (2, 1), (3, 2)]);
        let order: Vec<_> = (0..5).filter_map(|_| rows.pop()).collect();
        assert_eq!(order, [(1, 0), (2, 0), (3, 0), (1, 1), (3, 1)]);
        assert_eq!(rows.push(2, (2, 1), |_| true), None);
        assert_eq!([rows.pop(), rows.pop()], [Some((1, 2)), Some((2, 1))]);
        assert_eq!(std::iter::from_fn(|| rows.pop()).count(), 97);
    }

    #[test]
    fn a_source_has_so_many_and_no_more() {
        let mut rows = filled(&[(1, MOST_EACH)]);
        assert_eq!(rows.push(1, (1, 999), |_| true), Some((1, 999)));
        assert_eq!(rows.push(2, (2, 0), |_| true), None);
        // Who has gone meanwhile makes room.
        assert_eq!(rows.push(1, (1, 999), |item| item.1 != 0), None);
        assert_eq!(rows.pop(), Some((1, 1)));
    }

    #[test]
    fn where_all_are_full_the_longest_row_gives_way() {
        let mut each: Vec<_> = (0..7).map(|source| (source, MOST_EACH)).collect();
        each.push((7, MOST_EACH - 1));
        each.push((8, 1));
        let mut rows = filled(&each);
        assert_eq!(rows.push(9, (9, 0), |_| true), Some((6, MOST_EACH - 1)));
        assert_eq!(rows.push(7, (7, 999), |_| true), Some((7, 999)), "it has as many as most");
        assert_eq!(rows.waiting, MOST);
    }

    proptest! {
        #[test]
        fn nobody_is_lost(steps in proptest::collection::vec((0..12_u8, any::<bool>()), 0..3000)) {
            let mut rows = Rows::new();
            let (mut count, mut next) = (0_usize, 0);
            for (source, comes) in steps {
                if comes || next % 3 == 0 {
                    count += usize::from(rows.push(source, (source, next), |_| true).is_none());
                } else {
                    count -= usize::from(rows.pop().is_some());
                }
                next += 1;
                prop_assert_eq!(rows.waiting, count);
                prop_assert!(rows.order.len() == rows.rows.len() && count <= MOST);
            }
            prop_assert_eq!(std::iter::from_fn(|| rows.pop()).count(), count);
        }
    }
}
