//! ProFTPD: a process for each session, MLSD, and answers in the words of the C library.

use std::process::Command;

use super::{me, unpacked};
use crate::peer::{PASSWORD_HASH, Place, Server};

pub(crate) const SERVER: Server = Server { user: "user1", command };

fn command(place: &Place) -> Command {
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
"
    );
    let mut command = unpacked("sbin/proftpd");
    command.arg("--nodaemon").arg("--config").arg(place.write("proftpd.conf", &configuration));
    command
}
