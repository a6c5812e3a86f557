//! GNU Wget: downloads, and whole trees of them.

use std::fs;

use crate::bench::{Bench, Tls, unasked};
use crate::ground::{Client, Duty, Job, ONE_BY_ONE, ONLY_DOWN, word};
use crate::support::{Finished, finish};

pub(crate) const CLIENT: Client = Client {
    cannot: &[
        (ONLY_DOWN, &[Duty::Put, Duty::ResumePut, Duty::TreePut, Duty::Manage, Duty::TimePut]),
        ("leaves the ends of lines as they came", &[Duty::Text]),
        (ONE_BY_ONE, &[Duty::Parallel]),
    ],
    ..Client::new("wget", |bench| word(bench.unpacked("wget").arg("--version"), 2), run)
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut wget = bench.unpacked("wget");
    wget.args(["--no-config", "--no-proxy", "--tries=1", "--timeout=20", "-nv"]);
    if bench.way.tls == Some(Tls::Resumed) {
        // It waits for the tickets of TLS 1.3 for some milliseconds only: on a busy machine it may have
        // none to resume by. Those of TLS 1.2 come in the handshake.
        wget.arg("--secure-protocol=TLSv1_2");
    }
    // It takes bytes above 127 for controls of Latin-1 otherwise.
    wget.arg("--restrict-file-names=unix,nocontrol");
    let scheme = if bench.way.tls.is_some() { "ftps" } else { "ftp" };
    let url = |path: &str| bench.url(scheme, path);
    if bench.way.active {
        wget.arg("--no-passive-ftp");
    }
    match bench.way.tls {
        None => {}
        Some(Tls::Explicit | Tls::Resumed) => drop(wget.args(["--ca-certificate", &bench.ca()])),
        Some(Tls::Implicit) => {
            wget.args(["--ftps-implicit", "--ca-certificate", &bench.ca()]);
        }
    }
    match *job {
        Job::Names { remote } => {
            // The long listing, as it came.
            wget.args(["--no-remove-listing", "-O", "index", &url(&format!("{remote}/"))]);
            let mut finished = finish(&mut wget);
            let listing = fs::read_to_string(bench.path(".listing")).unwrap_or_default();
            finished.out = names(&listing).into_bytes();
            finished
        }
        Job::Get { remote, local } => finish(wget.args(["-O", local, &url(remote)])),
        Job::ResumeGet { remote, local } => finish(wget.args(["-c", "-O", local, &url(remote)])),
        Job::TreeGet { remote, local } => {
            let cut = remote.matches('/').count();
            wget.args(["-r", "-l", "inf", "-nH", &format!("--cut-dirs={cut}"), "-P", above(local)]);
            finish(wget.arg(url(&format!("{remote}/"))))
        }
        Job::GetText { remote, local } => {
            finish(wget.args(["-O", local, &format!("{};type=a", url(remote))]))
        }
        Job::GetTimed { remote, local } => {
            finish(wget.args(["-N", "-P", above(local), &url(remote)]))
        }
        Job::GetMany { remote, names, local } => {
            wget.args(["-P", local]);
            finish(wget.args(names.iter().map(|name| url(&format!("{remote}/{name}")))))
        }
        Job::Manage(_) => unasked(),
        Job::PutText { local, remote }
        | Job::PutTimed { local, remote }
        | Job::Put { local, remote }
        | Job::ResumePut { local, remote, .. }
        | Job::TreePut { local, remote } => {
            finish(wget.arg(format!("--upload-file={local}")).arg(url(remote)))
        }
    }
}

/// The directory of a path.
pub(crate) fn above(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(above, _)| above)
}

/// The names in a long listing, one a line.
pub(crate) fn names(listing: &str) -> String {
    listing.lines().filter(|line| line.len() > 10).map(|line| last(line, 8) + "\n").collect()
}

/// What follows so many words and the space behind them.
fn last(line: &str, words: usize) -> String {
    let mut rest = line;
    for _ in 0..words {
        rest = rest.trim_start();
        rest = rest.find(' ').map_or("", |end| &rest[end..]);
    }
    rest.strip_prefix(' ').unwrap_or(rest).trim_end().to_owned()
}
