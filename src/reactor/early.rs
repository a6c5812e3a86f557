//! Data connections on which the peer begins its TLS handshake before the order comes.
//!
//! Some clients end the handshake of a passive data connection before they say what it is for. Whether
//! data is protected is looked at when it is to move (RFC 4217, section 10.2), so nothing is begun
//! here on a connection that is silent. But where data would be private as things are, and something
//! comes and no order with it, the handshake is taken up, since both ends would wait for each other
//! otherwise. It is begun as that of an upload, behind which there are no tickets, since the direction
//! isn't known. For clients that send both at once and await neither, the order is given [`ALONE`].
//!
//! What was begun can't be taken back. If the order is for data in the clear then, or if the
//! handshake has failed by then, the transfer is as one whose data connection was lost. No more is
//! read than the handshake, and that has its time limit from the hello on.
//!
//! It refuses to know what the transfer will be. The data connections' turns call it, and what carries
//! out the session's effects does when the order comes.

use std::time::Duration;

use log::debug;

use super::control::{Control, Due, Way};
use super::data::Data;
use super::{Moving, Reactor, Slot};
use crate::channel::Handshake;
use crate::io::Io;
use crate::terms::{Key, Loss, Outcome, Protection};
use crate::tree::Tree;

/// How long an order may come behind the hello on its data connection, and have that begun as it
/// demands: who sends the two at once, on two connections, means them to come in that order.
const ALONE: Duration = Duration::from_millis(50);

impl<I: Io, T: Tree> Reactor<I, T> {
    /// The session says how its next data connection is to be protected. One may stand already.
    pub(super) fn set_level(&mut self, control: &mut Control<I, T>, level: Protection) {
        control.level = level;
        if level == Protection::Private
            && let Some(Way::Up(key)) = control.link.as_ref().map(|link| link.way)
        {
            self.await_hello(key);
            // What has come before is not told of again.
            self.queue_data(key);
        }
    }

    /// Sees to it that an event comes when the peer of a data connection that waits for its order
    /// says something.
    pub(super) fn await_hello(&mut self, key: Key) {
        if let Some(Slot::Data(data)) = self.slots.get_mut(key)
            && data.transfer.is_none()
            && data.channel.is_clear()
            && let Err(error) = data.channel.await_bytes(&mut self.io)
        {
            debug!("{:?}: data connection can't be watched: {error}", data.owner);
        }
    }

    /// One turn of a data connection that has no transfer and is out of its slot.
    pub(super) fn early_turn(&mut self, key: Key, mut data: Box<Data<I, T>>) {
        if !data.channel.is_clear() && !data.channel.is_shaking() {
            // The last of the handshake, if the socket has not taken it yet.
            let _ = data.channel.flush(&mut self.io);
        }
        if !self.has_hello(key, &mut data) {
            self.put_data(key, data);
            return;
        }
        if !self.takes_step() {
            self.put_data(key, data);
            return self.queue_data(key);
        }
        let step = data.channel.shake(&mut self.io);
        let disliked = matches!(&step, Err(error) if Self::loss_by(error) == Loss::Insecure);
        // Nothing has come, or the end alone: it is as it was, and so is what the order makes of that.
        let silent = !disliked && data.channel.unsecure();
        data.alone &= !silent;
        let owner = data.owner;
        self.put_data(key, data);
        match step {
            _ if silent => {}
            Ok(Handshake::Done(_)) => self.timers.clear(key),
            Ok(more) => {
                if self.timers.deadline(key).is_none() {
                    self.timers.set(key, self.now + self.limits.handshake);
                }
                if more == Handshake::Again {
                    self.queue_data(key);
                }
            }
            Err(error) => {
                debug!("{owner:?}: early TLS handshake of the data connection failed: {error}");
                self.spoil(owner, key, Self::loss_by(&error));
            }
        }
    }

    /// Whether a handshake is under way on a data connection that waits for its order, or may be
    /// begun: it is begun then.
    fn has_hello(&mut self, key: Key, data: &mut Data<I, T>) -> bool {
        let Some(Slot::Control(control)) = self.slots.get(data.owner) else { return false };
        if control.link.as_ref().is_none_or(|link| link.way != Way::Up(key)) {
            return false;
        }
        if !data.channel.is_clear() {
            return data.channel.is_shaking();
        }
        if control.level != Protection::Private || !data.channel.is_readable() {
            return false;
        }
        if data.alone {
            return data.channel.secure_beside(&control.channel, true).is_ok();
        }
        if self.timers.deadline(key).is_none() {
            self.timers.set(key, self.now + ALONE);
        }
        false
    }

    /// The time of a data connection that waits for its order is over: that for the order to come with
    /// the hello, or that for the handshake.
    pub(super) fn early_due(&mut self, key: Key) {
        let Some(Slot::Data(data)) = self.slots.get_mut(key) else { return };
        if data.channel.is_clear() {
            data.alone = true;
            return self.queue_data(key);
        }
        let owner = data.owner;
        self.spoil(owner, key, Loss::Unsecured);
    }

    /// A data connection will not do before its order has come, which will be told so.
    fn spoil(&mut self, owner: Key, key: Key, loss: Loss) {
        if let Some(Slot::Control(control)) = self.slots.get_mut(owner)
            && let Some(link) = control.link.as_mut().filter(|link| link.way == Way::Up(key))
        {
            link.way = Way::Spoiled(loss);
            self.graveyard.push(key);
        }
    }

    /// Gives an order to the data connection that stands. Returns how it has ended, if that is known
    /// at once.
    pub(super) fn take_up(
        &mut self,
        control: &mut Control<I, T>,
        key: Key,
        transfer: Moving<T>,
    ) -> Option<Outcome> {
        let protection = transfer.protection();
        let (due, wait) = self.limits.once_up(protection);
        let until = self.timers.deadline(key);
        self.timers.clear(key);
        let Some(Slot::Data(data)) = self.slots.get_mut(key) else {
            control.link = None;
            return Some(Outcome::Lost { loss: Loss::NeverOpened, bytes: 0 });
        };
        data.channel.suspect();
        data.channel.unsecure();
        let (due, wait, loss) = match protection {
            _ if data.channel.is_clear() => {
                data.transfer = Some(transfer);
                let safe = data.protect(&control.channel);
                (due, wait, (!safe).then_some(Loss::Insecure))
            }
            // TLS has been begun, and the peer has not said so: it thinks of another level.
            Protection::Clear => (due, wait, Some(Loss::Insecure)),
            Protection::Private => {
                data.transfer = Some(transfer);
                if data.channel.is_shaking() {
                    (due, until.map_or(wait, |until| until.since(self.now)), None)
                } else {
                    let loss = Self::objection(&control.channel, &data.channel);
                    (Due::Stall, self.limits.stall, loss)
                }
            }
        };
        if let Some(loss) = loss {
            debug!("{}: the data connection will not do: {loss:?}", control.ends.peer);
            self.unlink(control);
            return Some(Outcome::Lost { loss, bytes: 0 });
        }
        self.set_due(control, due, wait);
        self.queue_data(key);
        None
    }
}
