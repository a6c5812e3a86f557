//! One program a target, all from this file: the program's name says which.

#![no_main]

#[path = "../../sim/disk.rs"]
mod disk;
#[path = "../../sim/peers/ledger.rs"]
#[expect(dead_code, reason = "the simulation's peers ask it more")]
mod ledger;
#[path = "../../sim/net/mod.rs"]
#[expect(dead_code, reason = "the simulation's peers do more with it")]
mod net;
#[path = "../../sim/rng.rs"]
#[expect(dead_code, reason = "the simulation rolls more dice")]
mod rng;
#[path = "../session/mod.rs"]
mod session;
#[path = "../targets/mod.rs"]
mod targets;
#[path = "../../sim/world.rs"]
#[expect(dead_code, reason = "the simulation's report says more")]
mod world;

/// The target that changes of its own are made for.
const SCRIPTS: &str = "session";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let named = targets::TARGETS.iter().find(|(name, _)| *name == env!("CARGO_BIN_NAME"));
    named.expect("every program bears a target's name").1(data);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    if env!("CARGO_BIN_NAME") != SCRIPTS || seed % 4 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, most);
    }
    let changed = session::change(&data[..size], most, seed.into());
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
