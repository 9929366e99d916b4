//! Code points of the algorithms that suites are made of.

use crate::HashOutput;

/// A hash function, with the HMAC and HKDF over it.
///
/// RFC 9180 §7.2 and RFC 9420 §17.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-256, output 32 octets.
    Sha256,
    /// SHA-384, output 48 octets.
    Sha384,
    /// SHA-512, output 64 octets.
    Sha512,
}

impl HashAlgorithm {
    /// Octets of the output: Nh.
    pub const fn output_length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => HashOutput::MAX_LENGTH,
        }
    }

    /// The code point of HKDF over this hash (RFC 9180 §7.2).
    pub const fn kdf_id(self) -> u16 {
        match self {
            Self::Sha256 => 1,
            Self::Sha384 => 2,
            Self::Sha512 => 3,
        }
    }
}

copath_codec::open_enum! {
    /// An AEAD algorithm (RFC 9180 §7.3).
    pub struct AeadAlgorithm {
        /// AES-128-GCM.
        AES_128_GCM = 0x0001 => "AES-128-GCM",
        /// AES-256-GCM.
        AES_256_GCM = 0x0002 => "AES-256-GCM",
        /// ChaCha20-Poly1305.
        CHACHA20_POLY1305 = 0x0003 => "ChaCha20-Poly1305",
    }
}

copath_codec::open_enum! {
    /// A key encapsulation mechanism (RFC 9180 §7.1).
    pub struct KemAlgorithm {
        /// DHKEM(P-256, HKDF-SHA256).
        DHKEM_P256 = 0x0010 => "DHKEM(P-256, HKDF-SHA256)",
        /// DHKEM(P-384, HKDF-SHA384).
        DHKEM_P384 = 0x0011 => "DHKEM(P-384, HKDF-SHA384)",
        /// DHKEM(P-521, HKDF-SHA512).
        DHKEM_P521 = 0x0012 => "DHKEM(P-521, HKDF-SHA512)",
        /// DHKEM(X25519, HKDF-SHA256).
        DHKEM_X25519 = 0x0020 => "DHKEM(X25519, HKDF-SHA256)",
        /// DHKEM(X448, HKDF-SHA512).
        DHKEM_X448 = 0x0021 => "DHKEM(X448, HKDF-SHA512)",
    }
}

copath_codec::open_enum! {
    /// A signature scheme (RFC 8446 §4.2.3, as RFC 9420 §17.1 uses it).
    pub struct SignatureScheme {
        /// ECDSA over P-256 with SHA-256, DER encoded.
        ECDSA_SECP256R1_SHA256 = 0x0403 => "ecdsa_secp256r1_sha256",
        /// ECDSA over P-384 with SHA-384, DER encoded.
        ECDSA_SECP384R1_SHA384 = 0x0503 => "ecdsa_secp384r1_sha384",
        /// ECDSA over P-521 with SHA-512, DER encoded.
        ECDSA_SECP521R1_SHA512 = 0x0603 => "ecdsa_secp521r1_sha512",
        /// Ed25519.
        ED25519 = 0x0807 => "ed25519",
        /// Ed448.
        ED448 = 0x0808 => "ed448",
    }
}
