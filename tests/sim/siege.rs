//! Sieges: a brute force from many addresses, and those who are as slow as they can in every phase.
//! What is held to is that nobody else notices, and that everything has an end.

use std::net::IpAddr;
use std::time::Duration;

use coracle::accounts::Rules;
use coracle::session::Tls;

use crate::peers::{Drip, Guesser, Loiterer, Regular, Sealed, Tally, Want, address_of};
use crate::play;
use crate::rng::Rng;
use crate::run::{Report, Scenario};
use crate::scenario::{furnish, quiet};

/// Time to log in, and between two commands, in these scenarios.
const LOGIN: Duration = Duration::from_secs(40);
const IDLE: Duration = Duration::from_secs(50);

/// What the network itself may add to a wait.
const NETWORK: Duration = Duration::from_secs(1);

fn scene(seed: u64) -> (Rng, Scenario) {
    let mut rng = Rng::new(seed ^ 0x51e6e);
    let mut scenario = quiet(&mut rng, seed % 2 == 1);
    scenario.limits.login = LOGIN;
    scenario.limits.idle = IDLE;
    (rng, scenario)
}

/// An address in a network of its own, as one customer has it.
fn network_of(who: usize, host: IpAddr) -> IpAddr {
    match address_of(who, host) {
        IpAddr::V6(address) => {
            let mut parts = address.segments();
            parts[3] = parts[7];
            parts.into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

fn played(scenario: Scenario, name: &str) -> Report {
    let tracing = std::env::var_os("CORACLE_SIM_TRACE").is_some();
    play(scenario, &format!("cargo test --test sim {name}"), tracing)
}

#[test]
fn a_brute_force_from_many_addresses_delays_nobody_else() {
    for seed in 0..3 {
        let (mut rng, mut scenario) = scene(seed);
        let host = scenario.lore.ftp.ip();
        scenario.limits.gate =
            Rules { ban_after: 6, ban: Duration::from_secs(200), ..Rules::default() };
        // Nobody calls 421 a fault of the server's.
        scenario.unhurried = false;
        let until = Duration::from_secs(600);
        for who in 0..300 {
            // Two of three at one who exists, and whose hash takes the helper its time.
            let user = if who % 3 == 0 { "nobody" } else { "slow" };
            let guesser = Guesser::new(network_of(who, host), user, Duration::from_secs(5), until);
            let millis = rng.below(5000);
            scenario.actors.push((Duration::from_millis(millis), Box::new(guesser)));
        }
        for who in 0..10 {
            let regular = Regular::new(network_of(1000 + who, host), ("user1", "1234"), 60);
            let start = Duration::from_secs(20 * who as u64);
            scenario.actors.push((start, Box::new(regular)));
        }
        let tally = played(scenario, "a_brute_force").tally;
        assert!(tally.slowest < NETWORK, "{tally:?}");
        // Six guesses each, and six more each time that a ban has ended: three bans in 600 seconds.
        assert!((6 * 300..=3 * 6 * 300).contains(&tally.guessed), "{tally:?}");
        assert!(tally.guessed > 6 * 300, "bans have an end: {tally:?}");
        assert!(tally.barred > 1000, "{tally:?}");
    }
}

#[test]
fn a_flood_of_passwords_from_one_address_does_not_hold_up_the_rest() {
    for seed in 0..3 {
        let (mut rng, mut scenario) = scene(seed);
        let host = scenario.lore.ftp.ip();
        scenario.unhurried = false;
        for _ in 0..200 {
            let until = Duration::from_secs(60);
            let guesser = Guesser::new(network_of(7, host), "slow", Duration::from_secs(1), until);
            let millis = rng.below(2000);
            scenario.actors.push((Duration::from_millis(millis), Box::new(guesser)));
        }
        let regular = Regular::new(network_of(8, host), ("user2", "a:b c"), 60);
        scenario.actors.push((Duration::from_secs(1), Box::new(regular)));
        let tally = played(scenario, "a_flood_of_passwords").tally;
        assert!(tally.slowest < NETWORK, "{tally:?}");
        assert!(tally.guessed <= 20, "{tally:?}");
    }
}

/// Has somebody loiter, while another works; returns how long the longest stay was.
fn stay(opening: &[u8], drip: Drip, pause: Duration, guided: bool) -> Duration {
    loitered(opening, drip, pause, guided).longest_stay
}

/// What came of forty who loiter three times.
fn loitered(opening: &[u8], drip: Drip, pause: Duration, guided: bool) -> Tally {
    let mut all = Tally::default();
    for seed in 0..3 {
        let (mut rng, mut scenario) = scene(seed);
        let host = scenario.lore.ftp.ip();
        scenario.lore.calm = false;
        for number in 0..250 {
            let path = format!("/Docs/many/a-name-of-some-length-{number:04}");
            furnish(&mut scenario.lore, path.as_bytes(), b"");
        }
        for who in 0..40 {
            let loiterer = Loiterer::new(network_of(who, host), opening, drip, pause);
            let loiterer = if guided { loiterer.guided() } else { loiterer };
            let millis = rng.below(3000);
            scenario.actors.push((Duration::from_millis(millis), Box::new(loiterer)));
        }
        let regular = Regular::new(network_of(99, host), ("user2", "a:b c"), 30);
        scenario.actors.push((Duration::from_secs(4), Box::new(regular)));
        let tally = played(scenario, "slow_loris").tally;
        assert!(tally.slowest < NETWORK, "{tally:?}");
        all.add(&tally);
    }
    all
}

/// All places are taken by those who say nothing, and more of them wait for each that is given up.
#[test]
fn strangers_who_fill_every_place_make_way() {
    for seed in 0..6 {
        let (mut rng, mut scenario) = scene(seed);
        let host = scenario.lore.ftp.ip();
        (scenario.lore.calm, scenario.unhurried) = (false, false);
        scenario.limits.clients = 60;
        for who in 0..150 {
            let drip = Drip::Say(b'x');
            let loiterer = Loiterer::new(
                network_of(who, host),
                b"USER user1\r\n",
                drip,
                Duration::from_secs(1),
            );
            let loiterer = if who % 3 == 0 { loiterer.guided() } else { loiterer };
            scenario.actors.push((Duration::from_millis(rng.below(30_000)), Box::new(loiterer)));
        }
        // None of these is refused, not even once; and who is logged in is never asked to go.
        for who in 0..20 {
            let regular = Regular::new(network_of(1000 + who, host), ("user2", "a:b c"), 40);
            let start = Duration::from_secs(12 + who as u64);
            scenario.actors.push((start, Box::new(regular)));
        }
        let tally = played(scenario, "strangers_who_fill").tally;
        assert!(tally.slowest < NETWORK, "{tally:?}");
        assert!(tally.longest_stay >= Duration::from_secs(5), "{tally:?}");
    }
}

/// Each handshake may cost a signature: a crowd that begins at the same moment has to take turns.
#[test]
fn a_crowd_of_handshakes_takes_its_turns() {
    for seed in 0..3 {
        let (_, mut scenario) = scene(seed);
        let host = scenario.lore.ftp.ip();
        scenario.settings.tls = Tls::Optional;
        // So few that the network alone does not see to it.
        let (most, crowd) = (2, 64);
        scenario.limits.budgets.handshakes = most;
        for who in 0..crowd {
            let wants = [Want::Fetch(b"/Movies/small".to_vec())];
            let client = Sealed::new(network_of(who, host), wants);
            scenario.actors.push((Duration::from_secs(1), Box::new(client)));
        }
        let regular = Regular::new(network_of(999, host), ("user2", "a:b c"), 10);
        scenario.actors.push((Duration::ZERO, Box::new(regular)));
        let report = played(scenario, "a_crowd_of_handshakes");
        // That no pass took more of them is what the world asks for after each.
        assert_eq!((report.most_spent.handshakes, report.tally.sealed), (most, crowd as u64));
    }
}

/// Seconds that a loiterer may stay beyond its time: its own pause, the linger, the network.
const BEYOND: Duration = Duration::from_secs(6);

#[test]
fn slow_loris_before_the_login() {
    let second = Duration::from_secs(1);
    for (opening, guided) in [
        (b"".as_slice(), false),
        (b"USER user1\r\n", false),
        (b"USER user1\r\nPASS ", false),
        (b"USER user1\r\nPASS x\r\nUSER user1\r\nPASS x\r\nUSER user1\r\n", false),
        (b"", true),
        (b"LOGIN\r\nuser1\r\n", true),
    ] {
        let stayed = stay(opening, Drip::Say(b'x'), second, guided);
        assert!(stayed > LOGIN - second && stayed < LOGIN + BEYOND, "{opening:?}: {stayed:?}");
    }
}

#[test]
fn slow_loris_behind_the_login() {
    let second = Duration::from_secs(1);
    for (opening, guided) in [
        (b"USER user1\r\nPASS 1234\r\n".as_slice(), false),
        (b"USER user1\r\nPASS 1234\r\nNOOP", false),
        // A passive port that is never used, or not by a data connection.
        (b"USER user1\r\nPASS 1234\r\nPASV\r\n", false),
        (b"USER user1\r\nPASS 1234\r\nEPSV\r\nEPSV\r\n", false),
        (b"LOGIN\r\nuser1\r\n1234\r\nDOWNLOAD FILE\r\n", true),
    ] {
        let stayed = stay(opening, Drip::Say(b'x'), second, guided);
        assert!(stayed > IDLE - second && stayed < IDLE + BEYOND, "{opening:?}: {stayed:?}");
    }
}

#[test]
fn slow_loris_over_a_data_connection_that_never_comes() {
    // The transfer is given up, and then there is no command.
    let opening = b"USER user1\r\nPASS 1234\r\nEPSV\r\nRETR /Movies/small\r\n";
    let stayed = stay(opening, Drip::Say(b'x'), Duration::from_secs(1), false);
    let most = IDLE + coracle::reactor::Limits::default().arrival;
    assert!(stayed > most - Duration::from_secs(2) && stayed < most + BEYOND, "{stayed:?}");
}

#[test]
fn slow_loris_over_the_last_words() {
    let opening = b"USER user1\r\nPASS 1234\r\nSTAT /Docs/many\r\nSTAT /Docs/many\r\nQUIT\r\n";
    let linger = coracle::reactor::Limits::default().linger;
    for (sip, least) in [(0, Duration::ZERO), (40, linger * 20)] {
        let stayed = stay(opening, Drip::Sip(sip), Duration::from_millis(1500), false);
        // Who reads nothing is given a linger; who reads on, as many as he may have, and no more.
        let most = linger * 31 + BEYOND;
        assert!(stayed >= least && stayed < most, "{sip}: {stayed:?} of {most:?}");
    }
}

#[test]
fn last_words_are_read_to_their_end_by_who_reads_on_slowly() {
    // More than a socket's buffer holds, and so little at a time that a third of that, at which an event
    // comes, is free after many lingers only.
    let lines = b"STAT /Docs/many\r\n".repeat(6);
    let opening = [b"USER user1\r\nPASS 1234\r\n".as_slice(), &lines, b"QUIT\r\n"].concat();
    let tally = loitered(&opening, Drip::Sip(5_000), Duration::from_millis(1500), false);
    // The others have buffers of which a minute is not enough to take so much; of those that have larger
    // ones a third was let go too early before.
    assert!(tally.farewells > 70, "{tally:?}");
}
