//! What a server says that it can do: the reply to FEAT (RFC 2389, section 3).
//!
//! Called by the machine when FEAT is answered, and by operations that choose between two ways.

use crate::wire::ftp::reply::Reply;

/// Most feature lines that are kept. The reply itself is bounded by its reader.
const FEATURES_MAX: usize = 256;

/// The features of a server, in upper case, each with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features {
    lines: Vec<String>,
}

impl Features {
    /// Reads the reply to FEAT. A refusal, or a 211 without lines between, means no features.
    #[must_use]
    pub fn read(reply: &Reply) -> Self {
        let count = reply.lines().count();
        let inner = reply.lines().take(count.saturating_sub(1)).skip(1).take(FEATURES_MAX);
        let lines = inner
            .map(|line| String::from_utf8_lossy(line).trim().to_ascii_uppercase())
            .filter(|line| !line.is_empty())
            .collect();
        Self { lines }
    }

    /// True when the server names `word` as the first word of a feature.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.parameter(word).is_some()
    }

    /// What follows `word` on its line, empty if nothing does.
    #[must_use]
    pub fn parameter(&self, word: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
            first.eq_ignore_ascii_case(word).then_some(rest.trim())
        })
    }
}
