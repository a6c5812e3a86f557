//! TLS where coracled serves, by rustls: the only room of the server that knows of it.
//!
//! It refuses to know files and PEM (the daemon brings bytes in DER), policy (the session's), and
//! what the protected bytes mean. The rest of the channel room uses it; the reactor holds the
//! [`Acceptor`] that new connections are made from.

mod acceptor;
mod connection;
mod unbuffered;

pub use acceptor::{Acceptor, AcceptorFault, Options, Resumption};
pub(super) use connection::{Connection, Taken};
