//! Man pages and shell completions of both programs, from the definitions of their arguments.
//!
//! `make man` calls it: `pages DIRECTORY` writes `DIRECTORY/man1`, `DIRECTORY/man8` and
//! `DIRECTORY/completions`.

#![expect(clippy::disallowed_methods, reason = "a tool of the build, not part of the server")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_complete::Shell;

fn main() -> io::Result<()> {
    let Some(target) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "usage: pages DIRECTORY"));
    };
    let client = coracle::client::arguments::Arguments::command();
    write(&target, client, "1", "coracle")?;
    write(&target, coracle::daemon::command(), "8", "coracled")
}

/// The pages of one program, a page for each of its commands, and its completions.
fn write(target: &Path, command: Command, section: &str, name: &str) -> io::Result<()> {
    let pages = target.join(format!("man{section}"));
    let completions = target.join("completions");
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    page(&pages, &command, section, name)?;
    for sub in command.get_subcommands() {
        page(&pages, sub, section, &format!("{name}-{}", sub.get_name()))?;
    }
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut command, name, &completions)?;
    }
    Ok(())
}

fn page(pages: &Path, command: &Command, section: &str, name: &str) -> io::Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(name.to_uppercase())
        .section(section)
        .render(&mut text)?;
    fs::write(pages.join(format!("{name}.{section}")), text)
}
