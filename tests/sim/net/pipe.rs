//! One direction of a virtual connection: bytes in flight, bytes that have arrived, and its end.
//!
//! Bounded like a socket's buffers: what flies and what lies unread share one capacity. It knows no
//! clock; whoever puts parcels in says when they arrive.

use std::collections::VecDeque;

/// What flies from one end to the other.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// A segment.
    Bytes(Vec<u8>),
    /// The writer has ended its direction: FIN.
    End,
    /// The writer's end is gone: RST.
    Reset,
}

/// One direction of a connection.
#[derive(Debug)]
pub(crate) struct Pipe {
    capacity: usize,
    flying: VecDeque<(u64, Parcel)>,
    arrived: VecDeque<u8>,
    /// Bytes that fly or lie unread.
    held: usize,
    /// When the last parcel arrives: none overtakes another.
    last: u64,
    /// The writer has ended it.
    pub(crate) ended: bool,
    /// The end has arrived.
    pub(crate) end: bool,
    /// A reset has arrived.
    pub(crate) reset: bool,
    /// The writer was told that there is no room, and has to be told when there is.
    pub(crate) starved: bool,
    /// The reader takes nothing for now: a zero window.
    pub(crate) shut: bool,
}

impl Pipe {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            flying: VecDeque::new(),
            arrived: VecDeque::new(),
            held: 0,
            last: 0,
            ended: false,
            end: false,
            reset: false,
            starved: false,
            shut: false,
        }
    }

    /// Bytes that the writer may add.
    pub(crate) const fn room(&self) -> usize {
        if self.shut { 0 } else { self.capacity.saturating_sub(self.held) }
    }

    /// Whether there is room enough again to tell a starved writer: a third, as Linux has it.
    pub(crate) const fn is_roomy(&self) -> bool {
        self.room() > 0 && self.room() * 3 >= self.capacity
    }

    /// Bytes that have arrived and were not read.
    pub(crate) fn unread(&self) -> usize {
        self.arrived.len()
    }

    /// Whether a read would give something: bytes, the end, or an error.
    pub(crate) fn is_readable(&self) -> bool {
        !self.arrived.is_empty() || self.end || self.reset
    }

    /// Sends a parcel that is to arrive at `at`, or with the one before it if that is later. Returns
    /// when it will.
    pub(crate) fn send(&mut self, at: u64, parcel: Parcel) -> u64 {
        if let Parcel::Bytes(bytes) = &parcel {
            self.held += bytes.len();
        }
        self.ended |= matches!(parcel, Parcel::End | Parcel::Reset);
        self.last = self.last.max(at);
        self.flying.push_back((self.last, parcel));
        self.last
    }

    /// When the last parcel that was sent arrives.
    pub(crate) const fn last(&self) -> u64 {
        self.last
    }

    /// The next parcel that has arrived by `now`.
    pub(crate) fn land(&mut self, now: u64) -> Option<Parcel> {
        if self.flying.front()?.0 > now {
            return None;
        }
        self.flying.pop_front().map(|(_, parcel)| parcel)
    }

    /// Lays an arrived segment down to be read.
    pub(crate) fn lay(&mut self, bytes: &[u8]) {
        self.arrived.extend(bytes);
    }

    /// A segment has arrived for nobody.
    pub(crate) fn lose(&mut self, bytes: &[u8]) {
        self.held -= bytes.len();
    }

    /// Forgets what was received and not read.
    pub(crate) fn eat(&mut self) {
        self.held -= self.arrived.len();
        self.arrived.clear();
    }

    /// Forgets what flies: the sender's buffer is thrown away.
    pub(crate) fn recall(&mut self) {
        for (_, parcel) in self.flying.drain(..) {
            if let Parcel::Bytes(bytes) = parcel {
                self.held -= bytes.len();
            }
        }
    }

    /// Reads up to `buffer.len()` bytes of what has arrived.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.arrived.len());
        let (first, second) = self.arrived.as_slices();
        let early = first.len().min(count);
        buffer[..early].copy_from_slice(&first[..early]);
        buffer[early..count].copy_from_slice(&second[..count - early]);
        self.arrived.drain(..count);
        self.held -= count;
        count
    }
}
