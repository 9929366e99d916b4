//! Epochs into which no Welcome leads any more.
//!
//! A key package of last resort opens each of its Welcomes again and again. So when a group that was joined by a
//! Welcome ends in this store (it is deleted, moved away, or begun anew), each such key package keeps the epoch in
//! which it ended: joining there or before could use the ratchets of an epoch again (RFC 9420 §9.1).

use copath_group::KeyPackageSecrets;
use copath_group::draft_ietf_mls_extensions::is_last_resort;
use copath_messages::GroupId;
use copath_records::{Record, RecordKey, RecordKind, StateDelta, StoreError, unwrap_payload, wrap_payload};

use crate::error::readable;
use crate::{Client, Error, records};

/// Stands for the reference of each key package, if they couldn't be listed or what is kept for one is damaged.
const EACH: &[u8] = &[];

impl Client {
    /// Adds to the batch that ends the group in this store, or begins it anew, that no Welcome to a key package of
    /// last resort leads back into an epoch that was used.
    pub(crate) fn leave_behind(&self, group_id: &GroupId, delta: &mut StateDelta) -> Result<(), Error> {
        let Some(epoch) = self.last_welcomed_epoch(group_id)? else { return Ok(()) };
        let packages = self.listed(RecordKind::KEY_PACKAGE)?;
        let mut stale =
            self.listed(RecordKind::LEFT_EPOCH)?.filter(|_| packages.is_some()).unwrap_or_default();
        stale.retain(|(key, _)| !key.starts_with(&records::left_epochs(EACH)));
        let mut for_each = packages.is_none();
        for (key, record) in packages.unwrap_or_default() {
            let Some(reference) = key.segments().bytes() else { continue };
            if self.is_of_last_resort(&record) {
                stale.retain(|(key, _)| !key.starts_with(&records::left_epochs(reference)));
                for_each |= !self.leave_behind_for(reference, (group_id, epoch), delta)?;
            }
        }
        if for_each {
            self.leave_behind_for(EACH, (group_id, epoch), delta)?;
        }
        // A key package that is gone opens nothing.
        stale.into_iter().for_each(|(key, _)| {
            delta.delete(key);
        });
        Ok(())
    }

    /// All records of a kind; `None` if one is damaged, which mustn't keep a group from being left.
    fn listed(&self, kind: RecordKind) -> Result<Option<Vec<(RecordKey, Record)>>, Error> {
        readable(self.store().scan(&RecordKey::new(kind)).map_err(Error::from))
    }

    /// Whether it could be added. What is damaged stays: it refuses each Welcome by itself, and a store that checks
    /// what it replaces would refuse the batch.
    fn leave_behind_for(
        &self,
        reference: &[u8],
        (group_id, epoch): (&GroupId, u64),
        delta: &mut StateDelta,
    ) -> Result<bool, Error> {
        let Some(before) = readable(self.left_epoch_of(reference, group_id))? else { return Ok(false) };
        let key = records::left_epochs(reference).push_bytes(group_id);
        delta.put(key, wrap_payload(&before.unwrap_or_default().max(epoch).to_be_bytes()));
        Ok(true)
    }

    /// The last epoch of the group that a Welcome to this key package mustn't lead into.
    pub(crate) fn left_epoch(&self, reference: &[u8], group_id: &GroupId) -> Result<Option<u64>, Error> {
        Ok(self.left_epoch_of(reference, group_id)?.max(self.left_epoch_of(EACH, group_id)?))
    }

    fn left_epoch_of(&self, reference: &[u8], group_id: &GroupId) -> Result<Option<u64>, Error> {
        let record = self.store().load(&records::left_epochs(reference).push_bytes(group_id))?;
        Ok(record.as_ref().map(read).transpose()?)
    }

    /// The epoch that a group has reached which was joined by a Welcome; the last there can be if its records don't
    /// tell.
    fn last_welcomed_epoch(&self, group_id: &GroupId) -> Result<Option<u64>, Error> {
        if let Some(None) = readable(self.invitation(group_id))? {
            return Ok(None);
        }
        let stored = readable(self.stored_group(group_id))?.flatten();
        Ok(Some(stored.map_or(u64::MAX, |stored| stored.epoch)))
    }

    /// Whether a key package, given as it is stored, is one of last resort, or can't be read.
    fn is_of_last_resort(&self, record: &Record) -> bool {
        let registrations = &self.settings().registrations;
        let Ok((_, payload)) = unwrap_payload(record) else { return true };
        let secrets = KeyPackageSecrets::from_record(payload, registrations.decode_context());
        secrets.map_or(true, |secrets| is_last_resort(&secrets.key_package, registrations.code_points()))
    }
}

/// Content: the epoch, u64.
fn read(record: &Record) -> Result<u64, StoreError> {
    let (_, payload) = unwrap_payload(record)?;
    Ok(u64::from_be_bytes(payload.try_into().map_err(|_| StoreError::Corrupt)?))
}
