//! The one helper thread: what can't be sliced and would stall every client if the loop did it.
//!
//! Today that is argon2 and its like. Work goes out through a bounded queue, in turn by where it
//! comes from; what comes back wakes the poll.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use mio::Waker;

use super::turns::Turns;
use crate::accounts::gate::Source;
use crate::accounts::{Challenge, Verdict};
use crate::terms::Key;

/// Challenges that lie in the thread's own queue at most, where nothing calls them back. More wait on
/// the loop's side, one for each session at most, and go with their sessions.
const QUEUE: usize = 1;

/// The helper thread, as the loop sees it.
#[derive(Debug)]
pub(super) struct Helper {
    work: Option<SyncSender<(Key, Challenge)>>,
    done: Receiver<(Key, Verdict)>,
    waiting: Turns<Source, (Key, Challenge)>,
    /// Whose turn it is, when the thread's queue is full.
    next: Option<(Key, Challenge)>,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    /// Starts the thread; each verdict wakes the poll through `waker`.
    pub(super) fn start(waker: Arc<Waker>) -> io::Result<Self> {
        let (work, orders) = sync_channel(QUEUE);
        let (results, done) = channel();
        let thread = Builder::new()
            .name("coracled-helper".to_owned())
            .spawn(move || judge_all(&orders, &results, &waker))?;
        Ok(Self { work: Some(work), done, waiting: Turns::new(), next: None, thread: Some(thread) })
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
        let source = challenge.source();
        let crowded = self.waiting.push(source, (key, challenge), |(key, _)| wanted(*key));
        crowded.map(|(key, _)| key)
    }

    /// The next verdict that is ready.
    pub(super) fn verdict(&mut self) -> Option<(Key, Verdict)> {
        self.done.try_recv().ok()
    }

    /// Moves what waits into the thread's queue, as far as there is room. What is not `wanted` any
    /// more is dropped: else a crowd that has been turned away would hold up those who came later.
    pub(super) fn forward(&mut self, wanted: impl Fn(Key) -> bool) {
        let Some(work) = &self.work else { return };
        while let Some(order) = self.next.take().or_else(|| self.waiting.pop()) {
            if !wanted(order.0) {
                continue;
            }
            if let Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) =
                work.try_send(order)
            {
                self.next = Some(order);
                return;
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

fn judge_all(orders: &Receiver<(Key, Challenge)>, results: &Sender<(Key, Verdict)>, waker: &Waker) {
    while let Ok((key, challenge)) = orders.recv() {
        if results.send((key, challenge.judge())).is_err() || waker.wake().is_err() {
            return;
        }
    }
}
