//! The file `Credentials`: one `username:password` a line.
//!
//! Both directions are here and both are pure: reading it into clients, and changing one client's
//! line while all others, comments and blank lines too, stay byte for byte what they were.

use std::collections::HashMap;

use super::password::Secret;
use super::text::{Line, lines};

/// Most bytes of a username.
const LONGEST_USERNAME: usize = 64;

/// One client, as a line tells it.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line, counted from one.
    pub(super) line: u32,
    /// The client.
    pub(super) username: String,
    /// How it is known.
    pub(super) secret: Secret,
}

/// Whether [`set`] found the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was not there; its line was added at the end.
    Added,
    /// It was there and has a new password.
    Changed,
}

/// What the file holds.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Its clients, in its order.
    pub(super) entries: Vec<Entry>,
    /// The line of every username, also of those whose password is wrong: a grant for one of them
    /// is no second mistake.
    pub(super) names: HashMap<String, u32>,
}

/// Reads the whole file. What is wrong with a line goes to `complain`, with its number.
pub(super) fn parse(text: &[u8], mut complain: impl FnMut(u32, String)) -> Parsed {
    let mut parsed = Parsed::default();
    for line in lines(text).filter(|line| !line.is_remark()) {
        let (username, password) = match fields(line) {
            Ok(fields) => fields,
            Err(reason) => {
                complain(line.number, reason);
                continue;
            }
        };
        if let Some(first) = parsed.names.get(username) {
            let reason = format!("duplicate username '{username}', first on line {first}");
            complain(line.number, reason);
            continue;
        }
        parsed.names.insert(username.to_owned(), line.number);
        match Secret::parse(password) {
            Ok(secret) => {
                let username = username.to_owned();
                parsed.entries.push(Entry { line: line.number, username, secret });
            }
            Err(reason) => complain(line.number, reason),
        }
    }
    parsed
}

/// The text of the file with the password of `username` replaced by `hash`, or a line for it added
/// at the end.
///
/// # Errors
/// The username can't be one, or stands on more lines than one.
pub fn set(text: &[u8], username: &str, hash: &str) -> Result<(Vec<u8>, Change), String> {
    check_username(username)?;
    let mut result = Vec::with_capacity(text.len() + username.len() + hash.len() + 2);
    let mut found: Option<u32> = None;
    for line in lines(text) {
        if line.is_remark() || name_of(line.content) != Some(username.as_bytes()) {
            result.extend_from_slice(line.whole);
            continue;
        }
        if let Some(first) = found {
            return Err(format!("'{username}' stands on lines {first} and {}", line.number));
        }
        found = Some(line.number);
        result.extend_from_slice(line.before());
        result.extend_from_slice(format!("{username}:{hash}").as_bytes());
        result.extend_from_slice(line.ending());
    }
    if found.is_some() {
        return Ok((result, Change::Changed));
    }
    if result.last().is_some_and(|&last| last != b'\n') {
        result.push(b'\n');
    }
    result.extend_from_slice(format!("{username}:{hash}\n").as_bytes());
    Ok((result, Change::Added))
}

/// The username and the password of a line.
fn fields(line: Line<'_>) -> Result<(&str, &[u8]), String> {
    let name = name_of(line.content).ok_or("no colon: expected username:password")?;
    let password = line.content.get(name.len() + 1..).unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| "the username is not UTF-8")?;
    check_username(name)?;
    Ok((name, password))
}

/// What stands before the first colon.
fn name_of(content: &[u8]) -> Option<&[u8]> {
    let colon = content.iter().position(|&byte| byte == b':')?;
    content.get(..colon)
}

/// A username is a word that every log and every listing can show.
fn check_username(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the username is empty".to_owned());
    }
    if name.len() > LONGEST_USERNAME {
        return Err(format!("the username is longer than {LONGEST_USERNAME} bytes"));
    }
    if name == "*" {
        return Err("'*' is no username: in Directories it means every client".to_owned());
    }
    if name.starts_with('#') {
        return Err("a username can't begin with '#', which begins a comment".to_owned());
    }
    let bad = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '/' | ':');
    match name.chars().find(|&c| bad(c)) {
        Some(c) => Err(format!("the username '{}' holds {c:?}", name.escape_debug())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn complaints(text: &str) -> Vec<(u32, String)> {
        let mut complaints = Vec::new();
        parse(text.as_bytes(), |line, reason| complaints.push((line, reason)));
        complaints
    }

    #[test]
    fn reads_names_and_passwords_to_the_letter() {
        let text = "# clients\n\nuser1:1234\nuser2: a:b \r\n  # indented\nü:x";
        let entries = parse(text.as_bytes(), |line, reason| panic!("{line}: {reason}")).entries;
        let read: Vec<_> = entries
            .iter()
            .map(|entry| match &entry.secret {
                Secret::Plain(text) => (entry.line, &*entry.username, &text[..]),
                Secret::Phc(_) | Secret::Crypt(_) | Secret::Certificate(_) => {
                    panic!("no hash here")
                }
            })
            .collect();
        assert_eq!(read, [(3, "user1", &b"1234"[..]), (4, "user2", b" a:b "), (6, "ü", b"x")]);
    }

    #[test]
    fn names_every_mistake_by_its_line() {
        let text = "user1:1\nno colon\n:x\nuser1:2\n*:x\na b:x\nlong:\na/b:x\ntab\u{7}:x";
        let complaints = complaints(text);
        let lines: Vec<_> = complaints.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(complaints[2].1, "duplicate username 'user1', first on line 1");
        assert_eq!(self::complaints(&format!("{}:x", "u".repeat(65))).len(), 1);
        assert_eq!(self::complaints(&format!("u:{}", "x".repeat(1025))).len(), 1);
        let mut count = 0;
        parse(b"\xff:x", |_, _| count += 1);
        assert_eq!(count, 1);
    }

    #[test]
    fn setting_keeps_all_else() {
        let text = "# one\r\n\nuser1:1234\r\n#user2:x\nuser3:z";
        let (text, change) = set(text.as_bytes(), "user1", "$new").unwrap();
        assert_eq!(change, Change::Changed);
        assert_eq!(text, b"# one\r\n\nuser1:$new\r\n#user2:x\nuser3:z");
        let (text, change) = set(&text, "user2", "$two").unwrap();
        assert_eq!(change, Change::Added);
        assert_eq!(text, b"# one\r\n\nuser1:$new\r\n#user2:x\nuser3:z\nuser2:$two\n");
        assert_eq!(set(b"", "u", "h").unwrap().0, b"u:h\n");
        assert!(set(b"u:1\nu:2\n", "u", "h").unwrap_err().contains("lines 1 and 2"));
        assert!(set(b"", "a:b", "h").is_err());
        assert!(set(b"", "a\nb", "h").is_err());
    }

    proptest! {
        #[test]
        fn what_was_set_is_read(text in "([ab#: \r]{0,6}\n){0,6}", name in "[ab]{1,3}") {
            if let Ok((text, _)) = set(text.as_bytes(), &name, "secret") {
                let entries = parse(&text, |_, _| {}).entries;
                let set = entries.iter().any(|entry| {
                    entry.username == name
                        && matches!(&entry.secret, Secret::Plain(plain) if **plain == *b"secret")
                });
                prop_assert!(set, "{}", text.escape_ascii());
            }
        }

        #[test]
        fn any_bytes_can_be_read(text in any::<Vec<u8>>()) {
            parse(&text, |_, _| {});
        }
    }
}
