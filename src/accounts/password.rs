//! Passwords: how they are kept, compared and made.
//!
//! A hash is a PHC string of argon2id, or what `crypt` made of sha512 (`$6$`). Other schemes are
//! refused by name when the file is read, argon2i and argon2d among them: nobody's hash is ever taken
//! for a plain password, and no login fails later for a reason that the operator could have been
//! told. Hence a plain password can't begin with `$`; one that does has to be hashed.

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::password_hash::{self, PasswordHasher};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::certificate;
use super::sha512::{self, Sha512};

/// Most bytes of a password, plain or presented.
pub const LONGEST_PASSWORD: usize = 1024;

/// What a new hash costs: 19 MiB, two passes, one lane, the least that OWASP's password storage
/// cheat sheet names for argon2id. On a small machine that is some tens of milliseconds and a
/// memory that it has.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Most memory that a hash may ask for, in KiB: a slip in one line must not end the process.
const MOST_MEMORY_KIB: u32 = 1 << 20;

/// Most passes and most lanes that a hash may ask for.
const MOST_PASSES: u32 = 64;

/// Blocks of memory, of 1 KiB each, that are asked for at least, though only those that a hash
/// needs are touched. What is above 32 MiB glibc maps by itself and gives back when it is freed;
/// what is below it may keep, and of a server of a few megabytes becomes one of 130.
const SPACE_BLOCKS: usize = 33 * 1024;

/// What an account keeps to know its client by.
#[derive(Clone)]
pub(super) enum Secret {
    /// The password itself.
    Plain(Box<[u8]>),
    /// A PHC string of argon2id, whose cost is bounded.
    Phc(Box<PasswordHash>),
    /// A `$6$` string of sha512-crypt, whose cost is bounded.
    Crypt(Sha512),
    /// No password, but the certificate of this SHA-256.
    Certificate(Box<[u8; 32]>),
}

impl PartialEq for Secret {
    /// Whether both are the same entry; a hash of the same password with another salt is another.
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.text() == other.text()
    }
}

/// What it takes to compare a password with a [`Secret`]. Two of the same cost can't be told apart
/// by a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cost {
    /// Next to nothing.
    Plain,
    /// So many KiB of memory, passes over it, and lanes.
    Argon2id(u32, u32, u32),
    /// So many rounds.
    Sha512(u32),
}

impl Secret {
    /// What a comparison with it takes.
    pub(super) fn cost(&self) -> Cost {
        match self {
            // Of a certificate no password is right, which takes no longer to find out.
            Self::Plain(_) | Self::Certificate(_) => Cost::Plain,
            Self::Phc(hash) => Params::try_from(&**hash).map_or(Cost::Plain, |params| {
                Cost::Argon2id(params.m_cost(), params.t_cost(), params.p_cost())
            }),
            Self::Crypt(hash) => Cost::Sha512(hash.rounds()),
        }
    }

    /// Whether it is the password itself.
    pub(super) const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// Compares `presented` with it, in the time that its [`Cost`] says.
    pub(super) fn verify(&self, presented: &[u8]) -> bool {
        #[cfg(test)]
        tests::count(self.cost());
        match self {
            Self::Plain(kept) => equal(presented, kept),
            Self::Phc(hash) => verify(presented, hash),
            Self::Crypt(hash) => hash.verify(presented),
            Self::Certificate(_) => {
                equal(presented, b"");
                false
            }
        }
    }

    /// What it was read from; another entry has another text.
    pub(super) fn text(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Plain(kept) => Cow::Borrowed(kept),
            Self::Phc(hash) => Cow::Owned(hash.to_string().into_bytes()),
            Self::Crypt(hash) => Cow::Borrowed(hash.text().as_bytes()),
            Self::Certificate(sha256) => Cow::Borrowed(sha256.as_slice()),
        }
    }

    /// The secret that `text`, what follows the colon in `Credentials`, stands for.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the password is empty".to_owned());
        }
        if !text.starts_with(b"$") {
            if text.len() > LONGEST_PASSWORD {
                return Err(format!("the password is longer than {LONGEST_PASSWORD} bytes"));
            }
            return match text.iter().find(|byte| byte.is_ascii_control()) {
                Some(_) => Err("the password holds a control character".to_owned()),
                None => Ok(Self::Plain(text.into())),
            };
        }
        if text.starts_with(sha512::MARK) {
            return Sha512::parse(text).map(Self::Crypt);
        }
        if let Some(fingerprint) = certificate::parse(text) {
            return fingerprint.map(Self::Certificate);
        }
        let scheme = text.split(|&byte| byte == b'$').nth(1).unwrap_or_default();
        if scheme != b"argon2id" {
            return Err(format!(
                "unknown password scheme '${}$': only $argon2id$, $6$ and $cert$ are understood, \
                 and a plain password can't begin with '$'",
                scheme.escape_ascii()
            ));
        }
        Ok(Self::Phc(Box::new(parse_argon2id(text)?)))
    }
}

impl fmt::Debug for Secret {
    /// Says the kind and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Phc(_) => "Phc",
            Self::Crypt(_) => "Crypt",
            Self::Certificate(_) => "Certificate",
        })
    }
}

/// Hashes `password` with argon2id and a random salt, as a PHC string. Takes 19 MiB and some tens
/// of milliseconds.
///
/// # Errors
/// The password is empty or longer than 1,024 bytes, or the system gives no random bytes.
pub fn hash(password: &[u8]) -> Result<String, String> {
    if password.is_empty() {
        return Err("the password is empty".to_owned());
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(format!("the password is longer than {LONGEST_PASSWORD} bytes"));
    }
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None).map_err(|error| error.to_string())?;
    let hash: password_hash::Result<PasswordHash> =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(password);
    Ok(hash.map_err(|error| error.to_string())?.to_string())
}

/// Compares `presented` with the hash; slow by intent.
fn verify(presented: &[u8], hash: &PasswordHash) -> bool {
    // Two outputs are compared in constant time.
    presented.len() <= LONGEST_PASSWORD
        && hash.hash.is_some()
        && output(presented, hash).as_ref() == hash.hash.as_ref()
}

/// What the hash would have come to if it had been made of `presented`.
fn output(presented: &[u8], hash: &PasswordHash) -> Option<Output> {
    let params = Params::try_from(hash).ok()?;
    let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from).ok()?;
    let count = params.block_count();
    let mut blocks = Vec::with_capacity(count.max(SPACE_BLOCKS));
    blocks.resize(count, Block::new());
    let mut bytes = [0; Output::MAX_LENGTH];
    let bytes = bytes.get_mut(..hash.hash.as_ref()?.len())?;
    Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_into_with_memory(presented, hash.salt.as_ref()?, bytes, &mut blocks)
        .ok()?;
    Output::new(bytes).ok()
}

/// True if the two are equal, in a time that depends on the length of `presented` alone.
fn equal(presented: &[u8], kept: &[u8]) -> bool {
    let mut difference = u8::from(presented.len() != kept.len());
    for (index, byte) in presented.iter().enumerate() {
        difference |= black_box(byte ^ kept.get(index).unwrap_or(&0));
    }
    black_box(difference) == 0
}

fn parse_argon2id(text: &[u8]) -> Result<PasswordHash, String> {
    let broken = |why: &dyn fmt::Display| format!("broken $argon2id$ hash: {why}");
    let text = std::str::from_utf8(text).map_err(|_| broken(&"not ASCII"))?;
    let hash = PasswordHash::new(text).map_err(|error| broken(&error))?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(broken(&"salt or hash are missing"));
    }
    if hash.version.is_some_and(|version| Version::try_from(version).is_err()) {
        return Err(broken(&"unknown version"));
    }
    let params = Params::try_from(&hash).map_err(|error| broken(&error))?;
    if params.m_cost() > MOST_MEMORY_KIB {
        return Err(broken(&format_args!("m={} is more than {MOST_MEMORY_KIB}", params.m_cost())));
    }
    if params.t_cost() > MOST_PASSES || params.p_cost() > MOST_PASSES {
        return Err(broken(&format_args!("t or p is more than {MOST_PASSES}")));
    }
    Ok(hash)
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;

    use super::*;

    thread_local! {
        static SPENT: RefCell<Vec<Cost>> = const { RefCell::new(Vec::new()) };
    }

    /// Notes that a comparison of this cost was made.
    pub(super) fn count(cost: Cost) {
        SPENT.with_borrow_mut(|spent| spent.push(cost));
    }

    /// What this thread has spent on comparisons since the last call.
    pub(in crate::accounts) fn spent() -> Vec<Cost> {
        SPENT.take()
    }

    /// A hash of `1234` that costs next to nothing.
    pub(in crate::accounts) fn cheap_hash() -> String {
        let params = Params::new(8, 1, 1, None).unwrap();
        let hash: PasswordHash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_with_salt(b"1234", b"a salt of its own")
            .unwrap();
        hash.to_string()
    }

    fn reason(text: &str) -> String {
        Secret::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_new_hash_is_argon2id_and_verifies() {
        let text = hash(b"tiger").unwrap();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        let Ok(Secret::Phc(hash)) = Secret::parse(text.as_bytes()) else { panic!("{text}") };
        assert!(verify(b"tiger", &hash));
        assert!(!verify(b"Tiger", &hash));
    }

    #[test]
    fn hashes_of_other_schemes_are_named_not_taken_as_plain_text() {
        for (text, scheme) in [
            ("$5$salt$hash", "'$5$'"),
            ("$2y$10$abc", "'$2y$'"),
            ("$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", "'$argon2i$'"),
            ("$", "'$$'"),
            ("$ecret", "'$ecret$'"),
        ] {
            assert!(reason(text).contains(scheme), "{}", reason(text));
        }
    }

    #[test]
    fn broken_and_boundless_hashes_are_refused() {
        let good = cheap_hash();
        assert!(Secret::parse(good.as_bytes()).is_ok());
        assert!(reason(&good.replace("m=8", "m=2000000")).contains("m=2000000"));
        assert!(reason(&good.replace("t=1", "t=65")).contains("t or p"));
        assert!(reason(&good.replace("v=19", "v=7")).contains("version"));
        let cut = good.rsplit_once('$').unwrap().0;
        assert!(reason(cut).contains("missing"));
        assert!(reason("$argon2id$").contains("broken"));
        assert!(reason("$argon2id$v=19$x=1$c2FsdHNhbHQ$aGFzaGhhc2g").contains("broken"));
    }

    #[test]
    fn comparing_plain_text() {
        assert!(equal(b"1234", b"1234"));
        for other in [&b""[..], b"123", b"12345", b"1235", b"1234\0"] {
            assert!(!equal(other, b"1234"));
        }
        assert!(equal(b"", b""));
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        assert_eq!(format!("{:?}", Secret::parse(b"hush").unwrap()), "Plain");
    }
}
