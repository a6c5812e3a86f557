//! How many are here at once, by source or by username.
//!
//! A [`Seat`] is taken when somebody comes and is free again when it is dropped, however that comes
//! about: nobody has to think of giving it back.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Empty rows that may stand before the table is swept.
const SLACK: usize = 64;

/// One place of those that a source or a user may have at once.
#[derive(Debug)]
pub struct Seat {
    #[expect(dead_code, reason = "it is counted as long as it lives, and never looked at")]
    row: Option<Arc<()>>,
}

/// Who has how many seats. No larger than twice the number of those who are here, and [`SLACK`].
#[derive(Debug)]
pub(super) struct Seats<K> {
    /// How many each may have; `None` is as many as they like.
    each: Option<usize>,
    rows: BTreeMap<K, Arc<()>>,
    sweep_at: usize,
}

impl<K: Ord> Seats<K> {
    pub(super) const fn new(each: Option<usize>) -> Self {
        Self { each, rows: BTreeMap::new(), sweep_at: SLACK }
    }

    /// A seat for `key`, unless it has as many as it may.
    pub(super) fn take(&mut self, key: K) -> Option<Seat> {
        let Some(each) = self.each else { return Some(Seat { row: None }) };
        if self.rows.len() >= self.sweep_at {
            self.rows.retain(|_, row| Arc::strong_count(row) > 1);
            self.sweep_at = self.rows.len() * 2 + SLACK;
        }
        let row = self.rows.entry(key).or_default();
        // One count is the table's own.
        (Arc::strong_count(row) <= each).then(|| Seat { row: Some(Arc::clone(row)) })
    }

    /// A seat that is not counted.
    pub(super) const fn beside() -> Seat {
        Seat { row: None }
    }

    /// Rows that stand in the table.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_seat_is_free() {
        let mut seats = Seats::new(Some(2));
        let (first, second) = (seats.take(1), seats.take(1));
        assert!(first.is_some() && second.is_some());
        assert!(seats.take(1).is_none());
        let other = seats.take(2);
        assert!(other.is_some());
        drop(first);
        let third = seats.take(1);
        assert!(third.is_some() && seats.take(1).is_none());
    }

    #[test]
    fn who_has_gone_leaves_no_row_for_long() {
        let mut seats = Seats::new(Some(1));
        let kept: Vec<_> = (0..100).map(|key| seats.take(key)).collect();
        for key in 0..10_000 {
            assert!(seats.take(1000 + key).is_some());
            assert!(seats.len() <= 2 * 100 + SLACK);
        }
        assert!(kept.iter().all(Option::is_some));
        let mut unlimited = Seats::new(None);
        assert!((0..1000).all(|_| unlimited.take(1).is_some()));
        assert_eq!(unlimited.len(), 0);
    }
}
