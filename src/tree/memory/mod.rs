//! A tree in memory, for dialogues and the simulation.
//!
//! It behaves as [`OsTree`](super::OsTree) does, which one set of tests holds both to, but has no
//! links, no owners and no descriptors, and fails on request: the n-th read, look, write, commit or
//! sync from now on. It also knows what of it is on the disk, for tests that cut the power. Clones are
//! the same tree, so that a test keeps one to look into.

mod disk;
mod part;
mod state;

use std::cell::RefCell;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use crate::terms::{Content, Denied, Fault, PeerFault, Root, Trouble, UnixTime};

use super::path::is_servable_path;
use super::{Entries, Entry, Keep, Next, Place, Status, Tree, Wanted, settable_mode};
use part::Kept;
use state::{Body, Names, Node, State, split_last, strike};

pub use part::MemoryPart;

/// A tree in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    state: Rc<RefCell<State>>,
}

impl MemoryTree {
    /// A tree without any root.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an empty directory as a root.
    #[must_use]
    pub fn add_root(&self) -> Root {
        let mut state = self.state.borrow_mut();
        let number = state.add(0o755, Body::Directory(Names::new()));
        state.roots.push(number);
        Root(u32::try_from(state.roots.len() - 1).unwrap_or(u32::MAX))
    }

    /// Puts a directory at `path` below `root`, and those above it that are missing, all of them
    /// on the disk.
    ///
    /// # Errors
    /// There is no such root, no such name can be, or a file stands in the way.
    pub fn put_directory(&self, root: Root, path: &[u8]) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let number = state.put_directory(Place { root, path })?;
        state.sync_up(number);
        Ok(())
    }

    /// Puts a file at `path` below `root`, and the directories above it that are missing, all of it
    /// on the disk. What stood there is replaced; who has it open keeps reading the old content.
    ///
    /// # Errors
    /// There is no such root, no such name can be, or a directory stands there.
    pub fn put_file(&self, root: Root, path: &[u8], content: &[u8]) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (above, name) = split_last(path).ok_or(Denied::IsADirectory)?;
        let parent = state.put_directory(Place { root, path: above })?;
        if !is_servable_path(path) {
            return Err(PeerFault::BadName.into());
        }
        let number = state.put_content(parent, name, 0o644, content.into())?;
        state.sync_file(number);
        state.sync_up(parent);
        Ok(())
    }

    /// Takes the directory at `path` below `root` away, with all that it holds, whoever is at work in
    /// it.
    ///
    /// # Errors
    /// There is no such directory, or it is a root.
    pub fn take_away(&self, root: Root, path: &[u8]) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (above, name) = split_last(path).ok_or(Denied::NotPermitted)?;
        let (directory, _) = state.directory(Place { root, path })?;
        let (parent, _) = state.directory(Place { root, path: above })?;
        state.remove_below(directory);
        state.unlink(parent, name);
        Ok(())
    }

    /// Writes `content` into the file at `path` below `root`, in place: it is that which whoever has
    /// the file open reads from now on.
    ///
    /// # Errors
    /// There is no such file.
    pub fn rewrite(&self, root: Root, path: &[u8], content: &[u8]) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (number, _) = state.node(Place { root, path })?;
        let now = state.now;
        let content: Rc<[u8]> = content.into();
        match state.nodes.get_mut(&number) {
            Some(Node { body: Body::File(old), modified, .. }) => {
                *old = Rc::clone(&content);
                *modified = now;
            }
            Some(_) | None => return Err(Denied::IsADirectory.into()),
        }
        state.rewritten.insert(number, content);
        Ok(())
    }

    /// The content of the file at `path` below `root`, if there is one.
    #[must_use]
    pub fn content(&self, root: Root, path: &[u8]) -> Option<Rc<[u8]>> {
        let state = self.state.borrow();
        match &state.node(Place { root, path }).ok()?.1.body {
            Body::File(content) => Some(Rc::clone(content)),
            Body::Directory(_) => None,
        }
    }

    /// Sets the calendar's clock, from which whatever is made or changed from now on has its time.
    pub fn set_now(&self, now: UnixTime) {
        self.state.borrow_mut().now = now;
    }

    /// Uploads that were begun and are neither committed nor dropped: zero at the end of any test
    /// that leaks nothing.
    #[must_use]
    pub fn parts_under_way(&self) -> usize {
        self.state.borrow().parts.len()
    }

    /// What a broken upload to `path` below `root` has left, if nobody has gone on with it yet.
    #[must_use]
    pub fn left(&self, root: Root, path: &[u8]) -> Option<Vec<u8>> {
        let state = self.state.borrow();
        let (parent, name) =
            state.parent_to_look_in(Place { root, path }, Denied::IsADirectory).ok()?;
        state.left.get(&(parent, name.into())).map(|left| left.content.clone())
    }

    /// Parts that broken uploads have left and nobody has gone on with, removed or outdone.
    #[must_use]
    pub fn parts_left(&self) -> usize {
        self.state.borrow().left.len()
    }

    /// Sets how many bytes are said to be available, everywhere.
    pub fn set_available(&self, bytes: u64) {
        self.state.borrow_mut().available = bytes;
    }

    /// Lets `after` more reads pass and the next one fail.
    pub fn fail_read(&self, after: u64, with: io::ErrorKind) {
        self.state.borrow_mut().failures.read = Some((after, with));
    }

    /// Lets `after` more looks at an entry of a directory that is read pass and the next one fail.
    pub fn fail_entry(&self, after: u64, with: io::ErrorKind) {
        self.state.borrow_mut().failures.entry = Some((after, with));
    }

    /// Lets `after` more writes pass and the next one fail, such as with
    /// [`StorageFull`](io::ErrorKind::StorageFull). Carrying over counts as writing.
    pub fn fail_write(&self, after: u64, with: io::ErrorKind) {
        self.state.borrow_mut().failures.write = Some((after, with));
    }

    /// Lets `after` more commits pass and the next one fail.
    pub fn fail_commit(&self, after: u64, with: Fault) {
        self.state.borrow_mut().failures.commit = Some((after, with));
    }

    /// Lets `after` more writings to the disk pass and the next one fail: a durable commit first
    /// writes the content, and then the names.
    pub fn fail_sync(&self, after: u64, with: io::ErrorKind) {
        self.state.borrow_mut().failures.sync = Some((after, with));
    }

    /// Cuts the power: what is not on the disk may be lost or half there, as `dice` decides, which
    /// gives a number below the one that it is given. Nothing may have it open.
    pub fn cut_power(&self, dice: &mut dyn FnMut(usize) -> usize) {
        self.state.borrow_mut().cut_power(dice);
    }

    /// Notes from now on what is put in place, for [`MemoryTree::take_placed`].
    pub fn note_placed(&self) {
        self.state.borrow_mut().placed = Some(Vec::new());
    }

    /// What uploads and other work have put in place since this was asked last, in order, whatever
    /// has become of it; nothing before [`MemoryTree::note_placed`].
    #[must_use]
    pub fn take_placed(&self) -> Vec<Rc<[u8]>> {
        let mut state = self.state.borrow_mut();
        state.placed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Makes every read and write move no more than `most` bytes, or as many as it likes.
    pub fn limit_slices(&self, most: Option<usize>) {
        self.state.borrow_mut().most = most;
    }

    /// How many times so far a slice of a large directory was read on.
    #[must_use]
    pub fn slices(&self) -> u64 {
        self.state.borrow().slices
    }
}

impl Tree for MemoryTree {
    type File = MemoryFile;
    type Part = MemoryPart;
    type Entries = MemoryEntries;

    fn status(&self, place: Place<'_>) -> Result<Status, Fault> {
        let state = self.state.borrow();
        let (number, node) = state.node(place)?;
        Ok(node.status(number))
    }

    fn open(&self, place: Place<'_>) -> Result<(MemoryFile, Status), Fault> {
        let state = self.state.borrow();
        let (number, node) = state.node(place)?;
        match &node.body {
            Body::File(content) => {
                let content = Rc::clone(content);
                let file = MemoryFile { tree: self.clone(), number, content };
                Ok((file, node.status(number)))
            }
            Body::Directory(_) => Err(Denied::IsADirectory.into()),
        }
    }

    fn entries(&self, place: Place<'_>, wanted: Wanted) -> Result<MemoryEntries, Fault> {
        let state = self.state.borrow();
        let (directory, names) = state.directory(place)?;
        let names: Vec<_> = names
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, &number)| (name.clone(), number))
            .collect();
        let hides_parts = state.hides_parts(directory);
        let slices = names.len() / SLICE;
        let (names, lent) = (names.into_iter(), Box::default());
        Ok(MemoryEntries { tree: self.clone(), names, slices, hides_parts, lent })
    }

    fn create(&self, place: Place<'_>, keep: Keep, overwrite: bool) -> Result<MemoryPart, Fault> {
        let mut state = self.state.borrow_mut();
        let (parent, name) = state.parent_to_make_in(place, Denied::IsADirectory)?;
        let old =
            state.child(parent, name).and_then(|number| Some((number, state.nodes.get(&number)?)));
        let (old, mode) = match old {
            None => (None, 0o644),
            Some((number, Node { body: Body::File(content), mode, .. })) => {
                (Some((number, Rc::clone(content))), *mode)
            }
            Some(_) => return Err(Denied::IsADirectory.into()),
        };
        if old.is_some() && !overwrite {
            return Err(Denied::Exists.into());
        }
        let left = (parent, Box::from(name));
        let mut content = Vec::new();
        let kept = match (keep, old) {
            (Keep::Nothing | Keep::First(0), _) => Kept::Nothing,
            (Keep::First(most), None) => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                let long_enough = state.left.get(&left).is_some_and(|it| it.content.len() >= most);
                let found = if long_enough { state.left.remove(&left) } else { None };
                content = found.ok_or(PeerFault::BadRestart)?.content;
                content.truncate(most);
                Kept::Nothing
            }
            (Keep::All, None) => {
                content = state.left.remove(&left).map(|left| left.content).unwrap_or_default();
                Kept::Absent
            }
            (Keep::All, Some((number, content))) => {
                Kept::Of { number, left: content.len(), content }
            }
            (Keep::First(most), Some((number, content))) => {
                let left = usize::try_from(most).unwrap_or(usize::MAX);
                if left > content.len() {
                    return Err(PeerFault::BadRestart.into());
                }
                Kept::Of { number, left, content }
            }
        };
        state.parts.push(parent);
        let (tree, (_, name)) = (self.clone(), left);
        Ok(MemoryPart { tree, parent, name, content, mode, kept, overwrite })
    }

    fn received(&self, place: Place<'_>) -> Result<u64, Fault> {
        let state = self.state.borrow();
        let (parent, name) = state.parent_to_look_in(place, Denied::IsADirectory)?;
        let left = state.left.get(&(parent, name.into())).ok_or(Denied::NotFound)?;
        Ok(left.content.len() as u64)
    }

    fn sweep(&self, place: Place<'_>, before: UnixTime) {
        let mut state = self.state.borrow_mut();
        let Ok((number, _)) = state.directory(place) else { return };
        state.left.retain(|(directory, _), left| *directory != number || left.modified >= before);
    }

    fn set_modified(&self, place: Place<'_>, modified: UnixTime) -> Result<(), Fault> {
        self.state.borrow_mut().node_mut(place)?.modified = modified;
        Ok(())
    }

    fn set_mode(&self, place: Place<'_>, mode: u32) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let node = state.node_mut(place)?;
        node.mode = settable_mode(mode, node.is_directory());
        Ok(())
    }

    fn available(&self, place: Place<'_>) -> Result<u64, Fault> {
        let state = self.state.borrow();
        state.node(place).map(|_| state.available)
    }

    fn make_directory(&self, place: Place<'_>) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (parent, name) = state.parent_to_make_in(place, Denied::Exists)?;
        if state.child(parent, name).is_some() {
            return Err(Denied::Exists.into());
        }
        let number = state.add(0o755, Body::Directory(Names::new()));
        state.link(parent, name, number);
        Ok(())
    }

    fn remove_directory(&self, place: Place<'_>) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (parent, name) = state.parent_to_look_in(place, Denied::NotPermitted)?;
        let (number, names) = state.directory(place)?;
        if !names.is_empty() || state.parts.contains(&number) {
            return Err(Denied::NotEmpty.into());
        }
        state.unlink(parent, name);
        Ok(())
    }

    fn remove_file(&self, place: Place<'_>) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (parent, name) = state.parent_to_look_in(place, Denied::IsADirectory)?;
        if state.node(place)?.1.is_directory() {
            return Err(Denied::IsADirectory.into());
        }
        state.unlink(parent, name);
        Ok(())
    }

    fn rename(&self, from: Place<'_>, to: Place<'_>, overwrite: bool) -> Result<(), Fault> {
        let mut state = self.state.borrow_mut();
        let (old_parent, old_name) = state.parent_to_look_in(from, Denied::NotPermitted)?;
        let (new_parent, new_name) = state.parent_to_make_in(to, Denied::NotPermitted)?;
        let (number, node) = state.node(from)?;
        if state.is_within(new_parent, number) {
            return Err(Denied::NotPermitted.into());
        }
        if let Some(standing) = state.child(new_parent, new_name) {
            if !overwrite {
                return Err(Denied::Exists.into());
            }
            if standing == number {
                return Ok(());
            }
            let target = state.nodes.get(&standing).ok_or(Denied::NotFound)?;
            match (&node.body, &target.body) {
                (Body::File(_), Body::Directory(_)) => return Err(Denied::IsADirectory.into()),
                (Body::Directory(_), Body::File(_)) => return Err(Denied::NotADirectory.into()),
                (Body::Directory(_), Body::Directory(names))
                    if !names.is_empty() || state.hides_parts(standing) =>
                {
                    return Err(Denied::NotEmpty.into());
                }
                (Body::File(_), Body::File(_)) | (Body::Directory(_), Body::Directory(_)) => {}
            }
            state.unlink(new_parent, new_name);
        }
        state.link(new_parent, new_name, number);
        if let Some(names) = state.names_mut(old_parent) {
            names.remove(old_name);
        }
        Ok(())
    }
}

/// A file of a [`MemoryTree`], open for reading. It stays whole when another takes its name.
#[derive(Debug)]
pub struct MemoryFile {
    tree: MemoryTree,
    number: u64,
    content: Rc<[u8]>,
}

impl Content for MemoryFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.tree.state.borrow_mut();
        strike(&mut state.failures.read)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let content = state.rewritten.get(&self.number).unwrap_or(&self.content);
        let rest = content.get(start..).unwrap_or_default();
        let count = rest.len().min(buffer.len()).min(state.most.unwrap_or(usize::MAX));
        for (to, from) in buffer.iter_mut().zip(rest.iter().take(count)) {
            *to = *from;
        }
        Ok(count)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn still_holds(&self) -> io::Result<bool> {
        let state = self.tree.state.borrow();
        let now = state.rewritten.get(&self.number).unwrap_or(&self.content);
        Ok(now.len() > self.content.len() || Rc::ptr_eq(now, &self.content))
    }
}

/// Names that a [`MemoryTree`] reads at once.
const SLICE: usize = 500;

/// A directory of a [`MemoryTree`] being read.
#[derive(Debug)]
pub struct MemoryEntries {
    tree: MemoryTree,
    names: std::vec::IntoIter<(Box<[u8]>, u64)>,
    /// Slices that are still to be read, as if that took time.
    slices: usize,
    hides_parts: bool,
    /// The name that the last entry lent.
    lent: Box<[u8]>,
}

impl Entries for MemoryEntries {
    fn next_entry(&mut self) -> Result<Next<'_>, Fault> {
        if self.slices > 0 {
            self.slices -= 1;
            self.tree.state.borrow_mut().slices += 1;
            return Ok(Next::Later);
        }
        let mut state = self.tree.state.borrow_mut();
        strike(&mut state.failures.entry).map_err(|error| Trouble::of_file(&error))?;
        let there = self.names.find_map(|(name, number)| {
            let status = state.nodes.get(&number)?.status(number);
            Some((name, status))
        });
        let Some((name, status)) = there else { return Ok(Next::End) };
        self.lent = name;
        Ok(Next::Entry(Entry { name: &self.lent, status }))
    }

    fn hides_parts(&self) -> bool {
        self.hides_parts
    }
}

#[cfg(test)]
mod tests;
