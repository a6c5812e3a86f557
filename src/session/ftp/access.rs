//! USER, PASS, ACCT, REIN, QUIT (RFC 959, section 4.1.1), and the greeting before them.
//!
//! An unknown username and a wrong password are answered alike, so that nobody learns here which
//! names exist (RFC 2577, section 7). How soon they are answered is the gate's to say.

use std::mem;

use super::state::{Answered, Busy, Carry, Parameters, Ready, Said, State, Turn};
use super::{Session, respond};
use crate::accounts::gate::{Presented, Refusal, Ruled, Ruling};
use crate::accounts::{Client, Verdict};
use crate::session::{Effect, Timer};
use crate::tree::{Tree, VirtualPath};
use crate::wire::ftp::command::HostArgument;
use crate::wire::ftp::reply::Reply;

/// ACCT: passwords are all that is asked for.
pub(super) fn acct() -> Answered {
    Ok(Said::Now(Reply::new(202, "No account information is needed.")))
}

/// QUIT. During a transfer it has waited for the end, as RFC 959 demands.
pub(super) fn quit() -> Answered {
    Ok(Said::Last(Reply::new(221, "Goodbye.")))
}

impl Session {
    pub(super) fn greet<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        turn.effects.reply(Reply::new(220, turn.house.settings.greeting.clone()));
        turn.effects.push(Effect::Start(Timer::Login));
    }

    /// USER: begins a login. RFC 959 lets it be given at any time: who is logged in is logged out,
    /// and the transfer parameters stay. Where the client's certificate is what its entry asks for,
    /// it also ends it (RFC 2228, section 4; RFC 4217, section 12.2).
    pub(super) fn user<T: Tree>(&mut self, name: &[u8], turn: &mut Turn<'_, '_, T>) -> Answered {
        self.require_security(turn.house.settings)?;
        self.log_out(turn);
        // Whoever begins anew has left its place before the gate counts.
        self.state = State::NeedsUser;
        if let Some(client) = self.by_certificate(name, turn.house.accounts) {
            let (attempt, now) = (turn.house.attempt(name), turn.house.now);
            let ruling = turn.house.gate.vouched(client, attempt, now);
            if let Ruling::Admitted(client) = ruling {
                self.admit(client);
                let text = "Logged in by certificate; no password is needed.";
                return Ok(Said::Now(Reply::new(232, text)));
            }
            return Ok(self.obey_gate(ruling, turn));
        }
        self.state = State::NeedsPass(name.into());
        Ok(Said::Now(Reply::new(331, "Send the password with PASS.")))
    }

    /// PASS: ends a login, at once or after the verdict on a password that is slow to check.
    pub(super) fn pass<T: Tree>(
        &mut self,
        password: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        self.require_security(turn.house.settings)?;
        let username = match &self.state {
            State::NeedsPass(username) => username,
            // Clients that have a password send it whatever USER was answered.
            State::Ready(ready) if ready.client.needs_no_password() => {
                return Ok(Said::Now(Reply::new(202, "Your certificate has logged you in.")));
            }
            State::NeedsUser => return Err(Reply::new(503, "Send your username with USER first.")),
            State::Ready(_) | State::Gone => {
                return Err(Reply::new(503, "You are logged in; USER begins a new login."));
            }
        };
        let attempt = turn.house.attempt(username);
        let (accounts, now) = (turn.house.accounts, turn.house.now);
        match turn.house.gate.present(accounts, attempt, password, now) {
            Presented::Ruled(ruled) => Ok(self.rule(ruled, turn)),
            Presented::Pending(challenge) => {
                turn.effects.push(Effect::Verify(challenge));
                self.busy = Busy::Verifying;
                Ok(Said::Later)
            }
        }
    }

    /// The answer to [`Effect::Verify`].
    pub(super) fn verdict<T: Tree>(&mut self, verdict: Verdict, turn: &mut Turn<'_, '_, T>) {
        debug_assert!(matches!(self.busy, Busy::Verifying), "a verdict that nobody asked for");
        let (Busy::Verifying, State::NeedsPass(username)) = (&self.busy, &self.state) else {
            return;
        };
        let (attempt, now) = (turn.house.attempt(username), turn.house.now);
        let ruled = turn.house.gate.judged(attempt, verdict, now);
        self.busy = Busy::Idle;
        let said = self.rule(ruled, turn);
        self.conclude(Ok(said), turn);
    }

    /// The answer to [`Effect::Withhold`].
    pub(super) fn released<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        debug_assert!(matches!(self.busy, Busy::Withheld(_)), "nothing was held back");
        if let Busy::Withheld(ruling) = mem::take(&mut self.busy) {
            let said = self.obey_gate(*ruling, turn);
            self.conclude(Ok(said), turn);
        }
    }

    /// Holds back what a login came to for as long as the gate says.
    fn rule<T: Tree>(&mut self, ruled: Ruled, turn: &mut Turn<'_, '_, T>) -> Said {
        if ruled.delay.is_zero() {
            return self.obey_gate(ruled.ruling, turn);
        }
        turn.effects.push(Effect::Withhold(ruled.delay));
        self.busy = Busy::Withheld(Box::new(ruled.ruling));
        Said::Later
    }

    fn obey_gate<T: Tree>(&mut self, ruling: Ruling, turn: &Turn<'_, '_, T>) -> Said {
        match ruling {
            Ruling::Admitted(client) => self.admit(client),
            Ruling::Wrong => self.refuse(turn),
            // The password was right, and nobody need go for that.
            Ruling::Refused(refusal @ Refusal::User) => {
                self.state = State::NeedsUser;
                Said::Now(respond::refusal(refusal))
            }
            Ruling::Refused(refusal) => Said::Last(respond::refusal(refusal)),
        }
    }

    /// HOST (RFC 7151): there is one host here, and every name that leads to it is its own, but under
    /// TLS it stays the one that the handshake was with (section 3.2.2). An address has to be one to
    /// which the client has come. A username that came before counts for nothing behind it.
    pub(super) fn host<T: Tree>(
        &mut self,
        host: HostArgument<'_>,
        turn: &Turn<'_, '_, T>,
    ) -> Answered {
        let is_ours = match host {
            HostArgument::Address(address) => turn.house.is_at(address.to_canonical()),
            HostArgument::Name(_) => true,
        };
        if !is_ours || !self.is_secured_as(host) {
            return Err(Reply::new(504, "HOST: This server is not to be had under that name."));
        }
        self.state = State::NeedsUser;
        Ok(Said::Now(Reply::new(220, turn.house.settings.greeting.clone())))
    }

    /// REIN: all is as it was after the greeting, but for the count of failed logins. TLS that AUTH has
    /// begun ends: in the clear there is nobody logged in whom somebody else could speak for.
    pub(super) fn rein<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) -> Answered {
        self.log_out(turn);
        self.unroute(turn);
        self.state = State::NeedsUser;
        self.parameters = Parameters::default();
        Ok(self.reset_protection(Reply::new(220, "Ready for a new login with USER.")))
    }

    fn admit(&mut self, client: Client) -> Said {
        let here = VirtualPath::root();
        self.state = State::Ready(Ready { client, here, carry: Carry::Nothing });
        Said::Now(Reply::new(230, "Logged in."))
    }

    fn refuse<T: Tree>(&mut self, turn: &Turn<'_, '_, T>) -> Said {
        self.failures = self.failures.saturating_add(1);
        self.state = State::NeedsUser;
        if u32::from(self.failures) < turn.house.settings.login_attempts {
            Said::Now(Reply::new(530, "Wrong username or password; begin again with USER."))
        } else {
            Said::Last(Reply::new(421, "Too many failed logins; the connection is closed."))
        }
    }

    /// Has who is logged in be what the tables say now: the operator may have changed its grants, or
    /// taken it out. False if that has just logged it out, as USER would.
    pub(super) fn renew<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) -> bool {
        let State::Ready(ready) = &mut self.state else { return true };
        let known = turn.house.accounts.renew(&mut ready.client);
        if !known {
            self.log_out(turn);
            self.state = State::NeedsUser;
        }
        known
    }

    /// A client that begins a new login has as long for it as a stranger; a stranger that begins
    /// another has no longer than before.
    pub(super) fn log_out<T: Tree>(&self, turn: &mut Turn<'_, '_, T>) {
        if matches!(self.state, State::Ready(_)) {
            turn.effects.push(Effect::Start(Timer::Login));
        }
    }
}

#[cfg(test)]
mod tests;
