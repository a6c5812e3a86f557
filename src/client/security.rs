//! What a run demands of TLS, and whom it trusts: the options and a site's scheme, made into one
//! [`Security`].
//!
//! Called by the [`dialer`](super::dialer) and [`guided`](super::guided) before they connect. It
//! reads the files that the options name; it knows no socket and no handshake, which are
//! [`link`](super::link)'s.
//!
//! Nothing is ever less protected than it was asked to be, or than it was before in the same run: a
//! server that has once been reached under TLS is not talked to in the clear any more, whatever it
//! says then. The one thing that is trusted unseen is loopback under `try`, where no bytes leave the
//! machine, so that a server of one's own with a certificate of its own can be tried out. It gives
//! nothing away: under `try`, whoever could stand there could as well refuse TLS.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::address::{Scheme, Site};
use super::arguments::{Newest, Protection, Wish};
use super::exit::Exit;
use super::failure::Failure;
use super::link::{Identity, Trust, Versions};
use super::terminal;

/// When TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Never.
    Off,
    /// With AUTH TLS, if the server takes it.
    Try,
    /// With AUTH TLS, or nothing is done.
    Explicit,
    /// Before the first byte.
    Implicit,
}

/// When TLS begins, who is trusted then, and who the client is.
#[derive(Debug, Clone)]
pub struct Security {
    demand: Demand,
    trust: Trust,
    identity: Option<Arc<Identity>>,
    newest: Newest,
    memory: Memory,
}

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// What a run has learnt of servers, and told to its user. All copies are one.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Lessons>>);

#[derive(Debug, Default)]
struct Lessons {
    /// `host:port` of those that were reached under TLS.
    secured: BTreeSet<String>,
    /// Those that give too few tickets for TLS 1.3.
    stingy: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl Security {
    /// As `protection` and the site's scheme have it.
    ///
    /// # Errors
    /// Options that contradict each other, or a file that can't be read or holds nothing of use.
    pub fn of(site: &Site, protection: &Protection) -> Result<Self, Failure> {
        let demand = demand(site.scheme, protection)?;
        if protection.key.is_some() && protection.cert.is_none() {
            let what = "--key is the key of a certificate: --cert FILE";
            return Err(Failure::new(Exit::Usage, what));
        }
        let identity = match &protection.cert {
            Some(cert) => {
                let key = protection.key.as_deref().unwrap_or(cert);
                Some(Arc::new(Identity::new(&read(cert)?, &read(key)?).map_err(|what| {
                    Failure::new(Exit::LocalFile, what).about(cert.display().to_string())
                })?))
            }
            None => None,
        };
        let trust = if protection.insecure {
            Trust::Anybody
        } else if !protection.fingerprint.is_empty() {
            Trust::Pinned(protection.fingerprint.clone().into())
        } else if let Some(path) = &protection.ca {
            Trust::authorities(&read(path)?).map_err(|what| {
                Failure::new(Exit::LocalFile, what).about(path.display().to_string())
            })?
        } else {
            Trust::System { even_unseen_on_loopback: demand == Demand::Try }
        };
        let memory = protection.memory.clone();
        if demand != Demand::Off && protection.insecure {
            memory.tell_once(
                "WARNING: --insecure: the server is not verified, whoever it is; all that is sent, \
                 passwords too, may be read by somebody in between",
            );
        }
        Ok(Self { demand, trust, identity, newest: protection.tls_max, memory })
    }

    /// Which versions of TLS to speak with `site`.
    #[must_use]
    pub fn versions(&self, site: &Site) -> Versions {
        if self.newest == Newest::Tls12 || self.memory.is_stingy(site) {
            Versions::Tls12
        } else {
            Versions::All
        }
    }

    /// When TLS begins.
    #[must_use]
    pub const fn demand(&self) -> Demand {
        self.demand
    }

    /// Who is trusted.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The client's own certificate, if it has one.
    #[must_use]
    pub const fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }

    /// What the run has learnt so far.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }
}

impl Memory {
    /// Notes that `site` has been reached under TLS.
    pub fn note_secured(&self, site: &Site) {
        self.lessons().secured.insert(place(site));
    }

    /// True if `site` has been reached under TLS.
    #[must_use]
    pub fn was_secured(&self, site: &Site) -> bool {
        self.lessons().secured.contains(&place(site))
    }

    /// Notes that `site` wants more tickets to be shown than it gives.
    pub fn note_stingy(&self, site: &Site) {
        self.lessons().stingy.insert(place(site));
    }

    /// True if `site` wants more tickets than it gives.
    fn is_stingy(&self, site: &Site) -> bool {
        self.lessons().stingy.contains(&place(site))
    }

    /// Says `text` on standard error, unless that was said before.
    pub fn tell_once(&self, text: &str) {
        if self.lessons().told.insert(text.to_owned()) {
            let lines: Vec<String> = text.lines().map(terminal::plain).collect();
            terminal::tell(&format!("coracle: {}", lines.join("\n")));
        }
    }

    fn lessons(&self) -> MutexGuard<'_, Lessons> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fingerprint {
    /// Made from the digest itself.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads 64 hexadecimal digits, with or without colons or blanks between, in either case.
    ///
    /// # Errors
    /// Anything else, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits: Vec<u8> = text
            .strip_prefix("SHA256:")
            .unwrap_or(text)
            .chars()
            .filter(|c| *c != ':' && *c != ' ')
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or("a fingerprint has hexadecimal digits, and perhaps colons between")?;
        let mut digest = [0; 32];
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return Err(format!("a SHA-256 has 64 hexadecimal digits, and not {}", digits.len()));
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = high << 4 | low;
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for Fingerprint {
    /// Pairs of capitals with colons between, as OpenSSL prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Who tells whom to trust wants to be sure: without a word on `--tls`, that is `require`.
fn demand(scheme: Scheme, protection: &Protection) -> Result<Demand, Failure> {
    let particular = protection.ca.is_some()
        || protection.cert.is_some()
        || protection.insecure
        || !protection.fingerprint.is_empty();
    let wish = protection.tls.unwrap_or(if particular { Wish::Require } else { Wish::Try });
    match (scheme, wish) {
        (Scheme::Ftp, Wish::Off) => Ok(Demand::Off),
        (Scheme::Ftp, Wish::Try) => Ok(Demand::Try),
        (Scheme::Ftp | Scheme::Ftpes, Wish::Require) | (Scheme::Ftpes, Wish::Try) => {
            Ok(Demand::Explicit)
        }
        (Scheme::Ftps, Wish::Try | Wish::Require) => Ok(Demand::Implicit),
        (Scheme::Ftpes | Scheme::Ftps, Wish::Off) => {
            Err(Failure::new(Exit::Usage, "the URL wants TLS, and --tls off does not"))
        }
    }
}

fn place(site: &Site) -> String {
    format!("{}:{}", site.host.to_ascii_lowercase(), site.port_or_usual())
}

#[expect(clippy::disallowed_methods, reason = "the files that the options name are read here")]
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::local(path.display(), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn fingerprints_are_read_as_people_write_them() {
        let plain = Fingerprint::parse(DIGITS).unwrap();
        assert!(plain.to_string().starts_with("00:11:22:33") && plain.to_string().ends_with(":FF"));
        assert_eq!(Fingerprint::parse(&plain.to_string()), Ok(plain));
        assert_eq!(Fingerprint::parse(&format!("SHA256:{}", DIGITS.to_uppercase())), Ok(plain));
        for bad in ["", "00", &DIGITS[1..], &format!("{DIGITS}0"), &DIGITS.replace('f', "g")] {
            assert!(Fingerprint::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_less_protected_than_was_asked() {
        let wishing = |tls| Protection { tls, ..Protection::default() };
        for (scheme, tls, demands) in [
            (Scheme::Ftp, None, Demand::Try),
            (Scheme::Ftp, Some(Wish::Off), Demand::Off),
            (Scheme::Ftp, Some(Wish::Require), Demand::Explicit),
            (Scheme::Ftpes, None, Demand::Explicit),
            (Scheme::Ftpes, Some(Wish::Try), Demand::Explicit),
            (Scheme::Ftps, None, Demand::Implicit),
            (Scheme::Ftps, Some(Wish::Require), Demand::Implicit),
        ] {
            assert_eq!(demand(scheme, &wishing(tls)), Ok(demands), "{scheme:?} {tls:?}");
        }
        for scheme in [Scheme::Ftpes, Scheme::Ftps] {
            let refused = demand(scheme, &wishing(Some(Wish::Off))).unwrap_err();
            assert_eq!(refused.exit(), Exit::Usage);
        }
        let pinned = Protection {
            fingerprint: vec![Fingerprint::parse(DIGITS).unwrap()],
            ..Protection::default()
        };
        assert_eq!(demand(Scheme::Ftp, &pinned), Ok(Demand::Explicit));
        let trying = Protection { tls: Some(Wish::Try), ..pinned };
        assert_eq!(demand(Scheme::Ftp, &trying), Ok(Demand::Try));
    }

    #[test]
    fn what_was_under_tls_once_is_remembered_by_all_copies() {
        let (memory, site) = (Memory::default(), Site::parse(b"Host/x").unwrap());
        let copy = memory.clone();
        assert!(!memory.was_secured(&site));
        copy.note_secured(&site);
        assert!(memory.was_secured(&Site::parse(b"ftp://other@host:21").unwrap()));
        assert!(!memory.was_secured(&Site::parse(b"host:2121").unwrap()));
    }
}
