//! A store of which one batch ends without anybody knowing how.

use std::sync::Mutex;

use copath::{MemoryStore, StateDelta, Store, StoreError};
use copath_records::{Operation, Record, RecordKey};

/// What becomes of the next batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It is carried out, and then the store can't be reached.
    Done,
    /// It isn't, and the store can't be reached.
    Lost,
    /// It isn't yet, and the store can't be reached. It is carried out as soon as somebody else's batch comes.
    Late,
    /// It is carried out, and then the store says that it failed.
    SaysFailed,
    /// It is carried out, and carried out again, as by a client of a database that tries twice.
    Repeated,
    /// It isn't carried out, and the store says so.
    Refused,
}

/// Those after which calling again has to give the same.
pub(crate) const DOUBTS: [Doubt; 5] =
    [Doubt::Done, Doubt::Lost, Doubt::Late, Doubt::SaysFailed, Doubt::Repeated];

/// A store over another one whose next batch is doubtful.
#[derive(Debug, Default)]
pub(crate) struct Doubtful {
    pub(crate) inner: MemoryStore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: Option<Doubt>,
    /// The batch of which this is the number, counted from 0, is doubtful.
    at: Option<(u64, Doubt)>,
    batches: u64,
    is_gone: bool,
    late: Option<StateDelta>,
}

impl Doubtful {
    /// Whether it can be told at once how the next batch, of this doubt, ended.
    pub(crate) fn doubt_next(&self, doubt: Doubt) -> bool {
        self.state.lock().unwrap().next = Some(doubt);
        matches!(doubt, Doubt::SaysFailed | Doubt::Repeated)
    }

    /// A store whose batch of this number, counted from 0, is doubtful.
    pub(crate) fn at(number: u64, doubt: Doubt) -> Self {
        let state = State { at: Some((number, doubt)), ..State::default() };
        Self { inner: MemoryStore::new(), state: Mutex::new(state) }
    }

    /// Whether the doubtful batch has come.
    pub(crate) fn has_failed(&self) -> bool {
        let state = self.state.lock().unwrap();
        state.at.is_some_and(|(number, _)| state.batches > number)
    }

    /// It can be reached again.
    pub(crate) fn come_back(&self) {
        let mut state = self.state.lock().unwrap();
        (state.is_gone, state.next) = (false, None);
    }

    fn reach(&self) -> Result<(), StoreError> {
        if self.state.lock().unwrap().is_gone { Err(StoreError::Unavailable) } else { Ok(()) }
    }
}

impl Store for Doubtful {
    fn load(&self, key: &RecordKey) -> Result<Option<Record>, StoreError> {
        self.reach()?;
        self.inner.load(key)
    }

    fn scan(&self, prefix: &RecordKey) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        self.reach()?;
        self.inner.scan(prefix)
    }

    fn commit(&self, delta: &StateDelta) -> Result<(), StoreError> {
        self.reach()?;
        let mut state = self.state.lock().unwrap();
        if let Some(late) = state.late.take() {
            // Whether it finds what it expects is its own affair.
            let _ = self.inner.commit(&late);
        }
        let doubt = match state.at {
            Some((number, doubt)) if number == state.batches => Some(doubt),
            _ => state.next.take(),
        };
        state.batches += 1;
        state.is_gone = matches!(doubt, Some(Doubt::Done | Doubt::Lost | Doubt::Late));
        match doubt {
            None => self.inner.commit(delta),
            Some(Doubt::Done | Doubt::SaysFailed) => {
                self.inner.commit(delta).and(Err(StoreError::Unavailable))
            }
            Some(Doubt::Repeated) => self.inner.commit(delta).and(self.inner.commit(delta)),
            Some(Doubt::Lost | Doubt::Refused) => Err(StoreError::Unavailable),
            Some(Doubt::Late) => {
                state.late = Some(copy(delta));
                Err(StoreError::Unavailable)
            }
        }
    }
}

fn copy(delta: &StateDelta) -> StateDelta {
    let mut copy = StateDelta::new();
    for operation in delta {
        match operation {
            Operation::Put(key, record) => copy.put(key.clone(), record.duplicate()),
            Operation::Delete(key) => copy.delete(key.clone()),
            Operation::DeletePrefix(prefix) => copy.delete_prefix(prefix.clone()),
            Operation::Expect(key, record) => {
                copy.expect(key.clone(), record.as_ref().map(Record::duplicate))
            }
        };
    }
    copy
}
