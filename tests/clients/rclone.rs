//! rclone: trees and files of any store, FTP among them.

use std::process::Command;

use crate::bench::{Bench, Tls, unasked};
use crate::ground::{ACTIVE, BYTES, Client, Duty, Job, PASSIVE, word};
use crate::support::{Finished, finish};

const WHOLE: &str = "moves whole files";

pub(crate) const CLIENT: Client = Client {
    cannot: &[
        (WHOLE, &[Duty::ResumeGet, Duty::ResumePut]),
        (BYTES, &[Duty::Text]),
        (PASSIVE, ACTIVE),
    ],
    ..Client::new("rclone", |bench| word(bench.unpacked("rclone").arg("version"), 1), run)
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let Job::Manage([old, new, unwanted, made, bare]) = *job else { return moved(bench, job) };
    let there = |path: &str| format!(":ftp:{path}");
    for words in [
        &["moveto", &there(old), &there(new)][..],
        &["deletefile", &there(unwanted)],
        &["mkdir", &there(made)],
    ] {
        let finished = finish(told(bench).args(words));
        if finished.code != Some(0) {
            return finished;
        }
    }
    finish(told(bench).args(["rmdir", &there(bare)]))
}

/// What all of its commands have to be told.
fn told(bench: &Bench) -> Command {
    let mut rclone = bench.unpacked("rclone");
    let host = bench.address.to_string();
    let host = host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host);
    let password = finish(bench.unpacked("rclone").args(["obscure", "1234"])).well();
    rclone
        .args(["--config", "", "--retries", "1", "--low-level-retries", "1", "--timeout", "20s"])
        .env("RCLONE_FTP_HOST", host)
        .env("RCLONE_FTP_PORT", bench.address.port().to_string())
        .env("RCLONE_FTP_USER", "user1")
        .env("RCLONE_FTP_PASS", password.text().trim_end());
    if let Some(tls) = bench.way.tls {
        // Its FTP does not look at --ca-cert.
        let how = if tls == Tls::Implicit { "--ftp-tls" } else { "--ftp-explicit-tls" };
        rclone.arg(how).env("SSL_CERT_FILE", bench.ca());
    }
    rclone
}

fn moved(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut rclone = told(bench);
    let there = |remote: &str| format!(":ftp:{remote}");
    match *job {
        Job::Names { remote } => rclone.args(["lsf", &there(remote)]),
        Job::Get { remote, local }
        | Job::GetText { remote, local }
        | Job::GetTimed { remote, local }
        | Job::ResumeGet { remote, local } => rclone.args(["copyto", &there(remote), local]),
        Job::Put { local, remote }
        | Job::PutText { local, remote }
        | Job::PutTimed { local, remote }
        | Job::ResumePut { local, remote, .. } => rclone.args(["copyto", local, &there(remote)]),
        Job::TreeGet { remote, local } => rclone.args(["copy", &there(remote), local]),
        Job::TreePut { local, remote } => rclone.args(["copy", local, &there(remote)]),
        Job::GetMany { remote, local, .. } => {
            rclone.args(["copy", "--transfers", "3", &there(remote), local])
        }
        Job::Manage(_) => return unasked(),
    };
    finish(&mut rclone)
}
