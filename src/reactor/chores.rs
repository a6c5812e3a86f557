//! Work on files that is no transfer: a slice at a time, between other clients' turns.
//!
//! What is done in a slice is the transfer room's, what is said of it the session's. Here is only
//! whose turn it is, and when there is something to say.

use std::time::Duration;

use log::debug;

use super::Reactor;
use super::control::Control;
use crate::io::Io;
use crate::session::{Chore, Event};
use crate::terms::{Key, Moment};
use crate::transfer::{Progress, Work};
use crate::tree::Tree;

/// Slices of work in one pass, over all clients. A slice takes about a millisecond, and this bounds
/// what any number of clients that compress can add to a pass; they take their turns over several.
const A_PASS: usize = 4;

/// Time between two words about how far it is.
const PROGRESS: Duration = Duration::from_secs(1);

/// Work that is being done for a control connection.
#[derive(Debug)]
pub(super) struct Underway<T: Tree> {
    work: Work<T::File, T::Part>,
    /// When there will be something to say again.
    speak_at: Moment,
}

impl<T: Tree> Underway<T> {
    /// Bytes of the file that are done with.
    pub(super) const fn done(&self) -> u64 {
        self.work.done()
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Lets work wait for its first turn.
    pub(super) fn undertake(&mut self, control: &mut Control<I, T>, chore: Chore<T>) {
        debug_assert!(control.chore.is_none(), "two pieces of work at once");
        let speak_at = self.now + PROGRESS;
        control.chore = Some(Box::new(Underway { work: Work::new(chore), speak_at }));
        self.queue_chore(control);
    }

    /// The turns of a pass. Those who get none keep their places.
    pub(super) fn serve_chores(&mut self) {
        for _ in 0..self.chores.len().min(A_PASS) {
            let Some((key, _)) = self.chores.pop() else { break };
            self.chore_turn(key);
        }
    }

    fn chore_turn(&mut self, key: Key) {
        let Some(mut control) = self.take_control(key) else { return };
        control.chore_queued = false;
        // A peer that does not read is told no more, so that nothing piles up for it.
        let is_heard = !control.channel.outbox.is_high();
        if let Some(chore) = &mut control.chore {
            match chore.work.step(self.limits.budgets.pace, &mut self.scratch) {
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
                Progress::Ended(outcome) => {
                    debug!("{}: {outcome:?}", control.ends.peer);
                    control.chore = None;
                    self.tell(&mut control, Event::Chore(outcome));
                    // Lines may have waited for this.
                    self.requeue(&mut control);
                }
            }
        }
        self.put_control(control);
    }

    fn queue_chore(&mut self, control: &mut Control<I, T>) {
        if !std::mem::replace(&mut control.chore_queued, true) {
            self.chores.push(control.key, self.passes);
        }
    }
}
