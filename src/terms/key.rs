//! The name of a slot in the reactor's slab.

use std::fmt;

/// Bits of a token that hold the slab's index; the rest hold the generation.
const INDEX_BITS: u32 = if usize::BITS >= 64 { 32 } else { 20 };

/// A slab slot at one point of its life: its index, and how often that index was used before.
///
/// The poll gives back whole numbers, and an event of one batch can speak of a connection that an
/// earlier event of the same batch has closed. The generation tells the two apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The place in the slab.
    pub index: u32,
    /// How many earlier connections stood in that place, modulo what a token can hold.
    pub generation: u32,
}

impl Key {
    /// A key of `index` and `generation`, cut to what a token of this machine can hold.
    #[must_use]
    pub const fn new(index: u32, generation: u32) -> Self {
        let Self { index, generation } = Self::from_token(Self { index, generation }.token());
        Self { index, generation }
    }

    /// The whole number under which this key is registered with the poll.
    #[must_use]
    pub const fn token(self) -> usize {
        ((self.generation as usize) << INDEX_BITS) | (self.index as usize & Self::index_mask())
    }

    /// The key that [`Key::token`] made `token` of.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are cut to their bits")]
    pub const fn from_token(token: usize) -> Self {
        Self {
            index: (token & Self::index_mask()) as u32,
            generation: (token >> INDEX_BITS) as u32,
        }
    }

    /// One of the few keys that no slot ever has, for what the poll watches beside the reactor's
    /// sockets: signals, the helper's waker. `number` is below 16.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "an index has at most 32 bits")]
    pub const fn outside(number: u32) -> Self {
        Self { index: Self::index_mask() as u32 - (number & 0xf), generation: 0 }
    }

    /// Whether this is one of [`Key::outside`].
    #[must_use]
    pub const fn is_outside(self) -> bool {
        self.index as usize >= Self::index_mask() - 0xf
    }

    const fn index_mask() -> usize {
        (1 << INDEX_BITS) - 1
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}.{}", self.index, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_and_key_are_one_to_one() {
        for (index, generation) in [(0, 0), (7, 1), (u32::MAX >> 12, 4_000), (1, u32::MAX >> 20)] {
            let key = Key::new(index, generation);
            assert_eq!(Key::from_token(key.token()), key);
        }
        assert_ne!(Key::new(3, 1).token(), Key::new(3, 2).token());
    }

    #[test]
    fn outside_keys_are_told_from_slots() {
        assert!(Key::outside(0).is_outside());
        assert!(Key::outside(15).is_outside());
        assert_eq!(Key::from_token(Key::outside(3).token()), Key::outside(3));
        assert!(!Key::new(1_000_000, 0).is_outside());
    }
}
