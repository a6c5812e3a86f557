//! The one helper thread: what can't be sliced and would stall every client if the loop did it.
//!
//! That is argon2, and waiting for the disk. Work goes out through a bounded queue; what comes back
//! wakes the poll.
//!
//! Passwords and commits wait in a line each and take turns: a slow disk holds up a login by no more
//! than two commits, and a crowd that logs in holds up an upload by no more than two passwords.
//! Within a line the first comes first, so that of two uploads to one name the last to end wins.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use mio::Waker;

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

/// The helper thread, as the loop sees it.
#[derive(Debug)]
pub(super) struct Helper {
    work: Option<SyncSender<(Key, Job)>>,
    done: Receiver<(Key, Done)>,
    challenges: VecDeque<(Key, Challenge)>,
    commits: VecDeque<(Key, Commit<OsPart>)>,
    /// Whether the next turn is a commit's.
    commit_next: bool,
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
            challenges: VecDeque::new(),
            commits: VecDeque::new(),
            commit_next: false,
            thread: Some(thread),
        })
    }

    /// Lets a challenge wait for its turn.
    pub(super) fn submit(&mut self, key: Key, challenge: Challenge) {
        self.challenges.push_back((key, challenge));
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
        while self.challenges.front().is_some_and(|(key, _)| !wanted(*key)) {
            self.challenges.pop_front();
        }
        let is_commit =
            !self.commits.is_empty() && (self.commit_next || self.challenges.is_empty());
        self.commit_next = !is_commit;
        if is_commit {
            self.commits.pop_front().map(|(key, commit)| (key, Job::Commit(commit)))
        } else {
            self.challenges.pop_front().map(|(key, challenge)| (key, Job::Judge(challenge)))
        }
    }

    /// Puts a job for which there was no room back to where it was.
    fn take_back(&mut self, (key, job): (Key, Job)) {
        self.commit_next = matches!(job, Job::Commit(_));
        match job {
            Job::Judge(challenge) => self.challenges.push_front((key, challenge)),
            Job::Commit(commit) => self.commits.push_front((key, commit)),
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
