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
mod tests {
    use std::time::Duration;

    use crate::accounts::{Gate, Rules, Verdict};
    use crate::session::dialogue::Dialogue;
    use crate::session::{Dialect, Event, Timer};

    #[test]
    fn greets_and_logs_in() {
        let mut ftp = Dialogue::between(Dialect::Ftp, "192.0.2.1:21", "192.0.2.7:4000");
        assert_eq!(ftp.told(Event::Opened), ["220 Coracle ready"]);
        assert_eq!(ftp.timer, Some(Timer::Login));
        ftp.expect("USER user1", "331");
        assert_eq!(ftp.timer, Some(Timer::Login));
        assert_eq!(ftp.session.username(), None);
        ftp.expect("PASS 1234", "230");
        assert_eq!(ftp.session.username(), Some("user1"));
        assert_eq!(ftp.timer, Some(Timer::Idle));
    }

    #[test]
    fn unknown_user_and_wrong_password_are_answered_alike() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        let asked = [ftp.expect("USER user1", "331"), ftp.expect("USER nobody", "331")];
        assert_eq!(asked[0], asked[1]);
        let unknown = ftp.expect("PASS 1234", "530");
        ftp.expect("USER user1", "331");
        assert_eq!(ftp.expect("PASS 4321", "530"), unknown);
    }

    #[test]
    fn the_third_failure_ends_the_connection() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        for expected in ["530", "530", "421"] {
            assert!(!ftp.closed);
            ftp.expect("USER user1", "331");
            ftp.expect("PASS wrong", expected);
        }
        assert!(ftp.closed && !ftp.session.wants_lines());
    }

    #[test]
    fn failures_are_counted_over_a_login() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        for _ in 0..2 {
            ftp.expect("USER user1", "331");
            ftp.expect("PASS wrong", "530");
        }
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        ftp.expect("REIN", "220");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS wrong", "421");
    }

    #[test]
    fn a_slow_password_is_awaited() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("USER slow", "331");
        assert!(ftp.line("PASS 1234").is_empty());
        assert!(!ftp.session.wants_lines());
        assert_eq!(ftp.judge(), ["230 Logged in."]);
        assert_eq!(ftp.session.username(), Some("slow"));
        ftp.expect("USER slow", "331");
        assert!(ftp.line("PASS 4321").is_empty());
        assert!(ftp.judge()[0].starts_with("530"));
    }

    #[test]
    fn an_unknown_user_is_judged_like_any_other() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        // In a table that is mostly plain, the decoy is; see the tests of the accounts for others.
        for name in ["user1", "nobody", "\u{fc}\u{1}"] {
            ftp.gate = Gate::new(Rules::default());
            ftp.expect(&format!("USER {name}"), "331");
            ftp.send(b"PASS wrong");
            assert!(ftp.verify.is_none() && ftp.withheld.is_none());
            ftp.said();
            ftp.expect(&format!("USER {name}"), "331");
            ftp.send(b"PASS wrong");
            assert_eq!(ftp.withheld, Some(Duration::from_millis(500)));
            ftp.release();
            assert!(ftp.said()[0].starts_with("530"));
            ftp = Dialogue::new(Dialect::Ftp);
        }
    }

    #[test]
    fn the_answer_to_a_guesser_is_held_back_right_or_wrong() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.settings.login_attempts = 9;
        for delay in [0, 500, 1000, 2000] {
            ftp.expect("USER user1", "331");
            ftp.send(b"PASS wrong");
            assert_eq!(ftp.withheld.unwrap_or_default(), Duration::from_millis(delay));
            assert_eq!(ftp.said().is_empty(), delay > 0);
            assert_eq!(ftp.session.wants_lines(), delay == 0);
            ftp.release();
            ftp.said();
        }
        ftp.expect("USER slow", "331");
        ftp.send(b"PASS 1234");
        ftp.judge_alone();
        assert_eq!(ftp.withheld, Some(Duration::from_secs(4)));
        assert_eq!(ftp.session.username(), None);
        ftp.release();
        assert_eq!(ftp.said(), ["230 Logged in."]);
        assert_eq!(ftp.timer, Some(Timer::Idle));
    }

    #[test]
    fn the_time_to_log_in_goes_on_while_an_answer_is_held_back() {
        for is_right in [true, false] {
            let mut ftp = Dialogue::new(Dialect::Ftp);
            for password in ["wrong", if is_right { "1234" } else { "wrong" }] {
                ftp.send(b"USER user1");
                ftp.send(format!("PASS {password}").as_bytes());
            }
            assert!(ftp.withheld.is_some());
            ftp.said();
            assert!(ftp.told(Event::Expired(Timer::Login))[0].starts_with("421"));
            assert!(ftp.closed && ftp.session.username().is_none());
        }
        let mut ftp = Dialogue::new(Dialect::Ftp);
        for _ in 0..2 {
            ftp.send(b"USER user1");
            ftp.send(b"PASS wrong");
        }
        ftp.said();
        // Who has hung up, or is to be shown out, is still told what the login came to.
        assert!(ftp.told(Event::Drain).is_empty() && !ftp.closed);
        ftp.release();
        let said = ftp.said();
        assert!(said[0].starts_with("530") && said[1].starts_with("421"), "{said:?}");
        assert!(ftp.closed);
    }

    #[test]
    fn a_banned_address_is_shown_out_whatever_its_password() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.settings.login_attempts = 9;
        ftp.gate = Gate::new(Rules { ban_after: 3, ..Rules::default() });
        for _ in 0..3 {
            ftp.expect("USER user1", "331");
            ftp.expect("PASS wrong", "530");
        }
        ftp.expect("USER user1", "331");
        let told = "421 Too many failed logins from your address; try again in";
        ftp.expect("PASS 1234", told);
        assert!(ftp.closed);
    }

    #[test]
    fn a_reload_is_heard_of_with_the_next_command() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("CWD Docs/Sub", "250");
        ftp.reload(&[("user1:Docs:", ""), ("user1:Music:", "user1:Music:r")]);
        assert_eq!(ftp.line("PWD"), ["257 \"/Docs/Sub\" is the current directory."]);
        ftp.expect("SIZE deep.txt", "550");
        ftp.expect("STAT .", "550");
        ftp.expect("EPSV", "229");
        for line in ["LIST", "RETR deep.txt", "CWD ../Sub"] {
            ftp.expect(line, "550");
        }
        for line in ["STOR new", "STOR /Music/new"] {
            ftp.expect(line, "553");
        }
        assert_eq!(ftp.fetch("NLST /"), "/Movies\r\n/Music\r\n/Inbox\r\n");
        assert_eq!(ftp.fetch("RETR /Music/song"), "la la la");
        // And what is granted anew is there.
        ftp.reload(&[]);
        assert_eq!(ftp.fetch("NLST"), "deep.txt\r\n");
        ftp.expect("CDUP", "250");
    }

    #[test]
    fn a_rename_is_held_against_the_grants_at_its_end() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("RNFR Docs/a.txt", "350");
        ftp.reload(&[("user1:Docs:", "user1:Docs:r")]);
        ftp.expect("RNTO Docs/c.txt", "553");
        assert_eq!(ftp.content("Docs", "a.txt").unwrap(), b"alpha\n");
        ftp.reload(&[]);
        ftp.expect("RNTO Docs/c.txt", "503");
    }

    #[test]
    fn who_is_taken_out_has_to_log_in_anew() {
        let out = [("user1:", "")];
        let other = [("user1:1234", "user1:other")];
        for changes in [out.as_slice(), &other] {
            let mut ftp = Dialogue::logged_in("user1");
            ftp.expect("CWD Docs", "250");
            ftp.expect("RNFR a.txt", "350");
            ftp.reload(changes);
            assert_eq!(
                ftp.expect("RNTO c.txt", "530"),
                "530 Your account has been changed; log in anew, with USER and PASS."
            );
            assert_eq!((ftp.session.username(), ftp.timer), (None, Some(Timer::Login)));
            for line in ["RNTO c.txt", "RETR a.txt", "STAT a.txt", "PWD", "CWD /", "EPSV"] {
                ftp.expect(line, "530");
            }
            ftp.expect("NOOP", "200");
            ftp.expect("USER user1", "331");
            ftp.expect("PASS 1234", "530");
            assert!(ftp.content("Docs", "a.txt").is_some());
            if changes == other {
                ftp.expect("USER user1", "331");
                ftp.expect("PASS other", "230");
            }
        }
    }

    #[test]
    fn who_is_taken_out_may_still_leave_and_keeps_no_place() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.reload(&[("user1:", "")]);
        ftp.expect("QUIT", "221");
        assert!(ftp.closed);
        // A client keeps its place over a reload, and gives it up where it is taken out.
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.gate = Gate::new(Rules { clients_per_user: Some(1), ..Rules::default() });
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        ftp.reload(&[]);
        ftp.expect("PWD", "257");
        let mut other = ftp.beside();
        std::mem::swap(&mut ftp.gate, &mut other.gate);
        other.expect("USER user1", "331");
        other.expect("PASS 1234", "530 Too many");
        ftp.reload(&[("user1:1234", "user1:other")]);
        ftp.expect("PWD", "530");
        other.expect("USER user1", "331");
        other.expect("PASS 1234", "230");
    }

    #[test]
    fn what_runs_comes_to_its_end_over_a_reload_and_what_waits_does_not() {
        let mut ftp = Dialogue::logged_in("user1");
        for (line, waiting) in [("RETR Docs/a.txt", "PWD"), ("STOR Docs/new", "SIZE Docs/new")] {
            ftp.begin(line);
            ftp.reload(&[("user1:", "")]);
            assert!(ftp.line(waiting).is_empty());
            ftp.expect("STAT", "211-");
            let (_, said) = ftp.transfer(b"new");
            assert!(said[0].starts_with("226") && said[1].starts_with("530"), "{said:?}");
            ftp.reload(&[]);
            for (line, code) in [("USER user1", "331"), ("PASS 1234", "230"), ("TYPE I", "200")] {
                ftp.expect(line, code);
            }
        }
        assert_eq!(ftp.content("Docs", "new").unwrap(), b"new");
        for (line, code) in [("SITE COMPRESS Docs/a.txt", "250"), ("XCRC Docs/a.txt", "250")] {
            assert!(ftp.line(line).is_empty());
            ftp.reload(&[("user1:Docs:", "")]);
            assert!(ftp.work()[0].starts_with(code));
            ftp.expect(line, "550");
            ftp.reload(&[]);
        }
        assert!(ftp.content("Docs", "a.txt.gz").is_some());
    }

    #[test]
    fn a_login_that_is_judged_over_a_reload_is_held_against_the_new_tables() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("USER slow", "331");
        ftp.send(b"PASS 1234");
        ftp.reload(&[("slow:", "")]);
        assert!(ftp.judge()[0].starts_with("230"));
        ftp.expect("PWD", "530");
    }

    #[test]
    fn a_user_who_is_here_too_often_may_try_again() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.gate = Gate::new(Rules { clients_per_user: Some(1), ..Rules::default() });
        let mut first = Dialogue::logged_in("user1");
        std::mem::swap(&mut first.gate, &mut ftp.gate);
        first.expect("USER user1", "331");
        first.expect("PASS 1234", "230");
        std::mem::swap(&mut first.gate, &mut ftp.gate);
        for _ in 0..5 {
            ftp.expect("USER user1", "331");
            ftp.expect("PASS 1234", "530 Too many clients are logged in as this user");
        }
        first.expect("REIN", "220");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
    }

    #[test]
    fn too_many_who_wait_are_told_so() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("USER slow", "331");
        assert!(ftp.line("PASS 1234").is_empty());
        ftp.verify = None;
        let said = ftp.told(Event::Verdict(Verdict::Crowded));
        assert!(said[0].starts_with("421 Too many logins wait"), "{said:?}");
        assert!(ftp.closed);
    }

    #[test]
    fn bad_sequences() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("PASS 1234", "503");
        ftp.expect("PWD", "530");
        ftp.expect("RETR", "530");
        ftp.expect("RETR x", "530");
        ftp.expect("ACCT x", "530");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        ftp.expect("PASS 1234", "503");
        ftp.expect("ACCT x", "202");
    }

    #[test]
    fn every_name_of_the_one_host_is_taken_before_a_login() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        assert!(ftp.expect("FEAT", "211-").contains("\r\n HOST\r\n"));
        assert_eq!(ftp.line("HOST ftp.example.org"), ["220 Coracle ready"]);
        ftp.expect("HOST 192.0.2.1", "220");
        ftp.expect("HOST 192.0.2.2", "504");
        ftp.expect("HOST [2001:db8::1]", "504");
        ftp.expect("HOST", "501");
        ftp.expect("HOST no/name", "501");
        ftp.expect("USER user1", "331");
        ftp.expect("HOST ftp.example.net", "220");
        ftp.expect("PASS 1234", "503");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        ftp.expect("HOST ftp.example.org", "503");
        ftp.expect("HOST no/name", "503");
        ftp.expect("REIN", "220");
        ftp.expect("HOST ftp.example.org", "220");
        ftp.expect("USER user1", "331");
        ftp.expect("PASS wrong", "530");
        ftp.expect("HOST ftp.example.org", "220");
    }

    #[test]
    fn a_new_user_keeps_the_parameters_and_rein_resets_them() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("CWD Docs", "250");
        ftp.expect("USER user2", "331");
        assert_eq!(ftp.timer, Some(Timer::Login));
        ftp.expect("SIZE plan", "530");
        ftp.expect("PASS 1234", "230");
        assert_eq!(ftp.expect("PWD", "257"), "257 \"/\" is the current directory.");
        ftp.expect("SIZE Secret/plan", "213 6");
        ftp.expect("REIN", "220");
        assert_eq!(ftp.session.username(), None);
        ftp.expect("USER user1", "331");
        ftp.expect("PASS 1234", "230");
        // In TYPE A it takes a while, and the line end counts twice.
        assert!(ftp.line("SIZE Docs/a.txt").is_empty());
        assert_eq!(ftp.work(), ["213 7"]);
    }

    #[test]
    fn quit_and_http_close() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("QUIT", "221");
        assert!(ftp.closed);
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("GET / HTTP/1.1", "421");
        assert!(ftp.closed);
        let mut ftp = Dialogue::new(Dialect::Ftp);
        ftp.expect("NOOP", "200");
        ftp.expect("GET / HTTP/1.1", "500");
        assert!(!ftp.closed);
    }

    #[test]
    fn time_runs_out() {
        let mut ftp = Dialogue::new(Dialect::Ftp);
        assert!(ftp.told(Event::Expired(Timer::Idle)).is_empty());
        assert!(ftp.told(Event::Expired(Timer::Login))[0].starts_with("421"));
        assert!(ftp.closed);
        let mut ftp = Dialogue::logged_in("user1");
        assert!(ftp.told(Event::Expired(Timer::Login)).is_empty());
        assert!(ftp.told(Event::Expired(Timer::Idle))[0].starts_with("421"));
        assert!(ftp.closed);
    }
}
