//! # Protocol: the contract between a session and the reactor
//!
//! A session is told [events](crate::session::Event) and answers with
//! [effects](crate::session::Effect):
//!
//! | effect | is answered by | exactly |
//! |---|---|---|
//! | `Listen` | `RouteReady` or `RouteFailed` | once, before anything else is told |
//! | `Begin` | `Outcome` | once, whatever happens |
//! | `Work` | `Chore`, with `Progress` before it | once, whatever happens; progress once a second |
//! | `Abort` | the `Outcome` or `Chore` of what it aborts | that same one |
//! | `Verify` | `Verdict` | once, unless the connection goes first |
//! | `Start` | `Expired` | at most once, unless started anew or stopped |
//! | `Dial`, `Unroute`, `Reply`, `Stop`, `Close` | nothing | |
//!
//! While the answer to `Listen` or `Verify` is due the session wants no lines; they wait in the
//! framer, in the socket, and in the end at the peer. While a transfer or work runs it takes them, serves
//! `ABOR` and `STAT` at once, and keeps the others, up to a bound, for when the transfer has ended.
//! So pipelined commands are served in order and never lost.
//!
//! `Hangup` says that the peer has closed its direction. A client that pipes its commands through
//! `nc` does that and still wants the answers; a client that was killed does that too, and its
//! upload must not be put in place. The session knows which it can be, and answers with `Abort`, or
//! with `Close` when all is done.
//!
//! Both dialects, FTP and the guided dialogue, keep this contract; the reactor does not know which
//! one it serves.
