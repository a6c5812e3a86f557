//! What the operator allows, and what an attacker tries before the handshake.

use std::fs;

use rustix::process::Signal;
use tempfile::TempDir;

use super::{Protected, s_client, script, through};
use crate::support::{Raw, Setup, coracled, finish, program, until};

#[test]
fn where_it_is_off_it_is_not_there() {
    let server = Setup::usual().flag("--tls", "off").start();
    let mut raw = Raw::connect(server.ftp);
    raw.expect("AUTH TLS", 502);
    let features = raw.expect("FEAT", 211).lines;
    assert!(!features.iter().any(|line| line.contains("AUTH")), "{features:?}");
    raw.login("user1", "1234");
    assert!(!server.data().join("Certificate.pem").exists());
}

#[test]
fn where_it_is_required_nothing_goes_without_it() {
    // AUTH SSL, as curl says it, protects data connections as well: when PROT C has been refused, curl
    // waits for a file in the clear, and the server for a handshake, which is the one to give up.
    let setup = Setup::usual().flag("--tls", "required").flag("--handshake-timeout", "5");
    let protected = Protected::start(setup);
    let here = TempDir::new().unwrap();
    let mut raw = Raw::connect(protected.server.ftp);
    raw.expect("USER user1", 530);
    raw.expect("PASS 1234", 530);
    raw.expect("EPSV", 530);
    let url = format!("ftp://{}/Movies/Joker", protected.server.ftp);
    let curl = |arguments: &[&str]| {
        let mut curl = program("curl", here.path());
        curl.args(["--silent", "--max-time", "120", "--noproxy", "*", "--user", "user1:1234"])
            .args(["--cacert", &protected.certificate(), &url])
            .args(arguments);
        finish(&mut curl)
    };
    assert_eq!(curl(&[]).code, Some(67), "the login is denied");
    assert_eq!(curl(&["--ssl-reqd"]).well().text(), "Why so small?\n");
    // PROT C, or no PROT at all.
    assert_ne!(curl(&["--ftp-ssl-control"]).code, Some(0));
    script(
        here.path(),
        r"
ftp = Client(False, False, context())
ftp.connect(*address(sys.argv[1]))
ftp.login('user1', '1234')
assert refused(ftp.nlst) == '522'
assert refused(ftp.retrbinary, 'RETR Movies/Joker', print) == '522'
assert refused(ftp.storbinary, 'STOR Own/a', io.BytesIO(b'a')) == '522'
ftp.voidcmd('PBSZ 0')
assert refused(ftp.voidcmd, 'PROT C') == '534'
ftp.prot_p()
assert len(ftp.nlst()) == 3
assert refused(ftp.voidcmd, 'CCC') == '534'
",
        &[&protected.server.ftp.to_string()],
    );
    assert_eq!(protected.server.names("Own").len(), 0);
}

#[test]
fn passwords_do_not_leave_the_machine_in_the_clear_where_it_is_required() {
    let setup = Setup::usual().written();
    let refused = |flags: &[&str]| {
        let mut command = coracled();
        command.arg("--data").arg(setup.data()).args(["--listen", "127.0.0.1:0"]).args(flags);
        let ended = finish(&mut command);
        assert!(ended.code.is_some_and(|code| code != 0), "{flags:?}: {ended:?}");
        ended.err
    };
    let said = refused(&["--tls", "required", "--guided", "0.0.0.0:0"]);
    assert!(said.contains("guided") && said.contains("--no-guided"), "{said}");
    let said = refused(&["--tls", "off", "--guided", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]);
    assert!(said.contains("--listen-tls"), "{said}");
}

/// What is sent behind AUTH TLS in the same segment would be carried out as if it had come under
/// TLS, with the privileges of whoever logs in there.
#[test]
fn commands_behind_auth_tls_are_never_carried_out() {
    let protected = Protected::start(Setup::usual());
    let here = TempDir::new().unwrap();
    script(
        here.path(),
        r"
for injected in (b'', b'USER user1\r\nPASS 1234\r\nMKD Own/x\r\n', b'NOOP\r\n' * 500, b'USER us'):
    for early in (False, True):
        connection, plain = greeted(sys.argv[1])
        # Behind a command or two, or none, that are still answered in the clear.
        before = b'NOOP\r\n' if early else b''
        connection.sendall(before + b'AUTH TLS\r\n' + injected)
        if early:
            assert line(plain)[:3] == b'200'
        assert line(plain)[:3] == b'234'
        secured = context().wrap_socket(connection)
        ask(secured.sendall, secured.makefile('rb', buffering=0), (b'PWD', b'530'),
            (b'PASS 1234', b'503'), (b'USER user1', b'331'), (b'PASS 1234', b'230'),
            (b'PWD', b'257'), (b'QUIT', b'221'))
        connection.close()
",
        &[&protected.server.ftp.to_string()],
    );
    assert_eq!(protected.server.names("Own").len(), 0);
    protected.server.serves_others();
}

/// RFC 4217, section 13: the reply comes under TLS, what follows in the clear, and nobody is logged in.
/// What is said under TLS behind REIN is never carried out, and what comes in the clear behind the
/// client's end of TLS is heard, however it is cut.
#[test]
fn rein_goes_back_to_the_clear() {
    const PLAY: &str = r"
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for injected in (b'', b'USER user1\r\nPASS 1234\r\nMKD Own/x\r\n'):
        for cut in (1, 5, 1000):
            connection, plain = greeted(sys.argv[1])
            for turn in range(2):
                ask(connection.sendall, plain, (b'AUTH TLS', b'234'))
                # By hand, so that the end of TLS and what comes behind it can go together.
                come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
                secured = context(None, version).wrap_bio(come, go)
                def move(step):
                    while True:
                        try:
                            done = step()
                            connection.sendall(go.read())
                            return done
                        except ssl.SSLWantReadError:
                            connection.sendall(go.read())
                            come.write(connection.recv(1))
                move(secured.do_handshake)
                class Secured:
                    def send(self, words):
                        move(lambda: secured.write(words))
                    def read(self, bytes):
                        return move(lambda: secured.read(bytes))
                ask(Secured().send, Secured(), (b'USER user1', b'331'), (b'PASS 1234', b'230'),
                    (b'PBSZ 0', b'200'), (b'PROT P', b'200'))
                secured.write(b'REIN\r\n' + injected)
                connection.sendall(go.read())
                assert line(Secured())[:3] == b'220'
                try:
                    secured.unwrap()
                except ssl.SSLWantReadError:
                    pass
                # The server's end stands behind its reply; what is behind that is in the clear.
                end = go.read() + b'PWD\r\n'
                for at in range(0, len(end), cut):
                    connection.sendall(end[at:at + cut])
                try:
                    while True:
                        try:
                            assert not secured.read(1)
                            break
                        except ssl.SSLWantReadError:
                            come.write(connection.recv(1))
                except ssl.SSLZeroReturnError:
                    pass
                assert line(plain)[:3] == b'530'
                ask(connection.sendall, plain, (b'PROT P', b'503'))
            ask(connection.sendall, plain, (b'USER user1', b'331'), (b'PASS 1234', b'230'),
                (b'QUIT', b'221'))
            connection.close()
";
    for resumption in ["prefer", "require"] {
        let setup = Setup::usual().flag("--tls-data-resumption", resumption);
        let protected = Protected::start(setup);
        let here = TempDir::new().unwrap();
        script(here.path(), PLAY, &[&protected.server.ftp.to_string()]);
        assert_eq!(protected.server.names("Own").len(), 0);
        protected.server.serves_others();
    }
}

/// Or a stranger could stay for ever, a handshake at a time.
#[test]
fn neither_auth_nor_rein_puts_off_the_end_of_the_time_to_log_in() {
    let protected = Protected::start(Setup::usual().flag("--login-timeout", "3"));
    let here = TempDir::new().unwrap();
    script(
        here.path(),
        r"
import time
ftp = Client(False, False, context())
ftp.connect(*address(sys.argv[1]))
def reopen(connection):
    ftp.sock, ftp.file = connection, connection.makefile('r', encoding=ftp.encoding)
until = time.monotonic() + 90
try:
    while time.monotonic() < until:
        assert ftp.sendcmd('AUTH TLS')[:3] == '234'
        reopen(ftp.context.wrap_socket(ftp.sock))
        assert ftp.sendcmd('REIN')[:3] == '220'
        reopen(ftp.sock.unwrap())
    raise AssertionError('it goes on for ever')
except (ftplib.Error, EOFError, OSError) as error:
    print(error)
",
        &[&protected.server.ftp.to_string()],
    );
    // And who begins no handshake hears the end of it in the clear.
    let mut raw = Raw::connect(protected.server.ftp);
    raw.expect("AUTH TLS", 234);
    raw.hear(421);
    raw.closed();
    protected.server.serves_others();
}

/// A browser that is lured here by whoever sits on the line takes our certificate for that of the
/// web server of the same name, and would speak HTTP to us (ALPACA). It says so in its hello.
#[test]
fn who_has_come_for_another_protocol_is_turned_away_in_the_handshake() {
    let protected = Protected::start(Setup::usual());
    let here = TempDir::new().unwrap();
    script(
        here.path(),
        r"
for port, explicit in ((sys.argv[1], True), (sys.argv[2], False), (sys.argv[3], False)):
    for names, served in ((['h2', 'http/1.1'], False), (['http/1.1'], False), (['smtp'], False),
                          (['x-filezilla-ftp', 'ftp'], True), (['ftp'], True), ([], True)):
        connection = socket.create_connection(address(port), timeout=120)
        if explicit:
            assert connection.recv(1000)[:3] == b'220'
            connection.sendall(b'AUTH TLS\r\n')
            assert connection.recv(1000)[:3] == b'234'
        asking = context()
        if names:
            asking.set_alpn_protocols(names)
        try:
            secured = asking.wrap_socket(connection)
            secured.sendall(b'NOOP\r\n')
            assert secured.recv(1000)
            assert secured.selected_alpn_protocol() == ('ftp' if names else None)
            assert served, names
        except ssl.SSLError as error:
            assert not served and 'no application protocol' in str(error), error
        connection.close()
",
        &[&protected.server.ftp, &protected.ftps, &protected.guided]
            .map(ToString::to_string)
            .each_ref()
            .map(String::as_str),
    );
    protected.server.serves_others();
}

#[test]
fn handshakes_that_come_to_nothing_end() {
    let setup = Setup::usual().flag("--handshake-timeout", "2");
    let protected = Protected::start(setup);
    let descriptors = protected.server.descriptors();
    // Silence, for as long as the operator grants it, and words that are no handshake. Nothing of TLS
    // has come, and FTP has a word for that (RFC 4217, section 10.1).
    let words = b"USER user1\r\nPASS 1234\r\n";
    Raw::silent(protected.guided).closed();
    let mut raw = Raw::silent(protected.guided);
    raw.write(words);
    raw.closed();
    for said in [&b""[..], words] {
        let mut raw = Raw::silent(protected.ftps);
        raw.write(said);
        raw.hear(421);
        raw.closed();
        let mut raw = Raw::connect(protected.server.ftp);
        raw.expect("AUTH TLS", 234);
        raw.write(said);
        raw.hear(421);
        raw.closed();
    }
    // Behind half a hello nobody knows what would be understood.
    let mut raw = Raw::connect(protected.server.ftp);
    raw.expect("AUTH TLS", 234);
    raw.write(&[22, 3, 1, 2, 0, 1, 0]);
    assert_eq!(raw.answer(), None);
    protected.server.serves_others();
    protected.server.settles_at(descriptors);
}

#[test]
fn without_a_place_for_a_certificate_it_goes_on_or_refuses() {
    let setup = Setup::usual();
    // What stands in the way of the new file can't be removed, not even by root.
    fs::create_dir_all(setup.data().join(".Key.pem.new/full")).unwrap();
    let server = setup.start();
    assert!(server.log().contains("going on without TLS"), "{}", server.log());
    Raw::connect(server.ftp).expect("AUTH TLS", 502);
    server.serves_others();
    let mut command = coracled();
    command.arg("--data").arg(server.data()).args(["--tls", "required", "--listen", "127.0.0.1:0"]);
    let refused = finish(command.args(["--guided", "127.0.0.1:0"]));
    assert!(refused.code.is_some_and(|code| code != 0), "{refused:?}");
    assert!(refused.err.contains("Key.pem can't be made"), "{}", refused.err);
    // A reload does not look for one, and says that it does not.
    server.signal(Signal::HUP);
    until("it says so", || server.serves_others(), || server.log().contains("takes a restart"));
}

#[test]
fn data_connections_can_have_to_resume() {
    let protected = Protected::start(Setup::usual().flag("--tls-data-resumption", "require"));
    let here = TempDir::new().unwrap();
    script(
        here.path(),
        r"
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for resume in (True, False):
        ftp = Client(False, resume, context(sys.argv[2], version))
        ftp.connect(*address(sys.argv[1]))
        ftp.login('user1', '1234')
        ftp.prot_p()
        if resume:
            for turn in range(6):
                assert len(ftp.nlst()) == 3
        else:
            try:
                ftp.nlst()
                raise AssertionError('it was not refused')
            except (ftplib.Error, OSError) as error:
                said = str(error)[:3] if isinstance(error, ftplib.Error) else ftp.getresp
            if callable(said):
                said = refused(said)
            assert said == '522', said
",
        &[&protected.server.ftp.to_string(), &protected.certificate()],
    );
    let said = through(
        &mut s_client(here.path(), &protected.certificate(), protected.ftps),
        &["USER user1", "PASS 1234", "QUIT"],
    );
    assert!(said.well().text().contains("230"));
}

/// What is stopped in the middle of its handshake has no outcome any more: neither what the data
/// connection says then, nor how that ends, may be taken for the next transfer's.
#[test]
fn transfers_can_be_stopped_in_the_handshake() {
    let protected = Protected::start(Setup::usual());
    let here = TempDir::new().unwrap();
    script(
        here.path(),
        r"
ftp = Client(False, False, context())
ftp.connect(*address(sys.argv[1]))
ftp.login('user1', '1234')
ftp.prot_p()
def answers():
    codes = []
    while not codes or codes[-1] != '200':
        try:
            codes.append(ftp.getresp()[:3])
        except ftplib.Error as error:
            codes.append(str(error)[:3])
    return codes
for turn in range(300):
    host, port = ftp.makepasv()
    ftp.putcmd('RETR Movies/Joker')
    assert ftp.getresp()[:3] == '150'
    data = socket.create_connection((host, port), timeout=120)
    said = [lambda: data.sendall(b'this is no handshake, and long enough to be seen as none'),
            lambda: ftp.sock.sendall(b'ABOR\r\nNOOP\r\n')]
    for say in said if turn % 2 else reversed(said):
        say()
    codes = answers()
    assert codes[0] in ('522', '426') and codes[1:] == ['226', '200'], codes
    data.close()
assert len(ftp.nlst()) == 3
ftp.quit()
",
        &[&protected.server.ftp.to_string()],
    );
    protected.server.serves_others();
}
