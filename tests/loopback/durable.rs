//! `--durable` and kill -9: what is acknowledged is there and whole, and nothing half stands under a
//! final name.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::support::{GUARD, Setup, TestServer, assert_same, noise, program, until};

/// A server under strace, which writes the calls that `226` rests on to a file of its own.
fn traced(setup: Setup) -> TestServer {
    // As a grandchild, so that the process that was started is the server itself.
    let calls =
        "trace=fsync,fdatasync,syncfs,renameat,renameat2,unlinkat,sendto,write,writev,sendmsg";
    let mut strace: Vec<OsString> =
        vec![program("strace", Path::new("/")).get_program().to_owned()];
    strace.extend(["-D", "-f", "-y", "-s", "200", "-e", calls, "-o"].map(OsString::from));
    strace.push(setup.beside("calls").into());
    setup.wrapped(strace).start()
}

/// One call: which process made it, from the line where it begins to the line where it has ended.
struct Call {
    text: String,
    begun: usize,
    ended: usize,
}

/// The calls so far, as far as they have ended.
fn calls(server: &TestServer) -> Vec<Call> {
    let trace = fs::read_to_string(server.beside("calls")).unwrap_or_default();
    let mut open: HashMap<String, (String, usize)> = HashMap::new();
    let mut calls = Vec::new();
    for (ended, line) in trace.lines().enumerate() {
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        let (thread, call) = (thread.to_owned(), call.trim_start());
        if let Some(text) = call.strip_suffix(" <unfinished ...>") {
            open.insert(thread, (text.to_owned(), ended));
        } else if let Some((_, rest)) = call.split_once(" resumed>") {
            let (text, begun) = open.remove(&thread).unwrap_or_default();
            calls.push(Call { text: text + rest, begun, ended });
        } else {
            calls.push(Call { text: call.to_owned(), begun: ended, ended });
        }
    }
    calls
}

/// Asserts that such calls were made, each ended before the next began, behind `from`. Returns where
/// the last one ended.
#[track_caller]
fn in_order(calls: &[Call], mut from: usize, steps: &[(&str, &str)]) -> usize {
    for (name, about) in steps {
        let found = calls.iter().find(|call| {
            call.begun >= from && call.text.starts_with(name) && call.text.contains(about)
        });
        let all: Vec<&str> = calls.iter().map(|call| call.text.as_str()).collect();
        let found = found.unwrap_or_else(|| panic!("{name} {about} is not in\n{}", all.join("\n")));
        from = found.ended + 1;
    }
    from
}

/// Waits until strace has written down what it saw of these words.
#[track_caller]
fn until_traced(server: &TestServer, words: &str, times: usize) -> Vec<Call> {
    let mut raw = server.session();
    let mut seen = Vec::new();
    until(
        "the trace shows it",
        || drop(raw.expect("NOOP", 200)),
        || {
            seen = calls(server);
            seen.iter().filter(|call| call.text.contains(words)).count() >= times
        },
    );
    seen
}

#[test]
fn the_content_is_on_the_disk_before_the_name_and_both_before_226() {
    let server = traced(Setup::usual().file("Own/old", b"old").switch("--durable"));
    let mut raw = server.session();
    raw.store("Own/old", b"new");
    let calls = until_traced(&server, "226 Transfer", 1);
    let part = "files/Own/.coracle-part-";
    let steps = [
        ("fsync", part),
        ("rename", ", \"old\""),
        ("fsync", "files/Own>"),
        ("", "226 Transfer complete, 3 bytes"),
    ];
    let from = in_order(&calls, 0, &steps);

    // Nor is a directory above it forgotten, which may be as new.
    raw.expect("MKD Own/a", 257);
    raw.expect("MKD Own/a/b", 257);
    raw.store("Own/a/b/file", b"content");
    let calls = until_traced(&server, "226 Transfer", 2);
    let steps = [
        ("fsync", "files/Own/a/b/.coracle-part-"),
        ("rename", ", \"file\""),
        ("fsync", "files/Own/a/b>"),
        ("fsync", "files/Own/a>"),
        ("fsync", "files/Own>"),
        ("", "226 Transfer complete, 7 bytes"),
    ];
    let from = in_order(&calls, from, &steps);

    raw.expect("SITE COMPRESS Own/old", 250);
    let calls = until_traced(&server, "250 Own/old.gz", 1);
    let steps = [
        ("fsync", part),
        ("rename", ", \"old.gz\""),
        ("fsync", "files/Own>"),
        ("", "250 Own/old.gz"),
    ];
    in_order(&calls, from, &steps);
    assert_same(&server.content("Own/a/b/file"), b"content");
}

#[test]
fn without_it_nobody_waits_for_the_disk() {
    // The certificate of the first start is waited for.
    let server = traced(Setup::usual().switch("--tls").switch("off"));
    server.session().store("Own/new", b"new");
    let calls = until_traced(&server, "226 Transfer", 1);
    let of_a_client = |call: &&Call| call.text.contains("sync") && call.text.contains("/files/");
    let synced = calls.iter().find(of_a_client);
    assert!(synced.is_none(), "{}", synced.map_or("", |call| call.text.as_str()));
}

#[test]
fn every_sort_of_upload_is_durable() {
    let server = Setup::usual().file("Own/log", b"one\n").switch("--durable").start();
    let mut raw = server.session();
    for (line, content) in [("APPE Own/log", "two\n"), ("APPE Own/fresh", "all"), ("STOU", "x")] {
        raw.expect("CWD /", 250);
        if line == "STOU" {
            raw.expect("CWD Own", 250);
        }
        let mut data = raw.begin(line);
        data.write_all(content.as_bytes()).unwrap();
        data.shutdown(Shutdown::Write).unwrap();
        // The session is itself meanwhile, and answers in order.
        raw.send("STAT");
        raw.send("PWD");
        let codes = [raw.reply().code, raw.reply().code];
        assert!(codes == [226, 211] || codes == [211, 226], "{codes:?}");
        raw.hear(257);
    }
    raw.expect("CWD /", 250);
    assert_same(&server.content("Own/log"), b"one\ntwo\n");
    server.cut_upload("Own/cut", &noise(100_000, 1));
    raw.expect("REST 100000", 350);
    raw.store("Own/cut", b"!");
    assert_eq!(server.content("Own/cut").len(), 100_001);
    // ABOR behind the end of the file comes too late.
    let mut data = raw.begin("STOR Own/kept");
    data.write_all(b"kept").unwrap();
    data.shutdown(Shutdown::Write).unwrap();
    drop(data);
    until("it is in place", || drop(server.session()), || server.path("Own/kept").exists());
    raw.expect("ABOR", 226);
    raw.hear(226);
    assert_same(&server.content("Own/kept"), b"kept");
}

#[test]
fn who_goes_away_finds_the_file_in_place() {
    let server = Setup::usual().switch("--durable").start();
    // What is opened once and kept is open now.
    server.session().store("Own/first", &noise(200_000, 0));
    let before = server.descriptors();
    for round in 0..20 {
        let name = format!("Own/gone-{round}");
        let mut raw = server.session();
        let mut data = raw.begin(&format!("STOR {name}"));
        data.write_all(&noise(200_000, round)).unwrap();
        data.shutdown(Shutdown::Write).unwrap();
        // Ours is closed as soon as the server has closed its end: the commit is under way.
        let _ = data.read(&mut [0]);
        raw.reset();
        until("it is in place", || drop(server.session()), || server.path(&name).exists());
        assert_same(&server.content(&name), &noise(200_000, round));
    }
    server.settles_at(before);
    assert!(server.names("Own").iter().all(|name| !name.starts_with('.')), "a part is left");
}

/// Uploads noise until the server is killed. A version of a file is a number, of which the content
/// is made.
struct Uploader {
    ftp: SocketAddr,
    who: u64,
    /// Versions that were begun, by name.
    begun: HashMap<String, Vec<u64>>,
    /// The last version that was acknowledged.
    acknowledged: HashMap<String, u64>,
}

/// What a version of a file holds.
fn content_of(version: u64) -> Vec<u8> {
    noise(usize::try_from(1 + version * 7919 % 300_000).unwrap_or_default(), version)
}

impl Uploader {
    /// Does so; `arrived` counts the bytes that were taken from it, and `enough` ends it.
    fn upload_until(&mut self, arrived: &AtomicU64, enough: &AtomicBool) -> io::Result<()> {
        let control = TcpStream::connect(self.ftp)?;
        control.set_read_timeout(Some(GUARD))?;
        let mut control = BufReader::new(control);
        hear(&mut control)?;
        for line in ["USER user1", "PASS 1234", "TYPE I"] {
            ask(&mut control, line)?;
        }
        for round in 1.. {
            if enough.load(Ordering::Relaxed) {
                break;
            }
            let (version, name) = (self.who * 1000 + round, format!("{}-{}", self.who, round % 3));
            let said = ask(&mut control, "EPSV")?;
            let port = said.split("(|||").nth(1).and_then(|rest| rest.split('|').next());
            let port = port.and_then(|port| port.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
            let mut data = TcpStream::connect(SocketAddr::new(self.ftp.ip(), port))?;
            self.begun.entry(name.clone()).or_default().push(version);
            ask(&mut control, &format!("STOR Own/{name}"))?;
            for piece in content_of(version).chunks(8192) {
                data.write_all(piece)?;
                arrived.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
            data.shutdown(Shutdown::Write)?;
            if hear(&mut control)?.starts_with("226") {
                self.acknowledged.insert(name, version);
            }
        }
        Ok(())
    }
}

fn ask(control: &mut BufReader<TcpStream>, line: &str) -> io::Result<String> {
    control.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
    hear(control)
}

fn hear(control: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match control.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line),
    }
}

#[test]
fn kill_9_loses_nothing_that_was_acknowledged_and_leaves_nothing_half() {
    const UPLOADERS: u64 = 6;
    for (round, durable) in [(1, true), (2, false), (3, true), (4, false), (5, true)] {
        let setup = Setup::usual().file("Own/old", b"old");
        let setup = if durable { setup.switch("--durable") } else { setup };
        let mut server = setup.start();
        let half = noise(150_000, round);
        server.cut_upload("Own/half", &half);
        let (arrived, enough) = (AtomicU64::new(0), AtomicBool::new(false));
        let until_bytes =
            noise(2, round).iter().fold(500_000, |sum, byte| sum + u64::from(*byte) * 9_000);
        let uploaders = thread::scope(|scope| {
            let running: Vec<_> = (1..=UPLOADERS)
                .map(|who| {
                    let (begun, acknowledged) = (HashMap::new(), HashMap::new());
                    let mut uploader = Uploader { ftp: server.ftp, who, begun, acknowledged };
                    let (arrived, enough) = (&arrived, &enough);
                    scope.spawn(move || {
                        // The server's end is what ends it.
                        let _ = uploader.upload_until(arrived, enough);
                        uploader
                    })
                })
                .collect();
            while arrived.load(Ordering::Relaxed) < until_bytes && !running[0].is_finished() {
                thread::yield_now();
            }
            server.killed_and_started_again();
            enough.store(true, Ordering::Relaxed);
            let ended = running.into_iter().map(|uploader| uploader.join().unwrap());
            ended.collect::<Vec<Uploader>>()
        });
        assert!(arrived.load(Ordering::Relaxed) >= until_bytes, "they were ended too early");
        check_after_kill(&server, &uploaders);
        assert_same(&server.content("Own/old"), b"old");
        // What had broken off before is there to be gone on with.
        let mut raw = server.session();
        assert_eq!(raw.expect("SIZE Own/half", 213).text(), "213 150000");
        raw.expect("REST 150000", 350);
        raw.store("Own/half", b"!");
        assert_same(&server.content("Own/half"), &[&half, &b"!"[..]].concat());
    }
}

/// Each file is a version of it, whole, and none is older than what was acknowledged.
fn check_after_kill(server: &TestServer, uploaders: &[Uploader]) {
    let mut acknowledged = 0;
    for uploader in uploaders {
        for (name, begun) in &uploader.begun {
            let path = server.path(&format!("Own/{name}"));
            let last = uploader.acknowledged.get(name);
            acknowledged += last.map_or(0, |_| 1);
            let Ok(content) = fs::read(&path) else {
                assert_eq!(last, None, "{name} was acknowledged and is gone");
                continue;
            };
            let version = begun.iter().find(|version| content_of(**version) == content);
            let version = version.unwrap_or_else(|| {
                panic!("{name} holds {} bytes, which nobody sent whole", content.len())
            });
            assert!(Some(version) >= last, "{name} is older than what was acknowledged");
        }
    }
    assert!(acknowledged > 0, "nothing was acknowledged before the end");
}
