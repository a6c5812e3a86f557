//! What only a disk has: links, devices, permissions, orphans and races.
//!
//! Every test runs over both resolvers. `outside` lies beside the root and is what no name may
//! reach.

#![expect(clippy::disallowed_methods, reason = "lays out, behind the tree, what it is to meet")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::terms::{Content, Part, Trouble};
use crate::tree::PART_PREFIX;
use crate::tree::conformance::each;

struct House {
    tree: OsTree,
    root: Root,
    inside: PathBuf,
    /// Holds `inside` and `outside` until the end of the test.
    _directory: TempDir,
}

/// Two trees of the same layout, one a resolver.
fn houses() -> [House; 2] {
    [OsTree::new(), OsTree::walking()].map(|mut tree| {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("inside");
        fs::create_dir_all(inside.join("d")).unwrap();
        fs::create_dir_all(directory.path().join("outside")).unwrap();
        fs::write(inside.join("a"), "inside").unwrap();
        fs::write(inside.join("d/b"), "below").unwrap();
        fs::write(directory.path().join("outside/secret"), "secret").unwrap();
        let root = tree.add_root(&inside).unwrap();
        House { tree, root, inside, _directory: directory }
    })
}

impl House {
    fn at<'a>(&self, path: &'a str) -> Place<'a> {
        Place { root: self.root, path: path.as_bytes() }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Fault> {
        let (file, _) = self.tree.open(self.at(path))?;
        let mut buffer = vec![0; 100];
        let count = file.read_at(0, &mut buffer).unwrap();
        buffer.truncate(count);
        Ok(buffer)
    }

    fn names(&self, path: &str) -> Vec<String> {
        let mut entries = self.tree.entries(self.at(path), Box::new(|_| true)).unwrap();
        let mut names = Vec::new();
        each(&mut entries, |entry| {
            names.push(format!("{} {:?}", entry.name.escape_ascii(), entry.status.kind));
        });
        names
    }

    fn link(&self, to: &str, name: &str) {
        symlink(to, self.inside.join(name)).unwrap();
    }

    /// The names of hidden parts in `path`.
    fn parts(&self, path: &str) -> Vec<Vec<u8>> {
        fs::read_dir(self.inside.join(path))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_encoded_bytes())
            .filter(|name| name.starts_with(PART_PREFIX))
            .collect()
    }

    fn put(&self, path: &str, content: &[u8]) -> Result<(), Fault> {
        let mut part = self.tree.create(self.at(path), Keep::Nothing, true)?;
        assert_eq!(part.write(content).unwrap(), content.len());
        part.commit()
    }
}

const NOT_FOUND: Fault = Fault::Denied(Denied::NotFound);

#[test]
fn one_directory_is_one_root() {
    let [mut house, _] = houses();
    let again = house.inside.join("d/..");
    assert_eq!(house.tree.add_root(&again).unwrap(), house.root);
    let other = house.tree.add_root(&house.inside.join("d")).unwrap();
    assert_ne!(other, house.root);
    assert_eq!(house.tree.status(Place { root: other, path: b"b" }).unwrap().size, 5);
    let missing = house.tree.add_root(&house.inside.join("none")).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    let file = house.tree.add_root(&house.inside.join("a")).unwrap_err();
    assert_eq!(file.kind(), io::ErrorKind::NotADirectory);
}

#[test]
fn links_out_are_nothing() {
    for house in houses() {
        let absolute = house.inside.join("a");
        let outside = house.inside.parent().unwrap().join("outside");
        for (to, name) in [
            ("../outside", "up"),
            ("../outside/secret", "secret"),
            (outside.to_str().unwrap(), "absolute"),
            (absolute.to_str().unwrap(), "home"),
            ("/proc/self/root", "magic"),
            ("/proc/self/cwd", "cwd"),
            ("circle", "circle"),
            ("none", "dangling"),
            ("d/../../outside/secret", "detour"),
        ] {
            house.link(to, name);
            let place = house.at(name);
            assert_eq!(house.tree.status(place).unwrap_err(), NOT_FOUND, "{name}");
            assert_eq!(house.tree.open(place).map(|_| ()).unwrap_err(), NOT_FOUND, "{name}");
            let entries = house.tree.entries(place, Box::new(|_| true));
            assert_eq!(entries.map(|_| ()).unwrap_err(), NOT_FOUND, "{name}");
            let below = format!("{name}/secret");
            assert_eq!(house.read(&below).unwrap_err(), NOT_FOUND, "{below}");
            assert_eq!(house.put(&below, b"x").unwrap_err(), NOT_FOUND, "{below}");
            assert_eq!(house.tree.remove_file(house.at(&below)).unwrap_err(), NOT_FOUND);
            assert_eq!(house.tree.make_directory(house.at(&below)).unwrap_err(), NOT_FOUND);
            for place in [house.at(name), house.at(&below)] {
                assert_eq!(house.tree.set_mode(place, 0o600), Err(NOT_FOUND));
                assert_eq!(house.tree.set_modified(place, UnixTime(0)), Err(NOT_FOUND));
                assert_eq!(house.tree.available(place), Err(NOT_FOUND));
            }
            let renamed = house.tree.rename(house.at("a"), house.at(&below), true);
            assert_eq!(renamed.unwrap_err(), NOT_FOUND);
        }
        assert_eq!(house.names(""), ["a File", "d Directory"]);
        assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
        assert_eq!(fs::read_dir(outside).unwrap().count(), 1);
    }
}

#[test]
fn links_that_stay_inside_are_what_they_lead_to() {
    for house in houses() {
        house.link("../a", "d/up");
        house.link("d", "down");
        house.link("d/up", "twice");
        if house.tree.follows_links() {
            assert_eq!(house.names("d"), ["b File", "up File"]);
            assert_eq!(house.names("down"), ["b File", "up File"]);
            assert_eq!(house.names(""), ["a File", "d Directory", "down Directory", "twice File"]);
            assert_eq!(house.read("twice").unwrap(), b"inside");
            let unique = |path| house.tree.status(house.at(path)).unwrap().unique;
            assert_eq!((unique("twice"), unique("down")), (unique("a"), unique("d")));
            assert_ne!(unique("a"), unique("d/b"));
            assert_eq!(house.read("down/b").unwrap(), b"below");
            house.put("down/new", b"new").unwrap();
            assert_eq!(fs::read(house.inside.join("d/new")).unwrap(), b"new");
        } else {
            assert_eq!(house.names("d"), ["b File"]);
            assert_eq!(house.names(""), ["a File", "d Directory"]);
            for path in ["twice", "down", "down/b", "d/up"] {
                assert_eq!(house.read(path).unwrap_err(), NOT_FOUND, "{path}");
            }
        }
    }
}

#[test]
fn a_link_is_removed_renamed_and_replaced_itself() {
    for house in houses() {
        house.link("../outside/secret", "out");
        house.put("out", b"mine").unwrap();
        assert_eq!(house.read("out").unwrap(), b"mine");

        house.link("a", "in");
        house.put("in", b"mine").unwrap();
        assert_eq!(house.read("in").unwrap(), b"mine");
        assert_eq!(house.read("a").unwrap(), b"inside");

        house.link("a", "gone");
        house.tree.remove_file(house.at("gone")).unwrap();
        assert_eq!(house.read("a").unwrap(), b"inside");

        house.link("../outside", "moved");
        house.tree.rename(house.at("moved"), house.at("elsewhere"), false).unwrap();
        assert!(house.inside.join("elsewhere").is_symlink());

        house.link("d", "directory");
        let refused = house.put("directory", b"x");
        if house.tree.follows_links() {
            assert_eq!(refused, Err(Denied::IsADirectory.into()));
        } else {
            // To this client there was nothing.
            assert_eq!(refused, Ok(()));
        }
        let kept = house.tree.create(house.at("elsewhere"), Keep::All, true);
        assert_eq!(kept.map(|_| ()).unwrap_err(), NOT_FOUND);
        let taken = house.tree.create(house.at("elsewhere"), Keep::Nothing, false);
        assert_eq!(taken.map(|_| ()).unwrap_err(), Denied::Exists.into());
    }
}

#[test]
fn an_appended_link_becomes_a_file_of_both() {
    let [house, _] = houses();
    house.link("a", "link");
    let mut part = house.tree.create(house.at("link"), Keep::All, true).unwrap();
    assert_eq!(part.carry_over(100).unwrap(), 6);
    assert_eq!(part.write(b"+").unwrap(), 1);
    part.commit().unwrap();
    assert_eq!(house.read("link").unwrap(), b"inside+");
    assert_eq!(house.read("a").unwrap(), b"inside");
}

#[test]
fn only_regular_files_are_opened_and_nothing_waits() {
    for house in houses() {
        let pipe = house.inside.join("pipe");
        rustix::fs::mkfifoat(CWD, &pipe, Mode::from_raw_mode(0o666)).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(house.inside.join("socket")).unwrap();
        for name in ["pipe", "socket"] {
            assert_eq!(house.read(name).unwrap_err(), Denied::NotAFile.into(), "{name}");
            assert_eq!(house.put(name, b"").unwrap_err(), Denied::NotAFile.into(), "{name}");
            assert_eq!(house.tree.status(house.at(name)).unwrap().kind, Kind::Other);
            assert_eq!(house.tree.set_mode(house.at(name), 0o600), Err(Denied::NotAFile.into()));
        }
        assert_eq!(house.names(""), ["a File", "d Directory", "pipe Other", "socket Other"]);
    }
}

#[test]
fn names_that_would_break_a_line_are_not_listed() {
    for house in houses() {
        fs::write(house.inside.join("two\r\nlines"), "").unwrap();
        fs::write(house.inside.join(".coracle-part-x"), "").unwrap();
        assert_eq!(house.names(""), ["a File", "d Directory"]);
    }
}

#[test]
fn permission_bits_outlive_an_upload() {
    for house in houses() {
        let path = house.inside.join("a");
        for mode in [0o600, 0o666, 0o755] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            house.put("a", b"new").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
        }
        house.put("fresh", b"").unwrap();
        assert_eq!(fs::metadata(house.inside.join("fresh")).unwrap().mode() & 0o7111, 0);
    }
}

#[test]
fn an_upload_stands_hidden_beside_its_target() {
    for house in houses() {
        let part = house.tree.create(house.at("d/new"), Keep::Nothing, true).unwrap();
        assert_eq!(house.parts("d").len(), 1);
        assert_eq!(house.names("d"), ["b File"]);
        assert!(part.descriptor().is_some_and(|(_, offset)| offset == 0));
        drop(part);
        assert!(house.parts("d").is_empty());
    }
}

#[test]
fn the_kernel_may_write_into_a_part() {
    let [house, _] = houses();
    let mut part = house.tree.create(house.at("a"), Keep::All, true).unwrap();
    assert_eq!(part.carry_over(4).unwrap(), 4);
    assert_eq!(part.carry_over(4).unwrap(), 2);
    let (descriptor, offset) = part.descriptor().unwrap();
    assert_eq!(offset, 6);
    assert_eq!(rustix::io::pwrite(descriptor, b"kernel", offset).unwrap(), 6);
    part.advance(6);
    assert_eq!(part.write(b"!").unwrap(), 1);
    part.commit().unwrap();
    assert_eq!(house.read("a").unwrap(), b"insidekernel!");
}

#[test]
fn a_change_in_place_is_noticed() {
    for house in houses() {
        let mut part = house.tree.create(house.at("a"), Keep::All, true).unwrap();
        assert_eq!(part.carry_over(100).unwrap(), 6);
        fs::OpenOptions::new()
            .write(true)
            .open(house.inside.join("a"))
            .unwrap()
            .set_len(3)
            .unwrap();
        assert_eq!(part.commit(), Err(Trouble::Changed.into()));
        assert!(house.parts("").is_empty());

        let mut part = house.tree.create(house.at("d/b"), Keep::All, true).unwrap();
        fs::OpenOptions::new()
            .write(true)
            .open(house.inside.join("d/b"))
            .unwrap()
            .set_len(0)
            .unwrap();
        let cut = part.carry_over(100).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }
}

#[test]
fn what_is_read_of_a_file_is_one_content_of_it_as_far_as_can_be_told() {
    let [house, _] = houses();
    let path = house.inside.join("a");
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    let file = || fs::OpenOptions::new().write(true).open(&path).unwrap();
    let changes: [(&str, bool, &dyn Fn()); 9] = [
        ("nothing", true, &|| {}),
        ("more", true, &|| fs::write(&path, "inside and more").unwrap()),
        ("less", false, &|| file().set_len(3).unwrap()),
        ("as much", false, &|| fs::write(&path, "edisni").unwrap()),
        ("a time long ago", true, &|| file().set_modified(std::time::UNIX_EPOCH).unwrap()),
        ("permissions", true, &|| {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }),
        ("a second name", true, &|| fs::hard_link(&path, house.inside.join("b")).unwrap()),
        ("another file", true, &|| house.put("a", b"new").unwrap()),
        ("no name", true, &|| fs::remove_file(&path).unwrap()),
    ];
    for (change, holds, make) in changes {
        let _ = fs::remove_file(&path);
        fs::write(&path, "inside").unwrap();
        // The clock of a file system is coarse.
        file().set_modified(long_ago).unwrap();
        let (opened, _) = house.tree.open(house.at("a")).unwrap();
        make();
        assert_eq!(opened.still_holds().unwrap(), holds, "{change}");
    }
}

#[test]
fn orphans_do_not_keep_a_directory_and_uploads_do() {
    for house in houses() {
        let directory = house.inside.join("e");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(".coracle-part-dead"), "half").unwrap();
        assert_eq!(house.names("e"), [""; 0]);
        let part = house.tree.create(house.at("e/new"), Keep::Nothing, true).unwrap();
        let removed = house.tree.remove_directory(house.at("e"));
        assert_eq!(removed, Err(Denied::NotEmpty.into()));
        part.commit().unwrap();
        fs::write(directory.join(".coracle-part-dead"), "half").unwrap();
        let removed = house.tree.remove_directory(house.at("e"));
        assert_eq!(removed, Err(Denied::NotEmpty.into()));
        assert_eq!(house.parts("e").len(), 1, "nothing goes while a file keeps the directory");
        house.tree.remove_file(house.at("e/new")).unwrap();
        house.tree.remove_directory(house.at("e")).unwrap();
        assert!(!directory.exists());
    }
}

#[test]
fn only_what_has_expired_and_has_no_owner_is_swept() {
    for house in houses() {
        let place = |name: &str| house.inside.join(name);
        let part = house.tree.create(house.at("new"), Keep::Nothing, true).unwrap();
        for (name, secs) in [("a", 99), (".coracle-part-dead", 99), (".coracle-part-of-x", 100)] {
            let modified = std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs);
            fs::File::create(place(name)).unwrap().set_modified(modified).unwrap();
        }
        house.tree.sweep(house.at(""), UnixTime(100));
        assert_eq!(house.parts("").len(), 2);
        assert!(place("a").exists() && place(".coracle-part-of-x").exists());
        house.tree.sweep(house.at(""), UnixTime(i64::MAX));
        assert_eq!(house.parts("").len(), 1);
        part.commit().unwrap();
    }
}

#[test]
fn what_no_upload_left_is_not_gone_on_with() {
    for house in houses() {
        let left = |name: &str| house.inside.join(format!(".coracle-part-of-{name}"));
        symlink("../outside/secret", left("link")).unwrap();
        fs::hard_link(house.inside.join("a"), left("twin")).unwrap();
        fs::create_dir_all(left("directory")).unwrap();
        rustix::fs::mkfifoat(CWD, left("pipe"), Mode::from_raw_mode(0o666)).unwrap();
        for name in ["link", "twin", "directory", "pipe"] {
            assert_eq!(house.tree.received(house.at(name)), Err(NOT_FOUND), "{name}");
            for keep in [Keep::All, Keep::First(1)] {
                assert!(house.tree.create(house.at(name), keep, true).is_err(), "{name}");
            }
            assert!(left(name).symlink_metadata().is_ok(), "{name} is where it was");
        }
        let secret = house.inside.join("../outside/secret");
        assert_eq!(fs::read(secret).unwrap(), b"secret");
        assert_eq!(house.read("a").unwrap(), b"inside");
    }
}

#[test]
fn renaming_in_more_calls_than_one_replaces_nothing_either() {
    let [house, _] = houses();
    let descriptor = house.tree.root(house.root).unwrap();
    let rename = |from: &str, to: &str| {
        use rustix::fd::AsFd;
        let (from, to) = (from.as_bytes(), to.as_bytes());
        link_then_unlink((descriptor.as_fd(), from), (descriptor.as_fd(), to))
    };
    fs::write(house.inside.join("x"), "x").unwrap();
    fs::create_dir_all(house.inside.join("empty")).unwrap();
    assert_eq!(rename("a", "x"), Err(Errno::EXIST));
    assert_eq!(rename("d", "empty"), Err(Errno::EXIST));
    assert_eq!(rename("a", "empty"), Err(Errno::EXIST));
    rename("a", "y").unwrap();
    rename("d", "e").unwrap();
    assert_eq!(house.names(""), ["e Directory", "empty Directory", "x File", "y File"]);
}

#[test]
fn copying_by_hand_is_copying() {
    let [house, _] = houses();
    let content = vec![7; 100_000];
    fs::write(house.inside.join("big"), &content).unwrap();
    let mut part = house.tree.create(house.at("big"), Keep::All, true).unwrap();
    part.copy_by_hand();
    let mut carried = 0;
    while carried < content.len() {
        carried += part.carry_over(60_000).unwrap();
    }
    part.commit().unwrap();
    assert_eq!(fs::read(house.inside.join("big")).unwrap(), content);
}

#[test]
fn swapping_a_directory_for_a_link_opens_no_way_out() {
    for house in houses() {
        let (real, swap) = (house.inside.join("race"), house.inside.join("swap"));
        fs::create_dir_all(&real).unwrap();
        fs::write(real.join("secret"), "public").unwrap();
        symlink("../outside", &swap).unwrap();
        let (over, is_over) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let (real, swap) = (&real, &swap);
            scope.spawn(move || {
                // Disconnected when the reader is done, or has failed.
                while is_over.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                    renameat_with(CWD, real, CWD, swap, RenameFlags::EXCHANGE).unwrap();
                }
            });
            let over = over;
            for _ in 0..2_000 {
                match house.read("race/secret") {
                    Ok(content) => assert_eq!(content, b"public"),
                    Err(Fault::Denied(Denied::NotFound | Denied::NotADirectory)) => {}
                    Err(fault) => assert_eq!(fault, Trouble::Busy.into()),
                }
            }
            drop(over);
        });
    }
}
