//! A client that uses the real user-PI: logs in, lists, fetches and puts, as it was told to, and
//! checks what it is told against what it holds.
//!
//! It is polite on the control connection, where it reads all and never writes what it was not
//! asked to. On the data connection it does the mischief that a deed asks for.

mod data;
mod deed;
mod judge;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coracle::client::user_pi::{Action, DataMode, Input, Secret, StoreStart, Task, UserPi};

pub(crate) use deed::{Deed, How, Mischief};

use super::{Actor, Ledger, START, Stage, Version};
use crate::net::{ConnId, Got, Wake};
use data::{Data, Role};
use deed::brief;

/// The tag of the alarm with which a slow reader goes on.
const SLOW: u64 = 1;

/// The tag of the alarm with which a pause ends.
const REST: u64 = 2;

/// The tag of the alarm with which it gives up on a data connection that it never made.
const PATIENCE: u64 = 3;

/// Tags of alarms that dial the data connection, behind a stranger's.
const DIAL: u64 = 4;

/// The tag of the alarm with which it thinks better of what has moved whole.
const LATE: u64 = 5;

/// A client with a plan.
pub(crate) struct Visitor {
    address: IpAddr,
    pi: UserPi,
    ledger: Ledger,
    plan: VecDeque<Deed>,
    deed: Option<Deed>,
    control: Option<ConnId>,
    unsent: Vec<u8>,
    data: Option<Data>,
    /// Where data connections are to be dialled, behind the stranger's.
    target: Option<SocketAddr>,
    /// Strangers' connections, which are to be closed without a byte.
    strangers: Vec<ConnId>,
    interrupted: bool,
    /// What the file of the running upload held before, and is to hold if it succeeds.
    before: Version,
    intended: Version,
    /// It has been rude, so that a lost connection is its own fault.
    rude: bool,
    done: bool,
    actions: VecDeque<Action>,
}

impl Visitor {
    /// A visitor at `address` who will do what `plan` says.
    pub(crate) fn new(
        address: IpAddr,
        server: IpAddr,
        mode: DataMode,
        plan: impl IntoIterator<Item = Deed>,
    ) -> Self {
        let mut pi = UserPi::new(server);
        pi.use_mode(mode);
        Self {
            address,
            pi,
            ledger: Ledger::new(),
            plan: plan.into_iter().collect(),
            deed: None,
            control: None,
            unsent: Vec::new(),
            data: None,
            target: None,
            strangers: Vec::new(),
            interrupted: false,
            before: None,
            intended: None,
            rude: false,
            done: false,
            actions: VecDeque::new(),
        }
    }

    fn mischief(&self) -> Mischief {
        match &self.deed {
            Some(Deed::Fetch { mischief, .. } | Deed::Put { mischief, .. }) => *mischief,
            Some(_) | None => Mischief::None,
        }
    }

    fn payload(&self) -> Rc<[u8]> {
        match &self.deed {
            Some(Deed::Put { payload, .. }) => Rc::clone(payload),
            Some(_) | None => Rc::from([].as_slice()),
        }
    }

    /// Feeds the user-PI and does what it asks for, until it asks for nothing.
    fn feed(&mut self, input: Input<'_>, stage: &mut Stage<'_>) {
        let mut asked = Vec::new();
        self.pi.handle(input, &mut asked);
        self.actions.extend(asked);
        while let Some(action) = self.actions.pop_front() {
            self.act(action, stage);
        }
    }

    fn act(&mut self, action: Action, stage: &mut Stage<'_>) {
        match action {
            Action::Send(bytes) => {
                self.ledger.sent(&bytes);
                self.unsent.extend_from_slice(&bytes);
                self.flush(stage);
            }
            Action::Secure => unreachable!("no plan has TLS in it"),
            Action::OpenData(address) => self.open_data(address, stage),
            Action::Listen => self.listen(stage),
            Action::ReceiveData => self.begin(Role::Receiving, stage),
            Action::SendData => self.begin(Role::Sending, stage),
            Action::CloseData => self.close_data(stage),
            Action::CloseControl => {
                if let Some(control) = self.control {
                    stage.net.hang_up(control);
                }
                self.close_data(stage);
                self.done = true;
            }
            Action::Finished(result) => {
                self.conclude(result, stage);
                self.go_on(stage);
            }
        }
    }

    /// Begins the next deed, if none is under way.
    fn go_on(&mut self, stage: &mut Stage<'_>) {
        if self.deed.is_some() || self.done || !self.pi.is_idle() {
            return;
        }
        let Some(deed) = self.plan.pop_front() else {
            // The end of the plan: stay until the server is tired of it.
            return;
        };
        stage.net.trace(|| format!("    p{} {}", stage.me, brief(&deed)));
        self.deed = Some(deed.clone());
        self.interrupted = false;
        let task = match deed {
            Deed::Login { user, password, .. } => {
                Task::Login { user: user.into(), password: Secret::new(password) }
            }
            Deed::Do(task, _) | Deed::List { task, .. } => task,
            Deed::Fetch { path, offset, .. } => Task::Retrieve { path, offset },
            Deed::Trespass { path } => Task::Retrieve { path, offset: 0 },
            Deed::Put { path, payload, start, mischief } => {
                self.intend(&path, &payload, start, mischief, stage);
                Task::Store { path, start }
            }
            Deed::Pause(span) => {
                stage.net.alarm(stage.me, span, REST);
                return;
            }
            Deed::Silence => {
                self.rude = true;
                return;
            }
            Deed::HalfClose => {
                self.rude = true;
                if let Some(control) = self.control {
                    stage.net.finish(control);
                }
                return;
            }
            Deed::Vanish(how) => {
                self.vanish(how, stage);
                return;
            }
        };
        self.feed(Input::Do(task), stage);
    }

    fn vanish(&mut self, how: How, stage: &mut Stage<'_>) {
        self.rude = true;
        self.done = true;
        if let Some(control) = self.control {
            match how {
                How::End => stage.net.hang_up(control),
                How::Reset => stage.net.reset(control),
            }
        }
        self.close_data(stage);
    }

    /// Works out what an upload makes of its file.
    fn intend(
        &mut self,
        path: &[u8],
        payload: &Rc<[u8]>,
        start: StoreStart,
        mischief: Mischief,
        stage: &mut Stage<'_>,
    ) {
        self.before = stage.lore.content(path);
        stage.lore.add_version(path, self.before.clone());
        // Where there is no file, APPE goes on from what a broken upload has left.
        let left = match self.before {
            None => stage.lore.left(path),
            Some(_) => None,
        };
        let old: &[u8] = self.before.as_deref().or(left.as_deref()).unwrap_or_default();
        let kept = match start {
            StoreStart::Replace => 0,
            StoreStart::Append => old.len(),
            StoreStart::Restart(offset) => usize::try_from(offset).unwrap_or(usize::MAX),
        };
        // What is cut with FIN looks like a shorter file that is whole.
        let sent = if let Mischief::Cut(after, How::End) = mischief {
            payload.len().min(after)
        } else {
            payload.len()
        };
        let kept = old.get(..kept).unwrap_or_default();
        let whole: Rc<[u8]> = [kept, &payload[..sent]].concat().into();
        self.intended = Some(Rc::clone(&whole));
        if !mischief.spares_the_file(payload.len()) {
            stage.lore.add_version(path, Some(whole));
        }
    }

    fn flush(&mut self, stage: &mut Stage<'_>) {
        if let Some(control) = self.control
            && !self.unsent.is_empty()
        {
            let taken = stage.net.write(control, &self.unsent);
            self.unsent.drain(..taken);
        }
    }

    fn listen_to_control(&mut self, control: ConnId, stage: &mut Stage<'_>) {
        self.flush(stage);
        loop {
            let mut bytes = Vec::new();
            match stage.net.read(control, &mut bytes, 4096) {
                Got::Blocked => return,
                Got::Bytes(_) => {
                    let before = self.ledger.is_shown_out();
                    self.ledger.received(&bytes);
                    stage.lore.tally.closed += u64::from(self.ledger.is_shown_out() && !before);
                    self.feed(Input::Received(&bytes), stage);
                    if self.done {
                        return;
                    }
                }
                Got::End | Got::Broken => {
                    self.farewell(stage);
                    return;
                }
            }
        }
    }

    /// The server has closed the control connection.
    fn farewell(&mut self, stage: &mut Stage<'_>) {
        if !self.rude && !stage.is_cut_off() {
            assert!(
                self.ledger.is_closing() || (self.ledger.is_unheard() && !stage.lore.calm),
                "the control connection ended without a word; owed: {}",
                self.ledger.describe()
            );
        }
        let through = self.plan.is_empty() && self.deed.is_none();
        assert!(
            self.rude || through || !stage.lore.calm || self.ledger.owes() == 0,
            "shown out before it was through: {}",
            self.ledger.describe()
        );
        if let Some(control) = self.control.take() {
            stage.net.hang_up(control);
        }
        self.feed(Input::Closed, stage);
        // What the server calls complete is still read to its end, but by who never reads on.
        if matches!(self.mischief(), Mischief::Stall(_)) {
            self.feed(Input::Interrupted, stage);
        }
        if self.pi.is_over() {
            self.close_data(stage);
            self.done = true;
        }
    }
}

impl Actor for Visitor {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        if self.done {
            return;
        }
        match wake {
            Wake::Alarm(START) => {
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            Wake::Opened(conn) if self.control == Some(conn) => self.go_on(stage),
            Wake::Refused(conn) if self.control == Some(conn) => self.done = true,
            Wake::Stirred(conn) if self.control == Some(conn) => {
                self.listen_to_control(conn, stage);
                self.go_on(stage);
            }
            Wake::Opened(conn) if self.is_data(conn) => {
                if self.mischief() == Mischief::Mute {
                    stage.net.finish(conn);
                }
                self.feed(Input::DataOpened, stage);
            }
            Wake::Refused(conn) if self.is_data(conn) => self.feed(Input::DataFailed, stage),
            Wake::Called(conn) => {
                match self.data.as_mut().filter(|data| data.mooring.is_some()) {
                    Some(data) if data.conn.is_none() => data.conn = Some(conn),
                    Some(_) | None => return stage.net.hang_up(conn),
                }
                if self.mischief() == Mischief::Mute {
                    stage.net.finish(conn);
                }
                self.move_data(stage);
            }
            Wake::Stirred(conn) if self.is_data(conn) => self.move_data(stage),
            Wake::Stirred(conn) if self.strangers.contains(&conn) => {
                let mut bytes = Vec::new();
                let got = stage.net.read(conn, &mut bytes, 1);
                assert!(!matches!(got, Got::Bytes(_)), "a stranger was sent something");
            }
            Wake::Opened(_) | Wake::Refused(_) | Wake::Stirred(_) => {}
            Wake::Alarm(SLOW) => {
                if let (Mischief::Slow(most, pause), Some(data)) = (self.mischief(), &mut self.data)
                    && data.role != Role::Over
                {
                    data.allowance = most;
                    stage.net.alarm(stage.me, Duration::from_millis(pause), SLOW);
                    self.move_data(stage);
                }
            }
            Wake::Alarm(REST) => {
                if matches!(self.deed, Some(Deed::Pause(_))) {
                    self.deed = None;
                }
                self.go_on(stage);
            }
            Wake::Alarm(PATIENCE) => {
                if self.mischief() == Mischief::NeverConnect {
                    self.feed(Input::DataFailed, stage);
                }
            }
            Wake::Alarm(LATE) if self.data.as_ref().is_some_and(|data| data.ended) => {
                let mischief = self.mischief();
                if matches!(mischief, Mischief::VanishLate(_)) {
                    self.vanish(How::Reset, stage);
                } else if matches!(mischief, Mischief::AbortLate(_))
                    && !std::mem::replace(&mut self.interrupted, true)
                {
                    self.feed(Input::Interrupted, stage);
                }
            }
            Wake::Alarm(DIAL) => self.dial_data(stage),
            Wake::Alarm(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.done || (self.plan.is_empty() && self.deed.is_none())
    }

    fn name(&self) -> String {
        let deed = self.deed.as_ref().map_or_else(|| "idle".to_owned(), brief);
        format!("visitor {} ({deed}, {} to come)", self.address, self.plan.len())
    }
}

impl Visitor {
    fn is_data(&self, conn: ConnId) -> bool {
        self.data.as_ref().is_some_and(|data| data.conn == Some(conn))
    }
}
