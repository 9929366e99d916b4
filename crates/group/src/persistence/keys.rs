//! The keys of a group's records.

use copath_key_schedule::{ContentKind, SecretTreeRecord};
use copath_messages::GroupId;
use copath_ratchet_tree::{NodeKeyId, PageKey};
use copath_records::{RecordKey, RecordKind};
use copath_tree_math::{LeafIndex, NodeIndex};

/// Makes the keys of one group.
#[derive(Debug)]
pub(crate) struct GroupKeys<'a>(pub(crate) &'a GroupId);

const NODE: u32 = 0;
const PENDING_UPDATE: u32 = 1;

/// What tells the branch of a node of the secret tree from the node.
const BRANCH: u32 = 0;

impl GroupKeys<'_> {
    /// All kinds that a group has records of.
    pub(crate) const KINDS: [RecordKind; 21] = [
        RecordKind::GROUP,
        RecordKind::TREE_PAGE,
        RecordKind::EPOCH_SECRETS,
        RecordKind::RATCHET,
        RecordKind::SKIPPED_KEY,
        RecordKind::SECRET_TREE_NODE,
        RecordKind::PROPOSAL,
        RecordKind::PENDING_COMMIT,
        RecordKind::PAST_LEAF,
        RecordKind::PAST_EPOCH,
        RecordKind::NODE_KEY,
        RecordKind::RESUMPTION_PSK,
        RecordKind::WELCOME,
        RecordKind::COMMIT_INTENTS,
        RecordKind::LOST_INTENTS,
        RecordKind::SENT_COMMIT,
        RecordKind::GROUP_MARK,
        RecordKind::OUTGOING,
        RecordKind::ENTERED,
        RecordKind::RECEIVED,
        RecordKind::ROLLED_BACK,
    ];

    /// The prefix of all records of a kind; the key of a record that there is one of.
    pub(crate) fn of(&self, kind: RecordKind) -> RecordKey {
        RecordKey::new(kind).push_bytes(self.0)
    }

    pub(crate) fn epoch(&self, kind: RecordKind, epoch: u64) -> RecordKey {
        self.of(kind).push_u64(epoch)
    }

    pub(crate) fn page(&self, page: PageKey) -> RecordKey {
        self.of(RecordKind::TREE_PAGE).push_u32(page.tier().into()).push_u32(page.index())
    }

    pub(crate) fn node_key(&self, id: NodeKeyId) -> RecordKey {
        let key = self.of(RecordKind::NODE_KEY);
        match id {
            NodeKeyId::Node(node) => key.push_u32(NODE).push_u32(node.as_u32()),
            NodeKeyId::PendingUpdate(number) => key.push_u32(PENDING_UPDATE).push_u32(number),
        }
    }

    pub(crate) fn proposal(&self, position: u64) -> RecordKey {
        self.of(RecordKind::PROPOSAL).push_u64(position)
    }

    pub(crate) fn past_leaf(&self, epoch: u64, leaf: LeafIndex) -> RecordKey {
        self.epoch(RecordKind::PAST_LEAF, epoch).push_u32(leaf.as_u32())
    }

    pub(crate) fn secret_tree(&self, epoch: u64, record: SecretTreeRecord) -> RecordKey {
        match record {
            SecretTreeRecord::Node(node) => {
                self.epoch(RecordKind::SECRET_TREE_NODE, epoch).push_u32(node.as_u32())
            }
            SecretTreeRecord::Branch(top) => {
                self.epoch(RecordKind::SECRET_TREE_NODE, epoch).push_u32(top.as_u32()).push_u32(BRANCH)
            }
            SecretTreeRecord::Ratchet(leaf, kind) => {
                self.epoch(RecordKind::RATCHET, epoch).push_u32(leaf.as_u32()).push_u32(code(kind))
            }
            SecretTreeRecord::Skipped(leaf, kind, generation) => self
                .epoch(RecordKind::SKIPPED_KEY, epoch)
                .push_u32(leaf.as_u32())
                .push_u32(code(kind))
                .push_u32(generation),
        }
    }
}

/// The segments after the group's id.
pub(crate) fn own_segments(key: &RecordKey) -> Option<copath_records::Segments<'_>> {
    let mut segments = key.segments();
    segments.bytes()?;
    Some(segments)
}

pub(crate) fn parse_page(key: &RecordKey) -> Option<PageKey> {
    let mut segments = own_segments(key)?;
    let tier = u8::try_from(segments.u32()?).ok()?;
    PageKey::new(tier, segments.u32()?)
}

pub(crate) fn parse_node_key(key: &RecordKey) -> Option<NodeKeyId> {
    let mut segments = own_segments(key)?;
    match (segments.u32()?, segments.u32()?) {
        (NODE, node) => Some(NodeKeyId::Node(NodeIndex::new(node))),
        (PENDING_UPDATE, number) => Some(NodeKeyId::PendingUpdate(number)),
        _ => None,
    }
}

/// The epoch and the part of its secret tree that a record is about.
pub(crate) fn parse_secret_tree(key: &RecordKey) -> Option<(u64, SecretTreeRecord)> {
    let mut segments = own_segments(key)?;
    let epoch = segments.u64()?;
    let first = segments.u32()?;
    if key.kind() == RecordKind::SECRET_TREE_NODE {
        let node = NodeIndex::new(first);
        return match segments.u32() {
            None => Some((epoch, SecretTreeRecord::Node(node))),
            Some(BRANCH) => Some((epoch, SecretTreeRecord::Branch(node))),
            Some(_) => None,
        };
    }
    let leaf = LeafIndex::new(first)?;
    let kind = match segments.u32()? {
        0 => ContentKind::Handshake,
        1 => ContentKind::Application,
        _ => return None,
    };
    if key.kind() == RecordKind::RATCHET {
        return Some((epoch, SecretTreeRecord::Ratchet(leaf, kind)));
    }
    Some((epoch, SecretTreeRecord::Skipped(leaf, kind, segments.u32()?)))
}

fn code(kind: ContentKind) -> u32 {
    match kind {
        ContentKind::Handshake => 0,
        ContentKind::Application => 1,
    }
}
