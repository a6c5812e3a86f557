//! What is whole and takes its place: at once, or, where it has to outlast a power cut, by way of
//! the driver's helper thread.
//!
//! A commit that was handed over is not called back: the peer has sent all and meant it, so ABOR
//! comes too late, and a peer that goes finds its file when it comes back. Its session waits for the
//! answer, which bounds how many there are. A commit whose connection is lost meanwhile counts as a
//! client until it is done, so that nobody makes more of them by coming and going.

use log::debug;

use super::chores::Seat;
use super::control::{Control, Link, Way};
use super::{Moving, Reactor};
use crate::io::Io;
use crate::terms::{ChoreOutcome, Fault, Key, Loss, Outcome};
use crate::transfer::Commit;
use crate::tree::Tree;

/// Commits that wait for the disk.
#[derive(Debug)]
pub(super) struct Commits<T: Tree> {
    /// Those that the driver has not taken yet, each with its control connection.
    ready: Vec<(Key, Commit<T::Part>)>,
    /// All that have not been answered, those the driver has included.
    due: usize,
    /// Those of them that no session waits for any more.
    orphans: usize,
}

impl<T: Tree> Default for Commits<T> {
    fn default() -> Self {
        Self { ready: Vec::new(), due: 0, orphans: 0 }
    }
}

impl<T: Tree> Commits<T> {
    /// Whether none is unanswered.
    pub(super) const fn is_empty(&self) -> bool {
        self.due == 0
    }

    /// Those that no session waits for any more.
    pub(super) const fn orphans(&self) -> usize {
        self.orphans
    }
}

/// What a session waits for while its commit is carried out.
enum Pending {
    /// An upload of so many bytes.
    Upload(u64),
    /// Work that comes to this.
    Work(ChoreOutcome),
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Commits that wait for the helper thread, each with the key under which what it came to is to
    /// be [brought](Reactor::committed). No more than there are clients; each is to be carried out,
    /// or dropped where the process ends. There are none unless [`Limits`](super::Limits) asks for
    /// durability.
    pub fn commits(&mut self) -> impl Iterator<Item = (Key, Commit<T::Part>)> + '_ {
        self.commits.ready.drain(..)
    }

    /// Brings what a commit came to. False if its client has gone: the file is in place
    /// nevertheless.
    pub fn committed(&mut self, key: Key, result: Result<(), Fault>) -> bool {
        self.commits.due = self.commits.due.saturating_sub(1);
        let Some(mut control) = self.take_control(key) else { return self.forget(key, result) };
        let told = match pending(&control) {
            Some(Pending::Upload(bytes)) => {
                self.conclude(&mut control, uploaded(bytes, result));
                true
            }
            Some(Pending::Work(outcome)) => {
                self.conclude_work(&mut control, made(outcome, result));
                true
            }
            None => self.forget(key, result),
        };
        self.put_control(control);
        told
    }

    /// An upload of `control`'s is whole and meant.
    pub(super) fn commit_upload(&mut self, control: &mut Control<I, T>, transfer: Moving<T>) {
        let bytes = transfer.moved();
        let Some(commit) = transfer.into_commit(self.limits.durable) else {
            self.conclude(control, Outcome::Lost { loss: Loss::Broken, bytes });
            return;
        };
        if !self.limits.durable {
            self.conclude(control, uploaded(bytes, commit.carry_out()));
            return;
        }
        // The data connection has done its work; the peer has closed it already.
        self.unlink(control);
        self.clear_due(control);
        control.link = Some(Box::new(Link { way: Way::Committing(bytes), order: None }));
        self.hand_over(control.key, commit);
    }

    /// The file that `control` has had made is whole, and its work is over with this outcome when
    /// it is in place.
    pub(super) fn commit_work(&mut self, control: &mut Control<I, T>, outcome: ChoreOutcome) {
        let durable = self.limits.durable;
        let chore = control.chore.as_mut();
        let Some(commit) = chore.and_then(|chore| chore.take_commit(durable)) else { return };
        if durable {
            // Others can use its seat meanwhile.
            self.reseat(control, Seat::Committing(outcome));
            self.hand_over(control.key, commit);
        } else {
            self.conclude_work(control, made(outcome, commit.carry_out()));
        }
    }

    /// Whether what `control` asked for is whole, and takes its place whatever happens now.
    pub(super) fn is_committing(control: &Control<I, T>) -> bool {
        pending(control).is_some()
    }

    /// `control` will not be told what its commit came to. To be called before it forgets that it
    /// waits for one.
    pub(super) fn disown_commit(&mut self, control: &Control<I, T>) {
        self.commits.orphans += usize::from(Self::is_committing(control));
    }

    fn hand_over(&mut self, key: Key, commit: Commit<T::Part>) {
        self.commits.due += 1;
        self.commits.ready.push((key, commit));
    }

    /// Nobody waits for this any more.
    fn forget(&mut self, key: Key, result: Result<(), Fault>) -> bool {
        debug!("{key:?} has gone, its commit came to {result:?}");
        self.commits.orphans = self.commits.orphans.saturating_sub(1);
        false
    }
}

fn pending<I: Io, T: Tree>(control: &Control<I, T>) -> Option<Pending> {
    if let Some(chore) = &control.chore {
        return chore.committing().map(Pending::Work);
    }
    match control.link.as_ref()?.way {
        Way::Committing(bytes) => Some(Pending::Upload(bytes)),
        Way::Unset
        | Way::Waiting(_)
        | Way::Dial(_)
        | Way::Up(_)
        | Way::Spoiled(_)
        | Way::Inline => None,
    }
}

fn uploaded(bytes: u64, result: Result<(), Fault>) -> Outcome {
    match result {
        Ok(()) => Outcome::Done { bytes },
        Err(fault) => Outcome::Failed { fault, bytes },
    }
}

fn made(outcome: ChoreOutcome, result: Result<(), Fault>) -> ChoreOutcome {
    result.map_or_else(ChoreOutcome::Failed, |()| outcome)
}
