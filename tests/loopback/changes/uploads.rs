//! Uploads to one name at once, and names that become something else while an upload to them runs.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{begin_upload, end, hidden};
use crate::support::{Raw, Setup, TestServer, assert_same, noise, reset};

/// Sends `bytes` in pieces of odd sizes.
fn send(data: &mut impl Write, bytes: &[u8], mut dice: u64) {
    let mut rest = bytes;
    while !rest.is_empty() {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let length = usize::try_from(dice >> 33).unwrap_or(1) % 20_000 + 1;
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        data.write_all(piece).expect("the server takes the upload");
        rest = behind;
    }
}

/// The content of the file that all write, over FTP; none if there is no such file yet.
fn read(raw: &mut Raw) -> Option<Vec<u8>> {
    let mut data = raw.passive();
    if raw.ask("RETR Own/film").code == 550 {
        return None;
    }
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).expect("the whole file");
    raw.hear(226);
    Some(bytes)
}

#[test]
fn of_many_at_once_each_is_whole_and_one_wins() {
    let server = TestServer::usual();
    for (round, count) in [2, 3, 7, 20].into_iter().enumerate() {
        let payload = |who: usize| noise(60_000 + who * 17_123, 1 + (round * 100 + who) as u64);
        let payloads: Vec<Vec<u8>> = (0..count).map(payload).collect();
        let over = AtomicBool::new(false);
        let stored: Vec<bool> = thread::scope(|scope| {
            let mut raw = server.session();
            let (over, payloads) = (&over, &payloads);
            let reader = scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let Some(bytes) = read(&mut raw) else { continue };
                    assert!(payloads.contains(&bytes), "{} bytes of no upload", bytes.len());
                }
            });
            let writers: Vec<_> = payloads
                .iter()
                .enumerate()
                .map(|(who, payload)| {
                    let mut raw = server.session();
                    scope.spawn(move || {
                        let breaks_off = who % 4 == 3;
                        let (now, later) =
                            payload.split_at(if breaks_off { payload.len() / 2 } else { 1000 });
                        let mut data = begin_upload(&mut raw, "STOR Own/film", now);
                        if breaks_off {
                            reset(data);
                            raw.hear(426);
                            return false;
                        }
                        send(&mut data, later, who as u64);
                        end(&mut raw, data) == 226
                    })
                })
                .collect();
            let stored =
                writers.into_iter().map(|writer| writer.join().expect("no panic")).collect();
            over.store(true, Ordering::Relaxed);
            reader.join().expect("no panic");
            stored
        });
        assert_eq!(stored.iter().filter(|stored| **stored).count(), count - count / 4);
        let last = server.content("Own/film");
        let whose = payloads.iter().position(|payload| *payload == last).expect("one of them");
        assert!(stored[whose], "what was cut off is in place");
        assert!(hidden(&server, "Own") <= 1, "more than the last that broke off is left");
        server.session().expect("DELE Own/film", 250);
        // And the next round begins without what this one left.
        let _ = fs::remove_file(server.path("Own/.coracle-part-of-film"));
    }
}

#[test]
fn a_part_is_gone_on_with_by_one_alone() {
    let server = TestServer::usual();
    let content = noise(300_000, 31);
    let (half, rest) = content.split_at(140_000);
    let mut first = server.session();
    let data = begin_upload(&mut first, "STOR Own/film", half);
    // What runs is nobody else's: there is no file, and nothing to go on with.
    let mut others = [server.session(), server.session()];
    for raw in &mut others {
        for line in ["SIZE Own/film", "MDTM Own/film", "MLST Own/film", "DELE Own/film"] {
            raw.expect(line, 550);
        }
        let _data = raw.passive();
        raw.expect("REST 1000", 350);
        raw.expect("STOR Own/film", 554);
    }
    reset(data);
    first.hear(426);

    // Both see it, one has it; whoever comes late is told, and may begin anew.
    let [winner, loser] = &mut others;
    for raw in [&mut *winner, &mut *loser] {
        assert_eq!(raw.expect("SIZE Own/film", 213).text(), "213 140000");
    }
    let mut won = winner.passive();
    winner.expect("REST 140000", 350);
    winner.expect("STOR Own/film", 150);
    let lost = loser.passive();
    loser.expect("REST 140000", 350);
    loser.expect("STOR Own/film", 554);
    loser.expect("SIZE Own/film", 550);
    drop(lost);
    send(&mut won, &rest[..1000], 1);
    let other = noise(90_000, 32);
    let appended = begin_upload(loser, "APPE Own/film", &other);
    first.store("Own/film", &other);
    assert_same(&server.content("Own/film"), &other);
    // An upload that was to begin a file meets one.
    assert_eq!(end(loser, appended), 451);
    assert_same(&server.content("Own/film"), &other);
    send(&mut won, &rest[1000..], 2);
    assert_eq!(end(winner, won), 226);
    assert_same(&server.content("Own/film"), &content);
    assert_eq!(hidden(&server, "Own"), 0);
}

#[test]
fn who_goes_on_from_a_file_that_has_become_another_is_told() {
    let old = noise(500_000, 33);
    let server = Setup::usual().file("Own/film", &old).start();
    let other = noise(500_000, 34);
    let replace = |server: &TestServer| server.session().store("Own/film", &other);
    let delete = |server: &TestServer| drop(server.session().expect("DELE Own/film", 250));
    let in_place = |server: &TestServer| fs::write(server.path("Own/film"), &other).unwrap();
    let append = |server: &TestServer| {
        let mut raw = server.session();
        let data = begin_upload(&mut raw, "APPE Own/film", b"+");
        assert_eq!(end(&mut raw, data), 226);
    };
    let changes: [&dyn Fn(&TestServer); 4] = [&replace, &delete, &in_place, &append];
    for change in changes {
        for line in ["APPE Own/film", "STOR Own/film"] {
            fs::write(server.path("Own/film"), &old).unwrap();
            let mut raw = server.session();
            let mut data = raw.passive();
            if line.starts_with("STOR") {
                raw.expect("REST 400000", 350);
            }
            raw.expect(line, 150);
            data.write_all(b"more").unwrap();
            change(&server);
            let now = fs::read(server.path("Own/film")).ok();
            assert_eq!(end(&mut raw, data), 451, "{line}");
            assert!(fs::read(server.path("Own/film")).ok() == now, "{line} changed what there is");
            assert_eq!(hidden(&server, "Own"), 0);
        }
    }
}

#[test]
fn until_an_upload_ends_there_is_the_old_file() {
    let (old, new) = (noise(6 << 20, 35), noise(300_000, 36));
    let server = Setup::usual().file("Own/film", &old).start();
    let (mut up, mut down, mut other) = (server.session(), server.session(), server.session());
    let facts = |raw: &mut Raw| {
        ["SIZE", "MDTM", "MLST"].map(|verb| raw.ask(&format!("{verb} Own/film")).lines)
    };
    other.expect("MFMT 20010203040506 Own/film", 213);
    let before = facts(&mut other);
    let upload = begin_upload(&mut up, "STOR Own/film", &new[..200_000]);
    let mut data = down.begin("RETR Own/film");
    let mut bytes = vec![0; 100_000];
    data.read_exact(&mut bytes).unwrap();
    assert_eq!(facts(&mut other), before);
    let mut upload = upload;
    upload.write_all(&new[200_000..]).unwrap();
    assert_eq!(end(&mut up, upload), 226);
    let after = facts(&mut other);
    assert_eq!(after[0], ["213 300000"]);
    assert!(before.iter().zip(&after).all(|(before, after)| before != after), "{after:?}");
    assert_same(&other.retrieve("Own/film"), &new);
    data.read_to_end(&mut bytes).unwrap();
    assert_same(&bytes, &old);
    down.hear(226);
}

#[test]
fn names_that_are_taken_or_given_up_during_an_upload() {
    let content = noise(200_000, 37);
    let server = Setup::usual().file("Own/film", b"old").file("Incoming/kept", b"kept").start();
    let mut other = server.session();
    let mut run = |line: &str, change: &mut dyn FnMut(&mut Raw)| {
        let mut raw = server.session();
        let data = begin_upload(&mut raw, line, &content);
        change(&mut other);
        let code = end(&mut raw, data);
        assert_eq!((hidden(&server, "Own"), hidden(&server, "Incoming")), (0, 0));
        code
    };
    let film = server.path("Own/film");
    // Deleted, renamed away, renamed to: the upload is the last, and takes the name.
    assert_eq!(run("STOR Own/film", &mut |raw| drop(raw.expect("DELE Own/film", 250))), 226);
    assert_same(&server.content("Own/film"), &content);
    fs::write(&film, "old").unwrap();
    let mut rename = |from: &'static str, to: &'static str| {
        let mut renamed = |raw: &mut Raw| {
            raw.expect(&format!("RNFR {from}"), 350);
            raw.expect(&format!("RNTO {to}"), 250);
        };
        run("STOR Own/film", &mut renamed)
    };
    assert_eq!(rename("Own/film", "Own/away"), 226);
    assert_same(&server.content("Own/away"), b"old");
    assert_same(&server.content("Own/film"), &content);
    assert_eq!(rename("Own/away", "Own/film"), 226);
    assert_same(&server.content("Own/film"), &content);
    assert!(!server.path("Own/away").exists());

    // Somebody tidies up too much.
    let mut tidy = |_: &mut Raw| {
        for name in server.names("Own").iter().filter(|name| name.starts_with(".coracle")) {
            fs::remove_file(server.path("Own").join(name)).unwrap();
        }
    };
    assert_eq!(run("STOR Own/film", &mut tidy), 451);
    assert_same(&server.content("Own/film"), &content);

    // A directory is not replaced.
    fs::remove_file(&film).unwrap();
    assert_eq!(run("STOR Own/film", &mut |raw| drop(raw.expect("MKD Own/film", 257))), 451);
    assert!(film.is_dir() && fs::read_dir(&film).unwrap().count() == 0);
    fs::remove_dir(&film).unwrap();

    // A link is, and what it leads to is left alone.
    let outside = server.beside("outside");
    fs::write(&outside, "outside").unwrap();
    for line in ["STOR Own/film", "STOR Own/film", "APPE Own/film"] {
        let code = run(line, &mut |_| {
            let _ = fs::remove_file(&film);
            symlink(&outside, &film).unwrap();
        });
        let appends = line.starts_with("APPE");
        assert_eq!(code, if appends { 451 } else { 226 }, "{line}");
        assert_eq!(film.is_symlink(), appends, "{line}");
        assert_same(&fs::read(&outside).unwrap(), b"outside");
    }
    fs::remove_file(&film).unwrap();

    // Who may not replace does not, however late the other came.
    let mut late = |raw: &mut Raw| raw.store("Incoming/late", b"first");
    assert_eq!(run("STOR Incoming/late", &mut late), 451);
    assert_same(&server.content("Incoming/late"), b"first");
    let mut put = |_: &mut Raw| fs::write(server.path("Incoming/new"), "first").unwrap();
    assert_eq!(run("APPE Incoming/new", &mut put), 451);
    assert_same(&server.content("Incoming/new"), b"first");
}
