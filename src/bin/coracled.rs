//! `coracled`: arguments, run, exit code.

fn main() {}
