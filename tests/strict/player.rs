//! Plays the dialogues of this directory, line by line, and says which line a server misses.
//!
//! The files are the cases: `README.md` says how they are written. Each case has a session and a laid
//! out `Own` to itself. What the player holds a server to beyond the lines is the form of replies (RFC
//! 959, section 4.2), in every one that it hears. It knows sockets and files, and of no server more
//! than where it listens and what it serves; `loopback::strict` plays `coracled`, `peers::strict` the
//! others too.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use glob::Pattern;
use socket2::{Domain, SockRef, Socket, Type};

/// What a server may say in one reply, and send over one connection for data.
const BYTES_MAX: u64 = 64 << 20;

/// How much longer a reply may take that is held back on purpose.
const SLOWLY: u32 = 15;

/// When `Own/text` was last modified: 2020-02-29 12:34:56 UTC.
const TEXT_MODIFIED_SECS: u64 = 1_582_979_696;

/// The length of `Locked/large`: more than sockets hold, so that who does not read stops it.
const LARGE_BYTES: usize = 24 << 20;

/// Where a server is, and what it serves.
pub(crate) struct Site {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The account, whose password is `1234`.
    pub(crate) user: &'static str,
    /// What the account finds at its root: `Own`, where it may do everything, and `Locked`.
    pub(crate) files: PathBuf,
    /// What the server calls the root: nothing, or the path of the files where it shows that.
    pub(crate) root: String,
    /// Whom the files belong to, if not to who runs this.
    pub(crate) owner: Option<u32>,
    /// How long each reply may take.
    pub(crate) patience: Duration,
}

/// One case out of a file.
pub(crate) struct Case {
    /// The section of which RFC, or of what else.
    pub(crate) section: String,
    /// What it asks for.
    pub(crate) what: String,
    /// The file, and the line that it begins in.
    pub(crate) place: String,
    /// It begins before the login.
    stranger: bool,
    /// What is done and expected, with the number of the line.
    lines: Vec<(usize, String)>,
}

/// All cases of all files, in their order.
#[track_caller]
pub(crate) fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strict");
    let mut files: Vec<_> = fs::read_dir(directory)
        .expect("the directory of the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cases"))
        .collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

#[track_caller]
fn cases_of(file: &Path) -> Vec<Case> {
    let name = file.file_name().expect("a file").to_string_lossy().into_owned();
    let mut cases: Vec<Case> = Vec::new();
    let text = fs::read_to_string(file).expect("a file of cases");
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(title) = line.strip_prefix("case ") {
            let (section, what) = title.split_once(": ").expect("`case SECTION: WHAT`");
            cases.push(Case {
                section: section.to_owned(),
                what: what.to_owned(),
                place: format!("{name}:{number}"),
                stranger: false,
                lines: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a line behind a case");
        if line == "stranger" {
            case.stranger = true;
        } else {
            case.lines.push((number, line.to_owned()));
        }
    }
    cases
}

impl Site {
    /// Plays a case; what went wrong, and in which line.
    pub(crate) fn play(&self, case: &Case) -> Result<(), String> {
        self.lay_out();
        let mut play = Play::begin(self)?;
        if !case.stranger {
            play.log_in().map_err(|error| format!("the login: {error}"))?;
        }
        for (number, line) in &case.lines {
            play.line(line).map_err(|error| format!("line {number}, `{line}`: {error}"))?;
        }
        Ok(())
    }

    /// Gives `Own` its content, whatever the last case has left.
    fn lay_out(&self) {
        let own = self.files.join("Own");
        for entry in fs::read_dir(&own).expect("the directory of the account") {
            let path = entry.expect("an entry").path();
            let gone =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.expect("nothing is left over");
        }
        let bytes: Vec<u8> = (0..=255).collect();
        for (name, content) in [
            ("text", b"one\ntwo\nthree\n".as_slice()),
            ("bytes", &bytes),
            ("empty", b""),
            ("two words", b"spaced\n"),
            ("a[1].txt", b"literal\n"),
            ("dir/inner", b"in\n"),
            ("dir/sub/deep", b"deeper\n"),
        ] {
            let path = own.join(name);
            fs::create_dir_all(path.parent().expect("a path below")).expect("a directory");
            fs::write(&path, content).expect("a file");
        }
        fs::create_dir(own.join("hollow")).expect("an empty directory");
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(TEXT_MODIFIED_SECS);
        let text = fs::File::options().write(true).open(own.join("text")).expect("the text");
        text.set_modified(modified).expect("its time");
        let large = self.files.join("Locked/large");
        if !large.exists() {
            fs::write(large, vec![b'.'; LARGE_BYTES]).expect("a large file");
        }
        if let Some(owner) = self.owner {
            give(&own, owner);
        }
    }
}

fn give(path: &Path, owner: u32) {
    chown(path, Some(owner), Some(owner)).expect("only root has another server's files");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            give(&entry.expect("an entry").path(), owner);
        }
    }
}

/// One case under way.
struct Play<'a> {
    site: &'a Site,
    control: BufReader<TcpStream>,
    /// The last reply: its lines, without their ends.
    said: Vec<String>,
    data: Option<TcpStream>,
    /// What the last transfer brought.
    came: Vec<u8>,
}

type Done = Result<(), String>;

impl<'a> Play<'a> {
    fn begin(site: &'a Site) -> Result<Self, String> {
        let control = BufReader::new(dial_from(site, site.address)?);
        let mut play = Self { site, control, said: Vec::new(), data: None, came: Vec::new() };
        play.reply()?;
        play.has_code("220")?;
        Ok(play)
    }

    fn log_in(&mut self) -> Done {
        self.ask(&format!("USER {}", self.site.user), "331")?;
        self.ask("PASS 1234", "230")
    }

    fn line(&mut self, line: &str) -> Done {
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
            "slowly" => {
                let patience = self.site.patience * SLOWLY;
                self.control.get_ref().set_read_timeout(Some(patience)).map_err(of("the clock"))
            }
            "no" => check(!self.site.files.join(rest).exists(), || "it is there".to_owned()),
            "dir" => check(self.site.files.join(rest).is_dir(), || "it is not there".to_owned()),
            "closed" => {
                let mut rest = Vec::new();
                let read = self.control.read_to_end(&mut rest);
                let reset = std::io::ErrorKind::ConnectionReset;
                let closed = read.map_or_else(|error| error.kind() == reset, |read| read == 0);
                check(closed, || format!("`{}` came, or it stays open", show(&rest)))
            }
            _ => Err("no such word".to_owned()),
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Done {
        self.control.get_mut().write_all(bytes).map_err(of("the control connection"))
    }

    fn urgent(&mut self, bytes: &[u8]) -> Done {
        let socket = SockRef::from(self.control.get_ref());
        let sent = socket.send_out_of_band(bytes).map_err(of("the control connection"))?;
        check(sent == bytes.len(), || format!("{sent} bytes went"))
    }

    fn ask(&mut self, line: &str, codes: &str) -> Done {
        self.send(format!("{line}\r\n").as_bytes())?;
        self.reply()?;
        self.has_code(codes)
    }

    /// Hears a reply, and holds it to its form.
    fn reply(&mut self) -> Done {
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
    fn has_code(&self, codes: &str) -> Done {
        let said = self.said.last().map_or("", String::as_str);
        let fits =
            codes.split('|').any(|code| like(&code.replace('x', "?"), said.get(..3).unwrap_or("")));
        check(fits, || format!("{said:?} came"))
    }

    fn says(&self, glob: &str, wanted: bool) -> Done {
        let said = self.said.iter().any(|line| like(glob, line));
        check(said == wanted, || format!("{:?} came", self.said))
    }

    fn got(&mut self) -> Done {
        self.take()?;
        self.reply()?;
        self.has_code("226|250")
    }

    fn put(&mut self, content: &str) -> Done {
        self.data().write_all(&bytes(content)).map_err(of("the data"))?;
        self.data = None;
        self.reply()?;
        self.has_code("226|250")
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

    /// Makes the data connection that a word behind the slash names.
    fn connect(&mut self, how: &str) -> Done {
        self.data = None;
        match how {
            "pasv" => {
                self.ask("PASV", "227")?;
                let numbers = self.said[0].split(['(', ')']).nth(1).unwrap_or_default();
                let fields: Vec<u8> = numbers.split(',').filter_map(|n| n.parse().ok()).collect();
                let [a, b, c, d, high, low] = fields[..] else {
                    return Err(format!("{:?} came", self.said));
                };
                let port = u16::from_be_bytes([high, low]);
                self.data = Some(dial(self.site, (Ipv4Addr::new(a, b, c, d), port).into())?);
            }
            "epsv" => {
                self.ask("EPSV", "229")?;
                let port =
                    self.said[0].split("(|||").nth(1).and_then(|rest| rest.split("|)").next());
                let port = port.and_then(|port| port.parse().ok());
                let port: u16 = port.ok_or_else(|| format!("{:?} came", self.said))?;
                self.data = Some(dial(self.site, (Ipv4Addr::LOCALHOST, port).into())?);
            }
            _ => return Err("no such data connection".to_owned()),
        }
        Ok(())
    }

    /// Begins a transfer, up to its preliminary reply.
    fn transfer(&mut self, command: &str, how: &str) -> Done {
        let command = [bytes(command), b"\r\n".to_vec()].concat();
        let listener = match how {
            "port" | "eprt" | "default" => Some(self.listen(how)?),
            "open" => None,
            _ => {
                self.connect(how)?;
                None
            }
        };
        self.send(&command)?;
        self.reply()?;
        self.has_code("125|150")?;
        if let Some(listener) = listener {
            let (data, peer) = listener.accept().map_err(of("nobody comes"))?;
            let from_server = peer.ip() == self.site.address.ip();
            check(from_server, || format!("the data comes from {peer}"))?;
            data.set_read_timeout(Some(self.site.patience)).map_err(of("the data"))?;
            self.data = Some(data);
        }
        Ok(())
    }

    /// Listens for the server, and tells it where unless it knows.
    fn listen(&mut self, how: &str) -> Result<TcpListener, String> {
        if how == "default" {
            let own = self.control.get_ref().local_addr().map_err(of("a port"))?;
            let listener = reusable(own)?;
            listener.listen(1).map_err(of("a port"))?;
            listener.set_read_timeout(Some(self.site.patience)).map_err(of("a port"))?;
            return Ok(listener.into());
        }
        let listener = TcpListener::bind("127.0.0.1:0").map_err(of("a port"))?;
        let port = listener.local_addr().map_err(of("a port"))?.port();
        let [high, low] = port.to_be_bytes();
        let line = match how {
            "port" => format!("PORT 127,0,0,1,{high},{low}"),
            _ => format!("EPRT |1|127.0.0.1|{port}|"),
        };
        self.ask(&line, "200")?;
        Ok(listener)
    }

    fn data(&mut self) -> &mut TcpStream {
        self.data.as_mut().expect("a case opens what it uses")
    }

    fn take(&mut self) -> Done {
        self.came.clear();
        let data = self.data.take().expect("a case opens what it uses");
        data.take(BYTES_MAX).read_to_end(&mut self.came).map(drop).map_err(of("the data"))
    }

    /// The lines of the last transfer, each of which ends in CR LF.
    fn listed(&self) -> Result<Vec<String>, String> {
        let text = String::from_utf8_lossy(&self.came);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let whole = text.strip_suffix("\r\n").ok_or_else(|| format!("{text:?} came"))?;
        let lines: Vec<_> = whole.split("\r\n").map(str::to_owned).collect();
        check(!whole.replace("\r\n", "").contains(['\r', '\n']), || format!("{text:?} came"))?;
        Ok(lines)
    }

    fn lists(&self, glob: &str, wanted: bool) -> Done {
        let listed = self.listed()?.iter().any(|line| like(&glob, line));
        check(listed == wanted, || format!("`{}` came", show(&self.came)))
    }
}

fn dial(site: &Site, address: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect_timeout(&address, site.patience).map_err(of("a connection"))?;
    patient(site, &stream)?;
    Ok(stream)
}

/// A connection whose own port can be listened on while it is up: the default data port.
fn dial_from(site: &Site, address: SocketAddr) -> Result<TcpStream, String> {
    let socket = reusable((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.connect_timeout(&address.into(), site.patience).map_err(of("a connection"))?;
    let stream = TcpStream::from(socket);
    patient(site, &stream)?;
    Ok(stream)
}

fn reusable(address: SocketAddr) -> Result<Socket, String> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).map_err(of("a socket"))?;
    socket.set_reuse_address(true).map_err(of("a socket"))?;
    socket.bind(&address.into()).map_err(of("a port"))?;
    Ok(socket)
}

fn patient(site: &Site, stream: &TcpStream) -> Done {
    stream.set_read_timeout(Some(site.patience)).map_err(of("a connection"))?;
    stream.set_write_timeout(Some(site.patience)).map_err(of("a connection"))
}

fn split_content(rest: &str) -> (&str, &str) {
    rest.split_once(" =").map_or((rest, ""), |(command, content)| {
        (command, content.strip_prefix(' ').unwrap_or(content))
    })
}

fn check(holds: bool, came: impl FnOnce() -> String) -> Done {
    if holds { Ok(()) } else { Err(came()) }
}

fn of(what: &str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{what}: {error}")
}

fn like(glob: &str, text: &str) -> bool {
    let glob = String::from_utf8_lossy(&bytes(glob)).into_owned();
    Pattern::new(&glob).expect("a pattern in a case").matches(text)
}

fn show(bytes: &[u8]) -> String {
    bytes.iter().take(400).copied().collect::<Vec<_>>().escape_ascii().to_string()
}

/// The bytes that a line of a case spells: `\r`, `\n`, `\s` (a space), `\\`, `\xHH`.
fn bytes(spelt: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = spelt.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'r') => bytes.push(b'\r'),
            Some(b'n') => bytes.push(b'\n'),
            Some(b's') => bytes.push(b' '),
            Some(b'x') => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).expect("two digits in a case");
                bytes.push(u8::from_str_radix(&digits, 16).expect("two digits in a case"));
            }
            other => bytes.push(other.expect("something behind a backslash in a case")),
        }
    }
    bytes
}
