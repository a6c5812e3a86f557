//! The world around the real reactor: the network and its clock, the disk, the helper thread, and the
//! checks after each of the reactor's passes.
//!
//! It ends when nothing can happen any more: every peer has done what it wanted or was shown out, and
//! every deadline has passed. Then nothing of anybody may be left. Who is in it, what they want and
//! what they make of the answers it does not know: [`run`](crate::run) plays the scenarios of the
//! simulation in it, and `tests/fuzz` the scripts of a fuzzer.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use coracle::accounts::{Accounts, Challenge, Verdict};
use coracle::channel::tls::Acceptor;
use coracle::reactor::{
    COMPRESSED_A_PASS, COMPRESSED_AT_ONCE, Census, DIGESTED_A_PASS, Limits, Reactor, Security,
    Spent, Worked,
};
use coracle::session::{Dialect, Settings};
use coracle::terms::{Fault, Key, Trouble, UnixTime};
use coracle::tree::MemoryTree;

use crate::disk::{Disk, POWER};
use crate::net::{FakeIo, Faults, LONGEST_POLL, Net, Peers, Stats};
use crate::rng::Rng;

/// The poll's name for verdicts that are ready.
const HELPER: Key = Key::outside(1);

/// The poll's name for the signal to stop.
const SIGNAL: Key = Key::outside(0);

/// The poll's name for a disk that begins to fail.
const DISK: Key = Key::outside(2);

/// The poll's name for the signal to read the tables.
const RELOAD: Key = Key::outside(5);

/// Passes that a slot may stand in a queue before its turn.
const LONGEST_WAIT: u64 = 1;

/// Passes that a data connection that can move bytes may go without a turn. One more than a queue
/// takes, for what an event has to wake first.
const LONGEST_TURN: u64 = 2;

/// Passes that a slice of compression may wait: its file has a place, and all other places are served
/// before it.
const LONGEST_COMPRESSION_WAIT: u64 = COMPRESSED_AT_ONCE.div_ceil(COMPRESSED_A_PASS) as u64;

/// Nanoseconds that work on files takes a byte.
pub(crate) const WORK_NANOS: u64 = 30;

/// Bytes that compression in MODE Z holds back at most before it gives them out: the room for them in
/// `miniz_oxide`.
const HELD_BACK: u64 = 85_196;

/// Bytes that may wait in an outbox: its high water, and the replies of a turn behind it, of which
/// STAT's listing is the largest.
const MOST_WAITING: usize = 64 * 1024 + 256 * 1024;

/// Bytes that a read under TLS has room for, however small the chunks are: a record is no smaller for
/// that.
const LEAST_SEALED_READ: usize = 4096;

/// Passes and time in which everything has to come to its end.
const MOST_PASSES: u64 = 3_000_000;
const LONGEST_RUN: Duration = Duration::from_secs(4 * 3600);

/// What a world is made of.
pub(crate) struct House {
    /// The dice of the network.
    pub(crate) rng: Rng,
    /// The served files.
    pub(crate) tree: MemoryTree,
    /// Where clients come to.
    pub(crate) ftp: SocketAddr,
    /// The same for the guided dialogue.
    pub(crate) guided: SocketAddr,
    /// The limits of the server.
    pub(crate) limits: Limits,
    /// What its operator has set.
    pub(crate) settings: Settings,
    /// Who may come in.
    pub(crate) accounts: Accounts,
    /// What TLS connections are made from.
    pub(crate) acceptor: Option<Acceptor>,
    /// What may go wrong.
    pub(crate) faults: Faults,
    /// How many connections those who come have at once, of which each may have work done.
    pub(crate) peers: usize,
    /// When the server is told to stop, and how long transfers may go on.
    pub(crate) drain: Option<(Duration, Duration)>,
    /// When the disk fails, and how.
    pub(crate) disk: Vec<(Duration, DiskFault)>,
    /// When the power is cut.
    pub(crate) cut: Option<Duration>,
    /// When the operator has other tables read, and which.
    pub(crate) reload: Option<(Duration, Accounts)>,
    /// Whether listeners serve both families at once.
    pub(crate) unspecified: bool,
    /// How long the helper thread takes for a verdict at most.
    pub(crate) pondering: Duration,
}

/// How the disk fails.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DiskFault {
    /// A write finds it full.
    Full(u64),
    /// A read fails.
    Read(u64),
    /// A write fails.
    Write(u64),
    /// A directory can't be read on.
    Entry(u64),
    /// Somebody writes into this file in place: so many thousandths of its bytes are left, or as many
    /// as there were, and other ones, where it is all of them.
    Rewrite(&'static str, u64),
    /// A file can't be put in place.
    Commit(u64),
    /// Content, or names, can't be written to the disk.
    Sync(u64),
}

/// What was counted until the end.
pub(crate) struct End {
    /// Passes of the reactor.
    pub(crate) passes: u64,
    /// Virtual time until the server was done.
    pub(crate) took: Duration,
    /// Commits that waited for the disk.
    pub(crate) commits: u64,
    /// What the network and the reactor have counted; nothing where the power was cut.
    pub(crate) counted: Option<(Stats, Census)>,
}

/// A world, and the reactor in it.
pub(crate) struct World<P: Peers> {
    rng: Rng,
    pub(crate) net: Rc<RefCell<Net>>,
    peers: Rc<RefCell<P>>,
    tree: MemoryTree,
    pub(crate) reactor: Reactor<FakeIo<P>, MemoryTree>,
    /// Verdicts that are being worked out: when they are ready, and whose they are.
    verdicts: Vec<(u64, Key, Verdict)>,
    /// What waits for the disk.
    waits: Disk,
    clients: usize,
    drain: Option<(Duration, Duration)>,
    /// When whoever is still there is closed without a word, the time to drain being over.
    cut_at: Option<u64>,
    linger: Duration,
    pondering: Duration,
    disk: Vec<(Duration, DiskFault)>,
    /// What the tables will be.
    reload: Option<Accounts>,
    passes: u64,
    /// How many peers there are.
    count: usize,
    /// What may be done before it is others' turn.
    most_spent: Spent,
    /// Bytes that may be taken from a protected data connection in that time.
    most_taken: usize,
    /// Work on files that one pass may do.
    most_worked: Worked,
    /// Slices of directories that had been read on before this pass.
    slices: u64,
}

impl<P: Peers> World<P> {
    /// A world in which `peers` are about to do what they want.
    pub(crate) fn new(house: House, peers: Rc<RefCell<P>>, tracing: bool) -> Self {
        let House { mut rng, tree, limits, settings, accounts, faults, .. } = house;
        let net = Rc::new(RefCell::new(Net::new(rng.fork(), faults, tracing)));
        let (clients, linger) = (limits.clients, limits.linger);
        let most_worked = most_worked(&limits);
        let most_spent = most_spent(&limits, &settings);
        let pace = limits.budgets.pace;
        let most_taken = 2 * (pace.copied + pace.chunk.max(LEAST_SEALED_READ));
        let io = FakeIo::new(Rc::clone(&net), Rc::clone(&peers));
        let mut reactor = Reactor::new(io, tree.clone(), accounts, settings, limits);
        reactor.replace_acceptor(house.acceptor);
        for (mut address, dialect) in [(house.ftp, Dialect::Ftp), (house.guided, Dialect::Guided)] {
            if house.unspecified {
                address.set_ip(std::net::Ipv6Addr::UNSPECIFIED.into());
            }
            reactor
                .listen(address, dialect, Security::Clear)
                .expect("the well-known ports are free");
        }
        if let Some((after, _)) = house.drain {
            net.borrow_mut().ring_outside(SIGNAL, after);
        }
        if let Some(after) = house.cut {
            net.borrow_mut().ring_outside(POWER, after);
        }
        let reload = house.reload.map(|(after, accounts)| {
            net.borrow_mut().ring_outside(RELOAD, after);
            accounts
        });
        let waits = Disk::new(rng.fork());
        for (after, _) in &house.disk {
            net.borrow_mut().ring_outside(DISK, *after);
        }
        Self {
            rng,
            net,
            peers,
            tree,
            reactor,
            verdicts: Vec::new(),
            waits,
            clients,
            drain: house.drain,
            cut_at: None,
            linger,
            pondering: house.pondering,
            disk: house.disk,
            reload,
            passes: 0,
            count: house.peers,
            most_worked,
            most_spent,
            most_taken,
            slices: 0,
        }
    }

    /// Whether nothing can happen any more.
    pub(crate) fn is_over(&self) -> bool {
        self.net.borrow().is_asleep() || self.reactor.is_drained() || self.waits.is_cut
    }

    /// One pass, and what the daemon does behind it.
    pub(crate) fn pass(&mut self) {
        self.passes += 1;
        self.slices = self.tree.slices();
        let now = self.net.borrow().now();
        self.tree
            .set_now(UnixTime(1_767_225_600 + i64::try_from(now / 1_000_000_000).unwrap_or(0)));
        self.reactor.pass().expect("a poll does not fail");
        self.net.borrow_mut().spend(self.reactor.worked().bytes * WORK_NANOS);
        let challenges: Vec<(Key, Challenge)> = self.reactor.challenges().collect();
        for (key, challenge) in challenges {
            let after = Duration::from_micros(match self.rng.below(3) {
                0 => self.rng.below(100),
                1 => self.rng.below(50_000),
                _ => self.rng.below(u64::try_from(self.pondering.as_micros()).unwrap_or(0)),
            });
            let mut net = self.net.borrow_mut();
            let at = net.now() + u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
            self.verdicts.push((at, key, challenge.judge()));
            net.ring_outside(HELPER, after);
        }
        self.waits.take(&mut self.reactor, &mut self.net.borrow_mut());
        // The poll has let time pass.
        let now = self.net.borrow().now();
        let outside: Vec<Key> = self.reactor.outside().collect();
        for key in outside {
            self.waits.hear(key, &mut self.reactor, now);
            if key == HELPER {
                self.bring_verdicts();
            } else if key == SIGNAL {
                if let Some((_, grace)) = self.drain {
                    self.begin_to_drain(grace);
                }
            } else if key == DISK
                && let Some((_, fault)) = self.disk.pop()
            {
                self.break_disk(fault);
            } else if key == RELOAD
                && let Some(accounts) = self.reload.take()
            {
                self.reactor.replace_accounts(accounts);
            }
        }
    }

    fn bring_verdicts(&mut self) {
        let now = self.net.borrow().now();
        for (at, key, verdict) in std::mem::take(&mut self.verdicts) {
            if at <= now {
                self.reactor.verdict(key, verdict);
            } else {
                self.verdicts.push((at, key, verdict));
            }
        }
    }

    /// The server is told to stop; transfers may go on for `grace`.
    pub(crate) fn begin_to_drain(&mut self, grace: Duration) {
        let now = self.net.borrow().now();
        self.net.borrow().trace(|| format!("drain, {grace:?}"));
        let words = u64::try_from((grace + self.linger).as_nanos()).unwrap_or(u64::MAX);
        self.cut_at = Some(now + words);
        self.peers.borrow_mut().cut_off_at(now + words);
        self.reactor.drain(grace);
    }

    /// The disk begins to fail.
    pub(crate) fn break_disk(&self, fault: DiskFault) {
        self.net.borrow().trace(|| format!("disk: {fault:?}"));
        match fault {
            DiskFault::Full(after) => self.tree.fail_write(after, io::ErrorKind::StorageFull),
            DiskFault::Read(after) => self.tree.fail_read(after, io::ErrorKind::Other),
            DiskFault::Write(after) => self.tree.fail_write(after, io::ErrorKind::Other),
            DiskFault::Entry(after) => self.tree.fail_entry(after, io::ErrorKind::Other),
            DiskFault::Rewrite(path, left) => {
                self.peers.borrow_mut().rewrite(path.as_bytes(), left);
            }
            DiskFault::Sync(after) => self.tree.fail_sync(after, io::ErrorKind::Other),
            DiskFault::Commit(after) => {
                self.tree.fail_commit(after, Fault::Trouble(Trouble::DiskFull));
            }
        }
    }

    /// What has to hold at any time.
    pub(crate) fn check_pass(&self) {
        let net = self.net.borrow();
        let stats = net.stats();
        assert!(self.passes < MOST_PASSES, "it never ends");
        assert!(net.now() < LONGEST_RUN.as_nanos() as u64, "it lasts for ever");
        assert!(
            stats.most_offered <= MOST_WAITING,
            "{} bytes waited in an outbox",
            stats.most_offered
        );
        assert!(
            stats.longest_turn <= LONGEST_TURN,
            "a data connection had no turn for {} passes",
            stats.longest_turn
        );
        assert!(
            stats.most_taken <= self.most_taken,
            "{} bytes were taken from a protected data connection in one pass",
            stats.most_taken
        );
        if self.count > 100 && !self.passes.is_multiple_of(64) {
            return;
        }
        let census = self.reactor.census();
        assert_eq!(
            census.controls + census.data,
            stats.server_sockets,
            "slots and sockets differ: {census:?}, held: {:?}",
            net.held()
        );
        assert_eq!(census.listeners + census.passive, stats.listeners, "{census:?}");
        assert!(census.expected <= census.controls, "who has gone is still awaited: {census:?}");
        assert!(census.longest_wait.turn <= LONGEST_WAIT, "a slot was starved: {census:?}");
        let (most, spent) = (self.most_spent, census.most_spent);
        assert!(
            spent.handshakes <= most.handshakes
                && spent.lines <= most.lines
                && spent.moved <= most.moved,
            "somebody had more than a turn, of which each may have {most:?}: {census:?}"
        );
        let slices = self.tree.slices() - self.slices;
        let turns = LONGEST_TURN * (census.data as u64 + 1);
        assert!(
            slices <= turns,
            "{slices} slices of directories were read in one pass: {census:?}"
        );
        self.check_work(&census);
        assert!(
            self.waits.len() <= self.clients,
            "{} commits, and no more than {} clients may be there",
            self.waits.len(),
            self.clients
        );
        assert!(
            self.tree.parts_under_way() <= census.controls + self.waits.len(),
            "{} uploads of {} clients",
            self.tree.parts_under_way(),
            census.controls
        );
    }

    /// What has to hold of work on files: nobody waits too long for a slice, and between two turns of
    /// a transfer stands no more of it than a pass may do.
    fn check_work(&self, census: &Census) {
        assert!(census.compressing <= COMPRESSED_AT_ONCE, "too many at once: {census:?}");
        assert_eq!(census.places, census.compressing, "a place is lost: {census:?}");
        assert_eq!(census.line, census.awaiting, "the line is wrong: {census:?}");
        assert!(
            census.awaiting == 0 || census.compressing == COMPRESSED_AT_ONCE,
            "some wait, and there are places: {census:?}"
        );
        let waits = census.longest_wait;
        assert!(
            waits.compression <= LONGEST_COMPRESSION_WAIT,
            "a compression was starved: {census:?}"
        );
        // Each of those who are here may have a digest before it.
        let longest = self.count.div_ceil(DIGESTED_A_PASS) as u64;
        assert!(waits.digest <= longest, "a digest was starved: {census:?}");
        let most = self.most_worked;
        let worked = census.most_worked;
        assert!(
            worked.compressions <= most.compressions
                && worked.digests <= most.digests
                && worked.bytes <= most.bytes,
            "a pass did more work on files than it may: {census:?}"
        );
    }

    /// What has to hold at the end.
    pub(crate) fn check_end(self) -> End {
        let Self { mut reactor, net, tree, passes, waits, mut rng, .. } = self;
        let took = Duration::from_nanos(net.borrow().now());
        let (commits, is_cut) = (waits.count, waits.is_cut);
        let end = End { passes, took, commits, counted: None };
        let given_up = self.cut_at.is_some_and(|at| at <= net.borrow().now());
        assert!(is_cut || given_up || waits.len() == 0, "{} commits are left", waits.len());
        drop(waits);
        if is_cut {
            drop(reactor);
            tree.cut_power(&mut |below| rng.size(0..below));
            return end;
        }
        if reactor.is_drained() {
            // Listeners are closed by the pass that follows.
            reactor.pass().expect("a poll does not fail");
            reactor.io().play_out();
        }
        let census = reactor.census();
        let held = net.borrow().held();
        assert_eq!((census.controls, census.data), (0, 0), "connections are left: {held:?}");
        assert_eq!(census.expected, 0, "who has gone is still awaited: {census:?}");
        assert_eq!(tree.parts_under_way(), 0, "hidden parts are left");
        let work = census.digesting + census.compressing + census.awaiting;
        assert_eq!((work, census.places, census.line), (0, 0, 0), "work is left: {census:?}");
        assert_eq!(net.borrow().stats().server_sockets, 0, "sockets are left: {held:?}");
        if reactor.is_drained() {
            assert_eq!(census.listeners, 0, "a drained server still listens");
        }
        drop(reactor);
        let stats = net.borrow().stats();
        assert_eq!(stats.listeners, 0, "listeners are left");
        End { counted: Some((stats, census)), ..end }
    }
}

/// What these limits let be done before it is others' turn.
fn most_spent(limits: &Limits, settings: &Settings) -> Spent {
    let (budgets, pace) = (&limits.budgets, limits.budgets.pace);
    // A turn may go from one way to the other, and a line's end of one byte be two on the wire.
    let moved = 2 * (pace.zero_copy + pace.copied + pace.chunk) as u64;
    // What was worked through in earlier turns comes out in one, and costs no work any more.
    let moved = moved + if settings.mode_z { HELD_BACK } else { 0 };
    Spent { handshakes: budgets.handshakes, lines: budgets.lines, moved }
}

/// Work on files that one pass may do within these limits: the slices that the design gives it, and
/// what each of them may work through.
pub(crate) fn most_worked(limits: &Limits) -> Worked {
    let copied = limits.budgets.pace.copied;
    let bytes = COMPRESSED_A_PASS * copied.div_ceil(2) + DIGESTED_A_PASS * copied;
    Worked { compressions: COMPRESSED_A_PASS, digests: DIGESTED_A_PASS, bytes: bytes as u64 }
}

/// Nanoseconds that a data connection that can move bytes may go without a turn, where a pass works
/// through so many bytes of files: its own two passes, and what work stands in them.
pub(crate) const fn longest_pause(worked: u64) -> u64 {
    LONGEST_TURN * (LONGEST_POLL + worked * WORK_NANOS)
}
