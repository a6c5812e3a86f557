//! MODE Z (draft-preston-ftpext-deflate): a zlib stream (RFC 1950) around the bytes of a transfer,
//! both ways, in pieces as small as the pump wants them.
//!
//! Neither way holds more than the piece that it was given, so a stream that expands a
//! thousandfold costs its sender turns and us no memory. Knows no connection and no file; the pump
//! calls it.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::terms::{Fault, PeerFault, Trouble};

/// Room that is made at a time for what comes out, in bytes.
const ROOM: usize = 4 * 1024;

/// To the peer.
pub(super) struct Deflater {
    stream: Compress,
    ended: bool,
    /// Where what is to be compressed is put together, when it does not lie ready.
    pub(super) staged: Vec<u8>,
}

impl Deflater {
    /// A stream of compression level `level`, from 0 to 9.
    pub(super) fn new(level: u32) -> Self {
        let stream = Compress::new(Compression::new(level.min(9)), true);
        Self { stream, ended: false, staged: Vec::new() }
    }

    /// Appends what comes of `input` to `out`, which may be nothing yet.
    pub(super) fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        while !input.is_empty() {
            let (consumed, _) = self.run(input, out, FlushCompress::None)?;
            input = input.get(consumed..).unwrap_or_default();
        }
        Ok(())
    }

    /// [`Deflater::push`] of what is staged.
    pub(super) fn push_staged(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut staged = std::mem::take(&mut self.staged);
        self.push(&staged, out)?;
        staged.clear();
        self.staged = staged;
        Ok(())
    }

    /// Whether the end of the stream has been given out.
    pub(super) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Appends all that is left, and the end of the stream.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        while !self.ended {
            let (_, status) = self.run(&[], out, FlushCompress::Finish)?;
            self.ended = matches!(status, Status::StreamEnd);
        }
        Ok(())
    }

    /// One call. Returns how much of `input` it has taken; something moves in each.
    fn run(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        flush: FlushCompress,
    ) -> Result<(usize, Status), Fault> {
        let broken = || Fault::from(Trouble::Io(io::ErrorKind::Other));
        out.reserve(ROOM);
        let (read, written) = (self.stream.total_in(), out.len());
        let status = self.stream.compress_vec(input, out, flush).map_err(|_| broken())?;
        let consumed = usize::try_from(self.stream.total_in() - read).map_err(|_| broken())?;
        let moved = consumed > 0 || out.len() > written || matches!(status, Status::StreamEnd);
        if moved { Ok((consumed, status)) } else { Err(broken()) }
    }
}

/// From the peer.
pub(super) struct Inflater {
    stream: Decompress,
    /// What was received and not expanded yet: one piece at most.
    input: Vec<u8>,
    /// How much of `input` has been taken.
    taken: usize,
    /// The last call filled all the room that it had, so there may be more without more input.
    full: bool,
    ended: bool,
}

impl Inflater {
    /// At the start of a stream.
    pub(super) fn new() -> Self {
        let stream = Decompress::new(true);
        Self { stream, input: Vec::new(), taken: 0, full: false, ended: false }
    }

    /// Whether more can come out without more input.
    pub(super) fn has_more(&self) -> bool {
        self.full || self.taken < self.input.len()
    }

    /// Whether the stream has come to its end.
    pub(super) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Takes the next piece from the wire; the one before is to be used up.
    pub(super) fn feed(&mut self, piece: &[u8]) {
        self.input.clear();
        self.input.extend_from_slice(piece);
        self.taken = 0;
    }

    /// Expands into `room`, which is not empty. Returns how many bytes were put there.
    ///
    /// # Errors
    /// What came is no zlib stream, or goes on behind its end.
    pub(super) fn pull(&mut self, room: &mut [u8]) -> Result<usize, Fault> {
        let bad = || Fault::from(PeerFault::BadStream);
        let input = self.input.get(self.taken..).unwrap_or_default();
        if self.ended {
            return if input.is_empty() { Ok(0) } else { Err(bad()) };
        }
        let before = (self.stream.total_in(), self.stream.total_out());
        let status =
            self.stream.decompress(input, room, FlushDecompress::None).map_err(|_| bad())?;
        let consumed = usize::try_from(self.stream.total_in() - before.0).map_err(|_| bad())?;
        let count = usize::try_from(self.stream.total_out() - before.1).map_err(|_| bad())?;
        self.taken += consumed;
        self.ended = matches!(status, Status::StreamEnd);
        self.full = count == room.len() && !self.ended;
        let stuck = consumed == 0 && count == 0 && self.taken < self.input.len();
        if stuck && !self.ended { Err(bad()) } else { Ok(count) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn deflated(chunks: &[&[u8]], level: u32) -> Vec<u8> {
        let (mut deflater, mut out) = (Deflater::new(level), Vec::new());
        for chunk in chunks {
            deflater.push(chunk, &mut out).unwrap();
        }
        deflater.finish(&mut out).unwrap();
        out
    }

    /// Expands pieces of the wire into rooms of `room` bytes.
    fn inflated(wire: &[u8], piece: usize, room: usize) -> Result<Option<Vec<u8>>, Fault> {
        let (mut inflater, mut out, mut room) = (Inflater::new(), Vec::new(), vec![0; room]);
        for piece in wire.chunks(piece) {
            inflater.feed(piece);
            while inflater.has_more() {
                let count = inflater.pull(&mut room)?;
                out.extend_from_slice(&room[..count]);
            }
        }
        Ok(inflater.is_ended().then_some(out))
    }

    #[test]
    fn a_bomb_comes_out_in_pieces() {
        let wire = deflated(&[&vec![0; 10 << 20]], 9);
        assert!(wire.len() < 20_000);
        assert_eq!(inflated(&wire, 64 << 10, 1000).unwrap().unwrap().len(), 10 << 20);
    }

    #[test]
    fn what_is_no_stream_is_said_so() {
        let bad = Err(PeerFault::BadStream.into());
        assert_eq!(inflated(b"nothing of the sort", 4, 10), bad);
        let mut wire = deflated(&[b"some text, some text"], 6);
        assert_eq!(inflated(&wire[..wire.len() - 1], 5, 10), Ok(None), "cut short");
        wire.push(0);
        for piece in [1, 5, 100] {
            assert_eq!(inflated(&wire, piece, 10), bad, "something behind the end");
        }
        let last = wire.len() - 2;
        wire[last] ^= 1;
        assert_eq!(inflated(&wire[..=last], 7, 10), bad, "the checksum is wrong");
        assert_eq!(inflated(&deflated(&[], 6), 1, 1), Ok(Some(Vec::new())));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn there_and_back_is_the_same(
            bytes in prop::collection::vec(prop_oneof![Just(b'a'), any::<u8>()], 0..3000),
            (level, chunk, piece, room) in (0_u32..10, 1_usize..900, 1_usize..900, 1_usize..900),
        ) {
            let chunks: Vec<&[u8]> = bytes.chunks(chunk).collect();
            let wire = deflated(&chunks, level);
            prop_assert_eq!(inflated(&wire, piece, room), Ok(Some(bytes)));
        }

        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), piece in 1_usize..50) {
            let _ = inflated(&bytes, piece, 13);
            let _ = inflated(&[b"\x78\x9c", &bytes[..]].concat(), piece, 13);
        }
    }
}
