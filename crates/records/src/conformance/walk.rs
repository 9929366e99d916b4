//! A random walk beside the store in memory, with reopening.

use alloc::vec::Vec;

use super::{Verdict, below, claim};
use crate::{MemoryStore, Record, RecordKey, RecordKind, StateDelta, Store, StoreError};

/// Batches of the walk.
const BATCHES: u32 = 150;

/// A generator of numbers that only has to be the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap_or_default().checked_rem(bound).unwrap_or_default()
    }

    fn key(&mut self) -> RecordKey {
        let mut key =
            RecordKey::new(RecordKind(u8::try_from(1_u32.saturating_add(self.below(3))).unwrap_or(1)));
        for _ in 0..self.below(4) {
            key = match self.below(3) {
                0 => key.push_u32(self.below(3)),
                1 => key.push_u64(u64::from(self.below(3))),
                _ => key.push_bytes(&[0xff, 0x14].repeat(usize::try_from(self.below(3)).unwrap_or(1))),
            };
        }
        key
    }

    fn record(&mut self) -> Record {
        let length = if self.below(10) == 0 { self.below(20_000) } else { self.below(200) };
        let octet = u8::try_from(self.below(256)).unwrap_or_default();
        Record::from(alloc::vec![octet; usize::try_from(length).unwrap_or_default()])
    }

    fn batch(&mut self) -> StateDelta {
        let mut delta = StateDelta::new();
        for _ in 0..self.below(12) {
            match self.below(8) {
                0 => delta.delete_prefix(self.key()),
                1 | 2 => delta.delete(self.key()),
                _ => delta.put(self.key(), self.record()),
            };
        }
        delta
    }
}

/// Keys and content below a prefix.
type Below = Vec<(RecordKey, Vec<u8>)>;

/// The same for each prefix, as the store returns them.
fn below_each(store: &dyn Store, prefixes: &[RecordKey]) -> Result<Vec<Below>, StoreError> {
    let found = store.scan_each(prefixes)?.into_iter();
    let content = |(key, record): (RecordKey, Record)| (key, record.expose().to_vec());
    Ok(found.map(|records| records.into_iter().map(content).collect()).collect())
}

pub(super) fn walk<S: Store>(open: &dyn Fn(&str) -> Result<S, StoreError>) -> Verdict {
    let (mut store, model, mut numbers) = (open("walk")?, MemoryStore::new(), Numbers(1));
    for _ in 0..BATCHES {
        let delta = numbers.batch();
        store.commit(&delta)?;
        model.commit(&delta)?;
        if numbers.below(20) == 0 {
            drop(store);
            store = open("walk")?;
        }
        let key = numbers.key();
        let (found, expected) = (store.load(&key)?, model.load(&key)?);
        claim!(
            found.as_ref().map(Record::expose) == expected.as_ref().map(Record::expose),
            "a record is what was written last"
        );
        let prefix = numbers.key();
        claim!(
            below(&store, &prefix)? == below(&model, &prefix)?,
            "what is below a prefix is what was written last"
        );
        let prefixes: Vec<_> = (0..numbers.below(40)).map(|_| numbers.key()).collect();
        claim!(
            below_each(&store, &prefixes)? == below_each(&model, &prefixes)?,
            "what is below each of many prefixes is what was written last"
        );
    }
    Ok(Ok(()))
}
