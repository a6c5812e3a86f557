//! curl: one file at a time, by its URL.

use crate::bench::{Bench, Way};
use crate::ground::{Client, Duty, Job};
use crate::support::{Finished, finish};

pub(crate) const CLIENT: Client = Client {
    name: "curl",
    version: |bench| {
        let said = finish(bench.installed("curl").arg("--version")).well();
        said.text().split_ascii_whitespace().nth(1).unwrap_or_default().to_owned()
    },
    run,
    cannot: &[
        (Duty::TreeGet, "a URL is one file or one listing"),
        (Duty::TreePut, "uploads no directories"),
    ],
    cannot_name: &[],
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut curl = bench.installed("curl");
    curl.args(["--silent", "--show-error", "--noproxy", "*", "--globoff"]);
    match bench.way {
        Way::Passive => {}
        Way::Active => drop(curl.args(["--ftp-port", "-"])),
        Way::Tls => drop(curl.args(["--ssl-reqd", "--cacert", &bench.ca()])),
    }
    match *job {
        Job::Names { remote } => curl.args(["--list-only", &bench.url(&format!("{remote}/"))]),
        Job::Get { remote, local } | Job::TreeGet { remote, local } => {
            curl.args(["-o", local, &bench.url(remote)])
        }
        Job::Put { local, remote } | Job::TreePut { local, remote } => {
            curl.args(["-T", local, &bench.url(remote)])
        }
        Job::ResumeGet { remote, local, .. } => {
            curl.args(["-C", "-", "-o", local, &bench.url(remote)])
        }
        Job::ResumePut { local, remote, .. } => {
            curl.args(["-C", "-", "-T", local, &bench.url(remote)])
        }
    };
    finish(&mut curl)
}
