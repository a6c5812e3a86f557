//! Every exit code that scripts rely on, and servers that fall silent at any point.

use std::io::{BufRead, Read, Write};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::misbehaving::{Script, Scripted};
use crate::support::{Setup, TestServer, noise};
use crate::{Home, url};

/// The final replies of RETR and STOR, and what they mean to a script.
#[test]
fn replies_become_exit_codes() {
    for (reply, code) in [
        ("550 No such file or directory", 6),
        ("550 film: not found", 6),
        ("550 Permission denied", 7),
        ("553 Not allowed", 7),
        ("530 Please log in", 7),
        ("452 Disk full", 13),
        ("552 Quota exceeded", 13),
        ("426 Broken", 3),
        ("425 No data connection", 3),
        ("421 Shutting down", 3),
        ("451 Local error", 1),
        ("500 What?", 1),
    ] {
        let home = Home::new();
        home.write("film", b"film");
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            peer.until("STOR film", reply);
            let _ = peer.control.read_to_end(&mut Vec::new());
        });
        home.runs(&["put", "film", &server.url("film")]).code(code);
        server.ended();
    }
}

/// Each but 13, which is the server's word above, and 130, which is a signal below.
#[test]
fn each_code_has_its_cause() {
    let server = Setup::usual().file("Own/a.txt", b"a").start();
    let home = Home::new();
    home.runs(&["get", &url(&server, "Own/a.txt")]).code(0);
    home.runs(&["-e", "!false", &format!("user1@{}", server.ftp)]).code(1);
    home.runs(&["get", "--jobs", "0", &url(&server, "Own/a.txt")]).code(2);
    home.runs(&["get", "ftp://user1@127.0.0.1:1/x"]).code(3);
    home.runs(&["get", &url(&server, "Own/a.txt").replace("ftp:", "ftps:")]).code(4);
    home.coracle(&["ls", &url(&server, "")]).env("CORACLE_PASSWORD", "no").assert().code(5);
    home.runs(&["sum", &url(&server, "Own/gone")]).code(6);
    home.runs(&["rm", &url(&server, "Movies/Joker")]).code(7);
    home.runs(&["mkdir", &url(&server, "Own/d")]).code(0);
    home.runs(&["mkdir", &url(&server, "Own/d")]).code(7);
    home.runs(&["put", "a.txt", &url(&server, "Own/d/")]).code(0);
    home.runs(&["rmdir", &url(&server, "Own/d")]).code(7);
    home.runs(&["mput", "a.txt", "gone", &url(&server, "Own/")]).code(8);
    home.runs(&["mget", &url(&server, "Own/*.doc")]).code(9);
    home.runs(&["get", &url(&server, "Own/a.txt")]).code(10);
    for (question, answer, wait_secs, code) in [
        ("XCRC a.txt", "250 00000000", "60", 11),
        // And no data, until the client has had enough.
        ("RETR a.txt", "150 go", "2", 12),
    ] {
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            peer.until("FEAT", "211-Features\r\n XCRC\r\n211 End");
            if code == 11 {
                peer.until("RETR a.txt", "150 go");
                let _ = peer.data().write_all(b"a");
                peer.say("226 done");
            }
            peer.until(question, answer);
            let _ = peer.control.read_to_end(&mut Vec::new());
        });
        let get = ["--timeout", wait_secs, "get", "--verify", &server.url("a.txt"), "b.txt"];
        home.runs(&get).code(code);
        server.ended();
    }
}

/// A server that says nothing more behind `last`, until the client has had enough.
fn silent_behind(last: usize) -> Scripted {
    let script: Script = Box::new(move |peer| {
        let mut said = 0;
        let mut say = |peer: &mut crate::misbehaving::Peer, line: &str| {
            said += 1;
            if said <= last {
                peer.say(line);
            }
        };
        say(peer, "220 hello");
        let mut line = String::new();
        while peer.control.read_line(&mut line).is_ok_and(|count| count > 0) {
            let verb = line.split_whitespace().next().unwrap_or_default().to_owned();
            line.clear();
            match verb.as_str() {
                "AUTH" => say(peer, "502 no TLS"),
                "USER" => say(peer, "331 password"),
                "PASS" => say(peer, "230 in"),
                "FEAT" => say(peer, "211-Features\r\n SIZE\r\n211 End"),
                "TYPE" => say(peer, "200 ok"),
                "SIZE" => say(peer, "213 4"),
                "EPSV" => {
                    let port = peer.passive.local_addr().expect("its address").port();
                    say(peer, &format!("229 ok (|||{port}|)"));
                }
                "RETR" => {
                    say(peer, "150 go");
                    let _ = peer.data().write_all(b"film");
                    say(peer, "226 done");
                }
                _ => say(peer, "221 bye"),
            }
        }
    });
    Scripted::in_turn(vec![script])
}

#[test]
fn silence_ends_in_time_wherever_it_begins() {
    std::thread::scope(|scope| {
        for last in 0..10 {
            scope.spawn(move || {
                let (server, home) = (silent_behind(last), Home::new());
                home.runs(&["--timeout", "1", "get", &server.url("film")]).code(12);
                assert!(!home.path("film").exists(), "silent behind {last}");
                server.ended();
            });
        }
    });
    let home = Home::new();
    let server = silent_behind(10);
    home.runs(&["get", &server.url("film")]).success();
    server.ended();
}

#[test]
fn control_c_ends_a_whole_batch() {
    let mut setup = Setup::usual();
    for n in 0..6 {
        setup = setup.file(&format!("Own/{n}"), &noise(2_000_000, n));
    }
    let (server, home) = (setup.start(), Home::new());
    let mut child = Command::new(env!("CARGO_BIN_EXE_coracle"))
        .args(["mget", "--jobs", "3", "--rate", "200k", "--json"])
        .args([&url(&server, "Own/*"), "d"])
        .current_dir(home.path("."))
        .env("HOME", home.path("."))
        .env("CORACLE_PASSWORD", "1234")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("coracle starts");
    let directory = home.path("d");
    crate::support::until("three downloads are under way", std::thread::yield_now, || {
        std::fs::read_dir(&directory).is_ok_and(|entries| entries.count() >= 3)
    });
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    assert_eq!(child.wait().expect("it was ours").code(), Some(130));
    assert!(home.names("d").iter().all(|name| name.ends_with(".part")), "parts, not junk");
}

#[test]
fn a_broken_upload_goes_on_at_the_real_server() {
    let (server, home) = (TestServer::usual(), Home::new());
    let content = noise(2_000_000, 9);
    home.write("film", &content);
    let slow = ["put", "--rate", "300k", "--deadline", "2", "film", &url(&server, "Own/film")];
    home.runs(&slow).code(12);
    assert!(!server.path("Own/film").exists());
    let done =
        home.runs(&["put", "--resume", "--json", "--verify", "film", &url(&server, "Own/film")]);
    let report = crate::out(&done.success());
    assert!(server.content("Own/film") == content);
    assert!(report.contains(r#""verified":"SHA-256""#), "{report}");
}
