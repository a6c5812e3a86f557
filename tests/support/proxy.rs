//! A proxy that drops connections at seeded moments: between a client and a server it stands for a
//! bad line. It finds the port of a data connection in the server's 229 or 227 and stands there as
//! well.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// Where clients find the bad line.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    line: Arc<Line>,
}

struct Line {
    server: SocketAddr,
    random: AtomicU64,
    /// Bytes within which a control connection and a data connection are dropped.
    within: [u64; 2],
    /// Connections that may still be dropped: every line gets well at some time.
    drops_left: AtomicUsize,
    dropped: AtomicUsize,
}

impl Proxy {
    /// A proxy to `server` that drops up to `drops` connections as `seed` has it: control connections
    /// and data connections each within so many bytes, or never for [`u64::MAX`].
    pub(crate) fn new(server: SocketAddr, seed: u64, drops: usize, within: [u64; 2]) -> Self {
        let line = Arc::new(Line {
            server,
            random: AtomicU64::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            within,
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

    /// After how many bytes the next connection is dropped, if one still may be.
    fn fate(&self, within: u64) -> u64 {
        if within == u64::MAX { within } else { self.below(within) }
    }

    /// True, and counted, if a connection may be dropped.
    fn may_drop(&self) -> bool {
        let take = |left: usize| left.checked_sub(1);
        let may = self.drops_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok();
        self.dropped.fetch_add(usize::from(may), Ordering::SeqCst);
        may
    }

    fn carry_control(self: Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect(self.server) else { return };
        let fate = self.fate(self.within[0]);
        let pair = Pair::new(client, server);
        let (upward, line) = (Arc::clone(&pair), Arc::clone(&self));
        thread::spawn(move || upward.pass(&line, true, u64::MAX, <[u8]>::to_vec));
        pair.pass(&self, false, fate, |bytes| self.redirect(bytes));
    }

    /// Puts a port of ours in place of the server's in a 229 or 227. Replies this short come in one
    /// piece.
    fn redirect(self: &Arc<Self>, bytes: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let extended = text.split_once("(|||").and_then(|(before, rest)| {
            let (port, after) = rest.split_once("|)")?;
            let ours = self.stand_for(port.parse().ok()?);
            Some(format!("{before}(|||{ours}|){after}"))
        });
        let plain = || {
            let (before, rest) = text.strip_prefix("227 ")?.split_once('(')?;
            let (numbers, after) = rest.split_once(')')?;
            let numbers: Vec<u16> = numbers.split(',').map_while(|n| n.parse().ok()).collect();
            let &[a, b, c, d, high, low] = &numbers[..] else { return None };
            let [high, low] = self.stand_for(high << 8 | low).to_be_bytes();
            Some(format!("227 {before}({a},{b},{c},{d},{high},{low}){after}"))
        };
        extended.or_else(plain).map_or_else(|| bytes.to_vec(), String::into_bytes)
    }

    /// Listens for one data connection to `port` of the server. Gives the port to come to.
    fn stand_for(self: &Arc<Self>, port: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port for data");
        let ours = listener.local_addr().expect("its address").port();
        let line = Arc::clone(self);
        thread::spawn(move || {
            let Ok((client, _)) = listener.accept() else { return };
            let target = SocketAddr::new(line.server.ip(), port);
            let Ok(server) = TcpStream::connect(target) else { return };
            let fate = line.fate(line.within[1]);
            let pair = Pair::new(client, server);
            let (upward, same) = (Arc::clone(&pair), Arc::clone(&line));
            thread::spawn(move || upward.pass(&same, true, fate, <[u8]>::to_vec));
            pair.pass(&line, false, fate, <[u8]>::to_vec);
        });
        ours
    }
}

/// The two connections that are one.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    /// Both are to end by a reset: an orderly end would be taken for the end of the file.
    cut: AtomicBool,
}

impl Pair {
    fn new(client: TcpStream, server: TcpStream) -> Arc<Self> {
        Arc::new(Self { client, server, cut: AtomicBool::new(false) })
    }

    /// Has both threads let go of the connections, the last of which resets them. The reader of the
    /// other direction wakes by that, and nothing of it goes over the line.
    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for stream in [&self.client, &self.server] {
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            let _ = stream.shutdown(Shutdown::Read);
        }
    }

    /// Passes bytes on until one side ends, or until `fate`, when both are cut.
    fn pass(&self, line: &Line, upward: bool, fate: u64, change: impl Fn(&[u8]) -> Vec<u8>) {
        let (mut from, mut to) =
            if upward { (&self.client, &self.server) } else { (&self.server, &self.client) };
        let mut left = fate;
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = match from.read(&mut buffer) {
                _ if self.cut.load(Ordering::SeqCst) => return,
                Ok(0) | Err(_) => {
                    let _ = to.shutdown(Shutdown::Write);
                    return;
                }
                Ok(count) => count,
            };
            left = left.saturating_sub(count as u64);
            if left == 0 && line.may_drop() {
                return self.cut();
            }
            if to.write_all(&change(&buffer[..count])).is_err() {
                let _ = from.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}
