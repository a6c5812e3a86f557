//! STOR, STOU, APPE (RFC 959, section 4.1.3; RFC 3659, section 5 for what REST does to STOR).
//!
//! Where there is no such file, STOR and APPE go on from what a broken upload to that name has
//! left, as SIZE tells it. That belongs to the name: whoever may write there may go on, for the
//! same client may come again under another account, and another could have left the same bytes
//! there.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::state::{Answered, Carry, Turn, Visit};
use crate::accounts::Rights;
use crate::session::Settings;
use crate::session::view::{Granted, Spot};
use crate::terms::{Coding, Denied, Extent, Fault, Span};
use crate::tree::{Keep, Tree, VirtualPath};
use crate::wire::ftp::facts;
use crate::wire::ftp::reply::Reply;

/// Names that STOU tries. A second is needed only where a session has used the first before.
const UNIQUE_ATTEMPTS: u32 = 4;

impl Visit<'_> {
    /// STOR: a new file, or one in place of the old where the client may delete.
    pub(super) fn stor<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let keep = match self.restart() {
            0 => Keep::Nothing,
            offset => Keep::First(offset),
        };
        self.receive(argument, keep, turn)
    }

    /// STOU: a new file in the current directory, under a name that no other has.
    ///
    /// The name is not only free now: another session could find it free as well before either
    /// upload ends. So what tells the two sessions apart is in it.
    pub(super) fn stou<T: Tree>(self, turn: &mut Turn<'_, '_, T>) -> Answered {
        self.require_upload_route(turn.house.settings)?;
        let mut refused: Fault = Denied::Exists.into();
        for attempt in 0..UNIQUE_ATTEMPTS {
            let path = self.path(&self.unique_name(attempt, turn))?;
            match self.create_new(&path, turn) {
                Ok(part) => return self.begin(Extent::Part(part), Span::ALL, path, None, turn),
                Err(fault) => refused = fault,
            }
            if refused != Denied::Exists.into() {
                break;
            }
        }
        Err(self.refusal(refused, self.ready.here.as_bytes()))
    }

    fn create_new<T: Tree>(
        &self,
        path: &VirtualPath,
        turn: &Turn<'_, '_, T>,
    ) -> Result<T::Part, Fault> {
        let granted = self.inside(path)?;
        turn.house.tree.create(granted.place, Keep::Nothing, false)
    }

    /// `upload-`, the time, and what this session alone has at this moment.
    fn unique_name<T: Tree>(&self, attempt: u32, turn: &Turn<'_, '_, T>) -> Vec<u8> {
        let mut hasher = DefaultHasher::new();
        (self.peer, turn.house.now, attempt).hash(&mut hasher);
        let stamp = facts::stamp14(turn.house.today);
        let unique = format!("-{:016x}", hasher.finish());
        [b"upload-", stamp.as_slice(), unique.as_bytes()].concat()
    }

    /// APPE: takes nothing away, so it needs no right to delete. Behind REST it is STOR (RFC 3659,
    /// section 5.3).
    pub(super) fn appe<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let keep = match self.restart() {
            0 => Keep::All,
            offset => Keep::First(offset),
        };
        self.receive(argument, keep, turn)
    }

    fn receive<T: Tree>(self, argument: &[u8], keep: Keep, turn: &mut Turn<'_, '_, T>) -> Answered {
        self.require_upload_route(turn.house.settings)?;
        let path = self.path(argument)?;
        let part = self.create(&path, keep, turn).map_err(|fault| self.refusal(fault, argument))?;
        self.begin(Extent::Part(part), Span::ALL, path, None, turn)
    }

    /// Refuses an upload that has nowhere to come from, or was given a range.
    fn require_upload_route(&self, settings: &Settings) -> Result<(), Reply> {
        self.require_route(settings)?;
        if self.restarts_text() {
            // RFC 3659, section 5.3: REST itself is no error, and the transfer is.
            return Err(Reply::new(
                554,
                "A text can't be gone on with; set TYPE I, and ask SIZE and REST anew.",
            ));
        }
        if matches!(self.carry, Carry::Range(_)) {
            return Err(Reply::new(501, "RANG is for RETR and HASH; REST says where to begin."));
        }
        Ok(())
    }

    fn create<T: Tree>(
        &self,
        path: &VirtualPath,
        keep: Keep,
        turn: &Turn<'_, '_, T>,
    ) -> Result<T::Part, Fault> {
        match self.spot(path)? {
            Spot::Below(granted) if !granted.place.path.is_empty() => {
                if keep == Keep::All && self.begins_text(granted, turn.house.tree) {
                    return turn.house.tree.create(granted.place, Keep::Nothing, false);
                }
                let overwrite = may_replace(granted, keep, turn.house.tree);
                turn.house.tree.create(granted.place, keep, overwrite)
            }
            Spot::Top | Spot::Below(_) => Err(Denied::IsADirectory.into()),
        }
    }

    /// Whether this is APPE in TYPE A to a file that is not there: it begins a text, and does not go
    /// on with what an upload of other bytes has left, nor lose that where it breaks off itself.
    fn begins_text<T: Tree>(&self, granted: Granted<'_>, tree: &T) -> bool {
        self.parameters.coding == Coding::Ascii
            && tree.status(granted.place) == Err(Denied::NotFound.into())
    }
}

/// Whether an upload may take the place of a file that is there. One that keeps all of the old
/// file only appends. Should the file change between this look and the upload's end, the tree
/// refuses to put it in place.
fn may_replace<T: Tree>(granted: Granted<'_>, keep: Keep, tree: &T) -> bool {
    if granted.rights.contains(Rights::DELETE) {
        return true;
    }
    match keep {
        Keep::All => true,
        Keep::Nothing => false,
        Keep::First(offset) => tree.status(granted.place).is_ok_and(|status| status.size == offset),
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::{Dialogue, TODAY};
    use crate::terms::{Denied, Outcome, Trouble, UnixTime};

    fn upload(ftp: &mut Dialogue, line: &str, bytes: &[u8]) -> Vec<String> {
        ftp.begin(line);
        ftp.transfer(bytes).1
    }

    #[test]
    fn stores_and_replaces() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(upload(&mut ftp, "STOR Docs/new", b"one"), ["226 Transfer complete, 3 bytes."]);
        assert_eq!(ftp.content("Docs", "new").unwrap(), b"one");
        upload(&mut ftp, "STOR Docs/new", b"two!");
        assert_eq!(ftp.content("Docs", "new").unwrap(), b"two!");
        upload(&mut ftp, "STOR Inbox/drop", b"in");
        assert_eq!(ftp.content("Inbox", "drop").unwrap(), b"in");
        assert_eq!(ftp.tree.parts_under_way(), 0);
    }

    #[test]
    fn without_the_right_to_delete_nothing_is_replaced() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        ftp.expect("STOR Music/song", "553");
        ftp.expect("REST 4", "350");
        ftp.expect("STOR Music/song", "553");
        ftp.expect("REST 8", "350");
        ftp.expect("STOR Music/song", "150");
        ftp.transfer(b" la");
        assert_eq!(ftp.content("Music", "song").unwrap(), b"la la la la");
        upload(&mut ftp, "APPE Music/song", b"!");
        assert_eq!(ftp.content("Music", "song").unwrap(), b"la la la la!");
    }

    #[test]
    fn restarts_and_appends() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        ftp.expect("REST 3", "350");
        ftp.expect("STOR Docs/a.txt", "150");
        ftp.transfer(b"ine");
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpine");
        upload(&mut ftp, "APPE Docs/new", b"made");
        assert_eq!(ftp.content("Docs", "new").unwrap(), b"made");
        ftp.expect("EPSV", "229");
        ftp.expect("REST 9", "350");
        ftp.expect("STOR Docs/new", "554");
    }

    #[test]
    fn appe_behind_rest_is_stor() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        ftp.expect("REST 3", "350");
        ftp.expect("APPE Docs/a.txt", "150");
        ftp.transfer(b"ine");
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpine");
        // It takes away what lies behind the restart point.
        ftp.expect("EPSV", "229");
        ftp.expect("REST 4", "350");
        ftp.expect("APPE Music/song", "553");
        ftp.expect("REST 99", "350");
        ftp.expect("APPE Docs/a.txt", "554");
    }

    #[test]
    fn stores_under_names_of_the_servers_making() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("STOU", "553");
        ftp.expect("EPSV", "229");
        ftp.expect("STOU", "553");
        ftp.expect("CWD Movies", "250");
        ftp.expect("STOU", "553");
        ftp.expect("CWD /Inbox", "250");
        let mut names = Vec::new();
        for content in ["one", "two"] {
            let said = ftp.expect("STOU", "150 FILE: ");
            let name = said.strip_prefix("150 FILE: ").unwrap().to_owned();
            assert_eq!(
                ftp.transfer(content.as_bytes()).1,
                [format!("226 Transfer complete, 3 bytes, as {name}")]
            );
            assert_eq!(ftp.content("Inbox", &name).unwrap(), content.as_bytes());
            assert!(!names.contains(&name));
            names.push(name);
            ftp.expect("EPSV", "229");
        }
    }

    #[test]
    fn goes_on_with_what_a_broken_upload_left() {
        let mut ftp = Dialogue::logged_in("user1");
        for (first, then) in [("STOR", "REST 4"), ("STOR", "APPE"), ("APPE", "REST 4")] {
            ftp.begin(&format!("{first} Docs/new"));
            assert!(ftp.cut(b"half")[0].starts_with("426"));
            assert_eq!(ftp.content("Docs", "new"), None);
            assert_eq!(ftp.line("SIZE Docs/new"), ["213 4"]);
            ftp.expect("MDTM Docs/new", "550");
            assert!(!ftp.fetch("NLST Docs").contains("part"));
            ftp.expect("EPSV", "229");
            if then == "APPE" {
                ftp.expect("APPE Docs/new", "150");
            } else {
                ftp.expect("REST 5", "350");
                ftp.expect("STOR Docs/new", "554");
                ftp.expect(then, "350");
                ftp.expect("STOR Docs/new", "150");
            }
            ftp.expect("STAT", "211-");
            ftp.transfer(b" and half");
            assert_eq!(ftp.content("Docs", "new").unwrap(), b"half and half");
            assert_eq!(ftp.line("SIZE Docs/new"), ["213 13"]);
            ftp.expect("DELE Docs/new", "250");
        }
        assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
    }

    #[test]
    fn who_may_write_may_go_on_and_nobody_else_learns_of_it() {
        let mut ftp = Dialogue::logged_in("user1");
        for place in ["Inbox", "Docs"] {
            ftp.begin(&format!("STOR {place}/new"));
            ftp.cut(b"half");
        }
        assert_eq!(ftp.line("SIZE Inbox/new"), ["213 4"]);
        let mut other = ftp.beside();
        other.expect("USER slow", "331");
        other.send(b"PASS 1234");
        assert!(other.judge()[0].starts_with("230"));
        other.expect("TYPE I", "200");
        other.expect("SIZE Docs/new", "550");
        other.expect("SIZE Docs/a.txt", "213 6");
    }

    #[test]
    fn a_text_leaves_nothing_to_go_on_with() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("TYPE A", "200");
        ftp.begin("STOR Docs/new");
        ftp.cut(b"half a line");
        ftp.expect("TYPE I", "200");
        ftp.expect("SIZE Docs/new", "550");
        // Nor does one go on with other bytes.
        ftp.begin("STOR Docs/new");
        ftp.cut(b"bytes");
        ftp.expect("TYPE A", "200");
        for _ in 0..2 {
            ftp.begin("APPE Docs/new");
            ftp.cut(b"a line\r\n");
        }
        ftp.expect("TYPE I", "200");
        ftp.expect("SIZE Docs/new", "213 5");
        ftp.expect("TYPE A", "200");
        upload(&mut ftp, "APPE Docs/new", b"a line");
        assert_eq!(ftp.content("Docs", "new").unwrap(), b"a line");
        assert_eq!(ftp.tree.parts_left(), 0);
    }

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_else() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.tree.fail_write(0, std::io::ErrorKind::StorageFull);
        let said = upload(&mut ftp, "STOR Docs/a.txt", b"too much");
        assert!(said.len() == 1 && said[0].starts_with("452"), "{said:?}");
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpha\n");
        assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
    }

    #[test]
    fn what_is_left_expires_where_somebody_looks_or_breaks_off() {
        let mut ftp = Dialogue::logged_in("user1");
        let left = |ftp: &mut Dialogue, name: &str, made: i64| {
            ftp.tree.set_now(UnixTime(made));
            ftp.begin(&format!("STOR {name}"));
            ftp.cut(b"half");
        };
        let day = 24 * 60 * 60;
        left(&mut ftp, "Docs/kept", TODAY.0 - day);
        left(&mut ftp, "Docs/old", TODAY.0 - day - 1);
        assert_eq!(ftp.tree.parts_left(), 1, "the one that was too old went as it broke off");
        ftp.settings.partial_expiry = std::time::Duration::from_secs(60);
        ftp.fetch("NLST Docs/Sub");
        assert_eq!(ftp.line("SIZE Docs/kept"), ["213 4"]);
        ftp.fetch("NLST Docs");
        ftp.expect("SIZE Docs/kept", "550");
        left(&mut ftp, "Inbox/one", TODAY.0 - 59);
        ftp.settings.partial_expiry = std::time::Duration::from_secs(30);
        left(&mut ftp, "Inbox/two", TODAY.0);
        ftp.expect("SIZE Inbox/one", "550");
        ftp.expect("SIZE Inbox/two", "213 4");
    }

    #[test]
    fn refuses() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.has_no_route("STOR Docs/new");
        ftp.expect("EPSV", "229");
        for (line, start) in [
            ("STOR new", "553"),
            ("STOR Docs", "553"),
            ("STOR Docs/Sub", "553"),
            ("STOR Movies/new", "553"),
            ("STOR Secret/new", "553"),
            ("STOR Docs/none/new", "553"),
            ("APPE Movies/Joker", "550"),
            ("STOR Docs/.coracle-part-1", "553"),
        ] {
            ftp.expect(line, start);
        }
        assert_eq!(ftp.tree.parts_under_way(), 0);
    }

    #[test]
    fn ends_that_are_not_good() {
        let mut ftp = Dialogue::logged_in("user1");
        for (fault, start) in [
            (Trouble::DiskFull.into(), "452"),
            (Trouble::Changed.into(), "451"),
            (Trouble::Busy.into(), "451"),
            (Trouble::Io(std::io::ErrorKind::Other).into(), "451"),
            (Trouble::Io(std::io::ErrorKind::FileTooLarge).into(), "552"),
            (Denied::NotFound.into(), "451"),
            (Denied::Exists.into(), "451"),
            (Denied::NotPermitted.into(), "451"),
        ] {
            ftp.begin("STOR Docs/new");
            let said = ftp.end(Outcome::Failed { fault, bytes: 7 });
            assert!(said.len() == 1 && said[0].starts_with(start), "{said:?}");
            assert_eq!(ftp.content("Docs", "new"), None);
        }
    }
}
