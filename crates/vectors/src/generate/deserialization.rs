//! `deserialization`: the least and the largest length of each size of header, and some between.

use crate::kinds::deserialization::Case;

const LENGTHS: [u32; 12] =
    [0, 1, 37, 63, 64, 15_293, 16_383, 16_384, 65_536, 494_878_333, 1 << 29, (1 << 30) - 1];

/// One case for each length.
pub(super) fn cases() -> Vec<Case> {
    LENGTHS.into_iter().filter_map(case).collect()
}

/// RFC 9420 §2.1.2: the size of the header in the top two bits of the first octet.
fn case(length: u32) -> Option<Case> {
    let (size, marked) = match length {
        0..64 => (1, length),
        64..16_384 => (2, length | (1 << 14)),
        _ => (4, length | (2 << 30)),
    };
    let octets = marked.to_be_bytes();
    let header = octets.get(octets.len().checked_sub(size)?..)?;
    Some(Case { vlbytes_header: header.into(), length: usize::try_from(length).ok()? })
}
