//! What is there: `ls`, `dir`, and the guided dialogue's `show directories` and `show directory`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::{Session, lossy, now};
use crate::client::arguments::List;
use crate::client::courier::Courier;
use crate::client::failure::Failure;
use crate::client::link::{Cargo, Link, LinkFault};
use crate::client::listing::{self, Entry, Look, Order};
use crate::client::terminal;
use crate::client::user_pi::{Answer, ClientFault, ListForm, Task};
use crate::wire::ftp::facts::Kind;
use crate::wire::ftp::reply::Class;

/// Longest that the completion of a word may keep a person waiting for names. A connection that
/// takes longer is given up; the next command makes another.
const NAMES_WAIT: Duration = Duration::from_secs(2);

/// Largest listing that is read, in bytes.
const LISTING_MAX: usize = 64 * 1024 * 1024;

/// What a directory holds, and how exactly the server has told.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    /// Times are exact to the second, which those of LIST are not.
    pub(super) exact: bool,
}

impl Session {
    pub(super) fn list(&mut self, list: &List, order: Order) -> Result<(), Failure> {
        let path = list.remote.as_deref().map(OsStr::as_bytes).filter(|path| !path.is_empty());
        let mut entries = self.entries(path)?;
        listing::sort(&mut entries, order);
        let look = match list {
            List { long: true, .. } => Look::Long,
            List { single: true, .. } => Look::Single,
            List { .. } if self.output.is_terminal() => Look::Columns,
            List { .. } => Look::Single,
        };
        let width = self.output.width();
        for line in listing::lines(&entries, look, width) {
            self.output.line(&line)?;
        }
        Ok(())
    }

    /// In the words of the guided dialogue.
    pub(super) fn show_directories(&mut self) -> Result<(), Failure> {
        let entries = self.entries(Some(b"/"))?;
        let names = names(&entries, Kind::Dir);
        self.output.line(&[b"The available directories are: ", &names[..]].concat())
    }

    /// In the words of the guided dialogue.
    pub(super) fn show_directory(&mut self, name: &[u8]) -> Result<(), Failure> {
        let path = [b"/", name].concat();
        let mut entries = self.entries(Some(&path))?;
        listing::sort(&mut entries, Order::Together);
        let names = names(&entries, Kind::File);
        self.output.line(&[b"The available files are: ", &names[..]].concat())?;
        self.shown = Some(path);
        Ok(())
    }

    /// The names in a remote directory, for the completion of a word. A failure is no name.
    #[must_use]
    pub fn names(&mut self, directory: &[u8]) -> Vec<(Vec<u8>, bool)> {
        if self.courier.is_over() {
            return Vec::new();
        }
        let path = (!directory.is_empty()).then_some(directory);
        let Some(link) = self.courier.present_link() else { return Vec::new() };
        let listing = link.hurry(NAMES_WAIT, |link| listing_over(link, path, ListForm::Mlsd));
        let listing = listing.unwrap_or_default();
        listing.entries.into_iter().map(|entry| (entry.name, entry.kind == Kind::Dir)).collect()
    }

    /// The entries of a directory, or of the one file that `path` names.
    pub(super) fn entries(&mut self, path: Option<&[u8]>) -> Result<Vec<Entry>, Failure> {
        let listing = self.courier.insist(self.tries(), |courier| courier.entries(path))?;
        Ok(listing.entries)
    }
}

impl Default for Listing {
    fn default() -> Self {
        Self { entries: Vec::new(), exact: true }
    }
}

impl Courier {
    /// What a directory holds, or the one file that `path` names.
    pub(super) fn entries(&mut self, path: Option<&[u8]>) -> Result<Listing, Failure> {
        let shown = path.map_or_else(|| ".".to_owned(), lossy);
        self.link()?;
        let refusal = match self.listing(path, ListForm::Mlsd) {
            Err(LinkFault::Dialogue(ClientFault::Refused(reply)))
                if matches!(reply.code().number(), 501 | 550) =>
            {
                LinkFault::Dialogue(ClientFault::Refused(reply))
            }
            other => return other.map_err(|fault| Failure::from(fault).about(shown)),
        };
        // MLSD wants a directory (RFC 3659, section 7); MLST tells of a file as well, and so does
        // LIST, which of an odd name makes a pattern or two names here and there.
        let Some(path) = path else { return Err(Failure::from(refusal).about(shown)) };
        let found = if self.link()?.features().is_some_and(|features| features.has("MLST")) {
            self.entry(path)?.map(|entry| Listing { entries: vec![entry], exact: true })
        } else {
            match self.listing(Some(path), ListForm::List) {
                Ok(listing) => Some(listing),
                Err(LinkFault::Dialogue(ClientFault::Refused(_))) => None,
                Err(fault) => return Err(Failure::from(fault).about(shown)),
            }
        };
        found
            .filter(|listing| !listing.entries.is_empty())
            .ok_or_else(|| Failure::from(refusal).about(shown))
    }

    /// What MLST says of a file (RFC 3659, section 7), by its name without directories.
    fn entry(&mut self, path: &[u8]) -> Result<Option<Entry>, Failure> {
        let reply = self.ask([b"MLST ", path].concat(), false)?;
        let facts = reply.lines().nth(1).map(<[u8]>::trim_ascii_start);
        let Some(facts) = facts.filter(|_| reply.code().class() == Class::Completion) else {
            return Ok(None);
        };
        let (entries, _) = listing::read(facts, ListForm::Mlsd, now());
        let file = entries.into_iter().next().filter(|entry| entry.kind != Kind::Dir);
        Ok(file.map(|entry| Entry { name: last_name(path).to_vec(), ..entry }))
    }

    /// What a directory holds, and nothing else: a file is refused where the server has MLSD.
    pub(super) fn listing(
        &mut self,
        path: Option<&[u8]>,
        form: ListForm,
    ) -> Result<Listing, LinkFault> {
        match self.present_link() {
            Some(link) => listing_over(link, path, form),
            None => Err(LinkFault::Dialogue(ClientFault::Lost)),
        }
    }
}

fn listing_over(
    link: &mut Link,
    path: Option<&[u8]>,
    form: ListForm,
) -> Result<Listing, LinkFault> {
    let mut text = Bounded { bytes: Vec::new() };
    let task = Task::List { path: path.map(<[u8]>::to_vec), form };
    let answer = link.perform(task, Cargo::Sink(&mut text))?;
    let form = if let Answer::Listed { form, .. } = answer { form } else { form };
    let nothing = text.bytes.trim_ascii().is_empty();
    if form == ListForm::ListAll && nothing {
        // Even an empty directory has itself in it: the option was taken for a name that is not
        // there.
        return listing_over(link, path, ListForm::List);
    }
    let (mut entries, unread) = listing::read(&text.bytes, form, now());
    if let (ListForm::List | ListForm::ListAll, Some(path)) = (form, path) {
        match &mut entries[..] {
            [] if nothing => walk_there(link, path)?,
            // Of a file, some servers repeat the whole path.
            [file] if file.name == path => file.name = last_name(path).to_vec(),
            _ => {}
        }
    }
    if unread > 0 {
        terminal::tell(&format!("coracle: {unread} lines of the listing are not understood"));
    }
    Ok(Listing { entries, exact: form == ListForm::Mlsd })
}

/// Goes to a directory and back. A server may answer LIST of one that is not there as it does of an
/// empty one (vsftpd); that nobody can go there tells the two apart.
fn walk_there(link: &mut Link, directory: &[u8]) -> Result<(), LinkFault> {
    let here = match link.perform(Task::Pwd, Cargo::None) {
        Ok(Answer::Directory(here)) => here,
        // Without knowing the way back it is better to stay.
        Ok(_) | Err(LinkFault::Dialogue(ClientFault::Refused(_))) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    link.perform(Task::Cwd(directory.to_vec()), Cargo::None)?;
    link.perform(Task::Cwd(here), Cargo::None).map(drop)
}

/// The last name of a path.
fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').find(|name| !name.is_empty()).unwrap_or_default()
}

/// The names of one kind, with commas.
fn names(entries: &[Entry], kind: Kind) -> Vec<u8> {
    let names: Vec<&[u8]> =
        entries.iter().filter(|entry| entry.kind == kind).map(|entry| &entry.name[..]).collect();
    names.join(&b", "[..])
}

/// A listing that is collected, up to a bound.
struct Bounded {
    bytes: Vec<u8>,
}

impl io::Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + buffer.len() > LISTING_MAX {
            return Err(io::Error::other("the listing is too long"));
        }
        self.bytes.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
