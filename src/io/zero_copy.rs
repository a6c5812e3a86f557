//! Bytes between sockets and files that never pass through this process: sendfile and splice.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags};

use super::ReceiveFault;
use crate::terms::Part;

/// The pipe's wished capacity in bytes; an unprivileged process may be given less.
const PIPE_BYTES: usize = 1 << 20;

/// The pipe that splice needs between a socket and a file. It is empty between two calls, so one
/// serves all connections.
#[derive(Debug)]
pub(super) struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // A smaller pipe only means more and smaller steps.
        let _ = rustix::pipe::fcntl_setpipe_size(&writer, PIPE_BYTES);
        Ok(Self { reader, writer })
    }
}

/// Sends up to `most` bytes of `file` from `offset` on. `Unsupported` where the file system has no
/// pages to send from.
pub(super) fn send(
    socket: impl AsFd,
    file: BorrowedFd<'_>,
    offset: u64,
    most: usize,
) -> io::Result<usize> {
    let mut at = offset;
    match rustix::fs::sendfile(socket, file, Some(&mut at), most) {
        Ok(sent) => Ok(sent),
        Err(Errno::INVAL | Errno::NOSYS) => Err(io::ErrorKind::Unsupported.into()),
        Err(errno) => Err(errno.into()),
    }
}

/// Moves up to `most` bytes from `socket` to the end of `part`, through `pipe`, which is made when
/// it is first needed. All that is taken from the socket is written before this returns.
pub(super) fn receive<P: Part>(
    pipe: &mut Option<Pipe>,
    socket: impl AsFd,
    part: &mut P,
    most: usize,
) -> Result<usize, ReceiveFault> {
    let between = match pipe.take() {
        Some(between) => between,
        None => Pipe::new().map_err(|_| ReceiveFault::Unsupported)?,
    };
    let taken = loop {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        match rustix::pipe::splice(&socket, None, &between.writer, None, most, flags) {
            Ok(taken) => break taken,
            Err(Errno::INTR) => {}
            Err(errno) => {
                *pipe = Some(between);
                return Err(match errno {
                    Errno::INVAL | Errno::NOSYS => ReceiveFault::Unsupported,
                    other => ReceiveFault::Socket(other.into()),
                });
            }
        }
    };
    let mut left = taken;
    while left > 0 {
        // On failure the pipe is dropped with what is in it: the upload has failed anyway.
        left -= empty_into(&between, part, left).map_err(ReceiveFault::File)?;
    }
    *pipe = Some(between);
    Ok(taken)
}

/// Moves up to `left` bytes from the pipe to the end of `part`, by the kernel where it can.
fn empty_into<P: Part>(pipe: &Pipe, part: &mut P, left: usize) -> io::Result<usize> {
    let moved = part.descriptor().map(|(file, at)| {
        let mut at = at;
        rustix::pipe::splice(&pipe.reader, None, file, Some(&mut at), left, SpliceFlags::MOVE)
    });
    match moved {
        Some(Ok(0)) => Err(io::ErrorKind::WriteZero.into()),
        Some(Ok(count)) => {
            part.advance(count as u64);
            Ok(count)
        }
        Some(Err(Errno::INTR)) => Ok(0),
        Some(Err(Errno::INVAL)) | None => copy_into(pipe, part, left),
        Some(Err(errno)) => Err(errno.into()),
    }
}

/// The same through a small buffer, for file systems that can't be spliced to.
fn copy_into<P: Part>(pipe: &Pipe, part: &mut P, left: usize) -> io::Result<usize> {
    let mut buffer = [0; 16 * 1024];
    let wanted = left.min(buffer.len());
    let count = rustix::io::read(&pipe.reader, &mut buffer[..wanted])?;
    let mut written = 0;
    while written < count {
        match part.write(&buffer[written..count])? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            more => written += more,
        }
    }
    Ok(count)
}
