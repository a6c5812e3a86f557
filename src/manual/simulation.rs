//! # Simulation: the real loop on a made-up network
//!
//! `tests/sim` runs the reactor that `coracled` runs, over an [`Io`](crate::io::Io) that is a seeded
//! fake and a [`MemoryTree`](crate::tree::MemoryTree), in virtual time. The peers are the client's
//! own [user-PI](crate::client), and others that mean no good. Reads and writes come short, events
//! come late, twice, for nothing and for the dead, connections are reset or reach the server behind
//! what was said after them, descriptors and disks run out.
//!
//! After each pass it is checked that every command has had its one final reply, that `226` was said
//! only where the bytes are whole, that no slot leaked, and that nobody waited longer for a turn than
//! the bound allows; at the end, that everything has been closed, and that every file of the tree is
//! one that somebody put there, whole: what was compressed unpacks to what it was made of.
//!
//! Work on files has bounds of its own, which follow from the design. A slice of compression waits no
//! longer than the other files that have a place take for a slice each, a digest no longer than
//! everybody's digest takes, and a pass does no more of both than
//! [`COMPRESSED_A_PASS`](crate::reactor::COMPRESSED_A_PASS) and
//! [`DIGESTED_A_PASS`](crate::reactor::DIGESTED_A_PASS) say. So a download that can move waits for
//! two passes as it does without, and for what work stands in them.
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
//!
//! Scripts of whole sessions that a [fuzzer](super::fuzzing) changes are played in the same world.
