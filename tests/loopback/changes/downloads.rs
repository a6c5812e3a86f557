//! A file that changes while it is sent, on each way that bytes go.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use flate2::read::ZlibDecoder;

use crate::guided::Guided;
use crate::sealed::{Sealed, VERSIONS, client};
use crate::support::{Setup, TestServer, assert_same, noise};

/// How a download goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the clear, by the kernel.
    Clear,
    /// In TYPE A.
    Text,
    /// In MODE Z.
    Packed,
    /// Under TLS, of this version.
    Sealed(usize),
}

const WAYS: [Way; 5] = [Way::Clear, Way::Text, Way::Packed, Way::Sealed(0), Way::Sealed(1)];

/// More than all buffers on the way take.
const LENGTH: usize = 8 << 20;

/// Bytes that have come when the file changes.
const BEFORE: usize = 100_000;

/// What came of a download.
struct Came {
    /// The bytes, as they were in the file.
    bytes: Vec<u8>,
    /// Whether the data alone would pass for the whole.
    looks_whole: bool,
    /// The final reply.
    reply: String,
}

/// Downloads `Own/film`, to which `change` is done in the middle.
fn download(server: &TestServer, way: Way, change: impl FnOnce(&Path)) -> Came {
    let film = server.path("Own/film");
    let announces = |reply: &str| assert!(reply.contains(&format!("({LENGTH} bytes)")), "{reply}");
    if let Way::Sealed(version) = way {
        let mut sealed = Sealed::open(server, &client(VERSIONS[version]));
        let data = sealed.begin("RETR Own/film");
        let (bytes, ended) = halves(data, || change(&film));
        return Came { bytes, looks_whole: ended, reply: sealed.reply() };
    }
    let mut raw = server.session();
    match way {
        Way::Text => drop(raw.expect("TYPE A", 200)),
        Way::Packed => drop(raw.expect("MODE Z", 200)),
        Way::Clear | Way::Sealed(_) => {}
    }
    let data = raw.passive();
    announces(raw.expect("RETR Own/film", 150).text());
    let (wire, _) = halves(data, || change(&film));
    let reply = raw.reply().text().to_owned();
    raw.expect("NOOP", 200);
    match way {
        Way::Packed => {
            let mut bytes = Vec::new();
            let unpacked = ZlibDecoder::new(&*wire).read_to_end(&mut bytes);
            Came { bytes, looks_whole: unpacked.is_ok(), reply }
        }
        // In stream mode the end of the connection is all that data has to say.
        Way::Clear | Way::Text | Way::Sealed(_) => Came { bytes: wire, looks_whole: true, reply },
    }
}

/// Reads a little, lets `change` happen, and reads the rest. Also tells whether it ended in order.
fn halves(mut data: impl Read, change: impl FnOnce()) -> (Vec<u8>, bool) {
    let mut bytes = vec![0; BEFORE];
    data.read_exact(&mut bytes).expect("the server sends");
    change();
    let ended = data.read_to_end(&mut bytes).is_ok();
    (bytes, ended)
}

/// `content` as it goes over the wire.
fn on_the_wire(way: Way, content: &[u8]) -> Vec<u8> {
    if way != Way::Text {
        return content.to_vec();
    }
    let mut text = Vec::new();
    for (at, byte) in content.iter().enumerate() {
        if *byte == b'\n' && (at == 0 || content[at - 1] != b'\r') {
            text.push(b'\r');
        }
        text.push(*byte);
    }
    text
}

fn server(content: &[u8]) -> TestServer {
    Setup::usual().file("Own/film", content).switch("--mode-z").start()
}

fn open(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).expect("a file that is served")
}

#[test]
fn one_that_grows_is_sent_as_it_was_announced() {
    let content = noise(LENGTH, 11);
    let server = server(&content);
    for way in WAYS {
        let came = download(&server, way, |film| {
            let mut film = OpenOptions::new().append(true).open(film).unwrap();
            film.write_all(&noise(100_000, 12)).unwrap();
        });
        assert!(came.reply.starts_with("226"), "{way:?}: {}", came.reply);
        assert!(came.looks_whole, "{way:?}");
        assert_same(&came.bytes, &on_the_wire(way, &content));
        open(&server.path("Own/film")).set_len(LENGTH as u64).unwrap();
    }
}

#[test]
fn one_that_shrinks_does_not_pass_for_whole() {
    let content = noise(LENGTH, 13);
    let server = server(&content);
    for length in [LENGTH as u64 - (64 << 10), 0] {
        for way in WAYS {
            fs::write(server.path("Own/film"), &content).unwrap();
            let came = download(&server, way, |film| open(film).set_len(length).unwrap());
            assert!(came.reply.starts_with("451"), "{way:?}: {}", came.reply);
            let sealed = matches!(way, Way::Sealed(_) | Way::Packed);
            assert_eq!(came.looks_whole, !sealed, "{way:?}");
            let wire = on_the_wire(way, &content);
            assert!(came.bytes.len() < wire.len(), "{way:?}: {} bytes", came.bytes.len());
            assert_same(&came.bytes, &wire[..came.bytes.len()]);
        }
    }
    server.serves_others();
}

#[test]
fn one_that_is_replaced_or_deleted_is_sent_whole_as_it_was() {
    let content = noise(LENGTH, 14);
    let server = server(&content);
    let replace = |film: &Path| {
        let other = film.with_extension("new");
        fs::write(&other, noise(1000, 15)).unwrap();
        fs::rename(other, film).unwrap();
    };
    let delete = |film: &Path| fs::remove_file(film).unwrap();
    let by_upload = |_: &Path| server.session().store("Own/film", b"another");
    let by_rename = |_: &Path| {
        let mut raw = server.session();
        raw.store("Own/other", b"another");
        raw.expect("RNFR Own/other", 350);
        raw.expect("RNTO Own/film", 250);
    };
    let by_command = |_: &Path| drop(server.session().expect("DELE Own/film", 250));
    let changes: [&dyn Fn(&Path); 5] = [&replace, &delete, &by_upload, &by_rename, &by_command];
    for (change, way) in changes.into_iter().cycle().zip(WAYS.into_iter().cycle()).take(10) {
        fs::write(server.path("Own/film"), &content).unwrap();
        let came = download(&server, way, change);
        assert!(came.reply.starts_with("226"), "{way:?}: {}", came.reply);
        assert!(came.looks_whole, "{way:?}");
        assert_same(&came.bytes, &on_the_wire(way, &content));
    }
}

#[test]
fn the_guided_dialogue_ends_where_it_can_not_keep_its_word() {
    let content = noise(LENGTH, 16);
    let server = server(&content);
    let begun = || {
        let mut guided = Guided::logged_in(&server, "user1", "1234");
        guided.says("DOWNLOAD FILE", "Please choose the desired file to download");
        guided.says("Own/film", &format!("Sending 'film' ({LENGTH} bytes)"));
        let mut bytes = vec![0; BEFORE];
        guided.0.read_exact(&mut bytes).unwrap();
        (guided, bytes)
    };
    // It grows, or another takes its place: exactly what was announced, and the menu.
    for another in [false, true] {
        let (mut guided, mut bytes) = begun();
        if another {
            fs::remove_file(server.path("Own/film")).unwrap();
            fs::write(server.path("Own/film"), &content).unwrap();
        } else {
            let mut film = OpenOptions::new().append(true).open(server.path("Own/film")).unwrap();
            film.write_all(b"more").unwrap();
        }
        bytes.resize(LENGTH, 0);
        guided.0.read_exact(&mut bytes[BEFORE..]).unwrap();
        assert_same(&bytes, &content);
        guided.hears_menu();
        open(&server.path("Own/film")).set_len(LENGTH as u64).unwrap();
    }
    // It shrinks, or is written over: whoever counts finds too little.
    for length in [0, LENGTH] {
        let (mut guided, mut bytes) = begun();
        fs::write(server.path("Own/film"), &noise(LENGTH, 17)[..length]).unwrap();
        guided.0.read_to_end(&mut bytes).unwrap();
        assert!(bytes.len() < LENGTH, "{} bytes", bytes.len());
        fs::write(server.path("Own/film"), &content).unwrap();
    }
    server.serves_others();
}

#[test]
fn what_is_worked_on_and_shrinks_comes_to_nothing() {
    // Long enough in the making for all that happens meanwhile.
    let content = noise(40 << 20, 17);
    let server = Setup::usual().file("Own/film", &content).start();
    let film = server.path("Own/film");
    let mut raw = server.session();
    let replace = || fs::remove_file(&film).unwrap();
    let shrink = || open(&film).set_len(0).unwrap();
    let changes: [(&dyn Fn(), u16); 2] = [(&replace, 250), (&shrink, 450)];
    for (change, code) in changes {
        raw.send("SITE COMPRESS Own/film");
        raw.send("STAT");
        while raw.reply().code == 150 {}
        change();
        let ended = loop {
            match raw.reply().code {
                150 => {}
                code => break code,
            }
        };
        assert_eq!(ended, code);
        if code == 250 {
            // What was opened is compressed, whatever bears its name now.
            let packed = fs::read(server.path("Own/film.gz")).unwrap();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(&*packed).read_to_end(&mut bytes).unwrap();
            assert_same(&bytes, &content);
            fs::remove_file(server.path("Own/film.gz")).unwrap();
            fs::write(&film, &content).unwrap();
        }
    }
    assert_eq!(server.names("Own").len(), 1, "nothing of it is left");
}

/// A file that is overwritten, as `cp` does it, is some of the old and some of the new to whoever reads
/// it meanwhile.
#[test]
fn one_that_is_written_over_in_place_does_not_pass_for_whole() {
    let (old, new) = (noise(LENGTH, 18), noise(LENGTH, 19));
    let server = server(&old);
    for way in WAYS {
        fs::write(server.path("Own/film"), &old).unwrap();
        let came = download(&server, way, |film| fs::write(film, &new).unwrap());
        assert!(came.reply.starts_with("451"), "{way:?}: {}", came.reply);
        assert_eq!(came.looks_whole, matches!(way, Way::Clear | Way::Text), "{way:?}");
    }
    // Its time and its permissions are not its content.
    for way in WAYS {
        fs::write(server.path("Own/film"), &new).unwrap();
        let came = download(&server, way, |_| {
            let mut other = server.session();
            other.expect("MFMT 20010203040506 Own/film", 213);
            other.expect("SITE CHMOD 600 Own/film", 200);
        });
        assert!(came.reply.starts_with("226"), "{way:?}: {}", came.reply);
        assert_same(&came.bytes, &on_the_wire(way, &new));
    }
}
