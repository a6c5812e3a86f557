//! What a clerk holds against the replies to its jobs.

use std::io::{Read, Write};

use coracle::terms::Algorithm;
use coracle::wire::ftp::reply::Reply;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use super::job::Sum;
use crate::peers::{Lore, Version};

/// What a gzip file holds, if it is one.
pub(crate) fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut content).ok()?;
    Some(content)
}

/// As MODE Z puts it on the wire.
pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// What came in MODE Z.
pub(super) fn inflated(wire: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut decoder = ZlibDecoder::new(wire);
    decoder.read_to_end(&mut content).expect("what is sent in MODE Z is a zlib stream");
    assert_eq!(decoder.total_in(), wire.len() as u64, "something stands behind the zlib stream");
    content
}

/// The line that has to answer a digest.
pub(super) fn digest_line(sum: Sum, path: &[u8], content: &[u8]) -> String {
    let whole = (0, content.len() as u64);
    let (algorithm, (start, end)) = match sum {
        Sum::Hash(algorithm, span) | Sum::Old(algorithm, span) => {
            (algorithm, span.unwrap_or(whole))
        }
    };
    let at = |offset: u64| usize::try_from(offset).expect("a small file");
    let bytes = &content[at(start)..at(end)];
    let (name, digits) = match algorithm {
        Algorithm::Sha256 => {
            let digest = Sha256::digest(bytes);
            ("SHA-256", digest.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        Algorithm::Crc32 => ("CRC32", format!("{:08x}", crc32fast::hash(bytes))),
    };
    match sum {
        Sum::Hash(..) => {
            let last = end.saturating_sub(1).max(start);
            format!("{name} {start}-{last} {digits} {}", String::from_utf8_lossy(path))
        }
        Sum::Old(..) => digits,
    }
}

/// What a finished compression has made. It answers `reply`, and `source` is what it was made of.
pub(super) fn compressed(target: &[u8], source: &Version, reply: &Reply, lore: &mut Lore) {
    let name = target.escape_ascii();
    let held = lore.content(target).unwrap_or_else(|| panic!("250, and {name} is not there"));
    assert!(
        unpacked(&held).as_deref() == source.as_deref(),
        "250, and {name} does not unpack to what it was made of"
    );
    let length = source.as_ref().map_or(0, |source| source.len());
    let sizes = format!(": {} bytes, from {length}.", held.len());
    assert!(reply.text().ends_with(&sizes), "{name} has{sizes} not {}", reply.text());
    lore.settle_version(target, Some(held));
    lore.tally.compressed += 1;
}

/// A compression that came to nothing has left nothing, and what stood there before.
pub(super) fn left_nothing(target: &[u8], before: &Version, lore: &Lore) {
    let name = target.escape_ascii();
    assert!(lore.content(target) == *before, "stopped or refused, and {name} has changed");
    assert_eq!(lore.left(target).map(|left| left.len()), None, "a part of {name} is left");
}

/// What a broken upload has left is the beginning of what was sent. Returns how much that is.
pub(super) fn left_of(path: &[u8], payload: &[u8], lore: &Lore) -> usize {
    let left = lore.left(path).unwrap_or_default();
    assert!(payload.starts_with(&left), "what is left of {} is no part of it", path.escape_ascii());
    assert_eq!(lore.content(path).map(|held| held.len()), None, "half a file is in place");
    left.len()
}
