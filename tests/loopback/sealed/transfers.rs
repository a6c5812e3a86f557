//! Transfers under explicit and implicit TLS, in both versions: every size around a record and around
//! a turn, and all that holds of transfers in the clear.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};

use flate2::read::{ZlibDecoder, ZlibEncoder};

use super::{Sealed, Stream, VERSIONS, client, end, secure};
use crate::support::{Setup, TestServer, assert_same, dial, noise};

/// Sizes around those of a record and of a turn.
const SIZES: [usize; 9] = [0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 300_000];

/// A server, and where it begins with TLS.
pub(super) fn start(setup: Setup) -> (TestServer, SocketAddr) {
    let mut server = setup.flag("--listen-tls", "127.0.0.1:0").start();
    let ftps = server.announced("listening ftp-tls").parse().expect("an address");
    (server, ftps)
}

/// A session for each way to come under TLS.
pub(super) fn sessions(server: &TestServer, ftps: SocketAddr) -> impl Iterator<Item = Sealed> {
    VERSIONS.into_iter().flat_map(move |version| {
        [Sealed::open(server, &client(version)), Sealed::implicitly(ftps, &client(version))]
    })
}

#[track_caller]
fn store(sealed: &mut Sealed, command: &str, bytes: &[u8]) {
    let mut data = sealed.begin(command);
    data.write_all(bytes).expect("the server takes it");
    end(data);
    sealed.hear(226);
}

/// All that comes, which has to end with close_notify.
#[track_caller]
pub(super) fn whole(mut data: Stream) -> Vec<u8> {
    let mut got = Vec::new();
    data.read_to_end(&mut got).expect("a clean end");
    got
}

#[test]
fn files_of_every_size_go_both_ways_and_on() {
    let mut setup = Setup::usual();
    for size in SIZES {
        setup = setup.file(&format!("Movies/{size}"), &noise(size, 76));
    }
    let (server, ftps) = start(setup);
    for mut sealed in sessions(&server, ftps) {
        for size in SIZES {
            let bytes = noise(size, 76);
            assert_same(&sealed.retrieve(&format!("Movies/{size}")), &bytes);
            store(&mut sealed, "STOR Own/file", &bytes);
            assert_same(&server.content("Own/file"), &bytes);
            let half = size / 2;
            sealed.expect(&format!("REST {half}"), 350);
            assert_same(&sealed.retrieve(&format!("Movies/{size}")), &bytes[half..]);
            sealed.expect(&format!("REST {half}"), 350);
            store(&mut sealed, "STOR Own/file", &bytes[half..]);
            store(&mut sealed, "APPE Own/file", b"and on");
            assert_same(&server.content("Own/file"), &[&bytes[..], b"and on"].concat());
            sealed.expect("DELE Own/file", 250);
        }
    }
}

#[test]
fn a_line_may_end_at_any_edge() {
    let text = |size: usize| {
        let mut text = vec![b'x'; size];
        for at in [0, 1, 2] {
            if let Some(at) = size.checked_sub(at + 1) {
                text[at] = b'\n';
            }
        }
        text
    };
    let mut setup = Setup::usual().switch("--mode-z");
    for size in SIZES {
        setup = setup.file(&format!("Movies/{size}"), &text(size));
    }
    let (server, ftps) = start(setup);
    for mut sealed in sessions(&server, ftps) {
        for mode in ["MODE S", "MODE Z"] {
            sealed.expect(mode, 200);
            for size in SIZES {
                let wanted = text(size);
                let lines = wanted.escape_ascii().to_string().replace("\\n", "\r\n").into_bytes();
                for (kind, wire) in [("TYPE A", &lines), ("TYPE I", &wanted)] {
                    sealed.expect(kind, 200);
                    let data = sealed.begin(&format!("RETR Movies/{size}"));
                    let mut got = whole(data);
                    sealed.hear(226);
                    if mode == "MODE Z" {
                        let packed = std::mem::take(&mut got);
                        ZlibDecoder::new(&packed[..]).read_to_end(&mut got).unwrap();
                    }
                    assert_same(&got, wire);
                    let mut up = wire.clone();
                    if mode == "MODE Z" {
                        up.clear();
                        ZlibEncoder::new(&wire[..], flate2::Compression::fast())
                            .read_to_end(&mut up)
                            .unwrap();
                    }
                    store(&mut sealed, "STOR Own/text", &up);
                    assert_same(&server.content("Own/text"), &wanted);
                }
            }
        }
    }
}

#[test]
fn a_long_directory_is_listed() {
    let mut setup = Setup::usual();
    for number in 0..10_000 {
        setup = setup.file(&format!("Movies/many/{number:05}"), b"");
    }
    let (server, ftps) = start(setup);
    for mut sealed in sessions(&server, ftps) {
        for verb in ["LIST", "NLST", "MLSD"] {
            let data = sealed.begin(&format!("{verb} Movies/many"));
            let list = String::from_utf8(whole(data)).unwrap();
            sealed.hear(226);
            let names = list.lines().filter(|line| line.ends_with(|c: char| c.is_ascii_digit()));
            assert_eq!(names.count(), 10_000, "{verb}");
            assert!(list.ends_with("09999\r\n"));
        }
        assert_eq!(whole(sealed.begin("LIST Own")), b"", "an empty list");
        sealed.hear(226);
    }
}

#[test]
fn abor_comes_before_during_and_after() {
    let bytes = noise(8_000_000, 77);
    let (server, ftps) = start(Setup::usual().file("Movies/film", &bytes));
    for mut sealed in sessions(&server, ftps) {
        sealed.expect("EPSV", 229);
        sealed.expect("ABOR", 226);
        sealed.expect("RETR Movies/film", 425);
        // Before the handshake, and in the middle of it.
        for hello in [&b""[..], &[22, 3, 1, 2, 0, 1, 0]] {
            let mut socket = sealed.connect("RETR Movies/film");
            socket.write_all(hello).unwrap();
            sealed.say("ABOR");
            sealed.hear(426);
            sealed.hear(226);
        }
        // Behind a part of it, in either direction.
        let mut data = sealed.begin("STOR Own/film");
        data.write_all(&bytes[..100_000]).unwrap();
        data.flush().unwrap();
        sealed.say("ABOR");
        sealed.hear(426);
        sealed.hear(226);
        assert!(data.read_to_end(&mut Vec::new()).is_err(), "an upload that is stopped ends so");
        assert!(!server.path("Own/film").exists());
        let mut data = sealed.begin("RETR Movies/film");
        data.read_exact(&mut [0; 100_000]).unwrap();
        sealed.say("ABOR");
        assert!(data.read_to_end(&mut Vec::new()).is_err(), "half a file passes for the whole");
        sealed.hear(426);
        sealed.hear(226);
        // When all is over.
        assert_same(&sealed.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
        sealed.expect("ABOR", 226);
        sealed.expect("NOOP", 200);
    }
    server.serves_others();
}

#[test]
fn the_level_holds_from_the_transfer_on_that_follows() {
    let (server, ftps) = start(Setup::usual());
    let wanted = server.content("Movies/Joker");
    for mut sealed in sessions(&server, ftps) {
        // The connection stands already.
        let ready = sealed.expect("EPSV", 229);
        let port = ready.split('|').nth(3).and_then(|port| port.parse().ok()).unwrap();
        let mut socket = dial(None, SocketAddr::new(sealed.server.ip(), port));
        sealed.expect("PROT C", 200);
        sealed.expect("RETR Movies/Joker", 150);
        let mut got = Vec::new();
        socket.read_to_end(&mut got).unwrap();
        assert_same(&got, &wanted);
        sealed.hear(226);
        let ready = sealed.expect("EPSV", 229);
        let port = ready.split('|').nth(3).and_then(|port| port.parse().ok()).unwrap();
        let socket = dial(None, SocketAddr::new(sealed.server.ip(), port));
        sealed.expect("PROT P", 200);
        sealed.expect("RETR Movies/Joker", 150);
        assert_same(&whole(secure(&sealed.client, socket).unwrap()), &wanted);
        sealed.hear(226);
        // Whoever connects, the client of FTP is that of TLS (RFC 4217, section 7).
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        for command in ["RETR Movies/Joker", "STOR Own/new"] {
            let port = listener.local_addr().unwrap().port();
            sealed.expect(&format!("EPRT |1|127.0.0.1|{port}|"), 200);
            sealed.expect(command, 150);
            let mut data = secure(&sealed.client, listener.accept().unwrap().0).unwrap();
            if command.starts_with("RETR") {
                assert_same(&whole(data), &wanted);
            } else {
                data.write_all(&wanted).unwrap();
                end(data);
            }
            sealed.hear(226);
        }
        assert_same(&server.content("Own/new"), &wanted);
        sealed.expect("DELE Own/new", 250);
    }
}

#[test]
fn twenty_sessions_move_at_once() {
    let bytes = noise(500_000, 78);
    let (server, ftps) = start(Setup::usual().file("Movies/film", &bytes));
    let mut under_way: Vec<_> = (0..5)
        .flat_map(|_| sessions(&server, ftps))
        .enumerate()
        .map(|(number, mut sealed)| {
            let up = number % 3 == 0;
            let command =
                if up { format!("STOR Own/film{number}") } else { "RETR Movies/film".to_owned() };
            let data = sealed.begin(&command);
            (sealed, data, up, number)
        })
        .collect();
    // A piece of each in turn.
    for piece in bytes.chunks(50_000) {
        for (_, data, up, _) in &mut under_way {
            if *up {
                data.write_all(piece).unwrap();
                data.flush().unwrap();
            } else {
                let mut got = vec![0; piece.len()];
                data.read_exact(&mut got).unwrap();
                assert_same(&got, piece);
            }
        }
    }
    for (mut sealed, data, up, number) in under_way {
        if up {
            end(data);
        } else {
            assert_eq!(whole(data), b"");
        }
        sealed.hear(226);
        assert!(!up || server.content(&format!("Own/film{number}")) == bytes);
    }
}

#[test]
fn what_comes_behind_close_notify_is_nothing() {
    let (server, ftps) = start(Setup::usual());
    for mut sealed in sessions(&server, ftps) {
        let mut data = sealed.begin("STOR Own/file");
        data.write_all(b"all of it").unwrap();
        data.conn.send_close_notify();
        data.flush().unwrap();
        // It may be closed already.
        let _ = data.sock.write_all(b"and more, which nobody has sealed");
        sealed.hear(226);
        assert_same(&server.content("Own/file"), b"all of it");
        sealed.expect("DELE Own/file", 250);
    }
}

#[test]
fn who_does_not_read_is_waited_for_no_longer_than_others() {
    let setup = Setup::usual().flag("--stall-timeout", "2");
    let (server, ftps) = start(setup.file("Movies/film", &noise(30_000_000, 79)));
    let mut waiting: Vec<_> = sessions(&server, ftps)
        .map(|mut sealed| {
            let data = sealed.begin("RETR Movies/film");
            (sealed, data)
        })
        .collect();
    for (sealed, data) in &mut waiting {
        sealed.hear(426);
        assert!(data.read_to_end(&mut Vec::new()).is_err(), "half a file passes for the whole");
        sealed.expect("NOOP", 200);
    }
}
