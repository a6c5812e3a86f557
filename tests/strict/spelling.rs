//! What the lines of a case spell, and how they are compared.

use glob::Pattern;

use super::play::Done;

pub(super) fn split_content(rest: &str) -> (&str, &str) {
    rest.split_once(" =").map_or((rest, ""), |(command, content)| {
        (command, content.strip_prefix(' ').unwrap_or(content))
    })
}

pub(super) fn check(holds: bool, came: impl FnOnce() -> String) -> Done {
    if holds { Ok(()) } else { Err(came()) }
}

pub(super) fn of(what: &str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{what}: {error}")
}

pub(super) fn like(glob: &str, text: &str) -> bool {
    let glob = String::from_utf8_lossy(&bytes(glob)).into_owned();
    Pattern::new(&glob).expect("a pattern in a case").matches(text)
}

pub(super) fn show(bytes: &[u8]) -> String {
    bytes.iter().take(400).copied().collect::<Vec<_>>().escape_ascii().to_string()
}

/// The bytes that a line of a case spells: `\r`, `\n`, `\s` (a space), `\\`, `\xHH`.
pub(super) fn bytes(spelt: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = spelt.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'r') => bytes.push(b'\r'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b's') => bytes.push(b' '),
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).expect("two digits in a case");
                bytes.push(u8::from_str_radix(&digits, 16).expect("two digits in a case"));
            }
            other => bytes.push(other.expect("something behind a backslash in a case")),
        }
    }
    bytes
}
