//! One connection, in the clear or under TLS, with the same reads and writes.
//!
//! How long a read or write may take is the socket's own time-out, which whoever calls sets; each of
//! them waits for the socket at most once. It knows nothing of FTP.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound waits")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use rustls::{ClientConnection, HandshakeKind, ProtocolVersion};

use super::is_time_out;
use super::tls::{Context, explain};
use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};
use crate::client::interrupt::{GLANCE, Interrupt};
use crate::client::pace::Pace;

/// Bytes that are read from the socket at once under TLS: a few of its records, of which rustls by
/// itself would ask for a quarter at a time.
const SEALED: usize = 64 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
    /// There from the moment that the handshake is done.
    tls: Option<Box<ClientConnection>>,
    /// What was read under TLS; empty in the clear.
    sealed: Sealed,
}

/// Bytes from the socket that TLS has yet to take.
#[derive(Debug, Default)]
struct Sealed {
    /// Empty until it is needed.
    bytes: Vec<u8>,
    /// Where those that are left begin; never more than `end`.
    start: usize,
    /// Where they end; never more than `bytes.len()`.
    end: usize,
}

/// Why TLS did not begin.
#[derive(Debug)]
pub enum SecureFault {
    /// The handshake took too long.
    TimedOut,
    /// The user stopped it.
    Interrupted,
    /// The connection ended in its middle.
    HungUp,
    /// The server is not trusted, or does not speak TLS.
    Failed(Failure),
}

impl Stream {
    /// A connection in the clear.
    #[must_use]
    pub fn plain(socket: TcpStream) -> Self {
        Self { socket, tls: None, sealed: Sealed::default() }
    }

    /// The socket, for its options.
    #[must_use]
    pub const fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// True when it is under TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// The protocol and the cipher, for people; none in the clear.
    #[must_use]
    pub fn protection(&self) -> Option<String> {
        let tls = self.tls.as_ref()?;
        let version = tls.protocol_version()?.as_str()?.replace("TLSv1_", "TLS 1.");
        Some(format!("{version}, {}", tls.negotiated_cipher_suite()?.suite().as_str()?))
    }

    /// True when it had no ticket of an earlier connection to show, and TLS 1.3 wants one for that.
    #[must_use]
    pub fn lacks_ticket(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| {
            tls.protocol_version() == Some(ProtocolVersion::TLSv1_3)
                && tls.handshake_kind() != Some(HandshakeKind::Resumed)
        })
    }

    /// Begins TLS as the client, which in FTP is the client on data connections too, whoever
    /// connected (RFC 4217, section 7). The server is verified as `context` has it.
    ///
    /// # Errors
    /// See [`SecureFault`]. The connection is of no more use then.
    pub fn secure(
        &mut self,
        context: &Context,
        pace: &Pace,
        interrupt: &Interrupt,
    ) -> Result<(), SecureFault> {
        let since = Instant::now();
        let mut tls = context.begin().map_err(SecureFault::Failed)?;
        while tls.is_handshaking() || tls.wants_write() {
            if interrupt.is_pressed() {
                return Err(SecureFault::Interrupted);
            }
            let left = pace.left(since).ok_or(SecureFault::TimedOut)?.min(GLANCE);
            if let Err(error) = step(&self.socket, &mut tls, left) {
                if may_go_on(&error) {
                    continue;
                }
                let Some(fault) = rustls_error(&error) else { return Err(SecureFault::HungUp) };
                // What is wrong with the server is told to it as well; that it may not listen any
                // more changes nothing.
                let _ = tls.write_tls(&mut &self.socket);
                return Err(SecureFault::Failed(explain(fault, context)));
            }
        }
        context.note(&tls);
        self.tls = Some(Box::new(tls));
        Ok(())
    }

    /// Says the end of what is sent: under TLS in TLS's own words, and then by the connection.
    ///
    /// # Errors
    /// The socket's, a time-out among them; then it may be called again.
    pub fn finish(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            // Said once, however often this is called.
            tls.send_close_notify();
            while tls.wants_write() {
                tls.write_tls(&mut &self.socket)?;
            }
        }
        self.socket.shutdown(Shutdown::Write)
    }

    /// Ends both directions; what the server had still to say is lost.
    pub fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let _ = self.socket.set_write_timeout(Some(GLANCE));
            let _ = tls.write_tls(&mut &self.socket);
        }
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Takes in what TLS has to say by itself, such as tickets for connections to come, without
    /// waiting for it. Content that comes is kept for [`Stream::read`].
    ///
    /// # Errors
    /// What came is no TLS, or it is an alert.
    pub fn attend(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        self.socket.set_nonblocking(true)?;
        let filled = self.sealed.fill(&self.socket);
        self.socket.set_nonblocking(false)?;
        // The next write finds out what else is wrong with the connection.
        while filled.is_ok() && !self.sealed.is_empty() {
            // None: it has come to its end. An error: it has more content than it likes to keep.
            if !matches!(tls.read_tls(&mut self.sealed), Ok(1..)) {
                break;
            }
            tls.process_new_packets().map_err(broken)?;
        }
        Ok(())
    }
}

impl Read for Stream {
    /// Zero is an end that the server has meant: under TLS, one that it has said in TLS's words.
    /// `UnexpectedEof` is any other end under TLS, which anybody on the way can bring about;
    /// `InvalidData` is no TLS. After `Interrupted` there may be more at once.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(buffer) };
        match tls.reader().read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return result,
        }
        if self.sealed.is_empty() {
            self.sealed.fill(&self.socket)?;
        }
        loop {
            // Nothing left to take is the end of the connection, or has been taken in below.
            tls.read_tls(&mut self.sealed)?;
            tls.process_new_packets().map_err(broken)?;
            if tls.wants_write() {
                // An answer of TLS's own, to a change of keys.
                let _ = tls.write_tls(&mut &self.socket);
            }
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            if self.sealed.is_empty() {
                return Err(io::ErrorKind::Interrupted.into());
            }
        }
    }
}

impl Sealed {
    const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Reads from `socket` once, behind nothing. Zero bytes are its end.
    fn fill(&mut self, mut socket: &TcpStream) -> io::Result<usize> {
        if !self.is_empty() {
            return Ok(self.end - self.start);
        }
        self.bytes.resize(SEALED, 0);
        (self.start, self.end) = (0, 0);
        self.end = socket.read(&mut self.bytes)?;
        Ok(self.end)
    }
}

impl Read for Sealed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.get(self.start..self.end).unwrap_or_default().read(buffer)?;
        self.start += count;
        Ok(count)
    }
}

impl Write for Stream {
    /// Under TLS, zero means that bytes taken before have left and none were taken.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.write(bytes) };
        if tls.wants_write() {
            tls.write_tls(&mut &self.socket)?;
            return Ok(0);
        }
        let taken = tls.writer().write(bytes)?;
        match tls.write_tls(&mut &self.socket) {
            Err(error) if !may_go_on(&error) => Err(error),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut &self.socket)?;
        }
        Ok(())
    }
}

impl Stream {
    /// Writes all of `bytes`, which are few, for as long as the socket's time-out lets it.
    ///
    /// # Errors
    /// The socket's.
    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            let taken = self.write(left)?;
            left = left.get(taken..).unwrap_or_default();
        }
        self.flush()
    }
}

impl SecureFault {
    /// As the user is told, of the control connection.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        match self {
            Self::TimedOut => Failure::new(Exit::TimeOut, "the TLS handshake took too long")
                .advise("--timeout SECONDS")
                .again(Again::Soon),
            Self::Interrupted => Failure::new(Exit::Interrupted, "interrupted"),
            Self::HungUp => {
                Failure::new(Exit::Tls, "the connection ended in the middle of the TLS handshake")
                    .again(Again::Soon)
                    .advise("ftpes:// is for servers that want AUTH TLS, ftps:// for the others")
            }
            Self::Failed(failure) => failure,
        }
        .fatal()
    }
}

/// One write or read of a handshake.
fn step(mut socket: &TcpStream, tls: &mut ClientConnection, patience: Duration) -> io::Result<()> {
    if tls.wants_write() {
        socket.set_write_timeout(Some(patience))?;
        return tls.write_tls(&mut socket).map(drop);
    }
    socket.set_read_timeout(Some(patience))?;
    if tls.read_tls(&mut socket)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    tls.process_new_packets().map(drop).map_err(broken)
}

fn may_go_on(error: &io::Error) -> bool {
    is_time_out(error) || error.kind() == io::ErrorKind::Interrupted
}

fn broken(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// What TLS found wrong, where it was TLS that did.
#[must_use]
pub(super) fn rustls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}
