//! Chains made by openssl, on every backend.

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{CertificateDefect, CredentialRole};
use copath_credentials_x509::{MissingRevocationList, RevocationList, X509Validator};
use copath_crypto::CryptoProvider;

use crate::fixtures::{Fixture, defect, hierarchy, read};
use crate::{NOW, policy, refused, trust, validator, verify};

fn providers() -> [Arc<dyn CryptoProvider>; 3] {
    [
        copath_provider_rustcrypto::provider(),
        copath_provider_ring::provider(),
        copath_provider_aws_lc::provider(),
    ]
}

// covers: 5.3-01, 5.3.1-09
#[test]
fn good_chains_are_accepted_by_every_backend_that_has_the_curve() {
    let mut accepted = 0;
    for provider in providers() {
        for curve in ["p256", "p384", "p521", "ed25519"] {
            let fixture = hierarchy(curve, "leaf");
            let validator = X509Validator::new(provider.clone(), policy(), trust(&fixture.root));
            let verdict = verify(&validator, &fixture.chain, &fixture.key);
            if curve == "p521" && provider.name() == "ring" {
                assert_eq!(refused(verdict), (1, CertificateDefect::UnsupportedKey));
                continue;
            }
            let verified = verdict.unwrap();
            assert_eq!(verified.identity().as_str(), "alice@example.com");
            assert_eq!(verified.subject().to_string(), "CN=Alice,O=Example");
            assert!(verified.anchor().to_string().starts_with("CN=Root "));
            accepted += 1;
        }
    }
    assert_eq!(accepted, 11);
}

#[test]
fn revocation_lists_are_checked_by_every_backend_that_has_the_curve() {
    for provider in providers() {
        for curve in ["p256", "p384", "ed25519"] {
            let list =
                RevocationList::from_der(&read(&format!("{curve}/list.der")), &policy().limits).unwrap();
            assert_eq!(list.len(), 1);
            let good = hierarchy(curve, "leaf");
            let revoked = hierarchy(curve, "revoked");
            let trust = trust(&good.root).with_revocation_list(list);
            let validator = X509Validator::new(provider.clone(), policy(), trust);
            verify(&validator, &good.chain, &good.key).unwrap();
            let verdict = verify(&validator, &revoked.chain, &revoked.key);
            assert_eq!(refused(verdict), (0, CertificateDefect::Revoked));
        }
    }
}

#[test]
fn each_defect_is_refused_by_its_own_name() {
    use CertificateDefect as D;
    let two = &["leaf", "middle"][..];
    let cases = [
        ("leaf-expired", two, (0, D::Expired)),
        ("leaf-not-yet-valid", two, (0, D::NotYetValid)),
        ("intermediate-expired", two, (1, D::Expired)),
        ("intermediate-is-no-authority", two, (1, D::NotAnAuthority)),
        ("intermediate-may-not-certify", two, (1, D::MayNotCertify)),
        ("leaf-may-not-sign", two, (0, D::MayNotSign)),
        ("leaf-for-servers", two, (0, D::WrongPurpose)),
        ("unknown-critical-extension", two, (0, D::UnknownCriticalExtension)),
        ("name-not-permitted", two, (0, D::NameNotPermitted)),
        ("name-excluded", two, (0, D::NameExcluded)),
        ("intermediate-without-constraints", two, (1, D::NotAnAuthority)),
        ("leaf-is-authority", two, (0, D::IsAnAuthority)),
        ("leaf-on-another-curve", two, (0, D::UnsupportedKey)),
        ("intermediate-on-another-curve", two, (1, D::UnsupportedKey)),
        ("intermediate-of-rsa", two, (1, D::UnsupportedKey)),
        ("signed-with-sha1", two, (0, D::UnsupportedSignature)),
        ("hash-of-another-curve", two, (0, D::UnsupportedSignature)),
        ("key-of-another", two, (0, D::KeyMismatch)),
        ("signed-by-another", two, (0, D::BadSignature)),
        ("path-too-long", &["leaf", "lower", "middle"], (2, D::PathTooLong)),
    ];
    for (name, certificates, expected) in cases {
        let fixture = defect(name, certificates);
        let validator = validator(policy(), trust(&fixture.root));
        assert_eq!(refused(verify(&validator, &fixture.chain, &fixture.key)), expected, "{name}");
    }
    // The order, a missing certificate and a root that nobody trusts.
    let Fixture { root, mut chain, key } = hierarchy("p256", "leaf");
    let verdict = |root: &[u8], chain: &[Opaque]| verify(&validator(policy(), trust(root)), chain, &key);
    verdict(&root, &chain).unwrap();
    assert_eq!(refused(verdict(&hierarchy("p384", "leaf").root, &chain)), (1, D::UnknownIssuer));
    assert_eq!(refused(verdict(&root, &chain[..1])), (0, D::UnknownIssuer));
    chain.insert(1, Opaque::from(root.as_slice()));
    assert_eq!(refused(verdict(&root, &chain)), (1, D::WrongOrder));
}

#[test]
fn a_chain_without_a_list_is_refused_where_the_policy_asks_for_one() {
    let fixture = hierarchy("p256", "leaf");
    let mut policy = policy();
    policy.revocation.missing = MissingRevocationList::Refuse;
    let validator = validator(policy, trust(&fixture.root));
    let verdict = validator.verify(&fixture.chain, &fixture.key, CredentialRole::Added, NOW);
    assert_eq!(refused(verdict), (1, CertificateDefect::RevocationUnknown));
}
