//! ProFTPD: a process for each session, MLSD, and answers in the words of the C library.

use std::process::Command;

use super::{installed, me, unpacked};
use crate::peer::{PASSWORD_HASH, Place, Server};

pub(crate) const SERVER: Server = Server { user: "user1", command: |place| command(place, "") };

/// One that wants TLS 1.2 everywhere, and, which is its default, data connections that resume the
/// control connection's session.
pub(crate) const TLS_1_2: Server =
    Server { user: "user1", command: |place| secure(place, "TLSv1.2") };

/// The same with TLS 1.3, and 1.2 for those who need it: it gives two tickets and no more, and a
/// client that takes each only once has to come back under 1.2 for a third data connection.
pub(crate) const TLS_1_3: Server =
    Server { user: "user1", command: |place| secure(place, "TLSv1.2 TLSv1.3") };

fn secure(place: &Place, version: &str) -> Command {
    let (certificate, key) = place.certificate();
    let settings = format!(
        "ModulePath {}
LoadModule mod_tls.c
TLSEngine on
TLSRequired on
TLSProtocol {version}
TLSECCertificateFile {}
TLSECCertificateKeyFile {}
TLSLog {}log
",
        installed().join("root/usr/lib/proftpd").display(),
        certificate.display(),
        key.display(),
        place.path("").display(),
    );
    command(place, &settings)
}

fn command(place: &Place, settings: &str) -> Command {
    let (user, uid, group, gid) = (me("-un"), me("-u"), me("-gn"), me("-g"));
    let files = place.files().display().to_string();
    let accounts =
        place.write("passwd", &format!("user1:{PASSWORD_HASH}:{uid}:{gid}::{files}:/bin/sh\n"));
    let accounts = accounts.display();
    let port = place.port;
    let home = place.path("").display().to_string();
    let configuration = format!(
        "ServerType standalone
ServerName peer
UseIPv6 off
DefaultAddress 127.0.0.1
Port {port}
SocketBindTight on
User {user}
Group {group}
AuthOrder mod_auth_file.c
AuthUserFile {accounts}
RequireValidShell off
RootLogin on
UseReverseDNS off
WtmpLog off
DelayEngine off
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
PidFile {home}pid
ScoreboardFile {home}scoreboard
ScoreboardMutex {home}scoreboard.lock
SystemLog {home}log
TransferLog none
<Directory {files}/Locked>
  <Limit WRITE>
    DenyAll
  </Limit>
</Directory>
{settings}"
    );
    let mut command = unpacked("sbin/proftpd");
    command.arg("--nodaemon").arg("--config").arg(place.write("proftpd.conf", &configuration));
    command
}
