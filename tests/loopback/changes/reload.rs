//! Grants and accounts that are taken back by SIGHUP, from sessions that are at work.

use std::fs;
use std::io::{Read, Write};

use rustix::process::Signal;

use super::{begin_upload, end};
use crate::guided::Guided;
use crate::support::{Setup, TestServer, assert_same, noise, until};

const CREDENTIALS: &str = "user1:1234\nuser2:1234\n";

const GRANTS: &str = "user1:Movies:r\nuser1:Own:rwd\nuser2:Movies:r\n";

/// More than all buffers on the way take.
const LENGTH: usize = 12 << 20;

fn server(content: &[u8]) -> TestServer {
    let setup = Setup::usual().client("user2", "1234").grant("user2", "Movies", "r");
    setup.file("Own/film", content).file("Own/small", b"small").start()
}

/// Has the server read these tables, and waits until it has.
#[track_caller]
fn reload(server: &TestServer, credentials: &str, grants: &str) {
    fs::write(server.data().join("Credentials"), credentials).expect("Credentials");
    fs::write(server.data().join("Directories"), grants).expect("Directories");
    let read = || server.log().matches("accounts are read anew").count();
    let before = read();
    server.signal(Signal::HUP);
    let mut other = crate::support::Raw::connect(server.ftp);
    until("they are read", || drop(other.expect("NOOP", 200)), || read() > before);
}

#[test]
fn grants_that_are_taken_back_are_gone_with_the_next_command() {
    let mut server = server(b"film");
    let mut raw = server.session();
    raw.expect("CWD Own", 250);
    raw.expect("RNFR small", 350);
    reload(&server, CREDENTIALS, "user1:Movies:r\n");
    raw.expect("RNTO large", 553);
    let here = raw.expect("PWD", 257);
    assert!(here.text().contains("\"/Own\""), "{:?}", here.lines);
    let _data = raw.passive();
    raw.expect("STOR new", 553);
    for line in ["LIST", "RETR small", "APPE new", "DELE small", "CWD /Own", "SIZE small"] {
        raw.expect(line, 550);
    }
    assert_same(&raw.fetch("NLST /"), b"/Movies\r\n");
    assert_same(&raw.retrieve("/Movies/Joker"), &server.content("Movies/Joker"));

    // Rights alone, and what is granted in addition.
    reload(&server, CREDENTIALS, "user1:Own:r\n");
    assert_same(&raw.retrieve("small"), b"small");
    for line in ["DELE small", "MKD new", "CWD /Movies"] {
        raw.expect(line, 550);
    }
    reload(&server, CREDENTIALS, GRANTS);
    raw.store("small", b"new");
    server.stops_cleanly();
}

#[test]
fn what_runs_comes_to_its_end_and_nothing_follows() {
    let content = noise(LENGTH, 21);
    let server = server(&content);
    let mut downloads: Vec<_> = (0..3).map(|_| server.session()).collect();
    let mut data: Vec<_> = downloads.iter_mut().map(|raw| raw.begin("RETR Own/film")).collect();
    for data in &mut data {
        data.read_exact(&mut [0; 100_000]).unwrap();
    }
    let mut upload = server.session();
    let mut sent = begin_upload(&mut upload, "STOR Own/new", &content[..100_000]);
    // Lines that wait behind a transfer are commands that come after it.
    downloads[0].send("DELE Own/small");
    upload.send("DELE Own/small");
    reload(&server, "user2:1234\n", "user2:Movies:r\n");
    for (raw, data) in downloads.iter_mut().zip(&mut data) {
        let mut rest = Vec::new();
        data.read_to_end(&mut rest).unwrap();
        assert_same(&rest, &content[100_000..]);
        raw.hear(226);
    }
    downloads[0].hear(530);
    sent.write_all(&content[100_000..]).unwrap();
    assert_eq!(end(&mut upload, sent), 226);
    upload.hear(530);
    assert_same(&server.content("Own/new"), &content);
    assert_same(&server.content("Own/small"), b"small");
    for raw in downloads.iter_mut().chain([&mut upload]) {
        raw.expect("PWD", 530);
        raw.expect("NOOP", 200);
        raw.expect("USER user1", 331);
        raw.expect("PASS 1234", 530);
        // Nobody is hung up on: it may come back as somebody else.
        raw.login("user2", "1234");
        assert_same(&raw.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
    }
}

#[test]
fn work_on_files_comes_to_its_end() {
    let server = server(&noise(24 << 20, 22));
    let (mut packing, mut digesting) = (server.session(), server.session());
    packing.send("SITE COMPRESS Own/film");
    digesting.send("XSHA256 Own/film");
    reload(&server, CREDENTIALS, "user1:Movies:r\n");
    digesting.hear(250);
    let packed = loop {
        let reply = packing.reply();
        if reply.code != 150 {
            break reply;
        }
    };
    assert_eq!(packed.code, 250, "{:?}", packed.lines);
    assert!(server.path("Own/film.gz").exists());
    packing.expect("SIZE Own/film.gz", 550);
    digesting.expect("XCRC Own/film", 550);
}

#[test]
fn another_password_asks_for_a_new_login_and_the_same_does_not() {
    let server = server(b"film");
    let (mut raw, mut other) = (server.session(), server.session());
    let mut guided = Guided::logged_in(&server, "user1", "1234");
    let mut idle = Guided::logged_in(&server, "user2", "1234");
    reload(&server, "# another order\nuser2:1234\nuser1:1234\n", GRANTS);
    assert_same(&raw.retrieve("Own/small"), b"small");
    reload(&server, "user1:4321\nuser2:1234\n", GRANTS);
    let told = raw.expect("CWD Own", 530);
    assert!(told.text().contains("has been changed"), "{:?}", told.lines);
    raw.login("user1", "4321");
    assert_same(&raw.retrieve("Own/small"), b"small");
    other.expect("QUIT", 221);
    let changed = "Your account has been changed, please log in again";
    guided.says("SHOW DIRECTORIES", changed);
    idle.says("SHOW DIRECTORIES", "The available directories are: Movies");
}
