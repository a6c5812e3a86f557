//! The program around the server: what it says at start, its commands, its signals.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Raw, Setup, TestServer, assert_same, coracled, finish, noise, until};

#[test]
fn check_names_every_mistake_by_file_and_line() {
    let setup = Setup::new()
        .client("user1", "1234")
        .client("user1", "again")
        .grant("user1", "Movies", "r")
        .grant("user1", "Music", "rx")
        .grant("nobody", "Movies", "r")
        .written();
    fs::remove_dir(setup.data().join("files/Movies")).unwrap();
    let checked = finish(coracled().arg("check").arg("--data").arg(setup.data()));
    assert!(checked.code.is_some_and(|code| code != 0), "{checked:?}");
    let said = format!("{}{}", checked.text(), checked.err);
    for place in ["Credentials:2", "Directories:1", "Directories:2", "Directories:3"] {
        assert!(said.contains(place), "{place} is not among:\n{said}");
    }
    let started =
        finish(coracled().arg("--data").arg(setup.data()).args(["--listen", "127.0.0.1:0"]));
    assert!(started.code.is_some_and(|code| code != 0), "it refuses to run: {started:?}");
    assert!(started.err.contains("Directories:2"), "{started:?}");
}

#[test]
fn check_is_content_with_the_demonstration() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    finish(coracled().args(["check", "--data", data])).well();
}

#[test]
fn hashed_passwords_give_their_memory_back() {
    // `ahoy`, at a cost of 16 MiB.
    let hashed = "$argon2id$v=19$m=16384,t=2,p=1$NHdKOHNPNmt6UGVZYkxC$\
                  p7cmrm6+iCcWVmp2Ye6/HOdR038+YTuGno7N9XMqw4s";
    let server = Setup::usual().client("hashed", hashed).grant("hashed", "Own", "r").start();
    let before = server.resident_kib();
    for _ in 0..12 {
        let mut raw = Raw::connect(server.ftp);
        raw.expect("USER hashed", 331);
        raw.expect("PASS avast", 530);
        raw.login("hashed", "ahoy");
    }
    let after = server.resident_kib();
    assert!(after < before + 8 * 1024, "{before} KiB before, {after} KiB after");
}

#[test]
fn passwords_of_sessions_that_have_ended_are_not_checked() {
    // `1234`, at a cost of which a second has no more than some ten.
    let hashed = "$argon2id$v=19$m=32768,t=3,p=1$YSBzYWx0IG9mIGl0cyBvd24$\
                  pperbpktxigE09IAz7EYNg9kc2P4AtZwqpFSqbcm4pQ";
    let server = Setup::usual()
        .client("hashed", hashed)
        .grant("hashed", "Own", "r")
        .flag("--login-timeout", "5")
        .flag("--allow", "127.0.0.1")
        .start();
    let crowd: Vec<Raw> = (0..250)
        .map(|_| {
            let mut raw = Raw::connect(server.ftp);
            raw.expect("USER hashed", 331);
            raw.send("PASS avast");
            raw
        })
        .collect();
    // Some are refused for their passwords, others because their time is up, or too many wait.
    for mut raw in crowd {
        while raw.reply().code == 530 {}
        raw.closed();
    }
    Raw::connect(server.ftp).login("hashed", "1234");
}

#[test]
fn wrong_usage_is_said_so() {
    let wrong = finish(coracled().arg("--no-such-flag"));
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let nowhere = finish(coracled().args(["--data", "/nonexistent/coracle"]));
    assert!(nowhere.code.is_some_and(|code| code != 0), "{nowhere:?}");
    assert!(nowhere.err.contains("/nonexistent/coracle"), "{nowhere:?}");
}

#[test]
fn a_taken_port_is_said_so() {
    let server = TestServer::usual();
    let second = Setup::usual().written();
    let refused = finish(coracled().arg("--data").arg(second.data()).args([
        "--no-guided",
        "--listen",
        &server.ftp.to_string(),
    ]));
    assert!(refused.code.is_some_and(|code| code != 0), "{refused:?}");
    assert!(refused.err.contains(&server.ftp.to_string()), "{refused:?}");
    server.serves_others();
}

#[test]
fn passwd_adds_and_changes_clients_and_keeps_the_rest() {
    let setup = Setup::usual().written();
    let file = setup.data().join("Credentials");
    fs::write(&file, "# who\n\nuser1:1234\nuser2:old:with colon\n# end\n").unwrap();
    for (username, password) in [("user2", "new"), ("user3", "a b:c")] {
        let mut passwd = coracled()
            .args(["passwd", username, "--data"])
            .arg(setup.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        passwd.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
        assert!(passwd.wait().unwrap().success());
    }
    let written = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[..3], ["# who", "", "user1:1234"]);
    assert!(lines[3].starts_with("user2:$argon2id$"), "{written}");
    assert_eq!(lines[4], "# end");
    assert!(lines[5].starts_with("user3:$argon2id$"), "{written}");

    let mut served = Setup::usual().grant("user2", "Movies", "r").grant("user3", "Movies", "r");
    for line in [lines[3], lines[5]] {
        let (username, hash) = line.split_once(':').unwrap();
        served = served.client(username, hash);
    }
    let server = served.start();
    for (username, password) in [("user2", "new"), ("user3", "a b:c")] {
        let mut raw = Raw::connect(server.ftp);
        raw.expect(&format!("USER {username}"), 331);
        raw.expect("PASS wrong", 530);
        raw.login(username, password);
        assert_same(&raw.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
    }
}

#[test]
fn signals_end_it_in_order() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = TestServer::usual();
        let mut idle = server.session();
        server.signal(signal);
        idle.closed();
        assert_eq!(server.ended().code(), Some(0), "{}", server.log());
    }
}

#[test]
fn a_running_transfer_is_let_to_its_end() {
    let large = noise(32 << 20, 13);
    let mut server = Setup::usual().file("Movies/large", &large).start();
    let mut raw = server.session();
    let mut data = raw.begin("RETR Movies/large");
    server.signal(Signal::TERM);
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    assert_same(&got, &large);
    raw.hear(226);
    raw.closed();
    assert_eq!(server.ended().code(), Some(0), "{}", server.log());
}

#[test]
fn accounts_are_read_anew_on_sighup_and_kept_if_wrong() {
    let mut server = Setup::usual().file("Docs/new", b"new").start();
    let (home, mut old) = (server.path(".."), server.session());
    let logged = |text: &str| server.log().matches(text).count();
    let step = || server.serves_others();

    fs::write(home.join("Directories"), "user1:Movies:r\nuser1:Docs:q\n").unwrap();
    server.signal(Signal::HUP);
    until("the mistake is logged", step, || logged("Directories:2") > 0);
    assert_eq!(server.session().fetch("NLST"), b"Movies\r\nIncoming\r\nOwn\r\n");

    fs::write(home.join("Directories"), "user1:Movies:r\nuser1:Docs:r\n").unwrap();
    server.signal(Signal::HUP);
    until("the new table holds", step, || server.session().fetch("NLST") == b"Movies\r\nDocs\r\n");
    old.expect("NOOP", 200);
    assert_same(&server.session().retrieve("Docs/new"), b"new");
    server.stops_cleanly();
}

#[test]
fn one_thread_serves_and_one_helps() {
    let server = TestServer::usual();
    let sessions: Vec<Raw> = (0..20).map(|_| server.session()).collect();
    let threads = server.threads();
    assert!(threads.len() <= 2, "{threads:?}");
    drop(sessions);
}
