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
}

impl Encoder {
    /// A machine at the start of a file.
    #[must_use]
    pub const fn new() -> Self {
        Self { behind_cr: false }
    }

    /// Appends `input`, the next bytes of the file, as they go over the wire: twice as many at most.
    pub fn push(&mut self, input: &[u8], out: &mut Vec<u8>) {
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
