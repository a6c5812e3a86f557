//! What the operator is told of passive ports that have run out: once when they do and once when it is
//! over, however often somebody asks meanwhile, and not more than so often in a minute.
//!
//! A port is short for one address and free for all others, so it is over when the address that was
//! refused has been given one; or when nobody has been refused for a while, for that address may never
//! come again. Knows nothing of ports; the passive ports ask it whether to say a line.

use std::net::IpAddr;
use std::time::Duration;

use crate::terms::Moment;

/// How long nothing is said of another shortage: who makes them come and go fills no log.
const QUIET: Duration = Duration::from_secs(60);

/// Whether ports are short just now, as far as has been said.
#[derive(Debug, Default)]
pub(super) struct Shortage {
    /// For whom.
    of: Option<IpAddr>,
    /// When it was said last.
    said: Option<Moment>,
    /// When somebody was refused last.
    refused: Moment,
}

impl Shortage {
    /// There was no port for `peer`. True if that is to be said.
    pub(super) fn begins(&mut self, peer: IpAddr, now: Moment) -> bool {
        let refused = std::mem::replace(&mut self.refused, now);
        let goes_on = self.of.is_some() && now.since(refused) < QUIET;
        let is_quiet = self.said.is_some_and(|said| now.since(said) < QUIET);
        if goes_on || is_quiet {
            return false;
        }
        (self.of, self.said) = (Some(peer), Some(now));
        true
    }

    /// `peer` has been given a port. True if that is to be said.
    pub(super) fn ends(&mut self, peer: IpAddr) -> bool {
        self.of.take_if(|of| *of == peer).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_and_its_end_is() {
        let at = |secs: u64| Moment::from_nanos(secs * 1_000_000_000);
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let mut shortage = Shortage::default();
        assert!(!shortage.ends(one));
        assert!(shortage.begins(one, at(1)));
        assert!(!shortage.begins(one, at(2)) && !shortage.begins(other, at(50)));
        assert!(!shortage.begins(one, at(100)), "it goes on");
        assert!(!shortage.ends(other), "it was not short for that one");
        assert!(shortage.ends(one) && !shortage.ends(one));
        assert!(shortage.begins(other, at(101)));
        assert!(shortage.ends(other));
        assert!(!shortage.begins(other, at(150)) && !shortage.ends(other), "nor is a flood said");
        assert!(shortage.begins(one, at(161)));
        assert!(shortage.begins(other, at(1_000)), "the first has not come again");
        assert!(!shortage.ends(one) && shortage.ends(other));
    }
}
