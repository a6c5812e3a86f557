//! A courier: a login on a server that is made anew when it is lost, and the moving of one file
//! over it, with retries, resumption and verification.
//!
//! An [`Errand`] says what is to be moved; who wanted it, and what is said of it, is the
//! [`fleet`](super::fleet)'s and the operations' matter. Nothing is told here but that there is
//! another try. How a file comes is
//! in `fetch`, how it goes in `deliver`; what is kept nowhere is a `stream`.

mod deliver;
mod fetch;
mod stream;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::client::arguments::Moving;
use crate::client::dialer::Dialer;
use crate::client::exit::Exit;
use crate::client::failure::Failure;
use crate::client::link::{Cargo, Link, LinkFault};
use crate::client::progress::Meter;
use crate::client::retry::{Tries, late};
use crate::client::sums::{Algorithm, Question};
use crate::client::user_pi::{Answer, ClientFault, Task};
use crate::client::voice::Voice;
use crate::terms::UnixTime;
use crate::wire::ftp::reply::{Class, Reply};

/// How long a server may take to say goodbye to a connection that another one stands for.
const PARTING: Duration = Duration::from_secs(1);

/// One file that is to be moved.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Which way.
    pub way: Way,
    /// Its path on the server.
    pub remote: Vec<u8>,
    /// Its path here.
    pub local: PathBuf,
    /// Its length, where that is known.
    pub size: Option<u64>,
    /// The time that the copy is to have.
    pub modified: Option<UnixTime>,
    /// Overwrite what is there.
    pub force: bool,
}

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the server.
    Down,
    /// To the server.
    Up,
}

/// How files are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conduct {
    /// Go on behind what is there.
    pub resume: bool,
    /// Compare sums afterwards.
    pub verify: bool,
    /// How often to try again.
    pub retries: u32,
    /// Wait for a server that has too many clients.
    pub patient: bool,
}

/// A file that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How its content was compared.
    pub verified: Verified,
}

/// How a content was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Not at all: nobody asked for it.
    Not,
    /// By its length alone, for the server makes no sums.
    BySize,
    /// By a sum, both sides' being this one.
    By(Algorithm, String),
}

/// A login, and how to get another.
#[derive(Debug)]
pub struct Courier {
    dialer: Dialer,
    link: Option<Link>,
    /// The remote directory in which paths begin; empty where the login leads to.
    directory: Vec<u8>,
    voice: Voice,
}

impl Conduct {
    /// As the options say.
    #[must_use]
    pub fn of(moving: &Moving) -> Self {
        let retries = moving.retries.unwrap_or(0);
        let patient = retries > 0 || moving.connections() > 1;
        Self { resume: moving.resume, verify: moving.verify, retries, patient }
    }

    /// The tries that this allows.
    #[must_use]
    pub const fn tries(&self) -> Tries {
        Tries::new(self.retries, self.patient)
    }
}

impl Courier {
    /// One without a connection yet, whose paths begin in `directory`.
    #[must_use]
    pub const fn new(dialer: Dialer, directory: Vec<u8>, voice: Voice) -> Self {
        Self { dialer, link: None, directory, voice }
    }

    /// Another one, as this one is, without a connection yet.
    #[must_use]
    pub fn colleague(&self) -> Self {
        Self::new(self.dialer.clone(), self.directory.clone(), self.voice.clone())
    }

    /// Tells of further tries with `voice` from now on.
    pub fn use_voice(&mut self, voice: &Voice) {
        self.voice = voice.clone();
    }

    /// Where to, as whom and how.
    pub const fn dialer(&mut self) -> &mut Dialer {
        &mut self.dialer
    }

    /// Says in which remote directory paths begin from now on.
    pub fn stand_in(&mut self, directory: &[u8]) {
        self.directory = directory.to_vec();
    }

    /// True when there is no connection, or none that is of use.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.link.as_ref().is_none_or(Link::is_over)
    }

    /// The link: the one there is, or a new one in the same directory.
    ///
    /// # Errors
    /// No connection or no login, or the directory is gone.
    pub fn link(&mut self) -> Result<&mut Link, Failure> {
        // One that the server has closed meanwhile is replaced, and costs no try.
        if let Some(link) = &mut self.link {
            link.look();
        }
        if self.is_over() {
            if let Some(mut link) = self.link.take()
                && link.is_spent()
            {
                self.dialer.do_without_tickets();
                link.bound(PARTING);
                let _ = link.perform(Task::Quit, Cargo::None);
            }
            let mut link = self.dialer.dial()?;
            if !self.directory.is_empty() {
                link.perform(Task::Cwd(self.directory.clone()), Cargo::None)
                    .map_err(|fault| Failure::from(fault).about(lossy(&self.directory)).fatal())?;
            }
            self.link = Some(link);
        }
        self.link.as_mut().ok_or_else(|| Failure::new(Exit::Connection, "no connection").fatal())
    }

    /// The link as it is, if there is one.
    pub const fn present_link(&mut self) -> Option<&mut Link> {
        self.link.as_mut()
    }

    /// Does `deed`, and does it again as `tries` allows.
    ///
    /// # Errors
    /// The failure of the last try.
    pub fn insist<T>(
        &mut self,
        mut tries: Tries,
        mut deed: impl FnMut(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _stoppable = self.dialer.interrupt().guard();
        loop {
            match deed(self) {
                Ok(done) => return Ok(done),
                Err(failure) => self.rest(&mut tries, failure)?,
            }
        }
    }

    /// Gets one task done, which moves no file.
    ///
    /// # Errors
    /// As it fails.
    pub fn perform(&mut self, task: Task) -> Result<Answer, Failure> {
        self.link()?.perform(task, Cargo::None).map_err(Failure::from)
    }

    /// The answer to a command line, which may be a refusal. `patient` is for commands that keep the
    /// server at work.
    ///
    /// # Errors
    /// No answer.
    pub fn ask(&mut self, line: Vec<u8>, patient: bool) -> Result<Reply, Failure> {
        let link = self.link()?;
        link.forbear(patient);
        let answer = link.perform(Task::Raw(line), Cargo::None);
        link.forbear(false);
        match answer? {
            Answer::Done(reply) | Answer::Transferred { reply, .. } => Ok(reply),
            Answer::Directory(_)
            | Answer::Size(_)
            | Answer::Listed { .. }
            | Answer::Secured
            | Answer::Left => Err(Failure::new(Exit::Other, "that was no answer")),
        }
    }

    /// The length of a remote file, where the server tells one.
    ///
    /// # Errors
    /// No answer.
    pub fn size(&mut self, remote: &[u8]) -> Result<Option<u64>, Failure> {
        match self.link()?.perform(Task::Size(remote.to_vec()), Cargo::None) {
            Ok(Answer::Size(bytes)) => Ok(Some(bytes)),
            Ok(_) | Err(LinkFault::Dialogue(ClientFault::Refused(_))) => Ok(None),
            Err(fault) => Err(Failure::from(fault).about(lossy(remote))),
        }
    }

    /// The sum of a remote file, where the server makes one.
    ///
    /// # Errors
    /// No answer.
    pub fn sum(&mut self, remote: &[u8]) -> Result<Option<(Algorithm, String)>, Failure> {
        let Some(question) = self.link()?.features().and_then(Question::choose) else {
            return Ok(None);
        };
        if question.to_choose {
            let line = format!("OPTS HASH {}", question.algorithm.name()).into_bytes();
            if self.ask(line, false)?.code().class() != Class::Completion {
                return Ok(None);
            }
        }
        let reply = self.ask(question.line(remote), true)?;
        Ok(question.answer(&reply, remote).map(|sum| (question.algorithm, sum)))
    }

    /// Moves a file.
    ///
    /// # Errors
    /// As moving it fails, after the last retry.
    pub fn carry(
        &mut self,
        errand: &Errand,
        conduct: &Conduct,
        meter: &Meter,
    ) -> Result<Delivery, Failure> {
        let _stoppable = self.dialer.interrupt().guard();
        match errand.way {
            Way::Down => self.fetch(errand, conduct, meter),
            Way::Up => self.deliver(errand, conduct, meter),
        }
    }

    /// Says goodbye to the server. That it does not answer is no failure any more.
    pub fn leave(self, patience: Duration) {
        if let Some(mut link) = self.link.filter(|link| !link.is_over()) {
            link.bound(patience);
            let _ = link.perform(Task::Quit, Cargo::None);
        }
    }

    /// Compares what is on the server with `length` bytes here, of which `local` makes the sums.
    fn compare(
        &mut self,
        remote: &[u8],
        length: u64,
        local: impl Fn(Algorithm) -> Result<String, Failure>,
    ) -> Result<Verified, Failure> {
        let wrong = |what: String| {
            Failure::new(Exit::Verification, what)
                .about(lossy(remote))
                .advise("it was changed meanwhile, or it has been damaged")
        };
        if let Some((algorithm, there)) = self.sum(remote)? {
            let here = local(algorithm)?;
            if here != there {
                let name = algorithm.name();
                return Err(wrong(format!("its {name} is {there} there and {here} here")));
            }
            return Ok(Verified::By(algorithm, here));
        }
        match self.size(remote)? {
            Some(there) if there == length => Ok(Verified::BySize),
            Some(there) => Err(wrong(format!("it has {there} bytes there and {length} here"))),
            None => Err(wrong("the server tells neither a sum nor a size of it".to_owned())),
        }
    }

    fn rest(&self, tries: &mut Tries, failure: Failure) -> Result<(), Failure> {
        let pace = self.dialer.pace();
        if pace.is_past() && failure.exit() == Exit::TimeOut {
            return Err(late(failure));
        }
        tries.rest(failure, pace, self.dialer.interrupt(), |failure, pause| {
            let what = format!("trying again in {:.1} s: {failure}", pause.as_secs_f64());
            self.voice.notice(&what.replace('\n', " "));
        })
    }
}

/// How a transfer that may have begun behind the start has ended.
enum Restarted {
    Done,
    /// The server does not begin there.
    Refused(Failure),
}

/// Tells a server that can't go on from `offset` from every other failure.
fn restarted(fault: LinkFault, offset: u64, errand: &Errand) -> Result<Restarted, Failure> {
    let refused = is_no_restart(&fault, offset);
    let failure = match fault {
        LinkFault::Cargo(error) => Failure::local(errand.local.display(), &error),
        fault @ (LinkFault::Dialogue(_)
        | LinkFault::TimedOut(_)
        | LinkFault::Tls(_)
        | LinkFault::Spent(_)
        | LinkFault::Cut) => Failure::from(fault).about(lossy(&errand.remote)),
    };
    if refused { Ok(Restarted::Refused(failure)) } else { Err(failure) }
}

/// True where the server has refused to begin at `offset`, and not the whole transfer.
fn is_no_restart(fault: &LinkFault, offset: u64) -> bool {
    offset > 0
        && matches!(fault, LinkFault::Dialogue(ClientFault::Refused(reply))
            if matches!(reply.code().number(), 500 | 501 | 502 | 504 | 554))
}

/// Content on its way past a meter.
struct Metered<'a, T> {
    inner: &'a mut T,
    meter: &'a Meter,
}

impl<T> Metered<'_, T> {
    fn count(&self, count: usize) -> usize {
        self.meter.advance(count as u64);
        count
    }
}

impl<T: Write> Write for Metered<'_, T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        Ok(self.count(count))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Metered<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        Ok(self.count(count))
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
