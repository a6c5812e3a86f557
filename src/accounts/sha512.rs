//! `$6$` entries: sha512-crypt, as glibc's `crypt` writes it into `/etc/shadow`.
//!
//! They are read so that an existing table can be moved over as it is; none is ever made. What is
//! taken is the form that `crypt` writes and no other, and its cost is bounded, since a slip in one
//! line must not keep the helper thread busy for an hour. `password` calls this.

use std::fmt;
use std::str::FromStr;

use argon2::password_hash::PasswordVerifier;
use sha_crypt::{Params, ShaCrypt};

/// How such an entry begins.
pub(super) const MARK: &[u8] = b"$6$";

/// Most rounds that a hash may ask for: about a second of a small machine. `crypt` itself would take
/// up to 999,999,999.
const MOST_ROUNDS: u32 = 1_000_000;

/// Bytes of salt that `crypt` uses at most.
const LONGEST_SALT: usize = 16;

/// Letters of a hash: 64 bytes, six bits a letter.
const HASH: usize = 86;

/// A sound `$6$` string whose cost is bounded.
#[derive(Clone)]
pub(super) struct Sha512 {
    /// The string itself.
    text: Box<str>,
    rounds: u32,
}

impl Sha512 {
    /// Reads an entry that begins with [`MARK`].
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let broken = |why: &dyn fmt::Display| format!("broken $6$ hash: {why}");
        if text.contains(&b':') {
            let why = "it holds a colon; of a line of /etc/shadow only the first two fields belong \
                       here";
            return Err(broken(&why));
        }
        let text = std::str::from_utf8(text).map_err(|_| broken(&"not ASCII"))?;
        let mut fields = text.split('$').skip(2);
        let mut next = || fields.next().unwrap_or_default();
        let mut salt = next();
        let mut rounds = Params::RECOMMENDED_ROUNDS;
        if let Some(number) = salt.strip_prefix("rounds=") {
            rounds = u32::from_str(number).map_err(|_| broken(&"rounds= needs a number"))?;
            salt = next();
        }
        let hash = next();
        if fields.next().is_some() {
            return Err(broken(&"something follows the hash"));
        }
        if !(Params::ROUNDS_MIN..=MOST_ROUNDS).contains(&rounds) {
            let (least, most) = (Params::ROUNDS_MIN, MOST_ROUNDS);
            return Err(broken(&format_args!("rounds={rounds} is not within {least} to {most}")));
        }
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
        if salt.len() > LONGEST_SALT || !salt.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(broken(&format_args!("the salt is no {LONGEST_SALT} letters or fewer")));
        }
        if hash.len() != HASH || !hash.bytes().all(is_letter) {
            return Err(broken(&format_args!("the hash is not {HASH} letters of crypt's")));
        }
        Ok(Self { text: text.into(), rounds })
    }

    /// How often it hashes.
    pub(super) const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The string itself.
    pub(super) const fn text(&self) -> &str {
        &self.text
    }

    /// Compares `presented` with the hash; slow by intent. Two outputs are compared in constant
    /// time.
    pub(super) fn verify(&self, presented: &[u8]) -> bool {
        ShaCrypt::default().verify_password(presented, &*self.text).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `openssl passwd -6 -salt saltstring 1234` prints.
    const HASHED: &str = "$6$saltstring$cFjaeMv2JQ3U.EsLODczIGnXMfv5DIMZWovUKp80bfVPK8yFedw8LNd7zOn\
                          0jS8F5SZOM4IJxNNYuUR9kDZi7.";

    /// From the specification of SHA-crypt, section "Test vectors"; the password is
    /// `Hello world!`.
    const ROUNDS: &str = "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMC\
                          VNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.";

    fn reason(text: &str) -> String {
        match Sha512::parse(text.as_bytes()) {
            Ok(_) => panic!("{text} was taken"),
            Err(reason) => reason,
        }
    }

    #[test]
    fn what_crypt_wrote_is_verified() {
        for (text, rounds, password) in [(HASHED, 5000, "1234"), (ROUNDS, 10_000, "Hello world!")] {
            let Ok(hash) = Sha512::parse(text.as_bytes()) else { panic!("{text}") };
            assert_eq!((hash.rounds(), hash.text()), (rounds, text));
            assert!(hash.verify(password.as_bytes()));
            assert!(!hash.verify(b"12345"));
            assert!(!hash.verify(b""));
        }
    }

    #[test]
    fn what_crypt_would_not_have_written_is_refused() {
        assert!(reason(&ROUNDS.replace("10000", "1000001")).contains("rounds=1000001"));
        assert!(reason(&ROUNDS.replace("10000", "999")).contains("within 1000 to 1000000"));
        assert!(reason(&ROUNDS.replace("10000", "-1")).contains("number"));
        assert!(reason(&ROUNDS.replace("saltst$", "saltsts$")).contains("salt"));
        assert!(reason(&format!("{HASHED}:19000:0:99999:7:::")).contains("/etc/shadow"));
        assert!(reason(&format!("{HASHED}$")).contains("follows"));
        assert!(reason(HASHED.trim_end_matches('.')).contains("86 letters"));
        assert!(reason("$6$").contains("86 letters"));
        assert!(reason("$6$salt$!").contains("86 letters"));
    }
}
