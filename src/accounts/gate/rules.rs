//! What an operator sets of the gate. Values alone: the daemon makes them of its options.

use std::time::Duration;

use super::Network;

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Networks that are never delayed, banned or limited by address.
    pub allow: Vec<Network>,
    /// Failures after which a source is banned; 0 bans nobody.
    pub ban_after: u32,
    /// For how long.
    pub ban: Duration,
    /// Connections that a source may have at once, if there is a limit.
    pub clients_per_address: Option<usize>,
    /// Sessions that may be logged in as one user at once, if there is a limit.
    pub clients_per_user: Option<usize>,
    /// New connections of a source a second, with twice as many at once; 0 is no limit.
    pub accept_rate: u32,
    /// How long a password that was right need not be hashed again; zero is not at all.
    pub remember: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ban_after: 20,
            ban: Duration::from_secs(600),
            clients_per_address: None,
            clients_per_user: None,
            accept_rate: 0,
            remember: Duration::from_secs(60),
        }
    }
}
