//! SelfRemove: leaving by a proposal that every commit covers, external ones too.
//!
//! draft-ietf-mls-extensions, "SelfRemove Proposal".
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::Encode;
use copath_credentials::CredentialVerdict;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    Answers, CommitOptions, ExternalJoinOptions, ExternalJoins, ExternalProposer, GroupError,
    HandshakeFormat, Merged, Misuse, Observed, ObserverStart, Queued, Received, Refusal, RefusalReason,
    RegisteredType, Registrations, TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    CodePoints, CustomProposal, Extension, Extensions, ExternalSender, ExternalSenders, FramedContentBody,
    GroupInfo, MlsMessage, MlsMessageBody, Proposal, ProposalType, Sender, WireFormat,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_rules::{Part, rule};
use copath_testing::{
    ExternalForge, Member, NOW, Outcome, World, add, assert_agreement, assert_fails, assert_refuses,
    assert_rejected, assert_rule, remove,
};
use copath_tree_math::LeafIndex;

const CURRENT: ProposalType = ProposalType(0x000a);
const SUPERSEDED: ProposalType = ProposalType(0xf003);

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([42; 32]))
}

fn current() -> Arc<Registrations> {
    Arc::new(Registrations::new().with_self_remove().unwrap())
}

fn both() -> Arc<Registrations> {
    Arc::new(Registrations::new().with_superseded_self_remove().unwrap().with_self_remove().unwrap())
}

fn world_with(known: &Arc<Registrations>, extensions: Extensions) -> World {
    World::with(&provider(), extensions, |member| {
        member.settings.registrations = Arc::clone(known);
        member.leaf = member.leaf.clone().supporting_registered(known);
    })
}

fn world() -> World {
    world_with(&current(), Extensions::default())
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn self_remove(proposal_type: ProposalType) -> Proposal {
    Proposal::Custom(CustomProposal { proposal_type, body: Vec::new() })
}

fn leave(member: &mut Member) -> Result<MlsMessage, GroupError> {
    let prepared = member.group().propose_self_remove(&*member.signer, NOW)?;
    Ok(member.carry_out(prepared))
}

fn refused(about: ProposalType, parts: &[Part], reason: RefusalReason) -> GroupError {
    let about = RegisteredType::Proposal(about);
    GroupError::Refused(Refusal { about, parts: parts.to_vec(), reason })
}

fn info(member: &Member) -> GroupInfo {
    member.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*member.signer).unwrap()
}

/// What is pending at `member`.
fn pending(member: &Member) -> Vec<Queued> {
    member.group().pending_proposals().collect()
}

/// The proposals of a commit that `member` receives.
fn removed_by(member: &Member, commit: &MlsMessage) -> Vec<(u32, Sender)> {
    let Ok(Received::Commit(check)) = member.group().receive(commit, NOW) else { panic!("no commit") };
    check.summary().removed.iter().map(|change| (change.leaf.as_u32(), change.proposed_by.sender)).collect()
}

#[test]
fn a_member_leaves_when_another_commits() {
    let mut world = world();
    world.carol.settings.policy.handshake_format = HandshakeFormat::Private;
    world.carol.reload();
    let leaving = leave(&mut world.carol).unwrap();
    assert!(matches!(leaving.body, MlsMessageBody::PublicMessage(_)), "external joiners have to read it");
    for member in [&mut world.alice, &mut world.bob, &mut world.dave] {
        assert_eq!(member.receive(&leaving), Ok(Outcome::Queued));
        assert_eq!(member.receive(&leaving), Ok(Outcome::Known));
        member.reload();
    }
    let data = |carol: &mut Member| carol.encrypt(b"late");
    assert_eq!(assert_fails(&mut world.carol, data), Misuse::PendingProposals.into());
    // Her own commits can't cover it.
    world.carol.commit(CommitOptions::new()).unwrap();
    let options = CommitOptions::new().path(copath_group::PathChoice::WhenNeeded);
    let commit = world.bob.commit(options).unwrap();
    assert_eq!(removed_by(&world.alice, &commit), [(3, Sender::Member { leaf_index: 3 })]);
    world.bob.accept(WelcomeOptions::default());
    for member in [&mut world.alice, &mut world.dave] {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_eq!(world.carol.receive(&commit), Ok(Outcome::Merged(Merged::Removed)));
    assert_agreement(&[&world.alice, &world.bob, &world.dave]);
    assert_eq!(world.bob.group().member_count(), 4);
}

#[test]
fn each_form_has_its_code_point() {
    let on_the_wire = |known: &Arc<Registrations>| {
        let mut world = world_with(known, Extensions::default());
        let octets = leave(&mut world.alice).unwrap().to_bytes().unwrap();
        let MlsMessageBody::PublicMessage(message) = world.bob.group().decode(&octets).unwrap().body else {
            panic!("not public")
        };
        let FramedContentBody::Proposal(proposal) = message.content.body else { panic!("no proposal") };
        proposal.proposal_type()
    };
    assert_eq!(on_the_wire(&current()), CURRENT);
    assert_eq!(on_the_wire(&both()), CURRENT);
    let superseded = Registrations::new().with_superseded_self_remove().unwrap();
    assert_eq!(on_the_wire(&Arc::new(superseded)), SUPERSEDED);
    let mut points = CodePoints::default();
    points.self_remove = ProposalType(0xf0f0);
    let moved = Registrations::with_code_points(points).with_self_remove().unwrap();
    assert_eq!(on_the_wire(&Arc::new(moved)), ProposalType(0xf0f0));
}

// covers: 12.2-15
#[test]
fn all_members_have_to_support_it() {
    let mut world = World::with(&provider(), Extensions::default(), |member| {
        let superseded = || Arc::new(Registrations::new().with_superseded_self_remove().unwrap());
        let known = if member.name == "dave" { superseded() } else { both() };
        member.leaf = member.leaf.clone().supporting_registered(&known);
        member.settings.registrations = known;
    });
    let current = |alice: &mut Member| alice.propose(self_remove(CURRENT));
    assert_refuses(&mut world.alice, current, rule!("12.2-15"));
    let forged = world.mallory.propose(self_remove(CURRENT));
    let next = world.mallory.propose(self_remove(SUPERSEDED));
    assert_rejected(&mut world.bob, &forged, rule!("12.2-15")).still_accepts(&next);
    // The form that all support is chosen.
    let leaving = leave(&mut world.alice).unwrap();
    assert_eq!(world.bob.receive(&leaving), Ok(Outcome::Queued));
    let types: Vec<_> = pending(&world.bob).iter().map(|queued| queued.proposal.proposal_type()).collect();
    assert_eq!(types, [SUPERSEDED, SUPERSEDED]);

    let mut world = World::new(&provider());
    let error = assert_fails(&mut world.alice, leave);
    assert_eq!(error, refused(CURRENT, &[], RefusalReason::Unregistered));
    let mut world = World::with(&provider(), Extensions::default(), |member| {
        if member.name == "alice" {
            member.settings.registrations = both();
        }
    });
    assert_rule(&assert_fails(&mut world.alice, leave), rule!("12.2-15"));
}

#[test]
fn it_is_public_and_by_reference() {
    let mut world = world();
    let content = world.mallory.content(FramedContentBody::Proposal(self_remove(CURRENT)));
    let signed = world.mallory.sign(content, WireFormat::PRIVATE_MESSAGE);
    let sealing = world.mallory.sealing(copath_key_schedule::ContentKind::Handshake, 0);
    let sealed = world.mallory.private(&signed, &sealing);
    let encrypted = refused(CURRENT, &[Part::FramedContent], RefusalReason::Encrypted);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&sealed)), encrypted);

    let by_value = refused(CURRENT, &[Part::Proposal(0)], RefusalReason::ByValue);
    let forged = world.mallory.commit().value(self_remove(CURRENT)).message();
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&forged)), by_value);
    let options = || CommitOptions::new().propose(self_remove(CURRENT));
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.commit(options())), by_value);
    let eve = world.stranger("eve");
    let forged = ExternalForge::new(&eve, &info(&world.alice)).value(self_remove(CURRENT)).message();
    let by_value = refused(CURRENT, &[Part::Proposal(1)], RefusalReason::ByValue);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&forged)), by_value);
    let valid = world.mallory.propose(self_remove(CURRENT));
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Queued));
}

// covers: 12.1.8-03
#[test]
fn external_senders_may_not_send_it() {
    let server = Member::new(&provider(), CipherSuite(1), "server");
    let entry = ExternalSender {
        signature_key: server.signer.public_key().into(),
        credential: server.leaf.credential.clone(),
    };
    let extensions = Extensions(vec![Extension::of(&ExternalSenders(vec![entry])).unwrap()]);
    let mut world = world_with(&current(), extensions);
    let group_id = world.alice.group().group_id().clone();
    let proposer = ExternalProposer::new(&server.suite, group_id, 1, 0);
    let refusing = proposer.clone().with_registrations(&current());
    let error = refusing.propose(self_remove(CURRENT), &*server.signer).unwrap_err();
    assert_rule(&error, rule!("12.1.8-03"));
    // As somebody registers it who doesn't know the draft, or knows it wrong.
    let open = copath_group::ProposalDefinition::new(CURRENT, "open", copath_codec::BodyShape::Empty);
    let open = Registrations::new().with_proposal(open.from_external_senders()).unwrap();
    let forging = proposer.with_registrations(&Arc::new(open));
    let forged = forging.propose(self_remove(CURRENT), &*server.signer).unwrap();
    assert_rejected(&mut world.bob, &forged, rule!("12.1.8-03")).more_follow();
    let wrong = copath_group::ProposalDefinition::new(CURRENT, "wrong", copath_codec::BodyShape::Empty)
        .with_effect(copath_group::ProposalEffect::RemovesSender)
        .from_external_senders();
    world.bob.settings.registrations = Arc::new(Registrations::new().with_proposal(wrong).unwrap());
    world.bob.reload();
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&forged));
    assert_eq!(error, refused(CURRENT, &[], RefusalReason::Sender));
}

// covers: 12.4.2-04
#[test]
fn lists_that_cannot_be() {
    let mut world = world();
    let carol = world.carol.signer.clone();
    let by_carol = |world: &World, proposal| world.mallory.propose_as(leaf(3), &*carol, proposal);
    let update = world.mallory.update_of(leaf(3), &*carol, |_| ());
    let mut again = world.mallory.content(FramedContentBody::Proposal(self_remove(CURRENT)));
    again.sender = Sender::Member { leaf_index: 3 };
    again.authenticated_data = vec![1].into();
    let again = world.mallory.sign_by(&*carol, again, WireFormat::PUBLIC_MESSAGE);
    let messages = [
        by_carol(&world, self_remove(CURRENT)),
        world.mallory.public(&again).into(),
        by_carol(&world, update),
        world.mallory.propose(self_remove(CURRENT)),
    ];
    for message in &messages {
        assert_eq!(world.bob.receive(message), Ok(Outcome::Queued));
    }
    let queued = pending(&world.bob);
    let mallory = &world.mallory;
    let cases = [
        (mallory.commit().reference(&queued[0]).reference(&queued[1]), CURRENT, 1, RefusalReason::Repeated),
        (
            mallory.commit().reference(&queued[0]).value(remove(leaf(3))),
            ProposalType::REMOVE,
            1,
            RefusalReason::Leaving,
        ),
        (
            mallory.commit().value(remove(leaf(3))).reference(&queued[0]),
            ProposalType::REMOVE,
            0,
            RefusalReason::Leaving,
        ),
        (
            mallory.commit().reference(&queued[2]).reference(&queued[0]),
            ProposalType::UPDATE,
            0,
            RefusalReason::Leaving,
        ),
        (mallory.commit().reference(&queued[3]), CURRENT, 0, RefusalReason::OwnRemoval),
    ];
    for (forge, about, position, reason) in cases {
        let forged = forge.message();
        let error = assert_fails(&mut world.bob, |bob| bob.receive(&forged));
        assert_eq!(error, refused(about, &[Part::Proposal(position)], reason));
    }
    let forged = world.mallory.commit().reference(&queued[0]).without_path().message();
    assert_rejected(&mut world.bob, &forged, rule!("12.4.2-04")).more_follow();
    // Of all that, one leaving for each member is committed.
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    world.bob.accept(WelcomeOptions::default());
    for message in &messages {
        assert_eq!(world.alice.receive(message), Ok(Outcome::Queued));
    }
    let mut removed = removed_by(&world.alice, &commit);
    removed.sort_by_key(|(leaf, _)| *leaf);
    let by = |leaf_index| (leaf_index, Sender::Member { leaf_index });
    assert_eq!(removed, [by(2), by(3)]);
    assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    assert_agreement(&[&world.alice, &world.bob]);
}

#[test]
fn once_an_epoch_and_never_left_out() {
    let mut world = world();
    let leaving = leave(&mut world.carol).unwrap();
    let repeated = refused(CURRENT, &[Part::FramedContent], RefusalReason::Repeated);
    assert_eq!(assert_fails(&mut world.carol, leave), repeated);
    assert_eq!(world.bob.receive(&leaving), Ok(Outcome::Queued));
    let reference = pending(&world.bob)[0].reference.clone();
    let options = || CommitOptions::new().without([reference.clone()]);
    let left_out = refused(CURRENT, &[], RefusalReason::LeftOut);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.commit(options())), left_out);
    // It stands for a Remove of the same member, asked for or pending, and frees the leaf and the key.
    let also = world.dave.propose(remove(leaf(3))).unwrap();
    assert_eq!(world.bob.receive(&also), Ok(Outcome::Queued));
    let mut carol = world.stranger("carol again");
    carol.settings.registrations = current();
    carol.signer = Arc::clone(&world.carol.signer);
    let options = CommitOptions::new().propose(remove(leaf(3))).propose(add(carol.key_package()));
    let commit = world.bob.commit(options).unwrap();
    assert_eq!(world.alice.receive(&leaving), Ok(Outcome::Queued));
    assert_eq!(removed_by(&world.alice, &commit), [(3, Sender::Member { leaf_index: 3 })]);
    let welcome = world.bob.accept(WelcomeOptions::default()).remove(0);
    assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    carol.join(&welcome, None).unwrap();
    assert_eq!(carol.group().own_leaf(), leaf(3));
    assert_agreement(&[&world.alice, &world.bob, &carol]);
}

fn options(pending: &[&MlsMessage]) -> ExternalJoinOptions {
    let mut options = ExternalJoinOptions::default();
    options.pending = pending.iter().map(|message| (*message).clone()).collect();
    options
}

// covers: 12.4.3.2-04, 12.2-02
#[test]
fn external_joiners_take_pending_ones_along() {
    let mut world = world();
    let [leaving, too] = [leave(&mut world.carol).unwrap(), leave(&mut world.dave).unwrap()];
    for message in [&leaving, &too] {
        assert_eq!(world.alice.receive(message), Ok(Outcome::Queued));
        assert_eq!(world.bob.receive(message), Ok(Outcome::Queued));
    }
    assert_eq!(world.carol.receive(&too), Ok(Outcome::Queued));
    let mut eve = world.stranger("eve");
    eve.settings.registrations = current();
    let commit = eve.join_externally(info(&world.alice), None, options(&[&leaving, &too])).unwrap();
    let by = |leaf_index| (leaf_index, Sender::Member { leaf_index });
    assert_eq!(removed_by(&world.bob, &commit), [by(3), by(4)]);
    // Dave has not got Carol's: the commit can wait until he has.
    assert_rejected(&mut world.dave, &commit, rule!("12.2-02")).more_follow();
    assert_eq!(world.dave.receive(&leaving), Ok(Outcome::Queued));
    assert_eq!(world.dave.receive(&commit), Ok(Outcome::Merged(Merged::Removed)));
    assert_eq!(world.carol.receive(&commit), Ok(Outcome::Merged(Merged::Removed)));
    for member in [&mut world.alice, &mut world.bob] {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_agreement(&[&world.alice, &world.bob, &eve]);
    assert_eq!(eve.group().member_count(), 4);
}

// covers: 12.4.3.2-04
#[test]
fn external_commits_name_nothing_else() {
    let mut world = world();
    let proposal = world.carol.propose(remove(leaf(4))).unwrap();
    assert_eq!(world.bob.receive(&proposal), Ok(Outcome::Queued));
    let reference = pending(&world.bob)[0].reference.clone();
    let mut eve = world.stranger("eve");
    eve.settings.registrations = current();
    let forged = ExternalForge::new(&eve, &info(&world.alice)).reference(&reference).message();
    assert_rejected(&mut world.bob, &forged, rule!("12.4.3.2-04")).more_follow();
    let mut join = |world: &World, message: &MlsMessage| {
        eve.prepare_external_join(info(&world.alice), None, options(&[message])).map(|_| ()).unwrap_err()
    };
    assert_rule(&join(&world, &proposal), rule!("12.4.3.2-04"));

    let leaving = leave(&mut world.carol).unwrap();
    let MlsMessageBody::PublicMessage(mut forged) = leaving.body.clone() else { panic!("not public") };
    forged.content.sender = Sender::Member { leaf_index: 4 };
    assert_rule(&join(&world, &MlsMessage::from(forged)), rule!("6.1-08"));
    assert_eq!(join(&world, &MlsMessage::from(info(&world.alice))), Misuse::WrongMessageKind.into());
    let commit = world.mallory.commit().message();
    assert_eq!(join(&world, &commit), Misuse::WrongMessageKind.into());
    world.alice.receive(&commit).unwrap();
    assert_rule(&join(&world, &leaving), rule!("12.4.2-01"));
    // Without the registration it is unknown, and external commits can't name it.
    let mut frank = world.stranger("frank");
    let error = frank.prepare_external_join(info(&world.bob), None, options(&[&leaving])).unwrap_err();
    assert_rule(&error, rule!("12.4.3.2-04"));
}

#[test]
fn a_client_that_left_comes_back_before_it_is_gone() {
    let mut world = world();
    let leaving = leave(&mut world.carol).unwrap();
    for member in [&mut world.alice, &mut world.bob] {
        assert_eq!(member.receive(&leaving), Ok(Outcome::Queued));
    }
    let mut back = options(&[&leaving]);
    back.replaces = Some(leaf(3));
    let commit = world.carol.join_externally(info(&world.alice), None, back).unwrap();
    assert_eq!(removed_by(&world.bob, &commit), [(3, Sender::Member { leaf_index: 3 })]);
    for member in [&mut world.alice, &mut world.bob] {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_agreement(&[&world.alice, &world.bob, &world.carol]);
}

#[test]
fn an_observer_follows_who_leaves() {
    let mut world = world();
    let start = ObserverStart::new(&provider(), &current_settings(&world), info(&world.alice), NOW).unwrap();
    let check = start.verify(Answers::none()).unwrap();
    let mut answers = Answers::none();
    answers.credentials = vec![CredentialVerdict::Accepted; check.needs().credentials.len()];
    let mut observer = check.finish(answers).unwrap();
    let leaving = leave(&mut world.carol).unwrap();
    let Ok(Observed::Proposal(proposal)) = observer.receive(&leaving, NOW) else { panic!("no proposal") };
    let prepared = proposal.finish(&observer, Answers::none()).unwrap();
    let reference = prepared.output.reference.clone();
    observer.apply(prepared.patch).unwrap();
    let other = world.dave.propose(remove(leaf(1))).unwrap();
    for message in [&other, &leaving] {
        world.bob.receive(message).unwrap();
    }
    assert!(observer.pending_for_joiners().eq([&reference[..]]));
    assert!(world.bob.group().pending_for_joiners().eq([&reference[..]]));
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    world.bob.accept(WelcomeOptions::default());
    let Ok(Observed::Commit(followed)) = observer.receive(&commit, NOW) else { panic!("no commit") };
    assert_eq!(followed.summary().removed.len(), 1);
    let prepared = followed.follow(&observer, Answers::none()).unwrap();
    observer.apply(prepared.patch).unwrap();
    assert_eq!(observer.public_state().context_bytes(), world.bob.group().public_state().context_bytes());
}

fn current_settings(world: &World) -> copath_group::GroupSettings {
    world.alice.settings.clone()
}
