//! The world of the dialogues: a tree in memory, who may what in it, and what day it is.

use std::io;
use std::path::Path;

use crate::accounts::{self, Accounts};
use crate::terms::{Root, UnixTime};
use crate::tree::MemoryTree;

/// 2026-11-20, long after every file of the world was made.
pub(in crate::session) const TODAY: UnixTime = UnixTime(1_795_132_800);

/// Who may what in the world of the tests.
const DIRECTORIES: &str = "\
user1:Movies:r
user1:Music:rw
user1:Docs:rwd
user1:Inbox:w
user2:Secret:rwd
root:Movies:r
root:/:rwd
slow:Docs:r
keyed:Docs:r
";

/// A hash of `1234` that costs next to nothing.
const SLOW: &str =
    "$argon2id$v=19$m=8,t=1,p=1$YXNhbHRvZml0c293bg$nMR3eHi25J77XNw4yT6KZ3nxOXIqzVZobGoj/jPdzx4";

/// What each directory holds.
const FILES: &[(&str, &str, &[u8])] = &[
    ("Movies", "Joker", &[b'j'; 1234]),
    ("Movies", "WAR", b"war"),
    ("Movies", "Free Fire", b"bang\n"),
    ("Music", "song", b"la la la"),
    ("Docs", "a.txt", b"alpha\n"),
    ("Docs", "b.txt", b"beta\n"),
    ("Docs", "a[1].txt", b"literal\n"),
    ("Docs", "Sub/deep.txt", b"deep\n"),
    ("Secret", "plan", b"hidden"),
    ("files", "top.txt", b"top\n"),
    ("files", "Attic/old.txt", b"old\n"),
    ("files", "Movies/shadowed", b"never seen"),
];

/// The tree, and the number of each directory in it.
pub(super) fn world() -> (MemoryTree, Vec<(&'static str, Root)>) {
    let tree = MemoryTree::new();
    tree.set_now(UnixTime(1_735_689_600));
    let names = ["Movies", "Music", "Docs", "Inbox", "Secret", "files"];
    let roots: Vec<_> = names.into_iter().map(|name| (name, tree.add_root())).collect();
    for (directory, path, content) in FILES {
        let (_, root) = roots.iter().find(|(name, _)| name == directory).unwrap();
        tree.put_file(*root, path.as_bytes(), content).unwrap();
    }
    tree.set_now(TODAY);
    (tree, roots)
}

/// The tables, as the accounts room reads them from a directory. Each of `changes` stands in place
/// of the lines that begin so.
#[expect(clippy::disallowed_methods, reason = "the tables are laid out as an operator does it")]
pub(super) fn accounts(roots: &[(&'static str, Root)], changes: &[(&str, &str)]) -> Accounts {
    let data = tempfile::tempdir().unwrap();
    let known = "c5".repeat(32);
    let credentials =
        format!("user1:1234\nuser2:1234\nroot:1234\nslow:{SLOW}\nkeyed:$cert$sha256:{known}\n");
    for (name, table) in
        [(accounts::CREDENTIALS, &*credentials), (accounts::DIRECTORIES, DIRECTORIES)]
    {
        let changed = |line: &str| {
            let change = changes.iter().find(|(start, _)| line.starts_with(start));
            change.map_or_else(|| line.to_owned(), |(_, to)| (*to).to_owned()) + "\n"
        };
        let table: String = table.lines().map(changed).collect();
        std::fs::write(data.path().join(name), table).unwrap();
    }
    let mut root_of = |path: &Path, _| {
        let found = roots.iter().find(|(name, _)| path.ends_with(name));
        found.map(|(_, root)| *root).ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    accounts::load(data.path(), &mut root_of).unwrap().accounts
}
