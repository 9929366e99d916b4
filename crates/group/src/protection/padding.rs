//! How much padding a PrivateMessage gets.
//!
//! RFC 9420 §15.1 leaves it to the sender.

use crate::policy::Padding;

/// Padmé below this length would tell lengths apart; shorter plaintexts are padded up to it.
const PADME_FLOOR: usize = 32;

/// The length that a plaintext of `length` octets is padded to; never less than `length`.
pub(crate) fn padded_length(padding: Padding, length: usize) -> usize {
    let padded = match padding {
        Padding::None | Padding::Multiple(0) => length,
        Padding::Multiple(step) => length.checked_next_multiple_of(usize::from(step)).unwrap_or(length),
        Padding::Padme => padme(length.max(PADME_FLOOR)),
    };
    padded.max(length)
}

/// Padmé: round up so that only the top bits of the length, as many as its bit length has bits, may be set.
fn padme(length: usize) -> usize {
    let Some(exponent) = length.checked_ilog2() else { return length };
    let significant = exponent.checked_ilog2().unwrap_or(0).saturating_add(1);
    let dropped = exponent.saturating_sub(significant);
    let mask = 1usize.checked_shl(dropped).unwrap_or(1).saturating_sub(1);
    length.checked_add(mask).map_or(length, |sum| sum & !mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: 15.1-01
    #[test]
    fn equal_lengths_for_short_texts() {
        assert_eq!(padded_length(Padding::Padme, 0), padded_length(Padding::Padme, 32));
        assert_eq!(padded_length(Padding::Multiple(64), 1), 64);
        assert_eq!(padded_length(Padding::Multiple(64), 64), 64);
        assert_eq!(padded_length(Padding::None, 17), 17);
        assert_eq!(padded_length(Padding::Multiple(0), 17), 17);
    }

    // covers: 15.1-02
    #[test]
    fn padding_adds_at_most_an_eighth_and_never_overflows() {
        for length in 32..70_000usize {
            let padded = padded_length(Padding::Padme, length);
            assert!(padded >= length && padded - length <= length / 8, "{length} -> {padded}");
        }
        assert_eq!(padded_length(Padding::Multiple(64), usize::MAX), usize::MAX);
        assert!(padded_length(Padding::Padme, usize::MAX) >= usize::MAX - 1);
    }
}
