//! The real server behind its walls: what the kernel says of each of its threads, what the log says,
//! what a reload can still have, and that no grant leads to the server's own files.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Output;

use rustix::process::{Signal, geteuid};

use crate::support::{Raw, Setup, TestServer, coracled, until};

/// The user that nobody is; everywhere in Debian and its kin.
const NOBODY: u32 = 65534;

/// Gives everything in the server's home to `NOBODY`.
fn give_away(place: &Path) {
    if place.is_dir() {
        for entry in fs::read_dir(place).expect("a directory of ours") {
            give_away(&entry.expect("an entry").path());
        }
    }
    chown(place, Some(NOBODY), None).expect("root gives away what it likes");
}

/// Runs `coracled` with these arguments to its end.
fn run(setup: &Setup, arguments: &[&str]) -> Output {
    let listen = ["--listen", "127.0.0.1:0", "--no-guided"];
    let (first, rest) = match arguments {
        ["check", rest @ ..] => (&["check"][..], rest),
        rest => (&[][..], rest),
    };
    let mut coracled = coracled();
    let run = coracled.arg("--data").arg(setup.data()).args(listen).args(rest).args(first).output();
    run.expect("coracled runs")
}

fn error_of(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The value of `name` in the status of each thread.
fn each_thread(server: &TestServer, name: &str) -> Vec<String> {
    let prefix = format!("{name}:");
    let of = |status: &String| {
        let line = status.lines().find_map(|line| line.strip_prefix(&prefix));
        line.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    server.thread_statuses().iter().map(|status| of(status).expect("a line of each")).collect()
}

fn logged(server: &TestServer, text: &str) -> bool {
    server.log().contains(text)
}

#[test]
fn every_thread_has_given_up_what_it_does_not_need() {
    let server = TestServer::usual();
    server.serves_others();
    assert_eq!(each_thread(&server, "NoNewPrivs"), ["1", "1"]);
    assert_eq!(each_thread(&server, "Seccomp"), ["2", "2"], "2 is a filter");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(each_thread(&server, set), ["0000000000000000"; 2], "{set}");
    }
    if geteuid().is_root() {
        assert_eq!(each_thread(&server, "CapBnd"), ["0000000000000000"; 2]);
        assert!(logged(&server, "[WARN] wall user: OFF, it runs as root"), "{}", server.log());
    }
    for wall in ["privileges: no capabilities", "seccomp: "] {
        assert!(logged(&server, &format!("[INFO] wall {wall}")), "{}", server.log());
    }
    let landlock = ["[INFO] wall landlock: abi ", "[WARN] wall landlock: OFF, this kernel has no"];
    assert!(landlock.iter().any(|line| logged(&server, line)), "{}", server.log());
}

#[test]
fn a_wall_that_was_not_wanted_is_said_loudly() {
    let server = Setup::usual().switch("--no-landlock").switch("--no-seccomp").start();
    server.serves_others();
    assert_eq!(each_thread(&server, "Seccomp"), ["0", "0"]);
    for line in ["landlock: OFF, by --no-landlock", "seccomp: OFF, by --no-seccomp"] {
        assert!(logged(&server, &format!("[WARN] wall {line}")), "{}", server.log());
    }
}

#[test]
fn passive_ports_are_all_that_is_bound() {
    // A free port now and most likely then; nobody is hurt if not.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let server = Setup::usual().flag("--passive-ports", &format!("{port}-{port}")).start();
    server.serves_others();
    if !logged(&server, "wall network: OFF") {
        let line = format!("wall network: binds {port}-{port} alone");
        assert!(logged(&server, &line), "{}", server.log());
    }
    let wide = Setup::usual().flag("--passive-ports", "20000-60000").start();
    wide.serves_others();
    assert!(logged(&wide, "[WARN] wall network: OFF, "), "{}", wide.log());
}

#[test]
fn a_reload_is_granted_what_the_walls_let_in_and_refused_the_rest() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "outside").unwrap();
    let mut server = Setup::usual().file("New/file", b"new").start();
    let home = server.path("..");
    let reload = |grants: &str, said: &str| {
        fs::write(home.join("Directories"), grants).unwrap();
        let before = server.log().matches(said).count();
        server.signal(Signal::HUP);
        let step = || server.serves_others();
        until(said, step, || server.log().matches(said).count() > before);
    };
    reload("user1:Movies:r\nuser1:New:r\n", "accounts are read anew");
    assert_eq!(server.session().fetch("RETR New/file"), b"new");

    let far = format!("user1:Movies:r\nuser1:Far:r:{}\n", outside.path().display());
    if logged(&server, "wall landlock: OFF") {
        reload(&far, "accounts are read anew");
    } else {
        let refused = "restart the server to grant it";
        reload(&far, refused);
        assert!(logged(&server, "Directories:2: the directory '"), "{}", server.log());
        reload("user1:Movies:r\nuser1:New:rw\n", refused);
        assert_eq!(server.session().fetch("NLST"), b"Movies\r\nNew\r\n", "the old tables hold");
    }
    server.stops_cleanly();
}

#[test]
fn passwd_is_taken_up_behind_the_walls() {
    let server = TestServer::usual();
    let home = server.path("..");
    // As `coracled passwd` does it: another file takes the old one's place.
    fs::write(home.join("fresh"), "user1:1234\nuser2:new\n").unwrap();
    fs::rename(home.join("fresh"), home.join("Credentials")).unwrap();
    server.signal(Signal::HUP);
    until("it is read", || server.serves_others(), || logged(&server, "read anew"));
    Raw::connect(server.ftp).login("user2", "new");
}

#[test]
fn started_as_root_it_becomes_the_user_and_serves() {
    if !geteuid().is_root() {
        // Whoever is not root can't have it become somebody else, and is told so.
        let error = error_of(&run(&Setup::usual().written(), &["--user", "nobody"]));
        assert!(error.contains("only root can become somebody else"), "{error}");
        return;
    }
    let setup = Setup::usual().flag("--user", "nobody").written();
    give_away(&setup.data());
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(setup.data().parent().unwrap(), open).unwrap();
    let mut server = setup.start_as_written();
    for name in ["Uid", "Gid"] {
        let of_nobody = format!("{NOBODY} {NOBODY} {NOBODY} {NOBODY}");
        assert_eq!(each_thread(&server, name), [of_nobody.as_str(); 2], "{name}");
    }
    assert_eq!(each_thread(&server, "Groups"), [NOBODY.to_string().as_str(); 2]);
    assert!(logged(&server, "[INFO] wall user: nobody (uid 65534"), "{}", server.log());
    server.session().store("Own/new", b"mine");
    assert_eq!(server.content("Own/new"), b"mine");
    assert_eq!(fs::metadata(server.path("Own/new")).unwrap().uid(), NOBODY);
    server.signal(Signal::HUP);
    until("it is read", || server.serves_others(), || logged(&server, "read anew"));
    server.stops_cleanly();
}

#[test]
fn what_the_user_can_not_read_is_said_at_start() {
    if !geteuid().is_root() {
        // Then nobody is become, and what can't be read keeps it from starting.
        return assert!(run(&Setup::new(), &[]).status.code() == Some(1));
    }
    let setup = Setup::usual().flag("--user", "nobody").written();
    let closed = fs::Permissions::from_mode(0o600);
    fs::set_permissions(setup.data().join("Credentials"), closed).unwrap();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(setup.data().parent().unwrap(), open).unwrap();
    let server = setup.start_as_written();
    assert!(
        logged(&server, "Credentials can't be read any more, so a reload will fail"),
        "{}",
        server.log()
    );
    server.signal(Signal::HUP);
    let step = || server.serves_others();
    until("the old are kept", step, || logged(&server, "the old accounts are kept"));
}

#[test]
fn a_user_that_can_not_be_is_refused_before_anything_is_done() {
    let setup = Setup::usual().written();
    for (user, expected) in [
        ("no-such-user", "there is no user 'no-such-user'"),
        ("root", "that is root"),
        ("nobody:no-such-group", "there is no group 'no-such-group'"),
    ] {
        let output = run(&setup, &["--user", user]);
        let error = error_of(&output);
        assert!(error.contains(expected), "{error}");
        assert!(output.stdout.is_empty(), "it never listened");
    }
}

#[test]
fn no_grant_leads_to_the_servers_own_files() {
    let setup = Setup::usual().secret("key.pem", b"secret").written();
    let data = setup.data();
    symlink(&data, data.join("files/Movies/up")).unwrap();
    let above = data.parent().unwrap().display().to_string();
    for path in [".", "..", "/", "files/..", "files/Movies/up", &above] {
        for directory in ["All", "/"] {
            let grant = format!("user1:Movies:r\nuser1:{directory}:rwd:{path}\n");
            fs::write(data.join("Directories"), grant).unwrap();
            for arguments in [&["check"][..], &[][..]] {
                let error = error_of(&run(&setup, arguments));
                assert!(error.contains("Directories:2: "), "{error}");
                assert!(error.contains("which no client may reach"), "{error}");
            }
        }
    }
}

#[test]
fn links_and_renames_do_not_lead_to_them_either() {
    for root in ["All", "/"] {
        let setup = Setup::usual().client("all", "1").written();
        let data = setup.data();
        let grants = format!("user1:Movies:r\nall:{root}:rwd:files\n");
        fs::write(data.join("Directories"), grants).unwrap();
        symlink("../Credentials", data.join("files/link")).unwrap();
        symlink("..", data.join("files/up")).unwrap();
        symlink(data.join("Credentials"), data.join("files/absolute")).unwrap();
        fs::write(data.join("files/.coracle-part-left"), "half").unwrap();
        let mut server = setup.start_as_written();
        let before = fs::read(data.join("Credentials")).unwrap();
        let mut raw = Raw::connect(server.ftp);
        raw.login("all", "1");
        let at = if root == "/" { "" } else { "/All" };
        let names = ["link", "absolute", "up/Credentials", "../Credentials", "up/../Credentials"];
        for name in names.into_iter().chain([".coracle-part-left"]) {
            for verb in ["SIZE", "MDTM", "MLST", "RNFR", "HASH", "SITE CHMOD 600"] {
                let reply = raw.ask(&format!("{verb} {at}/{name}"));
                let is_the_link_itself = verb == "RNFR" && ["link", "absolute"].contains(&name);
                assert!(
                    reply.code >= 500 || is_the_link_itself,
                    "{verb} {name}: {:?}",
                    reply.lines
                );
            }
            let reply = raw.ask(&format!("CWD {at}/{name}"));
            assert_eq!(reply.code, 550, "CWD {name}");
        }
        for listing in ["LIST", "NLST", "MLSD"] {
            let text = raw.fetch(&format!("{listing} {at}/"));
            let text = String::from_utf8_lossy(&text);
            for hidden in ["Credentials", "link", "absolute", "up", "coracle-part"] {
                let shown = text.lines().any(|line| line.ends_with(hidden));
                assert!(!shown, "{listing} shows {hidden}: {text}");
            }
        }
        // Writing over a link replaces the link.
        raw.store(&format!("{at}/link"), b"mine");
        raw.expect(&format!("RNFR {at}/link"), 350);
        raw.expect(&format!("RNTO {at}/absolute"), 250);
        assert_eq!(fs::read(data.join("Credentials")).unwrap(), before);
        assert_eq!(server.content("absolute"), b"mine");
        server.stops_cleanly();
    }
}

#[test]
fn options_come_from_a_file_and_check_reads_it() {
    let setup = Setup::usual().written();
    let file = setup.data().join("coracled.toml");
    let home = setup.data().display().to_string();
    let options = format!("data = \"{home}\"\nlisten = [\"127.0.0.1:0\"]\nmax-client = 1\n");
    fs::write(&file, &options).unwrap();
    let check = || coracled().arg("check").arg("--config").arg(&file).output().unwrap();
    let output = check();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "coracled.toml:3: there is no option 'max-client'; is 'max-clients' meant?";
    assert!(error.contains(expected), "{error}");

    fs::write(&file, options.replace("max-client ", "max-clients ")).unwrap();
    assert!(check().status.success());
    let server = setup.flag("--config", &file.display().to_string()).start_as_written();
    let _only = server.session();
    Raw::silent(server.ftp).hear(421);
}

#[test]
fn the_key_of_the_certificate_is_kept_from_clients_as_well() {
    let setup = Setup::usual().written();
    let keys = tempfile::tempdir().unwrap();
    let (certificate, key) = (keys.path().join("cert.pem"), keys.path().join("key.pem"));
    fs::write(&certificate, "no certificate").unwrap();
    fs::write(&key, "no key").unwrap();
    let grant = format!("user1:Movies:r\nuser1:Keys:r:{}\n", keys.path().display());
    fs::write(setup.data().join("Directories"), grant).unwrap();
    let [certificate, key] = [certificate, key].map(|file| file.display().to_string());
    let error = error_of(&run(&setup, &["check", "--tls-cert", &certificate, "--tls-key", &key]));
    assert!(error.contains("Directories:2: ") && error.contains("holds cert.pem"), "{error}");
}

#[test]
fn a_certificate_is_read_anew_behind_the_walls() {
    let server = TestServer::usual();
    server.signal(Signal::HUP);
    let step = || server.serves_others();
    until("it is read", step, || logged(&server, "the certificate is read anew"));
}
