//! `copath state`: what is in a store. Secrets are never shown, and nothing is written.

mod report;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use copath_store_sqlite::Access;

use self::report::Report;
use crate::failure::Failure;
use crate::store::StoreArguments;

#[derive(Debug, Args)]
pub(crate) struct StateArguments {
    #[command(flatten)]
    pub(crate) store: StoreArguments,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Also who the members are.
    #[arg(long)]
    pub(crate) members: bool,
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
    let opened = arguments.store.open(Access::ReadOnly)?;
    let report = Report::of(&opened)?;
    match arguments.format {
        Format::Text => text::write(out, &report, arguments.members),
        Format::Json => Ok(writeln!(out, "{:#}", report.to_json(arguments.members))?),
    }
}
