//! CWD, CDUP, PWD, MKD, RMD (RFC 959, sections 4.1.1 and 4.1.3; RFC 1123, section 4.1.3.1 for the X
//! forms, which `wire` reads as these).

use super::respond;
use super::state::{Answered, Said, Turn, Visit};
use crate::session::view::{self, Spot};
use crate::terms::{Denied, Fault};
use crate::tree::{Kind, Tree, VirtualPath};
use crate::wire::ftp::reply::{self, Reply};

impl Visit<'_> {
    /// CWD, and CDUP as `CWD ..`, which at the root stays there. Any right in a directory lets a
    /// client stand in it: one that may only leave files there must be able to.
    pub(super) fn cwd<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        self.enter(&path, turn).map_err(|fault| self.refusal(fault, argument))?;
        let mut text = reply::quoted(path.as_bytes());
        text.extend_from_slice(b" is the current directory now.");
        self.ready.here = path;
        Ok(Said::Now(Reply::from_bytes(250, text)))
    }

    pub(super) fn pwd(self) -> Answered {
        let mut text = reply::quoted(self.ready.here.as_bytes());
        text.extend_from_slice(b" is the current directory.");
        Ok(Said::Now(Reply::from_bytes(257, text)))
    }

    pub(super) fn mkd<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        self.make(&path, turn).map_err(|fault| self.refusal(fault, argument))?;
        let mut text = reply::quoted(path.as_bytes());
        text.extend_from_slice(b" has been made.");
        Ok(Said::Now(Reply::from_bytes(257, text)))
    }

    pub(super) fn rmd<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        self.inside(&path)
            .and_then(|granted| turn.house.tree.remove_directory(granted.place))
            .map_err(|fault| self.refusal(fault, argument))?;
        Ok(Said::Now(respond::about(250, argument, "the directory has been removed.")))
    }

    fn enter<T: Tree>(&self, path: &VirtualPath, turn: &Turn<'_, '_, T>) -> Result<(), Fault> {
        let spot = self.spot(path)?;
        match view::status(turn.house.tree, &self.ready.client, spot)?.kind {
            Kind::Directory => Ok(()),
            Kind::File | Kind::Other => Err(Denied::NotADirectory.into()),
        }
    }

    fn make<T: Tree>(&self, path: &VirtualPath, turn: &Turn<'_, '_, T>) -> Result<(), Fault> {
        match self.spot(path)? {
            Spot::Below(granted) if !granted.place.path.is_empty() => {
                turn.house.tree.make_directory(granted.place)
            }
            Spot::Top | Spot::Below(_) => Err(Denied::Exists.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::Dialogue;

    #[test]
    fn walks() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.line("PWD"), ["257 \"/\" is the current directory."]);
        ftp.expect("CWD Docs/Sub", "250");
        assert_eq!(ftp.line("XPWD"), ["257 \"/Docs/Sub\" is the current directory."]);
        ftp.expect("CDUP", "250");
        ftp.expect("CWD ..", "250");
        ftp.expect("CDUP", "250");
        assert_eq!(ftp.line("PWD"), ["257 \"/\" is the current directory."]);
        ftp.expect("CWD /Docs/a.txt", "550");
        ftp.expect("CWD ../../Docs", "250");
    }

    #[test]
    fn what_is_not_granted_is_not_there() {
        let mut ftp = Dialogue::logged_in("user1");
        let withheld = ftp.expect("CWD Secret", "550");
        let missing = ftp.expect("CWD Nowhere", "550");
        assert_eq!(withheld.replace("Secret", "Nowhere"), missing);
        ftp.expect("CWD /files", "550");
        ftp.expect("CWD Docs/../Secret", "550");
    }

    #[test]
    fn a_drop_box_can_be_entered() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("CWD Inbox", "250");
        ftp.expect("MLST", "550");
    }

    #[test]
    fn makes_and_removes() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.line("MKD Docs/a\"b"), ["257 \"/Docs/a\"\"b\" has been made."]);
        ftp.expect("MKD Docs/a\"b", "550");
        ftp.expect("RMD Docs/a\"b", "250");
        ftp.expect("RMD Docs/a\"b", "550");
        ftp.expect("RMD Docs/Sub", "550");
        ftp.expect("RMD Docs/a.txt", "550");
        ftp.expect("MKD Movies/New", "550");
        ftp.expect("MKD Music/New", "257");
        ftp.expect("RMD Music/New", "550");
    }

    #[test]
    fn the_virtual_root_is_the_operators() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("MKD New", "550");
        ftp.expect("MKD Docs", "550");
        ftp.expect("RMD Docs", "550");
        ftp.expect("RMD /", "550");
        let mut ftp = Dialogue::logged_in("root");
        ftp.expect("MKD New", "257");
        ftp.expect("RMD New", "250");
        ftp.expect("RMD Movies", "550");
        ftp.expect("CWD Attic", "250");
    }
}
