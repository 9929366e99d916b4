//! What a creator chooses before there is a group, and what is fresh in it.
//!
//! RFC 9420 §8.4 and §11.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath::{
    CipherSuite, Client, Credential, Error, FixedDirectory, Group, Identity, MemoryStore, Misuse, NewGroup,
    Proposal, Secret, Timestamp,
};

const NOW: Timestamp = Timestamp(1_700_000_000);
const ED25519: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
const CHACHA: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519;
const P256: CipherSuite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
const P384: CipherSuite = CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384;

/// A client with these suites, who trusts nobody: nothing here needs trust in others.
fn client(suites: &[CipherSuite]) -> Client {
    let provider = copath_provider_rustcrypto::provider();
    let builder = Client::builder()
        .provider(provider.clone())
        .store(Arc::new(MemoryStore::new()))
        .validator(Arc::new(FixedDirectory::new()));
    let identity =
        |suite: &CipherSuite| Identity::generate(&provider, *suite, Credential::basic(b"somebody"));
    let suited = suites
        .iter()
        .fold(builder, |builder, suite| builder.suite(*suite).identity(identity(suite).unwrap()));
    suited.build().unwrap()
}

// covers: 11-01, 11-02
#[test]
fn the_best_suite_that_all_support_whatever_is_served() {
    let alice = client(&[P384, CHACHA, ED25519]);
    let [bob, carol] = [client(&[ED25519, CHACHA]), client(&[P256, ED25519, CHACHA])];
    // Both support a suite that Alice ranks higher, but key packages of another one alone are served.
    let served = [&bob, &carol].map(|client| client.key_package_of(ED25519, NOW).unwrap());
    let suite = alice.suite_for(&served).unwrap();
    assert_eq!(suite, CHACHA);
    let mut group = alice.create_group(NewGroup::new().suite(suite), NOW).unwrap();
    let refused = group.commit().add(&served[0]).prepare(NOW).unwrap_err();
    assert_eq!(refused.rule(), Some(copath::rules::rule!("10.1-02")));
    assert_eq!(alice.suite_for(&[]).unwrap(), P384);
}

#[test]
fn clients_without_a_suite_in_common() {
    let served = [client(&[P256]).key_package(NOW).unwrap()];
    let refused = client(&[ED25519, CHACHA]).suite_for(&served).unwrap_err();
    assert_eq!(refused, Error::Misuse(Misuse::NoCommonSuite));
    let cut = served[0][..served[0].len() - 1].to_vec();
    let malformed = client(&[ED25519]).suite_for(&[cut]).unwrap_err();
    assert_eq!(malformed.rule(), Some(copath::rules::rule!("2.1.2-04")));
}

/// The nonces of the pre-shared keys that wait for a commit.
fn nonces(group: &Group) -> Vec<Vec<u8>> {
    let nonce = |queued: copath::Queued| match queued.proposal {
        Proposal::PreSharedKey(proposal) => proposal.psk.psk_nonce.to_vec(),
        _ => panic!("another proposal"),
    };
    group.pending_proposals().map(nonce).collect()
}

// covers: 8.4-02
#[test]
fn each_use_of_a_psk_has_a_nonce_of_its_own() {
    for (suite, length) in [(ED25519, 32), (P384, 48)] {
        let alice = client(&[suite]);
        alice.store_psk(b"psk", &Secret::from(vec![1; 32])).unwrap();
        let mut group = alice.create_group(NewGroup::new(), NOW).unwrap();
        for _ in 0..3 {
            group.propose_psk(b"psk", NOW).unwrap();
        }
        let mut nonces = nonces(&group);
        assert!(nonces.iter().all(|nonce| nonce.len() == length));
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), 3);
    }
}
