//! `coracle` from outside: its output, its exit codes and the files it leaves, against the real
//! `coracled` and against servers that misbehave.
#![expect(clippy::disallowed_methods, reason = "tests own their files and a thread")]

#[path = "../support/certificate.rs"]
mod certificate;
mod codes;
mod many;
mod mirrors;
mod misbehaving;
#[path = "../support/proxy.rs"]
mod proxy;
mod resumed;
mod robust;
mod scripts;
mod secure;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the server use more of it")]
mod support;
mod terminal;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

use support::{GUARD, Setup, TestServer, noise};

/// A user's home, in which `coracle` runs.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).expect("a local file");
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).expect("a local directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The program, with nobody's settings and no password.
    fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coracle"));
        command
            .current_dir(self.0.path())
            .env("HOME", self.0.path())
            .env_remove("CORACLE_PASSWORD")
            .timeout(GUARD)
            .args(arguments);
        command
    }

    /// The program with user1's password.
    fn coracle(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare(arguments);
        command.env("CORACLE_PASSWORD", "1234");
        command
    }

    #[track_caller]
    fn runs(&self, arguments: &[&str]) -> Assert {
        self.coracle(arguments).assert()
    }
}

/// `ftp://user1@ADDRESS/PATH`.
fn url(server: &TestServer, path: &str) -> String {
    format!("ftp://user1@{}/{path}", server.ftp)
}

#[track_caller]
fn out(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("it speaks UTF-8")
}

#[track_caller]
fn err(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("it speaks UTF-8")
}

/// A server with a directory that has something to put into order.
fn shelf() -> TestServer {
    Setup::usual()
        .file("Own/beta", b"12345")
        .file("Own/Alpha Beta", b"1")
        .file("Own/archive/deep", b"")
        .file("Own/Cellar/wine", b"")
        .start()
}

#[test]
fn ls_mixes_and_dir_puts_directories_first() {
    let (server, home) = (shelf(), Home::new());
    let own = url(&server, "Own");
    let ls = home.runs(&["ls", &own]).success();
    assert_eq!(out(&ls), "Alpha Beta\narchive\nbeta\nCellar\n");
    let dir = home.runs(&["dir", "-1", &own]).success();
    assert_eq!(out(&dir), "archive\nCellar\nAlpha Beta\nbeta\n");
    let long = out(&home.runs(&["dir", "-l", &own]).success());
    let lines: Vec<&str> = long.lines().collect();
    assert!(lines[0].starts_with('d') && lines[0].ends_with(" archive"), "{long}");
    assert!(lines[3].starts_with('-') && lines[3].contains(" 5 "), "{long}");
    let root = home.runs(&["ls", &url(&server, "")]).success();
    assert_eq!(out(&root), "Incoming\nMovies\nOwn\n");
}

#[test]
fn a_download_arrives_whole_and_overwrites_nothing() {
    let content = noise(3_000_000, 7);
    let server = Setup::usual().file("Movies/Free Fire", &content).start();
    let home = Home::new();
    let film = url(&server, "Movies/Free%20Fire");
    let first = home.runs(&["get", &film]).success();
    assert_eq!((out(&first), err(&first)), (String::new(), String::new()));
    assert_eq!(home.read("Free Fire"), content);
    home.write("Free Fire", b"mine");
    home.runs(&["get", &film]).code(10);
    assert_eq!(home.read("Free Fire"), b"mine");
    home.runs(&["--active", "get", "--force", &film]).success();
    assert_eq!(home.read("Free Fire"), content);
    fs::create_dir(home.path("films")).expect("a directory");
    home.runs(&["get", &film, "-o", "films"]).success();
    home.runs(&["get", &film, "-o", "other"]).success();
    assert_eq!(home.names("."), ["Free Fire", "films", "other"]);
    assert_eq!(home.names("films"), ["Free Fire"]);
    let cat = home.runs(&["get", &film, "-o", "-"]).success();
    assert!(cat.get_output().stdout == content);
}

#[test]
fn an_upload_arrives_whole() {
    let (server, home) = (TestServer::usual(), Home::new());
    let content = noise(2_000_000, 3);
    home.write("notes", &content);
    home.runs(&["put", "notes", &url(&server, "Own/")]).success();
    home.runs(&["put", "notes", &url(&server, "Own/renamed")]).success();
    assert!(server.content("Own/notes") == content && server.content("Own/renamed") == content);
    assert_eq!(out(&home.runs(&["size", &url(&server, "Own/notes")]).success()), "2000000\n");
    home.runs(&["put", "nothing", &url(&server, "Own/")]).code(10);
    home.runs(&["put", ".", &url(&server, "Own/x")]).code(10);
    home.runs(&["put", "notes", &url(&server, "Movies/")]).code(7);
}

#[test]
fn names_are_made_moved_and_removed() {
    let (server, home) = (TestServer::usual(), Home::new());
    home.runs(&["mkdir", &url(&server, "Own/new")]).success();
    home.write("x", b"x");
    home.runs(&["put", "x", &url(&server, "Own/new/")]).success();
    home.runs(&["mv", &url(&server, "Own/new/x"), "Own/y"]).success();
    home.runs(&["rmdir", &url(&server, "Own/new")]).success();
    assert_eq!(server.names("Own").into_iter().collect::<Vec<_>>(), ["y"]);
    home.runs(&["rm", &url(&server, "Own/y")]).success();
    assert!(server.names("Own").is_empty());
    home.runs(&["rm", &url(&server, "Own/y")]).code(6);
    home.runs(&["cat", &url(&server, "Movies/Nothing")]).code(6);
    home.runs(&["ls", &url(&server, "Nowhere")]).code(6);
    home.runs(&["mkdir", &url(&server, "Movies/new")]).code(7);
}

#[test]
fn passwords_come_from_the_environment_or_netrc_and_never_from_arguments() {
    let (server, home) = (TestServer::usual(), Home::new());
    let joker = url(&server, "Movies/Joker");
    home.coracle(&["cat", &joker]).env("CORACLE_PASSWORD", "wrong").assert().code(5);
    let none = home.bare(&["cat", &joker]).assert().code(5);
    assert!(err(&none).contains("CORACLE_PASSWORD"), "it says what to do");

    let netrc = home.path(".netrc");
    fs::write(&netrc, "machine 127.0.0.1 login user1 password 1234\n").expect("a .netrc");
    fs::set_permissions(&netrc, Permissions::from_mode(0o640)).expect("its permissions");
    let loose = home.bare(&["cat", &joker]).assert().code(10);
    assert!(err(&loose).contains("chmod 600"));
    fs::set_permissions(&netrc, Permissions::from_mode(0o600)).expect("its permissions");
    let cat = home.bare(&["cat", &format!("ftp://{}/Movies/Joker", server.ftp)]).assert().success();
    assert_eq!(out(&cat), "Why so small?\n");

    // A file that is named for it goes before both, with its first line.
    let file = home.path("password");
    fs::write(&file, "1234\r\nsomething else\n").expect("a file");
    fs::set_permissions(&file, Permissions::from_mode(0o604)).expect("its permissions");
    let cat = ["cat", "--password-file", "password", &joker];
    let with = |code| home.coracle(&cat).env("CORACLE_PASSWORD", "wrong").assert().code(code);
    assert!(err(&with(10)).contains("chmod 600"));
    fs::set_permissions(&file, Permissions::from_mode(0o400)).expect("its permissions");
    assert_eq!(out(&with(0)), "Why so small?\n");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("its permissions");
    fs::write(&file, "\n").expect("a file");
    with(10);
    fs::remove_file(&file).expect("it is there");
    with(10);

    let secret = server.url("Movies/Joker").replace("1234", "s3cret");
    let refused = home.runs(&["cat", &secret]).code(2);
    assert!(!err(&refused).contains("s3cret") && err(&refused).contains("~/.netrc"));
}

#[test]
fn lines_from_a_pipe_are_done_in_order_until_one_fails() {
    let server = Setup::usual().file("Movies/Free Fire", b"bang").start();
    let home = Home::new();
    home.write("up", b"up");
    let script = "# films\n\
        cd Movies\n\
        ls\n\
        get 'Free Fire' \"a film\"\n\
        cat Jo\\ker\n\
        cd\n\
        pwd\n\
        mkdir Own/new\n\
        put up Own/new/\n\
        size Own/new/up\n\
        bye\n\
        rm Own/new/up\n";
    let host = format!("user1@{}", server.ftp);
    let done = home.coracle(&[&host]).write_stdin(script).assert().success();
    assert_eq!(out(&done), "Free Fire\nJoker\nWhy so small?\n/\n2\n");
    assert_eq!(home.read("a film"), b"bang");
    assert_eq!(server.content("Own/new/up"), b"up");

    let host = format!("user1@{}/Movies", server.ftp);
    let failed = home.coracle(&[&host]).write_stdin("pwd\ncd Nowhere\npwd\n").assert().code(6);
    assert_eq!(out(&failed), "/Movies\n");
    assert!(err(&failed).contains("Nowhere"));
    home.coracle(&[&host]).write_stdin("launch\n").assert().code(2);
    home.coracle(&[&host]).write_stdin("get 'Joker\n").assert().code(2);
    let help = home.coracle(&[&host]).write_stdin("help\nhelp get\n").assert().success();
    assert!(out(&help).contains("rmdir") && out(&help).contains("--force"));
}

#[test]
fn the_local_directory_is_the_sessions_own() {
    let (server, home) = (TestServer::usual(), Home::new());
    fs::create_dir(home.path("films")).expect("a directory");
    let host = format!("user1@{}", server.ftp);
    let script = "lcd films/../films\nlpwd\nget Movies/Joker\nlcd ../nowhere\n";
    let done = home.coracle(&[&host]).write_stdin(script).assert().code(10);
    let films = fs::canonicalize(home.path("films")).expect("it is there");
    assert_eq!(Path::new(out(&done).trim()), films);
    assert_eq!(home.names("films"), ["Joker"]);
}

#[test]
fn usage_and_connection_have_codes_of_their_own() {
    let home = Home::new();
    home.runs(&[]).code(2);
    home.runs(&["get"]).code(2);
    home.runs(&["ls", "host/path"]).code(2);
    home.runs(&["ls", "https://host/path"]).code(2);
    home.runs(&["user@host", "ls", "ftp://host"]).code(2);
    home.runs(&["ls", "ftp://user1@127.0.0.1:1/"]).code(3);
    let help = home.runs(&["--help"]).success();
    assert!(out(&help).contains("  5  login refused") && out(&help).contains("~/.netrc"));
}

#[test]
fn guided_keeps_what_download_file_brings() {
    let film = noise(200_000, 5);
    let server = Setup::usual().file("Movies/WAR", &film).start();
    let home = Home::new();
    let script = "LOGIN\nuser1\n1234\nSHOW DIRECTORIES\nSHOW DIRECTORY\nMovies\n\
        DOWNLOAD FILE\nJoker\ndownload file\nMovies/WAR\nQUIT\n";
    let address = server.guided.to_string();
    let talk = home.bare(&["guided", &address]).write_stdin(script).assert().success();
    let said = out(&talk);
    assert!(said.starts_with("Please choose 'LOGIN' or 'QUIT'\nPlease enter your username\n"));
    assert!(said.contains("The available directories are: Movies, Incoming, Own\n"), "{said}");
    assert!(said.ends_with("Connection is terminated. You are logged out.\n"), "{said}");
    assert_eq!(home.names("download"), ["Joker", "WAR"]);
    assert_eq!(home.read("download/WAR"), film);

    // What is there stays, and the dialogue goes on behind the bytes.
    home.write("download/Joker", b"mine");
    let again = "LOGIN\nuser1\n1234\nDOWNLOAD FILE\nMovies/Joker\nQUIT\n";
    let talk = home.bare(&["guided", &address]).write_stdin(again).assert().code(10);
    assert!(out(&talk).ends_with("You are logged out.\n"));
    assert_eq!(home.read("download/Joker"), b"mine");

    let refused = "LOGIN\nuser1\nx\nLOGIN\nuser1\nx\nLOGIN\nuser1\nx\n";
    home.bare(&["guided", &address]).write_stdin(refused).assert().code(5);
    home.bare(&["guided", &address]).write_stdin("LOGIN\n").assert().success();
}
