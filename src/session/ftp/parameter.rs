//! TYPE, STRU, MODE, ALLO, REST (RFC 959, sections 4.1.2 and 4.1.3; RFC 3659, section 5) and OPTS
//! (RFC 2389, section 4).

use super::state::{Answered, Carry, Parameters, Said, Visit};
use crate::session::Settings;
use crate::terms::{Coding, Span};
use crate::wire::ftp::command::{OptsArgument, Structure, TransferMode, TransferType};
use crate::wire::ftp::digest::algorithm_name;
use crate::wire::ftp::reply::Reply;

/// TYPE.
pub(super) fn set_type(parameters: &mut Parameters, kind: TransferType) -> Answered {
    let (coding, text) = match kind {
        TransferType::Ascii => (Coding::Ascii, "Type is A: lines end in CRLF on the way."),
        TransferType::Image => (Coding::Image, "Type is I: bytes travel as they are."),
    };
    parameters.coding = coding;
    Ok(Said::Now(Reply::new(200, text)))
}

/// STRU: file structure is the only one there is.
pub(super) fn set_structure(structure: Structure) -> Answered {
    match structure {
        Structure::File => Ok(Said::Now(Reply::new(200, "Structure is F."))),
    }
}

/// MODE: stream mode, or zlib where the operator wants it.
pub(super) fn set_mode(
    parameters: &mut Parameters,
    mode: TransferMode,
    settings: &Settings,
) -> Answered {
    let (deflates, text) = match mode {
        TransferMode::Stream => (false, "Mode is S."),
        TransferMode::Deflate if settings.mode_z => (true, "Mode is Z."),
        TransferMode::Deflate => return Err(Reply::new(504, "MODE: Only S is served.")),
    };
    parameters.deflates = deflates;
    Ok(Said::Now(Reply::new(200, text)))
}

/// ALLO: space is taken as bytes come.
pub(super) fn allo() -> Answered {
    Ok(Said::Now(Reply::new(202, "No space needs to be set aside.")))
}

/// OPTS UTF8 (of no RFC; clients send it), MLST, HASH and MODE Z (RFC 3659, section 7.9;
/// draft-bryan-ftpext-hash, section 4; draft-preston-ftpext-deflate, section 4).
pub(super) fn opts(
    parameters: &mut Parameters,
    argument: OptsArgument,
    settings: &Settings,
) -> Answered {
    match argument {
        OptsArgument::Utf8(true) => Ok(Said::Now(Reply::new(200, "Names are in UTF-8, always."))),
        OptsArgument::Utf8(false) => {
            // RFC 2389, section 4, has no other code for what will not do later either.
            Err(Reply::new(501, "Names are bytes as they lie on the disk; UTF-8 can't be left."))
        }
        OptsArgument::Hash(chosen) => {
            if let Some(algorithm) = chosen {
                parameters.algorithm = algorithm;
            }
            Ok(Said::Now(Reply::new(200, algorithm_name(parameters.algorithm))))
        }
        OptsArgument::ModeZ(_) if !settings.mode_z => Err(Reply::new(501, "MODE Z is not served.")),
        OptsArgument::ModeZ(level) => {
            parameters.level = level;
            Ok(Said::Now(Reply::new(200, format!("MODE Z LEVEL set to {level}."))))
        }
        OptsArgument::Mlst(selection) => {
            parameters.facts = selection;
            let mut text = b"MLST OPTS ".to_vec();
            selection.write(&mut text);
            // Without a fact there is no space either.
            let text = text.trim_ascii_end();
            Ok(Said::Now(Reply::from_bytes(200, text.to_vec())))
        }
    }
}

impl Visit<'_> {
    /// REST. Whether the point can be is said to the transfer (RFC 3659, section 5.3). In TYPE A it
    /// counts the bytes on the wire (section 5.2).
    pub(super) fn rest(self, offset: u64) -> Answered {
        if offset != 0 {
            self.ready.carry = Carry::Restart(offset);
        }
        let text = format!("The next transfer begins at byte {offset}.");
        Ok(Said::Now(Reply::new(350, text)))
    }

    /// RANG (draft-bryan-ftp-range, section 3): as REST, with an end, for RETR and HASH. The end is
    /// the last byte and not the one behind it; `RANG 1 0` takes back what an earlier one said.
    pub(super) fn rang(self, first: u64, last: u64) -> Answered {
        if first > last {
            return Ok(Said::Now(Reply::new(350, "The next command is about the whole file.")));
        }
        if self.parameters.coding == Coding::Ascii {
            return Err(Reply::new(551, "RANG counts bytes of the file; set TYPE I first."));
        }
        self.ready.carry = Carry::Range(Span { start: first, end: last.saturating_add(1) });
        let text = format!("The next command is about bytes {first} to {last}.");
        Ok(Said::Now(Reply::new(350, text)))
    }
}

#[cfg(test)]
mod tests {
    use crate::session::dialogue::Dialogue;
    use crate::terms::{Coding, Mode};

    #[test]
    fn type_structure_and_mode() {
        let mut ftp = Dialogue::logged_in("user1");
        for (line, start) in [
            ("TYPE A", "200"),
            ("TYPE A N", "200"),
            ("TYPE A T", "200"),
            ("TYPE A C", "504"),
            ("TYPE L 8", "200"),
            ("TYPE I", "200"),
            ("TYPE E", "504"),
            ("STRU F", "200"),
            ("STRU R", "504"),
            ("MODE S", "200"),
            ("MODE B", "504"),
            ("MODE Z", "504"),
            ("ALLO 100", "202"),
        ] {
            ftp.expect(line, start);
        }
    }

    #[test]
    fn the_type_decides_the_coding() {
        let mut ftp = Dialogue::logged_in("user1");
        for (kind, coding) in [("A", Coding::Ascii), ("I", Coding::Image)] {
            ftp.expect(&format!("TYPE {kind}"), "200");
            ftp.begin("RETR Docs/a.txt");
            assert_eq!(ftp.order.as_ref().unwrap().coding, coding);
            ftp.transfer(b"");
        }
    }

    #[test]
    fn mode_z_is_the_operators_choice() {
        let mut ftp = Dialogue::logged_in("user1");
        assert!(!ftp.expect("FEAT", "211-").contains("MODE Z"));
        ftp.expect("OPTS MODE Z LEVEL 9", "501");
        ftp.settings.mode_z = true;
        assert!(ftp.expect("FEAT", "211-").contains("\r\n MODE Z\r\n"));
        ftp.expect("MODE Z", "200");
        ftp.expect("OPTS MODE Z LEVEL 9", "200");
        ftp.expect("OPTS MODE Z LEVEL 10", "501");
        assert!(ftp.expect("STAT", "211-").contains("MODE Z"));
        for (mode, line) in [(Mode::Deflate { level: 9 }, "MODE Z"), (Mode::Stream, "MODE S")] {
            ftp.expect(line, "200");
            ftp.begin("RETR Docs/a.txt");
            assert_eq!(ftp.order.as_ref().unwrap().mode, mode);
            ftp.transfer(b"");
        }
    }

    #[test]
    fn no_upload_in_type_a_goes_on() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("TYPE A", "200");
        ftp.expect("EPSV", "229");
        for line in ["STOR Docs/a.txt", "APPE Docs/a.txt", "STOU"] {
            ftp.expect("REST 5", "350");
            ftp.expect(line, "554");
        }
        ftp.expect("REST 0", "350");
        ftp.expect("STOR Docs/a.txt", "150");
        ftp.transfer(b"");
        ftp.expect("REST x", "501");
    }

    #[test]
    fn options() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("OPTS UTF8 ON", "200");
        ftp.expect("OPTS UTF8 OFF", "501");
        ftp.expect("OPTS HASH", "200 SHA-256");
        ftp.expect("OPTS HASH crc32", "200 CRC32");
        assert!(ftp.expect("FEAT", "211-").contains("\r\n HASH SHA-256;CRC32*\r\n"));
        ftp.expect("OPTS MLST type;", "200 MLST OPTS type;");
        // What is misspelt leaves those that were chosen before (RFC 3659, section 7.9.2).
        for line in ["OPTS MLST unique type;", "OPTS MLST size"] {
            ftp.expect(line, "501");
            assert!(ftp.expect("FEAT", "211-").contains(" MLST type*;size;modify;"));
        }
        ftp.expect("OPTS mlst Size;TYPE;", "200 MLST OPTS type;size;");
        let said = ftp.expect("MLST Docs/a.txt", "250-");
        assert!(said.contains("\r\n type=file;size=6; /Docs/a.txt\r\n"), "{said}");
        for line in ["OPTS MLST", "OPTS MLST fish;cakes;"] {
            assert_eq!(ftp.line(line), ["200 MLST OPTS"]);
        }
        let said = ftp.expect("MLST Docs/a.txt", "250-");
        assert!(said.contains("\r\n  /Docs/a.txt\r\n"), "a space of the reply, one of the line");
        assert!(ftp.expect("FEAT", "211-").contains(" MLST type;size;modify;perm;unique;"));
    }
}
