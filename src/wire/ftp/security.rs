//! What AUTH and PROT are told: mechanisms and levels of protection (RFC 2228, section 3; RFC 4217).
//!
//! Knows names and no policy: which level is granted when is the session's matter. `parameter`
//! parses with it, [`command`](super::command) writes with it.

/// What AUTH asks for. Both are TLS on the control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// `TLS`, and its synonym `TLS-C`: data connections stay in the clear until PROT P (RFC 4217,
    /// sections 9 and 17).
    Tls,
    /// `TLS-P`, and its synonym `SSL`, of the drafts before RFC 4217 and of old clients: data
    /// connections are private at once.
    TlsPrivate,
}

/// What PROT asks for (RFC 2228, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `C`: data connections in the clear.
    Clear,
    /// `S`: integrity alone, which TLS does not have (RFC 4217, section 9).
    Safe,
    /// `E`: confidentiality alone, which TLS does not have either.
    Confidential,
    /// `P`: data connections by TLS.
    Private,
}

impl Mechanism {
    /// The mechanism that `word` names in any case.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        match word.to_ascii_uppercase().as_slice() {
            b"TLS" | b"TLS-C" => Some(Self::Tls),
            b"TLS-P" | b"SSL" => Some(Self::TlsPrivate),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::TlsPrivate => "TLS-P",
        }
    }
}

impl Level {
    /// The level that `word` names in any case.
    #[must_use]
    pub const fn parse(word: &[u8]) -> Option<Self> {
        match word {
            b"C" | b"c" => Some(Self::Clear),
            b"S" | b"s" => Some(Self::Safe),
            b"E" | b"e" => Some(Self::Confidential),
            b"P" | b"p" => Some(Self::Private),
            _ => None,
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Clear => b'C',
            Self::Safe => b'S',
            Self::Confidential => b'E',
            Self::Private => b'P',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_there_and_back() {
        for mechanism in [Mechanism::Tls, Mechanism::TlsPrivate] {
            assert_eq!(Mechanism::parse(mechanism.name().as_bytes()), Some(mechanism));
        }
        assert_eq!(Mechanism::parse(b"tls-c"), Some(Mechanism::Tls));
        assert_eq!(Mechanism::parse(b"ssl"), Some(Mechanism::TlsPrivate));
        for word in [&b""[..], b"GSSAPI", b"KERBEROS_V4", b"TLS1", b"TLS-", b"\xff"] {
            assert_eq!(Mechanism::parse(word), None);
        }
        for level in [Level::Clear, Level::Safe, Level::Confidential, Level::Private] {
            assert_eq!(Level::parse(&[level.letter()]), Some(level));
            assert_eq!(Level::parse(&[level.letter().to_ascii_lowercase()]), Some(level));
        }
        assert_eq!(Level::parse(b"CP"), None);
        assert_eq!(Level::parse(b""), None);
    }
}
