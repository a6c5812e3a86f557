//! aria2: downloads, each in several pieces at once.

use crate::bench::{Bench, Way};
use crate::ground::{Client, Duty, Job};
use crate::support::{Finished, finish};

const ONLY_DOWN: &str = "only downloads";
const BY_NAME: &str = "downloads files by their URL";

pub(crate) const CLIENT: Client = Client {
    name: "aria2",
    version: |bench| {
        let said = finish(bench.unpacked("aria2c").arg("--version")).well();
        said.text().split_ascii_whitespace().nth(2).unwrap_or_default().to_owned()
    },
    run,
    cannot: &[
        (Duty::List, BY_NAME),
        (Duty::Put, ONLY_DOWN),
        (Duty::ResumePut, ONLY_DOWN),
        (Duty::TreeGet, BY_NAME),
        (Duty::TreePut, ONLY_DOWN),
        (Duty::Tls, "knows TLS for HTTP alone"),
    ],
    cannot_name: &[],
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut aria2 = bench.unpacked("aria2c");
    aria2.args(["--no-conf", "--quiet", "--max-tries=1", "--timeout=20", "--allow-overwrite=true"]);
    aria2.args(["--auto-file-renaming=false", "--split=4", "--min-split-size=1M"]);
    // Of a connection that it keeps it awaits a 226 that it may have read already, with the 150.
    aria2.arg("--ftp-reuse-connection=false");
    if bench.way == Way::Active {
        aria2.arg("--ftp-pasv=false");
    }
    let url = |path: &str| match bench.way {
        Way::Tls => bench.url(path).replacen("ftp:", "ftps:", 1),
        Way::Passive | Way::Active => bench.url(path),
    };
    match *job {
        Job::Names { remote } => aria2.args(["-o", "names", &url(&format!("{remote}/"))]),
        Job::Get { remote, local } | Job::TreeGet { remote, local } => {
            aria2.args(["-o", local, &url(remote)])
        }
        Job::ResumeGet { remote, local, .. } => {
            aria2.args(["--continue=true", "-o", local, &url(remote)])
        }
        Job::Put { local, remote }
        | Job::ResumePut { local, remote, .. }
        | Job::TreePut { local, remote } => {
            aria2.args([&format!("--upload-file={local}"), &url(remote)])
        }
    };
    finish(&mut aria2)
}
