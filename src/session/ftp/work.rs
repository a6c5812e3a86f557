//! Between the begin of work on files and its end: the words about how far it is, what stops it, and
//! the reply after. Lines that come meanwhile are treated as during a transfer.
//!
//! What is done to the files is not known here: a chore is handed over, and its outcome told.

use std::mem;

use super::state::{Answered, Busy, Purpose, Said, Stopping, Turn, Visit, Working};
use super::{Session, respond};
use crate::session::{Chore, Effect};
use crate::terms::{ChoreOutcome, Digest, Span};
use crate::tree::{Tree, VirtualPath};
use crate::wire::ftp::digest::algorithm_name;
use crate::wire::ftp::reply::Reply;

impl Visit<'_> {
    /// Begins work on `path`, of which `total` bytes are to be worked through. A route that waits
    /// for a transfer is left to it.
    pub(super) fn work<T: Tree>(
        self,
        chore: Chore<T>,
        purpose: Purpose,
        (path, argument): (VirtualPath, &[u8]),
        total: u64,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        turn.effects.push(Effect::Stop);
        turn.effects.push(Effect::Work(chore));
        let (verb, argument, stopping) = (self.row.verb, argument.into(), Stopping::No);
        let work = Working { verb, path, argument, total, purpose, stopping };
        *self.busy = Busy::Working(Box::new(work));
        Ok(Said::Later)
    }
}

impl Session {
    /// How far the work is.
    ///
    /// Each word is a preliminary reply of its own, more than the one that RFC 959, section 4.2, allows
    /// a command, as restart markers are (110, section 5.4), and not a line of one long 250: that would
    /// promise success before it is known, and no STAT could be answered in the middle of it. Work that
    /// is done within a second has none, and digests and SIZE never have: many clients that ask for
    /// these take the first reply for the last.
    pub(super) fn progress<T: Tree>(&mut self, done: u64, turn: &mut Turn<'_, '_, T>) {
        let Busy::Working(work) = &self.busy else { return };
        match work.purpose {
            Purpose::Compress => {
                let text = format!("{done} of {} bytes so far.", work.total);
                turn.effects.reply(respond::about(150, &work.argument, &text));
            }
            Purpose::Hash(..) | Purpose::Sum | Purpose::Size => {}
        }
    }

    /// Has the work that runs be stopped, without an ABOR.
    pub(super) fn stop_work<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        if let Busy::Working(work) = &mut self.busy
            && work.stopping == Stopping::No
        {
            work.stopping = Stopping::Unasked;
            turn.effects.push(Effect::Abort);
        }
    }

    /// The work has ended.
    pub(super) fn work_done<T: Tree>(&mut self, outcome: ChoreOutcome, turn: &mut Turn<'_, '_, T>) {
        debug_assert!(matches!(self.busy, Busy::Working(_)), "no work was under way");
        if !matches!(self.busy, Busy::Working(_)) {
            return;
        }
        if let Busy::Working(work) = mem::take(&mut self.busy) {
            turn.effects.reply(ending(outcome, &work));
            if work.stopping == Stopping::Aborting {
                turn.effects.reply(Reply::new(226, "ABOR is done."));
            }
        }
    }
}

/// The final reply.
fn ending(outcome: ChoreOutcome, work: &Working) -> Reply {
    match outcome {
        ChoreOutcome::Compressed { from, to } => {
            let mut text = work.argument.to_vec();
            text.extend_from_slice(format!(".gz: {to} bytes, from {from}.").as_bytes());
            Reply::from_bytes(250, text)
        }
        ChoreOutcome::Digested(digest) => match work.purpose {
            Purpose::Hash(span, algorithm) => {
                let name = algorithm_name(algorithm);
                hash(span, name, digest, &work.argument)
            }
            Purpose::Sum | Purpose::Compress | Purpose::Size => Reply::new(250, digest.to_string()),
        },
        ChoreOutcome::Measured(bytes) => Reply::new(213, bytes.to_string()),
        ChoreOutcome::Aborted => Reply::new(426, "Stopped; nothing is left of it."),
        ChoreOutcome::Failed(fault) => respond::fault(fault, work.verb, &work.argument),
    }
}

/// `SHA-256 0-99 digits path`: first and last byte (draft-bryan-ftpext-hash, section 3). Of no bytes
/// there is no last one; then both are the place where they would be.
fn hash(span: Span, name: &str, digest: Digest, argument: &[u8]) -> Reply {
    let last = span.end.saturating_sub(1).max(span.start);
    let mut text = format!("{name} {}-{last} {digest} ", span.start).into_bytes();
    text.extend_from_slice(argument);
    Reply::from_bytes(213, text)
}
