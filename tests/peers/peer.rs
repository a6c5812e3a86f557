//! A server under its test: a directory, a port, a process, and their end.
//!
//! None of the servers can be given port 0 and asked which it took, so a free port is found by
//! binding and letting go, below those that the kernel gives out: or another test's listener would
//! get it meanwhile, and be taken for the server. A server that finds it taken after all is started
//! again on another.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::support::GUARD;

/// How often a server is started anew because its port was taken meanwhile.
const STARTS_MAX: usize = 5;

/// The ports that servers listen on begin here. The kernel gives out ports from 32768 on, unless it
/// is told otherwise, and tests that want a range of ports in a row look for it from 20000 on.
const FIRST_PORT: u16 = 10_000;

/// So many of them there are.
const PORTS: u16 = 10_000;

/// How long a server that does not listen yet is left alone.
const BETWEEN_KNOCKS: Duration = Duration::from_millis(5);

/// The password of every account.
pub(crate) const PASSWORD: &str = "1234";

/// [`PASSWORD`] as crypt(3) keeps it, under SHA-512.
pub(crate) const PASSWORD_HASH: &str = "$6$peers$yWnx5RNw.L6dR5NVPhrGMtTa/uZtP0BTxdI4Kk5w5Z22LgAYRBGQg6Mu5ODGgjSD9bwAYb35JzIHzkOqQ0FRW.";

/// A kind of server, with its settings.
pub(crate) struct Server {
    /// The one account, whose password is [`PASSWORD`].
    pub(crate) user: &'static str,
    /// Writes the configuration, and says how the server is started so that it stays in the
    /// foreground. `Own` and `Locked` are there already.
    pub(crate) command: fn(&Place) -> Command,
}

/// Where a server lives: a directory of its own, and a port.
///
/// The account comes in at `files`, does what it likes in `Own`, and in `Locked` may only read.
pub(crate) struct Place {
    home: TempDir,
    /// Where it is to listen, on 127.0.0.1.
    pub(crate) port: u16,
}

impl Place {
    fn new() -> Self {
        let home = TempDir::new().expect("a temporary directory");
        // Servers that give up root's rights have to get in.
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).expect("its permissions");
        let place = Self { home, port: 0 };
        fs::create_dir_all(place.files().join("Own")).expect("a directory to write to");
        fs::create_dir_all(place.files().join("Locked")).expect("a directory to read from");
        fs::write(place.files().join("Locked/kept"), b"kept\n").expect("a file to read");
        place
    }

    /// The directory that is served.
    pub(crate) fn files(&self) -> PathBuf {
        self.home.path().join("files")
    }

    /// A place for a file of the server's own.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The files with a certificate of the server's own and its key, which it makes.
    pub(crate) fn certificate(&self) -> (PathBuf, PathBuf) {
        let certificate = Certificate::local();
        let pem = self.write("certificate.pem", &certificate.pem);
        (pem, self.write("key.pem", &certificate.key))
    }

    /// A configuration of OpenSSL's that allows one version of TLS alone, for servers that have no
    /// setting of their own for that.
    pub(crate) fn openssl(&self, version: &str) -> PathBuf {
        let text = format!(
            "openssl_conf = settings\n[settings]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n\
             [tls]\nMinProtocol = {version}\nMaxProtocol = {version}\n"
        );
        self.write("openssl.cnf", &text)
    }

    /// Writes a file of the server's own, for nobody else to read.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file of the server");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its permissions");
        path
    }
}

/// A running server; the drop kills it, and with it whatever it has started.
pub(crate) struct Peer {
    server: &'static Server,
    place: Place,
    child: Child,
}

impl Peer {
    /// Starts a server and waits until it greets.
    #[track_caller]
    pub(crate) fn start(server: &'static Server) -> Self {
        let mut place = Place::new();
        for _ in 0..STARTS_MAX {
            place.port = free_port();
            let child = spawn((server.command)(&place), &place.path("said"));
            let mut peer = Self { server, place, child };
            if peer.greets() {
                return peer;
            }
            let said = peer.said();
            assert!(said.contains("in use"), "the server has ended, and says:\n{said}");
            place = Place::new();
        }
        panic!("every port was taken");
    }

    /// The directory that is served.
    pub(crate) fn files(&self) -> PathBuf {
        self.place.files()
    }

    /// `ftp://USER@127.0.0.1:PORT/PATH`; `path` is encoded as it has to be.
    pub(crate) fn url(&self, path: &str) -> String {
        let mut url = format!("ftp://{}/", self.host());
        for byte in path.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
        url
    }

    /// The same for a pattern, whose `*`, `[` and `]` stay as they are.
    pub(crate) fn wild(&self, pattern: &str) -> String {
        format!("ftp://{}/{pattern}", self.host())
    }

    /// The file with the certificate that [`Place::certificate`] has made.
    pub(crate) fn certificate(&self) -> String {
        self.place.path("certificate.pem").display().to_string()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.place.port)
    }

    /// `USER@127.0.0.1:PORT`.
    pub(crate) fn host(&self) -> String {
        format!("{}@127.0.0.1:{}", self.server.user, self.place.port)
    }

    /// Writes a file into the served tree, and the directories above it.
    #[track_caller]
    pub(crate) fn write(&self, path: &str, content: &[u8]) {
        let path = self.place.files().join(path);
        fs::create_dir_all(path.parent().expect("a path below files")).expect("a directory");
        fs::write(path, content).expect("a file to serve");
    }

    /// The content of a file in the served tree.
    #[track_caller]
    pub(crate) fn content(&self, path: &str) -> Vec<u8> {
        let content = fs::read(self.place.files().join(path));
        content.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// All names in a directory of the served tree, hidden ones as well.
    #[track_caller]
    pub(crate) fn names(&self, path: &str) -> BTreeSet<String> {
        fs::read_dir(self.place.files().join(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// What the server wrote to its output and its log by now.
    pub(crate) fn said(&self) -> String {
        let read = |name| fs::read(self.place.path(name)).unwrap_or_default();
        String::from_utf8_lossy(&[read("said"), read("log")].concat()).into_owned()
    }

    /// Connects until the server greets; false if it ends before that.
    #[track_caller]
    fn greets(&mut self) -> bool {
        let address = self.address();
        let start = Instant::now();
        while start.elapsed() < GUARD {
            if self.child.try_wait().expect("the process is ours").is_some() {
                return false;
            }
            if let Ok(stream) = TcpStream::connect_timeout(&address, GUARD) {
                stream.set_read_timeout(Some(GUARD)).expect("a time-out to read");
                let mut line = String::new();
                let read = BufReader::new(stream.take(1024)).read_line(&mut line);
                assert!(line.is_empty() || line.starts_with("220"), "{line:?}, {}", self.said());
                if read.is_ok() && !line.is_empty() {
                    return true;
                }
                // That was somebody else, who has had the port and is about to leave it.
            }
            // The server has the better use for the processor.
            thread::park_timeout(BETWEEN_KNOCKS);
        }
        panic!("the server does not listen, and says:\n{}", self.said());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the server said:\n{}", self.said());
        }
        // Most of them have a process for each session, and some have two.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

fn spawn(mut command: Command, said: &Path) -> Child {
    let said = fs::File::create(said).expect("a file for its output");
    command
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(said.try_clone().expect("a second handle"))
        .stderr(said)
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()))
}

/// A port of loopback that nobody listens on at this moment, and that this process has not given out
/// yet.
fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Runs of this program beside each other begin at different places.
    let first = u16::try_from(std::process::id() % 49).expect("below 49") * 200;
    loop {
        let at = first + GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST_PORT + at % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
