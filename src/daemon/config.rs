//! The configuration file: a TOML table of the very options that the command line has.
//!
//! It keeps no list of options. Each key is looked up in what clap knows, turned into the argument
//! that somebody would have typed, and parsed by clap; so values, ranges and errors are those of
//! the command line, and an option that is added there works here. Called by the room's front,
//! before anything is read or opened.

#![expect(clippy::disallowed_methods, reason = "the configuration is no served file")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::arguments::Arguments;

/// Bytes of a configuration file at most: a mistyped path must not read a disk into memory.
const LONGEST: u64 = 1 << 20;

/// What no file can set: where the file is, and what ends the program at once.
const NOT_IN_A_FILE: [&str; 3] = ["config", "help", "version"];

/// What the command line and the configuration file that it names come to; flags win.
///
/// # Errors
/// [`Wrong::Usage`] for the command line, [`Wrong::File`] for the file: each mistake in a line with
/// file, line and reason.
pub(super) fn matches(
    command: &Command,
    typed: impl IntoIterator<Item = OsString>,
) -> Result<ArgMatches, Wrong> {
    let typed: Vec<OsString> = typed.into_iter().collect();
    let alone = command.clone().try_get_matches_from(&typed)?;
    let usage = |reason| command.clone().error(ErrorKind::ValueValidation, reason);
    Arguments::judge(&alone).map_err(usage)?;
    let Some(file) = alone.get_one::<PathBuf>("config").cloned() else { return Ok(alone) };
    let text = read(&file).map_err(Wrong::File)?;
    let mut command = command.clone();
    command.build();
    let source = Source { file: &file, text: &text, command: &command };
    let said = source.options().map_err(Wrong::File)?;

    let mut from_file: Vec<OsString> = Vec::new();
    for Option_ { argument, words } in &said {
        let flag_wins = |id: &str| {
            alone.try_contains_id(id).is_ok()
                && alone.value_source(id) == Some(ValueSource::CommandLine)
        };
        let excluded =
            |other: &Arg| conflict(&command, argument, other) && flag_wins(other.get_id().as_str());
        if !flag_wins(argument.get_id().as_str()) && !command.get_arguments().any(excluded) {
            from_file.extend(words.iter().cloned());
        }
    }
    // The file by itself first, so that what does not go together in it is not blamed on a flag.
    let (program, flags) = typed.split_at(typed.len().min(1));
    let every = said.iter().flat_map(|option| option.words.iter().cloned());
    if let Err(error) = command.clone().try_get_matches_from(program.iter().cloned().chain(every))
        && error.kind() == ErrorKind::ArgumentConflict
    {
        return Err(Wrong::File(format!("{}: {}", file.display(), reason(&error))));
    }
    let merged = program.iter().cloned().chain(from_file).chain(flags.iter().cloned());
    Ok(command.try_get_matches_from(merged)?)
}

/// What kept the options from being understood.
#[derive(Debug)]
pub(super) enum Wrong {
    /// The command line, or what it and the file come to together.
    Usage(clap::Error),
    /// The file: a line each mistake.
    File(String),
}

impl From<clap::Error> for Wrong {
    fn from(error: clap::Error) -> Self {
        Self::Usage(error)
    }
}

/// An option that the file sets.
struct Option_<'a> {
    argument: &'a Arg,
    /// What would have been typed for it; nothing for a switch that is off.
    words: Vec<OsString>,
}

/// A configuration file, and the options that it may set.
struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    command: &'a Command,
}

impl<'a> Source<'a> {
    /// All options that the file sets, in the order of its lines.
    fn options(&self) -> Result<Vec<Option_<'a>>, String> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.at(at, error.message())
        })?;
        let mut entries: Vec<_> = table.get_ref().iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let (mut options, mut wrong) = (Vec::new(), Vec::new());
        for (key, value) in entries {
            match self.option(key.get_ref(), value) {
                Ok(option) => options.push(option),
                Err((at, reason)) => wrong.push(self.at(at.unwrap_or(key.span().start), &reason)),
            }
        }
        if wrong.is_empty() { Ok(options) } else { Err(wrong.join("\n")) }
    }

    /// The option that `key` names, or where it is wrong and why.
    fn option(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Option_<'a>, (Option<usize>, String)> {
        let named = |argument: &&Arg| argument.get_long() == Some(key);
        let Some(argument) = self.command.get_arguments().find(named) else {
            return Err((None, self.unknown(key)));
        };
        if NOT_IN_A_FILE.contains(&key) {
            return Err((None, format!("'{key}' can be given on the command line alone")));
        }
        let at = |reason| (Some(value.span().start), reason);
        let words = words(key, argument, value.get_ref()).map_err(at)?;
        let tried = [OsString::from(self.command.get_name())].into_iter().chain(words.clone());
        match self.command.clone().try_get_matches_from(tried) {
            Err(error) if blames_value(error.kind()) => Err(at(reason(&error))),
            Ok(alone) => {
                Arguments::judge(&alone).map_err(at)?;
                Ok(Option_ { argument, words })
            }
            // What else an option needs is seen when all of them are together.
            Err(_) => Ok(Option_ { argument, words }),
        }
    }

    fn unknown(&self, key: &str) -> String {
        let tried = [self.command.get_name().to_owned(), format!("--{key}")];
        let suggestion = match self.command.clone().try_get_matches_from(tried) {
            Ok(_) => None,
            Err(error) => match error.get(ContextKind::SuggestedArg) {
                Some(ContextValue::String(flag)) => Some(flag.trim_start_matches('-').to_owned()),
                _ => None,
            },
        };
        match suggestion {
            Some(name) => format!("there is no option '{key}'; is '{name}' meant?"),
            None => format!("there is no option '{key}'; see `coracled --help`"),
        }
    }

    /// `reason`, with the file and the line of the byte at `at`.
    fn at(&self, at: usize, reason: &str) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        format!("{}:{line}: {reason}", self.file.display())
    }
}

fn read(file: &Path) -> Result<String, String> {
    let failed = |why: &dyn std::fmt::Display| {
        format!("{} can't be read: {why}; see --config", file.display())
    };
    let length = fs::metadata(file).map_err(|error| failed(&error))?.len();
    if length > LONGEST {
        return Err(failed(&format!("it is longer than {LONGEST} bytes")));
    }
    fs::read_to_string(file).map_err(|error| failed(&error))
}

/// What would be typed to give `argument` this value.
fn words(key: &str, argument: &Arg, value: &DeValue<'_>) -> Result<Vec<OsString>, String> {
    let with = |text: &str| OsString::from(format!("--{key}={text}"));
    let flag = || OsString::from(format!("--{key}"));
    if let ArgAction::SetTrue | ArgAction::SetFalse = argument.get_action() {
        return match value.as_bool() {
            Some(true) => Ok(vec![flag()]),
            Some(false) => Ok(Vec::new()),
            None => Err(format!("'{key}' is a switch: expected true or false")),
        };
    }
    if let ArgAction::Count = argument.get_action() {
        return match value.as_integer().and_then(|count| count.as_str().parse::<u8>().ok()) {
            Some(count) => Ok((0..count).map(|_| flag()).collect()),
            None => Err(format!("'{key}' is counted: expected a small whole number")),
        };
    }
    if let Some(list) = value.as_array() {
        let takes_many = argument.get_num_args().is_some_and(|range| range.max_values() > 1);
        if !takes_many && !matches!(argument.get_action(), ArgAction::Append) {
            return Err(format!("'{key}' takes one value, not a list"));
        }
        return list.iter().map(|each| Ok(with(&text_of(key, each.get_ref())?))).collect();
    }
    Ok(vec![with(&text_of(key, value)?)])
}

/// A single value as it would be typed.
fn text_of(key: &str, value: &DeValue<'_>) -> Result<String, String> {
    Ok(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| format!("'{key}': the number is too large"))?
            .to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => return Err(format!("'{key}': a list can't hold a list")),
        DeValue::Table(_) => {
            return Err(format!("'{key}' takes a value, not a table; options stand at the top"));
        }
    })
}

/// True if one of the two options excludes the other.
fn conflict(command: &Command, one: &Arg, other: &Arg) -> bool {
    let excludes = |this: &Arg, that: &Arg| {
        command.get_arg_conflicts_with(this).iter().any(|arg| arg.get_id() == that.get_id())
    };
    excludes(one, other) || excludes(other, one)
}

/// True if the value that was given is to blame, and not what was given beside it.
fn blames_value(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::InvalidValue
            | ErrorKind::ValueValidation
            | ErrorKind::NoEquals
            | ErrorKind::TooManyValues
            | ErrorKind::TooFewValues
            | ErrorKind::WrongNumberOfValues
            | ErrorKind::InvalidUtf8
            | ErrorKind::UnknownArgument
    )
}

/// What clap says, in one line, without what is said of the command line alone.
fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    let said = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .map(|line| line.trim_start_matches("error: "));
    said.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
