//! TLS handshakes on control and data connections, and the end of protected data connections.
//!
//! A handshake costs the processor more than anything else that a peer can ask for without having
//! logged in, so a pass takes few steps of them, whoever's they are; the rest wait for the next pass,
//! which does not wait. What is protected and why is the session's matter.

use std::io;
use std::time::Duration;

use log::debug;

use super::control::{Control, Due, Stage};
use super::data::Data;
use super::{Limits, Reactor, Slot};
use crate::channel::{Channel, Handshake, Moved};
use crate::io::Io;
use crate::session::{Event, Session};
use crate::terms::{Key, Loss, Moment, Outcome, Protection, Secured};
use crate::tree::Tree;
use crate::wire::line::Framer;

/// Data connections at most that wait for the peer's close_notify; in a flood of more the rest are
/// closed at once.
const LINGERING: usize = 256;

/// Reads of a lingering data connection in one turn.
const READS_A_TURN: usize = 4;

/// A TLS handshake on a control connection.
pub(super) struct Shaking {
    /// It is implicit TLS: the session has not been told of its connection yet.
    opening: bool,
    /// The deadline of the session's own timer, which runs on meanwhile.
    rest: Option<(Due, Moment)>,
}

impl Limits {
    /// What is due once a data connection of that protection stands, and when.
    pub(super) const fn once_up(&self, protection: Protection) -> (Due, Duration) {
        match protection {
            Protection::Clear => (Due::Stall, self.stall),
            Protection::Private => (Due::Handshake, self.handshake),
        }
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Begins the TLS handshake on a control connection: at its very start if `opening`.
    pub(super) fn secure(&mut self, control: &mut Control<I, T>, opening: bool) {
        let begun = match &self.acceptor {
            Some(acceptor) => control.channel.secure(acceptor),
            None => Err(io::Error::other("there is no certificate")),
        };
        if let Err(error) = begun {
            debug!("{}: no TLS: {error}", control.ends.peer);
            self.lose(control);
            return;
        }
        control.framer = Framer::new(self.limits.line);
        let until = self.now + self.limits.handshake;
        let running = control.due.zip(self.timers.deadline(control.key));
        let rest = running.filter(|(_, at)| *at > until);
        if running.is_none() || rest.is_some() {
            self.set_due(control, Due::Handshake, self.limits.handshake);
        }
        control.shaking = Some(Box::new(Shaking { opening, rest }));
        self.requeue(control);
    }

    /// Ends TLS on a control connection, behind all that was said.
    pub(super) fn unsecure(&mut self, control: &mut Control<I, T>) {
        control.cleared = true;
        match control.channel.clear() {
            Ok(()) => self.mark_dirty(control),
            Err(error) => {
                debug!("{}: TLS could not be ended: {error}", control.ends.peer);
                self.lose(control);
            }
        }
    }

    /// One step of the handshake of a control connection. True if more can be done at once.
    pub(super) fn shake(&mut self, control: &mut Control<I, T>) -> bool {
        if !self.takes_step() {
            return true;
        }
        match control.channel.shake(&mut self.io) {
            Ok(Handshake::Blocked) => false,
            Ok(Handshake::Again) => true,
            Ok(Handshake::Done(secured)) => {
                self.shaken(control, secured);
                true
            }
            Err(error) => {
                debug!("{}: TLS handshake failed: {error}", control.ends.peer);
                self.tell_in_the_clear(control);
                // Our alert, or that, is to reach the peer.
                self.bid_farewell(control);
                false
            }
        }
    }

    /// The time for a handshake on a control connection is over.
    pub(super) fn give_handshake_up(&mut self, control: &mut Control<I, T>) {
        if self.tell_in_the_clear(control) {
            self.bid_farewell(control);
        } else {
            self.lose(control);
        }
    }

    /// Tells a peer of whose handshake nothing has come that nothing comes of it, and says whether
    /// it is one (RFC 4217, section 10.1).
    fn tell_in_the_clear(&mut self, control: &mut Control<I, T>) -> bool {
        let is_clear = control.channel.unsecure();
        if is_clear && let Some(answer) = Session::unsecured(control.session.dialect()) {
            self.say(control, &answer);
        }
        is_clear
    }

    fn shaken(&mut self, control: &mut Control<I, T>, secured: Secured) {
        let Some(shaking) = control.shaking.take() else { return };
        debug!("{}: {} with {}", control.ends.peer, secured.protocol, secured.suite);
        if control.due == Some(Due::Handshake) {
            match shaking.rest {
                Some((due, at)) => {
                    control.due = Some(due);
                    self.timers.set(control.key, at);
                }
                None => self.clear_due(control),
            }
        }
        self.tell(control, Event::Secured(secured));
        if shaking.opening && control.stage == Stage::Open {
            self.open(control);
        }
    }

    /// One step of the handshake of a data connection that is out of its slot.
    pub(super) fn shake_data(&mut self, key: Key, mut data: Box<Data<I, T>>) {
        let owner = data.owner;
        if !self.takes_step() {
            self.put_data(key, data);
            return self.queue_data(key);
        }
        let step = data.channel.shake(&mut self.io);
        let done = matches!(step, Ok(Handshake::Done(_)));
        let objection = match self.slots.get(owner) {
            Some(Slot::Control(control)) if done => {
                Self::objection(&control.channel, &data.channel)
            }
            Some(_) | None => None,
        };
        self.put_data(key, data);
        match (step, objection) {
            (Ok(Handshake::Blocked), _) => {}
            (Ok(Handshake::Again), _) => self.queue_data(key),
            (Ok(Handshake::Done(_)), Some(loss)) => {
                debug!("{owner:?}: the data connection is not of its session: {loss:?}");
                self.settle(owner, Outcome::Lost { loss, bytes: 0 });
            }
            (Ok(Handshake::Done(_)), None) => {
                self.expect(owner, Protection::Clear);
                self.queue_data(key);
            }
            (Err(error), _) => {
                debug!("{owner:?}: TLS handshake of the data connection failed: {error}");
                let loss = Self::loss_by(&error);
                self.settle(owner, Outcome::Lost { loss, bytes: 0 });
            }
        }
    }

    /// What a handshake that has ended so makes of its data connection. What TLS does not like is not
    /// better the next time; a broken connection may be.
    pub(super) fn loss_by(error: &io::Error) -> Loss {
        let is_disliked =
            matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::ConnectionAborted);
        if is_disliked { Loss::Insecure } else { Loss::Unsecured }
    }

    /// Takes one of the steps that this pass may make of handshakes. False if none is left.
    pub(super) fn takes_step(&mut self) -> bool {
        if self.handshakes.is_spent() {
            return false;
        }
        self.handshakes.spend(1);
        self.shaken += 1;
        self.most_spent.handshakes = self.most_spent.handshakes.max(self.shaken);
        true
    }

    /// Why a data connection whose handshake is done will not do: it may not be that of `control`.
    pub(super) fn objection(control: &Channel<I>, data: &Channel<I>) -> Option<Loss> {
        if control.demands_resumption() && !data.is_resumed() {
            Some(Loss::NotResumed)
        } else if control.knows(data) {
            None
        } else {
            Some(Loss::Foreign)
        }
    }

    /// The data connection of `owner` stands, and next comes a handshake, if it is to be protected,
    /// or else the transfer.
    pub(super) fn expect(&mut self, owner: Key, protection: Protection) {
        let (due, wait) = self.limits.once_up(protection);
        if let Some(Slot::Control(control)) = self.slots.get_mut(owner) {
            control.due = Some(due);
            self.timers.set(owner, self.now + wait);
        }
    }

    /// The end of a data connection that can't be protected.
    pub(super) const fn insecure() -> Outcome {
        Outcome::Lost { loss: Loss::Insecure, bytes: 0 }
    }

    /// The end of one that was not protected in time, or broke off before.
    pub(super) const fn unsecured() -> Outcome {
        Outcome::Lost { loss: Loss::Unsecured, bytes: 0 }
    }

    /// Answers the close_notify of an upload with ours, as far as the socket takes it: some clients
    /// wait for it.
    pub(super) fn answer_end(&mut self, key: Key) {
        let Some(mut data) = self.take_data(key) else { return };
        if !data.channel.is_clear() {
            // The upload is whole; whether the peer hears this changes nothing.
            let _ = data.channel.finish(&mut self.io);
        }
        self.put_data(key, data);
    }

    /// A data connection is of no more use to its owner: closes it at the end of the pass, or when
    /// our close_notify has gone and the peer's has come.
    pub(super) fn retire(&mut self, key: Key) {
        if self.lingering < LINGERING
            && let Some(Slot::Data(data)) = self.slots.get_mut(key)
            && data.channel.awaits_end()
        {
            data.lingers = true;
            self.lingering += 1;
            self.timers.set(key, self.now + self.limits.linger);
            self.queue_data(key);
        } else {
            self.graveyard.push(key);
        }
    }

    /// Throws away what still comes on a data connection that is over, until its end, and writes
    /// what is left to be written.
    pub(super) fn await_end(&mut self, key: Key, mut data: Box<Data<I, T>>) {
        let flushed = data.channel.flush(&mut self.io);
        if flushed.is_err() || !data.channel.awaits_end() {
            self.put_data(key, data);
            self.graveyard.push(key);
            return;
        }
        if data.channel.waiting() > 0 {
            self.put_data(key, data);
            return;
        }
        for _ in 0..READS_A_TURN {
            match data.channel.read(&mut self.io, &mut self.scratch) {
                Ok(Moved::Bytes(_)) => {}
                Ok(Moved::Blocked) => {
                    self.put_data(key, data);
                    return;
                }
                Ok(Moved::End | Moved::Cut) | Err(_) => {
                    self.put_data(key, data);
                    self.graveyard.push(key);
                    return;
                }
            }
        }
        self.put_data(key, data);
        self.queue_data(key);
    }
}
