//! What `coracle` has to do against any server under TLS: the same transfers, over data connections
//! that resume the control connection's session where the server wants that.

use crate::desk::{Desk, err};
use crate::peer::{Peer, Server};
use crate::support::{assert_same, noise};

/// Bytes of a file that is more than any buffer on the way holds.
const LARGE: usize = 8 * 1024 * 1024;

/// Files of a batch: more than a server gives tickets for at once.
const FILES: usize = 24;

/// What it takes to trust `peer`, and to want TLS of it.
fn trusting<'a>(certificate: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    [&["--ca", certificate], arguments].concat()
}

pub(crate) fn every_transfer_works_under_tls(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let certificate = peer.certificate();
    let runs = |arguments: &[&str]| desk.runs(&trusting(&certificate, arguments));
    let content = noise(LARGE, 23);
    desk.write("large", &content);
    desk.write("empty", b"");
    runs(&["put", "large", &peer.url("Own/")]);
    assert_same(&peer.content("Own/large"), &content);
    runs(&["put", "empty", &peer.url("Own/")]);
    assert_same(&peer.content("Own/empty"), b"");
    assert_eq!(runs(&["ls", &peer.url("Own")]), "empty\nlarge\n");
    runs(&["get", &peer.url("Own/large"), "copy"]);
    assert_same(&desk.read("copy"), &content);
    runs(&["get", &peer.url("Own/empty"), "nothing"]);
    assert_same(&desk.read("nothing"), b"");

    desk.write("half.part", &content[..LARGE / 3]);
    runs(&["get", "--resume", &peer.url("Own/large"), "half"]);
    assert_same(&desk.read("half"), &content);
    desk.write("film", &content[..LARGE / 3]);
    runs(&["put", "film", &peer.url("Own/")]);
    desk.write("film", &content);
    runs(&["put", "--resume", "film", &peer.url("Own/")]);
    assert_same(&peer.content("Own/film"), &content);
    runs(&["--active", "get", "--force", &peer.url("Own/large"), "copy"]);
    assert_same(&desk.read("copy"), &content);
}

pub(crate) fn many_files_go_both_ways_under_tls(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let certificate = peer.certificate();
    let runs = |arguments: &[&str]| desk.runs(&trusting(&certificate, arguments));
    let names: Vec<String> = (0..FILES).map(|n| format!("{n:02}.bin")).collect();
    let contents: Vec<Vec<u8>> = (0..FILES).map(|n| noise(1_000 * n * n, n as u64)).collect();
    for (name, content) in names.iter().zip(&contents) {
        desk.write(name, content);
    }
    // All over one connection first, and then over several.
    runs(&["mput", "*.bin", &peer.url("Own/")]);
    runs(&["mget", "--jobs", "4", &peer.wild("Own/*"), "here"]);
    runs(&["mput", "--jobs", "4", "--force", "*.bin", &peer.url("Own/")]);
    runs(&["mget", &peer.wild("Own/*"), "there"]);
    for (name, content) in names.iter().zip(&contents) {
        assert_same(&peer.content(&format!("Own/{name}")), content);
        assert_same(&desk.read(&format!("here/{name}")), content);
        assert_same(&desk.read(&format!("there/{name}")), content);
    }
}

pub(crate) fn who_is_not_known_gets_no_password(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let top = peer.url("");
    let ends = |code: i32, arguments: &[&str]| err(&desk.coracle(arguments).assert().code(code));
    let stranger = ends(4, &["--tls", "require", "ls", &top]);
    assert!(stranger.contains("--fingerprint"), "{stranger}");
    let shown = stranger.split_whitespace().find(|word| word.matches(':').count() == 31);
    let shown = shown.expect("the fingerprint of its certificate").trim_end_matches([';', ',']);
    assert_eq!(desk.runs(&["--fingerprint", shown, "ls", &top]), "Locked\nOwn\n");
    let loud = err(&desk.coracle(&["--insecure", "ls", &top]).assert().success());
    assert!(loud.contains("WARNING"), "{loud}");
    let clear = ends(4, &["--tls", "off", "ls", &top]);
    assert!(clear.contains("wants TLS"), "{clear}");
    // Loopback is trusted where nothing was said.
    assert_eq!(desk.runs(&["ls", &top]), "Locked\nOwn\n");
    ends(4, &["ls", &top.replace("ftp://", "ftps://")]);
}
