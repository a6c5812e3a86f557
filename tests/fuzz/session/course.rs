//! The course of one FTP dialogue, as its replies tell it: what may have come about behind what.
//!
//! This is a model of the protocol without its files: who is logged in, whether there is a way for the
//! next data connection, and what REST, RANG and RNFR have said for the next command. It is lenient
//! where the server may refuse, and strict where it does what was never agreed.

use coracle::wire::ftp::command::Command;
use coracle::wire::ftp::verb::Verb;

use super::contents::Moved;
use crate::ledger::Entry;

/// Who may come in, with what.
const PASSWORDS: [(&[u8], &[u8]); 4] = [
    (b"user1", b"1234"),
    (b"user2", b"a:b c"),
    (b"slow", b"tide"),
    (b"other", b"correct horse battery staple"),
];

/// Where a dialogue stands.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// Who says that this is its name.
    user: Vec<u8>,
    is_client: bool,
    /// There is a passive port for the next data connection.
    is_awaited: bool,
    /// A port was named, to which data connections go.
    is_named: bool,
    /// EPSV ALL was said.
    extended_only: bool,
    /// The command before this one was REST or RANG, and was obeyed; those that make a route may stand
    /// between the two.
    partly: bool,
    /// It was RNFR.
    renames: bool,
    /// Something that takes time was asked for, and lines behind it may have been given up with it.
    pub(crate) works: bool,
}

impl Course {
    /// Goes on by a final reply. Returns what it says to have moved, and whether a part of a file may
    /// have been asked for.
    pub(crate) fn step(&mut self, entry: &Entry) -> Option<(Moved, bool)> {
        let (line, code) = (entry.line.as_deref()?, entry.reply.code().number());
        let Ok(command) = Command::parse(line) else {
            assert!(code >= 500, "{code} to what is no command: {}", line.escape_ascii());
            (self.partly, self.renames) = (false, false);
            return None;
        };
        let verb = command.verb();
        let takes = |cond: bool, course: &Self| {
            assert!(cond, "{code} to {}: {course:?}", line.escape_ascii());
        };
        // Without a route nothing is said before the connection stands, and it may never.
        let transferred = is_transfer(verb) && (entry.marks > 0 || matches!(code, 425 | 426));
        self.works |= transferred || entry.marks > 0 || WORKS.contains(&verb);
        if is_transfer(verb) && entry.marks > 0 {
            // Without a route there is the default data port, but behind EPSV ALL; and nobody
            // listens there in this world.
            let tries = !self.extended_only && code >= 400;
            takes(self.is_client && (self.is_awaited || self.is_named || tries), self);
            self.is_awaited = false;
        }
        takes(code >= 400 || self.is_client || FOR_STRANGERS.contains(&verb), self);
        // Either may be said while a transfer runs, and then changes nothing for the next command; and
        // NOOP never does.
        if command == Command::Stat(None) || command == Command::Noop {
            return None;
        }
        if command == Command::Abor {
            // Strangers are refused it, and lose nothing.
            self.is_awaited &= code >= 400;
            return None;
        }
        if let Command::User(name) = command {
            (self.user, self.is_client) = (name.to_vec(), false);
        } else if let (Command::Pass(password), 230) = (command, code) {
            takes(PASSWORDS.contains(&(&self.user, password)), self);
            self.is_client = true;
        } else if (verb, code) == (Verb::Rein, 220) {
            *self = Self { works: self.works, ..Self::default() };
        } else if (verb, code) == (Verb::Host, 220) {
            takes(!self.is_client, self);
            self.user.clear();
        } else if [Verb::Port, Verb::Eprt].contains(&verb) && code < 300 {
            takes(!self.extended_only, self);
            (self.is_awaited, self.is_named) = (false, true);
        } else if verb == Verb::Pasv && code < 300 {
            takes(!self.extended_only, self);
            (self.is_awaited, self.is_named) = (true, false);
        } else if verb == Verb::Epsv && code < 300 {
            (self.is_awaited, self.is_named) = (self.is_awaited || code == 229, false);
            self.extended_only |= code == 200;
        } else if (verb, code) == (Verb::Rnto, 250) {
            takes(self.renames, self);
        }
        let partly = self.partly;
        let routes = [Verb::Pasv, Verb::Epsv, Verb::Port, Verb::Eprt].contains(&verb);
        self.partly = routes && partly || code == 350 && [Verb::Rest, Verb::Rang].contains(&verb);
        self.renames = code == 350 && verb == Verb::Rnfr;
        let moved = if verb == Verb::Retr { Moved::Download } else { Moved::Upload };
        let is_moved = code == 226 && (verb == Verb::Retr || UPLOADS.contains(&verb));
        is_moved.then_some((moved, partly))
    }
}

/// How many bytes a transfer is said to have moved at its end.
pub(crate) fn bytes_of(entry: &Entry) -> Option<u64> {
    let command = Command::parse(entry.line.as_deref()?).ok()?;
    let text = entry.reply.text();
    let said =
        ["Transfer complete, ", " after "].iter().find_map(|before| text.split(before).nth(1))?;
    let number = said.split(' ').next()?.parse().ok()?;
    // Where it is the file that failed, more may have come than was stored.
    let is_counted = matches!(entry.reply.code().number(), 226 | 426);
    (is_transfer(command.verb()) && entry.marks > 0 && is_counted).then_some(number)
}

/// Work on files, which SIZE is in TYPE A.
const WORKS: [Verb; 5] = [Verb::Hash, Verb::Xcrc, Verb::Xsha256, Verb::Site, Verb::Size];

const UPLOADS: [Verb; 3] = [Verb::Stor, Verb::Appe, Verb::Stou];

fn is_transfer(verb: Verb) -> bool {
    UPLOADS.contains(&verb) || [Verb::Retr, Verb::List, Verb::Nlst, Verb::Mlsd].contains(&verb)
}

/// What who has not logged in may ask for.
const FOR_STRANGERS: [Verb; 22] = [
    Verb::User,
    Verb::Pass,
    Verb::Acct,
    Verb::Rein,
    Verb::Quit,
    Verb::Abor,
    Verb::Auth,
    Verb::Pbsz,
    Verb::Prot,
    Verb::Type,
    Verb::Stru,
    Verb::Mode,
    Verb::Allo,
    Verb::Opts,
    Verb::Syst,
    Verb::Feat,
    Verb::Help,
    Verb::Noop,
    Verb::Host,
    Verb::Lang,
    Verb::Clnt,
    Verb::Stat,
];
