//! The command line, and the vocabulary of commands that it shares with the shell.
//!
//! [`Job`] is what both can do; where a remote file is meant, the command line has a URL and the
//! shell a path. [`Instruction`] adds what makes sense within a session alone.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::exit::Exit;

/// FTP for people and for shell scripts.
///
/// `coracle user@host` opens an interactive shell; with one of the commands below, it does one
/// job and ends. Commands can also come from standard input, a line each:
/// `echo 'get Movies/Joker' | coracle user1@host:2121`; the first that fails ends the run with
/// its exit code.
///
/// The password comes from CORACLE_PASSWORD, else from ~/.netrc (which must not be readable by
/// others), else from a prompt without echo if there is a terminal; never from the arguments.
/// Where no user is given it is the one that ~/.netrc has for the host, else the one that you
/// name when asked by the shell, else anonymous.
#[derive(Debug, Parser)]
#[command(name = "coracle", version, after_help = after_help(), max_term_width = 100)]
pub struct Arguments {
    /// The server, and a directory to begin in: `[user@]host[:port][/dir]` or a URL.
    #[arg(value_name = "HOST")]
    pub host: Option<OsString>,

    /// How connections are made.
    #[command(flatten)]
    pub connection: Connection,

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
        "coracle guided localhost",
    ];
    format!("Examples:\n  {}\n\n{}", examples.join("\n  "), Exit::table())
}

/// How connections are made.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The longest that anything may take that makes no progress.
    #[arg(long, value_name = "SECONDS", default_value = "60", global = true,
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,

    /// Let the server connect to us for data (PORT), instead of the other way round.
    #[arg(long, global = true)]
    pub active: bool,
}

impl Connection {
    /// The longest that anything may take that makes no progress.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }
}

/// What can stand behind `coracle`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A job on a server.
    #[command(flatten)]
    Job(Job),
    /// Talk the guided dialogue; DOWNLOAD FILE saves into download/.
    Guided {
        /// The server: `host[:port]`, port 2120 if none is given.
        #[arg(value_name = "HOST")]
        host: OsString,
    },
}

/// What can be done on a server, by one run of the program as well as by a line of the shell.
#[derive(Debug, Subcommand)]
pub enum Job {
    /// List files and directories together, in alphabetic order.
    Ls(List),
    /// List directories first, then files, each in alphabetic order.
    Dir(List),
    /// Download a file. It arrives as NAME.part and gets its name when it is whole.
    Get(Get),
    /// Upload a file.
    Put(Put),
    /// Print a file.
    Cat(Remote),
    /// Print a file's size in bytes.
    Size(Remote),
    /// Make a directory.
    Mkdir(Remote),
    /// Remove an empty directory.
    Rmdir(Remote),
    /// Remove a file.
    #[command(visible_alias = "delete")]
    Rm(Remote),
    /// Rename or move.
    #[command(visible_alias = "rename")]
    Mv {
        /// What to rename: a path in the shell, a URL on the command line.
        #[arg(value_name = "REMOTE")]
        remote: OsString,
        /// The path that it gets.
        #[arg(value_name = "NEW")]
        new: OsString,
    },
}

impl Job {
    /// The name of what it is done to, where one is given.
    #[must_use]
    pub const fn remote(&self) -> Option<&OsString> {
        match self {
            Self::Ls(list) | Self::Dir(list) => list.remote.as_ref(),
            Self::Put(put) => put.remote.as_ref(),
            Self::Get(Get { remote, .. }) | Self::Mv { remote, .. } => Some(remote),
            Self::Cat(name)
            | Self::Size(name)
            | Self::Mkdir(name)
            | Self::Rmdir(name)
            | Self::Rm(name) => Some(&name.remote),
        }
    }

    /// Gives it another name to be done to.
    pub fn set_remote(&mut self, name: OsString) {
        match self {
            Self::Ls(list) | Self::Dir(list) => list.remote = Some(name),
            Self::Put(put) => put.remote = Some(name),
            Self::Get(Get { remote, .. }) | Self::Mv { remote, .. } => *remote = name,
            Self::Cat(file)
            | Self::Size(file)
            | Self::Mkdir(file)
            | Self::Rmdir(file)
            | Self::Rm(file) => file.remote = name,
        }
    }
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
    /// End the session.
    #[command(visible_aliases = ["bye", "exit"])]
    Quit,
}

/// One line of the shell.
#[derive(Debug, Parser)]
#[command(multicall = true, help_template = "{subcommands}", max_term_width = 100)]
pub struct Line {
    /// What it says.
    #[command(subcommand)]
    pub instruction: Instruction,
}

/// `ls` and `dir`.
#[derive(Debug, Args)]
pub struct List {
    /// With mode, size and time (UTC).
    #[arg(short = 'l')]
    pub long: bool,
    /// One name a line.
    #[arg(short = '1')]
    pub single: bool,
    /// A directory: a path in the shell, a URL on the command line.
    #[arg(value_name = "REMOTE")]
    pub remote: Option<OsString>,
}

/// `get`.
#[derive(Debug, Args)]
pub struct Get {
    /// The file: a path in the shell, a URL on the command line.
    #[arg(value_name = "REMOTE")]
    pub remote: OsString,
    /// Where to put it: a file, or a directory that exists. The same name, here, if not given.
    #[arg(value_name = "LOCAL", conflicts_with = "output")]
    pub local: Option<PathBuf>,
    /// The same as LOCAL.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite what is there.
    #[arg(short, long)]
    pub force: bool,
}

/// `put`.
#[derive(Debug, Args)]
pub struct Put {
    /// The file to upload.
    #[arg(value_name = "LOCAL")]
    pub local: PathBuf,
    /// Its remote name: a path in the shell, a URL on the command line. One that ends in a slash
    /// is a directory, and the file keeps its name.
    #[arg(value_name = "REMOTE")]
    pub remote: Option<OsString>,
}

/// A command with one remote name.
#[derive(Debug, Args)]
pub struct Remote {
    /// The name: a path in the shell, a URL on the command line.
    #[arg(value_name = "REMOTE")]
    pub remote: OsString,
}

#[cfg(test)]
mod tests {
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
    }
}
