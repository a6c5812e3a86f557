//! The names of hidden parts, under which uploads stand until they are whole.
//!
//! A running upload's part has a name that no other has, so that two uploads to one name never
//! meet. One that broke off stands under a name that is made of its target's, so that whoever goes
//! on with it finds it, from whichever session and process.
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

/// What the name of a left part begins with, before its target's. No count in hexadecimal digits
/// does, so it is never that of a running upload.
const LEFT: &[u8] = b".coracle-part-of-";

/// The same where the target's name leaves no room for it, and a hash stands in its place.
const LEFT_LONG: &[u8] = b".coracle-part-long-";

/// Most bytes of a name, on every file system of Linux.
const NAME_MAX: usize = 255;

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

/// The name under which a part waits for an upload to `target` that goes on with it.
///
/// The hash is no secret and needs none: two names in one directory that were made to collide share
/// what their uploads leave, which whoever may write there could have left under either name.
pub(super) fn left_name(target: &[u8]) -> Vec<u8> {
    if LEFT.len() + target.len() <= NAME_MAX {
        return [LEFT, target].concat();
    }
    [LEFT_LONG, format!("{:032x}", fnv1a(target)).as_bytes()].concat()
}

/// FNV-1a of 128 bits: the same in every process and on every machine.
fn fnv1a(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, &byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
    })
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
        assert!(!name.as_bytes().starts_with(LEFT));
        assert!(!is_part_name(b".coracle-part"));
        assert!(!is_part_name(b"coracle-part-1"));
    }
    #[test]
    fn left_names_are_of_their_target_and_short_enough() {
        assert_eq!(left_name(b"a b"), b".coracle-part-of-a b");
        let names: Vec<Vec<u8>> =
            (230..=255).map(|length| left_name(&vec![b'x'; length])).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(is_part_name(name) && name.len() <= NAME_MAX);
            assert!(!names[..index].contains(name));
        }
        assert_eq!(names[0].len(), LEFT.len() + 230);
        assert_eq!(names[25].len(), LEFT_LONG.len() + 32);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
