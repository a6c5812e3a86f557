//! What is around the bytes of a transfer on the wire: nothing in MODE S, a zlib stream in MODE Z
//! (RFC 959, section 3.4).
//!
//! To the peer TYPE comes before MODE: lines get their CRLF, then they are packed. Only the pump
//! calls it; the way from the peer is a budgeted one and the pump's own.

use std::fmt;

use super::deflate::{Deflater, Inflater};
use crate::terms::{Budget, Direction, Fault, Filled, Lines, Mode};
use crate::wire::ascii::Encoder;

/// The packing of one transfer, for the direction that it has.
pub(super) enum Packing {
    /// The bytes as they are.
    None,
    /// To the peer.
    Deflate(Box<Deflater>),
    /// From the peer.
    Inflate(Box<Inflater>),
}

impl Packing {
    /// Nothing has been packed yet.
    pub(super) fn new(mode: Mode, direction: Direction) -> Self {
        match (mode, direction) {
            (Mode::Stream, _) => Self::None,
            (Mode::Deflate { level }, Direction::ToPeer) => {
                Self::Deflate(Box::new(Deflater::new(level)))
            }
            (Mode::Deflate { .. }, Direction::FromPeer) => Self::Inflate(Box::new(Inflater::new())),
        }
    }

    /// Whether the bytes go over as they are.
    pub(super) const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Appends what comes of `piece`, the next bytes of a file, to `out`. Reading is paid for where
    /// it costs more than what comes of it.
    pub(super) fn pack(
        &mut self,
        piece: &[u8],
        coder: &mut Option<Encoder>,
        budget: &mut Budget,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        match (self, coder) {
            (Self::Deflate(deflater), coder) => {
                budget.spend(piece.len());
                match coder {
                    Some(coder) => {
                        coder.push(piece, &mut deflater.staged);
                        deflater.push_staged(out)
                    }
                    None => deflater.push(piece, out),
                }
            }
            (Self::None | Self::Inflate(_), Some(coder)) => {
                coder.push(piece, out);
                Ok(())
            }
            (Self::None | Self::Inflate(_), None) => {
                out.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// Appends what comes of the next lines, about `room` bytes of them, to `out`.
    pub(super) fn pack_lines(
        &mut self,
        lines: &mut dyn Lines,
        room: usize,
        budget: &mut Budget,
        out: &mut Vec<u8>,
    ) -> Result<Filled, Fault> {
        let Self::Deflate(deflater) = self else { return Ok(lines.fill(out, room)) };
        let filled = lines.fill(&mut deflater.staged, room);
        budget.spend(deflater.staged.len());
        deflater.push_staged(out)?;
        Ok(filled)
    }

    /// Whether something is to stand behind the last byte, and has not been given out yet.
    pub(super) const fn has_end(&self) -> bool {
        match self {
            Self::Deflate(deflater) => !deflater.is_ended(),
            Self::None | Self::Inflate(_) => false,
        }
    }

    /// Appends that to `out`.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::Deflate(deflater) => deflater.finish(out),
            Self::None | Self::Inflate(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Deflate(_) => "Deflate",
            Self::Inflate(_) => "Inflate",
        })
    }
}
