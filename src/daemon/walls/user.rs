//! Becoming another user, for good: `--user NAME[:GROUP]`, by the tables of the machine.
//!
//! It tries that there is no way back. What else root has to give up is `privileges`' matter; `walls`
//! calls both, in their order.

use std::ffi::CString;
use std::io;
use std::os::unix::fs::lchown;
use std::path::PathBuf;

use nix::unistd::{self, Gid, Group, Uid};

use super::{Line, Standing};

/// A user that the server can become.
#[derive(Debug, Clone)]
pub struct User {
    name: String,
    uid: Uid,
    gid: Gid,
    /// The user's further groups, `gid` among them.
    groups: Vec<Gid>,
}

impl User {
    /// Looks up `NAME` or `NAME:GROUP`, each by name or number. A number that the system does not
    /// know needs a group beside it.
    ///
    /// # Errors
    /// A sentence for the operator: there is no such user or group, it is root, or the process is
    /// not root and can't become anybody else.
    pub fn look_up(text: &str) -> Result<Self, String> {
        let (name, group) = match text.split_once(':') {
            Some((name, group)) => (name, Some(group)),
            None => (text, None),
        };
        let group = group.map(look_up_group).transpose()?;
        let failed = |error| format!("--user {text}: the user can't be looked up: {error}");
        let mut known = unistd::User::from_name(name).map_err(failed)?;
        let number = name.parse().ok().map(Uid::from_raw);
        if let (None, Some(uid)) = (&known, number) {
            known = unistd::User::from_uid(uid).map_err(failed)?;
        }
        let (uid, gid) = match (&known, number, group) {
            (Some(user), _, group) => (user.uid, group.unwrap_or(user.gid)),
            (None, Some(uid), Some(gid)) => (uid, gid),
            (None, Some(_), None) => {
                return Err(format!(
                    "--user {text}: no user has this number; give a group as well, as UID:GID"
                ));
            }
            (None, None, _) => {
                return Err(format!(
                    "--user {text}: there is no user '{name}'; \
                     make one with `useradd --system {name}`"
                ));
            }
        };
        if uid.is_root() {
            return Err(format!("--user {text}: that is root, who is to be got rid of"));
        }
        let groups = match &known {
            Some(user) => groups_of(&user.name, gid)?,
            None => vec![gid],
        };
        let user = Self { name: name.to_owned(), uid, gid, groups };
        if !unistd::geteuid().is_root() && !user.is_us() {
            let us = unistd::geteuid();
            return Err(format!(
                "--user {text}: only root can become somebody else, and this is user {us}; \
                 start it as root, or leave --user out"
            ));
        }
        Ok(user)
    }

    /// True if the process is that user already, and nothing else.
    fn is_us(&self) -> bool {
        unistd::getresuid().is_ok_and(|ids| [ids.real, ids.effective, ids.saved] == [self.uid; 3])
            && unistd::getegid() == self.gid
    }

    /// Gives the user those of `files` that are there: what root has made for it to read.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn own(&self, files: &[PathBuf]) -> Result<(), String> {
        let (uid, gid) = (Some(self.uid.as_raw()), Some(self.gid.as_raw()));
        for file in files {
            match lchown(file, uid, gid) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let (file, name) = (file.display(), &self.name);
                    return Err(format!("{file} can't be given to {name}: {error}"));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Becomes the user, with its groups and no others.
    pub(super) fn become_it(&self) -> Result<Line, String> {
        let Self { name, uid, gid, groups } = self;
        if !self.is_us() {
            let failed = |error| format!("can't become {name}: {error}");
            unistd::setgroups(groups).map_err(failed)?;
            unistd::setresgid(*gid, *gid, *gid).map_err(failed)?;
            unistd::setresuid(*uid, *uid, *uid).map_err(failed)?;
        }
        self.check()?;
        Ok(Line::new("user", Standing::Up(format!("{name} (uid {uid}, gid {gid})"))))
    }

    /// Makes sure that it is done and that there is no way back.
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let failed = |error| format!("can't tell who this is: {error}");
        let users = unistd::getresuid().map_err(failed)?;
        let groups = unistd::getresgid().map_err(failed)?;
        let is_it = [users.real, users.effective, users.saved] == [self.uid; 3]
            && [groups.real, groups.effective, groups.saved] == [self.gid; 3];
        if !is_it {
            return Err(format!("it was to become {name}, and is user {}", users.effective));
        }
        let root = Uid::from_raw(0);
        if unistd::seteuid(root).is_ok() || unistd::setuid(root).is_ok() {
            return Err(format!("having become {name} it could become root again"));
        }
        Ok(())
    }
}

/// What is to be said where nobody else is to be become.
pub(super) fn as_started() -> Line {
    let us = unistd::geteuid();
    let standing = if us.is_root() {
        Standing::Missing("it runs as root; give it a user of its own with --user NAME".to_owned())
    } else {
        Standing::Up(format!("uid {us}, as started"))
    };
    Line::new("user", standing)
}

fn look_up_group(name: &str) -> Result<Gid, String> {
    let known = Group::from_name(name)
        .map_err(|error| format!("--user: the group '{name}' can't be looked up: {error}"))?;
    match (known, name.parse()) {
        (Some(group), _) => Ok(group.gid),
        (None, Ok(number)) => Ok(Gid::from_raw(number)),
        (None, Err(_)) => Err(format!("--user: there is no group '{name}'")),
    }
}

fn groups_of(name: &str, gid: Gid) -> Result<Vec<Gid>, String> {
    let failed = |error: &dyn std::fmt::Display| {
        format!("--user: the groups of {name} can't be looked up: {error}")
    };
    let text = CString::new(name).map_err(|error| failed(&error))?;
    unistd::getgrouplist(&text, gid).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_there_is_said_so() {
        for (text, expected) in [
            ("no-such-user", "there is no user 'no-such-user'"),
            ("", "there is no user ''"),
            ("root", "that is root"),
            ("0:0", "that is root"),
            ("nobody:no-such-group", "there is no group 'no-such-group'"),
            ("4000000000", "give a group as well"),
        ] {
            let error = User::look_up(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn names_and_numbers_are_taken() {
        // Who is not root may become nobody but itself.
        if unistd::geteuid().is_root() {
            let nobody = User::look_up("nobody").unwrap();
            assert!(!nobody.uid.is_root() && nobody.groups.contains(&nobody.gid));
            let other = User::look_up("54321:54322").unwrap();
            assert_eq!((other.uid.as_raw(), other.gid.as_raw()), (54321, 54322));
            assert_eq!(other.groups, [other.gid]);
        } else {
            let us = unistd::geteuid();
            let error = User::look_up("54321:54322").unwrap_err();
            assert!(error.contains(&format!("this is user {us}")), "{error}");
            assert!(User::look_up(&format!("{us}:{}", unistd::getegid())).is_ok());
        }
    }
}
