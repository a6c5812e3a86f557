//! Passive listeners, kept and shared.
//!
//! A listening socket is not made and thrown away for each transfer: it is kept, and a connection
//! that comes to it belongs to the one session that waits on that port for that peer address. So a
//! port serves many addresses at once, sessions of one address get different ports, and a stranger
//! matches nobody.
//!
//! A route that was told and not used, for RETR was refused or ABOR came, leaves a debt: its
//! connection may still come, and must not be taken for that of the next transfer. Its end would pass
//! for the end of an upload, and an empty file for what the client sent. So, for the address that has
//! the debt:
//!
//! - A port with a debt is spared while there is another one: every connection to it is turned away,
//!   and pays a debt.
//! - Where there is no other, as in a range of one port, all that has come is accepted first. Most
//!   debts are paid by that: a client has connected before it asks for anything more.
//! - What is then still owed is late by itself: a packet was lost on the way, and is sent again. The
//!   port is not given for [`UNDER_WAY`], in which it does come. The client is told 425 and may ask
//!   again.
//! - After that, or where [`SPARED`] others have a debt that is younger, the port is given, for the
//!   client may never have connected. For [`LATE`](super::claims::LATE) the connection that comes is a
//!   doubtful one. A late connection is one that its client has no use for and has closed. So the end
//!   of one before a single byte has moved ends no upload and begins no download: nothing is put in
//!   place, and the client is told 426.
//!
//! What is later than that, or neither closed nor the right one, can't be told from the right one on a
//! single port: give a range of several. Under TLS it can always be, for it does not complete the
//! handshake of the transfer.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use log::{info, warn};

use super::listen::{Listener, Role};
use super::shortage::Shortage;
use super::slots::Slots;
use super::{Reactor, Slot};
use crate::io::Io;
use crate::session::{Ends, Family, RouteFault};
use crate::terms::{Key, Moment};
use crate::tree::Tree;

/// How long a port is refused to an address that has a debt there and can have no other: the last
/// packet of a handshake, if it is lost, is sent again within this time, more than once.
const UNDER_WAY: Duration = Duration::from_secs(2);

/// Connections that are accepted at once, before a port with a debt is given out, at most: a whole
/// backlog, as long as Linux has it by default.
const BACKLOG: usize = 4096;

/// Ports that are spared for an address's late connections at most, so that giving up routes does
/// not open listeners without end. A client that only asks for ports, as one that tries a server out
/// does, is to have many of them within [`LATE`](super::claims::LATE); of whoever has had as many,
/// the port with the oldest debt is given at once.
const SPARED: usize = 128;

/// The listeners that are kept, by the local address that they are bound to, with its interface and
/// without a port. The one that was given
/// out longest ago comes first, so that a connection that comes too late for one session does not
/// fall to the next one.
#[derive(Debug)]
pub(super) struct Ports {
    range: Option<RangeInclusive<u16>>,
    most: usize,
    kept: HashMap<SocketAddr, VecDeque<(Key, u16)>>,
    shortage: Shortage,
}

impl Ports {
    pub(super) fn new(range: Option<RangeInclusive<u16>>, most: usize) -> Self {
        Self { range, most, kept: HashMap::new(), shortage: Shortage::default() }
    }

    /// The kept ports that may be given to `peer` at `now`.
    fn choose<I: Io, T: Tree>(
        &self,
        slots: &Slots<Slot<I, T>>,
        local: SocketAddr,
        peer: IpAddr,
        now: Moment,
    ) -> Choice {
        let mut choice = Choice::default();
        for (at, (key, _)) in self.kept.get(&local).into_iter().flatten().enumerate() {
            let Some(Slot::Listener(Listener { role: Role::Passive(claims), .. })) =
                slots.get(*key)
            else {
                continue;
            };
            match claims.get(&peer) {
                Some(claim) if claim.waiting.is_some() => choice.waiting += 1,
                Some(claim) if claim.owes(now) => {
                    choice.spared += 1;
                    choice.owing = choice.owing.or(Some(at));
                }
                Some(_) | None => {
                    choice.free = Some(at);
                    break;
                }
            }
        }
        choice
    }

    /// Puts the port at `at` to the end, and returns it.
    fn give_out(&mut self, local: SocketAddr, at: usize) -> Option<(Key, u16)> {
        let kept = self.kept.get_mut(&local)?;
        let port = kept.remove(at)?;
        kept.push_back(port);
        Some(port)
    }

    /// What the operator is told of a peer for whom there is none, and what to do.
    fn tell(&self, choice: &Choice, unopened: &Unopened, peer: IpAddr) -> String {
        let Unopened { fault, refused, error } = unopened;
        let error = error.as_ref().map_or(String::new(), |error| format!(" ({error})"));
        if *fault == RouteFault::Refused {
            return format!("none can be opened for {peer}{error}");
        }
        let Choice { waiting, spared, .. } = choice;
        let advice = match &self.range {
            _ if *spared >= SPARED => "it asks for ports and does not use them".to_owned(),
            Some(range) => format!(
                "widen --passive-ports {}-{}, or have fewer come from there",
                range.start(),
                range.end()
            ),
            None => format!("no more than {} are kept", self.most),
        };
        format!(
            "exhausted for {peer}: sessions of it wait on {waiting}, its late connections are feared \
             on {spared}, {refused} can't be bound{error}; {advice}"
        )
    }

    /// Ports that may be tried for a new listener: those of the range that are not kept yet, or 0
    /// for any.
    fn candidates(&self, local: SocketAddr) -> impl Iterator<Item = u16> + use<> {
        let kept: Vec<u16> =
            self.kept.get(&local).map_or_else(Vec::new, |k| k.iter().map(|(_, p)| *p).collect());
        let full = self.kept.values().map(VecDeque::len).sum::<usize>() >= self.most;
        self.range
            .clone()
            .unwrap_or(0..=0)
            .filter(move |port| !full && (*port == 0 || !kept.contains(port)))
    }
}

/// Where among the kept ports one was found.
#[derive(Debug, Default)]
struct Choice {
    /// The first on which nobody waits for the peer, and no late connection of it is feared.
    free: Option<usize>,
    /// The first on which one is.
    owing: Option<usize>,
    /// How many of these there are.
    spared: usize,
    /// On how many the peer is waited for.
    waiting: usize,
}

/// Why no further listener was opened.
struct Unopened {
    fault: RouteFault,
    /// Ports of the range that are somebody else's, or may not be bound.
    refused: usize,
    /// What the system said last.
    error: Option<io::Error>,
}

impl Unopened {
    /// None was tried.
    const fn spared() -> Self {
        Self { fault: RouteFault::Exhausted, refused: 0, error: None }
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Finds a passive port for the session `owner`, and notes that it waits there.
    pub(super) fn route_passively(
        &mut self,
        owner: Key,
        ends: Ends,
        family: Family,
    ) -> Result<(Key, SocketAddr), RouteFault> {
        let mut local = ends.local;
        local.set_port(0);
        let fits = match family {
            Family::Same => true,
            Family::Ipv4 => local.is_ipv4(),
            Family::Ipv6 => local.is_ipv6(),
        };
        if !fits {
            return Err(RouteFault::WrongFamily);
        }
        let peer = ends.peer.ip();
        let (key, port) = self.passive_port(local, peer)?;
        if let Some(Slot::Listener(Listener { role: Role::Passive(claims), .. })) =
            self.slots.get_mut(key)
        {
            let claim = claims.entry(peer).or_default();
            (claim.waiting, claim.told) = (Some(owner), self.now);
        }
        let told = self.limits.passive_address.in_place_of(local.ip(), peer);
        Ok((key, SocketAddr::new(told, port)))
    }

    /// A port for `peer`: one on which no late connection of it is feared, if there is one.
    fn passive_port(&mut self, local: SocketAddr, peer: IpAddr) -> Result<(Key, u16), RouteFault> {
        let choice = self.ports.choose(&self.slots, local, peer, self.now);
        let given = self.try_ports(&choice, local, peer);
        match &given {
            Ok(_) if self.ports.shortage.ends(peer) => {
                info!("passive ports: {peer} has been given one again");
            }
            Err(unopened) if self.ports.shortage.begins(peer, self.now) => {
                warn!("passive ports: {}", self.ports.tell(&choice, unopened, peer));
            }
            Ok(_) | Err(_) => {}
        }
        given.map_err(|unopened| unopened.fault)
    }

    /// The first of `choice` that can be given to `peer`, a new one included.
    fn try_ports(
        &mut self,
        choice: &Choice,
        local: SocketAddr,
        peer: IpAddr,
    ) -> Result<(Key, u16), Unopened> {
        if let Some(free) = choice.free.and_then(|at| self.ports.give_out(local, at)) {
            return Ok(free);
        }
        let has_many = choice.spared >= SPARED;
        let unopened = if has_many {
            Unopened::spared()
        } else {
            match self.open_passive(local) {
                Ok(port) => return Ok(port),
                Err(unopened) => unopened,
            }
        };
        match choice.owing.and_then(|at| self.ports.give_out(local, at)) {
            Some((key, port))
                if self.has_come(key) && (has_many || !self.is_under_way(key, peer)) =>
            {
                Ok((key, port))
            }
            Some(_) | None => Err(unopened),
        }
    }

    /// Accepts all that has come to `port`. False if that can't be known, for want of descriptors
    /// most often: with none left nobody can be turned away.
    fn has_come(&mut self, port: Key) -> bool {
        if let Some(Slot::Listener(listener)) = self.slots.get_mut(port) {
            listener.ready = true;
        }
        let more = self.accept_some(port, BACKLOG);
        match self.slots.get(port) {
            Some(Slot::Listener(listener)) => !more && !listener.paused,
            Some(_) | None => false,
        }
    }

    /// Whether a connection of `peer` that nobody waits for is just about to come to `port`.
    fn is_under_way(&self, port: Key, peer: IpAddr) -> bool {
        let Some(Slot::Listener(Listener { role: Role::Passive(claims), .. })) =
            self.slots.get(port)
        else {
            return false;
        };
        claims.get(&peer).is_some_and(|c| c.owed > 0 && self.now.since(c.since) < UNDER_WAY)
    }

    /// The transfer that `peer` is to connect for on `port` has been said to begin.
    pub(super) fn expect_passively(&mut self, port: Key, peer: IpAddr) {
        if let Some(Slot::Listener(Listener { role: Role::Passive(claims), .. })) =
            self.slots.get_mut(port)
            && let Some(claim) = claims.get_mut(&peer)
        {
            claim.told = self.now;
        }
    }

    /// Nobody waits on `port` for `peer` any more, if it was `owner` who did.
    pub(super) fn unroute_passively(&mut self, port: Key, peer: IpAddr, owner: Key) {
        let now = self.now;
        if let Some(Slot::Listener(Listener { role: Role::Passive(claims), .. })) =
            self.slots.get_mut(port)
            && claims.get(&peer).is_some_and(|claim| claim.waiting == Some(owner))
        {
            if claims.len() == claims.capacity() {
                claims.retain(|_, claim| claim.waiting.is_some() || claim.owes(now));
            }
            claims.entry(peer).or_default().give_up(now);
        }
    }

    /// Opens one more listener.
    fn open_passive(&mut self, local: SocketAddr) -> Result<(Key, u16), Unopened> {
        let mut unopened = Unopened::spared();
        for port in self.ports.candidates(local) {
            let key = self.slots.next_key();
            let mut at = local;
            at.set_port(port);
            match self.io.listen(at, key) {
                Ok((socket, address)) => {
                    let role = Role::Passive(HashMap::new());
                    self.slots.insert(Slot::Listener(Listener::new(socket, address, role)));
                    let port = (key, address.port());
                    self.ports.kept.entry(local).or_default().push_back(port);
                    return Ok(port);
                }
                Err(error) => {
                    // Another port may be free.
                    let is_its_own = matches!(
                        error.kind(),
                        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
                    );
                    unopened.refused += 1;
                    unopened.error = Some(error);
                    if !is_its_own {
                        unopened.fault = RouteFault::Refused;
                        break;
                    }
                }
            }
        }
        Err(unopened)
    }
}
