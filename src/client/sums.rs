//! Sums of files, on both sides: asked of a server by HASH (draft-bryan-ftpext-hash), XSHA256 or
//! XCRC, and made of local content.
//!
//! It knows how the question is put and the answer read; a [`courier`](super::courier) asks.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::user_pi::Features;
use crate::wire::ftp::reply::{Class, Reply};

/// Bytes that are summed at a time.
const CHUNK: usize = 64 * 1024;

/// How a sum is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// The CRC of zip and Ethernet.
    Crc32,
}

impl Algorithm {
    /// Its name, as HASH has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Crc32 => "CRC32",
        }
    }

    /// The sum of all that `content` has, in small hexadecimal digits.
    ///
    /// # Errors
    /// What reading says.
    pub fn digest(self, content: &mut dyn Read) -> io::Result<String> {
        let mut chunk = vec![0; CHUNK];
        let mut running = self.running();
        loop {
            match content.read(&mut chunk) {
                Ok(0) => return Ok(running.finish()),
                Ok(count) => running.add(&chunk[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A sum of nothing, to which content is written.
    #[must_use]
    pub fn running(self) -> Running {
        match self {
            Self::Sha256 => Running::Sha256(Sha256::new()),
            Self::Crc32 => Running::Crc32(crc32fast::Hasher::new()),
        }
    }

    /// Digits of a sum.
    const fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Crc32 => 8,
        }
    }
}

/// A sum in the making.
#[derive(Debug, Clone)]
pub enum Running {
    /// Of SHA-256.
    Sha256(Sha256),
    /// Of a CRC.
    Crc32(crc32fast::Hasher),
}

impl Running {
    /// Adds content.
    pub fn add(&mut self, content: &[u8]) {
        match self {
            Self::Sha256(sum) => sum.update(content),
            Self::Crc32(sum) => sum.update(content),
        }
    }

    /// The sum, in small hexadecimal digits.
    #[must_use]
    pub fn finish(self) -> String {
        match self {
            Self::Sha256(sum) => sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Crc32(sum) => format!("{:08x}", sum.finalize()),
        }
    }
}

impl io::Write for Running {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.add(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// For which sum.
    pub algorithm: Algorithm,
    verb: &'static str,
    /// HASH makes another sum until OPTS has chosen this one.
    pub to_choose: bool,
}

impl Question {
    /// The best that a server with these features can answer.
    #[must_use]
    pub fn choose(features: &Features) -> Option<Self> {
        let hash = features.parameter("HASH").unwrap_or_default();
        let in_hash = |algorithm: Algorithm| {
            let offered = hash.split(';').map(str::trim).find(|offered| {
                offered.trim_end_matches('*').eq_ignore_ascii_case(algorithm.name())
            })?;
            Some(Self { algorithm, verb: "HASH", to_choose: !offered.ends_with('*') })
        };
        let by_verb = |verb, algorithm| {
            features.has(verb).then_some(Self { algorithm, verb, to_choose: false })
        };
        in_hash(Algorithm::Sha256)
            .or_else(|| by_verb("XSHA256", Algorithm::Sha256))
            .or_else(|| in_hash(Algorithm::Crc32))
            .or_else(|| by_verb("XCRC", Algorithm::Crc32))
    }

    /// The command line for `path`, without its end.
    #[must_use]
    pub fn line(&self, path: &[u8]) -> Vec<u8> {
        [self.verb.as_bytes(), b" ", path].concat()
    }

    /// The sum of `path` in a server's reply, in small digits; none where the server made none.
    ///
    /// `213 SHA-256 0-49 HEX name` answers HASH by the draft, `250 HEX` the others by custom. But
    /// servers leave out the range or the name, put the name first, write `0x` before the digits or
    /// the digits in capitals, and begin with lines of another kind. So the digits count wherever
    /// they stand, unless they are the file's name.
    #[must_use]
    pub fn answer(&self, reply: &Reply, path: &[u8]) -> Option<String> {
        if reply.code().class() != Class::Completion {
            return None;
        }
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        reply.lines().find_map(|line| {
            let line = line.trim_ascii();
            let without = [path, name].into_iter().filter(|name| !name.is_empty());
            let mut parts: Vec<&[u8]> = without
                .flat_map(|name| [strip_end(line, name), strip_start(line, name)])
                .flatten()
                .collect();
            // A reply that is nothing but digits is no name.
            parts.push(line);
            parts.into_iter().find_map(|part| self.digits_in(part))
        })
    }

    /// The first word of `text` that is a sum.
    fn digits_in(&self, text: &[u8]) -> Option<String> {
        let digits = self.algorithm.digits();
        let words = || {
            text.split(|byte| byte.is_ascii_whitespace() || b"=:,;\"'()".contains(byte))
                .filter_map(|word| str::from_utf8(word).ok())
                .filter(|word| !word.is_empty())
                .map(|word| word.strip_prefix("0x").or(word.strip_prefix("0X")).unwrap_or(word))
        };
        let is_number =
            |word: &&str| word.len() <= digits && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let whole = words().find(|word| word.len() == digits && is_number(word));
        // Some servers write a CRC as the number that it is, without leading zeros; short numbers
        // count only where the sum has its place.
        let short = || {
            let place = if self.verb == "HASH" { 2 } else { 0 };
            words().nth(place).filter(is_number).filter(|_| self.algorithm == Algorithm::Crc32)
        };
        let word = whole.or_else(short)?;
        Some(format!("{:0>digits$}", word.to_ascii_lowercase()))
    }
}

/// `line` without `name` as its last word.
fn strip_end<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_suffix(name)?;
    rest.last().is_some_and(|byte| b" /".contains(byte)).then_some(rest)
}

/// `line` without `name` as its first word.
fn strip_start<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    rest.first().is_some_and(|byte| b" :".contains(byte)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(lines: &[&str]) -> Features {
        let text = format!("Features\r\n {}\r\nEnd", lines.join("\r\n "));
        Features::read(&reply(211, &text))
    }

    fn reply(code: u16, text: &str) -> Reply {
        use crate::wire::ftp::reply::ReplyReader;
        let mut reader = ReplyReader::new();
        let lines: Vec<&str> = text.split("\r\n").collect();
        let mut whole = None;
        for (place, line) in lines.iter().enumerate() {
            let last = place + 1 == lines.len();
            let line = match (place, last) {
                (_, true) => format!("{code} {line}"),
                (0, false) => format!("{code}-{line}"),
                (_, false) => (*line).to_owned(),
            };
            whole = reader.line(line.as_bytes()).unwrap();
        }
        whole.unwrap()
    }

    #[test]
    fn sums_are_the_known_ones() {
        let sum =
            |algorithm: Algorithm, text: &str| algorithm.digest(&mut text.as_bytes()).unwrap();
        assert_eq!(sum(Algorithm::Crc32, "123456789"), "cbf43926");
        assert_eq!(
            sum(Algorithm::Sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn the_best_question_is_chosen() {
        let chosen = |lines: &[&str]| {
            Question::choose(&features(lines)).map(|q| (q.verb, q.algorithm, q.to_choose))
        };
        assert_eq!(
            chosen(&["XCRC", "HASH SHA-1;SHA-256*;CRC32"]),
            Some(("HASH", Algorithm::Sha256, false))
        );
        assert_eq!(chosen(&["HASH CRC32*;SHA-256"]), Some(("HASH", Algorithm::Sha256, true)));
        assert_eq!(
            chosen(&["HASH CRC32*", "XSHA256"]),
            Some(("XSHA256", Algorithm::Sha256, false))
        );
        assert_eq!(chosen(&["XCRC filename;start;end"]), Some(("XCRC", Algorithm::Crc32, false)));
        assert_eq!(chosen(&["SIZE"]), None);
    }

    #[test]
    fn answers_are_read_with_care() {
        let hash = Question { algorithm: Algorithm::Crc32, verb: "HASH", to_choose: false };
        let xcrc = Question { verb: "XCRC", ..hash };
        let read = |q: &Question, code, text: &str| q.answer(&reply(code, text), b"d/a b");
        assert_eq!(read(&hash, 213, "CRC32 0-9 CBF43926 a b"), Some("cbf43926".to_owned()));
        assert_eq!(read(&xcrc, 250, "F43926"), Some("00f43926".to_owned()));
        assert_eq!(read(&xcrc, 550, "CBF43926"), None);
        assert_eq!(read(&xcrc, 250, "no such thing"), None);
        let sha = Question { algorithm: Algorithm::Sha256, ..xcrc };
        assert_eq!(read(&sha, 250, "CBF43926"), None);
    }

    #[test]
    fn sums_are_found_wherever_servers_put_them() {
        let hash = Question { algorithm: Algorithm::Crc32, verb: "HASH", to_choose: false };
        let xcrc = Question { verb: "XCRC", ..hash };
        for (question, code, text) in [
            (hash, 213, "CRC32 0-8 cbf43926 d/deadbeef"),
            // ProFTPD: the end is the one behind the last byte, and words come before.
            (hash, 213, "Computing CRC32 digest\r\nCRC32 0-9 CBF43926 deadbeef"),
            // FileZilla Server 0.9: no range.
            (hash, 213, "CRC32 CBF43926 deadbeef"),
            (hash, 213, "CBF43926"),
            (xcrc, 250, "CBF43926"),
            (xcrc, 213, "CBF43926"),
            (xcrc, 250, "0xCBF43926"),
            (xcrc, 250, "0Xcbf43926"),
            (xcrc, 250, "deadbeef CBF43926"),
            (xcrc, 250, "CBF43926 d/deadbeef"),
            (xcrc, 250, "XCRC: CRC=\"cbf43926\""),
        ] {
            let sum = question.answer(&reply(code, text), b"d/deadbeef");
            assert_eq!(sum.as_deref(), Some("cbf43926"), "{text}");
        }
        // A file may be called what its sum is.
        for text in ["213 CRC32 0-8 cbf43926 cbf43926", "cbf43926", "cbf43926 cbf43926"] {
            assert_eq!(hash.answer(&reply(213, text), b"cbf43926").as_deref(), Some("cbf43926"));
        }
        let sha = Question { algorithm: Algorithm::Sha256, verb: "XSHA256", to_choose: false };
        let digits = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
        let sum = sha.answer(&reply(250, &format!("0x{digits} x")), b"x");
        assert_eq!(sum, Some(digits.to_ascii_lowercase()));
    }
}
