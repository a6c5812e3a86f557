//! Dialogues over files and directories that others change meanwhile, and over a disk that fails.

use std::io::ErrorKind;

use crate::session::dialogue::{Asked, Dialogue};
use crate::terms::{Denied, Loss, Outcome, Trouble};

/// Plays the transfer to its end. Returns the bytes and the codes.
fn ended(ftp: &mut Dialogue, upload: &[u8]) -> (Vec<u8>, Vec<String>) {
    let (sent, said) = ftp.transfer(upload);
    (sent, said.iter().map(|line| line[..3].to_owned()).collect())
}

/// Another session of the same client's, over the same files.
fn another(ftp: &Dialogue) -> Dialogue {
    let mut other = ftp.beside();
    for (line, code) in [("USER user1", "331"), ("PASS 1234", "230"), ("TYPE I", "200")] {
        other.expect(line, code);
    }
    other
}

#[test]
fn a_file_is_sent_as_it_was_announced_or_not_to_its_end() {
    let cases: [(&[u8], &[u8], &str); 6] = [
        (b"alpha\nand more", b"alpha\n", "226"),
        (b"alp", b"alp", "451"),
        (b"", b"", "451"),
        (b"omega\n", b"omega\n", "451"),
        (b"omega", b"omega", "451"),
        (b"alpha\n", b"alpha\n", "451"),
    ];
    for (now, sent, code) in cases {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("EPSV", "229");
        let said = ftp.expect("RETR Docs/a.txt", "150");
        assert!(said.ends_with("(6 bytes)."), "{said}");
        ftp.rewrite("Docs", "a.txt", now);
        assert_eq!(ended(&mut ftp, b""), (sent.to_vec(), vec![code.to_owned()]));
        assert_eq!(ftp.fetch("RETR Docs/a.txt").as_bytes(), now);
        assert_eq!(ftp.line("SIZE Docs/a.txt"), [format!("213 {}", now.len())]);
    }
}

#[test]
fn a_file_that_is_replaced_or_removed_is_sent_as_it_was_opened() {
    for change in ["STOR", "RNTO", "DELE"] {
        let mut ftp = Dialogue::logged_in("user1");
        let mut other = another(&ftp);
        ftp.begin("RETR Docs/a.txt");
        match change {
            "STOR" => {
                other.begin("STOR Docs/a.txt");
                other.transfer(b"another");
            }
            "RNTO" => {
                other.expect("RNFR Docs/b.txt", "350");
                other.expect("RNTO Docs/a.txt", "250");
            }
            _ => drop(other.expect("DELE Docs/a.txt", "250")),
        }
        assert_eq!(ended(&mut ftp, b""), (b"alpha\n".to_vec(), vec!["226".to_owned()]));
    }
}

#[test]
fn a_digest_and_a_compression_are_of_one_content_or_none() {
    for line in ["XCRC Docs/a.txt", "HASH Docs/a.txt", "SITE COMPRESS Docs/a.txt"] {
        for now in [b"alp".as_slice(), b"omega\n"] {
            let mut ftp = Dialogue::logged_in("user1");
            assert!(ftp.line(line).is_empty());
            ftp.rewrite("Docs", "a.txt", now);
            assert!(ftp.work()[0].starts_with("450"), "{line}");
            assert_eq!(ftp.content("Docs", "a.txt.gz"), None);
            assert_eq!(ftp.tree.parts_under_way(), 0);
        }
    }
}

#[test]
fn a_directory_that_is_gone_is_told_and_can_be_left() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.expect("CWD Docs/Sub", "250");
    ftp.take_away("Docs", "Sub");
    for is_file in [false, true] {
        assert_eq!(ftp.line("PWD"), ["257 \"/Docs/Sub\" is the current directory."]);
        for line in ["CWD .", "SIZE deep.txt", "MKD new", "MLST deep.txt", "RNFR deep.txt"] {
            ftp.expect(line, "550");
        }
        ftp.expect("EPSV", "229");
        for line in ["RETR deep.txt", "NLST *"] {
            ftp.expect(line, "550");
        }
        ftp.expect("STOR new", "553");
        if is_file {
            // It is a file that is asked for.
            assert!(ftp.fetch("LIST").ends_with(" Sub\r\n"));
        } else {
            ftp.expect("LIST", "550");
            ftp.put_file("Docs", "Sub", b"now a file");
        }
    }
    ftp.expect("DELE /Docs/Sub", "250");
    ftp.expect("MKD /Docs/Sub", "257");
    assert_eq!(ftp.fetch("LIST"), "");
    ftp.begin("STOR new");
    ftp.transfer(b"new");
    assert_eq!(ftp.content("Docs", "Sub/new").unwrap(), b"new");
    ftp.expect("CDUP", "250");
}

#[test]
fn an_upload_without_its_directory_is_nowhere() {
    for (line, again) in [("STOR Docs/Sub/new", false), ("APPE Docs/Sub/deep.txt", true)] {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.begin(line);
        ftp.take_away("Docs", "Sub");
        if again {
            ftp.expect("STAT", "211-");
            ftp.put_file("Docs", "Sub/deep.txt", b"another");
        }
        assert_eq!(ended(&mut ftp, b"more").1, ["451"]);
        assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
        assert_eq!(ftp.content("Docs", "Sub/deep.txt").is_some(), again);
        // Nor does one that breaks off leave anything behind.
        ftp.begin("STOR Docs/there");
        ftp.cut(b"half");
        ftp.expect("DELE Docs/there", "550");
    }
}

#[test]
fn a_name_that_has_become_a_directory_keeps_it() {
    let mut ftp = Dialogue::logged_in("user1");
    let mut other = another(&ftp);
    ftp.begin("STOR Docs/new");
    other.expect("MKD Docs/new", "257");
    assert_eq!(ended(&mut ftp, b"content").1, ["451"]);
    other.expect("CWD Docs/new", "250");
    // A file is replaced, wherever it came from.
    other.expect("RMD /Docs/new", "250");
    ftp.begin("STOR Docs/new");
    other.expect("RNFR /Docs/b.txt", "350");
    other.expect("RNTO /Docs/new", "250");
    assert_eq!(ended(&mut ftp, b"content").1, ["226"]);
    assert_eq!(ftp.content("Docs", "new").unwrap(), b"content");
    assert_eq!(ftp.content("Docs", "b.txt"), None);
    assert_eq!(ftp.tree.parts_under_way(), 0);
}

#[test]
fn two_uploads_to_one_name_do_not_meet() {
    let mut ftp = Dialogue::logged_in("user1");
    let mut other = another(&ftp);
    ftp.begin("STOR Docs/new");
    other.expect("EPSV", "229");
    other.expect("REST 1", "350");
    other.expect("STOR Docs/new", "554");
    other.expect("STOR Docs/new", "150");
    assert_eq!(ended(&mut other, b"of the other").1, ["226"]);
    assert_eq!(ended(&mut ftp, b"of the first").1, ["226"]);
    assert_eq!(ftp.content("Docs", "new").unwrap(), b"of the first");
    // Of two that append, the second to end is told.
    ftp.begin("APPE Docs/new");
    other.begin("APPE Docs/new");
    assert_eq!(ended(&mut other, b"!").1, ["226"]);
    assert_eq!(ended(&mut ftp, b"?").1, ["451"]);
    assert_eq!(ftp.content("Docs", "new").unwrap(), b"of the first!");
    // What broke off is gone on with by one.
    ftp.begin("STOR Docs/half");
    ftp.cut(b"half");
    for session in [&mut ftp, &mut other] {
        session.expect("SIZE Docs/half", "213 4");
        session.expect("EPSV", "229");
        session.expect("REST 4", "350");
    }
    ftp.expect("STOR Docs/half", "150");
    other.expect("STOR Docs/half", "554");
    assert_eq!(ended(&mut ftp, b" and half").1, ["226"]);
    assert_eq!(ftp.content("Docs", "half").unwrap(), b"half and half");
    assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
}

#[test]
fn an_upload_shows_nothing_before_its_end() {
    let mut ftp = Dialogue::logged_in("user1");
    let mut other = another(&ftp);
    for name in ["Docs/a.txt", "Docs/new"] {
        let facts = |other: &mut Dialogue| {
            ["SIZE", "MDTM", "MLST"].map(|verb| other.line(&format!("{verb} {name}")))
        };
        let (before, listed) = (facts(&mut other), other.fetch("NLST Docs"));
        ftp.begin(&format!("STOR {name}"));
        assert_eq!((facts(&mut other), other.fetch("NLST Docs")), (before, listed));
        assert_eq!(ended(&mut ftp, b"of the upload").1, ["226"]);
        assert_eq!(other.line(&format!("SIZE {name}")), ["213 13"]);
        assert_eq!(other.line(&format!("MDTM {name}")), ["213 20261120000000"]);
    }
}

#[test]
fn what_can_not_be_read_is_said_where_it_happens() {
    let mut ftp = Dialogue::logged_in("user1");
    for after in 0..3 {
        ftp.begin("RETR Movies/Joker");
        ftp.tree.fail_read(after, ErrorKind::Other);
        let (sent, codes) = ended(&mut ftp, b"");
        assert_eq!(
            (sent.len(), codes),
            (512 * usize::try_from(after).unwrap(), vec!["451".into()])
        );
    }
    assert_eq!(ftp.fetch("RETR Movies/WAR"), "war");
    for verb in ["LIST", "NLST", "MLSD"] {
        ftp.begin(&format!("{verb} Docs"));
        ftp.tree.fail_entry(2, ErrorKind::Other);
        let (sent, codes) = ended(&mut ftp, b"");
        assert_eq!(codes, ["451"], "{verb}");
        assert!(sent.is_empty() || sent.ends_with(b"\r\n"), "{verb}");
        assert_eq!(ftp.fetch(&format!("{verb} Docs")).matches("\r\n").count(), 4);
    }
    ftp.tree.fail_entry(2, ErrorKind::Other);
    let said = ftp.expect("STAT Docs", "212-");
    assert!(said.ends_with("212 The rest can't be read now; try again later."), "{said}");
    for line in ["XCRC Docs/a.txt", "SITE COMPRESS Docs/a.txt"] {
        assert!(ftp.line(line).is_empty());
        ftp.tree.fail_read(0, ErrorKind::Other);
        assert!(ftp.work()[0].starts_with("451"), "{line}");
    }
    assert_eq!(ftp.content("Docs", "a.txt.gz"), None);
}

#[test]
fn what_can_not_be_written_takes_nothing_away() {
    for (kind, code) in [
        (ErrorKind::StorageFull, "452"),
        (ErrorKind::QuotaExceeded, "452"),
        (ErrorKind::FileTooLarge, "552"),
        (ErrorKind::ReadOnlyFilesystem, "451"),
        (ErrorKind::Other, "451"),
    ] {
        let mut ftp = Dialogue::logged_in("user1");
        for line in ["STOR Docs/a.txt", "APPE Docs/a.txt", "STOR Docs/new", "APPE Docs/new"] {
            ftp.begin(line);
            // Behind what is carried over, if anything is.
            let carried = u64::from(line == "APPE Docs/a.txt");
            ftp.tree.fail_write(carried, kind);
            assert_eq!(ended(&mut ftp, b"too much").1, [code], "{line}");
        }
        // What an earlier upload left goes with the one that met the end of the disk.
        ftp.begin("STOR Docs/new");
        ftp.cut(b"half");
        ftp.expect("EPSV", "229");
        ftp.expect("REST 4", "350");
        ftp.expect("STOR Docs/new", "150");
        ftp.tree.fail_write(0, kind);
        assert_eq!(ended(&mut ftp, b"too much").1, [code]);
        ftp.expect("CWD Docs", "250");
        ftp.begin("STOU");
        ftp.tree.fail_write(0, kind);
        assert_eq!(ended(&mut ftp, b"too much").1, [code]);
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpha\n");
        assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
        assert_eq!(ftp.fetch("NLST").matches("\r\n").count(), 4);
    }
}

#[test]
fn what_can_not_be_put_in_place_takes_nothing_away() {
    for (fault, code) in [
        (Trouble::DiskFull.into(), "452"),
        (Denied::NotPermitted.into(), "451"),
        (Denied::NotFound.into(), "451"),
    ] {
        let mut ftp = Dialogue::logged_in("user1");
        for line in ["STOR Docs/a.txt", "APPE Docs/a.txt", "STOR Docs/new"] {
            ftp.begin(line);
            ftp.tree.fail_commit(0, fault);
            assert_eq!(ended(&mut ftp, b"all of it").1, [code], "{line}");
        }
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpha\n");
        assert_eq!(ftp.content("Docs", "new"), None);
        assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
    }
}

#[test]
fn an_abor_of_what_can_not_end_well_is_an_abor() {
    let mut ftp = Dialogue::logged_in("user1");
    ftp.begin("STOR Docs/Sub/new");
    ftp.take_away("Docs", "Sub");
    ftp.line("ABOR");
    assert_eq!(ftp.asked, [Asked::Abort]);
    let said = ftp.end(Outcome::Aborted { bytes: 4 });
    assert!(said[0].starts_with("426") && said[1].starts_with("226"), "{said:?}");
    ftp.begin("RETR Docs/a.txt");
    ftp.rewrite("Docs", "a.txt", b"");
    let said = ftp.end(Outcome::Lost { loss: Loss::Broken, bytes: 0 });
    assert!(said[0].starts_with("426"), "{said:?}");
    assert_eq!((ftp.tree.parts_under_way(), ftp.tree.parts_left()), (0, 0));
}
