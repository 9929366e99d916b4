//! `copath state`: what is in a store. Secrets are never shown, and nothing is written.

mod open;
mod report;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::report::Report;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct StateArguments {
    /// The SQLite file.
    pub(crate) file: PathBuf,
    /// For an encrypted store: a file with its key, 32 octets or 64 hexadecimal digits.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase")]
    pub(crate) key_file: Option<PathBuf>,
    /// For an encrypted store: where its passphrase comes from.
    #[arg(long, value_enum, value_name = "FROM")]
    pub(crate) passphrase: Option<PassphraseFrom>,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also who the members are.
    #[arg(long)]
    pub(crate) members: bool,
}

/// Where a passphrase comes from; never from the command line, which others can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PassphraseFrom {
    /// The environment variable `COPATH_PASSPHRASE`.
    Env,
    /// The first line of standard input.
    Stdin,
}

/// How the answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Prints what is in the store.
pub(crate) fn run(arguments: &StateArguments) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    show(&mut out, arguments)
}

fn show(out: &mut dyn Write, arguments: &StateArguments) -> Result<(), Failure> {
    let opened = open::open(arguments)?;
    let report = Report::of(&opened)?;
    match arguments.format {
        Format::Text => text::write(out, &report, arguments.members),
        Format::Json => Ok(writeln!(out, "{:#}", report.to_json(arguments.members))?),
    }
}
