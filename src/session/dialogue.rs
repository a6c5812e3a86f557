//! A dialogue for tests: one session over a tree in memory, with the reactor played by hand.
//!
//! It answers what the session asks for, says what came of it in plain strings, and fails the test
//! as soon as the contract in the parent module's header is broken.

mod plays;
mod world;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sha2::Digest as _;

use super::{
    Answer, Chore, Dialect, Effect, Effects, Ends, Event, Family, House, Order, RouteFault,
    Session, Settings, Timer, Tls,
};
use crate::accounts::{Accounts, Challenge, Gate, Rules};
use crate::terms::{
    self, Algorithm, ChoreOutcome, Coding, Digest, Extent, Loss, Moment, Outcome, Part, Protection,
    Root, Route, Secured,
};
use crate::tree::MemoryTree;
use crate::wire::ascii::Encoder;
use crate::wire::line::Line;
use plays::{compress, fill, read, receive, send, write};
pub(super) use world::TODAY;
use world::{accounts, world};

/// One session, and what its reactor would hold for it.
pub(super) struct Dialogue {
    pub(super) session: Session,
    pub(super) tree: MemoryTree,
    pub(super) settings: Settings,
    roots: Vec<(&'static str, Root)>,
    accounts: Accounts,
    pub(super) gate: Gate,
    pub(super) now: Moment,
    effects: Effects<MemoryTree>,
    /// What was said and not yet looked at.
    said: VecDeque<String>,
    /// Lines that have no final reply yet.
    unanswered: usize,
    /// The transfer that runs.
    pub(super) order: Option<Order<MemoryTree>>,
    /// The work that runs.
    pub(super) chore: Option<Chore<MemoryTree>>,
    /// Bytes that either has moved.
    pub(super) moved: Option<u64>,
    /// The passive port that is asked for.
    pub(super) listen: Option<Family>,
    /// The password that is to be checked.
    pub(super) verify: Option<Challenge>,
    /// How long an answer is to be held back.
    pub(super) withheld: Option<Duration>,
    /// Whether a TLS handshake is asked for.
    securing: bool,
    /// How the next data connection is to be protected, as far as was told.
    pub(super) level: Protection,
    /// What the session asked for besides, in order.
    pub(super) asked: Vec<Asked>,
    pub(super) timer: Option<Timer>,
    pub(super) closed: bool,
    /// Whether the peer will send no more lines.
    hung_up: bool,
    dialect: Dialect,
    pub(super) peer: IpAddr,
    local: IpAddr,
}

/// An effect that changes nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Dial(SocketAddr),
    Abort,
    Unroute,
    Unsecure,
}

impl Dialogue {
    /// A session that has greeted; the greeting is taken.
    pub(super) fn new(dialect: Dialect) -> Self {
        let mut dialogue = Self::between(dialect, "192.0.2.1:2121", "192.0.2.7:40000");
        dialogue.tell(Event::Opened);
        dialogue.said.clear();
        dialogue
    }

    /// An FTP session in which `username` has logged in, in TYPE I.
    pub(super) fn logged_in(username: &str) -> Self {
        let mut dialogue = Self::new(Dialect::Ftp);
        dialogue.expect(&format!("USER {username}"), "331");
        dialogue.expect("PASS 1234", "230");
        dialogue.expect("TYPE I", "200");
        dialogue
    }

    /// An FTP session in which `username` has logged in, in TYPE I, with TLS required and all
    /// connections protected.
    pub(super) fn protected(username: &str) -> Self {
        let mut dialogue = Self::new(Dialect::Ftp);
        dialogue.settings.tls = Tls::Required;
        dialogue.secure(None);
        for (line, start) in [
            (&*format!("USER {username}"), "331"),
            ("PASS 1234", "230"),
            ("PBSZ 0", "200"),
            ("PROT P", "200"),
            ("TYPE I", "200"),
        ] {
            dialogue.expect(line, start);
        }
        dialogue
    }

    /// Another session over the same tree, which has greeted.
    pub(super) fn beside(&self) -> Self {
        let mut other = Self::new(self.dialect);
        let (tree, accounts) = (self.tree.clone(), accounts(&self.roots, &[]));
        (other.tree, other.roots, other.accounts) = (tree, self.roots.clone(), accounts);
        other
    }

    /// A session that has been told nothing, between the addresses given.
    pub(super) fn between(dialect: Dialect, local: &str, peer: &str) -> Self {
        let (tree, roots) = world();
        let ends = Ends { local: local.parse().unwrap(), peer: peer.parse().unwrap() };
        Self {
            session: Session::new(dialect, ends),
            accounts: accounts(&roots, &[]),
            gate: Gate::new(Rules::default()),
            now: Moment::default(),
            tree,
            settings: Settings::default(),
            roots,
            effects: Effects::new(),
            said: VecDeque::new(),
            unanswered: 0,
            order: None,
            chore: None,
            moved: None,
            listen: None,
            verify: None,
            withheld: None,
            securing: false,
            level: Protection::Clear,
            asked: Vec::new(),
            timer: None,
            closed: false,
            hung_up: false,
            dialect,
            peer: ends.peer.ip(),
            local: ends.local.ip(),
        }
    }

    /// Whether a line can be sent now.
    pub(super) fn wants_lines(&self) -> bool {
        !self.hung_up && self.session.wants_lines()
    }

    /// Sends a line and returns what was said since the last look. A passive port that is asked
    /// for is had at once, and the time for which an answer is held back goes by.
    pub(super) fn line(&mut self, text: &str) -> Vec<String> {
        self.send(text.as_bytes());
        self.release();
        if self.listen.is_some() {
            self.port_ready();
        }
        self.said()
    }

    /// Sends a line whose one reply must begin with `start`; returns that.
    #[track_caller]
    pub(super) fn expect(&mut self, text: &str, start: &str) -> String {
        let said = self.line(text);
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        assert!(said[0].starts_with(start), "{text}: {said:?}");
        said[0].clone()
    }

    /// Sends a line as bytes, and does nothing else.
    pub(super) fn send(&mut self, text: &[u8]) {
        assert!(self.wants_lines(), "{}", text.escape_ascii());
        self.unanswered += 1;
        self.tell(Event::Line(Line::Text(text)));
    }

    /// Sends a line that was too long.
    pub(super) fn send_too_long(&mut self) -> Vec<String> {
        self.unanswered += 1;
        self.tell(Event::Line(Line::TooLong));
        self.said()
    }

    /// What was said since the last look.
    pub(super) fn said(&mut self) -> Vec<String> {
        self.said.drain(..).collect()
    }

    /// Tells an event and returns what was said since the last look.
    pub(super) fn told(&mut self, event: Event<'_>) -> Vec<String> {
        self.tell(event);
        self.said()
    }

    /// The peer closes its direction.
    pub(super) fn hang_up(&mut self) {
        self.hung_up = true;
        self.tell(Event::Hangup);
    }

    /// The passive port that was asked for stands.
    pub(super) fn port_ready(&mut self) {
        self.listen = None;
        self.tell(Event::RouteReady("192.0.2.1:50000".parse().unwrap()));
    }

    /// The time for which an answer is held back goes by, if one is.
    pub(super) fn release(&mut self) {
        if let Some(wait) = self.withheld.take() {
            self.now = self.now + wait;
            self.tell(Event::Released);
        }
    }

    /// There is no passive port.
    pub(super) fn no_port(&mut self, fault: RouteFault) -> Vec<String> {
        self.listen = None;
        self.told(Event::RouteFailed(fault))
    }

    /// Checks the password that the session wants checked.
    pub(super) fn judge(&mut self) -> Vec<String> {
        self.judge_alone();
        self.release();
        self.said()
    }

    /// The same, and an answer that is held back stays so.
    pub(super) fn judge_alone(&mut self) {
        let verdict = self.verify.take().unwrap().judge();
        self.tell(Event::Verdict(verdict));
    }

    /// Sends AUTH TLS and makes the handshake, in which the peer shows the certificate of this
    /// SHA-256, if any.
    pub(super) fn secure(&mut self, identity: Option<[u8; 32]>) {
        self.expect("AUTH TLS", "234");
        assert!(self.handshake(identity).is_empty());
    }

    /// Makes the handshake that the session asked for, or that a port for implicit TLS begins with.
    pub(super) fn handshake(&mut self, identity: Option<[u8; 32]>) -> Vec<String> {
        self.handshake_for(identity, None)
    }

    /// The same with a server of that name.
    pub(super) fn handshake_for(
        &mut self,
        identity: Option<[u8; 32]>,
        name: Option<&str>,
    ) -> Vec<String> {
        self.securing = false;
        let (identity, name) = (identity.map(Box::new), name.map(Box::from));
        let (protocol, suite) = ("TLSv1.3", "TLS13_AES_128_GCM_SHA256");
        self.told(Event::Secured(Secured { protocol, suite, identity, name }))
    }

    /// Whether a handshake is asked for.
    pub(super) const fn is_securing(&self) -> bool {
        self.securing
    }

    /// Ends the transfer that runs with `outcome`. An upload that is cut is left as it is.
    pub(super) fn end(&mut self, outcome: Outcome) -> Vec<String> {
        let order = self.order.take().expect("no transfer runs");
        if let (Extent::Part(part), Outcome::Lost { .. } | Outcome::Aborted { .. }) =
            (order.extent, outcome)
            && order.coding == Coding::Image
        {
            part.leave();
        }
        self.moved = None;
        self.told(Event::Outcome(outcome))
    }

    /// Has the upload that runs receive `bytes` and lose its connection.
    pub(super) fn cut(&mut self, bytes: &[u8]) -> Vec<String> {
        let Some(Extent::Part(part)) = self.order.as_mut().map(|order| &mut order.extent) else {
            panic!("no upload runs")
        };
        assert_eq!(write(part, bytes), Ok(()));
        self.end(Outcome::Lost { loss: Loss::Broken, bytes: bytes.len() as u64 })
    }

    /// Plays the transfer that runs to its end: a download or a listing is returned, an upload
    /// receives `upload`. Returns what was sent and what was said.
    pub(super) fn transfer(&mut self, upload: &[u8]) -> (Vec<u8>, Vec<String>) {
        let order = self.order.take().expect("no transfer runs");
        let mut sent = Vec::new();
        let outcome = match order.extent {
            Extent::File(file) => {
                let outcome = send(&file, order.span.start, order.span.end, &mut sent);
                match (order.coding, outcome) {
                    (Coding::Ascii, Outcome::Done { .. }) => {
                        let text = std::mem::take(&mut sent);
                        Encoder::behind(order.skipped).push(&text, &mut sent);
                        Outcome::Done { bytes: sent.len() as u64 }
                    }
                    (_, outcome) => outcome,
                }
            }
            Extent::Lines(lines) => fill(lines, &mut sent),
            Extent::Part(part) => receive(part, upload),
        };
        self.moved = None;
        (sent, self.told(Event::Outcome(outcome)))
    }

    /// Ends the work that runs with `outcome`.
    pub(super) fn end_work(&mut self, outcome: ChoreOutcome) -> Vec<String> {
        assert!(self.chore.take().is_some(), "no work runs");
        self.moved = None;
        self.told(Event::Chore(outcome))
    }

    /// Does the work that runs, to its end. Returns what was said.
    pub(super) fn work(&mut self) -> Vec<String> {
        let outcome = match self.chore.take().expect("no work runs") {
            terms::Chore::Compress { file, part, length } => compress(&file, part, length),
            terms::Chore::Measure { file, length } => {
                let mut bytes = Vec::new();
                match read(&file, 0, length, &mut bytes) {
                    Err(fault) => ChoreOutcome::Failed(fault),
                    Ok(()) => ChoreOutcome::Measured(Encoder::new().measure(&bytes)),
                }
            }
            terms::Chore::Digest { file, span, algorithm } => {
                let mut bytes = Vec::new();
                match read(&file, span.start, span.end, &mut bytes) {
                    Err(fault) => ChoreOutcome::Failed(fault),
                    Ok(()) => ChoreOutcome::Digested(match algorithm {
                        Algorithm::Sha256 => Digest::Sha256(sha2::Sha256::digest(&bytes).into()),
                        Algorithm::Crc32 => Digest::Crc32(crc32fast::hash(&bytes)),
                    }),
                }
            }
        };
        self.moved = None;
        self.told(Event::Chore(outcome))
    }

    /// Asks for a port and sends `text`, which begins a transfer.
    #[track_caller]
    pub(super) fn begin(&mut self, text: &str) {
        self.expect("EPSV", "229");
        self.expect(text, "150");
    }

    /// Sends `text`, which begins a transfer for which no route was made, and has nobody listen on
    /// the peer's default data port.
    #[track_caller]
    pub(super) fn has_no_route(&mut self, text: &str) {
        assert_eq!(self.line(text), Vec::<String>::new(), "{text}");
        assert!(matches!(self.asked.pop(), Some(Asked::Dial(_))), "{text}");
        let said = self.end(Outcome::Lost { loss: Loss::NeverOpened, bytes: 0 });
        assert_eq!(said, ["425 Use PASV or PORT first."], "{text}");
    }

    /// Asks for a port, sends `text`, plays the transfer, and returns what it sent.
    #[track_caller]
    pub(super) fn fetch(&mut self, text: &str) -> String {
        self.begin(text);
        let (sent, said) = self.transfer(b"");
        assert!(said.len() == 1 && said[0].starts_with("226"), "{text}: {said:?}");
        String::from_utf8(sent).unwrap()
    }

    /// The operator changes the lines of the tables that begin so, and has them read anew.
    pub(super) fn reload(&mut self, changes: &[(&str, &str)]) {
        self.accounts = accounts(&self.roots, changes);
    }

    /// Puts another file into the world.
    pub(super) fn put_file(&self, directory: &str, path: &str, content: &[u8]) {
        self.tree.put_file(self.root(directory), path.as_bytes(), content).unwrap();
    }

    /// Writes into a file of the world, in place.
    pub(super) fn rewrite(&self, directory: &str, path: &str, content: &[u8]) {
        self.tree.rewrite(self.root(directory), path.as_bytes(), content).unwrap();
    }

    /// Takes a directory of the world away, with all that it holds.
    pub(super) fn take_away(&self, directory: &str, path: &str) {
        self.tree.take_away(self.root(directory), path.as_bytes()).unwrap();
    }

    fn root(&self, directory: &str) -> Root {
        let (_, root) = self.roots.iter().find(|(name, _)| *name == directory).unwrap();
        *root
    }

    /// The content of a file of the world.
    pub(super) fn content(&self, directory: &str, path: &str) -> Option<Vec<u8>> {
        let (_, root) = self.roots.iter().find(|(name, _)| *name == directory)?;
        Some(self.tree.content(*root, path.as_bytes())?.to_vec())
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut house = House {
            tree: &self.tree,
            accounts: &self.accounts,
            gate: &mut self.gate,
            peer: self.peer,
            local: self.local,
            told: self.local,
            settings: &self.settings,
            now: self.now,
            today: TODAY,
            moved: self.moved,
        };
        let unprompted = matches!(event, Event::Opened | Event::Drain | Event::Expired(_));
        let mut effects = std::mem::take(&mut self.effects);
        self.session.handle(event, &mut house, &mut effects);
        let list: Vec<_> = effects.drain().collect();
        self.effects = effects;
        let closes = matches!(list.last(), Some(Effect::Close));
        let begins = list.iter().any(|effect| matches!(effect, Effect::Begin(_)));
        for effect in list {
            assert!(!self.closed, "{effect:?} after the end");
            self.carry_out(effect, unprompted || closes);
        }
        if let Some(order) = self.order.as_ref().filter(|_| begins) {
            assert_eq!(order.protection, self.level, "another level was told");
        }
        if self.is_free() {
            let answered = self.dialect == Dialect::Guided || self.unanswered == 0;
            assert!(answered, "a command is left without its final reply");
            assert!(self.session.wants_lines(), "no line is wanted though nothing is awaited");
        }
    }

    fn is_free(&self) -> bool {
        !self.closed
            && self.order.is_none()
            && self.chore.is_none()
            && self.listen.is_none()
            && self.verify.is_none()
            && self.withheld.is_none()
            && !self.securing
    }

    fn carry_out(&mut self, effect: Effect<MemoryTree>, unprompted: bool) {
        match effect {
            Effect::Reply(Answer::Ftp(reply)) => {
                let mut text = Vec::new();
                reply.write(&mut text);
                if reply.code().number() >= 200 {
                    assert!(self.unanswered > 0 || unprompted, "nobody asked: {reply:?}");
                    self.unanswered = self.unanswered.saturating_sub(1);
                }
                self.say(&text);
            }
            Effect::Reply(Answer::Guided(prompt)) => {
                let mut text = Vec::new();
                prompt.write(&mut text);
                self.say(&text);
            }
            Effect::Listen(family) => {
                assert!(self.is_free(), "two answers are due");
                self.listen = Some(family);
            }
            Effect::Begin(order) => {
                assert!(self.is_free(), "two answers are due");
                assert_eq!(order.route == Route::Control, self.dialect == Dialect::Guided);
                assert_eq!(self.timer, None, "a timer runs during a transfer");
                self.order = Some(order);
                self.moved = Some(0);
            }
            Effect::Work(chore) => {
                assert!(self.is_free(), "two answers are due");
                assert_eq!(self.timer, None, "a timer runs during work");
                self.chore = Some(chore);
                self.moved = Some(0);
            }
            Effect::Verify(challenge) => {
                assert!(self.is_free(), "two answers are due");
                self.verify = Some(challenge);
            }
            Effect::Withhold(wait) => {
                assert!(self.is_free(), "two answers are due");
                assert_eq!(self.timer, Some(Timer::Login), "the time to log in runs on");
                self.withheld = Some(wait);
            }
            Effect::Dial(address) => self.asked.push(Asked::Dial(address)),
            Effect::Abort => {
                assert!(self.order.is_some() || self.chore.is_some(), "there is nothing to abort");
                self.asked.push(Asked::Abort);
            }
            Effect::Unroute => self.asked.push(Asked::Unroute),
            Effect::Protect(level) => self.level = level,
            Effect::Secure => {
                assert!(self.is_free(), "two answers are due");
                assert_eq!(self.timer, Some(Timer::Login), "the time to log in runs on");
                self.securing = true;
                // Lines that waited came in the clear, and are forgotten.
                self.unanswered = 0;
            }
            Effect::Unsecure => {
                assert!(self.is_free(), "an answer is due");
                self.asked.push(Asked::Unsecure);
                // Lines that waited came under TLS, and are forgotten.
                self.unanswered = 0;
            }
            Effect::Start(timer) => self.timer = Some(timer),
            Effect::Stop => self.timer = None,
            Effect::Close => self.closed = true,
        }
    }

    fn say(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let text = text.strip_suffix("\r\n").expect("every answer ends its line");
        self.said.push_back(text.to_owned());
    }
}
