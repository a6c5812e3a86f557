//! The contract in the parent module's header, held against whatever comes in whatever order.
//!
//! The dialogue checks it after each event; here are the events.

use proptest::prelude::*;

use super::dialogue::Dialogue;
use super::{Dialect, Event, RouteFault, Timer, Tls};
use crate::terms::{ChoreOutcome, Loss, Outcome, Trouble};

/// Something that may happen next, if what it answers was asked.
#[derive(Debug, Clone)]
enum Step {
    Line(String),
    Bytes(Vec<u8>),
    TooLong,
    /// The port that is awaited stands, or does not.
    Port(bool),
    /// The password that is awaited is judged.
    Judge,
    /// The answer that is held back may be said.
    Release,
    /// The transfer is played to its end.
    Play(Vec<u8>),
    /// The transfer ends thus.
    End(Outcome),
    /// The active connection of the transfer stands.
    Connect,
    /// The work is done.
    Work,
    /// The work ends thus.
    EndWork(ChoreOutcome),
    /// The work goes on.
    Progress(u64),
    Expire(Timer),
    Drain,
    Hangup,
    /// The handshake that is awaited is done.
    Handshake,
}

const VERBS: &[&str] = &[
    "USER", "PASS", "ACCT", "CWD", "CDUP", "REIN", "QUIT", "PORT", "PASV", "TYPE", "STRU", "MODE",
    "RETR", "STOR", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD", "MKD", "PWD",
    "LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP", "FEAT", "OPTS", "EPRT", "EPSV", "SIZE",
    "MDTM", "STOU", "MFMT", "AVBL", "MLST", "MLSD", "AUTH", "GET", "LOGIN", "SHOW", "HASH", "RANG",
    "XCRC", "XSHA256", "PBSZ", "PROT", "CCC", "HOST", "CLNT", "LANG",
];

const PARAMETERS: &[&str] = &[
    "",
    " ",
    " user1",
    " 1234",
    " slow",
    " root",
    " A",
    " I",
    " 3",
    " 0",
    " Docs",
    " Docs/a.txt",
    " Docs/new",
    " Music/song",
    " Docs/*",
    " a[1].txt",
    " ..",
    " /",
    " ../../Secret/plan",
    " -la",
    " 192,0,2,7,200,0",
    " 192,0,2,8,200,0",
    " |1|192.0.2.7|5000|",
    " |2|::1|5000|",
    " ALL",
    " 2",
    " UTF8 ON",
    " MLST size;",
    " F",
    " S",
    " COMPRESS Docs/a.txt",
    " 2 4",
    " HASH CRC32",
    " CHMOD 644 Docs/a.txt",
    " UTIME 20200102030405 Docs/a.txt",
    " 20200102030405 Docs/a.txt",
    " DIRECTORY",
    " DIRECTORIES",
    " TLS",
    " P",
    " C",
    " \u{fc}\u{ff}",
];

fn line() -> impl Strategy<Value = String> {
    let command = (proptest::sample::select(VERBS), proptest::sample::select(PARAMETERS))
        .prop_map(|(verb, parameter)| format!("{verb}{parameter}"));
    let likely = proptest::sample::select(vec![
        "USER user1",
        "PASS 1234",
        "USER root",
        "USER slow",
        "EPSV",
        "PASV",
        "RETR Docs/a.txt",
        "STOR Docs/new",
        "LIST",
        "HASH Docs/a.txt",
        "SITE COMPRESS Docs/a.txt",
        "ABOR",
        "AUTH TLS",
        "PROT P",
        "LOGIN",
        "user1",
        "1234",
        "slow",
        "SHOW DIRECTORIES",
        "SHOW DIRECTORY",
        "DOWNLOAD FILE",
        "Movies",
        "Movies/Joker",
        "Joker",
    ]);
    prop_oneof![2 => command, 3 => likely.prop_map(str::to_owned)]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let bytes = 0..2000_u64;
    let loss = proptest::sample::select(vec![
        Loss::NeverOpened,
        Loss::Broken,
        Loss::Stalled,
        Loss::Tampered,
        Loss::Unsecured,
        Loss::Insecure,
        Loss::Foreign,
        Loss::NotResumed,
    ]);
    prop_oneof![
        bytes.clone().prop_map(|bytes| Outcome::Done { bytes }),
        bytes.clone().prop_map(|bytes| Outcome::Aborted { bytes }),
        (loss, bytes.clone()).prop_map(|(loss, bytes)| Outcome::Lost { loss, bytes }),
        bytes.prop_map(|bytes| Outcome::Failed { fault: Trouble::DiskFull.into(), bytes }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        40 => line().prop_map(Step::Line),
        2 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Bytes),
        1 => Just(Step::TooLong),
        10 => any::<bool>().prop_map(Step::Port),
        10 => Just(Step::Judge),
        6 => Just(Step::Release),
        8 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(Step::Play),
        4 => outcome().prop_map(Step::End),
        4 => Just(Step::Connect),
        8 => Just(Step::Work),
        2 => proptest::sample::select(vec![
            ChoreOutcome::Aborted,
            ChoreOutcome::Failed(Trouble::DiskFull.into()),
        ]).prop_map(Step::EndWork),
        2 => (0..100_u64).prop_map(Step::Progress),
        1 => proptest::sample::select(vec![Timer::Login, Timer::Idle]).prop_map(Step::Expire),
        1 => Just(Step::Hangup),
        1 => Just(Step::Drain),
        10 => Just(Step::Handshake),
    ]
}

fn take(dialogue: &mut Dialogue, step: Step) {
    let wants_lines = dialogue.wants_lines();
    match step {
        Step::Line(text) if wants_lines => dialogue.send(text.as_bytes()),
        Step::Bytes(bytes) if wants_lines => {
            // The framer gives out neither LF nor, but in the middle of a line, CR.
            let line: Vec<_> = bytes.into_iter().filter(|byte| *byte != b'\n').collect();
            dialogue.send(&line);
        }
        Step::TooLong if wants_lines => drop(dialogue.send_too_long()),
        Step::Port(true) if dialogue.listen.is_some() => dialogue.port_ready(),
        Step::Port(false) if dialogue.listen.is_some() => {
            drop(dialogue.no_port(RouteFault::Exhausted));
        }
        Step::Judge if dialogue.verify.is_some() => dialogue.judge_alone(),
        Step::Release => dialogue.release(),
        Step::Play(bytes) if dialogue.order.is_some() => drop(dialogue.transfer(&bytes)),
        Step::End(outcome) if dialogue.order.is_some() => drop(dialogue.end(outcome)),
        Step::Connect if dialogue.order.is_some() => drop(dialogue.told(Event::Connected)),
        Step::Work if dialogue.chore.is_some() => drop(dialogue.work()),
        Step::EndWork(outcome) if dialogue.chore.is_some() => drop(dialogue.end_work(outcome)),
        Step::Progress(done) if dialogue.chore.is_some() => {
            drop(dialogue.told(Event::Progress(done)));
        }
        Step::Expire(timer) if dialogue.timer == Some(timer) => {
            dialogue.timer = None;
            drop(dialogue.told(Event::Expired(timer)));
        }
        Step::Handshake if dialogue.is_securing() => drop(dialogue.handshake(None)),
        Step::Drain => drop(dialogue.told(Event::Drain)),
        // The reactor tells it when no line is left, which it knows only while lines are wanted.
        Step::Hangup if wants_lines => dialogue.hang_up(),
        Step::Line(_)
        | Step::Bytes(_)
        | Step::TooLong
        | Step::Port(_)
        | Step::Judge
        | Step::Play(_)
        | Step::End(_)
        | Step::Connect
        | Step::Work
        | Step::EndWork(_)
        | Step::Progress(_)
        | Step::Expire(_)
        | Step::Handshake
        | Step::Hangup => {}
    }
}

fn play(mut dialogue: Dialogue, steps: Vec<Step>) {
    for step in steps {
        if dialogue.closed {
            assert!(!dialogue.session.wants_lines());
            break;
        }
        take(&mut dialogue, step);
        let waits = dialogue.order.is_some() || dialogue.chore.is_some();
        let waits = waits || dialogue.listen.is_some() || dialogue.is_securing();
        assert!(
            dialogue.closed || dialogue.timer.is_some() || waits,
            "nothing would ever end this session"
        );
    }
    // Whatever was going on, ending it leaves no hidden part behind.
    dialogue.order = None;
    dialogue.chore = None;
    assert_eq!(dialogue.tree.parts_under_way(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_stranger_keeps_the_contract(steps in proptest::collection::vec(step(), 0..60)) {
        let mut dialogue = Dialogue::new(Dialect::Ftp);
        dialogue.settings.tls = Tls::Optional;
        play(dialogue, steps);
    }

    #[test]
    fn a_client_keeps_the_contract(steps in proptest::collection::vec(step(), 0..60)) {
        play(Dialogue::logged_in("user1"), steps);
    }

    #[test]
    fn a_protected_client_keeps_the_contract(steps in proptest::collection::vec(step(), 0..60)) {
        play(Dialogue::protected("user1"), steps);
    }

    #[test]
    fn a_guided_peer_keeps_the_contract(steps in proptest::collection::vec(step(), 0..60)) {
        play(Dialogue::new(Dialect::Guided), steps);
    }
}

#[test]
fn an_idle_session_is_small() {
    assert!(size_of::<super::Session>() <= 128, "{} bytes", size_of::<super::Session>());
}
