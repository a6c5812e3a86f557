//! A client that can't decide. It asks for a route by every verb there is, and for another before it
//! has used the first; it connects late, for a moment or never, aborts, and logs in anew. In
//! between it transfers over what is left, and holds the server to it: what comes over a connection is
//! what was asked for over its route, and nothing comes over any other.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coracle::wire::ftp::address;

use super::{Actor, Ledger, START, Stage, Version};
use crate::net::{ConnId, Got, Wake};
use crate::rng::Rng;

/// The tag of the alarm with which it dials where it was told to go, late.
const DIAL: u64 = 1;

/// The tag of the alarm with which it dials a port that it has given up.
const TOO_LATE: u64 = 2;

/// What it may download.
const FILES: [&str; 4] =
    ["/Movies/small", "/Movies/large", "/Movies/empty", "/Docs/deep/below/notes"];

/// What it does with a connection before it transfers anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Fair,
    /// It ends its own direction at once.
    Mute,
    /// It closes as soon as it is up.
    Brief,
    /// It resets as soon as it is up.
    Rude,
}

/// A data connection.
struct Connection {
    conn: ConnId,
    manner: Manner,
    /// What was asked for over it.
    file: Option<Vec<u8>>,
    received: Vec<u8>,
    up: bool,
    end: Option<Got>,
    /// The server has said that all of it was sent.
    complete: bool,
}

/// Where the next data connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    None,
    /// It is to connect there.
    To(SocketAddr),
    /// The server is to connect there.
    At(SocketAddr),
}

/// What the server works on.
#[derive(Debug, Clone)]
enum Asked {
    Nothing,
    Download(Vec<u8>),
    /// An upload, and what its file held before.
    Upload(Vec<u8>, Rc<[u8]>, Version),
}

/// A client without a plan.
pub(crate) struct Wanderer {
    address: IpAddr,
    ledger: Ledger,
    rng: Rng,
    steps: usize,
    control: Option<ConnId>,
    /// Lines that are to follow before anything else is thought of.
    script: Vec<&'static str>,
    route: Route,
    asked: Asked,
    /// All connections that it ever had. The first behind `from` is the current route's own.
    connections: Vec<Connection>,
    from: usize,
    /// A port that was given up with no connection made, to which one is still to come.
    forsaken: Option<SocketAddr>,
    left: bool,
}

impl Wanderer {
    /// A client at `address` that takes so many steps.
    pub(crate) fn new(address: IpAddr, steps: usize, rng: Rng) -> Self {
        Self {
            address,
            ledger: Ledger::new(),
            rng,
            steps,
            control: None,
            script: vec!["TYPE I", "PASS 1234", "USER user1"],
            route: Route::None,
            asked: Asked::Nothing,
            connections: Vec::new(),
            from: 0,
            forsaken: None,
            left: false,
        }
    }

    fn say(&mut self, line: &str, stage: &mut Stage<'_>) {
        let bytes = [line.as_bytes(), b"\r\n"].concat();
        self.ledger.sent(&bytes);
        let Some(control) = self.control else { return };
        let sent = stage.net.write(control, &bytes);
        assert!(sent == bytes.len() || !stage.lore.calm, "a line at a time is always taken");
    }

    /// The next step.
    fn go_on(&mut self, stage: &mut Stage<'_>) {
        if let Some(line) = self.script.pop() {
            return self.say(line, stage);
        }
        if self.steps == 0 {
            return self.say("QUIT", stage);
        }
        self.steps -= 1;
        match self.rng.below(14) {
            0..=3 => {
                self.forsake(stage);
                let v4 = self.address.is_ipv4();
                let line = if v4 && self.rng.chance(300) { "PASV" } else { "EPSV" };
                self.say(line, stage);
            }
            4 => {
                self.forsake(stage);
                let at = stage.net.moor(stage.me, self.address);
                self.route = Route::At(at);
                let protocol = if at.is_ipv4() { 1 } else { 2 };
                self.say(&format!("EPRT |{protocol}|{}|{}|", at.ip(), at.port()), stage);
            }
            5 => {
                self.forsake(stage);
                self.say("ABOR", stage);
            }
            6 => {
                self.forsake(stage);
                self.script = vec!["TYPE I", "PASS 1234", "USER user1"];
                self.say("REIN", stage);
            }
            7 => {
                // The route stays.
                self.script = vec!["PASS 1234"];
                self.say("USER user1", stage);
            }
            8 => self.say("RETR /Secret/plans", stage),
            9..=11 => {
                let file = self.rng.pick(&FILES).as_bytes().to_vec();
                let line = format!("RETR {}", String::from_utf8_lossy(&file));
                self.asked = Asked::Download(file.clone());
                if let Some(own) = self.own() {
                    own.file = Some(file);
                }
                self.say(&line, stage);
            }
            _ => {
                let path = format!("/Incoming/{}-{}", self.address, stage.me);
                let length = self.rng.size(0..3_000);
                let payload: Rc<[u8]> = self.rng.bytes(length).into();
                let before = stage.lore.content(path.as_bytes());
                self.asked = Asked::Upload(path.clone().into(), payload, before);
                self.say(&format!("STOR {path}"), stage);
                self.send(stage);
            }
        }
    }

    /// The connection that the current route is for.
    fn own(&mut self) -> Option<&mut Connection> {
        self.connections.get_mut(self.from)
    }

    /// Gives the route up, as what is said next does.
    fn forsake(&mut self, stage: &mut Stage<'_>) {
        match std::mem::replace(&mut self.route, Route::None) {
            Route::To(port) if self.connections.len() == self.from => {
                if self.forsaken.is_none() && self.rng.chance(500) {
                    self.forsaken = Some(port);
                    let millis = self.rng.below(1_000);
                    stage.net.alarm(stage.me, Duration::from_millis(millis), TOO_LATE);
                }
            }
            Route::At(mooring) => stage.net.unmoor(mooring),
            Route::To(_) | Route::None => {}
        }
        self.from = self.connections.len();
    }

    fn dial(&mut self, to: SocketAddr, manner: Manner, stage: &mut Stage<'_>) {
        let conn = stage.net.dial(stage.me, self.address, to);
        if let Some(control) = self.control {
            stage.net.same_way(conn, control);
        }
        self.have(conn, manner, false);
    }

    fn have(&mut self, conn: ConnId, manner: Manner, up: bool) {
        let is_own = self.connections.len() == self.from;
        let file = match &self.asked {
            Asked::Download(file) if is_own => Some(file.clone()),
            Asked::Download(_) | Asked::Upload(..) | Asked::Nothing => None,
        };
        let (received, end, complete) = (Vec::new(), None, false);
        self.connections.push(Connection { conn, manner, file, received, up, end, complete });
    }

    /// Sends what is being uploaded, if there is a connection for it by now. A payload is smaller than
    /// half of what any connection has room for, or goes on when there is room again.
    fn send(&mut self, stage: &mut Stage<'_>) {
        let Asked::Upload(_, payload, _) = &self.asked else { return };
        let payload = Rc::clone(payload);
        let Some(own) = self.own().filter(|own| own.up && own.end.is_none()) else { return };
        if own.manner != Manner::Fair || own.file.is_some() {
            return;
        }
        // What has been sent is counted in what an upload does not receive.
        let rest = &payload[own.received.len()..];
        let sent = stage.net.write(own.conn, rest);
        own.received.extend_from_slice(&rest[..sent]);
        if own.received.len() == payload.len() {
            own.file = Some(Vec::new());
            stage.net.finish(own.conn);
        }
    }

    /// What the server has told of a route.
    fn told(&mut self, text: &[u8], code: u16, stage: &mut Stage<'_>) {
        let port = match code {
            229 => address::parse_extended_passive(text),
            227 => address::parse_passive(text).map(|address| address.port()),
            _ => None,
        };
        let Some(port) = port else { return };
        let to = SocketAddr::new(stage.lore.ftp.ip(), port);
        self.route = Route::To(to);
        match self.rng.below(10) {
            0 => {}
            1 | 2 => {
                let millis = self.rng.below(200);
                stage.net.alarm(stage.me, Duration::from_millis(millis), DIAL);
            }
            4 => self.dial(to, Manner::Brief, stage),
            5 => self.dial(to, Manner::Rude, stage),
            6 => self.dial(to, Manner::Mute, stage),
            _ => self.dial(to, Manner::Fair, stage),
        }
    }

    fn listen(&mut self, control: ConnId, stage: &mut Stage<'_>) {
        loop {
            let mut bytes = Vec::new();
            match stage.net.read(control, &mut bytes, 1500) {
                Got::Blocked => return,
                Got::Bytes(_) => {
                    for entry in self.ledger.received(&bytes) {
                        let code = entry.reply.code().number();
                        let text = entry.reply.lines().next().unwrap_or_default();
                        match entry.line.as_deref() {
                            Some(b"EPSV" | b"PASV") => self.told(text, code, stage),
                            Some(line)
                                if line.starts_with(b"RETR") || line.starts_with(b"STOR") =>
                            {
                                self.judge(code, text, stage);
                            }
                            Some(_) | None => {}
                        }
                        if !self.ledger.is_closing() {
                            self.go_on(stage);
                        }
                    }
                }
                Got::End | Got::Broken => {
                    assert!(
                        self.ledger.is_closing() || !stage.lore.calm,
                        "shown out: {}",
                        self.ledger.describe()
                    );
                    let early = self.ledger.owes() > 0 || self.ledger.is_shown_out();
                    assert!(!early || !stage.lore.calm, "shown out too early");
                    stage.net.hang_up(control);
                    for connection in self.connections.iter().filter(|c| c.end.is_none()) {
                        stage.net.hang_up(connection.conn);
                    }
                    self.left = true;
                    return;
                }
            }
        }
    }

    /// A transfer has been answered.
    fn judge(&mut self, code: u16, text: &[u8], stage: &mut Stage<'_>) {
        let asked = std::mem::replace(&mut self.asked, Asked::Nothing);
        if matches!(asked, Asked::Nothing) {
            assert!(code >= 400, "what is not granted was sent");
            return;
        }
        let manner = self.own().map(|own| own.manner);
        let may_fail = manner != Some(Manner::Fair) || !stage.lore.calm;
        let said = format!("{code} {}, {manner:?}", text.escape_ascii());
        assert!(code == 226 || may_fail, "a transfer whose connection is well failed: {said}");
        assert!(code != 226 || manner.is_some(), "a transfer without a connection: {said}");
        match asked {
            Asked::Nothing => {}
            Asked::Download(_) if code == 226 => {
                stage.lore.tally.fetched += 1;
                if let Some(own) = self.own() {
                    own.complete = true;
                    own.judge(stage);
                }
            }
            Asked::Download(_) => {}
            Asked::Upload(path, payload, before) => {
                let now = stage.lore.content(&path);
                let wanted = match manner {
                    _ if code != 226 => before,
                    Some(Manner::Fair) => Some(payload),
                    Some(_) | None => Some([].into()),
                };
                assert!(now == wanted, "{}: not what was sent: {said}", path.escape_ascii());
                stage.lore.tally.stored += u64::from(code == 226);
                stage.lore.settle_version(&path, now);
            }
        }
        // The route is used up.
        if let Route::At(mooring) = std::mem::replace(&mut self.route, Route::None) {
            stage.net.unmoor(mooring);
        }
        self.from = self.connections.len();
    }

    fn stirred(&mut self, at: usize, stage: &mut Stage<'_>) {
        let uploads = matches!(self.asked, Asked::Upload(..)) && at == self.from;
        let Some(connection) = self.connections.get_mut(at) else { return };
        if connection.end.is_some() {
            return;
        }
        let mut got = Vec::new();
        let end = loop {
            match stage.net.read(connection.conn, &mut got, 16 * 1024) {
                Got::Bytes(_) => {}
                Got::Blocked => break None,
                end @ (Got::End | Got::Broken) => break Some(end),
            }
        };
        if !got.is_empty() {
            let file = connection.file.as_deref().filter(|file| !file.is_empty());
            let file = file.expect("bytes come over a connection that nothing was asked for over");
            connection.received.extend_from_slice(&got);
            let whole = stage.lore.content(file).unwrap_or_default();
            assert!(whole.starts_with(&connection.received), "bytes of another file come");
        }
        if let Some(end) = end {
            connection.end = Some(end);
            stage.net.hang_up(connection.conn);
            connection.judge(stage);
        } else if uploads {
            self.send(stage);
        }
    }

    fn opened(&mut self, at: usize, stage: &mut Stage<'_>) {
        let Some(connection) = self.connections.get_mut(at) else { return };
        connection.up = true;
        match connection.manner {
            Manner::Fair => self.send(stage),
            Manner::Mute => stage.net.finish(connection.conn),
            Manner::Brief => {
                connection.end = Some(Got::End);
                stage.net.hang_up(connection.conn);
            }
            Manner::Rude => {
                connection.end = Some(Got::Broken);
                stage.net.reset(connection.conn);
            }
        }
    }
}

impl Connection {
    /// Compares what came with what was to come, once both are known.
    fn judge(&self, stage: &Stage<'_>) {
        if let (Some(file), Some(Got::End), true) = (&self.file, self.end, self.complete)
            && matches!(self.manner, Manner::Fair | Manner::Mute)
        {
            assert!(
                stage.lore.is_version(file, &self.received, 0),
                "226, and {} bytes of {} came",
                self.received.len(),
                file.escape_ascii()
            );
        }
    }
}

impl Actor for Wanderer {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        let find = |of: &Self, conn| of.connections.iter().position(|c| c.conn == conn);
        match wake {
            Wake::Alarm(START) => {
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            _ if self.left => {}
            Wake::Alarm(DIAL) => {
                if let Route::To(to) = self.route
                    && self.connections.len() == self.from
                {
                    self.dial(to, Manner::Fair, stage);
                }
            }
            Wake::Alarm(TOO_LATE) => {
                if let Some(port) = self.forsaken.take() {
                    let own = std::mem::replace(&mut self.asked, Asked::Nothing);
                    self.dial(port, Manner::Fair, stage);
                    self.asked = own;
                    // It is nobody's, and stands before those of the current route.
                    if let Some(stray) = self.connections.pop() {
                        self.connections.insert(self.from, stray);
                        self.from += 1;
                    }
                }
            }
            Wake::Alarm(_) | Wake::Opened(_) if self.control.is_none() => {}
            Wake::Refused(conn) if self.control == Some(conn) => self.left = true,
            Wake::Stirred(conn) if self.control == Some(conn) => self.listen(conn, stage),
            Wake::Called(conn) => {
                self.have(conn, Manner::Fair, true);
                self.send(stage);
            }
            Wake::Opened(conn) => {
                if let Some(at) = find(self, conn) {
                    self.opened(at, stage);
                }
            }
            Wake::Refused(conn) => {
                if let Some(at) = find(self, conn) {
                    self.connections[at].end = Some(Got::Broken);
                }
            }
            Wake::Stirred(conn) => {
                if let Some(at) = find(self, conn) {
                    self.stirred(at, stage);
                }
            }
            Wake::Alarm(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.left
    }

    fn name(&self) -> String {
        format!(
            "wanderer {} ({:?}, {:?}, {} steps to go, owed {})",
            self.address,
            self.route,
            self.asked,
            self.steps,
            self.ledger.describe()
        )
    }
}
