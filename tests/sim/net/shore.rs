//! The peers' end of the network: what a program on another machine can do with its sockets.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::pipe::Parcel;
use super::{ConnId, Happening, Net, PeerId, Wake, nanos};

/// What a peer's read came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Got {
    /// So many bytes were appended.
    Bytes(usize),
    /// Nothing yet.
    Blocked,
    /// The server has ended its direction.
    End,
    /// The connection is broken.
    Broken,
}

impl Net {
    /// Dials `server` from `from`, whose port is any free one. [`Wake::Opened`] or
    /// [`Wake::Refused`] follows.
    pub(crate) fn dial(&mut self, owner: PeerId, from: IpAddr, server: SocketAddr) -> ConnId {
        let port = self.free_port(|_, _| false);
        let id = self.connection(server, SocketAddr::new(from, port), owner);
        let latency = self.conns[id].latency;
        self.schedule(latency, Happening::Knock(id));
        id
    }

    /// The same for a data connection, which may come late: see [`Faults::detours`](super::Faults).
    pub(crate) fn dial_data(&mut self, owner: PeerId, from: IpAddr, server: SocketAddr) -> ConnId {
        if self.faults.detours == 0 || !self.rng.chance(self.faults.detours) {
            return self.dial(owner, from, server);
        }
        let port = self.free_port(|_, _| false);
        let id = self.connection(server, SocketAddr::new(from, port), owner);
        let latency = self.conns[id].latency;
        self.conns[id].known = true;
        self.schedule(2 * latency, Happening::Wake(owner, Wake::Opened(id)));
        let detour = self.rng.below(self.faults.detour);
        self.schedule(latency + detour, Happening::Knock(id));
        id
    }

    /// Gives a connection the latency of another: both go the same way.
    pub(crate) fn same_way(&mut self, id: ConnId, as_this: ConnId) {
        self.conns[id].latency = self.conns[as_this].latency;
    }

    /// Says that what a connection will carry is packed, in MODE Z. Some of its turns are spent on
    /// bytes that come to nothing yet, so they can't be timed by what it moves.
    pub(crate) fn will_be_packed(&mut self, id: ConnId) {
        self.conns[id].packed = true;
    }

    /// Says that a connection will be under TLS.
    pub(crate) fn seal(&mut self, id: ConnId) {
        self.conns[id].sealed = true;
    }

    /// Listens at `ip` for one call of the server's; [`Wake::Called`] tells of it.
    pub(crate) fn moor(&mut self, owner: PeerId, ip: IpAddr) -> SocketAddr {
        let port =
            self.free_port(|net, port| net.moorings.contains_key(&SocketAddr::new(ip, port)));
        let address = SocketAddr::new(ip, port);
        self.moorings.insert(address, owner);
        address
    }

    /// Listens no more.
    pub(crate) fn unmoor(&mut self, address: SocketAddr) {
        self.moorings.remove(&address);
    }

    /// Wakes `owner` after a while.
    pub(crate) fn alarm(&mut self, owner: PeerId, after: Duration, tag: u64) {
        self.schedule(nanos(after), Happening::Wake(owner, Wake::Alarm(tag)));
    }

    /// Reads up to `most` bytes onto the end of `out`.
    pub(crate) fn read(&mut self, id: ConnId, out: &mut Vec<u8>, most: usize) -> Got {
        let conn = &mut self.conns[id];
        if !conn.peer_open {
            return Got::Broken;
        }
        let start = out.len();
        out.resize(start + most.min(conn.to_peer.unread()), 0);
        let count = conn.to_peer.read(&mut out[start..]);
        if count > 0 {
            let latency = conn.latency;
            if conn.to_peer.starved {
                self.schedule(latency, Happening::RoomForServer(id));
            }
            return Got::Bytes(count);
        }
        if conn.to_peer.reset {
            Got::Broken
        } else if conn.to_peer.end {
            Got::End
        } else {
            Got::Blocked
        }
    }

    /// Writes what there is room for; returns how much that was. [`Wake::Stirred`] follows when
    /// there is room again, unless all was taken.
    pub(crate) fn write(&mut self, id: ConnId, bytes: &[u8]) -> usize {
        let conn = &mut self.conns[id];
        if !conn.peer_open || conn.to_server.ended || conn.to_peer.reset {
            return 0;
        }
        let count = bytes.len().min(conn.to_server.room());
        conn.to_server.starved = count < bytes.len();
        let (latency, mut rest) = (conn.latency, &bytes[..count]);
        if let Some(tap) = &mut conn.tap {
            tap.sent.extend_from_slice(rest);
        }
        while !rest.is_empty() {
            // Segments are cut anywhere, and no two need arrive together.
            let length =
                if self.rng.chance(200) { self.rng.size(1..rest.len() + 1) } else { rest.len() };
            let jitter = if self.rng.chance(200) { self.rng.below(2_000_000) } else { 0 };
            let (segment, more) = rest.split_at(length);
            let parcel = Parcel::Bytes(segment.to_vec());
            let at = self.conns[id].to_server.send(self.now + latency + jitter, parcel);
            self.schedule_at(at, Happening::ToServer(id));
            rest = more;
        }
        count
    }

    /// Ends the peer's direction.
    pub(crate) fn finish(&mut self, id: ConnId) {
        let now = self.now;
        let conn = &mut self.conns[id];
        if conn.peer_open && !conn.to_server.ended && !conn.to_peer.reset {
            if let Some(tap) = &mut conn.tap {
                tap.finished = true;
            }
            let at = conn.to_server.send(now + conn.latency, Parcel::End);
            self.schedule_at(at, Happening::ToServer(id));
        }
    }

    /// Closes the peer's end: with an end, or with a reset if something was left unread.
    pub(crate) fn hang_up(&mut self, id: ConnId) {
        let conn = &self.conns[id];
        if conn.to_peer.unread() > 0 || conn.to_peer.shut {
            self.reset(id);
        } else {
            self.finish(id);
            self.conns[id].peer_open = false;
        }
    }

    /// Resets the connection.
    pub(crate) fn reset(&mut self, id: ConnId) {
        let now = self.now;
        let conn = &mut self.conns[id];
        if conn.peer_open && !conn.to_peer.reset {
            let at = conn.to_server.send(now + conn.latency, Parcel::Reset);
            self.schedule_at(at, Happening::ToServer(id));
        }
        self.conns[id].peer_open = false;
    }

    /// Closes all of a killed process's connections in the same instant, the older ones first; what
    /// it had sent arrives before.
    pub(crate) fn kill(&mut self, ids: &[ConnId]) {
        let way = |id: &ConnId| {
            let conn = &self.conns[*id];
            conn.to_server.last().saturating_sub(self.now).max(conn.latency)
        };
        let slowest = ids.iter().map(way).max().unwrap_or_default();
        for id in ids {
            self.conns[*id].latency = slowest;
            self.hang_up(*id);
        }
    }

    /// Shuts or opens the peer's window: while it is shut, the server can send nothing.
    pub(crate) fn shut_window(&mut self, id: ConnId, shut: bool) {
        let conn = &mut self.conns[id];
        conn.to_peer.shut = shut;
        let latency = conn.latency;
        if !shut {
            self.schedule(latency, Happening::RoomForServer(id));
        }
    }

    /// Lets calls of the server's to `address` go unanswered for ever.
    pub(crate) fn black_hole(&mut self, address: SocketAddr) {
        self.moorings.insert(address, PeerId::MAX);
    }

    /// Where the server's end of a connection is.
    pub(crate) fn server_of(&self, id: ConnId) -> SocketAddr {
        self.conns[id].server
    }

    /// Where the peer's end of a connection is.
    pub(crate) fn peer_of(&self, id: ConnId) -> SocketAddr {
        self.conns[id].peer
    }
}
