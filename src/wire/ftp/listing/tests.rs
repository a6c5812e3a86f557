//! Listing lines as they are written, and as other servers write them.

use super::*;
use proptest::prelude::*;

/// 2026-07-01T00:00:00.
const NOW: UnixTime = UnixTime(1_782_864_000);
const MINUTE: i64 = 60;

fn entry(name: &[u8]) -> Entry<'_> {
    Entry {
        mode: 0o644,
        kind: Kind::File,
        links: 1,
        owner: "user1",
        group: "coracle",
        size: 1234,
        modified: UnixTime(NOW.0 - DAY_SECS),
        name,
    }
}

fn written(entry: &Entry<'_>) -> String {
    let mut out = Vec::new();
    write_long(entry, NOW, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_line_has_the_form_that_clients_parse() {
    let mut entry = entry(b"Joker");
    assert_eq!(
        written(&entry),
        "-rw-r--r--    1 user1    coracle          1234 Jun 30 00:00 Joker\r\n"
    );
    entry.modified = UnixTime(NOW.0 + 1);
    assert!(written(&entry).contains(" 1234 Jul 01  2026 Joker"));
    entry.modified = UnixTime(NOW.0 - HALF_YEAR_SECS - 1);
    assert!(written(&entry).contains(" 1234 Dec 30  2025 Joker"));
    entry.modified = UnixTime(NOW.0 - HALF_YEAR_SECS);
    assert!(written(&entry).contains(" 1234 Dec 30 09:05 Joker"));
    entry.kind = Kind::Dir;
    entry.mode = 0o7750;
    assert!(written(&entry).starts_with("drwsr-s--T "));
    entry.owner = "a-very-long-owner";
    entry.links = 123_456;
    entry.size = u64::MAX;
    assert!(written(&entry).contains(" 123456 a-very-long-owner coracle  18446744073709551615 "));
}

#[test]
fn the_line_end_can_not_be_in_a_name() {
    assert!(written(&entry(b"a\r\nb")).ends_with(" a??b\r\n"));
}

#[test]
fn the_lines_of_other_servers_are_read() {
    let read = |line: &'static str| parse_long(line.as_bytes(), NOW);
    let listed = read("-rw-r--r--@  1 ftp  ftp   2048 Feb  3 2024 two words ").unwrap();
    assert_eq!(listed.entry.name, b"two words ");
    assert_eq!((listed.entry.owner, listed.entry.size), ("ftp", 2048));
    assert_eq!(listed.entry.modified, UnixTime(1_706_918_400));
    let link = read("lrwxrwxrwx 1 0 0 7 Jan 1 2024 lib -> usr/lib -> x").unwrap();
    assert_eq!((link.entry.kind, link.entry.name), (Kind::Link, &b"lib"[..]));
    assert_eq!(link.target, Some(&b"usr/lib -> x"[..]));
    let nobody = read("drwxr-xr-x 2 4096 Jan 1 2024  lead").unwrap();
    assert_eq!((nobody.entry.owner, nobody.entry.name), ("", &b" lead"[..]));
    let months = read("drwxr-xr-x 2 May Jun 4096 Dec 31 23:59 Jul 4 2001").unwrap();
    assert_eq!((months.entry.owner, months.entry.group), ("May", "Jun"));
    assert_eq!(months.entry.name, b"Jul 4 2001");
    // Half a year ahead is half a year ago.
    assert_eq!(months.entry.modified, UnixTime(1_767_225_540));
    assert_eq!(read("crw-rw-rw- 1 0 0 1, 3 Jan 1 2024 null").unwrap().entry.kind, Kind::Other);
    // Tomorrow may be today where the server is; the 29th of February was in 2024.
    let ahead = read("-rw-r--r-- 1 a b 1 Jul 1 23:59 f").unwrap();
    assert_eq!(ahead.entry.modified, UnixTime(NOW.0 + DAY_SECS - MINUTE));
    let leap = read("-rw-r--r-- 1 a b 1 Feb 29 00:00 f").unwrap();
    assert_eq!(leap.entry.modified, UnixTime(1_709_164_800));
}

#[test]
fn the_lines_of_dos_are_read() {
    let read = |line: &'static str| parse_dos(line.as_bytes());
    let docs = read("01-31-24  02:05PM       <DIR>          Docs and more").unwrap();
    assert_eq!((docs.kind, docs.size, docs.name), (Kind::Dir, None, &b"Docs and more"[..]));
    assert_eq!(docs.modified, UnixTime(1_706_709_900));
    let file = read("01-31-2024  14:05                 1234  lead").unwrap();
    assert_eq!((file.kind, file.size, file.name), (Kind::File, Some(1234), &b" lead"[..]));
    assert_eq!(file.modified, docs.modified);
    assert_eq!(read("2024-01-31  02:05pm 1234 f").unwrap().modified, docs.modified);
    assert_eq!(read("02-01-70  12:00AM 0 f").unwrap().modified, UnixTime(31 * DAY_SECS));
    for line in [
        "",
        "01-31-24",
        "01-31-24  02:05PM  <DIR>",
        "01-31-24  02:05PM  12",
        "13-31-24  02:05PM  12 f",
        "01-31-24  13:05PM  12 f",
        "01-31-24  24:05  12 f",
        "01-31-24  02:05XM  12 f",
        "01-31-124  02:05PM  12 f",
        "01-31-24  02:05PM  <FIL> f",
        "-rw-r--r-- 1 a b 1 Jan 1 2024 f",
    ] {
        assert_eq!(parse_dos(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn what_names_no_file_is_none() {
    for line in [
        "",
        "total 12",
        "-rw-r--r--",
        "-rw-r--r-- 1 a b 1 Jan 1",
        "-rw-r--r-- 1 a b 1 Jan 1 2024",
        "-rw-r--r-- 1 a b 1 Jan 1 2024 ",
        "-rw-r--r-- 1 a b 1 Jan 32 2024 f",
        "-rw-r--r-- 1 a b 1 Jan 1 24:00 f",
        "?rw-r--r-- 1 a b 1 Jan 1 2024 f",
        "-rw-rq-r-- 1 a b 1 Jan 1 2024 f",
        "-rw-r--r-- 1 a b 1 Mai 1 2024 f",
        "01-01-24  12:00PM  <DIR> f",
    ] {
        assert_eq!(parse_long(line.as_bytes(), NOW), None, "{line}");
    }
}

proptest! {
    #[test]
    fn lines_come_back(
        kind in prop::sample::select(&[Kind::File, Kind::Dir, Kind::Link, Kind::Other][..]),
        mode in 0..0o10000_u32,
        links: u64,
        (owner, group) in ("[!-~]{1,12}", "[!-~]{1,12}"),
        size: u64,
        age in prop_oneof![
            -DAY_SECS..HALF_YEAR_SECS, -100_000_000..1_000_000_000_i64, -90_000_000_000..20_000_000_000_i64,
        ],
        name in prop::collection::vec(
            any::<u8>().prop_filter("sayable", |byte| !b"\0\r\n>".contains(byte)), 1..30,
        ),
    ) {
        let modified = UnixTime(NOW.0 - age);
        let entry =
            Entry { mode, kind, links, owner: &owner, group: &group, size, modified, name: &name };
        let mut line = Vec::new();
        write_long(&entry, NOW, &mut line);
        let line = line.strip_suffix(b"\r\n").unwrap();
        let resolution = if shows_time(modified, NOW) { MINUTE } else { DAY_SECS };
        let modified = UnixTime(modified.0 - modified.0.rem_euclid(resolution));
        let expected = Listed { entry: Entry { modified, ..entry }, target: None };
        prop_assert_eq!(parse_long(line, NOW), Some(expected));
    }

    #[test]
    fn nothing_panics(
        line in prop::collection::vec(any::<u8>(), 0..60),
        tail in "[ 0-9:a-zA-Z>-]{0,40}",
        now: i64,
    ) {
        let _ = parse_long(&line, UnixTime(now));
        let _ = parse_long(format!("lrwxr-xr-x 1 a b 3 Jan {tail}").as_bytes(), UnixTime(now));
        let _ = parse_long(format!("-rwxr-xr-x {tail}").as_bytes(), UnixTime(now));
        let _ = parse_dos(&line);
        let _ = parse_dos(format!("01-31-24 {tail}").as_bytes());
        let mut out = Vec::new();
        let entry = Entry { modified: UnixTime(now), ..entry(&line) };
        write_long(&entry, UnixTime(now.wrapping_neg()), &mut out);
    }
}
