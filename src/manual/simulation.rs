//! # Simulation: the real loop on a made-up network
//!
//! `tests/sim` runs the reactor that `coracled` runs, over an [`Io`](crate::io::Io) that is a seeded
//! fake and a [`MemoryTree`](crate::tree::MemoryTree), in virtual time. The peers are the client's
//! own [user-PI](crate::client), and others that mean no good. Reads and writes come short, events
//! come late, twice, for nothing and for the dead, connections are reset, descriptors and disks run
//! out.
//!
//! After each pass it is checked that every command has had its one final reply, that `226` was said
//! only where the bytes are whole, that no slot leaked, and that nobody waited longer for a turn than
//! the bound allows; at the end, that everything has been closed.
//!
//! Where uploads are durable the made-up disk takes its time, refuses, and loses its power: then all
//! that was not synced may be gone, or half there, each name by itself, and what was acknowledged has
//! to be whole.
//!
//! `make test` runs a few hundred seeds, `make sim` many. A seed that fails is printed with the
//! command that replays it, with a trace:
//!
//! ```text
//! CORACLE_SIM_SEED=4711 cargo test --test sim -- --nocapture
//! ```
