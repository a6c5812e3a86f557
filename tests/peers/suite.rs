//! What `coracle` has to do against any server, each a function of the server.
//!
//! Nothing here knows which server it talks to: what they do differently is theirs to set right in
//! their configuration, or the client's to make up for.

use crate::desk::{Desk, err};
use crate::peer::{Peer, Server};
use crate::support::{assert_same, noise};

/// Bytes of a file that is more than any buffer on the way holds.
const LARGE: usize = 20 * 1024 * 1024;

/// Names that some program or other stumbles over.
const ODD_NAMES: [&str; 9] = [
    "two  words",
    "naïve café – 日本.txt",
    "it's \"quoted\".txt",
    "\"",
    "-dash",
    ".dot",
    "100%.txt",
    "[x]*?.txt",
    "a;b&c|d#e~.txt",
];

pub(crate) fn the_right_password_opens_and_a_wrong_one_does_not(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let top = peer.url("");
    assert_eq!(desk.runs(&["ls", &top]), "Locked\nOwn\n");
    let wrong =
        desk.coracle(&["ls", &top]).env("CORACLE_PASSWORD", "x1234").assert().code(5).stdout("");
    assert!(err(&wrong).contains("login refused"), "{}", err(&wrong));
}

pub(crate) fn ls_mixes_and_dir_puts_directories_first(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    peer.write("Own/beta", b"12345");
    peer.write("Own/Alpha Beta", b"1");
    peer.write("Own/archive/deep", b"");
    peer.write("Own/Cellar/wine", b"");
    let own = peer.url("Own");
    assert_eq!(desk.runs(&["ls", &own]), "Alpha Beta\narchive\nbeta\nCellar\n");
    assert_eq!(desk.runs(&["dir", &own]), "archive\nCellar\nAlpha Beta\nbeta\n");
    let long = desk.runs(&["dir", "-l", &own]);
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(lines.len(), 4, "{long}");
    assert!(lines[0].starts_with('d') && lines[0].ends_with(" archive"), "{long}");
    assert!(lines[3].starts_with('-') && lines[3].contains(" 5 "), "{long}");
}

pub(crate) fn what_is_listed_may_be_a_file_or_empty_or_missing(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    peer.write("Own/one file", b"1");
    desk.runs(&["mkdir", &peer.url("Own/empty")]);
    assert_eq!(desk.runs(&["ls", &peer.url("Own/one file")]), "one file\n");
    assert_eq!(desk.runs(&["ls", &peer.url("Own/empty")]), "");
    assert_eq!(desk.ends(6, &["ls", &peer.url("Own/missing")]), "");
    // The directory that was looked at for that is not where the session stays.
    let script = "cd Own\nls empty\nls\n";
    assert_eq!(desk.plays(0, &peer.host(), script), "empty\none file\n");
}

pub(crate) fn downloads_arrive_whole_and_overwrite_nothing(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let content = noise(LARGE, 7);
    peer.write("Own/large", &content);
    peer.write("Own/empty", b"");
    assert_eq!(desk.runs(&["get", &peer.url("Own/large")]), "");
    assert_same(&desk.read("large"), &content);
    desk.runs(&["get", &peer.url("Own/empty")]);
    assert_same(&desk.read("empty"), b"");
    assert_eq!(desk.runs(&["size", &peer.url("Own/large")]), format!("{LARGE}\n"));
    assert_eq!(desk.runs(&["size", &peer.url("Own/empty")]), "0\n");

    desk.write("large", b"mine");
    desk.ends(10, &["get", &peer.url("Own/large")]);
    assert_same(&desk.read("large"), b"mine");
    desk.runs(&["get", "--force", &peer.url("Own/large")]);
    assert_same(&desk.read("large"), &content);
    let cat = desk.coracle(&["cat", &peer.url("Own/large")]).assert().success();
    assert_same(&cat.get_output().stdout, &content);
    assert_eq!(desk.names(), ["empty", "large"], "no part is left");
}

pub(crate) fn uploads_arrive_whole(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let content = noise(LARGE, 3);
    desk.write("large", &content);
    desk.write("empty", b"");
    assert_eq!(desk.runs(&["put", "large", &peer.url("Own/")]), "");
    desk.runs(&["put", "empty", &peer.url("Own/renamed")]);
    assert_same(&peer.content("Own/large"), &content);
    assert_same(&peer.content("Own/renamed"), b"");
    // What is there is replaced, not written into.
    desk.write("small", b"small\n");
    desk.runs(&["put", "small", &peer.url("Own/large")]);
    assert_same(&peer.content("Own/large"), b"small\n");
    desk.ends(10, &["put", "nothing", &peer.url("Own/")]);
    assert_eq!(peer.names("Own").into_iter().collect::<Vec<_>>(), ["large", "renamed"]);
}

pub(crate) fn names_are_made_moved_and_removed(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    desk.write("x", b"x");
    desk.runs(&["mkdir", &peer.url("Own/new")]);
    desk.runs(&["put", "x", &peer.url("Own/new/")]);
    desk.runs(&["mv", &peer.url("Own/new/x"), "Own/y"]);
    assert!(peer.names("Own/new").is_empty());
    desk.runs(&["mv", &peer.url("Own/new"), "Own/newer"]);
    desk.runs(&["rmdir", &peer.url("Own/newer")]);
    assert_eq!(peer.names("Own").into_iter().collect::<Vec<_>>(), ["y"]);
    assert_same(&peer.content("Own/y"), b"x");
    desk.runs(&["rm", &peer.url("Own/y")]);
    assert!(peer.names("Own").is_empty());
}

pub(crate) fn odd_names_go_both_ways(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    desk.runs(&["mkdir", &peer.url("Own/an odd \"directory\"")]);
    for name in ODD_NAMES {
        let (content, path) = (name.as_bytes(), format!("Own/an odd \"directory\"/{name}"));
        desk.write(name, content);
        desk.runs(&["put", &format!("./{name}"), &peer.url(&path)]);
        assert_same(&peer.content(&path), content);
        desk.runs(&["get", "--force", &peer.url(&path)]);
        assert_same(&desk.read(name), content);
        // And without a directory before it, as a command's whole argument.
        let word = name.replace('"', "\\\"");
        let script = format!(
            "cd 'Own/an odd \"directory\"'\n\
             ls\n\
             size -- \"{word}\"\n\
             cat -- \"{word}\"\n\
             mv -- \"{word}\" \"../{word}\"\n\
             cd ..\n\
             cat \"./{word}\"\n\
             rm -- \"{word}\"\n"
        );
        let told = format!("{name}\n{}\n{name}{name}", content.len());
        assert_eq!(desk.plays(0, &peer.host(), &script), told);
        assert!(!peer.names("Own").contains(name), "{name} is still there");
    }
    // A directory by an odd name, to stand in and to be told of.
    let script = "cd 'Own/an odd \"directory\"'\npwd\n";
    let place = desk.plays(0, &peer.host(), script);
    assert!(place.ends_with("/Own/an odd \"directory\"\n"), "{place}");
    desk.runs(&["rmdir", &peer.url("Own/an odd \"directory\"")]);
}

pub(crate) fn a_line_end_in_a_name_is_refused(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    desk.write("x", b"x");
    for name in ["a\nb", "a\r\nDELE kept", "a\rb"] {
        let url = peer.url(&format!("Own/{name}"));
        let refused = desk.coracle(&["put", "x", &url]).assert().code(2).stdout("");
        assert!(err(&refused).contains("line end"), "{}", err(&refused));
        desk.ends(2, &["mkdir", &url]);
        desk.ends(2, &["get", &url]);
    }
    assert!(peer.names("Own").is_empty());
    assert_eq!(desk.names(), ["x"]);
}

pub(crate) fn what_is_missing_is_told_from_what_is_forbidden(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    desk.write("x", b"x");
    let missing = peer.url("Own/missing");
    for verb in ["get", "cat", "size", "rm", "rmdir"] {
        desk.ends(6, &[verb, &missing]);
    }
    desk.ends(6, &["mv", &missing, "Own/other"]);
    desk.plays(6, &peer.host(), "cd Nowhere\n");

    let kept = peer.url("Locked/kept");
    desk.ends(7, &["put", "x", &peer.url("Locked/")]);
    desk.ends(7, &["put", "x", &kept]);
    desk.ends(7, &["mkdir", &peer.url("Locked/new")]);
    desk.ends(7, &["mv", &kept, "Locked/other"]);
    desk.ends(7, &["rm", &kept]);
    assert_eq!(peer.names("Locked").into_iter().collect::<Vec<_>>(), ["kept"]);
    assert_same(&peer.content("Locked/kept"), b"kept\n");
    assert_eq!(desk.names(), ["x"], "what failed leaves nothing");
}

pub(crate) fn a_script_keeps_its_place(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    desk.write("up", b"up\n");
    let script = "cd Own\n\
        mkdir new\n\
        cd new\n\
        put up\n\
        put up 'a b'\n\
        ls\n\
        cat up\n\
        cd ..\n\
        ls\n\
        get new/up down\n\
        mv new/up up\n\
        rm up\n\
        rm 'new/a b'\n\
        rmdir new\n\
        ls\n\
        cd\n\
        ls\n";
    assert_eq!(desk.plays(0, &peer.host(), script), "a b\nup\nup\nnew\nLocked\nOwn\n");
    assert_same(&desk.read("down"), b"up\n");
    assert!(peer.names("Own").is_empty());
    let inside = format!("{}/Own", peer.host());
    assert!(desk.plays(6, &inside, "pwd\ncd Nowhere\npwd\n").ends_with("/Own\n"));
}

pub(crate) fn the_server_may_be_the_one_that_connects(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let content = noise(1_000_000, 11);
    desk.write("x", &content);
    desk.runs(&["--active", "put", "x", &peer.url("Own/")]);
    assert_same(&peer.content("Own/x"), &content);
    assert_eq!(desk.runs(&["--active", "ls", &peer.url("Own")]), "x\n");
    desk.runs(&["--active", "get", &peer.url("Own/x"), "y"]);
    assert_same(&desk.read("y"), &content);
}

/// A listing of `server`, for which the client has said all of `said` and none of `unsaid`.
pub(crate) fn a_server_speaks_only(server: &'static Server, said: &[&str], unsaid: &[&str]) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    peer.write("Own/x", b"x");
    assert_eq!(desk.runs(&["ls", &peer.url("Own")]), "x\n");
    assert_eq!(desk.runs(&["ls", &peer.url("Own/x")]), "x\n");
    let log = peer.said();
    for verb in said {
        assert!(log.contains(verb), "no {verb} in\n{log}");
    }
    for verb in unsaid {
        // FEAT may name it; what counts is the command.
        assert!(!log.contains(&format!("\"{verb}")), "{verb} in\n{log}");
    }
}

/// A file goes there and comes back.
pub(crate) fn every_transfer_works(server: &'static Server) {
    let (peer, desk) = (Peer::start(server), Desk::new());
    let content = noise(1_000_000, 5);
    desk.write("x", &content);
    desk.runs(&["put", "x", &peer.url("Own/")]);
    assert_same(&peer.content("Own/x"), &content);
    desk.runs(&["get", &peer.url("Own/x"), "y"]);
    assert_same(&desk.read("y"), &content);
    assert_eq!(desk.runs(&["ls", &peer.url("Own")]), "x\n");
}
