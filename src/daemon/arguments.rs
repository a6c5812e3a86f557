//! The command line of `coracled`.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use ::log::LevelFilter;
use clap::{ArgMatches, FromArgMatches, Parser, Subcommand, value_parser};

use super::tls::TlsArguments;
use crate::accounts::Rules;
use crate::accounts::gate::Network;
use crate::reactor::{Limits, Telling, Told};

/// Clients that an address may have where the operator has not said.
const LEAST_PER_ADDRESS: u32 = 64;

/// Failed logins that a connection may be granted; a session counts no further.
const MOST_ATTEMPTS: i64 = 1000;

/// An FTP server that serves thousands of clients on one thread.
#[derive(Debug, Parser)]
#[command(name = "coracled", version, max_term_width = 100)]
#[command(after_help = "\
Signals: TERM or INT stops accepting, lets transfers end and leaves; a second INT leaves at once. \
HUP reads Credentials, Directories and the certificate anew, and keeps the old if the new are \
wrong; options and the file of --config are read at start alone.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Command>,

    /// File of options in TOML, named as they are here: `max-clients = 100`, `mode-z = true`,
    /// `listen = ["0.0.0.0:21"]`. What is given here wins
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,

    /// Directory with Credentials, Directories and files/ [default: ./data if it is there, else
    /// /var/lib/coracle]
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) data: Option<PathBuf>,

    /// Address for FTP; may be repeated; port 0 is any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2121")]
    pub(super) listen: Vec<SocketAddr>,

    /// Address for the guided dialogue; may be repeated; port 0 is any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:2120")]
    pub(super) guided: Vec<SocketAddr>,

    /// Do not offer the guided dialogue in the clear
    #[arg(long, conflicts_with = "guided")]
    pub(super) no_guided: bool,

    #[command(flatten)]
    pub(super) tls: TlsArguments,

    /// Ports for passive data connections, such as 50000-50100 [default: any free one]
    #[arg(long, value_name = "LO-HI", value_parser = port_range)]
    pub(super) passive_ports: Option<RangeInclusive<u16>>,

    /// The IPv4 address that clients are told to connect to, for a server behind NAT; may be
    /// repeated with a network before it, such as 192.168.0.0/16=192.168.1.5, whose clients are told
    /// that one instead: those on this side of the NAT. The smallest network wins [default: the
    /// address that the client came to]
    #[arg(long, value_name = "[NETWORK=]IP")]
    pub(super) passive_address: Vec<Telling>,

    /// Clients at once; one more is answered 421
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..))]
    pub(super) max_clients: u32,

    /// Clients at once from one address, or one IPv6 /64; one more is answered 421 [default: half of
    /// --max-clients, and no fewer than 64]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(super) max_clients_per_address: Option<u32>,

    /// Sessions at once that are logged in as one user; one more is answered 530 [default: no limit]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(super) max_clients_per_user: Option<u32>,

    /// New connections a second from one address, or one IPv6 /64, after twice as many at once; 0 is
    /// no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) accept_rate: u32,

    /// Network, such as 192.0.2.0/24, or address that is never delayed, banned or limited by address;
    /// may be repeated
    #[arg(long, value_name = "CIDR")]
    pub(super) allow: Vec<Network>,

    /// Failed logins after which an address, or an IPv6 /64, is banned; each is forgotten after two
    /// minutes; 0 bans nobody
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) ban_after: u32,

    /// Seconds that a ban lasts
    #[arg(long, value_name = "SECS", default_value = "600", value_parser = seconds)]
    pub(super) ban_time: Duration,

    /// Seconds for which a password that was right is not hashed again; 0 is not at all
    #[arg(long, value_name = "SECS", default_value = "60", value_parser = any_seconds)]
    pub(super) login_cache: Duration,

    /// Failed logins on a connection until it is ended
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=MOST_ATTEMPTS))]
    pub(super) login_attempts: u32,

    /// Ask for a password in the guided dialogue even where the username is unknown
    #[arg(long)]
    pub(super) conceal_usernames: bool,

    /// Serve MODE Z: transfers as zlib streams, for clients on slow lines. lftp uses it unasked
    /// wherever it is offered; a transfer then takes a third of a mebibyte of memory, and far more of
    /// the processor
    #[arg(long)]
    pub(super) mode_z: bool,

    /// Seconds to log in
    #[arg(long, value_name = "SECS", default_value = "60", value_parser = seconds)]
    pub(super) login_timeout: Duration,

    /// Seconds between two commands; it rests while a transfer runs
    #[arg(long, value_name = "SECS", default_value = "300", value_parser = seconds)]
    pub(super) idle_timeout: Duration,

    /// Seconds until a data connection must stand
    #[arg(long, value_name = "SECS", default_value = "30", value_parser = seconds)]
    pub(super) data_timeout: Duration,

    /// Seconds in which a transfer must move at least a byte
    #[arg(long, value_name = "SECS", default_value = "120", value_parser = seconds)]
    pub(super) stall_timeout: Duration,

    /// Seconds for which an upload that broke off can be resumed
    #[arg(long, value_name = "SECS", default_value = "86400", value_parser = seconds)]
    pub(super) partial_expiry: Duration,

    /// Say that an upload or a compressed file is in place (226, 250) only when it is on the disk, so
    /// that a power cut does not take it back
    #[arg(long)]
    pub(super) durable: bool,

    /// Bytes that one system call moves at most, 256 and upwards; smaller is smoother, larger is
    /// faster
    #[arg(long, value_name = "BYTES", default_value_t = 262_144, value_parser = value_parser!(u32).range(256..))]
    pub(super) chunk_size: u32,

    /// Seconds that running transfers are given when the server is told to stop
    #[arg(long, value_name = "SECS", default_value = "10", value_parser = seconds)]
    pub(super) drain: Duration,

    /// Become this user when the ports are bound, where the server is started as root
    #[arg(long, value_name = "NAME[:GROUP]")]
    pub(super) user: Option<String>,

    /// Do without Landlock, which keeps the server to the granted directories. For a file system or
    /// a kernel that it does not get on with
    #[arg(long)]
    pub(super) no_landlock: bool,

    /// Do without seccomp, which keeps the server to the system calls that it needs. For a library
    /// or a tracer that needs others
    #[arg(long)]
    pub(super) no_seccomp: bool,

    /// How much is logged: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(super) log_level: LevelFilter,

    /// File that the log is appended to [default: standard error]
    #[arg(long, value_name = "FILE")]
    pub(super) log_file: Option<PathBuf>,
}

/// What `coracled` does beside serving.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check Credentials, Directories and the certificate: names every mistake with file, line and
    /// reason
    Check,
    /// Add a client or change its password, kept as an argon2id hash. The password is asked for
    /// without echo, or read from standard input where that is no terminal
    Passwd {
        /// The client's username
        user: String,
    },
}

impl Arguments {
    /// What the gate goes by.
    fn rules(&self) -> Rules {
        let of_address = self.max_clients_per_address.unwrap_or_else(|| {
            // Nobody takes all the room alone.
            (self.max_clients / 2).max(LEAST_PER_ADDRESS)
        });
        Rules {
            allow: self.allow.clone(),
            ban_after: self.ban_after,
            ban: self.ban_time,
            clients_per_address: Some(of_address as usize),
            clients_per_user: self.max_clients_per_user.map(|most| most as usize),
            accept_rate: self.accept_rate,
            remember: self.login_cache,
        }
    }

    /// Who is told which address to connect to.
    pub(super) fn told(&self) -> Result<Told, String> {
        Told::of(self.passive_address.iter().copied())
            .map_err(|reason| format!("--passive-address: {reason}"))
    }

    /// Looks at what clap can't see, for it looks at each value by itself.
    ///
    /// # Errors
    /// Two values of one option don't go together.
    pub(super) fn judge(matches: &ArgMatches) -> Result<(), String> {
        let arguments = Self::from_arg_matches(matches).map_err(|error| error.to_string())?;
        arguments.told().map(drop)
    }

    /// The addresses at which the dialogue is offered without TLS.
    pub(super) fn guided_in_the_clear(&self) -> &[SocketAddr] {
        if self.no_guided { &[] } else { &self.guided }
    }

    /// The loop's limits as the operator set them.
    pub(super) fn limits(&self) -> Limits {
        let mut limits = Limits {
            clients: self.max_clients as usize,
            gate: self.rules(),
            login: self.login_timeout,
            idle: self.idle_timeout,
            arrival: self.data_timeout,
            handshake: self.tls.handshake_timeout,
            stall: self.stall_timeout,
            passive_ports: self.passive_ports.clone(),
            passive_address: self.told().unwrap_or_default(),
            durable: self.durable,
            ..Limits::default()
        };
        limits.budgets.pace.chunk = self.chunk_size as usize;
        limits
    }
}

fn any_seconds(text: &str) -> Result<Duration, String> {
    let secs = text.parse::<u32>();
    let secs = secs.map_err(|_| "a whole number of seconds is needed".to_owned())?;
    Ok(Duration::from_secs(u64::from(secs)))
}

/// A time-out, which is never zero.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(secs @ 1..) => Ok(Duration::from_secs(u64::from(secs))),
        Ok(0) | Err(_) => Err("a whole number of seconds, 1 or more, is needed".to_owned()),
    }
}

fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (low.parse::<u16>(), high.parse::<u16>()) {
        (Ok(low @ 1..), Ok(high)) if low <= high => Ok(low..=high),
        _ => Err("two ports are needed, the lower one first, such as 50000-50100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn who_does_nothing_has_five_minutes() {
        let arguments = Arguments::try_parse_from(["coracled"]).unwrap();
        assert_eq!(arguments.idle_timeout, Duration::from_secs(300));
    }

    #[test]
    fn failures_have_an_end_on_every_connection() {
        let attempts = |count: &str| {
            let words = ["coracled", "--login-attempts", count];
            Arguments::try_parse_from(words).map(|read| read.login_attempts)
        };
        assert_eq!(attempts("1000").unwrap(), 1000);
        for wrong in ["0", "1001", "65536", "4294967295"] {
            assert!(attempts(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_readme_has_every_option() {
        use clap::CommandFactory;
        let readme = include_str!("../../README.md");
        for argument in Arguments::command().get_arguments() {
            let Some(name) = argument.get_long() else { continue };
            let is_told =
                readme.contains(&format!("`--{name} ")) || readme.contains(&format!("`--{name}`"));
            assert!(is_told, "--{name} is not in README.md");
        }
    }

    #[test]
    fn a_range_of_ports_has_its_lower_end_first() {
        assert_eq!(port_range("50000-50100"), Ok(50000..=50100));
        assert_eq!(port_range("50000"), Ok(50000..=50000));
        for wrong in ["", "-", "5-4", "0-3", "1-70000", "a-b"] {
            assert!(port_range(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_out_is_never_zero() {
        assert!(seconds("0").is_err());
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
    }
}
