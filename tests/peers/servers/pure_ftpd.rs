//! pure-ftpd: two processes for each session, MLSD, and options in place of a configuration file.
//!
//! It confines every account with chroot and takes on its rights, so root has to start it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use rustix::process::geteuid;

use super::unpacked;
use crate::peer::{PASSWORD_HASH, Place, Server};

pub(crate) const SERVER: Server = Server { user: "user1", command };

/// One that wants TLS 1.2 everywhere.
pub(crate) const TLS_1_2: Server =
    Server { user: "user1", command: |place| secure(place, "TLSv1.2") };

/// One that wants TLS 1.3 everywhere.
pub(crate) const TLS_1_3: Server =
    Server { user: "user1", command: |place| secure(place, "TLSv1.3") };

fn secure(place: &Place, version: &str) -> Command {
    let (certificate, key) = place.certificate();
    let mut command = command(place);
    command.env("OPENSSL_CONF", place.openssl(version)).arg("--tls=3").arg(format!(
        "--certfile={},{}",
        certificate.display(),
        key.display()
    ));
    command
}

/// `nobody`, whose rights the account has. It lets nobody in who has root's.
pub(crate) const NOBODY: u32 = 65_534;

fn command(place: &Place) -> Command {
    assert!(
        geteuid().is_root(),
        "pure-ftpd serves accounts only if root starts it: run this as root, as in a container, or \
         leave it out with `cargo test --test peers -- --skip pure_ftpd`"
    );
    let files = place.files();
    chown(files.join("Own"), Some(NOBODY), Some(NOBODY)).expect("another owner");
    fs::set_permissions(files.join("Locked"), Permissions::from_mode(0o555)).expect("permissions");
    let accounts = place.write(
        "passwd",
        &format!("user1:{PASSWORD_HASH}:{NOBODY}:{NOBODY}::{}/./::::::::::::\n", files.display()),
    );
    let database = place.path("accounts.pdb");
    let made = unpacked("bin/pure-pw").arg("mkdb").arg(&database).arg("-f").arg(accounts).status();
    assert!(made.is_ok_and(|status| status.success()), "pure-pw makes a database");
    let mut command = unpacked("sbin/pure-ftpd");
    command
        .args(["--bind", &format!("127.0.0.1,{}", place.port)])
        .args(["--login", &format!("puredb:{}", database.display())])
        .arg("--pidfile")
        .arg(place.path("pid"))
        .args(["--minuid", "1", "--noanonymous", "--dontresolve", "--ipv4only"]);
    command
}
