//! What a clerk is to get done, and how it spoils that on purpose.

use std::rc::Rc;
use std::time::Duration;

use coracle::terms::Algorithm;

use crate::rng::Rng;

/// One thing that a clerk does.
#[derive(Debug, Clone)]
pub(crate) enum Job {
    /// MODE Z from now on, or MODE S again.
    Pack(bool),
    /// An upload of a file that is not there yet: each break ends an attempt, and the next goes on
    /// from what SIZE says, by APPE or by REST and STOR.
    Send { path: Vec<u8>, payload: Rc<[u8]>, breaks: Vec<Break>, appends: bool },
    /// An upload under a name of the server's making.
    SendUnique { payload: Rc<[u8]> },
    /// A download.
    Fetch { path: Vec<u8> },
    /// SITE COMPRESS, whether it has to be refused, and what cuts it short after a while.
    Compress { path: Vec<u8>, refused: bool, cut: Option<(Duration, Parting)> },
    /// A digest; with ABOR right behind it where it `wavers`.
    Sum { path: Vec<u8>, sum: Sum, wavers: bool },
    /// MFMT, and MDTM to see what came of it.
    Touch { path: Vec<u8>, stamp: String, refused: bool },
    /// AVBL.
    Available,
    /// Nothing for a while.
    Pause(Duration),
}

/// How a digest is asked for, and of which bytes from the first to the one after the last.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sum {
    /// OPTS HASH, RANG where there is a span, HASH.
    Hash(Algorithm, Option<(u64, u64)>),
    /// XCRC or XSHA256.
    Old(Algorithm, Option<(u64, u64)>),
}

/// How an attempt to upload ends, after so many bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// The data connection is reset.
    Reset(usize),
    /// The data connection ends in the middle of a zlib stream; a reset in MODE S, where the end
    /// would be that of a file.
    End(usize),
    /// ABOR.
    Abort(usize),
    /// The process dies.
    Kill(usize),
}

impl Break {
    /// After how many bytes.
    pub(super) const fn after(self) -> usize {
        match self {
            Self::Reset(after) | Self::End(after) | Self::Abort(after) | Self::Kill(after) => after,
        }
    }
}

/// How work is cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    /// ABOR.
    Abort,
    /// The control connection ends.
    End,
    /// The control connection is reset.
    Reset,
}

impl Parting {
    /// Any, mostly one after which there is somebody left to look.
    pub(crate) fn of(rng: &mut Rng) -> (Duration, Self) {
        let parting = match rng.below(10) {
            0 => Self::End,
            1 => Self::Reset,
            _ => Self::Abort,
        };
        // Right behind the command, while the work runs, or about when it ends.
        let micros = [0, 50, 1000, 20_000, 200_000];
        let most = *rng.pick(&micros);
        let after = rng.below(most + 1);
        (Duration::from_micros(after), parting)
    }
}

impl Sum {
    /// Any, of a file of `length` bytes.
    pub(crate) fn of(length: u64, rng: &mut Rng) -> Self {
        let algorithm = *rng.pick(&[Algorithm::Sha256, Algorithm::Crc32]);
        let span = rng.chance(500).then(|| {
            let start = rng.below(length);
            (start, start + 1 + rng.below(length - start))
        });
        if rng.chance(500) { Self::Hash(algorithm, span) } else { Self::Old(algorithm, span) }
    }
}

/// What all clerks of a scenario find there.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    /// The clerk's number, which its files bear.
    pub(crate) number: usize,
    /// A file of its own, and how long it is.
    pub(crate) source: (Vec<u8>, u64),
}

/// What a clerk is to do, in any order.
pub(crate) fn jobs(office: &Office, rng: &mut Rng) -> Vec<Job> {
    let count = rng.size(2..14);
    (0..count).map(|step| job(office, step, rng)).collect()
}

fn job(office: &Office, step: usize, rng: &mut Rng) -> Job {
    let (source, length) = (&office.source.0, office.source.1);
    match rng.below(16) {
        0 | 1 => Job::Pack(rng.chance(700)),
        2..=4 => {
            let path = format!("/Incoming/clerk-{}-{step}", office.number).into_bytes();
            let length = rng.size(0..60_000);
            let payload = stuff(length, rng).into();
            let breaks = (0..rng.size(0..4)).map(|_| break_of(rng)).collect();
            Job::Send { path, payload, breaks, appends: rng.chance(400) }
        }
        5 => {
            let length = rng.size(0..5000);
            Job::SendUnique { payload: stuff(length, rng).into() }
        }
        6 => {
            let path = *rng.pick(&["/Movies/large", "/Docs/text", "/Movies/empty"]);
            Job::Fetch { path: path.into() }
        }
        7..=9 => {
            let cut = rng.chance(500).then(|| Parting::of(rng));
            Job::Compress { path: source.clone(), refused: false, cut }
        }
        10 => {
            let path = *rng.pick(&["/Movies/large", "/Outbox/report", "/Secret/plans", "/Docs"]);
            Job::Compress { path: path.into(), refused: true, cut: None }
        }
        11 | 12 => {
            let sum = Sum::of(length, rng);
            Job::Sum { path: source.clone(), sum, wavers: rng.chance(300) }
        }
        13 => {
            let refused = rng.chance(300);
            let path = if refused { b"/Movies/small".to_vec() } else { source.clone() };
            let stamp = format!("20{:02}0203040506", rng.below(90) + 10);
            Job::Touch { path, stamp, refused }
        }
        14 => Job::Available,
        _ => Job::Pause(Duration::from_millis(rng.below(2000))),
    }
}

fn break_of(rng: &mut Rng) -> Break {
    let after = if rng.chance(200) { 0 } else { rng.size(0..40_000) };
    match rng.below(12) {
        0..=4 => Break::Reset(after),
        5..=7 => Break::End(after),
        8..=10 => Break::Abort(after),
        _ => Break::Kill(after),
    }
}

/// Bytes of which some can be compressed.
pub(crate) fn stuff(length: usize, rng: &mut Rng) -> Vec<u8> {
    let mut stuff = Vec::with_capacity(length);
    while stuff.len() < length {
        let run = rng.size(1..400);
        if rng.chance(500) {
            stuff.extend(std::iter::repeat_n(b'x', run));
        } else {
            stuff.extend(rng.bytes(run));
        }
    }
    stuff.truncate(length);
    stuff
}
