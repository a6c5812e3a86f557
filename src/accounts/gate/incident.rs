//! What the gate has to report: one line each, in a form that does not change, for fail2ban and its
//! like.
//!
//! Addresses are ours to write. A username is the peer's, so it stands in quotation marks, and all
//! in it that is no plain letter, digit or one of `-_.@+` is written as `\xNN`: whatever a peer calls
//! itself, it can't look like another field, another line or another address.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::{Refusal, Source};

/// Bytes of a username that are shown.
const SHOWN: usize = 64;

/// Something that an operator may want to know, or to act upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incident {
    /// A wrong password, or an unknown username.
    Failed {
        /// Who it claimed to be.
        username: Box<[u8]>,
        /// From where.
        address: IpAddr,
        /// How many of its source are remembered, this one included; 0 for an allowed address.
        failures: u32,
        /// How long the answer is held back.
        delay: Duration,
    },
    /// A login was turned away for another reason than its password.
    Refused {
        /// Who it claimed to be; none where it had no time to say.
        username: Option<Box<[u8]>>,
        /// From where.
        address: IpAddr,
        /// Why.
        reason: Refusal,
        /// How many more were refused since the last line and not reported.
        unsaid: u64,
    },
    /// A source has failed too often.
    Banned {
        /// Which.
        source: Source,
        /// For how long.
        time: Duration,
        /// After how many failures.
        failures: u32,
    },
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { username, address, failures, delay } => {
                let (user, delay) = (Quoted(username), delay.as_millis());
                write!(
                    f,
                    "login failed user={user} address={address} failures={failures} \
                     delay_ms={delay}"
                )
            }
            Self::Refused { username, address, reason, unsaid } => {
                match username {
                    Some(username) => write!(f, "login refused user={}", Quoted(username))?,
                    None => write!(f, "connection refused")?,
                }
                write!(f, " address={address} reason={}", reason.word())?;
                if *unsaid > 0 {
                    write!(f, " unsaid={unsaid}")?;
                }
                Ok(())
            }
            Self::Banned { source, time, failures } => {
                let secs = time.as_secs();
                write!(f, "address banned address={source} failures={failures} seconds={secs}")
            }
        }
    }
}

/// A peer's words, as a log may show them.
struct Quoted<'a>(&'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for &byte in self.0.iter().take(SHOWN) {
            if byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte) {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str(if self.0.len() > SHOWN { "\"..." } else { "\"" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(username: &[u8]) -> String {
        let address = IpAddr::from([192, 0, 2, 7]);
        let delay = Duration::from_millis(1500);
        Incident::Failed { username: username.into(), address, failures: 3, delay }.to_string()
    }

    #[test]
    fn the_lines_are_those_that_are_documented() {
        assert_eq!(
            failed(b"alice"),
            r#"login failed user="alice" address=192.0.2.7 failures=3 delay_ms=1500"#
        );
        let address = "2001:db8:1:2::9".parse().unwrap();
        let refused = |username: Option<&[u8]>, reason, unsaid| {
            let username = username.map(Into::into);
            Incident::Refused { username, address, reason, unsaid }.to_string()
        };
        let banned = Refusal::Banned { secs: 9 };
        assert_eq!(
            refused(None, banned, 0),
            "connection refused address=2001:db8:1:2::9 reason=banned"
        );
        assert_eq!(
            refused(Some(b"bob"), Refusal::User, 7),
            "login refused user=\"bob\" address=2001:db8:1:2::9 reason=user-full unsaid=7"
        );
        let time = Duration::from_secs(600);
        let banned = Incident::Banned { source: Source::of(address), time, failures: 20 };
        assert_eq!(
            banned.to_string(),
            "address banned address=2001:db8:1:2::/64 failures=20 seconds=600"
        );
    }

    #[test]
    fn no_username_can_look_like_anything_else() {
        for username in [
            &b"x\" address=8.8.8.8 failures=1"[..],
            b"x\r\nlogin failed user=\"y\" address=8.8.8.8",
            b"x\\\" address=8.8.8.8",
            b"\x1b[2K\x00\xff\xc3\xbc",
        ] {
            let line = failed(username);
            assert_eq!(line.matches(" address=").count(), 1, "{line}");
            assert_eq!(line.matches('"').count(), 2, "{line}");
            assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
            assert!(line.contains(" address=192.0.2.7 "), "{line}");
        }
        let line = failed(&[b'\n'; 8000]);
        assert!(line.len() < 400 && line.contains("\"... address="), "{line}");
    }
}
