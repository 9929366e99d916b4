//! Times and counts of one run, together, and what follows from them.

use copath_crypto::Counts;

use super::tables::time;
use crate::forge::Warmth;
use crate::hostile::HostileFigure;
use crate::member::Library;
use crate::memory::{Counted, CountedOperation};
use crate::operation::{Operation, Place};
use crate::plan::{Plan, expected};
use crate::recorder::Recorder;

/// Everything that a report is made from.
#[derive(Debug)]
pub struct Figures<'a> {
    /// What was to be measured.
    pub plan: &'a Plan,
    /// Times and sizes.
    pub recorder: &'a Recorder,
    /// Primitives, allocations, heap.
    pub counted: &'a Counted,
    /// Invalid input beside valid input.
    pub hostile: &'a [HostileFigure],
    /// Cores of the machine.
    pub cores: usize,
}

/// A peer's time.
pub(super) struct BestPeer {
    pub(super) library: Library,
    /// In nanoseconds.
    pub(super) time: f64,
    /// Whether it follows from smaller sizes.
    pub(super) estimated: bool,
}

impl BestPeer {
    pub(super) fn words(&self) -> String {
        let how = if self.estimated { ", estimated from smaller groups" } else { "" };
        format!("{} ({}{how})", time(self.time), self.library)
    }
}

/// The library whose figures stand for Copath.
pub(super) const OURS: Library = Library::CopathAwsLc;

/// Kinds of primitives, and what the names of their prices contain.
pub(super) const KINDS: [(&str, &[&str]); 5] = [
    ("signatures", &["sign", "verif"]),
    ("key agreement", &["KEM"]),
    ("hashing", &["hash", "HMAC"]),
    ("encryption", &["AEAD", "sealed"]),
    ("randomness", &["random"]),
];

/// The smaller of the sizes between which growth is told.
const GROWTH_FROM: u32 = 1_000;

impl Figures<'_> {
    /// The largest size.
    pub fn largest(&self) -> u32 {
        self.plan.sizes.iter().copied().max().unwrap_or(2)
    }

    /// Nanoseconds of some operations together, if all were measured.
    pub fn time(&self, operations: &[Operation], place: Place) -> Option<f64> {
        operations.iter().map(|operation| self.recorder.median(*operation, place)).sum()
    }

    /// The fastest of the peers.
    pub fn best_peer(&self, operations: &[Operation], size: u32, warmth: Warmth) -> Option<(Library, f64)> {
        let peers = self.plan.libraries.iter().filter(|library| !library.is_ours());
        peers
            .filter_map(|library| {
                Some((*library, self.time(operations, Place { size, warmth, library: *library })?))
            })
            .min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The fastest of the peers, by what it took in smaller groups where it would have taken too long.
    pub(super) fn best_peer_or_estimate(
        &self,
        operations: &[Operation],
        size: u32,
        warmth: Warmth,
    ) -> Option<BestPeer> {
        if let Some((library, time)) = self.best_peer(operations, size, warmth) {
            return Some(BestPeer { library, time, estimated: false });
        }
        let estimate = |library: &Library| {
            let place = Place { size, warmth, library: *library };
            let seconds = operations
                .iter()
                .map(|operation| expected(*operation, place, &self.plan.sizes, self.recorder));
            let time = seconds.sum::<Option<f64>>()? * 1e9;
            Some(BestPeer { library: *library, time, estimated: true })
        };
        let peers = self.plan.libraries.iter().filter(|library| !library.is_ours());
        peers.filter_map(estimate).min_by(|a, b| a.time.total_cmp(&b.time))
    }

    /// How time grows with the size, as an exponent, from a thousand members to the largest size.
    pub fn growth(&self, operations: &[Operation], library: Library, warmth: Warmth) -> Option<f64> {
        let largest = self.largest();
        let from = self.plan.sizes.iter().copied().find(|size| *size >= GROWTH_FROM && *size < largest)?;
        let time = |size| self.time(operations, Place { size, warmth, library });
        Some((time(largest)? / time(from)?).ln() / (f64::from(largest) / f64::from(from)).ln())
    }

    /// What was counted of an operation.
    pub fn counted(&self, operation: Operation, place: Place) -> Option<&CountedOperation> {
        self.counted
            .operations
            .iter()
            .find(|counted| counted.operation == operation && counted.place == place)
    }

    /// Nanoseconds of the primitives of some operations, on as many cores as they use.
    pub fn floor(&self, operations: &[Operation], place: Place) -> Option<f64> {
        let prices = self.recorder.prices(place.library)?;
        operations
            .iter()
            .map(|operation| {
                let counts = Counts::from(self.counted(*operation, place)?.primitives?);
                Some(prices.floor(&counts) / self.cores_of(*operation, place.size))
            })
            .sum()
    }

    /// What the floor of some operations consists of: each kind of primitive, in the order of [`KINDS`].
    pub(super) fn floor_by_kind(&self, operations: &[Operation], place: Place) -> Option<[f64; KINDS.len()]> {
        let prices = self.recorder.prices(place.library)?;
        let mut kinds = [0.0; KINDS.len()];
        for operation in operations {
            let counts = Counts::from(self.counted(*operation, place)?.primitives?);
            let cores = self.cores_of(*operation, place.size);
            for (name, part) in prices.parts(&counts) {
                for (kind, (_, members)) in kinds.iter_mut().zip(KINDS) {
                    if members.iter().any(|member| name.contains(member)) {
                        *kind += part / cores;
                    }
                }
            }
        }
        Some(kinds)
    }

    /// Joining and building a large group use all cores.
    fn cores_of(&self, operation: Operation, size: u32) -> f64 {
        const PARALLEL_FROM: u32 = 1_000;
        let parallel =
            [Operation::Join, Operation::BuildInside, Operation::BuildOutside].contains(&operation);
        if parallel && size >= PARALLEL_FROM { self.cores as f64 } else { 1.0 }
    }
}
