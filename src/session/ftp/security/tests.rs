//! Dialogues about protection.

use crate::accounts::{Gate, Rules};
use crate::session::dialogue::{Asked, Dialogue};
use crate::session::{Dialect, Event, Timer, Tls};
use crate::terms::Protection;

/// The certificate by which `keyed` is known in the world of the dialogues.
const KNOWN: [u8; 32] = [0xc5; 32];

fn greeted(tls: Tls) -> Dialogue {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.settings.tls = tls;
    ftp
}

/// A session on a port for implicit TLS.
fn implicit(tls: Tls) -> Dialogue {
    let mut ftp = Dialogue::between(Dialect::Ftp, "192.0.2.1:990", "192.0.2.7:4000");
    ftp.settings.tls = tls;
    assert!(ftp.handshake(None).is_empty());
    assert_eq!(ftp.told(Event::Opened), ["220 Coracle ready"]);
    ftp
}

fn log_in(ftp: &mut Dialogue) {
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
    ftp.expect("TYPE I", "200");
}

#[test]
fn without_tls_nothing_of_it_is_there() {
    let mut ftp = greeted(Tls::Off);
    for line in
        ["AUTH TLS", "AUTH", "AUTH X", "PBSZ 0", "PROT P", "PROT X", "CCC", "ADAT x", "HELP AUTH"]
    {
        ftp.expect(line, "502");
    }
    let said = ftp.expect("FEAT", "211-");
    assert!(!said.contains("AUTH") && !said.contains("PBSZ") && !said.contains("PROT"), "{said}");
    assert!(!ftp.expect("HELP", "214-").contains("AUTH"));
}

#[test]
fn feat_and_help_offer_it() {
    for tls in [Tls::Optional, Tls::Required] {
        let mut ftp = greeted(tls);
        let said = ftp.expect("FEAT", "211-");
        for feature in ["AUTH TLS", "PBSZ", "PROT"] {
            assert!(said.contains(&format!("\r\n {feature}\r\n")), "{said}");
        }
        ftp.expect("HELP AUTH", "214 AUTH TLS");
    }
}

#[test]
fn auth_begins_a_handshake_and_the_session_anew() {
    for (line, protection) in [
        ("AUTH TLS", Protection::Clear),
        ("AUTH tls-c", Protection::Clear),
        ("AUTH SSL", Protection::Private),
        ("AUTH TLS-P", Protection::Private),
    ] {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.settings.tls = Tls::Optional;
        ftp.settings.mode_z = true;
        ftp.expect("CWD Docs", "250");
        ftp.expect("MODE Z", "200");
        ftp.expect("EPSV ALL", "200");
        ftp.expect("EPSV", "229");
        ftp.expect(line, "234");
        assert!(ftp.is_securing() && !ftp.wants_lines());
        assert_eq!((&*ftp.asked, ftp.timer), (&[Asked::Unroute][..], Some(Timer::Login)));
        assert_eq!(ftp.session.username(), None);
        assert!(ftp.handshake(None).is_empty(), "there is no second greeting");
        assert_eq!(ftp.timer, Some(Timer::Login));
        ftp.expect("PWD", "530");
        ftp.expect("PASS 1234", "503");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        let said = ftp.expect("STAT", "211-");
        assert!(said.contains("TYPE A, STRU F, MODE S"), "{line}: {said}");
        assert_eq!(ftp.expect("PWD", "257"), "257 \"/\" is the current directory.");
        ftp.expect("TYPE I", "200");
        ftp.has_no_route("RETR Docs/a.txt");
        ftp.begin("RETR Docs/a.txt");
        assert_eq!(ftp.order.as_ref().unwrap().protection, protection, "{line}");
    }
}

#[test]
fn a_name_sent_in_the_clear_is_no_name_behind_the_handshake() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("USER user1", "331");
    ftp.secure(None);
    ftp.expect("PASS 1234", "503");
}

#[test]
fn failures_in_the_clear_stay_counted() {
    let mut ftp = greeted(Tls::Optional);
    for _ in 0..2 {
        ftp.expect("USER user1", "331");
        ftp.expect("PASS wrong", "530");
    }
    ftp.secure(None);
    ftp.expect("USER user1", "331");
    ftp.expect("PASS wrong", "421");
}

#[test]
fn mechanisms_and_repetitions_are_refused() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("AUTH GSSAPI", "504");
    ftp.expect("AUTH", "501");
    ftp.expect("ADAT x", "502");
    ftp.expect("MIC x", "502");
    ftp.expect("CONF x", "502");
    ftp.expect("ENC x", "502");
    ftp.secure(None);
    ftp.expect("AUTH TLS", "534");
    let mut ftp = implicit(Tls::Optional);
    ftp.expect("AUTH TLS", "534");
}

#[test]
fn auth_behind_a_transfer_forgets_what_waits_behind_it() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.settings.tls = Tls::Optional;
    ftp.begin("RETR Docs/a.txt");
    for line in ["NOOP", "AUTH TLS", "USER user1", "PASS 1234", "DELE Docs/a.txt"] {
        assert!(ftp.line(line).is_empty());
    }
    let (_, said) = ftp.transfer(b"");
    let codes: Vec<_> = said.iter().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["226", "200", "234"]);
    assert!(ftp.is_securing());
    assert!(ftp.handshake(None).is_empty());
    assert_eq!(ftp.session.username(), None);
    assert!(ftp.content("Docs", "a.txt").is_some());
}

#[test]
fn the_host_is_the_one_that_the_handshake_was_with() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("HOST elsewhere.example.org", "220");
    ftp.expect("AUTH TLS", "234");
    assert!(ftp.handshake_for(None, Some("ftp.example.org")).is_empty());
    ftp.expect("USER user1", "331");
    ftp.expect("HOST elsewhere.example.org", "504");
    ftp.expect("HOST example.org", "504");
    ftp.expect("HOST 192.0.2.1", "504");
    ftp.expect("PASS 1234", "230");
    ftp.expect("USER user1", "331");
    for line in ["HOST ftp.example.org", "HOST FTP.Example.ORG."] {
        ftp.expect(line, "220");
    }
    ftp.expect("PASS 1234", "503");
    // Who asked for no name may still ask for any.
    let mut ftp = greeted(Tls::Optional);
    ftp.secure(None);
    ftp.expect("HOST elsewhere.example.org", "220");
    ftp.expect("HOST 192.0.2.1", "220");
}

#[test]
fn pbsz_comes_before_prot_and_auth_before_both() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("PBSZ 0", "503");
    ftp.expect("PROT P", "503");
    ftp.secure(None);
    ftp.expect("PROT P", "503");
    ftp.expect("PBSZ x", "501");
    ftp.expect("PBSZ", "501");
    ftp.expect("PROT P", "503");
    assert_eq!(ftp.expect("PBSZ 16384", "200"), "200 PBSZ=0");
    ftp.expect("PBSZ 0", "200");
    for (line, start) in [
        ("PROT P", "200"),
        ("PROT C", "200"),
        ("PROT S", "536"),
        ("PROT E", "536"),
        ("PROT X", "504"),
        ("PROT", "501"),
    ] {
        ftp.expect(line, start);
    }
}

#[test]
fn prot_decides_the_orders() {
    let mut ftp = greeted(Tls::Optional);
    ftp.secure(None);
    log_in(&mut ftp);
    ftp.expect("PBSZ 0", "200");
    for (line, protection) in [
        ("NOOP", Protection::Clear),
        ("PROT P", Protection::Private),
        ("PROT C", Protection::Clear),
    ] {
        ftp.expect(line, "200");
        for transfer in ["RETR Docs/a.txt", "LIST", "STOR Docs/new", "MLSD"] {
            ftp.begin(transfer);
            assert_eq!(ftp.order.as_ref().unwrap().protection, protection, "{line} {transfer}");
            ftp.transfer(b"");
        }
    }
}

#[test]
fn implicit_tls_protects_data_from_the_beginning() {
    let mut ftp = implicit(Tls::Required);
    log_in(&mut ftp);
    ftp.begin("RETR Docs/a.txt");
    assert_eq!(ftp.order.as_ref().unwrap().protection, Protection::Private);
    ftp.transfer(b"");
    ftp.expect("PROT P", "503");
    ftp.expect("PBSZ 0", "200");
    ftp.expect("PROT P", "200");
}

#[test]
fn what_is_protected_stays_protected() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("CCC", "533");
    ftp.secure(None);
    ftp.expect("CCC", "534");
    log_in(&mut ftp);
    ftp.expect("CCC", "534");
    assert_eq!(ftp.session.username(), Some("user1"));
}

#[test]
fn rein_goes_back_to_the_clear_and_to_nobody() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("REIN", "220");
    assert!(ftp.asked.is_empty());
    ftp.secure(None);
    log_in(&mut ftp);
    ftp.expect("PBSZ 0", "200");
    ftp.expect("PROT P", "200");
    ftp.expect("EPSV", "229");
    ftp.expect("REIN", "220");
    assert_eq!(ftp.asked, [Asked::Unroute, Asked::Unsecure]);
    assert_eq!((ftp.session.username(), ftp.timer), (None, Some(Timer::Login)));
    ftp.expect("PROT P", "503");
    ftp.expect("CCC", "533");
    log_in(&mut ftp);
    ftp.begin("RETR Docs/a.txt");
    assert_eq!(ftp.order.as_ref().unwrap().protection, Protection::Clear);
    // What waits behind it came under TLS, which is over by then.
    for line in ["NOOP", "AUTH TLS"] {
        assert!(ftp.line(line).is_empty());
    }
    ftp.transfer(b"");
    assert!(ftp.handshake(None).is_empty());
    log_in(&mut ftp);
    ftp.begin("RETR Docs/a.txt");
    for line in ["NOOP", "REIN", "USER user1", "PASS 1234"] {
        assert!(ftp.line(line).is_empty());
    }
    let (_, said) = ftp.transfer(b"");
    let codes: Vec<_> = said.iter().map(|line| &line[..3]).collect();
    assert_eq!(codes, ["226", "200", "220"]);
    ftp.expect("PWD", "530");
    ftp.secure(None);
    log_in(&mut ftp);
    // Where TLS is required, it is so again.
    ftp.settings.tls = Tls::Required;
    ftp.expect("REIN", "220");
    ftp.expect("USER user1", "530");
}

#[test]
fn rein_leaves_implicit_tls_as_it_was_after_the_greeting() {
    let mut ftp = implicit(Tls::Required);
    log_in(&mut ftp);
    ftp.expect("REIN", "220");
    assert!(ftp.asked.is_empty());
    ftp.expect("PWD", "530");
    ftp.expect("PROT P", "503");
    log_in(&mut ftp);
    ftp.begin("RETR Docs/a.txt");
    assert_eq!(ftp.order.as_ref().unwrap().protection, Protection::Private);
}

#[test]
fn where_tls_is_required_nobody_logs_in_without_it() {
    let mut ftp = greeted(Tls::Required);
    for line in ["USER user1", "PASS 1234", "USER nobody", "PWD", "EPSV", "LIST"] {
        ftp.expect(line, "530");
    }
    for line in ["NOOP", "SYST", "FEAT", "HELP", "OPTS UTF8 ON"] {
        assert!(ftp.line(line)[0].starts_with('2'), "{line}");
    }
    ftp.secure(None);
    log_in(&mut ftp);
    for line in ["RETR Docs/a.txt", "STOR Docs/new", "LIST", "NLST", "MLSD", "STOU", "APPE Docs/a"]
    {
        ftp.expect("EPSV", "229");
        ftp.expect(line, "522");
    }
    ftp.expect("PBSZ 0", "200");
    ftp.expect("PROT C", "534");
    ftp.expect("RETR Docs/a.txt", "522");
    ftp.expect("PROT P", "200");
    ftp.expect("RETR Docs/a.txt", "150");
    assert_eq!(ftp.order.as_ref().unwrap().protection, Protection::Private);
}

#[test]
fn a_certificate_takes_the_place_of_a_password() {
    let mut ftp = greeted(Tls::Optional);
    ftp.secure(Some(KNOWN));
    ftp.expect("USER keyed", "232");
    assert_eq!((ftp.session.username(), ftp.timer), (Some("keyed"), Some(Timer::Idle)));
    ftp.expect("PASS whatever", "202");
    ftp.expect("MDTM Docs/a.txt", "213");
    // It is one client's certificate, and no other's.
    ftp.expect("USER user1", "331");
    assert_eq!(ftp.session.username(), None);
    ftp.expect("PASS 1234", "230");
    ftp.expect("PASS 1234", "503");
    ftp.expect("USER user2", "331");
}

#[test]
fn who_logs_in_anew_by_its_certificate_gives_its_own_place_up_first() {
    let mut ftp = greeted(Tls::Optional);
    ftp.gate = Gate::new(Rules { clients_per_user: Some(1), ..Rules::default() });
    ftp.secure(Some(KNOWN));
    for _ in 0..3 {
        ftp.expect("USER keyed", "232");
        assert_eq!(ftp.session.username(), Some("keyed"));
    }
}

#[test]
fn without_its_certificate_a_client_is_refused_as_an_unknown_one() {
    for identity in [None, Some([0xc6; 32])] {
        let mut ftp = greeted(Tls::Optional);
        ftp.secure(identity);
        let unknown = [ftp.expect("USER nobody", "331"), ftp.expect("PASS x", "530")];
        assert_eq!(unknown, [ftp.expect("USER keyed", "331"), ftp.expect("PASS x", "530")]);
    }
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("USER keyed", "331");
    ftp.expect("PASS c5", "530");
}

#[test]
fn who_is_told_to_stop_in_the_handshake_is_told_behind_it() {
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("AUTH TLS", "234");
    assert!(ftp.told(Event::Drain).is_empty());
    assert!(ftp.handshake(None)[0].starts_with("421"));
    assert!(ftp.closed);
}

#[test]
fn a_browser_is_turned_away_under_tls_too() {
    let mut ftp = implicit(Tls::Optional);
    ftp.expect("GET / HTTP/1.1", "421");
    assert!(ftp.closed);
}

#[test]
fn stat_says_how_it_is_protected() {
    let mut ftp = Dialogue::protected("user1");
    let said = ftp.expect("STAT", "211-");
    assert!(said.contains("Protected by TLSv1.3"), "{said}");
    assert!(said.contains("data connections are protected"), "{said}");
    assert!(!Dialogue::logged_in("user1").expect("STAT", "211-").contains("Protected"));
}

/// The reactor is to know it before the command, for data connections on which the peer begins early.
#[test]
fn the_level_is_told_as_it_changes() {
    let mut ftp = greeted(Tls::Optional);
    assert_eq!(ftp.level, Protection::Clear);
    ftp.secure(None);
    log_in(&mut ftp);
    ftp.expect("PBSZ 0", "200");
    assert_eq!(ftp.level, Protection::Clear);
    for (line, level) in [
        ("PROT P", Protection::Private),
        ("PROT S", Protection::Private),
        ("EPSV", Protection::Private),
        ("PROT C", Protection::Clear),
        ("PROT P", Protection::Private),
        ("REIN", Protection::Clear),
    ] {
        ftp.line(line);
        assert_eq!(ftp.level, level, "{line}");
    }
    assert_eq!(implicit(Tls::Optional).level, Protection::Private);
    let mut ftp = greeted(Tls::Optional);
    ftp.expect("AUTH SSL", "234");
    assert_eq!(ftp.level, Protection::Clear);
    assert!(ftp.handshake(None).is_empty());
    assert_eq!(ftp.level, Protection::Private);
}
