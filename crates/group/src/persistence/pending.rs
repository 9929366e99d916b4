//! The pending commit as a record: the difference to the present epoch.
//!
//! Tree pages and node keys that the commit changes, the new epoch's secrets, and what the Welcome is built from.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use copath_codec::{Decode, DecodeError, Encode, Reader, Writer};
use copath_crypto::{HashOutput, Secret, Suite};
use copath_key_schedule::{EncryptionSecret, SecretTree, SecretTreeRecord};
use copath_messages::{Proposal, Sender};
use copath_ratchet_tree::{NodeKey, NodeKeyId, PageChange, PageKey, RatchetTree, TreePrivateKeys};
use copath_tree_math::{LeafIndex, NodeIndex};

use super::encoding::{
    Head, encode_head, encode_secrets, read_node_key, read_record, read_secrets, read_welcome, write_welcome,
};
use super::pages::{StoredPages, with_changes};
use crate::commit::{
    CommitIntents, EpochEntry, MemberSecrets, PendingCommit, PendingCustom, WelcomeMaterial,
};
use crate::group::Lifecycle;
use crate::public_state::PublicState;
use crate::{GroupError, Misuse, Registrations, StoredStateError};

pub(super) fn encode_pending(
    pending: &PendingCommit,
    base_tree: &RatchetTree,
    base_keys: &TreePrivateKeys,
) -> Result<Secret, GroupError> {
    let entry = &pending.entry;
    let lifecycle = match &entry.reinit {
        None => Lifecycle::Active,
        Some(reinit) => Lifecycle::Reinitialized(reinit.clone()),
    };
    let pages = entry.public.tree().changed_pages(base_tree)?;
    let octets = pages.iter().filter_map(|(_, octets)| octets.as_deref());
    /// Room for what is of the same size in every epoch, and for most paths' keys.
    const REST: usize = 2048;
    let room = octets.fold(REST.saturating_add(pending.message.len()), |room, octets| {
        room.saturating_add(octets.len()).saturating_add(16)
    });
    let mut writer = Writer::wiping_with_capacity(room);
    writer.opaque(&pending.message);
    writer.opaque(encode_head(&entry.public, entry.own_leaf, &lifecycle)?.expose());
    writer.opaque(encode_secrets(&entry.secrets)?.expose());
    writer.opaque(encryption_secret(&entry.secret_tree)?.expose());
    writer.vector(|w| {
        for (page, octets) in &pages {
            w.u8(page.tier()).value(&page.index()).optional(octets.as_deref().map(Octets).as_ref());
        }
    });
    writer.vector(|w| {
        for (id, key) in entry.node_keys.changes_from(base_keys) {
            if let NodeKeyId::Node(node) = id {
                w.value(&node.as_u32()).optional(key.map(KeyPair).as_ref());
            }
        }
    });
    writer.vector(|w| {
        for leaf in &entry.changed_leaves {
            w.value(&leaf.as_u32());
        }
    });
    match &entry.welcome {
        None => {
            writer.u8(0);
        }
        Some(welcome) => {
            writer.u8(1);
            write_welcome(&mut writer, welcome, None);
        }
    }
    writer.vector(|w| {
        for change in &pending.custom {
            w.value(&change.sender).value(&Proposal::Custom(change.proposal.clone()));
        }
    });
    Ok(Secret::from(writer.finish()?))
}

/// The secret tree of a pending epoch is untouched, so it is its root.
fn encryption_secret(tree: &SecretTree) -> Result<Secret, GroupError> {
    let mut records = tree.records()?.into_iter();
    match (records.next(), records.next()) {
        (Some((SecretTreeRecord::Node(_), secret)), None) => Ok(secret),
        _ => Err(Misuse::Stale.into()),
    }
}

struct Octets<'a>(&'a [u8]);

impl Encode for Octets<'_> {
    fn encode(&self, writer: &mut Writer) {
        writer.opaque(self.0);
    }
}

struct KeyPair<'a>(&'a NodeKey);

impl Encode for KeyPair<'_> {
    fn encode(&self, writer: &mut Writer) {
        writer.opaque(self.0.public()).value(self.0.private());
    }
}

struct Parts {
    message: Vec<u8>,
    head: Vec<u8>,
    secrets: Secret,
    encryption_secret: Secret,
    pages: Vec<PageChange>,
    node_keys: Vec<(NodeIndex, Option<NodeKey>)>,
    changed_leaves: Vec<LeafIndex>,
    welcome: Option<WelcomeMaterial>,
    custom: Vec<PendingCustom>,
}

impl Parts {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            message: reader.opaque()?.to_vec(),
            head: reader.opaque()?.to_vec(),
            secrets: Secret::decode(reader)?,
            encryption_secret: Secret::decode(reader)?,
            pages: reader.vector(read_pages)?,
            node_keys: reader.vector(read_node_keys)?,
            changed_leaves: reader.list::<u32>()?.into_iter().filter_map(LeafIndex::new).collect(),
            welcome: match Presence::decode(reader)? {
                Presence(false) => None,
                Presence(true) => Some(read_welcome(reader)?),
            },
            custom: reader.vector(read_custom)?,
        })
    }
}

fn read_custom(reader: &mut Reader<'_>) -> Result<Vec<PendingCustom>, DecodeError> {
    let mut changes = Vec::new();
    while !reader.is_empty() {
        let sender = Sender::decode(reader)?;
        let at = reader.clone();
        let Proposal::Custom(proposal) = Proposal::decode(reader)? else {
            return Err(at.error(copath_codec::DecodeErrorKind::Presence { value: 0 }));
        };
        changes.push(PendingCustom { proposal, sender });
    }
    Ok(changes)
}

/// The presence octet of an optional whose content isn't a type of its own.
struct Presence(bool);

impl Presence {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.clone();
        match reader.u8()? {
            0 => Ok(Self(false)),
            1 => Ok(Self(true)),
            value => Err(at.error(copath_codec::DecodeErrorKind::Presence { value })),
        }
    }
}

pub(crate) fn read_pages(reader: &mut Reader<'_>) -> Result<Vec<PageChange>, DecodeError> {
    let mut pages = Vec::new();
    while !reader.is_empty() {
        let at = reader.clone();
        let tier = reader.u8()?;
        let index = u32::decode(reader)?;
        let page = PageKey::new(tier, index)
            .ok_or_else(|| at.error(copath_codec::DecodeErrorKind::Presence { value: tier }))?;
        let octets: Option<copath_codec::Opaque> = Decode::decode(reader)?;
        pages.push((page, octets.map(copath_codec::Opaque::into_vec)));
    }
    Ok(pages)
}

fn read_node_keys(reader: &mut Reader<'_>) -> Result<Vec<(NodeIndex, Option<NodeKey>)>, DecodeError> {
    let mut keys = Vec::new();
    while !reader.is_empty() {
        let node = NodeIndex::new(u32::decode(reader)?);
        let key = match Presence::decode(reader)? {
            Presence(false) => None,
            Presence(true) => Some(read_node_key(reader)?),
        };
        keys.push((node, key));
    }
    Ok(keys)
}

/// Rebuilds a pending commit on the stored pages and keys of the present epoch.
pub(super) fn read_pending(
    record: &[u8],
    (suite, registrations): (&Suite, &Arc<Registrations>),
    pages: StoredPages,
    base_keys: &TreePrivateKeys,
    intents: CommitIntents,
) -> Result<PendingCommit, GroupError> {
    let context = registrations.decode_context();
    let parts = read_record(record, context, Parts::read)?;
    let head = read_record(&parts.head, context, Head::read)?;
    let tree = RatchetTree::from_pages(suite, with_changes(pages, parts.pages))?;
    let own_leaf = LeafIndex::new(head.own_leaf).ok_or(StoredStateError::Damaged)?;
    let reinit = match &head.lifecycle {
        Lifecycle::Reinitialized(reinit) => Some(reinit.clone()),
        _ => None,
    };
    let secrets: MemberSecrets = read_record(parts.secrets.expose(), context, read_secrets)?;
    let node_keys = merge_keys(own_leaf, base_keys, parts.node_keys);
    let secret_tree = SecretTree::new(EncryptionSecret::from_secret(parts.encryption_secret), tree.size());
    let public = stored_public_state(suite, registrations, head, tree)?;
    Ok(PendingCommit {
        message_hash: suite.hash(&[&parts.message]),
        message: parts.message,
        intents,
        custom: parts.custom,
        entry: Box::new(EpochEntry {
            public,
            own_leaf,
            secrets,
            secret_tree,
            node_keys,
            changed_leaves: parts.changed_leaves,
            welcome: parts.welcome,
            reinit,
        }),
    })
}

fn merge_keys(
    own_leaf: LeafIndex,
    base: &TreePrivateKeys,
    changes: Vec<(NodeIndex, Option<NodeKey>)>,
) -> TreePrivateKeys {
    let copy = |key: &NodeKey| NodeKey::new(key.public().to_vec(), key.private().duplicate());
    let mut keys: BTreeMap<NodeKeyId, NodeKey> = base
        .iter()
        .filter(|(id, _)| matches!(id, NodeKeyId::Node(_)))
        .map(|(id, key)| (id, copy(key)))
        .collect();
    for (node, key) in changes {
        match key {
            Some(key) => keys.insert(NodeKeyId::Node(node), key),
            None => keys.remove(&NodeKeyId::Node(node)),
        };
    }
    TreePrivateKeys::from_keys(own_leaf, keys)
}

/// The public state of a head record and a tree, which have to fit together.
pub(crate) fn stored_public_state(
    suite: &Suite,
    registrations: &Arc<Registrations>,
    head: Head,
    tree: RatchetTree,
) -> Result<PublicState, GroupError> {
    if tree.tree_hash().as_ref() != head.context.tree_hash.as_ref() {
        return Err(StoredStateError::Inconsistent.into());
    }
    let tag = HashOutput::from_slice(&head.confirmation_tag).ok_or(StoredStateError::Damaged)?;
    PublicState::new(suite.clone(), head.context, tree, tag, registrations)
}
