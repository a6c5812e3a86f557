//! Uploads: what the server has already, the way there, and the time that the copy gets.

#![expect(clippy::disallowed_methods, reason = "this room owns the local files of uploads")]

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Conduct, Courier, Delivery, Errand, Metered, Restarted, Verified, lossy, restarted};
use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};
use crate::client::link::Cargo;
use crate::client::progress::Meter;
use crate::client::sums::Algorithm;
use crate::client::user_pi::{StoreStart, Task};
use crate::terms::UnixTime;

impl Courier {
    pub(super) fn deliver(
        &mut self,
        errand: &Errand,
        conduct: &Conduct,
        meter: &Meter,
    ) -> Result<Delivery, Failure> {
        let failed = |error: io::Error| Failure::local(errand.local.display(), &error);
        let mut file = open_source(errand)?;
        let length = file.metadata().map_err(failed)?.len();
        meter.length(length);
        // What is there before we begin is somebody else's: only if there is nothing can a later
        // try tell by the size how far an earlier one came.
        let ours = conduct.resume
            || (conduct.retries > 0
                && self.insist(conduct.tries(), |courier| courier.size(&errand.remote))?.is_none());
        let mut resume = conduct.resume;
        let mut tries = conduct.tries();
        loop {
            meter.attempt();
            let delivered = self
                .deliver_once(errand, &mut file, length, resume, meter)
                .and_then(|()| self.is_all_there(&errand.remote, length));
            match delivered {
                Ok(()) => break,
                // A server may have noticed only now that the connection of the last try is gone, and
                // have put in place meanwhile what came over it.
                Err(failure)
                    if ours
                        && meter.attempts() > 1
                        && failure.exit() == Exit::NotPermitted
                        && self.has_arrived_there(&errand.remote, length) =>
                {
                    break;
                }
                Err(failure) => self.rest(&mut tries, failure)?,
            }
            resume = ours;
        }
        let verified = if conduct.verify {
            self.insist(conduct.tries(), |courier| {
                let local = |algorithm: Algorithm| {
                    algorithm.digest(&mut open_source(errand)?).map_err(failed)
                };
                courier.compare(&errand.remote, length, local)
            })?
        } else {
            Verified::Not
        };
        if let Some(modified) = errand.modified {
            self.date(&errand.remote, modified)?;
        }
        Ok(Delivery { verified })
    }

    /// Fails for an upload of which less than `length` has arrived, where the server tells: some take
    /// a connection that was reset for one that was closed, and call half a file complete.
    fn is_all_there(&mut self, remote: &[u8], length: u64) -> Result<(), Failure> {
        match self.size(remote)? {
            Some(there) if there < length => {
                Err(Failure::new(Exit::Connection, format!("only {there} bytes have arrived"))
                    .about(lossy(remote))
                    .again(Again::Soon))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn deliver_once(
        &mut self,
        errand: &Errand,
        file: &mut File,
        length: u64,
        resume: bool,
        meter: &Meter,
    ) -> Result<(), Failure> {
        let there = if resume { self.size(&errand.remote)? } else { None };
        // What is longer than ours is another file.
        let offset = there.filter(|&there| there <= length).unwrap_or(0);
        if offset > 0 && offset == length && self.is_in_place(&errand.remote)? {
            return Ok(());
        }
        let start = if offset > 0 { StoreStart::Restart(offset) } else { StoreStart::Replace };
        match self.store(errand, file, offset, start, meter)? {
            Restarted::Done => Ok(()),
            Restarted::Refused(_) if offset > 0 => {
                match self.store(errand, file, offset, StoreStart::Append, meter)? {
                    Restarted::Done => Ok(()),
                    Restarted::Refused(failure) => Err(failure),
                }
            }
            Restarted::Refused(failure) => Err(failure),
        }
    }

    fn store(
        &mut self,
        errand: &Errand,
        file: &mut File,
        offset: u64,
        start: StoreStart,
        meter: &Meter,
    ) -> Result<Restarted, Failure> {
        file.seek(SeekFrom::Start(offset))
            .map_err(|error| Failure::local(errand.local.display(), &error))?;
        meter.begin(offset);
        let task = Task::Store { path: errand.remote.clone(), start };
        let mut source = Metered { inner: file, meter };
        match self.link()?.perform(task, Cargo::Source(&mut source)) {
            Ok(_) => Ok(Restarted::Done),
            Err(fault) => restarted(fault, offset, errand),
        }
    }

    /// True when a file of this length has that name.
    fn has_arrived_there(&mut self, remote: &[u8], length: u64) -> bool {
        self.size(remote).is_ok_and(|there| there == Some(length))
            && self.is_in_place(remote).unwrap_or(false)
    }

    /// True when a file has that name. A server that keeps broken uploads aside tells their size
    /// although there is no such file; it has no time to tell of them.
    fn is_in_place(&mut self, remote: &[u8]) -> Result<bool, Failure> {
        let reply = self.ask([b"MDTM ", remote].concat(), false)?;
        Ok(reply.code().number() == 213)
    }

    /// Gives a remote file the time of ours, where the server lets us.
    fn date(&mut self, remote: &[u8], modified: UnixTime) -> Result<(), Failure> {
        if !self.link()?.features().is_some_and(|features| features.has("MFMT")) {
            return Ok(());
        }
        let Ok(time) = Timestamp::from_second(modified.0) else { return Ok(()) };
        let time = time.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string();
        self.ask([b"MFMT ", time.as_bytes(), b" ", remote].concat(), false)?;
        Ok(())
    }
}

fn open_source(errand: &Errand) -> Result<File, Failure> {
    let shown = errand.local.display().to_string();
    let failed = |error: io::Error| Failure::local(&shown, &error);
    if std::fs::metadata(&errand.local).map_err(failed)?.is_dir() {
        return Err(Failure::new(Exit::LocalFile, "it is a directory").about(shown));
    }
    File::open(&errand.local).map_err(failed)
}
