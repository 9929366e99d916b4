//! `cargo xtask ci`: everything that must hold before a change goes in, the tests apart.

use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::Error;
use crate::tidy;
use crate::workspace::Workspace;

/// The programs that run before tidy.
const PROGRAMS: [Step; 3] = [
    Step { name: "fmt", arguments: &["fmt", "--all", "--check"], environment: &[] },
    Step {
        name: "clippy",
        arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        environment: &[],
    },
    Step {
        name: "doc",
        arguments: &["doc", "--workspace", "--no-deps"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
];

/// One run of cargo.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

/// Runs all steps, also after one that failed, and fails if one did.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode, Error> {
    let mut failed = Vec::new();
    println!("tidy");
    if tidy::run(workspace)? != ExitCode::SUCCESS {
        failed.push("tidy");
    }
    for step in &PROGRAMS {
        if !passes(workspace, step)? {
            failed.push(step.name);
        }
    }
    if failed.is_empty() {
        println!("ci: all passed");
        return Ok(ExitCode::SUCCESS);
    }
    println!("ci: failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Runs one step behind a line of progress; shows its output only if it fails.
fn passes(workspace: &Workspace, step: &Step) -> Result<bool, Error> {
    let mut command = workspace.command("cargo", step.arguments);
    command.envs(step.environment.iter().copied());
    let progress = progress(step.name);
    if progress.is_hidden() {
        println!("{} …", step.name);
    }
    let output = run_quietly(&mut command)?;
    let seconds = progress.elapsed().as_secs_f32();
    progress.finish_and_clear();
    let verdict = if output.status.success() { "passed" } else { "FAILED" };
    println!("{} {verdict} in {seconds:.1} s", step.name);
    if !output.status.success() {
        println!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.status.success())
}

/// A line with a spinner and the time that has passed; invisible where there is no terminal.
fn progress(name: &'static str) -> ProgressBar {
    let progress = ProgressBar::new_spinner().with_message(name);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        progress.set_style(style);
    }
    progress.enable_steady_tick(Duration::from_millis(120));
    progress
}

fn run_quietly(command: &mut Command) -> Result<std::process::Output, Error> {
    command.stdin(Stdio::null()).output().map_err(|source| Error::Start { program: "cargo".into(), source })
}
