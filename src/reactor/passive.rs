//! Passive listeners, kept and shared.
//!
//! A listening socket is not made and thrown away for each transfer: it is kept, and a connection
//! that comes to it belongs to the one session that waits on that port for that peer address. So a
//! port serves many addresses at once, sessions of one address get different ports, and a stranger
//! matches nobody.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use log::debug;

use super::listen::{Claim, Listener, Role};
use super::slots::Slots;
use super::{Reactor, Slot};
use crate::io::Io;
use crate::session::{Ends, Family, RouteFault};
use crate::terms::{Key, Moment};
use crate::tree::Tree;

/// How long the connection of a route that was given up may still come.
const LATE: Duration = Duration::from_secs(10);

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
                Some(Claim::Waiting(_)) => {}
                Some(Claim::GivenUp(since)) if now.since(*since) < LATE => {
                    choice.spared += 1;
                    choice.given_up = choice.given_up.or(Some(at));
                }
                Some(Claim::GivenUp(_)) | None => {
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

/// Where among the kept ports one was found.
#[derive(Debug, Default)]
struct Choice {
    /// The first on which nobody waits for the peer, and no late connection of it is feared.
    free: Option<usize>,
    /// The first on which a late connection is.
    given_up: Option<usize>,
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
            claims.insert(peer, Claim::Waiting(owner));
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
        let given_up = choice.given_up.and_then(|at| self.ports.give_out(local, at));
        let (key, port) = given_up.ok_or(fault)?;
        // What is late but here is turned away now; what is still on its way can't be told.
        if let Some(Slot::Listener(listener)) = self.slots.get_mut(key) {
            listener.ready = true;
        }
        self.listener_turn(key);
        match self.slots.get(key) {
            Some(Slot::Listener(listener)) if !listener.paused => Ok((key, port)),
            // With no descriptor left nobody can be turned away.
            Some(_) | None => Err(fault),
        }
    }

    /// Nobody waits on `port` for `peer` any more, if it was `owner` who did.
    pub(super) fn unroute_passively(&mut self, port: Key, peer: IpAddr, owner: Key) {
        let now = self.now;
        if let Some(Slot::Listener(Listener { role: Role::Passive(claims), .. })) =
            self.slots.get_mut(port)
            && claims.get(&peer) == Some(&Claim::Waiting(owner))
        {
            if claims.len() == claims.capacity() {
                claims.retain(|_, claim| match claim {
                    Claim::Waiting(_) => true,
                    Claim::GivenUp(since) => now.since(*since) < LATE,
                });
            }
            claims.insert(peer, Claim::GivenUp(now));
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
