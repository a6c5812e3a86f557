//! # Conformance: what the RFCs ask of a server, and what shows that it is done
//!
//! Each row is one thing that an RFC says a server must or should do, in our words; *m* is a must,
//! *s* a should. The last column names the tests that show it, or says why it is not done. What an
//! RFC asks of clients alone, of mechanisms other than TLS, and of block, compressed, record and page
//! transfers is left out. `tests/tidy.rs` sees to it that no row is empty and that each test exists.
//!
//! ## RFC 959 and RFC 1123, section 4.1: connections and replies
//!
//! | where | what | | the test that shows so, or why not |
//! |---|---|---|---|
//! | 959 4.2 | each command is answered once, finally, in order; preliminary replies come before | m | `session::contract::a_client_keeps_the_contract` `loopback::hostile::many_lines_at_once_are_answered_one_by_one` |
//! | 959 4.2 | a reply of several lines begins `code-`, ends `code `, and no line between can be taken for its end | m | `wire::ftp::reply::tests::one_line_and_several_are_written_as_the_rfc_wants` `wire::ftp::reply::tests::no_text_can_look_like_another_reply` |
//! | 959 4.2 | lines that come while a command is served wait | s | `session::ftp::transfer::tests::pipelined_lines_are_served_in_order` `loopback::trips::hundreds_of_lines_wait_behind_a_transfer` |
//! | 959 4.2 | 421 may answer anything when the service ends | m | `session::ftp::transfer::tests::draining_lets_the_transfer_end` |
//! | 959 5.4 | 220 greets; 421 in its place where there is no room | m | `session::ftp::access::tests::greets_and_logs_in` `loopback::hostile::one_client_too_many_is_told_so` |
//! | 959 5.3 | verbs in any case; nothing is done before the line has ended | m | `wire::ftp::verb::tests::every_name_parses_in_any_case` `loopback::trips::lines_may_come_in_single_bytes` |
//! | 959 5.3.1 | one space ends the verb | m | `wire::ftp::command::tests::names_keep_every_space_but_the_first` |
//! | 959 5.4 | 500 for what is unknown, 501 for what is misspelt, 502 for what is not served, 503 out of order, 504 for a parameter that is not served, 530 before the login | m | `wire::ftp::command::tests::faults_say_what_is_wrong` `session::ftp::access::tests::bad_sequences` `loopback::conformance::commands_without_their_parameter_are_refused` `loopback::conformance::strangers_are_told_to_log_in` |
//! | 959 5.1, 1123 4.1.2.13 | the verbs, types, modes and structures that each server has | m | `session::ftp::table::tests::a_verb_has_a_row_exactly_if_it_can_be_parsed` `session::ftp::parameter::tests::type_structure_and_mode` |
//! | 1123 4.1.2.10 | where a read ends means nothing: half a line and a hundred are both expected | m | `wire::line::tests::any_split_gives_the_same_lines` `loopback::trips::lines_may_come_in_single_bytes` |
//! | 1123 4.1.2.11 | replies have the right form; codes are those of RFC 959 where one fits | m, s | `wire::ftp::reply::tests::replies_come_back` |
//! | 1123 4.1.2.11 | 4yz and not 5yz where trying again may help | s | `session::ftp::store::tests::ends_that_are_not_good` `session::ftp::transfer::tests::lost_connections` |
//! | 1123 4.1.2.12 | Telnet options are accepted and refused, without loops | m | `wire::line::tests::options_are_refused_and_refusals_are_not_answered` `loopback::trips::telnet_options_are_refused` |
//! | 1123 4.1.2.12 | active connections come from the address that the control connection has | m | `loopback::hostile::an_active_connection_goes_to_the_client_alone` |
//! | 1123 4.1.2.12, 959 4.1.3 | the Synch before ABOR and its urgent byte do no harm | m | `wire::line::tests::the_synch_before_abor_vanishes` `loopback::trips::abor_comes_before_during_and_after_plain_and_urgent` |
//! | 1123 4.1.3.1 | XCWD, XCUP, XPWD, XMKD, XRMD are the verbs without the X | s | `wire::ftp::verb::tests::older_names_are_the_same_verbs` |
//! | 1123 4.1.3.2 | who does nothing for long is shown out; the time can be set, and is five minutes unless it is; it rests during a transfer | s | `session::ftp::access::tests::time_runs_out` `session::ftp::transfer::tests::an_idle_timer_that_ran_out_late_ends_no_transfer` |
//! | 1123 4.1.3.3 | STAT and ABOR are heard while data moves | s | `loopback::hostile::a_transfer_can_be_watched_aborted_and_outlived` |
//! | 959 3.2, 3.3, 5.2 | the default data ports: without PORT, PASV or their like the server connects to the port of the control connection | m | not done, 425: no client has listened there for decades, port 20 would want root for good, and a port that nobody named may be anybody's |
//! | 959 3.2 | the data connection is closed at the end of the file, at ABOR, and with the control connection | m | `session::ftp::transfer::tests::a_peer_that_hangs_up_has_its_transfer_stopped` `loopback::hostile::a_client_may_vanish_at_any_point` |
//! | 959 5.2 | 226 comes when the data connection has been closed, and not before | m | `loopback::conformance::the_data_connection_has_ended_when_226_comes` |
//!
//! ## RFC 959 and RFC 1123: verb by verb
//!
//! | where | what | | the test that shows so, or why not |
//! |---|---|---|---|
//! | USER, PASS | PASS comes behind USER; USER begins a new login at any time, and leaves the parameters | m | `session::ftp::access::tests::bad_sequences` `session::ftp::access::tests::a_new_user_keeps_the_parameters_and_rein_resets_them` |
//! | ACCT | 202 where none is needed | m | `session::ftp::access::tests::bad_sequences` |
//! | CWD, CDUP | 250 or 550; CDUP as CWD | m | `session::ftp::directory::tests::walks` |
//! | SMNT | 502 | | `session::ftp::inform::tests::speaks_to_strangers` |
//! | REIN | all as after the greeting; a transfer ends first | m | `session::ftp::access::tests::a_new_user_keeps_the_parameters_and_rein_resets_them` `loopback::conformance::a_new_login_waits_for_the_transfer` |
//! | QUIT | a transfer ends first, with its reply | m | `session::ftp::transfer::tests::quit_waits_for_the_end` `loopback::trips::quit_waits_for_an_upload` |
//! | PORT | 200 | m | `session::ftp::route::tests::active_goes_to_the_peer_alone` |
//! | PASV (1123 4.1.2.6) | is served, 227 with six numbers | m | `session::ftp::route::tests::passive_replies_have_the_forms_that_clients_parse` |
//! | PASV (1123 4.1.2.6) | a pair of ports for each transfer that is no other's | m | `loopback::hostile::a_strangers_data_connection_is_refused` `sim::shapes::sessions_of_one_address_share_a_port` |
//! | TYPE | A N is the default and is served; the parameters are remembered | m | `session::ftp::access::tests::a_new_user_keeps_the_parameters_and_rein_resets_them` `session::ftp::parameter::tests::the_type_decides_the_coding` |
//! | TYPE A T (1123 4.1.2.2) | is A N where the two do not differ | s | `session::ftp::parameter::tests::type_structure_and_mode` |
//! | TYPE A C, E | 504 | | `session::ftp::parameter::tests::type_structure_and_mode` |
//! | TYPE L (1123 4.1.2.1) | L 8 is I | m | `wire::ftp::command::tests::types_structures_and_modes` |
//! | TYPE A (959 3.1.1.1) | lines end in CRLF on the way, and as the system has it in the file; what went there comes back | m | `wire::ascii::tests::there_and_back_is_the_same` `loopback::ftplib::text_has_crlf_on_the_wire_and_lf_in_the_file` |
//! | STRU R (959 3.1.2) | is served for text | m | not done, 504: RFC 1123, section 4.1.2.13, takes it back where files have no records |
//! | MODE B, C | 504 | | `session::ftp::parameter::tests::type_structure_and_mode` |
//! | RETR | 150, the file, 226; the file stays as it is | m | `session::ftp::send::tests::sends_a_file` |
//! | STOR | a new file, or one in place of the old | m | `session::ftp::store::tests::stores_and_replaces` |
//! | STOU (1123 4.1.2.9) | a name that no file has; `150 FILE: name` in just that form | m | `session::ftp::store::tests::stores_under_names_of_the_servers_making` |
//! | APPE | goes on from the end, or begins | m | `session::ftp::store::tests::restarts_and_appends` |
//! | ALLO | does nothing where no room needs setting aside, with a second number too | s | `session::ftp::parameter::tests::type_structure_and_mode` `wire::ftp::command::tests::numbers` |
//! | REST (1123 4.1.3.4) | a point that can't be is 554, to the command behind it | s | `session::ftp::send::tests::restarts` |
//! | RNFR, RNTO | RNTO comes straight behind RNFR, and is 503 anywhere else | m | `session::ftp::file::tests::what_rnfr_said_holds_for_one_command` |
//! | ABOR | nothing runs: 226; something does: 426, then 226; the control connection stays | m | `session::ftp::transfer::tests::an_aborted_transfer_is_answered_twice` `session::ftp::transfer::tests::an_abor_that_comes_too_late` |
//! | DELE, RMD | 250 or 550 | m | `session::ftp::file::tests::deletes` `session::ftp::directory::tests::makes_and_removes` |
//! | MKD, PWD (959, appendix II) | 257, the whole path in quotation marks, those inside doubled; what is there is refused | m, s | `session::ftp::directory::tests::makes_and_removes` `loopback::trips::names_may_be_odd` |
//! | LIST, NLST (1123 4.1.2.7) | text in any type, CRLF behind each line | s | `session::ftp::list::tests::a_listing_is_text_in_every_type` |
//! | NLST (1123 4.1.2.7) | names alone, each as a transfer takes it | m | `session::ftp::list::tests::names_can_be_given_back_as_they_are` |
//! | LIST, NLST | no parameter is the current directory | m | `session::ftp::list::tests::lists_the_virtual_root_as_granted` |
//! | SITE (1123 4.1.2.8) | what is not standard is here | s | `session::ftp::site::tests::says_what_there_is` |
//! | SYST | 215 and a registered name | m | `session::ftp::inform::tests::speaks_to_strangers` |
//! | STAT | the parameters and what is connected; a path: a listing, over the control connection; during a transfer: how far it is | s | `session::ftp::transfer::tests::stat_tells_how_far_it_is` `session::ftp::list::tests::stat_lists_in_the_reply` |
//! | HELP, NOOP | 214, 200, before the login as well | s | `session::ftp::inform::tests::speaks_to_strangers` |
//!
//! ## RFC 2228 and RFC 4217: protection
//!
//! What these leave open is in [protocol](super::protocol).
//!
//! | where | what | | the test that shows so, or why not |
//! |---|---|---|---|
//! | 2228 3, AUTH | 234; 504 for a mechanism that is not known; 502 where none is served | m, s | `session::ftp::security::tests::mechanisms_and_repetitions_are_refused` `session::ftp::security::tests::without_tls_nothing_of_it_is_there` |
//! | 2228 3, AUTH | who was logged in has to log in anew | m | `session::ftp::security::tests::auth_begins_a_handshake_and_the_session_anew` |
//! | 4217 17 | TLS-C is TLS | s | `wire::ftp::command::tests::mechanisms_and_levels` |
//! | 2228 3, PBSZ | 503 before AUTH; 501 for what does not fit 32 bits; 200, `PBSZ=0` if another was proposed | m, s | `session::ftp::security::tests::pbsz_comes_before_prot_and_auth_before_both` `wire::ftp::command::tests::mechanisms_and_levels` |
//! | 2228 3, PROT | 503 before PBSZ, 504 for an unknown level, 536 for one that TLS lacks, 534 for one that is not wanted | s | `session::ftp::security::tests::pbsz_comes_before_prot_and_auth_before_both` `session::ftp::security::tests::prot_decides_the_orders` `session::ftp::security::tests::where_tls_is_required_nobody_logs_in_without_it` |
//! | 4217 9 | data is in the clear until PROT, and thereafter as that said | m | `session::ftp::security::tests::prot_decides_the_orders` |
//! | 4217 9 | the same where TLS is implicit | m | `session::ftp::security::tests::implicit_tls_protects_data_from_the_beginning` shows that it is not so: the RFC knows no such port, and its clients send no PROT |
//! | 2228 3, CCC | 533 in the clear, 534 where the server will not | m, s | `session::ftp::security::tests::what_is_protected_stays_protected` |
//! | 2228 3, ADAT, MIC, CONF, ENC | 502 where they are not served | s | `session::ftp::security::tests::without_tls_nothing_of_it_is_there` |
//! | 2228 4 | 232 where the certificate is enough | s | `session::ftp::security::tests::a_certificate_takes_the_place_of_a_password` |
//! | 4217 6 | FEAT names AUTH, PBSZ, PROT | m | `session::ftp::security::tests::feat_and_help_offer_it` |
//! | 4217 10.1 | a handshake that fails ends the connection | s | `loopback::protected::policy::handshakes_that_come_to_nothing_end` |
//! | 4217 10.2 | how data is protected is looked at when it is to move, not before | s | `loopback::protected::policy::where_it_is_required_nothing_goes_without_it` |
//! | 4217 11 | REIN ends TLS, behind its reply | m | not done, 534: that would be CCC by another name; USER begins a new login |
//! | 4217 14 | no reliance on SIGURG | s | `loopback::trips::abor_comes_before_during_and_after_plain_and_urgent` |
//!
//! ## RFC 2389, RFC 2428, RFC 2640, RFC 7151
//!
//! | where | what | | the test that shows so, or why not |
//! |---|---|---|---|
//! | 2389 3.2 | FEAT: 211, a line each with one space before it, all extensions and none that is not there | m | `session::ftp::inform::tests::features_have_one_leading_space` `session::ftp::parameter::tests::mode_z_is_the_operators_choice` |
//! | 2389 4 | OPTS: 200 for what is known, 501 for what is not | m | `session::ftp::parameter::tests::options` `wire::ftp::command::tests::options_are_set` |
//! | 2428 2 | EPRT: any delimiter from `!` to `~`, 200, 522 with the protocols in brackets and no brackets before | m | `wire::ftp::address::tests::the_forms_are_those_of_the_rfcs` `session::ftp::route::tests::active_goes_to_the_peer_alone` |
//! | 2428 3 | EPSV: `229 … (\|\|\|port\|)`, the protocol that was asked for or 522 | m | `session::ftp::route::tests::passive_replies_have_the_forms_that_clients_parse` `session::ftp::route::tests::no_port_is_to_be_had` |
//! | 2428 3 | EPSV ALL: PASV, PORT, EPRT are refused from then on | m | `session::ftp::route::tests::after_epsv_all_nothing_else_is_served` |
//! | 2640 3.1 | names are UTF-8 on the way, and other bytes are passed on as they are | m, s | `loopback::trips::names_may_be_odd` |
//! | 2640 3.1 | spaces behind the first belong to the name | m | `wire::ftp::command::tests::names_keep_every_space_but_the_first` |
//! | 2640 3.1 | CR NUL in a name is CR | m | not done, 501: a name with a CR would end lines in listings and logs, and none is served |
//! | 2640 3.2 | FEAT says UTF8 | m | `session::ftp::inform::tests::features_have_one_leading_space` |
//! | 2640 4.2 | LANG: 200 for a language that is had, or for none; 504 for one that is not, 501 for no tag | m, s | `session::ftp::inform::tests::speaks_to_strangers` `wire::ftp::command::tests::hosts_languages_and_programs` |
//! | 2640 4.3 | FEAT names the languages, with a star behind the one in use | m | `session::ftp::inform::tests::features_have_one_leading_space` |
//! | 7151 3 | HOST before the login: 220, the last one counts, and what was begun is forgotten; behind it: 503 | m | `session::ftp::access::tests::every_name_of_the_one_host_is_taken_before_a_login` |
//! | 7151 3.1 | 501 for what is no host, a port among it; 504 for an address that is not ours | m | `session::ftp::access::tests::every_name_of_the_one_host_is_taken_before_a_login` `wire::ftp::command::tests::hosts_languages_and_programs` |
//! | 7151 3.2 | 504 for a name that is not ours | s | not done: there is one host, and every name that leads to it is its own |
//! | 7151 3.2.1 | REIN forgets HOST; no HOST is no fault | m, s | `session::ftp::access::tests::every_name_of_the_one_host_is_taken_before_a_login` `session::ftp::access::tests::greets_and_logs_in` |
//! | 7151 3.2.1 | under TLS the name is that of the handshake | m | not done: rustls shows no server name on an unbuffered connection, and with one host nothing is chosen by either name |
//! | 7151 3.4 | FEAT says HOST | m | `session::ftp::access::tests::every_name_of_the_one_host_is_taken_before_a_login` |
//!
//! ## RFC 2577: security
//!
//! | where | what | | the test that shows so, or why not |
//! |---|---|---|---|
//! | 3 | no connection to ports below 1024, nor to other hosts: 504 | s | `session::ftp::route::tests::active_goes_to_the_peer_alone` |
//! | 4 | data connections come from the control connection's peer | s | `loopback::hostile::a_strangers_data_connection_is_refused` |
//! | 5 | three to five attempts, then 421 and the end | s | `session::ftp::access::tests::the_third_failure_ends_the_connection` |
//! | 5 | a wrong password is answered late, and other connections of the guesser's as well | s | `session::ftp::access::tests::the_answer_to_a_guesser_is_held_back_right_or_wrong` `accounts::gate::tests::many_guesses_at_once_are_no_more_guesses` |
//! | 7 | 331 to every username | s | `session::ftp::access::tests::unknown_user_and_wrong_password_are_answered_alike` |
//! | 8 | ports that can't be guessed | s | without a range the kernel chooses; within one a port is not guarded by being unknown but by whose address it waits for, see [trust](super::trust) |
//!
//! ## RFC 3659: extensions
//!
//! | where | what | | the test that shows so, or why not |
//! |---|---|---|---|
//! | 2.2 | IAC in a name is doubled on the control connection | m | `wire::line::tests::written_text_comes_back` `loopback::trips::names_may_be_odd` |
//! | 2.3 | times: 14 digits in UTC, a fraction of one digit or more, the second 60 | m | `wire::ftp::facts::tests::stamps_are_14_digits_and_maybe_a_fraction` `loopback::trips::times_at_their_edges` |
//! | 3 | MDTM: 213 and the time alone, else 550; FEAT says so | m | `session::ftp::inform::tests::size_and_time` |
//! | 4 | SIZE: 213 and the number of bytes that RETR would send, no estimate; FEAT says so | m | `session::ftp::inform::tests::size_and_time` |
//! | 4 | SIZE in TYPE A | | 550, which the RFC allows: to know it the whole file would have to be read |
//! | 4 | SIZE of no file | m | 550, unless an upload to that name has broken off and the client may go on with it: then what has arrived, which `session::ftp::store::tests::goes_on_with_what_a_broken_upload_left` shows |
//! | 5.3 | REST: 350; RETR from there, STOR from there on, APPE as STOR | m | `session::ftp::send::tests::restarts` `session::ftp::store::tests::restarts_and_appends` `session::ftp::store::tests::appe_behind_rest_is_stor` |
//! | 5.3 | REST comes straight before the transfer; elsewhere what it does is open | | `session::ftp::send::tests::a_restart_point_holds_for_one_command` |
//! | 5.2 | REST in TYPE A | | 501: a point would have to count the bytes on the way |
//! | 5.4 | FEAT says REST STREAM | m | `session::ftp::inform::tests::features_have_one_leading_space` |
//! | 6 | TVFS: `/`, `.` and `..` as in Unix, and FEAT says so | m | `tree::path::tests::joins_as_a_shell_does` `session::ftp::inform::tests::features_have_one_leading_space` |
//! | 7.1 | MLSD of a file: 501 | m | `session::ftp::list::tests::lists_for_machines` |
//! | 7.2 | the form of MLST and MLSD, without a space more or less | m | `wire::ftp::facts::tests::lines_are_as_the_rfc_wants` `session::ftp::list::tests::tells_the_facts_of_one` |
//! | 7.3.1 | MLST names the whole path, MLSD the name alone | s | `session::ftp::list::tests::tells_the_facts_of_one` `session::ftp::list::tests::lists_for_machines` |
//! | 7.5.5 | perm is what the client may do, and no more | s | `session::ftp::list::tests::lists_for_machines` |
//! | 7.5.5 | `d` of a directory that is not empty is not said | s | not done: to know it each directory in a listing would have to be read; RMD says so |
//! | 7.5.10 | type, perm, size, unique, modify | s | `session::ftp::inform::tests::features_have_one_leading_space` `wire::ftp::facts::tests::facts_and_names_come_back` |
//! | 7.8 | FEAT: MLST and all facts, a star behind those that are told | m | `session::ftp::parameter::tests::options` `wire::ftp::facts::tests::selections_are_chosen_and_shown` |
//! | 7.9 | OPTS MLST: facts that were not chosen are not told, unknown ones ignored; 200 and those chosen | m | `session::ftp::parameter::tests::options` |
//! | 11 | nothing is told of what is not the client's | s | `session::ftp::directory::tests::what_is_not_granted_is_not_there` |
//!
//! # What trips servers
//!
//! | what | how it is here | the test that shows so, or why not |
//! |---|---|---|
//! | TYPE A, upwards, cut anywhere: CR, LF, CRLF, a bare CR | CRLF is one line end wherever it is cut; a bare CR stays | `loopback::trips::an_uploaded_text_may_be_cut_anywhere` `wire::ascii::tests::chunks_do_not_matter` |
//! | TYPE A, downwards, around each chunk | LF becomes CRLF once, CRLF stays | `loopback::trips::a_downloaded_text_may_end_its_lines_anywhere` |
//! | SIZE in TYPE A | 550 | `session::ftp::inform::tests::size_and_time` |
//! | REST in TYPE A | 501, but 0 is taken | `session::ftp::parameter::tests::restart_in_type_a_is_refused` |
//! | REST, then another command | forgotten, unless that makes the data connection | `session::ftp::send::tests::a_restart_point_holds_for_one_command` `loopback::conformance::a_refused_restart_is_forgotten` |
//! | RNFR without RNTO | forgotten, with what makes a data connection too | `session::ftp::file::tests::what_rnfr_said_holds_for_one_command` |
//! | names with quotation marks, spaces, leading dashes, wildcards, UTF-8, IAC | names like others | `loopback::trips::names_may_be_odd` `loopback::curl::downloads_odd_names_whole` |
//! | names with CR, LF or NUL | 501; what has such a name on the disk is not listed | `loopback::trips::names_may_be_odd` `tree::os::tests::names_that_would_break_a_line_are_not_listed` |
//! | LIST with options | accepted, and they change nothing | `session::ftp::list::tests::lists_in_long_form` `wire::ftp::command::tests::listings_have_options_and_a_path` |
//! | LIST and NLST with patterns | a literal name wins; nothing that matches is an empty list | `session::ftp::list::tests::a_literal_name_wins_over_the_pattern_that_it_spells` `session::ftp::list::tests::nothing_is_an_empty_list` |
//! | STAT of a path | LIST's lines in the reply, bounded | `session::ftp::list::tests::stat_lists_in_the_reply` `session::ftp::list::tests::stat_bounds_its_listing_and_list_does_not` |
//! | STAT during a transfer | the bytes so far | `session::ftp::transfer::tests::stat_tells_how_far_it_is` `loopback::hostile::a_transfer_can_be_watched_aborted_and_outlived` |
//! | the facts, and OPTS MLST | chosen, starred, none at all | `session::ftp::parameter::tests::options` `session::ftp::list::tests::lists_for_machines` |
//! | MDTM and MFMT at the edges of time | before 1970, around 2038, leap days and seconds; days that are none are 501 | `loopback::trips::times_at_their_edges` `session::ftp::list::tests::a_time_out_of_all_reason_is_listed` |
//! | STOU's reply | `150 FILE: name` | `session::ftp::store::tests::stores_under_names_of_the_servers_making` |
//! | EPSV ALL | PASV, PORT and EPRT are 501 | `session::ftp::route::tests::after_epsv_all_nothing_else_is_served` |
//! | ABOR before, during and after, plain, as a Synch, with urgent bytes, all urgent | 226, or 426 and 226 | `loopback::trips::abor_comes_before_during_and_after_plain_and_urgent` |
//! | QUIT during a transfer | the transfer ends first | `loopback::trips::quit_waits_for_an_upload` `loopback::hostile::a_transfer_can_be_watched_aborted_and_outlived` |
//! | commands in single bytes | lines like others | `loopback::trips::lines_may_come_in_single_bytes` |
//! | hundreds of commands at once | in order, behind a transfer too | `loopback::trips::hundreds_of_lines_wait_behind_a_transfer` `loopback::hostile::many_lines_at_once_are_answered_one_by_one` |
//! | files beyond 4 GiB | SIZE, MLST, LIST, REST on both sides of the edge, an upload that goes on behind it | `loopback::trips::files_beyond_4_gib` |
//! | directories of 100,000 entries | streamed in order, a slice a turn; a window of names is held, 1 MiB at most | `loopback::trips::a_directory_of_100_000_entries_is_listed_in_bounded_memory` |
//! | 10,000 transfers on one session | nothing grows | `loopback::trips::ten_thousand_transfers_on_one_session` |
//!
//! # Over the ground of pyftpdlib's functional tests
//!
//! Its tests were read, and each case that another test of ours did not hold was written anew. What was
//! found, and where the two differ:
//!
//! | case | pyftpdlib | here | the test that shows so, or why not |
//! |---|---|---|---|
//! | login, failures, REIN, USER | the same, but both end a login at once while its transfer goes on | they wait for the transfer | `loopback::conformance::a_new_login_waits_for_the_transfer` |
//! | verbs without their parameter | 501, but CWD goes to the root | 501, CWD as well | `loopback::conformance::commands_without_their_parameter_are_refused` |
//! | verbs with one that they do not take | 501 | 501 to REIN and CDUP; the others bear it, as clients pad NOOP and a stray byte must not stop an ABOR | `wire::ftp::command::tests::verbs_without_a_parameter_bear_spaces_and_most_of_them_words` |
//! | what strangers may say | STAT and SITE HELP as well | not these | `loopback::conformance::strangers_are_told_to_log_in` |
//! | TYPE L 7 | 200 | 504 | `wire::ftp::command::tests::types_structures_and_modes` |
//! | ALLO x, OPTS MLST without semicolons | 202, 501 | 501, 200 | `wire::ftp::command::tests::numbers` `session::ftp::parameter::tests::options` |
//! | MDTM of a directory | 550 | 213: the RFC leaves it open, and mirrors ask | `session::ftp::attribute::tests::times_are_set` |
//! | REST, then STOU or APPE | 450 | STOU's file is new; APPE is STOR, as RFC 3659 wants it. It had appended: mended | `loopback::conformance::a_refused_restart_is_forgotten` `session::ftp::store::tests::appe_behind_rest_is_stor` |
//! | REST, then STOR of no file | 550 | 554, and the next STOR begins at the start | `loopback::conformance::a_refused_restart_is_forgotten` |
//! | an upload that is cut | stays under its name | stands hidden, and is gone on with | `session::ftp::store::tests::goes_on_with_what_a_broken_upload_left` |
//! | empty files, both ways | the same | the same | `loopback::conformance::empty_files_go_both_ways` |
//! | files that have CRLF already, TYPE A | the same | the same | `wire::ascii::tests::line_ends_become_crlf_once` |
//! | STAT with a pattern | 550 | a listing | `session::ftp::list::tests::stat_lists_in_the_reply` |
//! | times before 1900 | listed | listed | `session::ftp::list::tests::a_time_out_of_all_reason_is_listed` |
//! | ABOR where nothing runs | 225 | 226, which RFC 959 has where nothing was left to abort | `session::ftp::transfer::tests::abor_without_a_transfer_gives_the_route_up` |
//! | ABOR as urgent data | the same | the same | `loopback::trips::abor_comes_before_during_and_after_plain_and_urgent` |
//! | PORT and EPRT: misspelt, foreign, below 1024 | 501 | 501, 504, 504, as RFC 2577 has it | `loopback::hostile::an_active_connection_goes_to_the_client_alone` |
//! | PORT where nobody listens | connects at once, and says so | connects for the transfer: 425 | `loopback::conformance::a_port_where_nobody_listens_is_425` |
//! | PASV over IPv6 | 227 | 522: there is no IPv4 address to name | `session::ftp::route::tests::over_ipv6` |
//! | IPv4 clients of a listener for both | the same | the same | `loopback::conformance::ipv4_comes_to_a_listener_of_both` |
//! | those who connect and reset | the same | the same | `loopback::hostile::a_client_may_vanish_at_any_point` |
//! | time-outs, limits, the banner | the same | the same | `loopback::hostile::who_keeps_others_waiting_is_let_go` `loopback::gate::each_limit_is_said` |
//! | the rate of a transfer | can be limited | | not there yet |
//! | callbacks, its own objects' printed form | | | it is a library, this is a program |
