//! Patterns over names: of `mget`, `mput` and `mirror`, in the manner of shells and of DOS.
//!
//! Pure. The names come from a server or from a local directory; [`is_trusted`] says which of a
//! server's may be given to a local file at all.

use glob::{MatchOptions, Pattern as Glob};

use super::exit::Exit;
use super::failure::Failure;

/// `*` and `?` leave a leading dot alone, as in a shell.
const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: true,
};

/// A pattern for the last component of a path, or for a whole one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: Vec<u8>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `*.*`: every name, also those without a dot, as on DOS.
    All,
    /// No character in it has a meaning: the name itself.
    Plain,
    /// Everything else.
    Glob(Glob),
}

impl Pattern {
    /// Reads `name.*`, `*.ext`, `*.*`, and what shells understand: `*`, `?`, `[a-z]`, `[!a-z]`.
    ///
    /// # Errors
    /// [`Exit::Usage`]: a bracket without its end, or `**` where it has no meaning.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        let kind = if text == b"*.*" {
            Kind::All
        } else if text.iter().any(|byte| b"*?[".contains(byte)) {
            let spelled = String::from_utf8_lossy(text);
            Kind::Glob(Glob::new(&spelled).map_err(|error| {
                Failure::new(Exit::Usage, format!("that is no pattern: {}", error.msg))
                    .about(spelled)
                    .advise("[*], [?] and [[] stand for the characters themselves")
            })?)
        } else {
            Kind::Plain
        };
        Ok(Self { text: text.to_vec(), kind })
    }

    /// True when it is a name and no more.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.kind == Kind::Plain
    }

    /// Whether `name` matches.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        match &self.kind {
            Kind::All => true,
            Kind::Plain => self.text == name,
            // The matcher's own rule lets a star that stands for nothing precede the dot.
            Kind::Glob(_) if name.starts_with(b".") && !self.text.starts_with(b".") => false,
            Kind::Glob(glob) => glob.matches_with(&String::from_utf8_lossy(name), OPTIONS),
        }
    }

    /// The names that are meant: the one that is spelled just so (`a[1].txt`), or those that match.
    pub fn choose<T>(&self, entries: Vec<T>, name: impl Fn(&T) -> &[u8]) -> Vec<T> {
        let literal = entries.iter().any(|entry| name(entry) == self.text);
        let chosen = |entry: &T| {
            if literal { name(entry) == self.text } else { self.matches(name(entry)) }
        };
        entries.into_iter().filter(chosen).collect()
    }
}

/// A path's directory, with its last slash, and what follows.
#[must_use]
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let end = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    path.split_at(end)
}

/// True for a name that may become a local file's: one component, which leads nowhere, and which
/// no terminal obeys. What a server sends in a listing need not be one.
#[must_use]
pub fn is_trusted(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..")
        && !name.contains(&b'/')
        && !String::from_utf8_lossy(name).chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 8] = [
        "name.txt",
        "name.c",
        "name",
        "other.txt",
        ".hidden.txt",
        "a[1].txt",
        "a1.txt",
        "Füße.txt",
    ];

    fn chosen(pattern: &str) -> Vec<&'static str> {
        let pattern = Pattern::parse(pattern.as_bytes()).unwrap();
        pattern.choose(NAMES.to_vec(), |name| name.as_bytes())
    }

    #[test]
    fn the_forms_of_dos() {
        assert_eq!(chosen("*.*"), NAMES);
        assert_eq!(chosen("name.*"), ["name.txt", "name.c"]);
        assert_eq!(chosen("*.c"), ["name.c"]);
        assert_eq!(chosen("*.txt"), ["name.txt", "other.txt", "a[1].txt", "a1.txt", "Füße.txt"]);
    }

    #[test]
    fn the_forms_of_shells() {
        assert_eq!(chosen("*").len(), 7);
        assert_eq!(chosen("[n-o]*.txt"), ["name.txt", "other.txt"]);
        assert_eq!(chosen("F??e.txt"), ["Füße.txt"]);
        assert_eq!(chosen(".h*"), [".hidden.txt"]);
        assert_eq!(chosen("a[1].txt"), ["a[1].txt"], "what is spelled just so wins");
        assert_eq!(chosen("a[12].txt"), ["a1.txt"]);
        assert!(chosen("*.doc").is_empty());
        let extension = Pattern::parse(b"*.txt").unwrap();
        assert!(!extension.matches(b".txt"), "a name that is hidden wants a dot");
        assert_eq!(Pattern::parse(b"[a").unwrap_err().exit(), Exit::Usage);
        assert!(Pattern::parse(b"plain").unwrap().is_plain());
    }

    #[test]
    fn names_of_servers_are_not_trusted() {
        for good in ["a", "...", "a\\b", "-rf", " ", "Füße"] {
            assert!(is_trusted(good.as_bytes()), "{good}");
        }
        for bad in ["", ".", "..", "../x", "/etc/passwd", "a/b", "a\x1b[2J", "a\nb", "a\0"] {
            assert!(!is_trusted(bad.as_bytes()), "{bad:?}");
        }
        assert_eq!(split(b"/a/b/*.txt"), (&b"/a/b/"[..], &b"*.txt"[..]));
        assert_eq!(split(b"*"), (&b""[..], &b"*"[..]));
    }
}
