//! Types beyond RFC 9420, and drafts.

use std::sync::Arc;

use copath::messages::MlsMessage;
use copath::{
    BodyShape, CipherSuite, Client, CustomProposal, Error, Event, Extension, ExtensionDefinition,
    ExtensionPlace, ExtensionType, Extensions, ExternalJoinOptions, GroupInfoOptions, KeyPackageOptions,
    LastResortForm, LeafChange, MemoryStore, Merged, Misuse, NewGroup, Proposal, ProposalDefinition,
    ProposalType, RefusalReason, Registrations, Store, Unavailable, WelcomeOptions,
};

use crate::people::{NOW, People, assert_agree, deliver_commit, group_of, handle_of};

const VOTE: ProposalType = ProposalType(0xf001);
const NOTE: ExtensionType = ExtensionType(0xf002);
const EVERYWHERE: [ExtensionPlace; 4] = [
    ExtensionPlace::GroupContext,
    ExtensionPlace::LeafNode,
    ExtensionPlace::KeyPackage,
    ExtensionPlace::GroupInfo,
];

fn client(people: &People, person: usize, known: &Arc<Registrations>) -> Client {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    people.builder(person).store(store).registrations(known).build().unwrap()
}

fn votes() -> Arc<Registrations> {
    let votes = ProposalDefinition::new(VOTE, "vote", BodyShape::Vector);
    Arc::new(Registrations::new().with_proposal(votes).unwrap())
}

fn vote(number: u8) -> Proposal {
    Proposal::Custom(CustomProposal { proposal_type: VOTE, body: vec![1, number] })
}

#[test]
fn votes_survive_a_restart_and_are_told_with_the_commit() {
    let people = People::new(&["alice", "bob"]);
    let clients = [0, 1].map(|person| client(&people, person, &votes()));
    let [mut alice, mut bob] = <[_; 2]>::try_from(group_of(&clients)).unwrap();
    let ballot = alice.propose(vote(7), NOW).unwrap();
    assert!(matches!(bob.receive(&ballot, NOW), Ok(Event::ProposalQueued(_))));
    let group_id = bob.group_id().clone();
    drop(bob);
    let mut bob = clients[1].load_group(&group_id).unwrap();
    let commit = bob.commit().propose(vote(9)).prepare(NOW).unwrap();
    drop(bob);
    let mut bob = clients[1].load_group(&group_id).unwrap();
    let to_do = bob.pending_custom().to_vec();
    assert_eq!(bob.accept_commit(), Ok(Merged::Epoch(2)));
    assert!(bob.pending_custom().is_empty());
    let Ok(Event::CommitStaged(staged)) = alice.receive(&commit, NOW) else { panic!("no commit") };
    let bodies: Vec<_> = staged.summary().custom.iter().map(|change| change.proposal.body.clone()).collect();
    assert_eq!(bodies, [[1, 9], [1, 7]]);
    let told = staged.summary().custom.iter().map(|change| &change.proposal);
    assert!(told.eq(to_do.iter().map(|covered| &covered.proposal)));
    alice.merge(*staged).unwrap();
    assert_agree(&[&alice, &bob]);
}

#[test]
fn a_client_without_the_registration_says_what_it_lacks() {
    let people = People::new(&["alice", "bob"]);
    let clients = [client(&people, 0, &votes()), client(&people, 1, &Arc::default())];
    let mut alice = clients[0].create_group(NewGroup::new(), NOW).unwrap();
    let package = clients[1].key_package(NOW).unwrap();
    // Bob doesn't say that he supports it, so no commit covers it once he is a member.
    alice.commit().add(&package).propose(vote(1)).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    let mut bob = clients[1].join(&alice.welcome().unwrap(), None, NOW).unwrap();
    let error = alice.commit().propose(vote(2)).prepare(NOW).unwrap_err();
    assert_eq!(error.rule().unwrap().as_str(), "12.2-15");
    let ballot = alice.propose(vote(2), NOW).unwrap();
    let error = bob.receive(&ballot, NOW).unwrap_err();
    assert_eq!(error.unregistered_proposal().unwrap().proposal_type, VOTE);
    assert!(error.to_string().contains("0xf001"), "{error}");
    let error = bob.propose(vote(2), NOW).unwrap_err();
    assert_eq!(error.refusal(), Some(&RefusalReason::Unregistered));
    // The message was not consumed, and the next one works.
    let commit = bob.commit().prepare(NOW).unwrap();
    bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut alice]);
    assert_agree(&[&alice, &bob]);
}

fn self_remove() -> Arc<Registrations> {
    Arc::new(Registrations::new().with_self_remove().unwrap())
}

#[test]
fn a_member_leaves_and_a_joiner_takes_it_along() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients = [0, 1, 2].map(|person| client(&people, person, &self_remove()));
    let [mut alice, mut bob] = <[_; 2]>::try_from(group_of(&clients[..2])).unwrap();
    let leaving = bob.propose_self_remove(NOW).unwrap();
    let repeated = bob.propose_self_remove(NOW).unwrap_err();
    assert_eq!(repeated.refusal(), Some(&RefusalReason::Repeated));
    assert!(matches!(alice.receive(&leaving, NOW), Ok(Event::ProposalQueued(_))));
    let info = alice.group_info().unwrap();
    let options = clients[2].covering(ExternalJoinOptions::default(), &[&leaving]).unwrap();
    let join = clients[2].join_externally(&info, None, options, NOW).unwrap();
    let commit = join.message().to_vec();
    let carol = join.confirm().unwrap();
    deliver_commit(&commit, &mut [&mut alice]);
    bob.receive_and_merge(&commit, NOW).unwrap();
    assert!(bob.is_removed());
    assert_agree(&[&alice, &carol]);
    assert_eq!(alice.member_count(), 2);
    let unregistered = People::new(&["dave"]).client(0).create_group(NewGroup::new(), NOW);
    let error = unregistered.unwrap().propose_self_remove(NOW).unwrap_err();
    assert_eq!(error.refusal(), Some(&RefusalReason::Unregistered));
}

fn last_resort(form: LastResortForm) -> Arc<Registrations> {
    Arc::new(Registrations::new().with_last_resort(form).unwrap())
}

#[test]
fn a_key_package_of_last_resort_is_used_twice_and_replaced() {
    let people = People::new(&["alice", "bob"]);
    let [alice, bob] = [0, 1].map(|person| client(&people, person, &last_resort(LastResortForm::Current)));
    let once = bob.key_package(NOW).unwrap();
    let last = bob.last_resort_key_package(NOW).unwrap();
    let welcome = |package: &[u8]| {
        let mut group = alice.create_group(NewGroup::new(), NOW).unwrap();
        group.commit().add(package).prepare(NOW).unwrap();
        group.accept_commit().unwrap();
        group.welcome().unwrap()
    };
    let gone = |result: Result<copath::Group, Error>| {
        assert_eq!(result.unwrap_err(), Error::Unavailable(Unavailable::KeyPackage));
    };
    for _ in 0..2 {
        bob.join(&welcome(&last), None, NOW).unwrap();
    }
    bob.join(&welcome(&once), None, NOW).unwrap();
    gone(bob.join(&welcome(&once), None, NOW));
    let next = bob.replace_last_resort_key_package(&last, NOW).unwrap();
    gone(bob.join(&welcome(&last), None, NOW));
    bob.join(&welcome(&next), None, NOW).unwrap();
    bob.delete_key_package(&next).unwrap();
    gone(bob.join(&welcome(&next), None, NOW));
    let wrong = bob.delete_key_package(&welcome(&once)).unwrap_err();
    assert!(matches!(wrong, Error::Misuse(Misuse::WrongKind { .. })), "{wrong:?}");
    let unknown = KeyPackageOptions::new().last_resort().suite(CipherSuite(7));
    let error = bob.key_package_with(&unknown, NOW).unwrap_err();
    assert_eq!(error, Error::Misuse(Misuse::SuiteNotChosen(CipherSuite(7))));
    let plain = People::new(&["carol"]).client(0).last_resort_key_package(NOW).unwrap_err();
    assert_eq!(plain.refusal(), Some(&RefusalReason::Unregistered));
}

#[test]
fn an_old_welcome_does_not_bring_a_removed_member_back() {
    let people = People::new(&["alice", "bob"]);
    let [alice, bob] = [0, 1].map(|person| client(&people, person, &last_resort(LastResortForm::Current)));
    let last = bob.last_resort_key_package(NOW).unwrap();
    let mut at_alice = alice.create_group(NewGroup::new(), NOW).unwrap();
    let invite = |at_alice: &mut copath::Group| {
        at_alice.commit().add(&last).prepare(NOW).unwrap();
        at_alice.accept_commit().unwrap();
        at_alice.welcome().unwrap()
    };
    let first = invite(&mut at_alice);
    let mut at_bob = bob.join(&first, None, NOW).unwrap();
    let handle = at_alice.find_member(bob.identities()[0].signature_key()).unwrap().handle;
    let removal = at_alice.commit().remove(handle).prepare(NOW).unwrap();
    at_alice.accept_commit().unwrap();
    at_bob.receive_and_merge(&removal, NOW).unwrap();
    drop(at_bob);
    assert_eq!(bob.join(&first, None, NOW).unwrap_err(), Error::Misuse(Misuse::OldWelcome));
    let second = invite(&mut at_alice);
    let at_bob = bob.join(&second, None, NOW).unwrap();
    assert_eq!(at_bob.epoch_authenticator(), at_alice.epoch_authenticator());
}

fn note(text: &[u8]) -> Extensions {
    Extensions(vec![Extension { extension_type: NOTE, extension_data: text.into() }])
}

fn notes(places: &[ExtensionPlace]) -> Arc<Registrations> {
    let notes = ExtensionDefinition::new(NOTE, "note", places).with_body(BodyShape::Fixed(3));
    Arc::new(Registrations::new().with_extension(notes).unwrap())
}

#[test]
fn extensions_of_ones_own_in_every_place() {
    let people = People::new(&["alice", "bob", "carol"]);
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let known = notes(&EVERYWHERE);
    let alice = people.builder(0).store(store).registrations(&known).leaf_extensions(note(b"one"));
    let alice = alice.build().unwrap();
    let [bob, carol] = [1, 2].map(|person| client(&people, person, &known));
    let mut at_alice = alice.create_group(NewGroup::new().extensions(note(b"two")), NOW).unwrap();
    let package = bob.key_package_with(&KeyPackageOptions::new().extensions(note(b"six")), NOW).unwrap();
    at_alice.commit().add(&package).prepare(NOW).unwrap();
    at_alice.accept_commit().unwrap();
    let welcomes = at_alice.welcomes_with(WelcomeOptions::default(), note(b"ten")).unwrap();
    let joined = bob.join_and_read(&welcomes[0], None, NOW).unwrap();
    assert_eq!(joined.extensions, note(b"ten"));
    let mut at_bob = joined.group;
    assert_eq!(at_bob.context().extensions, note(b"two"));
    assert_eq!(at_bob.leaf_extensions(handle_of(&at_bob, &alice)).unwrap(), note(b"one"));

    let mut change = LeafChange::default();
    change.extensions = Some(note(b"own"));
    let commit = at_bob.commit().extensions(note(b"new")).leaf(change).prepare(NOW).unwrap();
    at_bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut at_alice]);
    assert_eq!(at_alice.context().extensions, note(b"new"));
    assert_eq!(at_alice.leaf_extensions(handle_of(&at_alice, &bob)).unwrap(), note(b"own"));

    let info = at_alice.group_info_of(&GroupInfoOptions::default().extensions(note(b"you"))).unwrap();
    let read = carol.read_group_info(&info).unwrap();
    assert_eq!(read.extensions.find(NOTE).unwrap().extension_data.as_slice(), b"you");
    let join = carol.join_externally(&info, None, ExternalJoinOptions::default(), NOW).unwrap();
    deliver_commit(join.message(), &mut [&mut at_alice, &mut at_bob]);
    assert_agree(&[&at_alice, &at_bob, &join.confirm().unwrap()]);
}

#[test]
fn extensions_in_the_wrong_place_or_shape_are_not_sent() {
    let people = People::new(&["alice", "bob"]);
    let alice = client(&people, 0, &notes(&[ExtensionPlace::GroupContext]));
    let mut group = alice.create_group(NewGroup::new(), NOW).unwrap();
    let misplaced = |error: Error, place| {
        assert_eq!(error.refusal(), Some(&RefusalReason::Place(place)), "{error}");
    };
    let options = GroupInfoOptions::default().extensions(note(b"one"));
    misplaced(group.group_info_of(&options).unwrap_err(), ExtensionPlace::GroupInfo);
    let options = KeyPackageOptions::new().extensions(note(b"one"));
    misplaced(alice.key_package_with(&options, NOW).unwrap_err(), ExtensionPlace::KeyPackage);
    let mut change = LeafChange::default();
    change.extensions = Some(note(b"one"));
    misplaced(group.commit().leaf(change).prepare(NOW).unwrap_err(), ExtensionPlace::LeafNode);
    let package = client(&people, 1, &notes(&EVERYWHERE));
    let options = KeyPackageOptions::new().extensions(note(b"one"));
    let package = package.key_package_with(&options, NOW).unwrap();
    misplaced(group.commit().add(&package).prepare(NOW).unwrap_err(), ExtensionPlace::KeyPackage);

    for error in [
        group.commit().extensions(note(b"four")).prepare(NOW).unwrap_err(),
        group.propose_extensions(note(b""), NOW).unwrap_err(),
        alice.create_group(NewGroup::new().extensions(note(b"four")), NOW).unwrap_err(),
    ] {
        assert!(matches!(error.refusal(), Some(RefusalReason::Body(_))), "{error}");
    }
    group.commit().extensions(note(b"two")).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    assert_eq!(group.context().extensions, note(b"two"));
}

#[test]
fn unknown_extensions_survive() {
    let people = People::new(&["alice", "bob"]);
    let [alice, bob] = [client(&people, 0, &notes(&EVERYWHERE)), client(&people, 1, &Arc::default())];
    let options = KeyPackageOptions::new().extensions(note(b"one"));
    let package = alice.key_package_with(&options, NOW).unwrap();
    let mut at_bob = bob.create_group(NewGroup::new(), NOW).unwrap();
    at_bob.commit().add(&package).prepare(NOW).unwrap();
    at_bob.accept_commit().unwrap();
    let mut at_alice = alice.join(&at_bob.welcome().unwrap(), None, NOW).unwrap();
    let mut change = LeafChange::default();
    change.extensions = Some(note(b"own"));
    let commit = at_alice.commit().leaf(change).prepare(NOW).unwrap();
    at_alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut at_bob]);
    let group_id = at_bob.group_id().clone();
    drop(at_bob);
    let at_bob = bob.load_group(&group_id).unwrap();
    assert_eq!(at_bob.leaf_extensions(handle_of(&at_bob, &alice)).unwrap(), note(b"own"));
    assert_agree(&[&at_alice, &at_bob]);
    let decoded = <MlsMessage as copath_codec::Decode>::from_bytes(&package).unwrap();
    assert_eq!(copath_codec::Encode::to_bytes(&decoded).unwrap(), package);
}
