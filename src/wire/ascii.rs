//! TYPE A: lines ended by CRLF on the wire and by LF in the file (RFC 959, section 3.1.1.1).
//!
//! Two streaming machines with one bit of state each, so that a line end may fall between two
//! chunks. They know neither files nor sockets; the pump calls them for a transfer in TYPE A.

/// File to wire: every LF becomes CRLF, but one behind a CR stays as it is.
///
/// So a file with CRLF ends goes over unchanged instead of with two CRs a line, as vsftpd and
/// ProFTPD have it too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Encoder {
    /// The last byte of the chunk before was a CR.
    behind_cr: bool,
    /// So many bytes are still to be left out.
    skips: u64,
}

impl Encoder {
    /// A machine at the start of a file.
    #[must_use]
    pub const fn new() -> Self {
        Self::behind(0)
    }

    /// The same, for a transfer that was begun and goes on behind the first `skips` bytes on the
    /// wire (RFC 3659, section 5.3): they are made and left out.
    #[must_use]
    pub const fn behind(skips: u64) -> Self {
        Self { behind_cr: false, skips }
    }

    /// How many bytes are still to be left out.
    #[must_use]
    pub const fn skips(&self) -> u64 {
        self.skips
    }

    /// Appends `input`, the next bytes of the file, as they go over the wire: twice as many at most.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let before = out.len();
        self.encode(input, out);
        let made = out.len() - before;
        let skipped = usize::try_from(self.skips).unwrap_or(made).min(made);
        out.drain(before..before + skipped);
        self.skips -= skipped as u64;
    }

    /// How many bytes [`Encoder::push`] would append for `input`, which is then behind it.
    pub fn measure(&mut self, input: &[u8]) -> u64 {
        let mut bytes = input.len() as u64;
        for &byte in input {
            bytes += u64::from(byte == b'\n' && !self.behind_cr);
            self.behind_cr = byte == b'\r';
        }
        let skipped = self.skips.min(bytes);
        self.skips -= skipped;
        bytes - skipped
    }

    fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for run in input.split_inclusive(|&byte| byte == b'\n') {
            if let Some((_, text)) = run.split_last().filter(|(last, _)| **last == b'\n') {
                out.extend_from_slice(text);
                let behind_cr = text.last().map_or(self.behind_cr, |last| *last == b'\r');
                out.extend_from_slice(if behind_cr { b"\n" } else { b"\r\n" });
                self.behind_cr = false;
            } else {
                out.extend_from_slice(run);
                self.behind_cr = run.last() == Some(&b'\r');
            }
        }
    }
}

/// Wire to file: CRLF becomes LF; a CR without LF behind it, or an LF without CR before it, stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decoder {
    /// The last byte of the chunk before was a CR, which was not given out.
    holds_cr: bool,
}

impl Decoder {
    /// A machine at the start of a transfer.
    #[must_use]
    pub const fn new() -> Self {
        Self { holds_cr: false }
    }

    /// Appends `input`, the next bytes from the wire, as they go into the file: one more than it
    /// has at most.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for run in input.split_inclusive(|&byte| byte == b'\r') {
            if self.holds_cr && run.first() != Some(&b'\n') {
                out.push(b'\r');
            }
            self.holds_cr = run.last() == Some(&b'\r');
            out.extend_from_slice(run.strip_suffix(b"\r").unwrap_or(run));
        }
    }

    /// Ends the transfer: a CR that was held back in case an LF came is given out.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.holds_cr) {
            out.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut encoder, mut out) = (Encoder::new(), Vec::new());
        for chunk in chunks {
            encoder.push(chunk, &mut out);
        }
        out
    }

    fn decoded(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut decoder, mut out) = (Decoder::new(), Vec::new());
        for chunk in chunks {
            decoder.push(chunk, &mut out);
        }
        decoder.finish(&mut out);
        out
    }

    #[test]
    fn line_ends_become_crlf_once() {
        assert_eq!(encoded(&[b"a\nb\r\nc\n\n\rd\r"]), b"a\r\nb\r\nc\r\n\r\n\rd\r");
        assert_eq!(encoded(&[b"a\r", b"", b"\nb\n"]), b"a\r\nb\r\n");
        assert_eq!(encoded(&[b"\n", b"\n"]), b"\r\n\r\n");
    }

    #[test]
    fn crlf_becomes_lf_and_other_crs_stay() {
        assert_eq!(decoded(&[b"a\r\nb\rc\n\r\r\n\r"]), b"a\nb\rc\n\r\n\r");
        assert_eq!(decoded(&[b"a\r", b"", b"\nb\r", b"c"]), b"a\nb\rc");
        assert_eq!(decoded(&[b"\r"]), b"\r");
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(&b"ab\r\n\n\r\xff"[..]), 0..40)
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in text(), size in 1_usize..5) {
            let chunks: Vec<&[u8]> = text.chunks(size).collect();
            prop_assert_eq!(encoded(&chunks), encoded(&[&text]));
            prop_assert_eq!(decoded(&chunks), decoded(&[&text]));
        }

        #[test]
        fn what_is_left_out_is_the_first_of_what_is_made(
            text in text(),
            skips in 0_usize..60,
            size in 1_usize..5,
        ) {
            let whole = encoded(&[&text]);
            let (mut out, mut measured) = (Vec::new(), 0);
            let mut encoder = Encoder::behind(skips as u64);
            let mut measurer = encoder;
            for chunk in text.chunks(size) {
                encoder.push(chunk, &mut out);
                measured += measurer.measure(chunk);
            }
            prop_assert_eq!(&out, &whole.get(skips..).unwrap_or_default());
            prop_assert_eq!(encoder.skips(), skips.saturating_sub(whole.len()) as u64);
            prop_assert_eq!((measured, measurer), (out.len() as u64, encoder));
        }

        #[test]
        fn there_and_back_is_the_same(text in text()) {
            // A file with CRLF ends comes back with LF: TYPE A is for that.
            let unix: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'\r').collect();
            prop_assert_eq!(decoded(&[&encoded(&[&unix])]), unix);
            let wire = encoded(&[&text]);
            prop_assert_eq!(encoded(&[&wire]), wire, "CRLF files go over unchanged");
        }
    }
}
