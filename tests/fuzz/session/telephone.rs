//! The peer's end of one connection: what is still to be said on it, and how much is still read.

use super::script::Fate;
use crate::net::{ConnId, Got, Net};

/// What has happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// It is up.
    Up,
    /// It was refused.
    Down,
    /// Something came, or there is room.
    Stirred,
}

/// The peer's end of a connection.
pub(crate) struct Telephone {
    pub(crate) conn: ConnId,
    /// What came and was not looked at yet.
    pub(crate) heard: Vec<u8>,
    up: bool,
    over: bool,
    unsaid: Vec<u8>,
    /// What becomes of it when all is said.
    fate: Option<Fate>,
    /// Bytes that are still to be read, if that has an end.
    appetite: Option<usize>,
}

impl Telephone {
    pub(crate) const fn new(conn: ConnId) -> Self {
        Self {
            conn,
            heard: Vec::new(),
            up: false,
            over: false,
            unsaid: Vec::new(),
            fate: None,
            appetite: None,
        }
    }

    /// Whether nothing more will come.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn ring(&mut self, call: Call, net: &mut Net) {
        match call {
            Call::Up => self.up = true,
            Call::Down => self.over = true,
            Call::Stirred => {}
        }
        self.move_on(net);
    }

    pub(crate) fn say(&mut self, bytes: &[u8], net: &mut Net) {
        if self.fate.is_none() {
            self.unsaid.extend_from_slice(bytes);
            self.move_on(net);
        }
    }

    /// Reads so many bytes more and then none, or all.
    pub(crate) const fn read_on(&mut self, most: Option<usize>) {
        self.appetite = most;
    }

    pub(crate) fn shut(&self, shut: bool, net: &mut Net) {
        if !self.over {
            net.shut_window(self.conn, shut);
        }
    }

    pub(crate) fn part(&mut self, fate: Fate, net: &mut Net) {
        if self.fate == Some(Fate::End) || self.fate.is_none() {
            self.fate = Some(fate);
        }
        self.move_on(net);
    }

    /// Says what there is room for and reads what has come.
    pub(crate) fn move_on(&mut self, net: &mut Net) {
        if !self.up || self.over {
            return;
        }
        if !self.unsaid.is_empty() && self.fate != Some(Fate::Reset) {
            let count = net.write(self.conn, &self.unsaid);
            self.unsaid.drain(..count);
        }
        match self.fate {
            Some(Fate::Reset) => {
                net.reset(self.conn);
                self.over = true;
                return;
            }
            Some(Fate::End) if self.unsaid.is_empty() => net.finish(self.conn),
            Some(Fate::Close) if self.unsaid.is_empty() => {
                net.hang_up(self.conn);
                self.over = true;
                return;
            }
            Some(Fate::End | Fate::Close) | None => {}
        }
        loop {
            let most = self.appetite.unwrap_or(1 << 16).min(1 << 16);
            if most == 0 {
                return;
            }
            match net.read(self.conn, &mut self.heard, most) {
                Got::Bytes(count) => {
                    if let Some(appetite) = &mut self.appetite {
                        *appetite -= count;
                    }
                }
                Got::Blocked => return,
                Got::End if self.fate.is_none() && !self.unsaid.is_empty() => return,
                Got::End | Got::Broken => {
                    net.hang_up(self.conn);
                    self.over = true;
                    return;
                }
            }
        }
    }
}
