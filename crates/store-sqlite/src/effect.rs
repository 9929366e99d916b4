//! What the operations of a batch come to.

use core::ops::Bound;
use std::collections::{BTreeMap, BTreeSet};

use copath_records::{Operation, Record, RecordKey, StateDelta};

/// What a batch comes to: where its operations touch the same record, the last one counts.
pub(crate) struct Effect<'d> {
    /// The records that it puts, or deletes one by one, in the order of their keys.
    pub(crate) records: BTreeMap<&'d [u8], Outcome<'d>>,
    /// What is below these goes, unless it is among `records`; none is below another one.
    pub(crate) prefixes: Vec<&'d RecordKey>,
}

/// What becomes of one record.
pub(crate) struct Outcome<'d> {
    pub(crate) key: &'d RecordKey,
    /// What it is after the batch; `None` if it is deleted.
    pub(crate) after: Option<&'d Record>,
    /// Where it lay before the batch.
    pub(crate) before: Before,
}

/// Where a record lay before a batch.
#[derive(Clone, Copy)]
pub(crate) enum Before {
    /// Nobody has looked yet.
    Unknown,
    Nowhere,
    At(Place),
}

/// The slot of a record, and its size.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) slot: i64,
    pub(crate) size: i64,
}

impl<'d> Effect<'d> {
    pub(crate) fn of(delta: &'d StateDelta) -> Self {
        let mut effect = Self { records: BTreeMap::new(), prefixes: Vec::new() };
        let mut prefixes = BTreeSet::new();
        for operation in delta {
            match operation {
                Operation::Expect(..) => {}
                Operation::Put(key, record) => effect.touch(key, Some(record)),
                Operation::Delete(key) => effect.touch(key, None),
                Operation::DeletePrefix(prefix) => {
                    effect.forget_below(prefix);
                    prefixes.insert(prefix);
                }
            }
        }
        for prefix in prefixes {
            if !effect.prefixes.last().is_some_and(|above| prefix.starts_with(above)) {
                effect.prefixes.push(prefix);
            }
        }
        effect
    }

    fn touch(&mut self, key: &'d RecordKey, after: Option<&'d Record>) {
        self.records.insert(key.as_octets(), Outcome { key, after, before: Before::Unknown });
    }

    /// What operations before this one put below `prefix` is never written.
    fn forget_below(&mut self, prefix: &RecordKey) {
        let prefix = prefix.as_octets();
        let from = self.records.range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
        let below = from.map(|(name, _)| *name).take_while(|name| name.starts_with(prefix));
        for name in below.collect::<Vec<_>>() {
            self.records.remove(name);
        }
    }

    /// Who looked for all records below `prefix` has seen each that there is.
    pub(crate) fn all_seen_below(&mut self, prefix: &RecordKey) {
        let prefix = prefix.as_octets();
        let from = self.records.range_mut::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
        for (_, outcome) in from.take_while(|(name, _)| name.starts_with(prefix)) {
            if matches!(outcome.before, Before::Unknown) {
                outcome.before = Before::Nowhere;
            }
        }
    }
}
