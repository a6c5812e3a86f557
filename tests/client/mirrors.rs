//! `mirror`, both ways.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use crate::misbehaving::Scripted;
use crate::support::{Setup, TestServer};
use crate::{Home, err, out, url};

fn tree() -> TestServer {
    Setup::usual()
        .file("Own/top", b"top")
        .file("Own/sub/a.txt", b"a")
        .file("Own/sub/deep/b.bin", b"bb")
        .file("Own/tmp/junk", b"junk")
        .start()
}

#[test]
fn a_remote_tree_comes_here_and_only_changes_come_again() {
    let (server, home) = (tree(), Home::new());
    let own = url(&server, "Own");
    let dry = home.runs(&["mirror", "--dry-run", "--exclude", "tmp", &own, "copy"]).success();
    let expected =
        "mkdir .\nmkdir sub\nmkdir sub/deep\nget sub/a.txt\nget sub/deep/b.bin\nget top\n";
    assert_eq!(out(&dry), expected);
    assert_eq!(home.names("."), [""; 0]);
    home.runs(&["mirror", "--jobs", "2", "--exclude", "tmp", &own, "copy"]).success();
    assert_eq!(home.names("copy"), ["sub", "top"]);
    assert_eq!(home.read("copy/sub/deep/b.bin"), b"bb");
    let again = home.runs(&["mirror", "--json", "--exclude", "tmp", &own, "copy"]).success();
    assert_eq!(out(&again), "");

    fs::write(server.path("Own/top"), b"TOP").expect("a change");
    let later = SystemTime::now() + Duration::from_secs(5);
    let file = fs::File::options().write(true).open(server.path("Own/top")).expect("it");
    file.set_modified(later).expect("its time");
    home.write("copy/extra", b"x");
    fs::create_dir_all(home.path("copy/old/er")).expect("a directory");
    home.write("copy/old/er/file", b"x");
    home.write("copy/kept.tmp", b"x");
    let options = ["mirror", "--delete", "--exclude", "tmp", "--exclude", "*.tmp"];
    let dry = [&options[..], &["--dry-run", &own, "copy"]].concat();
    assert_eq!(out(&home.runs(&dry).success()), "get top\nremove extra\nremove old\n");
    home.runs(&[&options[..], &[&own, "copy"]].concat()).success();
    assert_eq!(home.names("copy"), ["kept.tmp", "sub", "top"]);
    assert_eq!(home.read("copy/top"), b"TOP");
    home.runs(&["mirror", "--include", "*.txt", &own, "texts"]).success();
    assert_eq!(home.names("texts/sub"), ["a.txt", "deep"]);
    assert!(home.names("texts/sub/deep").is_empty());
    home.runs(&["mirror", &url(&server, "Own/nowhere"), "x"]).code(6);
}

#[test]
fn a_local_tree_goes_there() {
    let (server, home) = (tree(), Home::new());
    fs::create_dir_all(home.path("here/sub/new")).expect("directories");
    home.write("here/sub/a.txt", b"changed");
    home.write("here/sub/new/c", b"c");
    home.write("secret", b"not yours");
    symlink(home.path("secret"), home.path("here/link")).expect("a link");
    symlink(home.path("."), home.path("here/sub/loop")).expect("a link");
    let own = url(&server, "Own/");
    home.runs(&["mirror", "--reverse", "--delete", "here", &own]).success();
    assert_eq!(server.names("Own").into_iter().collect::<Vec<_>>(), ["sub"]);
    assert_eq!(server.names("Own/sub").into_iter().collect::<Vec<_>>(), ["a.txt", "new"]);
    assert_eq!(server.content("Own/sub/a.txt"), b"changed");
    let again =
        home.runs(&["mirror", "--reverse", "--dry-run", "--delete", "here", &own]).success();
    assert_eq!(out(&again), "");
    home.runs(&["mirror", "-R", "here", &url(&server, "Own/fresh")]).success();
    assert_eq!(server.content("Own/fresh/sub/new/c"), b"c");
}

#[test]
fn a_mirror_never_leaves_its_directory() {
    let home = Home::new();
    fs::create_dir_all(home.path("copy")).expect("a directory");
    fs::create_dir_all(home.path("elsewhere")).expect("a directory");
    symlink(home.path("elsewhere"), home.path("copy/sub")).expect("a link");
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("FEAT", "211-Features\r\n MLST type;size;\r\n211 End");
        peer.until("MLSD", "150 list");
        let listing = "type=dir; sub\r\ntype=dir; ../elsewhere\r\ntype=file;size=1; ../x\r\n\
            type=OS.unix=slink:/etc/passwd; passwd\r\ntype=file;size=4; good\r\n";
        let _ = peer.data().write_all(listing.as_bytes());
        peer.say("226 done");
        peer.until("RETR d/good", "150 go");
        let _ = peer.data().write_all(b"good");
        peer.say("226 done");
        peer.until("QUIT", "221 bye");
    });
    let some = home.runs(&["mirror", "--delete", &server.url("d"), "copy"]).code(8);
    assert!(err(&some).contains("sub"));
    assert_eq!(home.names("."), ["copy", "elsewhere"]);
    assert_eq!(home.names("copy"), ["good", "sub"]);
    assert!(home.names("elsewhere").is_empty());
    server.ended();
}
