//! What a member accepts and refuses of commits, and what it does with them.
//!
//! RFC 9420 §8.4, §12.3, §12.4 and §12.4.2.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::{Encode, Opaque};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, Merged, PathChoice, Received, WelcomeOptions};
use copath_messages::{
    AuthenticatedContent, Commit, Extension, Extensions, ExternalSenders, FramedContentBody,
    GroupContextExtensions, MlsMessage, MlsMessageBody, Proposal, ProtocolVersion, ReInit, WireFormat,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    Member, NOW, Outcome, World, add, assert_agreement, assert_refuses, assert_rejected, external_psk,
    remove, resumption_psk,
};
use copath_tree_math::LeafIndex;

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([124; 32]))
}

fn world() -> World {
    World::new(&provider())
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn merged(epoch: u64) -> Result<Outcome, copath_group::GroupError> {
    Ok(Outcome::Merged(Merged::Epoch(epoch)))
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

fn commit_of(message: &MlsMessage) -> Commit {
    let MlsMessageBody::PublicMessage(message) = &message.body else { panic!("not a PublicMessage") };
    let FramedContentBody::Commit(commit) = &message.content.body else { panic!("not a Commit") };
    commit.clone()
}

fn know_psk(world: &mut World) {
    for member in world.members() {
        member.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    }
}

type MakeProposal = fn(&World) -> Proposal;

// covers: 12.4-06, 12.4-05, 12.4-07, 17.4-01, 12.4.1-02
#[test]
fn which_proposals_need_a_path() {
    let cases: [(Option<MakeProposal>, bool); 6] = [
        (None, true),
        (Some(|_| remove(leaf(4))), true),
        (Some(|_| extensions(Vec::new())), true),
        (Some(|world| add(world.stranger("eve").key_package())), false),
        (Some(|world| external_psk(&world.mallory.suite, b"psk")), false),
        (Some(|_| reinit()), false),
    ];
    for (make, needs_path) in cases {
        let mut world = world();
        know_psk(&mut world);
        let list: Vec<_> = make.map(|make| make(&world)).into_iter().collect();
        let forge = || world.mallory.commit().values(list.clone()).psk(b"secret");
        let (without, with) = (forge().without_path().message(), forge().message());
        let options = list.iter().cloned().fold(CommitOptions::new(), CommitOptions::propose);
        let own = world.alice.commit(options.path(PathChoice::WhenNeeded)).unwrap();
        assert_eq!(commit_of(&own).path.is_some(), needs_path);
        if needs_path {
            assert_rejected(&mut world.bob, &without, rule!("12.4.2-04")).still_accepts(&with);
        } else {
            world.bob.receive(&without).unwrap();
            world.carol.receive(&with).unwrap();
        }
    }
}

#[test]
fn an_update_needs_a_path() {
    let mut world = world();
    let update = world.carol.propose_update().unwrap();
    world.bob.receive(&update).unwrap();
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let forged = world.mallory.commit().reference(&queued).without_path().message();
    let next = world.mallory.commit().reference(&queued).message();
    assert_rejected(&mut world.bob, &forged, rule!("12.4.2-04")).still_accepts(&next);
}

// covers: 6.1-10, 12.4.2-10
#[test]
fn the_confirmation_tag() {
    let change = |content: &mut AuthenticatedContent, position: usize, xor: u8| {
        let mut tag = content.auth.confirmation_tag.clone().unwrap().to_vec();
        tag[position] ^= xor;
        content.auth.confirmation_tag = Some(tag.into());
    };
    for (position, xor) in [(0, 1), (31, 0x80)] {
        let mut world = world();
        let forge = || world.mallory.commit().tamper(|content| change(content, position, xor));
        let forged = [forge().message(), forge().private(0).message()];
        let next = world.mallory.commit().private(0).message();
        for forged in &forged {
            assert_rejected(&mut world.bob, forged, rule!("12.4.2-09")).more_follow();
        }
        assert_eq!(world.bob.receive(&next), merged(2));
    }
    let mut world = world();
    for length in [0, 1, 16, 31, 33] {
        let resized = |content: &mut AuthenticatedContent| {
            let mut tag = content.auth.confirmation_tag.take().unwrap().to_vec();
            tag.resize(length, 0);
            content.auth.confirmation_tag = Some(tag.into());
        };
        let forged = world.mallory.commit().tamper(resized).message();
        assert_rejected(&mut world.bob, &forged, rule!("12.4.2-09")).more_follow();
    }
    let next = world.mallory.commit().message();
    assert_eq!(world.bob.receive(&next), merged(2));
}

// covers: 12.4.2-02
#[test]
fn the_steps_come_in_order() {
    let mut world = world();
    let invalid = || world.mallory.commit().value(remove(leaf(5)));
    let broken = |content: &mut AuthenticatedContent| content.auth.signature = Opaque::from(&[7; 64]);
    let tagged = invalid().tamper(broken).message();
    let MlsMessageBody::PublicMessage(message) = &tagged.body else { panic!("not a PublicMessage") };
    let mut untagged = message.clone();
    untagged.membership_tag = Some(Opaque::from(&[0; 32]));
    let signed = invalid().message();
    let next = world.mallory.commit().message();
    assert_rejected(&mut world.bob, &untagged.into(), rule!("6.2-02")).more_follow();
    assert_rejected(&mut world.bob, &tagged, rule!("6.1-08")).more_follow();
    assert_rejected(&mut world.bob, &signed, rule!("12.1.3-01")).still_accepts(&next);
}

#[test]
fn a_psk_that_is_not_there_yet() {
    let mut world = world();
    let proposal = external_psk(&world.mallory.suite, b"psk");
    let commit = world.mallory.commit().value(proposal.clone()).psk(b"secret").message();
    let other = world.mallory.commit().value(proposal.clone()).psk(b"other").message();
    let options = CommitOptions::new().propose(proposal);
    assert_refuses(&mut world.alice, |alice| alice.commit(options), rule!("12.4.2-03"));
    assert_rejected(&mut world.bob, &commit, rule!("12.4.2-03")).more_follow();
    world.bob.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    assert_rejected(&mut world.bob, &other, rule!("12.4.2-09")).still_accepts(&commit);
}

// covers: 8.4-01, 12.1.4-04
#[test]
fn the_order_of_psks() {
    let mut world = world();
    world.bob.psks = [(b"a".to_vec(), b"first".to_vec()), (b"b".to_vec(), b"second".to_vec())].into();
    let [a, b] = [b"a", b"b"].map(|id| external_psk(&world.mallory.suite, id));
    let forge = || world.mallory.commit().values([a.clone(), b.clone()]);
    let permuted = forge().psk(b"second").psk(b"first").message();
    let valid = forge().psk(b"first").psk(b"second").message();
    assert_rejected(&mut world.bob, &permuted, rule!("12.4.2-09")).still_accepts(&valid);
}

// covers: 8.4-04, 8.6-01
#[test]
fn resumption_psks_of_past_epochs() {
    let mut world = World::with(&provider(), Extensions::default(), |member| {
        member.settings.policy.resumption_epochs = 3;
    });
    for _ in 0..5 {
        let commit = world.alice.commit(CommitOptions::new()).unwrap();
        world.alice.accept(WelcomeOptions::default());
        world.bob.receive(&commit).unwrap();
    }
    let (suite, group_id) = (world.alice.suite.clone(), world.alice.group().group_id().clone());
    let forgotten = CommitOptions::new().propose(resumption_psk(&suite, &group_id, 2));
    assert_refuses(&mut world.alice, |alice| alice.commit(forgotten), rule!("12.4.2-03"));
    let future = CommitOptions::new().propose(resumption_psk(&suite, &group_id, 7));
    assert_refuses(&mut world.alice, |alice| alice.commit(future), rule!("12.4.2-03"));
    let kept = CommitOptions::new().propose(resumption_psk(&suite, &group_id, 3));
    let commit = world.alice.commit(kept).unwrap();
    world.alice.accept(WelcomeOptions::default());
    assert_eq!(world.bob.receive(&commit), merged(7));
    assert_agreement(&[&world.alice, &world.bob]);
}

// covers: 12.4.2-14
#[test]
fn a_removed_member_obeys_only_what_is_signed_and_does_nothing_more() {
    let mut world = world();
    let remove_bob = || world.mallory.commit().value(remove(leaf(1)));
    let broken = |content: &mut AuthenticatedContent| content.auth.signature = Opaque::from(&[7; 64]);
    let forged = remove_bob().tamper(broken).message();
    let commit = remove_bob().build();
    let outcome = assert_rejected(&mut world.bob, &forged, rule!("6.1-08")).still_accepts(&commit.message);
    assert_eq!(outcome, Outcome::Merged(Merged::Removed));
    assert!(world.bob.group().is_removed());
    let rule = rule!("12.4.2-13");
    assert_refuses(&mut world.bob, |bob| bob.encrypt(b"still here"), rule);
    assert_refuses(&mut world.bob, |bob| bob.commit(CommitOptions::new()), rule);
    assert_refuses(&mut world.bob, Member::propose_update, rule);
    assert_rejected(&mut world.bob, &commit.next.commit().message(), rule).more_follow();
    assert_eq!(world.carol.receive(&commit.message), merged(2));
}

// covers: 12.1.5-02
#[test]
fn nothing_more_is_sent_after_a_reinit() {
    let mut world = world();
    let commit = world.mallory.commit().value(reinit()).build();
    assert_eq!(world.bob.receive(&commit.message), Ok(Outcome::Merged(Merged::Reinitialized(2))));
    assert!(world.bob.group().reinit().is_some());
    let rule = rule!("12.4.2-11");
    assert_refuses(&mut world.bob, |bob| bob.encrypt(b"more"), rule);
    assert_refuses(&mut world.bob, |bob| bob.commit(CommitOptions::new()), rule);
    assert_refuses(&mut world.bob, Member::propose_update, rule);
    assert_rejected(&mut world.bob, &commit.next.commit().message(), rule).more_follow();
    // The committer itself as well.
    let own = world.alice.commit(CommitOptions::new().propose(reinit())).unwrap();
    assert_eq!(world.alice.receive(&own), Ok(Outcome::Echo));
    world.alice.accept(WelcomeOptions::default());
    assert_refuses(&mut world.alice, |alice| alice.encrypt(b"more"), rule);
}

#[test]
fn pending_proposals_come_before_data() {
    let mut world = world();
    let message = world.mallory.propose(external_psk(&world.mallory.suite, b"psk"));
    world.alice.receive(&message).unwrap();
    assert_refuses(&mut world.alice, |alice| alice.encrypt(b"data"), rule!("12.4-01"));
    let commit = world.mallory.commit().message();
    world.alice.receive(&commit).unwrap();
    world.alice.encrypt(b"data").unwrap();
}

// covers: 12.4-03, 12.4-04, 12.1-03
#[test]
fn proposals_that_a_commit_leaves_out() {
    let mut world = world();
    let proposal = remove(leaf(4));
    let old = world.mallory.propose(proposal.clone());
    world.bob.receive(&old).unwrap();
    let commit = world.mallory.commit().build();
    assert_eq!(world.bob.receive(&commit.message), merged(2));
    assert_eq!(world.bob.group().pending_proposals().count(), 0);
    let again = commit.next.propose(proposal);
    assert_rejected(&mut world.bob, &old, rule!("12.4.2-01")).still_accepts(&again);
    let queued = world.bob.group().pending_proposals().next().unwrap();
    let commit = commit.next.commit().reference(&queued).message();
    assert_eq!(world.bob.receive(&commit), merged(3));
}

// covers: 5.2-03
#[test]
fn a_reference_covers_the_framing() {
    let mut world = world();
    let mallory = &world.mallory;
    let content = mallory.content(FramedContentBody::Proposal(remove(leaf(4))));
    let reference = |wire_format| {
        let signed = mallory.sign(content.clone(), wire_format);
        signed.proposal_reference(&mallory.suite).unwrap()
    };
    let sent = reference(WireFormat::PUBLIC_MESSAGE);
    let not_sent = reference(WireFormat::PRIVATE_MESSAGE);
    assert_ne!(sent, not_sent);
    let message = mallory.propose(remove(leaf(4)));
    let forged = mallory.commit().unknown_reference(&not_sent).message();
    world.bob.receive(&message).unwrap();
    let queued = world.bob.group().pending_proposals().next().unwrap();
    assert_eq!(queued.reference, sent.as_slice());
    let next = world.mallory.commit().reference(&queued).message();
    assert_rejected(&mut world.bob, &forged, rule!("12.2-02")).still_accepts(&next);
}

#[test]
fn proposals_are_by_value_or_by_reference() {
    let mut world = world();
    let octets = world.mallory.commit().unknown_reference(&[0xab; 32]).message().to_bytes().unwrap();
    let reference = [[2, 32].as_slice(), &[0xab; 32]].concat();
    let selector = octets.windows(34).position(|window| window == reference).unwrap();
    for value in [0, 3] {
        let mut forged = octets.clone();
        forged[selector] = value;
        assert_refuses(&mut world.bob, |bob| bob.group().decode(&forged), rule!("12.4-10"));
    }
    assert!(world.bob.group().decode(&octets).is_ok());
}

// covers: 12.3-01, 12.1.7-02, 8.1-01, 8.1-02, 8.1-03, 8.5-03, 8.7-01
#[test]
fn the_order_of_types_is_fixed() {
    let sender = ExternalSenders(Vec::new());
    let change = || extensions(vec![Extension::of(&sender).unwrap()]);
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]];
    for order in orders {
        let mut world = world();
        let eve = world.stranger("eve").key_package();
        let key = eve.leaf_node.signature_key.clone();
        know_psk(&mut world);
        let psk = external_psk(&world.mallory.suite, b"psk");
        let list = [add(eve), remove(leaf(3)), change(), psk];
        let list = order.map(|position: usize| list[position].clone());
        let before = world.bob.group().context().clone();
        let authenticator = world.bob.group().epoch_authenticator().to_vec();
        let exported = world.bob.group().export_secret(b"label", b"", 32).unwrap();
        let commit = world.mallory.commit().values(list).psk(b"secret").message();
        for member in [&mut world.alice, &mut world.bob, &mut world.dave] {
            assert_eq!(member.receive(&commit), merged(2));
        }
        // Eve takes the leaf that carol left.
        let group = world.bob.group();
        assert_eq!(group.tree().find_signature_key(&key), Some(leaf(3)));
        let after = group.context();
        assert_eq!(
            (&after.group_id, after.version, after.cipher_suite, after.epoch),
            (&before.group_id, before.version, before.cipher_suite, before.epoch + 1)
        );
        assert_eq!(after.tree_hash.as_slice(), group.tree().tree_hash().as_slice());
        assert_ne!(after.confirmed_transcript_hash, before.confirmed_transcript_hash);
        assert_eq!(after.extensions.iter().count(), 1);
        assert_ne!(group.epoch_authenticator(), authenticator);
        assert!(!group.export_secret(b"label", b"", 32).unwrap().ct_eq(exported.expose()));
        assert_agreement(&[&world.alice, &world.bob, &world.dave]);
    }
}

// covers: 12.1.1-02, 12.1.1-04, 12.1.3-02
#[test]
fn adds_fill_the_blanks_from_the_left() {
    let mut world = world();
    let commit = world.mallory.commit().values([remove(leaf(1)), remove(leaf(3))]).build();
    world.alice.receive(&commit.message).unwrap();
    let packages = ["x", "y", "z"].map(|name| world.stranger(name).key_package());
    let commit = commit.next.commit().values(packages.clone().map(add)).build();
    world.alice.receive(&commit.message).unwrap();
    let tree = world.alice.group().tree();
    for (package, index) in packages.iter().zip([1, 3, 5]) {
        assert_eq!(tree.leaf(leaf(index)).unwrap().to_leaf_node().unwrap(), package.leaf_node);
    }
    assert_eq!(tree.size().leaf_count(), 8);
    let commit = commit.next.commit().values([remove(leaf(4)), remove(leaf(5))]).message();
    world.alice.receive(&commit).unwrap();
    assert_eq!(world.alice.group().tree().size().leaf_count(), 4);
}

// covers: 12.1.2-04
#[test]
fn the_proposer_of_an_update_keeps_both_keys() {
    // Covered: paths are encrypted to the new leaf key. Left out: the old one still opens them.
    for covered in [true, false] {
        let mut world = world();
        // Alice's path is encrypted to bob's leaf.
        let update = world.bob.propose_update().unwrap();
        let own_key = |bob: &Member| {
            let leaf = bob.group().tree().leaf(leaf(1)).unwrap();
            leaf.encryption_key().to_vec()
        };
        let before = own_key(&world.bob);
        if covered {
            world.alice.receive(&update).unwrap();
        }
        let commit = world.alice.commit(CommitOptions::new()).unwrap();
        world.alice.accept(WelcomeOptions::default());
        assert_eq!(world.bob.receive(&commit), merged(2));
        assert_eq!(own_key(&world.bob) != before, covered);
        assert_agreement(&[&world.alice, &world.bob]);
        // And the key that was decided on opens the next path as well.
        let commit = world.alice.commit(CommitOptions::new()).unwrap();
        world.alice.accept(WelcomeOptions::default());
        assert_eq!(world.bob.receive(&commit), merged(3));
        assert_agreement(&[&world.alice, &world.bob]);
    }
}

// covers: 8.2-05
#[test]
fn proposals_enter_the_transcript_with_their_commit_alone() {
    let mut world = world();
    let before = *world.bob.group().public_state().interim_transcript_hash();
    let message = world.mallory.propose(external_psk(&world.mallory.suite, b"psk"));
    world.bob.receive(&message).unwrap();
    assert_eq!(*world.bob.group().public_state().interim_transcript_hash(), before);
    // Alice has not seen it, and comes to the same epoch.
    let commit = world.mallory.commit().message();
    assert_eq!(world.bob.receive(&commit), merged(2));
    assert_eq!(world.alice.receive(&commit), merged(2));
    assert_agreement(&[&world.alice, &world.bob]);
}

// covers: 12.2-17
#[test]
fn the_application_decides_before_anything_changes() {
    let mut world = world();
    let unwanted = world.mallory.commit().value(remove(leaf(4))).message();
    let Ok(Received::Commit(check)) = world.bob.group().receive(&unwanted, NOW) else {
        panic!("not a commit")
    };
    assert_eq!(check.summary().removed.len(), 1);
    let answers = world.bob.answer(&check.needs().clone());
    let staged = check.finish(world.bob.group(), answers).unwrap();
    assert_eq!(staged.summary().committer.leaf, world.mallory.leaf);
    drop(staged);
    let wanted = world.mallory.commit().message();
    assert_eq!(world.bob.receive(&wanted), merged(2));
}

// covers: 12.3-03
#[test]
fn it_does_not_matter_when_the_tree_shrinks() {
    let world = world();
    let suite = &world.mallory.suite;
    let package = world.stranger("eve").key_package();
    for removed in [vec![4, 3, 2], vec![2, 3, 4], vec![3, 4], vec![4]] {
        let mut at_once = world.mallory.tree.edit(suite);
        let mut one_by_one = world.mallory.tree.clone();
        for index in removed {
            at_once.remove_leaf(leaf(index)).unwrap();
            let mut edit = one_by_one.edit(suite);
            edit.remove_leaf(leaf(index)).unwrap();
            one_by_one = edit.finish().unwrap();
        }
        let added = at_once.add_leaf(&package.leaf_node).unwrap();
        let mut edit = one_by_one.edit(suite);
        assert_eq!(edit.add_leaf(&package.leaf_node).unwrap(), added);
        let [at_once, one_by_one] = [at_once, edit].map(|edit| edit.finish().unwrap());
        assert_eq!(at_once.tree_hash(), one_by_one.tree_hash());
    }
}
