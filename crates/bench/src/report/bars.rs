//! The bars that Copath sets itself, what was measured, and whether it takes them.

use std::fmt::Write as _;

use super::figures::{Figures, OURS};
use super::tables::{header, octets, ratio, row, time};
use crate::forge::Warmth;
use crate::memory::When;
use crate::operation::{Operation, Place, Quantity, WHOLE};

/// Operations that belong together, with what is asked of them at the largest size.
struct Bar {
    name: &'static str,
    warmth: Warmth,
    /// How many times faster than the best peer.
    faster: f64,
    /// At most this growth exponent.
    growth: Option<f64>,
    /// At most this multiple of the floor.
    floor: Option<f64>,
}

const fn commit(name: &'static str) -> Bar {
    Bar { name, warmth: Warmth::Warm, faster: 100.0, growth: Some(0.15), floor: Some(1.5) }
}

const fn whole(name: &'static str, warmth: Warmth, faster: f64, floor: Option<f64>) -> Bar {
    Bar { name, warmth, faster, growth: None, floor }
}

const BARS: [Bar; 10] = [
    commit("self-update: create + apply"),
    commit("self-update: process"),
    commit("add one: create + apply"),
    commit("add one: process"),
    commit("remove one: create + apply"),
    commit("remove one: process"),
    whole("join", Warmth::Warm, 1.0, Some(1.3)),
    whole("build in one commit, tree outside", Warmth::Cold, 1.0, Some(1.3)),
    whole("build in one commit, tree inside", Warmth::Cold, 60.0, Some(1.5)),
    whole("load", Warmth::Warm, 1.0, None),
];

/// At most this multiple of the best peer's time in groups up to [`SMALL`].
const SMALL_RATIO: f64 = 1.1;
const SMALL: u32 = 10_000;
/// At most this multiple of the floor for application messages.
const MESSAGE_FLOOR: f64 = 1.25;

/// The table of all bars, and what is missed.
pub(super) struct Verdicts {
    pub(super) table: String,
    missed: Vec<String>,
}

impl Verdicts {
    fn add(&mut self, name: &str, measured: String, asked: String, is_met: bool) {
        let met = if is_met { "yes" } else { "**no**" };
        row(&mut self.table, name, [measured, asked, met.to_owned()].into_iter());
        if !is_met {
            self.missed.push(name.to_owned());
        }
    }

    /// Where the time goes in what misses its bar, and what it would take.
    pub(super) fn remarks(&self) -> String {
        let is_missed = |key: &str| self.missed.iter().any(|name| name.contains(key));
        let remarks = REMARKS.iter().filter(|(key, _)| is_missed(key));
        remarks.map(|(key, text)| format!("- *{key}*: {text}\n")).collect()
    }
}

/// What is known of a bar that is missed, by a part of its name.
const REMARKS: [(&str, &str); 7] = [
    (
        "every operation but storing and loading",
        "What is listed below as only just above the bar meets it at the sizes beside it: it is the noise of the \
         machine. A key package is two signatures and two key pairs in all libraries; beside them are 3 µs of \
         encoding and some thirty-five allocations. It would take one buffer for both \
         structures.",
    ),
    (
        "storing and loading, every",
        "Storing goes to a file and is held against the peers' memory, where one string of the whole state is copied. \
         Of about 50 µs for a processed commit in a group of three 20 are some forty-five statements, one or two for \
         each of twenty records, 14 the commit of the transaction and its pages, and 15 emptying the log, since what \
         was consumed is gone from the file when the call returns. Loading asks for all records at once; half of what \
         it does is hashing and filling the tree and seeding its index. The rows *in memory* and *from memory* hold \
         Copath's records in memory against the peers: what is left there are the single records, which buy that a \
         large group is never written as a whole. It would take one record for all of a small group, and a log that \
         is emptied later (`Erasure::Deferred`).",
    ),
    (
        "application messages",
        "Beside its primitives a message makes seventeen allocations, the first one of an epoch twenty-seven and up to \
         three records, and moves its ratchet as a value that can be stored before it is applied. It would take \
         buffers that are lent from call to call, and a hash that keeps the state of a key, for both children of a \
         node are derived under one.",
    ),
    (
        "process",
        "About a sixth of it is the allocator: fields of a message, secrets and records are blocks of their own, and \
         those of the epoch that is left are wiped and freed. Decoding and opening the message are 7 %, the records \
         6 %, entering the epoch 5 %, of which half is the index of keys that no cache holds, looking up the path's \
         keys 3 %, the path's pages 2 %. It would take fields that are slices of one message, and one block for all \
         records of a change.",
    ),
    (
        "join",
        "Decoding, hashing and indexing the tree, a tenth of the whole, happen in part on one core; the floor divides \
         all of it by the cores, and a core that somebody else uses counts in full.",
    ),
    (
        "build in one commit",
        "Key packages are decoded and indexed, and the Welcome is encoded, on one core, while the floor divides all \
         of it by the cores.",
    ),
    (
        "create + apply",
        "What is beside the primitives is spread thin, over more than three hundred allocations: the guest's key \
         package decoded, judged and copied into the commit and what it is to be done again from; the commit's record \
         while it is pending, and those of the new epoch; its entry, the pages of the tree, and the epoch that is left \
         wiped and freed; none is above 4 % of the whole. It would take a record of the pending commit that names what \
         it shares with the state, and proposals that are shared. Where there is a path it is encrypted on all cores \
         if there are many keys; for the few of a warm tree waking another core costs what it saves.",
    ),
];

pub(super) fn verdicts(figures: &Figures<'_>) -> Verdicts {
    let table = header("bar", ["measured", "asked", "met"].into_iter().map(String::from));
    let mut verdicts = Verdicts { table, missed: Vec::new() };
    for bar in &BARS {
        at_the_largest(figures, bar, &mut verdicts);
    }
    amounts(figures, &mut verdicts);
    smaller(figures, &mut verdicts);
    let worst = message_floors(figures).into_iter().max_by(|a, b| a.2.total_cmp(&b.2));
    if let Some((name, size, value)) = worst {
        let measured = format!("{}: {name} at {size} members", ratio(value));
        let asked = format!("at most ×{MESSAGE_FLOOR} of the floor");
        verdicts.add("application messages", measured, asked, value <= MESSAGE_FLOOR);
    }
    hostile(figures, &mut verdicts);
    verdicts
}

/// Storing and loading have a line of their own: it is where a file is held against the peers' memory.
fn smaller(figures: &Figures<'_>, verdicts: &mut Verdicts) {
    let misses = small_misses(figures);
    for (what, is_storing) in
        [("every operation but storing and loading", false), ("storing and loading", true)]
    {
        let values =
            misses.iter().filter(|(name, ..)| is_storage(name) == is_storing).map(|(.., value)| *value);
        let measured = match values.clone().max_by(f64::total_cmp) {
            None => "all".to_owned(),
            Some(worst) => format!("{} miss it, the worst with {}", values.clone().count(), ratio(worst)),
        };
        let asked = format!("at most ×{SMALL_RATIO} of the best peer's time");
        verdicts.add(&format!("{what}, every size up to {SMALL}"), measured, asked, values.count() == 0);
    }
}

fn is_storage(name: &str) -> bool {
    operations(name).is_some_and(|operations| operations.iter().all(|operation| operation.is_storage()))
}

/// What misses the bar of the smaller sizes, one a line; empty if nothing does.
pub(super) fn small_misses_listed(figures: &Figures<'_>) -> String {
    let mut text = String::new();
    for (name, place, value) in small_misses(figures) {
        let _ = writeln!(
            text,
            "- {name}, {} members, {} tree: {}",
            place.size,
            place.warmth.name(),
            ratio(value)
        );
    }
    text
}

fn at_the_largest(figures: &Figures<'_>, bar: &Bar, verdicts: &mut Verdicts) {
    let Some(operations) = operations(bar.name) else { return };
    let size = figures.largest();
    let place = Place { size, warmth: bar.warmth, library: OURS };
    let Some(ours) = figures.time(operations, place) else { return };
    if let Some(best) = figures.best_peer_or_estimate(operations, size, bar.warmth) {
        let measured = format!("{:.1} times faster: {} to {}", best.time / ours, time(ours), best.words());
        let asked = format!("{} times", bar.faster);
        verdicts.add(bar.name, measured, asked, best.time / ours >= bar.faster);
    }
    if let Some((growth, most)) = figures.growth(operations, OURS, bar.warmth).zip(bar.growth) {
        let name = format!("{}: growth exponent", bar.name);
        verdicts.add(&name, format!("{growth:.2}"), format!("at most {most}"), growth <= most);
    }
    if let Some((floor, most)) = figures.floor(operations, place).zip(bar.floor) {
        let name = format!("{}: measured / floor", bar.name);
        verdicts.add(&name, ratio(ours / floor), format!("at most ×{most}"), ours / floor <= most);
    }
}

fn amounts(figures: &Figures<'_>, verdicts: &mut Verdicts) {
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
    for (name, amount, most) in amounts {
        let Some(amount) = amount else { continue };
        verdicts.add(name, octets(amount), format!("at most {}", octets(most)), amount <= most);
    }
}

/// What takes longer than it may beside the best peer, in groups of the smaller sizes.
fn small_misses(figures: &Figures<'_>) -> Vec<(&'static str, Place, f64)> {
    let mut misses = Vec::new();
    for (name, operations) in WHOLE {
        for warmth in [Warmth::Warm, Warmth::Cold] {
            for size in figures.plan.sizes.iter().copied().filter(|size| *size <= SMALL) {
                let place = Place { size, warmth, library: OURS };
                let ours = figures.time(operations, place);
                let best = figures.best_peer(operations, size, warmth);
                let slower = ours.zip(best).map(|(ours, (_, best))| ours / best);
                misses.extend(
                    slower.filter(|slower| *slower > SMALL_RATIO).map(|slower| (name, place, slower)),
                );
            }
        }
    }
    misses
}

const MESSAGES: [Operation; 8] = [
    Operation::EncryptFirst,
    Operation::Encrypt32,
    Operation::Encrypt1K,
    Operation::Encrypt64K,
    Operation::DecryptFirst,
    Operation::Decrypt32,
    Operation::Decrypt1K,
    Operation::Decrypt64K,
];

/// Measured / floor of each application message at each size.
fn message_floors(figures: &Figures<'_>) -> Vec<(&'static str, u32, f64)> {
    let mut floors = Vec::new();
    for operation in MESSAGES {
        for size in &figures.plan.sizes {
            let place = Place { size: *size, warmth: Warmth::Warm, library: OURS };
            let pair = figures.time(&[operation], place).zip(figures.floor(&[operation], place));
            floors.extend(pair.map(|(ours, floor)| (operation.name(), *size, ours / floor)));
        }
    }
    floors
}

fn hostile(figures: &Figures<'_>, verdicts: &mut Verdicts) {
    /// Two medians of the same work differ by this much.
    const NOISE: f64 = 0.1;
    let worst = figures.hostile.iter().max_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    if let Some(worst) = worst {
        let measured = format!("{}: {}", ratio(worst.ratio()), worst.kind);
        let asked = format!("at most ×1 of a valid one (and {NOISE} for noise)");
        let name = "invalid input of the hostile kinds";
        verdicts.add(name, measured, asked, worst.ratio() <= 1.0 + NOISE);
    }
}

fn operations(name: &str) -> Option<&'static [Operation]> {
    WHOLE.iter().find(|(found, _)| *found == name).map(|(_, operations)| *operations)
}
