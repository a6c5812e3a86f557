//! The file `Directories`: one grant a line, `username:directory:rights[:path]`.
//!
//! Pure: text in, grants and complaints out. Whether the client and the directory exist is for the
//! room's front to find out.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use bitflags::bitflags;

use super::text::{Line, lines};

/// Most bytes of a directory's name, which is what file systems take.
const LONGEST_DIRECTORY: usize = 255;

/// How the names begin that the server gives to files of its own, which no client sees.
const RESERVED: &[u8] = b".coracle-";

bitflags! {
    /// What a client may do with the files of a grant.
    #[derive(Clone, Copy, PartialEq, Eq, Default)]
    pub struct Rights: u8 {
        /// `r`: list and download.
        const READ = 1;
        /// `w`: create, upload, append, rename, make directories, compress.
        const WRITE = 1 << 1;
        /// `d`: delete, rename over, overwrite.
        const DELETE = 1 << 2;
    }
}

/// The letters of [`Rights`], from the lowest bit.
const LETTERS: [u8; 3] = *b"rwd";

impl Rights {
    /// The set that the letters of `text` name.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let mut rights = Self::empty();
        for letter in text {
            let Some(bit) = LETTERS.iter().position(|known| known == letter) else {
                let letter = letter.escape_ascii();
                return Err(format!("unknown rights letter '{letter}': expected r, w or d"));
            };
            rights |= Self::from_bits_truncate(1 << bit);
        }
        if rights.is_empty() {
            return Err("no rights: expected one or more of r, w and d".to_owned());
        }
        Ok(rights)
    }
}

impl fmt::Display for Rights {
    /// The letters of the set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut own = Self::all().iter().zip(LETTERS).filter(|(right, _)| self.contains(*right));
        own.try_for_each(|(_, letter)| f.write_char(char::from(letter)))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One grant, as a line tells it.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line, counted from one.
    pub(super) line: u32,
    /// The client, or `*` for every one.
    pub(super) username: String,
    /// The name at the client's top level; empty for `/`.
    pub(super) directory: Box<[u8]>,
    /// What is granted.
    pub(super) rights: Rights,
    /// Where the files are, below the data directory unless it is absolute.
    pub(super) path: PathBuf,
}

/// Reads the whole file. What is wrong with a line goes to `complain`, with its number.
pub(super) fn parse(text: &[u8], mut complain: impl FnMut(u32, String)) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut lines_by_grant = HashMap::new();
    for line in lines(text).filter(|line| !line.is_remark()) {
        let entry = match entry(line) {
            Ok(entry) => entry,
            Err(reason) => {
                complain(line.number, reason);
                continue;
            }
        };
        let grant = (entry.username.clone(), entry.directory.clone());
        if let Some(first) = lines_by_grant.get(&grant) {
            let shown = shown(&entry.directory);
            let name = &entry.username;
            let reason = format!("'{shown}' is granted to '{name}' on line {first} already");
            complain(line.number, reason);
            continue;
        }
        lines_by_grant.insert(grant, line.number);
        entries.push(entry);
    }
    entries
}

/// A directory as the file spells it.
pub(super) fn shown(directory: &[u8]) -> String {
    if directory.is_empty() {
        return "/".to_owned();
    }
    String::from_utf8_lossy(directory).escape_debug().to_string()
}

fn entry(line: Line<'_>) -> Result<Entry, String> {
    // The path is the rest of the line, whatever colons it holds.
    let mut fields = line.content.splitn(4, |&byte| byte == b':');
    let (Some(username), Some(directory), Some(rights)) =
        (fields.next(), fields.next(), fields.next())
    else {
        return Err("expected username:directory:rights or username:directory:rights:path".into());
    };
    let username = std::str::from_utf8(username).map_err(|_| "the username is not UTF-8")?;
    if username.is_empty() {
        return Err("the username is empty".to_owned());
    }
    let directory = if directory == b"/" { b"" } else { check_directory(directory)? };
    let rights = Rights::parse(rights)?;
    let path = match fields.next() {
        Some(b"") => return Err("the path is empty".to_owned()),
        Some(path) if path.contains(&0) => return Err("the path holds a NUL".to_owned()),
        Some(path) => path_of(path),
        None => Path::new("files").join(path_of(directory)),
    };
    Ok(Entry {
        line: line.number,
        username: username.to_owned(),
        directory: directory.into(),
        rights,
        path,
    })
}

fn check_directory(name: &[u8]) -> Result<&[u8], String> {
    let shown = shown(name);
    if name.is_empty() {
        return Err(
            "the directory's name is empty: expected a name, or / for all of files/".to_owned()
        );
    }
    if name.len() > LONGEST_DIRECTORY {
        return Err(format!("the directory is longer than {LONGEST_DIRECTORY} bytes"));
    }
    if name.contains(&b'/') {
        return Err(format!("the directory '{shown}' holds a '/': expected one name, or / alone"));
    }
    if matches!(name, b"." | b"..") || name.starts_with(RESERVED) {
        return Err(format!("no directory can be called '{shown}'"));
    }
    if name.iter().any(u8::is_ascii_control) {
        return Err(format!("the directory '{shown}' holds a control character"));
    }
    Ok(name)
}

fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<Entry> {
        parse(text.as_bytes(), |line, reason| panic!("{line}: {reason}"))
    }

    #[test]
    fn reads_grants_in_their_order() {
        let text = "user1:Movies:r\n# more\nuser1:Free Fire:wr\n*:/:rwd\na:b:d:/srv/x:y\nc:d:r:up";
        let entries = read(text);
        let lines: Vec<_> = entries.iter().map(|entry| entry.line).collect();
        assert_eq!(lines, [1, 3, 4, 5, 6]);
        assert_eq!(entries[0].path, Path::new("files/Movies"));
        assert_eq!(entries[1].directory, b"Free Fire"[..].into());
        assert_eq!(entries[1].rights.to_string(), "rw");
        assert_eq!((&*entries[2].username, entries[2].rights), ("*", Rights::all()));
        assert_eq!(entries[2].directory, b""[..].into());
        assert_eq!(entries[2].path, Path::new("files/"));
        assert_eq!(entries[3].path, Path::new("/srv/x:y"));
        assert_eq!(entries[4].path, Path::new("up"));
    }

    #[test]
    fn names_every_mistake_by_its_line() {
        for (text, reason) in [
            ("user1:Movies", "expected username:directory:rights"),
            ("user1:Movies:rx", "unknown rights letter 'x'"),
            ("user1:Movies:", "no rights"),
            ("user1:Movies:r:", "the path is empty"),
            ("user1::r", "the directory's name is empty"),
            (":Movies:r", "the username is empty"),
            ("user1:a/b:r", "holds a '/'"),
            ("user1:..:r", "no directory can be called '..'"),
            ("user1:.coracle-part-1:r", "no directory can be called"),
            ("user1:a\u{7}:r", "control character"),
            ("user1:A:r\nuser1:A:w", "'A' is granted to 'user1' on line 1 already"),
            ("*:/:r\n*:/:w", "'/' is granted to '*' on line 1 already"),
        ] {
            let mut complaints = Vec::new();
            parse(text.as_bytes(), |line, reason| complaints.push((line, reason)));
            assert_eq!(complaints.len(), 1, "{text}");
            assert_eq!(complaints[0].0 as usize, text.lines().count());
            assert!(complaints[0].1.contains(reason), "{text}: {}", complaints[0].1);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(text in any::<Vec<u8>>()) {
            parse(&text, |_, _| {});
        }

        #[test]
        fn no_grant_is_of_anything_but_one_name(text in "([a:/.r*]{0,9}\n){0,5}") {
            for entry in parse(text.as_bytes(), |_, _| {}) {
                prop_assert!(!entry.directory.contains(&b'/'));
                prop_assert!(!matches!(&*entry.directory, b"." | b".."));
                prop_assert!(!entry.rights.is_empty());
            }
        }
    }
}
