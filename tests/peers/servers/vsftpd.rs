//! vsftpd: a process for each session, no MLSD, and short answers that never say why.
//!
//! It knows accounts through PAM alone, which is the machine's. Its anonymous account is its own,
//! and can be made to want a password and to write.

use std::process::Command;

use super::{me, unpacked};
use crate::peer::{PASSWORD, Place, Server};

/// It leaves names with a leading dot out of a plain LIST, as it does unless an operator says
/// otherwise.
pub(crate) const SERVER: Server = Server { user: "anonymous", command: |place| command(place, "") };

/// One that an operator has told to refuse EPSV. It says 550 to that, not 502.
pub(crate) const WITHOUT_EPSV: Server =
    Server { user: "anonymous", command: |place| command(place, "cmds_denied=EPSV\n") };

/// One that wants TLS 1.2 everywhere, and, which is its default, data connections that resume the
/// control connection's session.
pub(crate) const TLS_1_2: Server =
    Server { user: "anonymous", command: |place| secure(place, "TLSv1.2") };

/// The same with TLS 1.3.
pub(crate) const TLS_1_3: Server =
    Server { user: "anonymous", command: |place| secure(place, "TLSv1.3") };

fn secure(place: &Place, version: &str) -> Command {
    let (certificate, key) = place.certificate();
    let settings = format!(
        "ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
require_ssl_reuse=YES
ssl_ciphers=HIGH
debug_ssl=YES
rsa_cert_file={}
rsa_private_key_file={}
",
        certificate.display(),
        key.display()
    );
    let mut command = command(place, &settings);
    command.env("OPENSSL_CONF", place.openssl(version));
    command
}

fn command(place: &Place, settings: &str) -> Command {
    let files = place.files().display().to_string();
    let passwords = place.write("passwords", &format!("{PASSWORD}\n")).display().to_string();
    let log = place.path("log").display().to_string();
    let port = place.port;
    let me = me("-un");
    let configuration = format!(
        "background=NO
listen=YES
listen_address=127.0.0.1
listen_port={port}
# By default it takes any port for data, among them those that other servers are about to be given.
pasv_min_port=32768
# No root, no other account, no chroot: all that belongs to the machine stays out of it.
run_as_launching_user=YES
seccomp_sandbox=NO
local_enable=NO
anonymous_enable=YES
ftp_username={me}
anon_root={files}
secure_email_list_enable=YES
email_password_file={passwords}
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
# What follows `deny_file=` may stand anywhere in a name for it to be forbidden.
deny_file=Locked/
xferlog_enable=YES
log_ftp_protocol=YES
vsftpd_log_file={log}
{settings}"
    );
    let mut command = unpacked("sbin/vsftpd");
    command.arg(place.write("vsftpd.conf", &configuration));
    command
}
