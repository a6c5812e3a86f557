//! Finding a server by its name, and connecting to it. It knows nothing of what is said then.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::is_time_out;
use crate::client::exit::Exit;
use crate::client::failure::{Again, Failure};

/// Connects to the first of the host's addresses that answers.
///
/// # Errors
/// A name that can't be resolved, or no address that answers in time.
pub fn connect(host: &str, port: u16, patience: Duration) -> Result<TcpStream, Failure> {
    let addresses = (host, port).to_socket_addrs().map_err(|error| {
        Failure::new(Exit::Connection, format!("can't be resolved: {error}"))
            .about(host)
            .advise("check the name of the host")
            .fatal()
    })?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                // Commands are small and waited for; there is nothing to gather.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(unreachable(host, port, &last))
}

/// That nothing answers on `port` of `host`, or no longer does.
pub(super) fn unreachable(host: &str, port: u16, error: &io::Error) -> Failure {
    let exit = if is_time_out(error) { Exit::TimeOut } else { Exit::Connection };
    Failure::new(exit, format!("no connection to port {port}: {error}"))
        .about(host)
        .advise("is the server running, and on this port?")
        .fatal()
        .again(Again::Soon)
}
