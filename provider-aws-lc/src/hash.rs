//! SHA-2 and the HMAC over it.
//!
//! FIPS 180-4, RFC 2104.

use aws_lc_rs::{digest, hmac};
use copath_crypto::{Hash, HashAlgorithm};
use zeroize::optimization_barrier;

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
        if let [whole] = parts {
            return copy(digest::digest(self.digest, whole).as_ref(), out);
        }
        // A context is allocated; one call on a copy isn't.
        let mut joined = [0; SHORT];
        if let Some(total) = join(parts, &mut joined) {
            let joined = joined.get(..total).unwrap_or_default();
            return copy(digest::digest(self.digest, joined).as_ref(), out);
        }
        let mut context = digest::Context::new(self.digest);
        for part in parts {
            context.update(part);
        }
        copy(context.finish().as_ref(), out);
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
        let mut room = [0; SHORT];
        let used = self.short_hmac(key, parts, (&mut room, out));
        // What was not written to needs no wiping.
        room.get_mut(..used.unwrap_or(SHORT)).unwrap_or_default().fill(0);
        optimization_barrier(&room);
        if used.is_some() {
            return;
        }
        let mut context = hmac::Context::with_key(&hmac::Key::new(self.hmac, key));
        for part in parts {
            context.update(part);
        }
        copy(context.sign().as_ref(), out);
    }
}

/// Octets that are copied together to be hashed in one call: enough for a tree node.
const SHORT: usize = 512;

impl AwsLcHash {
    /// HMAC as RFC 2104 writes it, for what fits into `room`: how much of the room was used; `None` if it doesn't fit.
    /// aws-lc's own sets up contexts and copies them, which takes longer than hashing a few blocks. The caller wipes
    /// the room.
    fn short_hmac(
        &self,
        key: &[u8],
        parts: &[&[u8]],
        (room, out): (&mut [u8; SHORT], &mut [u8]),
    ) -> Option<usize> {
        let block = self.digest.block_len();
        if key.len() > block {
            return None;
        }
        let (pad, text) = room.split_at_mut_checked(block)?;
        let inner = join(parts, text)?.checked_add(block)?;
        pad.fill(INNER_PAD);
        pad.iter_mut().zip(key).for_each(|(octet, key)| *octet ^= key);
        let hashed = digest::digest(self.digest, room.get(..inner)?);
        let (pad, text) = room.split_at_mut_checked(block)?;
        let outer = join(&[hashed.as_ref()], text)?.checked_add(block)?;
        pad.iter_mut().for_each(|octet| *octet ^= INNER_PAD ^ OUTER_PAD);
        copy(digest::digest(self.digest, room.get(..outer)?).as_ref(), out);
        Some(inner.max(outer))
    }
}

/// What HMAC's key is XORed with for the inner hash (RFC 2104 §2).
const INNER_PAD: u8 = 0x36;
/// The same for the outer one.
const OUTER_PAD: u8 = 0x5c;

/// Copies `parts` together; how many octets they are, or `None` if `room` is too small.
fn join(parts: &[&[u8]], room: &mut [u8]) -> Option<usize> {
    let before = room.len();
    let mut rest = room;
    for part in parts {
        let (place, after) = rest.split_at_mut_checked(part.len())?;
        place.copy_from_slice(part);
        rest = after;
    }
    before.checked_sub(rest.len())
}

/// Copies as many octets as both have.
fn copy(from: &[u8], out: &mut [u8]) {
    let length = from.len().min(out.len());
    if let (Some(out), Some(from)) = (out.get_mut(..length), from.get(..length)) {
        out.copy_from_slice(from);
    }
}
