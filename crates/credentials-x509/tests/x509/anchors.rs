//! Finding trust anchors.

use copath_credentials::CertificateDefect as D;
use copath_credentials_x509::{AnchorValidity, Limits, TrustAnchor, TrustStore, X509Error};
use rcgen::{BasicConstraints, GeneralSubtree, IsCa, NameConstraints, date_time_ymd};

use crate::authority::{Certified, ED25519, Key, as_is, authority_params};
use crate::hierarchy::Hierarchy;
use crate::{chain, policy, refused, trust, validator, verify};

// covers: 5.3-03
#[test]
fn certificates_that_the_validator_has_may_be_left_out() {
    let h = Hierarchy::new();
    let lower = h.middle.authority("Lower", as_is);
    let leaf = lower.client(as_is);
    let limits = Limits::DEFAULT;
    let with = |trust: TrustStore, der: &[u8]| trust.with_intermediate(der, &limits).unwrap();
    let both = with(with(trust(&h.root.der), &h.middle.der), &lower.der);
    let both = validator(policy(), both);
    verify(&both, &chain(&[&leaf.der]), leaf.key.public()).unwrap();
    verify(&both, &chain(&[&leaf.der, &lower.der]), leaf.key.public()).unwrap();
    let lower_only = validator(policy(), with(trust(&h.root.der), &lower.der));
    assert_eq!(refused(verify(&lower_only, &chain(&[&leaf.der]), leaf.key.public())), (0, D::UnknownIssuer));
}

#[test]
fn intermediate_certificates_of_the_validator_are_no_anchors() {
    let h = Hierarchy::adjusted(as_is, |middle| middle.not_after = date_time_ymd(2025, 3, 1), as_is);
    let trust = trust(&h.root.der).with_intermediate(&h.middle.der, &Limits::DEFAULT).unwrap();
    let verdict = verify(&validator(policy(), trust), &chain(&[&h.leaf.der]), h.leaf.key.public());
    assert_eq!(refused(verdict), (1, D::Expired));
}

#[test]
fn an_intermediate_authority_can_be_the_anchor() {
    let h = Hierarchy::new();
    let validator = validator(policy(), trust(&h.middle.der));
    for certificates in
        [&[&h.leaf.der[..]][..], &[&h.leaf.der, &h.middle.der], &[&h.leaf.der, &h.middle.der, &h.root.der]]
    {
        let verified = verify(&validator, &chain(certificates), h.leaf.key.public()).unwrap();
        assert_eq!(verified.anchor().to_string(), "CN=Intermediate");
    }
}

#[test]
fn an_anchor_is_as_the_validator_has_it_not_as_the_chain_shows_it() {
    let only_org = |root: &mut rcgen::CertificateParams| {
        let subtree = GeneralSubtree::Rfc822Name("example.org".into());
        root.name_constraints =
            Some(NameConstraints { permitted_subtrees: vec![subtree], excluded_subtrees: vec![] });
    };
    let h = Hierarchy::adjusted(only_org, as_is, as_is);
    assert_eq!(refused(h.verify(&h.chain())), (0, D::NameNotPermitted));
    // The same name and key without the constraint.
    let copy = Certified::self_signed(authority_params("Root"), h.root.key.clone(), as_is);
    let shown = chain(&[&h.leaf.der, &h.middle.der, &copy.der]);
    assert_eq!(refused(h.verify(&shown)), (0, D::NameNotPermitted));
}

#[test]
fn anchors_of_one_name_are_all_tried() {
    let h = Hierarchy::new();
    let other = Certified::root("Root", as_is);
    let store = trust(&other.der).with_anchor(TrustAnchor::from_der(&h.root.der, &Limits::DEFAULT).unwrap());
    verify(&validator(policy(), store), &h.chain(), h.leaf.key.public()).unwrap();
    // The leaf's own issuer too is chosen by its key.
    let direct = h.root.client(as_is);
    let store = trust(&other.der).with_anchor(TrustAnchor::from_der(&h.root.der, &Limits::DEFAULT).unwrap());
    let validator = validator(policy(), store);
    verify(&validator, &chain(&[&direct.der]), direct.key.public()).unwrap();
    let foreign = Certified::root("Root", as_is).client(as_is);
    let verdict = verify(&validator, &chain(&[&foreign.der]), foreign.key.public());
    assert_eq!(refused(verdict), (0, D::BadSignature));
}

#[test]
fn an_anchors_own_validity_is_a_matter_of_policy() {
    let h = Hierarchy::adjusted(|root| root.not_after = date_time_ymd(2025, 3, 1), as_is, as_is);
    assert_eq!(refused(h.verify(&h.chain())), (2, D::Expired));
    let mut policy = policy();
    policy.anchor_validity = AnchorValidity::Ignored;
    verify(&validator(policy, trust(&h.root.der)), &h.chain(), h.leaf.key.public()).unwrap();
}

#[test]
fn an_anchor_is_an_authority() {
    let h = Hierarchy::new();
    let leaf = TrustAnchor::from_der(&h.leaf.der, &Limits::DEFAULT).unwrap_err();
    let X509Error::Certificate(error) = leaf else { panic!("not refused") };
    assert_eq!((error.position, error.defect), (0, D::NotAnAuthority));
    let error = TrustStore::new().with_intermediate(b"x", &Limits::DEFAULT).unwrap_err();
    let X509Error::Certificate(error) = error else { panic!("not refused") };
    assert_eq!(error.defect, D::Malformed);
}

#[test]
fn a_validator_without_anchors_accepts_nothing() {
    let h = Hierarchy::new();
    let validator = validator(policy(), TrustStore::new());
    assert_eq!(refused(verify(&validator, &h.chain(), h.leaf.key.public())), (1, D::UnknownIssuer));
    validator.set_trust(trust(&h.root.der));
    verify(&validator, &h.chain(), h.leaf.key.public()).unwrap();
}

#[test]
fn many_authorities_of_one_name_cost_a_bounded_number_of_signatures() {
    // Sixteen authorities that certify each other, and no anchor: the ways grow without bound.
    let keys: Vec<Key> = (0..16).map(|_| Key::new(ED25519)).collect();
    let own: Vec<Certified> =
        keys.iter().map(|key| Certified::self_signed(authority_params("Same"), key.clone(), as_is)).collect();
    let mut store = trust(&Hierarchy::new().root.der);
    for (issuer, subject) in own.iter().zip(own.iter().cycle().skip(1)) {
        let unlimited =
            |p: &mut rcgen::CertificateParams| p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let crossed = issuer.issue(authority_params("Same"), subject.key.clone(), unlimited);
        store = store.with_intermediate(&crossed.der, &Limits::DEFAULT).unwrap();
    }
    let leaf = own[0].client(as_is);
    let provider = std::sync::Arc::new(copath_crypto::Counting::new(copath_provider_rustcrypto::provider()));
    let validator = copath_credentials_x509::X509Validator::new(provider.clone(), policy(), store);
    let verdict = verify(&validator, &chain(&[&leaf.der]), leaf.key.public());
    assert_eq!(refused(verdict), (0, D::UnknownIssuer));
    let verified = provider.counts().verify;
    assert!(verified > 10 && verified <= 64, "{verified}");
}
