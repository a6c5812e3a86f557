//! The configuration file: what it sets, and how it says what is wrong.

use clap::{CommandFactory, FromArgMatches};
use tempfile::TempDir;

use super::*;
use crate::daemon::arguments::Arguments;

/// `text` as a file, and `flags` behind it.
fn read_with(text: &str, flags: &[&str]) -> Result<Arguments, String> {
    let home = TempDir::new().unwrap();
    let file = home.path().join("c.toml");
    fs::write(&file, text).unwrap();
    let typed = ["coracled", "--config"].into_iter().map(OsString::from);
    let typed = typed.chain([file.into()]).chain(flags.iter().map(OsString::from));
    match matches(&Arguments::command(), typed) {
        Ok(matches) => Ok(Arguments::from_arg_matches(&matches).unwrap()),
        Err(Wrong::File(text)) => Err(text.replace(&format!("{}/", home.path().display()), "")),
        Err(Wrong::Usage(error)) => Err(format!("usage: {error}")),
    }
}

#[test]
fn every_kind_of_value_is_taken() {
    let read = read_with(
        "# a comment\n\
         data = \"/srv/ftp\"\n\
         listen = [\"127.0.0.1:21\", \"[::1]:21\"]\n\
         guided = \"127.0.0.1:20\"\n\
         max-clients = 1_00\n\
         chunk-size = 0x400\n\
         mode-z = true\n\
         no-guided = false\n\
         passive-ports = \"50000-50100\"\n\
         passive-address = [\"203.0.113.7\", \"192.168.0.0/16=192.168.1.5\"]\n\
         log-level = \"warn\"\n",
        &[],
    )
    .unwrap();
    assert_eq!(read.data.as_deref(), Some(Path::new("/srv/ftp")));
    assert_eq!(read.listen.len(), 2);
    assert_eq!(read.guided, ["127.0.0.1:20".parse().unwrap()]);
    assert_eq!((read.max_clients, read.chunk_size), (100, 1024));
    assert!(read.mode_z && !read.no_guided);
    assert_eq!(read.passive_ports, Some(50000..=50100));
    let told = read.told().unwrap();
    let to = |peer: &str| told.to(peer.parse().unwrap()).map(|address| address.to_string());
    assert_eq!(to("192.168.2.2").as_deref(), Some("192.168.1.5"));
    assert_eq!(to("192.0.2.2").as_deref(), Some("203.0.113.7"));
    assert_eq!(read.log_level, ::log::LevelFilter::Warn);
    // What it does not name is as it would be without it.
    assert_eq!(read.login_attempts, 3);
}

#[test]
fn flags_win() {
    let text = "listen = [\"127.0.0.1:1\", \"127.0.0.1:2\"]\nmax-clients = 5\nno-guided = true";
    let read = read_with(text, &["--listen", "127.0.0.1:3", "--guided", "127.0.0.1:4"]).unwrap();
    assert_eq!(read.listen, ["127.0.0.1:3".parse().unwrap()]);
    assert_eq!(read.max_clients, 5);
    assert!(!read.no_guided, "a flag wins over a key that excludes it as well");
    let read = read_with("guided = \"127.0.0.1:4\"", &["--no-guided"]).unwrap();
    assert!(read.no_guided);
    let lone = "passive-address = \"1.2.3.4\"";
    let read = read_with(lone, &["--passive-address", "1.2.3.5"]).unwrap();
    assert_eq!(read.told().unwrap().to("9.9.9.9".parse().unwrap()), Some([1, 2, 3, 5].into()));
    let twice = ["--passive-address", "1.2.3.4", "--passive-address", "1.2.3.5"];
    let usage = read_with("", &twice).unwrap_err();
    assert!(usage.starts_with("usage: ") && usage.contains("remove one of the two"), "{usage}");
    let read = read_with("max-clients = 5", &["--max-clients", "7", "check"]).unwrap();
    assert_eq!(read.max_clients, 7);
    assert!(read.command.is_some());
}

#[test]
fn a_mistake_is_named_by_file_line_and_reason() {
    for (text, expected) in [
        ("\nmax-client = 1", "c.toml:2: there is no option 'max-client'; is 'max-clients' meant?"),
        ("zzz = 1", "c.toml:1: there is no option 'zzz'; see `coracled --help`"),
        ("user_name = 1\n", "c.toml:1: there is no option 'user_name'"),
        ("config = \"x\"", "c.toml:1: 'config' can be given on the command line alone"),
        ("version = true", "c.toml:1: 'version' can be given on the command line alone"),
        ("max-clients = 0", "c.toml:1: invalid value '0' for '--max-clients <N>'"),
        ("max-clients = \"many\"", "c.toml:1: invalid value 'many'"),
        ("max-clients = [1]", "c.toml:1: 'max-clients' takes one value, not a list"),
        ("mode-z = 1", "c.toml:1: 'mode-z' is a switch: expected true or false"),
        ("listen = [\n\"127.0.0.1:1\",\n[1]]", "c.toml:1: 'listen': a list can't hold a list"),
        ("listen = \"here\"", "c.toml:1: invalid value 'here' for '--listen <ADDR>'"),
        ("\npassive-address = \"::1\"", "c.toml:2: invalid value '::1' for '--passive-address"),
        ("passive-address = [\"10.0.0.0/8=x\"]", "an IPv4 address is needed behind the '='"),
        (
            "max-clients = 9\npassive-address = [\"1.2.3.4\", \"1.2.3.5\"]",
            "c.toml:2: --passive-address: all others can't be told 1.2.3.4 and 1.2.3.5",
        ),
        ("idle-timeout = 0", "a whole number of seconds, 1 or more, is needed"),
        ("[limits]\nmax-clients = 1", "c.toml:1: 'limits"),
        ("log-level = \"loud\"", "c.toml:1: invalid value 'loud'"),
        ("max-clients 1", "c.toml:1: "),
        ("max-clients = 1\nmax-clients = 2", "c.toml:2: duplicate key"),
        ("no-guided = true\nguided = \"127.0.0.1:1\"", "c.toml: the argument '--no-guided'"),
    ] {
        let error =
            read_with(text, &[]).unwrap_err().replace("there is no option 'limits", "'limits");
        assert!(error.contains(expected), "{text}: {error}");
        assert!(!error.contains("Usage") && !error.contains("--help'"), "{error}");
    }
    let two = read_with("nothing = 1\nmax-clients = 0", &[]).unwrap_err();
    assert_eq!(two.lines().count(), 2, "{two}");
}

#[test]
fn a_file_that_is_not_there_is_said_so() {
    let typed = ["coracled", "--config", "/nowhere/c.toml"].map(OsString::from);
    let Err(Wrong::File(error)) = matches(&Arguments::command(), typed) else { panic!() };
    assert!(error.starts_with("/nowhere/c.toml can't be read: "), "{error}");
}

/// The sample in the README, which is what people copy.
#[test]
fn the_sample_is_sound() {
    let readme = include_str!("../../../README.md");
    let sample: Vec<&str> = readme
        .lines()
        .skip_while(|line| *line != "    # /etc/coracle/coracled.toml")
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(str::trim_start)
        .collect();
    assert!(sample.len() > 3, "no sample in README.md");
    let read = read_with(&sample.join("\n"), &[]).unwrap();
    assert_eq!(read.max_clients, 500);
}
