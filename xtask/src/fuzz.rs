//! `cargo xtask fuzz`: the targets of crates/fuzz, driven by libFuzzer with coverage.
//!
//! The instrumentation needs no more than a stable toolchain; a nightly one adds the address sanitizer. libFuzzer
//! itself needs a C++ compiler.

use std::process::{Command, ExitCode};

use crate::error::Error;
use crate::forward::succeeds;
use crate::workspace::Workspace;

/// A workspace of its own.
const MANIFEST: &str = "crates/fuzz/libfuzzer/Cargo.toml";

const TARGETS: [&str; 5] = ["decode", "member", "joiner", "observer", "stored_state"];

/// Coverage of edges with counters, as libFuzzer reads them.
const INSTRUMENTATION: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to fuzz; everything, one after the other, if absent.
    #[arg(value_parser = TARGETS)]
    target: Option<String>,
    /// For how long, each.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Builds, and fuzzes; what was found lies in crates/fuzz/findings afterwards, where the tests try it again.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode, Error> {
    let corpus = workspace.path("target/fuzz");
    let seeds = ["run", "--quiet", "--package", "copath-fuzz", "--example", "write_seeds", "--"];
    if !succeeds("cargo", workspace.command("cargo", &seeds).arg(&corpus))? {
        return Ok(ExitCode::FAILURE);
    }
    let toolchain = workspace.output("rustc", &["-vV"])?;
    let host = toolchain.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let build = ["build", "--release", "--locked", "--manifest-path", MANIFEST, "--target", host];
    if !succeeds("cargo", instrumented(&mut workspace.command("cargo", &build), &toolchain))? {
        return Ok(ExitCode::FAILURE);
    }
    let chosen =
        TARGETS.iter().filter(|target| arguments.target.as_deref().is_none_or(|one| one == **target));
    let mut failed = Vec::new();
    for target in chosen {
        println!("{target}, for {} s", arguments.seconds);
        let findings = format!("crates/fuzz/findings/{target}/");
        std::fs::create_dir_all(workspace.path(&findings))
            .map_err(|source| Error::File { path: findings.clone(), source })?;
        let run =
            ["run", "--quiet", "--release", "--locked", "--manifest-path", MANIFEST, "--target", host, "--"];
        let mut fuzzer = workspace.command("cargo", &run);
        fuzzer
            .arg(corpus.join(target))
            .arg(format!("-artifact_prefix={findings}"))
            .arg(format!("-max_total_time={}", arguments.seconds))
            .args(["-timeout=10", "-rss_limit_mb=2048", "-malloc_limit_mb=256", "-print_final_stats=1"])
            .env("COPATH_FUZZ_TARGET", target);
        if !succeeds("cargo", instrumented(&mut fuzzer, &toolchain))? {
            failed.push(*target);
        }
        // nothing stays of a target without a finding
        let _ = std::fs::remove_dir(workspace.path(&findings));
    }
    if failed.is_empty() {
        println!("fuzz: no finding");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "fuzz: findings in {}: mend them, and keep the files in crates/fuzz/findings",
        failed.join(", ")
    );
    Ok(ExitCode::FAILURE)
}

/// The same build for building and for running.
fn instrumented<'c>(command: &'c mut Command, toolchain: &str) -> &'c mut Command {
    let sanitizer = if toolchain.contains("nightly") { " -Zsanitizer=address" } else { "" };
    command.env("RUSTFLAGS", format!("{INSTRUMENTATION}{sanitizer}"))
}
