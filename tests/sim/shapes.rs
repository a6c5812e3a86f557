//! Scenarios of a fixed shape, each for one promise of the server. The dice still decide latencies
//! and sizes, so each is played with several seeds.

use std::rc::Rc;
use std::time::Duration;

use coracle::client::user_pi::{DataMode, ListForm, StoreStart, Task};
use coracle::reactor::Budgets;
use coracle::transfer::Pace;

use crate::net::Faults;
use crate::peers::{
    Actor, Deaf, Deed, Flood, Guest, Idler, Mischief, Pipeliner, Visitor, address_of,
};
use crate::play;
use crate::rng::Rng;
use crate::run::{Report, Scenario};
use crate::scenario::{furnish, quiet};
use crate::world::DiskFault;

/// Seeds that each shape is played with.
const ROUNDS: u64 = 5;

/// The dice of a shape, and its scenario as far as it is built.
pub(crate) struct Shape {
    pub(crate) rng: Rng,
    pub(crate) scenario: Scenario,
}

impl Shape {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0x5eed);
        let scenario = quiet(&mut rng, false);
        Self { rng, scenario }
    }

    /// Somebody comes after so many milliseconds.
    pub(crate) fn add(&mut self, millis: u64, actor: impl Actor + 'static) {
        self.scenario.actors.push((Duration::from_millis(millis), Box::new(actor)));
    }

    /// A visitor at the address number `who` comes, logs in, does this and quits.
    pub(crate) fn visit(&mut self, who: usize, millis: u64, deeds: impl IntoIterator<Item = Deed>) {
        let host = self.scenario.lore.ftp.ip();
        let mut plan = vec![Deed::Login { user: "user1", password: "1234", right: true }];
        plan.extend(deeds);
        plan.push(Deed::Do(Task::Quit, Some(true)));
        self.add(millis, Visitor::new(address_of(who, host), host, DataMode::Passive, plan));
    }

    pub(crate) fn put(&mut self, path: &str, length: usize, mischief: Mischief) -> Deed {
        let payload: Rc<[u8]> = self.rng.bytes(length).into();
        Deed::Put { path: path.into(), payload, start: StoreStart::Replace, mischief }
    }

    /// Each slot may do little in a turn, so that there are many.
    pub(crate) fn in_small_steps(&mut self) {
        let pace = Pace { zero_copy: 4096, copied: 2048, chunk: 1024 };
        self.scenario.limits.budgets = Budgets { lines: 4, accepts: 8, handshakes: 16, pace };
    }
}

pub(crate) fn fetch(path: &str, mischief: Mischief) -> Deed {
    Deed::Fetch { path: path.into(), offset: 0, mischief }
}

/// Plays a shape with several seeds; each report is looked at.
pub(crate) fn rounds(name: &str, build: impl Fn(&mut Shape), check: impl Fn(&Report)) {
    for seed in 0..ROUNDS {
        let mut shape = Shape::new(seed);
        build(&mut shape);
        let replay = format!("cargo test --test sim {name} (round {seed})");
        let tracing = std::env::var_os("CORACLE_SIM_TRACE").is_some();
        check(&play(shape.scenario, &replay, tracing));
    }
}

#[test]
fn idlers_and_tricklers_do_not_delay_a_download() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        let host = shape.scenario.lore.ftp.ip();
        let content = shape.rng.bytes(1 << 20);
        furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
        for who in 0..1200 {
            let text: &[u8] = if who < 200 { b"USER user1\r\nPASS 1234\r\nNOOP\r\n" } else { b"" };
            let millis = shape.rng.below(1000);
            shape.add(millis, Idler::new(address_of(who, host), text, Duration::from_secs(1)));
        }
        shape.visit(5000, 3000, [fetch("/Movies/long", Mischief::None)]);
    };
    let check = |report: &Report| {
        assert_eq!(report.tally.fetched, 1);
        // A turn in every pass: it is nobody else's turn that it waits for.
        assert!(report.longest_turn <= 1, "{report:?}");
    };
    let mut shape = Shape::new(1);
    build(&mut shape);
    check(&play(shape.scenario, "cargo test --test sim idlers_and_tricklers", false));
}

/// Files of a directory that is read in many slices.
const CROWD: usize = 6000;

#[test]
fn listings_of_a_large_directory_take_turns_with_a_download() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        let content = shape.rng.bytes(1 << 18);
        furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
        for number in 0..CROWD {
            furnish(&mut shape.scenario.lore, format!("/Docs/{number:06}").as_bytes(), b"");
        }
        for who in 0..3 {
            let task = Task::List { path: Some(b"/Docs".to_vec()), form: ListForm::Nlst };
            let last = format!("/Docs/{:06}\r\n", CROWD - 1).into_bytes();
            shape.visit(who, 1000, [Deed::List { task, holds: Some(last) }]);
        }
        shape.visit(3, 1000, [fetch("/Movies/long", Mischief::None)]);
    };
    let check = |report: &Report| {
        assert_eq!((report.tally.fetched, report.tally.listed), (1, 3));
        assert!(report.longest_turn <= 1, "{report:?}");
    };
    let mut shape = Shape::new(1);
    build(&mut shape);
    check(&play(shape.scenario, "cargo test --test sim listings_of_a_large_directory", false));
}

#[test]
fn a_fleet_of_pipeliners_is_answered_in_order() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        let host = shape.scenario.lore.ftp.ip();
        let files = [b"/Movies/small".to_vec(), b"/Movies/Free Fire".to_vec()];
        for who in 0..100 {
            let (count, mut dice) = (shape.rng.size(10..40), shape.rng.fork());
            let user = *shape.rng.pick(&[("user1", "1234"), ("slow", "tide")]);
            let client = Pipeliner::new(address_of(who, host), user, &files, count, &mut dice);
            let millis = shape.rng.below(200);
            shape.add(millis, client);
        }
    };
    rounds("a_fleet_of_pipeliners", build, |report| {
        assert!(report.tally.pipelined > 2000, "{report:?}");
        assert!(report.tally.fetched > 100, "{report:?}");
    });
}

#[test]
fn without_descriptors_nobody_connected_is_dropped() {
    let build = |shape: &mut Shape| {
        let host = shape.scenario.lore.ftp.ip();
        shape.scenario.lore.calm = false;
        for at in 1..20 {
            let (from, span) = (at * 1_000_000_000, shape.rng.below(900_000_000));
            shape.scenario.faults.exhausted.push((from, from + span));
        }
        for who in 0..20 {
            let mut deeds = Vec::new();
            for _ in 0..10 {
                deeds.push(fetch("/Movies/small", Mischief::None));
                deeds.push(Deed::Pause(Duration::from_millis(shape.rng.below(1500))));
                deeds.push(Deed::Do(Task::Noop, Some(true)));
            }
            let millis = shape.rng.below(2000);
            shape.visit(who, millis, deeds);
        }
        let dice = shape.rng.fork();
        shape.add(3000, Flood::new(address_of(50_000, host), 300, dice));
    };
    rounds("without_descriptors", build, |report| {
        assert!(report.exhaustions > 10, "{report:?}");
        assert!(report.tally.fetched > 50, "{report:?}");
        // Only the flood's, which say nothing, are shown out for that.
        assert_eq!(report.tally.closed, 0, "{report:?}");
    });
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let build = |shape: &mut Shape| {
        shape.scenario.lore.calm = false;
        let old = shape.put("/Incoming/own", 3000, Mischief::None);
        let new = shape.put("/Incoming/own", 90_000, Mischief::Slow(1000, 50));
        let newer = shape.put("/Incoming/own", 5000, Mischief::None);
        let pause = Deed::Pause(Duration::from_secs(1));
        shape.visit(1, 0, [old, pause.clone(), new, pause, newer]);
        shape.scenario.disk.push((Duration::from_secs(3), DiskFault::Full(0)));
    };
    rounds("a_full_disk", build, |report| {
        assert_eq!((report.tally.stored, report.tally.broken), (2, 1), "{report:?}");
        assert_eq!(report.tally.full, 1, "{report:?}");
    });
}

#[test]
fn sessions_of_one_address_share_a_port() {
    let build = |shape: &mut Shape| {
        shape.scenario.lore.calm = false;
        shape.scenario.limits.passive_ports = Some(50_000..=50_000);
        for who in 0..6 {
            let mut deeds = Vec::new();
            for _ in 0..10 {
                let path = *shape.rng.pick(&["/Movies/small", "/Docs/deep/below/notes"]);
                deeds.push(fetch(path, Mischief::None));
                deeds.push(shape.put(&format!("/Incoming/own-{who}"), 2000, Mischief::None));
                deeds.push(Deed::Pause(Duration::from_millis(shape.rng.below(300))));
            }
            shape.visit(7, who * 10, deeds);
        }
    };
    rounds("sessions_of_one_address", build, |report| {
        assert!(report.tally.fetched > 10 && report.tally.stored > 10, "{report:?}");
    });
}

#[test]
fn many_addresses_share_a_port_without_a_refusal() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.passive_ports = Some(50_000..=50_000);
        for who in 0..60 {
            let deeds = [
                fetch("/Movies/small", Mischief::None),
                fetch("/Movies/large", Mischief::None),
                fetch("/Movies/empty", Mischief::Strangers(1)),
            ];
            shape.visit(who, who as u64 % 7, deeds);
        }
    };
    rounds("many_addresses", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.refused), (180, 0), "{report:?}");
    });
}

#[test]
fn a_killed_uploader_leaves_the_old_file() {
    let build = |shape: &mut Shape| {
        shape.scenario.faults = Faults { late: 300, shuffled: true, ..Faults::default() };
        for who in 0..40 {
            let path = format!("/Incoming/own-{who}");
            let old = shape.put(&path, 1000, Mischief::None);
            let length = shape.rng.size(1..30_000);
            let after = shape.rng.size(0..length + 1);
            let new = shape.put(&path, length, Mischief::Kill(after));
            shape.visit(who, 0, [old, new]);
        }
    };
    rounds("a_killed_uploader", build, |report| {
        assert_eq!(report.tally.stored, 40, "{report:?}");
    });
}

#[test]
fn who_never_reads_is_not_kept_in_memory() {
    let build = |shape: &mut Shape| {
        let host = shape.scenario.lore.ftp.ip();
        for number in 0..300 {
            let path = format!("/Docs/many/a-name-of-some-length-{number:04}");
            furnish(&mut shape.scenario.lore, path.as_bytes(), b"");
        }
        for who in 0..30 {
            let line = *shape.rng.pick(&[b"STAT /Docs/many\r\n".as_slice(), b"FEAT\r\n", b"?\r\n"]);
            let shut = shape.rng.chance(500);
            let login = b"USER user1\r\nPASS 1234\r\n";
            shape.add(who, Deaf::new(address_of(who as usize, host), login, line, shut));
        }
        shape.visit(100, 500, [fetch("/Movies/large", Mischief::None)]);
    };
    rounds("who_never_reads", build, |report| {
        assert_eq!(report.tally.fetched, 1);
        // The high water, and the replies of one turn behind it.
        assert!(report.most_waiting < 64 * 1024 + 16 * 32 * 1024, "{report:?}");
    });
}

#[test]
fn a_drain_lets_transfers_end() {
    let build = |shape: &mut Shape| {
        shape.scenario.unhurried = false;
        shape.scenario.lore.calm = false;
        shape.scenario.drain = Some((Duration::from_secs(4), Duration::from_secs(600)));
        let host = shape.scenario.lore.ftp.ip();
        let content = shape.rng.bytes(400_000);
        furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
        for who in 0..10 {
            shape.visit(who, 0, [fetch("/Movies/long", Mischief::Slow(10_000, 200))]);
        }
        for who in 20..30 {
            let wanted = [b"/Movies/large".to_vec()];
            let guest = Guest::new(address_of(who, host), "user1", &["1234"], &wanted, None);
            shape.add(0, guest.eager());
        }
        shape.visit(50, 0, [Deed::Pause(Duration::from_secs(100))]);
    };
    rounds("a_drain", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.guided), (10, 10), "{report:?}");
        assert_eq!(report.tally.closed, 11, "{report:?}");
        assert!(report.took < Duration::from_secs(120), "{report:?}");
    });
}

#[test]
fn at_the_end_of_a_drain_all_are_told() {
    let build = |shape: &mut Shape| {
        shape.scenario.unhurried = false;
        shape.scenario.lore.calm = false;
        shape.scenario.drain = Some((Duration::from_secs(2), Duration::from_secs(1)));
        let content = shape.rng.bytes(2 << 20);
        furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
        for who in 0..10 {
            shape.visit(who, 0, [fetch("/Movies/long", Mischief::Stall(1000))]);
            let put = shape.put(&format!("/Incoming/own-{who}"), 90_000, Mischief::Stall(1000));
            shape.visit(20 + who, 0, [put]);
        }
    };
    rounds("at_the_end_of_a_drain", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.stored), (0, 0), "{report:?}");
        assert_eq!(report.tally.closed, 20, "{report:?}");
        assert!(report.took < Duration::from_secs(7), "{report:?}");
    });
}

#[test]
fn a_late_verdict_lets_nobody_in() {
    let build = |shape: &mut Shape| {
        let host = shape.scenario.lore.ftp.ip();
        shape.scenario.limits.login = Duration::from_secs(5);
        shape.scenario.pondering = Duration::from_secs(40);
        // Else one verdict is enough for all.
        shape.scenario.limits.gate.remember = Duration::ZERO;
        shape.scenario.lore.calm = false;
        shape.scenario.unhurried = false;
        for who in 0..60 {
            let millis = shape.rng.below(30_000);
            let (right, wrong) = ("tide", "low tide");
            let password = if who % 2 == 0 { right } else { wrong };
            // Who is shown out before the verdict leaves a slot to the next, who waits for one too.
            let login = Deed::Login { user: "slow", password, right: password == right };
            let plan = [login, Deed::Do(Task::Quit, Some(true))];
            let address = address_of(who, host);
            shape.add(millis, Visitor::new(address, host, DataMode::Passive, plan));
        }
    };
    rounds("a_late_verdict", build, |report| assert!(report.tally.closed > 10, "{report:?}"));
}

#[test]
fn long_replies_to_a_pipeline_all_come() {
    let build = |shape: &mut Shape| {
        let host = shape.scenario.lore.ftp.ip();
        for number in 0..250 {
            let path = format!("/Docs/many/a-name-of-some-length-{number:04}");
            furnish(&mut shape.scenario.lore, path.as_bytes(), b"");
        }
        for who in 0..20 {
            let mut text = b"USER user1\r\nPASS 1234\r\n".to_vec();
            text.extend(b"STAT /Docs/many\r\n".repeat(shape.rng.size(1..30)));
            text.extend(b"QUIT\r\n");
            shape.add(0, Pipeliner::of_lines(address_of(who, host), text));
        }
    };
    rounds("long_replies", build, |report| assert!(report.tally.pipelined > 60, "{report:?}"));
}
