//! Scenarios around passive routes that are told and not used: their connections come late, and must
//! not be taken for those of the next transfers.

use std::net::SocketAddrV6;
use std::time::Duration;

use coracle::client::user_pi::{DataMode, Task};

use crate::net::Faults;
use crate::peers::{Deed, Mischief, Visitor, Wanderer, address_of};
use crate::scenario::furnish;
use crate::shapes::{Shape, fetch, rounds};

#[test]
fn a_late_connection_is_not_taken_for_the_next() {
    let build = |shape: &mut Shape| {
        shape.scenario.faults = Faults { late: 500, shuffled: true, ..Faults::default() };
        for who in 0..10 {
            let mut deeds = Vec::new();
            for _ in 0..20 {
                // The route of what is refused is not used, and its connection comes late.
                deeds.push(Deed::Trespass { path: b"/Secret/plans".to_vec() });
                deeds.push(fetch("/Movies/small", Mischief::None));
                deeds.push(shape.put(&format!("/Incoming/own-{who}"), 500, Mischief::None));
            }
            shape.visit(who, 0, deeds);
        }
    };
    rounds("a_late_connection", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.stored), (200, 200), "{report:?}");
    });
}

/// Visitors whose refused downloads leave routes unused behind them, before each upload and
/// download that is to succeed.
fn with_unused_routes(shape: &mut Shape, count: usize, rounds: usize) {
    for who in 0..count {
        let mut deeds = Vec::new();
        for _ in 0..rounds {
            deeds.push(Deed::Trespass { path: b"/Secret/plans".to_vec() });
            deeds.push(shape.put(&format!("/Incoming/own-{who}"), 500, Mischief::None));
            deeds.push(Deed::Trespass { path: b"/Secret/plans".to_vec() });
            deeds.push(fetch("/Movies/small", Mischief::None));
        }
        shape.visit(who, 0, deeds);
    }
}

#[test]
fn a_late_connection_behind_others_is_not_taken_for_the_next() {
    let build = |shape: &mut Shape| {
        shape.scenario.faults = Faults { late: 500, shuffled: true, ..Faults::default() };
        shape.scenario.limits.passive_ports = Some(50_000..=50_000);
        shape.scenario.limits.budgets.accepts = 1;
        with_unused_routes(shape, 20, 5);
    };
    rounds("a_late_connection_behind_others", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.stored), (100, 100), "{report:?}");
    });
}

#[test]
fn a_connection_under_way_is_not_taken_for_the_next() {
    for (ports, millis) in [(1, 100), (1, 1_500), (3, 100), (3, 1_500), (20, 1_500)] {
        let build = |shape: &mut Shape| {
            shape.scenario.lore.calm = false;
            let detour = millis * 1_000_000;
            shape.scenario.faults = Faults { detours: 500, detour, ..Faults::default() };
            shape.scenario.limits.passive_ports = Some(50_000..=49_999 + ports);
            with_unused_routes(shape, 5, 10);
        };
        rounds("a_connection_under_way", build, |report| {
            let tally = report.tally;
            if ports == 20 {
                assert_eq!((tally.fetched, tally.stored), (50, 50), "{report:?}");
            }
            assert_eq!(tally.broken, 50 - tally.stored, "{report:?}");
        });
    }
}

#[test]
fn a_connection_that_is_late_for_long_leaves_no_empty_file() {
    let build = |shape: &mut Shape| {
        shape.scenario.lore.calm = false;
        let detour = 8_000_000_000;
        shape.scenario.faults = Faults { detours: 1000, detour, ..Faults::default() };
        shape.scenario.limits.passive_ports = Some(50_000..=50_000);
        for who in 0..60 {
            let refused = Deed::Trespass { path: b"/Secret/plans".to_vec() };
            let next = if who % 2 == 0 {
                shape.put(&format!("/Incoming/own-{who}"), 500, Mischief::None)
            } else {
                fetch("/Movies/small", Mischief::None)
            };
            let pause = Deed::Pause(Duration::from_secs(3));
            shape.visit(who, 0, [refused, pause, next]);
        }
    };
    rounds("a_connection_that_is_late", build, |report| {
        let tally = report.tally;
        assert!(tally.broken > 0 && tally.stored > 10 && tally.fetched > 10, "{report:?}");
    });
}

#[test]
fn who_never_connected_is_not_refused_for_long() {
    let build = |shape: &mut Shape| {
        shape.scenario.lore.calm = false;
        shape.scenario.limits.passive_ports = Some(50_000..=50_000);
        let some = shape.put("/Incoming/own", 500, Mischief::None);
        let empty = shape.put("/Incoming/none", 0, Mischief::None);
        let pause = |secs| Deed::Pause(Duration::from_secs(secs));
        let never = fetch("/Movies/small", Mischief::NeverConnect);
        let fetched = fetch("/Movies/small", Mischief::None);
        let deeds = [never, pause(2), some, fetched, pause(8), empty];
        shape.visit(1, 0, deeds);
    };
    rounds("who_never_connected", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.stored), (1, 2), "{report:?}");
    });
}

#[test]
fn who_reads_slowly_and_steadily_has_not_stalled() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.stall = Duration::from_secs(20);
        let content = shape.rng.bytes(300_000);
        furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
        for who in 0..10 {
            // So little that a socket's buffer is a third free, and an event says so, only later.
            shape.visit(who, 0, [fetch("/Movies/long", Mischief::Slow(1_000, 5_000))]);
        }
    };
    rounds("who_reads_slowly", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.broken), (10, 0), "{report:?}");
    });
}

#[test]
fn who_has_ended_its_own_direction_is_sent_all() {
    let build = |shape: &mut Shape| {
        for who in 0..20 {
            let files = ["/Movies/small", "/Movies/large", "/Movies/empty"];
            shape.visit(who, 0, files.map(|path| fetch(path, Mischief::Mute)));
        }
    };
    rounds("who_has_ended_its_own_direction", build, |report| {
        assert_eq!(report.tally.fetched, 60, "{report:?}");
    });
}

#[test]
fn a_flood_of_strangers_keeps_nobody_from_a_port() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.passive_ports = Some(50_000..=50_000);
        for who in 0..10 {
            let path = format!("/Incoming/own-{who}");
            let deeds = [
                fetch("/Movies/large", Mischief::Strangers(100)),
                shape.put(&path, 5_000, Mischief::Strangers(100)),
                fetch("/Movies/small", Mischief::None),
            ];
            shape.visit(who, 0, deeds);
        }
    };
    rounds("a_flood_of_strangers", build, |report| {
        let tally = report.tally;
        assert_eq!((tally.fetched, tally.stored, tally.refused), (20, 10, 0), "{report:?}");
    });
}

#[test]
fn sessions_of_one_address_that_wait_have_a_port_each() {
    let build = |shape: &mut Shape| {
        shape.scenario.limits.passive_ports = Some(50_000..=50_005);
        for who in 0..6 {
            let mut deeds = Vec::new();
            for _ in 0..20 {
                deeds.push(fetch("/Movies/small", Mischief::None));
                deeds.push(shape.put(&format!("/Incoming/own-{who}"), 2_000, Mischief::None));
            }
            shape.visit(7, 0, deeds);
        }
    };
    rounds("sessions_of_one_address_that_wait", build, |report| {
        let tally = report.tally;
        assert_eq!((tally.fetched, tally.stored, tally.refused), (120, 120, 0), "{report:?}");
    });
}

#[test]
fn no_listener_is_made_for_a_transfer() {
    let build = |shape: &mut Shape| {
        for who in 0..5 {
            shape.visit(who, 0, (0..100).map(|_| fetch("/Movies/small", Mischief::None)));
        }
    };
    rounds("no_listener_is_made", build, |report| {
        assert_eq!(report.tally.fetched, 500, "{report:?}");
        // Two to come to, and one for data that all five share.
        assert_eq!(report.listens, 3, "{report:?}");
    });
}

#[test]
fn who_asks_for_routes_at_random_gets_its_own_bytes_or_none() {
    for (ports, crowd) in [(0, 1), (0, 3), (20, 2), (4, 1), (1, 1), (2, 1)] {
        let build = |shape: &mut Shape| {
            shape.scenario.limits.arrival = Duration::from_secs(5);
            shape.scenario.limits.login = Duration::from_secs(600);
            shape.scenario.faults = Faults {
                late: 200,
                short_reads: 100,
                cut_batches: 200,
                spurious: 100,
                stale: 100,
                shuffled: true,
                ..Faults::default()
            };
            if ports > 0 {
                shape.scenario.limits.passive_ports = Some(50_000..=49_999 + ports);
            }
            let host = shape.scenario.lore.ftp.ip();
            for who in 0..8 {
                let dice = shape.rng.fork();
                let millis = shape.rng.below(500);
                shape.add(millis, Wanderer::new(address_of(who / crowd, host), 80, dice));
            }
        };
        rounds("who_asks_for_routes", build, |report| {
            assert!(report.tally.fetched > 10 && report.tally.stored > 5, "{report:?}");
        });
    }
}

#[test]
fn link_local_addresses_have_data_connections_as_others_do() {
    for (unspecified, mode) in [
        (false, DataMode::Passive),
        (false, DataMode::Active),
        (true, DataMode::Passive),
        (true, DataMode::Active),
    ] {
        let build = |shape: &mut Shape| {
            shape.scenario.unspecified = unspecified;
            let at = |port| SocketAddrV6::new("fe80::1".parse().unwrap(), port, 0, 7).into();
            (shape.scenario.lore.ftp, shape.scenario.lore.guided) = (at(21), at(2120));
            let host = shape.scenario.lore.ftp.ip();
            for who in 0..3 {
                let plan = [
                    Deed::Login { user: "user1", password: "1234", right: true },
                    fetch("/Movies/large", Mischief::None),
                    shape.put(&format!("/Incoming/own-{who}"), 2_000, Mischief::None),
                    fetch("/Movies/small", Mischief::None),
                    Deed::Do(Task::Quit, Some(true)),
                ];
                shape.add(0, Visitor::new(address_of(who, host), host, mode, plan));
            }
        };
        rounds("link_local_addresses", build, |report| {
            assert_eq!((report.tally.fetched, report.tally.stored), (6, 3), "{report:?}");
        });
    }
}
