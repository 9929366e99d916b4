//! Nodes as they are kept: their encoded octets, read where they stand.
//!
//! RFC 9420 §7.1 and §7.2. Octets get here only after they were decoded or encoded, so reading them again can't
//! fail; a reader that did would yield empty fields, never a panic.

mod leaf;
mod parent;

pub use leaf::Leaf;
pub(crate) use leaf::{LeafView, Source, keep_leaf, leaf_octets};
pub use parent::Parent;
pub(crate) use parent::{ParentView, encode_parent};

use copath_codec::{DecodeContext, Reader};

/// A cursor over kept octets.
fn reader(octets: &[u8]) -> Reader<'_> {
    Reader::new(octets, DecodeContext::rfc9420())
}

/// The code points in the content of a vector of 16-bit values.
pub(crate) fn code_points(content: &[u8]) -> impl Iterator<Item = u16> + '_ {
    content.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
}
