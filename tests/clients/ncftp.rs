//! NcFTP: `ncftpget`, `ncftpput` and `ncftpls`, which scripts use.

use std::process::Command;

use crate::bench::{Bench, Way};
use crate::ground::{Client, Duty, Job};
use crate::support::{Finished, finish};

pub(crate) const CLIENT: Client = Client {
    name: "ncftp",
    version: |bench| {
        // It says so behind a call that it does not understand.
        let said = finish(bench.unpacked("ncftpget").arg("--version"));
        let said = said.err + &String::from_utf8_lossy(&said.out);
        said.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned()
    },
    run,
    cannot: &[(Duty::Tls, "knows no TLS")],
    cannot_name: &[],
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let host = bench.address.ip().to_string();
    match *job {
        Job::Names { remote } => {
            let url = format!("ftp://{}/{remote}/", bench.address);
            finish(told(bench, "ncftpls").args(["-1", &url]))
        }
        Job::Get { remote, local } => {
            finish(told(bench, "ncftpget").args(["-Z", "-V", &host, above(local), remote]))
        }
        Job::ResumeGet { remote, local, .. } => {
            finish(told(bench, "ncftpget").args(["-z", "-V", &host, above(local), remote]))
        }
        Job::TreeGet { remote, local } => {
            finish(told(bench, "ncftpget").args(["-R", "-V", &host, above(local), remote]))
        }
        Job::Put { local, remote } => {
            finish(told(bench, "ncftpput").args(["-V", &host, above(remote), local]))
        }
        Job::ResumePut { local, remote, .. } => {
            // By sendfile it begins anew behind what is there.
            finish(told(bench, "ncftpput").args(["-s", "-z", "-V", &host, above(remote), local]))
        }
        Job::TreePut { local, remote } => {
            finish(told(bench, "ncftpput").args(["-R", "-V", &host, above(remote), local]))
        }
    }
}

/// One of the three, with what all of them have to be told.
fn told(bench: &Bench, name: &str) -> Command {
    let mut command = bench.unpacked(name);
    command.args(["-u", "user1", "-p", "1234", "-t", "20", "-r", "1"]);
    command.args(["-P", &bench.address.port().to_string()]);
    command.arg(if bench.way == Way::Active { "-E" } else { "-F" });
    command
}

/// The directory of a path.
fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(above, _)| above)
}
