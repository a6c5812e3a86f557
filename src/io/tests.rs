//! The real sockets over loopback: what the reactor relies on, seen to hold.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};

use super::{Io, OsIo, Ready, ReceiveFault};
use crate::terms::{Content, Fault, Key, Part};

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const LISTENER: Key = Key::new(1, 0);
const DIALLED: Key = Key::new(2, 0);
const ACCEPTED: Key = Key::new(3, 5);

/// A temporary file that is content and upload at once; `plain` hides its descriptor.
struct Scrap {
    file: File,
    length: u64,
    plain: bool,
}

impl Scrap {
    fn new(bytes: &[u8], plain: bool) -> Self {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Self { file, length: bytes.len() as u64, plain }
    }

    fn bytes(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(0)).unwrap();
        self.file.read_to_end(&mut bytes).unwrap();
        bytes
    }
}

impl Content for Scrap {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        (!self.plain).then(|| self.file.as_fd())
    }

    fn still_holds(&self) -> io::Result<bool> {
        Ok(true)
    }
}

impl Part for Scrap {
    fn carry_over(&mut self, _most: usize) -> io::Result<usize> {
        Ok(0)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write_at(bytes, self.length)?;
        self.length += count as u64;
        Ok(count)
    }

    fn descriptor(&self) -> Option<(BorrowedFd<'_>, u64)> {
        (!self.plain).then(|| (self.file.as_fd(), self.length))
    }

    fn advance(&mut self, count: u64) {
        self.length += count;
    }

    fn leave(self) {}

    fn commit(self) -> Result<(), Fault> {
        Ok(())
    }

    fn commit_durably(self) -> Result<(), Fault> {
        Ok(())
    }
}

/// An `OsIo` with one connection through it, both ends watched.
struct Pair {
    io: OsIo,
    dialled: TcpStream,
    accepted: TcpStream,
    _listener: TcpListener,
}

impl Pair {
    fn new() -> Self {
        let mut io = OsIo::new().unwrap();
        let (mut listener, address) = io.listen(LOOPBACK, LISTENER).unwrap();
        let mut dialled = io.dial(LOOPBACK, address, DIALLED).unwrap();
        wait(&mut io, |ready| ready.key == LISTENER && ready.readable);
        let (mut accepted, peer) = io.accept(&mut listener).unwrap();
        assert_eq!(peer, dialled.local_addr().unwrap());
        let more = io.accept(&mut listener).unwrap_err();
        assert_eq!(more.kind(), io::ErrorKind::WouldBlock);
        io.watch(&mut accepted, ACCEPTED).unwrap();
        assert!(io.dialled(&mut dialled).unwrap());
        Self { io, dialled, accepted, _listener: listener }
    }

    /// Reads from the dialled end until the end.
    fn drain(mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = [0; 70_000];
        loop {
            match self.io.read(&mut self.dialled, &mut buffer) {
                Ok(0) => return all,
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    wait(&mut self.io, |ready| ready.key == DIALLED && ready.readable);
                }
            }
        }
    }
}

/// Polls until an event is as wanted; half a minute without one is a failure.
fn wait(io: &mut OsIo, wanted: impl Fn(&Ready) -> bool) {
    let mut ready = Vec::new();
    while !ready.iter().any(&wanted) {
        let before = io.now();
        io.poll(Some(Duration::from_secs(30)), &mut ready).unwrap();
        assert!(io.now().since(before) < Duration::from_secs(30), "no event came: {ready:?}");
    }
}

#[test]
fn a_watch_that_comes_late_still_tells_what_is_ready() {
    let mut pair = Pair::new();
    wait(&mut pair.io, |ready| ready.key == ACCEPTED && ready.writable);
    pair.io.write(&mut pair.dialled, b"x").unwrap();
    wait(&mut pair.io, |ready| ready.key == ACCEPTED && ready.readable);
}

#[test]
fn a_file_is_sent_from_the_middle_without_a_copy() {
    let mut pair = Pair::new();
    let file = Scrap::new(b"0123456789", false);
    assert_eq!(pair.io.send_file(&mut pair.accepted, &file, 4, 3).unwrap(), 3);
    assert_eq!(pair.io.send_file(&mut pair.accepted, &file, 10, 3).unwrap(), 0);
    pair.io.finish(&mut pair.accepted).unwrap();
    assert_eq!(pair.drain(), b"456");
}

#[test]
fn a_file_without_descriptor_is_left_to_be_copied() {
    let mut pair = Pair::new();
    let mut plain = Scrap::new(b"0123456789", true);
    let error = pair.io.send_file(&mut pair.accepted, &plain, 0, 3).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    let fault = pair.io.receive_file(&mut pair.accepted, &mut plain, 3).unwrap_err();
    assert!(matches!(fault, ReceiveFault::Unsupported));
}

#[test]
fn an_upload_is_spliced_to_the_end_of_the_file() {
    let mut pair = Pair::new();
    let sent: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let mut part = Scrap::new(b"old ", false);
    let mut given = 0;
    let mut taken = 0;
    while taken < sent.len() {
        match pair.io.write(&mut pair.dialled, &sent[given..]) {
            Ok(count) => given += count,
            Err(error) => {
                assert!(error.kind() == io::ErrorKind::WouldBlock || given == sent.len(), "{error}")
            }
        }
        match pair.io.receive_file(&mut pair.accepted, &mut part, 64 * 1024) {
            Ok(count) => taken += count,
            Err(ReceiveFault::Socket(error)) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                wait(&mut pair.io, |ready| ready.key == ACCEPTED && ready.readable);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    pair.io.finish(&mut pair.dialled).unwrap();
    wait(&mut pair.io, |ready| ready.key == ACCEPTED && ready.readable);
    assert_eq!(pair.io.receive_file(&mut pair.accepted, &mut part, 1024).unwrap(), 0);
    assert_eq!(part.bytes(), [b"old ".as_slice(), &sent].concat());
}

#[test]
fn a_call_that_nobody_answers_is_an_error() {
    let mut io = OsIo::new().unwrap();
    let closed = io.listen(LOOPBACK, LISTENER).unwrap().1;
    let mut dialled = io.dial(LOOPBACK, closed, DIALLED).unwrap();
    wait(&mut io, |ready| ready.key == DIALLED && ready.writable);
    assert!(io.dialled(&mut dialled).is_err());
}
