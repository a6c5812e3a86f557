//! Control connections: lines in, replies out, and the departure.

use std::net::SocketAddr;

use log::debug;

use super::chores::Underway;
use super::handshake::Shaking;
use super::{Moving, Reactor, Slot};
use crate::accounts::gate::{Refusal, Seat};
use crate::channel::{Channel, Moved};
use crate::io::Io;
use crate::session::{Dialect, Ends, Event, Session, Timer};
use crate::terms::{Budget, Key, Loss, Moment, Outcome, Protection};
use crate::tree::Tree;
use crate::wire::line::Framer;

/// Bytes that one read of a control connection takes at most.
const READ: usize = 16 * 1024;

/// A departing peer that reads on, however slowly, is given so many lingers to take the last words.
const FAREWELL_LINGERS: u32 = 30;

/// Reads of a control connection in one turn: a peer that sends no line ends has its budget too.
const READS_A_TURN: usize = 4;

/// One control connection. What is rare hangs in a box that an idle one does not have.
pub(super) struct Control<I: Io, T: Tree> {
    pub(super) key: Key,
    pub(super) channel: Channel<I>,
    pub(super) framer: Framer,
    pub(super) session: Session,
    pub(super) ends: Ends,
    /// The data connection that is prepared or in use. Its slot, if it has one, names this one as
    /// its owner.
    pub(super) link: Option<Box<Link<T>>>,
    /// How its next data connection is protected, unless the session says otherwise before.
    pub(super) level: Protection,
    /// Work on files that is being done for it.
    pub(super) chore: Option<Box<Underway<T>>>,
    /// What the slot's deadline means.
    pub(super) due: Option<Due>,
    /// When the time to log in is over, of one who has not; when the time to take the last words is,
    /// of one who leaves.
    pub(super) gone_by: Moment,
    /// Its place among those that its address may have; given up when it is not served any more.
    pub(super) seat: Option<Seat>,
    pub(super) stage: Stage,
    /// The TLS handshake that is under way on it.
    pub(super) shaking: Option<Box<Shaking>>,
    /// TLS has been ended on it since the framer was looked at.
    pub(super) cleared: bool,
    /// The peer has closed its direction: no more lines will come.
    pub(super) hung_up: bool,
    /// The session has been told so.
    pub(super) told: bool,
    /// Why it is turned away: it is told so in place of a greeting.
    pub(super) refusal: Option<Refusal>,
    pub(super) queued: bool,
    pub(super) inline_queued: bool,
    pub(super) digest_queued: bool,
    pub(super) dirty: bool,
}

/// A data connection, as its control connection knows it.
pub(super) struct Link<T: Tree> {
    pub(super) way: Way,
    /// The transfer that waits for its connection, or that is sent inline on the control
    /// connection. One that moves over a data connection lives in that one's slot.
    pub(super) order: Option<Moving<T>>,
}

/// Where the next data connection comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Nowhere yet.
    Unset,
    /// The peer is to connect to this listener of ours.
    Waiting(Key),
    /// We are to connect to this address of the peer's.
    Dial(SocketAddr),
    /// It stands, or is being dialled, in this slot.
    Up(Key),
    /// It has come and is closed already: its handshake, which its peer began before the order came,
    /// has failed thus.
    Spoiled(Loss),
    /// It is the control connection itself.
    Inline,
    /// It has been, and is closed: the upload of so many bytes that came over it is on its way into
    /// place.
    Committing(u64),
}

impl<T: Tree> Default for Link<T> {
    fn default() -> Self {
        Self { way: Way::Unset, order: None }
    }
}

/// What is due when a control connection's deadline passes. There is one at a time: the session's
/// timers rest while a transfer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The session's own timer.
    Session(Timer),
    /// What is withheld from the peer may be said.
    Release,
    /// The data connection should stand.
    Arrival,
    /// The TLS handshake, on the control connection or on the data connection, should be done.
    Handshake,
    /// The transfer should have moved.
    Stall,
    /// The departing peer should have read on, or have taken the last reply and gone.
    Linger,
}

/// How far a control connection is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Served.
    Open,
    /// The last words are being written.
    Leaving,
    /// All is written and our direction closed; what the peer still sends is thrown away, for
    /// closing over unread bytes would send a reset and could eat the last reply.
    Lingering,
    /// To be closed at the end of this pass.
    Gone,
}

impl<I: Io, T: Tree> Control<I, T> {
    pub(super) fn new(
        key: Key,
        socket: I::Socket,
        dialect: Dialect,
        ends: Ends,
        line: usize,
    ) -> Self {
        Self {
            key,
            channel: Channel::accepted(socket, key),
            framer: Framer::new(line),
            session: Session::new(dialect, ends),
            ends,
            link: None,
            level: Protection::Clear,
            chore: None,
            due: None,
            gone_by: Moment::default(),
            seat: None,
            stage: Stage::Open,
            shaking: None,
            cleared: false,
            hung_up: false,
            told: false,
            refusal: None,
            queued: false,
            inline_queued: false,
            digest_queued: false,
            dirty: false,
        }
    }

    /// Whether content is being sent on the control connection itself.
    pub(super) fn has_inline(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.way == Way::Inline)
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Takes a control connection out of its slot for its turn, so that it and the rest of the
    /// reactor can both be changed. [`Reactor::put_control`] is to follow.
    pub(super) fn take_control(&mut self, key: Key) -> Option<Box<Control<I, T>>> {
        let slot = self.slots.get_mut(key)?;
        match std::mem::replace(slot, Slot::Taken) {
            Slot::Control(control) => Some(control),
            other @ (Slot::Listener(_) | Slot::Data(_) | Slot::Taken) => {
                *slot = other;
                None
            }
        }
    }

    pub(super) fn put_control(&mut self, control: Box<Control<I, T>>) {
        if let Some(slot) = self.slots.get_mut(control.key) {
            *slot = Slot::Control(control);
        }
    }

    /// Serves one control connection within its budget.
    pub(super) fn control_turn(&mut self, key: Key) {
        let Some(mut control) = self.take_control(key) else { return };
        control.queued = false;
        if control.channel.waiting() > 0 && control.channel.is_writable() {
            self.mark_dirty(&mut control);
        }
        let again = match control.stage {
            Stage::Open if control.shaking.is_some() => self.shake(&mut control),
            Stage::Open => self.serve_lines(&mut control),
            Stage::Lingering => self.discard(&mut control),
            Stage::Leaving | Stage::Gone => false,
        };
        self.put_control(control);
        if again {
            self.queue_control(key);
        }
    }

    /// Reads and offers lines while the session wants them. True if the budget ended it.
    fn serve_lines(&mut self, control: &mut Control<I, T>) -> bool {
        let mut lines = Budget::new(self.limits.budgets.lines);
        let mut reads = Budget::new(READS_A_TURN);
        let mut served = 0;
        // Out of the connection for a while, since a line borrows from it.
        let mut framer = std::mem::replace(&mut control.framer, Framer::new(0));
        let again = loop {
            if control.shaking.is_some() {
                // Whatever came in the clear behind the line that asked for TLS was never said.
                framer = Framer::new(self.limits.line);
                break true;
            }
            if std::mem::take(&mut control.cleared) {
                // Nor is what came under TLS behind the line that ended it a command in the clear.
                framer = Framer::new(self.limits.line);
            }
            if !Self::may_speak(control) {
                break false;
            }
            if lines.is_spent() {
                break true;
            }
            // Asked until it has none: that is when it gives its memory back.
            if let Some(line) = framer.next_line() {
                lines.spend(1);
                served += 1;
                self.tell(control, Event::Line(line));
                continue;
            }
            if control.hung_up {
                if !std::mem::replace(&mut control.told, true) {
                    self.tell(control, Event::Hangup);
                }
                break false;
            }
            if reads.is_spent() {
                break true;
            }
            reads.spend(1);
            if !self.fill(control, &mut framer) {
                break false;
            }
        };
        control.framer = framer;
        self.most_spent.lines = self.most_spent.lines.max(served);
        again
    }

    /// Whether a line may be offered: the session wants it and the peer reads our replies.
    fn may_speak(control: &Control<I, T>) -> bool {
        control.stage == Stage::Open && control.session.wants_lines() && !control.channel.is_high()
    }

    /// Reads once. False when nothing more is to be had now.
    fn fill(&mut self, control: &mut Control<I, T>, framer: &mut Framer) -> bool {
        let room = self.scratch.get_mut(..READ).unwrap_or_default();
        match control.channel.read(&mut self.io, room) {
            Ok(Moved::Bytes(count)) => {
                framer.push(room.get(..count).unwrap_or_default());
                control.channel.tail().extend(framer.take_refusals());
                if control.channel.waiting() > 0 {
                    // TLS itself has something to say.
                    self.mark_dirty(control);
                }
                true
            }
            Ok(Moved::End | Moved::Cut) => {
                control.hung_up = true;
                true
            }
            Ok(Moved::Blocked) => false,
            Err(error) => {
                debug!("{}: control connection lost: {error}", control.ends.peer);
                self.lose(control);
                false
            }
        }
    }

    /// Looks whether the peer of `key` is still there, with a read that does not wait for an event:
    /// a process that dies closes all its connections, and the end of a data connection alone must
    /// not pass for the end of a file. What is read on the way is served, so that an ABOR which
    /// came with that end is heard. False if the peer has gone and lines that wait their turn keep
    /// the session from knowing it.
    pub(super) fn probe(&mut self, key: Key) -> bool {
        let Some(mut control) = self.take_control(key) else { return false };
        if control.stage == Stage::Open && !control.hung_up {
            control.channel.suspect();
            let mut framer = std::mem::replace(&mut control.framer, Framer::new(0));
            for _ in 0..READS_A_TURN {
                // Lines that wait their turn must not hide the end behind them.
                if control.hung_up
                    || framer.pending() >= READ
                    || !self.fill(&mut control, &mut framer)
                {
                    break;
                }
            }
            control.framer = framer;
            self.serve_lines(&mut control);
        }
        // A session that was told of the end and lets the transfer go on has heard a QUIT before it.
        let present = control.stage == Stage::Open && (!control.hung_up || control.told);
        self.put_control(control);
        self.queue_control(key);
        present
    }

    /// Throws away what a departing peer still sends. True if the budget ended it.
    fn discard(&mut self, control: &mut Control<I, T>) -> bool {
        for _ in 0..READS_A_TURN {
            match control.channel.read(&mut self.io, &mut self.scratch) {
                Ok(Moved::Bytes(_)) => {}
                Ok(Moved::Blocked) => return false,
                Ok(Moved::End | Moved::Cut) | Err(_) => {
                    self.lose(control);
                    return false;
                }
            }
        }
        true
    }

    /// The deadline of a control connection has passed.
    pub(super) fn control_due(&mut self, key: Key) {
        let Some(mut control) = self.take_control(key) else { return };
        match control.due.take() {
            Some(Due::Session(timer)) => {
                if control.shaking.is_some() {
                    control.channel.unsecure();
                }
                self.tell(&mut control, Event::Expired(timer));
            }
            Some(Due::Release) => self.release(&mut control),
            Some(Due::Arrival) => {
                let outcome = Outcome::Lost { loss: Loss::NeverOpened, bytes: 0 };
                self.end_transfer(&mut control, outcome);
            }
            Some(Due::Stall) => {
                control.due = Some(Due::Stall);
                self.put_control(control);
                return self.stalled(key);
            }
            Some(Due::Handshake) if control.shaking.is_some() => {
                self.give_handshake_up(&mut control)
            }
            Some(Due::Handshake) => self.end_transfer(&mut control, Self::unsecured()),
            Some(Due::Linger) if control.stage == Stage::Leaving => self.linger_on(&mut control),
            Some(Due::Linger) => self.lose(&mut control),
            None => {}
        }
        self.put_control(control);
        self.queue_control(key);
    }

    /// A departing peer has taken none of the last words for a linger, as far as events tell. They come
    /// late, so a write is tried: if that is taken, the peer reads on.
    fn linger_on(&mut self, control: &mut Control<I, T>) {
        control.channel.suspect_room();
        self.flush(control);
        if control.due.is_none() {
            self.lose(control);
        }
    }

    /// Begins the departure: nothing more is served, what was said is written.
    pub(super) fn bid_farewell(&mut self, control: &mut Control<I, T>) {
        if control.stage != Stage::Open {
            return;
        }
        self.forsake(control);
        control.seat = None;
        control.stage = Stage::Leaving;
        control.gone_by = self.now + self.limits.linger * FAREWELL_LINGERS;
        self.clients = self.clients.saturating_sub(1);
        self.set_due(control, Due::Linger, self.limits.linger);
        self.mark_dirty(control);
    }

    /// The connection is of no more use: closes it, and what hangs on it, at the end of the pass.
    pub(super) fn lose(&mut self, control: &mut Control<I, T>) {
        if control.stage == Stage::Gone {
            return;
        }
        self.forsake(control);
        if control.stage == Stage::Open {
            self.clients = self.clients.saturating_sub(1);
        }
        control.seat = None;
        control.stage = Stage::Gone;
        self.graveyard.push(control.key);
    }

    /// [`Reactor::lose`] by key.
    pub(super) fn part_with(&mut self, key: Key) {
        if let Some(mut control) = self.take_control(key) {
            self.lose(&mut control);
            self.put_control(control);
        }
    }

    /// Writes, once for all that was said in this pass.
    pub(super) fn flush_dirty(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for key in dirty.drain(..) {
            let Some(mut control) = self.take_control(key) else { continue };
            control.dirty = false;
            self.flush(&mut control);
            self.put_control(control);
        }
        self.dirty = dirty;
    }

    fn flush(&mut self, control: &mut Control<I, T>) {
        let was_high = control.channel.is_high();
        let waited = control.channel.waiting();
        let leaving = control.stage == Stage::Leaving;
        // The end goes with the last words: who goes at those answers what comes later by a reset.
        let written = if leaving {
            control.channel.finish(&mut self.io)
        } else {
            control.channel.flush(&mut self.io)
        };
        match written {
            Ok(Moved::End | Moved::Cut | Moved::Bytes(_)) => {}
            Ok(Moved::Blocked) => {
                // A peer on a slow line is not cut off from what was said, as long as it reads.
                let reads_on = control.channel.waiting() < waited && self.now < control.gone_by;
                if leaving && reads_on {
                    self.set_due(control, Due::Linger, self.limits.linger);
                }
                return;
            }
            Err(error) => {
                debug!("{}: control connection lost: {error}", control.ends.peer);
                self.lose(control);
                return;
            }
        }
        if leaving && control.hung_up {
            self.lose(control);
        } else if leaving {
            control.stage = Stage::Lingering;
            self.set_due(control, Due::Linger, self.limits.linger);
            self.requeue(control);
        } else if was_high {
            self.requeue(control);
        }
    }

    /// Queues a control connection that is out of its slot.
    pub(super) fn requeue(&mut self, control: &mut Control<I, T>) {
        if !std::mem::replace(&mut control.queued, true) {
            self.controls.push(control.key, self.passes);
        }
    }
}
