//! L1. Who may come in, and what they may do.
//!
//! `Credentials` and `Directories` are read whole and checked whole: a table exists only without a
//! single complaint, and all complaints are said at once, each with its file, line and reason. A
//! login turns a name and a password into a [`Client`], which is the only source of [`Grant`]s.
//!
//! This room knows nothing of protocols or of how a root is opened: whoever loads the tables hands
//! in the function that does that. Called by `daemon` to load, and by sessions to log in.

mod account;
mod certificate;
mod credentials;
mod directories;
pub mod gate;
mod password;
mod sha512;
mod successes;
mod text;

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::terms::Root;

pub use account::{Account, Challenge, Check, Client, Grant, Verdict};
pub use credentials::{Change, set as set_password};
pub use directories::Rights;
pub use gate::{Gate, Rules};
pub use password::{LONGEST_PASSWORD, hash as hash_password};
pub use successes::Proof;
pub use text::read as read_table;

use password::{Cost, Secret};

/// The file of the clients, in the data directory.
pub const CREDENTIALS: &str = "Credentials";

/// The file of the grants, in the data directory.
pub const DIRECTORIES: &str = "Directories";

/// The username that means every client in a grant.
const EVERYONE: &str = "*";

/// The authorized clients and their grants. A reload makes another, by which whoever is logged in
/// is [renewed](Accounts::renew). Clones share the clients.
#[derive(Debug, Clone)]
pub struct Accounts {
    by_name: HashMap<Box<[u8]>, Arc<Account>>,
    /// Whoever is not in the table costs what a comparison with this one does, which is what one
    /// with most of the others does.
    decoy: Arc<Account>,
}

/// What [`load`] made.
#[derive(Debug)]
pub struct Loaded {
    /// The tables.
    pub accounts: Accounts,
    /// Lines in `Directories` that grant something.
    pub grants: usize,
    /// Clients whose passwords stand in `Credentials` as they are.
    pub plain: usize,
    /// What is most likely a slip and yet no error.
    pub warnings: Vec<Complaint>,
}

/// Something that is wrong with one of the two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The file, as the data directory was named.
    pub file: PathBuf,
    /// The line, counted from one, if it is one line's fault.
    pub line: Option<u32>,
    /// What is wrong, for the operator.
    pub reason: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        // What was found in a file is quoted in the reason, and terminals obey control characters.
        f.write_str(" ")?;
        self.reason.chars().try_for_each(|letter| match letter.is_control() {
            true => write!(f, "{}", letter.escape_default()),
            false => f.write_char(letter),
        })
    }
}

impl std::error::Error for Complaint {}

impl Accounts {
    /// The account of that name.
    #[must_use]
    pub fn find(&self, username: &[u8]) -> Option<&Arc<Account>> {
        self.by_name.get(username)
    }

    /// Has `client`, who may have logged in by other tables, be what these say. False if they do not
    /// know it, or know it by another password or certificate than the one that it has shown.
    #[must_use]
    pub fn renew(&self, client: &mut Client) -> bool {
        self.find(client.name().as_bytes()).is_some_and(|account| client.move_to(account))
    }

    /// Checks a presented password. A plain one that is right is told at once; what a hash has to
    /// tell comes by a [`Challenge`].
    ///
    /// Whether a username is in the table can't be told by a clock: who is not in it is compared
    /// with a decoy, of the commonest cost in the table, and so is the wrong password to a plain
    /// one, on top of the comparison that found it wrong. What remains are the entries whose hashes
    /// have another cost than most: `coracled passwd` gives all of them the same.
    #[must_use]
    pub fn check(&self, username: &[u8], password: &[u8]) -> Check {
        // No hash is of a password that long, so none is worth the copy.
        if password.len() > LONGEST_PASSWORD {
            return Check::Refused;
        }
        match self.find(username) {
            Some(account) if account.cost() != Cost::Plain => {
                return Check::Slow(Challenge::new(account, password, false));
            }
            Some(account) if account.secret().verify(password) => {
                return Check::Passed(account.client());
            }
            Some(_) => {}
            None if self.decoy.cost() == Cost::Plain => {
                let _ = self.decoy.secret().verify(password);
            }
            None => {}
        }
        if self.decoy.cost() == Cost::Plain {
            Check::Refused
        } else {
            Check::Slow(Challenge::new(&self.decoy, password, true))
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// How many are known by a certificate, and by no password.
    #[must_use]
    pub fn by_certificate(&self) -> usize {
        self.by_name.values().filter(|account| account.needs_no_password()).count()
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

impl Default for Accounts {
    /// None.
    fn default() -> Self {
        let nobody = Secret::Plain(b"nobody's".as_slice().into());
        let decoy = Arc::new(Account::new("", nobody, Vec::new()));
        Self { by_name: HashMap::new(), decoy }
    }
}

/// Reads `Credentials` and `Directories` in the data directory `data`, and opens every granted
/// directory through `roots`, which is told what is granted in it and may refuse for reasons of its
/// own.
///
/// # Errors
/// Everything that is wrong, in the order of the files and their lines.
pub fn load(
    data: &Path,
    roots: &mut impl FnMut(&Path, Rights) -> io::Result<Root>,
) -> Result<Loaded, Vec<Complaint>> {
    let mut complaints = Vec::new();
    let credentials = Table::read(data, CREDENTIALS, &mut complaints);
    let directories = Table::read(data, DIRECTORIES, &mut complaints);
    take(data, &credentials, &directories, complaints, roots)
}

/// The same of what the two files hold, for whoever has that without files. Directories are called as
/// they are in the text.
///
/// # Errors
/// Everything that is wrong, in the order of the files and their lines.
pub fn parse(
    credentials: &[u8],
    directories: &[u8],
    roots: &mut impl FnMut(&Path, Rights) -> io::Result<Root>,
) -> Result<Loaded, Vec<Complaint>> {
    let table = |name: &str, text: &[u8]| Table {
        file: PathBuf::from(name),
        text: text.to_vec(),
        is_read: true,
    };
    let credentials = table(CREDENTIALS, credentials);
    let directories = table(DIRECTORIES, directories);
    take(Path::new(""), &credentials, &directories, Vec::new(), roots)
}

/// Checks two tables, and makes accounts of them if nothing is wrong.
fn take(
    data: &Path,
    credentials: &Table,
    directories: &Table,
    mut complaints: Vec<Complaint>,
    roots: &mut impl FnMut(&Path, Rights) -> io::Result<Root>,
) -> Result<Loaded, Vec<Complaint>> {
    let clients = credentials::parse(&credentials.text, |line, reason| {
        complaints.push(credentials.complaint(line, reason));
    });

    let mut wrong = Vec::new();
    let entries = directories::parse(&directories.text, |line, reason| wrong.push((line, reason)));
    let mut granted = Vec::with_capacity(entries.len());
    for entry in entries {
        // Where Credentials can't be read nobody is known, and to say so of each would bury it.
        let missing = entry.username != EVERYONE && !clients.names.contains_key(&entry.username);
        if missing && credentials.is_read {
            wrong.push((entry.line, format!("no client '{}' in {CREDENTIALS}", entry.username)));
        }
        match roots(&data.join(&entry.path), entry.rights) {
            Ok(root) => granted.push((entry, root)),
            Err(error) => wrong.push((entry.line, unopened(&data.join(&entry.path), &error))),
        }
    }
    wrong.sort_by_key(|&(line, _)| line);
    complaints.extend(wrong.into_iter().map(|(line, reason)| directories.complaint(line, reason)));
    if !complaints.is_empty() {
        return Err(complaints);
    }

    let mut loaded = Loaded {
        accounts: Accounts::default(),
        grants: granted.len(),
        plain: clients.entries.iter().filter(|client| client.secret.is_plain()).count(),
        warnings: Vec::new(),
    };
    if let Some(commonest) = commonest(&clients.entries) {
        loaded.accounts.decoy = Arc::new(Account::new("", commonest, Vec::new()));
    }
    let mut grants = Grants::of(&granted);
    for client in clients.entries {
        let own = grants.take(&client.username);
        if own.is_empty() {
            let reason = format!("'{}' is granted nothing in {DIRECTORIES}", client.username);
            loaded.warnings.push(credentials.complaint(client.line, reason));
        }
        let account = Account::new(&client.username, client.secret, own);
        let name = client.username.into_bytes().into_boxed_slice();
        loaded.accounts.by_name.insert(name, Arc::new(account));
    }
    Ok(loaded)
}

/// A secret of the cost that most of the entries have, and of those the dearest.
fn commonest(entries: &[credentials::Entry]) -> Option<Secret> {
    let mut counts: BTreeMap<Cost, (usize, &Secret)> = BTreeMap::new();
    for entry in entries {
        counts.entry(entry.secret.cost()).or_insert((0, &entry.secret)).0 += 1;
    }
    let (_, (_, secret)) = counts.into_iter().max_by_key(|(cost, (count, _))| (*count, *cost))?;
    Some(secret.clone())
}

/// One of the two files, read.
struct Table {
    file: PathBuf,
    text: Vec<u8>,
    is_read: bool,
}

impl Table {
    fn read(data: &Path, name: &str, complaints: &mut Vec<Complaint>) -> Self {
        let file = data.join(name);
        let (text, is_read) = match read_table(&file) {
            Ok(text) => (text, true),
            Err(error) => {
                let reason = if error.kind() == io::ErrorKind::NotFound {
                    "the file does not exist".to_owned()
                } else {
                    format!("the file can't be read: {error}")
                };
                complaints.push(Complaint { file: file.clone(), line: None, reason });
                (Vec::new(), false)
            }
        };
        Self { file, text, is_read }
    }

    fn complaint(&self, line: u32, reason: String) -> Complaint {
        Complaint { file: self.file.clone(), line: Some(line), reason }
    }
}

/// Grants sorted by whose they are, each with its place in the file.
struct Grants {
    of_everyone: Vec<(usize, Grant)>,
    by_name: HashMap<String, Vec<(usize, Grant)>>,
}

impl Grants {
    fn of(granted: &[(directories::Entry, Root)]) -> Self {
        let mut grants = Self { of_everyone: Vec::new(), by_name: HashMap::new() };
        for (place, (entry, root)) in granted.iter().enumerate() {
            let directory = entry.directory.clone();
            let grant = Grant { directory, rights: entry.rights, root: *root };
            if entry.username == EVERYONE {
                grants.of_everyone.push((place, grant));
            } else {
                grants.by_name.entry(entry.username.clone()).or_default().push((place, grant));
            }
        }
        grants
    }

    /// What `username` is granted, in the order of the file: its own, and everyone's but those of a
    /// directory that it has a grant of its own for.
    fn take(&mut self, username: &str) -> Vec<Grant> {
        let mut own = self.by_name.remove(username).unwrap_or_default();
        let mine = own.len();
        for (place, grant) in &self.of_everyone {
            let has_own = |(_, own): &(usize, Grant)| own.directory == grant.directory;
            if !own.iter().take(mine).any(has_own) {
                own.push((*place, grant.clone()));
            }
        }
        own.sort_by_key(|&(place, _)| place);
        own.into_iter().map(|(_, grant)| grant).collect()
    }
}

/// Why a granted directory could not be opened.
fn unopened(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    if error.kind() == io::ErrorKind::NotFound {
        format!("the directory '{path}' does not exist")
    } else if error.kind() == io::ErrorKind::NotADirectory {
        format!("'{path}' is no directory")
    } else if error.get_ref().is_some() {
        format!("the directory '{path}' can't be granted: {error}")
    } else {
        format!("the directory '{path}' can't be opened: {error}")
    }
}

#[cfg(test)]
mod tests;
