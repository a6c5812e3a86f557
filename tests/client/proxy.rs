//! A proxy that drops connections at seeded moments: between a client and a server it stands for a
//! bad line. It finds the port of a data connection in the server's 229 and stands there as well.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

/// Where clients find the bad line.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    line: Arc<Line>,
}

struct Line {
    server: SocketAddr,
    random: AtomicU64,
    /// Connections that may still be dropped: every line gets well at some time.
    drops_left: AtomicUsize,
    dropped: AtomicUsize,
}

impl Proxy {
    /// A proxy to `server` that drops up to `drops` connections, as `seed` has it.
    pub(crate) fn new(server: SocketAddr, seed: u64, drops: usize) -> Self {
        let line = Arc::new(Line {
            server,
            random: AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            drops_left: AtomicUsize::new(drops),
            dropped: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let accepting = Arc::clone(&line);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let line = Arc::clone(&accepting);
                thread::spawn(move || line.carry_control(client));
            }
        });
        Self { address, line }
    }

    /// Connections that were dropped so far.
    pub(crate) fn dropped(&self) -> usize {
        self.line.dropped.load(Ordering::SeqCst)
    }
}

impl Line {
    /// The next number below `bound`. xorshift64, as in [`crate::support::noise`].
    fn below(&self, bound: u64) -> u64 {
        let mut state = self.random.load(Ordering::SeqCst);
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.store(state, Ordering::SeqCst);
        state % bound
    }

    /// After how many bytes the next connection is dropped, if it is.
    fn fate(&self, most: u64) -> Option<u64> {
        if self.below(3) == 0 {
            return None;
        }
        let left = self.drops_left.load(Ordering::SeqCst).checked_sub(1)?;
        self.drops_left.store(left, Ordering::SeqCst);
        Some(self.below(most))
    }

    fn carry_control(self: Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(self.server) else { return };
        let fate = self.fate(4_000);
        let up = [&client, &server].map(|stream| stream.try_clone().expect("a clone"));
        thread::spawn(move || pass(&up[0], &up[1], None, |bytes| bytes.to_vec()));
        let line = Arc::clone(&self);
        let cut = pass(&server, &client, fate, |bytes| line.redirect(bytes));
        self.count(cut);
    }

    /// Puts a port of ours in place of the server's in a 229. Replies this short come in one piece.
    fn redirect(self: &Arc<Self>, bytes: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let found = text.split_once("(|||").and_then(|(before, rest)| {
            let (port, after) = rest.split_once("|)")?;
            Some((before.to_owned(), port.parse::<u16>().ok()?, after.to_owned()))
        });
        let Some((before, port, after)) = found else { return bytes.to_vec() };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port for data");
        let ours = listener.local_addr().expect("its address").port();
        let line = Arc::clone(self);
        thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let target = SocketAddr::new(line.server.ip(), port);
            let Ok(server) = TcpStream::connect(target) else { return };
            let fate = line.fate(300_000);
            let up = [&client, &server].map(|stream| stream.try_clone().expect("a clone"));
            let upward = Arc::clone(&line);
            let thread = thread::spawn(move || {
                let cut = pass(&up[0], &up[1], fate, <[u8]>::to_vec);
                upward.count(cut);
            });
            let cut = pass(&server, &client, fate, <[u8]>::to_vec);
            line.count(cut);
            let _ = thread.join();
        });
        format!("{before}(|||{ours}|){after}").into_bytes()
    }

    fn count(&self, cut: bool) {
        self.dropped.fetch_add(usize::from(cut), Ordering::SeqCst);
    }
}

/// Passes bytes on until one side ends, or until `fate`, when both are reset. True if it came to
/// that.
fn pass(
    from: &TcpStream,
    to: &TcpStream,
    fate: Option<u64>,
    change: impl Fn(&[u8]) -> Vec<u8>,
) -> bool {
    let (mut from, mut to) = (from, to);
    let mut left = fate.unwrap_or(u64::MAX);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) | Err(_) => {
                let _ = to.shutdown(Shutdown::Write);
                return false;
            }
            Ok(count) => count,
        };
        left = left.saturating_sub(count as u64);
        if left == 0 {
            for stream in [from, to] {
                // A reset, whoever else holds the socket: an orderly end would be taken for the
                // end of the file.
                let _ = rustix::net::connect_unspec(stream);
            }
            return true;
        }
        if to.write_all(&change(&buffer[..count])).is_err() {
            let _ = from.shutdown(Shutdown::Both);
            return false;
        }
    }
}
