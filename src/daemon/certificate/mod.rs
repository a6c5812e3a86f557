//! The server's certificate and its key, and whose certificates are taken from clients: read from PEM
//! files, or made where there are none (`made`).
//!
//! What is wrong is said with the file and the reason. This room knows nothing of connections: from
//! what it has read [`tls`](super::tls) makes what they are made from.

#![expect(clippy::disallowed_methods, reason = "certificates are no served files")]

mod made;
mod validity;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustls_pki_types::pem::{PemObject, SectionKind};
use sha2::{Digest, Sha256};

use self::validity::Validity;
use crate::accounts::read_table;
use crate::terms::UnixTime;

/// The certificate that is made where none is named, in the data directory.
pub(super) const CERTIFICATE: &str = "Certificate.pem";

/// Its key.
pub(super) const KEY: &str = "Key.pem";

const DAY_SECS: i64 = 86_400;

/// An operator is warned of a certificate's end so long before it.
const NOTICE_DAYS: i64 = 14;

/// Where certificate and key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    /// The server's own certificate, and those that lead from it to a root, in this order.
    pub(super) certificate: PathBuf,
    /// Its key; may be the same file.
    pub(super) key: PathBuf,
}

/// What the files hold.
#[derive(Debug)]
pub(super) struct Certificate {
    /// In DER; the server's own first.
    pub(super) chain: Vec<Vec<u8>>,
    /// In DER, as PKCS#8, PKCS#1 or SEC1.
    pub(super) key: Vec<u8>,
    /// What an operator should know, and what need not keep anyone from serving.
    pub(super) warnings: Vec<String>,
}

impl Files {
    /// Those that are made in the data directory `data`.
    pub(super) fn made(data: &Path) -> Self {
        Self { certificate: data.join(CERTIFICATE), key: data.join(KEY) }
    }

    /// Those that the operator named. Without `key` it lies in the file of the certificate.
    pub(super) fn named(certificate: &Path, key: Option<&Path>) -> Self {
        Self { certificate: certificate.into(), key: key.unwrap_or(certificate).into() }
    }

    /// Makes both, for these names, unless they are there.
    ///
    /// # Errors
    /// They can't be written, or one is there without the other.
    pub(super) fn make_missing(&self, names: &[String], today: UnixTime) -> Result<(), String> {
        made::make_missing(self, names, today)
    }

    /// Whether either is there.
    pub(super) fn stand(&self) -> bool {
        [&self.certificate, &self.key].iter().any(|file| fs::exists(file).unwrap_or(true))
    }

    /// Reads both.
    ///
    /// # Errors
    /// A file can't be read, or does not hold what it should.
    pub(super) fn read(&self, today: UnixTime) -> Result<Certificate, String> {
        let chain = certificates(&self.certificate)?;
        let key = private_key(&self.key)?;
        let mut warnings = Vec::new();
        if let Some(own) = chain.first() {
            warnings.extend(warning(own, today).map(|reason| {
                format!("the certificate in {} {reason}", self.certificate.display())
            }));
        }
        if fs::metadata(&self.key).is_ok_and(|file| file.mode() & 0o004 != 0) {
            let key = self.key.display();
            warnings.push(format!("the key in {key} is readable by everybody: chmod 600 {key}"));
        }
        Ok(Certificate { chain, key, warnings })
    }
}

impl Certificate {
    /// SHA-256 of the server's own certificate, in hexadecimal: by this a client can know it.
    pub(super) fn fingerprint(&self) -> String {
        let own = self.chain.first().map(Vec::as_slice).unwrap_or_default();
        Sha256::digest(own).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The certificates in a PEM file, in DER; at least one.
///
/// # Errors
/// The file can't be read, is no PEM, or holds none.
pub(super) fn certificates(file: &Path) -> Result<Vec<Vec<u8>>, String> {
    let chain: Vec<_> = sections(file, "certificate")?
        .into_iter()
        .filter_map(|(kind, der)| (kind == SectionKind::Certificate).then_some(der))
        .collect();
    if chain.is_empty() {
        return Err(format!(
            "{} holds no certificate: PEM is wanted, with -----BEGIN CERTIFICATE-----",
            file.display()
        ));
    }
    Ok(chain)
}

/// The first private key in a PEM file, in DER.
fn private_key(file: &Path) -> Result<Vec<u8>, String> {
    let is_key = |kind: &SectionKind| {
        [SectionKind::PrivateKey, SectionKind::RsaPrivateKey, SectionKind::EcPrivateKey]
            .contains(kind)
    };
    let key = sections(file, "key")?.into_iter().find(|(kind, _)| is_key(kind));
    if let Some((_, der)) = key {
        return Ok(der);
    }
    let file_name = file.display();
    let text = read(file, "key")?;
    let is_encrypted = text.windows(9).any(|word| word == b"ENCRYPTED");
    Err(if is_encrypted {
        format!("the key in {file_name} is encrypted: decrypt it, as with `openssl pkey`")
    } else {
        format!("{file_name} holds no private key: PEM is wanted, with -----BEGIN PRIVATE KEY-----")
    })
}

/// What a PEM file holds, in its order.
fn sections(file: &Path, what: &str) -> Result<Vec<(SectionKind, Vec<u8>)>, String> {
    let text = read(file, what)?;
    <(SectionKind, Vec<u8>)>::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the {what} {} is no sound PEM: {error}", file.display()))
}

fn read(file: &Path, what: &str) -> Result<Vec<u8>, String> {
    read_table(file)
        .map_err(|error| format!("the {what} {} can't be read: {error}", file.display()))
}

/// What is to be said of a certificate's time.
fn warning(certificate: &[u8], today: UnixTime) -> Option<String> {
    let Validity { first, last } = Validity::of(certificate)?;
    let days = |from: UnixTime, to: UnixTime| (to.0 - from.0).div_euclid(DAY_SECS) + 1;
    if last < today {
        Some(format!("expired {} days ago; clients will refuse it", days(last, today)))
    } else if today < first {
        Some(format!("is not valid for another {} days", days(today, first)))
    } else if last.0 < today.0.saturating_add(NOTICE_DAYS * DAY_SECS) {
        Some(format!("expires within {} days", days(today, last)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
