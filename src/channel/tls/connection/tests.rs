//! A TLS connection against rustls's own client, without sockets: every split, every end.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::client::{ClientConfig, ClientConnection, Resumption as Memory, Tls12Resumption};
use rustls::crypto::cipher::{OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ContentType, RootCertStore, SupportedProtocolVersion, version};

use super::super::{Acceptor, Options, Resumption};
use super::*;

/// A certificate of our own making, and a client that trusts it.
struct World {
    acceptor: Acceptor,
    roots: Arc<RootCertStore>,
}

impl World {
    fn new(resumption: Resumption) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().to_vec();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(certificate.clone())).unwrap();
        let options = Options { resumption, ..Options::default() };
        let key = made.signing_key.serialize_der();
        let acceptor = Acceptor::new(vec![certificate], key, options).unwrap();
        Self { acceptor, roots: Arc::new(roots) }
    }

    fn client(&self, version: &'static SupportedProtocolVersion) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(Arc::clone(&self.roots))
            .with_no_client_auth()
    }

    fn control(&self, client: &Arc<ClientConfig>) -> Pair {
        Pair::new(self.acceptor.begin().unwrap(), client)
    }
}

/// Two ends and the wires between them.
struct Pair {
    client: ClientConnection,
    server: Connection,
    /// From the client, not taken yet.
    wire: Vec<u8>,
    /// To the client.
    out: Outbox,
    /// What the server has read.
    read: Vec<u8>,
    ended: bool,
    /// What the client has read.
    heard: Vec<u8>,
    /// The most bytes that the server takes at once, and that its reader has room for.
    piece: usize,
    room: usize,
}

impl Pair {
    fn new(server: Connection, client: &Arc<ClientConfig>) -> Self {
        Self {
            client: ClientConnection::new(Arc::clone(client), name()).unwrap(),
            server,
            wire: Vec::new(),
            out: Outbox::new(),
            read: Vec::new(),
            ended: false,
            heard: Vec::new(),
            piece: usize::MAX,
            room: 64 * 1024,
        }
    }

    /// A data connection of this control connection, with its handshake done.
    fn data(&self, client: &Arc<ClientConfig>) -> Pair {
        let mut data = Self::new(self.server.beside(false).unwrap(), client);
        data.settle().unwrap();
        data
    }

    /// Carries bytes to and fro until nothing moves.
    fn settle(&mut self) -> io::Result<()> {
        loop {
            while self.client.wants_write() {
                self.client.write_tls(&mut self.wire).unwrap();
            }
            let idle = self.wire.is_empty() && self.out.is_empty();
            while !self.wire.is_empty() {
                self.serve()?;
            }
            self.listen();
            if idle {
                return Ok(());
            }
        }
    }

    /// The server takes one piece.
    fn serve(&mut self) -> io::Result<()> {
        let (wire, piece) = (&mut self.wire, self.piece);
        let mut buffer = vec![0; self.room];
        let receive = |room: &mut [u8]| {
            let count = wire.len().min(piece).min(room.len());
            room[..count].copy_from_slice(&wire[..count]);
            wire.drain(..count);
            Ok(count)
        };
        let mut taken = self.server.take(receive, &mut buffer, &mut self.out)?.1;
        loop {
            match taken {
                Taken::Bytes(count) => self.read.extend_from_slice(&buffer[..count]),
                Taken::Nothing => return Ok(()),
                Taken::End => {
                    self.ended = true;
                    return Ok(());
                }
                Taken::Over(count) => {
                    self.read.extend_from_slice(&buffer[..count]);
                    self.ended = true;
                    return Ok(());
                }
            }
            taken = self.server.give(&mut buffer);
        }
    }

    fn listen(&mut self) {
        let mut waiting = self.out.waiting();
        while !waiting.is_empty() {
            self.client.read_tls(&mut waiting).unwrap();
            self.client.process_new_packets().unwrap();
            // It stands still, most often.
            let _ = self.client.reader().read_to_end(&mut self.heard);
        }
        self.out.wrote(self.out.len());
    }

    /// The server's memory that is not rustls's own.
    fn held(&self) -> usize {
        self.server.unused.capacity() + self.server.plain.waiting().len()
    }
}

/// Whose certificate it is.
fn name() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

#[test]
fn a_handshake_comes_about_byte_by_byte() {
    let world = World::new(Resumption::Prefer);
    for version in VERSIONS {
        let mut pair = world.control(&Arc::new(world.client(version)));
        pair.piece = 1;
        assert!(pair.server.is_shaking());
        pair.settle().unwrap();
        assert!(pair.server.is_up() && !pair.client.is_handshaking());
        let secured = pair.server.secured();
        assert_eq!(secured.protocol == "TLSv1.2", version == &version::TLS12);
        assert!(secured.suite.starts_with("TLS_"), "{}", secured.suite);
        assert!(!pair.server.is_resumed() && secured.identity.is_none());
        assert_eq!(pair.held(), 0);
    }
}

/// Nothing is accepted before the handshake is done, so nothing can be sent twice by somebody else.
#[test]
fn a_resumed_session_brings_no_early_data() {
    let world = World::new(Resumption::Prefer);
    let mut client = world.client(&version::TLS13);
    client.enable_early_data = true;
    let client = Arc::new(client);
    let mut control = world.control(&client);
    control.settle().unwrap();
    let mut data = Pair::new(control.server.beside(false).unwrap(), &client);
    assert!(data.client.early_data().is_none());
    data.settle().unwrap();
    assert!(data.server.is_resumed());
}

#[test]
fn a_hello_may_come_in_many_records() {
    let world = World::new(Resumption::Prefer);
    for version in VERSIONS {
        let mut client = world.client(version);
        client.max_fragment_size = Some(32);
        let mut pair = world.control(&Arc::new(client));
        pair.settle().unwrap();
        assert!(pair.server.is_up() && !pair.client.is_handshaking());
        pair.client.writer().write_all(&noise(1000)).unwrap();
        pair.settle().unwrap();
        assert!(pair.read == noise(1000));
        assert_eq!(pair.held(), 0);
    }
}

/// A few records that hold nothing are nothing; many are no conversation.
#[test]
fn empty_records_are_no_end_and_not_without_end() {
    let world = World::new(Resumption::Prefer);
    let mut config = world.client(&version::TLS13);
    config.enable_secret_extraction = true;
    let mut pair = world.control(&Arc::new(config));
    pair.settle().unwrap();
    let suite = pair.client.negotiated_cipher_suite().unwrap().tls13().unwrap();
    let client = ClientConnection::new(Arc::new(world.client(&version::TLS13)), name()).unwrap();
    let (sequence, secrets) =
        std::mem::replace(&mut pair.client, client).dangerous_extract_secrets().unwrap().tx;
    let (ConnectionTrafficSecrets::Aes128Gcm { key, iv }
    | ConnectionTrafficSecrets::Aes256Gcm { key, iv }) = secrets
    else {
        panic!("not AES-GCM");
    };
    let mut sealer = suite.aead_alg.encrypter(key, iv);
    let mut sealed = |number: u64, payload: &[u8]| {
        let message = OutboundPlainMessage {
            typ: ContentType::ApplicationData,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(payload),
        };
        sealer.encrypt(message, sequence + number).unwrap().encode()
    };
    for number in 0..10 {
        pair.wire = sealed(number, b"");
        pair.serve().unwrap();
    }
    assert!(pair.read.is_empty() && !pair.ended && pair.held() == 0);
    pair.wire = sealed(10, b"NOOP\r\n");
    pair.serve().unwrap();
    assert_eq!(pair.read, b"NOOP\r\n");
    let flood = (11..200).map(|number| {
        pair.wire = sealed(number, b"");
        pair.serve()
    });
    assert!(flood.take_while(Result::is_ok).count() < 100);
}

#[test]
fn what_is_sent_is_what_is_read_however_it_is_cut() {
    let world = World::new(Resumption::Prefer);
    let content = noise(100_000);
    for version in VERSIONS {
        for (piece, room) in [(usize::MAX, 1 << 16), (1000, 100), (17_000, 4096), (7, 1 << 15)] {
            let mut pair = world.control(&Arc::new(world.client(version)));
            (pair.piece, pair.room) = (piece, room);
            pair.client.set_buffer_limit(None);
            // Behind the last of the handshake, in the same bytes.
            pair.client.writer().write_all(&content).unwrap();
            pair.settle().unwrap();
            assert!(pair.read == content, "{} bytes", pair.read.len());
            assert!(!pair.ended);
            assert_eq!(pair.held(), 0);
            pair.client.send_close_notify();
            pair.settle().unwrap();
            assert!(pair.ended);
        }
    }
}

#[test]
fn what_is_said_is_what_is_heard() {
    let world = World::new(Resumption::Prefer);
    let content = noise(200_000);
    for version in VERSIONS {
        let mut pair = world.control(&Arc::new(world.client(version)));
        pair.settle().unwrap();
        for piece in content.chunks(64 * 1024) {
            pair.server.seal(piece, &mut pair.out).unwrap();
            pair.settle().unwrap();
        }
        assert!(pair.heard == content);
        pair.server.finish(&mut pair.out).unwrap();
        pair.server.finish(&mut pair.out).unwrap();
        assert!(pair.server.is_finished() && !pair.server.is_ended());
        pair.settle().unwrap();
        // The clean end is told apart from a cut one.
        assert_eq!(pair.client.reader().read(&mut [0; 8]).unwrap(), 0);
    }
}

#[test]
fn half_a_record_is_no_hindrance_to_speaking() {
    let world = World::new(Resumption::Prefer);
    let mut pair = world.control(&Arc::new(world.client(&version::TLS13)));
    pair.settle().unwrap();
    pair.client.writer().write_all(b"NOOP\r\n").unwrap();
    pair.client.write_tls(&mut pair.wire).unwrap();
    let rest = pair.wire.split_off(9);
    pair.serve().unwrap();
    pair.server.seal(b"200 OK\r\n", &mut pair.out).unwrap();
    pair.listen();
    pair.wire = rest;
    pair.settle().unwrap();
    assert_eq!(pair.read, b"NOOP\r\n");
    assert_eq!(pair.heard, b"200 OK\r\n");
}

#[test]
fn what_is_no_tls_ends_it_with_an_alert() {
    let world = World::new(Resumption::Prefer);
    let client = Arc::new(world.client(&version::TLS13));
    let words = b"USER anonymous\r\n";
    for nonsense in [&words[..], b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", &[0; 64]] {
        let mut pair = world.control(&client);
        pair.wire = nonsense.to_vec();
        assert!(pair.settle().is_err());
        assert!(!pair.server.is_shaking() && !pair.server.is_up());
        // Who speaks words is answered in words, by others.
        let alert = (nonsense != words).then_some(&21);
        assert_eq!(pair.out.waiting().first(), alert);
        assert_eq!(pair.server.has_begun(), nonsense != words);
    }
}

#[test]
fn a_broken_record_ends_it_with_an_alert() {
    let world = World::new(Resumption::Prefer);
    for version in VERSIONS {
        let mut pair = world.control(&Arc::new(world.client(version)));
        pair.settle().unwrap();
        pair.client.writer().write_all(b"DELE x\r\n").unwrap();
        pair.client.write_tls(&mut pair.wire).unwrap();
        *pair.wire.last_mut().unwrap() ^= 1;
        assert!(pair.serve().is_err());
        assert!(pair.read.is_empty() && !pair.server.is_up());
    }
}

#[test]
fn behind_both_ends_of_tls_it_goes_on_in_the_clear() {
    let world = World::new(Resumption::Prefer);
    for version in VERSIONS {
        for piece in [usize::MAX, 1, 30] {
            let mut pair = world.control(&Arc::new(world.client(version)));
            pair.settle().unwrap();
            pair.piece = piece;
            pair.server.seal(b"220 bye\r\n", &mut pair.out).unwrap();
            pair.server.clear(&mut pair.out).unwrap();
            // What comes under TLS was meant for somebody else.
            pair.client.writer().write_all(b"DELE x\r\n").unwrap();
            pair.client.send_close_notify();
            while pair.client.wants_write() {
                pair.client.write_tls(&mut pair.wire).unwrap();
            }
            pair.wire.extend_from_slice(b"NOOP\r\n");
            while !pair.ended {
                pair.serve().unwrap();
            }
            assert_eq!([pair.read.as_slice(), &pair.wire].concat(), b"NOOP\r\n");
            pair.listen();
            assert_eq!(pair.heard, b"220 bye\r\n");
            assert_eq!(pair.client.reader().read(&mut [0; 8]).unwrap(), 0, "a clean end");
        }
    }
}

#[test]
fn the_name_that_was_asked_for_is_known() {
    for resumption in [Resumption::Prefer, Resumption::Off] {
        let world = World::new(resumption);
        for version in VERSIONS {
            let client = Arc::new(world.client(version));
            let mut pair = world.control(&client);
            pair.settle().unwrap();
            assert_eq!(pair.server.secured().name.as_deref(), Some("localhost"));
            let mut silent = world.client(version);
            silent.enable_sni = false;
            let mut pair = world.control(&Arc::new(silent));
            pair.settle().unwrap();
            assert_eq!(pair.server.secured().name, None);
            // Nor does a data connection give it one.
            let _data = pair.data(&client);
            assert_eq!(pair.server.secured().name, None);
        }
    }
}

#[test]
fn who_has_come_for_another_protocol_is_turned_away_in_the_handshake() {
    let world = World::new(Resumption::Prefer);
    for version in VERSIONS {
        let shaken = |names: &[&str]| {
            let mut client = world.client(version);
            client.alpn_protocols = names.iter().map(|name| name.as_bytes().to_vec()).collect();
            let mut pair = world.control(&Arc::new(client));
            pair.settle().is_ok().then(|| pair.client.alpn_protocol().unwrap_or(b"-").to_vec())
        };
        for names in [&["h2", "http/1.1"][..], &["http/1.1"], &["imap"], &["FTP"], &["ftps"]] {
            assert_eq!(shaken(names), None, "{version:?} {names:?}");
        }
        assert_eq!(shaken(&[]).as_deref(), Some(&b"-"[..]), "who names nothing is served");
        assert_eq!(shaken(&["x-filezilla-ftp", "ftp"]).as_deref(), Some(&b"ftp"[..]));
        assert_eq!(shaken(&["ftp-data"]).as_deref(), Some(&b"ftp-data"[..]));
    }
}

#[test]
fn a_handshake_has_a_longest_message() {
    let world = World::new(Resumption::Prefer);
    let mut pair = world.control(&Arc::new(world.client(&version::TLS13)));
    pair.room = 100;
    // A ClientHello that says that it is 60,000 bytes long, in records of 1,000.
    let mut hello = vec![1, 0, 0xEA, 0x60];
    hello.resize(60_004, 0);
    for fragment in hello.chunks(1000) {
        pair.wire.extend_from_slice(&[22, 3, 1]);
        pair.wire.extend_from_slice(&(fragment.len() as u16).to_be_bytes());
        pair.wire.extend_from_slice(fragment);
    }
    assert!(pair.settle().is_err());
    assert!(pair.wire.len() > 30_000, "{} bytes are left", pair.wire.len());
}

#[test]
fn data_connections_resume_their_own_session_and_no_other() {
    for resumption in [Resumption::Prefer, Resumption::Require] {
        let world = World::new(resumption);
        for version in VERSIONS {
            let client = Arc::new(world.client(version));
            let mut control = world.control(&client);
            control.settle().unwrap();
            assert_eq!(control.server.demands_resumption(), resumption == Resumption::Require);
            // More than there were tickets behind the handshake of the control connection: each
            // takes one and brings one.
            for _ in 0..20 {
                assert!(control.data(&client).server.is_resumed());
            }
            let mut stranger = world.control(&Arc::new(world.client(version)));
            stranger.settle().unwrap();
            assert!(!stranger.data(&client).server.is_resumed());
            // Nor does another control connection.
            let mut again = world.control(&client);
            again.settle().unwrap();
            assert!(!again.server.is_resumed());
        }
    }
}

#[test]
fn a_client_without_tickets_resumes_by_the_number_of_its_session() {
    let world = World::new(Resumption::Require);
    let mut client = world.client(&version::TLS12);
    client.resumption =
        Memory::in_memory_sessions(8).tls12_resumption(Tls12Resumption::SessionIdOnly);
    let client = Arc::new(client);
    let mut control = world.control(&client);
    control.settle().unwrap();
    for _ in 0..20 {
        assert!(control.data(&client).server.is_resumed());
    }
}

#[test]
fn resumption_can_be_switched_off() {
    let world = World::new(Resumption::Off);
    for version in VERSIONS {
        let client = Arc::new(world.client(version));
        let mut control = world.control(&client);
        control.settle().unwrap();
        assert!(!control.data(&client).server.is_resumed());
        assert!(!control.server.demands_resumption());
    }
}

/// What the kernel is given, where it is given something.
#[cfg(feature = "ktls")]
mod handed_over {
    use super::*;

    /// The other end knows which keys, and which number, the next record has to have.
    #[test]
    fn what_is_handed_over_is_what_the_client_opens_with() {
        for version in VERSIONS {
            let world = World::new(Resumption::Prefer);
            let mut config = world.client(version);
            config.enable_secret_extraction = true;
            let config = Arc::new(config);
            let mut control = world.control(&config);
            control.settle().unwrap();
            let mut data = control.data(&config);
            data.server.seal(b"before", &mut data.out).unwrap();
            data.settle().unwrap();
            assert_eq!(data.heard, b"before");
            let suite = data.server.to_hand_over().unwrap();
            assert_eq!(suite.version == Version::Tls12, version == &version::TLS12);
            let (expected, secrets) = data.client.dangerous_extract_secrets().unwrap().rx;
            let (ConnectionTrafficSecrets::Aes128Gcm { key: rx, iv: start }
            | ConnectionTrafficSecrets::Aes256Gcm { key: rx, iv: start }) = &secrets
            else {
                panic!("not AES-GCM");
            };
            data.server
                .hand_over(suite, |keys| {
                    assert_eq!((keys.key, keys.sequence), (rx.as_ref(), expected));
                    assert_eq!(keys.iv[..4], start.as_ref()[..4], "the salt");
                    // Under TLS 1.2 the rest goes with each record, and must never be one that was used.
                    if suite.version == Version::Tls13 {
                        assert_eq!(keys.iv, start.as_ref());
                    }
                    Ok(())
                })
                .unwrap();
        }
    }

    /// The nonce of a record of AES-GCM under TLS 1.2 stands in it.
    #[test]
    fn the_kernel_begins_far_from_the_nonces_that_were_used() {
        let world = World::new(Resumption::Prefer);
        let config = Arc::new(world.client(&version::TLS12));
        let mut control = world.control(&config);
        control.settle().unwrap();
        let mut data = control.data(&config);
        let mut out = Outbox::new();
        data.server.seal(b"one record", &mut out).unwrap();
        let used = u64::from_be_bytes(out.waiting()[5..13].try_into().unwrap());
        let suite = data.server.to_hand_over().unwrap();
        assert_ne!(suite.cipher, Cipher::Chacha20Poly1305);
        data.server
            .hand_over(suite, |keys| {
                let first = u64::from_be_bytes(keys.iv[4..].try_into().unwrap());
                assert!(first.abs_diff(used) > 1 << 62, "{first:x} {used:x}");
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn nothing_is_handed_over_that_is_not_open() {
        let world = World::new(Resumption::Prefer);
        let config = Arc::new(world.client(&version::TLS13));
        let mut control = world.control(&config);
        assert_eq!(control.server.to_hand_over(), None, "no handshake yet");
        control.settle().unwrap();
        let mut data = control.data(&config);
        assert!(data.server.to_hand_over().is_some());
        data.server.finish(&mut data.out).unwrap();
        assert_eq!(data.server.to_hand_over(), None, "close_notify is said");
        let mut data = control.data(&config);
        data.client.send_close_notify();
        data.settle().unwrap();
        assert_eq!(data.server.to_hand_over(), None, "close_notify has come");
    }
}
