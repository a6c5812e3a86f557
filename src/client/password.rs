//! As whom to log in, and with what password: asked for, never taken from the arguments.
//!
//! The password comes from the file that was named for it, else from `CORACLE_PASSWORD`, else from
//! `~/.netrc`, else from the prompt, without echo, where there is a terminal. Without one nothing is
//! asked, so that a script fails at once instead of hanging. This room opens these files and the
//! terminal and knows no socket.

#![expect(clippy::disallowed_methods, reason = "this room owns the reading of passwords")]

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::address::Site;
use super::exit::Exit;
use super::failure::Failure;
use super::netrc;
use super::user_pi::Secret;

/// How often the prompt asks.
pub const ATTEMPTS: u32 = 3;

/// The user where none is given, as with curl and lftp.
const ANONYMOUS: &[u8] = b"anonymous";

/// What anonymous users give for a password, by custom a mail address.
const ANONYMOUS_PASSWORD: &[u8] = b"anonymous@";

/// Bytes of a `.netrc`, or of a file with a password, that are read.
const NETRC_MAX: u64 = 1024 * 1024;

/// The permissions of others than the owner.
const OTHERS: u32 = 0o077;

/// Who logs in, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account's name.
    pub user: Vec<u8>,
    /// Its password, or that it has to be asked for.
    pub password: Password,
}

/// Where a password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Password {
    /// Here.
    Known(Secret),
    /// In the user's head.
    Prompt,
}

impl Account {
    /// The account for `site`: its user, else `.netrc`'s, else the one that a person at the shell
    /// names (`ask_user`), else anonymous. Its password stands in `file`, if one is named.
    ///
    /// # Errors
    /// A `.netrc` with the needed password, or a `file`, that others can read; no password in `file`.
    pub fn find(site: &Site, file: Option<&Path>, ask_user: bool) -> Result<Self, Failure> {
        let named = file.map(from_file).transpose()?;
        let home = env::var_os("HOME").map(PathBuf::from);
        let entry = match home {
            Some(home) => from_netrc(&home.join(".netrc"), site)?,
            None => None,
        };
        let (entry_login, entry_password) =
            entry.map_or((None, None), |entry| (entry.login, entry.password));
        let mut user = site.user.clone().or(entry_login);
        if user.is_none() && ask_user && io::stdin().is_terminal() {
            user = ask_for_user(site)?;
        }
        let Some(user) = user else {
            let password = named.or(entry_password);
            let password = password.unwrap_or_else(|| Secret::new(ANONYMOUS_PASSWORD));
            return Ok(Self { user: ANONYMOUS.to_vec(), password: Password::Known(password) });
        };
        let anonymous = (user == ANONYMOUS).then(|| Secret::new(ANONYMOUS_PASSWORD));
        let environment =
            env::var_os("CORACLE_PASSWORD").map(|password| Secret::new(password.into_vec()));
        let password = named.or(environment).or(entry_password).or(anonymous);
        Ok(Self { user, password: password.map_or(Password::Prompt, Password::Known) })
    }
}

/// Asks for the password of `user` at `site`, without echo.
///
/// # Errors
/// There is no terminal, or it has been closed.
pub fn prompt(user: &[u8], site: &Site) -> Result<Secret, Failure> {
    let user = super::terminal::plain(&String::from_utf8_lossy(user));
    if !io::stdin().is_terminal() {
        return Err(Failure::new(Exit::Login, format!("there is no password for {user}"))
            .about(site.to_string())
            .advise("set CORACLE_PASSWORD, or write it into ~/.netrc (mode 600)")
            .fatal());
    }
    ask_unseen(&format!("Password of {user} at {}: ", site.host)).map(Secret::new).map_err(
        |error| Failure::new(Exit::Login, format!("no password was given: {error}")).fatal(),
    )
}

/// What is typed after `prompt`. The echo is off before the prompt is there: who types at once, or is
/// a program that waits for the prompt, is not seen either.
fn ask_unseen(prompt: &str) -> io::Result<String> {
    let mut terminal = Unseen::new()?;
    terminal.file.write_all(prompt.as_bytes())?;
    let quiet = rpassword::ConfigBuilder::new().output_discard().build();
    let password = rpassword::read_password_with_config(quiet);
    // The line's own end was not shown either.
    terminal.file.write_all(b"\n")?;
    password
}

/// The terminal without its echo, until the drop.
struct Unseen {
    file: File,
    before: Termios,
}

impl Unseen {
    fn new() -> io::Result<Self> {
        let file = File::options().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&file)?;
        let mut without = before.clone();
        without.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        tcsetattr(&file, OptionalActions::Now, &without)?;
        Ok(Self { file, before })
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}

/// The first line of a file that holds nothing but a password.
fn from_file(path: &Path) -> Result<Secret, Failure> {
    let failed = |error: io::Error| Failure::local(path.display(), &error).fatal();
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.mode() & OTHERS != 0 {
        return Err(readable(path));
    }
    let mut text = Vec::new();
    file.take(NETRC_MAX).read_to_end(&mut text).map_err(failed)?;
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::new(Exit::LocalFile, "its first line holds no password")
            .about(path.display().to_string())
            .fatal());
    }
    Ok(Secret::new(line))
}

/// A file with a password, and who else can read it.
fn readable(path: &Path) -> Failure {
    Failure::new(Exit::LocalFile, "it holds a password, and others can read it")
        .about(path.display().to_string())
        .advise(format!("chmod 600 {}", path.display()))
        .fatal()
}

/// The matching entry, if its file may be trusted with what it holds.
fn from_netrc(path: &Path, site: &Site) -> Result<Option<netrc::Entry>, Failure> {
    // That there is none, or none that is ours to read, only means that it has nothing to say.
    let Ok(file) = File::open(path) else { return Ok(None) };
    let failed = |error: io::Error| Failure::local(path.display(), &error).fatal();
    let metadata = file.metadata().map_err(failed)?;
    let mut text = Vec::new();
    file.take(NETRC_MAX).read_to_end(&mut text).map_err(failed)?;
    let entry = netrc::lookup(&text, &site.host, site.user.as_deref());
    let holds_password = entry.as_ref().is_some_and(|entry| entry.password.is_some());
    if holds_password && metadata.mode() & OTHERS != 0 {
        return Err(readable(path));
    }
    Ok(entry)
}

/// Asks a person for the account's name; nothing means anonymous.
fn ask_for_user(site: &Site) -> Result<Option<Vec<u8>>, Failure> {
    let failed =
        |error: io::Error| Failure::new(Exit::Login, format!("no user was given: {error}")).fatal();
    {
        let mut terminal = io::stderr().lock();
        write!(terminal, "User at {} (anonymous): ", site.host).map_err(failed)?;
        terminal.flush().map_err(failed)?;
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(failed)?;
    let user = line.trim();
    Ok((!user.is_empty()).then(|| user.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_netrc_that_others_can_read_is_refused_if_it_holds_the_password() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("netrc");
        std::fs::write(&path, "machine h login ann password pw\nmachine i login bob\n").unwrap();
        let site = |text: &str| Site::parse(text.as_bytes()).unwrap();

        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        assert_eq!(from_netrc(&path, &site("h")).unwrap_err().exit(), Exit::LocalFile);
        assert_eq!(from_netrc(&path, &site("i")).unwrap().unwrap().login.unwrap(), b"bob");
        assert_eq!(from_netrc(&path, &site("eve@h")), Ok(None));

        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let entry = from_netrc(&path, &site("ann@h")).unwrap().unwrap();
        assert_eq!(entry.password, Some(Secret::new("pw")));
        assert_eq!(from_netrc(&directory.path().join("none"), &site("h")), Ok(None));
    }
}
