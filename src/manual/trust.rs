//! # Trust: who is believed what
//!
//! | who | is trusted with | and not with |
//! |---|---|---|
//! | whoever connects | nothing: each byte is parsed within a bound, and may be a lie | the clock, memory or descriptors of others; an address other than its own |
//! | a client that is logged in | what its grants say, in its own directories, until it leaves or they are taken back: what runs then comes to its end, and nothing new begins | names outside them, the server's own files, more of the loop than its turn |
//! | whoever sits on the line | in the clear: everything, passwords included. Under TLS: to cut it | what was cut passing for whole, TLS taken away where it is required |
//! | those who write into the served files beside the server | content and names, second names (hard links) and mounts | leading out of a grant by a link, a name that breaks a line, a device or pipe that makes the loop wait |
//! | the operator | everything: accounts, grants, flags, the keys | mistakes: each is named by file, line and reason before it is served |
//! | the kernel | `openat2`, Landlock, seccomp, sockets, the disk's word in `fsync` | |
//! | the crates of `scripts/dependencies` | the process: rustls and ring with the keys, argon2 with passwords, flate2 and glob with clients' bytes | more than the walls leave a process |
//! | who else is on the machine | nothing; the data directory is for the server's user alone | the key and the password hashes (0600), the server's signals and sockets |
//!
//! # Which wall holds what, and what stands behind it
//!
//! | wall | is trusted with | where it fails |
//! |---|---|---|
//! | [`wire`](crate::wire) | bytes become commands, and no others; text becomes lines, and no others | the session still asks for phase, right and grant |
//! | [`accounts`](crate::accounts) and its [gate](crate::accounts::gate) | who may log in, how soon and how often | `--max-clients`, time-outs, and the grants of whoever got in |
//! | [`session`](crate::session) | a verb's phase and right, one place for all verbs; a [`Grant`](crate::accounts::Grant) comes from a login alone | the tree opens beneath the granted directory and nowhere else |
//! | [`tree`](crate::tree) | no name, link or race leaves a directory | Landlock: the process can't open what no grant holds |
//! | [`channel`](crate::channel) | what is under TLS, whose session it is, what is an end | an upload that is not whole is never renamed |
//! | [`reactor`](crate::reactor) | whose connection it is, budgets, limits, time | the kernel's limits on descriptors; the service manager's on memory |
//! | [walls](super::walls) | what the process may ask of the kernel, once one of the above has failed | the user's rights |
//!
//! # Attacks
//!
//! Each was known of some FTP server. Each test fails on a build with its wall taken out, and
//! `tests/tidy.rs` sees to it that it exists.
//!
//! ## Leading the server, or others, elsewhere
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | FTP bounce (RFC 2577, section 3) | active connections go only to the control connection's own address, to ports of 1024 and above | `loopback::hostile::an_active_connection_goes_to_the_client_alone` |
//! | port theft (RFC 2577, section 8) | a passive connection is accepted only from the address of a session that waits on that port | `loopback::hostile::a_strangers_data_connection_is_refused` |
//! | port theft from the same address, behind one NAT | under TLS only the session's own data connection resumes it (`--tls-data-resumption require`), by ticket keys that no other session has; and of a client that has shown a certificate none that does not show it; in the clear nothing can | `loopback::sealed::a_data_connection_is_of_its_own_session_or_of_none` `loopback::protected::certificates::clients_log_in_by_certificates` |
//! | tickets carried from one session to another | keys, and the sessions of TLS 1.2 that are kept, belong to one control connection and go with it | `channel::tls::connection::tests::data_connections_resume_their_own_session_and_no_other` |
//! | a connection that comes late, taken for the next transfer's | a port that was given up is not used for the same address until it has come or time has passed | `sim::routes::a_late_connection_is_not_taken_for_the_next` |
//! | a web page that makes a browser speak to us | a session of either dialect that opens with an HTTP method ends there, under TLS as well | `loopback::smuggled::no_command_in_a_browsers_request_is_carried_out` `session::ftp::security::tests::a_browser_is_turned_away_under_tls_too` |
//! | the same by our certificate's name, which a web server shares (ALPACA) | who names protocols in its hello (ALPN) and not `ftp` among them gets no handshake. Names of hosts are not compared: a server does not know by which it is called | `loopback::protected::policy::who_has_come_for_another_protocol_is_turned_away_in_the_handshake` |
//!
//! ## Bytes that pass for other bytes
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | commands slipped in behind `AUTH TLS` | what came in the clear is thrown away, with lines that waited for a transfer; the session begins anew ([protocol](super::protocol)) | `loopback::protected::policy::commands_behind_auth_tls_are_never_carried_out` `session::ftp::security::tests::auth_behind_a_transfer_forgets_what_waits_behind_it` |
//! | a clear connection passed off as a protected one | `--tls required`: no login and no transfer without TLS, no `PROT C`, no `CCC`, and no guided port in the clear beyond loopback | `loopback::protected::policy::where_it_is_required_nothing_goes_without_it` |
//! | CR, NUL or Telnet in a command's argument | a command with one is none; nor can a path hold it, nor a reply give it back | `loopback::smuggled::no_name_in_a_command_writes_a_line_of_its_own` |
//! | CR, LF or NUL in a name that others have put there | it is not listed, and not served | `loopback::smuggled::no_name_on_the_disk_writes_a_line_of_its_own` |
//! | Telnet's IAC, to make two readers read two things | it is taken out by one framer, doubled by one writer, wherever the bytes are cut | `wire::line::tests::telnet_commands_vanish_and_a_doubled_iac_is_one_byte` `wire::line::tests::written_text_comes_back` |
//! | lines of the log that a peer has written | a username stands in quotation marks, everything in it but letters, digits and `-_.@+` as `\xNN`; nothing else of what a peer says is logged | `loopback::gate::a_username_can_not_forge_a_line_of_the_log` |
//! | what one user left on a connection, for the next | a login begins with nothing but TYPE and its like; REIN takes back those | `loopback::smuggled::a_second_login_inherits_nothing_of_the_first` |
//!
//! ## Files that are none of the client's
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | traversal by `..`, by encodings, by separators of other systems | a [`VirtualPath`](crate::tree::VirtualPath) exists only normalised; `..` stops at the root | `loopback::hostile::no_path_leads_out_of_a_grant` `tree::path::tests::whatever_is_joined_stays_normal_and_inside` |
//! | traversal by a symbolic link | the kernel resolves beneath the granted directory (`openat2`, RESOLVE_BENEATH); no string is compared | `loopback::hostile::no_symbolic_link_leads_out_of_a_grant` |
//! | a race: a directory swapped for a link between look and use | one call looks and opens; what follows goes by descriptor | `tree::os::tests::swapping_a_directory_for_a_link_opens_no_way_out` |
//! | devices, pipes and sockets, which wait or act when they are opened | only regular files and directories are opened, and without waiting | `tree::os::tests::only_regular_files_are_opened_and_nothing_waits` |
//! | the server's own files, through a grant that holds them | no grant may; such a line is a mistake | `loopback::walls::no_grant_leads_to_the_servers_own_files` `loopback::walls::the_key_of_the_certificate_is_kept_from_clients_as_well` |
//! | a right used for another: to write where one may read, to replace where one may add | each verb names its right, and the tree is asked for no more | `loopback::hostile::rights_are_kept_to` |
//! | permissions that lock the owner out, or set-uid | `SITE CHMOD` sets the nine bits alone, and keeps what the server needs to read | `session::ftp::attribute::tests::permissions_are_set` |
//! | a reload that is seen by halves | both files are read and checked before either holds; one that does not fit keeps the old | `loopback::daemon::accounts_are_read_anew_on_sighup_and_kept_if_wrong` `loopback::walls::a_reload_is_granted_what_the_walls_let_in_and_refused_the_rest` |
//! | rights that were taken back, used by who logged in before | each command is held against the tables as they are; who was taken out, or has another password or certificate, has to log in anew, and is not hung up on | `session::ftp::access::tests::a_reload_is_heard_of_with_the_next_command` `session::ftp::access::tests::who_is_taken_out_has_to_log_in_anew` `session::guided::tests::a_reload_is_heard_of_with_the_next_line` `loopback::changes::reload::grants_that_are_taken_back_are_gone_with_the_next_command` |
//!
//! ## Uploads
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | an upload cut off and passed off as whole | hidden parts, renamed when whole; a lost control connection means that it is not whole | `sim::shapes::a_killed_uploader_leaves_the_old_file` |
//! | the same by somebody on the way, who ends the connection in order | under TLS only close_notify ends an upload, and a download that was stopped has none | `loopback::sealed::an_upload_that_is_cut_is_not_put_in_place_and_is_gone_on_with` `sim::sealed::an_upload_under_tls_is_whole_or_cut_wherever_its_wire_is` `loopback::sealed::a_download_that_is_stopped_has_no_clean_end` |
//! | half a file, or an acknowledged one lost, when the server is killed | an upload is renamed when it is whole and acknowledged when it is renamed | `loopback::durable::kill_9_loses_nothing_that_was_acknowledged_and_leaves_nothing_half` |
//! | the same when the power goes | `--durable`: content, then name, then directories, then `226`; without it nothing is promised of the last seconds | `loopback::durable::the_content_is_on_the_disk_before_the_name_and_both_before_226` `sim::durable::what_was_acknowledged_outlasts_a_power_cut` |
//! | going on with another's upload | a left part belongs to its name: who may write there may go on with it, as it may write under that name anyway; nobody else learns of it, no listing shows it, and no name reaches it | `session::ftp::store::tests::who_may_write_may_go_on_and_nobody_else_learns_of_it` `loopback::hostile::what_a_broken_upload_left_is_out_of_everyones_reach_and_in_nobodys_way` |
//! | a link, or a file with a second name, where a part should be | a part is opened without following, and is none of ours if it has another name | `tree::os::tests::what_no_upload_left_is_not_gone_on_with` |
//! | commits piled up on a slow disk by coming and going | one a session, and one whose client has gone counts as a client | `sim::durable::coming_and_going_makes_no_more_commits_than_clients_may_be` |
//!
//! ## Passwords and names
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | guessing | the [gate](crate::accounts::gate): answers are held back longer with each failure of an address, whether they are right or wrong, and after twenty the address is banned for ten minutes; many connections at once get no more guesses | `loopback::gate::guessers_from_several_addresses_are_banned_and_nobody_else` `accounts::gate::tests::many_guesses_at_once_are_no_more_guesses` |
//! | guessing without end on one connection | the third failure ends it, over all usernames and over `AUTH` and `REIN` | `loopback::hostile::guessing_ends_with_the_connection` `session::ftp::security::tests::failures_in_the_clear_stay_counted` |
//! | guessing one user's password from everywhere | answers for that name are held back up to four seconds; never more, or strangers could lock the user out | `accounts::gate::tests::a_user_guessed_at_from_everywhere_is_delayed_and_never_refused` `sim::siege::a_brute_force_from_many_addresses_delays_nobody_else` |
//! | an attacker behind one's own address (NAT) | who has logged in from there within a day is answered at once and let in during a ban; bans end; `--allow` | `accounts::gate::tests::who_is_known_behind_an_attackers_address_is_spared` |
//! | enumeration by words | FTP asks everyone for a password and refuses all in the same words; what is not granted and what is not there read alike, for a session knows nothing but its grants. The guided dialogue tells unknown names, but for `--conceal-usernames` | `session::ftp::access::tests::unknown_user_and_wrong_password_are_answered_alike` `session::ftp::directory::tests::what_is_not_granted_is_not_there` |
//! | enumeration by the clock | an unknown username is compared with a decoy of the commonest hash in `Credentials`, and so is a wrong password to a plain entry; delays count for names that do not exist as well | `accounts::tests::whoever_is_not_in_the_table_costs_what_the_others_do` |
//! | a client's certificate of somebody else's making | only what `--client-ca` has signed ends the handshake well, and only the one whose SHA-256 stands in the entry logs in | `loopback::protected::certificates::clients_log_in_by_certificates` |
//! | handshakes without a login, one after the other on one connection | the time to log in runs on over `AUTH` and `REIN` | `loopback::protected::policy::neither_auth_nor_rein_puts_off_the_end_of_the_time_to_log_in` |
//! | reading the memory for passwords | none is kept: what was right lately is a SHA-256 under a random key of the process | `accounts::successes::tests::another_user_entry_or_password_is_another_proof` `accounts::password::tests::secrets_do_not_show_themselves` |
//! | the server's key on the disk | 0600, in the data directory, beside what is served and never below it | `daemon::certificate::tests::what_is_made_is_made_once_and_its_key_is_private` |
//!
//! ## Exhaustion
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | a flood of connections | `--max-clients`, of which an address has half at most (`--max-clients-per-address`), `--accept-rate`; who is turned away gets 421 as long as no more than 256 take their leave, and no TLS handshake | `loopback::siege::a_flood_past_every_limit_leaves_those_who_are_there_alone` `accounts::gate::tests::connections_are_limited_by_number_and_by_rate` |
//! | every place taken by strangers who stay | when all are taken, whoever has been here longest without a login, and for five seconds at least, makes way for somebody new; nobody who is logged in does | `sim::siege::strangers_who_fill_every_place_make_way` `loopback::siege::strangers_who_fill_every_place_make_way_for_somebody_new` |
//! | descriptors | accepting rests and resumes; nobody who is connected is dropped | `sim::shapes::without_descriptors_nobody_connected_is_dropped` |
//! | passive ports, asked for and never used | a port serves all addresses at once, one session each; a session has one at a time | `loopback::siege::ports_to_which_nobody_connects_are_shared_and_given_up` `sim::shapes::many_addresses_share_a_port_without_a_refusal` |
//! | slowness before the login, a byte now and then | `--login-timeout` from the greeting; bytes that end no line feed no timer ([timers](super::timers)) | `sim::siege::slow_loris_before_the_login` |
//! | slowness behind the login | `--idle-timeout` | `sim::siege::slow_loris_behind_the_login` |
//! | slowness in a handshake | `--handshake-timeout`, which no byte puts off | `loopback::sealed::a_handshake_has_a_time_limit` `loopback::sealed::early::an_early_handshake_that_fails_is_told_to_the_command` `sim::sealed::handshakes_that_trickle_delay_nobody_and_end` |
//! | slowness in a transfer, or a data connection that never comes | `--stall-timeout`, `--data-timeout` | `loopback::hostile::who_keeps_others_waiting_is_let_go` `sim::siege::slow_loris_over_a_data_connection_that_never_comes` |
//! | slowness in leaving | thirty lingers | `sim::siege::slow_loris_over_the_last_words` |
//! | memory: connections that say nothing, or half of something | one that is idle is a slot, a box and two empty buffers; half a handshake is 19 KiB | `loopback::siege::half_open_and_slow_connections_cost_little_and_delay_nobody` `loopback::sealed::idle_sessions_are_small_and_give_everything_back` |
//! | memory: endless lines | the framer keeps no more than a line may have, and says so once | `wire::line::tests::a_long_line_is_reported_once_and_costs_no_memory` `loopback::hostile::a_line_without_end_is_refused_and_the_session_kept` |
//! | memory: replies that nobody reads | above 64 KiB of waiting replies no further line is read from that peer | `loopback::siege::replies_that_nobody_reads_cost_a_bounded_memory` `sim::shapes::who_never_reads_is_not_kept_in_memory` |
//! | memory: commands that wait for a transfer | a bound on their bytes; above it the socket is not read | `session::ftp::transfer::tests::what_waits_is_bounded` |
//! | memory: handshakes with endless messages | 16 KiB a message | `channel::tls::connection::tests::a_handshake_has_a_longest_message` |
//! | processor: handshakes, each of which may cost a signature | sixteen steps a pass, whoever takes them ([TLS](super::tls)) | `sim::siege::a_crowd_of_handshakes_takes_its_turns` |
//! | memory: what the gate remembers | tables with a bound, from which the mildest goes first | `accounts::gate::tests::nothing_outgrows_its_bound` |
//! | memory: a zlib stream that expands a thousandfold (MODE Z) | it is expanded a slice a turn, and no more is read before | `transfer::upload::tests::a_bomb_is_expanded_a_slice_a_turn` |
//! | disk: a full one | `452`; the part goes, the old file stays, others are served | `loopback::disk::a_full_disk_is_said_so_and_takes_nothing_away` |
//! | disk: half uploads that fill it | they expire, and are swept even where nobody may list; a full disk removes the part that met it | `loopback::hostile::what_a_broken_upload_left_expires` `session::ftp::store::tests::what_is_left_expires_where_somebody_looks_or_breaks_off` |
//! | disk: a log that is flooded | fifty lines about refusals, then ten a second | `accounts::gate::tests::a_flood_of_refusals_is_no_flood_of_lines` |
//! | disk: the same, by asking for passive ports where there are none left | a line when they run out and one when that is over, once a minute at most | `reactor::shortage::tests::it_is_said_once_and_its_end_is` |
//! | processor: a flood of passwords | they wait for the helper thread in turn by network (/24, or /48 of IPv6) and in it by address, 128 each and 1,024 in all; who is known there comes first, whose logins failed last | `loopback::gate::a_crowd_that_logs_in_makes_itself_wait` `daemon::rows::tests::a_source_has_so_many_and_no_more` `daemon::rows::tests::a_crowd_of_one_network_makes_no_other_wait` |
//! | processor: a hash that costs without a bound, or a password of megabytes | refused when the table is read; what is longer than any password is not hashed | `accounts::password::tests::broken_and_boundless_hashes_are_refused` `accounts::tests::no_hash_is_made_of_what_is_too_long_to_be_right` |
//! | memory and processor: directories of millions of names, listed by everybody at once | names are read a slice a turn, and held a window at a time; what is answered at once is answered with "there is more" | `tree::os::entries::tests::a_large_directory_is_read_in_slices_and_told_in_order` `sim::shapes::listings_of_a_large_directory_take_turns_with_a_download` `loopback::trips::a_directory_of_100_000_entries_is_listed_in_bounded_memory` |
//! | processor: glob bombs | a pattern has 48 bytes from its first star on, or is none | `loopback::smuggled::a_glob_bomb_is_no_pattern_or_a_short_one` `tree::pattern::tests::only_what_holds_a_wildcard_is_a_pattern` |
//! | processor: a crowd that compresses (`SITE COMPRESS`) | one slice a pass, sixteen files at once; the others wait in line | `sim::work::more_than_have_places_take_turns_and_leave` `sim::work::work_on_files_leaves_others_their_turns` |
//! | processor: commands by the thousand, transfers without a pause | budgets a turn; what is left goes to the tail of the queue | `sim::shapes::a_fleet_of_pipeliners_is_answered_in_order` `sim::seeds` |
//! | the server's own process, taken over | [walls](super::walls) | `walls::landlock_keeps_to_what_is_granted` `walls::seccomp_takes_away_what_is_not_needed` `walls::as_root_there_is_no_way_back_to_root` |
//!
//! `scripts/siege` (`make siege`) does the floods in earnest, ten thousand connections and more, and
//! measures what an honest session notices of them.
//!
//! # What remains
//!
//! Plain FTP sends passwords in the clear. Beyond loopback have clients use TLS, and nothing else
//! (`--tls required`); the default is that they may, for those of them that can't would be shut out.
//!
//! What a valid client may do it may do at any rate: it fills the disk as far as it is granted to
//! write (the file system's quotas are the bound), and downloads as fast as its line goes. Whoever can
//! connect two thousand times a second, from addresses enough, takes all places anew before those
//! who hold them have to make way; `--accept-rate` is what an address can be held to.
//! There is no rate for all together: who attacks would use it up for everybody.
//!
//! # Whom the client believes
//!
//! `coracle` meets servers that may be anybody's, over lines on which anybody may sit.
//!
//! | attack | what stops it | the test that shows so |
//! |---|---|---|
//! | a server that is another than it says | before a user is named, the certificate is verified: by the system's authorities, `--ca` or `--fingerprint`. Under `--tls try`, loopback is trusted unseen, where no bytes leave the machine | `client::secure::who_is_not_trusted_gets_no_password` `client::secure::what_is_trusted_is_trusted_in_the_way_that_was_chosen` |
//! | TLS taken away: AUTH refused by somebody on the way | `require`, `ftpes://`, `ftps://`, and any option that says whom to trust, go on under TLS or not at all. Under `try` such a refusal is believed, but never of a server that was reached under TLS in the same run | `client::secure::a_server_without_tls_gets_nothing_where_tls_is_wanted` `client::secure::what_was_under_tls_once_is_not_talked_to_in_the_clear` |
//! | TLS made to fail | a handshake that fails is an end (exit code 4), and never a reason to go on in the clear | `client::secure::a_handshake_that_fails_is_never_followed_by_words_in_the_clear` |
//! | words in the clear behind 234, to be taken for replies under TLS | they are an end; what was said before TLS is forgotten, and FEAT is asked anew | `client::secure::words_behind_234_are_an_attack` |
//! | the data connection left in the clear (`PROT P` refused) | an end: once one connection is under TLS, the other is not in the clear | `client::secure::data_connections_stay_under_tls_or_nothing_is_done` |
//! | a data connection taken over | it has to resume the session, or show the very certificate of the control connection | `client::secure::a_data_connection_has_to_be_of_the_same_server` |
//! | a download cut short by whoever can end a connection | only close_notify is an end; without it the part stays a part | `client::secure::a_download_without_the_end_that_tls_has_is_cut` |
//! | `PASV` that leads to somebody else | the address in it is not looked at | `client::misbehaving::pasv_never_leads_to_somebody_else` |
//! | names that lead out of the target directory | a server chooses the last component at most | `client::misbehaving::a_guided_server_can_not_choose_where_files_go` |
//! | silence, at any point, a handshake included | each wait has its end (exit code 12) | `client::secure::a_silent_handshake_of_a_data_connection_ends_in_time` `client::misbehaving::a_server_that_never_greets_is_not_waited_for_without_end` |
//!
//! A certificate's revocation is not looked up: nothing is asked of a third party. In TLS 1.3 a session
//! is resumed by tickets that are used once. ProFTPD gives two and no more, and refuses data
//! connections that come without; such a server is reconnected to under TLS 1.2, and stays so for the
//! run.
