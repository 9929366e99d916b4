//! Figures as they are taken.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use copath_crypto::{Counting, Counts};
use serde::{Deserialize, Serialize};

use crate::clock::time;
use crate::error::{BenchError, Outcome};
use crate::operation::{Operation, Place, Quantity};

/// What the allocator was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocated {
    /// Calls that allocate or enlarge.
    pub calls: u64,
    /// Octets allocated.
    pub octets: u64,
    /// Octets given back.
    pub freed: u64,
}

/// Looks at a counting allocator.
pub type Allocator = fn() -> Allocated;

/// Takes all figures of a run. What is counted besides time depends on what it was given.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The backend of the library at hand, if it counts.
    pub counting: Option<Arc<Counting>>,
    allocator: Option<Allocator>,
    times: BTreeMap<(Operation, Place), Vec<Duration>>,
    octets: BTreeMap<(Quantity, Place), Vec<u64>>,
    counts: BTreeMap<(Operation, Place), Counts>,
    allocated: BTreeMap<(Operation, Place), Allocated>,
    failures: Vec<String>,
}

impl Recorder {
    /// One that looks at an allocator too.
    pub fn with_allocator(allocator: Allocator) -> Self {
        Self { allocator: Some(allocator), ..Self::default() }
    }

    /// Whether primitives are counted; times mean little then.
    pub fn counts_primitives(&self) -> bool {
        self.allocator.is_some()
    }

    /// Measures `step`, if it succeeds.
    ///
    /// # Errors
    /// Those of `step`.
    pub fn measure<T>(
        &mut self,
        operation: Operation,
        place: Place,
        step: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<T> {
        let counted = self.counting.as_ref().map(|counting| counting.counts());
        let allocated = self.allocator.map(|allocator| allocator());
        let (value, took) = time(step);
        let value = value?;
        if let (Some(before), Some(allocator)) = (allocated, self.allocator) {
            let after = allocator();
            let difference = Allocated {
                calls: after.calls - before.calls,
                octets: after.octets - before.octets,
                freed: after.freed - before.freed,
            };
            self.allocated.insert((operation, place), difference);
        }
        if let (Some(before), Some(counting)) = (counted, &self.counting) {
            self.counts.insert((operation, place), counting.counts() - before);
        }
        self.times.entry((operation, place)).or_default().push(took);
        Ok(value)
    }

    /// Takes a number of octets.
    pub fn octets(&mut self, quantity: Quantity, place: Place, octets: u64) {
        self.octets.entry((quantity, place)).or_default().push(octets);
    }

    /// Notes that something could not be measured, once.
    pub fn failed(&mut self, error: &BenchError) {
        let words = error.to_string();
        if !self.failures.contains(&words) {
            self.failures.push(words);
        }
    }

    /// What could not be measured.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// The median time in nanoseconds, if there is one.
    pub fn median(&self, operation: Operation, place: Place) -> Option<f64> {
        let mut times = self.times.get(&(operation, place))?.clone();
        times.sort_unstable();
        Some(times.get(times.len() / 2)?.as_secs_f64() * 1e9)
    }

    /// The median number of octets, if there is one.
    pub fn median_octets(&self, quantity: Quantity, place: Place) -> Option<u64> {
        let mut octets = self.octets.get(&(quantity, place))?.clone();
        octets.sort_unstable();
        octets.get(octets.len() / 2).copied()
    }

    /// The last count of primitives.
    pub fn counts(&self, operation: Operation, place: Place) -> Option<Counts> {
        self.counts.get(&(operation, place)).copied()
    }

    /// The last count of allocations.
    pub fn allocated(&self, operation: Operation, place: Place) -> Option<Allocated> {
        self.allocated.get(&(operation, place)).copied()
    }
}
