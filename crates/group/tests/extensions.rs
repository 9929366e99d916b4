//! Extensions of the group context: what has to be supported, where types belong, GREASE.
//!
//! RFC 9420 §11.1, §12.1.7, §13.4, §13.5 and §17.3.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::CredentialType;
use copath_crypto::CryptoProvider;
use copath_group::{CommitOptions, LeafChange, Merged};
use copath_messages::{
    ApplicationId, Extension, ExtensionBody, ExtensionType, Extensions, ExternalPub, ExternalSenders,
    GroupContextExtensions, Proposal, ProposalType, RequiredCapabilities, UnsignedLeafNode, grease,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    Member, Outcome, World, add, assert_refuses, assert_rejected, forge_key_package, remove,
};
use copath_tree_math::LeafIndex;

const FIRST: u16 = 0xf001;
const SECOND: u16 = 0xf002;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([134; 32]))
}

fn private(code: u16) -> Extension {
    Extension { extension_type: ExtensionType(code), extension_data: Opaque::default() }
}

fn change(list: Vec<Extension>) -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions: list.into() })
}

fn require(
    extension_types: &[u16],
    proposal_types: &[u16],
    credential_types: &[CredentialType],
) -> Vec<Extension> {
    let required = RequiredCapabilities {
        extension_types: extension_types.iter().copied().map(ExtensionType).collect(),
        proposal_types: proposal_types.iter().copied().map(ProposalType).collect(),
        credential_types: credential_types.to_vec(),
    };
    vec![Extension::of(&required).unwrap()]
}

/// All but dave support two extension types, a proposal type and both credential types.
fn world() -> World {
    World::with(&provider(), Extensions::default(), |member| {
        if member.name == "dave" {
            member.leaf.capabilities.credentials = vec![CredentialType::BASIC];
        } else {
            let leaf = member.leaf.clone().supporting_extension(ExtensionType(FIRST));
            let leaf = leaf.supporting_extension(ExtensionType(SECOND));
            member.leaf = leaf.supporting_proposal(ProposalType(FIRST));
        }
    })
}

fn dave() -> LeafIndex {
    LeafIndex::new(4).unwrap()
}

// covers: 11.1-03, 13.4-06
#[test]
fn everybody_who_stays_supports_the_extensions() {
    let cases = [
        (vec![private(FIRST)], rule!("12.1.7-03")),
        (vec![private(FIRST), private(SECOND)], rule!("12.1.7-03")),
        (require(&[FIRST], &[], &[]), rule!("12.1.7-01")),
        (require(&[], &[FIRST], &[]), rule!("12.1.7-01")),
        (require(&[], &[], &[CredentialType::X509]), rule!("12.1.7-01")),
    ];
    for (list, rule) in cases {
        let mut world = world();
        let forged = world.mallory.commit().value(change(list.clone())).message();
        let without_dave = [change(list.clone()), remove(dave())];
        let next = world.mallory.commit().values(without_dave).message();
        let options = CommitOptions::new().propose(change(list));
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
        let outcome = assert_rejected(&mut world.bob, &forged, rule).still_accepts(&next);
        assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
    }
}

// covers: 12.1.7-01, 11.1-01
#[test]
fn who_is_added_counts_and_defaults_are_supported() {
    let lacking =
        |world: &World| add(forge_key_package(&world.stranger("eve"), |_: &mut UnsignedLeafNode| (), |_| ()));
    let mut demanding = world();
    let list = [change(require(&[FIRST], &[], &[])), remove(dave()), lacking(&demanding)];
    let forged = demanding.mallory.commit().values(list).message();
    let next = demanding.mallory.commit().message();
    assert_rejected(&mut demanding.bob, &forged, rule!("7.3-04")).still_accepts(&next);
    // Default types are listed by nobody.
    let mut plain = world();
    let list = [change(require(&[1, 2, 3, 4, 5], &[1, 7], &[CredentialType::BASIC])), lacking(&plain)];
    let commit = plain.mallory.commit().values(list).message();
    assert_eq!(plain.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
}

/// The first and the last extension of the context count alike.
#[test]
fn a_new_member_supports_each_extension() {
    let extensions = || Extensions(vec![private(FIRST), private(SECOND)]);
    for supported in [FIRST, SECOND] {
        let mut world = World::with(&provider(), extensions(), |member| {
            let leaf = member.leaf.clone().supporting_extension(ExtensionType(FIRST));
            member.leaf = leaf.supporting_extension(ExtensionType(SECOND));
        });
        let eve = world.stranger("eve");
        let edit =
            |leaf: &mut UnsignedLeafNode| leaf.capabilities.extensions = vec![ExtensionType(supported)];
        let proposal = add(forge_key_package(&eve, edit, |_| ()));
        let forged = world.mallory.commit().value(proposal.clone()).message();
        let next = world.mallory.commit().message();
        let options = CommitOptions::new().propose(proposal);
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("13.4-04"));
        assert_rejected(&mut world.bob, &forged, rule!("13.4-04")).still_accepts(&next);
    }
}

fn malformed<B: ExtensionBody>(body: &B) -> Extension {
    let mut octets = body.to_bytes().unwrap();
    octets.push(0);
    Extension { extension_type: B::TYPE, extension_data: octets.into() }
}

#[test]
fn bodies_that_cannot_be_read() {
    let extensions = [malformed(&RequiredCapabilities::default()), malformed(&ExternalSenders(Vec::new()))];
    for extension in extensions {
        let mut world = world();
        let proposal = change(vec![extension]);
        let rule = rule!("2.1.2-06");
        let alone = world.mallory.propose(proposal.clone());
        let forged = world.mallory.commit().value(proposal.clone()).message();
        let next = world.mallory.commit().message();
        assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), rule);
        let options = CommitOptions::new().propose(proposal.clone());
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
        assert_rejected(&mut world.bob, &alone, rule).more_follow();
        assert_rejected(&mut world.bob, &forged, rule).still_accepts(&next);
    }
}

/// Types of other places: nobody sends them, everybody ignores them.
// covers: 12.1.7-04
#[test]
fn extensions_in_the_wrong_place() {
    let external_pub = ExternalPub { external_pub: Opaque::from(&[1; 32]) };
    let application_id = ApplicationId { application_id: b"device".into() };
    let misplaced = [
        Extension::of(&external_pub).unwrap(),
        Extension::of(&application_id).unwrap(),
        Extension { extension_type: ExtensionType::RATCHET_TREE, extension_data: Opaque::from(&[0]) },
    ];
    for extension in misplaced {
        let mut world = world();
        let proposal = change(vec![extension]);
        let rule = rule!("17.3-01");
        assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), rule);
        let options = CommitOptions::new().propose(proposal.clone());
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
        let commit = world.mallory.commit().value(proposal).message();
        for member in world.members() {
            assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
        }
    }
    let in_leaf = [
        Extension::of(&external_pub).unwrap(),
        Extension::of(&RequiredCapabilities::default()).unwrap(),
        Extension::of(&ExternalSenders(Vec::new())).unwrap(),
    ];
    for extension in in_leaf {
        let mut world = world();
        let mut leaf = LeafChange::default();
        leaf.extensions = Some(vec![extension].into());
        let options = CommitOptions::new().leaf(leaf);
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("17.3-01"));
    }
}

/// Own API refuses `list`, and a received one is refused by `received`, like any type that members lack.
fn refused_like_any_unknown(list: impl Fn(u16) -> Vec<Extension>, sent: RuleId, received: RuleId) {
    // One that dave, who sends no GREASE here, doesn't list.
    let world = || {
        World::with(&provider(), Extensions::default(), |member: &mut Member| {
            member.settings.policy.grease = copath_group::Grease::Omit;
        })
    };
    let of = |world: &World| {
        let listed = |code: &u16| {
            let types = |member: &Member| {
                let group = member.group();
                let leaf = group.capabilities(group.own_handle()).unwrap();
                let extensions = leaf.extensions.iter().map(|kind| kind.0);
                extensions.chain(leaf.proposals.iter().map(|kind| kind.0)).collect::<Vec<_>>()
            };
            types(&world.dave).contains(code)
        };
        *grease::values().iter().find(|code| !listed(code)).unwrap()
    };
    let mut grease = world();
    let code = of(&grease);
    let proposal = change(list(code));
    assert_refuses(&mut grease.alice, |alice| alice.propose(proposal.clone()), sent);
    let options = CommitOptions::new().propose(proposal.clone());
    assert_refuses(&mut grease.alice, |alice| alice.commit(options), sent);
    for code in [code, FIRST] {
        let mut world = world();
        let forged = world.mallory.commit().value(change(list(code))).message();
        let next = world.mallory.commit().message();
        assert_rejected(&mut world.bob, &forged, received).still_accepts(&next);
    }
}

// covers: 13.5-06, 13.5-05
#[test]
fn grease_in_the_group_context() {
    let list = |code| vec![private(code)];
    refused_like_any_unknown(list, rule!("13.5-04"), rule!("12.1.7-03"));
    let list = |code| require(&[code], &[], &[]);
    refused_like_any_unknown(list, rule!("13.5-08"), rule!("12.1.7-01"));
    let list = |code| require(&[], &[code], &[]);
    refused_like_any_unknown(list, rule!("13.5-08"), rule!("12.1.7-01"));
    let list = |code| require(&[], &[], &[CredentialType(code)]);
    refused_like_any_unknown(list, rule!("13.5-08"), rule!("12.1.7-01"));
}

// covers: 13.5-01, 13.5-03
#[test]
fn own_leaves_carry_grease_that_is_listed() {
    let world = World::new(&provider());
    let mut seen = std::collections::BTreeSet::new();
    for member in world.alice.group().members() {
        let capabilities = world.alice.group().capabilities(member.handle).unwrap();
        assert!(capabilities.cipher_suites.iter().any(|suite| grease::is_grease(suite.0)));
        assert!(capabilities.proposals.iter().any(|kind| kind.is_grease()));
        let leaf = world.mallory.leaf_node(member.handle.leaf());
        for kind in leaf.extensions.types().filter(|kind| kind.is_grease()) {
            assert!(capabilities.extensions.contains(&kind));
            seen.insert(kind);
        }
        assert_ne!(capabilities.without_grease(), capabilities);
    }
    assert!(seen.len() > 1, "it varies");
}
