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
        let done = self.short_hmac(key, parts, (&mut room, out));
        room.fill(0);
        optimization_barrier(&room);
        if done.is_some() {
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
    /// HMAC as RFC 2104 writes it, for what fits into `room`; `None` if it doesn't. aws-lc's own sets up contexts and
    /// copies them, which takes longer than hashing a few blocks. The caller wipes the room.
    fn short_hmac(
        &self,
        key: &[u8],
        parts: &[&[u8]],
        (room, out): (&mut [u8; SHORT], &mut [u8]),
    ) -> Option<()> {
        let block = self.digest.block_len();
        if key.len() > block {
            return None;
        }
        let (pad, text) = room.split_at_mut_checked(block)?;
        let inner = join(parts, text)?.checked_add(block)?;
        key_block(pad, key, 0x36);
        let hashed = digest::digest(self.digest, room.get(..inner)?);
        let (pad, text) = room.split_at_mut_checked(block)?;
        let outer = join(&[hashed.as_ref()], text)?.checked_add(block)?;
        key_block(pad, key, 0x5c);
        copy(digest::digest(self.digest, room.get(..outer)?).as_ref(), out);
        Some(())
    }
}

/// The key, filled up with zeros, XORed with `pad`.
fn key_block(block: &mut [u8], key: &[u8], pad: u8) {
    let filled = key.iter().copied().chain(core::iter::repeat(0));
    for (octet, key) in block.iter_mut().zip(filled) {
        *octet = key ^ pad;
    }
}

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
    for (to, octet) in out.iter_mut().zip(from) {
        *to = *octet;
    }
}
