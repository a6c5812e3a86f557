//! The guided dialogue over a real socket, word for word.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::support::{Setup, TestServer, assert_same, dial, noise};

const WELCOME: &str = "Please choose 'LOGIN' or 'QUIT'";
const MENU: &str =
    "Please choose: 'SHOW DIRECTORIES' or 'SHOW DIRECTORY' or 'DOWNLOAD FILE' or 'QUIT'";
const FAREWELL: &str = "Connection is terminated. You are logged out.";

/// One side of the dialogue.
pub(crate) struct Guided(pub(crate) BufReader<TcpStream>);

impl Guided {
    #[track_caller]
    fn connect(server: &TestServer) -> Self {
        let mut guided = Self(BufReader::new(dial(None, server.guided)));
        guided.hears(WELCOME);
        guided
    }

    #[track_caller]
    pub(crate) fn logged_in(server: &TestServer, username: &str, password: &str) -> Self {
        let mut guided = Self::connect(server);
        guided.says("LOGIN", "Please enter your username");
        guided.says(username, "Username OK, Please enter your password");
        guided.says(password, "Login Successfully");
        guided.hears(MENU);
        guided
    }

    #[track_caller]
    fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).expect("the server reads");
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line");
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    #[track_caller]
    fn hears(&mut self, line: &str) {
        assert_eq!(self.line(), line);
    }

    #[track_caller]
    pub(crate) fn hears_menu(&mut self) {
        self.hears(MENU);
    }

    #[track_caller]
    pub(crate) fn says(&mut self, line: &str, answer: &str) {
        self.write(format!("{line}\n").as_bytes());
        assert_eq!(self.line(), answer, "to {line}");
    }

    /// The content that is announced as `name`, with the menu behind it.
    #[track_caller]
    fn download(&mut self, name: &str, wanted: &[u8]) {
        self.says("DOWNLOAD FILE", "Please choose the desired file to download");
        let shown = name.rsplit('/').next().unwrap_or(name);
        self.says(name, &format!("Sending '{shown}' ({} bytes)", wanted.len()));
        let mut got = vec![0; wanted.len()];
        self.0.read_exact(&mut got).expect("the content");
        assert_same(&got, wanted);
        self.hears(MENU);
    }

    #[track_caller]
    fn ends(&mut self) {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("an orderly close");
        assert_eq!(rest, "");
    }
}

fn library() -> Setup {
    Setup::new()
        .client("user1", "1234")
        .client("user2", "1234")
        .grant("user1", "Movies", "r")
        .grant("user1", "Music", "r")
        .grant("user1", "Docs", "r")
        .grant("user2", "Hidden", "r")
        .file("Movies/Joker", b"Why so small?\r\n\0\xff no line end")
        .file("Movies/WAR", b"")
        .file("Movies/Free Fire", b"cold\n")
        .file("Docs/Read me", b"menu\n")
        .file("Hidden/Plans", b"secret")
}

#[test]
fn goes_as_written() {
    let server = library().start();
    let mut guided = Guided::connect(&server);
    guided.says("LOGIN", "Please enter your username");
    guided.says("user1", "Username OK, Please enter your password");
    guided.says("1234", "Login Successfully");
    guided.hears(MENU);
    guided.says("SHOW DIRECTORIES", "The available directories are: Movies, Music, Docs");
    guided.hears(MENU);
    guided.says("SHOW DIRECTORY", "Please enter the desired directory");
    guided.says("Movies", "The available files are: Free Fire, Joker, WAR");
    guided.hears(MENU);
    guided.download("Joker", b"Why so small?\r\n\0\xff no line end");
    guided.says("QUIT", FAREWELL);
    guided.ends();

    let mut brief = Guided::connect(&server);
    brief.says("QUIT", FAREWELL);
    brief.ends();
}

#[test]
fn takes_any_case_any_line_end_and_spaces() {
    let server = library().start();
    let mut guided = Guided::connect(&server);
    guided.write(b"  login \r\nuser1\r\n 1234 \r\n\tshow Directories  \r\nQuit\r\n");
    for line in [
        "Please enter your username",
        "Username OK, Please enter your password",
        "Login Successfully",
        MENU,
        "The available directories are: Movies, Music, Docs",
        MENU,
        FAREWELL,
    ] {
        guided.hears(line);
    }
    guided.ends();
}

#[test]
fn names_a_file_directly_or_in_the_directory_shown_last() {
    let server = library().start();
    let mut guided = Guided::logged_in(&server, "user1", "1234");
    guided.download("Movies/Free Fire", b"cold\n");
    guided.says("SHOW DIRECTORY", "Please enter the desired directory");
    guided.says("Docs", "The available files are: Read me");
    guided.hears(MENU);
    guided.download("Read me", b"menu\n");
    guided.download("Movies/WAR", b"");
    guided.says("QUIT", FAREWELL);
}

#[test]
fn what_is_not_there_costs_one_line() {
    let server = library().secret("Plans", b"secret").start();
    let mut guided = Guided::logged_in(&server, "user1", "1234");
    for directory in ["Hidden", "Nothing", "..", "/", "../Hidden", "Movies/..", "Movies/Joker", ""]
    {
        guided.says("SHOW DIRECTORY", "Please enter the desired directory");
        guided.write(format!("{directory}\n").as_bytes());
        let answer = guided.line();
        assert!(!answer.contains("Plans") && !answer.contains("are:"), "{directory}: {answer}");
        guided.hears(MENU);
    }
    for file in
        ["Hidden/Plans", "../Plans", "Movies/../../Plans", "/etc/passwd", "Nothing", "Movies"]
    {
        guided.says("DOWNLOAD FILE", "Please choose the desired file to download");
        guided.write(format!("{file}\n").as_bytes());
        let answer = guided.line();
        assert!(!answer.starts_with("Sending"), "{file}: {answer}");
        guided.hears(MENU);
    }
    guided.write(b"DANCE\n");
    guided.line();
    guided.hears(MENU);
    guided.write(&vec![b'A'; 1 << 20]);
    guided.write(b"\n");
    guided.line();
    guided.hears(MENU);
    guided.says("QUIT", FAREWELL);
    server.serves_others();
}

#[test]
fn the_third_failure_ends_it() {
    let server = library().start();
    let mut guided = Guided::connect(&server);
    guided.says("LOGIN", "Please enter your username");
    guided.says("nobody", "Login Failed");
    guided.hears(WELCOME);
    guided.says("LOGIN", "Please enter your username");
    guided.says("user1", "Username OK, Please enter your password");
    guided.says("4321", "Login Failed");
    guided.hears(WELCOME);
    guided.says("LOGIN", "Please enter your username");
    guided.says("user1", "Username OK, Please enter your password");
    guided.says("", "Login Failed");
    guided.hears("Too many attempts. Connection is terminated.");
    guided.ends();
}

#[test]
fn a_large_file_is_sent_while_others_are_served() {
    let large = noise(30 << 20, 11);
    let server = library().file("Movies/large", &large).start();
    let mut slow = Guided::logged_in(&server, "user1", "1234");
    slow.says("DOWNLOAD FILE", "Please choose the desired file to download");
    slow.says("Movies/large", &format!("Sending 'large' ({} bytes)", large.len()));
    // The first does not read on; the second has it all meanwhile.
    let mut quick = Guided::logged_in(&server, "user1", "1234");
    quick.download("Movies/large", &large);
    let mut got = vec![0; large.len()];
    slow.0.read_exact(&mut got).unwrap();
    assert_same(&got, &large);
    slow.hears(MENU);
    drop(Guided::logged_in(&server, "user2", "1234"));
    server.serves_others();
}
