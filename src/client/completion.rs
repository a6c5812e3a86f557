//! Completion at the prompt: of commands, of remote names and of local ones.
//!
//! What is completed follows from the command that the word belongs to. Remote names are asked of
//! the session when they are needed and remembered for a moment. [`input`](super::input) gives this
//! to the line editor.

#![expect(
    clippy::disallowed_methods,
    reason = "this room looks into local directories, and at the clock for how old a listing is"
)]

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::CommandFactory;
use rustyline::Context;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;

use super::arguments::Line;
use super::operations::Session;
use super::terminal::plain;

/// How long remote names are remembered.
const FRESH: Duration = Duration::from_secs(10);

/// What completes the words of a session's lines.
#[derive(Debug)]
pub struct Completion {
    session: Rc<RefCell<Session>>,
    seen: RefCell<Option<Seen>>,
}

/// A remote directory as it was a moment ago.
#[derive(Debug)]
struct Seen {
    at: Instant,
    /// The session's own directory, and the one in it that was looked at.
    place: (String, String),
    names: Vec<(String, bool)>,
}

/// What kind of word is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Command,
    Remote { directories: bool },
    Local { directories: bool },
}

/// The word at the end of a line that is being written.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    /// Where it begins, its quote included.
    start: usize,
    /// The words of its instruction before it.
    before: Vec<String>,
    /// What is written of it.
    word: String,
    /// The quote that is still open.
    quote: Option<char>,
}

impl Completion {
    /// Completes lines for `session`.
    #[must_use]
    pub const fn new(session: Rc<RefCell<Session>>) -> Self {
        Self { session, seen: RefCell::new(None) }
    }

    /// The names that go on with the directory part of a word, each with whether it is a directory.
    fn remote(&self, directory: &str) -> Vec<(String, bool)> {
        // While the session is at work nobody writes a line.
        let Ok(mut session) = self.session.try_borrow_mut() else { return Vec::new() };
        let place = (session.prompt(), directory.to_owned());
        let mut seen = self.seen.borrow_mut();
        if let Some(seen) = &*seen
            && seen.place == place
            && seen.at.elapsed() < FRESH
        {
            return seen.names.clone();
        }
        let names: Vec<(String, bool)> = session
            .names(directory.as_bytes())
            .into_iter()
            .filter_map(|(name, is_directory)| Some((String::from_utf8(name).ok()?, is_directory)))
            .collect();
        *seen = Some(Seen { at: Instant::now(), place, names: names.clone() });
        names
    }

    fn local(&self, directory: &str) -> Vec<(String, bool)> {
        let Ok(session) = self.session.try_borrow() else { return Vec::new() };
        let path = session.local().join(directory).join(Path::new("."));
        let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
        entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().into_string().ok()?;
                Some((name, entry.path().is_dir()))
            })
            .collect()
    }
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let place = place(line.get(..position).unwrap_or(line));
        let wanted = wanted(&place.before);
        if wanted == Wanted::Command {
            return Ok((place.start, commands(&place.word)));
        }
        if place.word.starts_with('-') {
            return Ok((place.start, Vec::new()));
        }
        let split = place.word.rfind('/').map_or(0, |slash| slash + 1);
        let (directory, begun) = place.word.split_at(split);
        let (names, directories) = match wanted {
            Wanted::Remote { directories } => (self.remote(directory), directories),
            Wanted::Local { directories } => (self.local(directory), directories),
            Wanted::Command => (Vec::new(), false),
        };
        let mut fitting: Vec<(String, bool)> = names
            .into_iter()
            .filter(|(name, is_directory)| {
                name.starts_with(begun)
                    && !name.contains(char::is_control)
                    && (*is_directory || !directories)
                    && (!name.starts_with('.') || begun.starts_with('.'))
            })
            .collect();
        fitting.sort();
        let pairs = fitting
            .into_iter()
            .map(|(name, is_directory)| Pair {
                replacement: spelled(&format!("{directory}{name}"), place.quote, is_directory),
                display: plain(&name) + if is_directory { "/" } else { "" },
            })
            .collect();
        Ok((place.start, pairs))
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}

impl Validator for Completion {}

impl rustyline::Helper for Completion {}

/// The commands that begin with `begun`.
fn commands(begun: &str) -> Vec<Pair> {
    let line = Line::command();
    let mut words: Vec<&str> = line
        .get_subcommands()
        .flat_map(|command| {
            std::iter::once(command.get_name()).chain(command.get_visible_aliases())
        })
        .chain(["help"])
        .filter(|word| word.starts_with(&begun.to_ascii_lowercase()))
        .collect();
    words.sort_unstable();
    words.dedup();
    let pair = |word: &str| Pair { display: word.to_owned(), replacement: format!("{word} ") };
    words.into_iter().map(pair).collect()
}

/// What the word behind `before` can be.
fn wanted(before: &[String]) -> Wanted {
    let Some((command, words)) = before.split_first() else { return Wanted::Command };
    let first = words.iter().all(|word| word.starts_with('-'));
    let reverse = words.iter().any(|word| matches!(word.as_str(), "-R" | "--reverse"));
    let output = words.last().is_some_and(|word| matches!(word.as_str(), "-o" | "--output"));
    match command.to_ascii_lowercase().as_str() {
        "help" => Wanted::Command,
        "cd" | "rmdir" => Wanted::Remote { directories: true },
        "lcd" => Wanted::Local { directories: true },
        "get" if !first || output => Wanted::Local { directories: false },
        "put" if first => Wanted::Local { directories: false },
        "mget" if output => Wanted::Local { directories: true },
        "mput" if output => Wanted::Remote { directories: true },
        "mput" => Wanted::Local { directories: false },
        "mirror" if first == reverse => Wanted::Local { directories: true },
        "mirror" => Wanted::Remote { directories: true },
        _ => Wanted::Remote { directories: false },
    }
}

/// Where a line ends, cut as [`words`](super::words) does.
fn place(line: &str) -> Place {
    let mut place = Place { start: 0, before: Vec::new(), word: String::new(), quote: None };
    let mut inside = false;
    let mut characters = line.char_indices();
    while let Some((at, c)) = characters.next() {
        match (place.quote, c) {
            (Some(quote), c) if c == quote => place.quote = None,
            (Some('\''), c) => place.word.push(c),
            (None, ' ' | '\t' | ';') => {
                if inside {
                    place.before.push(std::mem::take(&mut place.word));
                }
                if c == ';' {
                    place.before.clear();
                }
                inside = false;
                continue;
            }
            (_, '\\') => {
                if !inside {
                    place.start = at;
                    inside = true;
                }
                place.word.extend(characters.next().map(|(_, kept)| kept));
                continue;
            }
            (None, '\'' | '"') => place.quote = Some(c),
            (_, c) => place.word.push(c),
        }
        if !inside {
            place.start = at;
            inside = true;
        }
    }
    if !inside {
        place.start = line.len();
    }
    place
}

/// A word as it has to be written. A file's is finished; into a directory one goes on.
fn spelled(word: &str, quote: Option<char>, is_directory: bool) -> String {
    let end = if is_directory { "/" } else { "" };
    let Some(quote) = quote.filter(|quote| !word.contains(*quote) && !word.contains('\\')) else {
        let mut text = String::new();
        for (at, c) in word.chars().enumerate() {
            if " \t;'\"\\".contains(c) || (at == 0 && "#!".contains(c)) {
                text.push('\\');
            }
            text.push(c);
        }
        return text + if is_directory { "/" } else { " " };
    };
    let close = if is_directory { String::new() } else { format!("{quote} ") };
    format!("{quote}{word}{end}{close}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &str) -> (usize, Vec<String>, String, Option<char>) {
        let Place { start, before, word, quote } = place(line);
        (start, before, word, quote)
    }

    #[test]
    fn the_word_at_the_end_is_found() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(at(""), (0, vec![], String::new(), None));
        assert_eq!(at("ge"), (0, vec![], "ge".into(), None));
        assert_eq!(at("get "), (4, words(&["get"]), String::new(), None));
        assert_eq!(at("cd a; get Free\\ F"), (10, words(&["get"]), "Free F".into(), None));
        assert_eq!(at("get 'Free F"), (4, words(&["get"]), "Free F".into(), Some('\'')));
        assert_eq!(at("get 'a b' c"), (10, words(&["get", "a b"]), "c".into(), None));
        assert_eq!(at("get \"a;"), (4, words(&["get"]), "a;".into(), Some('"')));
    }

    #[test]
    fn the_command_says_what_is_wanted() {
        let wanted = |line: &str| wanted(&place(line).before);
        assert_eq!(wanted("ge"), Wanted::Command);
        assert_eq!(wanted("pwd; "), Wanted::Command);
        assert_eq!(wanted("GET "), Wanted::Remote { directories: false });
        assert_eq!(wanted("get -f x "), Wanted::Local { directories: false });
        assert_eq!(wanted("put "), Wanted::Local { directories: false });
        assert_eq!(wanted("put x "), Wanted::Remote { directories: false });
        assert_eq!(wanted("cd "), Wanted::Remote { directories: true });
        assert_eq!(wanted("mirror "), Wanted::Remote { directories: true });
        assert_eq!(wanted("mirror x "), Wanted::Local { directories: true });
        assert_eq!(wanted("mirror -R "), Wanted::Local { directories: true });
        assert_eq!(wanted("mirror -R x "), Wanted::Remote { directories: true });
    }

    #[test]
    fn words_are_spelled_so_that_they_come_back() {
        for word in ["Joker", "Free Fire", "a;b", "it's", "q\"q", "back\\slash", "#x", "!x"] {
            for quote in [None, Some('\''), Some('"')] {
                let text = spelled(word, quote, false);
                assert!(text.ends_with(' '));
                let line = format!("get {text}");
                assert_eq!(place(&line).before, ["get", word], "{line}");
            }
        }
        assert_eq!(spelled("My Films", None, true), "My\\ Films/");
        assert_eq!(spelled("My Films", Some('"'), true), "\"My Films/");
    }

    #[test]
    fn commands_are_known_to_it() {
        let names =
            |begun| commands(begun).into_iter().map(|pair| pair.display).collect::<Vec<_>>();
        assert_eq!(names("MG"), ["mget"]);
        assert_eq!(names("b"), ["binary", "bye"]);
        assert!(names("").len() > 30);
    }
}
