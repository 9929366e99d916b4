//! Node and leaf indices of the ratchet tree.
//!
//! RFC 9420 Appendix C. The tree is perfect: 2^d leaves, leaf `L` at node `2L`, parents at odd nodes, and a node's
//! level is the number of trailing one bits of its index. Nothing here stores a tree.
#![no_std]
#![warn(clippy::arithmetic_side_effects)]

mod index;
mod path;
mod size;

pub use index::{LeafIndex, NodeIndex};
pub use path::{Ancestors, DirectPathStep};
pub use size::TreeSize;
