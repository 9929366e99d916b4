//! Tables of times, octets and memory.

use std::fmt::Write as _;

use super::figures::{Figures, OURS};
use crate::forge::Warmth;
use crate::memory::When;
use crate::operation::{Operation, Place, Quantity};

/// A time for readers.
pub(super) fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n >= 1e9 => format!("{:.2} s", n / 1e9),
        n if n >= 1e6 => format!("{:.2} ms", n / 1e6),
        n if n >= 1e3 => format!("{:.1} µs", n / 1e3),
        n => format!("{n:.0} ns"),
    }
}

/// Octets for readers.
pub(super) fn octets(count: f64) -> String {
    match count {
        n if n >= 1048576.0 => format!("{:.1} MiB", n / 1048576.0),
        n if n >= 1024.0 => format!("{:.1} KiB", n / 1024.0),
        n => format!("{n:.0} B"),
    }
}

/// Copath's time, and in brackets its ratio to the best peer's, for each operation and size.
pub(super) fn against_the_best(figures: &Figures<'_>, warmth: Warmth) -> String {
    let mut table = header("operation", figures.plan.sizes.iter().map(|size| format!("{size} members")));
    for operation in Operation::ALL {
        let cells = figures.plan.sizes.iter().map(|size| {
            let ours = figures.time(&[operation], Place { size: *size, warmth, library: OURS });
            let best = figures.best_peer(&[operation], *size, warmth);
            match (ours, best) {
                (Some(ours), Some((_, best))) => format!("{} ({})", time(ours), ratio(ours / best)),
                (Some(ours), None) => time(ours),
                _ => "-".into(),
            }
        });
        row(&mut table, operation.name(), cells);
    }
    table
}

/// All libraries side by side at one size.
pub(super) fn side_by_side(figures: &Figures<'_>, size: u32, warmth: Warmth) -> String {
    let mut table = header("operation", figures.plan.libraries.iter().map(ToString::to_string));
    for operation in Operation::ALL {
        let cells = figures.plan.libraries.iter().map(|library| {
            let place = Place { size, warmth, library: *library };
            figures.time(&[operation], place).map_or("-".into(), time)
        });
        row(&mut table, operation.name(), cells);
    }
    table
}

/// Octets on the wire and written, for each library at one size.
pub(super) fn sizes(figures: &Figures<'_>, size: u32, warmth: Warmth) -> String {
    let mut table = header("octets", figures.plan.libraries.iter().map(ToString::to_string));
    for quantity in Quantity::ALL {
        let cells = figures.plan.libraries.iter().map(|library| {
            let place = Place { size, warmth, library: *library };
            let count = figures.recorder.median_octets(quantity, place);
            count.map_or("-".into(), |count| octets(count as f64))
        });
        row(&mut table, quantity.name(), cells);
    }
    table
}

/// What each operation allocates, for each library at one size.
pub(super) fn allocations(figures: &Figures<'_>, size: u32, warmth: Warmth) -> String {
    let mut table = header("calls, octets allocated", figures.plan.libraries.iter().map(ToString::to_string));
    for operation in Operation::ALL {
        let cells = figures.plan.libraries.iter().map(|library| {
            let counted = figures.counted(operation, Place { size, warmth, library: *library });
            counted.map_or("-".into(), |counted| {
                format!("{}, {}", counted.allocated.calls, octets(counted.allocated.octets as f64))
            })
        });
        row(&mut table, operation.name(), cells);
    }
    table
}

/// Heap a member.
pub(super) fn heap(figures: &Figures<'_>) -> String {
    let mut table = header("octets of heap a member", figures.plan.sizes.iter().map(|size| format!("{size} members")));
    let rows = figures.plan.libraries.iter().map(|library| (*library, When::Fresh, library.name().to_owned()));
    let trees = [
        (OURS, When::Tree, "copath, tree alone, just decoded".to_owned()),
        (OURS, When::TreeAfterCommits, "copath, tree alone, after 10,000 commits all over it".to_owned()),
    ];
    for (library, when, name) in rows.chain(trees) {
        let cells = figures.plan.sizes.iter().map(|size| {
            let found = figures.counted.heap.iter().find(|heap| {
                heap.when == when && heap.place.library == library && heap.place.size == *size
            });
            found.map_or("-".into(), |heap| format!("{:.0}", heap.octets_a_member))
        });
        row(&mut table, &name, cells);
    }
    table
}

pub(super) fn ratio(value: f64) -> String {
    match value {
        value if value < 0.095 => format!("×{value:.3}"),
        value => format!("×{value:.2}"),
    }
}

pub(super) fn header(first: &str, columns: impl Iterator<Item = String>) -> String {
    let columns: Vec<String> = columns.collect();
    let mut table = format!("| {first} | {} |\n|:--|", columns.join(" | "));
    table.push_str(&"--:|".repeat(columns.len()));
    table.push('\n');
    table
}

pub(super) fn row(table: &mut String, first: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    if cells.iter().all(|cell| cell == "-") {
        return;
    }
    let _ = writeln!(table, "| {first} | {} |", cells.join(" | "));
}
