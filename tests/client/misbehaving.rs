//! Servers that break off, stall, lie or never stop talking.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{GUARD, noise};
use crate::{Home, err, out};

/// A server that holds one dialogue, as a test scripts it.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<()>,
}

/// What a server says and hears on one connection.
pub(crate) type Script = Box<dyn FnOnce(&mut Peer) + Send>;

/// The server's side of its control connection.
pub(crate) struct Peer {
    pub(crate) control: BufReader<TcpStream>,
    pub(crate) passive: TcpListener,
}

impl Scripted {
    pub(crate) fn new(script: impl FnOnce(&mut Peer) + Send + 'static) -> Self {
        Self::in_turn(vec![Box::new(script)])
    }

    /// One dialogue after the other, each on a connection of its own.
    pub(crate) fn in_turn(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let thread = thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().expect("a client");
                stream.set_read_timeout(Some(GUARD)).expect("a guard");
                let passive = TcpListener::bind("127.0.0.1:0").expect("a port for data");
                script(&mut Peer { control: BufReader::new(stream), passive });
            }
        });
        Self { address, thread }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://user1@{}/{path}", self.address)
    }

    /// Says that all went as scripted.
    #[track_caller]
    pub(crate) fn ended(self) {
        self.thread.join().expect("the server's script ran to its end");
    }
}

impl Peer {
    /// Says something; that the client has left by then is the client's right.
    pub(crate) fn say(&mut self, line: &str) {
        let _ = self.control.get_mut().write_all(format!("{line}\r\n").as_bytes());
    }

    pub(crate) fn hear(&mut self) -> String {
        let mut line = String::new();
        let count = self.control.read_line(&mut line).expect("a command");
        assert!(count > 0, "the client has gone where a command was due");
        line.trim_end().to_owned()
    }

    /// Answers `command` with `reply`, and everything before it as a plain server does.
    pub(crate) fn until(&mut self, command: &str, reply: &str) {
        loop {
            let heard = self.hear();
            if heard.starts_with(command) {
                return self.say(reply);
            }
            match heard.split(' ').next().unwrap_or_default() {
                "USER" => self.say("331 password"),
                "PASS" => self.say("230 in"),
                "TYPE" => self.say("200 ok"),
                "EPSV" => {
                    let port = self.passive.local_addr().expect("its address").port();
                    self.say(&format!("229 ok (|||{port}|)"));
                }
                _ => self.say("502 no"),
            }
        }
    }

    pub(crate) fn data(&self) -> TcpStream {
        let (stream, _) = self.passive.accept().expect("a data connection");
        stream.set_read_timeout(Some(GUARD)).expect("a guard");
        stream
    }
}

#[test]
fn a_server_that_never_greets_is_not_waited_for_without_end() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        // Until the client has had enough.
        let _ = peer.control.read_to_end(&mut Vec::new());
    });
    home.runs(&["--timeout", "2", "ls", &server.url("")]).code(12);
    server.ended();
}

#[test]
fn a_server_that_never_stops_greeting_is_left() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        let mut line = [b'x'; 4096];
        line[..4].copy_from_slice(b"220-");
        line[4094..].copy_from_slice(b"\r\n");
        while peer.control.get_mut().write_all(&line).is_ok() {}
    });
    home.runs(&["ls", &server.url("")]).code(1);
    server.ended();
}

#[test]
fn a_download_that_breaks_off_gets_no_name() {
    for (last_words, code) in [(Some("426 broken"), 3), (Some("451 disk"), 1), (None, 3)] {
        let home = Home::new();
        let server = Scripted::new(move |peer| {
            peer.say("220 hello");
            peer.until("RETR", "150 go");
            let _ = peer.data().write_all(b"half");
            if let Some(words) = last_words {
                peer.say(words);
                let _ = peer.control.read_to_end(&mut Vec::new());
            }
        });
        home.runs(&["get", &server.url("film")]).code(code);
        assert_eq!(home.names("."), ["film.part"]);
        server.ended();
    }
}

#[test]
fn a_stalled_download_ends() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("RETR", "150 go");
        let mut data = peer.data();
        let _ = data.write_all(b"half");
        let _ = data.read_to_end(&mut Vec::new());
        peer.say("426 you left");
        let _ = peer.control.read_to_end(&mut Vec::new());
    });
    home.runs(&["--timeout", "2", "get", &server.url("film")]).code(12);
    server.ended();
}

#[test]
fn a_full_disk_has_a_code_of_its_own() {
    let home = Home::new();
    home.write("big", &noise(8_000_000, 1));
    let server = Scripted::new(|peer| {
        peer.say("220 hello");
        peer.until("STOR", "150 go");
        let mut data = peer.data();
        let _ = data.read(&mut [0; 1024]);
        peer.say("452 full");
        drop(data);
        let _ = peer.control.read_to_end(&mut Vec::new());
    });
    home.runs(&["put", "big", &server.url("big")]).code(13);
    server.ended();
}

/// The program beside the test, so that the test can do something to it.
fn running(home: &Home, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_coracle"))
        .args(arguments)
        .current_dir(home.path("."))
        .env("HOME", home.path("."))
        .env("CORACLE_PASSWORD", "1234")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("coracle starts")
}

#[test]
fn a_killed_upload_ends_in_a_reset_and_not_as_if_it_were_whole() {
    let home = Home::new();
    home.write("big", &noise(64_000_000, 1));
    let (told, tell) = channel();
    let server = Scripted::new(move |peer| {
        peer.say("220 hello");
        peer.until("STOR", "150 go");
        let mut data = peer.data();
        data.read_exact(&mut [0; 1024]).expect("it begins");
        told.send(()).expect("the test waits");
        let _ = peer.control.read_to_end(&mut Vec::new());
        let end = data.read_to_end(&mut Vec::new());
        assert_eq!(end.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    });
    let mut client = running(&home, &["put", "big", &server.url("big")]);
    tell.recv_timeout(GUARD).expect("the upload begins");
    client.kill().expect("it runs");
    client.wait().expect("it was ours");
    server.ended();
}

#[test]
fn control_c_aborts_a_transfer_and_ends_the_session_in_order() {
    let home = Home::new();
    let (told, tell) = channel();
    let server = Scripted::new(move |peer| {
        peer.say("220 hello");
        peer.until("RETR", "150 go");
        let mut data = peer.data();
        // More than the kernel holds, so that some of it has been read.
        data.write_all(&noise(32_000_000, 2)).expect("it reads");
        told.send(()).expect("the test waits");
        // The close is a reset if the client had not come to read what was sent.
        let _ = data.read_to_end(&mut Vec::new());
        let mut abort = Vec::new();
        peer.control.read_until(b'\n', &mut abort).expect("a command");
        assert_eq!(abort, b"\xff\xf4\xff\xf2ABOR\r\n");
        peer.say("426 aborted");
        peer.say("226 that was it");
        peer.until("QUIT", "221 bye");
    });
    let mut client = running(&home, &["get", &server.url("film")]);
    tell.recv_timeout(GUARD).expect("the download begins");
    kill_process(Pid::from_child(&client), Signal::INT).expect("it runs");
    assert_eq!(client.wait().expect("it was ours").code(), Some(130));
    assert_eq!(home.names("."), ["film.part"]);
    server.ended();
}

#[test]
fn pasv_never_leads_to_somebody_else() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        let port = peer.passive.local_addr().expect("its address").port();
        peer.say("220 hello");
        peer.until("EPSV", "500 what");
        let [high, low] = port.to_be_bytes();
        peer.until("PASV", &format!("227 there (192,0,2,1,{high},{low})"));
        peer.until("RETR", "150 go");
        let _ = peer.data().write_all(b"text\n");
        peer.say("226 done");
        peer.until("QUIT", "221 bye");
    });
    assert_eq!(out(&home.runs(&["cat", &server.url("text")]).success()), "text\n");
    server.ended();
}

#[test]
fn a_guided_server_can_not_choose_where_files_go() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        for name in ["../../escaped", "/tmp/escaped", "..", "a/../escaped"] {
            peer.say(&format!("Sending '{name}' (5 bytes)"));
            let _ = peer.control.get_mut().write_all(b"owned");
        }
        peer.say("Connection is terminated. You are logged out.");
    });
    let address = server.address.to_string();
    let talk = home.bare(&["guided", &address]).write_stdin("").assert().code(10);
    assert_eq!(home.names("."), ["download"]);
    assert_eq!(home.names("download"), ["escaped"]);
    assert!(out(&talk).ends_with("You are logged out.\n"), "{}", err(&talk));
    server.ended();
}

#[test]
fn a_guided_server_that_breaks_off_leaves_no_half_file() {
    let home = Home::new();
    let server = Scripted::new(|peer| {
        peer.say("Sending 'film' (500 bytes)");
        peer.say("too little");
    });
    let address = server.address.to_string();
    home.bare(&["guided", &address]).write_stdin("").assert().code(3);
    assert_eq!(home.names("download"), ["film.part"]);
    server.ended();
}
