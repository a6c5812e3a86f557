//! What is held to of the replies on one control connection, read where the server writes them.
//!
//! Every line that the server has taken is owed one final reply, in order; [`Ledger`] keeps the books.
//! Here is what has to hold of their end: a server that says that nothing was said for too long has
//! answered all that was, and none hangs up on who is there without a word.

use coracle::wire::guided::Prompt;

use super::contents::Moved;
use super::course::{Course, bytes_of};
use crate::ledger::Ledger;
use crate::net::{ConnId, Net, Tap};

/// The replies of one control connection.
pub(crate) struct Replies {
    pub(crate) conn: ConnId,
    /// How far what went over it was looked at.
    heard: usize,
    said: usize,
    dialect: Dialect,
    /// It did not read its replies at some time, so that lines may wait for ever.
    pub(crate) deaf: bool,
}

enum Dialect {
    Ftp(Box<(Ledger, Course)>),
    Guided(Guided),
}

/// The books of a guided dialogue: lines, and content between two of them.
#[derive(Default)]
struct Guided {
    line: Vec<u8>,
    /// Content that is still to come, and what has.
    coming: u64,
    content: Vec<u8>,
    closing: bool,
}

impl Replies {
    pub(crate) fn new(conn: ConnId, is_ftp: bool, limit: usize) -> Self {
        let dialect = if is_ftp {
            Dialect::Ftp(Box::new((Ledger::of_lines(limit), Course::default())))
        } else {
            Dialect::Guided(Guided::default())
        };
        Self { conn, heard: 0, said: 0, dialect, deaf: false }
    }

    /// Reads on. `moved` is told what has been, whether it may be a part of a file, and its content
    /// where that came inline.
    pub(crate) fn look(&mut self, tap: &Tap, moved: &mut dyn FnMut(Moved, bool, &[u8])) {
        let heard = &tap.heard[std::mem::replace(&mut self.heard, tap.heard.len())..];
        let said = &tap.said[std::mem::replace(&mut self.said, tap.said.len())..];
        let (ledger, course) = match &mut self.dialect {
            Dialect::Ftp(books) => (&mut books.0, &mut books.1),
            Dialect::Guided(guided) => return guided.hear(said, moved),
        };
        ledger.sent(heard);
        if said.is_empty() {
            return;
        }
        for entry in ledger.received(said) {
            if let Some(bytes) = bytes_of(&entry) {
                moved(Moved::Bytes(bytes), false, b"");
            }
            if let Some((what, partly)) = course.step(&entry) {
                moved(what, partly, b"");
            }
            let code = entry.reply.code().number();
            let idle = code == 421 && entry.reply.text().contains("No command");
            assert!(
                !idle || self.deaf || ledger.owes() == 0,
                "it calls itself idle and owes: {}",
                ledger.describe()
            );
        }
    }

    /// What has to hold when nothing can happen any more.
    pub(crate) fn check_end(&self, net: &Net, stormy: bool) {
        let Some(tap) = net.tapped(self.conn) else { return };
        // Who does not read can't be told either.
        let stormy = stormy || self.deaf;
        let (ledger, course) = match &self.dialect {
            Dialect::Ftp(books) => (&books.0, &books.1),
            Dialect::Guided(guided) => return guided.check_end(tap, stormy),
        };
        if stormy || ledger.is_closing() || tap.said.is_empty() {
            return;
        }
        assert!(
            tap.hung_up || !tap.ended,
            "the server has hung up without a word, and owes: {}",
            ledger.describe()
        );
        // A peer that has gone is owed nothing, and one that is going has given up what waits
        // behind work.
        let works = course.works || ledger.owes_work();
        let all = works || !tap.ended || tap.heard.len() < tap.sent.len();
        assert!(all || ledger.owes() == 0, "commands were lost: {}", ledger.describe());
    }
}

impl Guided {
    fn hear(&mut self, said: &[u8], moved: &mut dyn FnMut(Moved, bool, &[u8])) {
        for byte in said {
            assert!(!self.closing, "something comes after the last line");
            if self.coming > 0 {
                self.content.push(*byte);
                self.coming -= 1;
                if self.coming == 0 {
                    moved(Moved::Inline, false, &std::mem::take(&mut self.content));
                }
                continue;
            }
            self.line.push(*byte);
            // Refusals of Telnet's options stand between lines.
            if matches!(self.line[..], [255, 251..=254, _]) {
                self.line.clear();
            }
            let Some(line) = self.line.strip_suffix(b"\r\n") else { continue };
            let prompt = Prompt::parse(line);
            let Some(prompt) = prompt else {
                panic!("no line of the guided dialogue: {}", line.escape_ascii());
            };
            if let Prompt::Sending { bytes, .. } = prompt {
                self.coming = bytes;
                if bytes == 0 {
                    moved(Moved::Inline, false, b"");
                }
            }
            self.closing = [
                Prompt::TooManyAttempts,
                Prompt::Terminated,
                Prompt::TimedOut,
                Prompt::Busy,
                Prompt::ShuttingDown,
            ]
            .contains(&prompt);
            self.line.clear();
        }
    }

    fn check_end(&self, tap: &Tap, stormy: bool) {
        // A browser's request ends it.
        let browses = tap.heard.windows(6).any(|bytes| bytes == b" HTTP/");
        assert!(
            stormy || self.closing || tap.hung_up || !tap.ended || self.coming > 0 || browses,
            "the guided dialogue broke off"
        );
    }
}
