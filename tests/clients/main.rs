//! Clients that nobody here wrote, against `coracled`: the same ground for each of them, one test a
//! client, one column a duty.
//!
//! `ground` says what a column of the table holds, `bench` is where a client works, and each other
//! file knows how one client is asked, and what that client can't do, with the reason. What it can't
//! do is tried as well and has to fail: no cell is left out. `make interop` prints the table.
//!
//! `scripts/setup --test` puts the clients below `target/clients`; one that is missing fails its test.
//! What each of them says, and who is not among them and why, is in `src/manual/clients.rs`.
#![expect(clippy::disallowed_methods, reason = "tests own their files and threads")]

mod bench;
#[path = "../support/certificate.rs"]
#[expect(dead_code, reason = "the tests against scripted servers use more of it")]
mod certificate;
mod ground;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the server use more of it")]
mod support;

mod aria2;
mod curl;
mod gvfs;
mod lftp;
mod libraries;
mod ncftp;
mod packages;
mod prompts;
mod rclone;
mod shells;
mod small;
mod wget;

/// A test for each client.
macro_rules! every_client {
    ($($test:ident: $client:expr,)*) => {
        $(
            #[test]
            fn $test() {
                crate::ground::hold(&$client);
            }
        )*
    };
}

every_client! {
    curl: curl::CLIENT,
    wget: wget::CLIENT,
    lftp: lftp::CLIENT,
    ncftp: ncftp::CLIENT,
    tnftp: prompts::TNFTP,
    inetutils_ftp: prompts::INETUTILS,
    python_ftplib: libraries::FTPLIB,
    perl_net_ftp: libraries::NET_FTP,
    php_ftp: libraries::PHP,
    rclone: rclone::CLIENT,
    aria2: aria2::CLIENT,
    gvfs: gvfs::CLIENT,
    ftp_ssl: prompts::FTP_SSL,
    yafc: shells::YAFC,
    gftp_text: shells::GFTP,
    wput: shells::WPUT,
    busybox: small::BUSYBOX,
    axel: small::AXEL,
    ftpcopy: small::FTPCOPY,
    apt: small::APT,
    ruby_net_ftp: packages::RUBY,
    tcllib_ftp: packages::TCLLIB,
    aioftp: packages::AIOFTP,
    ftputil: packages::FTPUTIL,
    basic_ftp: packages::BASIC_FTP,
}
