//! The target `session`, with what it shares with the simulation, and with changes of its own that
//! leave a script a script.

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
#[path = "../../sim/world.rs"]
#[expect(dead_code, reason = "the simulation's report says more")]
mod world;

libfuzzer_sys::fuzz_target!(|script: &[u8]| session::session(script));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    if seed % 4 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, most);
    }
    let changed = session::change(&data[..size], most, seed.into());
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
