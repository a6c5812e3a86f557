//! The options that hold for a whole run ([`Connection`]) and those that a line of the shell can
//! set for itself ([`Moving`]).

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Protection;
use crate::client::link::CHUNK;
use crate::client::pace::{CHUNK_MAX, CHUNK_MIN, Pace};

/// How connections are made.
#[derive(Debug, Clone, Args)]
pub struct Connection {
    /// The longest that anything may take that makes no progress.
    #[arg(long, value_name = "SECONDS", default_value = "60", global = true,
          value_parser = clap::value_parser!(u32).range(1..=86_400))]
    timeout: u32,

    /// The longest that everything together may take.
    #[arg(long, value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(1..))]
    deadline: Option<u32>,

    /// Bytes a second, over all connections: 500k, 2M, or plain bytes.
    #[arg(long, value_name = "RATE", global = true, value_parser = amount)]
    rate: Option<u64>,

    /// Bytes that are moved at a time, 256 (2,048 bits) or more; 64k by default.
    #[arg(long, value_name = "BYTES", global = true, value_parser = chunk)]
    chunk_size: Option<usize>,

    /// Let the server connect to us for data (PORT), instead of the other way round.
    #[arg(long, global = true)]
    pub active: bool,

    /// Take the password from the first line of this file, which others must not be able to read.
    #[arg(long, value_name = "FILE", global = true)]
    pub password_file: Option<PathBuf>,

    /// How connections are protected.
    #[command(flatten)]
    pub protection: Protection,
}

impl Connection {
    /// The longest that anything may take that makes no progress.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }

    /// All bounds in time. The deadline counts from here.
    #[must_use]
    pub fn pace(&self) -> Pace {
        let whole = self.deadline.map(|seconds| Duration::from_secs(seconds.into()));
        Pace::new(self.patience(), whole, self.rate, self.chunk_size.unwrap_or(CHUNK))
    }
}

/// How files are moved, and what is said of it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options for moving files")]
pub struct Moving {
    /// Go on where an earlier transfer broke off.
    #[arg(short = 'c', long, global = true)]
    pub resume: bool,

    /// How often to try again what a lost connection or a time-out has stopped; going on where it
    /// broke.
    #[arg(long, value_name = "N", global = true)]
    pub retries: Option<u32>,

    /// Files at once, each over a connection of its own.
    #[arg(short = 'j', long, value_name = "N", global = true,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Compare hashes afterwards (HASH, XSHA256, XCRC), or sizes where the server has none.
    #[arg(long, global = true)]
    pub verify: bool,

    /// One JSON object a file on standard output.
    #[arg(long, global = true)]
    pub json: bool,

    /// Say nothing but errors: no progress bars, no notices.
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

impl Moving {
    /// These, and for what they leave open, those of `base`.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        Self {
            resume: self.resume || base.resume,
            retries: self.retries.or(base.retries),
            jobs: self.jobs.or(base.jobs),
            verify: self.verify || base.verify,
            json: self.json || base.json,
            quiet: self.quiet || base.quiet,
        }
    }

    /// Connections at once.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.jobs.unwrap_or(1).into()
    }
}

/// A number of bytes, with `k`, `M` or `G` for powers of 1024.
fn amount(text: &str) -> Result<u64, String> {
    let unit = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err(format!("`{unit}` is no unit; k, M and G are")),
    };
    let number: u64 = digits.parse().map_err(|_| "that is no number of bytes".to_owned())?;
    number
        .checked_mul(1 << shift)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "that is out of range".to_owned())
}

fn chunk(text: &str) -> Result<usize, String> {
    amount(text)?
        .try_into()
        .ok()
        .filter(|bytes| (CHUNK_MIN..=CHUNK_MAX).contains(bytes))
        .ok_or_else(|| format!("from {CHUNK_MIN} bytes to {CHUNK_MAX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        assert_eq!(amount("256"), Ok(256));
        assert_eq!(amount("500k"), Ok(512_000));
        assert_eq!(amount("2M"), Ok(2 << 20));
        assert_eq!(amount("1GiB"), Ok(1 << 30));
        for bad in ["", "k", "-1", "0", "1.5k", "3x", "99999999999G"] {
            assert!(amount(bad).is_err(), "{bad}");
        }
        assert_eq!(chunk("256"), Ok(256));
        assert!(chunk("255").is_err() && chunk("1G").is_err());
    }
}
