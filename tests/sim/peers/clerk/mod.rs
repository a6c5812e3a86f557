//! A client that has the server work on files: compresses, sums, resumes, sends and fetches in MODE
//! Z, and interrupts all of that.
//!
//! It spells its commands itself, since it says what no user-PI would, and does one job after the
//! other on files that nobody else touches. So it knows at each moment what each of them has to hold,
//! and what is left of an upload that it broke off.

mod data;
mod job;
mod judge;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use coracle::terms::Algorithm;

pub(crate) use job::{Break, Job, Office, Parting, Sum, jobs, stuff};
pub(crate) use judge::unpacked;

use super::ledger::Entry;
use super::{Actor, Ledger, START, Stage, Version};
use crate::net::{ConnId, Got, Wake};
use data::Data;

/// The tag of the alarm with which a pause ends.
const REST: u64 = 1;

/// Tags from here on are alarms that cut work short, each for the job of its number.
const CUT: u64 = 16;

/// A client with work for the server.
pub(crate) struct Clerk {
    address: IpAddr,
    user: (&'static str, &'static str),
    ledger: Ledger,
    control: Option<ConnId>,
    unsent: Vec<u8>,
    jobs: VecDeque<Job>,
    job: Option<Job>,
    /// Jobs that were begun.
    number: u64,
    /// Attempts at the upload under way that are over.
    attempt: usize,
    /// MODE Z is in force.
    packed: bool,
    data: Option<Data>,
    /// What the file that is to be made held before, and what it is made of.
    before: Version,
    source: Version,
    /// It has said ABOR to the work under way.
    aborted: bool,
    /// When the work under way was asked for.
    since: u64,
    logged_in: bool,
    gone: bool,
}

impl Clerk {
    /// A clerk at `address` that does these jobs and quits.
    pub(crate) fn new(
        address: IpAddr,
        user: (&'static str, &'static str),
        jobs: impl IntoIterator<Item = Job>,
    ) -> Self {
        Self {
            address,
            user,
            ledger: Ledger::new(),
            control: None,
            unsent: Vec::new(),
            jobs: jobs.into_iter().collect(),
            job: None,
            number: 0,
            attempt: 0,
            packed: false,
            data: None,
            before: None,
            source: None,
            aborted: false,
            since: 0,
            logged_in: false,
            gone: false,
        }
    }

    fn say(&mut self, pieces: &[&[u8]], stage: &mut Stage<'_>) {
        let line = [pieces.concat().as_slice(), b"\r\n"].concat();
        self.ledger.sent(&line);
        self.unsent.extend(line);
        self.flush(stage);
    }

    fn flush(&mut self, stage: &mut Stage<'_>) {
        if let Some(control) = self.control {
            let taken = stage.net.write(control, &self.unsent);
            self.unsent.drain(..taken);
        }
    }

    // One job after the other.

    fn go_on(&mut self, stage: &mut Stage<'_>) {
        if !self.logged_in || self.job.is_some() || self.gone {
            return;
        }
        let Some(job) = self.jobs.pop_front() else {
            self.logged_in = false;
            return self.say(&[b"QUIT"], stage);
        };
        stage.net.trace(|| format!("    p{} {job:?}", stage.me));
        self.number += 1;
        (self.attempt, self.aborted, self.since) = (0, false, stage.net.now());
        self.job = Some(job.clone());
        match job {
            Job::Pack(true) => self.say(&[b"MODE Z"], stage),
            Job::Pack(false) => self.say(&[b"MODE S"], stage),
            Job::Send { path, .. } => self.say(&[b"SIZE ", &path], stage),
            Job::SendUnique { payload } => {
                stage.lore.nameless.push(payload);
                self.say(&[b"EPSV"], stage);
            }
            Job::Fetch { .. } => self.say(&[b"EPSV"], stage),
            Job::Compress { path, cut, .. } => self.compress(&path, cut, stage),
            Job::Sum { path, sum, wavers } => self.sum(&path, sum, wavers, stage),
            Job::Touch { path, stamp, .. } => {
                self.say(&[b"MFMT ", stamp.as_bytes(), b" ", &path], stage);
                self.say(&[b"MDTM ", &path], stage);
            }
            Job::Available => self.say(&[b"AVBL /Incoming"], stage),
            Job::Pause(span) => stage.net.alarm(stage.me, span, REST),
        }
    }

    fn compress(&mut self, path: &[u8], cut: Option<(Duration, Parting)>, stage: &mut Stage<'_>) {
        let target = target_of(path);
        (self.before, self.source) = (stage.lore.content(&target), stage.lore.content(path));
        stage.lore.add_version(&target, self.before.clone());
        if let Some(source) = &self.source {
            stage.lore.packed.entry(target).or_default().push(Rc::clone(source));
        }
        self.say(&[b"SITE COMPRESS ", path], stage);
        if let Some((after, parting)) = cut {
            if after.is_zero() {
                self.part(parting, stage);
            } else {
                stage.net.alarm(stage.me, after, CUT + self.number);
            }
        }
    }

    fn sum(&mut self, path: &[u8], sum: Sum, wavers: bool, stage: &mut Stage<'_>) {
        self.source = stage.lore.content(path);
        match sum {
            Sum::Hash(algorithm, span) => {
                let name: &[u8] = match algorithm {
                    Algorithm::Sha256 => b"SHA-256",
                    Algorithm::Crc32 => b"CRC32",
                };
                self.say(&[b"OPTS HASH ", name], stage);
                if let Some((start, end)) = span {
                    self.say(&[format!("RANG {start} {}", end - 1).as_bytes()], stage);
                }
                self.say(&[b"HASH ", path], stage);
            }
            Sum::Old(algorithm, span) => {
                let verb: &[u8] = match algorithm {
                    Algorithm::Sha256 => b"XSHA256 ",
                    Algorithm::Crc32 => b"XCRC ",
                };
                let span = span.map_or_else(String::new, |(start, end)| format!(" {start} {end}"));
                self.say(&[verb, path, span.as_bytes()], stage);
            }
        }
        if wavers {
            self.part(Parting::Abort, stage);
        }
    }

    /// Cuts the work short that is under way.
    fn part(&mut self, parting: Parting, stage: &mut Stage<'_>) {
        self.aborted = true;
        let Some(control) = self.control else { return };
        match parting {
            Parting::Abort => return self.say(&[b"ABOR"], stage),
            Parting::End => stage.net.hang_up(control),
            Parting::Reset => stage.net.reset(control),
        }
        stage.lore.tally.stopped += 1;
        self.gone = true;
    }

    /// What the job at hand works on.
    fn path(&self) -> Vec<u8> {
        match &self.job {
            Some(
                Job::Send { path, .. }
                | Job::Fetch { path }
                | Job::Compress { path, .. }
                | Job::Sum { path, .. }
                | Job::Touch { path, .. },
            ) => path.clone(),
            Some(Job::Pack(_) | Job::SendUnique { .. } | Job::Available | Job::Pause(_)) | None => {
                Vec::new()
            }
        }
    }

    // What is answered.

    fn answered(&mut self, entry: &Entry, stage: &mut Stage<'_>) {
        let (code, calm) = (entry.reply.code().number(), stage.lore.calm);
        let Some(line) = &entry.line else {
            if code == 220 {
                return self.say(&[b"USER ", self.user.0.as_bytes()], stage);
            }
            let through = self.jobs.is_empty() && self.job.is_none();
            assert!(through || !calm, "shown out before it was through: {}", entry.reply.text());
            return;
        };
        let said = || format!("{}: {code} {}", line.escape_ascii(), entry.reply.text());
        let verb = line.split(|byte| *byte == b' ').next().unwrap_or_default();
        match verb {
            b"USER" => self.say(&[b"PASS ", self.user.1.as_bytes()], stage),
            b"PASS" => {
                assert_eq!(code, 230, "{}", said());
                self.say(&[b"TYPE I"], stage);
                self.say(&[b"CWD /Incoming"], stage);
            }
            b"CWD" => self.logged_in = true,
            b"MODE" => {
                let allowed = stage.lore.mode_z || line != b"MODE Z";
                assert_eq!(code == 200, allowed, "{}", said());
                self.packed = code == 200 && line == b"MODE Z";
            }
            b"SIZE" => self.go_on_from(entry, stage),
            b"EPSV" => self.connect(entry, stage),
            b"REST" => {
                assert_eq!(code, 350, "{}", said());
                self.transfer(b"STOR", stage);
            }
            b"STOR" | b"APPE" | b"STOU" => self.judge_upload(entry, stage),
            b"RETR" => self.judge_download(code, stage),
            b"SITE" => self.judge_compression(entry, stage),
            b"HASH" | b"XCRC" | b"XSHA256" => self.judge_sum(entry, stage),
            b"MFMT" | b"MDTM" => self.judge_touch(entry),
            b"AVBL" => {
                let stated = stage.lore.available.to_string();
                assert!(code == 213 && entry.reply.text() == stated, "{}", said());
            }
            b"ABOR" => assert!([225, 226].contains(&code), "{}", said()),
            _ => {}
        }
    }

    /// SIZE has said how much of an upload is there already: goes on behind that.
    fn go_on_from(&mut self, entry: &Entry, stage: &mut Stage<'_>) {
        let Some(Job::Send { path, payload, .. }) = &self.job else { return };
        let left = judge::left_of(path, payload, stage.lore);
        let is_left = stage.lore.left(path).is_some();
        let text = entry.reply.text();
        let told = (entry.reply.code().number() == 213).then_some(text);
        assert_eq!(told, is_left.then(|| left.to_string()), "{}", path.escape_ascii());
        self.say(&[b"EPSV"], stage);
    }

    /// REST is accepted: now what it is for.
    fn transfer(&mut self, verb: &[u8], stage: &mut Stage<'_>) {
        let path = self.path();
        self.say(&[verb, b" ", &path], stage);
        self.move_data(stage);
    }

    /// The job is over, whatever came of it.
    fn give_up(&mut self) {
        self.job = None;
    }

    fn listen(&mut self, control: ConnId, stage: &mut Stage<'_>) {
        self.flush(stage);
        while !self.gone {
            let mut bytes = Vec::new();
            match stage.net.read(control, &mut bytes, 1500) {
                Got::Blocked => return,
                Got::Bytes(_) => {
                    let before = self.ledger.is_shown_out();
                    for entry in self.ledger.received(&bytes) {
                        self.answered(&entry, stage);
                    }
                    let shown_out = self.ledger.is_shown_out() && !before;
                    stage.lore.tally.closed += u64::from(shown_out);
                    if self.ledger.owes() == 0 && self.data.is_none() {
                        if !matches!(self.job, Some(Job::Pause(_))) {
                            self.give_up();
                        }
                        self.go_on(stage);
                    }
                }
                Got::End | Got::Broken => {
                    let excused =
                        self.ledger.is_closing() || (self.ledger.is_unheard() && !stage.lore.calm);
                    assert!(
                        excused || stage.is_cut_off(),
                        "the control connection ended without a word; owed: {}",
                        self.ledger.describe()
                    );
                    stage.net.hang_up(control);
                    if let Some(data) = self.data.take() {
                        stage.net.reset(data.conn);
                    }
                    self.gone = true;
                }
            }
        }
    }
}

impl Actor for Clerk {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        if self.gone {
            return;
        }
        let is_control = |conn| self.control == Some(conn);
        let is_data = |conn| self.data.as_ref().is_some_and(|data| data.conn == conn);
        match wake {
            Wake::Alarm(START) => {
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            Wake::Alarm(REST) => {
                self.give_up();
                self.go_on(stage);
            }
            Wake::Alarm(tag) => {
                if let Some(Job::Compress { cut: Some((_, parting)), .. }) = self.job
                    && tag == CUT + self.number
                {
                    self.part(parting, stage);
                }
            }
            Wake::Refused(conn) if is_control(conn) => self.gone = true,
            Wake::Opened(conn) if is_control(conn) => self.flush(stage),
            Wake::Stirred(conn) if is_control(conn) => self.listen(conn, stage),
            Wake::Opened(conn) if is_data(conn) => {
                let command = self.data.as_mut().and_then(|data| data.command.take());
                let waits = command.as_ref().is_some_and(|line| line.starts_with(b"REST"));
                if let Some(command) = command {
                    self.say(&[&command], stage);
                }
                if !waits {
                    self.move_data(stage);
                }
            }
            Wake::Refused(conn) if is_data(conn) => {
                assert!(!stage.lore.calm, "a data connection was refused");
                self.data = None;
                self.give_up();
                self.go_on(stage);
            }
            Wake::Stirred(conn) if is_data(conn) => {
                if self.data.as_ref().is_some_and(|data| data.command.is_none()) {
                    self.move_data(stage);
                }
            }
            Wake::Opened(_) | Wake::Refused(_) | Wake::Stirred(_) | Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.gone
    }

    fn name(&self) -> String {
        let (job, owed) = (&self.job, self.ledger.describe());
        format!("clerk {} ({job:?}, {} to come, owed {owed})", self.address, self.jobs.len())
    }
}

/// What SITE COMPRESS makes of `path`.
pub(crate) fn target_of(path: &[u8]) -> Vec<u8> {
    [path, b".gz"].concat()
}
