//! Which Ed25519 keys and signatures are looked at at all.
//!
//! RFC 8032 §5.1.7 leaves room: implementations differ on encodings that are not canonical and on points of small
//! order, and two members that decide differently fork their group. Every backend asks here first and then verifies
//! without cofactor: it recomputes R and compares the encodings. With that the verdict is one.

/// Whether `public_key` is a canonical encoding and not that of a point of small order.
///
/// RFC 8032 §5.1.3. Whether the point is on the curve is for the backend to say.
pub fn ed25519_key_admissible(public_key: &[u8; 32]) -> bool {
    let mut y = *public_key;
    y[31] &= 0x7f;
    less(&y, &P) && !SMALL_ORDER.contains(&y)
}

/// Whether `public_key` and `signature` are canonical encodings, neither A nor R a point of small order, S < L.
///
/// RFC 8032 §5.1.3 and §5.1.7.
pub fn ed25519_admissible(public_key: &[u8; 32], signature: &[u8; 64]) -> bool {
    let (r, s) = signature.split_at(32);
    let (Ok(r), Ok(s)) = (r.try_into(), s.try_into()) else {
        return false;
    };
    ed25519_key_admissible(public_key) && ed25519_key_admissible(r) && less(s, &L)
}

/// Compares little endian integers.
fn less(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// The field's prime, 2^255 - 19, little endian.
#[rustfmt::skip]
const P: [u8; 32] = [
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
];

/// The order of the base point, little endian.
#[rustfmt::skip]
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10,
];

/// The y coordinates of the eight points whose order divides 8, little endian.
#[rustfmt::skip]
const SMALL_ORDER: [[u8; 32]; 5] = [
    [
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ],
    [
        0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The base point: y = 4/5.
    const BASE: [u8; 32] = {
        let mut base = [0x66; 32];
        base[0] = 0x58;
        base
    };

    fn signature(r: &[u8; 32], s: &[u8; 32]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(r);
        signature[32..].copy_from_slice(s);
        signature
    }

    #[test]
    fn canonical_encodings_pass() {
        assert!(ed25519_admissible(&BASE, &signature(&BASE, &[0; 32])));
        let mut below = L;
        below[0] -= 1;
        assert!(ed25519_admissible(&BASE, &signature(&BASE, &below)));
    }

    #[test]
    fn scalars_from_the_order_on_are_refused() {
        assert!(!ed25519_admissible(&BASE, &signature(&BASE, &L)));
        assert!(!ed25519_admissible(&BASE, &signature(&BASE, &[0xff; 32])));
    }

    #[test]
    fn small_order_points_are_refused_with_either_sign() {
        for mut y in SMALL_ORDER {
            for _ in 0..2 {
                assert!(!ed25519_key_admissible(&y));
                assert!(!ed25519_admissible(&BASE, &signature(&y, &[0; 32])));
                y[31] ^= 0x80;
            }
        }
    }

    #[test]
    fn coordinates_from_the_prime_on_are_refused() {
        for above in 0..19 {
            let mut y = P;
            y[0] += above;
            assert!(!ed25519_key_admissible(&y));
            y[31] ^= 0x80;
            assert!(!ed25519_key_admissible(&y));
        }
        let mut below = P;
        below[0] -= 2;
        assert!(ed25519_key_admissible(&below));
    }
}
