//! Progress bars, for a person who looks on: one for each file under way and, where there are
//! several, one for all.
//!
//! They are drawn on standard error, and only on a terminal; what else is said meanwhile goes
//! through [`Progress::aside`], so that it does not tear them.

use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// A file of known length.
const FILE: &str = "{msg:24!} {bar:24} {bytes:>11}/{total_bytes:11} {bytes_per_sec:>13} {eta:>4}";

/// One of which nobody has said how long it is.
const OPEN: &str = "{msg:24!} {spinner:24} {bytes:>11} {bytes_per_sec:>26}";

/// Characters of a bar: done, the edge, to be done.
const CHARACTERS: &str = "=> ";

/// All bars of a batch, or none.
#[derive(Debug, Clone)]
pub struct Progress {
    bars: Option<MultiProgress>,
    whole: Arc<Mutex<Option<ProgressBar>>>,
}

/// How far one file is, and its bar.
#[derive(Debug)]
pub struct Meter {
    /// Tries to move it.
    attempts: Cell<u32>,
    /// Bytes that were moved, in all tries.
    moved: Cell<u64>,
    bar: Option<ProgressBar>,
    whole: Option<ProgressBar>,
}

impl Progress {
    /// Bars, if they are to be `visible`.
    #[must_use]
    pub fn new(visible: bool) -> Self {
        Self { bars: visible.then(MultiProgress::new), whole: Arc::default() }
    }

    /// Begins a batch of `files`, which have so many `bytes` together where that is known.
    pub fn begin(&self, files: usize, bytes: Option<u64>) {
        let Some(bars) = &self.bars else { return };
        if files > 1 {
            let bar = bars.add(bar(bytes));
            bar.set_message(format!("{files} files"));
            *self.whole.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
        }
    }

    /// Ends the batch.
    pub fn end(&self) {
        if let Some(whole) = self.whole.lock().unwrap_or_else(PoisonError::into_inner).take() {
            whole.finish_and_clear();
        }
    }

    /// A bar for one file.
    #[must_use]
    pub fn meter(&self, name: &[u8], bytes: Option<u64>) -> Meter {
        let whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.insert(0, bar(bytes));
            bar.set_message(super::terminal::plain(&String::from_utf8_lossy(name)));
            bar
        });
        Meter { attempts: Cell::new(0), moved: Cell::new(0), bar, whole }
    }

    /// Says something beside the bars.
    pub fn aside(&self, say: impl FnOnce()) {
        match &self.bars {
            Some(bars) => bars.suspend(say),
            None => say(),
        }
    }
}

impl Meter {
    /// A try begins `offset` bytes behind the start.
    pub fn begin(&self, offset: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(offset);
            bar.reset_eta();
        }
    }

    /// One more try to move the file begins.
    pub fn attempt(&self) {
        self.attempts.set(self.attempts.get() + 1);
    }

    /// Tries to move the file, the first included; none where it did not come to that.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    /// Says how long the file is, once that is known.
    pub fn length(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_style(style(FILE));
            bar.set_length(bytes);
        }
    }

    /// Bytes that were moved, in all tries.
    #[must_use]
    pub const fn moved(&self) -> u64 {
        self.moved.get()
    }

    /// So many bytes more.
    pub fn advance(&self, bytes: u64) {
        self.moved.set(self.moved.get() + bytes);
        for bar in [&self.bar, &self.whole].into_iter().flatten() {
            bar.inc(bytes);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(bytes: Option<u64>) -> ProgressBar {
    match bytes {
        Some(bytes) => ProgressBar::new(bytes).with_style(style(FILE)),
        None => ProgressBar::new_spinner().with_style(style(OPEN)),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .map(|style| style.progress_chars(CHARACTERS))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_sound() {
        for template in [FILE, OPEN] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn nothing_is_drawn_for_nobody() {
        let progress = Progress::new(false);
        progress.begin(2, Some(10));
        let meter = progress.meter(b"a", None);
        meter.length(5);
        meter.begin(1);
        meter.advance(4);
        assert_eq!(meter.moved(), 4);
        assert!(meter.bar.is_none() && meter.whole.is_none());
        progress.end();
    }
}
