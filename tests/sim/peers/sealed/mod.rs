//! A client under TLS: AUTH TLS, PROT P, downloads and uploads over data connections that resume
//! its session, some of which are cut at any byte of the wire, their handshakes included. Some shake
//! hands there before they say what it is for.
//!
//! What rustls draws at random differs from run to run, but never in length, since the certificate
//! is one of Ed25519: what the seed decides hangs on lengths alone, so a seed still replays.

mod wire;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::visitor::How;
use super::{Actor, START, Stage, Version};
use crate::net::{ConnId, Wake};
use crate::rng::Rng;
use wire::Wire;

/// Transfers for which the tickets of a control connection are enough, whatever becomes of them.
const TICKETS: usize = 4;

/// Something that it wants.
#[derive(Debug, Clone)]
pub(crate) enum Want {
    /// To fetch the file.
    Fetch(Vec<u8>),
    /// To see the names in a directory, this one among them.
    List(Vec<u8>, Vec<u8>),
    /// To fetch the file, and to go as soon as all of it is there: with close_notify, and without a
    /// look at the server's.
    Grab(Vec<u8>),
    /// To send the file; its data connection is cut after so many bytes on the wire.
    Put { path: Vec<u8>, payload: Rc<[u8]>, cut: Option<(usize, How)> },
}

/// What the next final reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Greeting,
    Auth,
    User,
    Pass,
    Pbsz,
    Prot,
    Type,
    Port,
    Transfer,
    Quit,
}

/// What has to come before a client says what its data connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unsaid {
    /// The end of the handshake.
    Up,
    /// An alarm.
    Late,
}

/// The tags of the alarms with which a client begins the handshake on the data connection, and says
/// what that is for.
const HELLO: u64 = 1;
const COMMAND: u64 = 2;

/// A client under TLS with a plan.
pub(crate) struct Sealed {
    address: IpAddr,
    config: Arc<ClientConfig>,
    plan: VecDeque<Want>,
    want: Option<Want>,
    asked: Asked,
    /// What it says in the clear behind AUTH TLS, as an attacker between the two would.
    injected: &'static [u8],
    /// What it uploads comes in records of one byte each.
    crumbles: bool,
    /// It begins the handshake of a data connection before it says what for, and these decide when.
    early: Option<Rng>,
    /// What a data connection is for, while that is not said yet; and how much of its handshake has to
    /// be done before.
    unsaid: Option<(String, Unsaid)>,
    control: Option<Wire>,
    data: Option<Wire>,
    /// The final reply of the transfer, until its data connection has ended too.
    reply: Option<u16>,
    /// What the file of the upload held before, and is to hold if it succeeds.
    before: Version,
    intended: Version,
    done: bool,
}

impl Sealed {
    /// A client at `address` who wants these.
    pub(crate) fn new(address: IpAddr, plan: impl IntoIterator<Item = Want>) -> Self {
        let plan: VecDeque<Want> = plan.into_iter().collect();
        Self {
            address,
            config: wire::config(plan.len() <= TICKETS),
            plan,
            want: None,
            asked: Asked::Greeting,
            injected: b"",
            crumbles: false,
            early: None,
            unsaid: None,
            control: None,
            data: None,
            reply: None,
            before: None,
            intended: None,
            done: false,
        }
    }

    /// The same, in TLS 1.3 however much it wants.
    pub(crate) fn in_tls13(mut self) -> Self {
        self.config = wire::config(true);
        self
    }

    /// The same, with uploads in records of one byte each.
    pub(crate) const fn in_crumbs(mut self) -> Self {
        self.crumbles = true;
        self
    }

    /// The same, with handshakes on data connections that begin, and often end, before it says what
    /// they are for.
    pub(crate) const fn early(mut self, rng: Rng) -> Self {
        self.early = Some(rng);
        self
    }

    /// The same, with somebody between it and the server who adds this in the clear.
    pub(crate) const fn with(mut self, injected: &'static [u8]) -> Self {
        self.injected = injected;
        self
    }

    fn ask(&mut self, line: &str, asked: Asked) {
        if let Some(control) = &mut self.control {
            control.say(line.as_bytes());
            control.say(b"\r\n");
        }
        self.asked = asked;
    }

    /// Moves what can be moved on both connections, and draws the conclusions.
    fn work(&mut self, stage: &mut Stage<'_>) {
        let Some(control) = &mut self.control else { return };
        if let Err(error) = control.pump(stage) {
            // What was added in the clear can't pass for a handshake, if it comes late enough.
            assert!(
                !self.injected.is_empty() && self.asked == Asked::User,
                "the server's TLS on the control connection, at {:?}: {error}",
                self.asked
            );
            return self.leave(stage);
        }
        while let Some(line) = next_line(&mut self.control) {
            self.heed(&line, stage);
        }
        self.work_data(stage);
        if let Some(control) = &mut self.control {
            if let Err(error) = control.pump(stage) {
                panic!("the server's TLS on the control connection: {error}");
            }
            if let Some(clean) = control.ended {
                let meant = self.asked == Asked::Quit || !self.injected.is_empty();
                assert!(clean || meant || !stage.lore.calm, "cut off as {:?}", self.asked);
                self.leave(stage);
            }
        }
    }

    fn heed(&mut self, line: &str, stage: &mut Stage<'_>) {
        let me = stage.me;
        stage.net.trace(|| format!("    p{me} {:?} -> {line}", self.asked));
        let code: u16 = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        if self.early.is_none()
            && self.asked == Asked::Transfer
            && let Some(data) = &mut self.data
        {
            data.holds_back = false;
        }
        if line.as_bytes().get(3) != Some(&b' ') || code < 200 {
            return;
        }
        match (self.asked, code) {
            (Asked::Greeting, 220) => {
                self.ask("AUTH TLS", Asked::Auth);
                if let Some(control) = &mut self.control {
                    control.say(self.injected);
                }
            }
            (Asked::Auth, 234) => {
                if let Some(control) = &mut self.control {
                    assert!(control.plain.is_empty(), "something in the clear behind 234");
                    control.secure(&self.config);
                }
                self.ask("USER user1", Asked::User);
            }
            (Asked::User, 331) => self.ask("PASS 1234", Asked::Pass),
            (Asked::Pass, 230) => self.ask("PBSZ 0", Asked::Pbsz),
            (Asked::Pbsz, 200) => self.ask("PROT P", Asked::Prot),
            (Asked::Prot, 200) => self.ask("TYPE I", Asked::Type),
            (Asked::Type, 200) => self.go_on(),
            (Asked::Port, 229) => self.begin(line, stage),
            // On a single port, behind a connection that has got lost.
            (Asked::Port, 425) if !stage.lore.calm => self.go_on(),
            (Asked::Transfer, code) => {
                self.reply.get_or_insert(code);
            }
            (Asked::Port, 425) if !stage.lore.calm => self.go_on(),
            (Asked::Quit, 221) => {}
            (_, 421) if !stage.lore.calm => self.leave(stage),
            (asked, code) => panic!("{asked:?} was answered by {code}: {line}"),
        }
    }

    fn go_on(&mut self) {
        self.want = self.plan.pop_front();
        match self.want {
            Some(_) => self.ask("EPSV", Asked::Port),
            None => self.ask("QUIT", Asked::Quit),
        }
    }

    /// The port is known: connects to it and says what for.
    fn begin(&mut self, line: &str, stage: &mut Stage<'_>) {
        let port = line.split('|').nth(3).and_then(|port| port.parse().ok());
        let server = SocketAddr::new(stage.lore.ftp.ip(), port.expect("a port in 229"));
        let conn = stage.net.dial(stage.me, self.address, server);
        if let Some(control) = &self.control {
            stage.net.same_way(conn, control.conn);
        }
        stage.net.seal(conn);
        let mut data = Wire::new(conn);
        // Until it says hello, what is to be uploaded waits.
        data.secure(&self.config);
        match self.want.clone() {
            None => {}
            Some(Want::Fetch(path) | Want::Grab(path)) => self.order("RETR", &path, stage),
            Some(Want::List(path, _)) => self.order("NLST", &path, stage),
            Some(Want::Put { path, payload, cut }) => {
                self.before = stage.lore.content(&path);
                stage.lore.add_version(&path, self.before.clone());
                self.intended = Some(Rc::clone(&payload));
                stage.lore.add_version(&path, self.intended.clone());
                if self.crumbles {
                    data.crumble(&payload);
                } else {
                    data.say(&payload);
                }
                data.close_behind();
                data.until_cut = cut.map_or(usize::MAX, |(after, _)| after);
                self.order("STOR", &path, stage);
            }
        }
        // The hello waits for the word that the transfer begins, or for an alarm.
        data.holds_back = true;
        self.data = Some(data);
    }

    /// Says what the data connection is for: at once, or some time before or behind its handshake.
    fn order(&mut self, verb: &str, path: &[u8], stage: &mut Stage<'_>) {
        let line = format!("{verb} {}", String::from_utf8_lossy(path));
        self.asked = Asked::Transfer;
        let Some(rng) = &mut self.early else { return self.ask(&line, Asked::Transfer) };
        stage.net.alarm(stage.me, Duration::from_micros(rng.below(60_000)), HELLO);
        let when = if rng.chance(600) { Unsaid::Up } else { Unsaid::Late };
        if when == Unsaid::Late {
            stage.net.alarm(stage.me, Duration::from_micros(rng.below(120_000)), COMMAND);
        }
        self.unsaid = Some((line, when));
    }

    fn say_order(&mut self, when: Unsaid) {
        if let Some((line, _)) = self.unsaid.take_if(|(_, awaited)| *awaited == when) {
            self.ask(&line, Asked::Transfer);
        }
    }

    fn work_data(&mut self, stage: &mut Stage<'_>) {
        let Some(data) = &mut self.data else { return };
        if let Err(error) = data.pump(stage) {
            panic!("the server's TLS on the data connection: {error}");
        }
        if data.until_cut == 0
            && let Some(Want::Put { cut: Some((_, how)), .. }) = &self.want
        {
            match how {
                How::End => stage.net.finish(data.conn),
                How::Reset => stage.net.reset(data.conn),
            }
            // Once is enough.
            data.until_cut = usize::MAX;
            data.ended = Some(false);
        }
        if data.is_up() || data.ended.is_some() {
            self.say_order(Unsaid::Up);
        }
        let Some(data) = &mut self.data else { return };
        if let Some(Want::Grab(path)) = &self.want
            && data.ended.is_none()
            && data.is_up()
            && stage.lore.content(path).is_some_and(|file| file.len() == data.plain.len())
        {
            data.close_behind();
            data.part(stage);
        }
        if let (Some(reply), Some(clean)) = (self.reply, data.ended) {
            let (conn, through) = (data.conn, data.is_through());
            let received = std::mem::take(&mut data.plain);
            stage.net.hang_up(conn);
            self.data = None;
            self.reply = None;
            self.judge(reply, clean, through, &received, stage);
            self.go_on();
        }
    }

    /// The transfer is over: `clean` if close_notify came, `through` if all was sent.
    fn judge(
        &mut self,
        reply: u16,
        clean: bool,
        through: bool,
        received: &[u8],
        stage: &mut Stage<'_>,
    ) {
        match self.want.take() {
            None => {}
            Some(Want::Fetch(path) | Want::Grab(path)) => {
                assert!(reply == 226 || !stage.lore.calm, "{reply} for a download");
                if reply == 226 {
                    assert!(clean, "226 without close_notify");
                    assert!(
                        stage.lore.is_version(&path, received, 0),
                        "226, and {} bytes of {} are not what it held",
                        received.len(),
                        path.escape_ascii()
                    );
                    stage.lore.tally.fetched += 1;
                    stage.lore.tally.sealed += 1;
                }
            }
            Some(Want::List(path, name)) => {
                assert!(reply == 226 || !stage.lore.calm, "{reply} for a listing");
                if reply == 226 {
                    let line = [&path[..], b"/", &name, b"\r\n"].concat();
                    let has_name = received.windows(line.len()).any(|window| window == line);
                    assert!(clean && has_name, "226, and the list is not whole");
                    stage.lore.tally.listed += 1;
                    stage.lore.tally.sealed += 1;
                }
            }
            Some(Want::Put { path, cut, .. }) => {
                let now = stage.lore.content(&path);
                if reply == 226 {
                    assert!(now == self.intended, "226, and not what was sent");
                    assert!(cut.is_none() || through, "226 for an upload that was cut");
                    stage.lore.tally.stored += 1;
                    stage.lore.tally.sealed += 1;
                } else {
                    // Where only the name could not be written to the disk, the file is in place.
                    let unnamed = stage.lore.durable && through && now == self.intended;
                    assert!(unnamed || now == self.before, "{reply}, and yet changed");
                    assert!(cut.is_some() || !stage.lore.calm, "{reply} for an upload");
                    stage.lore.tally.broken += 1;
                }
                // What the disk may lose in a power cut is not settled.
                if reply == 226 || now == self.before {
                    stage.lore.settle_version(&path, now);
                }
            }
        }
    }

    fn leave(&mut self, stage: &mut Stage<'_>) {
        for wire in [self.control.take(), self.data.take()].into_iter().flatten() {
            stage.net.hang_up(wire.conn);
        }
        self.done = true;
    }

    fn is_mine(&self, conn: ConnId) -> bool {
        [&self.control, &self.data].into_iter().flatten().any(|wire| wire.conn == conn)
    }
}

/// The next line that was read, without its end.
fn next_line(control: &mut Option<Wire>) -> Option<String> {
    let plain = &mut control.as_mut()?.plain;
    let end = plain.windows(2).position(|end| end == b"\r\n")?;
    let line = plain.drain(..end + 2).take(end).collect();
    Some(String::from_utf8(line).expect("replies are text"))
}

impl Actor for Sealed {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        if self.done {
            return;
        }
        match wake {
            Wake::Alarm(START) => {
                let conn = stage.net.dial(stage.me, self.address, stage.lore.ftp);
                self.control = Some(Wire::new(conn));
            }
            Wake::Alarm(HELLO) => {
                if let Some(data) = &mut self.data {
                    data.holds_back = false;
                }
                self.work(stage);
            }
            Wake::Alarm(COMMAND) => {
                self.say_order(Unsaid::Late);
                self.work(stage);
            }
            Wake::Refused(conn) if self.is_mine(conn) => self.leave(stage),
            Wake::Opened(conn) | Wake::Stirred(conn) if self.is_mine(conn) => self.work(stage),
            Wake::Opened(_)
            | Wake::Refused(_)
            | Wake::Stirred(_)
            | Wake::Called(_)
            | Wake::Alarm(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn name(&self) -> String {
        format!("sealed {} ({:?}, {} to come)", self.address, self.asked, self.plan.len())
    }
}
