//! The words of the guided dialogue: what a person asks for and what the server says, a line each.
//!
//! Reads and writes both, so that server and client share them; the order in which they come is the
//! session's. Every line is ended by CRLF and is Telnet text, as with FTP: the byte 255 is doubled
//! on the wire, and who reads takes lines from a [`Framer`](super::Framer). Behind the line of
//! [`Prompt::Sending`] come raw bytes, which are not for a framer.

use std::borrow::Cow;

use super::digits;
use super::line::write_text;

/// What a client chooses from a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    /// LOGIN.
    Login,
    /// QUIT.
    Quit,
    /// SHOW DIRECTORIES.
    ShowDirectories,
    /// SHOW DIRECTORY.
    ShowDirectory,
    /// DOWNLOAD FILE.
    DownloadFile,
}

impl Request {
    /// Every request.
    pub const ALL: &[Self] =
        &[Self::Login, Self::Quit, Self::ShowDirectories, Self::ShowDirectory, Self::DownloadFile];

    /// The request in its own words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Login => "LOGIN",
            Self::Quit => "QUIT",
            Self::ShowDirectories => "SHOW DIRECTORIES",
            Self::ShowDirectory => "SHOW DIRECTORY",
            Self::DownloadFile => "DOWNLOAD FILE",
        }
    }

    /// The request that `line` makes, in capitals or not, with any spaces around and between words.
    #[must_use]
    pub fn parse(line: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|request| {
            let given = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let wanted = request.words().as_bytes().split(|&byte| byte == b' ');
            given.map(Cased).eq(wanted.map(Cased))
        })
    }

    /// Appends the request as a line.
    pub fn write(self, out: &mut Vec<u8>) {
        write_answer(self.words().as_bytes(), out);
    }
}

/// What a client answers where no choice is asked for, such as a username: `line` without the
/// spaces around it.
#[must_use]
pub const fn answer(line: &[u8]) -> &[u8] {
    line.trim_ascii()
}

/// Appends an answer, such as a username, as a line. What can't be said is written as `?`.
pub fn write_answer(answer: &[u8], out: &mut Vec<u8>) {
    write_text(answer, out);
    out.extend_from_slice(b"\r\n");
}

/// What the server says, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt<'a> {
    /// The first line, and again after each failed login.
    Greeting,
    /// A username is wanted.
    EnterUsername,
    /// A password is wanted.
    EnterPassword,
    /// The login is done.
    LoginSuccessfully,
    /// The login is refused.
    LoginFailed,
    /// The last of too many refused logins; the connection ends.
    TooManyAttempts,
    /// The menu, after every step.
    Menu,
    /// The names of the granted directories, in their order.
    Directories(Vec<Cow<'a, [u8]>>),
    /// A directory's name is wanted.
    EnterDirectory,
    /// The names of the files of the chosen directory.
    Files(Vec<Cow<'a, [u8]>>),
    /// A file's name is wanted.
    ChooseFile,
    /// The content follows this line.
    Sending {
        /// The file's name, as it was asked for.
        name: Cow<'a, [u8]>,
        /// How many bytes follow.
        bytes: u64,
    },
    /// The client has asked to end.
    Terminated,
    /// There is no such directory, or none that this client may know of.
    NoSuchDirectory,
    /// A file was named, and no directory has been shown yet.
    NoDirectoryShown,
    /// There is no such file in the directory, or none that this client may know of.
    NoSuchFile,
    /// The file or directory is there and can't be read just now.
    Unreadable,
    /// The choice is none of the menu's.
    NotUnderstood,
    /// The line was over the limit and has been discarded.
    LineTooLong,
    /// The client said nothing for too long; the connection ends.
    TimedOut,
    /// The client is known no more, or by another password: it has been logged out.
    Changed,
    /// Too many clients are connected; the connection ends.
    Busy,
    /// The server ends, and with it the connection.
    ShuttingDown,
}

/// The prompts that always say the same, and what they say.
static FIXED: [(Prompt<'static>, &str); 22] = [
    (Prompt::Greeting, "Please choose 'LOGIN' or 'QUIT'"),
    (Prompt::EnterUsername, "Please enter your username"),
    (Prompt::EnterPassword, "Username OK, Please enter your password"),
    (Prompt::LoginSuccessfully, "Login Successfully"),
    (Prompt::LoginFailed, "Login Failed"),
    (Prompt::TooManyAttempts, "Too many attempts. Connection is terminated."),
    (
        Prompt::Menu,
        "Please choose: 'SHOW DIRECTORIES' or 'SHOW DIRECTORY' or 'DOWNLOAD FILE' or 'QUIT'",
    ),
    (Prompt::Directories(Vec::new()), "There are no directories for you here"),
    (Prompt::EnterDirectory, "Please enter the desired directory"),
    (Prompt::Files(Vec::new()), "There are no files in this directory"),
    (Prompt::ChooseFile, "Please choose the desired file to download"),
    (Prompt::Terminated, "Connection is terminated. You are logged out."),
    (Prompt::NoSuchDirectory, "There is no such directory"),
    (Prompt::NoDirectoryShown, "Please choose a directory first, with 'SHOW DIRECTORY'"),
    (Prompt::NoSuchFile, "There is no such file"),
    (Prompt::Unreadable, "That can't be read now, please try again later"),
    (Prompt::NotUnderstood, "That choice is not understood"),
    (Prompt::LineTooLong, "That line is too long"),
    (Prompt::TimedOut, "No answer for too long. Connection is terminated."),
    (Prompt::Changed, "Your account has been changed, please log in again"),
    (Prompt::Busy, "Too many clients, please try again later. Connection is terminated."),
    (Prompt::ShuttingDown, "The server is shutting down. Connection is terminated."),
];

const DIRECTORIES: &[u8] = b"The available directories are: ";
const FILES: &[u8] = b"The available files are: ";
const SENDING: &[u8] = b"Sending '";
const BYTES_OPEN: &[u8] = b"' (";
const BYTES_CLOSE: &[u8] = b" bytes)";
const BETWEEN: &[u8] = b", ";

impl<'a> Prompt<'a> {
    /// Appends the line, with its CRLF.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Directories(names) if !names.is_empty() => write_list(DIRECTORIES, names, out),
            Self::Files(names) if !names.is_empty() => write_list(FILES, names, out),
            Self::Sending { name, bytes } => {
                out.extend_from_slice(SENDING);
                write_text(name, out);
                out.extend_from_slice(BYTES_OPEN);
                digits::write(*bytes, out);
                out.extend_from_slice(BYTES_CLOSE);
            }
            Self::Directories(_)
            | Self::Files(_)
            | Self::Greeting
            | Self::EnterUsername
            | Self::EnterPassword
            | Self::LoginSuccessfully
            | Self::LoginFailed
            | Self::TooManyAttempts
            | Self::Menu
            | Self::EnterDirectory
            | Self::ChooseFile
            | Self::Terminated
            | Self::NoSuchDirectory
            | Self::NoDirectoryShown
            | Self::NoSuchFile
            | Self::Unreadable
            | Self::NotUnderstood
            | Self::LineTooLong
            | Self::TimedOut
            | Self::Changed
            | Self::Busy
            | Self::ShuttingDown => {
                let words = FIXED.iter().find(|(prompt, _)| prompt == self);
                out.extend_from_slice(words.map_or("", |(_, words)| words).as_bytes());
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// The prompt that `line`, without its end, is. A name with `, ` in it falls apart in a list:
    /// the dialogue is for people.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        if let Some(names) = line.strip_prefix(DIRECTORIES) {
            return Some(Self::Directories(split_list(names)));
        }
        if let Some(names) = line.strip_prefix(FILES) {
            return Some(Self::Files(split_list(names)));
        }
        if let Some(rest) = line.strip_prefix(SENDING) {
            let rest = rest.strip_suffix(BYTES_CLOSE)?;
            // The number has no quotation mark in it; the name may have any.
            let open = rest.windows(BYTES_OPEN.len()).rposition(|window| window == BYTES_OPEN)?;
            let bytes = digits::parse(rest.get(open + BYTES_OPEN.len()..)?)?;
            return Some(Self::Sending { name: Cow::Borrowed(rest.get(..open)?), bytes });
        }
        let found = FIXED.iter().find(|(_, words)| words.as_bytes() == line)?;
        Some(found.0.clone())
    }
}

/// A word that is equal to another in capitals or not.
struct Cased<'a>(&'a [u8]);

impl PartialEq for Cased<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

fn write_list(words: &[u8], names: &[Cow<'_, [u8]>], out: &mut Vec<u8>) {
    out.extend_from_slice(words);
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            out.extend_from_slice(BETWEEN);
        }
        write_text(name, out);
    }
}

fn split_list(mut names: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut list = Vec::new();
    while let Some(end) = names.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        let (name, rest) = names.split_at(end);
        list.push(Cow::Borrowed(name));
        names = rest.get(BETWEEN.len()..).unwrap_or_default();
    }
    list.push(Cow::Borrowed(names));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Framer, Line};
    use proptest::prelude::*;

    fn written(prompt: &Prompt<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        prompt.write(&mut out);
        out
    }

    /// The one line that `wire` holds.
    fn framed(wire: &[u8]) -> Vec<u8> {
        let mut framer = Framer::new(64 * 1024);
        framer.push(wire);
        let Some(Line::Text(line)) = framer.next_line() else { panic!("a line was written") };
        let line = line.to_vec();
        assert_eq!(framer.pending(), 0);
        line
    }

    #[test]
    fn the_words_are_those_of_the_product() {
        for (prompt, words) in [
            (Prompt::Greeting, "Please choose 'LOGIN' or 'QUIT'\r\n"),
            (
                Prompt::Menu,
                "Please choose: 'SHOW DIRECTORIES' or 'SHOW DIRECTORY' or 'DOWNLOAD FILE' or \
                 'QUIT'\r\n",
            ),
            (
                Prompt::Files(vec![b"Free Fire".into(), b"Joker".into(), b"WAR".into()]),
                "The available files are: Free Fire, Joker, WAR\r\n",
            ),
            (
                Prompt::Directories(vec![b"Movies".into(), b"Music".into()]),
                "The available directories are: Movies, Music\r\n",
            ),
            (
                Prompt::Sending { name: b"Joker".into(), bytes: 1234 },
                "Sending 'Joker' (1234 bytes)\r\n",
            ),
            (Prompt::Terminated, "Connection is terminated. You are logged out.\r\n"),
            (Prompt::TooManyAttempts, "Too many attempts. Connection is terminated.\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&written(&prompt)), words);
        }
    }

    #[test]
    fn every_fixed_prompt_comes_back_and_none_says_the_same_as_another() {
        for (place, (prompt, words)) in FIXED.iter().enumerate() {
            assert_eq!(Prompt::parse(&framed(&written(prompt))).as_ref(), Some(prompt));
            assert!(!FIXED.iter().skip(place + 1).any(|(_, other)| other == words), "{words}");
        }
        assert_eq!(Prompt::parse(b"please choose"), None);
        assert_eq!(Prompt::parse(b"Sending 'Joker' (many bytes)"), None);
    }

    #[test]
    fn requests_are_read_as_people_write_them() {
        for (line, request) in [
            (&b"login"[..], Some(Request::Login)),
            (b"  Show \t directories ", Some(Request::ShowDirectories)),
            (b"SHOW DIRECTORY\r", Some(Request::ShowDirectory)),
            (b"download  FILE", Some(Request::DownloadFile)),
            (b"quit", Some(Request::Quit)),
            (b"SHOWDIRECTORY", None),
            (b"SHOW", None),
            (b"QUIT now", None),
            (b"", None),
        ] {
            assert_eq!(Request::parse(line), request, "{line:?}");
        }
        for &request in Request::ALL {
            let mut out = Vec::new();
            request.write(&mut out);
            assert_eq!(Request::parse(&framed(&out)), Some(request));
        }
    }

    /// A name that can be told from its neighbours in a list.
    fn name() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 1..20).prop_map(|mut name| {
            name.retain(|byte| !matches!(byte, b'\0' | b'\r' | b'\n' | b','));
            name
        })
    }

    fn names() -> impl Strategy<Value = Vec<Cow<'static, [u8]>>> {
        prop::collection::vec(name().prop_map(Cow::Owned), 1..5)
    }

    proptest! {
        #[test]
        fn prompts_with_names_come_back(
            names in names(), name in name(), bytes: u64,
        ) {
            for prompt in [
                Prompt::Directories(names.clone()),
                Prompt::Files(names),
                Prompt::Sending { name: Cow::Owned(name), bytes },
            ] {
                let line = framed(&written(&prompt));
                prop_assert_eq!(Prompt::parse(&line), Some(prompt));
            }
        }

        #[test]
        fn answers_come_back(name in name()) {
            let mut out = Vec::new();
            write_answer(&name, &mut out);
            let line = framed(&out);
            prop_assert_eq!(answer(&line), name.trim_ascii());
        }

        #[test]
        fn nothing_panics(line in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Request::parse(&line);
            let _ = Prompt::parse(&line);
            let _ = Prompt::parse(&[SENDING, &line, BYTES_CLOSE].concat());
        }
    }
}
