//! Where to connect to and as whom: `[user@]host[:port][/dir]` and `ftp://[user@]host[:port]/path`,
//! the latter also as `ftps://` and `ftpes://`.
//!
//! Pure text. Passwords are refused here: what stands in the arguments is seen by every user of
//! the machine.

use std::fmt;

/// The port of FTP (RFC 959).
pub const FTP_PORT: u16 = 21;

/// The port of FTP under TLS from the first byte on (IANA's `ftps`).
pub const FTPS_PORT: u16 = 990;

/// The port of the guided dialogue.
pub const GUIDED_PORT: u16 = 2120;

/// A server, perhaps an account on it, perhaps a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// What the URL wants of TLS, where it is one.
    pub scheme: Scheme,
    /// The account's name, where one is given.
    pub user: Option<Vec<u8>>,
    /// A name or an address, IPv6 without its brackets.
    pub host: String,
    /// The port, where one is given.
    pub port: Option<u16>,
    /// What follows the first slash: relative to the directory of the login, unless it begins with
    /// a slash of its own (`host//etc` or `%2Fetc`). Empty for none.
    pub path: Vec<u8>,
}

/// What stands before `://`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// `ftp`, or no URL: the options say what is wanted of TLS.
    #[default]
    Ftp,
    /// `ftpes`: TLS is begun by AUTH, or nothing is done (explicit TLS, RFC 4217).
    Ftpes,
    /// `ftps`: TLS from the first byte on (implicit TLS).
    Ftps,
}

/// Text that names no site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressFault {
    /// No host.
    NoHost,
    /// A host with blanks, control characters or stray brackets and colons.
    BadHost,
    /// A port that is none.
    BadPort,
    /// A password in the arguments.
    Password,
    /// A percent sign without two hexadecimal digits behind it.
    BadEscape,
    /// Another scheme than `ftp`, `ftps` and `ftpes`.
    Scheme,
    /// A URL is wanted, and this is none.
    NotAUrl,
}

impl fmt::Display for AddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHost => "no host is given; write [user@]host[:port][/dir]",
            Self::BadHost => "that is no host; IPv6 addresses go into brackets, as in [::1]:2121",
            Self::BadPort => "the port is no number from 1 to 65535",
            Self::Password => {
                "passwords don't belong into arguments, where every user of the machine sees them; \
                 use CORACLE_PASSWORD, ~/.netrc or the prompt"
            }
            Self::BadEscape => "a % in a URL needs two hexadecimal digits; % itself is %25",
            Self::Scheme => "only ftp://, ftps:// and ftpes:// are understood",
            Self::NotAUrl => "a URL is needed, such as ftp://user@host/path",
        })
    }
}

impl std::error::Error for AddressFault {}

impl Site {
    /// Reads either form.
    ///
    /// # Errors
    /// See [`AddressFault`].
    pub fn parse(text: &[u8]) -> Result<Self, AddressFault> {
        match Self::parse_url(text) {
            Err(AddressFault::NotAUrl) => Self::split(Scheme::Ftp, text, |part| Ok(part.to_vec())),
            other => other,
        }
    }

    /// Reads the URL form alone.
    ///
    /// # Errors
    /// See [`AddressFault`].
    pub fn parse_url(text: &[u8]) -> Result<Self, AddressFault> {
        let Some(colon) = text.windows(3).position(|window| window == b"://") else {
            return Err(AddressFault::NotAUrl);
        };
        let (scheme, rest) = (&text[..colon], &text[colon + 3..]);
        let known = [("ftp", Scheme::Ftp), ("ftpes", Scheme::Ftpes), ("ftps", Scheme::Ftps)];
        let known = known.iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name.as_bytes()));
        if let Some(&(_, scheme)) = known {
            Self::split(scheme, rest, decode)
        } else if !scheme.is_empty() && scheme.iter().all(u8::is_ascii_alphanumeric) {
            Err(AddressFault::Scheme)
        } else {
            Err(AddressFault::NotAUrl)
        }
    }

    /// The port that is meant where none is given.
    #[must_use]
    pub const fn port_or_usual(&self) -> u16 {
        match (self.port, self.scheme) {
            (Some(port), _) => port,
            (None, Scheme::Ftp | Scheme::Ftpes) => FTP_PORT,
            (None, Scheme::Ftps) => FTPS_PORT,
        }
    }

    fn split(
        scheme: Scheme,
        text: &[u8],
        decode: impl Fn(&[u8]) -> Result<Vec<u8>, AddressFault>,
    ) -> Result<Self, AddressFault> {
        let slash = text.iter().position(|&byte| byte == b'/');
        let (authority, path) = match slash {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, &[][..]),
        };
        // The last @, for account names may be mail addresses.
        let (user, server) = match authority.iter().rposition(|&byte| byte == b'@') {
            Some(at) => (Some(&authority[..at]), &authority[at + 1..]),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(&b':')) {
            return Err(AddressFault::Password);
        }
        let (host, port) = host_and_port(server)?;
        let user = user.filter(|user| !user.is_empty()).map(&decode).transpose()?;
        Ok(Self { scheme, user, host, port, path: decode(path)? })
    }
}

impl fmt::Display for Site {
    /// `user@host:port`, with the user and port left out where they are not given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{}@", String::from_utf8_lossy(user))?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

fn host_and_port(server: &[u8]) -> Result<(String, Option<u16>), AddressFault> {
    let server = str::from_utf8(server).map_err(|_| AddressFault::BadHost)?;
    let (host, port) = if let Some(rest) = server.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(AddressFault::BadHost)?;
        match rest.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if rest.is_empty() => (host, None),
            None => return Err(AddressFault::BadHost),
        }
    } else {
        match server.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err(AddressFault::BadHost),
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        }
    };
    if host.is_empty() {
        return Err(AddressFault::NoHost);
    }
    let stray = |c: char| c.is_control() || c.is_whitespace() || "[]@\\\"'<>".contains(c);
    if host.contains(stray) || host.starts_with('-') {
        return Err(AddressFault::BadHost);
    }
    let port = match port {
        None => None,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let number = digits.parse().map_err(|_| AddressFault::BadPort)?;
            Some(number).filter(|&port| port != 0).map(Some).ok_or(AddressFault::BadPort)?
        }
        Some(_) => return Err(AddressFault::BadPort),
    };
    Ok((host.to_owned(), port))
}

/// Undoes percent-encoding (RFC 3986, section 2.1).
fn decode(text: &[u8]) -> Result<Vec<u8>, AddressFault> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let [high, low, after @ ..] = rest else { return Err(AddressFault::BadEscape) };
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(AddressFault::BadEscape);
        let value = digit(*high)? * 16 + digit(*low)?;
        out.push(u8::try_from(value).map_err(|_| AddressFault::BadEscape)?);
        rest = after;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(user: Option<&str>, host: &str, port: Option<u16>, path: &str) -> Site {
        Site {
            scheme: Scheme::Ftp,
            user: user.map(|user| user.as_bytes().to_vec()),
            host: host.to_owned(),
            port,
            path: path.as_bytes().to_vec(),
        }
    }

    #[test]
    fn reads_both_forms() {
        for (text, expected) in [
            ("host", site(None, "host", None, "")),
            ("user1@host:2121/Movies", site(Some("user1"), "host", Some(2121), "Movies")),
            ("me@mail.example@host//etc", site(Some("me@mail.example"), "host", None, "/etc")),
            ("u@[::1]:2121", site(Some("u"), "::1", Some(2121), "")),
            ("[fe80::1%eth0]", site(None, "fe80::1%eth0", None, "")),
            ("ftp://host", site(None, "host", None, "")),
            ("FTP://a%40b@host/Free%20Fire", site(Some("a@b"), "host", None, "Free Fire")),
            ("ftp://host/%2Fetc/x", site(None, "host", None, "/etc/x")),
            ("ftp://[::1]/d/", site(None, "::1", None, "d/")),
            ("host/100%", site(None, "host", None, "100%")),
        ] {
            assert_eq!(Site::parse(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_scheme_says_what_is_wanted_of_tls() {
        for (text, scheme, port) in [
            ("host", Scheme::Ftp, 21),
            ("ftp://host", Scheme::Ftp, 21),
            ("FTPES://host", Scheme::Ftpes, 21),
            ("ftps://host", Scheme::Ftps, 990),
            ("ftps://host:2121/x", Scheme::Ftps, 2121),
        ] {
            let site = Site::parse(text.as_bytes()).unwrap();
            assert_eq!((site.scheme, site.port_or_usual()), (scheme, port), "{text}");
        }
    }

    #[test]
    fn refuses_with_a_reason() {
        for (text, fault) in [
            ("", AddressFault::NoHost),
            ("user@", AddressFault::NoHost),
            ("ftp:///x", AddressFault::NoHost),
            ("::1", AddressFault::BadHost),
            ("[::1", AddressFault::BadHost),
            ("ho st", AddressFault::BadHost),
            ("-oops", AddressFault::BadHost),
            ("host:0", AddressFault::BadPort),
            ("host:65536", AddressFault::BadPort),
            ("host:+1", AddressFault::BadPort),
            ("host:", AddressFault::BadPort),
            ("ftp://user:secret@host/", AddressFault::Password),
            ("user:secret@host", AddressFault::Password),
            ("ftp://host/%zz", AddressFault::BadEscape),
            ("ftp://host/%2", AddressFault::BadEscape),
            ("http://host/", AddressFault::Scheme),
            ("sftp://host/", AddressFault::Scheme),
        ] {
            assert_eq!(Site::parse(text.as_bytes()), Err(fault), "{text}");
        }
        assert_eq!(Site::parse_url(b"host/path"), Err(AddressFault::NotAUrl));
    }
}
