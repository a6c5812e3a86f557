//! `coracle`: arguments, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    coracle::client::run()
}
