//! What only this tree does: it is laid out, looked into and made to fail by a test.

use super::*;
use crate::terms::{Part, Trouble};

const UP: &[u8] = b"d/up";

fn tree() -> (MemoryTree, Root) {
    let tree = MemoryTree::new();
    let root = tree.add_root();
    tree.put_directory(root, b"d").unwrap();
    tree.put_file(root, b"d/a", b"0123456789").unwrap();
    (tree, root)
}

#[test]
fn is_laid_out_and_looked_into_by_a_test() {
    let (tree, root) = tree();
    tree.set_now(UnixTime(7));
    tree.put_file(root, b"x/y/z", b"deep").unwrap();
    assert_eq!(tree.content(root, b"x/y/z").as_deref(), Some(&b"deep"[..]));
    assert_eq!(tree.content(root, b"x/y"), None);
    assert_eq!(tree.content(root, b"none"), None);
    let status = tree.status(Place { root, path: b"x/y/z" }).unwrap();
    assert_eq!((status.modified, status.size), (UnixTime(7), 4));
    assert_eq!(tree.put_file(root, b"d", b""), Err(Denied::IsADirectory.into()));
    assert_eq!(tree.put_file(root, b"d/a/b", b""), Err(Denied::NotADirectory.into()));
    assert_eq!(tree.put_file(root, b"d/..", b""), Err(PeerFault::BadName.into()));
    assert_eq!(tree.put_file(Root(9), b"a", b""), Err(Denied::NotFound.into()));
}

#[test]
fn fails_once_and_when_told_to() {
    let (tree, root) = tree();
    let (file, _) = tree.open(Place { root, path: b"d/a" }).unwrap();
    tree.fail_read(1, io::ErrorKind::Other);
    let mut buffer = [0; 4];
    let results: Vec<_> = (0..3).map(|_| file.read_at(0, &mut buffer).is_ok()).collect();
    assert_eq!(results, [true, false, true]);

    let place = Place { root, path: UP };
    let mut part = tree.create(place, Keep::Nothing, true).unwrap();
    tree.fail_write(0, io::ErrorKind::StorageFull);
    assert_eq!(part.write(b"x").unwrap_err().kind(), io::ErrorKind::StorageFull);
    tree.fail_commit(0, Trouble::DiskFull.into());
    assert_eq!(tree.parts_under_way(), 1);
    assert_eq!(part.commit(), Err(Trouble::DiskFull.into()));
    assert_eq!(tree.parts_under_way(), 0);
    assert_eq!(tree.content(root, UP), None);
}

#[test]
fn moves_in_slices_when_told_to() {
    let (tree, root) = tree();
    tree.limit_slices(Some(3));
    let (file, _) = tree.open(Place { root, path: b"d/a" }).unwrap();
    let mut buffer = [0; 9];
    assert_eq!(file.read_at(8, &mut buffer).unwrap(), 2);
    assert_eq!(file.read_at(0, &mut buffer).unwrap(), 3);
    let mut part = tree.create(Place { root, path: UP }, Keep::Nothing, true).unwrap();
    assert_eq!(part.write(b"four").unwrap(), 3);
    tree.limit_slices(None);
    assert_eq!(part.write(b"four").unwrap(), 4);
    part.commit().unwrap();
    assert_eq!(tree.content(root, UP).as_deref(), Some(&b"foufour"[..]));
}
