//! A directory of the disk being read: all names at once, their status one by one.
//!
//! Names stand end to end in one arena, each with the NUL that the kernel wants behind it, so that
//! nothing is allocated or copied for one entry. They are sorted by their first eight bytes as a
//! number, which decides between most.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::sync::Arc;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, OFlags, RawDir, statat};
use rustix::io::Errno;

use crate::terms::{Denied, Fault, Trouble};

use super::errno::fault;
use super::resolver::Resolver;
use super::status_of;
use crate::tree::path::is_servable_name;
use crate::tree::{Entries, Entry, is_part_name};

/// Bytes that the kernel fills with entries in one call.
const READ: usize = 32 << 10;

/// What a directory is opened with to be read.
pub(super) const READING: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// A directory of the disk being read.
#[derive(Debug)]
pub struct OsEntries {
    resolver: Resolver,
    /// The root and the way down to the directory: links are followed from there, for they may
    /// lead up from the directory as long as they stay below the root.
    root: Arc<OwnedFd>,
    path: Box<[u8]>,
    directory: OwnedFd,
    names: Names,
    hides_parts: bool,
    /// The first of `names` that was not yet looked at.
    next: usize,
}

/// Names in one piece of memory.
#[derive(Debug, Default)]
struct Names {
    /// Each with a NUL behind it.
    arena: Vec<u8>,
    index: Vec<Name>,
}

/// Where a name stands in the arena.
#[derive(Debug, Clone, Copy)]
struct Name {
    /// The first eight bytes, filled up with zeros, as a big-endian number: orders as they do.
    head: u64,
    start: u32,
    /// Without the NUL.
    length: u8,
}

impl OsEntries {
    /// Reads the names in the directory at `path` below `root` that `wanted` lets pass.
    pub(super) fn read(
        resolver: Resolver,
        root: &Arc<OwnedFd>,
        path: &[u8],
        wanted: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Self, Fault> {
        let directory = resolver.open(root, path, READING)?;
        let mut names = Names::default();
        let mut hides_parts = false;
        each_name(&directory, |name| {
            if !is_servable_name(name.to_bytes()) {
                hides_parts |= is_part_name(name.to_bytes());
            } else if wanted(name.to_bytes()) {
                names.push(name)?;
            }
            Ok(())
        })?;
        names.sort();
        let (root, path) = (Arc::clone(root), path.into());
        Ok(Self { resolver, root, path, directory, names, hides_parts, next: 0 })
    }

    /// The way down from the root to `name`.
    fn path_of(&self, name: &CStr) -> Vec<u8> {
        let mut path = self.path.to_vec();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.to_bytes());
        path
    }
}

impl Entries for OsEntries {
    fn next_entry(&mut self) -> Option<Result<Entry<'_>, Fault>> {
        let (name, stat) = loop {
            let name = *self.names.index.get(self.next)?;
            self.next += 1;
            let text = self.names.text(name);
            match statat(&self.directory, text, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_symlink() => {
                    // One that leads out, in a circle or nowhere is not shown; nor is one that
                    // cannot be followed for another reason, for that is not said of the entry.
                    if let Ok(stat) = self.resolver.behind_link(&self.root, &self.path_of(text)) {
                        break (name, stat);
                    }
                }
                Ok(stat) => break (name, stat),
                Err(Errno::NOENT) => {}
                Err(errno) => return Some(Err(fault(errno))),
            }
        };
        Some(Ok(Entry { name: name.bytes(&self.names.arena), status: status_of(&stat) }))
    }

    fn hides_parts(&self) -> bool {
        self.hides_parts
    }
}

impl Names {
    fn push(&mut self, name: &CStr) -> Result<(), Fault> {
        let bytes = name.to_bytes();
        let too_many = Fault::from(Trouble::Io(std::io::ErrorKind::OutOfMemory));
        let start = u32::try_from(self.arena.len()).map_err(|_| too_many)?;
        let length = u8::try_from(bytes.len()).map_err(|_| Denied::NotFound)?;
        let mut head = [0; 8];
        for (to, from) in head.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.arena.extend_from_slice(name.to_bytes_with_nul());
        self.index.push(Name { head: u64::from_be_bytes(head), start, length });
        Ok(())
    }

    fn sort(&mut self) {
        let Self { arena, index } = self;
        index.sort_unstable_by(|one, other| {
            let heads = one.head.cmp(&other.head);
            heads.then_with(|| one.bytes(arena).cmp(other.bytes(arena)))
        });
    }

    fn text(&self, name: Name) -> &CStr {
        CStr::from_bytes_until_nul(name.with_nul(&self.arena)).unwrap_or_default()
    }
}

impl Name {
    fn bytes(self, arena: &[u8]) -> &[u8] {
        let start = self.start as usize;
        arena.get(start..start + usize::from(self.length)).unwrap_or_default()
    }

    fn with_nul(self, arena: &[u8]) -> &[u8] {
        let start = self.start as usize;
        arena.get(start..=start + usize::from(self.length)).unwrap_or_default()
    }
}

/// Calls `each` for every name in `directory` but `.` and `..`, in the order of the file system.
pub(super) fn each_name(
    directory: &OwnedFd,
    mut each: impl FnMut(&CStr) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut buffer = [MaybeUninit::uninit(); READ];
    let mut entries = RawDir::new(directory, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            each(name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_sort_by_their_bytes(texts in prop::collection::vec("[ab\u{1}\u{ff}]{1,12}", 0..40)) {
            let mut names = Names::default();
            for text in &texts {
                let text = std::ffi::CString::new(text.as_str()).unwrap();
                names.push(&text).unwrap();
            }
            names.sort();
            let sorted: Vec<_> = names.index.iter().map(|&name| names.text(name).to_bytes()).collect();
            let mut expected: Vec<_> = texts.iter().map(|text| text.as_bytes()).collect();
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
