//! An upload to a tree in memory: its content is its own until it is put in place.

use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use super::MemoryTree;
use super::state::{Left, State, strike, strike_with};
use crate::terms::{Denied, Fault, Part, Trouble};

/// An upload to a [`MemoryTree`].
#[derive(Debug)]
pub struct MemoryPart {
    pub(super) tree: MemoryTree,
    pub(super) parent: u64,
    pub(super) name: Box<[u8]>,
    pub(super) content: Vec<u8>,
    pub(super) mode: u32,
    pub(super) kept: Kept,
    pub(super) overwrite: bool,
}

/// What an upload keeps of the old file.
#[derive(Debug)]
pub(super) enum Kept {
    Nothing,
    Absent,
    Of { number: u64, content: Rc<[u8]>, left: usize },
}

impl MemoryPart {
    /// Puts it in place; returns its number.
    fn put_in_place(&mut self, state: &mut State) -> Result<u64, Fault> {
        strike_with(&mut state.failures.commit)?;
        if !state.nodes.contains_key(&self.parent) {
            return Err(Denied::NotFound.into());
        }
        let standing = state.child(self.parent, &self.name);
        match self.kept {
            Kept::Of { left: 1.., .. } => {
                return Err(Trouble::Io(io::ErrorKind::UnexpectedEof).into());
            }
            Kept::Of { number, ref content, .. }
                if standing != Some(number) || !state.holds(number, content) =>
            {
                return Err(Trouble::Changed.into());
            }
            Kept::Absent if standing.is_some() && self.overwrite => {
                return Err(Trouble::Changed.into());
            }
            Kept::Nothing | Kept::Absent | Kept::Of { .. } => {}
        }
        if standing.is_some() && !self.overwrite {
            return Err(Denied::Exists.into());
        }
        let content: Rc<[u8]> = std::mem::take(&mut self.content).into();
        let number = state.put_content(self.parent, &self.name, self.mode, Rc::clone(&content))?;
        if let Some(placed) = &mut state.placed {
            placed.push(content);
        }
        state.left.remove(&(self.parent, self.name.clone()));
        Ok(number)
    }
}

impl Part for MemoryPart {
    fn carry_over(&mut self, most: usize) -> io::Result<usize> {
        let Kept::Of { content, left, .. } = &mut self.kept else { return Ok(0) };
        let mut state = self.tree.state.borrow_mut();
        let slice = (*left).min(most).min(state.most.unwrap_or(usize::MAX));
        if slice > 0 {
            strike(&mut state.failures.write)?;
        }
        let start = self.content.len();
        self.content.extend_from_slice(content.get(start..start + slice).unwrap_or_default());
        *left -= slice;
        Ok(slice)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.tree.state.borrow_mut();
        strike(&mut state.failures.write)?;
        let count = bytes.len().min(state.most.unwrap_or(usize::MAX));
        self.content.extend_from_slice(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn descriptor(&self) -> Option<(BorrowedFd<'_>, u64)> {
        None
    }

    /// There is no descriptor by which bytes could come.
    fn advance(&mut self, _count: u64) {}

    fn commit(mut self) -> Result<(), Fault> {
        let tree = self.tree.clone();
        self.put_in_place(&mut tree.state.borrow_mut()).map(|_| ())
    }

    fn commit_durably(mut self) -> Result<(), Fault> {
        let tree = self.tree.clone();
        let state = &mut *tree.state.borrow_mut();
        let failed = |error: io::Error| Trouble::of_file(&error);
        strike(&mut state.failures.sync).map_err(failed)?;
        let number = self.put_in_place(state)?;
        state.sync_file(number);
        strike(&mut state.failures.sync).map_err(failed)?;
        state.sync_up(self.parent);
        Ok(())
    }

    fn leave(mut self) {
        let goes_on_from_old = match self.kept {
            Kept::Nothing | Kept::Absent => false,
            Kept::Of { .. } => true,
        };
        let mut state = self.tree.state.borrow_mut();
        // The directory may be gone, but for who has it open.
        if !self.content.is_empty() && !goes_on_from_old && state.nodes.contains_key(&self.parent) {
            let content = std::mem::take(&mut self.content);
            let left = Left { content, modified: state.now };
            state.left.insert((self.parent, self.name.clone()), left);
        }
    }
}

impl Drop for MemoryPart {
    fn drop(&mut self) {
        let mut state = self.tree.state.borrow_mut();
        if let Some(index) = state.parts.iter().position(|&parent| parent == self.parent) {
            state.parts.swap_remove(index);
        }
    }
}
