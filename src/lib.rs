//! Coracle: an FTP server on one thread and one mio event loop, and its client.

pub mod accounts;
pub mod channel;
pub mod client;
pub mod daemon;
pub mod io;
pub mod reactor;
pub mod session;
pub mod terms;
pub mod transfer;
pub mod tree;
pub mod wire;
