//! One piece to the peer: of a file, by the kernel or through a buffer, or of a listing.

use std::io;
use std::ops::RangeInclusive;

use super::pump::{Stop, Transfer, Turn, Work, failed};
use crate::channel::Moved;
use crate::io::Io;
use crate::terms::{Content, Fault, Filled, Part, PeerFault, Route, Trouble};

/// What is left of a file that the kernel may be asked to encrypt, in bytes: from 64 KiB on, which
/// are sealed here in one turn, to 64 GiB. AES-GCM is good for 2^24 records of one key (RFC 8446,
/// section 5.5), the kernel does not count them, and not all of its records are of 16 KiB.
const HANDED_OVER: RangeInclusive<u64> = 1 << 16..=1 << 36;

impl<F: Content, P: Part> Transfer<F, P> {
    /// Moves one piece, once all that waited before it has been written. The end goes with the last
    /// one: a client that knows when it has all may go then, and what is said behind that comes back as
    /// a reset.
    pub(super) fn send<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        let ends = self.is_exhausted()?;
        if self.route == Route::Data && ends {
            return self.finish(turn);
        }
        if turn.channel.flush(turn.io).map_err(|_| Stop::Lost)? == Moved::Blocked {
            return Err(Stop::Blocked);
        }
        match &self.work {
            _ if ends => self.finish(turn),
            Work::File { span, .. } => {
                // Inline nothing can be said behind the last byte but that all is well.
                if self.route == Route::Control && span.end - span.start <= turn.chunk as u64 {
                    self.check_source()?;
                }
                if self.zero_copy { self.send_by_kernel(turn) } else { self.send_copied(turn) }
            }
            Work::Lines { .. } | Work::Part { .. } => self.send_lines(turn),
        }
    }

    /// Whether nothing is left of the extent.
    ///
    /// # Errors
    /// What was to be left out is more than there is.
    const fn is_exhausted(&self) -> Result<bool, Stop> {
        match &self.work {
            Work::File { span, .. } if span.start < span.end => Ok(false),
            Work::File { coder: Some(coder), .. } if coder.skips() > 0 => {
                Err(Stop::Failed(Fault::Peer(PeerFault::BadRestart)))
            }
            Work::Lines { ended, .. } => Ok(*ended),
            Work::File { .. } | Work::Part { .. } => Ok(true),
        }
    }

    /// Whether it is worth the effort and safe to let the kernel encrypt, if it can: a whole file, on
    /// a connection on which nothing but it goes and nothing is to be read.
    pub(super) fn can_be_handed_over(&self) -> bool {
        match &self.work {
            Work::File { span, .. } => {
                self.route == Route::Data && HANDED_OVER.contains(&(span.end - span.start))
            }
            Work::Lines { .. } | Work::Part { .. } => false,
        }
    }

    fn send_by_kernel<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        if !turn.channel.is_clear() && !turn.channel.hand_over(turn.io).map_err(|_| Stop::Lost)? {
            self.zero_copy = false;
            return Ok(());
        }
        let most = turn.piece();
        let Work::File { file, span, .. } = &mut self.work else { return Err(Stop::Ended) };
        let most = usize::try_from(span.end - span.start).unwrap_or(most).min(most);
        let attempt = turn.channel.send_file(turn.io, file, span.start, most);
        match self.by_kernel(attempt)? {
            None => Ok(()),
            // Shorter than it was when its length was told.
            Some(0) => Err(Stop::Failed(Trouble::Changed.into())),
            Some(count) => {
                turn.zero_copy.spend(count);
                self.moved += count as u64;
                if let Work::File { span, .. } = &mut self.work {
                    span.start += count as u64;
                }
                Ok(())
            }
        }
    }

    fn send_copied<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        let Work::File { file, span, coder } = &mut self.work else { return Err(Stop::Ended) };
        let most = usize::try_from(span.end - span.start).unwrap_or(usize::MAX);
        let length = turn.scratch.len().min(most);
        let piece = turn.scratch.get_mut(..length).unwrap_or_default();
        let count = file.read_at(span.start, piece).map_err(|error| failed(&error))?;
        if count == 0 {
            return Err(Stop::Failed(Trouble::Changed.into()));
        }
        span.start += count as u64;
        let piece = piece.get(..count).unwrap_or_default();
        if coder.is_none() && self.packing.is_none() {
            turn.channel.say(piece).map_err(|_| Stop::Lost)?;
            turn.copied.spend(count);
            self.moved += count as u64;
            return Ok(());
        }
        let tail = turn.channel.tail();
        let before = tail.len();
        self.packing.pack(piece, coder, &mut turn.copied, tail)?;
        let added = tail.len() - before;
        turn.copied.spend(added);
        self.moved += added as u64;
        Ok(())
    }

    fn send_lines<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        let Work::Lines { lines, ended } = &mut self.work else { return Err(Stop::Ended) };
        let tail = turn.channel.tail();
        let before = tail.len();
        let room = turn.scratch.len();
        match self.packing.pack_lines(lines.as_mut(), room, &mut turn.copied, tail)? {
            Filled::More => {}
            Filled::Later => turn.copied.spend(turn.copied.left()),
            Filled::End => *ended = true,
            Filled::Broken => {
                return Err(Stop::Failed(Trouble::Io(io::ErrorKind::Other).into()));
            }
        }
        let added = tail.len() - before;
        turn.copied.spend(added);
        self.moved += added as u64;
        Ok(())
    }

    /// Checks that what has been sent is of one content of the file, as far as can be told.
    fn check_source(&self) -> Result<(), Stop> {
        match &self.work {
            Work::File { file, .. } if !file.still_holds().map_err(|error| failed(&error))? => {
                Err(Stop::Failed(Trouble::Changed.into()))
            }
            Work::File { .. } | Work::Lines { .. } | Work::Part { .. } => Ok(()),
        }
    }

    /// Nothing is left of the extent: what the packing puts behind it, then the end. A file that was
    /// written to meanwhile has none; inline that was looked at before its last piece, and what is
    /// said is said.
    fn finish<I: Io>(&mut self, turn: &mut Turn<'_, I>) -> Result<(), Stop> {
        if self.route == Route::Data {
            self.check_source()?;
        }
        // The outbox is left alone where nothing comes behind the last byte: it would take memory.
        if self.packing.has_end() {
            let tail = turn.channel.tail();
            let before = tail.len();
            self.packing.finish(tail)?;
            self.moved += (tail.len() - before) as u64;
            return Ok(());
        }
        if self.route != Route::Data {
            return Err(Stop::Ended);
        }
        match turn.channel.finish(turn.io) {
            Ok(Moved::Blocked) => Err(Stop::Blocked),
            Ok(Moved::Bytes(_) | Moved::End | Moved::Cut) => Err(Stop::Ended),
            // Who knows by SIZE that nothing comes, or has all that comes and has said close_notify,
            // may go before our end has reached it. A reset alone tells nothing of what was read.
            Err(_) if self.moved == 0 || turn.channel.has_parted(turn.io) => Err(Stop::Ended),
            Err(_) => Err(Stop::Lost),
        }
    }
}
