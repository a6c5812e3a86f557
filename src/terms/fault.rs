//! What went wrong, sorted by whose fault it is.
//!
//! A dialect turns a fault into its reply in one place. No fault carries a path of the host.

use std::io;

/// Why something that a peer asked for was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The peer asked in a way that can't be understood or served.
    Peer(PeerFault),
    /// The peer asked well, and the answer is no.
    Denied(Denied),
    /// The peer asked well, and we could not.
    Trouble(Trouble),
}

/// The peer's mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerFault {
    /// A name that no file can have: too long, or with a NUL, CR or LF in it.
    BadName,
    /// A restart point behind the end of the file.
    BadRestart,
    /// What was uploaded in MODE Z is no zlib stream.
    BadStream,
}

/// The refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// There is no such file or directory, or none that this client may know of.
    NotFound,
    /// The client's grant, or the file's own permissions, do not allow it.
    NotPermitted,
    /// Something of that name is there already.
    Exists,
    /// A directory was asked for, and this is none.
    NotADirectory,
    /// A file was asked for, and this is a directory.
    IsADirectory,
    /// Neither a regular file nor a directory: a device, a socket, a pipe.
    NotAFile,
    /// The directory still holds something.
    NotEmpty,
    /// The two names lie on different file systems.
    CrossDevice,
}

/// Our own failures; the peer may try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk, or the quota, is full.
    DiskFull,
    /// The process or the machine has no descriptor left.
    NoDescriptors,
    /// The file was changed by someone else while it was being appended to.
    Changed,
    /// The file is in use in a way that forbids this.
    Busy,
    /// Reading or writing failed for the reason given.
    Io(io::ErrorKind),
}

impl Trouble {
    /// What it means to the peer that reading or writing an open file failed.
    #[must_use]
    pub fn of_file(error: &io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            Self::DiskFull
        } else {
            Self::Io(error.kind())
        }
    }
}

impl From<PeerFault> for Fault {
    fn from(fault: PeerFault) -> Self {
        Self::Peer(fault)
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}
