//! HASH (draft-bryan-ftpext-hash, section 3), and the older XCRC and XSHA256.

use super::state::{Answered, Purpose, Turn, Visit};
use crate::session::view::Spot;
use crate::terms::{Algorithm, Chore, Denied, Fault, PeerFault, Span};
use crate::tree::{Tree, VirtualPath};
use crate::wire::ftp::digest::SumArgument;

impl Visit<'_> {
    /// HASH, of what RANG said or of the whole file.
    pub(super) fn hash<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        let algorithm = self.parameters.algorithm;
        let (file, span) = self
            .readable(&path, turn)
            .and_then(|(file, size)| Ok((file, self.span(size)?)))
            .map_err(|fault| self.refusal(fault, argument))?;
        let chore = Chore::Digest { file, span, algorithm };
        let purpose = Purpose::Hash(span, algorithm);
        self.work(chore, purpose, (path, argument), span.end - span.start, turn)
    }

    /// XCRC and XSHA256.
    pub(super) fn sum<T: Tree>(
        self,
        argument: SumArgument<'_>,
        algorithm: Algorithm,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let SumArgument { path: argument, span } = argument;
        let path = self.path(argument)?;
        let (file, span) = self
            .readable(&path, turn)
            .and_then(|(file, size)| {
                let (start, end) = span.unwrap_or((0, size));
                if start > end || end > size {
                    return Err(PeerFault::BadRestart.into());
                }
                Ok((file, Span { start, end }))
            })
            .map_err(|fault| self.refusal(fault, argument))?;
        let chore = Chore::Digest { file, span, algorithm };
        self.work(chore, Purpose::Sum, (path, argument), span.end - span.start, turn)
    }

    fn readable<T: Tree>(
        &self,
        path: &VirtualPath,
        turn: &Turn<'_, '_, T>,
    ) -> Result<(T::File, u64), Fault> {
        let Spot::Below(granted) = self.spot(path)? else {
            return Err(Denied::IsADirectory.into());
        };
        let (file, status) = turn.house.tree.open(granted.place)?;
        Ok((file, status.size))
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::{Asked, Dialogue};
    use crate::terms::ChoreOutcome;

    /// Sends `line`, and has the work done.
    #[track_caller]
    fn worked(ftp: &mut Dialogue, line: &str) -> String {
        assert_eq!(ftp.line(line), Vec::<String>::new(), "{line}");
        let said = ftp.work();
        assert_eq!(said.len(), 1, "{said:?}");
        said[0].clone()
    }

    /// SHA-256 of `alpha\n`.
    const ALPHA: &str = "b6a98d9ce9a2d9149288fa3df42d377c3e42737afdcdaf714e33c0a100b51060";

    #[test]
    fn hashes_what_was_chosen() {
        let mut ftp = Dialogue::logged_in("user1");
        let said = worked(&mut ftp, "HASH Docs/a.txt");
        assert_eq!(said, format!("213 SHA-256 0-5 {ALPHA} Docs/a.txt"));
        ftp.put_file("Docs", "check", b"123456789");
        ftp.expect("OPTS HASH CRC32", "200 CRC32");
        assert_eq!(worked(&mut ftp, "HASH Docs/check"), "213 CRC32 0-8 cbf43926 Docs/check");
        ftp.expect("RANG 4 4", "350");
        assert_eq!(worked(&mut ftp, "HASH Docs/check"), "213 CRC32 4-4 84b12bae Docs/check");
        ftp.expect("RANG 4 100", "350");
        assert!(worked(&mut ftp, "HASH Docs/check").starts_with("213 CRC32 4-8 "));
        ftp.expect("RANG 4 4", "350");
        ftp.expect("RANG 1 0", "350");
        assert!(worked(&mut ftp, "HASH Docs/check").starts_with("213 CRC32 0-8 "));
        // Both ends belong to it: 0 and 1 are two bytes.
        ftp.expect("RANG 0 1", "350");
        assert_eq!(worked(&mut ftp, "HASH Docs/check"), "213 CRC32 0-1 4f5344cd Docs/check");
        // What makes no sense takes back what did.
        ftp.expect("RANG 4 4", "350");
        ftp.expect("RANG 5 4", "501");
        assert!(worked(&mut ftp, "HASH Docs/check").starts_with("213 CRC32 0-8 "));
        ftp.expect("OPTS HASH", "200 CRC32");
        ftp.expect("TYPE A", "200");
        ftp.expect("RANG 4 4", "551");
        assert!(worked(&mut ftp, "HASH Docs/check").starts_with("213 CRC32 0-8 cbf43926"));
        ftp.expect("TYPE I", "200");
        ftp.put_file("Docs", "empty", b"");
        assert_eq!(worked(&mut ftp, "HASH Docs/empty"), "213 CRC32 0-0 00000000 Docs/empty");
    }

    #[test]
    fn sums_have_spans_of_their_own() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.put_file("Docs", "check", b"x123456789x");
        assert_eq!(worked(&mut ftp, "XCRC Docs/check 1 10"), "250 cbf43926");
        assert_eq!(worked(&mut ftp, "XCRC \"Docs/check\" 1 10"), "250 cbf43926");
        assert_eq!(worked(&mut ftp, "XSHA256 Docs/a.txt"), format!("250 {ALPHA}"));
        ftp.expect("XCRC Docs/check 5 4", "554");
        ftp.expect("XCRC Docs/check 0 12", "554");
    }

    #[test]
    fn refuses() {
        let mut ftp = Dialogue::logged_in("user1");
        for (line, start) in [
            ("HASH Docs", "553"),
            ("HASH /", "553"),
            ("XCRC Docs", "550"),
            ("HASH Docs/none", "550"),
            ("HASH Secret/plan", "550"),
            ("HASH Inbox/x", "550"),
            ("XCRC Secret/plan", "550"),
            ("HASH", "501"),
            ("OPTS HASH MD5", "501"),
            ("RANG 5 4", "501"),
        ] {
            ftp.expect(line, start);
        }
        ftp.expect("RANG 7 9", "350");
        ftp.expect("HASH Docs/a.txt", "554");
        ftp.expect("EPSV", "229");
        ftp.expect("RANG 0 2", "350");
        ftp.expect("STOR Docs/new", "501");
    }

    #[test]
    fn abor_gives_the_route_up_with_the_work() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        assert!(ftp.line("HASH Docs/a.txt").is_empty());
        assert!(ftp.line("ABOR").is_empty());
        assert_eq!(ftp.asked, [Asked::Abort, Asked::Unroute]);
        ftp.end_work(ChoreOutcome::Aborted);
        ftp.has_no_route("RETR Docs/a.txt");
    }

    #[test]
    fn a_route_is_left_to_the_transfer() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        worked(&mut ftp, "HASH Docs/a.txt");
        ftp.expect("RETR Docs/a.txt", "150");
        ftp.transfer(b"");
    }
}
