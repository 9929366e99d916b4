//! What is counted instead of timed: primitives, allocations, the heap that a group holds.
//!
//! A process of its own, since a counting allocator slows down all that it counts.

use copath_codec::DecodeContext;
use copath_crypto::Counts;
use copath_ratchet_tree::{RatchetTree, TreeLimits};
use serde::{Deserialize, Serialize};

use crate::error::{Blame, Outcome};
use crate::forge::{Forge, Warmth};
use crate::hostile::{HostileFigure, hostile};
use crate::member::Library;
use crate::operation::{Operation, Place};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::recorder::{Allocated, Allocator, Recorder};
use crate::run::run;

/// Everything that was counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Counted {
    /// Primitives and allocations of each operation.
    pub operations: Vec<CountedOperation>,
    /// Heap held by groups.
    pub heap: Vec<Heap>,
    /// What hostile input makes us allocate.
    pub hostile: Vec<HostileFigure>,
    /// What could not be counted.
    pub failures: Vec<String>,
}

/// What one operation asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct CountedOperation {
    /// Which.
    pub operation: Operation,
    /// Where.
    pub place: Place,
    /// Calls of primitives, where the library is ours.
    pub primitives: Option<Primitives>,
    /// Of the allocator.
    pub allocated: Allocated,
}

/// [`Counts`] as a file has them.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of Counts")]
pub struct Primitives {
    pub hash: u64,
    pub hashed_octets: u64,
    pub hmac: u64,
    pub seal: u64,
    pub sealed_octets: u64,
    pub open: u64,
    pub opened_octets: u64,
    pub derive_key_pair: u64,
    pub generate_key_pair: u64,
    pub kem_public_key: u64,
    pub encap: u64,
    pub decap: u64,
    pub signature_key: u64,
    pub sign: u64,
    pub signed_octets: u64,
    pub verify: u64,
    pub verified_octets: u64,
    pub random: u64,
}

/// The heap that a group of one size holds in memory.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Heap {
    /// Where.
    pub place: Place,
    /// When.
    pub when: When,
    /// Octets a member.
    pub octets_a_member: f64,
}

/// When a heap is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// After joining, and a round of commits.
    Fresh,
    /// The tree alone, as it was decoded.
    Tree,
    /// The tree alone, after 10,000 paths of members all over it.
    TreeAfterCommits,
}

/// Counts everything of the plan.
///
/// # Errors
/// The groups can't be forged.
pub fn count(plan: &Plan, allocator: Allocator) -> Outcome<Counted> {
    let mut recorder = Recorder::with_allocator(allocator);
    run(plan, &mut recorder, &Progress::default(), |_| Ok(()))?;
    let mut counted = Counted::default();
    for size in &plan.sizes {
        for warmth in [Warmth::Warm, Warmth::Cold] {
            for library in &plan.libraries {
                let place = Place { size: *size, warmth, library: *library };
                counted.operations.extend(operations(&recorder, place));
            }
        }
    }
    counted.hostile = hostile(Some(allocator), |error| recorder.failed(error));
    counted.heap.append(&mut recorder.heap);
    counted.failures = recorder.failures().to_vec();
    Ok(counted)
}

fn operations(recorder: &Recorder, place: Place) -> impl Iterator<Item = CountedOperation> {
    Operation::ALL.into_iter().filter_map(move |operation| {
        let allocated = recorder.allocated(operation, place)?;
        let primitives = recorder.counts(operation, place).map(Primitives::from);
        Some(CountedOperation { operation, place, primitives, allocated })
    })
}

/// Paths that members all over the tree commit.
const PATHS: u32 = 10_000;

/// What our tree holds, fresh and after many commits; it is that of a group of about `size` members.
pub(crate) fn heap_of_tree(forge: Forge, size: u32, allocator: Allocator) -> Outcome<Vec<Heap>> {
    const BLAME: Blame = Blame { library: "copath" };
    let mut forge = forge.into_tree();
    let members = forge.tree.member_count();
    let octets = forge.tree.encode().map_err(BLAME.on("encode"))?;
    let held = |tree: RatchetTree| {
        let before = allocator();
        drop(tree);
        (allocator().freed - before.freed) as f64 / f64::from(members)
    };
    let place = Place { size, warmth: Warmth::Warm, library: Library::CopathAwsLc };
    let decode = || {
        RatchetTree::decode(&forge.suite, &octets, DecodeContext::rfc9420(), &TreeLimits::default())
            .map_err(BLAME.on("decode"))
    };
    let fresh = Heap { place, when: When::Tree, octets_a_member: held(decode()?) };
    forge.tree = decode()?;
    for step in 0..PATHS {
        // A stride that is prime to every size visits leaves all over the tree.
        forge.path(step.wrapping_mul(7_919) % members, &[], |_| ());
    }
    let after = held(forge.tree);
    Ok(vec![fresh, Heap { place, when: When::TreeAfterCommits, octets_a_member: after }])
}

macro_rules! convert {
    ($($field:ident),* $(,)?) => {
        impl From<Counts> for Primitives {
            fn from(counts: Counts) -> Self {
                Self { $($field: counts.$field),* }
            }
        }

        impl From<Primitives> for Counts {
            fn from(primitives: Primitives) -> Self {
                let mut counts = Counts::default();
                $(counts.$field = primitives.$field;)*
                counts
            }
        }
    };
}

convert!(
    hash,
    hashed_octets,
    hmac,
    seal,
    sealed_octets,
    open,
    opened_octets,
    derive_key_pair,
    generate_key_pair,
    kem_public_key,
    encap,
    decap,
    signature_key,
    sign,
    signed_octets,
    verify,
    verified_octets,
    random,
);
