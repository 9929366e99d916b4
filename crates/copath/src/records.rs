//! The keys of a client's own records. Those of groups are the engine's.

use copath_crypto::SignatureScheme;
use copath_messages::{GroupId, Psk};
use copath_records::{RecordKey, RecordKind};

/// A key package with its private keys, under its KeyPackageRef.
pub(crate) fn key_package(reference: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::KEY_PACKAGE).push_bytes(reference)
}

/// A key package of the stock, under its KeyPackageRef; below it, under numbers, what has happened to it.
pub(crate) fn stocked(reference: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::KEY_PACKAGE_STOCK).push_bytes(reference)
}

/// How often the stock was replenished.
pub(crate) fn stock_round() -> RecordKey {
    RecordKey::new(RecordKind::KEY_PACKAGE_STOCK).push_u32(0)
}

/// An external PSK, under its id.
pub(crate) fn external_psk(id: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::EXTERNAL_PSK).push_bytes(id)
}

/// Where a pre-shared key is kept: external ones here, resumption PSKs with the group that they come from.
pub(crate) fn psk(psk: &Psk) -> RecordKey {
    match psk {
        Psk::External { psk_id } => external_psk(psk_id),
        Psk::Resumption { psk_group_id, psk_epoch, .. } => {
            RecordKey::new(RecordKind::RESUMPTION_PSK).push_bytes(psk_group_id).push_u64(*psk_epoch)
        }
    }
}

/// A signature key, under its scheme and the credential that names it.
pub(crate) fn identity(scheme: SignatureScheme, credential: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::IDENTITY).push_u32(scheme.0.into()).push_bytes(credential)
}

/// Signature keys that others have replaced, under their scheme and the credential that names them.
pub(crate) fn former_keys(scheme: SignatureScheme, credential: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::FORMER_KEY).push_u32(scheme.0.into()).push_bytes(credential)
}

/// An external join that waits for the delivery service, under its group.
pub(crate) fn pending_external_join(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::PENDING_EXTERNAL_JOIN).push_bytes(group_id)
}

/// The head of a group, by whose key groups are listed too.
pub(crate) fn group(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::GROUP).push_bytes(group_id)
}

/// What is left of a group that was moved to another store.
pub(crate) fn moved_group(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::MOVED_GROUP).push_bytes(group_id)
}

/// For each group, the epoch into which no Welcome to a key package of last resort leads any more, under the reference
/// of that; the group's id follows.
pub(crate) fn left_epochs(reference: &[u8]) -> RecordKey {
    RecordKey::new(RecordKind::LEFT_EPOCH).push_bytes(reference)
}

/// A group whose state is older than one that was used.
pub(crate) fn rolled_back(group_id: &GroupId) -> RecordKey {
    RecordKey::new(RecordKind::ROLLED_BACK).push_bytes(group_id)
}

/// The group that a record with a group's id as its first segment is about.
pub(crate) fn group_of(key: &RecordKey) -> Option<GroupId> {
    key.segments().bytes().map(GroupId::from)
}
