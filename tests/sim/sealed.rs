//! Scenarios under TLS: records and handshakes that are cut or trickle anywhere, and how they end.

use std::rc::Rc;
use std::time::Duration;

use coracle::session::Tls;

use crate::net::Faults;
use crate::peers::{How, Idler, Mischief, Sealed, Want, address_of};
use crate::scenario::furnish;
use crate::shapes::{Shape, fetch, rounds};

#[test]
fn an_upload_under_tls_is_whole_or_cut_wherever_its_wire_is() {
    let build = |shape: &mut Shape| {
        shape.scenario.settings.tls = Tls::Optional;
        let host = shape.scenario.lore.ftp.ip();
        let payload: Rc<[u8]> = shape.rng.bytes(300).into();
        for (who, how) in [How::End, How::Reset, How::End].into_iter().enumerate() {
            // Handshake, tickets, records and close_notify come to less than 2,000 bytes.
            let first = shape.rng.size(1..12);
            let wants = (first..2000).step_by(11).flat_map(|after| {
                let path = format!("/Incoming/sealed-{who}").into_bytes();
                let cut = Some((after, how));
                // Each cut costs a ticket; a download brings two for the one that it takes.
                [
                    Want::Put { path, payload: Rc::clone(&payload), cut },
                    Want::Fetch(b"/Movies/small".to_vec()),
                ]
            });
            let client = Sealed::new(address_of(who, host), wants);
            shape.add(0, if who < 2 { client.in_tls13() } else { client });
        }
    };
    rounds("an_upload_under_tls", build, |report| {
        assert!(report.tally.broken > 100 && report.tally.stored > 10, "{report:?}");
    });
}

/// A record costs the same however little it holds; what a turn may take is counted on the wire.
#[test]
fn records_of_one_byte_take_their_turns() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        shape.scenario.settings.tls = Tls::Optional;
        let host = shape.scenario.lore.ftp.ip();
        for who in 0..6 {
            let path = format!("/Incoming/crumbs-{who}").into_bytes();
            let payload: Rc<[u8]> = shape.rng.bytes(6000).into();
            let client =
                Sealed::new(address_of(who, host), [Want::Put { path, payload, cut: None }]);
            let client = client.in_crumbs();
            shape.add(0, if who % 2 == 0 { client.in_tls13() } else { client });
        }
        shape.visit(10, 100, [fetch("/Movies/large", Mischief::None)]);
    };
    rounds("records_of_one_byte", build, |report| assert_eq!(report.tally.stored, 6, "{report:?}"));
}

#[test]
fn handshakes_that_trickle_delay_nobody_and_end() {
    let build = |shape: &mut Shape| {
        shape.in_small_steps();
        // Who trickles is shown out.
        shape.scenario.unhurried = false;
        shape.scenario.settings.tls = Tls::Optional;
        let host = shape.scenario.lore.ftp.ip();
        let hello =
            b"AUTH TLS\r\n\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on and on and on";
        for who in 0..300 {
            let (millis, pause) = (shape.rng.below(2000), shape.rng.within(100..3000));
            let idler = Idler::new(address_of(who, host), hello, Duration::from_millis(pause));
            shape.add(millis, idler);
        }
        let wants = [b"/Movies/large".to_vec(), b"/Movies/small".to_vec()].map(Want::Fetch);
        shape.add(5000, Sealed::new(address_of(1000, host), wants));
        shape.visit(1001, 5000, [fetch("/Movies/large", Mischief::None)]);
    };
    // That they end is what the end of the world asks for.
    rounds("handshakes_that_trickle", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.sealed), (3, 2), "{report:?}");
    });
}

/// curl knows by SIZE when it has all, and goes then. What the server still says meets nobody, and is
/// answered by a reset: before the end was said, or in the middle of it.
#[test]
fn a_download_under_tls_is_done_when_the_client_has_all_of_it() {
    let build = |shape: &mut Shape| {
        shape.scenario.settings.tls = Tls::Optional;
        let host = shape.scenario.lore.ftp.ip();
        for who in 0..12 {
            let length = shape.rng.size(1..40_000);
            let path = format!("/Movies/grabbed-{who}");
            let content = shape.rng.bytes(length);
            furnish(&mut shape.scenario.lore, path.as_bytes(), &content);
            let wants = vec![Want::Grab(path.into_bytes()); 8];
            let client = Sealed::new(address_of(who, host), wants);
            shape.add(0, if who % 2 == 0 { client.in_tls13() } else { client });
        }
    };
    rounds("a_download_under_tls", build, |report| {
        assert_eq!((report.tally.fetched, report.tally.sealed), (96, 96), "{report:?}");
    });
}

#[test]
fn a_drain_waits_for_the_end_of_protected_data() {
    for millis in (200..2000).step_by(200) {
        let build = |shape: &mut Shape| {
            shape.scenario.unhurried = false;
            shape.scenario.lore.calm = false;
            shape.scenario.drain = Some((Duration::from_millis(millis), Duration::from_secs(60)));
            shape.scenario.faults = Faults { late: 500, shuffled: true, ..Faults::default() };
            let host = shape.scenario.lore.ftp.ip();
            let wants = vec![Want::Fetch(b"/Movies/large".to_vec()); 40];
            shape.add(0, Sealed::new(address_of(1, host), wants));
        };
        rounds("a_drain_waits", build, |report| {
            assert!(report.took < Duration::from_secs(60), "{report:?}");
        });
    }
}

/// aioftp and axel shake hands on the data connection, and say then what it is for.
#[test]
fn a_handshake_under_way_before_the_command_is_gone_on_with() {
    let build = |shape: &mut Shape| {
        shape.scenario.settings.tls = Tls::Optional;
        shape.scenario.faults = Faults { late: 300, shuffled: true, ..Faults::default() };
        let host = shape.scenario.lore.ftp.ip();
        for who in 0..12 {
            let mut wants = Vec::new();
            for path in ["/Movies/large", "/Movies/small", "/Movies/empty"] {
                wants.push(Want::Fetch(path.into()));
                let length = shape.rng.size(0..30_000);
                let payload: Rc<[u8]> = shape.rng.bytes(length).into();
                let path = format!("/Incoming/sealed-{who}").into_bytes();
                wants.push(Want::Put { path, payload, cut: None });
            }
            // No ticket comes behind an early handshake: for more than a few, TLS 1.2 is spoken.
            wants.rotate_left(who % 2);
            wants.truncate(if who % 3 == 0 { 6 } else { 3 });
            wants.push(Want::List(b"/Movies".to_vec(), b"small".to_vec()));
            let client = Sealed::new(address_of(who, host), wants).early(shape.rng.fork());
            let millis = shape.rng.below(50);
            shape.add(millis, client);
        }
    };
    rounds("a_handshake_under_way", build, |report| {
        let tally = &report.tally;
        assert_eq!((tally.listed, tally.fetched, tally.stored), (12, 24, 24), "{report:?}");
    });
}

/// Some of them are cut at any byte, before the command or behind it.
#[test]
fn an_early_upload_is_whole_or_cut_wherever_its_wire_is() {
    let build = |shape: &mut Shape| {
        shape.scenario.settings.tls = Tls::Optional;
        let host = shape.scenario.lore.ftp.ip();
        let payload: Rc<[u8]> = shape.rng.bytes(300).into();
        for who in 0..30 {
            // Four that a ticket each is there for in TLS 1.3, or more in TLS 1.2.
            let count = if who % 3 == 0 { 20 } else { 4 };
            let mut wants = Vec::new();
            for _ in 0..count {
                let path = format!("/Incoming/sealed-{who}").into_bytes();
                let how = if shape.rng.chance(500) { How::End } else { How::Reset };
                let cut = Some((shape.rng.size(1..1500), how));
                wants.push(Want::Put { path, payload: Rc::clone(&payload), cut });
            }
            let client = Sealed::new(address_of(who, host), wants).early(shape.rng.fork());
            shape.add(0, client);
        }
    };
    rounds("an_early_upload", build, |report| {
        assert!(report.tally.broken > 100 && report.tally.stored > 10, "{report:?}");
    });
}
