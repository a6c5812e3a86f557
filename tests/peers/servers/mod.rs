//! The servers, one file each: what it takes to have them serve a directory without touching the
//! machine. They run as whoever runs the test; pure-ftpd alone has to be started by root.

pub(crate) mod coracled;
pub(crate) mod proftpd;
pub(crate) mod pure_ftpd;
pub(crate) mod pyftpdlib;
pub(crate) mod vsftpd;

use std::path::{Path, PathBuf};
use std::process::Command;

/// What `scripts/setup --test` has put here.
fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers")
}

/// A program out of the unpacked Debian packages, with their libraries.
#[track_caller]
fn unpacked(program: &str) -> Command {
    let root = installed().join("root");
    let path = root.join("usr").join(program);
    assert!(path.is_file(), "{program} is missing; `make setup` puts it below target/peers");
    let mut command = Command::new(path);
    let libraries = std::fs::read_to_string(installed().join("libraries")).unwrap_or_default();
    command.env("LD_LIBRARY_PATH", libraries.trim());
    command
}

/// Whoever runs the test, as `id` says with this option.
fn me(option: &str) -> String {
    let id = Command::new("id").arg(option).output().expect("id runs");
    String::from_utf8_lossy(&id.stdout).trim().to_owned()
}
