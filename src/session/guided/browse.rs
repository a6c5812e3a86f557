//! What a peer of the guided dialogue sees and names: directories, files, and the directory that it
//! was shown last.
//!
//! Input is case-insensitive, so a name that does not exist as it was typed is looked for in other
//! case; the exact name always wins. Nothing here speaks to the peer.

use crate::accounts::{Client, Rights};
use crate::session::view::{self, Granted, Item, Seen, Shelf, Spot};
use crate::terms::{Denied, Fault};
use crate::tree::{Entries, Kind, Tree, VirtualPath};
use crate::wire::guided::Prompt;

/// Names that one answer lists. What a person reads on one line is far less; without a bound a
/// directory of a million files would be held in memory for every peer that asks.
const MAX_NAMES: usize = 4096;

/// Stands for the names that were left out.
const AND_SO_ON: &[u8] = b"...";

/// A peer that has logged in.
#[derive(Debug)]
pub(super) struct Visitor {
    /// Its proof of a login, and its grants.
    pub(super) client: Client,
    /// The directory whose files it was shown last.
    shown: Option<VirtualPath>,
}

impl Visitor {
    pub(super) fn new(client: Client) -> Self {
        Self { client, shown: None }
    }

    /// The directories that it may choose from: those granted by name, in the order of their
    /// grants, then those of the tree that the grant `/` opens. The dialogue can do nothing but
    /// read, so one that may only be written to is not among them.
    pub(super) fn directories<T: Tree>(&self, tree: &T) -> Vec<Vec<u8>> {
        let named = self.client.top().filter(|grant| grant.rights.contains(Rights::READ));
        let mut names: Vec<_> =
            named.map(|grant| grant.directory.to_vec()).take(MAX_NAMES).collect();
        // Where the tree can't be read, what is granted by name is still there.
        if let Ok(mut shelf) = Shelf::open(tree, &self.client, Spot::Top, Box::new(|_| true)) {
            let _ = push_all(&mut names, &mut shelf, |item| {
                item.status.kind == Kind::Directory && !item.is_granted
            });
        }
        names
    }

    /// The names of the files in the directory called `name`, which later downloads choose from; or
    /// the line that says why there are none to be had.
    pub(super) fn show<T: Tree>(
        &mut self,
        name: &[u8],
        tree: &T,
    ) -> Result<Vec<Vec<u8>>, Prompt<'static>> {
        let (path, names) =
            self.files(name, tree).map_err(|fault| worded(fault, Prompt::NoSuchDirectory))?;
        self.shown = Some(path);
        Ok(names)
    }

    /// Opens the file called `name`: one of the directory shown last, or, where `name` has a slash,
    /// one that it names from the top. Returns its own name, itself and its length; or the line
    /// that says why it can't be had.
    pub(super) fn open<T: Tree>(
        &self,
        name: &[u8],
        tree: &T,
    ) -> Result<(Vec<u8>, T::File, u64), Prompt<'static>> {
        let top = VirtualPath::root();
        let from = match &self.shown {
            _ if name.contains(&b'/') => &top,
            Some(shown) => shown,
            None => return Err(Prompt::NoDirectoryShown),
        };
        self.file(from, name, tree).map_err(|fault| worded(fault, Prompt::NoSuchFile))
    }

    fn files<T: Tree>(&self, name: &[u8], tree: &T) -> Result<(VirtualPath, Vec<Vec<u8>>), Fault> {
        let path = self.resolve(&VirtualPath::root(), name, tree)?;
        let spot = self.readable(&path)?;
        let mut shelf = Shelf::open(tree, &self.client, spot, Box::new(|_| true))?;
        let mut names = Vec::new();
        push_all(&mut names, &mut shelf, |item| item.status.kind == Kind::File)?;
        Ok((path, names))
    }

    fn file<T: Tree>(
        &self,
        from: &VirtualPath,
        name: &[u8],
        tree: &T,
    ) -> Result<(Vec<u8>, T::File, u64), Fault> {
        let path = self.resolve(from, name, tree)?;
        let Spot::Below(Granted { place, .. }) = self.readable(&path)? else {
            return Err(Denied::IsADirectory.into());
        };
        let (file, status) = tree.open(place)?;
        Ok((path.file_name().unwrap_or_default().to_vec(), file, status.size))
    }

    /// The path that `name` names from `from`, each of its components in the case in which it is
    /// there.
    fn resolve<T: Tree>(
        &self,
        from: &VirtualPath,
        name: &[u8],
        tree: &T,
    ) -> Result<VirtualPath, Fault> {
        if name.is_empty() {
            return Err(Denied::NotFound.into());
        }
        let exact = from.join(name)?;
        if self.exists(&exact, tree) {
            return Ok(exact);
        }
        let mut path = VirtualPath::root();
        for component in exact.components() {
            let next = path.join(component)?;
            path = if self.exists(&next, tree) {
                next
            } else {
                path.join(&self.other_case(&path, component, tree)?)?
            };
        }
        Ok(path)
    }

    fn exists<T: Tree>(&self, path: &VirtualPath, tree: &T) -> bool {
        view::locate(&self.client, path)
            .map_err(Fault::from)
            .and_then(|spot| view::status(tree, &self.client, spot))
            .is_ok()
    }

    fn other_case<T: Tree>(
        &self,
        directory: &VirtualPath,
        name: &[u8],
        tree: &T,
    ) -> Result<Vec<u8>, Fault> {
        let spot = self.readable(directory)?;
        let wanted = name.to_vec();
        let alike = move |other: &[u8]| are_alike(other, &wanted);
        let mut found = None;
        Shelf::open(tree, &self.client, spot, Box::new(alike))?.each_at_once(|item| {
            found = Some(item.name.to_vec());
            false
        })?;
        found.ok_or(Fault::Denied(Denied::NotFound))
    }

    /// Where `path` leads, if the peer may list and download there; to it nothing else exists.
    fn readable<'p>(&self, path: &'p VirtualPath) -> Result<Spot<'p>, Fault> {
        let spot = view::locate(&self.client, path)?;
        match spot {
            Spot::Below(granted) if !granted.rights.contains(Rights::READ) => {
                Err(Denied::NotFound.into())
            }
            Spot::Top | Spot::Below(_) => Ok(spot),
        }
    }
}

/// The line that says why what the peer named can't be had; `missing` if that is what it is.
fn worded(fault: Fault, missing: Prompt<'static>) -> Prompt<'static> {
    match fault {
        Fault::Denied(Denied::NotPermitted) | Fault::Trouble(_) => Prompt::Unreadable,
        Fault::Denied(_) | Fault::Peer(_) => missing,
    }
}

/// Whether two names are the same but for the case of their letters: of all letters where both
/// are UTF-8, else of the ASCII ones.
fn are_alike(one: &[u8], other: &[u8]) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    let (Ok(one), Ok(other)) = (str::from_utf8(one), str::from_utf8(other)) else {
        return false;
    };
    one.chars().flat_map(char::to_lowercase).eq(other.chars().flat_map(char::to_lowercase))
}

/// Adds the names of what is `wanted` on a shelf, and the sign that there are more where those are
/// too many, or the directory too large to be read at once.
fn push_all(
    names: &mut Vec<Vec<u8>>,
    shelf: &mut Shelf<impl Entries>,
    wanted: impl Fn(Item<'_>) -> bool,
) -> Result<(), Fault> {
    let seen = shelf.each_at_once(|item| {
        if wanted(item) {
            let name = if names.len() < MAX_NAMES { item.name } else { AND_SO_ON };
            names.push(name.to_vec());
        }
        names.len() <= MAX_NAMES
    })?;
    if seen == Seen::NotYet {
        names.push(AND_SO_ON.to_vec());
    }
    Ok(())
}
