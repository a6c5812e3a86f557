//! Small programs that fetch, and BusyBox, which also brings.

use std::fs;

use crate::bench::{Bench, unasked};
use crate::ground::{
    ACTIVE, BYTES, CLEAR, Client, Duty, Job, KEEPS_NO_TIMES, ODD_NAMES, ONLY_DOWN, PASSIVE,
    PATTERN, QUOTES, SIGNS, SINGLE_QUOTE, TLS, word,
};
use crate::libraries::ONE;
use crate::support::{Finished, finish, finish_with, program};
use crate::wget::above;

const ONE_FILE: &str = "moves one file";
const ENCODED: &str = "asks for the name as the URL encodes it";
const ANEW: &str = "begins anew";

pub(crate) const BUSYBOX: Client = Client {
    cannot: &[
        (ONE_FILE, &[Duty::List, Duty::TreeGet, Duty::TreePut, Duty::Manage, Duty::Parallel]),
        (ANEW, &[Duty::ResumePut]),
        (BYTES, &[Duty::Text]),
        (KEEPS_NO_TIMES, &[Duty::TimeGet, Duty::TimePut]),
        (PASSIVE, &[Duty::Active, Duty::V6Active]),
        (CLEAR, TLS),
    ],
    ..Client::new("busybox ftpget/ftpput", busybox_version, busybox)
};

pub(crate) const AXEL: Client = Client {
    cannot: &[
        (ONE_FILE, &[Duty::List, Duty::TreeGet]),
        (ONLY_DOWN, &[Duty::Put, Duty::ResumePut, Duty::TreePut, Duty::Manage, Duty::TimePut]),
        ("resumes what it began itself alone", &[Duty::ResumeGet]),
        (BYTES, &[Duty::Text]),
        (KEEPS_NO_TIMES, &[Duty::TimeGet]),
        (PASSIVE, ACTIVE),
        ("knows PASV alone, which has no room for IPv6", &[Duty::V6]),
        ("knows implicit TLS alone", &[Duty::Tls, Duty::ResumedTls]),
    ],
    cannot_empty: Some("an empty file is awaited for good"),
    ..Client::new("axel", |bench| version(bench, "axel", 1), axel)
};

pub(crate) const FTPCOPY: Client = Client {
    cannot: &[
        (ONLY_DOWN, &[Duty::Put, Duty::ResumePut, Duty::TreePut, Duty::Manage, Duty::TimePut]),
        ("resumes what it began itself alone", &[Duty::ResumeGet]),
        (BYTES, &[Duty::Text]),
        (ONE, &[Duty::Parallel]),
        (PASSIVE, &[Duty::Active, Duty::V6Active]),
        ("takes no port behind an IPv6 address", &[Duty::V6]),
        (CLEAR, TLS),
    ],
    ..Client::new("ftpcopy", |bench| version(bench, "ftpcopy", 2), ftpcopy)
};

pub(crate) const APT: Client = Client {
    cannot: &[
        (ONE_FILE, &[Duty::List, Duty::TreeGet]),
        (ONLY_DOWN, &[Duty::Put, Duty::ResumePut, Duty::TreePut, Duty::Manage, Duty::TimePut]),
        (BYTES, &[Duty::Text]),
        (ONE, &[Duty::Parallel]),
        (CLEAR, TLS),
    ],
    cannot_name: &[
        (ODD_NAMES[0], ENCODED),
        (ODD_NAMES[1], ENCODED),
        (SINGLE_QUOTE, ENCODED),
        (QUOTES, ENCODED),
        (SIGNS, ENCODED),
        (PATTERN, ENCODED),
    ],
    ..Client::new(
        "apt",
        |_| word(program("apt-get", std::path::Path::new("/")).arg("--version"), 1),
        apt,
    )
};

/// The word of this number in what it says of its version, without what only packagers add.
fn version(bench: &Bench, name: &str, number: usize) -> String {
    let said = word(bench.unpacked(name).arg("--version"), number);
    said.trim_matches(|sign: char| !sign.is_ascii_digit()).to_owned()
}

fn busybox_version(bench: &Bench) -> String {
    let said = word(bench.unpacked("../../bin/busybox").arg("--help"), 1);
    said.trim_start_matches('v').to_owned()
}

fn busybox(bench: &Bench, job: &Job<'_>) -> Finished {
    let asked = |applet: &str| {
        let mut busybox = bench.unpacked("../../bin/busybox");
        busybox.args([applet, "-u", "user1", "-p", "1234"]);
        busybox.args(["-P", &bench.address.port().to_string(), &bench.address.ip().to_string()]);
        busybox
    };
    match *job {
        Job::Names { remote } => finish(asked("ftpget").args(["-", remote])),
        Job::Get { remote, local }
        | Job::GetText { remote, local }
        | Job::GetTimed { remote, local }
        | Job::TreeGet { remote, local } => finish(asked("ftpget").args([local, remote])),
        Job::ResumeGet { remote, local } => finish(asked("ftpget").args(["-c", local, remote])),
        Job::Put { local, remote }
        | Job::PutText { local, remote }
        | Job::PutTimed { local, remote }
        | Job::ResumePut { local, remote, .. }
        | Job::TreePut { local, remote } => finish(asked("ftpput").args([remote, local])),
        Job::Manage(_) | Job::GetMany { .. } => unasked(),
    }
}

fn axel(bench: &Bench, job: &Job<'_>) -> Finished {
    let scheme = if bench.way.tls.is_some() { "ftps" } else { "ftp" };
    let fetch = |connections: &str, remote: &str, local: &str| {
        let mut axel = bench.unpacked("axel");
        axel.args(["-q", "-k", "-n", connections, "-o", local, &bench.url_as_is(scheme, remote)]);
        finish(
            axel.env(
                "SSL_CERT_FILE",
                if bench.way.tls.is_some() { bench.ca() } else { String::new() },
            ),
        )
    };
    match *job {
        Job::Get { remote, local }
        | Job::GetText { remote, local }
        | Job::GetTimed { remote, local }
        | Job::ResumeGet { remote, local }
        | Job::TreeGet { remote, local } => fetch("1", remote, local),
        Job::Names { remote } => fetch("1", &format!("{remote}/"), "names"),
        Job::GetMany { remote, names, local } => {
            fs::create_dir_all(bench.path(local)).expect("a local directory");
            let mut finished = unasked();
            for name in names {
                finished = fetch("3", &format!("{remote}/{name}"), &format!("{local}/{name}"));
            }
            finished
        }
        Job::Put { .. }
        | Job::PutText { .. }
        | Job::PutTimed { .. }
        | Job::ResumePut { .. }
        | Job::TreePut { .. }
        | Job::Manage(_) => unasked(),
    }
}

/// It mirrors what it is given, a directory or a file.
fn ftpcopy(bench: &Bench, job: &Job<'_>) -> Finished {
    let asked = |program: &str| {
        let mut command = bench.unpacked(program);
        command.args(["-u", "user1", "-p", "1234", &bench.address.to_string()]);
        command
    };
    match *job {
        Job::Names { remote } => {
            let mut finished = finish(asked("ftpls").arg(remote));
            // Its own form: what it is, the time, the size, a letter, the name.
            let text = String::from_utf8_lossy(&finished.out).into_owned();
            let name = |line: &str| Some(line.split_once(" B ")?.1.trim_start().to_owned() + "\n");
            finished.out = text.lines().filter_map(name).collect::<String>().into_bytes();
            finished
        }
        Job::Get { remote, local }
        | Job::GetText { remote, local }
        | Job::GetTimed { remote, local }
        | Job::ResumeGet { remote, local } => {
            finish(asked("ftpcopy").args(["--no-delete", remote, above(local)]))
        }
        Job::TreeGet { remote, local } | Job::GetMany { remote, local, .. } => {
            fs::create_dir_all(bench.path(local)).expect("a local directory");
            finish(asked("ftpcopy").args([remote, local]))
        }
        Job::Put { .. }
        | Job::PutText { .. }
        | Job::PutTimed { .. }
        | Job::ResumePut { .. }
        | Job::TreePut { .. }
        | Job::Manage(_) => unasked(),
    }
}

/// The program by which apt fetches from FTP, in the language in which apt asks it.
fn apt(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut method = bench.installed("/usr/lib/apt/methods/ftp");
    let passive = !bench.way.active;
    let config = format!(
        "601 Configuration\nConfig-Item: Acquire::ftp::Timeout=20\n\
         Config-Item: Acquire::ftp::Passive={passive}\n\n"
    );
    let acquire = |remote: &str, local: &str| {
        let (url, place) = (bench.url("ftp", remote), bench.path(local));
        format!("600 URI Acquire\nURI: {url}\nFilename: {}\n\n", place.display())
    };
    let asked = match *job {
        Job::Get { remote, local }
        | Job::GetText { remote, local }
        | Job::GetTimed { remote, local }
        | Job::ResumeGet { remote, local }
        | Job::TreeGet { remote, local } => acquire(remote, local),
        Job::GetMany { remote, names, local } => {
            fs::create_dir_all(bench.path(local)).expect("a local directory");
            let each = |name| acquire(&format!("{remote}/{name}"), &format!("{local}/{name}"));
            names.iter().map(each).collect()
        }
        Job::Names { .. }
        | Job::Put { .. }
        | Job::PutText { .. }
        | Job::PutTimed { .. }
        | Job::ResumePut { .. }
        | Job::TreePut { .. }
        | Job::Manage(_) => return unasked(),
    };
    finish_with(&mut method, (config + &asked).as_bytes())
}
