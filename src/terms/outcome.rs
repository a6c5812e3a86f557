//! How a transfer ended.

use super::Fault;

/// What the data transfer process says, exactly once, of each [`Order`](super::Order).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every byte has been handed over; an upload is in place.
    Done {
        /// Bytes that went over the connection.
        bytes: u64,
    },
    /// The session asked for it to be stopped (ABOR, QUIT, a lost control connection).
    Aborted {
        /// Bytes that had gone over the connection by then.
        bytes: u64,
    },
    /// The connection failed.
    Lost {
        /// How.
        loss: Loss,
        /// Bytes that had gone over the connection by then.
        bytes: u64,
    },
    /// The file failed.
    Failed {
        /// How.
        fault: Fault,
        /// Bytes that had gone over the connection by then.
        bytes: u64,
    },
}

impl Outcome {
    /// Bytes that went over the data connection, whatever the end.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        match self {
            Self::Done { bytes }
            | Self::Aborted { bytes }
            | Self::Lost { bytes, .. }
            | Self::Failed { bytes, .. } => *bytes,
        }
    }
}

/// How a data connection failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nobody came, or nobody could be reached, in time.
    NeverOpened,
    /// The peer closed or reset it before the end.
    Broken,
    /// Not one byte moved for too long.
    Stalled,
    /// What came under TLS is not what the peer has sent.
    Tampered,
    /// Its TLS handshake broke off, or was not done in time.
    Unsecured,
    /// Its TLS handshake failed: one of the two did not like what the other said.
    Insecure,
    /// It shows another certificate than the control connection did, or none.
    Foreign,
    /// Its TLS handshake did not resume the control connection's session, as the operator demands.
    NotResumed,
}
