//! One row a verb: who may give it, what right it needs, what FEAT and HELP say of it.
//!
//! Dispatch, FEAT, HELP and the documentation all read this table, so none can promise what another
//! does not keep. The match is exhaustive: a new verb of `wire` does not compile until it is
//! decided here whether and how it is served.

use crate::accounts::Rights;
use crate::session::{Settings, Tls};
use crate::wire::ftp::verb::Verb;

/// What is decided about one verb.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The verb.
    pub(super) verb: Verb,
    /// Who may give it.
    pub(super) phase: Phase,
    /// What it needs of the grant that its path leads into; none where any grant will do.
    pub(super) rights: Rights,
    /// What FEAT says of it (RFC 2389, section 3.2).
    pub(super) feature: Feature,
    /// Its form, as HELP shows it.
    pub(super) form: &'static str,
    /// What it does, as HELP says it.
    pub(super) help: &'static str,
}

/// What FEAT says of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feature {
    /// Nothing: RFC 959 has it.
    Base,
    /// This.
    Word(&'static str),
    /// MLST and its facts, those with a star that OPTS MLST chose.
    Facts,
    /// This, and the verb is served, where the operator has not turned TLS off.
    Tls(&'static str),
    /// MODE Z, where the operator has turned it on.
    Deflate,
    /// HASH and its algorithms, with a star behind that which OPTS HASH chose.
    Algorithms,
}

/// How far a peer must have come, and how far at most, for a verb to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nowhere.
    Stranger,
    /// No further than the door.
    Newcomer,
    /// Logged in.
    Client,
}

/// What FEAT says that belongs to no verb of its own: what SITE has that clients look for, and the
/// virtual paths of RFC 3659, section 6.
pub(super) const COMMON_FEATURES: &[&str] = &["SITE COMPRESS", "TVFS"];

/// The row of `verb`, if it is served at all.
pub(super) const fn row(verb: Verb) -> Option<Row> {
    use Feature::{Algorithms, Base, Deflate, Facts, Tls, Word};
    use Phase::{Client, Newcomer, Stranger};
    const ANY: Rights = Rights::empty();
    const READ: Rights = Rights::READ;
    const WRITE: Rights = Rights::WRITE;
    const DELETE: Rights = Rights::DELETE;

    #[rustfmt::skip]
    let (phase, rights, feature, form, help) = match verb {
        // RFC 959, section 4.1.1: access control.
        Verb::User => (Stranger, ANY, Base, "USER name", "log in; PASS follows"),
        Verb::Pass => (Stranger, ANY, Base, "PASS password", "the password to USER"),
        Verb::Acct => (Client, ANY, Base, "ACCT information", "not needed here"),
        Verb::Rein => (Stranger, ANY, Base, "REIN", "log out, and start anew on this connection"),
        Verb::Quit => (Stranger, ANY, Base, "QUIT", "end the connection, after a running transfer"),
        // RFC 2228 and RFC 4217: protection.
        Verb::Auth => (Stranger, ANY, Tls("AUTH TLS"), "AUTH TLS", "protect this connection; log in after it"),
        Verb::Pbsz => (Stranger, ANY, Tls("PBSZ"), "PBSZ 0", "PROT follows"),
        Verb::Prot => (Stranger, ANY, Tls("PROT"), "PROT P | C", "protect data connections, or not"),
        // RFC 959, section 4.1.2, and RFC 2428: transfer parameters.
        Verb::Type => (Client, ANY, Base, "TYPE A | I | L 8", "lines of text, or plain bytes"),
        Verb::Stru => (Client, ANY, Base, "STRU F", "file structure, the only one"),
        Verb::Mode => (Client, ANY, Deflate, "MODE S | Z", "plain, or a zlib stream where FEAT offers it"),
        Verb::Pasv => (Client, ANY, Base, "PASV", "have an IPv4 port to connect to"),
        Verb::Epsv => (Client, ANY, Word("EPSV"), "EPSV [1 | 2 | ALL]", "have a port to connect to"),
        Verb::Port => (Client, ANY, Base, "PORT h1,h2,h3,h4,p1,p2", "have us connect to you"),
        Verb::Eprt => (Client, ANY, Word("EPRT"), "EPRT |1|address|port|", "have us connect to you"),
        // RFC 959, sections 4.1.1 and 4.1.3: directories.
        Verb::Cwd => (Client, ANY, Base, "CWD path", "change the current directory"),
        Verb::Cdup => (Client, ANY, Base, "CDUP", "change to the directory above"),
        Verb::Pwd => (Client, ANY, Base, "PWD", "name the current directory"),
        Verb::Mkd => (Client, WRITE, Base, "MKD path", "make a directory"),
        Verb::Rmd => (Client, DELETE, Base, "RMD path", "remove an empty directory"),
        // RFC 959, section 4.1.3, and RFC 3659: to the peer.
        Verb::Retr => (Client, READ, Base, "RETR path", "send a file"),
        Verb::List => (Client, READ, Base, "LIST [path or pattern]", "list in long form"),
        Verb::Nlst => (Client, READ, Base, "NLST [path or pattern]", "list names alone"),
        Verb::Mlsd => (Client, READ, Base, "MLSD [path]", "list a directory for machines"),
        Verb::Rest => (Client, ANY, Word("REST STREAM"), "REST offset", "begin in the file there"),
        // From the peer.
        Verb::Stor => (Client, WRITE, Base, "STOR path", "receive a file"),
        Verb::Stou => (Client, WRITE, Base, "STOU", "receive a file under a new name"),
        Verb::Appe => (Client, WRITE, Base, "APPE path", "receive the end of a file"),
        Verb::Allo => (Client, ANY, Base, "ALLO bytes", "not needed here"),
        Verb::Abor => (Client, ANY, Base, "ABOR", "stop the running transfer"),
        // Files.
        Verb::Dele => (Client, DELETE, Base, "DELE path", "delete a file"),
        Verb::Rnfr => (Client, WRITE, Base, "RNFR path", "rename this; RNTO follows"),
        Verb::Rnto => (Client, WRITE, Base, "RNTO path", "the new name to RNFR"),
        // Whoever may put a file somewhere may learn how much of it has arrived.
        Verb::Size => (Client, ANY, Word("SIZE"), "SIZE path", "how long a file is, in bytes"),
        Verb::Mdtm => (Client, ANY, Word("MDTM"), "MDTM path", "when a file was changed, in UTC"),
        Verb::Mfmt => (Client, WRITE, Word("MFMT"), "MFMT YYYYMMDDhhmmss path", "set when a file was changed"),
        Verb::Avbl => (Client, WRITE, Word("AVBL"), "AVBL [path]", "how many bytes there is room for"),
        Verb::Mlst => (Client, READ, Facts, "MLST [path]", "facts of one file for machines"),
        Verb::Rang => (Client, ANY, Word("RANG STREAM"), "RANG first last", "which bytes RETR or HASH is about"),
        Verb::Hash => (Client, READ, Algorithms, "HASH path", "the digest of a file, as OPTS HASH chose"),
        Verb::Xcrc => (Client, READ, Word("XCRC"), "XCRC path [start end]", "the CRC-32 of a file"),
        Verb::Xsha256 => (Client, READ, Word("XSHA256"), "XSHA256 path [start end]", "the SHA-256 of a file"),
        Verb::Site => (Client, WRITE, Base, "SITE HELP | command", "what other servers have as well"),
        // Information.
        Verb::Stat => (Client, READ, Base, "STAT [path]", "how things stand, or a listing"),
        Verb::Syst => (Stranger, ANY, Base, "SYST", "what kind of system this is"),
        Verb::Feat => (Stranger, ANY, Base, "FEAT", "what is served beyond RFC 959"),
        Verb::Opts => (Stranger, ANY, Word("UTF8"), "OPTS UTF8 ON | MLST facts | HASH name", "set options"),
        Verb::Help => (Stranger, ANY, Base, "HELP [verb]", "this"),
        Verb::Noop => (Stranger, ANY, Base, "NOOP", "nothing"),
        Verb::Clnt => (Stranger, ANY, Word("CLNT"), "CLNT name", "name the client's program"),
        Verb::Lang => (Stranger, ANY, Word("LANG EN*"), "LANG [EN]", "the language of replies"),
        Verb::Host => (Newcomer, ANY, Word("HOST"), "HOST name", "name the server that is meant, before USER"),
        Verb::Adat | Verb::Ccc | Verb::Conf | Verb::Enc | Verb::Mic | Verb::Smnt => {
            return None;
        }
    };
    Some(Row { verb, phase, rights, feature, form, help })
}

/// The row of `verb`, if it is served under these settings.
pub(super) fn served(verb: Verb, settings: &Settings) -> Option<Row> {
    row(verb).filter(|row| match row.feature {
        Feature::Tls(_) => settings.tls != Tls::Off,
        Feature::Base
        | Feature::Word(_)
        | Feature::Facts
        | Feature::Deflate
        | Feature::Algorithms => true,
    })
}

/// Every row that is served under these settings, in the order in which `wire` names the verbs.
pub(super) fn rows(settings: &Settings) -> impl Iterator<Item = Row> {
    Verb::ALL.iter().copied().filter_map(|verb| served(verb, settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ftp::command::{Command, CommandFault};

    #[test]
    fn a_verb_has_a_row_exactly_if_it_can_be_parsed() {
        for verb in Verb::ALL {
            let parsed = Command::parse(verb.name().as_bytes());
            let is_served = parsed != Err(CommandFault::NotImplemented(*verb));
            assert_eq!(row(*verb).is_some(), is_served, "{verb:?}");
        }
    }

    #[test]
    fn forms_begin_with_their_verb() {
        for row in Verb::ALL.iter().copied().filter_map(row) {
            assert!(row.form.starts_with(row.verb.name()), "{row:?}");
        }
    }
}
