//! One TLS connection, as bytes in and bytes out: it owns no socket.
//!
//! rustls's unbuffered interface is used, so what a connection keeps between two turns is rustls's
//! own state and the bytes of a record that has come in part. An idle one keeps two empty buffers.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use rustls::pki_types::CertificateDer;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::EncryptError;
use rustls::{CipherSuite, ConnectionTrafficSecrets, Error, HandshakeKind, ProtocolVersion};
use sha2::{Digest, Sha256};

use super::acceptor::{Purpose, Session};
use super::unbuffered::{Writer, invalid, process, write};
use crate::channel::Outbox;
use crate::io::seal::{Cipher, Keys, Suite, Version};
use crate::terms::Secured;

/// Room that the reads of all TLS connections share, in bytes.
pub(super) const ROOM: usize = 64 * 1024;

/// Bytes that have come and can't be made use of yet, at most: the largest record that there is
/// (RFC 5246, section 6.2.3). So long may a peer's certificates be, too.
const UNUSED: usize = 5 + (1 << 14) + 2048;

/// What a record has beyond its content, at most: header, explicit nonce, type and tag.
const RECORD_OVERHEAD: usize = 5 + 8 + 1 + 16;

/// The content of a record, at most.
const RECORD: usize = 1 << 14;

/// What the nonces of AES-GCM under TLS 1.2 are set apart by from those that were used here. rustls
/// mixes the number of a record into a start, and the kernel counts up from what it is given: were
/// that the same start, the first record of the kernel's would have the nonce of our first, which
/// gives the key away. With the highest of 64 bits turned they meet after some 2^63 records.
const APART: u8 = 0x80;

/// A room that connections take turns in.
pub(super) type Room = Rc<RefCell<Box<[u8]>>>;

/// One TLS connection.
pub(in crate::channel) struct Connection {
    rustls: UnbufferedServerConnection,
    /// What data connections are bound to. `None` on a data connection.
    session: Option<Session>,
    room: Room,
    /// Bytes from the wire that are no whole record yet; never more than [`UNUSED`].
    unused: Vec<u8>,
    /// What was read from records that held more than the reader had room for.
    plain: Outbox,
    stage: Stage,
    /// Something has come that may be TLS.
    begun: bool,
    /// The peer has said close_notify: nothing more will come, and nothing is missing.
    ended: bool,
    /// Our close_notify has been given out.
    finished: bool,
    /// What comes is thrown away until the peer's close_notify, and is in the clear behind it.
    clears: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Shaking,
    Up,
    Failed,
}

/// What the bytes from the wire came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::channel) enum Taken {
    /// So many bytes of plain text.
    Bytes(usize),
    /// Nothing that could be read yet.
    Nothing,
    /// The peer's close_notify: the clean end.
    End,
    /// The same where the connection goes on in the clear, with so many bytes that came behind it.
    Over(usize),
}

impl Connection {
    /// A control connection, of a session of its own.
    pub(super) fn of_session(session: Session, room: Room) -> Result<Self, Error> {
        let rustls = UnbufferedServerConnection::new(session.config(Purpose::Control))?;
        Ok(Self::new(rustls, Some(session), room))
    }

    /// A data connection of the session that `self` is the control connection of, if it is one. It
    /// will carry an upload or something to the peer.
    pub(in crate::channel) fn beside(&self, upload: bool) -> io::Result<Self> {
        let session = self.session.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        let purpose = if upload { Purpose::Upload } else { Purpose::Download };
        let rustls =
            UnbufferedServerConnection::new(session.config(purpose)).map_err(io::Error::other)?;
        Ok(Self::new(rustls, None, Rc::clone(&self.room)))
    }

    fn new(rustls: UnbufferedServerConnection, session: Option<Session>, room: Room) -> Self {
        Self {
            rustls,
            session,
            room,
            unused: Vec::new(),
            plain: Outbox::new(),
            stage: Stage::Shaking,
            begun: false,
            ended: false,
            finished: false,
            clears: false,
        }
    }

    /// Whether data connections of this control connection have to resume its session.
    pub(in crate::channel) fn demands_resumption(&self) -> bool {
        self.session.as_ref().is_some_and(Session::demands_resumption)
    }

    /// Whether anything has come that may be TLS.
    pub(in crate::channel) const fn has_begun(&self) -> bool {
        self.begun
    }

    pub(in crate::channel) fn is_shaking(&self) -> bool {
        self.stage == Stage::Shaking
    }

    pub(in crate::channel) fn is_up(&self) -> bool {
        self.stage == Stage::Up
    }

    /// Whether our close_notify has been given out.
    pub(in crate::channel) const fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the peer's close_notify has come.
    pub(in crate::channel) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Whether a handshake that is done has resumed a session.
    pub(in crate::channel) fn is_resumed(&self) -> bool {
        self.rustls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Whether `other` shows the certificate that was shown on this connection, if one was.
    pub(in crate::channel) fn knows(&self, other: &Self) -> bool {
        self.shown().is_none_or(|shown| other.shown() == Some(shown))
    }

    /// The peer's own certificate, if it showed one that was verified.
    fn shown(&self) -> Option<&CertificateDer<'static>> {
        self.rustls.peer_certificates().and_then(<[_]>::first)
    }

    /// Gives out plain text that has come already.
    pub(in crate::channel) fn give(&mut self, buffer: &mut [u8]) -> Taken {
        let count = self.plain.waiting().len().min(buffer.len());
        if count == 0 {
            return if self.ended { Taken::End } else { Taken::Nothing };
        }
        buffer[..count].copy_from_slice(&self.plain.waiting()[..count]);
        self.plain.wrote(count);
        Taken::Bytes(count)
    }

    /// Takes bytes from the wire by `receive`, which is given room for at most about `buffer`'s
    /// length of them, and puts the plain text into `buffer`. What TLS itself has to answer goes to
    /// `out`. The bytes that `receive` gave come back too: zero is the end of the wire.
    ///
    /// # Errors
    /// Those of `receive`, or the peer broke the protocol; then `out` has our alert, but for a peer that
    /// speaks words in place of a hello.
    pub(in crate::channel) fn take(
        &mut self,
        receive: impl FnOnce(&mut [u8]) -> io::Result<usize>,
        buffer: &mut [u8],
        out: &mut Outbox,
    ) -> io::Result<(usize, Taken)> {
        let shared = Rc::clone(&self.room);
        let mut room = shared.borrow_mut();
        let kept = self.unused.len();
        room[..kept].copy_from_slice(&self.unused);
        let most = buffer.len().clamp(4096, ROOM - UNUSED);
        let count = receive(&mut room[kept..kept + most])?;
        let have = kept + count;
        if !self.begun && count > 0 {
            if is_of_words(room[0]) {
                self.stage = Stage::Failed;
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "words in place of a hello",
                ));
            }
            self.begun = true;
        }
        let mut sink = Sink { buffer: &mut *buffer, filled: 0, rest: &mut self.plain };
        let clears = self.clears;
        let processed = process(
            &mut self.rustls,
            &mut room[..have],
            &mut |piece| {
                if !clears {
                    sink.put(piece);
                }
            },
            &mut self.ended,
            out,
        );
        let filled = sink.filled;
        let (used, up) = match processed {
            Ok(processed) => processed,
            Err(error) => {
                self.stage = Stage::Failed;
                self.unused = Vec::new();
                return Err(invalid(error));
            }
        };
        if self.clears && self.ended {
            return give_clear(&room[used..have], buffer).map(|rest| (count, rest));
        }
        self.keep(&room[used..have])?;
        if up && self.stage == Stage::Shaking {
            self.stage = Stage::Up;
        }
        let taken = match filled {
            0 if self.ended && self.plain.is_empty() => Taken::End,
            0 => Taken::Nothing,
            bytes => Taken::Bytes(bytes),
        };
        Ok((count, taken))
    }

    /// Keeps what is no whole record yet, and no memory for what is not there.
    fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() || self.ended {
            self.unused = Vec::new();
            return Ok(());
        }
        if bytes.len() > UNUSED {
            self.stage = Stage::Failed;
            self.unused = Vec::new();
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a handshake that is too long"));
        }
        self.unused.clear();
        self.unused.reserve_exact(bytes.len());
        self.unused.extend_from_slice(bytes);
        Ok(())
    }

    /// Encrypts `plain` to the end of `out`. The handshake is to be done.
    ///
    /// # Errors
    /// The keys are used up (TLS 1.2, after hundreds of gigabytes), or there are none.
    pub(in crate::channel) fn seal(&mut self, plain: &[u8], out: &mut Outbox) -> io::Result<()> {
        let records = plain.len() / RECORD + 1;
        let room = plain.len() + records * RECORD_OVERHEAD;
        self.write(room, out, |writer, room| writer.encrypt(plain, room))
    }

    /// Says close_notify, once.
    ///
    /// # Errors
    /// There are no keys to say it with.
    pub(in crate::channel) fn finish(&mut self, out: &mut Outbox) -> io::Result<()> {
        if self.stage != Stage::Up || std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        self.write(2 + RECORD_OVERHEAD, out, |writer, room| writer.queue_close_notify(room))
    }

    /// Says close_notify, and lets the connection go on in the clear behind that of the peer.
    ///
    /// # Errors
    /// There are no keys to say it with.
    pub(in crate::channel) fn clear(&mut self, out: &mut Outbox) -> io::Result<()> {
        self.clears = true;
        self.plain = Outbox::new();
        self.finish(out)
    }

    fn write(
        &mut self,
        room: usize,
        out: &mut Outbox,
        put: impl FnMut(&mut Writer<'_>, &mut [u8]) -> Result<usize, EncryptError>,
    ) -> io::Result<()> {
        // What has come in part is shown to rustls again, for it may hold marks into it.
        write(&mut self.rustls, &mut self.unused, &mut self.ended, room, out, put)
    }

    /// What was agreed on, if the sending half can be handed over: the handshake is done, nothing of
    /// TLS's own waits to be written, and neither end has said close_notify.
    pub(in crate::channel) fn to_hand_over(&self) -> Option<Suite> {
        let open = self.stage == Stage::Up && !self.finished && !self.ended;
        if !open || self.rustls.wants_write() || !self.plain.is_empty() {
            return None;
        }
        let version = match self.rustls.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Version::Tls12,
            Some(ProtocolVersion::TLSv1_3) => Version::Tls13,
            Some(_) | None => return None,
        };
        let cipher = match suite(self.rustls.negotiated_cipher_suite()?.suite()) {
            name if name.contains("AES_128_GCM") => Cipher::Aes128Gcm,
            name if name.contains("AES_256_GCM") => Cipher::Aes256Gcm,
            name if name.contains("CHACHA20_POLY1305") => Cipher::Chacha20Poly1305,
            _ => return None,
        };
        Some(Suite { version, cipher })
    }

    /// Gives the sending half to `taker`, which is to encrypt from now on as was agreed in `suite`.
    /// The receiving half is gone with this: what comes can't be opened any more.
    ///
    /// # Errors
    /// Those of `taker`; or the configuration does not let the keys out.
    pub(in crate::channel) fn hand_over(
        self,
        suite: Suite,
        taker: impl FnOnce(&Keys<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let (secrets, _) = self.rustls.dangerous_into_kernel_connection().map_err(invalid)?;
        let (sequence, secrets) = secrets.tx;
        let (key, iv) = match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv }
            | ConnectionTrafficSecrets::Aes256Gcm { key, iv }
            | ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (key, iv),
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        let mut iv: [u8; 12] = iv.as_ref().try_into().map_err(io::Error::other)?;
        if suite.version == Version::Tls12 && suite.cipher != Cipher::Chacha20Poly1305 {
            iv[4] ^= APART;
        }
        taker(&Keys { suite, key: key.as_ref(), iv, sequence })
    }

    /// What the handshake has shown, once it is done.
    pub(in crate::channel) fn secured(&self) -> Secured {
        let protocol = match self.rustls.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let suite = self.rustls.negotiated_cipher_suite().map_or("unknown", |s| suite(s.suite()));
        let identity = self.shown().map(|certificate| Box::new(Sha256::digest(certificate).into()));
        let name = self.session.as_ref().and_then(Session::name).map(Box::from);
        Secured { protocol, suite, identity, name }
    }
}

/// Where plain text goes: to the reader, and what it has no room for to the rest.
struct Sink<'a> {
    buffer: &'a mut [u8],
    filled: usize,
    rest: &'a mut Outbox,
}

impl Sink<'_> {
    fn put(&mut self, piece: &[u8]) {
        let room = self.buffer.len() - self.filled;
        let (now, later) = piece.split_at(piece.len().min(room));
        self.buffer[self.filled..self.filled + now.len()].copy_from_slice(now);
        self.filled += now.len();
        if !later.is_empty() {
            self.rest.tail().extend_from_slice(later);
        }
    }
}

/// Gives out what came behind TLS. A reader of commands has room for it.
fn give_clear(bytes: &[u8], buffer: &mut [u8]) -> io::Result<Taken> {
    match buffer.get_mut(..bytes.len()) {
        Some(room) => {
            room.copy_from_slice(bytes);
            Ok(Taken::Over(bytes.len()))
        }
        None => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Whether a peer that begins so speaks words: no record, of whatever version of TLS or SSL, does.
const fn is_of_words(first: u8) -> bool {
    first.is_ascii_alphabetic() || first.is_ascii_whitespace()
}

/// The name that the registry has; rustls tells apart those of TLS 1.3 by a prefix of its own.
fn suite(suite: CipherSuite) -> &'static str {
    const OF_TLS13: [(CipherSuite, &str); 3] = [
        (CipherSuite::TLS13_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"),
        (CipherSuite::TLS13_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"),
        (CipherSuite::TLS13_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"),
    ];
    let known = OF_TLS13.iter().find(|(known, _)| *known == suite).map(|(_, name)| *name);
    known.or(suite.as_str()).unwrap_or("unknown")
}

#[cfg(test)]
mod tests;
