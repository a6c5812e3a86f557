//! NcFTP: `ncftpget`, `ncftpput` and `ncftpls`, which scripts use.

use std::process::Command;

use crate::bench::Bench;
use crate::ground::{CLEAR, Client, Duty, Job, ONE_BY_ONE, TLS, word};
use crate::support::{Finished, finish, finish_with};
use crate::wget::above;

pub(crate) const CLIENT: Client = Client {
    cannot: &[
        (ONE_BY_ONE, &[Duty::Parallel]),
        ("knows IPv4 alone", &[Duty::V6, Duty::V6Active]),
        (CLEAR, TLS),
    ],
    ..Client::new("ncftp", |bench| word(bench.unpacked("ncftpget").arg("--version"), 1), run)
};

fn run(bench: &Bench, job: &Job<'_>) -> Finished {
    let host = bench.address.ip().to_string();
    match *job {
        Job::Names { remote } => {
            let url = format!("ftp://{}/{remote}/", bench.address);
            finish(told(bench, "ncftpls").args(["-1", &url]))
        }
        Job::GetTimed { remote, local } => {
            finish(told(bench, "ncftpget").args(["-V", &host, above(local), remote]))
        }
        Job::Get { remote, local } => {
            finish(told(bench, "ncftpget").args(["-Z", "-V", &host, above(local), remote]))
        }
        Job::ResumeGet { remote, local } => {
            finish(told(bench, "ncftpget").args(["-z", "-V", &host, above(local), remote]))
        }
        Job::TreeGet { remote, local } => {
            finish(told(bench, "ncftpget").args(["-R", "-V", &host, above(local), remote]))
        }
        Job::GetText { remote, local } => {
            finish(told(bench, "ncftpget").args(["-a", "-V", &host, above(local), remote]))
        }
        Job::PutText { local, remote } => {
            finish(told(bench, "ncftpput").args(["-a", "-V", &host, above(remote), local]))
        }
        Job::GetMany { remote, names, local } => {
            std::fs::create_dir_all(bench.path(local)).expect("a local directory");
            let names = names.iter().map(|name| format!("{remote}/{name}"));
            finish(told(bench, "ncftpget").args(["-V", &host, local]).args(names))
        }
        Job::Manage([old, new, unwanted, made, bare]) => {
            // The shell of the same package, with a script typed into it.
            let lines = format!(
                "rename \"{old}\" \"{new}\"\nrm {unwanted}\nmkdir {made}\nrmdir {bare}\nquit\n"
            );
            let mut shell = bench.unpacked("ncftp3");
            shell.args(["-u", "user1", "-p", "1234", "-P", &bench.address.port().to_string()]);
            finish_with(shell.arg(&host), lines.as_bytes())
        }
        Job::Put { local, remote } | Job::PutTimed { local, remote } => {
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
    command.arg(if bench.way.active { "-E" } else { "-F" });
    command
}
