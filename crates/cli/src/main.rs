//! The `copath` command: a group in action, the suites of the backends, and the rules of RFC 9420.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod arguments;
mod backend;
mod clock;
mod demo;
mod explain;
mod failure;
mod suites;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Suites => {
            suites::print();
            Ok(())
        }
        Command::Explain { id } => explain::print(&id),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
