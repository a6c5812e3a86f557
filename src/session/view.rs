//! What of the tree a client sees: its virtual root, and what its grants let it do below.
//!
//! Both dialects ask here, so that neither can show or touch what the other would refuse. A name
//! that leads nowhere and one that leads to another client's directory get the same answer. This
//! file opens nothing itself and knows no replies.

use crate::accounts::{Client, Rights};
use crate::terms::{Denied, Fault, UnixTime};
use crate::tree::{Entries, Entry, Kind, Next, Place, Status, Tree, VirtualPath, Wanted};

/// Where a path of a client leads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spot<'a> {
    /// The virtual root, in which the granted directories stand.
    Top,
    /// Into a granted directory.
    Below(Granted<'a>),
}

/// A place in a granted directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted<'a> {
    /// What the client may do there.
    pub(super) rights: Rights,
    /// Where that is.
    pub(super) place: Place<'a>,
}

impl<'a> Granted<'a> {
    /// This place, if it is one that may be made, renamed or removed: a granted directory itself
    /// is the operator's.
    pub(super) fn inside(self) -> Result<Self, Denied> {
        if self.place.path.is_empty() { Err(Denied::NotPermitted) } else { Ok(self) }
    }
}

/// Where `path` leads for `client`.
pub(super) fn locate<'a>(client: &Client, path: &'a VirtualPath) -> Result<Spot<'a>, Denied> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(Spot::Top);
    };
    let (grant, is_named) = client.grant_for(Some(first)).ok_or(Denied::NotFound)?;
    let path = if is_named { rest } else { path.below_root() };
    Ok(Spot::Below(Granted { rights: grant.rights, place: Place { root: grant.root, path } }))
}

/// What stands at `spot`, if the client may know.
pub(super) fn status<T: Tree>(tree: &T, client: &Client, spot: Spot<'_>) -> Result<Status, Fault> {
    match spot {
        Spot::Below(granted) => tree.status(granted.place),
        Spot::Top => match client.whole() {
            Some(whole) => tree.status(Place { root: whole.root, path: b"" }),
            None => Ok(VIRTUAL_ROOT),
        },
    }
}

/// Whether `path` leads to nothing on a disk: the list of the directories that the client is granted.
/// Nothing ever changed it.
pub(super) fn is_list(client: &Client, path: &VirtualPath) -> bool {
    path.is_root() && client.whole().is_none()
}

/// Removes the hidden parts in the directory at `spot` that no upload owns and that have expired.
pub(super) fn sweep<T: Tree>(tree: &T, client: &Client, spot: Spot<'_>, expired_before: UnixTime) {
    match (spot, client.whole()) {
        (Spot::Below(granted), _) => tree.sweep(granted.place, expired_before),
        (Spot::Top, Some(whole)) => {
            tree.sweep(Place { root: whole.root, path: b"" }, expired_before);
        }
        (Spot::Top, None) => {}
    }
}

/// What `client` may do in its virtual root: with the grant `/` what that says, else look.
pub(super) fn top_rights(client: &Client) -> Rights {
    client.whole().map_or(LOOK, |whole| whole.rights)
}

/// A directory as a client sees it, entry by entry: granted directories first, in the order in which
/// they were granted, then what the tree has there in ascending order of names.
pub(super) struct Shelf<E> {
    /// Granted directories that stand in it, the next one last.
    granted: Vec<Shown>,
    /// What the tree has there.
    entries: Option<E>,
    /// What the client may do with the tree's entries.
    rights: Rights,
}

/// A granted directory, as one entry of the virtual root.
#[derive(Debug)]
struct Shown {
    name: Vec<u8>,
    status: Status,
    rights: Rights,
}

/// One entry of a [`Shelf`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    /// Its name, without any path.
    pub(super) name: &'a [u8],
    /// What stands there.
    pub(super) status: Status,
    /// What the client may do with it.
    pub(super) rights: Rights,
    /// Whether it is a granted directory, which nobody may rename or remove.
    pub(super) is_granted: bool,
}

/// How far a look along a [`Shelf`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing is left.
    All,
    /// As far as was wanted.
    Enough,
    /// As far as a turn allows: what comes next has still to be read.
    NotYet,
}

impl<E: Entries> Shelf<E> {
    /// Opens the directory at `spot`, with those names that `wanted` does not refuse.
    pub(super) fn open<T: Tree<Entries = E>>(
        tree: &T,
        client: &Client,
        spot: Spot<'_>,
        wanted: Wanted,
    ) -> Result<Self, Fault> {
        let granted = match spot {
            Spot::Below(granted) => {
                let entries = Some(tree.entries(granted.place, wanted)?);
                return Ok(Self { granted: Vec::new(), entries, rights: granted.rights });
            }
            Spot::Top => granted_directories(tree, client, &wanted),
        };
        let Some(whole) = client.whole().filter(|whole| whole.rights.contains(Rights::READ)) else {
            return Ok(Self { granted, entries: None, rights: LOOK });
        };
        let shadowing: Vec<_> = granted.iter().map(|shown| shown.name.clone()).collect();
        let shadowed = move |name: &[u8]| shadowing.iter().any(|shown| shown == name);
        let place = Place { root: whole.root, path: b"" };
        let entries = tree.entries(place, Box::new(move |name| wanted(name) && !shadowed(name)))?;
        Ok(Self { granted, entries: Some(entries), rights: whole.rights })
    }

    /// Whether the directory hides what uploads have left, or are about to complete, as far as it
    /// has been read by now.
    pub(super) fn hides_parts(&self) -> bool {
        self.entries.as_ref().is_some_and(Entries::hides_parts)
    }

    /// Does what [`Shelf::each`] does without leaving others a turn, for an answer that is made at
    /// once. That it is not yet known what comes next then means that the directory is too large for
    /// such an answer.
    ///
    /// # Errors
    /// As there.
    pub(super) fn each_at_once(
        &mut self,
        mut take: impl FnMut(Item<'_>) -> bool,
    ) -> Result<Seen, Fault> {
        for _ in 0..AT_ONCE {
            match self.each(&mut take)? {
                Seen::NotYet => {}
                seen @ (Seen::All | Seen::Enough) => return Ok(seen),
            }
        }
        Ok(Seen::NotYet)
    }

    /// Hands the entries to `take` in order until it answers false, none is left, or a turn's work
    /// is done.
    ///
    /// # Errors
    /// What lies beneath can't be read on. An entry that only this client may not look at is left
    /// out instead.
    pub(super) fn each(&mut self, mut take: impl FnMut(Item<'_>) -> bool) -> Result<Seen, Fault> {
        while let Some(shown) = self.granted.pop() {
            if !take(shown.item()) {
                return Ok(Seen::Enough);
            }
        }
        while let Some(entries) = &mut self.entries {
            let Entry { name, status } = match entries.next_entry() {
                Ok(Next::Entry(entry)) => entry,
                Ok(Next::Later) => return Ok(Seen::NotYet),
                Ok(Next::End) => {
                    self.entries = None;
                    break;
                }
                Err(Fault::Denied(_) | Fault::Peer(_)) => continue,
                Err(fault @ Fault::Trouble(_)) => return Err(fault),
            };
            if status.kind == Kind::Other {
                continue;
            }
            let item = Item { name, status, rights: self.rights, is_granted: false };
            if !take(item) {
                return Ok(Seen::Enough);
            }
        }
        Ok(Seen::All)
    }
}

/// Slices of a directory that are read for one answer: more than sixty thousand names.
pub(super) const AT_ONCE: usize = 16;

impl Shown {
    fn item(&self) -> Item<'_> {
        Item { name: &self.name, status: self.status, rights: self.rights, is_granted: true }
    }
}

/// The rights in a virtual root that is nothing but the list of the granted directories.
const LOOK: Rights = Rights::READ;

/// What stands at the virtual root of a client whose directories lie in different places.
const VIRTUAL_ROOT: Status = Status {
    kind: Kind::Directory,
    size: 0,
    modified: UnixTime(0),
    mode: 0o555,
    links: 2,
    owner: 0,
    group: 0,
    unique: (0, 0),
};

/// The granted directories that are there, the first one last.
fn granted_directories<T: Tree>(
    tree: &T,
    client: &Client,
    wanted: &dyn Fn(&[u8]) -> bool,
) -> Vec<Shown> {
    let mut granted: Vec<_> = client
        .top()
        .filter(|grant| wanted(&grant.directory))
        .filter_map(|grant| {
            let status = tree.status(Place { root: grant.root, path: b"" }).ok()?;
            Some(Shown { name: grant.directory.to_vec(), status, rights: grant.rights })
        })
        .collect();
    granted.reverse();
    granted
}
