//! The dialogue of PRODUCT.md, section 3, word for word, and what people type instead.

use crate::accounts::{Gate, Rules};
use crate::session::dialogue::Dialogue;
use crate::session::{Dialect, Event, Timer};
use crate::terms::{Loss, Outcome};

const OUTSIDE: &str = "Please choose 'LOGIN' or 'QUIT'";
const MENU: &str =
    "Please choose: 'SHOW DIRECTORIES' or 'SHOW DIRECTORY' or 'DOWNLOAD FILE' or 'QUIT'";

fn logged_in(username: &str) -> Dialogue {
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.line("LOGIN");
    guided.line(username);
    assert_eq!(guided.line("1234"), ["Login Successfully", MENU]);
    guided
}

fn show(guided: &mut Dialogue, directory: &str) -> String {
    assert_eq!(guided.line("SHOW DIRECTORY"), ["Please enter the desired directory"]);
    let said = guided.line(directory);
    assert_eq!(said[1..], [MENU]);
    said[0].clone()
}

fn choose(guided: &mut Dialogue, file: &str) -> Vec<String> {
    assert_eq!(guided.line("DOWNLOAD FILE"), ["Please choose the desired file to download"]);
    guided.line(file)
}

#[test]
fn the_whole_dialogue() {
    let mut guided = Dialogue::between(Dialect::Guided, "192.0.2.1:2120", "192.0.2.7:4000");
    assert_eq!(guided.told(Event::Opened), [OUTSIDE]);
    assert_eq!(guided.timer, Some(Timer::Login));
    assert_eq!(guided.line("LOGIN"), ["Please enter your username"]);
    assert_eq!(guided.line("user1"), ["Username OK, Please enter your password"]);
    assert_eq!(guided.session.username(), None);
    assert_eq!(guided.line("1234"), ["Login Successfully", MENU]);
    assert_eq!(guided.session.username(), Some("user1"));
    assert_eq!(guided.timer, Some(Timer::Idle));
    let directories = "The available directories are: Movies, Music, Docs";
    assert_eq!(guided.line("SHOW DIRECTORIES"), [directories, MENU]);
    assert_eq!(guided.line("SHOW DIRECTORY"), ["Please enter the desired directory"]);
    let files = "The available files are: Free Fire, Joker, WAR";
    assert_eq!(guided.line("Movies"), [files, MENU]);
    assert_eq!(guided.line("DOWNLOAD FILE"), ["Please choose the desired file to download"]);
    assert_eq!(guided.line("Joker"), ["Sending 'Joker' (1234 bytes)"]);
    assert_eq!(guided.timer, None);
    assert!(!guided.session.wants_lines());
    let (sent, said) = guided.transfer(b"");
    assert_eq!(sent, [b'j'; 1234]);
    assert_eq!(said, [MENU]);
    assert_eq!(guided.timer, Some(Timer::Idle));
    assert_eq!(guided.line("QUIT"), ["Connection is terminated. You are logged out."]);
    assert!(guided.closed);
}

#[test]
fn input_is_trimmed_and_of_any_case() {
    let mut guided = Dialogue::new(Dialect::Guided);
    assert_eq!(guided.line("  login "), ["Please enter your username"]);
    guided.line(" user1\t");
    guided.line(" 1234 ");
    assert_eq!(show(&mut guided, "docs"), "The available files are: a.txt, a[1].txt, b.txt");
    assert_eq!(choose(&mut guided, "B.TXT"), ["Sending 'b.txt' (5 bytes)"]);
    guided.transfer(b"");
    assert_eq!(choose(&mut guided, "movies/war"), ["Sending 'WAR' (3 bytes)"]);
}

#[test]
fn case_is_that_of_all_letters() {
    let mut guided = logged_in("user1");
    guided.put_file("Docs", "Crème brûlée.txt", b"sugar");
    guided.put_file("Docs", "CRÈME.txt", b"exact");
    guided.put_file("Docs", "crème.txt", b"other");
    show(&mut guided, "docs");
    assert_eq!(choose(&mut guided, "CRÈME BRÛLÉE.TXT"), ["Sending 'Crème brûlée.txt' (5 bytes)"]);
    guided.transfer(b"");
    assert_eq!(choose(&mut guided, "crème.txt"), ["Sending 'crème.txt' (5 bytes)"]);
    guided.transfer(b"");
    assert_eq!(choose(&mut guided, "creme.txt"), ["There is no such file", MENU]);
}

#[test]
fn a_browser_is_turned_away() {
    for request in ["POST / HTTP/1.1", "GET /LOGIN HTTP/1.1", "OPTIONS * HTTP/1.1"] {
        let mut guided = Dialogue::between(Dialect::Guided, "192.0.2.1:2120", "192.0.2.7:4000");
        guided.told(Event::Opened);
        assert_eq!(guided.line(request).len(), 1, "{request}");
        assert!(guided.closed, "{request}");
    }
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.line("DELETE Joker");
    assert!(!guided.closed, "a person has mistyped");
}

#[test]
fn an_unknown_username_fails_at_once() {
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.line("LOGIN");
    assert_eq!(guided.line("nobody"), ["Login Failed", OUTSIDE]);
    guided.line("LOGIN");
    guided.line("user1");
    assert_eq!(guided.line("4321"), ["Login Failed", OUTSIDE]);
    guided.line("LOGIN");
    let last = ["Login Failed", "Too many attempts. Connection is terminated."];
    assert_eq!(guided.line("nobody"), last);
    assert!(guided.closed);
}

#[test]
fn usernames_can_be_concealed() {
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.settings.conceal_usernames = true;
    guided.line("LOGIN");
    assert_eq!(guided.line("nobody"), ["Username OK, Please enter your password"]);
    assert_eq!(guided.line("1234"), ["Login Failed", OUTSIDE]);
}

#[test]
fn a_slow_password_is_awaited() {
    let mut guided = Dialogue::new(Dialect::Guided);
    for (password, said) in
        [("4321", ["Login Failed", OUTSIDE]), ("1234", ["Login Successfully", MENU])]
    {
        guided.line("LOGIN");
        guided.line("slow");
        assert!(guided.line(password).is_empty());
        assert!(!guided.session.wants_lines());
        assert_eq!(guided.judge(), said);
    }
}

#[test]
fn what_is_not_granted_is_not_there() {
    let mut guided = logged_in("user1");
    for name in ["Secret", "Nowhere", "files", "../Secret", "Inbox", "", "Docs/a.txt/x"] {
        assert_eq!(show(&mut guided, name), "There is no such directory", "{name}");
    }
    show(&mut guided, "Movies");
    for name in ["Secret/plan", "none", "Docs/none", "", "..", "/", "Movies", "Docs"] {
        assert_eq!(choose(&mut guided, name), ["There is no such file", MENU], "{name}");
    }
    assert_eq!(guided.line("LOGIN"), ["That choice is not understood", MENU]);
    assert_eq!(guided.line(""), ["That choice is not understood", MENU]);
}

#[test]
fn a_file_before_any_directory() {
    let mut guided = logged_in("user1");
    assert_eq!(
        choose(&mut guided, "Joker"),
        ["Please choose a directory first, with 'SHOW DIRECTORY'", MENU]
    );
    assert_eq!(choose(&mut guided, "Movies/Joker"), ["Sending 'Joker' (1234 bytes)"]);
}

#[test]
fn the_whole_tree() {
    let mut guided = logged_in("root");
    let said = guided.line("SHOW DIRECTORIES");
    assert_eq!(said[0], "The available directories are: Movies, Attic");
    assert_eq!(show(&mut guided, "/"), "The available files are: top.txt");
    assert_eq!(choose(&mut guided, "top.txt"), ["Sending 'top.txt' (4 bytes)"]);
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let mut guided = logged_in("user1");
    for number in 0..5000 {
        guided.put_file("Music", &format!("{number:04}"), b"");
    }
    let said = show(&mut guided, "Music");
    assert!(said.ends_with(", 4094, 4095, ..."), "{}", &said[said.len() - 30..]);
    assert_eq!(choose(&mut guided, "song"), ["Sending 'song' (8 bytes)"]);
}

#[test]
fn a_download_that_falls_short_ends_the_connection() {
    let mut guided = logged_in("user1");
    choose(&mut guided, "Movies/Joker");
    assert!(guided.end(Outcome::Lost { loss: Loss::Stalled, bytes: 7 }).is_empty());
    assert!(guided.closed);
}

#[test]
fn long_lines_begin_again_where_one_can_choose() {
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.line("LOGIN");
    assert_eq!(guided.send_too_long(), ["That line is too long", OUTSIDE]);
    let mut guided = logged_in("user1");
    guided.line("SHOW DIRECTORY");
    assert_eq!(guided.send_too_long(), ["That line is too long", MENU]);
}

#[test]
fn endings() {
    let mut guided = Dialogue::new(Dialect::Guided);
    assert!(guided.told(Event::Expired(Timer::Login))[0].starts_with("No answer for too long"));
    assert!(guided.closed);
    let mut guided = logged_in("user1");
    choose(&mut guided, "Movies/Joker");
    assert!(guided.told(Event::Drain).is_empty());
    let said = guided.transfer(b"").1;
    assert_eq!(said, [MENU, "The server is shutting down. Connection is terminated."]);
    assert!(guided.closed);
    let mut guided = logged_in("user1");
    choose(&mut guided, "Movies/Joker");
    assert!(guided.told(Event::Hangup).is_empty());
    assert_eq!(guided.transfer(b"").1, [MENU]);
    assert!(guided.closed);
}

#[test]
fn the_answer_to_a_guesser_is_held_back() {
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.settings.login_attempts = 9;
    for (username, delay) in [("nobody", 0), ("user1", 500), ("nobody", 1000), ("user1", 2000)] {
        guided.line("LOGIN");
        guided.send(username.as_bytes());
        if username == "user1" {
            assert_eq!(guided.said(), ["Username OK, Please enter your password"]);
            guided.send(b"4321");
        }
        assert_eq!(guided.withheld.unwrap_or_default().as_millis(), delay);
        assert_eq!(guided.said().is_empty(), delay > 0);
        guided.release();
        guided.said();
    }
    guided.line("LOGIN");
    guided.line("slow");
    guided.send(b"1234");
    guided.judge_alone();
    assert!(guided.withheld.is_some() && !guided.session.wants_lines());
    assert_eq!(guided.session.username(), None);
    guided.release();
    assert_eq!(guided.said(), ["Login Successfully", MENU]);

    let mut guided = Dialogue::new(Dialect::Guided);
    for _ in 0..2 {
        guided.send(b"LOGIN");
        guided.send(b"nobody");
    }
    guided.said();
    assert!(guided.told(Event::Expired(Timer::Login))[0].starts_with("No answer for too long"));
    assert!(guided.closed);
}

#[test]
fn at_the_gate() {
    let rules = Rules { ban_after: 2, clients_per_user: Some(0), ..Rules::default() };
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.gate = Gate::new(rules.clone());
    guided.line("LOGIN");
    guided.line("user1");
    let busy = ["Too many clients, please try again later. Connection is terminated."];
    assert_eq!(guided.line("1234"), busy);
    assert!(guided.closed);

    let mut guided = Dialogue::new(Dialect::Guided);
    guided.gate = Gate::new(rules);
    for _ in 0..2 {
        guided.line("LOGIN");
        assert_eq!(guided.line("nobody"), ["Login Failed", OUTSIDE]);
    }
    guided.line("LOGIN");
    guided.line("user1");
    assert_eq!(guided.line("1234"), ["Too many attempts. Connection is terminated."]);
    assert!(guided.closed);
}

#[test]
fn a_certificate_takes_the_place_of_a_password() {
    let mut guided = Dialogue::between(Dialect::Guided, "192.0.2.1:2120", "192.0.2.7:4000");
    assert!(guided.handshake(Some([0xc5; 32])).is_empty());
    assert_eq!(guided.told(Event::Opened), [OUTSIDE]);
    guided.line("LOGIN");
    assert_eq!(guided.line("keyed"), ["Login Successfully", MENU]);
    let mut guided = Dialogue::new(Dialect::Guided);
    guided.line("LOGIN");
    guided.line("keyed");
    assert_eq!(guided.line("x"), ["Login Failed", OUTSIDE]);
}

#[test]
fn a_reload_is_heard_of_with_the_next_line() {
    let mut guided = logged_in("user1");
    assert_eq!(show(&mut guided, "Docs"), "The available files are: a.txt, a[1].txt, b.txt");
    guided.reload(&[("user1:Docs:", "")]);
    assert_eq!(
        guided.line("SHOW DIRECTORIES"),
        ["The available directories are: Movies, Music", MENU]
    );
    assert_eq!(choose(&mut guided, "a.txt"), ["There is no such file", MENU]);
    // What is being sent is sent to its end.
    assert_eq!(choose(&mut guided, "Movies/WAR"), ["Sending 'WAR' (3 bytes)"]);
    guided.reload(&[("user1:", "")]);
    assert_eq!(guided.transfer(b"").1, [MENU]);
    let changed = "Your account has been changed, please log in again";
    assert_eq!(guided.line("SHOW DIRECTORY"), [changed, OUTSIDE]);
    assert_eq!((guided.session.username(), guided.timer), (None, Some(Timer::Login)));
    guided.line("LOGIN");
    assert_eq!(guided.line("user1"), ["Login Failed", OUTSIDE]);

    let mut guided = logged_in("user1");
    guided.line("DOWNLOAD FILE");
    guided.reload(&[("user1:1234", "user1:other")]);
    assert_eq!(guided.line("Movies/WAR"), [changed, OUTSIDE]);
    let mut guided = logged_in("user1");
    guided.reload(&[("user1:", "")]);
    assert_eq!(guided.line("QUIT"), ["Connection is terminated. You are logged out."]);
}
