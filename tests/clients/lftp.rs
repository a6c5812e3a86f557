//! lftp: everything, and trees by `mirror`.

use crate::bench::{Bench, Tls};
use crate::ground::{Client, Duty, Job, word};
use crate::support::{Finished, finish};

pub(crate) const CLIENT: Client = Client {
    cannot: &[("names `::` as its address where both are on one machine", &[Duty::V6Active])],
    ..Client::new("lftp", |bench| word(bench.installed("lftp").arg("--version"), 3), run)
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut way = match bench.way.tls {
        None => "set ftp:ssl-allow no".to_owned(),
        Some(_) => format!(
            "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:ca-file {}",
            bench.ca()
        ),
    };
    if bench.way.active {
        way += "; set ftp:passive-mode no";
    }
    let scheme = if bench.way.tls == Some(Tls::Implicit) { "ftps" } else { "ftp" };
    let line = match *job {
        Job::Names { remote } => format!("nlist {}", quoted(remote)),
        Job::Get { remote, local } | Job::GetTimed { remote, local } => {
            format!("get {} -o {}", quoted(remote), quoted(local))
        }
        Job::Put { local, remote } | Job::PutTimed { local, remote } => {
            format!("put {} -o {}", quoted(local), quoted(remote))
        }
        Job::GetText { remote, local } => {
            format!("get -a {} -o {}", quoted(remote), quoted(local))
        }
        Job::PutText { local, remote } => {
            format!("put -a {} -o {}", quoted(local), quoted(remote))
        }
        Job::Manage([old, new, unwanted, made, bare]) => {
            format!("mv {} {}; rm {unwanted}; mkdir {made}; rmdir {bare}", quoted(old), quoted(new))
        }
        Job::GetMany { remote, local, .. } => format!("mirror -P 3 {remote} {local}"),
        Job::ResumeGet { remote, local } => {
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
         {way}; open -u user1,1234 {scheme}://{}; {line}; bye",
        bench.address
    );
    finish(bench.installed("lftp").args(["--norc", "-c", &script]))
}

/// A word of its language.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
