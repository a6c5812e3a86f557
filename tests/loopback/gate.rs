//! The gate of the real server: guessers from several addresses, limits, and the lines that a log
//! reader such as fail2ban goes by.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use rustix::process::Signal;

use crate::support::{Raw, Setup, TestServer, assert_same, finish, python, until};

/// `1234`, as `openssl passwd -6` hashes it.
const CRYPT: &str = "$6$saltstring$cFjaeMv2JQ3U.EsLODczIGnXMfv5DIMZWovUKp80bfVPK8yFedw8LNd7zOn0jS8F5SZOM\
                     4IJxNNYuUR9kDZi7.";

/// `1234`, at a cost of which a second has no more than some ten.
const DEAR: &str = "$argon2id$v=19$m=32768,t=3,p=1$YSBzYWx0IG9mIGl0cyBvd24$\
                    pperbpktxigE09IAz7EYNg9kc2P4AtZwqpFSqbcm4pQ";

fn host(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

/// Presents a wrong password, and leaves the answer to whoever waits for it.
fn guess(from: Ipv4Addr, server: SocketAddr) -> Raw {
    let mut raw = Raw::connect_from(from, server);
    raw.expect("USER user1", 331);
    raw.send("PASS wrong");
    raw
}

/// Waits until the server's log holds `text`.
fn logged(server: &TestServer, text: &str) {
    until(text, || server.serves_others(), || server.log().contains(text));
}

#[test]
fn guessers_from_several_addresses_are_banned_and_nobody_else() {
    let server = Setup::usual()
        .flag("--ban-after", "5")
        .flag("--ban-time", "77")
        .flag("--allow", "127.0.0.24/30")
        .flag("--login-attempts", "9")
        .start();
    for last in [11, 12, 13] {
        // All at once: that saves them nothing.
        let guessers: Vec<Raw> = (0..5).map(|_| guess(host(last), server.ftp)).collect();
        logged(&server, &format!("address banned address=127.0.0.{last} failures=5 seconds=77"));
        let mut late = Raw::silent_from(host(last), server.ftp);
        let told = late.hear(421);
        assert!(told.text().contains("Too many failed logins from your address"), "{told:?}");
        late.closed();
        for mut guesser in guessers {
            guesser.hear(530);
            guesser.expect("USER user1", 331);
            guesser.expect("PASS 1234", 421);
            guesser.closed();
        }
        server.serves_others();
    }
    let line = "login failed user=\"user1\" address=127.0.0.11 failures=3 delay_ms=1000";
    logged(&server, line);
    logged(&server, "connection refused address=127.0.0.12 reason=banned");
    logged(&server, "login refused user=\"user1\" address=127.0.0.13 reason=banned");

    // Who is allowed may guess as often as it likes, and is answered at once.
    let mut allowed = Raw::connect_from(host(26), server.ftp);
    for _ in 0..8 {
        allowed.expect("USER user1", 331);
        allowed.expect("PASS wrong", 530);
    }
    allowed.login("user1", "1234");
    logged(&server, "login failed user=\"user1\" address=127.0.0.26 failures=0 delay_ms=0");

    // The tables are read anew; what the gate knows it goes on knowing.
    server.signal(Signal::HUP);
    logged(&server, "accounts are read anew");
    Raw::silent_from(host(11), server.ftp).hear(421);
}

#[test]
fn a_ban_ends() {
    let server = Setup::usual().flag("--ban-after", "1").flag("--ban-time", "2").start();
    guess(host(31), server.ftp).hear(530);
    Raw::silent_from(host(31), server.ftp).hear(421);
    let mut back = None;
    let knock = || Raw::silent_from(host(31), server.ftp);
    until(
        "the ban is over",
        || server.serves_others(),
        || {
            let mut raw = knock();
            let is_over = raw.reply().code == 220;
            back = is_over.then_some(raw);
            is_over
        },
    );
    back.expect("it is over").login("user1", "1234");
}

#[test]
fn a_username_can_not_forge_a_line_of_the_log() {
    let server = Setup::usual().flag("--ban-after", "0").flag("--login-attempts", "9").start();
    let mut raw = Raw::connect_from(host(41), server.ftp);
    for name in [
        "x\" address=8.8.8.8 failures=9",
        "x\u{1b}[2Klogin failed user=y address=8.8.8.8",
        "x\tlogin failed user=\"y\" address=8.8.8.8",
        "\u{fc}ber\\\"",
    ] {
        raw.write(format!("USER {name}\r\nPASS x\r\n").as_bytes());
        raw.hear(331);
        raw.hear(530);
    }
    let log = server.log();
    let failed: Vec<&str> = log.lines().filter(|line| line.contains("login failed")).collect();
    assert_eq!(failed.len(), 4, "{log}");
    for line in failed {
        let (_, fields) = line.split_once("login failed ").expect("that is what was looked for");
        assert_eq!(fields.matches("address=").count(), 1, "{line}");
        assert!(fields.contains(" address=127.0.0.41 failures="), "{line}");
        assert!(line.is_ascii() && !line.contains('\u{1b}'), "{line}");
    }
    // Read as fail2ban does with the expression that the README has: the date goes first.
    let readme = include_str!("../../README.md");
    let expression = readme.lines().find_map(|line| line.trim().strip_prefix("failregex = "));
    let script = "
import re, sys
expression = re.compile(sys.argv[1].replace('<HOST>', r'(?P<host>[\\w.:]+)'))
for line in sys.argv[2].splitlines():
    found = expression.search(re.sub(r'^[\\d-]+T[\\d:.]+Z', '', line))
    if found:
        print(found['host'])
";
    let home = tempfile::tempdir().expect("a home for a script");
    let expression = expression.expect("the README has it");
    let read = python(home.path(), script, &[expression, &log]).well();
    assert_eq!(read.text(), "127.0.0.41\n".repeat(4), "{log}");
}

#[test]
fn each_limit_is_said() {
    let server = Setup::usual()
        .client("user2", "1234")
        .grant("user2", "Movies", "r")
        .flag("--max-clients-per-address", "3")
        .flag("--max-clients-per-user", "1")
        .start();
    let mut first = Raw::connect_from(host(51), server.ftp);
    first.login("user1", "1234");
    let mut second = Raw::connect_from(host(51), server.ftp);
    second.expect("USER user1", 331);
    let told = second.expect("PASS 1234", 530);
    assert!(told.text().contains("Too many clients are logged in as this user"), "{told:?}");
    second.login("user2", "1234");
    let third = Raw::connect_from(host(51), server.ftp);
    let told = Raw::silent_from(host(51), server.ftp).hear(421);
    assert!(told.text().contains("Too many connections from your address"), "{told:?}");
    Raw::connect_from(host(52), server.ftp);
    // A goodbye makes room at once, at the address and for the user.
    first.expect("QUIT", 221);
    let mut fourth = Raw::connect_from(host(51), server.ftp);
    fourth.login("user1", "1234");
    let log = server.log();
    assert!(log.contains("login refused user=\"user1\" address=127.0.0.51 reason=user-full"));
    assert!(log.contains("connection refused address=127.0.0.51 reason=address-full"), "{log}");
    drop((second, third));
}

#[test]
fn connections_come_no_faster_than_they_may() {
    let server = Setup::usual().flag("--accept-rate", "5").flag("--max-clients", "200").start();
    let mut codes: Vec<u16> =
        (0..60).map(|_| Raw::silent_from(host(61), server.ftp).reply().code).collect();
    assert_eq!(codes[..10], [220; 10]);
    codes.retain(|code| *code == 421);
    // However slow the machine is, it is not so slow that nobody came too fast.
    assert!(codes.len() > 5, "{codes:?}");
    assert!(server.log().contains("connection refused address=127.0.0.61 reason=rate"));
    Raw::connect_from(host(62), server.ftp);
}

#[test]
fn a_fleet_that_is_too_large_shrinks_and_gets_all_of_it() {
    for limit in ["--max-clients-per-address", "--max-clients-per-user"] {
        let mut setup = Setup::usual().flag(limit, "2");
        for number in 0..12 {
            setup = setup.file(&format!("Movies/part-{number}"), b"some bytes of a film");
        }
        let server = setup.start();
        let target = tempfile::tempdir().expect("a place to download to");
        let url = format!("ftp://user1@{}/Movies/part-*", server.ftp);
        let fetched = finish(
            Command::new(env!("CARGO_BIN_EXE_coracle"))
                .args(["mget", "--jobs", "6", &url])
                .arg(target.path())
                .env("CORACLE_PASSWORD", "1234"),
        );
        fetched.well();
        assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 12, "{limit}");
        let reason = if limit.ends_with("user") { "user-full" } else { "address-full" };
        assert!(server.log().contains(&format!("reason={reason}")), "{}", server.log());
    }
}

#[test]
fn a_crowd_that_logs_in_makes_itself_wait() {
    let server = Setup::usual()
        .client("hashed", DEAR)
        .client("other", DEAR)
        .grant("hashed", "Own", "r")
        .grant("other", "Own", "r")
        .flag("--allow", "127.0.0.0/8")
        .flag("--login-timeout", "120")
        .start();
    let mut crowd: Vec<Raw> = (0..100)
        .map(|_| {
            let mut raw = Raw::connect_from(host(71), server.ftp);
            raw.expect("USER hashed", 331);
            raw.send("PASS wrong");
            raw
        })
        .collect();
    Raw::connect_from(host(72), server.ftp).login("other", "1234");
    // It had its turn behind a few of the crowd, whose last is not heard yet.
    let failed = server.log().matches("login failed user=\"hashed\"").count();
    assert!(failed < 60, "{failed} of 100 were before it");
    drop(crowd.split_off(1));
    crowd[0].hear(530);
}

#[test]
fn entries_of_crypt_log_in_and_an_unknown_user_waits_as_long() {
    let server = Setup::new()
        .client("moved", CRYPT)
        .grant("moved", "Movies", "r")
        .file("Movies/Joker", b"Why so small?\n")
        .start();
    let mut raw = Raw::connect(server.ftp);
    raw.login("moved", "1234");
    assert_same(&raw.retrieve("Movies/Joker"), b"Why so small?\n");
    for name in ["moved", "unknown"] {
        let mut raw = Raw::connect_from(host(81), server.ftp);
        raw.expect(&format!("USER {name}"), 331);
        raw.expect("PASS wrong", 530);
    }
}

#[test]
fn plain_passwords_are_warned_about_where_others_can_come() {
    let warning = "1 of the passwords";
    let setup = || Setup::usual().client("hashed", CRYPT).grant("hashed", "Movies", "r");
    let server = setup().flag("--guided", "0.0.0.0:0").start();
    logged(&server, warning);
    let log = server.log();
    let line = log.lines().find(|line| line.contains(warning)).unwrap_or_default();
    assert!(line.contains("coracled passwd USER") && line.contains("Credentials"), "{line}");
    assert_eq!(log.matches(warning).count(), 1);

    let server = setup().start();
    server.serves_others();
    assert!(!server.log().contains(warning), "nobody else can come: {}", server.log());
}

#[test]
fn that_nobody_can_be_accepted_is_said_once() {
    let server = TestServer::usual();
    let mut here = server.session();
    let before = server.open_descriptors();
    server.limit_descriptors(before + 1);
    let crowd: Vec<Raw> = (0..5).map(|_| Raw::silent(server.ftp)).collect();
    // For several rests; what is asked for meanwhile is answered.
    until(
        "one was accepted, and others were not",
        || drop(here.expect("NOOP", 200)),
        || server.log().contains("nobody can be accepted"),
    );
    let start = std::time::Instant::now();
    while start.elapsed().as_millis() < 600 {
        here.expect("NOOP", 200);
    }
    assert_eq!(server.log().matches("nobody can be accepted").count(), 1, "{}", server.log());
    server.limit_descriptors(before + 100);
    for mut raw in crowd {
        raw.hear(220);
    }
    let over = "whoever waited has been accepted";
    until(over, || drop(here.expect("NOOP", 200)), || server.log().contains(over));
}

#[test]
fn a_flood_past_the_limit_leaves_the_rest_alone() {
    let server = Setup::usual().flag("--max-clients-per-address", "20").start();
    let mut honest = Raw::connect_from(host(92), server.ftp);
    honest.login("user1", "1234");
    let flood: Vec<_> = (0..1500)
        .map(|_| {
            let mut stream = crate::support::dial(Some(host(91).into()), server.ftp);
            let _ = stream.write_all(b"USER user1\r\n");
            stream
        })
        .collect();
    for _ in 0..20 {
        honest.expect("NOOP", 200);
        assert_same(&honest.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
    }
    server.serves_others();
    let lines = server.log().lines().count();
    assert!(lines < 1000, "{lines} lines");
    drop(flood);
}
