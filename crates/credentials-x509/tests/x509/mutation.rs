//! Damaged certificates: no panic, and nothing that was changed is accepted.

use copath_codec::Opaque;
use copath_credentials_x509::{CertificateRequest, Limits, RevocationList};
use proptest::prelude::*;

use crate::fixtures::{hierarchy, read};
use crate::{policy, trust, validator, verify};

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
