//! L1. Confined files: the one way from a name that a client gave to bytes on a disk.
//!
//! A [`VirtualPath`] exists only normalised, a [`Place`] only below a granted [`Root`], and a
//! [`Tree`] resolves a place so that no `..`, symbolic link or race leaves the root: [`OsTree`] by
//! the kernel's own RESOLVE_BENEATH, [`MemoryTree`] because it has nothing else.
//!
//! An upload that breaks off leaves a hidden part, which belongs to the name that it was for:
//! whoever may write there may go on with it. Parts that nobody goes on with expire, and
//! [`Tree::sweep`] removes them, a directory at a time. Sessions ask for that where they have just
//! listed the directory and seen that it hides some, which costs nothing where there are none; and
//! where an upload has broken off, because then there is one more, so that a drop box that nobody
//! may list does not fill up either. No sweep walks the whole tree: a disk that sleeps is left to.
//!
//! This room knows nothing of clients, rights, replies or sockets, and has no clock. Sessions call
//! it; the transfer room moves the bytes of the [`Content`] and [`Part`] that it opened.

mod memory;
mod os;
mod part;
mod path;
mod pattern;

#[cfg(test)]
mod conformance;

use crate::terms::{Content, Fault, Part, Root, UnixTime};

pub use memory::{MemoryEntries, MemoryFile, MemoryPart, MemoryTree};
pub use os::{OsEntries, OsFile, OsPart, OsTree};
pub use part::{PART_PREFIX, is_part_name};
pub use path::VirtualPath;
pub use pattern::Pattern;

/// A place in a granted directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The granted directory.
    pub root: Root,
    /// The way down from it: names joined by `/`, without `.` or `..`; empty for the root itself.
    pub path: &'a [u8],
}

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Anything else: a device, a pipe, a socket.
    Other,
}

/// What is known of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// What it is.
    pub kind: Kind,
    /// Bytes; of a directory whatever the file system says.
    pub size: u64,
    /// When its content last changed.
    pub modified: UnixTime,
    /// Permission bits, the lower twelve of the mode.
    pub mode: u32,
    /// Number of hard links.
    pub links: u64,
    /// The owner's number.
    pub owner: u32,
    /// The group's number.
    pub group: u32,
    /// What tells this file from all others: device and inode.
    pub unique: (u64, u64),
}

/// What an upload goes on from: the old file or, where there is none, what an upload to that name
/// has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: STOR.
    Nothing,
    /// Its first bytes, so many: STOR after REST.
    First(u64),
    /// All of it, if it is there: APPE.
    All,
}

/// The permission bits that `mode` asks for, of what is a directory or is not.
const fn settable_mode(mode: u32, is_directory: bool) -> u32 {
    mode & 0o777 | if is_directory { 0o500 } else { 0o400 }
}

/// One entry of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name, without any path; lent by the [`Entries`] that read it.
    pub name: &'a [u8],
    /// What stands there.
    pub status: Status,
}

/// Which names of a directory are wanted.
pub type Wanted = Box<dyn Fn(&[u8]) -> bool>;

/// What comes next in a directory that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'a> {
    /// This entry.
    Entry(Entry<'a>),
    /// Not known yet: a slice of the directory was read, and there is more of it. It has taken as
    /// long as a turn of a transfer may, so let others have theirs before asking again.
    Later,
    /// Nothing.
    End,
}

/// A directory being read: its names in slices, then the status of one after the other.
pub trait Entries {
    /// The next entry that is still there and may be shown, in ascending order of the bytes of its
    /// name.
    ///
    /// Hidden parts, names with a CR or LF, and links that lead out of the root or nowhere are
    /// left out, and so is an entry that vanishes between the reading of its name and its status.
    /// One that comes meanwhile may be told or not; none is told twice.
    ///
    /// # Errors
    /// What the file system says of the directory, or of an entry that is there and can't be read;
    /// the next one can still be asked for.
    fn next_entry(&mut self) -> Result<Next<'_>, Fault>;

    /// Whether hidden parts stand in the directory, as far as it has been read by now.
    fn hides_parts(&self) -> bool;
}

/// The files that are served.
///
/// Every function answers with a [`Fault`] sorted by blame and free of host paths. Names with a
/// NUL, CR or LF, and the names of hidden parts, are [`NotFound`](crate::terms::Denied::NotFound)
/// to all functions that look for something, and
/// [`BadName`](crate::terms::PeerFault::BadName) to those that would make it.
#[expect(clippy::missing_errors_doc, reason = "one paragraph on the trait says it for all")]
pub trait Tree {
    /// A file open for reading.
    type File: Content + 'static;
    /// An upload under way.
    type Part: Part + 'static;
    /// A directory being read.
    type Entries: Entries + 'static;

    /// What stands at `place`, following links that stay below the root.
    fn status(&self, place: Place<'_>) -> Result<Status, Fault>;

    /// Opens the regular file at `place` for reading.
    fn open(&self, place: Place<'_>) -> Result<(Self::File, Status), Fault>;

    /// Opens the directory at `place`, and reads a first slice of its names, which of nearly every
    /// directory is all. However many there are, the memory that they take is bounded. Those that
    /// `wanted` refuses cost no look at their status.
    fn entries(&self, place: Place<'_>, wanted: Wanted) -> Result<Self::Entries, Fault>;

    /// Begins an upload to `place` in a hidden part beside it, or goes on with the part that an
    /// upload to that place has left: from then on that is this upload's alone. With `overwrite`
    /// false a regular file that is there already, now or when the part is committed, is
    /// [`Exists`](crate::terms::Denied::Exists). A new file in an old one's place has its
    /// permission bits; a link to a file is replaced itself, what it points to stays as it is.
    fn create(&self, place: Place<'_>, keep: Keep, overwrite: bool) -> Result<Self::Part, Fault>;

    /// How many bytes an upload to `place` that broke off has left there. Whether a file stands at
    /// the place itself, which comes before, is not looked at.
    fn received(&self, place: Place<'_>) -> Result<u64, Fault>;

    /// Removes hidden parts that no upload owns and to which nothing has been written since
    /// `before`, in the directory at `place` and not below it. What can't be removed stays; the
    /// work is bounded, so some may stay for the next time.
    fn sweep(&self, place: Place<'_>, before: UnixTime);

    /// Sets when the content of a file or directory last changed.
    fn set_modified(&self, place: Place<'_>, modified: UnixTime) -> Result<(), Fault>;

    /// Sets the permission bits of a file or directory: those of `mode` that say who may read,
    /// write and execute, and no other. What the owner needs to look at it stays, for the owner is
    /// the server, which could neither serve it nor change it back without.
    fn set_mode(&self, place: Place<'_>, mode: u32) -> Result<(), Fault>;

    /// How many bytes can still be written at `place`, where something stands.
    fn available(&self, place: Place<'_>) -> Result<u64, Fault>;

    /// Makes a directory.
    fn make_directory(&self, place: Place<'_>) -> Result<(), Fault>;

    /// Removes an empty directory. Hidden parts in it that no upload owns any more do not keep it.
    fn remove_directory(&self, place: Place<'_>) -> Result<(), Fault>;

    /// Removes a file, or a link itself rather than what it points to.
    fn remove_file(&self, place: Place<'_>) -> Result<(), Fault>;

    /// Renames a file or directory. With `overwrite` false an existing target is
    /// [`Exists`](crate::terms::Denied::Exists), without a moment in which it could be lost.
    fn rename(&self, from: Place<'_>, to: Place<'_>, overwrite: bool) -> Result<(), Fault>;
}
