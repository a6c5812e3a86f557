//! The visitor's end of a data connection: moves bytes until the end, or until its mischief.

use std::net::SocketAddr;
use std::time::Duration;

use coracle::client::user_pi::Input;

use super::deed::{How, Mischief};
use super::{DIAL, LATE, PATIENCE, SLOW, Visitor};
use crate::net::{ConnId, Got};
use crate::peers::{Stage, address_of};

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
            | Mischief::Strangers(_)
            | Mischief::Mute => usize::MAX,
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

/// What the visitor does with it.
impl Visitor {
    pub(super) fn open_data(&mut self, address: SocketAddr, stage: &mut Stage<'_>) {
        self.data = Some(Data::new());
        self.target = Some(address);
        let mischief = self.mischief();
        if mischief == Mischief::NeverConnect {
            stage.net.alarm(stage.me, Duration::from_secs(5), PATIENCE);
        } else if let Mischief::Strangers(count) = mischief {
            self.send_strangers(count, address, stage);
            stage.net.alarm(stage.me, Duration::from_millis(200), DIAL);
        } else {
            self.dial_data(stage);
        }
    }

    fn send_strangers(&mut self, count: usize, to: SocketAddr, stage: &mut Stage<'_>) {
        for number in 0..count {
            let stranger = address_of(59_000 + (stage.me + number) % 1000, to.ip());
            self.strangers.push(stage.net.dial(stage.me, stranger, to));
        }
    }

    pub(super) fn dial_data(&mut self, stage: &mut Stage<'_>) {
        if let (Mischief::Strangers(count), Some(address)) = (self.mischief(), self.target) {
            self.send_strangers(count, address, stage);
        }
        if let (Some(data), Some(address)) = (&mut self.data, self.target.take()) {
            let conn = stage.net.dial_data(stage.me, self.address, address);
            if let Some(control) = self.control {
                stage.net.same_way(conn, control);
            }
            data.conn = Some(conn);
        }
    }

    pub(super) fn listen(&mut self, stage: &mut Stage<'_>) {
        let mut data = Data::new();
        let address = stage.net.moor(stage.me, self.address);
        if self.mischief() == Mischief::NeverConnect {
            stage.net.black_hole(address);
        }
        data.mooring = Some(address);
        self.data = Some(data);
        let mut asked = Vec::new();
        self.pi.handle(Input::Listening(address), &mut asked);
        self.actions.extend(asked);
    }

    pub(super) fn begin(&mut self, role: Role, stage: &mut Stage<'_>) {
        let Some(data) = &mut self.data else { panic!("data without a connection") };
        data.role = role;
        if let Mischief::Slow(most, _) = self.mischief()
            && let Some(data) = &mut self.data
        {
            data.allowance = most;
            stage.net.alarm(stage.me, Duration::from_millis(1), SLOW);
        }
        self.move_data(stage);
    }

    /// Moves what can be moved, with the mischief of the deed.
    pub(super) fn move_data(&mut self, stage: &mut Stage<'_>) {
        let mischief = self.mischief();
        let payload = self.payload();
        let input = {
            let Some(data) = &mut self.data else { return };
            let Some(conn) = data.conn else { return };
            match data.role {
                Role::Waiting | Role::Over => return,
                Role::Receiving => data.receive(conn, mischief, stage),
                Role::Sending => data.send(conn, &payload, mischief, stage),
            }
        };
        match input {
            None => {
                if let Mischief::Abort(after) = mischief
                    && self.data.as_ref().is_some_and(|data| data.moved() >= after)
                    && !std::mem::replace(&mut self.interrupted, true)
                {
                    self.feed(Input::Interrupted, stage);
                }
            }
            Some(End::Whole) => {
                if let Mischief::AbortLate(millis) | Mischief::VanishLate(millis) = mischief {
                    stage.net.alarm(stage.me, Duration::from_millis(millis), LATE);
                }
                let bytes = self.data.as_ref().map_or(0, Data::moved) as u64;
                self.feed(Input::DataEnded { bytes }, stage);
            }
            Some(End::Broken) => self.feed(Input::DataFailed, stage),
            Some(End::Killed) => {
                // The end of the control connection lies behind more lines than are heard.
                if stage.me.is_multiple_of(2) {
                    self.unsent.extend(b"NOOP\r\n".repeat(100));
                    self.flush(stage);
                }
                self.rude = true;
                self.done = true;
                let conns: Vec<ConnId> =
                    [self.control, self.data.as_ref().and_then(|data| data.conn)]
                        .into_iter()
                        .flatten()
                        .collect();
                stage.net.kill(&conns);
                self.close_data(stage);
            }
        }
    }

    pub(super) fn close_data(&mut self, stage: &mut Stage<'_>) {
        if let Some(data) = self.data.as_mut() {
            let cut_short = data.role == Role::Sending;
            data.role = Role::Over;
            if let Some(conn) = data.conn.take() {
                // FIN would say that half an upload is the whole of it.
                if cut_short {
                    stage.net.reset(conn);
                } else {
                    stage.net.hang_up(conn);
                }
            }
            if let Some(mooring) = data.mooring.take() {
                stage.net.unmoor(mooring);
            }
        }
        self.target = None;
    }
}
