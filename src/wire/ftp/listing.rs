//! Listings in the form of `ls -l`, which LIST sends and which clients parse although no RFC says
//! how; and those of DOS, which some servers send in its place.
//!
//! Writes one form and reads that, its relatives and that of DOS from other servers. It neither sorts nor
//! filters. Sessions write a million lines a second with it, so a line costs no allocation and no
//! call of the calendar library; the client reads.

pub use super::facts::Kind;

use super::civil::{Civil, DAY_SECS};
use crate::terms::UnixTime;
use crate::wire::digits;

/// Half a year of the Gregorian calendar: older files are shown with their year.
const HALF_YEAR_SECS: i64 = 15_778_476;

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// What a line says of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The permission bits, with those for set-user-ID, set-group-ID and sticky.
    pub mode: u32,
    /// What it is. `Current` and `Parent` are directories here.
    pub kind: Kind,
    /// How many names it has.
    pub links: u64,
    /// Whose it is: a word.
    pub owner: &'a str,
    /// Which group's it is: a word.
    pub group: &'a str,
    /// Its length in bytes.
    pub size: u64,
    /// When its content was changed last.
    pub modified: UnixTime,
    /// Its name.
    pub name: &'a [u8],
}

/// What [`parse_long`] found in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The file. Its time is as exact as the line was: to the minute or to the day.
    pub entry: Entry<'a>,
    /// Where a symbolic link points to.
    pub target: Option<&'a [u8]>,
}

/// What [`parse_dos`] found in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DosListed<'a> {
    /// A directory, a link or a file.
    pub kind: Kind,
    /// A file's length in bytes.
    pub size: Option<u64>,
    /// When its content was changed last, to the minute.
    pub modified: UnixTime,
    /// Its name.
    pub name: &'a [u8],
}

/// Appends the line of `entry`, in UTC, with its CRLF: permissions, links, owner, group, size, `%b
/// %d %H:%M` or, older than half a year or in the future, `%b %d  %Y`, one space, the name. What
/// would end the line in the name is written as `?`.
pub fn write_long(entry: &Entry<'_>, now: UnixTime, out: &mut Vec<u8>) {
    out.extend_from_slice(&permissions(entry.kind, entry.mode));
    out.push(b' ');
    digits::write_padded(entry.links, 4, out);
    write_word(entry.owner, out);
    write_word(entry.group, out);
    out.push(b' ');
    digits::write_padded(entry.size, 12, out);
    out.push(b' ');
    let civil = Civil::of(entry.modified);
    let month = usize::try_from(civil.month - 1).unwrap_or_default();
    out.extend_from_slice(MONTHS.get(month).copied().unwrap_or(b"Jan"));
    out.push(b' ');
    out.extend_from_slice(&digits::pair(civil.day));
    if shows_time(entry.modified, now) {
        let ([h1, h2], [m1, m2]) = (digits::pair(civil.hour), digits::pair(civil.minute));
        out.extend_from_slice(&[b' ', h1, h2, b':', m1, m2, b' ']);
    } else {
        let ([y1, y2], [y3, y4]) = (digits::pair(civil.year / 100), digits::pair(civil.year));
        out.extend_from_slice(&[b' ', b' ', y1, y2, y3, y4, b' ']);
    }
    super::write_name(entry.name, out);
    out.extend_from_slice(b"\r\n");
}

/// Reads one line, without its end, of our form or of another server's: fields with any number of
/// spaces between them, no group, an ACL's mark behind the permissions, a device's two numbers for
/// the size, an owner of two words. `total 12` and everything else that names no file is none.
///
/// A date without a year is the latest one that does not lie more than a day after `now`.
#[must_use]
pub fn parse_long(line: &[u8], now: UnixTime) -> Option<Listed<'_>> {
    let (kind, mode) = parse_permissions(line)?;
    let date = find_date(line, now)?;
    let mut fields = words(line.get(..date.start)?);
    fields.next()?;
    let links = fields.next().and_then(digits::parse)?;
    let size = fields.next_back().and_then(digits::parse)?;
    let owner = fields.next().and_then(|owner| std::str::from_utf8(owner).ok()).unwrap_or_default();
    let group = fields.next().and_then(|group| std::str::from_utf8(group).ok()).unwrap_or_default();
    let rest = line.get(date.end..)?.strip_prefix(b" ")?;
    let (name, target) = if kind == Kind::Link { split_target(rest) } else { (rest, None) };
    if name.is_empty() {
        return None;
    }
    let entry = Entry { mode, kind, links, owner, group, size, modified: date.time, name };
    Some(Listed { entry, target })
}

/// Reads one line, without its end, in the form of DOS, which servers on Windows send:
/// `01-31-24  02:05PM       <DIR>          name`, with a size in place of `<DIR>` for files. The year
/// has two digits or four, the clock twelve hours or twenty-four; the date may also be
/// `2024-01-31`. Everything else is none.
#[must_use]
pub fn parse_dos(line: &[u8]) -> Option<DosListed<'_>> {
    let mut fields = words(line);
    let (date, time, what) = (fields.next()?, fields.next()?, fields.next()?);
    let (year, month, day) = dos_date(date)?;
    let (hour, minute) = dos_time(time)?;
    let modified = Civil { year, month, day, hour, minute, second: 0 }.time()?;
    let (kind, size) = match what {
        b"<DIR>" => (Kind::Dir, None),
        b"<JUNCTION>" | b"<SYMLINK>" | b"<SYMLINKD>" => (Kind::Link, None),
        digits => (Kind::File, Some(digits::parse(digits)?)),
    };
    let end = what.as_ptr().addr() - line.as_ptr().addr() + what.len();
    let rest = line.get(end..)?;
    // Behind a size there is one space, and what follows belongs to the name; `<DIR>` is padded to
    // the width of the sizes.
    let name = if kind == Kind::File { rest.strip_prefix(b" ")? } else { rest.trim_ascii_start() };
    (!name.is_empty()).then_some(DosListed { kind, size, modified, name })
}

/// Year, month and day of `01-31-24`, `01-31-2024` or `2024-01-31`.
fn dos_date(word: &[u8]) -> Option<(u64, u64, u64)> {
    let mut parts = word.split(|byte| b"-/".contains(byte));
    let (one, two, three) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let number = digits::parse;
    if one.len() == 4 {
        return Some((number(one)?, number(two)?, number(three)?));
    }
    let year = number(three)?;
    let year = match three.len() {
        4 => year,
        // Two digits reach from 1970 to 2069.
        2 if year < 70 => year + 2000,
        2 => year + 1900,
        _ => return None,
    };
    Some((year, number(one)?, number(two)?))
}

/// Hour and minute of `02:05PM` or `14:05`.
fn dos_time(word: &[u8]) -> Option<(u64, u64)> {
    let colon = word.iter().position(|&byte| byte == b':')?;
    let hour = digits::parse(word.get(..colon)?)?;
    let (minute, half) = word.get(colon + 1..)?.split_at_checked(2)?;
    let minute = digits::parse(minute)?;
    let hour = match half.to_ascii_uppercase().as_slice() {
        b"" => hour,
        _ if hour == 0 || hour > 12 => return None,
        b"AM" => hour % 12,
        b"PM" => hour % 12 + 12,
        _ => return None,
    };
    (hour < 24 && minute < 60).then_some((hour, minute))
}

/// True for what is shown with its time of day; the others are shown with their year.
const fn shows_time(modified: UnixTime, now: UnixTime) -> bool {
    modified.0 <= now.0 && now.0.saturating_sub(modified.0) <= HALF_YEAR_SECS
}

/// A space and `word`, followed by spaces to eight bytes.
fn write_word(word: &str, out: &mut Vec<u8>) {
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.resize(out.len() + 8_usize.saturating_sub(word.len()), b' ');
}

/// `drwxr-xr-x`.
fn permissions(kind: Kind, mode: u32) -> [u8; 10] {
    let mut text = *b"-rwxrwxrwx";
    let [letter, bits @ ..] = &mut text;
    *letter = match kind {
        Kind::File => b'-',
        Kind::Dir | Kind::Current | Kind::Parent => b'd',
        Kind::Link => b'l',
        Kind::Other => b'b',
    };
    for (place, letter) in bits.iter_mut().enumerate() {
        if mode >> (8 - place) & 1 == 0 {
            *letter = b'-';
        }
    }
    for (place, bit, letter) in [(2, 0o4000, b's'), (5, 0o2000, b's'), (8, 0o1000, b't')] {
        if let Some(shown) = bits.get_mut(place).filter(|_| mode & bit != 0) {
            *shown = if *shown == b'x' { letter } else { letter.to_ascii_uppercase() };
        }
    }
    text
}

/// What [`permissions`] wrote.
fn parse_permissions(line: &[u8]) -> Option<(Kind, u32)> {
    let (&[letter, ref bits @ ..], _) = line.split_first_chunk::<10>()?;
    let kind = match letter {
        b'-' => Kind::File,
        b'd' => Kind::Dir,
        b'l' => Kind::Link,
        b'b' | b'c' | b'p' | b's' | b'D' => Kind::Other,
        _ => return None,
    };
    let mut mode = 0;
    for (place, (&letter, plain)) in bits.iter().zip(*b"rwxrwxrwx").enumerate() {
        let bit = 0o400 >> place;
        let special = match place {
            2 => 0o4000,
            5 => 0o2000,
            8 => 0o1000,
            _ => 0,
        };
        mode |= match letter {
            b'-' => 0,
            _ if letter == plain => bit,
            b's' | b't' if special != 0 => bit | special,
            b'S' | b'T' | b'l' | b'L' if special != 0 => special,
            _ => return None,
        };
    }
    Some((kind, mode))
}

/// A date in a line: where it stands, and when it is.
struct Date {
    start: usize,
    end: usize,
    time: UnixTime,
}

/// The first month, day, and time or year that follow each other behind a number: the owner's name
/// may be a month's, and no column is where another server has it.
fn find_date(line: &[u8], now: UnixTime) -> Option<Date> {
    let place = |word: &[u8]| word.as_ptr().addr() - line.as_ptr().addr();
    let mut fields = words(line).skip(2);
    let mut before = fields.next()?;
    loop {
        let word = fields.next()?;
        let mut ahead = fields.clone();
        if let (Some(month), Some(_)) = (month(word), digits::parse(before))
            && let (Some(day), Some(hour)) = (ahead.next().and_then(digits::parse), ahead.next())
            && let Some(time) = date(month, day, hour, now)
        {
            return Some(Date { start: place(word), end: place(hour) + hour.len(), time });
        }
        before = word;
    }
}

fn month(word: &[u8]) -> Option<u64> {
    let place = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(word))?;
    u64::try_from(place + 1).ok()
}

/// The time of a month, a day, and either `HH:MM` or a year.
fn date(month: u64, day: u64, last: &[u8], now: UnixTime) -> Option<UnixTime> {
    let at = |year, hour, minute| Civil { year, month, day, hour, minute, second: 0 }.time();
    let Some(colon) = last.iter().position(|&byte| byte == b':') else {
        return if last.len() == 4 { at(digits::parse(last)?, 0, 0) } else { None };
    };
    let hour = digits::parse(last.get(..colon)?)?;
    let minute = digits::parse(last.get(colon + 1..)?)?;
    if hour > 23 || minute > 59 {
        return None;
    }
    let latest = UnixTime(now.0.saturating_add(DAY_SECS));
    let year = Civil::of(latest).year;
    // The 29th of February may be eight years back, where a century had none.
    (0..=8)
        .filter_map(|back| at(year.checked_sub(back)?, hour, minute))
        .find(|time| *time <= latest)
}

/// The name and the target of a link's `name -> target`.
fn split_target(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    const ARROW: &[u8] = b" -> ";
    match text.windows(ARROW.len()).position(|window| window == ARROW) {
        Some(arrow) => (text.get(..arrow).unwrap_or(text), text.get(arrow + ARROW.len()..)),
        None => (text, None),
    }
}

/// The words of a line, with any number of spaces between them.
fn words(line: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
    line.split(|&byte| byte == b' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-07-01T00:00:00.
    const NOW: UnixTime = UnixTime(1_782_864_000);
    const MINUTE: i64 = 60;

    fn entry(name: &[u8]) -> Entry<'_> {
        Entry {
            mode: 0o644,
            kind: Kind::File,
            links: 1,
            owner: "user1",
            group: "coracle",
            size: 1234,
            modified: UnixTime(NOW.0 - DAY_SECS),
            name,
        }
    }

    fn written(entry: &Entry<'_>) -> String {
        let mut out = Vec::new();
        write_long(entry, NOW, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_has_the_form_that_clients_parse() {
        let mut entry = entry(b"Joker");
        assert_eq!(
            written(&entry),
            "-rw-r--r--    1 user1    coracle          1234 Jun 30 00:00 Joker\r\n"
        );
        entry.modified = UnixTime(NOW.0 + 1);
        assert!(written(&entry).contains(" 1234 Jul 01  2026 Joker"));
        entry.modified = UnixTime(NOW.0 - HALF_YEAR_SECS - 1);
        assert!(written(&entry).contains(" 1234 Dec 30  2025 Joker"));
        entry.modified = UnixTime(NOW.0 - HALF_YEAR_SECS);
        assert!(written(&entry).contains(" 1234 Dec 30 09:05 Joker"));
        entry.kind = Kind::Dir;
        entry.mode = 0o7750;
        assert!(written(&entry).starts_with("drwsr-s--T "));
        entry.owner = "a-very-long-owner";
        entry.links = 123_456;
        entry.size = u64::MAX;
        assert!(
            written(&entry).contains(" 123456 a-very-long-owner coracle  18446744073709551615 ")
        );
    }

    #[test]
    fn the_line_end_can_not_be_in_a_name() {
        assert!(written(&entry(b"a\r\nb")).ends_with(" a??b\r\n"));
    }

    #[test]
    fn the_lines_of_other_servers_are_read() {
        let read = |line: &'static str| parse_long(line.as_bytes(), NOW);
        let listed = read("-rw-r--r--@  1 ftp  ftp   2048 Feb  3 2024 two words ").unwrap();
        assert_eq!(listed.entry.name, b"two words ");
        assert_eq!((listed.entry.owner, listed.entry.size), ("ftp", 2048));
        assert_eq!(listed.entry.modified, UnixTime(1_706_918_400));
        let link = read("lrwxrwxrwx 1 0 0 7 Jan 1 2024 lib -> usr/lib -> x").unwrap();
        assert_eq!((link.entry.kind, link.entry.name), (Kind::Link, &b"lib"[..]));
        assert_eq!(link.target, Some(&b"usr/lib -> x"[..]));
        let nobody = read("drwxr-xr-x 2 4096 Jan 1 2024  lead").unwrap();
        assert_eq!((nobody.entry.owner, nobody.entry.name), ("", &b" lead"[..]));
        let months = read("drwxr-xr-x 2 May Jun 4096 Dec 31 23:59 Jul 4 2001").unwrap();
        assert_eq!((months.entry.owner, months.entry.group), ("May", "Jun"));
        assert_eq!(months.entry.name, b"Jul 4 2001");
        // Half a year ahead is half a year ago.
        assert_eq!(months.entry.modified, UnixTime(1_767_225_540));
        assert_eq!(read("crw-rw-rw- 1 0 0 1, 3 Jan 1 2024 null").unwrap().entry.kind, Kind::Other);
        // Tomorrow may be today where the server is; the 29th of February was in 2024.
        let ahead = read("-rw-r--r-- 1 a b 1 Jul 1 23:59 f").unwrap();
        assert_eq!(ahead.entry.modified, UnixTime(NOW.0 + DAY_SECS - MINUTE));
        let leap = read("-rw-r--r-- 1 a b 1 Feb 29 00:00 f").unwrap();
        assert_eq!(leap.entry.modified, UnixTime(1_709_164_800));
    }

    #[test]
    fn the_lines_of_dos_are_read() {
        let read = |line: &'static str| parse_dos(line.as_bytes());
        let docs = read("01-31-24  02:05PM       <DIR>          Docs and more").unwrap();
        assert_eq!((docs.kind, docs.size, docs.name), (Kind::Dir, None, &b"Docs and more"[..]));
        assert_eq!(docs.modified, UnixTime(1_706_709_900));
        let file = read("01-31-2024  14:05                 1234  lead").unwrap();
        assert_eq!((file.kind, file.size, file.name), (Kind::File, Some(1234), &b" lead"[..]));
        assert_eq!(file.modified, docs.modified);
        assert_eq!(read("2024-01-31  02:05pm 1234 f").unwrap().modified, docs.modified);
        assert_eq!(read("02-01-70  12:00AM 0 f").unwrap().modified, UnixTime(31 * DAY_SECS));
        for line in [
            "",
            "01-31-24",
            "01-31-24  02:05PM  <DIR>",
            "01-31-24  02:05PM  12",
            "13-31-24  02:05PM  12 f",
            "01-31-24  13:05PM  12 f",
            "01-31-24  24:05  12 f",
            "01-31-24  02:05XM  12 f",
            "01-31-124  02:05PM  12 f",
            "01-31-24  02:05PM  <FIL> f",
            "-rw-r--r-- 1 a b 1 Jan 1 2024 f",
        ] {
            assert_eq!(parse_dos(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn what_names_no_file_is_none() {
        for line in [
            "",
            "total 12",
            "-rw-r--r--",
            "-rw-r--r-- 1 a b 1 Jan 1",
            "-rw-r--r-- 1 a b 1 Jan 1 2024",
            "-rw-r--r-- 1 a b 1 Jan 1 2024 ",
            "-rw-r--r-- 1 a b 1 Jan 32 2024 f",
            "-rw-r--r-- 1 a b 1 Jan 1 24:00 f",
            "?rw-r--r-- 1 a b 1 Jan 1 2024 f",
            "-rw-rq-r-- 1 a b 1 Jan 1 2024 f",
            "-rw-r--r-- 1 a b 1 Mai 1 2024 f",
            "01-01-24  12:00PM  <DIR> f",
        ] {
            assert_eq!(parse_long(line.as_bytes(), NOW), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn lines_come_back(
            kind in prop::sample::select(&[Kind::File, Kind::Dir, Kind::Link, Kind::Other][..]),
            mode in 0..0o10000_u32,
            links: u64,
            (owner, group) in ("[!-~]{1,12}", "[!-~]{1,12}"),
            size: u64,
            age in prop_oneof![
                -DAY_SECS..HALF_YEAR_SECS, -100_000_000..1_000_000_000_i64, -90_000_000_000..20_000_000_000_i64,
            ],
            name in prop::collection::vec(
                any::<u8>().prop_filter("sayable", |byte| !b"\0\r\n>".contains(byte)), 1..30,
            ),
        ) {
            let modified = UnixTime(NOW.0 - age);
            let entry =
                Entry { mode, kind, links, owner: &owner, group: &group, size, modified, name: &name };
            let mut line = Vec::new();
            write_long(&entry, NOW, &mut line);
            let line = line.strip_suffix(b"\r\n").unwrap();
            let resolution = if shows_time(modified, NOW) { MINUTE } else { DAY_SECS };
            let modified = UnixTime(modified.0 - modified.0.rem_euclid(resolution));
            let expected = Listed { entry: Entry { modified, ..entry }, target: None };
            prop_assert_eq!(parse_long(line, NOW), Some(expected));
        }

        #[test]
        fn nothing_panics(
            line in prop::collection::vec(any::<u8>(), 0..60),
            tail in "[ 0-9:a-zA-Z>-]{0,40}",
            now: i64,
        ) {
            let _ = parse_long(&line, UnixTime(now));
            let _ = parse_long(format!("lrwxr-xr-x 1 a b 3 Jan {tail}").as_bytes(), UnixTime(now));
            let _ = parse_long(format!("-rwxr-xr-x {tail}").as_bytes(), UnixTime(now));
            let _ = parse_dos(&line);
            let _ = parse_dos(format!("01-31-24 {tail}").as_bytes());
            let mut out = Vec::new();
            let entry = Entry { modified: UnixTime(now), ..entry(&line) };
            write_long(&entry, UnixTime(now.wrapping_neg()), &mut out);
        }
    }
}
