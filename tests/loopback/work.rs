//! Work on files beside transfers: SITE COMPRESS, HASH and their like, against Python's own gzip,
//! zlib and hashlib.

use std::fs;

use tempfile::TempDir;

use crate::support::{Raw, Setup, TestServer, assert_same, finish, noise, program, timed, until};

/// A file that takes a while: half of it can be compressed, half can't.
fn large(mebibytes: usize) -> Vec<u8> {
    let mut bytes = noise(mebibytes << 19, 31);
    bytes.resize(mebibytes << 20, b'.');
    bytes
}

/// The one in the middle.
fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The final reply to SITE COMPRESS, and how many words about its progress came before.
#[track_caller]
fn compressed(raw: &mut Raw) -> (String, usize) {
    for words in 0.. {
        let reply = raw.reply();
        match reply.code {
            150 => {}
            250 => return (reply.text().to_owned(), words),
            _ => panic!("{:?}", reply.lines),
        }
    }
    unreachable!("there is a final reply")
}

/// Waits until the directory holds these files and nothing hidden beside.
#[track_caller]
fn holds(server: &TestServer, directory: &str, names: &[&str]) {
    let mut other = server.session();
    until(
        "nothing is left of the work",
        || drop(other.expect("NOOP", 200)),
        || server.names(directory).into_iter().eq(names.iter().map(|name| (*name).to_owned())),
    );
}

#[test]
fn what_was_compressed_is_what_python_expands() {
    let server =
        Setup::usual().file("Own/empty", b"").file("Own/some", &noise(3_000_000, 1)).start();
    let mut raw = server.session();
    for (name, bytes) in [("empty", 0), ("some", 3_000_000)] {
        raw.send(&format!("SITE COMPRESS Own/{name}"));
        let (said, _) = compressed(&mut raw);
        let size = fs::metadata(server.path(&format!("Own/{name}.gz"))).unwrap().len();
        assert_eq!(said, format!("250 Own/{name}.gz: {size} bytes, from {bytes}."));
    }
    let script = "\
import gzip, sys
for name in sys.argv[1:]:
    assert gzip.open(name + '.gz').read() == open(name, 'rb').read(), name";
    let here = TempDir::new().unwrap();
    let [empty, some] = ["Own/empty", "Own/some"].map(|name| server.path(name));
    finish(program("python3", here.path()).args(["-c", script]).args([&empty, &some])).well();
    holds(&server, "Own", &["empty", "empty.gz", "some", "some.gz"]);
}

#[test]
fn others_are_served_while_one_compresses() {
    let content = large(64);
    let server =
        Setup::usual().file("Own/large", &content).file("Movies/Short", &noise(100_000, 2)).start();
    let wanted = server.content("Movies/Short");
    let mut raw = server.session();
    let mut others: Vec<Raw> = (0..8).map(|_| server.session()).collect();
    let mut round = || -> Vec<f64> {
        let served = others.iter_mut().map(|other| {
            let (got, secs) = timed(|| other.retrieve("Movies/Short"));
            assert_same(&got, &wanted);
            secs
        });
        served.collect()
    };
    let alone = middle((0..5).flat_map(|_| round()).collect());
    raw.send("SITE COMPRESS Own/large");
    let mut beside = Vec::new();
    while !server.path("Own/large.gz").exists() {
        beside.extend(round());
    }
    let (said, words) = compressed(&mut raw);
    let (rounds, beside) = (beside.len() / 8, middle(beside));
    println!(
        "64 MiB compressed beside {rounds} rounds of 8 downloads, {words} words; half of these \
         within {beside:.4} s, and within {alone:.4} s before"
    );
    assert!(rounds > 1, "nobody was served meanwhile");
    // A download takes a few passes, and each has one slice more. The bound is there for a slice that
    // has no end, and not for a machine that is slow.
    assert!(beside < alone * 50.0 + 0.25, "{beside:.4} s, and {alone:.4} s alone");
    assert!(said.contains(&format!("from {}.", content.len())), "{said}");
    let here = TempDir::new().unwrap();
    let script = "\
import gzip, sys
assert gzip.open(sys.argv[1] + '.gz').read() == open(sys.argv[1], 'rb').read()";
    let path = server.path("Own/large");
    finish(program("python3", here.path()).args(["-c", script]).arg(path)).well();
}

#[test]
fn a_crowd_that_compresses_waits_in_line() {
    const CROWD: usize = 40;
    let mut setup = Setup::usual();
    for who in 0..CROWD {
        setup = setup.file(&format!("Own/{who}"), &large(4));
    }
    let server = setup.start();
    let mut crowd: Vec<Raw> = (0..CROWD).map(|_| server.session()).collect();
    for (who, raw) in crowd.iter_mut().enumerate() {
        raw.send(&format!("SITE COMPRESS Own/{who}"));
    }
    // Some give up, whether they have begun or stand in line, and go on with something else.
    for who in [0, CROWD - 1, 3, CROWD - 4] {
        let raw = &mut crowd[who];
        raw.send("ABOR");
        // The first may have been done by then.
        let reply = raw.reply();
        assert!([150, 250, 426].contains(&reply.code), "{:?}", reply.lines);
        while raw.reply().code != 226 {}
        raw.expect(&format!("HASH Own/{who}"), 213);
        raw.expect("QUIT", 221);
    }
    let mut other = server.session();
    other.expect("HASH Own/7", 213);
    for (who, raw) in crowd.iter_mut().enumerate() {
        if ![0, CROWD - 1, 3, CROWD - 4].contains(&who) {
            assert!(compressed(raw).0.starts_with(&format!("250 Own/{who}.gz: ")));
            assert!(server.path(&format!("Own/{who}.gz")).exists());
        }
    }
}

#[test]
fn a_client_that_goes_leaves_nothing() {
    let server = Setup::usual().file("Own/large", &large(64)).start();
    for how in ["closes", "resets", "hangs up"] {
        let mut raw = server.session();
        raw.send("SITE COMPRESS Own/large");
        raw.expect("STAT", 211);
        assert_eq!(server.names("Own").len(), 2, "the hidden part stands");
        match how {
            "closes" => drop(raw),
            "resets" => raw.reset(),
            _ => raw.finish(),
        }
        holds(&server, "Own", &["large"]);
    }
    server.serves_others();
}

#[test]
fn abor_stops_it_and_the_session_goes_on() {
    let server = Setup::usual().file("Own/large", &large(64)).start();
    let mut raw = server.session();
    raw.send("SITE COMPRESS Own/large");
    let status = raw.expect("STAT", 211);
    assert!(status.lines.iter().any(|line| line.contains("/Own/large")), "{:?}", status.lines);
    raw.send("ABOR");
    raw.hear(426);
    raw.hear(226);
    assert_eq!(server.names("Own").len(), 1);
    raw.send("HASH Own/large");
    raw.send("ABOR");
    // It may have been quicker.
    let reply = raw.reply();
    assert!([213, 426].contains(&reply.code), "{:?}", reply.lines);
    raw.hear(226);
    raw.expect("NOOP", 200);
}

#[test]
fn a_server_that_stops_does_not_wait_for_it() {
    let mut server = Setup::usual().file("Own/large", &large(64)).start();
    let mut raw = server.session();
    raw.send("SITE COMPRESS Own/large");
    raw.expect("STAT", 211);
    server.stops_cleanly();
    assert_eq!(server.names("Own").len(), 1);
}

#[test]
fn digests_are_those_of_python() {
    let server = Setup::usual().file("Movies/noise", &noise(5_000_000, 9)).start();
    let here = TempDir::new().unwrap();
    let script = r"
import ftplib, hashlib, sys, zlib
host, port = sys.argv[1].split(':')
ftp = ftplib.FTP(timeout=120)
ftp.connect(host, int(port))
ftp.login('user1', '1234')
ftp.voidcmd('TYPE I')
whole = open(sys.argv[2], 'rb').read()
features = ftp.sendcmd('FEAT').split('\n')
assert ' HASH SHA-256*;CRC32' in features and ' XCRC' in features, features
sha = lambda part: hashlib.sha256(part).hexdigest()
crc = lambda part: '%08x' % zlib.crc32(part)
def is_hash(said, name, first, last, digest):
    assert said == f'213 {name} {first}-{last} {digest} Movies/noise', said
is_hash(ftp.sendcmd('HASH Movies/noise'), 'SHA-256', 0, len(whole) - 1, sha(whole))
assert ftp.sendcmd('RANG 1000 2999').startswith('350')
is_hash(ftp.sendcmd('HASH Movies/noise'), 'SHA-256', 1000, 2999, sha(whole[1000:3000]))
assert ftp.voidcmd('OPTS HASH CRC32') == '200 CRC32'
is_hash(ftp.sendcmd('HASH Movies/noise'), 'CRC32', 0, len(whole) - 1, crc(whole))
assert ftp.voidcmd('XCRC Movies/noise') == '250 ' + crc(whole)
assert ftp.voidcmd('XCRC Movies/noise 1000 3000') == '250 ' + crc(whole[1000:3000])
assert ftp.voidcmd('XSHA256 Movies/noise') == '250 ' + sha(whole)
ftp.quit()
";
    let path = server.path("Movies/noise");
    finish(
        program("python3", here.path()).args(["-c", script]).arg(server.ftp.to_string()).arg(path),
    )
    .well();
}
