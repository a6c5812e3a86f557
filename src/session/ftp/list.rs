//! LIST, NLST (RFC 959, section 4.1.3), MLSD, MLST (RFC 3659, section 7), and STAT of a path.
//!
//! Options of `ls` such as `-la` are accepted and change nothing: what they would show is shown.

use super::listing::{self, Form, Listing, Single};
use super::respond;
use super::state::{Answered, Said, Turn, Visit};
use crate::accounts::Rights;
use crate::session::view::{self, AT_ONCE, Item, Shelf, Spot};
use crate::terms::{Denied, Extent, Fault, Filled, Lines, Span};
use crate::tree::{Entries, Kind, Pattern, Status, Tree, VirtualPath, Wanted};
use crate::wire::ftp::command::ListArgument;
use crate::wire::ftp::facts;
use crate::wire::ftp::reply::Reply;

/// Bytes of a listing that STAT gives in its reply, which is made at once and held whole. LIST has
/// no such bound.
const MAX_STATUS_BYTES: usize = 32 * 1024;

/// What the parameter of LIST or NLST leads to.
enum Found<E> {
    /// A directory, or what a pattern matches in one; its entries are named behind these bytes.
    Many(Shelf<E>, Vec<u8>),
    /// A file.
    One(Status, Rights),
}

impl Visit<'_> {
    pub(super) fn list<T: Tree>(
        self,
        argument: ListArgument<'_>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.require_route(turn.house.settings)?;
        let path = self.listed(argument.path)?;
        let form = Form::Long(turn.house.today);
        let lines: Box<dyn Lines> = match self.find(&path, argument.path, turn)? {
            Found::Many(shelf, _) => Box::new(Listing { shelf, form }),
            Found::One(status, rights) => {
                let name = path.file_name().unwrap_or_default();
                Box::new(single(&form, Item { name, status, rights, is_granted: false }))
            }
        };
        self.begin(Extent::Lines(lines), Span::ALL, path, None, turn)
    }

    pub(super) fn nlst<T: Tree>(
        self,
        argument: ListArgument<'_>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.require_route(turn.house.settings)?;
        let path = self.listed(argument.path)?;
        let lines: Box<dyn Lines> = match self.find(&path, argument.path, turn)? {
            Found::Many(shelf, prefix) => {
                Box::new(Listing { shelf, form: Form::Name(prefix.into()) })
            }
            Found::One(status, rights) => {
                let name = argument.path.unwrap_or_default();
                let item = Item { name, status, rights, is_granted: false };
                Box::new(single(&Form::Name(Box::default()), item))
            }
        };
        self.begin(Extent::Lines(lines), Span::ALL, path, None, turn)
    }

    /// MLSD: directories alone, and no patterns.
    pub(super) fn mlsd<T: Tree>(
        self,
        argument: Option<&[u8]>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.require_route(turn.house.settings)?;
        let path = self.listed(argument)?;
        let shelf = self.shelf(&path, Box::new(|_| true), turn).map_err(|fault| {
            let subject = argument.unwrap_or(path.as_bytes());
            if fault == Fault::Denied(Denied::NotADirectory) && self.look(&path, turn).is_ok() {
                // RFC 3659, section 7.2.1.
                return respond::about(501, subject, "this is a file; MLST tells its facts.");
            }
            self.refusal(fault, subject)
        })?;
        let form = Form::Facts(self.parameters.facts);
        self.begin(Extent::Lines(Box::new(Listing { shelf, form })), Span::ALL, path, None, turn)
    }

    /// MLST: the facts of one file or directory, over the control connection.
    pub(super) fn mlst<T: Tree>(
        self,
        argument: Option<&[u8]>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let path = self.listed(argument)?;
        let (status, rights, is_granted) = self
            .look(&path, turn)
            .map_err(|fault| self.refusal(fault, argument.unwrap_or(path.as_bytes())))?;
        let item = Item { name: path.as_bytes(), status, rights, is_granted };
        let mut known = listing::of(item);
        if view::is_list(&self.ready.client, &path) {
            known.modify = None;
        }
        let mut text = b"Facts follow.\n".to_vec();
        facts::write_entry(&known, self.parameters.facts, item.name, &mut text);
        text.extend_from_slice(b"\nEnd.");
        Ok(Said::Now(Reply::from_bytes(250, text)))
    }

    /// STAT of a path: what LIST would send, in the reply.
    pub(super) fn stat_path<T: Tree>(
        self,
        argument: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let argument = ListArgument::parse(argument).path;
        let path = self.listed(argument)?;
        let form = Form::Long(turn.house.today);
        let mut text = b"Status follows.\n".to_vec();
        let (code, filled) = match self.find(&path, argument, turn)? {
            Found::Many(shelf, _) => (212, fill_at_once(&mut Listing { shelf, form }, &mut text)),
            Found::One(status, rights) => {
                let name = path.file_name().unwrap_or_default();
                form.write(Item { name, status, rights, is_granted: false }, &mut text);
                (213, Filled::End)
            }
        };
        text.retain(|byte| *byte != b'\r');
        text.extend_from_slice(match filled {
            Filled::End => b"End.".as_slice(),
            Filled::More | Filled::Later => b"There is more; LIST sends all of it.",
            Filled::Broken => b"The rest can't be read now; try again later.",
        });
        Ok(Said::Now(Reply::from_bytes(code, text)))
    }

    /// The path that is listed: the current directory, where none is given.
    fn listed(&self, argument: Option<&[u8]>) -> Result<VirtualPath, Reply> {
        argument.map_or_else(|| Ok(self.ready.here.clone()), |argument| self.path(argument))
    }

    /// What stands at `path`; or, where nothing of that very name does and its last component is a
    /// pattern, what that matches.
    fn find<T: Tree>(
        &self,
        path: &VirtualPath,
        argument: Option<&[u8]>,
        turn: &Turn<'_, '_, T>,
    ) -> Result<Found<T::Entries>, Reply> {
        let subject = argument.unwrap_or(path.as_bytes());
        let pattern = path.file_name().and_then(Pattern::new);
        let found = match (self.look(path, turn), pattern) {
            (Err(Fault::Denied(Denied::NotFound)), Some(pattern)) => self
                .shelf(&path.parent(), Box::new(move |name| pattern.matches(name)), turn)
                .map(|shelf| Found::Many(shelf, directory_part(subject).to_vec())),
            (Err(fault), _) => Err(fault),
            (Ok((status, rights, _)), _) => match status.kind {
                Kind::Directory => {
                    let prefix = argument.map(with_slash).unwrap_or_default();
                    self.shelf(path, Box::new(|_| true), turn)
                        .map(|shelf| Found::Many(shelf, prefix))
                }
                Kind::File => Ok(Found::One(status, rights)),
                Kind::Other => Err(Denied::NotAFile.into()),
            },
        };
        found.map_err(|fault| self.refusal(fault, subject))
    }

    /// What stands at `path`, what the client may do there, and whether it is the operator's: the
    /// virtual root or a granted directory.
    fn look<T: Tree>(
        &self,
        path: &VirtualPath,
        turn: &Turn<'_, '_, T>,
    ) -> Result<(Status, Rights, bool), Fault> {
        let spot = self.spot(path)?;
        let status = view::status(turn.house.tree, &self.ready.client, spot)?;
        Ok(match spot {
            Spot::Top => (status, view::top_rights(&self.ready.client), true),
            Spot::Below(granted) => (status, granted.rights, granted.place.path.is_empty()),
        })
    }

    fn shelf<T: Tree>(
        &self,
        path: &VirtualPath,
        wanted: Wanted,
        turn: &Turn<'_, '_, T>,
    ) -> Result<Shelf<T::Entries>, Fault> {
        let spot = self.spot(path)?;
        let shelf = Shelf::open(turn.house.tree, &self.ready.client, spot, wanted)?;
        if shelf.hides_parts() {
            // Whoever looks at a directory has it cleared of what nobody will go on with.
            let before = turn.house.expired_before();
            view::sweep(turn.house.tree, &self.ready.client, spot, before);
        }
        Ok(shelf)
    }
}

/// What an answer that is made at once holds of a listing.
fn fill_at_once(listing: &mut Listing<impl Entries>, text: &mut Vec<u8>) -> Filled {
    for _ in 0..AT_ONCE {
        let filled = listing.fill(text, MAX_STATUS_BYTES);
        if filled != Filled::Later {
            return filled;
        }
    }
    Filled::Later
}

fn single(form: &Form, item: Item<'_>) -> Single {
    let mut line = Vec::new();
    form.write(item, &mut line);
    Single(line)
}

/// `argument` up to and with its last slash: what stands before a pattern.
fn directory_part(argument: &[u8]) -> &[u8] {
    let end = argument.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    argument.get(..end).unwrap_or_default()
}

/// `argument`, which names a directory, so that a name can stand behind it.
fn with_slash(argument: &[u8]) -> Vec<u8> {
    let mut prefix = argument.to_vec();
    if !prefix.ends_with(b"/") {
        prefix.push(b'/');
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::MAX_STATUS_BYTES;
    use crate::session::dialogue::Dialogue;
    use crate::terms::UnixTime;

    #[test]
    fn lists_in_long_form() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.fetch("LIST -l -a Docs"), ftp.fetch("LIST Docs"));
        let listing = ftp.fetch("LIST -la Docs");
        let lines: Vec<_> = listing.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 4, "{listing}");
        assert!(lines[0].starts_with("drwxr-xr-x"), "{listing}");
        assert!(lines[0].ends_with(" Jan 01  2025 Sub"), "{listing}");
        assert!(lines[1].starts_with("-rw-r--r-- "), "{listing}");
        assert!(lines[2].contains(" ftp "), "{listing}");
        assert!(lines[2].ends_with(" 8 Jan 01  2025 a[1].txt"), "{listing}");
    }

    #[test]
    fn lists_the_virtual_root_as_granted() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.fetch("NLST"), "Movies\r\nMusic\r\nDocs\r\nInbox\r\n");
        let mut ftp = Dialogue::logged_in("root");
        assert_eq!(ftp.fetch("NLST"), "Movies\r\nAttic\r\ntop.txt\r\n");
        assert_eq!(ftp.fetch("NLST Movies"), "Movies/Free Fire\r\nMovies/Joker\r\nMovies/WAR\r\n");
    }

    #[test]
    fn names_can_be_given_back_as_they_are() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.fetch("NLST Docs/Sub"), "Docs/Sub/deep.txt\r\n");
        assert_eq!(ftp.fetch("NLST Docs/Sub/"), "Docs/Sub/deep.txt\r\n");
        assert_eq!(ftp.fetch("NLST Docs/b*"), "Docs/b.txt\r\n");
        assert_eq!(ftp.fetch("NLST Docs/b.txt"), "Docs/b.txt\r\n");
        ftp.expect("CWD Docs", "250");
        assert_eq!(ftp.fetch("NLST ?.txt"), "a.txt\r\nb.txt\r\n");
    }

    #[test]
    fn a_literal_name_wins_over_the_pattern_that_it_spells() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("CWD Docs", "250");
        assert_eq!(ftp.fetch("NLST a[1].txt"), "a[1].txt\r\n");
        assert_eq!(ftp.fetch("NLST [a].txt"), "a.txt\r\n");
    }

    #[test]
    fn nothing_is_an_empty_list() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.fetch("LIST Docs/*.none"), "");
        ftp.expect("MKD Docs/Empty", "257");
        assert_eq!(ftp.fetch("LIST Docs/Empty"), "");
        ftp.expect("EPSV", "229");
        for verb in ["LIST", "NLST"] {
            for path in ["Docs/none", "Secret/*", "Inbox"] {
                ftp.expect(&format!("{verb} {path}"), "550");
            }
        }
    }

    #[test]
    fn stat_bounds_its_listing_and_list_does_not() {
        let mut ftp = Dialogue::logged_in("user1");
        for number in 0..1000 {
            ftp.put_file("Music", &format!("{number:03}"), b"");
        }
        let said = ftp.expect("STAT Music", "212-");
        // On the wire each line has a space more.
        assert!(said.len() - said.matches("\r\n").count() < MAX_STATUS_BYTES + 200);
        assert!(said.ends_with("\r\n212 There is more; LIST sends all of it."));
        assert_eq!(ftp.fetch("LIST Music").matches("\r\n").count(), 1001);
    }

    #[test]
    fn a_listing_is_text_in_every_type() {
        let mut ftp = Dialogue::logged_in("user1");
        for verb in ["LIST Docs", "NLST Docs", "MLSD Docs"] {
            ftp.expect("TYPE I", "200");
            let listed = ftp.fetch(verb);
            assert!(listed.matches("\r\n").count() == 4 && listed.matches('\n').count() == 4);
            ftp.expect("TYPE A", "200");
            assert_eq!(ftp.fetch(verb), listed);
        }
    }

    #[test]
    fn a_time_out_of_all_reason_is_listed() {
        let mut ftp = Dialogue::logged_in("user1");
        for (secs, stamp) in [(-9_000_000_000, "16841019080000"), (i64::MIN, "00000101000000")] {
            ftp.tree.set_now(UnixTime(secs));
            ftp.put_file("Docs", "old", b"");
            assert!(ftp.fetch("LIST Docs").contains(&format!("  {} old\r\n", &stamp[..4])));
            assert!(ftp.fetch("MLSD Docs").contains(&format!("modify={stamp};")));
            assert_eq!(ftp.line("MDTM Docs/old"), [format!("213 {stamp}")]);
            ftp.expect("STAT Docs", "212-");
            ftp.expect("DELE Docs/old", "250");
        }
    }

    #[test]
    fn lists_for_machines() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("OPTS MLST type;perm;", "200");
        assert_eq!(
            ftp.fetch("MLSD"),
            "type=dir;perm=el; Movies\r\ntype=dir;perm=celm; Music\r\n\
             type=dir;perm=celmp; Docs\r\ntype=dir;perm=cem; Inbox\r\n"
        );
        assert!(ftp.fetch("MLSD Docs").contains("type=file;perm=adfrw; a.txt\r\n"));
        assert!(ftp.fetch("MLSD Docs").contains("type=dir;perm=cdeflmp; Sub\r\n"));
        assert!(ftp.fetch("MLSD Movies").contains("type=file;perm=r; WAR\r\n"));
        ftp.expect("EPSV", "229");
        ftp.expect("MLSD Docs/a.txt", "501");
        ftp.expect("MLSD Docs/a.txt/x", "550");
        ftp.expect("MLSD Docs/*", "550");
    }

    #[test]
    fn tells_the_facts_of_one() {
        let mut ftp = Dialogue::logged_in("user1");
        let said = ftp.expect("MLST Docs/a.txt", "250-");
        let lines: Vec<_> = said.split("\r\n").collect();
        assert_eq!(lines.len(), 3, "{said}");
        assert!(lines[1].starts_with(" ") && lines[1].ends_with("; /Docs/a.txt"), "{said}");
        assert!(lines[1].contains("modify=20250101000000;"), "{said}");
        assert!(lines[2].starts_with("250 "), "{said}");
        let said = ftp.expect("MLST", "250-");
        assert!(said.contains("; /\r\n") && !said.contains("modify="), "{said}");
        assert!(Dialogue::logged_in("root").expect("MLST", "250-").contains("modify="));
        ftp.expect("MLST Secret", "550");
    }

    #[test]
    fn stat_lists_in_the_reply() {
        let mut ftp = Dialogue::logged_in("user1");
        let said = ftp.expect("STAT Docs", "212-");
        assert_eq!(said.split("\r\n").count(), 6, "{said}");
        assert!(said.ends_with("\r\n212 End."), "{said}");
        let said = ftp.expect("STAT -l Movies/WAR", "213-");
        assert!(said.contains(" WAR\r\n213 End."), "{said}");
        ftp.expect("STAT -l -a Movies/WAR", "213-");
        let said = ftp.expect("STAT Docs/?.txt", "212-");
        assert!(said.contains(" a.txt\r\n") && !said.contains(" Sub\r\n"), "{said}");
        ftp.expect("STAT none", "550");
    }
}
