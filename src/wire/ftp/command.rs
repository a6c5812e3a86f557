//! Commands: a verb with its parameter, typed.
//!
//! Parses a line once and for all, so that no handler looks at bytes again, and writes what it
//! parses. It knows what a command means and not whether it is allowed, nor whether a path exists.
//! The server's session parses, the client writes.
//!
//! One space separates the verb from its parameter and everything behind it is the parameter: names
//! may begin or end with spaces (RFC 2640, section 3.1; RFC 3659, section 2.2). Paths are bytes, never
//! checked for UTF-8; NUL and CR, which no name here has (RFC 3659, section 6.2.1), are refused.

use std::fmt;
use std::net::{SocketAddr, SocketAddrV4};

pub use super::parameter::{
    EpsvArgument, HostArgument, ListArgument, OptsArgument, Structure, TransferMode, TransferType,
};

use super::digest::{SumArgument, algorithm_name};
use super::facts::stamp14;
use super::parameter::{Parameter, split_word};
use super::security::{Level, Mechanism};
use super::site::SiteCommand;
use super::{Code, Verb, address};
use crate::terms::UnixTime;
use crate::wire::digits;
use crate::wire::line::write_text;

/// One command. Paths and names are as the peer sent them; [`fmt::Debug`] shows no password.
#[derive(Clone, Copy, PartialEq, Eq)]
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
    /// STOU: the server makes the name. One that the client proposes is not looked at.
    Stou,
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
    /// MFMT (draft-somers-ftp-mfxx-04, section 3).
    Mfmt {
        /// When the file was changed.
        modified: UnixTime,
        /// Which file.
        path: &'a [u8],
    },
    /// AVBL, at the working directory unless a path is named
    /// (draft-peterson-streamlined-ftp-command-extensions-10, section 4).
    Avbl(Option<&'a [u8]>),
    /// DELE path.
    Dele(&'a [u8]),
    /// RNFR path.
    Rnfr(&'a [u8]),
    /// RNTO path.
    Rnto(&'a [u8]),
    /// RANG: the first and the last byte that the next command is about (draft-bryan-ftp-range);
    /// 1 and 0 mean the whole file.
    Rang(u64, u64),
    /// HASH path (draft-bryan-ftpext-hash).
    Hash(&'a [u8]),
    /// XCRC.
    Xcrc(SumArgument<'a>),
    /// XSHA256.
    Xsha256(SumArgument<'a>),
    /// SITE.
    Site(SiteCommand<'a>),
    /// AUTH (RFC 2228, section 3; RFC 4217, sections 4 and 17).
    Auth(Mechanism),
    /// PBSZ: bytes of a protection buffer, of which TLS has none (RFC 4217, section 9).
    Pbsz(u32),
    /// PROT (RFC 4217, section 9).
    Prot(Level),
    /// HOST: the name by which the client knows this server (RFC 7151, section 3).
    Host(HostArgument<'a>),
    /// LANG: a language's tag (RFC 2640, section 4); without one, the server's own.
    Lang(Option<&'a [u8]>),
    /// CLNT: the name of the client's program, in whatever form.
    Clnt(&'a [u8]),
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

impl CommandFault<'_> {
    /// The code with which it is answered.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Empty | Self::Unknown(_) => Code::UNKNOWN_COMMAND,
            Self::NotImplemented(_) => Code::NOT_IMPLEMENTED,
            Self::Missing(_) | Self::Unwanted(_) | Self::Syntax(..) => Code::BAD_PARAMETER,
            Self::Parameter(..) => Code::PARAMETER_NOT_IMPLEMENTED,
            Self::Protocol(_) => Code::BAD_PROTOCOL,
        }
    }
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
            Verb::Pwd => parameter.none(Self::Pwd)?,
            Verb::Mkd => Self::Mkd(parameter.path()?),
            Verb::Rmd => Self::Rmd(parameter.path()?),
            Verb::Type => Self::Type(parameter.transfer_type()?),
            Verb::Stru => Self::Stru(parameter.structure()?),
            Verb::Mode => Self::Mode(parameter.mode()?),
            Verb::Pasv => parameter.none(Self::Pasv)?,
            Verb::Epsv => Self::Epsv(parameter.epsv()?),
            Verb::Port => Self::Port(parameter.port()?),
            Verb::Eprt => Self::Eprt(parameter.extended_port()?),
            Verb::Retr => Self::Retr(parameter.path()?),
            Verb::Stor => Self::Stor(parameter.path()?),
            Verb::Stou => Self::Stou,
            Verb::Appe => Self::Appe(parameter.path()?),
            Verb::Rest => Self::Rest(parameter.offset()?),
            Verb::Abor => Self::Abor,
            Verb::Allo => Self::Allo(parameter.allocation()?),
            Verb::List => Self::List(parameter.list()?),
            Verb::Nlst => Self::Nlst(parameter.list()?),
            Verb::Mlsd => Self::Mlsd(parameter.optional_path()?),
            Verb::Mlst => Self::Mlst(parameter.optional_path()?),
            Verb::Stat => Self::Stat(parameter.optional_path()?),
            Verb::Size => Self::Size(parameter.path()?),
            Verb::Mdtm => Self::Mdtm(parameter.path()?),
            Verb::Mfmt => {
                let (modified, path) = parameter.dated_path()?;
                Self::Mfmt { modified, path }
            }
            Verb::Avbl => Self::Avbl(parameter.optional_path()?),
            Verb::Dele => Self::Dele(parameter.path()?),
            Verb::Rnfr => Self::Rnfr(parameter.path()?),
            Verb::Rnto => Self::Rnto(parameter.path()?),
            Verb::Rang => {
                let (first, last) = parameter.range()?;
                Self::Rang(first, last)
            }
            Verb::Hash => Self::Hash(parameter.path()?),
            Verb::Xcrc => Self::Xcrc(SumArgument::parse(verb, parameter.bytes)?),
            Verb::Xsha256 => Self::Xsha256(SumArgument::parse(verb, parameter.bytes)?),
            Verb::Site => Self::Site(SiteCommand::parse(parameter.bytes)?),
            Verb::Auth => Self::Auth(parameter.mechanism()?),
            Verb::Pbsz => Self::Pbsz(parameter.buffer_size()?),
            Verb::Prot => Self::Prot(parameter.level()?),
            Verb::Syst => parameter.none(Self::Syst)?,
            Verb::Feat => parameter.none(Self::Feat)?,
            Verb::Opts => Self::Opts(parameter.opts()?),
            Verb::Help => Self::Help(parameter.optional_path()?),
            Verb::Noop => Self::Noop,
            Verb::Host => Self::Host(parameter.host()?),
            Verb::Lang => Self::Lang(parameter.language()?),
            Verb::Clnt => Self::Clnt(parameter.path()?),
            Verb::Smnt | Verb::Ccc | Verb::Adat | Verb::Mic | Verb::Conf | Verb::Enc => {
                return Err(CommandFault::NotImplemented(verb));
            }
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
            Self::Stou => Verb::Stou,
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
            Self::Mfmt { .. } => Verb::Mfmt,
            Self::Avbl(_) => Verb::Avbl,
            Self::Dele(_) => Verb::Dele,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Rang(..) => Verb::Rang,
            Self::Hash(_) => Verb::Hash,
            Self::Xcrc(_) => Verb::Xcrc,
            Self::Xsha256(_) => Verb::Xsha256,
            Self::Site(_) => Verb::Site,
            Self::Auth(_) => Verb::Auth,
            Self::Pbsz(_) => Verb::Pbsz,
            Self::Prot(_) => Verb::Prot,
            Self::Host(_) => Verb::Host,
            Self::Lang(_) => Verb::Lang,
            Self::Clnt(_) => Verb::Clnt,
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
            | Self::Stou
            | Self::Syst
            | Self::Feat
            | Self::Noop
            | Self::Epsv(EpsvArgument::Any)
            | Self::Mlsd(None)
            | Self::Mlst(None)
            | Self::Avbl(None)
            | Self::Lang(None)
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
            | Self::Hash(bytes)
            | Self::Clnt(bytes)
            | Self::Mlsd(Some(bytes))
            | Self::Mlst(Some(bytes))
            | Self::Avbl(Some(bytes))
            | Self::Lang(Some(bytes))
            | Self::Stat(Some(bytes))
            | Self::Help(Some(bytes)) => {
                out.push(b' ');
                write_text(bytes, out);
            }
            Self::Type(TransferType::Ascii) => out.extend_from_slice(b" A"),
            Self::Type(TransferType::Image) => out.extend_from_slice(b" I"),
            Self::Stru(Structure::File) => out.extend_from_slice(b" F"),
            Self::Mode(TransferMode::Stream) => out.extend_from_slice(b" S"),
            Self::Mode(TransferMode::Deflate) => out.extend_from_slice(b" Z"),
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
            Self::Auth(mechanism) => {
                out.push(b' ');
                out.extend_from_slice(mechanism.name().as_bytes());
            }
            Self::Pbsz(bytes) => {
                out.push(b' ');
                digits::write(u64::from(*bytes), out);
            }
            Self::Prot(level) => out.extend_from_slice(&[b' ', level.letter()]),
            Self::Host(host) => host.write(out),
            Self::List(argument) | Self::Nlst(argument) => argument.write(out),
            Self::Rang(first, last) => {
                out.push(b' ');
                digits::write(*first, out);
                out.push(b' ');
                digits::write(*last, out);
            }
            Self::Xcrc(argument) | Self::Xsha256(argument) => argument.write(out),
            Self::Mfmt { modified, path } => {
                out.push(b' ');
                out.extend_from_slice(&stamp14(*modified));
                out.push(b' ');
                write_text(path, out);
            }
            Self::Site(site) => site.write(out),
            Self::Opts(OptsArgument::Utf8(on)) => {
                out.extend_from_slice(if *on { b" UTF8 ON" } else { b" UTF8 OFF" });
            }
            Self::Opts(OptsArgument::ModeZ(level)) => {
                out.extend_from_slice(b" MODE Z LEVEL ");
                digits::write(u64::from(*level), out);
            }
            Self::Opts(OptsArgument::Hash(chosen)) => {
                out.extend_from_slice(b" HASH");
                if let Some(algorithm) = chosen {
                    out.push(b' ');
                    out.extend_from_slice(algorithm_name(*algorithm).as_bytes());
                }
            }
            Self::Opts(OptsArgument::Mlst(selection)) => {
                out.extend_from_slice(b" MLST ");
                selection.write(out);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Pass(_) | Self::Acct(_) = self {
            return write!(f, "{} ****", self.verb().name());
        }
        let mut line = Vec::new();
        self.write(&mut line);
        write!(f, "{}", line.trim_ascii_end().escape_ascii())
    }
}

/// True when `bytes` can be said in a command as they are: no NUL, CR or LF is among them.
#[must_use]
pub fn is_sayable(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, b'\0' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests;
