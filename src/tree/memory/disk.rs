//! What of a tree in memory is on the disk, and what a power cut makes of the rest.
//!
//! As strict as POSIX, and no stricter than some file system is: content that was not synced may be
//! there in part, and each name in a directory that was not synced may be as it was or as it became,
//! whatever became of the others. A rename within a directory is one change; one between two is two,
//! since nothing that is promised here rests on it.

use std::collections::BTreeMap;

use super::state::{Body, Names, Node, State};

/// What is on the disk.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// The names in each directory.
    names: BTreeMap<u64, Names>,
    /// The files whose content is.
    files: BTreeMap<u64, Node>,
}

impl State {
    /// Writes the content of a file to the disk.
    pub(super) fn sync_file(&mut self, number: u64) {
        if let Some(node) = self.nodes.get(&number) {
            self.disk.files.insert(number, node.clone());
        }
    }

    /// Writes the names in a directory to the disk, and those in all directories above it.
    pub(super) fn sync_up(&mut self, directory: u64) {
        let mut next = Some(directory);
        while let Some(here) = next {
            if let Some(Node { body: Body::Directory(names), .. }) = self.nodes.get(&here) {
                self.disk.names.insert(here, names.clone());
            }
            next = self.nodes.iter().find_map(|(&number, node)| match &node.body {
                Body::Directory(names) if names.values().any(|&below| below == here) => {
                    Some(number)
                }
                Body::Directory(_) | Body::File(_) => None,
            });
        }
    }

    /// Leaves what is on the disk after a power cut; `dice` gives a number below the one it is given.
    pub(super) fn cut_power(&mut self, dice: &mut dyn FnMut(usize) -> usize) {
        let before = std::mem::take(&mut self.nodes);
        let mut standing = self.roots.clone();
        while let Some(number) = standing.pop() {
            let in_memory = match before.get(&number) {
                Some(Node { body: Body::Directory(names), .. }) => names.clone(),
                Some(_) | None => Names::new(),
            };
            let on_disk = self.disk.names.get(&number).cloned().unwrap_or_default();
            let names = either(&in_memory, &on_disk, dice);
            for &child in names.values() {
                match (before.get(&child), self.disk.files.get(&child)) {
                    (_, Some(file)) => drop(self.nodes.insert(child, file.clone())),
                    (Some(Node { modified, mode, body: Body::File(content) }), None) => {
                        let length = dice(content.len() + 1);
                        let rest = content.get(..length).unwrap_or_default().into();
                        let (modified, mode, body) = (*modified, *mode, Body::File(rest));
                        self.nodes.insert(child, Node { modified, mode, body });
                    }
                    (Some(_) | None, None) => standing.push(child),
                }
            }
            let (modified, mode) =
                before.get(&number).map_or((self.now, 0o755), |node| (node.modified, node.mode));
            self.nodes.insert(number, Node { modified, mode, body: Body::Directory(names) });
        }
        for left in self.left.values_mut() {
            left.content.truncate(dice(left.content.len() + 1));
        }
        let nodes = &self.nodes;
        self.left.retain(|(directory, _), _| nodes.contains_key(directory));
    }
}

/// Each name as it is in memory or as it is on the disk.
fn either(memory: &Names, disk: &Names, dice: &mut dyn FnMut(usize) -> usize) -> Names {
    let mut names = memory.clone();
    for name in memory.keys().chain(disk.keys()) {
        if memory.get(name) != disk.get(name) && dice(2) == 0 {
            match disk.get(name) {
                Some(&number) => drop(names.insert(name.clone(), number)),
                None => drop(names.remove(name)),
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::MemoryTree;
    use crate::terms::{Part, Root, Trouble};
    use crate::tree::{Keep, Place, Tree};

    /// A tree with a directory that has just been made, and an old file `d/old` on the disk.
    fn tree() -> (MemoryTree, Root) {
        let tree = MemoryTree::new();
        let root = tree.add_root();
        tree.put_file(root, b"d/old", b"old").unwrap();
        tree.make_directory(Place { root, path: b"d/e" }).unwrap();
        (tree, root)
    }

    fn part(tree: &MemoryTree, root: Root, path: &[u8]) -> impl Part + use<> {
        let mut part = tree.create(Place { root, path }, Keep::Nothing, true).unwrap();
        part.write(b"content").unwrap();
        part
    }

    #[test]
    fn what_was_committed_durably_outlasts_every_cut() {
        for round in 0..8 {
            let (tree, root) = tree();
            for path in [&b"d/e/new"[..], b"d/old"] {
                part(&tree, root, path).commit_durably().unwrap();
            }
            let mut rolls = 0;
            tree.cut_power(&mut |most| {
                rolls += 1;
                (round >> (rolls % 3)) % most
            });
            for path in [&b"d/e/new"[..], b"d/old"] {
                assert_eq!(tree.content(root, path).as_deref(), Some(&b"content"[..]));
            }
        }
    }

    #[test]
    fn what_was_not_may_be_gone_whole_or_half() {
        let mut seen = Vec::new();
        for roll in 0..3 {
            let (tree, root) = tree();
            part(&tree, root, b"d/new").commit().unwrap();
            part(&tree, root, b"d/old").commit().unwrap();
            tree.cut_power(&mut |most| roll % most);
            let length = |path| tree.content(root, path).map(|content| content.len());
            seen.push((length(b"d/new"), length(b"d/old")));
        }
        assert_eq!(seen, [(None, Some(3)), (Some(1), Some(1)), (None, Some(3))]);
    }

    #[test]
    fn a_disk_that_refuses_the_content_leaves_the_old_file() {
        let (tree, root) = tree();
        let failed = Err(Trouble::DiskFull.into());
        tree.fail_sync(0, std::io::ErrorKind::StorageFull);
        assert_eq!(part(&tree, root, b"d/old").commit_durably(), failed);
        assert_eq!(tree.content(root, b"d/old").as_deref(), Some(&b"old"[..]));
        // Its name comes after it is in place.
        tree.fail_sync(1, std::io::ErrorKind::StorageFull);
        assert_eq!(part(&tree, root, b"d/old").commit_durably(), failed);
        assert_eq!(tree.content(root, b"d/old").as_deref(), Some(&b"content"[..]));
        assert_eq!((tree.parts_under_way(), tree.parts_left()), (0, 0));
    }
}
