//! The visitor's end of a data connection: moves bytes until the end, or until its mischief.

use std::net::SocketAddr;

use super::deed::{How, Mischief};
use crate::net::{ConnId, Got};
use crate::peers::Stage;

/// What the data connection is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Waiting,
    Receiving,
    Sending,
    Over,
}

/// The visitor's end of a data connection.
pub(super) struct Data {
    pub(super) conn: Option<ConnId>,
    pub(super) mooring: Option<SocketAddr>,
    pub(super) role: Role,
    pub(super) received: Vec<u8>,
    pub(super) sent: usize,
    /// All was sent, and its end.
    pub(super) ended: bool,
    /// It may move so many bytes more, where it is slow.
    pub(super) allowance: usize,
}

/// How a data connection came to its end.
pub(super) enum End {
    Whole,
    Broken,
    Killed,
}

impl Data {
    pub(super) const fn new() -> Self {
        Self {
            conn: None,
            mooring: None,
            role: Role::Waiting,
            received: Vec::new(),
            sent: 0,
            ended: false,
            allowance: usize::MAX,
        }
    }

    pub(super) fn moved(&self) -> usize {
        self.received.len().max(self.sent)
    }

    /// The end that a mischief makes after so many bytes, if it is time for it.
    fn sabotage(&mut self, conn: ConnId, mischief: Mischief, stage: &mut Stage<'_>) -> Option<End> {
        let moved = self.moved();
        if let Mischief::Cut(after, how) = mischief
            && moved >= after
        {
            match how {
                How::End => stage.net.hang_up(conn),
                How::Reset => stage.net.reset(conn),
            }
            self.ended = how == How::End;
            self.role = Role::Over;
            return Some(End::Broken);
        }
        if let Mischief::Kill(after) = mischief
            && moved >= after
        {
            self.role = Role::Over;
            return Some(End::Killed);
        }
        None
    }

    /// Bytes that may be moved now; zero if it is enough for now.
    fn most(&self, mischief: Mischief) -> usize {
        match mischief {
            Mischief::Cut(after, _)
            | Mischief::Kill(after)
            | Mischief::Stall(after)
            | Mischief::Abort(after) => after.saturating_sub(self.moved()),
            Mischief::Slow(..) => self.allowance,
            Mischief::None
            | Mischief::AbortLate(_)
            | Mischief::VanishLate(_)
            | Mischief::NeverConnect
            | Mischief::StrangerFirst => usize::MAX,
        }
    }

    pub(super) fn receive(
        &mut self,
        conn: ConnId,
        mischief: Mischief,
        stage: &mut Stage<'_>,
    ) -> Option<End> {
        loop {
            if let Some(end) = self.sabotage(conn, mischief, stage) {
                return Some(end);
            }
            let most = self.most(mischief).min(64 * 1024);
            if most == 0 {
                return None;
            }
            match stage.net.read(conn, &mut self.received, most) {
                Got::Bytes(count) => self.allowance -= count.min(self.allowance),
                Got::Blocked => return None,
                Got::End => {
                    self.role = Role::Over;
                    stage.net.hang_up(conn);
                    return Some(End::Whole);
                }
                Got::Broken => {
                    self.role = Role::Over;
                    stage.net.hang_up(conn);
                    return Some(End::Broken);
                }
            }
        }
    }

    pub(super) fn send(
        &mut self,
        conn: ConnId,
        payload: &[u8],
        mischief: Mischief,
        stage: &mut Stage<'_>,
    ) -> Option<End> {
        // What the server says on a data connection that it does not read is its end.
        let mut nothing = Vec::new();
        if let Got::Broken | Got::End = stage.net.read(conn, &mut nothing, 1) {
            self.role = Role::Over;
            stage.net.hang_up(conn);
            return Some(End::Broken);
        }
        loop {
            if let Some(end) = self.sabotage(conn, mischief, stage) {
                return Some(end);
            }
            let rest = payload.get(self.sent..).unwrap_or_default();
            if rest.is_empty() {
                self.role = Role::Over;
                self.ended = true;
                stage.net.hang_up(conn);
                return Some(End::Whole);
            }
            let most = self.most(mischief).min(rest.len());
            if most == 0 {
                return None;
            }
            let count = stage.net.write(conn, &rest[..most]);
            if count == 0 {
                return None;
            }
            self.sent += count;
            self.allowance -= count.min(self.allowance);
        }
    }
}
