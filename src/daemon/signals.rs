//! Signals, as events of the loop's own poll.

use std::io;

use rustix::process::Signal;
use signal_hook_mio::v1_0::Signals;

use crate::io::OsIo;
use crate::terms::Key;

/// What an operator can ask for by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// TERM or INT: finish and leave.
    Stop,
    /// HUP: read the accounts anew.
    Reload,
}

/// The signals that are caught.
pub(super) struct Watch {
    signals: Signals,
}

impl Watch {
    /// Catches them from now on; their event bears `key`. XFSZ asks for nothing: caught, it does not
    /// end the process where a client's file would grow beyond what the operator allows (`ulimit -f`,
    /// `LimitFSIZE=`), and that client is told.
    pub(super) fn start(io: &mut OsIo, key: Key) -> io::Result<Self> {
        let caught = [Signal::TERM, Signal::INT, Signal::HUP, Signal::XFSZ].map(Signal::as_raw);
        let mut signals = Signals::new(caught)?;
        io.watch_source(&mut signals, key)?;
        Ok(Self { signals })
    }

    /// What has been asked for since the last call.
    pub(super) fn pending(&mut self) -> Vec<Request> {
        let request = |raw| match raw {
            raw if raw == Signal::XFSZ.as_raw() => None,
            raw if raw == Signal::HUP.as_raw() => Some(Request::Reload),
            _ => Some(Request::Stop),
        };
        self.signals.pending().filter_map(request).collect()
    }
}
