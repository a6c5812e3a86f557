//! The client: `coracle` at a terminal, in a script, and for one job.
//!
//! - [`arguments`] and [`words`]: what the user wants; one vocabulary for all three ways.
//! - [`address`], [`password`], [`netrc`]: where to, as whom.
//! - [`user_pi`]: the FTP dialogue, pure; [`link`]: the same over sockets, at a [`pace`], with
//!   [`interrupt`] for Control-C.
//! - [`security`]: what is demanded of TLS, and whom is trusted.
//! - [`dialer`]: logs in, as often as it is needed; [`courier`]: moves one file, and with [`retry`]
//!   tries again; [`fleet`]: moves many. [`download`] is what is kept of a file before it is whole,
//!   [`sums`] what its content is compared by.
//! - [`operations`]: what each command does, over a courier and on local files; with [`listing`]
//!   for what is shown, [`pattern`] for what is meant, and [`report`], [`json`] and [`progress`] for
//!   what is said of moved files, in one [`voice`].
//! - [`shell`], [`guided`], with [`input`], [`completion`] and [`terminal`]: the talk with people and scripts.
//! - [`failure`] and [`exit`]: what is said, and with which code the run ends, when it goes wrong.
//!
//! It imports `terms` and `wire`, nothing of the server, and owns its sockets, files and clock:
//! a client has one thing to do and may wait for it.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use self::address::{AddressFault, Site};
use self::arguments::{Arguments, Command, Connection, Job, Moving};
use self::exit::Exit;
use self::failure::Failure;
use self::operations::Session;

pub mod address;
pub mod arguments;
pub mod completion;
pub mod courier;
pub mod dialer;
pub mod download;
pub mod exit;
pub mod failure;
pub mod fleet;
pub mod guided;
pub mod input;
pub mod interrupt;
pub mod json;
pub mod link;
pub mod listing;
pub mod netrc;
pub mod operations;
pub mod pace;
pub mod password;
pub mod pattern;
pub mod progress;
pub mod report;
pub mod retry;
pub mod security;
pub mod shell;
pub mod sums;
pub mod terminal;
pub mod user_pi;
pub mod voice;
pub mod words;

/// Runs `coracle` as its arguments say, and reports on standard error what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => {
            // That nobody reads the help is nothing that could be told to anybody.
            let _ = answer.print();
            let exit = if answer.use_stderr() { Exit::Usage } else { Exit::Done };
            return exit.into();
        }
    };
    match dispatch(arguments) {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            if !failure.is_silent() {
                terminal::tell(&format!("coracle: {failure}"));
            }
            failure.exit().into()
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { host, execute, file, keep_going, connection, moving, command } = arguments;
    match (host, command) {
        (Some(host), None) => {
            let source = shell::Source::of(execute, file);
            let site = site(&host, Site::parse)?;
            shell::run(&site, &connection, &moving, source, keep_going)
        }
        (None, Some(Command::Guided { host })) => {
            guided::run(&site(&host, Site::parse)?, &connection)
        }
        (None, Some(Command::Job(job))) => one_job(job, &connection, &moving),
        (None, None) => {
            let usage = Arguments::command().render_usage().to_string();
            Err(Failure::new(Exit::Usage, "no host is given").advise(usage))
        }
        (Some(host), Some(_)) => {
            Err(Failure::new(Exit::Usage, "a host and a command exclude each other")
                .about(host.to_string_lossy())
                .advise(
                    "for one job the host stands in the URL, as in coracle ls ftp://user@host/path",
                ))
        }
    }
}

/// One job: its URL says where, and what is left of it is the path there.
fn one_job(mut job: Job, connection: &Connection, moving: &Moving) -> Result<(), Failure> {
    if let Job::Mget(many) = &job
        && many.names.len() > 2
    {
        let what = "one URL, in quotes if it has a pattern, and one directory";
        return Err(Failure::new(Exit::Usage, what).about("mget"));
    }
    let url = job.remote().cloned().unwrap_or_default();
    let site = site(&url, Site::parse_url)?;
    let path = std::ffi::OsString::from_vec(site.path.clone());
    job.set_remote(path);
    let mut session = Session::open(&site, connection, moving, false)?;
    let done = session.job(&job);
    session.leave();
    done
}

fn site(text: &OsStr, parse: fn(&[u8]) -> Result<Site, AddressFault>) -> Result<Site, Failure> {
    parse(text.as_bytes()).map_err(|fault| {
        let failure = Failure::new(Exit::Usage, fault.to_string());
        // What may hold a password is not repeated.
        if fault == AddressFault::Password {
            failure
        } else {
            failure.about(text.to_string_lossy())
        }
    })
}
