//! What is kept beside the nodes, so that no rule scans all leaves: who holds a key, who supports what.

mod features;
mod keys;
mod shared_map;

pub use features::Feature;
pub(crate) use features::{BulkTally, FeatureCounts, Listed, Tally};
pub(crate) use keys::KeyIndex;
