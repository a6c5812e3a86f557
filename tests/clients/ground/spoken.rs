//! What clients say, and whether the manual says the same of them (`src/manual/clients.rs`). It knows
//! no FTP but that a verb begins a line.

use std::collections::BTreeSet;

/// The verbs in what was overheard, without the Telnet signs before some of them.
pub(super) fn verbs(overheard: &str) -> BTreeSet<String> {
    let words = overheard.lines().filter_map(|line| {
        let line = line.trim_start_matches(|sign: char| !sign.is_ascii_alphabetic());
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let plain = (3..=4).contains(&verb.len()) && verb.chars().all(|c| c.is_ascii_alphabetic());
        plain.then_some(verb)
    });
    words.collect()
}

/// Whether the manual names all of these verbs for this client. It speaks of one version of each; a
/// verb that is not said each time is in it as well.
pub(super) fn as_the_manual_says(
    name: &str,
    version: &str,
    spoken: &BTreeSet<String>,
) -> Result<(), String> {
    let manual = include_str!("../../../src/manual/clients.rs");
    let row = manual.lines().find_map(|line| {
        let mut cells = line.strip_prefix("//! | ")?.split(" | ");
        let named = cells.next()? == name && cells.next()? == version;
        named.then(|| cells.next()).flatten()
    });
    let Some(row) = row else { return Ok(()) };
    let told: BTreeSet<String> = row
        .split_ascii_whitespace()
        .map(|verb| verb.trim_matches(['`', '|']).to_owned())
        .filter(|verb| !verb.is_empty())
        .collect();
    let new: Vec<&String> = spoken.difference(&told).collect();
    if new.is_empty() {
        return Ok(());
    }
    Err(format!("it says {new:?}, which src/manual/clients.rs does not have in its row"))
}
