//! Whether a connection is protected by TLS, and what its handshake has shown: what the session
//! decides, the reactor carries out and the channel has seen.

/// How a data connection is protected (RFC 4217, section 9): two of the four levels of PROT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protection {
    /// Not at all: PROT C.
    #[default]
    Clear,
    /// By TLS, bound to the control connection's session: PROT P.
    Private,
}

/// What the completed handshake of a control connection has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// The version of the protocol: `TLSv1.2` or `TLSv1.3`.
    pub protocol: &'static str,
    /// The cipher suite's name, as the registry of TLS has it.
    pub suite: &'static str,
    /// SHA-256 of the peer's own certificate in DER, if it showed one that was verified.
    pub identity: Option<Box<[u8; 32]>>,
    /// The name by which the peer has asked for this host (SNI; RFC 6066, section 3), if it has.
    pub name: Option<Box<str>>,
}
