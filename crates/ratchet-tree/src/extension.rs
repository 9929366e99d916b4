//! The tree on the wire: the content of the `ratchet_tree` extension.
//!
//! RFC 9420 §12.4.3.3.

use alloc::vec::Vec;

use copath_codec::{Decode, DecodeContext, DecodeError, Reader, Writer};
use copath_crypto::Suite;
use copath_messages::NodeType;
use copath_rules::{Part, Violation, rule};
use copath_tree_math::{NodeIndex, TreeSize};

use crate::load::Loaded;
use crate::node::{LeafView, ParentView};
use crate::{RatchetTree, TreeError, rules};

/// How large a received tree may be.
///
/// Blank leaves take one octet on the wire and a hundred in memory. So beyond 2^16 leaves a received tree may have at
/// most 64 times as many leaves as filled ones. A group that has lost so many members that it is refused by this can
/// still be followed and loaded by those who are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLimits {
    /// The most leaves, blank ones included, that are accepted.
    pub max_leaves: u32,
}

impl Default for TreeLimits {
    fn default() -> Self {
        Self { max_leaves: 1 << 20 }
    }
}

/// Leaves that a received tree may have however few are filled.
const SPARSE_RECEIVED: u32 = 1 << 16;

/// Leaves that a tree from a store may have however few are filled: all that members reach within the default limit.
pub(crate) const SPARSE_STORED: u32 = 1 << 20;

/// Beyond `free` leaves, at most 64 are allowed for each filled one.
pub(crate) fn is_too_sparse(size: TreeSize, filled: usize, free: u32) -> bool {
    const LEAVES_PER_FILLED: u32 = 64;
    let filled = u32::try_from(filled).unwrap_or(u32::MAX);
    size.leaf_count() > free.max(filled.saturating_mul(LEAVES_PER_FILLED))
}

/// A node of the extension, where it stands.
#[derive(Clone, Copy)]
enum Entry<'a> {
    Blank,
    Leaf { credential_length: usize, octets: &'a [u8] },
    Parent(&'a [u8]),
}

impl RatchetTree {
    /// Reads a tree from the content of a `ratchet_tree` extension.
    ///
    /// RFC 9420 §12.4.3.3. Structure alone is checked: no signature, no parent hash, no leaf against its group; that
    /// is what [`RatchetTree::validate`] does. Compare the tree hash before any use (rule 12.4.3.3-06).
    ///
    /// # Errors
    /// [`TreeError::Malformed`], [`TreeError::TooLarge`] beyond `limits`, or a rule: 12.4.3.3-02, 12.4.3.3-04,
    /// 7.1-01, 7.9.2-04, 12.4.3.1-15, 12.4.3.1-16.
    pub fn decode(
        suite: &Suite,
        octets: &[u8],
        context: &DecodeContext,
        limits: &TreeLimits,
    ) -> Result<Self, TreeError> {
        let most = usize::try_from(limits.max_leaves).unwrap_or(usize::MAX).saturating_mul(2);
        let mut reader = Reader::new(octets, context);
        let entries = reader.vector(|list| {
            let mut entries = Vec::new();
            while !list.is_empty() && entries.len() < most {
                entries.push(read_entry(list)?);
            }
            Ok((entries, list.rest().is_empty()))
        })?;
        reader.finish()?;
        let (entries, complete) = entries;
        if !complete {
            return Err(TreeError::TooLarge);
        }
        check_places(&entries)?;
        let size = TreeSize::of_node_count(entries.len()).ok_or(TreeError::TooLarge)?;
        let filled = entries.iter().filter(|entry| matches!(entry, Entry::Leaf { .. })).count();
        if size.leaf_count() > limits.max_leaves || is_too_sparse(size, filled, SPARSE_RECEIVED) {
            return Err(TreeError::TooLarge);
        }
        let tree = Self::load(suite, size, |node| match entries.get(node.as_usize()) {
            None | Some(Entry::Blank) => Ok(Loaded::Blank),
            Some(Entry::Parent(octets)) => Ok(Loaded::Parent(octets)),
            Some(Entry::Leaf { credential_length, octets }) => Ok(Loaded::Leaf(*credential_length, octets)),
        })?;
        rules::check_structure(&tree)?;
        tree.hashed(suite)
    }

    /// The content of a `ratchet_tree` extension: all nodes up to the last filled one.
    ///
    /// RFC 9420 §12.4.3.3.
    ///
    /// # Errors
    /// [`TreeError::TooLarge`] above 2^30 - 1 octets.
    pub fn encode(&self) -> Result<Vec<u8>, TreeError> {
        let nodes = self.nodes.last_filled_leaf().map_or(0, |leaf| leaf.node().as_u32().saturating_add(1));
        let mut writer = Writer::new();
        writer.vector(|list| {
            for node in (0..nodes).map(NodeIndex::new) {
                self.write_node(node, list);
            }
        });
        Ok(writer.finish()?)
    }

    fn write_node(&self, node: NodeIndex, writer: &mut Writer) {
        let (node_type, octets) = match node.leaf() {
            Some(leaf) => (NodeType::Leaf, self.leaf(leaf).map(|leaf| leaf.encoded())),
            None => (NodeType::Parent, self.parent(node).map(|parent| parent.encoded())),
        };
        match octets {
            None => writer.u8(0),
            Some(octets) => writer.u8(1).value(&node_type).bytes(octets),
        };
    }
}

fn read_entry<'a>(reader: &mut Reader<'a>) -> Result<Entry<'a>, DecodeError> {
    let mut presence = reader.clone();
    match presence.u8()? {
        1 => {
            reader.take(1)?;
            read_node(reader)
        }
        // Blank, or refused as any optional is.
        _ => Option::<u16>::decode(reader).map(|_| Entry::Blank),
    }
}

fn read_node<'a>(reader: &mut Reader<'a>) -> Result<Entry<'a>, DecodeError> {
    match reader.field("Node.node_type", NodeType::decode)? {
        NodeType::Leaf => {
            let (leaf, octets) = reader.span(LeafView::read)?;
            Ok(Entry::Leaf { credential_length: leaf.credential.len(), octets })
        }
        NodeType::Parent => {
            let (_, octets) = reader.span(ParentView::read)?;
            Ok(Entry::Parent(octets))
        }
    }
}

/// The last entry is filled, and each entry stands where its kind belongs.
fn check_places(entries: &[Entry<'_>]) -> Result<(), Violation> {
    if entries.last().is_none_or(|last| matches!(last, Entry::Blank)) {
        return Err(Violation::new(rule!("12.4.3.3-02")).at(Part::RatchetTree));
    }
    let misplaced = |(node, entry): (u32, &Entry<'_>)| match entry {
        Entry::Blank => None,
        Entry::Leaf { .. } => (node % 2 == 1).then_some(node),
        Entry::Parent(_) => (node % 2 == 0).then_some(node),
    };
    let refuse = |node: u32| Err(Violation::new(rule!("12.4.3.3-04")).at(Part::Node(node)));
    if let Some(node) = (0..).zip(entries).find_map(misplaced) {
        return refuse(node);
    }
    match u32::try_from(entries.len()) {
        Ok(length) if length % 2 == 0 => refuse(length.saturating_sub(1)),
        _ => Ok(()),
    }
}
