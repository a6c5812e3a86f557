//! Onto the disk, in the order that leaves nothing half: the content, then the name.
//!
//! A rename that the disk has before the content would leave half a file under the final name after
//! a power cut, so the content goes first. What is then on the disk of the directory is of no use if
//! one above it is not, and that may have been made just before, by whomever: so all of them up to
//! the root are written. One that has not changed costs little.
//!
//! This waits for the disk. Only [`Part::commit_durably`](crate::terms::Part::commit_durably) calls
//! it, on the helper thread.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, fstat, fsync, openat, syncfs};
use rustix::io::{Errno, retry_on_intr};

use super::unique;

/// What a directory is opened with to be written to the disk. That takes a descriptor which could be
/// read from; those of roots and of ways down can't.
const SYNCING: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Directories that are written one by one between a file and its root. Where there are more, the
/// whole file system is.
const LEVELS: usize = 64;

/// A directory whose names are to be on the disk, with all above it up to its root.
#[derive(Debug)]
pub(super) struct Names {
    /// `None` where it may not be read: then only writing all of the file system remains.
    directory: Option<OwnedFd>,
    root: (u64, u64),
}

impl Names {
    /// Opens `directory`, which is `root` or lies below it. To be done before anything is renamed:
    /// what fails here has changed nothing.
    pub(super) fn open(directory: BorrowedFd<'_>, root: BorrowedFd<'_>) -> Result<Self, Errno> {
        let root = unique(&fstat(root)?);
        let directory = match openat(directory, c".", SYNCING, Mode::empty()) {
            Ok(directory) => Some(directory),
            Err(Errno::ACCESS | Errno::PERM) => None,
            Err(errno) => return Err(errno),
        };
        Ok(Self { directory, root })
    }

    /// Writes them. `file` is any of the same file system.
    pub(super) fn sync(self, file: BorrowedFd<'_>) -> Result<(), Errno> {
        let Some(directory) = self.directory else { return sync_system(file) };
        if sync_up(directory, self.root)? { Ok(()) } else { sync_system(file) }
    }
}

/// Writes the content of a file to the disk, and all that is needed to find it there.
pub(super) fn sync_content(file: BorrowedFd<'_>) -> Result<(), Errno> {
    retry_on_intr(|| fsync(file))
}

/// Writes a directory and those above it, up to the root. False where the root was not come to: one
/// may not be read, or there are too many.
fn sync_up(mut here: OwnedFd, root: (u64, u64)) -> Result<bool, Errno> {
    for _ in 0..LEVELS {
        retry_on_intr(|| fsync(&here))?;
        let place = unique(&fstat(&here)?);
        if place == root {
            return Ok(true);
        }
        // Its content goes nowhere, so that it matters to nobody if it has been moved out meanwhile.
        here = match openat(&here, c"..", SYNCING, Mode::empty()) {
            Ok(above) if unique(&fstat(&above)?) != place => above,
            Ok(_) | Err(Errno::ACCESS | Errno::PERM) => return Ok(false),
            Err(errno) => return Err(errno),
        };
    }
    Ok(false)
}

fn sync_system(file: BorrowedFd<'_>) -> Result<(), Errno> {
    retry_on_intr(|| syncfs(file.as_fd()))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "lays out directories behind the tree")]
mod tests {
    use std::fs::{File, create_dir, create_dir_all};
    use std::os::fd::OwnedFd;
    use std::path::Path;

    use super::*;

    /// A place on a file system that is small enough to be written whole, where there is one.
    fn place() -> tempfile::TempDir {
        let memory = Path::new("/dev/shm");
        let there = if memory.is_dir() { memory.into() } else { std::env::temp_dir() };
        tempfile::tempdir_in(there).unwrap()
    }

    fn open(path: &Path) -> OwnedFd {
        File::open(path).unwrap().into()
    }

    #[test]
    fn goes_up_to_the_root_and_no_further() {
        let place = place();
        let top = place.path().join("top");
        let below = top.join("a/b");
        create_dir_all(&below).unwrap();
        let root = unique(&fstat(open(&top)).unwrap());
        assert_eq!(sync_up(open(&below), root), Ok(true));
        assert_eq!(sync_up(open(&top), root), Ok(true));
        // What is not below it is written some other way.
        assert_eq!(sync_up(open(place.path()), root), Ok(false));
    }

    #[test]
    fn what_has_been_moved_away_from_its_root_is_written_too() {
        let place = place();
        let [here, there] = ["here", "there"].map(|name| place.path().join(name));
        create_dir(&here).unwrap();
        create_dir(&there).unwrap();
        let file = open(&here);
        let names = Names::open(open(&here).as_fd(), open(&there).as_fd()).unwrap();
        assert_eq!(names.sync(file.as_fd()), Ok(()));
        let unreadable = Names { directory: None, root: (0, 0) };
        assert_eq!(unreadable.sync(file.as_fd()), Ok(()));
    }
}
