//! The exit codes of `coracle`, all in one place: what scripts rely on.

use std::process::ExitCode;

/// How a run of `coracle` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked for is done.
    Done = 0,
    /// Something that no other code names.
    Other = 1,
    /// The command line, or a line of the shell, can't be understood.
    Usage = 2,
    /// No connection, or it was lost.
    Connection = 3,
    /// The server's certificate, or TLS itself.
    Tls = 4,
    /// The login was refused, or there is no password for it.
    Login = 5,
    /// The file or directory is not there.
    NotFound = 6,
    /// The server does not permit it.
    NotPermitted = 7,
    /// Some items failed; the rest is done.
    Partly = 8,
    /// A pattern matched nothing.
    NoMatch = 9,
    /// A local file: missing, in the way, or not writable.
    LocalFile = 10,
    /// What was transferred is not what it should be.
    Verification = 11,
    /// Something took too long.
    TimeOut = 12,
    /// The server's disk or quota is full.
    RemoteFull = 13,
    /// Stopped by the user.
    Interrupted = 130,
}

impl Exit {
    /// Every code with what it means, in order.
    pub const ALL: [(Self, &'static str); 15] = [
        (Self::Done, "all done"),
        (Self::Other, "another failure"),
        (Self::Usage, "usage"),
        (Self::Connection, "no connection"),
        (Self::Tls, "TLS"),
        (Self::Login, "login refused"),
        (Self::NotFound, "not found"),
        (Self::NotPermitted, "not permitted"),
        (Self::Partly, "some items failed, the rest is done"),
        (Self::NoMatch, "a pattern matched nothing"),
        (Self::LocalFile, "local file"),
        (Self::Verification, "verification failed"),
        (Self::TimeOut, "time-out"),
        (Self::RemoteFull, "remote disk full"),
        (Self::Interrupted, "interrupted"),
    ];

    /// The number that the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The table for `--help`.
    #[must_use]
    pub fn table() -> String {
        Self::ALL.iter().fold(String::from("Exit codes:"), |mut table, (exit, meaning)| {
            table.push_str(&format!("\n  {:>3}  {meaning}", exit.code()));
            table
        })
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_what_scripts_rely_on() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 130]);
        assert!(Exit::table().contains("\n    5  login refused"));
    }
}
