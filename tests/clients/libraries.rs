//! What the standard libraries of languages bring: a script in each drives them. What the scripts
//! are given is what [`run`] says. A library that knows files alone has its trees walked by the script, over its own lists.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::bench::{Bench, Tls, unasked, unpacked};
use crate::ground::{BY_AUTH, Client, Duty, Job, SENDS_NO_TIMES, word};
use crate::support::{Finished, finish, program};

/// A library is one connection; a program may have more of them.
pub(crate) const ONE: &str = "a connection does one thing at a time";
pub(crate) const TIMELESS: &str = "has no call for it";

pub(crate) const FTPLIB: Client = Client {
    cannot: &[
        (TIMELESS, &[Duty::TimeGet, Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        (BY_AUTH, &[Duty::ImplicitTls]),
        ("its data connections resume nothing", &[Duty::ResumedTls]),
    ],
    ..Client::new(
        "python ftplib",
        |bench| word(bench.installed("python3").arg("--version"), 1),
        |bench, job| {
            let mut python = python(bench);
            python.args(["-c", include_str!("scripts/ftplib.py")]);
            run(python, bench, job)
        },
    )
};

pub(crate) const NET_FTP: Client = Client {
    cannot: &[
        (SENDS_NO_TIMES, &[Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        ("its data connections resume where it listens alone", &[Duty::ResumedTls]),
    ],
    ..Client::new(
        "perl Net::FTP",
        |bench| {
            let print = ["-MNet::FTP", "-e", "print $Net::FTP::VERSION"];
            finish(perl(bench).args(print)).well().text().to_owned()
        },
        |bench, job| {
            let mut perl = perl(bench);
            perl.args(["-e", include_str!("scripts/net_ftp.pl")]);
            run(perl, bench, job)
        },
    )
};

pub(crate) const PHP: Client = Client {
    cannot: &[
        (SENDS_NO_TIMES, &[Duty::TimePut]),
        (ONE, &[Duty::Parallel]),
        (BY_AUTH, &[Duty::ImplicitTls]),
    ],
    ..Client::new(
        "php ftp",
        |bench| finish(php(bench).args(["-r", "echo PHP_VERSION;"])).well().text().to_owned(),
        |bench, job| {
            let mut php = php(bench);
            php.args(["-r", include_str!("scripts/ftp.php"), "--"]);
            run(php, bench, job)
        },
    )
};

/// The machine's Python itself, without what may stand before it to choose among several.
pub(crate) fn python(bench: &Bench) -> Command {
    static PLACE: LazyLock<String> = LazyLock::new(|| {
        let print = ["-c", "import sys; print(sys.executable)"];
        let said = finish(program("python3", Path::new("/")).args(print)).well();
        said.text().trim_end().to_owned()
    });
    bench.installed(&PLACE)
}

/// The machine's Perl, with the TLS that is unpacked.
fn perl(bench: &Bench) -> Command {
    let compiled: Vec<PathBuf> = ["usr/lib/*/perl5/*", "usr/lib/*/perl/*"]
        .iter()
        .flat_map(|pattern| matching(pattern))
        .chain(matching("usr/share/perl/*"))
        .chain([unpacked("usr/share/perl5")])
        .collect();
    let places = std::env::join_paths(compiled).expect("paths without colons");
    let mut perl = bench.installed("perl");
    perl.env("PERL5LIB", places);
    perl
}

/// PHP without settings, with the one extension.
fn php(bench: &Bench) -> Command {
    let extension = matching("usr/lib/php/*/ftp.so").pop().expect("`make setup` unpacks PHP's ftp");
    let mut php = bench.unpacked("php.default");
    php.args(["-n", "-d", &format!("extension={}", extension.display())]);
    php
}

/// What there is below what is unpacked.
pub(crate) fn matching(pattern: &str) -> Vec<PathBuf> {
    let pattern = unpacked(pattern).display().to_string();
    glob::glob(&pattern).expect("a pattern").map_while(Result::ok).collect()
}

/// Asks a script for a job: how data comes, how TLS comes, where to, the file with the certificate,
/// the job, and what it is about.
pub(crate) fn run(mut command: Command, bench: &Bench, job: &Job<'_>) -> Finished {
    let tls = match bench.way.tls {
        None => "",
        Some(Tls::Explicit | Tls::Resumed) => "explicit",
        Some(Tls::Implicit) => "implicit",
    };
    let (ip, port) = (bench.address.ip().to_string(), bench.address.port().to_string());
    let ca = if bench.way.tls.is_some() { bench.ca() } else { String::new() };
    let listens = if bench.way.active { "active" } else { "passive" };
    command.args([listens, tls, &ip, &port, &ca]);
    match *job {
        Job::Names { remote } => command.args(["names", remote]),
        Job::Get { remote, local } => command.args(["get", remote, local]),
        Job::Put { local, remote } => command.args(["put", remote, local]),
        Job::ResumeGet { remote, local } => command.args(["resume-get", remote, local]),
        Job::ResumePut { local, remote, .. } => command.args(["resume-put", remote, local]),
        Job::TreeGet { remote, local } => command.args(["tree-get", remote, local]),
        Job::TreePut { local, remote } => command.args(["tree-put", remote, local]),
        Job::GetText { remote, local } => command.args(["get-text", remote, local]),
        Job::PutText { local, remote } => command.args(["put-text", remote, local]),
        Job::GetTimed { remote, local } => command.args(["get-timed", remote, local]),
        Job::PutTimed { local, remote } => command.args(["put-timed", remote, local]),
        Job::Manage(paths) => command.arg("manage").args(paths),
        Job::GetMany { .. } => return unasked(),
    };
    finish(&mut command)
}
