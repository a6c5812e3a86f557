//! Who plays a script: all of its clients at once, one step behind the other.
//!
//! A step is done as soon as the one before it is, or has waited for long enough. Whatever arrives is
//! read unless the script says otherwise, what can't be sent yet is sent when there is room. What the
//! answers mean does not matter here, but for the port that a passive reply tells; whether they are
//! right is judged elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use coracle::wire::ftp::address;

use super::script::{Blow, Fate, STRANGER, Step, Who};
use super::telephone::{Call, Telephone};
use crate::net::{ConnId, Net, PeerId, Peers, Wake};

/// How long a step waits for what may never come.
const PATIENCE: Duration = Duration::from_secs(15);

/// Connections that a script makes at most.
const CONNECTIONS: usize = 40;

/// One of a script's clients.
#[derive(Default)]
struct Client {
    control: Option<Telephone>,
    /// Final replies that have come, and how many the script has waited for.
    replies: u64,
    awaited: u64,
    /// The line that is arriving.
    line: Vec<u8>,
    /// The port that it was told last.
    port: Option<u16>,
    /// Its newest data connection.
    data: Option<Telephone>,
    /// Older ones, which nobody speaks on any more.
    older: Vec<Telephone>,
    /// Where it listens.
    mooring: Option<SocketAddr>,
}

/// What the script waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    No,
    Replies(Who),
    Whole(Who),
    Time,
}

/// The one who plays.
pub(crate) struct Director {
    steps: std::vec::IntoIter<Step>,
    clients: Vec<Client>,
    waits: Waits,
    /// The number of the wait, which its alarm bears.
    wait: u64,
    ftp: SocketAddr,
    guided: SocketAddr,
    connections: usize,
    /// What has befallen the house, until its driver has seen to it.
    pub(crate) blows: Vec<Blow>,
    /// The control connections, and whether they speak FTP.
    pub(crate) controls: Vec<(ConnId, bool)>,
    /// The data connections.
    pub(crate) datas: Vec<ConnId>,
    /// Those of them that came from an address of nobody's.
    pub(crate) strange: Vec<ConnId>,
    /// Control connections that were not read from at some time.
    pub(crate) deaf: Vec<ConnId>,
}

impl Director {
    pub(crate) fn new(steps: Vec<Step>, ftp: SocketAddr, guided: SocketAddr) -> Self {
        Self {
            steps: steps.into_iter(),
            clients: (0..8).map(|_| Client::default()).collect(),
            waits: Waits::No,
            wait: 0,
            ftp,
            guided,
            connections: 0,
            blows: Vec::new(),
            controls: Vec::new(),
            datas: Vec::new(),
            strange: Vec::new(),
            deaf: Vec::new(),
        }
    }

    fn address_of(&self, who: Who) -> IpAddr {
        let low = u8::try_from(who).unwrap_or_default();
        match self.ftp.ip() {
            IpAddr::V4(_) => IpAddr::from([10, 1, 0, low + 1]),
            IpAddr::V6(_) => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 1, u16::from(low) + 1]),
        }
    }

    /// Plays on until something has to be waited for.
    fn play(&mut self, net: &mut Net) {
        while self.is_free() {
            let Some(step) = self.steps.next() else { return };
            net.trace(|| format!("  {step:?}"));
            self.take(step, net);
        }
    }

    fn is_free(&mut self) -> bool {
        let over = match self.waits {
            Waits::No => true,
            Waits::Time => false,
            Waits::Replies(who) => {
                let client = &self.clients[who];
                client.replies >= client.awaited
                    || client.control.as_ref().is_none_or(Telephone::is_over)
            }
            Waits::Whole(who) => self.clients[who].data.as_ref().is_none_or(Telephone::is_over),
        };
        if over {
            self.waits = Waits::No;
        }
        over
    }

    fn await_until(&mut self, waits: Waits, patience: Duration, net: &mut Net) {
        self.waits = waits;
        self.wait += 1;
        net.alarm(0, patience, self.wait);
    }

    fn take(&mut self, step: Step, net: &mut Net) {
        match step {
            Step::Say(who, text) => {
                self.control(who, net);
                let text = self.with_mooring(who, text, net);
                if let Some(control) = &mut self.clients[who].control {
                    control.say(&text, net);
                }
            }
            Step::Await(who, count) => {
                self.control(who, net);
                self.clients[who].awaited += count;
                self.await_until(Waits::Replies(who), PATIENCE, net);
            }
            Step::Dial(who, from) => self.dial(who, from, net),
            Step::Send(who, bytes) => self.on_data(who, |data| data.say(&bytes, net)),
            Step::Read(who, most) => self.on_data(who, |data| data.read_on(most)),
            Step::Shut(who, shut) => self.on_data(who, |data| data.shut(shut, net)),
            Step::Data(who, fate) => self.on_data(who, |data| data.part(fate, net)),
            Step::Whole(who) => self.await_until(Waits::Whole(who), PATIENCE, net),
            Step::Deaf(who, deaf) => {
                if let Some(control) = &mut self.clients[who].control {
                    control.read_on(deaf.then_some(0));
                    self.deaf.push(control.conn);
                }
            }
            Step::Control(who, fate) => {
                if let Some(control) = &mut self.clients[who].control {
                    control.part(fate, net);
                }
            }
            Step::Again(who) => {
                if let Some(mut control) = self.clients[who].control.take() {
                    control.part(Fate::Close, net);
                    // Nobody reads it any more.
                    self.deaf.push(control.conn);
                }
                let client = &mut self.clients[who];
                (client.replies, client.awaited, client.port) = (0, 0, None);
                client.line.clear();
                self.control(who, net);
            }
            Step::Pause(time) => self.await_until(Waits::Time, time, net),
            Step::Blow(blow) => {
                self.blows.push(blow);
                // The driver sees to it behind the next pass.
                self.await_until(Waits::Time, Duration::from_micros(1), net);
            }
        }
        for client in &mut self.clients {
            client.listen(net);
        }
    }

    fn on_data(&mut self, who: Who, act: impl FnOnce(&mut Telephone)) {
        if let Some(data) = &mut self.clients[who].data {
            act(data);
        }
    }

    /// Connects a client that was not heard of before.
    fn control(&mut self, who: Who, net: &mut Net) {
        if self.clients[who].control.is_some() || self.connections == CONNECTIONS {
            return;
        }
        self.connections += 1;
        let (is_ftp, from) = (who < 4, self.address_of(who));
        let conn = net.dial(0, from, if is_ftp { self.ftp } else { self.guided });
        self.controls.push((conn, is_ftp));
        self.clients[who].control = Some(Telephone::new(conn));
    }

    fn dial(&mut self, who: Who, from: Who, net: &mut Net) {
        let Some(port) = self.clients[who].port else { return };
        if self.connections == CONNECTIONS {
            return;
        }
        self.connections += 1;
        let is_strange = from == STRANGER;
        let from = self.address_of(if is_strange { 200 } else { from });
        let conn = net.dial_data(0, from, SocketAddr::new(self.ftp.ip(), port));
        self.datas.push(conn);
        if is_strange {
            self.strange.push(conn);
        }
        if let Some(control) = &self.clients[who].control {
            net.same_way(conn, control.conn);
        }
        self.clients[who].has_data(conn);
    }

    /// What is said, with where the client listens in place of `%p` and `%e`.
    fn with_mooring(&mut self, who: Who, text: Vec<u8>, net: &mut Net) -> Vec<u8> {
        let place = |mark: &[u8; 2]| text.windows(2).position(|pair| pair == mark);
        let (at, extended) = match (place(b"%p"), place(b"%e")) {
            (Some(at), _) => (at, false),
            (None, Some(at)) => (at, true),
            (None, None) => return text,
        };
        let ip = self.address_of(who);
        let address = *self.clients[who].mooring.get_or_insert_with(|| net.moor(0, ip));
        let [high, low] = address.port().to_be_bytes();
        let said = match address.ip() {
            IpAddr::V4(ip) if !extended => {
                let [a, b, c, d] = ip.octets();
                format!("{a},{b},{c},{d},{high},{low}")
            }
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => {
                let family = if ip.is_ipv4() { 1 } else { 2 };
                format!("|{family}|{ip}|{}|", address.port())
            }
        };
        [&text[..at], said.as_bytes(), &text[at + 2..]].concat()
    }
}

impl Peers for Director {
    fn wake(&mut self, _: PeerId, wake: Wake, net: &mut Net) {
        net.trace(|| format!("    {wake:?}"));
        match wake {
            Wake::Alarm(0) => {}
            Wake::Alarm(wait) => {
                if wait == self.wait {
                    self.waits = Waits::No;
                }
            }
            Wake::Called(conn) => {
                self.datas.push(conn);
                let server = net.peer_of(conn);
                let called = |client: &&mut Client| client.mooring == Some(server);
                if let Some(client) = self.clients.iter_mut().find(called) {
                    client.has_data(conn);
                    client.hear(Call::Up, conn, net);
                }
            }
            Wake::Opened(conn) => self.tell(Call::Up, conn, net),
            Wake::Refused(conn) => self.tell(Call::Down, conn, net),
            Wake::Stirred(conn) => self.tell(Call::Stirred, conn, net),
        }
        self.play(net);
    }
}

impl Director {
    fn tell(&mut self, call: Call, conn: ConnId, net: &mut Net) {
        for client in &mut self.clients {
            client.hear(call, conn, net);
        }
    }
}

impl Client {
    fn has_data(&mut self, conn: ConnId) {
        self.older.extend(self.data.replace(Telephone::new(conn)));
    }

    fn hear(&mut self, call: Call, conn: ConnId, net: &mut Net) {
        let phones = self.data.iter_mut().chain(&mut self.older).chain(&mut self.control);
        for phone in phones.filter(|phone| phone.conn == conn) {
            phone.ring(call, net);
        }
        self.listen(net);
    }

    /// Counts the replies that have come.
    fn listen(&mut self, net: &mut Net) {
        let Some(control) = &mut self.control else { return };
        control.move_on(net);
        let heard = std::mem::take(&mut control.heard);
        for byte in heard {
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if let [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ', text @ ..] = &line[..] {
                self.replies += 1;
                let told = match &line[..3] {
                    b"227" => address::parse_passive(text).map(|address| address.port()),
                    b"229" => address::parse_extended_passive(text),
                    _ => None,
                };
                self.port = told.or(self.port);
            } else if line.starts_with(b"Please ") || line.starts_with(b"Username OK") {
                self.replies += 1;
            }
        }
        if self.line.len() > 1 << 16 {
            self.line.clear();
        }
        if let Some(data) = &mut self.data {
            data.move_on(net);
            data.heard.clear();
        }
        for data in &mut self.older {
            data.move_on(net);
            data.heard.clear();
        }
    }
}
