//! pyftpdlib: one thread of Python for all sessions, MLSD, and answers of its own wording.

use std::process::Command;

use super::installed;
use crate::peer::{PASSWORD, Place, Server};
use crate::support::program;

pub(crate) const SERVER: Server = Server { user: "user1", command: |place| command(place, &[]) };

/// One that knows no more than RFC 959.
pub(crate) const OF_1985: Server = Server {
    user: "user1",
    command: |place| command(place, &["EPSV", "EPRT", "FEAT", "OPTS", "MLSD", "MLST", "SIZE"]),
};

/// One that wants TLS 1.2 everywhere.
pub(crate) const TLS_1_2: Server =
    Server { user: "user1", command: |place| secure(place, "OP_NO_TLSv1_3") };

/// One that wants TLS 1.3 everywhere.
pub(crate) const TLS_1_3: Server =
    Server { user: "user1", command: |place| secure(place, "OP_NO_TLSv1_2") };

fn secure(place: &Place, without: &str) -> Command {
    let (certificate, key) = place.certificate();
    let mut command = command(place, &[]);
    command.env("CERTIFICATE", certificate).env("KEY", key).env("WITHOUT", without);
    command
}

/// Its arguments: the port, the directory, the password, and the verbs that it is not to know.
const SCRIPT: &str = r#"
import logging, os, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.log import config_logging
from pyftpdlib.servers import FTPServer

port, files, password, *unknown = sys.argv[1:]
if "CERTIFICATE" in os.environ:
    from OpenSSL import SSL
    from pyftpdlib.handlers import TLS_FTPHandler as FTPHandler
    FTPHandler.certfile, FTPHandler.keyfile = os.environ["CERTIFICATE"], os.environ["KEY"]
    FTPHandler.tls_control_required = FTPHandler.tls_data_required = True
    FTPHandler.ssl_options |= SSL.OP_NO_TLSv1 | getattr(SSL, os.environ["WITHOUT"])
authorizer = DummyAuthorizer()
authorizer.add_user("user1", password, files, perm="elradfmwMT")
authorizer.override_perm("user1", files + "/Locked", "elr")
FTPHandler.authorizer = authorizer
FTPHandler.auth_failed_timeout = 0
FTPHandler.proto_cmds = {
    verb: about for verb, about in FTPHandler.proto_cmds.items() if verb not in unknown
}
config_logging(level=logging.DEBUG)
FTPServer(("127.0.0.1", int(port)), FTPHandler).serve_forever()
"#;

fn command(place: &Place, unknown: &[&str]) -> Command {
    let library = installed().join("python");
    assert!(
        library.join("pyftpdlib").is_dir(),
        "pyftpdlib is missing; `make setup` puts it below target/peers"
    );
    let mut command = program("python3", &place.path(""));
    command
        .env("PYTHONPATH", library)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-c", SCRIPT, &place.port.to_string()])
        .arg(place.files())
        .arg(PASSWORD)
        .args(unknown);
    command
}
