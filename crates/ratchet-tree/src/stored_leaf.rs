//! One leaf out of the record of its page, without the tree.

use copath_codec::{DecodeContext, Reader};
use copath_tree_math::LeafIndex;

use crate::TreeError;
use crate::node::{Leaf, LeafView};
use crate::pages::{decode_record, place};

impl<'a> Leaf<'a> {
    /// The leaf at `index` as the record of its page ([`PageKey::of_leaf`](crate::PageKey::of_leaf)) has it; `None` if it is blank. One page
    /// proves nothing: it was right when it was written, unless somebody has changed the store.
    ///
    /// # Errors
    /// [`TreeError::DamagedPages`], [`TreeError::Malformed`].
    pub fn in_page(index: LeafIndex, record: &'a [u8]) -> Result<Option<Self>, TreeError> {
        let (_, slot) = place(index.node());
        let kept = decode_record(record)?.get(slot).copied().unwrap_or_default();
        if kept.is_empty() {
            return Ok(None);
        }
        let mut reader = Reader::new(kept, DecodeContext::rfc9420());
        LeafView::read_kept(&mut reader)?;
        reader.finish()?;
        Ok(Some(Self::new(index, kept)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PageKey;

    /// A page with these octets in its first slot.
    fn page(kept: &[u8]) -> alloc::vec::Vec<u8> {
        let mut writer = copath_codec::Writer::new();
        writer.u8(1).u8(1).opaque(kept).bytes(&[0; 14]);
        writer.finish().unwrap()
    }

    #[test]
    fn blank_leaves_are_none_and_damaged_pages_are_told() {
        let blank = [&[1][..], &[0; 15]].concat();
        assert!(Leaf::in_page(LeafIndex::FIRST, &blank).unwrap().is_none());
        let other_version = [&[2][..], &[0; 15]].concat();
        assert_eq!(Leaf::in_page(LeafIndex::FIRST, &other_version).unwrap_err(), TreeError::DamagedPages);
        for damaged in [blank.get(..15).unwrap(), &page(b"no leaf"), &page(&[0xff; 40])] {
            let error = Leaf::in_page(LeafIndex::FIRST, damaged).unwrap_err();
            assert!(matches!(error, TreeError::Malformed(_)), "{error:?}");
        }
    }

    #[test]
    fn eight_leaves_share_a_page() {
        let page = |leaf| PageKey::of_leaf(LeafIndex::new(leaf).unwrap());
        assert_eq!(page(0), page(7));
        assert_eq!((page(8).tier(), page(8).index()), (0, 1));
    }
}
