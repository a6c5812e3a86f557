//! How long things may take, and how fast bytes may go: `--timeout`, `--deadline`, `--rate`,
//! `--chunk-size`.
//!
//! One [`Pace`] is shared by all links of a run, so that the rate is the run's and not each
//! connection's. It bounds waits and orders pauses; who waits is [`link`](super::link).

#![expect(clippy::disallowed_methods, reason = "the client's clock is read here, to bound waits")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is left of a wait whose end has passed. No socket takes zero for a time-out.
const MOMENT: Duration = Duration::from_millis(1);

/// Smallest chunk, in bytes.
pub const CHUNK_MIN: usize = 256;

/// Largest chunk, in bytes.
pub const CHUNK_MAX: usize = 16 * 1024 * 1024;

/// The bounds of a run in time.
#[derive(Debug, Clone)]
pub struct Pace {
    patience: Duration,
    deadline: Option<Instant>,
    chunk: usize,
    throttle: Option<Arc<Throttle>>,
}

impl Pace {
    /// At most `patience` for each wait, `whole` for all together from now on, `rate` bytes a
    /// second, and `chunk` bytes at a time.
    #[must_use]
    pub fn new(
        patience: Duration,
        whole: Option<Duration>,
        rate: Option<u64>,
        chunk: usize,
    ) -> Self {
        let mut chunk = chunk.clamp(CHUNK_MIN, CHUNK_MAX);
        if let Some(rate) = rate {
            // Four chunks a second, so that a low rate is a trickle and not a sequence of stops.
            let smooth = usize::try_from(rate / 4).unwrap_or(usize::MAX);
            chunk = chunk.min(smooth.max(CHUNK_MIN));
        }
        Self {
            patience,
            deadline: whole.and_then(|whole| Instant::now().checked_add(whole)),
            chunk,
            throttle: rate.map(|rate| Arc::new(Throttle::new(rate))),
        }
    }

    /// Lets each further wait of this copy take no longer than `patience`.
    pub fn bound(&mut self, patience: Duration) {
        self.patience = self.patience.min(patience);
    }

    /// A copy whose waits are all over once `whole` has passed.
    #[must_use]
    pub fn within(&self, whole: Duration) -> Self {
        let end = Instant::now().checked_add(whole);
        let deadline = [self.deadline, end].into_iter().flatten().min();
        Self { deadline, ..self.clone() }
    }

    /// Bytes that are moved at a time.
    #[must_use]
    pub const fn chunk(&self) -> usize {
        self.chunk
    }

    /// How long a wait that began at `since` may still take; none if it is over.
    #[must_use]
    pub fn left(&self, since: Instant) -> Option<Duration> {
        let now = Instant::now();
        let left = self.patience.checked_sub(now.saturating_duration_since(since))?;
        let left = match self.deadline {
            Some(deadline) => left.min(deadline.checked_duration_since(now)?),
            None => left,
        };
        (!left.is_zero()).then_some(left)
    }

    /// How long a wait that begins now may take.
    #[must_use]
    pub fn wait(&self) -> Duration {
        self.left(Instant::now()).unwrap_or(MOMENT)
    }

    /// True when the whole run has taken too long.
    #[must_use]
    pub fn is_past(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// How long to pause after `bytes` have been moved, so that the rate is kept.
    #[must_use]
    pub fn toll(&self, bytes: usize) -> Duration {
        self.throttle.as_ref().map_or(Duration::ZERO, |throttle| throttle.toll(bytes))
    }
}

/// A rate that several links keep together: each byte moves the time at which the line is free
/// again, and whoever moved it waits until then.
#[derive(Debug)]
struct Throttle {
    /// Bytes a second, at least one.
    rate: u64,
    free_at: Mutex<Instant>,
}

impl Throttle {
    fn new(rate: u64) -> Self {
        Self { rate: rate.max(1), free_at: Mutex::new(Instant::now()) }
    }

    fn toll(&self, bytes: usize) -> Duration {
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "a chunk and a rate, for a pause")]
        let takes = Duration::from_secs_f64(bytes as f64 / self.rate as f64);
        *free_at = (*free_at).max(now) + takes;
        free_at.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_end_at_the_earlier_bound() {
        let minute = Duration::from_secs(60);
        let pace = Pace::new(minute, None, None, 1000);
        assert!(pace.wait() > minute / 2 && !pace.is_past());
        let pace = Pace::new(minute, Some(Duration::ZERO), None, 1000);
        assert!(pace.is_past() && pace.wait() == MOMENT);
        assert_eq!(pace.left(Instant::now()), None);
        let pace = Pace::new(minute, Some(minute), None, 1000).within(minute / 2);
        assert!(pace.wait() <= minute / 2 && pace.within(minute).wait() <= minute / 2);
    }

    #[test]
    fn a_rate_is_kept_by_all_together() {
        let pace = Pace::new(Duration::from_secs(60), None, Some(1000), 64 * 1024);
        assert_eq!(pace.chunk(), 256);
        let other = pace.clone();
        let first = pace.toll(500);
        let second = other.toll(500);
        assert!(first <= Duration::from_millis(500) && second > Duration::from_millis(900));
        assert_eq!(Pace::new(first, None, None, 1).toll(1 << 30), Duration::ZERO);
    }
}
