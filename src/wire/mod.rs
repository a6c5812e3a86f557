//! L1. Bytes to values and back, for server and client alike.
//!
//! Everything that goes over a connection has its shape here, and here alone: what one side writes
//! the other side reads with the same type, and parsing what was written gives the value back.
//!
//! - [`mod@line`]: lines of bytes out of a stream of bytes; limits, line ends, Telnet.
//! - [`ftp`]: the words of RFC 959 and its successors: verbs, commands, replies, addresses, facts,
//!   listings.
//! - [`guided`]: the words of the guided dialogue.
//! - [`ascii`]: TYPE A, both ways, as streams.
//!
//! The room knows no socket, no file, no clock and no session: it never says whether a command is
//! allowed, only what it means. It imports [`terms`](crate::terms). Sessions, transfers and the
//! client call it. Nothing that a peer sends makes it panic, and nothing makes it hold more memory
//! than the limit that its caller set.

pub mod ascii;
pub mod ftp;
pub mod guided;
pub mod line;

mod digits;

pub use line::{Framer, Line};
