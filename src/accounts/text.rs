//! What the two files have in common: lines, comments, and how the bytes are fetched.
//!
//! A line ends in LF or CRLF. One that is blank, or whose first visible character is `#`, says
//! nothing. A byte order mark before the first line, which some editors write, is no part of it.

#![expect(clippy::disallowed_methods, reason = "Credentials and Directories are no served files")]

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most bytes of a file: room for a hundred thousand clients, and a bound for what is no such file.
const LARGEST: u64 = 16 << 20;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// One line of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from one.
    pub(super) number: u32,
    /// All of its bytes, with what ends it.
    pub(super) whole: &'a [u8],
    /// Its bytes without what ends it, or marks the file.
    pub(super) content: &'a [u8],
}

impl<'a> Line<'a> {
    /// True for a comment or a blank line.
    pub(super) fn is_remark(self) -> bool {
        matches!(self.content.trim_ascii_start(), [] | [b'#', ..])
    }

    /// What stands before the content: nothing, or the mark of the file.
    pub(super) fn before(self) -> &'a [u8] {
        if self.whole.len() > self.content.len() && self.number == 1 {
            self.whole.strip_suffix(self.ending()).and_then(|line| line.strip_suffix(self.content))
        } else {
            None
        }
        .unwrap_or_default()
    }

    /// What ends the line: LF, CRLF, or nothing at the end of the file.
    pub(super) fn ending(self) -> &'a [u8] {
        let line = self.whole.strip_suffix(b"\n").unwrap_or(self.whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.whole.get(line.len()..).unwrap_or_default()
    }
}

/// The lines of `text`; together their bytes are all of it.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    (1..).zip(text.split_inclusive(|&byte| byte == b'\n')).map(|(number, whole)| {
        let content = whole.strip_suffix(b"\n").unwrap_or(whole);
        let content = content.strip_suffix(b"\r").unwrap_or(content);
        let marked = (number == 1).then(|| content.strip_prefix(MARK)).flatten();
        Line { number, whole, content: marked.unwrap_or(content) }
    })
}

/// Reads a whole file of no more than 16 MiB.
///
/// # Errors
/// What the system says, or `FileTooLarge`.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than 16 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_all_of_the_text() {
        let text = b"\xef\xbb\xbfone\r\ntwo\n\n\t# remark\nlast\r";
        let lines: Vec<_> = lines(text).collect();
        let contents: Vec<_> = lines.iter().map(|line| line.content).collect();
        assert_eq!(contents, [&b"one"[..], b"two", b"", b"\t# remark", b"last"]);
        assert_eq!(lines.iter().map(|line| line.whole).collect::<Vec<_>>().concat(), text);
        assert_eq!(lines[0].before(), MARK);
        assert_eq!(lines[0].ending(), b"\r\n");
        assert_eq!(lines[1].before(), b"");
        let remarks: Vec<_> = lines.iter().map(|line| line.is_remark()).collect();
        assert_eq!(remarks, [false, false, true, true, false]);
    }

    #[test]
    fn a_file_without_an_end_is_not_read_to_it() {
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
