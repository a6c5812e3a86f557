//! A remote file as a stream: for what is printed or summed, and kept nowhere.
//!
//! What was given out can't be taken back. So a later try goes on behind the last byte that was, and
//! a server that can't begin there has that much thrown away.

use std::io::{self, Write};

use super::{Courier, lossy};
use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};
use crate::client::link::{Cargo, Link, LinkFault};
use crate::client::retry::Tries;
use crate::client::user_pi::Task;

/// Where a stream goes, and how far it has come.
struct Once<'a> {
    sink: &'a mut dyn Write,
    /// Bytes that the sink has.
    written: u64,
    /// Bytes to come that the sink has already.
    known: u64,
}

impl Courier {
    /// Writes the content of a remote file to `sink`, each byte once, in as many tries as there are.
    ///
    /// # Errors
    /// As the last try fails; that the file has become another; [`Failure::output`] if the sink
    /// fails.
    pub fn stream(
        &mut self,
        remote: &[u8],
        mut tries: Tries,
        sink: &mut dyn Write,
    ) -> Result<(), Failure> {
        let _stoppable = self.dialer.interrupt().guard();
        let mut once = Once { sink, written: 0, known: 0 };
        loop {
            match self.stream_once(remote, &mut once) {
                Ok(()) => return Ok(()),
                Err(failure) => self.rest(&mut tries, failure)?,
            }
        }
    }

    fn stream_once(&mut self, remote: &[u8], once: &mut Once<'_>) -> Result<(), Failure> {
        let size = self.size(remote)?;
        match size {
            Some(size) if size < once.written => {
                let what = format!("it has changed: {} bytes of it had come", once.written);
                return Err(Failure::new(Exit::Other, what).about(lossy(remote)));
            }
            Some(size) if size == once.written && size > 0 => return Ok(()),
            Some(_) | None => {}
        }
        let offset = once.written;
        // A try that broke off may have left some.
        once.known = 0;
        match retrieve(self.link()?, remote, offset, once) {
            Err(fault) if super::is_no_restart(&fault, offset) => {
                once.known = offset;
                retrieve(self.link()?, remote, 0, once).map_err(|fault| failed(fault, remote))?;
            }
            ended => ended.map_err(|fault| failed(fault, remote))?,
        }
        // As with a download: a connection that something has closed looks like the end.
        let here = once.written;
        if size.is_none_or(|size| size <= here) || self.size(remote)? == Some(here) {
            return Ok(());
        }
        Err(Failure::new(Exit::Connection, format!("it ended early, after {here} bytes"))
            .about(lossy(remote))
            .again(Again::Soon))
    }
}

fn retrieve(
    link: &mut Link,
    remote: &[u8],
    offset: u64,
    once: &mut Once<'_>,
) -> Result<(), LinkFault> {
    let task = Task::Retrieve { path: remote.to_vec(), offset };
    link.perform(task, Cargo::Sink(once)).map(drop)
}

fn failed(fault: LinkFault, remote: &[u8]) -> Failure {
    match fault {
        LinkFault::Cargo(error) => Failure::output(&error),
        fault @ (LinkFault::Dialogue(_)
        | LinkFault::TimedOut(_)
        | LinkFault::Tls(_)
        | LinkFault::Spent(_)
        | LinkFault::Cut) => Failure::from(fault).about(lossy(remote)),
    }
}

impl Write for Once<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.known > 0 {
            let known = usize::try_from(self.known).unwrap_or(usize::MAX).min(buffer.len());
            self.known -= known as u64;
            return Ok(known);
        }
        let count = self.sink.write(buffer)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sink_has_is_not_written_again() {
        let mut sink = Vec::new();
        let mut once = Once { sink: &mut sink, written: 0, known: 0 };
        once.write_all(b"abc").unwrap();
        once.known = once.written;
        once.write_all(b"ab").unwrap();
        once.write_all(b"cdef").unwrap();
        assert_eq!((once.written, once.known), (6, 0));
        assert_eq!(sink, b"abcdef");
    }
}
