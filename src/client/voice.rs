//! What is told to a person beside the work: on standard error, without tearing the progress bars,
//! and not at all where nobody wants to hear it.
//!
//! A [`report`](super::report) speaks with it of files, a [`courier`](super::courier) of tries.

use super::failure::Failure;
use super::progress::Progress;
use super::terminal;

/// A way to speak, which may be shared.
#[derive(Debug, Clone)]
pub struct Voice {
    quiet: bool,
    progress: Progress,
}

impl Voice {
    /// One that speaks beside these bars; a `quiet` one tells of nothing but failures.
    #[must_use]
    pub const fn new(quiet: bool, progress: Progress) -> Self {
        Self { quiet, progress }
    }

    /// The bars.
    #[must_use]
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Tells of a failure that the run survives.
    pub fn complain(&self, failure: &Failure) {
        if !failure.is_silent() {
            self.progress.aside(|| terminal::tell(&format!("coracle: {failure}")));
        }
    }

    /// Says something that may be worth knowing.
    pub fn notice(&self, text: &str) {
        if !self.quiet {
            self.progress.aside(|| terminal::tell(&terminal::plain(text)));
        }
    }
}
