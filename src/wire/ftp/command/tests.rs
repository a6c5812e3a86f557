//! Commands there and back, and what is none.

use super::*;
use crate::terms::Algorithm;
use crate::terms::UnixTime;
use crate::wire::ftp::FactSelection;
use crate::wire::{Framer, Line};
use proptest::prelude::*;

fn parse(line: &str) -> Result<Command<'_>, CommandFault<'_>> {
    Command::parse(line.as_bytes())
}

#[test]
fn names_keep_every_space_but_the_first() {
    assert_eq!(parse("RETR  a b "), Ok(Command::Retr(b" a b ")));
    assert_eq!(parse("retr a"), Ok(Command::Retr(b"a")));
    assert_eq!(parse("PASS"), Ok(Command::Pass(b"")));
    assert_eq!(parse("PASS  x "), Ok(Command::Pass(b" x ")));
    assert_eq!(parse("XMKD a"), Ok(Command::Mkd(b"a")));
    assert_eq!(Command::parse(b"CWD \xff\xfe\x01"), Ok(Command::Cwd(b"\xff\xfe\x01")));
}

#[test]
fn faults_say_what_is_wrong() {
    assert_eq!(parse(""), Err(CommandFault::Empty));
    assert_eq!(parse("  \t"), Err(CommandFault::Empty));
    assert_eq!(parse("GET / HTTP/1.1"), Err(CommandFault::Unknown(b"GET")));
    assert_eq!(parse(" NOOP"), Err(CommandFault::Unknown(b"")));
    assert_eq!(parse("SMNT a"), Err(CommandFault::NotImplemented(Verb::Smnt)));
    assert_eq!(parse("USER"), Err(CommandFault::Missing(Verb::User)));
    assert_eq!(parse("RETR "), Err(CommandFault::Missing(Verb::Retr)));
    assert_eq!(parse("TYPE  "), Err(CommandFault::Missing(Verb::Type)));
    assert_eq!(parse("CDUP /"), Err(CommandFault::Unwanted(Verb::Cdup)));
    assert_eq!(parse("REIN now"), Err(CommandFault::Unwanted(Verb::Rein)));
    for line in ["RETR a\0", "CWD a\rb", "LIST a\0b", "MLSD \r", "USER a\0", "STAT a\0"] {
        assert!(matches!(parse(line), Err(CommandFault::Syntax(..))), "{line:?}");
    }
}

#[test]
fn verbs_without_a_parameter_bear_spaces_and_few_of_them_words() {
    assert_eq!(parse("CDUP "), Ok(Command::Cdup));
    assert_eq!(parse("REIN \t"), Ok(Command::Rein));
    assert_eq!(parse("FEAT "), Ok(Command::Feat));
    for line in ["NOOP still here", "ABOR \0", "QUIT now", "STOU name"] {
        assert!(parse(line).is_ok(), "{line}");
    }
    for line in ["PASV x", "FEAT all", "PWD x", "SYST x", "CDUP x", "REIN x"] {
        assert!(matches!(parse(line), Err(CommandFault::Unwanted(_))), "{line}");
    }
}

#[test]
fn types_structures_and_modes() {
    for (lines, transfer_type) in [
        (&["TYPE A", "TYPE a n", "TYPE A Non-print", "TYPE a t"][..], TransferType::Ascii),
        (&["TYPE I", "TYPE i ", "TYPE L 8", "TYPE L8"], TransferType::Image),
    ] {
        for line in lines {
            assert_eq!(parse(line), Ok(Command::Type(transfer_type)), "{line}");
        }
    }
    for line in ["TYPE E", "TYPE E N", "TYPE A C", "TYPE L 7", "STRU R", "MODE C", "MODE B"] {
        assert!(matches!(parse(line), Err(CommandFault::Parameter(..))), "{line}");
    }
    for line in ["TYPE X", "TYPE I 8", "TYPE L", "TYPE A Q", "STRU X", "MODE SS", "MODE"] {
        let fault = parse(line).unwrap_err();
        assert!(
            matches!(fault, CommandFault::Syntax(..) | CommandFault::Missing(_)),
            "{line}: {fault:?}"
        );
    }
    assert_eq!(parse("STRU f"), Ok(Command::Stru(Structure::File)));
    assert_eq!(parse("MODE s"), Ok(Command::Mode(TransferMode::Stream)));
    assert_eq!(parse("MODE Z"), Ok(Command::Mode(TransferMode::Deflate)));
}

#[test]
fn addresses_and_protocols() {
    assert_eq!(parse("EPSV"), Ok(Command::Epsv(EpsvArgument::Any)));
    assert_eq!(parse("EPSV all"), Ok(Command::Epsv(EpsvArgument::All)));
    assert_eq!(parse("EPSV 3"), Err(CommandFault::Protocol(Verb::Epsv)));
    assert!(matches!(parse("EPSV x"), Err(CommandFault::Syntax(..))));
    assert_eq!(parse("EPRT |3|a|1|"), Err(CommandFault::Protocol(Verb::Eprt)));
    assert!(matches!(parse("EPRT |1|a|1|"), Err(CommandFault::Syntax(..))));
    assert!(matches!(parse("PORT 1,2,3"), Err(CommandFault::Syntax(..))));
}

#[test]
fn numbers() {
    assert_eq!(parse("REST 0"), Ok(Command::Rest(0)));
    for beyond in ["18446744073709551615", "18446744073709551616", "99999999999999999999999999"] {
        assert_eq!(parse(&format!("REST {beyond}")), Ok(Command::Rest(u64::MAX)));
    }
    assert_eq!(parse("ALLO 10 R 512"), Ok(Command::Allo(10)));
    assert_eq!(parse("allo 10 r 512"), Ok(Command::Allo(10)));
    for line in [
        "REST -1",
        "REST 1 2",
        "REST x",
        "ALLO R 1",
        "ALLO 10 X 512",
        "ALLO 10 R",
        "ALLO 10 R x",
        "ALLO 10 512",
    ] {
        assert!(matches!(parse(line), Err(CommandFault::Syntax(..))), "{line}");
    }
}

#[test]
fn ranges_have_both_ends() {
    assert_eq!(parse("RANG 0 0"), Ok(Command::Rang(0, 0)));
    assert_eq!(parse("RANG 10  99 "), Ok(Command::Rang(10, 99)));
    assert_eq!(parse("RANG 1 0"), Ok(Command::Rang(1, 0)));
    assert_eq!(parse("RANG"), Err(CommandFault::Missing(Verb::Rang)));
    for line in ["RANG 5", "RANG 5 4", "RANG 0 x", "RANG 1 2 3", "RANG -1 5"] {
        assert!(matches!(parse(line), Err(CommandFault::Syntax(..))), "{line}");
    }
}

#[test]
fn mechanisms_and_levels() {
    for line in ["AUTH TLS", "AUTH tls", "AUTH TLS-C", "AUTH TLS "] {
        assert_eq!(parse(line), Ok(Command::Auth(Mechanism::Tls)), "{line}");
    }
    for line in ["AUTH SSL", "AUTH TLS-P"] {
        assert_eq!(parse(line), Ok(Command::Auth(Mechanism::TlsPrivate)), "{line}");
    }
    assert_eq!(parse("AUTH"), Err(CommandFault::Missing(Verb::Auth)));
    assert_eq!(parse("PBSZ 0"), Ok(Command::Pbsz(0)));
    assert_eq!(parse("PROT p"), Ok(Command::Prot(Level::Private)));
    assert_eq!(parse("PROT E"), Ok(Command::Prot(Level::Confidential)));
    for line in ["AUTH GSSAPI", "AUTH KERBEROS_V4", "PROT X", "PROT PP"] {
        assert_eq!(parse(line).unwrap_err().code(), Code::PARAMETER_NOT_IMPLEMENTED, "{line}");
    }
    for line in ["PBSZ x", "PBSZ -1", "PBSZ 4294967296", "PBSZ 1 2"] {
        assert!(matches!(parse(line), Err(CommandFault::Syntax(..))), "{line}");
    }
}

#[test]
fn hosts_languages_and_programs() {
    for name in ["ftp.example.org", "FTP.Example.ORG.", "localhost", "xn--e1afmkfd.com"] {
        let host = Command::Host(HostArgument::Name(name));
        assert_eq!(parse(&format!("HOST {name}")), Ok(host), "{name}");
    }
    for (text, address) in [("192.0.2.1", "192.0.2.1"), ("[2001:DB8::1]", "2001:db8::1")] {
        let host = Command::Host(HostArgument::Address(address.parse().unwrap()));
        assert_eq!(parse(&format!("HOST {text}")), Ok(host), "{text}");
    }
    assert_eq!(parse("HOST"), Err(CommandFault::Missing(Verb::Host)));
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", &label[2..]);
    for name in [longest.clone(), format!("{longest}.")] {
        let host = Command::Host(HostArgument::Name(&name));
        assert_eq!(parse(&format!("HOST {name}")), Ok(host));
    }
    for name in [
        &format!("{label}a.org"),
        &format!("{longest}a"),
        "a b",
        "a..b",
        ".",
        "a/b",
        "-a.org",
        "a-.org",
        "a_b.org",
        "2001:db8::1",
        "[192.0.2.1]",
        "[",
        "a:21",
        "[::1]:21",
    ] {
        let line = format!("HOST {name}");
        assert!(matches!(parse(&line), Err(CommandFault::Syntax(..))), "{name}");
    }
    assert_eq!(parse("LANG"), Ok(Command::Lang(None)));
    assert_eq!(parse("LANG en-GB "), Ok(Command::Lang(Some(b"en-GB"))));
    for line in ["LANG en_GB", "LANG 3", "LANG en-", "LANG abcdefghi", "LANG en fr"] {
        assert!(matches!(parse(line), Err(CommandFault::Syntax(..))), "{line}");
    }
    assert_eq!(parse("CLNT camera 1.0"), Ok(Command::Clnt(b"camera 1.0")));
}

#[test]
fn times_and_paths() {
    let mfmt = |path| Ok(Command::Mfmt { modified: UnixTime(1_767_268_800), path });
    assert_eq!(parse("MFMT 20260101120000 a b"), mfmt(b"a b"));
    assert_eq!(parse("mfmt 20260101120000.123  a"), mfmt(b" a"));
    assert_eq!(parse("MFMT 20260101120000"), Err(CommandFault::Missing(Verb::Mfmt)));
    assert!(matches!(parse("MFMT a 20260101120000"), Err(CommandFault::Syntax(..))));
    assert_eq!(parse("STOU name"), Ok(Command::Stou));
}

#[test]
fn listings_have_options_and_a_path() {
    let list = |options: &'static [u8], path| Ok(Command::List(ListArgument { options, path }));
    assert_eq!(parse("LIST"), list(b"", None));
    assert_eq!(parse("LIST "), list(b"", None));
    assert_eq!(parse("LIST a b"), list(b"", Some(b"a b")));
    assert_eq!(parse("LIST -la"), list(b"la", None));
    assert_eq!(parse("LIST -la "), list(b"la", None));
    assert_eq!(parse("LIST -la  a -b"), list(b"la", Some(b" a -b")));
    assert_eq!(parse("LIST -- -a"), list(b"", Some(b"-a")));
    assert_eq!(parse("LIST -"), list(b"", None));
    assert_eq!(parse("LIST --"), list(b"", None));
    assert_eq!(parse("LIST -l -a"), list(b"l -a", None));
    assert_eq!(parse("LIST -l -a b -c"), list(b"l -a", Some(b"b -c")));
    assert_eq!(parse("LIST -l --color -- -- -a"), list(b"l --color", Some(b"-- -a")));
}

#[test]
fn options_are_set() {
    assert_eq!(parse("OPTS UTF8 ON"), Ok(Command::Opts(OptsArgument::Utf8(true))));
    assert_eq!(parse("opts utf-8 off"), Ok(Command::Opts(OptsArgument::Utf8(false))));
    assert_eq!(parse("OPTS UTF8"), Ok(Command::Opts(OptsArgument::Utf8(true))));
    let chosen = FactSelection::SIZE | FactSelection::KIND;
    assert_eq!(parse("OPTS MLST size;type;x;"), Ok(Command::Opts(OptsArgument::Mlst(chosen))));
    let none = OptsArgument::Mlst(FactSelection::empty());
    assert_eq!(parse("OPTS MLST"), Ok(Command::Opts(none)));
    assert_eq!(parse("opts mode z level 3"), Ok(Command::Opts(OptsArgument::ModeZ(3))));
    for line in ["OPTS MODE", "OPTS MODE Z", "OPTS MODE Z LEVEL 10", "OPTS MODE S LEVEL 1"] {
        assert!(matches!(parse(line), Err(CommandFault::Syntax(..))), "{line}");
    }
    let hash = |algorithm| Ok(Command::Opts(OptsArgument::Hash(algorithm)));
    assert_eq!(parse("OPTS HASH CRC32"), hash(Some(Algorithm::Crc32)));
    assert_eq!(parse("opts hash sha-256"), hash(Some(Algorithm::Sha256)));
    assert_eq!(parse("OPTS HASH"), hash(None));
    assert!(matches!(parse("OPTS HASH MD5"), Err(CommandFault::Syntax(..))));
    assert!(matches!(parse("OPTS COLOUR RED"), Err(CommandFault::Syntax(..))));
    assert!(matches!(parse("OPTS UTF8 maybe"), Err(CommandFault::Syntax(..))));
    assert_eq!(parse("OPTS"), Err(CommandFault::Missing(Verb::Opts)));
}

#[test]
fn no_password_is_shown() {
    assert_eq!(format!("{:?}", Command::Pass(b"1234")), "PASS ****");
    assert_eq!(format!("{:?}", Command::Retr(b"a\xff")), "RETR a\\xff\\xff");
}

#[test]
fn no_name_can_start_a_line_of_its_own() {
    let mut out = Vec::new();
    Command::Retr(b"a\r\nDELE b\0").write(&mut out);
    assert_eq!(out, b"RETR a??DELE b?\r\n");
    assert!(!is_sayable(b"a\r\nDELE b"));
    assert!(is_sayable(b"\xff a"));
}

/// Every command, made of the parts given.
fn commands<'a>(
    name: &'a [u8],
    password: &'a [u8],
    options: &'a [u8],
    number: u64,
    modified: UnixTime,
    v4: SocketAddrV4,
    address: SocketAddr,
) -> Vec<Command<'a>> {
    let list = |options, path| ListArgument { options, path };
    let mut all = vec![
        Command::User(name),
        Command::Pass(password),
        Command::Acct(name),
        Command::Rein,
        Command::Quit,
        Command::Cwd(name),
        Command::Cdup,
        Command::Pwd,
        Command::Mkd(name),
        Command::Rmd(name),
        Command::Type(TransferType::Ascii),
        Command::Type(TransferType::Image),
        Command::Stru(Structure::File),
        Command::Mode(TransferMode::Stream),
        Command::Mode(TransferMode::Deflate),
        Command::Pasv,
        Command::Port(v4),
        Command::Eprt(address),
        Command::Retr(name),
        Command::Stor(name),
        Command::Stou,
        Command::Appe(name),
        Command::Rest(number),
        Command::Abor,
        Command::Allo(number),
        Command::List(list(b"", None)),
        Command::List(list(b"", Some(name))),
        Command::List(list(options, None)),
        Command::List(list(options, Some(name))),
        Command::Nlst(list(b"", Some(name))),
        Command::Nlst(list(options, Some(name))),
        Command::Mlsd(None),
        Command::Mlsd(Some(name)),
        Command::Mlst(None),
        Command::Mlst(Some(name)),
        Command::Stat(None),
        Command::Stat(Some(name)),
        Command::Size(name),
        Command::Mdtm(name),
        Command::Mfmt { modified, path: name },
        Command::Avbl(None),
        Command::Avbl(Some(name)),
        Command::Dele(name),
        Command::Rnfr(name),
        Command::Rnto(name),
        Command::Site(SiteCommand::Help),
        Command::Site(SiteCommand::Chmod { mode: number as u32 & 0o7777, path: name }),
        Command::Site(SiteCommand::Utime { modified, path: name }),
        Command::Site(SiteCommand::Compress(name)),
        Command::Rang(number / 2, number),
        Command::Rang(1, 0),
        Command::Hash(name),
        Command::Xcrc(SumArgument { path: name, span: None }),
        Command::Xcrc(SumArgument { path: name, span: Some((number, 7)) }),
        Command::Xsha256(SumArgument { path: name, span: None }),
        Command::Auth(Mechanism::Tls),
        Command::Auth(Mechanism::TlsPrivate),
        Command::Pbsz(0),
        Command::Pbsz(u32::MAX),
        Command::Prot(Level::Clear),
        Command::Prot(Level::Safe),
        Command::Prot(Level::Confidential),
        Command::Prot(Level::Private),
        Command::Host(HostArgument::Name("ftp.example.org")),
        Command::Host(HostArgument::Address(address.ip())),
        Command::Lang(None),
        Command::Lang(Some(b"en-GB")),
        Command::Clnt(name),
        Command::Syst,
        Command::Feat,
        Command::Opts(OptsArgument::ModeZ(0)),
        Command::Opts(OptsArgument::ModeZ(9)),
        Command::Opts(OptsArgument::Hash(None)),
        Command::Opts(OptsArgument::Hash(Some(Algorithm::Sha256))),
        Command::Opts(OptsArgument::Hash(Some(Algorithm::Crc32))),
        Command::Opts(OptsArgument::Utf8(true)),
        Command::Opts(OptsArgument::Utf8(false)),
        Command::Opts(OptsArgument::Mlst(FactSelection::all())),
        Command::Opts(OptsArgument::Mlst(FactSelection::empty())),
        Command::Help(None),
        Command::Help(Some(name)),
        Command::Noop,
    ];
    all.extend(
        [EpsvArgument::Any, EpsvArgument::All, EpsvArgument::Ipv4, EpsvArgument::Ipv6]
            .map(Command::Epsv),
    );
    all
}

#[test]
fn every_verb_is_a_command_or_not_implemented() {
    let address = SocketAddrV4::new([10, 0, 0, 1].into(), 1025);
    let obeyed = commands(b"a", b"", b"l", 1, UnixTime(0), address, address.into());
    for &verb in Verb::ALL {
        let refused = matches!(parse(verb.name()), Err(CommandFault::NotImplemented(_)));
        assert_ne!(obeyed.iter().any(|command| command.verb() == verb), refused, "{verb:?}");
    }
}

fn sayable(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        any::<u8>().prop_filter("sayable", |byte| !b"\0\r\n".contains(byte)),
        prop::sample::select(&b" -/\xff"[..]),
    ];
    prop::collection::vec(byte, length)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn commands_come_back(
        (name, password, options) in (sayable(1..24), sayable(0..24), "[a-zA-Z0-9]{1,4}"),
        (number, v4, ip, port) in any::<(u64, SocketAddrV4, std::net::IpAddr, u16)>(),
        secs in 0..250_000_000_000_i64,
    ) {
        let address = SocketAddr::new(ip, port);
        for command in commands(&name, &password, options.as_bytes(), number, UnixTime(secs), v4, address) {
            let mut out = Vec::new();
            command.write(&mut out);
            let mut framer = Framer::new(1024);
            framer.push(&out);
            let Some(Line::Text(line)) = framer.next_line() else {
                return Err(TestCaseError::fail("a line was written"));
            };
            prop_assert_eq!(Command::parse(line), Ok(command));
        }
    }

    #[test]
    fn nothing_panics(
        verb in prop::sample::select(Verb::ALL),
        line in prop::collection::vec(any::<u8>(), 0..40),
        likely in "[ -~]{0,20}",
    ) {
        let _ = Command::parse(&line);
        for parameter in [line.as_slice(), likely.as_bytes()] {
            let _ = Command::parse(&[verb.name().as_bytes(), b" ", parameter].concat());
        }
    }
}
