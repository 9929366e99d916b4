//! What makes a commit's list of proposals invalid, for receivers and for the committer.
//!
//! RFC 9420 §12.2.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_codec::{BodyShape, Opaque};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, Merged, ProposalDefinition, Queued, Received, Registrations};
use copath_messages::{
    CustomProposal, Extension, ExtensionType, Extensions, GroupContextExtensions, PreSharedKey,
    PreSharedKeyId, Proposal, ProposalType, ProtocolVersion, Psk, ReInit, Sender, UnsignedLeafNode,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{Part, RuleId, rule};
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_refuses, assert_rejected, assert_rule, external_psk,
    forge_key_package_signed_by, remove,
};
use copath_tree_math::LeafIndex;

const PRIVATE_USE: u16 = 0xf001;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([22; 32]))
}

fn world() -> World {
    World::new(&provider())
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

/// Refused as received by value from mallory and as asked of alice.
fn refused(mut world: World, list: impl FnOnce(&World) -> Vec<Proposal>, rule: RuleId) {
    let list = list(&world);
    let forged = world.mallory.commit().values(list.to_vec()).message();
    let next = world.mallory.commit().message();
    let options = list.iter().cloned().fold(CommitOptions::new(), CommitOptions::propose);
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
    let outcome = assert_rejected(&mut world.bob, &forged, rule).still_accepts(&next);
    assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
}

/// Accepted by all members that it doesn't remove.
fn accepted(mut world: World, list: impl FnOnce(&World) -> Vec<Proposal>) {
    let list = list(&world);
    let commit = world.mallory.commit().values(list.to_vec()).message();
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    let options = list.iter().cloned().fold(CommitOptions::new(), CommitOptions::propose);
    world.alice.commit(options).unwrap();
}

fn psk(id: &[u8], nonce: u8) -> Proposal {
    let psk = Psk::External { psk_id: id.into() };
    Proposal::PreSharedKey(PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce: vec![nonce; 32].into() } })
}

fn reinit(group: &[u8]) -> Proposal {
    Proposal::ReInit(ReInit {
        group_id: group.into(),
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite(1),
        extensions: Extensions::default(),
    })
}

fn extensions() -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions: Extensions::default() })
}

/// An Add of a client called `name` that has the signature key of `of`, or its own.
fn added(world: &World, name: &str, of: Option<&Member>) -> Proposal {
    let stranger = world.stranger(name);
    let signer = of.map_or(&stranger.signer, |member| &member.signer);
    let key = Opaque::from(signer.public_key());
    let signers = [&**signer; 2];
    add(forge_key_package_signed_by(&stranger, signers, |leaf| leaf.signature_key = key, |_| ()))
}

type List = fn(&World) -> Vec<Proposal>;

// covers: 12.2-01
#[test]
fn lists_of_proposals_by_value() {
    let cases: [(List, RuleId); 9] = [
        (|_| vec![remove(leaf(4)), remove(leaf(4))], rule!("12.2-06")),
        (
            |world| {
                let mut eve = world.stranger("eve");
                vec![add(eve.key_package()), add(eve.key_package())]
            },
            rule!("12.2-08"),
        ),
        (|world| vec![added(world, "bob", Some(&world.bob))], rule!("12.2-09")),
        (|world| vec![added(world, "bob", Some(&world.bob)), remove(leaf(3))], rule!("12.2-09")),
        (|_| vec![psk(b"one", 1), psk(b"two", 1), psk(b"one", 1)], rule!("12.2-10")),
        (|_| vec![extensions(), extensions()], rule!("12.2-11")),
        (|_| vec![reinit(b"next"), psk(b"one", 1)], rule!("12.2-12")),
        (|_| vec![remove(leaf(4)), reinit(b"next")], rule!("12.2-12")),
        (|_| vec![reinit(b"next"), reinit(b"other")], rule!("12.2-12")),
    ];
    for (list, rule) in cases {
        refused(world(), list, rule);
    }
}

// covers: 7.3-20
#[test]
fn lists_that_are_close_to_invalid() {
    let again = |world: &World| added(world, "carol", Some(&world.carol));
    accepted(world(), |world| vec![again(world), remove(leaf(3))]);
    accepted(world(), |world| vec![remove(leaf(3)), again(world)]);
    accepted(world(), |_| vec![remove(leaf(3)), remove(leaf(4)), extensions()]);
}

// covers: 12.2-10
#[test]
fn the_same_psk_with_two_nonces() {
    let mut world = world();
    world.bob.psks.insert(b"one".to_vec(), b"secret".to_vec());
    let list = [psk(b"one", 1), psk(b"one", 2)];
    let commit = world.mallory.commit().values(list).psk(b"secret").psk(b"secret").message();
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
}

// covers: 12.4-09, 12.2-03
#[test]
fn an_update_of_the_committer() {
    let mut world = world();
    let update = world.mallory.update(|_| ());
    let by_value = world.mallory.commit().value(update.clone()).message();
    assert_rejected(&mut world.bob, &by_value, rule!("12.2-04")).more_follow();
    assert_eq!(world.bob.receive(&world.mallory.propose(update)), Ok(Outcome::Queued));
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let by_reference = world.mallory.commit().reference(&queued).message();
    let next = world.mallory.commit().message();
    let alices = world.mallory.update_of(leaf(0), &*world.alice.signer, |_| ());
    let options = CommitOptions::new().propose(alices);
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("12.2-04"));
    assert_rejected(&mut world.bob, &by_reference, rule!("12.2-04")).still_accepts(&next);
}

// covers: 12.1.3-03
#[test]
fn a_remove_of_the_committer() {
    let mut world = world();
    let mallory = remove(world.mallory.leaf);
    let by_value = world.mallory.commit().value(mallory.clone()).message();
    assert_rejected(&mut world.bob, &by_value, rule!("12.2-05")).more_follow();
    let message = world.mallory.propose(mallory);
    for member in [&mut world.bob, &mut world.alice] {
        assert_eq!(member.receive(&message), Ok(Outcome::Queued));
    }
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let by_reference = world.mallory.commit().reference(&queued).message();
    assert_rejected(&mut world.bob, &by_reference, rule!("12.2-05")).more_follow();
    let options = CommitOptions::new().propose(remove(leaf(0)));
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("12.2-05"));
    // Mallory's wish to leave is fulfilled by alice.
    let next = world.alice.commit(CommitOptions::new()).unwrap();
    world.bob.receive(&next).unwrap();
    assert!(world.bob.group().tree().leaf(leaf(2)).is_none());
}

/// Has bob queue `proposals`, each of the member at the leaf, which the forger sends in its name.
fn queue(world: &mut World, proposals: Vec<(LeafIndex, Proposal)>) -> Vec<Queued> {
    let signers =
        [&world.alice, &world.bob, &world.bob, &world.carol, &world.dave].map(|m| Arc::clone(&m.signer));
    for (leaf, proposal) in proposals {
        let signer = &*signers[usize::try_from(leaf.as_u32()).unwrap()];
        let message = world.mallory.propose_as(leaf, signer, proposal);
        assert_eq!(world.bob.receive(&message), Ok(Outcome::Queued));
    }
    world.bob.group().pending_proposals().collect()
}

#[test]
fn several_changes_of_one_leaf() {
    let base = world();
    let update = || base.mallory.update_of(leaf(3), &*base.carol.signer, |_| ());
    let cases = [
        vec![(leaf(3), update()), (leaf(3), update())],
        vec![(leaf(3), update()), (leaf(4), remove(leaf(3)))],
        vec![(leaf(4), remove(leaf(3))), (leaf(3), update())],
        vec![(leaf(4), remove(leaf(3))), (leaf(0), remove(leaf(3)))],
    ];
    for proposals in cases {
        let mut world = world();
        let queued = queue(&mut world, proposals);
        assert_eq!(queued.len(), 2);
        let forged = world.mallory.commit().reference(&queued[0]).reference(&queued[1]).message();
        let next = world.mallory.commit().reference(&queued[1]).message();
        let outcome = assert_rejected(&mut world.bob, &forged, rule!("12.2-06")).still_accepts(&next);
        assert_eq!(outcome, Outcome::Merged(Merged::Epoch(2)));
    }
}

// covers: 12.2-16
#[test]
fn two_updates_with_the_same_new_key() {
    let mut world = world();
    let key = world.mallory.fresh_key();
    let updates = [(3, &world.carol), (4, &world.dave)].map(|(index, member)| {
        let edit = |leaf: &mut copath_messages::UnsignedLeafNode| leaf.encryption_key = key.clone();
        (leaf(index), world.mallory.update_of(leaf(index), &*member.signer, edit))
    });
    let queued = queue(&mut world, updates.to_vec());
    let forged = world.mallory.commit().reference(&queued[0]).reference(&queued[1]).message();
    let next = world.mallory.commit().reference(&queued[0]).message();
    assert_rejected(&mut world.bob, &forged, rule!("7.3-19")).still_accepts(&next);
}

// covers: 12.4-11
#[test]
fn references_that_lead_nowhere() {
    let mut world = world();
    let proposal = external_psk(&world.mallory.suite, b"psk");
    let queued = queue(&mut world, vec![(leaf(0), proposal)]);
    let unknown = world.mallory.commit().unknown_reference(&[1; 32]).message();
    assert_rejected(&mut world.bob, &unknown, rule!("12.2-02")).more_follow();
    let commit = world.mallory.commit().build();
    assert_eq!(world.bob.receive(&commit.message), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_eq!(world.bob.group().pending_proposals().count(), 0);
    let stale = commit.next.commit().reference(&queued[0]).message();
    let next = commit.next.commit().message();
    assert_rejected(&mut world.bob, &stale, rule!("12.2-02")).still_accepts(&next);
}

fn custom() -> Proposal {
    let proposal_type = ProposalType(PRIVATE_USE);
    Proposal::Custom(CustomProposal { proposal_type, body: vec![1, 9] })
}

/// A world that knows the shape of [`custom`]; all but dave support it.
fn custom_world() -> World {
    World::with(&provider(), Extensions::default(), |member| {
        if member.name != "dave" {
            let code = ProposalType(PRIVATE_USE);
            let definition = ProposalDefinition::new(code, "private", BodyShape::Vector);
            let registrations = Registrations::new().with_proposal(definition).unwrap();
            member.leaf = member.leaf.clone().supporting_registered(&registrations);
            member.settings.registrations = Arc::new(registrations);
        }
    })
}

// covers: 13.2-01
#[test]
fn proposal_types_that_a_member_lacks() {
    refused(custom_world(), |_| vec![custom()], rule!("12.2-15"));
    refused(custom_world(), |_| vec![custom(), remove(leaf(3))], rule!("12.2-15"));
    // Who is removed need not support it.
    let mut world = custom_world();
    let commit = world.mallory.commit().values([custom(), remove(leaf(4))]).message();
    let Ok(Received::Commit(check)) = world.bob.group().receive(&commit, NOW) else { panic!("no commit") };
    let [change] = &check.summary().custom[..] else { panic!("one custom proposal") };
    assert_eq!(Proposal::Custom(change.proposal.clone()), custom());
    assert_eq!(change.proposed_by.sender, Sender::Member { leaf_index: 2 });
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
}

#[test]
fn all_proposals_that_break_the_same_rule_are_named() {
    let private = Extension { extension_type: ExtensionType(PRIVATE_USE), extension_data: Opaque::default() };
    let mut world = World::with(&provider(), Extensions(vec![private]), |member| {
        member.leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
    });
    // Eve and frank lack the extension; gina has it, and alice's key.
    let gina = world.stranger("gina");
    let key = world.alice.group().tree().leaf(leaf(0)).unwrap().encryption_key().to_vec();
    let edit = |leaf: &mut UnsignedLeafNode| {
        leaf.encryption_key = key.into();
        leaf.capabilities.extensions.push(ExtensionType(PRIVATE_USE));
    };
    let gina = add(forge_key_package_signed_by(&gina, [&*gina.signer; 2], edit, |_| ()));
    let list = [added(&world, "eve", None), gina, added(&world, "frank", None)];
    let forged = world.mallory.commit().values(list).message();
    let error = world.bob.receive(&forged).unwrap_err();
    assert_rule(&error, rule!("13.4-04"));
    let named = [0, 1, 2].map(|position| error.parts().contains(&Part::Proposal(position)));
    assert_eq!(named, [true, false, true]);
}

// covers: 12.3-02, 12.1.7-01
#[test]
fn new_extensions_are_in_force_for_the_list() {
    let private = Extension { extension_type: ExtensionType(PRIVATE_USE), extension_data: Opaque::default() };
    let demand = || {
        let extensions = Extensions(vec![private.clone()]);
        Proposal::GroupContextExtensions(GroupContextExtensions { extensions })
    };
    let supporting = |member: &mut Member| {
        if member.name != "dave" {
            member.leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
        }
    };
    let plain = || World::with(&provider(), Extensions::default(), supporting);
    // Dave lacks it; without dave it is fine, but not for eve.
    refused(plain(), |_| vec![demand()], rule!("12.1.7-03"));
    accepted(plain(), |_| vec![demand(), remove(leaf(4))]);
    let with_eve = |world: &World| vec![added(world, "eve", None), demand(), remove(leaf(4))];
    refused(plain(), with_eve, rule!("13.4-04"));
    // The demand is dropped in the same commit.
    let extended = World::with(&provider(), Extensions(vec![private.clone()]), |member| {
        member.leaf = member.leaf.clone().supporting_extension(ExtensionType(PRIVATE_USE));
    });
    accepted(extended, |world| vec![added(world, "eve", None), extensions()]);
}
