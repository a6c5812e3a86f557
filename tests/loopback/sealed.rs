//! Data under TLS: how transfers end and are cut, whose data connections they are, how long a
//! handshake may take, and what an idle session costs. The other end is rustls's own client, which
//! can be made to misbehave at any byte.

mod control;
mod early;
mod transfers;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ClientConnection};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme, StreamOwned};
use rustls::{SupportedProtocolVersion, version};

use crate::support::{Setup, TestServer, assert_same, dial, noise, timed};

pub(crate) const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];

/// Whose certificate it is matters in other tests.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A client with a memory for sessions of its own.
pub(crate) fn client(version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .expect("versions that ring knows")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    Arc::new(config)
}

pub(crate) type Stream = StreamOwned<ClientConnection, TcpStream>;

/// Begins TLS, and ends its handshake.
#[track_caller]
fn secure(client: &Arc<ClientConfig>, socket: TcpStream) -> std::io::Result<Stream> {
    let name = ServerName::try_from("localhost").expect("a name");
    let mut stream = StreamOwned::new(
        ClientConnection::new(Arc::clone(client), name).expect("a configuration"),
        socket,
    );
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// A connection whose next bytes are to be those of a handshake.
#[track_caller]
fn promised(server: &TestServer) -> TcpStream {
    let mut clear = BufReader::new(dial(None, server.ftp));
    let mut lines = [String::new(), String::new()];
    clear.read_line(&mut lines[0]).expect("a greeting");
    clear.get_mut().write_all(b"AUTH TLS\r\n").expect("the server listens");
    clear.read_line(&mut lines[1]).expect("a reply");
    assert!(lines[1].starts_with("234 "), "{lines:?}");
    clear.into_inner()
}

/// The server closes it, whatever it says before.
#[track_caller]
fn closes(mut socket: TcpStream) {
    if let Err(error) = socket.read_to_end(&mut Vec::new()) {
        assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    }
}

/// A session under TLS that is logged in as user1.
pub(crate) struct Sealed {
    control: BufReader<Stream>,
    server: SocketAddr,
    client: Arc<ClientConfig>,
}

impl Sealed {
    #[track_caller]
    pub(crate) fn open(server: &TestServer, client: &Arc<ClientConfig>) -> Self {
        let mut sealed = Self::over(promised(server), server.ftp, client);
        sealed.log_in();
        sealed
    }

    /// The same on a port for implicit TLS.
    #[track_caller]
    fn implicitly(ftps: SocketAddr, client: &Arc<ClientConfig>) -> Self {
        let mut sealed = Self::over(dial(None, ftps), ftps, client);
        sealed.hear(220);
        sealed.log_in();
        sealed
    }

    #[track_caller]
    fn over(socket: TcpStream, server: SocketAddr, client: &Arc<ClientConfig>) -> Self {
        let control = BufReader::new(secure(client, socket).expect("a handshake"));
        Self { control, server, client: Arc::clone(client) }
    }

    #[track_caller]
    fn log_in(&mut self) {
        for (line, code) in
            [("USER user1", 331), ("PASS 1234", 230), ("PBSZ 0", 200), ("PROT P", 200)]
        {
            self.expect(line, code);
        }
        self.expect("TYPE I", 200);
    }

    fn say(&mut self, line: &str) {
        let stream = self.control.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).expect("the server listens");
        stream.flush().expect("the server listens");
    }

    #[track_caller]
    pub(crate) fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.control.read_line(&mut line).expect("a reply");
            if line.as_bytes().get(3) == Some(&b' ') && !line.starts_with(' ') {
                return line;
            }
        }
    }

    #[track_caller]
    fn hear(&mut self, code: u16) -> String {
        let line = self.reply();
        assert!(line.starts_with(&code.to_string()), "{line} in place of {code}");
        line
    }

    #[track_caller]
    fn expect(&mut self, line: &str, code: u16) -> String {
        self.say(line);
        self.hear(code)
    }

    /// Connects for data, without a handshake, and asks for a transfer.
    #[track_caller]
    fn connect(&mut self, command: &str) -> TcpStream {
        let ready = self.expect("EPSV", 229);
        let port = ready.split('|').nth(3).and_then(|port| port.parse().ok()).expect("a port");
        let socket = dial(None, SocketAddr::new(self.server.ip(), port));
        self.expect(command, 150);
        socket
    }

    /// A transfer's data connection, after its handshake.
    #[track_caller]
    pub(crate) fn begin(&mut self, command: &str) -> Stream {
        let socket = self.connect(command);
        secure(&self.client, socket).expect("a handshake")
    }

    #[track_caller]
    fn retrieve(&mut self, path: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        // An end without close_notify would be an error.
        self.begin(&format!("RETR {path}")).read_to_end(&mut bytes).expect("a clean end");
        self.hear(226);
        bytes
    }
}

/// Says close_notify, and waits for the server's.
#[track_caller]
fn end(mut data: Stream) {
    data.conn.send_close_notify();
    data.flush().expect("the server listens");
    let mut nothing = Vec::new();
    data.read_to_end(&mut nothing).expect("the server says close_notify too");
    assert!(nothing.is_empty());
}

fn require() -> Setup {
    Setup::usual().flag("--tls-data-resumption", "require")
}

#[test]
fn both_directions_end_with_close_notify() {
    let bytes = noise(3_000_000, 71);
    let server = require().file("Movies/film", &bytes).file("Movies/empty", b"").start();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        assert_same(&sealed.retrieve("Movies/film"), &bytes);
        assert_same(&sealed.retrieve("Movies/empty"), b"");
        let mut data = sealed.begin("STOR Own/film");
        data.write_all(&bytes).unwrap();
        end(data);
        sealed.hear(226);
        assert_same(&server.content("Own/film"), &bytes);
        end(sealed.begin("STOR Own/empty"));
        sealed.hear(226);
        assert_same(&server.content("Own/empty"), b"");
        sealed.expect("TYPE A", 200);
        let mut data = sealed.begin("STOR Own/text");
        data.write_all(b"one\r\ntwo\r\n").unwrap();
        end(data);
        sealed.hear(226);
        assert_same(&server.content("Own/text"), b"one\ntwo\n");
        assert!(sealed.retrieve("Movies/Joker").ends_with(b"\r\n"));
    }
}

/// curl knows by SIZE that nothing will come, and goes as soon as it has shaken hands. What the
/// server says after that meets nobody.
#[test]
fn an_empty_download_is_done_though_nobody_waits_for_its_end() {
    let server = Setup::usual().file("Movies/empty", b"").start();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        for _ in 0..20 {
            let mut socket = sealed.connect("RETR Movies/empty");
            let name = ServerName::try_from("localhost").unwrap();
            let mut tls = ClientConnection::new(Arc::clone(&sealed.client), name).unwrap();
            while tls.is_handshaking() {
                tls.write_tls(&mut socket).unwrap();
                tls.read_tls(&mut socket).unwrap();
                tls.process_new_packets().unwrap();
            }
            // The last of the handshake, and the end right behind it.
            let mut last = Vec::new();
            tls.send_close_notify();
            while tls.wants_write() {
                tls.write_tls(&mut last).unwrap();
            }
            socket.write_all(&last).unwrap();
            drop(socket);
            sealed.hear(226);
        }
    }
}

#[test]
fn who_has_ended_its_own_direction_is_sent_all() {
    let bytes = noise(12_000_000, 74);
    let server = require().file("Movies/film", &bytes).start();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        for before in [0, 1_000_000] {
            let mut data = sealed.begin("RETR Movies/film");
            let mut got = vec![0; before];
            data.read_exact(&mut got).unwrap();
            data.conn.send_close_notify();
            data.flush().unwrap();
            data.sock.shutdown(Shutdown::Write).unwrap();
            data.read_to_end(&mut got).expect("a clean end");
            assert_same(&got, &bytes);
            sealed.hear(226);
        }
    }
}

#[test]
fn an_upload_that_is_cut_is_not_put_in_place_and_is_gone_on_with() {
    let bytes = noise(900_000, 72);
    let server = Setup::usual().file("Own/old", b"as it was").start();
    for (number, version) in VERSIONS.into_iter().enumerate() {
        let mut sealed = Sealed::open(&server, &client(version));
        let name = format!("Own/film{number}");
        let mut data = sealed.begin(&format!("STOR {name}"));
        data.write_all(&bytes[..600_000]).unwrap();
        data.flush().unwrap();
        // The end that somebody on the way can make.
        data.sock.shutdown(Shutdown::Write).unwrap();
        sealed.hear(426);
        assert!(!server.path(&name).exists());
        let left = sealed.expect(&format!("SIZE {name}"), 213);
        assert_eq!(left.trim_end(), "213 600000");
        sealed.expect("REST 600000", 350);
        let mut data = sealed.begin(&format!("STOR {name}"));
        data.write_all(&bytes[600_000..]).unwrap();
        end(data);
        sealed.hear(226);
        assert_same(&server.content(&name), &bytes);

        let mut data = sealed.begin("STOR Own/old");
        data.write_all(b"as it will never be").unwrap();
        data.flush().unwrap();
        // Our direction alone: what the server still sends, its tickets, would be answered by a reset,
        // and that would end its handshake.
        data.sock.shutdown(Shutdown::Write).unwrap();
        sealed.hear(426);
        assert_same(&server.content("Own/old"), b"as it was");
        // In the middle of a record.
        let mut data = sealed.begin("STOR Own/old");
        data.sock.write_all(&[23, 3, 3, 0, 80, 1, 2, 3]).unwrap();
        data.sock.shutdown(Shutdown::Write).unwrap();
        sealed.hear(426);
        // A record that was changed on the way.
        let mut data = sealed.begin("STOR Own/old");
        data.sock.write_all(&[23, 3, 3, 0, 40]).unwrap();
        data.sock.write_all(&[7; 40]).unwrap();
        sealed.hear(535);
        assert_same(&server.content("Own/old"), b"as it was");
        // The client does not like what it was sent, and says so.
        let mut data = sealed.begin("STOR Own/old");
        data.write_all(b"as it will never be").unwrap();
        data.flush().unwrap();
        let garbage = [&[23, 3, 3, 0, 40][..], &[7; 40]].concat();
        data.conn.read_tls(&mut &garbage[..]).unwrap();
        data.conn.process_new_packets().unwrap_err();
        data.conn.write_tls(&mut data.sock).unwrap();
        sealed.hear(426);
        assert_same(&server.content("Own/old"), b"as it was");
    }
}

#[test]
fn a_download_that_is_stopped_has_no_clean_end() {
    let server = Setup::usual().file("Movies/film", &noise(30_000_000, 73)).start();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        let mut data = sealed.begin("RETR Movies/film");
        data.read_exact(&mut [0; 100_000]).unwrap();
        sealed.say("ABOR");
        let mut rest = Vec::new();
        assert!(data.read_to_end(&mut rest).is_err(), "half a file passes for the whole");
        sealed.hear(426);
        sealed.hear(226);
        sealed.expect("NOOP", 200);
    }
}

#[test]
fn a_data_connection_is_of_its_own_session_or_of_none() {
    let server = require().start();
    for version in VERSIONS {
        let (mine, other) = (client(version), client(version));
        let mut sealed = Sealed::open(&server, &mine);
        let _other = Sealed::open(&server, &other);
        for foreign in [&client(version), &other] {
            let socket = sealed.connect("STOR Own/film");
            // It may be closed before the client has noticed that it is in.
            if let Ok(mut data) = secure(foreign, socket) {
                let _ = data.write_all(b"stolen").and_then(|()| data.flush());
            }
            assert!(sealed.hear(522).contains("must resume"));
            assert!(server.names("Own").is_empty());
        }
        // Many at once are let in, each by a ticket of its own.
        for _ in 0..20 {
            assert_same(&sealed.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
            let mut data = sealed.begin("STOR Own/film");
            data.write_all(b"mine").unwrap();
            end(data);
            sealed.hear(226);
        }
        sealed.expect("DELE Own/film", 250);
    }
    server.serves_others();
}

#[test]
fn where_sessions_need_not_be_resumed_they_are_not_asked_for() {
    for when in ["prefer", "off"] {
        let server = Setup::usual().flag("--tls-data-resumption", when).start();
        let mut sealed = Sealed::open(&server, &client(&version::TLS13));
        sealed.client = client(&version::TLS13);
        assert_same(&sealed.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
    }
}

#[test]
fn a_handshake_has_a_time_limit() {
    let server = Setup::usual().flag("--handshake-timeout", "3").start();
    let before = server.descriptors();
    // On the control connection.
    let mut socket = promised(&server);
    socket.write_all(&[22, 3, 1, 2, 0, 1, 0]).unwrap();
    closes(socket);
    // On the data connection.
    let mut sealed = Sealed::open(&server, &client(&version::TLS13));
    let mut socket = sealed.connect("STOR Own/film");
    socket.write_all(&[22, 3, 1, 2, 0, 1, 0]).unwrap();
    sealed.hear(425);
    // What breaks off in it may go better the next time (RFC 1123, section 4.1.2.11).
    let mut socket = sealed.connect("STOR Own/film");
    socket.write_all(&[22, 3, 1, 2, 0, 1, 0]).unwrap();
    drop(socket);
    sealed.hear(425);
    // What is no handshake at all, or one that nobody will like, ends at once (RFC 4217, section
    // 10.2).
    let mut socket = sealed.connect("STOR Own/film");
    socket.write_all(b"plain bytes, as if PROT had not been said").unwrap();
    sealed.hear(522);
    let mut untrusting = sealed.connect("STOR Own/film");
    // A fatal alert: the certificate is of an unknown authority.
    untrusting.write_all(&[21, 3, 3, 0, 2, 2, 48]).unwrap();
    sealed.hear(522);
    assert!(server.names("Own").is_empty());
    drop((socket, untrusting, sealed));
    server.settles_at(before);
}

/// Whoever sends a megabyte that can't be a handshake is not listened to for long.
#[test]
fn a_handshake_has_a_size_limit() {
    let server = Setup::usual().start();
    let mut socket = promised(&server);
    let mut hello = vec![1, 0, 0xEA, 0x60];
    hello.resize(60_004, 0);
    for fragment in hello.chunks(1000) {
        let mut record = vec![22, 3, 1];
        record.extend_from_slice(&(fragment.len() as u16).to_be_bytes());
        record.extend_from_slice(fragment);
        // It may be closed already.
        let _ = socket.write_all(&record);
    }
    closes(socket);
    server.serves_others();
}

#[test]
fn idle_sessions_are_small_and_give_everything_back() {
    const SESSIONS: u64 = 200;
    let server = Setup::usual().start();
    let before = server.descriptors();
    let client = client(&version::TLS13);
    let warm = Sealed::open(&server, &client);
    let resident = server.resident_kib();
    let (mut sessions, secs) =
        timed(|| (0..SESSIONS).map(|_| Sealed::open(&server, &client)).collect::<Vec<_>>());
    for sealed in &mut sessions {
        sealed.expect("NOOP", 200);
    }
    let each = server.resident_kib().saturating_sub(resident) as f64 / SESSIONS as f64;
    println!("{SESSIONS} sessions in {secs:.2} s, {each:.1} KiB each");
    assert!(each < 24.0, "{each} KiB for an idle session under TLS");
    drop((warm, sessions));
    server.settles_at(before);
}
