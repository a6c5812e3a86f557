//! A person at the guided dialogue: answers what is asked, and compares what is sent inline.

use std::collections::VecDeque;
use std::net::IpAddr;

use coracle::wire::guided::{Prompt, Request, write_answer};

use super::{Actor, START, Stage};
use crate::net::{ConnId, Got, Wake};

/// A person at the guided dialogue.
pub(crate) struct Guest {
    address: IpAddr,
    user: &'static str,
    passwords: VecDeque<&'static str>,
    /// Files to ask for, by their paths as a client of FTP sees them.
    wanted: VecDeque<Vec<u8>>,
    control: Option<ConnId>,
    unsent: Vec<u8>,
    heard: Vec<u8>,
    /// The path of the file that was asked for last.
    asked: Vec<u8>,
    /// Bytes of its content that are still to come, and those that came.
    coming: Option<(usize, Vec<u8>)>,
    /// It asks first what there is.
    looked: bool,
    /// It types all at once, and reads afterwards.
    eager: bool,
    /// It hangs up after so many bytes of content.
    vanishes_after: Option<usize>,
    /// Nothing has been said to it yet.
    unheard: bool,
    terminated: bool,
    done: bool,
}

impl Guest {
    /// A guest that tries these passwords and asks for these files.
    pub(crate) fn new(
        address: IpAddr,
        user: &'static str,
        passwords: &[&'static str],
        wanted: &[Vec<u8>],
        vanishes_after: Option<usize>,
    ) -> Self {
        Self {
            address,
            user,
            passwords: passwords.iter().copied().collect(),
            wanted: wanted.iter().cloned().collect(),
            control: None,
            unsent: Vec::new(),
            heard: Vec::new(),
            asked: Vec::new(),
            coming: None,
            looked: false,
            eager: false,
            vanishes_after,
            unheard: true,
            terminated: false,
            done: false,
        }
    }

    /// The same guest, who types all that it will ever say as soon as it is connected.
    pub(crate) fn eager(mut self) -> Self {
        let password = self.passwords.pop_front().unwrap_or("nothing");
        for line in [Request::Login.words(), self.user, password] {
            write_answer(line.as_bytes(), &mut self.unsent);
        }
        for path in &self.wanted {
            Request::DownloadFile.write(&mut self.unsent);
            write_answer(path.strip_prefix(b"/").unwrap_or(path), &mut self.unsent);
        }
        Request::Quit.write(&mut self.unsent);
        self.eager = true;
        self
    }

    fn listen(&mut self, control: ConnId, stage: &mut Stage<'_>) {
        self.flush(stage);
        loop {
            let got = stage.net.read(control, &mut self.heard, 2000);
            match got {
                Got::Blocked => return,
                Got::Bytes(_) => self.hear(stage),
                Got::End | Got::Broken => {
                    assert!(
                        self.terminated
                            || stage.is_cut_off()
                            || (stage.is_draining() && self.coming.is_none() && !self.unheard)
                            || (!stage.lore.calm && (self.unheard || self.coming.is_some())),
                        "the guided dialogue broke off, {} bytes of content to come",
                        self.coming.as_ref().map_or(0, |(left, _)| *left)
                    );
                    stage.net.hang_up(control);
                    self.done = true;
                    return;
                }
            }
            if self.done {
                stage.net.reset(control);
                return;
            }
        }
    }

    /// Takes in what has come, content first.
    fn hear(&mut self, stage: &mut Stage<'_>) {
        loop {
            if let Some((left, mut content)) = self.coming.take() {
                let count = left.min(self.heard.len());
                content.extend(self.heard.drain(..count));
                if self.vanishes_after.is_some_and(|after| content.len() >= after) {
                    self.done = true;
                    return;
                }
                if left > count {
                    self.coming = Some((left - count, content));
                    return;
                }
                assert!(
                    stage.lore.is_version(&self.asked, &content, 0),
                    "what came inline is not {}",
                    self.asked.escape_ascii()
                );
                stage.lore.tally.guided += 1;
            }
            let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') else { return };
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            let line = line.trim_ascii_end();
            let Some(prompt) = Prompt::parse(line) else {
                panic!("no line of the guided dialogue: {}", line.escape_ascii());
            };
            self.answer(&prompt, stage);
        }
    }

    fn answer(&mut self, prompt: &Prompt<'_>, stage: &mut Stage<'_>) {
        self.unheard = false;
        assert!(!self.terminated, "{prompt:?} after the last line");
        match prompt {
            Prompt::Greeting if self.passwords.is_empty() => self.say(Request::Quit.words(), stage),
            Prompt::Greeting => self.say(Request::Login.words(), stage),
            Prompt::EnterUsername => self.say(self.user, stage),
            Prompt::EnterPassword => {
                let password = self.passwords.pop_front().unwrap_or("nothing");
                self.say(password, stage);
            }
            Prompt::ChooseFile if self.eager => {
                self.asked = self.wanted.pop_front().expect("a file was asked for");
            }
            Prompt::Menu if !self.looked => self.say(Request::ShowDirectories.words(), stage),
            Prompt::Menu if self.eager => {}
            Prompt::Menu => match self.wanted.pop_front() {
                Some(path) => {
                    self.asked = path;
                    self.say(Request::DownloadFile.words(), stage);
                }
                None => self.say(Request::Quit.words(), stage),
            },
            Prompt::Directories(names) => {
                assert!(!names.is_empty(), "there are no directories");
                self.looked = true;
            }
            Prompt::ChooseFile => {
                let name = self.asked.strip_prefix(b"/").unwrap_or(&self.asked);
                let name = String::from_utf8_lossy(name).into_owned();
                self.say(&name, stage);
            }
            Prompt::Sending { bytes, .. } => {
                let bytes = usize::try_from(*bytes).unwrap_or(usize::MAX);
                self.coming = Some((bytes, Vec::new()));
            }
            Prompt::NoSuchFile | Prompt::NoSuchDirectory | Prompt::NoDirectoryShown => {
                let known = stage.lore.versions.contains_key(&self.asked);
                assert!(!known, "{} was not found", self.asked.escape_ascii());
            }
            Prompt::Terminated
            | Prompt::TooManyAttempts
            | Prompt::TimedOut
            | Prompt::Busy
            | Prompt::ShuttingDown => self.terminated = true,
            Prompt::Unreadable => assert!(!stage.lore.calm, "a file could not be read"),
            Prompt::LoginSuccessfully
            | Prompt::LoginFailed
            | Prompt::Changed
            | Prompt::EnterDirectory
            | Prompt::Files(_)
            | Prompt::NotUnderstood
            | Prompt::LineTooLong => {}
        }
    }

    fn say(&mut self, words: &str, stage: &mut Stage<'_>) {
        if self.eager {
            return;
        }
        write_answer(words.as_bytes(), &mut self.unsent);
        self.flush(stage);
    }

    fn flush(&mut self, stage: &mut Stage<'_>) {
        if let Some(control) = self.control {
            let taken = stage.net.write(control, &self.unsent);
            self.unsent.drain(..taken);
        }
    }
}

impl Actor for Guest {
    fn wake(&mut self, wake: Wake, stage: &mut Stage<'_>) {
        match wake {
            Wake::Alarm(START) => {
                self.control = Some(stage.net.dial(stage.me, self.address, stage.lore.guided));
            }
            Wake::Refused(_) => self.done = true,
            Wake::Stirred(conn) if !self.done => self.listen(conn, stage),
            Wake::Opened(_) => self.flush(stage),
            Wake::Stirred(_) | Wake::Called(_) | Wake::Alarm(_) => {}
        }
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn name(&self) -> String {
        format!("guest {} (asked for {})", self.address, self.asked.escape_ascii())
    }
}
