//! What tests over real sockets share: a server of their own, a raw FTP dialogue, and programs.
//!
//! Each test starts the real `coracled` on free ports with a data directory that is its alone, and
//! the drop of [`TestServer`] ends it. Nothing here waits on the clock: reads have a time-out that
//! fails the test, so that no test hangs.

mod dialogue;
mod programs;
mod server;

use std::time::{Duration, Instant};

pub(crate) use dialogue::{Raw, dial, reset};
pub(crate) use programs::{Finished, finish, finish_with, program, python};
pub(crate) use server::{Setup, TestServer, coracled, free_ports};

/// How long anything may take before the test fails. A guard, not a pace: nothing that is well comes
/// near it, on however small and busy a machine.
pub(crate) const GUARD: Duration = Duration::from_secs(120);

/// `length` bytes that look like noise and are the same each time for the same `seed`.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64: https://doi.org/10.18637/jss.v008.i14
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Fails without printing megabytes of bytes.
#[track_caller]
pub(crate) fn assert_same(got: &[u8], wanted: &[u8]) {
    assert_eq!(got.len(), wanted.len(), "lengths differ");
    let differs = got.iter().zip(wanted).position(|(got, wanted)| got != wanted);
    assert_eq!(differs, None, "the first byte that differs");
}

/// Tries `holds` until it does; between two tries `step` has the server do something.
#[track_caller]
pub(crate) fn until(what: &str, mut step: impl FnMut(), mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < GUARD, "it never came to this: {what}");
        step();
    }
}

/// The seconds that `work` takes, for figures that people read; no test judges by them.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}
