//! Files, directories, grants and permissions that change while a session is at work with them, by
//! others' hands: what clients are told then, and that no bytes pass for others.

mod directories;
mod downloads;
mod permissions;
mod reload;
mod uploads;

use std::io::Write;
use std::net::{Shutdown, TcpStream};

use crate::support::{Raw, TestServer};

/// Ends an upload in order, and hears the code of what becomes of it.
#[track_caller]
fn end(raw: &mut Raw, data: TcpStream) -> u16 {
    // The server may have closed it already.
    let _ = data.shutdown(Shutdown::Write);
    raw.reply().code
}

/// Begins an upload, sends these bytes, and waits until the server has them.
#[track_caller]
fn begin_upload(raw: &mut Raw, line: &str, bytes: &[u8]) -> TcpStream {
    let mut data = raw.begin(line);
    data.write_all(bytes).expect("the server takes the upload");
    let so_far = format!(": {} bytes so far", bytes.len());
    while !raw.expect("STAT", 211).lines.iter().any(|line| line.ends_with(&so_far)) {}
    data
}

/// The names in a served directory that clients do not see.
fn hidden(server: &TestServer, path: &str) -> usize {
    server.names(path).iter().filter(|name| name.starts_with(".coracle")).count()
}
