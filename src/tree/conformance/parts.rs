//! What every tree does with uploads that break off: they are left, found, gone on with, swept.

use super::{at, bad_restart, carry_all, content, denied, names, put, write_all};
use crate::terms::{Denied, Part, Root, Trouble, UnixTime};
use crate::tree::{Entries, Keep, Tree};

/// An upload that breaks off after these bytes.
fn cut(tree: &impl Tree, root: Root, path: &str, keep: Keep, bytes: &[u8]) {
    let mut part = tree.create(at(root, path), keep, true).unwrap();
    carry_all(&mut part);
    write_all(&mut part, bytes);
    part.leave();
}

/// An upload that does not.
fn resume(tree: &impl Tree, root: Root, path: &str, keep: Keep, bytes: &[u8]) {
    let mut part = tree.create(at(root, path), keep, true).unwrap();
    carry_all(&mut part);
    write_all(&mut part, bytes);
    part.commit().unwrap();
}

fn hides_parts(tree: &impl Tree, root: Root, path: &str) -> bool {
    tree.entries(at(root, path), Box::new(|_| true)).unwrap().hides_parts()
}

/// Sweeps whatever no upload owns.
fn sweep(tree: &impl Tree, root: Root, path: &str) {
    tree.sweep(at(root, path), UnixTime(i64::MAX));
}

fn received(tree: &impl Tree, root: Root, path: &str) -> Option<u64> {
    match tree.received(at(root, path)) {
        Ok(bytes) => Some(bytes),
        nothing => {
            assert_eq!(denied(nothing), Denied::NotFound);
            None
        }
    }
}

pub(super) fn leaving_a_part(tree: &impl Tree, root: Root) {
    assert!(!hides_parts(tree, root, ""));
    cut(tree, root, "a", Keep::Nothing, b"half");
    assert_eq!(received(tree, root, "a"), Some(4));
    assert!(hides_parts(tree, root, ""));
    assert_eq!(names(tree, root, ""), [""; 0]);
    assert_eq!(denied(tree.status(at(root, "a"))), Denied::NotFound);
    assert_eq!(denied(tree.open(at(root, "a")).map(|_| ())), Denied::NotFound);
    assert_eq!(received(tree, root, "b"), None);
    assert_eq!(received(tree, root, "none/b"), None);
    // The last to break off is the one that is left; none that got nothing is.
    cut(tree, root, "a", Keep::Nothing, b"other");
    assert_eq!(received(tree, root, "a"), Some(5));
    cut(tree, root, "a", Keep::Nothing, b"");
    assert_eq!(received(tree, root, "a"), Some(5));
    // A whole upload leaves no use for it.
    put(tree, root, "a", b"whole");
    assert_eq!(received(tree, root, "a"), None);
    assert!(!hides_parts(tree, root, ""));
}

pub(super) fn going_on_with_a_part(tree: &impl Tree, root: Root) {
    for (keep, result) in [(Keep::First(4), "half+"), (Keep::First(2), "ha+"), (Keep::All, "half+")]
    {
        cut(tree, root, "a", Keep::Nothing, b"half");
        let again = tree.create(at(root, "a"), Keep::First(5), true);
        assert!(bad_restart(again.map(|_| ())));
        assert_eq!(received(tree, root, "a"), Some(4));
        resume(tree, root, "a", keep, b"+");
        assert_eq!(content(tree, root, "a").unwrap(), result.as_bytes());
        assert_eq!(received(tree, root, "a"), None);
        tree.remove_file(at(root, "a")).unwrap();
    }
    // Broken twice.
    cut(tree, root, "a", Keep::Nothing, b"one ");
    cut(tree, root, "a", Keep::All, b"two ");
    cut(tree, root, "a", Keep::First(8), b"");
    assert_eq!(received(tree, root, "a"), Some(8));
    resume(tree, root, "a", Keep::First(8), b"three");
    assert_eq!(content(tree, root, "a").unwrap(), b"one two three");
    // What is given up is gone.
    cut(tree, root, "b", Keep::Nothing, b"half");
    drop(tree.create(at(root, "b"), Keep::All, true).unwrap());
    assert_eq!(received(tree, root, "b"), None);
    assert!(!hides_parts(tree, root, ""));
}

pub(super) fn a_part_has_one_owner(tree: &impl Tree, root: Root) {
    cut(tree, root, "a", Keep::Nothing, b"half");
    let mut first = tree.create(at(root, "a"), Keep::First(4), true).unwrap();
    assert_eq!(received(tree, root, "a"), None);
    assert!(bad_restart(tree.create(at(root, "a"), Keep::First(4), true).map(|_| ())));
    let mut second = tree.create(at(root, "a"), Keep::Nothing, true).unwrap();
    write_all(&mut first, b" and half");
    write_all(&mut second, b"all");
    second.commit().unwrap();
    first.commit().unwrap();
    assert_eq!(content(tree, root, "a").unwrap(), b"half and half");
}

pub(super) fn a_file_that_comes_meanwhile(tree: &impl Tree, root: Root) {
    for (keep, overwrite, answer) in [
        (Keep::First(4), false, Err(Denied::Exists.into())),
        (Keep::All, false, Err(Denied::Exists.into())),
        (Keep::All, true, Err(Trouble::Changed.into())),
        (Keep::First(4), true, Ok(())),
    ] {
        cut(tree, root, "a", Keep::Nothing, b"half");
        let part = tree.create(at(root, "a"), keep, overwrite).unwrap();
        put(tree, root, "a", b"new");
        assert_eq!(part.commit(), answer);
        let stands: &[u8] = if answer.is_ok() { b"half" } else { b"new" };
        assert_eq!(content(tree, root, "a").unwrap(), stands);
        tree.remove_file(at(root, "a")).unwrap();
    }
}

pub(super) fn a_file_comes_before_a_part(tree: &impl Tree, root: Root) {
    put(tree, root, "a", b"old");
    cut(tree, root, "a", Keep::Nothing, b"new and longer");
    assert!(bad_restart(tree.create(at(root, "a"), Keep::First(4), true).map(|_| ())));
    resume(tree, root, "a", Keep::All, b"er");
    assert_eq!(content(tree, root, "a").unwrap(), b"older");
    // What goes on from a file is not left: the file is there to go on from.
    for keep in [Keep::All, Keep::First(3)] {
        cut(tree, root, "a", keep, b"!");
        assert_eq!(received(tree, root, "a"), None);
        assert!(!hides_parts(tree, root, ""));
    }
    assert_eq!(content(tree, root, "a").unwrap(), b"older");
}

pub(super) fn parts_of_long_names(tree: &impl Tree, root: Root) {
    let long = "x".repeat(254);
    let names = ["a", "b"].map(|end| format!("{long}{end}"));
    for name in &names {
        cut(tree, root, name, Keep::Nothing, name.as_bytes());
        assert_eq!(received(tree, root, name), Some(255));
    }
    for name in &names {
        resume(tree, root, name, Keep::First(255), b"+");
        let whole = content(tree, root, name).unwrap();
        assert_eq!(whole, format!("{name}+").as_bytes());
    }
}

pub(super) fn sweeping(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    put(tree, root, "d/file", b"");
    cut(tree, root, "d/a", Keep::Nothing, b"half");
    cut(tree, root, "b", Keep::Nothing, b"half");
    let running = tree.create(at(root, "d/c"), Keep::Nothing, true).unwrap();
    tree.sweep(at(root, "d"), UnixTime(i64::MIN));
    assert_eq!(received(tree, root, "d/a"), Some(4));
    sweep(tree, root, "d");
    assert_eq!(received(tree, root, "d/a"), None);
    assert_eq!(received(tree, root, "b"), Some(4));
    assert!(hides_parts(tree, root, "d"), "an upload keeps its part");
    running.commit().unwrap();
    assert_eq!(names(tree, root, "d"), ["c", "file"]);
    // Where there is no such directory, nothing happens.
    for path in ["none", "d/file", "..", ""] {
        sweep(tree, root, path);
    }
    assert_eq!(received(tree, root, "b"), None);
}

pub(super) fn directories_that_hide_parts(tree: &impl Tree, root: Root) {
    tree.make_directory(at(root, "d")).unwrap();
    cut(tree, root, "d/a", Keep::Nothing, b"half");
    tree.rename(at(root, "d"), at(root, "e"), false).unwrap();
    assert_eq!(received(tree, root, "e/a"), Some(4));
    tree.remove_directory(at(root, "e")).unwrap();
    tree.make_directory(at(root, "e")).unwrap();
    assert_eq!(received(tree, root, "e/a"), None);
    // One whose directory has gone before it.
    let mut part = tree.create(at(root, "e/a"), Keep::Nothing, true).unwrap();
    write_all(&mut part, b"half");
    assert_eq!(denied(tree.remove_directory(at(root, "e"))), Denied::NotEmpty);
    part.leave();
    tree.make_directory(at(root, "f")).unwrap();
    let over = tree.rename(at(root, "f"), at(root, "e"), true);
    assert_eq!(denied(over), Denied::NotEmpty);
    tree.remove_directory(at(root, "e")).unwrap();
}
