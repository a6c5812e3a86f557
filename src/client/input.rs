//! Lines from whoever gives commands: a person, with editing and history, or a script.

#![expect(clippy::disallowed_methods, reason = "this room owns the files of scripts")]

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, IsTerminal, Read};
use std::os::unix::ffi::OsStringExt;

use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::exit::Exit;
use super::failure::Failure;
use super::shell::Source;

/// Longest line that is read, in bytes.
const LINE_MAX: u64 = 64 * 1024;

/// Standard input, a line at a time.
pub enum Lines {
    /// A person.
    Terminal(Box<DefaultEditor>),
    /// A pipe or a file at standard input.
    Plain,
    /// A script.
    Script(Box<dyn BufRead>),
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    /// A line, without its end.
    Line(Vec<u8>),
    /// Control-C: the line is given up.
    Nothing,
    /// There is no more.
    End,
}

impl Lines {
    /// Standard input, as it is.
    ///
    /// # Errors
    /// A terminal that can't be set up.
    pub fn new() -> Result<Self, Failure> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Plain);
        }
        let editor = DefaultEditor::new()
            .map_err(|error| Failure::new(Exit::Other, format!("the terminal: {error}")))?;
        Ok(Self::Terminal(Box::new(editor)))
    }

    /// The lines of `source`.
    ///
    /// # Errors
    /// A terminal that can't be set up, or a file that can't be opened.
    pub fn of(source: Source) -> Result<Self, Failure> {
        match source {
            Source::Input => Self::new(),
            Source::Text(text) => Ok(Self::Script(Box::new(Cursor::new(text.into_vec())))),
            Source::File(path) => {
                let file =
                    File::open(&path).map_err(|error| Failure::local(path.display(), &error))?;
                Ok(Self::Script(Box::new(BufReader::new(file))))
            }
        }
    }

    /// True when a person is there.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// Waits for the next line. The prompt is shown to a person alone.
    ///
    /// # Errors
    /// What reading says, and a line over 64 KiB.
    pub fn next(&mut self, prompt: &str) -> Result<Said, Failure> {
        match self {
            Self::Terminal(editor) => match editor.readline(prompt) {
                Ok(line) => {
                    // A history that can't be kept is no reason not to go on.
                    let _ = editor.add_history_entry(&line);
                    Ok(Said::Line(line.into_bytes()))
                }
                Err(ReadlineError::Interrupted) => Ok(Said::Nothing),
                Err(ReadlineError::Eof) => Ok(Said::End),
                Err(error) => Err(broken(&error)),
            },
            Self::Plain => read_line(&mut io::stdin().lock()),
            Self::Script(script) => read_line(script),
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Other, format!("can't read the commands: {error}")).fatal()
}

fn read_line(from: &mut dyn BufRead) -> Result<Said, Failure> {
    let mut line = Vec::new();
    let count = from.take(LINE_MAX).read_until(b'\n', &mut line).map_err(|error| broken(&error))?;
    if count == 0 {
        return Ok(Said::End);
    }
    if line.last() != Some(&b'\n') && count as u64 == LINE_MAX {
        return Err(Failure::new(Exit::Usage, "a line is too long").fatal());
    }
    let end = line.trim_ascii_end().len();
    // Blanks before the line end may be part of a quoted name; only the end goes.
    while line.len() > end && matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Said::Line(line))
}
