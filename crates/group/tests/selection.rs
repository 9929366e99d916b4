//! Which pending proposals a committer covers: all that fit, whatever others sent.
//!
//! RFC 9420 §12.2 and §12.4.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::Opaque;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, Merged, Queued};
use copath_messages::{
    Extension, ExtensionType, Extensions, ExternalSenders, FramedContentBody, GroupContextExtensions,
    MlsMessage, MlsMessageBody, Proposal, ProposalOrRef, ProtocolVersion, ReInit,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    Outcome, World, add, assert_refuses, external_psk, forge_key_package, remove, resumption_psk,
};
use copath_tree_math::LeafIndex;

fn world() -> World {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([24; 32]));
    World::new(&provider)
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

/// Mallory sends `proposals` in the name of the members at these leaves; alice and bob queue them.
fn queue(world: &mut World, proposals: Vec<(u32, Proposal)>) -> Vec<Queued> {
    for (sender, proposal) in proposals {
        let signer = match sender {
            0 => &world.alice.signer,
            1 => &world.bob.signer,
            2 => &world.mallory.signer,
            3 => &world.carol.signer,
            _ => &world.dave.signer,
        };
        let message = world.mallory.propose_as(leaf(sender), &**signer, proposal);
        for member in [&mut world.alice, &mut world.bob] {
            assert_eq!(member.receive(&message), Ok(Outcome::Queued));
        }
    }
    world.bob.group().pending_proposals().collect()
}

/// The references that a commit in the clear covers, and how many proposals by value.
fn covered(message: &MlsMessage) -> (Vec<Vec<u8>>, usize) {
    let MlsMessageBody::PublicMessage(message) = &message.body else { panic!("not a PublicMessage") };
    let FramedContentBody::Commit(commit) = &message.content.body else { panic!("not a Commit") };
    let mut references = Vec::new();
    let mut by_value = 0;
    for proposal in &commit.proposals {
        match proposal {
            ProposalOrRef::Reference(reference) => references.push(reference.to_vec()),
            ProposalOrRef::Proposal(_) => by_value += 1,
        }
    }
    (references, by_value)
}

/// Alice commits `own` and what fits of the queue: exactly `expected`; bob agrees.
fn alice_covers(world: &mut World, own: Vec<Proposal>, expected: &[&Queued]) {
    let count = own.len();
    let options = own.into_iter().fold(CommitOptions::new(), CommitOptions::propose);
    let commit = world.alice.commit(options).unwrap();
    let (mut references, by_value) = covered(&commit);
    let mut wanted: Vec<_> = expected.iter().map(|queued| queued.reference.clone()).collect();
    references.sort();
    wanted.sort();
    assert_eq!((references, by_value), (wanted, count));
    let merged = world.bob.receive(&commit).unwrap();
    assert!(matches!(merged, Outcome::Merged(Merged::Epoch(2) | Merged::Reinitialized(2))));
}

fn reinit() -> Proposal {
    Proposal::ReInit(ReInit {
        group_id: b"next".as_slice().into(),
        version: ProtocolVersion::MLS10,
        cipher_suite: CipherSuite(1),
        extensions: Extensions::default(),
    })
}

fn extensions(list: Vec<Extension>) -> Proposal {
    Proposal::GroupContextExtensions(GroupContextExtensions { extensions: list.into() })
}

// covers: 12.2-07
#[test]
fn a_remove_goes_before_an_update_and_the_latest_update_before_others() {
    let mut world = world();
    let update = |world: &World, index, signer: &Arc<dyn copath_crypto::Signer>| {
        world.mallory.update_of(leaf(index), &**signer, |_| ())
    };
    let carol = [(); 2].map(|()| update(&world, 3, &world.carol.signer));
    let dave = [(); 2].map(|()| update(&world, 4, &world.dave.signer));
    let [first, second] = carol;
    let [early, late] = dave;
    let proposals = vec![(3, first), (3, second), (4, early), (2, remove(leaf(4))), (4, late)];
    let queued = queue(&mut world, proposals);
    let [_, second, _, removal, _] = queued.as_slice() else { panic!("five are queued") };
    alice_covers(&mut world, Vec::new(), &[second, removal]);
}

// covers: 12.4-02, 12.4.1-01
#[test]
fn what_breaks_the_list_is_left_out() {
    let mut world = world();
    let eve = world.stranger("eve");
    let taken = world.mallory.leaf_node(leaf(1)).encryption_key;
    let bad = forge_key_package(&eve, |leaf| leaf.encryption_key = taken, |_| ());
    let good = forge_key_package(&world.stranger("frank"), |_| (), |_| ());
    let update = world.mallory.update_of(leaf(3), &*world.carol.signer, |_| ());
    let own = world.mallory.update_of(leaf(0), &*world.alice.signer, |_| ());
    let proposals = vec![
        (2, add(good)),
        (2, add(bad)),
        (3, update),
        (2, remove(leaf(0))),
        (2, remove(leaf(4))),
        (0, own),
    ];
    let queued = queue(&mut world, proposals);
    let [good, _, update, _, removal, _] = queued.as_slice() else { panic!("six are queued") };
    alice_covers(&mut world, Vec::new(), &[good, update, removal]);
}

#[test]
fn what_is_asked_for_goes_before_what_is_pending() {
    let mut world = world();
    let unlisted = Extension { extension_type: ExtensionType(0xf001), extension_data: Opaque::default() };
    let update = world.mallory.update_of(leaf(4), &*world.dave.signer, |_| ());
    let frank = world.stranger("frank");
    let franks = [(); 2].map(|()| forge_key_package(&frank, |_| (), |_| ()));
    let [pending, own] = franks;
    let proposals = vec![(2, extensions(Vec::new())), (4, update), (2, add(pending)), (2, remove(leaf(3)))];
    let queued = queue(&mut world, proposals);
    let [_, _, _, removal] = queued.as_slice() else { panic!("four are queued") };
    // A bad one by value is refused, not left out.
    let options = CommitOptions::new().propose(extensions(vec![unlisted]));
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("12.1.7-03"));
    let senders = Extension::of(&ExternalSenders(Vec::new())).unwrap();
    let own = vec![extensions(vec![senders]), remove(leaf(4)), add(own)];
    alice_covers(&mut world, own, &[removal]);
}

// covers: 12.2-13
#[test]
fn a_reinit_waits_for_everything_else() {
    let mut base = world();
    let queued = queue(&mut base, vec![(2, reinit()), (2, remove(leaf(4))), (3, reinit())]);
    let [_, removal, _] = queued.as_slice() else { panic!("three are queued") };
    alice_covers(&mut base, Vec::new(), &[removal]);
    let mut alone = world();
    let queued = queue(&mut alone, vec![(2, reinit())]);
    alice_covers(&mut alone, Vec::new(), &queued.iter().collect::<Vec<_>>());
}

#[test]
fn psks_that_the_committer_lacks() {
    let mut world = world();
    for member in [&mut world.alice, &mut world.bob] {
        member.psks.insert(b"known".to_vec(), b"secret".to_vec());
    }
    let suite = world.mallory.suite.clone();
    let group_id = world.mallory.context.group_id.clone();
    let proposals = vec![
        (2, external_psk(&suite, b"unknown")),
        (2, external_psk(&suite, b"known")),
        (2, resumption_psk(&suite, &group_id, 0)),
        (2, resumption_psk(&suite, &group_id, 1)),
        (2, resumption_psk(&suite, &group_id, 9)),
        (2, resumption_psk(&suite, &b"elsewhere".as_slice().into(), 9)),
        (3, external_psk(&suite, b"unknown as well")),
    ];
    let queued = queue(&mut world, proposals);
    let [_, known, before, now, _, _, _] = queued.as_slice() else { panic!("seven are queued") };
    // Alice created the group and remembers epoch 0; bob was not there.
    let options = CommitOptions::new().propose(external_psk(&suite, b"asked for"));
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("12.4.2-03"));
    let commit = world.alice.commit(CommitOptions::new()).unwrap();
    assert_eq!(covered(&commit).0.len(), 3);
    assert!([known, before, now].iter().all(|queued| covered(&commit).0.contains(&queued.reference)));
    let dropped = world.alice.group().drop_pending_commit().unwrap();
    world.alice.carry_out(dropped);
    // Bob's commit is one that alice accepts.
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    assert_eq!(covered(&commit).0, [known, now].map(|queued| queued.reference.clone()));
    assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
}

#[test]
fn bad_extensions_do_not_take_good_proposals_along() {
    let mut world = world();
    let good = forge_key_package(&world.stranger("frank"), |_| (), |_| ());
    let update = world.mallory.update_of(leaf(3), &*world.carol.signer, |_| ());
    let unlisted = Extension { extension_type: ExtensionType(0xf001), extension_data: Opaque::default() };
    let queued = queue(&mut world, vec![(1, add(good)), (3, update), (2, extensions(vec![unlisted]))]);
    let [good, update, _] = queued.as_slice() else { panic!("three proposals") };
    alice_covers(&mut world, Vec::new(), &[good, update]);
}
#[test]
fn a_copied_encryption_key_does_not_take_the_first_add_along() {
    let mut world = world();
    let good = forge_key_package(&world.stranger("frank"), |_| (), |_| ());
    let taken = good.leaf_node.encryption_key.clone();
    let bad = forge_key_package(&world.stranger("eve"), |leaf| leaf.encryption_key = taken, |_| ());
    let queued = queue(&mut world, vec![(1, add(good)), (2, add(bad))]);
    let [good, _] = queued.as_slice() else { panic!("two proposals") };
    alice_covers(&mut world, Vec::new(), &[good]);
}
