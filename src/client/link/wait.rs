//! Waits that end: each by the [`pace`](crate::client::pace) of the run, or by Control-C.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::Stream;
use crate::client::interrupt::{GLANCE, Interrupt};
use crate::client::pace::Pace;

/// What bounds a wait.
pub(super) struct Wait<'a> {
    pub(super) pace: &'a Pace,
    pub(super) interrupt: &'a Interrupt,
}

impl Wait<'_> {
    /// One read that waits as long as the pace allows, or until Control-C, which is `Interrupted`,
    /// unless the task is `stopped` already. It wakes now and then, for the signal may have gone to
    /// another thread.
    pub(super) fn read(
        &self,
        stream: &mut Stream,
        buffer: &mut [u8],
        since: Instant,
        stopped: bool,
    ) -> io::Result<usize> {
        loop {
            if !stopped && self.interrupt.is_pressed() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let Some(left) = self.pace.left(since) else {
                return Err(io::ErrorKind::TimedOut.into());
            };
            match read_once(stream, buffer, left.min(GLANCE)) {
                Err(error) if is_time_out(&error) || error.kind() == io::ErrorKind::Interrupted => {
                }
                result => return result,
            }
        }
    }
}

/// One read that waits no longer than `patience`, or until a signal.
pub(super) fn read_once(
    stream: &mut Stream,
    buffer: &mut [u8],
    patience: Duration,
) -> io::Result<usize> {
    stream.socket().set_read_timeout(Some(patience))?;
    stream.read(buffer)
}

/// True when `error` is the end of a wait, under either of its names.
#[must_use]
pub fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
