//! What is measured, and how often.

use std::time::Duration;

use crate::error::{BenchError, Outcome};
use crate::forge::Warmth;
use crate::member::Library;
use crate::operation::{Operation, Place};
use crate::recorder::Recorder;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Numbers of members.
    pub sizes: Vec<u32>,
    /// Libraries.
    pub libraries: Vec<Library>,
    /// Seconds that one operation may take, by what it took in smaller groups; what would take longer is left out.
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
    /// Rounds of everything but persistence.
    pub(crate) fn rounds(&self, size: u32, warmth: Warmth) -> usize {
        match (self.rounds, size, warmth) {
            (Rounds::One, ..) => 1,
            (Rounds::Few, ..) => 3,
            (Rounds::Usual, 0..=100, _) => 20,
            (Rounds::Usual, 101..=1_000, _) => 8,
            (Rounds::Usual, 1_001..=10_000, _) => 5,
            (Rounds::Usual, _, Warmth::Warm) => 5,
            (Rounds::Usual, _, Warmth::Cold) => 3,
        }
    }

    /// Rounds of persistence, and of loading.
    pub(crate) fn later_rounds(&self, size: u32) -> usize {
        match (self.rounds, size) {
            (Rounds::One, _) => 1,
            (Rounds::Few, _) => 3,
            (Rounds::Usual, 0..=1_000) => 6,
            (Rounds::Usual, 1_001..=10_000) => 5,
            (Rounds::Usual, _) => 3,
        }
    }

    /// Clients of each library that join; in a group of two one after the other. As many where primitives are counted:
    /// those who have joined are unmerged leaves, to each of which a path is encrypted.
    pub(crate) fn joins(size: u32) -> usize {
        match size {
            2 => 20,
            // The partner and a forged member are there too.
            10..=1_000 => 8.min(size as usize - 2),
            1_001.. => 3,
            _ => 1,
        }
    }

    /// Times that a group is built.
    pub(crate) fn builds(&self, size: u32) -> usize {
        match (self.rounds, size) {
            (Rounds::Usual, 0..=100) => 15,
            (Rounds::Usual, 101..=1_000) => 7,
            (Rounds::Usual, _) => 3,
            _ => 1,
        }
    }

    /// What parents are filled with. Where allocations are counted, one tree of a large group is enough.
    pub(crate) fn warmths(&self, size: u32) -> Vec<Warmth> {
        match (self.rounds, size) {
            (Rounds::One, 1_001..) => vec![Warmth::Warm],
            _ => vec![Warmth::Warm, Warmth::Cold],
        }
    }

    pub(crate) fn is_largest(&self, size: u32) -> bool {
        self.sizes.iter().all(|other| *other <= size)
    }

    /// Beyond 10,000 members a peer plays on one backend: that on which joining was faster at the size below.
    pub(crate) fn libraries_at(&self, size: u32, recorder: &Recorder) -> Vec<Library> {
        let below = self.sizes.iter().copied().filter(|other| *other < size).max();
        let join = |library| {
            let place = Place { size: below?, warmth: Warmth::Warm, library };
            recorder.median(Operation::Join, place)
        };
        let is_slower = |library: Library| {
            let sibling = library.sibling().filter(|sibling| self.libraries.contains(sibling));
            size > 10_000 && sibling.and_then(join).zip(join(library)).is_some_and(|(other, own)| own > other)
        };
        self.libraries.iter().copied().filter(|library| !is_slower(*library)).collect()
    }
}

/// Seconds that an operation will take, by how it grew between the two sizes below; `None` if there is no telling.
pub fn expected(operation: Operation, place: Place, sizes: &[u32], recorder: &Recorder) -> Option<f64> {
    let mut below: Vec<(f64, f64)> = sizes
        .iter()
        .filter(|size| **size < place.size)
        .filter_map(|size| {
            let time = recorder.median(operation, Place { size: *size, ..place })?;
            Some((f64::from(*size), time / 1e9))
        })
        .collect();
    below.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (size, time) = below.pop()?;
    let exponent = below.last().map_or(1.0, |(smaller, less)| (time / less).ln() / (size / smaller).ln());
    Some(time * (f64::from(place.size) / size).powf(exponent.clamp(0.5, 2.2)))
}

/// # Errors
/// The operation is expected to take longer than `patience` seconds.
pub(crate) fn beyond_patience(
    operation: Operation,
    place: Place,
    sizes: &[u32],
    recorder: &Recorder,
    patience: f64,
) -> Outcome<()> {
    match expected(operation, place, sizes, recorder) {
        Some(seconds) if seconds > patience => Err(BenchError::from((operation, place, seconds))),
        _ => Ok(()),
    }
}

impl From<(Operation, Place, f64)> for BenchError {
    fn from((operation, place, seconds): (Operation, Place, f64)) -> Self {
        Self::TooLong {
            library: place.library.name(),
            operation: operation.name(),
            size: place.size,
            warmth: place.warmth.name(),
            seconds: Duration::try_from_secs_f64(seconds.round()).map_or(u64::MAX, |took| took.as_secs()),
        }
    }
}
