//! The hidden part of an upload, and what becomes of it however the transfer ends.
//!
//! There are many ways to be cut off: a reset, a stall, ABOR, a control connection that is lost, a
//! drain. All of them come to the drop of the transfer, so the drop is where what has come is left
//! for a later upload to go on with. A file that failed is given up instead: a full disk is not
//! helped by keeping half a file. Only the pump makes uploads.

use std::io;

use crate::terms::{Fault, Part, Trouble};

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

    /// Puts it in place.
    pub(super) fn commit(mut self) -> Result<(), Fault> {
        self.part.take().ok_or(Trouble::Io(io::ErrorKind::Other))?.commit()
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
    use std::io::Write;
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::channel::Channel;
    use crate::io::{Io, OsIo};
    use crate::terms::{Coding, Extent, Key, Mode, Order, Outcome, Root, Route, Span};
    use crate::transfer::{Pace, Step, Transfer};
    use crate::tree::{Keep, MemoryFile, MemoryPart, MemoryTree, Place, Tree};

    type Moving = Transfer<MemoryFile, MemoryPart>;

    const PACE: Pace = Pace { zero_copy: 1 << 16, copied: 1 << 16, chunk: 1 << 16 };

    /// An upload to `a` over a real connection.
    struct Bench {
        io: OsIo,
        channel: Channel<OsIo>,
        /// `None` once it has reset the connection.
        peer: Option<TcpStream>,
        tree: MemoryTree,
        root: Root,
        transfer: Moving,
    }

    impl Bench {
        fn new(coding: Coding) -> Self {
            let mut io = OsIo::new().unwrap();
            let any = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
            let (mut listener, address) = io.listen(any, Key::new(1, 0)).unwrap();
            let peer = Some(TcpStream::connect(address).unwrap());
            let (socket, _) = io.accept(&mut listener).unwrap();
            let channel = Channel::accepted(socket, Key::new(2, 0));
            let tree = MemoryTree::new();
            let root = tree.add_root();
            let place = Place { root, path: b"a" };
            let part = tree.create(place, Keep::Nothing, true).unwrap();
            let extent = Extent::Part(part);
            let transfer = Transfer::new(Order {
                extent,
                span: Span::ALL,
                coding,
                mode: Mode::Stream,
                route: Route::Data,
            });
            Self { io, channel, peer, tree, root, transfer }
        }

        fn send(&mut self, bytes: &[u8]) {
            self.peer.as_mut().unwrap().write_all(bytes).unwrap();
        }

        fn reset(&mut self) {
            let peer = self.peer.take().unwrap();
            socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        }

        /// Receives until `bytes` have come or the transfer can't go on.
        fn receive(&mut self, bytes: u64) -> Option<Outcome> {
            let (mut scratch, mut ready) = ([0; 4096], Vec::new());
            while self.transfer.moved() < bytes {
                let step = self.transfer.step(&mut self.io, &mut self.channel, PACE, &mut scratch);
                match step {
                    Step::Blocked(_) => {
                        self.io.poll(None, &mut ready).unwrap();
                        for event in ready.drain(..) {
                            self.channel.note(event);
                        }
                    }
                    Step::Again => {}
                    Step::Received => return None,
                    Step::Ended(outcome) => return Some(outcome),
                }
            }
            None
        }

        /// What is there for `a` after the transfer: the file, and how much is left of an upload.
        fn found(self) -> (Option<Vec<u8>>, Option<u64>) {
            drop(self.transfer);
            assert_eq!(self.tree.parts_under_way(), 0);
            let place = Place { root: self.root, path: b"a" };
            let content = self.tree.content(self.root, b"a").map(|content| content.to_vec());
            (content, self.tree.received(place).ok())
        }
    }

    #[test]
    fn what_is_dropped_is_left() {
        let mut bench = Bench::new(Coding::Image);
        bench.send(b"half of it");
        bench.receive(10);
        assert_eq!(bench.found(), (None, Some(10)));
    }

    #[test]
    fn what_is_cut_is_left() {
        let mut bench = Bench::new(Coding::Image);
        bench.send(b"half");
        bench.receive(4);
        bench.reset();
        assert!(matches!(bench.receive(5), Some(Outcome::Lost { bytes: 4, .. })));
        assert_eq!(bench.found(), (None, Some(4)));
    }

    #[test]
    fn text_is_not_left() {
        // An offset into it would count other bytes than those that the peer has sent.
        let mut bench = Bench::new(Coding::Ascii);
        bench.send(b"a line\r\n");
        bench.receive(8);
        assert_eq!(bench.found(), (None, None));
    }

    #[test]
    fn a_full_disk_is_not_filled_with_what_came() {
        let mut bench = Bench::new(Coding::Image);
        bench.send(b"half");
        bench.receive(4);
        bench.tree.fail_write(0, io::ErrorKind::StorageFull);
        bench.send(b"more");
        let fault = Trouble::DiskFull.into();
        assert!(
            matches!(bench.receive(8), Some(Outcome::Failed { fault: said, .. }) if said == fault)
        );
        assert_eq!(bench.found(), (None, None));
    }

    #[test]
    fn what_can_not_be_put_in_place_is_removed() {
        let mut bench = Bench::new(Coding::Image);
        bench.send(b"all");
        bench.receive(3);
        bench.tree.fail_commit(0, Trouble::DiskFull.into());
        let outcome = bench.transfer.commit();
        assert_eq!(outcome, Outcome::Failed { fault: Trouble::DiskFull.into(), bytes: 3 });
        assert_eq!((bench.tree.parts_under_way(), bench.tree.parts_left()), (0, 0));
    }
}
