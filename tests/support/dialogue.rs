//! FTP by hand: lines out, replies in, data connections as a test wants them.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::GUARD;

/// A reply: its code, and its lines without their ends.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) lines: Vec<String>,
}

impl Reply {
    /// The last line.
    pub(crate) fn text(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }
}

/// A control connection.
#[derive(Debug)]
pub(crate) struct Raw {
    control: BufReader<TcpStream>,
    server: SocketAddr,
    /// Where data connections of this dialogue come from, if not from anywhere.
    from: Option<IpAddr>,
}

impl Raw {
    /// Connects and hears the greeting.
    #[track_caller]
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let mut raw = Self::silent(server);
        raw.hear(220);
        raw
    }

    /// Connects from the address `from`, and hears the greeting.
    #[track_caller]
    pub(crate) fn connect_from(from: Ipv4Addr, server: SocketAddr) -> Self {
        let mut raw = Self::silent_from(from, server);
        raw.hear(220);
        raw
    }

    /// Connects from the address `from`, and leaves whatever the server says unread.
    #[track_caller]
    pub(crate) fn silent_from(from: Ipv4Addr, server: SocketAddr) -> Self {
        let control = BufReader::new(dial(Some(from.into()), server));
        Self { control, server, from: Some(from.into()) }
    }

    /// Connects, and leaves whatever the server says unread.
    #[track_caller]
    pub(crate) fn silent(server: SocketAddr) -> Self {
        Self { control: BufReader::new(dial(None, server)), server, from: None }
    }

    #[track_caller]
    pub(crate) fn login(&mut self, username: &str, password: &str) {
        self.expect(&format!("USER {username}"), 331);
        self.expect(&format!("PASS {password}"), 230);
        self.expect("TYPE I", 200);
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.control.get_mut().write_all(bytes).expect("the server reads");
    }

    /// Has each write leave at once.
    pub(crate) fn without_delay(&self) {
        self.control.get_ref().set_nodelay(true).expect("Nagle can be switched off");
    }

    /// Sends bytes as urgent data, the last of which marks the place.
    #[track_caller]
    pub(crate) fn urgent(&mut self, bytes: &[u8]) {
        let socket = SockRef::from(self.control.get_ref());
        assert_eq!(socket.send_out_of_band(bytes).expect("the server reads"), bytes.len());
    }

    /// Sends a line, and leaves the reply for later.
    #[track_caller]
    pub(crate) fn send(&mut self, line: &str) {
        self.write(format!("{line}\r\n").as_bytes());
    }

    /// The next reply (RFC 959, section 4.2).
    #[track_caller]
    pub(crate) fn reply(&mut self) -> Reply {
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            let first = lines.first().unwrap_or(&line);
            let code = first.get(..3).and_then(|code| code.parse().ok());
            let code: u16 = code.unwrap_or_else(|| panic!("this is no reply: {first:?}"));
            let last = line.starts_with(&format!("{code} "));
            lines.push(line);
            if last {
                return Reply { code, lines };
            }
        }
    }

    /// How many bytes have been heard, once there are some; none at the end. A process that was stopped
    /// and goes on has its reads interrupted.
    fn heard(&mut self) -> io::Result<usize> {
        loop {
            match self.control.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                heard => return heard.map(<[u8]>::len),
            }
        }
    }

    /// Whether nothing is said for so long.
    #[track_caller]
    pub(crate) fn hears_nothing_for(&mut self, span: Duration) -> bool {
        self.control.get_ref().set_read_timeout(Some(span)).expect("a time-out to read");
        let heard = self.heard();
        self.control.get_ref().set_read_timeout(Some(GUARD)).expect("a time-out to read");
        heard.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Ends our direction alone: no line follows.
    #[track_caller]
    pub(crate) fn half_close(&self) {
        self.control.get_ref().shutdown(Shutdown::Write).expect("the server is there");
    }

    /// The next bytes, which must be these.
    #[track_caller]
    pub(crate) fn hear_bytes(&mut self, bytes: &[u8]) {
        let mut came = vec![0; bytes.len()];
        self.control.read_exact(&mut came).expect("as many bytes");
        assert_eq!(came.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }

    /// The code of the next reply; none if the server closes in place of it.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Option<u16> {
        match self.heard() {
            Ok(0) => None,
            Ok(_) => Some(self.reply().code),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("no reply: {error}"),
        }
    }

    /// The next reply, which must have this code.
    #[track_caller]
    pub(crate) fn hear(&mut self, code: u16) -> Reply {
        let reply = self.reply();
        assert_eq!(reply.code, code, "{:?}", reply.lines);
        reply
    }

    /// Sends a line, and hears what it is answered.
    #[track_caller]
    pub(crate) fn ask(&mut self, line: &str) -> Reply {
        self.send(line);
        self.reply()
    }

    /// Sends a line; the reply must have this code.
    #[track_caller]
    pub(crate) fn expect(&mut self, line: &str, code: u16) -> Reply {
        self.send(line);
        let reply = self.reply();
        assert_eq!(reply.code, code, "{line}: {:?}", reply.lines);
        reply
    }

    /// Sends a line; the reply must be a refusal for good.
    #[track_caller]
    pub(crate) fn refused(&mut self, line: &str) -> Reply {
        self.send(line);
        let reply = self.reply();
        assert!((500..600).contains(&reply.code), "{line}: {:?}", reply.lines);
        reply
    }

    /// Asserts that the server has closed, with or without a last word.
    #[track_caller]
    pub(crate) fn closed(&mut self) {
        let mut rest = Vec::new();
        match self.control.read_to_end(&mut rest) {
            Ok(_) => {}
            // What it had not read of ours makes the close a reset.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the connection is still open: {error}"),
        }
    }

    /// The address that EPSV names (RFC 2428).
    #[track_caller]
    pub(crate) fn epsv(&mut self) -> SocketAddr {
        let reply = self.expect("EPSV", 229);
        self.told_by(&reply)
    }

    /// The address that a reply to EPSV names.
    #[track_caller]
    pub(crate) fn told_by(&self, reply: &Reply) -> SocketAddr {
        let port = reply.text().split("(|||").nth(1).and_then(|rest| rest.split('|').next());
        let port = port.and_then(|port| port.parse().ok());
        SocketAddr::new(self.server.ip(), port.unwrap_or_else(|| panic!("{:?}", reply.lines)))
    }

    /// The address that PASV names (RFC 959, section 4.1.2).
    #[track_caller]
    pub(crate) fn pasv(&mut self) -> SocketAddr {
        let reply = self.expect("PASV", 227);
        let inside = reply.text().split(['(', ')']).nth(1).unwrap_or_default();
        let fields: Vec<u8> = inside.split(',').filter_map(|field| field.parse().ok()).collect();
        let [a, b, c, d, high, low] = fields[..] else { panic!("{:?}", reply.lines) };
        SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([high, low]))
    }

    /// A data connection over EPSV.
    #[track_caller]
    pub(crate) fn passive(&mut self) -> TcpStream {
        let address = self.epsv();
        dial(self.from, address)
    }

    /// A listener that the server was told of with PORT.
    #[track_caller]
    pub(crate) fn active(&mut self) -> TcpListener {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port to listen on");
        let [high, low] = listener.local_addr().expect("its address").port().to_be_bytes();
        self.expect(&format!("PORT 127,0,0,1,{high},{low}"), 200);
        listener
    }

    /// Begins a transfer over a passive connection, and hears its 150.
    #[track_caller]
    pub(crate) fn begin(&mut self, line: &str) -> TcpStream {
        let data = self.passive();
        self.expect(line, 150);
        data
    }

    /// All that a command sends over a passive connection, up to its 226.
    #[track_caller]
    pub(crate) fn fetch(&mut self, line: &str) -> Vec<u8> {
        let mut data = self.begin(line);
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).expect("the whole transfer");
        self.hear(226);
        bytes
    }

    /// The content of a file, as the server sends it.
    #[track_caller]
    pub(crate) fn retrieve(&mut self, path: &str) -> Vec<u8> {
        self.fetch(&format!("RETR {path}"))
    }

    /// Uploads with STOR.
    #[track_caller]
    pub(crate) fn store(&mut self, path: &str, content: &[u8]) {
        let mut data = self.begin(&format!("STOR {path}"));
        data.write_all(content).expect("the server takes the upload");
        data.shutdown(Shutdown::Write).expect("an orderly end");
        self.hear(226);
    }

    /// Closes our direction, and the connection when the server does.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        self.half_close();
        let mut rest = Vec::new();
        let _ = self.control.read_to_end(&mut rest);
    }

    /// Closes with a reset in place of an orderly end.
    pub(crate) fn reset(self) {
        reset(self.control.into_inner());
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        match self.control.read_until(b'\n', &mut line) {
            Ok(_) if line.ends_with(b"\r\n") => {}
            Ok(_) => panic!("the connection ended behind {:?}", String::from_utf8_lossy(&line)),
            Err(error) => panic!("no reply: {error}"),
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).expect("replies are UTF-8")
    }
}

/// Connects, from a given address or any, with [`GUARD`] on each read and write.
#[track_caller]
pub(crate) fn dial(from: Option<IpAddr>, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).expect("a socket");
    if let Some(from) = from {
        socket.bind(&SocketAddr::new(from, 0).into()).expect("an address to come from");
    }
    socket.connect_timeout(&to.into(), GUARD).expect("the server accepts");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(GUARD)).expect("a time-out to read");
    stream.set_write_timeout(Some(GUARD)).expect("a time-out to write");
    stream
}

/// Closes with a reset: what was on the way is lost, and the peer's next read fails.
pub(crate) fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("linger can be set");
    drop(stream);
}
