//! The kit that proves a store: run [`check`] in the tests of any [`Store`].
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Arc, Mutex};
//!
//! use copath_records::{MemoryStore, conformance};
//!
//! let stores = Mutex::new(BTreeMap::<String, Arc<MemoryStore>>::new());
//! let open = |name: &str| Ok(stores.lock().unwrap().entry(name.into()).or_default().clone());
//! assert_eq!(conformance::check(open), Ok(()));
//! ```
//!
//! What it can't prove is what a crash leaves: run the store in a process that is killed, and through a file system
//! that loses what wasn't flushed.

use alloc::vec::Vec;

use crate::{Record, RecordKey, StateDelta, Store, StoreError};

mod batches;
mod concurrency;
mod keys;
mod walk;

/// What a store got wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Nonconformance {
    /// The store returned something else than it should.
    #[error("{case}: {what}")]
    Wrong {
        /// What was tried.
        case: &'static str,
        /// What should have been so.
        what: &'static str,
    },
    /// The store failed where it shouldn't.
    #[error("{case}: the store failed: {error}")]
    Failed {
        /// What was tried.
        case: &'static str,
        /// How it failed.
        error: StoreError,
    },
}

/// What a case found: a claim that doesn't hold, or an error.
type Verdict = Result<Result<(), &'static str>, StoreError>;

/// Checks a store: `open(name)` opens the one with this name, which is empty the first time, and holds what it held
/// when it was dropped every time after.
///
/// # Errors
/// What the store got wrong first.
pub fn check<S: Store>(open: impl Fn(&str) -> Result<S, StoreError>) -> Result<(), Nonconformance> {
    let open: &dyn Fn(&str) -> Result<S, StoreError> = &open;
    run("records", batches::records(open))?;
    run("batches", batches::order(open))?;
    run("refused batches", batches::refusals(open))?;
    run("sizes", batches::sizes(open))?;
    run("prefixes", keys::prefixes(open))?;
    run("order of keys", keys::order(open))?;
    run("random walk", walk::walk(open))?;
    run("readers beside a writer", concurrency::readers(open))?;
    run("writers beside each other", concurrency::writers(open))
}

fn run(case: &'static str, verdict: Verdict) -> Result<(), Nonconformance> {
    match verdict {
        Ok(Ok(())) => Ok(()),
        Ok(Err(what)) => Err(Nonconformance::Wrong { case, what }),
        Err(error) => Err(Nonconformance::Failed { case, error }),
    }
}

/// Returns early with the claim that doesn't hold.
macro_rules! claim {
    ($holds:expr, $what:expr) => {
        if !$holds {
            return Ok(Err($what));
        }
    };
}
use claim;

/// A batch of puts.
fn puts<'a>(records: impl IntoIterator<Item = (&'a RecordKey, &'a [u8])>) -> StateDelta {
    let mut delta = StateDelta::new();
    for (key, content) in records {
        delta.put(key.clone(), Record::copy_of(content));
    }
    delta
}

fn content(store: &dyn Store, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(store.load(key)?.map(|record| record.expose().to_vec()))
}

/// Keys and content below a prefix, as the store returns them.
fn below(store: &dyn Store, prefix: &RecordKey) -> Result<Vec<(RecordKey, Vec<u8>)>, StoreError> {
    let found = store.scan(prefix)?;
    Ok(found.into_iter().map(|(key, record)| (key, record.expose().to_vec())).collect())
}

#[cfg(test)]
mod tests;
