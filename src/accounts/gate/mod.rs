//! The gate: who is let in, how soon, and who is kept out for a while.
//!
//! It is told of every connection and of every password, and says what to do: answer now, answer
//! later, or turn away. It is a value: the time comes in with each call, and what it has to report
//! is fetched as [`Incident`]s. It knows no sockets, no sessions and no words of any protocol. The
//! reactor owns the one that there is, so it outlives a reload; sessions reach it through the house.
//!
//! # What it does against guessing, and why just so
//!
//! **A source** (an IPv4 address, or an IPv6 /64, which is what one customer has) fails as often as
//! it likes once. From the second failure on each answer is held back, for half a second, then one,
//! two, four, and never more than eight. After [`Rules::ban_after`] failures the source is banned for
//! [`Rules::ban`]; the ban has an end, is never made longer, and wipes the slate. A failure is
//! forgotten by itself after two minutes. The answer to a *right* password is held back just as
//! long: else whoever gets no quick answer would know enough, hang up and try the next. A failure
//! counts when the password is judged, not when its answer leaves, so many connections at once get
//! no more guesses than one.
//!
//! **A user** who is guessed at from everywhere can't be shut out by that. Nothing that strangers do
//! makes a right password fail: from the eleventh failure on, answers for that username are held back
//! too, for four seconds at most, and that is all. It holds for names that do not exist just as
//! well, or the delay would tell the two apart.
//!
//! **A valid client behind the address of an attacker** is spared as far as it can be told. Who has
//! logged in from a source within a day is known there: that user's right password is answered at
//! once, whatever others fail at, and is taken even while the source is banned. As a guesser behind
//! the same address could use that, it has only as many tries at known users during a ban as the ban
//! took; then the source is shut to all until the ban ends. What this tells is told to that source
//! alone: who has logged in from there before.
//!
//! A valid login never makes anything worse, and never better either: else one valid account would
//! buy its owner another round of guesses at the next.
//!
//! **Memory** is bounded by the names below, and is some five megabytes when all are full. Whoever is
//! mildest is forgotten first.

mod incident;
mod ledger;
mod rules;
mod ruling;
mod seats;
mod source;

use std::net::IpAddr;
use std::time::Duration;

pub use incident::Incident;
pub use rules::Rules;
pub use ruling::{Attempt, Presented, Refusal, Ruled, Ruling, Standing};
pub use seats::Seat;
pub use source::{Network, Source};

use super::successes::Successes;
use super::{Account, Accounts, Check, Client, Verdict};
use crate::terms::Moment;

use ledger::Ledger;
use seats::Seats;

/// Sources whose failures, and those whose connections, are remembered; about 150 bytes each.
const SOURCES: usize = 8192;

/// Usernames whose failures are remembered, existing or not; about 200 bytes each.
const USERNAMES: usize = 4096;

/// Users that are known at a source; about 250 bytes each.
const ACQUAINTANCES: usize = 4096;

/// Bytes by which a username is told from others: more than any that exists has.
const NAME: usize = 65;

/// How long a failure counts against a source.
const FORGIVEN: Duration = Duration::from_secs(120);

/// How long a failure counts against a username.
const FORGIVEN_USER: Duration = Duration::from_secs(60);

/// How long a user who has logged in from a source is known there.
const KNOWN: Duration = Duration::from_secs(24 * 60 * 60);

/// The first delay; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// The longest delay for a source.
const LONGEST_DELAY: Duration = Duration::from_secs(8);

/// The longest delay for a username, which whoever has that name shares with those who guess at it.
const LONGEST_USER_DELAY: Duration = Duration::from_secs(4);

/// Failures of a username that delay nothing.
const FREE_USER_FAILURES: u32 = 10;

/// Seconds of its rate that a source may connect at once.
const BURST_SECS: u32 = 2;

/// Lines about refusals, one behind the other a moment apart and then one a tenth of a second: a
/// flood of connections must not become a flood on the disk.
const REFUSALS_SAID: u32 = 50;
const BETWEEN_REFUSALS: Duration = Duration::from_millis(100);

/// See the room's header.
#[derive(Debug)]
pub struct Gate {
    rules: Rules,
    /// Failures: an entry ends when the last of them is forgiven.
    sources: Ledger<Source, Option<Ban>>,
    usernames: Ledger<Box<[u8]>, ()>,
    known: Ledger<(Source, Box<[u8]>), ()>,
    /// Connections: an entry ends when the source may burst again.
    paces: Ledger<Source, ()>,
    by_source: Seats<Source>,
    by_user: Seats<Box<[u8]>>,
    successes: Successes,
    incidents: Vec<Incident>,
    /// When the lines about refusals that were said are paid for.
    said_until: Moment,
    unsaid: u64,
}

/// A ban of a source.
#[derive(Debug, Clone, Copy)]
struct Ban {
    end: Moment,
    /// Tries at known users that are left.
    spare: u32,
}

impl Gate {
    /// A gate that has seen nobody yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            sources: Ledger::new(SOURCES),
            usernames: Ledger::new(USERNAMES),
            known: Ledger::new(ACQUAINTANCES),
            paces: Ledger::new(SOURCES),
            by_source: Seats::new(rules.clients_per_address),
            by_user: Seats::new(rules.clients_per_user),
            successes: Successes::new(rules.remember),
            incidents: Vec::new(),
            said_until: Moment::default(),
            unsaid: 0,
            rules,
        }
    }

    /// Somebody has connected. The seat is to be kept as long as it is served.
    ///
    /// # Errors
    /// It is not to be: why not.
    pub fn knock(&mut self, peer: IpAddr, now: Moment) -> Result<Seat, Refusal> {
        if self.is_allowed(peer) {
            return Ok(Seats::<Source>::beside());
        }
        let source = Source::of(peer);
        if let Some(ban) = self.ban(source, now) {
            let here = |(other, _): &(Source, Box<[u8]>)| *other == source;
            if ban.spare == 0 || !self.known.any(&(source, Box::default()), here, now) {
                return Err(Refusal::Banned { secs: secs_until(ban.end, now) });
            }
        }
        if self.rules.accept_rate > 0 {
            let between = Duration::from_secs(1) / self.rules.accept_rate;
            let paid = self.paces.find(&source, now).map_or(now, |(end, ())| end) + between;
            if paid.since(now) > between * self.rules.accept_rate * BURST_SECS {
                return Err(Refusal::Rate);
            }
            self.paces.put(source, (), paid, now);
        }
        self.by_source.take(source).ok_or(Refusal::Address)
    }

    /// Somebody presents a password.
    pub fn present(
        &mut self,
        accounts: &Accounts,
        attempt: Attempt<'_>,
        password: &[u8],
        now: Moment,
    ) -> Presented {
        if let Some(refusal) = self.bar(attempt, now) {
            return Presented::Ruled(self.refuse_login(attempt, refusal, now));
        }
        let mut challenge = match accounts.check(attempt.username, password) {
            Check::Passed(client) => return Presented::Ruled(self.admit(client, attempt, now)),
            Check::Refused => return Presented::Ruled(self.fail(attempt, now)),
            Check::Slow(challenge) => challenge,
        };
        // Of a decoy as well: to work it out takes time too, though nothing comes of it.
        challenge.proof = self.successes.proof(attempt.username, &challenge.entry(), password);
        challenge.source = Source::of(attempt.peer);
        challenge.standing = self.standing(attempt, now);
        let lately = challenge.proof.is_some_and(|proof| self.successes.holds(proof, now));
        match challenge.account().filter(|_| lately).map(Account::client) {
            Some(client) => Presented::Ruled(self.admit(client, attempt, now)),
            None => Presented::Pending(challenge),
        }
    }

    /// The password has been judged. Where the source was banned meanwhile nobody learns how.
    pub fn judged(&mut self, attempt: Attempt<'_>, verdict: Verdict, now: Moment) -> Ruled {
        if let Some(refusal) = self.bar(attempt, now) {
            return self.refuse_login(attempt, refusal, now);
        }
        match verdict {
            Verdict::Passed { client, proof } => {
                if let Some(proof) = proof {
                    self.successes.keep(proof, now);
                }
                self.admit(client, attempt, now)
            }
            Verdict::Refused => self.fail(attempt, now),
            Verdict::Crowded => self.refuse_login(attempt, Refusal::Crowded, now),
        }
    }

    /// Somebody claims to be who nobody is, where that is told before a password is asked for.
    pub fn unknown(&mut self, attempt: Attempt<'_>, now: Moment) -> Ruled {
        match self.bar(attempt, now) {
            Some(refusal) => self.refuse_login(attempt, refusal, now),
            None => self.fail(attempt, now),
        }
    }

    /// A certificate has taken the place of a password. As nobody can guess one, nothing that was
    /// guessed before counts.
    pub fn vouched(&mut self, client: Client, attempt: Attempt<'_>, now: Moment) -> Ruling {
        self.admit(client, attempt, now).ruling
    }

    /// A login has failed.
    fn fail(&mut self, attempt: Attempt<'_>, now: Moment) -> Ruled {
        let Attempt { peer, username } = attempt;
        let (mut failures, mut delay, mut banned) = (0, Duration::ZERO, None);
        if !self.is_allowed(peer) {
            delay = self.delay(attempt, now);
            let source = Source::of(peer);
            (failures, banned) = self.count(source, now);
            let name = name(username);
            let end = self.usernames.find(&name, now).map_or(now, |(end, ())| end);
            self.usernames.put(name, (), end + FORGIVEN_USER, now);
        }
        let username = username.into();
        self.incidents.push(Incident::Failed { username, address: peer, failures, delay });
        self.incidents.extend(banned);
        Ruled { ruling: Ruling::Wrong, delay }
    }

    /// Notes that somebody was turned away.
    pub fn turn_away(
        &mut self,
        address: IpAddr,
        username: Option<&[u8]>,
        reason: Refusal,
        now: Moment,
    ) {
        let paid = self.said_until.max(now) + BETWEEN_REFUSALS;
        if paid.since(now) > BETWEEN_REFUSALS * REFUSALS_SAID {
            self.unsaid += 1;
            return;
        }
        self.said_until = paid;
        let unsaid = std::mem::take(&mut self.unsaid);
        let username = username.map(Into::into);
        self.incidents.push(Incident::Refused { username, address, reason, unsaid });
    }

    /// What there is to report since the last call.
    pub fn incidents(&mut self) -> impl Iterator<Item = Incident> + '_ {
        self.incidents.drain(..)
    }

    /// The password is right, whoever else failed.
    fn admit(&mut self, client: Client, attempt: Attempt<'_>, now: Moment) -> Ruled {
        let delay = self.delay(attempt, now);
        let Some(seat) = self.by_user.take(name(attempt.username)) else {
            let refused = self.refuse_login(attempt, Refusal::User, now);
            return Ruled { delay, ..refused };
        };
        let key = (Source::of(attempt.peer), name(attempt.username));
        self.known.put(key, (), now + KNOWN, now);
        Ruled { ruling: Ruling::Admitted(client.seated(seat)), delay }
    }

    fn refuse_login(&mut self, attempt: Attempt<'_>, refusal: Refusal, now: Moment) -> Ruled {
        self.turn_away(attempt.peer, Some(attempt.username), refusal, now);
        Ruled { ruling: Ruling::Refused(refusal), delay: Duration::ZERO }
    }

    /// Why this attempt is not even looked at.
    fn bar(&self, attempt: Attempt<'_>, now: Moment) -> Option<Refusal> {
        if self.is_allowed(attempt.peer) {
            return None;
        }
        let ban = self.ban(Source::of(attempt.peer), now)?;
        let barred = ban.spare == 0 || !self.knows(attempt, now);
        barred.then(|| Refusal::Banned { secs: secs_until(ban.end, now) })
    }

    /// How long the answer to this attempt is held back, the same whether it is right or wrong.
    fn delay(&self, attempt: Attempt<'_>, now: Moment) -> Duration {
        if self.is_allowed(attempt.peer) || self.knows(attempt, now) {
            return Duration::ZERO;
        }
        let before = |end: Option<Moment>, each| end.map_or(0, |end| count(end, now, each));
        let source = self.sources.find(&Source::of(attempt.peer), now).map(|(end, _)| end);
        let user = self.usernames.find(&name(attempt.username), now).map(|(end, ())| end);
        let of_source = doubled(before(source, FORGIVEN)).min(LONGEST_DELAY);
        let failures = before(user, FORGIVEN_USER).saturating_sub(FREE_USER_FAILURES - 1);
        of_source.max(doubled(failures).min(LONGEST_USER_DELAY))
    }

    /// Counts a failure against a source. Returns how many count, and the ban that it leads to.
    fn count(&mut self, source: Source, now: Moment) -> (u32, Option<Incident>) {
        let most = self.rules.ban_after;
        let found = self.sources.find(&source, now);
        let (end, ban) = found.map_or((now, None), |(end, ban)| (end, *ban));
        if let Some(ban) = ban {
            let spare = ban.spare.saturating_sub(1);
            self.sources.put(source, Some(Ban { spare, ..ban }), end, now);
            return ((2 * most).saturating_sub(spare), None);
        }
        let end = end + FORGIVEN;
        let failures = count(end, now, FORGIVEN);
        if most == 0 || failures < most {
            self.sources.put(source, None, end, now);
            return (failures, None);
        }
        let time = self.rules.ban;
        let end = now + time;
        self.sources.put(source, Some(Ban { end, spare: most }), end, now);
        (failures, Some(Incident::Banned { source, time, failures }))
    }

    fn ban(&self, source: Source, now: Moment) -> Option<Ban> {
        self.sources.find(&source, now).and_then(|(_, ban)| *ban)
    }

    fn standing(&self, attempt: Attempt<'_>, now: Moment) -> Standing {
        if self.is_allowed(attempt.peer) || self.knows(attempt, now) {
            Standing::Known
        } else if self.sources.find(&Source::of(attempt.peer), now).is_some() {
            Standing::Failing
        } else {
            Standing::Clean
        }
    }

    fn knows(&self, attempt: Attempt<'_>, now: Moment) -> bool {
        let key = (Source::of(attempt.peer), name(attempt.username));
        self.known.find(&key, now).is_some()
    }

    fn is_allowed(&self, peer: IpAddr) -> bool {
        self.rules.allow.iter().any(|network| network.holds(peer))
    }
}

/// As much of a username as tells it from others.
fn name(username: &[u8]) -> Box<[u8]> {
    username.get(..NAME).unwrap_or(username).into()
}

/// How many times `each` still lies between `now` and `end`, each begun one counting.
fn count(end: Moment, now: Moment, each: Duration) -> u32 {
    let times = end.since(now).as_nanos().div_ceil(each.as_nanos());
    u32::try_from(times).unwrap_or(u32::MAX)
}

/// The delay behind so many failures, not yet capped.
fn doubled(failures: u32) -> Duration {
    match failures.checked_sub(1) {
        Some(times) => FIRST_DELAY * (1 << times.min(10)),
        None => Duration::ZERO,
    }
}

/// Whole seconds, of which there is always one left.
fn secs_until(end: Moment, now: Moment) -> u64 {
    end.since(now).as_secs() + 1
}

#[cfg(test)]
mod tests;
