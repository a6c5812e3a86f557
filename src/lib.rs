//! Coracle: `coracled`, an FTP server that serves thousands of clients on one thread from one mio
//! event loop, and `coracle`, its client for people and for shell scripts.
//!
//! # A tour in five minutes
//!
//! Two seams hold everything up. A **session** is a pure value: it takes events and returns
//! effects, owns no socket and reads no clock ([`session`]). The **reactor** is generic over its
//! sockets and its files: the traits [`io::Io`] and [`tree::Tree`] have a real implementation each,
//! and one that the simulation makes up ([`reactor`]).
//!
//! A download travels one way through the rooms:
//!
//! 1. [`io`] polls and says that a key is readable; [`reactor`] queues the key.
//! 2. The control connection's [`channel`] is read into its [`wire::line::Framer`]; a whole line
//!    becomes an [`Event`](session::Event).
//! 3. [`session::ftp`] parses it by [`wire::ftp`], checks it against the grants of [`accounts`],
//!    opens the file through the [`tree`], and answers with effects: `Reply(150)`, `Begin(order)`.
//! 4. The reactor puts the reply into the outbox and the order, as a [`transfer`], into the slot of
//!    the data connection.
//! 5. The transfer is stepped within a budget: sendfile, or read, code, write.
//! 6. What comes back is one [`Outcome`](terms::Outcome); the session turns it into `226`, and all
//!    that was said in the pass leaves in one write.
//!
//! # The rooms, and who may import whom
//!
//! | room | layer | what it is | may import |
//! |---|---|---|---|
//! | [`terms`] | 0 | words that all rooms share | nothing |
//! | [`wire`] | 1 | bytes to values and back, for server and client alike | terms |
//! | [`tree`] | 1 | confined files | terms |
//! | [`accounts`] | 1 | who may what | terms |
//! | [`io`] | 1 | the only system calls on sockets | terms |
//! | [`channel`] | 2 | the bytes of one connection, plain or under TLS | terms, io |
//! | [`session`] | 2 | the protocol interpreters | terms, wire, tree, accounts |
//! | [`transfer`] | 2 | the data transfer process | terms, wire::ascii, io, channel |
//! | [`reactor`] | 3 | one pass of the loop | all of the above |
//! | [`daemon`] | 4 | the operator's side of `coracled` | all of the above |
//! | [`client`] | | `coracle` | terms, wire |
//! | [`manual`] | | why things are as they are, in prose | nothing |
//!
//! `tests/tidy.rs` reads the sources and fails on an import that this table does not allow. Of the
//! crates that we use, mio is known to [`io`] and [`daemon`], rustls to [`channel::tls`] and
//! the client's link alone, and the clock and the file system to those rooms that are named there.
//!
//! # Outside of here
//!
//! | place | what it is |
//! |---|---|
//! | `src/bin` | the two programs: arguments to exit code |
//! | `tests/loopback` | the real `coracled`, with other people's clients |
//! | `tests/client`, `tests/peers` | the real `coracle`: with servers that follow a script, and with other people's |
//! | `tests/sim` | the reactor on a made-up network, over many seeds ([`manual::simulation`]) |
//! | `tests/walls` | what a server that was taken over can't do ([`manual::walls`]) |
//! | `tests/fuzz` | what parses, and whole sessions, over a corpus and what is near to it ([`manual::fuzzing`]) |
//! | `tests/tidy.rs` | the rules of the house |
//! | `tests/support` | what these share: a server of one's own, FTP by hand, programs, certificates |
//! | `scripts` | demonstrations, measurements, and what installs all that a test needs |
//! | `data` | what `make run` serves |

pub mod accounts;
pub mod channel;
pub mod client;
pub mod daemon;
pub mod io;
pub mod manual;
pub mod reactor;
pub mod session;
pub mod terms;
pub mod transfer;
pub mod tree;
pub mod wire;
