//! What trips servers, over real sockets: text cut anywhere, odd names, ABOR and QUIT at any time,
//! lines in single bytes, times at their edges, and what is large or many.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::support::{Raw, Setup, TestServer, assert_same, noise, timed};

/// Every sort of line end, and CRs that belong to none.
const LINES: &[u8] = b"one\r\ntwo\nbare\rCR\r\r\n\r\n\n\r";

/// What TYPE A makes of a file on its way to the client.
fn as_text(file: &[u8]) -> Vec<u8> {
    let mut behind_cr = false;
    let mut text = Vec::new();
    for &byte in file {
        if byte == b'\n' && !behind_cr {
            text.push(b'\r');
        }
        text.push(byte);
        behind_cr = byte == b'\r';
    }
    text
}

#[test]
fn an_uploaded_text_may_be_cut_anywhere() {
    let server = TestServer::usual();
    let mut raw = server.session();
    raw.expect("TYPE A", 200);
    for cut in 0..=LINES.len() {
        let mut data = raw.begin("STOR Own/text");
        data.set_nodelay(true).unwrap();
        let (head, tail) = LINES.split_at(cut);
        data.write_all(head).unwrap();
        // The first half has been read when it is counted.
        let arrived = format!(": {cut} bytes so far");
        while !raw.expect("STAT", 211).lines.iter().any(|line| line.ends_with(&arrived)) {}
        data.write_all(tail).unwrap();
        data.shutdown(Shutdown::Write).unwrap();
        raw.hear(226);
        assert_eq!(server.content("Own/text"), b"one\ntwo\nbare\rCR\r\n\n\n\r", "cut at {cut}");
    }
}

#[test]
fn a_downloaded_text_may_end_its_lines_anywhere() {
    // Line ends around every multiple of what is read at once, whatever power of two that is.
    for chunk in ["256", "65536"] {
        let mut file = vec![b'.'; 300_000];
        for (index, edge) in (1..=file.len() / 256 - 1).map(|edge| edge * 256).enumerate() {
            let start = edge - LINES.len() + index % (LINES.len() + 1);
            file[start..start + LINES.len()].copy_from_slice(LINES);
        }
        let server = Setup::usual().flag("--chunk-size", chunk).file("Movies/text", &file).start();
        let mut raw = server.session();
        raw.expect("TYPE A", 200);
        assert_same(&raw.retrieve("Movies/text"), &as_text(&file));
    }
}

#[test]
fn names_may_be_odd() {
    let server = TestServer::usual();
    let mut raw = server.session();
    raw.expect("CWD Own", 250);
    for name in [
        "\"",
        "a\"\"b",
        " ",
        " both ",
        "-la",
        "--",
        "-",
        "été",
        "日本",
        "*",
        "a[1]",
        "?",
        "\\",
        "%0d%0a",
        "~",
        "...",
        "a;b=c",
        "a\tb",
        "226 done",
        "\u{feff}x",
    ] {
        let quoted = format!("\"/Own/{}\"", name.replace('"', "\"\""));
        assert!(raw.expect(&format!("MKD {name}"), 257).text().contains(&quoted), "{name:?}");
        raw.expect(&format!("CWD {name}"), 250);
        assert!(raw.expect("PWD", 257).text().contains(&quoted), "{name:?}");
        raw.store(name, name.as_bytes());
        assert_same(&raw.retrieve(name), name.as_bytes());
        raw.expect(&format!("SIZE {name}"), 213);
        assert_eq!(raw.fetch("NLST"), format!("{name}\r\n").as_bytes());
        let listed = raw.fetch("LIST");
        assert!(listed.ends_with(format!(" {name}\r\n").as_bytes()), "{name:?}");
        let facts = raw.fetch("MLSD");
        assert!(facts.ends_with(format!("; {name}\r\n").as_bytes()), "{name:?}");
        let told = raw.expect(&format!("MLST {name}"), 250);
        assert!(told.lines[1].ends_with(&format!("; /Own/{name}/{name}")), "{:?}", told.lines);
        raw.expect(&format!("RNFR {name}"), 350);
        raw.expect(&format!("RNTO ../{name}.moved"), 250);
        raw.expect("CDUP", 250);
        raw.expect(&format!("DELE {name}.moved"), 250);
        raw.expect(&format!("RMD {name}"), 250);
    }
    // The byte 255 is doubled on the control connection, and there alone.
    raw.write(b"MKD a\xff\xffb\r\n");
    raw.hear_bytes(b"257 \"/Own/a\xff\xffb\" has been made.\r\n");
    assert_eq!(raw.fetch("NLST"), b"a\xffb\r\n");
    raw.write(b"RMD a\xff\xffb\r\n");
    raw.hear_bytes(b"250 'a\xff\xffb': the directory has been removed.\r\n");
    for name in [&b"a\rb"[..], b"a\r\0b", b"a\0b"] {
        raw.write(&[b"MKD ", name, b"\r\n"].concat());
        raw.hear(501);
    }
    assert!(server.names("Own").is_empty());
}

#[test]
fn telnet_options_are_refused() {
    let server = TestServer::usual();
    let mut raw = server.session();
    // WILL ECHO, DO 3, and the answers that a peer would give to refusals.
    raw.write(b"NO\xff\xfb\x01OP\xff\xfd\x03\xff\xfc\x01\xff\xfe\x03\r\n");
    raw.hear_bytes(b"\xff\xfe\x01\xff\xfc\x03200 OK.\r\n");
    raw.expect("NOOP", 200);
}

#[test]
fn lines_may_come_in_single_bytes() {
    let server = TestServer::usual();
    let mut raw = Raw::connect(server.ftp);
    raw.without_delay();
    for (line, code) in [
        ("USER user1", 331),
        ("PASS 1234", 230),
        ("TYPE I", 200),
        ("SIZE Movies/Joker", 213),
        ("MKD Own/a b", 257),
        ("XYZZY", 500),
    ] {
        for byte in line.bytes().chain(*b"\r\n") {
            raw.write(&[byte]);
        }
        raw.hear(code);
    }
    let data = raw.passive();
    for byte in *b"\xff\xf4\xff\xf2RETR Movies/Joker\r\n" {
        raw.write(&[byte]);
    }
    raw.hear(150);
    assert_same(&read(data), &server.content("Movies/Joker"));
    raw.hear(226);
}

#[test]
fn a_port_may_be_asked_for_over_and_over_and_never_used() {
    let server = TestServer::usual();
    for _ in 0..10 {
        let mut raw = server.session();
        for _ in 0..20 {
            raw.expect("PASV", 227);
            raw.expect("EPSV", 229);
        }
        // It comes from a port that was owed to others, and is nobody else's connection.
        let mut data = raw.begin("RETR Movies/Joker");
        let mut content = Vec::new();
        data.read_to_end(&mut content).unwrap();
        assert_same(&content, &server.content("Movies/Joker"));
        raw.hear(226);
    }
}

#[test]
fn hundreds_of_lines_wait_behind_a_transfer() {
    let large = noise(24 << 20, 41);
    let server = Setup::usual().file("Movies/large", &large).start();
    let mut raw = server.session();
    let data = raw.begin("RETR Movies/large");
    raw.write("PWD\r\nNOOP\r\nSIZE Movies/large\r\nXYZZY\r\n".repeat(200).as_bytes());
    assert_same(&read(data), &large);
    raw.hear(226);
    for _ in 0..200 {
        for code in [257, 200, 213, 500] {
            raw.hear(code);
        }
    }
}

#[test]
fn abor_comes_before_during_and_after_plain_and_urgent() {
    let large = noise(24 << 20, 42);
    let server = Setup::usual().file("Movies/large", &large).file("Own/old", b"old").start();
    let mut raw = server.session();
    let plain = |raw: &mut Raw| raw.send("ABOR");
    let synch = |raw: &mut Raw| raw.write(b"\xff\xf4\xff\xf2ABOR\r\n");
    let urgent = |raw: &mut Raw| {
        raw.write(b"\xff\xf4\xff");
        raw.urgent(b"\xf2");
        raw.send("ABOR");
    };
    // As Python's ftplib has it: the line end is the urgent byte, and is not lost for that.
    let whole = |raw: &mut Raw| raw.urgent(b"ABOR\r\n");
    for abort in [plain as fn(&mut Raw), synch, urgent] {
        // Before: nothing, a port that nobody came to, a connection that nobody used.
        abort(&mut raw);
        raw.hear(226);
        raw.epsv();
        abort(&mut raw);
        raw.hear(226);
        let data = raw.passive();
        abort(&mut raw);
        raw.hear(226);
        assert!(read(data).is_empty());
        // What PORT named is a parameter, and stays.
        let listener = raw.active();
        abort(&mut raw);
        raw.hear(226);
        raw.expect("RETR Movies/Joker", 150);
        assert!(!read(listener.accept().unwrap().0).is_empty());
        raw.hear(226);
        // Behind the 150, with nobody there.
        raw.epsv();
        raw.send("RETR Movies/large");
        abort(&mut raw);
        let codes: Vec<u16> = std::iter::from_fn(|| raw.answer()).take(3).collect();
        assert!(codes == [150, 426, 226], "{codes:?}");
        // During.
        let mut data = raw.begin("RETR Movies/large");
        data.read_exact(&mut [0; 70_000]).unwrap();
        abort(&mut raw);
        raw.hear(426);
        raw.hear(226);
        drop(data);
        let mut data = raw.begin("STOR Own/old");
        data.write_all(&large[..200_000]).unwrap();
        abort(&mut raw);
        raw.hear(426);
        raw.hear(226);
        drop(data);
        // After.
        assert_same(&raw.retrieve("Own/old"), b"old");
        abort(&mut raw);
        raw.hear(226);
        raw.expect("NOOP", 200);
    }
    let data = raw.begin("RETR Movies/large");
    whole(&mut raw);
    raw.hear(426);
    raw.hear(226);
    drop(data);
    raw.expect("NOOP", 200);
}

#[test]
fn quit_waits_for_an_upload() {
    let server = TestServer::usual();
    let mut raw = server.session();
    let mut data = raw.begin("STOR Own/new");
    data.write_all(b"before ").unwrap();
    raw.send("QUIT");
    // It has been heard when this is answered.
    raw.expect("STAT", 211);
    data.write_all(b"and after").unwrap();
    data.shutdown(Shutdown::Write).unwrap();
    raw.hear(226);
    raw.hear(221);
    raw.closed();
    assert_same(&server.content("Own/new"), b"before and after");
}

#[test]
fn times_at_their_edges() {
    let server = Setup::usual().file("Own/f", b"f").start();
    let mut raw = server.session();
    for stamp in [
        "19700101000000",
        "19691231235959",
        "19020101000000",
        "19991231235959",
        "20000229120000",
        "20240229235959",
        "20380119031407",
        "20380119031408",
        "21000228235959",
    ] {
        raw.expect(&format!("MFMT {stamp} Own/f"), 213);
        assert_eq!(raw.expect("MDTM Own/f", 213).text(), format!("213 {stamp}"));
        let facts = &raw.expect("MLST Own/f", 250).lines[1];
        assert!(facts.contains(&format!("modify={stamp};")), "{facts}");
        let listed = String::from_utf8(raw.fetch("LIST Own")).unwrap();
        assert!(listed.ends_with(&format!("  {} f\r\n", &stamp[..4])), "{listed}");
    }
    // A leap second is the one before it, and a fraction is dropped.
    for (stamp, kept) in
        [("20161231235960", "20161231235959"), ("20200101000000.999", "20200101000000")]
    {
        raw.expect(&format!("MFMT {stamp} Own/f"), 213);
        assert_eq!(raw.expect("MDTM Own/f", 213).text(), format!("213 {kept}"));
    }
    for stamp in [
        "20230229000000",
        "20210431000000",
        "20210001000000",
        "20211301000000",
        "20210100000000",
        "20210101240000",
        "20210101006000",
        "20210101000061",
        "2021010100000",
        "202101010000000",
        "20210101000000.",
        "2021010100000a",
        "-2021010100000",
        "",
    ] {
        raw.expect(&format!("MFMT {stamp} Own/f"), 501);
    }
    assert_eq!(raw.expect("MDTM Own/f", 213).text(), "213 20200101000000");
}

#[test]
fn files_beyond_4_gib() {
    const EDGE: u64 = 1 << 32;
    let server = TestServer::usual();
    let tail = noise(3000, 43);
    let mut file = File::create(server.path("Own/huge")).unwrap();
    file.set_len(EDGE - 1000).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).unwrap();
    file.write_all(&tail).unwrap();
    drop(file);
    let size = EDGE + 2000;
    let mut raw = server.session();
    assert_eq!(raw.expect("SIZE Own/huge", 213).text(), format!("213 {size}"));
    assert!(raw.expect("MLST Own/huge", 250).lines[1].contains(&format!("size={size};")));
    let listed = String::from_utf8(raw.fetch("LIST Own")).unwrap();
    assert!(listed.contains(&format!(" {size} ")), "{listed}");
    for back in [0, 1, 1999, 2000, 2001, 3000] {
        raw.expect(&format!("REST {}", size - back), 350);
        let wanted = &tail[tail.len() - usize::try_from(back).unwrap()..];
        assert_same(&raw.retrieve("Own/huge"), wanted);
    }
    raw.expect(&format!("REST {}", size + 1), 350);
    raw.epsv();
    raw.expect("RETR Own/huge", 554);
    raw.expect("ABOR", 226);
    // An upload that broke off behind the edge goes on there.
    server.cut_upload("Own/new", b"x");
    let hidden = server.path("Own/.coracle-part-of-new");
    File::options().write(true).open(hidden).unwrap().set_len(EDGE + 7).unwrap();
    assert_eq!(raw.expect("SIZE Own/new", 213).text(), format!("213 {}", EDGE + 7));
    raw.expect(&format!("REST {}", EDGE + 7), 350);
    raw.store("Own/new", &tail);
    assert_eq!(raw.expect("SIZE Own/new", 213).text(), format!("213 {}", EDGE + 3007));
    raw.expect(&format!("REST {}", EDGE + 7), 350);
    assert_same(&raw.retrieve("Own/new"), &tail);
}

/// Entries of a large directory.
const ENTRIES: usize = 100_000;

/// KiB that a listing of it may take while it is sent: a window of names, sorted, and what is on the
/// way.
const LISTING_KIB: u64 = 4 << 10;

#[test]
fn a_directory_of_100_000_entries_is_listed_in_bounded_memory() {
    let server = TestServer::usual();
    let directory = server.path("Movies/many");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("file-000000"), b"").unwrap();
    for number in 1..ENTRIES {
        // Links cost no inode each.
        let names =
            [number / 30_000 * 30_000, number].map(|n| directory.join(format!("file-{n:06}")));
        if number % 30_000 == 0 {
            std::fs::write(&names[1], b"").unwrap();
        } else {
            std::fs::hard_link(&names[0], &names[1]).unwrap();
        }
    }
    let mut raw = server.session();
    raw.fetch("LIST Movies");
    let before = server.resident_peak_kib();
    for verb in ["NLST", "LIST", "MLSD"] {
        let (listed, secs) = timed(|| raw.fetch(&format!("{verb} Movies/many")));
        assert_eq!(listed.iter().filter(|byte| **byte == b'\n').count(), ENTRIES);
        assert!(listed.ends_with(b"file-099999\r\n"), "{verb} is sorted");
        let grown = server.resident_peak_kib() - before;
        println!(
            "{verb}: {} bytes in {secs:.2} s; the peak has grown by {grown} KiB",
            listed.len()
        );
        assert!(grown < LISTING_KIB, "{verb} took {grown} KiB");
    }
}

/// Transfers on one session.
const TRANSFERS: usize = 10_000;

#[test]
fn ten_thousand_transfers_on_one_session() {
    let server = TestServer::usual();
    let mut raw = server.session();
    let wanted = server.content("Movies/Joker");
    let both = |raw: &mut Raw| {
        assert_eq!(raw.retrieve("Movies/Joker"), wanted);
        raw.store("Own/new", &wanted);
    };
    (0..50).for_each(|_| both(&mut raw));
    let (descriptors, before) = (server.descriptors(), server.resident_kib());
    let ((), secs) = timed(|| (0..TRANSFERS / 2).for_each(|_| both(&mut raw)));
    let grown = server.resident_kib().saturating_sub(before);
    println!("{TRANSFERS} transfers in {secs:.1} s; the server has grown by {grown} KiB");
    assert!(grown < 1024, "{grown} KiB");
    assert!(server.descriptors() <= descriptors + 1);
    assert_eq!(server.names("Own").len(), 1);
}

/// All that comes until the end.
#[track_caller]
fn read(mut data: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).expect("an orderly end");
    bytes
}
