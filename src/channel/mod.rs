//! L2. The bytes of one connection, plain or under TLS: its socket, what of its readiness is known,
//! and what waits to be written to it.
//!
//! Here edge-triggered events become something that can be asked: a bit is set by an event and
//! cleared by `WouldBlock` alone. A channel registers its socket with the poll when it first
//! blocks, so a data connection that never does costs no registration.
//!
//! Under TLS, what is read and said is plain text all the same: it is opened and sealed here, and
//! the outbox holds what goes over the wire. Only zero copy is out of reach then, unless the kernel
//! takes the sealing over.
//!
//! This room knows nothing of lines, replies or files. The reactor and the transfer room use it.

mod outbox;
mod protection;
pub mod tls;

use std::fmt;
use std::io;

use outbox::Outbox;
pub use protection::Handshake;

use crate::io::{Io, Ready, ReceiveFault};
use crate::terms::{Content, Key, Part};
use tls::{Connection, Taken};

/// One connection.
pub struct Channel<I: Io> {
    socket: I::Socket,
    key: Key,
    /// Whether the poll knows the socket. It must, before anyone waits for it.
    watched: bool,
    /// A read may give something: no read since the last event has answered `WouldBlock`.
    readable: bool,
    /// The same of writing.
    writable: bool,
    /// What is to be written before anything else is, as it goes over the wire.
    outbox: Outbox,
    /// TLS, with what only a connection under TLS has.
    tls: Option<Box<Tls>>,
    /// Who makes records of what is written, where `tls` does not.
    kernel: Kernel,
}

/// What the kernel has to do with TLS on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    /// Nothing.
    Aside,
    /// It encrypts all that is given to the socket. What comes is not opened by anyone.
    Seals,
    /// It has also taken our close_notify, and the peer's end is awaited.
    Finished,
    /// The peer has ended its direction, too.
    Ended,
}

struct Tls {
    connection: Connection,
    /// What was said and is not encrypted yet: all of it while the handshake lasts, and never
    /// anything once [`Channel::flush`] has been asked after it.
    staged: Vec<u8>,
    /// Bytes have gone over the wire since [`Channel::has_stirred`] was asked.
    stirred: bool,
    /// How many bytes at the end of the outbox are our close_notify.
    farewell: usize,
    /// Bytes of the wire that the last read has worked through.
    opened: usize,
    /// Its end has been said, and the connection goes on in the clear behind the peer's.
    clears: bool,
}

impl Tls {
    const fn new(connection: Connection) -> Self {
        Self {
            connection,
            staged: Vec::new(),
            stirred: false,
            farewell: 0,
            opened: 0,
            clears: false,
        }
    }
}

/// What an attempt to move bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// So many bytes moved. None, where what came is no whole record yet, or one that holds nothing.
    Bytes(usize),
    /// The end: the peer has closed its direction, or the file has no more.
    End,
    /// The peer has closed its direction, and TLS knows nothing of it: somebody may have cut off
    /// what the peer meant to send.
    Cut,
    /// Nothing can move now; an event will come when something can.
    Blocked,
}

/// Why zero copy did not work.
#[derive(Debug)]
pub enum ZeroCopyFault {
    /// The connection failed.
    Socket(io::Error),
    /// The file failed.
    File(io::Error),
    /// It can't be done with these two; nothing was moved.
    Unsupported,
}

impl<I: Io> Channel<I> {
    /// A connection that was just accepted, to be named by `key`. It is tried before it is
    /// registered.
    pub const fn accepted(socket: I::Socket, key: Key) -> Self {
        Self {
            socket,
            key,
            watched: false,
            readable: true,
            writable: true,
            outbox: Outbox::new(),
            tls: None,
            kernel: Kernel::Aside,
        }
    }

    /// A connection that is being dialled and registered under `key` already.
    pub const fn dialling(socket: I::Socket, key: Key) -> Self {
        Self {
            socket,
            key,
            watched: true,
            readable: false,
            writable: false,
            outbox: Outbox::new(),
            tls: None,
            kernel: Kernel::Aside,
        }
    }

    /// Takes note of an event.
    pub const fn note(&mut self, ready: Ready) {
        self.readable |= ready.readable;
        self.writable |= ready.writable;
    }

    /// Lets the next read be tried, whatever events have come.
    pub const fn suspect(&mut self) {
        self.readable = true;
    }

    /// Lets the next write be tried, whatever events have come: one comes only when a good part of the
    /// socket's buffer is free, and a write is taken when any of it is.
    pub const fn suspect_room(&mut self) {
        self.writable = true;
    }

    /// Whether a read may give something.
    pub const fn is_readable(&self) -> bool {
        self.readable
    }

    /// Whether a write may take something.
    pub const fn is_writable(&self) -> bool {
        self.writable
    }

    /// Whether a dialled connection is up.
    ///
    /// # Errors
    /// It will never be.
    pub fn dialled(&mut self, io: &mut I) -> io::Result<bool> {
        io.dialled(&mut self.socket)
    }

    /// Our end's address.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn local_address(&self, io: &I) -> io::Result<std::net::SocketAddr> {
        io.local_address(&self.socket)
    }

    /// Registers the socket, if it is not yet, so that events come.
    ///
    /// # Errors
    /// The system refused; the connection is of no use then.
    pub fn watch(&mut self, io: &mut I) -> io::Result<()> {
        if !self.watched {
            io.watch(&mut self.socket, self.key)?;
            self.watched = true;
        }
        Ok(())
    }

    /// Lets events tell from now on whether something has come, before anything is read.
    ///
    /// # Errors
    /// Those of [`Channel::watch`].
    pub fn await_bytes(&mut self, io: &mut I) -> io::Result<()> {
        if !self.watched {
            // What has come already is told of as the first event.
            self.readable = false;
        }
        self.watch(io)
    }

    /// Reads into `buffer`, which is not empty. Under TLS, nothing while the handshake lasts, and
    /// nothing that means anything once the kernel seals: records as they are.
    ///
    /// # Errors
    /// The connection failed; `InvalidData` is what the peer can't have sent so, `ConnectionAborted` an
    /// alert of its own.
    pub fn read(&mut self, io: &mut I, buffer: &mut [u8]) -> io::Result<Moved> {
        let is_up = match &mut self.tls {
            None => false,
            Some(tls) if tls.connection.is_shaking() => return Ok(Moved::Blocked),
            Some(tls) => {
                tls.opened = 0;
                match tls.connection.give(buffer) {
                    Taken::Bytes(count) => return Ok(Moved::Bytes(count)),
                    Taken::End => return Ok(Moved::End),
                    Taken::Over(_) | Taken::Nothing => tls.connection.is_up(),
                }
            }
        };
        if is_up {
            return self.read_sealed(io, buffer);
        }
        if !self.readable {
            return Ok(Moved::Blocked);
        }
        match io.read(&mut self.socket, buffer) {
            Ok(0) if self.kernel == Kernel::Aside => Ok(Moved::End),
            Ok(0) => {
                if self.kernel == Kernel::Finished {
                    self.kernel = Kernel::Ended;
                }
                Ok(Moved::Cut)
            }
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(error) => self.blocked_reading(io, error),
        }
    }

    /// Whether the peer has ended its direction, or the connection has failed, and nothing is left to
    /// be read. A byte is thrown away if there is one: for where nothing is to be sent.
    pub fn has_ended(&mut self, io: &mut I) -> bool {
        match self.read(io, &mut [0]) {
            Ok(Moved::End | Moved::Cut) | Err(_) => true,
            Ok(Moved::Bytes(_) | Moved::Blocked) => false,
        }
    }

    /// Reads once under TLS, so that who sends much of which little comes has its turns like others.
    fn read_sealed(&mut self, io: &mut I, buffer: &mut [u8]) -> io::Result<Moved> {
        Ok(match self.receive_sealed(io, buffer)? {
            (_, Taken::Over(count)) => {
                self.tls = None;
                Moved::Bytes(count)
            }
            (_, Taken::Bytes(count)) => Moved::Bytes(count),
            (_, Taken::End) => Moved::End,
            (Moved::Blocked, Taken::Nothing) => Moved::Blocked,
            (Moved::End | Moved::Cut, Taken::Nothing) => Moved::Cut,
            (Moved::Bytes(_), Taken::Nothing) => Moved::Bytes(0),
        })
    }

    /// What the last read has cost, which gave out `count` bytes: under TLS as many as it took from the
    /// wire, for a record of one byte is as much work as one of a hundred.
    pub fn cost(&self, count: usize) -> usize {
        self.tls.as_ref().map_or(count, |tls| tls.opened.max(count))
    }

    /// Takes once from the wire, and says what came from there and what it was under TLS.
    fn receive_sealed(&mut self, io: &mut I, buffer: &mut [u8]) -> io::Result<(Moved, Taken)> {
        let Some(tls) = &mut self.tls else { return Ok((Moved::Blocked, Taken::Nothing)) };
        if !self.readable {
            return Ok((Moved::Blocked, Taken::Nothing));
        }
        let socket = &mut self.socket;
        let receive = |room: &mut [u8]| io.read(socket, room);
        match tls.connection.take(receive, buffer, &mut self.outbox) {
            Ok((0, taken)) => Ok((Moved::End, taken)),
            Ok((count, taken)) => {
                tls.stirred = true;
                tls.opened += count;
                Ok((Moved::Bytes(count), taken))
            }
            Err(error) => match self.blocked_reading(io, error) {
                Ok(blocked) => Ok((blocked, Taken::Nothing)),
                Err(error) => {
                    // Our alert, if there is one. The first error is the one worth telling.
                    let _ = self.flush(io);
                    Err(error)
                }
            },
        }
    }

    /// Whether the bytes are given to the socket as they are, so that the kernel can move them.
    pub const fn is_clear(&self) -> bool {
        self.tls.is_none()
    }

    /// The end to append to what is to be said.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        match &mut self.tls {
            Some(tls) if !tls.clears => &mut tls.staged,
            Some(_) | None => self.outbox.tail(),
        }
    }

    /// Says `bytes`, with no copy of them in plain text where they are to be encrypted.
    ///
    /// # Errors
    /// TLS has no keys for them.
    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) if tls.connection.is_up() && tls.staged.is_empty() && !tls.clears => {
                tls.connection.seal(bytes, &mut self.outbox)
            }
            Some(_) | None => {
                self.tail().extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// Bytes that wait to be written, about as many as they will be on the wire.
    pub fn waiting(&self) -> usize {
        self.outbox.len() + self.tls.as_ref().map_or(0, |tls| tls.staged.len())
    }

    /// Whether so much waits that nothing should be added.
    pub fn is_high(&self) -> bool {
        self.waiting() >= HIGH_WATER
    }

    /// Encrypts what was said. Not before the handshake is done.
    fn seal(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls
            && tls.connection.is_up()
            && !tls.staged.is_empty()
        {
            let staged = std::mem::take(&mut tls.staged);
            tls.connection.seal(&staged, &mut self.outbox)?;
        }
        Ok(())
    }

    /// Writes what was said. `End` says that nothing waits any more, but for what waits for the end
    /// of a TLS handshake.
    ///
    /// # Errors
    /// The connection failed.
    pub fn flush(&mut self, io: &mut I) -> io::Result<Moved> {
        self.seal()?;
        while !self.outbox.is_empty() {
            if !self.writable {
                return Ok(Moved::Blocked);
            }
            match io.write(&mut self.socket, self.outbox.waiting()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.outbox.wrote(count);
                    if let Some(tls) = &mut self.tls {
                        tls.stirred = true;
                    }
                }
                Err(error) => return self.blocked_writing(io, error),
            }
        }
        Ok(Moved::End)
    }

    /// Sends up to `most` bytes of `content` from `offset` on, without a copy. The outbox is to be
    /// empty.
    ///
    /// # Errors
    /// See [`ZeroCopyFault`].
    pub fn send_file<C: Content>(
        &mut self,
        io: &mut I,
        content: &C,
        offset: u64,
        most: usize,
    ) -> Result<Moved, ZeroCopyFault> {
        if !self.writable {
            return Ok(Moved::Blocked);
        }
        match io.send_file(&mut self.socket, content, offset, most) {
            Ok(0) => Ok(Moved::End),
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                Err(ZeroCopyFault::Unsupported)
            }
            Err(error) if is_of_the_file(&error) => Err(ZeroCopyFault::File(error)),
            Err(error) => self.blocked_writing(io, error).map_err(ZeroCopyFault::Socket),
        }
    }

    /// Moves up to `most` bytes from the peer to the end of `part`, without a copy.
    ///
    /// # Errors
    /// See [`ZeroCopyFault`].
    pub fn receive_file<P: Part>(
        &mut self,
        io: &mut I,
        part: &mut P,
        most: usize,
    ) -> Result<Moved, ZeroCopyFault> {
        if !self.readable {
            return Ok(Moved::Blocked);
        }
        match io.receive_file(&mut self.socket, part, most) {
            Ok(0) => Ok(Moved::End),
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(ReceiveFault::Unsupported) => Err(ZeroCopyFault::Unsupported),
            Err(ReceiveFault::File(error)) => Err(ZeroCopyFault::File(error)),
            Err(ReceiveFault::Socket(error)) => {
                self.blocked_reading(io, error).map_err(ZeroCopyFault::Socket)
            }
        }
    }

    /// Ends our direction: the peer reads the end after all that was said, under TLS a close_notify
    /// before it. `Blocked` says that some of that could not be written yet; it is to be asked
    /// again. `End` says that it is done.
    ///
    /// # Errors
    /// The connection is gone already.
    pub fn finish(&mut self, io: &mut I) -> io::Result<Moved> {
        self.seal()?;
        if let Some(tls) = &mut self.tls {
            let before = self.outbox.len();
            tls.connection.finish(&mut self.outbox)?;
            tls.farewell += self.outbox.len() - before;
        }
        if self.flush(io)? == Moved::Blocked {
            return Ok(Moved::Blocked);
        }
        match self.kernel {
            Kernel::Aside => io.finish(&mut self.socket)?,
            // close_notify is the end. The kernel may have a record in hand still, which an end of
            // the connection's own would overtake.
            Kernel::Seals => match io.close_notify(&mut self.socket) {
                Ok(()) => self.kernel = Kernel::Finished,
                Err(error) => return self.blocked_writing(io, error),
            },
            Kernel::Finished | Kernel::Ended => {}
        }
        Ok(Moved::End)
    }

    /// Closes the connection.
    pub fn close(self, io: &mut I) {
        io.close(self.socket);
    }

    fn blocked_reading(&mut self, io: &mut I, error: io::Error) -> io::Result<Moved> {
        if error.kind() != io::ErrorKind::WouldBlock {
            return Err(error);
        }
        self.readable = false;
        self.watch(io)?;
        Ok(Moved::Blocked)
    }

    fn blocked_writing(&mut self, io: &mut I, error: io::Error) -> io::Result<Moved> {
        if error.kind() != io::ErrorKind::WouldBlock {
            return Err(error);
        }
        self.writable = false;
        self.watch(io)?;
        Ok(Moved::Blocked)
    }
}

/// Above so many waiting bytes nothing more is asked of a peer until it reads: 64 KiB.
const HIGH_WATER: usize = 64 * 1024;

/// sendfile answers for two descriptors; what a socket never says is the file's.
fn is_of_the_file(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

impl<I: Io> fmt::Debug for Channel<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("key", &self.key)
            .field("readable", &self.readable)
            .field("writable", &self.writable)
            .field("outbox", &self.outbox.len())
            .field("tls", &self.tls.is_some())
            .field("kernel", &self.kernel)
            .finish_non_exhaustive()
    }
}
