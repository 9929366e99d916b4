//! Where the pre-shared keys of a commit or a Welcome come from.
//!
//! RFC 9420 §8.4 and §8.6. Resumption PSKs of this group are here; all others are asked for.

use alloc::vec::Vec;

use copath_codec::Encode;
use copath_crypto::{Secret, Suite};
use copath_key_schedule::{PskInput, PskSecret, psk_secret};
use copath_messages::{PreSharedKeyId, Psk, ResumptionPskUsage};

use crate::{Group, GroupError, Misuse};

/// The pre-shared keys of one list, and which of them have to be asked for.
#[derive(Debug)]
pub(crate) struct PskPlan {
    ids: Vec<PreSharedKeyId>,
    own_epochs: Vec<Option<u64>>,
    asked: Vec<PreSharedKeyId>,
}

impl PskPlan {
    /// For a commit in `group`, whose own epochs it can be asked for (rule 8.4-04).
    ///
    /// # Errors
    /// A resumption PSK of this group belongs to an epoch that is forgotten, or not yet reached.
    pub(crate) fn new(group: &Group, ids: &[PreSharedKeyId]) -> Result<Self, GroupError> {
        let mut own_epochs = Vec::with_capacity(ids.len());
        for id in ids {
            let own = match &id.psk {
                // With another usage it is the PSK of a parent, whose id a successor may have.
                Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id, psk_epoch }
                    if psk_group_id == group.group_id() =>
                {
                    group.resumption_psk(*psk_epoch).ok_or_else(|| GroupError::MissingPsk(id.clone()))?;
                    Some(*psk_epoch)
                }
                _ => None,
            };
            own_epochs.push(own);
        }
        Ok(Self::with_own(ids, own_epochs))
    }

    /// For a client that joins: all are asked for.
    pub(crate) fn for_joiner(ids: &[PreSharedKeyId]) -> Self {
        Self::with_own(ids, alloc::vec![None; ids.len()])
    }

    fn with_own(ids: &[PreSharedKeyId], own_epochs: Vec<Option<u64>>) -> Self {
        let asked =
            ids.iter().zip(&own_epochs).filter(|(_, own)| own.is_none()).map(|(id, _)| id.clone()).collect();
        Self { ids: ids.to_vec(), own_epochs, asked }
    }

    /// The pre-shared keys that are not here.
    pub(crate) fn asked(&self) -> &[PreSharedKeyId] {
        &self.asked
    }

    /// The psk_secret (RFC 9420 §8.4) from the group's own and the `answered` ones.
    ///
    /// # Errors
    /// An answer is missing.
    pub(crate) fn psk_secret(&self, group: &Group, answered: Vec<Secret>) -> Result<PskSecret, GroupError> {
        let mut answered = answered.iter();
        let mut keys: Vec<&Secret> = Vec::with_capacity(self.ids.len());
        for (id, own) in self.ids.iter().zip(&self.own_epochs) {
            let key = match own {
                Some(epoch) => group.resumption_psk(*epoch).map(|psk| psk.as_secret()),
                None => answered.next(),
            };
            keys.push(key.ok_or_else(|| GroupError::MissingPsk(id.clone()))?);
        }
        fold(group.suite(), &self.ids, &keys)
    }

    /// The psk_secret of a client that joins, from the `answered` keys.
    ///
    /// # Errors
    /// An answer is missing.
    pub(crate) fn joiner_psk_secret(
        &self,
        suite: &Suite,
        answered: &[Secret],
    ) -> Result<PskSecret, GroupError> {
        if answered.len() != self.ids.len() {
            return Err(Misuse::WrongAnswers.into());
        }
        fold(suite, &self.ids, &answered.iter().collect::<Vec<_>>())
    }
}

fn fold(suite: &Suite, ids: &[PreSharedKeyId], keys: &[&Secret]) -> Result<PskSecret, GroupError> {
    let ids: Vec<Vec<u8>> = ids.iter().map(Encode::to_bytes).collect::<Result<_, _>>()?;
    let inputs: Vec<PskInput<'_>> = ids.iter().zip(keys).map(|(id, psk)| PskInput { id, psk }).collect();
    Ok(psk_secret(suite, &inputs)?)
}
