//! The real server over real sockets, on loopback, with other people's programs and with hostile
//! peers.
//!
//! One test program holds it all: what the tests share is built and linked once.
#![expect(clippy::disallowed_methods, reason = "tests own their files, their clock and a thread")]

#[path = "../support/mod.rs"]
mod support;

mod changes;
mod conformance;
mod curl;
mod daemon;
mod disk;
mod durable;
mod ftplib;
mod gate;
mod guided;
mod halves;
mod hostile;
mod idle;
mod lftp;
mod mode_z;
mod ports;
mod protected;
mod routes;
mod scripts;
mod sealed;
mod siege;
mod smuggled;
mod strict;
#[path = "../strict/player.rs"]
mod strict_player;
mod trips;
mod walls;
mod work;
