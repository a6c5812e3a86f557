//! What is ready: events into bits and queues, deadlines into events.

use std::collections::VecDeque;

use super::{Reactor, Slot};
use crate::io::{Io, Ready};
use crate::session::Event;
use crate::terms::{ChoreOutcome, Key, Outcome};
use crate::tree::Tree;

/// Keys that have work, in the order in which they came, each with the pass in which it did. That a
/// slot stands in a queue only once is seen to by a flag in the slot.
#[derive(Debug, Default)]
pub(super) struct Queue {
    keys: VecDeque<(Key, u64)>,
}

impl Queue {
    pub(super) fn push(&mut self, key: Key, pass: u64) {
        self.keys.push_back((key, pass));
    }

    pub(super) fn pop(&mut self) -> Option<(Key, u64)> {
        self.keys.pop_front()
    }

    /// Takes `key` out, wherever it stands: for queues that are short.
    pub(super) fn remove(&mut self, key: Key) {
        self.keys.retain(|(queued, _)| *queued != key);
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Takes note of one event. A key of the past finds nothing.
    pub(super) fn note(&mut self, ready: Ready) {
        let key = ready.key;
        if key.is_outside() {
            self.outside.push(key);
            return;
        }
        match self.slots.get_mut(key) {
            Some(Slot::Listener(listener)) => {
                listener.ready = true;
                self.queue_listener(key);
            }
            Some(Slot::Control(control)) => {
                control.channel.note(ready);
                let inline = control.has_inline();
                self.queue_control(key);
                if inline {
                    self.queue_data(key);
                }
            }
            Some(Slot::Data(data)) => {
                data.channel.note(ready);
                self.queue_data(key);
            }
            Some(Slot::Taken) | None => {}
        }
    }

    /// Rings for every slot whose deadline has passed.
    pub(super) fn ring(&mut self) {
        while let Some(index) = self.timers.expired(self.now) {
            let Some(key) = self.slots.key_at(index) else { continue };
            match self.slots.get_mut(key) {
                Some(Slot::Listener(listener)) => {
                    listener.paused = false;
                    self.queue_listener(key);
                }
                Some(Slot::Control(_)) => self.control_due(key),
                Some(Slot::Data(data)) if data.lingers => self.graveyard.push(key),
                Some(Slot::Data(_)) => self.early_due(key),
                Some(Slot::Taken) | None => {}
            }
        }
        if self.drain_until.is_some_and(|until| until <= self.now) {
            self.cut_off();
        }
    }

    pub(super) fn queue_listener(&mut self, key: Key) {
        let pass = self.passes;
        if let Some(Slot::Listener(listener)) = self.slots.get_mut(key)
            && !std::mem::replace(&mut listener.queued, true)
        {
            self.listeners.push(key, pass);
        }
    }

    pub(super) fn queue_control(&mut self, key: Key) {
        let pass = self.passes;
        if let Some(Slot::Control(control)) = self.slots.get_mut(key)
            && !std::mem::replace(&mut control.queued, true)
        {
            self.controls.push(key, pass);
        }
    }

    /// Queues a data connection, or a control connection for the content that is sent inline.
    pub(super) fn queue_data(&mut self, key: Key) {
        let pass = self.passes;
        let queued = match self.slots.get_mut(key) {
            Some(Slot::Data(data)) => &mut data.queued,
            Some(Slot::Control(control)) => &mut control.inline_queued,
            Some(Slot::Listener(_) | Slot::Taken) | None => return,
        };
        if !std::mem::replace(queued, true) {
            self.data.push(key, pass);
        }
    }

    /// The time to drain is over. What still runs is ended and its client told; whoever is here
    /// after another linger is closed.
    fn cut_off(&mut self) {
        let last_words = !std::mem::replace(&mut self.cut_off, true);
        if last_words {
            self.drain_until = Some(self.now + self.limits.linger);
        }
        self.given_up |= !last_words;
        let keys: Vec<Key> = self.slots.iter().map(|(key, _)| key).collect();
        for key in keys {
            if last_words {
                self.cut_short(key);
            } else {
                self.part_with(key);
            }
        }
    }

    /// Ends the transfer or the work of a control connection, if it has one. What only waits for
    /// the disk has been given its word and may still have it kept.
    fn cut_short(&mut self, key: Key) {
        let Some(mut control) = self.take_control(key) else { return };
        if Self::is_committing(&control) {
            self.put_control(control);
            return;
        }
        if self.dismiss(&mut control) {
            self.tell(&mut control, Event::Chore(ChoreOutcome::Aborted));
        } else if let Some(bytes) = self.moved(&control) {
            self.end_transfer(&mut control, Outcome::Aborted { bytes });
        }
        self.put_control(control);
        self.queue_control(key);
    }
}
