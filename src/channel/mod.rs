//! L2. The bytes of one connection: its socket, what of its readiness is known, and what waits to
//! be written to it.
//!
//! Here edge-triggered events become something that can be asked: a bit is set by an event and
//! cleared by `WouldBlock` alone. A channel registers its socket with the poll when it first
//! blocks, so a data connection that never does costs no registration.
//!
//! This room knows nothing of lines, replies or files. The reactor and the transfer room use it.

mod outbox;
pub mod tls;

use std::fmt;
use std::io;

pub use outbox::Outbox;

use crate::io::{Io, Ready, ReceiveFault};
use crate::terms::{Content, Key, Part};

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
    /// What is to be written before anything else is.
    pub outbox: Outbox,
}

/// What an attempt to move bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// So many bytes moved.
    Bytes(usize),
    /// The end: the peer has closed its direction, or the file has no more.
    End,
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
        Self { socket, key, watched: false, readable: true, writable: true, outbox: Outbox::new() }
    }

    /// A connection that is being dialled and registered under `key` already.
    pub const fn dialling(socket: I::Socket, key: Key) -> Self {
        Self { socket, key, watched: true, readable: false, writable: false, outbox: Outbox::new() }
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

    /// Reads into `buffer`, which is not empty.
    ///
    /// # Errors
    /// The connection failed.
    pub fn read(&mut self, io: &mut I, buffer: &mut [u8]) -> io::Result<Moved> {
        if !self.readable {
            return Ok(Moved::Blocked);
        }
        match io.read(&mut self.socket, buffer) {
            Ok(0) => Ok(Moved::End),
            Ok(count) => Ok(Moved::Bytes(count)),
            Err(error) => self.blocked_reading(io, error),
        }
    }

    /// Writes what waits in the outbox. `End` says that nothing waits any more.
    ///
    /// # Errors
    /// The connection failed.
    pub fn flush(&mut self, io: &mut I) -> io::Result<Moved> {
        while !self.outbox.is_empty() {
            if !self.writable {
                return Ok(Moved::Blocked);
            }
            match io.write(&mut self.socket, self.outbox.waiting()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.outbox.wrote(count),
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

    /// Ends our direction: the peer reads the end after all that was written.
    ///
    /// # Errors
    /// The connection is gone already.
    pub fn finish(&mut self, io: &mut I) -> io::Result<()> {
        io.finish(&mut self.socket)
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
            .finish_non_exhaustive()
    }
}
