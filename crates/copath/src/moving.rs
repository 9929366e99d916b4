//! Moving a group to another store.
//!
//! A group has one home: two copies that both go on use the same keys and nonces for different messages, which gives
//! their contents away (RFC 9420 §9.1), and fall apart with the next commit. So exporting closes the group here, in
//! the same batch, and the snapshot stays in the store until it has arrived.

use copath_group::{ExternalJoins, TreeTransfer};
use copath_messages::{GroupId, MlsMessage};
use copath_records::{MemoryStore, RecordKey, RecordKind, StateDelta, Store, StoreError};

use crate::inbox::{self, spare_received};
use crate::mark::{ATTEMPTS, Committed, Mark, Reached};
use crate::open_groups::OpenGroup;
use crate::snapshot::{self, DangerousSnapshot, SnapshotKey};
use crate::tombstone::{Place, Tombstone};
use crate::{Client, Error, Group, Misuse, Settled, Unavailable, records};

/// Whoever makes one says: this snapshot was never imported anywhere, and never will be; every copy of it is gone.
///
/// **Dangerous.** If it isn't so, two copies of the group use keys and nonces twice, and nobody can notice before the
/// harm is done. Who can't be certain comes back with new keys instead: [`Client::group_info_of_moved`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeverImported(());

impl NeverImported {
    /// Says so.
    pub fn i_am_certain() -> Self {
        Self(())
    }
}

/// A group that was closed to be imported elsewhere.
#[derive(Debug)]
#[must_use = "the group is closed here; its snapshot has to be imported elsewhere, or taken back"]
#[non_exhaustive]
pub struct Exported {
    /// Its whole state.
    pub snapshot: DangerousSnapshot,
    /// What calls that failed with [`Unavailable::UnknownOutcome`] have done after all, as [`Group::settle`] gives it:
    /// messages to be sent, data that was received.
    pub settled: Vec<Settled>,
}

/// A snapshot that was opened, in a store of its own.
struct Arrived {
    group_id: GroupId,
    content: StateDelta,
    engine: copath_group::Group,
    reached: Reached,
}

impl Group {
    /// Closes the group here and gives its whole state, encrypted under `key`, to be imported elsewhere by
    /// [`Client::import_group`]. Until [`Client::snapshot_arrived`] the snapshot can be had again, also after a
    /// crash, by [`Client::moved_snapshot`]; if it never leaves, [`Client::take_back`] or
    /// [`Client::group_info_of_moved`] undo the export.
    ///
    /// The signature key isn't part of it: the importing client is built with the same identity. What was received and
    /// not handled goes along, and stays here too until the snapshot has arrived ([`Client::unhandled`]).
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store or randomness fail: load the group then. The handle is gone either way, with
    /// what it kept of failed calls: after such a failure call [`Group::settle`] before this. [`Misuse::OtherWriter`]
    /// if another client has changed, exported or deleted the group meanwhile. [`Misuse::Moved`] says that the
    /// export took place after all, and the snapshot is that of [`Client::moved_snapshot`].
    pub fn export_for_moving(self, key: &SnapshotKey) -> Result<Exported, Error> {
        let mut group = self;
        let settled = group.settle()?;
        let (client, group_id) = (group.client().clone(), group.group_id().clone());
        let store = client.store().as_ref();
        let content = snapshot::group_records(store, &group_id)?;
        let snapshot = DangerousSnapshot::seal(group.engine().suite(), key, &group_id, &content)?;
        let reached = group.reached().ok_or(Misuse::OtherWriter)?;
        let mut tombstone = Tombstone::load_or_new(store, &group_id)?;
        tombstone.pass(reached, Place::OnItsWay(snapshot.as_octets().to_vec()));
        let mut delta = spare_received(copath_group::Group::delete_records(&group_id));
        tombstone.put(&group_id, &mut delta)?;
        match group.close(delta) {
            Err(error @ Error::Unavailable(_)) => client.is_on_its_way(&group_id, &tombstone, error)?,
            // Another export, perhaps an earlier one that the store has got to late.
            Err(Error::Misuse(Misuse::OtherWriter))
                if !Tombstone::load_or_new(store, &group_id)?.is_here() =>
            {
                return Err(Misuse::Moved.into());
            }
            other => other?,
        }
        Ok(Exported { snapshot, settled })
    }
}

impl DangerousSnapshot {
    /// The groups that were moved away from a store and whose snapshots may not have arrived.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn waiting_in(store: &dyn Store) -> Result<Vec<GroupId>, Error> {
        let mut ids = Vec::new();
        for (key, record) in store.scan(&RecordKey::new(RecordKind::MOVED_GROUP))? {
            if Tombstone::read(&record)?.is_on_its_way() {
                ids.extend(records::group_of(&key));
            }
        }
        Ok(ids)
    }
}

impl Client {
    /// The groups that were moved away and whose snapshots may not have arrived.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn moved_groups(&self) -> Result<Vec<GroupId>, Error> {
        DangerousSnapshot::waiting_in(self.store().as_ref())
    }

    /// The snapshot of a group that was moved away, until [`Client::snapshot_arrived`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none or the store fails.
    pub fn moved_snapshot(&self, group_id: &GroupId) -> Result<DangerousSnapshot, Error> {
        waiting_at(&Tombstone::load_or_new(self.store().as_ref(), group_id)?, group_id)
    }

    /// Erases the snapshot of a group that was moved away, which has arrived, and what the group had received, which
    /// has arrived with it: from here on it can't be taken back. A mark stays, so that the snapshot can't be imported
    /// here either. Calling again does nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no such group was moved away or the store fails.
    pub fn snapshot_arrived(&self, group_id: &GroupId) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let moved = Tombstone::load(self.store().as_ref(), group_id)?;
            let moved = moved.filter(|tombstone| !tombstone.is_here());
            let missing = || Error::Unavailable(Unavailable::Group(group_id.clone()));
            let mut tombstone = moved.ok_or_else(missing)?;
            tombstone.place = Place::Away;
            let mut delta = StateDelta::new();
            delta.delete_prefix(inbox::prefix(group_id));
            tombstone.put(group_id, &mut delta)?;
            match self.commit(&delta) {
                // An earlier one came late, or a store that tries twice met its own first try.
                Err(Error::Unavailable(Unavailable::Store(StoreError::Conflict))) => {}
                outcome => return outcome,
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Opens a group that was moved here. Its snapshot must not be imported anywhere else, nor ever again. Calling
    /// again, as after a failure of the store, opens the group as it is here by then: nothing goes back.
    ///
    /// # Errors
    /// [`Misuse::AlreadyImported`] if the group was here in this state or a later one, and isn't any more;
    /// [`Misuse::GroupHere`] if it is here by another way; [`Misuse::NoSigner`] if this client has no identity with
    /// the key of the group's leaf; [`Error::Crypto`] if the key is wrong or the snapshot was changed;
    /// [`Error::Unavailable`] if the store fails: call again.
    pub fn import_group(&self, snapshot: &DangerousSnapshot, key: &SnapshotKey) -> Result<Group, Error> {
        let arrived = self.open_snapshot(snapshot, key)?;
        if let Some(group) = self.entered_before(self.call("import", &[&arrived.group_id])?)? {
            return Ok(group);
        }
        let store = self.store().as_ref();
        let claim = self.0.open_groups.claim(&arrived.group_id)?;
        let mark = Mark::read(store, &arrived.group_id, self.0.first_suite()?)?;
        if let Some(present) = self.load_engine(&arrived.group_id)? {
            let state = arrived.reached;
            match mark.reached() {
                Some(here) if here.lineage == state.lineage && state.count <= here.count => {
                    return self.open(&arrived.group_id, claim);
                }
                _ if !present.is_removed() && !self.is_rolled_back(&arrived.group_id)? => {
                    return Err(Misuse::GroupHere.into());
                }
                _ => {}
            }
        }
        let tombstone = Tombstone::load_or_new(store, &arrived.group_id)?;
        if tombstone.has_passed(arrived.reached) {
            return Err(Misuse::AlreadyImported.into());
        }
        self.settle_in(arrived, tombstone, mark, claim)
    }

    /// Opens a group again that was exported, from the snapshot that is still here: the export is undone, as if it
    /// never had been. Only whoever is certain that the snapshot was imported nowhere may do so; in doubt come back by
    /// [`Client::group_info_of_moved`]. Calling again opens the group.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is no snapshot (any more) or the store fails; [`Error::Crypto`] if `key` isn't
    /// the one that it was exported with.
    pub fn take_back(
        &self,
        group_id: &GroupId,
        key: &SnapshotKey,
        _certain: NeverImported,
    ) -> Result<Group, Error> {
        if let Some(group) = self.entered_before(self.call("import", &[group_id])?)? {
            return Ok(group);
        }
        let claim = self.0.open_groups.claim(group_id)?;
        let store = self.store().as_ref();
        let mark = Mark::read(store, group_id, self.0.first_suite()?)?;
        // A mark alone is what is left of a batch that failed.
        if self.is_stored(group_id)? {
            return self.open(group_id, claim);
        }
        let tombstone = Tombstone::load_or_new(store, group_id)?;
        let arrived = self.open_snapshot(&waiting_at(&tombstone, group_id)?, key)?;
        self.settle_in(arrived, tombstone, mark, claim)
    }

    /// A GroupInfo of a group that was exported, made from the snapshot that is still here, for [`Client::rejoin`].
    /// That undoes an export without any danger: the group is entered by an external commit, with new keys, and
    /// whatever became of the snapshot is no member any more. If the group has moved on since the export, nobody
    /// accepts that commit: get a GroupInfo from a member then. What was pending here isn't taken along.
    ///
    /// # Errors
    /// As [`Client::take_back`]; [`Error::Misuse`] if this client was removed from the group.
    pub fn group_info_of_moved(&self, group_id: &GroupId, key: &SnapshotKey) -> Result<Vec<u8>, Error> {
        let Arrived { engine, .. } = self.open_snapshot(&self.moved_snapshot(group_id)?, key)?;
        let signer = self.signer_in(&engine)?;
        let group_info = engine.group_info(TreeTransfer::Inside, ExternalJoins::Possible, signer.as_ref())?;
        Ok(copath_codec::Encode::to_bytes(&MlsMessage::from(group_info))?)
    }

    /// What is wrong with a snapshot shows before anything is stored.
    fn open_snapshot(&self, snapshot: &DangerousSnapshot, key: &SnapshotKey) -> Result<Arrived, Error> {
        let (group_id, content) = snapshot.open(self.provider(), key)?;
        let trial = MemoryStore::new();
        trial.commit(&content)?;
        let missing = || Error::Unavailable(Unavailable::Group(group_id.clone()));
        let reached = Mark::read(&trial, &group_id, self.0.first_suite()?)?.reached().ok_or_else(missing)?;
        let engine = self.load_engine_from(&trial, &group_id)?.ok_or_else(missing)?;
        self.signer_in(&engine)?;
        Ok(Arrived { group_id, content, engine, reached })
    }

    /// `tombstone` and `mark` are those by which it was decided that the group may come in.
    fn settle_in(
        &self,
        arrived: Arrived,
        mut tombstone: Tombstone,
        mut mark: Mark,
        claim: OpenGroup,
    ) -> Result<Group, Error> {
        let Arrived { group_id, content, engine, reached } = arrived;
        let store = self.store().as_ref();
        let mut delta = spare_received(copath_group::Group::delete_records(&group_id));
        delta.merge(content);
        // Even when the group is deleted here some day, this snapshot can't begin it again.
        tombstone.pass(reached, Place::Here);
        tombstone.put(&group_id, &mut delta)?;
        self.leave_behind(&group_id, &mut delta)?;
        let next = mark.go_on_from(reached, &mut delta);
        match mark.carry_out(store, &delta, next) {
            Committed::Durable => Group::new(self.clone(), engine, claim, mark),
            Committed::No(error) => Err(error),
            Committed::Unknown(error) => {
                self.0.doors.remember(self.call("import", &[&group_id])?, &group_id, mark);
                Err(error)
            }
        }
    }

    /// After a failure of unknown outcome: whether the export took place. If it did, another batch is stored after it,
    /// so that it is durable too.
    fn is_on_its_way(&self, group_id: &GroupId, exported: &Tombstone, error: Error) -> Result<(), Error> {
        match Tombstone::load(self.store().as_ref(), group_id) {
            Ok(Some(found)) if found.says_the_same(exported) => {
                let mut delta = StateDelta::new();
                found.put(group_id, &mut delta)?;
                self.commit(&delta)
            }
            _ => Err(error),
        }
    }
}

/// The snapshot that waits for having arrived.
fn waiting_at(tombstone: &Tombstone, group_id: &GroupId) -> Result<DangerousSnapshot, Error> {
    match &tombstone.place {
        Place::OnItsWay(snapshot) => Ok(DangerousSnapshot::from_octets(snapshot.clone())),
        _ => Err(Error::Unavailable(Unavailable::Group(group_id.clone()))),
    }
}
