//! What is said of moved files: JSON for scripts, a line for people, bars for those who look on.
//!
//! Standard output has nothing but what was asked for, and JSON is asked for; everything else goes
//! to standard error.

use std::io::{self, IsTerminal};
use std::time::Duration;

use super::arguments::Moving;
use super::courier::{Delivery, Errand, Verified, Way};
use super::failure::Failure;
use super::json::Object;
use super::progress::{Meter, Progress};
use super::terminal::Output;
use super::voice::Voice;

/// Where reports go, and how much is said.
#[derive(Debug)]
pub struct Report {
    output: Output,
    json: bool,
    /// A person is there, who wants to know that something was done.
    talkative: bool,
    voice: Voice,
}

/// What moving a file took, in all tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Bytes that were moved.
    pub bytes: u64,
    /// Tries, the first included.
    pub attempts: u32,
    /// The time.
    pub took: Duration,
}

impl Effort {
    /// What `meter` has counted, and the time.
    #[must_use]
    pub const fn of(meter: &Meter, took: Duration) -> Self {
        Self { bytes: meter.moved(), attempts: meter.attempts(), took }
    }
}

impl Report {
    /// As the options say.
    #[must_use]
    pub fn new(moving: &Moving, talkative: bool) -> Self {
        let visible = !moving.quiet && io::stderr().is_terminal();
        Self {
            output: Output::new(),
            json: moving.json,
            talkative,
            voice: Voice::new(moving.quiet, Progress::new(visible)),
        }
    }

    /// The bars.
    #[must_use]
    pub const fn progress(&self) -> &Progress {
        self.voice.progress()
    }

    /// What else is told, is told with this.
    #[must_use]
    pub const fn voice(&self) -> &Voice {
        &self.voice
    }

    /// A bar for one file.
    #[must_use]
    pub fn meter(&self, errand: &Errand) -> Meter {
        self.progress().meter(&errand.remote, errand.size)
    }

    /// Says that a file has arrived, and what it took.
    ///
    /// # Errors
    /// Standard output can't be written.
    pub fn delivered(
        &self,
        errand: &Errand,
        delivery: &Delivery,
        effort: Effort,
    ) -> Result<(), Failure> {
        if delivery.verified == Verified::BySize {
            self.notice(&format!(
                "{}: verified by its size alone; the server makes no sums",
                String::from_utf8_lossy(&errand.remote)
            ));
        }
        if self.json {
            let mut object = about(errand, effort).text("outcome", b"done").number("code", 0);
            match &delivery.verified {
                Verified::Not => {}
                Verified::BySize => object = object.text("verified", b"size"),
                Verified::By(algorithm, sum) => {
                    object = object.text("verified", algorithm.name().as_bytes());
                    object = object.text("hash", sum.as_bytes());
                }
            }
            return self.line(object);
        }
        if self.talkative {
            let remote = String::from_utf8_lossy(&errand.remote);
            let what = match errand.way {
                Way::Down => format!("{} is here", errand.local.display()),
                Way::Up => format!("{remote} is there"),
            };
            self.notice(&format!("{what}: {} bytes", effort.bytes));
        }
        Ok(())
    }

    /// Says that a file has not arrived. `told` is for failures that somebody else tells the user.
    ///
    /// # Errors
    /// Standard output can't be written.
    pub fn failed(
        &self,
        errand: &Errand,
        failure: &Failure,
        effort: Effort,
        told: bool,
    ) -> Result<(), Failure> {
        if !told {
            self.complain(failure);
        }
        if !self.json {
            return Ok(());
        }
        self.line(with_failure(about(errand, effort), failure))
    }

    /// Says how work that the server has done on its file `remote` has ended: with the last line of
    /// this reply, or not at all, which somebody else tells the user.
    ///
    /// # Errors
    /// Standard output can't be written.
    pub fn worked(
        &self,
        remote: &[u8],
        took: Duration,
        ended: Result<&[u8], &Failure>,
    ) -> Result<(), Failure> {
        if !self.json {
            if let Ok(reply) = ended {
                self.notice(&String::from_utf8_lossy(reply));
            }
            return Ok(());
        }
        let object = Object::new().text("path", remote).seconds("seconds", took);
        self.line(match ended {
            Ok(reply) => object.text("outcome", b"done").number("code", 0).text("reply", reply),
            Err(failure) => with_failure(object, failure),
        })
    }

    /// Tells of a failure that the run survives.
    pub fn complain(&self, failure: &Failure) {
        self.voice.complain(failure);
    }

    /// Says something that may be worth knowing.
    pub fn notice(&self, text: &str) {
        self.voice.notice(text);
    }

    fn line(&self, object: Object) -> Result<(), Failure> {
        let mut written = Ok(());
        let line = object.finish();
        self.progress().aside(|| written = self.output.line(line.as_bytes()));
        written
    }
}

/// Adds what kept a file from being done.
fn with_failure(object: Object, failure: &Failure) -> Object {
    object
        .text("outcome", b"failed")
        .number("code", failure.exit().code().into())
        .text("error", failure.what().as_bytes())
}

fn about(errand: &Errand, effort: Effort) -> Object {
    let direction: &[u8] = match errand.way {
        Way::Down => b"download",
        Way::Up => b"upload",
    };
    Object::new()
        .text("path", &errand.remote)
        .text("local", errand.local.as_os_str().as_encoded_bytes())
        .text("direction", direction)
        .number("bytes", effort.bytes)
        .seconds("seconds", effort.took)
        .number("attempts", effort.attempts.into())
}
