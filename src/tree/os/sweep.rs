//! Hidden parts whose upload is gone: what a killed process leaves behind.
//!
//! They are invisible to clients, so a directory that holds nothing else is empty to them and must
//! be removable. An upload under way holds a lock on its part, from whichever process or machine.

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, unlinkat};

use crate::terms::{Denied, Fault};

use super::entries::{READING, each_name};
use super::errno::fault;
use super::resolver::Parent;
use crate::tree::is_part_name;

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
        if is_part_name(name.to_bytes()) { Ok(()) } else { Err(Denied::NotEmpty.into()) }
    })?;
    let directory = openat(&directory, ".", READING, Mode::empty()).map_err(fault)?;
    each_name(&directory, |name| {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(&directory, name, flags, Mode::empty())
            .and_then(|part| flock(&part, FlockOperation::NonBlockingLockExclusive))
            .and_then(|()| unlinkat(&directory, name, AtFlags::empty()))
            .map_err(|_| Denied::NotEmpty.into())
    })
}
