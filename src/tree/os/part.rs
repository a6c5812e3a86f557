//! An upload on its way to the disk: a hidden file beside its target, renamed over it when whole.
//!
//! One that breaks off can be left beside its target under a name that tells of it. Whoever goes on
//! with it first gives it a name of its own again, which only one can do; all that was found out
//! about it under the old name would be guesswork.
//!
//! A target that is a link is replaced itself: a rename never follows. What a restarted or appended
//! upload keeps of the old file is copied by the kernel, in slices; whether that file is still the
//! same is looked at once more right before the rename.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, copy_file_range, fchmod, flock, fstat,
    ftruncate, openat, renameat, statat, unlinkat,
};
use rustix::io::{Errno, pwrite, retry_on_intr};

use crate::terms::{Content, Denied, Fault, Part, PeerFault, Trouble};

use super::durable::{Names, sync_content};
use super::errno::fault;
use super::file::OsFile;
use super::resolver::{Directory, Parent, Resolver};
use super::{kind_of, rename_without_replacing, size_of, unique};
use crate::tree::part::{PartName, PartNames, left_name};
use crate::tree::{Keep, Kind};

/// How many names are tried for a part. A second is needed only where another machine that shares
/// the file system was given the same process number and the same 64 random bits.
const ATTEMPTS: usize = 4;

/// Bytes of one slice where the kernel can't copy by itself.
const SLICE: usize = 32 << 10;

/// Where an upload is to stand.
pub(super) struct Target<'a> {
    /// The root, and
    pub(super) root: &'a Arc<OwnedFd>,
    /// the way down from it, by which a link at the target is followed;
    pub(super) path: &'a [u8],
    /// and the same as a directory and a name.
    pub(super) parent: Parent<'a>,
}

/// An upload under way. Dropped without [`Part::commit`] or [`Part::leave`] it leaves nothing behind.
#[derive(Debug)]
pub struct OsPart {
    directory: Directory,
    /// The hidden file's name in `directory`.
    hidden: PartName,
    /// The target's name in `directory`.
    name: Box<[u8]>,
    descriptor: OwnedFd,
    /// The root that `directory` lies below, or is.
    root: Arc<OwnedFd>,
    /// Bytes so far, which is where the next one belongs.
    length: u64,
    kept: Kept,
    overwrite: bool,
    /// False once the hidden name is gone.
    hidden_stands: bool,
}

/// What an upload keeps of the old file; what it goes on from in a left part is its own already.
#[derive(Debug)]
enum Kept {
    /// Nothing, and whatever stands at the target is replaced.
    Nothing,
    /// All of a file that was not there: it must still not be.
    Absent,
    /// The first bytes of a file, which must still be the same in the end.
    Of(Box<Old>),
}

/// The old file.
#[derive(Debug)]
struct Old {
    file: OsFile,
    seen: Seen,
    /// Bytes that are still to be copied; those before are in the part.
    left: u64,
    /// False once the kernel refused to copy between the two files by itself.
    by_kernel: bool,
}

/// A left part that has become an upload's own.
struct Found {
    hidden: PartName,
    descriptor: OwnedFd,
    length: u64,
    kept: Kept,
}

/// What tells that a file was changed.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    unique: (u64, u64),
    size: i64,
    modified: (i64, u64),
}

impl OsPart {
    pub(super) fn create(
        resolver: Resolver,
        target: Target<'_>,
        keep: Keep,
        overwrite: bool,
        names: &PartNames,
    ) -> Result<Self, Fault> {
        let root = Arc::clone(target.root);
        let old = standing(resolver, &target, overwrite)?;
        let found = if old.is_none() { Found::claim(&target.parent, keep, names)? } else { None };
        if let Some(Found { hidden, descriptor, length, kept }) = found {
            let Parent { directory, name } = target.parent;
            let (name, hidden_stands) = (name.into(), true);
            return Ok(Self {
                directory,
                hidden,
                name,
                descriptor,
                root,
                length,
                kept,
                overwrite,
                hidden_stands,
            });
        }
        let kept = Kept::new(resolver, &target, keep, old.is_some())?;
        let Parent { directory, name } = target.parent;
        // A new file is never open to more people than the old one was, not even for a moment.
        let mode = old.flatten().map(|stat| Mode::from_raw_mode(stat.st_mode & 0o777));
        let creation = mode.unwrap_or(Mode::from_raw_mode(0o666));
        let (hidden, descriptor) = open_hidden(&directory, creation, names)?;
        let part = Self {
            directory,
            hidden,
            name: name.into(),
            descriptor,
            root,
            length: 0,
            kept,
            overwrite,
            hidden_stands: true,
        };
        if let Some(mode) = mode {
            // The process's mask may have taken bits that the old file has.
            fchmod(&part.descriptor, mode).map_err(fault)?;
        }
        // Says to whoever sweeps or removes the directory that this part has an owner; where locks
        // are not to be had, a part is never taken for an orphan either.
        let _ = flock(&part.descriptor, FlockOperation::NonBlockingLockShared);
        Ok(part)
    }

    /// Checks that the old file, where any of it was kept, is as it was.
    fn check_kept(&self) -> Result<(), Fault> {
        let Kept::Of(old) = &self.kept else { return Ok(()) };
        if old.left > 0 {
            return Err(Trouble::Io(io::ErrorKind::UnexpectedEof).into());
        }
        // Follows a link as the opening did. Its answer is compared and goes nowhere.
        match statat(&self.directory, &*self.name, AtFlags::empty()) {
            Ok(stat) if Seen::of(&stat) == old.seen => Ok(()),
            Ok(_) | Err(Errno::NOENT | Errno::LOOP) => Err(Trouble::Changed.into()),
            Err(errno) => Err(fault(errno)),
        }
    }

    /// Has the rest be carried over as between two file systems.
    #[cfg(test)]
    pub(super) fn copy_by_hand(&mut self) {
        if let Kept::Of(old) = &mut self.kept {
            old.by_kernel = false;
        }
    }

    /// Renames it over its target, or to where none is.
    fn put_in_place(&mut self) -> Result<(), Fault> {
        self.check_kept()?;
        let result = match self.kept {
            Kept::Nothing | Kept::Of(_) if self.overwrite => {
                renameat(&self.directory, self.hidden.as_bytes(), &self.directory, &*self.name)
                    .map_err(fault)
            }
            Kept::Nothing | Kept::Of(_) => self.rename_to_free_name().map_err(fault),
            Kept::Absent => self.rename_to_free_name().map_err(|errno| match errno {
                Errno::EXIST if self.overwrite => Trouble::Changed.into(),
                other => fault(other),
            }),
        };
        self.hidden_stands = result.is_err();
        if result.is_ok() {
            // What earlier uploads left for this name is of no use any more, if there is any.
            let _ = unlinkat(&self.directory, &*left_name(&self.name), AtFlags::empty());
        }
        result
    }

    fn rename_to_free_name(&self) -> Result<(), Errno> {
        let directory = self.directory.as_fd();
        rename_without_replacing((directory, self.hidden.as_bytes()), (directory, &self.name))
    }
}

impl Part for OsPart {
    fn carry_over(&mut self, most: usize) -> io::Result<usize> {
        let Kept::Of(old) = &mut self.kept else { return Ok(0) };
        let slice = usize::try_from(old.left).unwrap_or(usize::MAX).min(most);
        if slice == 0 {
            return Ok(0);
        }
        let copied = old.copy(&self.descriptor, self.length, slice)?;
        if copied == 0 {
            // It was cut short meanwhile.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        old.left -= copied as u64;
        self.length += copied as u64;
        Ok(copied)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = retry_on_intr(|| pwrite(&self.descriptor, bytes, self.length))?;
        self.length += written as u64;
        Ok(written)
    }

    fn descriptor(&self) -> Option<(BorrowedFd<'_>, u64)> {
        Some((self.descriptor.as_fd(), self.length))
    }

    fn advance(&mut self, count: u64) {
        self.length += count;
    }

    fn commit(mut self) -> Result<(), Fault> {
        self.put_in_place()
    }

    fn commit_durably(mut self) -> Result<(), Fault> {
        let failed = |errno: Errno| Trouble::of_file(&errno.into());
        let names = Names::open(self.directory.as_fd(), self.root.as_fd()).map_err(fault)?;
        sync_content(self.descriptor.as_fd()).map_err(failed)?;
        self.put_in_place()?;
        Ok(names.sync(self.descriptor.as_fd()).map_err(failed)?)
    }

    fn leave(mut self) {
        let goes_on_from_old = match self.kept {
            Kept::Nothing | Kept::Absent => false,
            Kept::Of(_) => true,
        };
        if self.length == 0 || goes_on_from_old {
            return;
        }
        let left = left_name(&self.name);
        let renamed = renameat(&self.directory, self.hidden.as_bytes(), &self.directory, &*left);
        self.hidden_stands = renamed.is_err();
    }
}

impl Drop for OsPart {
    fn drop(&mut self) {
        if self.hidden_stands {
            // Nobody is left to be told; what stays is an orphan, which expires.
            let _ = unlinkat(&self.directory, self.hidden.as_bytes(), AtFlags::empty());
        }
    }
}

impl Found {
    /// The part that an earlier upload left for the name of `parent`, if there is one and `keep`
    /// asks for it. No file stands there by that name.
    fn claim(parent: &Parent<'_>, keep: Keep, names: &PartNames) -> Result<Option<Self>, Fault> {
        let (length, kept) = match keep {
            Keep::Nothing | Keep::First(0) => return Ok(None),
            // The client has said what it goes on from; a file that comes meanwhile is replaced as
            // by any upload.
            Keep::First(length) => (Some(length), Kept::Nothing),
            Keep::All => (None, Kept::Absent),
        };
        let (left, hidden) = (left_name(parent.name), names.next());
        let directory = parent.directory.as_fd();
        match rename_without_replacing((directory, &left), (directory, hidden.as_bytes())) {
            Err(Errno::NOENT) => return Ok(None),
            result => result.map_err(fault)?,
        }
        match take_over(directory, &hidden, length) {
            Ok((descriptor, length)) => Ok(Some(Self { hidden, descriptor, length, kept })),
            Err(refusal) => {
                // As it was; if that fails it is an orphan, which expires.
                let _ = renameat(directory, hidden.as_bytes(), directory, &*left);
                Err(refusal)
            }
        }
    }
}

impl Kept {
    fn new(
        resolver: Resolver,
        target: &Target<'_>,
        keep: Keep,
        stands: bool,
    ) -> Result<Self, Fault> {
        let most = match keep {
            Keep::Nothing | Keep::First(0) => return Ok(Self::Nothing),
            Keep::All if !stands => return Ok(Self::Absent),
            Keep::First(_) if !stands => return Err(PeerFault::BadRestart.into()),
            Keep::First(most) => Some(most),
            Keep::All => None,
        };
        let (file, stat) = OsFile::open(resolver, target.root, target.path)?;
        let size = size_of(&stat);
        let left = most.unwrap_or(size);
        if left > size {
            return Err(PeerFault::BadRestart.into());
        }
        Ok(Self::Of(Box::new(Old { file, seen: Seen::of(&stat), left, by_kernel: true })))
    }
}

impl Old {
    /// Copies up to `most` bytes to the end of a part that is `length` bytes long by now; they
    /// stand at the same place in both.
    fn copy(&mut self, part: &OwnedFd, length: u64, most: usize) -> io::Result<usize> {
        if self.by_kernel {
            let (mut from, mut to) = (length, length);
            match retry_on_intr(|| {
                copy_file_range(&self.file, Some(&mut from), part, Some(&mut to), most)
            }) {
                // Other file systems, or some that do not do this.
                Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                    self.by_kernel = false;
                }
                result => return Ok(result?),
            }
        }
        let mut slice = [0; SLICE];
        let room = slice.get_mut(..most.min(SLICE)).unwrap_or_default();
        let read = self.file.read_at(length, room)?;
        let bytes = room.get(..read).unwrap_or_default();
        Ok(retry_on_intr(|| pwrite(part, bytes, length))?)
    }
}

impl Seen {
    fn of(stat: &Stat) -> Self {
        Self {
            unique: unique(stat),
            size: stat.st_size,
            modified: (stat.st_mtime, stat.st_mtime_nsec),
        }
    }
}

/// Bytes of the part that waits for an upload to what `parent` names.
pub(super) fn received(parent: &Parent<'_>) -> Result<u64, Fault> {
    let stat = statat(&parent.directory, &*left_name(parent.name), AtFlags::SYMLINK_NOFOLLOW);
    let stat = stat.map_err(fault)?;
    if is_ours(&stat) { Ok(size_of(&stat)) } else { Err(Denied::NotFound.into()) }
}

/// Opens a left part that has just been given the name `hidden`, cut to `length` if that is told.
/// Returns it and its length.
fn take_over(
    directory: BorrowedFd<'_>,
    hidden: &PartName,
    length: Option<u64>,
) -> Result<(OwnedFd, u64), Fault> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let descriptor = openat(directory, hidden.as_bytes(), flags, Mode::empty()).map_err(fault)?;
    // Before the length is looked at: a sweep that holds the lock may be about to remove it.
    if flock(&descriptor, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK) {
        return Err(Trouble::Busy.into());
    }
    let stat = fstat(&descriptor).map_err(fault)?;
    let size = size_of(&stat);
    let length = length.unwrap_or(size);
    if length > size || !is_ours(&stat) {
        return Err(PeerFault::BadRestart.into());
    }
    ftruncate(&descriptor, length).map_err(fault)?;
    Ok((descriptor, length))
}

/// Whether this can be a part that an upload left: a file that is known by no other name.
fn is_ours(stat: &Stat) -> bool {
    kind_of(stat) == Kind::File && stat.st_nlink == 1
}

/// Looks at what stands at the target. The outer `None` means nothing; the inner, a link whose
/// other end the client may not know of.
fn standing(
    resolver: Resolver,
    target: &Target<'_>,
    overwrite: bool,
) -> Result<Option<Option<Stat>>, Fault> {
    let Parent { directory, name } = &target.parent;
    let stat = match statat(directory, *name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_symlink() => {
            resolver.behind_link(target.root, target.path).ok()
        }
        Ok(stat) => Some(stat),
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(fault(errno)),
    };
    let kind = stat.map_or(Kind::File, |stat| kind_of(&stat));
    match kind {
        Kind::Directory => Err(Denied::IsADirectory.into()),
        Kind::Other => Err(Denied::NotAFile.into()),
        Kind::File if !overwrite => Err(Denied::Exists.into()),
        Kind::File => Ok(Some(stat)),
    }
}

/// Makes a hidden file of a name that no other has.
fn open_hidden(
    directory: &Directory,
    mode: Mode,
    names: &PartNames,
) -> Result<(PartName, OwnedFd), Fault> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..ATTEMPTS {
        let hidden = names.next();
        match openat(directory, hidden.as_bytes(), flags, mode) {
            Ok(descriptor) => return Ok((hidden, descriptor)),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(fault(errno)),
        }
    }
    Err(Trouble::Busy.into())
}
