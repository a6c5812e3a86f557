//! The names of hidden parts, under which uploads stand until they are whole.
//!
//! Both trees and both kinds of listing leave such names out, and no client can ask for one. Only
//! this file knows what they look like.

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

/// The name of one part. Process and count make it unique on this machine; the count starts at
/// random, so that machines that share a file system do not meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PartName([u8; LENGTH]);

impl PartName {
    /// The name of the `count`-th part of `process`.
    pub(super) fn new(process: u32, count: u64) -> Self {
        let mut name = [0; LENGTH];
        let mut rest = &mut name[..];
        // Exactly as long as what is written into it, so that neither can fail.
        let _ = rest.write_all(PART_PREFIX);
        let _ = write!(rest, "{process:08x}-{count:016x}");
        Self(name)
    }

    /// The name's bytes.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fill_their_place_and_are_known() {
        let name = PartName::new(u32::MAX, u64::MAX);
        assert_eq!(name.as_bytes(), b".coracle-part-ffffffff-ffffffffffffffff");
        assert_eq!(PartName::new(7, 1).as_bytes(), b".coracle-part-00000007-0000000000000001");
        assert!(is_part_name(name.as_bytes()));
        assert!(!is_part_name(b".coracle-part"));
        assert!(!is_part_name(b"coracle-part-1"));
    }
}
