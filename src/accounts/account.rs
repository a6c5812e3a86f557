//! One client: how it is known, and what it may do once it is.
//!
//! [`Client`] can be had from a passed check alone, and grants from a client alone. So whatever
//! holds a grant has seen a password or a certificate.

use std::fmt;
use std::sync::Arc;

use crate::terms::Root;

use super::directories::{Right, Rights};
use super::password::{self, LONGEST_PASSWORD, Secret};

/// An authorized client.
pub struct Account {
    name: Box<str>,
    secret: Secret,
    /// In the order of the file; no directory twice.
    grants: Box<[Grant]>,
}

/// A directory that a client may use, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The name at the client's top level; empty for a grant of `/`.
    pub directory: Box<[u8]>,
    /// What may be done there.
    pub rights: Rights,
    /// The directory itself, as the tree numbers it.
    pub root: Root,
}

/// A client that has proved who it is. Cheap to clone; it outlives a reload of the tables.
#[derive(Clone)]
pub struct Client {
    account: Arc<Account>,
}

/// What a presented password came to.
#[derive(Debug)]
pub enum Check {
    /// It is the one.
    Passed(Client),
    /// It is not.
    Refused,
    /// To tell takes tens of milliseconds: for the helper thread, not for the loop.
    Slow(Challenge),
}

/// A password still to be compared with a hash.
pub struct Challenge {
    account: Arc<Account>,
    password: Box<[u8]>,
}

/// What a [`Challenge`] came to.
#[derive(Debug)]
pub enum Verdict {
    /// The password is the one.
    Passed(Client),
    /// It is not.
    Refused,
}

impl Account {
    pub(super) fn new(name: &str, secret: Secret, grants: Vec<Grant>) -> Self {
        Self { name: name.into(), secret, grants: grants.into() }
    }

    /// The username.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The client, if it is known by a certificate and the verified one whose SHA-256 is `shown` is
    /// that.
    #[must_use]
    pub fn check_certificate(self: &Arc<Self>, shown: &[u8; 32]) -> Option<Client> {
        match &self.secret {
            Secret::Certificate(kept) if **kept == *shown => {
                Some(Client { account: Arc::clone(self) })
            }
            Secret::Certificate(_) | Secret::Plain(_) | Secret::Phc(_) => None,
        }
    }

    /// Checks a presented password: a plain one at once and in constant time, a hashed one by the
    /// [`Challenge`] that comes back.
    #[must_use]
    pub fn check(self: &Arc<Self>, password: &[u8]) -> Check {
        match &self.secret {
            Secret::Plain(kept) if password::equal(password, kept) => {
                Check::Passed(Client { account: Arc::clone(self) })
            }
            Secret::Plain(_) | Secret::Certificate(_) => Check::Refused,
            // No hash is of a password that long, so none is worth the copy.
            Secret::Phc(_) if password.len() > LONGEST_PASSWORD => Check::Refused,
            Secret::Phc(_) => {
                Check::Slow(Challenge { account: Arc::clone(self), password: password.into() })
            }
        }
    }
}

impl Challenge {
    /// Compares, which takes as long and as much memory as the hash says: 19 MiB and some tens of
    /// milliseconds for one that `coracled passwd` made.
    #[must_use]
    pub fn judge(self) -> Verdict {
        let passed = match &self.account.secret {
            Secret::Plain(kept) => password::equal(&self.password, kept),
            Secret::Phc(hash) => password::verify(&self.password, hash),
            Secret::Certificate(_) => false,
        };
        if passed { Verdict::Passed(Client { account: self.account }) } else { Verdict::Refused }
    }
}

impl Client {
    /// The username.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.account.name
    }

    /// Whether its certificate is all that it is known by.
    #[must_use]
    pub fn needs_no_password(&self) -> bool {
        matches!(self.account.secret, Secret::Certificate(_))
    }

    /// All grants, in the order of the file.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.account.grants
    }

    /// The directories at the client's top level that are granted by name, in the order of the
    /// file.
    pub fn top(&self) -> impl Iterator<Item = &Grant> {
        self.grants().iter().filter(|grant| !grant.directory.is_empty())
    }

    /// The grant of `/`, if there is one: the top level is then its content, in which a directory
    /// that is granted by name hides its namesake.
    #[must_use]
    pub fn whole(&self) -> Option<&Grant> {
        self.grants().iter().find(|grant| grant.directory.is_empty())
    }

    /// The grant that a path falls under whose first component is `first`: the one of that name, or
    /// else the one of `/`. The flag says whether `first` was used up, so that the place is what
    /// follows it; otherwise `first` is part of the way down.
    #[must_use]
    pub fn grant_for(&self, first: Option<&[u8]>) -> Option<(&Grant, bool)> {
        let named = first.and_then(|first| self.top().find(|grant| *grant.directory == *first));
        named.map(|grant| (grant, true)).or_else(|| self.whole().map(|grant| (grant, false)))
    }
}

impl Grant {
    /// True if `right` is granted.
    #[must_use]
    pub const fn allows(&self, right: Right) -> bool {
        self.rights.allow(right)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, secret, grants } = self;
        write!(f, "Account {{ {name:?}, {secret:?}, {grants:?} }}")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.name())
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({:?})", self.account.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::password::tests::cheap_hash;

    fn grant(directory: &str, root: u32) -> Grant {
        let directory = directory.as_bytes().into();
        Grant { directory, rights: Rights::NONE.with(Right::Read), root: Root(root) }
    }

    fn account(secret: &str, grants: Vec<Grant>) -> Arc<Account> {
        Arc::new(Account::new("user1", Secret::parse(secret.as_bytes()).unwrap(), grants))
    }

    fn client(grants: Vec<Grant>) -> Client {
        let Check::Passed(client) = account("1234", grants).check(b"1234") else { panic!() };
        client
    }

    #[test]
    fn plain_text_is_told_at_once() {
        let account = account("1234", Vec::new());
        assert!(matches!(account.check(b"1234"), Check::Passed(_)));
        assert!(matches!(account.check(b"123"), Check::Refused));
        assert!(matches!(account.check(b""), Check::Refused));
    }

    #[test]
    fn a_hash_is_judged_on_another_thread() {
        let account = account(&cheap_hash(), Vec::new());
        let judge = |password: &[u8]| match account.check(password) {
            Check::Slow(challenge) => std::thread::scope(|scope| {
                scope.spawn(move || matches!(challenge.judge(), Verdict::Passed(_))).join().unwrap()
            }),
            Check::Passed(_) | Check::Refused => panic!("not judged"),
        };
        assert!(judge(b"1234"));
        assert!(!judge(b"12345"));
        assert!(!judge(b""));
        assert!(matches!(account.check(&[b'x'; 1025]), Check::Refused));
    }

    #[test]
    fn a_named_grant_goes_before_the_whole() {
        let client = client(vec![grant("Movies", 1), grant("", 0), grant("Docs", 2)]);
        let top: Vec<_> = client.top().map(|grant| grant.root.0).collect();
        assert_eq!(top, [1, 2]);
        let found = |first: Option<&[u8]>| {
            client.grant_for(first).map(|(grant, used)| (grant.root.0, used))
        };
        assert_eq!(found(Some(b"Docs")), Some((2, true)));
        assert_eq!(found(Some(b"Music")), Some((0, false)));
        assert_eq!(found(None), Some((0, false)));
    }

    #[test]
    fn without_the_whole_there_is_nothing_but_names() {
        let client = client(vec![grant("Movies", 1)]);
        assert!(client.whole().is_none());
        assert!(client.grant_for(None).is_none());
        assert!(client.grant_for(Some(b"")).is_none());
        assert!(client.grant_for(Some(b"Docs")).is_none());
    }
}
