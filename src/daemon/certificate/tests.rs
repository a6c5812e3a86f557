//! Certificates made, read and refused.

use std::os::unix::fs::PermissionsExt;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;

/// 2026-11-21.
const TODAY: UnixTime = UnixTime(1_795_219_200);

fn names() -> Vec<String> {
    ["boat.example", "localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec()
}

fn write(directory: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_is_made_is_made_once_and_its_key_is_private() {
    let data = TempDir::new().unwrap();
    let files = Files::made(data.path());
    files.make_missing(&names(), TODAY).unwrap();
    let first = files.read(TODAY).unwrap();
    assert_eq!((first.chain.len(), first.warnings.len()), (1, 0));
    assert_eq!(first.fingerprint().len(), 64);
    assert_eq!(fs::metadata(&files.key).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 2);
    files.make_missing(&names(), TODAY).unwrap();
    assert_eq!(files.read(TODAY).unwrap().fingerprint(), first.fingerprint());
    // A certificate that was removed is made anew for the same key.
    fs::remove_file(&files.certificate).unwrap();
    files.make_missing(&names(), TODAY).unwrap();
    let second = files.read(TODAY).unwrap();
    assert_eq!(second.key, first.key);
    assert_ne!(second.fingerprint(), first.fingerprint());
    // A key is not.
    fs::remove_file(&files.key).unwrap();
    assert!(
        files.make_missing(&names(), TODAY).unwrap_err().contains("Certificate.pem has no key")
    );
}

#[test]
fn what_is_made_is_valid_for_years() {
    let data = TempDir::new().unwrap();
    let files = Files::made(data.path());
    files.make_missing(&names(), TODAY).unwrap();
    let own = files.read(TODAY).unwrap().chain.remove(0);
    let Validity { first, last } = Validity::of(&own).unwrap();
    assert!(first < TODAY && last.0 - TODAY.0 > 9 * 365 * DAY_SECS);
}

#[test]
fn many_that_start_at_once_have_one_certificate() {
    let data = TempDir::new().unwrap();
    let files = Files::made(data.path());
    let prints: Vec<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    files.make_missing(&names(), TODAY).unwrap();
                    files.read(TODAY).unwrap().fingerprint()
                })
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
}

#[test]
fn a_directory_that_can_not_be_written_is_named() {
    let nowhere = Files::made(Path::new("/proc/self"));
    let reason = nowhere.make_missing(&names(), TODAY).unwrap_err();
    assert!(reason.starts_with("/proc/self/Key.pem can't be made: "), "{reason}");
}

#[test]
fn keys_of_every_form_and_chains() {
    let place = TempDir::new().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names()).unwrap().self_signed(&key).unwrap().pem();
    let chain = write(&place, "chain.pem", &format!("A remark\n{certificate}\n{certificate}"));
    let key_file = write(&place, "key.pem", &key.serialize_pem());
    let read = Files::named(&chain, Some(&key_file)).read(TODAY).unwrap();
    assert_eq!((read.chain.len(), &read.key), (2, &key.serialize_der()));
    for form in ["RSA PRIVATE KEY", "EC PRIVATE KEY"] {
        let text = key.serialize_pem().replace("PRIVATE KEY", form);
        let key_file = write(&place, "other.pem", &text);
        assert!(Files::named(&chain, Some(&key_file)).read(TODAY).is_ok());
    }
    let both = write(&place, "both.pem", &format!("{}{certificate}", key.serialize_pem()));
    assert!(Files::named(&both, None).read(TODAY).is_ok());
}

#[test]
fn what_is_wrong_is_said_with_file_and_reason() {
    let place = TempDir::new().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names()).unwrap().self_signed(&key).unwrap().pem();
    let good = write(&place, "good.pem", &certificate);
    let key = write(&place, "key.pem", &key.serialize_pem());
    let text = write(&place, "text.pem", "no PEM at all\n");
    let broken = write(&place, "broken.pem", &certificate.replace("\nMII", "\n!MII"));
    let locked = write(
        &place,
        "locked.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    for (certificate, key, wanted) in [
        (&place.path().join("none.pem"), &key, "none.pem can't be read"),
        (&good, &place.path().join("none.key"), "none.key can't be read"),
        (&text, &key, "text.pem holds no certificate"),
        (&key, &key, "key.pem holds no certificate"),
        (&broken, &key, "broken.pem is no sound PEM"),
        (&good, &good, "good.pem holds no private key"),
        (&good, &text, "text.pem holds no private key"),
        (&good, &locked, "locked.pem is encrypted"),
    ] {
        let reason = Files::named(certificate, Some(key)).read(TODAY).unwrap_err();
        assert!(reason.contains(wanted), "{reason}");
    }
}

#[test]
fn time_and_permissions_are_warned_of() {
    let place = TempDir::new().unwrap();
    let key = KeyPair::generate().unwrap();
    let key_file = write(&place, "key.pem", &key.serialize_pem());
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
    for ((first, last), wanted) in [
        (((2020, 1, 1), (2026, 11, 20)), Some("expired 2 days ago")),
        (((2026, 12, 1), (2030, 1, 1)), Some("is not valid for another 11 days")),
        (((2026, 1, 1), (2026, 11, 30)), Some("expires within 10 days")),
        (((2026, 1, 1), (2027, 1, 1)), None),
        (((2026, 1, 1), (2051, 1, 1)), None),
    ] {
        let mut parameters = CertificateParams::new(names()).unwrap();
        parameters.not_before = date_time_ymd(first.0, first.1, first.2);
        parameters.not_after = date_time_ymd(last.0, last.1, last.2);
        let file = write(&place, "one.pem", &parameters.self_signed(&key).unwrap().pem());
        let warnings = Files::named(&file, Some(&key_file)).read(TODAY).unwrap().warnings;
        match wanted {
            Some(wanted) => {
                assert!(warnings.len() == 1 && warnings[0].contains(wanted), "{warnings:?}");
            }
            None => assert!(warnings.is_empty(), "{warnings:?}"),
        }
    }
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o644)).unwrap();
    let file = place.path().join("one.pem");
    let warnings = Files::named(&file, Some(&key_file)).read(TODAY).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("chmod 600"), "{warnings:?}");
}
