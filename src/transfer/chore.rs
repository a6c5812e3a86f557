//! Work on files that is no transfer, in slices: gzip from a file to a part, the digests of a file,
//! and its length in TYPE A.
//!
//! It knows no connection, no clock and no reply. The reactor steps it between other clients' turns
//! and tells the session its [`ChoreOutcome`]. Work that is dropped before its end leaves nothing:
//! its part removes itself.

use std::fmt;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::pump::{Pace, failure, write_all};
use super::upload::{Commit, Upload};
use crate::terms::{Algorithm, Budget, Chore, ChoreOutcome, Content, Digest, Fault, Part, Trouble};
use crate::wire::ascii::Encoder;

/// A chore being done.
pub struct Work<F, P> {
    task: Task<F, P>,
    /// Bytes of the file that are done with.
    done: u64,
}

/// Where a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The budget is spent and there is more to do.
    Again,
    /// All is in the part: nothing is left but to [commit](Work::take_commit) it. Then it is over
    /// with this outcome.
    Made(ChoreOutcome),
    /// It is over.
    Ended(ChoreOutcome),
}

/// What is done, with all that it needs.
enum Task<F, P> {
    Compress(Compressing<F, P>),
    Digest {
        file: F,
        at: u64,
        end: u64,
        state: State,
    },
    Measure {
        file: F,
        length: u64,
        encoder: Encoder,
        measured: u64,
    },
    /// The file is whole in its part.
    Made(P),
    /// It has ended and been told.
    Over,
}

/// A file on its way into a gzip file.
struct Compressing<F, P> {
    file: F,
    length: u64,
    /// What it gives out waits in its vector until the part has it: no more than one slice's worth.
    /// Made for the first turn, since it takes some hundreds of kilobytes.
    encoder: Option<GzEncoder<Vec<u8>>>,
    part: P,
    written: u64,
}

/// A digest of what has been read so far.
enum State {
    Sha256(Box<Sha256>),
    Crc32(crc32fast::Hasher),
}

impl<F: Content, P: Part> Work<F, P> {
    /// Nothing has been done yet.
    pub fn new(chore: Chore<F, P>) -> Self {
        let task = match chore {
            Chore::Compress { file, part, length } => {
                Task::Compress(Compressing { file, length, encoder: None, part, written: 0 })
            }
            Chore::Digest { file, span, algorithm } => {
                let state = match algorithm {
                    Algorithm::Sha256 => State::Sha256(Box::default()),
                    Algorithm::Crc32 => State::Crc32(crc32fast::Hasher::new()),
                };
                Task::Digest { file, at: span.start, end: span.end, state }
            }
            Chore::Measure { file, length } => {
                Task::Measure { file, length, encoder: Encoder::new(), measured: 0 }
            }
        };
        Self { task, done: 0 }
    }

    /// Bytes of the file that are done with.
    pub const fn done(&self) -> u64 {
        self.done
    }

    /// Does as much as `pace` allows: deflate costs more a byte than a digest does. `scratch` is the
    /// room for what is read; what it holds means nothing before or after.
    pub fn step(&mut self, pace: Pace, scratch: &mut [u8]) -> Progress {
        let stepped = match &mut self.task {
            Task::Compress(compressing) => {
                let mut budget = Budget::new(pace.deflated());
                compressing.step(&mut self.done, &mut budget, scratch)
            }
            Task::Digest { file, at, end, state } => {
                let mut budget = Budget::new(pace.copied);
                digest(file, (at, *end), state, &mut budget, scratch).map(|read| {
                    self.done += read;
                    at == end
                })
            }
            Task::Measure { file, length, encoder, measured } => {
                let mut budget = Budget::new(pace.copied);
                each(file, (&mut self.done, *length), &mut budget, scratch, |piece| {
                    *measured += encoder.measure(piece);
                })
                .map(|()| self.done == *length)
            }
            Task::Made(_) | Task::Over => return Progress::Ended(ChoreOutcome::Aborted),
        };
        match stepped
            .and_then(|ends| if ends { self.check_source().map(|()| true) } else { Ok(false) })
        {
            Ok(false) => Progress::Again,
            Ok(true) => self.conclude(),
            Err(fault) => {
                self.task = Task::Over;
                Progress::Ended(ChoreOutcome::Failed(fault))
            }
        }
    }

    /// The part that has been made whole, to be put in place. `None` before, and once it was taken.
    pub fn take_commit(&mut self, durably: bool) -> Option<Commit<P>> {
        match std::mem::replace(&mut self.task, Task::Over) {
            // Nothing goes on with half a gzip file.
            Task::Made(part) => Some(Commit::new(Upload::new(part, false), durably)),
            other @ (Task::Compress(_)
            | Task::Digest { .. }
            | Task::Measure { .. }
            | Task::Over) => {
                self.task = other;
                None
            }
        }
    }

    /// Checks that what was read is one content of the file, and not some of two.
    fn check_source(&self) -> Result<(), Fault> {
        let holds = match &self.task {
            Task::Compress(Compressing { file, .. })
            | Task::Digest { file, .. }
            | Task::Measure { file, .. } => file.still_holds().map_err(|error| failure(&error))?,
            Task::Made(_) | Task::Over => true,
        };
        if holds { Ok(()) } else { Err(Trouble::Changed.into()) }
    }

    /// What came of it, when nothing is left to be read.
    fn conclude(&mut self) -> Progress {
        let outcome = match std::mem::replace(&mut self.task, Task::Over) {
            Task::Compress(Compressing { length, part, written, .. }) => {
                self.task = Task::Made(part);
                return Progress::Made(ChoreOutcome::Compressed { from: length, to: written });
            }
            Task::Digest { state: State::Sha256(hasher), .. } => {
                ChoreOutcome::Digested(Digest::Sha256(hasher.finalize().into()))
            }
            Task::Digest { state: State::Crc32(hasher), .. } => {
                ChoreOutcome::Digested(Digest::Crc32(hasher.finalize()))
            }
            Task::Measure { measured, .. } => ChoreOutcome::Measured(measured),
            Task::Made(_) | Task::Over => ChoreOutcome::Aborted,
        };
        Progress::Ended(outcome)
    }
}

impl<F: Content, P: Part> Compressing<F, P> {
    /// True when all is in the part.
    fn step(
        &mut self,
        done: &mut u64,
        budget: &mut Budget,
        scratch: &mut [u8],
    ) -> Result<bool, Fault> {
        let encoder =
            self.encoder.get_or_insert_with(|| GzEncoder::new(Vec::new(), Compression::default()));
        while !budget.is_spent() && *done < self.length {
            let piece = read(&self.file, *done, self.length, budget, scratch)?;
            *done += piece.len() as u64;
            encoder.write_all(piece).map_err(|error| failure(&error))?;
        }
        let ends = *done >= self.length;
        if ends {
            encoder.try_finish().map_err(|error| failure(&error))?;
        }
        let bytes = encoder.get_mut();
        write_all(&mut self.part, bytes)?;
        self.written += bytes.len() as u64;
        bytes.clear();
        Ok(ends)
    }
}

/// Takes the next bytes of a file into its digest; `at` goes on to where the next ones are. Returns
/// how many there were.
fn digest(
    file: &impl Content,
    (at, end): (&mut u64, u64),
    state: &mut State,
    budget: &mut Budget,
    scratch: &mut [u8],
) -> Result<u64, Fault> {
    let before = *at;
    each(file, (at, end), budget, scratch, |piece| match state {
        State::Sha256(hasher) => hasher.update(piece),
        State::Crc32(hasher) => hasher.update(piece),
    })?;
    Ok(*at - before)
}

/// Hands the next bytes of a file to `take`, within the budget; `at` goes on to where those behind
/// them are.
fn each(
    file: &impl Content,
    (at, end): (&mut u64, u64),
    budget: &mut Budget,
    scratch: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> Result<(), Fault> {
    while !budget.is_spent() && *at < end {
        let piece = read(file, *at, end, budget, scratch)?;
        *at += piece.len() as u64;
        take(piece);
    }
    Ok(())
}

/// The next bytes between `at` and `end`, at least one.
fn read<'s>(
    file: &impl Content,
    at: u64,
    end: u64,
    budget: &mut Budget,
    scratch: &'s mut [u8],
) -> Result<&'s [u8], Fault> {
    let most = usize::try_from(end - at).unwrap_or(usize::MAX);
    let length = scratch.len().min(most).min(budget.left());
    let room = scratch.get_mut(..length).unwrap_or_default();
    match file.read_at(at, room).map_err(|error| failure(&error))? {
        // Shorter than it was when its length was told.
        0 => Err(Trouble::Changed.into()),
        count => {
            budget.spend(count);
            Ok(room.get(..count).unwrap_or_default())
        }
    }
}

impl<F, P> fmt::Debug for Work<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = match &self.task {
            Task::Compress(_) => "Compress",
            Task::Digest { .. } => "Digest",
            Task::Measure { .. } => "Measure",
            Task::Made(_) => "Made",
            Task::Over => "Over",
        };
        f.debug_struct("Work").field("task", &task).field("done", &self.done).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::{self, Read};
    use std::os::fd::BorrowedFd;
    use std::rc::Rc;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::terms::{Denied, Span};

    const PACE: Pace = Pace { zero_copy: 4096, copied: 2048, chunk: 1024 };

    /// A file that gives at most `most` bytes a read, and claims a length of its own; and whether it
    /// was written to meanwhile.
    struct Bytes(Vec<u8>, usize, bool);

    impl Content for Bytes {
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            let rest = self.0.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
            let count = rest.len().min(buffer.len()).min(self.1);
            buffer[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }

        fn descriptor(&self) -> Option<BorrowedFd<'_>> {
            None
        }

        fn still_holds(&self) -> io::Result<bool> {
            Ok(!self.2)
        }
    }

    /// What a part has come to: its bytes, and whether it was put in place.
    type Place = Rc<RefCell<(Vec<u8>, bool)>>;

    struct Into(Place, Option<io::ErrorKind>);

    impl Part for Into {
        fn carry_over(&mut self, _most: usize) -> io::Result<usize> {
            Ok(0)
        }

        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(kind) = self.1 {
                return Err(kind.into());
            }
            let count = bytes.len().min(100);
            self.0.borrow_mut().0.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn descriptor(&self) -> Option<(BorrowedFd<'_>, u64)> {
            None
        }

        fn advance(&mut self, _count: u64) {}

        fn leave(self) {}

        fn commit(self) -> Result<(), Fault> {
            self.0.borrow_mut().1 = true;
            Ok(())
        }

        fn commit_durably(self) -> Result<(), Fault> {
            self.commit()
        }
    }

    fn noise(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at * at / 7 % 251) as u8).collect()
    }

    /// Does it to the end. Returns the outcome and the number of turns.
    fn run(chore: Chore<Bytes, Into>) -> (ChoreOutcome, usize) {
        let mut work = Work::new(chore);
        let mut scratch = [0; 512];
        for turn in 1.. {
            let before = work.done();
            match work.step(PACE, &mut scratch) {
                Progress::Again => {
                    assert!(work.done() > before, "a turn that does nothing");
                    assert!(work.done() - before <= PACE.copied as u64);
                }
                Progress::Made(outcome) => {
                    let commit = work.take_commit(turn % 2 == 0).unwrap();
                    assert!(work.take_commit(false).is_none());
                    let done = commit.carry_out();
                    return (done.map_or_else(ChoreOutcome::Failed, |()| outcome), turn);
                }
                Progress::Ended(outcome) => return (outcome, turn),
            }
        }
        unreachable!("it ends")
    }

    fn compress(content: &[u8], fault: Option<io::ErrorKind>) -> (ChoreOutcome, usize, Place) {
        let place = Place::default();
        let (file, part) = (Bytes(content.to_vec(), 300, false), Into(Rc::clone(&place), fault));
        let length = content.len() as u64;
        let (outcome, turns) = run(Chore::Compress { file, part, length });
        (outcome, turns, place)
    }

    #[test]
    fn what_is_compressed_is_the_file() {
        for length in [0, 1, 1024, 1025, 10_000] {
            let content = noise(length);
            let (outcome, turns, place) = compress(&content, None);
            let (bytes, committed) = &*place.borrow();
            let to = bytes.len() as u64;
            assert_eq!(outcome, ChoreOutcome::Compressed { from: length as u64, to });
            assert!(*committed && turns >= length / PACE.deflated());
            let mut back = Vec::new();
            GzDecoder::new(&bytes[..]).read_to_end(&mut back).unwrap();
            assert_eq!(back, content);
        }
    }

    #[test]
    fn a_text_is_measured_over_the_turns() {
        let text = b"one\r\n\ntwo\n".repeat(900);
        let length = text.len() as u64;
        let (outcome, turns) = run(Chore::Measure { file: Bytes(text, 300, false), length });
        assert_eq!(outcome, ChoreOutcome::Measured(length + 2 * 900));
        assert!(turns > 4);
        let (outcome, _) = run(Chore::Measure { file: Bytes(noise(10), 3, false), length: 11 });
        assert_eq!(outcome, ChoreOutcome::Failed(Trouble::Changed.into()));
    }

    #[test]
    fn a_full_disk_puts_nothing_in_place() {
        let (outcome, _, place) = compress(&noise(9999), Some(io::ErrorKind::StorageFull));
        assert_eq!(outcome, ChoreOutcome::Failed(Trouble::DiskFull.into()));
        assert!(!place.borrow().1);
    }

    #[test]
    fn a_file_that_was_cut_short_meanwhile_is_said_so() {
        let place = Place::default();
        let part = Into(Rc::clone(&place), None);
        let (outcome, _) =
            run(Chore::Compress { file: Bytes(noise(10), 3, false), part, length: 11 });
        assert_eq!(outcome, ChoreOutcome::Failed(Trouble::Changed.into()));
        assert!(!place.borrow().1);
        let span = Span { start: 5, end: 11 };
        let algorithm = Algorithm::Sha256;
        let (outcome, _) = run(Chore::Digest { file: Bytes(noise(10), 3, false), span, algorithm });
        assert_eq!(outcome, ChoreOutcome::Failed(Trouble::Changed.into()));
        assert_ne!(outcome, ChoreOutcome::Failed(Denied::NotFound.into()));
    }

    #[test]
    fn a_file_that_was_written_to_meanwhile_is_said_so() {
        let place = Place::default();
        let (file, part) = (Bytes(noise(5000), 300, true), Into(Rc::clone(&place), None));
        let (outcome, _) = run(Chore::Compress { file, part, length: 5000 });
        assert_eq!(outcome, ChoreOutcome::Failed(Trouble::Changed.into()));
        assert!(!place.borrow().1);
        let (file, span) = (Bytes(noise(5000), 300, true), Span { start: 0, end: 5000 });
        let (outcome, _) = run(Chore::Digest { file, span, algorithm: Algorithm::Crc32 });
        assert_eq!(outcome, ChoreOutcome::Failed(Trouble::Changed.into()));
    }

    #[test]
    fn digests_are_those_of_the_span() {
        let hex = |content: &[u8], start, end, algorithm| {
            let span = Span { start, end };
            match run(Chore::Digest { file: Bytes(content.to_vec(), 700, false), span, algorithm })
            {
                (ChoreOutcome::Digested(digest), _) => digest.to_string(),
                (other, _) => panic!("{other:?}"),
            }
        };
        let check = b"123456789";
        assert_eq!(hex(check, 0, 9, Algorithm::Crc32), "cbf43926");
        assert_eq!(hex(check, 4, 4, Algorithm::Crc32), "00000000");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(b"xabcx", 1, 4, Algorithm::Sha256), abc);
        let content = noise(10_000);
        let whole = Sha256::digest(&content[17..9000]);
        let whole = Digest::Sha256(whole.into()).to_string();
        assert_eq!(hex(&content, 17, 9000, Algorithm::Sha256), whole);
    }
}
