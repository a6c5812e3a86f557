//! How data connections come about over real sockets: which address is told to whom, both families,
//! and routes that are asked for and not used, used twice, or used too late.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use rustix::process::Signal;

use crate::support::{Raw, Setup, TestServer, assert_same, coracled, dial, finish, reset, until};

const JOKER: &[u8] = b"Why so small?\n";

/// All that comes until the end, or the reset, of a connection.
#[track_caller]
fn rest_of(mut data: TcpStream) -> Vec<u8> {
    let mut got = Vec::new();
    match data.read_to_end(&mut got) {
        Ok(_) => got,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => got,
        Err(error) => panic!("the connection does not end: {error}"),
    }
}

/// RETR over the connection that stands.
#[track_caller]
fn retrieves_over(raw: &mut Raw, data: TcpStream) {
    raw.expect("RETR Movies/Joker", 150);
    assert_same(&rest_of(data), JOKER);
    raw.hear(226);
}

/// RETR over the connection that the server makes to `listener`.
#[track_caller]
fn retrieves_from(raw: &mut Raw, listener: &TcpListener) {
    raw.expect("RETR Movies/Joker", 150);
    let (data, from) = listener.accept().expect("the server connects");
    assert_eq!(from.ip(), listener.local_addr().expect("its address").ip());
    assert_same(&rest_of(data), JOKER);
    raw.hear(226);
}

#[test]
fn peers_of_each_network_are_told_an_address_of_their_own() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let server = Setup::usual()
            .listening_on(listen)
            .flag("--passive-address", "203.0.113.7")
            .flag("--passive-address", "127.0.0.0/8=127.0.0.1")
            .flag("--passive-address", "127.5.0.0/16=127.0.0.5")
            .flag("--passive-address", "127.5.5.5=192.0.2.1")
            .start();
        let ftp = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), server.ftp.port());
        for (from, told) in [
            ([127, 0, 0, 1], [127, 0, 0, 1]),
            ([127, 5, 0, 1], [127, 0, 0, 5]),
            ([127, 5, 5, 5], [192, 0, 2, 1]),
        ] {
            let from = Ipv4Addr::from(from);
            let mut raw = Raw::connect_from(from, ftp);
            raw.login("user1", "1234");
            let address = raw.pasv();
            assert_eq!(address.ip(), Ipv4Addr::from(told), "{from}");
            // What it came to is where the port is, whatever it was told.
            let data = dial(Some(from.into()), SocketAddr::new(ftp.ip(), address.port()));
            retrieves_over(&mut raw, data);
            assert_same(&raw.retrieve("Movies/Joker"), JOKER);
        }
    }
}

/// PASV tells nobody there anything.
#[test]
fn over_ipv6_no_other_address_is_ours() {
    let setup = Setup::usual().listening_on("[::1]:0");
    let server = setup.flag("--passive-address", "203.0.113.7").start();
    let mut stranger = Raw::connect(server.ftp);
    stranger.expect("HOST 203.0.113.7", 504);
    stranger.expect("HOST [::1]", 220);
}

/// A parameter is what was said last (RFC 959, section 4.1.2).
#[test]
fn a_port_that_was_named_serves_more_than_one_transfer() {
    let server = TestServer::usual();
    let mut raw = server.session();
    let listener = raw.active();
    for _ in 0..3 {
        retrieves_from(&mut raw, &listener);
        raw.expect("ABOR", 226);
    }
}

/// Where a host has several (RFC 1123, section 4.1.2.12).
#[test]
fn active_connections_come_from_the_address_that_the_client_came_to() {
    let server = Setup::usual().listening_on("0.0.0.0:0").start();
    let second = SocketAddr::new(Ipv4Addr::new(127, 0, 0, 2).into(), server.ftp.port());
    let mut raw = Raw::connect_from(Ipv4Addr::LOCALHOST, second);
    raw.login("user1", "1234");
    let listener = raw.active();
    raw.expect("RETR Movies/Joker", 150);
    let (data, from) = listener.accept().unwrap();
    assert_eq!(from.ip(), second.ip());
    assert_same(&rest_of(data), JOKER);
    raw.hear(226);
}

#[test]
fn others_are_told_the_lone_address_or_the_one_that_they_came_to() {
    let network = "127.5.0.0/16=127.0.0.5";
    for (options, told) in
        [(&["203.0.113.7", network][..], [203, 0, 113, 7]), (&[network], [127, 0, 0, 1])]
    {
        let setup =
            options.iter().fold(Setup::usual(), |setup, o| setup.flag("--passive-address", o));
        let server = setup.start();
        assert_eq!(server.session().pasv().ip(), Ipv4Addr::from(told));
        assert_eq!(server.session_from([127, 5, 1, 1]).pasv().ip(), Ipv4Addr::new(127, 0, 0, 5));
        // Who has come to that address may name it, too (RFC 7151, section 3.1).
        let mut stranger = Raw::connect(server.ftp);
        stranger.expect(&format!("HOST {}", Ipv4Addr::from(told)), 220);
        stranger.expect("HOST 127.0.0.1", 220);
        stranger.expect("HOST 127.0.0.5", 504);
    }
}

#[test]
fn an_address_that_can_not_be_told_is_refused_at_start_and_by_check() {
    let setup = Setup::usual().written();
    let options = setup.beside("options.toml");
    for (typed, reason) in [
        (&["nowhere"][..], "an IPv4 address is needed"),
        (&["fe80::/10=192.0.2.1"], "a network of IPv4 is needed"),
        (&["192.168.0.1/16=192.168.1.5"], "which network is meant?"),
        (&["192.0.2.1", "192.0.2.2"], "all others can't be told 192.0.2.1 and 192.0.2.2"),
    ] {
        let list = typed.iter().map(|option| format!("{option:?}")).collect::<Vec<_>>().join(", ");
        std::fs::write(&options, format!("max-clients = 9\npassive-address = [{list}]\n")).unwrap();
        for command in [None, Some("check")] {
            let run = |arguments: &[&str]| {
                let mut program = coracled();
                program.arg("--data").arg(setup.data()).args(arguments).args(command);
                finish(&mut program)
            };
            let flags: Vec<_> =
                typed.iter().flat_map(|option| ["--passive-address", option]).collect();
            let refused = run(&flags);
            assert!(
                refused.code == Some(2) && refused.err.contains(reason),
                "{typed:?}: {refused:?}"
            );
            let refused = run(&["--config", options.to_str().unwrap()]);
            assert!(
                refused.code == Some(2) && refused.err.contains(reason),
                "{typed:?}: {refused:?}"
            );
            assert!(refused.err.contains("options.toml:2: "), "{typed:?}: {refused:?}");
        }
    }
}

#[test]
fn ipv6_has_all_that_it_needs() {
    let server = Setup::usual().listening_on("[::1]:0").start();
    let mut raw = server.session();
    raw.expect("PASV", 502);
    raw.expect("EPSV 1", 522);
    raw.expect("EPRT |1|127.0.0.1|50000|", 522);
    raw.expect("PORT 127,0,0,1,200,10", 504);
    assert!(raw.epsv().is_ipv6());
    raw.expect("EPSV 2", 229);
    let data = raw.passive();
    retrieves_over(&mut raw, data);
    assert!(raw.fetch("LIST Movies").ends_with(b"Joker\r\n"));
    raw.store("Own/new", b"over IPv6");
    assert_same(&server.content("Own/new"), b"over IPv6");
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let eprt = format!("EPRT |2|::1|{}|", listener.local_addr().unwrap().port());
    raw.expect(&eprt, 200);
    retrieves_from(&mut raw, &listener);
    raw.expect("EPRT |2|::2|50000|", 504);
    raw.expect("EPSV ALL", 200);
    raw.expect(&eprt, 501);
    assert_same(&raw.retrieve("Movies/Joker"), JOKER);
}

#[test]
fn ipv4_at_a_listener_of_both_has_all_that_it_needs() {
    let server = Setup::usual().listening_on("[::]:0").start();
    let mut raw = Raw::connect((Ipv4Addr::LOCALHOST, server.ftp.port()).into());
    raw.login("user1", "1234");
    for address in [Raw::pasv, Raw::epsv] {
        let address = address(&mut raw);
        assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
        let data = dial(None, address);
        retrieves_over(&mut raw, data);
    }
    raw.expect("EPSV 1", 229);
    raw.expect("EPSV 2", 522);
    let listener = raw.active();
    retrieves_from(&mut raw, &listener);
    let port = listener.local_addr().unwrap().port();
    raw.expect(&format!("EPRT |1|127.0.0.1|{port}|"), 200);
    retrieves_from(&mut raw, &listener);
    raw.expect(&format!("EPRT |2|::ffff:127.0.0.1|{port}|"), 522);
    // And IPv6 is served beside it.
    let mut six =
        Raw::connect(SocketAddr::new(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST), server.ftp.port()));
    six.login("user1", "1234");
    six.expect("PASV", 502);
    assert_same(&six.retrieve("Movies/Joker"), JOKER);
}

#[test]
fn of_two_connections_to_one_port_the_second_is_a_strangers() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for address in [Raw::epsv, Raw::pasv] {
        let address = address(&mut raw);
        let (first, second) = (dial(None, address), dial(None, address));
        assert!(rest_of(second).is_empty());
        retrieves_over(&mut raw, first);
    }
    let address = raw.epsv();
    let (mut first, mut second) = (dial(None, address), dial(None, address));
    let _ = second.write_all(b"not this");
    raw.expect("STOR Own/new", 150);
    first.write_all(b"this").unwrap();
    drop(first);
    raw.hear(226);
    assert_same(&server.content("Own/new"), b"this");
}

#[test]
fn only_the_route_that_was_told_last_leads_anywhere() {
    let server = TestServer::usual();
    let mut raw = server.session();
    // Ports that were told before, with connections and without.
    let told: Vec<SocketAddr> = [Raw::pasv, Raw::pasv, Raw::epsv].map(|ask| ask(&mut raw)).into();
    let (last, earlier) = told.split_last().unwrap();
    for address in earlier {
        assert!(rest_of(dial(None, *address)).is_empty());
    }
    let data = dial(None, *last);
    let replaced = raw.passive();
    assert!(rest_of(data).is_empty(), "it was given up when another port was asked for");
    retrieves_over(&mut raw, replaced);

    // One way, and then the other.
    let passive = raw.passive();
    let listener = raw.active();
    assert!(rest_of(passive).is_empty());
    retrieves_from(&mut raw, &listener);
    let address = raw.epsv();
    drop(raw.active());
    assert!(rest_of(dial(None, address)).is_empty(), "PORT gave the waiting port up");
    let listener = raw.active();
    let data = raw.passive();
    listener.set_nonblocking(true).unwrap();
    retrieves_over(&mut raw, data);
    assert!(listener.accept().is_err(), "EPSV gave the active route up");
}

#[test]
fn what_ends_a_route_closes_who_comes_for_it() {
    let server = Setup::usual().flag("--data-timeout", "1").start();
    let mut raw = server.session();
    for connected in [false, true] {
        for line in ["ABOR", "REIN"] {
            let address = raw.epsv();
            let early = connected.then(|| dial(None, address));
            raw.send(line);
            assert!(matches!(raw.reply().code, 226 | 220), "{line}");
            let data = early.unwrap_or_else(|| dial(None, address));
            assert!(rest_of(data).is_empty(), "{line}");
            if line == "ABOR" {
                raw.expect("RETR Movies/Joker", 425);
            } else {
                raw.expect("RETR Movies/Joker", 530);
                raw.login("user1", "1234");
                raw.expect("RETR Movies/Joker", 425);
            }
            assert_same(&raw.retrieve("Movies/Joker"), JOKER);
        }
    }
    // A new USER leaves the transfer parameters as they are, and the port is one (RFC 959, section
    // 4.1.1).
    let address = raw.epsv();
    raw.login("user1", "1234");
    retrieves_over(&mut raw, dial(None, address));
    // Nobody comes in time, and then somebody does.
    let address = raw.epsv();
    raw.expect("RETR Movies/Joker", 150);
    raw.hear(425);
    assert!(rest_of(dial(None, address)).is_empty());
    assert_same(&raw.retrieve("Movies/Joker"), JOKER);
}

#[test]
fn who_comes_and_goes_before_the_command_costs_one_transfer() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for breaks in [drop as fn(TcpStream), reset] {
        for line in ["RETR Movies/Joker", "LIST", "STOR Incoming/new"] {
            breaks(raw.passive());
            raw.send(line);
            while raw.reply().code < 200 {}
            assert_same(&raw.retrieve("Movies/Joker"), JOKER);
        }
        // Gone before the server knows of it, in all likelihood.
        let address = raw.epsv();
        raw.send("RETR Movies/Joker");
        breaks(dial(None, address));
        while raw.reply().code < 200 {}
        raw.expect("NOOP", 200);
    }
}

#[test]
fn a_reload_leaves_who_waits_for_a_connection_its_port() {
    let server = Setup::usual().file("Own/kept", b"still granted").start();
    let (mut raw, mut begun) = (server.session(), server.session());
    let (address, begun_at) = (raw.epsv(), begun.epsv());
    begun.expect("RETR Movies/Joker", 150);
    std::fs::write(server.data().join("Directories"), "user1:Own:r\n").unwrap();
    server.signal(Signal::HUP);
    until(
        "it is read anew",
        || drop(raw.expect("NOOP", 200)),
        || server.log().contains("read anew"),
    );
    // What was begun is sent, what was not is not granted any more, and the port is still to be had.
    assert_same(&rest_of(dial(None, begun_at)), JOKER);
    begun.hear(226);
    raw.expect("RETR Movies/Joker", 550);
    raw.expect("RETR Own/kept", 150);
    assert_same(&rest_of(dial(None, address)), b"still granted");
    raw.hear(226);
}
