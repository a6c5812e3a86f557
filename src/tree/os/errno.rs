//! The one place where the kernel's error numbers become faults, sorted by blame.

use std::io;

use rustix::io::Errno;

use crate::terms::{Denied, Fault, PeerFault, Trouble};

/// What `errno` means to a peer.
pub(super) fn fault(errno: Errno) -> Fault {
    match errno {
        // The last is how a file system that others share says that what was there is gone.
        Errno::NOENT | Errno::LOOP | Errno::STALE => Denied::NotFound.into(),
        Errno::ACCESS | Errno::PERM | Errno::ROFS => Denied::NotPermitted.into(),
        Errno::EXIST => Denied::Exists.into(),
        Errno::NOTDIR => Denied::NotADirectory.into(),
        Errno::ISDIR => Denied::IsADirectory.into(),
        Errno::NXIO | Errno::NODEV => Denied::NotAFile.into(),
        Errno::NOTEMPTY => Denied::NotEmpty.into(),
        Errno::XDEV => Denied::CrossDevice.into(),
        // The last two are how FAT and strictly UTF-8 file systems refuse a name.
        Errno::NAMETOOLONG | Errno::INVAL | Errno::ILSEQ => PeerFault::BadName.into(),
        Errno::NOSPC | Errno::DQUOT => Trouble::DiskFull.into(),
        Errno::MFILE | Errno::NFILE => Trouble::NoDescriptors.into(),
        Errno::BUSY | Errno::TXTBSY | Errno::AGAIN => Trouble::Busy.into(),
        other => Trouble::Io(io::Error::from(other).kind()).into(),
    }
}

/// The same for the resolving of a name, where `EXDEV` is what RESOLVE_BENEATH says of a way out:
/// to a client there is nothing outside.
pub(super) fn resolving_fault(errno: Errno) -> Fault {
    if errno == Errno::XDEV { Denied::NotFound.into() } else { fault(errno) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_full_disk_wherever_it_is_met() {
        for errno in [Errno::NOSPC, Errno::DQUOT] {
            assert_eq!(fault(errno), Trouble::DiskFull.into());
            assert_eq!(Trouble::of_file(&errno.into()), Trouble::DiskFull);
        }
    }
}
