//! L1. The only system calls on sockets, behind one small trait.
//!
//! The reactor is generic over [`Io`]. [`OsIo`] is the real one, on mio; the simulation brings a
//! seeded fake with short reads, spurious and stale events, resets, exhausted descriptors and
//! virtual time, and runs the very same loop on it.
//!
//! This room knows nothing of protocols, sessions or slots: to it a [`Key`] is a number that comes
//! back with an event.

#[cfg(feature = "ktls")]
mod kernel_tls;
mod os;
pub mod seal;
#[cfg(test)]
mod tests;
mod zero_copy;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

pub use os::OsIo;

use crate::terms::{Content, Key, Moment, Part, UnixTime};
use seal::{Keys, Suite};

/// A hint that something may be possible now. Only what a read or write returns is to be trusted:
/// events come late, twice, for nothing, and for connections that are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready {
    /// The key under which the socket or listener was registered.
    pub key: Key,
    /// A read or an accept may give something, the end or an error included.
    pub readable: bool,
    /// A write may take something, or a dialled connection may be up.
    pub writable: bool,
}

/// Why bytes could not be moved from a socket to a file.
#[derive(Debug)]
pub enum ReceiveFault {
    /// The socket failed, or has nothing now (`WouldBlock`).
    Socket(io::Error),
    /// The file failed.
    File(io::Error),
    /// The kernel can't move bytes between these two by itself. Nothing was moved; copy them.
    Unsupported,
}

/// Sockets, a poll over them, and the clocks.
///
/// All sockets are non-blocking and edge-triggered: an event tells of a change once, and it must be
/// acted on until an operation answers `WouldBlock`.
#[expect(clippy::missing_errors_doc, reason = "each answers with what the operating system says")]
pub trait Io {
    /// A connection. Dropping it closes it.
    type Socket;
    /// A listening socket. Dropping it closes it.
    type Listener;

    /// The monotonic clock.
    fn now(&self) -> Moment;

    /// The calendar's clock.
    fn today(&self) -> UnixTime;

    /// Waits until something may be possible, `wait` is over (`None`: for ever), or a signal came,
    /// and appends what happened to `ready`.
    fn poll(&mut self, wait: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()>;

    /// Listens at `address`, registered under `key`; port 0 is any free one. Returns the address
    /// that it got. What its connections are to be is set on it, for they inherit it: no delay,
    /// urgent bytes in line.
    fn listen(&mut self, address: SocketAddr, key: Key)
    -> io::Result<(Self::Listener, SocketAddr)>;

    /// The next connection of the backlog, and its peer's address. It is not registered yet.
    fn accept(&mut self, listener: &mut Self::Listener) -> io::Result<(Self::Socket, SocketAddr)>;

    /// Begins a connection from the address of `local`, whatever its port, to `peer`, registered under
    /// `key`. It is up when [`Io::dialled`] says so.
    fn dial(&mut self, local: SocketAddr, peer: SocketAddr, key: Key) -> io::Result<Self::Socket>;

    /// Whether a dialled connection is up; an error if it will never be.
    fn dialled(&mut self, socket: &mut Self::Socket) -> io::Result<bool>;

    /// Registers `socket` under `key`, for both directions, once for its life. If something is
    /// possible already, an event says so.
    fn watch(&mut self, socket: &mut Self::Socket, key: Key) -> io::Result<()>;

    /// Our end's address.
    fn local_address(&self, socket: &Self::Socket) -> io::Result<SocketAddr>;

    /// Reads into `buffer`; zero means that the peer has ended its direction.
    fn read(&mut self, socket: &mut Self::Socket, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes from `bytes`; returns how many were taken.
    fn write(&mut self, socket: &mut Self::Socket, bytes: &[u8]) -> io::Result<usize>;

    /// Sends up to `most` bytes of `content` from `offset` on without copying them through this
    /// process. Zero means that the content ends there. `Unsupported` means that nothing was sent
    /// and the bytes must be copied.
    fn send_file<C: Content>(
        &mut self,
        socket: &mut Self::Socket,
        content: &C,
        offset: u64,
        most: usize,
    ) -> io::Result<usize>;

    /// Moves up to `most` bytes from the peer to the end of `part` without copying them through
    /// this process. Zero means that the peer has ended its direction.
    fn receive_file<P: Part>(
        &mut self,
        socket: &mut Self::Socket,
        part: &mut P,
        most: usize,
    ) -> Result<usize, ReceiveFault>;

    /// Whether [`Io::seal`] can be asked for a connection on which `suite` was agreed, and makes it
    /// ready for that. Where there is no TLS beneath the sockets, there never is.
    fn can_seal(&mut self, socket: &mut Self::Socket, suite: Suite) -> bool {
        let _ = (socket, suite);
        false
    }

    /// Has all that is written from now on be encrypted under TLS, what is sent from files included.
    /// What is read stays as it comes. After a failure the connection is of no use.
    fn seal(&mut self, socket: &mut Self::Socket, keys: &Keys<'_>) -> io::Result<()> {
        let _ = (socket, keys);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Says close_notify on a connection that is sealed, behind what was written.
    fn close_notify(&mut self, socket: &mut Self::Socket) -> io::Result<()> {
        let _ = socket;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends our direction: the peer reads the end after what was written.
    fn finish(&mut self, socket: &mut Self::Socket) -> io::Result<()>;

    /// Deregisters and closes a connection.
    fn close(&mut self, socket: Self::Socket);

    /// Deregisters and closes a listening socket.
    fn close_listener(&mut self, listener: Self::Listener);
}
