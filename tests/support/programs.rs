//! Other people's programs: found or asked for, run without a terminal, with what they said.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Its exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Finished {
    /// Asserts that it ended with 0.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", String::from_utf8_lossy(&self.out), self.err);
        self
    }

    /// Its standard output as text.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("it speaks UTF-8")
    }
}

/// The program `name`, to be run in `directory`. Its absence fails the test.
#[track_caller]
pub(crate) fn program(name: &str, directory: &Path) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let there = env::split_paths(&path).any(|place| place.join(name).is_file());
    assert!(there, "{name} is missing; `make setup` installs it");
    let mut command = Command::new(name);
    command
        .current_dir(directory)
        // Nobody's settings, and the same language everywhere.
        .env("HOME", directory)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("ftp_proxy")
        .env_remove("all_proxy");
    command
}

/// Python 3 on `script`, with the arguments `arguments`.
#[track_caller]
pub(crate) fn python(directory: &Path, script: &str, arguments: &[&str]) -> Finished {
    finish(program("python3", directory).args(["-c", script]).args(arguments))
}

/// Runs a program to its end, with nothing to read.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Finished {
    finish_with(command, b"")
}

/// Runs a program to its end, with `input` to read, which must be little.
#[track_caller]
pub(crate) fn finish_with(command: &mut Command, input: &[u8]) -> Finished {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    // Whoever ends before it has read all of it says why by its exit code.
    let _ = child.stdin.take().map(|mut stdin| stdin.write_all(input));
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{name}: {error}"));
    Finished {
        code: output.status.code(),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
