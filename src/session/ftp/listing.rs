//! Listings, made while they are sent: LIST lines, names, or facts (RFC 959, section 4.1.3; RFC
//! 3659, section 7).
//!
//! The hot path of a client that looks around: nothing is allocated for a line.

use crate::accounts::Rights;
use crate::session::view::{Item, Seen, Shelf};
use crate::terms::{Filled, Lines, UnixTime};
use crate::tree::{Entries, Kind};
use crate::wire::ftp::facts::{self, FactSelection, Facts, Perm, Unique};
use crate::wire::ftp::listing;

/// How an entry is written.
#[derive(Debug)]
pub(super) enum Form {
    /// As `ls -l` does, in the light of the time given.
    Long(UnixTime),
    /// The name alone, behind these bytes, so that it can be given back as it is (RFC 1123, section
    /// 4.1.2.7).
    Name(Box<[u8]>),
    /// As facts.
    Facts(FactSelection),
}

/// A directory's listing.
pub(super) struct Listing<E> {
    /// What is listed.
    pub(super) shelf: Shelf<E>,
    /// How.
    pub(super) form: Form,
}

/// The line of a single file.
pub(super) struct Single(pub(super) Vec<u8>);

impl<E: Entries> Lines for Listing<E> {
    fn fill(&mut self, out: &mut Vec<u8>, room: usize) -> Filled {
        let enough = out.len().saturating_add(room);
        let form = &self.form;
        let seen = self.shelf.each(|item| {
            form.write(item, out);
            out.len() < enough
        });
        match seen {
            Ok(Seen::All) => Filled::End,
            Ok(Seen::Enough) => Filled::More,
            Ok(Seen::NotYet) => Filled::Later,
            Err(_) => Filled::Broken,
        }
    }
}

impl Lines for Single {
    fn fill(&mut self, out: &mut Vec<u8>, _room: usize) -> Filled {
        out.append(&mut self.0);
        Filled::End
    }
}

impl Form {
    /// Appends the line of `item`.
    pub(super) fn write(&self, item: Item<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Long(today) => listing::write_long(&long(item), *today, out),
            Self::Name(prefix) => {
                out.extend_from_slice(prefix);
                out.extend_from_slice(item.name);
                out.extend_from_slice(b"\r\n");
            }
            Self::Facts(selection) => facts::write(&of(item), *selection, item.name, out),
        }
    }
}

/// The facts of `item`.
pub(super) fn of(item: Item<'_>) -> Facts {
    let status = item.status;
    let is_file = status.kind == Kind::File;
    Facts {
        kind: kind(status.kind),
        size: is_file.then_some(status.size),
        modify: Some(status.modified),
        perm: Some(perm(item)),
        unique: Some(Unique { device: status.unique.0, inode: status.unique.1 }),
        unix_mode: Some(status.mode),
    }
}

/// Owner and group of every entry: which accounts the host has is not told, and clients take any
/// word.
const OWNER: &str = "ftp";

fn long(item: Item<'_>) -> listing::Entry<'_> {
    let status = item.status;
    listing::Entry {
        mode: status.mode,
        kind: kind(status.kind),
        links: status.links,
        owner: OWNER,
        group: OWNER,
        size: status.size,
        modified: status.modified,
        name: item.name,
    }
}

fn kind(kind: Kind) -> facts::Kind {
    match kind {
        Kind::File => facts::Kind::File,
        Kind::Directory => facts::Kind::Dir,
        Kind::Other => facts::Kind::Other,
    }
}

/// What the client may do with `item`.
fn perm(item: Item<'_>) -> Perm {
    let may = |right, perm| if item.rights.contains(right) { perm } else { Perm::empty() };
    let inside = match item.status.kind {
        Kind::Directory => {
            Perm::ENTER
                | may(Rights::READ, Perm::LIST)
                | may(Rights::WRITE, Perm::CREATE | Perm::MAKE)
                | may(Rights::DELETE, Perm::PURGE)
        }
        Kind::File => {
            may(Rights::READ, Perm::READ)
                | may(Rights::WRITE, Perm::APPEND | may(Rights::DELETE, Perm::WRITE))
        }
        // Pipes, sockets and devices are not opened.
        Kind::Other => Perm::empty(),
    };
    // A granted directory itself is the operator's.
    if item.is_granted {
        return inside;
    }
    inside | may(Rights::WRITE, Perm::RENAME) | may(Rights::DELETE, Perm::DELETE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Status;

    #[test]
    fn perm_says_of_no_pipe_that_it_could_be_read() {
        let status = Status {
            kind: Kind::Other,
            size: 0,
            modified: UnixTime(0),
            mode: 0o644,
            links: 1,
            owner: 0,
            group: 0,
            unique: (1, 1),
        };
        let item = Item { name: b"pipe", status, rights: Rights::all(), is_granted: false };
        assert_eq!(perm(item), Perm::DELETE | Perm::RENAME);
        let status = Status { kind: Kind::File, ..status };
        assert!(perm(Item { status, ..item }).contains(Perm::READ | Perm::WRITE));
    }
}
