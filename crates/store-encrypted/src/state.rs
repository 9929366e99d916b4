//! What an open store knows: its generation and its realms.

use copath_records::{Record, RecordKey, Store, StoreError};
use zeroize::Zeroizing;

use crate::envelope::Envelope;
use crate::octets::Octets;
use crate::realm::{Realm, SEALED};
use crate::sum::Sum;

/// Whether what is known is what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    Certain,
    /// A batch failed, and may have become durable all the same.
    Doubtful,
}

/// What a batch with another envelope makes of the state, as long as it may be carried out yet.
pub(crate) struct Envelopes {
    pub(crate) serial: u64,
    pub(crate) realms: Vec<Realm>,
}

/// The state of an open store.
pub(crate) struct State {
    /// Counts batches.
    pub(crate) generation: u64,
    /// The generation of the last batch that succeeded: one that failed can be there to be read, and be lost yet.
    pub(crate) durable: u64,
    /// That of the envelope.
    pub(crate) serial: u64,
    /// The root as it is stored.
    pub(crate) root: Record,
    /// The present realm, and while records are sealed anew the retiring one after it.
    pub(crate) realms: Vec<Realm>,
    pub(crate) knowledge: Knowledge,
    /// What else may be stored, now or later, if batches with another envelope failed. Once another batch is durable
    /// none of them can be carried out any more, since each expects the root that it was made from.
    pub(crate) possible: Vec<Envelopes>,
}

/// How often batches that were carried out late may come in between.
const ATTEMPTS: usize = 3;

/// Where the envelope lies.
pub(crate) fn envelope_name() -> RecordKey {
    RecordKey::new(SEALED).push_u32(0)
}

/// Where the root lies.
pub(crate) fn root_name() -> RecordKey {
    RecordKey::new(SEALED).push_u32(1)
}

/// What the root says. Content: generation u64; serial u64; for each realm its number u32 and the sum of its heads.
pub(crate) struct Root {
    pub(crate) generation: u64,
    pub(crate) serial: u64,
    pub(crate) realms: Vec<(u32, Sum)>,
}

impl Root {
    pub(crate) fn seal(&self, realm: &Realm) -> Result<Record, StoreError> {
        let mut content = Zeroizing::new(self.generation.to_be_bytes().to_vec());
        content.extend_from_slice(&self.serial.to_be_bytes());
        for (number, sum) in &self.realms {
            content.extend_from_slice(&number.to_be_bytes());
            sum.write(&mut content);
        }
        realm.keys.seal(&root_name(), content)
    }

    pub(crate) fn open(realm: &Realm, sealed: &Record) -> Result<Self, StoreError> {
        let content = realm.keys.open(&root_name(), sealed)?;
        let mut octets = Octets(&content);
        let mut root = Self { generation: octets.u64()?, serial: octets.u64()?, realms: Vec::new() };
        while !octets.0.is_empty() {
            root.realms.push((octets.u32()?, Sum::read(&mut octets)?));
        }
        Ok(root)
    }
}

impl Envelopes {
    pub(crate) fn of(envelope: &Envelope) -> Self {
        Self { serial: envelope.serial, realms: envelope.keys.iter().map(Realm::empty).collect() }
    }

    /// Whether this root was sealed with them.
    fn is_of(&self, root: &Record) -> bool {
        let present = self.realms.first();
        present.is_some_and(|realm| Root::open(realm, root).is_ok_and(|root| root.serial == self.serial))
    }
}

impl State {
    /// The state of a store with this envelope.
    pub(crate) fn load(inner: &dyn Store, envelope: &Envelope) -> Result<Self, StoreError> {
        let mut state = Self {
            generation: 0,
            durable: 0,
            serial: envelope.serial,
            root: Record::copy_of(&[]),
            realms: envelope.keys.iter().map(Realm::empty).collect(),
            knowledge: Knowledge::Certain,
            possible: Vec::new(),
        };
        state.reload(inner)?;
        state.durable = state.generation;
        Ok(state)
    }

    /// Makes sure that what is known is what is stored.
    pub(crate) fn settle(&mut self, inner: &dyn Store) -> Result<(), StoreError> {
        match self.knowledge {
            Knowledge::Certain => Ok(()),
            Knowledge::Doubtful => {
                self.reload(inner)?;
                self.knowledge = Knowledge::Certain;
                Ok(())
            }
        }
    }

    /// Reads root and heads again if they aren't what is known: a batch of which nobody knew whether it took place was
    /// carried out late.
    pub(crate) fn refresh(&mut self, inner: &dyn Store) -> Result<(), StoreError> {
        if self.is_outdated(inner)? {
            self.knowledge = Knowledge::Doubtful;
        }
        self.settle(inner)
    }

    /// What `read` gives from a state that is up to date: what doesn't fit an outdated one isn't damaged.
    pub(crate) fn up_to_date<T>(
        &mut self,
        inner: &dyn Store,
        mut read: impl FnMut(&mut Self, &dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 0..ATTEMPTS {
            match read(self, inner) {
                Err(StoreError::Corrupt) if self.is_outdated(inner)? => self.refresh(inner)?,
                outcome => return outcome,
            }
        }
        read(self, inner)
    }

    fn is_outdated(&self, inner: &dyn Store) -> Result<bool, StoreError> {
        let root = inner.load(&root_name())?.ok_or(StoreError::Corrupt)?;
        Ok(root.expose() != self.root.expose())
    }

    /// Reads root and heads; nothing is known of the records then.
    fn reload(&mut self, inner: &dyn Store) -> Result<(), StoreError> {
        let sealed = inner.load(&root_name())?.ok_or(StoreError::Corrupt)?;
        if let Some(at) = self.possible.iter().position(|possible| possible.is_of(&sealed)) {
            let Envelopes { serial, realms } = self.possible.swap_remove(at);
            (self.serial, self.realms) = (serial, realms);
        }
        let root = Root::open(self.present()?, &sealed)?;
        if root.generation < self.generation {
            return Err(StoreError::RolledBack { found: root.generation, expected: self.generation });
        }
        // Another root of the same generation is of a batch that must not have taken place.
        let is_first = self.root.is_empty();
        if root.generation == self.generation && !is_first && sealed.expose() != self.root.expose() {
            return Err(StoreError::Corrupt);
        }
        let numbers = root.realms.iter().map(|(number, _)| *number);
        if root.serial != self.serial || !numbers.eq(self.realms.iter().map(|realm| realm.number)) {
            return Err(StoreError::Corrupt);
        }
        for (realm, (_, sum)) in self.realms.iter_mut().zip(root.realms) {
            realm.load_heads(inner, sum)?;
        }
        (self.generation, self.root) = (root.generation, sealed);
        Ok(())
    }

    /// The realm that is written to.
    pub(crate) fn present(&self) -> Result<&Realm, StoreError> {
        self.realms.first().ok_or(StoreError::Unavailable)
    }

    /// The record of `key`, in whichever realm it is.
    pub(crate) fn load_record(
        &mut self,
        inner: &dyn Store,
        key: &RecordKey,
    ) -> Result<Option<Record>, StoreError> {
        for realm in &mut self.realms {
            if let Some(record) = realm.load(inner, key)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// All records whose key starts with `prefix`, in the order of their keys.
    pub(crate) fn scan(
        &mut self,
        inner: &dyn Store,
        prefix: &RecordKey,
    ) -> Result<Vec<(RecordKey, Record)>, StoreError> {
        let mut found = Vec::new();
        for realm in &mut self.realms {
            found.extend(realm.scan(inner, prefix)?.into_iter().map(|opened| (opened.key, opened.record)));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }
}
