//! The scripts that show what Coracle does do what they show.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{finish, program};

/// A script of this repository, with the programs under test.
fn script(name: &str, here: &Path) -> Command {
    let programs =
        Path::new(env!("CARGO_BIN_EXE_coracled")).parent().expect("a directory of programs");
    let mut script = program("bash", here);
    script.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(name));
    script.env("CORACLE_PROGRAMS", programs);
    script
}

#[test]
fn the_demonstration_shows_every_word_and_byte() {
    let here = TempDir::new().unwrap();
    let shown = finish(&mut script("demo", here.path())).well();
    assert!(shown.text().contains("S: The available files are: Free Fire, Joker, WAR\n"));
    assert_eq!(shown.text().matches("identical").count(), 3, "{}", shown.text());
}

#[test]
fn a_crowd_from_the_shell_is_served_by_one_thread() {
    let here = TempDir::new().unwrap();
    let crowd = finish(script("many-clients", here.path()).arg("40")).well();
    assert!(crowd.text().contains("40 of 40 clients succeeded"), "{}", crowd.text());
    assert!(crowd.text().contains("threads of coracled: 2 "), "{}", crowd.text());
}
