//! curl against the server: the client that scripts use.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{Setup, TestServer, assert_same, finish, noise, program, until};

/// curl, quiet but for errors, and bounded.
fn curl(directory: &Path) -> Command {
    let mut curl = program("curl", directory);
    curl.args(["--silent", "--show-error", "--max-time", "120", "--noproxy", "*"]);
    curl
}

#[test]
fn lists_long_and_by_name() {
    let server = Setup::usual()
        .file("Movies/Free Fire", &[7; 300])
        .file("Movies/été.txt", b"summer")
        .start();
    let here = TempDir::new().unwrap();
    let long = finish(curl(here.path()).arg(server.url("Movies/"))).well();
    let sizes: Vec<(&str, &str)> = long
        .text()
        .lines()
        .map(|line| {
            let size = line.split_ascii_whitespace().nth(4).unwrap();
            (size, line.split_ascii_whitespace().next().unwrap())
        })
        .collect();
    assert_eq!(sizes.iter().map(|(size, _)| *size).collect::<Vec<_>>(), ["300", "14", "6"]);
    assert!(sizes.iter().all(|(_, mode)| mode.starts_with("-r")), "{sizes:?}");
    assert!(long.text().contains(" Free Fire\r\n") || long.text().contains(" Free Fire\n"));

    let names = finish(curl(here.path()).arg("--list-only").arg(server.url("Movies/"))).well();
    assert_eq!(names.text().lines().collect::<Vec<_>>(), ["Free Fire", "Joker", "été.txt"]);

    let top = finish(curl(here.path()).arg("--list-only").arg(server.url(""))).well();
    assert_eq!(top.text().lines().collect::<Vec<_>>(), ["Movies", "Incoming", "Own"]);

    let empty = finish(curl(here.path()).arg(server.url("Own/"))).well();
    assert_eq!(empty.text(), "", "an empty directory is an empty list");
}

#[test]
fn downloads_odd_names_whole() {
    let bytes = noise(70_001, 1);
    let server = Setup::usual()
        .file("Movies/a  b.bin", &bytes)
        .file("Movies/naïve café – 100%.txt", b"UTF-8\n")
        .file("Movies/[x]*?.txt", b"a pattern by name\n")
        .file("Movies/empty", b"")
        .start();
    let here = TempDir::new().unwrap();
    for (escaped, name) in [
        ("a%20%20b.bin", "a  b.bin"),
        ("na%C3%AFve%20caf%C3%A9%20%E2%80%93%20100%25.txt", "naïve café – 100%.txt"),
        ("%5Bx%5D%2A%3F.txt", "[x]*?.txt"),
        ("empty", "empty"),
    ] {
        let got = finish(
            curl(here.path()).arg("--globoff").arg(server.url(&format!("Movies/{escaped}"))),
        );
        assert_same(&got.well().out, &server.content(&format!("Movies/{name}")));
    }
}

#[test]
fn moves_large_files_both_ways_and_in_active_mode() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let bytes = noise(20 * 1024 * 1024 + 13, 2);
    fs::write(here.path().join("large"), &bytes).unwrap();
    finish(curl(here.path()).args(["-T", "large"]).arg(server.url("Own/large"))).well();
    assert_same(&server.content("Own/large"), &bytes);

    finish(curl(here.path()).args(["-o", "back"]).arg(server.url("Own/large"))).well();
    assert_same(&fs::read(here.path().join("back")).unwrap(), &bytes);

    for flags in [["--ftp-port", "127.0.0.1"], ["--disable-epsv", "--ftp-skip-pasv-ip"]] {
        let got = finish(curl(here.path()).args(flags).arg(server.url("Own/large"))).well();
        assert_same(&got.out, &bytes);
    }
    assert_eq!(server.names("Own").len(), 1, "no part is left");
}

#[test]
fn resumes_a_download_where_it_broke_off() {
    let bytes = noise(500_000, 3);
    let server = Setup::usual().file("Movies/long", &bytes).start();
    let here = TempDir::new().unwrap();
    let half = here.path().join("long");
    fs::write(&half, &bytes[..123_456]).unwrap();
    finish(curl(here.path()).args(["-C", "-", "-o", "long"]).arg(server.url("Movies/long"))).well();
    assert_same(&fs::read(&half).unwrap(), &bytes);

    let slice = finish(curl(here.path()).args(["-r", "1000-1999"]).arg(server.url("Movies/long")));
    assert_same(&slice.out, &bytes[1000..2000]);
}

#[test]
fn resumes_an_upload_where_it_broke_off() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let bytes = noise(500_000, 31);
    fs::write(here.path().join("whole"), &bytes).unwrap();
    for name in ["long".to_owned(), "n".repeat(255)] {
        server.cut_upload(&format!("Own/{name}"), &bytes[..234_567]);
        let url = server.url(&format!("Own/{name}"));
        let seen = finish(curl(here.path()).args(["--verbose", "-C", "-", "-T", "whole", &url]));
        let said = seen.well().err;
        assert!(said.contains("213 234567"), "{said}");
        assert!(said.contains("226 Transfer complete, 265433 bytes"), "{said}");
        assert_same(&server.content(&format!("Own/{name}")), &bytes);
    }
    assert_eq!(server.names("Own").len(), 2, "no part is left");
}

#[test]
fn resumes_an_upload_whose_client_was_killed() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let bytes = noise(2_000_000, 34);
    fs::write(here.path().join("whole"), &bytes).unwrap();
    let url = server.url("Own/long");
    let mut killed = curl(here.path());
    killed.args(["--limit-rate", "200k", "-T", "whole", &url]).stderr(Stdio::null());
    let mut killed = killed.spawn().unwrap();
    let received = || {
        let entries = fs::read_dir(server.path("Own")).unwrap();
        entries.map(|entry| entry.unwrap().metadata().map_or(0, |status| status.len())).sum::<u64>()
    };
    until("some of it has arrived", || server.serves_others(), || received() > 0);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let size = || server.session().ask("SIZE Own/long").code;
    until("the server has seen the end of it", || server.serves_others(), || size() == 213);
    finish(curl(here.path()).args(["-C", "-", "-T", "whole", &url])).well();
    assert_same(&server.content("Own/long"), &bytes);
    assert_eq!(server.names("Own").len(), 1, "no part is left");
}

#[test]
fn uploads_append_make_directories_and_tidy_up() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("half"), b"one\n").unwrap();
    let put = |flags: &[&str], path: &str| {
        finish(curl(here.path()).args(flags).args(["-T", "half"]).arg(server.url(path)))
    };
    put(&["--ftp-create-dirs"], "Own/new/deep%20er/file").well();
    assert_same(&server.content("Own/new/deep er/file"), b"one\n");
    put(&["--append"], "Own/new/deep%20er/file").well();
    assert_same(&server.content("Own/new/deep er/file"), b"one\none\n");

    let quote = |commands: &[&str]| {
        let mut curl = curl(here.path());
        for command in commands {
            curl.args(["-Q", command]);
        }
        finish(curl.arg("--list-only").arg(server.url("Own/")))
    };
    quote(&["RNFR Own/new/deep er/file", "RNTO Own/moved"]).well();
    let left = quote(&["DELE Own/moved", "RMD Own/new/deep er", "RMD Own/new"]).well();
    assert_eq!(left.text(), "");
    assert!(server.names("Own").is_empty());
}

#[test]
fn tells_size_and_time_of_a_file() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let head = finish(curl(here.path()).arg("--head").arg(server.url("Movies/Joker"))).well();
    assert!(head.text().contains("Content-Length: 14"), "{}", head.text());
    assert!(head.text().contains("Last-Modified: "), "{}", head.text());
    assert!(head.text().contains("Accept-ranges: bytes"), "REST is understood: {}", head.text());
}

#[test]
fn tells_refusals_apart() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("file"), b"x").unwrap();
    let run = |arguments: &[&str]| finish(curl(here.path()).args(arguments)).code;
    assert_eq!(run(&[&server.url("Movies/Nothing")]), Some(78), "no such file");
    assert_eq!(run(&[&server.url("Secrets/file")]), Some(9), "no such directory");
    assert_eq!(run(&["-T", "file", &server.url("Movies/file")]), Some(25), "not writable");
    let wrong = server.url("Movies/Joker").replace("1234", "4321");
    assert_eq!(run(&[&wrong]), Some(67), "wrong password");
    server.serves_others();
}
