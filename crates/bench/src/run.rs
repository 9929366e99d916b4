//! One run: every library at every size, interleaved.

use std::sync::Arc;

use copath_crypto::{Counting, CryptoProvider};
use indicatif::{ProgressBar, ProgressStyle};

use crate::arena::Arena;
use crate::build::{build, key_packages};
use crate::error::Outcome;
use crate::forge::{Forge, Warmth};
use crate::libraries::{CopathMember, new_member, provider};
use crate::member::{Library, Member, Octets, Tree};
use crate::operation::{Operation, Place};
use crate::recorder::Recorder;
use crate::store::OwnStore;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Numbers of members.
    pub sizes: Vec<u32>,
    /// Libraries.
    pub libraries: Vec<Library>,
    /// A group is built in one commit where that takes no longer than this many seconds, by what smaller ones took.
    pub patience: f64,
    /// How much of the usual number of rounds is played.
    pub rounds: Rounds,
}

/// How many rounds are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// As many as medians need.
    Usual,
    /// One of each, where what counts isn't time.
    One,
    /// A few, to see that everything works.
    Few,
}

impl Plan {
    fn rounds(&self, size: u32) -> usize {
        let usual = match size {
            0..=100 => 60,
            101..=1_000 => 30,
            1_001..=10_000 => 11,
            _ => 7,
        };
        match self.rounds {
            Rounds::Usual => usual,
            Rounds::Few => 3,
            Rounds::One => 1,
        }
    }

    fn joins(&self, size: u32) -> usize {
        match (self.rounds, size) {
            (Rounds::One, _) => 1,
            (_, 0..=1_000) => 5.min(size as usize - 1),
            _ => 3,
        }
    }
}

/// Runs the plan.
///
/// # Errors
/// The measured groups can't be forged. What a library refuses is noted and left out.
pub fn run(plan: &Plan, recorder: &mut Recorder, bar: &Progress) -> Outcome<()> {
    let most = plan.sizes.iter().copied().max().unwrap_or(2);
    bar.start(most.into(), "key packages");
    let invited = key_packages(most - 1, |done| bar.at(done.into()))?;
    for size in &plan.sizes {
        for warmth in [Warmth::Warm, Warmth::Cold] {
            play(plan, *size, warmth, recorder, bar)?;
        }
        build_all(plan, *size, &invited, recorder, bar);
    }
    Ok(())
}

/// Rounds of persistence, at most: they wait for the disk.
const MOST_PERSISTENCE: usize = 15;

/// All libraries join groups of that size, and play their rounds in turns.
fn play(plan: &Plan, size: u32, warmth: Warmth, recorder: &mut Recorder, bar: &Progress) -> Outcome<()> {
    let joins = plan.joins(size);
    let what = format!("{size} members, {}", warmth.name());
    let forge = match u32::try_from(joins + 1).map_or(0, |clients| size.saturating_sub(clients)) {
        0 => None,
        forged => {
            bar.start((u64::from(forged) * 2).max(1), &format!("{what}: forging"));
            Some(Forge::new(forged, warmth, |_| bar.step())?)
        }
    };
    let rounds = plan.rounds(size);
    bar.start((plan.libraries.len() * (rounds + 1 + rounds.min(MOST_PERSISTENCE))) as u64, &what);
    let mut arenas = Vec::new();
    for library in &plan.libraries {
        let place = Place { size, warmth, library: *library };
        let counting = counting_of(*library, recorder);
        let mut make = |name: &str| client(*library, counting.as_ref(), name);
        let arena = match &forge {
            Some(forge) => Arena::join(place, forge, joins, recorder, &mut make),
            None => Arena::pair(place, joins, recorder, &mut make),
        };
        bar.step();
        match arena {
            Ok(arena) => arenas.push((arena, counting)),
            Err(error) => recorder.failed(&error),
        }
    }
    let persistence = rounds.min(MOST_PERSISTENCE);
    for round in 0..rounds + persistence {
        arenas.retain_mut(|(arena, counting)| {
            recorder.counting.clone_from(counting);
            bar.step();
            let played = if round < rounds { arena.round(recorder) } else { arena.persistence(recorder) };
            played.inspect_err(|error| recorder.failed(error)).is_ok()
        });
    }
    recorder.counting = None;
    Ok(())
}

/// The counting backend for a library of ours, in a run that counts.
fn counting_of(library: Library, recorder: &mut Recorder) -> Option<Arc<Counting>> {
    let counting = (recorder.counts_primitives() && library.is_ours())
        .then(|| Arc::new(Counting::new(provider(library))));
    recorder.counting.clone_from(&counting);
    counting
}

fn client(library: Library, counting: Option<&Arc<Counting>>, name: &str) -> Outcome<Box<dyn Member>> {
    let Some(counting) = counting else { return new_member(library, name) };
    let provider: Arc<dyn CryptoProvider> = Arc::clone(counting) as _;
    Ok(Box::new(CopathMember::new(library, &provider, name, Some(OwnStore::new()?))?))
}

/// All libraries build the group in one commit, where they are expected to be done in time.
fn build_all(plan: &Plan, size: u32, invited: &[Octets], recorder: &mut Recorder, bar: &Progress) {
    let Some(invited) = invited.get(..size as usize - 1) else { return };
    let times = if plan.rounds == Rounds::Usual && size <= 10_000 { 3 } else { 1 };
    bar.start((plan.libraries.len() * 2 * times) as u64, &format!("{size} members, building"));
    for _ in 0..times {
        for library in &plan.libraries {
            for (tree, operation) in
                [(Tree::Outside, Operation::BuildOutside), (Tree::Inside, Operation::BuildInside)]
            {
                bar.step();
                let place = Place { size, warmth: Warmth::Cold, library: *library };
                if expected(operation, place, &plan.sizes, recorder) > plan.patience {
                    continue;
                }
                let counting = counting_of(*library, recorder);
                let built = client(*library, counting.as_ref(), "builder")
                    .and_then(|mut member| build(place, &mut *member, invited, tree, recorder));
                if let Err(error) = built {
                    recorder.failed(&error);
                }
            }
        }
    }
    recorder.counting = None;
}

/// Seconds that an operation will take, by how it grew between the two sizes below; 0 if there is no telling.
pub fn expected(operation: Operation, place: Place, sizes: &[u32], recorder: &Recorder) -> f64 {
    let mut below: Vec<(f64, f64)> = sizes
        .iter()
        .filter(|size| **size < place.size)
        .filter_map(|size| {
            let time = recorder.median(operation, Place { size: *size, ..place })?;
            Some((f64::from(*size), time / 1e9))
        })
        .collect();
    below.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some((size, time)) = below.pop() else { return 0.0 };
    let exponent = below.last().map_or(1.0, |(smaller, less)| (time / less).ln() / (size / smaller).ln());
    time * (f64::from(place.size) / size).powf(exponent.clamp(0.5, 2.2))
}

/// How far a run is.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Default for Progress {
    fn default() -> Self {
        let bar = ProgressBar::new(1);
        let style = ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }
}

impl Progress {
    /// Nothing is shown.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    fn start(&self, length: u64, what: &str) {
        self.bar.set_length(length);
        self.bar.set_position(0);
        self.bar.set_message(what.to_owned());
    }

    fn at(&self, position: u64) {
        self.bar.set_position(position);
    }

    fn step(&self) {
        self.bar.inc(1);
    }
}
