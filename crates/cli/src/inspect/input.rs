//! Reads the input and undoes its encoding.

use std::fs::File;
use std::io::{self, Read};

use crate::failure::Failure;

/// Larger inputs are refused: no structure of MLS is as long as this in practice.
pub(super) const MOST_OCTETS: u64 = 64 << 20;

/// How the octets were written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Binary,
    Hex,
    Base64,
}

impl Encoding {
    /// Its name in JSON.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(name: &str) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::Input { name: name.into(), kind: error.kind() };
    let source: Box<dyn Read> =
        if name == "-" { Box::new(io::stdin()) } else { Box::new(File::open(name).map_err(failed)?) };
    let mut octets = Vec::new();
    // Hex takes two characters an octet, and some whitespace.
    let most = MOST_OCTETS.saturating_mul(3);
    source.take(most.saturating_add(1)).read_to_end(&mut octets).map_err(failed)?;
    if u64::try_from(octets.len()).is_ok_and(|length| length > most) {
        return Err(Failure::InputTooLarge { name: name.into() });
    }
    Ok(octets)
}

/// Undoes the encoding. What is hex is read as hex, else what is base64 as base64, else it is binary.
pub(super) fn decode(name: &str, input: Vec<u8>) -> Result<(Encoding, Vec<u8>), Failure> {
    let (encoding, octets) = match (from_hex(&input), from_base64(&input)) {
        (Some(octets), _) => (Encoding::Hex, octets),
        (None, _) if is_cut_hex(&input) => return Err(Failure::OddHex { name: name.into() }),
        (None, Some(octets)) => (Encoding::Base64, octets),
        // No structure of MLS consists of printable characters alone.
        (None, None) if input.iter().all(|octet| octet.is_ascii_graphic() || octet.is_ascii_whitespace()) => {
            return Err(Failure::UndecodableText { name: name.into() });
        }
        (None, None) => (Encoding::Binary, input),
    };
    if octets.is_empty() {
        return Err(Failure::EmptyInput { name: name.into() });
    }
    if u64::try_from(octets.len()).is_ok_and(|length| length > MOST_OCTETS) {
        return Err(Failure::InputTooLarge { name: name.into() });
    }
    Ok((encoding, octets))
}

/// Digits in pairs, with whitespace anywhere and `0x` before any group of digits.
fn from_hex(input: &[u8]) -> Option<Vec<u8>> {
    if !input
        .iter()
        .all(|octet| octet.is_ascii_hexdigit() || octet.is_ascii_whitespace() || matches!(octet, b'x' | b'X'))
    {
        return None;
    }
    let groups = input
        .split(u8::is_ascii_whitespace)
        .map(|group| group.strip_prefix(b"0x").or_else(|| group.strip_prefix(b"0X")).unwrap_or(group));
    let digits: Vec<u8> = groups.flatten().copied().collect();
    hex::decode(digits).ok()
}

/// So many hex digits and nothing else that it can hardly be base64.
fn is_cut_hex(input: &[u8]) -> bool {
    const MANY: usize = 16;
    let digits = || input.iter().filter(|octet| !octet.is_ascii_whitespace());
    digits().count() >= MANY && digits().all(u8::is_ascii_hexdigit)
}

/// The standard alphabet or the one for URLs, padded or not, with whitespace anywhere.
fn from_base64(input: &[u8]) -> Option<Vec<u8>> {
    let mut characters = Vec::with_capacity(input.len());
    for octet in input.iter().filter(|octet| !octet.is_ascii_whitespace()) {
        characters.push(match octet {
            b'-' => b'+',
            b'_' => b'/',
            other if other.is_ascii_alphanumeric() || matches!(other, b'+' | b'/' | b'=') => *other,
            _ => return None,
        });
    }
    let padding = characters.iter().rev().take_while(|character| **character == b'=').count();
    if padding > 2 || (padding > 0 && characters.len() % 4 != 0) {
        return None;
    }
    characters.truncate(characters.len().saturating_sub(padding));
    data_encoding::BASE64_NOPAD.decode(&characters).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(input: &[u8]) -> (Encoding, Vec<u8>) {
        decode("-", input.to_vec()).unwrap()
    }

    #[test]
    fn encodings_are_told_apart() {
        let octets = [0, 1, 0xfb, 0xff];
        let cases: [(&[u8], Encoding); 10] = [
            (&octets, Encoding::Binary),
            (b"0001fbff", Encoding::Hex),
            (b"0x0001FBFF\n", Encoding::Hex),
            (b"0x00 0x01\r\n\tFb fF ", Encoding::Hex),
            (b"00 01fb\nff", Encoding::Hex),
            (b"AAH7/w==", Encoding::Base64),
            (b"AAH7/w", Encoding::Base64),
            (b"AAH7_w==\n", Encoding::Base64),
            (b"AAH7_w", Encoding::Base64),
            (b"AAH\n7/\nw==\n", Encoding::Base64),
        ];
        for (input, encoding) in cases {
            assert_eq!(decoded(input), (encoding, octets.to_vec()), "{}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn what_is_no_text_is_binary() {
        for input in [&b"AAH7/w=\x00"[..], b"\x000102", b"a\xff"] {
            assert_eq!(decoded(input), (Encoding::Binary, input.to_vec()));
        }
    }

    #[test]
    fn broken_text_is_told_apart() {
        for input in [&b"AAH7/w="[..], b"AAH7/w===", b"hello world!", b"AAH7/x=="] {
            assert!(matches!(decode("-", input.to_vec()), Err(Failure::UndecodableText { .. })));
        }
        let odd = b"00010005 0001000 ";
        assert!(decode("-", odd.to_vec()).is_ok(), "short enough for base64");
        let odd = b"00010005 000100012";
        assert!(matches!(decode("-", odd.to_vec()), Err(Failure::OddHex { .. })));
    }

    #[test]
    fn nothing_is_refused() {
        for input in [&b""[..], b"\n \t", b"0x"] {
            assert!(matches!(decode("-", input.to_vec()), Err(Failure::EmptyInput { .. })));
        }
    }
}
