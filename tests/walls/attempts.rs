//! What a process that has been taken over might try, each as one step that succeeds or fails.
//!
//! Knows nothing of walls. What needs a set-up makes it by means that every wall lets through.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{chown, symlink};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::ptrace;
use nix::unistd::{self, Gid, Uid};
use rustix::net::{AddressFamily, SocketType, ipproto, socket};
use rustix::process::{Pid, Resource, getrlimit, setrlimit, test_kill_process};

type Attempt = fn(&Path) -> io::Result<()>;

/// All of them, by what they try.
const ATTEMPTS: &[(&str, Attempt)] = &[
    ("serve", serve),
    // Files.
    ("read outside", |home| read(&home.join("outside/file"))),
    ("list outside", |home| fs::read_dir(home.join("outside")).map(drop)),
    ("write outside", |home| write(&home.join("outside/file"))),
    ("list the data directory", |home| fs::read_dir(home.join("data")).map(drop)),
    ("read the process's own memory", |_| read(Path::new("/proc/self/maps"))),
    ("write where it may read", |home| write(&home.join("read/file"))),
    ("make a file where it may read", |home| File::create(home.join("read/new")).map(drop)),
    ("make a directory where it may read", |home| fs::create_dir(home.join("read/new"))),
    ("remove where it may read", |home| fs::remove_file(home.join("read/file"))),
    ("truncate where it may read", |home| {
        nix::unistd::truncate(&home.join("read/file"), 0).map_err(io::Error::from)
    }),
    ("move to where it may read", |home| {
        fs::rename(home.join("written/file"), home.join("read/new"))
            // What Landlock says of a move that would change what may be done to a file.
            .map_err(|error| match error.raw_os_error() {
                Some(nix::libc::EXDEV) => io::Error::from_raw_os_error(nix::libc::EACCES),
                Some(_) | None => error,
            })
    }),
    ("make a device file", |home| {
        let kind = rustix::fs::FileType::Socket;
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        Ok(rustix::fs::mknodat(rustix::fs::CWD, home.join("written/new"), kind, mode, 0)?)
    }),
    ("make a pipe", |home| {
        let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
        Ok(unistd::mkfifo(&home.join("written/new"), mode)?)
    }),
    ("make a link", |home| symlink("/etc/passwd", home.join("written/new"))),
    ("make a socket", |home| UnixListener::bind(home.join("written/new")).map(drop)),
    ("read what is closed", |home| read(&home.join("closed/file"))),
    ("give a file away", |home| chown(home.join("written/file"), Some(12345), None)),
    ("set an attribute", |home| {
        let file = home.join("written/file");
        let flags = rustix::fs::XattrFlags::empty();
        Ok(rustix::fs::setxattr(file, "user.coracle", b"1", flags)?)
    }),
    ("be told of changes", |_| {
        Ok(rustix::fs::inotify::init(rustix::fs::inotify::CreateFlags::CLOEXEC).map(drop)?)
    }),
    // Programs, processes, threads.
    ("run a granted program", |home| Err(Command::new(home.join("read/program")).exec())),
    ("run a program as its owner", run_as_owner),
    ("start a process", |_| Command::new("/bin/true").status().map(drop)),
    ("start a thread", |_| {
        let thread = std::thread::Builder::new().spawn(|| {})?;
        thread.join().map_err(|_| io::Error::other("it panicked"))
    }),
    ("signal another process", |_| Ok(test_kill_process(parent()?)?)),
    ("speak to another process", |home| {
        let address = SocketAddr::from_abstract_name(abstract_name(home))?;
        UnixStream::connect_addr(&address).map(drop)
    }),
    ("be traced", |_| Ok(ptrace::traceme()?)),
    ("have a file system of its own", |_| Ok(unshare(CloneFlags::CLONE_FS)?)),
    ("see another system", |home| {
        // In a view of its own, so that the machine does not get to see it.
        unshare(CloneFlags::CLONE_NEWNS)?;
        let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)?;
        Ok(mount(Some("/"), &home.join("read"), None::<&str>, MsFlags::MS_BIND, None::<&str>)?)
    }),
    ("raise a limit", |_| {
        let limit = getrlimit(Resource::Nofile);
        Ok(setrlimit(Resource::Nofile, limit)?)
    }),
    // Users.
    ("become oneself again", |_| Ok(unistd::setuid(unistd::geteuid())?)),
    ("become root", |_| Ok(unistd::setuid(Uid::from_raw(0))?)),
    ("become root by half", |_| {
        let root = Uid::from_raw(0);
        Ok(unistd::setresuid(unistd::getuid(), root, unistd::getuid())?)
    }),
    ("become nobody", |_| Ok(unistd::setuid(Uid::from_raw(65534))?)),
    ("take on a group", |_| Ok(unistd::setgroups(&[Gid::from_raw(0)])?)),
    // The network.
    ("bind a port of its choice", |_| TcpListener::bind(("127.0.0.1", free_port()?)).map(drop)),
    ("bind a privileged port", bind_privileged),
    ("make a raw socket", |_| {
        Ok(socket(AddressFamily::INET, SocketType::RAW, Some(ipproto::ICMP)).map(drop)?)
    }),
    ("make a datagram socket", |_| UdpSocket::bind("127.0.0.1:0").map(drop)),
    (
        "make a Unix socket",
        |_| Ok(socket(AddressFamily::UNIX, SocketType::STREAM, None).map(drop)?),
    ),
    ("make a netlink socket", |_| {
        Ok(socket(AddressFamily::NETLINK, SocketType::RAW, None).map(drop)?)
    }),
    ("make a pair of sockets", |_| UnixStream::pair().map(drop)),
    ("make another poll", |_| mio::Poll::new().map(drop)),
];

/// The attempt of that name.
pub(crate) fn named(name: &str) -> Attempt {
    let found = ATTEMPTS.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("nobody knows how to {name}")).1
}

/// Where somebody else listens, who is no file.
pub(crate) fn abstract_name(home: &Path) -> Vec<u8> {
    let mut name = b"coracle-walls-".to_vec();
    name.extend_from_slice(home.as_os_str().as_encoded_bytes());
    name
}

/// What the server does all day.
fn serve(home: &Path) -> io::Result<()> {
    read(&home.join("read/file"))?;
    read(&home.join("data/Credentials"))?;
    fs::read_dir(home.join("read"))?.try_for_each(|entry| entry.map(drop))?;
    let (written, new) = (home.join("written/file"), home.join("written/new"));
    write(&written)?;
    fs::rename(&written, &new)?;
    fs::create_dir(&written)?;
    fs::rename(&new, written.join("below"))?;
    fs::remove_file(written.join("below"))?;
    fs::remove_dir(&written)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut dialled = TcpStream::connect(listener.local_addr()?)?;
    let (mut accepted, _) = listener.accept()?;
    dialled.write_all(b"x")?;
    accepted.set_nonblocking(true)?;
    accepted.read_exact(&mut [0])?;
    coracle::accounts::hash_password(b"tiger").map_err(io::Error::other)?;
    Ok(())
}

fn read(file: &Path) -> io::Result<()> {
    fs::read(file).map(drop)
}

/// Opens for writing and writes; no new file.
fn write(file: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).open(file)?.write_all(b"x")
}

/// The process that had this one made, which has told who it is.
fn parent() -> io::Result<Pid> {
    let told = std::env::var("CORACLE_PARENT").ok().and_then(|id| id.parse().ok());
    told.and_then(Pid::from_raw).ok_or_else(|| io::Error::other("no parent"))
}

/// A port that was free a moment ago: it was the kernel's choice, and is now to be ours.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Binds one that takes a privilege; which, is no matter, as long as nobody else has it.
fn bind_privileged(_: &Path) -> io::Result<()> {
    let mut last = io::Error::other("no port is below 1024");
    for port in (600..1024).rev() {
        match TcpListener::bind(("127.0.0.1", port)) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
            other => return other.map(drop),
        }
    }
    Err(last)
}

/// Runs a program that has the set-user-ID bit and belongs to root: who is it then?
fn run_as_owner(home: &Path) -> io::Result<()> {
    let said = Command::new(home.join("read/set-id")).arg("-u").output()?;
    let is_root = said.stdout == b"0\n";
    if is_root { Ok(()) } else { Err(io::Error::from_raw_os_error(nix::libc::EPERM)) }
}
