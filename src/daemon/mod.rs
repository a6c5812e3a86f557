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

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

/// Runs `coracled` with the process's own arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let data = arguments.data.clone().unwrap_or_else(default_data);
    let done = match &arguments.command {
        None => serve::serve(&arguments, &data),
        Some(Command::Check) => operator::check_command(&data),
        Some(Command::Passwd { user }) => operator::passwd_command(&data, user),
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

/// The data directory where none was named: that of the repository one stands in, or the one of an
/// installation.
fn default_data() -> PathBuf {
    let here = PathBuf::from("data");
    if here.join("Credentials").exists() { here } else { PathBuf::from("/var/lib/coracle") }
}
