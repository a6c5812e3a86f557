//! What every tree does: one set of tests over [`MemoryTree`] and both resolvers of [`OsTree`].

mod parts;

use crate::terms::{Content, Denied, Fault, Part, PeerFault, Root, Trouble, UnixTime};

use parts::{
    a_file_comes_before_a_part, a_file_that_comes_meanwhile, a_part_has_one_owner,
    directories_that_hide_parts, going_on_with_a_part, leaving_a_part, parts_of_long_names,
    sweeping,
};

use super::{Entries, Entry, Keep, Kind, MemoryTree, Next, OsTree, PART_PREFIX, Place, Tree};

/// Runs each of the functions named over each of the trees.
macro_rules! over_all_trees {
    ($($test:ident),* $(,)?) => {
        mod memory {
            $(#[test]
            fn $test() {
                let tree = super::MemoryTree::new();
                let root = tree.add_root();
                super::$test(&tree, root);
                assert_eq!((tree.parts_under_way(), tree.parts_left()), (0, 0));
            })*
        }
        mod beneath {
            $(#[test]
            fn $test() {
                super::on_disk(super::OsTree::new(), |tree, root| super::$test(tree, root));
            })*
        }
        mod walking {
            $(#[test]
            fn $test() {
                super::on_disk(super::OsTree::walking(), |tree, root| super::$test(tree, root));
            })*
        }
    };
}

over_all_trees!(
    a_file_comes_before_a_part,
    a_file_that_comes_meanwhile,
    a_part_has_one_owner,
    appending,
    attributes,
    committing_durably,
    committing_over_a_change,
    directories,
    directories_that_hide_parts,
    dropping_a_part,
    going_on_with_a_part,
    leaving_a_part,
    listing,
    names_that_are_not_served,
    nothing_stands_there,
    parts_of_long_names,
    reading,
    removing,
    renaming,
    restarting,
    sweeping,
    the_root_itself,
    uploading,
    uploading_without_overwriting,
);

fn on_disk(mut tree: OsTree, test: impl FnOnce(&OsTree, Root)) {
    let directory = tempfile::tempdir().unwrap();
    let root = tree.add_root(directory.path()).unwrap();
    test(&tree, root);
    let hidden = walk(directory.path());
    assert!(hidden.is_empty(), "parts were left behind: {hidden:?}");
}

/// The hidden parts anywhere below `directory`.
#[expect(clippy::disallowed_methods, reason = "looks behind the tree for what it left")]
fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().as_encoded_bytes().starts_with(PART_PREFIX) {
            found.push(path);
        } else if path.is_dir() {
            found.extend(walk(&path));
        }
    }
    found
}

fn at(root: Root, path: &str) -> Place<'_> {
    Place { root, path: path.as_bytes() }
}

fn put(tree: &impl Tree, root: Root, path: &str, content: &[u8]) {
    let mut part = tree.create(at(root, path), Keep::Nothing, true).unwrap();
    write_all(&mut part, content);
    part.commit().unwrap();
}

fn write_all(part: &mut impl Part, mut content: &[u8]) {
    while !content.is_empty() {
        let written = part.write(content).unwrap();
        content = &content[written..];
    }
}

fn carry_all(part: &mut impl Part) -> usize {
    let mut carried = 0;
    loop {
        match part.carry_over(3).unwrap() {
            0 => return carried,
            count => carried += count,
        }
    }
}

fn content(tree: &impl Tree, root: Root, path: &str) -> Result<Vec<u8>, Fault> {
    let (file, status) = tree.open(at(root, path))?;
    let mut content = Vec::new();
    let mut buffer = [0; 5];
    loop {
        match file.read_at(content.len() as u64, &mut buffer).unwrap() {
            0 => break,
            count => content.extend_from_slice(&buffer[..count]),
        }
    }
    assert_eq!(status.size, content.len() as u64);
    Ok(content)
}

/// Takes all that is left of a directory, however many slices have to be read for it.
pub(super) fn each(entries: &mut impl Entries, mut take: impl FnMut(Entry<'_>)) {
    loop {
        match entries.next_entry().unwrap() {
            Next::Later => {}
            Next::Entry(entry) => take(entry),
            Next::End => return,
        }
    }
}

fn names(tree: &impl Tree, root: Root, path: &str) -> Vec<String> {
    let mut entries = tree.entries(at(root, path), Box::new(|_| true)).unwrap();
    let mut names = Vec::new();
    each(&mut entries, |entry| {
        let mark = if entry.status.kind == Kind::Directory { "/" } else { "" };
        names.push(format!("{}{mark}", entry.name.escape_ascii()));
    });
    names
}

fn denied<T: std::fmt::Debug>(result: Result<T, Fault>) -> Denied {
    match result {
        Err(Fault::Denied(denied)) => denied,
        other => panic!("not denied: {other:?}"),
    }
}

fn bad_restart<T>(result: Result<T, Fault>) -> bool {
    result.err() == Some(PeerFault::BadRestart.into())
}

fn bad_name<T>(result: Result<T, Fault>) -> bool {
    result.err() == Some(PeerFault::BadName.into())
}

fn reading(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"0123456789");
    assert_eq!(content(tree, root, "a").unwrap(), b"0123456789");
    let (file, status) = tree.open(at(root, "a")).unwrap();
    assert_eq!((status.kind, status.size), (Kind::File, 10));
    assert_eq!(tree.status(at(root, "a")).unwrap(), status);
    let mut buffer = [0; 4];
    assert_eq!(file.read_at(8, &mut buffer).unwrap(), 2);
    assert_eq!(&buffer[..2], b"89");
    assert_eq!(file.read_at(10, &mut buffer).unwrap(), 0);
    assert_eq!(file.read_at(1 << 40, &mut buffer).unwrap(), 0);
    // A reader of the old file keeps reading it.
    put(tree, root, "a", b"new");
    assert_eq!(file.read_at(0, &mut buffer).unwrap(), 4);
    assert_eq!(&buffer, b"0123");
    tree.remove_file(at(root, "a")).unwrap();
    assert_eq!(file.read_at(4, &mut buffer).unwrap(), 4);
}

fn uploading(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    for path in ["a", "d/a"] {
        let mut part = tree.create(at(root, path), Keep::Nothing, true).unwrap();
        assert_eq!(part.carry_over(10).unwrap(), 0);
        write_all(&mut part, b"one");
        assert_eq!(denied(tree.open(at(root, path)).map(|_| ())), Denied::NotFound);
        part.commit().unwrap();
        assert_eq!(content(tree, root, path).unwrap(), b"one");

        let mut part = tree.create(at(root, path), Keep::First(0), true).unwrap();
        write_all(&mut part, b"seventeen");
        assert_eq!(content(tree, root, path).unwrap(), b"one");
        part.commit().unwrap();
        assert_eq!(content(tree, root, path).unwrap(), b"seventeen");
    }
    // Two at once: the last to end stays.
    let first = tree.create(at(root, "a"), Keep::Nothing, true).unwrap();
    let mut second = tree.create(at(root, "a"), Keep::Nothing, true).unwrap();
    write_all(&mut second, b"second");
    second.commit().unwrap();
    first.commit().unwrap();
    assert_eq!(content(tree, root, "a").unwrap(), b"");
    assert_eq!(names(tree, root, ""), ["a", "d/"]);
}

fn uploading_without_overwriting(tree: &impl Tree, root: Root) {
    let mut first = tree.create(at(root, "a"), Keep::Nothing, false).unwrap();
    let second = tree.create(at(root, "a"), Keep::Nothing, false).unwrap();
    write_all(&mut first, b"first");
    first.commit().unwrap();
    assert_eq!(denied(second.commit()), Denied::Exists);
    let third = tree.create(at(root, "a"), Keep::Nothing, false);
    assert_eq!(denied(third.map(|_| ())), Denied::Exists);
    assert_eq!(content(tree, root, "a").unwrap(), b"first");
}

fn dropping_a_part(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"old");
    let mut part = tree.create(at(root, "a"), Keep::Nothing, true).unwrap();
    write_all(&mut part, b"half");
    assert_eq!(names(tree, root, ""), ["a"]);
    drop(part);
    assert_eq!(content(tree, root, "a").unwrap(), b"old");
    assert_eq!(names(tree, root, ""), ["a"]);
}

fn appending(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"0123456789");
    let mut part = tree.create(at(root, "a"), Keep::All, true).unwrap();
    assert_eq!(carry_all(&mut part), 10);
    write_all(&mut part, b"abc");
    part.commit().unwrap();
    assert_eq!(content(tree, root, "a").unwrap(), b"0123456789abc");
    // What is not there yet is begun.
    let mut part = tree.create(at(root, "b"), Keep::All, true).unwrap();
    assert_eq!(carry_all(&mut part), 0);
    write_all(&mut part, b"b");
    part.commit().unwrap();
    assert_eq!(content(tree, root, "b").unwrap(), b"b");
}

fn restarting(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"0123456789");
    for (first, result) in [(10, &b"0123456789xy"[..]), (4, b"0123xy"), (0, b"xy")] {
        let mut part = tree.create(at(root, "a"), Keep::First(first), true).unwrap();
        assert_eq!(carry_all(&mut part) as u64, first);
        write_all(&mut part, b"xy");
        part.commit().unwrap();
        assert_eq!(content(tree, root, "a").unwrap(), result);
    }
    for path in ["a", "none"] {
        let part = tree.create(at(root, path), Keep::First(3), true);
        assert_eq!(part.err(), Some(PeerFault::BadRestart.into()));
    }
}

fn committing_durably(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    tree.make_directory(at(root, "d/e")).unwrap();
    for (path, old) in [("a", false), ("d/e/a", false), ("d/e/a", true)] {
        let bytes: &[u8] = if old { b"new" } else { b"old" };
        let mut part = tree.create(at(root, path), Keep::Nothing, true).unwrap();
        write_all(&mut part, bytes);
        part.commit_durably().unwrap();
        assert_eq!(content(tree, root, path).unwrap(), bytes);
    }
    // It takes a target's place, or does not, as any commit.
    let part = tree.create(at(root, "d/b"), Keep::Nothing, false).unwrap();
    put(tree, root, "d/b", b"first");
    assert_eq!(denied(part.commit_durably()), Denied::Exists);
    assert_eq!(content(tree, root, "d/b").unwrap(), b"first");
    let mut part = tree.create(at(root, "d/b"), Keep::All, true).unwrap();
    carry_all(&mut part);
    write_all(&mut part, b" and last");
    part.commit_durably().unwrap();
    assert_eq!(content(tree, root, "d/b").unwrap(), b"first and last");
}

fn committing_over_a_change(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"old");
    for (keep, path) in [(Keep::All, "a"), (Keep::First(2), "a"), (Keep::All, "new")] {
        let mut part = tree.create(at(root, path), keep, true).unwrap();
        carry_all(&mut part);
        write_all(&mut part, b"tail");
        put(tree, root, path, b"changed");
        assert_eq!(part.commit(), Err(Trouble::Changed.into()));
        assert_eq!(content(tree, root, path).unwrap(), b"changed");
    }
    let mut part = tree.create(at(root, "a"), Keep::All, true).unwrap();
    carry_all(&mut part);
    tree.remove_file(at(root, "a")).unwrap();
    assert_eq!(part.commit(), Err(Trouble::Changed.into()));
    assert_eq!(names(tree, root, ""), ["new"]);
    // What was never carried over can't be left out silently.
    let part = tree.create(at(root, "new"), Keep::All, true).unwrap();
    assert!(matches!(part.commit(), Err(Fault::Trouble(Trouble::Io(_)))));
    // A directory that took the name.
    let part = tree.create(at(root, "d"), Keep::Nothing, true).unwrap();
    tree.make_directory(at(root, "d")).unwrap();
    assert_eq!(denied(part.commit()), Denied::IsADirectory);
}

fn attributes(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    put(tree, root, "d/a", b"old");
    for (path, asked, mode) in [
        ("d/a", 0o640, 0o640),
        ("d/a", 0o7755, 0o755),
        ("d/a", 0, 0o400),
        ("d/a", 0o222, 0o622),
        ("d", 0o700, 0o700),
        ("d", 0, 0o500),
        ("d", 0o755, 0o755),
    ] {
        tree.set_mode(at(root, path), asked).unwrap();
        assert_eq!(tree.status(at(root, path)).unwrap().mode, mode, "{asked:o}");
    }
    for time in [UnixTime(0), UnixTime(-86_400), UnixTime(1_767_268_800)] {
        for path in ["d/a", "d"] {
            tree.set_modified(at(root, path), time).unwrap();
            assert_eq!(tree.status(at(root, path)).unwrap().modified, time);
        }
    }
    assert_eq!(tree.available(at(root, "d")).is_ok(), tree.available(at(root, "")).is_ok());
    for path in ["none", "d/a/b", "..", "d/.coracle-part-1"] {
        let place = at(root, path);
        assert!(tree.set_mode(place, 0o600).is_err());
        assert!(tree.set_modified(place, UnixTime(0)).is_err());
        assert!(tree.available(place).is_err());
    }
}

fn directories(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    tree.make_directory(at(root, "d/e")).unwrap();
    assert_eq!(tree.status(at(root, "d/e")).unwrap().kind, Kind::Directory);
    assert_eq!(denied(tree.make_directory(at(root, "d"))), Denied::Exists);
    assert_eq!(denied(tree.make_directory(at(root, "x/y"))), Denied::NotFound);
    put(tree, root, "f", b"");
    assert_eq!(denied(tree.make_directory(at(root, "f"))), Denied::Exists);
    assert_eq!(denied(tree.make_directory(at(root, "f/y"))), Denied::NotADirectory);
    assert_eq!(denied(tree.open(at(root, "d")).map(|_| ())), Denied::IsADirectory);
    let part = tree.create(at(root, "d"), Keep::Nothing, true);
    assert_eq!(denied(part.map(|_| ())), Denied::IsADirectory);
    let entries = tree.entries(at(root, "f"), Box::new(|_| true));
    assert_eq!(denied(entries.map(|_| ())), Denied::NotADirectory);
}

fn removing(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    put(tree, root, "d/a", b"");
    assert_eq!(denied(tree.remove_directory(at(root, "d"))), Denied::NotEmpty);
    assert_eq!(denied(tree.remove_directory(at(root, "d/a"))), Denied::NotADirectory);
    assert_eq!(denied(tree.remove_file(at(root, "d"))), Denied::IsADirectory);
    tree.remove_file(at(root, "d/a")).unwrap();
    // An upload under way keeps its directory.
    let part = tree.create(at(root, "d/b"), Keep::Nothing, true).unwrap();
    assert_eq!(denied(tree.remove_directory(at(root, "d"))), Denied::NotEmpty);
    drop(part);
    tree.remove_directory(at(root, "d")).unwrap();
    assert_eq!(names(tree, root, ""), [""; 0]);
}

fn renaming(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    put(tree, root, "a", b"a");
    put(tree, root, "b", b"b");
    let rename = |from, to, overwrite| tree.rename(at(root, from), at(root, to), overwrite);
    assert_eq!(denied(rename("a", "b", false)), Denied::Exists);
    assert_eq!(denied(rename("a", "d", false)), Denied::Exists);
    assert_eq!(denied(rename("d", "a", false)), Denied::Exists);
    assert_eq!(denied(rename("a", "d", true)), Denied::IsADirectory);
    assert_eq!(denied(rename("d", "a", true)), Denied::NotADirectory);
    assert_eq!(denied(rename("none", "c", true)), Denied::NotFound);
    assert_eq!(denied(rename("a", "none/c", true)), Denied::NotFound);
    assert_eq!(denied(rename("d", "d/e", false)), Denied::NotPermitted);
    assert_eq!(denied(rename("d", "d/e", true)), Denied::NotPermitted);
    rename("a", "d/a", false).unwrap();
    rename("d", "e", false).unwrap();
    assert_eq!(content(tree, root, "e/a").unwrap(), b"a");
    rename("b", "e/a", true).unwrap();
    assert_eq!(content(tree, root, "e/a").unwrap(), b"b");
    assert_eq!(names(tree, root, ""), ["e/"]);
    tree.make_directory(at(root, "f")).unwrap();
    assert_eq!(denied(rename("f", "e", true)), Denied::NotEmpty);
    rename("e", "f", true).unwrap();
    assert_eq!(names(tree, root, "f"), ["a"]);
    // A part moves with its directory.
    let mut part = tree.create(at(root, "f/up"), Keep::Nothing, true).unwrap();
    rename("f", "g", false).unwrap();
    write_all(&mut part, b"up");
    part.commit().unwrap();
    assert_eq!(content(tree, root, "g/up").unwrap(), b"up");
}

fn listing(tree: &impl Tree, root: Root) {
    assert_eq!(names(tree, root, ""), [""; 0]);
    tree.make_directory(at(root, "zoo")).unwrap();
    tree.make_directory(at(root, "zoo/B")).unwrap();
    for name in ["b", "a", "\u{fc}", "a long name with spaces", "B", ".dot", "a.b", "abcdefghij"] {
        put(tree, root, name, name.as_bytes());
    }
    let all = [".dot", "B", "a", "a long name with spaces", "a.b", "abcdefghij", "b", "zoo/"];
    let mut expected = all.map(str::to_owned).to_vec();
    expected.push("\\xc3\\xbc".to_owned());
    assert_eq!(names(tree, root, ""), expected);
    assert_eq!(names(tree, root, "zoo"), ["B/"]);

    let mut entries = tree.entries(at(root, ""), Box::new(|name| name.starts_with(b"a"))).unwrap();
    // What goes between the names and their status is left out; what comes is not seen.
    tree.remove_file(at(root, "a.b")).unwrap();
    put(tree, root, "aa", b"");
    let mut seen = Vec::new();
    each(&mut entries, |entry| {
        assert_eq!(entry.status.size, entry.name.len() as u64);
        seen.push(String::from_utf8(entry.name.to_vec()).unwrap());
    });
    assert_eq!(seen, ["a", "a long name with spaces", "abcdefghij"]);
    assert_eq!(entries.next_entry(), Ok(Next::End));
}

fn nothing_stands_there(tree: &impl Tree, root: Root) {
    put(tree, root, "f", b"");
    for (place, answer) in [
        (at(root, "none"), Denied::NotFound),
        (at(root, "none/x"), Denied::NotFound),
        (at(root, "f/x"), Denied::NotADirectory),
        (at(Root(7), "f"), Denied::NotFound),
        (at(Root(u32::MAX), ""), Denied::NotFound),
    ] {
        assert_eq!(denied(tree.status(place)), answer);
        assert_eq!(denied(tree.open(place).map(|_| ())), answer);
        assert_eq!(denied(tree.entries(place, Box::new(|_| true)).map(|_| ())), answer);
        if !place.path.is_empty() {
            assert_eq!(denied(tree.remove_directory(place)), answer);
        }
        assert_eq!(denied(tree.rename(place, at(root, "g"), true)), answer);
    }
    let part = tree.create(at(root, "none/x"), Keep::Nothing, true);
    assert_eq!(denied(part.map(|_| ())), Denied::NotFound);
}

fn names_that_are_not_served(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"");
    tree.make_directory(at(root, "d")).unwrap();
    let long = "x".repeat(256);
    let hidden = "d/.coracle-part-1";
    for path in
        ["..", ".", "d/..", "d/../a", "/", "/a", "a/", "d//a", "a\0", "a\nb", "a\rb", hidden, &long]
    {
        let place = at(root, path);
        assert_eq!(denied(tree.status(place)), Denied::NotFound);
        assert_eq!(denied(tree.open(place).map(|_| ())), Denied::NotFound);
        assert_eq!(denied(tree.entries(place, Box::new(|_| true)).map(|_| ())), Denied::NotFound);
        assert_eq!(denied(tree.remove_file(place)), Denied::NotFound);
        assert_eq!(denied(tree.remove_directory(place)), Denied::NotFound);
        assert_eq!(denied(tree.rename(place, at(root, "b"), true)), Denied::NotFound);
        assert!(bad_name(tree.rename(at(root, "a"), place, true)));
        assert!(bad_name(tree.make_directory(place)));
        assert!(bad_name(tree.create(place, Keep::Nothing, true)));
    }
}

fn the_root_itself(tree: &impl Tree, root: Root) {
    let top = at(root, "");
    assert_eq!(tree.status(top).unwrap().kind, Kind::Directory);
    assert_eq!(denied(tree.open(top).map(|_| ())), Denied::IsADirectory);
    assert_eq!(denied(tree.create(top, Keep::Nothing, true).map(|_| ())), Denied::IsADirectory);
    assert_eq!(denied(tree.make_directory(top)), Denied::Exists);
    assert_eq!(denied(tree.remove_directory(top)), Denied::NotPermitted);
    assert_eq!(denied(tree.remove_file(top)), Denied::IsADirectory);
    assert_eq!(denied(tree.rename(top, at(root, "x"), true)), Denied::NotPermitted);
    put(tree, root, "a", b"");
    assert_eq!(denied(tree.rename(at(root, "a"), top, true)), Denied::NotPermitted);
}
