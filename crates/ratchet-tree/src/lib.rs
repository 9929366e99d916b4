//! The ratchet tree of MLS: persistent, paged, hashed where it changed.
//!
//! RFC 9420 §4, §7 and §12.4.3.3. A [`RatchetTree`] is a value: [`RatchetTree::edit`] applies proposals,
//! [`RatchetTree::create_path`] and [`RatchetTree::apply_path`] merge an update path, each giving a new tree that
//! shares all pages but those on the paths that changed. Cost follows the change: a commit copies, hashes and stores
//! O(log n) nodes whatever the size of the group; indexes and counts are kept beside the nodes, so that no rule scans
//! all leaves.
//!
//! - Public half: [`RatchetTree`], [`TreeEdit`], [`Leaf`], [`Parent`]; on the wire [`RatchetTree::decode`] and
//!   [`RatchetTree::encode`]; on disk [`RatchetTree::pages`], [`RatchetTree::changed_pages`],
//!   [`RatchetTree::from_pages`].
//! - Paths: [`PathDraft`] (sender, two steps), [`MergedPath`] (everybody) and [`OpenedPath`] (members);
//!   [`TreePrivateKeys`].
//! - Rules: [`LeafRules`], [`check_source`], [`check_encryption_key`], [`LifetimePolicy`], [`Leaf::verify_signature`]
//!   for single leaves, [`RatchetTree::validate`] for joiners.
//! - Cost: [`RatchetTree::cost`] tells how many pages and hashes it took to make a tree from the one before.
//!
//! The feature `parallel` (on by default) hashes, verifies and encrypts on all cores; it changes no result.
#![no_std]

extern crate alloc;

mod edit;
mod error;
mod extension;
mod index;
mod load;
mod node;
mod pages;
mod path;
mod resolution;
mod rules;
mod stored_leaf;
mod tree;

pub use edit::TreeEdit;
pub use error::TreeError;
pub use extension::TreeLimits;
pub use index::Feature;
pub use node::{Leaf, Parent};
pub use pages::{PageChange, PageKey};
pub use path::{MergedPath, NodeKey, NodeKeyId, OpenedPath, PathDraft, PathLeaf, TreePrivateKeys};
pub use rules::{
    LeafEntry, LeafRules, LifetimePolicy, OldLeaves, ValidationContext, check_encryption_key, check_source,
};
pub use tree::{EditCost, RatchetTree};
