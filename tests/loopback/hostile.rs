//! Peers that mean harm, or that break in the middle: each gets a clear answer or a clean close,
//! nothing of it is left behind, and others notice nothing.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::path::Path;

use crate::support::{Raw, Setup, TestServer, assert_same, dial, noise, reset, until};

#[test]
fn what_a_broken_upload_left_is_out_of_everyones_reach_and_in_nobodys_way() {
    let server = TestServer::usual();
    let mut raw = server.session();
    raw.expect("MKD Own/d", 257);
    server.cut_upload("Own/d/new", b"half");
    let hidden = ".coracle-part-of-new";
    assert!(server.names("Own/d").contains(hidden));
    for listing in ["LIST Own/d", "NLST Own/d", "NLST Own/d/.*", "MLSD Own/d", "LIST -a Own/d"] {
        let listed = raw.fetch(listing);
        assert!(!String::from_utf8_lossy(&listed).contains("part"), "{listing}");
    }
    for verb in ["SIZE", "MDTM", "MLST", "DELE", "RNFR", "MFMT 20200101000000", "SITE CHMOD 600"] {
        raw.refused(&format!("{verb} Own/d/{hidden}"));
    }
    raw.epsv();
    raw.refused(&format!("RETR Own/d/{hidden}"));
    raw.refused(&format!("STOR Own/d/{hidden}"));
    raw.expect("RMD Own/d", 250);
    assert!(server.names("Own").is_empty());
}

#[test]
fn what_a_broken_upload_left_expires() {
    let server = Setup::usual().flag("--partial-expiry", "1").start();
    server.cut_upload("Own/new", b"half");
    let mut raw = server.session();
    let swept = || server.names("Own").is_empty();
    until("the part has expired", || drop(raw.fetch("NLST Own")), swept);
    raw.refused("SIZE Own/new");
}

#[test]
fn no_path_leads_out_of_a_grant() {
    let server = Setup::usual().secret("Plans", b"secret").file("Hidden/Plans", b"secret").start();
    let mut raw = server.session();
    for path in [
        "../Plans",
        "/../Plans",
        "/../../Plans",
        "Movies/../../Plans",
        "Movies/../../../data/Plans",
        "/Movies/./.././../Plans",
        "Movies/../Hidden/Plans",
        "/Hidden/Plans",
        "Hidden/Plans",
        "//Hidden//Plans",
        "/etc/passwd",
        "Movies//etc/passwd",
        "Movies\\..\\..\\Plans",
        "Movies/..%2f..%2fPlans",
        "~/Plans",
        "~root",
        "",
    ] {
        for verb in ["SIZE", "MDTM", "DELE", "RNFR", "CWD"] {
            raw.refused(&format!("{verb} {path}"));
        }
        for verb in ["RETR", "STOR", "APPE"] {
            let data = raw.passive();
            raw.refused(&format!("{verb} {path}"));
            drop(data);
        }
        raw.refused(&format!("MKD {path}/new"));
    }
    for _ in 0..3 {
        raw.send("CDUP");
        raw.reply();
    }
    assert!(raw.expect("PWD", 257).text().contains("\"/\""), "above the root is the root");
    assert_eq!(raw.fetch("NLST"), b"Movies\r\nIncoming\r\nOwn\r\n");
    raw.expect("RNFR Movies/Joker", 550);
    server.serves_others();
}

#[test]
fn no_symbolic_link_leads_out_of_a_grant() {
    let setup = Setup::usual().secret("Plans", b"secret").file("Hidden/Plans", b"secret");
    let (secret, home) = (setup.data().join("Plans"), setup.data());
    let server = setup
        .file("Own/inside", b"fine")
        .link("Own/near", Path::new("inside"))
        .link("Own/absolute", &secret)
        .link("Own/relative", Path::new("../../Plans"))
        .link("Own/sibling", Path::new("../Hidden/Plans"))
        .link("Own/out", &home)
        .link("Own/up", Path::new("../.."))
        .link("Own/chain", Path::new("up"))
        .link("Own/loop", Path::new("loop"))
        .link("Own/proc", Path::new("/proc/self/root"))
        .start();
    let mut raw = server.session();
    assert_same(&raw.retrieve("Own/near"), b"fine");
    for path in [
        "absolute",
        "relative",
        "sibling",
        "out/Plans",
        "up/Plans",
        "chain/Plans",
        "loop",
        "proc/etc/passwd",
    ] {
        let data = raw.passive();
        raw.refused(&format!("RETR Own/{path}"));
        drop(data);
        raw.refused(&format!("SIZE Own/{path}"));
    }
    for directory in ["out", "up", "chain", "proc"] {
        raw.refused(&format!("CWD Own/{directory}"));
        raw.refused(&format!("MKD Own/{directory}/new"));
        let data = raw.passive();
        raw.refused(&format!("STOR Own/{directory}/new"));
        drop(data);
        raw.expect("RNFR Own/inside", 350);
        raw.refused(&format!("RNTO Own/{directory}/inside"));
    }
    // An upload may replace the link itself, but never what it leads to.
    let mut data = raw.passive();
    raw.send("STOR Own/absolute");
    if raw.reply().code == 150 {
        data.write_all(b"changed").unwrap();
        data.shutdown(Shutdown::Write).unwrap();
        raw.reply();
    }
    assert_eq!(std::fs::metadata(&secret).unwrap().len(), 6);
    raw.expect("DELE Own/relative", 250);
    assert_eq!(std::fs::metadata(&secret).unwrap().len(), 6, "deleting a link deletes a link");
    assert!(!home.join("new").exists());
    server.serves_others();
}

#[test]
fn rights_are_kept_to() {
    let server = Setup::usual().file("Incoming/there", b"old").start();
    let mut raw = server.session();
    for line in ["DELE Movies/Joker", "MKD Movies/x", "RMD Movies", "RNFR Movies/Joker"] {
        raw.refused(line);
    }
    for line in ["STOR Movies/x", "APPE Movies/Joker", "STOR Incoming/there", "STOR x"] {
        let data = raw.passive();
        raw.refused(line);
        drop(data);
    }
    raw.refused("DELE Incoming/there");
    raw.store("Incoming/new", b"new");
    raw.expect("RNFR Incoming/new", 350);
    raw.refused("RNTO Incoming/there");
    assert_same(&server.content("Incoming/there"), b"old");
    assert_eq!(server.names("Incoming").len(), 2);
}

#[test]
fn a_line_without_end_is_refused_and_the_session_kept() {
    let server = TestServer::usual();
    for logged_in in [false, true] {
        let mut raw = Raw::connect(server.ftp);
        if logged_in {
            raw.login("user1", "1234");
        }
        for start in ["USER ", "RETR ", ""] {
            raw.write(start.as_bytes());
            raw.write(&vec![b'A'; 1 << 20]);
            raw.write(b"\r\n");
            raw.hear(500);
            raw.expect("NOOP", 200);
        }
    }
    server.serves_others();
}

#[test]
fn bytes_that_are_no_ftp_are_answered_or_dropped() {
    let server = Setup::usual().flag("--login-attempts", "3").start();
    let mut raw = server.session();
    for line in ["RETR a\0b", "STOR \0", "MKD Own/\0", "DELE \u{7f}\u{1}", "\0", "\0\0NOOP"] {
        raw.refused(line);
    }
    // A reply that names the file would not be UTF-8.
    raw.expect("EPSV ALL", 200);
    raw.write(b"RETR \xff\xff\xfe\xc3\x28\r\nMKD Own/a\rb\r\n\xff\xf4\xff\xf2\r\n");
    assert!(raw.reply().code >= 400, "no data connection");
    raw.send("NOOP");
    while raw.reply().code != 200 {}
    assert!(server.names("Own").is_empty());

    for seed in 0..30 {
        let mut sprayer = dial(None, server.ftp);
        // The server may close at any point of this: what can't be written need not be.
        let _ = sprayer.write_all(&noise(40_000, seed)).and_then(|()| sprayer.write_all(b"\r\n"));
        let _ = sprayer.shutdown(Shutdown::Write);
        drained(sprayer);
    }
    let mut http = Raw::connect(server.ftp);
    http.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    http.closed();
    server.serves_others();
}

#[test]
fn many_lines_at_once_are_answered_one_by_one() {
    let server = TestServer::usual();
    let mut raw = server.session();
    raw.write("NOOP\r\nPWD\r\n".repeat(5_000).as_bytes());
    for _ in 0..5_000 {
        raw.hear(200);
        raw.hear(257);
    }
    server.serves_others();
}

#[test]
fn a_strangers_data_connection_is_refused() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for address in [Raw::epsv, Raw::pasv] {
        let address = address(&mut raw);
        let stranger = dial(Some(Ipv4Addr::new(127, 0, 0, 2).into()), address);
        raw.send("RETR Movies/Joker");
        assert!(drained(stranger).is_empty(), "a stranger gets nothing");
        let mut data = dial(None, address);
        raw.hear(150);
        let mut got = Vec::new();
        data.read_to_end(&mut got).unwrap();
        assert_eq!(got, server.content("Movies/Joker"));
        raw.hear(226);
    }
    // Nor does a stranger put anything in.
    let address = raw.epsv();
    let mut stranger = dial(Some(Ipv4Addr::new(127, 0, 0, 2).into()), address);
    raw.send("STOR Own/gift");
    let _ = stranger.write_all(b"from a stranger");
    drained(stranger);
    let mut data = dial(None, address);
    raw.hear(150);
    data.write_all(b"mine").unwrap();
    drop(data);
    raw.hear(226);
    assert_same(&server.content("Own/gift"), b"mine");

    let mut elsewhere = Raw::connect_from(Ipv4Addr::new(127, 0, 0, 2), server.ftp);
    elsewhere.login("user1", "1234");
    assert_same(&elsewhere.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
}

#[test]
fn an_active_connection_goes_to_the_client_alone() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for line in [
        "PORT 127,0,0,2,200,10",
        "PORT 8,8,8,8,200,10",
        "PORT 127,0,0,1,0,80",
        "PORT 127,0,0,1,3,255",
        "PORT 0,0,0,0,200,10",
        "PORT 127,0,0,1,256,10",
        "PORT 127,0,0,1,200",
        "PORT",
        "EPRT |1|127.0.0.2|50000|",
        "EPRT |1|127.0.0.1|1023|",
        "EPRT |2|::1|50000|",
        "EPRT |3|127.0.0.1|50000|",
        "EPRT |1|127.0.0.1|66000|",
        "EPRT |||",
    ] {
        raw.refused(line);
    }
    let listener = raw.active();
    raw.send("RETR Movies/Joker");
    let (mut data, from) = listener.accept().unwrap();
    assert_eq!(from.ip(), Ipv4Addr::LOCALHOST);
    raw.hear(150);
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    raw.hear(226);
    assert_eq!(got, server.content("Movies/Joker"));
    server.serves_others();
}

#[test]
fn a_client_may_vanish_at_any_point() {
    let large = noise(16 << 20, 8);
    let server = Setup::usual()
        .flag("--data-timeout", "5")
        .file("Movies/large", &large)
        .file("Own/old", b"old")
        .start();
    let calm = at_rest(&server);
    for vanish in [drop as fn(Raw), Raw::reset] {
        vanish(Raw::silent(server.ftp));
        vanish(Raw::connect(server.ftp));
        let mut raw = Raw::connect(server.ftp);
        raw.write(b"USE");
        vanish(raw);
        let mut raw = Raw::connect(server.ftp);
        raw.expect("USER user1", 331);
        vanish(raw);
        let mut raw = server.session();
        raw.epsv();
        vanish(raw);
        let mut raw = server.session();
        let data = raw.passive();
        vanish(raw);
        drained(data);
        let mut raw = server.session();
        raw.epsv();
        raw.send("RETR Movies/large");
        vanish(raw);
        let mut raw = server.session();
        let data = raw.begin("RETR Movies/large");
        vanish(raw);
        drained(data);
        let mut raw = server.session();
        let mut data = raw.begin("RETR Movies/large");
        data.read_exact(&mut [0; 100_000]).unwrap();
        vanish(raw);
        drained(data);
        let mut raw = server.session();
        let listener = raw.active();
        raw.send("RETR Movies/large");
        vanish(raw);
        drop(listener);
        for written in [0, 1, 3_000_000] {
            let mut raw = server.session();
            let mut data = raw.begin("STOR Own/old");
            data.write_all(&large[..written]).unwrap();
            // As when a process dies: the data connection ends in order, and yet is no whole file.
            vanish(raw);
            drop(data);
        }
        server.serves_others();
    }
    server.settles_at(calm);
    assert_same(&server.content("Own/old"), b"old");
    nothing_else_is_left(&server);
}

/// Asserts that `Own` holds `old` and, at most, what uploads that broke off can go on with.
#[track_caller]
fn nothing_else_is_left(server: &TestServer) {
    let names = server.names("Own");
    let expected = |name: &String| name == "old" || name.starts_with(".coracle-part-of-");
    assert!(names.contains("old") && names.iter().all(expected), "{names:?}");
}

#[test]
fn a_data_connection_may_break_at_any_point() {
    let large = noise(16 << 20, 9);
    let server = Setup::usual().file("Movies/large", &large).file("Own/old", b"old").start();
    let calm = at_rest(&server);
    let mut raw = server.session();
    for breaks in [drop as fn(TcpStream), reset] {
        for read in [0, 1, 100_000] {
            let mut data = raw.begin("RETR Movies/large");
            data.read_exact(&mut vec![0; read]).unwrap();
            breaks(data);
            let reply = raw.reply();
            assert!((400..500).contains(&reply.code), "{:?}", reply.lines);
            raw.expect("NOOP", 200);
        }
        // A connection that comes and goes before the command.
        breaks(raw.passive());
        raw.send("RETR Movies/large");
        while raw.reply().code < 200 {}
        raw.expect("NOOP", 200);
        server.serves_others();
    }
    for written in [0, 1, 3_000_000] {
        for verb in ["STOR", "APPE"] {
            let mut data = raw.begin(&format!("{verb} Own/old"));
            data.write_all(&large[..written]).unwrap();
            reset(data);
            let reply = raw.reply();
            assert!((400..500).contains(&reply.code), "{:?}", reply.lines);
            assert_same(&raw.retrieve("Own/old"), b"old");
        }
        let mut data = raw.begin("STOR Own/new");
        data.write_all(&large[..written]).unwrap();
        reset(data);
        raw.reply();
        // A reset takes with it what had not been read yet.
        raw.send("SIZE Own/new");
        let size = raw.reply();
        let arrived = size.text().strip_prefix("213 ").and_then(|bytes| bytes.parse().ok());
        assert!(size.code == 550 || arrived <= Some(written), "{:?}", size.lines);
        nothing_else_is_left(&server);
    }
    assert_same(&raw.retrieve("Movies/large"), &large);
    raw.expect("QUIT", 221);
    raw.closed();
    server.settles_at(calm);
}

#[test]
fn a_transfer_can_be_watched_aborted_and_outlived() {
    let large = noise(32 << 20, 10);
    let server = Setup::usual().file("Movies/large", &large).file("Own/old", b"old").start();
    let calm = at_rest(&server);
    let mut raw = server.session();

    let data = raw.begin("RETR Movies/large");
    let status = raw.expect("STAT", 211);
    assert!(status.lines.len() > 1, "{:?}", status.lines);
    raw.send("ABOR");
    raw.hear(426);
    raw.hear(226);
    drained(data);

    // As RFC 959, section 4.1.3 would have it: Interrupt Process, and the Synch as urgent data.
    let mut data = raw.begin("STOR Own/old");
    data.write_all(&large[..500_000]).unwrap();
    raw.write(b"\xff\xf4\xff");
    raw.urgent(b"\xf2");
    raw.send("ABOR");
    raw.hear(426);
    raw.hear(226);
    drained(data);
    assert_same(&raw.retrieve("Own/old"), b"old");
    raw.expect("ABOR", 226);

    // QUIT lets the transfer end first.
    let mut data = raw.begin("RETR Movies/large");
    raw.send("QUIT");
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    assert_same(&got, &large);
    raw.hear(226);
    raw.hear(221);
    raw.closed();
    server.settles_at(calm);
    nothing_else_is_left(&server);
}

#[test]
fn who_keeps_others_waiting_is_let_go() {
    let hasty = Setup::usual().flag("--login-timeout", "1").start();
    let mut silent = Raw::connect(hasty.ftp);
    // Long enough for what is not silent, however busy the machine.
    let server = Setup::usual()
        .flag("--data-timeout", "3")
        .flag("--stall-timeout", "3")
        .file("Own/old", b"old")
        .start();
    let calm = at_rest(&server);
    let mut raw = server.session();
    raw.epsv();
    raw.send("RETR Movies/Joker");
    let reply = raw.reply();
    let reply = if reply.code == 150 { raw.reply() } else { reply };
    assert_eq!(reply.code, 425, "nobody came: {:?}", reply.lines);

    let mut data = raw.begin("STOR Own/old");
    data.write_all(b"half of it").unwrap();
    let reply = raw.reply();
    assert!((400..500).contains(&reply.code), "it stalls: {:?}", reply.lines);
    drained(data);
    assert_same(&raw.retrieve("Own/old"), b"old");
    nothing_else_is_left(&server);
    silent.hear(421);
    silent.closed();
    drop(raw);
    server.settles_at(calm);
}

#[test]
fn one_client_too_many_is_told_so() {
    let server = Setup::usual().flag("--max-clients", "2").start();
    let first = server.session();
    let mut second = server.session();
    let mut third = Raw::silent(server.ftp);
    third.hear(421);
    third.closed();
    second.expect("QUIT", 221);
    drop(second);
    until("there is room", || {}, || Raw::silent(server.ftp).reply().code == 220);
    drop(first);
}

#[test]
fn guessing_ends_with_the_connection() {
    let server = TestServer::usual();
    let mut raw = Raw::connect(server.ftp);
    raw.refused("RETR Movies/Joker");
    raw.refused("PASS 1234");
    for username in ["user1", "nobody", "user1"] {
        // A name that does not exist is asked for a password like any other.
        raw.expect(&format!("USER {username}"), 331);
        raw.send("PASS wrong");
        assert!(matches!(raw.reply().code, 421 | 530));
    }
    raw.closed();
    server.serves_others();
}

/// The server's open descriptors when nobody is there, and each way to transfer has been gone once:
/// what it keeps for the next transfer, it has by now.
#[track_caller]
fn at_rest(server: &TestServer) -> usize {
    let before = server.descriptors();
    let mut raw = server.session();
    raw.retrieve("Movies/Joker");
    raw.store("Own/passing", &noise(300_000, 14));
    raw.expect("DELE Own/passing", 250);
    let kept = server.descriptors() - 1;
    assert!(kept <= before + 8, "{before} descriptors have become {kept}");
    kept
}

/// Reads until the server closes, in whichever way; returns what came.
#[track_caller]
fn drained(mut stream: TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    match stream.read_to_end(&mut got) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server keeps the connection: {error}"),
    }
    got
}
