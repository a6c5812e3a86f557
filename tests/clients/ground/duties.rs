//! What has to come of each duty that is about files. It knows no client by name.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{Client, Duty, Job, ODD_NAMES, Outcome, TREE};
use crate::bench::Bench;
use crate::support::{Finished, noise};

pub(super) fn list(client: &Client, bench: &Bench) -> Outcome {
    for name in ["Free Fire", "Joker", "été.txt", "sub/inner"] {
        bench.serve(&format!("Own/list/{name}"), name.as_bytes());
    }
    fs::create_dir_all(bench.server.path("Own/none")).expect("an empty directory");
    for (remote, wanted) in
        [("Own/list", &["Free Fire", "Joker", "sub", "été.txt"][..]), ("Own/none", &[])]
    {
        listed(client, bench, remote, wanted)?;
    }
    Ok(())
}

fn listed(client: &Client, bench: &Bench, remote: &str, wanted: &[&str]) -> Outcome {
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
    Ok(())
}

pub(super) fn get(client: &Client, bench: &Bench) -> Result<String, String> {
    let content = noise(300_007, 1);
    bench.serve("Own/get.bin", &content);
    fetch(client, bench, "Own/get.bin", &content)?;
    bench.serve("Own/get.none", b"");
    bench.in_vain(bench.is_in_vain() || client.cannot_empty.is_some());
    match (fetch(client, bench, "Own/get.none", b""), client.cannot_empty) {
        (Ok(()), None) => Ok(String::new()),
        (Err(_), Some(reason)) => Ok(format!(", but {reason}")),
        (Ok(()), Some(_)) => Err("it can fetch an empty file after all".to_owned()),
        (Err(error), None) => Err(error),
    }
}

/// Downloads into the directory `got`.
fn fetch(client: &Client, bench: &Bench, remote: &str, wanted: &[u8]) -> Outcome {
    let name = remote.rsplit('/').next().unwrap_or(remote);
    let local = format!("got/{name}");
    fs::create_dir_all(bench.path("got")).expect("a local directory");
    let finished = (client.run)(bench, &Job::Get { remote, local: &local });
    same(&bench.path(&local), wanted, &finished, bench)
}

pub(super) fn put(client: &Client, bench: &Bench) -> Outcome {
    fs::create_dir_all(bench.server.path("Own/new")).expect("a directory to write to");
    for (name, content) in
        [("put.bin", noise(300_007, 2)), ("put.bin", noise(1000, 3)), ("put.none", Vec::new())]
    {
        store(client, bench, name, &content)?;
    }
    let left = bench.server.names("Own/new");
    if left.len() == 2 { Ok(()) } else { Err(format!("parts are left: {left:?}")) }
}

/// Uploads into the directory `new`.
fn store(client: &Client, bench: &Bench, name: &str, content: &[u8]) -> Outcome {
    let (local, remote) = (format!("own/{name}"), format!("Own/new/{name}"));
    bench.write(&local, content);
    let finished = (client.run)(bench, &Job::Put { local: &local, remote: &remote });
    same(&bench.server.path(&remote), content, &finished, bench)
}

/// What is there already is not what the other side has, so that whoever begins anew is found out.
/// It ends where a block of 16 KiB does, of which aria2 leaves no piece.
fn resumed() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (whole, there) = (noise(300_007, 4), vec![b'x'; 131_072]);
    let wanted = [&there[..], &whole[there.len()..]].concat();
    (whole, there, wanted)
}

pub(super) fn resume_get(client: &Client, bench: &Bench) -> Outcome {
    let (whole, there, wanted) = resumed();
    let (remote, local) = ("Own/resume.bin", "half/resume.bin");
    bench.serve(remote, &whole);
    bench.write(local, &there);
    let finished = (client.run)(bench, &Job::ResumeGet { remote, local });
    same(&bench.path(local), &wanted, &finished, bench)
}

pub(super) fn resume_put(client: &Client, bench: &Bench) -> Result<String, String> {
    let (whole, there, wanted) = resumed();
    let (local, remote) = ("own/resumed.bin", "Own/resumed.bin");
    bench.write(local, &whole);
    bench.server.cut_upload(remote, &there);
    let finished = (client.run)(bench, &Job::ResumePut { local, remote, at: there.len() });
    let came = fs::read(bench.server.path(remote)).unwrap_or_default();
    let kept = came.iter().take_while(|byte| **byte == b'x').count();
    if kept < there.len() && kept >= there.len() - 4096 && came[kept..] == whole[kept..] {
        return Ok(format!(", but from {} bytes before the end", there.len() - kept));
    }
    same(&bench.server.path(remote), &wanted, &finished, bench).map(|()| String::new())
}

pub(super) fn tree_get(client: &Client, bench: &Bench) -> Outcome {
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

pub(super) fn tree_put(client: &Client, bench: &Bench) -> Outcome {
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

pub(super) fn odd_names(client: &Client, bench: &Bench) -> Result<String, String> {
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
    if !client.can(Duty::Put) {
        bench.serve(&remote, &content);
    } else {
        bench.write(&local, &content);
        let finished = (client.run)(bench, &Job::Put { local: &local, remote: &remote });
        same(&bench.server.path(&remote), &content, &finished, bench)?;
    }
    if client.can(Duty::Get) { fetch(client, bench, &remote, &content) } else { Ok(()) }
}

/// A directory is listed, a file comes and a file goes.
pub(super) fn one_of_each(client: &Client, bench: &Bench) -> Outcome {
    let content = noise(100_003, 5);
    if client.can(Duty::List) {
        bench.serve("Own/over/Free Fire", b"");
        listed(client, bench, "Own/over", &["Free Fire"])?;
    }
    if client.can(Duty::Get) {
        bench.serve("Own/there.bin", &content);
        fetch(client, bench, "Own/there.bin", &content)?;
    }
    if client.can(Duty::Put) {
        fs::create_dir_all(bench.server.path("Own/new")).expect("a directory to write to");
        store(client, bench, "back.bin", &content)?;
    }
    Ok(())
}

/// Lines go and come in TYPE A, and end as the system has it on both sides.
pub(super) fn text(client: &Client, bench: &Bench) -> Outcome {
    let lines = b"one\ntwo\n\n  four and \xC3\xBC\n";
    let before = bench.overheard().len();
    let mut told = Vec::new();
    if client.can(Duty::Get) {
        let (remote, local) = ("Own/text.txt", "got/text.txt");
        bench.serve(remote, lines);
        fs::create_dir_all(bench.path("got")).expect("a local directory");
        let finished = (client.run)(bench, &Job::GetText { remote, local });
        same(&bench.path(local), lines, &finished, bench)?;
        told.push("RETR");
    }
    if client.can(Duty::Put) {
        let (local, remote) = ("own/written.txt", "Own/new/written.txt");
        fs::create_dir_all(bench.server.path("Own/new")).expect("a directory to write to");
        bench.write(local, lines);
        let finished = (client.run)(bench, &Job::PutText { local, remote });
        same(&bench.server.path(remote), lines, &finished, bench)?;
        told.push("STOR");
    }
    let overheard = bench.overheard();
    let said = &overheard[before..];
    told.iter().try_for_each(|verb| {
        let until = said.split_once(verb).map_or(said, |(until, _)| until).to_uppercase();
        // The server begins in it.
        let last = until.rfind("TYPE ").map_or("A", |at| &until[at + 5..]);
        if last.starts_with('A') { Ok(()) } else { Err(format!("{verb} came behind TYPE {last}")) }
    })
}

pub(super) fn manage(client: &Client, bench: &Bench) -> Outcome {
    let [old, new, unwanted, made, bare] = ["old name", "new name", "unwanted", "made", "bare"]
        .map(|name| format!("Own/manage/{name}"));
    bench.serve(&old, b"renamed");
    bench.serve(&unwanted, b"deleted");
    fs::create_dir_all(bench.server.path(&bare)).expect("a directory to be removed");
    let finished = (client.run)(bench, &Job::Manage([&old, &new, &unwanted, &made, &bare]));
    same(&bench.server.path(&new), b"renamed", &finished, bench)?;
    let names = bench.server.names("Own/manage");
    if names.iter().eq(["made", "new name"]) && bench.server.path(&made).is_dir() {
        return Ok(());
    }
    Err(format!("there is {names:?}{}", told(&finished, bench)))
}

/// A day in spring, long ago, so that a listing shows the day alone.
fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_614_834_367)
}

pub(super) fn time_get(client: &Client, bench: &Bench) -> Result<String, String> {
    let (remote, local) = ("Own/time.bin", "got/time.bin");
    bench.serve(remote, b"timed");
    aged(&bench.server.path(remote));
    fs::create_dir_all(bench.path("got")).expect("a local directory");
    let finished = (client.run)(bench, &Job::GetTimed { remote, local });
    same(&bench.path(local), b"timed", &finished, bench)?;
    kept(&bench.path(local), &finished, bench)
}

pub(super) fn time_put(client: &Client, bench: &Bench) -> Result<String, String> {
    let (local, remote) = ("own/timed.bin", "Own/new/timed.bin");
    bench.write(local, b"timed");
    aged(&bench.path(local));
    fs::create_dir_all(bench.server.path("Own/new")).expect("a directory to write to");
    let finished = (client.run)(bench, &Job::PutTimed { local, remote });
    same(&bench.server.path(remote), b"timed", &finished, bench)?;
    kept(&bench.server.path(remote), &finished, bench)
}

fn aged(path: &Path) {
    let file = File::options().write(true).open(path).expect("a file");
    file.set_modified(long_ago()).expect("its time can be set");
}

/// Whether the file has the time that it had where it came from.
fn kept(path: &Path, finished: &Finished, bench: &Bench) -> Result<String, String> {
    let time = fs::metadata(path).and_then(|facts| facts.modified()).expect("a file has a time");
    let secs = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH).expect("since 1970").as_secs()
    };
    let (time, wanted) = (secs(time), secs(long_ago()));
    match time {
        _ if time == wanted => Ok(String::new()),
        _ if time / 60 == wanted / 60 => Ok(", but to the minute".to_owned()),
        _ if time / 86_400 == wanted / 86_400 => {
            Ok(", but to the day, out of a listing".to_owned())
        }
        _ => Err(format!("{}: its time is {time}{}", path.display(), told(finished, bench))),
    }
}

pub(super) fn parallel(client: &Client, bench: &Bench) -> Outcome {
    const NAMES: [&str; 6] = ["a.bin", "b.bin", "c.bin", "d.bin", "e.bin", "f.bin"];
    let content = |seed: usize| noise(400_000, seed as u64);
    for (seed, name) in NAMES.iter().enumerate() {
        bench.serve(&format!("Own/many/{name}"), &content(seed));
    }
    bench.most_at_once();
    let job = Job::GetMany { remote: "Own/many", names: &NAMES, local: "got/many" };
    let finished = (client.run)(bench, &job);
    NAMES.iter().enumerate().try_for_each(|(seed, name)| {
        same(&bench.path("got/many").join(name), &content(seed), &finished, bench)
    })?;
    match bench.most_at_once() {
        // One that goes and one that comes may be counted both.
        most @ ..3 => Err(format!("{most} connections at once")),
        _ => Ok(()),
    }
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
    let overheard = if bench.way.tls.is_none() { bench.overheard() } else { bench.server.log() };
    let lines: Vec<&str> = overheard.lines().collect();
    format!(
        "\n  exit {:?}\n  out: {}\n  err: {}\n  its last commands: {:?}",
        finished.code,
        String::from_utf8_lossy(&finished.out),
        finished.err,
        &lines[lines.len().saturating_sub(15)..]
    )
}
