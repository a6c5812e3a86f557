//! Work on files that is no transfer: a slice at a time, between other clients' turns.
//!
//! What is done in a slice is the transfer room's, what is said of it the session's. Here is only
//! whose turn it is, who has to wait in line, and when there is something to say.

use std::collections::VecDeque;
use std::time::Duration;

use log::debug;

use super::census::Worked;
use super::control::Control;
use super::ready::Queue;
use super::{Reactor, Slot};
use crate::io::Io;
use crate::session::{Chore, Event};
use crate::terms::{self, ChoreOutcome, Key, Moment};
use crate::transfer::{Commit, Progress, Work};
use crate::tree::Tree;

/// Slices of compression in one pass, over all clients. A slice takes about a millisecond, and this
/// bounds what any number of clients that compress can add to a pass; they take their turns over
/// several. More at once would make nothing faster: what a pass costs besides is far less.
pub const COMPRESSED_A_PASS: usize = 1;

/// The same of digests, whose slices take a tenth of that. They have a queue of their own, so that
/// they do not wait for those.
pub const DIGESTED_A_PASS: usize = 4;

/// Files that are compressed at the same time. Each takes a third of a mebibyte as long as it lasts;
/// who comes later waits in line. Digests take next to nothing, and wait for nobody.
pub const COMPRESSED_AT_ONCE: usize = 16;

/// Time between two words about how far it is.
const PROGRESS: Duration = Duration::from_secs(1);

/// Work that is being done for a control connection.
#[derive(Debug)]
pub(super) struct Underway<T: Tree> {
    work: Work<T::File, T::Part>,
    seat: Seat,
    /// When there will be something to say again.
    speak_at: Moment,
}

/// Whether work has one of the [`COMPRESSED_AT_ONCE`] places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seat {
    /// It needs none.
    Needless,
    /// It has one, which is counted.
    Held,
    /// It stands in line for one, and gets no turn before.
    Awaited,
    /// It has given it up: all is made, and comes to this when it is in place.
    Committing(ChoreOutcome),
}

impl<T: Tree> Underway<T> {
    /// Bytes of the file that are done with.
    pub(super) const fn done(&self) -> u64 {
        self.work.done()
    }

    /// Whether it may have turns.
    pub(super) const fn seat(&self) -> Seat {
        self.seat
    }

    /// What it comes to, if all is made and on its way into place.
    pub(super) const fn committing(&self) -> Option<ChoreOutcome> {
        match self.seat {
            Seat::Committing(outcome) => Some(outcome),
            Seat::Needless | Seat::Held | Seat::Awaited => None,
        }
    }

    /// The file that it has made, to be put in place.
    pub(super) fn take_commit(&mut self, durably: bool) -> Option<Commit<T::Part>> {
        self.work.take_commit(durably)
    }
}

/// All work that is under way.
#[derive(Debug, Default)]
pub(super) struct Chores {
    /// Control connections whose file is to be compressed a little further. All hold a seat, so that
    /// there are no more of them than seats: who loses it leaves the queue.
    compressions: Queue,
    /// Control connections whose digest is to be computed a little further, and some whose digest was
    /// stopped: to look for each of these would cost more than to let it come and get no turn.
    digests: Queue,
    /// Control connections whose work awaits a seat, each once.
    line: VecDeque<Key>,
    /// Seats that are held.
    seated: usize,
    /// What was done in this pass so far, or in the last.
    worked: Worked,
    /// The most that was done in any.
    most_worked: Worked,
}

impl Chores {
    /// Whether nobody is to have a turn.
    pub(super) fn is_idle(&self) -> bool {
        self.compressions.is_empty() && self.digests.is_empty()
    }

    pub(super) const fn worked(&self) -> Worked {
        self.worked
    }

    pub(super) const fn most_worked(&self) -> Worked {
        self.most_worked
    }

    pub(super) const fn places(&self) -> usize {
        self.seated
    }

    pub(super) fn line(&self) -> usize {
        self.line.len()
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Lets work wait for its first turn.
    pub(super) fn undertake(&mut self, control: &mut Control<I, T>, chore: Chore<T>) {
        debug_assert!(control.chore.is_none(), "two pieces of work at once");
        let seat = match chore {
            terms::Chore::Digest { .. } | terms::Chore::Measure { .. } => Seat::Needless,
            terms::Chore::Compress { .. } if self.chores.seated < COMPRESSED_AT_ONCE => {
                self.chores.seated += 1;
                Seat::Held
            }
            terms::Chore::Compress { .. } => {
                self.chores.line.push_back(control.key);
                Seat::Awaited
            }
        };
        let (work, speak_at) = (Work::new(chore), self.now + PROGRESS);
        control.chore = Some(Box::new(Underway { work, seat, speak_at }));
        self.queue_chore(control);
    }

    /// Drops the work of a control connection, whether it has ended or not. False if there is none.
    pub(super) fn dismiss(&mut self, control: &mut Control<I, T>) -> bool {
        self.reseat(control, Seat::Needless);
        control.chore.take().is_some()
    }

    /// Puts work into another seat, or none.
    pub(super) fn reseat(&mut self, control: &mut Control<I, T>, seat: Seat) {
        let Some(chore) = &mut control.chore else { return };
        match std::mem::replace(&mut chore.seat, seat) {
            Seat::Needless | Seat::Committing(_) => {}
            Seat::Awaited => self.chores.line.retain(|key| *key != control.key),
            Seat::Held => {
                self.chores.compressions.remove(control.key);
                self.chores.seated = self.chores.seated.saturating_sub(1);
                self.seat_next();
            }
        }
    }

    /// Work has ended: forgets it and tells the session.
    pub(super) fn conclude_work(&mut self, control: &mut Control<I, T>, outcome: ChoreOutcome) {
        debug!("{}: {outcome:?}", control.ends.peer);
        self.dismiss(control);
        self.tell(control, Event::Chore(outcome));
        // Lines may have waited for this.
        self.requeue(control);
    }

    /// The turns of a pass. Those who get none keep their places.
    pub(super) fn serve_chores(&mut self) {
        self.chores.worked = Worked::default();
        while self.chores.worked.compressions < COMPRESSED_A_PASS {
            let Some((key, since)) = self.chores.compressions.pop() else { break };
            self.chore_turn(key, since, Seat::Held);
        }
        // What was queued when the pass began; who goes on has another turn in the next.
        for _ in 0..self.chores.digests.len() {
            if self.chores.worked.digests >= DIGESTED_A_PASS {
                break;
            }
            let Some((key, since)) = self.chores.digests.pop() else { break };
            self.chore_turn(key, since, Seat::Needless);
        }
        self.chores.most_worked = self.chores.most_worked.most(self.chores.worked);
    }

    /// A turn for work that has such a `seat`. What was stopped may have left its place in a queue,
    /// and work of another sort come after it: that gets no turn here.
    fn chore_turn(&mut self, key: Key, since: u64, seat: Seat) {
        let Some(mut control) = self.take_control(key) else { return };
        if seat == Seat::Needless {
            control.digest_queued = false;
        }
        // A peer that does not read is told no more, so that nothing piles up for it.
        let is_heard = !control.channel.is_high();
        if let Some(chore) = control.chore.as_mut().filter(|chore| chore.seat == seat) {
            let waited = self.passes.saturating_sub(since);
            let (longest, slices) = if seat == Seat::Needless {
                (&mut self.longest_wait.digest, &mut self.chores.worked.digests)
            } else {
                (&mut self.longest_wait.compression, &mut self.chores.worked.compressions)
            };
            *longest = waited.max(*longest);
            *slices += 1;
            let before = chore.done();
            let progress = chore.work.step(self.limits.budgets.pace, &mut self.scratch);
            self.chores.worked.bytes += chore.done() - before;
            match progress {
                Progress::Again => {
                    let done = chore.done();
                    let speaks = is_heard && chore.speak_at <= self.now;
                    if speaks {
                        chore.speak_at = self.now + PROGRESS;
                    }
                    self.queue_chore(&mut control);
                    if speaks {
                        self.tell(&mut control, Event::Progress(done));
                    }
                }
                Progress::Made(outcome) => self.commit_work(&mut control, outcome),
                Progress::Ended(outcome) => self.conclude_work(&mut control, outcome),
            }
        }
        self.put_control(control);
    }

    /// Gives the seat that has become free to the first in line.
    fn seat_next(&mut self) {
        let Some(key) = self.chores.line.pop_front() else { return };
        // Whoever goes leaves the line, so that this one is there; and it is nobody's turn but that
        // of the one who has left the seat, so that it is in its slot.
        let Some(Slot::Control(control)) = self.slots.get_mut(key) else {
            debug_assert!(false, "{key:?} is gone and still in line");
            return;
        };
        let Some(chore) = &mut control.chore else { return };
        chore.seat = Seat::Held;
        self.chores.seated += 1;
        self.chores.compressions.push(key, self.passes);
    }

    /// Queues work that has no place in a queue yet for its next turn.
    fn queue_chore(&mut self, control: &mut Control<I, T>) {
        match control.chore.as_ref().map(|chore| chore.seat) {
            Some(Seat::Needless) => {
                if !std::mem::replace(&mut control.digest_queued, true) {
                    self.chores.digests.push(control.key, self.passes);
                }
            }
            Some(Seat::Held) => self.chores.compressions.push(control.key, self.passes),
            Some(Seat::Awaited | Seat::Committing(_)) | None => {}
        }
    }
}
