//! The bytes of a transfer: from the data connection into what drains it, and the other way round.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound waits")]

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::wait::Wait;
use super::{Cargo, Data, Link, LinkFault, SecureFault, Stream, is_time_out, stream, tls};
use crate::client::failure::Failure;
use crate::client::interrupt::GLANCE;

/// How long a server may take to end a data connection under TLS from its side, once it has all. What
/// it says until then, such as a ticket, would make the system reset the connection if it were not
/// read, and the upload's end could be lost with that.
const FAREWELL: Duration = Duration::from_secs(5);

/// How moving the bytes of a transfer failed.
pub(super) enum MoveFault {
    Connection,
    TimedOut,
    Interrupted,
    Cargo(io::Error),
    /// It ended without TLS's own end.
    Cut,
    Tls(Failure),
}

/// Both ways of a transfer. Whatever happens, the data connection is gone afterwards.
impl Link {
    pub(super) fn move_data(&mut self, cargo: &mut Cargo<'_>) -> Result<u64, MoveFault> {
        let socket = match std::mem::replace(&mut self.data, Data::None) {
            Data::Open(stream) => stream,
            Data::Listening(listener) => self.accept(&listener)?,
            Data::None => return Err(MoveFault::Connection),
        };
        let mut stream = Stream::plain(socket);
        if self.pi.is_protected() {
            let Some(context) = &self.context else { return Err(MoveFault::Connection) };
            stream.secure(context, &self.pace, &self.interrupt)?;
            self.untied = stream.lacks_ticket();
        }
        match cargo {
            Cargo::Sink(sink) => self.receive(&mut stream, *sink),
            Cargo::Source(source) => self.supply(&mut stream, *source),
            Cargo::None => Err(MoveFault::Connection),
        }
    }

    /// Waits for the server to come, and for nobody else.
    fn accept(&self, listener: &TcpListener) -> Result<TcpStream, MoveFault> {
        let server = self.control.socket().peer_addr()?.ip().to_canonical();
        let since = Instant::now();
        loop {
            self.ask_user()?;
            let Some(left) = self.pace.left(since) else { return Err(MoveFault::TimedOut) };
            // The time-out for reading is the one that bounds accept.
            SockRef::from(listener).set_read_timeout(Some(left.min(GLANCE)))?;
            match listener.accept() {
                Ok((stream, peer)) if peer.ip().to_canonical() == server => return Ok(stream),
                Ok(_) => {}
                Err(error) if is_time_out(&error) => {}
                Err(error) => self.bear(error)?,
            }
        }
    }

    fn receive(&self, stream: &mut Stream, sink: &mut dyn Write) -> Result<u64, MoveFault> {
        let mut chunk = vec![0; self.pace.chunk()];
        let mut bytes = 0;
        let wait = Wait { pace: &self.pace, interrupt: &self.interrupt };
        loop {
            self.ask_user()?;
            match wait.read(stream, &mut chunk, Instant::now(), false) {
                Ok(0) => break,
                Ok(count) => {
                    sink.write_all(&chunk[..count]).map_err(MoveFault::Cargo)?;
                    bytes += count as u64;
                    self.keep_rate(count)?;
                }
                Err(error) => self.bear(error)?,
            }
        }
        sink.flush().map_err(MoveFault::Cargo)?;
        stream.close();
        Ok(bytes)
    }

    fn supply(&self, stream: &mut Stream, source: &mut dyn Read) -> Result<u64, MoveFault> {
        // In stream mode the end of the connection is the end of the file. So until all is sent,
        // an end of any other kind (this program killed, the source unreadable) has to be a reset,
        // or half a file would be taken for the whole.
        SockRef::from(stream.socket()).set_linger(Some(Duration::ZERO))?;
        stream.socket().set_write_timeout(Some(GLANCE))?;
        let mut chunk = vec![0; self.pace.chunk()];
        let mut bytes = 0;
        loop {
            let count = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(MoveFault::Cargo(error)),
            };
            let mut left = &chunk[..count];
            let mut since = Instant::now();
            while !left.is_empty() {
                self.ask_user()?;
                match stream.write(left) {
                    Ok(sent) => {
                        left = &left[sent..];
                        since = Instant::now();
                    }
                    Err(error) if is_time_out(&error) && self.pace.left(since).is_some() => {}
                    Err(error) => self.bear(error)?,
                }
            }
            bytes += count as u64;
            self.keep_rate(count)?;
            if let Err(error) = stream.attend() {
                self.bear(error)?;
            }
        }
        self.end_upload(stream)?;
        Ok(bytes)
    }

    /// Says the end of what was sent, and under TLS waits a while for the server's.
    fn end_upload(&self, stream: &mut Stream) -> Result<(), MoveFault> {
        let since = Instant::now();
        // While TLS still has bytes to send, an early end has to be a reset as well.
        while let Err(error) = stream.flush() {
            self.ask_user()?;
            if !is_time_out(&error) || self.pace.left(since).is_none() {
                self.bear(error)?;
            }
        }
        SockRef::from(stream.socket()).set_linger(None)?;
        while let Err(error) = stream.finish() {
            self.ask_user()?;
            if !is_time_out(&error) || self.pace.left(since).is_none() {
                self.bear(error)?;
            }
        }
        let (since, mut rest) = (Instant::now(), [0; 512]);
        while stream.is_secure() && since.elapsed() < FAREWELL {
            stream.socket().set_read_timeout(Some(GLANCE))?;
            match stream.read(&mut rest) {
                Ok(1..) => {}
                Err(error) if is_time_out(&error) || error.kind() == io::ErrorKind::Interrupted => {
                    if self.interrupt.is_pressed() || self.pace.is_past() {
                        break;
                    }
                }
                // All was sent by now; the server's reply says what has become of it.
                Ok(0) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// Stops a movement that the user wants to be stopped, or that has to be over by now.
    fn ask_user(&self) -> Result<(), MoveFault> {
        if self.interrupt.is_pressed() {
            return Err(MoveFault::Interrupted);
        }
        if self.pace.is_past() { Err(MoveFault::TimedOut) } else { Ok(()) }
    }

    /// Pauses after `count` bytes as the rate demands.
    fn keep_rate(&self, count: usize) -> Result<(), MoveFault> {
        let toll = self.pace.toll(count);
        if !toll.is_zero() && self.interrupt.pause(toll) {
            return Err(MoveFault::Interrupted);
        }
        Ok(())
    }

    /// Takes a signal for what it is, and every other error for the end.
    fn bear(&self, error: io::Error) -> Result<(), MoveFault> {
        if error.kind() == io::ErrorKind::Interrupted {
            return self.ask_user();
        }
        match stream::rustls_error(&error).zip(self.context.as_ref()) {
            Some((fault, context)) => Err(MoveFault::Tls(tls::explain(fault, context))),
            None => Err(error.into()),
        }
    }
}

impl MoveFault {
    /// What is known here and not to the machine.
    pub(super) fn into_nearer(self) -> Option<LinkFault> {
        match self {
            Self::Connection | Self::Interrupted => None,
            Self::TimedOut => Some(LinkFault::TimedOut("the data connection")),
            Self::Cargo(error) => Some(LinkFault::Cargo(error)),
            Self::Cut => Some(LinkFault::Cut),
            Self::Tls(failure) => Some(LinkFault::Tls(failure)),
        }
    }
}

impl From<io::Error> for MoveFault {
    fn from(error: io::Error) -> Self {
        if is_time_out(&error) {
            Self::TimedOut
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            // Only TLS tells one end from another.
            Self::Cut
        } else {
            Self::Connection
        }
    }
}

impl From<SecureFault> for MoveFault {
    fn from(fault: SecureFault) -> Self {
        match fault {
            SecureFault::TimedOut => Self::TimedOut,
            SecureFault::Interrupted => Self::Interrupted,
            SecureFault::HungUp => Self::Cut,
            SecureFault::Failed(failure) => Self::Tls(failure),
        }
    }
}
