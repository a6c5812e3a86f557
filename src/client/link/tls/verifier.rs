//! Whether a server is whom it should be: asked by rustls in the middle of each handshake that does
//! not resume an earlier one.
//!
//! Whoever is trusted, the server has to prove by a signature that it has the certificate's key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use super::trust::{self, Trust};
use crate::client::security::Fingerprint;

/// The verifier of one link.
#[derive(Debug)]
pub(super) struct Verifier {
    rule: Rule,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
enum Rule {
    /// An authority vouches for it.
    Chain {
        /// None where there is no authority at all.
        authorities: Option<Arc<WebPkiServerVerifier>>,
        /// Certificates that vouch for themselves.
        themselves: Vec<CertificateDer<'static>>,
        /// What can't be verified is noted, and goes on.
        forgiving: bool,
    },
    Pinned(Arc<[Fingerprint]>),
    Anybody,
}

#[derive(Debug, Default)]
struct Seen {
    /// What the control connection has shown.
    expected: Option<CertificateDer<'static>>,
    shown: Option<Fingerprint>,
    changed: bool,
    doubt: Option<String>,
}

impl Verifier {
    pub(super) fn new(trust: &Trust, provider: &Arc<CryptoProvider>, is_loopback: bool) -> Self {
        let chain = |roots: Arc<RootCertStore>| {
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build().ok()
        };
        let rule = match trust {
            Trust::System { even_unseen_on_loopback } => Rule::Chain {
                authorities: chain(trust::system()),
                themselves: Vec::new(),
                forgiving: *even_unseen_on_loopback && is_loopback,
            },
            Trust::Authorities(authorities) => Rule::Chain {
                authorities: chain(Arc::clone(&authorities.roots)),
                themselves: authorities.certificates.clone(),
                forgiving: false,
            },
            Trust::Pinned(pins) => Rule::Pinned(Arc::clone(pins)),
            Trust::Anybody => Rule::Anybody,
        };
        let algorithms = provider.signature_verification_algorithms;
        Self { rule, algorithms, seen: Mutex::default() }
    }

    /// Wants this certificate from now on.
    pub(super) fn expect(&self, certificate: &CertificateDer<'_>) {
        let mut seen = self.seen();
        if seen.expected.is_none() {
            seen.expected = Some(certificate.clone().into_owned());
        }
    }

    /// The certificate that was shown last.
    pub(super) fn shown(&self) -> Option<Fingerprint> {
        self.seen().shown
    }

    /// A data connection has shown another certificate than the control connection.
    pub(super) fn has_changed(&self) -> bool {
        self.seen().changed
    }

    /// Certificates are compared, and nobody is asked to vouch for them.
    pub(super) const fn pins(&self) -> bool {
        matches!(self.rule, Rule::Pinned(_))
    }

    /// Why the server could not be verified, if it was trusted all the same.
    pub(super) fn doubt(&self) -> Option<(String, Fingerprint)> {
        let seen = self.seen();
        seen.doubt.clone().zip(seen.shown)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let shown = Fingerprint::new(Sha256::digest(certificate).into());
        let mut seen = self.seen();
        seen.shown = Some(shown);
        if let Some(expected) = &seen.expected {
            seen.changed = expected != certificate;
            // What the control connection has shown was judged then.
            return if seen.changed { Err(refusal()) } else { Ok(()) };
        }
        match &self.rule {
            Rule::Anybody => Ok(()),
            Rule::Pinned(pins) if pins.contains(&shown) => Ok(()),
            Rule::Pinned(_) => Err(refusal()),
            Rule::Chain { authorities, themselves, forgiving } => {
                let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
                let verified = authorities.as_ref().map_or(Err(unknown), |authorities| {
                    authorities.verify_server_cert(certificate, intermediates, name, &[], now)
                });
                match verified {
                    Ok(_) => Ok(()),
                    Err(error)
                        if is_of_an_authority(&error) && themselves.contains(certificate) =>
                    {
                        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)
                    }
                    Err(Error::InvalidCertificate(why)) if *forgiving => {
                        seen.doubt = Some(reason(&why, name));
                        Ok(())
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(certificate, intermediates, name, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What is wrong with a certificate, in words.
#[expect(clippy::wildcard_enum_match_arm, reason = "rustls has many reasons, and more to come")]
pub(super) fn reason(why: &CertificateError, name: &ServerName<'_>) -> String {
    match why {
        CertificateError::UnknownIssuer => {
            "no authority that is known here has issued its certificate".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is not for {}", name.to_str())
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet".to_owned()
        }
        CertificateError::BadSignature => {
            "its certificate is not signed by the authority that it names".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        other if is_of_an_authority(&Error::InvalidCertificate(other.clone())) => {
            "its certificate is one of an authority that only vouches for itself".to_owned()
        }
        other => format!("its certificate is no good: {other}"),
    }
}

/// True for the one complaint about a certificate that was made as many make their own: marked as an
/// authority's, and used by the server itself. Its dates were looked at before. webpki says so in its
/// error, which rustls hands on as it is and does not name.
fn is_of_an_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(other))
        if format!("{other:?}").contains("CaUsedAsEndEntity"))
}

fn refusal() -> Error {
    Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
}
