//! Each wall of the server, shown to hold: a process raises the very walls that `coracled` raises,
//! tries what one of them is to prevent, and says how it went.
//!
//! The process is this program again, called for one attempt. Every attempt is made three times:
//! without the wall that is to stop it, where it has to succeed, or it would show nothing; with that
//! wall; and behind all of them. Those called `as_root_…` need root to succeed where nothing stops
//! them.
//!
//! The program has a `main` of its own in place of Rust's harness, which would have a second thread
//! run before the first wall is raised. It takes names to filter by, and `--skip`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that has a main of its own, and files"
)]

mod attempts;

use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use coracle::daemon::walls::{Site, Territory, User, Walls};
use nix::libc::{EACCES, ENOSYS, EPERM, SIGSYS};
use rustix::fs::{CWD, Mode, OFlags, openat};
use tempfile::TempDir;

/// What a process has given up when it tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    Nothing,
    /// Another user, where the process is root, and no capabilities.
    User,
    /// No capabilities.
    Lowered,
    /// That, and Landlock.
    Fenced,
    /// No capabilities, and seccomp.
    Sealed,
    All,
}

const BEHIND: [Behind; 6] =
    [Behind::Nothing, Behind::User, Behind::Lowered, Behind::Fenced, Behind::Sealed, Behind::All];

/// How an attempt went.
#[derive(Debug, PartialEq, Eq)]
enum Went {
    Through,
    Denied(i32),
    Killed,
}

const TESTS: &[(&str, fn())] = &[
    ("what_serving_takes_is_let_through", what_serving_takes_is_let_through),
    ("landlock_keeps_to_what_is_granted", landlock_keeps_to_what_is_granted),
    ("landlock_keeps_from_other_processes", landlock_keeps_from_other_processes),
    ("seccomp_takes_away_what_is_not_needed", seccomp_takes_away_what_is_not_needed),
    ("seccomp_ends_who_behaves_like_an_intruder", seccomp_ends_who_behaves_like_an_intruder),
    ("as_root_capabilities_are_gone", as_root_capabilities_are_gone),
    ("as_root_there_is_no_way_back_to_root", as_root_there_is_no_way_back_to_root),
    ("the_first_walls_want_one_thread", the_first_walls_want_one_thread),
];

fn main() -> ExitCode {
    if let Ok(name) = env::var("CORACLE_ATTEMPT") {
        return attempt(&name);
    }
    let (mut wanted, mut skipped) = (Vec::new(), Vec::new());
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--skip" => skipped.extend(arguments.next()),
            "--test-threads" | "--format" | "--color" => drop(arguments.next()),
            flag if flag.starts_with('-') => {}
            _ => wanted.push(argument),
        }
    }
    let within = |names: &[String], test: &str| names.iter().any(|name| test.contains(name));
    let chosen: Vec<_> = TESTS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || within(&wanted, name))
        .filter(|(name, _)| !within(&skipped, name))
        .collect();
    println!("\nrunning {} tests", chosen.len());
    let failed = std::thread::scope(|scope| {
        let running: Vec<_> =
            chosen.iter().map(|&&(name, test)| (name, scope.spawn(test))).collect();
        let ended = running.into_iter().map(|(name, test)| (name, test.join().is_ok()));
        let say = |(name, passed): (&str, bool)| {
            println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
            !passed
        };
        ended.map(say).filter(|&failed| failed).count()
    });
    let (word, passed) = (if failed == 0 { "ok" } else { "FAILED" }, chosen.len() - failed);
    println!("\ntest result: {word}. {passed} passed; {failed} failed\n");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The process's own side: one attempt, called for by [`tried`].
fn attempt(name: &str) -> ExitCode {
    let behind = env::var("CORACLE_BEHIND").unwrap();
    let behind = *BEHIND.iter().find(|each| format!("{each:?}") == behind).unwrap();
    let home = env::var_os("CORACLE_HOME").unwrap();
    let home = Path::new(&home);
    let walls = raise(behind, home);
    for line in walls.iter().flat_map(Walls::lines) {
        println!("{line}");
    }
    match attempts::named(name)(home) {
        Ok(()) => println!("went 0"),
        Err(error) => println!("went {}", error.raw_os_error().unwrap_or(-1)),
    }
    ExitCode::SUCCESS
}

/// Raises walls as the server does.
fn raise(behind: Behind, home: &Path) -> Option<Walls> {
    if behind == Behind::Nothing {
        return None;
    }
    let open = |name: &str| {
        openat(CWD, home.join(name), OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).unwrap()
    };
    let (read, written) = (open("read"), open("written"));
    let territory = Territory {
        directories: vec![
            (std::os::fd::AsFd::as_fd(&read), false),
            (std::os::fd::AsFd::as_fd(&written), true),
        ],
        own_files: vec![home.join("data/Credentials")],
        passive_ports: None,
    };
    let (landlock, seccomp) = match behind {
        Behind::Nothing | Behind::User | Behind::Lowered => (false, false),
        Behind::Fenced => (true, false),
        Behind::Sealed => (false, true),
        Behind::All => (true, true),
    };
    let user = (behind == Behind::User).then(|| User::look_up("nobody").unwrap());
    let lowered = Site::default().lower(user.as_ref()).unwrap();
    let fenced = lowered.fence(if landlock { Ok(territory) } else { Err("left out") }).unwrap();
    Some(fenced.seal((!seccomp).then_some("left out")).unwrap())
}

/// A place with a directory to read, one to write in, one outside, and a data directory.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    for name in ["read/file", "written/file", "outside/file", "data/Credentials", "data/other"] {
        let file = home.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, name).unwrap();
    }
    fs::create_dir(home.path().join("data/files")).unwrap();
    let program = home.path().join("read/program");
    fs::copy("/bin/true", &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    // With the rights of its owner, whoever runs it.
    let set_id = home.path().join("read/set-id");
    fs::copy("/usr/bin/id", &set_id).unwrap();
    fs::set_permissions(&set_id, fs::Permissions::from_mode(0o4755)).unwrap();
    // Nobody's own, and closed to everybody.
    let closed = home.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("file"), "closed").unwrap();
    fs::set_permissions(closed.join("file"), fs::Permissions::from_mode(0o000)).unwrap();
    // Another user has to get there as well.
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    home
}

/// Has a process of its own try `name` behind such walls. Returns how it went, and what was said of
/// the walls.
fn tried(name: &str, behind: Behind) -> (Went, String) {
    let home = home();
    // Listens until the attempt is over, for one who would speak to it.
    let address = SocketAddr::from_abstract_name(attempts::abstract_name(home.path())).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .env("CORACLE_ATTEMPT", name)
        .env("CORACLE_BEHIND", format!("{behind:?}"))
        .env("CORACLE_HOME", home.path())
        .env("CORACLE_PARENT", std::process::id().to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let went = said.lines().find_map(|line| line.strip_prefix("went "));
    let went = match (output.status.signal(), went.and_then(|code| code.parse().ok())) {
        (Some(SIGSYS), _) => Went::Killed,
        (None, Some(0)) => Went::Through,
        // It has become another program, which says nothing.
        (None, None) if output.status.success() => Went::Through,
        (None, Some(errno)) => Went::Denied(errno),
        other => panic!(
            "{name} behind {behind:?}: {other:?}\n{said}{}",
            String::from_utf8_lossy(&output.stderr)
        ),
    };
    (went, said)
}

/// `name` succeeds without a wall, and goes as `expected` with it; behind all walls it fails.
#[track_caller]
fn shows(name: &str, without: Behind, with: Behind, expected: &Went) {
    let through = tried(name, without);
    assert_eq!(through.0, Went::Through, "{name} fails even behind {without:?}:\n{}", through.1);
    let (went, said) = tried(name, with);
    if said.contains(": OFF, this kernel") {
        // Then it has to be said, as it is, and there is nothing to hold.
        assert_eq!(went, Went::Through, "{name} behind {with:?}:\n{said}");
        return;
    }
    assert_eq!(went, *expected, "{name} behind {with:?}:\n{said}");
    let (went, said) = tried(name, Behind::All);
    assert_ne!(went, Went::Through, "{name} behind all walls:\n{said}");
}

fn what_serving_takes_is_let_through() {
    for behind in BEHIND.into_iter().filter(|&behind| behind != Behind::User) {
        let (went, said) = tried("serve", behind);
        assert_eq!(went, Went::Through, "behind {behind:?}:\n{said}");
    }
}

fn landlock_keeps_to_what_is_granted() {
    for name in [
        "read outside",
        "list outside",
        "write outside",
        "list the data directory",
        "read the process's own memory",
        "write where it may read",
        "make a file where it may read",
        "make a directory where it may read",
        "remove where it may read",
        "truncate where it may read",
        "move to where it may read",
        "make a device file",
        "make a pipe",
        "make a link",
        "make a socket",
        "run a granted program",
        "bind a port of its choice",
    ] {
        shows(name, Behind::Lowered, Behind::Fenced, &Went::Denied(EACCES));
    }
}

fn landlock_keeps_from_other_processes() {
    for name in ["signal another process", "speak to another process"] {
        shows(name, Behind::Lowered, Behind::Fenced, &Went::Denied(EPERM));
    }
}

fn seccomp_takes_away_what_is_not_needed() {
    for name in [
        "start a process",
        "start a thread",
        "make a datagram socket",
        "make a Unix socket",
        "make a netlink socket",
        "make a pair of sockets",
        "make another poll",
        "signal another process",
        "make a link",
        "make a pipe",
        "set an attribute",
        "raise a limit",
        "be told of changes",
    ] {
        shows(name, Behind::Lowered, Behind::Sealed, &Went::Denied(ENOSYS));
    }
}

fn seccomp_ends_who_behaves_like_an_intruder() {
    for name in [
        "run a granted program",
        "become oneself again",
        "be traced",
        "have a file system of its own",
    ] {
        shows(name, Behind::Lowered, Behind::Sealed, &Went::Killed);
    }
}

fn as_root_capabilities_are_gone() {
    for name in ["make a raw socket", "become nobody", "give a file away", "see another system"] {
        shows(name, Behind::Nothing, Behind::Lowered, &Went::Denied(EPERM));
    }
    shows("read what is closed", Behind::Nothing, Behind::Lowered, &Went::Denied(EACCES));
    shows("bind a privileged port", Behind::Nothing, Behind::Lowered, &Went::Denied(EACCES));
}

fn as_root_there_is_no_way_back_to_root() {
    for name in ["become root", "take on a group", "become root by half"] {
        shows(name, Behind::Nothing, Behind::User, &Went::Denied(EPERM));
    }
    // A program with the set-user-ID bit would be root, but for no_new_privs.
    shows("run a program as its owner", Behind::Nothing, Behind::User, &Went::Denied(EPERM));
}

/// What would not hold for a thread that runs already is not raised at all.
fn the_first_walls_want_one_thread() {
    let error = Site::default().lower(None).unwrap_err();
    assert!(error.contains("threads run already"), "{error}");
}
