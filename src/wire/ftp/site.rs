//! SITE: what servers offer beyond the RFCs, by the names that clients know (RFC 959, section
//! 4.1.3).
//!
//! A word of its own follows the verb, and its parameters behind that; both are parsed here once,
//! and written. Knows nothing of files, nor of what is allowed. [`command`](super::command) calls
//! it.

use super::Verb;
use super::command::{CommandFault, is_sayable};
use super::facts::{parse_stamp14, stamp14};
use super::parameter::split_word;
use crate::terms::UnixTime;
use crate::wire::digits;
use crate::wire::line::write_text;

/// What follows SITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteCommand<'a> {
    /// `HELP`: what there is.
    Help,
    /// `CHMOD mode path`.
    Chmod {
        /// Permission bits, at most 0o7777.
        mode: u32,
        /// Whose.
        path: &'a [u8],
    },
    /// `UTIME`, in either of its forms: `YYYYMMDDhhmm[ss] path`, and `path` with the times of
    /// access, change and creation and the word `UTC`. Only the time of change is kept.
    Utime {
        /// When the file was changed.
        modified: UnixTime,
        /// Which file.
        path: &'a [u8],
    },
    /// `COMPRESS path`.
    Compress(&'a [u8]),
}

impl<'a> SiteCommand<'a> {
    /// What `parameter`, all that follows `SITE` and a space, asks for.
    ///
    /// # Errors
    /// [`CommandFault`] says what is wrong with it.
    pub(super) fn parse(parameter: &'a [u8]) -> Result<Self, CommandFault<'a>> {
        let (word, rest) = split_word(parameter.trim_ascii_start());
        let rest = rest.unwrap_or_default();
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        if word.is_empty() {
            Err(CommandFault::Missing(Verb::Site))
        } else if is(b"HELP") {
            Ok(Self::Help)
        } else if is(b"CHMOD") {
            Self::parse_chmod(rest)
        } else if is(b"UTIME") {
            Self::parse_utime(rest)
        } else if is(b"COMPRESS") {
            Ok(Self::Compress(path(rest)?))
        } else {
            // RFC 959, section 5.4: SITE has 501 and no 504.
            Err(CommandFault::Syntax(Verb::Site, "There is no such command, see SITE HELP"))
        }
    }

    fn parse_chmod(rest: &'a [u8]) -> Result<Self, CommandFault<'a>> {
        let (digits, rest) = split_word(rest);
        let mode = parse_mode(digits).ok_or(CommandFault::Syntax(
            Verb::Site,
            "CHMOD wants a mode of up to four octal digits, and a path",
        ))?;
        Ok(Self::Chmod { mode, path: path(rest.unwrap_or_default())? })
    }

    fn parse_utime(rest: &'a [u8]) -> Result<Self, CommandFault<'a>> {
        let fault =
            CommandFault::Syntax(Verb::Site, "UTIME wants YYYYMMDDhhmmss in UTC, and a path");
        if let Some((modified, name)) = parse_three_times(rest) {
            return Ok(Self::Utime { modified, path: path(name)? });
        }
        let (stamp, rest) = split_word(rest);
        let modified = parse_stamp(stamp).ok_or(fault)?;
        Ok(Self::Utime { modified, path: path(rest.unwrap_or_default())? })
    }

    /// Appends it, with the space before it. UTIME has its longer form, in which no path can be
    /// taken for something else.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Help => out.extend_from_slice(b" HELP"),
            Self::Chmod { mode, path } => {
                out.extend_from_slice(b" CHMOD ");
                digits::write_octal(u64::from(mode), out);
                out.push(b' ');
                write_text(path, out);
            }
            Self::Utime { modified, path } => {
                out.extend_from_slice(b" UTIME ");
                write_text(path, out);
                for _ in 0..3 {
                    out.push(b' ');
                    out.extend_from_slice(&stamp14(modified));
                }
                out.extend_from_slice(b" UTC");
            }
            Self::Compress(path) => {
                out.extend_from_slice(b" COMPRESS ");
                write_text(path, out);
            }
        }
    }
}

/// A path: at least one byte, and none that would end the line.
fn path<'a>(bytes: &'a [u8]) -> Result<&'a [u8], CommandFault<'a>> {
    if bytes.is_empty() {
        Err(CommandFault::Missing(Verb::Site))
    } else if is_sayable(bytes) {
        Ok(bytes)
    } else {
        Err(CommandFault::Syntax(Verb::Site, "A name can't hold NUL, CR or LF"))
    }
}

/// Up to four octal digits.
fn parse_mode(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0, |mode, digit| match digit {
        b'0'..=b'7' => Some(mode << 3 | u32::from(digit - b'0')),
        _ => None,
    })
}

/// `path accessed modified created UTC`: the second of the times, and the path.
fn parse_three_times(text: &[u8]) -> Option<(UnixTime, &[u8])> {
    let mut words = text.rsplitn(5, |&byte| byte == b' ');
    if !words.next()?.eq_ignore_ascii_case(b"UTC") {
        return None;
    }
    let mut stamp = || words.next().and_then(parse_stamp);
    let (_, modified, _) = (stamp()?, stamp()?, stamp()?);
    Some((modified, words.next()?))
}

/// A time with its seconds or without.
fn parse_stamp(stamp: &[u8]) -> Option<UnixTime> {
    match stamp.len() {
        12 => parse_stamp14(&[stamp, b"00"].concat()),
        14 => parse_stamp14(stamp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SiteCommand<'_>, CommandFault<'_>> {
        SiteCommand::parse(text.as_bytes())
    }

    #[test]
    fn words_in_any_case() {
        assert_eq!(parse("help"), Ok(SiteCommand::Help));
        assert_eq!(parse("  help"), Ok(SiteCommand::Help));
        assert_eq!(parse("HELP CHMOD"), Ok(SiteCommand::Help));
        assert_eq!(parse("Compress  a b "), Ok(SiteCommand::Compress(b" a b ")));
        assert_eq!(parse(""), Err(CommandFault::Missing(Verb::Site)));
        assert_eq!(parse("COMPRESS "), Err(CommandFault::Missing(Verb::Site)));
        assert!(matches!(parse("COMPRESS a\0"), Err(CommandFault::Syntax(..))));
        assert!(matches!(parse("EXEC ls"), Err(CommandFault::Syntax(..))));
    }

    #[test]
    fn modes_are_octal() {
        let chmod = |mode, path| Ok(SiteCommand::Chmod { mode, path });
        assert_eq!(parse("CHMOD 644 a b"), chmod(0o644, b"a b"));
        assert_eq!(parse("chmod 0755 x"), chmod(0o755, b"x"));
        assert_eq!(parse("CHMOD 7777 x"), chmod(0o7777, b"x"));
        assert_eq!(parse("CHMOD 644"), Err(CommandFault::Missing(Verb::Site)));
        for text in ["CHMOD", "CHMOD 8 x", "CHMOD 00644 x", "CHMOD u+x x", "CHMOD -1 x"] {
            assert!(matches!(parse(text), Err(CommandFault::Syntax(..))), "{text}");
        }
    }

    #[test]
    fn times_come_in_two_forms() {
        let utime = |path| Ok(SiteCommand::Utime { modified: UnixTime(1_767_268_800), path });
        assert_eq!(parse("UTIME 20260101120000 a b"), utime(b"a b"));
        assert_eq!(parse("UTIME 202601011200 a"), utime(b"a"));
        let three = "20200101000000 20260101120000 20200101000000";
        assert_eq!(parse(&format!("UTIME a b {three} UTC")), utime(b"a b"));
        assert_eq!(parse(&format!("UTIME 202001010000 {three} utc")), utime(b"202001010000"));
        for text in ["UTIME", "UTIME a", "UTIME 20260230120000 a", "UTIME a 20260101120000"] {
            assert!(matches!(parse(text), Err(CommandFault::Syntax(..))), "{text}");
        }
        assert_eq!(parse("UTIME 202601011200"), Err(CommandFault::Missing(Verb::Site)));
    }
}
