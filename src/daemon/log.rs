//! The log: simplelog, to standard error or to a file.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use ::log::LevelFilter;
use simplelog::{ConfigBuilder, WriteLogger};

/// Starts logging at `level`.
///
/// # Errors
/// `file` can't be opened for appending.
pub(super) fn start(level: LevelFilter, file: Option<&Path>) -> Result<(), String> {
    // With its date: a log reader that bans has to know how old a line is.
    let mut config = ConfigBuilder::new();
    config.set_time_format_rfc3339();
    let started = match file {
        Some(path) => {
            let file =
                OpenOptions::new().create(true).append(true).open(path).map_err(|error| {
                    format!("the log {} can't be opened: {error}; see --log-file", path.display())
                })?;
            WriteLogger::init(level, config.build(), file)
        }
        None => WriteLogger::init(level, config.build(), io::stderr()),
    };
    started.map_err(|error| format!("the log can't be started: {error}"))
}
