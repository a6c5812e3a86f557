//! Listeners: accepting within a budget, and resting when no descriptor is left.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use log::{debug, info, warn};

use super::claims::{Claim, Comer};
use super::control::Control;
use super::{Reactor, Security, Slot};
use crate::accounts::gate::{Refusal, Seat};
use crate::io::Io;
use crate::session::{Dialect, Ends, Event, Session};
use crate::terms::Key;
use crate::tree::Tree;

/// Control connections that are not served, those that are refused or just leaving, that are kept to
/// take their last reply; in a flood of more the rest are closed without a word.
pub(super) const FAREWELLS: usize = 256;

/// A listening socket.
pub(super) struct Listener<I: Io> {
    pub(super) socket: I::Listener,
    pub(super) address: SocketAddr,
    pub(super) role: Role,
    /// The backlog may hold something: no accept since the last event has answered `WouldBlock`.
    pub(super) ready: bool,
    /// Resting until its timer rings, for want of descriptors.
    pub(super) paused: bool,
    pub(super) queued: bool,
}

/// What a listener listens for.
pub(super) enum Role {
    /// Control connections that speak this dialect.
    Control(Dialect, Security),
    /// Passive data connections: who has a claim on the next one from which address.
    Passive(HashMap<IpAddr, Claim>),
}

impl<I: Io> Listener<I> {
    pub(super) const fn new(socket: I::Listener, address: SocketAddr, role: Role) -> Self {
        Self { socket, address, role, ready: true, paused: false, queued: false }
    }
}

/// What is served at a listener for control connections, and its address.
struct Service {
    dialect: Dialect,
    security: Security,
    at: SocketAddr,
}

/// What one attempt to accept came to.
enum Accepted<S> {
    Control(S, SocketAddr, Service),
    /// The owner, and whether it may be the late connection of another route.
    Data(S, Key, bool),
    Stranger(S, SocketAddr),
    Nothing,
    Failed(io::Error),
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Accepts from one listener until its backlog is empty or its budget spent.
    pub(super) fn listener_turn(&mut self, key: Key) {
        if let Some(Slot::Listener(listener)) = self.slots.get_mut(key) {
            listener.queued = false;
        }
        if self.accept_some(key, self.limits.budgets.accepts) {
            self.queue_listener(key);
        }
    }

    /// Accepts so many at most. True if there may be more.
    pub(super) fn accept_some(&mut self, key: Key, most: usize) -> bool {
        for _ in 0..most {
            match self.accept(key) {
                Accepted::Control(socket, peer, service) => self.admit(socket, peer, service),
                Accepted::Data(socket, owner, doubtful) => {
                    self.attach(owner, socket, doubtful);
                }
                Accepted::Stranger(socket, peer) => {
                    debug!("{peer}: data connection refused, no session waits for it");
                    self.io.close(socket);
                }
                Accepted::Nothing => return false,
                Accepted::Failed(error) => {
                    self.pause(key, &error);
                    return false;
                }
            }
        }
        true
    }

    fn accept(&mut self, key: Key) -> Accepted<I::Socket> {
        let Some(Slot::Listener(listener)) = self.slots.get_mut(key) else {
            return Accepted::Nothing;
        };
        // A listener that is about to be closed admits nobody, for they would not be told to go.
        let closing = self.drain_until.is_some() && matches!(listener.role, Role::Control(..));
        if listener.paused || !listener.ready || closing {
            return Accepted::Nothing;
        }
        let (socket, peer) = match self.io.accept(&mut listener.socket) {
            Ok((socket, peer)) => (socket, canonical(peer)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                listener.ready = false;
                if self.starved == Some(key) {
                    self.starved = None;
                    info!("{}: whoever waited has been accepted", listener.address);
                }
                return Accepted::Nothing;
            }
            Err(error) => return Accepted::Failed(error),
        };
        match &mut listener.role {
            Role::Control(dialect, security) => {
                let (dialect, security) = (*dialect, *security);
                Accepted::Control(socket, peer, Service { dialect, security, at: listener.address })
            }
            Role::Passive(claims) => match Claim::come(claims, peer.ip(), self.now) {
                Comer::Awaited(owner) => Accepted::Data(socket, owner, false),
                Comer::Doubtful(owner) => Accepted::Data(socket, owner, true),
                Comer::Stranger => Accepted::Stranger(socket, peer),
            },
        }
    }

    /// Begins a session for a new control connection, or says why it is turned away.
    fn admit(&mut self, socket: I::Socket, peer: SocketAddr, service: Service) {
        let Service { dialect, security, at } = service;
        let knocked = self.knock(peer);
        let refusal = knocked.as_ref().err().copied();
        if let Some(refusal) = refusal {
            self.gate.turn_away(peer.ip(), None, refusal, self.now);
            self.report();
        }
        if !self.has_room(refusal, security) {
            self.io.close(socket);
            return;
        }
        let local = if at.ip().is_unspecified() {
            self.io.local_address(&socket).map_or(at, canonical)
        } else {
            at
        };
        let ends = Ends { local, peer };
        let key = self.slots.next_key();
        let control = Control::new(key, socket, dialect, ends, self.limits.line);
        self.slots.insert(Slot::Control(Box::new(control)));
        self.clients += 1;
        self.connections += 1;
        if refusal.is_none() {
            self.note_stranger(key);
        }
        debug!("{peer}: connected to {local} as {key:?}, {} clients", self.clients);
        let Some(mut control) = self.take_control(key) else { return };
        (control.seat, control.refusal) = (knocked.ok(), refusal);
        match security {
            Security::Clear => self.open(&mut control),
            Security::Implicit => self.secure(&mut control, true),
        }
        self.put_control(control);
        self.queue_control(key);
    }

    /// Asks the gate, and then for a place. The gate comes first: who is not to be served makes nobody
    /// go.
    fn knock(&mut self, peer: SocketAddr) -> Result<Seat, Refusal> {
        let seat = self.gate.knock(peer.ip(), self.now)?;
        if self.is_full() {
            self.make_room();
        }
        if self.is_full() { Err(Refusal::Full) } else { Ok(seat) }
    }

    fn is_full(&self) -> bool {
        self.clients + self.commits.orphans() >= self.limits.clients
    }

    /// Whether there is room for one more, if only to be told why it is turned away.
    fn has_room(&self, refusal: Option<Refusal>, security: Security) -> bool {
        let unserved = self.connections.saturating_sub(self.clients);
        let in_all = self.connections < self.limits.clients + FAREWELLS;
        match (refusal, security) {
            (None, _) | (Some(Refusal::Full), Security::Implicit) => in_all,
            (Some(_), Security::Clear) => in_all && unserved < FAREWELLS,
            // It could be told behind a handshake alone, which would be worth its while to cause.
            (Some(_), Security::Implicit) => false,
        }
    }

    /// Lets a session greet its peer, or says why it is turned away.
    pub(super) fn open(&mut self, control: &mut Control<I, T>) {
        match control.refusal {
            Some(refusal) => {
                let answer = Session::turned_away(control.session.dialect(), refusal);
                self.say(control, &answer);
                self.bid_farewell(control);
            }
            None => self.tell(control, Event::Opened),
        }
    }

    /// Lets a listener rest. Most often no descriptor is left: trying again at once would only
    /// spin, and no new event comes for what waits in the backlog already.
    fn pause(&mut self, key: Key, error: &io::Error) {
        if let Some(Slot::Listener(listener)) = self.slots.get_mut(key) {
            let (address, rest) = (listener.address, self.limits.pause);
            // Said once, and not again each time that the rest is over.
            if self.starved.is_none() {
                self.starved = Some(key);
                warn!("{address}: nobody can be accepted, trying every {rest:?}: {error}");
            }
            listener.paused = true;
            self.timers.set(key, self.now + rest);
        }
    }
}

/// The address with IPv4-mapped IPv6 turned into the IPv4 that it is. The interface of a link-local one
/// stays with it: without that nothing can be bound or connected to.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, address.port()),
        IpAddr::V6(_) => address,
    }
}
