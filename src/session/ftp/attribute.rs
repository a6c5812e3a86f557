//! MFMT (draft-somers-ftp-mfxx-04, section 3), SITE CHMOD and SITE UTIME: what is known of a file
//! apart from its content.
//!
//! All of them need the right to write, and none touches a granted directory itself, which is the
//! operator's.

use super::state::{Answered, Said, Turn, Visit};
use crate::terms::UnixTime;
use crate::tree::Tree;
use crate::wire::ftp::facts;
use crate::wire::ftp::reply::Reply;

impl Visit<'_> {
    /// MFMT. The reply has the form of a fact, and names the file as it was named.
    pub(super) fn mfmt<T: Tree>(
        self,
        modified: UnixTime,
        argument: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.touch(modified, argument, turn)?;
        let stamp = facts::stamp14(modified);
        let text = [b"Modify=", stamp.as_slice(), b"; ", argument].concat();
        Ok(Said::Now(Reply::from_bytes(213, text)))
    }

    /// SITE UTIME.
    pub(super) fn site_utime<T: Tree>(
        self,
        modified: UnixTime,
        argument: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.touch(modified, argument, turn)?;
        Ok(Said::Now(Reply::new(200, "The time is set.")))
    }

    /// SITE CHMOD.
    pub(super) fn site_chmod<T: Tree>(
        self,
        mode: u32,
        argument: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let path = self.path(argument)?;
        self.inside(&path)
            .and_then(|granted| turn.house.tree.set_mode(granted.place, mode))
            .map_err(|fault| self.refusal(fault, argument))?;
        Ok(Said::Now(Reply::new(200, "The permissions are set.")))
    }

    fn touch<T: Tree>(
        &self,
        modified: UnixTime,
        argument: &[u8],
        turn: &Turn<'_, '_, T>,
    ) -> Result<(), Reply> {
        let path = self.path(argument)?;
        self.inside(&path)
            .and_then(|granted| turn.house.tree.set_modified(granted.place, modified))
            .map_err(|fault| self.refusal(fault, argument))
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::Dialogue;

    #[test]
    fn times_are_set() {
        let mut ftp = Dialogue::logged_in("user1");
        let said = ftp.line("MFMT 20200102030405 Docs/a.txt");
        assert_eq!(said, ["213 Modify=20200102030405; Docs/a.txt"]);
        assert_eq!(ftp.line("MDTM Docs/a.txt"), ["213 20200102030405"]);
        ftp.expect("SITE UTIME 202103040506 Docs/a.txt", "200");
        assert_eq!(ftp.line("MDTM Docs/a.txt"), ["213 20210304050600"]);
        let three = "20210101000000 20220101000000 20210101000000";
        ftp.expect(&format!("SITE UTIME Docs/Sub {three} UTC"), "200");
        assert_eq!(ftp.line("MDTM Docs/Sub"), ["213 20220101000000"]);
    }

    #[test]
    fn permissions_are_set() {
        let mut ftp = Dialogue::logged_in("user1");
        for (asked, mode) in [("640", "0640"), ("4777", "0777"), ("000", "0400")] {
            ftp.expect("OPTS MLST unix.mode;", "200");
            ftp.expect(&format!("SITE CHMOD {asked} Docs/a.txt"), "200");
            let said = ftp.expect("MLST Docs/a.txt", "250-");
            assert!(said.to_lowercase().contains(&format!("unix.mode={mode};")), "{said}");
        }
    }

    #[test]
    fn refuses() {
        let mut ftp = Dialogue::logged_in("user1");
        for (line, start) in [
            ("MFMT 20200102030405 Movies/Joker", "550"),
            ("MFMT 20200102030405 Secret/plan", "550"),
            ("MFMT 20200102030405 Docs/none", "550"),
            ("MFMT 20200102030405 Docs", "550"),
            ("MFMT 20200102030405 /", "550"),
            ("MFMT 20200102030405", "501"),
            ("MFMT 20201302030405 Docs/a.txt", "501"),
            ("SITE CHMOD 600 Movies/Joker", "550"),
            ("SITE CHMOD 600 Docs", "550"),
            ("SITE CHMOD 600 Docs/none", "550"),
            ("SITE UTIME 20200102030405 Movies/Joker", "550"),
        ] {
            ftp.expect(line, start);
        }
    }
}
