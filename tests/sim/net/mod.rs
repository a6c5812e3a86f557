//! The virtual network: connections with latency and bounded buffers, listeners with a backlog, and
//! the clock of it all.
//!
//! Both ends of every connection meet here: the reactor's through [`FakeIo`], the peers' through the
//! functions of [`shore`]. It keeps epoll's books for the reactor's end: an edge-triggered event
//! comes when something arrives, when there is room again after a write had answered `WouldBlock`,
//! or when a socket is registered while something is ready, and not otherwise.
//!
//! It knows nothing of FTP, nor of who the peers are: to it they are numbers that it wakes.

mod desk;
mod faults;
mod io;
mod pipe;
mod shore;
mod traffic;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use coracle::terms::Key;

pub(crate) use faults::Faults;
pub(crate) use io::{FakeIo, LONGEST_POLL, Peers};
pub(crate) use shore::Got;

use crate::rng::Rng;
use pipe::Pipe;
use traffic::Happening;

/// A connection, for good: the number is never used for another.
pub(crate) type ConnId = usize;

/// A peer.
pub(crate) type PeerId = usize;

/// Why a peer is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The connection that it dialled is up.
    Opened(ConnId),
    /// The connection that it dialled was refused.
    Refused(ConnId),
    /// The server has connected to where it listens.
    Called(ConnId),
    /// Something has arrived, or there is room again.
    Stirred(ConnId),
    /// An alarm that it set has rung.
    Alarm(u64),
}

/// What an event can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Conn(ConnId),
    Listener(usize),
    Outside(Key),
}

/// Directions in which something became possible.
#[derive(Debug, Clone, Copy, Default)]
struct Hint {
    readable: bool,
    writable: bool,
}

/// How the reactor's end of a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Desk {
    /// The reactor has not got it yet.
    Unborn,
    /// It holds the socket.
    Held,
    /// It has closed it.
    Closed,
}

/// How a connection that the server dialled stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dial {
    /// It was not the server who dialled, or it is up.
    Up,
    /// No answer yet.
    Pending,
    /// Nobody listens there.
    Refused,
}

/// One connection with both of its ends.
#[derive(Debug)]
struct Conn {
    server: SocketAddr,
    peer: SocketAddr,
    owner: PeerId,
    latency: u64,
    to_server: Pipe,
    to_peer: Pipe,
    desk: Desk,
    dial: Dial,
    /// The peer's end is open.
    peer_open: bool,
    /// The key under which the poll knows the reactor's end.
    watched: Option<Key>,
    /// What the next event is to say.
    hint: Hint,
    /// It stands among the ready, or its event is being held back.
    listed: bool,
    /// The peer that dialled it has been told already that it is up.
    known: bool,
    /// How often it found the backlog full.
    knocks: u32,
    /// It is under TLS: a turn may do with bytes that were read before.
    sealed: bool,
    /// It is a data connection: its turns are timed.
    data: bool,
    /// What it carries is packed: its turns may come and go with no byte moved.
    packed: bool,
    /// The pass and the time from which on the reactor could go on moving its bytes.
    runnable_since: Option<(u64, u64)>,
    /// How much of its wire the reactor has taken in one pass, and which.
    taken: (u64, usize),
    /// What goes over it, where that is wanted.
    tap: Option<Box<Tap>>,
}

/// What went over a connection.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    /// What the peer has handed to its kernel.
    pub(crate) sent: Vec<u8>,
    /// The peer has ended its direction in good order behind that.
    pub(crate) finished: bool,
    /// What the reactor has read.
    pub(crate) heard: Vec<u8>,
    /// What the reactor has handed to its kernel.
    pub(crate) said: Vec<u8>,
    /// The reactor has ended its direction in good order behind that.
    pub(crate) ended: bool,
    /// The peer had ended its direction, or gone, before the reactor did.
    pub(crate) hung_up: bool,
    /// The reactor has read up to the peer's end.
    pub(crate) read_up: bool,
}

impl Conn {
    /// The reactor ends its direction in good order.
    fn note_end(&mut self) {
        if let Some(tap) = &mut self.tap {
            tap.ended = true;
            tap.hung_up = self.to_server.ended || !self.peer_open;
        }
    }
}

/// A listener of the reactor's.
#[derive(Debug)]
struct Harbour {
    address: SocketAddr,
    key: Key,
    backlog: VecDeque<ConnId>,
    listed: bool,
    open: bool,
}

/// What is counted for the checks.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stats {
    /// Connections that the reactor holds.
    pub(crate) server_sockets: usize,
    /// Listeners that the reactor holds.
    pub(crate) listeners: usize,
    /// Those that it has made.
    pub(crate) listens: u64,
    /// The most bytes that were offered to one write: what waited in an outbox.
    pub(crate) most_offered: usize,
    /// The most bytes that were taken from a protected data connection in one pass.
    pub(crate) most_taken: usize,
    /// The most passes that a data connection that could move bytes was not served.
    pub(crate) longest_turn: u64,
    /// The longest time, in nanoseconds.
    pub(crate) longest_pause: u64,
    /// Accepts, listens and dials that found no descriptor.
    pub(crate) exhaustions: u64,
    /// Polls.
    pub(crate) polls: u64,
}

/// The network.
pub(crate) struct Net {
    now: u64,
    rng: Rng,
    faults: Faults,
    conns: Vec<Conn>,
    harbours: Vec<Harbour>,
    /// Where peers listen, and which.
    moorings: HashMap<SocketAddr, PeerId>,
    agenda: BTreeMap<(u64, u64), Happening>,
    sequence: u64,
    ready: VecDeque<Source>,
    /// Keys of closed sockets, of which stale events speak.
    buried: VecDeque<Key>,
    next_port: u16,
    asleep: bool,
    stats: Stats,
    tracing: bool,
    /// Connections are tapped.
    taps: bool,
}

impl Net {
    /// A network without anybody in it.
    pub(crate) fn new(rng: Rng, faults: Faults, tracing: bool) -> Self {
        Self {
            now: 0,
            rng,
            faults,
            conns: Vec::new(),
            harbours: Vec::new(),
            moorings: HashMap::new(),
            agenda: BTreeMap::new(),
            sequence: 0,
            ready: VecDeque::new(),
            buried: VecDeque::new(),
            next_port: 40_000,
            asleep: false,
            stats: Stats::default(),
            tracing,
            taps: false,
        }
    }

    /// Keeps what goes over the connections that are made from now on.
    pub(crate) const fn tap(&mut self) {
        self.taps = true;
    }

    /// What went over a connection so far, if it was tapped.
    pub(crate) fn tapped(&self, id: ConnId) -> Option<&Tap> {
        self.conns.get(id)?.tap.as_deref()
    }

    /// Nanoseconds since the start.
    pub(crate) const fn now(&self) -> u64 {
        self.now
    }

    /// Lets time pass in which the reactor has done something that takes the processor.
    pub(crate) const fn spend(&mut self, nanos: u64) {
        self.now += nanos;
    }

    /// Whether the last poll would have waited for ever, with nobody left to end it.
    pub(crate) const fn is_asleep(&self) -> bool {
        self.asleep
    }

    /// What was counted so far.
    pub(crate) const fn stats(&self) -> Stats {
        self.stats
    }

    /// Says what happens, where the scenario is replayed.
    pub(crate) fn trace(&self, what: impl FnOnce() -> String) {
        if self.tracing {
            eprintln!("{:>14.6} {}", Duration::from_nanos(self.now).as_secs_f64(), what());
        }
    }

    /// Makes a source of the driver's own ready after a while.
    pub(crate) fn ring_outside(&mut self, key: Key, after: Duration) {
        self.schedule(nanos(after), Happening::Outside(key));
    }

    /// Connections that the reactor still holds, for a complaint.
    pub(crate) fn held(&self) -> Vec<(SocketAddr, SocketAddr)> {
        let held = self.conns.iter().filter(|conn| conn.desk == Desk::Held);
        held.map(|conn| (conn.server, conn.peer)).collect()
    }

    fn schedule(&mut self, after: u64, what: Happening) {
        self.schedule_at(self.now.saturating_add(after), what);
    }

    fn schedule_at(&mut self, at: u64, what: Happening) {
        self.sequence += 1;
        self.agenda.insert((at, self.sequence), what);
    }

    /// When the next thing happens.
    fn next_at(&self) -> Option<u64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Owes the reactor an event.
    fn hint(&mut self, source: Source, hint: Hint) {
        let listed = match source {
            Source::Conn(id) => {
                let conn = &mut self.conns[id];
                conn.hint.readable |= hint.readable;
                conn.hint.writable |= hint.writable;
                if conn.watched.is_none() || conn.desk != Desk::Held {
                    return;
                }
                std::mem::replace(&mut conn.listed, true)
            }
            Source::Listener(id) => std::mem::replace(&mut self.harbours[id].listed, true),
            Source::Outside(_) => false,
        };
        if !listed {
            self.ready.push_back(source);
        }
    }

    /// A connection between these two, with buffers and a latency of its own.
    fn connection(&mut self, server: SocketAddr, peer: SocketAddr, owner: PeerId) -> ConnId {
        let latency = match self.rng.below(4) {
            0 => self.rng.within(10_000..100_000),
            1 | 2 => self.rng.within(100_000..5_000_000),
            _ => self.rng.within(5_000_000..80_000_000),
        };
        let capacity = |rng: &mut Rng| match rng.below(4) {
            0 => rng.size(64..1024),
            1 => rng.size(1024..16 * 1024),
            _ => rng.size(16 * 1024..256 * 1024),
        };
        let conn = Conn {
            server,
            peer,
            owner,
            latency,
            to_server: Pipe::new(capacity(&mut self.rng)),
            to_peer: Pipe::new(capacity(&mut self.rng)),
            desk: Desk::Unborn,
            dial: Dial::Up,
            peer_open: true,
            watched: None,
            hint: Hint::default(),
            listed: false,
            known: false,
            knocks: 0,
            sealed: false,
            data: false,
            packed: false,
            runnable_since: None,
            taken: (0, 0),
            tap: self.taps.then(Box::default),
        };
        self.conns.push(conn);
        self.conns.len() - 1
    }

    fn free_port(&mut self, taken: impl Fn(&Self, u16) -> bool) -> u16 {
        loop {
            self.next_port = self.next_port.checked_add(1).unwrap_or(40_000);
            if !taken(self, self.next_port) {
                return self.next_port;
            }
        }
    }
}

/// `address` as a socket of both families shows it.
fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    }
}

/// The interface on which link-local addresses are.
const SCOPE: u32 = 7;

/// Whether `address` says all that a socket has to know of it: of a link-local one its interface too.
fn is_complete(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V6(v6) => !v6.ip().is_unicast_link_local() || v6.scope_id() == SCOPE,
        SocketAddr::V4(_) => true,
    }
}

/// `address` as a socket tells it.
fn completed(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(mut v6) if v6.ip().is_unicast_link_local() => {
            v6.set_scope_id(SCOPE);
            v6.into()
        }
        SocketAddr::V6(_) | SocketAddr::V4(_) => address,
    }
}

/// `duration` in nanoseconds.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
