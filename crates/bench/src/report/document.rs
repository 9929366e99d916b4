//! docs/benchmarks.md.

use std::fmt::Write as _;
use std::path::Path;

use super::figures::Figures;
use super::plot::{PLOTS, draw};
use super::{bars, tables};
use crate::error::{BenchError, Outcome};
use crate::forge::Warmth;

/// Where it was measured.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The processor.
    pub processor: String,
    /// Its cores.
    pub cores: usize,
    /// What a transaction of one octet takes on its disk.
    pub flush: std::time::Duration,
    /// The system.
    pub system: String,
    /// The compiler.
    pub compiler: String,
    /// The libraries, with their versions.
    pub versions: Vec<(String, String)>,
    /// The command that made the run.
    pub command: String,
}

/// Writes the document to `path`, and its plots into a folder beside it.
///
/// # Errors
/// Files can't be written.
pub fn write(figures: &Figures<'_>, machine: &Machine, path: &Path) -> Outcome<()> {
    let folder = path.with_extension("");
    std::fs::create_dir_all(&folder).map_err(|error| file(&folder, &error))?;
    for plot in &PLOTS {
        draw(figures, plot, &folder)?;
    }
    std::fs::write(path, document(figures, machine)).map_err(|error| file(path, &error))
}

fn file(path: &Path, error: &std::io::Error) -> BenchError {
    BenchError::File { path: path.display().to_string(), error: error.to_string() }
}

fn document(figures: &Figures<'_>, machine: &Machine) -> String {
    let mut text = String::from(include_str!("introduction.md"));
    let _ = writeln!(text, "\n{}", machine_table(machine));
    bars_section(figures, &mut text);
    text.push_str("## Plots\n\n");
    for plot in &PLOTS {
        let _ = writeln!(text, "![{}](benchmarks/{})\n", plot.title, plot.file);
    }
    for warmth in [Warmth::Warm, Warmth::Cold] {
        let _ =
            writeln!(text, "## Copath on aws-lc, and its ratio to the best peer: {} tree\n", warmth.name());
        let _ = writeln!(text, "{}", tables::against_the_best(figures, warmth));
    }
    let _ = writeln!(
        text,
        "## Copath on aws-lc, and its ratio to the floor\n\n{}",
        tables::against_the_floor(figures)
    );
    let _ = writeln!(
        text,
        "### What the time consists of at {} members\n\n{PROFILE}\n{}",
        figures.largest(),
        tables::profile(figures)
    );
    let _ = writeln!(text, "### The prices of the floor\n\n{}", tables::prices(figures));
    let _ = writeln!(text, "## Growth\n\n{}", tables::growth(figures));
    let _ = writeln!(text, "## Hostile input\n\n{HOSTILE}\n{}", tables::hostile(figures));
    let _ = writeln!(text, "## Heap\n\n{}", tables::heap(figures));
    for size in &figures.plan.sizes {
        let _ = writeln!(text, "## All libraries at {size} members, warm tree\n");
        let warm = Warmth::Warm;
        let _ = writeln!(text, "{}", tables::side_by_side(figures, *size, warm));
        let _ = writeln!(text, "{}", tables::sizes(figures, *size, warm));
        let _ = writeln!(text, "{}", tables::allocations(figures, *size, warm));
    }
    let failures = figures.recorder.failures().iter().chain(&figures.counted.failures);
    let failures: std::collections::BTreeSet<String> =
        failures.map(|failure| format!("- {failure}\n")).collect();
    if !failures.is_empty() {
        let _ = writeln!(text, "## What was not measured\n\n{}", String::from_iter(failures));
    }
    text
}

const PROFILE: &str = "\
The parts of the floor, and what is beside it: decoding, copies of what changes, the rules, indexes, records for the \
store, and the allocator. Primitives cost more there than alone in a loop, since neither their code nor their data are \
in the caches; that is in the rest too. Joining and building are divided by the cores. \
\n";

const HOSTILE: &str = "\
Each kind is the largest of its sort at its size. The valid input and the invalid one are equal but for one flaw, in the \
place that is looked at last; or the invalid one is of a kind that can't be valid, beside a valid one of the same size. \
\n";

fn bars_section(figures: &Figures<'_>, text: &mut String) {
    let size = figures.largest();
    let verdicts = bars::verdicts(figures);
    let _ = writeln!(text, "## The bars, at {size} members unless they say otherwise\n\n{}", verdicts.table);
    let remarks = verdicts.remarks();
    if !remarks.is_empty() {
        let _ = writeln!(
            text,
            "Where the time goes in what misses its bar, and what it would take:\n\n{remarks}"
        );
    }
    let misses = bars::small_misses_listed(figures);
    if !misses.is_empty() {
        let _ = writeln!(text, "What takes longer than it may in smaller groups:\n\n{misses}");
    }
}

fn machine_table(machine: &Machine) -> String {
    let mut table = tables::header("what", ["this run".to_owned()].into_iter());
    let rows = [
        ("processor", format!("{}, {} cores", machine.processor, machine.cores)),
        ("system", machine.system.clone()),
        ("a transaction of one octet on its disk", tables::time(machine.flush.as_secs_f64() * 1e9)),
        ("compiler", machine.compiler.clone()),
        ("command", format!("`{}`", machine.command)),
    ];
    for (name, value) in rows {
        tables::row(&mut table, name, [value].into_iter());
    }
    for (name, version) in &machine.versions {
        tables::row(&mut table, name, [version.clone()].into_iter());
    }
    table
}
