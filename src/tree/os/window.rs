//! The names of a directory in ascending order, a window of them at a time, in bounded memory.
//!
//! A directory tells its names in an order of its own, and to sort them all means to hold them all:
//! a directory of millions would take hundreds of megabytes from every client that lists it. So what
//! is held is bounded. Whoever fills the window reads the whole directory, the window keeps the first
//! names of those that it has not given out yet, and when they are given out the directory is read
//! once more, for those behind them. Nearly all directories fit the window and are read once.
//!
//! Names stand end to end in one arena, each with the NUL that the kernel wants behind it, so that
//! nothing is allocated or copied for one entry. They are sorted by their first eight bytes as a
//! number, which decides between most. It knows no descriptor; `entries` fills it.

use std::cmp::Ordering;
use std::ffi::CStr;

/// The next names of a directory.
#[derive(Debug)]
pub(super) struct Window {
    /// Bytes that names may take.
    most: usize,
    /// Each name with a NUL behind it.
    arena: Vec<u8>,
    index: Vec<Name>,
    /// The first of `index` that was not given out yet.
    next: usize,
    /// Names up to this one were given out of earlier windows.
    floor: Option<Box<[u8]>>,
    /// Names behind this one are for a later window.
    ceiling: Option<Box<[u8]>>,
}

/// Where a name stands in the arena.
#[derive(Debug, Clone, Copy)]
struct Name {
    /// The first eight bytes, filled up with zeros, as a big-endian number: orders as they do.
    head: u64,
    start: u32,
    /// Without the NUL.
    length: u8,
}

impl Window {
    /// An empty one, in which names take up to `most` bytes and up to one name more.
    pub(super) fn new(most: usize) -> Self {
        let (arena, index) = (Vec::new(), Vec::new());
        Self { most, arena, index, next: 0, floor: None, ceiling: None }
    }

    /// Takes `name` in, if its turn is before all that can't be held.
    pub(super) fn offer(&mut self, name: &CStr) {
        let bytes = name.to_bytes();
        let is_of_now = self.floor.as_deref().is_none_or(|floor| bytes > floor)
            && self.ceiling.as_deref().is_none_or(|ceiling| bytes <= ceiling);
        // No file system has names longer than 255 bytes, nor does a window come to 4 GiB.
        let place = (u32::try_from(self.arena.len()), u8::try_from(bytes.len()));
        let (true, (Ok(start), Ok(length))) = (is_of_now, place) else { return };
        let mut head = [0; 8];
        for (to, from) in head.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.arena.extend_from_slice(name.to_bytes_with_nul());
        self.index.push(Name { head: u64::from_be_bytes(head), start, length });
        let held = self.arena.len() + self.index.len() * size_of::<Name>();
        if held > self.most && self.index.len() > 1 {
            self.halve();
        }
    }

    /// All names have been offered: sorts them, to be given out. One that was removed and made anew
    /// while the directory was read may have been offered twice.
    pub(super) fn sort(&mut self) {
        let Self { arena, index, .. } = self;
        index.sort_unstable_by(|one, other| one.compare(other, arena));
        index.dedup_by(|one, other| one.compare(other, arena).is_eq());
    }

    /// The place of the next name, by which [`Window::text`] says what it is. `None` where this window
    /// is empty.
    pub(super) fn take(&mut self) -> Option<usize> {
        let taken = self.next;
        self.index.get(taken)?;
        self.next += 1;
        Some(taken)
    }

    /// The name at a place that was taken.
    pub(super) fn text(&self, taken: usize) -> &CStr {
        let name = self.index.get(taken);
        let text = name.map_or(&b""[..], |name| name.with_nul(&self.arena));
        CStr::from_bytes_until_nul(text).unwrap_or_default()
    }

    /// Makes room for the names behind those that were given out. False if there are none, since
    /// every name had its place.
    pub(super) fn move_on(&mut self) -> bool {
        self.floor = self.ceiling.take();
        self.arena.clear();
        self.index.clear();
        self.next = 0;
        self.floor.is_some()
    }

    /// Forgets all names; there will be none.
    pub(super) fn give_up(&mut self) {
        self.move_on();
        self.floor = None;
    }

    /// Keeps the first half of the names.
    fn halve(&mut self) {
        let Self { arena, index, ceiling, .. } = self;
        let kept = index.len().div_ceil(2);
        let (_, last, _) =
            index.select_nth_unstable_by(kept - 1, |one, other| one.compare(other, arena));
        *ceiling = Some(last.bytes(arena).into());
        index.truncate(kept);
        index.sort_unstable_by_key(|name| name.start);
        let mut end = 0;
        for name in index {
            let start = name.start as usize;
            let behind = start + usize::from(name.length) + 1;
            arena.copy_within(start..behind, end);
            // No further than it was.
            name.start = u32::try_from(end).unwrap_or(name.start);
            end += behind - start;
        }
        arena.truncate(end);
    }
}

impl Name {
    fn compare(&self, other: &Self, arena: &[u8]) -> Ordering {
        self.head.cmp(&other.head).then_with(|| self.bytes(arena).cmp(other.bytes(arena)))
    }

    fn bytes(self, arena: &[u8]) -> &[u8] {
        let start = self.start as usize;
        arena.get(start..start + usize::from(self.length)).unwrap_or_default()
    }

    fn with_nul(self, arena: &[u8]) -> &[u8] {
        let start = self.start as usize;
        arena.get(start..=start + usize::from(self.length)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ffi::CString;

    use proptest::prelude::*;

    use super::*;

    /// All that a window of so many bytes gives out of a directory, and how often it was read.
    fn given_out(names: &[CString], most: usize) -> (Vec<Vec<u8>>, usize) {
        let longest = names.iter().map(|name| name.as_bytes_with_nul().len()).max().unwrap_or(0);
        let mut window = Window::new(most);
        let mut given = Vec::new();
        for readings in 1.. {
            for name in names {
                window.offer(name);
                let held = window.arena.len() + window.index.len() * size_of::<Name>();
                let one = longest + size_of::<Name>();
                assert!(held <= most.max(one) + one, "{held} bytes are held");
            }
            window.sort();
            let before = given.len();
            while let Some(taken) = window.take() {
                given.push(window.text(taken).to_bytes().to_vec());
            }
            assert!(given.len() > before || names.is_empty(), "a reading brought nothing");
            if !window.move_on() {
                return (given, readings);
            }
        }
        unreachable!()
    }

    proptest! {
        #[test]
        fn every_name_comes_once_and_in_order(
            texts in prop::collection::hash_set("[ab\u{1}\u{ff}]{1,12}", 0..60),
            most in 30..2000_usize,
        ) {
            let names: Vec<_> =
                texts.iter().map(|text| CString::new(text.as_str()).unwrap()).collect();
            let expected: BTreeSet<_> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
            prop_assert_eq!(given_out(&names, most).0, Vec::from_iter(expected));
        }
    }

    #[test]
    fn a_name_that_is_offered_twice_is_given_out_once() {
        let names: Vec<_> =
            (0..100).map(|n| CString::new(format!("{:02}", n / 2)).unwrap()).collect();
        for most in [60, 500, 5000] {
            let given = given_out(&names, most).0;
            assert_eq!(given.len(), 50, "{most} bytes");
            assert!(given.is_sorted());
        }
    }

    #[test]
    fn what_fits_is_read_once() {
        let names: Vec<_> =
            (0..1000).map(|n| CString::new(format!("{n:04}")).unwrap()).rev().collect();
        let bytes = names.len() * (5 + size_of::<Name>());
        assert_eq!(given_out(&names, bytes).1, 1);
        let (given, readings) = given_out(&names, bytes / 5);
        assert_eq!(given.len(), 1000);
        assert!((5..=10).contains(&readings), "{readings} readings");
    }
}
