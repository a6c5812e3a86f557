//! The strict reading of the RFCs, played to the servers of others: how many cases each misses.
//!
//! `coracled` is to miss none, which `loopback::strict` holds it to. Of the others nothing is asked but
//! that they can be played with at all: what is here is that the comparison in
//! `manual::conformance` can be made again, and a run with `--nocapture` prints it.

use std::thread;
use std::time::Duration;

use crate::peer::{Peer, Server};
use crate::servers::{proftpd, pure_ftpd, pyftpdlib, vsftpd};
use crate::strict_player::{Case, Site, cases};

/// How long each reply of theirs may take. Where one does not answer at all, that is a miss.
const PATIENCE: Duration = Duration::from_secs(1);

/// Servers of one kind that share the cases: most of the time goes by in waiting for them.
const SLICES: usize = 8;

/// What is ours alone, and no server's to miss.
const OURS: &str = "ours";

/// Whether a server shows where its files lie on the machine: as they are set up here, two do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Shown,
    Hidden,
}

#[test]
fn vsftpd() {
    misses("vsftpd", &vsftpd::SERVER, Root::Shown, None);
}

#[test]
fn proftpd() {
    misses("ProFTPD", &proftpd::SERVER, Root::Shown, None);
}

#[test]
fn pure_ftpd() {
    misses("pure-ftpd", &pure_ftpd::SERVER, Root::Hidden, Some(pure_ftpd::NOBODY));
}

#[test]
fn pyftpdlib() {
    misses("pyftpdlib", &pyftpdlib::SERVER, Root::Hidden, None);
}

/// Prints which cases `server` misses. Its files belong to `owner`, if not to who runs this.
#[track_caller]
#[expect(clippy::print_stdout, reason = "what is printed is what this is for")]
fn misses(name: &str, server: &'static Server, root: Root, owner: Option<u32>) {
    let cases: Vec<_> = cases().into_iter().filter(|case| case.section != OURS).collect();
    let missed: Vec<_> = thread::scope(|scope| {
        let played: Vec<_> = (0..SLICES)
            .map(|slice| {
                let cases = cases.iter().skip(slice).step_by(SLICES);
                scope.spawn(move || missed_of(cases, server, root, owner))
            })
            .collect();
        played.into_iter().flat_map(|slice| slice.join().expect("a slice is played")).collect()
    });
    // A verb that a server does not have is no misreading of what is asked of it.
    let unserved = |error: &&String| error.contains("\"500 ") || error.contains("\"502 ");
    println!(
        "{name}: {} of {} missed, {} of them for a verb or an option that it does not have\n{}",
        missed.len(),
        cases.len(),
        missed.iter().filter(unserved).count(),
        missed.join("\n")
    );
    assert!(missed.len() * 2 < cases.len(), "{name} can't be played with: {}", missed.join("\n"));
}

/// Which of `cases` a `server` of its own misses, and why.
fn missed_of<'c>(
    cases: impl Iterator<Item = &'c Case>,
    server: &'static Server,
    root: Root,
    owner: Option<u32>,
) -> Vec<String> {
    let peer = Peer::start(server);
    let site = Site {
        address: peer.address(),
        user: server.user,
        files: peer.files(),
        root: match root {
            Root::Shown => peer.files().display().to_string(),
            Root::Hidden => String::new(),
        },
        owner,
        patience: PATIENCE,
    };
    cases
        .filter_map(|case| {
            let error = site.play(case).err()?;
            Some(format!("    {} {}: {}: {error}", case.place, case.section, case.what))
        })
        .collect()
}
