//! Bytes that would pass for other bytes: names that hold the ends of lines, commands in the body of
//! a browser's request, and sessions that would inherit from one another.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;

use crate::support::{Setup, TestServer, dial};

/// A name that a line of its own follows, in each way that a client may break lines in.
const FORGED: [&[u8]; 8] = [
    b"a\r\n226 Done",
    b"a\n226 Done",
    b"a\r226 Done",
    b"a\0b",
    b"a\r\0b",
    b"a\xff\xf4\xff\xf2ABOR",
    b"type=dir; b\n",
    b"-rw-r--r-- 1 ftp ftp 5 Jan 01 2025 b\r\n",
];

/// Whoever writes into the tree beside the server may call a file what Linux lets it.
#[test]
fn no_name_on_the_disk_writes_a_line_of_its_own() {
    let server = Setup::usual().file("Own/honest", b"fine").start();
    for name in FORGED.iter().filter(|name| !name.contains(&0)) {
        fs::write(server.path("Own").join(OsStr::from_bytes(name)), b"x").unwrap();
    }
    fs::create_dir(server.path("Own").join(OsStr::from_bytes(b"d\r\n226 Done"))).unwrap();
    let mut raw = server.session();
    for command in ["LIST Own", "NLST Own", "MLSD Own", "NLST Own/*", "LIST Own/*b*"] {
        let listed = raw.fetch(command);
        for line in listed.split_inclusive(|byte| *byte == b'\n') {
            assert!(line.ends_with(b"\r\n"), "{command}: {}", line.escape_ascii());
            let inside = &line[..line.len() - 2];
            let plain = !inside.iter().any(|byte| b"\r\n\0".contains(byte));
            // The Telnet name has no end of a line in it, and is listed.
            let expected = inside.ends_with(b"honest") || inside.ends_with(FORGED[5]);
            assert!(plain && expected, "{command}: {}", line.escape_ascii());
        }
    }
    server.serves_others();
}

#[test]
fn no_name_in_a_command_writes_a_line_of_its_own() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for verb in
        [&b"MKD Own/"[..], b"CWD ", b"RNFR ", b"SIZE ", b"MLST ", b"STAT ", b"SITE CHMOD 600 "]
    {
        // All that no framer takes for an end of the line: a NUL, a lone CR, Telnet.
        for name in [&b"a\x00226 Done"[..], b"a\r226 Done", b"a\r\x00226 Done", b"\x1b[2K226 Done"]
        {
            raw.write(&[verb, name, b"\r\n"].concat());
            let reply = raw.reply();
            let forged = reply.lines.iter().any(|line| line.starts_with("226"));
            assert!(!forged, "{} {}: {reply:?}", verb.escape_ascii(), name.escape_ascii());
            // One command, one reply: else the next would be taken for this one's.
            raw.expect("NOOP", 200);
        }
    }
    // What a client may call a thing comes back to others as it was, or not at all.
    let made = server.names("Own");
    let breaks = |name: &String| name.contains(['\r', '\n', '\0']);
    assert!(!made.iter().any(breaks), "{made:?}");
    for name in made {
        assert!(server.path("Own").join(&name).is_dir(), "{name:?}");
    }
}

/// A page has its visitor's browser post a form to us, with commands in its body.
#[test]
fn no_command_in_a_browsers_request_is_carried_out() {
    let server = TestServer::usual();
    for (address, body) in [
        (server.ftp, "USER user1\r\nPASS 1234\r\nMKD Own/x\r\nDELE Movies/Joker\r\n"),
        (
            server.guided,
            "LOGIN\r\nuser1\r\n1234\r\nSHOW DIRECTORIES\r\nDOWNLOAD FILE\r\nMovies/Joker\r\n",
        ),
    ] {
        for method in ["POST", "PUT", "OPTIONS", "GET"] {
            let mut browser = dial(None, address);
            let request = format!(
                "{method} / HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            // It may be closed before all of it is written.
            let _ = browser.write_all(request.as_bytes());
            let mut said = Vec::new();
            let _ = browser.read_to_end(&mut said);
            let said = String::from_utf8_lossy(&said).into_owned();
            assert!(!said.contains("331") && !said.contains("username"), "{method}: {said}");
            assert!(!said.contains("Movies") && !said.contains("so small"), "{method}: {said}");
        }
    }
    assert!(server.names("Own").is_empty());
    server.serves_others();
}

/// What one user was granted, and where it was, is nothing to the next on the same connection.
#[test]
fn a_second_login_inherits_nothing_of_the_first() {
    let server = Setup::usual()
        .client("user2", "4321")
        .grant("user2", "Other", "r")
        .file("Own/private", b"mine")
        .start();
    for again in ["REIN", "NOOP"] {
        let mut raw = server.session();
        raw.expect("CWD Own", 250);
        raw.expect("RNFR private", 350);
        raw.epsv();
        assert!(matches!(raw.ask(again).code, 200 | 220));
        raw.login("user2", "4321");
        raw.refused("RNTO Other/private");
        assert!(raw.expect("PWD", 257).text().contains("\"/\""), "{again}");
        raw.refused("SIZE private");
        raw.refused("SIZE /Own/private");
        assert_eq!(raw.fetch("NLST"), b"Other\r\n", "{again}");
    }
    let mut raw = server.session();
    raw.expect("USER user2", 331);
    raw.refused("SIZE Own/private");
    raw.refused("PASS wrong");
    raw.refused("SIZE Own/private");
    assert!(server.names("Own").contains("private"));
}

/// A pattern that a matcher could be busy with for as long as the universe lasts.
#[test]
fn a_glob_bomb_is_no_pattern_or_a_short_one() {
    let mut setup = Setup::usual();
    for number in 0..200 {
        let name = format!("Movies/{}{number:03}", "a".repeat(240));
        setup = setup.file(&name, b"");
    }
    let server = setup.start();
    let mut raw = server.session();
    let at_most = format!("{}*z", "*a".repeat(15));
    for (bomb, is_pattern) in [
        (at_most, true),
        ("*a".repeat(120), false),
        ("*a".repeat(17), false),
        (format!("*{}", "[a-z]".repeat(10)), false),
        ("?*".repeat(17), false),
    ] {
        for verb in ["NLST", "LIST"] {
            let data = raw.passive();
            let reply = raw.ask(&format!("{verb} Movies/{bomb}"));
            // What is no pattern names a file, and there is none.
            assert_eq!(reply.code, if is_pattern { 150 } else { 550 }, "{bomb}: {reply:?}");
            drop(data);
            if is_pattern {
                raw.reply();
            }
        }
        server.serves_others();
    }
    assert_eq!(raw.fetch("NLST Movies/*a*a*a00[1-3]").split(|byte| *byte == b'\n').count(), 4);
}
