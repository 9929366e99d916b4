//! Copath beside its peers: runs the measurements and writes what they say.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Parser;
use copath_bench::error::{BenchError, Outcome};
use copath_bench::hostile::{HostileFigure, hostile, merged};
use copath_bench::member::Library;
use copath_bench::memory::Counted;
use copath_bench::plan::{Plan, Rounds};
use copath_bench::progress::Progress;
use copath_bench::recorder::{Recorder, Saved};
use copath_bench::report::{Figures, Machine, write};
use copath_bench::run::run;
use copath_bench::store::OwnStore;
use serde::{Deserialize, Serialize};

/// Measures Copath, OpenMLS and mls-rs side by side, and writes tables and plots.
#[derive(Parser)]
struct Arguments {
    /// Numbers of members.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 10, 100, 1_000, 10_000, 50_000])]
    sizes: Vec<u32>,
    /// Libraries, as library/backend; all of them if not given.
    #[arg(long, value_delimiter = ',')]
    libraries: Vec<Library>,
    /// About a minute: sizes up to 100 and few rounds, unless sizes are given.
    #[arg(long)]
    quick: bool,
    /// Seconds that joining or building may be expected to take; what would take longer is left out.
    #[arg(long, default_value_t = 90.0)]
    patience: f64,
    /// Figures are kept in this file after each size, and a run goes on with those that are there.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Where the document goes; plots go into a folder of the same name.
    #[arg(long, default_value = "docs/benchmarks.md")]
    output: PathBuf,
}

/// What was measured so far.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    times: Saved,
    counted: Option<Counted>,
    hostile: Option<Vec<HostileFigure>>,
}

fn main() -> std::process::ExitCode {
    match bench(Arguments::parse()) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn bench(arguments: Arguments) -> Outcome<()> {
    let Arguments { mut sizes, mut libraries, quick, patience, keep, output } = arguments;
    sizes.retain(|size| *size >= 2 && (!quick || *size <= 100));
    sizes.sort_unstable();
    if libraries.is_empty() {
        libraries = Library::ALL.to_vec();
    }
    let rounds = if quick { Rounds::Few } else { Rounds::Usual };
    let plan = Plan { sizes, libraries, patience, rounds };
    let mut kept = read(keep.as_deref())?;
    let recorder = measure(&plan, &mut kept, keep.as_deref())?;
    let counted = match kept.counted.take() {
        Some(counted) => counted,
        None => count(&plan)?,
    };
    kept.counted = Some(counted.clone());
    store(keep.as_deref(), &kept)?;
    let hostile = merged(kept.hostile.unwrap_or_default(), &counted.hostile);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let figures = Figures { plan: &plan, recorder: &recorder, counted: &counted, hostile: &hostile, cores };
    write(&figures, &machine(cores)?, &output)?;
    eprintln!("wrote {}", output.display());
    Ok(())
}

/// Everything that is timed.
fn measure(plan: &Plan, kept: &mut Kept, keep: Option<&Path>) -> Outcome<Recorder> {
    let mut recorder = Recorder::resumed(std::mem::take(&mut kept.times));
    run(plan, &mut recorder, &Progress::default(), |recorder| {
        kept.times = recorder.saved();
        store(keep, kept)
    })?;
    kept.times = recorder.saved();
    if kept.hostile.is_none() {
        kept.hostile = Some(hostile(None, |error| recorder.failed(error)));
        kept.times = recorder.saved();
        store(keep, kept)?;
    }
    Ok(recorder)
}

fn read(keep: Option<&Path>) -> Outcome<Kept> {
    let Some(path) = keep.filter(|path| path.exists()) else { return Ok(Kept::default()) };
    let failed = |error: String| BenchError::File { path: path.display().to_string(), error };
    let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))
}

fn store(keep: Option<&Path>, kept: &Kept) -> Outcome<()> {
    let Some(path) = keep else { return Ok(()) };
    let failed = |error: String| BenchError::File { path: path.display().to_string(), error };
    let text = serde_json::to_vec(kept).map_err(|error| failed(error.to_string()))?;
    std::fs::write(path, text).map_err(|error| failed(error.to_string()))
}

/// Starts the process that counts.
fn count(plan: &Plan) -> Outcome<Counted> {
    let failed = |error: &dyn std::fmt::Display| BenchError::Memory(error.to_string());
    let binary =
        std::env::current_exe().map_err(|error| failed(&error))?.with_file_name("copath-bench-memory");
    let list = |items: Vec<String>| items.join(",");
    let output = Command::new(binary)
        .args(["--sizes", &list(plan.sizes.iter().map(ToString::to_string).collect())])
        .args(["--libraries", &list(plan.libraries.iter().map(ToString::to_string).collect())])
        .args(["--patience", &(plan.patience / 3.0).to_string()])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}

fn machine(cores: usize) -> Outcome<Machine> {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?.to_owned();
        Some(line.split(':').nth(1)?.trim().to_owned())
    });
    let compiler = Command::new("rustc").arg("--version").output().ok();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    Ok(Machine {
        flush: OwnStore::flush_of_disk()?,
        processor: processor.unwrap_or_else(|| std::env::consts::ARCH.into()),
        cores,
        system: std::env::consts::OS.into(),
        compiler: compiler.unwrap_or_else(|| "unknown".into()),
        versions: versions(),
        command: std::iter::once("cargo xtask bench".to_owned())
            .chain(std::env::args().skip(1))
            .collect::<Vec<_>>()
            .join(" "),
    })
}

/// Versions of what was measured, from the lock file that this program was built with.
fn versions() -> Vec<(String, String)> {
    const NAMES: [&str; 9] = [
        "openmls",
        "openmls_libcrux_crypto",
        "openmls_rust_crypto",
        "mls-rs",
        "mls-rs-crypto-awslc",
        "mls-rs-crypto-rustcrypto",
        "aws-lc-rs",
        "ring",
        "rusqlite",
    ];
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let start = lock.find(&format!("name = \"{name}\"\n"))?;
        let line = lock.get(start..)?.lines().nth(1)?;
        Some(line.trim_start_matches("version = ").trim_matches('"').to_owned())
    };
    NAMES.iter().filter_map(|name| Some(((*name).to_owned(), version(name)?))).collect()
}
