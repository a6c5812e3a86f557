//! Between a transfer's begin and its end: the 150 before, the lines that come meanwhile, ABOR, and
//! the reply after (RFC 959, sections 4.1.3 and 5.4).
//!
//! The bytes are moved by the data transfer process, which this room does not know: it hands over
//! an order and is told the outcome.

use std::mem;

use super::route::Lack;
use super::state::{
    Answered, Busy, Carry, Route, Said, State, Stopping, Transferring, Turn, Visit, Waiting,
};
use super::{Ending, Session, respond};
use crate::session::{Effect, Order, Settings, view};
use crate::terms::{self, Coding, Extent, Loss, Mode, Outcome, Span};
use crate::tree::{Tree, VirtualPath};
use crate::wire::ftp::command::Command;
use crate::wire::ftp::reply::{Code, Reply};
use crate::wire::ftp::verb::Verb;
use crate::wire::line::Line;

impl Visit<'_> {
    /// Refuses a transfer that has nowhere to go, or that would go in the clear against the
    /// operator's will, before anything is opened for it.
    pub(super) fn require_route(&self, settings: &Settings) -> Result<(), Reply> {
        self.require_protection(settings)?;
        match self.parameters.lack(self.peer) {
            Some(Lack::Extended) => {
                Err(Reply::new(425, "Use EPSV first, since you said EPSV ALL."))
            }
            Some(Lack::Any) => Err(Reply::new(425, "Use PASV or PORT first.")),
            None => Ok(()),
        }
    }

    /// Begins a transfer. `total` is how many bytes of the file will be sent, where that is known.
    ///
    /// A passive port is used up, however the transfer ends; the port that PORT named stays (RFC 959,
    /// section 4.1.2).
    pub(super) fn begin<T: Tree>(
        self,
        extent: Extent<T::File, T::Part>,
        span: Span,
        path: VirtualPath,
        total: Option<u64>,
        turn: &mut Turn<'_, '_, T>,
    ) -> Answered {
        let coding = self.parameters.coding;
        let verb = self.row.verb;
        let said = opening(verb, coding, &path, total);
        // Where the client has named no port it may not know that one is needed: it is told that a
        // connection is about to be opened only where one could be.
        let mut kept = None;
        match self.parameters.route {
            Route::Passive => {
                self.parameters.route = Route::Default;
                turn.effects.reply(said);
            }
            Route::Active(port) => {
                turn.effects.reply(said);
                let mut address = self.peer;
                address.set_port(port);
                turn.effects.push(Effect::Dial(address));
            }
            Route::Default => {
                // RFC 3659, section 7.2, has but the one word for MLSD.
                let code = if verb == Verb::Mlsd { said.code } else { Code::DATA_OPEN };
                kept = Some(Reply { code, ..said });
                turn.effects.push(Effect::Dial(self.peer));
            }
        }
        turn.effects.push(Effect::Stop);
        let mode = self.parameters.mode();
        let route = terms::Route::Data;
        let protection = self.parameters.protection;
        let skipped = match (&extent, coding, &self.carry) {
            (Extent::File(_), Coding::Ascii, Carry::Restart(offset)) => *offset,
            _ => 0,
        };
        let order: Order<T> =
            terms::Order { extent, span, coding, skipped, mode, route, protection };
        turn.effects.push(Effect::Begin(order));
        // Bytes on the wire are counted, and how many these will be nobody knows.
        let total = total.filter(|_| mode == Mode::Stream && coding == Coding::Image);
        let transfer = Transferring { verb, path, total, aborting: false, opening: kept };
        *self.busy = Busy::Transferring(Box::new(transfer));
        Ok(Said::Later)
    }
}

impl Session {
    /// A line that came while a transfer or other work runs: ABOR and STAT are obeyed at once, all
    /// others wait.
    ///
    /// QUIT waits as well: RFC 959 has the connection stay open for the result, and commands that
    /// were sent before it are served before it.
    pub(super) fn during_transfer<T: Tree>(&mut self, line: Line<'_>, turn: &mut Turn<'_, '_, T>) {
        let command = match line {
            Line::Text(text) => Command::parse(text).ok(),
            Line::TooLong => None,
        };
        if let Some(Command::Stat(None)) = command {
            turn.effects.reply(self.status(turn.house));
            return;
        }
        if command == Some(Command::Abor) && self.abort_running(turn) {
            return;
        }
        self.waiting.get_or_insert_default().push(line);
    }

    /// What runs was begun by a line that had waited: an ABOR that waits behind it is heard now.
    pub(super) fn heed_waiting<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        let has_abor = self.waiting.as_ref().is_some_and(|waiting| waiting.has_abor());
        if has_abor && self.abort_running(turn) {
            self.take_waiting(Waiting::take_abor);
        }
    }

    /// Has whatever runs be stopped, for an ABOR. False if that was asked for already.
    fn abort_running<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) -> bool {
        match &mut self.busy {
            Busy::Transferring(transfer) if !transfer.aborting => transfer.aborting = true,
            Busy::Working(work) if work.stopping == Stopping::No => {
                work.stopping = Stopping::Aborting;
            }
            Busy::Transferring(_)
            | Busy::Working(_)
            | Busy::Idle
            | Busy::Verifying
            | Busy::Withheld(_)
            | Busy::Securing(_)
            | Busy::AwaitingRoute(_) => return false,
        }
        turn.effects.push(Effect::Abort);
        // Behind ABOR there is no data connection, one that waits for its transfer included (RFC 959,
        // section 4.1.3).
        self.unroute(turn);
        true
    }

    /// The active connection stands: 125, if nothing was said of it before (RFC 959, section 5.4).
    pub(super) fn connected<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        if let Busy::Transferring(transfer) = &mut self.busy
            && let Some(opening) = transfer.opening.take()
        {
            turn.effects.reply(opening);
        }
    }

    /// The transfer has ended.
    pub(super) fn outcome<T: Tree>(&mut self, outcome: Outcome, turn: &mut Turn<'_, '_, T>) {
        debug_assert!(matches!(self.busy, Busy::Transferring(_)), "no transfer ran");
        if !matches!(self.busy, Busy::Transferring(_)) {
            return;
        }
        if let Busy::Transferring(transfer) = mem::take(&mut self.busy) {
            self.tidy(&transfer, outcome, turn);
            turn.effects.reply(match (outcome, transfer.verb) {
                (Outcome::Lost { loss: Loss::NeverOpened, .. }, _)
                    if transfer.opening.is_some() =>
                {
                    Reply::new(425, "Use PASV or PORT first.")
                }
                (Outcome::Done { bytes }, Verb::Stou) => respond::stored(bytes, &transfer.path),
                (outcome, verb) => respond::outcome(outcome, verb),
            });
            if transfer.aborting {
                turn.effects.reply(Reply::new(226, "ABOR is done; the data connection is closed."));
            }
        }
    }

    /// Where an upload has broken off there is one hidden part more: what else has expired beside it
    /// goes, so that a directory that nobody may list does not fill up with them.
    fn tidy<T: Tree>(&self, transfer: &Transferring, outcome: Outcome, turn: &Turn<'_, '_, T>) {
        let is_upload = matches!(transfer.verb, Verb::Stor | Verb::Appe | Verb::Stou);
        let is_cut = matches!(outcome, Outcome::Lost { .. } | Outcome::Aborted { .. });
        if let State::Ready(ready) = &self.state
            && is_upload
            && is_cut
            && let Ok(spot) = view::locate(&ready.client, &transfer.path.parent())
        {
            view::sweep(turn.house.tree, &ready.client, spot, turn.house.expired_before());
        }
    }

    /// The peer will send no more lines. During a transfer that is as good as ABOR and QUIT (RFC 959,
    /// section 4.1.1), unless a QUIT is among the lines that wait: then nothing is unexpected, and
    /// all that was asked for is done.
    pub(super) fn hangup<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) {
        if self.ending == Ending::No {
            self.ending = Ending::HungUp;
        }
        if self.waiting.as_ref().is_some_and(|waiting| waiting.has_quit()) {
            return;
        }
        self.waiting = None;
        if let Busy::Transferring(transfer) = &self.busy
            && !transfer.aborting
        {
            turn.effects.push(Effect::Abort);
        }
        self.stop_work(turn);
    }

    /// ABOR while no transfer runs: the data connection that nobody has used yet is closed.
    pub(super) fn abor<T: Tree>(&mut self, turn: &mut Turn<'_, '_, T>) -> Answered {
        self.unroute(turn);
        Ok(Said::Now(Reply::new(226, "No transfer runs.")))
    }
}

/// The 150, in the form that clients take the number of bytes from; to STOU, in the one from which
/// they take the name (RFC 1123, section 4.1.2.9).
fn opening(verb: Verb, coding: Coding, path: &VirtualPath, total: Option<u64>) -> Reply {
    if verb == Verb::Stou {
        let name = path.file_name().unwrap_or_default();
        return Reply::from_bytes(150, [b"FILE: ", name].concat());
    }
    let mode = match coding {
        Coding::Image => "BINARY",
        Coding::Ascii => "ASCII",
    };
    let mut text = format!("Opening {mode} mode data connection for ").into_bytes();
    text.extend_from_slice(path.as_bytes());
    match total {
        Some(bytes) => text.extend_from_slice(format!(" ({bytes} bytes).").as_bytes()),
        None => text.push(b'.'),
    }
    Reply::from_bytes(150, text)
}

#[cfg(test)]
mod tests {
    use super::super::state::MAX_WAITING;
    use crate::session::dialogue::{Asked, Dialogue};
    use crate::session::{Event, Timer};
    use crate::terms::{Loss, Outcome};

    /// A session that sends Joker.
    fn sending() -> Dialogue {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.begin("RETR Movies/Joker");
        ftp
    }

    fn codes(said: &[String]) -> Vec<&str> {
        said.iter().map(|line| &line[..3]).collect()
    }

    #[test]
    fn an_aborted_transfer_is_answered_twice() {
        let mut ftp = sending();
        assert!(ftp.line("ABOR").is_empty());
        assert_eq!(ftp.asked, [Asked::Abort]);
        assert_eq!(codes(&ftp.end(Outcome::Aborted { bytes: 5 })), ["426", "226"]);
    }

    #[test]
    fn an_abor_that_comes_too_late() {
        let mut ftp = sending();
        ftp.line("ABOR");
        assert_eq!(codes(&ftp.end(Outcome::Done { bytes: 1234 })), ["226", "226"]);
    }

    #[test]
    fn a_second_abor_waits_as_any_line() {
        let mut ftp = sending();
        ftp.line("ABOR");
        ftp.line("ABOR");
        assert_eq!(codes(&ftp.end(Outcome::Aborted { bytes: 0 })), ["426", "226", "226"]);
    }

    #[test]
    fn an_abor_that_waited_behind_a_transfer_stops_it_when_it_begins() {
        let mut ftp = sending();
        for line in ["EPSV", "RETR Docs/a.txt", "NOOP", "ABOR", "ABOR", "ABOR"] {
            assert!(ftp.line(line).is_empty());
        }
        assert_eq!(codes(&ftp.end(Outcome::Aborted { bytes: 5 })), ["426", "226"]);
        ftp.asked.clear();
        ftp.port_ready();
        assert_eq!(codes(&ftp.said()), ["229", "150"]);
        assert_eq!(ftp.asked, [Asked::Abort]);
        assert_eq!(codes(&ftp.end(Outcome::Aborted { bytes: 0 })), ["426", "226", "200", "226"]);
    }

    #[test]
    fn abor_without_a_transfer_gives_the_route_up() {
        let mut ftp = Dialogue::logged_in("user1");
        ftp.expect("ABOR", "226");
        ftp.expect("EPSV", "229");
        ftp.expect("ABOR", "226");
        assert_eq!(ftp.asked, [Asked::Unroute]);
        ftp.has_no_route("RETR Movies/Joker");
    }

    #[test]
    fn stat_tells_how_far_it_is() {
        let mut ftp = sending();
        ftp.moved = Some(17);
        let said = ftp.expect("STAT", "211-");
        assert!(said.contains("RETR /Movies/Joker: 17 of 1234 bytes so far"), "{said}");
        assert!(ftp.order.is_some());
        ftp.transfer(b"");
        assert!(ftp.expect("STAT", "211-").contains("No transfer runs"));
    }

    #[test]
    fn quit_waits_for_the_end() {
        let mut ftp = sending();
        assert!(ftp.line("QUIT").is_empty());
        assert!(!ftp.closed);
        assert_eq!(codes(&ftp.transfer(b"").1), ["226", "221"]);
        assert!(ftp.closed);
    }

    #[test]
    fn pipelined_lines_are_served_in_order() {
        let mut ftp = sending();
        for line in ["PWD", "EPSV", "RETR Docs/a.txt", "NOOP", "EPSV", "RETR Docs/b.txt", "PWD"] {
            assert!(ftp.line(line).is_empty());
        }
        assert_eq!(codes(&ftp.transfer(b"").1), ["226", "257"]);
        assert!(!ftp.session.wants_lines(), "a port is awaited");
        ftp.port_ready();
        assert_eq!(codes(&ftp.said()), ["229", "150"]);
        let (sent, said) = ftp.transfer(b"");
        assert_eq!((sent.as_slice(), codes(&said)), (b"alpha\n".as_slice(), vec!["226", "200"]));
        ftp.port_ready();
        assert_eq!(codes(&ftp.said()), ["229", "150"]);
        let (sent, said) = ftp.transfer(b"");
        assert_eq!((sent.as_slice(), codes(&said)), (b"beta\n".as_slice(), vec!["226", "257"]));
        assert_eq!(ftp.timer, Some(Timer::Idle));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut ftp = sending();
        for _ in 0..MAX_WAITING {
            assert!(ftp.session.wants_lines());
            ftp.line("NOOP");
        }
        assert!(!ftp.session.wants_lines());
        assert_eq!(ftp.transfer(b"").1.len(), MAX_WAITING + 1);
        assert!(ftp.session.wants_lines());
    }

    #[test]
    fn lost_connections() {
        for (loss, code) in [
            (Loss::NeverOpened, "425"),
            (Loss::Broken, "426"),
            (Loss::Stalled, "426"),
            (Loss::Tampered, "535"),
            (Loss::Unsecured, "425"),
            (Loss::Insecure, "522"),
            (Loss::Foreign, "522"),
            (Loss::NotResumed, "522"),
        ] {
            let mut ftp = sending();
            assert_eq!(codes(&ftp.end(Outcome::Lost { loss, bytes: 3 })), [code]);
        }
    }

    #[test]
    fn draining_lets_the_transfer_end() {
        let mut ftp = sending();
        assert!(ftp.told(Event::Drain).is_empty());
        assert_eq!(codes(&ftp.transfer(b"").1), ["226", "421"]);
        assert!(ftp.closed);
        let mut ftp = Dialogue::logged_in("user1");
        assert_eq!(codes(&ftp.told(Event::Drain)), ["421"]);
        assert!(ftp.closed);
    }

    #[test]
    fn a_peer_that_hangs_up_has_its_transfer_stopped() {
        let mut ftp = sending();
        ftp.line("PWD");
        ftp.hang_up();
        assert_eq!(ftp.asked, [Asked::Abort]);
        assert_eq!(codes(&ftp.end(Outcome::Aborted { bytes: 5 })), ["426"]);
        assert!(ftp.closed);
        let mut ftp = Dialogue::logged_in("user1");
        ftp.hang_up();
        assert!(ftp.closed && ftp.said().is_empty());
    }

    #[test]
    fn a_peer_that_has_said_quit_may_hang_up() {
        let mut ftp = sending();
        ftp.line("PWD");
        ftp.line("QUIT");
        ftp.hang_up();
        assert!(ftp.asked.is_empty());
        assert_eq!(codes(&ftp.transfer(b"").1), ["226", "257", "221"]);
        assert!(ftp.closed);
    }

    #[test]
    fn an_idle_timer_that_ran_out_late_ends_no_transfer() {
        let mut ftp = sending();
        assert!(ftp.told(Event::Expired(Timer::Idle)).is_empty());
        assert!(!ftp.closed);
    }
}
