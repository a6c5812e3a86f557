//! Whose a connection to a passive port is: that of the session that waits for it from that address,
//! a late one of a route that was given up, or nobody's.
//!
//! What is done about late ones is said where ports are given out. Knows of addresses, time and the
//! keys of sessions, and not of sockets. A passive listener keeps the claims on it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::terms::{Key, Moment};

/// How long debts are remembered: no port is spared for longer, and no empty file refused.
pub(super) const LATE: Duration = Duration::from_secs(10);

/// Whose the next connection from an address to a port is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Claim {
    /// The control connection that waits for it.
    pub(super) waiting: Option<Key>,
    /// When the peer was last told to connect: by the port, or by the word that its transfer begins.
    pub(super) told: Moment,
    /// Routes that were given up before a connection had been accepted for them: as many may come.
    pub(super) owed: u32,
    /// When the peer was told of the last of these.
    pub(super) since: Moment,
}

/// Whose a connection is that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comer {
    /// This control connection's, which waits for it.
    Awaited(Key),
    /// This one's, unless it is the late one of a route that was given up.
    Doubtful(Key),
    /// Nobody's.
    Stranger,
}

impl Claim {
    /// A connection has come from `peer`.
    pub(super) fn come(claims: &mut HashMap<IpAddr, Self>, peer: IpAddr, now: Moment) -> Comer {
        let Some(claim) = claims.get_mut(&peer) else { return Comer::Stranger };
        let comer = match claim.waiting.take() {
            Some(owner) if claim.owes(now) => return Comer::Doubtful(owner),
            Some(owner) => {
                claim.owed = 0;
                Comer::Awaited(owner)
            }
            None => {
                claim.owed = claim.owed.saturating_sub(1);
                Comer::Stranger
            }
        };
        if claim.owed == 0 {
            claims.remove(&peer);
        }
        comer
    }

    /// Whether a connection that nobody waits for may still come.
    pub(super) fn owes(&self, now: Moment) -> bool {
        self.owed > 0 && now.since(self.since) < LATE
    }

    /// Nobody waits any more, and who was waited for may still come.
    pub(super) fn give_up(&mut self, now: Moment) {
        let before = if self.owes(now) { self.owed } else { 0 };
        self.waiting = None;
        self.owed = before.saturating_add(1);
        self.since = self.told;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn at(millis: u64) -> Moment {
        Moment::from_nanos(millis * 1_000_000)
    }

    /// The claims of one who waited and was given up so many times, all at the start.
    fn owing(count: usize) -> HashMap<IpAddr, Claim> {
        let mut claim = Claim::default();
        for _ in 0..count {
            claim.waiting = Some(Key::new(1, 1));
            claim.give_up(at(0));
        }
        HashMap::from([(PEER, claim)])
    }

    #[test]
    fn each_route_that_was_given_up_owes_a_connection() {
        let mut claims = owing(2);
        for left in [1, 0] {
            assert_eq!(Claim::come(&mut claims, PEER, at(10)), Comer::Stranger);
            assert_eq!(claims.get(&PEER).map_or(0, |claim| claim.owed), left);
        }
        assert!(claims.is_empty());
        assert_eq!(Claim::come(&mut claims, PEER, at(10)), Comer::Stranger);
    }

    #[test]
    fn who_waits_with_a_debt_gets_a_doubtful_connection_and_keeps_the_debt() {
        let owner = Key::new(2, 1);
        let mut claims = owing(1);
        claims.entry(PEER).or_default().waiting = Some(owner);
        assert_eq!(Claim::come(&mut claims, PEER, at(9_999)), Comer::Doubtful(owner));
        assert_eq!(Claim::come(&mut claims, PEER, at(9_999)), Comer::Stranger);
        assert!(claims.is_empty());
    }

    #[test]
    fn debts_are_forgotten() {
        let owner = Key::new(2, 1);
        let mut claims = owing(3);
        claims.entry(PEER).or_default().waiting = Some(owner);
        assert_eq!(Claim::come(&mut claims, PEER, at(10_000)), Comer::Awaited(owner));
        assert!(claims.is_empty());
    }
}
