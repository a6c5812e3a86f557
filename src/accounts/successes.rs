//! Passwords that were right a short while ago, so that a fleet that logs in again and again does
//! not pay for argon2 each time.
//!
//! No password is kept. What is kept is the SHA-256 of it, of the username and of the entry that it
//! was right for, under a random key that lives as long as the process: whoever reads the memory
//! learns no more than from `Credentials` itself, and an entry that was changed is another. A
//! success is not prolonged by being used, so within the time that is set each client pays once.
//!
//! The gate calls this. It reads no clock.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use argon2::password_hash::try_generate_salt;
use sha2::{Digest, Sha256};

use crate::terms::Moment;

/// Successes that are kept at most, of some 80 bytes each; one more, and the oldest goes.
const MOST: usize = 8192;

/// A username, an entry and a password, as one number that tells nothing of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Proof([u8; 32]);

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof")
    }
}

/// What was right lately.
pub(super) struct Successes {
    key: [u8; 32],
    /// How long a success counts; zero if none is kept.
    remember: Duration,
    /// When each ceases to count.
    ends: HashMap<Proof, Moment>,
    /// The same in the order in which they came, which is that in which they cease.
    order: VecDeque<(Moment, Proof)>,
}

impl Successes {
    /// Keeps each for as long as `remember` says; not at all if that is zero, or if the system
    /// gives no random key.
    pub(super) fn new(remember: Duration) -> Self {
        let (key, remember) = random_key().map_or(([0; 32], Duration::ZERO), |key| (key, remember));
        Self { key, remember, ends: HashMap::new(), order: VecDeque::new() }
    }

    /// The proof that `password` is the one that `entry` holds for `username`; `None` if none is
    /// kept.
    pub(super) fn proof(&self, username: &[u8], entry: &[u8], password: &[u8]) -> Option<Proof> {
        if self.remember.is_zero() {
            return None;
        }
        let mut hash = Sha256::new_with_prefix(self.key);
        for field in [username, entry, password] {
            // With its length before it, no field can be taken for a piece of its neighbour.
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Some(Proof(hash.finalize().into()))
    }

    /// Whether it was right lately.
    pub(super) fn holds(&self, proof: Proof, now: Moment) -> bool {
        self.ends.get(&proof).is_some_and(|end| now < *end)
    }

    /// It is right.
    pub(super) fn keep(&mut self, proof: Proof, now: Moment) {
        while let Some((end, oldest)) = self.order.front().copied()
            && (end <= now || self.order.len() >= MOST)
        {
            self.order.pop_front();
            if self.ends.get(&oldest) == Some(&end) {
                self.ends.remove(&oldest);
            }
        }
        let end = now + self.remember;
        self.ends.insert(proof, end);
        self.order.push_back((end, proof));
    }
}

impl fmt::Debug for Successes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} successes", self.ends.len())
    }
}

/// 32 bytes that nobody can guess, or nothing if the system has none.
fn random_key() -> Option<[u8; 32]> {
    // Two salts: the one source of random bytes that this room has already.
    let halves = [try_generate_salt().ok()?, try_generate_salt().ok()?];
    halves.as_flattened().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Moment {
        Moment::default() + Duration::from_secs(secs)
    }

    fn minute() -> Successes {
        Successes::new(Duration::from_secs(60))
    }

    #[test]
    fn a_success_counts_for_its_time_and_is_not_prolonged() {
        let mut successes = minute();
        let proof = successes.proof(b"u", b"$entry", b"1234").unwrap();
        assert!(!successes.holds(proof, at(1)));
        successes.keep(proof, at(1));
        assert!(successes.holds(proof, at(60)));
        assert!(!successes.holds(proof, at(61)));
    }

    #[test]
    fn another_user_entry_or_password_is_another_proof() {
        let successes = minute();
        let proof = successes.proof(b"u", b"$entry", b"1234");
        assert_eq!(proof, successes.proof(b"u", b"$entry", b"1234"));
        for (username, entry, password) in [
            ("v", "$entry", "1234"),
            ("u", "$other", "1234"),
            ("u", "$entry", "123"),
            ("u$", "entry", "1234"),
        ] {
            let other = successes.proof(username.as_bytes(), entry.as_bytes(), password.as_bytes());
            assert_ne!(proof, other);
        }
        assert_ne!(proof, minute().proof(b"u", b"$entry", b"1234"), "each process has its own key");
    }

    #[test]
    fn it_can_be_off_and_never_outgrows_its_bound() {
        assert!(Successes::new(Duration::ZERO).proof(b"u", b"e", b"p").is_none());
        let mut successes = minute();
        let proof = |successes: &Successes, n: usize| {
            successes.proof(b"u", b"e", n.to_string().as_bytes()).unwrap()
        };
        for number in 0..MOST + 10 {
            successes.keep(proof(&successes, number), at(1));
        }
        assert_eq!((successes.ends.len(), successes.order.len()), (MOST, MOST));
        assert!(!successes.holds(proof(&successes, 9), at(2)));
        assert!(successes.holds(proof(&successes, 10), at(2)));
        // What is kept again and again takes no more room either, and outlives its first time.
        let twice = proof(&successes, MOST);
        successes.keep(twice, at(30));
        successes.keep(proof(&successes, 0), at(62));
        assert!(successes.holds(twice, at(62)));
        assert_eq!((successes.ends.len(), successes.order.len()), (2, 2));
    }
}
