//! Reinitialization: closing a group, and going on in its successor.
//!
//! RFC 9420 §11.2, §12.1.5 and §12.4.3.1.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;

use copath_credentials::{CredentialVerdict, RejectionReason};
use copath_crypto::{CipherSuite, CryptoProvider, Suite};
use copath_group::{
    CommitOptions, Group, GroupError, Merged, Misuse, ParentNeed, PathChoice, Subject, WelcomeOptions,
};
use copath_messages::{
    Extension, ExtensionType, Extensions, GroupId, KeyPackage, LeafNodeSource, MlsMessage, PreSharedKey,
    PreSharedKeyId, Proposal, ProtocolVersion, Psk, ReInit, ResumptionPskUsage,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::rule;
use copath_testing::{
    ForgedGroup, ForgedPath, ForgedTree, Member, Outcome, World, add, assert_agreement, assert_refuses,
    assert_rejected, assert_rule, remove,
};

const OLD: CipherSuite = CipherSuite(1);
const NEW: CipherSuite = CipherSuite(3);

/// Alice, bob and carol in a group of suite 1.
fn old_group() -> [Member; 3] {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([11; 32]));
    let mut members = ["alice", "bob", "carol"].map(|name| Member::new(&provider, OLD, name));
    members[0].create(Extensions::default());
    let [alice, bob, carol] = &mut members;
    let options = CommitOptions::new().propose(add(bob.key_package())).propose(add(carol.key_package()));
    alice.commit(options).unwrap();
    let welcome = alice.accept(WelcomeOptions::default()).remove(0);
    bob.join(&welcome, None).unwrap();
    carol.join(&welcome, None).unwrap();
    members
}

fn reinit() -> ReInit {
    ReInit {
        group_id: GroupId::from(b"successor".to_vec()),
        version: ProtocolVersion::MLS10,
        cipher_suite: NEW,
        extensions: Extensions::default(),
    }
}

/// The same members after alice has closed the group.
fn closed_group(reinit: ReInit) -> [Member; 3] {
    let mut members = old_group();
    let [alice, bob, carol] = &mut members;
    let commit = alice.commit(CommitOptions::new().propose(Proposal::ReInit(reinit))).unwrap();
    alice.accept(WelcomeOptions::default());
    for member in [bob, carol] {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Reinitialized(2))));
    }
    members
}

/// The members as they are about to be in a successor of this suite.
fn beside(members: &[Member; 3], suite: CipherSuite) -> [Member; 3] {
    [0, 1, 2].map(|at| members[at].beside(suite))
}

/// The group of `member`, loaded anew.
fn loaded(member: &Member) -> Group {
    let provider = member.suite.provider();
    Group::load(&*member.store, provider, &member.settings, member.group().group_id()).unwrap().unwrap()
}

// covers: 11.2-01, 11.2-02, 11.2-03, 11.2-04, 11.2-06, 12.1.5-02, 12.4.1-11, 12.4.1-12, 12.4.2-12, 12.4.3.1-22
#[test]
fn three_members_propose_commit_and_continue() {
    let mut old = old_group();
    let proposal = old[0].propose(Proposal::ReInit(reinit())).unwrap();
    for member in &mut old[1..] {
        assert_eq!(member.receive(&proposal), Ok(Outcome::Queued));
    }
    let commit = old[1].commit(CommitOptions::new()).unwrap();
    old[1].accept(WelcomeOptions::default());
    for at in [0, 2] {
        assert_eq!(old[at].receive(&commit), Ok(Outcome::Merged(Merged::Reinitialized(2))));
    }
    assert_agreement(&[&old[0], &old[1], &old[2]]);
    // the one who committed is gone; carol continues, after a restart
    let closed = loaded(&old[2]);
    assert_eq!(closed.reinit(), Some(&reinit()));
    let [mut alice, mut bob, mut carol] = beside(&old, NEW);
    let packages = vec![alice.key_package(), bob.key_package()];
    let welcome = carol.succeed(&closed, packages).unwrap();
    alice.join(&welcome, None).unwrap();
    bob.join(&welcome, None).unwrap();
    assert_agreement(&[&alice, &bob, &carol]);
    let context = alice.group().context();
    assert_eq!((context.epoch, context.cipher_suite, context.version), (1, NEW, ProtocolVersion::MLS10));
    assert_eq!((&context.group_id, &context.extensions), (&reinit().group_id, &reinit().extensions));
    let hello = bob.encrypt(b"hello").unwrap();
    assert_eq!(carol.receive(&hello), Ok(Outcome::Data(b"hello".to_vec())));
}

// covers: 11.2-04, 12.4.1-11, 12.1.5-02
#[test]
fn the_committer_continues_and_survives_a_crash_before_the_welcome() {
    let old = closed_group(ReInit { cipher_suite: OLD, ..reinit() });
    let [mut alice, mut bob, mut carol] = beside(&old, OLD);
    let packages = vec![carol.key_package(), bob.key_package()];
    alice.succeed(&loaded(&old[0]), packages).unwrap();
    alice.reload();
    assert!(alice.group().has_welcome());
    let built = alice.group().build_welcome(WelcomeOptions::default(), &*alice.signer).unwrap();
    let welcomes = alice.carry_out(built);
    bob.join(&welcomes[0], None).unwrap();
    carol.join(&welcomes[0], None).unwrap();
    bob.reload();
    assert_agreement(&[&alice, &bob, &carol]);
    let commit = carol.commit(CommitOptions::new()).unwrap();
    carol.accept(WelcomeOptions::default());
    alice.receive(&commit).unwrap();
    bob.receive(&commit).unwrap();
    assert_agreement(&[&alice, &bob, &carol]);
}

// covers: 12.2-13
#[test]
fn pending_proposals_go_before_a_reinit() {
    let [mut alice, mut bob, _] = old_group();
    let proposals = [Proposal::ReInit(reinit()), remove(copath_tree_math::LeafIndex::new(2).unwrap())];
    for proposal in proposals {
        let message = bob.propose(proposal).unwrap();
        alice.receive(&message).unwrap();
    }
    let commit = alice.commit(CommitOptions::new()).unwrap();
    alice.accept(WelcomeOptions::default());
    assert_eq!(bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_eq!(alice.group().member_count(), 2);
}

#[test]
fn a_closed_group_sends_and_accepts_nothing() {
    let mut old = old_group();
    let late = old[2].encrypt(b"late").unwrap();
    let update = old[2].propose_update().unwrap();
    let commit = old[0].commit(CommitOptions::new().propose(Proposal::ReInit(reinit()))).unwrap();
    old[1].receive(&commit).unwrap();
    let bob = &mut old[1];
    for _ in 0..2 {
        assert_refuses(bob, |bob| bob.encrypt(b"data"), rule!("12.4.2-11"));
        assert_refuses(bob, |bob| bob.commit(CommitOptions::new()), rule!("12.4.2-11"));
        assert_refuses(bob, Member::propose_update, rule!("12.4.2-11"));
        assert_rejected(bob, &update, rule!("12.4.2-11")).more_follow();
        bob.reload();
    }
    // what was sent before can be read
    assert_eq!(bob.receive(&late), Ok(Outcome::Data(b"late".to_vec())));
}

#[test]
fn only_a_closed_group_has_a_successor() {
    let old = old_group();
    let mut alice = old[0].beside(NEW);
    let packages = vec![old[1].beside(NEW).key_package()];
    let parent = loaded(&old[0]);
    assert_eq!(alice.succeed(&parent, packages.clone()), Err(Misuse::NotReinitialized.into()));
    assert_refuses(&mut alice, |alice| alice.succeed(&parent, packages), rule!("11.2-05"));
}

#[test]
fn the_creator_follows_the_reinit() {
    let old = closed_group(reinit());
    let mut other = old[0].beside(OLD);
    let parent = loaded(&old[0]);
    assert_refuses(&mut other, |alice| alice.succeed(&parent, vec![]), rule!("11.2-01"));
    let [mut alice, mut bob, _] = beside(&old, NEW);
    let packages = vec![bob.key_package()];
    assert_refuses(&mut alice, |alice| alice.succeed(&parent, packages), rule!("11.2-07"));
}

// covers: 12.1.5-03
#[test]
fn a_reinit_that_leads_nowhere_closes_the_group_but_is_not_sent() {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([14; 32]));
    let rule = rule!("12.1.5-03");
    let cases = [
        ReInit { version: ProtocolVersion(2), ..reinit() },
        ReInit { cipher_suite: CipherSuite(0x7777), ..reinit() },
    ];
    for reinit in cases {
        let mut world = World::new(&provider);
        let proposal = Proposal::ReInit(reinit);
        let options = CommitOptions::new().propose(proposal.clone());
        assert_refuses(&mut world.alice, |alice| alice.propose(proposal.clone()), rule);
        assert_refuses(&mut world.alice, |alice| alice.commit(options), rule);
        let commit = world.mallory.commit().value(proposal).without_path().message();
        assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Reinitialized(2))));
        let mut alice = world.alice.beside(OLD);
        let closed = loaded(&world.alice);
        assert_refuses(&mut alice, |alice| alice.succeed(&closed, vec![]), rule);
    }
}

// covers: 11.2-01, 12.4.3-04, 12.4.1-11, 12.1.5-03
#[test]
fn a_successor_may_keep_the_id_of_the_closed_group() {
    let group_id = old_group()[0].group().group_id().clone();
    let old = closed_group(ReInit { group_id: group_id.clone(), ..reinit() });
    let [mut alice, mut bob, mut carol] = beside(&old, NEW);
    let packages = vec![carol.key_package(), bob.key_package()];
    let welcome = alice.succeed(&loaded(&old[0]), packages).unwrap();
    bob.join(&welcome, None).unwrap();
    carol.join(&welcome, None).unwrap();
    assert_agreement(&[&alice, &bob, &carol]);
    assert_eq!((alice.group().group_id(), alice.group().epoch()), (&group_id, 1));
    // resumption PSKs of the successor are its own, though an epoch of the old group has the same name
    let psk =
        Psk::Resumption { usage: ResumptionPskUsage::Application, psk_group_id: group_id, psk_epoch: 1 };
    let nonce = alice.suite.random_bytes(alice.suite.hash_length()).unwrap();
    let psk = PreSharedKey { psk: PreSharedKeyId { psk, psk_nonce: nonce.into() } };
    let commit = alice.commit(CommitOptions::new().propose(Proposal::PreSharedKey(psk))).unwrap();
    alice.accept(WelcomeOptions::default());
    assert_eq!(bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
}

#[test]
fn the_first_commit_has_a_path_unless_its_creator_says_otherwise() {
    let old = closed_group(reinit());
    for choice in [PathChoice::Always, PathChoice::WhenNeeded] {
        let [mut alice, mut bob, mut carol] = beside(&old, NEW);
        let packages = vec![bob.key_package(), carol.key_package()];
        let parameters = alice.resumption_parameters(packages);
        let draft = loaded(&old[0]).draft_successor(&alice.suite, &parameters, &alice.resumption()).unwrap();
        let welcome = alice.finish(draft.path(choice), |alice, draft| alice.answer(draft.needs())).unwrap();
        bob.join(&welcome, None).unwrap();
        let source = bob.group().tree().leaf(alice.group().own_leaf()).unwrap().to_leaf_node().unwrap();
        let has_path = matches!(source.leaf_node_source, LeafNodeSource::Commit(_));
        assert_eq!(has_path, choice == PathChoice::Always);
    }
}

#[test]
fn a_joiner_misses_an_old_member_that_its_creator_left_out() {
    let old = closed_group(reinit());
    let [mut alice, mut bob, _] = beside(&old, NEW);
    let packages = vec![bob.key_package()];
    let parameters = alice.resumption_parameters(packages);
    let draft = loaded(&old[0]).draft_successor(&alice.suite, &parameters, &alice.resumption()).unwrap();
    // a creator whose validator says yes to everything
    let credulous = |_: &mut Member, draft: &copath_group::ResumptionDraft| {
        let mut answers = copath_group::Answers::none();
        answers.credentials = vec![CredentialVerdict::Accepted; draft.needs().credentials.len()];
        answers
    };
    let welcome = alice.finish(draft, credulous).unwrap();
    let reason = RejectionReason::WrongIdentity;
    let missed = GroupError::Credential { subject: Subject::OldMember(2), reason, rule: rule!("11.2-07") };
    assert_eq!(bob.join(&welcome, None), Err(missed));
    assert_refuses(&mut bob, |bob| bob.join(&welcome, None), rule!("11.2-07"));
    assert_eq!(bob.key_packages.len(), 1);
}

/// A Welcome that says it is of the successor of `parent`, changed by `edit`.
fn forge(
    suite: &Suite,
    joiner: &KeyPackage,
    (parent, epoch): (&Group, u64),
    edit: impl FnOnce(&mut ForgedGroup),
) -> MlsMessage {
    let mut forged = ForgedTree::new(suite, 1).adding(&[joiner], ForgedPath::From(0));
    forged.context.epoch = 1;
    forged.context.group_id = reinit().group_id;
    // the path's leaf is bound to the group's id
    forged.resign(0, |_| ());
    let nonce = suite.random_bytes(suite.hash_length()).unwrap();
    let psk_group_id = parent.group_id().clone();
    let psk = Psk::Resumption { usage: ResumptionPskUsage::Reinit, psk_group_id, psk_epoch: epoch };
    let value = parent.resumption_psk(epoch).unwrap().as_secret().duplicate();
    forged.psks.push((PreSharedKeyId { psk, psk_nonce: nonce.into() }, value));
    edit(&mut forged);
    forged.welcome()
}

#[test]
fn a_welcome_that_differs_from_the_reinit_is_refused() {
    let old = closed_group(reinit());
    let mut bob = old[1].beside(NEW);
    let package = bob.key_package();
    let suite = bob.suite.clone();
    let closed = (old[0].group(), 2);
    let other = || Extension { extension_type: ExtensionType(0xf042), extension_data: b"".into() };
    let forgeries = [
        (forge(&suite, &package, closed, |f| f.context.epoch = 2), rule!("11.2-02")),
        (forge(&suite, &package, closed, |f| f.context.epoch = 0), rule!("11.2-02")),
        (
            forge(&suite, &package, closed, |f| f.context.group_id = b"other".to_vec().into()),
            rule!("11.2-01"),
        ),
        (forge(&suite, &package, closed, |f| f.context.version = ProtocolVersion(2)), rule!("11.2-01")),
        (forge(&suite, &package, closed, |f| f.context.extensions.0.push(other())), rule!("11.2-01")),
        (forge(&suite, &package, (old[0].group(), 1), |_| ()), rule!("11.2-03")),
        // everything fits but the members
        (forge(&suite, &package, closed, |_| ()), rule!("11.2-07")),
    ];
    for (forged, rule) in forgeries {
        assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule);
        assert_eq!(bob.key_packages.len(), 1);
    }
    // another suite than the ReInit's
    let mut bob = old[1].beside(OLD);
    let package = bob.key_package();
    let forged = forge(&bob.suite.clone(), &package, closed, |_| ());
    assert_refuses(&mut bob, |bob| bob.join(&forged, None), rule!("11.2-01"));
}

#[test]
fn a_welcome_of_usage_reinit_needs_a_group_that_a_reinit_closed() {
    let old = old_group();
    let mut bob = old[1].beside(NEW);
    let package = bob.key_package();
    let suite = bob.suite.clone();
    let open = forge(&suite, &package, (old[0].group(), 1), |_| ());
    assert_refuses(&mut bob, |bob| bob.join(&open, None), rule!("11.2-05"));
    // a client that never was in the old group
    let provider = bob.suite.provider().clone();
    let mut stranger = Member::new(&provider, NEW, "bob");
    let package = stranger.key_package();
    let forged = forge(&suite, &package, (old[0].group(), 1), |_| ());
    assert_refuses(&mut stranger, |stranger| stranger.join(&forged, None), rule!("11.2-05"));
    let need = ParentNeed {
        group_id: old[0].group().group_id().clone(),
        epoch: 1,
        usage: ResumptionPskUsage::Reinit,
    };
    assert_eq!(stranger.join(&forged, None), Err(GroupError::MissingParent(need)));
}

#[test]
fn a_parent_is_asked_for_a_known_epoch_of_its_own() {
    let old = closed_group(reinit());
    let need = |group_id: &GroupId, epoch, usage| ParentNeed { group_id: group_id.clone(), epoch, usage };
    let group = old[0].group();
    let later = group.as_parent(&need(group.group_id(), 3, ResumptionPskUsage::Reinit)).unwrap_err();
    assert_rule(&later, rule!("11.2-03"));
    let elsewhere = need(&GroupId::from(b"other".to_vec()), 2, ResumptionPskUsage::Reinit);
    assert_eq!(group.as_parent(&elsewhere).unwrap_err(), GroupError::WrongGroup);
    let parent = group.as_parent(&need(group.group_id(), 2, ResumptionPskUsage::Reinit)).unwrap();
    assert_eq!((parent.epoch(), parent.members().len()), (2, 3));
}

/// What comes out of another group may be joined with other pre-shared keys beside, but not out of two groups.
#[test]
fn at_most_one_parent() {
    let old = closed_group(reinit());
    let mut bob = old[1].beside(NEW);
    let package = bob.key_package();
    let suite = bob.suite.clone();
    let twice = forge(&suite, &package, (old[0].group(), 2), |forged| {
        let (mut id, value) = (forged.psks[0].0.clone(), forged.psks[0].1.duplicate());
        id.psk_nonce = suite.random_bytes(suite.hash_length()).unwrap().into();
        forged.psks.push((id, value));
    });
    assert_refuses(&mut bob, |bob| bob.join(&twice, None), rule!("12.4.3.1-06"));
}
