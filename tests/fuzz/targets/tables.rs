//! What an operator writes: the two tables of the data directory.
//!
//! Nobody attacks with them, but what is read there decides who may come in: nothing may panic, and
//! whatever is wrong has to be said with the number of its line.

use std::path::Path;

use coracle::accounts::{self, Change, Complaint};
use coracle::terms::Root;

/// What two tables come to. They are no files: to make those takes a hundred times what is looked at
/// here.
fn parse(credentials: &[u8], directories: &[u8]) -> Result<usize, Vec<Complaint>> {
    let mut roots = 0;
    let mut open = |_: &Path, _| {
        roots += 1;
        Ok(Root(roots))
    };
    accounts::parse(credentials, directories, &mut open).map(|loaded| loaded.accounts.len())
}

fn look_at(result: Result<usize, Vec<Complaint>>, lines: usize) {
    if let Err(complaints) = result {
        assert!(!complaints.is_empty());
        for complaint in complaints {
            let line = complaint.line.map_or(0, |line| line as usize);
            assert!(line <= lines.max(1), "{complaint}");
            assert!(
                !complaint.to_string().chars().any(|letter| letter.is_control()),
                "{complaint:?}"
            );
        }
    }
}

pub(super) fn credentials(data: &[u8]) {
    let lines = data.split(|&byte| byte == b'\n').count();
    look_at(parse(data, b"*:Docs:r\n"), lines);
    // What is set is found again, and once.
    if let Ok((text, _)) = accounts::set_password(data, "user1", "1234") {
        let (again, change) =
            accounts::set_password(&text, "user1", "1234").expect("what was set can be set again");
        assert_eq!((again, change), (text, Change::Changed));
    }
}

pub(super) fn directories(data: &[u8]) {
    let lines = data.split(|&byte| byte == b'\n').count();
    look_at(parse(b"user1:1234\nuser2:1234\n", data), lines);
}
