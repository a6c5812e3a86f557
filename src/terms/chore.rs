//! Work on files that is no transfer: what a session asks for, and what comes of it.

use std::fmt;

use super::{Fault, Span};

/// One piece of work on a file, wholly described. Nothing goes over a connection.
pub enum Chore<F, P> {
    /// Write a file's first `length` bytes as gzip (RFC 1952) to a part, and put that in place.
    Compress {
        /// What is compressed.
        file: F,
        /// Where to; dropped unless all went well.
        part: P,
        /// Bytes of the file, as its length was when it was opened.
        length: u64,
    },
    /// Find out the digest of a span of a file.
    Digest {
        /// Whose.
        file: F,
        /// Which bytes of it.
        span: Span,
        /// By which algorithm.
        algorithm: Algorithm,
    },
    /// Find out how many bytes a file has on the way in TYPE A.
    Measure {
        /// Which.
        file: F,
        /// Bytes of it, as its length was when it was opened.
        length: u64,
    },
}

impl<F, P> fmt::Debug for Chore<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compress { length, .. } => f.debug_tuple("Compress").field(length).finish(),
            Self::Digest { span, algorithm, .. } => {
                f.debug_tuple("Digest").field(span).field(algorithm).finish()
            }
            Self::Measure { length, .. } => f.debug_tuple("Measure").field(length).finish(),
        }
    }
}

/// How a digest is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// SHA-256 (FIPS 180-4).
    #[default]
    Sha256,
    /// The CRC-32 of gzip and zip (RFC 1952, section 8).
    Crc32,
}

/// What a digest came to. It is displayed as the hexadecimal digits that HASH shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// By SHA-256.
    Sha256([u8; 32]),
    /// By CRC-32.
    Crc32(u32),
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Crc32(number) => write!(f, "{number:08x}"),
        }
    }
}

/// How a chore ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChoreOutcome {
    /// The compressed file is in place.
    Compressed {
        /// Bytes of the file.
        from: u64,
        /// Bytes of the compressed one.
        to: u64,
    },
    /// The digest is this.
    Digested(Digest),
    /// The file has so many bytes on the way.
    Measured(u64),
    /// The session asked for it to be stopped. Nothing is left of it.
    Aborted,
    /// A file failed. Nothing is left of it.
    Failed(Fault),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_shown_in_full() {
        assert_eq!(Digest::Crc32(0xbeef).to_string(), "0000beef");
        assert_eq!(Digest::Sha256([10; 32]).to_string(), "0a".repeat(32));
    }
}
