//! `coracle` under TLS against `coracled`, which lets no data connection in that does not resume its
//! control connection's session: explicit and implicit, TLS 1.2 and 1.3.

use std::net::SocketAddr;

use crate::support::{Setup, TestServer, assert_same, noise};
use crate::{Home, err, out, url};

/// Files of a batch: more than a server gives tickets for at once.
const FILES: usize = 24;

/// A server with ports for TLS.
struct Strict {
    server: TestServer,
    /// Where FTP begins with TLS.
    ftps: SocketAddr,
    /// Where the guided dialogue does.
    guided: SocketAddr,
    /// The SHA-256 of its certificate.
    fingerprint: String,
}

impl Strict {
    fn start() -> Self {
        let mut server = Setup::usual()
            .flag("--tls", "required")
            .flag("--tls-data-resumption", "require")
            .flag("--listen-tls", "127.0.0.1:0")
            .flag("--guided-tls", "127.0.0.1:0")
            .start();
        let ftps = server.announced("listening ftp-tls").parse().expect("an address");
        let guided = server.announced("listening guided-tls").parse().expect("an address");
        let fingerprint = server.announced("certificate sha256");
        Self { server, ftps, guided, fingerprint }
    }

    /// Each way to reach it: where paths begin, and the newest TLS to speak.
    fn ways(&self) -> [(String, &'static str); 4] {
        let explicit = url(&self.server, "").replace("ftp:", "ftpes:");
        let implicit = format!("ftps://user1@{}/", self.ftps);
        [(explicit.clone(), "1.3"), (implicit.clone(), "1.3"), (explicit, "1.2"), (implicit, "1.2")]
    }
}

#[test]
fn files_go_both_ways_over_sessions_that_are_resumed() {
    let strict = Strict::start();
    let contents: Vec<Vec<u8>> = (0..FILES).map(|n| noise(1_500 * n * n, n as u64)).collect();
    for (way, (top, newest)) in strict.ways().iter().enumerate() {
        let home = Home::new();
        let own = format!("{top}Own/{way}/");
        let runs = |arguments: &[&str]| {
            let options = ["--fingerprint", &strict.fingerprint, "--tls-max", newest];
            home.runs(&[&options, arguments].concat()).success()
        };
        for (n, content) in contents.iter().enumerate() {
            home.write(&format!("{n:02}.bin"), content);
        }
        runs(&["mkdir", &own]);
        runs(&["mput", "*.bin", &own]);
        runs(&["mget", "--jobs", "4", "--verify", &format!("{own}*"), "here"]);
        runs(&["mput", "--jobs", "4", "--force", "*.bin", &own]);
        assert_eq!(out(&runs(&["ls", &own])).lines().count(), FILES);
        for (n, content) in contents.iter().enumerate() {
            assert_same(&home.read(&format!("here/{n:02}.bin")), content);
            assert_same(&strict.server.content(&format!("Own/{way}/{n:02}.bin")), content);
        }
        home.write("half.part", &contents[FILES - 1][..100_000]);
        runs(&["get", "--resume", &format!("{own}{}.bin", FILES - 1), "half"]);
        assert_same(&home.read("half"), &contents[FILES - 1]);
    }
}

#[test]
fn the_session_says_what_protects_it() {
    let (strict, home) = (Strict::start(), Home::new());
    for (top, newest) in strict.ways() {
        let pin = ["--fingerprint", &strict.fingerprint, "--tls-max", newest];
        let ran = home.runs(&[&pin, &["-e", "status; ls", &*top][..]].concat()).success();
        let said = out(&ran);
        assert!(said.contains(&format!("protection TLS {newest}, TLS")), "{said}");
        assert!(said.ends_with("Incoming\nMovies\nOwn\n"), "{said}");
        // From one way to another, within the shell.
        let script = format!("open {top}\nstatus\n");
        let host = strict.ways()[0].0.clone();
        let mut shell = home.coracle(&[&pin, &[&*host][..]].concat());
        let said = out(&shell.write_stdin(script).assert().success());
        assert!(said.contains(&format!("TLS {newest}")), "{said}");
    }
    let clear = home.runs(&["--tls", "off", "ls", &url(&strict.server, "")]).code(4);
    assert!(err(&clear).contains("--tls off"), "{}", err(&clear));
    let unseen = home.runs(&["ls", &url(&strict.server, "")]).success();
    assert_eq!(err(&unseen), "", "a script is not told what it has not asked for");
}

#[test]
fn the_guided_dialogue_is_protected_as_well() {
    let (strict, home) = (Strict::start(), Home::new());
    let address = strict.guided.to_string();
    let lines = "LOGIN\nuser1\n1234\nSHOW DIRECTORY\nMovies\nDOWNLOAD FILE\nJoker\nQUIT\n";
    let mut talk = home.bare(&["--fingerprint", &strict.fingerprint, "guided", &address]);
    let said = talk.write_stdin(lines).assert().success();
    assert!(out(&said).contains("You are logged out"), "{}", out(&said));
    assert_eq!(home.read("download/Joker"), b"Why so small?\n");
    home.bare(&["--tls", "require", "guided", &address]).write_stdin("").assert().code(4);
}
