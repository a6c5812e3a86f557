//! `coracle`: arguments, run, exit code.

fn main() {}
