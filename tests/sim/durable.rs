//! What `226` promises where uploads are durable, and what a power cut takes where they are not.

use std::cell::Cell;
use std::time::Duration;

use coracle::client::user_pi::{StoreStart, Task};

use crate::peers::{Deed, Mischief, Pipeliner, address_of};
use crate::shapes::{Shape, fetch, rounds};
use crate::world::DiskFault;

/// Uploaders who replace files of their own, one after the other, until the power goes.
fn until_the_power_goes(shape: &mut Shape, durable: bool) {
    shape.scenario.limits.durable = durable;
    shape.scenario.cut = Some(Duration::from_micros(shape.rng.within(500_000..9_000_000)));
    for who in 0..12 {
        let mut deeds = Vec::new();
        for round in 0..8 {
            let path = format!("/Incoming/own-{who}-{}", round % 3);
            let length = shape.rng.size(1..20_000);
            if round == 4 {
                let path = format!("/Incoming/dir-{who}");
                deeds.push(Deed::Do(Task::Mkd(path.clone().into()), Some(true)));
                deeds.push(shape.put(&format!("{path}/inside"), length, Mischief::None));
            }
            deeds.push(match (shape.put(&path, length, Mischief::None), round % 4) {
                (Deed::Put { path, payload, mischief, .. }, 3) => {
                    Deed::Put { path, payload, start: StoreStart::Append, mischief }
                }
                (put, _) => put,
            });
        }
        let millis = shape.rng.below(500);
        shape.visit(who, millis, deeds);
    }
}

#[test]
fn what_was_acknowledged_outlasts_a_power_cut() {
    let stored = Cell::new(0);
    rounds(
        "what_was_acknowledged",
        |shape| until_the_power_goes(shape, true),
        |report| {
            assert_eq!((report.cuts, report.spoilt), (1, 0), "{report:?}");
            stored.set(stored.get() + report.tally.stored);
        },
    );
    assert!(stored.get() > 50, "only {} uploads before the power went", stored.get());
}

#[test]
fn without_durability_a_power_cut_takes_some_back() {
    // Else the test above would show nothing.
    let spoilt = Cell::new(0);
    rounds(
        "without_durability",
        |shape| until_the_power_goes(shape, false),
        |report| spoilt.set(spoilt.get() + report.spoilt),
    );
    assert!(spoilt.get() > 0);
}

#[test]
fn a_disk_that_refuses_is_said_so_and_leaves_the_old_file() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.durable = true;
        shape.scenario.lore.calm = false;
        let old = shape.put("/Incoming/own", 3000, Mischief::None);
        let new = shape.put("/Incoming/own", 9000, Mischief::None);
        let newer = shape.put("/Incoming/own", 5000, Mischief::None);
        let pause = Deed::Pause(Duration::from_secs(4));
        shape.visit(1, 0, [old, pause.clone(), new, pause, newer]);
        shape.scenario.disk.push((Duration::from_millis(3900), DiskFault::Sync(0)));
    };
    rounds("a_disk_that_refuses", build, |report| {
        // The judge of the one that was refused sees that the old file stands.
        assert_eq!((report.tally.stored, report.tally.broken), (2, 1), "{report:?}");
    });
}

#[test]
fn a_slow_disk_holds_up_nobody_else() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.durable = true;
        for who in 0..20 {
            let deeds: Vec<Deed> = (0..5)
                .map(|_| shape.put(&format!("/Incoming/own-{who}"), 2000, Mischief::None))
                .collect();
            shape.visit(who, 0, deeds);
            shape.visit(100 + who, 0, [fetch("/Movies/large", Mischief::None)]);
        }
    };
    rounds("a_slow_disk", build, |report| {
        assert_eq!((report.tally.stored, report.tally.fetched), (100, 20), "{report:?}");
        assert_eq!(report.commits, 100, "{report:?}");
    });
}

#[test]
fn what_waits_for_the_disk_is_answered_in_order() {
    // ABOR comes too late, STAT is answered meanwhile, and what follows waits.
    let build = |shape: &mut Shape| {
        shape.scenario.limits.durable = true;
        let host = shape.scenario.lore.ftp.ip();
        for who in 0..20 {
            let name = format!("/Docs/text-{who}");
            let source = format!("/Incoming/work-{who}");
            let content = shape.rng.bytes(5000);
            crate::scenario::furnish(&mut shape.scenario.lore, source.as_bytes(), &content);
            let text = format!(
                "USER user1\r\nPASS 1234\r\nSITE COMPRESS {source}\r\nSTAT\r\nABOR\r\n\
                 MFMT 20200102030405 {source}.gz\r\nRNFR {source}\r\nSIZE {name}\r\nQUIT\r\n"
            );
            shape.add(0, Pipeliner::of_lines(address_of(who, host), text.into_bytes()));
        }
    };
    rounds("what_waits_for_the_disk", build, |report| {
        assert!(report.tally.pipelined >= 20 * 8, "{report:?}");
    });
}

#[test]
fn who_thinks_better_of_it_too_late_has_its_file_in_place() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.durable = true;
        shape.scenario.lore.calm = false;
        for who in 0..20 {
            let mut deeds = Vec::new();
            for round in 0..6 {
                let late = Mischief::AbortLate(shape.rng.below(25));
                deeds.push(shape.put(&format!("/Incoming/own-{who}-{round}"), 3000, late));
            }
            shape.visit(who, 0, deeds);
        }
    };
    rounds("who_thinks_better", build, |report| {
        assert!(report.tally.aborted > 20 && report.commits > 50, "{report:?}");
    });
}

#[test]
fn coming_and_going_makes_no_more_commits_than_clients_may_be() {
    const CLIENTS: usize = 4;
    let build = |shape: &mut Shape| {
        shape.scenario.limits.durable = true;
        shape.scenario.limits.clients = CLIENTS;
        shape.scenario.lore.calm = false;
        shape.scenario.unhurried = false;
        for who in 0..300 {
            let late = Mischief::VanishLate(shape.rng.below(5));
            let put = shape.put(&format!("/Incoming/own-{who}"), 10, late);
            shape.visit(who, who as u64 * 5, [put]);
        }
    };
    // The world counts the commits after each pass.
    rounds("coming_and_going", build, |report| {
        assert!(report.commits > CLIENTS as u64 && report.tally.closed > 20, "{report:?}");
    });
}

/// Uploaders who are at it, or have just gone, when the server is told to stop.
fn drained(shape: &mut Shape, grace: Duration) {
    shape.scenario.limits.durable = true;
    shape.scenario.unhurried = false;
    shape.scenario.lore.calm = false;
    let at = Duration::from_millis(shape.rng.within(100..1500));
    shape.scenario.drain = Some((at, grace));
    for who in 0..30 {
        let late = if who % 2 == 0 { Mischief::VanishLate(who) } else { Mischief::None };
        let deeds: Vec<Deed> = (0..3)
            .map(|round| shape.put(&format!("/Incoming/own-{who}-{round}"), 900, late))
            .collect();
        let (who, millis) = (usize::try_from(who).unwrap_or(0), shape.rng.below(1500));
        shape.visit(who, millis, deeds);
    }
}

#[test]
fn a_drain_waits_for_the_disk() {
    let grace = Duration::from_secs(600);
    // The world sees that nothing is left to be carried out.
    rounds(
        "a_drain_waits",
        |shape| drained(shape, grace),
        |report| assert!(report.commits > 0, "{report:?}"),
    );
}

#[test]
fn at_the_end_of_a_drain_what_waits_for_the_disk_is_still_told() {
    let grace = Duration::from_millis(10);
    rounds(
        "at_the_end_of_a_drain",
        |shape| drained(shape, grace),
        |report| assert!(report.took < Duration::from_secs(7), "{report:?}"),
    );
}
