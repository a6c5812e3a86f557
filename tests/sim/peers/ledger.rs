//! What a server owes its client: one final reply a command, in order.
//!
//! Every line that a peer sends is entered, every reply that it reads is crossed off. STAT is answered
//! while a transfer or other work runs, and ABOR right behind the reply that ends it; nothing else may
//! overtake what waits. A reply that nobody asked for, or of a class that its command can't have, is
//! a panic.

use std::collections::VecDeque;

use coracle::wire::ftp::command::Command;
use coracle::wire::ftp::reply::{Reply, ReplyReader};
use coracle::wire::ftp::verb::Verb;
use coracle::wire::line::{Framer, Line};

/// Longest line of a reply.
const LINE: usize = 64 * 1024;

/// What a reply is owed to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owed {
    Greeting,
    Command(Option<Verb>, Vec<u8>),
}

/// A reply, and the command that it answers; `None` for the greeting and for what nobody asked for.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The command's line.
    pub(crate) line: Option<Vec<u8>>,
    /// The reply.
    pub(crate) reply: Reply,
    /// Preliminary replies before it.
    pub(crate) marks: u32,
}

/// The books of one control connection.
pub(crate) struct Ledger {
    sent: Framer,
    heard: Framer,
    reader: ReplyReader,
    owed: VecDeque<Owed>,
    /// Preliminary replies to the command at the front: one to a transfer, any to work on files.
    marks: u32,
    /// The last reply ended a transfer or other work, which an ABOR may have asked for.
    ended: bool,
    /// Replies behind which the server closes: 221 and 421.
    closing: bool,
    /// It was 421.
    shown_out: bool,
}

impl Ledger {
    /// The books of a fresh connection: a greeting is owed.
    pub(crate) fn new() -> Self {
        Self::of_lines(LINE)
    }

    /// The same, where lines of the client's are no longer than this.
    pub(crate) fn of_lines(limit: usize) -> Self {
        Self {
            sent: Framer::new(limit),
            heard: Framer::new(LINE),
            reader: ReplyReader::new(),
            owed: VecDeque::from([Owed::Greeting]),
            marks: 0,
            ended: false,
            closing: false,
            shown_out: false,
        }
    }

    /// Enters what was sent.
    pub(crate) fn sent(&mut self, bytes: &[u8]) {
        self.sent.push(bytes);
        while let Some(line) = self.sent.next_line() {
            let line = match line {
                Line::Text(line) => line.to_vec(),
                Line::TooLong => Vec::new(),
            };
            let word: Vec<u8> = line.iter().copied().take_while(|b| *b != b' ').collect();
            self.owed.push_back(Owed::Command(Verb::parse(&word), line));
        }
    }

    /// Crosses off what was read, and returns the final replies in it.
    pub(crate) fn received(&mut self, bytes: &[u8]) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.heard.push(bytes);
        while let Some(line) = self.heard.next_line() {
            let Line::Text(line) = line else { panic!("a reply line is too long") };
            let said = line.escape_ascii().to_string();
            let reply = match self.reader.line(line) {
                Ok(Some(reply)) => reply,
                Ok(None) => continue,
                Err(fault) => panic!("that is no reply: {fault:?}: {said}"),
            };
            entries.extend(self.cross_off(reply));
        }
        entries
    }

    /// Commands whose replies have not come.
    pub(crate) fn owes(&self) -> usize {
        self.owed.len()
    }

    /// Whether something is owed that may run for a while.
    pub(crate) fn owes_work(&self) -> bool {
        self.owed.iter().any(Owed::is_running)
    }

    /// Whether the server has said that it closes.
    pub(crate) const fn is_closing(&self) -> bool {
        self.closing
    }

    /// Whether the server has said 421.
    pub(crate) const fn is_shown_out(&self) -> bool {
        self.shown_out
    }

    /// Whether nothing has been heard at all: where accepting fails, a connection may be dropped.
    pub(crate) fn is_unheard(&self) -> bool {
        self.owed.front() == Some(&Owed::Greeting)
    }

    /// What is owed, for a complaint.
    pub(crate) fn describe(&self) -> String {
        let line = |owed: &Owed| match owed {
            Owed::Greeting => "the greeting".to_owned(),
            Owed::Command(_, line) => line.escape_ascii().to_string(),
        };
        self.owed.iter().take(20).map(line).collect::<Vec<_>>().join(", ")
    }

    fn cross_off(&mut self, reply: Reply) -> Option<Entry> {
        let code = reply.code().number();
        assert!(!self.closing, "{code} after the last reply: {}", reply.text());
        if code < 200 {
            self.mark(code);
            return None;
        }
        if code == 421 {
            self.closing = true;
            self.shown_out = true;
            return Some(Entry { line: None, reply, marks: 0 });
        }
        let Some(front) = self.owed.front() else {
            panic!("nobody asked for this: {code} {}", reply.text());
        };
        // A transfer that was never begun has not been done either.
        let undone = is_transfer(front.verb()) && self.marks == 0 && code < 300;
        let at = if allows(front, code) && !undone {
            0
        } else {
            self.overtaking(code).unwrap_or_else(|| {
                panic!("{code} {} answers none of: {}", reply.text(), self.describe())
            })
        };
        let marks = if at == 0 { std::mem::take(&mut self.marks) } else { 0 };
        self.closing = code == 221;
        if at == 0 || code == 226 {
            self.ended = at == 0 && self.owed.front().is_some_and(Owed::is_running);
        }
        let line = match self.owed.remove(at) {
            Some(Owed::Command(_, line)) => Some(line),
            Some(Owed::Greeting) | None => None,
        };
        Some(Entry { line, reply, marks })
    }

    /// Which command behind the front a reply answers.
    fn overtaking(&self, code: u16) -> Option<usize> {
        let is = |owed: &Owed, command| match owed {
            Owed::Command(_, line) => Command::parse(line) == Ok(command),
            Owed::Greeting => false,
        };
        if code == 211 && self.owed.front().is_some_and(Owed::is_running) {
            self.owed.iter().position(|owed| is(owed, Command::Stat(None)))
        } else if code == 226 && self.ended {
            self.owed.iter().position(|owed| is(owed, Command::Abor))
        } else {
            None
        }
    }

    fn mark(&mut self, code: u16) {
        let verb = self.owed.front().and_then(Owed::verb);
        let (transfers, works) = (is_transfer(verb), verb == Some(Verb::Site));
        assert!(transfers || works, "{code} and no transfer was asked for: {}", self.describe());
        assert!(
            works || self.marks == 0,
            "{code} a second time for one transfer: {}",
            self.describe()
        );
        self.marks += 1;
    }
}

impl Owed {
    const fn verb(&self) -> Option<Verb> {
        match self {
            Self::Command(verb, _) => *verb,
            Self::Greeting => None,
        }
    }

    /// Whether it may run for a while, during which lines are heard.
    fn is_running(&self) -> bool {
        let works = [Verb::Site, Verb::Hash, Verb::Xcrc, Verb::Xsha256, Verb::Size];
        is_transfer(self.verb()) || self.verb().is_some_and(|verb| works.contains(&verb))
    }
}

fn is_transfer(verb: Option<Verb>) -> bool {
    let transfers =
        [Verb::Retr, Verb::Stor, Verb::Stou, Verb::Appe, Verb::List, Verb::Nlst, Verb::Mlsd];
    verb.is_some_and(|verb| transfers.contains(&verb))
}

/// Whether `code` may answer a command (RFC 959, section 5.4). Refusals are left to the server but
/// where there is nothing to refuse.
fn allows(owed: &Owed, code: u16) -> bool {
    let verb = match owed {
        Owed::Greeting => return code == 220,
        Owed::Command(None, _) => return (500..=504).contains(&code) || code == 530,
        Owed::Command(Some(verb), _) => *verb,
    };
    let good: &[u16] = if is_transfer(Some(verb)) {
        &[226, 250]
    } else if verb == Verb::Abor {
        return [225, 226, 501, 530].contains(&code);
    } else if verb == Verb::Quit {
        return [221, 501].contains(&code);
    } else if verb == Verb::Stat {
        return [211, 212, 213, 450, 501, 530, 550].contains(&code);
    } else if verb == Verb::User {
        &[230, 331]
    } else if verb == Verb::Pass {
        &[202, 230]
    } else if verb == Verb::Epsv {
        &[229, 200]
    } else if verb == Verb::Pasv {
        &[227]
    } else if verb == Verb::Pwd || verb == Verb::Mkd {
        &[257]
    } else if [Verb::Size, Verb::Mdtm, Verb::Mfmt, Verb::Avbl].contains(&verb) {
        &[213]
    } else if verb == Verb::Rest || verb == Verb::Rnfr {
        &[350]
    } else if verb == Verb::Rein || verb == Verb::Host {
        &[220]
    } else if [Verb::Feat, Verb::Help].contains(&verb) {
        &[211, 214]
    } else if verb == Verb::Site {
        &[200, 214, 250]
    } else if [Verb::Hash, Verb::Rang].contains(&verb) {
        &[213, 350]
    } else if verb == Verb::Syst {
        &[215]
    } else {
        &[200, 202, 250]
    };
    good.contains(&code) || (400..600).contains(&code)
}
