//! Lines out of a stream: the Telnet layer under every FTP and guided dialogue.
//!
//! Takes bytes as they came from the socket, in whatever pieces, and gives lines without their end.
//! It knows nothing of what a line says. The reactor and the client own one framer a connection.
//!
//! What is understood of Telnet (RFC 854) is what RFC 959, section 4.1.3 needs: `IAC IAC` is the
//! byte 255, the Synch before ABOR (`IAC IP IAC DM`) vanishes, negotiations vanish with their option
//! and are not answered. An IAC before a byte that is no Telnet command is that byte 255: clients
//! exist that send names in Latin-1 and do not double it.

/// Telnet's "interpret as command" byte.
const IAC: u8 = 255;
/// "Data mark", the end of a Synch.
const DM: u8 = 242;
/// "Interrupt process", the start of the Synch that precedes ABOR.
const IP: u8 = 244;
/// The lowest of the command bytes.
const LOWEST_COMMAND: u8 = 240;
/// WILL, WONT, DO and DONT; each takes one byte more.
const NEGOTIATION: std::ops::RangeInclusive<u8> = 251..=254;

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The bytes before the line end.
    Text(&'a [u8]),
    /// The line was longer than the limit; what it said is gone.
    TooLong,
}

/// Cuts a stream into lines, ended by CRLF or by a bare LF.
///
/// A line over the limit is reported once, when its end has been seen, so that its reply comes in
/// its turn. At most two bytes more than the limit are kept of it, whatever its length. An empty
/// framer holds no heap memory.
#[derive(Debug)]
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
}

/// Where in a Telnet command the stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telnet {
    /// In none.
    Data,
    /// Behind an IAC.
    Command,
    /// Behind WILL, WONT, DO or DONT.
    Option,
    /// Behind `IAC IP`. The IAC that should follow may have gone astray as the urgent byte, so that
    /// a DM comes alone.
    Interrupted,
}

impl Framer {
    /// An empty framer for lines of up to `limit` bytes, not counting their end.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, bytes: Vec::new(), given: 0, arriving: 0, telnet: Telnet::Data }
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
                    } else if NEGOTIATION.contains(&first) {
                        self.telnet = Telnet::Option;
                    }
                }
                Telnet::Option => {
                    self.telnet = Telnet::Data;
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
        let lines = self.bytes.get(self.given..self.arriving)?;
        let line = lines.split(|&byte| byte == b'\n').next()?;
        self.given += line.len() + 1;
        Some(if line.len() > self.limit { Line::TooLong } else { Line::Text(line) })
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

    /// Adds `text` to the line that is arriving, as far as it is kept.
    fn keep(&mut self, text: &[u8]) {
        let held = self.bytes.len() - self.arriving;
        let room = self.limit.saturating_add(2).saturating_sub(held);
        self.bytes.extend_from_slice(text.get(..room).unwrap_or(text));
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
