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
    let size = figures.largest();
    let _ = writeln!(text, "## The bars, at {size} members\n");
    let _ = writeln!(text, "A value that misses its bar is bold, with the bar beside it.\n");
    let _ = writeln!(text, "{}\n{}", bars::times(figures), bars::amounts(figures));
    text.push_str("## Plots\n\n");
    for plot in &PLOTS {
        let _ = writeln!(text, "![{}](benchmarks/{})\n", plot.title, plot.file);
    }
    for warmth in [Warmth::Warm, Warmth::Cold] {
        let _ = writeln!(text, "## Copath on aws-lc, and its ratio to the best peer: {} tree\n", warmth.name());
        let _ = writeln!(text, "{}", tables::against_the_best(figures, warmth));
    }
    let _ = writeln!(text, "## Heap\n\n{}", tables::heap(figures));
    for size in &figures.plan.sizes {
        let _ = writeln!(text, "## All libraries at {size} members, warm tree\n");
        let warm = Warmth::Warm;
        let _ = writeln!(text, "{}", tables::side_by_side(figures, *size, warm));
        let _ = writeln!(text, "{}", tables::sizes(figures, *size, warm));
        let _ = writeln!(text, "{}", tables::allocations(figures, *size, warm));
    }
    let failures = figures.recorder.failures().iter().chain(&figures.counted.failures);
    let failures: Vec<String> = failures.map(|failure| format!("- {failure}")).collect();
    if !failures.is_empty() {
        let _ = writeln!(text, "## What could not be measured\n\n{}", failures.join("\n"));
    }
    text
}

fn machine_table(machine: &Machine) -> String {
    let mut table = tables::header("what", ["this run".to_owned()].into_iter());
    let rows = [
        ("processor", format!("{}, {} cores", machine.processor, machine.cores)),
        ("system", machine.system.clone()),
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
