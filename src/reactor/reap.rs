//! The end of a pass: what is over is deregistered, closed and forgotten, and its key with it.
//!
//! Nothing is closed earlier, so within a pass a key always means the connection that it meant when
//! the pass began.

use super::{Reactor, Slot};
use crate::io::Io;
use crate::tree::Tree;

impl<I: Io, T: Tree> Reactor<I, T> {
    pub(super) fn reap(&mut self) {
        let mut graveyard = std::mem::take(&mut self.graveyard);
        for key in graveyard.drain(..) {
            let Some(slot) = self.slots.remove(key) else { continue };
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
        self.graveyard = graveyard;
    }
}
