//! The `ftp` of the BSDs and the one of GNU: a prompt, here with a script typed into it.

use std::process::Command;

use crate::bench::{Bench, unpacked};
use crate::ground::{
    BY_AUTH, CLEAR, Client, Duty, Job, KEEPS_NO_TIMES, ONE_BY_ONE, PATTERN, SENDS_NO_TIMES, SIGNS,
    TLS, word,
};
use crate::support::{Finished, finish_with};

const FLAT: &str = "moves files, not directories";
const EXPANDED: &str = "it writes to whichever local file the name matches as a pattern";

pub(crate) const TNFTP: Client = Client {
    cannot: &[
        (FLAT, &[Duty::TreeGet, Duty::TreePut]),
        (SENDS_NO_TIMES, &[Duty::TimePut]),
        (ONE_BY_ONE, &[Duty::Parallel]),
        (CLEAR, TLS),
    ],
    cannot_name: &[(PATTERN, EXPANDED)],
    ..Client::new(
        "tnftp",
        |_| tnftp_version().unwrap_or_default(),
        |bench, job| {
            let mut tnftp = bench.unpacked("tnftp");
            tnftp.args(["-n", "-i", if bench.way.active { "-A" } else { "-p" }]);
            run(tnftp, bench, job)
        },
    )
};

pub(crate) const INETUTILS: Client = Client {
    cannot: &[
        (FLAT, &[Duty::TreeGet, Duty::TreePut]),
        (KEEPS_NO_TIMES, &[Duty::TimeGet]),
        (SENDS_NO_TIMES, &[Duty::TimePut]),
        (ONE_BY_ONE, &[Duty::Parallel]),
        (CLEAR, TLS),
    ],
    cannot_name: &[(PATTERN, EXPANDED)],
    ..Client::new(
        "inetutils-ftp",
        |bench| word(bench.unpacked("inetutils-ftp").arg("--version"), 3),
        |bench, job| {
            let mut ftp = bench.unpacked("inetutils-ftp");
            ftp.args(["-n", "-i", if bench.way.active { "--active" } else { "--passive" }]);
            run(ftp, bench, job)
        },
    )
};

const CUT: &str = "ends uploads under TLS without close_notify, like one that was cut";

/// The `ftp` that came with Linux once, and learned TLS.
pub(crate) const FTP_SSL: Client = Client {
    cannot: &[
        (FLAT, &[Duty::TreeGet, Duty::TreePut]),
        (KEEPS_NO_TIMES, &[Duty::TimeGet]),
        (SENDS_NO_TIMES, &[Duty::TimePut]),
        (ONE_BY_ONE, &[Duty::Parallel]),
        (CUT, &[Duty::Tls, Duty::ActiveTls, Duty::ResumedTls]),
        (BY_AUTH, &[Duty::ImplicitTls]),
    ],
    cannot_name: &[(PATTERN, EXPANDED), (SIGNS, "it has no way to quote a question mark")],
    ..Client::new(
        "ftp-ssl",
        |_| "untold".to_owned(),
        |bench, job| {
            let mut ftp = bench.unpacked("ftp-ssl");
            ftp.args(["-n", "-i"]);
            if !bench.way.active {
                ftp.arg("-p");
            }
            if bench.way.tls.is_none() {
                ftp.args(["-z", "nossl"]);
            } else {
                let ca = format!("cacert={}", bench.ca());
                ftp.args(["-z", "secure", "-z", "verify=1", "-z", &ca]);
            }
            run(ftp, bench, job)
        },
    )
};

/// The date that it goes by, which it tells to web servers alone: eight digits by themselves.
fn tnftp_version() -> Option<String> {
    let program = std::fs::read(unpacked("usr/bin/tnftp")).ok()?;
    let dates = program.split(|&byte| byte == 0).filter(|text| text.len() == 8);
    let mut dates =
        dates.filter(|text| text.starts_with(b"20") && text.iter().all(u8::is_ascii_digit));
    dates.next().map(|date| String::from_utf8_lossy(date).into_owned())
}

/// Types what both of them understand.
fn run(mut command: Command, bench: &Bench, job: &Job<'_>) -> Finished {
    let lines = match *job {
        Job::Names { remote } => format!("nlist {} names.txt", quoted(remote)),
        Job::Get { remote, local } | Job::GetTimed { remote, local } => both("get", remote, local),
        Job::TreeGet { remote, local } => both("mget", remote, local),
        Job::GetText { remote, local } => format!("ascii\n{}", both("get", remote, local)),
        Job::PutText { local, remote } => format!("ascii\n{}", both("put", local, remote)),
        Job::Manage([old, new, unwanted, made, bare]) => {
            format!("{}\ndelete {unwanted}\nmkdir {made}\nrmdir {bare}", both("rename", old, new))
        }
        Job::GetMany { remote, local, .. } => {
            format!("!mkdir {local}\nlcd {local}\ncd {remote}\nmget *")
        }
        Job::Put { local, remote } | Job::PutTimed { local, remote } => {
            format!("put {} {}", literal(local), quoted(remote))
        }
        Job::TreePut { local, remote } => both("mput", local, remote),
        Job::ResumeGet { remote, local } => both("reget", remote, local),
        Job::ResumePut { local, remote, at } => {
            format!("restart {at}\n{}", both("put", local, remote))
        }
    };
    let (ip, port) = (bench.address.ip(), bench.address.port());
    command.args([ip.to_string(), port.to_string()]);
    let mut finished = typed(&mut command, &format!("user user1 1234\nbinary\n{lines}\nbye\n"));
    if let Job::Names { .. } = job {
        finished.out = std::fs::read(bench.path("names.txt")).unwrap_or_default();
        let _ = std::fs::remove_file(bench.path("names.txt"));
    }
    finished
}

fn both(verb: &str, from: &str, to: &str) -> String {
    format!("{verb} {} {}", quoted(from), quoted(to))
}

/// A word of their language: between double quotes, nothing else could be quoted.
fn quoted(word: &str) -> String {
    word.chars().flat_map(|letter| escaped(letter, " \"\\'")).collect()
}

/// A local name to be sent, in which patterns would be expanded.
fn literal(name: &str) -> String {
    quoted(&name.chars().flat_map(|letter| escaped(letter, "*?[]{}~\\")).collect::<String>())
}

fn escaped(letter: char, special: &str) -> impl Iterator<Item = char> {
    special.contains(letter).then_some('\\').into_iter().chain([letter])
}

fn typed(command: &mut Command, lines: &str) -> Finished {
    finish_with(command, lines.as_bytes())
}
