//! Lines from whoever gives commands: a person, with editing and history, or a script.

#![expect(clippy::disallowed_methods, reason = "this room owns the files of scripts")]

use std::cell::RefCell;
use std::fs::{DirBuilder, File};
use std::io::{self, BufRead, BufReader, Cursor, IsTerminal, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::rc::Rc;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use super::completion::Completion;
use super::exit::Exit;
use super::failure::Failure;
use super::operations::Session;
use super::shell::Source;

/// Longest line that is read, in bytes.
const LINE_MAX: u64 = 64 * 1024;

/// Most lines that are remembered from one session to the next.
const HISTORY_MAX: usize = 1000;

/// Where lines come from, one at a time.
pub enum Lines {
    /// A person.
    Terminal(Box<Terminal>),
    /// A pipe or a file at standard input.
    Plain,
    /// A script.
    Script(Box<dyn BufRead>),
}

/// A person's line editor.
pub struct Terminal {
    editor: Editor<Completion, FileHistory>,
    /// Where lines are remembered, if anywhere.
    history: Option<PathBuf>,
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
        let failed = |error| Failure::new(Exit::Other, format!("the terminal: {error}"));
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .max_history_size(HISTORY_MAX)
            .map_err(failed)?
            .build();
        let editor = Editor::with_config(config).map_err(failed)?;
        Ok(Self::Terminal(Box::new(Terminal { editor, history: None })))
    }

    /// Lets a person complete words as `session` knows them, and find the lines of earlier sessions.
    /// The guided dialogue has neither: its lines are answers.
    pub fn serve(&mut self, session: &Rc<RefCell<Session>>) {
        let Self::Terminal(terminal) = self else { return };
        terminal.editor.set_helper(Some(Completion::new(Rc::clone(session))));
        terminal.history = history();
        if let Some(path) = &terminal.history {
            // That there is none yet is no failure.
            let _ = terminal.editor.load_history(path);
        }
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
            Self::Terminal(terminal) => match terminal.editor.readline(prompt) {
                Ok(line) => {
                    terminal.remember(&line);
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

impl Terminal {
    /// Keeps a line for the next session as well. A history that can't be kept is no reason not to
    /// go on.
    fn remember(&mut self, line: &str) {
        let added = self.editor.add_history_entry(line);
        if let (Ok(true), Some(path)) = (added, &self.history) {
            let _ = self.editor.append_history(path);
        }
    }
}

/// The file for lines, in the user's state directory, which is made if need be.
fn history() -> Option<PathBuf> {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    let directory = state.join("coracle");
    DirBuilder::new().recursive(true).mode(0o700).create(&directory).ok()?;
    Some(directory.join("history"))
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
