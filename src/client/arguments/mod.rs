//! The command line, and the vocabulary of commands that it shares with the shell.
//!
//! [`Job`] is what both can do; where a remote file is meant, the command line has a URL and the
//! shell a path. [`Instruction`] adds what makes sense within a session alone. [`Moving`] and
//! [`Connection`] are the options.

mod connection;
mod jobs;
mod protection;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::connection::{Connection, Moving};
pub use self::jobs::{Get, Job, List, Many, Mirror, Put, Remote};
pub use self::protection::{Newest, Protection, Wish};
use super::exit::Exit;

/// FTP for people and for shell scripts.
///
/// `coracle user@host` opens an interactive shell; with one of the commands below, it does one
/// job and ends. Commands can also come from -e, from a file (-f) or from standard input, several
/// in a line with `;` between them; the first that fails ends the run with its exit code.
///
/// The password comes from the file of --password-file, else from CORACLE_PASSWORD, else from
/// ~/.netrc (neither file may be readable by others), else from a prompt without echo if there is a
/// terminal; never from the arguments.
/// Where no user is given it is the one that ~/.netrc has for the host, else the one that you
/// name when asked by the shell, else anonymous.
#[derive(Debug, Parser)]
#[command(name = "coracle", version, after_help = after_help(), max_term_width = 100)]
pub struct Arguments {
    /// The server, and a directory to begin in: `[user@]host[:port][/dir]` or a URL.
    #[arg(value_name = "HOST")]
    pub host: Option<OsString>,

    /// Commands to do on HOST, separated by `;`.
    #[arg(short, long, value_name = "COMMANDS", requires = "host")]
    pub execute: Option<OsString>,

    /// A file of commands to do on HOST, a line each; `-` is standard input.
    #[arg(short, long, value_name = "FILE", requires = "host", conflicts_with = "execute")]
    pub file: Option<PathBuf>,

    /// Go on with the next command when one has failed.
    #[arg(short, long, requires = "host")]
    pub keep_going: bool,

    /// How connections are made.
    #[command(flatten)]
    pub connection: Connection,

    /// How files are moved.
    #[command(flatten)]
    pub moving: Moving,

    /// One job instead of a shell.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What stands below the options: the ways to call it, and how it ends.
fn after_help() -> String {
    let examples = [
        "coracle user1@localhost:2121/Movies",
        "coracle ls -l ftp://user1@localhost:2121/Movies",
        "coracle get ftp://user1@localhost:2121/Movies/Free%20Fire -o fire",
        "coracle put notes.txt ftp://user1@localhost:2121/Docs/",
        "coracle mget --jobs 4 'ftp://user1@localhost:2121/Music/*.*' here",
        "coracle mirror --retries 5 ftp://user1@localhost:2121/Music music",
        "coracle -e 'cd Docs; mget *.txt; !ls' user1@localhost:2121",
        "coracle ls ftps://user1@ftp.example.org/",
        "coracle guided localhost",
    ];
    format!("Examples:\n  {}\n\n{}", examples.join("\n  "), Exit::table())
}

/// What can stand behind `coracle`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A job on a server.
    #[command(flatten)]
    Job(Job),
    /// Talk the guided dialogue; DOWNLOAD FILE saves into download/.
    ///
    /// It has no AUTH: with --tls require, or ftps://, TLS is there from the first byte on, and
    /// otherwise there is none.
    Guided {
        /// The server: `host[:port]`, port 2120 if none is given.
        #[arg(value_name = "HOST")]
        host: OsString,
    },
}

/// What a line of the shell can say.
#[derive(Debug, Subcommand)]
pub enum Instruction {
    /// A job.
    #[command(flatten)]
    Job(Job),
    /// Change the remote directory; without one, back to where the session began.
    Cd {
        /// The directory.
        directory: Option<OsString>,
    },
    /// Print the remote directory.
    Pwd,
    /// Change the local directory; without one, to the home directory.
    Lcd {
        /// The directory.
        directory: Option<PathBuf>,
    },
    /// Print the local directory.
    Lpwd,
    /// End this session and begin one on another server.
    Open {
        /// The server, and a directory to begin in: `[user@]host[:port][/dir]` or a URL.
        #[arg(value_name = "HOST")]
        host: OsString,
    },
    /// Log in anew, as somebody else.
    User {
        /// The account.
        #[arg(value_name = "NAME")]
        name: OsString,
    },
    /// Say where the session stands.
    Status,
    /// Show the directories at the top, or the files of one: `show directories`, `show directory
    /// NAME`.
    Show {
        /// Which of the two.
        #[command(subcommand)]
        what: Show,
    },
    /// Download a file of the directory that was shown last: `download file NAME`.
    Download {
        /// The word `file`.
        #[command(subcommand)]
        what: Fetch,
    },
    /// Nothing: files are always moved as they are.
    #[command(visible_alias = "ascii")]
    Binary,
    /// Let the server listen for data connections, or, the next time, not.
    Passive,
    /// Nothing: this shell never asks before it does something.
    Prompt,
    /// End the session.
    #[command(visible_aliases = ["bye", "exit"])]
    Quit,
}

/// What `show` shows.
#[derive(Debug, Subcommand)]
pub enum Show {
    /// The directories at the top.
    Directories,
    /// The files of one of them.
    Directory {
        /// Its name; several words need no quotes.
        #[arg(value_name = "NAME", required = true)]
        name: Vec<OsString>,
    },
}

/// What `download` downloads.
#[derive(Debug, Subcommand)]
pub enum Fetch {
    /// A file.
    File {
        /// Its name, or DIRECTORY/NAME; several words need no quotes.
        #[arg(value_name = "NAME", required = true)]
        name: Vec<OsString>,
    },
}

/// One line of the shell.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, name = "", help_template = "{subcommands}", max_term_width = 100)]
pub struct Line {
    /// What holds for this line alone.
    #[command(flatten)]
    pub moving: Moving,

    /// What it says.
    #[command(subcommand)]
    pub instruction: Instruction,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Arguments::command().debug_assert();
        Line::command().debug_assert();
    }

    #[test]
    fn a_command_word_wins_over_a_host() {
        let parsed = Arguments::try_parse_from(["coracle", "ls", "ftp://h/"]).unwrap();
        assert!(matches!(parsed.command, Some(Command::Job(Job::Ls(_)))));
        let parsed = Arguments::try_parse_from(["coracle", "--timeout", "5", "u@h"]).unwrap();
        assert_eq!(parsed.host.unwrap(), "u@h");
        assert_eq!(parsed.connection.patience(), Duration::from_secs(5));
    }

    #[test]
    fn lines_are_instructions() {
        let parsed = Line::try_parse_from(["get", "-f", "a", "b"]).unwrap();
        assert!(matches!(parsed.instruction, Instruction::Job(Job::Get(Get { force: true, .. }))));
        let parsed = Line::try_parse_from(["bye"]).unwrap();
        assert!(matches!(parsed.instruction, Instruction::Quit));
        assert!(Line::try_parse_from(["launch"]).is_err());
        let parsed = Line::try_parse_from(["mget", "--jobs", "3", "-c", "*.txt"]).unwrap();
        assert!(parsed.moving.resume && parsed.moving.connections() == 3);
        let parsed = Line::try_parse_from(["show", "directory", "Free", "Fire"]).unwrap();
        let Instruction::Show { what: Show::Directory { name } } = parsed.instruction else {
            panic!("{parsed:?}")
        };
        assert_eq!(name, ["Free", "Fire"]);
    }
}
