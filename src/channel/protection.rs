//! How TLS begins and ends on a channel: the handshake, whose connection it is, who seals, and the two
//! ways of leaving it.
//!
//! What is read and said under it is the [channel](super)'s own; the bytes of records are
//! [`tls`](super::tls)'s. The reactor decides when, and the transfer room asks how it ended.

use std::io;

use super::tls::Acceptor;
use super::{Channel, Kernel, Moved, Tls};
use crate::io::Io;
use crate::terms::Secured;

/// Reads in search of the close_notify of a peer that has gone.
const READS_AT_PARTING: usize = 4;

/// How far a TLS handshake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handshake {
    /// It is done.
    Done(Secured),
    /// It goes on, and nothing can move now; an event will come when something can.
    Blocked,
    /// It goes on, and there may be more to do at once.
    Again,
}

impl<I: Io> Channel<I> {
    /// Begins TLS, as the server, on the control connection of a session of its own: behind all
    /// that was said before, and with the next byte that is read.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn secure(&mut self, acceptor: &Acceptor) -> io::Result<()> {
        let connection = acceptor.begin()?;
        self.tls = Some(Box::new(Tls::new(connection)));
        Ok(())
    }

    /// Takes TLS back where nothing of it has come, and says whether that is so: what was said since
    /// goes out in the clear.
    pub fn unsecure(&mut self) -> bool {
        let Some(tls) = self.tls.take_if(|tls| !tls.connection.has_begun()) else { return false };
        self.outbox.tail().extend_from_slice(&tls.staged);
        true
    }

    /// Whether something that may be TLS has come since that was begun.
    pub fn has_begun(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.connection.has_begun())
    }

    /// Ends TLS behind all that was said. What is said from now on goes out in the clear; what comes is
    /// thrown away until the peer has ended TLS, too, and is in the clear behind that.
    ///
    /// # Errors
    /// There are no keys to say it with.
    pub fn clear(&mut self) -> io::Result<()> {
        self.seal()?;
        if let Some(tls) = &mut self.tls {
            tls.connection.clear(&mut self.outbox)?;
            tls.clears = true;
        }
        Ok(())
    }

    /// Begins TLS, as the server, on a data connection of the session that `control` is the control
    /// connection of. It will carry an `upload` or something to the peer.
    ///
    /// # Errors
    /// `control` is not under TLS.
    pub fn secure_beside(&mut self, control: &Self, upload: bool) -> io::Result<()> {
        let Some(beside) = &control.tls else { return Err(io::ErrorKind::InvalidInput.into()) };
        let connection = beside.connection.beside(upload)?;
        self.tls = Some(Box::new(Tls::new(connection)));
        Ok(())
    }

    /// Whether the data connections of this control connection have to resume its TLS session.
    pub fn demands_resumption(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.connection.demands_resumption())
    }

    /// Whether `data` shows the certificate that was shown on this control connection, if one was
    /// (RFC 4217, section 15.1.2). What resumes a session shows what that began with.
    pub fn knows(&self, data: &Self) -> bool {
        match (&self.tls, &data.tls) {
            (Some(control), Some(data)) => control.connection.knows(&data.connection),
            (Some(_) | None, _) => true,
        }
    }

    /// Whether our direction was ended by a close_notify that has not been written yet, or that the
    /// peer's own has not answered.
    pub fn awaits_end(&self) -> bool {
        self.kernel == Kernel::Finished
            || self.tls.as_ref().is_some_and(|tls| {
                tls.connection.is_finished()
                    && !(tls.connection.is_ended() && self.outbox.is_empty())
            })
    }

    /// Whether a connection that has failed on our end had done its duty: all that was said before
    /// our close_notify was written, and the peer has said its own. Then the peer has gone on purpose,
    /// without a look at our end, and nothing else that it could have missed. What else has come is
    /// thrown away.
    pub fn has_parted(&mut self, io: &mut I) -> bool {
        let is_said = self
            .tls
            .as_ref()
            .is_some_and(|tls| tls.connection.is_finished() && self.outbox.len() <= tls.farewell);
        if !is_said {
            return false;
        }
        self.suspect();
        let mut room = [0; 4096];
        for _ in 0..READS_AT_PARTING {
            match self.read(io, &mut room) {
                Ok(Moved::Bytes(_)) => {}
                Ok(Moved::End) => return true,
                Ok(Moved::Blocked | Moved::Cut) | Err(_) => return false,
            }
        }
        false
    }

    /// Whether the handshake that is done has resumed a session.
    pub fn is_resumed(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.connection.is_resumed())
    }

    /// Has the kernel seal what is sent from now on, and says whether it does; if not, nothing has
    /// changed. Nothing may wait to be written. For a connection on which nothing more is expected to
    /// come: that can't be opened any more.
    ///
    /// # Errors
    /// The kernel did not take what it was asked about, and the connection is of no use any more.
    pub fn hand_over(&mut self, io: &mut I) -> io::Result<bool> {
        let waits = self.waiting() > 0;
        let suite = self.tls.as_ref().and_then(|tls| tls.connection.to_hand_over());
        let Some(suite) = suite.filter(|_| !waits) else { return Ok(false) };
        if !io.can_seal(&mut self.socket, suite) {
            return Ok(false);
        }
        let Some(tls) = self.tls.take() else { return Ok(false) };
        self.kernel = Kernel::Seals;
        tls.connection.hand_over(suite, |keys| io.seal(&mut self.socket, keys))?;
        Ok(true)
    }

    /// Whether bytes have gone over the wire, under TLS, since this was asked last: they may be part
    /// of a record that is not there yet.
    pub fn has_stirred(&mut self) -> bool {
        self.tls.as_mut().is_some_and(|tls| std::mem::take(&mut tls.stirred))
    }

    /// Whether a TLS handshake is to be done before anything can be read.
    pub fn is_shaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.connection.is_shaking())
    }

    /// One step of the TLS handshake.
    ///
    /// # Errors
    /// The connection failed, or the peer can't or won't. What is to be told to it about that has
    /// been, as far as its socket takes it.
    pub fn shake(&mut self, io: &mut I) -> io::Result<Handshake> {
        if self.flush(io)? == Moved::Blocked {
            return Ok(Handshake::Blocked);
        }
        // Plain text that comes with the last of the handshake waits for the first read.
        let (received, _) = self.receive_sealed(io, &mut [])?;
        let blocked = self.flush(io)? == Moved::Blocked;
        match &self.tls {
            Some(tls) if tls.connection.is_up() => Ok(Handshake::Done(tls.connection.secured())),
            _ => match received {
                Moved::End | Moved::Cut => Err(io::ErrorKind::UnexpectedEof.into()),
                Moved::Blocked => Ok(Handshake::Blocked),
                Moved::Bytes(_) if blocked => Ok(Handshake::Blocked),
                Moved::Bytes(_) => Ok(Handshake::Again),
            },
        }
    }
}
