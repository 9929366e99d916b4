//! The `copath` command: a group in action, identities and key packages, what is in messages and stores, a test CA.

mod arguments;
mod authority;
mod backend;
mod ca;
mod calendar;
mod clock;
mod demo;
mod explain;
mod failure;
mod files;
mod identity;
mod inspect;
mod keypackage;
mod output;
mod pem;
mod readable;
mod state;
mod store;
mod suites;
mod tree;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Suites => suites::print(),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::State(arguments) => state::run(&arguments),
        Command::Identity(command) => identity::run(&command),
        Command::Keypackage(command) => keypackage::run(&command),
        Command::Ca(command) => ca::run(&command),
        Command::Explain { id } => explain::print(&id),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // Where to complain if that fails?
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            failure.exit_code()
        }
    }
}
