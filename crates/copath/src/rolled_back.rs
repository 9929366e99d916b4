//! Stores that are older than they were: restored backups and clones.
//!
//! The ratchets of such a state were used on, so that its keys and nonces would be used twice (RFC 9420 §9.1). Whoever
//! kept the store's generation elsewhere notices. What is noticed once is in the store from then on.

use copath_messages::GroupId;
use copath_records::{Record, RecordKey, RecordKind, StateDelta, Store, StoreError, wrap_payload};

use crate::client::Configuration;
use crate::mark::Mark;
use crate::tombstone::{Place, Tombstone};
use crate::{Client, Error, Misuse, Unavailable, records};

impl Client {
    /// How many batches the store has had, if it counts them: a number that only grows. An application that keeps it
    /// outside of the store, before it sends what a call returned or now and then, and hands it to
    /// [`ClientBuilder::reached`](crate::ClientBuilder::reached) on start, notices a restored backup.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn generation(&self) -> Result<Option<u64>, Error> {
        Ok(self.store().stored_generation()?)
    }

    /// The groups whose state is older than one that was used. They can't be loaded: rejoin each of them
    /// ([`Client::rejoin`]), or delete it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn rolled_back_groups(&self) -> Result<Vec<GroupId>, Error> {
        let found = self.store().scan(&RecordKey::new(RecordKind::ROLLED_BACK))?;
        Ok(found.iter().filter_map(|(key, _)| records::group_of(key)).collect())
    }

    pub(crate) fn is_rolled_back(&self, group_id: &GroupId) -> Result<bool, Error> {
        Ok(self.store().load(&records::rolled_back(group_id))?.is_some())
    }
}

impl Configuration {
    /// Compares the store with the generation that it had reached. If it is older, no group in it is used any more,
    /// nor anything by which a group could be entered in an epoch that was used: key packages, joins under way,
    /// snapshots, be they here or come from elsewhere. That is stored first; then the store goes on counting from `reached`, so that the same number
    /// doesn't refuse what is made anew.
    pub(crate) fn compare_with(&self, reached: u64) -> Result<(), Error> {
        let store = self.store.as_ref();
        let found = store.stored_generation()?.ok_or(Misuse::Uncounted)?;
        if found >= reached {
            return Ok(());
        }
        let mut delta = StateDelta::new();
        seal_tombstones(store, &mut delta)?;
        for group_id in stored_groups(store)? {
            delta.put(records::rolled_back(&group_id), record(found, reached));
            let Some(mut tombstone) = unless_damaged(Tombstone::load_or_new(store, &group_id))? else {
                continue;
            };
            let mark = unless_damaged(Mark::read(store, &group_id, self.first_suite()?))?;
            if let Some(state) = mark.and_then(|mark| mark.reached()) {
                tombstone.pass(state, Place::Here);
            }
            tombstone.seal();
            tombstone.put(&group_id, &mut delta)?;
        }
        for kind in [
            RecordKind::KEY_PACKAGE,
            RecordKind::KEY_PACKAGE_STOCK,
            RecordKind::LEFT_EPOCH,
            RecordKind::PENDING_EXTERNAL_JOIN,
        ] {
            delta.delete_prefix(RecordKey::new(kind));
        }
        store.commit(&delta)?;
        Ok(store.raise_generation(reached)?)
    }
}

/// The groups in the store. Each has a head and a mark, and not both kinds are damaged by an accident.
fn stored_groups(store: &dyn Store) -> Result<Vec<GroupId>, Error> {
    let scan = |kind| store.scan(&RecordKey::new(kind)).map_err(Error::from);
    let found = match unless_damaged(scan(RecordKind::GROUP))? {
        Some(heads) => heads,
        None => scan(RecordKind::GROUP_MARK)?,
    };
    Ok(found.iter().filter_map(|(key, _)| records::group_of(key)).collect())
}

fn seal_tombstones(store: &dyn Store, delta: &mut StateDelta) -> Result<(), Error> {
    for (key, _) in store.scan(&RecordKey::new(RecordKind::MOVED_GROUP))? {
        let Some(group_id) = records::group_of(&key) else { continue };
        let Some(mut tombstone) = unless_damaged(Tombstone::load_or_new(store, &group_id))? else { continue };
        tombstone.seal();
        tombstone.put(&group_id, delta)?;
    }
    Ok(())
}

/// `None` for what is damaged, which mustn't keep the rest from being refused. Damaged tombstones stay as they are:
/// nothing is imported past them. What a newer version has written isn't damaged: it notices the rollback itself.
fn unless_damaged<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(Error::Unavailable(Unavailable::Store(StoreError::Corrupt))) => Ok(None),
        read => read.map(Some),
    }
}

/// Content: the generation that was found, and the one that had been reached.
fn record(found: u64, reached: u64) -> Record {
    wrap_payload(&[found.to_be_bytes(), reached.to_be_bytes()].concat())
}
