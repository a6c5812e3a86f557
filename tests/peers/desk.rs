//! Where `coracle` runs: a user's home and working directory in one, without anybody's settings.

use std::fs;
use std::path::PathBuf;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

use crate::peer::PASSWORD;
use crate::support::GUARD;

/// A directory to run `coracle` in.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().expect("a temporary directory"))
    }

    /// The program with the right password.
    pub(crate) fn coracle(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coracle"));
        command
            .current_dir(self.0.path())
            .env("HOME", self.0.path())
            .env("CORACLE_PASSWORD", PASSWORD)
            .timeout(GUARD)
            .args(arguments);
        command
    }

    /// Runs it; the exit code must be this one. Gives what it wrote to standard output.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> String {
        out(&self.coracle(arguments).assert().code(code))
    }

    /// Runs it; it must end well. Gives what it wrote to standard output.
    #[track_caller]
    pub(crate) fn runs(&self, arguments: &[&str]) -> String {
        self.ends(0, arguments)
    }

    /// Runs it with `script` on standard input; the exit code must be this one.
    #[track_caller]
    pub(crate) fn plays(&self, code: i32, host: &str, script: &str) -> String {
        out(&self.coracle(&[host]).write_stdin(script).assert().code(code))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[track_caller]
    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).expect("a local file");
    }

    /// All names in it, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names_in(".")
    }

    /// All names in a directory of it, in order.
    #[track_caller]
    pub(crate) fn names_in(&self, directory: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(directory)).expect("a local directory");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Standard output as text.
#[track_caller]
pub(crate) fn out(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).expect("it speaks UTF-8")
}

/// Standard error as text.
#[track_caller]
pub(crate) fn err(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).expect("it speaks UTF-8")
}
