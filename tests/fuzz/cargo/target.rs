//! One program a target, all from this file: the program's name says which.

#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let named = targets::TARGETS.iter().find(|(name, _)| *name == env!("CARGO_BIN_NAME"));
    named.expect("every program bears a target's name").1(data);
});
