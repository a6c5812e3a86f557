//! One connection of a client under TLS: rustls's client on the virtual network.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::ClientConnection;
use rustls::pki_types::ServerName;

use crate::net::{ConnId, Got};
use crate::peers::Stage;
use crate::run::certificate;

/// A connection that is plain until TLS begins.
pub(super) struct Wire {
    pub(super) conn: ConnId,
    tls: Option<ClientConnection>,
    unsent: Vec<u8>,
    /// What is said in records of one byte each, once the handshake is done.
    crumbs: Vec<u8>,
    /// What was read, in plain text.
    pub(super) plain: Vec<u8>,
    /// Bytes on the wire that may still be written before it is cut.
    pub(super) until_cut: usize,
    /// Nothing is said yet.
    pub(super) holds_back: bool,
    /// What becomes of TLS when all that was said has been encrypted.
    closes: bool,
    /// The server has ended its direction; true if close_notify came before.
    pub(super) ended: Option<bool>,
}

/// What the client makes of the certificate of the simulation. Under TLS 1.3 it uses a ticket once,
/// and a transfer that is cut does not bring another; under TLS 1.2 it resumes as often as it likes.
pub(super) fn config(tls13: bool) -> Arc<ClientConfig> {
    let version = if tls13 { &rustls::version::TLS13 } else { &rustls::version::TLS12 };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate().0.clone().into()).expect("our own certificate");
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("versions that ring knows")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

impl Wire {
    pub(super) const fn new(conn: ConnId) -> Self {
        Self {
            conn,
            tls: None,
            unsent: Vec::new(),
            crumbs: Vec::new(),
            plain: Vec::new(),
            until_cut: usize::MAX,
            holds_back: false,
            closes: false,
            ended: None,
        }
    }

    /// Begins TLS: what is said from now on waits for the handshake.
    pub(super) fn secure(&mut self, config: &Arc<ClientConfig>) {
        let name = ServerName::try_from("localhost").expect("a name");
        let mut tls = ClientConnection::new(Arc::clone(config), name).expect("a configuration");
        tls.set_buffer_limit(None);
        self.tls = Some(tls);
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(bytes).expect("a buffer without a limit"),
            None => self.unsent.extend_from_slice(bytes),
        }
    }

    /// Says the same in records of one byte each.
    pub(super) fn crumble(&mut self, bytes: &[u8]) {
        self.crumbs.extend_from_slice(bytes);
    }

    /// Says close_notify behind all that was said.
    pub(super) const fn close_behind(&mut self) {
        self.closes = true;
    }

    /// Whether all that was said, close_notify included, has been written.
    pub(super) fn is_through(&self) -> bool {
        self.unsent.is_empty()
            && self.tls.as_ref().is_none_or(|tls| !tls.wants_write() && !tls.is_handshaking())
            && !self.closes
    }

    /// Whether its handshake is done.
    pub(super) fn is_up(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| !tls.is_handshaking())
    }

    /// Writes what is left to be said, as far as there is room, and goes: all that was awaited has
    /// come.
    pub(super) fn part(&mut self, stage: &mut Stage<'_>) {
        self.speak(stage);
        stage.net.hang_up(self.conn);
        self.ended = Some(true);
    }

    /// Moves what can be moved.
    pub(super) fn pump(&mut self, stage: &mut Stage<'_>) -> Result<(), rustls::Error> {
        loop {
            let moved = self.hear(stage)? | self.speak(stage);
            if !moved {
                return Ok(());
            }
        }
    }

    fn hear(&mut self, stage: &mut Stage<'_>) -> Result<bool, rustls::Error> {
        if self.ended.is_some() {
            return Ok(false);
        }
        let mut bytes = Vec::new();
        match stage.net.read(self.conn, &mut bytes, 16 * 1024) {
            Got::Bytes(_) => {}
            Got::Blocked => return Ok(false),
            Got::End => {
                self.ended = Some(self.tls.is_some() && self.has_closed()?);
                return Ok(true);
            }
            Got::Broken => {
                self.ended = Some(false);
                return Ok(true);
            }
        }
        let Some(tls) = &mut self.tls else {
            self.plain.extend_from_slice(&bytes);
            return Ok(true);
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            if tls.read_tls(&mut rest).expect("a slice can be read") == 0 {
                break;
            }
            tls.process_new_packets()?;
            // It stands still, most often.
            let _ = tls.reader().read_to_end(&mut self.plain);
        }
        Ok(true)
    }

    fn has_closed(&mut self) -> Result<bool, rustls::Error> {
        let Some(tls) = &mut self.tls else { return Ok(false) };
        Ok(tls.process_new_packets()?.peer_has_closed())
    }

    fn speak(&mut self, stage: &mut Stage<'_>) -> bool {
        if self.holds_back {
            return false;
        }
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut self.unsent).expect("a vector takes all");
            }
            if !tls.is_handshaking() {
                for crumb in self.crumbs.drain(..) {
                    tls.writer().write_all(&[crumb]).expect("a buffer without a limit");
                    tls.write_tls(&mut self.unsent).expect("a vector takes all");
                }
            }
            if self.closes && !tls.is_handshaking() {
                self.closes = false;
                tls.send_close_notify();
                tls.write_tls(&mut self.unsent).expect("a vector takes all");
            }
        }
        let most = self.unsent.len().min(self.until_cut);
        if most == 0 {
            return false;
        }
        let count = stage.net.write(self.conn, &self.unsent[..most]);
        self.unsent.drain(..count);
        self.until_cut -= count;
        count > 0
    }
}
