//! `mirror`: makes a directory the same as another one across the connection, either way.
//!
//! First everything is looked at and a [`Plan`] made of it, which `--dry-run` prints; then
//! directories are made, files moved, and at last, if all went well, what is too much removed. A
//! file is moved if it is missing, has another size, or is newer where it comes from. Symbolic
//! links are neither copied nor followed on any side, and no name of a server's is trusted.

#![expect(clippy::disallowed_methods, reason = "this room owns the local side of mirrors")]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::browse::Listing;
use super::{Session, below, bytes, lossy};
use crate::client::arguments::Mirror;
use crate::client::courier::{Errand, Way};
use crate::client::exit::Exit;
use crate::client::failure::Failure;
use crate::client::fleet;
use crate::client::pattern::{Pattern, is_trusted, split};
use crate::client::user_pi::Task;
use crate::terms::UnixTime;
use crate::wire::ftp::facts::Kind;

/// Directories within directories, at most.
const DEPTH_MAX: usize = 64;

/// Files and directories in all, at most.
const NODES_MAX: usize = 4_000_000;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// What one side has under a name.
#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    size: Option<u64>,
    modified: Option<UnixTime>,
}

/// One directory of one side, by name.
type Nodes = HashMap<Vec<u8>, Node>;

/// What is to be done; paths are relative to both roots.
#[derive(Debug, Default)]
struct Plan {
    /// Directories to make, each behind the one that it is in.
    make: Vec<Vec<u8>>,
    files: Vec<(Vec<u8>, Node)>,
    /// What is too much, and whether it is a directory.
    remove: Vec<(Vec<u8>, bool)>,
    failed: Vec<Failure>,
    nodes: usize,
}

/// Both sides and what is asked of them.
struct Sides {
    way: Way,
    remote: Vec<u8>,
    local: PathBuf,
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
    delete: bool,
}

impl Session {
    pub(super) fn mirror(&mut self, mirror: &Mirror) -> Result<(), Failure> {
        let sides = self.sides(mirror)?;
        let mut plan = Plan::default();
        self.plan(&sides, &mut plan)?;
        if mirror.dry_run {
            plan.failed.iter().for_each(|failure| self.report.complain(failure));
            return self.print(&sides, &plan);
        }
        self.carry_out(&sides, plan)
    }

    fn sides(&self, mirror: &Mirror) -> Result<Sides, Failure> {
        let patterns = |texts: &[std::ffi::OsString]| {
            texts.iter().map(|text| Pattern::parse(text.as_bytes())).collect::<Result<Vec<_>, _>>()
        };
        let from = bytes(&mirror.from);
        let (way, remote, local) = if mirror.reverse {
            let remote = mirror.to.as_ref().map(bytes).unwrap_or_default();
            (Way::Up, remote, self.local.join(OsStr::from_bytes(&from)))
        } else {
            let (_, last) = split(from.strip_suffix(b"/").unwrap_or(&from));
            let name = mirror.to.as_deref().unwrap_or(OsStr::from_bytes(last));
            let local = self.local.join(name);
            (Way::Down, from, local)
        };
        let local = if local.as_os_str().is_empty() { PathBuf::from(".") } else { local };
        Ok(Sides {
            way,
            remote,
            local,
            include: patterns(&mirror.include)?,
            exclude: patterns(&mirror.exclude)?,
            delete: mirror.delete,
        })
    }

    /// Looks at both sides, directory by directory.
    fn plan(&mut self, sides: &Sides, plan: &mut Plan) -> Result<(), Failure> {
        let has_target = match sides.way {
            Way::Down => match fs::metadata(&sides.local) {
                Ok(there) if there.is_dir() => true,
                Ok(_) => {
                    return Err(Failure::new(Exit::LocalFile, "it is no directory")
                        .about(sides.local.display().to_string()));
                }
                Err(_) => false,
            },
            Way::Up => {
                sides.remote.is_empty()
                    || match self.remote_nodes(&sides.remote) {
                        Ok(_) => true,
                        Err(failure) if failure.exit() == Exit::NotFound => false,
                        Err(failure) => return Err(failure),
                    }
            }
        };
        if !has_target {
            plan.make.push(Vec::new());
        }
        let mut waiting = vec![(Vec::new(), has_target, 0)];
        while let Some((directory, has_target, depth)) = waiting.pop() {
            let (source, target, slack) = self.both(sides, &directory, has_target)?;
            plan.nodes += source.len() + target.len();
            if depth > DEPTH_MAX || plan.nodes > NODES_MAX {
                let what = "the tree is too deep or too large to be mirrored";
                return Err(Failure::new(Exit::Other, what).about(lossy(&directory)));
            }
            for (path, has_target) in compare(sides, &directory, &source, &target, slack, plan) {
                waiting.push((path, has_target, depth + 1));
            }
        }
        plan.files.sort_by(|one, other| one.0.cmp(&other.0));
        plan.remove.sort();
        Ok(())
    }

    /// What both sides have in a directory: first the one that is copied from. The third is how
    /// inexact the times of the other are.
    fn both(
        &mut self,
        sides: &Sides,
        directory: &[u8],
        has_target: bool,
    ) -> Result<(Nodes, Nodes, bool), Failure> {
        let remote = below_root(&sides.remote, directory);
        let local = sides.local.join(OsStr::from_bytes(directory));
        let seen = |nodes: io::Result<Nodes>| {
            nodes.map_err(|error| Failure::local(local.display(), &error))
        };
        match sides.way {
            Way::Down => {
                let (source, _) = self.remote_nodes(&remote)?;
                let target = if has_target { seen(local_nodes(&local))? } else { Nodes::new() };
                Ok((source, target, true))
            }
            Way::Up => {
                let source = seen(local_nodes(&local))?;
                let (target, exact) =
                    if has_target { self.remote_nodes(&remote)? } else { (Nodes::new(), true) };
                Ok((source, target, exact))
            }
        }
    }

    /// What is in a remote directory, and whether its times are exact.
    fn remote_nodes(&mut self, path: &[u8]) -> Result<(Nodes, bool), Failure> {
        // A path of its own form: a server without MLSD lists a file as if it were a directory
        // that holds it.
        let path = if path.is_empty() { path.to_vec() } else { below(path, b"") };
        let Listing { entries, exact } = self.courier.insist(self.tries(), |courier| {
            courier.entries((!path.is_empty()).then_some(&path[..]))
        })?;
        let nodes = entries.into_iter().map(|entry| {
            let node = Node { kind: entry.kind, size: entry.size, modified: entry.modified };
            (entry.name, node)
        });
        Ok((nodes.collect(), exact))
    }

    /// `--dry-run`.
    fn print(&self, sides: &Sides, plan: &Plan) -> Result<(), Failure> {
        let verb: &[u8] = match sides.way {
            Way::Down => b"get ",
            Way::Up => b"put ",
        };
        let say = |verb: &[u8], path: &[u8]| {
            let path: &[u8] = if path.is_empty() { b"." } else { path };
            self.output.line(&[verb, path].concat())
        };
        plan.make.iter().try_for_each(|path| say(b"mkdir ", path))?;
        plan.files.iter().try_for_each(|(path, _)| say(verb, path))?;
        plan.remove.iter().try_for_each(|(path, _)| say(b"remove ", path))
    }

    fn carry_out(&mut self, sides: &Sides, plan: Plan) -> Result<(), Failure> {
        plan.failed.iter().for_each(|failure| self.report.complain(failure));
        for directory in &plan.make {
            self.make(sides, directory)?;
        }
        let errands = plan.files.iter().map(|(path, node)| Errand {
            way: sides.way,
            remote: below_root(&sides.remote, path),
            local: sides.local.join(OsStr::from_bytes(path)),
            size: node.size,
            modified: node.modified,
            force: true,
        });
        let errands = errands.collect();
        fleet::run(&mut self.courier, errands, &self.moving, &self.report)?;
        if !plan.failed.is_empty() {
            let what = "not everything could be mirrored; nothing was removed";
            return Err(Failure::new(Exit::Partly, what));
        }
        for (path, is_directory) in &plan.remove {
            match sides.way {
                Way::Down => {
                    remove_local(&sides.local.join(OsStr::from_bytes(path)), *is_directory)?
                }
                Way::Up => self.remove_remote(below_root(&sides.remote, path), *is_directory)?,
            }
        }
        Ok(())
    }

    fn make(&mut self, sides: &Sides, directory: &[u8]) -> Result<(), Failure> {
        match sides.way {
            Way::Down => {
                let local = sides.local.join(OsStr::from_bytes(directory));
                fs::create_dir_all(&local).map_err(|error| Failure::local(local.display(), &error))
            }
            Way::Up => {
                let remote = below_root(&sides.remote, directory);
                let made = self.courier.insist(self.tries(), |courier| {
                    courier.perform(Task::Mkd(remote.clone())).map(drop)
                });
                // A try whose answer was lost may have made it.
                match made {
                    Err(failure) if self.remote_nodes(&remote).is_err() => {
                        Err(failure.about(lossy(&remote)))
                    }
                    Ok(()) | Err(_) => Ok(()),
                }
            }
        }
    }

    /// Removes a remote file, or a directory with all that is in it, from the innermost out.
    fn remove_remote(&mut self, path: Vec<u8>, is_directory: bool) -> Result<(), Failure> {
        let mut waiting = vec![(path, is_directory, false)];
        while let Some((path, is_directory, is_empty)) = waiting.pop() {
            let task = if !is_directory {
                Task::Dele(path.clone())
            } else if is_empty {
                Task::Rmd(path.clone())
            } else {
                let (nodes, _) = self.remote_nodes(&path)?;
                if waiting.len() + nodes.len() > NODES_MAX {
                    let what = "the tree is too large to be removed";
                    return Err(Failure::new(Exit::Other, what).about(lossy(&path)));
                }
                waiting.push((path.clone(), true, true));
                waiting.extend(
                    nodes
                        .into_iter()
                        .filter(|(name, _)| is_trusted(name))
                        .map(|(name, node)| (below(&path, &name), node.kind == Kind::Dir, false)),
                );
                continue;
            };
            self.courier
                .insist(self.tries(), |courier| courier.perform(task.clone()))
                .map_err(|failure| failure.about(lossy(&path)))?;
        }
        Ok(())
    }
}

/// Plans for one directory; returns the directories in it that are to be looked at, and whether the
/// other side has them.
fn compare(
    sides: &Sides,
    directory: &[u8],
    source: &Nodes,
    target: &Nodes,
    exact: bool,
    plan: &mut Plan,
) -> Vec<(Vec<u8>, bool)> {
    let mut deeper = Vec::new();
    let mut names: Vec<&Vec<u8>> = source.keys().collect();
    names.sort();
    for name in names {
        let Some(node) = source.get(name) else { continue };
        let path = below(directory, name);
        if sides.excludes(&path) {
            continue;
        }
        if !is_trusted(name) {
            let what = "a name like this is not copied";
            plan.failed.push(Failure::new(Exit::Other, what).about(lossy(&path)));
            continue;
        }
        let there = target.get(name);
        match node.kind {
            Kind::Dir => match there {
                None => {
                    plan.make.push(path.clone());
                    deeper.push((path, false));
                }
                Some(there) if there.kind == Kind::Dir => deeper.push((path, true)),
                Some(_) => plan.failed.push(in_the_way(&path)),
            },
            Kind::File if sides.includes(&path) => match there {
                None => plan.files.push((path, *node)),
                Some(there) if there.kind != Kind::File => plan.failed.push(in_the_way(&path)),
                Some(there) if differs(node, there, exact) => plan.files.push((path, *node)),
                Some(_) => {}
            },
            Kind::File | Kind::Link | Kind::Other | Kind::Current | Kind::Parent => {}
        }
    }
    if sides.delete {
        let extra = target.iter().filter(|(name, _)| {
            // A download that broke off belongs to its file.
            let whole = name.strip_suffix(b".part").unwrap_or(name);
            !source.contains_key(*name) && !source.contains_key(whole) && is_trusted(name)
        });
        let extra = extra.map(|(name, node)| (below(directory, name), node.kind == Kind::Dir));
        plan.remove.extend(extra.filter(|(path, _)| !sides.excludes(path)));
    }
    deeper
}

impl Sides {
    fn includes(&self, path: &[u8]) -> bool {
        self.include.is_empty() || matches_any(&self.include, path)
    }

    fn excludes(&self, path: &[u8]) -> bool {
        matches_any(&self.exclude, path)
    }
}

/// Whether a pattern matches the whole path, or its last component.
fn matches_any(patterns: &[Pattern], path: &[u8]) -> bool {
    let (_, name) = split(path);
    patterns.iter().any(|pattern| pattern.matches(name) || pattern.matches(path))
}

/// True when the source's file has to be copied over the target's.
fn differs(source: &Node, target: &Node, exact: bool) -> bool {
    if source.size != target.size || source.size.is_none() {
        return true;
    }
    let (Some(source), Some(target)) = (source.modified, target.modified) else { return false };
    // A listing for people tells times to the minute, and old ones to the day.
    let slack = match target.0 {
        _ if exact => 0,
        time if time.rem_euclid(DAY) == 0 => DAY,
        _ => MINUTE,
    };
    source.0 >= target.0.saturating_add(slack) && source.0 != target.0
}

fn local_nodes(directory: &Path) -> io::Result<Nodes> {
    let mut nodes = Nodes::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let there = entry.metadata()?;
        let kind = if there.is_dir() {
            Kind::Dir
        } else if there.is_file() {
            Kind::File
        } else if there.is_symlink() {
            Kind::Link
        } else {
            Kind::Other
        };
        let node = Node { kind, size: Some(there.len()), modified: Some(UnixTime(there.mtime())) };
        nodes.insert(entry.file_name().as_bytes().to_vec(), node);
    }
    Ok(nodes)
}

fn remove_local(path: &Path, is_directory: bool) -> Result<(), Failure> {
    // Neither follows a link.
    let removed = if is_directory { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(|error| Failure::local(path.display(), &error))
}

fn in_the_way(path: &[u8]) -> Failure {
    Failure::new(Exit::Other, "something of another kind has that name on the other side")
        .about(lossy(path))
}

/// A path of the mirror as the server has it; the root may be the current directory.
fn below_root(root: &[u8], path: &[u8]) -> Vec<u8> {
    if path.is_empty() { root.to_vec() } else { below(root, path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(kind: Kind, size: u64, modified: i64) -> Node {
        Node { kind, size: Some(size), modified: Some(UnixTime(modified)) }
    }

    fn nodes(named: &[(&str, Node)]) -> Nodes {
        named.iter().map(|(name, node)| (name.as_bytes().to_vec(), *node)).collect()
    }

    fn sides(exclude: &str) -> Sides {
        Sides {
            way: Way::Down,
            remote: Vec::new(),
            local: PathBuf::new(),
            include: Vec::new(),
            exclude: vec![Pattern::parse(exclude.as_bytes()).unwrap()],
            delete: true,
        }
    }

    #[test]
    fn what_differs_is_copied_and_what_is_too_much_removed() {
        let source = nodes(&[
            ("same", node(Kind::File, 1, 100)),
            ("newer", node(Kind::File, 1, 200)),
            ("longer", node(Kind::File, 2, 50)),
            ("new", node(Kind::File, 1, 1)),
            ("link", node(Kind::Link, 1, 1)),
            ("sub", node(Kind::Dir, 0, 1)),
            ("x.bak", node(Kind::File, 1, 1)),
            ("..", node(Kind::File, 1, 1)),
        ]);
        let target = nodes(&[
            ("same", node(Kind::File, 1, 100)),
            ("newer", node(Kind::File, 1, 100)),
            ("longer", node(Kind::File, 1, 100)),
            ("new.part", node(Kind::File, 1, 1)),
            ("link", node(Kind::Dir, 1, 1)),
            ("old", node(Kind::File, 1, 1)),
            ("y.bak", node(Kind::File, 1, 1)),
        ]);
        let mut plan = Plan::default();
        let deeper = compare(&sides("*.bak"), b"d", &source, &target, true, &mut plan);
        let names: Vec<String> = plan.files.iter().map(|(path, _)| lossy(path)).collect();
        assert_eq!(names, ["d/longer", "d/new", "d/newer"]);
        assert_eq!(plan.make, [b"d/sub".to_vec()]);
        assert_eq!(deeper, [(b"d/sub".to_vec(), false)]);
        assert_eq!(plan.remove, [(b"d/old".to_vec(), false)]);
        assert_eq!(plan.failed.len(), 1);
    }

    #[test]
    fn times_are_as_exact_as_they_were_told() {
        let noon = 12 * 60 * MINUTE;
        let at = |time| node(Kind::File, 1, time);
        assert!(differs(&at(noon + 1), &at(noon), true));
        assert!(!differs(&at(noon + 30), &at(noon), false));
        assert!(differs(&at(noon + 60), &at(noon), false));
        assert!(!differs(&at(noon), &at(0), false));
        assert!(!differs(&at(noon - 1), &at(noon), true));
    }
}
