//! SITE COMPRESS: `name.gz` beside `name`.
//!
//! Only the files are opened here. The new one is a hidden part until it is whole.

use super::state::{Answered, Purpose, Turn, Visit};
use crate::accounts::Rights;
use crate::session::Chore;
use crate::session::view::{Granted, Spot};
use crate::terms::{self, Denied, Fault};
use crate::tree::{Keep, Tree, VirtualPath};

/// What is added to the name.
const SUFFIX: &[u8] = b".gz";

impl Visit<'_> {
    /// SITE COMPRESS. Reading needs its right as well, since the content comes back readable.
    pub(super) fn compress<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        let named = [path.as_bytes(), SUFFIX].concat();
        let target = self.path(&named)?;
        let source = self.source(&path).map_err(|fault| self.refusal(fault, argument))?;
        let (file, status) =
            turn.house.tree.open(source.place).map_err(|fault| self.refusal(fault, argument))?;
        let part = self
            .target(&target, turn)
            .map_err(|fault| self.refusal(fault, &[argument, SUFFIX].concat()))?;
        let length = status.size;
        let chore: Chore<T> = terms::Chore::Compress { file, part, length };
        self.work(chore, Purpose::Compress, (path, argument), length, turn)
    }

    fn source<'p>(&self, path: &'p VirtualPath) -> Result<Granted<'p>, Fault> {
        match self.spot(path)? {
            Spot::Top => Err(Denied::IsADirectory.into()),
            Spot::Below(granted) if granted.rights.contains(Rights::READ) => Ok(granted),
            Spot::Below(_) => Err(Denied::NotPermitted.into()),
        }
    }

    /// What stands there is replaced only where the client may delete.
    fn target<T: Tree>(
        &self,
        path: &VirtualPath,
        turn: &Turn<'_, '_, T>,
    ) -> Result<T::Part, Fault> {
        let granted = self.inside(path)?;
        let overwrite = granted.rights.contains(Rights::DELETE);
        turn.house.tree.create(granted.place, Keep::Nothing, overwrite)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use crate::session::Event;
    use crate::session::dialogue::{Asked, Dialogue};
    use crate::terms::{ChoreOutcome, Trouble};

    fn compressing() -> Dialogue {
        let mut ftp = Dialogue::logged_in("user1");
        assert!(ftp.line("SITE COMPRESS Docs/a.txt").is_empty());
        assert_eq!(ftp.timer, None);
        ftp
    }

    #[test]
    fn writes_a_file_beside() {
        let mut ftp = compressing();
        let said = ftp.work();
        let bytes = ftp.content("Docs", "a.txt.gz").unwrap();
        assert_eq!(said, [format!("250 Docs/a.txt.gz: {} bytes, from 6.", bytes.len())]);
        let mut back = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut back).unwrap();
        assert_eq!(back, "alpha\n");
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpha\n");
        assert!(ftp.timer.is_some());
        ftp.expect("CWD Docs", "250");
        assert!(ftp.line("SITE COMPRESS a.txt").is_empty());
        assert!(ftp.work()[0].starts_with("250 a.txt.gz: "));
    }

    #[test]
    fn replaces_only_what_the_client_may_delete() {
        let mut ftp = Dialogue::logged_in("user1");
        assert!(ftp.line("SITE COMPRESS Music/song").is_empty());
        assert!(ftp.work()[0].starts_with("250"));
        let said = ftp.expect("SITE COMPRESS Music/song", "550");
        assert!(said.contains("'Music/song.gz': it is there already"), "{said}");
    }

    #[test]
    fn refuses() {
        let mut ftp = Dialogue::logged_in("user1");
        for line in [
            "SITE COMPRESS Docs",
            "SITE COMPRESS /",
            "SITE COMPRESS Docs/Sub",
            "SITE COMPRESS Docs/none",
            "SITE COMPRESS Movies/Joker",
            "SITE COMPRESS Inbox/x",
            "SITE COMPRESS Secret/plan",
        ] {
            ftp.expect(line, "550");
        }
        ftp.expect("SITE COMPRESS", "501");
        assert_eq!(ftp.tree.parts_under_way(), 0);
    }

    #[test]
    fn tells_how_far_it_is() {
        let mut ftp = compressing();
        ftp.moved = Some(2);
        assert_eq!(ftp.told(Event::Progress(2)), ["150 'Docs/a.txt': 2 of 6 bytes so far."]);
        let said = ftp.expect("STAT", "211-");
        assert!(said.contains("SITE /Docs/a.txt: 2 of 6 bytes are done with"), "{said}");
        assert!(ftp.line("PWD").is_empty(), "it waits");
        assert_eq!(ftp.work().len(), 2);
    }

    #[test]
    fn abor_leaves_nothing() {
        let mut ftp = compressing();
        assert!(ftp.line("ABOR").is_empty());
        assert_eq!(ftp.asked, [Asked::Abort]);
        let said = ftp.end_work(ChoreOutcome::Aborted);
        assert!(said[0].starts_with("426") && said[1].starts_with("226"), "{said:?}");
        assert_eq!((ftp.content("Docs", "a.txt.gz"), ftp.tree.parts_under_way()), (None, 0));
    }

    #[test]
    fn goes_when_the_peer_goes_and_when_the_server_does() {
        for drains in [false, true] {
            let mut ftp = compressing();
            if drains {
                assert!(ftp.told(Event::Drain).is_empty());
            } else {
                ftp.hang_up();
            }
            assert_eq!(ftp.asked, [Asked::Abort]);
            assert!(ftp.end_work(ChoreOutcome::Aborted)[0].starts_with("426"));
            assert!(ftp.closed);
        }
        let mut ftp = compressing();
        ftp.line("QUIT");
        ftp.hang_up();
        assert!(ftp.asked.is_empty());
        assert!(ftp.work()[0].starts_with("250"));
    }

    #[test]
    fn a_full_disk_is_said_so() {
        let mut ftp = compressing();
        let said = ftp.end_work(ChoreOutcome::Failed(Trouble::DiskFull.into()));
        assert!(said[0].starts_with("452"), "{said:?}");
    }
}
