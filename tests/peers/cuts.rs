//! What `coracle` does over a line that drops data connections in the middle of files, against any
//! server: with tries enough, every file arrives as it is, and goes on where it broke.

use crate::desk::{Desk, out};
use crate::peer::{Peer, Server};
use crate::proxy::Proxy;
use crate::support::{assert_same, noise};

/// Bytes of one file.
const LENGTH: usize = 4_000_000;

/// Bytes within which a connection breaks.
const WITHIN: u64 = 1_500_000;

/// Bytes of each of many files.
const EACH: usize = 400_000;

/// The time-out is short, for pyftpdlib and pure-ftpd at times say nothing more when a data connection
/// was reset, and the client has to ask anew. Without TLS, for the line has to read where data comes.
const PATIENT: &[&str] = &["--tls", "off", "--timeout", "2", "--retries", "20"];

/// A server, and a line to it that drops so many data connections.
struct Line {
    peer: Peer,
    proxy: Proxy,
}

impl Line {
    fn to(server: &'static Server, seed: u64, drops: usize, within: u64) -> Self {
        let peer = Peer::start(server);
        let proxy = Proxy::new(peer.address(), seed, drops, [u64::MAX, within]);
        Self { peer, proxy }
    }

    /// A URL of the server's, over the line.
    fn over(&self, url: &str) -> String {
        url.replace(&self.peer.address().to_string(), &self.proxy.address.to_string())
    }
}

/// The whole number that follows `"name":` in a line of JSON.
#[track_caller]
fn number(json: &str, name: &str) -> usize {
    let (_, rest) = json.split_once(&format!("\"{name}\":")).expect(name);
    rest.split([',', '}']).next().and_then(|digits| digits.parse().ok()).expect(name)
}

pub(crate) fn a_download_that_is_cut_goes_on(server: &'static Server) {
    for seed in [1, 2] {
        let (line, desk) = (Line::to(server, seed, 3, WITHIN), Desk::new());
        let content = noise(LENGTH, seed);
        line.peer.write("Own/film", &content);
        let url = line.over(&line.peer.url("Own/film"));
        let done =
            desk.coracle(&[&["get"], PATIENT, &["--json", &url]].concat()).assert().success();
        assert_same(&desk.read("film"), &content);
        assert_eq!(desk.names(), ["film"]);
        assert!(line.proxy.dropped() > 0, "{seed}: the line was too good");
        let told = out(&done);
        assert!(number(&told, "attempts") > 1, "{told}");
        // Nothing was fetched twice: what came before the cut was kept.
        assert_eq!(number(&told, "bytes"), LENGTH, "{told}");
    }
}

pub(crate) fn an_upload_that_is_cut_goes_on(server: &'static Server) {
    for seed in [3, 4] {
        let (line, desk) = (Line::to(server, seed, 3, WITHIN), Desk::new());
        let content = noise(LENGTH, seed);
        desk.write("film", &content);
        let url = line.over(&line.peer.url("Own/"));
        let done = desk
            .coracle(&[&["put"], PATIENT, &["--json", "film", &url]].concat())
            .assert()
            .success();
        assert_same(&line.peer.content("Own/film"), &content);
        assert!(line.proxy.dropped() > 0, "{seed}: the line was too good");
        let told = out(&done);
        assert!(number(&told, "attempts") > 1, "{told}");
    }
}

pub(crate) fn many_files_arrive_over_a_line_that_breaks(server: &'static Server) {
    let (line, desk) = (Line::to(server, 5, 6, EACH as u64), Desk::new());
    let names: Vec<String> = (0..10).map(|n| format!("{n}.bin")).collect();
    for (name, seed) in names.iter().zip(0..) {
        line.peer.write(&format!("Own/{name}"), &noise(EACH, seed));
    }
    let from = line.over(&line.peer.wild("Own/*.bin"));
    desk.runs(&[&["mget"], PATIENT, &["--jobs", "3", &from, "here"]].concat());
    assert_eq!(desk.names_in("here"), names);
    assert!(line.proxy.dropped() > 0, "the line was too good");

    let proxy = Proxy::new(line.peer.address(), 6, 6, [u64::MAX, EACH as u64]);
    desk.runs(&["mkdir", &line.peer.url("Own/back")]);
    let to = line.peer.url("Own/back/");
    let to = to.replace(&line.peer.address().to_string(), &proxy.address.to_string());
    desk.runs(&[&["mput"], PATIENT, &["--jobs", "3", "here/*.bin", &to]].concat());
    assert!(proxy.dropped() > 0, "the line was too good");
    for (name, seed) in names.iter().zip(0..) {
        assert_same(&desk.read(&format!("here/{name}")), &noise(EACH, seed));
        assert_same(&line.peer.content(&format!("Own/back/{name}")), &noise(EACH, seed));
    }
}
