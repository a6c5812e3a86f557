//! The options for TLS, which hold for a whole run ([`Protection`]).
//!
//! Texts and values alone; what they come to for a site is [`security`](crate::client::security)'s.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::client::security::{Fingerprint, Memory};

/// How connections are protected.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options for TLS")]
pub struct Protection {
    /// Whether connections are under TLS; `try` unless one of the options below tells whom to trust,
    /// which means `require`. ftpes:// in place of ftp:// means `require` as well, and ftps:// TLS
    /// from the first byte on.
    #[arg(long, value_name = "WHEN", value_enum, global = true)]
    pub tls: Option<Wish>,

    /// The authorities to trust, in PEM, in place of the system's.
    #[arg(long, value_name = "FILE", global = true)]
    pub ca: Option<PathBuf>,

    /// Trust the server that has the certificate with this SHA-256, and nobody else; may be given
    /// more than once. Colons and the case of letters make no difference.
    #[arg(long, value_name = "SHA256", global = true, conflicts_with = "ca",
          value_parser = Fingerprint::parse)]
    pub fingerprint: Vec<Fingerprint>,

    /// Trust whoever answers. Who listens on the way can then read everything, passwords too.
    #[arg(long, global = true, conflicts_with_all = ["ca", "fingerprint"])]
    pub insecure: bool,

    /// The newest version of TLS to speak; no less than 1.2 is ever spoken.
    #[arg(long, value_name = "VERSION", value_enum, default_value = "1.3", global = true)]
    pub tls_max: Newest,

    /// A certificate of the client's own to show to the server, in PEM, with its chain.
    #[arg(long, value_name = "FILE", global = true)]
    pub cert: Option<PathBuf>,

    /// The key of that certificate, in PEM; where it is not given, it stands in the same file.
    #[arg(long, value_name = "FILE", global = true)]
    pub key: Option<PathBuf>,

    /// What the connections of this run have come to so far.
    #[arg(skip)]
    pub memory: Memory,
}

/// The newest version of TLS that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Newest {
    /// 1.2, and no other then.
    #[value(name = "1.2")]
    Tls12,
    /// 1.3, or 1.2 where the server has no other.
    #[default]
    #[value(name = "1.3")]
    Tls13,
}

/// Whether connections are under TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Wish {
    /// Never: everything can be read on the way.
    Off,
    /// Where the server offers it. In the clear only where it refuses AUTH TLS, never after a
    /// handshake that failed.
    Try,
    /// Always; a server without it gets no password.
    Require,
}
