//! The real sockets: mio's poll and its non-blocking TCP.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::event::Source;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use rustix::net::sockopt;

#[cfg(feature = "ktls")]
use super::kernel_tls;
#[cfg(feature = "ktls")]
use super::seal::{Keys, Suite};
use super::zero_copy::{self, Pipe};
use super::{Io, Ready, ReceiveFault};
use crate::terms::{Content, Key, Moment, Part, UnixTime};

/// Events that one poll brings at most; what is beyond it comes with the next.
const EVENTS_A_POLL: usize = 1024;

/// mio's poll, the process's clocks, and the pipe that uploads are spliced through.
#[derive(Debug)]
pub struct OsIo {
    poll: Poll,
    events: Events,
    start: Instant,
    pipe: Option<Pipe>,
    /// Suites that the kernel encrypts with, so far as they were looked for.
    #[cfg(feature = "ktls")]
    sealable: Vec<Suite>,
}

impl OsIo {
    /// A poll with nothing registered.
    ///
    /// # Errors
    /// The system has no descriptor left for it.
    #[expect(clippy::disallowed_methods, reason = "this is the room that owns the clock")]
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_A_POLL),
            start: Instant::now(),
            pipe: None,
            #[cfg(feature = "ktls")]
            sealable: Vec::new(),
        })
    }

    /// Registers something that is no socket of the reactor's, such as signals, under `key`, which
    /// is to be one of [`Key::outside`].
    ///
    /// # Errors
    /// The system refused.
    pub fn watch_source(&mut self, source: &mut impl Source, key: Key) -> io::Result<()> {
        self.poll.registry().register(source, Token(key.token()), Interest::READABLE)
    }

    /// Finds out with which suites the kernel can encrypt what is sent under TLS, and has it do so
    /// from now on. Without this it never does.
    ///
    /// # Errors
    /// It can't: most often because it was built without, or because its module `tls` is not loaded
    /// and who asks has no right to have that done.
    #[cfg(feature = "ktls")]
    pub fn look_for_seals(&mut self) -> io::Result<&[Suite]> {
        self.sealable = kernel_tls::known()?;
        Ok(&self.sealable)
    }

    /// What another thread wakes the poll with; its event bears `key`, one of [`Key::outside`].
    ///
    /// # Errors
    /// The system has no descriptor left for it.
    pub fn waker(&self, key: Key) -> io::Result<Arc<Waker>> {
        Waker::new(self.poll.registry(), Token(key.token())).map(Arc::new)
    }
}

impl Io for OsIo {
    type Socket = TcpStream;
    type Listener = TcpListener;

    fn now(&self) -> Moment {
        Moment::default() + self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the room that owns the clock")]
    fn today(&self) -> UnixTime {
        let secs = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        UnixTime(i64::try_from(secs).unwrap_or(i64::MAX))
    }

    fn poll(&mut self, wait: Option<Duration>, ready: &mut Vec<Ready>) -> io::Result<()> {
        match self.poll.poll(&mut self.events, wait) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        ready.extend(self.events.iter().map(|event| Ready {
            key: Key::from_token(event.token().0),
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_write_closed() || event.is_error(),
        }));
        Ok(())
    }

    fn listen(&mut self, address: SocketAddr, key: Key) -> io::Result<(TcpListener, SocketAddr)> {
        let mut listener = TcpListener::bind(address)?;
        sockopt::set_tcp_nodelay(&listener, true)?;
        sockopt::set_socket_oobinline(&listener, true)?;
        let address = listener.local_addr()?;
        self.poll.registry().register(&mut listener, Token(key.token()), Interest::READABLE)?;
        Ok((listener, address))
    }

    fn accept(&mut self, listener: &mut TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            match listener.accept() {
                // The peer was gone before its turn came: nobody is there to be told.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
                    ) => {}
                other => return other,
            }
        }
    }

    fn dial(&mut self, mut local: SocketAddr, peer: SocketAddr, key: Key) -> io::Result<TcpStream> {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(peer),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        socket.set_nonblocking(true)?;
        local.set_port(0);
        socket.bind(&local.into())?;
        match socket.connect(&peer.into()) {
            Err(error)
                if error.raw_os_error() != Some(rustix::io::Errno::INPROGRESS.raw_os_error()) =>
            {
                return Err(error);
            }
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        self.watch(&mut stream, key)?;
        Ok(stream)
    }

    fn dialled(&mut self, socket: &mut TcpStream) -> io::Result<bool> {
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        match socket.peer_addr() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn watch(&mut self, socket: &mut TcpStream, key: Key) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(socket, Token(key.token()), both)
    }

    fn local_address(&self, socket: &TcpStream) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn read(&mut self, socket: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        uninterrupted(|| socket.read(buffer))
    }

    fn write(&mut self, socket: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
        uninterrupted(|| socket.write(bytes))
    }

    fn send_file<C: Content>(
        &mut self,
        socket: &mut TcpStream,
        content: &C,
        offset: u64,
        most: usize,
    ) -> io::Result<usize> {
        let Some(file) = content.descriptor() else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        uninterrupted(|| zero_copy::send(&*socket, file, offset, most))
    }

    fn receive_file<P: Part>(
        &mut self,
        socket: &mut TcpStream,
        part: &mut P,
        most: usize,
    ) -> Result<usize, ReceiveFault> {
        if part.descriptor().is_none() {
            return Err(ReceiveFault::Unsupported);
        }
        zero_copy::receive(&mut self.pipe, &*socket, part, most)
    }

    #[cfg(feature = "ktls")]
    fn can_seal(&mut self, socket: &mut TcpStream, suite: Suite) -> bool {
        self.sealable.contains(&suite) && kernel_tls::begin(socket).is_ok()
    }

    #[cfg(feature = "ktls")]
    fn seal(&mut self, socket: &mut TcpStream, keys: &Keys<'_>) -> io::Result<()> {
        kernel_tls::seal(socket, keys)
    }

    #[cfg(feature = "ktls")]
    fn close_notify(&mut self, socket: &mut TcpStream) -> io::Result<()> {
        uninterrupted(|| kernel_tls::close_notify(socket))
    }

    fn finish(&mut self, socket: &mut TcpStream) -> io::Result<()> {
        socket.shutdown(Shutdown::Write)
    }

    fn close(&mut self, socket: TcpStream) {
        // Closing the only descriptor of a socket takes it out of the poll as well.
        drop(socket);
    }

    fn close_listener(&mut self, listener: TcpListener) {
        drop(listener);
    }
}

/// Repeats `operation` while signals interrupt it.
fn uninterrupted<R>(mut operation: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
