//! Trying again: how often, and after what pause.
//!
//! Pauses double from one to the next and are cut by chance, so that a fleet of clients that lost
//! its server together does not come back together.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::exit::Exit;
use super::failure::{Again, Failure};
use super::interrupt::Interrupt;
use super::pace::Pace;

/// The first pause, before chance cuts it.
const FIRST: Duration = Duration::from_millis(250);

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// How often a server is given time to get rid of its crowd, by those who wait for it at all.
const CROWDS_MAX: u32 = 16;

/// The tries of one thing.
#[derive(Debug)]
pub struct Tries {
    left: u32,
    /// Times that a crowd may still be waited for.
    crowds_left: u32,
    pauses: u32,
    /// It was tried in another way already.
    turned: bool,
}

impl Tries {
    /// `retries` after the first. `patient` ones also wait while the server has too many clients.
    #[must_use]
    pub const fn new(retries: u32, patient: bool) -> Self {
        let crowds_left = if patient { CROWDS_MAX } else { 0 };
        Self { left: retries, crowds_left, pauses: 0, turned: false }
    }

    /// Pauses until it is time for the next try. Before it does, `tell` hears why there is one, and
    /// how long the pause is.
    ///
    /// # Errors
    /// `failure` itself, where trying again makes no sense or was tried often enough; that the run
    /// has taken too long; or that it was interrupted.
    pub fn rest(
        &mut self,
        failure: Failure,
        pace: &Pace,
        interrupt: &Interrupt,
        tell: impl FnOnce(&Failure, Duration),
    ) -> Result<(), Failure> {
        let left = match failure.may_try() {
            Again::Never => return Err(failure),
            // At once, and once: nobody asked for a retry, and nobody has failed.
            Again::Otherwise if !std::mem::replace(&mut self.turned, true) => return Ok(()),
            Again::Otherwise => return Err(failure),
            Again::Soon => &mut self.left,
            Again::Crowded => &mut self.crowds_left,
        };
        if pace.is_past() {
            return Err(late(failure));
        }
        if *left == 0 {
            return Err(failure);
        }
        *left -= 1;
        let pause = pause(self.pauses).min(pace.wait());
        self.pauses += 1;
        tell(&failure, pause);
        if interrupt.pause(pause) {
            return Err(Failure::new(Exit::Interrupted, "interrupted"));
        }
        Ok(())
    }
}

/// The pause before the try after `pauses` others: a half to the whole of what doubling makes of
/// it.
#[must_use]
pub fn pause(pauses: u32) -> Duration {
    let whole = FIRST.saturating_mul(1 << pauses.min(16)).min(LONGEST);
    // Chance enough for a jitter, without a generator to depend on.
    let chance = RandomState::new().hash_one(pauses) % 1000;
    whole / 2 + whole / 2 * u32::try_from(chance).unwrap_or_default() / 1000
}

/// The failure of a run that has taken too long, whatever it was that failed by it.
#[must_use]
pub fn late(failure: Failure) -> Failure {
    Failure::new(Exit::TimeOut, format!("the deadline has passed; {failure}")).fatal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound() {
        for (pauses, least) in [(0, 125), (1, 250), (4, 2000), (7, 15_000), (60, 15_000)] {
            let least = Duration::from_millis(least);
            let pause = pause(pauses);
            assert!(least <= pause && pause <= least * 2, "{pauses}: {pause:?}");
        }
    }

    #[test]
    fn only_what_may_work_is_tried_again() {
        let pace = Pace::new(Duration::from_millis(1), None, None, 256);
        let interrupt = Interrupt::listen().unwrap();
        let soon = Failure::new(Exit::Connection, "lost").again(Again::Soon);
        let never = Failure::new(Exit::NotFound, "no such file");
        let crowd = Failure::new(Exit::Connection, "too many").again(Again::Crowded);
        let mut tries = Tries::new(1, false);
        assert_eq!(tries.rest(never.clone(), &pace, &interrupt, |_, _| ()), Err(never));
        assert_eq!(tries.rest(crowd.clone(), &pace, &interrupt, |_, _| ()), Err(crowd.clone()));
        assert_eq!(tries.rest(soon.clone(), &pace, &interrupt, |_, _| ()), Ok(()));
        assert_eq!(tries.rest(soon.clone(), &pace, &interrupt, |_, _| ()), Err(soon.clone()));
        assert_eq!(Tries::new(0, true).rest(crowd, &pace, &interrupt, |_, _| ()), Ok(()));
        let otherwise = Failure::new(Exit::Tls, "no ticket").again(Again::Otherwise);
        let mut tries = Tries::new(0, false);
        assert_eq!(tries.rest(otherwise.clone(), &pace, &interrupt, |_, _| ()), Ok(()));
        let again = tries.rest(otherwise.clone(), &pace, &interrupt, |_, _| ());
        assert_eq!(again, Err(otherwise));
        let over = Pace::new(Duration::from_secs(9), Some(Duration::ZERO), None, 256);
        let failure = Tries::new(9, true).rest(soon, &over, &interrupt, |_, _| ()).unwrap_err();
        assert_eq!(failure.exit(), Exit::TimeOut);
    }
}
