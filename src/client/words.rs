//! Lines of the shell and of scripts, cut into words as a Unix shell does, without its variables
//! and patterns.
//!
//! Blanks separate words. `'…'` keeps everything as it is, `"…"` keeps everything but `\"` and
//! `\\`, and outside of quotes a backslash keeps the next character. A `#` at the beginning of a
//! word makes the rest of the line a comment.

/// A line that can't be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordFault {
    /// A quote was opened and not closed.
    OpenQuote(char),
    /// The line ends in a backslash.
    TrailingBackslash,
}

impl std::fmt::Display for WordFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OpenQuote(quote) => write!(f, "a {quote} is not closed"),
            Self::TrailingBackslash => f.write_str("the line ends in a backslash"),
        }
    }
}

/// The words of `line`.
///
/// # Errors
/// A quote without an end, or a backslash with nothing behind it.
pub fn split(line: &[u8]) -> Result<Vec<Vec<u8>>, WordFault> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' => words.extend(word.take()),
            b'#' if word.is_none() => break,
            b'\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next().ok_or(WordFault::OpenQuote('\''))? {
                        b'\'' => break,
                        other => word.push(other),
                    }
                }
            }
            b'"' => {
                let word = word.get_or_insert_default();
                let mut inner = || bytes.next().ok_or(WordFault::OpenQuote('"'));
                loop {
                    match inner()? {
                        b'"' => break,
                        b'\\' => match inner()? {
                            kept @ (b'"' | b'\\') => word.push(kept),
                            other => word.extend([b'\\', other]),
                        },
                        other => word.push(other),
                    }
                }
            }
            b'\\' => {
                let kept = bytes.next().ok_or(WordFault::TrailingBackslash)?;
                word.get_or_insert_default().push(kept);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words = split(line.as_bytes()).unwrap();
        words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect()
    }

    #[test]
    fn cuts_as_a_shell_does() {
        assert_eq!(words("get  Joker\t./x"), ["get", "Joker", "./x"]);
        assert_eq!(
            words(r#"get 'Free Fire' "a \"b\" \c" d\ e"#),
            ["get", "Free Fire", r#"a "b" \c"#, "d e"]
        );
        assert_eq!(words("a'b'\"c\""), ["abc"]);
        assert_eq!(words("put '' x # why"), ["put", "", "x"]);
        assert_eq!(words("get a#b"), ["get", "a#b"]);
        assert!(words("   ").is_empty());
        assert!(words("# nothing").is_empty());
    }

    #[test]
    fn what_is_not_closed_is_a_fault() {
        assert_eq!(split(b"get 'a"), Err(WordFault::OpenQuote('\'')));
        assert_eq!(split(b"get \"a\\"), Err(WordFault::OpenQuote('"')));
        assert_eq!(split(b"get a\\"), Err(WordFault::TrailingBackslash));
    }
}
