//! Guessers, fleets and bystanders at the gate, on a clock of the tests' own.

use proptest::prelude::*;

use super::*;
use crate::accounts::password::Secret;
use crate::accounts::password::tests::{cheap_hash, spent};

/// A gate, who may come in, and what time it is.
struct Scene {
    gate: Gate,
    accounts: Accounts,
    now: Moment,
}

impl Scene {
    fn new(rules: Rules) -> Self {
        let mut accounts = Accounts::default();
        for (name, secret) in [("alice", "1234".to_owned()), ("slow", cheap_hash())] {
            let secret = Secret::parse(secret.as_bytes()).unwrap();
            let account = std::sync::Arc::new(Account::new(name, secret, Vec::new()));
            accounts.by_name.insert(name.as_bytes().into(), account);
        }
        Self { gate: Gate::new(rules), accounts, now: Moment::default() + Duration::from_secs(9) }
    }

    fn pass(&mut self, secs: u64) {
        self.now = self.now + Duration::from_secs(secs);
    }

    /// Presents a password, and has it judged if that is needed.
    fn try_in(&mut self, peer: &str, username: &str, password: &str) -> Ruled {
        let attempt = Attempt { peer: peer.parse().unwrap(), username: username.as_bytes() };
        match self.gate.present(&self.accounts, attempt, password.as_bytes(), self.now) {
            Presented::Ruled(ruled) => ruled,
            Presented::Pending(challenge) => {
                assert_eq!(challenge.source(), Source::of(attempt.peer));
                self.gate.judged(attempt, challenge.judge(), self.now)
            }
        }
    }

    /// Fails to log in; returns how many milliseconds that is held back.
    #[track_caller]
    fn fail(&mut self, peer: &str, username: &str) -> u128 {
        let ruled = self.try_in(peer, username, "wrong");
        assert!(matches!(ruled.ruling, Ruling::Wrong), "{ruled:?}");
        ruled.delay.as_millis()
    }

    /// Logs in; returns how many milliseconds that is held back.
    #[track_caller]
    fn enter(&mut self, peer: &str, username: &str) -> u128 {
        let ruled = self.try_in(peer, username, "1234");
        assert!(matches!(ruled.ruling, Ruling::Admitted(_)), "{ruled:?}");
        ruled.delay.as_millis()
    }

    fn knock(&mut self, peer: &str) -> Result<Seat, Refusal> {
        self.gate.knock(peer.parse().unwrap(), self.now)
    }

    fn reported(&mut self) -> Vec<String> {
        self.gate.incidents().map(|incident| incident.to_string()).collect()
    }
}

const THERE: &str = "192.0.2.7";
const ELSEWHERE: &str = "198.51.100.9";

#[test]
fn delays_grow_with_failures_and_are_forgotten() {
    let mut scene = Scene::new(Rules::default());
    let delays: Vec<_> = (0..8).map(|_| scene.fail(THERE, "alice")).collect();
    assert_eq!(delays, [0, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    assert_eq!(scene.fail(ELSEWHERE, "nobody"), 0);
    scene.pass(8 * 120);
    assert_eq!(scene.fail(THERE, "alice"), 0);
    scene.pass(119);
    assert_eq!(scene.fail(THERE, "alice"), 500);
}

#[test]
fn one_customers_addresses_are_one_source() {
    let mut scene = Scene::new(Rules::default());
    assert_eq!(scene.fail("2001:db8:1:2::1", "alice"), 0);
    assert_eq!(scene.fail("2001:db8:1:2:ffff::1", "alice"), 500);
    assert_eq!(scene.fail("2001:db8:1:3::1", "alice"), 0);
    assert_eq!(scene.fail("::ffff:192.0.2.7", "alice"), 0);
    assert_eq!(scene.fail(THERE, "alice"), 500);
}

#[test]
fn a_right_password_is_held_back_as_long_as_a_wrong_one() {
    let mut scene = Scene::new(Rules::default());
    let mut other = Scene::new(Rules::default());
    for failures in 0..10 {
        for scene in [&mut scene, &mut other] {
            scene.gate = Gate::new(Rules::default());
            (0..failures).for_each(|_| _ = scene.fail(THERE, "nobody"));
        }
        assert_eq!(scene.enter(THERE, "slow"), other.fail(THERE, "slow"), "{failures}");
    }
}

#[test]
fn a_ban_has_an_end_and_wipes_the_slate() {
    let rules = Rules { ban_after: 5, ban: Duration::from_secs(100), ..Rules::default() };
    let mut scene = Scene::new(rules);
    (0..5).for_each(|_| _ = scene.fail(THERE, "slow"));
    let told = scene.reported();
    assert_eq!(told[4], "login failed user=\"slow\" address=192.0.2.7 failures=5 delay_ms=4000");
    assert_eq!(told[5], "address banned address=192.0.2.7 failures=5 seconds=100");
    assert_eq!(scene.knock(THERE).unwrap_err(), Refusal::Banned { secs: 101 });
    assert!(scene.knock(ELSEWHERE).is_ok());
    // Whoever is connected already is not even looked at, right or wrong.
    spent();
    for password in ["1234", "wrong"] {
        let ruled = scene.try_in(THERE, "slow", password);
        assert!(matches!(ruled.ruling, Ruling::Refused(Refusal::Banned { .. })), "{ruled:?}");
    }
    assert!(spent().is_empty());
    let told = scene.reported();
    assert_eq!(told, ["login refused user=\"slow\" address=192.0.2.7 reason=banned"; 2]);
    // To go on trying makes it no longer.
    scene.pass(99);
    assert_eq!(scene.knock(THERE).unwrap_err(), Refusal::Banned { secs: 2 });
    scene.pass(1);
    assert!(scene.knock(THERE).is_ok());
    assert_eq!(scene.enter(THERE, "slow"), 0);
}

#[test]
fn many_guesses_at_once_are_no_more_guesses() {
    let mut scene = Scene::new(Rules { ban_after: 5, ..Rules::default() });
    let attempt = Attempt { peer: THERE.parse().unwrap(), username: b"slow" };
    let challenges: Vec<_> = (0..100)
        .map(|number| {
            let password: &[u8] = if number == 50 { b"1234" } else { b"wrong" };
            match scene.gate.present(&scene.accounts, attempt, password, scene.now) {
                Presented::Pending(challenge) => challenge,
                Presented::Ruled(ruled) => panic!("{ruled:?}"),
            }
        })
        .collect();
    let mut wrong = 0;
    for challenge in challenges {
        match scene.gate.judged(attempt, challenge.judge(), scene.now).ruling {
            Ruling::Wrong => wrong += 1,
            Ruling::Refused(Refusal::Banned { .. }) => {}
            other @ (Ruling::Admitted(_) | Ruling::Refused(_)) => panic!("{other:?}"),
        }
    }
    assert_eq!(wrong, 5);
}

#[test]
fn who_is_known_behind_an_attackers_address_is_spared() {
    let mut scene = Scene::new(Rules { ban_after: 5, ..Rules::default() });
    scene.enter(THERE, "slow");
    for _ in 0..5 {
        scene.fail(THERE, "alice");
        assert_eq!(scene.enter(THERE, "slow"), 0);
    }
    // The source is banned, and yet it may come in to say who it is.
    assert!(scene.knock(THERE).is_ok());
    let ruled = scene.try_in(THERE, "alice", "1234");
    assert!(matches!(ruled.ruling, Ruling::Refused(Refusal::Banned { .. })), "{ruled:?}");
    // A guesser at the known user has a few tries, and then nobody has any.
    for _ in 0..5 {
        assert_eq!(scene.enter(THERE, "slow"), 0);
        scene.fail(THERE, "slow");
    }
    assert!(matches!(scene.knock(THERE), Err(Refusal::Banned { .. })));
    let ruled = scene.try_in(THERE, "slow", "1234");
    assert!(matches!(ruled.ruling, Ruling::Refused(Refusal::Banned { .. })), "{ruled:?}");
    scene.pass(600);
    assert_eq!(scene.enter(THERE, "slow"), 0);
}

#[test]
fn a_user_guessed_at_from_everywhere_is_delayed_and_never_refused() {
    let mut scene = Scene::new(Rules::default());
    for name in ["slow", "nobody-at-all"] {
        let mut delays = Vec::new();
        for number in 0..50_u8 {
            delays.push(scene.fail(&format!("10.{}.{number}.1", name.len()), name));
        }
        assert_eq!(delays[..14], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 500, 1000, 2000, 4000], "{name}");
        assert!(delays[14..].iter().all(|delay| *delay == 4000));
    }
    assert_eq!(scene.enter(THERE, "slow"), 4000);
    assert_eq!(scene.enter(THERE, "slow"), 0, "it is known there now");
    assert_eq!(scene.enter(ELSEWHERE, "alice"), 0);
}

#[test]
fn a_success_buys_no_further_guesses() {
    let mut scene = Scene::new(Rules { ban_after: 6, ..Rules::default() });
    for _ in 0..3 {
        scene.fail(THERE, "slow");
        scene.enter(THERE, "alice");
        scene.fail(THERE, "slow");
    }
    let ruled = scene.try_in(THERE, "slow", "1234");
    assert!(matches!(ruled.ruling, Ruling::Refused(Refusal::Banned { .. })), "{ruled:?}");
}

#[test]
fn who_is_allowed_is_never_penalised() {
    let rules = Rules {
        allow: vec!["192.0.2.0/24".parse().unwrap()],
        accept_rate: 1,
        clients_per_address: Some(1),
        ..Rules::default()
    };
    let mut scene = Scene::new(rules);
    assert!((0..100).all(|_| scene.fail(THERE, "slow") == 0));
    let seats: Vec<_> = (0..100).map(|_| scene.knock(THERE)).collect();
    assert!(seats.iter().all(Result::is_ok));
    assert_eq!(scene.enter(THERE, "slow"), 0);
    assert_eq!(scene.enter(ELSEWHERE, "slow"), 0, "nor is anybody else for what it did");
    let line = "login failed user=\"slow\" address=192.0.2.7 failures=0 delay_ms=0";
    assert_eq!(scene.reported()[0], line, "but all is told");
}

#[test]
fn connections_are_limited_by_number_and_by_rate() {
    let rules = Rules { clients_per_address: Some(2), accept_rate: 4, ..Rules::default() };
    let mut scene = Scene::new(rules);
    let first = scene.knock(THERE);
    let second = scene.knock(THERE);
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(scene.knock(THERE).unwrap_err(), Refusal::Address);
    drop(first);
    let third = scene.knock(THERE);
    assert!(third.is_ok());
    // Twice the rate at once, of which four are spent; then the rate.
    let fresh = |scene: &mut Scene| (0..20).filter(|_| scene.knock(ELSEWHERE).is_ok()).count();
    assert_eq!(fresh(&mut scene), 8);
    assert_eq!(scene.knock(ELSEWHERE).unwrap_err(), Refusal::Rate);
    scene.pass(1);
    assert_eq!(fresh(&mut scene), 4);
    scene.pass(60);
    assert_eq!(fresh(&mut scene), 8);
}

#[test]
fn a_user_has_as_many_sessions_as_it_may() {
    let mut scene = Scene::new(Rules { clients_per_user: Some(1), ..Rules::default() });
    let first = scene.try_in(THERE, "alice", "1234");
    let second = scene.try_in(ELSEWHERE, "alice", "1234");
    assert!(matches!(second.ruling, Ruling::Refused(Refusal::User)), "{second:?}");
    // It is told to those alone who know the password.
    scene.fail(ELSEWHERE, "alice");
    scene.enter(THERE, "slow");
    drop(first);
    scene.enter(ELSEWHERE, "alice");
    let told = "login refused user=\"alice\" address=198.51.100.9 reason=user-full";
    assert_eq!(scene.reported()[0], told);
}

#[test]
fn a_fleet_pays_for_its_hash_once_a_minute() {
    let mut scene = Scene::new(Rules::default());
    spent();
    for _ in 0..60 {
        scene.enter(THERE, "slow");
        scene.enter(ELSEWHERE, "slow");
        scene.pass(1);
    }
    assert_eq!(spent().len(), 1);
    scene.enter(THERE, "slow");
    assert_eq!(spent().len(), 1);
    // A wrong password is never remembered.
    scene.fail(THERE, "slow");
    scene.fail(THERE, "slow");
    assert_eq!(spent().len(), 2);
    // An entry that was changed is not that which the password was right for.
    let changed = Secret::parse(cheap_hash().replace("t=1", "t=2").as_bytes()).unwrap();
    let account = std::sync::Arc::new(Account::new("slow", changed, Vec::new()));
    scene.accounts.by_name.insert(b"slow".as_slice().into(), account);
    let ruled = scene.try_in(ELSEWHERE, "slow", "1234");
    assert!(matches!(ruled.ruling, Ruling::Wrong));

    let mut forgetful = Scene::new(Rules { remember: Duration::ZERO, ..Rules::default() });
    (0..3).for_each(|_| _ = forgetful.enter(THERE, "slow"));
    assert_eq!(spent().len(), 4);
}

#[test]
fn a_flood_of_refusals_is_no_flood_of_lines() {
    let mut scene = Scene::new(Rules::default());
    let peer = THERE.parse().unwrap();
    for _ in 0..10_000 {
        scene.gate.turn_away(peer, None, Refusal::Full, scene.now);
    }
    assert_eq!(scene.reported().len(), 50);
    scene.pass(1);
    scene.gate.turn_away(peer, None, Refusal::Full, scene.now);
    assert_eq!(scene.reported(), ["connection refused address=192.0.2.7 reason=full unsaid=9950"]);
}

#[test]
fn nothing_outgrows_its_bound() {
    let mut scene =
        Scene::new(Rules { accept_rate: 1, clients_per_address: Some(3), ..Rules::default() });
    let worst = "203.0.113.1";
    (0..15).for_each(|_| _ = scene.fail(worst, "slow"));
    for number in 0..20_000_u32 {
        let peer = format!("2001:db8:{:x}:{:x}::1", number >> 8, number & 0xff);
        assert!(scene.knock(&peer).is_ok());
        scene.fail(&peer, &format!("name {number}"));
        scene.enter(&peer, "alice");
        scene.gate.incidents.clear();
    }
    let Gate { sources, usernames, known, paces, by_source, by_user, .. } = &scene.gate;
    assert_eq!((sources.len(), paces.len()), (SOURCES, SOURCES));
    assert_eq!((usernames.len(), known.len()), (USERNAMES, ACQUAINTANCES));
    assert!(by_source.len() <= 64 && by_user.len() <= 64);
    // The mild have gone, and the worst is still known for what it did.
    assert_eq!(scene.fail(worst, "slow"), 8000);
}

proptest! {
    /// Whatever strangers do, a right password from an address of one's own is let in within the
    /// longest delay.
    #[test]
    fn strangers_lock_nobody_out(
        steps in proptest::collection::vec((0..5_u8, 0..3_usize, any::<bool>(), 0..30_u64), 0..300),
    ) {
        let mut scene = Scene::new(Rules { ban_after: 4, ..Rules::default() });
        for (host, name, is_right, secs) in steps {
            let name = ["slow", "alice", "nobody"][name];
            let password = if is_right { "1234" } else { "wrong" };
            let ruled = scene.try_in(&format!("10.0.0.{host}"), name, password);
            prop_assert!(ruled.delay <= LONGEST_DELAY);
            scene.pass(secs);
        }
        prop_assert!(scene.knock(THERE).is_ok());
        prop_assert!(scene.enter(THERE, "slow") <= LONGEST_USER_DELAY.as_millis());
    }
}
