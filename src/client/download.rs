//! A download on its way into a local file: NAME.part, renamed to NAME when it is whole.
//!
//! It never overwrites unless told to, two downloads never share a part, and a name that a server
//! sent never leads out of the target directory. It knows no socket.

#![expect(clippy::disallowed_methods, reason = "this room owns the files of downloads")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FlockOperation, OFlags, RenameFlags};
use rustix::io::Errno;

use super::exit::Exit;
use super::failure::Failure;
use crate::terms::UnixTime;

/// A file that is not whole yet.
#[derive(Debug)]
pub struct Download {
    file: File,
    part: PathBuf,
    target: PathBuf,
    force: bool,
    /// Bytes in the part.
    bytes: u64,
    committed: bool,
}

impl Download {
    /// Begins a download to `target`, which may exist only if `force` is set. With `resume` it goes
    /// on behind what an earlier one has left in the part.
    ///
    /// # Errors
    /// [`Exit::LocalFile`]: the target is there, is no file, or its directory can't be written; or
    /// the same download is under way elsewhere.
    pub fn begin(target: &Path, force: bool, resume: bool) -> Result<Self, Failure> {
        match fs::symlink_metadata(target) {
            Ok(there) if !force => {
                let what = if there.is_dir() { "a directory is in its place" } else { "it exists" };
                return Err(in_the_way(target, what));
            }
            Ok(there) if !there.is_file() && !there.is_symlink() => {
                return Err(Failure::new(Exit::LocalFile, "it is no regular file")
                    .about(shown(target))
                    .advise("`-o -` writes to standard output"));
            }
            Ok(_) | Err(_) => {}
        }
        let Some(name) = target.file_name() else {
            return Err(Failure::new(Exit::LocalFile, "that is no file name").about(shown(target)));
        };
        let mut part_name = name.to_owned();
        part_name.push(".part");
        let part = target.with_file_name(part_name);
        let file = open_part(&part)?;
        let mut download =
            Self { file, part, target: target.to_owned(), force, bytes: 0, committed: false };
        if resume {
            let end = download.file.seek(SeekFrom::End(0));
            download.bytes = end.map_err(|error| Failure::local(shown(&download.part), &error))?;
        } else {
            download.restart()?;
        }
        Ok(download)
    }

    /// Bytes that are there.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Drops what is there, to begin from nothing.
    ///
    /// # Errors
    /// [`Exit::LocalFile`]: the file system fails.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.bytes = 0;
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(|error| Failure::local(shown(&self.part), &error))
    }

    /// Another reader of what is there, from its start.
    ///
    /// # Errors
    /// [`Exit::LocalFile`]: the file system fails.
    pub fn reader(&self) -> Result<impl Read + use<>, Failure> {
        File::open(&self.part).map_err(|error| Failure::local(shown(&self.part), &error))
    }

    /// Gives the file the time at which its content was changed on the server. A file system that
    /// keeps no such times is no reason to fail.
    pub fn date(&self, modified: UnixTime) {
        let _ = self.file.set_modified(system_time(modified));
    }

    /// Removes the part: nothing is to go on from there.
    pub fn discard(mut self) {
        // The drop removes what is empty.
        self.bytes = 0;
    }

    /// The file is whole: gives it its name.
    ///
    /// # Errors
    /// [`Exit::LocalFile`]: something of that name has appeared meanwhile, or the file system
    /// fails. The part stays.
    pub fn commit(mut self) -> Result<(), Failure> {
        let renamed = if self.force {
            fs::rename(&self.part, &self.target)
        } else {
            rename_without_overwriting(&self.part, &self.target)
        };
        match renamed {
            Ok(()) => {
                self.committed = true;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let what =
                    format!("it has appeared meanwhile; the download is {}", shown(&self.part));
                Err(in_the_way(&self.target, &what))
            }
            Err(error) => Err(Failure::local(shown(&self.target), &error)),
        }
    }
}

impl Write for Download {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.file.write(buffer)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        // A part with content may be gone on with; an empty one only litters.
        if !self.committed && self.bytes == 0 {
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// The name under which a remote file is kept: the last component of its path.
///
/// # Errors
/// [`Exit::Usage`]: there is none, or it would lead elsewhere.
pub fn local_name(remote: &[u8]) -> Result<OsString, Failure> {
    let name = remote.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    if matches!(name, b"" | b"." | b"..") || name.contains(&0) {
        return Err(Failure::new(Exit::Usage, "there is no file name in it")
            .about(String::from_utf8_lossy(remote))
            .advise("name the local file as well"));
    }
    Ok(OsStr::from_bytes(name).to_owned())
}

/// The clock's name for a time on the calendar.
fn system_time(time: UnixTime) -> SystemTime {
    let distance = Duration::from_secs(time.0.unsigned_abs());
    let moved = if time.0 < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    moved.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Opens the part, locked, with whatever a broken download has left there; what another one is
/// writing is not touched.
fn open_part(part: &Path) -> Result<File, Failure> {
    let failed = |error: io::Error| Failure::local(shown(part), &error);
    loop {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            // Neither through a link that someone has laid nor into a pipe that nobody reads.
            .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
            .open(part)
            .map_err(failed)?;
        let opened = file.metadata().map_err(failed)?;
        if !opened.is_file() {
            return Err(Failure::new(Exit::LocalFile, "it is no regular file").about(shown(part)));
        }
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(Failure::new(Exit::LocalFile, "another download is writing it")
                    .about(shown(part)));
            }
            // A file system without locks: then nobody is warned, as with any other program.
            Err(_) => {}
        }
        // Whoever held the lock may have renamed the file into place: then it is no part any more.
        let still_there = fs::symlink_metadata(part)
            .is_ok_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino()));
        if still_there {
            return Ok(file);
        }
    }
}

fn rename_without_overwriting(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // A file system that can't promise it; linking can, where there are links.
        Err(Errno::INVAL | Errno::NOSYS) => {
            fs::hard_link(from, to)?;
            fs::remove_file(from)
        }
        Err(error) => Err(error.into()),
    }
}

fn in_the_way(target: &Path, what: &str) -> Failure {
    Failure::new(Exit::LocalFile, what)
        .about(format!("local file {}", shown(target)))
        .advise("--force overwrites, -o names another file")
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("Joker");
        (directory, target)
    }

    #[test]
    fn a_whole_download_gets_its_name_and_a_broken_one_does_not() {
        let (directory, target) = scratch();
        let mut download = Download::begin(&target, false, false).unwrap();
        download.write_all(b"half").unwrap();
        drop(download);
        assert!(!target.exists());
        let mut download = Download::begin(&target, false, true).unwrap();
        assert_eq!(download.bytes(), 4);
        download.write_all(b" more").unwrap();
        let mut text = String::new();
        download.reader().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "half more");
        drop(download);
        let mut download = Download::begin(&target, false, false).unwrap();
        download.write_all(b"all").unwrap();
        download.commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"all");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_overwritten_unless_forced() {
        let (directory, target) = scratch();
        let early = Download::begin(&target, false, false).unwrap();
        fs::write(&target, "old").unwrap();
        assert_eq!(early.commit().unwrap_err().exit(), Exit::LocalFile);
        assert_eq!(Download::begin(&target, false, false).unwrap_err().exit(), Exit::LocalFile);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        Download::begin(&target, true, false).unwrap().commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        // A device is never replaced by a file.
        assert!(Download::begin(Path::new("/dev/null"), true, false).is_err());
    }

    #[test]
    fn two_downloads_never_share_a_part_nor_follow_a_link() {
        let (directory, target) = scratch();
        let first = Download::begin(&target, false, false).unwrap();
        assert!(Download::begin(&target, false, false).is_err());
        drop(first);
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, "kept").unwrap();
        std::os::unix::fs::symlink(&elsewhere, directory.path().join("Joker.part")).unwrap();
        assert!(Download::begin(&target, false, false).is_err());
        assert_eq!(fs::read(&elsewhere).unwrap(), b"kept");
    }

    #[test]
    fn names_never_lead_elsewhere() {
        assert_eq!(local_name(b"Movies/Joker").unwrap(), "Joker");
        assert_eq!(local_name(b"a\\b").unwrap(), "a\\b");
        for bad in [&b""[..], b"..", b"a/..", b"a/", b".", b"a\0b"] {
            assert!(local_name(bad).is_err());
        }
    }
}
