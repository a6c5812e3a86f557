//! The client: `coracle` at a terminal, in a script, and for one job.
//!
//! - [`user_pi`]: the FTP dialogue, pure.
//!
//! It imports `terms` and `wire`, nothing of the server, and owns its sockets, files and clock:
//! a client has one thing to do and may wait for it.

pub mod user_pi;
