//! A client that uses the real user-PI: logs in, lists, fetches and puts, as it was told to, and
//! checks what it is told against what it holds.
//!
//! It is polite on the control connection, where it reads all and never writes what it was not
//! asked to. On the data connection it does the mischief that a deed asks for.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coracle::client::user_pi::{
    Action, Answer, ClientFault, DataMode, Input, Secret, StoreStart, Task, UserPi,
};

use super::{Actor, Ledger, START, Stage, Version};
use crate::net::{ConnId, Got, Wake};

/// The tag of the alarm with which a slow reader goes on.
const SLOW: u64 = 1;

/// The tag of the alarm with which a pause ends.
const REST: u64 = 2;

/// The tag of the alarm with which it gives up on a data connection that it never made.
const PATIENCE: u64 = 3;

/// Tags of alarms that dial the data connection, behind a stranger's.
const DIAL: u64 = 4;

/// One thing that a visitor does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// USER and PASS; whether it is to be let in.
    Login { user: &'static str, password: &'static str, right: bool },
    /// A task without a data connection, and whether it has to succeed where all is calm; `None`
    /// where either is well.
    Do(Task, Option<bool>),
    /// A download, from an offset.
    Fetch { path: Vec<u8>, offset: u64, mischief: Mischief },
    /// An upload.
    Put { path: Vec<u8>, payload: Rc<[u8]>, start: StoreStart, mischief: Mischief },
    /// A download that has to be refused.
    Trespass { path: Vec<u8> },
    /// A listing, and a name that has to be in it.
    List { task: Task, holds: Option<Vec<u8>> },
    /// Nothing for a while.
    Pause(Duration),
    /// Leave without QUIT.
    Vanish(How),
    /// End its own direction, and wait for the server's.
    HalfClose,
    /// Never do anything again, but stay.
    Silence,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// With FIN.
    End,
    /// With RST.
    Reset,
}

/// What goes wrong with a transfer, after so many bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mischief {
    /// Nothing.
    None,
    /// The data connection is cut.
    Cut(usize, How),
    /// The process dies: control and data connection close in the same instant.
    Kill(usize),
    /// The user interrupts it: ABOR.
    Abort(usize),
    /// The data connection moves nothing any more.
    Stall(usize),
    /// It moves so many bytes at a time, so many milliseconds apart.
    Slow(usize, u64),
    /// The data connection is never made.
    NeverConnect,
    /// A stranger connects to the port first.
    StrangerFirst,
}

/// What the data connection is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Waiting,
    Receiving,
    Sending,
    Over,
}

/// The visitor's end of a data connection.
struct Data {
    conn: Option<ConnId>,
    mooring: Option<SocketAddr>,
    role: Role,
    received: Vec<u8>,
    sent: usize,
    /// All was sent, and its end.
    ended: bool,
    /// It may move so many bytes more, where it is slow.
    allowance: usize,
}

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
            _ => Mischief::None,
        }
    }

    fn payload(&self) -> Rc<[u8]> {
        match &self.deed {
            Some(Deed::Put { payload, .. }) => Rc::clone(payload),
            _ => Rc::from([].as_slice()),
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
        let old: &[u8] = self.before.as_deref().unwrap_or_default();
        let kept = match start {
            StoreStart::Replace => 0,
            StoreStart::Append => old.len(),
            StoreStart::Restart(offset) => usize::try_from(offset).unwrap_or(usize::MAX),
        };
        // What is cut with FIN looks like a shorter file that is whole.
        let sent = match mischief {
            Mischief::Cut(after, How::End) => payload.len().min(after),
            _ => payload.len(),
        };
        let kept = old.get(..kept).unwrap_or_default();
        let whole: Rc<[u8]> = [kept, &payload[..sent]].concat().into();
        self.intended = Some(Rc::clone(&whole));
        if !mischief.spares_the_file(payload.len()) {
            stage.lore.add_version(path, Some(whole));
        }
    }

    // The data connection.

    fn open_data(&mut self, address: SocketAddr, stage: &mut Stage<'_>) {
        self.data = Some(Data::new());
        self.target = Some(address);
        match self.mischief() {
            Mischief::NeverConnect => {
                stage.net.alarm(stage.me, Duration::from_secs(5), PATIENCE);
            }
            Mischief::StrangerFirst => {
                let stranger = super::address_of(59_000 + stage.me % 1000, address.ip());
                let conn = stage.net.dial(stage.me, stranger, address);
                self.strangers.push(conn);
                stage.net.alarm(stage.me, Duration::from_millis(200), DIAL);
            }
            _ => self.dial_data(stage),
        }
    }

    fn dial_data(&mut self, stage: &mut Stage<'_>) {
        if let (Some(data), Some(address)) = (&mut self.data, self.target.take()) {
            let conn = stage.net.dial(stage.me, self.address, address);
            if let Some(control) = self.control {
                stage.net.same_way(conn, control);
            }
            data.conn = Some(conn);
        }
    }

    fn listen(&mut self, stage: &mut Stage<'_>) {
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

    fn begin(&mut self, role: Role, stage: &mut Stage<'_>) {
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
    fn move_data(&mut self, stage: &mut Stage<'_>) {
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
                let bytes = self.data.as_ref().map_or(0, Data::moved) as u64;
                self.feed(Input::DataEnded { bytes }, stage);
            }
            Some(End::Broken) => self.feed(Input::DataFailed, stage),
            Some(End::Killed) => {
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

    fn close_data(&mut self, stage: &mut Stage<'_>) {
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

    // The control connection.

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
                    let closing = self.ledger.is_closing();
                    self.ledger.received(&bytes);
                    if self.ledger.is_closing() && !closing {
                        stage.lore.tally.closed += 1;
                    }
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
        if !self.rude && !stage.lore.cut_off {
            assert!(
                self.ledger.is_closing() || (self.ledger.is_unheard() && !stage.lore.calm),
                "the control connection ended without a word; owed: {}",
                self.ledger.describe()
            );
        }
        self.feed(Input::Closed, stage);
        if let Some(control) = self.control {
            stage.net.hang_up(control);
        }
        self.close_data(stage);
        self.done = true;
    }

    // Judgement.

    fn conclude(&mut self, result: Result<Answer, ClientFault>, stage: &mut Stage<'_>) {
        let Some(deed) = self.deed.take() else { return };
        let me = stage.me;
        stage.net.trace(|| format!("    p{me} {} -> {}", brief(&deed), outcome(&result)));
        if let Err(ClientFault::Protocol(what)) = &result {
            panic!("the user-PI does not understand the server: {what}");
        }
        if matches!(result, Err(ClientFault::Refused(_))) {
            stage.lore.tally.refused += 1;
        }
        let gone = matches!(result, Err(ClientFault::Closing(_) | ClientFault::Lost));
        match deed {
            Deed::Login { user, right, .. } => match &result {
                Ok(_) => assert!(right, "{user} was let in with a wrong password"),
                Err(fault) => assert!(!right || gone, "{user} was not let in: {fault}"),
            },
            Deed::Do(task, wanted) => match wanted {
                Some(wanted) if stage.lore.calm => {
                    assert_eq!(result.is_ok(), wanted, "{task:?} -> {result:?}");
                }
                Some(false) => assert!(result.is_err(), "{task:?} -> {result:?}"),
                Some(true) | None => {}
            },
            Deed::Trespass { path } => assert!(
                gone || matches!(result, Err(ClientFault::Refused(_))),
                "{} -> {result:?}",
                path.escape_ascii()
            ),
            Deed::List { task, holds } => {
                self.judge_listing(&task, holds.as_deref(), &result, stage)
            }
            Deed::Fetch { path, offset, mischief } => {
                self.judge_fetch(&path, offset, mischief, &result, stage);
            }
            Deed::Put { path, mischief, .. } => self.judge_put(&path, mischief, &result, stage),
            Deed::Pause(_) | Deed::Vanish(_) | Deed::HalfClose | Deed::Silence => {}
        }
    }

    fn judge_listing(
        &self,
        task: &Task,
        holds: Option<&[u8]>,
        result: &Result<Answer, ClientFault>,
        stage: &mut Stage<'_>,
    ) {
        let received = self.data.as_ref().map(|data| data.received.as_slice()).unwrap_or_default();
        match result {
            Ok(_) => {
                stage.lore.tally.listed += 1;
                assert!(
                    received.is_empty() || received.ends_with(b"\r\n"),
                    "a listing ends in half a line: {}",
                    received.escape_ascii()
                );
                if let Some(name) = holds {
                    let found = received.windows(name.len()).any(|window| window == name);
                    assert!(found, "{task:?} does not show {}", name.escape_ascii());
                }
            }
            Err(ClientFault::Closing(_) | ClientFault::Lost) => {}
            Err(fault) => assert!(!stage.lore.calm, "{task:?} -> {fault}"),
        }
    }

    fn judge_fetch(
        &self,
        path: &[u8],
        offset: u64,
        mischief: Mischief,
        result: &Result<Answer, ClientFault>,
        stage: &mut Stage<'_>,
    ) {
        let received = self.data.as_ref().map(|data| data.received.as_slice()).unwrap_or_default();
        match result {
            Ok(Answer::Transferred { bytes, .. }) => {
                stage.lore.tally.fetched += 1;
                assert_eq!(*bytes, received.len() as u64);
                let offset = usize::try_from(offset).unwrap_or(usize::MAX);
                assert!(
                    stage.lore.is_version(path, received, offset),
                    "226, and {} bytes of {} from {offset} are not what it held",
                    received.len(),
                    path.escape_ascii()
                );
            }
            Ok(other) => panic!("a download ended in {other:?}"),
            Err(ClientFault::Closing(_) | ClientFault::Lost) => {}
            Err(ClientFault::Interrupted) => stage.lore.tally.aborted += 1,
            Err(ClientFault::DataLost) => assert!(
                mischief.cuts_data() || stage.lore.cut_off,
                "226, and the data connection broke at {} of {}",
                received.len(),
                path.escape_ascii()
            ),
            Err(fault) => assert!(
                !stage.lore.calm || !mischief.is_harmless(),
                "{} was not sent: {fault}",
                path.escape_ascii()
            ),
        }
    }

    fn judge_put(
        &mut self,
        path: &[u8],
        mischief: Mischief,
        result: &Result<Answer, ClientFault>,
        stage: &mut Stage<'_>,
    ) {
        let (before, intended) = (self.before.take(), self.intended.take());
        let now = stage.lore.content(path);
        let ended = self.data.as_ref().is_some_and(|data| data.ended);
        let length = |version: &Version| version.as_ref().map(|content| content.len());
        let state = format!(
            "{}: held {:?} bytes, was to hold {:?}, holds {:?}",
            path.escape_ascii(),
            length(&before),
            length(&intended),
            length(&now)
        );
        match result {
            Ok(_) | Err(ClientFault::DataLost) => {
                assert!(result.is_ok() || mischief.cuts_data(), "226 and a broken upload: {state}");
                if result.is_ok() {
                    stage.lore.tally.stored += 1;
                }
                if !is_shared(path) {
                    assert!(now == intended, "226, and not what was sent: {state}");
                    stage.lore.settle_version(path, now);
                }
            }
            Err(ClientFault::Refused(reply)) => {
                stage.lore.tally.broken += 1;
                if !is_shared(path) {
                    assert!(now == before, "{}, and yet changed: {state}", reply.code());
                    stage.lore.settle_version(path, now);
                }
                assert!(
                    !stage.lore.calm || !mischief.is_harmless(),
                    "{} refused: {}: {state}",
                    path.escape_ascii(),
                    reply.text()
                );
            }
            Err(ClientFault::Closing(_) | ClientFault::Lost) => {
                let spared = now == before || (ended && now == intended);
                assert!(spared || is_shared(path), "lost, and neither old nor new: {state}");
            }
            Err(fault) => {
                stage.lore.tally.aborted += 1;
                let spared = now == before || (ended && now == intended);
                assert!(spared || is_shared(path), "{fault}, and neither old nor new: {state}");
                assert!(
                    !stage.lore.calm || !mischief.is_harmless(),
                    "{} was not stored: {fault}",
                    path.escape_ascii()
                );
            }
        }
    }
}

/// How a data connection came to its end.
enum End {
    Whole,
    Broken,
    Killed,
}

impl Data {
    const fn new() -> Self {
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

    fn moved(&self) -> usize {
        self.received.len().max(self.sent)
    }

    /// The end that a mischief makes after so many bytes, if it is time for it.
    fn sabotage(&mut self, conn: ConnId, mischief: Mischief, stage: &mut Stage<'_>) -> Option<End> {
        match mischief {
            Mischief::Cut(after, how) if self.moved() >= after => {
                match how {
                    How::End => stage.net.hang_up(conn),
                    How::Reset => stage.net.reset(conn),
                }
                self.ended = how == How::End;
                self.role = Role::Over;
                Some(End::Broken)
            }
            Mischief::Kill(after) if self.moved() >= after => {
                self.role = Role::Over;
                Some(End::Killed)
            }
            _ => None,
        }
    }

    /// Bytes that may be moved now; zero if it is enough for now.
    fn most(&self, mischief: Mischief) -> usize {
        match mischief {
            Mischief::Cut(after, _) | Mischief::Kill(after) | Mischief::Stall(after) => {
                after.saturating_sub(self.moved())
            }
            Mischief::Abort(after) => after.saturating_sub(self.moved()),
            Mischief::Slow(..) => self.allowance,
            Mischief::None | Mischief::NeverConnect | Mischief::StrangerFirst => usize::MAX,
        }
    }

    fn receive(&mut self, conn: ConnId, mischief: Mischief, stage: &mut Stage<'_>) -> Option<End> {
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

    fn send(
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

impl Mischief {
    /// Whether a transfer with it has to succeed where all is calm.
    const fn is_harmless(self) -> bool {
        matches!(self, Self::None | Self::Slow(..) | Self::StrangerFirst)
    }

    const fn cuts_data(self) -> bool {
        matches!(self, Self::Cut(..) | Self::Kill(_))
    }

    /// Whether an upload of so many bytes with it can't be put in place, whatever happens.
    const fn spares_the_file(self, length: usize) -> bool {
        match self {
            Self::Kill(after) | Self::Cut(after, How::Reset) => after <= length,
            Self::Stall(after) => after < length,
            Self::NeverConnect => true,
            Self::None
            | Self::Cut(_, How::End)
            | Self::Abort(_)
            | Self::Slow(..)
            | Self::StrangerFirst => false,
        }
    }
}

/// Files that several visitors write at once.
fn is_shared(path: &[u8]) -> bool {
    path.ends_with(b"contested")
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
            Wake::Opened(conn) if self.is_data(conn) => self.feed(Input::DataOpened, stage),
            Wake::Refused(conn) if self.is_data(conn) => self.feed(Input::DataFailed, stage),
            Wake::Called(conn) => {
                match self.data.as_mut().filter(|data| data.mooring.is_some()) {
                    Some(data) if data.conn.is_none() => data.conn = Some(conn),
                    Some(_) | None => return stage.net.hang_up(conn),
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

/// A deed on one line.
fn brief(deed: &Deed) -> String {
    match deed {
        Deed::Put { path, payload, start, mischief } => {
            format!("put {} {} {start:?} {mischief:?}", path.escape_ascii(), payload.len())
        }
        Deed::Fetch { path, offset, mischief } => {
            format!("fetch {} from {offset} {mischief:?}", path.escape_ascii())
        }
        other => format!("{other:?}"),
    }
}

/// A result on one line.
fn outcome(result: &Result<Answer, ClientFault>) -> String {
    match result {
        Ok(answer) => format!("{answer:?}"),
        Err(fault) => format!("{fault}"),
    }
}
