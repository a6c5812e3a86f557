//! What happens at its time: parcels land, dials reach the other machine, events that were held back
//! are owed.

use coracle::terms::Key;

use super::pipe::Parcel;
use super::{ConnId, Desk, Dial, Hint, Net, PeerId, Source, Wake};

/// Connections that wait in a listener's backlog at most.
const BACKLOG: usize = 128;

/// How long a connection that found the backlog full waits before it is tried again, and how often
/// it is.
const RETRY_NANOS: u64 = 1_000_000_000;
const KNOCKS: u32 = 60;

/// Something that is to happen at its time.
#[derive(Debug, Clone, Copy)]
pub(super) enum Happening {
    /// The head of what flies to the server has arrived.
    ToServer(ConnId),
    /// The head of what flies to the peer has arrived.
    ToPeer(ConnId),
    /// A peer's dial reaches the server.
    Knock(ConnId),
    /// The server's dial reaches the peer.
    Call(ConnId),
    /// The answer to the server's dial comes back.
    Answered(ConnId),
    /// The server hears that the peer has read.
    RoomForServer(ConnId),
    /// An event that was held back, or is owed.
    Nudge(Source, Hint),
    /// A peer is woken.
    Wake(PeerId, Wake),
    /// A source of the driver's own is ready.
    Outside(Key),
}

impl Net {
    /// Lets the next thing that is due happen. Returns whom to wake for it; `None` if nothing is
    /// due.
    pub(super) fn advance(&mut self) -> Option<Option<(PeerId, Wake)>> {
        let first = self.agenda.first_entry()?;
        if first.key().0 > self.now {
            return None;
        }
        Some(match first.remove() {
            Happening::ToServer(id) => {
                self.land_at_server(id);
                None
            }
            Happening::ToPeer(id) => self.land_at_peer(id),
            Happening::Knock(id) => {
                self.knock(id);
                None
            }
            Happening::Call(id) => self.call(id),
            Happening::Answered(id) => {
                self.hint(Source::Conn(id), Hint { readable: false, writable: true });
                let conn = &mut self.conns[id];
                if conn.dial == Dial::Pending {
                    conn.dial = Dial::Up;
                    if conn.desk == Desk::Closed {
                        self.answer_with_reset(id);
                    }
                }
                None
            }
            Happening::RoomForServer(id) => {
                let pipe = &mut self.conns[id].to_peer;
                if pipe.starved && pipe.is_roomy() {
                    pipe.starved = false;
                    self.hint(Source::Conn(id), Hint { readable: false, writable: true });
                }
                None
            }
            Happening::Nudge(source, hint) => {
                match source {
                    Source::Conn(id) => self.conns[id].listed = false,
                    Source::Listener(id) => self.harbours[id].listed = false,
                    Source::Outside(_) => {}
                }
                self.hint(source, hint);
                None
            }
            Happening::Wake(peer, wake) => Some((peer, wake)),
            Happening::Outside(key) => {
                self.ready.push_back(Source::Outside(key));
                None
            }
        })
    }

    fn land_at_server(&mut self, id: ConnId) {
        let now = self.now;
        let conn = &mut self.conns[id];
        let mut hint = Hint { readable: true, writable: false };
        match conn.to_server.land(now) {
            None => return,
            Some(Parcel::Bytes(bytes)) => {
                if conn.desk == Desk::Closed {
                    conn.to_server.lose(&bytes);
                    self.answer_with_reset(id);
                    return;
                }
                conn.to_server.lay(&bytes);
            }
            Some(Parcel::End) => conn.to_server.end = true,
            Some(Parcel::Reset) => {
                conn.to_server.reset = true;
                conn.to_peer.recall();
                hint.writable = true;
            }
        }
        self.hint(Source::Conn(id), hint);
    }

    /// Bytes came for a socket that is closed.
    pub(super) fn answer_with_reset(&mut self, id: ConnId) {
        let at = self.now + self.conns[id].latency;
        let at = self.conns[id].to_peer.send(at, Parcel::Reset);
        self.schedule_at(at, Happening::ToPeer(id));
    }

    fn land_at_peer(&mut self, id: ConnId) -> Option<(PeerId, Wake)> {
        let (now, eat) = (self.now, self.faults.resets_eat);
        let conn = &mut self.conns[id];
        match conn.to_peer.land(now)? {
            Parcel::Bytes(bytes) => {
                if !conn.peer_open {
                    conn.to_peer.lose(&bytes);
                    if !conn.to_server.reset && conn.desk != Desk::Closed {
                        let at = conn.to_server.send(now + conn.latency, Parcel::Reset);
                        self.schedule_at(at, Happening::ToServer(id));
                    }
                    return None;
                }
                conn.to_peer.lay(&bytes);
            }
            Parcel::End => conn.to_peer.end = true,
            Parcel::Reset => {
                conn.to_peer.reset = true;
                conn.to_server.recall();
                if eat {
                    conn.to_peer.eat();
                }
            }
        }
        conn.peer_open.then_some((conn.owner, Wake::Stirred(id)))
    }

    /// A peer's dial reaches the server's machine, whose kernel answers.
    fn knock(&mut self, id: ConnId) {
        let to = self.conns[id].server;
        let (owner, latency) = (self.conns[id].owner, self.conns[id].latency);
        let found = self.harbours.iter().position(|harbour| {
            harbour.open
                && harbour.address.port() == to.port()
                && (harbour.address.ip() == to.ip() || harbour.address.ip().is_unspecified())
        });
        let Some(harbour) = found else {
            self.schedule(latency, Happening::Wake(owner, Wake::Refused(id)));
            return;
        };
        if self.harbours[harbour].backlog.len() >= BACKLOG {
            let conn = &mut self.conns[id];
            conn.knocks += 1;
            if conn.knocks < KNOCKS {
                self.schedule(RETRY_NANOS, Happening::Knock(id));
            } else {
                self.schedule(latency, Happening::Wake(owner, Wake::Refused(id)));
            }
            return;
        }
        self.harbours[harbour].backlog.push_back(id);
        self.hint(Source::Listener(harbour), Hint { readable: true, writable: false });
        if !self.conns[id].known {
            self.schedule(latency, Happening::Wake(owner, Wake::Opened(id)));
        }
    }

    /// The server's dial reaches a peer's machine.
    fn call(&mut self, id: ConnId) -> Option<(PeerId, Wake)> {
        let conn = &mut self.conns[id];
        let latency = conn.latency;
        let Some(owner) = self.moorings.get(&conn.peer).copied() else {
            conn.dial = Dial::Refused;
            self.schedule(latency, Happening::Answered(id));
            return None;
        };
        if owner == PeerId::MAX {
            // A black hole: nobody ever answers.
            return None;
        }
        conn.owner = owner;
        conn.peer_open = true;
        self.schedule(latency, Happening::Answered(id));
        Some((owner, Wake::Called(id)))
    }
}
