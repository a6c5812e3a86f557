//! Those who come for nothing: idlers, tricklers, sprayers of bytes, the deaf, and floods.
//!
//! None of them checks what it is told, for none of them means what it says; what is checked is that
//! the others don't suffer and that nothing of them is left.

use std::net::IpAddr;
use std::time::Duration;

use super::{Actor, START, Stage};
use crate::net::{ConnId, Got, Wake};
use crate::rng::Rng;

/// The tag of the alarm with which they go on.
const NEXT: u64 = 1;

/// Connects and stays; some say a byte now and then.
pub(crate) struct Idler {
    address: IpAddr,
    /// What it says byte by byte, and how far apart.
    text: Vec<u8>,
    pause: Duration,
    said: usize,
    control: Option<ConnId>,
    gone: bool,
}

impl Idler {
    /// Says nothing, or `text`, a byte each `pause`.
    pub(crate) fn new(address: IpAddr, text: &[u8], pause: Duration) -> Self {
        Self { address, text: text.to_vec(), pause, said: 0, control: None, gone: false }
    }
}

impl Actor for Idler {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.ftp));
            }
            Wake::Alarm(_) => {
                if let (Some(conn), Some(byte)) = (self.control, self.text.get(self.said))
                    && !self.gone
                {
                    self.said += stage.net.write(conn, &[*byte]);
                    stage.net.alarm(stage.me, self.pause, NEXT);
                }
            }
            Wake::Opened(_) => stage.net.alarm(stage.me, self.pause, NEXT),
            Wake::Refused(_) => self.gone = true,
            Wake::Stirred(conn) => {
                let mut heard = Vec::new();
                if matches!(stage.net.read(conn, &mut heard, 4096), Got::End | Got::Broken) {
                    stage.net.hang_up(conn);
                    self.gone = true;
                }
            }
            Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.said == self.text.len()
    }

    fn name(&self) -> String {
        format!("idler {}", self.address)
    }
}

/// Sends noise: random bytes, lines without end, commands cut anywhere, HTTP.
pub(crate) struct Sprayer {
    address: IpAddr,
    guided: bool,
    rng: Rng,
    rounds: u32,
    reads: bool,
    control: Option<ConnId>,
    gone: bool,
}

impl Sprayer {
    /// Sends so many rounds of noise.
    pub(crate) fn new(address: IpAddr, guided: bool, rounds: u32, mut rng: Rng) -> Self {
        let reads = rng.chance(700);
        Self { address, guided, rng, rounds, reads, control: None, gone: false }
    }

    fn noise(&mut self) -> Vec<u8> {
        let rng = &mut self.rng;
        match rng.below(9) {
            0 => {
                let length = rng.size(1..3000);
                rng.bytes(length)
            }
            1 => vec![b'A'; rng.size(1..40_000)],
            2 => vec![0; rng.size(1..300)],
            3 => b"\xff\xf4\xff\xf2\xff\xfb\x01\xff".to_vec(),
            4 => b"\r\n\n\r\r\n\n".to_vec(),
            5 => b"USER user1\r\nPASS 1234\r\nPASV\r\nPASV\r\nEPSV ALL\r\n".to_vec(),
            6 => {
                let words: &[&[u8]] = &[
                    b"RETR /Movies/small\r\n",
                    b"LIST\r\n",
                    b"STOR /Incoming/contested\r\n",
                    b"CWD ../../..\r\n",
                    b"RETR /../../etc/passwd\r\n",
                    b"LOGIN\r\nuser1\r\n1234\r\nDOWNLOAD FILE\r\nMovies/large\r\n",
                    b"MKD /Incoming/a\0b\r\n",
                    b"SITE EXEC rm\r\n",
                    b"ABOR\r\nABOR\r\n",
                    b"REST 18446744073709551616\r\n",
                    b"REST 18446744073709551615\r\nRETR /Movies/small\r\n",
                    b"PORT 10,0,0,1,0,22\r\n",
                    b"EPRT |2|::1|21|\r\n",
                    b"NLST *?*?*?*?*?*?*[a-z]*\r\n",
                    b"QUIT\r\n",
                ];
                rng.pick(words).to_vec()
            }
            7 => rng.pick(&[b"U".as_slice(), b"\r", b"\n", b"\xff", b" "]).to_vec(),
            _ => b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        }
    }
}

impl Actor for Sprayer {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                let to = if self.guided { stage.lore.guided } else { stage.lore.ftp };
                self.control = Some(stage.net.dial(stage.me, self.address, to));
            }
            Wake::Opened(_) | Wake::Alarm(_) => {
                let Some(conn) = self.control.filter(|_| !self.gone) else { return };
                if self.rounds == 0 {
                    self.gone = true;
                    match self.rng.below(3) {
                        0 => stage.net.reset(conn),
                        1 => stage.net.hang_up(conn),
                        _ => stage.net.finish(conn),
                    }
                    return;
                }
                self.rounds -= 1;
                let noise = self.noise();
                stage.net.write(conn, &noise);
                let pause = Duration::from_micros(self.rng.below(200_000));
                stage.net.alarm(stage.me, pause, NEXT);
            }
            Wake::Refused(_) => self.gone = true,
            Wake::Stirred(conn) => {
                if !self.reads {
                    return;
                }
                let mut heard = Vec::new();
                if matches!(stage.net.read(conn, &mut heard, 1 << 20), Got::End | Got::Broken) {
                    stage.net.hang_up(conn);
                    self.gone = true;
                }
            }
            Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.gone
    }

    fn name(&self) -> String {
        format!("sprayer {} ({} rounds to come)", self.address, self.rounds)
    }
}

/// Asks and asks, and never reads an answer.
pub(crate) struct Deaf {
    address: IpAddr,
    text: Vec<u8>,
    control: Option<ConnId>,
    /// The window is shut, not only full.
    shut: bool,
}

impl Deaf {
    /// Says `opening` once and then `line` for ever, as far as the server takes it.
    pub(crate) fn new(address: IpAddr, opening: &[u8], line: &[u8], shut: bool) -> Self {
        let text = [opening, &line.repeat(3000)].concat();
        Self { address, text, control: None, shut }
    }
}

impl Actor for Deaf {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                let conn = stage.net.dial(stage.me, self.address, stage.lore.ftp);
                stage.net.shut_window(conn, self.shut);
                self.control = Some(conn);
            }
            Wake::Opened(conn) | Wake::Stirred(conn) => {
                let taken = stage.net.write(conn, &self.text);
                self.text.drain(..taken);
            }
            Wake::Refused(_) | Wake::Called(_) | Wake::Alarm(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        true
    }

    fn name(&self) -> String {
        format!("deaf {}", self.address)
    }
}

/// Many connections at once, most of them dropped again.
pub(crate) struct Flood {
    address: IpAddr,
    count: usize,
    rng: Rng,
    conns: Vec<ConnId>,
    open: usize,
}

impl Flood {
    /// So many connections.
    pub(crate) fn new(address: IpAddr, count: usize, rng: Rng) -> Self {
        Self { address, count, rng, conns: Vec::new(), open: 0 }
    }
}

impl Actor for Flood {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(_) => {
                for _ in 0..self.count.min(50) {
                    let conn = stage.net.dial(stage.me, self.address, stage.lore.ftp);
                    self.conns.push(conn);
                    self.open += 1;
                    if self.rng.chance(100) {
                        stage.net.reset(conn);
                    }
                }
                self.count -= self.count.min(50);
                if self.count > 0 {
                    stage.net.alarm(stage.me, Duration::from_millis(3), NEXT);
                }
            }
            Wake::Opened(conn) => {
                if self.rng.chance(300) {
                    stage.net.hang_up(conn);
                    self.open -= 1;
                }
            }
            Wake::Refused(_) => self.open -= 1,
            Wake::Stirred(conn) => {
                let mut heard = Vec::new();
                if matches!(stage.net.read(conn, &mut heard, 4096), Got::End | Got::Broken) {
                    stage.net.hang_up(conn);
                }
            }
            Wake::Called(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.count == 0
    }

    fn name(&self) -> String {
        format!("flood {} ({} to come)", self.address, self.count)
    }
}
