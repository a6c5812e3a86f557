//! Passive listeners over real sockets: kept and shared, and what happens where they run out.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{Raw, Setup, TestServer, assert_same, dial, free_ports, noise, until};

/// Bytes that no two socket buffers hold.
const LARGE: usize = 8 << 20;

/// How often the log has said this.
fn said(server: &TestServer, what: &str) -> usize {
    server.log().lines().filter(|line| line.contains(what)).count()
}

#[test]
fn one_port_serves_forty_addresses_at_once() {
    let large = noise(LARGE + 41 * 1000, 31);
    let port = free_ports(1);
    let (port, _) = port.split_once('-').expect("a range");
    let setup = (0..40).step_by(2).fold(Setup::usual(), |setup, who| {
        setup.file(&format!("Movies/{who}"), &large[who * 1000..][..LARGE])
    });
    let server = setup.flag("--passive-ports", port).start();
    let mut crowd: Vec<_> =
        (0..40_u8).map(|who| server.session_from(Ipv4Addr::new(127, 0, 0, who + 1))).collect();
    // All wait, then all connect, then all transfer.
    for raw in &mut crowd {
        assert_eq!(raw.epsv().port().to_string(), port);
    }
    let port: u16 = port.parse().unwrap();
    let mut connections: Vec<_> = (0..40_u8)
        .map(|who| {
            let from = Ipv4Addr::new(127, 0, 0, who + 1);
            dial(Some(from.into()), (Ipv4Addr::LOCALHOST, port).into())
        })
        .collect();
    for (who, raw) in crowd.iter_mut().enumerate() {
        let verb = if who % 2 == 0 { "RETR Movies" } else { "STOR Own" };
        raw.expect(&format!("{verb}/{who}"), 150);
    }
    for (who, data) in connections.iter_mut().enumerate().skip(1).step_by(2) {
        data.write_all(&large[who * 1000..][..500_000]).unwrap();
    }
    for raw in &mut crowd {
        let lines = raw.expect("STAT", 211).lines;
        assert!(lines.iter().any(|line| line.ends_with("so far")), "none has ended: {lines:?}");
    }
    let mut piece = vec![0; 1 << 20];
    for at in (0..LARGE).step_by(piece.len()) {
        for (who, data) in connections.iter_mut().enumerate().step_by(2) {
            data.read_exact(&mut piece).unwrap();
            assert_same(&piece, &large[who * 1000 + at..][..piece.len()]);
        }
    }
    for (who, (mut data, mut raw)) in connections.into_iter().zip(crowd).enumerate() {
        if who % 2 == 0 {
            assert_eq!(data.read(&mut piece).unwrap(), 0);
            raw.hear(226);
        } else {
            data.shutdown(Shutdown::Write).unwrap();
            raw.hear(226);
            assert_same(&server.content(&format!("Own/{who}")), &large[who * 1000..][..500_000]);
        }
    }
    assert_eq!(said(&server, "exhausted"), 0);
}

#[test]
fn sessions_of_one_address_that_wait_have_a_port_each() {
    let setup = (0..4).fold(Setup::usual(), |setup, who| {
        setup.file(&format!("Movies/{who}"), &noise(10_000, who))
    });
    let server = setup.flag("--passive-ports", &free_ports(4)).start();
    let mut crowd: Vec<_> = (0..4).map(|_| server.session()).collect();
    let told: Vec<_> = crowd.iter_mut().map(Raw::epsv).collect();
    for (who, address) in told.iter().enumerate() {
        assert!(!told[..who].contains(address), "{told:?}");
    }
    // Whoever asked last connects first.
    let connections: Vec<_> = told.iter().rev().map(|address| dial(None, *address)).collect();
    for (who, (mut data, raw)) in connections.into_iter().rev().zip(&mut crowd).enumerate() {
        raw.expect(&format!("RETR Movies/{who}"), 150);
        let mut got = Vec::new();
        data.read_to_end(&mut got).unwrap();
        assert_same(&got, &noise(10_000, who as u64));
        raw.hear(226);
    }
}

#[test]
fn an_exhausted_range_is_said_so_once_and_has_ports_again() {
    let range = free_ports(2);
    let server = Setup::usual().flag("--passive-ports", &range).start();
    let (mut one, mut two, mut three) = (server.session(), server.session(), server.session());
    let waiting = [one.epsv(), two.epsv()];
    for line in ["EPSV", "PASV"].repeat(5) {
        let refused = three.expect(line, 425);
        for word in ["passive ports are exhausted", "try again later"] {
            assert!(refused.text().contains(word), "{:?}", refused.lines);
        }
        three.expect("RETR Movies/Joker", 425);
    }
    assert_eq!(said(&server, "passive ports: exhausted for 127.0.0.1: "), 1, "{}", server.log());
    assert_eq!(said(&server, &format!("widen --passive-ports {range}")), 1, "{}", server.log());
    // Nobody else is short of one, and neither is who has the server connect.
    let mut elsewhere = server.session_from(Ipv4Addr::new(127, 0, 0, 2));
    assert_same(&elsewhere.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
    let listener = three.active();
    three.expect("RETR Movies/Joker", 150);
    drop(listener.accept().unwrap());
    while three.reply().code < 200 {}

    // A port whose connection has come is to be had again at once.
    let mut data = dial(None, waiting[0]);
    one.expect("RETR Movies/Joker", 150);
    data.read_to_end(&mut Vec::new()).unwrap();
    one.hear(226);
    assert_same(&three.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
    assert_eq!(said(&server, "127.0.0.1 has been given one again"), 1, "{}", server.log());
    // And one that was given up without, before long.
    one.epsv();
    three.expect("EPSV", 425);
    two.expect("QUIT", 221);
    let mut given = None;
    until(
        "the port is given",
        || assert!(one.hears_nothing_for(Duration::from_millis(20))),
        || {
            let reply = three.ask("EPSV");
            given = (reply.code == 229).then(|| three.told_by(&reply));
            given.is_some()
        },
    );
    let mut data = dial(None, given.expect("a port"));
    three.expect("RETR Movies/Joker", 150);
    data.read_to_end(&mut Vec::new()).unwrap();
    three.hear(226);
    assert_eq!(said(&server, "exhausted for"), 1, "{}", server.log());
}

#[test]
fn ports_that_others_hold_are_passed_over() {
    let range = free_ports(3);
    let (low, _) = range.split_once('-').unwrap();
    let low: u16 = low.parse().unwrap();
    let others = [0, 2].map(|at| TcpListener::bind((Ipv4Addr::LOCALHOST, low + at)).unwrap());
    let server = Setup::usual().flag("--passive-ports", &range).start();
    let mut raw = server.session();
    for _ in 0..3 {
        let mut data = raw.passive();
        assert_eq!(data.peer_addr().unwrap().port(), low + 1);
        raw.expect("RETR Movies/Joker", 150);
        data.read_to_end(&mut Vec::new()).unwrap();
        raw.hear(226);
    }
    let mut other = server.session();
    assert_eq!(raw.epsv().port(), low + 1);
    other.expect("EPSV", 425);
    assert_eq!(said(&server, "2 can't be bound (Address already in use"), 1, "{}", server.log());
    drop(others);
    assert_ne!(other.epsv().port(), low + 1);
    assert_same(&other.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
}

#[test]
fn ports_that_may_not_be_bound_are_passed_over() {
    // As root as well: the privilege is given up at start.
    let server = Setup::usual().flag("--passive-ports", "960-1087").start();
    assert_eq!(said(&server, "--passive-ports begins at 960"), 1);
    let mut raw = server.session();
    let mut others: Vec<_> = (0..3).map(|_| server.session()).collect();
    for other in &mut others {
        other.epsv();
    }
    assert_same(&raw.retrieve("Movies/Joker"), &server.content("Movies/Joker"));
}

#[test]
fn a_flood_of_strangers_keeps_nobody_from_a_port() {
    let server = Setup::usual().flag("--passive-ports", &free_ports(1)).start();
    let mut raw = server.session();
    let wanted = server.content("Movies/Joker");
    let data = raw.passive();
    let address = data.peer_addr().unwrap();
    drop(data);
    raw.send("RETR Movies/Joker");
    while raw.reply().code < 200 {}
    let (over, strangers) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for who in 2..6 {
            let (over, strangers) = (&over, &strangers);
            scope.spawn(move || {
                let from = Ipv4Addr::new(127, 0, 0, who);
                while !over.load(Ordering::Relaxed) {
                    let mut crowd: Vec<_> =
                        (0..8).map(|_| dial(Some(from.into()), address)).collect();
                    for stranger in &mut crowd {
                        // Closed at once, and never with a byte.
                        let got = stranger.read(&mut [0; 1]);
                        assert!(got.is_err() || got.is_ok_and(|count| count == 0));
                    }
                    strangers.fetch_add(crowd.len(), Ordering::Relaxed);
                }
            });
        }
        let mut transfers = 0;
        while transfers < 50 || strangers.load(Ordering::Relaxed) < 500 {
            assert_same(&raw.retrieve("Movies/Joker"), &wanted);
            raw.store("Own/new", &wanted);
            transfers += 1;
        }
        over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn listeners_are_the_same_ones_after_a_thousand_transfers() {
    let server = TestServer::usual();
    let (mut raw, mut other) = (server.session(), server.session());
    let wanted = server.content("Movies/Joker");
    let before = server.listeners();
    // Two that wait at the same time have a port each.
    raw.epsv();
    other.epsv();
    assert_same(&raw.retrieve("Movies/Joker"), &wanted);
    let kept = server.listeners();
    assert!(kept.is_superset(&before) && kept.len() > before.len());
    for turn in 0..1000 {
        let who = if turn % 3 == 0 { &mut other } else { &mut raw };
        assert_eq!(who.retrieve("Movies/Joker"), wanted);
    }
    assert_eq!(server.listeners(), kept);
    let ports = server.descriptors();
    assert_eq!(raw.retrieve("Movies/Joker"), wanted);
    assert_eq!(server.descriptors(), ports, "nor is anything else left open");
}

#[test]
fn a_single_port_is_warned_of() {
    let warned = |range: &str| {
        let server = Setup::usual().flag("--passive-ports", range).start();
        said(&server, "--passive-ports names a single port")
    };
    let two = free_ports(2);
    assert_eq!(warned(&two), 0);
    assert_eq!(warned(two.split('-').next().unwrap()), 1);
}
