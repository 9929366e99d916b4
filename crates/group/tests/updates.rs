//! What a member refuses of an Update's leaf: alone, and covered by a commit; and that a committer leaves it out.
//!
//! RFC 9420 §7.3 and §12.1.2.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_credentials::{Credential, CredentialType};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, GroupError, LeafChange, Merged, Misuse, Prepared, WelcomeOptions};
use copath_messages::{
    Capabilities, Extension, ExtensionType, Extensions, FramedContentBody, LeafNodeSource, Lifetime,
    MlsMessage, MlsMessageBody, Proposal, ProposalOrRef, ProposalType, ProtocolVersion, RequiredCapabilities,
    UnsignedLeafNode, Update,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{RuleId, rule};
use copath_testing::{
    Member, NOW, Outcome, World, assert_agreement, assert_refuses, assert_rejected, over_the_wire,
};
use copath_tree_math::LeafIndex;

const PRIVATE_USE: u16 = 0xf001;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([13; 32]))
}

fn carol() -> LeafIndex {
    LeafIndex::new(3).unwrap()
}

fn private_extension() -> Extension {
    Extension { extension_type: ExtensionType(PRIVATE_USE), extension_data: Opaque::default() }
}

/// The proposals of a commit in the clear.
fn proposals_of(message: &MlsMessage) -> Vec<ProposalOrRef> {
    let MlsMessageBody::PublicMessage(message) = &message.body else { panic!("not a PublicMessage") };
    let FramedContentBody::Commit(commit) = &message.content.body else { panic!("not a Commit") };
    commit.proposals.clone()
}

type EditLeaf = fn(&mut UnsignedLeafNode);

// covers: 12.1.2-01
#[test]
fn leaves_that_are_invalid_by_themselves() {
    let cases: [(EditLeaf, RuleId); 4] = [
        (
            |l| {
                l.leaf_node_source =
                    LeafNodeSource::KeyPackage(Lifetime { not_before: 0, not_after: 1 << 40 })
            },
            rule!("7.3-14"),
        ),
        (|l| l.leaf_node_source = LeafNodeSource::Commit(Opaque::default()), rule!("7.3-14")),
        (|l| l.encryption_key = Opaque::from(&[5; 31]), rule!("5.1.1-01")),
        (|l| l.encryption_key = Opaque::from(&[0; 32]), rule!("5.1.1-01")),
    ];
    let mut world = World::new(&provider());
    for (edit, rule) in cases {
        let forged = world.mallory.propose(world.mallory.update(edit));
        assert_rejected(&mut world.bob, &forged, rule).more_follow();
    }
    let same = world.mallory.own_leaf_node().encryption_key;
    let unchanged = world.mallory.propose(world.mallory.update(|leaf| leaf.encryption_key = same));
    assert_rejected(&mut world.bob, &unchanged, rule!("7.3-15")).more_follow();
    let valid = world.mallory.propose(world.mallory.update(|_| ()));
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Queued));
}

// covers: 7.2-09
#[test]
fn signatures_are_bound_to_group_and_leaf() {
    let mut world = World::new(&provider());
    let mallory = &world.mallory;
    let Proposal::Update(valid) = mallory.update(|_| ()) else { panic!("not an Update") };
    let mut broken = valid.leaf_node.clone();
    broken.signature = Opaque::from(&[9; 64]);
    let unsigned = UnsignedLeafNode::from(*valid.leaf_node.clone());
    let elsewhere = mallory.sign_leaf(carol(), unsigned.clone(), &*mallory.signer);
    let group_id = b"another group".as_slice().into();
    let position = copath_messages::LeafPosition::InGroup { group_id: &group_id, leaf_index: 2 };
    let abroad = unsigned.sign(&mallory.suite, &*mallory.signer, position).unwrap();
    let valid = mallory.propose(Proposal::Update(valid));
    let forged = [*broken, elsewhere, abroad]
        .map(|leaf| mallory.propose(Proposal::Update(Update { leaf_node: leaf.into() })));
    for forged in &forged {
        assert_rejected(&mut world.bob, forged, rule!("7.3-03")).more_follow();
    }
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Queued));
}

/// What the leaf shows by itself, whatever the group asks for.
const SHOWN_BY_THE_LEAF: [RuleId; 4] = [rule!("7.2-05"), rule!("7.3-06"), rule!("7.3-12"), rule!("13.4-03")];

/// Carol's Update is refused at once if the leaf alone shows it to be invalid; if only the resulting tree does, it is
/// queued, refused in a commit and left out of an honest one.
fn refused_when_committed(
    world: &mut World,
    signer: Option<&Member>,
    edit: impl FnOnce(&mut UnsignedLeafNode),
    rule: RuleId,
) {
    let leaf_signer = signer.map_or(&world.carol.signer, |other| &other.signer);
    let update = world.mallory.update_of(carol(), &**leaf_signer, edit);
    let message = world.mallory.propose_as(carol(), &*world.carol.signer, update);
    if SHOWN_BY_THE_LEAF.contains(&rule) {
        let next = world.mallory.propose(world.mallory.update(|_| ()));
        assert_rejected(&mut world.bob, &message, rule).still_accepts(&next);
        return;
    }
    assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
    assert_eq!(world.alice.receive(&message), Ok(Outcome::Queued));
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let forged = world.mallory.commit().reference(&queued).message();
    let next = world.alice.commit(CommitOptions::new()).unwrap();
    assert_eq!(proposals_of(&next), Vec::new(), "the committer leaves it out");
    let outcome = assert_rejected(&mut world.bob, &forged, rule).still_accepts(&next);
    assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
}

fn demanding_world() -> World {
    let required = RequiredCapabilities {
        extension_types: vec![ExtensionType(PRIVATE_USE)],
        proposal_types: vec![ProposalType(PRIVATE_USE)],
        credential_types: vec![CredentialType::X509],
    };
    let extensions = Extensions(vec![Extension::of(&required).unwrap()]);
    World::with(&provider(), extensions, |member| {
        let leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
        member.leaf = leaf.supporting_proposal(ProposalType(PRIVATE_USE));
    })
}

// covers: 12.2-16, 12.2-03
#[test]
fn leaves_that_do_not_fit_the_group() {
    let cases: [(EditLeaf, RuleId); 6] = [
        (|l| l.capabilities.extensions.retain(|t| t.is_grease()), rule!("7.3-04")),
        (|l| l.capabilities.proposals.clear(), rule!("7.3-04")),
        (|l| l.capabilities.credentials = vec![CredentialType::BASIC], rule!("7.3-04")),
        (|l| l.capabilities.versions = vec![ProtocolVersion(2)], rule!("7.3-06")),
        (|l| l.capabilities.cipher_suites = vec![CipherSuite(2)], rule!("7.3-06")),
        (|l| l.capabilities.credentials = vec![CredentialType::X509], rule!("7.2-05")),
    ];
    for (edit, rule) in cases {
        refused_when_committed(&mut demanding_world(), None, edit, rule);
    }
    let mut extended = World::with(&provider(), Extensions(vec![private_extension()]), |member| {
        member.leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
    });
    refused_when_committed(
        &mut extended,
        None,
        |l| l.capabilities.extensions.retain(|t| t.is_grease()),
        rule!("13.4-05"),
    );
}

// covers: 13.3-01
#[test]
fn leaves_that_do_not_fit_the_members() {
    let plain = || World::new(&provider());
    let x509 = |leaf: &mut UnsignedLeafNode| {
        leaf.credential = Credential::X509 { certificates: vec![b"der".into()] };
    };
    let mut basic = World::with(&provider(), Extensions::default(), |member| {
        member.leaf.capabilities.credentials = vec![CredentialType::BASIC];
    });
    let support = |leaf: &mut UnsignedLeafNode| {
        leaf.capabilities.credentials.push(CredentialType::X509);
        x509(leaf);
    };
    refused_when_committed(&mut basic, None, support, rule!("7.3-07"));
    let x509_only = |leaf: &mut UnsignedLeafNode| {
        leaf.capabilities.credentials = vec![CredentialType::X509];
        x509(leaf);
    };
    refused_when_committed(&mut plain(), None, x509_only, rule!("7.3-08"));
    let unlisted = |leaf: &mut UnsignedLeafNode| leaf.extensions = vec![private_extension()].into();
    refused_when_committed(&mut plain(), None, unlisted, rule!("7.3-12"));
    let twice = |leaf: &mut UnsignedLeafNode| {
        leaf.capabilities.extensions.push(ExtensionType(PRIVATE_USE));
        leaf.extensions = vec![private_extension(), private_extension()].into();
    };
    refused_when_committed(&mut plain(), None, twice, rule!("13.4-03"));
}

// covers: 16.7-01
#[test]
fn keys_of_other_members() {
    let plain = || World::new(&provider());
    let mut world = plain();
    let taken = world.mallory.leaf_node(LeafIndex::new(1).unwrap()).encryption_key;
    refused_when_committed(&mut world, None, |leaf| leaf.encryption_key = taken, rule!("7.3-19"));
    // The root's key is free again, because an Update blanks the root.
    let mut world = plain();
    let root = world.mallory.tree.size().root();
    let taken = Opaque::from(world.mallory.tree.encryption_key(root).unwrap());
    let update = world.mallory.update_of(carol(), &*world.carol.signer, |leaf| leaf.encryption_key = taken);
    let message = world.mallory.propose_as(carol(), &*world.carol.signer, update);
    assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let valid = world.mallory.commit().reference(&queued).message();
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Merged(Merged::Epoch(2))));
    // Dave's signature key, under which dave himself signs the leaf.
    let mut world = plain();
    let dave = plain().dave;
    let key = Opaque::from(dave.signer.public_key());
    refused_when_committed(&mut world, Some(&dave), |leaf| leaf.signature_key = key, rule!("7.3-18"));
}

// covers: 12.1.2-02, 7.3-20, 12.4-08
#[test]
fn a_valid_update_replaces_the_leaf_of_its_sender() {
    let mut world = World::new(&provider());
    let update = world.mallory.update(|_| ());
    let message = world.mallory.propose(update.clone());
    for member in world.members() {
        assert_eq!(member.receive(&message), Ok(Outcome::Queued));
    }
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    assert!(matches!(proposals_of(&commit).as_slice(), [ProposalOrRef::Reference(_)]));
    world.bob.receive(&commit).unwrap();
    let Proposal::Update(update) = update else { panic!("not an Update") };
    let leaf = world.bob.group().tree().leaf(world.mallory.leaf).unwrap().to_leaf_node().unwrap();
    assert_eq!(leaf, *update.leaf_node);
    // Alice's path went from leaf 0 to the root; the parent of leaves 2 and 3 was blank and stays it.
    let above = world.mallory.leaf.direct_path(world.bob.group().tree().size()).next().unwrap();
    assert_eq!(world.bob.group().tree().encryption_key(above.node), None);
}

// covers: 12.1.2-04
#[test]
fn any_of_several_updates_may_be_committed() {
    for chosen in 0..2 {
        let mut world = World::new(&provider());
        let updates = [(); 2].map(|()| world.bob.propose_update().unwrap());
        for update in &updates {
            world.alice.receive(update).unwrap();
        }
        world.bob.reload();
        let queued: Vec<_> = world.alice.group().pending_proposals().collect();
        let commit = world.mallory.commit().reference(queued.get(chosen).unwrap()).build();
        for member in [&mut world.alice, &mut world.bob] {
            assert_eq!(member.receive(&commit.message), Ok(Outcome::Merged(Merged::Epoch(2))));
            member.reload();
        }
        assert_agreement(&[&world.alice, &world.bob]);
        // Bob opens what is encrypted to the new leaf.
        let next = world.alice.commit(CommitOptions::new()).unwrap();
        assert_eq!(world.bob.receive(&next), Ok(Outcome::Merged(Merged::Epoch(3))));
    }
}

// covers: 7.5-06
#[test]
fn an_update_with_another_signature_key() {
    let mut world = World::new(&provider());
    let other = world.stranger("bob's next key");
    let old = Arc::clone(&world.bob.signer);
    let change = LeafChange::default();
    let prepared = world.bob.group().propose_update(&change, &*old, &*other.signer, NOW).unwrap();
    let update = over_the_wire(&world.bob.carry_out(prepared));
    assert_eq!(world.alice.receive(&update), Ok(Outcome::Queued));
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    world.alice.accept(WelcomeOptions::default());
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_eq!(world.bob.encrypt(b"old key"), Err(Misuse::WrongSigner.into()));
    world.bob.signer = other.signer;
    let message = world.bob.encrypt(b"new key").unwrap();
    assert_eq!(world.alice.receive(&message), Ok(Outcome::Data(b"new key".to_vec())));
}

#[test]
fn a_proposal_that_comes_twice_is_known() {
    let mut world = World::new(&provider());
    let update = world.mallory.propose(world.mallory.update(|_| ()));
    assert_eq!(world.bob.receive(&update), Ok(Outcome::Queued));
    assert_eq!(world.bob.receive(&update), Ok(Outcome::Known));
    assert_eq!(world.bob.group().pending_proposals().count(), 1);
}

type EditCapabilities = fn(&mut Capabilities);

#[test]
fn own_updates_that_would_be_invalid() {
    let cases: [(EditCapabilities, RuleId); 5] = [
        (|list| list.extensions.retain(|kind| kind.is_grease()), rule!("7.3-04")),
        (|list| list.proposals.clear(), rule!("7.3-04")),
        (|list| list.credentials = vec![CredentialType::BASIC], rule!("7.3-04")),
        (|list| list.versions = vec![ProtocolVersion(2)], rule!("7.3-06")),
        (|list| list.credentials = vec![CredentialType::X509], rule!("7.2-05")),
    ];
    let mut extended = World::with(&provider(), Extensions(vec![private_extension()]), |member| {
        member.leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
    });
    refuses_to_propose(&mut extended.bob, cases[0].0, rule!("13.4-05"));
    let mut world = demanding_world();
    for (edit, rule) in cases {
        refuses_to_propose(&mut world.bob, edit, rule);
    }
    assert_refuses(&mut world.bob, |bob| update_with_signer(bob, &world.dave), rule!("7.3-18"));
    let update = world.bob.propose_update().unwrap();
    assert_eq!(world.alice.receive(&update), Ok(Outcome::Queued));
}

fn refuses_to_propose(member: &mut Member, edit: EditCapabilities, rule: RuleId) {
    let mut capabilities = member.group().capabilities(member.group().own_handle()).unwrap();
    edit(&mut capabilities);
    let mut change = LeafChange::default();
    change.capabilities = Some(capabilities);
    let propose = |member: &mut Member| {
        let signer = &*member.signer;
        member.group().propose_update(&change, signer, signer, NOW)
    };
    assert_refuses(member, propose, rule);
}

/// An Update of `member`'s that carries the signature key of `other`.
fn update_with_signer(member: &Member, other: &Member) -> Result<Prepared<MlsMessage>, GroupError> {
    member.group().propose_update(&LeafChange::default(), &*member.signer, &*other.signer, NOW)
}
