//! The real `coracled` with a data directory of its own.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use tempfile::TempDir;

use super::{GUARD, Raw, assert_same, reset, until};

/// A data directory and flags, to be made into a server.
pub(crate) struct Setup {
    home: TempDir,
    credentials: String,
    directories: String,
    flags: Vec<String>,
    /// The program and its arguments by which the server is started, if it is not by itself.
    wrapper: Vec<OsString>,
    /// Where it is to listen for FTP.
    listen: &'static str,
}

impl Setup {
    /// An empty data directory.
    pub(crate) fn new() -> Self {
        let home = TempDir::new().expect("a temporary directory");
        fs::create_dir_all(home.path().join("data/files")).expect("a data directory");
        let (credentials, directories) = (String::new(), String::new());
        let listen = "127.0.0.1:0";
        Self { home, credentials, directories, flags: Vec::new(), wrapper: Vec::new(), listen }
    }

    /// What most tests want: `user1`, password `1234`, who reads Movies, adds to Incoming, and may
    /// do everything in Own. `Movies/Joker` is a small text.
    pub(crate) fn usual() -> Self {
        Self::new()
            .client("user1", "1234")
            .grant("user1", "Movies", "r")
            .grant("user1", "Incoming", "rw")
            .grant("user1", "Own", "rwd")
            .file("Movies/Joker", b"Why so small?\n")
    }

    /// Authorizes a client; `password` is plain text or a PHC string.
    pub(crate) fn client(mut self, username: &str, password: &str) -> Self {
        self.credentials.push_str(&format!("{username}:{password}\n"));
        self
    }

    /// Grants a directory below `files`, and makes it.
    pub(crate) fn grant(mut self, username: &str, directory: &str, rights: &str) -> Self {
        fs::create_dir_all(self.data().join("files").join(directory.trim_start_matches('/')))
            .expect("a directory to grant");
        self.directories.push_str(&format!("{username}:{directory}:{rights}\n"));
        self
    }

    /// Writes a file below `files`, and the directories above it.
    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        let path = self.data().join("files").join(path);
        fs::create_dir_all(path.parent().expect("a path below files")).expect("a directory");
        fs::write(path, content).expect("a file to serve");
        self
    }

    /// Makes a symbolic link below `files`.
    pub(crate) fn link(self, path: &str, target: &Path) -> Self {
        let link = self.data().join("files").join(path);
        std::os::unix::fs::symlink(target, link).expect("a symbolic link");
        self
    }

    /// Writes a file beside `files`, which no client may ever read.
    pub(crate) fn secret(self, name: &str, content: &[u8]) -> Self {
        fs::write(self.data().join(name), content).expect("a file beside the served ones");
        self
    }

    /// Passes a flag with its value to the server.
    pub(crate) fn flag(mut self, name: &str, value: &str) -> Self {
        self.flags.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// Passes a flag without a value to the server.
    pub(crate) fn switch(mut self, name: &str) -> Self {
        self.flags.push(name.to_owned());
        self
    }

    /// Has the server listen for FTP there, and not on IPv4's loopback.
    pub(crate) fn listening_on(mut self, address: &'static str) -> Self {
        self.listen = address;
        self
    }

    /// Has the server started by a program that becomes it: one that is given the server's command
    /// line behind its own and replaces itself with that.
    pub(crate) fn wrapped<A: Into<OsString>>(mut self, by: impl IntoIterator<Item = A>) -> Self {
        self.wrapper = by.into_iter().map(Into::into).collect();
        self
    }

    /// A place for what a test or a wrapper writes beside the data directory.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Writes the accounts and leaves starting anything to the caller.
    pub(crate) fn written(self) -> Self {
        fs::write(self.data().join("Credentials"), &self.credentials).expect("Credentials");
        fs::write(self.data().join("Directories"), &self.directories).expect("Directories");
        self
    }

    /// Starts the server and waits until it listens.
    #[track_caller]
    pub(crate) fn start(self) -> TestServer {
        self.written().start_as_written()
    }

    /// The same with accounts that the caller has written.
    #[track_caller]
    pub(crate) fn start_as_written(self) -> TestServer {
        let setup = self;
        let log = setup.beside("log");
        let (child, said) = setup.spawn(&log);
        let mut server = TestServer { child, said, log, ftp: NOWHERE, guided: NOWHERE, setup };
        server.hear_addresses();
        server
    }

    #[track_caller]
    fn spawn(&self, log: &Path) -> (Child, Receiver<String>) {
        let coracled = env!("CARGO_BIN_EXE_coracled");
        let mut command = match self.wrapper.split_first() {
            Some((program, arguments)) => {
                let mut command = Command::new(program);
                command.args(arguments).arg(coracled);
                command
            }
            None => Command::new(coracled),
        };
        let mut child = command
            .arg("--data")
            .arg(self.data())
            .args(["--listen", self.listen, "--guided", "127.0.0.1:0"])
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log).expect("a log file"))
            .spawn()
            .expect("coracled starts");
        let said = lines_of(&mut child);
        (child, said)
    }
}

/// The address of a server that does not listen yet.
const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// So many ports in a row that nobody listens at just now, as `--passive-ports` has them.
#[track_caller]
pub(crate) fn free_ports(number: u16) -> String {
    /// Below those that the kernel gives out, so that no other test gets them by chance.
    const PORTS: std::ops::Range<u16> = 10_000..32_000;
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Each process looks elsewhere, and each test behind the others of its process.
    let first = u16::try_from(std::process::id() % 500).expect("below 500") * 44;
    let probe = |port| std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
    for _ in PORTS.step_by(usize::from(number)) {
        let behind = first.wrapping_add(TAKEN.fetch_add(number, Ordering::Relaxed));
        let low = PORTS.start + behind % (PORTS.end - PORTS.start - number);
        if (low..low + number).all(probe) {
            return format!("{low}-{}", low + number - 1);
        }
    }
    panic!("no {number} ports in a row are free");
}

/// The program under test, without arguments.
pub(crate) fn coracled() -> Command {
    Command::new(env!("CARGO_BIN_EXE_coracled"))
}

/// A running server; the drop kills it.
pub(crate) struct TestServer {
    /// Where it speaks FTP.
    pub(crate) ftp: SocketAddr,
    /// Where it speaks the guided dialogue.
    pub(crate) guided: SocketAddr,
    child: Child,
    said: Receiver<String>,
    log: PathBuf,
    setup: Setup,
}

impl TestServer {
    /// A server as [`Setup::usual`] says.
    #[track_caller]
    pub(crate) fn usual() -> Self {
        Setup::usual().start()
    }

    /// Kills it without a warning, and starts it again on the same files.
    #[track_caller]
    pub(crate) fn killed_and_started_again(&mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process is ours");
        (self.child, self.said) = self.setup.spawn(&self.log);
        self.hear_addresses();
    }

    #[track_caller]
    fn hear_addresses(&mut self) {
        self.ftp = self.bound("ftp");
        self.guided = self.bound("guided");
    }

    /// A place beside the data directory, as [`Setup::beside`] names it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.setup.beside(name)
    }

    /// The place of a served file as the server sees it, which may have mounts of its own.
    pub(crate) fn inside(&self, path: &str) -> PathBuf {
        let path = self.path(path);
        let root = PathBuf::from(format!("/proc/{}/root", self.child.id()));
        root.join(path.strip_prefix("/").expect("a path from the root"))
    }

    /// A session that is logged in as user1.
    #[track_caller]
    pub(crate) fn session(&self) -> Raw {
        let mut raw = Raw::connect(self.ftp);
        raw.login("user1", "1234");
        raw
    }

    /// The same from the address `from`.
    #[track_caller]
    pub(crate) fn session_from(&self, from: impl Into<Ipv4Addr>) -> Raw {
        let mut raw = Raw::connect_from(from.into(), self.ftp);
        raw.login("user1", "1234");
        raw
    }

    /// Uploads `bytes` to `path` as user1, and resets the connection when all of them have arrived.
    #[track_caller]
    pub(crate) fn cut_upload(&self, path: &str, bytes: &[u8]) {
        let mut raw = self.session();
        let mut data = raw.begin(&format!("STOR {path}"));
        data.write_all(bytes).expect("the server takes the upload");
        // A reset discards what the server has not read.
        let so_far = format!(": {} bytes so far", bytes.len());
        let mut arrived = false;
        while !arrived {
            let lines = raw.expect("STAT", 211).lines;
            arrived = lines.iter().any(|line| line.ends_with(&so_far));
        }
        reset(data);
        raw.hear(426);
    }

    /// `ftp://user1:1234@ADDRESS/PATH`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://user1:1234@{}/{path}", self.ftp)
    }

    /// The place of a served file on disk.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.setup.data().join("files").join(path)
    }

    /// The content of a served file on disk.
    #[track_caller]
    pub(crate) fn content(&self, path: &str) -> Vec<u8> {
        fs::read(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// All names in a served directory on disk, hidden ones as well.
    #[track_caller]
    pub(crate) fn names(&self, path: &str) -> BTreeSet<String> {
        fs::read_dir(self.path(path))
            .unwrap_or_else(|error| panic!("{path}: {error}"))
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// What the log holds by now.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Descriptors that the process has open, listening sockets left out: those for data
    /// connections are kept on purpose.
    pub(crate) fn descriptors(&self) -> usize {
        let listening = listening();
        self.targets().filter(|target| !listening.contains(target)).count()
    }

    /// The sockets that the process listens on, as the kernel names them: one that is closed and opened
    /// again has another name.
    pub(crate) fn listeners(&self) -> BTreeSet<String> {
        let listening = listening();
        self.targets().filter(|target| listening.contains(target)).collect()
    }

    /// What the process's descriptors are, as the kernel names it.
    fn targets(&self) -> impl Iterator<Item = String> {
        let directory = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(directory)
            .expect("the process runs")
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .map(|target| target.to_string_lossy().into_owned())
    }

    /// Descriptors that the process has open, of whatever sort.
    pub(crate) fn open_descriptors(&self) -> u64 {
        let directory = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(directory).expect("the process runs").count() as u64
    }

    /// Lets the process have no more than `most` descriptors from now on.
    pub(crate) fn limit_descriptors(&self, most: u64) {
        let limit = Rlimit { current: Some(most), maximum: Some(most.max(10_000)) };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Nofile, limit).expect("it is ours");
    }

    /// Memory that the process has, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// The most memory that the process has ever had, in KiB.
    pub(crate) fn resident_peak_kib(&self) -> u64 {
        self.memory_kib("VmHWM:")
    }

    fn memory_kib(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the process runs");
        let resident = status.lines().find_map(|line| line.strip_prefix(what));
        let amount = resident.expect("a process has memory").trim().trim_end_matches(" kB");
        amount.parse().expect("an amount in KiB")
    }

    /// The names of the process's threads.
    pub(crate) fn threads(&self) -> Vec<String> {
        let directory = format!("/proc/{}/task", self.child.id());
        let tasks = fs::read_dir(directory).expect("the process runs");
        tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .map(|name| name.trim_end().to_owned())
            .collect()
    }

    /// The status of each of the process's threads, as the kernel tells it.
    pub(crate) fn thread_statuses(&self) -> Vec<String> {
        let directory = format!("/proc/{}/task", self.child.id());
        let tasks = fs::read_dir(directory).expect("the process runs");
        tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok()).collect()
    }

    /// Waits until the process has no more than `descriptors` open: nothing leaked.
    #[track_caller]
    pub(crate) fn settles_at(&self, descriptors: usize) {
        let mut other = self.session();
        // The session that drives the loop has a descriptor of its own.
        until(
            "every connection of the test is closed",
            || drop(other.expect("NOOP", 200)),
            || self.descriptors() <= descriptors + 1,
        );
    }

    /// Asserts that another client is served as ever.
    #[track_caller]
    pub(crate) fn serves_others(&self) {
        let mut other = self.session();
        assert_same(&other.retrieve("Movies/Joker"), &self.content("Movies/Joker"));
        other.expect("QUIT", 221);
    }

    /// What follows `word` and a space in the next line that begins so.
    #[track_caller]
    pub(crate) fn announced(&mut self, word: &str) -> String {
        loop {
            let line = self.said.recv_timeout(GUARD).expect("the server says more");
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim_start().to_owned();
            }
        }
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.setup.data()
    }

    /// The file of its log.
    pub(crate) fn log_file(&self) -> &Path {
        &self.log
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the process takes a signal");
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        // Its standard output closes when it ends, whatever it says before.
        loop {
            match self.said.recv_timeout(GUARD) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server does not end"),
            }
        }
        self.child.wait().expect("the process was ours to wait for")
    }

    /// Asks the server to end, and asserts that it does so in order.
    #[track_caller]
    pub(crate) fn stops_cleanly(&mut self) {
        self.signal(Signal::TERM);
        assert_eq!(self.ended().code(), Some(0), "{}", self.log());
    }

    /// The address in the next line, which is `listening SERVICE ADDRESS`.
    #[track_caller]
    fn bound(&mut self, service: &str) -> SocketAddr {
        let line = self.said.recv_timeout(GUARD).unwrap_or_else(|error| {
            panic!("the server says nothing ({error}), and logs:\n{}", self.log())
        });
        line.strip_prefix(&format!("listening {service} "))
            .and_then(|address| address.parse().ok())
            .unwrap_or_else(|| panic!("the server says `{line}` in place of its {service} address"))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the server logged:\n{}", self.log());
        }
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All sockets that listen on this machine.
fn listening() -> BTreeSet<String> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| table.lines().filter_map(listening_inode).collect::<Vec<_>>())
        .collect()
}

/// What `/proc/PID/fd` calls the socket in a line of `/proc/net/tcp`, if it listens (state 0A).
fn listening_inode(line: &str) -> Option<String> {
    let mut fields = line.split_ascii_whitespace().skip(3);
    (fields.next() == Some("0A"))
        .then(|| fields.nth(5))
        .flatten()
        .map(|inode| format!("socket:[{inode}]"))
}

/// The lines of a child's standard output, until it closes.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let out = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let (send, receive) = channel();
    thread::spawn(move || {
        out.lines().map_while(Result::ok).try_for_each(|line| send.send(line).ok())
    });
    receive
}
