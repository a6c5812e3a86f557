//! What `226` promises where uploads are durable, and what a power cut takes where they are not.

use std::cell::Cell;
use std::time::Duration;

use coracle::client::user_pi::{StoreStart, Task};

use crate::peers::{Deed, How, Mischief, Pipeliner, Visitor, address_of};
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
fn a_drain_waits_for_the_disk() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.durable = true;
        shape.scenario.unhurried = false;
        shape.scenario.lore.calm = false;
        let at = Duration::from_millis(shape.rng.within(300..2000));
        shape.scenario.drain = Some((at, Duration::from_secs(600)));
        for who in 0..10 {
            let put = shape.put(&format!("/Incoming/own-{who}"), 9000, Mischief::None);
            let host = shape.scenario.lore.ftp.ip();
            let login = Deed::Login { user: "user1", password: "1234", right: true };
            let plan = vec![login, put, Deed::Vanish(How::Reset)];
            let mode = coracle::client::user_pi::DataMode::Passive;
            shape.add(0, Visitor::new(address_of(who, host), host, mode, plan));
        }
    };
    rounds("a_drain_waits", build, |report| assert!(report.commits > 0, "{report:?}"));
}
