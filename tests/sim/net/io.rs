//! The fake [`Io`]: the reactor's sockets on the virtual network.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use coracle::io::{Io, Ready, ReceiveFault};
use coracle::terms::{Content, Key, Moment, Part, UnixTime};

use super::{ConnId, Net, PeerId, Wake, nanos};

/// The calendar's time at the start: 2026-01-01T00:00:00 UTC.
const EPOCH: i64 = 1_767_225_600;

/// Nanoseconds that a poll and the serving of what it brought take at most.
pub(crate) const LONGEST_POLL: u64 = 20_000;

/// Bytes that one zero-copy call moves at most.
const PIECE: usize = 64 * 1024;

/// Those who live on the other side of the network.
pub(crate) trait Peers {
    /// Something has happened to the peer `who`.
    fn wake(&mut self, who: PeerId, wake: Wake, net: &mut Net);

    /// The server has been told to stop: from `at` on it closes without a word.
    fn cut_off_at(&mut self, _at: u64) {}

    /// Somebody is to write into the file at `path` in place, and to leave so many thousandths of it.
    fn rewrite(&mut self, _path: &[u8], _left: u64) {}
}

/// The reactor's sockets.
pub(crate) struct FakeIo<P> {
    net: Rc<RefCell<Net>>,
    peers: Rc<RefCell<P>>,
}

/// The reactor's end of a connection.
pub(crate) struct FakeSocket {
    net: Rc<RefCell<Net>>,
    id: ConnId,
}

/// A listener of the reactor's.
pub(crate) struct FakeListener {
    net: Rc<RefCell<Net>>,
    address: SocketAddr,
}

impl Drop for FakeSocket {
    fn drop(&mut self) {
        self.net.borrow_mut().close(self.id);
    }
}

impl Drop for FakeListener {
    fn drop(&mut self) {
        self.net.borrow_mut().close_listener(self.address);
    }
}

impl<P: Peers> FakeIo<P> {
    pub(crate) fn new(net: Rc<RefCell<Net>>, peers: Rc<RefCell<P>>) -> Self {
        Self { net, peers }
    }

    fn socket(&self, id: ConnId) -> FakeSocket {
        FakeSocket { net: Rc::clone(&self.net), id }
    }

    /// Lets all happen that is still under way, now that the reactor has stopped.
    pub(crate) fn play_out(&self) {
        loop {
            {
                let mut net = self.net.borrow_mut();
                let Some(at) = net.next_at() else { return };
                net.now = net.now.max(at);
            }
            self.happen();
        }
    }

    /// Lets all happen that is due.
    fn happen(&self) {
        let mut net = self.net.borrow_mut();
        while let Some(woken) = net.advance() {
            if let Some((who, wake)) = woken {
                self.peers.borrow_mut().wake(who, wake, &mut net);
            }
        }
    }

    /// Lets time pass until there is an event or the wait is over.
    fn pass_time(&self, wait: Option<Duration>) {
        let until = {
            let mut net = self.net.borrow_mut();
            net.stats.polls += 1;
            let cost = net.rng.within(500..LONGEST_POLL) + net.faults.sluggish;
            let until = wait.map(|wait| net.now.saturating_add(nanos(wait)));
            net.now += cost;
            until
        };
        loop {
            self.happen();
            let mut guard = self.net.borrow_mut();
            let net = &mut *guard;
            let interrupted = net.rng.chance(net.faults.interrupts);
            if net.has_ready() || interrupted {
                return;
            }
            match (net.next_at(), until) {
                (Some(at), None) => net.now = net.now.max(at),
                (Some(at), Some(until)) if at <= until => net.now = net.now.max(at),
                (_, Some(until)) => {
                    net.now = net.now.max(until);
                    if net.rng.chance(net.faults.oversleep) {
                        net.now += net.rng.below(30_000_000);
                    }
                    drop(guard);
                    self.happen();
                    return;
                }
                (None, None) => {
                    net.asleep = true;
                    return;
                }
            }
        }
    }
}

impl<P: Peers> Io for FakeIo<P> {
    type Socket = FakeSocket;
    type Listener = FakeListener;

    fn now(&self) -> Moment {
        Moment::from_nanos(self.net.borrow().now)
    }

    fn today(&self) -> UnixTime {
        let secs = self.net.borrow().now / 1_000_000_000;
        UnixTime(EPOCH + i64::try_from(secs).unwrap_or_default())
    }

    fn poll(&mut self, wait: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()> {
        self.pass_time(wait);
        let mut net = self.net.borrow_mut();
        net.harvest(ready);
        if !ready.is_empty() || wait.is_some_and(|wait| !wait.is_zero()) {
            net.trace(|| format!("poll({wait:?}) -> {ready:?}"));
        }
        Ok(())
    }

    fn listen(&mut self, address: SocketAddr, key: Key) -> io::Result<(FakeListener, SocketAddr)> {
        let address = self.net.borrow_mut().listen(address, key)?;
        Ok((FakeListener { net: Rc::clone(&self.net), address }, address))
    }

    fn accept(&mut self, listener: &mut FakeListener) -> io::Result<(FakeSocket, SocketAddr)> {
        let (id, peer) = self.net.borrow_mut().accept(listener.address)?;
        Ok((self.socket(id), peer))
    }

    fn dial(&mut self, local: SocketAddr, peer: SocketAddr, key: Key) -> io::Result<FakeSocket> {
        let id = self.net.borrow_mut().call_out(local, peer, key)?;
        Ok(self.socket(id))
    }

    fn dialled(&mut self, socket: &mut FakeSocket) -> io::Result<bool> {
        self.net.borrow_mut().dialled(socket.id)
    }

    fn watch(&mut self, socket: &mut FakeSocket, key: Key) -> io::Result<()> {
        self.net.borrow_mut().watch(socket.id, key);
        Ok(())
    }

    fn local_address(&self, socket: &FakeSocket) -> io::Result<SocketAddr> {
        Ok(super::completed(super::mapped(self.net.borrow().server_of(socket.id))))
    }

    fn read(&mut self, socket: &mut FakeSocket, buffer: &mut [u8]) -> io::Result<usize> {
        let mut net = self.net.borrow_mut();
        let read = net.take(socket.id, buffer);
        net.trace(|| format!("  read c{} -> {read:?}", socket.id));
        read
    }

    fn write(&mut self, socket: &mut FakeSocket, bytes: &[u8]) -> io::Result<usize> {
        let mut net = self.net.borrow_mut();
        let written = net.room_for(socket.id, bytes.len());
        net.trace(|| {
            format!("  write c{} {} -> {written:?} {}", socket.id, bytes.len(), show(bytes))
        });
        let count = written?;
        net.put(socket.id, &bytes[..count]);
        Ok(count)
    }

    fn send_file<C: Content>(
        &mut self,
        socket: &mut FakeSocket,
        content: &C,
        offset: u64,
        most: usize,
    ) -> io::Result<usize> {
        let mut guard = self.net.borrow_mut();
        let net = &mut *guard;
        if net.rng.chance(net.faults.copied) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let sent = net.room_for(socket.id, most.min(PIECE));
        net.trace(|| format!("  send_file c{} {offset}+{most} -> {sent:?}", socket.id));
        let mut bytes = vec![0; sent?];
        // sendfile answers for both descriptors; a file's failure is EIO.
        let count =
            content.read_at(offset, &mut bytes).map_err(|_| io::Error::from_raw_os_error(5))?;
        if count > 0 {
            net.put(socket.id, &bytes[..count]);
        }
        Ok(count)
    }

    fn receive_file<P2: Part>(
        &mut self,
        socket: &mut FakeSocket,
        part: &mut P2,
        most: usize,
    ) -> Result<usize, ReceiveFault> {
        let mut guard = self.net.borrow_mut();
        let net = &mut *guard;
        if net.rng.chance(net.faults.copied) {
            return Err(ReceiveFault::Unsupported);
        }
        let mut bytes = vec![0; most.min(PIECE)];
        let taken = net.take(socket.id, &mut bytes);
        net.trace(|| format!("  receive_file c{} {most} -> {taken:?}", socket.id));
        let count = taken.map_err(ReceiveFault::Socket)?;
        let mut rest = &bytes[..count];
        while !rest.is_empty() {
            match part.write(rest) {
                Ok(0) => return Err(ReceiveFault::File(io::ErrorKind::WriteZero.into())),
                Ok(written) => rest = &rest[written..],
                Err(error) => return Err(ReceiveFault::File(error)),
            }
        }
        Ok(count)
    }

    fn finish(&mut self, socket: &mut FakeSocket) -> io::Result<()> {
        let mut net = self.net.borrow_mut();
        let finished = net.end(socket.id);
        net.trace(|| format!("  finish c{} -> {finished:?}", socket.id));
        finished
    }

    fn close(&mut self, socket: FakeSocket) {
        self.net.borrow().trace(|| format!("  close c{}", socket.id));
        drop(socket);
    }

    fn close_listener(&mut self, listener: FakeListener) {
        drop(listener);
    }
}

/// The start of what is said, for a trace.
fn show(bytes: &[u8]) -> String {
    let shown: Vec<u8> = bytes.iter().copied().take(80).collect();
    format!("\"{}\"", shown.escape_ascii())
}
