//! GREASE and other unknown values: tolerated where they are permitted, sent on request, and nowhere else.
//!
//! RFC 9420 §13.4 and §13.5.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    CommitOptions, ExternalJoins, Grease, HandshakeFormat, KeyPackageParameters, KeyPackageSecrets,
    TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    Capabilities, Commit, Extension, ExtensionType, Extensions, FramedContentBody, GroupContextExtensions,
    LeafNode, MlsMessage, MlsMessageBody, Proposal, ProposalOrRef, ProposalType, RequiredCapabilities,
    grease,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    ForgedGroup, Member, NOW, Outcome, World, add, assert_agreement, assert_refuses, assert_rejected,
};

fn client(provider: &Arc<dyn CryptoProvider>, name: &str, grease: Grease) -> Member {
    let mut member = Member::new(provider, CipherSuite(1), name);
    member.settings.policy.grease = grease;
    member.settings.policy.handshake_format = HandshakeFormat::Public;
    member
}

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([51; 32]))
}

fn extension(extension_type: u16) -> Extension {
    Extension { extension_type: ExtensionType(extension_type), extension_data: vec![1, 2, 3].into() }
}

/// The GREASE values in all lists of `capabilities`, the list in front.
fn greased(capabilities: &Capabilities) -> BTreeSet<(u8, u16)> {
    let suites = capabilities.cipher_suites.iter().map(|v| (0, v.0));
    let extensions = capabilities.extensions.iter().map(|v| (1, v.0));
    let proposals = capabilities.proposals.iter().map(|v| (2, v.0));
    let credentials = capabilities.credentials.iter().map(|v| (3, v.0));
    let all = suites.chain(extensions).chain(proposals).chain(credentials);
    all.filter(|(_, code)| grease::is_grease(*code)).collect()
}

fn has_grease(extensions: &Extensions) -> bool {
    extensions.types().any(ExtensionType::is_grease)
}

/// Asserts that GREASE occurs in a leaf where it may, with everything listed.
fn assert_well_greased(leaf: &LeafNode) {
    let lists: BTreeSet<u8> = greased(&leaf.capabilities).into_iter().map(|(list, _)| list).collect();
    assert_eq!(lists, BTreeSet::from([0, 1, 2, 3]));
    assert!(has_grease(&leaf.extensions));
    for extension_type in leaf.extensions.types() {
        assert!(leaf.capabilities.supports_extension(extension_type));
    }
    assert!(!leaf.capabilities.versions.iter().any(|version| grease::is_grease(version.0)));
    assert!(!grease::is_grease(leaf.credential.credential_type().0));
}

// covers: 7.2-07, 10-12, 12.4.3-02, 13.5-01, 13.5-02, 13.5-03
#[test]
fn grease_is_sent_everywhere_it_may_be_and_varies() {
    let provider = provider();
    let mut alice = client(&provider, "alice", Grease::Send);
    let mut capabilities = BTreeSet::new();
    let mut extensions = [BTreeSet::new(), BTreeSet::new()];
    for _ in 0..20 {
        let package = alice.key_package();
        package.check(&alice.suite).unwrap();
        assert_well_greased(&package.leaf_node);
        assert!(has_grease(&package.extensions));
        capabilities.insert(greased(&package.leaf_node.capabilities));
        extensions[0].insert(package.extensions.types().collect::<Vec<_>>());
        alice.create(Extensions::default());
        assert_well_greased(&alice.group().tree().members().next().unwrap().to_leaf_node().unwrap());
        for joins in [ExternalJoins::Possible, ExternalJoins::Impossible] {
            let info = alice.group().group_info(TreeTransfer::Outside, joins, &*alice.signer).unwrap();
            assert!(has_grease(&info.extensions));
            extensions[1].insert(info.extensions.types().collect::<Vec<_>>());
        }
    }
    for values in &extensions {
        assert!(values.len() > 5, "{values:?}");
    }
    assert!(capabilities.len() > 10);
}

// covers: 13.5-01
#[test]
fn no_grease_is_sent_if_the_policy_says_so() {
    let provider = provider();
    let mut alice = client(&provider, "alice", Grease::Omit);
    alice.create(Extensions::default());
    let leaf = alice.group().tree().members().next().unwrap().to_leaf_node().unwrap();
    assert!(greased(&leaf.capabilities).is_empty() && !has_grease(&leaf.extensions));
    let mut parameters = KeyPackageParameters::new(alice.leaf.clone(), NOW, 1);
    parameters.grease = Grease::Omit;
    let package = KeyPackageSecrets::generate(&alice.suite, &parameters, &*alice.signer).unwrap().key_package;
    assert!(greased(&package.leaf_node.capabilities).is_empty());
    assert!(!has_grease(&package.extensions) && !has_grease(&package.leaf_node.extensions));
    let joins = ExternalJoins::Possible;
    let info = alice.group().group_info(TreeTransfer::Inside, joins, &*alice.signer).unwrap();
    assert!(!has_grease(&info.extensions));
    let mut bob = client(&provider, "bob", Grease::Omit);
    let commit = bob.join_externally(info, None, Default::default()).unwrap();
    assert!(greased(&path_leaf(&commit).capabilities).is_empty());
}

fn commit_of(message: &MlsMessage) -> &Commit {
    let MlsMessageBody::PublicMessage(message) = &message.body else { panic!("not public") };
    let FramedContentBody::Commit(commit) = &message.content.body else { panic!("not a commit") };
    commit
}

fn path_leaf(message: &MlsMessage) -> &LeafNode {
    &commit_of(message).path.as_ref().unwrap().leaf_node
}

// covers: 13.5-04, 13.5-05, 7.2-07
#[test]
fn what_is_produced_has_grease_in_permitted_places_only() {
    let provider = provider();
    let [mut alice, mut bob, mut carol] =
        ["alice", "bob", "carol"].map(|name| client(&provider, name, Grease::Send));
    alice.create(Extensions::default());
    let package = bob.key_package();
    let added = alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    bob.join(&alice.accept(WelcomeOptions::default())[0], None).unwrap();
    let joins = ExternalJoins::Possible;
    let info = bob.group().group_info(TreeTransfer::Inside, joins, &*bob.signer).unwrap();
    assert!(!has_grease(&info.group_context.extensions));
    let joined = carol.join_externally(info, None, Default::default()).unwrap();
    for member in [&mut alice, &mut bob] {
        member.receive(&joined).unwrap();
    }
    let updated = bob.propose_update().unwrap();
    let MlsMessageBody::PublicMessage(message) = &updated.body else { panic!("not public") };
    let FramedContentBody::Proposal(Proposal::Update(update)) = &message.content.body else { panic!() };
    assert_well_greased(&update.leaf_node);
    alice.receive(&updated).unwrap();
    carol.receive(&updated).unwrap();
    let committed = carol.commit(CommitOptions::new()).unwrap();
    carol.accept(WelcomeOptions::default());
    for member in [&mut alice, &mut bob] {
        member.receive(&committed).unwrap();
    }
    assert_agreement(&[&alice, &bob, &carol]);
    for message in [&added, &joined, &committed] {
        assert_well_greased(path_leaf(message));
        for proposal in &commit_of(message).proposals {
            if let ProposalOrRef::Proposal(proposal) = proposal {
                assert!(!proposal.proposal_type().is_grease());
            }
        }
    }
    assert_eq!(alice.group().context().extensions, Extensions::default());
}

fn change(extensions: Vec<Extension>) -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions: Extensions(extensions) })
}

fn requiring(extension: u16, proposal: u16, credential: u16) -> Extension {
    let required = RequiredCapabilities {
        extension_types: vec![ExtensionType(extension)],
        proposal_types: vec![ProposalType(proposal)],
        credential_types: vec![CredentialType(credential)],
    };
    Extension::of(&required).unwrap()
}

#[test]
fn group_contexts_with_grease_are_not_proposed() {
    // Even if everybody lists the value.
    let cases: [(Extension, RuleId); 4] = [
        (extension(0x0a0a), rule!("13.5-04")),
        (requiring(0x0a0a, 1, 1), rule!("13.5-08")),
        (requiring(1, 0x1a1a, 1), rule!("13.5-08")),
        (requiring(1, 1, 0xeaea), rule!("13.5-08")),
    ];
    for (extension, rule) in cases {
        let mut world = World::with(&provider(), Extensions::default(), |member| {
            member.leaf.capabilities.extensions.push(ExtensionType(0x0a0a));
            member.leaf.capabilities.proposals.push(ProposalType(0x1a1a));
            member.leaf.capabilities.credentials.push(CredentialType(0xeaea));
        });
        let proposal = change(vec![extension]);
        assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), rule);
        let options = CommitOptions::new().propose(proposal.clone());
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
    }
}

// covers: 13.5-04, 13.5-06, 13.5-08
#[test]
fn grease_in_a_group_context_is_refused_like_any_unknown_type() {
    for code in [0x0a0a, 0xeaea, 0xf000, 0xffff] {
        let cases = [
            (change(vec![extension(code)]), rule!("12.1.7-03")),
            (change(vec![requiring(code, 1, 1)]), rule!("12.1.7-01")),
            (change(vec![requiring(1, code, 1)]), rule!("12.1.7-01")),
            (change(vec![requiring(1, 1, code)]), rule!("12.1.7-01")),
        ];
        for (proposal, rule) in cases {
            // Nobody in this world lists anything.
            let mut world = World::with(&provider(), Extensions::default(), |member| {
                member.settings.policy.grease = Grease::Omit;
                member.leaf.capabilities.credentials = vec![CredentialType::BASIC];
            });
            let next = world.mallory.commit().message();
            let forged = world.mallory.commit().value(proposal).message();
            assert_rejected(&mut world.bob, &forged, rule).still_accepts(&next);
        }
    }
}

// covers: 13.5-06, 13.5-09, 7.2-06, 12.4.3-01
#[test]
fn grease_is_tolerated_like_any_unknown_value() {
    for code in [0x0a0a, 0x7a7a, 0xeaea, 0xf000, 0xfffe] {
        let provider = provider();
        let mut alice = client(&provider, "alice", Grease::Omit);
        alice.create(Extensions::default());
        let mut bob = client(&provider, "bob", Grease::Omit);
        let capabilities = &mut bob.leaf.capabilities;
        capabilities.versions.push(code.into());
        capabilities.cipher_suites.insert(0, CipherSuite(code));
        capabilities.extensions.push(ExtensionType(code));
        capabilities.proposals.push(ProposalType(code));
        capabilities.credentials.insert(0, CredentialType(code));
        bob.leaf.extensions.0.push(extension(code));
        let mut parameters = KeyPackageParameters::new(bob.leaf.clone(), NOW, 1);
        parameters.grease = Grease::Omit;
        let unlisted = if code == 0x0a0a { 0x1a1a } else { 0x0a0a };
        let extension_data = Opaque::from(bob.suite.random_bytes(300).unwrap());
        let extension_type = ExtensionType(unlisted);
        parameters.extensions.0.push(Extension { extension_type, extension_data });
        let secrets = KeyPackageSecrets::generate(&bob.suite, &parameters, &*bob.signer).unwrap();
        let package = secrets.key_package.clone();
        bob.key_packages.insert(secrets.reference(&bob.suite).unwrap(), secrets);
        alice.commit(CommitOptions::new().propose(add(package.clone()))).unwrap();
        bob.join(&alice.accept(WelcomeOptions::default())[0], None).unwrap();
        assert_agreement(&[&alice, &bob]);
        let kept = alice.group().tree().members().nth(1).unwrap().to_leaf_node().unwrap();
        assert_eq!(kept, package.leaf_node);
        // The value stays with bob's leaf through his own commits.
        let commit = bob.commit(CommitOptions::new()).unwrap();
        bob.accept(WelcomeOptions::default());
        assert!(matches!(alice.receive(&commit), Ok(Outcome::Merged(_))));
        assert_eq!(path_leaf(&commit).extensions, package.leaf_node.extensions);
        assert_eq!(path_leaf(&commit).capabilities, package.leaf_node.capabilities);
    }
}

// covers: 10-10, 10-11, 13.4-02
#[test]
fn key_package_extensions_that_nobody_lists_are_tolerated() {
    let provider = provider();
    let mut alice = client(&provider, "alice", Grease::Omit);
    alice.create(Extensions::default());
    for code in [0x0a0a, 0xf000] {
        let mut eve = client(&provider, "eve", Grease::Omit);
        let mut unsigned = copath_messages::UnsignedKeyPackage::from(eve.key_package());
        unsigned.leaf_node.capabilities.extensions.clear();
        unsigned.leaf_node.extensions = Extensions::default();
        let leaf = copath_messages::UnsignedLeafNode::from(unsigned.leaf_node.clone());
        unsigned.leaf_node =
            leaf.sign(&eve.suite, &*eve.signer, copath_messages::LeafPosition::None).unwrap();
        unsigned.extensions = Extensions(vec![extension(code)]);
        let package = unsigned.sign(&eve.suite, &*eve.signer).unwrap();
        alice.commit(CommitOptions::new().propose(add(package))).unwrap();
        alice.accept(WelcomeOptions::default());
    }
}

// covers: 13.5-07
#[test]
fn a_shared_grease_value_is_not_common_ground() {
    let provider = provider();
    let mut bob = client(&provider, "bob", Grease::Omit);
    bob.leaf.capabilities.proposals.extend([0x2a2a, 0xf000].map(ProposalType));
    let package = bob.key_package();
    let common = package.leaf_node.capabilities.without_grease();
    assert_eq!(common.proposals, [ProposalType(0xf000)]);
    assert!(greased(&common).is_empty());
}

#[test]
fn a_credential_of_a_grease_type_is_refused_like_any_unknown_one() {
    for code in [0x0a0a, 0xf000] {
        let provider = provider();
        let mut eve = client(&provider, "eve", Grease::Omit);
        let credential_type = CredentialType(code);
        eve.leaf.credential = Credential::Other { credential_type, body: vec![1, 7] };
        eve.leaf.capabilities.credentials.push(credential_type);
        let mut world = World::with(&provider, Extensions::default(), |member| {
            member.settings.policy.grease = Grease::Omit;
            member.leaf.capabilities.credentials = vec![CredentialType::BASIC];
        });
        let options = CommitOptions::new().propose(add(eve.key_package()));
        // Nobody lists the type but by chance of GREASE, and never all do.
        // covers: 5.3-04
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("7.3-07"));
    }
}

// covers: 12.4.3-03, 13.5-04
#[test]
fn a_group_whose_context_has_grease_is_not_joined() {
    let provider = provider();
    let mut bob = client(&provider, "bob", Grease::Omit);
    let mut parameters = KeyPackageParameters::new(bob.leaf.clone(), NOW, 1);
    parameters.grease = Grease::Omit;
    let secrets = KeyPackageSecrets::generate(&bob.suite, &parameters, &*bob.signer).unwrap();
    let package = secrets.key_package.clone();
    bob.key_packages.insert(secrets.reference(&bob.suite).unwrap(), secrets);
    for code in [0x0a0a, 0xf000] {
        let mut group = ForgedGroup::joined_by(&bob.suite, &package);
        group.context.extensions.0.push(extension(code));
        let forged = group.welcome();
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("12.4.3-03"));
    }
    bob.join(&ForgedGroup::joined_by(&bob.suite, &package).welcome(), None).unwrap();
}
