//! The two tables of the data directory, read and checked against what they may grant here.
//!
//! A table can be sound by itself and still ask for what can't be had: a directory that holds the
//! server's own secrets, or, once the walls stand, one that they keep out. Called at start, at a
//! reload, and by `coracled check`.

#![expect(clippy::disallowed_methods, reason = "the server's own files and host paths")]

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::arguments::Arguments;
use super::walls::{Territory, Walls};
use crate::accounts::{self, CREDENTIALS, Complaint, DIRECTORIES, Loaded, Rights};
use crate::terms::Root;
use crate::tree::OsTree;

/// The served tree, in the data directory.
const FILES: &str = "files";

/// Where the tables are, and what belongs to the server alone.
#[derive(Debug)]
pub(super) struct Tables {
    data: PathBuf,
    /// Files that no client ever reaches and that the server reads again while it runs. This is
    /// the one list of them: what is added here is kept out of every grant, can be read from
    /// behind the walls, and is said at start if it can't.
    own_files: Vec<PathBuf>,
}

/// Tables that can be served.
#[derive(Debug)]
pub(super) struct Served {
    /// As they were read.
    pub(super) loaded: Loaded,
    /// Each directory that is granted, and whether any grant of it changes anything; and all of
    /// `files/`, so that a reload can grant more of it to be read.
    pub(super) directories: Vec<(Root, bool)>,
}

impl Tables {
    /// The tables of the data directory `data`.
    pub(super) fn new(data: &Path, arguments: &Arguments) -> Self {
        let mut own_files = [CREDENTIALS, DIRECTORIES].map(|name| data.join(name)).to_vec();
        own_files.extend(arguments.tls.own_files(data));
        own_files.dedup();
        Self { data: data.to_owned(), own_files }
    }

    /// Where they are.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Reads both, and opens in `tree` what they grant; `walls` if they stand already.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(super) fn load(
        &self,
        tree: &mut OsTree,
        walls: Option<&Walls>,
    ) -> Result<Served, Vec<Complaint>> {
        let mut directories: Vec<(Root, bool)> = Vec::new();
        let mut open = |host: &Path, rights: Rights| {
            let writes = changes(rights);
            self.refuse(host, writes, walls)?;
            let root = tree.add_root(host)?;
            match directories.iter_mut().find(|(known, _)| *known == root) {
                Some((_, written)) => *written |= writes,
                None => directories.push((root, writes)),
            }
            Ok(root)
        };
        let mut loaded = accounts::load(&self.data, &mut open)?;
        // It may be missing, or lead to where it holds the tables: then it is not to be let in.
        let _ = open(&self.data.join(FILES), Rights::empty());
        loaded.warnings.extend(self.own_files.iter().filter_map(|file| linked_twice(file)));
        Ok(Served { loaded, directories })
    }

    /// What the walls are to leave within reach.
    pub(super) fn territory<'a>(
        &self,
        arguments: &Arguments,
        tree: &'a OsTree,
        directories: &[(Root, bool)],
    ) -> Territory<'a> {
        let opened = directories
            .iter()
            .filter_map(|&(root, writes)| Some((tree.descriptor(root)?, writes)))
            .collect();
        Territory {
            directories: opened,
            own_files: self.own_files.clone(),
            passive_ports: arguments.passive_ports.clone(),
        }
    }

    /// Those of its own files that are not there yet.
    pub(super) fn missing(&self) -> Vec<PathBuf> {
        let is_missing = |file: &&PathBuf| fs::symlink_metadata(file).is_err();
        self.own_files.iter().filter(is_missing).cloned().collect()
    }

    /// Those of its own files that can't be read any more, and why: a reload would not find them.
    pub(super) fn out_of_reach(&self) -> impl Iterator<Item = (&Path, io::Error)> {
        self.own_files.iter().filter_map(|file| match fs::File::open(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Some((&**file, error)),
            Ok(_) | Err(_) => None,
        })
    }

    /// Refuses to grant the directory `host` if it holds anything of the server's own, or lies
    /// outside the walls.
    fn refuse(&self, host: &Path, writes: bool, walls: Option<&Walls>) -> io::Result<()> {
        let found = fs::metadata(host)?;
        if !found.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let wanted = unique(&found);
        for file in &self.own_files {
            if holds(wanted, file) {
                let name = file.file_name().unwrap_or(file.as_os_str());
                return Err(io::Error::other(format!(
                    "it holds {}, which no client may reach; \
                     grant a directory beside it, such as files/",
                    Path::new(name).display()
                )));
            }
        }
        if walls.is_some_and(|walls| !walls.let_through(host, writes)) {
            return Err(io::Error::other(
                "Landlock keeps this process out of it, for it was not granted, or not for \
                 writing, when the server started; restart the server to grant it",
            ));
        }
        Ok(())
    }
}

/// True if a grant of these rights changes anything below its directory.
fn changes(rights: Rights) -> bool {
    rights.intersects(Rights::WRITE | Rights::DELETE)
}

/// True if `directory` is one of those that `file`, or what it leads to as a link, lies below.
fn holds(directory: (u64, u64), file: &Path) -> bool {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let stands = fs::canonicalize(parent.unwrap_or(Path::new("."))).ok();
    let led_to = fs::canonicalize(file).ok();
    let above = |path: &PathBuf| {
        path.ancestors()
            .any(|above| fs::metadata(above).is_ok_and(|found| unique(&found) == directory))
    };
    stands.iter().chain(&led_to).any(above)
}

/// A warning if `file` has a second name: that one is no secret of ours, and may lie in a grant.
fn linked_twice(file: &Path) -> Option<Complaint> {
    let links = fs::metadata(file).ok()?.nlink();
    let reason = format!(
        "the file has {links} names (hard links); a client who is granted the directory of another \
         could read it there"
    );
    (links > 1).then(|| Complaint { file: file.to_owned(), line: None, reason })
}

fn unique(found: &fs::Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use clap::Parser;
    use tempfile::TempDir;

    use super::*;

    fn data(directories: &str) -> TempDir {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir_all(data.path().join("files/Docs")).unwrap();
        fs::write(data.path().join(CREDENTIALS), "u:1\n").unwrap();
        fs::write(data.path().join(DIRECTORIES), directories).unwrap();
        data
    }

    fn load(data: &Path) -> Result<Served, Vec<String>> {
        let tables = Tables::new(data, &Arguments::parse_from(["coracled"]));
        let said = |complaints: Vec<Complaint>| {
            complaints.into_iter().map(|complaint| complaint.to_string()).collect()
        };
        tables.load(&mut OsTree::new(), None).map_err(said)
    }

    #[test]
    fn no_grant_holds_what_is_the_servers_own() {
        let data = data("");
        let (here, elsewhere) = (data.path().display(), tempfile::tempdir().unwrap());
        symlink(data.path(), elsewhere.path().join("link")).unwrap();
        let linked = elsewhere.path().join("link");
        let grants = [
            "u:all:rwd:.".to_owned(),
            "u:/:r:/".to_owned(),
            format!("u:A:r:{here}"),
            format!("u:B:r:{here}/files/.."),
            format!("u:C:r:{}", data.path().parent().unwrap().display()),
            format!("u:D:r:{}", linked.display()),
            "u:Docs:r".to_owned(),
            "*:everything:r:files".to_owned(),
        ];
        fs::write(data.path().join(DIRECTORIES), grants.join("\n")).unwrap();
        let said = load(data.path()).unwrap_err();
        assert_eq!(said.len(), 6, "{said:#?}");
        for (at, line) in said.iter().enumerate() {
            let place = format!("{here}/Directories:{}: ", at + 1);
            assert!(line.starts_with(&place), "{line}");
            assert!(line.contains("it holds Credentials, which no client may reach"), "{line}");
        }
    }

    #[test]
    fn a_link_in_place_of_a_table_is_kept_out_of_grants_at_both_ends() {
        let (data, elsewhere) = (data("u:Docs:r\n"), tempfile::tempdir().unwrap());
        let real = elsewhere.path().join("real");
        fs::rename(data.path().join(CREDENTIALS), &real).unwrap();
        symlink(&real, data.path().join(CREDENTIALS)).unwrap();
        assert!(load(data.path()).is_ok());
        for granted in [data.path(), elsewhere.path()] {
            let line = format!("u:A:r:{}\n", granted.display());
            fs::write(data.path().join(DIRECTORIES), line).unwrap();
            assert_eq!(load(data.path()).unwrap_err().len(), 1);
        }
    }

    #[test]
    fn a_second_name_of_a_table_is_warned_of() {
        let data = data("u:Docs:r\n");
        assert!(load(data.path()).unwrap().loaded.warnings.is_empty());
        let names = ["Credentials", "files/Docs/copy"].map(|name| data.path().join(name));
        fs::hard_link(&names[0], &names[1]).unwrap();
        let warnings = load(data.path()).unwrap().loaded.warnings;
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].to_string().contains("2 names"), "{}", warnings[0]);
    }

    #[test]
    fn a_directory_is_written_to_if_any_grant_says_so() {
        let data = data("u:Docs:r\nu:More:rd:files/Docs\n");
        let served = load(data.path()).unwrap();
        let written: Vec<bool> = served.directories.iter().map(|&(_, written)| written).collect();
        assert_eq!(written, [true, false], "the second is all of files/");
    }
}
