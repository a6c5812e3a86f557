//! L4. The operator's side: arguments, log, signals, the helper thread, and the one place that
//! makes the real sockets and the real files.
//!
//! Everything below it is told what to do by values; this room turns what an operator typed into
//! those values and drives the [`Reactor`](crate::reactor::Reactor).

mod arguments;
mod helper;
mod log;
mod operator;
mod serve;
mod signals;
mod turns;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::accounts::Change;

use arguments::{Arguments, Command};

/// Runs `coracled` with the process's own arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let data = arguments.data.clone().unwrap_or_else(default_data);
    let done = match &arguments.command {
        None => serve::serve(&arguments, &data),
        Some(Command::Check) => check(&data),
        Some(Command::Passwd { user }) => passwd(&data, user),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // Nobody is left to be told if standard error is gone.
            let _ = writeln!(io::stderr(), "coracled: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The definition of `coracled`'s arguments, from which its man page and completions are made.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}

/// `coracled check`: says all that is wrong, each with file and line, or how much there is.
fn check(data: &Path) -> Result<(), String> {
    let summary = operator::check(data).map_err(|complaints| {
        let lines: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        let plural = if lines.len() == 1 { "" } else { "s" };
        format!("{} mistake{plural} in {}\n{}", lines.len(), data.display(), lines.join("\n"))
    })?;
    for warning in &summary.warnings {
        let _ = writeln!(io::stderr(), "coracled: {warning}");
    }
    let _ = writeln!(io::stdout(), "{}: {summary}, nothing wrong", data.display());
    Ok(())
}

/// `coracled passwd`: adds a client or changes its password.
fn passwd(data: &Path, user: &str) -> Result<(), String> {
    let failed = |error| format!("the password of {user} is not changed: {error}");
    let password = operator::read_new_password(user).map_err(failed)?;
    let change = operator::passwd(data, user, &password).map_err(failed)?;
    let done = match change {
        Change::Added => "added",
        Change::Changed => "has a new password",
    };
    let _ = writeln!(io::stdout(), "{user} {done}; a running server takes it up on SIGHUP");
    Ok(())
}

/// The data directory where none was named: that of the repository one stands in, or the one of an
/// installation.
fn default_data() -> PathBuf {
    let here = PathBuf::from("data");
    if here.join("Credentials").exists() { here } else { PathBuf::from("/var/lib/coracle") }
}
