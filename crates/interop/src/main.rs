//! `copath-interop`: plays all scenarios and prints the matrix.
//!
//! `copath-interop [--suite N]… [--only TEXT] [--cast NAME]… [--markdown FILE]`
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::process::ExitCode;

use copath_interop::matrix::{Matrix, Selection};
use copath_interop::peer::Implementation;

fn main() -> ExitCode {
    let mut selection = Selection { suites: Vec::new(), name: String::new(), cast: Vec::new() };
    let mut markdown = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--suite" => selection.suites.extend(value.parse::<u16>()),
            "--only" => selection.name = value,
            "--cast" => {
                selection.cast.extend(Implementation::ALL.into_iter().filter(|one| one.name() == value));
            }
            "--markdown" => markdown = Some(value),
            other => {
                println!("unknown argument {other}");
                return ExitCode::FAILURE;
            }
        }
    }
    let complete = selection.suites.is_empty() && selection.name.is_empty() && selection.cast.is_empty();
    if selection.suites.is_empty() {
        selection.suites = Implementation::Copath.suites().to_vec();
    }
    std::panic::set_hook(Box::new(|_| ()));
    let matrix = Matrix::play(&selection, |failure| println!("FAIL {}\n     {}", failure.what, failure.why));
    println!("{}", matrix.to_markdown());
    for (what, count) in &matrix.lacking {
        println!("unsupported, {count} times: {what}");
    }
    for (what, count) in &matrix.known {
        println!("known, {count} times: {what}");
    }
    let stale: Vec<_> = matrix.stale().filter(|_| complete).collect();
    for known in &stale {
        println!("FAIL nothing meets this any more: {}", known.reason);
    }
    println!("{} passed, {} failed", matrix.passed(), matrix.failures());
    if let Some(path) = markdown
        && let Err(error) = std::fs::write(&path, matrix.to_markdown())
    {
        println!("{path}: {error}");
        return ExitCode::FAILURE;
    }
    if matrix.failures() == 0 && stale.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
