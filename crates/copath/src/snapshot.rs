//! A group's whole state, sealed for the way to another store.

use std::sync::Arc;

use copath_codec::{DecodeContext, Encode, Reader, Writer};
use copath_crypto::{CipherSuite, CryptoProvider, Secret, Suite};
use copath_messages::GroupId;
use copath_records::{Operation, Record, RecordKey, RecordKind, StateDelta, Store, StoreError};

use crate::suite_choice::suite_on;
use crate::{Error, Misuse};

/// All secrets of one group, encrypted, on the way to another store.
///
/// **Dangerous.** Whoever has it and its key is the member: can read what is sent to the group and send in the
/// member's name. Import it once, in one place, then delete every copy: two places that go on from one snapshot use
/// keys and nonces twice, and nobody can notice before the harm is done. It is no backup: a snapshot that is older
/// than the last message sent must never be used; a device that has lost its state rejoins
/// ([`Client::rejoin`](crate::Client::rejoin)).
#[derive(Clone, PartialEq, Eq)]
#[must_use = "the group is closed here; its snapshot has to be imported elsewhere, or taken back"]
pub struct DangerousSnapshot(Vec<u8>);

/// The key of a snapshot, to be carried apart from it: 32 random octets, or more of the application's own.
#[derive(Debug)]
pub struct SnapshotKey(Secret);

const VERSION: u8 = 1;
const LABEL: &str = "copath snapshot";
const SALT_OCTETS: usize = 32;
const KEY_OCTETS: usize = 32;

impl SnapshotKey {
    /// A random key of 32 octets.
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

    /// Seals the records of a group.
    pub(crate) fn seal(
        suite: &Suite,
        key: &SnapshotKey,
        group_id: &GroupId,
        content: &StateDelta,
    ) -> Result<Self, Error> {
        let plaintext = encode_content(group_id, content)?;
        let salt = suite.random_bytes(SALT_OCTETS)?;
        let keys = SnapshotKeys::derive(suite, key, &salt)?;
        let mut writer = Writer::new();
        writer.u8(VERSION).value(&suite.cipher_suite()).opaque(&salt);
        let mut snapshot = writer.finish()?;
        let ciphertext = suite.seal(&keys.key, keys.nonce.expose(), &snapshot, plaintext.expose())?;
        snapshot.extend(copath_codec::Opaque::from(ciphertext).to_bytes()?);
        Ok(Self(snapshot))
    }

    /// The group and its records.
    pub(crate) fn open(
        &self,
        provider: &Arc<dyn CryptoProvider>,
        key: &SnapshotKey,
    ) -> Result<(GroupId, StateDelta), Error> {
        let mut reader = Reader::new(&self.0, DecodeContext::rfc9420());
        let at = reader.clone();
        let version = reader.u8()?;
        if version != VERSION {
            return match version {
                0 => Err(at.error(copath_codec::DecodeErrorKind::Presence { value: version }).into()),
                found => Err(StoreError::NewerFormat { found, known: VERSION }.into()),
            };
        }
        let suite: CipherSuite = copath_codec::Decode::decode(&mut reader)?;
        let suite = suite_on(provider, suite)?;
        let salt = reader.opaque()?.to_vec();
        let header = self.0.get(..reader.offset()).unwrap_or_default();
        let ciphertext = reader.opaque()?;
        let keys = SnapshotKeys::derive(&suite, key, &salt)?;
        let plaintext = suite.open(&keys.key, keys.nonce.expose(), header, ciphertext)?;
        reader.finish()?;
        read_content(plaintext.expose())
    }
}

impl std::fmt::Debug for DangerousSnapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DangerousSnapshot({} octets)", self.0.len())
    }
}

/// All records of a group, as operations.
pub(crate) fn group_records(store: &dyn Store, group_id: &GroupId) -> Result<StateDelta, Error> {
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

fn encode_content(group_id: &GroupId, content: &StateDelta) -> Result<Secret, Error> {
    let mut writer = Writer::wiping();
    writer.opaque(group_id);
    writer.vector(|writer| {
        for operation in content {
            if let Operation::Put(key, record) = operation {
                writer.opaque(key.as_octets()).opaque(record.expose());
            }
        }
    });
    Ok(Secret::from(writer.finish()?))
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
