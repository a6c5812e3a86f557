//! Facts: what MLST and MLSD say of a file, for programs (RFC 3659, section 7), and the times of
//! MDTM (section 2.3).
//!
//! Reads and writes; what is true of a file, and which permissions a grant leaves of it, is the
//! session's to say. The client reads.

use bitflags::bitflags;

use super::civil::Civil;
use crate::terms::UnixTime;
use crate::wire::digits;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// A file.
    #[default]
    File,
    /// A directory.
    Dir,
    /// The directory that is listed (`cdir`).
    Current,
    /// A directory above the one that is listed (`pdir`).
    Parent,
    /// A symbolic link, as some servers list them.
    Link,
    /// A device, a pipe, a socket.
    Other,
}

impl Kind {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::File => b"file",
            Self::Dir => b"dir",
            Self::Current => b"cdir",
            Self::Parent => b"pdir",
            Self::Link => b"OS.unix=slink",
            Self::Other => b"OS.unix=other",
        }
    }

    /// The kind that `value` names. Servers write a link's target behind `OS.unix=slink:`; a kind
    /// that is none of ours is some other.
    fn parse(value: &[u8]) -> Self {
        let value = value.to_ascii_lowercase();
        match value.as_slice() {
            b"file" => Self::File,
            b"dir" => Self::Dir,
            b"cdir" => Self::Current,
            b"pdir" => Self::Parent,
            _ if value.starts_with(b"os.unix=slink") || value == b"os.unix=symlink" => Self::Link,
            _ => Self::Other,
        }
    }
}

bitflags! {
    /// What a client may do with a file or directory (RFC 3659, section 7.5.5).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Perm: u16 {
        /// `a`: APPE to the file.
        const APPEND = 1;
        /// `c`: files may be created in the directory.
        const CREATE = 1 << 1;
        /// `d`: it may be deleted.
        const DELETE = 1 << 2;
        /// `e`: the directory may be entered.
        const ENTER = 1 << 3;
        /// `f`: it may be renamed.
        const RENAME = 1 << 4;
        /// `l`: the directory may be listed.
        const LIST = 1 << 5;
        /// `m`: directories may be made in the directory.
        const MAKE = 1 << 6;
        /// `p`: what is in the directory may be deleted.
        const PURGE = 1 << 7;
        /// `r`: RETR of the file.
        const READ = 1 << 8;
        /// `w`: STOR over the file.
        const WRITE = 1 << 9;
    }
}

/// The letters of [`Perm`], from the lowest bit.
const LETTERS: [u8; 10] = *b"acdeflmprw";

impl Perm {
    fn write(self, out: &mut Vec<u8>) {
        out.extend(named(self.bits(), &LETTERS));
    }

    /// The set that `letters` name; others than RFC 3659's mean nothing to us.
    fn parse(letters: &[u8]) -> Self {
        let is_given = |letter: &u8| letters.iter().any(|given| given.eq_ignore_ascii_case(letter));
        let flags = Self::all().iter().zip(&LETTERS);
        flags.filter(|(_, letter)| is_given(letter)).map(|(flag, _)| flag).collect()
    }
}

/// What two names of one file have in common (RFC 3659, section 7.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unique {
    /// The device's number.
    pub device: u64,
    /// The inode's number.
    pub inode: u64,
}

/// What is known of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// What it is; a file where nobody said otherwise.
    pub kind: Kind,
    /// Its length in bytes, as TYPE I would send it.
    pub size: Option<u64>,
    /// When its content was changed last.
    pub modify: Option<UnixTime>,
    /// What the client may do with it.
    pub perm: Option<Perm>,
    /// Its identity, in the form that we write; a form of another server's is not read.
    pub unique: Option<Unique>,
    /// Its permission bits.
    pub unix_mode: Option<u32>,
}

bitflags! {
    /// Which facts are told: what OPTS MLST chooses.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct FactSelection: u8 {
        /// `type`.
        const KIND = 1;
        /// `size`.
        const SIZE = 1 << 1;
        /// `modify`.
        const MODIFY = 1 << 2;
        /// `perm`.
        const PERM = 1 << 3;
        /// `unique`.
        const UNIQUE = 1 << 4;
        /// `UNIX.mode`.
        const UNIX_MODE = 1 << 5;
    }
}

/// The facts by name, in the order in which they are written and of the selection's bits.
const NAMES: [&[u8]; 6] = [b"type", b"size", b"modify", b"perm", b"unique", b"UNIX.mode"];

/// Whether the name of a fact may have this byte (RFC 3659, section 2.1: RCHAR).
fn is_of_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b",.:!@#$%^&()-_+?/\\'\"".contains(&byte)
}

impl FactSelection {
    /// The facts that `text` names, as in `type;size;`, each with its semicolon. Facts that we do not
    /// know are left out, as RFC 3659, section 7.9 wants it; what is no list of names, such as one
    /// with a space in it (section 7.9.2), is none.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let Some((b';', names)) = text.split_last() else {
            return text.is_empty().then(Self::empty);
        };
        let mut chosen = Self::empty();
        for word in names.split(|&byte| byte == b';') {
            if word.is_empty() || !word.iter().copied().all(is_of_names) {
                return None;
            }
            if let Some(bit) = NAMES.iter().position(|name| name.eq_ignore_ascii_case(word)) {
                chosen |= Self::from_bits_truncate(1 << bit);
            }
        }
        Some(chosen)
    }

    /// Appends the names, each with its semicolon: `type;size;`, as the answer to OPTS MLST says it.
    pub fn write(self, out: &mut Vec<u8>) {
        for name in named(u16::from(self.bits()), &NAMES) {
            out.extend_from_slice(name);
            out.push(b';');
        }
    }

    /// Appends the line of FEAT: every fact that there is, with an asterisk behind those of `self`,
    /// `MLST type*;size*;modify;` (RFC 3659, section 7.8).
    pub fn write_feature(self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"MLST ");
        for (fact, name) in Self::all().iter().zip(NAMES) {
            out.extend_from_slice(name);
            out.extend_from_slice(if self.contains(fact) { b"*;" } else { b";" });
        }
    }
}

impl Default for FactSelection {
    fn default() -> Self {
        Self::all()
    }
}

/// Appends one line of MLSD, `type=file;size=3;modify=20260101120000; name` and CRLF, with the
/// facts that are both known and chosen. The name follows the first space, whatever is in it; what
/// would end the line is written as `?`.
pub fn write(facts: &Facts, selection: FactSelection, name: &[u8], out: &mut Vec<u8>) {
    write_entry(facts, selection, name, out);
    out.extend_from_slice(b"\r\n");
}

/// [`write()`] without the line end: the inner line of a reply to MLST.
pub fn write_entry(facts: &Facts, selection: FactSelection, name: &[u8], out: &mut Vec<u8>) {
    if selection.contains(FactSelection::KIND) {
        out.extend_from_slice(b"type=");
        out.extend_from_slice(facts.kind.name());
        out.push(b';');
    }
    if let Some(size) = facts.size.filter(|_| selection.contains(FactSelection::SIZE)) {
        out.extend_from_slice(b"size=");
        digits::write(size, out);
        out.push(b';');
    }
    if let Some(modify) = facts.modify.filter(|_| selection.contains(FactSelection::MODIFY)) {
        out.extend_from_slice(b"modify=");
        out.extend_from_slice(&stamp14(modify));
        out.push(b';');
    }
    if let Some(perm) = facts.perm.filter(|_| selection.contains(FactSelection::PERM)) {
        out.extend_from_slice(b"perm=");
        perm.write(out);
        out.push(b';');
    }
    if let Some(unique) = facts.unique.filter(|_| selection.contains(FactSelection::UNIQUE)) {
        out.extend_from_slice(b"unique=");
        digits::write_hex(unique.device, out);
        out.push(b'U');
        digits::write_hex(unique.inode, out);
        out.push(b';');
    }
    if let Some(mode) = facts.unix_mode.filter(|_| selection.contains(FactSelection::UNIX_MODE)) {
        out.extend_from_slice(b"UNIX.mode=0");
        digits::write_octal(u64::from(mode), out);
        out.push(b';');
    }
    out.push(b' ');
    super::write_name(name, out);
}

/// The facts and the name of one line of MLSD or MLST, without its line end. Facts that are unknown
/// or can't be read are as if they were not said.
#[must_use]
pub fn parse(line: &[u8]) -> Option<(Facts, &[u8])> {
    // A fact's value has no space in it (RFC 3659, section 7.2), a name may have many.
    let space = line.iter().position(|&byte| byte == b' ')?;
    let (list, name) = line.split_at(space);
    let name = name.get(1..).filter(|name| !name.is_empty())?;
    let mut facts = Facts::default();
    for fact in list.split(|&byte| byte == b';').filter(|fact| !fact.is_empty()) {
        let equals = fact.iter().position(|&byte| byte == b'=')?;
        let (key, value) = fact.split_at(equals);
        let value = value.get(1..).unwrap_or_default();
        match key.to_ascii_lowercase().as_slice() {
            b"type" => facts.kind = Kind::parse(value),
            b"size" => facts.size = digits::parse(value),
            b"modify" => facts.modify = parse_stamp14(value),
            b"perm" => facts.perm = Some(Perm::parse(value)),
            b"unique" => facts.unique = parse_unique(value),
            b"unix.mode" => {
                facts.unix_mode =
                    digits::parse_radix(value, 8).and_then(|mode| u32::try_from(mode).ok());
            }
            _ => {}
        }
    }
    Some((facts, name))
}

/// `time` as RFC 3659, section 2.3 writes it: `YYYYMMDDhhmmss` in UTC. Years run from 0 to
/// 9999, though it has none below 1000; times outside are the nearest inside.
#[must_use]
pub fn stamp14(time: UnixTime) -> [u8; 14] {
    let Civil { year, month, day, hour, minute, second } = Civil::of(time);
    let mut stamp = [0; 14];
    let pairs = [year / 100, year, month, day, hour, minute, second];
    for (digits, number) in stamp.chunks_exact_mut(2).zip(pairs) {
        digits.copy_from_slice(&digits::pair(number));
    }
    stamp
}

/// The time that `stamp` says: 14 digits, and possibly a fraction, which is dropped. The second 60,
/// which RFC 3659 allows, is the one before it.
#[must_use]
pub fn parse_stamp14(stamp: &[u8]) -> Option<UnixTime> {
    let (whole, fraction) = stamp.split_first_chunk::<14>()?;
    match fraction.split_first() {
        None => {}
        Some((b'.', digits)) if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {}
        Some(_) => return None,
    }
    let mut number = digits::parse(whole)?;
    let mut pair = || {
        let last = number % 100;
        number /= 100;
        last
    };
    let (second, minute, hour, day, month) = (pair(), pair(), pair(), pair(), pair());
    let second = if second == 60 { 59 } else { second };
    Civil { year: number, month, day, hour, minute, second }.time()
}

fn parse_unique(value: &[u8]) -> Option<Unique> {
    let mut halves = value.split(|&byte| byte == b'U');
    let device = digits::parse_radix(halves.next()?, 16)?;
    let inode = digits::parse_radix(halves.next()?, 16)?;
    halves.next().is_none().then_some(Unique { device, inode })
}

/// Those of `names` whose bit is set in `set`.
fn named<T: Copy>(set: u16, names: &[T]) -> impl Iterator<Item = T> {
    names.iter().enumerate().filter(move |(bit, _)| set >> bit & 1 == 1).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests;
