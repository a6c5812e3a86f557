//! Lines that break, files that are not what they should be, and time that runs out.

use std::io::{Read, Write};
use std::time::Duration;

use crate::misbehaving::Scripted;
use crate::proxy::Proxy;
use crate::support::{Setup, TestServer, noise};
use crate::{Home, err, out, url};

/// Bytes within which a control connection and a data connection break.
const WITHIN: [u64; 2] = [4_000, 300_000];

#[test]
fn over_a_line_that_breaks_all_files_arrive() {
    all_files_arrive("off", &[1, 2, 3], 12, WITHIN);
}

/// The line can't see where data connections go; so it is control connections that break, in their
/// handshakes as well.
#[test]
fn under_tls_all_files_arrive_as_well() {
    all_files_arrive("try", &[4, 5], 4, [4_000, u64::MAX]);
}

fn all_files_arrive(tls: &str, seeds: &[u64], drops: usize, within: [u64; 2]) {
    for &seed in seeds {
        let mut setup = Setup::usual();
        for n in 0..12 {
            setup = setup.file(&format!("Own/{n}"), &noise(40_000 * n, n as u64));
        }
        let (server, home) = (setup.start(), Home::new());
        let proxy = Proxy::new(server.ftp, seed, drops, within);
        let from = format!("ftp://user1@{}/Own/*", proxy.address);
        home.runs(&["mget", "--tls", tls, "--retries", "20", "--jobs", "3", &from, "d"]).success();
        for n in 0..12 {
            assert!(home.read(&format!("d/{n}")) == noise(40_000 * n, n as u64), "{seed}: {n}");
        }
        assert!(proxy.dropped() > 0, "{seed}: the line was too good");

        let proxy = Proxy::new(server.ftp, seed + 100, drops, within);
        let to = format!("ftp://user1@{}/Incoming/", proxy.address);
        home.runs(&["mput", "--tls", tls, "--retries", "20", "--jobs", "3", "d/*", &to]).success();
        for n in 0..12 {
            let content = server.content(&format!("Incoming/{n}"));
            assert!(content == noise(40_000 * n, n as u64), "{seed}: {n}");
        }
        assert!(proxy.dropped() > 0, "{seed}: the line was too good");
    }
}

#[test]
fn a_download_goes_on_where_it_broke() {
    let home = Home::new();
    home.write("film.part", b"0123");
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SIZE film", "213 10");
        peer.until("REST 4", "350 go on");
        peer.until("RETR film", "150 go");
        let _ = peer.data().write_all(b"456789");
        peer.say("226 done");
        peer.until("QUIT", "221 bye");
    });
    let done = home.runs(&["get", "--resume", "--json", &server.url("film")]).success();
    assert!(out(&done).contains(r#""bytes":6,"#), "{}", out(&done));
    assert_eq!((home.read("film"), home.names(".")), (b"0123456789".to_vec(), vec!["film".into()]));
    server.ended();

    // A second run finds it whole and asks for nothing but its size.
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SIZE film", "213 10");
        peer.until("QUIT", "221 bye");
    });
    home.runs(&["get", "--resume", &server.url("film")]).success();
    server.ended();
}

#[test]
fn a_server_without_restart_sends_all_of_it() {
    let home = Home::new();
    home.write("film.part", b"0123");
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SIZE film", "502 what");
        peer.until("REST 4", "502 what");
        let _ = peer.data();
        peer.until("RETR film", "150 go");
        let _ = peer.data().write_all(b"abcdef");
        peer.say("226 done");
        peer.until("QUIT", "221 bye");
    });
    home.runs(&["get", "-c", &server.url("film")]).success();
    assert_eq!(home.read("film"), b"abcdef");
    server.ended();
}

#[test]
fn an_upload_goes_on_where_it_broke() {
    let home = Home::new();
    home.write("film", b"0123456789");
    for append in [false, true] {
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "213 4");
            if append {
                peer.until("REST 4", "502 what");
                let _ = peer.data();
                peer.until("APPE film", "150 go");
            } else {
                peer.until("REST 4", "350 go on");
                peer.until("STOR film", "150 go");
            }
            let mut rest = Vec::new();
            peer.data().read_to_end(&mut rest).expect("the rest");
            assert_eq!(rest, b"456789");
            peer.say("226 done");
            peer.until("QUIT", "221 bye");
        });
        home.runs(&["put", "--resume", "film", &server.url("film")]).success();
        server.ended();
    }
}

#[test]
fn what_was_moved_is_verified() {
    let crc = "cbf43926";
    for (feature, question, answer, code) in [
        ("XCRC", "XCRC film", format!("250 {crc}"), 0),
        ("XCRC", "XCRC film", "250 deadbeef".to_owned(), 11),
        ("HASH CRC32*", "HASH film", format!("213 CRC32 0-9 {crc} film"), 0),
        ("UTF8", "SIZE film", "213 9".to_owned(), 0),
        ("UTF8", "SIZE film", "213 90".to_owned(), 11),
        ("UTF8", "SIZE film", "502 what".to_owned(), 11),
    ] {
        let home = Home::new();
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            peer.until("FEAT", &format!("211-Features\r\n {feature}\r\n211 End"));
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(b"123456789");
            peer.say("226 done");
            peer.until(question, &answer);
            peer.until("QUIT", "221 bye");
        });
        let done = home.runs(&["get", "--verify", "--json", &server.url("film")]).code(code);
        let kept: &[&str] = if code == 0 { &["film"] } else { &[] };
        assert_eq!(home.names("."), kept, "{question}");
        if code == 0 && feature != "UTF8" {
            assert!(out(&done).contains(&format!(r#""hash":"{crc}""#)), "{}", out(&done));
        }
        assert_eq!(err(&done).contains("size alone"), code == 0 && feature == "UTF8");
        server.ended();
    }
    let (server, home) = (TestServer::usual(), Home::new());
    home.runs(&["get", "--verify", &url(&server, "Movies/Joker")]).success();
    home.runs(&["put", "--verify", "Joker", &url(&server, "Own/")]).success();
}

#[test]
fn a_deadline_ends_everything() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("RETR", "150 go");
        let mut data = peer.data();
        // Always some progress, never an end.
        let pace = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let stream = std::net::TcpStream::connect(pace.local_addr().expect("it")).expect("it");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a pace");
        while data.write_all(b"x").is_ok() {
            let _ = (&stream).read(&mut [0]);
        }
        peer.say("426 you left");
        let _ = peer.control.read_to_end(&mut Vec::new());
    });
    let late = home.runs(&["get", "--deadline", "3", "--retries", "9", &server.url("f")]).code(12);
    assert!(err(&late).contains("deadline"), "{}", err(&late));
    server.ended();
}

/// Servers hang up on who guesses, and some of them in words that are also said to a crowd.
#[test]
fn who_is_refused_for_his_password_does_not_wait_for_a_crowd_to_go() {
    for (greeting, login) in [
        ("421 Too many failed logins from your address; try again in 600 seconds.", ""),
        ("220 hello", "421 Too many failed logins; the connection is closed."),
        ("220 hello", "421 Too many authentication failures"),
        ("220 hello", "530 Maximum login attempts. Disconnecting."),
    ] {
        let home = Home::new();
        let server = Scripted::new(move |peer| {
            peer.say(greeting);
            if !login.is_empty() {
                peer.until("PASS", login);
            }
        });
        home.runs(&["get", "--retries", "5", &server.url("film")]).code(5);
        server.ended();
    }
    // By the real one as well: its last word is a 421.
    let server = Setup::usual().flag("--login-attempts", "1").start();
    let home = Home::new();
    let list = ["ls", "--retries", "5", &url(&server, "")];
    home.coracle(&list).env("CORACLE_PASSWORD", "no").assert().code(5);
}

#[test]
fn a_crowded_server_is_waited_for_by_those_who_retry() {
    for (greeting, login) in [("421 too many clients", ""), ("220 hello", "530 too many logins")] {
        let home = Home::new();
        let server = Scripted::in_turn(vec![
            Box::new(move |peer| {
                peer.say(greeting);
                if !login.is_empty() {
                    peer.until("PASS", login);
                    let _ = peer.control.read_to_end(&mut Vec::new());
                }
            }),
            Box::new(|peer| {
                peer.say("220 hello");
                peer.until("RETR", "150 go");
                let _ = peer.data().write_all(b"film");
                peer.say("226 done");
                peer.until("QUIT", "221 bye");
            }),
        ]);
        home.runs(&["get", "--retries", "1", &server.url("f")]).success();
        assert_eq!(home.read("f"), b"film");
        server.ended();
    }
    let home = Home::new();
    let server = Scripted::new(|peer| peer.say("421 too many clients"));
    home.runs(&["get", &server.url("f")]).code(3);
    server.ended();
}

#[test]
fn an_early_end_is_no_end() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SIZE film", "213 10");
        peer.until("RETR film", "150 go");
        let _ = peer.data().write_all(b"0123");
        peer.say("226 done");
        peer.until("SIZE film", "213 10");
        peer.until("QUIT", "221 bye");
    });
    home.runs(&["get", &server.url("film")]).code(3);
    assert_eq!(home.names("."), ["film.part"]);
    server.ended();
}

/// A server whose first data connection breaks in the middle of `0123456789`, and whose second one
/// goes on at `offset`.
fn breaking(refuses_rest: bool) -> Scripted {
    Scripted::in_turn(vec![
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "213 10");
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(b"0123");
            peer.say("426 it broke");
            let _ = peer.control.get_mut().shutdown(std::net::Shutdown::Both);
        }),
        Box::new(move |peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "213 10");
            let mut left = "456789";
            if refuses_rest {
                peer.until("REST 4", "502 what");
                let _ = peer.data();
                left = "0123456789";
            } else {
                peer.until("REST 4", "350 go on");
            }
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(left.as_bytes());
            peer.say("226 done");
            peer.until("QUIT", "221 bye");
        }),
    ])
}

#[test]
fn what_is_printed_or_summed_is_so_once_however_often_it_breaks() {
    let sum = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
    for refuses_rest in [false, true] {
        let (home, server) = (Home::new(), breaking(refuses_rest));
        let cat = home.runs(&["cat", "--retries", "1", &server.url("film")]).success();
        assert_eq!(out(&cat), "0123456789");
        server.ended();

        let server = breaking(refuses_rest);
        let told = home.runs(&["sum", "--retries", "1", &server.url("film")]).success();
        assert_eq!(out(&told), format!("{sum}  film\n"));
        server.ended();
    }
}

#[test]
fn what_one_try_was_to_throw_away_is_none_of_the_next() {
    let home = Home::new();
    let server = Scripted::in_turn(vec![
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "213 10");
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(b"0123");
            peer.say("426 it broke");
            let _ = peer.control.get_mut().shutdown(std::net::Shutdown::Both);
        }),
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "213 10");
            peer.until("REST 4", "502 what");
            let _ = peer.data();
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(b"01");
            peer.say("426 it broke");
            let _ = peer.control.get_mut().shutdown(std::net::Shutdown::Both);
        }),
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "213 10");
            peer.until("REST 4", "350 go on");
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(b"456789");
            peer.say("226 done");
            peer.until("QUIT", "221 bye");
        }),
    ]);
    let cat = home.runs(&["cat", "--retries", "2", &server.url("film")]).success();
    assert_eq!(out(&cat), "0123456789");
    server.ended();
}

#[test]
fn another_try_is_told_and_counted() {
    let (home, server) = (Home::new(), breaking(false));
    let done = home.runs(&["get", "--retries", "2", "--json", &server.url("film")]).success();
    assert!(out(&done).contains(r#""attempts":2,"#), "{}", out(&done));
    assert!(out(&done).contains(r#""bytes":10,"#), "{}", out(&done));
    let told = err(&done);
    assert!(told.starts_with("trying again in 0.") && told.contains("it broke"), "{told}");
    server.ended();

    let (home, server) = (Home::new(), breaking(false));
    let done = home.runs(&["get", "--retries", "2", "--quiet", &server.url("film")]).success();
    assert_eq!((out(&done), err(&done)), (String::new(), String::new()));
    server.ended();
}

#[test]
fn what_an_earlier_try_has_brought_there_after_all_is_there() {
    let home = Home::new();
    home.write("film", b"film");
    let server = Scripted::in_turn(vec![
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "550 no such file");
            peer.until("STOR film", "150 go");
            let mut film = Vec::new();
            peer.data().read_to_end(&mut film).expect("the film");
            assert_eq!(film, b"film");
        }),
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("SIZE film", "550 no such file");
            peer.until("STOR film", "553 it exists, and you may not replace it");
            peer.until("SIZE film", "213 4");
            peer.until("MDTM film", "213 20260101000000");
            peer.until("QUIT", "221 bye");
        }),
    ]);
    home.runs(&["put", "--retries", "3", "film", &server.url("film")]).success();
    server.ended();
}

#[test]
fn half_an_upload_that_is_called_complete_is_gone_on_with() {
    let home = Home::new();
    home.write("film", b"0123456789");
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("SIZE film", "550 no such file");
        peer.until("STOR film", "150 go");
        peer.data().read_to_end(&mut Vec::new()).expect("all of it");
        peer.say("226 done");
        peer.until("SIZE film", "213 4");
        peer.until("SIZE film", "213 4");
        peer.until("REST 4", "350 go on");
        let mut data = peer.data();
        peer.until("STOR film", "150 go");
        let mut rest = Vec::new();
        data.read_to_end(&mut rest).expect("the rest");
        assert_eq!(rest, b"456789");
        peer.say("226 done");
        peer.until("SIZE film", "213 10");
        peer.until("QUIT", "221 bye");
    });
    home.runs(&["put", "--retries", "3", "film", &server.url("film")]).success();
    server.ended();

    // Without tries it fails, and is not taken for whole.
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("STOR film", "150 go");
        peer.data().read_to_end(&mut Vec::new()).expect("all of it");
        peer.say("226 done");
        peer.until("SIZE film", "213 4");
        peer.until("QUIT", "221 bye");
    });
    home.runs(&["put", "film", &server.url("film")]).code(3);
    server.ended();
}

#[test]
fn a_server_that_lost_its_tongue_with_the_data_connection_is_not_waited_for() {
    let home = Home::new();
    let server = Scripted::in_turn(vec![
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("RETR film", "150 go");
            // Before a byte of it, so that there is nothing to go on from.
            crate::support::reset(peer.data());
            let _ = peer.control.read_to_end(&mut Vec::new());
        }),
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("RETR film", "150 go");
            let _ = peer.data().write_all(b"film");
            peer.say("226 done");
            peer.until("QUIT", "221 bye");
        }),
    ]);
    // Far longer than the test may take.
    let get = ["--timeout", "600", "get", "--retries", "1", &server.url("film")];
    home.runs(&get).success();
    server.ended();
}
