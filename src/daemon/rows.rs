//! Who waits for the helper thread: everybody in turn, by where they come from.
//!
//! One address that sends a thousand passwords makes its own wait, and nobody else's: each source
//! has a row of its own, and the thread takes the first of each row in turn. So it is among networks,
//! each of which has many sources: they take turns, and in each its sources do. A row is bounded, and
//! so are all rows together; where all are full a newcomer takes the place of whoever came last in
//! the longest row of the network that has the most. Sources stand in classes, the best first: of four
//! turns the first class has two and the others one each, so that a crowd of strangers from everywhere
//! makes nobody wait who is known, and none starves. It knows nothing of threads or of what waits, and
//! is told what a network is. The helper calls it.

use std::collections::{BTreeMap, VecDeque};

/// Those of one source that may wait.
const MOST_EACH: usize = 128;

/// Those of all sources that may wait: at some tens of milliseconds each, as many as are heard
/// within the time to log in.
const MOST: usize = 1024;

/// Sorts of sources.
const CLASSES: usize = 3;

/// Whose turn it is, by class, again and again. Where nobody of it waits the best class is next.
const ROUND: [usize; 4] = [0, 1, 0, 2];

/// Rows of `T`, by class, network and source.
#[derive(Debug)]
pub(super) struct Rows<S, T> {
    /// The network that a source lies in.
    network: fn(&S) -> S,
    /// None is empty.
    rows: BTreeMap<(usize, S, S), VecDeque<T>>,
    /// Every source that has a row, by class and network, in the order in which they are served.
    sources: BTreeMap<(usize, S), VecDeque<S>>,
    /// Every network that has a row, by class, in the order in which they are served.
    order: [VecDeque<S>; CLASSES],
    /// Turns that were taken.
    turn: usize,
    /// Those in all rows together.
    waiting: usize,
}

impl<S: Ord + Copy, T> Rows<S, T> {
    pub(super) const fn new(network: fn(&S) -> S) -> Self {
        let order = [const { VecDeque::new() }; CLASSES];
        let rows = BTreeMap::new();
        let sources = BTreeMap::new();
        Self { network, rows, sources, order, turn: 0, waiting: 0 }
    }

    /// Lets `item` wait behind the others of its source and class. Returns the one that there is no room for,
    /// if there is one. Where room is short, those who are not `wanted` any more make it first.
    pub(super) fn push(
        &mut self,
        class: usize,
        source: S,
        item: T,
        wanted: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let class = class.min(CLASSES - 1);
        let network = (self.network)(&source);
        let row = (class, network, source);
        if self.length(row) >= MOST_EACH || self.waiting >= MOST {
            self.retain(wanted);
        }
        if self.length(row) >= MOST_EACH {
            return Some(item);
        }
        let mut displaced = None;
        if self.waiting >= MOST {
            let Some(longest) = self.longest(row) else { return Some(item) };
            displaced = self.rows.get_mut(&longest).and_then(VecDeque::pop_back);
            self.waiting -= 1;
            self.forget_empty();
        }
        if self.length(row) == 0 {
            let sources = self.sources.entry((class, network)).or_default();
            if sources.is_empty() {
                self.order.get_mut(class)?.push_back(network);
            }
            sources.push_back(source);
        }
        self.rows.entry(row).or_default().push_back(item);
        self.waiting += 1;
        displaced
    }

    /// The row that has to make room for one more in `row`: the longest of the network that has the
    /// most, if it has more than that of `row` will have, or else the longest of the same network.
    fn longest(&self, row: (usize, S, S)) -> Option<(usize, S, S)> {
        let mut weights: BTreeMap<S, usize> = BTreeMap::new();
        for ((_, network, _), waiting) in &self.rows {
            *weights.entry(*network).or_default() += waiting.len();
        }
        let (_, home, _) = row;
        let mine = weights.get(&home).copied().unwrap_or_default();
        let (heaviest, weight) = weights.into_iter().max_by_key(|(_, weight)| *weight)?;
        let elsewhere = heaviest != home && weight > mine + 1;
        let from = if elsewhere { heaviest } else { home };
        let of_it = self.rows.iter().filter(|((_, network, _), _)| *network == from);
        let (longest, waiting) = of_it.max_by_key(|(_, waiting)| waiting.len())?;
        (elsewhere || waiting.len() > self.length(row) + 1).then_some(*longest)
    }

    /// The next whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let due = ROUND.get(self.turn % ROUND.len()).copied();
        let class = due
            .into_iter()
            .chain(0..CLASSES)
            .find(|class| self.order.get(*class).is_some_and(|order| !order.is_empty()))?;
        self.turn = self.turn.wrapping_add(1);
        let order = self.order.get_mut(class)?;
        let network = order.pop_front()?;
        let sources = self.sources.get_mut(&(class, network))?;
        let source = sources.pop_front()?;
        let row = self.rows.get_mut(&(class, network, source))?;
        let item = row.pop_front();
        if row.is_empty() {
            self.rows.remove(&(class, network, source));
        } else {
            sources.push_back(source);
        }
        if sources.is_empty() {
            self.sources.remove(&(class, network));
        } else {
            order.push_back(network);
        }
        self.waiting -= usize::from(item.is_some());
        item
    }

    fn length(&self, row: (usize, S, S)) -> usize {
        self.rows.get(&row).map_or(0, VecDeque::len)
    }

    fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        for row in self.rows.values_mut() {
            row.retain(&wanted);
        }
        self.forget_empty();
        self.waiting = self.rows.values().map(VecDeque::len).sum();
    }

    /// Takes empty rows out, and the turns of those who had them.
    fn forget_empty(&mut self) {
        let Self { rows, sources, order, .. } = self;
        rows.retain(|_, row| !row.is_empty());
        for ((class, network), sources) in sources.iter_mut() {
            sources.retain(|source| rows.contains_key(&(*class, *network, *source)));
        }
        sources.retain(|_, sources| !sources.is_empty());
        for (class, order) in order.iter_mut().enumerate() {
            order.retain(|network| sources.contains_key(&(class, *network)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each source is a network of its own.
    fn alone(source: &u8) -> u8 {
        *source
    }

    fn filled(each: &[(u8, usize)]) -> Rows<u8, (u8, usize)> {
        let mut rows = Rows::new(alone);
        for &(source, count) in each {
            for number in 0..count {
                assert_eq!(rows.push(0, source, (source, number), |_| true), None);
            }
        }
        rows
    }

    #[test]
    fn a_crowd_of_one_address_makes_nobody_else_wait() {
        let mut rows = filled(&[(1, 100), (2, 1), (3, 2)]);
        let order: Vec<_> = (0..5).filter_map(|_| rows.pop()).collect();
        assert_eq!(order, [(1, 0), (2, 0), (3, 0), (1, 1), (3, 1)]);
        assert_eq!(rows.push(0, 2, (2, 1), |_| true), None);
        assert_eq!([rows.pop(), rows.pop()], [Some((1, 2)), Some((2, 1))]);
        assert_eq!(std::iter::from_fn(|| rows.pop()).count(), 97);
    }

    #[test]
    fn a_crowd_of_strangers_makes_nobody_wait_who_is_known() {
        let mut rows = Rows::new(alone);
        for source in 0..100 {
            assert_eq!(rows.push(2, source, (source, 2), |_| true), None);
            assert_eq!(rows.push(1, source, (source, 1), |_| true), None);
        }
        let classes = |rows: &mut Rows<u8, (u8, usize)>, count| {
            (0..count).filter_map(|_| rows.pop()).map(|(_, class)| class).collect::<Vec<_>>()
        };
        assert_eq!(classes(&mut rows, 5), [1, 1, 1, 2, 1]);
        for number in 0..3 {
            assert_eq!(rows.push(0, 7, (number, 0), |_| true), None);
        }
        assert_eq!(classes(&mut rows, 6), [1, 0, 2, 0, 1, 0], "and nobody starves");
    }

    #[test]
    fn a_source_has_so_many_and_no_more() {
        let mut rows = filled(&[(1, MOST_EACH)]);
        assert_eq!(rows.push(0, 1, (1, 999), |_| true), Some((1, 999)));
        assert_eq!(rows.push(0, 2, (2, 0), |_| true), None);
        // Who has gone meanwhile makes room.
        assert_eq!(rows.push(0, 1, (1, 999), |item| item.1 != 0), None);
        assert_eq!(rows.pop(), Some((1, 1)));
    }

    #[test]
    fn where_all_are_full_the_longest_row_gives_way() {
        let mut each: Vec<_> = (0..7).map(|source| (source, MOST_EACH)).collect();
        each.push((7, MOST_EACH - 1));
        each.push((8, 1));
        let mut rows = filled(&each);
        assert_eq!(rows.push(0, 9, (9, 0), |_| true), Some((6, MOST_EACH - 1)));
        assert_eq!(rows.push(0, 7, (7, 999), |_| true), Some((7, 999)), "it has as many as most");
        assert_eq!(rows.waiting, MOST);
    }

    #[test]
    fn a_crowd_of_one_network_makes_no_other_wait() {
        let mut rows = Rows::new(|source: &u32| source / 10_000);
        for source in 0..MOST as u32 {
            assert_eq!(rows.push(1, source, source, |_| true), None);
        }
        // As many as there may be, and none of them twice: there is room for a stranger still.
        assert_eq!(rows.push(1, 20_000, 20_000, |_| true), Some(MOST as u32 - 1));
        assert_eq!(rows.push(1, 30_000, 30_000, |_| true), Some(MOST as u32 - 2));
        assert_eq!(rows.push(1, 9_999, 9_999, |_| true), Some(9_999), "one more of the crowd");
        let order: Vec<_> = (0..5).filter_map(|_| rows.pop()).collect();
        assert_eq!(order, [0, 20_000, 30_000, 1, 2]);
    }

    proptest! {
        #[test]
        fn nobody_is_lost(steps in proptest::collection::vec((0..12_u8, any::<bool>()), 0..3000)) {
            let mut rows = Rows::new(|source| source / 4);
            let (mut count, mut next) = (0_usize, 0);
            for (source, comes) in steps {
                if comes || next % 3 == 0 {
                    count += usize::from(rows.push(next % CLASSES, source, (source, next), |_| true).is_none());
                } else {
                    count -= usize::from(rows.pop().is_some());
                }
                next += 1;
                prop_assert_eq!(rows.waiting, count);
                let listed: usize = rows.sources.values().map(VecDeque::len).sum();
                let networks: usize = rows.order.iter().map(VecDeque::len).sum();
                prop_assert!(listed == rows.rows.len() && networks == rows.sources.len());
                prop_assert!(count <= MOST);
            }
            prop_assert_eq!(std::iter::from_fn(|| rows.pop()).count(), count);
        }
    }
}
