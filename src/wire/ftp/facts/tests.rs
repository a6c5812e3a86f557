//! Facts there and back, stamps, and selections.

use super::*;
use crate::wire::ftp::civil::{FIRST, LAST};
use proptest::prelude::*;

const NEW_YEAR: UnixTime = UnixTime(1_767_268_800);

fn written(facts: &Facts, selection: FactSelection, name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write(facts, selection, name, &mut out);
    out
}

#[test]
fn lines_are_as_the_rfc_wants() {
    let mut facts = Facts { size: Some(3), modify: Some(NEW_YEAR), ..Facts::default() };
    assert_eq!(
        written(&facts, FactSelection::all(), b"a b"),
        b"type=file;size=3;modify=20260101120000; a b\r\n"
    );
    assert_eq!(written(&facts, FactSelection::SIZE, b"a"), b"size=3; a\r\n");
    assert_eq!(written(&facts, FactSelection::empty(), b"a\r\nb"), b" a??b\r\n");
    facts.kind = Kind::Dir;
    facts.size = None;
    facts.modify = None;
    facts.perm = Some(Perm::ENTER | Perm::LIST | Perm::CREATE);
    facts.unique = Some(Unique { device: 0xfd01, inode: 0x2a });
    facts.unix_mode = Some(0o755);
    assert_eq!(
        written(&facts, FactSelection::default(), b"d"),
        b"type=dir;perm=cel;unique=fd01U2a;UNIX.mode=0755; d\r\n"
    );
}

#[test]
fn the_lines_of_other_servers_are_read() {
    let line = b"Type=OS.unix=slink:/etc;Modify=20260101120000.123;UNIX.uid=0;  x; y=z ";
    let (facts, name) = parse(line).unwrap();
    assert_eq!(name, b" x; y=z ");
    assert_eq!(facts, Facts { kind: Kind::Link, modify: Some(NEW_YEAR), ..Facts::default() });
    let (facts, _) = parse(b"type=OS.unix=chr-1/3;size=many;unique=a-b;perm=; n").unwrap();
    let expected = Facts { kind: Kind::Other, perm: Some(Perm::empty()), ..Facts::default() };
    assert_eq!(facts, expected);
    for line in [&b""[..], b"type=file;", b"type=file; ", b"-rw-r--r-- 1 a b"] {
        assert_eq!(parse(line), None, "{line:?}");
    }
}

#[test]
fn selections_are_chosen_and_shown() {
    let chosen = FactSelection::parse(b"Size;type;unix.MODE;media-type;").unwrap();
    assert_eq!(chosen, FactSelection::KIND | FactSelection::SIZE | FactSelection::UNIX_MODE);
    let (mut names, mut feature) = (Vec::new(), Vec::new());
    chosen.write(&mut names);
    chosen.write_feature(&mut feature);
    assert_eq!(names, b"type;size;UNIX.mode;");
    assert_eq!(feature, b"MLST type*;size*;modify;perm;unique;UNIX.mode*;");
    assert_eq!(FactSelection::parse(b""), Some(FactSelection::empty()));
    for text in [
        "type",
        "type;size",
        "unique type;",
        "type; size;",
        ";",
        "type;;",
        " type;",
        "type*;",
        "type=file;",
        "type\x7f;",
        "type\u{e9};",
    ] {
        assert_eq!(FactSelection::parse(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn stamps_are_14_digits_and_maybe_a_fraction() {
    assert_eq!(stamp14(NEW_YEAR), *b"20260101120000");
    assert_eq!(stamp14(UnixTime(i64::MAX)), *b"99991230220000");
    for stamp in ["20260101120000", "20260101120000.0", "20260101120000.999999999"] {
        assert_eq!(parse_stamp14(stamp.as_bytes()), Some(NEW_YEAR), "{stamp}");
    }
    assert_eq!(parse_stamp14(b"20161231235960"), parse_stamp14(b"20161231235959"));
    for stamp in [
        "",
        "2026010112000",
        "202601011200000",
        "20260101120000.",
        "20260101120000,1",
        "20260230120000",
    ] {
        assert_eq!(parse_stamp14(stamp.as_bytes()), None, "{stamp}");
    }
}

fn facts() -> impl Strategy<Value = Facts> {
    const KINDS: &[Kind] =
        &[Kind::File, Kind::Dir, Kind::Current, Kind::Parent, Kind::Link, Kind::Other];
    let unique = any::<(u64, u64)>().prop_map(|(device, inode)| Unique { device, inode });
    (
        prop::sample::select(KINDS),
        any::<Option<u64>>(),
        prop::option::of((FIRST..=LAST).prop_map(UnixTime)),
        prop::option::of((0..1024_u16).prop_map(Perm::from_bits_retain)),
        prop::option::of(unique),
        any::<Option<u32>>(),
    )
        .prop_map(|(kind, size, modify, perm, unique, unix_mode)| Facts {
            kind,
            size,
            modify,
            perm,
            unique,
            unix_mode,
        })
}

proptest! {
    #[test]
    fn facts_and_names_come_back(
        facts in facts(),
        name in prop::collection::vec(
            any::<u8>().prop_filter("sayable", |byte| !b"\0\r\n".contains(byte)), 1..30,
        ),
    ) {
        let line = written(&facts, FactSelection::all(), &name);
        let line = line.strip_suffix(b"\r\n").unwrap();
        prop_assert_eq!(parse(line), Some((facts, name.as_slice())));
    }

    #[test]
    fn selections_come_back(set in 0..64_u8) {
        let mut names = Vec::new();
        FactSelection::from_bits_retain(set).write(&mut names);
        prop_assert_eq!(FactSelection::parse(&names), Some(FactSelection::from_bits_retain(set)));
    }

    #[test]
    fn nothing_panics(
        line in prop::collection::vec(any::<u8>(), 0..60),
        digits in "[0-9.]{0,20}",
        value in "[ -~]{0,16}",
    ) {
        let _ = parse(&line);
        for key in ["type", "size", "modify", "perm", "unique", "UNIX.mode", "x"] {
            let _ = parse(format!("{key}={value}; a").as_bytes());
        }
        let _ = parse_stamp14(digits.as_bytes());
    }
}
