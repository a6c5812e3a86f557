//! Events into a session, and its effects into the world.

use std::time::Duration;

use log::{info, warn};

use super::control::{Control, Due, Stage, Way};
use super::{Reactor, Slot};
use crate::accounts::gate::Incident;
use crate::io::Io;
use crate::session::{Answer, Effect, Effects, Event, House, Order, Timer};
use crate::terms::{ChoreOutcome, Loss, Outcome, Route};
use crate::transfer::Transfer;
use crate::tree::Tree;

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Tells a session of one event and carries out all that it asks for, the answers to that
    /// included.
    pub(super) fn tell(&mut self, control: &mut Control<I, T>, event: Event<'_>) {
        // Whoever has had its last word, or is about to, hears no other.
        if control.stage != Stage::Open {
            return;
        }
        let mut effects = std::mem::take(&mut self.effects);
        let mut answer = self.handle(control, event, &mut effects);
        while let Some(event) = answer {
            answer = self.handle(control, event, &mut effects);
        }
        self.effects = effects;
    }

    /// One event. Returns the event that answers what the session asked for, if it is known at
    /// once.
    fn handle(
        &mut self,
        control: &mut Control<I, T>,
        event: Event<'_>,
        effects: &mut Effects<T>,
    ) -> Option<Event<'static>> {
        let moved = self.moved(control);
        let (peer, local) = (control.ends.peer.ip(), control.ends.local.ip());
        let mut house = House {
            tree: &self.tree,
            accounts: &self.accounts,
            gate: &mut self.gate,
            peer,
            local,
            told: self.limits.passive_address.in_place_of(local, peer),
            settings: &self.settings,
            now: self.now,
            today: self.today,
            moved,
        };
        control.session.handle(event, &mut house, effects);
        self.report();
        let mut answer = None;
        for effect in effects.drain() {
            let known = self.apply(control, effect);
            debug_assert!(known.is_none() || answer.is_none(), "two answers are due at once");
            answer = answer.or(known);
        }
        answer
    }

    fn apply(&mut self, control: &mut Control<I, T>, effect: Effect<T>) -> Option<Event<'static>> {
        match effect {
            Effect::Reply(answer) => self.say(control, &answer),
            Effect::Listen(family) => {
                self.unroute(control);
                return Some(match self.route_passively(control.key, control.ends, family) {
                    Ok((port, address)) => {
                        control.link.get_or_insert_default().way = Way::Waiting(port);
                        Event::RouteReady(address)
                    }
                    Err(fault) => Event::RouteFailed(fault),
                });
            }
            Effect::Dial(address) => {
                self.unroute(control);
                control.link.get_or_insert_default().way = Way::Dial(address);
            }
            Effect::Begin(order) => return self.begin(control, order),
            Effect::Work(chore) => self.undertake(control, chore),
            // Too late: what it comes to will be told.
            Effect::Abort if Self::is_committing(control) => {}
            Effect::Abort => {
                if self.dismiss(control) {
                    return Some(Event::Chore(ChoreOutcome::Aborted));
                }
                let bytes = self.moved(control)?;
                self.unlink(control);
                self.clear_due(control);
                return Some(Event::Outcome(Outcome::Aborted { bytes }));
            }
            Effect::Secure => self.secure(control, false),
            Effect::Unsecure => self.unsecure(control),
            Effect::Protect(level) => self.set_level(control, level),
            Effect::Unroute => self.unroute(control),
            Effect::Verify(challenge) => self.challenges.push((control.key, challenge)),
            Effect::Start(timer) => {
                debug_assert!(self.moved(control).is_none(), "a session's timers rest meanwhile");
                let wait = match timer {
                    Timer::Login => {
                        control.gone_by = self.now + self.limits.login;
                        self.limits.login
                    }
                    Timer::Idle => self.limits.idle,
                };
                self.set_due(control, Due::Session(timer), wait);
            }
            Effect::Withhold(wait) => self.withhold(control, wait),
            Effect::Stop => self.clear_due(control),
            Effect::Close => self.bid_farewell(control),
        }
        None
    }

    /// Lets a time go by for a session. That to log in runs on; if it is over before, it comes first,
    /// and there is nothing to be released any more.
    fn withhold(&mut self, control: &mut Control<I, T>, wait: Duration) {
        if self.now + wait < control.gone_by {
            self.set_due(control, Due::Release, wait);
        }
    }

    /// What was withheld is released, and the time to log in goes on if no other does.
    pub(super) fn release(&mut self, control: &mut Control<I, T>) {
        self.tell(control, Event::Released);
        if control.due.is_none() && control.stage == Stage::Open {
            let left = control.gone_by.since(self.now);
            self.set_due(control, Due::Session(Timer::Login), left);
        }
    }

    /// Logs what the gate has to report.
    pub(super) fn report(&mut self) {
        for incident in self.gate.incidents() {
            match incident {
                Incident::Banned { .. } => warn!("{incident}"),
                Incident::Failed { .. } | Incident::Refused { .. } => info!("{incident}"),
            }
        }
    }

    /// Gives an order to the connection that is to carry it, or lets it wait for that.
    fn begin(&mut self, control: &mut Control<I, T>, order: Order<T>) -> Option<Event<'static>> {
        let route = order.route;
        let transfer = Transfer::new(order);
        let link = control.link.get_or_insert_default();
        if route == Route::Control {
            link.way = Way::Inline;
            link.order = Some(transfer);
            self.queue_inline(control);
            self.set_due(control, Due::Stall, self.limits.stall);
            return None;
        }
        match link.way {
            Way::Waiting(port) => {
                link.order = Some(transfer);
                self.expect_passively(port, control.ends.peer.ip());
                self.set_due(control, Due::Arrival, self.limits.arrival);
                return None;
            }
            Way::Up(key) => return self.take_up(control, key, transfer).map(Event::Outcome),
            Way::Spoiled(loss) => {
                control.link = None;
                return Some(Event::Outcome(Outcome::Lost { loss, bytes: 0 }));
            }
            Way::Dial(peer) => {
                if let Some(key) = self.dial(control, peer, transfer) {
                    control.link.get_or_insert_default().way = Way::Up(key);
                    self.set_due(control, Due::Arrival, self.limits.arrival);
                    return None;
                }
            }
            Way::Unset | Way::Inline | Way::Committing(_) => {}
        }
        control.link = None;
        Some(Event::Outcome(Outcome::Lost { loss: Loss::NeverOpened, bytes: 0 }))
    }

    /// Puts what was said behind what is waiting to be written.
    pub(super) fn say(&mut self, control: &mut Control<I, T>, answer: &Answer) {
        let tail = control.channel.tail();
        match answer {
            Answer::Ftp(reply) => reply.write(tail),
            Answer::Guided(prompt) => prompt.write(tail),
        }
        self.mark_dirty(control);
    }

    /// Sees to it that what waits is written at the end of the pass.
    pub(super) fn mark_dirty(&mut self, control: &mut Control<I, T>) {
        if !std::mem::replace(&mut control.dirty, true) {
            self.dirty.push(control.key);
        }
    }

    /// The transfer has ended, for whatever reason: forgets its connection and tells the session.
    pub(super) fn end_transfer(&mut self, control: &mut Control<I, T>, outcome: Outcome) {
        self.unlink(control);
        self.clear_due(control);
        self.tell(control, Event::Outcome(outcome));
    }

    /// Drops whatever data connection there is, and the transfer with it.
    pub(super) fn unlink(&mut self, control: &mut Control<I, T>) {
        let Some(link) = control.link.take() else { return };
        match link.way {
            Way::Waiting(port) => {
                self.unroute_passively(port, control.ends.peer.ip(), control.key);
            }
            Way::Up(key) => {
                if let Some(Slot::Data(data)) = self.slots.get_mut(key) {
                    data.transfer = None;
                }
                self.retire(key);
            }
            Way::Unset | Way::Dial(_) | Way::Spoiled(_) | Way::Inline | Way::Committing(_) => {}
        }
    }

    /// Drops all that hangs on a control connection that will not be served any more.
    pub(super) fn forsake(&mut self, control: &mut Control<I, T>) {
        self.disown_commit(control);
        self.unlink(control);
        self.dismiss(control);
    }

    /// Drops a route that no transfer uses.
    fn unroute(&mut self, control: &mut Control<I, T>) {
        debug_assert!(self.transferred(control).is_none(), "a route in use is dropped");
        self.unlink(control);
    }

    /// Bytes that the running transfer has moved, or that running work is done with; `None` if
    /// nothing runs.
    pub(super) fn moved(&self, control: &Control<I, T>) -> Option<u64> {
        match &control.chore {
            Some(chore) => Some(chore.done()),
            None => self.transferred(control),
        }
    }

    /// Bytes that the running transfer has moved; `None` if none runs.
    fn transferred(&self, control: &Control<I, T>) -> Option<u64> {
        let link = control.link.as_ref()?;
        if let Some(order) = &link.order {
            return Some(order.moved());
        }
        match link.way {
            Way::Up(key) => match self.slots.get(key) {
                Some(Slot::Data(data)) => {
                    data.transfer.as_ref().map(|transfer| transfer.gone(&data.channel))
                }
                Some(Slot::Listener(_) | Slot::Control(_) | Slot::Taken) | None => None,
            },
            Way::Committing(bytes) => Some(bytes),
            Way::Unset | Way::Waiting(_) | Way::Dial(_) | Way::Spoiled(_) | Way::Inline => None,
        }
    }

    pub(super) fn set_due(&mut self, control: &mut Control<I, T>, due: Due, wait: Duration) {
        control.due = Some(due);
        self.timers.set(control.key, self.now + wait);
    }

    pub(super) fn clear_due(&mut self, control: &mut Control<I, T>) {
        control.due = None;
        self.timers.clear(control.key);
    }
}
