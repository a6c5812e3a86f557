//! Data connections: who owns them, and the turns of what they carry.

use std::net::SocketAddr;

use log::debug;

use super::control::{Control, Due, Way};
use super::{Moving, Reactor, Slot};
use crate::channel::Channel;
use crate::io::Io;
use crate::session::Event;
use crate::terms::{Key, Loss, Outcome, Protection};
use crate::transfer::{Step, Transfer};
use crate::tree::Tree;

/// One data connection.
pub(super) struct Data<I: Io, T: Tree> {
    pub(super) channel: Channel<I>,
    /// The control connection that it belongs to.
    pub(super) owner: Key,
    /// Ours, and not up yet.
    pub(super) dialling: bool,
    /// What it carries, once the session has asked for it.
    pub(super) transfer: Option<Moving<T>>,
    /// The transfer is over, and so is what the owner has to do with it: only the peer's
    /// close_notify is awaited, since closing over it would send a reset behind the last bytes.
    pub(super) lingers: bool,
    /// It may be the late connection of a route that was given up: its end means nothing as long as
    /// nothing has moved.
    doubtful: bool,
    /// Something has come for an order that is not there, and that has been waited for.
    pub(super) alone: bool,
    pub(super) queued: bool,
}

impl<I: Io, T: Tree> Data<I, T> {
    fn new(channel: Channel<I>, owner: Key, transfer: Option<Moving<T>>) -> Self {
        Self {
            channel,
            owner,
            dialling: false,
            transfer,
            lingers: false,
            doubtful: false,
            alone: false,
            queued: false,
        }
    }

    /// Begins TLS if what it carries is to be protected. False if that can't be: `control`, its
    /// control connection, is not under TLS.
    pub(super) fn protect(&mut self, control: &Channel<I>) -> bool {
        let Some(transfer) = &self.transfer else { return true };
        match transfer.protection() {
            Protection::Clear => true,
            Protection::Private => {
                self.channel.secure_beside(control, transfer.is_upload()).is_ok()
            }
        }
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// A passive connection has come for the session `owner`: a `doubtful` one, if it may be the
    /// late one of a route that was given up.
    pub(super) fn attach(&mut self, owner: Key, socket: I::Socket, doubtful: bool) {
        let key = self.slots.next_key();
        let Some(Slot::Control(control)) = self.slots.get_mut(owner) else {
            self.io.close(socket);
            return;
        };
        let Some(link) = control.link.as_mut().filter(|link| matches!(link.way, Way::Waiting(_)))
        else {
            self.io.close(socket);
            return;
        };
        link.way = Way::Up(key);
        let transfer = link.order.take();
        let protection = transfer.as_ref().map(Transfer::protection);
        if let Some(protection) = protection {
            let (due, wait) = self.limits.once_up(protection);
            control.due = Some(due);
            self.timers.set(owner, self.now + wait);
        }
        let mut data = Data::new(Channel::accepted(socket, key), owner, transfer);
        data.doubtful = doubtful;
        let safe = data.protect(&control.channel);
        let is_private = control.level == Protection::Private;
        self.slots.insert(Slot::Data(Box::new(data)));
        if !safe {
            self.settle(owner, Self::insecure());
        } else if protection.is_some() {
            self.queue_data(key);
        } else if is_private {
            self.await_hello(key);
        }
    }

    /// Begins an active connection for `transfer`. `None` if it can't even be tried.
    pub(super) fn dial(
        &mut self,
        control: &Control<I, T>,
        peer: SocketAddr,
        transfer: Moving<T>,
    ) -> Option<Key> {
        let key = self.slots.next_key();
        match self.io.dial(control.ends.local, peer, key) {
            Ok(socket) => {
                let mut data =
                    Data::new(Channel::dialling(socket, key), control.key, Some(transfer));
                data.dialling = true;
                if !data.protect(&control.channel) {
                    data.channel.close(&mut self.io);
                    return None;
                }
                Some(self.slots.insert(Slot::Data(Box::new(data))))
            }
            Err(error) => {
                debug!("{peer}: data connection can't be dialled: {error}");
                None
            }
        }
    }

    /// One turn of a data connection, or of content that is sent inline.
    pub(super) fn data_turn(&mut self, key: Key) {
        match self.slots.get(key) {
            Some(Slot::Control(_)) => self.inline_turn(key),
            Some(Slot::Data(_)) => self.connection_turn(key),
            Some(Slot::Listener(_) | Slot::Taken) | None => {}
        }
    }

    fn inline_turn(&mut self, key: Key) {
        let Some(mut control) = self.take_control(key) else { return };
        control.inline_queued = false;
        let order = control.link.as_mut().and_then(|link| link.order.as_mut());
        if let Some(order) = order {
            let pace = self.limits.budgets.pace;
            let step = order.step(&mut self.io, &mut control.channel, pace, &mut self.scratch);
            match step {
                Step::Blocked(false) | Step::Received => {}
                Step::Blocked(true) => self.put_stall_off(key),
                Step::Again => {
                    self.put_stall_off(key);
                    self.queue_inline(&mut control);
                }
                Step::Ended(outcome) => self.conclude(&mut control, outcome),
            }
        }
        self.put_control(control);
    }

    fn connection_turn(&mut self, key: Key) {
        let Some(mut data) = self.take_data(key) else { return };
        data.queued = false;
        if data.lingers {
            return self.await_end(key, data);
        }
        // It waits for its order; or that was dropped in this pass, and has no outcome any more.
        if data.transfer.is_none() {
            return self.early_turn(key, data);
        }
        let owner = data.owner;
        if data.dialling {
            match data.channel.dialled(&mut self.io) {
                Ok(true) => {
                    data.dialling = false;
                    let protection = data.transfer.as_ref().map(Transfer::protection);
                    self.put_data(key, data);
                    self.expect(owner, protection.unwrap_or_default());
                    if let Some(mut control) = self.take_control(owner) {
                        self.tell(&mut control, Event::Connected);
                        self.put_control(control);
                    }
                    return self.queue_data(key);
                }
                Ok(false) => {
                    self.put_data(key, data);
                    return;
                }
                Err(error) => {
                    debug!("{owner:?}: data connection could not be made: {error}");
                    self.put_data(key, data);
                    self.settle(owner, Outcome::Lost { loss: Loss::NeverOpened, bytes: 0 });
                    return;
                }
            }
        }
        if data.channel.is_shaking() {
            return self.shake_data(key, data);
        }
        let Some(transfer) = &mut data.transfer else {
            self.put_data(key, data);
            return;
        };
        if data.doubtful
            && transfer.moved() == 0
            && !transfer.is_upload()
            && data.channel.has_ended(&mut self.io)
        {
            self.put_data(key, data);
            return self.disown(owner);
        }
        let pace = self.limits.budgets.pace;
        let before = transfer.moved();
        let step = transfer.step(&mut self.io, &mut data.channel, pace, &mut self.scratch);
        self.most_spent.moved = self.most_spent.moved.max(transfer.moved() - before);
        self.put_data(key, data);
        match step {
            Step::Blocked(false) => {}
            Step::Blocked(true) => self.put_stall_off(owner),
            Step::Again => {
                self.put_stall_off(owner);
                self.queue_data(key);
            }
            Step::Received => self.receive(key, owner),
            Step::Ended(outcome) => self.settle(owner, outcome),
        }
    }

    /// A doubtful connection has ended before anything has moved: it was a late one, and its client
    /// has meant nothing by its end.
    fn disown(&mut self, owner: Key) {
        self.settle(owner, Outcome::Lost { loss: Loss::Broken, bytes: 0 });
    }

    /// An upload is whole, if its sender is still there to have meant it.
    fn receive(&mut self, key: Key, owner: Key) {
        if let Some(Slot::Data(data)) = self.slots.get(key)
            && data.doubtful
            && data.transfer.as_ref().is_some_and(|transfer| transfer.moved() == 0)
        {
            return self.disown(owner);
        }
        let present = self.probe(owner);
        let transfer = match self.slots.get_mut(key) {
            Some(Slot::Data(data)) => data.transfer.take(),
            Some(Slot::Listener(_) | Slot::Control(_) | Slot::Taken) | None => None,
        };
        let Some(transfer) = transfer else { return };
        let Some(mut control) = self.take_control(owner) else { return };
        if present {
            self.answer_end(key);
            self.commit_upload(&mut control, transfer);
        } else {
            let bytes = transfer.moved();
            drop(transfer);
            self.conclude(&mut control, Outcome::Lost { loss: Loss::Broken, bytes });
        }
        self.put_control(control);
    }

    /// Tells the owner how its transfer ended.
    pub(super) fn settle(&mut self, owner: Key, outcome: Outcome) {
        if let Some(mut control) = self.take_control(owner) {
            self.conclude(&mut control, outcome);
            self.put_control(control);
        }
    }

    pub(super) fn conclude(&mut self, control: &mut Control<I, T>, outcome: Outcome) {
        debug!("{}: {outcome:?}", control.ends.peer);
        self.end_transfer(control, outcome);
        // Lines may have waited for this.
        self.requeue(control);
    }

    /// The transfer of the control connection `owner` has not moved for so long that it is to be ended,
    /// as far as events tell. So it has another turn before: a peer that reads slowly may have made
    /// room that no event speaks of yet.
    pub(super) fn stalled(&mut self, owner: Key) {
        let carrier = match self.slots.get_mut(owner) {
            Some(Slot::Control(control)) => match control.link.as_ref().map(|link| link.way) {
                Some(Way::Up(key)) => Some(key),
                Some(Way::Inline) => {
                    control.channel.suspect_room();
                    Some(owner)
                }
                Some(
                    Way::Unset
                    | Way::Waiting(_)
                    | Way::Dial(_)
                    | Way::Spoiled(_)
                    | Way::Committing(_),
                )
                | None => None,
            },
            Some(Slot::Listener(_) | Slot::Data(_) | Slot::Taken) | None => None,
        };
        if let Some(key) = carrier {
            if let Some(Slot::Data(data)) = self.slots.get_mut(key) {
                data.channel.suspect_room();
            }
            self.data_turn(key);
        }
        let Some(mut control) = self.take_control(owner) else { return };
        // What has moved has put the deadline off, and what has ended is not due any more.
        if control.due == Some(Due::Stall) && self.timers.deadline(owner).is_none() {
            let bytes = self.moved(&control).unwrap_or_default();
            self.end_transfer(&mut control, Outcome::Lost { loss: Loss::Stalled, bytes });
        }
        self.put_control(control);
        self.queue_control(owner);
    }

    /// The transfer of the control connection `owner` has moved.
    fn put_stall_off(&mut self, owner: Key) {
        self.timers.set(owner, self.now + self.limits.stall);
    }

    /// Queues content that is sent inline for its next turn; its control connection is out of its
    /// slot.
    pub(super) fn queue_inline(&mut self, control: &mut Control<I, T>) {
        if !std::mem::replace(&mut control.inline_queued, true) {
            self.data.push(control.key, self.passes);
        }
    }

    pub(super) fn take_data(&mut self, key: Key) -> Option<Box<Data<I, T>>> {
        let slot = self.slots.get_mut(key)?;
        match std::mem::replace(slot, Slot::Taken) {
            Slot::Data(data) => Some(data),
            other @ (Slot::Listener(_) | Slot::Control(_) | Slot::Taken) => {
                *slot = other;
                None
            }
        }
    }

    pub(super) fn put_data(&mut self, key: Key, data: Box<Data<I, T>>) {
        if let Some(slot) = self.slots.get_mut(key) {
            *slot = Slot::Data(data);
        }
    }
}
