//! One transfer: opening, moving, finishing, done.
//!
//! A download goes by sendfile where the file has a descriptor and is sent as it is, an upload by
//! splice; else through a buffer, for which the coder is the place to change bytes, and in MODE Z
//! the zlib stream behind it.

use std::io;

use super::packing::Packing;
use super::upload::Upload;
use crate::channel::{Channel, Moved, ZeroCopyFault};
use crate::io::Io;
use crate::terms::{
    Budget, Coding, Content, Extent, Fault, Filled, Lines, Loss, Order, Outcome, Part, Route, Span,
    Trouble,
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
    /// An upload has been received whole: nothing is left but to [commit](Transfer::commit) it, if
    /// the peer is still there.
    Received,
    /// It is over.
    Ended(Outcome),
}

/// An order being carried out.
#[derive(Debug)]
pub struct Transfer<F, P: Part> {
    work: Work<F, P>,
    route: Route,
    /// Bytes handed to the connection's outbox or taken from it, as they are on the wire.
    moved: u64,
    /// Whether the kernel may be asked to move the bytes by itself.
    zero_copy: bool,
    /// MODE Z, in the direction that the work has.
    packing: Packing,
}

/// The two directions, with the coder that each may need.
enum Work<F, P: Part> {
    File { file: F, span: Span, coder: Option<Encoder> },
    Lines { lines: Box<dyn Lines>, ended: bool },
    Part { upload: Upload<P>, carrying: bool, coder: Option<Decoder>, decoded: Vec<u8> },
}

/// Why a turn can't go on; the moved bytes are added when it is told.
enum Stop {
    Blocked,
    Ended,
    Received,
    Lost,
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
                Work::File { file, span: order.span, coder: ascii.then(Encoder::new) }
            }
            Extent::Lines(lines) => Work::Lines { lines, ended: false },
            Extent::Part(part) => Work::Part {
                upload: Upload::new(part, !ascii),
                carrying: true,
                coder: ascii.then(Decoder::new),
                decoded: Vec::new(),
            },
        };
        Self { work, route: order.route, moved: 0, zero_copy, packing }
    }

    /// Bytes that have gone over the connection, or wait in its outbox.
    pub const fn moved(&self) -> u64 {
        self.moved
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
        let before = self.gone(channel);
        let mut zero_copy = Budget::new(pace.zero_copy);
        let copied = if self.packing.is_none() { pace.copied } else { pace.deflated() };
        let mut copied = Budget::new(copied);
        let length = scratch.len().min(pace.chunk);
        let scratch = scratch.get_mut(..length).unwrap_or_default();
        loop {
            if zero_copy.is_spent() || copied.is_spent() {
                return Step::Again;
            }
            let stop = match &mut self.work {
                Work::File { .. } | Work::Lines { .. } => {
                    self.send(io, channel, &mut zero_copy, &mut copied, pace.chunk, scratch)
                }
                Work::Part { .. } => {
                    self.receive(io, channel, &mut zero_copy, &mut copied, pace.chunk, scratch)
                }
            };
            let bytes = self.gone(channel);
            match stop {
                Ok(()) => {}
                Err(Stop::Blocked) => return Step::Blocked(bytes != before),
                Err(Stop::Received) => return Step::Received,
                Err(Stop::Ended) => return Step::Ended(Outcome::Done { bytes }),
                Err(Stop::Lost) => {
                    return Step::Ended(Outcome::Lost { loss: Loss::Broken, bytes });
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

    /// Puts a received upload in place.
    pub fn commit(self) -> Outcome {
        let bytes = self.moved;
        match self.work {
            Work::Part { upload, .. } => match upload.commit() {
                Ok(()) => Outcome::Done { bytes },
                Err(fault) => Outcome::Failed { fault, bytes },
            },
            Work::File { .. } | Work::Lines { .. } => Outcome::Done { bytes },
        }
    }

    /// Bytes that the connection has really taken or given.
    fn gone<I: Io>(&self, channel: &Channel<I>) -> u64 {
        match self.work {
            Work::File { .. } | Work::Lines { .. } => {
                self.moved.saturating_sub(channel.outbox.len() as u64)
            }
            Work::Part { .. } => self.moved,
        }
    }

    /// One piece to the peer.
    fn send<I: Io>(
        &mut self,
        io: &mut I,
        channel: &mut Channel<I>,
        zero_copy: &mut Budget,
        copied: &mut Budget,
        chunk: usize,
        scratch: &mut [u8],
    ) -> Result<(), Stop> {
        if channel.flush(io).map_err(|_| Stop::Lost)? == Moved::Blocked {
            return Err(Stop::Blocked);
        }
        let added = match &mut self.work {
            Work::File { span, .. } if span.start >= span.end => Moved::End,
            Work::File { file, span, .. } if self.zero_copy => {
                let most = chunk.min(zero_copy.left());
                let most = usize::try_from(span.end - span.start).unwrap_or(most).min(most);
                match channel.send_file(io, file, span.start, most) {
                    Ok(Moved::Bytes(count)) => {
                        zero_copy.spend(count);
                        span.start += count as u64;
                        Moved::Bytes(count)
                    }
                    Ok(Moved::Blocked) => return Err(Stop::Blocked),
                    // Shorter than it was when its length was told.
                    Ok(Moved::End) => return Err(Stop::Failed(Trouble::Changed.into())),
                    Err(ZeroCopyFault::Unsupported) => {
                        self.zero_copy = false;
                        return Ok(());
                    }
                    Err(ZeroCopyFault::File(error)) => return Err(failed(&error)),
                    Err(ZeroCopyFault::Socket(_)) => return Err(Stop::Lost),
                }
            }
            Work::File { file, span, coder } => {
                let most = usize::try_from(span.end - span.start).unwrap_or(usize::MAX);
                let length = scratch.len().min(most);
                let piece = scratch.get_mut(..length).unwrap_or_default();
                let count = file.read_at(span.start, piece).map_err(|error| failed(&error))?;
                if count == 0 {
                    return Err(Stop::Failed(Trouble::Changed.into()));
                }
                let piece = piece.get(..count).unwrap_or_default();
                span.start += count as u64;
                let tail = channel.outbox.tail();
                let before = tail.len();
                self.packing.pack(piece, coder, copied, tail)?;
                copied.spend(tail.len() - before);
                Moved::Bytes(tail.len() - before)
            }
            Work::Part { .. } | Work::Lines { ended: true, .. } => Moved::End,
            Work::Lines { lines, ended } => {
                let tail = channel.outbox.tail();
                let before = tail.len();
                match self.packing.pack_lines(lines.as_mut(), scratch.len(), copied, tail)? {
                    Filled::More => {}
                    Filled::End => *ended = true,
                    Filled::Broken => {
                        return Err(Stop::Failed(Trouble::Io(io::ErrorKind::Other).into()));
                    }
                }
                copied.spend(tail.len() - before);
                Moved::Bytes(tail.len() - before)
            }
        };
        match added {
            Moved::Bytes(count) => {
                self.moved += count as u64;
                Ok(())
            }
            Moved::Blocked | Moved::End => {
                // The outbox is left alone where nothing comes behind the last byte: it would take
                // memory.
                if self.packing.has_end() {
                    let tail = channel.outbox.tail();
                    let before = tail.len();
                    self.packing.finish(tail)?;
                    self.moved += (tail.len() - before) as u64;
                    return Ok(());
                }
                if self.route == Route::Data {
                    channel.finish(io).map_err(|_| Stop::Lost)?;
                }
                Err(Stop::Ended)
            }
        }
    }

    /// One piece from the peer.
    fn receive<I: Io>(
        &mut self,
        io: &mut I,
        channel: &mut Channel<I>,
        zero_copy: &mut Budget,
        copied: &mut Budget,
        chunk: usize,
        scratch: &mut [u8],
    ) -> Result<(), Stop> {
        let Work::Part { upload, carrying, coder, decoded } = &mut self.work else {
            return Err(Stop::Ended);
        };
        let Some(part) = upload.part() else { return Err(Stop::Ended) };
        if *carrying {
            let most = chunk.min(zero_copy.left());
            match part.carry_over(most).map_err(|error| failed(&error))? {
                0 => *carrying = false,
                count => zero_copy.spend(count),
            }
            return Ok(());
        }
        if self.zero_copy {
            match channel.receive_file(io, part, chunk.min(zero_copy.left())) {
                Ok(Moved::Bytes(count)) => {
                    zero_copy.spend(count);
                    self.moved += count as u64;
                    return Ok(());
                }
                Ok(Moved::Blocked) => return Err(Stop::Blocked),
                Ok(Moved::End) => return Err(Stop::Received),
                Err(ZeroCopyFault::Unsupported) => {
                    self.zero_copy = false;
                    return Ok(());
                }
                Err(ZeroCopyFault::File(error)) => return Err(failed(&error)),
                Err(ZeroCopyFault::Socket(_)) => return Err(Stop::Lost),
            }
        }
        let length = scratch.len().min(copied.left());
        let piece = scratch.get_mut(..length).unwrap_or_default();
        if let Packing::Inflate(inflater) = &mut self.packing
            && inflater.has_more()
        {
            let count = inflater.pull(piece)?;
            // A piece may come to nothing and has taken its time nevertheless.
            copied.spend(count.max(1));
            let piece = piece.get(..count).unwrap_or_default();
            return Ok(write_coded(part, coder, decoded, piece)?);
        }
        match channel.read(io, piece).map_err(|_| Stop::Lost)? {
            Moved::Blocked => Err(Stop::Blocked),
            Moved::Bytes(count) => {
                copied.spend(count);
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
fn failed(error: &io::Error) -> Stop {
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
