//! Certificates that no honest issuer makes.

use crate::authority::Certified;

/// The AlgorithmIdentifier of Ed25519 (RFC 8410 §3); that of Ed448 ends in 0x71, and 0x72 is nobody's.
pub(crate) const ED25519_ALGORITHM: [u8; 7] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

/// Octets under a tag, in DER.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match content.len() {
        ..0x80 => vec![tag, length[1]],
        0x80..0x100 => vec![tag, 0x81, length[1]],
        _ => vec![tag, 0x82, length[0], length[1]],
    };
    [&header, content].concat()
}

/// A certificate with this content, signed by `issuer`, whose key is one of Ed25519.
pub(crate) fn signed(content: &[u8], issuer: &Certified) -> Vec<u8> {
    signed_with(content, &ED25519_ALGORITHM, issuer)
}

/// The same, with an algorithm that need not be the right one.
pub(crate) fn signed_with(content: &[u8], algorithm: &[u8; 7], issuer: &Certified) -> Vec<u8> {
    let signature = [&[0][..], &issuer.key.0.sign(content).unwrap()].concat();
    tagged(0x30, &[content, algorithm, &tagged(3, &signature)].concat())
}

/// What is signed in a certificate of more than 255 octets with a signature of Ed25519.
pub(crate) fn content(der: &[u8]) -> Vec<u8> {
    der[4..der.len() - 7 - 67].to_vec()
}

/// Other octets in place of the first `old`, as many.
pub(crate) fn replaced(octets: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = octets.windows(old.len()).position(|window| window == old).unwrap();
    [&octets[..at], new, &octets[at + old.len()..]].concat()
}
