//! What becomes of a file on its way: TYPE A, MODE Z and gzip, undone or done by other code than the
//! server's where there is other.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::{ZlibDecoder, ZlibEncoder};

/// As MODE Z puts it on the wire.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// What came in MODE Z, if it is a whole stream; whatever is behind that is nobody's.
pub(crate) fn inflated(wire: &[u8]) -> Option<Vec<u8>> {
    // Without its two bytes of a header it is certainly none.
    if wire.len() < 8 || wire[0] & 0x0f != 8 {
        return None;
    }
    let mut decoder = ZlibDecoder::new(Vec::new());
    decoder.write_all(wire).ok()?;
    decoder.finish().ok()
}

/// What a file of gzip's holds.
pub(crate) fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut content).ok()?;
    Some(content)
}

/// What TYPE A makes of a file's bytes: each LF is sent as CRLF, unless it is one.
pub(crate) fn to_lines(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' && lines.last() != Some(&b'\r') {
            lines.push(b'\r');
        }
        lines.push(*byte);
    }
    lines
}

/// What TYPE A makes of what came: each CRLF becomes LF.
pub(crate) fn from_lines(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            content.push(*byte);
        }
    }
    content
}

/// What has come of a stream in MODE Z that may break off.
pub(crate) fn begun(wire: &[u8]) -> Vec<u8> {
    let mut decoder = ZlibDecoder::new(Vec::new());
    let mut content = Vec::new();
    if decoder.write_all(wire).is_ok() && decoder.flush().is_ok() {
        content.extend_from_slice(decoder.get_ref());
    }
    content
}
