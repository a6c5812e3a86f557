//! Certificates that tests make for themselves: nobody vouches for them.

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use sha2::{Digest, Sha256};

/// A self-signed certificate with its key.
pub(crate) struct Certificate {
    /// The certificate in PEM.
    pub(crate) pem: String,
    /// The key in PEM (PKCS #8, P-256).
    pub(crate) key: String,
    /// The certificate in DER.
    pub(crate) der: Vec<u8>,
    /// The key in DER.
    pub(crate) key_der: Vec<u8>,
}

impl Certificate {
    /// One for these names and addresses.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::made(names, IsCa::NoCa)
    }

    /// One as `openssl req -x509` makes them: an authority's, of which a server makes use itself.
    pub(crate) fn of_an_authority(names: &[&str]) -> Self {
        Self::made(names, IsCa::Ca(BasicConstraints::Unconstrained))
    }

    fn made(names: &[&str], is_ca: IsCa) -> Self {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut parameters = CertificateParams::new(names).expect("names for a certificate");
        parameters.is_ca = is_ca;
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("a certificate");
        Self {
            pem: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }

    /// One for this machine as it is reached over loopback.
    pub(crate) fn local() -> Self {
        Self::new(&["localhost", "127.0.0.1", "::1"])
    }

    /// The SHA-256 of the certificate, in hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> String {
        Sha256::digest(&self.der).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
