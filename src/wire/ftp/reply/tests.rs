//! Replies there and back, and the forms of other servers.

use super::*;
use crate::wire::{Framer, Line};
use proptest::prelude::*;

fn written(reply: &Reply) -> Vec<u8> {
    let mut out = Vec::new();
    reply.write(&mut out);
    out
}

/// Every reply that `wire` holds.
fn read(wire: &[u8]) -> Result<Vec<Reply>, ReplyFault> {
    let (mut framer, mut reader) = (Framer::new(64 * 1024), ReplyReader::new());
    framer.push(wire);
    let mut replies = Vec::new();
    while let Some(Line::Text(line)) = framer.next_line() {
        replies.extend(reader.line(line)?);
    }
    assert!(!reader.is_inside());
    Ok(replies)
}

#[test]
fn one_line_and_several_are_written_as_the_rfc_wants() {
    assert_eq!(written(&Reply::new(220, "Ready")), b"220 Ready\r\n");
    assert_eq!(written(&Reply::new(Code::OKAY, "")), b"200 \r\n");
    assert_eq!(written(&Reply::new(211, "Two\nlines")), b"211-Two\r\n211 lines\r\n");
    assert_eq!(
        written(&Reply::new(211, "Features:\nMDTM\n211 SIZE\nEnd")),
        b"211-Features:\r\n MDTM\r\n 211 SIZE\r\n211 End\r\n"
    );
}

#[test]
fn no_text_can_look_like_another_reply() {
    let reply = Reply::from_bytes(550, &b"a\r\n220 b\0\xff"[..]);
    assert_eq!(written(&reply), b"550-a?\r\n550 220 b?\xff\xff\r\n");
}

#[test]
fn the_forms_of_other_servers_are_read() {
    let replies = read(b"230-Hi\r\n230-there\r\n 230 inside\r\nplain\r\n\r\n230\r\n200\r\n");
    assert_eq!(
        replies,
        Ok(vec![Reply::new(230, "Hi\nthere\n230 inside\nplain\n\n"), Reply::new(200, "")])
    );
}

#[test]
fn what_is_no_reply_is_a_fault() {
    for line in ["", "22", "2200 a", "220+a", "099 a", "600 a", "abc d", " 220 a"] {
        assert_eq!(ReplyReader::new().line(line.as_bytes()), Err(ReplyFault::NoCode), "{line}");
    }
}

#[test]
fn a_reply_without_end_is_given_up() {
    let mut reader = ReplyReader::new();
    assert_eq!(reader.line(b"220-"), Ok(None));
    let fault = (0..=MOST_LINES).find_map(|_| reader.line(b"more").err());
    assert_eq!(fault, Some(ReplyFault::TooLong));
    assert!(!reader.is_inside());
    assert_eq!(reader.line(b"220-"), Ok(None));
    let long = vec![b'x'; MOST_BYTES / 4];
    let fault = (0..5).find_map(|_| reader.line(&long).err());
    assert_eq!(fault, Some(ReplyFault::TooLong));
}

#[test]
fn codes_have_classes_and_bounds() {
    assert_eq!(Code::READY.class(), Class::Completion);
    assert_eq!(Code::OPENING_DATA.class(), Class::Preliminary);
    assert_eq!(Code::PENDING.class(), Class::Intermediate);
    assert_eq!(Code::UNAVAILABLE.class(), Class::Transient);
    assert_eq!(Code::new(599).map(Code::class), Some(Class::Permanent));
    assert_eq!((Code::new(99), Code::new(600)), (None, None));
    assert_eq!(Code::from(7).number(), 100);
}

#[test]
fn a_path_in_quotation_marks_is_found() {
    assert_eq!(quoted(b"/a \"b\""), b"\"/a \"\"b\"\"\"");
    assert_eq!(unquoted(b"\"/a\" is the current directory"), Some(b"/a".to_vec()));
    assert_eq!(unquoted(b"made \"\"\"\" and \"more\""), Some(b"\"".to_vec()));
    for (undoubled, path) in [
        (&b"\"/an \"odd\" name\" is here"[..], &b"/an \"odd\" name"[..]),
        (b"\"/odd\"\" is here", b"/odd\""),
        (b"\"/a\".", b"/a"),
    ] {
        assert_eq!(unquoted(undoubled).as_deref(), Some(path));
    }
    assert_eq!((unquoted(b"none"), unquoted(b"\"open")), (None, None));
}

proptest! {
    #[test]
    fn replies_come_back(
        number in 100_u16..600,
        text in prop::collection::vec(
            prop_oneof![1 => any::<u8>(), 1 => prop::sample::select(&b"\n 2-"[..])], 0..60,
        ),
    ) {
        let text: Vec<u8> =
            text.into_iter().filter(|byte| !matches!(byte, b'\0' | b'\r')).collect();
        let reply = Reply::from_bytes(number, text);
        prop_assert_eq!(read(&written(&reply)), Ok(vec![reply]));
    }

    #[test]
    fn quoted_paths_come_back(
        path in prop::collection::vec(
            any::<u8>().prop_filter("sayable", |byte| !b"\0\r\n".contains(byte)), 0..40,
        ),
    ) {
        let text = [&b"path "[..], &quoted(&path), b" \"created\""].concat();
        prop_assert_eq!(unquoted(&text), Some(path));
    }

    #[test]
    fn nothing_panics(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..8)) {
        let mut reader = ReplyReader::new();
        let _ = reader.line(b"123-");
        for line in &lines {
            let _ = reader.line(line);
            let _ = unquoted(line);
        }
    }
}
