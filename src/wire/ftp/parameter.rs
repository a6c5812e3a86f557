//! What follows a verb: the parameters of commands, typed.
//!
//! One method a kind of parameter, each with the RFC's grammar and the liberties that servers
//! habitually allow. Knows nothing of the session. Only [`command`](super::command) calls it, and
//! hands its types on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use super::address::{self, ExtendedFault};
use super::command::{Command, CommandFault, is_sayable};
use super::digest::parse_algorithm;
use super::facts::parse_stamp14;
use super::security::{Level, Mechanism};
use super::{FactSelection, Verb};
use crate::terms::Algorithm;
use crate::terms::UnixTime;
use crate::wire::digits;
use crate::wire::line::write_text;

/// What TYPE asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferType {
    /// `A`, `A N`, `A T`: lines, ended by CRLF on the wire.
    Ascii,
    /// `I`, `L 8`: bytes as they are.
    Image,
}

/// What STRU asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// `F`: no structure but that of the file.
    File,
}

/// What MODE asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferMode {
    /// `S`: the bytes, and the connection's end is theirs.
    Stream,
    /// `Z`: the bytes as a zlib stream (draft-preston-ftpext-deflate).
    Deflate,
}

/// What EPSV asks for (RFC 2428, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpsvArgument {
    /// Nothing: the protocol of the control connection.
    Any,
    /// `ALL`: the client will use no other way from now on.
    All,
    /// `1`.
    Ipv4,
    /// `2`.
    Ipv6,
}

/// What follows LIST and NLST: options in the habit of `ls`, and a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListArgument<'a> {
    /// The words that begin with `-` and stand before the path, without the first dash.
    pub options: &'a [u8],
    /// What is to be listed, unless it is the working directory.
    pub path: Option<&'a [u8]>,
}

/// What HOST names (RFC 7151, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostArgument<'a> {
    /// A domain name.
    Name(&'a str),
    /// An address, of IPv6 in brackets.
    Address(IpAddr),
}

/// What OPTS sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptsArgument {
    /// `UTF8 ON` or `OFF` (RFC 2640 has no such option; many clients send it).
    Utf8(bool),
    /// `MLST`: the facts that MLST and MLSD shall tell (RFC 3659, section 7.9).
    Mlst(FactSelection),
    /// `HASH`: by which algorithm HASH shall answer; without one, which it is now
    /// (draft-bryan-ftpext-hash, section 4).
    Hash(Option<Algorithm>),
    /// `MODE Z LEVEL`: how hard to compress, from 0 to 9 (draft-preston-ftpext-deflate, section 4).
    ModeZ(u8),
}

impl<'a> ListArgument<'a> {
    /// Options and a path, both of which may be missing. As `ls` has it, every word that begins
    /// with `-` is an option up to `--`, behind which none follow.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Self {
        let (mut end, mut rest) = (0, Some(bytes));
        while let Some(words) = rest.filter(|words| words.starts_with(b"-")) {
            let (word, behind) = split_word(words);
            rest = behind;
            if word == b"--" {
                break;
            }
            end = bytes.len() - words.len() + word.len();
        }
        Self {
            options: bytes.get(1..end).unwrap_or_default(),
            path: rest.filter(|path| !path.is_empty()),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if !self.options.is_empty() {
            out.extend_from_slice(b" -");
            write_text(self.options, out);
        }
        if self.path.is_some_and(|path| path.starts_with(b"-")) {
            // No options follow, so that the path is not taken for one.
            out.extend_from_slice(b" --");
        }
        if let Some(path) = self.path {
            out.push(b' ');
            write_text(path, out);
        }
    }
}

/// What follows a verb.
#[derive(Clone, Copy)]
pub(super) struct Parameter<'a> {
    /// The verb, for the faults.
    pub(super) verb: Verb,
    /// Everything behind the one space; empty if that is missing too.
    pub(super) bytes: &'a [u8],
}

impl<'a> Parameter<'a> {
    /// No parameter: 501, as RFC 2389, section 3.2, has it of FEAT, and RFC 959, section 5.4, lets
    /// others say. Three bear one, for which the table has no 501 or which must not fail: clients
    /// pad NOOP to keep a connection alive, and an ABOR or QUIT may have a stray byte behind it.
    /// STOU bears one as clients propose a name, which the server need not take.
    pub(super) fn none(self, command: Command<'a>) -> Result<Command<'a>, CommandFault<'a>> {
        if self.word().is_empty() { Ok(command) } else { Err(CommandFault::Unwanted(self.verb)) }
    }

    /// A path, or another name: at least one byte.
    pub(super) fn path(self) -> Result<&'a [u8], CommandFault<'a>> {
        self.optional_path()?.ok_or(CommandFault::Missing(self.verb))
    }

    pub(super) fn optional_path(self) -> Result<Option<&'a [u8]>, CommandFault<'a>> {
        if is_sayable(self.bytes) {
            Ok(Some(self.bytes).filter(|bytes| !bytes.is_empty()))
        } else {
            Err(self.syntax("A name can't hold NUL, CR or LF"))
        }
    }

    /// A time of 14 digits, and a path.
    pub(super) fn dated_path(self) -> Result<(UnixTime, &'a [u8]), CommandFault<'a>> {
        let (stamp, path) = split_word(self.bytes);
        let time = parse_stamp14(stamp)
            .ok_or_else(|| self.syntax("YYYYMMDDhhmmss in UTC is wanted, and a path"))?;
        let rest = Self { verb: self.verb, bytes: path.unwrap_or_default() };
        Ok((time, rest.path()?))
    }

    /// The parameter where it is a word and no name, so that spaces around it mean nothing.
    fn word(self) -> &'a [u8] {
        self.bytes.trim_ascii()
    }

    fn needed_word(self) -> Result<&'a [u8], CommandFault<'a>> {
        Some(self.word()).filter(|word| !word.is_empty()).ok_or(CommandFault::Missing(self.verb))
    }

    /// RFC 3659, section 5.3: a number of bytes, of whatever length; what lies beyond all files is
    /// the transfer's to tell.
    pub(super) fn offset(self) -> Result<u64, CommandFault<'a>> {
        let word = self.needed_word()?;
        let beyond = || word.iter().all(u8::is_ascii_digit).then_some(u64::MAX);
        digits::parse(word).or_else(beyond).ok_or_else(|| self.syntax("One number is wanted"))
    }

    /// RFC 959, section 5.3.1: a number of bytes, and for machines with records `R 512` behind it,
    /// the size of the largest, which says nothing here.
    pub(super) fn allocation(self) -> Result<u64, CommandFault<'a>> {
        let (bytes, rest) = split_word(self.needed_word()?);
        let record = rest.map(|rest| match split_word(rest) {
            (b"R" | b"r", Some(size)) => digits::parse(size),
            _ => None,
        });
        match (digits::parse(bytes), record) {
            (Some(bytes), None | Some(Some(_))) => Ok(bytes),
            _ => Err(self.syntax("A number is wanted, and maybe R and another")),
        }
    }

    /// Two numbers: the first and the last byte of a range.
    pub(super) fn range(self) -> Result<(u64, u64), CommandFault<'a>> {
        let (first, last) = split_word(self.needed_word()?);
        let last = last.unwrap_or_default().trim_ascii();
        match (digits::parse(first), digits::parse(last)) {
            (Some(first), Some(last)) if first <= last || (first, last) == (1, 0) => {
                Ok((first, last))
            }
            _ => Err(self.syntax("The first byte and the last are wanted, or 1 0")),
        }
    }

    /// RFC 4217, section 17. A mechanism that we do not have is answered 504 (RFC 2228, section 3).
    pub(super) fn mechanism(self) -> Result<Mechanism, CommandFault<'a>> {
        Mechanism::parse(self.needed_word()?)
            .ok_or_else(|| self.parameter("TLS is the only mechanism"))
    }

    /// RFC 2228, section 3: a number of 32 bits.
    pub(super) fn buffer_size(self) -> Result<u32, CommandFault<'a>> {
        let number = digits::parse(self.needed_word()?).and_then(|size| size.try_into().ok());
        number.ok_or_else(|| self.syntax("One number is wanted, 0 for TLS"))
    }

    /// RFC 4217, section 9. A level that nobody has is answered 504 (RFC 2228, section 3).
    pub(super) fn level(self) -> Result<Level, CommandFault<'a>> {
        Level::parse(self.needed_word()?).ok_or_else(|| self.parameter("Only C and P are served"))
    }

    /// RFC 7151, section 3.1: a domain name or an IPv4 address, or an IPv6 address in brackets.
    pub(super) fn host(self) -> Result<HostArgument<'a>, CommandFault<'a>> {
        HostArgument::parse(self.needed_word()?)
            .ok_or_else(|| self.syntax("A host name is wanted, without a port"))
    }

    /// RFC 2640, section 4.2: a tag such as `en-GB`, or none.
    pub(super) fn language(self) -> Result<Option<&'a [u8]>, CommandFault<'a>> {
        let tag = self.word();
        let is_subtag =
            |tag: &[u8]| matches!(tag.len(), 1..=8) && tag.iter().all(u8::is_ascii_alphabetic);
        if tag.is_empty() {
            Ok(None)
        } else if tag.split(|&byte| byte == b'-').all(is_subtag) {
            Ok(Some(tag))
        } else {
            Err(self.syntax("A language tag is wanted, such as EN"))
        }
    }

    /// RFC 959, section 3.1.1. T is served as N: bytes mean the same to us in either (RFC 1123,
    /// section 4.1.2.2).
    pub(super) fn transfer_type(self) -> Result<TransferType, CommandFault<'a>> {
        let (word, rest) = split_word(self.needed_word()?);
        let form = rest.unwrap_or_default().trim_ascii();
        match (word.to_ascii_uppercase().as_slice(), form.to_ascii_uppercase().as_slice()) {
            (b"A", b"" | b"N" | b"NON-PRINT" | b"T") => Ok(TransferType::Ascii),
            (b"I", b"") | (b"L", b"8") | (b"L8", b"") => Ok(TransferType::Image),
            (b"A", b"C") => Err(self.parameter("Only the forms N and T are served")),
            (b"L", _) if digits::parse(form).is_some() => {
                Err(self.parameter("Only bytes of 8 bits are served"))
            }
            (b"E", _) => Err(self.parameter("EBCDIC is not served")),
            _ => Err(self.syntax("A, I or L 8 is wanted")),
        }
    }

    /// RFC 959, section 3.1.2.
    pub(super) fn structure(self) -> Result<Structure, CommandFault<'a>> {
        match self.needed_word()? {
            b"F" | b"f" => Ok(Structure::File),
            b"R" | b"r" | b"P" | b"p" => Err(self.parameter("Only F is served")),
            _ => Err(self.syntax("F is wanted")),
        }
    }

    /// RFC 959, section 3.4.
    pub(super) fn mode(self) -> Result<TransferMode, CommandFault<'a>> {
        match self.needed_word()? {
            b"S" | b"s" => Ok(TransferMode::Stream),
            b"Z" | b"z" => Ok(TransferMode::Deflate),
            b"B" | b"b" | b"C" | b"c" => Err(self.parameter("Only S and Z are served")),
            _ => Err(self.syntax("S is wanted")),
        }
    }

    /// RFC 2428, section 3.
    pub(super) fn epsv(self) -> Result<EpsvArgument, CommandFault<'a>> {
        match self.word() {
            b"" => Ok(EpsvArgument::Any),
            b"1" => Ok(EpsvArgument::Ipv4),
            b"2" => Ok(EpsvArgument::Ipv6),
            word if word.eq_ignore_ascii_case(b"ALL") => Ok(EpsvArgument::All),
            word if digits::parse(word).is_some() => Err(CommandFault::Protocol(self.verb)),
            _ => Err(self.syntax("1, 2 or ALL is wanted")),
        }
    }

    pub(super) fn port(self) -> Result<SocketAddrV4, CommandFault<'a>> {
        address::parse_host_port(self.needed_word()?)
            .ok_or_else(|| self.syntax("h1,h2,h3,h4,p1,p2 is wanted"))
    }

    pub(super) fn extended_port(self) -> Result<SocketAddr, CommandFault<'a>> {
        address::parse_extended(self.needed_word()?).map_err(|fault| match fault {
            ExtendedFault::Syntax => self.syntax("|protocol|address|port| is wanted"),
            ExtendedFault::Protocol => CommandFault::Protocol(self.verb),
        })
    }

    pub(super) fn list(self) -> Result<ListArgument<'a>, CommandFault<'a>> {
        Ok(self.optional_path()?.map_or_else(ListArgument::default, ListArgument::parse))
    }

    pub(super) fn opts(self) -> Result<OptsArgument, CommandFault<'a>> {
        let (option, value) = split_word(self.needed_word()?);
        let value = value.unwrap_or_default().trim_ascii();
        if option.eq_ignore_ascii_case(b"MLST") {
            FactSelection::parse(value)
                .map(OptsArgument::Mlst)
                .ok_or_else(|| self.syntax("Facts are wanted, each with a semicolon behind it"))
        } else if option.eq_ignore_ascii_case(b"HASH") {
            if value.is_empty() {
                return Ok(OptsArgument::Hash(None));
            }
            let algorithm = parse_algorithm(value)
                // 501 and not 504: draft-bryan-ftpext-hash, section 3.5.
                .ok_or_else(|| self.syntax("There is no such algorithm, see FEAT"))?;
            Ok(OptsArgument::Hash(Some(algorithm)))
        } else if option.eq_ignore_ascii_case(b"MODE") {
            match value.to_ascii_uppercase().strip_prefix(b"Z LEVEL ") {
                Some([digit @ b'0'..=b'9']) => Ok(OptsArgument::ModeZ(digit - b'0')),
                Some(_) | None => Err(self.syntax("MODE Z has a LEVEL from 0 to 9")),
            }
        } else if option.eq_ignore_ascii_case(b"UTF8") || option.eq_ignore_ascii_case(b"UTF-8") {
            if value.is_empty() || value.eq_ignore_ascii_case(b"ON") {
                Ok(OptsArgument::Utf8(true))
            } else if value.eq_ignore_ascii_case(b"OFF") {
                Ok(OptsArgument::Utf8(false))
            } else {
                Err(self.syntax("UTF8 is ON or OFF"))
            }
        } else {
            Err(self.syntax("There is no such option"))
        }
    }

    const fn syntax(self, reason: &'static str) -> CommandFault<'a> {
        CommandFault::Syntax(self.verb, reason)
    }

    const fn parameter(self, reason: &'static str) -> CommandFault<'a> {
        CommandFault::Parameter(self.verb, reason)
    }
}

/// Bytes of the longest host name, without a dot at its end: 255 octets with a length before each label
/// and the root's behind them (RFC 1034, section 3.1).
const LONGEST_HOST: usize = 253;

/// Bytes of the longest label in one (RFC 1034, section 3.1).
const LONGEST_LABEL: usize = 63;

impl<'a> HostArgument<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?;
        if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return inside.parse().ok().map(|address: Ipv6Addr| Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let is_label = |label: &str| {
            matches!(label.len(), 1..=LONGEST_LABEL)
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let labels = text.strip_suffix('.').unwrap_or(text);
        let is_name = labels.len() <= LONGEST_HOST && labels.split('.').all(is_label);
        is_name.then_some(Self::Name(text))
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let text = match self {
            Self::Name(name) => format!(" {name}"),
            Self::Address(IpAddr::V4(address)) => format!(" {address}"),
            Self::Address(IpAddr::V6(address)) => format!(" [{address}]"),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

/// What stands before the first space, and what stands behind it if there is one.
pub(super) fn split_word(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut halves = bytes.splitn(2, |&byte| byte == b' ');
    (halves.next().unwrap_or_default(), halves.next())
}
