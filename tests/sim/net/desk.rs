//! The reactor's end of the network: what the kernel of its machine does for it.

use std::io;
use std::net::SocketAddr;

use coracle::io::Ready;
use coracle::terms::Key;

use super::pipe::Parcel;
use super::{
    Conn, ConnId, Desk, Dial, Happening, Harbour, Hint, Net, PeerId, Source, completed,
    is_complete, mapped,
};

/// Events that one poll brings at most.
const EVENTS_A_POLL: usize = 1024;

/// Keys of closed sockets that are remembered for stale events.
const BURIED: usize = 16;

/// No descriptor is left: EMFILE.
fn exhausted() -> io::Error {
    io::Error::from_raw_os_error(24)
}

impl Net {
    /// Whether an event waits for the poll.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Turns what is ready into events, with the faults of the scenario.
    pub(super) fn harvest(&mut self, ready: &mut Vec<Ready>) {
        let mut sources: Vec<Source> = self.ready.drain(..).collect();
        if self.faults.shuffled {
            self.rng.shuffle(&mut sources);
        }
        let most = if self.rng.chance(self.faults.cut_batches) {
            self.rng.size(1..4)
        } else {
            EVENTS_A_POLL
        };
        for source in sources {
            if ready.len() >= most {
                self.ready.push_back(source);
            } else if self.rng.chance(self.faults.late) {
                let after = self.rng.below(20_000_000);
                self.schedule(after, Happening::Nudge(source, Hint::default()));
            } else {
                self.bring(source, ready);
            }
        }
        if self.rng.chance(self.faults.stale)
            && let Some(key) = self.buried.get(self.rng.size(0..BURIED)).copied()
        {
            ready.push(Ready { key, readable: true, writable: self.rng.chance(500) });
        }
        if self.rng.chance(self.faults.spurious) && !self.conns.is_empty() {
            let conn = &self.conns[self.rng.size(0..self.conns.len())];
            if let Some(key) = conn.watched.filter(|_| conn.desk == Desk::Held) {
                let (readable, writable) = (self.rng.chance(500), self.rng.chance(500));
                ready.push(Ready { key, readable, writable });
            }
        }
    }

    /// The event of one source, if there is still something to tell.
    fn bring(&mut self, source: Source, ready: &mut Vec<Ready>) {
        let (key, hint) = match source {
            Source::Outside(key) => (key, Hint { readable: true, writable: false }),
            Source::Listener(id) => {
                let harbour = &mut self.harbours[id];
                harbour.listed = false;
                if !harbour.open || harbour.backlog.is_empty() {
                    return;
                }
                (harbour.key, Hint { readable: true, writable: false })
            }
            Source::Conn(id) => {
                let conn = &mut self.conns[id];
                conn.listed = false;
                let hint = std::mem::take(&mut conn.hint);
                let Some(key) = conn.watched.filter(|_| conn.desk == Desk::Held) else { return };
                (key, if self.faults.bare_hints { hint } else { possible(conn) })
            }
        };
        if hint.readable || hint.writable {
            ready.push(Ready { key, readable: hint.readable, writable: hint.writable });
        }
    }

    pub(super) fn listen(&mut self, address: SocketAddr, key: Key) -> io::Result<SocketAddr> {
        if self.faults.is_exhausted(self.now) {
            self.stats.exhaustions += 1;
            return Err(exhausted());
        }
        if !is_complete(address) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut address = address;
        let taken = |net: &Self, port| {
            let mut at = address;
            at.set_port(port);
            net.harbours.iter().any(|harbour| harbour.open && harbour.address == at)
        };
        let port = match address.port() {
            0 => self.free_port(taken),
            port if taken(self, port) => return Err(io::ErrorKind::AddrInUse.into()),
            port => port,
        };
        address.set_port(port);
        self.stats.listeners += 1;
        self.stats.listens += 1;
        let backlog = std::collections::VecDeque::new();
        self.harbours.push(Harbour { address, key, backlog, listed: false, open: true });
        Ok(address)
    }

    pub(super) fn accept(&mut self, address: SocketAddr) -> io::Result<(ConnId, SocketAddr)> {
        let found = self.harbours.iter().position(|h| h.open && h.address == address);
        let id = found.expect("an open listener has a harbour");
        if self.harbours[id].backlog.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.faults.is_exhausted(self.now) {
            self.stats.exhaustions += 1;
            return Err(exhausted());
        }
        let Some(conn) = self.harbours[id].backlog.pop_front() else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        if self.rng.chance(self.faults.failed_accepts) {
            self.conns[conn].desk = Desk::Closed;
            self.answer_with_reset(conn);
            return Err(io::Error::from_raw_os_error(71));
        }
        self.stats.server_sockets += 1;
        self.conns[conn].desk = Desk::Held;
        // Sessions begin at the well-known ports; all others are for data.
        self.conns[conn].data =
            address.port() > 2121 && !self.conns[conn].packed && !self.conns[conn].sealed;
        let peer = self.conns[conn].peer;
        Ok((conn, if address.ip().is_ipv6() { completed(mapped(peer)) } else { peer }))
    }

    pub(super) fn call_out(
        &mut self,
        local: SocketAddr,
        peer: SocketAddr,
        key: Key,
    ) -> io::Result<ConnId> {
        if !is_complete(local) || !is_complete(peer) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let (local, peer) = (local.ip(), SocketAddr::new(peer.ip(), peer.port()));
        if self.faults.is_exhausted(self.now) {
            self.stats.exhaustions += 1;
            return Err(exhausted());
        }
        let port = self.free_port(|_, _| false);
        let id = self.connection(SocketAddr::new(local, port), peer, PeerId::MAX);
        self.stats.server_sockets += 1;
        let conn = &mut self.conns[id];
        conn.desk = Desk::Held;
        conn.dial = Dial::Pending;
        conn.peer_open = false;
        conn.watched = Some(key);
        conn.data = true;
        let latency = conn.latency;
        self.schedule(latency, Happening::Call(id));
        Ok(id)
    }

    pub(super) fn dialled(&mut self, id: ConnId) -> io::Result<bool> {
        match self.conns[id].dial {
            Dial::Up => Ok(true),
            Dial::Pending => Ok(false),
            Dial::Refused => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    pub(super) fn watch(&mut self, id: ConnId, key: Key) {
        let conn = &mut self.conns[id];
        assert!(conn.watched.is_none(), "a socket is registered twice");
        conn.watched = Some(key);
        conn.hint = possible(conn);
        if conn.hint.readable || conn.hint.writable {
            self.hint(Source::Conn(id), Hint::default());
        }
    }

    pub(super) fn take(&mut self, id: ConnId, buffer: &mut [u8]) -> io::Result<usize> {
        assert!(!buffer.is_empty(), "a read into nothing means nothing");
        self.turned(id);
        let most = if self.rng.chance(self.faults.short_reads) {
            self.rng.size(1..buffer.len() + 1)
        } else {
            buffer.len()
        };
        let (now, polls) = (self.now, self.stats.polls);
        let conn = &mut self.conns[id];
        let count = conn.to_server.read(&mut buffer[..most]);
        if count > 0 {
            if conn.sealed {
                let before = if conn.taken.0 == polls { conn.taken.1 } else { 0 };
                conn.taken = (polls, before + count);
                self.stats.most_taken = self.stats.most_taken.max(before + count);
            }
            if let Some(tap) = &mut conn.tap {
                tap.heard.extend_from_slice(&buffer[..count]);
            }
            // Room for one byte is that of somebody who looks whether the peer has gone, and wants
            // nothing of what it sends.
            if conn.to_server.is_readable() && conn.data && buffer.len() > 1 {
                conn.runnable_since = Some((polls, now));
            }
            if conn.to_server.starved && conn.to_server.is_roomy() {
                conn.to_server.starved = false;
                let (owner, latency) = (conn.owner, conn.latency);
                self.schedule(latency, Happening::Wake(owner, super::Wake::Stirred(id)));
            }
            return Ok(count);
        }
        if conn.to_server.reset {
            Err(io::ErrorKind::ConnectionReset.into())
        } else if conn.to_server.end {
            if let Some(tap) = &mut conn.tap {
                tap.read_up = true;
            }
            Ok(0)
        } else {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }

    /// How many of `wanted` bytes the socket takes now. [`Net::put`] is to follow.
    pub(super) fn room_for(&mut self, id: ConnId, wanted: usize) -> io::Result<usize> {
        self.turned(id);
        self.stats.most_offered = self.stats.most_offered.max(wanted);
        let conn = &mut self.conns[id];
        if conn.to_server.reset {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if conn.to_peer.ended || conn.dial != Dial::Up {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = conn.to_peer.room();
        if room == 0 {
            conn.to_peer.starved = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.rng.chance(self.faults.reluctance) {
            conn.to_peer.starved = true;
            let after = self.rng.below(1_000_000);
            self.schedule(after, Happening::RoomForServer(id));
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = wanted.min(room);
        Ok(if self.rng.chance(self.faults.short_writes) {
            self.rng.size(1..count + 1)
        } else {
            count
        })
    }

    pub(super) fn put(&mut self, id: ConnId, bytes: &[u8]) {
        let (now, polls) = (self.now, self.stats.polls);
        let conn = &mut self.conns[id];
        if conn.data && conn.to_peer.room() > bytes.len() {
            conn.runnable_since = Some((polls, now));
        }
        if let Some(tap) = &mut conn.tap {
            tap.said.extend_from_slice(bytes);
        }
        let at = conn.to_peer.send(now + conn.latency, Parcel::Bytes(bytes.to_vec()));
        self.schedule_at(at, Happening::ToPeer(id));
    }

    pub(super) fn end(&mut self, id: ConnId) -> io::Result<()> {
        self.turned(id);
        let now = self.now;
        let conn = &mut self.conns[id];
        if conn.to_server.reset || conn.dial != Dial::Up {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if !conn.to_peer.ended {
            conn.note_end();
            let at = conn.to_peer.send(now + conn.latency, Parcel::End);
            self.schedule_at(at, Happening::ToPeer(id));
        }
        Ok(())
    }

    pub(super) fn close(&mut self, id: ConnId) {
        self.stats.server_sockets -= 1;
        let now = self.now;
        let conn = &mut self.conns[id];
        conn.runnable_since = None;
        conn.desk = Desk::Closed;
        if let Some(key) = conn.watched.take() {
            self.buried.push_front(key);
            self.buried.truncate(BURIED);
        }
        let conn = &mut self.conns[id];
        if conn.to_server.reset || conn.dial != Dial::Up {
            return;
        }
        let parcel = if conn.to_server.unread() > 0 {
            // A reset takes what is still in the sender's buffer with it.
            conn.to_peer.recall();
            Parcel::Reset
        } else if conn.to_peer.ended {
            return;
        } else {
            conn.note_end();
            Parcel::End
        };
        let at = conn.to_peer.send(now + conn.latency, parcel);
        self.schedule_at(at, Happening::ToPeer(id));
    }

    pub(super) fn close_listener(&mut self, address: SocketAddr) {
        let found = self.harbours.iter().position(|h| h.open && h.address == address);
        let id = found.expect("an open listener has a harbour");
        self.stats.listeners -= 1;
        self.harbours[id].open = false;
        self.buried.push_front(self.harbours[id].key);
        self.buried.truncate(BURIED);
        for conn in std::mem::take(&mut self.harbours[id].backlog) {
            self.conns[conn].desk = Desk::Closed;
            self.answer_with_reset(conn);
        }
    }

    /// A data connection is served: how many passes had it waited, though it could have been?
    fn turned(&mut self, id: ConnId) {
        if let Some((poll, since)) = self.conns[id].runnable_since.take() {
            let waited = self.stats.polls - poll;
            self.stats.longest_turn = self.stats.longest_turn.max(waited);
            self.stats.longest_pause = self.stats.longest_pause.max(self.now - since);
        }
    }
}

/// All that is possible now, as epoll tells it.
fn possible(conn: &Conn) -> Hint {
    let up = conn.dial == Dial::Up;
    let broken = conn.to_server.reset || conn.dial == Dial::Refused;
    Hint {
        readable: conn.to_server.is_readable() || conn.dial == Dial::Refused,
        writable: broken || (up && conn.to_peer.is_roomy()),
    }
}
