//! One case under way: its words, and the replies that it hears.
//!
//! What goes over data connections is `data`'s; what a line spells, `spelling`'s.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;

use socket2::SockRef;

use super::Site;
use super::data::dial_from;
use super::spelling::{bytes, check, like, of, show, split_content};

/// What a server may say in one reply, and send over one connection for data.
pub(super) const BYTES_MAX: u64 = 64 << 20;

/// How much longer a reply may take that is held back on purpose.
const SLOWLY: u32 = 15;

/// One case under way.
pub(super) struct Play<'a> {
    pub(super) site: &'a Site,
    pub(super) control: BufReader<TcpStream>,
    /// The last reply: its lines, without their ends.
    pub(super) said: Vec<String>,
    pub(super) data: Option<TcpStream>,
    /// The port that was named to the server last.
    pub(super) named: Option<TcpListener>,
    /// What the last transfer brought.
    pub(super) came: Vec<u8>,
}

/// Or what went wrong.
pub(super) type Done = Result<(), String>;

impl<'a> Play<'a> {
    pub(super) fn begin(site: &'a Site) -> Result<Self, String> {
        let control = BufReader::new(dial_from(site, site.address)?);
        let mut play =
            Self { site, control, said: Vec::new(), data: None, named: None, came: Vec::new() };
        play.reply()?;
        play.has_code("220")?;
        Ok(play)
    }

    pub(super) fn log_in(&mut self) -> Done {
        self.ask(&format!("USER {}", self.site.user), "331")?;
        self.ask("PASS 1234", "230")
    }

    pub(super) fn line(&mut self, line: &str) -> Done {
        let top = if self.site.root.is_empty() { "/" } else { &self.site.root };
        let line = line.replace("{user}", self.site.user).replace("{root}", &self.site.root);
        let line = &line.replace("{top}", top);
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (verb, how) = word.split_once('/').unwrap_or((word, "pasv"));
        match verb {
            "C" => self.send(&[bytes(rest), b"\r\n".to_vec()].concat()),
            "B" => self.send(&bytes(rest)),
            "urgent" => self.urgent(&bytes(rest)),
            "answer" => self.answers(&bytes(rest)),
            "S" => {
                self.reply()?;
                let (codes, glob) = rest.split_once(' ').unwrap_or((rest, ""));
                self.has_code(codes)?;
                let last = self.said.last().map_or("", String::as_str);
                let text = last.get(4..).unwrap_or_default();
                check(glob.is_empty() || like(glob, text), || format!("{last:?} came"))
            }
            "L" => self.says(rest, true),
            "N" => self.says(rest, false),
            "features" => self.features(),
            "one" => check(self.said.len() == 1, || format!("{:?} came", self.said)),
            "get" => self.transfer(rest, how).and_then(|()| self.got()),
            "put" => {
                let (command, content) = split_content(rest);
                self.transfer(command, how)?;
                self.put(content)
            }
            "fails" => {
                let (codes, command) = rest.split_once(' ').ok_or("codes and a command")?;
                if how != "open" {
                    self.connect(how)?;
                }
                self.send(&[&bytes(command), b"\r\n".as_slice()].concat())?;
                self.reply()?;
                if self.said[0].starts_with('1') {
                    self.reply()?;
                }
                self.data = None;
                self.has_code(codes)
            }
            "begin" => self.transfer(rest, how),
            "open" => self.connect(how),
            "slowly" => {
                let patience = self.site.patience * SLOWLY;
                self.control.get_ref().set_read_timeout(Some(patience)).map_err(of("the clock"))
            }
            "closed" => {
                let mut rest = Vec::new();
                let read = self.control.read_to_end(&mut rest);
                let reset = std::io::ErrorKind::ConnectionReset;
                let closed = read.map_or_else(|error| error.kind() == reset, |read| read == 0);
                check(closed, || format!("`{}` came, or it stays open", show(&rest)))
            }
            _ => self.data_word(verb, rest),
        }
    }

    /// The words about what goes over a data connection.
    fn data_word(&mut self, verb: &str, rest: &str) -> Done {
        match verb {
            "take" => self.take(),
            "some" => {
                let mut some = [0; 1];
                self.data().read_exact(&mut some).map_err(of("the data"))
            }
            "give" => self.data().write_all(&bytes(rest)).map_err(of("the data")),
            "end" => self.data().shutdown(Shutdown::Write).map_err(of("the data")),
            "cut" => {
                self.data = None;
                Ok(())
            }
            "=" => {
                let wanted = bytes(rest);
                check(self.came == wanted, || format!("`{}` came", show(&self.came)))
            }
            "~" => self.lists(rest, true),
            "!~" => self.lists(rest, false),
            "lines" => {
                let lines = self.listed()?.len().to_string();
                check(lines == rest, || format!("`{}` came", show(&self.came)))
            }
            _ => self.disk_word(verb, rest),
        }
    }

    /// The words about what is on the disk.
    fn disk_word(&self, verb: &str, rest: &str) -> Done {
        match verb {
            "file" => {
                let (path, content) = split_content(rest);
                let name = bytes(path);
                let found =
                    fs::read(self.site.files.join(OsStr::from_bytes(&name))).map_err(of(path))?;
                check(found == bytes(content), || format!("it holds `{}`", show(&found)))
            }
            "holds" => {
                let held = fs::read_dir(self.site.files.join("Own")).map_err(of("Own"))?.count();
                check(held.to_string() == rest, || format!("{held} are there"))
            }
            "no" => check(!self.site.files.join(rest).exists(), || "it is there".to_owned()),
            "dir" => check(self.site.files.join(rest).is_dir(), || "it is not there".to_owned()),
            _ => Err("no such word".to_owned()),
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> Done {
        self.control.get_mut().write_all(bytes).map_err(of("the control connection"))
    }

    fn urgent(&mut self, bytes: &[u8]) -> Done {
        let socket = SockRef::from(self.control.get_ref());
        let sent = socket.send_out_of_band(bytes).map_err(of("the control connection"))?;
        check(sent == bytes.len(), || format!("{sent} bytes went"))
    }

    pub(super) fn ask(&mut self, line: &str, codes: &str) -> Done {
        self.send(format!("{line}\r\n").as_bytes())?;
        self.reply()?;
        self.has_code(codes)
    }

    /// Hears a reply, and holds it to its form.
    pub(super) fn reply(&mut self) -> Done {
        self.said.clear();
        loop {
            let line = self.reply_line()?;
            let code = self.said.first().unwrap_or(&line).get(..3).unwrap_or_default().to_owned();
            if self.said.is_empty() {
                let [hundreds, tens, ones] = code.as_bytes() else {
                    return Err(format!("{line:?} came"));
                };
                let well = matches!(hundreds, b'1'..=b'5')
                    && matches!(tens, b'0'..=b'5')
                    && ones.is_ascii_digit()
                    && matches!(line.as_bytes().get(3), None | Some(b' ' | b'-'));
                check(well, || format!("{line:?} is no reply"))?;
            }
            let begins_anew = !self.said.is_empty()
                && line.len() > 3
                && line.bytes().take(3).all(|byte| byte.is_ascii_digit())
                && !line.starts_with(&code);
            check(!begins_anew, || format!("{line:?} stands inside of a reply"))?;
            let last = line == code || line.starts_with(&format!("{code} "));
            self.said.push(line);
            if last {
                return Ok(());
            }
        }
    }

    fn reply_line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.control).take(BYTES_MAX);
        bounded.read_until(b'\n', &mut line).map_err(of("no reply"))?;
        let text = line.strip_suffix(b"\r\n").ok_or_else(|| match line.len() {
            0 => "the connection was closed".to_owned(),
            _ => format!("`{}` does not end in CR LF", show(&line)),
        })?;
        let clean = !text.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        check(clean, || format!("`{}` has an end inside", show(text)))?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Whether the last reply has one of these codes, in which an `x` is any digit.
    pub(super) fn has_code(&self, codes: &str) -> Done {
        let said = self.said.last().map_or("", String::as_str);
        let fits =
            codes.split('|').any(|code| like(&code.replace('x', "?"), said.get(..3).unwrap_or("")));
        check(fits, || format!("{said:?} came"))
    }

    fn says(&self, glob: &str, wanted: bool) -> Done {
        let said = self.said.iter().any(|line| like(glob, line));
        check(said == wanted, || format!("{:?} came", self.said))
    }

    /// These very bytes come next, and are no reply.
    fn answers(&mut self, wanted: &[u8]) -> Done {
        let mut came = vec![0; wanted.len()];
        self.control.read_exact(&mut came).map_err(of("no answer"))?;
        check(came == wanted, || format!("`{}` came", show(&came)))
    }

    /// The last reply has the form that RFC 2389, section 3.2, wants of FEAT.
    fn features(&self) -> Done {
        let well = match &self.said[..] {
            [first, inner @ .., last] => {
                let is_feature = |line: &String| {
                    line.strip_prefix(' ').is_some_and(|name| {
                        !name.is_empty() && !name.starts_with(' ') && !name.ends_with(' ')
                    })
                };
                first.starts_with("211-")
                    && last.eq_ignore_ascii_case("211 End")
                    && !inner.is_empty()
                    && inner.iter().all(is_feature)
            }
            _ => false,
        };
        check(well, || format!("{:?} came", self.said))
    }
}
