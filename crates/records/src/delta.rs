//! A change of the stored state, as a value.

use alloc::vec::Vec;
use core::fmt;

use crate::{Record, RecordKey};

/// One step of a [`StateDelta`].
pub enum Operation {
    /// Store the record, replacing any that is there.
    Put(RecordKey, Record),
    /// Delete the record, if it is there.
    Delete(RecordKey),
    /// Delete all records whose key starts with this one.
    DeletePrefix(RecordKey),
    /// Refuse the whole batch with [`StoreError::Conflict`](crate::StoreError::Conflict) unless the record under the
    /// key was this one before the batch; `None` where there must have been none.
    Expect(RecordKey, Option<Record>),
}

impl Operation {
    /// A second copy, for stores that add operations of their own to a batch.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        match self {
            Self::Put(key, record) => Self::Put(key.clone(), record.duplicate()),
            Self::Delete(key) => Self::Delete(key.clone()),
            Self::DeletePrefix(prefix) => Self::DeletePrefix(prefix.clone()),
            Self::Expect(key, record) => Self::Expect(key.clone(), record.as_ref().map(Record::duplicate)),
        }
    }
}

/// An ordered list of operations, to be committed as one atomic batch.
#[derive(Default)]
#[must_use = "a delta that isn't committed is lost"]
pub struct StateDelta {
    operations: Vec<Operation>,
}

impl StateDelta {
    /// A delta that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes room for `more` operations.
    pub fn reserve(&mut self, more: usize) {
        self.operations.reserve_exact(more);
    }

    /// Appends: store `record` under `key`, replacing any that is there.
    pub fn put(&mut self, key: RecordKey, record: Record) -> &mut Self {
        self.operations.push(Operation::Put(key, record));
        self
    }

    /// Appends: delete the record under `key`, if it is there.
    pub fn delete(&mut self, key: RecordKey) -> &mut Self {
        self.operations.push(Operation::Delete(key));
        self
    }

    /// Appends: delete all records whose key starts with `prefix`.
    pub fn delete_prefix(&mut self, prefix: RecordKey) -> &mut Self {
        self.operations.push(Operation::DeletePrefix(prefix));
        self
    }

    /// Appends: refuse the batch unless the record under `key` was `record` before it. What two writers of one state
    /// prepared apart can't both be committed so.
    pub fn expect(&mut self, key: RecordKey, record: Option<Record>) -> &mut Self {
        self.operations.push(Operation::Expect(key, record));
        self
    }

    /// Appends the operations of `other`, which take place after those of `self`.
    pub fn merge(&mut self, other: Self) -> &mut Self {
        self.operations.extend(other.operations);
        self
    }

    /// The operations in the order in which they take place.
    pub fn iter(&self) -> core::slice::Iter<'_, Operation> {
        self.operations.iter()
    }

    /// Whether there are no operations.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// How many operations there are.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// How many octets are written: those of the records put, and of their keys.
    pub fn bytes(&self) -> usize {
        let written = self.iter().map(|operation| match operation {
            Operation::Put(key, record) => key.as_octets().len().saturating_add(record.len()),
            Operation::Delete(_) | Operation::DeletePrefix(_) | Operation::Expect(..) => 0,
        });
        written.fold(0, usize::saturating_add)
    }
}

impl<'a> IntoIterator for &'a StateDelta {
    type Item = &'a Operation;
    type IntoIter = core::slice::Iter<'a, Operation>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for StateDelta {
    type Item = Operation;
    type IntoIter = alloc::vec::IntoIter<Operation>;

    fn into_iter(self) -> Self::IntoIter {
        self.operations.into_iter()
    }
}

impl Extend<Operation> for StateDelta {
    fn extend<I: IntoIterator<Item = Operation>>(&mut self, operations: I) {
        self.operations.extend(operations);
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(key, record) => write!(f, "Put({key:?}, {} octets)", record.len()),
            Self::Delete(key) => write!(f, "Delete({key:?})"),
            Self::DeletePrefix(prefix) => write!(f, "DeletePrefix({prefix:?})"),
            Self::Expect(key, Some(record)) => write!(f, "Expect({key:?}, {} octets)", record.len()),
            Self::Expect(key, None) => write!(f, "Expect({key:?}, nothing)"),
        }
    }
}

impl fmt::Debug for StateDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateDelta({} operations, {} octets)", self.len(), self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordKind;

    fn key(n: u32) -> RecordKey {
        RecordKey::new(RecordKind::GROUP).push_u32(n)
    }

    #[test]
    fn operations_keep_their_order() {
        let mut delta = StateDelta::new();
        assert!(delta.is_empty());
        delta.put(key(1), Record::copy_of(b"abc")).delete(key(2));
        let mut later = StateDelta::new();
        later.delete_prefix(RecordKey::new(RecordKind::GROUP));
        delta.merge(later);
        assert_eq!((delta.len(), delta.bytes()), (3, 6 + 3));
        let order: Vec<_> = delta.iter().map(|operation| alloc::format!("{operation:?}")).collect();
        assert_eq!(
            order,
            ["Put(GROUP:1400000001, 3 octets)", "Delete(GROUP:1400000002)", "DeletePrefix(GROUP:)"]
        );
    }

    // covers: 2-01
    #[test]
    fn debug_shows_counts_alone() {
        let mut delta = StateDelta::new();
        delta.put(key(1), Record::copy_of(b"abc"));
        assert_eq!(alloc::format!("{delta:?}"), "StateDelta(1 operations, 9 octets)");
        assert_eq!(alloc::format!("{:?}", StateDelta::new()), "StateDelta(0 operations, 0 octets)");
    }
}
