//! Proposals of registered types: sending, receiving, committing, observing, storing; and what is refused.
//!
//! RFC 9420 §12.1 to §12.4 and §13.2.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use copath_codec::{BodyShape, Encode};
use copath_credentials::CredentialVerdict;
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{
    Answers, CommitOptions, CustomChange, ExternalJoinOptions, ExternalJoins, ExternalProposer, Framing,
    Group, GroupError, GroupSettings, HandshakeFormat, Inclusion, Merged, Misuse, Observed, ObserverStart,
    PathChoice, ProposalContext, ProposalDefinition, ProposalRule, PublicGroup, Received, Refusal,
    RefusalReason, RegisteredType, RegistrationRefusal, Registrations, RuleRefusal, StoredStateError,
    TreeTransfer, WelcomeOptions,
};
use copath_messages::{
    CustomProposal, Extension, Extensions, ExternalSender, ExternalSenders, GroupInfo, MlsMessage, Proposal,
    ProposalType, Sender,
};
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{MemoryStore, Store};
use copath_rules::{Part, rule};
use copath_testing::{
    ExternalForge, Member, NOW, Outcome, World, add, assert_agreement, assert_fails, assert_refuses,
    assert_rejected, remove,
};
use copath_tree_math::LeafIndex;

const VOTE: ProposalType = ProposalType(0xf001);
const OTHER: ProposalType = ProposalType(0xf002);

/// A vote is one octet, and not 13; nobody votes twice in a commit; servers and joiners vote for even numbers.
struct Votes;

const UNLUCKY: RuleRefusal = RuleRefusal { code: 1, words: "13 is no vote" };
const TWICE: RuleRefusal = RuleRefusal { code: 2, words: "one vote for each" };
const ODD: RuleRefusal = RuleRefusal { code: 3, words: "guests vote for even numbers" };
const ABSENT: RuleRefusal = RuleRefusal { code: 4, words: "the voter is no member" };

impl ProposalRule for Votes {
    fn judge(&self, proposal: &CustomProposal, context: &ProposalContext<'_>) -> Result<(), RuleRefusal> {
        let number = *proposal.body.last().unwrap();
        match context.sender() {
            Sender::Member { .. } if context.member_sender().is_none() => return Err(ABSENT),
            Sender::Member { .. } => {}
            _ if number % 2 == 1 => return Err(ODD),
            _ => {}
        }
        assert!(context.members().count() > 3 && context.group_context().epoch > 0);
        let Some(commit) = context.commit() else {
            return if number == 13 { Err(UNLUCKY) } else { Ok(()) };
        };
        let earlier = commit.proposals().take_while(|covered| covered.position < commit.position());
        let by_same = |sender: Sender| sender == context.sender();
        let mut votes = earlier.filter(|covered| covered.proposal.proposal_type() == VOTE);
        if votes.any(|covered| by_same(covered.sender)) { Err(TWICE) } else { Ok(()) }
    }
}

fn definition() -> ProposalDefinition {
    ProposalDefinition::new(VOTE, "vote", BodyShape::Vector).judged_by(Arc::new(Votes))
}

fn vote(number: u8) -> Proposal {
    Proposal::Custom(CustomProposal { proposal_type: VOTE, body: vec![1, number] })
}

fn registrations(definitions: impl IntoIterator<Item = ProposalDefinition>) -> Arc<Registrations> {
    let register = |known: Registrations, definition| known.with_proposal(definition).unwrap();
    Arc::new(definitions.into_iter().fold(Registrations::new(), register))
}

fn provider() -> Arc<dyn CryptoProvider> {
    Arc::new(RustCrypto::seeded([41; 32]))
}

fn world_with(known: &Arc<Registrations>, extensions: Extensions) -> World {
    World::with(&provider(), extensions, |member| {
        member.settings.registrations = Arc::clone(known);
        // The forger's leaf is not made by the engine alone.
        member.leaf = member.leaf.clone().supporting_registered(known);
    })
}

fn world() -> World {
    world_with(&registrations([definition()]), Extensions::default())
}

fn refused(parts: &[Part], reason: RefusalReason) -> GroupError {
    let about = RegisteredType::Proposal(VOTE);
    GroupError::Refused(Refusal { about, parts: parts.to_vec(), reason })
}

fn by_rule(part: Part, refusal: RuleRefusal) -> GroupError {
    refused(&[part], RefusalReason::Rule(refusal))
}

fn custom(commit: &MlsMessage, group: &Group) -> Vec<CustomChange> {
    let Ok(Received::Commit(check)) = group.receive(commit, NOW) else { panic!("no commit") };
    check.summary().custom.clone()
}

fn info(member: &Member) -> GroupInfo {
    member.group().group_info(TreeTransfer::Inside, ExternalJoins::Possible, &*member.signer).unwrap()
}

// covers: 7.2-01, 12.4-04
#[test]
fn votes_are_sent_committed_and_told() {
    let mut world = world();
    let leaf = world.bob.group().tree().leaf(LeafIndex::FIRST).unwrap();
    assert_eq!(leaf.capabilities().proposals.iter().filter(|code| **code == VOTE).count(), 1);
    world.carol.settings.policy.handshake_format = HandshakeFormat::Private;
    world.carol.reload();
    let ballot = world.carol.propose(vote(2)).unwrap();
    for member in [&mut world.alice, &mut world.bob, &mut world.dave] {
        assert_eq!(member.receive(&ballot), Ok(Outcome::Queued));
        member.reload();
    }
    let options = CommitOptions::new().propose(vote(4)).path(PathChoice::WhenNeeded);
    let commit = world.alice.commit(options).unwrap();
    assert!(over_the_wire_with(&world.bob, &commit).to_bytes().unwrap().len() < 400, "it has no path");
    let told = custom(&commit, world.bob.group());
    let told: Vec<_> = told.into_iter().map(|change| (change.proposal, change.proposed_by.sender)).collect();
    let change = |number, leaf_index| {
        let Proposal::Custom(proposal) = vote(number) else { panic!("a vote is custom") };
        (proposal, Sender::Member { leaf_index })
    };
    assert_eq!(told, [change(4, 0), change(2, 3)]);
    world.alice.accept(WelcomeOptions::default());
    for member in [&mut world.bob, &mut world.carol, &mut world.dave] {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_agreement(&[&world.alice, &world.bob, &world.carol, &world.dave]);
}

fn over_the_wire_with(member: &Member, message: &MlsMessage) -> MlsMessage {
    let context = member.settings.registrations.decode_context();
    copath_codec::Decode::from_bytes_in(&message.to_bytes().unwrap(), context).unwrap()
}

// covers: 12.4-05, 12.4.2-04, 17.4-01
#[test]
fn a_path_is_there_if_the_registration_asks_for_one() {
    let mut world = world_with(&registrations([definition().requiring_path()]), Extensions::default());
    let next = world.mallory.commit().value(vote(2)).message();
    let forged = world.mallory.commit().value(vote(2)).without_path().message();
    assert_rejected(&mut world.bob, &forged, rule!("12.4.2-04")).still_accepts(&next);
    let options = CommitOptions::new().propose(vote(4)).path(PathChoice::WhenNeeded);
    let commit = world.alice.commit(options).unwrap();
    assert!(commit.to_bytes().unwrap().len() > 400, "it has a path");
}

// covers: 12.2-17
#[test]
fn the_registered_rule_is_asked_about_what_is_sent_alone() {
    let mut world = world();
    let unlucky = by_rule(Part::FramedContent, UNLUCKY);
    assert_eq!(assert_fails(&mut world.alice, |alice| alice.propose(vote(13))), unlucky);
    let forged = world.mallory.propose(vote(13));
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&forged)), unlucky);
    let valid = world.mallory.propose(vote(2));
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Queued));
    assert_eq!(unlucky.rule(), Some(rule!("12.2-17")));
    let text = unlucky.to_string();
    assert!(text.contains("0xf001") && text.contains("13 is no vote") && text.contains("code 1"), "{text}");
}

// covers: 12.2-17, 12.2-01
#[test]
fn the_registered_rule_is_asked_about_the_whole_list() {
    let mut world = world();
    let forged = world.mallory.commit().values([vote(2), remove(leaf(4)), vote(4)]).message();
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&forged));
    assert_eq!(error, by_rule(Part::Proposal(2), TWICE));
    let twice = || CommitOptions::new().propose(vote(2)).propose(vote(4));
    let error = assert_fails(&mut world.alice, |alice| alice.commit(twice()));
    assert_eq!(error, by_rule(Part::Proposal(1), TWICE));
    let next = world.mallory.commit().value(vote(2)).message();
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Merged(Merged::Epoch(2))));
}

// covers: 12.4-03
#[test]
fn pending_votes_that_the_rule_refuses_are_left_out() {
    let mut world = world();
    for number in [2, 4] {
        let ballot = world.mallory.propose(vote(number));
        assert_eq!(world.bob.receive(&ballot), Ok(Outcome::Queued));
    }
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    let ballot = world.mallory.propose(vote(2));
    assert_eq!(world.alice.receive(&ballot), Ok(Outcome::Queued));
    assert_eq!(custom(&commit, world.alice.group()).len(), 1);
}

#[test]
fn a_type_may_be_for_commits_or_for_sending_alone() {
    let mut world =
        world_with(&registrations([definition().included(Inclusion::ByReference)]), Extensions::default());
    let forged = world.mallory.commit().value(vote(2)).message();
    let by_value = refused(&[Part::Proposal(0)], RefusalReason::ByValue);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&forged)), by_value);
    let options = || CommitOptions::new().propose(vote(2));
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.commit(options())), by_value);
    let valid = world.mallory.propose(vote(2));
    assert_eq!(world.bob.receive(&valid), Ok(Outcome::Queued));

    let known = registrations([definition().included(Inclusion::ByValue)]);
    let mut world = world_with(&known, Extensions::default());
    let forged = world.mallory.propose(vote(2));
    let by_reference = refused(&[], RefusalReason::ByReference);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&forged)), by_reference);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.propose(vote(2))), by_reference);
    let next = world.mallory.commit().value(vote(2)).message();
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Merged(Merged::Epoch(2))));
}

#[test]
fn a_type_may_have_to_be_public() {
    let known = registrations([definition().framed(Framing::PublicMessage)]);
    let mut world = world_with(&known, Extensions::default());
    world.alice.settings.policy.handshake_format = HandshakeFormat::Private;
    world.alice.reload();
    let ballot = world.alice.propose(vote(2)).unwrap();
    assert_eq!(world.bob.receive(&ballot), Ok(Outcome::Queued));
    let body = copath_messages::FramedContentBody::Proposal(vote(4));
    let sealing = world.mallory.sealing(copath_key_schedule::ContentKind::Handshake, 0);
    let wire_format = copath_messages::WireFormat::PRIVATE_MESSAGE;
    let content = world.mallory.sign(world.mallory.content(body), wire_format);
    let forged = world.mallory.private(&content, &sealing);
    let encrypted = refused(&[Part::FramedContent], RefusalReason::Encrypted);
    assert_eq!(assert_fails(&mut world.bob, |bob| bob.receive(&forged)), encrypted);
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn server_world(known: &Arc<Registrations>) -> (World, Member) {
    let server = Member::new(&provider(), CipherSuite(1), "server");
    let entry = ExternalSender {
        signature_key: server.signer.public_key().into(),
        credential: server.leaf.credential.clone(),
    };
    let extensions = Extensions(vec![Extension::of(&ExternalSenders(vec![entry])).unwrap()]);
    (world_with(known, extensions), server)
}

// covers: 12.1.8-03, 17.4-01
#[test]
fn servers_vote_if_the_registration_lets_them() {
    let closed = registrations([definition()]);
    let open = registrations([definition().from_external_senders()]);
    let (mut world, server) = server_world(&open);
    let proposer = |known: &Arc<Registrations>, world: &World| {
        let provider = server.suite.provider();
        ExternalProposer::of_group_info_in(provider, known, &info(&world.alice), &*server.signer).unwrap()
    };
    let ballot = proposer(&open, &world).propose(vote(2), &*server.signer).unwrap();
    let odd = proposer(&open, &world).propose(vote(3), &*server.signer).unwrap();
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&odd));
    assert_eq!(error, by_rule(Part::FramedContent, ODD));
    assert_eq!(world.bob.receive(&ballot), Ok(Outcome::Queued));
    assert_eq!(world.alice.receive(&ballot), Ok(Outcome::Queued));
    let commit = world.bob.commit(CommitOptions::new()).unwrap();
    let told = custom(&commit, world.alice.group());
    assert_eq!(told[0].proposed_by.sender, Sender::External { sender_index: 0 });

    let (mut world, server) = server_world(&closed);
    let proposer = ExternalProposer::new(&server.suite, world.alice.group().group_id().clone(), 1, 0);
    let error = proposer.propose(vote(2), &*server.signer).unwrap_err();
    assert_eq!(error, refused(&[], RefusalReason::Unregistered));
    let closed_here = proposer.clone().with_registrations(&closed).propose(vote(2), &*server.signer);
    copath_testing::assert_rule(&closed_here.unwrap_err(), rule!("12.1.8-03"));
    let forged = proposer.with_registrations(&open).propose(vote(2), &*server.signer).unwrap();
    assert_rejected(&mut world.bob, &forged, rule!("12.1.8-03")).more_follow();
}

// covers: 12.2-23, 12.4.3.2-04, 12.2-15
#[test]
fn joiners_vote_if_the_registration_lets_them() {
    let open = registrations([definition().in_external_commits()]);
    let mut world = world_with(&open, Extensions::default());
    let mut eve = world.stranger("eve");
    eve.settings.registrations = Arc::clone(&open);
    let options = |number| {
        let mut options = ExternalJoinOptions::default();
        let Proposal::Custom(vote) = vote(number) else { panic!("a vote is custom") };
        options.custom.push(vote);
        options
    };
    let error = eve.prepare_external_join(info(&world.alice), None, options(3)).unwrap_err();
    assert_eq!(error, by_rule(Part::Proposal(1), ODD));
    let commit = eve.join_externally(info(&world.alice), None, options(2)).unwrap();
    let told = custom(&commit, world.bob.group());
    assert_eq!(told[0].proposed_by.sender, Sender::NewMemberCommit);
    for member in world.members() {
        assert_eq!(member.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    }
    assert_agreement(&[&world.alice, &world.bob, &eve]);

    let closed = registrations([definition()]);
    let mut world = world_with(&closed, Extensions::default());
    let mut eve = world.stranger("eve");
    eve.settings.registrations = Arc::clone(&closed);
    let refuses = |eve: &mut Member| eve.prepare_external_join(info(&world.alice), None, options(2));
    assert_refuses(&mut eve, refuses, rule!("12.2-23"));
    let forged = ExternalForge::new(&eve, &info(&world.alice)).value(vote(2)).message();
    assert_rejected(&mut world.bob, &forged, rule!("12.2-23")).more_follow();
    let ballot = world.mallory.propose(vote(2));
    world.bob.receive(&ballot).unwrap();
    let reference = world.bob.group().pending_proposals().next().unwrap().reference;
    for reference in [&reference[..], &[7; 32]] {
        let forged = ExternalForge::new(&eve, &info(&world.alice)).reference(reference).message();
        assert_rejected(&mut world.bob, &forged, rule!("12.4.3.2-04")).more_follow();
    }
}

// covers: 12.1-04
#[test]
fn an_unregistered_type_is_named_with_its_place() {
    let mut world = world_with(&Arc::default(), Extensions::default());
    let commit = world.mallory.commit().values([remove(leaf(4)), vote(2)]).message();
    let alone = world.mallory.propose(vote(2));
    let sealed = world.mallory.commit().values([remove(leaf(4)), vote(2)]).private(0).message();
    let octets = commit.to_bytes().unwrap();
    let at = octets.windows(3).position(|window| window == [0xf0, 0x01, 1]).unwrap();
    let decode = |bob: &mut Member, octets: &[u8]| bob.group().decode(octets).map(|_| ());
    let error = assert_fails(&mut world.bob, |bob| decode(bob, &octets));
    let place = error.unregistered_proposal().unwrap();
    assert_eq!((place.proposal_type, place.position, place.offset), (VOTE, Some(1), at + 2));
    assert_eq!(error.rule(), Some(rule!("12.1-04")));
    let text = error.to_string();
    assert!(text.contains("0xf001") && text.contains("Commit.proposals[1]"), "{text}");
    assert!(text.contains(&format!("byte {}", at + 2)), "{text}");

    let error = assert_fails(&mut world.bob, |bob| decode(bob, &alone.to_bytes().unwrap()));
    assert_eq!(error.unregistered_proposal().unwrap().position, None);
    // Inside a PrivateMessage it shows when the content is read; the message isn't consumed.
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&sealed));
    assert_eq!(error.unregistered_proposal().unwrap().position, Some(1));
    // As a structure that somebody else decoded.
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&commit));
    assert_eq!(error, refused(&[Part::Proposal(1)], RefusalReason::Unregistered));
    let error = assert_fails(&mut world.bob, |bob| bob.receive(&alone));
    assert_eq!(error, refused(&[], RefusalReason::Unregistered));
    let error = assert_fails(&mut world.bob, |bob| bob.propose(vote(2)));
    assert_eq!(error, refused(&[], RefusalReason::Unregistered));
    let next = world.mallory.commit().private(0).message();
    assert_eq!(world.bob.receive(&next), Ok(Outcome::Merged(Merged::Epoch(2))));
}

#[test]
fn bodies_have_the_registered_shape() {
    let known = registrations([
        ProposalDefinition::new(VOTE, "vote", BodyShape::Fixed(2)),
        ProposalDefinition::new(OTHER, "other", BodyShape::Empty).judged_after(VOTE),
    ]);
    let mut world = world_with(&known, Extensions::default());
    for body in [vec![1], vec![1, 2, 3]] {
        let proposal = Proposal::Custom(CustomProposal { proposal_type: VOTE, body });
        let error = assert_fails(&mut world.alice, |alice| alice.propose(proposal.clone()));
        let GroupError::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!(refusal.about, RegisteredType::Proposal(VOTE));
        assert!(matches!(refusal.reason, RefusalReason::Body(_)), "{error}");
        let options = CommitOptions::new().propose(proposal);
        let error = assert_fails(&mut world.alice, |alice| alice.commit(options));
        let GroupError::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!(refusal.parts, [Part::Proposal(0)]);
    }
    // Two empty ones after the other are read apart.
    let empty = || Proposal::Custom(CustomProposal { proposal_type: OTHER, body: Vec::new() });
    let commit = world.mallory.commit().values([empty(), vote(2), empty()]).message();
    let commit = over_the_wire_with(&world.bob, &commit);
    assert_eq!(custom(&commit, world.bob.group()).len(), 3);
    assert_eq!(world.bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
}

#[test]
fn types_are_judged_in_the_registered_order() {
    let (first, second) = (ProposalType(0xf00a), ProposalType(0xf00b));
    let definition = |code| ProposalDefinition::new(code, "x", BodyShape::Empty);
    let known = registrations([
        definition(VOTE),
        definition(first).judged_after(ProposalType::UPDATE),
        definition(second).judged_after(ProposalType::UPDATE),
        definition(OTHER).judged_after(first),
    ]);
    let order: Vec<u16> = known.order().iter().map(|code| code.0).collect();
    assert_eq!(order, [7, 2, 0xf00a, 0xf002, 0xf00b, 3, 1, 4, 6, 5, 0xf001]);
}

// covers: 13.5-02
#[test]
fn what_cannot_be_registered() {
    let register = |code: u16| {
        let definition = ProposalDefinition::new(ProposalType(code), "x", BodyShape::Empty);
        Registrations::new().with_proposal(definition).unwrap_err()
    };
    let refusal =
        |code, refusal| Misuse::Registration { about: RegisteredType::Proposal(ProposalType(code)), refusal };
    for code in [0, 1, 7, 0x0a0a, 0xeaea] {
        assert_eq!(register(code), refusal(code, RegistrationRefusal::Reserved));
    }
    let known = Registrations::new().with_proposal(definition()).unwrap();
    let taken = refusal(VOTE.0, RegistrationRefusal::Taken);
    assert_eq!(known.clone().with_proposal(definition()).unwrap_err(), taken);
    let follower = ProposalDefinition::new(OTHER, "x", BodyShape::Empty).judged_after(ProposalType(0xf009));
    let unknown = refusal(OTHER.0, RegistrationRefusal::UnknownPredecessor);
    assert_eq!(known.with_proposal(follower).unwrap_err(), unknown);
}

#[test]
fn a_stored_vote_needs_its_registration() {
    let mut world = world();
    let ballot = world.mallory.propose(vote(2));
    world.bob.receive(&ballot).unwrap();
    world.bob.reload();
    assert_eq!(world.bob.group().pending_proposals().next().unwrap().proposal, vote(2));
    let (store, provider) = (Arc::clone(&world.bob.store), provider());
    let group_id = world.bob.group().group_id();
    let loaded = Group::load(&*store, &provider, &GroupSettings::default(), group_id).map(|_| ());
    assert_eq!(loaded, Err(GroupError::Storage(StoredStateError::Unregistered(VOTE.0))));
}

fn observer(member: &Member) -> PublicGroup {
    let provider = member.suite.provider();
    let start = ObserverStart::new(provider, &member.settings, info(member), NOW).unwrap();
    let check = start.verify(Answers::none()).unwrap();
    let mut answers = Answers::none();
    answers.credentials = vec![CredentialVerdict::Accepted; check.needs().credentials.len()];
    check.finish(answers).unwrap()
}

#[test]
fn an_observer_follows_votes() {
    let mut world = world();
    let mut observer = observer(&world.alice);
    let store = MemoryStore::new();
    store.commit(&observer.all_records().unwrap()).unwrap();
    let unlucky = world.mallory.propose(vote(13));
    let error = observer.receive(&unlucky, NOW).map(|_| ()).unwrap_err();
    assert_eq!(error, by_rule(Part::FramedContent, UNLUCKY));
    let ballot = world.mallory.propose(vote(2));
    world.bob.receive(&ballot).unwrap();
    let Ok(Observed::Proposal(proposal)) = observer.receive(&ballot, NOW) else { panic!("no proposal") };
    let prepared = proposal.finish(&observer, Answers::none()).unwrap();
    store.commit(&prepared.delta).unwrap();
    observer.apply(prepared.patch).unwrap();
    let group_id = observer.group_id().clone();
    let settings = &world.alice.settings;
    let mut observer = PublicGroup::load(&store, &provider(), settings, &group_id).unwrap().unwrap();
    let commit = world.bob.commit(CommitOptions::new().propose(vote(4))).unwrap();
    world.bob.accept(WelcomeOptions::default());
    let Ok(Observed::Commit(followed)) = observer.receive(&commit, NOW) else { panic!("no commit") };
    assert_eq!(followed.summary().custom.len(), 2);
    let prepared = followed.follow(&observer, Answers::none()).unwrap();
    observer.apply(prepared.patch).unwrap();
    assert_eq!(observer.public_state().context_bytes(), world.bob.group().public_state().context_bytes());
}

// covers: 12.2-15
#[test]
fn nobody_votes_where_a_member_knows_no_votes() {
    let mut world = World::with(&provider(), Extensions::default(), |member| {
        if member.name != "carol" {
            let known = registrations([definition()]);
            member.leaf = member.leaf.clone().supporting_registered(&known);
            member.settings.registrations = known;
        }
    });
    let vote_now = |alice: &mut Member| alice.commit(CommitOptions::new().propose(vote(2)));
    assert_refuses(&mut world.alice, vote_now, rule!("12.2-15"));
    let forged = world.mallory.commit().value(vote(2)).message();
    assert_rejected(&mut world.bob, &forged, rule!("12.2-15")).more_follow();
    // Carol learns it later, and says so with her next path.
    world.carol.settings.registrations = registrations([definition()]);
    world.carol.reload();
    let commit = world.carol.commit(CommitOptions::new()).unwrap();
    world.carol.accept(WelcomeOptions::default());
    assert_eq!(world.alice.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(2))));
    world.alice.commit(CommitOptions::new().propose(vote(2))).unwrap();
}

#[test]
fn a_joiner_learns_votes_from_its_settings() {
    let known = registrations([definition()]);
    let mut world = world_with(&known, Extensions::default());
    let mut eve = world.stranger("eve");
    eve.settings.registrations = Arc::clone(&known);
    let options = CommitOptions::new().propose(add(eve.key_package())).propose(vote(2));
    world.alice.commit(options).unwrap();
    let welcome = world.alice.accept(WelcomeOptions::default()).remove(0);
    eve.join(&welcome, None).unwrap();
    let ballot = eve.propose(vote(6)).unwrap();
    assert_eq!(world.alice.receive(&ballot), Ok(Outcome::Queued));
}
