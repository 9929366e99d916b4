//! What a batch costs.

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{
    Credential, CredentialQuestion, CredentialRole, CredentialValidator, CredentialVerdict,
};
use copath_credentials_x509::{Limits, RevocationList, X509Validator};
use copath_crypto::Counting;

use crate::authority::as_is;
use crate::hierarchy::Hierarchy;
use crate::revocation::list;
use crate::{NOW, chain, policy, trust};

fn question(certificates: Vec<Opaque>, key: &[u8]) -> CredentialQuestion {
    CredentialQuestion::Valid {
        role: CredentialRole::Member,
        credential: Credential::X509 { certificates },
        signature_key: key.into(),
    }
}

// covers: 5.3.1-02
#[test]
fn what_chains_have_in_common_is_verified_once() {
    let h = Hierarchy::new();
    let lower = h.middle.authority("Lower", as_is);
    let clients: Vec<_> = (0..100).map(|_| lower.client(as_is)).collect();
    let questions: Vec<_> = clients
        .iter()
        .map(|c| question(chain(&[&c.der, &lower.der, &h.middle.der, &h.root.der]), c.key.public()))
        .collect();
    let limits = Limits::DEFAULT;
    let mut store = trust(&h.root.der);
    for issuer in [&h.root, &h.middle, &lower] {
        store = store.with_revocation_list(RevocationList::from_der(&list(issuer, &[]), &limits).unwrap());
    }
    let provider = Arc::new(Counting::new(copath_provider_rustcrypto::provider()));
    let validator = X509Validator::new(provider.clone(), policy(), store);
    let before = provider.counts();
    let verdicts = validator.validate(&questions, NOW);
    assert!(verdicts.iter().all(|verdict| *verdict == CredentialVerdict::Accepted));
    // One for each member; lower and middle within the chain; three lists.
    assert_eq!((provider.counts() - before).verify, 100 + 2 + 3);
}

#[test]
fn one_bad_chain_does_not_harm_the_others() {
    let h = Hierarchy::new();
    let other = Hierarchy::new();
    let questions = [
        question(h.chain(), h.leaf.key.public()),
        question(other.chain(), other.leaf.key.public()),
        question(h.chain(), other.leaf.key.public()),
        question(vec![], h.leaf.key.public()),
        question(h.chain(), h.leaf.key.public()),
    ];
    let validator = crate::validator(policy(), trust(&h.root.der));
    let verdicts = validator.validate(&questions, NOW);
    let accepted: Vec<_> = verdicts.iter().map(|v| *v == CredentialVerdict::Accepted).collect();
    assert_eq!(accepted, [true, false, false, false, true]);
}
