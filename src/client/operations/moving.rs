//! Files that are moved: `get`, `put`, `mget`, `mput`, `cat`, `sum`.

#![expect(clippy::disallowed_methods, reason = "this room looks into local directories, for mput")]

use std::collections::HashSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Session, below, bytes, lossy};
use crate::client::arguments::{Get, Many, Put};
use crate::client::courier::{Conduct, Errand, Way};
use crate::client::download::local_name;
use crate::client::exit::Exit;
use crate::client::failure::Failure;
use crate::client::fleet;
use crate::client::listing::{self, Order};
use crate::client::pattern::{Pattern, is_trusted, split};
use crate::client::report::Effort;
use crate::client::sums::Algorithm;
use crate::wire::ftp::facts::Kind;

/// What the words of `mget` or `mput` mean.
#[derive(Debug, Default)]
struct Chosen {
    errands: Vec<Errand>,
    /// How the words fared that came to nothing.
    failed: Vec<Failure>,
}

impl Session {
    pub(super) fn get(&mut self, get: &Get) -> Result<(), Failure> {
        let remote = bytes(&get.remote);
        let wanted = get.output.as_deref().or(get.local.as_deref());
        if wanted == Some(Path::new("-")) {
            return self.cat(&remote);
        }
        let target = match wanted.map(|path| self.local.join(path)) {
            Some(path) if path.is_dir() => path.join(local_name(&remote)?),
            Some(path) => path,
            None => self.local.join(local_name(&remote)?),
        };
        self.fetch(remote, target, get.force)
    }

    pub(super) fn put(&mut self, put: &Put) -> Result<(), Failure> {
        let local = self.local.join(&put.local);
        let mut remote = put.remote.as_deref().map(bytes).unwrap_or_default();
        if remote.is_empty() || remote.ends_with(b"/") {
            let shown = |error| Failure::local(local.display(), &error);
            if fs::metadata(&local).map_err(shown)?.is_dir() {
                let what = "it is a directory";
                return Err(Failure::new(Exit::LocalFile, what).about(local.display().to_string()));
            }
            remote.extend_from_slice(local_name(local.as_os_str().as_bytes())?.as_bytes());
        }
        self.carry(&Errand { way: Way::Up, remote, local, size: None, modified: None, force: true })
    }

    /// `download file`: a file of the directory that was shown last, or of the one that is named.
    pub(super) fn download_file(&mut self, name: &[u8]) -> Result<(), Failure> {
        let remote = match &self.shown {
            Some(directory) if !name.contains(&b'/') => below(directory, name),
            Some(_) | None => [b"/", name].concat(),
        };
        let target = self.local.join(local_name(&remote)?);
        self.fetch(remote, target, false)
    }

    /// One file from there to here, of which nothing is known yet.
    fn fetch(&mut self, remote: Vec<u8>, local: PathBuf, force: bool) -> Result<(), Failure> {
        self.carry(&Errand { way: Way::Down, remote, local, size: None, modified: None, force })
    }

    /// Moves one file and reports it.
    fn carry(&mut self, errand: &Errand) -> Result<(), Failure> {
        let conduct = Conduct::of(&self.moving);
        let since = Instant::now();
        let meter = self.report.meter(errand);
        let result = self.courier.carry(errand, &conduct, &meter);
        let effort = Effort::of(&meter, since.elapsed());
        drop(meter);
        match result {
            Ok(delivery) => self.report.delivered(errand, &delivery, effort),
            Err(failure) => {
                self.report.failed(errand, &failure, effort, true)?;
                Err(failure)
            }
        }
    }

    pub(super) fn get_many(&mut self, many: &Many) -> Result<(), Failure> {
        let directory = match &many.output {
            Some(output) => self.local.join(output),
            None => self.local.clone(),
        };
        let mut chosen = Chosen::default();
        for name in &many.names {
            self.choose_remote(name.as_bytes(), &directory, many.force, &mut chosen)?;
        }
        if !chosen.errands.is_empty() && !directory.as_os_str().is_empty() {
            fs::create_dir_all(&directory)
                .map_err(|error| Failure::local(directory.display(), &error))?;
        }
        self.carry_all(chosen)
    }

    /// Adds what a word of `mget` means.
    fn choose_remote(
        &mut self,
        word: &[u8],
        target: &Path,
        force: bool,
        chosen: &mut Chosen,
    ) -> Result<(), Failure> {
        let (directory, last) = split(word);
        // A URL that ends in a slash means what is in the directory.
        let pattern = Pattern::parse(if last.is_empty() { b"*" } else { last })?;
        let errand = |name: &[u8], size| {
            Ok::<_, Failure>(Errand {
                way: Way::Down,
                remote: [directory, name].concat(),
                local: target.join(local_name(name)?),
                size,
                modified: None,
                force,
            })
        };
        if pattern.is_plain() {
            chosen.errands.push(errand(last, None)?);
            return Ok(());
        }
        let mut entries = self.entries((!directory.is_empty()).then_some(directory))?;
        listing::sort(&mut entries, Order::Together);
        entries.retain(|entry| matches!(entry.kind, Kind::File | Kind::Link));
        let matching = pattern.choose(entries, |entry| &entry.name);
        if matching.is_empty() {
            chosen.failed.push(no_match(word));
        }
        for entry in matching {
            if is_trusted(&entry.name) {
                let size = entry.size.filter(|_| entry.kind == Kind::File);
                chosen.errands.push(errand(&entry.name, size)?);
            } else {
                let what = "the server's name for a file would lead elsewhere";
                chosen.failed.push(Failure::new(Exit::Other, what).about(lossy(&entry.name)));
            }
        }
        Ok(())
    }

    pub(super) fn put_many(&mut self, many: &Many) -> Result<(), Failure> {
        let directory = many.output.as_deref().map(bytes).unwrap_or_default();
        let mut chosen = Chosen::default();
        for name in &many.names {
            self.choose_local(Path::new(name), &directory, &mut chosen)?;
        }
        self.carry_all(chosen)
    }

    /// Adds what a word of `mput` means.
    fn choose_local(&self, word: &Path, target: &[u8], chosen: &mut Chosen) -> Result<(), Failure> {
        let word = self.local.join(word);
        let errand = |local: std::path::PathBuf, size| {
            let name = local_name(local.as_os_str().as_bytes())?;
            Ok::<_, Failure>(Errand {
                way: Way::Up,
                remote: below(target, name.as_bytes()),
                local,
                size,
                modified: None,
                force: true,
            })
        };
        let (_, last) = split(word.as_os_str().as_bytes());
        let pattern = Pattern::parse(last)?;
        if pattern.is_plain() || fs::symlink_metadata(&word).is_ok() {
            chosen.errands.push(errand(word, None)?);
            return Ok(());
        }
        let parent = word.parent().unwrap_or(Path::new(""));
        let failed = |error| Failure::local(parent.display(), &error);
        let mut matching = Vec::new();
        for entry in fs::read_dir(parent.join(".")).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let local = parent.join(&name);
            if pattern.matches(name.as_bytes())
                && let Ok(there) = fs::metadata(&local)
                && there.is_file()
            {
                matching.push((local, there.len()));
            }
        }
        if matching.is_empty() {
            chosen.failed.push(no_match(word.as_os_str().as_bytes()));
        }
        matching.sort();
        for (local, size) in matching {
            chosen.errands.push(errand(local, Some(size))?);
        }
        Ok(())
    }

    /// Moves what was chosen. Words that came to nothing are told, and the rest is done.
    fn carry_all(&mut self, mut chosen: Chosen) -> Result<(), Failure> {
        if chosen.errands.is_empty() && chosen.failed.len() == 1 {
            return chosen.failed.pop().map_or(Ok(()), Err);
        }
        for failure in &chosen.failed {
            self.report.complain(failure);
        }
        let mut known = HashSet::new();
        chosen.errands.retain(|errand| match errand.way {
            Way::Down => known.insert(errand.remote.clone()),
            Way::Up => known.insert(errand.local.as_os_str().as_bytes().to_vec()),
        });
        let some = !chosen.errands.is_empty();
        fleet::run(&mut self.courier, chosen.errands, &self.moving, &self.report)?;
        match chosen.failed.first() {
            None => Ok(()),
            Some(_) if some => {
                Err(Failure::new(Exit::Partly, "not everything that was named is done"))
            }
            Some(first) => Err(Failure::new(first.exit(), "nothing that was named is done")),
        }
    }

    pub(super) fn cat(&mut self, remote: &[u8]) -> Result<(), Failure> {
        self.courier.stream(remote, self.tries(), &mut self.output.raw())
    }

    /// `sum`: the SHA-256 as `sha256sum` prints it; by the server if it can, else of what is
    /// downloaded for it and not kept.
    pub(super) fn sum(&mut self, remote: &[u8]) -> Result<(), Failure> {
        let known = self.courier.insist(self.tries(), |courier| courier.sum(remote))?;
        let sum = match known {
            Some((Algorithm::Sha256, sum)) => sum,
            Some((Algorithm::Crc32, _)) | None => {
                let sum = self.sum_of_download(remote)?;
                self.report.notice(&format!(
                    "{}: the server makes no SHA-256 of it; it was downloaded for that",
                    lossy(remote)
                ));
                sum
            }
        };
        self.output.line(&[sum.as_bytes(), b"  ", remote].concat())
    }

    fn sum_of_download(&mut self, remote: &[u8]) -> Result<String, Failure> {
        let mut sum = Algorithm::Sha256.running();
        self.courier.stream(remote, self.tries(), &mut sum)?;
        Ok(sum.finish())
    }
}

fn no_match(word: &[u8]) -> Failure {
    Failure::new(Exit::NoMatch, "the pattern matches nothing").about(lossy(word))
}
