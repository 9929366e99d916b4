//! `cargo xtask`: the project's own commands.
//!
//! One file a command; this one parses the command line and dispatches.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod bench;
mod ci;
mod conformance;
mod coverage;
mod crash;
mod decisions;
mod duties;
mod enforcement;
mod error;
mod forward;
mod fuzz;
mod interop;
mod mutants;
mod recording;
mod rules;
mod simulate;
mod source;
mod test;
mod tidy;
mod vectors;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Copath's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the conventions: crate graph, sizes, names, forbidden constructs, generated documents.
    Tidy,
    /// Run all tests and see which rules they prove; rewrite docs/conformance.md; fail if a rule is open.
    Rules(rules::Arguments),
    /// Run all tests; with COPATH_VECTORS set also the official vectors in that directory.
    Test(test::Arguments),
    /// Run the conformance kit on every crypto backend and on every pair of them.
    Conformance,
    /// Run test vectors on every crypto backend: the project's own, or the working group's.
    Vectors(forward::Arguments),
    /// Let Copath, OpenMLS and mls-rs share groups, and show where they disagree.
    Interop(interop::Arguments),
    /// Simulate clients on an unreliable network; a failure is shrunk to a short script.
    Simulate(forward::Arguments),
    /// Measure Copath, OpenMLS and mls-rs side by side; write docs/benchmarks.md and its plots.
    Bench(forward::Arguments),
    /// Kill a process that writes to its stores, again and again, and check what is left.
    Crash(forward::Arguments),
    /// Feed parsers and groups with mutated input, guided by coverage.
    Fuzz(fuzz::Arguments),
    /// Mutate code that enforces rules, and see whether tests notice; resumable.
    Mutants(mutants::Arguments),
    /// Formatting, clippy, tidy and the documentation, each with warnings denied.
    Ci,
}

fn main() -> ExitCode {
    let workspace = Workspace::here();
    let outcome: Result<ExitCode, Error> = match Arguments::parse().command {
        Command::Tidy => tidy::run(&workspace),
        Command::Rules(arguments) => rules::run(&workspace, &arguments),
        Command::Test(arguments) => test::run(&workspace, &arguments),
        Command::Conformance => conformance::run(&workspace),
        Command::Vectors(arguments) => vectors::run(&workspace, &arguments),
        Command::Interop(arguments) => interop::run(&workspace, &arguments),
        Command::Simulate(arguments) => simulate::run(&workspace, &arguments),
        Command::Bench(arguments) => bench::run(&workspace, &arguments),
        Command::Crash(arguments) => crash::run(&workspace, &arguments),
        Command::Fuzz(arguments) => fuzz::run(&workspace, &arguments),
        Command::Mutants(arguments) => mutants::run(&workspace, &arguments),
        Command::Ci => ci::run(&workspace),
    };
    outcome.unwrap_or_else(|error| {
        println!("error: {error}");
        ExitCode::FAILURE
    })
}
