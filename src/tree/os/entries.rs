//! A directory of the disk being read: its names in order, a slice of the work at a time, and the
//! status of one after the other.
//!
//! Opening it reads the first slice, which is all of nearly every directory. What is larger is read
//! on whenever the next entry is asked for, so that no directory holds up the loop; what is held of
//! it is bounded by the window.

use std::ffi::CStr;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::Arc;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, OFlags, RawDir, SeekFrom, seek, statat};
use rustix::io::Errno;

use crate::terms::{Denied, Fault};

use super::errno::fault;
use super::resolver::Resolver;
use super::status_of;
use super::window::Window;
use crate::tree::path::is_servable_name;
use crate::tree::{Entries, Entry, Next, Wanted, is_part_name};

/// Bytes that the kernel fills with entries in one call.
const READ: usize = 32 << 10;

/// Names that are read in one slice, and what is left of the kernel's buffer then: as long as the
/// status of a turn's entries takes.
const SLICE: usize = 4096;

/// Bytes that the names of one directory take at most, where few are read: some 30,000 names.
const WINDOW: usize = 1 << 20;

/// Bytes that the names of all directories being read share, as long as that leaves each of them
/// [`LEAST_WINDOW`].
const WINDOWS: usize = 32 << 20;

/// Bytes that the names of a directory take at most, however many are read: some 2,000 names.
const LEAST_WINDOW: usize = 64 << 10;

/// What a directory is opened with to be read.
pub(super) const READING: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// The directories of a tree that are being read: each holds one of these, so that they can be
/// counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Readers(Arc<()>);

impl Readers {
    /// Bytes for the names of one more.
    fn window(&self) -> usize {
        (WINDOWS / Arc::strong_count(&self.0)).clamp(LEAST_WINDOW, WINDOW)
    }
}

/// A directory of the disk being read.
pub struct OsEntries {
    resolver: Resolver,
    /// The root and the way down to the directory: links are followed from there, for they may
    /// lead up from the directory as long as they stay below the root.
    root: Arc<OwnedFd>,
    path: Box<[u8]>,
    directory: OwnedFd,
    wanted: Wanted,
    window: Window,
    /// Whether the window holds all names that it can.
    is_filled: bool,
    hides_parts: bool,
    /// Counts as one that is being read.
    _reader: Readers,
}

impl OsEntries {
    /// Opens the directory at `path` below `root`, and reads its first names.
    pub(super) fn open(
        resolver: Resolver,
        root: &Arc<OwnedFd>,
        path: &[u8],
        wanted: Wanted,
        readers: &Readers,
    ) -> Result<Self, Fault> {
        let directory = resolver.open(root, path, READING)?;
        let reader = readers.clone();
        let mut entries = Self {
            resolver,
            root: Arc::clone(root),
            path: path.into(),
            directory,
            wanted,
            window: Window::new(readers.window()),
            is_filled: false,
            hides_parts: false,
            _reader: reader,
        };
        entries.read_slice()?;
        Ok(entries)
    }

    /// Reads on, a slice of the directory.
    fn read_slice(&mut self) -> Result<(), Fault> {
        let Self { directory, wanted, window, hides_parts, .. } = self;
        let mut left = SLICE;
        self.is_filled = each_name(directory, |name| {
            if !is_servable_name(name.to_bytes()) {
                *hides_parts |= is_part_name(name.to_bytes());
            } else if wanted(name.to_bytes()) {
                window.offer(name);
            }
            left = left.saturating_sub(1);
            Ok(left > 0)
        })?;
        if self.is_filled {
            self.window.sort();
        }
        Ok(())
    }

    /// Reads on; one that can't be has no more entries.
    fn read_on(&mut self) -> Result<Next<'_>, Fault> {
        match self.read_slice() {
            Ok(()) => Ok(Next::Later),
            Err(fault) => {
                self.is_filled = true;
                self.window.give_up();
                // That is one that has been removed meanwhile.
                if fault == Denied::NotFound.into() { Ok(Next::End) } else { Err(fault) }
            }
        }
    }

    /// The next name; or, where the window has none any more, begins the next window.
    fn next_name(&mut self) -> Result<Step, Fault> {
        if let Some(taken) = self.window.take() {
            return Ok(Step::Name(taken));
        }
        if !self.window.move_on() {
            return Ok(Step::End);
        }
        seek(&self.directory, SeekFrom::Start(0)).map_err(fault)?;
        self.is_filled = false;
        Ok(Step::Later)
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

/// What comes next in a directory.
enum Step {
    /// The name at this place of the window.
    Name(usize),
    /// More of the directory has to be read.
    Later,
    /// Nothing.
    End,
}

impl Entries for OsEntries {
    fn next_entry(&mut self) -> Result<Next<'_>, Fault> {
        if !self.is_filled {
            return self.read_on();
        }
        let (taken, stat) = loop {
            let taken = match self.next_name()? {
                Step::Name(taken) => taken,
                Step::Later => return Ok(Next::Later),
                Step::End => return Ok(Next::End),
            };
            let text = self.window.text(taken);
            match statat(&self.directory, text, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_symlink() => {
                    // One that leads out, in a circle or nowhere is not shown; nor is one that
                    // cannot be followed for another reason, for that is not said of the entry.
                    if let Ok(stat) = self.resolver.behind_link(&self.root, &self.path_of(text)) {
                        break (taken, stat);
                    }
                }
                Ok(stat) => break (taken, stat),
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(fault(errno)),
            }
        };
        let name = self.window.text(taken).to_bytes();
        Ok(Next::Entry(Entry { name, status: status_of(&stat) }))
    }

    fn hides_parts(&self) -> bool {
        self.hides_parts
    }
}

impl fmt::Debug for OsEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.escape_ascii().to_string();
        f.debug_struct("OsEntries").field("path", &path).finish_non_exhaustive()
    }
}

/// Calls `each` for the next names in `directory` but `.` and `..`, in the order of the file system,
/// until it answers false and what the kernel gave with that name has been told, too. True if that
/// were all.
pub(super) fn each_name(
    directory: &OwnedFd,
    mut each: impl FnMut(&CStr) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    let mut buffer = [MaybeUninit::uninit(); READ];
    let mut entries = RawDir::new(directory, &mut buffer);
    let mut goes_on = true;
    while goes_on || !entries.is_buffer_empty() {
        let Some(entry) = entries.next() else { return Ok(true) };
        let entry = entry.map_err(fault)?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            goes_on &= each(name)?;
        }
    }
    Ok(false)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests lay the files out")]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::terms::Root;
    use crate::tree::conformance::each;
    use crate::tree::{OsTree, Place, Tree};

    /// Names of a directory that is read in slices and does not fit one window.
    const MANY: usize = 40_000;

    /// A directory `many` that has so many names, in a tree of its own.
    fn crowded() -> (OsTree, Root, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let many = directory.path().join("many");
        fs::create_dir(&many).unwrap();
        for number in 0..MANY {
            // Names as long as a window of them holds fewer than there are, and few enough links that
            // every file system has room for them.
            let file = many.join(format!("{:040}", number / 5000 * 5000));
            let name = many.join(format!("{number:040}"));
            if file == name {
                fs::write(name, b"").unwrap();
            } else {
                fs::hard_link(file, name).unwrap();
            }
        }
        let mut tree = OsTree::new();
        let root = tree.add_root(directory.path()).unwrap();
        (tree, root, directory)
    }

    fn read(tree: &OsTree, root: Root, wanted: Wanted) -> OsEntries {
        tree.entries(Place { root, path: b"many" }, wanted).unwrap()
    }

    #[test]
    fn a_large_directory_is_read_in_slices_and_told_in_order() {
        let (tree, root, _directory) = crowded();
        let mut entries = read(&tree, root, Box::new(|_| true));
        let (mut slices, mut told) = (0, 0);
        loop {
            match entries.next_entry().unwrap() {
                Next::Later => slices += 1,
                Next::Entry(entry) => {
                    assert_eq!(entry.name, format!("{told:040}").as_bytes());
                    told += 1;
                }
                Next::End => break,
            }
        }
        assert_eq!(told, MANY);
        assert!(slices > MANY / 5000, "{slices} slices");
        let mut few = read(&tree, root, Box::new(|name| name.ends_with(b"777")));
        let mut told = 0;
        each(&mut few, |_| told += 1);
        assert_eq!(told, MANY / 1000);
    }

    #[test]
    fn a_large_directory_may_be_emptied_and_removed_while_it_is_read() {
        for removed in [false, true] {
            let (tree, root, directory) = crowded();
            let many = directory.path().join("many");
            let mut entries = read(&tree, root, Box::new(|_| true));
            for name in fs::read_dir(&many).unwrap() {
                fs::remove_file(name.unwrap().path()).unwrap();
            }
            if removed {
                fs::remove_dir(&many).unwrap();
            }
            each(&mut entries, |entry| panic!("{} is gone", entry.name.escape_ascii()));
            assert_eq!(entries.next_entry(), Ok(Next::End));
        }
    }
}
