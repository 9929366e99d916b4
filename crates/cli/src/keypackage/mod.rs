//! `copath keypackage`: key packages, made, shown and checked.

mod advice;
mod chain;
mod check;
mod new;
mod show;
mod trust;
mod verdicts;

use clap::Subcommand;

use crate::failure::Failure;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyPackageCommand {
    /// Makes key packages of an identity; their private keys stay in its store.
    New(new::NewArguments),
    /// What is in key packages, as `copath inspect` shows it.
    Show(show::ShowArguments),
    /// Whether key packages can be used to add their client to a group now; says which rule is broken, and what to do.
    Check(check::CheckArguments),
}

pub(crate) fn run(command: &KeyPackageCommand) -> Result<(), Failure> {
    match command {
        KeyPackageCommand::New(arguments) => new::run(arguments),
        KeyPackageCommand::Show(arguments) => show::run(arguments),
        KeyPackageCommand::Check(arguments) => check::run(arguments),
    }
}
