//! The end of a pass: what is over is deregistered, closed and forgotten, and its key with it.
//!
//! Nothing is closed while connections are served, so within a pass a key always means the connection
//! that it meant when the pass began.

use super::{Reactor, Slot};
use crate::io::Io;
use crate::terms::Key;
use crate::tree::Tree;

impl<I: Io, T: Tree> Reactor<I, T> {
    /// Closes all that is over.
    pub(super) fn reap(&mut self) {
        let mut graveyard = std::mem::take(&mut self.graveyard);
        for key in graveyard.drain(..) {
            self.bury(key);
        }
        self.graveyard = graveyard;
    }

    /// Closes data connections that are over, and leaves the others their last words.
    pub(super) fn reap_data(&mut self) {
        let mut graveyard = std::mem::take(&mut self.graveyard);
        graveyard.retain(|&key| {
            let is_data = matches!(self.slots.get(key), Some(Slot::Data(_)));
            if is_data {
                self.bury(key);
            }
            !is_data
        });
        self.graveyard = graveyard;
    }

    fn bury(&mut self, key: Key) {
        let Some(slot) = self.slots.remove(key) else { return };
        self.timers.clear(key);
        match slot {
            Slot::Listener(listener) => self.io.close_listener(listener.socket),
            Slot::Control(control) => {
                self.connections = self.connections.saturating_sub(1);
                control.channel.close(&mut self.io);
            }
            Slot::Data(data) => {
                self.lingering -= usize::from(data.lingers);
                data.channel.close(&mut self.io);
            }
            Slot::Taken => {}
        }
    }
}
