//! L2. The data transfer process (RFC 959, section 2.3): moves the bytes of one
//! [`Order`](crate::terms::Order) over one channel, a budget at a time, and says once how it ended.
//!
//! Bytes flow down only; what comes back is an [`Outcome`](crate::terms::Outcome), as a value. This
//! room knows nothing of sessions, replies, grants or timers. The reactor steps it.
//!
//! [`Work`] is its other half: what is done to files without a connection, in slices as small.

mod chore;
mod deflate;
mod packing;
mod pump;
mod receive;
mod send;
mod upload;

pub use chore::{Progress, Work};
pub use pump::{Pace, Step, Transfer};
pub use upload::Commit;
