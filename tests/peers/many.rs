//! What `coracle` does with many files, and with half of one, against any server: the rest of the
//! suite. It knows no more of the servers than [`suite`](crate::suite) does.

use std::collections::BTreeSet;
use std::fs;

use crate::desk::{Desk, err};
use crate::peer::{Peer, Server};
use crate::support::{assert_same, noise};

/// Bytes of a file that breaks off in the middle.
const LENGTH: usize = 3_000_000;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

pub(crate) fn patterns_bring_what_they_match(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    for name in ["name.txt", "name.c", "name", "other.txt", ".hidden", "a[1].txt"] {
        peer.write(&format!("Own/{name}"), name.as_bytes());
    }
    peer.write("Own/sub/deep.txt", b"deep");
    for (pattern, names) in [
        ("*.*", &[".hidden", "a[1].txt", "name", "name.c", "name.txt", "other.txt"][..]),
        ("name.*", &["name.c", "name.txt"]),
        ("*.txt", &["a[1].txt", "name.txt", "other.txt"]),
        ("[n]ame", &["name"]),
    ] {
        let desk = Desk::new();
        desk.runs(&["mget", "--jobs", "3", &peer.wild(&format!("Own/{pattern}")), "here"]);
        let here: Vec<String> = desk.names_in("here");
        assert_eq!(here, names, "{pattern}");
        for name in names {
            assert_same(&desk.read(&format!("here/{name}")), name.as_bytes());
        }
    }
    desk.ends(9, &["mget", &peer.wild("Own/*.doc")]);
    desk.ends(6, &["mget", &peer.wild("Nowhere/*")]);
    assert!(desk.names().is_empty());
}

pub(crate) fn patterns_take_what_they_match(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    for name in ["a.txt", "b.txt", "two words.txt", "c.bin", "c.doc"] {
        desk.write(name, name.as_bytes());
    }
    desk.runs(&["mput", "--jobs", "3", "c.bin", "*.txt", &peer.url("Own/")]);
    assert_eq!(peer.names("Own"), set(&["a.txt", "b.txt", "c.bin", "two words.txt"]));
    assert_same(&peer.content("Own/two words.txt"), b"two words.txt");
    desk.ends(9, &["mput", "*.odt", &peer.url("Own/")]);
    let none = desk.coracle(&["mput", "a.txt", "c.doc", &peer.url("Locked/")]).assert().code(7);
    assert!(err(&none).contains("a.txt") && err(&none).contains("c.doc"), "{}", err(&none));
    assert_eq!(peer.names("Locked"), set(&["kept"]));
}

pub(crate) fn a_tree_comes_here_once(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    peer.write("Own/tree/top", b"top");
    peer.write("Own/tree/sub/two words.txt", b"a");
    peer.write("Own/tree/sub/deep/-b.bin", b"bb");
    peer.write("Own/tree/empty/gone", b"");
    let tree = peer.url("Own/tree");
    desk.runs(&["mirror", "--jobs", "2", "--exclude", "gone", &tree, "copy"]);
    assert_eq!(desk.names_in("copy"), ["empty", "sub", "top"]);
    assert_same(&desk.read("copy/sub/two words.txt"), b"a");
    assert_same(&desk.read("copy/sub/deep/-b.bin"), b"bb");
    assert!(desk.names_in("copy/empty").is_empty());
    desk.write("copy/extra", b"x");
    let dry = ["mirror", "--dry-run", "--delete", "--exclude", "gone", &tree, "copy"];
    assert_eq!(desk.runs(&dry), "remove extra\n");
    desk.runs(&["mirror", "--delete", "--exclude", "gone", &tree, "copy"]);
    assert_eq!(desk.names_in("copy"), ["empty", "sub", "top"]);
    // A tree that is not there is no empty one: nothing is deleted for its sake.
    desk.ends(6, &["mirror", "--delete", &peer.url("Own/missing"), "copy"]);
    assert_eq!(desk.names_in("copy"), ["empty", "sub", "top"]);
}

pub(crate) fn a_tree_goes_there_once(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    fs::create_dir_all(desk.path("here/sub/deep")).expect("directories");
    desk.write("here/top", b"top");
    desk.write("here/.hidden", b"hidden");
    desk.write("here/sub/two words.txt", b"a");
    desk.write("here/sub/deep/-b.bin", b"bb");
    let tree = peer.url("Own/tree");
    desk.runs(&["mirror", "--reverse", "here", &tree]);
    assert_eq!(peer.names("Own/tree"), set(&[".hidden", "sub", "top"]));
    assert_same(&peer.content("Own/tree/sub/deep/-b.bin"), b"bb");
    let dry = ["mirror", "--reverse", "--dry-run", "--delete", "here", &tree];
    assert_eq!(desk.runs(&dry), "");
    fs::remove_dir_all(desk.path("here/sub/deep")).expect("a directory to remove");
    fs::remove_file(desk.path("here/top")).expect("a file to remove");
    desk.runs(&["mirror", "--reverse", "--delete", "here", &tree]);
    assert_eq!(peer.names("Own/tree"), set(&[".hidden", "sub"]));
    assert_eq!(peer.names("Own/tree/sub"), set(&["two words.txt"]));
}

pub(crate) fn half_a_download_becomes_a_whole_one(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let content = noise(LENGTH, 13);
    peer.write("Own/film", &content);
    desk.write("film.part", &content[..LENGTH / 3]);
    let told = desk.runs(&["get", "--resume", "--json", &peer.url("Own/film")]);
    assert_same(&desk.read("film"), &content);
    assert!(told.contains(&format!(r#""bytes":{},"#, LENGTH - LENGTH / 3)), "{told}");
    assert_eq!(desk.names(), ["film"]);
}

pub(crate) fn half_an_upload_becomes_a_whole_one(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let content = noise(LENGTH, 17);
    desk.write("film", &content[..LENGTH / 3]);
    desk.runs(&["put", "film", &peer.url("Own/")]);
    desk.write("film", &content);
    let told = desk.runs(&["put", "--resume", "--json", "film", &peer.url("Own/")]);
    assert_same(&peer.content("Own/film"), &content);
    assert!(told.contains(&format!(r#""bytes":{},"#, LENGTH - LENGTH / 3)), "{told}");
}

pub(crate) fn what_was_moved_is_verified(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    desk.write("x", b"123456789");
    desk.runs(&["put", "--verify", "x", &peer.url("Own/")]);
    desk.runs(&["get", "--verify", &peer.url("Own/x"), "y"]);
    assert_same(&desk.read("y"), b"123456789");
    let sum = desk.runs(&["sum", &peer.url("Own/x")]);
    assert!(
        sum.contains("15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        "{sum}"
    );
}
