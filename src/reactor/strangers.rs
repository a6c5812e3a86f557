//! Strangers make way: who has been here for a while without logging in gives up its place when all
//! are taken and somebody new comes.
//!
//! Else whoever has addresses enough fills every place with silence, and nobody gets in until the time
//! to log in is over, only to find that the others have come again. As it is they have to come as fast
//! as all places are taken anew within [`GRACE`]. Nobody who is logged in is ever asked to go, and who
//! logs in as clients do has done so long before. Knows of places and of time, and nothing of
//! addresses: how many of the strangers may have the same one is the gate's matter.

use std::collections::VecDeque;
use std::time::Duration;

use super::control::{Control, Stage};
use super::listen::FAREWELLS;
use super::{Reactor, Slot};
use crate::accounts::gate::Refusal;
use crate::io::Io;
use crate::session::Session;
use crate::terms::{Key, Moment};
use crate::tree::Tree;

/// How long nobody is asked to go, so that a crowd of honest clients does not keep itself from logging
/// in: some of them have to wait for their passwords to be checked.
const GRACE: Duration = Duration::from_secs(5);

/// Whoever came as a stranger, in the order of coming. Those who are none any more are dropped when
/// they are met, and all of them once they are many.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    queue: VecDeque<(Key, Moment)>,
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Notes that `key` has come, and is a stranger until it logs in.
    pub(super) fn note_stranger(&mut self, key: Key) {
        let mut queue = std::mem::take(&mut self.strangers.queue);
        // Twice as many as can be strangers at once: so each is looked at a bounded number of times.
        if queue.len() >= 2 * self.limits.clients.max(16) {
            queue.retain(|(key, _)| self.is_stranger(*key));
        }
        queue.push_back((key, self.now));
        self.strangers.queue = queue;
    }

    /// Shows out the stranger who has been here longest, if that is long enough.
    pub(super) fn make_room(&mut self) {
        while let Some(&(key, since)) = self.strangers.queue.front() {
            let stays = self.is_stranger(key);
            if stays && self.now.since(since) < GRACE {
                return;
            }
            self.strangers.queue.pop_front();
            if stays {
                self.show_out(key);
                return;
            }
        }
    }

    /// Whether `key` is served and nobody has logged in on it.
    fn is_stranger(&self, key: Key) -> bool {
        match self.slots.get(key) {
            Some(Slot::Control(control)) => {
                control.stage == Stage::Open && control.session.username().is_none()
            }
            Some(Slot::Listener(_) | Slot::Data(_) | Slot::Taken) | None => false,
        }
    }

    fn show_out(&mut self, key: Key) {
        let Some(mut control) = self.take_control(key) else { return };
        self.gate.turn_away(control.ends.peer.ip(), None, Refusal::Full, self.now);
        self.report();
        if self.hears_farewell(&control) {
            let answer = Session::turned_away(control.session.dialect(), Refusal::Full);
            self.say(&mut control, &answer);
            self.bid_farewell(&mut control);
        } else {
            self.lose(&mut control);
        }
        self.put_control(control);
    }

    /// Whether there is room for last words, and a way to say them.
    fn hears_farewell(&self, control: &Control<I, T>) -> bool {
        let unserved = self.connections.saturating_sub(self.clients);
        control.shaking.is_none() && unserved < FAREWELLS / 2
    }
}
