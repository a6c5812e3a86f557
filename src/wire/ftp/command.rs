//! Commands: a verb with its parameter, typed.
//!
//! Parses a line once and for all, so that no handler looks at bytes again, and writes what it
//! parses. It knows what a command means and not whether it is allowed, nor whether a path exists.
//! The server's session parses, the client writes.
//!
//! One space separates the verb from its parameter and everything behind it is the parameter: names
//! may begin or end with spaces (RFC 959, section 5.3.1, has it so). Paths are bytes, never checked
//! for UTF-8; NUL and CR, which no client sends in one on purpose, are refused.

use std::net::{SocketAddr, SocketAddrV4};

use super::address::{self, ExtendedFault};
use super::{FactSelection, Verb};
use crate::wire::digits;
use crate::wire::line::write_text;

/// One command. Paths and names are as the peer sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// USER name.
    User(&'a [u8]),
    /// PASS, with every space, and possibly nothing.
    Pass(&'a [u8]),
    /// ACCT name.
    Acct(&'a [u8]),
    /// REIN.
    Rein,
    /// QUIT.
    Quit,
    /// CWD path.
    Cwd(&'a [u8]),
    /// CDUP.
    Cdup,
    /// PWD.
    Pwd,
    /// MKD path.
    Mkd(&'a [u8]),
    /// RMD path.
    Rmd(&'a [u8]),
    /// TYPE.
    Type(TransferType),
    /// STRU.
    Stru(Structure),
    /// MODE.
    Mode(TransferMode),
    /// PASV.
    Pasv,
    /// EPSV (RFC 2428).
    Epsv(EpsvArgument),
    /// PORT: where the client listens.
    Port(SocketAddrV4),
    /// EPRT: where the client listens (RFC 2428).
    Eprt(SocketAddr),
    /// RETR path.
    Retr(&'a [u8]),
    /// STOR path.
    Stor(&'a [u8]),
    /// APPE path.
    Appe(&'a [u8]),
    /// REST: bytes to skip (RFC 3659, section 5).
    Rest(u64),
    /// ABOR.
    Abor,
    /// ALLO: bytes that an upload will have.
    Allo(u64),
    /// LIST.
    List(ListArgument<'a>),
    /// NLST.
    Nlst(ListArgument<'a>),
    /// MLSD, of the working directory unless a path is named (RFC 3659, section 7).
    Mlsd(Option<&'a [u8]>),
    /// MLST, of the working directory unless a path is named (RFC 3659, section 7).
    Mlst(Option<&'a [u8]>),
    /// STAT, of the session unless a path is named.
    Stat(Option<&'a [u8]>),
    /// SIZE path (RFC 3659, section 4).
    Size(&'a [u8]),
    /// MDTM path (RFC 3659, section 3).
    Mdtm(&'a [u8]),
    /// DELE path.
    Dele(&'a [u8]),
    /// RNFR path.
    Rnfr(&'a [u8]),
    /// RNTO path.
    Rnto(&'a [u8]),
    /// SYST.
    Syst,
    /// FEAT (RFC 2389).
    Feat,
    /// OPTS (RFC 2389).
    Opts(OptsArgument),
    /// HELP, of everything unless a verb is named.
    Help(Option<&'a [u8]>),
    /// NOOP.
    Noop,
}

/// What TYPE asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferType {
    /// `A`, `A N`: lines, ended by CRLF on the wire.
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
    /// The option letters of the first word, if that began with `-`; without the dash.
    pub options: &'a [u8],
    /// What is to be listed, unless it is the working directory.
    pub path: Option<&'a [u8]>,
}

/// What OPTS sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptsArgument {
    /// `UTF8 ON` or `OFF` (RFC 2640 has no such option; many clients send it).
    Utf8(bool),
    /// `MLST`: the facts that MLST and MLSD shall tell (RFC 3659, section 7.9).
    Mlst(FactSelection),
}

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandFault<'a> {
    /// Nothing but spaces. 500.
    Empty,
    /// This is no verb. 500.
    Unknown(&'a [u8]),
    /// A verb that is known and not obeyed. 502.
    NotImplemented(Verb),
    /// A parameter is needed. 501.
    Missing(Verb),
    /// No parameter is taken. 501.
    Unwanted(Verb),
    /// The parameter can't be read, for the reason given. 501.
    Syntax(Verb, &'static str),
    /// The parameter is understood and not obeyed, for the reason given. 504.
    Parameter(Verb, &'static str),
    /// The network protocol is none that we have. 522 (RFC 2428).
    Protocol(Verb),
}

impl<'a> Command<'a> {
    /// The command that `line`, without its end, is.
    ///
    /// # Errors
    /// [`CommandFault`] says what is wrong with it, and with which code that is answered.
    pub fn parse(line: &'a [u8]) -> Result<Self, CommandFault<'a>> {
        if line.trim_ascii().is_empty() {
            return Err(CommandFault::Empty);
        }
        let (word, rest) = split_word(line);
        let verb = Verb::parse(word).ok_or(CommandFault::Unknown(word))?;
        let parameter = Parameter { verb, bytes: rest.unwrap_or_default() };
        Ok(match verb {
            Verb::User => Self::User(parameter.path()?),
            Verb::Pass => Self::Pass(parameter.bytes),
            Verb::Acct => Self::Acct(parameter.path()?),
            Verb::Rein => parameter.none(Self::Rein)?,
            Verb::Quit => Self::Quit,
            Verb::Cwd => Self::Cwd(parameter.path()?),
            Verb::Cdup => parameter.none(Self::Cdup)?,
            Verb::Pwd => Self::Pwd,
            Verb::Mkd => Self::Mkd(parameter.path()?),
            Verb::Rmd => Self::Rmd(parameter.path()?),
            Verb::Type => Self::Type(parameter.transfer_type()?),
            Verb::Stru => Self::Stru(parameter.structure()?),
            Verb::Mode => Self::Mode(parameter.mode()?),
            Verb::Pasv => Self::Pasv,
            Verb::Epsv => Self::Epsv(parameter.epsv()?),
            Verb::Port => Self::Port(parameter.port()?),
            Verb::Eprt => Self::Eprt(parameter.extended_port()?),
            Verb::Retr => Self::Retr(parameter.path()?),
            Verb::Stor => Self::Stor(parameter.path()?),
            Verb::Appe => Self::Appe(parameter.path()?),
            Verb::Rest => Self::Rest(parameter.number()?),
            Verb::Abor => Self::Abor,
            Verb::Allo => Self::Allo(parameter.number()?),
            Verb::List => Self::List(parameter.list()?),
            Verb::Nlst => Self::Nlst(parameter.list()?),
            Verb::Mlsd => Self::Mlsd(parameter.optional_path()?),
            Verb::Mlst => Self::Mlst(parameter.optional_path()?),
            Verb::Stat => Self::Stat(parameter.optional_path()?),
            Verb::Size => Self::Size(parameter.path()?),
            Verb::Mdtm => Self::Mdtm(parameter.path()?),
            Verb::Dele => Self::Dele(parameter.path()?),
            Verb::Rnfr => Self::Rnfr(parameter.path()?),
            Verb::Rnto => Self::Rnto(parameter.path()?),
            Verb::Syst => Self::Syst,
            Verb::Feat => Self::Feat,
            Verb::Opts => Self::Opts(parameter.opts()?),
            Verb::Help => Self::Help(parameter.optional_path()?),
            Verb::Noop => Self::Noop,
            Verb::Smnt
            | Verb::Stou
            | Verb::Site
            | Verb::Auth
            | Verb::Pbsz
            | Verb::Prot
            | Verb::Ccc
            | Verb::Adat
            | Verb::Mic
            | Verb::Conf
            | Verb::Enc
            | Verb::Lang
            | Verb::Host
            | Verb::Mfmt
            | Verb::Hash
            | Verb::Rang
            | Verb::Xcrc
            | Verb::Xsha256
            | Verb::Avbl
            | Verb::Clnt => return Err(CommandFault::NotImplemented(verb)),
        })
    }

    /// The verb of this command.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Acct(_) => Verb::Acct,
            Self::Rein => Verb::Rein,
            Self::Quit => Verb::Quit,
            Self::Cwd(_) => Verb::Cwd,
            Self::Cdup => Verb::Cdup,
            Self::Pwd => Verb::Pwd,
            Self::Mkd(_) => Verb::Mkd,
            Self::Rmd(_) => Verb::Rmd,
            Self::Type(_) => Verb::Type,
            Self::Stru(_) => Verb::Stru,
            Self::Mode(_) => Verb::Mode,
            Self::Pasv => Verb::Pasv,
            Self::Epsv(_) => Verb::Epsv,
            Self::Port(_) => Verb::Port,
            Self::Eprt(_) => Verb::Eprt,
            Self::Retr(_) => Verb::Retr,
            Self::Stor(_) => Verb::Stor,
            Self::Appe(_) => Verb::Appe,
            Self::Rest(_) => Verb::Rest,
            Self::Abor => Verb::Abor,
            Self::Allo(_) => Verb::Allo,
            Self::List(_) => Verb::List,
            Self::Nlst(_) => Verb::Nlst,
            Self::Mlsd(_) => Verb::Mlsd,
            Self::Mlst(_) => Verb::Mlst,
            Self::Stat(_) => Verb::Stat,
            Self::Size(_) => Verb::Size,
            Self::Mdtm(_) => Verb::Mdtm,
            Self::Dele(_) => Verb::Dele,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Syst => Verb::Syst,
            Self::Feat => Verb::Feat,
            Self::Opts(_) => Verb::Opts,
            Self::Help(_) => Verb::Help,
            Self::Noop => Verb::Noop,
        }
    }

    /// Appends the line that says this command, with its CRLF, as Telnet wants it: the byte 255 is
    /// doubled.
    ///
    /// NUL, CR and LF can't be said in a command; they are written as `?`, so that no name from a
    /// user or another server can start a line of its own. [`is_sayable`] tells before.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.verb().name().as_bytes());
        match self {
            Self::Rein
            | Self::Quit
            | Self::Cdup
            | Self::Pwd
            | Self::Pasv
            | Self::Abor
            | Self::Syst
            | Self::Feat
            | Self::Noop
            | Self::Epsv(EpsvArgument::Any)
            | Self::Mlsd(None)
            | Self::Mlst(None)
            | Self::Stat(None)
            | Self::Help(None) => {}
            Self::User(bytes)
            | Self::Pass(bytes)
            | Self::Acct(bytes)
            | Self::Cwd(bytes)
            | Self::Mkd(bytes)
            | Self::Rmd(bytes)
            | Self::Retr(bytes)
            | Self::Stor(bytes)
            | Self::Appe(bytes)
            | Self::Size(bytes)
            | Self::Mdtm(bytes)
            | Self::Dele(bytes)
            | Self::Rnfr(bytes)
            | Self::Rnto(bytes)
            | Self::Mlsd(Some(bytes))
            | Self::Mlst(Some(bytes))
            | Self::Stat(Some(bytes))
            | Self::Help(Some(bytes)) => {
                out.push(b' ');
                write_text(bytes, out);
            }
            Self::Type(TransferType::Ascii) => out.extend_from_slice(b" A"),
            Self::Type(TransferType::Image) => out.extend_from_slice(b" I"),
            Self::Stru(Structure::File) => out.extend_from_slice(b" F"),
            Self::Mode(TransferMode::Stream) => out.extend_from_slice(b" S"),
            Self::Epsv(EpsvArgument::All) => out.extend_from_slice(b" ALL"),
            Self::Epsv(EpsvArgument::Ipv4) => out.extend_from_slice(b" 1"),
            Self::Epsv(EpsvArgument::Ipv6) => out.extend_from_slice(b" 2"),
            Self::Port(address) => {
                out.push(b' ');
                address::write_host_port(*address, out);
            }
            Self::Eprt(address) => {
                out.push(b' ');
                address::write_extended(*address, out);
            }
            Self::Rest(number) | Self::Allo(number) => {
                out.push(b' ');
                digits::write(*number, out);
            }
            Self::List(argument) | Self::Nlst(argument) => argument.write(out),
            Self::Opts(OptsArgument::Utf8(on)) => {
                out.extend_from_slice(if *on { b" UTF8 ON" } else { b" UTF8 OFF" });
            }
            Self::Opts(OptsArgument::Mlst(selection)) => {
                out.extend_from_slice(b" MLST ");
                selection.write(out);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl ListArgument<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        if !self.options.is_empty() {
            out.extend_from_slice(b" -");
            write_text(self.options, out);
        } else if self.path.is_some_and(|path| path.starts_with(b"-")) {
            // As `ls` has it: no options follow, so that the path is not taken for one.
            out.extend_from_slice(b" --");
        }
        if let Some(path) = self.path {
            out.push(b' ');
            write_text(path, out);
        }
    }
}

/// True when `bytes` can be said in a command as they are: no NUL, CR or LF is among them.
#[must_use]
pub fn is_sayable(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, b'\0' | b'\r' | b'\n'))
}

/// What stands before the first space, and what stands behind it if there is one.
fn split_word(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut halves = bytes.splitn(2, |&byte| byte == b' ');
    (halves.next().unwrap_or_default(), halves.next())
}

/// What follows a verb.
#[derive(Clone, Copy)]
struct Parameter<'a> {
    verb: Verb,
    /// Everything behind the one space; empty if that is missing too.
    bytes: &'a [u8],
}

impl<'a> Parameter<'a> {
    /// No parameter. Refused where it is asked for, which is where obeying a command that was meant
    /// otherwise would change the session: REIN, and CDUP, which may have been meant as CWD. The
    /// other verbs without a parameter ignore one, as servers habitually do: clients pad NOOP to
    /// keep a connection alive, and an ABOR or QUIT must not fail for a stray byte.
    fn none(self, command: Command<'a>) -> Result<Command<'a>, CommandFault<'a>> {
        if self.word().is_empty() { Ok(command) } else { Err(CommandFault::Unwanted(self.verb)) }
    }

    /// A path, or another name: at least one byte.
    fn path(self) -> Result<&'a [u8], CommandFault<'a>> {
        self.optional_path()?.ok_or(CommandFault::Missing(self.verb))
    }

    fn optional_path(self) -> Result<Option<&'a [u8]>, CommandFault<'a>> {
        if is_sayable(self.bytes) {
            Ok(Some(self.bytes).filter(|bytes| !bytes.is_empty()))
        } else {
            Err(self.syntax("A name can't hold NUL, CR or LF"))
        }
    }

    /// The parameter where it is a word and no name, so that spaces around it mean nothing.
    fn word(self) -> &'a [u8] {
        self.bytes.trim_ascii()
    }

    fn needed_word(self) -> Result<&'a [u8], CommandFault<'a>> {
        Some(self.word()).filter(|word| !word.is_empty()).ok_or(CommandFault::Missing(self.verb))
    }

    /// The first word as a number. What ALLO has behind it (`R 512`) is for machines with records.
    fn number(self) -> Result<u64, CommandFault<'a>> {
        let (word, rest) = split_word(self.needed_word()?);
        if rest.is_some() && self.verb != Verb::Allo {
            return Err(self.syntax("One number is wanted"));
        }
        digits::parse(word).ok_or_else(|| self.syntax("That is no number that can be used"))
    }

    /// RFC 959, section 3.1.1.
    fn transfer_type(self) -> Result<TransferType, CommandFault<'a>> {
        let (word, rest) = split_word(self.needed_word()?);
        let form = rest.unwrap_or_default().trim_ascii();
        match (word.to_ascii_uppercase().as_slice(), form.to_ascii_uppercase().as_slice()) {
            (b"A", b"" | b"N") | (b"A", b"NON-PRINT") => Ok(TransferType::Ascii),
            (b"I", b"") | (b"L", b"8") | (b"L8", b"") => Ok(TransferType::Image),
            (b"A", b"T" | b"C") => Err(self.parameter("Only the form N is served")),
            (b"L", _) if digits::parse(form).is_some() => {
                Err(self.parameter("Only bytes of 8 bits are served"))
            }
            (b"E", _) => Err(self.parameter("EBCDIC is not served")),
            _ => Err(self.syntax("A, I or L 8 is wanted")),
        }
    }

    /// RFC 959, section 3.1.2.
    fn structure(self) -> Result<Structure, CommandFault<'a>> {
        match self.needed_word()? {
            b"F" | b"f" => Ok(Structure::File),
            b"R" | b"r" | b"P" | b"p" => Err(self.parameter("Only F is served")),
            _ => Err(self.syntax("F is wanted")),
        }
    }

    /// RFC 959, section 3.4.
    fn mode(self) -> Result<TransferMode, CommandFault<'a>> {
        match self.needed_word()? {
            b"S" | b"s" => Ok(TransferMode::Stream),
            b"B" | b"b" | b"C" | b"c" | b"Z" | b"z" => Err(self.parameter("Only S is served")),
            _ => Err(self.syntax("S is wanted")),
        }
    }

    /// RFC 2428, section 3.
    fn epsv(self) -> Result<EpsvArgument, CommandFault<'a>> {
        match self.word() {
            b"" => Ok(EpsvArgument::Any),
            b"1" => Ok(EpsvArgument::Ipv4),
            b"2" => Ok(EpsvArgument::Ipv6),
            word if word.eq_ignore_ascii_case(b"ALL") => Ok(EpsvArgument::All),
            word if digits::parse(word).is_some() => Err(CommandFault::Protocol(self.verb)),
            _ => Err(self.syntax("1, 2 or ALL is wanted")),
        }
    }

    fn port(self) -> Result<SocketAddrV4, CommandFault<'a>> {
        address::parse_host_port(self.needed_word()?)
            .ok_or_else(|| self.syntax("h1,h2,h3,h4,p1,p2 is wanted"))
    }

    fn extended_port(self) -> Result<SocketAddr, CommandFault<'a>> {
        address::parse_extended(self.needed_word()?).map_err(|fault| match fault {
            ExtendedFault::Syntax => self.syntax("|protocol|address|port| is wanted"),
            ExtendedFault::Protocol => CommandFault::Protocol(self.verb),
        })
    }

    fn list(self) -> Result<ListArgument<'a>, CommandFault<'a>> {
        let Some(path) = self.optional_path()? else {
            return Ok(ListArgument::default());
        };
        let Some(dashed) = path.strip_prefix(b"-") else {
            return Ok(ListArgument { options: b"", path: Some(path) });
        };
        let (options, path) = split_word(dashed);
        // `--` says that no options follow.
        let options = if options == b"-" { b"" } else { options };
        Ok(ListArgument { options, path: path.filter(|path| !path.is_empty()) })
    }

    fn opts(self) -> Result<OptsArgument, CommandFault<'a>> {
        let (option, value) = split_word(self.needed_word()?);
        let value = value.unwrap_or_default().trim_ascii();
        if option.eq_ignore_ascii_case(b"MLST") {
            Ok(OptsArgument::Mlst(FactSelection::parse(value)))
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
