//! The `copath` command: a group in action, the suites of the backends, and the rules of RFC 9420.

mod arguments;
mod backend;
mod clock;
mod demo;
mod explain;
mod failure;
mod inspect;
mod output;
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
