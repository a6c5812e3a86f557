//! The tests that `manual/trust` and `manual/conformance` name: a claim whose test has been renamed or removed is no longer
//! shown by anything. It looks for functions by name and does not know whether they show what they
//! are said to.

use std::path::Path;

use super::{Source, sources_below};
use crate::tokens::tokens;

/// How the last column of a table of attacks is headed.
const HEAD: &str = "the test that shows so |";

/// How that of a table of requirements is, some of which are not met on purpose.
const HEAD_OR_REASON: &str = "the test that shows so, or why not |";

/// A line of the manual, and the tests that it names.
struct Claim {
    line: usize,
    tests: Vec<String>,
    /// Whether its last column says anything at all.
    has_reason: bool,
}

#[test]
fn each_attack_has_a_test_and_each_test_is_there() {
    let findings = findings("src/manual/trust.rs", HEAD, 50);
    assert!(findings.is_empty(), "src/manual/trust.rs:\n{}\n", findings.join("\n"));
}

#[test]
fn each_requirement_has_a_test_or_a_reason_and_each_test_is_there() {
    let findings = findings("src/manual/conformance.rs", HEAD_OR_REASON, 150);
    assert!(findings.is_empty(), "src/manual/conformance.rs:\n{}\n", findings.join("\n"));
}

/// What is wrong with the tables of `manual` that end in `head`, of which there are at least `rows`
/// rows.
fn findings(manual: &str, head: &str, rows: usize) -> Vec<String> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<Source> =
        ["src", "tests"].iter().flat_map(|place| sources_below(&house.join(place))).collect();
    let manual = house.join(manual);
    let text = sources.iter().find(|source| source.path == manual).expect("the manual");
    let claims = claims(&text.text, head);
    assert!(claims.len() >= rows, "only {} rows are found", claims.len());
    let mut findings = Vec::new();
    for Claim { line, tests, has_reason } in claims {
        if tests.is_empty() && !(has_reason && head == HEAD_OR_REASON) {
            findings.push(format!("{line}: no test shows this"));
        }
        for test in tests {
            if !is_there(&test, house, &sources) {
                findings.push(format!("{line}: there is no test `{test}`"));
            }
        }
    }
    findings
}

/// The rows of the tables that name tests in a last column of this head.
fn claims(manual: &str, head: &str) -> Vec<Claim> {
    let (mut claims, mut inside) = (Vec::new(), false);
    for (number, line) in manual.lines().enumerate() {
        let Some(row) = line.strip_prefix("//! |") else {
            inside = false;
            continue;
        };
        if inside && !row.starts_with("---") {
            let named = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
            // What stands between backticks.
            let tests: Vec<_> = named.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            let has_reason = !named.trim().is_empty();
            claims.push(Claim { line: number + 1, tests, has_reason });
        }
        inside |= row.ends_with(head);
    }
    claims
}

/// Whether `room::module::test` is a function under `#[test]`, or one that a harness of our own calls.
fn is_there(test: &str, house: &Path, sources: &[Source]) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    let path = module.replace("::", "/");
    // A module of tests has a file of its own, or stands at the end of what it tests.
    let paths = [Some(path.as_str()), path.strip_suffix("/tests")];
    let files = paths.into_iter().flatten().flat_map(|path| {
        ["src", "tests"].into_iter().flat_map(move |place| {
            let at = house.join(place).join(path);
            [at.with_extension("rs"), at.join("mod.rs"), at.join("main.rs")]
        })
    });
    files
        .filter_map(|file| sources.iter().find(|source| source.path == file))
        .any(|source| is_defined(name, &source.text))
}

/// Whether `text` has a function `name` that takes nothing, or what a property takes, and is a test:
/// it stands under `#[test]`, or its name is given to a harness.
fn is_defined(name: &str, text: &str) -> bool {
    let tokens = tokens(text);
    let mut under_test = false;
    let mut defined = false;
    let mut mentions = 0;
    for window in tokens.windows(3) {
        match [&*window[0].text, &*window[1].text, &*window[2].text] {
            ["[", "test", "]"] => under_test = true,
            ["fn", found, _] if found == name && under_test => return true,
            ["fn", found, _] if found == name => defined = true,
            ["fn", _, _] => under_test = false,
            [found, _, _] if found == name => mentions += 1,
            _ => {}
        }
    }
    // The definition's own mention is one of them.
    defined && mentions > 1
}

#[test]
fn rows_are_found_by_the_head_of_their_table() {
    let manual = "\
//! | who | what |
//! |---|---|
//! | a | `b::c` |
//!
//! | attack | wall | the test that shows so |
//! |---|---|---|
//! | x | `y` | `a::b::c` `d::e` |
//! | x | y | |
//!
//! | z | `f::g` |
";
    let found: Vec<_> =
        claims(manual, HEAD).into_iter().map(|claim| (claim.line, claim.tests)).collect();
    assert_eq!(found, [(7, vec!["a::b::c".to_owned(), "d::e".to_owned()]), (8, vec![])]);
}

#[test]
fn a_test_is_told_from_a_function_and_from_a_word() {
    let text = "#[test]\nfn shown() {}\nfn helper() {}\n// fn said() {}\nfn run() { let f = (\"tried\", tried); }\nfn tried() {}";
    assert!(is_defined("shown", text) && is_defined("tried", text));
    assert!(!is_defined("helper", text) && !is_defined("said", text) && !is_defined("run", text));
}
