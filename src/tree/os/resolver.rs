//! From a root and a way down to a descriptor, without ever leaving the root.
//!
//! [`Resolver::Beneath`] has the kernel do it in one call, following links that stay below the
//! root. [`Resolver::Walking`] is for kernels before 5.6 and sandboxes that forbid the call: it
//! opens one component at a time from the last one's descriptor and refuses every link. Paths come
//! here checked: they hold no `..`, so a walk has nowhere to go but down.

use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, openat, openat2, statat,
};
use rustix::io::Errno;

use crate::terms::{Denied, Fault, Trouble};

use super::errno::{fault, resolving_fault};

/// How often a resolution that met a concurrent rename is tried again.
const ATTEMPTS: usize = 8;

/// What each directory on a way down is opened with.
const STEP: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// How names are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolver {
    /// By openat2 with RESOLVE_BENEATH.
    Beneath,
    /// Component by component, with O_NOFOLLOW.
    Walking,
}

/// A directory and a name in it, as the calls that change a directory take them.
pub(super) type Named<'a> = (BorrowedFd<'a>, &'a [u8]);

/// A directory and a name in it.
#[derive(Debug)]
pub(super) struct Parent<'a> {
    /// The directory.
    pub(super) directory: Directory,
    /// The name, which calls on the directory do not follow.
    pub(super) name: &'a [u8],
}

impl Parent<'_> {
    /// Both, borrowed.
    pub(super) fn at(&self) -> Named<'_> {
        (self.directory.as_fd(), self.name)
    }
}

/// An open directory: a root, which costs nothing to open again, or one below.
#[derive(Debug)]
pub(super) enum Directory {
    /// A root.
    Root(Arc<OwnedFd>),
    /// One below.
    Below(OwnedFd),
}

impl AsFd for Directory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Root(descriptor) => descriptor.as_fd(),
            Self::Below(descriptor) => descriptor.as_fd(),
        }
    }
}

impl Resolver {
    /// The better one that this kernel, and the sandbox around us, allow.
    pub(super) fn of_this_kernel() -> Self {
        match beneath(CWD, b".", STEP) {
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::TOOBIG) => Self::Walking,
            Ok(_) | Err(_) => Self::Beneath,
        }
    }

    /// Opens what stands at `path` below `root`; an empty path is the root itself.
    pub(super) fn open(self, root: &OwnedFd, path: &[u8], flags: OFlags) -> Result<OwnedFd, Fault> {
        let path = if path.is_empty() { b"." } else { path };
        match self {
            Self::Beneath => {
                for _ in 0..ATTEMPTS {
                    match beneath(root.as_fd(), path, flags) {
                        Err(Errno::AGAIN) => {}
                        result => return result.map_err(resolving_fault),
                    }
                }
                Err(Trouble::Busy.into())
            }
            Self::Walking => walk(root.as_fd(), path, flags),
        }
    }

    /// The directory that holds the last component of `path`, and that component; `None` for the
    /// root itself.
    pub(super) fn parent<'a>(
        self,
        root: &Arc<OwnedFd>,
        path: &'a [u8],
    ) -> Result<Option<Parent<'a>>, Fault> {
        Ok(match split_last(path) {
            (_, b"") => None,
            (b"", name) => Some(Parent { directory: Directory::Root(Arc::clone(root)), name }),
            (above, name) => {
                let directory = Directory::Below(self.open(root, above, STEP)?);
                Some(Parent { directory, name })
            }
        })
    }

    /// What stands at `path` below `root`, behind any link.
    pub(super) fn status(self, root: &Arc<OwnedFd>, path: &[u8]) -> Result<Stat, Fault> {
        let single = !path.contains(&b'/');
        match self {
            Self::Beneath if !single => return self.behind_link(root, path),
            Self::Beneath | Self::Walking => {}
        }
        let Some(parent) = self.parent(root, path)? else { return fstat(root).map_err(fault) };
        let stat = statat(&parent.directory, parent.name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(fault)?;
        if FileType::from_raw_mode(stat.st_mode).is_symlink() {
            return self.behind_link(root, path);
        }
        Ok(stat)
    }

    /// What a link at `path` leads to, if it is followed at all.
    pub(super) fn behind_link(self, root: &OwnedFd, path: &[u8]) -> Result<Stat, Fault> {
        match self {
            Self::Beneath => {
                let there = self.open(root, path, OFlags::PATH | OFlags::CLOEXEC)?;
                fstat(there).map_err(fault)
            }
            Self::Walking => Err(Denied::NotFound.into()),
        }
    }
}

/// All of `path` but its last component, and that one.
fn split_last(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => {
            let (above, name) = path.split_at(slash);
            (above, name.get(1..).unwrap_or_default())
        }
        None => (b"", path),
    }
}

fn beneath(root: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    openat2(root, path, flags, Mode::empty(), resolve)
}

fn walk(root: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> Result<OwnedFd, Fault> {
    let (above, name) = split_last(path);
    let mut held: Option<OwnedFd> = None;
    for component in above.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
        let here = held.as_ref().map_or(root, AsFd::as_fd);
        held = Some(step(here, component, STEP)?);
    }
    step(held.as_ref().map_or(root, AsFd::as_fd), name, flags)
}

/// Opens one component, unless it is a link.
fn step(directory: BorrowedFd<'_>, name: &[u8], flags: OFlags) -> Result<OwnedFd, Fault> {
    match openat(directory, name, flags | OFlags::NOFOLLOW, Mode::empty()) {
        // What a link is when a directory was asked for; it is to look like nothing at all.
        Err(Errno::NOTDIR) if is_link(directory, name) => Err(Denied::NotFound.into()),
        result => result.map_err(fault),
    }
}

fn is_link(directory: BorrowedFd<'_>, name: &[u8]) -> bool {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_symlink())
}
