//! What the user-PI is told and asked, and what it answers: the values on both sides of
//! [`UserPi::handle`](super::UserPi::handle).
//!
//! No logic lives here beyond constructors and texts.

use std::fmt;
use std::net::SocketAddr;

use crate::wire::ftp::command::is_sayable;
use crate::wire::ftp::reply::Reply;

/// What happened outside the machine.
#[derive(Debug)]
pub enum Input<'a> {
    /// Bytes came on the control connection, cut anywhere.
    Received(&'a [u8]),
    /// The control connection has ended, by whichever side or failure.
    Closed,
    /// A task is wanted. One at a time: the next may come after [`Action::Finished`].
    Do(Task),
    /// The listener that [`Action::Listen`] asked for stands at this address, as the server sees
    /// it.
    Listening(SocketAddr),
    /// The data connection that [`Action::OpenData`] asked for is open.
    DataOpened,
    /// Every byte of the transfer went over the data connection, and it has ended cleanly.
    DataEnded {
        /// How many bytes that were.
        bytes: u64,
    },
    /// The data connection could not be opened, or broke, or what feeds or drains it failed.
    DataFailed,
    /// The user wants the task to stop.
    Interrupted,
    /// The control connection is under TLS, and the server is whom it should be: as
    /// [`Action::Secure`] wanted it, or from its first byte on (implicit TLS).
    Secured,
    /// What [`Action::Secure`] wanted has failed.
    SecureFailed,
}

/// What the driver of the machine has to do, in this order.
#[derive(Debug)]
pub enum Action {
    /// Send these bytes on the control connection.
    Send(Vec<u8>),
    /// Begin TLS on the control connection (RFC 4217, section 4), and verify the server; answered by
    /// [`Input::Secured`] or [`Input::SecureFailed`]. Nothing has come from the server behind its
    /// word to begin, nor may anything that comes in the clear be taken for a reply.
    Secure,
    /// Open a data connection to this address; answered by [`Input::DataOpened`] or
    /// [`Input::DataFailed`].
    OpenData(SocketAddr),
    /// Listen for one data connection from the server, on the control connection's own address;
    /// answered by [`Input::Listening`] or [`Input::DataFailed`].
    Listen,
    /// Read the data connection to its end; answered by [`Input::DataEnded`] or
    /// [`Input::DataFailed`]. Where the machine listens, the connection has to be accepted first.
    ReceiveData,
    /// Write everything there is to the data connection and close it; answered likewise.
    SendData,
    /// Close the data connection and the listener, whatever state they are in. Nothing more is to
    /// be said of them.
    CloseData,
    /// Close the control connection: nothing more can be done over it.
    CloseControl,
    /// The task is over.
    Finished(Result<Answer, ClientFault>),
}

/// A password: bytes that no log, no debug output and no error ever shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Hides `bytes`.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, for the one place that sends them.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// One thing that the user-PI can get done. Paths and names are bytes as the server spells them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// AUTH TLS (RFC 4217, section 4), before anything else is said. It waits for the greeting. A
    /// refusal leaves the connection as it is: whether to go on in the clear is the caller's choice.
    Secure,
    /// USER and PASS; under TLS, PBSZ and PROT P; and after the first success FEAT and OPTS UTF8. It
    /// waits for the greeting.
    Login {
        /// The account's name.
        user: Vec<u8>,
        /// Its password, sent only if the server asks for one.
        password: Secret,
    },
    /// RETR of a file (RFC 959, section 4.1.3).
    Retrieve {
        /// The file.
        path: Vec<u8>,
        /// Bytes from its start that are not wanted (REST), zero for the whole.
        offset: u64,
    },
    /// STOR or APPE to a file (RFC 959, section 4.1.3).
    Store {
        /// The file.
        path: Vec<u8>,
        /// Where the bytes go.
        start: StoreStart,
    },
    /// MLSD, LIST or NLST of a directory. MLSD becomes `LIST -a` or LIST where the server has no
    /// MLSD; the answer says which it was.
    List {
        /// The directory, or the current one.
        path: Option<Vec<u8>>,
        /// In which form.
        form: ListForm,
    },
    /// CWD.
    Cwd(Vec<u8>),
    /// CDUP.
    Cdup,
    /// PWD, answered by [`Answer::Directory`].
    Pwd,
    /// MKD.
    Mkd(Vec<u8>),
    /// RMD.
    Rmd(Vec<u8>),
    /// DELE.
    Dele(Vec<u8>),
    /// RNFR and RNTO.
    Rename {
        /// The name it has.
        from: Vec<u8>,
        /// The name it gets.
        to: Vec<u8>,
    },
    /// SIZE in TYPE I (RFC 3659, section 4), answered by [`Answer::Size`].
    Size(Vec<u8>),
    /// NOOP.
    Noop,
    /// A command line without its end, sent as it is: one that opens no data connection. Every
    /// final reply but 421 is an answer.
    Raw(Vec<u8>),
    /// QUIT.
    Quit,
}

impl Task {
    /// True when every name and password in it fits on a command line: without CR, LF and NUL.
    /// A name with a line end would be a second command.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        match self {
            Self::Login { user, password } => is_sayable(user) && is_sayable(password.reveal()),
            Self::Rename { from, to } => is_sayable(from) && is_sayable(to),
            Self::List { path, .. } => path.as_deref().is_none_or(is_sayable),
            Self::Retrieve { path, .. }
            | Self::Store { path, .. }
            | Self::Cwd(path)
            | Self::Mkd(path)
            | Self::Rmd(path)
            | Self::Dele(path)
            | Self::Size(path)
            | Self::Raw(path) => is_sayable(path),
            Self::Secure | Self::Cdup | Self::Pwd | Self::Noop | Self::Quit => true,
        }
    }
}

/// Where the bytes of an upload go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreStart {
    /// They are the new content (STOR).
    Replace,
    /// They go on from this offset (REST, STOR).
    Restart(u64),
    /// They go behind what is there (APPE).
    Append,
}

/// The form of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    /// Facts and names (RFC 3659, section 7).
    Mlsd,
    /// Lines for people, mostly as `ls -l` prints them.
    List,
    /// The same by `LIST -a`: some servers leave names with a leading dot out of a plain LIST. It
    /// becomes a plain one where the server takes the option for a name.
    ListAll,
    /// Names alone.
    Nlst,
}

/// How data connections are made (RFC 959, section 3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataMode {
    /// The server listens: EPSV, and PASV where it has none.
    #[default]
    Passive,
    /// The client listens: PORT, or EPRT under IPv6.
    Active,
}

/// A task's good end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done, as this reply says.
    Done(Reply),
    /// PWD: the current directory.
    Directory(Vec<u8>),
    /// SIZE: bytes.
    Size(u64),
    /// A file went over, whole, and both sides say so.
    Transferred {
        /// Bytes that went over the data connection.
        bytes: u64,
        /// The server's last word on it.
        reply: Reply,
    },
    /// A listing came over, whole.
    Listed {
        /// In which form it came; LIST where MLSD was asked for and is not there.
        form: ListForm,
        /// Bytes that went over the data connection.
        bytes: u64,
    },
    /// AUTH TLS: the control connection is under TLS.
    Secured,
    /// QUIT: the session is over.
    Left,
}

/// A task's bad end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFault {
    /// The server answered that it did not, or will not, do it.
    Refused(Reply),
    /// The server has ended the session, and said why (421, or a refusal in place of a greeting).
    Closing(Reply),
    /// The control connection has ended without a word.
    Lost,
    /// The data connection could not be made.
    DataUnreachable,
    /// The data connection broke, though the server calls the transfer complete.
    DataLost,
    /// The server sent what can't be understood.
    Protocol(&'static str),
    /// Words came in the clear behind the server's word to begin TLS. They may be anybody's, put
    /// there so that they are taken for replies under TLS.
    Injected,
    /// TLS was to begin on the control connection, and did not.
    Unsecured,
    /// The control connection is under TLS, and the server does not want data connections to be.
    Unprotected(Reply),
    /// The user stopped it.
    Interrupted,
    /// A name or password holds a line end or NUL, which no FTP command can carry.
    Unsendable,
    /// Another task is still under way: the driver's mistake.
    Busy,
}

impl fmt::Display for ClientFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reply) => write!(f, "the server says: {}", spoken(reply)),
            Self::Closing(reply) => {
                write!(f, "the server has ended the session: {}", spoken(reply))
            }
            Self::Lost => f.write_str("the connection was lost"),
            Self::DataUnreachable => f.write_str("the data connection can't be opened"),
            Self::DataLost => f.write_str("the data connection broke"),
            Self::Protocol(what) => write!(f, "the server is not understood: {what}"),
            Self::Injected => f.write_str("words in the clear came behind the start of TLS"),
            Self::Unsecured => f.write_str("TLS did not begin"),
            Self::Unprotected(reply) => {
                write!(f, "the server keeps data connections in the clear: {}", spoken(reply))
            }
            Self::Interrupted => f.write_str("interrupted"),
            Self::Unsendable => f.write_str("a line end or NUL in a name can't be sent"),
            Self::Busy => f.write_str("another task is still under way"),
        }
    }
}

impl std::error::Error for ClientFault {}

/// A reply on one line of text, without characters that a terminal would obey.
fn spoken(reply: &Reply) -> String {
    let line = reply.lines().last().unwrap_or_default();
    let text: String = String::from_utf8_lossy(line)
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    format!("{} {}", reply.code(), text.trim())
}
