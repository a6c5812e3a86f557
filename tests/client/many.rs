//! `mget`, `mput` and `--jobs`: which files are meant, and how a batch ends.

use std::fs;
use std::io::Write;

use crate::misbehaving::Scripted;
use crate::support::{Setup, TestServer, noise};
use crate::{Home, err, out, url};

fn shop() -> TestServer {
    Setup::usual()
        .file("Own/name.txt", b"1")
        .file("Own/name.c", b"22")
        .file("Own/name", b"333")
        .file("Own/other.txt", b"4444")
        .file("Own/.hidden", b"5")
        .file("Own/a[1].txt", b"literal")
        .file("Own/sub/deep.txt", b"deep")
        .start()
}

#[test]
fn patterns_mean_what_dos_and_shells_mean() {
    let server = shop();
    for (pattern, names) in [
        ("*.*", &[".hidden", "a[1].txt", "name", "name.c", "name.txt", "other.txt"][..]),
        ("name.*", &["name.c", "name.txt"]),
        ("*.c", &["name.c"]),
        ("*.txt", &["a[1].txt", "name.txt", "other.txt"]),
        ("[n]ame", &["name"]),
        ("*", &["a[1].txt", "name", "name.c", "name.txt", "other.txt"]),
        ("a[1].txt", &["a[1].txt"]),
    ] {
        let home = Home::new();
        let done = home.runs(&["mget", &url(&server, &format!("Own/{pattern}")), "here"]).success();
        assert_eq!(out(&done), "");
        assert_eq!(home.names("here"), names, "{pattern}");
    }
}

#[test]
fn what_matches_nothing_has_a_code_of_its_own() {
    let (server, home) = (shop(), Home::new());
    home.runs(&["mget", &url(&server, "Own/*.doc")]).code(9);
    home.runs(&["mput", "*.doc", &url(&server, "Own/")]).code(9);
    let host = format!("user1@{}", server.ftp);
    let mixed = home.runs(&["-e", "cd Own; mget *.doc name.c", &host]).code(8);
    assert!(err(&mixed).contains("*.doc"));
    assert_eq!(home.names("."), ["name.c"]);
    home.runs(&["mget", &url(&server, "Own/[a")]).code(2);
    home.runs(&["mget", &url(&server, "Own/*"), "a", "b"]).code(2);
}

#[test]
fn some_fail_and_the_rest_is_done() {
    let (server, home) = (shop(), Home::new());
    home.write("name.c", b"mine");
    let some = home.runs(&["mget", "--json", &url(&server, "Own/name.*")]).code(8);
    let lines: Vec<String> = out(&some).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(r#""path":"Own/name.c""#) && lines[0].contains(r#""code":10"#));
    assert!(
        lines[0].contains(r#""outcome":"failed""#) && lines[0].contains(r#""error":"it exists"#)
    );
    assert!(lines[1].starts_with(
        r#"{"path":"Own/name.txt","local":"name.txt","direction":"download","bytes":1,"seconds":"#
    ));
    assert!(lines[1].ends_with(r#""outcome":"done","code":0}"#), "{}", lines[1]);
    assert_eq!((home.read("name.c"), home.read("name.txt")), (b"mine".to_vec(), b"1".to_vec()));
    home.runs(&["mget", "--force", &url(&server, "Own/name.*")]).success();
    assert_eq!(home.read("name.c"), b"22");
}

#[test]
fn many_go_up() {
    let (server, home) = (TestServer::usual(), Home::new());
    for name in ["a.txt", "b.txt", "c.bin", "odd [name].txt"] {
        home.write(name, name.as_bytes());
    }
    home.runs(&["mput", "c.bin", "*.txt", &url(&server, "Own/")]).success();
    let names: Vec<String> = server.names("Own").into_iter().collect();
    assert_eq!(names, ["a.txt", "b.txt", "c.bin", "odd [name].txt"]);
    home.runs(&["mput", "a.txt", "gone", &url(&server, "Incoming/")]).code(8);
    assert_eq!(server.content("Incoming/a.txt"), b"a.txt");
    // Named just so, brackets and all.
    home.runs(&["mput", "odd [name].txt", &url(&server, "Incoming/")]).success();
    assert_eq!(server.content("Incoming/odd [name].txt"), b"odd [name].txt");
}

#[test]
fn jobs_share_the_work_and_odd_names_survive() {
    let mut setup = Setup::usual();
    let names: Vec<String> = (0..40)
        .map(|n| format!("file {n} \"quoted\" 'é'"))
        .chain(["-rf".to_owned(), " lead".to_owned()])
        .collect();
    for (n, name) in names.iter().enumerate() {
        setup = setup.file(&format!("Own/{name}"), &noise(10_000 * n, 7));
    }
    let (server, home) = (setup.start(), Home::new());
    let done = home.runs(&["mget", "--jobs", "5", "--json", &url(&server, "Own/*"), "d"]).success();
    assert_eq!(out(&done).lines().count(), names.len());
    for (n, name) in names.iter().enumerate() {
        assert!(home.read(&format!("d/{name}")) == noise(10_000 * n, 7), "{name}");
    }
    let mut words = vec!["mput".to_owned(), "-j".to_owned(), "4".to_owned(), "--".to_owned()];
    words.extend(names.iter().map(|name| format!("d/{name}")));
    words.push(url(&server, "Incoming/"));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    home.runs(&words).success();
    assert_eq!(server.names("Incoming"), server.names("Own"));
}

#[test]
fn too_many_connections_make_fewer_of_them() {
    let mut setup = Setup::usual().flag("--max-clients", "2");
    for n in 0..20 {
        setup = setup.file(&format!("Own/{n}.bin"), &noise(50_000, n));
    }
    let (server, home) = (setup.start(), Home::new());
    home.runs(&["mget", "--jobs", "8", &url(&server, "Own/*.bin"), "d"]).success();
    for n in 0..20 {
        assert!(home.read(&format!("d/{n}.bin")) == noise(50_000, n), "{n}");
    }
}

#[test]
fn a_server_can_not_choose_where_many_files_go() {
    let home = Home::new();
    fs::create_dir(home.path("in")).expect("a directory");
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("FEAT", "211-Features\r\n MLST type;size;\r\n211 End");
        peer.until("MLSD", "150 list");
        let listing = "type=file; ../../escaped\r\ntype=file; /tmp/escaped\r\n\
            type=file; ..\r\ntype=file; a/b\r\ntype=file; bad\x1bname\r\ntype=file; good\r\n";
        let _ = peer.data().write_all(listing.as_bytes());
        peer.say("226 done");
        peer.until("RETR good", "150 go");
        let _ = peer.data().write_all(b"content");
        peer.say("226 done");
        peer.until("QUIT", "221 bye");
    });
    home.runs(&["mget", &server.url("*.*"), "in"]).code(8);
    assert_eq!((home.names("."), home.names("in")), (vec!["in".to_owned()], vec!["good".into()]));
    assert_eq!(home.read("in/good"), b"content");
    server.ended();
}
