//! The variable-size length header.
//!
//! RFC 9420 §2.1.2: one, two or four octets, the size in the top two bits, big endian, always the shortest.

use crate::DecodeErrorKind;

/// The largest length that a header can express: 2^30 - 1 octets (RFC 9420 §2.1.2).
pub const MAX_LENGTH: usize = (1 << 30) - 1;

/// The length header of a vector, ready to be written.
///
/// RFC 9420 §2.1.2.
#[derive(Clone, Copy, Debug)]
pub struct LengthHeader {
    octets: [u8; 4],
    size: u8,
}

impl LengthHeader {
    /// The shortest header for `length` (rules 2.1.2-01, 2.1.2-09), or `None` above [`MAX_LENGTH`].
    pub fn of(length: usize) -> Option<Self> {
        let length = u32::try_from(length).ok().filter(|l| *l <= 0x3fff_ffff)?;
        let (bits, size) = match length {
            0..=0x3f => (length << 24, 1),
            0x40..=0x3fff => ((length | 0x4000) << 16, 2),
            _ => (length | 0x8000_0000, 4),
        };
        Some(Self { octets: bits.to_be_bytes(), size })
    }

    /// The octets to write.
    pub fn as_bytes(&self) -> &[u8] {
        self.octets.get(..usize::from(self.size)).unwrap_or_default()
    }
}

/// How many octets a header has, judged by its first octet.
pub(crate) fn header_size(first: u8) -> Result<usize, DecodeErrorKind> {
    match first >> 6 {
        0 => Ok(1),
        1 => Ok(2),
        2 => Ok(4),
        _ => Err(DecodeErrorKind::LengthPrefix),
    }
}

/// The length that the octets of one whole header express.
pub(crate) fn length(header: &[u8]) -> Result<usize, DecodeErrorKind> {
    let mut value: u32 = 0;
    for (i, octet) in header.iter().enumerate() {
        let bits = if i == 0 { octet & 0x3f } else { *octet };
        value = (value << 8) | u32::from(bits);
    }
    let minimal = match header.len() {
        1 => true,
        2 => value > 0x3f,
        _ => value > 0x3fff,
    };
    if !minimal {
        return Err(DecodeErrorKind::LengthNotMinimal);
    }
    usize::try_from(value).map_err(|_| DecodeErrorKind::OverLimit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(octets: &[u8]) -> Result<usize, DecodeErrorKind> {
        let size = header_size(octets[0])?;
        length(&octets[..size])
    }

    // covers: 2.1.2-01, 2.1.2-07, 2.1.2-09
    #[test]
    fn headers_are_the_shortest() {
        for (value, size) in [(0, 1), (63, 1), (64, 2), (16383, 2), (16384, 4), (MAX_LENGTH, 4)] {
            let header = LengthHeader::of(value).unwrap();
            assert_eq!(header.as_bytes().len(), size);
            assert_eq!(decode(header.as_bytes()), Ok(value));
        }
        assert!(LengthHeader::of(MAX_LENGTH + 1).is_none());
        assert_eq!(decode(&[0x9d, 0x7f, 0x3e, 0x7d]), Ok(494_878_333));
        assert_eq!(decode(&[0x7b, 0xbd]), Ok(15293));
        assert_eq!(decode(&[0x25]), Ok(37));
    }

    // covers: 2.1.2-02, 2.1.2-03
    #[test]
    fn long_and_reserved_headers_are_refused() {
        for octets in [&[0x40, 0x00][..], &[0x40, 0x3f], &[0x80, 0, 0, 0], &[0x80, 0, 0x3f, 0xff]] {
            assert_eq!(decode(octets), Err(DecodeErrorKind::LengthNotMinimal));
        }
        assert_eq!(decode(&[0xc0]), Err(DecodeErrorKind::LengthPrefix));
        assert_eq!(decode(&[0xff]), Err(DecodeErrorKind::LengthPrefix));
    }
}
