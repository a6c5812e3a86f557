//! A file of the disk, open for reading.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Advice, OFlags, Stat, fadvise, fstat};
use rustix::io::{pread, retry_on_intr};

use crate::terms::{Content, Denied, Fault};

use super::errno::fault;
use super::resolver::Resolver;
use super::{kind_of, size_of};
use crate::tree::Kind;

/// From this size on, in bytes, the kernel is told to read ahead further than it would. Below, the
/// call costs more than it saves.
const LARGE: u64 = 1 << 20;

/// Asks for nothing that could wait: opening a pipe without O_NONBLOCK would stop the loop until
/// somebody writes to it.
const READING: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// A file of the disk, open for reading. It stays whole when another takes its name.
#[derive(Debug)]
pub struct OsFile {
    descriptor: OwnedFd,
    /// Its length, and when its content last changed, as it was opened.
    seen: (u64, Changed),
}

/// When a file's content last changed: seconds, and nanoseconds of the next.
type Changed = (i64, u64);

impl OsFile {
    /// Opens the regular file at `path` below `root`.
    pub(super) fn open(
        resolver: Resolver,
        root: &OwnedFd,
        path: &[u8],
    ) -> Result<(Self, Stat), Fault> {
        let descriptor = resolver.open(root, path, READING)?;
        let stat = fstat(&descriptor).map_err(fault)?;
        match kind_of(&stat) {
            Kind::File => {}
            Kind::Directory => return Err(Denied::IsADirectory.into()),
            Kind::Other => return Err(Denied::NotAFile.into()),
        }
        if size_of(&stat) >= LARGE {
            // Advice: whether it is taken changes no byte.
            let _ = fadvise(&descriptor, 0, None, Advice::Sequential);
        }
        let seen = (size_of(&stat), changed(&stat));
        Ok((Self { descriptor, seen }, stat))
    }
}

/// Opens the file or directory at `path` below `root` for a change of its attributes. One that may
/// not be read may still be written to.
pub(super) fn open_any(
    resolver: Resolver,
    root: &OwnedFd,
    path: &[u8],
) -> Result<(OwnedFd, Kind), Fault> {
    let opened = match resolver.open(root, path, READING) {
        Err(Fault::Denied(Denied::NotPermitted)) => {
            resolver.open(root, path, READING | OFlags::WRONLY)
        }
        result => result,
    };
    let descriptor = opened?;
    match kind_of(&fstat(&descriptor).map_err(fault)?) {
        kind @ (Kind::File | Kind::Directory) => Ok((descriptor, kind)),
        Kind::Other => Err(Denied::NotAFile.into()),
    }
}

impl AsFd for OsFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Content for OsFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(retry_on_intr(|| pread(&self.descriptor, &mut *buffer, offset))?)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.descriptor.as_fd())
    }

    /// Who sets its time to that of another place, as mirrors do behind an upload, sets it back; who
    /// writes to it sets it forth.
    fn still_holds(&self) -> io::Result<bool> {
        let stat = fstat(&self.descriptor)?;
        let (size, last) = self.seen;
        Ok(size_of(&stat) > size || (size_of(&stat) == size && changed(&stat) <= last))
    }
}

fn changed(stat: &Stat) -> Changed {
    (stat.st_mtime, stat.st_mtime_nsec)
}
