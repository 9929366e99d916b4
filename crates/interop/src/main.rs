//! `copath-interop`: plays all scenarios and prints the matrix, then walks at random.
//!
//! Options: `--suite N`, `--only TEXT`, `--cast NAME`, `--walks N`, `--seed N`, `--steps N`, `--members N`,
//! `--replay N,N,…`, `--markdown FILE`, `--section FILE` (to be put at its end).
//!
//! `--seed` repeats one walk and plays no scenario; `--replay` keeps only these of its operations.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use std::process::ExitCode;

use copath_interop::matrix::{Matrix, Selection};
use copath_interop::peer::Implementation;
use copath_interop::walk::{self, Plan};

/// Steps that only look, which a printed script leaves out.
const SIDE_STEPS: [&str; 3] = ["shows its view", "learns a PSK", "says its leaf"];

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    selection: Selection,
    seed: Option<u64>,
    walks: u64,
    operations: usize,
    replay: Option<Vec<u32>>,
    members: usize,
    markdown: Option<String>,
    section: Option<String>,
}

fn main() -> ExitCode {
    let Some(arguments) = parse() else { return ExitCode::FAILURE };
    std::panic::set_hook(Box::new(|_| ()));
    let sound = match arguments.seed {
        Some(seed) => walk(seed, &arguments),
        None => play_and_walk(&arguments),
    };
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse() -> Option<Arguments> {
    let mut parsed = Arguments { operations: 300, members: 14, ..Arguments::default() };
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
            "--steps" => parsed.operations = value.parse().ok()?,
            "--replay" => parsed.replay = value.split(',').map(|one| one.parse().ok()).collect(),
            "--members" => parsed.members = value.parse().ok()?,
            "--section" => parsed.section = Some(value),
            "--markdown" => parsed.markdown = Some(value),
            other => {
                println!("unknown argument {other}");
                return None;
            }
        }
    }
    Some(parsed)
}

/// Plays the scenarios, walks, writes the document; whether all went well.
fn play_and_walk(arguments: &Arguments) -> bool {
    let (matrix, played) = play(arguments);
    let fell: Vec<u64> = (0..arguments.walks).filter(|seed| !walk(*seed, arguments)).collect();
    let sound = played && fell.is_empty();
    let told = tell_walks(arguments, &fell);
    let Some(path) = &arguments.markdown else { return sound };
    let section = arguments.section.as_ref().map_or(Ok(String::new()), std::fs::read_to_string);
    let written = section.and_then(|section| std::fs::write(path, matrix.to_document(&told, &section)));
    if let Err(error) = &written {
        println!("FAIL {error}");
    }
    sound && written.is_ok()
}

/// How many walks came to their end, and the seeds of the others.
fn tell_walks(arguments: &Arguments, fell: &[u64]) -> String {
    let (walks, operations) = (arguments.walks, arguments.operations);
    let walked = walks.saturating_sub(fell.len() as u64);
    let mut told = format!(
        "In this run: {walked} of {walks} walks of {operations} operations each came to their end without a disagreement."
    );
    if !fell.is_empty() {
        let seeds: Vec<_> = fell.iter().map(u64::to_string).collect();
        told.push_str(&format!(" **FAILED: the walks of the seeds {}.**", seeds.join(", ")));
    }
    told
}

/// Plays the scenarios; whether all went well.
fn play(arguments: &Arguments) -> (Matrix, bool) {
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
    let sound = matrix.failures() == 0 && stale.is_empty();
    (matrix, sound)
}

/// Walks once; whether it came to its end.
fn walk(seed: u64, arguments: &Arguments) -> bool {
    let suite = arguments.selection.suites.first().copied();
    let plan = Plan { seed, suite, members: arguments.members };
    let script = arguments.replay.clone().unwrap_or_else(|| walk::script(arguments.operations));
    let fall = match walk::replay(&plan, &script, &|_| Ok(())) {
        Ok(walked) => {
            for (why, count) in &walked.refusals {
                println!("walk {seed}: would not commit, {count} times: {why}");
            }
            println!("walk {seed}: {} operations in {} steps", walked.operations, walked.steps.len());
            return true;
        }
        Err(fall) => fall,
    };
    println!("FAIL walk {seed} after {} operations: {}", fall.at, fall.stop);
    println!("looking for a shorter script");
    let shrunk = walk::shrink(&plan, &script, &fall, &|_| Ok(()));
    let telling = |step: &&String| !SIDE_STEPS.iter().any(|side| step.ends_with(side));
    for step in shrunk.fall.steps.iter().filter(telling) {
        println!("  {step}");
    }
    let numbers: Vec<_> = shrunk.script.iter().map(u32::to_string).collect();
    let suite = suite.map_or(String::new(), |suite| format!(" --suite {suite}"));
    println!(
        "{}\nagain by: cargo xtask interop --seed {seed}{suite} --members {} --replay {}",
        shrunk.fall.stop,
        arguments.members,
        numbers.join(",")
    );
    false
}
