//! Several threads at one store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Verdict, below, claim, content, puts};
use crate::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};

/// Batches that a thread commits.
const BATCHES: u32 = 25;

fn key(n: u32) -> RecordKey {
    RecordKey::new(RecordKind::EXTERNAL_PSK).push_u32(n)
}

/// A writer changes two records in each batch; nobody ever sees them differ.
pub(super) fn readers<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let store = open("readers")?;
    store.commit(&pair(0))?;
    let done = AtomicBool::new(false);
    let (written, torn) = thread::scope(|scope| {
        let reading = scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let found = below(&store, &RecordKey::new(RecordKind::EXTERNAL_PSK))?;
                let mut contents = found.iter().map(|(_, content)| content);
                if found.len() != 2 || contents.next() != contents.next() {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        let written = (0..BATCHES).try_for_each(|n| store.commit(&pair(n)));
        done.store(true, Ordering::Release);
        (written, reading.join().unwrap_or(Err(StoreError::Unavailable)))
    });
    written?;
    claim!(!torn?, "a reader sees all of a batch or nothing of it");
    Ok(Ok(()))
}

fn pair(n: u32) -> StateDelta {
    let content = n.to_be_bytes();
    puts([(&key(1), &content[..]), (&key(2), &content[..])])
}

/// Writers count up one record, each expecting what it has read; no step is lost.
pub(super) fn writers<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    const WRITERS: u32 = 3;
    let store = open("writers")?;
    store.commit(&puts([(&key(1), &0_u32.to_be_bytes()[..])]))?;
    let results = thread::scope(|scope| {
        let writers: [_; WRITERS as usize] = core::array::from_fn(|_| scope.spawn(|| count_up(&store)));
        writers.map(|writer| writer.join().unwrap_or(Err(StoreError::Unavailable)))
    });
    results.into_iter().collect::<Result<(), _>>()?;
    let total = WRITERS.saturating_mul(BATCHES).to_be_bytes();
    claim!(
        content(&store, &key(1))?.as_deref() == Some(&total[..]),
        "of two batches that expect the same one fails"
    );
    Ok(Ok(()))
}

fn count_up(store: &dyn Store) -> Result<(), StoreError> {
    let mut done = 0;
    while done < BATCHES {
        let record = store.load(&key(1))?.ok_or(StoreError::Corrupt)?;
        let count = record.expose().try_into().map(u32::from_be_bytes).map_err(|_| StoreError::Corrupt)?;
        let mut delta = StateDelta::new();
        delta.expect(key(1), Some(record));
        delta.put(key(1), Record::copy_of(&count.saturating_add(1).to_be_bytes()));
        match store.commit(&delta) {
            Ok(()) => done = u32::saturating_add(done, 1),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
