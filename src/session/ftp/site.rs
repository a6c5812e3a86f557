//! SITE (RFC 959, section 4.1.3): what servers have beyond the RFCs.
//!
//! Only what is here is dispatched here; each command that does more than change an attribute has
//! a file of its own.

use super::state::{Answered, Said, Turn, Visit};
use crate::tree::Tree;
use crate::wire::ftp::reply::Reply;
use crate::wire::ftp::site::SiteCommand;

/// The commands and their forms, as SITE HELP and HELP SITE show them.
pub(super) const HELP: &str = "\
These are served:
SITE CHMOD mode path
SITE COMPRESS path
SITE UTIME YYYYMMDDhhmmss path
SITE HELP
Times are in UTC.";

impl Visit<'_> {
    /// SITE.
    pub(super) fn site<T: Tree>(
        self,
        command: SiteCommand<'_>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        match command {
            SiteCommand::Help => Ok(Said::Now(Reply::new(214, HELP))),
            SiteCommand::Compress(path) => self.compress(path, turn),
            SiteCommand::Chmod { mode, path } => self.site_chmod(mode, path, turn),
            SiteCommand::Utime { modified, path } => self.site_utime(modified, path, turn),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::Dialogue;

    #[test]
    fn says_what_there_is() {
        let mut ftp = Dialogue::logged_in("user1");
        assert!(ftp.expect("SITE HELP", "214-").contains("SITE CHMOD"));
        ftp.expect("SITE", "501");
        ftp.expect("SITE EXEC ls", "501");
        // RFC 959, section 4.1.3: the reply to HELP SITE says what there is, too.
        assert_eq!(ftp.line("HELP SITE"), ftp.line("SITE HELP"));
        ftp.expect("SITE CHMOD", "501");
    }
}
