//! Shapes of a file system, and of tables, that change while the loop is at work with them.

use std::rc::Rc;
use std::time::Duration;

use coracle::client::user_pi::{DataMode, StoreStart, Task};
use coracle::session::Tls;

use crate::peers::{Deed, Guest, Mischief, Sealed, Visitor, Want, address_of};
use crate::scenario::{accounts, furnish};
use crate::shapes::{Shape, fetch, rounds};
use crate::world::DiskFault;

/// Everybody is in the middle of the long file when something happens to it.
fn readers(shape: &mut Shape) {
    shape.scenario.lore.calm = false;
    shape.scenario.settings.tls = Tls::Optional;
    shape.in_small_steps();
    let host = shape.scenario.lore.ftp.ip();
    let content = shape.rng.bytes(400_000);
    furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
    for who in 0..10 {
        shape.visit(who, 0, [fetch("/Movies/long", Mischief::Slow(10_000, 200))]);
    }
    for who in 20..30 {
        let wanted = [(); 3].map(|()| b"/Movies/long".to_vec());
        let address = address_of(who, host);
        let millis = 1500 + shape.rng.below(500);
        if who < 25 {
            shape.add(millis, Guest::new(address, "user1", &["1234"], &wanted, None));
        } else {
            shape.add(millis, Sealed::new(address, wanted.map(Want::Fetch)));
        }
    }
}

#[test]
fn a_file_that_is_cut_while_it_is_sent_is_never_whole() {
    let build = |shape: &mut Shape| {
        readers(shape);
        let left = shape.rng.below(1000);
        let cut = DiskFault::Rewrite("/Movies/long", left);
        shape.scenario.disk.push((Duration::from_secs(2), cut));
    };
    rounds("a_file_that_is_cut", build, |report| {
        // Most visitors are slow enough to meet it; what passed for whole was whole.
        assert!(report.tally.refused >= 5, "{report:?}");
    });
}

#[test]
fn a_file_that_is_written_over_while_it_is_sent_is_never_whole() {
    let build = |shape: &mut Shape| {
        readers(shape);
        let written = DiskFault::Rewrite("/Movies/long", 1000);
        shape.scenario.disk.push((Duration::from_secs(2), written));
    };
    rounds("a_file_that_is_written_over", build, |report| {
        assert!(report.tally.refused >= 5, "{report:?}");
    });
}

#[test]
fn a_reload_ends_nothing_that_runs_and_holds_for_all_that_follows() {
    let build = |shape: &mut Shape| {
        let content = shape.rng.bytes(200_000);
        furnish(&mut shape.scenario.lore, b"/Movies/long", &content);
        let slow = Mischief::Slow(10_000, 300);
        for who in 0..10 {
            let put = shape.put(&format!("/Incoming/own-{who}"), 150_000, slow);
            let again = Deed::Trespass { path: format!("/Incoming/own-{who}").into() };
            let allowed = fetch("/Movies/small", Mischief::None);
            shape.visit(who, 0, [put, again.clone(), allowed, again]);
        }
        let host = shape.scenario.lore.ftp.ip();
        for who in 20..30 {
            let payload: Rc<[u8]> = shape.rng.bytes(150_000).into();
            let path = format!("/Incoming/own-{who}").into();
            let put = Deed::Put { path, payload, start: StoreStart::Replace, mischief: slow };
            let plan = [
                Deed::Login { user: "user2", password: "a:b c", right: true },
                if who % 2 == 0 { put } else { fetch("/Movies/long", slow) },
                Deed::Trespass { path: b"/Movies/small".to_vec() },
                Deed::Login { user: "user2", password: "a:b c", right: false },
                Deed::Login { user: "user1", password: "1234", right: true },
                fetch("/Movies/small", Mischief::None),
                Deed::Trespass { path: b"/Incoming/own-1".to_vec() },
                Deed::Do(Task::Quit, Some(true)),
            ];
            shape.add(0, Visitor::new(address_of(who, host), host, DataMode::Passive, plan));
        }
        let without = ["user2:", "*:Incoming:"];
        let tables = accounts(&shape.scenario.lore.roots, &without);
        shape.scenario.reload = Some((Duration::from_secs(2), tables));
    };
    rounds("a_reload", build, |report| {
        assert_eq!((report.tally.stored, report.tally.fetched), (15, 5 + 20), "{report:?}");
        assert_eq!(report.tally.closed, 0, "{report:?}");
    });
}
