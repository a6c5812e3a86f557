//! TLS as the operator sets it: the flags, what they mean together, and from what new connections
//! are made.
//!
//! `serve` asks it at start and at each reload. It knows files through [`certificate`], and nothing of
//! sessions but the policy that they are given.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(feature = "ktls")]
use ::log::info;
use ::log::warn;
use clap::{Args, ValueEnum};

use super::arguments::{Arguments, seconds};
use super::certificate::{self, Certificate, Files};
use crate::channel::tls::{Acceptor, AcceptorFault, Options, Resumption};
use crate::session::Tls;
use crate::terms::UnixTime;

/// What an operator can say of TLS.
#[derive(Debug, Args)]
pub(super) struct TlsArguments {
    /// Whether clients may protect their connections, or have to: required means that nobody logs
    /// in and no data moves without TLS; guided ports in the clear must then be of loopback
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Policy::Optional)]
    pub(super) tls: Policy,

    /// Address for FTP that begins with TLS (implicit TLS); may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(super) listen_tls: Vec<SocketAddr>,

    /// Address for the guided dialogue under TLS; may be repeated
    #[arg(long, value_name = "ADDR")]
    pub(super) guided_tls: Vec<SocketAddr>,

    /// PEM file with the certificate, and those that lead to its root [default: Certificate.pem in
    /// the data directory, which is made, self-signed, if it is missing]
    #[arg(long, value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,

    /// PEM file with the certificate's private key [default: the certificate's file]
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,

    /// PEM file with certificates. Clients are asked for one that is signed by one of these, and may
    /// log in by it where Credentials says so
    #[arg(long, value_name = "FILE")]
    pub(super) client_ca: Option<PathBuf>,

    /// Whether data connections can resume the TLS session of their control connection, by which
    /// they are nobody else's; require turns away those that do not
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Reuse::Prefer)]
    pub(super) tls_data_resumption: Reuse,

    /// Seconds for a TLS handshake
    #[arg(long, value_name = "SECS", default_value = "30", value_parser = seconds)]
    pub(super) handshake_timeout: Duration,
}

/// The values of `--tls`: there is none, whoever asks for it gets it, nothing goes without it. What
/// stood on each would be printed by `--help`, and spread all of that over three times the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Policy {
    Off,
    Optional,
    Required,
}

/// The values of `--tls-data-resumption`: data connections can't, can, or must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Reuse {
    Off,
    Prefer,
    Require,
}

/// TLS that can be served.
#[derive(Debug)]
pub(super) struct Served {
    /// What connections are made from.
    pub(super) acceptor: Acceptor,
    /// SHA-256 of the certificate, in hexadecimal.
    pub(super) fingerprint: String,
    /// What an operator should know.
    pub(super) warnings: Vec<String>,
}

impl TlsArguments {
    /// Refuses what contradicts itself, before anything is made.
    ///
    /// # Errors
    /// Which flags do, and what to do.
    pub(super) fn check(&self, guided: &[SocketAddr]) -> Result<(), String> {
        let implicit = [("listen-tls", &self.listen_tls), ("guided-tls", &self.guided_tls)];
        match self.tls {
            Policy::Off => {
                if let Some((name, _)) = implicit.iter().find(|(_, list)| !list.is_empty()) {
                    return Err(format!("--{name} needs TLS, and --tls is off"));
                }
                Ok(())
            }
            Policy::Optional => Ok(()),
            Policy::Required => match guided.iter().find(|address| !address.ip().is_loopback()) {
                Some(address) => Err(format!(
                    "the guided dialogue on {address} sends passwords in the clear, and --tls is \
                     required: use --guided-tls, an address of loopback for --guided, or --no-guided"
                )),
                None => Ok(()),
            },
        }
    }

    /// The policy that sessions are to keep; `is_served` says whether there is a certificate.
    pub(super) const fn policy(&self, is_served: bool) -> Tls {
        match self.tls {
            Policy::Required => Tls::Required,
            Policy::Optional if is_served => Tls::Optional,
            Policy::Optional | Policy::Off => Tls::Off,
        }
    }

    /// Whether TLS is to be served where it can be.
    pub(super) fn is_wanted(&self) -> bool {
        self.tls != Policy::Off
    }

    /// What is to be said of so many clients that are known by certificates, where nobody is asked for
    /// one.
    pub(super) fn warning(&self, known: usize) -> Option<String> {
        let asks = self.tls != Policy::Off && self.client_ca.is_some();
        (known > 0 && !asks).then(|| {
            format!(
                "{known} of the clients are known by certificates and can't log in: --client-ca \
                 says whose certificates to take"
            )
        })
    }

    /// What is wanted so plainly that there is no going on without TLS.
    const fn insists(&self) -> bool {
        matches!(self.tls, Policy::Required)
            || !self.listen_tls.is_empty()
            || !self.guided_tls.is_empty()
            || self.tls_cert.is_some()
            || self.client_ca.is_some()
    }

    /// The files that are read at start and at each reload, and that no client is to reach.
    pub(super) fn own_files(&self, data: &Path) -> Vec<PathBuf> {
        let Files { certificate, key } = self.files(data);
        [certificate, key].into_iter().chain(self.client_ca.clone()).collect()
    }

    fn files(&self, data: &Path) -> Files {
        match &self.tls_cert {
            Some(certificate) => Files::named(certificate, self.tls_key.as_deref()),
            None => Files::made(data),
        }
    }

    /// Reads certificate and key anew, and makes nothing.
    ///
    /// # Errors
    /// What is wrong with them, with the file.
    pub(super) fn load(&self, data: &Path) -> Result<Served, String> {
        let files = self.files(data);
        let certificate = files.read(today())?;
        let fingerprint = certificate.fingerprint();
        let Certificate { chain, key, warnings } = certificate;
        let roots = self.client_ca.as_deref().map(certificate::certificates).transpose()?;
        let options = Options {
            client_roots: roots,
            resumption: self.tls_data_resumption.into(),
            ..Options::default()
        };
        let acceptor = Acceptor::new(chain, key, options).map_err(|fault| {
            let file = match fault {
                AcceptorFault::Key(_) => Some(files.key.as_path()),
                AcceptorFault::Certificate(_) => Some(files.certificate.as_path()),
                AcceptorFault::ClientRoots(_) => self.client_ca.as_deref(),
            };
            let file = file.unwrap_or(data).display();
            match fault {
                AcceptorFault::Key(_) => {
                    let certificate = files.certificate.display();
                    format!("{file} does not go with {certificate}: {fault}")
                }
                AcceptorFault::Certificate(_) | AcceptorFault::ClientRoots(_) => {
                    format!("{file}: {fault}")
                }
            }
        })?;
        Ok(Served { acceptor, fingerprint, warnings })
    }
}

/// TLS as it is to be served, or `None` where it is off or can't be had; the certificate is made if
/// none is named and none is there.
///
/// # Errors
/// What keeps TLS from being served though the operator insists on it, or though there is a
/// certificate.
pub(super) fn prepare(arguments: &Arguments, data: &Path) -> Result<Option<Served>, String> {
    let tls = &arguments.tls;
    tls.check(arguments.guided_in_the_clear())?;
    if tls.tls == Policy::Off {
        return Ok(None);
    }
    if tls.tls_cert.is_none()
        && let Err(reason) = tls.files(data).make_missing(&names(arguments), today())
    {
        if tls.insists() {
            return Err(format!("{reason}; name a certificate with --tls-cert, or see --tls"));
        }
        warn!("{reason}; going on without TLS: name a certificate with --tls-cert");
        return Ok(None);
    }
    tls.load(data).map(Some)
}

/// What would be served, for `coracled check`: `None` where TLS is off, or where the certificate is
/// still to be made. Nothing is.
///
/// # Errors
/// What would keep the server from starting.
pub(super) fn inspect(arguments: &Arguments, data: &Path) -> Result<Option<Served>, String> {
    let tls = &arguments.tls;
    tls.check(arguments.guided_in_the_clear())?;
    let files = tls.files(data);
    if tls.tls == Policy::Off || (tls.tls_cert.is_none() && !files.stand()) {
        return Ok(None);
    }
    tls.load(data).map(Some)
}

/// What the calendar says, while no loop runs that could be asked.
#[expect(clippy::disallowed_methods, reason = "certificates are looked at outside of the loop")]
fn today() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// What a certificate that is made is for: this machine, by its name and by the addresses that
/// clients are likely to know it by.
fn names(arguments: &Arguments) -> Vec<String> {
    let tls = &arguments.tls;
    let guided = arguments.guided_in_the_clear().iter();
    let bound = arguments.listen.iter().chain(&tls.listen_tls).chain(guided).chain(&tls.guided_tls);
    let mut names = Vec::new();
    let mut add = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let is_sayable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if !host.is_empty() && host.chars().all(is_sayable) {
        add(host);
    }
    add("localhost".to_owned());
    let told = arguments.told().unwrap_or_default();
    let addresses = bound.map(SocketAddr::ip).chain(told.addresses());
    for address in addresses.filter(|address| !address.is_unspecified()) {
        add(address.to_canonical().to_string());
    }
    for address in [IpAddr::from([127, 0, 0, 1]), IpAddr::from(std::net::Ipv6Addr::LOCALHOST)] {
        add(address.to_string());
    }
    names
}

impl From<Reuse> for Resumption {
    fn from(reuse: Reuse) -> Self {
        match reuse {
            Reuse::Off => Self::Off,
            Reuse::Prefer => Self::Prefer,
            Reuse::Require => Self::Require,
        }
    }
}

/// Has the kernel encrypt downloads where it can, and says whether it will. To be asked while there
/// still is the right to have the kernel load its module.
#[cfg(feature = "ktls")]
pub(super) fn look_for_seals(io: &mut crate::io::OsIo) {
    match io.look_for_seals() {
        Ok(suites) if !suites.is_empty() => {
            info!("kernel TLS: downloads, with {} of 6 suites", suites.len());
        }
        Ok(_) => info!("kernel TLS: none, this kernel takes no keys; downloads go without"),
        Err(error) => info!("kernel TLS: none ({error}); downloads go without"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["coracled"], words].concat()).unwrap()
    }

    fn checked(words: &[&str]) -> Result<(), String> {
        let arguments = arguments(words);
        arguments.tls.check(arguments.guided_in_the_clear())
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        assert!(checked(&[]).is_ok());
        assert!(checked(&["--tls", "required"]).is_ok(), "the guided port is of loopback");
        let open = ["--tls", "required", "--guided", "0.0.0.0:2120"];
        assert!(checked(&open).unwrap_err().contains("0.0.0.0:2120"));
        assert!(checked(&["--guided", "0.0.0.0:2120"]).is_ok());
        assert!(checked(&["--tls", "required", "--no-guided"]).is_ok());
        for flag in ["--listen-tls", "--guided-tls"] {
            assert!(checked(&["--tls", "off", flag, "127.0.0.1:0"]).unwrap_err().contains(flag));
        }
    }

    #[test]
    fn clients_that_can_not_log_in_are_warned_of() {
        let warned = |words: &[&str]| arguments(words).tls.warning(3).is_some();
        assert!(warned(&[]));
        assert!(warned(&["--client-ca", "ca.pem", "--tls", "off"]));
        assert!(!warned(&["--client-ca", "ca.pem"]));
        assert!(arguments(&[]).tls.warning(0).is_none());
    }

    #[test]
    fn names_are_those_that_clients_know_it_by() {
        let names = names(&arguments(&[
            "--listen",
            "0.0.0.0:21",
            "--listen-tls",
            "192.0.2.1:990",
            "--passive-address",
            "203.0.113.7",
            "--passive-address",
            "192.168.0.0/16=192.168.1.5",
        ]));
        for name in ["localhost", "192.0.2.1", "203.0.113.7", "192.168.1.5", "127.0.0.1", "::1"] {
            assert!(names.iter().any(|other| other == name), "{names:?}");
        }
        assert!(!names.iter().any(|other| other == "0.0.0.0"), "{names:?}");
    }

    #[test]
    fn without_a_place_for_a_certificate_only_who_does_not_insist_goes_on() {
        let nowhere = Path::new("/proc/self");
        let prepare = |words: &[&str]| prepare(&arguments(words), nowhere);
        assert!(matches!(prepare(&["--tls", "off"]), Ok(None)));
        assert!(matches!(prepare(&[]), Ok(None)));
        for words in [["--tls", "required"], ["--listen-tls", "127.0.0.1:0"]] {
            assert!(prepare(&words).unwrap_err().contains("/proc/self"));
        }
        let reason = prepare(&["--tls-cert", "/nonexistent/cert.pem"]).unwrap_err();
        assert!(reason.contains("/nonexistent/cert.pem can't be read"), "{reason}");
    }
}
