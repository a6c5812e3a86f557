//! Real clients, explicit and implicit, TLS 1.2 and 1.3: they log in, list, get and put.

use std::fs;

use tempfile::TempDir;

use super::{Protected, s_client, script, through};
use crate::support::{Setup, assert_same, finish, noise, program};

#[test]
fn curl_lists_gets_and_puts() {
    let bytes = noise(1_500_000, 41);
    let protected = Protected::start(Setup::usual().file("Movies/film", &bytes));
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("up"), &bytes).unwrap();
    let certificate = protected.certificate();
    let explicit = format!("ftp://{}", protected.server.ftp);
    let implicit = format!("ftps://{}", protected.ftps);
    for (number, (version, url)) in [
        (["--tls-max", "1.2"], &explicit),
        (["--tls-max", "1.3"], &explicit),
        (["--tls-max", "1.2"], &implicit),
        (["--tls-max", "1.3"], &implicit),
    ]
    .into_iter()
    .enumerate()
    {
        let curl = |protection: &str, arguments: &[&str]| {
            let mut curl = program("curl", here.path());
            curl.args(["--silent", "--show-error", "--max-time", "120", "--noproxy", "*"])
                .args([protection, "--cacert", &certificate, "--user", "user1:1234"])
                .args(version)
                .args(arguments);
            finish(&mut curl).well()
        };
        let names = curl("--ssl-reqd", &["--list-only", &format!("{url}/Movies/")]);
        assert_eq!(names.text().lines().collect::<Vec<_>>(), ["Joker", "film"]);
        assert_same(&curl("--ssl-reqd", &[&format!("{url}/Movies/film")]).out, &bytes);
        let name = format!("Own/up{number}");
        curl("--ssl-reqd", &["--upload-file", "up", &format!("{url}/{name}")]);
        assert_same(&protected.server.content(&name), &bytes);
        // With the data connections in the clear.
        let film = curl("--ftp-ssl-control", &[&format!("{explicit}/Movies/film")]);
        assert_same(&film.out, &bytes);
    }
}

#[test]
fn lftp_mirrors() {
    let bytes = noise(700_000, 42);
    let protected =
        Protected::start(Setup::usual().file("Movies/a/film", &bytes).file("Movies/b", b"b"));
    let certificate = protected.certificate();
    let explicit = format!("ftp://{}", protected.server.ftp);
    let implicit = format!("ftps://{}", protected.ftps);
    for (url, priority) in [
        (&explicit, "NORMAL"),
        (&explicit, "NORMAL:-VERS-TLS1.3"),
        (&implicit, "NORMAL"),
        (&implicit, "NORMAL:-VERS-TLS1.3"),
    ] {
        let here = TempDir::new().unwrap();
        let script = format!(
            "set cmd:fail-exit yes; set net:timeout 120; set net:max-retries 1; \
             set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate yes; \
             set ssl:ca-file {certificate}; set ssl:priority {priority}; \
             open -u user1,1234 {url}; cls -1 Movies; mirror --parallel=3 Movies here; \
             mirror -R here Own/back; bye"
        );
        let run = finish(program("lftp", here.path()).args(["--norc", "-c", &script])).well();
        assert_eq!(run.text().lines().take(3).count(), 3, "{}", run.text());
        assert_same(&fs::read(here.path().join("here/a/film")).unwrap(), &bytes);
        assert_same(&protected.server.content("Own/back/a/film"), &bytes);
        fs::remove_dir_all(protected.server.path("Own/back")).unwrap();
    }
}

#[test]
fn ftplib_resumes_sessions_or_does_not() {
    let bytes = noise(900_000, 43);
    let protected = Protected::start(Setup::usual().file("Movies/film", &bytes));
    let here = TempDir::new().unwrap();
    fs::write(here.path().join("wanted"), &bytes).unwrap();
    script(
        here.path(),
        r"
explicit, implicit, certificate = address(sys.argv[1]), address(sys.argv[2]), sys.argv[3]
wanted = open('wanted', 'rb').read()
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for is_implicit in (False, True):
        for resume in (False, True):
            ftp = Client(is_implicit, resume, context(certificate, version))
            ftp.connect(*(implicit if is_implicit else explicit))
            if not is_implicit:
                ftp.auth()
            ftp.login('user1', '1234', secure=False)
            ftp.prot_p()
            assert ftp.nlst('Movies') == ['Movies/Joker', 'Movies/film'], ftp.nlst('Movies')
            for turn in range(3):
                parts = []
                assert ftp.retrbinary('RETR Movies/film', parts.append)[:3] == '226'
                assert b''.join(parts) == wanted
            assert ftp.storbinary('STOR Own/out', io.BytesIO(wanted))[:3] == '226'
            assert ftp.size('Own/out') == len(wanted)
            lines = []
            ftp.dir(lines.append)
            assert len(lines) == 3, lines
            ftp.prot_c()
            assert len(ftp.nlst('Movies')) == 2
            ftp.quit()
",
        &[&protected.server.ftp.to_string(), &protected.ftps.to_string(), &protected.certificate()],
    );
    assert_same(&protected.server.content("Own/out"), &bytes);
}

#[test]
fn openssl_shakes_hands_in_both_versions() {
    let protected = Protected::start(Setup::usual());
    let here = TempDir::new().unwrap();
    let certificate = protected.certificate();
    let lines = ["USER user1", "PASS 1234", "PBSZ 0", "PROT P", "STAT", "PWD", "QUIT"];
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let explicit = through(
            s_client(here.path(), &certificate, protected.server.ftp).args([
                version,
                "-starttls",
                "ftp",
            ]),
            &lines,
        )
        .well();
        let implicit =
            through(s_client(here.path(), &certificate, protected.ftps).arg(version), &lines)
                .well();
        for said in [explicit.text(), implicit.text()] {
            assert!(said.contains("230 Logged in."), "{said}");
            assert!(said.contains(&format!("Protected by {name}, ")), "{said}");
            assert!(said.contains("221 Goodbye."), "{said}");
        }
    }
    // What RFC 8996 forbids is not to be had, however much a client lowers itself to it.
    for version in ["-tls1", "-tls1_1"] {
        let mut command = s_client(here.path(), &certificate, protected.ftps);
        let refused = through(command.args([version, "-cipher", "ALL:@SECLEVEL=0"]), &lines);
        assert!(refused.code != Some(0) && !refused.text().contains("220"), "{refused:?}");
        assert!(refused.err.contains(" alert "), "the server has turned it away: {refused:?}");
    }
}

#[test]
fn the_guided_dialogue_under_tls() {
    let bytes: Vec<u8> = noise(100_000, 44).into_iter().filter(u8::is_ascii_lowercase).collect();
    let protected = Protected::start(Setup::usual().file("Movies/film", &bytes));
    let here = TempDir::new().unwrap();
    let guided = through(
        &mut s_client(here.path(), &protected.certificate(), protected.guided),
        &["LOGIN", "user1", "1234", "DOWNLOAD FILE", "Movies/film", "QUIT"],
    )
    .well();
    let said = guided.text();
    let film = std::str::from_utf8(&bytes).unwrap();
    assert!(said.contains(&format!("Sending 'film' ({} bytes)\r\n{film}Please", bytes.len())));
    assert!(said.ends_with("Connection is terminated. You are logged out.\r\n"), "{said}");
}
