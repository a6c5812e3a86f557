//! What a script says: any bytes at all, of which the lines that make sense are steps.
//!
//! A step a line, for people to read, for a proxy to record and for a fuzzer to tear apart. Nothing
//! here knows what the steps come to.
//!
//! ```text
//! # whatever begins with no client, nor with `.` or `!`, is a comment
//! ! mode-z                     the house: how it is set up, or what befalls it at this point
//! a > USER user1               client a says a line; it connects when it is first heard of
//! a >> US                      the same without the end of the line; \r \n \0 \\ \xff as in C
//! a ? 2                        waits for two final replies, or for one
//! a > PORT %p                  %p and %e are an address that it listens at: of PORT, of EPRT
//! a dial                       connects to the passive port that it was told last
//! a dial b                     the same from b's address; from nobody's with x
//! a send some\r\nbytes         over its newest data connection
//! a fill 9000                  sends as many bytes of a pattern
//! a pack hello                 sends this as MODE Z has it
//! a read 100                   reads no more than as many bytes of data; all again without a number
//! a shut                       no window for data at all; `a open` opens it
//! a end, a reset, a close      what becomes of the data connection, when all is sent
//! a whole                      waits until the server has ended the data connection
//! a deaf                       does not read replies; `a hear` does again
//! a hup, a cut, a leave        half-closes, resets, closes the control connection
//! a again                      comes again, on a control connection of its own
//! . 500                        lets half a second pass
//! ```
//!
//! Clients a to d speak FTP, g and h the guided dialogue. `! ` is followed by one of: `seed N`,
//! `faults N`, `small`, `mode-z`, `durable`, `port`, `six`, `clients N`, `slow`; and as steps `drain
//! MILLIS`, `full N`, `read N`, `write N`, `commit N`, `sync N`, `accounts N`, `put PATH`,
//! `remove PATH`.

use std::time::Duration;

use crate::world::DiskFault;

/// Steps of a script that are played.
const STEPS: usize = 250;

/// Bytes that one step may send.
const FILL: usize = 40_000;

/// Who connects from an address that is no client's.
pub(crate) const STRANGER: usize = 26;

/// One of the clients: a is 0.
pub(crate) type Who = usize;

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) faults: Option<u64>,
    pub(crate) small: bool,
    pub(crate) mode_z: bool,
    pub(crate) durable: bool,
    /// One passive port for all.
    pub(crate) port: bool,
    /// Over IPv6.
    pub(crate) six: bool,
    pub(crate) clients: Option<usize>,
    /// The helper thread takes its time.
    pub(crate) slow: bool,
}

/// What befalls the house.
#[derive(Debug, Clone)]
pub(crate) enum Blow {
    Drain(Duration),
    Disk(DiskFault),
    /// The tables are loaded anew, and say something else.
    Accounts(u64),
    /// A file is put into the tree, or taken out, by other than FTP.
    Put(Vec<u8>),
    Remove(Vec<u8>),
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its direction is ended.
    End,
    Reset,
    Close,
}

/// A step.
#[derive(Clone)]
pub(crate) enum Step {
    Say(Who, Vec<u8>),
    Await(Who, u64),
    Dial(Who, Who),
    Send(Who, Vec<u8>),
    Read(Who, Option<usize>),
    Shut(Who, bool),
    Data(Who, Fate),
    Whole(Who),
    Deaf(Who, bool),
    Control(Who, Fate),
    Again(Who),
    Pause(Duration),
    Blow(Blow),
}

/// For a trace, as it is spelt.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |who: &Who| char::from(b'a' + u8::try_from(*who).unwrap_or_default());
        match self {
            Self::Say(who, text) => write!(f, "{} >> {}", name(who), text.escape_ascii()),
            Self::Await(who, count) => write!(f, "{} ? {count}", name(who)),
            Self::Dial(who, from) => write!(f, "{} dial {}", name(who), name(from)),
            Self::Send(who, bytes) => write!(f, "{} send, {} bytes", name(who), bytes.len()),
            Self::Read(who, most) => write!(f, "{} read {most:?}", name(who)),
            Self::Shut(who, shut) => write!(f, "{} shut: {shut}", name(who)),
            Self::Data(who, fate) => write!(f, "{} data: {fate:?}", name(who)),
            Self::Whole(who) => write!(f, "{} whole", name(who)),
            Self::Deaf(who, deaf) => write!(f, "{} deaf: {deaf}", name(who)),
            Self::Control(who, fate) => write!(f, "{} control: {fate:?}", name(who)),
            Self::Again(who) => write!(f, "{} again", name(who)),
            Self::Pause(time) => write!(f, ". {time:?}"),
            Self::Blow(blow) => write!(f, "! {blow:?}"),
        }
    }
}

/// What a script comes to.
pub(crate) fn parse(script: &[u8]) -> (Setup, Vec<Step>) {
    let mut setup = Setup::default();
    let mut steps = Vec::new();
    for line in script.split(|byte| *byte == b'\n') {
        if steps.len() == STEPS {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((first, rest)) = line.split_first() else { continue };
        let (word, argument) = split(rest.trim_ascii_start());
        match first {
            b'!' => steps.extend(house(word, argument, &mut setup)),
            b'.' => steps.push(Step::Pause(Duration::from_millis(number(word, 100_000)))),
            b'a'..=b'd' | b'g' | b'h' => {
                steps.extend(client(usize::from(first - b'a'), word, argument));
            }
            _ => {}
        }
    }
    (setup, steps)
}

fn house(word: &[u8], argument: &[u8], setup: &mut Setup) -> Option<Step> {
    let count = number(argument, u64::MAX);
    let blow = match word {
        b"drain" => Blow::Drain(Duration::from_millis(count.min(100_000))),
        b"full" => Blow::Disk(DiskFault::Full(count)),
        b"read" => Blow::Disk(DiskFault::Read(count)),
        b"write" => Blow::Disk(DiskFault::Write(count)),
        b"commit" => Blow::Disk(DiskFault::Commit(count)),
        b"sync" => Blow::Disk(DiskFault::Sync(count)),
        b"accounts" => Blow::Accounts(count),
        b"put" => Blow::Put(argument.to_vec()),
        b"remove" => Blow::Remove(argument.to_vec()),
        _ => {
            match word {
                b"seed" => setup.seed = count,
                b"faults" => setup.faults = Some(count),
                b"small" => setup.small = true,
                b"mode-z" => setup.mode_z = true,
                b"durable" => setup.durable = true,
                b"port" => setup.port = true,
                b"six" => setup.six = true,
                b"clients" => setup.clients = Some(number(argument, 20) as usize),
                b"slow" => setup.slow = true,
                _ => {}
            }
            return None;
        }
    };
    Some(Step::Blow(blow))
}

fn client(who: Who, word: &[u8], argument: &[u8]) -> Option<Step> {
    let count = number(argument, FILL as u64);
    Some(match word {
        b">" => Step::Say(who, [unescaped(argument), b"\r\n".to_vec()].concat()),
        b">>" => Step::Say(who, unescaped(argument)),
        b"?" => Step::Await(who, count.max(1)),
        b"dial" => Step::Dial(
            who,
            match argument.first() {
                Some(other @ b'a'..=b'd') => usize::from(other - b'a'),
                Some(b'x') => STRANGER,
                _ => who,
            },
        ),
        b"send" => Step::Send(who, unescaped(argument)),
        b"fill" => Step::Send(who, pattern(count as usize)),
        b"pack" => Step::Send(who, super::coded::deflated(&unescaped(argument))),
        b"read" => Step::Read(who, (!argument.is_empty()).then_some(count as usize)),
        b"shut" | b"open" => Step::Shut(who, word == b"shut"),
        b"end" => Step::Data(who, Fate::End),
        b"reset" => Step::Data(who, Fate::Reset),
        b"close" => Step::Data(who, Fate::Close),
        b"whole" => Step::Whole(who),
        b"deaf" | b"hear" => Step::Deaf(who, word == b"deaf"),
        b"hup" => Step::Control(who, Fate::End),
        b"cut" => Step::Control(who, Fate::Reset),
        b"leave" => Step::Control(who, Fate::Close),
        b"again" => Step::Again(who),
        _ => return None,
    })
}

/// The first word, and what is behind the space after it.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b' ') {
        Some(space) => (&text[..space], &text[space + 1..]),
        None => (text, b""),
    }
}

fn number(text: &[u8], most: u64) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).take(18);
    digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')).min(most)
}

/// The bytes that a text with escapes stands for; what is no escape stands for itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let (byte, length) = match (byte, behind) {
            (b'\\', [b'r', ..]) => (b'\r', 1),
            (b'\\', [b'n', ..]) => (b'\n', 1),
            (b'\\', [b't', ..]) => (b'\t', 1),
            (b'\\', [b'0', ..]) => (0, 1),
            (b'\\', [b'\\', ..]) => (b'\\', 1),
            (b'\\', [b'x', high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'\\', 0),
            },
            (byte, _) => (*byte, 0),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Bytes among which no two places look alike for long, with every kind of line end in them.
fn pattern(count: usize) -> Vec<u8> {
    let byte = |at: usize| {
        let mixed = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        match mixed >> 56 {
            0..8 => b'\n',
            8..16 => b'\r',
            _ => (mixed >> 40) as u8,
        }
    };
    (0..count).map(byte).collect()
}
