//! Creating groups.
//!
//! RFC 9420 §11 and §11.1.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::CredentialType;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    ExternalJoinOptions, ExternalJoins, Group, GroupError, GroupParameters, KeyPackageParameters, Misuse,
    TreeTransfer,
};
use copath_messages::{
    Extension, ExtensionType, Extensions, GroupId, LeafNodeSource, Lifetime, MlsMessage, ProposalType,
    RequiredCapabilities,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{ExternalForge, Member, NOW, Outcome, assert_agreement, assert_refuses};

fn client(suite: u16, name: &str) -> Member {
    let mut seed = [2; 32];
    seed[..name.len()].copy_from_slice(name.as_bytes());
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded(seed));
    Member::new(&provider, CipherSuite(suite), name)
}

fn parameters(member: &Member) -> GroupParameters {
    let lifetime = KeyPackageParameters::new(member.leaf.clone(), NOW, 30).lifetime;
    GroupParameters { leaf: member.leaf.clone(), lifetime, group_id: None, extensions: Extensions::default() }
}

fn create(member: &Member, parameters: &GroupParameters) -> Result<Group, GroupError> {
    Group::create(&member.suite, parameters, &member.settings, &*member.signer)
}

fn extension(extension_type: u16) -> Extension {
    Extension { extension_type: ExtensionType(extension_type), extension_data: vec![0].into() }
}

fn requiring(extension: u16, proposal: u16, credential: u16) -> Extension {
    let required = RequiredCapabilities {
        extension_types: vec![ExtensionType(extension)],
        proposal_types: vec![ProposalType(proposal)],
        credential_types: vec![CredentialType(credential)],
    };
    Extension::of(&required).unwrap()
}

// covers: 11-05, 7.7-01, 8.1-03
#[test]
fn a_new_group_has_one_member_in_epoch_zero() {
    for suite in 1..=7 {
        let mut alice = client(suite, "alice");
        alice.create(Extensions(vec![extension(5)]));
        let group = alice.group();
        assert_eq!((group.epoch(), group.own_leaf().as_u32()), (0, 0));
        assert_eq!((group.tree().member_count(), group.tree().size().leaf_count()), (1, 1));
        let context = group.context();
        assert_eq!(context.tree_hash.as_slice(), group.tree().tree_hash().as_slice());
        assert_eq!(context.confirmed_transcript_hash, Opaque::default());
        assert_eq!(context.extensions, Extensions(vec![extension(5)]));
        assert_eq!(context.cipher_suite, CipherSuite(suite));
        let leaf = group.tree().members().next().unwrap().to_leaf_node().unwrap();
        assert!(matches!(leaf.leaf_node_source, LeafNodeSource::KeyPackage(_)));
        alice.reload();
        assert_eq!(alice.group().epoch(), 0);
    }
}

// covers: 11-03
#[test]
fn group_ids_are_random() {
    for (suite, length) in [(1, 32), (7, 48)] {
        let alice = client(suite, "alice");
        let mut ids = BTreeSet::new();
        for _ in 0..if suite == 1 { 300 } else { 5 } {
            let group = create(&alice, &parameters(&alice)).unwrap();
            assert_eq!(group.group_id().as_slice().len(), length);
            assert!(ids.insert(group.group_id().clone()));
        }
    }
}

// covers: 11-06
#[test]
fn equal_inputs_give_different_secrets() {
    let alice = client(1, "alice");
    let mut parameters = parameters(&alice);
    parameters.group_id = Some(GroupId::from(&b"the group"[..]));
    let groups = [(); 2].map(|()| create(&alice, &parameters).unwrap());
    assert_eq!(groups[0].group_id(), groups[1].group_id());
    assert_ne!(groups[0].epoch_authenticator(), groups[1].epoch_authenticator());
    let exported = groups.each_ref().map(|group| group.export_secret(b"x", b"", 32).unwrap());
    assert_ne!(exported[0].expose(), exported[1].expose());
}

// covers: 11-07, 8.2-04, 8.3-01, 8.3-02
#[test]
fn the_creator_accepts_an_external_commit_to_epoch_zero() {
    for suite in 1..=7 {
        let mut alice = client(suite, "alice");
        alice.create(Extensions::default());
        let info = |alice: &Member| {
            let joins = ExternalJoins::Possible;
            alice.group().group_info(TreeTransfer::Inside, joins, &*alice.signer).unwrap()
        };
        // Once as the lower crates make it, once as the engine does.
        let eve = client(suite, "eve");
        let commit = ExternalForge::new(&eve, &info(&alice)).message();
        assert!(matches!(alice.receive(&commit), Ok(Outcome::Merged(_))));
        let mut bob = client(suite, "bob");
        let commit = bob.join_externally(info(&alice), None, ExternalJoinOptions::default()).unwrap();
        assert!(matches!(alice.receive(&commit), Ok(Outcome::Merged(_))));
        assert_agreement(&[&alice, &bob]);
    }
}

/// A change of what a group is made from, and the rule that it breaks.
type Case = (&'static str, RuleId, fn(&mut GroupParameters));

#[test]
fn parameters_that_break_one_rule() {
    let cases: [Case; 17] = [
        ("an extension that the own leaf lacks", rule!("11-08"), |p| p.extensions.0.push(extension(0xf000))),
        ("a required extension", rule!("11-08"), |p| p.extensions.0.push(requiring(0xf000, 1, 1))),
        ("a required proposal", rule!("11-08"), |p| p.extensions.0.push(requiring(1, 0xf000, 1))),
        ("a required credential", rule!("11-08"), |p| p.extensions.0.push(requiring(1, 1, 0xf000))),
        ("an extension twice", rule!("13.4-03"), |p| {
            p.extensions = Extensions(vec![extension(5), extension(5)]);
        }),
        ("a GREASE extension", rule!("13.5-04"), |p| p.extensions.0.push(extension(0x0a0a))),
        ("a GREASE extension that is listed", rule!("13.5-04"), |p| {
            p.leaf.capabilities.extensions.push(ExtensionType(0x0a0a));
            p.extensions.0.push(extension(0x0a0a));
        }),
        ("a required GREASE extension", rule!("13.5-08"), |p| {
            p.leaf.capabilities.extensions.push(ExtensionType(0x0a0a));
            p.extensions.0.push(requiring(0x0a0a, 1, 1));
        }),
        ("a required GREASE proposal", rule!("13.5-08"), |p| {
            p.leaf.capabilities.proposals.push(ProposalType(0x1a1a));
            p.extensions.0.push(requiring(1, 0x1a1a, 1));
        }),
        ("a required GREASE credential", rule!("13.5-08"), |p| {
            p.leaf.capabilities.credentials.push(CredentialType(0xeaea));
            p.extensions.0.push(requiring(1, 1, 0xeaea));
        }),
        ("malformed requirements", rule!("2.1.2-04"), |p| p.extensions.0.push(extension(3))),
        ("malformed external senders", rule!("2.1.2-04"), |p| {
            let extension_data = vec![2, 0].into();
            let extension_type = ExtensionType::EXTERNAL_SENDERS;
            p.extensions.0.push(Extension { extension_type, extension_data });
        }),
        ("a default extension listed", rule!("7.2-01"), |p| {
            p.leaf.capabilities.extensions.push(ExtensionType::EXTERNAL_PUB);
        }),
        ("a leaf extension unlisted", rule!("7.2-04"), |p| p.leaf.extensions.0.push(extension(0xf000))),
        ("the own credential type unlisted", rule!("7.2-05"), |p| {
            p.leaf.capabilities.credentials = vec![CredentialType::X509];
        }),
        ("the suite unlisted", rule!("7.3-06"), |p| p.leaf.capabilities.cipher_suites.clear()),
        ("an end before the beginning", rule!("7.2-12"), |p| {
            p.lifetime = Lifetime { not_before: 2, not_after: 1 };
        }),
    ];
    for (name, rule, change) in cases {
        println!("{name}");
        let mut alice = client(1, "alice");
        let mut parameters = parameters(&alice);
        change(&mut parameters);
        assert_refuses(&mut alice, |alice| create(alice, &parameters), rule);
        alice.create(Extensions::default());
    }
}

// covers: 7.3-05, 11.1-01
#[test]
fn default_types_may_be_used_and_required() {
    let alice = client(1, "alice");
    let mut parameters = parameters(&alice);
    parameters.extensions.0.push(requiring(5, 7, 2));
    create(&alice, &parameters).unwrap();
}

#[test]
fn only_the_own_signer_signs() {
    let mut alice = client(1, "alice");
    alice.create(Extensions::default());
    let eve = client(1, "eve");
    let info = alice.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*eve.signer);
    assert_eq!(info.unwrap_err(), GroupError::Misuse(Misuse::WrongSigner));
    let other = client(2, "alice");
    let made = Group::create(&alice.suite, &parameters(&alice), &alice.settings, &*other.signer);
    assert!(matches!(made, Err(GroupError::Crypto(_))));
}

// covers: 12.4.3-06
#[test]
fn every_member_exports_the_same_confirmation_tag() {
    let mut alice = client(1, "alice");
    alice.create(Extensions::default());
    let info = |member: &Member| {
        let joins = ExternalJoins::Possible;
        member.group().group_info(TreeTransfer::Inside, joins, &*member.signer).unwrap()
    };
    let mut bob = client(1, "bob");
    let commit: MlsMessage = bob.join_externally(info(&alice), None, ExternalJoinOptions::default()).unwrap();
    alice.receive(&commit).unwrap();
    let [by_alice, by_bob] = [info(&alice), info(&bob)];
    assert_eq!(by_alice.confirmation_tag, by_bob.confirmation_tag);
    assert_eq!(by_alice.group_context, by_bob.group_context);
    assert_eq!((by_alice.signer, by_bob.signer), (0, 1));
}
