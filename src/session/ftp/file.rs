//! DELE, RNFR, RNTO (RFC 959, section 4.1.3).

use std::mem;

use super::respond;
use super::state::{Answered, Carry, Said, Turn, Visit};
use crate::accounts::Rights;
use crate::terms::Fault;
use crate::tree::{Tree, VirtualPath};
use crate::wire::ftp::reply::Reply;

impl Visit<'_> {
    pub(super) fn dele<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        self.inside(&path)
            .and_then(|granted| turn.house.tree.remove_file(granted.place))
            .map_err(|fault| self.refusal(fault, argument))?;
        Ok(Said::Now(respond::about(250, argument, "the file has been deleted.")))
    }

    pub(super) fn rnfr<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        self.inside(&path)
            .and_then(|granted| turn.house.tree.status(granted.place))
            .map_err(|fault| self.refusal(fault, argument))?;
        self.ready.carry = Carry::Rename(path);
        Ok(Said::Now(respond::about(350, argument, "send its new name with RNTO.")))
    }

    pub(super) fn rnto<T: Tree>(mut self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let Carry::Rename(from) = mem::take(&mut self.carry) else {
            return Err(Reply::new(503, "Say what is to be renamed with RNFR first."));
        };
        let to = self.path(argument)?;
        self.rename(&from, &to, turn).map_err(|fault| self.refusal(fault, argument))?;
        Ok(Said::Now(respond::about(250, argument, "that is the name now.")))
    }

    /// Both ends need the right to write; what stands at the new name goes only where the client
    /// may delete.
    fn rename<T: Tree>(
        &self,
        from: &VirtualPath,
        to: &VirtualPath,
        turn: &Turn<'_, '_, T>,
    ) -> Result<(), Fault> {
        let (from, to) = (self.inside(from)?, self.inside(to)?);
        turn.house.tree.rename(from.place, to.place, to.rights.contains(Rights::DELETE))
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::Dialogue;

    #[test]
    fn deletes() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("DELE Docs/a.txt", "250");
        assert_eq!(ftp.content("Docs", "a.txt"), None);
        ftp.expect("DELE Docs/a.txt", "550");
        ftp.expect("DELE Docs/Sub", "550");
        ftp.expect("DELE Docs", "550");
        ftp.expect("DELE Music/song", "550");
        ftp.expect("DELE Secret/plan", "550");
    }

    #[test]
    fn renames() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("RNFR Docs/a.txt", "350");
        ftp.expect("RNTO Docs/Sub/c.txt", "250");
        assert_eq!(ftp.content("Docs", "Sub/c.txt").unwrap(), b"alpha\n");
        ftp.expect("RNTO Docs/d.txt", "503");
        ftp.expect("RNFR Docs/a.txt", "550");
        ftp.expect("RNFR Movies/Joker", "550");
        ftp.expect("RNFR Docs", "550");
    }

    #[test]
    fn what_rnfr_said_holds_for_one_command() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("RNFR Docs/a.txt", "350");
        ftp.expect("PWD", "257");
        ftp.expect("RNTO Docs/c.txt", "503");
        // Nor does a transfer, or a line that is none, leave it standing.
        for line in ["XYZZY", "RNFR none", "TYPE A", "EPSV"] {
            ftp.expect("RNFR Docs/a.txt", "350");
            ftp.line(line);
            ftp.expect("RNTO Docs/c.txt", "503");
        }
        ftp.expect("RNFR Docs/a.txt", "350");
        assert!(ftp.send_too_long()[0].starts_with("500"));
        ftp.expect("RNTO Docs/c.txt", "503");
        // NOOP affects no command before it (RFC 959, section 4.1.3).
        ftp.expect("RNFR Docs/a.txt", "350");
        ftp.expect("NOOP", "200");
        ftp.expect("RNTO Docs/c.txt", "250");
    }

    #[test]
    fn renaming_over_needs_the_right_to_delete() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("RNFR Docs/a.txt", "350");
        ftp.expect("RNTO Docs/b.txt", "250");
        assert_eq!(ftp.content("Docs", "b.txt").unwrap(), b"alpha\n");
        ftp.expect("RNFR Docs/b.txt", "350");
        ftp.expect("RNTO Music/song", "553");
        assert_eq!(ftp.content("Music", "song").unwrap(), b"la la la");
        ftp.expect("RNFR Docs/b.txt", "350");
        ftp.expect("RNTO Movies/b", "553");
    }
}
