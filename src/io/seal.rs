//! What the kernel has to be told to go on with the sending half of a TLS connection: plain values,
//! from the channel, which has them from its TLS, to whoever implements [`Io`](super::Io).

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// How records are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES in Galois/Counter Mode, with a key of 16 bytes.
    Aes128Gcm,
    /// The same with a key of 32 bytes.
    Aes256Gcm,
    /// RFC 7905, with a key of 32 bytes.
    Chacha20Poly1305,
}

/// What two ends have agreed on, as far as the kernel has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    /// The version of TLS.
    pub version: Version,
    /// How records are encrypted.
    pub cipher: Cipher,
}

/// The state of the sending half.
pub struct Keys<'a> {
    /// What was agreed on.
    pub suite: Suite,
    /// As long as the cipher wants it.
    pub key: &'a [u8],
    /// From what the nonce of each record is made: with AES-GCM under TLS 1.2, the salt of the
    /// connection in 4 bytes and the nonce of the next record in 8, which is counted up; else what
    /// the number of a record is mixed into.
    pub iv: [u8; 12],
    /// The number of the next record.
    pub sequence: u64,
}

impl std::fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("suite", &self.suite).finish_non_exhaustive()
    }
}
