//! The names of hidden parts, under which uploads stand until they are whole.
//!
//! Both trees and both kinds of listing leave such names out, and no client can ask for one. Only
//! this file knows what they look like.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;

/// What every hidden part's name begins with, and no other served name may.
pub const PART_PREFIX: &[u8] = b".coracle-part-";

/// Bytes of a part's name: the prefix, the process in eight digits, a dash, a count in sixteen.
const LENGTH: usize = PART_PREFIX.len() + 8 + 1 + 16;

/// True if `name` is, or pretends to be, a hidden part's.
#[must_use]
pub fn is_part_name(name: &[u8]) -> bool {
    name.starts_with(PART_PREFIX)
}

/// The name of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartName([u8; LENGTH]);

impl PartName {
    /// The name's bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where names of parts come from. Process and count make each unique on this machine; the count
/// starts at random, so that machines that share a file system do not meet.
#[derive(Debug)]
pub(super) struct PartNames {
    process: u32,
    count: Cell<u64>,
}

impl PartNames {
    /// Names for this process.
    pub(super) fn new() -> Self {
        // Keyed at random by the standard library, which is all the chance that is needed here.
        let start = RandomState::new().build_hasher().finish();
        Self { process: std::process::id(), count: Cell::new(start) }
    }

    /// The next name.
    pub(super) fn next(&self) -> PartName {
        let (process, count) = (self.process, self.count.get());
        self.count.set(count.wrapping_add(1));
        let mut name = [0; LENGTH];
        let mut rest = &mut name[..];
        // Exactly as long as what is written into it, so that neither can fail.
        let _ = rest.write_all(PART_PREFIX);
        let _ = write!(rest, "{process:08x}-{count:016x}");
        PartName(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fill_their_place_and_are_known() {
        let names = PartNames { process: 7, count: Cell::new(u64::MAX) };
        let name = names.next();
        assert_eq!(name.as_bytes(), b".coracle-part-00000007-ffffffffffffffff");
        assert_eq!(names.next().as_bytes(), b".coracle-part-00000007-0000000000000000");
        let names = PartNames { process: u32::MAX, count: Cell::new(1) };
        assert_eq!(names.next().as_bytes(), b".coracle-part-ffffffff-0000000000000001");
        assert!(is_part_name(name.as_bytes()));
        assert!(!is_part_name(b".coracle-part"));
        assert!(!is_part_name(b"coracle-part-1"));
    }
}
