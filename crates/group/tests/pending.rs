//! Commits of one's own between sending and acceptance.
//!
//! RFC 9420 §14.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_crypto::CryptoProvider;
use copath_group::{CommitOptions, HandshakeFormat, Merged, Misuse, WelcomeOptions};
use copath_messages::{Extensions, FramedContentBody, MlsMessageBody};
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{RecordKey, RecordKind, Store};
use copath_rules::rule;
use copath_testing::{
    Member, Outcome, World, add, assert_agreement, assert_rejected, external_psk, over_the_wire,
};

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([14; 32]))
}

fn world() -> World {
    World::new(&provider())
}

/// A world whose members encrypt handshakes.
fn private_world() -> World {
    World::with(&provider(), Extensions::default(), |member| {
        member.settings.policy.handshake_format = HandshakeFormat::Private;
    })
}

fn records(member: &Member) -> Vec<(Vec<u8>, Vec<u8>)> {
    let all = RecordKind::ALL.iter();
    let all = all.flat_map(|kind| member.store.scan(&RecordKey::new(*kind)).unwrap());
    all.map(|(key, record)| (key.as_octets().to_vec(), record.expose().to_vec())).collect()
}

fn drop_pending(member: &mut Member) {
    let dropped = member.group().drop_pending_commit().unwrap();
    member.carry_out(dropped);
}

// covers: 14-03
#[test]
fn a_dropped_commit_leaves_nothing_but_a_used_generation() {
    let mut world = private_world();
    let mut generations = Vec::new();
    for _ in 0..3 {
        let commit = world.alice.commit(CommitOptions::new()).unwrap();
        generations.push(world.mallory.open(&commit).0.generation);
        world.alice.reload();
        drop_pending(&mut world.alice);
        world.alice.reload();
        assert!(!world.alice.group().has_pending_commit());
    }
    assert_eq!(generations, [0, 1, 2]);
    let theirs = world.mallory.commit().private(0).message();
    assert_eq!(world.alice.receive(&theirs), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_eq!(world.bob.receive(&theirs), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_agreement(&[&world.alice, &world.bob]);
}

// covers: 14-03
#[test]
fn a_dropped_public_commit_leaves_nothing() {
    let mut world = world();
    let before = records(&world.alice);
    let authenticator = world.alice.group().epoch_authenticator().to_vec();
    world.alice.commit(CommitOptions::new()).unwrap();
    assert_ne!(records(&world.alice), before, "the pending commit is stored");
    assert_eq!(world.alice.group().epoch(), 1);
    assert_eq!(world.alice.group().epoch_authenticator(), authenticator);
    drop_pending(&mut world.alice);
    assert_eq!(records(&world.alice), before);
}

// covers: 12.4.1-06
#[test]
fn a_dropped_proposal_keeps_its_generation() {
    let mut world = private_world();
    let proposal = external_psk(&world.alice.suite, b"psk");
    let first = world.alice.propose(proposal.clone()).unwrap();
    world.alice.reload();
    let second = world.alice.propose(proposal).unwrap();
    let generations = [first, second].map(|message| world.mallory.open(&message).0.generation);
    assert_eq!(generations, [0, 1]);
}

// covers: 14-01, 14-02, 14-05
#[test]
fn the_first_of_two_commits_wins() {
    let mut world = world();
    let alices = world.alice.commit(CommitOptions::new()).unwrap();
    let bobs = world.bob.commit(CommitOptions::new()).unwrap();
    // The delivery service takes alice's first.
    assert_eq!(world.alice.receive(&alices), Ok(Outcome::Echo));
    world.alice.accept(WelcomeOptions::default());
    for member in [&mut world.bob, &mut world.carol, &mut world.dave] {
        assert_eq!(member.receive(&alices), Ok(Outcome::Merged(Merged::Epoch(2))));
        member.reload();
        assert!(!member.group().has_pending_commit(), "what lost is gone");
    }
    assert_eq!(world.bob.receive(&bobs), Ok(Outcome::Known), "one's own is recognised");
    for member in [&mut world.alice, &mut world.carol] {
        assert_rejected(member, &bobs, rule!("12.4.2-01")).more_follow();
    }
    assert_agreement(&[&world.alice, &world.bob, &world.carol, &world.dave]);
    // The keys of bob's epoch are in no record: the message's own leaf key is known to nobody.
    let MlsMessageBody::PublicMessage(message) = &bobs.body else { panic!("not a PublicMessage") };
    let FramedContentBody::Commit(commit) = &message.content.body else { panic!("not a Commit") };
    let key = &commit.path.as_ref().unwrap().leaf_node.encryption_key;
    let held = records(&world.bob).iter().any(|(_, record)| record.windows(key.len()).any(|w| w == &**key));
    assert!(!held);
}

// covers: 14-04
#[test]
fn there_is_no_welcome_before_acceptance() {
    let mut world = world();
    let mut eve = world.stranger("eve");
    let options = CommitOptions::new().propose(add(eve.key_package()));
    let commit = world.alice.commit(options).unwrap();
    assert!(!world.alice.group().has_welcome());
    let built = world.alice.group().build_welcome(WelcomeOptions::default(), &*world.alice.signer);
    assert!(matches!(built, Err(copath_group::GroupError::Misuse(Misuse::NoWelcome))));
    assert_eq!(world.alice.receive(&commit), Ok(Outcome::Echo));
    let welcomes = world.alice.accept(WelcomeOptions::default());
    eve.join(welcomes.first().unwrap(), None).unwrap();
    world.bob.receive(&commit).unwrap();
    assert_agreement(&[&world.alice, &world.bob, &eve]);
    assert!(!world.alice.group().has_welcome(), "the joiner secret is erased with its release");
}

// covers: 14-05
#[test]
fn an_echo_is_recognised_after_a_restart() {
    for mut world in [world(), private_world()] {
        let commit = world.bob.commit(CommitOptions::new()).unwrap();
        world.bob.reload();
        let stored = world.bob.group().pending_commit_message().unwrap().to_vec();
        assert_eq!(over_the_wire(&commit), world.bob.group().decode(&stored).unwrap());
        assert_eq!(world.bob.receive(&commit), Ok(Outcome::Echo));
        world.bob.accept(WelcomeOptions::default());
        assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
        assert_agreement(&[&world.alice, &world.bob]);
        for _ in 0..2 {
            assert_eq!(world.bob.receive(&commit), Ok(Outcome::Known), "it may come back again");
            world.bob.reload();
        }
        assert_rejected(&mut world.alice, &commit, rule!("12.4.2-01")).more_follow();
    }
}

#[test]
fn one_commit_at_a_time_and_no_stale_patches() {
    let mut world = world();
    let drafted = world.alice.group().draft_commit(CommitOptions::new(), copath_testing::NOW).unwrap();
    let data = world.alice.group().encrypt(b"data", b"", &*world.alice.signer).unwrap();
    world.alice.commit(CommitOptions::new()).unwrap();
    let again = world.alice.commit(CommitOptions::new()).unwrap_err();
    assert_eq!(again, Misuse::PendingCommit.into());
    let answers = copath_group::Answers::none();
    let finished = drafted.finish(world.alice.group(), &*world.alice.signer, answers).unwrap_err();
    assert_eq!(finished, Misuse::PendingCommit.into());
    world.alice.accept(WelcomeOptions::default());
    assert_eq!(world.alice.group().accept_pending_commit().unwrap_err(), Misuse::NoPendingCommit.into());
    assert_eq!(world.alice.group().drop_pending_commit().unwrap_err(), Misuse::NoPendingCommit.into());
    let before = world.alice.group().version();
    assert_eq!(world.alice.apply(data.patch), Err(Misuse::Stale));
    assert_eq!(world.alice.group().version(), before);
}
