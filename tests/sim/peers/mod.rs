//! Those on the other side of the network, and what they know of the house.
//!
//! A peer is an [`Actor`]: it is woken, does something with its connections and sleeps again. What a
//! peer finds wrong it says by panicking, where it happens; the world adds the seed.

mod clerk;
mod crowd;
mod guided;
#[expect(dead_code, reason = "scripts of the fuzzer ask it more")]
mod ledger;
mod pipeliner;
mod sealed;
mod siege;
mod visitor;
mod wanderer;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use coracle::terms::Root;
use coracle::tree::MemoryTree;

pub(crate) use clerk::{Break, Clerk, Job, Office, Parting, Sum, jobs, stuff, target_of, unpacked};
pub(crate) use crowd::{Deaf, Flood, Idler, Sprayer};
pub(crate) use guided::Guest;
pub(crate) use ledger::Ledger;
pub(crate) use pipeliner::Pipeliner;
pub(crate) use sealed::{Sealed, Want};
pub(crate) use siege::{Drip, Guesser, Loiterer, Regular};
pub(crate) use visitor::{Deed, How, Mischief, Visitor};
pub(crate) use wanderer::Wanderer;

use crate::net::{Net, PeerId, Peers, Wake};

/// The tag of the alarm that begins a peer's life.
pub(crate) const START: u64 = 0;

impl Stage<'_> {
    /// Whether the server may close connections without a word.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.lore.cut_at.is_some_and(|at| at <= self.net.now())
    }

    /// Whether the server has been told to stop, or is about to be.
    pub(crate) const fn is_draining(&self) -> bool {
        self.lore.cut_at.is_some()
    }
}

/// Somebody on the other side.
pub(crate) trait Actor {
    /// Something has happened to it.
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>);

    /// Whether it has nothing more to do.
    fn is_done(&self) -> bool;

    /// Who it is, for a complaint.
    fn name(&self) -> String;
}

/// Where an actor acts.
pub(crate) struct Stage<'a> {
    /// The network.
    pub(crate) net: &'a mut Net,
    /// What all know.
    pub(crate) lore: &'a mut Lore,
    /// The actor's own number.
    pub(crate) me: PeerId,
}

/// The content of a file, or that there is none.
pub(crate) type Version = Option<Rc<[u8]>>;

/// What the peers know of the house: its files as they may be, and what was done so far.
pub(crate) struct Lore {
    /// The served files themselves.
    pub(crate) tree: MemoryTree,
    /// The granted directories by name.
    pub(crate) roots: HashMap<Vec<u8>, Root>,
    /// What each file may hold, by its path as a client sees it.
    pub(crate) versions: HashMap<Vec<u8>, Vec<Version>>,
    /// What each compressed file may have been made of, by its own path.
    pub(crate) packed: HashMap<Vec<u8>, Vec<Rc<[u8]>>>,
    /// What was sent under names of the server's making.
    pub(crate) nameless: Vec<Rc<[u8]>>,
    /// The operator allows MODE Z.
    pub(crate) mode_z: bool,
    /// What AVBL is to answer, in bytes.
    pub(crate) available: u64,
    /// Nothing is wrong with the machine: whatever is asked well has to succeed.
    pub(crate) calm: bool,
    /// Whether uploads are on the disk when they are said to be in place.
    pub(crate) durable: bool,
    /// When whoever is still there is closed without a word, the time to drain being over.
    pub(crate) cut_at: Option<u64>,
    /// Control connections are where clients come to.
    pub(crate) ftp: SocketAddr,
    /// The same for the guided dialogue.
    pub(crate) guided: SocketAddr,
    /// What was done.
    pub(crate) tally: Tally,
}

/// What was done, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Downloads that came whole.
    pub(crate) fetched: u64,
    /// Uploads that were put in place.
    pub(crate) stored: u64,
    /// Listings that came whole.
    pub(crate) listed: u64,
    /// Uploads that broke off and left the old file.
    pub(crate) broken: u64,
    /// Uploads that found the disk full.
    pub(crate) full: u64,
    /// Tasks that were refused.
    pub(crate) refused: u64,
    /// Transfers that were aborted.
    pub(crate) aborted: u64,
    /// Pipelined commands that were answered.
    pub(crate) pipelined: u64,
    /// Files that came through the guided dialogue.
    pub(crate) guided: u64,
    /// Connections that were told 421.
    pub(crate) closed: u64,
    /// Files that were compressed.
    pub(crate) compressed: u64,
    /// Digests that were told.
    pub(crate) summed: u64,
    /// Compressions and digests that were stopped.
    pub(crate) stopped: u64,
    /// Words about how far a compression is.
    pub(crate) progress: u64,
    /// Attempts that went on with what a broken upload had left.
    pub(crate) resumed: u64,
    /// Uploads under names of the server's making.
    pub(crate) unique: u64,
    /// Transfers in MODE Z.
    pub(crate) packed: u64,
    /// Passwords that were guessed, and found wrong.
    pub(crate) guessed: u64,
    /// Guessers that were turned away unheard.
    pub(crate) barred: u64,
    /// The longest that a regular had to wait for an answer.
    pub(crate) slowest: Duration,
    /// The longest that a loiterer was let stay.
    pub(crate) longest_stay: Duration,
    /// Loiterers that have read the last word that was said to them.
    pub(crate) farewells: u64,
    /// Transfers under TLS that came whole.
    pub(crate) sealed: u64,
}

impl Tally {
    /// Adds what was done in another run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.fetched += other.fetched;
        self.stored += other.stored;
        self.listed += other.listed;
        self.broken += other.broken;
        self.full += other.full;
        self.refused += other.refused;
        self.aborted += other.aborted;
        self.pipelined += other.pipelined;
        self.guided += other.guided;
        self.closed += other.closed;
        self.compressed += other.compressed;
        self.summed += other.summed;
        self.stopped += other.stopped;
        self.progress += other.progress;
        self.resumed += other.resumed;
        self.unique += other.unique;
        self.packed += other.packed;
        self.guessed += other.guessed;
        self.barred += other.barred;
        self.slowest = self.slowest.max(other.slowest);
        self.farewells += other.farewells;
        self.longest_stay = self.longest_stay.max(other.longest_stay);
        self.sealed += other.sealed;
    }
}

impl Lore {
    /// What the file at a client's `path` holds now.
    pub(crate) fn content(&self, path: &[u8]) -> Version {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        let slash = path.iter().position(|byte| *byte == b'/')?;
        let root = self.roots.get(&path[..slash])?;
        self.tree.content(*root, &path[slash + 1..])
    }

    /// What an upload to `path` has left, if one that broke off was the last.
    pub(crate) fn left(&self, path: &[u8]) -> Option<Vec<u8>> {
        let path = path.strip_prefix(b"/").unwrap_or(path);
        let slash = path.iter().position(|byte| *byte == b'/')?;
        let root = self.roots.get(&path[..slash])?;
        self.tree.left(*root, &path[slash + 1..])
    }

    /// Whether the file at `path` may hold `content`, as far as anybody knows.
    pub(crate) fn is_version(&self, path: &[u8], content: &[u8], offset: usize) -> bool {
        self.held(path).any(|version| version.get(offset..) == Some(content))
    }

    /// What the file at `path` may hold, as far as anybody knows.
    pub(crate) fn held(&self, path: &[u8]) -> impl Iterator<Item = &[u8]> {
        self.versions.get(path).into_iter().flatten().flatten().map(|version| &version[..])
    }

    /// Writes into a file in place: so many thousandths of it are left, or other bytes where that is
    /// all.
    pub(crate) fn rewrite(&mut self, path: &[u8], left: u64) {
        let Some(old) = self.content(path) else { return };
        let length = old.len() * usize::try_from(left).unwrap_or(0) / 1000;
        let new: Rc<[u8]> = match length < old.len() {
            true => old[..length].into(),
            false => old.iter().map(|byte| byte ^ 0x55).collect(),
        };
        let slash = path.iter().skip(1).position(|byte| *byte == b'/').unwrap_or(0) + 1;
        let (root, below) = (self.roots[&path[1..slash]], &path[slash + 1..]);
        self.tree.rewrite(root, below, &new).expect("a file is there");
        self.add_version(path, Some(new));
    }

    /// Notes what a file may hold from now on, beside what it may already.
    pub(crate) fn add_version(&mut self, path: &[u8], version: Version) {
        let versions = self.versions.entry(path.to_vec()).or_default();
        if !versions.contains(&version) {
            versions.push(version);
        }
    }

    /// Notes that a file holds just this, or nothing.
    pub(crate) fn settle_version(&mut self, path: &[u8], version: Version) {
        self.versions.insert(path.to_vec(), vec![version]);
    }
}

/// All who act.
pub(crate) struct Cast {
    /// The actors by their numbers.
    pub(crate) actors: Vec<Box<dyn Actor>>,
    /// What all know.
    pub(crate) lore: Lore,
}

impl Peers for Cast {
    fn wake(&mut self, who: PeerId, wake: Wake, net: &mut Net) {
        net.trace(|| format!("    p{who} {wake:?}"));
        if let Some(actor) = self.actors.get_mut(who) {
            actor.wake(wake, &mut Stage { net, lore: &mut self.lore, me: who });
        }
    }

    fn cut_off_at(&mut self, at: u64) {
        self.lore.cut_at = Some(at);
    }

    fn rewrite(&mut self, path: &[u8], left: u64) {
        self.lore.rewrite(path, left);
    }
}

/// The address of the peer number `who`: one of its own, in the family of the server's.
pub(crate) fn address_of(who: usize, server: IpAddr) -> IpAddr {
    let low = u16::try_from(who % 60_000).unwrap_or_default();
    match server {
        IpAddr::V4(_) => IpAddr::from([10, 1, low.to_be_bytes()[0], low.to_be_bytes()[1]]),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => {
            IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 1, low])
        }
        IpAddr::V6(_) => IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 1, low]),
    }
}
