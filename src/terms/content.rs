//! What carries the bytes of a file from the tree to the data transfer process, and back.

use std::io;
use std::os::fd::BorrowedFd;

use super::Fault;

/// The content of an open file, to be read from any place.
pub trait Content {
    /// Reads into `buffer` from `offset` bytes after the start; zero means the end.
    ///
    /// # Errors
    /// Whatever the file system says; never `WouldBlock`, for regular files have no such state.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// The descriptor that the kernel can send from by itself, where there is one.
    fn descriptor(&self) -> Option<BorrowedFd<'_>>;

    /// Whether it holds what it held when it was opened, and maybe more behind that: false if it has
    /// been written to in place meanwhile, so that what was read of it may be some of the old and some
    /// of the new. What was both rewritten and made longer can't be told from what was added to.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn still_holds(&self) -> io::Result<bool>;
}

/// An upload under way: a hidden file beside its target.
///
/// Dropping it abandons the upload and removes the hidden file; only [`Part::commit`] puts it in
/// place, and only [`Part::leave`] keeps it. So no path through the code can leave half a file under
/// a final name.
pub trait Part {
    /// Copies up to `most` bytes of what the upload keeps of the old file (APPE, REST). Returns
    /// how many were copied; zero means that nothing is left to copy and writing may begin.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn carry_over(&mut self, most: usize) -> io::Result<usize>;

    /// Writes `bytes` at the end; returns how many were taken.
    ///
    /// # Errors
    /// Whatever the file system says; a full disk is `StorageFull` or `QuotaExceeded`.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// The descriptor that the kernel can write to by itself, and the offset at which the next
    /// byte belongs, where there is one. What the kernel wrote is told with [`Part::advance`].
    fn descriptor(&self) -> Option<(BorrowedFd<'_>, u64)>;

    /// Says that `count` bytes were written through [`Part::descriptor`].
    fn advance(&mut self, count: u64);

    /// Puts the upload in place of its target, in one step.
    ///
    /// # Errors
    /// The target may have appeared, changed or vanished meanwhile; then the upload is removed and
    /// what stood there is left as it was.
    fn commit(self) -> Result<(), Fault>;

    /// The same, and when it has succeeded the upload is there after a power cut too: first its
    /// content is on the disk, then it takes its target's place, then its name is on the disk, and
    /// those of the directories above it. It waits for the disk, so that no loop may call it.
    ///
    /// # Errors
    /// As [`Part::commit`]; and the disk may refuse. Until the content is on the disk nothing has
    /// happened to the target, and the upload is removed. Where only the names could not be written,
    /// the upload stands in its place, and whether it will after a power cut nobody knows.
    fn commit_durably(self) -> Result<(), Fault>;

    /// Leaves what has come so far, hidden, where a later upload to the same name finds it and goes
    /// on. It replaces what an earlier upload left for that name. Nothing is left of an upload that
    /// has received nothing, nor of one that keeps a part of an old file: that file still stands,
    /// and it is what a later upload goes on from.
    fn leave(self);
}

/// Text that is made while it is sent, such as a listing: as much at a time as there is room for.
pub trait Lines {
    /// Appends whole lines, each ended by CRLF, to `out` until about `room` bytes were added,
    /// nothing is left, or a turn's work was done that brought no lines yet.
    fn fill(&mut self, out: &mut Vec<u8>, room: usize) -> Filled;
}

/// How far [`Lines::fill`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// There may be more: the room is filled.
    More,
    /// There may be more: what has to be done before it is known took all of a turn.
    Later,
    /// That was all.
    End,
    /// What lies beneath could not be read any further.
    Broken,
}
