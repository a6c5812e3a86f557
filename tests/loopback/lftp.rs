//! lftp against the server: the client that asks for everything, and uses whatever FEAT offers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::support::{Finished, Setup, TestServer, assert_same, finish, noise, program};

/// Runs an lftp script as user1; the first failure ends it.
#[track_caller]
fn lftp(server: &TestServer, directory: &Path, script: &str) -> Finished {
    let script = format!(
        "set cmd:fail-exit yes; set net:timeout 120; set net:max-retries 1; set ftp:ssl-allow no; \
         open -u user1,1234 ftp://{}; {script}; bye",
        server.ftp
    );
    finish(program("lftp", directory).args(["--norc", "-c", &script]))
}

#[test]
fn lists_and_finds() {
    let server = Setup::usual()
        .file("Movies/Free Fire", &[1; 77])
        .file("Own/a/b/ça va.txt", b"deep")
        .start();
    let here = TempDir::new().unwrap();
    let long = lftp(&server, here.path(), "cd Movies; ls").well();
    assert_eq!(long.text().lines().count(), 2, "{}", long.text());
    assert!(long.text().contains(" 77 ") && long.text().contains(" Free Fire"), "{}", long.text());
    let names = lftp(&server, here.path(), "cd Movies; nlist; cls -1").well();
    assert_eq!(
        names.text().lines().collect::<Vec<_>>(),
        ["Free Fire", "Joker", "Free Fire", "Joker"]
    );
    let found = lftp(&server, here.path(), "find Own").well();
    assert_eq!(
        found.text().lines().collect::<Vec<_>>(),
        ["Own/", "Own/a/", "Own/a/b/", "Own/a/b/ça va.txt"]
    );
}

#[test]
fn what_is_not_there_is_not_asked_for_again() {
    let server = Setup::usual().start();
    let here = TempDir::new().unwrap();
    for line in ["ls Movies/none", "nlist Movies/none", "put -O none /etc/hostname"] {
        let told = lftp(&server, here.path(), line);
        // A 4yz is tried again and again, which would be said in other words.
        assert!(told.code != Some(0) && told.err.contains("Access failed: 55"), "{}", told.err);
    }
}

#[test]
fn downloads_uploads_and_resumes() {
    let bytes = noise(3_000_000, 4);
    let server = Setup::usual().file("Movies/long one", &bytes).start();
    let here = TempDir::new().unwrap();
    lftp(&server, here.path(), "get \"Movies/long one\" -o whole").well();
    assert_same(&fs::read(here.path().join("whole")).unwrap(), &bytes);

    fs::write(here.path().join("part"), &bytes[..1_000_001]).unwrap();
    lftp(&server, here.path(), "get -c \"Movies/long one\" -o part").well();
    assert_same(&fs::read(here.path().join("part")).unwrap(), &bytes);

    lftp(&server, here.path(), "put whole -o \"Own/naïve ü.bin\"").well();
    assert_same(&server.content("Own/naïve ü.bin"), &bytes);
    assert_eq!(server.names("Own").len(), 1, "no part is left");

    lftp(&server, here.path(), "pget -n 4 \"Movies/long one\" -o pieces").well();
    assert_same(&fs::read(here.path().join("pieces")).unwrap(), &bytes);
}

#[test]
fn resumes_an_upload_where_it_broke_off() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let bytes = noise(3_000_000, 32);
    fs::write(here.path().join("whole"), &bytes).unwrap();
    server.cut_upload("Own/long one", &bytes[..1_234_567]);
    let listed = lftp(&server, here.path(), "cls -a Own").well();
    assert_eq!(listed.text(), "", "nobody sees half a file");
    let script = "debug 5 -o log; put -c whole -o \"Own/long one\"";
    lftp(&server, here.path(), script).well();
    assert_same(&server.content("Own/long one"), &bytes);
    assert_eq!(server.names("Own").len(), 1, "no part is left");
    let log = fs::read_to_string(here.path().join("log")).unwrap();
    assert!(log.contains("REST 1234567"), "{log}");
}

#[test]
fn mirrors_a_tree_there_and_back() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let from = here.path().join("from");
    let files = ["1 2.txt", "sub/Ärger", "sub/deeper/#hash;semicolon", "empty"];
    for (seed, file) in files.iter().enumerate() {
        let path = from.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, noise(seed * 10_000, seed as u64)).unwrap();
    }
    lftp(&server, here.path(), "mirror -R --parallel=3 from Own/copy").well();
    lftp(&server, here.path(), "mirror --parallel=3 Own/copy back").well();
    for file in files {
        let wanted = fs::read(from.join(file)).unwrap();
        assert_same(&fs::read(here.path().join("back").join(file)).unwrap(), &wanted);
    }
    lftp(&server, here.path(), "rm -r Own/copy").well();
    assert!(server.names("Own").is_empty());
}

#[test]
fn brings_times_along_and_sets_permissions() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    let modified = UNIX_EPOCH + Duration::from_secs(1_577_934_245);
    fs::File::create(here.path().join("old")).unwrap().set_modified(modified).unwrap();
    lftp(&server, here.path(), "put old -o Own/old; chmod 640 Own/old").well();
    let status = fs::metadata(server.path("Own/old")).unwrap();
    assert_eq!(status.modified().unwrap(), modified);
    assert_eq!(status.permissions().mode() & 0o7777, 0o640);
    assert_ne!(lftp(&server, here.path(), "chmod 640 Movies/Joker").code, Some(0));
}

#[test]
fn changes_names_and_directories() {
    let server = TestServer::usual();
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("x"), b"x").unwrap();
    lftp(&server, here.path(), "mkdir -p Own/a/b; cd Own/a/b; put x; mv x y; cd ..; ls b/y").well();
    assert_same(&server.content("Own/a/b/y"), b"x");
    assert_ne!(lftp(&server, here.path(), "rmdir Own/a").code, Some(0), "it is not empty");
    lftp(&server, here.path(), "rm Own/a/b/y; rmdir Own/a/b Own/a").well();
    assert_ne!(lftp(&server, here.path(), "cd Secrets").code, Some(0));
    assert_ne!(lftp(&server, here.path(), "put x -o Movies/x").code, Some(0));
}
