//! ECDSA signatures as strict DER, and their low-s form.
//!
//! RFC 5480 §2.1.2 and X.690 §8.3, §10.1. Parsers differ on encodings that are not minimal, and two members that decide
//! differently fork their group: every backend asks here first. Both forms of s verify; signers make the low one.

use alloc::vec::Vec;

use crate::SignatureScheme;

/// The integers r and s of a signature, big endian without leading zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcdsaSignature<'a> {
    /// Not zero; whether it is below the order is for the backend to say.
    pub r: &'a [u8],
    /// Not zero; whether it is below the order is for the backend to say.
    pub s: &'a [u8],
}

impl<'a> EcdsaSignature<'a> {
    /// Parses strict DER: one SEQUENCE of two positive INTEGERs in minimal form, with nothing left over.
    ///
    /// `None` if it is anything else.
    pub fn from_der(der: &'a [u8]) -> Option<Self> {
        let (body, rest) = element(der, SEQUENCE)?;
        let (r, body) = positive_integer(body)?;
        let (s, body) = positive_integer(body)?;
        (rest.is_empty() && body.is_empty()).then_some(Self { r, s })
    }

    /// The DER form; `None` if an integer is longer than any curve's.
    pub fn to_der(self) -> Option<Vec<u8>> {
        let mut body = Vec::with_capacity(144);
        put_integer(&mut body, self.r)?;
        put_integer(&mut body, self.s)?;
        let mut der = Vec::with_capacity(144);
        der.push(SEQUENCE);
        if body.len() >= LONG_FORM {
            der.push(ONE_LENGTH_OCTET);
        }
        der.push(u8::try_from(body.len()).ok()?);
        der.append(&mut body);
        Some(der)
    }
}

/// `der` with the lower one of s and order - s, so that a signature has one form.
///
/// `None` if `der` isn't strict, s isn't below the order, or `scheme` isn't ECDSA.
pub fn ecdsa_low_s(der: &[u8], scheme: SignatureScheme) -> Option<Vec<u8>> {
    let signature = EcdsaSignature::from_der(der)?;
    let order = order(scheme)?;
    let mut s = alloc::vec![0; order.len().checked_sub(signature.s.len())?];
    s.extend_from_slice(signature.s);
    let negated = subtract(order, &s)?;
    let low = trimmed(if negated < s { &negated } else { &s });
    EcdsaSignature { r: signature.r, s: low }.to_der()
}

/// The low-s form of a signature that is r and then s, each as long as the curve's order: the form of PKCS#11 and of
/// many keystores. For a [`Signer`](crate::Signer) over one.
///
/// `None` if `raw` has another length, r or s isn't a positive number below the order, or `scheme` isn't ECDSA.
pub fn ecdsa_from_raw(raw: &[u8], scheme: SignatureScheme) -> Option<Vec<u8>> {
    let order = order(scheme)?;
    let (r, s) = raw.split_at_checked(order.len())?;
    (s.len() == order.len() && r < order).then_some(())?;
    ecdsa_low_s(&EcdsaSignature { r, s }.to_der()?, scheme)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// From this length on a length takes more than one octet.
const LONG_FORM: usize = 0x80;
/// One length octet follows.
const ONE_LENGTH_OCTET: u8 = 0x81;

/// The content of the first element, which has `tag`, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        ONE_LENGTH_OCTET => {
            let (&length, rest) = rest.split_first()?;
            (Some(usize::from(length)).filter(|length| *length >= LONG_FORM)?, rest)
        }
        // No curve's signature takes 256 octets.
        _ => return None,
    };
    (found == tag).then_some(())?;
    rest.split_at_checked(length)
}

/// The first element as an INTEGER above zero in minimal form, without its sign octet, and what follows it.
fn positive_integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = element(der, INTEGER)?;
    let magnitude = match content {
        [0, next, ..] if *next >= 0x80 => content.get(1..)?,
        [first, ..] if (1..0x80).contains(first) => content,
        _ => return None,
    };
    Some((magnitude, rest))
}

fn put_integer(out: &mut Vec<u8>, magnitude: &[u8]) -> Option<()> {
    let magnitude = trimmed(magnitude);
    let sign = usize::from(*magnitude.first()? >= 0x80);
    let length = magnitude.len().checked_add(sign)?;
    out.push(INTEGER);
    out.push(u8::try_from(length).ok().filter(|length| usize::from(*length) < LONG_FORM)?);
    out.resize(out.len().checked_add(sign)?, 0);
    out.extend_from_slice(magnitude);
    Some(())
}

fn trimmed(magnitude: &[u8]) -> &[u8] {
    let zeros = magnitude.iter().take_while(|octet| **octet == 0).count();
    magnitude.get(zeros..).unwrap_or_default()
}

/// a - b of big endian integers of one length; `None` if that isn't above zero.
fn subtract(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    if a <= b {
        return None;
    }
    let mut difference = alloc::vec![0; a.len()];
    let mut borrow = false;
    for ((to, a), b) in difference.iter_mut().zip(a).zip(b).rev() {
        let (once, first) = a.overflowing_sub(*b);
        let (twice, second) = once.overflowing_sub(u8::from(borrow));
        *to = twice;
        borrow = first || second;
    }
    Some(difference)
}

/// The order of the scheme's curve, big endian.
#[rustfmt::skip]
fn order(scheme: SignatureScheme) -> Option<&'static [u8]> {
    const P256: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    const P384: [u8; 48] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
        0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
    ];
    const P521: [u8; 66] = [
        0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09,
        0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38,
        0x64, 0x09,
    ];
    match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => Some(&P256),
        SignatureScheme::ECDSA_SECP384R1_SHA384 => Some(&P384),
        SignatureScheme::ECDSA_SECP521R1_SHA512 => Some(&P521),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_forms_survive_a_round_trip() {
        for der in [
            &[0x30, 6, 2, 1, 1, 2, 1, 0x7f][..],
            &[0x30, 8, 2, 2, 0, 0x80, 2, 2, 1, 0],
            &[0x30, 7, 2, 1, 5, 2, 2, 0, 0xff],
        ] {
            assert_eq!(EcdsaSignature::from_der(der).and_then(EcdsaSignature::to_der), Some(der.to_vec()));
        }
        let long = EcdsaSignature { r: &[0x01; 66], s: &[0x01; 66] }.to_der().unwrap_or_default();
        assert_eq!(long.get(..4), Some(&[0x30, 0x81, 136, 2][..]));
        assert_eq!(EcdsaSignature::from_der(&long), Some(EcdsaSignature { r: &[0x01; 66], s: &[0x01; 66] }));
    }

    #[test]
    fn other_forms_are_refused() {
        let cases: [(&str, &[u8]); 18] = [
            ("empty", &[]),
            ("a tag alone", &[0x30]),
            ("an empty sequence", &[0x30, 0]),
            ("another tag", &[0x31, 6, 2, 1, 1, 2, 1, 1]),
            ("something follows", &[0x30, 6, 2, 1, 1, 2, 1, 1, 0]),
            ("something follows inside", &[0x30, 8, 2, 1, 1, 2, 1, 1, 5, 0]),
            ("cut off", &[0x30, 7, 2, 1, 1, 2, 1, 1]),
            ("long form for a short length", &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1]),
            ("longer form", &[0x30, 0x82, 0, 6, 2, 1, 1, 2, 1, 1]),
            ("indefinite length", &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0]),
            ("long form inside", &[0x30, 7, 2, 0x81, 1, 1, 2, 1, 1]),
            ("leading zero", &[0x30, 7, 2, 2, 0, 1, 2, 1, 1]),
            ("r is zero", &[0x30, 6, 2, 1, 0, 2, 1, 1]),
            ("s is zero", &[0x30, 6, 2, 1, 1, 2, 1, 0]),
            ("negative", &[0x30, 6, 2, 1, 0x80, 2, 1, 1]),
            ("empty integer", &[0x30, 5, 2, 0, 2, 1, 1]),
            ("one integer", &[0x30, 3, 2, 1, 1]),
            ("three integers", &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1]),
        ];
        for (name, der) in cases {
            assert_eq!(EcdsaSignature::from_der(der), None, "{name}");
        }
    }

    #[test]
    fn s_is_made_low_once() {
        let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
        let low = [0x30, 6, 2, 1, 1, 2, 1, 1];
        let order = order(scheme).unwrap_or_default();
        let mut one = [0; 32];
        one[31] = 1;
        let negated = subtract(order, &one).unwrap_or_default();
        let high = EcdsaSignature { r: &[1], s: &negated }.to_der().unwrap_or_default();
        assert_eq!(ecdsa_low_s(&high, scheme).as_deref(), Some(&low[..]));
        assert_eq!(ecdsa_low_s(&low, scheme).as_deref(), Some(&low[..]));
        let out_of_range = EcdsaSignature { r: &[1], s: order }.to_der().unwrap_or_default();
        assert_eq!(ecdsa_low_s(&out_of_range, scheme), None);
        assert_eq!(ecdsa_low_s(&low, SignatureScheme::ED25519), None);
    }

    #[test]
    fn raw_signatures_become_low_s_der() {
        let scheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
        let order = order(scheme).unwrap_or_default();
        let mut one = [0; 32];
        one[31] = 1;
        let low = [0x30, 6, 2, 1, 1, 2, 1, 1];
        let negated = subtract(order, &one).unwrap_or_default();
        for s in [&one[..], &negated] {
            assert_eq!(ecdsa_from_raw(&[&one, s].concat(), scheme).as_deref(), Some(&low[..]));
        }
        let (zero, long) = ([0; 32], [0; 33]);
        for (r, s) in
            [(&one[..], &zero[..]), (&zero, &one), (order, &one), (&one, order), (&one, &long), (&one, &[])]
        {
            assert_eq!(ecdsa_from_raw(&[r, s].concat(), scheme), None, "{r:?} {s:?}");
        }
        assert_eq!(ecdsa_from_raw(&[one, one].concat(), SignatureScheme::ED25519), None);
    }
}
