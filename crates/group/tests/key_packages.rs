//! What a client publishes: its own key packages.
//!
//! RFC 9420 §10 and §7.2. Those of others are checked in `proposals`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use copath_codec::{Decode, DecodeContext, Encode, Opaque};
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoProvider, Signer, Suite};
use copath_group::{
    CommitOptions, Grease, GroupError, KeyPackageParameters, KeyPackageSecrets, LeafParameters,
    StoredStateError, WelcomeOptions,
};
use copath_messages::{
    Capabilities, Extension, ExtensionType, Extensions, KeyPackage, LeafNodeSource, Lifetime, MlsMessage,
    MlsMessageBody, ProposalType, ProtocolVersion, UnsignedKeyPackage, UnsignedLeafNode,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{Member, NOW, add, assert_refuses, assert_rule, over_the_wire};

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([21; 32]))
}

fn client(suite: u16) -> Member {
    Member::new(&provider(), CipherSuite(suite), "bob")
}

fn parameters(member: &Member) -> KeyPackageParameters {
    KeyPackageParameters::new(member.leaf.clone(), NOW, 30)
}

fn extension(extension_type: u16) -> Extension {
    Extension { extension_type: ExtensionType(extension_type), extension_data: vec![7].into() }
}

/// Asserts that `member` can't make a key package of `parameters`, by exactly `rule`.
fn refused(member: &mut Member, parameters: &KeyPackageParameters, rule: RuleId) {
    let generate = |member: &mut Member| {
        KeyPackageSecrets::generate(&member.suite, parameters, &*member.signer).map(|_| ())
    };
    assert_refuses(member, generate, rule);
    member.key_package();
}

// covers: 10-02, 10-07, 10-09, 5.2-02
#[test]
fn own_key_packages_are_valid_on_every_suite() {
    for suite in 1..=7 {
        let mut bob = client(suite);
        let package = bob.key_package();
        package.check(&bob.suite).unwrap();
        assert_eq!(package.version, ProtocolVersion::MLS10);
        assert_eq!(package.cipher_suite, CipherSuite(suite));
        assert!(matches!(package.leaf_node.leaf_node_source, LeafNodeSource::KeyPackage(_)));
        let message = over_the_wire(&package.clone().into());
        assert_eq!(message.body, MlsMessageBody::KeyPackage(package.clone()));
        let label = "MLS 1.0 KeyPackage Reference";
        let reference = bob.suite.ref_hash(label, &package.to_bytes().unwrap()).unwrap();
        assert!(bob.key_packages.contains_key(reference.as_slice()));
    }
}

// covers: 10-04
#[test]
fn no_two_key_packages_share_a_key() {
    let mut bob = client(1);
    let mut keys = BTreeSet::new();
    for _ in 0..500 {
        let package = bob.key_package();
        assert!(keys.insert(package.init_key.to_vec()));
        assert!(keys.insert(package.leaf_node.encryption_key.to_vec()));
    }
}

// covers: 7.2-01, 7.2-03, 7.2-04, 7.2-05, 10-10, 13.4-01
#[test]
fn capabilities_list_what_is_used_and_no_defaults() {
    let mut bob = client(1);
    bob.leaf = bob
        .leaf
        .clone()
        .supporting_extension(ExtensionType(0xf001))
        .supporting_extension(ExtensionType(0xf001))
        .supporting_proposal(ProposalType(0xf002));
    bob.leaf.extensions.0.push(extension(0xf001));
    bob.leaf.extensions.0.push(extension(1));
    let mut parameters = parameters(&bob);
    parameters.grease = Grease::Omit;
    parameters.extensions.0.push(extension(0xf003));
    parameters.extensions.0.push(extension(5));
    let secrets = KeyPackageSecrets::generate(&bob.suite, &parameters, &*bob.signer).unwrap();
    let package = secrets.key_package;
    package.check(&bob.suite).unwrap();
    let expected = Capabilities {
        versions: vec![ProtocolVersion::MLS10],
        cipher_suites: vec![CipherSuite(1)],
        extensions: vec![ExtensionType(0xf001), ExtensionType(0xf003)],
        proposals: vec![ProposalType(0xf002)],
        credentials: vec![CredentialType::BASIC, CredentialType::X509],
    };
    assert_eq!(package.leaf_node.capabilities, expected);
    assert_eq!(package.extensions, parameters.extensions);
}

/// A change of what a key package is made from, and the rule that it breaks.
type Case = (&'static str, RuleId, fn(&mut KeyPackageParameters));

#[test]
fn parameters_that_break_one_rule() {
    let cases: [Case; 12] = [
        ("a default extension listed", rule!("7.2-01"), |p| {
            p.leaf.capabilities.extensions.push(ExtensionType::APPLICATION_ID);
        }),
        ("a default proposal listed", rule!("7.2-01"), |p| {
            p.leaf.capabilities.proposals.push(ProposalType::GROUP_CONTEXT_EXTENSIONS);
        }),
        ("a leaf extension unlisted", rule!("7.2-04"), |p| p.leaf.extensions.0.push(extension(0xf000))),
        ("a GREASE leaf extension unlisted", rule!("7.2-04"), |p| {
            p.grease = Grease::Omit;
            p.leaf.extensions.0.push(extension(0x0a0a));
        }),
        ("the own credential type unlisted", rule!("7.2-05"), |p| {
            p.leaf.capabilities.credentials = vec![CredentialType::X509];
        }),
        ("a credential type unlisted", rule!("7.2-05"), |p| {
            let credential_type = CredentialType(0xf000);
            p.leaf.credential = Credential::Other { credential_type, body: vec![0] };
        }),
        ("the suite unlisted", rule!("7.3-06"), |p| {
            p.leaf.capabilities.cipher_suites = vec![CipherSuite(2), CipherSuite(0x0a0a)];
        }),
        ("the version unlisted", rule!("7.3-06"), |p| p.leaf.capabilities.versions.clear()),
        ("a leaf extension twice", rule!("13.4-03"), |p| {
            p.leaf.extensions = Extensions(vec![extension(1), extension(1)]);
        }),
        ("an extension twice", rule!("13.4-03"), |p| {
            p.extensions = Extensions(vec![extension(1), extension(2), extension(1)]);
        }),
        ("a lifetime that ends before it begins", rule!("7.2-12"), |p| {
            p.lifetime = Lifetime { not_before: 10, not_after: 9 };
        }),
        ("no lifetime at the end of time", rule!("7.2-12"), |p| {
            p.lifetime = Lifetime { not_before: u64::MAX, not_after: 0 };
        }),
    ];
    for (name, rule, change) in cases {
        println!("{name}");
        let mut bob = client(1);
        let mut parameters = parameters(&bob);
        change(&mut parameters);
        refused(&mut bob, &parameters, rule);
    }
}

// covers: 7.2-12
#[test]
fn lifetimes_at_the_ends_of_time() {
    let bob = client(1);
    for now in [0, NOW.0, u64::MAX] {
        let parameters = KeyPackageParameters::new(bob.leaf.clone(), now.into(), u32::MAX);
        assert!(parameters.lifetime.contains(now.into()));
        KeyPackageSecrets::generate(&bob.suite, &parameters, &*bob.signer).unwrap();
    }
}

#[test]
fn a_signer_of_another_scheme() {
    let bob = client(1);
    let other = client(2);
    let made = KeyPackageSecrets::generate(&bob.suite, &parameters(&bob), &*other.signer);
    assert!(matches!(made, Err(GroupError::Crypto(_))));
}

fn sign(suite: &Suite, signer: &dyn Signer, package: UnsignedKeyPackage) -> KeyPackage {
    package.sign(suite, signer).unwrap()
}

#[test]
fn keys_that_are_none_of_the_suite() {
    for number in 1..=7 {
        let mut bob = client(number);
        let package = bob.key_package();
        let length = package.init_key.len();
        let zeros = vec![0; length];
        let mut off_curve = package.init_key.to_vec();
        off_curve[length - 1] ^= 1;
        let mut keys =
            vec![Vec::new(), zeros, package.init_key[1..].to_vec(), [&package.init_key[..], &[0]].concat()];
        // A changed octet is another point for the Montgomery curves, and none for the NIST curves.
        if !matches!(number, 1 | 3 | 4 | 6) {
            keys.push(off_curve);
        }
        for key in keys {
            let mut init = UnsignedKeyPackage::from(package.clone());
            init.init_key = key.clone().into();
            let forged = sign(&bob.suite, &*bob.signer, init);
            assert_rule(&forged.check(&bob.suite).unwrap_err().into(), rule!("10-03"));
            let mut leaf = UnsignedLeafNode::from(package.leaf_node.clone());
            leaf.encryption_key = key.into();
            let mut forged = UnsignedKeyPackage::from(package.clone());
            forged.leaf_node =
                leaf.sign(&bob.suite, &*bob.signer, copath_messages::LeafPosition::None).unwrap();
            let forged = sign(&bob.suite, &*bob.signer, forged);
            assert_rule(&forged.check(&bob.suite).unwrap_err().into(), rule!("10-05"));
        }
        // covers: 5.1.1-02, 5.1.1-03
        let signature_key = &package.leaf_node.signature_key;
        for key in [&signature_key[1..], &[&signature_key[..], &[0]].concat()] {
            let mut forged = package.clone();
            forged.leaf_node.signature_key = key.into();
            assert_rule(&forged.check(&bob.suite).unwrap_err().into(), rule!("10-05"));
        }
    }
}

// covers: 5.1-01, 10-05
#[test]
fn keys_of_another_suite() {
    let mut bob = client(1);
    let mut other = client(2);
    let mut package = bob.key_package();
    let foreign = other.key_package();
    package.leaf_node = foreign.leaf_node;
    assert_rule(&package.check(&bob.suite).unwrap_err().into(), rule!("10-05"));
}

#[test]
fn every_octet_is_signed() {
    let mut bob = client(1);
    let encoded = bob.key_package().to_bytes().unwrap();
    let mut rules = BTreeSet::new();
    for position in 0..encoded.len() {
        let mut flipped = encoded.clone();
        flipped[position] ^= 0x01;
        let error = match KeyPackage::from_bytes(&flipped) {
            Ok(package) => GroupError::from(package.check(&bob.suite).unwrap_err()),
            Err(error) => GroupError::from(error),
        };
        rules.insert(error.rule().unwrap());
    }
    for rule in [rule!("10-06"), rule!("7.3-03"), rule!("10.1-02"), rule!("2.1.2-04")] {
        copath_testing::record(rule);
        assert!(rules.contains(&rule), "{rule}");
    }
}

#[test]
fn the_version_inside_is_that_outside() {
    let mut bob = client(1);
    let mut package = bob.key_package();
    package.version = ProtocolVersion(2);
    let octets = MlsMessage::from(package).to_bytes().unwrap();
    let error = MlsMessage::from_bytes(&octets).unwrap_err();
    assert_rule(&error.into(), rule!("10-08"));
}

// covers: 10-01, 12.4.3.1-05
#[test]
fn the_secrets_survive_as_a_record() {
    let mut bob = client(1);
    let mut alice = Member::new(bob.suite.provider(), CipherSuite(1), "alice");
    let package = bob.key_package();
    let (reference, secrets) = bob.key_packages.pop_first().unwrap();
    let record = secrets.to_record().unwrap();
    let context = DecodeContext::rfc9420();
    for cut in 0..record.len() {
        let damaged = KeyPackageSecrets::from_record(&record.expose()[..cut], context);
        assert_eq!(damaged.unwrap_err(), GroupError::Storage(StoredStateError::Damaged));
    }
    let longer = [record.expose(), &[0]].concat();
    assert!(KeyPackageSecrets::from_record(&longer, context).is_err());
    let read = KeyPackageSecrets::from_record(record.expose(), context).unwrap();
    assert_eq!(format!("{:?}", read.init_private_key), format!("{:?}", bob.suite.random_secret(32).unwrap()));
    bob.key_packages.insert(reference, read);
    alice.create(Extensions::default());
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let welcomes = alice.accept(WelcomeOptions::default());
    bob.join(&welcomes[0], None).unwrap();
    assert!(bob.key_packages.is_empty());
}

// covers: 10-02
#[test]
fn one_client_with_two_suites() {
    let provider = provider();
    for suite in [1, 2] {
        let mut bob = Member::new(&provider, CipherSuite(suite), "bob");
        bob.leaf = LeafParameters::new(Credential::basic(b"bob"), &[CipherSuite(1), CipherSuite(2)]);
        let mut alice = Member::new(&provider, CipherSuite(suite), "alice");
        alice.create(Extensions::default());
        let package = bob.key_package();
        alice.commit(CommitOptions::new().propose(add(package))).unwrap();
        bob.join(&alice.accept(WelcomeOptions::default())[0], None).unwrap();
    }
}

// covers: 10-11
#[test]
fn opaque_bodies_of_extensions_survive() {
    let mut bob = client(1);
    let mut parameters = parameters(&bob);
    let extension_data = Opaque::from(bob.suite.random_bytes(5000).unwrap());
    parameters.extensions.0.push(Extension { extension_type: ExtensionType(0xf00d), extension_data });
    let secrets = KeyPackageSecrets::generate(&bob.suite, &parameters, &*bob.signer).unwrap();
    let package = secrets.key_package.clone();
    bob.key_packages.insert(secrets.reference(&bob.suite).unwrap(), secrets);
    let mut alice = Member::new(bob.suite.provider(), CipherSuite(1), "alice");
    alice.create(Extensions::default());
    let MlsMessageBody::KeyPackage(package) = over_the_wire(&package.into()).body else { panic!() };
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    bob.join(&alice.accept(WelcomeOptions::default())[0], None).unwrap();
}
