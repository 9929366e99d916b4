//! Building a tree from all its nodes at once, and keeping it as records.

use alloc::vec::Vec;

use copath_codec::{DecodeContext, DecodeError, Reader};
use copath_crypto::Suite;
use copath_tree_math::{NodeIndex, TreeSize};

use crate::extension::{SPARSE_STORED, is_too_sparse};
use crate::index::BulkTally;
use crate::node::{LeafView, ParentView, keep_leaf};
use crate::pages::{PageChange, PageKey, decode_record, place};
use crate::{RatchetTree, TreeError};

/// What is kept for a node, on the way into a tree.
pub(crate) enum Loaded<'a> {
    Blank,
    /// A LeafNode, and the length of its credential.
    Leaf(usize, &'a [u8]),
    /// A leaf as it is kept.
    KeptLeaf(&'a [u8]),
    Parent(&'a [u8]),
}

impl RatchetTree {
    /// A tree of `size` with the nodes that `node` gives, indexed and counted, but not hashed.
    pub(crate) fn load<'a>(
        suite: &Suite,
        size: TreeSize,
        mut node: impl FnMut(NodeIndex) -> Result<Loaded<'a>, TreeError>,
    ) -> Result<Self, TreeError> {
        let mut tree = Self::blank(suite, size)?;
        let mut tally = BulkTally::default();
        let (mut signature, mut encryption) = (Vec::new(), Vec::new());
        let Self { nodes, keys, features, .. } = &mut tree;
        nodes.fill(&mut |index, octets| {
            let start = octets.len();
            match node(index)? {
                Loaded::Blank => return Ok(()),
                Loaded::Leaf(credential_length, leaf) => keep_leaf(credential_length, leaf, octets)?,
                Loaded::KeptLeaf(kept) => octets.extend_from_slice(kept),
                Loaded::Parent(parent) => {
                    let view = whole(parent, ParentView::read)?;
                    encryption.push((keys.fingerprint(view.encryption_key), index));
                    octets.extend_from_slice(parent);
                    return Ok(());
                }
            }
            let view = whole(octets.get(start..).unwrap_or_default(), LeafView::read_kept)?;
            encryption.push((keys.fingerprint(view.encryption_key), index));
            signature.push((keys.fingerprint(view.signature_key), index.first_leaf()));
            tally.add(&view);
            Ok(())
        })?;
        keys.load(signature, encryption);
        features.apply(&tally.finish());
        features.settle();
        Ok(tree)
    }

    /// The same tree with all hashes computed.
    pub(crate) fn hashed(mut self, suite: &Suite) -> Result<Self, TreeError> {
        self.nodes.rehash(suite, &mut self.cost)?;
        Ok(self)
    }

    /// All pages that aren't blank, as records of a store.
    ///
    /// # Errors
    /// [`TreeError::TooLarge`] if a node is larger than the encoding allows.
    pub fn pages(&self) -> Result<impl Iterator<Item = (PageKey, Vec<u8>)>, TreeError> {
        let changes = self.nodes.changes_from(None)?;
        Ok(changes.into_iter().filter_map(|(key, octets)| Some((key, octets?))))
    }

    /// The records in which this tree differs from `base`: each with its new octets, or `None` if it is to be
    /// deleted.
    ///
    /// Pages that both trees share are not looked at: O(log n) for a commit if this tree was made from `base`.
    ///
    /// # Errors
    /// [`TreeError::TooLarge`] if a node is larger than the encoding allows.
    pub fn changed_pages(&self, base: &Self) -> Result<Vec<PageChange>, TreeError> {
        self.nodes.changes_from(Some(&base.nodes))
    }

    /// The tree whose pages these are. All hashes are computed anew: compare the tree hash with the one that is
    /// known, and no page can have been exchanged. Beyond 2^20 leaves at most 64 are allowed for each filled one, so
    /// that a forged page can't ask for more memory than there is.
    ///
    /// # Errors
    /// [`TreeError::DamagedPages`], [`TreeError::Malformed`].
    pub fn from_pages<P: AsRef<[u8]>>(
        suite: &Suite,
        pages: impl IntoIterator<Item = (PageKey, P)>,
    ) -> Result<Self, TreeError> {
        let mut records: Vec<(PageKey, P)> = pages.into_iter().collect();
        records.sort_by_key(|(key, _)| *key);
        let mut nodes: Vec<(PageKey, [&[u8]; 15])> = Vec::with_capacity(records.len());
        let (mut last, mut highest, mut filled) = (None, NodeIndex::new(0), 0usize);
        for (key, record) in &records {
            let slots = decode_record(record.as_ref())?;
            for (slot, _) in slots.iter().enumerate().filter(|(_, kept)| !kept.is_empty()) {
                let node = key.node(slot);
                last = last.max(node.leaf());
                filled = filled.saturating_add(usize::from(node.is_leaf()));
                highest = highest.max(node);
            }
            if nodes.last().is_some_and(|(before, _)| before == key) {
                return Err(TreeError::DamagedPages);
            }
            nodes.push((*key, slots));
        }
        let size = TreeSize::holding(last.ok_or(TreeError::DamagedPages)?);
        if !size.contains(highest) || is_too_sparse(size, filled, SPARSE_STORED) {
            return Err(TreeError::DamagedPages);
        }
        // Nodes are asked for page by page, so that one in fifteen has to be looked up.
        let mut at_hand: Option<(PageKey, [&[u8]; 15])> = None;
        let tree = Self::load(suite, size, |node| {
            let (key, slot) = place(node);
            let slots = match at_hand {
                Some((page, slots)) if page == key => slots,
                _ => slots_of(&nodes, key),
            };
            at_hand = Some((key, slots));
            let kept = slots.get(slot).copied().unwrap_or_default();
            Ok(match (kept.is_empty(), node.is_leaf()) {
                (true, _) => Loaded::Blank,
                (false, true) => Loaded::KeptLeaf(kept),
                (false, false) => Loaded::Parent(kept),
            })
        })?;
        tree.hashed(suite)
    }
}

/// What is kept for the nodes of a page; `pages` are in order.
fn slots_of<'a>(pages: &[(PageKey, [&'a [u8]; 15])], key: PageKey) -> [&'a [u8]; 15] {
    let found = pages.binary_search_by_key(&key, |(key, _)| *key).ok();
    found.and_then(|at| pages.get(at)).map_or([&[]; 15], |(_, slots)| *slots)
}

/// What is kept for a node, which has to be readable to its end.
fn whole<'k, T>(
    kept: &'k [u8],
    read: impl FnOnce(&mut Reader<'k>) -> Result<T, DecodeError>,
) -> Result<T, TreeError> {
    let mut reader = Reader::new(kept, DecodeContext::rfc9420());
    let view = read(&mut reader)?;
    reader.finish()?;
    Ok(view)
}
