//! curl: one file at a time, by its URL.

use crate::bench::{Bench, Tls};
use crate::ground::{Client, Duty, Job, SENDS_NO_TIMES, word};
use crate::support::{Finished, finish};

pub(crate) const CLIENT: Client = Client {
    cannot_yet: &[
        (Duty::ActiveTls, "7.87", IN_THE_CLEAR),
        (Duty::ActiveTls, "7.88", IN_THE_CLEAR),
        (Duty::ActiveTls, "8.0.0", IN_THE_CLEAR),
    ],
    cannot: &[
        ("a URL is one file or one listing", &[Duty::TreeGet]),
        ("uploads no directories", &[Duty::TreePut]),
        (SENDS_NO_TIMES, &[Duty::TimePut]),
    ],
    ..Client::new("curl", |bench| word(bench.installed("curl").arg("--version"), 1), run)
};

/// github.com/curl/curl/issues/10666
const IN_THE_CLEAR: &str = "sends in the clear where it listens, from 7.87 to 8.0.0";

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut curl = bench.installed("curl");
    curl.args(["--silent", "--show-error", "--noproxy", "*", "--globoff"]);
    if bench.way.active {
        curl.args(["--ftp-port", "-"]);
    }
    if bench.way.tls.is_some() {
        curl.args(["--ssl-reqd", "--cacert", &bench.ca()]);
    }
    let scheme = if bench.way.tls == Some(Tls::Implicit) { "ftps" } else { "ftp" };
    let url = |path: &str| bench.url(scheme, path);
    match *job {
        Job::Names { remote } => curl.args(["--list-only", &url(&format!("{remote}/"))]),
        Job::Get { remote, local } | Job::TreeGet { remote, local } => {
            curl.args(["-o", local, &url(remote)])
        }
        Job::Put { local, remote } | Job::TreePut { local, remote } => {
            curl.args(["-T", local, &url(remote)])
        }
        Job::ResumeGet { remote, local } => curl.args(["-C", "-", "-o", local, &url(remote)]),
        Job::ResumePut { local, remote, .. } => curl.args(["-C", "-", "-T", local, &url(remote)]),
        Job::GetText { remote, local } => curl.args(["--use-ascii", "-o", local, &url(remote)]),
        Job::PutText { local, remote } => curl.args(["--use-ascii", "-T", local, &url(remote)]),
        Job::GetTimed { remote, local } => curl.args(["-R", "-o", local, &url(remote)]),
        Job::PutTimed { local, remote } => curl.args(["-R", "-T", local, &url(remote)]),
        Job::Manage([old, new, unwanted, made, bare]) => {
            for (verb, path) in
                [("RNFR", old), ("RNTO", new), ("DELE", unwanted), ("MKD", made), ("RMD", bare)]
            {
                curl.args(["--quote", &format!("{verb} {path}")]);
            }
            curl.args(["--list-only", &url("")])
        }
        Job::GetMany { remote, names, local } => {
            curl.args(["--parallel", "--parallel-immediate", "--create-dirs"]);
            for name in names {
                curl.args(["-o", &format!("{local}/{name}"), &url(&format!("{remote}/{name}"))]);
            }
            &mut curl
        }
    };
    finish(&mut curl)
}
