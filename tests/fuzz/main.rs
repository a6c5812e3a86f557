//! The fuzzer's corpus, and what is near to it, without the fuzzer: every target over its seeds and
//! over some thousand changes of each that a seeded generator makes.
//!
//! `make fuzz` lets cargo-fuzz look further; what it finds comes into `corpus/` with a name that
//! says what it was.

#![expect(clippy::disallowed_methods, reason = "tests own their files")]

#[path = "../sim/disk.rs"]
mod disk;
#[path = "../sim/peers/ledger.rs"]
#[expect(dead_code, reason = "the simulation's peers ask it more")]
mod ledger;
#[path = "../sim/net/mod.rs"]
#[expect(dead_code, reason = "the simulation's peers do more with it")]
mod net;
#[path = "../sim/rng.rs"]
#[expect(dead_code, reason = "the simulation rolls more dice")]
mod rng;
mod session;
mod targets;
#[path = "../sim/world.rs"]
#[expect(dead_code, reason = "the simulation's report says more")]
mod world;

use std::fs;
use std::path::{Path, PathBuf};

use targets::Target;

/// All targets: those that take bytes for what one parser reads, and the one that plays them.
fn all() -> Vec<(&'static str, Target)> {
    [targets::TARGETS, &[("session", session::session)]].concat()
}

/// Changes that are tried of each seed.
const CHANGES: u64 = 400;

/// Sessions that are played, over all seeds: each is a world of its own.
const SESSIONS: u64 = 3000;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut seeds: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .map(|path| (path.clone(), fs::read(path).expect("a seed can be read")))
        .collect();
    seeds.sort();
    seeds
}

/// SplitMix64: enough to wander about a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit.max(1) as u64).unwrap_or(0)
    }
}

/// A few small changes: bytes set, cut out, doubled, and spliced from another seed.
fn changed(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: &[u8] = b"\0\r\n \t\"*?[]/.-:;=|,()\xff\xf4\xf2\x80";
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let upto = (at + dice.below(12)).min(bytes.len());
        match dice.below(5) {
            0 => bytes.insert(at, TELLING[dice.below(TELLING.len())]),
            1 => bytes.insert(at, dice.roll().to_le_bytes()[0]),
            2 => drop(bytes.drain(at..upto)),
            3 => {
                let piece = bytes[at..upto].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                let from = dice.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
        bytes.truncate(4096);
    }
    bytes
}

/// Runs a target, and shows the input that it does not stand, as `printf %b` has it.
fn hold(target: Target, input: &[u8]) {
    let run = std::panic::catch_unwind(|| target(input));
    run.unwrap_or_else(|panic| {
        eprintln!("the input was: {}", input.escape_ascii());
        std::panic::resume_unwind(panic);
    });
}

/// What the fuzzer has found, once more: `CORACLE_FUZZ_INPUT` is a file, `CORACLE_FUZZ_TARGET` the
/// target that it breaks. A script of a session is traced.
#[test]
fn replay() {
    let Some(input) = std::env::var_os("CORACLE_FUZZ_INPUT") else { return };
    let bytes = fs::read(input).expect("the input can be read");
    let name = std::env::var("CORACLE_FUZZ_TARGET").unwrap_or_else(|_| "session".to_owned());
    if name == "session" {
        return session::play(&bytes, true);
    }
    let target = all().into_iter().find(|(known, _)| *known == name);
    target.expect("there is such a target").1(&bytes);
}

#[test]
fn every_target_stands_its_corpus_and_what_is_near() {
    for (number, (name, target)) in all().into_iter().enumerate() {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has no corpus");
        for (path, bytes) in &seeds {
            eprintln!("{}", path.display());
            hold(target, bytes);
        }
        let is_session = name == "session";
        let changes = if is_session { SESSIONS / seeds.len() as u64 } else { CHANGES };
        let mut dice = Dice(number as u64);
        for (path, bytes) in &seeds {
            eprintln!("near {}", path.display());
            let mut changing = bytes.clone();
            for _ in 0..changes {
                if is_session && dice.below(2) == 0 {
                    changing = session::change(&changing, 4096, dice.roll());
                    hold(target, &changing);
                } else {
                    let other = &seeds[dice.below(seeds.len())].1;
                    hold(target, &changed(bytes, other, &mut dice));
                }
            }
        }
    }
}

/// A corpus without a target would rest unseen.
#[test]
fn every_corpus_has_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let name = entry.expect("the folder can be read").file_name();
        assert!(all().iter().any(|(known, _)| *known == name), "no target is called {name:?}");
    }
}
