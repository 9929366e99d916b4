//! The kit finds what is wrong.

use alloc::string::{String, ToString as _};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::{MemoryStore, Operation};

/// A way to get it wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    Forgets,
    KeepsPrefixes,
    DeletesNeighbours,
    IgnoresExpectations,
    CommitsSingly,
    RefusesTooLate,
    ScansBackwards,
    Truncates,
    KeepsDeleted,
}

#[derive(Debug)]
struct Flawed {
    inner: Arc<MemoryStore>,
    mistake: Mistake,
}

impl Store for Flawed {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        let mut found = self.inner.scan(prefix)?;
        if self.mistake == Mistake::ScansBackwards {
            found.reverse();
        }
        Ok(found)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        let mut batch = StateDelta::new();
        for operation in delta {
            match (operation, self.mistake) {
                (Operation::Put(key, record), Mistake::Truncates) => {
                    let kept = record.expose().get(..4096).unwrap_or(record.expose());
                    batch.put(key.clone(), Record::copy_of(kept))
                }
                (Operation::Put(key, record), _) => batch.put(key.clone(), record.duplicate()),
                (Operation::Delete(_), Mistake::KeepsDeleted)
                | (Operation::DeletePrefix(_), Mistake::KeepsPrefixes)
                | (Operation::Expect(..), Mistake::IgnoresExpectations) => &mut batch,
                (Operation::Delete(key), _) => batch.delete(key.clone()),
                (Operation::DeletePrefix(prefix), Mistake::DeletesNeighbours) => {
                    batch.delete_prefix(RecordKey::new(prefix.kind()))
                }
                (Operation::DeletePrefix(prefix), _) => batch.delete_prefix(prefix.clone()),
                (Operation::Expect(key, record), _) => {
                    batch.expect(key.clone(), record.as_ref().map(Record::duplicate))
                }
            };
            if self.mistake == Mistake::CommitsSingly {
                self.inner.commit(&core::mem::take(&mut batch))?;
            }
        }
        let done = self.inner.commit(&batch);
        if done == Err(StoreError::Conflict) && self.mistake == Mistake::RefusesTooLate {
            let rest = batch.into_iter().filter(|operation| !matches!(operation, Operation::Expect(..)));
            let mut batch = StateDelta::new();
            batch.extend(rest);
            self.inner.commit(&batch)?;
        }
        done
    }
}

fn verdict(mistake: Mistake) -> Result<(), String> {
    let stores = Mutex::new(BTreeMap::<String, Arc<MemoryStore>>::new());
    let open = |name: &str| {
        let mut stores = stores.lock().unwrap();
        let inner = stores.entry(name.into()).or_default();
        if mistake == Mistake::Forgets {
            *inner = Arc::default();
        }
        Ok(Flawed { inner: Arc::clone(inner), mistake })
    };
    check(open).map_err(|error| error.to_string())
}

#[test]
fn mistakes_are_found() {
    assert_eq!(verdict(Mistake::None), Ok(()));
    for (mistake, found) in [
        (Mistake::Forgets, "records: a record survives reopening"),
        (Mistake::KeepsPrefixes, "batches: a delete by prefix reaches earlier puts of the batch"),
        (Mistake::DeletesNeighbours, "batches: a put after a delete by prefix stays"),
        (Mistake::IgnoresExpectations, "refused batches: an expectation that isn't met is a conflict"),
        (Mistake::CommitsSingly, "refused batches: an expectation that isn't met is a conflict"),
        (Mistake::RefusesTooLate, "refused batches: a refused batch changes nothing"),
        (Mistake::ScansBackwards, "prefixes: a scan returns what starts with its segments, in order"),
        (Mistake::Truncates, "sizes: a record of any size survives"),
        (Mistake::KeepsDeleted, "records: a deleted record is gone"),
    ] {
        assert_eq!(verdict(mistake), Err(found.into()), "{mistake:?}");
    }
}
