//! One piece from the peer to the part that it is uploading to: by the kernel, or through a buffer,
//! unpacked and decoded on the way.

use std::io;

use super::packing::Packing;
use super::pump::{Stop, Transfer, Turn, Work, failed, write_all};
use crate::channel::Moved;
use crate::io::Io;
use crate::terms::{Content, Fault, Part};
use crate::wire::ascii::Decoder;

impl<F: Content, P: Part> Transfer<F, P> {
    /// Moves one piece, once all that is kept of the old file has been copied.
    pub(super) fn receive<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        // What TLS itself has to say: tickets, most often. Nobody waits for it.
        if turn.channel.waiting() > 0 {
            turn.channel.flush(turn.io).map_err(|_| Stop::Lost)?;
        }
        let most = turn.piece();
        let Work::Part { upload, carrying, .. } = &mut self.work else { return Err(Stop::Ended) };
        let Some(part) = upload.part() else { return Err(Stop::Ended) };
        if *carrying {
            match part.carry_over(most).map_err(|error| failed(&error))? {
                0 => *carrying = false,
                count => turn.zero_copy.spend(count),
            }
            return Ok(());
        }
        if !self.zero_copy {
            return self.receive_copied(turn);
        }
        let attempt = turn.channel.receive_file(turn.io, part, most);
        match self.by_kernel(attempt)? {
            None => Ok(()),
            Some(0) => Err(Stop::Received),
            Some(count) => {
                turn.zero_copy.spend(count);
                self.moved += count as u64;
                Ok(())
            }
        }
    }

    fn receive_copied<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        let Work::Part { upload, coder, decoded, .. } = &mut self.work else {
            return Err(Stop::Ended);
        };
        let Some(part) = upload.part() else { return Err(Stop::Ended) };
        let length = turn.scratch.len().min(turn.copied.left());
        let piece = turn.scratch.get_mut(..length).unwrap_or_default();
        if let Packing::Inflate(inflater) = &mut self.packing
            && inflater.has_more()
        {
            let count = inflater.pull(piece)?;
            // A piece may come to nothing and has taken its time nevertheless.
            turn.copied.spend(count.max(1));
            let piece = piece.get(..count).unwrap_or_default();
            return Ok(write_coded(part, coder, decoded, piece)?);
        }
        let stop = |error: io::Error| {
            let is_tampered = error.kind() == io::ErrorKind::InvalidData;
            if is_tampered { Stop::Tampered } else { Stop::Lost }
        };
        match turn.channel.read(turn.io, piece).map_err(stop)? {
            Moved::Blocked => Err(Stop::Blocked),
            Moved::Bytes(count) => {
                turn.copied.spend(turn.channel.cost(count));
                self.moved += count as u64;
                let piece = piece.get(..count).unwrap_or_default();
                match &mut self.packing {
                    Packing::Inflate(inflater) => inflater.feed(piece),
                    Packing::None | Packing::Deflate(_) => {
                        write_coded(part, coder, decoded, piece)?;
                    }
                }
                Ok(())
            }
            // Somebody may have cut the end off, and half a file must not pass for the whole.
            Moved::Cut => Err(Stop::Lost),
            Moved::End => {
                if let Packing::Inflate(inflater) = &self.packing
                    && !inflater.is_ended()
                {
                    // Only the end of the stream is the end of the file.
                    return Err(Stop::Lost);
                }
                if let Some(coder) = coder {
                    decoded.clear();
                    coder.finish(decoded);
                    write_all(part, decoded)?;
                }
                Err(Stop::Received)
            }
        }
    }
}

/// Writes what comes of `bytes` from the wire.
fn write_coded(
    part: &mut impl Part,
    coder: &mut Option<Decoder>,
    decoded: &mut Vec<u8>,
    bytes: &[u8],
) -> Result<(), Fault> {
    let Some(coder) = coder else { return write_all(part, bytes) };
    decoded.clear();
    coder.push(bytes, decoded);
    write_all(part, decoded)
}
