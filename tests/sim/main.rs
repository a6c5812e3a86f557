//! The reactor under deterministic simulation.
//!
//! The real loop, sessions and transfers run over a virtual network, a tree in memory and a virtual
//! clock. A seed decides all: sizes, latencies, faults, and what the peers do. So a failure is
//! replayed by its seed alone:
//!
//! ```text
//! CORACLE_SIM_SEED=17 cargo test --test sim -- --nocapture
//! ```
//!
//! `CORACLE_SIM_SEEDS` says how many seeds are run, `CORACLE_SIM_FIRST` with which to begin.
//! `CORACLE_SIM_TRACE` traces the scenarios of a fixed shape.

mod changes;
mod disk;
mod durable;
mod inventory;
#[expect(dead_code, reason = "scripts of the fuzzer use more of it")]
mod net;
mod peers;
mod rng;
mod routes;
mod run;
mod scenario;
mod sealed;
mod shapes;
mod siege;
mod work;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::str::FromStr;

use run::{Report, Scenario};

/// Seeds that an ordinary test run tries.
const SEEDS: u64 = 300;

/// The number in an environment variable.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| u64::from_str(&text).ok())
}

/// Runs one scenario; a failure says how to replay it.
fn play(scenario: Scenario, replay: &str, tracing: bool) -> Report {
    match catch_unwind(AssertUnwindSafe(|| run::run(scenario, tracing))) {
        Ok(report) => report,
        Err(panic) => {
            eprintln!("replay: {replay}");
            resume_unwind(panic)
        }
    }
}

fn play_seed(seed: u64, tracing: bool) -> Report {
    let replay = format!("CORACLE_SIM_SEED={seed} cargo test --test sim seeds -- --nocapture");
    play(scenario::from_seed(seed), &replay, tracing)
}

#[test]
fn seeds() {
    if let Some(seed) = setting("CORACLE_SIM_SEED") {
        eprintln!("{:?}", play_seed(seed, true));
        return;
    }
    let first = setting("CORACLE_SIM_FIRST").unwrap_or(1);
    let count = setting("CORACLE_SIM_SEEDS").unwrap_or(SEEDS);
    let mut total = Report::default();
    for seed in first..first + count {
        total.add(&play_seed(seed, false));
    }
    eprintln!("{count} seeds: {total:?}");
    // What is never done is never checked.
    let tally = total.tally;
    for (what, times) in [
        ("downloads", tally.fetched),
        ("uploads", tally.stored),
        ("listings", tally.listed),
        ("broken uploads", tally.broken),
        ("aborted transfers", tally.aborted),
        ("pipelined commands", tally.pipelined),
        ("guided downloads", tally.guided),
        ("compressions", tally.compressed),
        ("digests", tally.summed),
        ("stopped pieces of work", tally.stopped),
        ("resumed uploads", tally.resumed),
        ("uploads without a name", tally.unique),
        ("transfers in MODE Z", tally.packed),
        ("transfers under TLS", tally.sealed),
    ] {
        assert!(times >= count / 10, "only {times} {what} in {count} seeds");
    }
}
