//! The strict reading of the RFCs: every dialogue in `tests/strict`, over real sockets.

use crate::strict_player::{Site, cases};
use crate::support::{GUARD, Setup};

#[test]
fn no_case_is_missed() {
    let server = Setup::new()
        .client("user1", "1234")
        .grant("user1", "Own", "rwd")
        .grant("user1", "Locked", "r")
        .file("Locked/kept", b"kept\n")
        .start();
    let site = Site {
        address: server.ftp,
        user: "user1",
        files: server.path(""),
        root: String::new(),
        owner: None,
        patience: GUARD,
    };
    let cases = cases();
    let missed: Vec<_> = cases
        .iter()
        .filter_map(|case| {
            let error = site.play(case).err()?;
            Some(format!("{} {}: {}\n    {error}", case.place, case.section, case.what))
        })
        .collect();
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), cases.len(), missed.join("\n"));
}
