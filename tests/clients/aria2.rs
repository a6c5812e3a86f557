//! aria2: downloads, each in several pieces at once.

use crate::bench::{Bench, unasked};
use crate::ground::{Client, Duty, Job, ONLY_DOWN, TLS, word};
use crate::support::{Finished, finish};

const FOR_HTTP: &str = "knows TLS for HTTP alone";
const BY_NAME: &str = "downloads files by their URL";

pub(crate) const CLIENT: Client = Client {
    cannot: &[
        (BY_NAME, &[Duty::List, Duty::TreeGet]),
        (ONLY_DOWN, &[Duty::Put, Duty::ResumePut, Duty::TreePut, Duty::Manage, Duty::TimePut]),
        ("leaves the ends of lines as they came", &[Duty::Text]),
        (FOR_HTTP, TLS),
    ],
    ..Client::new("aria2", |bench| word(bench.unpacked("aria2c").arg("--version"), 2), run)
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut aria2 = bench.unpacked("aria2c");
    aria2.args(["--no-conf", "--quiet", "--max-tries=1", "--timeout=20", "--allow-overwrite=true"]);
    aria2.args(["--auto-file-renaming=false", "--split=4", "--min-split-size=1M"]);
    // Of a connection that it keeps it awaits a 226 that it may have read already, with the 150.
    aria2.arg("--ftp-reuse-connection=false");
    if bench.way.active {
        aria2.arg("--ftp-pasv=false");
    }
    let scheme = if bench.way.tls.is_some() { "ftps" } else { "ftp" };
    let url = |path: &str| bench.url(scheme, path);
    match *job {
        Job::Names { remote } => aria2.args(["-o", "names", &url(&format!("{remote}/"))]),
        Job::Get { remote, local } | Job::TreeGet { remote, local } => {
            aria2.args(["-o", local, &url(remote)])
        }
        Job::ResumeGet { remote, local } => {
            aria2.args(["--continue=true", "-o", local, &url(remote)])
        }
        Job::GetText { remote, local } => {
            aria2.args(["--ftp-type=ascii", "-o", local, &url(remote)])
        }
        Job::GetTimed { remote, local } => {
            aria2.args(["--remote-time=true", "-o", local, &url(remote)])
        }
        Job::GetMany { remote, names, local } => {
            aria2.args(["--force-sequential=true", "--max-concurrent-downloads=3", "-d", local]);
            aria2.args(names.iter().map(|name| url(&format!("{remote}/{name}"))))
        }
        Job::Manage(_) => return unasked(),
        Job::Put { local, remote }
        | Job::PutText { local, remote }
        | Job::PutTimed { local, remote }
        | Job::ResumePut { local, remote, .. }
        | Job::TreePut { local, remote } => {
            aria2.args([&format!("--upload-file={local}"), &url(remote)])
        }
    };
    finish(&mut aria2)
}
