//! A full disk: a small file system of its own, which the server alone sees mounted.

use std::fs;
use std::io::Write;
use std::net::Shutdown;
use std::path::Path;

use crate::support::{Raw, Setup, TestServer, assert_same, finish, noise, program};

/// A server whose `Own` is a tmpfs with these options, in a mount namespace of its own: it goes with
/// the server. Whoever is not root has a user namespace for that as well.
fn on_small_disk(setup: Setup, options: &str) -> TestServer {
    let own = setup.data().join("files/Own");
    let namespace = if rustix::process::geteuid().is_root() { "-m" } else { "-rm" };
    let script = "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && shift 2 && exec \"$@\"";
    let unshare = program("unshare", Path::new("/")).get_program().to_owned();
    let own = own.to_str().expect("a temporary directory has a plain name").to_owned();
    let rest = [namespace, "sh", "-c", script, "sh", options, &own];
    let mut command = vec![unshare];
    command.extend(rest.map(Into::into));
    setup.wrapped(command).start()
}

/// Uploads, whatever comes of it. Returns the code.
fn upload(raw: &mut Raw, line: &str, content: &[u8]) -> u16 {
    let mut data = raw.begin(line);
    // The server closes it when the disk is full.
    let _ = data.write_all(content).and_then(|()| data.shutdown(Shutdown::Write));
    raw.reply().code
}

/// All names in `Own`, hidden ones as well, as the server sees them.
fn names(server: &TestServer) -> Vec<String> {
    let entries = fs::read_dir(server.inside("Own")).expect("the server runs");
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_full_disk_is_said_so_and_takes_nothing_away() {
    for durable in [false, true] {
        let setup = Setup::usual().file("Movies/large", &noise(6 << 20, 3));
        let setup = if durable { setup.switch("--durable") } else { setup };
        let server = on_small_disk(setup, "size=4m");
        let mut raw = server.session();
        let old = noise(300_000, 1);
        raw.store("Own/old", &old);

        // One that has its place already goes on, while another finds the disk full.
        let mut other = server.session();
        let mut slow = other.begin("STOR Own/slow");
        slow.write_all(&noise(100_000, 2)).unwrap();
        assert_eq!(upload(&mut raw, "STOR Own/old", &noise(8 << 20, 4)), 452);
        slow.write_all(&noise(100_000, 5)).unwrap();
        slow.shutdown(Shutdown::Write).unwrap();
        other.hear(226);
        assert_same(&other.retrieve("Own/slow"), &[noise(100_000, 2), noise(100_000, 5)].concat());
        assert_eq!(names(&server), ["old", "slow"], "the part is removed");
        assert_same(&raw.retrieve("Own/old"), &old);

        // Full to the brim: nothing new finds room, everything that is there is served.
        let mut filled = raw.begin("STOR Own/brim");
        let mut rest = fill(&server);
        rest -= rest % 4096;
        filled.write_all(&noise(rest, 6)).unwrap();
        filled.shutdown(Shutdown::Write).unwrap();
        raw.hear(226);
        for line in ["STOR Own/new", "STOR Own/old", "APPE Own/old"] {
            assert_eq!(upload(&mut raw, line, &noise(200_000, 7)), 452, "{line}");
        }
        raw.expect("CWD Own", 250);
        assert_eq!(upload(&mut raw, "STOU", &noise(200_000, 8)), 452);
        raw.expect("CWD /", 250);
        let packed = raw.ask("SITE COMPRESS Own/old");
        assert_eq!(packed.code, 452, "{:?}", packed.lines);
        assert_eq!(names(&server), ["brim", "old", "slow"]);
        assert_same(&raw.retrieve("Own/old"), &old);
        assert_same(&other.retrieve("Movies/large"), &server.content("Movies/large"));

        // And when there is room again, it is used.
        raw.expect("DELE Own/brim", 250);
        raw.store("Own/old", b"new");
        assert_same(&raw.retrieve("Own/old"), b"new");
    }
}

/// Bytes that are free on the small disk.
fn fill(server: &TestServer) -> usize {
    let reply = server.session().expect("AVBL Own", 213);
    reply.text()[4..].parse().expect("a number of bytes")
}

#[test]
fn a_disk_without_inodes_is_said_so_and_takes_nothing_away() {
    let server = on_small_disk(Setup::usual(), "size=8m,nr_inodes=20");
    let mut raw = server.session();
    raw.store("Own/old", b"old");
    let mut made = 0;
    let refused = loop {
        let reply = raw.ask(&format!("MKD Own/d{made:02}"));
        if reply.code != 257 {
            break reply;
        }
        made += 1;
    };
    assert_eq!(refused.code, 452, "{:?}", refused.lines);
    for line in ["STOR Own/new", "STOR Own/old", "APPE Own/old"] {
        let _data = raw.passive();
        let reply = raw.ask(line);
        assert_eq!(reply.code, 452, "{line}: {:?}", reply.lines);
    }
    assert_eq!(raw.ask("SITE COMPRESS Own/old").code, 452);
    assert_same(&raw.retrieve("Own/old"), b"old");
    raw.expect("RMD Own/d00", 250);
    raw.store("Own/old", b"new");
    assert_same(&raw.retrieve("Own/old"), b"new");
    assert_eq!(names(&server).len(), made, "nothing hidden is left");
}

#[test]
fn an_upload_that_goes_on_and_finds_the_disk_full_leaves_nothing() {
    let server = on_small_disk(Setup::usual(), "size=2m");
    let mut raw = server.session();
    for line in ["STOR Own/new", "APPE Own/new"] {
        server.cut_upload("Own/new", &noise(500_000, 11));
        assert_eq!(raw.expect("SIZE Own/new", 213).text(), "213 500000");
        if line.starts_with("STOR") {
            raw.expect("REST 500000", 350);
        }
        assert_eq!(upload(&mut raw, line, &noise(4 << 20, 12)), 452, "{line}");
        assert!(names(&server).is_empty(), "{line}");
        raw.expect("SIZE Own/new", 550);
    }
    // What is kept of an old file needs its room a second time.
    let old = noise(1_200_000, 13);
    raw.store("Own/old", &old);
    raw.expect("REST 1100000", 350);
    assert_eq!(upload(&mut raw, "STOR Own/old", b"more"), 452);
    assert_eq!(upload(&mut raw, "APPE Own/old", b"more"), 452);
    assert_eq!(names(&server), ["old"]);
    assert_same(&raw.retrieve("Own/old"), &old);
}

/// The kernel ends a process that makes a file larger than it may, unless that process has said that
/// it would rather be told.
#[test]
fn a_file_that_grows_too_large_is_said_so_and_ends_nobody() {
    for switch in ["--durable", "--mode-z"] {
        // The number is of half a kilobyte or of a whole one, as the shell likes.
        let script = "ulimit -f 1000 && exec \"$@\"";
        let setup = Setup::usual().file("Own/old", b"old").switch(switch);
        let server = setup.wrapped(["sh", "-c", script, "sh"]).start();
        let mut raw = server.session();
        for line in ["STOR Own/old", "APPE Own/old", "STOR Own/new"] {
            assert_eq!(upload(&mut raw, line, &noise(3 << 20, 14)), 552, "{line}");
        }
        raw.expect("TYPE A", 200);
        assert_eq!(upload(&mut raw, "STOR Own/new", &noise(3 << 20, 15)), 552);
        raw.expect("TYPE I", 200);
        assert_same(&raw.retrieve("Own/old"), b"old");
        assert_eq!(server.names("Own").len(), 1);
        raw.store("Own/new", b"small enough");
        server.serves_others();
    }
}

#[test]
fn a_disk_that_can_only_be_read_refuses_and_serves() {
    let server = on_small_disk(Setup::usual(), "size=4m");
    let mut raw = server.session();
    raw.store("Own/old", b"old");
    raw.expect("MKD Own/here", 257);
    remount(&server, "ro");
    for line in ["MKD Own/new", "DELE Own/old", "RMD Own/here", "SITE CHMOD 600 Own/old"] {
        raw.expect(line, 550);
    }
    raw.expect("MFMT 20010203040506 Own/old", 550);
    raw.expect("SITE COMPRESS Own/old", 550);
    raw.expect("RNFR Own/old", 350);
    raw.expect("RNTO Own/new", 553);
    let data = raw.passive();
    for (line, code) in [("STOR Own/new", 553), ("STOR Own/old", 553), ("APPE Own/old", 550)] {
        raw.expect(line, code);
    }
    drop(data);
    assert_same(&raw.retrieve("Own/old"), b"old");
    remount(&server, "rw");
    raw.store("Own/old", b"new");
    assert_eq!(names(&server), ["here", "old"]);
}

/// Mounts the small disk anew, in the server's own namespaces.
fn remount(server: &TestServer, option: &str) {
    let mut command = program("nsenter", Path::new("/"));
    command.arg("-t").arg(server.pid().to_string()).arg("-m");
    if !rustix::process::geteuid().is_root() {
        command.args(["-U", "--preserve-credentials"]);
    }
    let own = server.path("Own");
    finish(command.args(["mount", "-o", &format!("remount,{option}")]).arg(own)).well();
}
