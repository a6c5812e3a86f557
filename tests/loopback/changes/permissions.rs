//! Permissions that are taken away between commands and during transfers. The server has no
//! capabilities, so that even as root it is held to those of its own files.

use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use rustix::process::geteuid;

use super::{begin_upload, end, hidden};
use crate::support::{Setup, assert_same, noise};

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a file of ours");
}

#[test]
fn a_file_that_may_not_be_read_any_more_is_refused() {
    let server = Setup::usual().file("Own/film", b"moving pictures").start();
    let mut raw = server.session();
    let film = server.path("Own/film");
    assert_same(&raw.retrieve("Own/film"), b"moving pictures");
    for foreign in [false, true] {
        if foreign && !geteuid().is_root() {
            break;
        }
        permit(&film, 0);
        if foreign {
            permit(&film, 0o600);
            chown(&film, Some(65534), Some(65534)).unwrap();
        }
        let data = raw.passive();
        for line in ["RETR Own/film", "APPE Own/film", "HASH Own/film", "SITE COMPRESS Own/film"] {
            raw.expect(line, 550);
        }
        drop(data);
        // What the directory says of it is still said.
        raw.expect("SIZE Own/film", 213);
        raw.expect("MLST Own/film", 250);
        assert!(raw.fetch("LIST Own").ends_with(b" film\r\n"));
        assert_eq!(hidden(&server, "Own"), 0);
        if foreign {
            // Who may replace a file need not be able to read it.
            raw.store("Own/film", b"new");
            assert_same(&raw.retrieve("Own/film"), b"new");
        } else {
            permit(&film, 0o644);
            assert_same(&raw.retrieve("Own/film"), b"moving pictures");
        }
    }
}

#[test]
fn a_directory_that_may_not_be_entered_any_more_is_refused() {
    let server = Setup::usual().file("Own/here/film", b"moving pictures").start();
    let mut raw = server.session();
    raw.expect("CWD Own/here", 250);
    let here = server.path("Own/here");
    for mode in [0, 0o600] {
        permit(&here, mode);
        raw.expect("PWD", 257);
        let data = raw.passive();
        for line in ["RETR film", "APPE new", "SIZE film", "MKD d", "DELE film"] {
            raw.expect(line, 550);
        }
        raw.expect("STOR new", 553);
        if mode == 0 {
            raw.expect("LIST", 550);
            drop(data);
        } else {
            drop(data);
            // Its names may be read, and nothing of what bears them.
            assert_same(&raw.fetch("LIST"), b"");
        }
        raw.expect("CDUP", 250);
        assert_same(&raw.fetch("NLST"), b"here\r\n");
        permit(&here, 0o755);
        raw.expect("CWD here", 250);
        assert_same(&raw.retrieve("film"), b"moving pictures");
    }
}

#[test]
fn a_download_that_has_begun_is_sent_whole() {
    let content = noise(12 << 20, 3);
    let server = Setup::usual().file("Own/here/film", &content).start();
    let mut raw = server.session();
    let mut data = raw.begin("RETR Own/here/film");
    let mut bytes = vec![0; 100_000];
    data.read_exact(&mut bytes).unwrap();
    permit(&server.path("Own/here/film"), 0);
    permit(&server.path("Own/here"), 0);
    data.read_to_end(&mut bytes).unwrap();
    raw.hear(226);
    assert_same(&bytes, &content);
    raw.expect("SIZE Own/here/film", 550);
    permit(&server.path("Own/here"), 0o755);
}

#[test]
fn an_upload_that_may_not_take_its_place_leaves_the_old_file() {
    for durable in [false, true] {
        let setup = Setup::usual().file("Own/here/film", b"old");
        let setup = if durable { setup.switch("--durable") } else { setup };
        let server = setup.start();
        let here = server.path("Own/here");
        for mode in [0, 0o555] {
            for line in ["STOR Own/here/film", "APPE Own/here/film", "STOR Own/here/new"] {
                let mut raw = server.session();
                let data = begin_upload(&mut raw, line, &noise(200_000, 4));
                permit(&here, mode);
                assert_eq!(end(&mut raw, data), 451, "{line} into {mode:o}");
                permit(&here, 0o755);
                assert_same(&server.content("Own/here/film"), b"old");
                // The part could not be removed either; nobody sees it, and it expires.
                assert_same(&raw.fetch("NLST Own/here"), b"Own/here/film\r\n");
                raw.expect("SIZE Own/here/new", 550);
            }
        }
        assert!(hidden(&server, "Own/here") > 0);
        let mut raw = server.session();
        raw.store("Own/here/film", b"new");
        assert_same(&server.content("Own/here/film"), b"new");
        raw.expect("DELE Own/here/film", 250);
        raw.expect("RMD Own/here", 250);
    }
}

/// A file of permissions that keep its owner from writing may be replaced nevertheless.
#[test]
fn a_file_that_may_not_be_written_keeps_its_permissions_when_it_is_replaced() {
    let server = Setup::usual().file("Own/film", b"old").start();
    let mut raw = server.session();
    permit(&server.path("Own/film"), 0o444);
    raw.store("Own/film", b"new");
    assert_same(&server.content("Own/film"), b"new");
    assert_eq!(fs::metadata(server.path("Own/film")).unwrap().permissions().mode() & 0o777, 0o444);
}
