//! The shell: line after line until the end, for a person as well as for a script.
//!
//! A person sees a prompt, and a failure is told and forgotten. In a script the first failure ends
//! the run with its exit code, unless it is to keep going. What a line means is
//! [`arguments`](super::arguments)', what it does is [`operations`](super::operations)'.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::address::Site;
use super::arguments::{Connection, Line, Moving};
use super::exit::Exit;
use super::failure::Failure;
use super::input::{Lines, Said};
use super::operations::{Next, Session};
use super::{terminal, words};

/// Where the lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input: a person or a pipe.
    Input,
    /// These very lines.
    Text(OsString),
    /// A file.
    File(PathBuf),
}

impl Source {
    /// As `-e` and `-f` say; a file `-` is standard input.
    #[must_use]
    pub fn of(text: Option<OsString>, file: Option<PathBuf>) -> Self {
        match (text, file) {
            (Some(text), _) => Self::Text(text),
            (None, Some(file)) if file.as_os_str() != "-" => Self::File(file),
            (None, _) => Self::Input,
        }
    }
}

/// Runs the shell on `site` until the lines end. `keep_going` goes on after a failure.
///
/// # Errors
/// No session; for a person, what ended it early; else the first failure of a line, or
/// [`Exit::Partly`] if others were done nevertheless.
pub fn run(
    site: &Site,
    connection: &Connection,
    moving: &Moving,
    source: Source,
    keep_going: bool,
) -> Result<(), Failure> {
    let mut lines = Lines::of(source)?;
    let mut session = Session::open(site, connection, moving, true)?;
    session.enter(&site.path)?;
    if lines.is_terminal() {
        session.tell_more();
    }
    let mut talk = Talk { keep_going, done: 0, first: None, failed: 0 };
    let session = Rc::new(RefCell::new(session));
    lines.serve(&session);
    let ended = talk.hold(&mut lines, &session);
    // The completion of words has the session as well.
    drop(lines);
    if let Some(session) = Rc::into_inner(session) {
        session.into_inner().leave();
    }
    ended.and_then(|()| talk.verdict())
}

/// A script under way.
struct Talk {
    keep_going: bool,
    /// Instructions that were done, and that failed.
    done: usize,
    failed: usize,
    first: Option<Failure>,
}

impl Talk {
    fn hold(&mut self, lines: &mut Lines, session: &RefCell<Session>) -> Result<(), Failure> {
        loop {
            let prompt = session.borrow().prompt();
            let line = match lines.next(&prompt)? {
                Said::Line(line) => line,
                Said::Nothing => continue,
                Said::End => return Ok(()),
            };
            let is_terminal = lines.is_terminal();
            if self.line(&line, &mut session.borrow_mut(), is_terminal)? == Next::Farewell {
                return Ok(());
            }
        }
    }

    /// Does all of a line.
    fn line(
        &mut self,
        line: &[u8],
        session: &mut Session,
        is_terminal: bool,
    ) -> Result<Next, Failure> {
        if let Some(command) = line.trim_ascii_start().strip_prefix(b"!") {
            return self.one(call(command, session), session, is_terminal);
        }
        let sentences = words::split(line)
            .map_err(|fault| Failure::new(Exit::Usage, fault.to_string()).about("this line"));
        let sentences = match sentences {
            Ok(sentences) => sentences,
            Err(failure) => return self.one(Err(failure), session, is_terminal),
        };
        for words in sentences {
            let next = if words.first().is_some_and(|word| word.starts_with(b"!")) {
                let command = words.join(&b' ');
                call(command.get(1..).unwrap_or_default(), session)
            } else {
                interpret(words, session)
            };
            if self.one(next, session, is_terminal)? == Next::Farewell {
                return Ok(Next::Farewell);
            }
        }
        Ok(Next::Line)
    }

    /// Decides what the end of one instruction means for the next.
    fn one(
        &mut self,
        result: Result<Next, Failure>,
        session: &Session,
        is_terminal: bool,
    ) -> Result<Next, Failure> {
        let failure = match result {
            Ok(next) => {
                self.done += 1;
                return Ok(next);
            }
            Err(failure) => failure,
        };
        let survives = !failure.is_fatal() && !session.is_over();
        if is_terminal && survives {
            // What went to another program's end of a pipe was no person's doing.
            if !failure.is_silent() {
                terminal::tell(&failure.to_string());
            }
            return Ok(Next::Line);
        }
        if self.keep_going && survives && failure.exit() != Exit::Interrupted {
            terminal::tell(&format!("coracle: {failure}"));
            self.failed += 1;
            self.first.get_or_insert(failure);
            return Ok(Next::Line);
        }
        Err(failure)
    }

    fn verdict(self) -> Result<(), Failure> {
        let Some(first) = self.first else { return Ok(()) };
        let exit = if self.done > 0 { Exit::Partly } else { first.exit() };
        let what = format!("{} commands failed, {} are done", self.failed, self.done);
        Err(Failure::new(exit, what))
    }
}

fn interpret(mut words: Vec<Vec<u8>>, session: &mut Session) -> Result<Next, Failure> {
    lower(&mut words);
    match Line::try_parse_from(words.into_iter().map(OsString::from_vec)) {
        Ok(Line { moving, instruction }) => session.instruct(&instruction, &moving),
        // Help that was asked for is an answer; help because of a mistake is none.
        Err(help) if !help.use_stderr() => {
            session.output().text(&help.render().to_string())?;
            Ok(Next::Line)
        }
        Err(mistake) => Err(explain(&mistake)),
    }
}

/// Commands are known in capitals as well, as FTP and the guided dialogue have them.
fn lower(words: &mut [Vec<u8>]) {
    let Some((first, rest)) = words.split_first_mut() else { return };
    first.make_ascii_lowercase();
    if let (b"show" | b"download", Some(second)) = (&first[..], rest.first_mut()) {
        second.make_ascii_lowercase();
    }
}

/// `!COMMAND`: the rest of the line is the local shell's, in the local directory.
fn call(command: &[u8], session: &Session) -> Result<Next, Failure> {
    let local = session.local();
    let local = if local.as_os_str().is_empty() { std::path::Path::new(".") } else { local };
    let status = Command::new("/bin/sh")
        .arg("-c")
        .arg(OsStr::from_bytes(command))
        .current_dir(local)
        // Nobody's password is another program's business.
        .env_remove("CORACLE_PASSWORD")
        .status()
        .map_err(|error| Failure::new(Exit::Other, format!("can't be run: {error}")))?;
    if status.success() {
        return Ok(Next::Line);
    }
    Err(Failure::new(Exit::Other, status.to_string()).about(String::from_utf8_lossy(command)))
}

/// A line that is no instruction, in words for a line and not for a program's arguments.
fn explain(mistake: &clap::Error) -> Failure {
    if mistake.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(word)) = mistake.get(ContextKind::InvalidSubcommand)
    {
        let failure = Failure::new(Exit::Usage, "there is no such command").about(word.as_str());
        return failure.advise("help lists the commands");
    }
    let text = mistake.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let (what, more) = text.split_once('\n').unwrap_or((text, ""));
    let failure = Failure::new(Exit::Usage, what);
    match more.trim() {
        "" => failure,
        more => failure.advise(more),
    }
}
