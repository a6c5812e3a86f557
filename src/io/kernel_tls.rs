//! TLS in the kernel, for the sending half of a connection: which suites it knows, and how it is
//! given keys and told to say close_notify (Linux, Documentation/networking/tls.rst).
//!
//! There is no way back from keys that the kernel has not taken, so each suite is tried once, at
//! start, on a connection that is made for it. [`OsIo`](super::OsIo) calls it.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use libc::tls_crypto_info;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{TcpTlsTx, TcpUlp, TlsCryptoInfo};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{MsgHdr, SockRef};
use std::os::fd::AsFd;

use super::seal::{Cipher, Keys, Suite, Version};

/// The upper layer protocol of TCP that does TLS.
const NAME: &[u8] = b"tls";

/// The type of records that hold alerts (RFC 8446, section 5.1).
const ALERT: u8 = 21;

/// A warning, close_notify (RFC 8446, section 6).
const CLOSE_NOTIFY: [u8; 2] = [1, 0];

/// All suites that the kernel may know.
const SUITES: [Suite; 6] = {
    const fn suite(version: Version, cipher: Cipher) -> Suite {
        Suite { version, cipher }
    }
    [
        suite(Version::Tls13, Cipher::Aes128Gcm),
        suite(Version::Tls13, Cipher::Aes256Gcm),
        suite(Version::Tls13, Cipher::Chacha20Poly1305),
        suite(Version::Tls12, Cipher::Aes128Gcm),
        suite(Version::Tls12, Cipher::Aes256Gcm),
        suite(Version::Tls12, Cipher::Chacha20Poly1305),
    ]
};

/// The suites for which a connection takes keys; an error if none could be tried, the kernel's own
/// where it has no TLS.
pub(super) fn known() -> io::Result<Vec<Suite>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut known = Vec::new();
    for suite in SUITES {
        let near = TcpStream::connect(listener.local_addr()?)?;
        let _far = listener.accept()?;
        begin(&near)?;
        let key: &[u8] = &[1; 32][..length(suite.cipher)];
        if seal(&near, &Keys { suite, key, iv: [2; 12], sequence: 0 }).is_ok() {
            known.push(suite);
        }
    }
    Ok(known)
}

/// Puts the kernel's TLS between a connection and its bytes. Until it has keys, these go through it
/// as they are.
pub(super) fn begin(socket: &impl AsFd) -> io::Result<()> {
    setsockopt(socket, TcpUlp::default(), &NAME).map_err(io::Error::from)
}

/// Gives keys to a connection that [`begin`] was asked for.
pub(super) fn seal(socket: &impl AsFd, keys: &Keys<'_>) -> io::Result<()> {
    let wrong = |_| io::Error::from(io::ErrorKind::InvalidInput);
    let version = match keys.suite.version {
        Version::Tls12 => libc::TLS_1_2_VERSION,
        Version::Tls13 => libc::TLS_1_3_VERSION,
    };
    let info = |cipher_type| tls_crypto_info { version, cipher_type };
    let rec_seq = keys.sequence.to_be_bytes();
    let [s0, s1, s2, s3, rest @ ..] = keys.iv;
    let salt = [s0, s1, s2, s3];
    let info = match keys.suite.cipher {
        Cipher::Aes128Gcm => TlsCryptoInfo::Aes128Gcm(libc::tls12_crypto_info_aes_gcm_128 {
            info: info(libc::TLS_CIPHER_AES_GCM_128),
            iv: rest,
            key: keys.key.try_into().map_err(wrong)?,
            salt,
            rec_seq,
        }),
        Cipher::Aes256Gcm => TlsCryptoInfo::Aes256Gcm(libc::tls12_crypto_info_aes_gcm_256 {
            info: info(libc::TLS_CIPHER_AES_GCM_256),
            iv: rest,
            key: keys.key.try_into().map_err(wrong)?,
            salt,
            rec_seq,
        }),
        Cipher::Chacha20Poly1305 => {
            TlsCryptoInfo::Chacha20Poly1305(libc::tls12_crypto_info_chacha20_poly1305 {
                info: info(libc::TLS_CIPHER_CHACHA20_POLY1305),
                iv: keys.iv,
                key: keys.key.try_into().map_err(wrong)?,
                salt: [],
                rec_seq,
            })
        }
    };
    setsockopt(socket, TcpTlsTx, &info).map_err(io::Error::from)
}

/// Says close_notify, and answers `WouldBlock` while there is too little room for it: the kernel may
/// take a record and keep it back where there is none, with nothing to ask whether it has gone.
pub(super) fn close_notify(socket: &impl AsFd) -> io::Result<()> {
    let mut asked = [PollFd::new(socket, PollFlags::OUT)];
    // To be told that there is no room is also what makes an event come when there is.
    poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    if !asked[0].revents().intersects(PollFlags::OUT | PollFlags::ERR | PollFlags::HUP) {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let control = record_type(ALERT);
    let bytes = [IoSlice::new(&CLOSE_NOTIFY)];
    let message = MsgHdr::new().with_buffers(&bytes).with_control(&control);
    match SockRef::from(socket).sendmsg(&message, libc::MSG_NOSIGNAL)? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        _ => Ok(()),
    }
}

/// The size of a control message's header: its length as a word of the machine, level and type.
const HEADER: usize = size_of::<usize>() + 2 * size_of::<libc::c_int>();

/// The room of a control message with one byte in it: whole words.
const CONTROL: usize = HEADER + size_of::<usize>();

/// The control message that says of what type a record is (cmsg(3)).
fn record_type(kind: u8) -> [u8; CONTROL] {
    let mut message = [0; CONTROL];
    let length = (HEADER + 1).to_ne_bytes();
    let fields = [libc::SOL_TLS.to_ne_bytes(), libc::TLS_SET_RECORD_TYPE.to_ne_bytes()].concat();
    let written = length.into_iter().chain(fields).chain([kind]);
    for (byte, value) in message.iter_mut().zip(written) {
        *byte = value;
    }
    message
}

/// The length of a key in bytes.
const fn length(cipher: Cipher) -> usize {
    match cipher {
        Cipher::Aes128Gcm => 16,
        Cipher::Aes256Gcm | Cipher::Chacha20Poly1305 => 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_message_is_laid_out_as_the_kernel_reads_it() {
        let message = record_type(ALERT);
        assert_eq!(message[..size_of::<usize>()], (HEADER + 1).to_ne_bytes());
        assert_eq!(message[HEADER - 8..HEADER - 4], 282_i32.to_ne_bytes());
        assert_eq!(message[HEADER - 4..HEADER], 1_i32.to_ne_bytes());
        assert_eq!(message[HEADER], 21);
        assert_eq!(message.len() % size_of::<usize>(), 0);
    }

    /// Whether this machine's kernel has it or not: an answer, and what it says it knows works.
    #[test]
    fn a_kernel_knows_suites_or_says_that_it_has_none() {
        match known() {
            Ok(suites) => assert!(suites.iter().all(|suite| SUITES.contains(suite))),
            Err(error) => assert!(error.raw_os_error().is_some(), "{error}"),
        }
    }
}
