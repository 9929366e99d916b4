//! Signed directories.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use copath_codec::Opaque;
use copath_credentials::{
    Credential, CredentialQuestion, CredentialRole, CredentialValidator, CredentialVerdict, RejectionReason,
    Timestamp,
};
use copath_credentials_basic::{
    BasicError, DirectoryContents, DirectoryKey, DirectoryPolicy, SignedDirectory,
};
use copath_crypto::{CryptoError, CryptoProvider, SignatureScheme, Signer};
use copath_records::{MemoryStore, Store, StoreError};
use proptest::prelude::*;

use crate::failing_store::FailingStore;
use crate::questions::{NOW, ask, ask_one, same_client, successor, valid};

use CredentialRole::Added;
use RejectionReason::{NotASuccessor, Unavailable, Unknown, UnsupportedType, WrongIdentity, WrongKey};

fn signer(provider: &Arc<dyn CryptoProvider>, scheme: SignatureScheme) -> Arc<dyn Signer> {
    let algorithm = provider.signature(scheme).unwrap();
    let keys = algorithm.generate(&mut |out| provider.random(out)).unwrap();
    algorithm.signer(&keys.private_key).unwrap()
}

fn ed25519() -> Arc<dyn Signer> {
    signer(&copath_provider_rustcrypto::provider(), SignatureScheme::ED25519)
}

fn key_of(signer: &dyn Signer) -> DirectoryKey {
    DirectoryKey {
        scheme: signer.scheme(),
        public_key: signer.public_key().to_vec(),
        directory_id: b"example.com".to_vec(),
    }
}

fn open(store: Arc<dyn Store>, signer: &dyn Signer) -> SignedDirectory {
    let provider = copath_provider_rustcrypto::provider();
    SignedDirectory::open(store, provider, key_of(signer), DirectoryPolicy::default()).unwrap()
}

const DAY: u64 = 86_400;

fn contents(version: u64, keys: &[(&str, &str)]) -> DirectoryContents {
    let keys = keys.iter().map(|(name, key)| (Opaque::from(name.as_bytes()), Opaque::from(key.as_bytes())));
    DirectoryContents::new(b"example.com", version, NOW.0 - DAY..=NOW.0 + DAY, keys)
}

const KEYS: [(&str, &str); 3] = [("bob", "b1"), ("alice", "a2"), ("alice", "a1")];

// covers: 5.3.1-08, 5.3.1-09
#[test]
fn each_question_is_answered_from_the_directory() {
    let signer = ed25519();
    let directory = open(Arc::new(MemoryStore::new()), &*signer);
    assert_eq!(directory.install(&contents(1, &KEYS).sign(&*signer).unwrap(), NOW), Ok(1));
    assert_eq!((directory.version(), directory.name_count()), (Some(1), 2));
    assert_eq!(directory.not_after(), Some(Timestamp(NOW.0 + DAY)));
    let x509 = CredentialQuestion::Valid {
        role: Added,
        credential: Credential::X509 { certificates: Vec::new() },
        signature_key: b"a1".into(),
    };
    let cases = [
        (valid(Added, "alice", b"a1"), Ok(())),
        (valid(Added, "alice", b"a2"), Ok(())),
        (valid(Added, "alice", b"b1"), Err(WrongKey)),
        (valid(Added, "carol", b"b1"), Err(Unknown)),
        (x509, Err(UnsupportedType)),
        (successor(("alice", b"old"), ("alice", b"a1")), Ok(())),
        (successor(("alice", b"a1"), ("alice", b"a3")), Err(WrongKey)),
        (successor(("bob", b"b1"), ("alice", b"a1")), Err(NotASuccessor)),
        (same_client(("alice", b"a1"), ("alice", b"a2")), Ok(())),
        (same_client(("alice", b"a1"), ("bob", b"b1")), Err(WrongIdentity)),
        (same_client(("alice", b"a1"), ("alice", b"a3")), Err(WrongKey)),
    ];
    let (questions, verdicts): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    assert_eq!(ask(&directory, &questions), verdicts);
}

#[test]
fn every_backend_verifies_every_scheme_that_it_has() {
    let providers = [
        copath_provider_rustcrypto::provider(),
        copath_provider_ring::provider(),
        copath_provider_aws_lc::provider(),
    ];
    let schemes = [
        SignatureScheme::ED25519,
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::ECDSA_SECP521R1_SHA512,
    ];
    let mut verified = 0;
    for scheme in schemes {
        let signer = signer(&providers[0], scheme);
        let octets = contents(1, &KEYS).sign(&*signer).unwrap();
        for provider in providers.iter().filter(|provider| provider.signature(scheme).is_some()) {
            let store = Arc::new(MemoryStore::new());
            let key = key_of(&*signer);
            let directory = SignedDirectory::open(store, provider.clone(), key, DirectoryPolicy::default());
            assert_eq!(directory.unwrap().install(&octets, NOW), Ok(1));
            verified += 1;
        }
    }
    assert_eq!(verified, 11);
}

#[test]
fn without_a_directory_that_is_valid_everybody_is_refused() {
    let signer = ed25519();
    let directory = open(Arc::new(MemoryStore::new()), &*signer);
    assert_eq!(ask_one(&directory, valid(Added, "alice", b"a1")), Err(Unavailable));
    let octets = contents(1, &KEYS).sign(&*signer).unwrap();
    let at = |seconds| directory.install(&octets, Timestamp(seconds));
    assert_eq!(at(NOW.0 - DAY - 301), Err(BasicError::DirectoryNotYetValid));
    assert_eq!(at(NOW.0 + DAY + 301), Err(BasicError::DirectoryExpired));
    assert_eq!(at(NOW.0 + DAY + 300), Ok(1));
    let verdict = |seconds| directory.validate(&[valid(Added, "alice", b"a1")], Timestamp(seconds));
    assert_eq!(verdict(NOW.0 + DAY + 300), [CredentialVerdict::Accepted]);
    assert_eq!(verdict(NOW.0 + DAY + 301), [CredentialVerdict::Rejected(Unavailable)]);
    assert_eq!(verdict(NOW.0 - DAY - 301), [CredentialVerdict::Rejected(Unavailable)]);
}

#[test]
fn versions_only_go_up_also_after_a_restart() {
    let signer = ed25519();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let directory = open(store.clone(), &*signer);
    let signed = |version, keys: &[(&str, &str)]| contents(version, keys).sign(&*signer).unwrap();
    let (first, second) = (signed(1, &KEYS), signed(2, &[("alice", "a9")]));
    assert_eq!(directory.install(&first, NOW), Ok(1));
    assert_eq!(directory.install(&second, NOW), Ok(2));
    for directory in [directory, open(store, &*signer)] {
        assert_eq!(directory.version(), Some(2));
        let rolled_back = BasicError::DirectoryRolledBack { version: 1, accepted: 2 };
        assert_eq!(directory.install(&first, NOW), Err(rolled_back));
        assert_eq!(directory.install(&second, NOW), Ok(2));
        let forked = BasicError::DirectoryForked { version: 2 };
        assert_eq!(directory.install(&signed(2, &KEYS), NOW), Err(forked));
        assert_eq!(ask_one(&directory, valid(Added, "alice", b"a9")), Ok(()));
        assert_eq!(ask_one(&directory, valid(Added, "alice", b"a1")), Err(WrongKey));
        assert_eq!(ask_one(&directory, valid(Added, "bob", b"b1")), Err(Unknown));
    }
}

#[test]
fn only_the_right_directory_of_the_right_key_is_believed() {
    let (signer, other) = (ed25519(), ed25519());
    let directory = open(Arc::new(MemoryStore::new()), &*signer);
    let forged = contents(1, &KEYS).sign(&*other).unwrap();
    assert_eq!(directory.install(&forged, NOW), Err(BasicError::Crypto(CryptoError::InvalidSignature)));
    let mut elsewhere = contents(1, &KEYS);
    elsewhere.directory_id = b"example.org".into();
    let elsewhere = elsewhere.sign(&*signer).unwrap();
    assert_eq!(directory.install(&elsewhere, NOW), Err(BasicError::OtherDirectory));
    let small = DirectoryPolicy { maximum_size: 10, ..DirectoryPolicy::default() };
    let provider = copath_provider_rustcrypto::provider();
    let bounded =
        SignedDirectory::open(Arc::new(MemoryStore::new()), provider, key_of(&*signer), small).unwrap();
    let octets = contents(1, &KEYS).sign(&*signer).unwrap();
    let too_large = BasicError::DirectoryTooLarge { length: octets.len(), limit: 10 };
    assert_eq!(bounded.install(&octets, NOW), Err(too_large));
    assert_eq!((directory.version(), bounded.version()), (None, None));
}

#[test]
fn entries_are_in_order_and_validity_is_not_empty() {
    let signer = ed25519();
    let mut reversed = contents(1, &KEYS);
    reversed.entries.reverse();
    let mut repeated = contents(1, &KEYS);
    repeated.entries[0].signature_keys = vec![b"a1".into(), b"a1".into()];
    let mut empty = contents(1, &KEYS);
    empty.not_after = empty.not_before - 1;
    for bad in [reversed, repeated, empty] {
        assert_eq!(bad.sign(&*signer), Err(BasicError::UnorderedDirectory));
    }
}

#[test]
fn a_directory_that_could_not_be_stored_is_not_believed() {
    let signer = ed25519();
    let store = Arc::new(FailingStore::default());
    let directory = open(store.clone(), &*signer);
    store.fails.store(true, Ordering::Relaxed);
    let octets = contents(1, &KEYS).sign(&*signer).unwrap();
    assert_eq!(directory.install(&octets, NOW), Err(BasicError::Store(StoreError::Full)));
    assert_eq!(directory.version(), None);
    store.fails.store(false, Ordering::Relaxed);
    assert_eq!(directory.install(&octets, NOW), Ok(1));
}

proptest! {
    #[test]
    fn a_changed_directory_is_refused(at in any::<prop::sample::Index>(), with in 1..=255u8, cut in any::<bool>()) {
        let signer = ed25519();
        let directory = open(Arc::new(MemoryStore::new()), &*signer);
        let mut octets = contents(1, &KEYS).sign(&*signer).unwrap();
        let at = at.index(octets.len());
        if cut { octets.truncate(at) } else { octets[at] ^= with }
        prop_assert!(directory.install(&octets, NOW).is_err());
        prop_assert_eq!(directory.version(), None);
    }
}
