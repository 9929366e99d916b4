//! SHA-2 and the HMAC over it.

use std::marker::PhantomData;
use std::sync::Arc;

use copath_crypto::{Hash, HashAlgorithm};
use hmac::digest::common::Key;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384, Sha512};
use zeroize::Zeroize;

pub(crate) fn hash(algorithm: HashAlgorithm) -> Option<Arc<dyn Hash>> {
    match algorithm {
        HashAlgorithm::Sha256 => Some(Arc::new(Sha2::<Sha256>::new(algorithm))),
        HashAlgorithm::Sha384 => Some(Arc::new(Sha2::<Sha384>::new(algorithm))),
        HashAlgorithm::Sha512 => Some(Arc::new(Sha2::<Sha512>::new(algorithm))),
        _ => None,
    }
}

struct Sha2<D> {
    algorithm: HashAlgorithm,
    function: PhantomData<fn() -> D>,
}

impl<D> Sha2<D> {
    fn new(algorithm: HashAlgorithm) -> Self {
        Self { algorithm, function: PhantomData }
    }
}

impl<D: Digest + EagerHash> Hash for Sha2<D> {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn hash(&self, parts: &[&[u8]], out: &mut [u8]) {
        let mut state = D::new();
        for part in parts {
            Digest::update(&mut state, part);
        }
        copy(out, &Digest::finalize(state));
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
        // RFC 2104 §2: a key longer than a block is hashed, a shorter one is padded with zeros.
        let mut block = Key::<Hmac<D>>::default();
        if key.len() > block.len() {
            let mut hashed = D::digest(key);
            copy(&mut block, &hashed);
            hashed.zeroize();
        } else {
            copy(&mut block, key);
        }
        let mut mac = <Hmac<D> as KeyInit>::new(&block);
        block.zeroize();
        for part in parts {
            mac.update(part);
        }
        let mut tag = mac.finalize().into_bytes();
        copy(out, &tag);
        tag.zeroize();
    }
}

fn copy(out: &mut [u8], octets: &[u8]) {
    for (to, from) in out.iter_mut().zip(octets) {
        *to = *from;
    }
}
