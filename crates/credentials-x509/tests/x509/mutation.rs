//! Damaged certificates: no panic, and nothing that was changed is accepted.

use copath_codec::Opaque;
use copath_credentials_x509::{CertificateRequest, IdentitySource, Limits, Policy, RevocationList};
use proptest::prelude::*;
use rcgen::{CertificateParams, GeneralSubtree, NameConstraints, SanType};

use crate::authority::as_is;
use crate::fixtures::{hierarchy, read};
use crate::forge::{content, signed};
use crate::hierarchy::Hierarchy;
use crate::{chain, policy, trust, validator, verify};

/// One change of an octet string.
#[derive(Clone, Debug)]
enum Change {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    Repeat(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<prop::sample::Index>(), 1..=255u8).prop_map(|(at, with)| Change::Flip(at, with)),
        any::<prop::sample::Index>().prop_map(Change::Cut),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, with)| Change::Insert(at, with)),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>())
            .prop_map(|(from, to)| Change::Repeat(from, to)),
    ]
}

fn apply(der: &mut Vec<u8>, change: &Change) {
    if der.is_empty() {
        return;
    }
    match change {
        Change::Flip(at, with) => {
            let at = at.index(der.len());
            der[at] ^= with;
        }
        Change::Cut(at) => der.truncate(at.index(der.len())),
        Change::Insert(at, octet) => der.insert(at.index(der.len()), *octet),
        Change::Repeat(from, to) => {
            let piece = der[from.index(der.len())..].to_vec();
            let to = to.index(der.len());
            der.splice(to..to, piece.into_iter().take(200));
        }
    }
}

/// Names of all forms, and constraints on all of them.
fn rich() -> Hierarchy {
    let names = |leaf: &mut CertificateParams| {
        leaf.subject_alt_names.extend([
            SanType::DnsName("a.example.com".try_into().unwrap()),
            SanType::URI("https://example.com/alice".try_into().unwrap()),
            SanType::IpAddress("10.0.0.1".parse().unwrap()),
        ]);
    };
    let constraints = |middle: &mut CertificateParams| {
        let forms =
            |host: &str| vec![GeneralSubtree::Rfc822Name(host.into()), GeneralSubtree::DnsName(host.into())];
        middle.name_constraints = Some(NameConstraints {
            permitted_subtrees: forms("example.com"),
            excluded_subtrees: forms("example.org"),
        });
    };
    Hierarchy::adjusted(as_is, constraints, names)
}

#[test]
fn a_certificate_that_is_signed_anew_is_the_same() {
    let h = rich();
    assert_eq!(signed(&content(&h.leaf.der), &h.middle), h.leaf.der);
    assert_eq!(signed(&content(&h.middle.der), &h.root), h.middle.der);
    h.verify(&h.chain()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Past the signatures too: an issuer that signs nonsense.
    #[test]
    fn nonsense_that_is_signed_does_not_panic(
        leaf_changes in prop::collection::vec(change(), 0..4),
        middle_changes in prop::collection::vec(change(), 0..4),
    ) {
        let h = rich();
        let changed = |der: &[u8], changes: &[Change], issuer| {
            let mut content = content(der);
            changes.iter().for_each(|change| apply(&mut content, change));
            signed(&content, issuer)
        };
        let leaf = changed(&h.leaf.der, &leaf_changes, &h.middle);
        let middle = changed(&h.middle.der, &middle_changes, &h.root);
        for source in [IdentitySource::Subject, IdentitySource::CommonName, IdentitySource::EmailAddress] {
            let validator = validator(Policy::new(source), trust(&h.root.der));
            if let Ok(verified) = verify(&validator, &chain(&[&leaf, &middle]), h.leaf.key.public()) {
                prop_assert!(!verified.identity().as_str().chars().any(char::is_control));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_changed_chain_is_refused(which in 0..2usize, changes in prop::collection::vec(change(), 1..4)) {
        let fixture = hierarchy("p256", "leaf");
        let mut chain = fixture.chain.clone();
        let mut der = chain[which].to_vec();
        changes.iter().for_each(|change| apply(&mut der, change));
        prop_assume!(der != *chain[which]);
        chain[which] = Opaque::from(der);
        let validator = validator(policy(), trust(&fixture.root));
        prop_assert!(verify(&validator, &chain, &fixture.key).is_err());
    }

    #[test]
    fn changed_lists_and_requests_do_not_panic(changes in prop::collection::vec(change(), 1..4)) {
        let mut der = read("p256/list.der");
        changes.iter().for_each(|change| apply(&mut der, change));
        if let Ok(list) = RevocationList::from_der(&der, &Limits::DEFAULT) {
            prop_assert!(list.len() < 100);
        }
        let provider = copath_provider_rustcrypto::provider();
        prop_assert!(CertificateRequest::from_der(&der, &*provider, &Limits::DEFAULT).is_err());
    }
}
