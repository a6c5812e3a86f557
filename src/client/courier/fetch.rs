//! Downloads: what is there already, the way here, and whether all of it has come.

use super::{Conduct, Courier, Delivery, Errand, Metered, Restarted, Verified, lossy, restarted};
use crate::client::download::Download;
use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};
use crate::client::link::Cargo;
use crate::client::progress::Meter;
use crate::client::sums::Algorithm;
use crate::client::user_pi::Task;

impl Courier {
    pub(super) fn fetch(
        &mut self,
        errand: &Errand,
        conduct: &Conduct,
        meter: &Meter,
    ) -> Result<Delivery, Failure> {
        if conduct.resume && !errand.force && self.has_arrived(errand, conduct)? {
            return Ok(Delivery { verified: Verified::Not });
        }
        let mut download = Download::begin(&errand.local, errand.force, conduct.resume)?;
        let size = match errand.size {
            Some(size) => Some(size),
            None => self.insist(conduct.tries(), |courier| courier.size(&errand.remote))?,
        };
        if let Some(size) = size {
            meter.length(size);
        }
        let mut tries = conduct.tries();
        loop {
            meter.attempt();
            let fetched = self
                .fetch_once(errand, &mut download, meter)
                .and_then(|()| self.is_whole(errand, &download, size));
            match fetched {
                Ok(()) => break,
                Err(failure) => self.rest(&mut tries, failure)?,
            }
        }
        let verified = if conduct.verify {
            let verdict =
                self.insist(conduct.tries(), |courier| courier.verify_fetched(errand, &download));
            match verdict {
                Ok(verified) => verified,
                Err(failure) => {
                    if failure.exit() == Exit::Verification {
                        // What is wrong is nothing to go on with.
                        download.discard();
                    }
                    return Err(failure);
                }
            }
        } else {
            Verified::Not
        };
        if let Some(modified) = errand.modified {
            download.date(modified);
        }
        download.commit()?;
        Ok(Delivery { verified })
    }

    /// Fails for a download that ended early: in stream mode a connection that something between
    /// here and there has closed looks like the end of the file, and the server need not notice. A
    /// file that has become shorter since we know its `size` is whole.
    fn is_whole(
        &mut self,
        errand: &Errand,
        download: &Download,
        size: Option<u64>,
    ) -> Result<(), Failure> {
        let here = download.bytes();
        if size.is_none_or(|size| size <= here) || self.size(&errand.remote)? == Some(here) {
            return Ok(());
        }
        Err(Failure::new(Exit::Connection, format!("it ended early, after {here} bytes"))
            .about(lossy(&errand.remote))
            .again(Again::Soon))
    }

    /// True when an earlier run has brought the whole file.
    fn has_arrived(&mut self, errand: &Errand, conduct: &Conduct) -> Result<bool, Failure> {
        let Ok(there) = std::fs::symlink_metadata(&errand.local) else { return Ok(false) };
        let size = self.insist(conduct.tries(), |courier| courier.size(&errand.remote))?;
        Ok(there.is_file() && size == Some(there.len()))
    }

    fn fetch_once(
        &mut self,
        errand: &Errand,
        download: &mut Download,
        meter: &Meter,
    ) -> Result<(), Failure> {
        let offset = download.bytes();
        if offset > 0 {
            match self.size(&errand.remote)? {
                Some(size) if size == offset => return Ok(()),
                // It is another file than the one that was begun.
                Some(size) if size < offset => download.restart()?,
                Some(_) | None => {}
            }
        }
        match self.retrieve(errand, download, meter)? {
            Restarted::Done => Ok(()),
            Restarted::Refused(_) if download.bytes() > 0 => {
                download.restart()?;
                match self.retrieve(errand, download, meter)? {
                    Restarted::Done => Ok(()),
                    Restarted::Refused(failure) => Err(failure),
                }
            }
            Restarted::Refused(failure) => Err(failure),
        }
    }

    fn retrieve(
        &mut self,
        errand: &Errand,
        download: &mut Download,
        meter: &Meter,
    ) -> Result<Restarted, Failure> {
        let offset = download.bytes();
        meter.begin(offset);
        let task = Task::Retrieve { path: errand.remote.clone(), offset };
        let mut sink = Metered { inner: download, meter };
        match self.link()?.perform(task, Cargo::Sink(&mut sink)) {
            Ok(_) => Ok(Restarted::Done),
            Err(fault) => restarted(fault, offset, errand),
        }
    }

    fn verify_fetched(
        &mut self,
        errand: &Errand,
        download: &Download,
    ) -> Result<Verified, Failure> {
        let local = |algorithm: Algorithm| {
            algorithm
                .digest(&mut download.reader()?)
                .map_err(|error| Failure::local(errand.local.display(), &error))
        };
        self.compare(&errand.remote, download.bytes(), local)
    }
}
