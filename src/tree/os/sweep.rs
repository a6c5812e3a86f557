//! Hidden parts whose upload is gone: what broke off and waits to be gone on with, and what a
//! killed process left behind.
//!
//! They are invisible to clients, so a directory that holds nothing else is empty to them and must
//! be removable; and nobody but us removes those that nobody goes on with. An upload under way holds
//! a lock on its part, from whichever process or machine. Where locks are not to be had every part
//! passes for owned, and none is removed.

use std::ffi::CStr;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, statat, unlinkat};
use rustix::io::Errno;

use crate::terms::{Denied, Fault, Trouble, UnixTime};

use super::entries::{READING, each_name};
use super::errno::fault;
use super::resolver::Parent;
use crate::tree::is_part_name;

/// Names that one sweep looks at, so that a directory of millions holds nobody up. Uploads are
/// rarely that many in one place; what lies behind is for whoever removes the directory.
const MOST_NAMES: usize = 16 << 10;

/// Parts that one sweep removes: to free a large one takes the file system its time.
const MOST_PARTS: usize = 16;

/// Removes the orphaned parts in the directory that `parent` names.
///
/// # Errors
/// [`Denied::NotEmpty`] as soon as anything else is found, or a part that has an owner or can't be
/// seen to have none. Until the first such find, nothing was removed but orphans.
pub(super) fn orphans(parent: &Parent<'_>) -> Result<(), Fault> {
    let directory =
        openat(&parent.directory, parent.name, READING | OFlags::NOFOLLOW, Mode::empty())
            .map_err(fault)?;
    each_name(&directory, |name| {
        if is_part_name(name.to_bytes()) { Ok(true) } else { Err(Denied::NotEmpty.into()) }
    })?;
    let directory = openat(&directory, ".", READING, Mode::empty()).map_err(fault)?;
    each_name(&directory, |name| {
        let part = unowned(&directory, name).map_err(|_| Denied::NotEmpty)?;
        remove(&directory, name, part).map_err(|_| Denied::NotEmpty)?;
        Ok(true)
    })?;
    Ok(())
}

/// Removes orphaned parts from `directory`, which is open for [`READING`], to which nothing has been
/// written since `before`. What is in the way of that is left to the next sweep.
pub(super) fn expired(directory: &OwnedFd, before: UnixTime) {
    let mut left = (MOST_NAMES, MOST_PARTS);
    // An error ends the sweep, as the bounds do; nobody waits for what it did.
    let _ = each_name(directory, |name| {
        left.0 -= 1;
        if is_part_name(name.to_bytes())
            && statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| stat.st_mtime < before.0)
            && let Ok(part) = unowned(directory, name)
            && remove(directory, name, part).is_ok()
        {
            left.1 -= 1;
        }
        if left.0 == 0 || left.1 == 0 { Err(Trouble::Busy.into()) } else { Ok(true) }
    });
}

/// Opens a part and locks it; an error if it has an owner.
fn unowned(directory: &OwnedFd, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let part = openat(directory, name, flags, Mode::empty())?;
    flock(&part, FlockOperation::NonBlockingLockExclusive)?;
    Ok(part)
}

/// Removes the name of a part that is held locked meanwhile. Should another process have left a
/// younger part under that very name in this moment, it is that one which goes: a loss of bytes that
/// can be sent again, and never of a file.
fn remove(directory: &OwnedFd, name: &CStr, part: OwnedFd) -> Result<(), Errno> {
    let removed = unlinkat(directory, name, AtFlags::empty());
    drop(part);
    removed
}
