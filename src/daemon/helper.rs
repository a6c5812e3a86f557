//! The one helper thread: what can't be sliced and would stall every client if the loop did it.
//!
//! That is argon2 and its like, and waiting for the disk. Work goes out through a bounded queue; what
//! comes back wakes the poll.
//!
//! Passwords and commits wait in a line each and take turns: a slow disk holds up a login by no more
//! than two commits, and a crowd that logs in holds up an upload by no more than two passwords.
//! Among commits the first comes first, so that of two uploads to one name the last to end wins;
//! passwords are taken in turn by where they come from, see `rows`.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use mio::Waker;

use super::rows::Rows;
use crate::accounts::gate::Source;
use crate::accounts::{Challenge, Verdict};
use crate::terms::{Fault, Key};
use crate::transfer::Commit;
use crate::tree::OsPart;

/// Jobs that lie in the thread's own queue at most, where nothing calls them back. More wait on the
/// loop's side, one for each session at most. Challenges go with their sessions; commits stay, and
/// the reactor bounds them.
const QUEUE: usize = 1;

/// What the thread does.
#[derive(Debug)]
enum Job {
    /// Finds out whether a password is right.
    Judge(Challenge),
    /// Puts a file in place, and all that is needed to find it there onto the disk.
    Commit(Commit<OsPart>),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Done {
    /// The answer to a challenge.
    Judged(Verdict),
    /// The answer to a commit.
    Committed(Result<(), Fault>),
}

/// Those who wait for the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Line {
    #[default]
    Challenges,
    Commits,
}

/// Whose turn it is: one of each line, as long as somebody waits in both.
#[derive(Debug, Default)]
struct Turns {
    next: Line,
}

impl Turns {
    fn next(&mut self, challenges: bool, commits: bool) -> Option<Line> {
        let line = match (challenges, commits) {
            (true, true) => self.next,
            (true, false) => Line::Challenges,
            (false, true) => Line::Commits,
            (false, false) => return None,
        };
        self.next = match line {
            Line::Challenges => Line::Commits,
            Line::Commits => Line::Challenges,
        };
        Some(line)
    }
}

/// The helper thread, as the loop sees it.
#[derive(Debug)]
pub(super) struct Helper {
    work: Option<SyncSender<(Key, Job)>>,
    done: Receiver<(Key, Done)>,
    challenges: Rows<Source, (Key, Challenge)>,
    /// The challenge whose turn it is.
    next: Option<(Key, Challenge)>,
    commits: VecDeque<(Key, Commit<OsPart>)>,
    turns: Turns,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    /// Starts the thread; each result wakes the poll through `waker`.
    pub(super) fn start(waker: Arc<Waker>) -> io::Result<Self> {
        let (work, orders) = sync_channel(QUEUE);
        let (results, done) = channel();
        let thread = Builder::new()
            .name("coracled-helper".to_owned())
            .spawn(move || work_off(&orders, &results, &waker))?;
        Ok(Self {
            work: Some(work),
            done,
            challenges: Rows::new(Source::network),
            next: None,
            commits: VecDeque::new(),
            turns: Turns::default(),
            thread: Some(thread),
        })
    }

    /// Lets a challenge wait for its turn. Returns whose challenge there is no room for: this one's,
    /// or that of somebody who has many waiting already. What is not `wanted` any more goes first.
    #[must_use]
    pub(super) fn submit(
        &mut self,
        key: Key,
        challenge: Challenge,
        wanted: impl Fn(Key) -> bool,
    ) -> Option<Key> {
        let (class, source) = (challenge.standing() as usize, challenge.source());
        let wanted = |(key, _): &(Key, Challenge)| wanted(*key);
        let crowded = self.challenges.push(class, source, (key, challenge), wanted);
        crowded.map(|(key, _)| key)
    }

    /// Lets a commit wait for its turn.
    pub(super) fn submit_commit(&mut self, key: Key, commit: Commit<OsPart>) {
        self.commits.push_back((key, commit));
    }

    /// The next result that is ready.
    pub(super) fn done(&mut self) -> Option<(Key, Done)> {
        self.done.try_recv().ok()
    }

    /// Moves what waits into the thread's queue, as far as there is room. A challenge that is not
    /// `wanted` any more is dropped: else a crowd that has been turned away would hold up those who
    /// came later.
    pub(super) fn forward(&mut self, wanted: impl Fn(Key) -> bool) {
        while let Some((key, job)) = self.next_job(&wanted) {
            let Some(work) = &self.work else { return };
            match work.try_send((key, job)) {
                Ok(()) => {}
                Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                    self.take_back(job);
                    return;
                }
            }
        }
    }

    /// The next job, of each sort in turn as long as there are both.
    fn next_job(&mut self, wanted: impl Fn(Key) -> bool) -> Option<(Key, Job)> {
        while self.next.as_ref().is_none_or(|(key, _)| !wanted(*key)) {
            self.next = self.challenges.pop();
            if self.next.is_none() {
                break;
            }
        }
        match self.turns.next(self.next.is_some(), !self.commits.is_empty())? {
            Line::Challenges => {
                self.next.take().map(|(key, challenge)| (key, Job::Judge(challenge)))
            }
            Line::Commits => {
                self.commits.pop_front().map(|(key, commit)| (key, Job::Commit(commit)))
            }
        }
    }

    /// Puts a job for which there was no room back to where it was.
    fn take_back(&mut self, (key, job): (Key, Job)) {
        match job {
            Job::Judge(challenge) => {
                self.next = Some((key, challenge));
                self.turns.next = Line::Challenges;
            }
            Job::Commit(commit) => {
                self.commits.push_front((key, commit));
                self.turns.next = Line::Commits;
            }
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // The thread ends when nobody can send to it any more.
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work_off(jobs: &Receiver<(Key, Job)>, results: &Sender<(Key, Done)>, waker: &Waker) {
    while let Ok((key, job)) = jobs.recv() {
        let done = match job {
            Job::Judge(challenge) => Done::Judged(challenge.judge()),
            Job::Commit(commit) => Done::Committed(commit.carry_out()),
        };
        if results.send((key, done)).is_err() || waker.wake().is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_the_disk_take_turns() {
        let (mut turns, mut challenges, mut commits) = (Turns::default(), 5, 3);
        let mut order = String::new();
        while let Some(line) = turns.next(challenges > 0, commits > 0) {
            match line {
                Line::Challenges => {
                    challenges -= 1;
                    order.push('p');
                }
                Line::Commits => {
                    commits -= 1;
                    order.push('d');
                }
            }
        }
        assert_eq!(order, "pdpdpdpp");
    }
}
