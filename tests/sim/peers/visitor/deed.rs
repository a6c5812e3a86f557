//! What a visitor wants, and what it does wrong on purpose.

use std::rc::Rc;
use std::time::Duration;

use coracle::client::user_pi::{StoreStart, Task};

/// One thing that a visitor does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// USER and PASS; whether it is to be let in.
    Login { user: &'static str, password: &'static str, right: bool },
    /// A task without a data connection, and whether it has to succeed where all is calm; `None`
    /// where either is well.
    Do(Task, Option<bool>),
    /// A download, from an offset.
    Fetch { path: Vec<u8>, offset: u64, mischief: Mischief },
    /// An upload.
    Put { path: Vec<u8>, payload: Rc<[u8]>, start: StoreStart, mischief: Mischief },
    /// A download that has to be refused.
    Trespass { path: Vec<u8> },
    /// A listing, and a name that has to be in it.
    List { task: Task, holds: Option<Vec<u8>> },
    /// Nothing for a while.
    Pause(Duration),
    /// Leave without QUIT.
    Vanish(How),
    /// End its own direction, and wait for the server's.
    HalfClose,
    /// Never do anything again, but stay.
    Silence,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// With FIN.
    End,
    /// With RST.
    Reset,
}

/// What goes wrong with a transfer, after so many bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mischief {
    /// Nothing.
    None,
    /// The data connection is cut.
    Cut(usize, How),
    /// The process dies: control and data connection close in the same instant.
    Kill(usize),
    /// The user interrupts it: ABOR.
    Abort(usize),
    /// The user interrupts it so many milliseconds after all of it has moved, if it has not been
    /// answered by then.
    AbortLate(u64),
    /// The control connection is reset so many milliseconds after all of it has moved.
    VanishLate(u64),
    /// The data connection moves nothing any more.
    Stall(usize),
    /// It moves so many bytes at a time, so many milliseconds apart.
    Slow(usize, u64),
    /// The data connection is never made.
    NeverConnect,
    /// So many strangers connect to the port first, and as many beside the visitor.
    Strangers(usize),
    /// The visitor ends its own direction of the data connection before it asks for anything.
    Mute,
}

impl Mischief {
    /// Whether a transfer with it has to succeed where all is calm.
    pub(super) const fn is_harmless(self) -> bool {
        matches!(self, Self::None | Self::Slow(..) | Self::Strangers(_) | Self::Mute)
    }

    pub(super) const fn cuts_data(self) -> bool {
        matches!(self, Self::Cut(..) | Self::Kill(_))
    }

    /// Whether an upload of so many bytes with it can't be put in place, whatever happens.
    pub(super) const fn spares_the_file(self, length: usize) -> bool {
        match self {
            Self::Kill(after) | Self::Cut(after, How::Reset) => after <= length,
            Self::Stall(after) => after < length,
            Self::NeverConnect => true,
            Self::None
            | Self::Cut(_, How::End)
            | Self::Abort(_)
            | Self::AbortLate(_)
            | Self::VanishLate(_)
            | Self::Slow(..)
            | Self::Strangers(_)
            | Self::Mute => false,
        }
    }
}

/// A deed on one line.
pub(super) fn brief(deed: &Deed) -> String {
    match deed {
        Deed::Put { path, payload, start, mischief } => {
            format!("put {} {} {start:?} {mischief:?}", path.escape_ascii(), payload.len())
        }
        Deed::Fetch { path, offset, mischief } => {
            format!("fetch {} from {offset} {mischief:?}", path.escape_ascii())
        }
        Deed::Login { .. }
        | Deed::Do(..)
        | Deed::Trespass { .. }
        | Deed::List { .. }
        | Deed::Pause(_)
        | Deed::Vanish(_)
        | Deed::HalfClose
        | Deed::Silence => format!("{deed:?}"),
    }
}
