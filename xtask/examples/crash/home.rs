//! The stores of a client: two, between which its groups move. One of them is encrypted, and its keys change.

use std::path::Path;
use std::sync::Arc;

use copath::{Client, Error, Group, GroupId, Secret, SnapshotKey, Store, StoreError};
use copath_store_encrypted::{EncryptedStore, StoreSecret};
use copath_store_sqlite::SqliteStore;

use crate::dice::Dice;
use crate::lazy::LazyStore;
use crate::person::Sabotage;

/// One store, and the client on it.
pub(crate) struct Home {
    pub(crate) client: Client,
    pub(crate) encryption: Option<Encryption>,
}

/// An encrypted store whose keys change.
pub(crate) struct Encryption {
    store: Arc<EncryptedStore<SqliteStore>>,
    number: u8,
    /// Which of the application's two secrets opens it.
    second: bool,
}

/// How many records are sealed anew at once.
const SOME: usize = 30;

/// Opens a store that isn't encrypted.
pub(crate) fn open(path: &Path, sabotage: Sabotage) -> Result<Arc<dyn Store>, StoreError> {
    Ok(perhaps_lazy(SqliteStore::open(path)?, sabotage))
}

/// Opens one that is.
pub(crate) fn open_encrypted(
    path: &Path,
    number: u8,
    sabotage: Sabotage,
) -> Result<(Arc<dyn Store>, Encryption), StoreError> {
    let first = EncryptedStore::open_or_create(SqliteStore::open(path)?, &secret(number, false));
    let (store, second) = match first {
        // The secret was changed before the process ended.
        Err(StoreError::WrongKey) => {
            (EncryptedStore::open(SqliteStore::open(path)?, &secret(number, true))?, true)
        }
        store => (store?, false),
    };
    let store = Arc::new(store);
    let encryption = Encryption { store: Arc::clone(&store), number, second };
    Ok((perhaps_lazy(store, sabotage), encryption))
}

fn perhaps_lazy(store: impl Store + 'static, sabotage: Sabotage) -> Arc<dyn Store> {
    match sabotage {
        Sabotage::None => Arc::new(store),
        Sabotage::LazyStore => Arc::new(LazyStore::new(store)),
    }
}

fn secret(number: u8, second: bool) -> StoreSecret {
    StoreSecret::key([if second { !number } else { number }; 32])
}

impl Encryption {
    /// Changes the secret, or goes on with changing the data key.
    pub(crate) fn rotate(&mut self, dice: &mut Dice) -> Result<(), StoreError> {
        let present = secret(self.number, self.second);
        match dice.below(3) {
            0 => {
                self.store.rekey(&present, &secret(self.number, !self.second))?;
                self.second = !self.second;
            }
            1 => self.store.begin_reencryption(&present)?,
            _ => drop(self.store.continue_reencryption(&present, SOME)?),
        }
        Ok(())
    }
}

impl Home {
    /// Moves an open group to another store.
    pub(crate) fn send(group: Group, to: &Self) -> Result<Group, Error> {
        let (from, id, key) = (group.client().clone(), group.group_id().clone(), key()?);
        let snapshot = group.export_for_moving(&key)?.snapshot;
        let moved = to.client.import_group(&snapshot, &key)?;
        from.snapshot_arrived(&id)?;
        Ok(moved)
    }

    /// Ends the moves to `to` that were under way.
    pub(crate) fn finish_moves(&self, to: &Self) -> Result<(), Error> {
        for id in self.client.moved_groups()? {
            to.client.import_group(&self.client.moved_snapshot(&id)?, &key()?)?;
            self.client.snapshot_arrived(&id)?;
        }
        Ok(())
    }

    /// Whether an open group is in this store.
    pub(crate) fn has(&self, group: &Group) -> bool {
        Arc::ptr_eq(group.client().store(), self.client.store())
    }

    pub(crate) fn groups(&self) -> Result<Vec<(GroupId, Group)>, Error> {
        let load = |id: GroupId| self.client.load_group(&id).map(|group| (id, group));
        self.client.groups()?.into_iter().map(load).collect()
    }
}

/// The same for all: what the crash test looks at isn't who may read a snapshot.
fn key() -> Result<SnapshotKey, Error> {
    SnapshotKey::from_secret(Secret::copy_of(&[42; 32]))
}
