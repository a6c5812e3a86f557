//! Bytes that wait to be written.

/// What was sent is cut from the front when it is more than this and at least half of the whole,
/// so that no byte is moved more than once on average: 4 KiB.
const CUT_ABOVE: usize = 4 * 1024;

/// Room taken for the first byte: enough for the replies of most steps.
const FIRST_ROOM: usize = 256;

/// What was said to a peer and has not been taken by its socket yet. It holds no memory while it is
/// empty.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// How many bytes at the front have been written.
    sent: usize,
}

impl Outbox {
    /// An empty one.
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), sent: 0 }
    }

    /// The end to append to.
    pub(super) fn tail(&mut self) -> &mut Vec<u8> {
        if self.sent > CUT_ABOVE && self.sent >= self.bytes.len() / 2 {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
        if self.bytes.capacity() == 0 {
            self.bytes.reserve(FIRST_ROOM);
        }
        &mut self.bytes
    }

    /// Bytes that wait.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// True when nothing waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What waits.
    pub(super) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Says that `count` bytes of [`Outbox::waiting`] have been written.
    pub(super) fn wrote(&mut self, count: usize) {
        self.sent = (self.sent + count).min(self.bytes.len());
        if self.sent == self.bytes.len() {
            self.sent = 0;
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_out_in_order_and_gives_memory_back() {
        let mut outbox = Outbox::new();
        outbox.tail().extend_from_slice(b"220 ready\r\n");
        outbox.wrote(4);
        outbox.tail().extend_from_slice(b"221 bye\r\n");
        assert_eq!(outbox.waiting(), b"ready\r\n221 bye\r\n");
        outbox.wrote(16);
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes.capacity(), 0);
    }

    #[test]
    fn a_long_tail_does_not_drag_what_was_sent() {
        let mut outbox = Outbox::new();
        for round in 0..100 {
            outbox.tail().extend_from_slice(&[round; 4096]);
            if round > 0 {
                outbox.wrote(4096);
            }
        }
        assert_eq!(outbox.len(), 4096);
        assert!(outbox.bytes.capacity() < 64 * 1024);
    }
}
