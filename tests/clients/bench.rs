//! Where a client works: a server of its own, a directory of its own, and a wire between the two on
//! which its commands are overheard. It knows no client.

use std::cell::Cell;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::certificate::Certificate;
use crate::support::{Finished, Setup, TestServer, program};

/// Seconds that a client may take for one job, so that none hangs.
const JOB_SECS: u32 = 60;
/// The same where it is known that nothing will come of it.
const VAIN_SECS: u32 = 3;

/// How the connections are made. Unless something else is said: in the clear, over IPv4, and the
/// server listens for data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    /// The client listens for data.
    pub(crate) active: bool,
    /// Over IPv6.
    pub(crate) v6: bool,
    pub(crate) tls: Option<Tls>,
}

/// How control and data come under TLS, which these servers require.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tls {
    /// By AUTH.
    Explicit,
    /// From the first byte.
    Implicit,
    /// By AUTH, and data connections have to resume the session of the control connection.
    Resumed,
}

impl Way {
    pub(crate) const PASSIVE: Self = Self { active: false, v6: false, tls: None };
    pub(crate) const ACTIVE: Self = Self { active: true, ..Self::PASSIVE };
    pub(crate) const V6: Self = Self { v6: true, ..Self::PASSIVE };
    pub(crate) const V6_ACTIVE: Self = Self { active: true, ..Self::V6 };
    pub(crate) const EXPLICIT: Self = Self { tls: Some(Tls::Explicit), ..Self::PASSIVE };
    pub(crate) const IMPLICIT: Self = Self { tls: Some(Tls::Implicit), ..Self::PASSIVE };
    pub(crate) const RESUMED: Self = Self { tls: Some(Tls::Resumed), ..Self::PASSIVE };
    pub(crate) const ACTIVE_TLS: Self = Self { active: true, ..Self::EXPLICIT };
}

/// A server, and a directory beside it.
pub(crate) struct Bench {
    pub(crate) server: TestServer,
    pub(crate) way: Way,
    /// Where clients connect to.
    pub(crate) address: SocketAddr,
    here: TempDir,
    wire: Arc<Mutex<Wire>>,
    vain: Cell<bool>,
    /// The one port that a server which is to connect would have to listen on.
    _taken: Option<TcpListener>,
}

/// What went over the control connections.
#[derive(Default)]
struct Wire {
    said: Vec<u8>,
    open: usize,
    /// Connections that were open at once, since somebody asked.
    most: usize,
}

impl Bench {
    pub(crate) fn new(way: Way) -> Self {
        let here = TempDir::new().expect("a temporary directory");
        let mut setup = Setup::usual();
        if way.v6 {
            setup = setup.listening_on("[::1]:0");
        }
        if let Some(tls) = way.tls {
            let certificate = Certificate::of_an_authority(&["localhost", "127.0.0.1"]);
            let (pem, key) = (here.path().join("ca.pem"), here.path().join("key.pem"));
            fs::write(&pem, &certificate.pem).expect("a certificate");
            fs::write(&key, &certificate.key).expect("a key");
            setup = setup
                .flag("--tls", "required")
                .flag("--tls-cert", &pem.display().to_string())
                .flag("--tls-key", &key.display().to_string())
                .flag("--listen-tls", "127.0.0.1:0");
            if tls == Tls::Resumed {
                setup = setup.flag("--tls-data-resumption", "require").flag("--log-level", "debug");
            }
        }
        // Under TLS nobody overhears which of the two listens.
        let taken =
            way.active.then(|| TcpListener::bind("[::]:0").expect("a port to be in the way on"));
        if let Some(taken) = &taken {
            let port = taken.local_addr().expect("its address").port();
            setup = setup.flag("--passive-ports", &format!("{port}-{port}"));
        }
        let mut server = setup.start();
        let listening = match way.tls {
            Some(Tls::Implicit) => server.announced("listening ftp-tls").parse(),
            Some(Tls::Explicit | Tls::Resumed) | None => Ok(server.ftp),
        };
        let wire = Arc::default();
        let address = overhear(listening.expect("an address"), &wire);
        Self { server, way, address, here, wire, vain: Cell::new(false), _taken: taken }
    }

    pub(crate) fn is_in_vain(&self) -> bool {
        self.vain.get()
    }

    /// From now on nothing is expected of the client, or something again.
    pub(crate) fn in_vain(&self, vain: bool) {
        self.vain.set(vain);
    }

    /// A client that this machine has installed.
    #[track_caller]
    pub(crate) fn installed(&self, name: &str) -> Command {
        // Its absence is better told than by an exit code.
        let _ = program(name, self.here.path());
        let mut command = self.bounded();
        command.arg(name);
        command
    }

    /// A client that is unpacked below `target/clients`.
    #[track_caller]
    pub(crate) fn unpacked(&self, name: &str) -> Command {
        let place = unpacked(&format!("usr/bin/{name}"));
        assert!(place.exists(), "{} is missing; `make setup` unpacks it", place.display());
        let mut command = self.bounded();
        command.arg(place).env("LD_LIBRARY_PATH", libraries());
        command
    }

    /// What ends the program behind it in time.
    fn bounded(&self) -> Command {
        let mut command = program("timeout", self.here.path());
        let secs = if self.vain.get() { VAIN_SECS } else { JOB_SECS };
        command.args(["-k", "1", &secs.to_string()]);
        // What a listing says in UTC is taken for local time.
        command.env("TZ", "UTC0");
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

    /// `SCHEME://user1:1234@ADDRESS/PATH`, encoded as it has to be.
    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        let mut url = self.url_as_is(scheme, "");
        for byte in path.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
        url
    }

    /// The same for programs that know no encoding.
    pub(crate) fn url_as_is(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://user1:1234@{}/{path}", self.address)
    }

    /// What clients have said by now, on all control connections.
    pub(crate) fn overheard(&self) -> String {
        String::from_utf8_lossy(&locked(&self.wire).said).into_owned()
    }

    /// Control connections that were open at once since this was asked last.
    pub(crate) fn most_at_once(&self) -> usize {
        let mut wire = locked(&self.wire);
        let open = wire.open;
        std::mem::replace(&mut wire.most, open)
    }
}

/// What becomes of a job that a client has no words for.
pub(crate) fn unasked() -> Finished {
    Finished { code: None, out: Vec::new(), err: "there is no way to ask it".to_owned() }
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
fn overhear(server: SocketAddr, wire: &Arc<Mutex<Wire>>) -> SocketAddr {
    let loopback: IpAddr =
        if server.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    let listener = TcpListener::bind((loopback, 0)).expect("a port to listen on");
    let address = listener.local_addr().expect("its address");
    let wire = Arc::clone(wire);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(there) = TcpStream::connect(server) else { continue };
            let (Ok(here), Ok(back)) = (client.try_clone(), there.try_clone()) else { continue };
            let wire = Arc::clone(&wire);
            {
                let mut wire = locked(&wire);
                wire.open += 1;
                wire.most = wire.most.max(wire.open);
            }
            thread::spawn(move || {
                pass(client, there, |bytes| locked(&wire).said.extend_from_slice(bytes));
                locked(&wire).open -= 1;
            });
            thread::spawn(move || pass(back, here, |_| ()));
        }
    });
    address
}

fn locked(wire: &Mutex<Wire>) -> std::sync::MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on what comes, and its end.
fn pass(mut from: TcpStream, mut to: TcpStream, mut heard: impl FnMut(&[u8])) {
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        heard(&chunk[..length]);
        if to.write_all(&chunk[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
