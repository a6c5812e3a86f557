//! L4. The operator's side: arguments, log, signals, the helper thread, and the one place that
//! makes the real sockets and the real files.
//!
//! Everything below it is told what to do by values; this room turns what an operator typed into
//! those values and drives the [`Reactor`](crate::reactor::Reactor).

mod arguments;
mod certificate;
mod config;
mod helper;
mod log;
mod operator;
mod rows;
mod serve;
mod signals;
mod tables;
mod tls;
pub mod walls;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::accounts::Change;

use arguments::{Arguments, Command};
use config::Wrong;
use tables::Tables;
use tls::Served;

/// The exit code where the options can't be understood, which is clap's.
const USAGE: u8 = 2;

/// Runs `coracled` with the process's own arguments.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(Wrong::Usage(error)) => error.exit(),
        Err(Wrong::File(lines)) => {
            for line in lines.lines() {
                let _ = writeln!(io::stderr(), "coracled: {line}");
            }
            return ExitCode::from(USAGE);
        }
    };
    let data = arguments.data.clone().unwrap_or_else(default_data);
    let done = match &arguments.command {
        None => serve::serve(&arguments, &data),
        Some(Command::Check) => check(&arguments, &data),
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

/// The options as they were typed, and as the file of `--config` has them.
fn arguments() -> Result<Arguments, Wrong> {
    let matches = config::matches(&Arguments::command(), std::env::args_os())?;
    Ok(Arguments::from_arg_matches(&matches)?)
}

/// The definition of `coracled`'s arguments, from which its man page and completions are made.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}

/// `coracled check`: says all that is wrong, each with file and line, or how much there is, and by
/// which SHA-256 clients know the certificate.
fn check(arguments: &Arguments, data: &Path) -> Result<(), String> {
    let accounts = operator::check(&Tables::new(data, arguments));
    let certificate = tls::inspect(arguments, data);
    let mut lines: Vec<String> = Vec::new();
    lines.extend(accounts.as_ref().err().into_iter().flatten().map(ToString::to_string));
    lines.extend(certificate.as_ref().err().cloned());
    let (Ok(summary), Ok(certificate)) = (accounts, certificate) else {
        let plural = if lines.len() == 1 { "" } else { "s" };
        let (count, data) = (lines.len(), data.display());
        return Err(format!("{count} mistake{plural} in {data}\n{}", lines.join("\n")));
    };
    let own = summary.warnings.iter().map(ToString::to_string);
    let of_tls = arguments.tls.warning(summary.by_certificate);
    let of_certificate = certificate.iter().flat_map(|served| served.warnings.clone());
    for warning in own.chain(of_tls).chain(of_certificate) {
        let _ = writeln!(io::stderr(), "coracled: {warning}");
    }
    let mut said = format!("{}: {summary}, nothing wrong\n", data.display());
    if let Some(Served { fingerprint, .. }) = certificate {
        said.push_str(&format!("certificate sha256 {fingerprint}\n"));
    }
    let _ = io::stdout().write_all(said.as_bytes());
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
