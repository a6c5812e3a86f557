//! What transfers and work on files do, played at once and without sockets.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::terms::{ChoreOutcome, Content, Fault, Filled, Lines, Outcome, Part, Trouble};

/// Writes all of a listing.
pub(super) fn fill(mut lines: Box<dyn Lines>, out: &mut Vec<u8>) -> Outcome {
    // Small slices, so that every listing is made in several.
    loop {
        match lines.fill(out, 40) {
            Filled::More | Filled::Later => {}
            Filled::End => return Outcome::Done { bytes: out.len() as u64 },
            Filled::Broken => {
                let fault = Trouble::Io(io::ErrorKind::Other).into();
                return Outcome::Failed { fault, bytes: out.len() as u64 };
            }
        }
    }
}

/// Appends the bytes of a file from `at` to `end`.
pub(super) fn read(
    file: &impl Content,
    mut at: u64,
    end: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), Fault> {
    let mut buffer = [0; 512];
    while at < end {
        let most = buffer.len().min(usize::try_from(end - at).unwrap());
        let count =
            file.read_at(at, &mut buffer[..most]).map_err(|error| Trouble::of_file(&error))?;
        if count == 0 {
            return Err(Trouble::Changed.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
        at += count as u64;
    }
    if file.still_holds().unwrap() { Ok(()) } else { Err(Trouble::Changed.into()) }
}

/// Sends the bytes of a file from `at` to `end`.
pub(super) fn send(file: &impl Content, at: u64, end: u64, sent: &mut Vec<u8>) -> Outcome {
    let result = read(file, at, end, sent);
    let bytes = sent.len() as u64;
    result.map_or_else(|fault| Outcome::Failed { fault, bytes }, |()| Outcome::Done { bytes })
}

/// Compresses the first `length` bytes of `file` into `part`.
pub(super) fn compress(file: &impl Content, part: impl Part, length: u64) -> ChoreOutcome {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut bytes = Vec::new();
    if let Err(fault) = read(file, 0, length, &mut bytes) {
        return ChoreOutcome::Failed(fault);
    }
    encoder.write_all(&bytes).unwrap();
    match receive(part, &encoder.finish().unwrap()) {
        Outcome::Done { bytes } => ChoreOutcome::Compressed { from: length, to: bytes },
        Outcome::Failed { fault, .. } => ChoreOutcome::Failed(fault),
        other @ (Outcome::Aborted { .. } | Outcome::Lost { .. }) => panic!("{other:?}"),
    }
}

/// Has `part` receive `upload`, and puts it in place.
pub(super) fn receive(mut part: impl Part, upload: &[u8]) -> Outcome {
    while part.carry_over(1000).unwrap() > 0 {}
    let bytes = upload.len() as u64;
    match write(&mut part, upload).and_then(|()| part.commit()) {
        Ok(()) => Outcome::Done { bytes },
        Err(fault) => Outcome::Failed { fault, bytes },
    }
}

/// Writes all of `bytes` to the end of `part`.
pub(super) fn write(part: &mut impl Part, mut bytes: &[u8]) -> Result<(), Fault> {
    while !bytes.is_empty() {
        let count = part.write(bytes).map_err(|error| Trouble::of_file(&error))?;
        bytes = &bytes[count..];
    }
    Ok(())
}
