//! SHA-2 and the HMAC over it.
//!
//! FIPS 180-4, RFC 2104.

use copath_crypto::{Hash, HashAlgorithm};
use ring::{digest, hmac};

/// A hash of ring's.
pub(crate) struct RingHash {
    algorithm: HashAlgorithm,
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
}

impl RingHash {
    /// The hash `algorithm`, if ring has it.
    pub(crate) fn new(algorithm: HashAlgorithm) -> Option<Self> {
        let (digest, hmac) = match algorithm {
            HashAlgorithm::Sha256 => (&digest::SHA256, hmac::HMAC_SHA256),
            HashAlgorithm::Sha384 => (&digest::SHA384, hmac::HMAC_SHA384),
            HashAlgorithm::Sha512 => (&digest::SHA512, hmac::HMAC_SHA512),
            _ => return None,
        };
        Some(Self { algorithm, digest, hmac })
    }
}

impl Hash for RingHash {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn hash(&self, parts: &[&[u8]], out: &mut [u8]) {
        let mut context = digest::Context::new(self.digest);
        for part in parts {
            context.update(part);
        }
        copy(context.finish().as_ref(), out);
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
        let mut context = hmac::Context::with_key(&hmac::Key::new(self.hmac, key));
        for part in parts {
            context.update(part);
        }
        copy(context.sign().as_ref(), out);
    }
}

/// Copies as many octets as both have.
fn copy(from: &[u8], out: &mut [u8]) {
    for (to, octet) in out.iter_mut().zip(from) {
        *to = *octet;
    }
}
