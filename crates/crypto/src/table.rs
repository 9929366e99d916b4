//! The cipher suites, one row each.

use crate::{AeadAlgorithm, HashAlgorithm, KemAlgorithm, SignatureScheme};

copath_codec::open_enum! {
    /// A cipher suite.
    ///
    /// RFC 9420 §17.1.
    pub struct CipherSuite {
        /// Suite 1, which every implementation has.
        MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519 = 0x0001 => "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
        /// Suite 2.
        MLS_128_DHKEMP256_AES128GCM_SHA256_P256 = 0x0002 => "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
        /// Suite 3.
        MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519 = 0x0003 => "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
        /// Suite 4.
        MLS_256_DHKEMX448_AES256GCM_SHA512_ED448 = 0x0004 => "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
        /// Suite 5.
        MLS_256_DHKEMP521_AES256GCM_SHA512_P521 = 0x0005 => "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
        /// Suite 6.
        MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448 = 0x0006 => "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
        /// Suite 7.
        MLS_256_DHKEMP384_AES256GCM_SHA384_P384 = 0x0007 => "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
    }
}

/// One row of the suite table: what a suite is made of.
///
/// RFC 9420 §5.1 and §17.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuiteParameters {
    /// The suite.
    pub suite: CipherSuite,
    /// The KEM of HPKE.
    pub kem: KemAlgorithm,
    /// The hash, also that of HMAC and of HKDF.
    pub hash: HashAlgorithm,
    /// The AEAD.
    pub aead: AeadAlgorithm,
    /// The signature scheme.
    pub signature: SignatureScheme,
}

impl SuiteParameters {
    /// All suites of RFC 9420.
    pub const ALL: [Self; 7] = [
        row(
            1,
            KemAlgorithm::DHKEM_X25519,
            HashAlgorithm::Sha256,
            AeadAlgorithm::AES_128_GCM,
            SignatureScheme::ED25519,
        ),
        row(
            2,
            KemAlgorithm::DHKEM_P256,
            HashAlgorithm::Sha256,
            AeadAlgorithm::AES_128_GCM,
            SignatureScheme::ECDSA_SECP256R1_SHA256,
        ),
        row(
            3,
            KemAlgorithm::DHKEM_X25519,
            HashAlgorithm::Sha256,
            AeadAlgorithm::CHACHA20_POLY1305,
            SignatureScheme::ED25519,
        ),
        row(
            4,
            KemAlgorithm::DHKEM_X448,
            HashAlgorithm::Sha512,
            AeadAlgorithm::AES_256_GCM,
            SignatureScheme::ED448,
        ),
        row(
            5,
            KemAlgorithm::DHKEM_P521,
            HashAlgorithm::Sha512,
            AeadAlgorithm::AES_256_GCM,
            SignatureScheme::ECDSA_SECP521R1_SHA512,
        ),
        row(
            6,
            KemAlgorithm::DHKEM_X448,
            HashAlgorithm::Sha512,
            AeadAlgorithm::CHACHA20_POLY1305,
            SignatureScheme::ED448,
        ),
        row(
            7,
            KemAlgorithm::DHKEM_P384,
            HashAlgorithm::Sha384,
            AeadAlgorithm::AES_256_GCM,
            SignatureScheme::ECDSA_SECP384R1_SHA384,
        ),
    ];

    /// The row of `suite`, if this table has it.
    pub fn of(suite: CipherSuite) -> Option<&'static Self> {
        static TABLE: [SuiteParameters; 7] = SuiteParameters::ALL;
        TABLE.iter().find(|row| row.suite == suite)
    }
}

const fn row(
    suite: u16,
    kem: KemAlgorithm,
    hash: HashAlgorithm,
    aead: AeadAlgorithm,
    signature: SignatureScheme,
) -> SuiteParameters {
    SuiteParameters { suite: CipherSuite(suite), kem, hash, aead, signature }
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: 17.1-03
    #[test]
    fn each_named_suite_has_a_row() {
        for (i, row) in SuiteParameters::ALL.iter().enumerate() {
            assert_eq!(usize::from(row.suite.0), i + 1);
            assert!(row.suite.name().is_some());
            assert_eq!(SuiteParameters::of(row.suite), Some(row));
        }
        assert_eq!(SuiteParameters::of(CipherSuite(0)), None);
        assert_eq!(SuiteParameters::of(CipherSuite(0x0a0a)), None);
    }
}
