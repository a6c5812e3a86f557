//! `coracle guided`: the guided dialogue, from the client's side.
//!
//! It shows what the server says, and where the server wants an answer it takes a line from
//! standard input. What `DOWNLOAD FILE` brings goes into `download/` under the same name, and
//! nothing else the server says touches a file. The words are [`wire::guided`](crate::wire::guided)'s.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::address::{GUIDED_PORT, Site};
use super::arguments::Connection;
use super::download::{Download, local_name};
use super::exit::Exit;
use super::failure::Failure;
use super::input::{Lines, Said};
use super::interrupt::Interrupt;
use super::link::{CHUNK, Context, SecureFault, Stream, connect, is_time_out};
use super::security::{Demand, Security};
use super::terminal::{self, Output};
use crate::wire::guided::{Prompt, Request, write_answer};
use crate::wire::{Framer, Line};

/// Where downloads go.
const DIRECTORY: &str = "download";

/// Longest line of the server that is read, in bytes: a directory of many files is one line.
const LINE_MAX: usize = 16 * 1024 * 1024;

/// Holds the dialogue with `site` until the server ends it.
///
/// # Errors
/// No connection, one that ends before QUIT, or a download that could not be kept.
pub fn run(site: &Site, connection: &Connection) -> Result<(), Failure> {
    let port = site.port.unwrap_or(GUIDED_PORT);
    let security = Security::of(site, &connection.protection)?;
    let socket = connect(&site.host, port, connection.patience())?;
    let mut stream = Stream::plain(socket);
    // Where TLS may be had or not, there is no way here to ask for it.
    if matches!(security.demand(), Demand::Explicit | Demand::Implicit) {
        secure(&mut stream, &security, site, connection)
            .map_err(|failure| failure.about(site.to_string()))?;
    }
    let patience = Some(connection.patience());
    let socket = stream.socket();
    socket
        .set_read_timeout(patience)
        .and_then(|()| socket.set_write_timeout(patience))
        .map_err(|error| lost(&error))?;
    let mut talk = Talk {
        lines: Lines::new()?,
        output: Output::new(),
        reader: BufReader::with_capacity(CHUNK, stream),
        farewell: false,
        trouble: None,
    };
    talk.hold().map_err(|failure| failure.about(site.to_string()))
}

/// TLS before the first word.
fn secure(
    stream: &mut Stream,
    security: &Security,
    site: &Site,
    connection: &Connection,
) -> Result<(), Failure> {
    let peer = stream.socket().peer_addr().map_err(|error| lost(&error))?.ip().to_canonical();
    let context = Context::new(
        security.trust(),
        security.identity(),
        security.versions(site),
        &site.host,
        peer,
    )?;
    let interrupt = Interrupt::listen()
        .map_err(|error| Failure::new(Exit::Other, format!("no signals: {error}")))?;
    stream.secure(&context, &connection.pace(), &interrupt).map_err(SecureFault::into_failure)
}

/// The dialogue under way.
struct Talk {
    lines: Lines,
    output: Output,
    reader: BufReader<Stream>,
    /// QUIT has been said: the end is the end.
    farewell: bool,
    /// The first download that could not be kept.
    trouble: Option<Failure>,
}

/// What the server waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// One of the choices of a menu.
    Choice,
    /// A name.
    Name,
    /// A password.
    Password,
}

impl Talk {
    fn hold(&mut self) -> Result<(), Failure> {
        let mut too_many = false;
        while let Some(line) = self.line()? {
            self.output.line(&line)?;
            match Prompt::parse(&line) {
                Some(Prompt::Greeting | Prompt::Menu) => self.answer(Wanted::Choice)?,
                Some(Prompt::EnterPassword) => self.answer(Wanted::Password)?,
                Some(Prompt::EnterUsername | Prompt::EnterDirectory | Prompt::ChooseFile) => {
                    self.answer(Wanted::Name)?;
                }
                Some(Prompt::Sending { name, bytes }) => {
                    let name = name.into_owned();
                    self.receive(&name, bytes)?;
                }
                Some(Prompt::Terminated) => self.farewell = true,
                Some(Prompt::TooManyAttempts) => too_many = true,
                Some(
                    Prompt::LoginSuccessfully
                    | Prompt::LoginFailed
                    | Prompt::Directories(_)
                    | Prompt::Files(_)
                    | Prompt::NoSuchDirectory
                    | Prompt::NoDirectoryShown
                    | Prompt::NoSuchFile
                    | Prompt::Unreadable
                    | Prompt::NotUnderstood
                    | Prompt::LineTooLong
                    | Prompt::TimedOut
                    | Prompt::Changed
                    | Prompt::Busy
                    | Prompt::ShuttingDown,
                )
                | None => {}
            }
        }
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        if too_many {
            return Err(Failure::new(Exit::Login, "login refused"));
        }
        if !self.farewell {
            return Err(Failure::new(Exit::Connection, "the server has ended the dialogue"));
        }
        Ok(())
    }

    /// The server's next line, or none at the end.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut bytes = Vec::new();
        let most = LINE_MAX as u64 + 2;
        let count = (&mut self.reader).take(most).read_until(b'\n', &mut bytes);
        match count {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            // A server that is through may reset what it has already closed.
            Err(error) if self.farewell && !is_time_out(&error) => return Ok(None),
            Err(error) => return Err(lost(&error)),
        }
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        // The framer undoes Telnet. It is given one line, so that no raw byte behind it is taken.
        let mut framer = Framer::new(LINE_MAX);
        framer.push(&bytes);
        match framer.next_line() {
            Some(Line::Text(line)) => Ok(Some(line.to_vec())),
            Some(Line::TooLong) | None => {
                Err(Failure::new(Exit::Other, "the server's line is too long"))
            }
        }
    }

    /// Takes an answer from standard input to the server.
    fn answer(&mut self, wanted: Wanted) -> Result<(), Failure> {
        let said = if wanted == Wanted::Password && self.lines.is_terminal() {
            match rpassword::prompt_password("") {
                Ok(password) => Said::Line(password.into_bytes()),
                Err(_) => Said::End,
            }
        } else {
            self.lines.next("")?
        };
        let mut out = Vec::new();
        match said {
            Said::Line(line) => {
                self.farewell =
                    wanted == Wanted::Choice && Request::parse(&line) == Some(Request::Quit);
                write_answer(&line, &mut out);
            }
            Said::Nothing => {
                self.reader.get_mut().close();
                return Err(Failure::new(Exit::Interrupted, "interrupted"));
            }
            // Nothing more comes from the user, so the dialogue is led back to a menu and ended.
            Said::End if wanted == Wanted::Choice => {
                self.farewell = true;
                Request::Quit.write(&mut out);
            }
            Said::End => write_answer(b"", &mut out),
        }
        match self.reader.get_mut().say(&out) {
            // What the server said before it closed is still to be read.
            Ok(()) => Ok(()),
            Err(error) if is_time_out(&error) => Err(lost(&error)),
            Err(_) => Ok(()),
        }
    }

    /// Takes the content that was announced; where it can't be kept it is read all the same, for
    /// the dialogue goes on behind it.
    fn receive(&mut self, name: &[u8], bytes: u64) -> Result<(), Failure> {
        let mut download = match begin(name) {
            Ok(download) => Some(download),
            Err(failure) => {
                self.complain(failure);
                None
            }
        };
        let mut left = bytes;
        let mut chunk = vec![0; CHUNK];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let count = match self.reader.read(&mut chunk[..most]) {
                Ok(0) => {
                    let what = format!("the connection ended with {left} bytes still to come");
                    return Err(Failure::new(Exit::Connection, what));
                }
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(lost(&error)),
            };
            left -= count as u64;
            let written = match &mut download {
                Some(download) => download.write_all(&chunk[..count]),
                None => Ok(()),
            };
            if let Err(error) = written {
                download = None;
                self.complain(Failure::local(String::from_utf8_lossy(name), &error));
            }
        }
        if let Some(download) = download
            && let Err(failure) = download.commit()
        {
            self.complain(failure);
        }
        Ok(())
    }

    fn complain(&mut self, failure: Failure) {
        terminal::tell(&format!("coracle: not kept: {failure}"));
        self.trouble.get_or_insert(failure);
    }
}

fn begin(name: &[u8]) -> Result<Download, Failure> {
    let directory = Path::new(DIRECTORY);
    let path: PathBuf = directory.join(local_name(name)?);
    make_directory(directory)
        .map_err(|error| Failure::local(directory.display(), &error))
        .and_then(|()| Download::begin(&path, false, false))
}

fn make_directory(path: &Path) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn lost(error: &io::Error) -> Failure {
    if is_time_out(error) {
        Failure::new(Exit::TimeOut, "the server took too long").advise("--timeout SECONDS")
    } else if error.kind() == io::ErrorKind::InvalidData {
        Failure::new(Exit::Tls, format!("what the server says is no TLS: {error}"))
    } else {
        Failure::new(Exit::Connection, format!("the connection was lost: {error}"))
    }
}
