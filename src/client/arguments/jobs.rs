//! What can be done on a server, and the parameters of each command.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

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
    /// Download files: names, or patterns such as name.*, *.ext, *.* (all) or [a-f]*. In the shell
    /// every word is one; on the command line the first is a URL and a directory may follow.
    Mget(Many),
    /// Upload files: names or patterns. On the command line the last word is the URL of a
    /// directory.
    Mput(Many),
    /// Make DIRECTORY the same as a remote directory, or with --reverse the other way round. In the
    /// shell: `mirror REMOTE LOCAL`; with --reverse: `mirror -R LOCAL REMOTE`.
    Mirror(Mirror),
    /// Print a file.
    Cat(Remote),
    /// Print a file's SHA-256, from the server where it can tell, else of what is downloaded.
    Sum(Remote),
    /// Have the server write NAME.gz beside a file.
    Compress(Remote),
    /// Change a file's permissions (SITE CHMOD).
    Chmod {
        /// The permissions, in octal digits.
        #[arg(value_name = "MODE")]
        mode: String,
        /// The file: a path in the shell, a URL on the command line.
        #[arg(value_name = "REMOTE")]
        remote: OsString,
    },
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
    /// The name of what it is done to on the server, where one is given. On the command line it is
    /// the URL.
    #[must_use]
    pub fn remote(&self) -> Option<&OsString> {
        match self {
            Self::Ls(list) | Self::Dir(list) => list.remote.as_ref(),
            Self::Put(put) => put.remote.as_ref(),
            Self::Mget(many) => many.names.first(),
            Self::Mput(many) => many.names.last(),
            Self::Mirror(mirror) => {
                if mirror.reverse {
                    mirror.to.as_ref()
                } else {
                    Some(&mirror.from)
                }
            }
            Self::Get(Get { remote, .. })
            | Self::Mv { remote, .. }
            | Self::Chmod { remote, .. } => Some(remote),
            Self::Cat(name)
            | Self::Sum(name)
            | Self::Compress(name)
            | Self::Size(name)
            | Self::Mkdir(name)
            | Self::Rmdir(name)
            | Self::Rm(name) => Some(&name.remote),
        }
    }

    /// Puts a path in place of the URL, and makes of the words of the command line what the shell's
    /// would be: there, `mget` and `mput` name the other directory with `-o`.
    pub fn set_remote(&mut self, name: OsString) {
        match self {
            Self::Ls(list) | Self::Dir(list) => list.remote = Some(name),
            Self::Put(put) => put.remote = Some(name),
            Self::Mget(many) => {
                let directory = many.names.drain(1.min(many.names.len())..).next_back();
                many.output = many.output.take().or(directory);
                many.names = vec![name];
            }
            Self::Mput(many) => {
                many.names.pop();
                many.output = Some(name);
            }
            Self::Mirror(mirror) => {
                if mirror.reverse {
                    mirror.to = Some(name);
                } else {
                    mirror.from = name;
                }
            }
            Self::Get(Get { remote, .. })
            | Self::Mv { remote, .. }
            | Self::Chmod { remote, .. } => *remote = name,
            Self::Cat(file)
            | Self::Sum(file)
            | Self::Compress(file)
            | Self::Size(file)
            | Self::Mkdir(file)
            | Self::Rmdir(file)
            | Self::Rm(file) => file.remote = name,
        }
    }
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

/// `mget` and `mput`.
#[derive(Debug, Args)]
pub struct Many {
    /// Files or patterns.
    #[arg(value_name = "NAMES", required = true)]
    pub names: Vec<OsString>,
    /// The directory to put them into: a local one for mget, a remote one for mput.
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<OsString>,
    /// Overwrite what is there.
    #[arg(short, long)]
    pub force: bool,
}

/// `mirror`.
#[derive(Debug, Args)]
pub struct Mirror {
    /// What is copied: a remote directory, or with --reverse a local one.
    #[arg(value_name = "FROM")]
    pub from: OsString,
    /// What becomes the same: a local directory, or with --reverse a remote one.
    #[arg(value_name = "TO")]
    pub to: Option<OsString>,
    /// From here to the server.
    #[arg(short = 'R', long)]
    pub reverse: bool,
    /// Remove what is not there where it is copied from.
    #[arg(long)]
    pub delete: bool,
    /// Say what would be done, a line each, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Only files whose name or path matches; may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<OsString>,
    /// No file or directory whose name or path matches; may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<OsString>,
}
