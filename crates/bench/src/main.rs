//! Copath beside its peers: runs the measurements and writes what they say.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Parser;
use copath_bench::error::{BenchError, Outcome};
use copath_bench::floor::Prices;
use copath_bench::libraries::provider;
use copath_bench::member::Library;
use copath_bench::memory::Counted;
use copath_bench::recorder::Recorder;
use copath_bench::report::{Figures, Machine, write};
use copath_bench::run::{Plan, Progress, Rounds, run};

/// Measures Copath, OpenMLS and mls-rs side by side, and writes tables and plots.
#[derive(Parser)]
struct Arguments {
    /// Numbers of members.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 10, 100, 1_000, 10_000, 50_000])]
    sizes: Vec<u32>,
    /// Libraries, as library/backend; all of them if not given.
    #[arg(long, value_delimiter = ',')]
    libraries: Vec<Library>,
    /// A few minutes: sizes up to 1,000 and few rounds, unless sizes are given.
    #[arg(long)]
    quick: bool,
    /// A group is built in one commit only where that is expected to take at most this many seconds.
    #[arg(long, default_value_t = 120.0)]
    patience: f64,
    /// Where the document goes; plots go into a folder of the same name.
    #[arg(long, default_value = "docs/benchmarks.md")]
    output: PathBuf,
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
    let Arguments { mut sizes, mut libraries, quick, patience, output } = arguments;
    sizes.retain(|size| *size >= 2 && (!quick || *size <= 1_000));
    sizes.sort_unstable();
    if libraries.is_empty() {
        libraries = Library::ALL.to_vec();
    }
    let rounds = if quick { Rounds::Few } else { Rounds::Usual };
    let plan = Plan { sizes, libraries, patience, rounds };
    let prices = plan.libraries.iter().filter(|library| library.is_ours());
    let prices: Vec<(Library, Prices)> =
        prices.map(|library| Ok((*library, Prices::of(&provider(*library))?))).collect::<Outcome<_>>()?;
    let mut recorder = Recorder::default();
    run(&plan, &mut recorder, &Progress::default())?;
    let counted = count(&plan)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let figures = Figures { plan: &plan, recorder: &recorder, counted: &counted, prices: &prices, cores };
    write(&figures, &machine(cores), &output)?;
    eprintln!("wrote {}", output.display());
    Ok(())
}

/// Starts the process that counts.
fn count(plan: &Plan) -> Outcome<Counted> {
    let failed = |error: &dyn std::fmt::Display| BenchError::Memory(error.to_string());
    let binary = std::env::current_exe().map_err(|error| failed(&error))?.with_file_name("copath-bench-memory");
    let list = |items: Vec<String>| items.join(",");
    let output = Command::new(binary)
        .args(["--sizes", &list(plan.sizes.iter().map(ToString::to_string).collect())])
        .args(["--libraries", &list(plan.libraries.iter().map(ToString::to_string).collect())])
        .args(["--patience", &plan.patience.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(failed(&output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}

fn machine(cores: usize) -> Machine {
    let processor = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?.to_owned();
        Some(line.split(':').nth(1)?.trim().to_owned())
    });
    let compiler = Command::new("rustc").arg("--version").output().ok();
    let compiler = compiler.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    Machine {
        processor: processor.unwrap_or_else(|| std::env::consts::ARCH.into()),
        cores,
        system: std::env::consts::OS.into(),
        compiler: compiler.unwrap_or_else(|| "unknown".into()),
        versions: versions(),
        command: std::iter::once("cargo xtask bench".to_owned())
            .chain(std::env::args().skip(1))
            .collect::<Vec<_>>()
            .join(" "),
    }
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
