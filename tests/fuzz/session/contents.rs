//! What is held to of files: which contents there are, and whether what was moved is one of them.
//!
//! Whatever is put in place holds, at its end, all that came over one data connection which its client
//! has ended in good order, and before that nothing but the beginnings of what was sent or stood there
//! before. What a download brings is what some file held. Names do not matter here: a content that
//! somebody has sent may stand under any.

use std::rc::Rc;

use super::claims::Claims;
use super::coded::{from_lines, inflated, to_lines, unpacked};
use crate::net::{ConnId, Net, Tap};

/// Contents that are compared byte by byte, and those whose pieces are looked for.
const LONGEST: usize = 1 << 20;

/// What is said to have been moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    Upload,
    Download,
    /// Content that came inline, in the guided dialogue.
    Inline,
    /// So many bytes, in whatever direction, to a good end or none.
    Bytes(u64),
}

/// All contents that files have had.
pub(crate) struct Contents {
    known: Vec<Rc<[u8]>>,
    /// Which data connections brought what was put in place, and carried the downloads that were
    /// said to be done.
    placed: Claims,
    brought: Claims,
    /// Contents that were put in place, and uploads that were said to be.
    uploads: u64,
    acknowledged: u64,
}

impl Contents {
    /// Those that stand there from the beginning.
    pub(crate) fn new(known: Vec<Rc<[u8]>>) -> Self {
        let (placed, brought) = (Claims::default(), Claims::default());
        Self { known, placed, brought, uploads: 0, acknowledged: 0 }
    }

    pub(crate) fn add(&mut self, content: Rc<[u8]>) {
        self.known.push(content);
    }

    /// Something was put in place: who has sent it?
    pub(crate) fn place(&mut self, content: Rc<[u8]>, datas: &[ConnId], net: &Net) {
        self.uploads += 1;
        let has_sent = |conn: &ConnId| self.has_sent(*conn, &content, datas, net);
        let senders = datas.iter().copied().filter(has_sent).collect();
        let is_packed = |unpacked: &[u8]| self.known.iter().any(|known| known[..] == *unpacked);
        assert!(
            self.placed.enter(senders) || unpacked(&content).is_some_and(|plain| is_packed(&plain)),
            "{} bytes were put in place that nobody has sent whole: {}",
            content.len(),
            show(&content)
        );
        self.add(content);
    }

    /// Whether a connection has brought, to its end, what `content` ends in.
    fn has_sent(&self, conn: ConnId, content: &[u8], datas: &[ConnId], net: &Net) -> bool {
        let Some(tap) = net.tapped(conn).filter(|tap| tap.finished && tap.read_up) else {
            return false;
        };
        forms(&tap.sent).iter().any(|form| {
            content.strip_suffix(&form[..]).is_some_and(|base| self.is_made_of(base, datas, net))
        })
    }

    /// Whether it is made of beginnings of what was sent, or stood there.
    fn is_made_of(&self, base: &[u8], datas: &[ConnId], net: &Net) -> bool {
        if base.is_empty() || self.known.iter().any(|known| known.starts_with(base)) {
            return true;
        }
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        for tap in datas.iter().filter_map(|conn| net.tapped(*conn)) {
            pieces.extend(forms(&tap.sent));
            pieces.extend(beginning(&tap.sent));
        }
        pieces.extend(self.known.iter().map(|known| known.to_vec()));
        let mut reached = vec![false; base.len() + 1];
        reached[0] = true;
        for at in 0..base.len().min(LONGEST) {
            if !reached[at] {
                continue;
            }
            for piece in &pieces {
                let rest = &base[at..];
                let same = piece.iter().zip(rest).take_while(|(one, other)| one == other).count();
                reached[at + 1..=at + same].fill(true);
            }
        }
        reached[base.len()]
    }

    /// An upload was said to be done.
    pub(crate) fn acknowledge(&mut self) {
        self.acknowledged += 1;
        assert!(
            self.acknowledged <= self.uploads,
            "{} uploads are said to be done, and {} are in place",
            self.acknowledged,
            self.uploads
        );
    }

    /// A download was said to be done: over which connection has all of it gone? `partly` says that
    /// a part of a file may have been asked for.
    pub(crate) fn bring(&mut self, datas: &[ConnId], net: &Net, partly: bool) {
        let fits = |conn: &ConnId, is_silent: bool| {
            // Who knows by SIZE that nothing comes may go before the end has reached it.
            let is_over = |tap: &&Tap| tap.ended || tap.said.is_empty();
            net.tapped(*conn).filter(is_over).is_some_and(|tap| {
                tap.said.is_empty() == is_silent && self.is_content(&tap.said, partly)
            })
        };
        // One that still waits is silent, too, and nothing is a part of everything.
        let carriers = [false, true]
            .iter()
            .flat_map(|is_silent| datas.iter().copied().filter(|conn| fits(conn, *is_silent)))
            .collect();
        if !self.brought.enter(carriers) {
            let said = |conn: &ConnId| net.tapped(*conn).map(|tap| (tap.ended, tap.said.len()));
            let said: Vec<_> = datas.iter().filter_map(said).collect();
            panic!("a download is said to be done, and none was: {said:?}");
        }
    }

    /// So many bytes are said to have been moved: over which connection?
    pub(crate) fn count(bytes: u64, datas: &[ConnId], net: &Net) {
        let moved = |tap: &Tap| [&tap.said, &tap.heard].iter().any(|way| way.len() as u64 == bytes);
        let somewhere = datas.iter().filter_map(|conn| net.tapped(*conn)).any(moved);
        assert!(bytes == 0 || somewhere, "{bytes} bytes are said to have moved, and nowhere have");
    }

    /// Whether this is what a file holds, on its way.
    pub(crate) fn is_content(&self, said: &[u8], partly: bool) -> bool {
        let plain = inflated(said);
        let mut wires = vec![said];
        wires.extend(plain.as_deref());
        self.known.iter().any(|known| {
            let lines = to_lines(known);
            wires.iter().any(|wire| {
                [&known[..], &lines].iter().any(|form| match partly {
                    false => wire == form,
                    true => is_within(wire, form),
                })
            })
        })
    }
}

/// Whether `part` stands in `whole`. An end of a line that begins a part has a CR of its own.
fn is_within(part: &[u8], whole: &[u8]) -> bool {
    let within =
        |part: &[u8]| part.is_empty() || whole.windows(part.len()).any(|window| window == part);
    within(part) || part.strip_prefix(b"\r").is_some_and(within)
}

/// What comes out of a stream, however it was sent.
fn forms(sent: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![sent.to_vec(), from_lines(sent)];
    if let Some(plain) = inflated(sent) {
        forms.push(from_lines(&plain));
        forms.push(plain);
    }
    forms
}

/// What comes out of the beginning of a packed stream that breaks off.
fn beginning(sent: &[u8]) -> Vec<Vec<u8>> {
    let plain = super::coded::begun(sent);
    if plain.is_empty() { Vec::new() } else { vec![from_lines(&plain), plain] }
}

fn show(content: &[u8]) -> String {
    content.iter().copied().take(80).collect::<Vec<_>>().escape_ascii().to_string()
}
