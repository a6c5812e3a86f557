//! Many files: one after the other, or over several connections at once (`--jobs`).
//!
//! The files stand in one queue from which each courier takes the next. A server that has too many
//! clients makes a courier wait, and the others go on without it: so a fleet shrinks to what the
//! server bears, and grows again when it can.

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, for reports")]

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::arguments::Moving;
use super::courier::{Conduct, Courier, Errand};
use super::exit::Exit;
use super::failure::{Again, Failure};
use super::interrupt::{GLANCE, Interrupt};
use super::report::{Effort, Report};
use super::retry::{late, pause};

/// How long a server may take to say goodbye to one of several connections.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is still to be done, and how it went so far.
#[derive(Debug)]
struct Queue {
    errands: Mutex<VecDeque<Errand>>,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    done: usize,
    /// How each failure would have ended the run.
    failed: Vec<Exit>,
    /// What ended the whole batch before its end.
    end: Option<Failure>,
}

/// Moves `errands`, each reported as it ends.
///
/// # Errors
/// Some or all of them failed: [`Exit::Partly`], or what they all failed with if none was done. An
/// interruption and the deadline end everything.
pub fn run(
    courier: &mut Courier,
    errands: Vec<Errand>,
    moving: &Moving,
    report: &Report,
) -> Result<(), Failure> {
    let count = errands.len();
    let bytes = errands.iter().map(|errand| errand.size).sum();
    let conduct = Conduct::of(moving);
    let interrupt = courier.dialer().interrupt().clone();
    // What is pressed now is meant for the whole batch.
    let _stoppable = interrupt.guard();
    report.progress().begin(count, bytes);
    let extra = moving.connections().min(count).saturating_sub(1);
    let colleagues: Vec<Courier> = (0..extra).map(|_| courier.colleague()).collect();
    let queue = Queue { errands: Mutex::new(errands.into()), tally: Mutex::default() };
    thread::scope(|scope| {
        for mut colleague in colleagues {
            let (queue, interrupt, conduct) = (&queue, &interrupt, &conduct);
            scope.spawn(move || {
                if join(&mut colleague, queue, interrupt) {
                    work(&mut colleague, conduct, queue, report);
                }
                colleague.leave(FAREWELL);
            });
        }
        work(courier, &conduct, &queue, report);
    });
    report.progress().end();
    let tally = queue.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.verdict(count)
}

/// Connects one more courier, as soon as the server has room for it and while there is work. True
/// if it is connected; where it can't be for another reason, the others do without.
fn join(courier: &mut Courier, queue: &Queue, interrupt: &Interrupt) -> bool {
    let mut pauses = 0;
    while !queue.is_done() {
        match courier.link() {
            Ok(_) => return true,
            Err(failure) if failure.may_try() == Again::Crowded => {}
            Err(_) => return false,
        }
        let mut left = pause(pauses);
        pauses += 1;
        while !left.is_zero() && !queue.is_done() {
            if interrupt.pause(left.min(GLANCE)) {
                return false;
            }
            left = left.saturating_sub(GLANCE);
        }
    }
    false
}

/// Takes one errand after the other until none is left or nothing goes any more.
fn work(courier: &mut Courier, conduct: &Conduct, queue: &Queue, report: &Report) {
    loop {
        if queue.is_done() {
            return;
        }
        // A connection first, then a file: no file fails because it is the next.
        if let Err(failure) = courier.insist(conduct.tries(), |courier| courier.link().map(drop)) {
            return queue.end(failure);
        }
        let Some(errand) = queue.next() else { return };
        let since = Instant::now();
        let meter = report.meter(&errand);
        let result = courier.carry(&errand, conduct, &meter);
        let effort = Effort::of(&meter, since.elapsed());
        drop(meter);
        let reported = match &result {
            Ok(delivery) => report.delivered(&errand, delivery, effort),
            Err(failure) => report.failed(&errand, failure, effort, false),
        };
        let over = courier.dialer().pace().is_past();
        match result {
            Ok(_) => queue.tally().done += 1,
            Err(failure) if ends_all(&failure) => return queue.end(failure),
            Err(failure) if over && failure.exit() == Exit::TimeOut => {
                return queue.end(late(failure));
            }
            Err(failure) => queue.tally().failed.push(failure.exit()),
        }
        if let Err(failure) = reported {
            return queue.end(failure);
        }
    }
}

impl Queue {
    fn errands(&self) -> MutexGuard<'_, VecDeque<Errand>> {
        self.errands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Errand> {
        self.errands().pop_front()
    }

    fn is_done(&self) -> bool {
        self.errands().is_empty() || self.tally().end.as_ref().is_some_and(ends_all)
    }

    /// Keeps the first reason for an end.
    fn end(&self, failure: Failure) {
        let mut tally = self.tally();
        if ends_all(&failure) || tally.end.is_none() {
            tally.end = Some(failure);
        }
    }
}

impl Tally {
    /// How a batch of `count` files has ended.
    fn verdict(self, count: usize) -> Result<(), Failure> {
        let untried = count - (self.done + self.failed.len()).min(count);
        match self.end {
            // A courier that lost its way matters only if the others did not do its work.
            Some(end) if ends_all(&end) || (untried > 0 && self.done == 0) => return Err(end),
            Some(_) | None => {}
        }
        let bad = self.failed.len() + untried;
        let Some(&first) = self.failed.first() else {
            if bad == 0 {
                return Ok(());
            }
            let what = format!("{untried} of {count} files were not tried");
            let failure = Failure::new(Exit::Partly, what);
            return Err(match self.end {
                Some(end) => failure.advise(end.to_string()),
                None => failure,
            });
        };
        let alike = self.failed.iter().all(|&exit| exit == first);
        let exit = if self.done == 0 && alike { first } else { Exit::Partly };
        Err(Failure::new(exit, format!("{bad} of {count} files failed, {} are done", self.done)))
    }
}

/// True for what ends a whole batch, and not just a courier's part in it: an interruption, the
/// deadline, an output that nobody reads.
fn ends_all(failure: &Failure) -> bool {
    matches!(failure.exit(), Exit::Interrupted | Exit::Done)
        || (failure.exit() == Exit::TimeOut
            && failure.is_fatal()
            && failure.may_try() == Again::Never)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(done: usize, failed: &[Exit], end: Option<Exit>, count: usize) -> Exit {
        let end = end.map(|exit| Failure::new(exit, "it ended").fatal());
        let tally = Tally { done, failed: failed.to_vec(), end };
        tally.verdict(count).map_or_else(|failure| failure.exit(), |()| Exit::Done)
    }

    #[test]
    fn a_batch_ends_as_its_files_did() {
        assert_eq!(exit(3, &[], None, 3), Exit::Done);
        assert_eq!(exit(2, &[Exit::NotFound], None, 3), Exit::Partly);
        assert_eq!(exit(0, &[Exit::NotFound, Exit::NotFound], None, 2), Exit::NotFound);
        assert_eq!(exit(0, &[Exit::NotFound, Exit::LocalFile], None, 2), Exit::Partly);
        assert_eq!(exit(1, &[], Some(Exit::Interrupted), 3), Exit::Interrupted);
        assert_eq!(exit(1, &[Exit::TimeOut], Some(Exit::TimeOut), 3), Exit::TimeOut);
        assert_eq!(exit(3, &[], Some(Exit::Connection), 3), Exit::Done);
        assert_eq!(exit(2, &[], Some(Exit::Connection), 3), Exit::Partly);
        assert_eq!(exit(0, &[], Some(Exit::Connection), 3), Exit::Connection);
    }
}
