//! What a batch does.

use alloc::vec;

use super::{Verdict, below, claim, content, puts};
use crate::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError};

fn key(n: u32) -> RecordKey {
    RecordKey::new(RecordKind::PROPOSAL).push_bytes(b"group").push_u32(n)
}

pub(super) fn records<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let store = open("records")?;
    claim!(content(&store, &key(1))?.is_none(), "an empty store has no record");
    claim!(
        store.scan(&RecordKey::new(RecordKind::PROPOSAL))?.is_empty(),
        "an empty store has nothing to scan"
    );
    store.commit(&StateDelta::new())?;
    let mut delta = StateDelta::new();
    delta.delete(key(1)).delete_prefix(RecordKey::new(RecordKind::PROPOSAL));
    store.commit(&delta)?;
    store.commit(&puts([(&key(1), &b"one"[..]), (&key(2), b"two")]))?;
    claim!(content(&store, &key(1))?.as_deref() == Some(b"one"), "a record is there after its batch");
    store.commit(&puts([(&key(1), &b"another one"[..])]))?;
    claim!(content(&store, &key(1))?.as_deref() == Some(b"another one"), "a record is replaced");
    let mut delta = StateDelta::new();
    delta.delete(key(2));
    store.commit(&delta)?;
    claim!(content(&store, &key(2))?.is_none(), "a deleted record is gone");
    drop(store);
    let store = open("records")?;
    claim!(content(&store, &key(1))?.as_deref() == Some(b"another one"), "a record survives reopening");
    claim!(content(&store, &key(2))?.is_none(), "a deletion survives reopening");
    Ok(Ok(()))
}

pub(super) fn order<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let store = open("order")?;
    store.commit(&puts([(&key(1), &b"old"[..])]))?;
    let mut delta =
        puts([(&key(1), &b"first"[..]), (&key(2), b"first"), (&key(3), b"first"), (&key(3), b"second")]);
    delta.delete(key(2));
    delta.delete_prefix(key(1)).put(key(1), Record::copy_of(b"second"));
    delta.put(key(4), Record::copy_of(b"first")).delete_prefix(key(4)).delete(key(5));
    store.commit(&delta)?;
    claim!(content(&store, &key(1))?.as_deref() == Some(b"second"), "a put after a delete by prefix stays");
    claim!(content(&store, &key(2))?.is_none(), "a delete after a put deletes");
    claim!(content(&store, &key(3))?.as_deref() == Some(b"second"), "of two puts the later stays");
    claim!(content(&store, &key(4))?.is_none(), "a delete by prefix reaches earlier puts of the batch");
    Ok(Ok(()))
}

pub(super) fn refusals<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let store = open("refusals")?;
    store.commit(&puts([(&key(1), &b"one"[..])]))?;
    let before = below(&store, &RecordKey::new(RecordKind::PROPOSAL))?;
    for (at, expected) in [(key(1), None), (key(1), Some(&b"two"[..])), (key(2), Some(b""))] {
        let mut delta = puts([(&key(1), &b"changed"[..]), (&key(2), b"added")]);
        delta
            .delete_prefix(key(1))
            .expect(at, expected.map(Record::copy_of))
            .put(key(3), Record::copy_of(b"x"));
        claim!(
            store.commit(&delta) == Err(StoreError::Conflict),
            "an expectation that isn't met is a conflict"
        );
        let after = below(&store, &RecordKey::new(RecordKind::PROPOSAL))?;
        claim!(after == before, "a refused batch changes nothing");
    }
    let mut delta = puts([(&key(1), &b"two"[..]), (&key(2), b"new")]);
    delta.expect(key(1), Some(Record::copy_of(b"one"))).expect(key(2), None);
    store.commit(&delta)?;
    claim!(
        content(&store, &key(1))?.as_deref() == Some(b"two"),
        "an expectation is about the time before the batch, wherever it stands in it"
    );
    Ok(Ok(()))
}

pub(super) fn sizes<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    const LENGTHS: [usize; 12] = [0, 1, 31, 32, 33, 255, 4083, 4084, 4085, 65_536, 1_000_000, 5_000_000];
    let store = open("sizes")?;
    let record = |length: usize| vec![u8::try_from(length % 251).unwrap_or_default(); length];
    for (n, length) in (0..).zip(LENGTHS) {
        store.commit(&puts([(&key(n), &record(length)[..])]))?;
    }
    drop(store);
    let store = open("sizes")?;
    for (n, length) in (0..).zip(LENGTHS) {
        claim!(content(&store, &key(n))?.as_ref() == Some(&record(length)), "a record of any size survives");
    }
    for (n, length) in (0..).zip(LENGTHS.into_iter().rev()) {
        store.commit(&puts([(&key(n), &record(length)[..])]))?;
        claim!(
            content(&store, &key(n))?.as_ref() == Some(&record(length)),
            "a record is replaced by any other size"
        );
    }
    Ok(Ok(()))
}
