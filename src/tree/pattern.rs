//! The patterns of NLST and LIST: `*`, `?` and `[...]` in one component, bounded in work.
//!
//! Patterns choose among names that a directory was found to hold; they never form a path. Only
//! `glob`'s matcher is used, none of its walking. Sessions ask here after they found that no file
//! bears the pattern literally as its name.

use std::fmt;

use glob::MatchOptions;

/// Most bytes of a pattern, which is what a name can have.
const LONGEST: usize = 255;

/// Most bytes from the first `*` on. They may all be compared anew at each character of a name,
/// while what stands before is compared once: 48 on a name of 255 are some tens of microseconds,
/// where an honest match takes a fraction of one.
const LONGEST_FROM_STAR: usize = 48;

/// Most `*` in a pattern.
const MOST_STARS: usize = 16;

/// A component that stands for every name of its shape.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    matcher: glob::Pattern,
}

impl Pattern {
    /// The pattern that `component` spells, or `None` if it is an ordinary name: without `*`, `?`
    /// and `[`, or not to be served as a pattern (a bracket that is never closed, not UTF-8, a slash,
    /// more than 255 bytes, 48 from the first star on, or 16 stars), which then can only be meant
    /// literally.
    ///
    /// Neighbouring stars are one star: in a single component `**` has no meaning of its own.
    #[must_use]
    pub fn new(component: &[u8]) -> Option<Self> {
        let is_one = component.len() <= LONGEST && !component.contains(&b'/');
        if !is_one || !component.iter().any(|byte| b"*?[".contains(byte)) {
            return None;
        }
        let mut text = std::str::from_utf8(component).ok()?.to_owned();
        while text.contains("**") {
            text = text.replace("**", "*");
        }
        let from_star = text.find('*').map_or(0, |star| text.len() - star);
        let stars = text.bytes().filter(|&byte| byte == b'*').count();
        if from_star > LONGEST_FROM_STAR || stars > MOST_STARS {
            return None;
        }
        Some(Self { matcher: glob::Pattern::new(&text).ok()? })
    }

    /// True if `name` is of the pattern's shape. A name that begins with a dot is matched only by
    /// a pattern that does. Bytes that are no UTF-8 count as one unknown character. What has a slash
    /// is no name, and would cost without a bound: the matcher gives up early only where there is
    /// none.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        const OPTIONS: MatchOptions = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        // The matcher's own rule lets a star that stands for nothing precede the dot.
        let is_hidden = name.starts_with(b".") && !self.matcher.as_str().starts_with('.');
        if is_hidden || name.contains(&b'/') {
            return false;
        }
        self.matcher.matches_with(&String::from_utf8_lossy(name), OPTIONS)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.matcher.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::new(pattern.as_bytes()).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn what_has_a_slash_is_no_component() {
        assert_eq!(Pattern::new(b"*/x"), None);
        assert_eq!(Pattern::new(b"[/]"), None);
        for pattern in ["*", "a*b", "a?b", "[!x]*"] {
            assert!(!matches(pattern, "a/b"), "{pattern}");
        }
        // As many choices as a pattern may leave open, over a name that ends none of them early.
        let name = format!("{}/x", "a".repeat(250));
        assert!(!matches(&"*a".repeat(16), &name));
    }

    #[test]
    fn only_what_holds_a_wildcard_is_a_pattern() {
        for name in [&b"plain"[..], b"a]b", b"open[bracket", b"\xff*", b"", &[b'?'; 256]] {
            assert!(Pattern::new(name).is_none(), "{}", name.escape_ascii());
        }
        assert!(Pattern::new(b"*").is_some());
        assert!(Pattern::new(&b"*a".repeat(16)).is_some());
        assert!(Pattern::new(&b"*a".repeat(17)).is_none());
        let prefix = "x".repeat(200);
        assert!(Pattern::new(format!("{prefix}*{}", "y".repeat(47)).as_bytes()).is_some());
        assert!(Pattern::new(format!("{prefix}*{}", "y".repeat(48)).as_bytes()).is_none());
    }

    #[test]
    fn matches_like_a_shell() {
        assert!(matches("*.txt", "a.txt"));
        assert!(!matches("*.txt", "a.TXT"));
        assert!(matches("Jo*", "Joker"));
        assert!(matches("**", "anything"));
        assert!(matches("a***b", "ab"));
        assert!(matches("?", "\u{e9}"));
        assert!(matches("[a-c]x[!0-9]", "bxy"));
        assert!(!matches("[a-c]x[!0-9]", "bx7"));
        assert!(matches("a[[]1]", "a[1]"));
        assert!(Pattern::new(b"*").unwrap().matches(b"\xff\xfe"));
    }

    #[test]
    fn hidden_names_want_a_dot() {
        assert!(!matches("*", ".profile"));
        assert!(!matches("?profile", ".profile"));
        assert!(!matches("*.profile", ".profile"));
        assert!(!matches("*.*", ".profile"));
        assert!(!matches("[.]profile", ".profile"));
        assert!(matches(".*", ".profile"));
        assert!(matches("*.*", "a.b"));
    }
}
