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

use log::debug;

use super::listen::{Listener, Role};
use super::slots::Slots;
use super::{Reactor, Slot};
use crate::io::Io;
use crate::session::{Ends, Family, RouteFault};
use crate::terms::Key;
use crate::tree::Tree;

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

    /// Puts the first kept port on which nobody waits for `peer` to the end, and returns it.
    fn free_for<I: Io, T: Tree>(
        &mut self,
        slots: &Slots<Slot<I, T>>,
        local: IpAddr,
        peer: IpAddr,
    ) -> Option<(Key, u16)> {
        let kept = self.kept.get_mut(&local)?;
        let at = kept.iter().position(|(key, _)| match slots.get(*key) {
            Some(Slot::Listener(Listener { role: Role::Passive(waiting), .. })) => {
                !waiting.contains_key(&peer)
            }
            _ => false,
        })?;
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
        let (key, port) = match self.ports.free_for(&self.slots, local, peer) {
            Some(free) => free,
            None => self.open_passive(local)?,
        };
        if let Some(Slot::Listener(Listener { role: Role::Passive(waiting), .. })) =
            self.slots.get_mut(key)
        {
            waiting.insert(peer, owner);
        }
        let told = match self.limits.passive_address {
            Some(outside) if local.is_ipv4() => outside,
            _ => local,
        };
        Ok((key, SocketAddr::new(told, port)))
    }

    /// Nobody waits on `port` for `peer` any more, if it was `owner` who did.
    pub(super) fn unroute_passively(&mut self, port: Key, peer: IpAddr, owner: Key) {
        if let Some(Slot::Listener(Listener { role: Role::Passive(waiting), .. })) =
            self.slots.get_mut(port)
            && waiting.get(&peer) == Some(&owner)
        {
            waiting.remove(&peer);
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
