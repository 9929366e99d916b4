//! SHA-2 and the HMAC over it.
//!
//! FIPS 180-4, RFC 2104.

use aws_lc_rs::{digest, hmac};
use copath_crypto::{Hash, HashAlgorithm};

/// A hash of aws-lc's.
pub(crate) struct AwsLcHash {
    algorithm: HashAlgorithm,
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
}

impl AwsLcHash {
    /// The hash `algorithm`, if aws-lc has it.
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

impl Hash for AwsLcHash {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn hash(&self, parts: &[&[u8]], out: &mut [u8]) {
        /// Room for a tree node. What is hashed is public, so that copies need no wiping.
        const SHORT: usize = 512;
        let total = parts.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
        if let [whole] = parts {
            return copy(digest::digest(self.digest, whole).as_ref(), out);
        }
        let mut joined = [0; SHORT];
        // A context is allocated; one call on a copy isn't.
        if let Some(joined) = joined.get_mut(..total) {
            let mut rest = &mut *joined;
            for part in parts {
                let Some((place, after)) = rest.split_at_mut_checked(part.len()) else { return };
                place.copy_from_slice(part);
                rest = after;
            }
            return copy(digest::digest(self.digest, joined).as_ref(), out);
        }
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
