//! The hidden part of an upload, and what becomes of it however the transfer ends.
//!
//! There are many ways to be cut off: a reset, a stall, ABOR, a control connection that is lost, a
//! drain. All of them come to the drop of the transfer, so the drop is where what has come is left
//! for a later upload to go on with. A file that failed is given up instead: a full disk is not
//! helped by keeping half a file. Only the pump makes uploads.

use std::{fmt, io};

use crate::terms::{Fault, Part, Trouble};

/// The last step of an upload, or of work that has made a file: what came is whole and takes its
/// place. Where it has to outlast a power cut that takes as long as the disk likes, so the step can
/// be carried out elsewhere and later. Dropped in place of that, it leaves what an upload that was
/// cut off leaves.
pub struct Commit<P: Part> {
    upload: Upload<P>,
    durably: bool,
}

impl<P: Part> Commit<P> {
    /// Of what is whole in `upload`.
    pub(super) const fn new(upload: Upload<P>, durably: bool) -> Self {
        Self { upload, durably }
    }

    /// Puts it in place. With durability it waits for the disk.
    ///
    /// # Errors
    /// Those of [`Part::commit`], or of [`Part::commit_durably`].
    pub fn carry_out(self) -> Result<(), Fault> {
        self.upload.commit(self.durably)
    }
}

impl<P: Part> fmt::Debug for Commit<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit").field("durably", &self.durably).finish_non_exhaustive()
    }
}

/// An upload under way.
pub(super) struct Upload<P: Part> {
    /// `None` once it was given up or put in place.
    part: Option<P>,
    /// Whether a later upload can go on with it: byte by byte it is what the peer has.
    resumable: bool,
}

impl<P: Part> Upload<P> {
    /// An upload into `part`. One that is not `resumable` leaves nothing.
    pub(super) const fn new(part: P, resumable: bool) -> Self {
        Self { part: Some(part), resumable }
    }

    /// The part, to be written to.
    pub(super) const fn part(&mut self) -> Option<&mut P> {
        self.part.as_mut()
    }

    /// Removes what has come.
    pub(super) fn give_up(&mut self) {
        self.part = None;
    }

    /// Puts it in place; with `durably` as [`Part::commit_durably`] does.
    pub(super) fn commit(mut self, durably: bool) -> Result<(), Fault> {
        let part = self.part.take().ok_or(Trouble::Io(io::ErrorKind::Other))?;
        if durably { part.commit_durably() } else { part.commit() }
    }
}

impl<P: Part> Drop for Upload<P> {
    fn drop(&mut self) {
        if let Some(part) = self.part.take()
            && self.resumable
        {
            part.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::os::fd::BorrowedFd;
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;
    use crate::channel::Channel;
    use crate::io::{Io, OsIo};
    use crate::terms::{
        Coding, Content, Extent, Key, Loss, Mode, Order, Outcome, Protection, Route, Span,
    };
    use crate::transfer::{Pace, Step, Transfer};

    const PACE: Pace = Pace { zero_copy: 1 << 16, copied: 1 << 16, chunk: 1 << 16 };

    const FULL: Fault = Fault::Trouble(Trouble::DiskFull);

    /// What has become of a part.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Fate {
        Running,
        Left,
        InPlace,
        Removed,
    }

    /// What a test sees of a part: how many bytes it has, what has become of it, and whether the
    /// disk is full.
    struct Seen {
        length: usize,
        fate: Fate,
        full: bool,
    }

    struct Watched(Rc<RefCell<Seen>>);

    impl Part for Watched {
        fn carry_over(&mut self, _most: usize) -> io::Result<usize> {
            Ok(0)
        }

        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut seen = self.0.borrow_mut();
            if seen.full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            seen.length += bytes.len();
            Ok(bytes.len())
        }

        fn descriptor(&self) -> Option<(BorrowedFd<'_>, u64)> {
            None
        }

        fn advance(&mut self, _count: u64) {}

        fn commit(self) -> Result<(), Fault> {
            let mut seen = self.0.borrow_mut();
            if seen.full {
                return Err(FULL);
            }
            seen.fate = Fate::InPlace;
            Ok(())
        }

        fn commit_durably(self) -> Result<(), Fault> {
            self.commit()
        }

        fn leave(self) {
            self.0.borrow_mut().fate = Fate::Left;
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            let mut seen = self.0.borrow_mut();
            if seen.fate == Fate::Running {
                seen.fate = Fate::Removed;
            }
        }
    }

    /// No file is sent here.
    struct Nothing;

    impl Content for Nothing {
        fn read_at(&self, _offset: u64, _buffer: &mut [u8]) -> io::Result<usize> {
            Ok(0)
        }

        fn descriptor(&self) -> Option<BorrowedFd<'_>> {
            None
        }

        fn still_holds(&self) -> io::Result<bool> {
            Ok(true)
        }
    }

    /// An upload over a real connection.
    struct Bench {
        io: OsIo,
        channel: Channel<OsIo>,
        /// `None` once it has reset the connection.
        peer: Option<TcpStream>,
        transfer: Transfer<Nothing, Watched>,
        seen: Rc<RefCell<Seen>>,
    }

    impl Bench {
        fn new(coding: Coding) -> Self {
            Self::in_mode(coding, Mode::Stream)
        }

        fn in_mode(coding: Coding, mode: Mode) -> Self {
            let mut io = OsIo::new().unwrap();
            let any = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
            let (mut listener, address) = io.listen(any, Key::new(1, 0)).unwrap();
            let peer = Some(TcpStream::connect(address).unwrap());
            let (socket, _) = io.accept(&mut listener).unwrap();
            let channel = Channel::accepted(socket, Key::new(2, 0));
            let seen = Seen { length: 0, fate: Fate::Running, full: false };
            let seen = Rc::new(RefCell::new(seen));
            let extent = Extent::Part(Watched(Rc::clone(&seen)));
            let order = Order {
                extent,
                span: Span::ALL,
                coding,
                skipped: 0,
                mode,
                route: Route::Data,
                protection: Protection::Clear,
            };
            let transfer = Transfer::new(order);
            Self { io, channel, peer, transfer, seen }
        }

        /// Sends bytes, and receives until they have come or the transfer can't go on.
        fn receive(&mut self, bytes: &[u8]) -> Option<Outcome> {
            self.peer.as_mut().unwrap().write_all(bytes).unwrap();
            let wanted = self.transfer.moved() + bytes.len() as u64;
            self.step_until(wanted)
        }

        /// Resets the connection, and has the transfer notice.
        fn reset(&mut self) -> Option<Outcome> {
            let peer = self.peer.take().unwrap();
            socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
            drop(peer);
            self.step_until(u64::MAX)
        }

        fn step_until(&mut self, moved: u64) -> Option<Outcome> {
            let (mut scratch, mut ready) = ([0; 4096], Vec::new());
            while self.transfer.moved() < moved {
                match self.transfer.step(&mut self.io, &mut self.channel, PACE, &mut scratch) {
                    Step::Blocked(_) => {
                        self.io.poll(None, &mut ready).unwrap();
                        ready.drain(..).for_each(|event| self.channel.note(event));
                    }
                    Step::Again => {}
                    Step::Received => return None,
                    Step::Ended(outcome) => return Some(outcome),
                }
            }
            None
        }

        /// Bytes of the part, and what has become of it when the transfer is gone.
        fn fate(self) -> (usize, Fate) {
            drop(self.transfer);
            let seen = self.seen.borrow();
            (seen.length, seen.fate)
        }
    }

    #[test]
    fn what_is_dropped_is_left() {
        let mut bench = Bench::new(Coding::Image);
        assert_eq!(bench.receive(b"half of it"), None);
        assert_eq!(bench.fate(), (10, Fate::Left));
    }

    #[test]
    fn what_is_cut_is_left() {
        let mut bench = Bench::new(Coding::Image);
        bench.receive(b"half");
        let cut = Outcome::Lost { loss: Loss::Broken, bytes: 4 };
        assert_eq!(bench.reset(), Some(cut));
        assert_eq!(bench.fate(), (4, Fate::Left));
    }

    #[test]
    fn what_is_put_in_place_is_not_left() {
        let mut bench = Bench::new(Coding::Image);
        bench.receive(b"all");
        assert_eq!(bench.transfer.into_commit(true).unwrap().carry_out(), Ok(()));
        assert_eq!(bench.seen.borrow().fate, Fate::InPlace);
    }

    #[test]
    fn what_waited_to_be_put_in_place_in_vain_is_left() {
        for (coding, fate) in [(Coding::Image, Fate::Left), (Coding::Ascii, Fate::Removed)] {
            let mut bench = Bench::new(coding);
            bench.receive(b"all");
            drop(bench.transfer.into_commit(true));
            assert_eq!(bench.seen.borrow().fate, fate);
        }
    }

    #[test]
    fn text_is_not_left() {
        // An offset into it would count other bytes than those that the peer has sent.
        let mut bench = Bench::new(Coding::Ascii);
        bench.receive(b"a line\r\n");
        assert_eq!(bench.fate(), (7, Fate::Removed));
    }

    #[test]
    fn a_full_disk_is_not_filled_with_what_came() {
        let mut bench = Bench::new(Coding::Image);
        bench.receive(b"half");
        bench.seen.borrow_mut().full = true;
        assert_eq!(bench.receive(b"more"), Some(Outcome::Failed { fault: FULL, bytes: 8 }));
        assert_eq!(bench.fate(), (4, Fate::Removed));
    }

    #[test]
    fn a_bomb_is_expanded_a_slice_a_turn() {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 16 << 20]).unwrap();
        let bomb = encoder.finish().unwrap();
        let mut bench = Bench::in_mode(Coding::Image, Mode::Deflate { level: 6 });
        bench.peer.as_mut().unwrap().write_all(&bomb).unwrap();
        let (mut scratch, mut ready) = ([0; 4096], Vec::new());
        while bench.seen.borrow().length < 16 << 20 {
            let before = bench.seen.borrow().length;
            let step = bench.transfer.step(&mut bench.io, &mut bench.channel, PACE, &mut scratch);
            let expanded = bench.seen.borrow().length - before;
            assert!(expanded <= PACE.deflated() + scratch.len(), "{expanded} bytes in one turn");
            match step {
                Step::Again => {}
                Step::Blocked(_) => {
                    bench.io.poll(None, &mut ready).unwrap();
                    ready.drain(..).for_each(|event| bench.channel.note(event));
                }
                other @ (Step::Received | Step::Ended(_)) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_can_not_be_put_in_place_is_removed() {
        let mut bench = Bench::new(Coding::Image);
        bench.receive(b"all");
        bench.seen.borrow_mut().full = true;
        assert_eq!(bench.transfer.into_commit(false).unwrap().carry_out(), Err(FULL));
        assert_eq!(bench.seen.borrow().fate, Fate::Removed);
    }
}
