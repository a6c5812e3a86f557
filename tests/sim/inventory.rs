//! What is in the tree at the end of a run, against what the peers know to have put there.
//!
//! Every name is looked at, so that nothing stands there half, or under a name that nobody gave.

use coracle::terms::Root;
use coracle::tree::{Entries, Kind, Next, Place, Tree};

use crate::peers::{Lore, Version, unpacked};

/// The files that hold what nobody put there, or that nobody made, each with how long it is.
pub(crate) fn unknown(lore: &Lore) -> Vec<(String, Option<usize>)> {
    let mut paths: Vec<Vec<u8>> = lore.versions.keys().cloned().collect();
    for (name, root) in &lore.roots {
        let mut inner = Vec::new();
        walk(lore, *root, Vec::new(), &mut inner);
        paths.extend(inner.iter().map(|path| [b"/".as_slice(), name, b"/", path].concat()));
    }
    let unknown = paths.iter().filter_map(|path| {
        let held = lore.content(path);
        let length = held.as_ref().map(|content| content.len());
        (!is_known(lore, path, &held)).then(|| (path.escape_ascii().to_string(), length))
    });
    unknown.collect()
}

/// Compressions that were stopped leave no hidden part.
pub(crate) fn check_parts(lore: &Lore) {
    for target in lore.packed.keys() {
        let left = lore.left(target).map(|left| left.len());
        assert_eq!(left, None, "a part of {} is left", target.escape_ascii());
    }
}

fn is_known(lore: &Lore, path: &[u8], held: &Version) -> bool {
    lore.versions.get(path).is_some_and(|versions| versions.contains(held))
        || is_packed(lore, path, held)
        || is_nameless(lore, path, held)
}

/// Whether it unpacks to what it may have been made of.
fn is_packed(lore: &Lore, path: &[u8], held: &Version) -> bool {
    let content = held.as_deref().and_then(unpacked);
    lore.packed
        .get(path)
        .zip(content)
        .is_some_and(|(sources, content)| sources.iter().any(|source| source[..] == content))
}

/// Whether it was sent under a name of the server's making.
fn is_nameless(lore: &Lore, path: &[u8], held: &Version) -> bool {
    path.starts_with(b"/Incoming/upload-")
        && held.as_ref().is_some_and(|content| lore.nameless.contains(content))
}

/// The paths of all files below `above`.
fn walk(lore: &Lore, root: Root, above: Vec<u8>, paths: &mut Vec<Vec<u8>>) {
    let place = Place { root, path: &above };
    let mut entries =
        lore.tree.entries(place, Box::new(|_| true)).expect("a directory can be read");
    let mut below = Vec::new();
    loop {
        let entry = match entries.next_entry() {
            Ok(Next::Entry(entry)) => entry,
            Ok(Next::Later) => continue,
            Ok(Next::End) => break,
            // A look that the scenario has fail, and nobody has taken yet.
            Err(_) => continue,
        };
        let slash: &[u8] = if above.is_empty() { b"" } else { b"/" };
        let path = [above.as_slice(), slash, entry.name].concat();
        match entry.status.kind {
            Kind::Directory => below.push(path),
            Kind::File | Kind::Other => paths.push(path),
        }
    }
    for path in below {
        walk(lore, root, path, paths);
    }
}
