//! The guided dialogue: a line protocol for people and for teaching, over the same accounts, grants
//! and files as FTP.
//!
//! One step leads to the next: `Step` says what the peer was asked last, and each event consumes
//! one step and yields another. `browse` finds what the peer named. What is said is worded in
//! `wire::guided`. The parent module's `Session` calls this one.

mod browse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::mem;

use self::browse::Visitor;
use super::{Effect, Effects, Ending, Event, House, Order, Timer, browser};
use crate::accounts::Verdict;
use crate::accounts::gate::{Presented, Refusal, Ruled, Ruling};
use crate::terms::{self, Coding, Extent, Mode, Outcome, Protection, Route, Span};
use crate::tree::Tree;
use crate::wire::guided::{Prompt, Request};
use crate::wire::line::Line;

/// One peer's dialogue.
#[derive(Debug)]
pub struct Session {
    step: Step,
    /// Logins that failed on this connection, over all usernames.
    failures: u32,
    /// SHA-256 of the certificate that the peer has shown, if it was verified.
    identity: Option<Box<[u8; 32]>>,
    ending: Ending,
}

/// What the peer was asked last, or what it waits for.
#[derive(Debug)]
enum Step {
    /// LOGIN or QUIT.
    Outside,
    /// Its username.
    Username,
    /// The password to this username.
    Password(Box<[u8]>),
    /// It waits for the verdict on its password to this username.
    Verifying(Box<[u8]>),
    /// It waits to be told what its login came to.
    Withheld(Box<Ruling>),
    /// What it wants to do.
    Menu(Visitor),
    /// Which directory it wants to see.
    Directory(Visitor),
    /// Which file it wants to have.
    File(Visitor),
    /// It waits for the end of its download.
    Sending(Visitor),
    /// Nothing any more: the connection is being closed.
    Gone,
}

/// What one call of `handle` was given.
struct Turn<'t, 'h, T: Tree> {
    house: &'t mut House<'h, T>,
    effects: &'t mut Effects<T>,
}

impl Session {
    /// A dialogue that has not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self { step: Step::Outside, failures: 0, identity: None, ending: Ending::No }
    }

    /// Takes one event and appends what is to be done about it to `effects`.
    pub fn handle<T: Tree>(
        &mut self,
        event: Event<'_>,
        house: &mut House<'_, T>,
        effects: &mut Effects<T>,
    ) {
        let turn = &mut Turn { house, effects };
        let step = mem::replace(&mut self.step, Step::Gone);
        let next = match event {
            Event::Opened => {
                turn.effects.push(Effect::Start(Timer::Login));
                turn.ask_outside()
            }
            Event::Line(line) => self.line(step, line, turn),
            Event::Verdict(verdict) => self.verdict(step, verdict, turn),
            Event::Released => self.released(step, turn),
            Event::Outcome(outcome) => turn.outcome(step, outcome),
            Event::Expired(timer) => turn.expired(step, timer),
            Event::Hangup => {
                if self.ending == Ending::No {
                    self.ending = Ending::HungUp;
                }
                step
            }
            Event::Drain => {
                self.ending = Ending::Draining;
                step
            }
            // Before `Opened`, on a port for TLS.
            Event::Secured(secured) => {
                self.identity = secured.identity;
                step
            }
            // Neither a data connection nor work is ever asked for.
            Event::RouteReady(_)
            | Event::RouteFailed(_)
            | Event::Connected
            | Event::Progress(_)
            | Event::Chore(_) => step,
        };
        self.step = turn.settle(next, self.ending);
    }

    /// Whether another line may be offered now: what is typed during a download waits.
    #[must_use]
    pub fn wants_lines(&self) -> bool {
        match self.step {
            Step::Outside
            | Step::Username
            | Step::Password(_)
            | Step::Menu(_)
            | Step::Directory(_)
            | Step::File(_) => true,
            Step::Verifying(_) | Step::Withheld(_) | Step::Sending(_) | Step::Gone => false,
        }
    }

    /// The name under which the peer is logged in.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match &self.step {
            Step::Menu(visitor)
            | Step::Directory(visitor)
            | Step::File(visitor)
            | Step::Sending(visitor) => Some(visitor.client.name()),
            Step::Outside
            | Step::Username
            | Step::Password(_)
            | Step::Verifying(_)
            | Step::Withheld(_)
            | Step::Gone => None,
        }
    }

    fn line<T: Tree>(&mut self, step: Step, line: Line<'_>, turn: &mut Turn<'_, '_, T>) -> Step {
        let text = match line {
            Line::Text(text) => text.trim_ascii(),
            Line::TooLong => return turn.ask_again(step, Prompt::LineTooLong),
        };
        let step = match turn.renew(step, text) {
            Ok(step) => step,
            Err(outside) => return outside,
        };
        match step {
            Step::Outside => turn.outside(text),
            Step::Username => self.named(text, turn),
            Step::Password(username) => self.password(username, text, turn),
            Step::Menu(visitor) => turn.menu(visitor, text),
            Step::Directory(visitor) => turn.directory(visitor, text),
            Step::File(visitor) => turn.file(visitor, text),
            Step::Verifying(_) | Step::Withheld(_) | Step::Sending(_) | Step::Gone => {
                debug_assert!(matches!(step, Step::Gone), "offered though not wanted");
                step
            }
        }
    }

    fn named<T: Tree>(&mut self, username: &[u8], turn: &mut Turn<'_, '_, T>) -> Step {
        let conceal = turn.house.settings.conceal_usernames;
        let account = turn.house.accounts.find(username);
        if !conceal && account.is_none() {
            let (attempt, now) = (turn.house.attempt(username), turn.house.now);
            let ruled = turn.house.gate.unknown(attempt, now);
            return self.rule(ruled, turn);
        }
        // A certificate is all that is asked of who is known by it.
        if let (Some(account), Some(shown)) = (account, &self.identity)
            && let Some(client) = account.check_certificate(shown)
        {
            let (attempt, now) = (turn.house.attempt(username), turn.house.now);
            let ruling = turn.house.gate.vouched(client, attempt, now);
            return self.obey_gate(ruling, turn);
        }
        turn.effects.say(Prompt::EnterPassword);
        Step::Password(username.into())
    }

    fn password<T: Tree>(
        &mut self,
        username: Box<[u8]>,
        password: &[u8],
        turn: &mut Turn<'_, '_, T>,
    ) -> Step {
        let attempt = turn.house.attempt(&username);
        let (accounts, now) = (turn.house.accounts, turn.house.now);
        match turn.house.gate.present(accounts, attempt, password, now) {
            Presented::Ruled(ruled) => self.rule(ruled, turn),
            Presented::Pending(challenge) => {
                turn.effects.push(Effect::Verify(challenge));
                Step::Verifying(username)
            }
        }
    }

    fn verdict<T: Tree>(
        &mut self,
        step: Step,
        verdict: Verdict,
        turn: &mut Turn<'_, '_, T>,
    ) -> Step {
        let Step::Verifying(username) = step else {
            return step;
        };
        let (attempt, now) = (turn.house.attempt(&username), turn.house.now);
        let ruled = turn.house.gate.judged(attempt, verdict, now);
        self.rule(ruled, turn)
    }

    /// Holds back what a login came to for as long as the gate says.
    fn rule<T: Tree>(&mut self, ruled: Ruled, turn: &mut Turn<'_, '_, T>) -> Step {
        if ruled.delay.is_zero() {
            return self.obey_gate(ruled.ruling, turn);
        }
        turn.effects.push(Effect::Withhold(ruled.delay));
        Step::Withheld(Box::new(ruled.ruling))
    }

    fn released<T: Tree>(&mut self, step: Step, turn: &mut Turn<'_, '_, T>) -> Step {
        let Step::Withheld(ruling) = step else {
            return step;
        };
        self.obey_gate(*ruling, turn)
    }

    fn obey_gate<T: Tree>(&mut self, ruling: Ruling, turn: &mut Turn<'_, '_, T>) -> Step {
        match ruling {
            Ruling::Admitted(client) => turn.admit(Visitor::new(client)),
            Ruling::Wrong => self.failed(turn),
            Ruling::Refused(reason) => turn.end(refusal(reason)),
        }
    }

    fn failed<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) -> Step {
        self.failures = self.failures.saturating_add(1);
        turn.effects.say(Prompt::LoginFailed);
        if self.failures < turn.house.settings.login_attempts {
            turn.ask_outside()
        } else {
            turn.end(Prompt::TooManyAttempts)
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Tree> Turn<'_, '_, T> {
    fn ask_outside(&mut self) -> Step {
        self.effects.say(Prompt::Greeting);
        Step::Outside
    }

    fn ask_menu(&mut self, visitor: Visitor) -> Step {
        self.effects.say(Prompt::Menu);
        Step::Menu(visitor)
    }

    /// Says what was wrong with a line, and begins again where the peer can choose.
    fn ask_again(&mut self, step: Step, wrong: Prompt<'static>) -> Step {
        match step {
            Step::Outside | Step::Username | Step::Password(_) => {
                self.effects.say(wrong);
                self.ask_outside()
            }
            Step::Menu(visitor) | Step::Directory(visitor) | Step::File(visitor) => {
                self.effects.say(wrong);
                self.ask_menu(visitor)
            }
            Step::Verifying(_) | Step::Withheld(_) | Step::Sending(_) | Step::Gone => step,
        }
    }

    fn end(&mut self, last: Prompt<'static>) -> Step {
        self.effects.say(last);
        self.close()
    }

    fn close(&mut self) -> Step {
        self.effects.push(Effect::Close);
        Step::Gone
    }

    fn admit(&mut self, visitor: Visitor) -> Step {
        self.effects.say(Prompt::LoginSuccessfully);
        self.ask_menu(visitor)
    }

    fn outside(&mut self, text: &[u8]) -> Step {
        match Request::parse(text) {
            Some(Request::Login) => {
                self.effects.say(Prompt::EnterUsername);
                Step::Username
            }
            Some(Request::Quit) => self.end(Prompt::Terminated),
            None if browser::is_request(text) => self.end(Prompt::NotUnderstood),
            Some(Request::ShowDirectories | Request::ShowDirectory | Request::DownloadFile)
            | None => self.ask_again(Step::Outside, Prompt::NotUnderstood),
        }
    }

    /// Has who is logged in be what the tables say now: the operator may have changed its grants. Who
    /// was taken out is told so whatever it said, unless it leaves; the error is the step that follows.
    fn renew(&mut self, mut step: Step, text: &[u8]) -> Result<Step, Step> {
        let leaves = matches!(step, Step::Menu(_)) && Request::parse(text) == Some(Request::Quit);
        if let Step::Menu(visitor) | Step::Directory(visitor) | Step::File(visitor) = &mut step
            && !self.house.accounts.renew(&mut visitor.client)
            && !leaves
        {
            self.effects.push(Effect::Start(Timer::Login));
            self.effects.say(Prompt::Changed);
            return Err(self.ask_outside());
        }
        Ok(step)
    }

    fn menu(&mut self, visitor: Visitor, text: &[u8]) -> Step {
        match Request::parse(text) {
            Some(Request::ShowDirectories) => {
                let names = visitor.directories(self.house.tree);
                self.effects.say(Prompt::Directories(listed(names)));
                self.ask_menu(visitor)
            }
            Some(Request::ShowDirectory) => {
                self.effects.say(Prompt::EnterDirectory);
                Step::Directory(visitor)
            }
            Some(Request::DownloadFile) => {
                self.effects.say(Prompt::ChooseFile);
                Step::File(visitor)
            }
            Some(Request::Quit) => self.end(Prompt::Terminated),
            Some(Request::Login) | None => {
                self.ask_again(Step::Menu(visitor), Prompt::NotUnderstood)
            }
        }
    }

    fn directory(&mut self, mut visitor: Visitor, name: &[u8]) -> Step {
        match visitor.show(name, self.house.tree) {
            Ok(names) => self.effects.say(Prompt::Files(listed(names))),
            Err(reason) => self.effects.say(reason),
        }
        self.ask_menu(visitor)
    }

    fn file(&mut self, visitor: Visitor, name: &[u8]) -> Step {
        let (name, file, bytes) = match visitor.open(name, self.house.tree) {
            Ok(opened) => opened,
            Err(reason) => {
                self.effects.say(reason);
                return self.ask_menu(visitor);
            }
        };
        self.effects.say(Prompt::Sending { name: Cow::Owned(name), bytes });
        self.effects.push(Effect::Stop);
        // Exactly as many bytes as were announced, even if the file grows meanwhile.
        let order: Order<T> = terms::Order {
            extent: Extent::File(file),
            span: Span { start: 0, end: bytes },
            coding: Coding::Image,
            skipped: 0,
            mode: Mode::Stream,
            route: Route::Control,
            protection: Protection::Clear,
        };
        self.effects.push(Effect::Begin(order));
        Step::Sending(visitor)
    }

    /// The download has ended. If it fell short, nothing that is said now could be told from the
    /// bytes that are missing, so the connection is closed.
    fn outcome(&mut self, step: Step, outcome: Outcome) -> Step {
        let Step::Sending(visitor) = step else {
            return step;
        };
        match outcome {
            Outcome::Done { .. } => self.ask_menu(visitor),
            Outcome::Aborted { .. } | Outcome::Lost { .. } | Outcome::Failed { .. } => self.close(),
        }
    }

    /// After an event: goes if it is time to, and otherwise sets the idle timer.
    fn settle(&mut self, step: Step, ending: Ending) -> Step {
        match (&step, ending) {
            // What is awaited comes first.
            (Step::Verifying(_) | Step::Withheld(_) | Step::Sending(_) | Step::Gone, _)
            | (Step::Outside | Step::Username | Step::Password(_), Ending::No) => step,
            (Step::Menu(_) | Step::Directory(_) | Step::File(_), Ending::No) => {
                self.effects.push(Effect::Start(Timer::Idle));
                step
            }
            (_, Ending::HungUp) => self.close(),
            (_, Ending::Draining) => self.end(Prompt::ShuttingDown),
        }
    }

    fn expired(&mut self, step: Step, timer: Timer) -> Step {
        match (timer, &step) {
            (
                Timer::Login,
                Step::Outside
                | Step::Username
                | Step::Password(_)
                | Step::Verifying(_)
                | Step::Withheld(_),
            )
            | (Timer::Idle, Step::Menu(_) | Step::Directory(_) | Step::File(_)) => {
                self.end(Prompt::TimedOut)
            }
            // A timer that ran out just as it was to be stopped.
            (Timer::Login | Timer::Idle, _) => step,
        }
    }
}

/// What somebody is told who is turned away at the gate.
pub(super) const fn refusal(refusal: Refusal) -> Prompt<'static> {
    match refusal {
        Refusal::Banned { .. } => Prompt::TooManyAttempts,
        Refusal::Full | Refusal::Address | Refusal::Rate | Refusal::User | Refusal::Crowded => {
            Prompt::Busy
        }
    }
}

fn listed(names: Vec<Vec<u8>>) -> Vec<Cow<'static, [u8]>> {
    names.into_iter().map(Cow::Owned).collect()
}
