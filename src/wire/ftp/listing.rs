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
mod tests;
