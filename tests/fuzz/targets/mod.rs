//! What is fuzzed: one function a target, from bytes to nothing or a panic.
//!
//! They use the public rooms alone, and live here once: cargo-fuzz drives them (`make fuzz`), and
//! `tests/fuzz/main.rs` runs them over the corpus in every `make test`.

mod client_side;
mod server_side;
mod tables;

/// A target: takes whatever bytes, and panics where something that must hold does not.
pub(crate) type Target = fn(&[u8]);

/// Every target, by the name that its corpus has too.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("framer", server_side::framer),
    ("command", server_side::command),
    ("path", server_side::path),
    ("pattern", server_side::pattern),
    ("ascii", server_side::ascii),
    ("guided", server_side::guided),
    ("reply", client_side::reply),
    ("facts", client_side::facts),
    ("listing", client_side::listing),
    ("credentials", tables::credentials),
    ("directories", tables::directories),
];
