//! The ground that every client is led over: one column of the table a duty. It knows what has to
//! come of a job, and not how a client is asked to do it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use crate::bench::{Bench, Way};
use crate::support::{Finished, noise};

/// A column of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Duty {
    List,
    Get,
    Put,
    ResumeGet,
    ResumePut,
    TreeGet,
    TreePut,
    OddNames,
    Active,
    Passive,
    Tls,
}

use Duty::{
    Active, Get, List, OddNames, Passive, Put, ResumeGet, ResumePut, Tls, TreeGet, TreePut,
};

/// All of them, in order, as the table heads them.
const COLUMNS: [(Duty, &str); 11] = [
    (List, "list"),
    (Get, "get"),
    (Put, "put"),
    (ResumeGet, "resume get"),
    (ResumePut, "resume put"),
    (TreeGet, "tree get"),
    (TreePut, "tree put"),
    (OddNames, "odd names"),
    (Active, "active"),
    (Passive, "passive"),
    (Tls, "TLS"),
];

/// What a client is asked to do. Remote paths are relative to the root, local ones to the client's
/// directory; the last parts of the two are the same, for some clients know nothing else.
pub(crate) enum Job<'a> {
    /// Print the names in a directory, one a line.
    Names {
        remote: &'a str,
    },
    Get {
        remote: &'a str,
        local: &'a str,
    },
    Put {
        local: &'a str,
        remote: &'a str,
    },
    /// Go on where the local file ends, which is at `at`.
    ResumeGet {
        remote: &'a str,
        local: &'a str,
        at: usize,
    },
    /// Go on where the server's file ends, which is at `at`.
    ResumePut {
        local: &'a str,
        remote: &'a str,
        at: usize,
    },
    TreeGet {
        remote: &'a str,
        local: &'a str,
    },
    TreePut {
        local: &'a str,
        remote: &'a str,
    },
}

/// A client, and what is known of it.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) version: fn(&Bench) -> String,
    /// Does a job. What comes of it is judged by the files, for not every client has an exit code.
    pub(crate) run: fn(&Bench, &Job<'_>) -> Finished,
    /// Duties that it can't do, with the reason.
    pub(crate) cannot: &'static [(Duty, &'static str)],
    /// Those of [`ODD_NAMES`] that it can't spell, with the reason.
    pub(crate) cannot_name: &'static [(&'static str, &'static str)],
}

/// What came of a job: nothing to say, or what is wrong.
type Outcome = Result<(), String>;

/// Names that programs stumble over.
pub(crate) const ODD_NAMES: [&str; 8] =
    ["two  words", "été – 漢字", SINGLE_QUOTE, QUOTES, DASH, DOT, SIGNS, PATTERN];
pub(crate) const SINGLE_QUOTE: &str = "it's";
pub(crate) const QUOTES: &str = "a \"quoted\" one";
pub(crate) const DASH: &str = "-rf";
pub(crate) const DOT: &str = ".hidden";
pub(crate) const SIGNS: &str = "100%#;&?$1";
pub(crate) const PATTERN: &str = "[a]*";

/// A small tree, some of it with odd names.
const TREE: [&str; 6] =
    ["plain", "1 two.txt", "empty", "sub/Ärger", "sub/deeper one/it's", "sub/deeper one/.dot"];

/// Leads a client over the whole ground, writes its row where `CORACLE_INTEROP` says, and fails with
/// all that went wrong.
#[track_caller]
pub(crate) fn hold(client: &Client) {
    let passive = Bench::new(Way::Passive);
    let mut row = vec![client.name.to_owned(), (client.version)(&passive)];
    let mut wrong = Vec::new();
    for (duty, head) in COLUMNS {
        let came = fulfil(client, duty, &passive);
        let reason = client.cannot.iter().find(|(cannot, _)| *cannot == duty);
        row.push(match (came, reason) {
            (Ok(note), None) => format!("ok{note}"),
            (Err(_), Some((_, reason))) => format!("can't: {reason}"),
            (Ok(_), Some((_, reason))) => {
                wrong.push(format!("{head}: it can after all, though \"{reason}\""));
                "NOT AS EXPECTED".to_owned()
            }
            (Err(error), None) => {
                wrong.push(format!("{head}: {error}"));
                "FAILED".to_owned()
            }
        });
    }
    if let Some(place) = env::var_os("CORACLE_INTEROP") {
        let head: Vec<&str> = COLUMNS.iter().map(|(_, head)| *head).collect();
        let place = Path::new(&place);
        fs::write(place.join("head"), format!("client\tversion\t{}\n", head.join("\t")))
            .expect("the head of the table");
        let name = client.name.replace([' ', ':', '/'], "_");
        fs::write(place.join(format!("{name}.row")), row.join("\t") + "\n").expect("a row");
    }
    assert!(wrong.is_empty(), "{}:\n{}", client.name, wrong.join("\n"));
}

/// One cell; what is well may have something to add.
fn fulfil(client: &Client, duty: Duty, bench: &Bench) -> Result<String, String> {
    let done = match duty {
        List => list(client, bench),
        Get => get(client, bench),
        Put => put(client, bench),
        ResumeGet => resume_get(client, bench),
        ResumePut => resume_put(client, bench),
        TreeGet => tree_get(client, bench),
        TreePut => tree_put(client, bench),
        OddNames => return odd_names(client, bench),
        Active => {
            let bench = Bench::new(Way::Active);
            whatever_it_can(client, &bench)
                .and_then(|()| said(&bench, &["PORT ", "EPRT "], &["PASV", "EPSV"]))
        }
        // All of the columns before used it.
        Passive => said(bench, &["PASV", "EPSV"], &["PORT ", "EPRT "]),
        Tls => whatever_it_can(client, &Bench::new(Way::Tls)),
    };
    done.map(|()| String::new())
}

/// Lists, downloads and uploads, as far as the client can.
fn whatever_it_can(client: &Client, bench: &Bench) -> Outcome {
    for (duty, job) in [(List, list as fn(&Client, &Bench) -> Outcome), (Get, get), (Put, put)] {
        if !client.cannot.iter().any(|(cannot, _)| *cannot == duty) {
            job(client, bench)?;
        }
    }
    Ok(())
}

/// Whether clients have said one of these commands, and none of those.
fn said(bench: &Bench, wanted: &[&str], unwanted: &[&str]) -> Outcome {
    let overheard = bench.overheard();
    let any = |words: &[&str]| {
        overheard.lines().any(|line| words.iter().any(|word| line.starts_with(word)))
    };
    if any(wanted) && !any(unwanted) {
        return Ok(());
    }
    Err(format!("{wanted:?} and not {unwanted:?} was to be said:\n{overheard}"))
}

fn list(client: &Client, bench: &Bench) -> Outcome {
    for name in ["Free Fire", "Joker", "été.txt", "sub/inner"] {
        bench.serve(&format!("Own/list/{name}"), name.as_bytes());
    }
    fs::create_dir_all(bench.server.path("Own/none")).expect("an empty directory");
    for (remote, wanted) in
        [("Own/list", &["Free Fire", "Joker", "sub", "été.txt"][..]), ("Own/none", &[])]
    {
        let finished = (client.run)(bench, &Job::Names { remote });
        let text = String::from_utf8_lossy(&finished.out).into_owned();
        // Those that NLST gives for a path may have it before them.
        let above = format!("{remote}/");
        let names: BTreeSet<&str> = text
            .lines()
            .map(|line| line.strip_prefix(&above).unwrap_or(line).trim_end_matches('/'))
            .collect();
        if names != wanted.iter().copied().collect() {
            return Err(format!("{remote} lists {names:?}{}", told(&finished, bench)));
        }
    }
    Ok(())
}

fn get(client: &Client, bench: &Bench) -> Outcome {
    for (name, content) in [("get.bin", noise(300_007, 1)), ("get.none", Vec::new())] {
        let remote = format!("Own/{name}");
        bench.serve(&remote, &content);
        fetch(client, bench, &remote, &content)?;
    }
    Ok(())
}

/// Downloads into the directory `got`.
fn fetch(client: &Client, bench: &Bench, remote: &str, wanted: &[u8]) -> Outcome {
    let name = remote.rsplit('/').next().unwrap_or(remote);
    let local = format!("got/{name}");
    fs::create_dir_all(bench.path("got")).expect("a local directory");
    let finished = (client.run)(bench, &Job::Get { remote, local: &local });
    same(&bench.path(&local), wanted, &finished, bench)
}

fn put(client: &Client, bench: &Bench) -> Outcome {
    fs::create_dir_all(bench.server.path("Own/new")).expect("a directory to write to");
    for (name, content) in
        [("put.bin", noise(300_007, 2)), ("put.bin", noise(1000, 3)), ("put.none", Vec::new())]
    {
        let (local, remote) = (format!("own/{name}"), format!("Own/new/{name}"));
        bench.write(&local, &content);
        let finished = (client.run)(bench, &Job::Put { local: &local, remote: &remote });
        same(&bench.server.path(&remote), &content, &finished, bench)?;
    }
    let left = bench.server.names("Own/new");
    if left.len() == 2 { Ok(()) } else { Err(format!("parts are left: {left:?}")) }
}

/// What is there already is not what the other side has, so that whoever begins anew is found out.
/// It ends where a block of 16 KiB does, of which aria2 leaves no piece.
fn resumed() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (whole, there) = (noise(300_007, 4), vec![b'x'; 131_072]);
    let wanted = [&there[..], &whole[there.len()..]].concat();
    (whole, there, wanted)
}

fn resume_get(client: &Client, bench: &Bench) -> Outcome {
    let (whole, there, wanted) = resumed();
    let (remote, local) = ("Own/resume.bin", "half/resume.bin");
    bench.serve(remote, &whole);
    bench.write(local, &there);
    let finished = (client.run)(bench, &Job::ResumeGet { remote, local, at: there.len() });
    same(&bench.path(local), &wanted, &finished, bench)
}

fn resume_put(client: &Client, bench: &Bench) -> Outcome {
    let (whole, there, wanted) = resumed();
    let (local, remote) = ("own/resumed.bin", "Own/resumed.bin");
    bench.write(local, &whole);
    bench.server.cut_upload(remote, &there);
    let finished = (client.run)(bench, &Job::ResumePut { local, remote, at: there.len() });
    same(&bench.server.path(remote), &wanted, &finished, bench)
}

fn tree_get(client: &Client, bench: &Bench) -> Outcome {
    for (seed, name) in TREE.iter().enumerate() {
        bench.serve(&format!("Own/tree/{name}"), &leaf(seed));
    }
    fs::create_dir_all(bench.path("got")).expect("a local directory");
    let job = Job::TreeGet { remote: "Own/tree", local: "got/tree" };
    let finished = (client.run)(bench, &job);
    TREE.iter().enumerate().try_for_each(|(seed, name)| {
        same(&bench.path("got/tree").join(name), &leaf(seed), &finished, bench)
    })
}

fn tree_put(client: &Client, bench: &Bench) -> Outcome {
    for (seed, name) in TREE.iter().enumerate() {
        bench.write(&format!("own/grown/{name}"), &leaf(seed));
    }
    let job = Job::TreePut { local: "own/grown", remote: "Own/grown" };
    let finished = (client.run)(bench, &job);
    TREE.iter().enumerate().try_for_each(|(seed, name)| {
        same(&bench.server.path("Own/grown").join(name), &leaf(seed), &finished, bench)
    })
}

/// The content of a file in the tree; the one named `empty` is.
fn leaf(seed: usize) -> Vec<u8> {
    if TREE[seed] == "empty" { Vec::new() } else { noise(seed * 1000 + 9, seed as u64) }
}

fn odd_names(client: &Client, bench: &Bench) -> Result<String, String> {
    let mut notes = Vec::new();
    let mut wrong = Vec::new();
    for (seed, name) in ODD_NAMES.iter().enumerate() {
        let reason = client.cannot_name.iter().find(|(cannot, _)| cannot == name);
        match (there_and_back(client, bench, name, seed as u64), reason) {
            (Ok(()), None) => {}
            (Err(_), Some((_, reason))) => notes.push(format!("{name}: {reason}")),
            (Ok(()), Some(_)) => wrong.push(format!("`{name}` it can spell after all")),
            (Err(error), None) => wrong.push(format!("`{name}`: {error}")),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    Ok(if notes.is_empty() { String::new() } else { format!(", but {}", notes.join("; ")) })
}

/// One odd name: up, if the client uploads, and down.
fn there_and_back(client: &Client, bench: &Bench, name: &str, seed: u64) -> Outcome {
    let content = noise(5000, seed + 100);
    let (local, remote) = (format!("own/{name}"), format!("Own/odd/{name}"));
    fs::create_dir_all(bench.server.path("Own/odd")).expect("a directory to write to");
    if client.cannot.iter().any(|(duty, _)| *duty == Put) {
        bench.serve(&remote, &content);
    } else {
        bench.write(&local, &content);
        let finished = (client.run)(bench, &Job::Put { local: &local, remote: &remote });
        same(&bench.server.path(&remote), &content, &finished, bench)?;
    }
    fetch(client, bench, &remote, &content)
}

/// Whether a file holds what it has to.
fn same(path: &Path, wanted: &[u8], finished: &Finished, bench: &Bench) -> Outcome {
    let what = match fs::read(path) {
        Ok(got) if got == wanted => return Ok(()),
        Ok(got) => format!("{} bytes are not the {} wanted", got.len(), wanted.len()),
        Err(error) => error.to_string(),
    };
    Err(format!("{}: {what}{}", path.display(), told(finished, bench)))
}

/// What the client has told people and the server.
fn told(finished: &Finished, bench: &Bench) -> String {
    let overheard = match bench.way {
        Way::Passive | Way::Active => bench.overheard(),
        Way::Tls => String::new(),
    };
    let lines: Vec<&str> = overheard.lines().collect();
    format!(
        "\n  exit {:?}\n  out: {}\n  err: {}\n  its last commands: {:?}",
        finished.code,
        String::from_utf8_lossy(&finished.out),
        finished.err,
        &lines[lines.len().saturating_sub(15)..]
    )
}
