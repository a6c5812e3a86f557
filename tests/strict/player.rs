//! Plays the dialogues of this directory, line by line, and says which line a server misses.
//!
//! The files are the cases: `README.md` says how they are written. Each case has a session and a laid
//! out `Own` to itself. What the player holds a server to beyond the lines is the form of replies (RFC
//! 959, section 4.2), in every one that it hears. It knows sockets and files, and of no server more
//! than where it listens and what it serves; `loopback::strict` plays `coracled`, `peers::strict` the
//! others too.

mod data;
mod play;
mod spelling;

use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use play::Play;

/// When `Own/text` was last modified: 2020-02-29 12:34:56 UTC.
const TEXT_MODIFIED_SECS: u64 = 1_582_979_696;

/// The length of `Locked/large`: more than sockets hold, so that who does not read stops it.
const LARGE_BYTES: usize = 24 << 20;

/// Where a server is, and what it serves.
pub(crate) struct Site {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The account, whose password is `1234`.
    pub(crate) user: &'static str,
    /// What the account finds at its root: `Own`, where it may do everything, and `Locked`.
    pub(crate) files: PathBuf,
    /// What the server calls the root: nothing, or the path of the files where it shows that.
    pub(crate) root: String,
    /// Whom the files belong to, if not to who runs this.
    pub(crate) owner: Option<u32>,
    /// How long each reply may take.
    pub(crate) patience: Duration,
}

/// One case out of a file.
pub(crate) struct Case {
    /// The section of which RFC, or of what else.
    pub(crate) section: String,
    /// What it asks for.
    pub(crate) what: String,
    /// The file, and the line that it begins in.
    pub(crate) place: String,
    /// It begins before the login.
    stranger: bool,
    /// What is done and expected, with the number of the line.
    lines: Vec<(usize, String)>,
}

/// All cases of all files, in their order.
#[track_caller]
pub(crate) fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strict");
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("the directory of the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cases"))
        .collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

#[track_caller]
fn cases_of(file: &Path) -> Vec<Case> {
    let name = file.file_name().expect("a file").to_string_lossy().into_owned();
    let mut cases: Vec<Case> = Vec::new();
    let text = fs::read_to_string(file).expect("a file of cases");
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("case ") {
            let (section, what) = title.split_once(": ").expect("`case SECTION: WHAT`");
            cases.push(Case {
                section: section.to_owned(),
                what: what.to_owned(),
                place: format!("{name}:{number}"),
                stranger: false,
                lines: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a line behind a case");
        if line == "stranger" {
            case.stranger = true;
        } else {
            case.lines.push((number, line.to_owned()));
        }
    }
    cases
}

impl Site {
    /// Plays a case; what went wrong, and in which line.
    pub(crate) fn play(&self, case: &Case) -> Result<(), String> {
        self.lay_out();
        let mut play = Play::begin(self)?;
        if !case.stranger {
            play.log_in().map_err(|error| format!("the login: {error}"))?;
        }
        for (number, line) in &case.lines {
            play.line(line).map_err(|error| format!("line {number}, `{line}`: {error}"))?;
        }
        Ok(())
    }

    /// Gives `Own` its content, whatever the last case has left.
    fn lay_out(&self) {
        let own = self.files.join("Own");
        for entry in fs::read_dir(&own).expect("the directory of the account") {
            let path = entry.expect("an entry").path();
            let gone =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            // A server may tidy up after a transfer that was broken off, at the same time.
            let is_gone = gone.as_ref().err().map(io::Error::kind) == Some(io::ErrorKind::NotFound);
            assert!(gone.is_ok() || is_gone, "{path:?} is left over: {gone:?}");
        }
        let bytes: Vec<u8> = (0..=255).collect();
        for (name, content) in [
            ("text", b"one\ntwo\nthree\n".as_slice()),
            ("bytes", &bytes),
            ("empty", b""),
            ("two words", b"spaced\n"),
            ("a[1].txt", b"literal\n"),
            ("dir/inner", b"in\n"),
            ("dir/sub/deep", b"deeper\n"),
        ] {
            let path = own.join(name);
            fs::create_dir_all(path.parent().expect("a path below")).expect("a directory");
            fs::write(&path, content).expect("a file");
        }
        fs::create_dir(own.join("hollow")).expect("an empty directory");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(TEXT_MODIFIED_SECS);
        let text = fs::File::options().write(true).open(own.join("text")).expect("the text");
        text.set_modified(modified).expect("its time");
        let large = self.files.join("Locked/large");
        if !large.exists() {
            fs::write(large, vec![b'.'; LARGE_BYTES]).expect("a large file");
        }
        if let Some(owner) = self.owner {
            give(&own, owner);
        }
    }
}

fn give(path: &Path, owner: u32) {
    chown(path, Some(owner), Some(owner)).expect("only root has another server's files");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            give(&entry.expect("an entry").path(), owner);
        }
    }
}
