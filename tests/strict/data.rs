//! The data connections of a case: made either way, read, and compared.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, SockRef, Socket, Type};

use super::Site;
use super::play::{BYTES_MAX, Done, Play};
use super::spelling::{bytes, check, like, of, show};

impl Play<'_> {
    pub(super) fn got(&mut self) -> Done {
        self.take()?;
        self.reply()?;
        self.has_code("226|250")
    }

    pub(super) fn put(&mut self, content: &str) -> Done {
        self.data().write_all(&bytes(content)).map_err(of("the data"))?;
        self.data = None;
        self.reply()?;
        self.has_code("226|250")
    }

    /// Makes the data connection that a word behind the slash names.
    pub(super) fn connect(&mut self, how: &str) -> Done {
        self.data = None;
        match how {
            "pasv" => {
                self.ask("PASV", "227")?;
                let numbers = self.said[0].split(['(', ')']).nth(1).unwrap_or_default();
                let fields: Vec<u8> = numbers.split(',').filter_map(|n| n.parse().ok()).collect();
                let [a, b, c, d, high, low] = fields[..] else {
                    return Err(format!("{:?} came", self.said));
                };
                let port = u16::from_be_bytes([high, low]);
                self.data = Some(dial(self.site, (Ipv4Addr::new(a, b, c, d), port).into())?);
            }
            "epsv" => {
                self.ask("EPSV", "229")?;
                let port =
                    self.said[0].split("(|||").nth(1).and_then(|rest| rest.split("|)").next());
                let port = port.and_then(|port| port.parse().ok());
                let port: u16 = port.ok_or_else(|| format!("{:?} came", self.said))?;
                self.data = Some(dial(self.site, (Ipv4Addr::LOCALHOST, port).into())?);
            }
            _ => return Err("no such data connection".to_owned()),
        }
        Ok(())
    }

    /// Begins a transfer, up to its preliminary reply.
    pub(super) fn transfer(&mut self, command: &str, how: &str) -> Done {
        let command = [bytes(command), b"\r\n".to_vec()].concat();
        let listener = match how {
            "port" | "eprt" | "default" => Some(self.listen(how)?),
            "named" => self.named.take(),
            "open" => None,
            _ => {
                self.connect(how)?;
                None
            }
        };
        self.send(&command)?;
        self.reply()?;
        self.has_code("125|150")?;
        if let Some(listener) = listener {
            let (data, peer) = listener.accept().map_err(of("nobody comes"))?;
            let from_server = peer.ip() == self.site.address.ip();
            check(from_server, || format!("the data comes from {peer}"))?;
            data.set_read_timeout(Some(self.site.patience)).map_err(of("the data"))?;
            self.data = Some(data);
            self.named = Some(listener);
        }
        Ok(())
    }

    /// Listens for the server, and tells it where unless it knows.
    fn listen(&mut self, how: &str) -> Result<TcpListener, String> {
        if how == "default" {
            let own = self.control.get_ref().local_addr().map_err(of("a port"))?;
            let listener = reusable(own)?;
            listener.listen(1).map_err(of("a port"))?;
            listener.set_read_timeout(Some(self.site.patience)).map_err(of("a port"))?;
            return Ok(listener.into());
        }
        let listener = TcpListener::bind("127.0.0.1:0").map_err(of("a port"))?;
        let patience = Some(self.site.patience);
        SockRef::from(&listener).set_read_timeout(patience).map_err(of("a port"))?;
        let port = listener.local_addr().map_err(of("a port"))?.port();
        let [high, low] = port.to_be_bytes();
        let line = match how {
            "port" => format!("PORT 127,0,0,1,{high},{low}"),
            _ => format!("EPRT |1|127.0.0.1|{port}|"),
        };
        self.ask(&line, "200")?;
        Ok(listener)
    }

    pub(super) fn data(&mut self) -> &mut TcpStream {
        self.data.as_mut().expect("a case opens what it uses")
    }

    pub(super) fn take(&mut self) -> Done {
        self.came.clear();
        let data = self.data.take().expect("a case opens what it uses");
        data.take(BYTES_MAX).read_to_end(&mut self.came).map(drop).map_err(of("the data"))
    }

    /// The lines of the last transfer, each of which ends in CR LF.
    pub(super) fn listed(&self) -> Result<Vec<String>, String> {
        let text = String::from_utf8_lossy(&self.came);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let whole = text.strip_suffix("\r\n").ok_or_else(|| format!("{text:?} came"))?;
        let lines: Vec<_> = whole.split("\r\n").map(str::to_owned).collect();
        check(!whole.replace("\r\n", "").contains(['\r', '\n']), || format!("{text:?} came"))?;
        Ok(lines)
    }

    pub(super) fn lists(&self, glob: &str, wanted: bool) -> Done {
        let listed = self.listed()?.iter().any(|line| like(glob, line));
        check(listed == wanted, || format!("`{}` came", show(&self.came)))
    }
}

fn dial(site: &Site, address: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect_timeout(&address, site.patience).map_err(of("a connection"))?;
    patient(site, &stream)?;
    Ok(stream)
}

/// A connection whose own port can be listened on while it is up: the default data port.
pub(super) fn dial_from(site: &Site, address: SocketAddr) -> Result<TcpStream, String> {
    let socket = reusable((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.connect_timeout(&address.into(), site.patience).map_err(of("a connection"))?;
    let stream = TcpStream::from(socket);
    patient(site, &stream)?;
    Ok(stream)
}

fn reusable(address: SocketAddr) -> Result<Socket, String> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).map_err(of("a socket"))?;
    socket.set_reuse_address(true).map_err(of("a socket"))?;
    socket.bind(&address.into()).map_err(of("a port"))?;
    Ok(socket)
}

fn patient(site: &Site, stream: &TcpStream) -> Done {
    stream.set_read_timeout(Some(site.patience)).map_err(of("a connection"))?;
    stream.set_write_timeout(Some(site.patience)).map_err(of("a connection"))
}
