//! Moving a group to another store.
//!
//! A group has one home: two copies that both go on use the same keys and nonces for different messages, which gives
//! their contents away (RFC 9420 §9.1), and fall apart with the next commit. So exporting closes the group here for
//! good, in the same batch, and the snapshot stays in the store until it has arrived.

use copath_codec::{DecodeContext, Encode, Reader, Writer};
use copath_crypto::{CipherSuite, CryptoProvider, Secret, Suite};
use copath_messages::GroupId;
use copath_records::{
    MemoryStore, Operation, Record, RecordKey, RecordKind, StateDelta, Store, StoreError, unwrap_payload,
    wrap_payload,
};

use crate::mark::{Committed, Mark};
use crate::{Client, Error, Group, Misuse, Unavailable, records};

/// All secrets of one group, encrypted, on the way to another store.
///
/// **Dangerous.** Whoever has it and its key is the member: can read what is sent to the group and send in the
/// member's name. Import it once, in one place, then delete every copy: two places that go on from one snapshot use
/// keys and nonces twice, and nobody can notice before the harm is done. It is no backup: a snapshot that is older
/// than the last message sent must never be used; a device that has lost its state rejoins
/// ([`Client::rejoin`](crate::Client::rejoin)).
#[derive(Clone, PartialEq, Eq)]
#[must_use = "the group is closed here; its snapshot has to be imported elsewhere"]
pub struct DangerousSnapshot(Vec<u8>);

/// The key of a snapshot: as many random octets as the suite's hash has, to be carried apart from the snapshot.
#[derive(Debug)]
pub struct SnapshotKey(Secret);

const VERSION: u8 = 1;
const LABEL: &str = "copath snapshot";
const SALT_OCTETS: usize = 32;
const KEY_OCTETS: usize = 32;

impl SnapshotKey {
    /// A random key.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is no randomness.
    pub fn generate(provider: &dyn CryptoProvider) -> Result<Self, Error> {
        Ok(Self(Secret::try_fill(KEY_OCTETS, |octets| provider.random(octets))?))
    }

    /// A key that was carried over, or derived elsewhere, as by a password hash. At least 32 octets that nobody can
    /// guess: a password is none.
    ///
    /// # Errors
    /// [`Error::Misuse`] if it is shorter.
    pub fn from_secret(key: Secret) -> Result<Self, Error> {
        if key.len() < KEY_OCTETS { Err(Misuse::ShortSnapshotKey.into()) } else { Ok(Self(key)) }
    }

    /// The key, to be carried to where the snapshot is imported.
    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

impl DangerousSnapshot {
    /// A snapshot that arrived as octets.
    pub fn from_octets(octets: Vec<u8>) -> Self {
        Self(octets)
    }

    /// The octets to carry over. They are encrypted; the key travels another way.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for DangerousSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DangerousSnapshot({} octets)", self.0.len())
    }
}

/// What stands where a group was.
#[derive(Debug)]
struct Tombstone {
    /// How far the group had come.
    count: u64,
    /// The snapshot, until it has arrived.
    snapshot: Option<Vec<u8>>,
}

impl Tombstone {
    fn to_record(&self) -> Result<Record, Error> {
        let mut writer = Writer::new();
        writer.value(&self.count).optional(self.snapshot.clone().map(copath_codec::Opaque::from).as_ref());
        Ok(wrap_payload(&writer.finish()?))
    }

    fn load(store: &dyn Store, group_id: &GroupId) -> Result<Option<Self>, Error> {
        let Some(record) = store.load(&records::moved_group(group_id))? else { return Ok(None) };
        Self::read(&record).map(Some)
    }

    fn read(record: &Record) -> Result<Self, Error> {
        let (_, payload) = unwrap_payload(record)?;
        let mut reader = Reader::new(payload, DecodeContext::rfc9420());
        let damaged = |_| Error::from(StoreError::Corrupt);
        let count = copath_codec::Decode::decode(&mut reader).map_err(damaged)?;
        let snapshot: Option<copath_codec::Opaque> =
            copath_codec::Decode::decode(&mut reader).map_err(damaged)?;
        Ok(Self { count, snapshot: snapshot.map(copath_codec::Opaque::into_vec) })
    }
}

impl Group {
    /// Closes the group here for good and gives its whole state, encrypted under `key`, to be imported elsewhere by
    /// [`Client::import_group`]. Until [`Client::snapshot_arrived`] the snapshot can be had again, also after a
    /// crash, by [`Client::moved_snapshot`].
    ///
    /// The signature key isn't part of it: the importing client is built with the same identity.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store or randomness fail; the group stays open then.
    pub fn export_for_moving(self, key: &SnapshotKey) -> Result<DangerousSnapshot, Error> {
        let mut group = self;
        group.settle()?;
        let group_id = group.group_id().clone();
        let content = group_records(group.client().store().as_ref(), &group_id)?;
        let snapshot = seal(group.engine().suite(), key, &group_id, &content)?;
        let before = Tombstone::load(group.client().store().as_ref(), &group_id)?;
        let count = group.mark_count().max(before.map_or(0, |before| before.count));
        let tombstone = Tombstone { count, snapshot: Some(snapshot.clone()) };
        let mut delta = copath_group::Group::delete_records(&group_id);
        delta.put(records::moved_group(&group_id), tombstone.to_record()?);
        group.close(delta)?;
        Ok(DangerousSnapshot(snapshot))
    }
}

impl Client {
    /// The groups that were moved away and whose snapshots may not have arrived.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the store fails.
    pub fn moved_groups(&self) -> Result<Vec<GroupId>, Error> {
        let mut ids = Vec::new();
        for (key, record) in self.store().scan(&RecordKey::new(RecordKind::MOVED_GROUP))? {
            if Tombstone::read(&record)?.snapshot.is_some() {
                ids.extend(records::group_of(&key));
            }
        }
        Ok(ids)
    }

    /// The snapshot of a group that was moved away, until [`Client::snapshot_arrived`].
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none or the store fails.
    pub fn moved_snapshot(&self, group_id: &GroupId) -> Result<DangerousSnapshot, Error> {
        let tombstone = Tombstone::load(self.store().as_ref(), group_id)?;
        let snapshot = tombstone.and_then(|tombstone| tombstone.snapshot);
        let missing = || Error::Unavailable(Unavailable::Group(group_id.clone()));
        snapshot.map(DangerousSnapshot).ok_or_else(missing)
    }

    /// Erases the snapshot of a group that was moved away, which has arrived. A mark stays, so that the old snapshot
    /// can't be imported here again.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none or the store fails.
    pub fn snapshot_arrived(&self, group_id: &GroupId) -> Result<(), Error> {
        let tombstone = Tombstone::load(self.store().as_ref(), group_id)?;
        let missing = || Error::Unavailable(Unavailable::Group(group_id.clone()));
        let count = tombstone.ok_or_else(missing)?.count;
        let mut delta = StateDelta::new();
        delta.put(records::moved_group(group_id), Tombstone { count, snapshot: None }.to_record()?);
        Ok(self.store().commit(&delta)?)
    }

    /// Opens a group that was moved here. Its snapshot must not be imported anywhere else, nor ever again.
    ///
    /// # Errors
    /// [`Error::Misuse`] if the group is in this store, or was once and went further than the snapshot (importing
    /// twice), or if this client has no identity with the key of the group's leaf; [`Error::Crypto`] if the key is
    /// wrong or the snapshot was changed.
    pub fn import_group(&self, snapshot: &DangerousSnapshot, key: &SnapshotKey) -> Result<Group, Error> {
        let (group_id, suite, content) = self.open_snapshot(snapshot, key)?;
        let claim = self.0.open_groups.claim(&group_id)?;
        let store = self.store().as_ref();
        if store.load(&RecordKey::new(RecordKind::GROUP).push_bytes(&group_id))?.is_some() {
            return Err(Misuse::AlreadyImported.into());
        }
        // What is wrong with the snapshot shows before anything is stored.
        let trial = MemoryStore::new();
        trial.commit(&content)?;
        let count = Mark::read(&trial, &group_id, &suite)?.count();
        if Tombstone::load(store, &group_id)?.is_some_and(|tombstone| count <= tombstone.count) {
            return Err(Misuse::AlreadyImported.into());
        }
        let engine = self.load_engine_from(&trial, &group_id)?;
        let engine = engine.ok_or(Unavailable::Group(group_id.clone())).map_err(Error::Unavailable)?;
        self.signer_in(&engine)?;
        let mut mark = Mark::read(store, &group_id, &suite)?;
        let mut delta = content;
        // Even when the group is deleted here some day, this snapshot can't begin it again.
        delta.put(records::moved_group(&group_id), Tombstone { count, snapshot: None }.to_record()?);
        let next = mark.go_on_from(count, &mut delta);
        match mark.carry_out(store, &delta, next) {
            Committed::Durable => {}
            Committed::No(error) | Committed::Unknown(error) => return Err(error),
        }
        Group::new(self.clone(), engine, claim, mark)
    }

    fn open_snapshot(
        &self,
        snapshot: &DangerousSnapshot,
        key: &SnapshotKey,
    ) -> Result<(GroupId, Suite, StateDelta), Error> {
        let mut reader = Reader::new(&snapshot.0, DecodeContext::rfc9420());
        let at = reader.clone();
        let version = reader.u8()?;
        if version != VERSION {
            return match version {
                0 => Err(at.error(copath_codec::DecodeErrorKind::Presence { value: version }).into()),
                found => Err(StoreError::NewerFormat { found, known: VERSION }.into()),
            };
        }
        let suite: CipherSuite = copath_codec::Decode::decode(&mut reader)?;
        let suite =
            Suite::new(self.provider(), suite).map_err(|error| Error::from(error).on(self.provider()))?;
        let salt = reader.opaque()?.to_vec();
        let header = snapshot.0.get(..reader.offset()).unwrap_or_default();
        let ciphertext = reader.opaque()?;
        let keys = SnapshotKeys::derive(&suite, key, &salt)?;
        let plaintext = suite.open(&keys.key, keys.nonce.expose(), header, ciphertext)?;
        reader.finish()?;
        let (group_id, content) = read_content(plaintext.expose())?;
        Ok((group_id, suite, content))
    }
}

/// All records of a group, as operations.
fn group_records(store: &dyn Store, group_id: &GroupId) -> Result<StateDelta, Error> {
    let mut content = StateDelta::new();
    for operation in copath_group::Group::delete_records(group_id) {
        if let Operation::DeletePrefix(prefix) = operation {
            for (key, record) in store.scan(&prefix)? {
                content.put(key, record);
            }
        }
    }
    Ok(content)
}

struct SnapshotKeys {
    key: Secret,
    nonce: Secret,
}

impl SnapshotKeys {
    /// The salt is random, so no two snapshots share key and nonce.
    fn derive(suite: &Suite, key: &SnapshotKey, salt: &[u8]) -> Result<Self, Error> {
        let secret = suite.extract(&Secret::copy_of(salt), &key.0);
        let aead = suite.aead();
        Ok(Self {
            key: suite.expand_with_label(&secret, LABEL, b"key", aead.key_length())?,
            nonce: suite.expand_with_label(&secret, LABEL, b"nonce", aead.nonce_length())?,
        })
    }
}

fn seal(
    suite: &Suite,
    key: &SnapshotKey,
    group_id: &GroupId,
    content: &StateDelta,
) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::wiping();
    writer.opaque(group_id);
    writer.vector(|writer| {
        for operation in content {
            if let Operation::Put(key, record) = operation {
                writer.opaque(key.as_octets()).opaque(record.expose());
            }
        }
    });
    let plaintext = Secret::from(writer.finish()?);
    let salt = suite.random_bytes(SALT_OCTETS)?;
    let keys = SnapshotKeys::derive(suite, key, &salt)?;
    let mut writer = Writer::new();
    writer.u8(VERSION).value(&suite.cipher_suite()).opaque(&salt);
    let mut snapshot = writer.finish()?;
    let ciphertext = suite.seal(&keys.key, keys.nonce.expose(), &snapshot, plaintext.expose())?;
    snapshot.extend(copath_codec::Opaque::from(ciphertext).to_bytes()?);
    Ok(snapshot)
}

/// Only records of one group: a snapshot writes to nothing else.
fn read_content(plaintext: &[u8]) -> Result<(GroupId, StateDelta), Error> {
    let mut reader = Reader::new(plaintext, DecodeContext::rfc9420());
    let group_id = GroupId::from(reader.opaque()?.to_vec());
    let prefixes = copath_group::Group::delete_records(&group_id);
    let of_group = |key: &RecordKey| {
        prefixes
            .iter()
            .any(|operation| matches!(operation, Operation::DeletePrefix(prefix) if key.starts_with(prefix)))
    };
    let content = reader.vector(|reader| {
        let mut content = StateDelta::new();
        while !reader.is_empty() {
            let at = reader.clone();
            let key = RecordKey::from_octets(reader.opaque()?.to_vec()).filter(of_group);
            let key = key.ok_or_else(|| {
                at.error(copath_codec::DecodeErrorKind::Presence { value: RecordKind::MOVED_GROUP.0 })
            })?;
            content.put(key, Record::copy_of(reader.opaque()?));
        }
        Ok(content)
    })?;
    reader.finish()?;
    Ok((group_id, content))
}
