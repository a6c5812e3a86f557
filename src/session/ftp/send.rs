//! RETR (RFC 959, section 4.1.3; RFC 3659, section 5 for what REST does to it).

use super::state::{Answered, Turn, Visit};
use crate::session::view::Spot;
use crate::terms::{Denied, Extent, Fault, PeerFault, Span};
use crate::tree::{Tree, VirtualPath};

impl Visit<'_> {
    /// RETR. A refusal leaves the route to the next command.
    pub(super) fn retr<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        self.require_route(turn.house.settings)?;
        let path = self.path(argument)?;
        let (file, span) = self.open(&path, turn).map_err(|fault| self.refusal(fault, argument))?;
        let total = Some(span.end - span.start).filter(|_| !self.restarts_text());
        self.begin(Extent::File(file), span, path, total, turn)
    }

    fn open<T: Tree>(
        &self,
        path: &VirtualPath,
        turn: &Turn<'_, '_, T>,
    ) -> Result<(T::File, Span), Fault> {
        let Spot::Below(granted) = self.spot(path)? else {
            return Err(Denied::IsADirectory.into());
        };
        let (file, status) = turn.house.tree.open(granted.place)?;
        if self.restarts_text() {
            // Where in the file the point is shows while all before it is read; no more than one
            // byte comes to each.
            let is_within = self.restart() <= status.size.saturating_mul(2);
            let span = Span { start: 0, end: status.size };
            return if is_within { Ok((file, span)) } else { Err(PeerFault::BadRestart.into()) };
        }
        Ok((file, self.span(status.size)?))
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::Dialogue;

    #[test]
    fn sends_a_file() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("PASV", "227");
        let said = ftp.expect("RETR Movies/Joker", "150");
        assert_eq!(said, "150 Opening BINARY mode data connection for /Movies/Joker (1234 bytes).");
        assert_eq!(ftp.timer, None);
        let (sent, said) = ftp.transfer(b"");
        assert_eq!(sent, [b'j'; 1234]);
        assert_eq!(said, ["226 Transfer complete, 1234 bytes."]);
        assert!(ftp.timer.is_some());
    }

    #[test]
    fn restarts() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        ftp.expect("REST 2", "350");
        assert!(ftp.expect("RETR Docs/a.txt", "150").ends_with("(4 bytes)."));
        assert_eq!(ftp.transfer(b"").0, b"pha\n");
        ftp.expect("REST 6", "350");
        ftp.expect("EPSV", "229");
        assert!(ftp.expect("RETR Docs/a.txt", "150").ends_with("(0 bytes)."));
        assert_eq!(ftp.transfer(b"").0, b"");
        ftp.expect("EPSV", "229");
        ftp.expect("REST 7", "350");
        ftp.expect("RETR Docs/a.txt", "554");
        // It held for that command alone, and the route is still there.
        ftp.expect("RETR Docs/a.txt", "150");
        assert_eq!(ftp.transfer(b"").0, b"alpha\n");
    }

    #[test]
    fn in_type_a_a_restart_point_counts_what_is_sent() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.put_file("Docs", "text", b"one\ntwo\n");
        ftp.expect("TYPE A", "200");
        for (offset, rest) in [(0, "one\r\ntwo\r\n"), (4, "\ntwo\r\n"), (5, "two\r\n"), (10, "")] {
            ftp.expect("EPSV", "229");
            ftp.expect(&format!("REST {offset}"), "350");
            let said = ftp.expect("RETR Docs/text", "150");
            assert_eq!(said.contains(" bytes)"), offset == 0, "{said}");
            let order = ftp.order.as_ref().unwrap();
            assert_eq!((order.skipped, order.span.start), (offset, 0));
            assert_eq!(ftp.transfer(b"").0, rest.as_bytes());
        }
        ftp.expect("EPSV", "229");
        ftp.expect("REST 17", "350");
        ftp.expect("RETR Docs/text", "554");
        // It was forgotten with the command that it was for.
        ftp.expect("RETR Docs/text", "150");
        assert_eq!(ftp.order.as_ref().unwrap().skipped, 0);
        ftp.transfer(b"");
    }

    #[test]
    fn a_restart_point_holds_for_one_command() {
        let mut ftp = Dialogue::logged_in("user1");
        // What makes the route may stand between, and NOOP; anything else takes the point back.
        ftp.expect("EPSV", "229");
        for line in ["NOOP", "EPSV", "PASV", "PORT 192,0,2,7,200,0", "EPRT |1|192.0.2.7|5000|"] {
            ftp.expect("REST 2", "350");
            ftp.line(line);
            ftp.expect("RETR Docs/a.txt", "150");
            assert_eq!(ftp.transfer(b"").0, b"pha\n", "{line}");
        }
        for line in ["PWD", "TYPE I", "CWD /", "SIZE Docs/a.txt", "RETR none", "REST 0", "FOO"] {
            ftp.expect("EPSV", "229");
            ftp.expect("REST 2", "350");
            ftp.line(line);
            ftp.expect("RETR Docs/a.txt", "150");
            assert_eq!(ftp.transfer(b"").0, b"alpha\n", "{line}");
        }
    }

    #[test]
    fn sends_a_range() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("RANG 1 3", "350");
        assert_eq!(ftp.fetch("RETR Docs/a.txt"), "lph");
        assert_eq!(ftp.fetch("RETR Docs/a.txt"), "alpha\n");
        ftp.expect("RANG 4 99", "350");
        assert_eq!(ftp.fetch("RETR Docs/a.txt"), "a\n");
        ftp.expect("EPSV", "229");
        ftp.expect("RANG 7 9", "350");
        ftp.expect("RETR Docs/a.txt", "554");
    }

    #[test]
    fn refuses() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        for (line, start) in [
            ("RETR Docs", "550"),
            ("RETR Docs/Sub", "550"),
            ("RETR /", "550"),
            ("RETR Docs/none", "550"),
            ("RETR Secret/plan", "550"),
            ("RETR Inbox/x", "550"),
            ("RETR", "501"),
        ] {
            ftp.expect(line, start);
            assert!(ftp.order.is_none());
        }
    }

    #[test]
    fn granted_names_shadow_those_of_the_tree() {
        let mut ftp = Dialogue::logged_in("root");
        assert_eq!(ftp.fetch("RETR top.txt"), "top\n");
        assert_eq!(ftp.fetch("RETR Movies/WAR"), "war");
        ftp.expect("EPSV", "229");
        ftp.expect("RETR Movies/shadowed", "550");
    }
}
