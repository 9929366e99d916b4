//! The external pre-shared keys of one actor.

use std::collections::BTreeMap;

use copath_crypto::Secret;
use copath_messages::{PreSharedKeyId, Psk};

/// External pre-shared keys, by id (RFC 9420 §8.4).
#[derive(Debug, Default)]
pub(crate) struct Psks(BTreeMap<Vec<u8>, Secret>);

impl Psks {
    pub(crate) fn insert(&mut self, id: Vec<u8>, psk: Secret) {
        self.0.insert(id, psk);
    }

    /// The key that a message names. Resumption PSKs are the engine's own matter.
    pub(crate) fn find(&self, id: &PreSharedKeyId) -> Option<Secret> {
        match &id.psk {
            Psk::External { psk_id } => self.0.get(psk_id.as_ref()).map(Secret::duplicate),
            Psk::Resumption { .. } => None,
        }
    }

    /// The same keys for another state of the same actor.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.iter().map(|(id, psk)| (id.clone(), psk.duplicate())).collect())
    }

    /// Takes over what `other` has and this hasn't.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (id, psk) in &other.0 {
            self.0.entry(id.clone()).or_insert_with(|| psk.duplicate());
        }
    }
}
