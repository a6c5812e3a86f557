//! `coracle` against the servers that others have written, and against `coracled`: one suite, each
//! test of it once for each server.
//!
//! `suite` has the tests of one file at a time, `many` those of more, `cuts` those over a line that
//! breaks. Every test starts a server of
//! its own on a port of loopback, with a directory and a configuration of its own, and the drop of
//! [`Peer`](peer::Peer) ends it with all its children. `scripts/setup --test` puts the servers below
//! `target/peers`, where nothing starts or configures them; one that is missing fails its tests.
//!
//! Any user can run them, but for those of pure-ftpd, which only root can start.
#![expect(clippy::disallowed_methods, reason = "tests own their files and a thread")]

#[path = "../support/certificate.rs"]
#[expect(dead_code, reason = "the tests against scripted servers use more of it")]
mod certificate;
mod cuts;
mod desk;
mod many;
mod peer;
#[path = "../support/proxy.rs"]
mod proxy;
mod secure;
mod servers;
mod strict;
#[path = "../strict/player.rs"]
mod strict_player;
mod suite;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the server use more of it")]
mod support;

/// Every named test, for every server.
macro_rules! every_peer {
    (@ $peer:ident $($file:ident::$test:ident)*) => {
        mod $peer {
            $(
                #[test]
                fn $test() {
                    crate::$file::$test(&crate::servers::$peer::SERVER);
                }
            )*
        }
    };
    ($($file:ident::$test:ident)*) => {
        every_peer!(@ coracled $($file::$test)*);
        every_peer!(@ vsftpd $($file::$test)*);
        every_peer!(@ proftpd $($file::$test)*);
        every_peer!(@ pure_ftpd $($file::$test)*);
        every_peer!(@ pyftpdlib $($file::$test)*);
    };
}

every_peer! {
    suite::the_right_password_opens_and_a_wrong_one_does_not
    suite::ls_mixes_and_dir_puts_directories_first
    suite::what_is_listed_may_be_a_file_or_empty_or_missing
    suite::downloads_arrive_whole_and_overwrite_nothing
    suite::uploads_arrive_whole
    suite::names_are_made_moved_and_removed
    suite::odd_names_go_both_ways
    suite::a_line_end_in_a_name_is_refused
    suite::what_is_missing_is_told_from_what_is_forbidden
    suite::a_script_keeps_its_place
    suite::the_server_may_be_the_one_that_connects
    many::patterns_bring_what_they_match
    many::patterns_take_what_they_match
    many::a_tree_comes_here_once
    many::a_tree_goes_there_once
    many::half_a_download_becomes_a_whole_one
    many::half_an_upload_becomes_a_whole_one
    many::what_was_moved_is_verified
    cuts::a_download_that_is_cut_goes_on
    cuts::an_upload_that_is_cut_goes_on
    cuts::many_files_arrive_over_a_line_that_breaks
}

/// Every named test, for every server under TLS, as strict as it can be.
macro_rules! every_peer_under_tls {
    (@ $version:ident $server:ident $($peer:ident)*: $tests:tt) => {
        $(every_peer_under_tls! { ! $version $server $peer $tests })*
    };
    (! $version:ident $server:ident $peer:ident [$($test:ident)*]) => {
        mod $peer {
            $(
                #[test]
                fn $test() {
                    crate::secure::$test(&crate::servers::$peer::$server);
                }
            )*
        }
    };
    ($($test:ident)*) => {
        mod tls_1_2 {
            every_peer_under_tls! { @ tls_1_2 TLS_1_2 vsftpd proftpd pure_ftpd pyftpdlib: [$($test)*] }
        }
        mod tls_1_3 {
            every_peer_under_tls! { @ tls_1_3 TLS_1_3 vsftpd proftpd pure_ftpd pyftpdlib: [$($test)*] }
        }
    };
}

every_peer_under_tls! {
    every_transfer_works_under_tls
    many_files_go_both_ways_under_tls
    who_is_not_known_gets_no_password
}

/// What servers lack, or are told to.
mod fallbacks {
    use crate::cuts::a_download_that_is_cut_goes_on;
    use crate::servers::{pyftpdlib, vsftpd};
    use crate::suite::{a_server_speaks_only, every_transfer_works};

    #[test]
    fn list_where_there_is_no_mlsd() {
        a_server_speaks_only(&vsftpd::SERVER, &["EPSV", "LIST"], &["MLSD", "PASV"]);
    }

    #[test]
    fn pasv_where_epsv_is_forbidden() {
        a_server_speaks_only(&vsftpd::WITHOUT_EPSV, &["PASV", "LIST"], &["MLSD"]);
        every_transfer_works(&vsftpd::WITHOUT_EPSV);
        a_download_that_is_cut_goes_on(&vsftpd::WITHOUT_EPSV);
    }

    #[test]
    fn pasv_and_list_where_epsv_and_mlsd_are_unknown() {
        a_server_speaks_only(&pyftpdlib::OF_1985, &["PASV", "LIST"], &[]);
        every_transfer_works(&pyftpdlib::OF_1985);
    }
}
