//! Directories that are removed, renamed or replaced under a session, or while it uploads into them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;

use rustix::process::Signal;

use super::{begin_upload, end, hidden};
use crate::support::{Raw, Setup, TestServer, assert_same, noise, until};

/// A session that stands in `Own/here`, in which there is one file.
fn inside(server: &TestServer) -> Raw {
    let mut raw = server.session();
    raw.expect("CWD Own/here", 250);
    assert_same(&raw.fetch("NLST"), b"file\r\n");
    raw
}

fn server() -> TestServer {
    Setup::usual().file("Own/here/file", b"in here").start()
}

/// What a session is told whose directory is not there.
#[track_caller]
fn stands_nowhere(raw: &mut Raw) {
    let here = raw.expect("PWD", 257);
    assert!(here.text().starts_with("257 \"/Own/here\" "), "{:?}", here.lines);
    for line in ["SIZE file", "MDTM file", "MLST file", "MLST", "CWD .", "MKD d", "DELE file"] {
        raw.expect(line, 550);
    }
    let _data = raw.passive();
    for line in ["LIST", "NLST", "MLSD", "NLST *", "RETR file", "APPE new"] {
        raw.expect(line, 550);
    }
    for line in ["STOR new", "STOU"] {
        raw.expect(line, 553);
    }
    raw.expect("STAT .", 550);
    raw.expect("RNFR file", 550);
}

#[test]
fn one_that_is_removed_or_renamed_is_no_longer_there_and_can_be_left() {
    let server = server();
    let (here, there) = (server.path("Own/here"), server.path("Own/there"));
    for renamed in [false, true] {
        let mut raw = inside(&server);
        if renamed {
            fs::rename(&here, &there).unwrap();
        } else {
            fs::remove_dir_all(&here).unwrap();
        }
        stands_nowhere(&mut raw);
        let above = raw.expect(if renamed { "CWD .." } else { "CDUP" }, 250);
        assert!(above.text().contains("\"/Own\""), "{:?}", above.lines);
        assert_eq!(raw.fetch("NLST").is_empty(), !renamed);
        if renamed {
            assert_same(&raw.fetch("RETR there/file"), b"in here");
            break;
        }
        // Made anew, it is there again for whoever stands in it.
        let mut other = server.session();
        raw.expect("CWD here", 550);
        other.expect("MKD Own/here", 257);
        raw.expect("CWD here", 250);
        raw.store("file", b"in here");
        other.expect("CWD Own/here", 250);
        raw.expect("DELE file", 250);
        raw.expect("CDUP", 250);
        raw.expect("RMD here", 250);
        stands_nowhere(&mut other);
        fs::create_dir(&here).unwrap();
        other.store("file", b"in here");
    }
}

#[test]
fn a_file_in_its_place_is_a_file() {
    let server = server();
    let mut raw = inside(&server);
    fs::remove_dir_all(server.path("Own/here")).unwrap();
    fs::write(server.path("Own/here"), "now a file").unwrap();
    raw.expect("PWD", 257);
    for line in ["CWD .", "SIZE file", "MKD d", "MLST file", "DELE file", "RNFR file"] {
        raw.expect(line, 550);
    }
    let _data = raw.passive();
    for (line, code) in [("MLSD", 501), ("STOR new", 553), ("RETR file", 550), ("NLST *", 550)] {
        raw.expect(line, code);
    }
    // What LIST is asked for is a file, and listed as one.
    assert!(raw.fetch("LIST").ends_with(b" here\r\n"));
    raw.expect("CDUP", 250);
    assert_same(&raw.retrieve("here"), b"now a file");
}

#[test]
fn a_link_in_its_place_leads_nowhere_outside() {
    let server = server();
    let outside = server.beside("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "outside").unwrap();
    for target in [outside.as_path(), "../../../../outside".as_ref()] {
        let mut raw = inside(&server);
        fs::rename(server.path("Own/here"), server.path("Own/away")).unwrap();
        symlink(target, server.path("Own/here")).unwrap();
        stands_nowhere(&mut raw);
        raw.expect("CDUP", 250);
        assert_same(&raw.fetch("NLST"), b"away\r\n");
        // The link itself may go.
        raw.expect("DELE here", 250);
        fs::rename(server.path("Own/away"), server.path("Own/here")).unwrap();
    }
    assert_same(&fs::read(outside.join("file")).unwrap(), b"outside");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn an_upload_whose_directory_is_gone_is_not_said_to_be_stored() {
    for durable in [false, true] {
        let setup = Setup::usual().file("Own/here/file", b"in here");
        let setup = if durable { setup.switch("--durable") } else { setup };
        let server = setup.start();
        for (line, again) in [("STOR new", false), ("APPE file", false), ("STOR file", true)] {
            let mut raw = inside(&server);
            let data = begin_upload(&mut raw, line, &noise(300_000, 1));
            fs::remove_dir_all(server.path("Own/here")).unwrap();
            if again {
                fs::create_dir(server.path("Own/here")).unwrap();
            }
            assert_eq!(end(&mut raw, data), 451, "{line}");
            assert_eq!(server.names("Own").len(), usize::from(again), "{line}");
            if again {
                assert!(server.names("Own/here").is_empty(), "{line}");
            } else {
                fs::create_dir(server.path("Own/here")).unwrap();
            }
            fs::write(server.path("Own/here/file"), "in here").unwrap();
        }
        server.serves_others();
    }
}

#[test]
fn an_upload_goes_where_its_directory_goes_and_nowhere_else() {
    let server = server();
    let outside = server.beside("outside");
    fs::create_dir(&outside).unwrap();
    let content = noise(300_000, 2);
    for (line, name) in [("STOR new", "new"), ("STOR file", "file"), ("STOR late", "late")] {
        let mut raw = inside(&server);
        let data = begin_upload(&mut raw, line, &content);
        if name == "late" {
            let mut other = server.session();
            other.expect("RNFR Own/here", 350);
            other.expect("RNTO Own/there", 250);
        } else {
            fs::rename(server.path("Own/here"), server.path("Own/there")).unwrap();
        }
        symlink(&outside, server.path("Own/here")).unwrap();
        assert_eq!(end(&mut raw, data), 226, "{line}");
        assert_same(&server.content(&format!("Own/there/{name}")), &content);
        assert_eq!(hidden(&server, "Own/there"), 0);
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
        fs::remove_file(server.path("Own/here")).unwrap();
        fs::rename(server.path("Own/there"), server.path("Own/here")).unwrap();
        fs::write(server.path("Own/here/file"), "in here").unwrap();
        for name in ["new", "late"] {
            let _ = fs::remove_file(server.path("Own/here").join(name));
        }
    }
    // Nor can a directory be removed over the head of an upload into it.
    let mut raw = inside(&server);
    raw.expect("DELE file", 250);
    let data = begin_upload(&mut raw, "STOR new", &content);
    server.session().expect("RMD Own/here", 550);
    assert_eq!(end(&mut raw, data), 226);
    assert_same(&server.content("Own/here/new"), &content);
}

#[test]
fn a_granted_directory_that_is_made_anew_is_there_after_a_reload() {
    let mut server = Setup::usual().file("Movies/old", b"old").start();
    let mut raw = server.session();
    raw.expect("CWD Movies", 250);
    let movies = server.path("Movies");
    fs::remove_dir_all(&movies).unwrap();
    for made_anew in [false, true] {
        if made_anew {
            fs::create_dir(&movies).unwrap();
            fs::write(movies.join("new"), "new").unwrap();
        }
        raw.expect("PWD", 257);
        let _data = raw.passive();
        for line in ["LIST", "RETR old", "RETR new"] {
            raw.expect(line, 550);
        }
        // Others are there, and it does not spoil the list of them.
        assert!(raw.fetch("NLST /").ends_with(b"/Incoming\r\n/Own\r\n"));
        raw.store("/Own/mine", b"mine");
    }
    server.signal(Signal::HUP);
    let step = || drop(server.session());
    until("it is read", step, || server.log().contains("accounts are read anew"));
    assert_same(&raw.fetch("NLST"), b"new\r\n");
    assert_same(&raw.retrieve("new"), b"new");
    server.stops_cleanly();
}

#[test]
fn a_directory_is_listed_while_it_is_filled_and_emptied() {
    // More than are read in one turn.
    const KEPT: usize = 9000;
    let server = Setup::usual().file("Own/busy/kept-0000", b"").start();
    let busy = server.path("Own/busy");
    for number in 1..KEPT {
        fs::hard_link(busy.join("kept-0000"), busy.join(format!("kept-{number:04}"))).unwrap();
    }
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let busy = &busy;
        scope.spawn(move || {
            // Disconnected when the reader is done, or has failed.
            let mut round = 0;
            while is_over.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                round += 1;
                let (file, directory) =
                    (busy.join(format!("f{}", round % 97)), busy.join(format!("d{}", round % 89)));
                if fs::remove_file(&file).is_err() {
                    fs::File::create(&file).unwrap().write_all(b"x").unwrap();
                }
                if fs::remove_dir(&directory).is_err() {
                    fs::create_dir(&directory).unwrap();
                }
                let _ = fs::rename(&file, busy.join(format!("g{}", round % 7)));
            }
        });
        let over = over;
        let mut raw = server.session();
        raw.expect("CWD Own/busy", 250);
        for verb in ["LIST", "MLSD", "NLST", "NLST *", "LIST -la"].into_iter().cycle().take(15) {
            let listing = String::from_utf8(raw.fetch(verb)).unwrap();
            let names: Vec<_> = listing.split_terminator("\r\n").collect();
            let kept = names.iter().filter(|line| line.contains("kept-")).count();
            assert_eq!(kept, KEPT, "{verb}");
            let mut sorted = names.clone();
            sorted.dedup();
            assert_eq!(sorted.len(), names.len(), "{verb} tells something twice");
        }
        raw.expect("STAT .", 212);
        drop(over);
    });
}
