//! Certificates: made, named, read anew, and shown by clients.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{Protected, s_client, script, through};
use crate::support::{Setup, coracled, finish, noise, program};

/// A certificate for loopback and its key, as PEM.
fn certificate() -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate =
        CertificateParams::new(names).expect("names").self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// Who signs the certificates of clients.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("a certificate"))
    }

    /// Writes a client's certificate and key to `name`; returns its SHA-256.
    fn sign(&self, name: &Path) -> String {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.distinguished_name.push(DnType::CommonName, "a client");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        fs::write(name, certificate.pem() + &key.serialize_pem()).expect("a certificate");
        Sha256::digest(certificate.der()).iter().map(|byte| format!("{byte:02X}")).collect()
    }
}

/// The SHA-256 of the certificate that is shown at `address`.
fn shown_at(directory: &Path, address: SocketAddr) -> String {
    let run = script(
        directory,
        r"
connection = context().wrap_socket(socket.create_connection(address(sys.argv[1]), timeout=120))
print(hashlib.sha256(connection.getpeercert(True)).hexdigest())
",
        &[&address.to_string()],
    );
    run.text().trim().to_owned()
}

#[test]
fn one_is_made_at_first_start_and_stays() {
    let protected = Protected::start(Setup::usual());
    let here = TempDir::new().unwrap();
    assert_eq!(shown_at(here.path(), protected.ftps), protected.fingerprint);
    let data = protected.server.data();
    let mode = fs::metadata(data.join("Key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let openssl = |arguments: &[&str]| {
        let file = protected.certificate();
        let mut openssl = program("openssl", here.path());
        finish(openssl.args(["x509", "-noout", "-in", &file]).args(arguments)).well()
    };
    let print = openssl(&["-fingerprint", "-sha256"]).text().trim().to_owned();
    let print = print.split_once('=').unwrap().1.replace(':', "").to_lowercase();
    assert_eq!(print, protected.fingerprint);
    for (arguments, wanted) in [
        (&["-checkip", "127.0.0.1"][..], "does match"),
        (&["-checkip", "::1"], "does match"),
        (&["-checkhost", "localhost"], "does match"),
        (&["-checkend", "100000000"], "will not expire"),
    ] {
        let said = openssl(arguments);
        assert!(said.text().contains(wanted), "{}", said.text());
    }
    let checked = finish(coracled().arg("check").arg("--data").arg(&data)).well();
    let line = format!("certificate sha256 {}", protected.fingerprint);
    assert!(checked.text().lines().any(|said| said == line), "{}", checked.text());
}

#[test]
fn named_ones_are_read_and_what_is_wrong_with_them_is_said() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let ((first, key), (_, other_key)) = (certificate(), certificate());
    for (name, text) in [("first.pem", &first), ("first.key", &key), ("other.key", &other_key)] {
        fs::write(path(name), text).unwrap();
    }
    fs::write(path("both.pem"), format!("{key}{first}")).unwrap();
    fs::write(path("text.pem"), "Ahoy\n").unwrap();
    let mut server = Setup::usual()
        .flag("--tls-cert", &path("first.pem"))
        .flag("--tls-key", &path("first.key"))
        .start();
    let print = server.announced("certificate sha256");
    assert!(!server.data().join("Certificate.pem").exists());
    let mut server = Setup::usual().flag("--tls-cert", &path("both.pem")).start();
    assert_eq!(server.announced("certificate sha256"), print);

    let setup = Setup::usual().client("camera", &format!("$cert$sha256:{print}")).written();
    let mut check = coracled();
    check.arg("check").arg("--data").arg(setup.data());
    assert!(finish(&mut check).well().err.contains("--client-ca"));
    for (flags, words) in [
        (&["--tls-cert", "none.pem"][..], &["none.pem", "can't be read"][..]),
        (&["--tls-cert", "first.pem"], &["first.pem", "holds no private key"]),
        (&["--tls-cert", "text.pem", "--tls-key", "first.key"], &["text.pem", "no certificate"]),
        (
            &["--tls-cert", "first.pem", "--tls-key", "other.key"],
            &["other.key", "does not go with", "first.pem"],
        ),
        (&["--tls-cert", "both.pem", "--client-ca", "text.pem"], &["text.pem", "no certificate"]),
    ] {
        for check in [&[][..], &["check"]] {
            let mut command = coracled();
            command.current_dir(place.path()).arg("--data").arg(setup.data()).args(flags);
            command.args(["--listen", "127.0.0.1:0", "--guided", "127.0.0.1:0"]).args(check);
            let refused = finish(&mut command);
            assert!(refused.code.is_some_and(|code| code != 0), "{refused:?}");
            for word in words {
                assert!(refused.err.contains(word), "{word} is not in {}", refused.err);
            }
        }
    }
}

#[test]
fn a_new_one_is_taken_up_and_a_bad_one_is_not_while_transfers_run() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let ((first, first_key), (second, second_key)) = (certificate(), certificate());
    for (name, text) in [
        ("now.pem", first + &first_key),
        ("second.pem", second + &second_key),
        ("bad.pem", second_key),
    ] {
        fs::write(path(name), text).unwrap();
    }
    let bytes = noise(24 << 20, 45);
    let protected = Protected::start(
        Setup::usual().file("Movies/film", &bytes).flag("--tls-cert", &path("now.pem")),
    );
    let wanted: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let run = script(
        place.path(),
        r"
explicit, implicit, pid, log, wanted = sys.argv[1:]
def shown():
    connection = socket.create_connection(address(implicit), timeout=120)
    return hashlib.sha256(context().wrap_socket(connection).getpeercert(True)).hexdigest()
def reload(name):
    os.replace(name, 'now.pem')
    os.kill(int(pid), signal.SIGHUP)
ftp = Client(False, True, context())
ftp.connect(*address(explicit))
ftp.login('user1', '1234')
ftp.prot_p()
ftp.voidcmd('TYPE I')
other = Client(False, False, context())
other.connect(*address(explicit))
other.login('user1', '1234')
other.prot_p()
film = ftp.transfercmd('RETR Movies/film')
digest = hashlib.sha256(film.recv(100000))
first = shown()
reload('second.pem')
second = first
while second == first:
    second = shown()
digest.update(film.recv(100000))
reload('bad.pem')
while 'the old certificate is kept' not in open(log).read():
    shown()
assert shown() == second
# Who does not resume is shown what its control connection was shown.
data = other.transfercmd('NLST')
assert hashlib.sha256(data.getpeercert(True)).hexdigest() == first
while data.recv(1000):
    pass
data.unwrap()
data.close()
assert other.voidresp()[:3] == '226'
other.quit()
while part := film.recv(1 << 16):
    digest.update(part)
film.unwrap()
film.close()
assert ftp.voidresp()[:3] == '226'
assert digest.hexdigest() == wanted
# The session that was there before resumes its own, which the new certificate knows nothing of.
assert len(ftp.nlst()) == 3
ftp.quit()
print(second)
",
        &[
            &protected.server.ftp.to_string(),
            &protected.ftps.to_string(),
            &protected.server.pid().to_string(),
            &protected.server.log_file().display().to_string(),
            &wanted,
        ],
    );
    let log = protected.server.log();
    assert!(log.contains(&format!("read anew: sha256 {}", run.text().trim())), "{log}");
    assert!(log.contains("now.pem holds no certificate"), "{log}");
}

#[test]
fn clients_log_in_by_certificates() {
    let place = TempDir::new().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let (ours, theirs) = (Authority::new(), Authority::new());
    fs::write(path("ca.pem"), ours.0.pem()).unwrap();
    let known = ours.sign(&place.path().join("known.pem"));
    ours.sign(&place.path().join("other.pem"));
    theirs.sign(&place.path().join("foreign.pem"));
    let setup = Setup::usual()
        .client("camera", &format!("$cert$sha256:{known}"))
        .grant("camera", "Own", "rwd")
        .flag("--client-ca", &path("ca.pem"));
    let protected = Protected::start(setup);
    let curl = |certificate: Option<&str>, login: &str| {
        let mut curl = program("curl", place.path());
        curl.args(["--silent", "--show-error", "--max-time", "120", "--noproxy", "*"])
            .args(["--ssl-reqd", "--cacert", &protected.certificate(), "--user", login])
            .args(certificate.iter().flat_map(|file| ["--cert", file]))
            .args(["--list-only", &format!("ftp://{}/", protected.server.ftp)]);
        finish(&mut curl)
    };
    assert_eq!(curl(Some("known.pem"), "camera:").well().text().trim(), "Own");
    assert_eq!(curl(Some("known.pem"), "camera:anything").well().text().trim(), "Own");
    // It is no proof of being somebody else, and nobody has to show one.
    for certificate in [Some("known.pem"), Some("other.pem"), None] {
        assert_eq!(curl(certificate, "user1:1234").well().text().lines().count(), 3);
        assert_eq!(curl(certificate, "user1:").code, Some(67));
    }
    for certificate in [Some("other.pem"), None] {
        assert_eq!(curl(certificate, "camera:").code, Some(67), "the login is denied");
    }
    // A certificate of somebody else's making ends the handshake.
    let code = curl(Some("foreign.pem"), "user1:1234").code;
    assert!(code.is_some_and(|code| code != 0 && code != 67), "{code:?}");

    script(
        place.path(),
        r"
shown = context()
shown.load_cert_chain('known.pem')
ftp = Client(True, True, shown)
ftp.connect(*address(sys.argv[1]))
assert ftp.sendcmd('USER camera')[:3] == '232'
ftp.prot_p()
assert ftp.storbinary('STOR Own/picture', io.BytesIO(b'click'))[:3] == '226'
ftp.quit()
",
        &[&protected.ftps.to_string()],
    );
    assert_eq!(protected.server.content("Own/picture"), b"click");

    // Whoever comes to its data connection with another certificate, or with none, is not it (RFC
    // 4217, section 15.1.2).
    script(
        place.path(),
        r"
def showing(certificate, version):
    made = context(None, version)
    if certificate:
        made.load_cert_chain(certificate)
    return made
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    ftp = Client(True, False, showing('known.pem', version))
    ftp.connect(*address(sys.argv[1]))
    assert ftp.sendcmd('USER camera')[:3] == '232'
    ftp.prot_p()
    for certificate, code in (('other.pem', '522'), (None, '522'), ('known.pem', '226')):
        ftp.context = showing(certificate, version)
        try:
            data = ftp.transfercmd('STOR Own/stolen')
            data.sendall(b'mine')
            data.unwrap()
            data.close()
        except (OSError, ssl.SSLError):
            pass
        said = ftp.getresp()[:3] if code == '226' else refused(ftp.getresp)
        assert said == code, (version, certificate, said)
    assert refused(ftp.sendcmd, 'SIZE Own/none') == '550'
    ftp.sendcmd('DELE Own/stolen')
    ftp.quit()
",
        &[&protected.ftps.to_string()],
    );

    let guided = |file: &str| {
        let mut command = s_client(place.path(), &protected.certificate(), protected.guided);
        let said = through(
            command.args(["-cert", file, "-key", file]),
            &["LOGIN", "camera", "QUIT", "QUIT"],
        );
        said.text().to_owned()
    };
    assert!(guided("known.pem").contains("Login Successfully"));
    assert!(!guided("other.pem").contains("Login Successfully"));
}
