//! The certificate that is made at first start: self-signed, so that it is known by its fingerprint
//! alone, with a key on the curve P-256.
//!
//! Both files are written beside their names and renamed, the key first, with the data directory
//! locked: two servers that start at once over one directory have one certificate.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustix::fs::{FlockOperation, flock};

use super::{Files, read};
use crate::terms::UnixTime;
use crate::wire::ftp::facts::stamp14;

/// Years for which it is valid. Those who know it by its fingerprint would have to learn another.
const YEARS: i32 = 10;

/// Makes the files that are missing, for these names.
pub(super) fn make_missing(files: &Files, names: &[String], today: UnixTime) -> Result<(), String> {
    let directory = files.certificate.parent().unwrap_or(Path::new("."));
    let _lock = lock(directory);
    let key_stands = fs::exists(&files.key).unwrap_or(false);
    if fs::exists(&files.certificate).unwrap_or(false) {
        if key_stands {
            return Ok(());
        }
        return Err(format!(
            "{} has no key: put {} back, or remove the certificate to have both made anew",
            files.certificate.display(),
            files.key.display()
        ));
    }
    let failed = |what: &Path, error: &dyn std::fmt::Display| {
        format!("{} can't be made: {error}", what.display())
    };
    let key = if key_stands {
        // Its certificate was removed, or never came to be.
        let text = read(&files.key, "key")?;
        let text = String::from_utf8_lossy(&text);
        KeyPair::from_pem(&text).map_err(|error| failed(&files.certificate, &error))?
    } else {
        KeyPair::generate().map_err(|error| failed(&files.key, &error))?
    };
    let certificate = parameters(names, today)
        .and_then(|parameters| parameters.self_signed(&key))
        .map_err(|error| failed(&files.certificate, &error))?;
    if !key_stands {
        write(&files.key, key.serialize_pem().as_bytes(), 0o600)
            .map_err(|error| failed(&files.key, &error))?;
    }
    write(&files.certificate, certificate.pem().as_bytes(), 0o644)
        .map_err(|error| failed(&files.certificate, &error))
}

/// Some file systems lock no directory; there two that start at once may each make their own.
fn lock(directory: &Path) -> Option<File> {
    let directory = File::open(directory).ok()?;
    flock(&directory, FlockOperation::LockExclusive).ok()?;
    Some(directory)
}

fn parameters(names: &[String], today: UnixTime) -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name = DistinguishedName::new();
    let name = names.first().map_or("coracled", String::as_str);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // From the first of the year on: no clock of a client is that slow.
    let year =
        stamp14(today).iter().take(4).fold(0, |year, digit| year * 10 + i32::from(digit - b'0'));
    parameters.not_before = date_time_ymd(year, 1, 1);
    parameters.not_after = date_time_ymd(year + YEARS, 12, 31);
    Ok(parameters)
}

/// Puts a file in place when it is whole and on the disk. Where root makes it, it belongs to whom the
/// directory belongs to, for the server may become that one and has to read it again.
fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let fresh = directory.join(format!(".{name}.new"));
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&fresh)?;
        let (ours, theirs) = (file.metadata()?, fs::metadata(directory)?);
        if (ours.uid(), ours.gid()) != (theirs.uid(), theirs.gid()) {
            // Whoever is not root can't, and need not.
            let _ = fchown(&file, Some(theirs.uid()), Some(theirs.gid()));
        }
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    })();
    if written.is_err() {
        // The first error is the one worth telling.
        let _ = fs::remove_file(&fresh);
    }
    written
}
