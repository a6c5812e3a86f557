//! What each command does, over a link and on local files.
//!
//! A [`Session`] is logged in. The shell gives it instructions with paths, a run for one job gives
//! it a job with a URL; it refuses to know which. What was asked for goes to standard output and
//! nothing else does. Here is what takes one dialogue; `browse` lists, `moving` moves files and
//! `mirror` whole trees.

#![expect(clippy::disallowed_methods, reason = "the calendar is read here, for listings")]

mod browse;
mod mirror;
mod moving;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::address::Site;
use super::arguments::{Connection, Fetch, Instruction, Job, Moving, Show};
use super::courier::{Conduct, Courier};
use super::dialer::Dialer;
use super::exit::Exit;
use super::failure::Failure;
use super::listing::Order;
use super::report::Report;
use super::retry::Tries;
use super::terminal::{self, Output};
use super::user_pi::{Answer, ClientFault, DataMode, Task};
use crate::terms::UnixTime;
use crate::wire::ftp::reply::{Class, Reply};

/// How long a server may take to say goodbye. Nobody has anything to lose by then.
const FAREWELL: Duration = Duration::from_secs(2);

/// A login on a server, and where in its tree and in ours it stands.
#[derive(Debug)]
pub struct Session {
    courier: Courier,
    connection: Connection,
    output: Output,
    /// What holds for every command, unless its line says otherwise.
    habits: Moving,
    /// What holds for the command under way.
    moving: Moving,
    report: Report,
    /// `user@host:port`, for the prompt.
    name: String,
    /// The remote directory, as PWD said last.
    directory: Vec<u8>,
    /// The remote directory in which the session began.
    home: Vec<u8>,
    /// The directory that `show directory` has shown last.
    shown: Option<Vec<u8>>,
    /// The local directory.
    local: PathBuf,
    /// A person is there, who wants to know that something was done.
    talkative: bool,
}

/// Whether the shell goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// With the next line.
    Line,
    /// Not at all.
    Farewell,
}

impl Session {
    /// Connects and logs in. `ask_user` lets a person name the account where nothing else does.
    ///
    /// # Errors
    /// No connection, no password, or a login that is refused.
    pub fn open(
        site: &Site,
        connection: &Connection,
        habits: &Moving,
        ask_user: bool,
    ) -> Result<Self, Failure> {
        let dialer = Dialer::new(site, connection, ask_user)?;
        let report = Report::new(habits, false);
        let mut courier = Courier::new(dialer, Vec::new(), report.voice().clone());
        courier.insist(Conduct::of(habits).tries(), |courier| courier.link().map(drop))?;
        Ok(Self {
            name: courier.dialer().name(),
            courier,
            connection: connection.clone(),
            output: Output::new(),
            habits: habits.clone(),
            moving: habits.clone(),
            report,
            directory: Vec::new(),
            home: Vec::new(),
            shown: None,
            local: PathBuf::new(),
            talkative: false,
        })
    }

    /// Finds out where the session stands, after going to `directory` unless that is empty.
    ///
    /// # Errors
    /// The server has no such directory.
    pub fn enter(&mut self, directory: &[u8]) -> Result<(), Failure> {
        if !directory.is_empty() {
            self.command(Task::Cwd(directory.to_vec()), directory)?;
        }
        self.learn_directory()?;
        self.home.clone_from(&self.directory);
        Ok(())
    }

    /// Says from now on, on standard error, what has been transferred.
    pub fn tell_more(&mut self) {
        self.talkative = true;
        self.report = Report::new(&self.habits, true);
        self.courier.use_voice(self.report.voice());
    }

    /// What the shell shows before each line.
    #[must_use]
    pub fn prompt(&self) -> String {
        let directory = String::from_utf8_lossy(&self.directory);
        terminal::plain(&format!("coracle {}:{directory}> ", self.name))
    }

    /// True when the connection is of no more use.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.courier.is_over()
    }

    /// Standard output.
    #[must_use]
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// The local directory, empty for the process's own.
    #[must_use]
    pub fn local(&self) -> &Path {
        &self.local
    }

    /// Does what a line of the shell says; `moving` is what the line alone wants.
    ///
    /// # Errors
    /// As the command fails.
    pub fn instruct(
        &mut self,
        instruction: &Instruction,
        moving: &Moving,
    ) -> Result<Next, Failure> {
        self.moving = moving.over(&self.habits);
        self.report = Report::new(&self.moving, self.talkative);
        self.courier.use_voice(self.report.voice());
        match instruction {
            Instruction::Job(job) => self.job(job)?,
            Instruction::Cd { directory } => {
                let directory = directory.as_ref().map_or_else(|| self.home.clone(), bytes);
                let task =
                    if directory == b".." { Task::Cdup } else { Task::Cwd(directory.clone()) };
                self.command(task, &directory)?;
                self.learn_directory()?;
            }
            Instruction::Pwd => {
                self.learn_directory()?;
                self.output.line(&self.directory)?;
            }
            Instruction::Lcd { directory } => self.change_local(directory.as_deref())?,
            Instruction::Lpwd => {
                let here = std::path::absolute(self.local.join("."))
                    .map_err(|error| Failure::local(".", &error))?;
                self.output.line(here.as_os_str().as_bytes())?;
            }
            Instruction::Open { host } => {
                let site = Site::parse(host.as_bytes())
                    .map_err(|fault| Failure::new(Exit::Usage, fault.to_string()))?;
                self.reopen(&site)?;
            }
            Instruction::User { name } => {
                let mut site = self.courier.dialer().site().clone();
                site.user = Some(bytes(name));
                site.path.clear();
                self.reopen(&site)?;
            }
            Instruction::Status => self.status()?,
            Instruction::Show { what: Show::Directories } => self.show_directories()?,
            Instruction::Show { what: Show::Directory { name } } => {
                self.show_directory(&joined(name))?;
            }
            Instruction::Download { what: Fetch::File { name } } => {
                self.download_file(&joined(name))?;
            }
            Instruction::Binary => self.report.notice("files are always moved as they are"),
            Instruction::Passive => self.change_mode(),
            Instruction::Prompt => self.report.notice("nothing is ever asked before it is done"),
            Instruction::Quit => return Ok(Next::Farewell),
        }
        Ok(Next::Line)
    }

    /// Does one job; every remote name in it is a path by now.
    ///
    /// # Errors
    /// As the job fails.
    pub fn job(&mut self, job: &Job) -> Result<(), Failure> {
        match job {
            Job::Ls(list) => self.list(list, Order::Together),
            Job::Dir(list) => self.list(list, Order::DirectoriesFirst),
            Job::Get(get) => self.get(get),
            Job::Put(put) => self.put(put),
            Job::Mget(many) => self.get_many(many),
            Job::Mput(many) => self.put_many(many),
            Job::Mirror(mirror) => self.mirror(mirror),
            Job::Cat(file) => self.cat(&bytes(&file.remote)),
            Job::Sum(file) => self.sum(&bytes(&file.remote)),
            Job::Compress(file) => self.compress(&bytes(&file.remote)),
            Job::Chmod { mode, remote } => self.change_permissions(mode, &bytes(remote)),
            Job::Size(file) => self.size(&bytes(&file.remote)),
            Job::Mkdir(name) => self.named(Task::Mkd, &name.remote),
            Job::Rmdir(name) => self.named(Task::Rmd, &name.remote),
            Job::Rm(name) => self.named(Task::Dele, &name.remote),
            Job::Mv { remote, new } => {
                let from = bytes(remote);
                self.command(Task::Rename { from: from.clone(), to: bytes(new) }, &from)
            }
        }
    }

    /// Says goodbye to the server. That it does not answer is no failure any more.
    pub fn leave(self) {
        self.courier.leave(FAREWELL);
    }

    /// The tries that the command under way has.
    fn tries(&self) -> Tries {
        Conduct::of(&self.moving).tries()
    }

    /// Logs in anew, perhaps elsewhere. The old session lasts until the new one stands.
    fn reopen(&mut self, site: &Site) -> Result<(), Failure> {
        let mut new = Self::open(site, &self.connection, &self.habits, true)?;
        new.enter(&site.path)?;
        new.local.clone_from(&self.local);
        if self.talkative {
            new.tell_more();
        }
        std::mem::replace(self, new).leave();
        Ok(())
    }

    fn status(&mut self) -> Result<(), Failure> {
        let mode = match self.courier.dialer().mode() {
            DataMode::Passive => "passive: the server listens",
            DataMode::Active => "active: the client listens",
        };
        let sums = match self.courier.link()?.features() {
            Some(features) => super::sums::Question::choose(features)
                .map_or("none", |question| question.algorithm.name()),
            None => "unknown",
        };
        let protection = self.courier.link()?.protection();
        let protection = protection.as_deref().unwrap_or("in the clear");
        let here = std::path::absolute(self.local.join(".")).unwrap_or_default();
        let text = format!(
            "connected to {}\nprotection {protection}\nremote directory {}\nlocal directory {}\ndata connections {mode}\n\
             sums by the server: {sums}\n",
            self.name,
            String::from_utf8_lossy(&self.directory),
            here.display(),
        );
        text.lines().try_for_each(|line| self.output.line(line.as_bytes()))
    }

    fn change_mode(&mut self) {
        let mode = match self.courier.dialer().mode() {
            DataMode::Passive => DataMode::Active,
            DataMode::Active => DataMode::Passive,
        };
        self.courier.dialer().use_mode(mode);
        if let Some(link) = self.courier.present_link() {
            link.use_mode(mode);
        }
        self.report.notice(match mode {
            DataMode::Passive => "passive: the server listens for data connections",
            DataMode::Active => "active: the client listens for data connections",
        });
    }

    fn size(&mut self, remote: &[u8]) -> Result<(), Failure> {
        let answer = self
            .courier
            .insist(self.tries(), |courier| courier.perform(Task::Size(remote.to_vec())))
            .map_err(|failure| failure.about(lossy(remote)))?;
        match answer {
            Answer::Size(bytes) => self.output.line(bytes.to_string().as_bytes()),
            Answer::Done(_)
            | Answer::Directory(_)
            | Answer::Transferred { .. }
            | Answer::Listed { .. }
            | Answer::Secured
            | Answer::Left => Ok(()),
        }
    }

    /// SITE COMPRESS, which may take its time and says how far it is.
    fn compress(&mut self, remote: &[u8]) -> Result<(), Failure> {
        let began = Instant::now();
        let done = self.wanted([b"SITE COMPRESS ", remote].concat(), remote);
        let ended = done.as_ref().map(|reply| reply.lines().last().unwrap_or_default());
        self.report.worked(remote, began.elapsed(), ended)?;
        done.map(drop)
    }

    fn change_permissions(&mut self, mode: &str, remote: &[u8]) -> Result<(), Failure> {
        if mode.is_empty()
            || mode.len() > 4
            || !mode.bytes().all(|byte| (b'0'..b'8').contains(&byte))
        {
            let what = "permissions are octal digits, such as 644";
            return Err(Failure::new(Exit::Usage, what).about(mode));
        }
        self.wanted([b"SITE CHMOD ", mode.as_bytes(), b" ", remote].concat(), remote).map(drop)
    }

    /// The answer to a command line that has to succeed.
    fn wanted(&mut self, line: Vec<u8>, subject: &[u8]) -> Result<Reply, Failure> {
        let reply =
            self.courier.ask(line, true).map_err(|failure| failure.about(lossy(subject)))?;
        if reply.code().class() == Class::Completion {
            return Ok(reply);
        }
        Err(Failure::task(&ClientFault::Refused(reply)).about(lossy(subject)))
    }

    fn change_local(&mut self, directory: Option<&Path>) -> Result<(), Failure> {
        let target = match directory {
            Some(directory) => self.local.join(directory),
            None => std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default(),
        };
        let metadata = std::fs::metadata(target.join("."))
            .map_err(|error| Failure::local(target.display(), &error))?;
        if !metadata.is_dir() {
            let what = "it is no directory";
            return Err(Failure::new(Exit::LocalFile, what).about(target.display().to_string()));
        }
        // By the name that it has: `lpwd` is to say where that is, and not the way there.
        self.local = std::fs::canonicalize(&target).unwrap_or(target);
        Ok(())
    }

    fn learn_directory(&mut self) -> Result<(), Failure> {
        // A server that does not tell where it stands can be used without knowing; but then a new
        // connection could not go on where the old one stood.
        let link = self.courier.link()?;
        match link.perform(Task::Pwd, super::link::Cargo::None) {
            Ok(Answer::Directory(path)) => self.directory = path,
            Ok(_) | Err(super::link::LinkFault::Dialogue(ClientFault::Refused(_))) => {
                self.directory.clear();
            }
            Err(fault) => return Err(fault.into()),
        }
        self.courier.stand_in(&self.directory);
        Ok(())
    }

    fn named(&mut self, task: fn(Vec<u8>) -> Task, name: &OsString) -> Result<(), Failure> {
        self.command(task(bytes(name)), &bytes(name))
    }

    fn command(&mut self, task: Task, subject: &[u8]) -> Result<(), Failure> {
        self.courier.perform(task).map(drop).map_err(|failure| failure.about(lossy(subject)))
    }
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn bytes(name: impl AsRef<OsStr>) -> Vec<u8> {
    name.as_ref().as_bytes().to_vec()
}

/// The words of a name that was not quoted.
fn joined(words: &[OsString]) -> Vec<u8> {
    words.join(OsStr::new(" ")).into_vec()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `directory` and a name in it, with one slash between.
fn below(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if directory.is_empty() || directory.ends_with(b"/") { b"" } else { b"/" };
    [directory, slash, name].concat()
}
