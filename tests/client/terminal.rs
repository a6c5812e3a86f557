//! The shell in a real pseudo-terminal, which Python's `pty` gives us.

use std::io::Read;
use std::path::Path;

use crate::Home;
use crate::misbehaving::{Script, Scripted};
use crate::support::{Setup, TestServer, noise, python};

/// Runs the program in a terminal of 100 columns. `wait` returns what was shown since the last one,
/// up to and with a text; `send` types.
const PROLOGUE: &str = r#"
import fcntl, os, pty, select, struct, sys, termios, time
def start(*arguments, **environment):
    global child, terminal, shown
    shown = ""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(environment, TERM="xterm", COLUMNS="100")
        os.execv(sys.argv[1], [sys.argv[1], *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
def wait(text):
    global shown
    until = time.monotonic() + 20
    while text not in shown:
        left = until - time.monotonic()
        if left < 0 or not select.select([terminal], [], [], left)[0]:
            raise SystemExit(f"no {text!r} in {shown!r}")
        try:
            more = os.read(terminal, 65536)
        except OSError:
            more = b""
        if not more:
            raise SystemExit(f"the end, and no {text!r} in {shown!r}")
        shown += more.decode(errors="replace")
    seen, shown = shown.split(text, 1)
    return seen
def send(text):
    os.write(terminal, text.encode())
def hidden():
    return not termios.tcgetattr(terminal)[3] & termios.ECHO
def ended():
    while True:
        try:
            if not os.read(terminal, 65536):
                break
        except OSError:
            break
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"#;

#[track_caller]
fn talks(home: &Home, server: &TestServer, script: &str) {
    let program = env!("CARGO_BIN_EXE_coracle");
    let host = format!("user1@{}", server.ftp);
    let script = format!("{PROLOGUE}{script}");
    python(&home.path("."), &script, &[program, &host]).well();
}

#[test]
fn three_wrong_passwords_end_it_and_none_is_shown() {
    let (server, home) = (TestServer::usual(), Home::new());
    talks(
        &home,
        &server,
        r#"
os.environ.pop("CORACLE_PASSWORD", None)
start(sys.argv[2])
seen = ""
for attempt in range(3):
    seen += wait("Password of user1")
    wait(": ")
    assert hidden(), "the prompt is there, and what is typed would be seen"
    send("s3cret\r")
seen += wait("check the user")
assert "s3cret" not in seen, seen
assert ended() == 5
assert not hidden(), "the echo is back"
"#,
    );
}

/// What a script has decided for itself, a person is told, once.
#[test]
fn a_person_is_told_what_protects_the_session() {
    let home = Home::new();
    let (secured, clear) = (TestServer::usual(), Setup::usual().flag("--tls", "off").start());
    for (server, remark) in [
        (&secured, "is trusted because it is on this machine"),
        (&clear, "offers no TLS; all that is sent can be read"),
    ] {
        let script = r#"
remark = "REMARK"
start(sys.argv[2], CORACLE_PASSWORD="1234")
wait(remark)
if "trusted" in remark:
    wait("--fingerprint ")
seen = wait("/> ")
send("open " + sys.argv[2] + "\r")
seen += wait("/> ")
assert remark not in seen, seen
send("quit\r")
assert ended() == 0
"#;
        talks(&home, server, &script.replace("REMARK", remark));
    }
    // A script's standard error is no place for it.
    let quiet = home.runs(&["ls", &crate::url(&secured, "")]).success();
    assert_eq!(crate::err(&quiet), "");
}

#[test]
fn words_are_completed_and_lines_remembered() {
    let server = Setup::usual().file("Movies/Free Fire", b"bang").start();
    let home = Home::new();
    talks(
        &home,
        &server,
        r#"
start(sys.argv[2], CORACLE_PASSWORD="1234")
wait("/> ")
send("cd Mo\t\r")
wait(":/Movies> ")
send("get Fr\t\r")
wait("Free Fire is here: 4 bytes")
wait("> ")
send("get Joker jo\r")
wait("jo is here")
wait("> ")
send("!mkd\t\x15lpw\t\r")
wait("> ")
send("bye\r")
assert ended() == 0
start(sys.argv[2], CORACLE_PASSWORD="1234")
wait("/> ")
send("\x1b[A\x1b[A\x1b[A")
wait("get Joker jo")
send("\x15cat gone\r")
wait("gone")
wait("> ")
send("quit\r")
assert ended() == 0
"#,
    );
    assert_eq!(home.read("Free Fire"), b"bang");
    let history = Path::new(".local/state/coracle/history");
    assert!(home.path(".").join(history).exists());
}

#[test]
fn control_c_ends_the_transfer_and_not_the_shell() {
    let server = Setup::usual().file("Movies/long", &noise(3_000_000, 1)).start();
    let home = Home::new();
    talks(
        &home,
        &server,
        r#"
start("--rate", "100k", sys.argv[2], CORACLE_PASSWORD="1234")
wait("/> ")
send("get Movies/long\r")
wait("long")
wait("KiB/s")
send("\x03")
wait("interrupted")
wait("> ")
send("cat Movies/Joker\r")
wait("Why so small?")
wait("> ")
send("\x04")
assert ended() == 0
"#,
    );
    assert_eq!(home.names(".").iter().filter(|name| name.starts_with("long")).count(), 1);
}

#[test]
fn a_dead_connection_keeps_nobody_who_completes_a_word() {
    let home = Home::new();
    let script: Vec<Script> = vec![
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("PWD", "257 \"/\"");
            // Not a word more, until the client has had enough.
            let _ = peer.control.read_to_end(&mut Vec::new());
        }),
        Box::new(|peer| {
            peer.say("220 hello");
            peer.until("CWD /", "250 there");
            peer.until("SIZE film", "213 4");
            peer.until("QUIT", "221 bye");
        }),
    ];
    let server = Scripted::in_turn(script);
    let program = env!("CARGO_BIN_EXE_coracle");
    let host = format!("user1@{}", server.address);
    // The time-out of the run is far longer than the test would wait.
    let talk = r#"
start("--timeout", "600", sys.argv[2], CORACLE_PASSWORD="1234")
wait("/> ")
send("size fi\tlm\r")
wait("4\r\n")
wait("> ")
send("bye\r")
assert ended() == 0
"#;
    python(&home.path("."), &format!("{PROLOGUE}{talk}"), &[program, &host]).well();
    server.ended();
}
