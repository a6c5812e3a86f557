//! Small sieges of the real server: each in a fraction of the size that `scripts/siege` has it in, and
//! judged by what holds on any machine. The honest session is served all along and never refused, what
//! an attacker costs in memory has a bound, and when all is over somebody new is let in.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use crate::support::{Raw, Setup, TestServer, assert_same, dial, free_ports, until};

/// Memory that a connection may cost which has not logged in, TLS included, in KiB.
const STRANGER_KIB: u64 = 64;

/// Memory that a logged-in session may cost which waits for a data connection, in KiB.
const SESSION_KIB: u64 = 48;

/// What the server may need beside, in KiB: sixteen handshakes at once, the outboxes of one pass.
const BESIDE_KIB: u64 = 8 * 1024;

/// The beginning of a handshake that never goes on: a record of 512 bytes is promised.
const HALF_A_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";

/// An address of its own for each of many attackers.
fn address(who: usize) -> Ipv4Addr {
    let [.., high, low] = who.to_be_bytes();
    Ipv4Addr::new(127, 77, high, low)
}

/// The honest session has an answer and a file.
#[track_caller]
fn serves(server: &TestServer, honest: &mut Raw) {
    honest.expect("NOOP", 200);
    assert_same(&honest.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
}

/// Reads the greeting, and leaves what comes behind it.
fn greeted(stream: &mut TcpStream) {
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).expect("a greeting");
    }
}

/// One of the ways to stand in a server's way.
fn dawdler(who: usize, server: SocketAddr) -> TcpStream {
    let mut stream = dial(Some(address(who).into()), server);
    let opening: &[u8] = match who % 5 {
        0 => return stream,
        1 => b"USER us",
        2 => b"USER user1\r\nPASS 12",
        3 => b"AUTH TLS\r\n",
        _ => return stream,
    };
    greeted(&mut stream);
    stream.write_all(opening).expect("the server reads");
    if who % 5 == 3 {
        greeted(&mut stream);
        stream.write_all(HALF_A_HELLO).expect("the server reads");
    }
    stream
}

#[test]
fn half_open_and_slow_connections_cost_little_and_delay_nobody() {
    const CROWD: usize = 400;
    let server = TestServer::usual();
    let mut honest = server.session();
    serves(&server, &mut honest);
    let (before, descriptors) = (server.resident_kib(), server.descriptors());
    let mut crowd = Vec::new();
    for who in 0..CROWD {
        crowd.push(dawdler(who, server.ftp));
        if who % 20 == 0 {
            serves(&server, &mut honest);
        }
    }
    // Those that trickle do so, a byte each, again and again.
    for _ in 0..10 {
        for (who, stream) in crowd.iter_mut().enumerate() {
            if who % 5 == 1 {
                stream.write_all(b"e").expect("the server reads");
            }
        }
        serves(&server, &mut honest);
    }
    server.serves_others();
    let cost = server.resident_kib().saturating_sub(before);
    let most = CROWD as u64 * STRANGER_KIB;
    assert!(cost <= most + BESIDE_KIB, "{CROWD} strangers cost {cost} KiB, {most} may be");
    drop(crowd);
    until(
        "they are gone",
        || drop(honest.expect("NOOP", 200)),
        || server.descriptors() <= descriptors,
    );
    serves(&server, &mut honest);
}

#[test]
fn strangers_who_fill_every_place_make_way_for_somebody_new() {
    let server = Setup::usual().flag("--max-clients", "20").start();
    let mut honest = server.session();
    let stranger = |who: usize| dial(Some(address(who / 2).into()), server.ftp);
    let mut crowd: Vec<_> = (0..60).map(stranger).collect();
    let mut newcomer = None;
    until(
        "there is room",
        || serves(&server, &mut honest),
        || {
            let mut raw = Raw::silent(server.ftp);
            let is_in = raw.answer() == Some(220);
            newcomer = is_in.then_some(raw);
            is_in
        },
    );
    newcomer.expect("somebody new").login("user1", "1234");
    // And not by asking those to go who are logged in.
    crowd.extend((60..120).map(stranger));
    serves(&server, &mut honest);
    drop(crowd);
}

#[test]
fn ports_to_which_nobody_connects_are_shared_and_given_up() {
    const CROWD: usize = 120;
    let server = Setup::usual().flag("--passive-ports", &free_ports(4)).start();
    let mut honest = server.session();
    serves(&server, &mut honest);
    let before = server.resident_kib();
    let (mut crowd, mut given) = (Vec::new(), 0);
    for who in 0..CROWD {
        // Two of an address, each of which leaves ports unused and waits at another; one that was left
        // unused is not given again at once.
        let from = Ipv4Addr::new(127, 78, 0, u8::try_from(who / 2 + 1).expect("few addresses"));
        let mut raw = Raw::connect_from(from, server.ftp);
        raw.login("user1", "1234");
        // Only those who ask for so many may be refused one.
        for line in ["PASV", "EPSV"].repeat(3) {
            let code = raw.ask(line).code;
            assert!(matches!(code, 227 | 229 | 425), "{line}: {code}");
            given += usize::from(code != 425);
        }
        if who % 2 == 0 {
            raw.send("RETR Movies/Joker");
        }
        crowd.push(raw);
        if who % 10 == 0 {
            serves(&server, &mut honest);
        }
    }
    serves(&server, &mut honest);
    assert!(given >= CROWD, "{given} ports were given for {CROWD} sessions");
    let cost = server.resident_kib().saturating_sub(before);
    let most = CROWD as u64 * SESSION_KIB;
    assert!(cost <= most + BESIDE_KIB, "{CROWD} sessions cost {cost} KiB, {most} may be");
    drop(crowd);
    serves(&server, &mut honest);
    server.serves_others();
}

#[test]
fn a_flood_past_every_limit_leaves_those_who_are_there_alone() {
    let server =
        Setup::usual().flag("--max-clients", "40").flag("--max-clients-per-address", "10").start();
    let mut honest = server.session();
    serves(&server, &mut honest);
    let before = server.resident_kib();
    let mut held = Vec::new();
    let mut refused = 0;
    for who in 0..300 {
        let mut raw = Raw::silent_from(address(who / 20), server.ftp);
        match raw.answer() {
            Some(220) => {
                // Else it would make way before long.
                raw.login("user1", "1234");
                held.push(raw);
            }
            // In a flood not everybody is told why.
            Some(421) | None => refused += 1,
            Some(code) => panic!("greeted with {code}"),
        }
        if who % 20 == 0 {
            serves(&server, &mut honest);
        }
    }
    assert!(held.len() == 39 && refused == 261, "{} are in, {refused} are not", held.len());
    // Whoever is in does as it likes, within its bounds.
    for raw in held.iter_mut().take(10) {
        raw.write(&vec![b'A'; 1 << 20]);
        raw.write(b"\r\n");
        raw.hear(500);
        raw.write("NOOP\r\n".repeat(2000).as_bytes());
        serves(&server, &mut honest);
    }
    let cost = server.resident_kib().saturating_sub(before);
    assert!(cost <= 40 * STRANGER_KIB + BESIDE_KIB, "the flood cost {cost} KiB");
    drop(held);
    until(
        "there is room again",
        || serves(&server, &mut honest),
        || Raw::silent(server.ftp).answer() == Some(220),
    );
}

#[test]
fn replies_that_nobody_reads_cost_a_bounded_memory() {
    const CROWD: usize = 6;
    let server = TestServer::usual();
    let mut honest = server.session();
    serves(&server, &mut honest);
    let before = server.resident_kib();
    let line = b"HELP\r\n".repeat(4096);
    let mut crowd: Vec<_> =
        (0..CROWD).map(|who| dial(Some(address(who).into()), server.ftp)).collect();
    for stream in &crowd {
        stream.set_nonblocking(true).expect("a socket that does not wait");
    }
    // Megabytes of commands each, as far as the server takes them, and it may take its time.
    for _ in 0..1500 {
        for stream in &mut crowd {
            // What the kernel does not take now it may take the next time.
            let _ = stream.write(&line);
        }
        honest.expect("NOOP", 200);
    }
    serves(&server, &mut honest);
    let cost = server.resident_kib().saturating_sub(before);
    let most = CROWD as u64 * (64 + STRANGER_KIB) + BESIDE_KIB;
    assert!(cost <= most, "they cost {cost} KiB, {most} may be");
    drop(crowd);
    server.serves_others();
}

#[test]
fn a_brute_force_from_many_addresses_shuts_out_nobody_else() {
    const GUESSERS: usize = 30;
    let server = Setup::usual()
        .flag("--login-attempts", "3")
        .client("other", "$argon2id$v=19$m=4096,t=3,p=1$YSBzYWx0IG9mIGl0cyBvd24$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        .start();
    let mut honest = server.session();
    let before = server.resident_kib();
    let mut guessers = Vec::new();
    for who in 0..GUESSERS {
        let mut raw = Raw::silent_from(address(who), server.ftp);
        assert_eq!(raw.answer(), Some(220));
        let user = ["user1", "other", "nobody"][who % 3];
        raw.write(format!("USER {user}\r\nPASS wrong\r\nUSER {user}\r\nPASS 1235\r\n").as_bytes());
        guessers.push(raw);
        serves(&server, &mut honest);
    }
    // Somebody new, from an address that has done nothing, while user1 is guessed at.
    let mut newcomer = Raw::connect_from(Ipv4Addr::new(127, 79, 0, 1), server.ftp);
    newcomer.login("user1", "1234");
    serves(&server, &mut newcomer);
    for raw in &mut guessers {
        assert_eq!([331, 530, 331, 530].map(Some), [(); 4].map(|()| raw.answer()));
    }
    serves(&server, &mut honest);
    // A hash that takes 4 MiB, one at a time.
    let cost = server.resident_kib().saturating_sub(before);
    let most = GUESSERS as u64 * STRANGER_KIB + BESIDE_KIB;
    assert!(cost <= most, "they cost {cost} KiB, {most} may be");
}
