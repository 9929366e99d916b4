//! What came of it, as a table.

use std::fmt::Write;

use copath_vectors::Outcome;

/// One file on one backend.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) file: String,
    pub(crate) backend: &'static str,
    pub(crate) outcome: Outcome,
}

const HEAD: [&str; 6] = ["file", "backend", "suites", "cases run", "passed", "not run"];

/// A row for each file and backend, and the sums.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let sum = |count: fn(&Outcome) -> usize| rows.iter().map(|row| count(&row.outcome)).sum::<usize>();
    let not_run = sum(Outcome::total).saturating_sub(sum(Outcome::run));
    lines.push([
        "all".to_owned(),
        String::new(),
        String::new(),
        sum(Outcome::run).to_string(),
        sum(|outcome| outcome.passed).to_string(),
        if not_run == 0 { "-".to_owned() } else { format!("{not_run} cases") },
    ]);
    align(&lines)
}

fn cells(row: &Row) -> [String; 6] {
    let outcome = &row.outcome;
    let suites: Vec<String> = outcome.suites().iter().map(|suite| suite.0.to_string()).collect();
    let skipped: Vec<String> = outcome.skipped.keys().map(|suite| suite.0.to_string()).collect();
    let not_run: usize = outcome.skipped.values().map(|skipped| skipped.cases).sum();
    [
        row.file.clone(),
        row.backend.to_owned(),
        if suites.is_empty() { "-".to_owned() } else { suites.join(" ") },
        outcome.run().to_string(),
        outcome.passed.to_string(),
        if skipped.is_empty() {
            "-".to_owned()
        } else {
            format!("{not_run} cases: no suite {}", skipped.join(", "))
        },
    ]
}

fn align(lines: &[[String; 6]]) -> String {
    let mut widths = [0; 6];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &[String; 6]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A line for each case that failed, and for each file without a case that was run.
pub(crate) fn failures(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { file, backend, outcome } in rows {
        for failure in &outcome.failures {
            let suite = failure.suite.map_or(String::new(), |suite| format!(", suite {}", suite.0));
            // Writing to a string can't fail.
            let _ = writeln!(
                text,
                "FAILED {file} on {backend}: case {}{suite}: {}",
                failure.case, failure.mismatch
            );
        }
        if outcome.total() == 0 {
            let _ = writeln!(text, "FAILED {file} on {backend}: it has no cases");
        }
    }
    text
}
