//! Figures as they are taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use copath_crypto::{Counting, Counts};
use serde::{Deserialize, Serialize};

use crate::clock::time;
use crate::error::{BenchError, Outcome};
use crate::floor::Prices;
use crate::member::Library;
use crate::memory::Heap;
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
    /// Sizes that have been measured to the end.
    pub done: BTreeSet<u32>,
    /// What a group holds, where an allocator counts.
    pub heap: Vec<Heap>,
    allocator: Option<Allocator>,
    times: BTreeMap<(Operation, Place), Vec<Duration>>,
    octets: BTreeMap<(Quantity, Place), Vec<u64>>,
    counts: BTreeMap<(Operation, Place), Counts>,
    allocated: BTreeMap<(Operation, Place), Allocated>,
    prices: Vec<(Library, Prices)>,
    failures: Vec<String>,
}

/// The times of a run as a file has them, so that one that was broken off can go on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Saved {
    done: BTreeSet<u32>,
    times: Vec<((Operation, Place), Vec<Duration>)>,
    octets: Vec<((Quantity, Place), Vec<u64>)>,
    prices: Vec<(Library, Prices)>,
    failures: Vec<String>,
}

impl Recorder {
    /// One that looks at an allocator too.
    pub fn with_allocator(allocator: Allocator) -> Self {
        Self { allocator: Some(allocator), ..Self::default() }
    }

    /// One that goes on where another one stopped.
    pub fn resumed(saved: Saved) -> Self {
        let Saved { done, times, octets, prices, failures } = saved;
        let (times, octets) = (times.into_iter().collect(), octets.into_iter().collect());
        Self { done, times, octets, prices, failures, ..Self::default() }
    }

    /// What [`Recorder::resumed`] takes.
    pub fn saved(&self) -> Saved {
        Saved {
            done: self.done.clone(),
            times: self.times.iter().map(|(key, times)| (*key, times.clone())).collect(),
            octets: self.octets.iter().map(|(key, octets)| (*key, octets.clone())).collect(),
            prices: self.prices.clone(),
            failures: self.failures.clone(),
        }
    }

    /// The allocator that counts, if one does: primitives are counted then too, and times mean little.
    pub fn allocator(&self) -> Option<Allocator> {
        self.allocator
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
        let (value, took) = self.observe(operation, place, step)?;
        self.take(operation, place, took);
        Ok(value)
    }

    /// Counts what `step` does and tells how long it took, without keeping the time.
    ///
    /// # Errors
    /// Those of `step`.
    pub fn observe<T>(
        &mut self,
        operation: Operation,
        place: Place,
        step: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<(T, Duration)> {
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
        Ok((value, took))
    }

    /// Takes a time.
    pub fn take(&mut self, operation: Operation, place: Place, took: Duration) {
        self.times.entry((operation, place)).or_default().push(took);
    }

    /// Takes a number of octets.
    pub fn octets(&mut self, quantity: Quantity, place: Place, octets: u64) {
        self.octets.entry((quantity, place)).or_default().push(octets);
    }

    /// Takes what primitives cost just now.
    pub fn price(&mut self, library: Library, prices: Prices) {
        self.prices.push((library, prices));
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

    /// What primitives cost on a backend, by the median of all times that they were priced.
    pub fn prices(&self, library: Library) -> Option<Prices> {
        let samples = self.prices.iter().filter(|(of, _)| *of == library).map(|(_, prices)| *prices);
        Prices::median(&samples.collect::<Vec<_>>())
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
