//! Values that mean nothing, so that implementations stay tolerant of values that they don't know.
//!
//! RFC 9420 §13.5. They are registered for cipher suites, extension types, proposal types and credential types.
//! Receivers treat them as any other unknown value (rule 13.5-06); only one's own view of what is common to a group
//! leaves them out (rule 13.5-07).

const VALUES: [u16; 15] = [
    0x0a0a, 0x1a1a, 0x2a2a, 0x3a3a, 0x4a4a, 0x5a5a, 0x6a6a, 0x7a7a, 0x8a8a, 0x9a9a, 0xaaaa, 0xbaba, 0xcaca,
    0xdada, 0xeaea,
];

/// All GREASE values, ascending (0xFAFA is for private use and isn't one).
///
/// RFC 9420 §17.
pub const fn values() -> &'static [u16] {
    &VALUES
}

/// Whether `code` is a GREASE value.
pub fn is_grease(code: u16) -> bool {
    VALUES.binary_search(&code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: 13.5-05
    #[test]
    fn values_follow_their_pattern() {
        for code in 0..=u16::MAX {
            let [high, low] = code.to_be_bytes();
            let pattern = high == low && low & 0x0f == 0x0a && code < 0xf000;
            assert_eq!(is_grease(code), pattern, "{code:#06x}");
        }
        assert_eq!(values().len(), 15);
    }
}
