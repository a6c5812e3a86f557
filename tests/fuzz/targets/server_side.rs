//! What a client sends, as the server reads it.

use coracle::tree::{Pattern, VirtualPath};
use coracle::wire::ascii::{Decoder, Encoder};
use coracle::wire::ftp::command::{Command, CommandFault, is_sayable};
use coracle::wire::guided::{Prompt, Request};
use coracle::wire::line::{Framer, Line};

/// Bytes of a line in these tests; short, so that long ones are met.
const LIMIT: usize = 40;

/// Lines are the same however the stream is cut, none is longer than the limit, and no more is kept
/// than the header of `wire::line` says.
pub(super) fn framer(data: &[u8]) {
    let (&[seed, ..], stream) = data.split_at(data.len().min(1)) else { return };
    let mut whole = Framer::new(LIMIT);
    whole.push(stream);
    let mut expected = Vec::new();
    while let Some(line) = whole.next_line() {
        expected.push(owned(line));
    }
    assert!(whole.pending() <= LIMIT + 2, "{} bytes are kept", whole.pending());

    let mut cut = Framer::new(LIMIT);
    let mut found = Vec::new();
    let mut rest = stream;
    let mut step = usize::from(seed);
    while !rest.is_empty() {
        step = step.wrapping_mul(31).wrapping_add(7);
        let (piece, behind) = rest.split_at((step % 11 + 1).min(rest.len()));
        cut.push(piece);
        while let Some(line) = cut.next_line() {
            found.push(owned(line));
        }
        assert!(cut.pending() <= LIMIT + 2, "{} bytes are kept", cut.pending());
        rest = behind;
    }
    assert_eq!(found, expected, "the lines depend on how the stream was cut");
}

fn owned(line: Line<'_>) -> Option<Vec<u8>> {
    match line {
        Line::Text(text) => {
            assert!(text.len() <= LIMIT && !text.contains(&b'\n'));
            Some(text.to_vec())
        }
        Line::TooLong => None,
    }
}

/// What is a command comes back from what it writes; what is none has a code of the 500s.
pub(super) fn command(data: &[u8]) {
    let line = data.split(|&byte| byte == b'\n').next().unwrap_or_default();
    match Command::parse(line) {
        // A password may hold what no command can say; then it is written as `?`.
        Ok(Command::Pass(password)) if !is_sayable(password) => {}
        Ok(command) => {
            let mut text = Vec::new();
            command.write(&mut text);
            read_again(&text, |line| {
                assert_eq!(Command::parse(line), Ok(command), "{}", text.escape_ascii());
            });
        }
        Err(fault) => {
            assert_eq!(fault.code().number() / 100, 5, "{fault:?}");
            if let CommandFault::Unknown(word) = fault {
                assert!(word.len() <= line.len());
            }
        }
    }
}

/// A path is normalised whatever it was made from, and stays so when it is walked from anywhere.
pub(super) fn path(data: &[u8]) {
    let mut here = VirtualPath::root();
    for argument in data.split(|&byte| byte == b'\n') {
        let Ok(next) = here.join(argument) else { continue };
        let bytes = next.as_bytes();
        assert!(bytes.starts_with(b"/") && bytes.len() <= 4096);
        for name in next.components() {
            assert!(!matches!(name, b"" | b"." | b".."), "{}", bytes.escape_ascii());
            assert!(name.len() <= 255 && !name.contains(&b'/') && !name.contains(&0));
        }
        assert_eq!(next.join(b".").as_ref(), Ok(&next));
        assert_eq!(VirtualPath::root().join(bytes).as_ref(), Ok(&next));
        if let Some(name) = next.file_name() {
            assert_eq!(next.parent().join(name).as_ref(), Ok(&next));
        }
        here = next;
    }
}

/// Matching is bounded in work by the bounds on patterns; a run that hangs is a find.
pub(super) fn pattern(data: &[u8]) {
    let mut lines = data.split(|&byte| byte == b'\n');
    let Some(pattern) = lines.next().and_then(Pattern::new) else { return };
    for name in lines.take(16) {
        let name = name.get(..name.len().min(255)).unwrap_or_default();
        let matches = pattern.matches(name);
        assert_eq!(matches, pattern.matches(name));
        if matches && name.starts_with(b".") {
            let first = data.first().copied();
            assert!(
                !matches!(first, Some(b'*' | b'?' | b'[')),
                "{} matches {}",
                data.escape_ascii(),
                name.escape_ascii()
            );
        }
    }
}

/// TYPE A comes back, however it is cut: CRLF on the wire for each LF of the file.
pub(super) fn ascii(data: &[u8]) {
    let (&[seed, ..], text) = data.split_at(data.len().min(1)) else { return };
    let cut = (usize::from(seed) % 7 + 1, usize::from(seed) % 5 + 1);
    let (mut encoder, mut wire) = (Encoder::new(), Vec::new());
    for piece in text.chunks(cut.0) {
        encoder.push(piece, &mut wire);
    }
    let (mut one, mut at_once) = (Encoder::new(), Vec::new());
    one.push(text, &mut at_once);
    assert_eq!(wire, at_once, "the wire depends on how the file was read");
    let mut decoded = Vec::new();
    let mut decoder = Decoder::new();
    for piece in wire.chunks(cut.1) {
        decoder.push(piece, &mut decoded);
    }
    decoder.finish(&mut decoded);
    // A bare CR before LF is what the wire can't tell from a line end.
    if !text.windows(2).any(|pair| pair == b"\r\n") {
        assert_eq!(decoded, text);
    }
    let (mut decoder, mut any) = (Decoder::new(), Vec::new());
    decoder.push(text, &mut any);
    decoder.finish(&mut any);
    assert!(any.len() <= text.len());
}

/// Requests and prompts of the guided dialogue, in either direction: what is written comes back from
/// the line that it is. What no line can hold is written as `?`.
pub(super) fn guided(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n').filter(|line| is_sayable(line)) {
        if let Some(request) = Request::parse(line) {
            let mut text = Vec::new();
            request.write(&mut text);
            read_again(&text, |line| assert_eq!(Request::parse(line), Some(request)));
        }
        if let Some(prompt) = Prompt::parse(line) {
            let mut text = Vec::new();
            prompt.write(&mut text);
            read_again(&text, |line| assert_eq!(Prompt::parse(line).as_ref(), Some(&prompt)));
        }
    }
}

/// The one line of `text`, as whoever it is sent to reads it.
fn read_again(text: &[u8], compare: impl FnOnce(&[u8])) {
    let mut framer = Framer::new(text.len());
    framer.push(text);
    let Some(Line::Text(line)) = framer.next_line() else { panic!("no line was written") };
    compare(line);
}
