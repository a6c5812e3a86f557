//! L2. The data transfer process (RFC 959, section 2.3): moves the bytes of one [`Order`] over one
//! channel, a budget at a time, and says once how it ended.
//!
//! Bytes flow down only; what comes back is an [`Outcome`](crate::terms::Outcome), as a value. This
//! room knows nothing of sessions, replies, grants or timers. The reactor steps it.

mod pump;
mod upload;

pub use pump::{Pace, Step, Transfer};
