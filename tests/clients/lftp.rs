//! lftp: everything, and trees by `mirror`.

use crate::bench::{Bench, Way};
use crate::ground::{Client, Job};
use crate::support::{Finished, finish};

pub(crate) const CLIENT: Client = Client {
    name: "lftp",
    version: |bench| {
        let said = finish(bench.installed("lftp").arg("--version")).well();
        said.text().split_ascii_whitespace().nth(3).unwrap_or_default().to_owned()
    },
    run,
    cannot: &[],
    cannot_name: &[],
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let way = match bench.way {
        Way::Passive => "set ftp:ssl-allow no".to_owned(),
        Way::Active => "set ftp:ssl-allow no; set ftp:passive-mode no".to_owned(),
        Way::Tls => format!(
            "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file {}",
            bench.ca()
        ),
    };
    let line = match *job {
        Job::Names { remote } => format!("nlist {}", quoted(remote)),
        Job::Get { remote, local } => format!("get {} -o {}", quoted(remote), quoted(local)),
        Job::Put { local, remote } => format!("put {} -o {}", quoted(local), quoted(remote)),
        Job::ResumeGet { remote, local, .. } => {
            format!("get -c {} -o {}", quoted(remote), quoted(local))
        }
        Job::ResumePut { local, remote, .. } => {
            format!("put -c {} -o {}", quoted(local), quoted(remote))
        }
        Job::TreeGet { remote, local } => format!("mirror {} {}", quoted(remote), quoted(local)),
        Job::TreePut { local, remote } => format!("mirror -R {} {}", quoted(local), quoted(remote)),
    };
    let script = format!(
        "set cmd:fail-exit yes; set net:timeout 20; set net:max-retries 1; set xfer:clobber yes; \
         {way}; open -u user1,1234 ftp://{}; {line}; bye",
        bench.address
    );
    finish(bench.installed("lftp").args(["--norc", "-c", &script]))
}

/// A word of its language.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
