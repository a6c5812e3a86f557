//! What a session asks for.

use std::net::SocketAddr;
use std::time::Duration;

use super::Timer;
use crate::accounts::Challenge;
use crate::terms::{self, Protection};
use crate::tree::Tree;
use crate::wire::ftp::reply::Reply;
use crate::wire::guided::Prompt;

/// A transfer over the files of the tree `T`.
pub type Order<T> = terms::Order<<T as Tree>::File, <T as Tree>::Part>;

/// Work on the files of the tree `T`.
pub type Chore<T> = terms::Chore<<T as Tree>::File, <T as Tree>::Part>;

/// Something that the reactor is to do for a session.
#[derive(Debug)]
pub enum Effect<T: Tree> {
    /// Say this to the peer, behind all that was said before.
    Reply(Answer),
    /// Have a passive port for the next data connection, in place of whatever route there was.
    /// Answered by `RouteReady` or `RouteFailed`, before anything else is told.
    Listen(Family),
    /// Let the next data connection be an active one to this address, in place of whatever route
    /// there was. Not answered: `Connected` or the transfer's outcome says whether it could be
    /// reached.
    Dial(SocketAddr),
    /// Begin this transfer. Answered by exactly one `Outcome`.
    Begin(Order<T>),
    /// Do this piece of work. Answered by exactly one `Chore`, with a `Progress` before it at most
    /// once a second.
    Work(Chore<T>),
    /// Stop the transfer or the work that runs; its `Outcome` or `Chore` follows, `Aborted` unless
    /// it had already ended. What is whole and on its way into place is not stopped.
    Abort,
    /// Begin the TLS handshake on the control connection, behind all that was said before. What the
    /// peer has sent in the clear behind the line that asked for it is thrown away. Answered by
    /// `Secured`, and no line is offered before that.
    Secure,
    /// End TLS on the control connection, behind all that was said before, and go on in the clear
    /// once the peer has ended it, too. What it has sent until then is thrown away. Not answered.
    Unsecure,
    /// From now on a data connection is of this level when its order comes, unless another is told
    /// before; until the first is told, `Clear`. Not answered.
    Protect(Protection),
    /// Forget whatever route there is: the waiting port or the connection that nobody used.
    Unroute,
    /// Find out on the helper thread whether a password is right. Answered by one `Verdict`.
    Verify(Challenge),
    /// Let this time go by, while the timer for the login runs on. Answered by one `Released`,
    /// unless that timer runs out before. Nobody else waits for it.
    Withhold(Duration),
    /// Start this timer anew, in place of the one that runs.
    Start(Timer),
    /// Stop the timer that runs.
    Stop,
    /// Close the connection when all that was said has been sent.
    Close,
}

/// A line or lines to the peer, in the dialect of its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A reply of RFC 959.
    Ftp(Reply),
    /// A line of the guided dialogue.
    Guided(Prompt<'static>),
}

/// Which addresses a passive port is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The control connection's own.
    Same,
    /// IPv4, as PASV and EPSV 1 demand.
    Ipv4,
    /// IPv6, as EPSV 2 demands.
    Ipv6,
}

/// The effects of one event, in the order in which they are to be carried out.
#[derive(Debug)]
pub struct Effects<T: Tree> {
    list: Vec<Effect<T>>,
}

impl<T: Tree> Effects<T> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds `effect` behind the others.
    pub fn push(&mut self, effect: Effect<T>) {
        self.list.push(effect);
    }

    /// Adds an FTP reply.
    pub fn reply(&mut self, reply: Reply) {
        self.push(Effect::Reply(Answer::Ftp(reply)));
    }

    /// Adds a line of the guided dialogue.
    pub fn say(&mut self, prompt: Prompt<'static>) {
        self.push(Effect::Reply(Answer::Guided(prompt)));
    }

    /// Takes all of them out, in order; the room that they took is kept for the next event.
    pub fn drain(&mut self) -> impl Iterator<Item = Effect<T>> + '_ {
        self.list.drain(..)
    }

    /// True when nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<T: Tree> Default for Effects<T> {
    fn default() -> Self {
        Self::new()
    }
}
