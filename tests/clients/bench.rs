//! Where a client works: a server of its own, a directory of its own, and a wire between the two on
//! which its commands are overheard. It knows no client.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::support::{Setup, TestServer, program};

/// Seconds that a client may take for one job, so that none hangs.
const JOB_SECS: &str = "60";

/// How the connections are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// In the clear, the server listens for data.
    Passive,
    /// In the clear, the client listens for data.
    Active,
    /// Control and data under explicit TLS, which this server requires.
    Tls,
}

/// A server, and a directory beside it.
pub(crate) struct Bench {
    pub(crate) server: TestServer,
    pub(crate) way: Way,
    /// Where clients connect to.
    pub(crate) address: SocketAddr,
    here: TempDir,
    overheard: Arc<Mutex<Vec<u8>>>,
}

impl Bench {
    pub(crate) fn new(way: Way) -> Self {
        let here = TempDir::new().expect("a temporary directory");
        let mut setup = Setup::usual();
        if way == Way::Tls {
            let certificate = Certificate::of_an_authority(&["localhost", "127.0.0.1"]);
            let (pem, key) = (here.path().join("ca.pem"), here.path().join("key.pem"));
            fs::write(&pem, &certificate.pem).expect("a certificate");
            fs::write(&key, &certificate.key).expect("a key");
            setup = setup
                .flag("--tls", "required")
                .flag("--tls-cert", &pem.display().to_string())
                .flag("--tls-key", &key.display().to_string());
        }
        let server = setup.start();
        let overheard = Arc::default();
        let address = overhear(server.ftp, &overheard);
        Self { server, way, address, here, overheard }
    }

    /// A client that this machine has installed.
    #[track_caller]
    pub(crate) fn installed(&self, name: &str) -> Command {
        // Its absence is better told than by an exit code.
        let _ = program(name, self.here.path());
        let mut command = program("timeout", self.here.path());
        command.args([JOB_SECS, name]);
        command
    }

    /// A client that is unpacked below `target/clients`.
    #[track_caller]
    pub(crate) fn unpacked(&self, name: &str) -> Command {
        let place = unpacked(&format!("usr/bin/{name}"));
        assert!(place.exists(), "{} is missing; `make setup` unpacks it", place.display());
        let mut command = program("timeout", self.here.path());
        command.arg(JOB_SECS).arg(place).env("LD_LIBRARY_PATH", libraries());
        command
    }

    /// The file with the certificate of a server under TLS.
    pub(crate) fn ca(&self) -> String {
        self.path("ca.pem").display().to_string()
    }

    /// A place in the client's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.here.path().join(name)
    }

    /// Writes a file into the client's directory, and the directories above it.
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        lay(&self.path(name), content);
    }

    /// Writes a file below the served ones, and the directories above it.
    pub(crate) fn serve(&self, name: &str, content: &[u8]) {
        lay(&self.server.path(name), content);
    }

    /// `ftp://user1:1234@ADDRESS/PATH`, encoded as it has to be.
    pub(crate) fn url(&self, path: &str) -> String {
        let mut url = format!("ftp://user1:1234@{}/", self.address);
        for byte in path.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
        url
    }

    /// What clients have said by now, on all control connections.
    pub(crate) fn overheard(&self) -> String {
        let overheard = self.overheard.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&overheard).into_owned()
    }
}

/// A place below what is unpacked.
pub(crate) fn unpacked(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/root").join(path)
}

/// Where the libraries of what is unpacked are.
fn libraries() -> String {
    let list = unpacked("../libraries");
    let list = fs::read_to_string(list).expect("`make setup` says where the libraries are");
    list.trim_end().to_owned()
}

#[track_caller]
fn lay(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().expect("a path with a parent")).expect("a directory");
    fs::write(path, content).expect("a file");
}

/// Listens in front of a server, and keeps what its clients say. The threads end with their
/// connections, the first with the process.
fn overhear(server: SocketAddr, overheard: &Arc<Mutex<Vec<u8>>>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port to listen on");
    let address = listener.local_addr().expect("its address");
    let overheard = Arc::clone(overheard);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(there) = TcpStream::connect(server) else { continue };
            let (Ok(here), Ok(back)) = (client.try_clone(), there.try_clone()) else { continue };
            let overheard = Arc::clone(&overheard);
            thread::spawn(move || pass(client, there, Some(&overheard)));
            thread::spawn(move || pass(back, here, None));
        }
    });
    address
}

/// Passes on what comes, and its end.
fn pass(mut from: TcpStream, mut to: TcpStream, overheard: Option<&Mutex<Vec<u8>>>) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        if let Some(overheard) = overheard {
            let mut overheard = overheard.lock().unwrap_or_else(PoisonError::into_inner);
            overheard.extend_from_slice(&chunk[..length]);
        }
        if to.write_all(&chunk[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
