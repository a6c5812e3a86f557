//! The control connection under TLS: where records end means nothing, what is watched and stopped
//! there, and how it ends.

use std::io::{BufRead, Read, Write};
use std::net::Shutdown;

use super::{Sealed, VERSIONS, client, closes, end, secure};
use crate::support::{Setup, TestServer, assert_same, noise};

#[test]
fn where_a_record_ends_means_nothing() {
    let server = TestServer::usual();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        // Many lines in one record.
        sealed.say(&["NOOP"; 300].join("\r\n"));
        for _ in 0..300 {
            sealed.hear(200);
        }
        // One line in many.
        for byte in *b"PWD\r\nNOOP\r\n" {
            let stream = sealed.control.get_mut();
            stream.write_all(&[byte]).unwrap();
            stream.flush().unwrap();
        }
        sealed.hear(257);
        sealed.hear(200);
        // A hundred, and half of one, in as many records at once, behind a transfer.
        let mut data = sealed.begin("RETR Movies/Joker");
        let stream = sealed.control.get_mut();
        for _ in 0..100 {
            stream.conn.writer().write_all(b"NOOP\r\n").unwrap();
            stream.conn.write_tls(&mut stream.sock).unwrap();
        }
        stream.write_all(b"PW").unwrap();
        stream.flush().unwrap();
        data.read_to_end(&mut Vec::new()).unwrap();
        sealed.hear(226);
        for _ in 0..100 {
            sealed.hear(200);
        }
        sealed.say("D");
        sealed.hear(257);
    }
}

#[test]
fn a_transfer_is_watched_and_outlived() {
    let bytes = noise(20_000_000, 74);
    let server = Setup::usual().file("Movies/film", &bytes).start();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        let mut data = sealed.begin("RETR Movies/film");
        data.read_exact(&mut [0; 50_000]).unwrap();
        sealed.say("STAT");
        let mut lines = String::new();
        while !lines.contains("\r\n211 ") {
            sealed.control.read_line(&mut lines).unwrap();
        }
        assert!(lines.contains(" bytes so far"), "{lines}");
        sealed.say("QUIT");
        let mut rest = Vec::new();
        data.read_to_end(&mut rest).expect("all of it, and a clean end");
        assert_same(&rest, &bytes[50_000..]);
        sealed.hear(226);
        sealed.hear(221);
        // The control connection ends with close_notify as well.
        assert_eq!(sealed.control.read_to_end(&mut Vec::new()).expect("a clean end"), 0);

        let mut sealed = Sealed::open(&server, &client(version));
        let mut data = sealed.begin("STOR Own/film");
        data.write_all(&bytes[..300_000]).unwrap();
        data.flush().unwrap();
        sealed.say("QUIT");
        data.write_all(&bytes[300_000..400_000]).unwrap();
        end(data);
        sealed.hear(226);
        sealed.hear(221);
        assert_same(&server.content("Own/film"), &bytes[..400_000]);
    }
}

/// As whoever pipes commands into a program does: all is said, and the answers are waited for.
#[test]
fn who_has_said_all_is_answered() {
    let server = TestServer::usual();
    for version in VERSIONS {
        for half_closed in [false, true] {
            let mut sealed = Sealed::open(&server, &client(version));
            sealed.say("PWD\r\nNOOP\r\nSYST");
            let stream = sealed.control.get_mut();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
            if half_closed {
                stream.sock.shutdown(Shutdown::Write).unwrap();
            }
            for code in [257, 200, 215] {
                sealed.hear(code);
            }
            assert_eq!(sealed.control.read_to_end(&mut Vec::new()).expect("a clean end"), 0);
        }
        // Without close_notify the lines that are whole are lines all the same.
        let mut sealed = Sealed::open(&server, &client(version));
        sealed.say("PWD\r\nDELE Mov");
        sealed.control.get_ref().sock.shutdown(Shutdown::Write).unwrap();
        sealed.hear(257);
        let _ = sealed.control.read_to_end(&mut Vec::new());
    }
    server.serves_others();
}

#[test]
fn keys_may_be_changed_and_not_for_ever() {
    let bytes = noise(3_000_000, 75);
    let server = Setup::usual().file("Movies/film", &bytes).start();
    let mut sealed = Sealed::open(&server, &client(VERSIONS[0]));
    for _ in 0..100 {
        sealed.control.get_mut().conn.refresh_traffic_keys().unwrap();
        sealed.expect("NOOP", 200);
    }
    let mut data = sealed.begin("STOR Own/film");
    for piece in bytes.chunks(100_000) {
        data.write_all(piece).unwrap();
        data.conn.refresh_traffic_keys().unwrap();
    }
    end(data);
    sealed.hear(226);
    assert_same(&server.content("Own/film"), &bytes);
    let mut data = sealed.begin("RETR Movies/film");
    let mut got = vec![0; bytes.len()];
    for piece in got.chunks_mut(100_000) {
        data.read_exact(piece).unwrap();
        data.conn.refresh_traffic_keys().unwrap();
        data.flush().unwrap();
    }
    assert_eq!(data.read_to_end(&mut Vec::new()).expect("a clean end"), 0);
    sealed.hear(226);
    assert_same(&got, &bytes);
    // Nothing but changes is no conversation.
    let stream = sealed.control.get_mut();
    for _ in 0..1000 {
        stream.conn.refresh_traffic_keys().unwrap();
        // It may be closed already.
        let _ = stream.flush();
    }
    closes(stream.sock.try_clone().unwrap());
    server.serves_others();
}

#[test]
fn an_alert_ends_it() {
    let server = TestServer::usual();
    let before = server.descriptors();
    for version in VERSIONS {
        let mut sealed = Sealed::open(&server, &client(version));
        // One in the clear, as somebody on the way could send it.
        sealed.control.get_mut().sock.write_all(&[21, 3, 3, 0, 2, 2, 80]).unwrap();
        closes(sealed.control.get_ref().sock.try_clone().unwrap());
        let mut sealed = Sealed::open(&server, &client(version));
        let socket = sealed.connect("STOR Own/film");
        let mut data = secure(&sealed.client, socket).expect("a handshake");
        data.write_all(b"half of it").unwrap();
        data.flush().unwrap();
        data.sock.write_all(&[21, 3, 3, 0, 2, 2, 80]).unwrap();
        sealed.hear(535);
        assert!(!server.path("Own/film").exists());
    }
    server.serves_others();
    server.settles_at(before);
}
