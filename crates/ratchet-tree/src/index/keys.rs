//! Which nodes may hold a key.

use alloc::vec::Vec;
use core::hash::Hasher;

use copath_crypto::{CryptoError, Suite};
use copath_tree_math::{LeafIndex, NodeIndex};
use siphasher::sip::SipHasher13;

use super::shared_map::SharedMap;

/// Fingerprints of all signature keys and encryption keys, each with the nodes that hold it.
///
/// The fingerprints are keyed with randomness of this member's own, so nobody can prepare keys whose fingerprints
/// are equal; what is found is confirmed in the tree all the same.
#[derive(Clone)]
pub(crate) struct KeyIndex {
    fingerprint_key: [u8; 16],
    signature: SharedMap,
    encryption: SharedMap,
}

impl KeyIndex {
    pub(crate) fn new(suite: &Suite) -> Result<Self, CryptoError> {
        let mut fingerprint_key = [0; 16];
        suite.provider().random(&mut fingerprint_key)?;
        Ok(Self { fingerprint_key, signature: SharedMap::default(), encryption: SharedMap::default() })
    }

    /// The fingerprint of a key for [`KeyIndex::load`].
    pub(crate) fn fingerprint(&self, key: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.fingerprint_key);
        hasher.write(key);
        hasher.finish()
    }

    /// Replaces the index by these fingerprints, each with its leaf or its node.
    pub(crate) fn load(&mut self, signature: Vec<(u64, LeafIndex)>, encryption: Vec<(u64, NodeIndex)>) {
        self.signature = SharedMap::of(signature.into_iter().map(|(key, leaf)| (key, leaf.as_u32())));
        self.encryption = SharedMap::of(encryption.into_iter().map(|(key, node)| (key, node.as_u32())));
    }

    pub(crate) fn insert_encryption_key(&mut self, key: &[u8], node: NodeIndex) {
        self.encryption.insert(self.fingerprint(key), node.as_u32());
    }

    pub(crate) fn remove_encryption_key(&mut self, key: &[u8], node: NodeIndex) {
        self.encryption.remove(self.fingerprint(key), node.as_u32());
    }

    pub(crate) fn insert_signature_key(&mut self, key: &[u8], leaf: LeafIndex) {
        self.signature.insert(self.fingerprint(key), leaf.as_u32());
    }

    pub(crate) fn remove_signature_key(&mut self, key: &[u8], leaf: LeafIndex) {
        self.signature.remove(self.fingerprint(key), leaf.as_u32());
    }

    /// Brings the changes that wait into the maps ([`SharedMap::settle`]).
    pub(crate) fn settle(&mut self) {
        self.signature.settle();
        self.encryption.settle();
    }

    /// The nodes that may have `key` as their encryption key, ascending.
    pub(crate) fn encryption_key_candidates(&self, key: &[u8]) -> impl Iterator<Item = NodeIndex> + '_ {
        self.encryption.values(self.fingerprint(key)).map(NodeIndex::new)
    }

    /// The leaves that may have `key` as their signature key, ascending.
    pub(crate) fn signature_key_candidates(&self, key: &[u8]) -> impl Iterator<Item = LeafIndex> + '_ {
        self.signature.values(self.fingerprint(key)).filter_map(LeafIndex::new)
    }

    /// A leaf of each pair whose signature keys have equal fingerprints.
    pub(crate) fn repeated_signature_fingerprints(&self) -> Vec<LeafIndex> {
        self.signature.repeated().into_iter().filter_map(LeafIndex::new).collect()
    }

    /// A node of each pair whose encryption keys have equal fingerprints.
    pub(crate) fn repeated_encryption_fingerprints(&self) -> Vec<NodeIndex> {
        self.encryption.repeated().into_iter().map(NodeIndex::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;

    use copath_crypto::{CipherSuite, CryptoProvider};
    use copath_provider_rustcrypto::RustCrypto;

    use super::*;

    fn suite() -> Suite {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([7; 32]));
        Suite::new(&provider, CipherSuite(1)).unwrap()
    }

    #[test]
    fn fingerprints_tell_keys_apart_and_differ_between_trees() {
        let [one, other] = [(); 2].map(|()| KeyIndex::new(&suite()).unwrap());
        assert_eq!(one.fingerprint(b"key"), one.fingerprint(b"key"));
        assert_ne!(one.fingerprint(b"key"), one.fingerprint(b"kez"));
        assert_eq!(one.fingerprint(b"key"), other.fingerprint(b"key"), "the same seed");
        let suite = suite();
        let [one, other] = [(); 2].map(|()| KeyIndex::new(&suite).unwrap());
        assert_ne!(one.fingerprint(b"key"), other.fingerprint(b"key"));
    }

    #[test]
    fn what_is_removed_is_no_candidate_any_more() {
        let mut index = KeyIndex::new(&suite()).unwrap();
        let (leaf, node) = (LeafIndex::FIRST, NodeIndex::new(1));
        index.insert_signature_key(b"key", leaf);
        index.insert_encryption_key(b"key", node);
        assert!(index.signature_key_candidates(b"key").eq([leaf]));
        assert!(index.encryption_key_candidates(b"key").eq([node]));
        index.remove_signature_key(b"key", leaf);
        assert_eq!(index.signature_key_candidates(b"key").count(), 0);
        assert!(index.encryption_key_candidates(b"key").eq([node]));
        index.remove_encryption_key(b"key", node);
        assert_eq!(index.encryption_key_candidates(b"key").count(), 0);
    }
}
