//! Keeps the house in order: who may import whom, which room owns the clock, sockets and files, and
//! a few habits that no lint knows.
//!
//! It reads the sources as tokens, without comments and strings, so that a path is found however it
//! is written: `use crate::{tree, wire::ftp}`, `super::super::tree`, or in full in an expression.
//! It does not know types: what a re-export brings in through an allowed room is that room's matter.

#[path = "tidy/paths.rs"]
mod paths;
#[path = "tidy/shown.rs"]
mod shown;
#[path = "tidy/tokens.rs"]
mod tokens;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use paths::{Place, paths};
use tokens::{Token, tokens};

/// Which rooms each room may import, lowest first. `room::part` allows that part alone.
const ROOMS: &[(&str, &[&str])] = &[
    ("terms", &[]),
    ("wire", &["terms"]),
    ("tree", &["terms"]),
    ("accounts", &["terms"]),
    ("io", &["terms"]),
    ("channel", &["terms", "io"]),
    ("session", &["terms", "wire", "tree", "accounts"]),
    ("transfer", &["terms", "channel", "io", "wire::ascii"]),
    ("reactor", &["terms", "session", "transfer", "channel", "io", "tree", "accounts", "wire"]),
    (
        "daemon",
        &["terms", "reactor", "session", "transfer", "channel", "io", "tree", "accounts", "wire"],
    ),
    ("client", &["terms", "wire"]),
    ("manual", &[]),
    ("bin/coracled", &["daemon", "terms"]),
    ("bin/coracle", &["client", "terms"]),
];

/// What only some rooms, or parts of them, may touch, as the path that gives it away. Test modules may
/// touch it all.
const OWNED: &[(&str, &[&str])] = &[
    ("std::fs", &["accounts", "tree", "daemon", "client"]),
    ("std::net::TcpListener", &["io", "daemon", "client"]),
    ("std::net::TcpStream", &["io", "daemon", "client"]),
    ("std::net::UdpSocket", &["io", "daemon", "client"]),
    ("std::os::unix::net", &["io", "daemon", "client"]),
    ("mio", &["io", "daemon"]),
    ("rustls", &["channel/tls", "client/link"]),
    ("Instant::now", &["io", "daemon", "client"]),
    ("SystemTime::now", &["io", "daemon", "client"]),
];

/// What stands nowhere, test modules included, as tokens.
const NOWHERE: &[(&[&str], &str)] = &[
    (&["[", "allow", "("], "use #[expect(…, reason = \"…\")] in place of #[allow]"),
    (&["todo", "!"], "no todo!"),
    (&["unimplemented", "!"], "no unimplemented!"),
    (&["[", "ignore"], "no ignored test"),
    (&["thread", "::", "sleep"], "wait on an event, not on the clock"),
];

/// Lines of a file, at most. Near 400 is the aim; this is the law.
const LINES: usize = 600;

#[test]
fn sources_keep_the_rules_of_the_house() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut findings = Vec::new();
    let sources = sources_below(&house.join("src"));
    let test_files = files_of_test_modules(&sources);
    for source in &sources {
        let relative = source.path.strip_prefix(house).unwrap_or(&source.path);
        let place = Place::of(relative.strip_prefix("src").unwrap_or(relative));
        let only_tests = test_files.iter().any(|file| source.path.starts_with(file));
        inspect(relative, &source.text, &place, only_tests, &mut findings);
    }
    for source in sources_below(&house.join("tests")) {
        let relative = source.path.strip_prefix(house).unwrap_or(&source.path);
        inspect_habits(relative, &source.text, &tokens(&source.text), &mut findings);
    }
    let report: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "\n{}\n", report.join("\n"));
}

/// A broken rule.
struct Finding {
    path: PathBuf,
    line: usize,
    rule: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.rule)
    }
}

struct Source {
    path: PathBuf,
    text: String,
}

/// All rules for one file under `src`.
fn inspect(path: &Path, text: &str, place: &Place, only_tests: bool, findings: &mut Vec<Finding>) {
    let tokens = tokens(text);
    inspect_habits(path, text, &tokens, findings);
    let Some(room) = &place.room else { return };
    let mut find = |line, rule| findings.push(Finding { path: path.into(), line, rule });
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
        find(1, format!("`{room}` is no room of the table in tests/tidy.rs"));
        return;
    };
    for used in paths(&tokens, place, only_tests) {
        if let Some(other) = &used.room
            && other != room
            && !allowed.iter().any(|may| is_below(&used.written, may))
        {
            find(used.line, format!("`{room}` may not import `{}`", used.written));
        }
        if used.in_tests {
            continue;
        }
        for (what, owners) in OWNED {
            let written = if what.starts_with(char::is_uppercase) {
                used.written.split_once(what).map_or("", |_| what)
            } else {
                &used.written
            };
            let owned = owners.iter().any(|owner| place.lies_in(owner));
            if used.room.is_none() && is_below(written, what) && !owned {
                find(used.line, format!("`{what}` belongs to {}", owners.join(", ")));
            }
        }
    }
}

/// The rules that hold for tests as well.
fn inspect_habits(path: &Path, text: &str, tokens: &[Token], findings: &mut Vec<Finding>) {
    let mut find =
        |line, rule: &str| findings.push(Finding { path: path.into(), line, rule: rule.into() });
    if !text.starts_with("//!") {
        find(1, "a file opens with `//!`: what it does, what it refuses to know, who calls it");
    }
    let lines = text.lines().count();
    if lines > LINES {
        find(lines, &format!("{lines} lines; {LINES} at most"));
    }
    for (sequence, rule) in NOWHERE {
        for window in tokens.windows(sequence.len()) {
            if window.iter().map(|token| token.text.as_str()).eq(sequence.iter().copied()) {
                find(window[0].line, rule);
            }
        }
    }
}

/// True if `path` is `of`, or lies in it.
fn is_below(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The files, and the directories below them, that modules under `#[cfg(test)]` are kept in.
fn files_of_test_modules(sources: &[Source]) -> BTreeSet<PathBuf> {
    let mut files = BTreeSet::new();
    for source in sources {
        let beside = match source.path.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib") => source.path.parent().map(Path::to_path_buf),
            _ => Some(source.path.with_extension("")),
        };
        let tokens = tokens(&source.text);
        let mut test_ahead = false;
        for window in tokens.windows(3) {
            match [&*window[0].text, &*window[1].text, &*window[2].text] {
                ["cfg", "(", "test"] => test_ahead = true,
                ["mod", name, ";"] if test_ahead => {
                    files.extend(beside.iter().flat_map(|beside| {
                        [beside.join(name), beside.join(name).with_extension("rs")]
                    }));
                }
                [";" | "{", ..] => test_ahead = false,
                _ => {}
            }
        }
    }
    files
}

/// The Rust files below `directory`, in order.
fn sources_below(directory: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        #[expect(clippy::disallowed_methods, reason = "this test reads the sources")]
        let entries = std::fs::read_dir(&directory).expect("the sources can be read");
        for path in entries.map(|entry| entry.expect("the sources can be read").path()) {
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                #[expect(clippy::disallowed_methods, reason = "this test reads the sources")]
                let text = std::fs::read_to_string(&path).expect("the sources can be read");
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// What [`inspect`] says of `text` as the file `src/PATH`, without the path and the room's header.
fn said_of(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let text = format!("//! x\n{text}");
    inspect(Path::new(path), &text, &Place::of(Path::new(path)), false, &mut findings);
    findings.iter().map(|finding| format!("{}: {}", finding.line, finding.rule)).collect()
}

#[test]
fn a_path_is_found_however_it_is_written() {
    let forbidden = ["2: `session` may not import `transfer::Pump`"];
    assert_eq!(said_of("session/ftp/send.rs", "use crate::transfer::Pump;"), forbidden);
    assert_eq!(
        said_of("session/ftp/send.rs", "use crate::{wire::{ftp, line}, transfer::Pump as P};"),
        forbidden
    );
    assert_eq!(
        said_of("session/ftp/send.rs", "use super::super::super::transfer::Pump;"),
        forbidden
    );
    assert_eq!(said_of("session/mod.rs", "use super::transfer::Pump;"), forbidden);
    assert_eq!(
        said_of("session/mod.rs", "fn f() { let x = crate::transfer::Pump::new(); }").len(),
        1
    );
    assert_eq!(
        said_of("session/mod.rs", "mod tests { use super::super::transfer::Pump; }"),
        forbidden
    );
    assert_eq!(said_of("session/mod.rs", "\nuse super::*;"), ["3: `session` may not import `*`"]);
    assert_eq!(said_of("bin/coracled.rs", "use coracle::client::run;").len(), 1);
}

#[test]
fn what_is_allowed_passes() {
    assert_eq!(said_of("session/ftp/send.rs", "use crate::{terms::Order, wire::ftp};"), [""; 0]);
    assert_eq!(said_of("session/ftp/send.rs", "use super::{table, super::event::Event};"), [""; 0]);
    assert_eq!(said_of("session/mod.rs", "mod tests { use super::*; }"), [""; 0]);
    assert_eq!(
        said_of("session/mod.rs", "// crate::transfer\nconst A: &str = r#\"crate::io\"#;"),
        [""; 0]
    );
    assert_eq!(said_of("transfer/coder.rs", "use crate::wire::ascii::Encoder;"), [""; 0]);
    assert_eq!(said_of("transfer/coder.rs", "use crate::wire::ftp::Verb;").len(), 1);
    assert_eq!(said_of("bin/coracled.rs", "fn main() { coracle::daemon::run() }"), [""; 0]);
    assert_eq!(
        said_of("wire/mod.rs", "use std::net::IpAddr; pub(crate) fn f<'a>(x: &'a u8) {}"),
        [""; 0]
    );
}

#[test]
fn what_has_an_owner_is_left_to_it() {
    let fs = "use std::{fs, io};";
    assert_eq!(
        said_of("wire/mod.rs", fs),
        ["2: `std::fs` belongs to accounts, tree, daemon, client"]
    );
    assert_eq!(said_of("tree/os.rs", fs), [""; 0]);
    assert_eq!(said_of("wire/mod.rs", "#[cfg(test)]\nmod tests { use std::fs; }"), [""; 0]);
    assert_eq!(said_of("client/link/tls/mod.rs", "use rustls::Error;"), [""; 0]);
    assert_eq!(
        said_of("client/linker.rs", "use rustls::Error;"),
        ["2: `rustls` belongs to channel/tls, client/link"]
    );
    assert_eq!(said_of("reactor/mod.rs", "fn f() { let a = Instant::now(); }").len(), 1);
    assert_eq!(said_of("reactor/mod.rs", "fn f() { let a = std::time::Instant::now(); }").len(), 1);
}

#[test]
fn habits_are_kept() {
    assert_eq!(said_of("wire/mod.rs", "#[allow(dead_code)]\nfn f() { todo!() }").len(), 2);
    assert_eq!(said_of("wire/mod.rs", "#[test]\n#[ignore = \"x\"]\nfn f() {}").len(), 1);
    assert_eq!(
        said_of("attic/mod.rs", "")[0],
        "1: `attic` is no room of the table in tests/tidy.rs"
    );
    assert_eq!(said_of("wire/mod.rs", &"\n".repeat(LINES)).len(), 1);
}
