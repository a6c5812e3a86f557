//! One transfer: opening, moving, finishing, done. What is one piece in either direction stands in
//! `send` and `receive`; here is what they share: the turn, its budgets, and how it ends.
//!
//! A download goes by sendfile where the file has a descriptor and is sent as it is, an upload by
//! splice; else through a buffer, for which the coder is the place to change bytes, and in MODE Z
//! the zlib stream behind it.

use std::io;

use super::packing::Packing;
use super::upload::{Commit, Upload};
use crate::channel::{Channel, Moved, ZeroCopyFault};
use crate::io::Io;
use crate::terms::{
    Budget, Coding, Content, Extent, Fault, Lines, Loss, Order, Outcome, Part, Protection, Route,
    Span, Trouble,
};
use crate::wire::ascii::{Decoder, Encoder};

/// How much a transfer may do in one turn, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// What the kernel moves by itself.
    pub zero_copy: usize,
    /// What passes through this process.
    pub copied: usize,
    /// The largest piece that is moved by one system call.
    pub chunk: usize,
}

impl Pace {
    /// What is compressed or expanded: half of what is copied, since it costs many times as much.
    pub(super) const fn deflated(self) -> usize {
        self.copied.div_ceil(2)
    }
}

/// Where a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The connection takes or gives nothing more now; an event will come. True if anything moved.
    Blocked(bool),
    /// The budget is spent and there is more to do.
    Again,
    /// An upload has been received whole: nothing is left but to [commit](Transfer::into_commit) it,
    /// if the peer is still there.
    Received,
    /// It is over.
    Ended(Outcome),
}

/// An order being carried out.
#[derive(Debug)]
pub struct Transfer<F, P: Part> {
    pub(super) work: Work<F, P>,
    pub(super) route: Route,
    /// Bytes handed to the connection's outbox or taken from it, as they are on the wire.
    pub(super) moved: u64,
    /// Whether the kernel may be asked to move the bytes by itself.
    pub(super) zero_copy: bool,
    /// MODE Z, in the direction that the work has.
    pub(super) packing: Packing,
    /// How its data connection is to be protected.
    protection: Protection,
}

/// The two directions, with the coder that each may need.
pub(super) enum Work<F, P: Part> {
    File { file: F, span: Span, coder: Option<Encoder> },
    Lines { lines: Box<dyn Lines>, ended: bool },
    Part { upload: Upload<P>, carrying: bool, coder: Option<Decoder>, decoded: Vec<u8> },
}

/// What one turn may use: the connection, what is left of the budgets, and room for copies.
pub(super) struct Turn<'a, I: Io> {
    pub(super) io: &'a mut I,
    pub(super) channel: &'a mut Channel<I>,
    pub(super) zero_copy: Budget,
    pub(super) copied: Budget,
    /// The largest piece of one system call.
    pub(super) chunk: usize,
    /// No longer than that.
    pub(super) scratch: &'a mut [u8],
}

impl<I: Io> Turn<'_, I> {
    /// The largest piece that the kernel may be asked to move.
    pub(super) fn piece(&self) -> usize {
        self.chunk.min(self.zero_copy.left())
    }
}

/// Why a turn can't go on; the moved bytes are added when it is told.
pub(super) enum Stop {
    Blocked,
    Ended,
    Received,
    Lost,
    Tampered,
    Failed(Fault),
}

impl<F: Content, P: Part> Transfer<F, P> {
    /// Nothing has been moved yet.
    pub fn new(order: Order<F, P>) -> Self {
        let ascii = order.coding == Coding::Ascii;
        let packing = Packing::new(order.mode, order.extent.direction());
        let zero_copy = !ascii && packing.is_none();
        let work = match order.extent {
            Extent::File(file) => {
                let coder = ascii.then(|| Encoder::behind(order.skipped));
                Work::File { file, span: order.span, coder }
            }
            Extent::Lines(lines) => Work::Lines { lines, ended: false },
            Extent::Part(part) => Work::Part {
                upload: Upload::new(part, !ascii),
                carrying: true,
                coder: ascii.then(Decoder::new),
                decoded: Vec::new(),
            },
        };
        let (route, protection) = (order.route, order.protection);
        Self { work, route, moved: 0, zero_copy, packing, protection }
    }

    /// Bytes that have gone over the connection, or wait in its outbox. [`Transfer::gone`] leaves the
    /// latter out.
    pub const fn moved(&self) -> u64 {
        self.moved
    }

    /// How its data connection is to be protected.
    pub const fn protection(&self) -> Protection {
        self.protection
    }

    /// Whether it is an upload.
    pub const fn is_upload(&self) -> bool {
        matches!(self.work, Work::Part { .. })
    }

    /// Moves what the connection takes or gives, within `pace`. `scratch` is the room for copied
    /// bytes; what it holds means nothing before or after.
    pub fn step<I: Io>(
        &mut self,
        io: &mut I,
        channel: &mut Channel<I>,
        pace: Pace,
        scratch: &mut [u8],
    ) -> Step {
        // What is encrypted has to pass through this process, unless the kernel does that, too.
        self.zero_copy &= channel.is_clear() || self.can_be_handed_over();
        let before = self.gone(channel);
        let copied = if self.packing.is_none() { pace.copied } else { pace.deflated() };
        let length = scratch.len().min(pace.chunk);
        let mut turn = Turn {
            io,
            channel,
            zero_copy: Budget::new(pace.zero_copy),
            copied: Budget::new(copied),
            chunk: pace.chunk,
            scratch: scratch.get_mut(..length).unwrap_or_default(),
        };
        loop {
            if turn.zero_copy.is_spent() || turn.copied.is_spent() {
                return Step::Again;
            }
            let stop = match &self.work {
                Work::File { .. } | Work::Lines { .. } => self.send(&mut turn),
                Work::Part { .. } => self.receive(&mut turn),
            };
            let bytes = self.gone(turn.channel);
            match stop {
                Ok(()) => {}
                Err(Stop::Blocked) => {
                    return Step::Blocked(turn.channel.has_stirred() || bytes != before);
                }
                Err(Stop::Received) => return Step::Received,
                // What may wait still is no more than an end that nobody looks at.
                Err(Stop::Ended) => return Step::Ended(Outcome::Done { bytes: self.moved }),
                Err(Stop::Lost) => {
                    return Step::Ended(Outcome::Lost { loss: Loss::Broken, bytes });
                }
                Err(Stop::Tampered) => {
                    return Step::Ended(Outcome::Lost { loss: Loss::Tampered, bytes });
                }
                Err(Stop::Failed(fault)) => {
                    if let Work::Part { upload, .. } = &mut self.work {
                        upload.give_up();
                    }
                    return Step::Ended(Outcome::Failed { fault, bytes });
                }
            }
        }
    }

    /// What is left to do for a received upload: to put it in place. `None` of what is none.
    pub fn into_commit(self, durably: bool) -> Option<Commit<P>> {
        match self.work {
            Work::Part { upload, .. } => Some(Commit::new(upload, durably)),
            Work::File { .. } | Work::Lines { .. } => None,
        }
    }

    /// Bytes that the connection has really taken or given; under TLS rather too few than too many,
    /// until all are.
    pub fn gone<I: Io>(&self, channel: &Channel<I>) -> u64 {
        match self.work {
            Work::File { .. } | Work::Lines { .. } => {
                self.moved.saturating_sub(channel.waiting() as u64)
            }
            Work::Part { .. } => self.moved,
        }
    }

    /// What an attempt to let the kernel move the bytes came to: how many, or the end; nothing if
    /// the kernel can't, and the bytes are to be copied from now on.
    pub(super) fn by_kernel(
        &mut self,
        attempt: Result<Moved, ZeroCopyFault>,
    ) -> Result<Option<usize>, Stop> {
        match attempt {
            Ok(Moved::Bytes(count)) => Ok(Some(count)),
            Ok(Moved::End | Moved::Cut) => Ok(Some(0)),
            Ok(Moved::Blocked) => Err(Stop::Blocked),
            Err(ZeroCopyFault::Unsupported) => {
                self.zero_copy = false;
                Ok(None)
            }
            Err(ZeroCopyFault::File(error)) => Err(failed(&error)),
            Err(ZeroCopyFault::Socket(_)) => Err(Stop::Lost),
        }
    }
}

/// Writes all of `bytes`, in as many pieces as the part takes.
pub(super) fn write_all(part: &mut impl Part, mut bytes: &[u8]) -> Result<(), Fault> {
    while !bytes.is_empty() {
        match part.write(bytes) {
            Ok(0) => return Err(failure(&io::ErrorKind::WriteZero.into())),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) => return Err(failure(&error)),
        }
    }
    Ok(())
}

/// What a file's own error means to the peer.
pub(super) fn failure(error: &io::Error) -> Fault {
    Trouble::of_file(error).into()
}

/// The same, where it ends a transfer.
pub(super) fn failed(error: &io::Error) -> Stop {
    Stop::Failed(failure(error))
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl<F, P: Part> std::fmt::Debug for Work<F, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { span, .. } => f.debug_tuple("File").field(span).finish(),
            Self::Lines { ended, .. } => f.debug_tuple("Lines").field(ended).finish(),
            Self::Part { carrying, .. } => f.debug_tuple("Part").field(carrying).finish(),
        }
    }
}
