//! What a session is told.

use std::net::SocketAddr;

use crate::accounts::Verdict;
use crate::terms::{ChoreOutcome, Outcome, Secured};
use crate::wire::line::Line;

/// Something that happened to a session. The reactor tells each exactly once, in the order in
/// which it came about.
#[derive(Debug)]
pub enum Event<'a> {
    /// The connection stands; time for the greeting.
    Opened,
    /// The TLS handshake on the control connection is done: that which
    /// [`Effect::Secure`](super::Effect::Secure) asked for, or, where the port is one for implicit
    /// TLS, the one before `Opened`. One that fails ends the connection, and nobody is told.
    Secured(Secured),
    /// A whole line came from the peer.
    Line(Line<'a>),
    /// The peer has closed its direction: no more lines will come, and all that came were told.
    Hangup,
    /// What [`Effect::Listen`](super::Effect::Listen) asked for stands: the peer may connect to
    /// this address.
    RouteReady(SocketAddr),
    /// What [`Effect::Listen`](super::Effect::Listen) asked for can't be had.
    RouteFailed(RouteFault),
    /// The active connection of the transfer that [`Effect::Begin`](super::Effect::Begin) began
    /// stands, and nothing has moved over it yet. A passive one is not told of.
    Connected,
    /// The transfer that [`Effect::Begin`](super::Effect::Begin) began has ended.
    Outcome(Outcome),
    /// The work that [`Effect::Work`](super::Effect::Work) began goes on; so many bytes of its file
    /// are done with.
    Progress(u64),
    /// The work that [`Effect::Work`](super::Effect::Work) began has ended.
    Chore(ChoreOutcome),
    /// The answer to [`Effect::Verify`](super::Effect::Verify).
    Verdict(Verdict),
    /// The time of [`Effect::Withhold`](super::Effect::Withhold) is over.
    Released,
    /// A timer that the session started has run out.
    Expired(Timer),
    /// The server is about to stop: finish what runs, then go.
    Drain,
}

/// Why there is no passive port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteFault {
    /// No port is left: on each a connection from this peer's address is awaited already, or it is not
    /// ours to have.
    Exhausted,
    /// The address family that was asked for is not the control connection's.
    WrongFamily,
    /// The system refused a listening socket.
    Refused,
}

/// The timers that belong to a session. At most one of them runs at a time; starting one stops the
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// Time to log in, from the greeting on.
    Login,
    /// Time between two lines. It rests while a transfer or other work runs.
    Idle,
}
