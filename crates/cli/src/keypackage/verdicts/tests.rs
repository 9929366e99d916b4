//! Forged key packages, each refused by the rule that it breaks.

use std::sync::Arc;

use copath::engine::{KeyPackageParameters, KeyPackageSecrets, LeafParameters};
use copath::messages::{LeafPosition, UnsignedKeyPackage, UnsignedLeafNode};
use copath::{CredentialType, Signer};
use copath_credentials_x509::{IdentitySource, Policy, TrustStore};

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000);
const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;

fn checks() -> Checks {
    let provider = copath_provider_rustcrypto::provider();
    let policy = Policy::new(IdentitySource::EmailAddress);
    Checks {
        now: NOW,
        suite: None,
        expected: None,
        validator: X509Validator::new(provider, policy, TrustStore::new()),
        has_anchors: false,
    }
}

/// A key package that is right in its signatures, whatever else was changed.
fn forge(change: impl FnOnce(&mut UnsignedLeafNode, &mut UnsignedKeyPackage)) -> KeyPackage {
    let suite = Suite::new(&copath_provider_rustcrypto::provider(), SUITE).unwrap();
    let keys = suite.generate_signature_key_pair().unwrap();
    let signer: Arc<dyn Signer> = suite.signature().signer(&keys.private_key).unwrap();
    let leaf = LeafParameters::new(Credential::basic(b"alice"), &[SUITE]);
    let parameters = KeyPackageParameters::new(leaf, NOW, 30);
    let good = KeyPackageSecrets::generate(&suite, &parameters, &*signer).unwrap().key_package;
    let leaf = good.leaf_node;
    let mut unsigned = UnsignedLeafNode {
        encryption_key: leaf.encryption_key.clone(),
        signature_key: leaf.signature_key.clone(),
        credential: leaf.credential.clone(),
        capabilities: leaf.capabilities.clone(),
        leaf_node_source: leaf.leaf_node_source.clone(),
        extensions: leaf.extensions.clone(),
    };
    let mut package = UnsignedKeyPackage {
        version: good.version,
        cipher_suite: good.cipher_suite,
        init_key: good.init_key,
        leaf_node: leaf,
        extensions: good.extensions,
    };
    change(&mut unsigned, &mut package);
    package.leaf_node = unsigned.sign(&suite, &*signer, LeafPosition::None).unwrap();
    package.sign(&suite, &*signer).unwrap()
}

fn lifetime(not_before: u64, not_after: u64) -> LeafNodeSource {
    LeafNodeSource::KeyPackage(Lifetime { not_before, not_after })
}

#[test]
fn what_can_not_be_judged_is_not_taken_for_good() {
    let open = Verdict::Open(String::new());
    assert!(
        open.refuses("keys and signatures") && open.refuses("capabilities") && !open.refuses("credential")
    );
    let other = forge(|leaf, _| {
        leaf.credential = Credential::Other { credential_type: CredentialType(0xf000), body: vec![0] };
        leaf.capabilities.credentials.push(CredentialType(0xf000));
    });
    assert_eq!(wrong(&other), []);
    let checks = Checks { expected: Some("alice".to_owned()), ..checks() };
    let verdicts = checks.run(&other);
    assert!(matches!(verdicts.last(), Some((_, Verdict::Bad { rule, .. })) if rule.as_str() == "5.3.1-09"));
}

/// What is wrong: the check, the rule and the advice.
fn wrong(package: &KeyPackage) -> Vec<(&'static str, &'static str)> {
    let verdicts = checks().run(package).into_iter();
    let bad = verdicts.filter_map(|(about, verdict)| match verdict {
        Verdict::Bad { rule, what, advice } => {
            assert!(!advice.is_empty() && what.contains(rule.as_str()), "{what}");
            Some((about, rule.as_str()))
        }
        _ => None,
    });
    bad.collect()
}

#[test]
fn a_good_one_has_a_verdict_on_everything() {
    let verdicts = checks().run(&forge(|_, _| {}));
    let told: Vec<&str> = verdicts.iter().map(|(about, _)| *about).collect();
    assert_eq!(told, ["version and suite", "keys and signatures", "capabilities", "lifetime", "credential"]);
    let open = verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Open(_)));
    assert_eq!(open.map(|(about, _)| *about).collect::<Vec<_>>(), ["credential"], "a name alone");
}

#[test]
fn each_rule_is_told_by_its_number() {
    type Change = fn(&mut UnsignedLeafNode, &mut UnsignedKeyPackage);
    const YEAR: u64 = 366 * 86_400;
    let cases: [(Change, &str, &str); 9] = [
        (|leaf, _| leaf.leaf_node_source = lifetime(NOW.0 - 9, NOW.0 - 1), "lifetime", "7.3-09"),
        (|leaf, _| leaf.leaf_node_source = lifetime(NOW.0 + 1, NOW.0 + 9), "lifetime", "7.3-09"),
        (|leaf, _| leaf.leaf_node_source = lifetime(NOW.0, NOW.0 + YEAR + 1), "lifetime", "7.2-10"),
        (|leaf, _| leaf.leaf_node_source = lifetime(NOW.0, NOW.0 - 1), "lifetime", "7.2-12"),
        (|leaf, _| leaf.capabilities.credentials = [CredentialType::X509].into(), "capabilities", "7.2-05"),
        (|leaf, _| leaf.capabilities.cipher_suites = Vec::new(), "capabilities", "7.3-06"),
        (|leaf, _| leaf.capabilities.versions = Vec::new(), "capabilities", "7.3-06"),
        (|_, package| package.version = ProtocolVersion(2), "version and suite", "10.1-02"),
        (|leaf, package| package.init_key = leaf.encryption_key.clone(), "keys and signatures", "10.1-05"),
    ];
    for (change, about, rule) in cases {
        assert_eq!(wrong(&forge(change)), [(about, rule)]);
    }
    assert_eq!(wrong(&forge(|leaf, _| leaf.leaf_node_source = lifetime(NOW.0, NOW.0 + YEAR))), []);
}

#[test]
fn what_was_changed_after_signing() {
    let mut package = forge(|_, _| {});
    package.leaf_node.credential = Credential::basic(b"bob");
    assert_eq!(wrong(&package), [("keys and signatures", "7.3-03")]);
    let mut package = forge(|_, _| {});
    package.leaf_node.leaf_node_source = LeafNodeSource::Update;
    assert_eq!(wrong(&package), [("keys and signatures", "7.3-13")]);
    // A suite that nobody has: what needs it can't be checked, and the package is refused.
    let mut package = forge(|_, _| {});
    package.cipher_suite = CipherSuite(0xf000);
    assert_eq!(wrong(&package), [("version and suite", "10.1-02")]);
}

#[test]
fn chains_without_a_trusted_authority() {
    let package = forge(|leaf, _| leaf.credential = Credential::X509 { certificates: Vec::new() });
    assert_eq!(wrong(&package), [("credential", "7.3-02")]);
    let garbage = vec![b"no certificate"[..].into()];
    let package = forge(|leaf, _| leaf.credential = Credential::X509 { certificates: garbage });
    assert_eq!(wrong(&package), [("credential", "7.3-02")]);
}
