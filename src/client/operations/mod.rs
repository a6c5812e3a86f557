//! What each command does, over a link and on local files.
//!
//! A [`Session`] is logged in. The shell gives it instructions with paths, a run for one job gives
//! it a job with a URL; it refuses to know which. What was asked for goes to standard output and
//! nothing else does.

#![expect(clippy::disallowed_methods, reason = "this room owns the local files of uploads")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::address::{FTP_PORT, Site};
use super::arguments::{Connection, Get, Instruction, Job, List, Put};
use super::download::{Download, local_name};
use super::exit::Exit;
use super::failure::Failure;
use super::link::{Cargo, Link, LinkFault};
use super::listing::{self, Entry, Look, Order};
use super::password::{self, Account, Password};
use super::terminal::{self, Output};
use super::user_pi::{Answer, ClientFault, DataMode, ListForm, StoreStart, Task};
use crate::terms::UnixTime;

/// Largest listing that is read, in bytes.
const LISTING_MAX: usize = 64 * 1024 * 1024;

/// How long a server may take to say goodbye. Nobody has anything to lose by then.
const FAREWELL: Duration = Duration::from_secs(2);

/// A login on a server, and where in its tree and in ours it stands.
#[derive(Debug)]
pub struct Session {
    link: Link,
    output: Output,
    /// `user@host:port`, for the prompt.
    name: String,
    /// The remote directory, as PWD said last.
    directory: Vec<u8>,
    /// The remote directory in which the session began.
    home: Vec<u8>,
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
    pub fn open(site: &Site, connection: &Connection, ask_user: bool) -> Result<Self, Failure> {
        let account = Account::find(site, ask_user)?;
        let port = site.port.unwrap_or(FTP_PORT);
        let mut link = Link::open(&site.host, port, connection.patience())?;
        if connection.active {
            link.use_mode(DataMode::Active);
        }
        log_in(&mut link, &account, site)?;
        let name = Site { user: Some(account.user), ..site.clone() }.to_string();
        Ok(Self {
            link,
            output: Output::new(),
            name,
            directory: Vec::new(),
            home: Vec::new(),
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
    pub const fn tell_more(&mut self) {
        self.talkative = true;
    }

    /// What the shell shows before each line.
    #[must_use]
    pub fn prompt(&self) -> String {
        let directory = String::from_utf8_lossy(&self.directory);
        terminal::plain(&format!("coracle {}:{directory}> ", self.name))
    }

    /// True when the connection is of no more use.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.link.is_over()
    }

    /// Standard output.
    #[must_use]
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// Does what a line of the shell says.
    ///
    /// # Errors
    /// As the command fails.
    pub fn instruct(&mut self, instruction: &Instruction) -> Result<Next, Failure> {
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
            Job::Cat(file) => self.cat(&bytes(&file.remote)),
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
    pub fn leave(mut self) {
        if !self.link.is_over() {
            self.link.bound(FAREWELL);
            let _ = self.link.perform(Task::Quit, Cargo::None);
        }
    }

    fn list(&mut self, list: &List, order: Order) -> Result<(), Failure> {
        let path = list.remote.as_deref().map(OsStr::as_bytes).filter(|path| !path.is_empty());
        let mut entries = self.entries(path)?;
        listing::sort(&mut entries, order);
        let look = match list {
            List { long: true, .. } => Look::Long,
            List { single: true, .. } => Look::Single,
            List { .. } if self.output.is_terminal() => Look::Columns,
            List { .. } => Look::Single,
        };
        let width = self.output.width();
        for line in listing::lines(&entries, look, width) {
            self.output.line(&line)?;
        }
        Ok(())
    }

    /// The entries of a directory, or of the one file that `path` names.
    fn entries(&mut self, path: Option<&[u8]>) -> Result<Vec<Entry>, Failure> {
        let shown = path.map_or_else(|| ".".to_owned(), lossy);
        let refusal = match self.listing(path, ListForm::Mlsd) {
            Err(LinkFault::Dialogue(ClientFault::Refused(reply)))
                if matches!(reply.code().number(), 501 | 550) =>
            {
                LinkFault::Dialogue(ClientFault::Refused(reply))
            }
            other => return other.map_err(|fault| Failure::from(fault).about(shown)),
        };
        // MLSD wants a directory (RFC 3659, section 7); LIST tells of a file as well.
        match self.listing(path, ListForm::List) {
            Ok(entries) if !entries.is_empty() => Ok(entries),
            Ok(_) | Err(LinkFault::Dialogue(ClientFault::Refused(_))) => {
                Err(Failure::from(refusal).about(shown))
            }
            Err(fault) => Err(Failure::from(fault).about(shown)),
        }
    }

    fn listing(&mut self, path: Option<&[u8]>, form: ListForm) -> Result<Vec<Entry>, LinkFault> {
        let mut text = Bounded { bytes: Vec::new() };
        let task = Task::List { path: path.map(<[u8]>::to_vec), form };
        let answer = self.link.perform(task, Cargo::Sink(&mut text))?;
        let form = if let Answer::Listed { form, .. } = answer { form } else { form };
        let (entries, unread) = listing::read(&text.bytes, form, now());
        if unread > 0 {
            terminal::tell(&format!("coracle: {unread} lines of the listing are not understood"));
        }
        Ok(entries)
    }

    fn get(&mut self, get: &Get) -> Result<(), Failure> {
        let remote = bytes(&get.remote);
        let wanted = get.output.as_deref().or(get.local.as_deref());
        if wanted == Some(Path::new("-")) {
            return self.cat(&remote);
        }
        let target = match wanted.map(|path| self.local.join(path)) {
            Some(path) if path.is_dir() => path.join(local_name(&remote)?),
            Some(path) => path,
            None => self.local.join(local_name(&remote)?),
        };
        let mut download = Download::begin(&target, get.force)?;
        let task = Task::Retrieve { path: remote.clone(), offset: 0 };
        match self.link.perform(task, Cargo::Sink(&mut download)) {
            Ok(answer) => {
                download.commit()?;
                self.report(&format!("{} is here", target.display()), &answer);
                Ok(())
            }
            Err(LinkFault::Cargo(error)) => {
                Err(Failure::local(target.display().to_string(), &error))
            }
            Err(fault) => Err(Failure::from(fault).about(lossy(&remote))),
        }
    }

    fn cat(&mut self, remote: &[u8]) -> Result<(), Failure> {
        let task = Task::Retrieve { path: remote.to_vec(), offset: 0 };
        match self.link.perform(task, Cargo::Sink(&mut self.output.raw())) {
            Ok(_) => Ok(()),
            Err(LinkFault::Cargo(error)) => Err(Failure::output(&error)),
            Err(fault) => Err(Failure::from(fault).about(lossy(remote))),
        }
    }

    fn put(&mut self, put: &Put) -> Result<(), Failure> {
        let local = self.local.join(&put.local);
        let shown = local.display().to_string();
        let failed = |error: io::Error| Failure::local(&shown, &error);
        let metadata = std::fs::metadata(&local).map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::new(Exit::LocalFile, "it is a directory").about(shown));
        }
        let mut file = File::open(&local).map_err(failed)?;
        let mut remote = put.remote.as_deref().map(bytes).unwrap_or_default();
        if remote.is_empty() || remote.ends_with(b"/") {
            remote.extend_from_slice(local_name(local.as_os_str().as_bytes())?.as_bytes());
        }
        let task = Task::Store { path: remote.clone(), start: StoreStart::Replace };
        match self.link.perform(task, Cargo::Source(&mut file)) {
            Ok(answer) => {
                self.report(&format!("{} is there", lossy(&remote)), &answer);
                Ok(())
            }
            Err(LinkFault::Cargo(error)) => Err(failed(error)),
            Err(fault) => Err(Failure::from(fault).about(lossy(&remote))),
        }
    }

    fn report(&self, what: &str, answer: &Answer) {
        if let (true, Answer::Transferred { bytes, .. }) = (self.talkative, answer) {
            terminal::tell(&terminal::plain(&format!("{what}: {bytes} bytes")));
        }
    }

    fn size(&mut self, remote: &[u8]) -> Result<(), Failure> {
        let answer = self
            .link
            .perform(Task::Size(remote.to_vec()), Cargo::None)
            .map_err(|fault| Failure::from(fault).about(lossy(remote)))?;
        match answer {
            Answer::Size(bytes) => self.output.line(bytes.to_string().as_bytes()),
            Answer::Done(_)
            | Answer::Directory(_)
            | Answer::Transferred { .. }
            | Answer::Listed { .. }
            | Answer::Left => Ok(()),
        }
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
        self.local = target;
        Ok(())
    }

    fn learn_directory(&mut self) -> Result<(), Failure> {
        match self.link.perform(Task::Pwd, Cargo::None) {
            Ok(Answer::Directory(path)) => self.directory = path,
            // A server that does not tell where it stands can be used without knowing.
            Ok(_) | Err(LinkFault::Dialogue(ClientFault::Refused(_))) => self.directory.clear(),
            Err(fault) => return Err(fault.into()),
        }
        Ok(())
    }

    fn named(&mut self, task: fn(Vec<u8>) -> Task, name: &OsString) -> Result<(), Failure> {
        self.command(task(bytes(name)), &bytes(name))
    }

    fn command(&mut self, task: Task, subject: &[u8]) -> Result<(), Failure> {
        match self.link.perform(task, Cargo::None) {
            Ok(_) => Ok(()),
            Err(fault) => Err(Failure::from(fault).about(lossy(subject))),
        }
    }
}

/// Logs in, with three attempts where a person types the password.
fn log_in(link: &mut Link, account: &Account, site: &Site) -> Result<(), Failure> {
    let user = lossy(&account.user);
    let mut attempt = 1;
    let mut refusal: Option<Failure> = None;
    loop {
        let password = match &account.password {
            Password::Known(password) => password.clone(),
            Password::Prompt => password::prompt(&account.user, site)?,
        };
        let task = Task::Login { user: account.user.clone(), password };
        let fault = match link.perform(task, Cargo::None) {
            Ok(_) => return Ok(()),
            Err(fault) => fault,
        };
        let refused = matches!(fault, LinkFault::Dialogue(ClientFault::Refused(_)));
        if !refused {
            // After refusals, a server that hangs up has had enough of them.
            let refusal = refusal.map(|failure| failure.advise("check the user and the password"));
            return Err(refusal.unwrap_or_else(|| Failure::from(fault).about(site.to_string())));
        }
        let failure = Failure::new(Exit::Login, format!("login refused; {}", explain(&fault)))
            .about(format!("{user} at {}", site.host))
            .fatal();
        if account.password != Password::Prompt || attempt == password::ATTEMPTS {
            let advice = match account.password {
                Password::Known(_) => "check the user, and CORACLE_PASSWORD or ~/.netrc",
                Password::Prompt => "check the user and the password",
            };
            return Err(failure.advise(advice));
        }
        terminal::tell(&format!("coracle: {failure}"));
        refusal = Some(failure);
        attempt += 1;
    }
}

fn explain(fault: &LinkFault) -> String {
    match fault {
        LinkFault::Dialogue(fault) => fault.to_string(),
        LinkFault::TimedOut(what) => (*what).to_owned(),
        LinkFault::Cargo(error) => error.to_string(),
    }
}

/// A listing that is collected, up to a bound.
struct Bounded {
    bytes: Vec<u8>,
}

impl io::Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + buffer.len() > LISTING_MAX {
            return Err(io::Error::other("the listing is too long"));
        }
        self.bytes.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn bytes(name: impl AsRef<OsStr>) -> Vec<u8> {
    name.as_ref().as_bytes().to_vec()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
