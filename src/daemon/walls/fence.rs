//! Landlock: the process is kept to the directories that are granted, with the rights that the
//! grants need, to the files of its own, and to the ports that it may yet bind.
//!
//! What a kernel does not know of is left out, and the line that is said at start tells how much it
//! knows. Connecting is not restricted: active mode dials whatever port a client names, and the
//! session has bounded that already (to the client's own address, from port 1024).

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, NetPort,
    PathBeneath, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, make_bitflags,
};
use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, fstat, openat, stat};

use super::{Line, Standing};

/// The newest rules that were looked through. All that they name is taken away, but for what is
/// granted.
const KNOWN: ABI = ABI::V9;

/// The first kernels that know how to restrict binding.
const NETWORK: i32 = 4;

/// Ports to bind at most that each get a rule; of a wider range none is enforced.
const MOST_PORTS: usize = 4096;

/// What the server can still reach once it is fenced in.
#[derive(Debug, Default)]
pub struct Territory<'a> {
    /// Each granted directory, and whether any grant lets a client change what is in it.
    pub directories: Vec<(BorrowedFd<'a>, bool)>,
    /// Files of its own that are read again while it runs. The whole directory that each stands in
    /// can be read, for a file is replaced by renaming another over it.
    pub own_files: Vec<PathBuf>,
    /// The ports of passive mode; without it, any free one that the kernel chooses.
    pub passive_ports: Option<RangeInclusive<u16>>,
}

/// The directories that were let in, as they are known later.
#[derive(Debug, Default)]
pub struct Fence {
    /// Device and number of each, and whether it can be written to.
    let_in: Vec<((u64, u64), bool)>,
}

impl Fence {
    /// True if `host`, or a directory above it, was let in; for writing, if `writes`.
    pub(super) fn covers(&self, host: &Path, writes: bool) -> bool {
        let Ok(real) = std::fs::canonicalize(host) else { return false };
        real.ancestors().any(|above| {
            let Ok(stat) = stat(above) else { return false };
            let unique = (stat.st_dev, stat.st_ino);
            self.let_in.iter().any(|&(known, written)| known == unique && (written || !writes))
        })
    }
}

/// What reading takes.
fn reading() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{ReadFile | ReadDir})
}

/// What changing takes, above reading. A directory that is renamed counts as removed, so `w` and
/// `d` come to the same here; the session tells them apart. Nothing else is ever made than files
/// and directories: no device, no socket, no pipe, no link.
fn writing() -> BitFlags<AccessFs> {
    make_bitflags!(AccessFs::{
        WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
    })
}

/// Raises it for this thread and those that it will start.
pub(super) fn raise(territory: &Territory<'_>) -> Result<(Vec<Line>, Option<Fence>), String> {
    let failed = |error: RulesetError| {
        format!("Landlock can't be raised: {error}; --no-landlock does without it")
    };
    let ports = ports(territory);
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(KNOWN))
        .and_then(|rules| rules.scope(Scope::from_all(KNOWN)))
        .map_err(failed)?;
    if ports.is_some() {
        rules = rules.handle_access(AccessNet::BindTcp).map_err(failed)?;
    }
    let mut rules = rules.create().map_err(failed)?;
    let mut fence = Fence::default();
    for &(directory, writes) in &territory.directories {
        let access = if writes { reading() | writing() } else { reading() };
        rules = rules.add_rule(PathBeneath::new(directory, access)).map_err(failed)?;
        let stat = fstat(directory).map_err(|errno| format!("a granted directory: {errno}"))?;
        fence.let_in.push(((stat.st_dev, stat.st_ino), writes));
    }
    for directory in homes(&territory.own_files) {
        let access: BitFlags<AccessFs> = AccessFs::ReadFile.into();
        rules = rules.add_rule(PathBeneath::new(&directory, access)).map_err(failed)?;
    }
    rules = add_ports(rules, ports.as_deref().unwrap_or_default()).map_err(failed)?;
    let status = rules.restrict_self().map_err(failed)?;
    let (abi, in_force) = match status.landlock {
        LandlockStatus::Available { effective_abi, kernel_abi } => {
            (kernel_abi.unwrap_or(effective_abi as i32), status.ruleset)
        }
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => {
            (0, RulesetStatus::NotEnforced)
        }
    };
    if in_force == RulesetStatus::NotEnforced {
        let why = "this kernel has no Landlock, or it is not switched on (lsm=landlock)";
        return Ok((vec![Line::new("landlock", Standing::Missing(why.to_owned()))], None));
    }
    let lines = vec![directories_line(territory, abi), network_line(territory, &ports, abi)];
    Ok((lines, Some(fence)))
}

/// The ports that get a rule; `None` if there are too many. Port 0 lets the kernel choose, which is
/// how active mode binds.
fn ports(territory: &Territory<'_>) -> Option<Vec<u16>> {
    let range = territory.passive_ports.clone();
    let asked: Vec<u16> = [0].into_iter().chain(range.into_iter().flatten()).collect();
    (asked.len() <= MOST_PORTS).then_some(asked)
}

fn add_ports(mut rules: RulesetCreated, ports: &[u16]) -> Result<RulesetCreated, RulesetError> {
    for &port in ports {
        rules = rules.add_rule(NetPort::new(port, AccessNet::BindTcp))?;
    }
    Ok(rules)
}

fn directories_line(territory: &Territory<'_>, abi: i32) -> Line {
    let count = territory.directories.len();
    let written = territory.directories.iter().filter(|&&(_, writes)| writes).count();
    let plural = if count == 1 { "y" } else { "ies" };
    let what = format!("abi {abi}, {count} director{plural}, {written} of them to write in");
    Line::new("landlock", Standing::Up(what))
}

fn network_line(territory: &Territory<'_>, ports: &Option<Vec<u16>>, abi: i32) -> Line {
    let standing = if abi < NETWORK {
        Standing::Missing(format!("this kernel's Landlock (abi {abi}) can't restrict binding"))
    } else if ports.is_none() {
        Standing::Missing(format!("--passive-ports names more than {} ports", MOST_PORTS - 1))
    } else {
        Standing::Up(match &territory.passive_ports {
            Some(range) => format!("binds {}-{} alone", range.start(), range.end()),
            None => "binds no port but what the kernel chooses".to_owned(),
        })
    };
    Line::new("network", standing)
}

/// The directories that hold `files`, by their names and where they are links, by what those lead
/// to. One that does not exist needs nothing.
fn homes(files: &[PathBuf]) -> Vec<OwnedFd> {
    let mut homes: Vec<PathBuf> = Vec::new();
    for file in files {
        homes.extend(file.parent().map(|home| match home.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => home.to_owned(),
        }));
        let real = std::fs::canonicalize(file);
        homes.extend(real.ok().and_then(|real| real.parent().map(Path::to_owned)));
    }
    homes.sort();
    homes.dedup();
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    homes.iter().filter_map(|home| openat(CWD, home, flags, Mode::empty()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_lies_below_what_was_let_in_is_covered() {
        let home = TempDir::new().unwrap();
        let (read, written) = (home.path().join("read"), home.path().join("written"));
        for directory in [read.join("below"), written.join("below")] {
            std::fs::DirBuilder::new().recursive(true).create(directory).unwrap();
        }
        let unique = |path: &Path| stat(path).map(|stat| (stat.st_dev, stat.st_ino)).unwrap();
        let fence = Fence { let_in: vec![(unique(&read), false), (unique(&written), true)] };
        assert!(fence.covers(&read, false) && fence.covers(&read.join("below"), false));
        assert!(!fence.covers(&read.join("below"), true));
        assert!(fence.covers(&written.join("below/../below"), true));
        assert!(!fence.covers(home.path(), false));
        assert!(!fence.covers(&read.join("missing"), false));
        std::os::unix::fs::symlink(home.path(), read.join("out")).unwrap();
        assert!(!fence.covers(&read.join("out"), false), "a link counts as what it leads to");
    }

    #[test]
    fn a_range_that_is_too_wide_gets_no_rules() {
        let with = |passive_ports| ports(&Territory { passive_ports, ..Territory::default() });
        assert_eq!(with(None), Some(vec![0]));
        assert_eq!(with(Some(5..=6)), Some(vec![0, 5, 6]));
        assert_eq!(with(Some(1..=u16::MAX)), None);
    }
}
