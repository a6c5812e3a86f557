//! Who is trusted, and who the client is: certificates and keys as files have them.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::client::security::Fingerprint;

/// Who is trusted.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Whom the system's authorities vouch for.
    System {
        /// And on loopback anybody else, too.
        even_unseen_on_loopback: bool,
    },
    /// Whom these vouch for.
    Authorities(Arc<Authorities>),
    /// Who has one of these certificates.
    Pinned(Arc<[Fingerprint]>),
    /// Anybody.
    Anybody,
}

/// Certificates of authorities.
#[derive(Debug)]
pub struct Authorities {
    /// At least one.
    pub(super) roots: Arc<RootCertStore>,
    /// The same, as they were given: one may be the server's own.
    pub(super) certificates: Vec<CertificateDer<'static>>,
}

/// A certificate of the client's own, with its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Trust {
    /// Those whose certificates are in `pem`.
    ///
    /// # Errors
    /// There is none, in words.
    pub fn authorities(pem: &[u8]) -> Result<Self, String> {
        let certificates = certificates(pem)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots
                .add(certificate.clone())
                .map_err(|error| format!("a certificate in it can't be used: {error}"))?;
        }
        Ok(Self::Authorities(Arc::new(Authorities { roots: Arc::new(roots), certificates })))
    }
}

impl Identity {
    /// The certificates in `pem`, the client's own first, and the key in `key`, which may be the same.
    ///
    /// # Errors
    /// Either is missing, in words.
    pub fn new(pem: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain = certificates(pem)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("there is no private key in PEM: {error}"))?;
        Ok(Self { chain, key })
    }

    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.chain.clone()
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// The system's authorities, as OpenSSL finds them (SSL_CERT_FILE and SSL_CERT_DIR among the ways),
/// read when they are first needed. There may be none.
pub(super) fn system() -> Arc<RootCertStore> {
    static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let load = || {
        let mut roots = RootCertStore::empty();
        // One of them that can't be read vouches for nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    };
    Arc::clone(SYSTEM.get_or_init(load))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("a certificate in it can't be read: {error}"))?;
    if certificates.is_empty() {
        return Err("there is no certificate in PEM".to_owned());
    }
    Ok(certificates)
}
