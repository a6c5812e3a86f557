//! One client: how it is known, and what it may do once it is.
//!
//! [`Client`] can be had from a passed check alone, and grants from a client alone. So whatever
//! holds a grant has seen a password or a certificate.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::terms::Root;

use super::directories::Rights;
use super::gate::{Seat, Source, Standing};
use super::password::{Cost, Secret};
use super::successes::Proof;

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

/// A client that has proved who it is. Cheap to clone; it outlives a reload of the tables, and is
/// [renewed](super::Accounts::renew) by them.
#[derive(Clone)]
pub struct Client {
    place: Arc<Place>,
}

/// What all clones of one [`Client`] share.
struct Place {
    account: Arc<Account>,
    /// Its place among those that its user may have, which is counted as long as any of those who
    /// share it lives.
    seat: Option<Arc<Seat>>,
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
    /// The comparison takes its time and says nothing: there is no such client, or its password was
    /// found wrong in less.
    is_decoy: bool,
    pub(super) proof: Option<Proof>,
    pub(super) source: Source,
    pub(super) standing: Standing,
}

/// What a [`Challenge`] came to.
#[derive(Debug)]
pub enum Verdict {
    /// The password is the one.
    Passed {
        /// Whose it is.
        client: Client,
        /// What the gate remembers of it for a while.
        proof: Option<Proof>,
    },
    /// It is not.
    Refused,
    /// Nobody has looked: too many passwords wait already.
    Crowded,
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

    /// Whether a certificate is all that it is known by.
    #[must_use]
    pub fn needs_no_password(&self) -> bool {
        matches!(self.secret, Secret::Certificate(_))
    }

    /// What a comparison with its password takes.
    pub(super) fn cost(&self) -> Cost {
        self.secret.cost()
    }

    /// What is kept of its password; it differs when the entry was changed.
    pub(super) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The client that this account is, for whoever has seen its password.
    pub(super) fn client(self: &Arc<Self>) -> Client {
        Client::at(Arc::clone(self), None)
    }

    /// The client, if it is known by a certificate and the verified one whose SHA-256 is `shown` is
    /// that.
    #[must_use]
    pub fn check_certificate(self: &Arc<Self>, shown: &[u8; 32]) -> Option<Client> {
        match &self.secret {
            Secret::Certificate(kept) if **kept == *shown => Some(self.client()),
            Secret::Certificate(_) | Secret::Plain(_) | Secret::Phc(_) | Secret::Crypt(_) => None,
        }
    }
}

impl Challenge {
    /// Whether `password` is that of `account`; of a decoy, no password is.
    pub(super) fn new(account: &Arc<Account>, password: &[u8], is_decoy: bool) -> Self {
        let account = Arc::clone(account);
        let source = Source::UNKNOWN;
        let standing = Standing::Clean;
        Self { account, password: password.into(), is_decoy, proof: None, source, standing }
    }

    /// Where it came from: who is to share the helper thread with whom.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// How its source and its user stand.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// The account, unless the comparison is made for its time alone.
    pub(super) fn account(&self) -> Option<&Arc<Account>> {
        (!self.is_decoy).then_some(&self.account)
    }

    /// The entry that the password is compared with.
    pub(super) fn entry(&self) -> Cow<'_, [u8]> {
        self.account.secret.text()
    }

    /// Compares, which takes as long and as much memory as the hash says: 19 MiB and some tens of
    /// milliseconds for one that `coracled passwd` made.
    #[must_use]
    pub fn judge(self) -> Verdict {
        if self.account.secret.verify(&self.password) && !self.is_decoy {
            Verdict::Passed { client: self.account.client(), proof: self.proof }
        } else {
            Verdict::Refused
        }
    }
}

impl Client {
    fn at(account: Arc<Account>, seat: Option<Arc<Seat>>) -> Self {
        Self { place: Arc::new(Place { account, seat }) }
    }

    /// The same, who keeps `seat` as long as it lives.
    pub(super) fn seated(self, seat: Seat) -> Self {
        Self::at(Arc::clone(&self.place.account), Some(Arc::new(seat)))
    }

    /// Takes its grants from `account` from now on, and keeps its seat. False if that is known by
    /// something else than what this client has shown.
    pub(super) fn move_to(&mut self, account: &Arc<Account>) -> bool {
        if Arc::ptr_eq(&self.place.account, account) {
            return true;
        }
        if self.place.account.secret != account.secret {
            return false;
        }
        *self = Self::at(Arc::clone(account), self.place.seat.clone());
        true
    }

    /// The username.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.place.account.name
    }

    /// Whether its certificate is all that it is known by.
    #[must_use]
    pub fn needs_no_password(&self) -> bool {
        self.place.account.needs_no_password()
    }

    /// All grants, in the order of the file.
    #[must_use]
    pub fn grants(&self) -> &[Grant] {
        &self.place.account.grants
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
        Grant { directory, rights: Rights::READ, root: Root(root) }
    }

    fn client(grants: Vec<Grant>) -> Client {
        let secret = Secret::parse(b"1234").unwrap();
        Arc::new(Account::new("user1", secret, grants)).client()
    }

    #[test]
    fn a_hash_is_judged_on_another_thread() {
        let secret = Secret::parse(cheap_hash().as_bytes()).unwrap();
        let account = Arc::new(Account::new("user1", secret, Vec::new()));
        let judge = |password: &[u8], is_decoy| {
            let challenge = Challenge::new(&account, password, is_decoy);
            std::thread::scope(|scope| {
                let judged = scope.spawn(move || challenge.judge());
                matches!(judged.join().unwrap(), Verdict::Passed { .. })
            })
        };
        assert!(judge(b"1234", false));
        assert!(!judge(b"12345", false));
        assert!(!judge(b"", false));
        assert!(!judge(b"1234", true));
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
