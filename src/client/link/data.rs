//! The bytes of a transfer: from the data connection into what drains it, and the other way round.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound waits")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::{Cargo, Data, Link, LinkFault, is_time_out};
use crate::client::interrupt::GLANCE;

/// How moving the bytes of a transfer failed.
pub(super) enum MoveFault {
    Connection,
    TimedOut,
    Interrupted,
    Cargo(io::Error),
}

/// Both ways of a transfer. Whatever happens, the data connection is gone afterwards.
impl Link {
    pub(super) fn move_data(&mut self, cargo: &mut Cargo<'_>) -> Result<u64, MoveFault> {
        let stream = match std::mem::replace(&mut self.data, Data::None) {
            Data::Open(stream) => stream,
            Data::Listening(listener) => self.accept(&listener)?,
            Data::None => return Err(MoveFault::Connection),
        };
        match cargo {
            Cargo::Sink(sink) => self.receive(&stream, *sink),
            Cargo::Source(source) => self.supply(&stream, *source),
            Cargo::None => Err(MoveFault::Connection),
        }
    }

    /// Waits for the server to come, and for nobody else.
    fn accept(&self, listener: &TcpListener) -> Result<TcpStream, MoveFault> {
        let server = self.control.peer_addr()?.ip().to_canonical();
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

    fn receive(&self, stream: &TcpStream, sink: &mut dyn Write) -> Result<u64, MoveFault> {
        let mut chunk = vec![0; self.pace.chunk()];
        let mut bytes = 0;
        loop {
            self.ask_user()?;
            match self.read_patiently(stream, &mut chunk, Instant::now(), false) {
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
        Ok(bytes)
    }

    fn supply(&self, stream: &TcpStream, source: &mut dyn Read) -> Result<u64, MoveFault> {
        // In stream mode the end of the connection is the end of the file. So until all is sent,
        // an end of any other kind (this program killed, the source unreadable) has to be a reset,
        // or half a file would be taken for the whole.
        let socket = SockRef::from(stream);
        socket.set_linger(Some(Duration::ZERO))?;
        stream.set_write_timeout(Some(GLANCE))?;
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
                let mut out = stream;
                match out.write(left) {
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
        }
        socket.set_linger(None)?;
        stream.shutdown(Shutdown::Write)?;
        Ok(bytes)
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
        if error.kind() == io::ErrorKind::Interrupted { self.ask_user() } else { Err(error.into()) }
    }
}

impl MoveFault {
    /// What is known here and not to the machine.
    pub(super) fn into_nearer(self) -> Option<LinkFault> {
        match self {
            Self::Connection | Self::Interrupted => None,
            Self::TimedOut => Some(LinkFault::TimedOut("the data connection")),
            Self::Cargo(error) => Some(LinkFault::Cargo(error)),
        }
    }
}

impl From<io::Error> for MoveFault {
    fn from(error: io::Error) -> Self {
        if is_time_out(&error) { Self::TimedOut } else { Self::Connection }
    }
}
