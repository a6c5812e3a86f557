//! L3. One pass of the loop: wait, note what is ready, then serve what can be served, each slot
//! within its budget.
//!
//! The order of a pass is the fairness policy: listeners, then control connections, then data
//! connections, then a few pieces of work on files, then one write for all that each session has
//! said, then the closing of what is over. What has spent its budget goes to the tail of the next
//! pass's queue, and the next poll does not wait.
//!
//! The reactor is generic over its sockets ([`Io`]) and its files ([`Tree`]), and it is driven from
//! outside: the driver calls [`Reactor::pass`], takes the [`Reactor::challenges`] and
//! [`Reactor::commits`] that wait for the helper thread, and brings what they come to. So the very
//! same loop runs under simulation. It knows
//! when bytes can move and who waits for whom; what is said is the session's, what is moved is the
//! transfer room's.

mod apply;
mod census;
mod chores;
mod claims;
mod commits;
mod control;
mod data;
mod early;
mod handshake;
mod listen;
mod passive;
mod ready;
mod reap;
mod shortage;
mod slots;
mod strangers;
mod timers;
mod told;

use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::accounts::{Accounts, Challenge, Gate, Rules, Verdict};
use crate::channel::tls::Acceptor;
use crate::io::{Io, Ready};
use crate::session::{Dialect, Effects, Event, Settings};
use crate::terms::{Budget, Key, Moment, UnixTime};
use crate::transfer::{Pace, Transfer};
use crate::tree::Tree;

pub use census::{Census, Spent, Waits, Worked};
pub use chores::{COMPRESSED_A_PASS, COMPRESSED_AT_ONCE, DIGESTED_A_PASS};
pub use told::{Telling, Told};

use chores::Chores;
use commits::Commits;
use control::{Control, Stage};
use data::Data;
use listen::{Listener, Role};
use passive::Ports;
use ready::Queue;
use slots::Slots;
use strangers::Strangers;
use timers::Timers;

/// A transfer over the files of `T`.
type Moving<T> = Transfer<<T as Tree>::File, <T as Tree>::Part>;

/// Room that all reads share, in bytes.
const SCRATCH: usize = 64 * 1024;

/// What an operator may set of the loop's behaviour. Each limit is answered by a clear reply.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Control connections in all; one more is told 421.
    pub clients: usize,
    /// Who else is turned away, and for how long.
    pub gate: Rules,
    /// Bytes of a command line, its end not counted.
    pub line: usize,
    /// Time to log in.
    pub login: Duration,
    /// Time between two commands.
    pub idle: Duration,
    /// Time until a TLS handshake must be done.
    pub handshake: Duration,
    /// Time until a data connection must stand.
    pub arrival: Duration,
    /// Time in which a transfer must move at least a byte.
    pub stall: Duration,
    /// Time that a departing peer is given to read on, thirty times over in all, and to go when it has
    /// the last reply.
    pub linger: Duration,
    /// How long accepting rests when no descriptor is left.
    pub pause: Duration,
    /// Ports for passive data connections; any free one if not set.
    pub passive_ports: Option<RangeInclusive<u16>>,
    /// Passive listeners that are kept open at most.
    pub passive_listeners: usize,
    /// The IPv4 addresses that are told to peers in place of our own, for servers behind NAT.
    pub passive_address: Told,
    /// Whether uploads, and what is compressed, are on the disk before they are said to be in place.
    pub durable: bool,
    /// What a slot may do in one turn.
    pub budgets: Budgets,
}

/// What a slot may do in one turn.
#[derive(Debug, Clone)]
pub struct Budgets {
    /// Lines of a control connection.
    pub lines: usize,
    /// Connections accepted from one listener.
    pub accepts: usize,
    /// Steps of TLS handshakes in one pass, whoever takes them: each may cost a signature.
    pub handshakes: usize,
    /// Bytes of a transfer.
    pub pace: Pace,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients: 10_000,
            gate: Rules::default(),
            line: 8 * 1024,
            login: Duration::from_secs(60),
            idle: Duration::from_secs(300),
            handshake: Duration::from_secs(30),
            arrival: Duration::from_secs(30),
            stall: Duration::from_secs(120),
            linger: Duration::from_secs(2),
            pause: Duration::from_millis(100),
            passive_ports: None,
            passive_listeners: 4096,
            passive_address: Told::default(),
            durable: false,
            budgets: Budgets {
                lines: 16,
                accepts: 64,
                handshakes: 16,
                pace: Pace { zero_copy: 256 * 1024, copied: 64 * 1024, chunk: 256 * 1024 },
            },
        }
    }
}

/// Whether a port's connections begin with a TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// They begin in the clear; whether that changes is the session's matter.
    Clear,
    /// They begin with a TLS handshake: implicit TLS.
    Implicit,
}

/// Something in the slab.
enum Slot<I: Io, T: Tree> {
    Listener(Listener<I>),
    Control(Box<Control<I, T>>),
    Data(Box<Data<I, T>>),
    /// Taken out for the time of its turn; its key stays its own.
    Taken,
}

/// The loop and all that it serves.
pub struct Reactor<I: Io, T: Tree> {
    io: I,
    tree: T,
    accounts: Accounts,
    gate: Gate,
    settings: Settings,
    limits: Limits,
    /// What TLS connections are made from. Without it there are none.
    acceptor: Option<Acceptor>,
    slots: Slots<Slot<I, T>>,
    timers: Timers,
    ports: Ports,
    /// What the last poll brought.
    happened: Vec<Ready>,
    /// Keys of the driver's own sources that an event spoke of.
    outside: Vec<Key>,
    listeners: Queue,
    controls: Queue,
    data: Queue,
    chores: Chores,
    commits: Commits<T>,
    /// Control connections to whom something was said in this pass.
    dirty: Vec<Key>,
    /// Slots to be closed at the end of this pass.
    graveyard: Vec<Key>,
    challenges: Vec<(Key, Challenge)>,
    effects: Effects<T>,
    scratch: Box<[u8]>,
    now: Moment,
    today: UnixTime,
    /// Control connections that are served, for the limit on clients.
    clients: usize,
    /// Data connections that are over and wait for the peer's close_notify.
    lingering: usize,
    /// Steps of TLS handshakes that this pass may still take.
    handshakes: Budget,
    /// Those that it has taken.
    shaken: usize,
    most_spent: Spent,
    /// All control connections, those included that are leaving or being refused.
    connections: usize,
    /// Set when the server is about to stop: when what still runs is cut off.
    drain_until: Option<Moment>,
    /// That moment has come: what ran was ended, and lingers.
    cut_off: bool,
    /// Another linger has passed since: nothing is waited for any more.
    given_up: bool,
    passes: u64,
    longest_wait: Waits,
    /// The listener that was the first to find that nobody can be accepted, until it finds that
    /// everybody who waited has been.
    starved: Option<Key>,
    strangers: Strangers,
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// A reactor that listens nowhere yet.
    pub fn new(io: I, tree: T, accounts: Accounts, settings: Settings, limits: Limits) -> Self {
        let (now, today) = (io.now(), io.today());
        Self {
            io,
            tree,
            accounts,
            gate: Gate::new(limits.gate.clone()),
            settings,
            ports: Ports::new(limits.passive_ports.clone(), limits.passive_listeners),
            limits,
            acceptor: None,
            slots: Slots::new(),
            timers: Timers::default(),
            happened: Vec::new(),
            outside: Vec::new(),
            listeners: Queue::default(),
            controls: Queue::default(),
            data: Queue::default(),
            chores: Chores::default(),
            commits: Commits::default(),
            dirty: Vec::new(),
            graveyard: Vec::new(),
            challenges: Vec::new(),
            effects: Effects::new(),
            scratch: vec![0; SCRATCH].into_boxed_slice(),
            now,
            today,
            clients: 0,
            connections: 0,
            lingering: 0,
            handshakes: Budget::new(0),
            shaken: 0,
            most_spent: Spent::default(),
            drain_until: None,
            cut_off: false,
            given_up: false,
            passes: 0,
            longest_wait: Waits::default(),
            starved: None,
            strangers: Strangers::default(),
        }
    }

    /// Listens for control connections that speak `dialect`, after a TLS handshake if `security`
    /// says so; port 0 is any free one. Returns the address that it got.
    ///
    /// # Errors
    /// The address is taken, not ours, or not allowed.
    pub fn listen(
        &mut self,
        address: SocketAddr,
        dialect: Dialect,
        security: Security,
    ) -> io::Result<SocketAddr> {
        let key = self.slots.next_key();
        let (socket, address) = self.io.listen(address, key)?;
        self.slots.insert(Slot::Listener(Listener::new(
            socket,
            address,
            Role::Control(dialect, security),
        )));
        Ok(address)
    }

    /// One pass: waits until something happens, no longer than until the next deadline, and serves
    /// it.
    ///
    /// # Errors
    /// The poll itself failed; nothing else ends the loop.
    pub fn pass(&mut self) -> io::Result<()> {
        self.passes += 1;
        (self.handshakes, self.shaken) = (Budget::new(self.limits.budgets.handshakes), 0);
        let wait = self.wait();
        let mut happened = std::mem::take(&mut self.happened);
        let polled = self.io.poll(wait, &mut happened);
        self.now = self.io.now();
        self.today = self.io.today();
        for ready in happened.drain(..) {
            self.note(ready);
        }
        self.happened = happened;
        polled?;
        self.ring();
        self.serve();
        // Data connections are closed before the replies that say so are sent (RFC 959, section 5.2).
        self.reap_data();
        self.flush_dirty();
        self.reap();
        Ok(())
    }

    /// Passwords that wait for the helper thread, each with the key under which its verdict is to
    /// be brought.
    pub fn challenges(&mut self) -> impl Iterator<Item = (Key, Challenge)> + '_ {
        self.challenges.drain(..)
    }

    /// Whether the connection of `key` is still served, so that its verdict matters.
    pub fn awaits_verdict(&self, key: Key) -> bool {
        match self.slots.get(key) {
            Some(Slot::Control(control)) => control.stage == Stage::Open,
            Some(Slot::Listener(_) | Slot::Data(_) | Slot::Taken) | None => false,
        }
    }

    /// Brings the verdict on a challenge. One that comes after its connection has gone is dropped.
    pub fn verdict(&mut self, key: Key, verdict: Verdict) {
        if let Some(mut control) = self.take_control(key) {
            self.tell(&mut control, Event::Verdict(verdict));
            self.put_control(control);
            self.queue_control(key);
        }
    }

    /// Keys of the driver's own sources (see [`Key::outside`]) that the last pass's poll spoke of.
    pub fn outside(&mut self) -> impl Iterator<Item = Key> + '_ {
        self.outside.drain(..)
    }

    /// Stops accepting, asks every session to finish, and ends what still runs after `grace`; who
    /// does not take the last reply within a linger more is closed without it.
    pub fn drain(&mut self, grace: Duration) {
        self.now = self.io.now();
        self.drain_until = Some(self.now + grace);
        let keys: Vec<Key> = self.slots.iter().map(|(key, _)| key).collect();
        for key in keys {
            match self.slots.get(key) {
                Some(Slot::Listener(Listener { role: Role::Control(..), .. })) => {
                    self.graveyard.push(key);
                }
                Some(Slot::Control(_)) => {
                    if let Some(mut control) = self.take_control(key) {
                        self.tell(&mut control, Event::Drain);
                        self.put_control(control);
                        self.queue_control(key);
                    }
                }
                Some(Slot::Listener(_) | Slot::Data(_) | Slot::Taken) | None => {}
            }
        }
    }

    /// True when [`Reactor::drain`] was asked for and no client is left, nor a data connection that
    /// waits for the client's close_notify, nor anything of a client's that waits for the disk. That is
    /// waited for no longer than clients are, and a close_notify for a linger.
    pub fn is_drained(&self) -> bool {
        let rests = self.commits.is_empty() || self.given_up;
        self.drain_until.is_some() && self.connections == 0 && self.lingering == 0 && rests
    }

    /// The sockets, for a driver that has sources of its own to watch.
    pub const fn io(&mut self) -> &mut I {
        &mut self.io
    }

    /// The files, for a driver that looks at them from outside.
    pub const fn tree(&self) -> &T {
        &self.tree
    }

    /// The files, for a driver that adds roots to them.
    pub const fn tree_mut(&mut self) -> &mut T {
        &mut self.tree
    }

    /// Puts new tables in place of the old. Whoever is logged in has what they grant from its next
    /// command on, what runs comes to its end, and the gate forgets nothing.
    pub fn replace_accounts(&mut self, accounts: Accounts) {
        self.accounts = accounts;
    }

    /// Puts a new certificate in place of the old, or ends the making of TLS connections. Whoever is
    /// connected goes on with the one that it was shown, on its data connections too.
    pub fn replace_acceptor(&mut self, acceptor: Option<Acceptor>) {
        self.acceptor = acceptor;
    }

    /// How long the poll may wait: not at all while there is work.
    fn wait(&self) -> Option<Duration> {
        let busy = !(self.listeners.is_empty()
            && self.controls.is_empty()
            && self.data.is_empty()
            && self.chores.is_idle()
            && self.dirty.is_empty()
            && self.graveyard.is_empty());
        if busy {
            return Some(Duration::ZERO);
        }
        let next = match (self.timers.next_alarm(), self.drain_until) {
            (Some(alarm), Some(until)) => Some(alarm.min(until)),
            (alarm, until) => alarm.or(until),
        };
        next.map(|next| next.since(self.io.now()))
    }

    /// Serves what was queued when the pass began; what is queued meanwhile by listeners and
    /// control connections for a later stage is served in this pass too.
    fn serve(&mut self) {
        for _ in 0..self.listeners.len() {
            let Some(key) = self.next_in(|reactor| &mut reactor.listeners) else { break };
            self.listener_turn(key);
        }
        for _ in 0..self.controls.len() {
            let Some(key) = self.next_in(|reactor| &mut reactor.controls) else { break };
            self.control_turn(key);
        }
        for _ in 0..self.data.len() {
            let Some(key) = self.next_in(|reactor| &mut reactor.data) else { break };
            self.data_turn(key);
        }
        self.serve_chores();
    }

    fn next_in(&mut self, queue: impl Fn(&mut Self) -> &mut Queue) -> Option<Key> {
        let (key, since) = queue(self).pop()?;
        let waited = self.passes.saturating_sub(since);
        self.longest_wait.turn = self.longest_wait.turn.max(waited);
        Some(key)
    }
}
