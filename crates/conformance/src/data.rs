//! Known answers and crafted inputs.

use copath_crypto::{KemAlgorithm, SignatureScheme};

/// Octets from hexadecimal digits, at compile time.
macro_rules! hex {
    ($($digits:literal)*) => {{
        const DIGITS: &str = concat!($($digits),*);
        const OCTETS: [u8; DIGITS.len() / 2] = $crate::data::octets(DIGITS);
        &OCTETS as &[u8]
    }};
}

pub(crate) mod hpke;
pub(crate) mod kems;
pub(crate) mod signatures;
pub(crate) mod symmetric;

/// A signature with the one verdict on it.
pub(crate) struct Crafted {
    pub(crate) verdict: Verdict,
    pub(crate) scheme: SignatureScheme,
    pub(crate) public_key: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) what: &'static str,
}

/// What every backend must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    Refuse,
}

/// Octets that are no key.
pub(crate) struct NoKey {
    pub(crate) role: Role,
    pub(crate) algorithm: KemAlgorithm,
    pub(crate) octets: Vec<u8>,
    pub(crate) what: &'static str,
}

/// What a key would be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Private,
    Public,
}

/// The crafted signatures; `None` for a line that can't be read.
pub(crate) fn crafted() -> impl Iterator<Item = Option<Crafted>> {
    lines(include_str!("data/crafted.txt")).map(|line| {
        let [verdict, scheme, public_key, message, signature, what] = columns(line)?;
        Some(Crafted {
            verdict: match verdict {
                "accept" => Verdict::Accept,
                "refuse" => Verdict::Refuse,
                _ => return None,
            },
            scheme: *SCHEMES.iter().find(|known| known.name() == Some(scheme))?,
            public_key: field(public_key)?,
            message: field(message)?,
            signature: field(signature)?,
            what,
        })
    })
}

/// What is no key; `None` for a line that can't be read.
pub(crate) fn no_keys() -> impl Iterator<Item = Option<NoKey>> {
    lines(include_str!("data/no_keys.txt")).map(|line| {
        let [role, algorithm, octets, what] = columns(line)?;
        Some(NoKey {
            role: match role {
                "private" => Role::Private,
                "public" => Role::Public,
                _ => return None,
            },
            algorithm: KemAlgorithm(u16::from_str_radix(algorithm, 16).ok()?),
            octets: field(octets)?,
            what,
        })
    })
}

/// The signature schemes of RFC 9420 §17.1.
pub(crate) const SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
];

/// The KEMs of RFC 9420 §17.1.
pub(crate) const KEMS: [KemAlgorithm; 5] = [
    KemAlgorithm::DHKEM_X25519,
    KemAlgorithm::DHKEM_X448,
    KemAlgorithm::DHKEM_P256,
    KemAlgorithm::DHKEM_P384,
    KemAlgorithm::DHKEM_P521,
];

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

/// The columns of a line; the last one takes the rest.
fn columns<const N: usize>(line: &'static str) -> Option<[&'static str; N]> {
    line.splitn(N, ' ').collect::<Vec<_>>().try_into().ok()
}

fn field(digits: &str) -> Option<Vec<u8>> {
    if digits == "-" { Some(Vec::new()) } else { hex::decode(digits).ok() }
}

/// The octets of an even number of hexadecimal digits; anything else doesn't compile.
#[expect(clippy::indexing_slicing, clippy::panic, reason = "evaluated at compile time")]
const fn octets<const N: usize>(digits: &str) -> [u8; N] {
    const fn digit(digit: u8) -> u8 {
        match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }
    assert!(digits.len() == 2 * N, "an odd number of digits");
    let digits = digits.as_bytes();
    let mut octets = [0; N];
    let mut at = 0;
    while at < N {
        octets[at] = digit(digits[2 * at]) << 4 | digit(digits[2 * at + 1]);
        at += 1;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_can_be_read() {
        assert_eq!(crafted().filter(Option::is_some).count(), 237);
        assert!(crafted().all(|line| line.is_some()));
        assert_eq!(no_keys().filter(Option::is_some).count(), 94);
        assert!(no_keys().all(|line| line.is_some()));
    }

    #[test]
    fn every_scheme_has_both_verdicts() {
        for scheme in SCHEMES {
            for verdict in [Verdict::Accept, Verdict::Refuse] {
                assert!(crafted().flatten().any(|case| case.scheme == scheme && case.verdict == verdict));
            }
        }
    }
}
