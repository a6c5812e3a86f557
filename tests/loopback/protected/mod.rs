//! TLS as clients and operators meet it: the verbs, the policy, and certificates, with other people's
//! programs.

mod certificates;
mod clients;
mod policy;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::support::{Finished, Setup, TestServer, finish_with, program, python};

/// A server as [`Setup::usual`] says, with ports for TLS beside the others.
pub(super) struct Protected {
    pub(super) server: TestServer,
    /// Where it speaks FTP under TLS from the beginning.
    pub(super) ftps: SocketAddr,
    /// Where it speaks the guided dialogue under TLS.
    pub(super) guided: SocketAddr,
    /// What it says is the SHA-256 of its certificate.
    pub(super) fingerprint: String,
}

impl Protected {
    #[track_caller]
    pub(super) fn start(setup: Setup) -> Self {
        let setup = setup.flag("--listen-tls", "127.0.0.1:0").flag("--guided-tls", "127.0.0.1:0");
        let mut server = setup.start();
        let ftps = server.announced("listening ftp-tls").parse().expect("an address");
        let guided = server.announced("listening guided-tls").parse().expect("an address");
        let fingerprint = server.announced("certificate sha256");
        Self { server, ftps, guided, fingerprint }
    }

    /// The certificate that it has made.
    pub(super) fn certificate(&self) -> String {
        self.server.data().join("Certificate.pem").display().to_string()
    }
}

/// `openssl s_client` that trusts `certificate`, speaks with `address`, and ends with the connection.
pub(super) fn s_client(directory: &Path, certificate: &str, address: SocketAddr) -> Command {
    let mut command = program("openssl", directory);
    command.args(["s_client", "-quiet", "-verify_return_error", "-CAfile", certificate]);
    command.args(["-connect", &address.to_string()]);
    command
}

/// Sends lines through [`s_client`], and returns what came back.
#[track_caller]
pub(super) fn through(command: &mut Command, lines: &[&str]) -> Finished {
    let input: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    finish_with(command, input.as_bytes())
}

/// What scripts in Python have in common: sockets, contexts, dialogues by hand, an FTP client that can
/// do implicit TLS and resume sessions, which ftplib's own does neither of.
const PROLOGUE: &str = "\
import ftplib, hashlib, io, os, signal, socket, ssl, sys
def address(text):
    host, port = text.rsplit(':', 1)
    return host, int(port)
def context(certificate=None, version=None):
    made = ssl.create_default_context(cafile=certificate)
    if certificate is None:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = version
    return made
def line(stream):
    said = b''
    while not said.endswith(b'\\n'):
        byte = stream.read(1)
        assert byte, said
        said += byte
    return said
def ask(send, stream, *dialogue):
    for command, code in dialogue:
        send(command + b'\\r\\n')
        said = line(stream)
        assert said[:3] == code, (command, said)
def greeted(text):
    connection = socket.create_connection(address(text), timeout=120)
    plain = connection.makefile('rb', buffering=0)
    assert line(plain)[:3] == b'220'
    return connection, plain
class Client(ftplib.FTP_TLS):
    def __init__(self, implicit, resume, context):
        super().__init__(context=context, timeout=120)
        self.implicit, self.resume = implicit, resume
    def connect(self, host, port):
        self.host, self.port = host, port
        self.sock = socket.create_connection((host, port), timeout=120)
        self.af = self.sock.family
        if self.implicit:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=host)
        self.file = self.sock.makefile('r', encoding=self.encoding)
        self.welcome = self.getresp()
    def ntransfercmd(self, command, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, command, rest)
        if self._prot_p:
            session = self.sock.session if self.resume else None
            connection = self.context.wrap_socket(
                connection, server_hostname=self.host, session=session)
        return connection, size
def refused(call, *arguments):
    try:
        call(*arguments)
    except ftplib.Error as error:
        return str(error)[:3]
    raise AssertionError(f'{arguments} was not refused')
";

/// Runs a script behind the [`PROLOGUE`].
#[track_caller]
pub(super) fn script(directory: &Path, text: &str, arguments: &[&str]) -> Finished {
    python(directory, &format!("{PROLOGUE}{text}"), arguments).well()
}
