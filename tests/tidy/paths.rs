//! The paths that a source uses, resolved to the rooms that they lead to. Knows no rule; `tidy` judges.

use std::path::Path;

use crate::tokens::{Token, is_word};

/// Where a file stands: its room, and its module path from the crate's root.
pub(crate) struct Place {
    pub(crate) room: Option<String>,
    module: Vec<String>,
}

impl Place {
    /// The place of the file at `path`, relative to `src`.
    pub(crate) fn of(path: &Path) -> Self {
        let mut module: Vec<String> = path
            .with_extension("")
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        if module.first().is_some_and(|first| first == "bin") {
            // A program is a crate of its own: its root is its main file.
            return Self {
                room: Some(module.iter().take(2).cloned().collect::<Vec<_>>().join("/")),
                module: Vec::new(),
            };
        }
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        Self { room: module.first().cloned(), module }
    }

    /// True in the room, or in the part of one, that `part` names as `room/part`.
    pub(crate) fn lies_in(&self, part: &str) -> bool {
        let parts: Vec<&str> = part.split('/').collect();
        self.module.get(..parts.len()).is_some_and(|module| module == parts)
    }

    fn is_program(&self) -> bool {
        self.room.as_ref().is_some_and(|room| room.starts_with("bin/"))
    }
}

/// A path as a source uses it.
pub(crate) struct Used {
    /// From the room downwards if it leads into this crate, else as it stands.
    pub(crate) written: String,
    /// The room that it leads to, if it leads into this crate.
    pub(crate) room: Option<String>,
    /// The line that it stands on, from 1.
    pub(crate) line: usize,
    /// True inside a test module.
    pub(crate) in_tests: bool,
}

/// Every path in `tokens`, with `crate`, `super` and `self` resolved.
pub(crate) fn paths(tokens: &[Token], place: &Place, only_tests: bool) -> Vec<Used> {
    let mut used = Vec::new();
    let mut module = place.module.clone();
    // For each open inline module, the depth of braces outside it and whether it is a test's.
    let mut inline: Vec<(usize, bool)> = Vec::new();
    let (mut depth, mut test_ahead, mut at) = (0_usize, false, 0);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    while at < tokens.len() {
        match text(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last().is_some_and(|(outside, _)| *outside == depth) {
                    inline.pop();
                    module.pop();
                }
            }
            ";" => test_ahead = false,
            "cfg" if text(at + 1) == "(" && text(at + 2) == "test" => test_ahead = true,
            "mod" if text(at + 2) == "{" => {
                inline.push((depth, test_ahead));
                module.push(text(at + 1).into());
                test_ahead = false;
                at += 1;
            }
            word if is_word(word) && (at == 0 || !matches!(text(at - 1), "::" | ".")) => {
                let in_tests = only_tests || test_ahead || inline.iter().any(|(_, test)| *test);
                let mut leaves = Vec::new();
                at = leaves_of(tokens, at, &[], &mut leaves);
                for (line, leaf) in leaves {
                    let (room, written) = resolve(&leaf, &module, place.is_program());
                    used.push(Used { written, room, line, in_tests });
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    used
}

/// Reads the path, or tree of paths in braces, that begins at `at`; returns where it ends.
fn leaves_of(
    tokens: &[Token],
    mut at: usize,
    before: &[String],
    leaves: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let line = tokens.get(at).map_or(0, |token| token.line);
    let mut path = before.to_vec();
    loop {
        match text(at) {
            "{" if !path.is_empty() => {
                at += 1;
                while !matches!(text(at), "}" | "") {
                    at = match text(at) {
                        word if is_word(word) || word == "*" || word == "{" => {
                            leaves_of(tokens, at, &path, leaves)
                        }
                        _ => at + 1,
                    };
                }
                return at + 1;
            }
            "*" => {
                path.push("*".into());
                leaves.push((line, path));
                return at + 1;
            }
            word if is_word(word) => path.push(word.into()),
            _ => break,
        }
        at += 1;
        if text(at) != "::" {
            break;
        }
        at += 1;
    }
    leaves.push((line, path));
    // `as name` gives a name, which is no path.
    if text(at) == "as" { at + 2 } else { at }
}

/// The room that `path`, written inside `module`, leads to, and the path from there.
fn resolve(path: &[String], module: &[String], in_program: bool) -> (Option<String>, String) {
    let mut from = match path.first().map(String::as_str) {
        Some("crate") if !in_program => Vec::new(),
        Some("coracle") if in_program => Vec::new(),
        Some("super" | "self") => module.to_vec(),
        _ => return (None, path.join("::")),
    };
    for part in path {
        match part.as_str() {
            "super" => {
                from.pop();
            }
            "self" | "crate" | "coracle" => {}
            part => from.push(part.into()),
        }
    }
    if in_program && path.first().is_some_and(|first| first != "coracle") {
        return (None, from.join("::"));
    }
    (from.first().cloned(), from.join("::"))
}
