//! Parent nodes as they are kept.

use alloc::vec::Vec;

use copath_codec::{DecodeError, Reader, Writer};
use copath_tree_math::{LeafIndex, NodeIndex};

use super::reader;
use crate::TreeError;

/// The fields of an encoded ParentNode.
///
/// RFC 9420 §7.1.
#[derive(Clone, Copy, Default)]
pub(crate) struct ParentView<'a> {
    pub(crate) encryption_key: &'a [u8],
    pub(crate) parent_hash: &'a [u8],
    /// The content of the vector: four octets a leaf, ascending.
    unmerged: &'a [u8],
}

impl<'a> ParentView<'a> {
    /// Reads a ParentNode at the cursor.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            encryption_key: reader.field("ParentNode.encryption_key", Reader::opaque)?,
            parent_hash: reader.field("ParentNode.parent_hash", Reader::opaque)?,
            unmerged: reader.field("ParentNode.unmerged_leaves", |r| {
                r.vector(|list| {
                    let mut entries = list.clone();
                    while !entries.is_empty() {
                        entries.take(4)?;
                    }
                    Ok(list.rest())
                })
            })?,
        })
    }

    /// The fields of kept octets.
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self::read(&mut reader(octets)).unwrap_or_default()
    }

    /// The entries of `unmerged_leaves` as they stand, whatever they are.
    pub(crate) fn raw_unmerged_leaves(&self) -> impl ExactSizeIterator<Item = u32> + 'a {
        self.unmerged.chunks_exact(4).map(|entry| entry.try_into().map_or(u32::MAX, u32::from_be_bytes))
    }

    /// The unmerged leaves, ascending.
    pub(crate) fn unmerged_leaves(&self) -> impl Iterator<Item = LeafIndex> + 'a {
        self.raw_unmerged_leaves().filter_map(LeafIndex::new)
    }

    /// Whether `leaf` is unmerged here.
    pub(crate) fn is_unmerged(&self, leaf: LeafIndex) -> bool {
        let entry = leaf.as_u32().to_be_bytes();
        let (entries, _) = self.unmerged.as_chunks::<4>();
        entries.binary_search(&entry).is_ok()
    }

    /// The unmerged leaves at or below `node`, ascending.
    pub(crate) fn unmerged_below(&self, node: NodeIndex) -> Vec<LeafIndex> {
        let (entries, _) = self.unmerged.as_chunks::<4>();
        let (first, last) = (node.first_leaf().as_u32(), node.last_leaf().as_u32());
        let start = entries.partition_point(|entry| u32::from_be_bytes(*entry) < first);
        let end = entries.partition_point(|entry| u32::from_be_bytes(*entry) <= last);
        let within = entries.get(start..end).unwrap_or_default();
        within.iter().filter_map(|entry| LeafIndex::new(u32::from_be_bytes(*entry))).collect()
    }

    /// The encoded ParentNode with the leaves `without`, ascending, taken out of its list.
    pub(crate) fn without(&self, without: &[LeafIndex]) -> Result<Vec<u8>, TreeError> {
        let kept = self.unmerged_leaves().filter(|leaf| without.binary_search(leaf).is_err());
        encode_parent(self.encryption_key, self.parent_hash, kept)
    }

    /// The encoded ParentNode with the leaves `added`, ascending, merged into its list.
    pub(crate) fn with(&self, added: &[LeafIndex]) -> Result<Vec<u8>, TreeError> {
        let mut merged: Vec<_> = self.unmerged_leaves().chain(added.iter().copied()).collect();
        merged.sort_unstable();
        merged.dedup();
        encode_parent(self.encryption_key, self.parent_hash, merged.into_iter())
    }
}

/// The encoding of a ParentNode.
pub(crate) fn encode_parent(
    encryption_key: &[u8],
    parent_hash: &[u8],
    unmerged_leaves: impl Iterator<Item = LeafIndex>,
) -> Result<Vec<u8>, TreeError> {
    let mut writer =
        Writer::with_capacity(encryption_key.len().saturating_add(parent_hash.len()).saturating_add(8));
    writer.opaque(encryption_key).opaque(parent_hash);
    writer.vector(|list| {
        for leaf in unmerged_leaves {
            list.bytes(&leaf.as_u32().to_be_bytes());
        }
    });
    Ok(writer.finish()?)
}

/// A filled parent node of a tree.
///
/// RFC 9420 §7.1.
#[derive(Clone, Copy)]
pub struct Parent<'a> {
    octets: &'a [u8],
    view: ParentView<'a>,
}

impl<'a> Parent<'a> {
    pub(crate) fn new(octets: &'a [u8]) -> Self {
        Self { octets, view: ParentView::new(octets) }
    }

    /// The encoded `ParentNode`.
    pub fn encoded(&self) -> &'a [u8] {
        self.octets
    }

    /// The public key of the node.
    pub fn encryption_key(&self) -> &'a [u8] {
        self.view.encryption_key
    }

    /// The parent hash: that of the next filled node above at the time of the commit that set it; empty if there was
    /// none (RFC 9420 §7.9).
    pub fn parent_hash(&self) -> &'a [u8] {
        self.view.parent_hash
    }

    /// The leaves below that don't hold the private key, ascending.
    pub fn unmerged_leaves(&self) -> impl Iterator<Item = LeafIndex> + 'a {
        self.view.unmerged_leaves()
    }

    /// Whether `leaf` is one of them.
    pub fn is_unmerged(&self, leaf: LeafIndex) -> bool {
        self.view.is_unmerged(leaf)
    }
}

impl core::fmt::Debug for Parent<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Parent")
            .field("unmerged_leaves", &self.view.raw_unmerged_leaves().len())
            .finish_non_exhaustive()
    }
}
