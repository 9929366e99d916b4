//! Update paths: creating, applying and opening them.
//!
//! RFC 9420 §7.4 to §7.6.

mod apply;
mod create;
mod decrypt;
mod merge;
mod private_keys;
mod secrets;

pub use apply::MergedPath;
pub use create::{PathDraft, PathLeaf};
pub use decrypt::OpenedPath;
pub(crate) use merge::parent_hash;
pub use private_keys::{NodeKey, NodeKeyId, TreePrivateKeys};
