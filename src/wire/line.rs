//! Lines out of a stream: the Telnet layer under every FTP and guided dialogue.
//!
//! Takes bytes as they came from the socket, in whatever pieces, and gives lines without their end.
//! It knows nothing of what a line says. The reactor and the client own one framer a connection.
//!
//! What is understood of Telnet (RFC 854) is what RFC 959, section 4.1.3 needs: `IAC IAC` is the
//! byte 255 (RFC 1123, section 3.2.6), the Synch before ABOR (`IAC IP IAC DM`) vanishes, negotiations
//! vanish with their option, or with what that was to be told, and are refused (RFC 1123, sections
//! 3.2.1 and 4.1.2.12). An IAC before a byte that is no Telnet command is that byte 255: clients exist
//! that send names in Latin-1 and do not double it.

use std::fmt;

/// Telnet's "interpret as command" byte.
const IAC: u8 = 255;
/// "Data mark", the end of a Synch.
const DM: u8 = 242;
/// "Interrupt process", the start of the Synch that precedes ABOR.
const IP: u8 = 244;
/// The lowest of the command bytes. "End of record", which is 239, comes behind an option alone that is
/// refused.
const LOWEST_COMMAND: u8 = SE;
/// The end of what an option is told.
const SE: u8 = 240;
/// Its begin.
const SB: u8 = 250;
/// "I will use this option".
const WILL: u8 = 251;
/// "I will not use it".
const WONT: u8 = 252;
/// "Use this option".
const DO: u8 = 253;
/// "Do not use it".
const DONT: u8 = 254;
/// WILL, WONT, DO and DONT; each takes one byte more.
const NEGOTIATION: std::ops::RangeInclusive<u8> = WILL..=DONT;

/// Bytes of refusals that wait to be taken, three each; what is negotiated beyond that is ignored.
const MAX_REFUSALS: usize = 48;

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The bytes before the line end.
    Text(&'a [u8]),
    /// The line was longer than the limit; what it said is gone.
    TooLong,
}

/// Cuts a stream into lines, ended by CRLF or by a bare LF, but not by one behind CR NUL.
///
/// A line over the limit is reported once, when its end has been seen, so that its reply comes in
/// its turn. At most two bytes more than the limit are kept of it, whatever its length. An empty
/// framer holds no heap memory.
pub struct Framer {
    /// Bytes of a line, without its end.
    limit: usize,
    /// Decoded lines, each ended by one LF, and behind them the line that is still arriving. A line
    /// is kept to `limit + 2` bytes: more than `limit` of them without the end is how
    /// [`Framer::next_line`] knows that it was too long, and the second stands for its CR.
    bytes: Vec<u8>,
    /// Where the first line not yet given out begins; never more than `bytes.len()`.
    given: usize,
    /// Where the line that is still arriving begins; `given <= arriving <= bytes.len()`.
    arriving: usize,
    telnet: Telnet,
    /// Answers to negotiations; never more than [`MAX_REFUSALS`].
    refusals: Vec<u8>,
}

/// Where in a Telnet command the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telnet {
    /// In none.
    Data,
    /// Behind an IAC.
    Command,
    /// Behind this one of WILL, WONT, DO or DONT.
    Option(u8),
    /// Behind SB, and in what an option is told.
    Parameters,
    /// Behind an IAC in that.
    ParametersCommand,
    /// Behind `IAC IP`. The IAC that should follow may have gone astray as the urgent byte, so that
    /// a DM comes alone.
    Interrupted,
}

impl Framer {
    /// An empty framer for lines of up to `limit` bytes, not counting their end.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        let telnet = Telnet::Data;
        Self { limit, bytes: Vec::new(), given: 0, arriving: 0, telnet, refusals: Vec::new() }
    }

    /// Takes `bytes` as they came from the socket.
    ///
    /// Nothing bounds how many whole lines are kept: who calls it stops reading while
    /// [`Framer::pending`] is above a bound of its own, which must be more than the limit and two.
    pub fn push(&mut self, bytes: &[u8]) {
        self.compact();
        let mut rest = bytes;
        while let Some((&first, behind)) = rest.split_first() {
            match self.telnet {
                Telnet::Data => {
                    let run = rest.iter().position(|&byte| byte == IAC || byte == b'\n');
                    let (text, behind) = rest.split_at(run.unwrap_or(rest.len()));
                    self.keep(text);
                    rest = behind;
                    if let Some((&stop, behind)) = behind.split_first() {
                        rest = behind;
                        if stop == IAC {
                            self.telnet = Telnet::Command;
                        } else if self.is_behind_cr_nul() {
                            self.keep(b"\0");
                        } else {
                            self.end_line();
                        }
                    }
                }
                Telnet::Command => {
                    self.telnet = Telnet::Data;
                    if first < LOWEST_COMMAND {
                        // No command: the IAC was text, and `first` is looked at as such.
                        self.keep(&[IAC]);
                        continue;
                    }
                    rest = behind;
                    if first == IAC {
                        self.keep(&[IAC]);
                    } else if first == IP {
                        self.telnet = Telnet::Interrupted;
                    } else if first == SB {
                        self.telnet = Telnet::Parameters;
                    } else if NEGOTIATION.contains(&first) {
                        self.telnet = Telnet::Option(first);
                    }
                }
                Telnet::Option(asked) => {
                    self.telnet = Telnet::Data;
                    self.refuse(asked, first);
                    rest = behind;
                }
                // No option is agreed on, so that nobody has to be told anything (RFC 1123, section
                // 3.2.3). What a line end ends was none, but text of a client that does not double 255;
                // a NUL in its place has it be no other text.
                Telnet::Parameters | Telnet::ParametersCommand if first == b'\n' => {
                    self.telnet = Telnet::Data;
                    self.keep(b"\0");
                }
                Telnet::Parameters => {
                    if first == IAC {
                        self.telnet = Telnet::ParametersCommand;
                    }
                    rest = behind;
                }
                Telnet::ParametersCommand => {
                    self.telnet = if first == SE { Telnet::Data } else { Telnet::Parameters };
                    rest = behind;
                }
                Telnet::Interrupted => {
                    self.telnet = Telnet::Data;
                    if first == DM {
                        rest = behind;
                    }
                }
            }
        }
    }

    /// The next whole line, or nothing until more is pushed. Memory is given back when nothing is
    /// left.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        if !self.has_line() {
            if self.pending() == 0 {
                self.bytes = Vec::new();
                (self.given, self.arriving) = (0, 0);
            }
            return None;
        }
        let start = self.given;
        let length = self.first()?.len();
        self.given += length + 1;
        self.bytes.get(start..start + length).map(|line| self.limited(line))
    }

    /// What has to be sent back to refuse the options that were negotiated since it was asked last.
    /// WONT and DONT are what is so already, and are not answered (RFC 854).
    pub fn take_refusals(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.refusals)
    }

    fn refuse(&mut self, asked: u8, option: u8) {
        let answer = match asked {
            WILL => DONT,
            DO => WONT,
            _ => return,
        };
        if self.refusals.len() < MAX_REFUSALS {
            self.refusals.extend_from_slice(&[IAC, answer, option]);
        }
    }

    /// Bytes that are held and were not yet given out, the line that is still arriving among them.
    #[must_use]
    pub const fn pending(&self) -> usize {
        self.bytes.len() - self.given
    }

    /// True when [`Framer::next_line`] would give a line.
    #[must_use]
    pub const fn has_line(&self) -> bool {
        self.given < self.arriving
    }

    /// The first line, as it is kept.
    fn first(&self) -> Option<&[u8]> {
        let lines = self.bytes.get(self.given..self.arriving).filter(|lines| !lines.is_empty())?;
        lines.split(|&byte| byte == b'\n').next()
    }

    const fn limited<'a>(&self, line: &'a [u8]) -> Line<'a> {
        if line.len() > self.limit { Line::TooLong } else { Line::Text(line) }
    }

    /// Adds `text` to the line that is arriving, as far as it is kept.
    fn keep(&mut self, text: &[u8]) {
        let held = self.bytes.len() - self.arriving;
        let room = self.limit.saturating_add(2).saturating_sub(held);
        self.bytes.extend_from_slice(text.get(..room).unwrap_or(text));
    }

    /// Whether an LF that comes now is part of a name (RFC 2640, section 3.1). No such name is served,
    /// and nothing of one is to be taken for a command: a NUL keeps its place. Where the line is too
    /// long already, nobody knows what stood before.
    fn is_behind_cr_nul(&self) -> bool {
        let arriving = self.bytes.get(self.arriving..).unwrap_or_default();
        arriving.len() <= self.limit && arriving.ends_with(b"\r\0")
    }

    /// Ends the line that is arriving; a CR before the end belongs to the end.
    fn end_line(&mut self) {
        if self.bytes.len() > self.arriving && self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        self.bytes.push(b'\n');
        self.arriving = self.bytes.len();
    }

    /// Moves what is left to the front once it is no more than what was given out, so that a byte
    /// is moved a bounded number of times on average.
    fn compact(&mut self) {
        if self.given > 0 && self.given >= self.bytes.len() / 2 {
            self.bytes.drain(..self.given);
            self.arriving -= self.given;
            self.given = 0;
        }
    }
}

/// What a framer holds may be a password, so it shows how much and not what.
impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Framer({} of {} bytes)", self.pending(), self.limit)
    }
}

/// Appends `text` as part of a line, so that a [`Framer`] gives it back: the byte 255 is doubled, as
/// Telnet wants it. NUL, CR and LF can't be part of a line and are written as `?`, so that no name
/// can begin a line of its own.
pub(super) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\0' | b'\r' | b'\n' => out.push(b'?'),
            IAC => out.extend_from_slice(&[IAC, IAC]),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: usize = 8;

    /// Every line of `pieces`, pushed one after the other; `None` stands for one that was too long.
    fn lines(pieces: &[&[u8]]) -> Vec<Option<Vec<u8>>> {
        let mut framer = Framer::new(LIMIT);
        let mut found = Vec::new();
        for piece in pieces {
            framer.push(piece);
            drain(&mut framer, &mut found);
        }
        found
    }

    fn drain(framer: &mut Framer, found: &mut Vec<Option<Vec<u8>>>) {
        loop {
            let promised = framer.has_line();
            match framer.next_line() {
                Some(Line::Text(text)) => found.push(Some(text.to_vec())),
                Some(Line::TooLong) => found.push(None),
                None => {
                    assert!(!promised);
                    return;
                }
            }
            assert!(promised);
        }
    }

    fn text(line: &[u8]) -> Option<Vec<u8>> {
        Some(line.to_vec())
    }

    #[test]
    fn both_line_ends_end_a_line() {
        assert_eq!(
            lines(&[b"NOOP\r\nQUIT\n\r\n\nA\rB\r\r\nrest"]),
            [text(b"NOOP"), text(b"QUIT"), text(b""), text(b""), text(b"A\rB\r")]
        );
    }

    #[test]
    fn an_lf_behind_cr_nul_ends_no_line() {
        for cut in 0..12 {
            let (one, other) = b"a\r\0\nb\r\nNOOP\r\n".split_at(cut);
            assert_eq!(lines(&[one, other]), [text(b"a\r\0\0b"), text(b"NOOP")]);
        }
        // Where a line is too long already, its end is not looked for any further.
        assert_eq!(lines(&[b"1234567890\r\0\nb\n"]), [None, text(b"b")]);
        assert_eq!(lines(&[b"\r\0", b"\nNOOP\r\n"]), [text(b"\r\0\0NOOP")]);
    }

    #[test]
    fn the_limit_counts_the_line_without_its_end() {
        assert_eq!(lines(&[b"12345678\r\n12345678\n"]), [text(b"12345678"), text(b"12345678")]);
        assert_eq!(lines(&[b"123456789\r\nNOOP\r\n"]), [None, text(b"NOOP")]);
        assert_eq!(lines(&[b"123456789\n12345678\ra\n12345678\r\r\n"]), [None, None, None]);
        assert_eq!(lines(&[b"1234567\r\r\n"]), [text(b"1234567\r")]);
    }

    #[test]
    fn a_long_line_is_reported_once_and_costs_no_memory() {
        let mut framer = Framer::new(LIMIT);
        for _ in 0..1024 {
            framer.push(&[b'x'; 1024]);
            assert!(framer.pending() <= LIMIT + 2);
            assert!(framer.bytes.capacity() <= 4 * LIMIT);
            assert_eq!(framer.next_line(), None);
        }
        framer.push(b"\r\nQUIT\r\n");
        assert_eq!(framer.next_line(), Some(Line::TooLong));
        assert_eq!(framer.next_line(), Some(Line::Text(b"QUIT")));
        assert_eq!(framer.next_line(), None);
    }

    #[test]
    fn an_empty_framer_holds_no_memory() {
        let mut framer = Framer::new(LIMIT);
        framer.push(b"NOOP\r\nNO");
        assert_eq!(framer.pending(), 7);
        assert_eq!(framer.next_line(), Some(Line::Text(b"NOOP")));
        assert_eq!(framer.next_line(), None);
        assert_eq!(framer.pending(), 2);
        framer.push(b"OP\r\n");
        assert_eq!(framer.next_line(), Some(Line::Text(b"NOOP")));
        assert_eq!((framer.pending(), framer.next_line()), (0, None));
        assert_eq!(framer.bytes.capacity(), 0);
    }

    #[test]
    fn what_was_given_out_is_dropped_while_lines_keep_coming() {
        let mut framer = Framer::new(LIMIT);
        framer.push(b"first\r\n");
        for _ in 0..10_000 {
            framer.push(b"NOOP\r\n");
            assert!(matches!(framer.next_line(), Some(Line::Text(_))));
        }
        assert!(framer.bytes.capacity() < 100);
    }

    #[test]
    fn the_synch_before_abor_vanishes() {
        for synch in [
            &b"\xff\xf4\xff\xf2ABOR\r\n"[..],
            // The IAC before DM was the urgent byte and is lost.
            b"\xff\xf4\xf2ABOR\r\n",
            // Half a Synch.
            b"\xff\xf4ABOR\r\n",
            b"\xff\xf2ABOR\r\n",
        ] {
            assert_eq!(lines(&[synch]), [text(b"ABOR")], "{synch:?}");
        }
        // Elsewhere the byte of DM is text, such as an accented letter of Latin-1.
        assert_eq!(lines(&[b"\xf2\r\n"]), [text(b"\xf2")]);
    }

    #[test]
    fn telnet_commands_vanish_and_a_doubled_iac_is_one_byte() {
        assert_eq!(lines(&[b"a\xff\xffb\xff\xf1c\r\n"]), [text(b"a\xffbc")]);
        assert_eq!(lines(&[b"N\xff\xf6O\xff\xf5OP\r\n"]), [text(b"NOOP")]);
        // What an option was to be told, with the byte 255 in it, goes with it; a line end does not.
        assert_eq!(
            lines(&[b"NO\xff\xfa\x18\x01\xff\xff\xff", b"\xf0OP\r\nNO\xff\xfa\x18\r\nOP\n"]),
            [text(b"NOOP"), text(b"NO\0"), text(b"OP")]
        );
        // WILL ECHO, and an option whose number is that of LF.
        assert_eq!(lines(&[b"\xff\xfb\x01NO\xff\xfe\nOP\r\n"]), [text(b"NOOP")]);
        // An IAC that a client did not double, also before the line end.
        assert_eq!(
            lines(&[b"a\xffb\r\n\xff\r\n\xff\n"]),
            [text(b"a\xffb"), text(b"\xff"), text(b"\xff")]
        );
    }

    #[test]
    fn options_are_refused_and_refusals_are_not_answered() {
        let mut framer = Framer::new(LIMIT);
        // WILL ECHO, DO 3 in two pieces, and WONT, DONT, which are no requests.
        for piece in [&b"\xff\xfb\x01NO\xff\xfd"[..], b"\x03OP\xff\xfc\x01\xff\xfe\x03\r\n"] {
            framer.push(piece);
        }
        assert_eq!(framer.take_refusals(), b"\xff\xfe\x01\xff\xfc\x03");
        assert_eq!(framer.take_refusals(), b"");
        assert_eq!(framer.next_line(), Some(Line::Text(b"NOOP")));
        framer.push(&b"\xff\xfd\x01".repeat(1000));
        assert_eq!(framer.take_refusals().len(), MAX_REFUSALS);
    }

    /// Bytes among which line ends and Telnet commands are frequent.
    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            4 => prop::sample::select(&b"AB \r\n\n\0"[..]),
            2 => prop::sample::select(&[IAC, IAC, DM, IP, 251, 253, 241, 240][..]),
            1 => any::<u8>(),
        ];
        prop::collection::vec(byte, 0..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_split_gives_the_same_lines(stream in stream()) {
            let whole = lines(&[&stream]);
            for at in 0..=stream.len() {
                let (head, tail) = stream.split_at(at);
                prop_assert_eq!(&lines(&[head, tail]), &whole);
            }
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            prop_assert_eq!(&lines(&bytes), &whole);
            let triples: Vec<&[u8]> = stream.chunks(3).collect();
            prop_assert_eq!(&lines(&triples), &whole);
        }

        #[test]
        fn waiting_lines_come_out_as_if_they_had_been_taken_at_once(
            pieces in prop::collection::vec(stream(), 0..6),
        ) {
            let at_once = lines(&[&pieces.concat()]);
            let mut framer = Framer::new(LIMIT);
            let mut found = Vec::new();
            for piece in &pieces {
                framer.push(piece);
                // One line a piece, so that the rest waits and is moved.
                match framer.next_line() {
                    Some(Line::Text(text)) => found.push(Some(text.to_vec())),
                    Some(Line::TooLong) => found.push(None),
                    None => {}
                }
            }
            drain(&mut framer, &mut found);
            prop_assert_eq!(found, at_once);
        }

        #[test]
        fn written_text_comes_back(text in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut wire = Vec::new();
            write_text(&text, &mut wire);
            wire.extend_from_slice(b"\r\n");
            let mut framer = Framer::new(text.len());
            framer.push(&wire);
            let sayable: Vec<u8> = text
                .iter()
                .map(|byte| if matches!(byte, b'\0' | b'\r' | b'\n') { b'?' } else { *byte })
                .collect();
            prop_assert_eq!(framer.next_line(), Some(Line::Text(&sayable)));
        }
    }
}
