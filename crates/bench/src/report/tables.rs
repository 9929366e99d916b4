//! Tables of times, octets and memory.

use std::fmt::Write as _;

use super::figures::{Figures, KINDS, OURS};
use crate::floor::Prices;
use crate::forge::Warmth;
use crate::member::Library;
use crate::memory::When;
use crate::operation::{Operation, Place, Quantity, WHOLE};

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
    for (name, operations) in WHOLE {
        let cells = figures.plan.sizes.iter().map(|size| {
            let ours = figures.time(operations, Place { size: *size, warmth, library: OURS });
            let best = figures.best_peer(operations, *size, warmth);
            match (ours, best) {
                (Some(ours), Some((_, best))) => format!("{} ({})", time(ours), ratio(ours / best)),
                (Some(ours), None) => time(ours),
                _ => "-".into(),
            }
        });
        row(&mut table, name, cells);
    }
    table
}

/// Copath's time, and in brackets its ratio to the floor, for each operation and size.
pub(super) fn against_the_floor(figures: &Figures<'_>) -> String {
    let mut table = header("operation", figures.plan.sizes.iter().map(|size| format!("{size} members")));
    for (name, operations) in WHOLE {
        let warmth = if name.starts_with("build") { Warmth::Cold } else { Warmth::Warm };
        let cells = figures.plan.sizes.iter().map(|size| {
            let place = Place { size: *size, warmth, library: OURS };
            let floor = figures.floor(operations, place).filter(|floor| *floor > 0.0);
            figures
                .time(operations, place)
                .zip(floor)
                .map_or("-".into(), |(ours, floor)| format!("{} ({})", time(ours), ratio(ours / floor)))
        });
        row(&mut table, name, cells);
    }
    table
}

/// What Copath's time consists of in the largest group: the parts of the floor, what is beside it, and how often memory
/// is asked for.
pub(super) fn profile(figures: &Figures<'_>) -> String {
    let kinds = KINDS.iter().map(|(kind, _)| *kind);
    let mut table = header(
        "operation",
        ["all"].into_iter().chain(kinds).chain(["the rest", "allocations"]).map(String::from),
    );
    let size = figures.largest();
    for (name, operations) in WHOLE {
        let warmth = if name.starts_with("build") { Warmth::Cold } else { Warmth::Warm };
        let place = Place { size, warmth, library: OURS };
        let parts = figures.time(operations, place).zip(figures.floor_by_kind(operations, place));
        let Some((all, parts)) = parts.filter(|(_, parts)| parts.iter().sum::<f64>() > 0.0) else { continue };
        let rest = all - parts.iter().sum::<f64>();
        let share = |part: f64| format!("{} ({:.0} %)", time(part), 100.0 * part / all);
        let calls = |operation: &Operation| Some(figures.counted(*operation, place)?.allocated.calls);
        let calls: Option<u64> = operations.iter().map(calls).sum();
        let cells = parts.into_iter().map(|part| if part > 0.0 { share(part) } else { "-".into() });
        let end = [share(rest.max(0.0)), calls.map_or("-".into(), |calls| calls.to_string())];
        row(&mut table, name, [time(all)].into_iter().chain(cells).chain(end));
    }
    table
}

/// How each library's time grows from a thousand members to the most, as an exponent.
pub(super) fn growth(figures: &Figures<'_>) -> String {
    let mut table = header("growth exponent", figures.plan.libraries.iter().map(ToString::to_string));
    for (name, operations) in WHOLE {
        let warmth = if name.starts_with("build") { Warmth::Cold } else { Warmth::Warm };
        let cells = figures.plan.libraries.iter().map(|library| {
            let growth = figures.growth(operations, *library, warmth);
            growth.map_or("-".into(), |growth| format!("{growth:.2}"))
        });
        row(&mut table, name, cells);
    }
    table
}

/// What primitives cost on each of our backends.
pub(super) fn prices(figures: &Figures<'_>) -> String {
    let ours: Vec<Library> =
        figures.plan.libraries.iter().copied().filter(|library| library.is_ours()).collect();
    let mut table = header("primitive", ours.iter().map(ToString::to_string));
    let priced: Vec<_> =
        ours.iter().map(|library| figures.recorder.prices(*library).unwrap_or_default()).collect();
    for (number, (name, _)) in priced.first().map(Prices::named).unwrap_or_default().into_iter().enumerate() {
        let price = |prices: &Prices| prices.named().get(number).map_or(0.0, |(_, price)| *price);
        let cells = priced.iter().map(|prices| match price(prices) {
            little if little < 100.0 => format!("{little:.2} ns"),
            more => time(more),
        });
        row(&mut table, name, cells);
    }
    table
}

/// Invalid input beside valid input.
pub(super) fn hostile(figures: &Figures<'_>) -> String {
    let columns = [
        "octets",
        "valid",
        "invalid",
        "ratio",
        "allocated for a valid octet",
        "for an invalid octet",
        "refused",
    ];
    let mut table = header("kind", columns.into_iter().map(String::from));
    for figure in figures.hostile {
        let cells = [
            octets(figure.octets as f64),
            time(figure.valid),
            time(figure.invalid),
            ratio(figure.ratio()),
            format!("{:.1}", figure.valid_allocated / figure.octets as f64),
            format!("{:.1}", figure.invalid_allocated / figure.octets as f64),
            figure.refusal.clone(),
        ];
        row(&mut table, &figure.kind, cells.into_iter());
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
    let mut table =
        header("octets of heap a member", figures.plan.sizes.iter().map(|size| format!("{size} members")));
    let rows =
        figures.plan.libraries.iter().map(|library| (*library, When::Fresh, library.name().to_owned()));
    let trees = [
        (OURS, When::Tree, "copath, tree alone, just decoded".to_owned()),
        (OURS, When::TreeAfterCommits, "copath, tree alone, after 10,000 commits all over it".to_owned()),
    ];
    for (library, when, name) in rows.chain(trees) {
        let cells = figures.plan.sizes.iter().map(|size| {
            let found =
                figures.counted.heap.iter().find(|heap| {
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
