//! rustls's unbuffered interface, from one state that it is in to the next: bytes of the wire in,
//! plain text and bytes for the wire out.
//!
//! It knows no connection: what is to be kept between two calls is the caller's.

use std::io;

use rustls::Error;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};

use crate::channel::Outbox;

/// What rustls lets application data be written with.
pub(super) type Writer<'a> =
    rustls::unbuffered::WriteTraffic<'a, rustls::server::ServerConnectionData>;

type Encoder<'a> = rustls::unbuffered::EncodeTlsData<'a, rustls::server::ServerConnectionData>;

/// Leads `incoming` through rustls. Returns how many bytes of it are done with, and whether the
/// handshake is.
pub(super) fn process(
    rustls: &mut UnbufferedServerConnection,
    incoming: &mut [u8],
    plain: &mut dyn FnMut(&[u8]),
    ended: &mut bool,
    out: &mut Outbox,
) -> Result<(usize, bool), Error> {
    let mut used = 0;
    loop {
        let UnbufferedStatus { mut discard, state } =
            rustls.process_tls_records(&mut incoming[used..]);
        let stop = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(record) = traffic.next_record() {
                    let record = record?;
                    discard += record.discard;
                    plain(record.payload);
                }
                None
            }
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                encode(&mut data, out).map_err(|_| Error::EncryptError)?;
                None
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                data.done();
                None
            }
            Ok(ConnectionState::PeerClosed) => {
                *ended = true;
                None
            }
            Ok(ConnectionState::BlockedHandshake) => Some(false),
            Ok(ConnectionState::WriteTraffic(_) | ConnectionState::Closed) => Some(true),
            // Early data is never offered.
            Ok(ConnectionState::ReadEarlyData(_) | _) => return Err(Error::HandshakeNotComplete),
            Err(error) => {
                used += discard;
                alert(rustls, &mut incoming[used..], out);
                return Err(error);
            }
        };
        used += discard;
        if let Some(up) = stop {
            return Ok((used, up));
        }
    }
}

/// Gives out the alert that rustls has for a peer that broke the protocol, and nothing but that:
/// what the peer sent besides is not looked at again.
fn alert(rustls: &mut UnbufferedServerConnection, incoming: &mut [u8], out: &mut Outbox) {
    while rustls.wants_write() {
        match rustls.process_tls_records(incoming).state {
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                if encode(&mut data, out).is_err() {
                    return;
                }
            }
            Ok(_) | Err(_) => return,
        }
    }
}

fn encode(data: &mut Encoder<'_>, out: &mut Outbox) -> io::Result<()> {
    append(out, 0, |tail| match data.encode(tail) {
        Ok(count) => Ok(Ok(count)),
        Err(EncodeError::InsufficientSize(short)) => Ok(Err(short.required_size)),
        Err(EncodeError::AlreadyEncoded) => Ok(Ok(0)),
    })
}

/// Lets `put` write to the end of `out`, with as much room as it asks for if `room` was too little.
fn append(
    out: &mut Outbox,
    room: usize,
    mut put: impl FnMut(&mut [u8]) -> Result<Result<usize, usize>, Error>,
) -> io::Result<()> {
    let tail = out.tail();
    let start = tail.len();
    let mut room = room;
    loop {
        tail.resize(start + room, 0);
        match put(&mut tail[start..]) {
            Ok(Ok(count)) => {
                tail.truncate(start + count);
                return Ok(());
            }
            Ok(Err(wanted)) if wanted > room => room = wanted,
            Ok(Err(_)) => {
                tail.truncate(start);
                return Err(io::ErrorKind::Other.into());
            }
            Err(error) => {
                tail.truncate(start);
                return Err(invalid(error));
            }
        }
    }
}

/// Has something written by `put`, with `room` bytes to the end of `out` or as many as it asks for.
/// `incoming` is what came and was not made use of; `ended` becomes true if it was the peer's end.
///
/// # Errors
/// The handshake is not done, or there are no keys any more.
pub(super) fn write(
    rustls: &mut UnbufferedServerConnection,
    incoming: &mut [u8],
    ended: &mut bool,
    room: usize,
    out: &mut Outbox,
    mut put: impl FnMut(&mut Writer<'_>, &mut [u8]) -> Result<usize, EncryptError>,
) -> io::Result<()> {
    loop {
        let UnbufferedStatus { state, .. } = rustls.process_tls_records(incoming);
        match state.map_err(invalid)? {
            ConnectionState::WriteTraffic(mut writer) => {
                return append(out, room, |tail| match put(&mut writer, tail) {
                    Ok(count) => Ok(Ok(count)),
                    Err(EncryptError::InsufficientSize(short)) => Ok(Err(short.required_size)),
                    Err(EncryptError::EncryptExhausted) => Err(Error::EncryptError),
                });
            }
            ConnectionState::EncodeTlsData(mut data) => encode(&mut data, out)?,
            ConnectionState::TransmitTlsData(data) => data.done(),
            ConnectionState::PeerClosed => *ended = true,
            ConnectionState::ReadTraffic(_)
            | ConnectionState::ReadEarlyData(_)
            | ConnectionState::BlockedHandshake
            | ConnectionState::Closed
            | _ => return Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// What rustls did not like, or what the peer said by an alert that it did not.
pub(super) fn invalid(error: Error) -> io::Error {
    let is_said = matches!(error, Error::AlertReceived(_));
    let kind = if is_said { io::ErrorKind::ConnectionAborted } else { io::ErrorKind::InvalidData };
    io::Error::new(kind, error)
}
