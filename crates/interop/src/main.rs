//! `copath-interop`: plays all scenarios and prints the matrix, then walks at random.
//!
//! Options: `--suite N`, `--only TEXT`, `--cast NAME`, `--walks N`, `--seed N`, `--steps N`, `--members N`,
//! `--markdown FILE`.
//!
//! `--seed` repeats one walk and plays no scenario.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::process::ExitCode;

use copath_interop::matrix::{Matrix, Selection, guarded};
use copath_interop::peer::Implementation;
use copath_interop::walk::Walk;
use copath_interop::world::Stop;

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    selection: Selection,
    seed: Option<u64>,
    walks: u64,
    steps: usize,
    members: usize,
    markdown: Option<String>,
}

fn main() -> ExitCode {
    let Some(arguments) = parse() else { return ExitCode::FAILURE };
    std::panic::set_hook(Box::new(|_| ()));
    let sound = match arguments.seed {
        Some(seed) => walk(seed, &arguments),
        None => {
            let played = play(&arguments);
            (0..arguments.walks).fold(played, |sound, seed| walk(seed, &arguments) && sound)
        }
    };
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse() -> Option<Arguments> {
    let mut parsed = Arguments { steps: 300, members: 14, ..Arguments::default() };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--suite" => parsed.selection.suites.push(value.parse().ok()?),
            "--only" => parsed.selection.name = value,
            "--cast" => {
                parsed
                    .selection
                    .cast
                    .extend(Implementation::ALL.into_iter().filter(|one| one.name() == value));
            }
            "--walks" => parsed.walks = value.parse().ok()?,
            "--seed" => parsed.seed = Some(value.parse().ok()?),
            "--steps" => parsed.steps = value.parse().ok()?,
            "--members" => parsed.members = value.parse().ok()?,
            "--markdown" => parsed.markdown = Some(value),
            other => {
                println!("unknown argument {other}");
                return None;
            }
        }
    }
    Some(parsed)
}

/// Plays the scenarios; whether all went well.
fn play(arguments: &Arguments) -> bool {
    let matrix = Matrix::play(&arguments.selection, |failure| {
        println!("FAIL {}\n     {}", failure.what, failure.why);
    });
    println!("{}", matrix.to_markdown());
    for (what, count) in &matrix.lacking {
        println!("unsupported, {count} times: {what}");
    }
    for (what, count) in &matrix.known {
        println!("known, {count} times: {what}");
    }
    let stale: Vec<_> = matrix.stale().filter(|_| arguments.selection.is_complete()).collect();
    for known in &stale {
        println!("FAIL nothing meets this any more: {}", known.reason);
    }
    println!("{} passed, {} failed", matrix.passed(), matrix.failures());
    let written = arguments.markdown.as_ref().map(|path| std::fs::write(path, matrix.to_document()));
    if let Some(Err(error)) = &written {
        println!("FAIL {error}");
    }
    matrix.failures() == 0 && stale.is_empty() && !matches!(written, Some(Err(_)))
}

/// Walks once; whether it came to its end.
fn walk(seed: u64, arguments: &Arguments) -> bool {
    let suite = arguments.selection.suites.first().copied();
    let mut walk = match guarded(|| Walk::new(seed, suite, arguments.members)) {
        Ok(walk) => walk,
        Err(stop) => {
            println!("FAIL walk {seed}: {stop}");
            return false;
        }
    };
    let outcome = (0..arguments.steps).try_for_each(|_| guarded(|| walk.step()));
    for (why, count) in &walk.refusals {
        println!("walk {seed}: would not commit, {count} times: {why}");
    }
    if let Err(stop @ (Stop::Failed { .. } | Stop::Unsupported(..))) = outcome {
        println!("FAIL walk {seed} after {} steps: {stop}", walk.steps().len());
        for (number, step) in walk.steps().iter().enumerate() {
            println!("  {number} {step}");
        }
        return false;
    }
    println!("walk {seed}: {} steps", walk.steps().len());
    true
}
