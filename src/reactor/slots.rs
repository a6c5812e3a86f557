//! The slab: every listener and connection has a slot in it, and a key that is never used twice.

use slab::Slab;

use crate::terms::Key;

/// A slab whose keys bear a generation, so that an event or an answer that comes too late for one
/// connection can't reach the next in its slot.
#[derive(Debug)]
pub(super) struct Slots<V> {
    slab: Slab<V>,
    /// How often each index was given up, by index.
    generations: Vec<u32>,
}

impl<V> Slots<V> {
    pub(super) const fn new() -> Self {
        Self { slab: Slab::new(), generations: Vec::new() }
    }

    /// The key that the next [`Slots::insert`] will use.
    pub(super) fn next_key(&self) -> Key {
        self.key_of(self.slab.vacant_key())
    }

    pub(super) fn insert(&mut self, value: V) -> Key {
        let index = self.slab.insert(value);
        if self.generations.len() <= index {
            self.generations.resize(index + 1, 0);
        }
        self.key_of(index)
    }

    pub(super) fn get(&self, key: Key) -> Option<&V> {
        self.slab.get(self.checked(key)?)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut V> {
        let index = self.checked(key)?;
        self.slab.get_mut(index)
    }

    /// Gives the slot up. From now on `key` finds nothing.
    pub(super) fn remove(&mut self, key: Key) -> Option<V> {
        let index = self.checked(key)?;
        let value = self.slab.try_remove(index)?;
        if let Some(generation) = self.generations.get_mut(index) {
            *generation = generation.wrapping_add(1);
        }
        Some(value)
    }

    /// The key of whatever stands at `index` now.
    pub(super) fn key_at(&self, index: u32) -> Option<Key> {
        self.slab.contains(index as usize).then(|| self.key_of(index as usize))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &V)> {
        self.slab.iter().map(|(index, value)| (self.key_of(index), value))
    }

    fn checked(&self, key: Key) -> Option<usize> {
        let index = key.index as usize;
        (self.key_of(index) == key).then_some(index)
    }

    #[expect(clippy::cast_possible_truncation, reason = "Key::new cuts to what a token holds")]
    fn key_of(&self, index: usize) -> Key {
        Key::new(index as u32, self.generations.get(index).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_find_the_next_tenant() {
        let mut slots = Slots::new();
        let expected = slots.next_key();
        let first = slots.insert("first");
        assert_eq!(first, expected);
        assert_eq!(slots.remove(first), Some("first"));
        let second = slots.insert("second");
        assert_eq!(second.index, first.index);
        assert_eq!(slots.get(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(slots.get(second), Some(&"second"));
        assert_eq!(slots.key_at(second.index), Some(second));
    }
}
