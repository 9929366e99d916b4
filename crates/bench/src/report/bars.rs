//! The bars that Copath sets itself at the largest size, and whether it takes them.

use super::figures::{Figures, OURS};
use super::tables::{header, octets, ratio, row, time};
use crate::forge::Warmth;
use crate::memory::When;
use crate::operation::{Operation, Place, Quantity};

/// An operation, or several that belong together, with what is asked of them.
struct Bar {
    name: &'static str,
    operations: &'static [Operation],
    warmth: Warmth,
    /// How many times faster than the best peer.
    faster: f64,
    /// At most this growth exponent.
    growth: Option<f64>,
    /// At most this multiple of the floor.
    floor: Option<f64>,
}

const fn commit(name: &'static str, operations: &'static [Operation]) -> Bar {
    Bar { name, operations, warmth: Warmth::Warm, faster: 100.0, growth: Some(0.15), floor: Some(1.5) }
}

const BARS: [Bar; 10] = [
    commit("self-update: create + apply", &[Operation::CreateSelfUpdate, Operation::ApplySelfUpdate]),
    commit("self-update: process", &[Operation::ProcessSelfUpdate]),
    commit("add one: create + apply", &[Operation::CreateAdd, Operation::ApplyAdd]),
    commit("add one: process", &[Operation::ProcessAdd]),
    commit("remove one: create + apply", &[Operation::CreateRemove, Operation::ApplyRemove]),
    commit("remove one: process", &[Operation::ProcessRemove]),
    Bar {
        name: "join",
        operations: &[Operation::Join],
        warmth: Warmth::Warm,
        faster: 1.0,
        growth: None,
        floor: Some(1.3),
    },
    Bar {
        name: "build in one commit, tree outside",
        operations: &[Operation::BuildOutside],
        warmth: Warmth::Cold,
        faster: 1.0,
        growth: None,
        floor: Some(1.3),
    },
    Bar {
        name: "build in one commit, tree inside",
        operations: &[Operation::BuildInside],
        warmth: Warmth::Cold,
        faster: 60.0,
        growth: None,
        floor: Some(1.5),
    },
    Bar {
        name: "load",
        operations: &[Operation::Load],
        warmth: Warmth::Warm,
        faster: 1.0,
        growth: None,
        floor: None,
    },
];

/// The table of times at the largest size.
pub(super) fn times(figures: &Figures<'_>) -> String {
    let columns = ["copath/aws-lc", "best peer", "times faster", "growth exponent", "measured / floor"];
    let mut table = header("operation", columns.into_iter().map(String::from));
    let size = figures.largest();
    for bar in &BARS {
        let place = Place { size, warmth: bar.warmth, library: OURS };
        let ours = figures.time(bar.operations, place);
        let best = figures.best_peer(bar.operations, size, bar.warmth);
        let floor = figures.floor(bar.operations, place);
        let faster = ours.zip(best).map(|(ours, (_, best))| best / ours);
        let growth = figures.growth(bar.operations, OURS, bar.warmth);
        let cells = [
            ours.map_or("-".into(), time),
            best.map_or("not run".into(), |(library, best)| format!("{} ({library})", time(best))),
            cell(faster, |value| format!("{value:.1}"), Some(Limit::AtLeast(bar.faster))),
            cell(growth, |value| format!("{value:.2}"), bar.growth.map(Limit::AtMost)),
            cell(ours.zip(floor).map(|(ours, floor)| ours / floor), ratio, bar.floor.map(Limit::AtMost)),
        ];
        row(&mut table, bar.name, cells.into_iter());
    }
    table
}

/// The table of octets and memory at the largest size.
pub(super) fn amounts(figures: &Figures<'_>) -> String {
    let mut table = header("amount", ["copath", "bar"].into_iter().map(String::from));
    let place = Place { size: figures.largest(), warmth: Warmth::Warm, library: OURS };
    let written = |quantity| figures.recorder.median_octets(quantity, place).map(|count| count as f64);
    let allocated = figures.counted(Operation::ProcessSelfUpdate, place);
    let heap = |when| {
        let found = figures.counted.heap.iter().find(|heap| heap.when == when && heap.place == place);
        found.map(|heap| heap.octets_a_member)
    };
    let amounts = [
        ("persisted for an own commit", written(Quantity::OwnCommitWritten), 65_536.0),
        ("persisted for a received commit", written(Quantity::CommitWritten), 65_536.0),
        ("persisted for a message in the steady state", written(Quantity::MessageWritten), 1_024.0),
        ("allocated to process a commit", allocated.map(|c| c.allocated.octets as f64), 524_288.0),
        ("heap a member, fresh", heap(When::Fresh), 550.0),
        ("heap a member, tree after 10,000 commits", heap(When::TreeAfterCommits), 550.0),
    ];
    for (name, amount, bar) in amounts {
        let cells = [
            cell(amount, octets, Some(Limit::AtMost(bar))),
            format!("at most {}", octets(bar)),
        ];
        row(&mut table, name, cells.into_iter());
    }
    table
}

enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

/// A value with its bar, and a mark where the bar isn't taken.
fn cell(value: Option<f64>, words: impl Fn(f64) -> String, limit: Option<Limit>) -> String {
    let Some(value) = value else { return "-".into() };
    let (taken, asked) = match limit {
        None => return words(value),
        Some(Limit::AtLeast(least)) => (value >= least, format!("≥ {least}")),
        Some(Limit::AtMost(most)) => (value <= most, format!("≤ {most}")),
    };
    if taken { words(value) } else { format!("**{}** (bar: {asked})", words(value)) }
}
