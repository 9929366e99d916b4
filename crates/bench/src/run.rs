//! One run: every library at every size, interleaved.

use std::sync::Arc;

use copath_crypto::{Counting, CryptoProvider};

use crate::arena::Arena;
use crate::build::{build, key_packages};
use crate::error::Outcome;
use crate::floor::Prices;
use crate::forge::{Forge, Warmth};
use crate::libraries::{CopathMember, new_member, provider};
use crate::lobby::Lobby;
use crate::member::{Library, Member, Octets, Tree};
use crate::memory::heap_of_tree;
use crate::operation::{Operation, Place};
use crate::plan::{Plan, Rounds, beyond_patience};
use crate::progress::Progress;
use crate::recorder::Recorder;
use crate::store::OwnStore;

/// Runs the plan; `keep` is called after each size.
///
/// # Errors
/// The measured groups can't be forged. What a library refuses is noted and left out.
pub fn run(
    plan: &Plan,
    recorder: &mut Recorder,
    bar: &Progress,
    mut keep: impl FnMut(&Recorder) -> Outcome<()>,
) -> Outcome<()> {
    let missing = plan.sizes.iter().copied().filter(|size| !recorder.done.contains(size));
    let missing: Vec<u32> = missing.collect();
    let Some(most) = missing.iter().copied().max() else { return Ok(()) };
    bar.start(most.into(), "key packages");
    let invited = key_packages(most - 1, |done| bar.at(done.into()))?;
    for size in missing {
        price(plan, recorder)?;
        for warmth in plan.warmths(size) {
            play(plan, size, warmth, recorder, bar)?;
        }
        build_all(plan, size, &invited, recorder, bar);
        price(plan, recorder)?;
        recorder.done.insert(size);
        keep(recorder)?;
    }
    Ok(())
}

/// Prices primitives, where times are measured.
fn price(plan: &Plan, recorder: &mut Recorder) -> Outcome<()> {
    if recorder.allocator().is_none() {
        for library in plan.libraries.iter().filter(|library| library.is_ours()) {
            recorder.price(*library, Prices::of(&provider(*library))?);
        }
    }
    Ok(())
}

/// Before the group and in it, with the backend that counts, if one does.
type Waiting = (Lobby, Option<Arc<Counting>>);
type Playing = (Arena, Option<Arc<Counting>>);

/// All libraries join groups of that size, and play their rounds in turns.
fn play(plan: &Plan, size: u32, warmth: Warmth, recorder: &mut Recorder, bar: &Progress) -> Outcome<()> {
    let joins = Plan::joins(size);
    let what = format!("{size} members, {}", warmth.name());
    let forge = match u32::try_from(joins + 1).map_or(0, |clients| size.saturating_sub(clients)) {
        0 => None,
        forged => {
            bar.start((u64::from(forged) * 2).max(1), &format!("{what}: forging"));
            Some(Forge::new(forged, warmth, |_| bar.step())?)
        }
    };
    let libraries = plan.libraries_at(size, recorder);
    let (rounds, later) = (plan.rounds(size, warmth), plan.later_rounds(size));
    bar.start((libraries.len() * (joins + rounds + 2 * later)) as u64, &what);
    let invited: Vec<Waiting> = libraries
        .into_iter()
        .filter_map(|library| {
            let place = Place { size, warmth, library };
            noted(invite(plan, place, forge.as_ref(), recorder), recorder)
        })
        .collect();
    let mut arenas = join(joins, invited, recorder, bar);
    for round in 0..rounds + 2 * later {
        arenas.retain_mut(|(arena, counting)| {
            recorder.counting.clone_from(counting);
            bar.step();
            let step = if round < rounds {
                Arena::round
            } else if round < rounds + later {
                Arena::persistence
            } else {
                Arena::load
            };
            let times = plan.repeated(arena.place);
            let played = (0..times).try_for_each(|_| step(arena, recorder));
            played.inspect_err(|error| recorder.failed(error)).is_ok()
        });
    }
    recorder.counting = None;
    weigh(plan, arenas, forge, recorder)
}

/// Clients of one library are invited.
fn invite(plan: &Plan, place: Place, forge: Option<&Forge>, recorder: &mut Recorder) -> Outcome<Waiting> {
    let patience = match place.warmth {
        Warmth::Warm => plan.patience,
        // What matters most is measured on warm trees.
        Warmth::Cold => plan.patience / 4.0,
    };
    beyond_patience(Operation::Join, place, &plan.sizes, recorder, patience)?;
    let counting = counting_of(place.library, recorder);
    let mut make = |name: &str| client(place.library, counting.as_ref(), name);
    let joins = Plan::joins(place.size);
    let lobby = match forge {
        Some(forge) => Lobby::of_forged(place, forge, joins, &mut make)?,
        None => Lobby::of_pairs(place, joins, &mut make)?,
    };
    Ok((lobby, counting))
}

/// The clients of all libraries join in turns.
fn join(joins: usize, mut lobbies: Vec<Waiting>, recorder: &mut Recorder, bar: &Progress) -> Vec<Playing> {
    for _ in 0..joins {
        lobbies.retain_mut(|(lobby, counting)| {
            recorder.counting.clone_from(counting);
            bar.step();
            noted(lobby.join_next(recorder), recorder).is_some()
        });
    }
    let open = |(lobby, counting): Waiting| Some((noted(lobby.open(), recorder)?, counting));
    lobbies.into_iter().filter_map(open).collect()
}

/// What it gives, or nothing and a note of why it failed.
fn noted<T>(outcome: Outcome<T>, recorder: &mut Recorder) -> Option<T> {
    outcome.inspect_err(|error| recorder.failed(error)).ok()
}

/// What the groups hold, where an allocator counts.
fn weigh(plan: &Plan, arenas: Vec<Playing>, forge: Option<Forge>, recorder: &mut Recorder) -> Outcome<()> {
    let Some(allocator) = recorder.allocator() else { return Ok(()) };
    let (mut size, mut warmth) = (0, Warmth::Cold);
    for (arena, _) in arenas {
        (size, warmth) = (arena.place.size, arena.place.warmth);
        match arena.heap(allocator) {
            Ok(heap) => recorder.heap.push(heap),
            Err(error) => recorder.failed(&error),
        }
    }
    if let Some(forge) = forge.filter(|_| warmth == Warmth::Warm && plan.is_largest(size)) {
        recorder.heap.extend(heap_of_tree(forge, size, allocator)?);
    }
    Ok(())
}

/// The counting backend for a library of ours, in a run that counts.
fn counting_of(library: Library, recorder: &mut Recorder) -> Option<Arc<Counting>> {
    let counts = recorder.allocator().is_some() && library.is_ours();
    let counting = counts.then(|| Arc::new(Counting::new(provider(library))));
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
    let times = plan.builds(size);
    let libraries = plan.libraries_at(size, recorder);
    bar.start((libraries.len() * 2 * times) as u64, &format!("{size} members, building"));
    for time in 0..times {
        for library in &libraries {
            let place = Place { size, warmth: Warmth::Cold, library: *library };
            for tree in [Tree::Outside, Tree::Inside] {
                bar.step();
                let built = build_one(plan, place, (tree, time), invited, recorder);
                if let Err(error) = built {
                    recorder.failed(&error);
                }
            }
        }
    }
    recorder.counting = None;
}

/// A peer's builds that took longer aren't repeated.
const LONG: f64 = 2e9;

fn build_one(
    plan: &Plan,
    place: Place,
    (tree, time): (Tree, usize),
    invited: &[Octets],
    recorder: &mut Recorder,
) -> Outcome<()> {
    let operation = match tree {
        Tree::Outside => Operation::BuildOutside,
        Tree::Inside => Operation::BuildInside,
    };
    // Beyond the sizes up to 10,000 the one figure counts more.
    let patience = if place.size > 10_000 { plan.patience } else { plan.patience / 3.0 };
    beyond_patience(operation, place, &plan.sizes, recorder, patience)?;
    if time > 0
        && recorder.median(operation, place).is_none_or(|took| took > LONG && !place.library.is_ours())
    {
        return Ok(());
    }
    let counting = counting_of(place.library, recorder);
    let mut member = client(place.library, counting.as_ref(), "builder")?;
    build(place, &mut *member, invited, tree, recorder)
}

impl Plan {
    /// How often a step is repeated in one turn: the first finds the caches as the library before left them. In large
    /// groups a peer's turn is long enough as it is.
    fn repeated(&self, place: Place) -> usize {
        match (self.rounds, place.size) {
            (Rounds::Usual, 0..=1_000) => 4,
            (Rounds::Usual, _) if place.library.is_ours() => 8,
            _ => 1,
        }
    }
}
