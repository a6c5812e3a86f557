//! `coracle` against servers that speak TLS, or only pretend to: who is trusted, and what happens
//! where TLS does not come about, breaks off or is tampered with.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::certificate::Certificate;
use crate::misbehaving::{Peer, Script, Scripted};
use crate::{Home, err, out};

/// The server's side of a connection under TLS.
type Talk = BufReader<StreamOwned<ServerConnection, TcpStream>>;

/// What a server's connections under TLS have in common.
type Config = Arc<ServerConfig>;

fn config(certificate: &Certificate) -> Config {
    configured(certificate, None)
}

/// One that wants clients to have the certificate `client`, if there is any.
fn configured(certificate: &Certificate, client: Option<&Certificate>) -> Config {
    let chain = vec![CertificateDer::from(certificate.der.clone())];
    let key = PrivateKeyDer::try_from(certificate.key_der.clone()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(client.der.clone())).expect("a root");
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    Arc::new(builder.with_single_cert(chain, key).expect("a certificate"))
}

fn under_tls(config: &Config, socket: &TcpStream) -> Talk {
    let session = ServerConnection::new(Arc::clone(config)).expect("a session");
    BufReader::new(StreamOwned::new(session, socket.try_clone().expect("a second handle")))
}

/// Greets, and begins TLS when AUTH wants it.
fn explicit(peer: &mut Peer, config: &Config) -> Talk {
    peer.say("220 hello");
    assert_eq!(peer.hear(), "AUTH TLS");
    peer.say("234 go");
    under_tls(config, peer.control.get_ref())
}

fn say(talk: &mut Talk, line: &str) {
    let _ = talk.get_mut().write_all(format!("{line}\r\n").as_bytes());
}

/// Answers `command` with `reply`, and everything before it as a plain server does. Gives what was
/// heard.
fn until(talk: &mut Talk, peer: &Peer, command: &str, reply: &str) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        let mut line = String::new();
        talk.read_line(&mut line).expect("a command");
        let line = line.trim_end().to_owned();
        heard.push(line.clone());
        if line.starts_with(command) {
            say(talk, reply);
            return heard;
        }
        match line.split(' ').next().unwrap_or_default() {
            "USER" => say(talk, "331 password"),
            "PASS" => say(talk, "230 in"),
            "TYPE" | "PBSZ" | "PROT" => say(talk, "200 ok"),
            "REST" => say(talk, "350 from there"),
            "EPSV" => {
                let port = peer.passive.local_addr().expect("its address").port();
                say(talk, &format!("229 ok (|||{port}|)"));
            }
            "" => panic!("the client left before {command}; it said {heard:?}"),
            _ => say(talk, "502 no"),
        }
    }
}

/// Sends one file, whole, and ends the session.
fn send_film(talk: &mut Talk, peer: &Peer, config: &Config) {
    until(talk, peer, "RETR film", "150 go");
    let mut data = under_tls(config, &peer.data());
    data.get_mut().write_all(b"film").expect("it reads");
    data.get_mut().conn.send_close_notify();
    let _ = data.get_mut().flush();
    let _ = data.get_ref().sock.shutdown(std::net::Shutdown::Write);
    say(talk, "226 done");
    until(talk, peer, "QUIT", "221 bye");
}

/// A server that says no more than it must for a client that leaves before it logs in.
fn nobody_logs_in(certificate: &Certificate) -> Scripted {
    let config = config(certificate);
    Scripted::new(move |peer| {
        let mut talk = explicit(peer, &config);
        let mut line = String::new();
        let heard = talk.read_line(&mut line);
        assert!(!matches!(heard, Ok(1..)), "nobody gets a password, nor {line:?}");
    })
}

fn films(certificate: &Certificate) -> Scripted {
    let config = config(certificate);
    Scripted::new(move |peer| {
        let mut talk = explicit(peer, &config);
        send_film(&mut talk, peer, &config);
    })
}

#[test]
fn what_is_trusted_is_trusted_in_the_way_that_was_chosen() {
    let own = Certificate::local();
    let authority = Certificate::of_an_authority(&["127.0.0.1"]);
    for certificate in [&own, &authority] {
        let home = Home::new();
        home.write("ca.pem", certificate.pem.as_bytes());
        let pin = certificate.fingerprint();
        for options in [
            &["--ca", "ca.pem"][..],
            &["--fingerprint", &pin],
            &["--fingerprint", &own_colons(certificate), "--tls", "require"],
            &["--insecure"],
            // Loopback.
            &[],
        ] {
            let server = films(certificate);
            let url = server.url("film");
            let arguments = [options, &["cat", &url]].concat();
            let ran = home.runs(&arguments).success();
            assert_eq!(out(&ran), "film", "{options:?}");
            assert_eq!(err(&ran).contains("WARNING"), options == ["--insecure"], "{}", err(&ran));
            server.ended();
        }
    }
    // The system's own, wherever OpenSSL's variable says that they are.
    let (server, home) = (films(&own), Home::new());
    home.write("ca.pem", own.pem.as_bytes());
    let url = server.url("film").replace("ftp:", "ftpes:");
    home.coracle(&["cat", &url]).env("SSL_CERT_FILE", home.path("ca.pem")).assert().success();
    server.ended();
}

#[test]
fn who_is_not_trusted_gets_no_password() {
    let (own, other) = (Certificate::local(), Certificate::new(&["ftp.example.org"]));
    let authority = Certificate::of_an_authority(&["ftp.example.org"]);
    let home = Home::new();
    home.write("own.pem", own.pem.as_bytes());
    home.write("other.pem", other.pem.as_bytes());
    home.write("authority.pem", authority.pem.as_bytes());
    for (shows, options, tells) in [
        (&own, &["--tls", "require"][..], "no authority that is known"),
        (&own, &["--ca", "other.pem"], "not signed by the authority that it names"),
        (&other, &["--ca", "other.pem"], "not for 127.0.0.1"),
        (&authority, &["--ca", "authority.pem"], "not for 127.0.0.1"),
        (&own, &["--fingerprint", &other.fingerprint()], "another fingerprint"),
        (&own, &["--tls", "try", "--fingerprint", &other.fingerprint()], "another fingerprint"),
    ] {
        let server = nobody_logs_in(shows);
        let url = server.url("film");
        let ran = home.runs(&[options, &["get", &url]].concat()).code(4);
        assert!(err(&ran).contains(tells), "{options:?}: {}", err(&ran));
        assert!(err(&ran).contains(&own_colons(shows)), "it tells the fingerprint: {}", err(&ran));
        server.ended();
    }
}

/// The fingerprint as OpenSSL prints it.
fn own_colons(certificate: &Certificate) -> String {
    let digits = certificate.fingerprint().to_uppercase();
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(String::from_utf8_lossy).collect::<Vec<_>>().join(":")
}

#[test]
fn a_server_without_tls_gets_nothing_where_tls_is_wanted() {
    let pin = "00".repeat(32);
    for (options, scheme) in [
        (&["--tls", "require"][..], "ftp:"),
        (&["--fingerprint", &pin], "ftp:"),
        (&["--insecure"], "ftp:"),
        (&[], "ftpes:"),
    ] {
        let home = Home::new();
        let server = Scripted::new(|peer| {
            peer.say("220 hello");
            peer.until("AUTH TLS", "502 no such thing");
            assert_eq!(
                peer.control.read_to_end(&mut Vec::new()).unwrap_or(0),
                0,
                "not a word more"
            );
        });
        let url = server.url("film").replace("ftp:", scheme);
        let ran = home.runs(&[options, &["get", &url]].concat()).code(4);
        assert!(err(&ran).contains("502") && err(&ran).contains("--tls off"), "{}", err(&ran));
        server.ended();
    }
    let home = Home::new();
    home.runs(&["--tls", "off", "get", "ftps://user1@127.0.0.1:1/x"]).code(2);
    home.runs(&["--tls", "off", "get", "ftpes://user1@127.0.0.1:1/x"]).code(2);
}

#[test]
fn a_handshake_that_fails_is_never_followed_by_words_in_the_clear() {
    type Behaviour = fn(&mut Peer);
    let garbage: Behaviour = |peer| peer.say("234 of course, and welcome");
    let alert: Behaviour = |peer| {
        let _ = peer.control.get_mut().write_all(&[21, 3, 3, 0, 2, 2, 40]);
    };
    let hang_up: Behaviour = |peer| {
        let _ = peer.control.get_mut().shutdown(std::net::Shutdown::Write);
    };
    let silence: Behaviour = |_| {};
    for (behaviour, code) in [(garbage, 4), (alert, 4), (hang_up, 4), (silence, 12)] {
        let home = Home::new();
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            peer.until("AUTH TLS", "234 go");
            behaviour(peer);
            let mut heard = Vec::new();
            let _ = peer.control.read_to_end(&mut heard);
            assert!(!heard.windows(4).any(|word| word == b"USER"), "nobody logs in");
        });
        home.runs(&["--timeout", "2", "get", &server.url("film")]).code(code);
        server.ended();
    }
}

#[test]
fn tls_from_the_first_byte_on_wants_no_words_before_it() {
    let certificate = Certificate::local();
    let (home, of) = (Home::new(), config(&certificate));
    let server = Scripted::new(move |peer| {
        let mut talk = under_tls(&of, peer.control.get_ref());
        say(&mut talk, "220 hello");
        send_film(&mut talk, peer, &of);
    });
    let url = server.url("film").replace("ftp:", "ftps:");
    let cat = home.runs(&["--fingerprint", &certificate.fingerprint(), "cat", &url]).success();
    assert_eq!(out(&cat), "film");
    server.ended();

    for (greets, code) in [(true, 4), (false, 12)] {
        let server = Scripted::new(move |peer| {
            if greets {
                peer.say("220 hello");
            }
            let _ = peer.control.read_to_end(&mut Vec::new());
        });
        let url = server.url("film").replace("ftp:", "ftps:");
        home.runs(&["--timeout", "2", "cat", &url]).code(code);
        server.ended();
    }
}

#[test]
fn words_behind_234_are_an_attack() {
    for injected in ["230 in\r\n", "2"] {
        let home = Home::new();
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            assert_eq!(peer.hear(), "AUTH TLS");
            let words = format!("234 go\r\n{injected}");
            let _ = peer.control.get_mut().write_all(words.as_bytes());
            assert_eq!(
                peer.control.read_to_end(&mut Vec::new()).unwrap_or(0),
                0,
                "not a word more"
            );
        });
        let ran = home.runs(&["get", &server.url("film")]).code(4);
        assert!(err(&ran).contains("in the clear"), "{}", err(&ran));
        server.ended();
    }
}

#[test]
fn a_download_without_the_end_that_tls_has_is_cut() {
    let home = Home::new();
    let of = config(&Certificate::local());
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "RETR film", "150 go");
        let mut data = under_tls(&of, &peer.data());
        data.get_mut().write_all(b"fil").expect("it reads");
        let _ = data.get_ref().sock.shutdown(std::net::Shutdown::Write);
        say(&mut talk, "226 done, says somebody");
        until(&mut talk, peer, "QUIT", "221 bye");
    });
    let ran = home.runs(&["get", &server.url("film")]).code(3);
    assert!(err(&ran).contains("close_notify"), "{}", err(&ran));
    assert_eq!(home.names("."), ["film.part"]);
    server.ended();
}

#[test]
fn a_download_that_was_cut_goes_on() {
    let home = Home::new();
    let of = config(&Certificate::local());
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "RETR film", "150 go");
        let mut data = under_tls(&of, &peer.data());
        data.get_mut().write_all(b"fi").expect("it reads");
        let _ = data.get_ref().sock.shutdown(std::net::Shutdown::Write);
        say(&mut talk, "426 cut");
        let heard = until(&mut talk, peer, "REST", "350 from there");
        assert_eq!(heard.last().expect("a command"), "REST 2");
        until(&mut talk, peer, "RETR film", "150 go");
        let mut data = under_tls(&of, &peer.data());
        data.get_mut().write_all(b"lm").expect("it reads");
        data.get_mut().conn.send_close_notify();
        let _ = data.get_mut().flush();
        say(&mut talk, "226 done");
        until(&mut talk, peer, "QUIT", "221 bye");
    });
    home.runs(&["get", "--retries", "1", &server.url("film")]).success();
    assert_eq!(home.read("film"), b"film");
    server.ended();
}

#[test]
fn an_upload_ends_as_tls_ends_it() {
    let home = Home::new();
    home.write("film", b"film");
    let of = config(&Certificate::local());
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "STOR film", "150 go");
        let mut data = under_tls(&of, &peer.data());
        let mut film = Vec::new();
        data.read_to_end(&mut film).expect("an end that was meant");
        assert_eq!(film, b"film");
        drop(data);
        say(&mut talk, "226 done");
        until(&mut talk, peer, "QUIT", "221 bye");
    });
    home.runs(&["put", "film", &server.url("film")]).success();
    server.ended();
}

#[test]
fn an_upload_that_can_not_be_read_to_its_end_does_not_end_as_if_it_were_whole() {
    let home = Home::new();
    home.write("film", &crate::noise(8_000_000, 3));
    let of = config(&Certificate::local());
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "STOR film", "150 go");
        let mut data = under_tls(&of, &peer.data());
        let end = data.read_to_end(&mut Vec::new());
        let kind = end.expect_err("no end that was meant").kind();
        assert!(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof), "{kind:?}");
        say(&mut talk, "426 cut");
    });
    let slow = ["--rate", "1M", "--deadline", "1", "put", "film", &server.url("film")];
    home.runs(&slow).code(12);
    server.ended();
}

#[test]
fn a_data_connection_has_to_be_of_the_same_server() {
    let home = Home::new();
    let (own, other) = (Certificate::local(), Certificate::local());
    let (of, stranger) = (config(&own), config(&other));
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "RETR film", "150 go");
        let mut data = under_tls(&stranger, &peer.data());
        let _ = data.get_mut().write_all(b"forged");
        let _ = data.read_to_end(&mut Vec::new());
        say(&mut talk, "226 done");
        until(&mut talk, peer, "QUIT", "221 bye");
    });
    let ran = home.runs(&["get", &server.url("film")]).code(4);
    assert!(err(&ran).contains("another certificate"), "{}", err(&ran));
    server.ended();
}

#[test]
fn a_silent_handshake_of_a_data_connection_ends_in_time() {
    let home = Home::new();
    let of = config(&Certificate::local());
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "RETR film", "150 go");
        let _ = peer.data().read_to_end(&mut Vec::new());
        say(&mut talk, "426 you left");
        let _ = talk.read_to_end(&mut Vec::new());
    });
    home.runs(&["--timeout", "2", "get", &server.url("film")]).code(12);
    server.ended();
}

#[test]
fn data_connections_stay_under_tls_or_nothing_is_done() {
    let home = Home::new();
    let of = config(&Certificate::local());
    let server = Scripted::new(move |peer| {
        let mut talk = explicit(peer, &of);
        let heard = until(&mut talk, peer, "PROT P", "534 not here");
        assert_eq!(heard, ["USER user1", "PASS 1234", "PBSZ 0", "PROT P"]);
        assert_eq!(talk.read_to_end(&mut Vec::new()).unwrap_or(0), 0, "not a word more");
    });
    home.runs(&["get", &server.url("film")]).code(4);
    server.ended();
}

#[test]
fn what_was_under_tls_once_is_not_talked_to_in_the_clear() {
    let home = Home::new();
    let of = config(&Certificate::local());
    let secure: Script = Box::new(move |peer| {
        let mut talk = explicit(peer, &of);
        until(&mut talk, peer, "RETR film", "421 stopping");
    });
    let clear: Script = Box::new(|peer| {
        peer.say("220 hello again");
        peer.until("AUTH TLS", "500 what?");
        assert_eq!(peer.control.read_to_end(&mut Vec::new()).unwrap_or(0), 0, "not a word more");
    });
    let server = Scripted::in_turn(vec![secure, clear]);
    let ran = home.runs(&["--retries", "2", "get", &server.url("film")]).code(4);
    assert!(err(&ran).contains("a moment ago"), "{}", err(&ran));
    server.ended();
}

#[test]
fn a_client_may_have_a_certificate_of_its_own() {
    let (own, client) = (Certificate::local(), Certificate::new(&["client"]));
    let home = Home::new();
    home.write("client.pem", format!("{}{}", client.pem, client.key).as_bytes());
    home.write("certificate.pem", client.pem.as_bytes());
    home.write("key.pem", client.key.as_bytes());
    let pin = own.fingerprint();
    let split = &["--cert", "certificate.pem", "--key", "key.pem"][..];
    for (identity, code) in [(&["--cert", "client.pem"][..], 0), (split, 0), (&[], 4)] {
        let of = configured(&own, Some(&client));
        let server = Scripted::new(move |peer| {
            let mut talk = explicit(peer, &of);
            if code == 0 {
                send_film(&mut talk, peer, &of);
            } else {
                // Its alert is said before it leaves, and what comes meanwhile is read.
                let _ = talk.read_line(&mut String::new());
                let _ = talk.get_mut().flush();
                let _ = peer.control.get_mut().shutdown(std::net::Shutdown::Write);
                let _ = peer.control.read_to_end(&mut Vec::new());
            }
        });
        let url = server.url("film");
        home.runs(&[identity, &["--fingerprint", &pin, "cat", &url]].concat()).code(code);
        server.ended();
    }
    home.runs(&["--cert", "certificate.pem", "ls", "ftp://user1@127.0.0.1:1/"]).code(10);
    home.runs(&["--cert", "none.pem", "ls", "ftp://user1@127.0.0.1:1/"]).code(10);
    home.runs(&["--key", "key.pem", "ls", "ftp://user1@127.0.0.1:1/"]).code(2);
    home.runs(&["--ca", "key.pem", "ls", "ftp://user1@127.0.0.1:1/"]).code(10);
}

#[test]
fn the_guided_dialogue_may_be_under_tls() {
    let certificate = Certificate::local();
    let pin = certificate.fingerprint();
    for options in [&["--fingerprint", &*pin][..], &["--tls", "require", "--insecure"]] {
        let (home, of) = (Home::new(), config(&certificate));
        let server = Scripted::new(move |peer| {
            let mut talk = under_tls(&of, peer.control.get_ref());
            say(&mut talk, "Please choose 'LOGIN' or 'QUIT'");
            let mut line = String::new();
            talk.read_line(&mut line).expect("a choice");
            assert_eq!(line.trim_end(), "QUIT");
            say(&mut talk, "Sending 'film' (4 bytes)");
            let _ = talk.get_mut().write_all(b"film");
            say(&mut talk, "Connection is terminated. You are logged out.");
            talk.get_mut().conn.send_close_notify();
            let _ = talk.get_mut().flush();
        });
        let address = server.address.to_string();
        let arguments = [options, &["guided", &address]].concat();
        let said = home.bare(&arguments).write_stdin("QUIT\n").assert().success();
        assert!(out(&said).contains("logged out"), "{}", out(&said));
        assert_eq!(home.names("download"), ["film"]);
        server.ended();
    }
}
