//! The tree on the disk, through rustix alone.
//!
//! A root is a directory held open by descriptor; every name is resolved from it by the
//! [`Resolver`], which no `..`, link or race leads out. What changes a directory works on the
//! descriptor of the parent and one last component, which these calls never follow. Host paths are
//! met once, in [`OsTree::add_root`], and never again.
//!
//! Made by `daemon`; driven by sessions through the trait.

mod durable;
mod entries;
mod errno;
mod file;
mod part;
mod resolver;
mod sweep;
mod window;

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, UTIME_OMIT,
    fchmod, fstat, fstatvfs, futimens, linkat, mkdirat, openat, renameat, renameat_with, statat,
    unlinkat,
};
use rustix::io::Errno;

use crate::terms::{Denied, Fault, PeerFault, Root, UnixTime};

use super::part::PartNames;
use super::path::is_servable_path;
use super::{Keep, Kind, Place, Status, Tree, Wanted, settable_mode};
use errno::fault;
use resolver::{Named, Parent, Resolver};

pub use entries::OsEntries;
pub use file::OsFile;
pub use part::OsPart;

/// The directories of a host that are served.
#[derive(Debug)]
pub struct OsTree {
    /// Indexed by [`Root`]; never shrinks, so that a root stays what it was for its sessions.
    roots: Vec<RootDirectory>,
    resolver: Resolver,
    part_names: PartNames,
    readers: entries::Readers,
}

/// A granted directory, held open.
#[derive(Debug)]
struct RootDirectory {
    descriptor: Arc<OwnedFd>,
    unique: (u64, u64),
}

impl OsTree {
    /// A tree without any root yet, which resolves names by `openat2` where the kernel has it and
    /// lets us, and by walking otherwise.
    #[must_use]
    pub fn new() -> Self {
        Self::resolving_by(Resolver::of_this_kernel())
    }

    /// A tree that walks down one component at a time and refuses every link on the way: what
    /// [`OsTree::new`] falls back to.
    #[must_use]
    pub fn walking() -> Self {
        Self::resolving_by(Resolver::Walking)
    }

    /// True if links below a root are followed, false if they are all refused.
    #[must_use]
    pub fn follows_links(&self) -> bool {
        self.resolver == Resolver::Beneath
    }

    /// Holds the directory `host` open as a root. Two paths to one directory are one root.
    ///
    /// # Errors
    /// The directory is not there, is none, or may not be searched.
    pub fn add_root(&mut self, host: &Path) -> io::Result<Root> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = openat(CWD, host, flags, Mode::empty())?;
        let unique = unique(&fstat(&descriptor)?);
        let known = self.roots.iter().position(|root| root.unique == unique);
        let index = known.unwrap_or(self.roots.len());
        let root = Root(u32::try_from(index).map_err(|_| io::ErrorKind::QuotaExceeded)?);
        if known.is_none() {
            self.roots.push(RootDirectory { descriptor: Arc::new(descriptor), unique });
        }
        Ok(root)
    }

    /// The directory that is `root`, as it is held open: by name alone, so that nothing can be read
    /// through it.
    #[must_use]
    pub fn descriptor(&self, root: Root) -> Option<BorrowedFd<'_>> {
        let index = usize::try_from(root.0).ok()?;
        self.roots.get(index).map(|root| root.descriptor.as_fd())
    }

    fn resolving_by(resolver: Resolver) -> Self {
        let (part_names, readers) = (PartNames::new(), entries::Readers::default());
        Self { roots: Vec::new(), resolver, part_names, readers }
    }

    fn root(&self, root: Root) -> Result<&Arc<OwnedFd>, Fault> {
        let index = usize::try_from(root.0).unwrap_or(usize::MAX);
        self.roots.get(index).map(|root| &root.descriptor).ok_or(Denied::NotFound.into())
    }

    /// The root of a place that is looked for.
    fn sought(&self, place: Place<'_>) -> Result<&Arc<OwnedFd>, Fault> {
        if !is_servable_path(place.path) {
            return Err(Denied::NotFound.into());
        }
        self.root(place.root)
    }

    /// The parent of a place that is looked for and whose name is to change; `at_root` is the
    /// answer for the root itself, which has neither.
    fn sought_in<'a>(&self, place: Place<'a>, at_root: Denied) -> Result<Parent<'a>, Fault> {
        let root = self.sought(place)?;
        self.resolver.parent(root, place.path)?.ok_or(at_root.into())
    }

    /// The parent of a place that is to be made.
    fn made_in<'a>(&self, place: Place<'a>, at_root: Denied) -> Result<Parent<'a>, Fault> {
        if !is_servable_path(place.path) {
            return Err(PeerFault::BadName.into());
        }
        self.resolver.parent(self.root(place.root)?, place.path)?.ok_or(at_root.into())
    }
}

impl Default for OsTree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree for OsTree {
    type File = OsFile;
    type Part = OsPart;
    type Entries = OsEntries;

    fn status(&self, place: Place<'_>) -> Result<Status, Fault> {
        self.resolver.status(self.sought(place)?, place.path).map(|stat| status_of(&stat))
    }

    fn open(&self, place: Place<'_>) -> Result<(OsFile, Status), Fault> {
        let (file, stat) = OsFile::open(self.resolver, self.sought(place)?, place.path)?;
        Ok((file, status_of(&stat)))
    }

    fn entries(&self, place: Place<'_>, wanted: Wanted) -> Result<OsEntries, Fault> {
        OsEntries::open(self.resolver, self.sought(place)?, place.path, wanted, &self.readers)
    }

    fn create(&self, place: Place<'_>, keep: Keep, overwrite: bool) -> Result<OsPart, Fault> {
        let parent = self.made_in(place, Denied::IsADirectory)?;
        let target = part::Target { root: self.root(place.root)?, path: place.path, parent };
        OsPart::create(self.resolver, target, keep, overwrite, &self.part_names)
    }

    fn received(&self, place: Place<'_>) -> Result<u64, Fault> {
        part::received(&self.sought_in(place, Denied::IsADirectory)?)
    }

    fn sweep(&self, place: Place<'_>, before: UnixTime) {
        let directory = self
            .sought(place)
            .and_then(|root| self.resolver.open(root, place.path, entries::READING));
        if let Ok(directory) = directory {
            sweep::expired(&directory, before);
        }
    }

    fn set_modified(&self, place: Place<'_>, modified: UnixTime) -> Result<(), Fault> {
        let (file, _) = file::open_any(self.resolver, self.sought(place)?, place.path)?;
        let omitted = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let last_modification = Timespec { tv_sec: modified.0, tv_nsec: 0 };
        futimens(file, &Timestamps { last_access: omitted, last_modification }).map_err(fault)
    }

    fn set_mode(&self, place: Place<'_>, mode: u32) -> Result<(), Fault> {
        let (file, kind) = file::open_any(self.resolver, self.sought(place)?, place.path)?;
        let mode = settable_mode(mode, kind == Kind::Directory);
        fchmod(file, Mode::from_raw_mode(mode)).map_err(fault)
    }

    fn available(&self, place: Place<'_>) -> Result<u64, Fault> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let there = self.resolver.open(self.sought(place)?, place.path, flags)?;
        let stat = fstat(&there).map_err(fault)?;
        if FileType::from_raw_mode(stat.st_mode).is_symlink() {
            // Opened without being followed, which is how walking refuses it.
            return Err(Denied::NotFound.into());
        }
        let system = fstatvfs(there).map_err(fault)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }

    fn make_directory(&self, place: Place<'_>) -> Result<(), Fault> {
        let parent = self.made_in(place, Denied::Exists)?;
        mkdirat(&parent.directory, parent.name, Mode::from_raw_mode(0o777)).map_err(fault)
    }

    fn remove_directory(&self, place: Place<'_>) -> Result<(), Fault> {
        let parent = self.sought_in(place, Denied::NotPermitted)?;
        match unlinkat(&parent.directory, parent.name, AtFlags::REMOVEDIR) {
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                sweep::orphans(&parent)?;
                unlinkat(&parent.directory, parent.name, AtFlags::REMOVEDIR).map_err(fault)
            }
            result => result.map_err(fault),
        }
    }

    fn remove_file(&self, place: Place<'_>) -> Result<(), Fault> {
        let parent = self.sought_in(place, Denied::IsADirectory)?;
        unlinkat(&parent.directory, parent.name, AtFlags::empty()).map_err(fault)
    }

    fn rename(&self, from: Place<'_>, to: Place<'_>, overwrite: bool) -> Result<(), Fault> {
        let from = self.sought_in(from, Denied::NotPermitted)?;
        let to = self.made_in(to, Denied::NotPermitted)?;
        if overwrite {
            renameat(&from.directory, from.name, &to.directory, to.name)
        } else {
            rename_without_replacing(from.at(), to.at())
        }
        .map_err(|errno| match errno {
            // A directory into itself or below.
            Errno::INVAL => Denied::NotPermitted.into(),
            other => fault(other),
        })
    }
}

/// Renames `from` to `to`, or fails with `EXIST`.
fn rename_without_replacing(from: Named<'_>, to: Named<'_>) -> Result<(), Errno> {
    match renameat_with(from.0, from.1, to.0, to.1, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_then_unlink(from, to),
        result => result,
    }
}

/// The same in more calls than one, for file systems that have no better (NFS): a file gets its
/// new name as a second link before it loses the old one, and a directory needs no such care, for
/// a rename replaces only an empty one.
fn link_then_unlink(from: Named<'_>, to: Named<'_>) -> Result<(), Errno> {
    let stat = statat(from.0, from.1, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode).is_dir() {
        return match statat(to.0, to.1, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => renameat(from.0, from.1, to.0, to.1),
            Ok(_) => Err(Errno::EXIST),
            Err(errno) => Err(errno),
        };
    }
    linkat(from.0, from.1, to.0, to.1, AtFlags::empty())?;
    unlinkat(from.0, from.1, AtFlags::empty())
}

/// What tells a file from all others.
fn unique(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

fn kind_of(stat: &Stat) -> Kind {
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Directory
    } else {
        Kind::Other
    }
}

fn size_of(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

fn status_of(stat: &Stat) -> Status {
    Status {
        kind: kind_of(stat),
        size: size_of(stat),
        modified: UnixTime(stat.st_mtime),
        mode: stat.st_mode & 0o7777,
        links: stat.st_nlink,
        owner: stat.st_uid,
        group: stat.st_gid,
        unique: unique(stat),
    }
}

#[cfg(test)]
mod tests;
