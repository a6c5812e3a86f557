//! Listings for people and scripts: entries out of MLSD or LIST, in order, in columns or lines.
//!
//! Pure: text in, entries and text out. What a server sends is bounded by who collects it.

use std::cmp::Reverse;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::user_pi::ListForm;
use crate::terms::UnixTime;
use crate::wire::ftp::facts::{self, Kind};
use crate::wire::ftp::listing::{parse_dos, parse_long};

/// Longest line of a listing that is read, in bytes.
const LINE_MAX: usize = 16 * 1024;

/// Width of a terminal that does not tell its own.
const WIDTH: usize = 80;

/// One file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, without directories.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// When its content was changed last.
    pub modified: Option<UnixTime>,
    /// Its permission bits.
    pub mode: Option<u32>,
}

/// The order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `ls`: files and directories together.
    Together,
    /// `dir`: directories first, then files.
    DirectoriesFirst,
}

/// The look of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As many names in a line as a terminal has room for.
    Columns,
    /// One name a line.
    Single,
    /// Mode, size, time and name, one entry a line.
    Long,
}

/// The entries that `text` lists in `form`, without the directory itself and its parent, and how
/// many lines could not be read. `now` decides the year of dates that have none.
#[must_use]
pub fn read(text: &[u8], form: ListForm, now: UnixTime) -> (Vec<Entry>, usize) {
    let mut entries = Vec::new();
    let mut unread = 0;
    // No Telnet is spoken on a data connection: all bytes are text.
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_MAX {
            unread += 1;
            continue;
        }
        if line.is_empty() || (is_for_people(form) && line.starts_with(b"total ")) {
            continue;
        }
        match read_line(line, form, now) {
            Some(entry) if matches!(&entry.name[..], b"." | b"..") => {}
            Some(Entry { kind: Kind::Current | Kind::Parent, .. }) => {}
            Some(entry) => entries.push(entry),
            None => unread += 1,
        }
    }
    (entries, unread)
}

/// Whether a listing in `form` is what `ls -l` would print.
const fn is_for_people(form: ListForm) -> bool {
    matches!(form, ListForm::List | ListForm::ListAll)
}

fn read_line(line: &[u8], form: ListForm, now: UnixTime) -> Option<Entry> {
    match form {
        ListForm::Mlsd => {
            let (facts, name) = facts::parse(line)?;
            Some(Entry {
                name: name.to_vec(),
                kind: facts.kind,
                size: facts.size,
                modified: facts.modify,
                mode: facts.unix_mode,
            })
        }
        ListForm::List | ListForm::ListAll => {
            if let Some(listed) = parse_long(line, now) {
                let entry = listed.entry;
                return Some(Entry {
                    name: entry.name.to_vec(),
                    kind: entry.kind,
                    size: Some(entry.size),
                    modified: Some(entry.modified),
                    mode: Some(entry.mode),
                });
            }
            let listed = parse_dos(line)?;
            Some(Entry {
                name: listed.name.to_vec(),
                kind: listed.kind,
                size: listed.size,
                modified: Some(listed.modified),
                mode: None,
            })
        }
        ListForm::Nlst => Some(Entry {
            name: line.to_vec(),
            kind: Kind::File,
            size: None,
            modified: None,
            mode: None,
        }),
    }
}

/// Puts `entries` into `order`: alphabetic, capitals beside their small letters.
pub fn sort(entries: &mut [Entry], order: Order) {
    entries.sort_by_cached_key(|entry| {
        let is_directory = order == Order::DirectoriesFirst && entry.kind == Kind::Dir;
        let letters = String::from_utf8_lossy(&entry.name).to_lowercase();
        (Reverse(is_directory), letters, entry.name.clone())
    });
}

/// The lines of a listing of `entries`, `width` columns wide.
#[must_use]
pub fn lines(entries: &[Entry], look: Look, width: Option<usize>) -> Vec<Vec<u8>> {
    match look {
        Look::Columns => columns(entries, width.unwrap_or(WIDTH)),
        Look::Single => entries.iter().map(|entry| entry.name.clone()).collect(),
        Look::Long => {
            let size_width = entries.iter().map(|entry| size_of(entry).len()).max().unwrap_or(0);
            entries.iter().map(|entry| long(entry, size_width)).collect()
        }
    }
}

fn long(entry: &Entry, size_width: usize) -> Vec<u8> {
    let size = size_of(entry);
    let time = entry.modified.and_then(time_of).unwrap_or_else(|| "-".to_owned());
    let mut line = format!("{} {size:>size_width$} {time:>16} ", mode_of(entry)).into_bytes();
    line.extend_from_slice(&entry.name);
    line
}

fn size_of(entry: &Entry) -> String {
    entry.size.map_or_else(|| "-".to_owned(), |size| size.to_string())
}

/// `YYYY-MM-DD HH:MM` in UTC.
fn time_of(time: UnixTime) -> Option<String> {
    let moment = Timestamp::from_second(time.0).ok()?.to_zoned(TimeZone::UTC);
    Some(moment.strftime("%Y-%m-%d %H:%M").to_string())
}

/// `drwxr-xr-x`, with `?` for what the server does not tell.
fn mode_of(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::File => '-',
        Kind::Dir | Kind::Current | Kind::Parent => 'd',
        Kind::Link => 'l',
        Kind::Other => '?',
    };
    let Some(mode) = entry.mode else { return format!("{kind}?????????") };
    let bits = (0..9).map(|place| {
        let letter = ['r', 'w', 'x'][place % 3];
        if mode & (0o400 >> place) == 0 { '-' } else { letter }
    });
    std::iter::once(kind).chain(bits).collect()
}

/// Names down the columns, as `ls` has them; directories with a slash, for there is no other mark.
fn columns(entries: &[Entry], width: usize) -> Vec<Vec<u8>> {
    let names: Vec<String> = entries
        .iter()
        .map(|entry| {
            let slash = if entry.kind == Kind::Dir { "/" } else { "" };
            super::terminal::plain(&String::from_utf8_lossy(&entry.name)) + slash
        })
        .collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + 2;
    let across = (width / widest).max(1);
    let down = names.len().div_ceil(across);
    (0..down)
        .map(|row| {
            let line: String = names
                .iter()
                .skip(row)
                .step_by(down)
                .map(|name| format!("{name:widest$}"))
                .collect();
            line.trim_end().as_bytes().to_vec()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime(1_767_225_600);

    const MLSD: &[u8] = b"type=cdir;modify=20260101000000; /\r\n\
        type=pdir; ..\r\n\
        type=file;size=12;modify=20251231235900;UNIX.mode=0644; beta\r\n\
        type=dir;modify=20251231235900;UNIX.mode=0755; Cellar\r\n\
        type=file;size=5; Alpha Beta\r\n\
        nonsense\r\n\
        type=dir; archive";

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| str::from_utf8(&entry.name).unwrap()).collect()
    }

    #[test]
    fn ls_mixes_and_dir_puts_directories_first() {
        let (mut entries, unread) = read(MLSD, ListForm::Mlsd, NOW);
        assert_eq!(unread, 1);
        sort(&mut entries, Order::Together);
        assert_eq!(names(&entries), ["Alpha Beta", "archive", "beta", "Cellar"]);
        sort(&mut entries, Order::DirectoriesFirst);
        assert_eq!(names(&entries), ["archive", "Cellar", "Alpha Beta", "beta"]);
    }

    #[test]
    fn names_are_taken_as_they_are() {
        let text =
            b"type=file; x\xff\xfay\r\ntype=file; \xff\xff\r\ntype=file; a\r\0\ntype=file; b\n";
        let (entries, unread) = read(text, ListForm::Mlsd, NOW);
        let names: Vec<_> = entries.iter().map(|entry| &entry.name[..]).collect();
        assert_eq!(names, [&b"x\xff\xfay"[..], b"\xff\xff", b"a\r\0", b"b"]);
        assert_eq!(unread, 0);
        let long = [b"type=file; ".as_slice(), &[b'x'; LINE_MAX], b"\r\ntype=file; b\r\n"].concat();
        let (entries, unread) = read(&long, ListForm::Mlsd, NOW);
        assert_eq!((entries.len(), unread), (1, 1));
    }

    #[test]
    fn list_lines_serve_as_well() {
        let text = b"total 2\r\n\
            drwxr-xr-x   2 0  0   4096 Dec 01  2024 Music\r\n\
            -rw-r--r--   1 0  0   1234 Dec 31 10:00 Free Fire\r\n";
        let (entries, unread) = read(text, ListForm::List, NOW);
        assert_eq!((names(&entries), unread), (vec!["Music", "Free Fire"], 0));
        assert_eq!(entries[1].size, Some(1234));
        assert_eq!(entries[0].kind, Kind::Dir);
    }

    #[test]
    fn three_looks() {
        let (mut entries, _) = read(MLSD, ListForm::Mlsd, NOW);
        sort(&mut entries, Order::Together);
        let text = |look, width| {
            let lines = lines(&entries, look, width);
            lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(text(Look::Single, None), ["Alpha Beta", "archive", "beta", "Cellar"]);
        assert_eq!(text(Look::Columns, Some(26)), ["Alpha Beta  beta", "archive/    Cellar/"]);
        assert_eq!(text(Look::Columns, Some(3)).len(), 4);
        assert_eq!(
            text(Look::Long, None),
            [
                "-?????????  5                - Alpha Beta",
                "d?????????  -                - archive",
                "-rw-r--r-- 12 2025-12-31 23:59 beta",
                "drwxr-xr-x  - 2025-12-31 23:59 Cellar",
            ]
        );
        assert!(lines(&[], Look::Columns, None).is_empty());
    }
}
