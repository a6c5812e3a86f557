//! L0. The words that all rooms share.
//!
//! Plain values and the few traits that carry bytes from one room to another. This room imports
//! none of the others, opens nothing and reads no clock.

mod budget;
mod chore;
mod content;
mod fault;
mod key;
mod moment;
mod order;
mod outcome;
mod protection;

pub use budget::Budget;
pub use chore::{Algorithm, Chore, ChoreOutcome, Digest};
pub use content::{Content, Filled, Lines, Part};
pub use fault::{Denied, Fault, PeerFault, Trouble};
pub use key::Key;
pub use moment::{Moment, UnixTime};
pub use order::{Coding, Direction, Extent, Mode, Order, Root, Route, Span};
pub use outcome::{Loss, Outcome};
pub use protection::{Protection, Secured};
