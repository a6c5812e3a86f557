//! rclone: trees and files of any store, FTP among them.

use crate::bench::{Bench, Way};
use crate::ground::{Client, Duty, Job};
use crate::support::{Finished, finish};

const WHOLE: &str = "moves whole files";

pub(crate) const CLIENT: Client = Client {
    name: "rclone",
    version: |bench| {
        let said = finish(bench.unpacked("rclone").arg("version")).well();
        said.text().split_ascii_whitespace().nth(1).unwrap_or_default().to_owned()
    },
    run,
    cannot: &[
        (Duty::ResumeGet, WHOLE),
        (Duty::ResumePut, WHOLE),
        (Duty::Active, "only connects, never listens"),
    ],
    cannot_name: &[],
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut rclone = bench.unpacked("rclone");
    let password = finish(bench.unpacked("rclone").args(["obscure", "1234"])).well();
    rclone
        .args(["--config", "", "--retries", "1", "--low-level-retries", "1", "--timeout", "20s"])
        .env("RCLONE_FTP_HOST", bench.address.ip().to_string())
        .env("RCLONE_FTP_PORT", bench.address.port().to_string())
        .env("RCLONE_FTP_USER", "user1")
        .env("RCLONE_FTP_PASS", password.text().trim_end());
    if bench.way == Way::Tls {
        // Its FTP does not look at --ca-cert.
        rclone.arg("--ftp-explicit-tls").env("SSL_CERT_FILE", bench.ca());
    }
    let there = |remote: &str| format!(":ftp:{remote}");
    match *job {
        Job::Names { remote } => rclone.args(["lsf", &there(remote)]),
        Job::Get { remote, local } | Job::ResumeGet { remote, local, .. } => {
            rclone.args(["copyto", &there(remote), local])
        }
        Job::Put { local, remote } | Job::ResumePut { local, remote, .. } => {
            rclone.args(["copyto", local, &there(remote)])
        }
        Job::TreeGet { remote, local } => rclone.args(["copy", &there(remote), local]),
        Job::TreePut { local, remote } => rclone.args(["copy", local, &there(remote)]),
    };
    finish(&mut rclone)
}
