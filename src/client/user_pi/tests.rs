//! Dialogues: what the server says, and what the machine does about it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::*;

/// A machine and a record of what it does, in words.
struct Dialogue {
    pi: UserPi,
}

impl Dialogue {
    /// Before the greeting.
    fn fresh() -> Self {
        Self { pi: UserPi::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))) }
    }

    /// Logged in to a server that has every feature.
    fn ready() -> Self {
        Self::ready_at(Self::fresh())
    }

    fn ready_at(mut dialogue: Self) -> Self {
        dialogue.says("220 hello");
        dialogue.does(login());
        dialogue.says("331 password");
        dialogue.says("230 in");
        let last = dialogue.says("211-Features:\r\n MLST type*;size*;\r\n REST STREAM\r\n211 End");
        assert_eq!(last, ["done 230"]);
        dialogue
    }

    /// Ready, with TYPE I behind it.
    fn imaged() -> Self {
        let mut dialogue = Self::ready();
        dialogue.does(Task::Size(b"x".to_vec()));
        dialogue.says("200 I");
        assert_eq!(dialogue.says("213 1"), ["size 1"]);
        dialogue
    }

    /// With the verb of `task` just sent.
    fn begun(task: Task) -> Self {
        let mut dialogue = Self::imaged();
        assert_eq!(dialogue.does(task), [">EPSV"]);
        assert_eq!(dialogue.says("229 ok (|||4000|)"), ["open 192.0.2.7:4000"]);
        assert_eq!(dialogue.takes(Input::DataOpened).len(), 1);
        dialogue
    }

    fn says(&mut self, line: &str) -> Vec<String> {
        self.takes(Input::Received(format!("{line}\r\n").as_bytes()))
    }

    fn does(&mut self, task: Task) -> Vec<String> {
        self.takes(Input::Do(task))
    }

    fn takes(&mut self, input: Input<'_>) -> Vec<String> {
        let mut actions = Vec::new();
        self.pi.handle(input, &mut actions);
        actions.iter().map(in_words).collect()
    }
}

fn in_words(action: &Action) -> String {
    match action {
        Action::Send(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            format!(">{}", text.strip_suffix("\r\n").expect("a command ends in CRLF"))
        }
        Action::Secure => "secure".to_owned(),
        Action::OpenData(address) => format!("open {address}"),
        Action::Listen => "listen".to_owned(),
        Action::ReceiveData => "receive".to_owned(),
        Action::SendData => "send".to_owned(),
        Action::CloseData => "close data".to_owned(),
        Action::CloseControl => "close".to_owned(),
        Action::Finished(Ok(answer)) => match answer {
            Answer::Done(reply) => format!("done {}", reply.code()),
            Answer::Directory(path) => format!("in {}", String::from_utf8_lossy(path)),
            Answer::Size(bytes) => format!("size {bytes}"),
            Answer::Transferred { bytes, reply } => format!("moved {bytes} {}", reply.code()),
            Answer::Listed { form, bytes } => format!("listed {form:?} {bytes}"),
            Answer::Secured => "secured".to_owned(),
            Answer::Left => "left".to_owned(),
        },
        Action::Finished(Err(fault)) => match fault {
            ClientFault::Refused(reply) => format!("refused {}", reply.code()),
            ClientFault::Closing(reply) => format!("closing {}", reply.code()),
            ClientFault::Unprotected(reply) => format!("unprotected {}", reply.code()),
            ClientFault::Protocol(what) => format!("not understood: {what}"),
            ClientFault::Lost
            | ClientFault::DataUnreachable
            | ClientFault::DataLost
            | ClientFault::Injected
            | ClientFault::Unsecured
            | ClientFault::Interrupted
            | ClientFault::Unsendable
            | ClientFault::Busy => format!("{fault:?}"),
        },
    }
}

fn login() -> Task {
    Task::Login { user: b"ann".to_vec(), password: Secret::new("s3cret") }
}

fn retrieve(offset: u64) -> Task {
    Task::Retrieve { path: b"Free Fire".to_vec(), offset }
}

fn store(start: StoreStart) -> Task {
    Task::Store { path: b"x".to_vec(), start }
}

fn list(form: ListForm) -> Task {
    Task::List { path: Some(b"Movies".to_vec()), form }
}

#[test]
fn a_login_waits_for_the_greeting_and_learns_the_features_once() {
    let mut dialogue = Dialogue::fresh();
    assert!(dialogue.does(login()).is_empty());
    assert!(dialogue.says("120 soon").is_empty());
    assert_eq!(dialogue.says("220-Welcome\r\n220 now"), [">USER ann"]);
    assert_eq!(dialogue.says("331 yes?"), [">PASS s3cret"]);
    assert_eq!(dialogue.says("230 in"), [">FEAT"]);
    assert_eq!(dialogue.says("211-F\r\n UTF8\r\n MLST type*;\r\n211 E"), [">OPTS UTF8 ON"]);
    assert_eq!(dialogue.says("200 on"), ["done 230"]);
    let features = dialogue.pi.features().unwrap();
    assert_eq!((features.parameter("mlst"), features.has("SIZE")), (Some("TYPE*;"), false));
    dialogue.does(login());
    assert_eq!(dialogue.says("230 no password needed"), ["done 230"]);
}

#[test]
fn refused_logins_leave_room_for_another_until_the_server_has_enough() {
    let mut dialogue = Dialogue::fresh();
    dialogue.says("220 hello");
    for _ in 0..2 {
        assert_eq!(dialogue.does(login()), [">USER ann"]);
        assert_eq!(dialogue.says("331 yes?"), [">PASS s3cret"]);
        assert_eq!(dialogue.says("530 no"), ["refused 530"]);
    }
    dialogue.does(login());
    assert_eq!(dialogue.says("421 enough"), ["close", "closing 421"]);
    assert!(dialogue.pi.is_over());
    assert_eq!(dialogue.does(Task::Pwd), ["closing 421"]);
}

#[test]
fn a_server_that_is_full_says_so_in_place_of_a_greeting() {
    let mut dialogue = Dialogue::fresh();
    assert_eq!(dialogue.says("530 too many"), ["close"]);
    assert_eq!(dialogue.does(login()), ["closing 530"]);
}

#[test]
fn a_download_ends_when_both_connections_say_so_in_either_order() {
    for data_first in [true, false] {
        let mut dialogue = Dialogue::ready();
        assert_eq!(dialogue.does(retrieve(7)), [">TYPE I"]);
        assert_eq!(dialogue.says("200 I"), [">EPSV"]);
        assert_eq!(dialogue.says("229 ok (|||4000|)"), ["open 192.0.2.7:4000"]);
        assert_eq!(dialogue.takes(Input::DataOpened), [">REST 7"]);
        assert_eq!(dialogue.says("350 from there"), [">RETR Free Fire"]);
        assert_eq!(dialogue.says("150 (20 bytes)"), ["receive"]);
        assert!(dialogue.says("125 still").is_empty());
        if data_first {
            assert!(dialogue.takes(Input::DataEnded { bytes: 20 }).is_empty());
            assert_eq!(dialogue.says("226 done"), ["moved 20 226"]);
        } else {
            assert!(dialogue.says("226 done").is_empty());
            assert!(!dialogue.pi.is_idle());
            assert_eq!(dialogue.takes(Input::DataEnded { bytes: 20 }), ["moved 20 226"]);
        }
        assert!(dialogue.pi.is_idle());
        assert_eq!(dialogue.does(retrieve(0)), [">EPSV"], "TYPE I is still in force");
    }
}

#[test]
fn replies_may_come_in_any_pieces() {
    let mut dialogue = Dialogue::begun(retrieve(0));
    let mut done = Vec::new();
    for byte in b"150 go\r\n226-well\r\n 226 not yet\r\n226 done\r\n" {
        done.extend(dialogue.takes(Input::Received(&[*byte])));
    }
    assert_eq!(done, ["receive"]);
    assert_eq!(dialogue.takes(Input::DataEnded { bytes: 1 }), ["moved 1 226"]);
}

#[test]
fn a_refused_transfer_closes_its_data_connection() {
    let mut dialogue = Dialogue::begun(retrieve(0));
    assert_eq!(dialogue.says("550 no"), ["close data", "refused 550"]);
    let mut dialogue = Dialogue::imaged();
    dialogue.does(retrieve(5));
    dialogue.says("229 ok (|||4000|)");
    dialogue.takes(Input::DataOpened);
    assert_eq!(dialogue.says("502 no REST"), ["close data", "refused 502"]);
    assert!(dialogue.takes(Input::DataFailed).is_empty(), "that crossed the closing");
}

#[test]
fn a_broken_transfer_waits_for_the_servers_word() {
    let mut dialogue = Dialogue::begun(retrieve(0));
    dialogue.says("150 go");
    assert!(dialogue.takes(Input::DataFailed).is_empty());
    assert_eq!(dialogue.says("426 broken"), ["close data", "refused 426"]);
    let mut dialogue = Dialogue::begun(retrieve(0));
    dialogue.says("150 go");
    dialogue.takes(Input::DataFailed);
    assert_eq!(dialogue.says("226 fine here"), ["close data", "DataLost"]);
    let mut dialogue = Dialogue::begun(store(StoreStart::Replace));
    dialogue.says("150 go");
    assert_eq!(dialogue.says("452 full"), ["close data", "refused 452"]);
}

#[test]
fn uploads_replace_go_on_or_append() {
    for (start, commands) in [
        (StoreStart::Replace, &[">STOR x"][..]),
        (StoreStart::Restart(9), &[">REST 9", ">STOR x"]),
        (StoreStart::Append, &[">APPE x"]),
    ] {
        let mut dialogue = Dialogue::imaged();
        dialogue.does(store(start));
        dialogue.says("229 ok (|||4000|)");
        let mut said = dialogue.takes(Input::DataOpened);
        if commands.len() == 2 {
            said.extend(dialogue.says("350 go on"));
        }
        assert_eq!(said, commands);
        assert_eq!(dialogue.says("150 go"), ["send"]);
        dialogue.takes(Input::DataEnded { bytes: 3 });
        assert_eq!(dialogue.says("226 kept"), ["moved 3 226"]);
    }
}

#[test]
fn an_upload_can_not_be_complete_before_it_began() {
    let mut dialogue = Dialogue::begun(store(StoreStart::Replace));
    let end = ["close data", "not understood: an upload ended before it began"];
    assert_eq!(dialogue.says("226 done"), end);
    let mut dialogue = Dialogue::begun(list(ListForm::Nlst));
    assert_eq!(dialogue.says("226 at once"), ["receive"], "a listing may be");
    assert_eq!(dialogue.takes(Input::DataEnded { bytes: 0 }), ["listed Nlst 0"]);
}

#[test]
fn epsv_falls_back_to_pasv_for_good_and_trusts_no_address() {
    let mut dialogue = Dialogue::imaged();
    assert_eq!(dialogue.does(retrieve(0)), [">EPSV"]);
    assert_eq!(dialogue.says("500 what"), [">PASV"]);
    assert_eq!(dialogue.says("227 ok (10,9,8,7,15,160)"), ["open 192.0.2.7:4000"]);
    assert_eq!(dialogue.takes(Input::DataFailed), ["close data", "DataUnreachable"]);
    assert_eq!(dialogue.does(retrieve(0)), [">PASV"]);
    assert_eq!(dialogue.says("227 nonsense"), ["not understood: a 227 without an address"]);
    for refusal in ["550 Permission denied.", "522 use (1)", "502 no"] {
        let mut dialogue = Dialogue::imaged();
        dialogue.does(retrieve(0));
        assert_eq!(dialogue.says(refusal), [">PASV"], "{refusal}");
        assert_eq!(dialogue.says("550 Permission denied."), ["refused 550"]);
    }
    let mut over_ipv6 = Dialogue { pi: UserPi::new(IpAddr::V6(Ipv6Addr::LOCALHOST)) };
    over_ipv6 = Dialogue::ready_at(over_ipv6);
    over_ipv6.does(retrieve(0));
    over_ipv6.says("200 I");
    assert_eq!(over_ipv6.says("502 no"), ["refused 502"], "PASV has no IPv6");
}

#[test]
fn active_mode_listens_before_it_asks() {
    let mut dialogue = Dialogue::imaged();
    dialogue.pi.use_mode(DataMode::Active);
    assert_eq!(dialogue.does(retrieve(0)), ["listen"]);
    let four = SocketAddr::from(([192, 0, 2, 1], 4001));
    assert_eq!(dialogue.takes(Input::Listening(four)), [">PORT 192,0,2,1,15,161"]);
    assert_eq!(dialogue.says("200 ok"), [">RETR Free Fire"]);
    assert_eq!(dialogue.says("150 go"), ["receive"]);
    dialogue.says("226 done");
    assert_eq!(dialogue.takes(Input::DataEnded { bytes: 4 }), ["moved 4 226"]);
    dialogue.does(retrieve(0));
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, 4002));
    assert_eq!(dialogue.takes(Input::Listening(six)), [">EPRT |2|::1|4002|"]);
    assert_eq!(dialogue.says("522 no"), ["close data", "refused 522"]);
}

#[test]
fn mlsd_falls_back_to_list_for_good() {
    let mut dialogue = Dialogue::begun(list(ListForm::Mlsd));
    assert_eq!(dialogue.says("500 what"), ["close data", ">EPSV"]);
    dialogue.says("229 ok (|||4001|)");
    assert_eq!(dialogue.takes(Input::DataOpened), [">LIST -a Movies"]);
    dialogue.says("150 go");
    dialogue.says("226 done");
    assert_eq!(dialogue.takes(Input::DataEnded { bytes: 9 }), ["listed ListAll 9"]);
    dialogue.does(list(ListForm::Mlsd));
    dialogue.says("229 ok (|||4001|)");
    assert_eq!(dialogue.takes(Input::DataOpened), [">LIST -a Movies"]);
}

#[test]
fn an_option_that_list_does_not_know_is_left_out() {
    // A server that has no options for good, one that looks for a file of that name each time.
    for (refusal, then) in [("501 what", ">LIST Movies"), ("550 -a: no file", ">LIST -a Movies")] {
        let mut dialogue = Dialogue::begun(list(ListForm::Mlsd));
        dialogue.says("500 what");
        dialogue.says("229 ok (|||4001|)");
        dialogue.takes(Input::DataOpened);
        assert_eq!(dialogue.says(refusal), ["close data", ">EPSV"]);
        dialogue.says("229 ok (|||4001|)");
        assert_eq!(dialogue.takes(Input::DataOpened), [">LIST Movies"]);
        dialogue.says("150 go");
        dialogue.says("226 done");
        assert_eq!(dialogue.takes(Input::DataEnded { bytes: 9 }), ["listed List 9"]);
        dialogue.does(list(ListForm::Mlsd));
        dialogue.says("229 ok (|||4001|)");
        assert_eq!(dialogue.takes(Input::DataOpened), [then]);
    }
}

#[test]
fn abor_waits_for_both_of_its_replies() {
    let mut dialogue = Dialogue::begun(retrieve(0));
    dialogue.says("150 go");
    let actions = dialogue.takes(Input::Interrupted);
    assert!(actions[0] == "close data" && actions[1].ends_with("ABOR"));
    assert!(dialogue.says("426 aborted").is_empty());
    assert_eq!(dialogue.says("226 ABOR done"), ["Interrupted"]);
    assert_eq!(dialogue.does(Task::Noop), [">NOOP"]);
    assert!(dialogue.takes(Input::Interrupted).is_empty());
    assert_eq!(dialogue.says("200 ok"), ["Interrupted"]);
}

#[test]
fn a_session_that_ends_behind_a_complete_transfer_takes_nothing_away() {
    let mut dialogue = Dialogue::begun(retrieve(0));
    dialogue.says("150 go");
    assert!(dialogue.says("226 all sent").is_empty());
    assert!(dialogue.says("421 about to stop").is_empty());
    assert!(dialogue.takes(Input::Closed).is_empty());
    assert_eq!(dialogue.takes(Input::DataEnded { bytes: 7 }), ["close", "moved 7 226"]);
    assert_eq!(dialogue.does(Task::Noop), ["closing 421"]);
    let mut dialogue = Dialogue::begun(retrieve(0));
    dialogue.says("150 go");
    dialogue.says("226 all sent");
    assert!(dialogue.takes(Input::Closed).is_empty());
    assert_eq!(dialogue.takes(Input::Interrupted), ["close data", "close", "Interrupted"]);
    assert_eq!(dialogue.does(Task::Noop), ["Lost"]);
}

#[test]
fn what_ends_in_the_middle_says_so() {
    let mut dialogue = Dialogue::begun(retrieve(0));
    dialogue.says("150 go");
    assert_eq!(dialogue.takes(Input::Closed), ["close data", "close", "Lost"]);
    assert_eq!(dialogue.does(Task::Noop), ["Lost"]);
    let mut dialogue = Dialogue::begun(retrieve(0));
    assert_eq!(dialogue.says("421 bye"), ["close data", "close", "closing 421"]);
    let mut dialogue = Dialogue::ready();
    assert_eq!(dialogue.says("421 idle for too long"), ["close"]);
    assert_eq!(dialogue.does(Task::Noop), ["closing 421"]);
    let mut dialogue = Dialogue::ready();
    assert_eq!(dialogue.does(Task::Quit), [">QUIT"]);
    assert_eq!(dialogue.takes(Input::Closed), ["close", "left"]);
}

#[test]
fn small_tasks_have_their_answers() {
    let mut dialogue = Dialogue::ready();
    assert_eq!(dialogue.does(Task::Pwd), [">PWD"]);
    assert_eq!(dialogue.says("257 \"/a \"\"b\"\"\" is it"), ["in /a \"b\""]);
    dialogue.does(Task::Rename { from: b"a".to_vec(), to: b"b c".to_vec() });
    assert_eq!(dialogue.says("350 to?"), [">RNTO b c"]);
    assert_eq!(dialogue.says("250 ok"), ["done 250"]);
    assert_eq!(dialogue.does(Task::Size(b"x".to_vec())), [">TYPE I"]);
    assert_eq!(dialogue.says("200 I"), [">SIZE x"]);
    assert_eq!(dialogue.says("213 many"), ["not understood: a 213 without a number"]);
    assert_eq!(dialogue.does(Task::Raw(b"SITE HELP".to_vec())), [">SITE HELP"]);
    assert_eq!(dialogue.says("500 what"), ["done 500"]);
    assert_eq!(dialogue.does(Task::Cwd(b"a\r\nDELE b".to_vec())), ["Unsendable"]);
    dialogue.does(Task::Cwd(b"a".to_vec()));
    assert_eq!(dialogue.does(Task::Pwd), ["Busy"]);
    assert_eq!(dialogue.says("550 no"), ["refused 550"]);
}

#[test]
fn a_server_can_not_make_it_wait_or_remember_without_end() {
    let mut dialogue = Dialogue::ready();
    dialogue.does(Task::Noop);
    let mut last = Vec::new();
    for _ in 0..=MARKS_MAX {
        last = dialogue.says("150 patience");
    }
    assert_eq!(last, ["close", "not understood: endless preliminary replies"]);
    // What counts is what comes before a final reply, and not what a long session has heard.
    let mut dialogue = Dialogue::ready();
    for _ in 0..2 {
        dialogue.does(Task::Noop);
        for _ in 0..MARKS_MAX {
            assert!(dialogue.says("150 patience").is_empty());
        }
        assert_eq!(dialogue.says("200 ok"), ["done 200"]);
    }
    let mut dialogue = Dialogue::ready();
    dialogue.does(Task::Noop);
    let last = dialogue.says(&"x".repeat(LINE_MAX + 1));
    assert_eq!(last, ["close", "not understood: a reply line is too long"]);
    let mut dialogue = Dialogue::ready();
    dialogue.does(Task::Noop);
    let last = dialogue.says("SSH-2.0-OpenSSH");
    assert_eq!(last, ["close", "not understood: that is no FTP reply"]);
}

#[test]
fn passwords_do_not_show() {
    assert!(!format!("{:?}", login()).contains("s3cret"));
    let mut dialogue = Dialogue::fresh();
    dialogue.does(login());
    assert!(!format!("{:?}", dialogue.pi).contains("s3cret"));
}

#[test]
fn tls_begins_before_anybody_logs_in_and_the_data_follow() {
    let mut dialogue = Dialogue::fresh();
    assert!(dialogue.does(Task::Secure).is_empty());
    assert_eq!(dialogue.says("220 hello"), [">AUTH TLS"]);
    assert_eq!(dialogue.says("234-Well\r\n234 begin"), ["secure"]);
    assert_eq!(dialogue.takes(Input::Secured), ["secured"]);
    assert_eq!(dialogue.does(login()), [">USER ann"]);
    assert_eq!(dialogue.says("331 yes?"), [">PASS s3cret"]);
    assert_eq!(dialogue.says("230 in"), [">PBSZ 0"]);
    assert!(!dialogue.pi.is_protected());
    assert_eq!(dialogue.says("200 PBSZ=0"), [">PROT P"]);
    assert_eq!(dialogue.says("200 private"), [">FEAT"]);
    assert_eq!(dialogue.says("502 no"), ["done 230"]);
    assert!(dialogue.pi.is_protected());
    assert_eq!(dialogue.does(login()), [">USER ann"]);
    assert_eq!(dialogue.says("230 still private"), ["done 230"]);
}

#[test]
fn tls_from_the_first_byte_on_needs_no_auth() {
    let mut dialogue = Dialogue::fresh();
    assert!(dialogue.takes(Input::Secured).is_empty());
    dialogue.does(login());
    assert_eq!(dialogue.says("220 hello"), [">USER ann"]);
    assert_eq!(dialogue.says("230 in"), [">PBSZ 0"]);
    assert_eq!(dialogue.says("503 it is 0 anyway"), [">PROT P"]);
    assert_eq!(dialogue.says("200 private"), [">FEAT"]);
}

#[test]
fn a_refused_auth_leaves_the_choice_to_the_caller() {
    for refusal in ["502 no", "500 what", "530 log in first", "534 not here", "230 in", "334 more"]
    {
        let mut dialogue = Dialogue::fresh();
        dialogue.says("220 hello");
        assert_eq!(dialogue.does(Task::Secure), [">AUTH TLS"]);
        assert_eq!(dialogue.says(refusal), [format!("refused {}", &refusal[..3])]);
        dialogue.does(login());
        assert_eq!(dialogue.says("230 in"), [">FEAT"], "nothing is said of protection");
    }
}

#[test]
fn words_in_the_clear_behind_234_are_an_attack() {
    for behind in ["230 in\r\n", "2", "\r\n"] {
        let mut dialogue = Dialogue::fresh();
        dialogue.says("220 hello");
        dialogue.does(Task::Secure);
        let last = dialogue.takes(Input::Received(format!("234 go\r\n{behind}").as_bytes()));
        assert_eq!(last, ["close", "Injected"], "{behind:?}");
        assert!(dialogue.pi.is_over());
    }
}

#[test]
fn what_was_said_before_tls_is_forgotten() {
    let mut dialogue = Dialogue::fresh();
    dialogue.says("220 hello\r\n230 you are in");
    assert_eq!(dialogue.does(Task::Secure), [">AUTH TLS"]);
    dialogue.says("234 go");
    dialogue.takes(Input::Secured);
    assert!(dialogue.pi.features().is_none());
    assert_eq!(dialogue.does(login()), [">USER ann"]);
}

#[test]
fn nothing_goes_on_without_what_was_to_be_secured() {
    let mut dialogue = Dialogue::fresh();
    dialogue.says("220 hello");
    dialogue.does(Task::Secure);
    dialogue.says("234 go");
    assert_eq!(dialogue.takes(Input::SecureFailed), ["close", "Unsecured"]);
    assert_eq!(dialogue.does(login()), ["Lost"]);
    let mut dialogue = Dialogue::fresh();
    dialogue.takes(Input::Secured);
    dialogue.says("220 hello");
    dialogue.does(login());
    dialogue.says("230 in");
    dialogue.says("200 PBSZ=0");
    assert_eq!(dialogue.says("534 only in the clear"), ["close", "unprotected 534"]);
    let mut dialogue = Dialogue::fresh();
    dialogue.says("220 hello");
    dialogue.does(Task::Secure);
    dialogue.says("234 go");
    assert_eq!(dialogue.takes(Input::Interrupted), ["close", "Interrupted"]);
}
