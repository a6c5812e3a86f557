//! `.netrc`: accounts and passwords by machine, as ftp(1) and curl read them.
//!
//! Pure text; who may read the file is checked where it is opened, in
//! [`password`](super::password).

use super::user_pi::Secret;

/// One `machine` or `default` entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// The machine; none for `default`.
    pub machine: Option<String>,
    /// The account's name.
    pub login: Option<Vec<u8>>,
    /// Its password.
    pub password: Option<Secret>,
}

/// The entry of `text` for `host`, and for `user` where one is wanted. The first that matches
/// wins; `default` matches every host that comes to it.
#[must_use]
pub fn lookup(text: &[u8], host: &str, user: Option<&[u8]>) -> Option<Entry> {
    entries(text).into_iter().find(|entry| {
        entry.machine.as_ref().is_none_or(|machine| machine.eq_ignore_ascii_case(host))
            && user.is_none_or(|user| entry.login.as_ref().is_none_or(|login| login == user))
    })
}

fn entries(text: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut tokens = Tokens { rest: text };
    while let Some(token) = tokens.next() {
        match &token[..] {
            b"machine" => {
                let name = tokens.next().unwrap_or_default();
                let machine = Some(String::from_utf8_lossy(&name).into_owned());
                entries.push(Entry { machine, ..Entry::default() });
            }
            b"default" => entries.push(Entry::default()),
            b"login" => {
                let login = tokens.next();
                if let Some(entry) = entries.last_mut() {
                    entry.login = login;
                }
            }
            b"password" => {
                let password = tokens.next().map(Secret::new);
                if let Some(entry) = entries.last_mut() {
                    entry.password = password;
                }
            }
            b"account" => drop(tokens.next()),
            b"macdef" => tokens.skip_macro(),
            comment if comment.starts_with(b"#") => tokens.skip_line(),
            _unknown => {}
        }
    }
    entries
}

/// Words separated by white space; `"…"` holds blanks, and a backslash inside of it keeps the next
/// character. A word that begins with `#` makes the rest of its line a comment, except where a
/// value is expected: there it can't be told from a password, and is one.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl Tokens<'_> {
    fn next(&mut self) -> Option<Vec<u8>> {
        self.rest = self.rest.trim_ascii_start();
        let (&first, after) = self.rest.split_first()?;
        let mut token = Vec::new();
        if first == b'"' {
            let mut bytes = after.iter();
            while let Some(byte) = bytes.next() {
                match byte {
                    b'"' => break,
                    b'\\' => token.extend(bytes.next()),
                    other => token.push(*other),
                }
            }
            self.rest = bytes.as_slice();
        } else {
            let end = self.rest.iter().position(u8::is_ascii_whitespace);
            let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
            token.extend_from_slice(word);
            self.rest = rest;
        }
        Some(token)
    }

    /// A macro goes to the next empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.windows(2).position(|pair| pair == b"\n\n");
        self.rest = end.map_or(&[], |end| &self.rest[end..]);
    }

    fn skip_line(&mut self) {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        self.rest = end.map_or(&[], |end| &self.rest[end..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"# a comment: machine nowhere login x\n\
        machine one.example login ann password s3cret\n\
        machine two.example\n\tlogin bob\n\tpassword \"with blank \\\"q\\\"\"\n\
        macdef init\nmachine one.example login evil\ncd /\n\n\
        machine one.example login eve password #other account x\n\
        default login anonymous password me@\n";

    fn found(host: &str, user: Option<&str>) -> (Option<String>, Option<String>) {
        let entry = lookup(TEXT, host, user.map(str::as_bytes)).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (entry.login.as_deref().map(text), entry.password.map(|password| text(password.reveal())))
    }

    fn account(login: &str, password: &str) -> (Option<String>, Option<String>) {
        (Some(login.to_owned()), Some(password.to_owned()))
    }

    #[test]
    fn finds_machine_and_user() {
        assert_eq!(found("one.example", None), account("ann", "s3cret"));
        assert_eq!(found("ONE.example", Some("eve")), account("eve", "#other"));
        assert_eq!(found("two.example", None), account("bob", "with blank \"q\""));
        assert_eq!(found("three.example", None), account("anonymous", "me@"));
        assert_eq!(lookup(TEXT, "one.example", Some(b"nobody")), None);
    }

    #[test]
    fn nonsense_is_no_entry() {
        assert_eq!(lookup(b"login x password y", "h", None), None);
        assert_eq!(lookup(b"machine", "h", None), None);
        assert_eq!(lookup(b"machine h password \"open", "h", None).unwrap().login, None);
    }
}
