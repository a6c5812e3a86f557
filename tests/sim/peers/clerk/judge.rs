//! What a clerk holds against the replies to its jobs.

use std::io::{Read, Write};
use std::rc::Rc;
use std::time::Duration;

use coracle::terms::Algorithm;
use coracle::wire::ftp::reply::Reply;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use super::job::{Job, Sum};
use super::{Clerk, target_of};
use crate::peers::ledger::Entry;
use crate::peers::{Lore, Stage, Version};

impl Clerk {
    pub(super) fn judge_upload(&mut self, entry: &Entry, stage: &mut Stage<'_>) {
        let code = entry.reply.code().number();
        let Some(data) = &mut self.data else { return };
        let spoilt = data.spoiler.is_some_and(|_| data.over);
        let whole = data.over && !spoilt;
        if !std::mem::replace(&mut data.over, true) {
            stage.net.reset(data.conn);
        }
        self.data = None;
        let text = entry.reply.text();
        if code == 226 {
            assert!(whole, "226, and it was broken off: {:?}", self.job);
            let (path, payload) = match &self.job {
                Some(Job::Send { path, payload, .. }) => (path.clone(), Rc::clone(payload)),
                Some(Job::SendUnique { payload }) => {
                    let (_, name) = text.rsplit_once(" as ").expect("226 to STOU has the name");
                    stage.lore.tally.unique += 1;
                    ([b"/Incoming/", name.as_bytes()].concat(), Rc::clone(payload))
                }
                Some(_) | None => return,
            };
            let held = stage.lore.content(&path);
            assert!(held.as_ref() == Some(&payload), "226, and {} differs", path.escape_ascii());
            assert!(stage.lore.left(&path).is_none(), "226, and a part is left");
            stage.lore.settle_version(&path, held);
            stage.lore.tally.stored += 1;
            stage.lore.tally.packed += u64::from(self.packed);
            return self.give_up();
        }
        assert!(spoilt || !stage.lore.calm, "an upload was refused: {code} {text}");
        stage.lore.tally.broken += 1;
        stage.lore.tally.full += u64::from(code == 452);
        if let Some(Job::Send { path, payload, .. }) = &self.job {
            // Where only the name could not be written to the disk, the file is in place.
            let held = stage.lore.content(path);
            if stage.lore.durable && !spoilt && held.as_ref() == Some(payload) {
                return self.give_up();
            }
            let left = left_of(path, payload, stage.lore);
            assert!(code != 452 || left == 0, "452, and {left} bytes are left");
            stage.lore.settle_version(path, None);
            if spoilt {
                self.attempt += 1;
                let path = path.clone();
                return self.say(&[b"SIZE ", &path], stage);
            }
        }
        self.give_up();
    }

    pub(super) fn judge_download(&mut self, code: u16, stage: &mut Stage<'_>) {
        let Some(data) = &mut self.data else { return };
        if code != 226 {
            assert!(!stage.lore.calm, "a download ended in {code}");
            stage.net.hang_up(data.conn);
            self.data = None;
            return self.give_up();
        }
        data.complete = true;
        self.compare(stage);
    }

    /// Compares what was fetched, once the end and the reply have both come.
    pub(super) fn compare(&mut self, stage: &mut Stage<'_>) {
        let Some(data) = self.data.take_if(|data| data.over && data.complete) else { return };
        let path = self.path();
        let content = if self.packed { inflated(&data.received) } else { data.received.clone() };
        assert!(stage.lore.is_version(&path, &content, 0), "226, and not {}", path.escape_ascii());
        stage.lore.tally.fetched += 1;
        stage.lore.tally.packed += u64::from(self.packed);
        self.give_up();
        self.go_on(stage);
    }

    pub(super) fn judge_compression(&mut self, entry: &Entry, stage: &mut Stage<'_>) {
        let code = entry.reply.code().number();
        let Some(Job::Compress { path, refused, .. }) = &self.job else { return };
        let target = target_of(path);
        let elapsed = Duration::from_nanos(stage.net.now() - self.since);
        let marks = entry.marks;
        assert!(u64::from(marks) <= elapsed.as_secs(), "{marks} words in {elapsed:?}");
        stage.lore.tally.progress += u64::from(marks);
        if code == 250 {
            assert!(!refused, "{} was compressed", path.escape_ascii());
            compressed(&target, &self.source, &entry.reply, stage.lore);
            return self.give_up();
        }
        let held = stage.lore.content(&target);
        let unnamed = stage.lore.durable
            && self.source.is_some()
            && held.as_deref().and_then(unpacked).as_deref() == self.source.as_deref();
        if unnamed && held != self.before {
            assert!(!stage.lore.calm, "{code}, and it is in place");
            return self.give_up();
        }
        left_nothing(&target, &self.before, stage.lore);
        stage.lore.settle_version(&target, self.before.clone());
        let text = entry.reply.text();
        let fair = match code {
            426 => self.aborted || stage.is_draining(),
            550 => *refused || self.source.is_none(),
            _ => !stage.lore.calm,
        };
        assert!(fair, "{} was not compressed: {code} {text}", path.escape_ascii());
        stage.lore.tally.stopped += u64::from(code == 426);
        stage.lore.tally.full += u64::from(code == 452);
        self.give_up();
    }

    pub(super) fn judge_sum(&mut self, entry: &Entry, stage: &mut Stage<'_>) {
        let Some(Job::Sum { path, sum, .. }) = &self.job else { return };
        let code = entry.reply.code().number();
        match (&self.source, code) {
            (Some(content), 213 | 250) => {
                let wanted = digest_line(*sum, path, content);
                assert_eq!(entry.reply.text(), wanted);
                stage.lore.tally.summed += 1;
            }
            (_, 426) => {
                assert!(self.aborted || stage.is_draining(), "{:?} was stopped", self.job);
                stage.lore.tally.stopped += 1;
            }
            _ => assert!(!stage.lore.calm, "{:?}: {code} {}", self.job, entry.reply.text()),
        }
        self.give_up();
    }

    pub(super) fn judge_touch(&mut self, entry: &Entry) {
        let Some(Job::Touch { path, stamp, refused }) = &self.job else { return };
        let (code, text) = (entry.reply.code().number(), entry.reply.text());
        let asks = entry.line.as_ref().is_some_and(|line| line.starts_with(b"MDTM"));
        match (asks, refused) {
            (false, false) => {
                assert_eq!(text, format!("Modify={stamp}; {}", String::from_utf8_lossy(path)));
            }
            (false, true) => assert_eq!(code, 550, "{text}"),
            (true, refused) => {
                assert_eq!(code, 213, "{text}");
                assert_eq!(text == *stamp, !refused, "{stamp} was set");
                self.give_up();
            }
        }
    }
}

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
