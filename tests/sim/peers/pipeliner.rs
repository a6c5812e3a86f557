//! A client that sends all its commands at once and reads the replies as they come: transfers,
//! aborts, refusals and nonsense in one stream, which are to be answered in order and none lost.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use coracle::wire::ftp::address;

use super::ledger::Entry;
use super::{Actor, Ledger, START, Stage, Version};
use crate::net::{ConnId, Got, Wake};
use crate::rng::Rng;

/// A transfer in the stream.
pub(crate) struct Job {
    path: Vec<u8>,
    /// What is uploaded; nothing for a download.
    payload: Option<Rc<[u8]>>,
    /// Where in the file a download begins.
    offset: usize,
    /// It goes as text: TYPE A.
    ascii: bool,
    /// Whether the data connection is made at all.
    connects: bool,
    conn: Option<ConnId>,
    sent: usize,
    received: Vec<u8>,
    /// The data connection has ended, and how.
    end: Option<Got>,
    /// The final reply.
    code: Option<u16>,
    judged: bool,
}

/// A client without patience.
pub(crate) struct Pipeliner {
    address: IpAddr,
    ledger: Ledger,
    control: Option<ConnId>,
    unsent: VecDeque<u8>,
    jobs: Vec<Job>,
    /// Jobs whose route was answered.
    routed: usize,
    /// Jobs whose transfer was answered.
    answered: usize,
    left: bool,
    lines: usize,
}

impl Pipeliner {
    /// A client that logs in as `user`, asks for `count` things, transfers of `files` among them,
    /// and quits.
    pub(crate) fn new(
        address: IpAddr,
        user: (&str, &str),
        files: &[Vec<u8>],
        count: usize,
        rng: &mut Rng,
    ) -> Self {
        let mut text = format!("USER {}\r\nPASS {}\r\nTYPE I\r\n", user.0, user.1).into_bytes();
        let mut jobs = Vec::new();
        // Who aborts does not connect: the connection could come for the next transfer.
        let aborts = rng.chance(300);
        for number in 0..count {
            match rng.below(10) {
                0..=4 if !files.is_empty() && aborts => {
                    let path = rng.pick(files).clone();
                    push(&mut text, &[b"EPSV\r\nRETR ", &path, b"\r\nNOOP\r\nSTAT\r\nABOR\r\n"]);
                    jobs.push(Job::new(path, None, false));
                }
                0..=2 if !files.is_empty() => {
                    let path = rng.pick(files).clone();
                    // One that lies behind the end is refused, with no connection to miss.
                    let offset = if rng.chance(300) { rng.size(0..2) } else { 0 };
                    let restart = format!("REST {offset}\r\nRETR ").into_bytes();
                    push(&mut text, &[*rng.pick(ROUTES), &restart, &path, b"\r\n"]);
                    let connects = offset == 0 || !path.ends_with(b"empty");
                    jobs.push(Job { offset, ..Job::new(path, None, connects) });
                }
                3 => {
                    let path = format!("/Incoming/{address}-{number}").into_bytes();
                    push(&mut text, &[*rng.pick(ROUTES), b"STOR ", &path, b"\r\n"]);
                    let length = rng.size(0..20_000);
                    jobs.push(Job::new(path, Some(rng.bytes(length).into()), true));
                }
                4 if !aborts => {
                    let upload = rng.chance(400);
                    let (verb, path, payload): (&[u8], _, _) = if upload {
                        let lines = b"a line of text\r\n".repeat(rng.size(0..900));
                        (b"STOR ", format!("/Incoming/{address}-{number}"), Some(lines.into()))
                    } else {
                        (b"RETR ", "/Docs/text".to_owned(), None)
                    };
                    let route = *rng.pick(ROUTES);
                    push(&mut text, &[b"TYPE A\r\n", route, verb, path.as_bytes()]);
                    push(&mut text, &[b"\r\nTYPE I\r\n"]);
                    jobs.push(Job { ascii: true, ..Job::new(path.into(), payload, true) });
                }
                4 if aborts => push(&mut text, &[*rng.pick(ABORTS)]),
                _ => push(&mut text, &[*rng.pick(SIMPLE)]),
            }
        }
        push(&mut text, &[b"QUIT\r\n"]);
        Self { jobs, ..Self::of_lines(address, text) }
    }

    /// A client that sends this text, which asks for no transfer.
    pub(crate) fn of_lines(address: IpAddr, text: Vec<u8>) -> Self {
        let lines = text.iter().filter(|byte| **byte == b'\n').count();
        Self {
            address,
            ledger: Ledger::new(),
            control: None,
            unsent: text.into(),
            jobs: Vec::new(),
            routed: 0,
            answered: 0,
            left: false,
            lines,
        }
    }

    fn flush(&mut self, stage: &mut Stage<'_>) {
        let Some(control) = self.control else { return };
        let text = self.unsent.make_contiguous();
        let count = stage.net.write(control, text);
        let sent: Vec<u8> = self.unsent.drain(..count).collect();
        self.ledger.sent(&sent);
    }

    fn listen(&mut self, control: ConnId, stage: &mut Stage<'_>) {
        self.flush(stage);
        loop {
            let mut bytes = Vec::new();
            match stage.net.read(control, &mut bytes, 1500) {
                Got::Blocked => return,
                Got::Bytes(_) => {
                    let entries = self.ledger.received(&bytes);
                    let from = self.routed;
                    let routes: Vec<SocketAddr> =
                        entries.iter().filter_map(|entry| self.cross_off(entry, stage)).collect();
                    for (job, route) in (from..).zip(routes) {
                        self.dial(job, route, stage);
                    }
                }
                Got::End | Got::Broken => {
                    let excused =
                        self.ledger.is_closing() || (self.ledger.is_unheard() && !stage.lore.calm);
                    assert!(
                        excused || stage.is_cut_off(),
                        "pipelined commands were lost: {}",
                        self.ledger.describe()
                    );
                    assert!(
                        self.ledger.owes() == 0 || !stage.lore.calm,
                        "shown out before all was answered: {}",
                        self.ledger.describe()
                    );
                    stage.net.hang_up(control);
                    self.left = true;
                    return;
                }
            }
        }
    }

    /// Notes what a reply says of a job. Returns where to connect to, port zero for nowhere.
    fn cross_off(&mut self, entry: &Entry, stage: &mut Stage<'_>) -> Option<SocketAddr> {
        stage.lore.tally.pipelined += 1;
        let line = entry.line.as_deref()?;
        let code = entry.reply.code().number();
        if line == b"EPSV" || line == b"PASV" {
            self.routed += 1;
            let text = entry.reply.lines().next().unwrap_or_default();
            let port = match code {
                229 => address::parse_extended_passive(text),
                227 => address::parse_passive(text).map(|address| address.port()),
                _ => None,
            };
            return Some(SocketAddr::new(stage.lore.ftp.ip(), port.unwrap_or_default()));
        }
        if line.starts_with(b"RETR") || line.starts_with(b"STOR") {
            let job = &mut self.jobs[self.answered];
            self.answered += 1;
            job.code = Some(code);
            job.judge(stage);
        }
        None
    }

    fn dial(&mut self, job: usize, route: SocketAddr, stage: &mut Stage<'_>) {
        let job = &mut self.jobs[job];
        if route.port() != 0 && job.connects && job.code.is_none() {
            let conn = stage.net.dial(stage.me, self.address, route);
            if let Some(control) = self.control {
                stage.net.same_way(conn, control);
            }
            job.conn = Some(conn);
            if let Some(stored) = job.stored() {
                stage.lore.add_version(&job.path, None);
                stage.lore.add_version(&job.path, Some(stored));
            }
        }
    }
}

impl Job {
    fn new(path: Vec<u8>, payload: Option<Rc<[u8]>>, connects: bool) -> Self {
        Self {
            path,
            payload,
            offset: 0,
            ascii: false,
            connects,
            conn: None,
            sent: 0,
            received: Vec::new(),
            end: None,
            code: None,
            judged: false,
        }
    }

    /// Moves what can be moved.
    fn go_on(&mut self, conn: ConnId, stage: &mut Stage<'_>) {
        if self.end.is_some() {
            return;
        }
        if let Some(payload) = &self.payload {
            let rest = &payload[self.sent..];
            self.sent += stage.net.write(conn, rest);
            if self.sent == payload.len() {
                stage.net.finish(conn);
            }
        }
        let end = loop {
            match stage.net.read(conn, &mut self.received, 16 * 1024) {
                Got::Bytes(_) => {}
                Got::Blocked => return,
                end @ (Got::End | Got::Broken) => break end,
            }
        };
        self.end = Some(end);
        stage.net.hang_up(conn);
        self.judge(stage);
    }

    /// What the file is to hold behind an upload.
    fn stored(&self) -> Version {
        let payload = self.payload.as_ref()?;
        if !self.ascii {
            return Some(Rc::clone(payload));
        }
        let lines = payload.split(|byte| *byte == b'\n');
        let lines: Vec<&[u8]> =
            lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
        Some(lines.join(&b'\n').into())
    }

    /// Whether what came is what the file holds.
    fn is_whole(&self, stage: &Stage<'_>) -> bool {
        if !self.ascii {
            return stage.lore.is_version(&self.path, &self.received, self.offset);
        }
        stage.lore.held(&self.path).any(|content| on_the_wire(content) == self.received)
    }

    /// Compares, once both the end and the reply are known.
    fn judge(&mut self, stage: &mut Stage<'_>) {
        if self.code != Some(226) || std::mem::replace(&mut self.judged, self.end.is_some()) {
            return;
        }
        let path = self.path.escape_ascii();
        match (&self.payload, self.end) {
            (Some(_), _) => {
                let held = stage.lore.content(&self.path);
                assert!(held == self.stored(), "226, and {path} is not what was sent");
                stage.lore.settle_version(&self.path, held);
                stage.lore.tally.stored += 1;
                self.judged = true;
            }
            (None, Some(end)) => {
                assert!(end == Got::End || stage.is_cut_off(), "226, and {path} broke off");
                assert!(
                    end != Got::End || self.is_whole(stage),
                    "226, and {} bytes of {path} are not what it held",
                    self.received.len()
                );
                stage.lore.tally.fetched += 1;
            }
            (None, None) => {}
        }
    }
}

/// What TYPE A makes of a file: every line end that is not one of the wire's already becomes one.
fn on_the_wire(content: &[u8]) -> Vec<u8> {
    let mut sent = Vec::new();
    for byte in content {
        if *byte == b'\n' && sent.last() != Some(&b'\r') {
            sent.push(b'\r');
        }
        sent.push(*byte);
    }
    sent
}

impl Actor for Pipeliner {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            Wake::Refused(conn) if self.control == Some(conn) => self.left = true,
            Wake::Opened(conn) if self.control == Some(conn) => self.flush(stage),
            Wake::Stirred(conn) if self.control == Some(conn) => {
                if !self.left {
                    self.listen(conn, stage);
                }
            }
            Wake::Opened(conn) | Wake::Stirred(conn) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.conn == Some(conn)) {
                    job.go_on(conn, stage);
                }
            }
            Wake::Refused(conn) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.conn == Some(conn)) {
                    job.end = Some(Got::Broken);
                }
            }
            Wake::Called(_) | Wake::Alarm(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.left
    }

    fn name(&self) -> String {
        format!(
            "pipeliner {} ({} lines, owed {}: {})",
            self.address,
            self.lines,
            self.ledger.owes(),
            self.ledger.describe()
        )
    }
}

/// Commands without a data connection, good and bad.
const SIMPLE: &[&[u8]] = &[
    b"NOOP\r\n",
    b"PWD\r\n",
    b"SYST\r\n",
    b"FEAT\r\n",
    b"HELP\r\n",
    b"STAT\r\n",
    b"CWD /Movies\r\n",
    b"CWD /nowhere\r\n",
    b"CDUP\r\n",
    b"SIZE /Movies/small\r\n",
    b"MDTM /Movies/small\n",
    b"MLST /Movies/small\r\n",
    b"STAT /Movies\r\n",
    b"RNFR /Movies/nothing\r\n",
    b"RNTO /Incoming/nothing\r\n",
    b"TYPE A\r\nTYPE I\r\n",
    b"MODE S\r\n",
    b"STRU F\r\n",
    b"ALLO 10\r\n",
    b"OPTS UTF8 ON\r\n",
    b"DELE /Movies/small\r\n",
    b"MKD /nowhere/x\r\n",
    b"RMD /nowhere\r\n",
    b"SITE HELP\r\n",
    b"SITE COMPRESS /Movies/small\r\n",
    b"HASH /Movies/large\r\n",
    b"RANG 0 0\r\nHASH /Movies/small\r\n",
    b"XCRC /Docs/text\r\n",
    b"XSHA256 /nowhere\r\n",
    b"MFMT 20200102030405 /Movies/small\r\n",
    b"AVBL\r\n",
    b"BLAH blah\r\n",
    b"CWD ../../../etc\r\n",
    b"PORT 1,2,3,4,5,6\r\n",
    b"PORT 10,0,0,1,0,21\r\n",
    b"EPRT |1|127.0.0.1|22|\r\n",
    b"PASV extra\r\n",
];

/// The ways to ask for a route. Where the other family is spoken PASV is refused.
const ROUTES: &[&[u8]] = &[b"EPSV\r\n", b"EPSV\r\n", b"PASV\r\n"];

/// The ways to abort.
const ABORTS: &[&[u8]] =
    &[b"ABOR\r\n", b"\xff\xf4\xff\xf2ABOR\r\n", b"HASH /Movies/large\r\nABOR\r\n"];

fn push(text: &mut Vec<u8>, pieces: &[&[u8]]) {
    for piece in pieces {
        text.extend_from_slice(piece);
    }
}
