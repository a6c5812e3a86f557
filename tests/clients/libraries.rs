//! What the standard libraries of languages bring: a script in each drives them. The scripts take
//! the way, the host, the port, the file with the certificate, the job, its two paths, and where it
//! goes on. A library that knows files alone has its trees walked by the script, over its own lists.

use std::path::PathBuf;
use std::process::Command;

use crate::bench::{Bench, Way, unpacked};
use crate::ground::{Client, Job};
use crate::support::{Finished, finish};

pub(crate) const FTPLIB: Client = Client {
    name: "python ftplib",
    version: |bench| {
        let said = finish(bench.installed("python3").arg("--version")).well();
        said.text().split_ascii_whitespace().nth(1).unwrap_or_default().to_owned()
    },
    run: |bench, job| {
        let mut python = bench.installed("python3");
        python.args(["-c", include_str!("scripts/ftplib.py")]);
        run(python, bench, job)
    },
    cannot: &[],
    cannot_name: &[],
};

pub(crate) const NET_FTP: Client = Client {
    name: "perl Net::FTP",
    version: |bench| {
        let print = ["-MNet::FTP", "-e", "print $Net::FTP::VERSION"];
        finish(perl(bench).args(print)).well().text().to_owned()
    },
    run: |bench, job| {
        let mut perl = perl(bench);
        perl.args(["-e", include_str!("scripts/net_ftp.pl")]);
        run(perl, bench, job)
    },
    cannot: &[],
    cannot_name: &[],
};

pub(crate) const PHP: Client = Client {
    name: "php ftp",
    version: |bench| finish(php(bench).args(["-r", "echo PHP_VERSION;"])).well().text().to_owned(),
    run: |bench, job| {
        let mut php = php(bench);
        php.args(["-r", include_str!("scripts/ftp.php"), "--"]);
        run(php, bench, job)
    },
    cannot: &[],
    cannot_name: &[],
};

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
fn matching(pattern: &str) -> Vec<PathBuf> {
    let pattern = unpacked(pattern).display().to_string();
    glob::glob(&pattern).expect("a pattern").map_while(Result::ok).collect()
}

fn run(mut command: Command, bench: &Bench, job: &Job<'_>) -> Finished {
    let way = match bench.way {
        Way::Passive => "passive",
        Way::Active => "active",
        Way::Tls => "tls",
    };
    let (name, remote, local, at) = match *job {
        Job::Names { remote } => ("names", remote, "", 0),
        Job::Get { remote, local } => ("get", remote, local, 0),
        Job::Put { local, remote } => ("put", remote, local, 0),
        Job::ResumeGet { remote, local, at } => ("resume-get", remote, local, at),
        Job::ResumePut { local, remote, at } => ("resume-put", remote, local, at),
        Job::TreeGet { remote, local } => ("tree-get", remote, local, 0),
        Job::TreePut { local, remote } => ("tree-put", remote, local, 0),
    };
    let (ip, port) = (bench.address.ip().to_string(), bench.address.port().to_string());
    let ca = if bench.way == Way::Tls { bench.ca() } else { String::new() };
    command.args([way, &ip, &port, &ca, name, remote, local, &at.to_string()]);
    finish(&mut command)
}
