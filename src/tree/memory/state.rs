//! The nodes of a tree in memory, and the ways through them.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use super::disk::Disk;
use crate::terms::{Denied, Fault, PeerFault, Root, UnixTime};
use crate::tree::path::is_servable_path;
use crate::tree::{Kind, Place, Status};

/// All there is to a tree in memory.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Every file and directory by its number, which is never given twice.
    pub(super) nodes: BTreeMap<u64, Node>,
    last: u64,
    /// Indexed by [`Root`].
    pub(super) roots: Vec<u64>,
    pub(super) now: UnixTime,
    /// The directory of each upload under way.
    pub(super) parts: Vec<u64>,
    /// What broken uploads left, by directory and target name.
    pub(super) left: BTreeMap<(u64, Box<[u8]>), Left>,
    /// What was written into files in place, by their numbers.
    pub(super) rewritten: BTreeMap<u64, Rc<[u8]>>,
    /// Bytes that are said to be available.
    pub(super) available: u64,
    pub(super) failures: Failures,
    pub(super) disk: Disk,
    /// Most bytes that one read or write moves, if it is limited.
    pub(super) most: Option<usize>,
    /// Slices of directories that were read on.
    pub(super) slices: u64,
    /// What was put in place, where that is noted.
    pub(super) placed: Option<Vec<Rc<[u8]>>>,
}

/// What a directory holds: names, and the numbers of their nodes.
pub(super) type Names = BTreeMap<Box<[u8]>, u64>;

/// A file or a directory.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) modified: UnixTime,
    pub(super) mode: u32,
    pub(super) body: Body,
}

/// What is in it. The content of a file changes where a test writes into it in place, and is another
/// file's, of another number, wherever a client puts it.
#[derive(Debug, Clone)]
pub(super) enum Body {
    File(Rc<[u8]>),
    Directory(Names),
}

/// What a broken upload left.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) content: Vec<u8>,
    pub(super) modified: UnixTime,
}

/// What fails after so many more that do not.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) read: Option<(u64, io::ErrorKind)>,
    pub(super) entry: Option<(u64, io::ErrorKind)>,
    pub(super) write: Option<(u64, io::ErrorKind)>,
    pub(super) commit: Option<(u64, Fault)>,
    pub(super) sync: Option<(u64, io::ErrorKind)>,
}

impl State {
    /// Adds a node that no directory holds yet.
    pub(super) fn add(&mut self, mode: u32, body: Body) -> u64 {
        self.last += 1;
        self.nodes.insert(self.last, Node { modified: self.now, mode, body });
        self.last
    }

    /// The node of that name in a directory.
    pub(super) fn child(&self, directory: u64, name: &[u8]) -> Option<u64> {
        match &self.nodes.get(&directory)?.body {
            Body::Directory(names) => names.get(name).copied(),
            Body::File(_) => None,
        }
    }

    /// Whether a file's content is still this one.
    pub(super) fn holds(&self, number: u64, content: &Rc<[u8]>) -> bool {
        match self.nodes.get(&number).map(|node| &node.body) {
            Some(Body::File(now)) => Rc::ptr_eq(now, content),
            Some(Body::Directory(_)) | None => false,
        }
    }

    /// The names in a directory, which counts as a change of it.
    pub(super) fn names_mut(&mut self, directory: u64) -> Option<&mut Names> {
        let now = self.now;
        match self.nodes.get_mut(&directory)? {
            Node { body: Body::Directory(names), modified, .. } => {
                *modified = now;
                Some(names)
            }
            Node { body: Body::File(_), .. } => None,
        }
    }

    /// Gives a node a name in a directory.
    pub(super) fn link(&mut self, directory: u64, name: &[u8], number: u64) {
        if let Some(names) = self.names_mut(directory) {
            names.insert(name.into(), number);
        }
    }

    /// Removes a name and its node from a directory, and what was left in that node.
    pub(super) fn unlink(&mut self, directory: u64, name: &[u8]) {
        if let Some(number) = self.names_mut(directory).and_then(|names| names.remove(name)) {
            self.nodes.remove(&number);
            self.left.retain(|(directory, _), _| *directory != number);
        }
    }

    /// Removes all that a directory held which has no name any more.
    pub(super) fn remove_below(&mut self, directory: u64) {
        let Some(Node { body: Body::Directory(names), .. }) = self.nodes.remove(&directory) else {
            return;
        };
        self.left.retain(|(there, _), _| *there != directory);
        for number in names.into_values() {
            self.remove_below(number);
            self.nodes.remove(&number);
        }
    }

    /// Whether any hidden part stands in a directory, of a running upload or left.
    pub(super) fn hides_parts(&self, directory: u64) -> bool {
        self.parts.contains(&directory) || self.left.keys().any(|(there, _)| *there == directory)
    }

    /// Puts a new file in place of whatever file stands there. Returns its number.
    pub(super) fn put_content(
        &mut self,
        parent: u64,
        name: &[u8],
        mode: u32,
        content: Rc<[u8]>,
    ) -> Result<u64, Fault> {
        let standing = self.child(parent, name).and_then(|number| self.nodes.get(&number));
        if standing.is_some_and(Node::is_directory) {
            return Err(Denied::IsADirectory.into());
        }
        self.unlink(parent, name);
        let number = self.add(mode, Body::File(content));
        self.link(parent, name, number);
        Ok(number)
    }

    /// The directory at a place, made with all above it where it is missing.
    pub(super) fn put_directory(&mut self, place: Place<'_>) -> Result<u64, Fault> {
        if !is_servable_path(place.path) {
            return Err(PeerFault::BadName.into());
        }
        let mut here = self.root(place.root)?;
        for name in components(place.path) {
            here = match self.child(here, name) {
                Some(number) => number,
                None => {
                    let number = self.add(0o755, Body::Directory(BTreeMap::new()));
                    self.link(here, name, number);
                    number
                }
            };
            if !self.nodes.get(&here).is_some_and(Node::is_directory) {
                return Err(Denied::NotADirectory.into());
            }
        }
        Ok(here)
    }

    fn root(&self, root: Root) -> Result<u64, Fault> {
        let index = usize::try_from(root.0).unwrap_or(usize::MAX);
        self.roots.get(index).copied().ok_or(Denied::NotFound.into())
    }

    /// What stands at a place that is looked for.
    pub(super) fn node(&self, place: Place<'_>) -> Result<(u64, &Node), Fault> {
        if !is_servable_path(place.path) {
            return Err(Denied::NotFound.into());
        }
        let mut number = self.root(place.root)?;
        let mut node = self.nodes.get(&number).ok_or(Denied::NotFound)?;
        for name in components(place.path) {
            let Body::Directory(names) = &node.body else {
                return Err(Denied::NotADirectory.into());
            };
            number = *names.get(name).ok_or(Denied::NotFound)?;
            node = self.nodes.get(&number).ok_or(Denied::NotFound)?;
        }
        Ok((number, node))
    }

    /// The same, to be changed.
    pub(super) fn node_mut(&mut self, place: Place<'_>) -> Result<&mut Node, Fault> {
        let (number, _) = self.node(place)?;
        self.nodes.get_mut(&number).ok_or(Denied::NotFound.into())
    }

    /// The directory at a place that is looked for.
    pub(super) fn directory(&self, place: Place<'_>) -> Result<(u64, &Names), Fault> {
        let (number, node) = self.node(place)?;
        match &node.body {
            Body::Directory(names) => Ok((number, names)),
            Body::File(_) => Err(Denied::NotADirectory.into()),
        }
    }

    /// The parent and the last name of a place that is looked for; `at_root` is the answer for a
    /// root, which has neither.
    pub(super) fn parent_to_look_in<'a>(
        &self,
        place: Place<'a>,
        at_root: Denied,
    ) -> Result<(u64, &'a [u8]), Fault> {
        if !is_servable_path(place.path) {
            return Err(Denied::NotFound.into());
        }
        self.root(place.root)?;
        let (path, name) = split_last(place.path).ok_or(at_root)?;
        let (number, _) = self.directory(Place { root: place.root, path })?;
        Ok((number, name))
    }

    /// The same of a place that is to be made.
    pub(super) fn parent_to_make_in<'a>(
        &self,
        place: Place<'a>,
        at_root: Denied,
    ) -> Result<(u64, &'a [u8]), Fault> {
        if !is_servable_path(place.path) {
            return Err(PeerFault::BadName.into());
        }
        self.parent_to_look_in(place, at_root)
    }

    /// True if `directory` is `above` or lies anywhere below it.
    pub(super) fn is_within(&self, directory: u64, above: u64) -> bool {
        directory == above
            || match self.nodes.get(&above).map(|node| &node.body) {
                Some(Body::Directory(names)) => {
                    names.values().any(|&below| self.is_within(directory, below))
                }
                Some(Body::File(_)) | None => false,
            }
    }
}

impl Node {
    pub(super) fn is_directory(&self) -> bool {
        match self.body {
            Body::Directory(_) => true,
            Body::File(_) => false,
        }
    }

    pub(super) fn status(&self, number: u64) -> Status {
        let (kind, size) = match &self.body {
            Body::File(content) => (Kind::File, content.len() as u64),
            Body::Directory(_) => (Kind::Directory, 0),
        };
        Status {
            kind,
            size,
            modified: self.modified,
            mode: self.mode,
            links: 1,
            owner: 0,
            group: 0,
            unique: (0, number),
        }
    }
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

/// All of `path` but its last component, and that one; `None` for an empty path.
pub(super) fn split_last(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut halves = path.rsplitn(2, |&byte| byte == b'/');
    let name = halves.next().filter(|name| !name.is_empty())?;
    Some((halves.next().unwrap_or_default(), name))
}

/// Fails if it is this one's turn.
pub(super) fn strike(failure: &mut Option<(u64, io::ErrorKind)>) -> io::Result<()> {
    Ok(strike_with(failure)?)
}

/// The same for any error.
pub(super) fn strike_with<E>(failure: &mut Option<(u64, E)>) -> Result<(), E> {
    match failure.take() {
        None => Ok(()),
        Some((0, with)) => Err(with),
        Some((after, with)) => {
            *failure = Some((after - 1, with));
            Ok(())
        }
    }
}
