//! Dialogues about who comes in.

use std::time::Duration;

use crate::accounts::{Gate, Rules, Verdict};
use crate::session::dialogue::Dialogue;
use crate::session::{Dialect, Event, Timer};

#[test]
fn greets_and_logs_in() {
    let mut ftp = Dialogue::between(Dialect::Ftp, "192.0.2.1:21", "192.0.2.7:4000");
    assert_eq!(ftp.told(Event::Opened), ["220 Coracle ready"]);
    assert_eq!(ftp.timer, Some(Timer::Login));
    ftp.expect("USER user1", "331");
    assert_eq!(ftp.timer, Some(Timer::Login));
    assert_eq!(ftp.session.username(), None);
    ftp.expect("PASS 1234", "230");
    assert_eq!(ftp.session.username(), Some("user1"));
    assert_eq!(ftp.timer, Some(Timer::Idle));
}

#[test]
fn unknown_user_and_wrong_password_are_answered_alike() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    let asked = [ftp.expect("USER user1", "331"), ftp.expect("USER nobody", "331")];
    assert_eq!(asked[0], asked[1]);
    let unknown = ftp.expect("PASS 1234", "530");
    ftp.expect("USER user1", "331");
    assert_eq!(ftp.expect("PASS 4321", "530"), unknown);
}

#[test]
fn the_third_failure_ends_the_connection() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    for expected in ["530", "530", "421"] {
        assert!(!ftp.closed);
        ftp.expect("USER user1", "331");
        ftp.expect("PASS wrong", expected);
    }
    assert!(ftp.closed && !ftp.session.wants_lines());
}

#[test]
fn failures_are_counted_over_a_login() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    for _ in 0..2 {
        ftp.expect("USER user1", "331");
        ftp.expect("PASS wrong", "530");
    }
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
    ftp.expect("REIN", "220");
    ftp.expect("USER user1", "331");
    ftp.expect("PASS wrong", "421");
}

#[test]
fn a_slow_password_is_awaited() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("USER slow", "331");
    assert!(ftp.line("PASS 1234").is_empty());
    assert!(!ftp.session.wants_lines());
    assert_eq!(ftp.judge(), ["230 Logged in."]);
    assert_eq!(ftp.session.username(), Some("slow"));
    ftp.expect("USER slow", "331");
    assert!(ftp.line("PASS 4321").is_empty());
    assert!(ftp.judge()[0].starts_with("530"));
}

#[test]
fn an_unknown_user_is_judged_like_any_other() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    // In a table that is mostly plain, the decoy is; see the tests of the accounts for others.
    for name in ["user1", "nobody", "\u{fc}\u{1}"] {
        ftp.gate = Gate::new(Rules::default());
        ftp.expect(&format!("USER {name}"), "331");
        ftp.send(b"PASS wrong");
        assert!(ftp.verify.is_none() && ftp.withheld.is_none());
        ftp.said();
        ftp.expect(&format!("USER {name}"), "331");
        ftp.send(b"PASS wrong");
        assert_eq!(ftp.withheld, Some(Duration::from_millis(500)));
        ftp.release();
        assert!(ftp.said()[0].starts_with("530"));
        ftp = Dialogue::new(Dialect::Ftp);
    }
}

#[test]
fn the_answer_to_a_guesser_is_held_back_right_or_wrong() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.settings.login_attempts = 9;
    for delay in [0, 500, 1000, 2000] {
        ftp.expect("USER user1", "331");
        ftp.send(b"PASS wrong");
        assert_eq!(ftp.withheld.unwrap_or_default(), Duration::from_millis(delay));
        assert_eq!(ftp.said().is_empty(), delay > 0);
        assert_eq!(ftp.session.wants_lines(), delay == 0);
        ftp.release();
        ftp.said();
    }
    ftp.expect("USER slow", "331");
    ftp.send(b"PASS 1234");
    ftp.judge_alone();
    assert_eq!(ftp.withheld, Some(Duration::from_secs(4)));
    assert_eq!(ftp.session.username(), None);
    ftp.release();
    assert_eq!(ftp.said(), ["230 Logged in."]);
    assert_eq!(ftp.timer, Some(Timer::Idle));
}

#[test]
fn the_time_to_log_in_goes_on_while_an_answer_is_held_back() {
    for is_right in [true, false] {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        for password in ["wrong", if is_right { "1234" } else { "wrong" }] {
            ftp.send(b"USER user1");
            ftp.send(format!("PASS {password}").as_bytes());
        }
        assert!(ftp.withheld.is_some());
        ftp.said();
        assert!(ftp.told(Event::Expired(Timer::Login))[0].starts_with("421"));
        assert!(ftp.closed && ftp.session.username().is_none());
    }
    let mut ftp = Dialogue::new(Dialect::Ftp);
    for _ in 0..2 {
        ftp.send(b"USER user1");
        ftp.send(b"PASS wrong");
    }
    ftp.said();
    // Who has hung up, or is to be shown out, is still told what the login came to.
    assert!(ftp.told(Event::Drain).is_empty() && !ftp.closed);
    ftp.release();
    let said = ftp.said();
    assert!(said[0].starts_with("530") && said[1].starts_with("421"), "{said:?}");
    assert!(ftp.closed);
}

#[test]
fn a_banned_address_is_shown_out_whatever_its_password() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.settings.login_attempts = 9;
    ftp.gate = Gate::new(Rules { ban_after: 3, ..Rules::default() });
    for _ in 0..3 {
        ftp.expect("USER user1", "331");
        ftp.expect("PASS wrong", "530");
    }
    ftp.expect("USER user1", "331");
    let told = "421 Too many failed logins from your address; try again in";
    ftp.expect("PASS 1234", told);
    assert!(ftp.closed);
}

#[test]
fn a_reload_is_heard_of_with_the_next_command() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.expect("CWD Docs/Sub", "250");
    ftp.reload(&[("user1:Docs:", ""), ("user1:Music:", "user1:Music:r")]);
    assert_eq!(ftp.line("PWD"), ["257 \"/Docs/Sub\" is the current directory."]);
    ftp.expect("SIZE deep.txt", "550");
    ftp.expect("STAT .", "550");
    ftp.expect("EPSV", "229");
    for line in ["LIST", "RETR deep.txt", "CWD ../Sub"] {
        ftp.expect(line, "550");
    }
    for line in ["STOR new", "STOR /Music/new"] {
        ftp.expect(line, "553");
    }
    assert_eq!(ftp.fetch("NLST /"), "/Movies\r\n/Music\r\n/Inbox\r\n");
    assert_eq!(ftp.fetch("RETR /Music/song"), "la la la");
    // And what is granted anew is there.
    ftp.reload(&[]);
    assert_eq!(ftp.fetch("NLST"), "deep.txt\r\n");
    ftp.expect("CDUP", "250");
}

#[test]
fn a_rename_is_held_against_the_grants_at_its_end() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.expect("RNFR Docs/a.txt", "350");
    ftp.reload(&[("user1:Docs:", "user1:Docs:r")]);
    ftp.expect("RNTO Docs/c.txt", "553");
    assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpha\n");
    ftp.reload(&[]);
    ftp.expect("RNTO Docs/c.txt", "503");
}

#[test]
fn who_is_taken_out_has_to_log_in_anew() {
    let out = [("user1:", "")];
    let other = [("user1:1234", "user1:other")];
    for changes in [out.as_slice(), &other] {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("CWD Docs", "250");
        ftp.expect("RNFR a.txt", "350");
        ftp.reload(changes);
        assert_eq!(
            ftp.expect("RNTO c.txt", "530"),
            "530 Your account has been changed; log in anew, with USER and PASS."
        );
        assert_eq!((ftp.session.username(), ftp.timer), (None, Some(Timer::Login)));
        for line in ["RNTO c.txt", "RETR a.txt", "STAT a.txt", "PWD", "CWD /", "EPSV"] {
            ftp.expect(line, "530");
        }
        ftp.expect("NOOP", "200");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "530");
        assert!(ftp.content("Docs", "a.txt").is_some());
        if changes == other {
            ftp.expect("USER user1", "331");
            ftp.expect("PASS other", "230");
        }
    }
}

#[test]
fn who_is_taken_out_may_still_leave_and_keeps_no_place() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.reload(&[("user1:", "")]);
    ftp.expect("QUIT", "221");
    assert!(ftp.closed);
    // A client keeps its place over a reload, and gives it up where it is taken out.
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.gate = Gate::new(Rules { clients_per_user: Some(1), ..Rules::default() });
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
    ftp.reload(&[]);
    ftp.expect("PWD", "257");
    let mut other = ftp.beside();
    std::mem::swap(&mut ftp.gate, &mut other.gate);
    other.expect("USER user1", "331");
    other.expect("PASS 1234", "530 Too many");
    ftp.reload(&[("user1:1234", "user1:other")]);
    ftp.expect("PWD", "530");
    other.expect("USER user1", "331");
    other.expect("PASS 1234", "230");
}

#[test]
fn what_runs_comes_to_its_end_over_a_reload_and_what_waits_does_not() {
    let mut ftp = Dialogue::logged_in("user1");
    for (line, waiting) in [("RETR Docs/a.txt", "PWD"), ("STOR Docs/new", "SIZE Docs/new")] {
        ftp.begin(line);
        ftp.reload(&[("user1:", "")]);
        assert!(ftp.line(waiting).is_empty());
        ftp.expect("STAT", "211-");
        let (_, said) = ftp.transfer(b"new");
        assert!(said[0].starts_with("226") && said[1].starts_with("530"), "{said:?}");
        ftp.reload(&[]);
        for (line, code) in [("USER user1", "331"), ("PASS 1234", "230"), ("TYPE I", "200")] {
            ftp.expect(line, code);
        }
    }
    assert_eq!(ftp.content("Docs", "new").unwrap(), b"new");
    for (line, code) in [("SITE COMPRESS Docs/a.txt", "250"), ("XCRC Docs/a.txt", "250")] {
        assert!(ftp.line(line).is_empty());
        ftp.reload(&[("user1:Docs:", "")]);
        assert!(ftp.work()[0].starts_with(code));
        ftp.expect(line, "550");
        ftp.reload(&[]);
    }
    assert!(ftp.content("Docs", "a.txt.gz").is_some());
}

#[test]
fn a_login_that_is_judged_over_a_reload_is_held_against_the_new_tables() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("USER slow", "331");
    ftp.send(b"PASS 1234");
    ftp.reload(&[("slow:", "")]);
    assert!(ftp.judge()[0].starts_with("230"));
    ftp.expect("PWD", "530");
}

#[test]
fn a_user_who_is_here_too_often_may_try_again() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.gate = Gate::new(Rules { clients_per_user: Some(1), ..Rules::default() });
    let mut first = Dialogue::logged_in("user1");
    std::mem::swap(&mut first.gate, &mut ftp.gate);
    first.expect("USER user1", "331");
    first.expect("PASS 1234", "230");
    std::mem::swap(&mut first.gate, &mut ftp.gate);
    for _ in 0..5 {
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "530 Too many clients are logged in as this user");
    }
    first.expect("REIN", "220");
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
}

#[test]
fn too_many_who_wait_are_told_so() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("USER slow", "331");
    assert!(ftp.line("PASS 1234").is_empty());
    ftp.verify = None;
    let said = ftp.told(Event::Verdict(Verdict::Crowded));
    assert!(said[0].starts_with("421 Too many logins wait"), "{said:?}");
    assert!(ftp.closed);
}

#[test]
fn bad_sequences() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("PASS 1234", "503");
    ftp.expect("PWD", "530");
    ftp.expect("RETR", "530");
    ftp.expect("RETR x", "530");
    ftp.expect("ACCT x", "530");
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
    ftp.expect("PASS 1234", "503");
    ftp.expect("ACCT x", "202");
}

#[test]
fn every_name_of_the_one_host_is_taken_before_a_login() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    assert!(ftp.expect("FEAT", "211-").contains("\r\n HOST\r\n"));
    assert_eq!(ftp.line("HOST ftp.example.org"), ["220 Coracle ready"]);
    ftp.expect("HOST 192.0.2.1", "220");
    ftp.expect("HOST 192.0.2.2", "504");
    ftp.expect("HOST [2001:db8::1]", "504");
    ftp.expect("HOST", "501");
    ftp.expect("HOST no/name", "501");
    ftp.expect("USER user1", "331");
    ftp.expect("HOST ftp.example.net", "220");
    ftp.expect("PASS 1234", "503");
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
    ftp.expect("HOST ftp.example.org", "503");
    ftp.expect("HOST no/name", "503");
    ftp.expect("REIN", "220");
    ftp.expect("HOST ftp.example.org", "220");
    ftp.expect("USER user1", "331");
    ftp.expect("PASS wrong", "530");
    ftp.expect("HOST ftp.example.org", "220");
}

#[test]
fn a_new_user_keeps_the_parameters_and_rein_resets_them() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.expect("CWD Docs", "250");
    ftp.expect("USER user2", "331");
    assert_eq!(ftp.timer, Some(Timer::Login));
    ftp.expect("SIZE plan", "530");
    ftp.expect("PASS 1234", "230");
    assert_eq!(ftp.expect("PWD", "257"), "257 \"/\" is the current directory.");
    ftp.expect("SIZE Secret/plan", "213 6");
    ftp.expect("REIN", "220");
    assert_eq!(ftp.session.username(), None);
    ftp.expect("USER user1", "331");
    ftp.expect("PASS 1234", "230");
    // In TYPE A it takes a while, and the line end counts twice.
    assert!(ftp.line("SIZE Docs/a.txt").is_empty());
    assert_eq!(ftp.work(), ["213 7"]);
}

#[test]
fn quit_and_http_close() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("QUIT", "221");
    assert!(ftp.closed);
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("GET / HTTP/1.1", "421");
    assert!(ftp.closed);
    let mut ftp = Dialogue::new(Dialect::Ftp);
    ftp.expect("NOOP", "200");
    ftp.expect("GET / HTTP/1.1", "500");
    assert!(!ftp.closed);
}

#[test]
fn time_runs_out() {
    let mut ftp = Dialogue::new(Dialect::Ftp);
    assert!(ftp.told(Event::Expired(Timer::Idle)).is_empty());
    assert!(ftp.told(Event::Expired(Timer::Login))[0].starts_with("421"));
    assert!(ftp.closed);
    let mut ftp = Dialogue::logged_in("user1");
    assert!(ftp.told(Event::Expired(Timer::Login)).is_empty());
    assert!(ftp.told(Event::Expired(Timer::Idle))[0].starts_with("421"));
    assert!(ftp.closed);
}
