//! `-e`, `-f`, `--keep-going`, and the words that only make sense within a session.

use std::io::Write;

use crate::misbehaving::Scripted;
use crate::support::{Setup, TestServer, finish, noise, program};
use crate::{Home, err, out, url};

#[test]
fn a_script_is_done_in_order_and_stops_at_the_first_failure() {
    let server = Setup::usual().file("Own/a.txt", b"a").file("Own/b.txt", b"b").start();
    let home = Home::new();
    let host = format!("user1@{}", server.ftp);
    let done = home.runs(&["-e", "cd Own; mget *.txt; !cat a.txt b.txt; PWD", &host]).success();
    assert_eq!(out(&done), "ab/Own\n");

    home.write("script", b"# films\ncd Movies\ncat Joker ; pwd\nls nowhere\npwd\n");
    let stopped = home.runs(&["-f", "script", &host]).code(6);
    assert_eq!(out(&stopped), "Why so small?\n/Movies\n");
    let kept = home.runs(&["-f", "script", "--keep-going", &host]).code(8);
    assert_eq!(out(&kept), "Why so small?\n/Movies\n/Movies\n");
    assert!(err(&kept).contains("nowhere"));
    home.runs(&["--keep-going", "-e", "cat gone", &host]).code(6);
    home.runs(&["-e", "!exit 3", &host]).code(1);
    home.runs(&["-e", "pwd 'open", &host]).code(2);
    home.runs(&["-f", "none", &host]).code(10);
    home.runs(&["-e", "pwd"]).code(2);
}

#[test]
fn those_who_know_the_dialogue_find_its_words() {
    let server = Setup::usual().file("Movies/Free Fire", b"bang").file("Own/x", b"x").start();
    let home = Home::new();
    let host = format!("user1@{}", server.ftp);
    let script = "SHOW DIRECTORIES; show directory Movies; DOWNLOAD FILE Free Fire; \
        download file Own/x";
    let done = home.runs(&["-e", script, &host]).success();
    assert_eq!(
        out(&done),
        "The available directories are: Movies, Incoming, Own\n\
         The available files are: Free Fire, Joker\n"
    );
    assert_eq!((home.read("Free Fire"), home.read("x")), (b"bang".to_vec(), b"x".to_vec()));
}

#[test]
fn habits_of_other_clients_are_understood() {
    let server = TestServer::usual();
    let other = Setup::usual().client("user2", "1234").grant("user2", "Docs", "r").start();
    let home = Home::new();
    let host = format!("user1@{}", server.ftp);
    let script = format!(
        "ascii; binary; prompt; passive; cat Movies/Joker; passive; status; \
         open user1@{}/Movies; pwd; user user2; ls; bye; cat gone",
        other.ftp
    );
    let done = home.runs(&["-e", &script, &host]).success();
    let said = out(&done);
    assert!(said.starts_with("Why so small?\nconnected to user1@127.0.0.1:"), "{said}");
    assert!(said.ends_with("\n/Movies\nDocs\n"), "{said}");
    let quiet = home.runs(&["-q", "-e", "prompt", &host]).success();
    assert_eq!(err(&quiet), "");
}

#[test]
fn sums_are_printed_as_sha256sum_does() {
    let server = Setup::usual().file("Own/abc", b"abc").start();
    let home = Home::new();
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let done = home.runs(&["sum", &url(&server, "Own/abc")]).success();
    assert_eq!(out(&done), format!("{sum}  Own/abc\n"));
    home.runs(&["sum", &url(&server, "Own/gone")]).code(6);

    let asked = Scripted::new(move |peer| {
        peer.say("220 hello");
        peer.until("FEAT", "211-Features\r\n HASH SHA-1*;SHA-256\r\n211 End");
        peer.until("OPTS HASH SHA-256", "200 SHA-256");
        peer.until("HASH abc", &format!("213 SHA-256 0-3 {} abc", sum.to_uppercase()));
        peer.until("QUIT", "221 bye");
    });
    let done = home.runs(&["sum", &asked.url("abc")]).success();
    assert_eq!((out(&done), err(&done)), (format!("{sum}  abc\n"), String::new()));
    asked.ended();
}

#[test]
fn what_the_server_does_for_us_is_asked_for() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SITE COMPRESS film", "250-working");
        peer.say("250 1000 bytes are 10 now");
        peer.until("SITE CHMOD 640 film", "200 done");
        peer.until("SITE COMPRESS gone", "550 No such file");
        peer.until("QUIT", "221 bye");
    });
    let host = format!("user1@{}", server.address);
    let done = home.runs(&["-e", "compress film; chmod 640 film; compress gone", &host]).code(6);
    assert!(err(&done).contains("1000 bytes are 10 now"), "{}", err(&done));
    home.runs(&["-e", "chmod rwx film", "user1@127.0.0.1:1"]).code(3);
    server.ended();
}

#[test]
fn a_compression_is_told_as_an_object_too() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SITE COMPRESS film", "250 1000 bytes are 10 now");
        peer.until("SITE COMPRESS gone", "550 No such file");
        peer.until("QUIT", "221 bye");
    });
    let host = format!("user1@{}", server.address);
    let done = home.runs(&["--json", "-e", "compress film; compress gone", &host]).code(6);
    let told = out(&done);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with(r#"{"path":"film","seconds":"#), "{told}");
    assert!(
        lines[0].ends_with(r#","outcome":"done","code":0,"reply":"1000 bytes are 10 now"}"#),
        "{told}"
    );
    assert!(lines[1].contains(r#""outcome":"failed","code":6,"error":"#), "{told}");
    server.ended();
}

#[test]
fn a_shell_command_sees_the_local_directory_and_no_password() {
    let (server, home) = (TestServer::usual(), Home::new());
    std::fs::create_dir(home.path("films")).expect("a directory");
    let host = format!("user1@{}", server.ftp);
    let script = "lcd films\nget Movies/Joker\n!ls; echo ${CORACLE_PASSWORD-none}\n";
    let done = home.coracle(&[&host]).write_stdin(script).assert().success();
    assert_eq!(out(&done), "Joker\nnone\n");
}

#[test]
fn listings_of_dos_are_read() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("LIST", "150 list");
        let listing = "01-31-24  02:05PM       <DIR>          Docs and more\r\n\
            11-20-2025  12:00AM                 1234 file one.txt\r\n";
        let _ = peer.data().write_all(listing.as_bytes());
        peer.say("226 done");
        peer.until("QUIT", "221 bye");
    });
    let done = home.runs(&["dir", "-l", &server.url("")]).success();
    assert_eq!(
        out(&done),
        "d?????????    - 2024-01-31 14:05 Docs and more\n\
         -????????? 1234 2025-11-20 00:00 file one.txt\n"
    );
    server.ended();
}

#[test]
fn a_rate_and_a_chunk_leave_the_content_alone() {
    let content = noise(300_000, 4);
    let server = Setup::usual().file("Own/x", &content).start();
    let home = Home::new();
    home.runs(&["get", "--chunk-size", "256", "--rate", "4M", &url(&server, "Own/x")]).success();
    assert!(home.read("x") == content);
    home.runs(&["put", "--chunk-size", "1k", "x", &url(&server, "Incoming/")]).success();
    assert!(server.content("Incoming/x") == content);
    home.runs(&["get", "--chunk-size", "255", &url(&server, "Own/x")]).code(2);
    home.runs(&["get", "--rate", "fast", &url(&server, "Own/x")]).code(2);
}

/// A script of this repository, with the program under test.
fn script(home: &Home, name: &str) -> std::process::Command {
    let mut script = program("bash", &home.path("."));
    script
        .arg(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name))
        .env("CORACLE", env!("CARGO_BIN_EXE_coracle"))
        .env("CORACLE_PASSWORD", "1234");
    script
}

#[test]
fn a_nightly_drop_leaves_what_has_not_arrived() {
    let (server, home) = (TestServer::usual(), Home::new());
    std::fs::create_dir(home.path("drop")).expect("a directory");
    for name in ["one", "two words", "-three"] {
        home.write(&format!("drop/{name}"), &noise(10_000, 1));
    }
    let incoming = url(&server, "Incoming");
    let night = finish(
        script(&home, "nightly-drop").args(["drop", &incoming]).env("LOG", home.path("log")),
    );
    assert_eq!(night.well().text(), "3 files are there, 0 are left\n");
    assert_eq!(server.names("Incoming").len(), 3);
    assert_eq!((home.names("drop"), home.names("drop/sent").len()), (vec!["sent".into()], 3));
    let log = String::from_utf8(home.read("log")).expect("JSON");
    assert_eq!(log.matches(r#""outcome":"done""#).count(), 3, "{log}");

    home.write("drop/four", b"4");
    let refused = finish(script(&home, "nightly-drop").args(["drop", &url(&server, "Movies")]));
    assert_eq!(refused.code, Some(7), "{}", refused.err);
    assert_eq!(home.names("drop"), ["four", "sent"]);
}

#[test]
fn a_mirror_for_cron_says_what_has_changed() {
    let server = Setup::usual().file("Own/sub/a", b"12345").file("Own/b.tmp", b"x").start();
    let home = Home::new();
    let run = || {
        let mut script = script(&home, "mirror-tree");
        finish(script.args([&url(&server, "Own"), "copy", "--exclude", "*.tmp"])).well()
    };
    assert_eq!(run().text(), "1 files came, 0 failed, 5 bytes\n");
    assert_eq!(run().text(), "0 files came, 0 failed, 0 bytes\n");
    assert_eq!(
        (home.names("copy"), home.read("copy/sub/a")),
        (vec!["sub".into()], b"12345".into())
    );
}
