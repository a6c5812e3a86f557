//! What a server sends, as the client reads it.

use coracle::terms::UnixTime;
use coracle::wire::ftp::facts::{self, FactSelection};
use coracle::wire::ftp::listing;
use coracle::wire::ftp::reply::{Reply, ReplyReader};

/// 2026-01-01, for dates without a year.
const NOW: UnixTime = UnixTime(1_767_225_600);

/// A reply that was read comes back from what it writes, unless a line of it looks like its end.
pub(super) fn reply(data: &[u8]) {
    let mut reader = ReplyReader::new();
    for line in data.split(|&byte| byte == b'\n') {
        match reader.line(line) {
            Ok(Some(reply)) => again(&reply),
            Ok(None) => assert!(reader.is_inside()),
            Err(_) => assert!(!reader.is_inside()),
        }
    }
}

fn again(reply: &Reply) {
    let mut text = Vec::new();
    reply.write(&mut text);
    let text = text.strip_suffix(b"\r\n").expect("a reply ends in CRLF");
    let mut reader = ReplyReader::new();
    let mut lines = text.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let got = reader.line(line).expect("what we write we can read");
        assert_eq!(got.is_some(), lines.peek().is_none(), "{}", text.escape_ascii());
    }
}

/// Facts that were read come back from what they write.
pub(super) fn facts(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n') {
        let Some((found, name)) = facts::parse(line) else { continue };
        let mut text = Vec::new();
        facts::write(&found, FactSelection::all(), name, &mut text);
        let text = text.strip_suffix(b"\r\n").expect("an entry ends in CRLF");
        let (again, _) = facts::parse(text).expect("what we write we can read");
        assert_eq!(again.size, found.size);
        assert_eq!(again.perm, found.perm);
        assert_eq!(again.unix_mode, found.unix_mode);
    }
}

/// Listings in either form: a name that was read has no end of line in it and comes back.
pub(super) fn listing(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n') {
        if let Some(listed) = listing::parse_long(line, NOW) {
            let mut text = Vec::new();
            listing::write_long(&listed.entry, NOW, &mut text);
            assert!(text.ends_with(b"\r\n"));
            assert_eq!(text.iter().filter(|&&byte| byte == b'\n').count(), 1);
        }
        if let Some(listed) = listing::parse_dos(line) {
            assert!(!listed.name.is_empty());
        }
    }
}
