//! Replies: a code of three digits with one line of text or several (RFC 959, section 4.2).
//!
//! Writes them so that no text can look like another reply, and reads them line by line within
//! bounds. It knows the form of a reply and not which one is due. Sessions write, the client reads.

use std::borrow::Cow;
use std::fmt;

use crate::wire::digits;
use crate::wire::line::write_text;

/// A reply code, from 100 to 599.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

/// The first digit of a code: what a user process can do next (RFC 959, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// 1yz: begun; another reply follows.
    Preliminary,
    /// 2yz: done.
    Completion,
    /// 3yz: well so far; another command is wanted.
    Intermediate,
    /// 4yz: not done, and it may work later.
    Transient,
    /// 5yz: not done, and it will not work later either.
    Permanent,
}

/// Names for the codes that sessions give and clients look for.
impl Code {
    /// 110.
    pub const RESTART_MARKER: Self = Self(110);
    /// 125.
    pub const DATA_OPEN: Self = Self(125);
    /// 150.
    pub const OPENING_DATA: Self = Self(150);
    /// 200.
    pub const OKAY: Self = Self(200);
    /// 202.
    pub const SUPERFLUOUS: Self = Self(202);
    /// 211.
    pub const SYSTEM_STATUS: Self = Self(211);
    /// 212.
    pub const DIRECTORY_STATUS: Self = Self(212);
    /// 213.
    pub const FILE_STATUS: Self = Self(213);
    /// 214.
    pub const HELP: Self = Self(214);
    /// 215.
    pub const SYSTEM_NAME: Self = Self(215);
    /// 220.
    pub const READY: Self = Self(220);
    /// 221.
    pub const GOODBYE: Self = Self(221);
    /// 225.
    pub const NO_TRANSFER: Self = Self(225);
    /// 226.
    pub const TRANSFER_DONE: Self = Self(226);
    /// 227.
    pub const PASSIVE: Self = Self(227);
    /// 229.
    pub const EXTENDED_PASSIVE: Self = Self(229);
    /// 230.
    pub const LOGGED_IN: Self = Self(230);
    /// 250.
    pub const FILE_DONE: Self = Self(250);
    /// 257.
    pub const PATH: Self = Self(257);
    /// 331.
    pub const PASSWORD_WANTED: Self = Self(331);
    /// 332.
    pub const ACCOUNT_WANTED: Self = Self(332);
    /// 350.
    pub const PENDING: Self = Self(350);
    /// 421.
    pub const UNAVAILABLE: Self = Self(421);
    /// 425.
    pub const NO_DATA_CONNECTION: Self = Self(425);
    /// 426.
    pub const TRANSFER_ABORTED: Self = Self(426);
    /// 450.
    pub const FILE_BUSY: Self = Self(450);
    /// 451.
    pub const LOCAL_ERROR: Self = Self(451);
    /// 452.
    pub const DISK_FULL: Self = Self(452);
    /// 500.
    pub const UNKNOWN_COMMAND: Self = Self(500);
    /// 501.
    pub const BAD_PARAMETER: Self = Self(501);
    /// 502.
    pub const NOT_IMPLEMENTED: Self = Self(502);
    /// 503.
    pub const BAD_SEQUENCE: Self = Self(503);
    /// 504.
    pub const PARAMETER_NOT_IMPLEMENTED: Self = Self(504);
    /// 522 (RFC 2428).
    pub const BAD_PROTOCOL: Self = Self(522);
    /// 530.
    pub const NOT_LOGGED_IN: Self = Self(530);
    /// 532.
    pub const ACCOUNT_NEEDED: Self = Self(532);
    /// 550.
    pub const REFUSED: Self = Self(550);
    /// 551.
    pub const PAGE_TYPE_UNKNOWN: Self = Self(551);
    /// 552.
    pub const QUOTA_EXCEEDED: Self = Self(552);
    /// 553.
    pub const BAD_NAME: Self = Self(553);
    /// 554 (RFC 1123, section 4.1.3.4).
    pub const BAD_RESTART: Self = Self(554);
}

impl Code {
    const LOWEST: u16 = 100;
    const HIGHEST: u16 = 599;

    /// The code `number`, if it is one.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number >= Self::LOWEST && number <= Self::HIGHEST { Some(Self(number)) } else { None }
    }

    /// The three digits as a number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What the first digit says.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            1 => Class::Preliminary,
            2 => Class::Completion,
            3 => Class::Intermediate,
            4 => Class::Transient,
            _ => Class::Permanent,
        }
    }

    /// The code that `line` starts with.
    fn parse(line: &[u8]) -> Option<Self> {
        let three = line.first_chunk::<3>()?;
        Self::new(u16::try_from(digits::parse(three)?).ok()?)
    }

    fn digits(self) -> [u8; 3] {
        let [tens, ones] = digits::pair(u64::from(self.0));
        [b'0' + digits::last_digit(u64::from(self.0 / 100)), tens, ones]
    }
}

/// For literals in sessions. A number that is no code becomes the nearest that is one; what comes
/// from a peer goes through [`Code::new`].
impl From<u16> for Code {
    fn from(number: u16) -> Self {
        Self(number.clamp(Self::LOWEST, Self::HIGHEST))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The code.
    pub code: Code,
    /// The lines of text, an LF between them.
    pub text: Cow<'static, [u8]>,
}

impl Reply {
    /// A reply of `code` that says `text`, whose lines are separated by LF.
    pub fn new(code: impl Into<Code>, text: impl Into<Cow<'static, str>>) -> Self {
        let text = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self { code: code.into(), text }
    }

    /// The same, where the text holds names, which need not be UTF-8.
    pub fn from_bytes(code: impl Into<Code>, text: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { code: code.into(), text: text.into() }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The lines of text, at least one.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text.split(|&byte| byte == b'\n')
    }

    /// The first line, for people: what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.lines().next().unwrap_or_default()).into_owned()
    }

    /// Appends the reply as it goes over the wire: `123 text`, or `123-first`, ` inner`, `123 last`,
    /// each line with its CRLF.
    ///
    /// The space before inner lines is what FEAT and MLST want (RFC 2389, RFC 3659) and keeps a line
    /// of text from looking like the end (RFC 959, section 4.2). CR and NUL are written as `?`; the
    /// byte 255 is doubled, as Telnet wants it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut lines = self.lines().peekable();
        let mut first = true;
        while let Some(line) = lines.next() {
            let last = lines.peek().is_none();
            if first || last {
                out.extend_from_slice(&self.code.digits());
                out.push(if last { b' ' } else { b'-' });
            } else {
                out.push(b' ');
            }
            first = false;
            write_text(line, out);
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// Most lines of one reply that a [`ReplyReader`] takes: enough for STAT of a large directory.
pub const MOST_LINES: usize = 20_000;
/// Most bytes of one reply that a [`ReplyReader`] takes.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Why lines are no reply. Nothing can be read behind it: who is in step with such a server?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyFault {
    /// The line does not begin with a code.
    NoCode,
    /// More than [`MOST_LINES`] or [`MOST_BYTES`].
    TooLong,
}

/// Puts replies together from lines.
#[derive(Debug, Default)]
pub struct ReplyReader {
    /// The reply that has begun and not ended.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    code: Code,
    text: Vec<u8>,
    lines: usize,
}

impl ReplyReader {
    /// A reader between two replies.
    #[must_use]
    pub const fn new() -> Self {
        Self { open: None }
    }

    /// True in the middle of a reply of several lines.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the next line, without its end; gives the reply that it completes.
    ///
    /// Of inner lines the one leading space is dropped, or the code with its dash that many servers
    /// put before each.
    ///
    /// # Errors
    /// [`ReplyFault`], and the reader is between two replies again.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyFault> {
        let Some(mut open) = self.open.take() else {
            let code = Code::parse(line).ok_or(ReplyFault::NoCode)?;
            return match line.get(3) {
                None | Some(b' ') => Ok(Some(Reply::from_bytes(code, rest(line).to_vec()))),
                Some(b'-') => {
                    self.open = Some(Open { code, text: rest(line).to_vec(), lines: 1 });
                    Ok(None)
                }
                Some(_) => Err(ReplyFault::NoCode),
            };
        };
        let marked = Code::parse(line) == Some(open.code);
        let last = marked && matches!(line.get(3), None | Some(b' '));
        let text = if last || (marked && line.get(3) == Some(&b'-')) {
            rest(line)
        } else {
            line.strip_prefix(b" ").unwrap_or(line)
        };
        open.lines += 1;
        if open.lines > MOST_LINES || open.text.len() + text.len() >= MOST_BYTES {
            return Err(ReplyFault::TooLong);
        }
        open.text.push(b'\n');
        open.text.extend_from_slice(text);
        if last {
            return Ok(Some(Reply::from_bytes(open.code, open.text)));
        }
        self.open = Some(open);
        Ok(None)
    }
}

/// The text of a 257 reply: `path` in quotation marks, those inside it doubled (RFC 959,
/// appendix II). What would end the line is written as `?`.
#[must_use]
pub fn quoted(path: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(path.len() + 2);
    text.push(b'"');
    for &byte in path {
        match byte {
            b'"' => text.extend_from_slice(b"\"\""),
            b'\0' | b'\r' | b'\n' => text.push(b'?'),
            _ => text.push(byte),
        }
    }
    text.push(b'"');
    text
}

/// The path in the text of a 257 reply, whatever stands around the quotation marks.
///
/// Some servers do not double the marks inside (pure-ftpd). Then what should be the last one is
/// followed by more of the path in place of a blank, and the path goes up to the last mark of all.
#[must_use]
pub fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let open = text.iter().position(|&byte| byte == b'"')?;
    let inside = text.get(open + 1..)?;
    let mut bytes = inside.iter().peekable();
    let mut path = Vec::new();
    while let Some(&byte) = bytes.next() {
        if byte == b'"' && bytes.next_if(|&&next| next == b'"').is_none() {
            if bytes.peek().is_none_or(|next| next.is_ascii_whitespace()) {
                return Some(path);
            }
            break;
        }
        path.push(byte);
    }
    let close = inside.iter().rposition(|&byte| byte == b'"')?;
    inside.get(..close).map(<[u8]>::to_vec)
}

/// What stands behind the code and its space or dash.
fn rest(line: &[u8]) -> &[u8] {
    line.get(4..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
