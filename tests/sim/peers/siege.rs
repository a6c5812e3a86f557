//! Those who besiege the gate, and one who only wants to work meanwhile: guessers of passwords,
//! loiterers who take as long as they can over everything, and a regular who counts how long each
//! answer takes.

use std::net::IpAddr;
use std::time::Duration;

use super::{Actor, START, Stage};
use crate::net::{ConnId, Got, Wake};

/// The tag of the alarm with which they go on.
const NEXT: u64 = 1;

/// What a control connection says, line by line.
#[derive(Default)]
struct Ear {
    heard: Vec<u8>,
}

impl Ear {
    /// All whole lines that have come, and whether the connection still stands.
    fn lines(&mut self, conn: ConnId, stage: &mut Stage<'_>) -> (Vec<String>, bool) {
        let got = stage.net.read(conn, &mut self.heard, 1 << 16);
        let mut lines = Vec::new();
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        (lines, !matches!(got, Got::End | Got::Broken))
    }
}

/// Tries wrong passwords, one behind the other, and comes again when it is shown out.
pub(crate) struct Guesser {
    address: IpAddr,
    user: &'static str,
    /// How long it stays away, and when it gives up.
    pause: Duration,
    until: Duration,
    ear: Ear,
    control: Option<ConnId>,
}

impl Guesser {
    /// Guesses at `user` until so long after the start of all.
    pub(crate) fn new(
        address: IpAddr,
        user: &'static str,
        pause: Duration,
        until: Duration,
    ) -> Self {
        Self { address, user, pause, until, ear: Ear::default(), control: None }
    }

    fn come_again(&mut self, stage: &mut Stage<'_>) {
        if let Some(conn) = self.control.take() {
            stage.net.hang_up(conn);
        }
        stage.net.alarm(stage.me, self.pause, NEXT);
    }
}

impl Actor for Guesser {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(_) if u128::from(stage.net.now()) < self.until.as_nanos() => {
                self.ear = Ear::default();
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            Wake::Refused(_) => self.come_again(stage),
            Wake::Stirred(conn) if self.control == Some(conn) => {
                let (lines, stands) = self.ear.lines(conn, stage);
                for line in lines {
                    let code = line.get(..3).unwrap_or_default();
                    if code == "530" || line.contains("Too many failed logins; ") {
                        stage.lore.tally.guessed += 1;
                    } else if line.contains("from your address") {
                        stage.lore.tally.barred += 1;
                    }
                    if code == "220" || code == "530" {
                        let guess = format!("USER {}\r\nPASS wrong\r\n", self.user);
                        stage.net.write(conn, guess.as_bytes());
                    }
                }
                if !stands {
                    self.come_again(stage);
                }
            }
            Wake::Alarm(_) | Wake::Opened(_) | Wake::Stirred(_) | Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("guesser {}", self.address)
    }
}

/// Logs in and asks for nothing much, again and again, and notes the longest that it had to wait.
pub(crate) struct Regular {
    address: IpAddr,
    ear: Ear,
    control: Option<ConnId>,
    /// What it says next, last things first.
    plan: Vec<String>,
    asked_at: u64,
}

impl Regular {
    /// Logs in, says NOOP so many times, a second apart, and quits.
    pub(crate) fn new(address: IpAddr, (user, password): (&str, &str), times: usize) -> Self {
        let mut plan = vec!["QUIT".to_owned()];
        plan.extend(std::iter::repeat_n("NOOP".to_owned(), times));
        plan.extend([format!("PASS {password}"), format!("USER {user}")]);
        Self { address, ear: Ear::default(), control: None, plan, asked_at: 0 }
    }
}

impl Actor for Regular {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                self.asked_at = stage.net.now();
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            Wake::Alarm(_) => {
                if let (Some(conn), Some(line)) = (self.control, self.plan.pop()) {
                    self.asked_at = stage.net.now();
                    stage.net.write(conn, format!("{line}\r\n").as_bytes());
                }
            }
            Wake::Stirred(conn) => {
                let (lines, stands) = self.ear.lines(conn, stage);
                for line in lines {
                    let fine = ["220", "331", "230", "200", "221"].contains(&&line[..3]);
                    assert!(fine, "{}: {line}", self.name());
                    let waited = stage.net.now() - self.asked_at;
                    let tally = &mut stage.lore.tally;
                    tally.slowest = tally.slowest.max(Duration::from_nanos(waited));
                    let pause = if line.starts_with("200") { 1000 } else { 0 };
                    stage.net.alarm(stage.me, Duration::from_millis(pause), NEXT);
                }
                if !stands {
                    assert!(self.plan.is_empty(), "{} was dropped", self.name());
                    stage.net.hang_up(conn);
                }
            }
            Wake::Refused(_) => panic!("{} was refused", self.name()),
            Wake::Opened(_) | Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.plan.is_empty()
    }

    fn name(&self) -> String {
        format!("regular {}", self.address)
    }
}

/// What a loiterer does each time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Drip {
    /// Says this byte, which ends no line, and reads what comes.
    Say(u8),
    /// Reads so many bytes.
    Sip(usize),
}

/// Says something at once, and then takes its time for as long as it is let.
pub(crate) struct Loiterer {
    address: IpAddr,
    guided: bool,
    opening: Vec<u8>,
    drip: Drip,
    pause: Duration,
    control: Option<ConnId>,
    came_at: u64,
    heard: Vec<u8>,
    gone: bool,
}

impl Loiterer {
    /// Says `opening`, and then does `drip` every `pause`.
    pub(crate) fn new(address: IpAddr, opening: &[u8], drip: Drip, pause: Duration) -> Self {
        let opening = opening.to_vec();
        let (guided, control, came_at, heard, gone) = (false, None, 0, Vec::new(), false);
        Self { address, guided, opening, drip, pause, control, came_at, heard, gone }
    }

    /// The same at the guided dialogue.
    pub(crate) fn guided(mut self) -> Self {
        self.guided = true;
        self
    }

    fn loiter(&mut self, conn: ConnId, stage: &mut Stage<'_>) {
        let taken = stage.net.write(conn, &self.opening);
        self.opening.drain(..taken);
        match self.drip {
            Drip::Say(byte) if self.opening.is_empty() => {
                stage.net.write(conn, &[byte]);
                stage.net.read(conn, &mut self.heard, 1 << 20);
            }
            Drip::Say(_) => _ = stage.net.read(conn, &mut self.heard, 1 << 20),
            Drip::Sip(most) => _ = stage.net.read(conn, &mut self.heard, most),
        }
        let is_ours = |address: std::net::SocketAddr| address.ip() == self.address;
        if stage.net.held().iter().any(|(one, other)| is_ours(*one) || is_ours(*other)) {
            stage.net.alarm(stage.me, self.pause, NEXT);
            return;
        }
        // It is not the server that keeps it any more.
        let stayed = Duration::from_nanos(stage.net.now() - self.came_at);
        stage.lore.tally.longest_stay = stage.lore.tally.longest_stay.max(stayed);
        stage.net.read(conn, &mut self.heard, 1 << 20);
        let last = self.heard.rsplit(|byte| *byte == b'\n').nth(1).unwrap_or_default();
        stage.lore.tally.farewells += u64::from(last.starts_with(b"221 "));
        stage.net.hang_up(conn);
        self.gone = true;
    }
}

impl Actor for Loiterer {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                self.came_at = stage.net.now();
                let to = if self.guided { stage.lore.guided } else { stage.lore.ftp };
                self.control = Some(stage.net.dial(stage.me, self.address, to));
            }
            Wake::Opened(_) => stage.net.alarm(stage.me, self.pause, NEXT),
            Wake::Stirred(conn) if !self.gone => {
                let taken = stage.net.write(conn, &self.opening);
                self.opening.drain(..taken);
            }
            Wake::Alarm(_) => {
                if let Some(conn) = self.control.filter(|_| !self.gone) {
                    self.loiter(conn, stage);
                }
            }
            Wake::Refused(_) | Wake::Stirred(_) | Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.gone
    }

    fn name(&self) -> String {
        format!("loiterer {}, who does {:?}", self.address, self.drip)
    }
}
