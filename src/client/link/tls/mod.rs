//! TLS as the client speaks it: what all connections of one link share, and what is said when it
//! goes wrong.
//!
//! A [`Context`] belongs to one control connection and its data connections: they have their
//! sessions in common, so that a data connection resumes the control connection's session, by which
//! a server knows whose it is, and the same certificate. rustls is known in this room and in
//! [`stream`](super::stream) alone.

mod trust;
mod verifier;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error,
    SupportedProtocolVersion,
};

pub use self::trust::{Identity, Trust};
use self::verifier::Verifier;
use crate::client::exit::Exit;
use crate::client::failure::Failure;
use crate::client::security::Fingerprint;

/// Sessions that are kept of one server: as many tickets as rustls keeps of any. Each data
/// connection takes one and brings at least one.
const SESSIONS: usize = 8;

/// Which versions of TLS are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// 1.3, or 1.2 where the server has no other.
    All,
    /// 1.2, in which a session can be resumed as often as it takes. In 1.3 that takes a ticket each
    /// time, and servers exist that give two, no more, and refuse who comes without.
    Tls12,
}

const ONLY_1_2: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

/// What the connections of one link have in common.
pub struct Context {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    name: ServerName<'static>,
}

impl Context {
    /// For a server that is called `host` and was found at `peer`.
    ///
    /// # Errors
    /// A name that no certificate can have, or a certificate of ours that can't be used.
    pub fn new(
        trust: &Trust,
        identity: Option<&Arc<Identity>>,
        versions: Versions,
        host: &str,
        peer: IpAddr,
    ) -> Result<Self, Failure> {
        // What stands behind a % is a network interface of this machine.
        let bare = host.split('%').next().unwrap_or(host);
        let name = ServerName::try_from(bare.trim_end_matches('.').to_owned()).map_err(|_| {
            Failure::new(Exit::Tls, "that is no name that a certificate can have").about(host)
        })?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Arc::new(Verifier::new(trust, &provider, peer.is_loopback()));
        let unusable = |error: Error| {
            Failure::new(Exit::Tls, format!("the certificate can't be used: {error}"))
                .about("--cert")
                .advise("the key has to be the certificate's: --key FILE")
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(match versions {
                Versions::All => rustls::DEFAULT_VERSIONS,
                Versions::Tls12 => ONLY_1_2,
            })
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
        let mut config = match identity {
            Some(identity) => {
                config.with_client_auth_cert(identity.chain(), identity.key()).map_err(unusable)?
            }
            None => config.with_no_client_auth(),
        };
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        Ok(Self { config: Arc::new(config), verifier, name })
    }

    /// Why the server was trusted although its certificate could not be verified, where that was so,
    /// with the certificate's fingerprint.
    #[must_use]
    pub fn doubt(&self) -> Option<(String, Fingerprint)> {
        self.verifier.doubt()
    }

    /// A connection that has yet to say its first word.
    pub(super) fn begin(&self) -> Result<ClientConnection, Failure> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(|error| Failure::new(Exit::Tls, error.to_string()))
    }

    /// From now on, the server has the certificate that it showed in `tls`, and no other.
    pub(super) fn note(&self, tls: &ClientConnection) {
        if let Some([certificate, ..]) = tls.peer_certificates() {
            self.verifier.expect(certificate);
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is wrong with a server, as the user is told it.
#[expect(clippy::wildcard_enum_match_arm, reason = "rustls has many errors, and more to come")]
pub(super) fn explain(error: &Error, context: &Context) -> Failure {
    let failure = |what: String| Failure::new(Exit::Tls, what);
    match error {
        Error::InvalidCertificate(why) => mistrusted(why, context),
        Error::AlertReceived(alert) => {
            let failure = failure(format!("the server refuses TLS: {alert:?}"));
            match alert {
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
                | AlertDescription::HandshakeFailure => failure
                    .advise("it may want a certificate of yours, or another one: --cert FILE"),
                _ => failure,
            }
        }
        Error::PeerIncompatible(why) => failure(format!(
            "the server and this program have no kind of TLS in common ({why:?}); TLS 1.2 and 1.3 \
             are understood"
        )),
        error => failure(format!("what the server says is no TLS: {error}"))
            .advise("ftpes:// is for servers that want AUTH TLS, ftps:// for the others"),
    }
}

fn mistrusted(why: &CertificateError, context: &Context) -> Failure {
    let verifier = &context.verifier;
    let shown = verifier.shown().map_or_else(|| "unknown".to_owned(), |shown| shown.to_string());
    if verifier.has_changed() {
        let what = "the data connection shows another certificate than the control connection";
        return Failure::new(Exit::Tls, format!("{what}; its SHA-256 is {shown}"))
            .advise("somebody else may have taken the connection; nothing was sent over it");
    }
    if verifier.pins() {
        let what = format!("the server's certificate has another fingerprint: {shown}");
        return Failure::new(Exit::Tls, what)
            .advise("ask its operator whether that is the new one, and give it to --fingerprint");
    }
    let reason = verifier::reason(why, &context.name);
    Failure::new(
        Exit::Tls,
        format!("the server can't be trusted: {reason}; its certificate's SHA-256 is {shown}"),
    )
    .advise(
        "compare that with what its operator says, and give it to --fingerprint; or --ca FILE \
         with its authority; --insecure trusts anybody",
    )
}
