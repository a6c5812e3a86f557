//! Standard output as the client uses it: whole lines, flushed, and safe to look at.
//!
//! On a terminal, control characters in what a server sent become `?`, so that a file's name can't
//! move the cursor or worse. Into a pipe or a file, bytes go as they are.

use std::io::{self, IsTerminal, Write};

use super::failure::Failure;

/// Standard output.
#[derive(Debug)]
pub struct Output {
    stdout: io::Stdout,
    terminal: bool,
}

impl Output {
    /// The process's standard output.
    #[must_use]
    pub fn new() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self { stdout, terminal }
    }

    /// True when a person looks at it.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// How many columns the terminal has, where it says so in `COLUMNS`.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        std::env::var("COLUMNS").ok()?.parse().ok()
    }

    /// Writes one line.
    ///
    /// # Errors
    /// [`Failure::output`], which is silent where the reader of a pipe has left.
    pub fn line(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = self.stdout.lock();
        let written = if self.terminal {
            writeln!(stdout, "{}", plain(&String::from_utf8_lossy(bytes)))
        } else {
            stdout.write_all(bytes).and_then(|()| stdout.write_all(b"\n"))
        };
        written.and_then(|()| stdout.flush()).map_err(|error| Failure::output(&error))
    }

    /// Writes text that is the client's own, line ends and all.
    ///
    /// # Errors
    /// As for [`Output::line`].
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = self.stdout.lock();
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::output(&error))
    }

    /// Standard output itself, for raw content.
    pub fn raw(&self) -> io::StdoutLock<'static> {
        self.stdout.lock()
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

/// `text` without characters that a terminal would obey.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Tells the user something on standard error. That nobody may read it is no failure.
pub fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_never_reach_a_terminal() {
        assert_eq!(plain("a\x1b[2Jb\tc\u{9b}d"), "a?[2Jb?c?d");
        assert_eq!(plain("Füße"), "Füße");
    }
}
