//! Clients that shake hands on the passive data connection before they say what it is for, as aioftp
//! and axel do.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use rustls::client::ClientConfig;

use super::transfers::{sessions, start, whole};
use super::{Sealed, Stream, client, end, require, secure};
use crate::support::{Setup, TestServer, assert_same, dial, noise};

impl Sealed {
    /// Connects for data, with nothing said of what for.
    #[track_caller]
    fn come(&mut self) -> TcpStream {
        let ready = self.expect("EPSV", 229);
        let port = ready.split('|').nth(3).and_then(|port| port.parse().ok()).expect("a port");
        dial(None, SocketAddr::new(self.server.ip(), port))
    }

    /// The same, and shakes hands.
    #[track_caller]
    fn come_early(&mut self) -> Stream {
        let socket = self.come();
        secure(&self.client, socket).expect("a handshake before the command")
    }

    #[track_caller]
    fn fetch_early(&mut self, command: &str) -> Vec<u8> {
        let data = self.come_early();
        self.expect(command, 150);
        let got = whole(data);
        self.hear(226);
        got
    }
}

/// Both directions and a listing, and no byte of an upload is lost that comes before the command.
#[test]
fn a_handshake_may_be_done_before_the_command() {
    let bytes = noise(300_000, 80);
    for setup in [Setup::usual(), require()] {
        let (server, ftps) = start(setup.file("Movies/film", &bytes).file("Movies/empty", b""));
        for mut sealed in sessions(&server, ftps) {
            assert_same(&sealed.fetch_early("RETR Movies/film"), &bytes);
            let mut data = sealed.come_early();
            data.write_all(&bytes[..10_000]).unwrap();
            data.flush().unwrap();
            sealed.expect("STOR Own/film", 150);
            data.write_all(&bytes[10_000..]).unwrap();
            end(data);
            sealed.hear(226);
            assert_same(&server.content("Own/film"), &bytes);
            sealed.expect("DELE Own/film", 250);
            let listed = sealed.fetch_early("LIST Movies");
            assert!(String::from_utf8_lossy(&listed).contains("film"));
            // Whoever waits for the command has its tickets as ever.
            assert_same(&sealed.retrieve("Movies/film"), &bytes);
            assert_same(&sealed.fetch_early("RETR Movies/empty"), b"");
        }
        server.serves_others();
    }
}

/// All of an upload, its end included, is there before the command is.
#[test]
fn an_upload_may_be_whole_before_the_command() {
    let (server, ftps) = start(Setup::usual());
    for mut sealed in sessions(&server, ftps) {
        let mut data = sealed.come_early();
        data.write_all(b"all of it").unwrap();
        data.conn.send_close_notify();
        data.flush().unwrap();
        sealed.expect("STOR Own/file", 150);
        sealed.hear(226);
        assert_same(&server.content("Own/file"), b"all of it");
        sealed.expect("DELE Own/file", 250);
    }
}

/// The level is that of the moment at which something comes.
#[test]
fn what_was_begun_is_not_taken_back() {
    let (server, ftps) = start(Setup::usual());
    let wanted = server.content("Movies/Joker");
    for mut sealed in sessions(&server, ftps) {
        for command in ["RETR Movies/Joker", "STOR Own/file", "LIST"] {
            let data = sealed.come_early();
            sealed.expect("PROT C", 200);
            sealed.expect(command, 150);
            sealed.hear(522);
            assert!(!server.path("Own/file").exists());
            drop(data);
            // In the clear what comes early is left where it is.
            if command.starts_with("STOR") {
                let mut socket = sealed.come();
                socket.write_all(b"in the clear").unwrap();
                drop(socket);
                sealed.expect(command, 150);
                sealed.hear(226);
                assert_same(&server.content("Own/file"), b"in the clear");
                sealed.expect("DELE Own/file", 250);
            }
            // Nor is silence under the one level an end under the other.
            if command.starts_with("STOR") {
                sealed.expect("PROT P", 200);
                drop(sealed.come());
                sealed.expect("PROT C", 200);
                sealed.expect(command, 150);
                sealed.hear(226);
                assert_same(&server.content("Own/file"), b"");
                sealed.expect("DELE Own/file", 250);
            }
            // It stands when the level becomes another.
            let socket = sealed.come();
            sealed.expect("PROT P", 200);
            let data = secure(&sealed.client, socket).expect("a handshake before the command");
            sealed.expect("RETR Movies/Joker", 150);
            assert_same(&whole(data), &wanted);
            sealed.hear(226);
        }
        // The other way round, and a hello that comes while the level is clear.
        sealed.expect("PROT C", 200);
        let socket = sealed.come();
        let (client, copy) = (Arc::clone(&sealed.client), socket.try_clone().unwrap());
        let shaking = std::thread::spawn(move || secure(&client, copy).expect("a handshake"));
        sealed.expect("PROT P", 200);
        let data = shaking.join().unwrap();
        sealed.expect("RETR Movies/Joker", 150);
        assert_same(&whole(data), &wanted);
        sealed.hear(226);
    }
}

#[test]
fn an_early_handshake_that_fails_is_told_to_the_command() {
    let server = Setup::usual().flag("--handshake-timeout", "2").start();
    let before = server.descriptors();
    let mut sealed = Sealed::open(&server, &client(super::VERSIONS[0]));
    // Words, a record that is no hello, an alert: what is disliked is so the next time, too.
    for garbage in [&b"in the clear, as if PROT had not been said"[..], &[21, 3, 3, 0, 2, 2, 48]] {
        for prot in ["PROT P", "PROT C"] {
            let mut socket = sealed.come();
            socket.write_all(garbage).unwrap();
            super::closes(socket);
            sealed.expect(prot, 200);
            sealed.expect("STOR Own/file", 150);
            sealed.hear(522);
            sealed.expect("PROT P", 200);
        }
    }
    // One that breaks off, and one that takes too long: with the command before its end, and behind.
    let hello = [22, 3, 1, 2, 0, 1, 0];
    let mut socket = sealed.come();
    socket.write_all(&hello).unwrap();
    drop(socket);
    sealed.expect("RETR Movies/Joker", 150);
    sealed.hear(425);
    let mut socket = sealed.come();
    socket.write_all(&hello).unwrap();
    super::closes(socket);
    sealed.expect("RETR Movies/Joker", 150);
    sealed.hear(425);
    let mut socket = sealed.come();
    socket.write_all(&hello).unwrap();
    sealed.expect("RETR Movies/Joker", 150);
    sealed.hear(425);
    // Who has come, said nothing and gone is told what it always was.
    drop(sealed.come());
    sealed.expect("STOR Own/file", 150);
    sealed.hear(425);
    assert_same(&sealed.fetch_early("RETR Movies/Joker"), &server.content("Movies/Joker"));
    assert!(server.names("Own").is_empty());
    drop((socket, sealed));
    server.settles_at(before);
}

/// Whose it is, is asked when the command comes.
#[test]
fn an_early_handshake_has_to_resume_where_others_have() {
    let server: TestServer = require().start();
    for version in super::VERSIONS {
        let foreign: Arc<ClientConfig> = client(version);
        let mut sealed = Sealed::open(&server, &client(version));
        let socket = sealed.come();
        let mut data = secure(&foreign, socket).expect("a handshake");
        data.write_all(b"stolen").and_then(|()| data.flush()).unwrap();
        sealed.expect("STOR Own/film", 150);
        sealed.hear(522);
        assert!(data.read_to_end(&mut Vec::new()).is_err(), "a clean end");
        assert!(server.names("Own").is_empty());
        assert_same(&sealed.fetch_early("RETR Movies/Joker"), &server.content("Movies/Joker"));
        // It may be given up, and another one taken.
        let _given_up = sealed.come_early();
        assert_same(&sealed.fetch_early("RETR Movies/Joker"), &server.content("Movies/Joker"));
        let data = sealed.come_early();
        sealed.expect("ABOR", 226);
        super::closes(data.sock.try_clone().unwrap());
        sealed.expect("RETR Movies/Joker", 425);
    }
    server.serves_others();
}
