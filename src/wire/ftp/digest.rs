//! What HASH, XCRC and XSHA256 are told: algorithms by their names, and a file with a span of it.
//!
//! Knows no file and computes nothing. [`command`](super::command) calls it; sessions and the client
//! read and write with it.

use super::Verb;
use super::command::{CommandFault, is_sayable};
use crate::terms::Algorithm;
use crate::wire::digits;
use crate::wire::line::write_text;

/// Every algorithm that HASH may be asked for, the preferred one first.
pub const ALGORITHMS: &[Algorithm] = &[Algorithm::Sha256, Algorithm::Crc32];

/// The name of an algorithm in FEAT, OPTS and HASH (draft-bryan-ftpext-hash, section 3).
#[must_use]
pub const fn algorithm_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Crc32 => "CRC32",
    }
}

/// The algorithm that `name` is, in any case.
#[must_use]
pub fn parse_algorithm(name: &[u8]) -> Option<Algorithm> {
    ALGORITHMS
        .iter()
        .copied()
        .find(|algorithm| name.eq_ignore_ascii_case(algorithm_name(*algorithm).as_bytes()))
}

/// What follows XCRC and XSHA256: `path`, `path start end`, or either with the path in quotation
/// marks.
///
/// No draft has these. As elsewhere, `start` is the first byte and `end` the one behind the last.
/// Two numbers at the end of a path without quotation marks are taken for the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SumArgument<'a> {
    /// Which file.
    pub path: &'a [u8],
    /// Which bytes of it, unless all.
    pub span: Option<(u64, u64)>,
}

impl<'a> SumArgument<'a> {
    /// What `parameter` of `verb` names.
    ///
    /// # Errors
    /// [`CommandFault`] says what is wrong with it.
    pub(super) fn parse(verb: Verb, parameter: &'a [u8]) -> Result<Self, CommandFault<'a>> {
        if !is_sayable(parameter) {
            return Err(CommandFault::Syntax(verb, "A name can't hold NUL, CR or LF"));
        }
        let argument = match parameter.strip_prefix(b"\"") {
            Some(quoted) => Self::parse_quoted(quoted).ok_or(CommandFault::Syntax(
                verb,
                "A path in quotation marks has nothing behind it but start and end",
            ))?,
            None => match split_span(parameter) {
                Some((path, span)) => Self { path, span: Some(span) },
                None => Self { path: parameter, span: None },
            },
        };
        if argument.path.is_empty() { Err(CommandFault::Missing(verb)) } else { Ok(argument) }
    }

    /// The last quotation mark ends the path, so that it may hold others.
    fn parse_quoted(quoted: &'a [u8]) -> Option<Self> {
        let end = quoted.iter().rposition(|&byte| byte == b'"')?;
        let (path, rest) = (quoted.get(..end)?, quoted.get(end + 1..)?);
        if rest.trim_ascii().is_empty() {
            return Some(Self { path, span: None });
        }
        let (nothing, span) = split_span(rest)?;
        nothing.is_empty().then_some(Self { path, span: Some(span) })
    }

    /// Appends it, with the space before it. The quotation marks let no path be taken for another.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b" \"");
        write_text(self.path, out);
        out.push(b'"');
        if let Some((start, end)) = self.span {
            out.push(b' ');
            digits::write(start, out);
            out.push(b' ');
            digits::write(end, out);
        }
    }
}

/// What stands before two numbers at the end, and these.
fn split_span(text: &[u8]) -> Option<(&[u8], (u64, u64))> {
    let mut words = text.rsplitn(3, |&byte| byte == b' ');
    let end = digits::parse(words.next()?)?;
    let start = digits::parse(words.next()?)?;
    Some((words.next()?, (start, end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SumArgument<'_>, CommandFault<'_>> {
        SumArgument::parse(Verb::Xcrc, text.as_bytes())
    }

    #[test]
    fn algorithms_have_one_name_each() {
        for &algorithm in ALGORITHMS {
            assert_eq!(parse_algorithm(algorithm_name(algorithm).as_bytes()), Some(algorithm));
        }
        assert_eq!(parse_algorithm(b"sha-256"), Some(Algorithm::Sha256));
        assert_eq!(parse_algorithm(b"MD5"), None);
    }

    #[test]
    fn paths_and_spans() {
        let is = |path, span| Ok(SumArgument { path, span });
        assert_eq!(parse("a b"), is(b"a b", None));
        assert_eq!(parse("a b 3"), is(b"a b 3", None));
        assert_eq!(parse("a b 3 5"), is(b"a b", Some((3, 5))));
        assert_eq!(parse("\"a b 3 5\""), is(b"a b 3 5", None));
        assert_eq!(parse("\"a \"b\" 3 5"), is(b"a \"b", Some((3, 5))));
        assert_eq!(parse("3 5"), is(b"3 5", None));
        for wrong in ["\"a", "\"a\" 3", "\"a\"x 3 5", "\"a\" b"] {
            assert!(matches!(parse(wrong), Err(CommandFault::Syntax(..))), "{wrong}");
        }
        for nothing in ["", "\"\"", " 3 5"] {
            assert_eq!(parse(nothing), Err(CommandFault::Missing(Verb::Xcrc)), "{nothing}");
        }
    }
}
