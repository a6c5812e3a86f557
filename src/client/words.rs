//! Lines of the shell and of scripts, cut into words as a Unix shell does, without its variables
//! and patterns.
//!
//! Blanks separate words, `;` separates instructions. `'…'` keeps everything as it is, `"…"` keeps
//! everything but `\"` and `\\`, and outside of quotes a backslash keeps the next character. A `#`
//! at the beginning of a word makes the rest of the line a comment.

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

/// The instructions of `line`, each cut into its words. A `;` outside of quotes ends one; those
/// without a word are left out.
///
/// # Errors
/// A quote without an end, or a backslash with nothing behind it.
pub fn split(line: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, WordFault> {
    let mut sentences = Vec::new();
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' => words.extend(word.take()),
            b';' => {
                words.extend(word.take());
                sentences.push(std::mem::take(&mut words));
            }
            b'#' if word.is_none() => break,
            b'\'' => quoted(&mut bytes, word.get_or_insert_default())?,
            b'"' => half_quoted(&mut bytes, word.get_or_insert_default())?,
            b'\\' => {
                let kept = bytes.next().ok_or(WordFault::TrailingBackslash)?;
                word.get_or_insert_default().push(kept);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    sentences.push(words);
    sentences.retain(|words| !words.is_empty());
    Ok(sentences)
}

/// What stands in `'…'`.
fn quoted(bytes: &mut impl Iterator<Item = u8>, word: &mut Vec<u8>) -> Result<(), WordFault> {
    loop {
        match bytes.next().ok_or(WordFault::OpenQuote('\''))? {
            b'\'' => return Ok(()),
            other => word.push(other),
        }
    }
}

/// What stands in `"…"`.
fn half_quoted(bytes: &mut impl Iterator<Item = u8>, word: &mut Vec<u8>) -> Result<(), WordFault> {
    let mut inner = || bytes.next().ok_or(WordFault::OpenQuote('"'));
    loop {
        match inner()? {
            b'"' => return Ok(()),
            b'\\' => match inner()? {
                kept @ (b'"' | b'\\') => word.push(kept),
                other => word.extend([b'\\', other]),
            },
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words = split(line.as_bytes()).unwrap().into_iter().flatten();
        words.map(|word| String::from_utf8(word).unwrap()).collect()
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
    fn a_semicolon_ends_an_instruction() {
        let sentences = split(b"cd Docs; mget *.txt;; put 'a;b' ;").unwrap();
        let counts: Vec<usize> = sentences.iter().map(Vec::len).collect();
        assert_eq!(counts, [2, 2, 2]);
        assert_eq!(sentences[2][1], b"a;b");
    }

    #[test]
    fn what_is_not_closed_is_a_fault() {
        assert_eq!(split(b"get 'a"), Err(WordFault::OpenQuote('\'')));
        assert_eq!(split(b"get \"a\\"), Err(WordFault::OpenQuote('"')));
        assert_eq!(split(b"get a\\"), Err(WordFault::TrailingBackslash));
    }
}
