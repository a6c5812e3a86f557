//! Peers that end one direction and not the other, that take nothing, or little at a time.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::support::{GUARD, Raw, Setup, TestServer, assert_same, noise, until};

/// Bytes that no two socket buffers hold.
const LARGE: usize = 16 << 20;

/// A connection whose end of ours takes in as little as it can.
#[track_caller]
fn narrow(to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    socket.connect(&to.into()).expect("the server accepts");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(GUARD)).expect("a time-out to read");
    stream
}

/// The large file over the guided dialogue, as far as the line that announces it.
#[track_caller]
fn guided_download(server: &TestServer) -> BufReader<TcpStream> {
    let mut guided = BufReader::new(narrow(server.guided));
    let lines = b"LOGIN\nuser1\n1234\nDOWNLOAD FILE\nMovies/large\n";
    guided.get_mut().write_all(lines).expect("the server reads");
    let mut line = String::new();
    while !line.starts_with("Sending ") {
        line.clear();
        assert!(guided.read_line(&mut line).expect("a line") > 0, "it is announced");
    }
    guided
}

/// A server with a large file, and a listing that is as large.
fn with_much_to_send(flags: &[(&str, &str)]) -> TestServer {
    let setup = (0..24_000).fold(Setup::usual().grant("user1", "Many", "r"), |setup, number| {
        setup.file(&format!("Many/{number:05}-{}", "x".repeat(230)), b"")
    });
    let setup = setup.file("Movies/large", &noise(LARGE, 41));
    flags.iter().fold(setup, |setup, (flag, value)| setup.flag(flag, value)).start()
}

#[test]
fn who_has_ended_its_own_direction_is_sent_all() {
    let large = noise(LARGE, 42);
    let server = Setup::usual().file("Movies/large", &large).start();
    let mut raw = server.session();
    let (listing, names) = (raw.fetch("LIST"), raw.fetch("NLST Movies"));
    let wanted: [(&str, &[u8]); 4] = [
        ("RETR Movies/large", &large),
        ("RETR Movies/Joker", b"Why so small?\n"),
        ("LIST", &listing),
        ("NLST Movies", &names),
    ];
    for (line, wanted) in wanted {
        // Before the command, behind it, and behind a part of what it brings.
        for moment in 0..3 {
            let mut data = raw.passive();
            let mut got = vec![0; if moment == 2 { wanted.len() / 3 } else { 0 }];
            if moment == 0 {
                data.shutdown(Shutdown::Write).unwrap();
            }
            raw.expect(line, 150);
            data.read_exact(&mut got).unwrap();
            if moment > 0 {
                data.shutdown(Shutdown::Write).unwrap();
            }
            data.read_to_end(&mut got).unwrap();
            assert_same(&got, wanted);
            raw.hear(226);
        }
        let listener = raw.active();
        raw.send(line);
        let (mut data, _) = listener.accept().unwrap();
        data.shutdown(Shutdown::Write).unwrap();
        raw.hear(150);
        let mut got = Vec::new();
        data.read_to_end(&mut got).unwrap();
        assert_same(&got, wanted);
        raw.hear(226);
    }
}

#[test]
fn who_ends_its_control_connection_ends_the_transfer_unless_it_has_said_quit() {
    let large = noise(LARGE, 43);
    let server = Setup::usual().file("Movies/large", &large).file("Own/old", b"old").start();
    // RFC 959, section 4.1.1: as good as ABOR and QUIT.
    let mut raw = server.session();
    let mut data = raw.begin("RETR Movies/large");
    raw.half_close();
    raw.hear(426);
    raw.closed();
    let mut got = Vec::new();
    let _ = data.read_to_end(&mut got);
    assert!(got.len() < large.len());

    let mut raw = server.session();
    let mut data = raw.begin("STOR Own/old");
    data.write_all(&large[..100_000]).unwrap();
    raw.half_close();
    raw.hear(426);
    raw.closed();
    assert_same(&server.content("Own/old"), b"old");

    // As `nc` does with what is piped into it.
    let mut raw = server.session();
    let mut data = raw.begin("RETR Movies/large");
    raw.send("QUIT");
    raw.half_close();
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    assert_same(&got, &large);
    raw.hear(226);
    raw.hear(221);
    raw.closed();
}

#[test]
fn an_upload_is_closed_by_us_before_it_is_answered() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for length in [0, 1, 300_000] {
        for kind in ["TYPE I", "TYPE A"] {
            raw.expect(kind, 200);
            let mut data = raw.begin("STOR Own/new");
            data.write_all(&vec![b'x'; length]).unwrap();
            data.shutdown(Shutdown::Write).unwrap();
            // It waits for our end, and asks for nothing before.
            assert_eq!(data.read(&mut [0; 1]).unwrap(), 0);
            raw.hear(226);
            assert_eq!(server.content("Own/new").len(), length);
        }
    }
}

#[test]
fn who_closes_both_directions_early_is_told_426_and_goes_on() {
    let server = with_much_to_send(&[]);
    let mut raw = server.session();
    for line in ["RETR Movies/large", "LIST Many"] {
        let mut data = raw.begin(line);
        data.read_exact(&mut [0; 1000]).unwrap();
        data.shutdown(Shutdown::Both).unwrap();
        raw.hear(426);
        drop(data);
        let mut data = raw.begin(line);
        data.read_exact(&mut [0; 1000]).unwrap();
        drop(data);
        raw.hear(426);
    }
    assert_same(&raw.retrieve("Movies/Joker"), b"Why so small?\n");
}

#[test]
fn who_takes_nothing_is_let_go_and_others_are_served() {
    let server = with_much_to_send(&[("--stall-timeout", "2")]);
    let mut crowd = Vec::new();
    for line in ["RETR Movies/large", "LIST Many", "NLST Many", "MLSD Many"] {
        let mut raw = server.session();
        let data = narrow(raw.epsv());
        raw.expect(line, 150);
        crowd.push((raw, data));
    }
    let mut guided = guided_download(&server);
    server.serves_others();
    for (raw, _held_open) in &mut crowd {
        let reply = raw.hear(426);
        assert!(reply.text().contains("stood still"), "{:?}", reply.lines);
        assert_same(&raw.retrieve("Movies/Joker"), b"Why so small?\n");
    }
    let mut got = Vec::new();
    let _ = guided.read_to_end(&mut got);
    assert!(got.len() < LARGE, "it has been let go");
}

#[test]
fn who_takes_no_replies_is_let_go_when_no_command_was_read_for_long() {
    let server = Setup::usual().flag("--idle-timeout", "3").start();
    let mut deaf = narrow(server.ftp);
    deaf.write_all(b"USER user1\r\nPASS 1234\r\n").unwrap();
    deaf.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    // As much as both kernels take, and then what is closed: that fails, sooner or later.
    until(
        "it is let go",
        || {},
        || {
            let failed = deaf.write(&b"HELP\r\n".repeat(1000)).err().map(|error| error.kind());
            matches!(failed, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe))
        },
    );
    server.serves_others();
}

#[test]
fn who_reads_slowly_and_steadily_is_sent_all() {
    let large = noise(LARGE, 44);
    let server = Setup::usual().flag("--stall-timeout", "6").file("Movies/large", &large).start();
    let mut raw = server.session();
    let mut data = narrow(raw.epsv());
    raw.expect("RETR Movies/large", 150);
    let mut guided = guided_download(&server);
    let mut piece = vec![0; 60_000];
    let (mut got, mut told) = (Vec::new(), Vec::new());
    // Less in the time-out than a third of what the kernel holds for it, where it says by itself that
    // there is room.
    for _ in 0..14 {
        data.read_exact(&mut piece).unwrap();
        got.extend_from_slice(&piece);
        guided.read_exact(&mut piece).unwrap();
        told.extend_from_slice(&piece);
        assert!(raw.hears_nothing_for(Duration::from_millis(700)), "it goes on");
    }
    data.read_to_end(&mut got).unwrap();
    assert_same(&got, &large);
    raw.hear(226);
    guided.take((LARGE - told.len()) as u64).read_to_end(&mut told).unwrap();
    assert_same(&told, &large);
}

#[test]
fn a_session_lives_on_when_nobody_comes() {
    let server = Setup::usual().flag("--data-timeout", "1").start();
    let mut raw = server.session();
    let held = Raw::active(&mut raw);
    for line in ["RETR Movies/Joker", "LIST", "STOR Own/new", "MLSD"] {
        raw.epsv();
        raw.expect(line, 150);
        let reply = raw.hear(425);
        assert!(reply.text().contains("ask for a new port"), "{:?}", reply.lines);
    }
    drop(held);
    assert!(server.names("Own").is_empty());
    assert_same(&raw.retrieve("Movies/Joker"), b"Why so small?\n");
}
