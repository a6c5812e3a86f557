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
//! - After that the port is given, for the client may never have connected. For [`LATE`] the connection
//!   that comes is a doubtful one. A late connection is one that its client has no use for and has
//!   closed. So the end of one before a single byte has moved ends no upload and begins no download:
//!   nothing is put in place, and the client is told 426.
//!
//! What is later than that, or neither closed nor the right one, can't be told from the right one on a
//! single port: give a range of several. Under TLS it can always be, for it does not complete the
//! handshake of the transfer.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use log::debug;

use super::listen::{Listener, Role};
use super::slots::Slots;
use super::{Reactor, Slot};
use crate::io::Io;
use crate::session::{Ends, Family, RouteFault};
use crate::terms::{Key, Moment};
use crate::tree::Tree;

/// How long debts are remembered: no port is spared for longer, and no empty file refused.
const LATE: Duration = Duration::from_secs(10);

/// How long a port is refused to an address that has a debt there and can have no other: the last
/// packet of a handshake, if it is lost, is sent again within this time, more than once.
const UNDER_WAY: Duration = Duration::from_secs(2);

/// Connections that are accepted at once, before a port with a debt is given out, at most: a whole
/// backlog, as long as Linux has it by default.
const BACKLOG: usize = 4096;

/// Ports that are spared for an address's late connections at most, so that giving up routes does
/// not open listeners without end.
const SPARED: usize = 8;

/// The listeners that are kept, by the local address that they are bound to. The one that was given
/// out longest ago comes first, so that a connection that comes too late for one session does not
/// fall to the next one.
#[derive(Debug)]
pub(super) struct Ports {
    range: Option<RangeInclusive<u16>>,
    most: usize,
    kept: HashMap<IpAddr, VecDeque<(Key, u16)>>,
}

impl Ports {
    pub(super) fn new(range: Option<RangeInclusive<u16>>, most: usize) -> Self {
        Self { range, most, kept: HashMap::new() }
    }

    /// The kept ports that may be given to `peer` at `now`.
    fn choose<I: Io, T: Tree>(
        &self,
        slots: &Slots<Slot<I, T>>,
        local: IpAddr,
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
                Some(claim) if claim.waiting.is_some() => {}
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
    fn give_out(&mut self, local: IpAddr, at: usize) -> Option<(Key, u16)> {
        let kept = self.kept.get_mut(&local)?;
        let port = kept.remove(at)?;
        kept.push_back(port);
        Some(port)
    }

    /// Ports that may be tried for a new listener: those of the range that are not kept yet, or 0
    /// for any.
    fn candidates(&self, local: IpAddr) -> impl Iterator<Item = u16> + use<> {
        let kept: Vec<u16> =
            self.kept.get(&local).map_or_else(Vec::new, |k| k.iter().map(|(_, p)| *p).collect());
        let full = self.kept.values().map(VecDeque::len).sum::<usize>() >= self.most;
        self.range
            .clone()
            .unwrap_or(0..=0)
            .filter(move |port| !full && (*port == 0 || !kept.contains(port)))
    }
}

/// Whose the next connection from an address to a port is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Claim {
    /// The control connection that waits for it.
    waiting: Option<Key>,
    /// When the peer was last told to connect: by the port, or by the word that its transfer begins.
    told: Moment,
    /// Routes that were given up before a connection had been accepted for them: as many may come.
    owed: u32,
    /// When the peer was told of the last of these.
    since: Moment,
}

/// Whose a connection is that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comer {
    /// This control connection's, which waits for it.
    Awaited(Key),
    /// This one's, unless it is the late one of a route that was given up.
    Doubtful(Key),
    /// Nobody's.
    Stranger,
}

impl Claim {
    /// A connection has come from `peer`.
    pub(super) fn come(claims: &mut HashMap<IpAddr, Self>, peer: IpAddr, now: Moment) -> Comer {
        let Some(claim) = claims.get_mut(&peer) else { return Comer::Stranger };
        let comer = match claim.waiting.take() {
            Some(owner) if claim.owes(now) => return Comer::Doubtful(owner),
            Some(owner) => {
                claim.owed = 0;
                Comer::Awaited(owner)
            }
            None => {
                claim.owed = claim.owed.saturating_sub(1);
                Comer::Stranger
            }
        };
        if claim.owed == 0 {
            claims.remove(&peer);
        }
        comer
    }

    /// Whether somebody waits.
    pub(super) const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Whether a connection that nobody waits for may still come.
    fn owes(&self, now: Moment) -> bool {
        self.owed > 0 && now.since(self.since) < LATE
    }

    /// Nobody waits any more, and who was waited for may still come.
    fn give_up(&mut self, now: Moment) {
        let before = if self.owes(now) { self.owed } else { 0 };
        self.waiting = None;
        self.owed = before.saturating_add(1);
        self.since = self.told;
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
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Finds a passive port for the session `owner`, and notes that it waits there.
    pub(super) fn route_passively(
        &mut self,
        owner: Key,
        ends: Ends,
        family: Family,
    ) -> Result<(Key, SocketAddr), RouteFault> {
        let local = ends.local.ip();
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
        let told = match self.limits.passive_address {
            Some(outside) if local.is_ipv4() => outside,
            _ => local,
        };
        Ok((key, SocketAddr::new(told, port)))
    }

    /// A port for `peer`: one on which no late connection of it is feared, if there is one.
    fn passive_port(&mut self, local: IpAddr, peer: IpAddr) -> Result<(Key, u16), RouteFault> {
        let choice = self.ports.choose(&self.slots, local, peer, self.now);
        if let Some(free) = choice.free.and_then(|at| self.ports.give_out(local, at)) {
            return Ok(free);
        }
        let fault = if choice.spared >= SPARED {
            RouteFault::Exhausted
        } else {
            match self.open_passive(local) {
                Ok(port) => return Ok(port),
                Err(fault) => fault,
            }
        };
        let owing = choice.owing.and_then(|at| self.ports.give_out(local, at));
        let (key, port) = owing.ok_or(fault)?;
        if self.has_come(key) && !self.is_under_way(key, peer) {
            Ok((key, port))
        } else {
            Err(fault)
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
    fn open_passive(&mut self, local: IpAddr) -> Result<(Key, u16), RouteFault> {
        for port in self.ports.candidates(local) {
            let key = self.slots.next_key();
            match self.io.listen(SocketAddr::new(local, port), key) {
                Ok((socket, address)) => {
                    let role = Role::Passive(HashMap::new());
                    self.slots.insert(Slot::Listener(Listener::new(socket, address, role)));
                    let port = (key, address.port());
                    self.ports.kept.entry(local).or_default().push_back(port);
                    return Ok(port);
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => {
                    debug!("{local}: no passive port: {error}");
                    return Err(RouteFault::Refused);
                }
            }
        }
        Err(RouteFault::Exhausted)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn at(millis: u64) -> Moment {
        Moment::from_nanos(millis * 1_000_000)
    }

    /// The claims of one who waited and was given up so many times, all at the start.
    fn owing(count: usize) -> HashMap<IpAddr, Claim> {
        let mut claim = Claim::default();
        for _ in 0..count {
            claim.waiting = Some(Key::new(1, 1));
            claim.give_up(at(0));
        }
        HashMap::from([(PEER, claim)])
    }

    #[test]
    fn each_route_that_was_given_up_owes_a_connection() {
        let mut claims = owing(2);
        for left in [1, 0] {
            assert_eq!(Claim::come(&mut claims, PEER, at(10)), Comer::Stranger);
            assert_eq!(claims.get(&PEER).map_or(0, |claim| claim.owed), left);
        }
        assert!(claims.is_empty());
        assert_eq!(Claim::come(&mut claims, PEER, at(10)), Comer::Stranger);
    }

    #[test]
    fn who_waits_with_a_debt_gets_a_doubtful_connection_and_keeps_the_debt() {
        let owner = Key::new(2, 1);
        let mut claims = owing(1);
        claims.entry(PEER).or_default().waiting = Some(owner);
        assert_eq!(Claim::come(&mut claims, PEER, at(9_999)), Comer::Doubtful(owner));
        assert_eq!(Claim::come(&mut claims, PEER, at(9_999)), Comer::Stranger);
        assert!(claims.is_empty());
    }

    #[test]
    fn debts_are_forgotten() {
        let owner = Key::new(2, 1);
        let mut claims = owing(3);
        claims.entry(PEER).or_default().waiting = Some(owner);
        assert_eq!(Claim::come(&mut claims, PEER, at(10_000)), Comer::Awaited(owner));
        assert!(claims.is_empty());
    }
}
