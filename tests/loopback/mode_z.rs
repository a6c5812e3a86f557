//! MODE Z: transfers as zlib streams, against Python's own zlib and lftp, which uses it unasked.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;

use tempfile::TempDir;

use crate::support::{Raw, Setup, TestServer, assert_same, finish, noise, program, python};

/// A server that offers it, with `Movies/text`, which compresses well.
fn server() -> TestServer {
    Setup::usual()
        .file("Movies/text", &b"all work and no play \n".repeat(200_000))
        .file("Movies/noise", &noise(2_000_000, 8))
        .switch("--mode-z")
        .start()
}

/// A session in MODE Z.
fn session(server: &TestServer) -> Raw {
    let mut raw = server.session();
    raw.expect("MODE Z", 200);
    raw
}

/// Uploads bytes as they are, and closes. Returns the code that ends it.
#[track_caller]
fn upload(raw: &mut Raw, path: &str, wire: &[u8]) -> u16 {
    let mut data = raw.begin(&format!("STOR {path}"));
    // It may be refused in the middle.
    let _ = data.write_all(wire).and_then(|()| data.shutdown(Shutdown::Write));
    raw.reply().code
}

/// What Python makes of `expression`.
fn zlib(expression: &str) -> Vec<u8> {
    let here = TempDir::new().expect("a temporary directory");
    let script = format!("import sys, zlib\nsys.stdout.buffer.write({expression})");
    python(here.path(), &script, &[]).well().out
}

#[test]
fn both_ways_with_pythons_zlib() {
    let server = server();
    let here = TempDir::new().unwrap();
    let script = r"
import ftplib, sys, zlib
host, port = sys.argv[1].split(':')
ftp = ftplib.FTP(timeout=120)
ftp.connect(host, int(port))
ftp.login('user1', '1234')
assert '\n MODE Z\n' in ftp.sendcmd('FEAT')
ftp.voidcmd('MODE Z')
def got(command, kind='I'):
    ftp.voidcmd('TYPE ' + kind)
    with ftp.transfercmd(command) as data:
        wire = b''.join(iter(lambda: data.recv(65536), b''))
    said = ftp.voidresp()
    assert f' {len(wire)} bytes' in said, said
    return len(wire), zlib.decompress(wire)
for level in '0', '9', '6':
    ftp.voidcmd('OPTS MODE Z LEVEL ' + level)
    for path in sys.argv[2:]:
        size, content = got('RETR ' + '/'.join(path.split('/')[-2:]))
        assert content == open(path, 'rb').read(), path
        assert size < len(content) // 50 or 'text' not in path or level == '0', size
assert got('LIST Movies')[1].count(b'\r\n') == 3
text = got('RETR Movies/text', 'A')[1]
assert text == b'all work and no play \r\n' * 200000
for kind, sent in ('I', text), ('A', text), ('I', b''):
    ftp.voidcmd('TYPE ' + kind)
    with ftp.transfercmd('STOR Own/back' + kind) as data:
        data.sendall(zlib.compress(sent, 1))
    assert ftp.voidresp().startswith('226')
    if sent:
        ftp.voidcmd('TYPE I')
        assert ftp.size('Own/back' + kind) == len(text) - (200000 if kind == 'A' else 0)
ftp.voidcmd('MODE S')
assert ftp.size('Own/backI') == 0
ftp.quit()
";
    let mut command = program("python3", here.path());
    command.args(["-c", script]).arg(server.ftp.to_string());
    finish(command.args([server.path("Movies/text"), server.path("Movies/noise")])).well();
    assert_same(&server.content("Own/backA"), &server.content("Movies/text"));
}

#[test]
fn what_is_no_stream_leaves_no_file() {
    let server = server();
    let mut raw = session(&server);
    let whole = zlib("zlib.compress(b'some text ' * 1000)");
    let mut wrong = whole.clone();
    *wrong.last_mut().unwrap() ^= 1;
    for (what, wire, code) in [
        ("noise", noise(100_000, 5), 451),
        ("a wrong checksum", wrong, 451),
        ("something behind the end", [&whole[..], b"x"].concat(), 451),
        ("half a stream", whole[..whole.len() / 2].to_vec(), 426),
        ("nothing", Vec::new(), 426),
    ] {
        assert_eq!(upload(&mut raw, "Own/bad", &wire), code, "{what}");
        assert!(!server.path("Own/bad").exists(), "{what}");
    }
    assert_eq!(upload(&mut raw, "Own/good", &whole), 226);
    assert_same(&server.content("Own/good"), &b"some text ".repeat(1000));
    server.serves_others();
}

#[test]
fn a_bomb_takes_its_turns() {
    let server = server();
    let bomb = zlib("zlib.compress(bytes(256 << 20), 9)");
    let mut raw = session(&server);
    let mut data = raw.begin("STOR Own/bomb");
    data.write_all(&bomb).unwrap();
    let mut other = server.session();
    for _ in 0..5 {
        other.retrieve("Movies/Joker");
    }
    // Nobody waits for the whole of it.
    raw.send("ABOR");
    raw.hear(426);
    raw.hear(226);
    let _ = data.read(&mut [0]);
    assert!(!server.path("Own/bomb").exists());
    server.serves_others();
}

#[test]
fn lftp_uses_it() {
    let server = server();
    let here = TempDir::new().unwrap();
    let script = format!(
        "debug 9; set cmd:fail-exit yes; set net:timeout 120; set net:max-retries 1; \
         set ftp:ssl-allow no; open -u user1,1234 ftp://{}; ls Movies; get Movies/text; \
         get Movies/noise; put text -o Own/text; put noise -o Own/noise; bye",
        server.ftp
    );
    let finished = finish(program("lftp", here.path()).args(["--norc", "-c", &script])).well();
    assert!(finished.err.contains("MODE Z"), "{}", finished.err);
    assert!(finished.text().contains(" Joker"), "{}", finished.text());
    for name in ["text", "noise"] {
        let wanted = server.content(&format!("Movies/{name}"));
        assert_same(&fs::read(here.path().join(name)).unwrap(), &wanted);
        assert_same(&server.content(&format!("Own/{name}")), &wanted);
    }
}

#[test]
fn it_is_off_unless_asked_for() {
    let server = TestServer::usual();
    let mut raw = server.session();
    let features = raw.expect("FEAT", 211);
    assert!(!features.lines.iter().any(|line| line.contains("MODE Z")), "{:?}", features.lines);
    raw.expect("MODE Z", 504);
}
