//! What the functional tests of another server go over, and no other test of ours did.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener};

use crate::support::{Raw, Setup, TestServer, assert_same, dial, noise};

#[test]
fn a_new_login_waits_for_the_transfer() {
    let large = noise(24 << 20, 51);
    let server = Setup::usual().file("Movies/large", &large).start();
    for line in ["REIN", "USER user1"] {
        let mut raw = server.session();
        let mut data = raw.begin("RETR Movies/large");
        raw.send(line);
        raw.send("PWD");
        let mut got = Vec::new();
        data.read_to_end(&mut got).unwrap();
        assert_same(&got, &large);
        raw.hear(226);
        assert!(matches!(raw.reply().code, 220 | 331));
        raw.hear(530);
        raw.login("user1", "1234");
        raw.expect("PWD", 257);
    }
}

#[test]
fn commands_without_their_parameter_are_refused() {
    let server = TestServer::usual();
    let mut raw = server.session();
    for verb in [
        "APPE",
        "DELE",
        "EPRT",
        "MDTM",
        "MFMT",
        "MKD",
        "MODE",
        "OPTS",
        "PORT",
        "REST",
        "RETR",
        "RMD",
        "RNFR",
        "RNTO",
        "SITE CHMOD",
        "SITE",
        "SIZE",
        "STOR",
        "STRU",
        "TYPE",
        "USER",
        "XMKD",
        "XRMD",
        "CWD",
        "ALLO",
        "HASH",
        "RANG",
        "CLNT",
        "ACCT",
    ] {
        raw.expect(verb, 501);
    }
    raw.expect("PWD", 257);
}

#[test]
fn strangers_are_told_to_log_in() {
    let server = TestServer::usual();
    let mut raw = server.session();
    raw.expect("REIN", 220);
    for line in [
        "ABOR",
        "ALLO 1",
        "APPE x",
        "CDUP",
        "CWD x",
        "DELE x",
        "EPRT |1|127.0.0.1|5000|",
        "EPSV",
        "LIST",
        "MDTM x",
        "MFMT 20200101000000 x",
        "MKD x",
        "MLSD",
        "MLST",
        "MODE S",
        "NLST",
        "PASV",
        "PORT 127,0,0,1,20,0",
        "PWD",
        "REST 0",
        "RETR x",
        "RMD x",
        "RNFR x",
        "RNTO x",
        "SITE HELP",
        "SIZE x",
        "STAT /",
        "STOR x",
        "STOU",
        "STRU F",
        "TYPE A",
        "XCUP",
        "HASH x",
    ] {
        raw.expect(line, 530);
    }
    for (line, code) in [("FEAT", 211), ("HELP", 214), ("NOOP", 200), ("SYST", 215)] {
        raw.expect(line, code);
    }
    raw.expect("QUIT", 221);
}

#[test]
fn a_port_where_nobody_listens_is_425() {
    let server = TestServer::usual();
    let mut raw = server.session();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for line in ["RETR Movies/Joker", "STOR Own/new", "LIST"] {
        raw.expect(&format!("EPRT |1|127.0.0.1|{gone}|"), 200);
        raw.send(line);
        let reply = raw.reply();
        let reply = if reply.code == 150 { raw.reply() } else { reply };
        assert_eq!(reply.code, 425, "{:?}", reply.lines);
    }
    assert!(server.names("Own").is_empty());
    raw.expect("NOOP", 200);
}

#[test]
fn ipv4_comes_to_a_listener_of_both() {
    let server = Setup::usual().listening_on("[::]:0").start();
    let mut raw = Raw::connect((Ipv4Addr::LOCALHOST, server.ftp.port()).into());
    raw.login("user1", "1234");
    let wanted = server.content("Movies/Joker");
    assert_same(&raw.retrieve("Movies/Joker"), &wanted);
    let address = raw.pasv();
    assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    let mut data = dial(None, address);
    raw.expect("RETR Movies/Joker", 150);
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    assert_same(&got, &wanted);
    raw.hear(226);
    let listener = raw.active();
    raw.send("RETR Movies/Joker");
    let (mut data, _) = listener.accept().unwrap();
    got.clear();
    data.read_to_end(&mut got).unwrap();
    assert_same(&got, &wanted);
    raw.hear(150);
    raw.hear(226);
    raw.expect("EPRT |2|::1|50000|", 522);
}

#[test]
fn the_data_connection_has_ended_when_226_comes() {
    let server = TestServer::usual();
    let mut raw = server.session();
    let wanted = server.content("Movies/Joker");
    for line in ["RETR Movies/Joker", "LIST", "MLSD"] {
        let mut data = raw.begin(line);
        raw.hear(226);
        // On one machine what was sent before has arrived before.
        data.set_nonblocking(true).unwrap();
        let mut got = Vec::new();
        data.read_to_end(&mut got).expect("an end, and no waiting for it");
        assert!(line != "RETR Movies/Joker" || got == wanted);
    }
    let mut data = raw.begin("STOR Own/new");
    data.write_all(b"all of it").unwrap();
    data.shutdown(Shutdown::Write).unwrap();
    raw.hear(226);
    data.set_nonblocking(true).unwrap();
    assert_eq!(data.read(&mut [0; 1]).expect("an end, and no waiting for it"), 0);
}

#[test]
fn empty_files_go_both_ways() {
    let server = Setup::usual().file("Movies/empty", b"").start();
    let mut raw = server.session();
    for kind in ["TYPE I", "TYPE A"] {
        raw.expect(kind, 200);
        assert_eq!(raw.retrieve("Movies/empty"), b"");
        raw.store("Own/empty", b"");
        assert_eq!(server.content("Own/empty"), b"");
    }
}

#[test]
fn a_refused_restart_is_forgotten() {
    let server = TestServer::usual();
    let mut raw = server.session();
    raw.expect("REST 10", 350);
    let data = raw.passive();
    raw.expect("STOR Own/new", 554);
    drop(data);
    raw.store("Own/new", b"from the start");
    assert_same(&server.content("Own/new"), b"from the start");
    // Nor does STOU, whose file is new, begin anywhere else.
    raw.expect("CWD Own", 250);
    raw.expect("REST 5", 350);
    let mut data = raw.passive();
    let name = raw.expect("STOU", 150).text().replace("150 FILE: ", "");
    data.write_all(b"whole").unwrap();
    drop(data);
    raw.hear(226);
    assert_same(&server.content(&format!("Own/{name}")), b"whole");
}
