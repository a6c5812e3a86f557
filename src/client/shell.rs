//! The shell: line after line until the end, for a person as well as for a pipe.
//!
//! A person sees a prompt, and a failure is told and forgotten. From a pipe or a file the first
//! failure ends the run with its exit code. What a line means is
//! [`arguments`](super::arguments)', what it does is [`operations`](super::operations)'.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::address::Site;
use super::arguments::{Connection, Line};
use super::exit::Exit;
use super::failure::Failure;
use super::input::{Lines, Said};
use super::operations::{Next, Session};
use super::{terminal, words};

/// Runs the shell on `site` until the lines end.
///
/// # Errors
/// No session; for a person, what ended it early; else the first failure of a line.
pub fn run(site: &Site, connection: &Connection) -> Result<(), Failure> {
    let mut lines = Lines::new()?;
    let mut session = Session::open(site, connection, true)?;
    session.enter(&site.path)?;
    if lines.is_terminal() {
        session.tell_more();
    }
    let ended = converse(&mut lines, &mut session);
    session.leave();
    ended
}

fn converse(lines: &mut Lines, session: &mut Session) -> Result<(), Failure> {
    loop {
        let line = match lines.next(&session.prompt())? {
            Said::Line(line) => line,
            Said::Nothing => continue,
            Said::End => return Ok(()),
        };
        match interpret(&line, session) {
            Ok(Next::Line) => {}
            Ok(Next::Farewell) => return Ok(()),
            Err(failure) if lines.is_terminal() && !failure.is_fatal() && !session.is_over() => {
                // What went to another program's end of a pipe was no person's doing.
                if !failure.is_silent() {
                    terminal::tell(&failure.to_string());
                }
            }
            Err(failure) => return Err(failure),
        }
    }
}

fn interpret(line: &[u8], session: &mut Session) -> Result<Next, Failure> {
    let words = words::split(line)
        .map_err(|fault| Failure::new(Exit::Usage, fault.to_string()).about("this line"))?;
    if words.is_empty() {
        return Ok(Next::Line);
    }
    match Line::try_parse_from(words.into_iter().map(OsString::from_vec)) {
        Ok(Line { instruction }) => session.instruct(&instruction),
        // Help that was asked for is an answer; help because of a mistake is none.
        Err(help) if !help.use_stderr() => {
            session.output().text(&help.render().to_string())?;
            Ok(Next::Line)
        }
        Err(mistake) => Err(explain(&mistake)),
    }
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
