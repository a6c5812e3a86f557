//! The operator's two commands: `coracled check` and `coracled passwd`.
//!
//! Both work on the files alone and need no running server; a server takes up what they changed at
//! its next reload. What is printed and which exit code follows is for the binary to say.

#![expect(clippy::disallowed_methods, reason = "Credentials is no served file")]

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::accounts::{
    CREDENTIALS, Change, Complaint, LONGEST_PASSWORD, hash_password, read_table, set_password,
};
use crate::tree::OsTree;

use super::tables::Tables;

/// What a data directory without complaints holds.
#[derive(Debug)]
pub(super) struct Summary {
    /// Clients in `Credentials`.
    pub(super) clients: usize,
    /// Grants in `Directories`.
    pub(super) grants: usize,
    /// Clients that are known by certificates.
    pub(super) by_certificate: usize,
    /// What is most likely a slip and yet no error.
    pub(super) warnings: Vec<Complaint>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let Self { clients, grants, .. } = *self;
        write!(f, "{clients} client{}, {grants} grant{}", plural(clients), plural(grants))
    }
}

/// Checks the tables as the server would at its start.
///
/// # Errors
/// Everything that is wrong with them.
pub(super) fn check(tables: &Tables) -> Result<Summary, Vec<Complaint>> {
    let loaded = tables.load(&mut OsTree::new(), None)?.loaded;
    let clients = loaded.accounts.len();
    let by_certificate = loaded.accounts.by_certificate();
    Ok(Summary { clients, grants: loaded.grants, by_certificate, warnings: loaded.warnings })
}

/// Gives `user` the password in `Credentials` of the data directory `data`, hashed; a user who is
/// not there yet is added at the end. All other lines stay byte for byte what they were, and a
/// reader sees the old file or the new one, never a piece of either.
///
/// Runs at the same time wait for each other on a lock on `Credentials` itself. Where it is a
/// link, the file that it leads to is replaced. A new file is its maker's alone to read (0600), a
/// replaced one keeps its permission bits and its owner.
///
/// # Errors
/// Neither `user` nor `password` may be what the table can't hold; else whatever the file system
/// says. The old file is then as it was.
pub(super) fn passwd(data: &Path, user: &str, password: &[u8]) -> io::Result<Change> {
    // The slow part, and nobody waits for it.
    let hash = hash_password(password).map_err(invalid)?;
    enter(data, user, &hash)
}

/// Reads a new password: from the terminal, asked for twice and without echo, or else the first
/// line of standard input.
///
/// # Errors
/// The two differ, the password is empty or longer than 1,024 bytes, or there is nothing to read.
pub(super) fn read_new_password(user: &str) -> io::Result<Vec<u8>> {
    let input = io::stdin();
    if !input.is_terminal() {
        return password_line(input.lock());
    }
    let first = rpassword::prompt_password(format!("New password for {user}: "))?;
    let again = rpassword::prompt_password("Once more: ")?;
    same_password(first, &again)
}

/// Puts `hash` behind `user` in the table.
fn enter(data: &Path, user: &str, hash: &str) -> io::Result<Change> {
    // Looked at before an empty file could be made for a name that can't be.
    set_password(b"", user, hash).map_err(invalid)?;
    let locked = Locked::open(&data.join(CREDENTIALS))?;
    let (text, change) = set_password(&read_table(&locked.path)?, user, hash).map_err(invalid)?;
    locked.replace(&text)?;
    Ok(change)
}

/// The first line of `input` without what ends it. No more is read than a password can be long.
fn password_line(input: impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    // Room for CRLF, and for one byte that shows that it is too long.
    input.take(LONGEST_PASSWORD as u64 + 3).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    if line.is_empty() {
        return Err(invalid("the password is empty".to_owned()));
    }
    if line.len() > LONGEST_PASSWORD {
        return Err(invalid(format!("the password is longer than {LONGEST_PASSWORD} bytes")));
    }
    Ok(line)
}

fn same_password(first: String, again: &str) -> io::Result<Vec<u8>> {
    if first != again {
        return Err(invalid("the two passwords differ".to_owned()));
    }
    password_line(first.as_bytes())
}

fn invalid(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

/// A file that nobody else who asks for the lock will replace meanwhile.
struct Locked {
    path: PathBuf,
    /// Holds the lock as long as it is open.
    file: File,
}

impl Locked {
    /// Opens and locks the file at `path`, which is made if it is missing.
    fn open(path: &Path) -> io::Result<Self> {
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?;
            flock(&file, FlockOperation::LockExclusive)?;
            // Whoever had the lock before has put another file in place of this one.
            let (ours, standing) = (file.metadata()?, fs::metadata(path));
            let is_same = |standing: &fs::Metadata| {
                (standing.dev(), standing.ino()) == (ours.dev(), ours.ino())
            };
            if standing.as_ref().is_ok_and(is_same) {
                return Ok(Self { path: fs::canonicalize(path)?, file });
            }
        }
    }

    /// Puts a file of this content in its place, on the disk before it has the name.
    fn replace(&self, content: &[u8]) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        // With the lock held, one that stands there was left behind by a killed process.
        let fresh = directory.join(format!(".{CREDENTIALS}.new"));
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let written = self.write(&fresh, content).and_then(|()| fs::rename(&fresh, &self.path));
        if written.is_err() {
            // The first error is the one worth telling.
            let _ = fs::remove_file(&fresh);
        }
        written?;
        File::open(directory)?.sync_all()
    }

    fn write(&self, fresh: &Path, content: &[u8]) -> io::Result<()> {
        let old = self.file.metadata()?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh)?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o777))?;
        file.write_all(content)?;
        file.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tempfile::TempDir;

    use super::*;
    use crate::daemon::arguments::Arguments;

    fn data(credentials: &str) -> TempDir {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir_all(data.path().join("files/Docs")).unwrap();
        fs::write(data.path().join(CREDENTIALS), credentials).unwrap();
        fs::write(data.path().join("Directories"), "*:Docs:r\n").unwrap();
        data
    }

    fn check(data: &Path) -> Result<Summary, Vec<Complaint>> {
        super::check(&Tables::new(data, &Arguments::parse_from(["coracled"])))
    }

    fn text(data: &TempDir) -> String {
        fs::read_to_string(data.path().join(CREDENTIALS)).unwrap()
    }

    #[test]
    fn check_counts_or_complains() {
        let good = data("u:1\nv:2\n");
        assert_eq!(check(good.path()).unwrap().to_string(), "2 clients, 1 grant");
        let bad = data("u:1\nv\n");
        let complaints = check(bad.path()).unwrap_err();
        let file = bad.path().join(CREDENTIALS);
        assert_eq!(
            complaints.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [format!("{}:2: no colon: expected username:password", file.display())]
        );
    }

    #[test]
    fn check_opens_what_is_granted() {
        let data = data("u:1\n");
        fs::write(data.path().join("Directories"), "u:Docs:r\nu:A:r\nu:B:r:Credentials\n").unwrap();
        let complaints = check(data.path()).unwrap_err();
        let lines: Vec<_> = complaints.iter().map(|complaint| complaint.line).collect();
        assert_eq!(lines, [Some(2), Some(3)]);
        assert!(complaints[0].reason.ends_with("does not exist"));
        assert!(complaints[1].reason.ends_with("is no directory"));
    }

    #[test]
    fn passwd_changes_one_line_and_keeps_the_rest() {
        let data = data("# clients\n\nu:1\nv:2");
        let file = data.path().join(CREDENTIALS);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(passwd(data.path(), "u", b"tiger").unwrap(), Change::Changed);
        assert_eq!(enter(data.path(), "w", "lion").unwrap(), Change::Added);
        let text = text(&data);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!((lines[0], lines[1], lines[3]), ("# clients", "", "v:2"));
        assert!(lines[2].starts_with("u:$argon2id$"));
        assert_eq!(lines[4], "w:lion");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        let names = fs::read_dir(data.path()).unwrap().count();
        assert_eq!(names, 3, "nothing else is left in the directory");
        assert!(check(data.path()).is_ok());
    }

    #[test]
    fn passwd_makes_a_private_file_and_follows_a_link_to_one() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(CREDENTIALS);
        assert_eq!(enter(data.path(), "u", "x").unwrap(), Change::Added);
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);

        let elsewhere = tempfile::tempdir().unwrap();
        fs::rename(&file, elsewhere.path().join("real")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("real"), &file).unwrap();
        assert_eq!(enter(data.path(), "v", "y").unwrap(), Change::Added);
        assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
        assert_eq!(text(&data).lines().count(), 2);
    }

    #[test]
    fn passwd_refuses_what_the_table_can_not_hold() {
        let data = data("u:1\nu:2\n");
        assert!(enter(data.path(), "u", "x").unwrap_err().to_string().contains("lines 1 and 2"));
        assert!(enter(data.path(), "a b", "x").is_err());
        assert!(passwd(data.path(), "w", b"").is_err());
        assert_eq!(text(&data), "u:1\nu:2\n");
        let empty = tempfile::tempdir().unwrap();
        assert!(enter(empty.path(), "a:b", "x").is_err());
        assert!(!empty.path().join(CREDENTIALS).exists());
    }

    #[test]
    fn runs_at_the_same_time_lose_no_entry() {
        let data = data("");
        std::thread::scope(|scope| {
            for user in ["a", "b", "c", "d", "e", "f"] {
                let data = data.path();
                scope.spawn(move || enter(data, user, "x").unwrap());
            }
        });
        let text = text(&data);
        let mut names: Vec<_> = text.lines().filter_map(|line| line.split(':').next()).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
    }

    #[test]
    fn a_password_is_one_bounded_line() {
        assert_eq!(password_line(&b"tiger\nrest"[..]).unwrap(), b"tiger");
        assert_eq!(password_line(&b" tiger \r\n"[..]).unwrap(), b" tiger ");
        assert_eq!(password_line(&b"tiger"[..]).unwrap(), b"tiger");
        for bad in [&b""[..], b"\n", b"\r\n", &[b'x'; 1025]] {
            assert!(password_line(bad).is_err());
        }
        let longest = [&[b'x'; 1024][..], b"\r\n"].concat();
        assert_eq!(password_line(&longest[..]).unwrap().len(), 1024);
        assert!(same_password("a".to_owned(), "b").is_err());
        assert_eq!(same_password("a".to_owned(), "a").unwrap(), b"a");
    }
}
