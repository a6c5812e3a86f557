//! One run: a scenario, the real reactor in a world made of it, and what has to hold at its end.
//!
//! What has to hold after each pass is the world's matter, whoever is in it; here is what those who
//! come know of it: what was done, what every file may hold, and that all have done what they wanted.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use coracle::accounts::Accounts;
use coracle::channel::tls::{Acceptor, Options, Resumption};
use coracle::reactor::{Limits, Spent, Worked};
use coracle::session::Settings;

use crate::inventory;
use crate::net::Faults;
use crate::peers::{Actor, Cast, Lore, START, Tally};
use crate::rng::Rng;
use crate::world::{DiskFault, House, World};

/// What a run is made of.
pub(crate) struct Scenario {
    /// The dice of the network.
    pub(crate) rng: Rng,
    /// The limits of the server.
    pub(crate) limits: Limits,
    /// What its operator has set.
    pub(crate) settings: Settings,
    /// Who may come in.
    pub(crate) accounts: Accounts,
    /// What may go wrong.
    pub(crate) faults: Faults,
    /// What all know.
    pub(crate) lore: Lore,
    /// Who comes, and when.
    pub(crate) actors: Vec<(Duration, Box<dyn Actor>)>,
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
    /// Nobody is to be told 421 before they are through.
    pub(crate) unhurried: bool,
    /// How long the helper thread takes for a verdict at most.
    pub(crate) pondering: Duration,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Report {
    /// What the peers did.
    pub(crate) tally: Tally,
    /// Passes of the reactor.
    pub(crate) passes: u64,
    /// The most bytes that waited in an outbox.
    pub(crate) most_waiting: usize,
    /// The most passes that a data connection went without a turn.
    pub(crate) longest_turn: u64,
    /// The longest time that one went without a turn, in nanoseconds.
    pub(crate) longest_pause: u64,
    /// The most passes that a slice of compression waited.
    pub(crate) longest_compression_wait: u64,
    /// The most that was done before it was others' turn.
    pub(crate) most_spent: Spent,
    /// The most work on files that a pass did.
    pub(crate) most_worked: Worked,
    /// How often no descriptor was left.
    pub(crate) exhaustions: u64,
    /// Listening sockets that were made.
    pub(crate) listens: u64,
    /// Virtual time until the server was done.
    pub(crate) took: Duration,
    /// Commits that waited for the disk.
    pub(crate) commits: u64,
    /// Power cuts.
    pub(crate) cuts: u64,
    /// Files that a power cut left as nobody has seen them, where no more was promised.
    pub(crate) spoilt: u64,
}

impl Report {
    /// Adds what another run came to.
    pub(crate) fn add(&mut self, other: &Self) {
        self.tally.add(&other.tally);
        self.passes += other.passes;
        self.most_waiting = self.most_waiting.max(other.most_waiting);
        self.longest_turn = self.longest_turn.max(other.longest_turn);
        let (most, worked) = (&mut self.most_worked, &other.most_worked);
        most.compressions = most.compressions.max(worked.compressions);
        most.digests = most.digests.max(worked.digests);
        most.bytes = most.bytes.max(worked.bytes);
        self.longest_pause = self.longest_pause.max(other.longest_pause);
        self.longest_compression_wait =
            self.longest_compression_wait.max(other.longest_compression_wait);
        self.exhaustions += other.exhaustions;
        self.listens += other.listens;
        self.took += other.took;
        self.commits += other.commits;
        self.cuts += other.cuts;
        self.spoilt += other.spoilt;
    }
}

/// A certificate of the simulation's own, and its key, in DER. It is one of Ed25519, whose signatures
/// are all of one length.
pub(crate) fn certificate() -> &'static (Vec<u8>, Vec<u8>) {
    static MADE: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
        let names = ["localhost".to_owned()];
        let made = rcgen::CertificateParams::new(names).and_then(|params| params.self_signed(&key));
        (made.expect("a certificate").der().to_vec(), key.serialize_der())
    })
}

/// Runs a scenario to its end.
pub(crate) fn run(scenario: Scenario, tracing: bool) -> Report {
    let unhurried = scenario.unhurried;
    let (mut world, cast) = furnished(scenario, tracing);
    while !world.is_over() {
        world.pass();
        world.check_pass();
    }
    let durable = cast.borrow().lore.durable;
    let end = world.check_end();
    let cast = cast.borrow();
    let unknown = inventory::unknown(&cast.lore);
    let report = Report {
        tally: cast.lore.tally,
        passes: end.passes,
        took: end.took,
        commits: end.commits,
        ..Report::default()
    };
    let Some((stats, census)) = end.counted else {
        assert!(!durable || unknown.is_empty(), "a power cut left {unknown:?}");
        return Report { cuts: 1, spoilt: unknown.len() as u64, ..report };
    };
    if unhurried {
        for actor in &cast.actors {
            assert!(actor.is_done(), "not done: {}", actor.name());
        }
    }
    assert!(unknown.is_empty(), "what nobody put there: {unknown:?}");
    inventory::check_parts(&cast.lore);
    Report {
        most_waiting: stats.most_offered,
        longest_turn: stats.longest_turn,
        longest_pause: stats.longest_pause,
        longest_compression_wait: census.longest_wait.compression,
        most_worked: census.most_worked,
        most_spent: census.most_spent,
        exhaustions: stats.exhaustions,
        listens: stats.listens,
        ..report
    }
}

/// The world of a scenario, and those who are in it.
fn furnished(scenario: Scenario, tracing: bool) -> (World<Cast>, Rc<RefCell<Cast>>) {
    let Scenario { mut lore, limits, .. } = scenario;
    lore.durable = limits.durable;
    lore.tally = Tally::default();
    let (certificate, key) = certificate().clone();
    let options = Options { resumption: Resumption::Require, ..Options::default() };
    let acceptor = Acceptor::new(vec![certificate], key, options);
    let house = House {
        rng: scenario.rng,
        tree: lore.tree.clone(),
        ftp: lore.ftp,
        guided: lore.guided,
        limits,
        settings: scenario.settings,
        accounts: scenario.accounts,
        acceptor: Some(acceptor.expect("a certificate with its key")),
        faults: scenario.faults,
        peers: scenario.actors.len(),
        drain: scenario.drain,
        disk: scenario.disk,
        cut: scenario.cut,
        reload: scenario.reload,
        unspecified: scenario.unspecified,
        pondering: scenario.pondering,
    };
    let (starts, actors): (Vec<_>, Vec<_>) = scenario.actors.into_iter().unzip();
    let cast = Rc::new(RefCell::new(Cast { actors, lore }));
    let world = World::new(house, Rc::clone(&cast), tracing);
    for (number, start) in starts.into_iter().enumerate() {
        world.net.borrow_mut().alarm(number, start, START);
    }
    (world, cast)
}
