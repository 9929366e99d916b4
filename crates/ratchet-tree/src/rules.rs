//! The rules about leaves and trees, one small function each.
//!
//! RFC 9420 §7.3 (a leaf), §7.9.2 (parent hashes), §12.4.3.1 (a tree that a joiner gets) and §16.7.

mod capabilities;
mod encryption_key;
mod leaf;
mod lifetime;
mod parallel;
mod parent_hash;
mod signature;
mod source;
mod structure;
mod unique;
mod validate;

pub use encryption_key::check_encryption_key;
pub use leaf::LeafRules;
pub use lifetime::{LifetimePolicy, OldLeaves};
pub use source::{LeafEntry, check_source};
pub(crate) use structure::check_structure;
pub use validate::ValidationContext;
