//! SYST, STAT, HELP, NOOP (RFC 959, section 4.1.3), FEAT (RFC 2389, section 3), SIZE, MDTM (RFC
//! 3659, sections 3 and 4).

use super::route::Lack;
use super::state::{Answered, Busy, Parameters, Purpose, Route, Said, State, Turn, Visit};
use super::table::{self, COMMON_FEATURES, Feature};
use super::{Session, respond, site};
use crate::accounts::Rights;
use crate::session::view::{self, Spot};
use crate::session::{House, Settings};
use crate::terms::{Algorithm, Chore, Coding, Denied, Fault};
use crate::tree::{Kind, Status, Tree, VirtualPath};
use crate::wire::ftp::digest;
use crate::wire::ftp::facts;
use crate::wire::ftp::reply::Reply;
use crate::wire::ftp::verb::Verb;

/// Verbs on one line of HELP.
const VERBS_A_LINE: usize = 10;

/// Bytes of the largest file that is read to tell its SIZE in TYPE A. RFC 3659, section 4.2, lets a
/// server refuse where that would take too much.
const MAX_TEXT: u64 = 64 * 1024 * 1024;

const NOT_FOUND: Fault = Fault::Denied(Denied::NotFound);

/// SYST: the word that makes clients read LIST as `ls -l`.
pub(super) fn syst() -> Answered {
    Ok(Said::Now(Reply::new(215, "UNIX Type: L8")))
}

pub(super) fn noop() -> Answered {
    Ok(Said::Now(Reply::new(200, "OK.")))
}

/// CLNT: nothing is done otherwise for one program than for another.
pub(super) fn clnt() -> Answered {
    Ok(Said::Now(Reply::new(200, "Noted; all programs are served alike.")))
}

/// LANG (RFC 2640, section 4): replies are in English, whatever country it is spoken in.
pub(super) fn lang(tag: Option<&[u8]>) -> Answered {
    let primary = tag.map(|tag| tag.split(|&byte| byte == b'-').next().unwrap_or_default());
    if primary.is_none_or(|primary| primary.eq_ignore_ascii_case(b"EN")) {
        Ok(Said::Now(Reply::new(200, "Replies are in English.")))
    } else {
        Err(Reply::new(504, "LANG: Replies are to be had in English alone; see FEAT."))
    }
}

/// FEAT: the features of the table's rows. MLST names its facts, those chosen with a star.
pub(super) fn feat(parameters: &Parameters, settings: &Settings) -> Answered {
    let mut text = b"Served beyond RFC 959:\n".to_vec();
    for row in table::rows(settings) {
        match row.feature {
            Feature::Deflate if settings.mode_z => text.extend_from_slice(b"MODE Z"),
            Feature::Base | Feature::Deflate => continue,
            Feature::Word(word) | Feature::Tls(word) => text.extend_from_slice(word.as_bytes()),
            Feature::Facts => parameters.facts.write_feature(&mut text),
            Feature::Algorithms => write_algorithms(parameters.algorithm, &mut text),
        }
        text.push(b'\n');
    }
    for feature in COMMON_FEATURES {
        text.extend_from_slice(feature.as_bytes());
        text.push(b'\n');
    }
    text.extend_from_slice(b"End");
    Ok(Said::Now(Reply::from_bytes(211, text)))
}

/// `HASH SHA-256*;CRC32` (draft-bryan-ftpext-hash, section 3).
fn write_algorithms(chosen: Algorithm, out: &mut Vec<u8>) {
    out.extend_from_slice(b"HASH ");
    for (index, &algorithm) in digest::ALGORITHMS.iter().enumerate() {
        if index > 0 {
            out.push(b';');
        }
        out.extend_from_slice(digest::algorithm_name(algorithm).as_bytes());
        if algorithm == chosen {
            out.push(b'*');
        }
    }
}

/// HELP: all verbs, or what one of them does.
pub(super) fn help(word: Option<&[u8]>, settings: &Settings) -> Answered {
    let Some(word) = word.map(<[u8]>::trim_ascii).filter(|word| !word.is_empty()) else {
        let mut text = String::from("These are served:");
        for (index, row) in table::rows(settings).enumerate() {
            text.push(if index % VERBS_A_LINE == 0 { '\n' } else { ' ' });
            text.push_str(row.verb.name());
        }
        text.push_str("\nHELP and a verb says more.");
        return Ok(Said::Now(Reply::new(214, text)));
    };
    let verb = Verb::parse(word)
        .ok_or_else(|| Reply::new(501, "That is no verb; HELP alone lists those served."))?;
    let row = table::served(verb, settings).ok_or_else(|| respond::not_served(verb))?;
    if verb == Verb::Site {
        return Ok(Said::Now(Reply::new(214, site::HELP)));
    }
    Ok(Said::Now(Reply::new(214, format!("{}: {}.", row.form, row.help))))
}

impl Session {
    /// STAT without a path.
    pub(super) fn stat<T: Tree>(&self, turn: &Turn<'_, '_, T>) -> Answered {
        Ok(Said::Now(self.status(turn.house)))
    }

    /// How things stand, also while a transfer runs.
    pub(super) fn status<T: Tree>(&self, house: &House<'_, T>) -> Reply {
        let mut text = b"Coracle's status:\n".to_vec();
        if let State::Ready(ready) = &self.state {
            text.extend_from_slice(b"Logged in as ");
            text.extend_from_slice(ready.client.name().as_bytes());
            text.extend_from_slice(b", in ");
            text.extend_from_slice(ready.here.as_bytes());
            text.push(b'\n');
        }
        self.write_protection(&mut text);
        text.extend_from_slice(match self.parameters.coding {
            Coding::Image => b"TYPE I, STRU F, ".as_slice(),
            Coding::Ascii => b"TYPE A, STRU F, ",
        });
        text.extend_from_slice(if self.parameters.deflates { b"MODE Z\n" } else { b"MODE S\n" });
        text.extend_from_slice(b"The next data connection ");
        let way = match (self.parameters.lack(self.peer), self.parameters.route) {
            (Some(Lack::Extended), _) => "wants EPSV first\n".to_owned(),
            (Some(Lack::Any), _) => "wants PASV or PORT first\n".to_owned(),
            (None, Route::Default) => format!("goes to your port {}\n", self.peer.port()),
            (None, Route::Active(port)) => format!("goes to your port {port}\n"),
            (None, Route::Passive) => "comes to the port that you were told\n".to_owned(),
        };
        text.extend_from_slice(way.as_bytes());
        match &self.busy {
            Busy::Transferring(transfer) => {
                text.extend_from_slice(transfer.verb.name().as_bytes());
                text.push(b' ');
                text.extend_from_slice(transfer.path.as_bytes());
                let moved = house.moved.unwrap_or(0);
                let progress = match transfer.total {
                    Some(total) => format!(": {moved} of {total} bytes so far\n"),
                    None => format!(": {moved} bytes so far\n"),
                };
                text.extend_from_slice(progress.as_bytes());
            }
            Busy::Working(work) => {
                text.extend_from_slice(work.verb.name().as_bytes());
                text.push(b' ');
                text.extend_from_slice(work.path.as_bytes());
                let done = house.moved.unwrap_or(0);
                let progress = format!(": {done} of {} bytes are done with\n", work.total);
                text.extend_from_slice(progress.as_bytes());
            }
            Busy::Idle
            | Busy::Verifying
            | Busy::Withheld(_)
            | Busy::Securing(_)
            | Busy::AwaitingRoute(_) => {
                text.extend_from_slice(b"No transfer runs\n");
            }
        }
        text.extend_from_slice(b"End.");
        Reply::from_bytes(211, text)
    }
}

impl Visit<'_> {
    /// SIZE: what RETR would send. In TYPE A that is known only when the whole file has been read,
    /// which is done as digests are, in slices, and for no larger file than is likely to be a text.
    ///
    /// Where there is no such file, a client that may upload it is told how much of it has arrived:
    /// that is what it goes on from, and what it asks SIZE for when it resumes an upload.
    pub(super) fn size<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        if self.parameters.coding == Coding::Ascii {
            return self.size_of_text(path, argument, turn);
        }
        let size = self
            .known(&path, turn)
            .and_then(|status| match status.kind {
                Kind::File => Ok(status.size),
                Kind::Directory => Err(Denied::IsADirectory.into()),
                Kind::Other => Err(Denied::NotAFile.into()),
            })
            .or_else(|fault| self.received(&path, turn).filter(|_| fault == NOT_FOUND).ok_or(fault))
            .map_err(|fault| self.refusal(fault, argument))?;
        Ok(Said::Now(Reply::new(213, size.to_string())))
    }

    /// SIZE in TYPE A. What an upload has left is no text yet, and is not told here.
    fn size_of_text<T: Tree>(
        self,
        path: VirtualPath,
        argument: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let opened = match self.spot(&path) {
            Ok(Spot::Below(granted)) if granted.rights.contains(Rights::READ) => {
                turn.house.tree.open(granted.place)
            }
            Ok(Spot::Below(_)) => Err(Denied::NotPermitted.into()),
            Ok(Spot::Top) => Err(Denied::IsADirectory.into()),
            Err(fault) => Err(fault),
        };
        let (file, status) = opened.map_err(|fault| self.refusal(fault, argument))?;
        let length = status.size;
        if length > MAX_TEXT {
            return Err(Reply::new(
                550,
                "To say SIZE in TYPE A all would be read; set TYPE I first.",
            ));
        }
        self.work(Chore::Measure { file, length }, Purpose::Size, (path, argument), length, turn)
    }

    /// Bytes that an upload to `path` has left, if the client may go on with it.
    fn received<T: Tree>(&self, path: &VirtualPath, turn: &Turn<'_, '_, T>) -> Option<u64> {
        match self.spot(path).ok()? {
            Spot::Below(granted) if granted.rights.contains(Rights::WRITE) => {
                turn.house.tree.received(granted.place).ok()
            }
            Spot::Top | Spot::Below(_) => None,
        }
    }

    /// MDTM, of files and directories.
    pub(super) fn mdtm<T: Tree>(self, argument: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        let path = self.path(argument)?;
        let status = self.known(&path, turn).map_err(|fault| self.refusal(fault, argument))?;
        if view::is_list(&self.ready.client, &path) {
            let text = "it is a list of directories, which has no time of its own.";
            return Err(respond::about(550, argument, text));
        }
        Ok(Said::Now(Reply::from_bytes(213, facts::stamp14(status.modified).to_vec())))
    }

    /// AVBL: what a client may still write, at a path or in the current directory.
    pub(super) fn avbl<T: Tree>(
        self,
        argument: Option<&[u8]>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let argument = argument.unwrap_or_default();
        let path = self.path(argument)?;
        let bytes = match self.spot(&path) {
            Ok(Spot::Below(granted)) => turn.house.tree.available(granted.place),
            Ok(Spot::Top) => Err(Denied::NotPermitted.into()),
            Err(fault) => Err(fault),
        };
        let subject = if argument.is_empty() { path.as_bytes() } else { argument };
        let bytes = bytes.map_err(|fault| self.refusal(fault, subject))?;
        Ok(Said::Now(Reply::new(213, bytes.to_string())))
    }

    fn known<T: Tree>(&self, path: &VirtualPath, turn: &Turn<'_, '_, T>) -> Result<Status, Fault> {
        let spot: Spot<'_> = self.spot(path)?;
        view::status(turn.house.tree, &self.ready.client, spot)
    }
}

#[cfg(test)]
mod tests {
    use crate::session::Dialect;
    use crate::session::dialogue::Dialogue;
    use crate::terms::{ChoreOutcome, Trouble};

    #[test]
    fn speaks_to_strangers() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("SYST", "215 UNIX Type: L8");
        ftp.expect("NOOP", "200");
        ftp.expect("HELP", "214-");
        ftp.expect("HELP retr", "214 RETR path");
        ftp.expect("HELP  retr ", "214 RETR path");
        ftp.expect("HELP  ", "214-");
        ftp.expect("HELP smnt", "502");
        ftp.expect("HELP foo", "501");
        ftp.expect("FOO", "500");
        ftp.expect("", "500");
        ftp.expect("SMNT", "502");
        for (line, start) in [("LANG", "200"), ("LANG en-GB", "200"), ("LANG fr", "504")] {
            ftp.expect(line, start);
        }
        ftp.expect("CLNT camera 1.0", "200");
        ftp.expect("CLNT", "501");
        assert!(ftp.send_too_long()[0].starts_with("500"));
    }

    #[test]
    fn what_a_stranger_sends_is_not_given_back() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        for line in ["<script>", "USER <script>", "PASS <script>", "RETR <script>", "HELP <script>"]
        {
            let said = ftp.line(line);
            assert!(!said.iter().any(|line| line.contains("script")), "{said:?}");
        }
    }

    #[test]
    fn features_have_one_leading_space() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        let said = ftp.expect("FEAT", "211-");
        let lines: Vec<_> = said.split("\r\n").collect();
        for feature in [
            "AVBL",
            "MFMT",
            "EPRT",
            "EPSV",
            "HASH SHA-256*;CRC32",
            "HOST",
            "LANG EN*",
            "MDTM",
            "RANG STREAM",
            "REST STREAM",
            "SITE COMPRESS",
            "SIZE",
            "TVFS",
            "UTF8",
            "XCRC",
            "XSHA256",
        ] {
            assert!(lines.contains(&format!(" {feature}").as_str()), "{feature}: {said}");
        }
        assert!(lines.iter().any(|line| line.starts_with(" MLST type*;")), "{said}");
        assert_eq!(lines.last(), Some(&"211 End"));
    }

    #[test]
    fn room() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.tree.set_available(12_345);
        assert_eq!(ftp.line("AVBL Docs"), ["213 12345"]);
        assert_eq!(ftp.line("AVBL Docs/a.txt"), ["213 12345"]);
        for line in ["AVBL", "AVBL Movies", "AVBL Secret", "AVBL Docs/none"] {
            ftp.expect(line, "550");
        }
        ftp.expect("CWD Inbox", "250");
        assert_eq!(ftp.line("AVBL"), ["213 12345"]);
    }

    #[test]
    fn stat_says_where_data_goes() {
        let mut ftp = Dialogue::logged_in("user1");
        for (line, said) in [
            ("NOOP", "The next data connection goes to your port 40000"),
            ("PORT 192,0,2,7,4,0", "The next data connection goes to your port 1024"),
            ("EPSV", "The next data connection comes to the port that you were told"),
            ("ABOR", "The next data connection goes to your port 40000"),
            ("EPSV ALL", "The next data connection wants EPSV first"),
        ] {
            ftp.line(line);
            let status = ftp.expect("STAT", "211-");
            assert!(status.contains(said), "{line}: {status}");
        }
    }

    #[test]
    fn size_and_time() {
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(ftp.line("SIZE Movies/Joker"), ["213 1234"]);
        assert_eq!(ftp.line("MDTM Movies/Joker"), ["213 20250101000000"]);
        ftp.expect("SIZE Movies", "550");
        ftp.expect("SIZE Movies/none", "550");
        ftp.expect("MDTM Secret/plan", "550");
        // A list of directories is nothing that could have changed.
        ftp.expect("MDTM /", "550");
        let mut root = Dialogue::logged_in("root");
        root.expect("MDTM /", "213 ");
        ftp.expect("TYPE A", "200");
        ftp.expect("MDTM Movies/Joker", "213 20250101000000");
    }

    #[test]
    fn size_in_type_a_is_what_would_be_sent() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.put_file("Docs", "text", b"one\ntwo\r\n\nx");
        ftp.expect("TYPE A", "200");
        assert!(ftp.line("SIZE Docs/text").is_empty());
        assert_eq!(ftp.work(), ["213 13"]);
        assert_eq!(ftp.fetch("RETR Docs/text").len(), 13);
        for line in ["SIZE Docs", "SIZE /", "SIZE Docs/none", "SIZE Inbox/x", "SIZE Secret/plan"] {
            ftp.expect(line, "550");
        }
        // It can be stopped, and what fails is told.
        ftp.send(b"SIZE Docs/text");
        ftp.line("ABOR");
        let said = ftp.end_work(ChoreOutcome::Aborted);
        assert!(said[0].starts_with("426") && said[1].starts_with("226"), "{said:?}");
        ftp.send(b"SIZE Docs/text");
        let fault = Trouble::Changed.into();
        assert!(ftp.end_work(ChoreOutcome::Failed(fault))[0].starts_with("450"));
    }
}
