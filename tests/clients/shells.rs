//! Yafc and gFTP: prompts with words of their own, here with a script typed into them; and wput,
//! which has no prompt and only brings.

use std::fs;

use crate::bench::{Bench, Tls, unasked, unpacked};
use crate::ground::{
    BY_AUTH, CLEAR, Client, Duty, Job, PATTERN, SENDS_NO_TIMES, TLS, WHOLE_UP, word,
};
use crate::libraries::ONE;
use crate::support::{Finished, finish, finish_with};
use crate::wget::above;

pub(crate) const YAFC: Client = Client {
    cannot: &[(SENDS_NO_TIMES, &[Duty::TimePut]), (ONE, &[Duty::Parallel]), (CLEAR, TLS)],
    cannot_name: &[(PATTERN, "it is a pattern, quoted or not")],
    ..Client::new("yafc", |bench| word(bench.unpacked("yafc").arg("--version"), 1), yafc)
};

pub(crate) const GFTP: Client = Client {
    cannot: &[
        (WHOLE_UP, &[Duty::ResumePut]),
        ("its rename ends names at spaces", &[Duty::Manage]),
        ("takes no IPv6 address", &[Duty::V6, Duty::V6Active]),
        (ONE, &[Duty::Parallel]),
        (SENDS_NO_TIMES, &[Duty::TimePut]),
    ],
    cannot_name: &[(PATTERN, "it is a pattern to it")],
    ..Client::new("gftp-text", |bench| word(gftp_text(bench).arg("--version"), 1), gftp)
};

const ONLY_UP: &str = "only uploads";

pub(crate) const WPUT: Client = Client {
    cannot: &[
        (
            ONLY_UP,
            &[
                Duty::List,
                Duty::Get,
                Duty::ResumeGet,
                Duty::TreeGet,
                Duty::Manage,
                Duty::TimeGet,
                Duty::Parallel,
            ],
        ),
        (SENDS_NO_TIMES, &[Duty::TimePut]),
        ("knows IPv4 alone", &[Duty::V6, Duty::V6Active]),
        (TICKETS, &[Duty::Tls, Duty::ActiveTls, Duty::ResumedTls]),
        (BY_AUTH, &[Duty::ImplicitTls]),
    ],
    ..Client::new("wput", |bench| word(bench.unpacked("wput").arg("--version"), 2), wput)
};
const TICKETS: &str = "takes the tickets of TLS 1.3 for the end of the connection";

fn yafc(bench: &Bench, job: &Job<'_>) -> Finished {
    let passive = if bench.way.active { "no" } else { "yes" };
    let settings = format!(
        "use_passive_mode {passive}\nauto_bookmark no\nconnect_attempts 1\nverbose no\n\
         reverse_dns no\nxterm_title_terms \"none\"\n"
    );
    bench.write("yafcrc", settings.as_bytes());
    // Both names are the same, which spares it a name with quotes.
    let put = |how: &str, local, remote| {
        let (there, here) = (quoted(above(remote)), quoted(above(local)));
        format!("cd {there}\nlcd {here}\nput {how} {}", escaped(last(local)))
    };
    let lines = match *job {
        Job::Names { remote } => format!("cd {}\nnlist", quoted(remote)),
        Job::Get { remote, local } => format!("get -f -o {} {}", quoted(local), quoted(remote)),
        Job::GetText { remote, local } => {
            format!("get -f --type=ascii -o {} {}", quoted(local), quoted(remote))
        }
        Job::GetTimed { remote, local } => {
            format!("get -f -p -o {} {}", quoted(local), quoted(remote))
        }
        Job::ResumeGet { remote, local } => {
            format!("get --resume -o {} {}", quoted(local), quoted(remote))
        }
        Job::TreeGet { remote, local } => {
            format!("lcd {}\nget -f -r {}", quoted(above(local)), quoted(remote))
        }
        Job::GetMany { remote, local, .. } => {
            fs::create_dir_all(bench.path(local)).expect("a local directory");
            format!("lcd {}\nget -f {remote}/*", quoted(local))
        }
        Job::Put { local, remote } => put("-f", local, remote),
        Job::PutText { local, remote } => put("-f --type=ascii", local, remote),
        Job::PutTimed { local, remote } => put("-f -p", local, remote),
        Job::ResumePut { local, remote, .. } => put("--resume", local, remote),
        Job::TreePut { local, remote } => {
            format!(
                "cd {}\nlcd {}\nput -f -r {}",
                quoted(above(remote)),
                quoted(above(local)),
                escaped(last(local))
            )
        }
        Job::Manage([old, new, unwanted, made, bare]) => {
            format!("mv {} {}\nrm {unwanted}\nmkdir {made}\nrmdir {bare}", quoted(old), quoted(new))
        }
    };
    let mut yafc = bench.unpacked("yafc");
    yafc.args(["-U", "-q", "-r", "yafcrc", "-W", "yafc", &bench.url("ftp", "")])
        .env("TERM", "dumb");
    let mut finished = finish_with(&mut yafc, format!("{lines}\nquit\n").as_bytes());
    if let Job::Names { .. } = job {
        let text = String::from_utf8_lossy(&finished.out).into_owned();
        let names =
            text.split_once("not supported by the server.\n").map_or("", |(_, names)| names);
        let name = |line: &&str| !line.contains("bookmark ");
        finished.out = names
            .lines()
            .filter(name)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
            .into_bytes();
    }
    finished
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A local name of Yafc's, which knows no quotes for those.
fn escaped(word: &str) -> String {
    let sign = |letter: char| (!letter.is_alphanumeric() && letter != '.').then_some('\\');
    word.chars().flat_map(|letter| sign(letter).into_iter().chain([letter])).collect()
}

/// A word of Yafc's.
fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

fn gftp_text(bench: &Bench) -> std::process::Command {
    let mut gftp = bench.unpacked("gftp-text");
    // Its package has a link to where it would be installed.
    gftp.env("GFTP_SHARE_DIR", unpacked("etc/gftp"));
    gftp
}

fn gftp(bench: &Bench, job: &Job<'_>) -> Finished {
    let there = |path: &str| format!("cd {}", above(path));
    let here = |path: &str| format!("lcd {}", above(path));
    let lines = match *job {
        Job::Names { remote } => format!("cd {remote}\nls"),
        Job::Get { remote, local }
        | Job::GetTimed { remote, local }
        | Job::ResumeGet { remote, local }
        | Job::TreeGet { remote, local } => {
            format!("binary\n{}\n{}\nget {}", there(remote), here(local), last(remote))
        }
        Job::GetText { remote, local } => {
            format!("ascii\n{}\n{}\nget {}", there(remote), here(local), last(remote))
        }
        Job::GetMany { remote, local, .. } => {
            fs::create_dir_all(bench.path(local)).expect("a local directory");
            format!("cd {remote}\nlcd {local}\nmget *")
        }
        Job::Put { local, remote }
        | Job::PutTimed { local, remote }
        | Job::ResumePut { local, remote, .. }
        | Job::TreePut { local, remote } => {
            format!("binary\n{}\n{}\nput {}", there(remote), here(local), last(local))
        }
        Job::PutText { local, remote } => {
            format!("ascii\n{}\n{}\nput {}", there(remote), here(local), last(local))
        }
        Job::Manage([old, new, unwanted, made, bare]) => {
            format!("rename {old} {new}\ndelete {unwanted}\nmkdir {made}\nrmdir {bare}")
        }
    };
    let active = format!("set passive_transfer={}\n", u8::from(!bench.way.active));
    let scheme = match bench.way.tls {
        None => "ftp",
        Some(Tls::Explicit | Tls::Resumed) => "ftps",
        Some(Tls::Implicit) => "ftpsi",
    };
    let url = bench.url(scheme, "");
    let typed = format!("{active}open {url}\n{lines}\nquit\n");
    let mut finished = finish_with(&mut gftp_text(bench), typed.as_bytes());
    if let Job::Names { .. } = job {
        // Long lines with the colours of a terminal, and the directory above.
        let text = String::from_utf8_lossy(&finished.out).into_owned();
        let plain = |line: &str| {
            let (first, rest) = line.split_once('\u{1b}').unwrap_or((line, ""));
            let coloured = rest.split('\u{1b}').filter_map(|part| Some(part.split_once('m')?.1));
            first
                .chars()
                .chain(coloured.flat_map(str::chars))
                .filter(|sign| *sign != '\0')
                .collect()
        };
        let name = |line: &str| {
            let line: String = plain(line);
            let long =
                (line.starts_with("drw") || line.starts_with("-rw")) && !line.ends_with(" ..");
            // Behind the time, which is the first to have a colon.
            let name = line.split_once(':').and_then(|(_, rest)| rest.get(3..));
            name.filter(|_| long).map(|name| format!("{}\n", name.trim_end()))
        };
        finished.out = text.lines().filter_map(name).collect::<String>().into_bytes();
    }
    finished
}

fn wput(bench: &Bench, job: &Job<'_>) -> Finished {
    let mut wput = bench.unpacked("wput");
    wput.args(["--less-verbose", "--tries=1", "--waitretry=0", "--timeout=200"]);
    wput.arg(if bench.way.tls.is_some() { "--force-tls" } else { "--disable-tls" });
    if bench.way.active {
        wput.arg("--port-mode");
    }
    match *job {
        Job::Put { local, remote } | Job::PutTimed { local, remote } => {
            wput.args(["--reupload", "--dont-continue", local, &bench.url("ftp", remote)]);
        }
        Job::PutText { local, remote } => {
            wput.args([
                "--ascii",
                "--reupload",
                "--dont-continue",
                local,
                &bench.url("ftp", remote),
            ]);
        }
        Job::ResumePut { local, remote, .. } => {
            wput.args([local, &bench.url("ftp", remote)]);
        }
        Job::TreePut { local, remote } => {
            let url = bench.url("ftp", &format!("{}/", above(remote)));
            wput.args([&format!("--basename={}/", above(local)), local, &url]);
        }
        Job::Names { .. }
        | Job::Get { .. }
        | Job::GetText { .. }
        | Job::GetTimed { .. }
        | Job::ResumeGet { .. }
        | Job::TreeGet { .. }
        | Job::GetMany { .. }
        | Job::Manage(_) => return unasked(),
    }
    finish(&mut wput)
}
