//! A new identity for all groups of a client.

use std::sync::{Arc, Mutex};

use copath::rules::rule;
use copath::{
    Client, Credential, CredentialQuestion, CredentialValidator, CredentialVerdict, Error, Event,
    FixedDirectory, Group, GroupId, Identity, MemoryStore, Misuse, NewGroup, RejectionReason, RotateBy,
    Rotation, StateDelta, StockPolicy, Store, StoreError, Timestamp, Unavailable,
};
use copath_records::{Record, RecordKey, RecordKind};

use crate::people::{NOW, SUITE, assert_agree, assert_delivered, deliver_commit, handle_of};
use crate::switched_store::SwitchedStore;

/// A directory that can be changed while clients use it.
#[derive(Debug, Default)]
struct Directory(Mutex<FixedDirectory>);

impl Directory {
    fn insert(&self, name: &str, identity: &Identity) {
        self.0.lock().unwrap().insert(name.as_bytes(), identity.signature_key());
    }
}

impl CredentialValidator for Directory {
    fn validate(&self, questions: &[CredentialQuestion], now: Timestamp) -> Vec<CredentialVerdict> {
        self.0.lock().unwrap().validate(questions, now)
    }
}

/// Lets everything pass, as the validator of somebody who cheats.
#[derive(Debug)]
struct Careless;

impl CredentialValidator for Careless {
    fn validate(&self, questions: &[CredentialQuestion], _: Timestamp) -> Vec<CredentialVerdict> {
        questions.iter().map(|_| CredentialVerdict::Accepted).collect()
    }
}

fn identity(name: &str) -> Identity {
    let provider = copath_provider_rustcrypto::provider();
    Identity::generate(&provider, SUITE, Credential::basic(name.as_bytes())).unwrap()
}

fn client(
    store: Arc<dyn Store>,
    validator: Arc<dyn CredentialValidator>,
    identities: &[&Identity],
) -> Client {
    let builder = Client::builder()
        .provider(copath_provider_rustcrypto::provider())
        .store(store)
        .validator(validator)
        .suite(SUITE);
    identities
        .iter()
        .fold(builder, |builder, identity| builder.identity((*identity).clone()))
        .build()
        .unwrap()
}

/// Alice, who is about to have another key, and Bob, in groups of the two.
struct Two {
    directory: Arc<Directory>,
    store: Arc<MemoryStore>,
    old: Identity,
    new: Identity,
    /// Alice's before the rotation.
    alice: Client,
    /// Bob's handles, by the groups' ids.
    at_bob: Vec<Group>,
    bob: Client,
}

fn two(groups: usize) -> Two {
    let directory = Arc::new(Directory::default());
    let (old, new, bobs) = (identity("alice"), identity("alice"), identity("bob"));
    for (name, identity) in [("alice", &old), ("alice", &new), ("bob", &bobs)] {
        directory.insert(name, identity);
    }
    let store = Arc::new(MemoryStore::new());
    let alice = client(store.clone(), directory.clone(), &[&old]);
    let bob = client(Arc::new(MemoryStore::new()), directory.clone(), &[&bobs]);
    let mut at_bob: Vec<Group> = (0..groups).map(|number| group_with(&alice, &bob, number)).collect();
    at_bob.sort_by(|a, b| a.group_id().cmp(b.group_id()));
    Two { directory, store, old, new, alice, at_bob, bob }
}

fn group_with(alice: &Client, bob: &Client, number: usize) -> Group {
    let id = GroupId::from(vec![u8::try_from(number).unwrap()]);
    let mut group = alice.create_group(NewGroup::new().group_id(id), NOW).unwrap();
    group.commit().add(&bob.key_package(NOW).unwrap()).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    let welcome = group.welcome().unwrap();
    group.welcome_sent().unwrap();
    bob.join(&welcome, None, NOW).unwrap()
}

impl Two {
    /// Alice again, with the new identity before the old one.
    fn renewed(&self) -> Client {
        client(self.store.clone(), self.directory.clone(), &[&self.new, &self.old])
    }
}

fn outcomes(client: &Client, open: &mut [&mut Group], by: RotateBy) -> Vec<Result<Rotation, Error>> {
    let rotations = client.rotate_identity(open, by, NOW).unwrap();
    rotations.into_iter().map(|rotation| rotation.outcome).collect()
}

fn message(outcome: &Result<Rotation, Error>) -> Vec<u8> {
    match outcome {
        Ok(Rotation::Send(message)) => message.clone(),
        other => panic!("nothing to send: {other:?}"),
    }
}

fn has_key(group: &Group, identity: &Identity) -> bool {
    group.find_member(identity.signature_key()).is_some()
}

// covers: 5.3.1-05
#[test]
fn a_key_that_a_waiting_commit_brings_is_in_use() {
    let mut two = two(1);
    let rotated = outcomes(&two.renewed(), &mut [], RotateBy::Commit);
    // Before it is known whether that counts, there is a third key.
    let third = identity("alice");
    two.directory.insert("alice", &third);
    let alice = client(two.store.clone(), two.directory.clone(), &[&third, &two.new, &two.old]);
    let unused = || -> Vec<bool> {
        alice.former_identities().unwrap().iter().map(|former| former.is_unused()).collect()
    };
    assert_eq!(unused(), [false, false]);
    deliver_commit(&message(&rotated[0]), &mut [&mut two.at_bob[0]]);
    alice.load_group(two.at_bob[0].group_id()).unwrap().accept_commit().unwrap();
    assert_eq!(unused(), [false, true]);
}

#[test]
fn all_groups_move_in_one_call_and_a_restart_goes_on() {
    let mut two = two(3);
    two.alice = two.renewed();
    assert_eq!(two.alice.unfinished().unwrap().to_rotate.len(), 3);
    let former = two.alice.former_identities().unwrap();
    assert_eq!((former.len(), former[0].groups.len(), former[0].is_unused()), (1, 3, false));
    assert_eq!(former[0].signature_key.as_slice(), two.old.signature_key());

    // One group is open, the others aren't.
    let mut open = two.alice.load_group(two.at_bob[1].group_id()).unwrap();
    let first = outcomes(&two.alice, &mut [&mut open], RotateBy::Commit);
    assert_eq!(open.pending_commit(), Some(&message(&first[1])[..]));
    drop(open);
    for (group, outcome) in two.at_bob.iter_mut().zip(&first).take(2) {
        let Event::CommitStaged(staged) = group.receive(&message(outcome), NOW).unwrap() else {
            panic!("not a commit")
        };
        let update = staged.summary().committer_update.as_ref().unwrap();
        assert_eq!(update.signature_key.as_slice(), two.new.signature_key());
        group.merge(*staged).unwrap();
        two.alice.load_group(group.group_id()).unwrap().accept_commit().unwrap();
    }

    two.alice = two.renewed();
    let unfinished = two.alice.unfinished().unwrap();
    assert_eq!(unfinished.to_rotate, [two.at_bob[2].group_id().clone()]);
    assert_eq!(unfinished.groups.len(), 1);
    let second = outcomes(&two.alice, &mut [], RotateBy::Commit);
    assert_eq!(second, [Ok(Rotation::Done), Ok(Rotation::Done), first[2].clone()]);
    assert_eq!(two.alice.former_identities().unwrap()[0].groups.len(), 1);
    deliver_commit(&message(&second[2]), &mut [&mut two.at_bob[2]]);
    two.alice.load_group(two.at_bob[2].group_id()).unwrap().accept_commit().unwrap();

    assert!(two.alice.unfinished().unwrap().is_empty());
    assert!(two.alice.former_identities().unwrap()[0].is_unused());
    // The old key is deleted: the client goes on without it.
    let alice = client(two.store.clone(), two.directory.clone(), &[&two.new]);
    assert_eq!(alice.former_identities().unwrap(), []);
    for at_bob in &mut two.at_bob {
        let mut at_alice = alice.load_group(at_bob.group_id()).unwrap();
        assert!(has_key(at_bob, &two.new) && !has_key(at_bob, &two.old));
        let message = at_alice.encrypt(b"by the new key").unwrap();
        assert_delivered(&message, b"by the new key", &mut [at_bob]);
        assert_agree(&[&at_alice, at_bob]);
    }
}

#[test]
fn what_fails_in_one_group_holds_up_no_other() {
    let mut two = two(4);
    let ids: Vec<GroupId> = two.at_bob.iter().map(|group| group.group_id().clone()).collect();
    two.alice = two.renewed();
    let mut busy = two.alice.load_group(&ids[0]).unwrap();
    busy.commit().psk(b"none").prepare(NOW).unwrap_err();
    two.alice.store_psk(b"shared", &copath::Secret::copy_of(b"psk")).unwrap();
    busy.commit().psk(b"shared").prepare(NOW).unwrap();
    let open = two.alice.load_group(&ids[1]).unwrap();
    let secrets = RecordKey::new(RecordKind::EPOCH_SECRETS).push_bytes(&ids[2]);
    let kept = two.store.load(&secrets).unwrap().unwrap();
    put(&*two.store, &secrets, &Record::copy_of(b"\x01damaged"));

    let first = outcomes(&two.alice, &mut [&mut busy], RotateBy::Commit);
    assert!(matches!(first[0], Err(Error::Misuse(Misuse::Group(_)))), "{first:?}");
    assert_eq!(first[1], Err(Misuse::GroupOpen.into()));
    assert!(matches!(first[2], Err(Error::Unavailable(Unavailable::StoredState(_)))), "{first:?}");
    deliver_commit(&message(&first[3]), &mut [&mut two.at_bob[3]]);
    two.alice.load_group(&ids[3]).unwrap().accept_commit().unwrap();
    assert_eq!(two.alice.unfinished().unwrap().to_rotate, ids[..3]);

    busy.drop_commit().unwrap();
    drop(open);
    put(&*two.store, &secrets, &kept);
    let second = outcomes(&two.alice, &mut [&mut busy], RotateBy::Commit);
    assert_eq!(second[3], Ok(Rotation::Done));
    drop(busy);
    for (group, outcome) in two.at_bob.iter_mut().zip(&second).take(3) {
        deliver_commit(&message(outcome), &mut [group]);
        two.alice.load_group(group.group_id()).unwrap().accept_commit().unwrap();
    }
    assert!(two.alice.former_identities().unwrap()[0].is_unused());
}

/// An active group in which this client has no leaf is damaged. It hasn't moved, and others do.
#[test]
fn a_group_whose_own_leaf_is_blank_is_not_called_done() {
    let two = two(1);
    let carols = identity("carol");
    two.directory.insert("carol", &carols);
    let carol = client(Arc::new(MemoryStore::new()), two.directory.clone(), &[&carols]);
    let id = GroupId::from(b"damaged".to_vec());
    let mut group = two.alice.create_group(NewGroup::new().group_id(id.clone()), NOW).unwrap();
    let packages = [two.bob.key_package(NOW).unwrap(), carol.key_package(NOW).unwrap()];
    group.commit().add(&packages[0]).add(&packages[1]).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    group.welcome_sent().unwrap();
    let bobs = handle_of(&group, &two.bob);
    group.commit().remove(bobs).prepare(NOW).unwrap();
    group.accept_commit().unwrap();
    drop(group);

    // The record ends in the own leaf, and that the group is active.
    let head = RecordKey::new(RecordKind::GROUP).push_bytes(&id);
    let mut octets = two.store.load(&head).unwrap().unwrap().expose().to_vec();
    let own_leaf = octets.len() - 5;
    assert_eq!(octets[own_leaf..own_leaf + 4], [0; 4]);
    octets[own_leaf + 3] = 1;
    put(&*two.store, &head, &Record::copy_of(&octets));
    assert_eq!(two.alice.stored_groups().unwrap()[1].identity, None);

    for alice in [&two.alice, &two.renewed()] {
        let rotations = alice.rotate_identity(&mut [], RotateBy::Commit, NOW).unwrap();
        let damaged = Error::Unavailable(Unavailable::StoredState(copath::engine::StoredStateError::Damaged));
        assert_eq!((&rotations[1].group_id, &rotations[1].outcome), (&id, &Err(damaged)));
        assert!(rotations[0].outcome.is_ok());
    }
}

fn put(store: &dyn Store, key: &RecordKey, record: &Record) {
    let mut delta = StateDelta::new();
    delta.put(key.clone(), Record::copy_of(record.expose()));
    store.commit(&delta).unwrap();
}

#[test]
fn a_rotation_that_lost_the_race_is_done_again_with_what_it_was_to_do_besides() {
    let mut two = two(1);
    let carols = identity("carol");
    two.directory.insert("carol", &carols);
    let carol = client(Arc::new(MemoryStore::new()), two.directory.clone(), &[&carols]);
    two.alice = two.renewed();
    let mut at_alice = two.alice.load_group(two.at_bob[0].group_id()).unwrap();
    let package = carol.key_package(NOW).unwrap();
    at_alice.commit().add(&package).identity(&two.new).prepare(NOW).unwrap();
    // What is pending already does it.
    let pending = at_alice.pending_commit().unwrap().to_vec();
    assert_eq!(at_alice.rotate_identity(RotateBy::Commit, NOW).unwrap(), Rotation::Send(pending));
    let faster = two.at_bob[0].commit().update().prepare(NOW).unwrap();
    two.at_bob[0].accept_commit().unwrap();
    deliver_commit(&faster, &mut [&mut at_alice]);
    assert!(has_key(&at_alice, &two.old));

    let again = at_alice.rotate_identity(RotateBy::Commit, NOW);
    deliver_commit(&message(&again), &mut [&mut two.at_bob[0]]);
    at_alice.accept_commit().unwrap();
    assert!(at_alice.lost_intents().is_none());
    let at_carol = carol.join(&at_alice.welcome().unwrap(), None, NOW).unwrap();
    assert_agree(&[&at_alice, &two.at_bob[0], &at_carol]);
    assert!(has_key(&at_carol, &two.new));
    assert_eq!(at_alice.rotate_identity(RotateBy::Commit, NOW).unwrap(), Rotation::Done);
}

// covers: 5.3.1-04
#[test]
fn an_update_moves_a_group_once_somebody_commits_it() {
    let mut two = two(1);
    two.alice = two.renewed();
    let first = outcomes(&two.alice, &mut [], RotateBy::Update);
    assert_eq!(outcomes(&two.alice, &mut [], RotateBy::Update), [Ok(Rotation::Proposed)]);
    // The epoch ends without it.
    let mut at_alice = two.alice.load_group(two.at_bob[0].group_id()).unwrap();
    let other = two.at_bob[0].commit().update().prepare(NOW).unwrap();
    two.at_bob[0].accept_commit().unwrap();
    deliver_commit(&other, &mut [&mut at_alice]);
    assert!(two.at_bob[0].receive(&message(&first[0]), NOW).is_err());

    let second = outcomes(&two.alice, &mut [&mut at_alice], RotateBy::Update);
    two.at_bob[0].receive(&message(&second[0]), NOW).unwrap();
    let commit = two.at_bob[0].commit().prepare(NOW).unwrap();
    two.at_bob[0].accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut at_alice]);
    assert!(has_key(&two.at_bob[0], &two.new) && !has_key(&two.at_bob[0], &two.old));
    assert_eq!(outcomes(&two.alice, &mut [&mut at_alice], RotateBy::Update), [Ok(Rotation::Done)]);
    let message = at_alice.encrypt(b"after the update").unwrap();
    assert_delivered(&message, b"after the update", &mut [&mut two.at_bob[0]]);
}

// covers: 5.3.1-04, 5.3.1-05, 5.3.1-08
#[test]
fn the_others_refuse_a_key_or_a_name_that_is_no_successor() {
    let unknown = identity("alice");
    let bobs = identity("bob");
    for (new, rule, reason) in [
        (&unknown, [rule!("5.3.1-05"), rule!("5.3.1-04")], RejectionReason::WrongKey),
        (&bobs, [rule!("5.3.1-08"), rule!("5.3.1-08")], RejectionReason::NotASuccessor),
    ] {
        let mut two = two(2);
        two.directory.insert("bob", &bobs);
        two.alice = client(two.store.clone(), Arc::new(Careless), &[new, &two.old]);
        let ids: Vec<GroupId> = two.at_bob.iter().map(|group| group.group_id().clone()).collect();
        let mut by_update = two.alice.load_group(&ids[1]).unwrap();
        let update = by_update.rotate_identity(RotateBy::Update, NOW);
        let commit = two.alice.load_group(&ids[0]).unwrap().rotate_identity(RotateBy::Commit, NOW);
        for (at_bob, (outcome, rule)) in two.at_bob.iter_mut().zip([commit, update].into_iter().zip(rule)) {
            let before = at_bob.epoch_authenticator().to_vec();
            let Error::CredentialRejected(refused) = at_bob.receive(&message(&outcome), NOW).unwrap_err()
            else {
                panic!("another reason")
            };
            assert_eq!((refused.rule, refused.reason), (rule, reason));
            assert_eq!((at_bob.epoch_authenticator(), at_bob.pending_proposals().count()), (&before[..], 0));
        }
        let mut at_alice = two.alice.load_group(&ids[0]).unwrap();
        at_alice.drop_commit().unwrap();
        assert_delivered(&at_alice.encrypt(b"still").unwrap(), b"still", &mut [&mut two.at_bob[0]]);
    }
}

#[test]
fn groups_that_are_over_are_left_alone() {
    let mut two = two(2);
    let ids: Vec<GroupId> = two.at_bob.iter().map(|group| group.group_id().clone()).collect();
    let mut at_alice = two.alice.load_group(&ids[0]).unwrap();
    let own = two.at_bob[0].find_member(two.old.signature_key()).unwrap().handle;
    let removal = two.at_bob[0].commit().remove(own).prepare(NOW).unwrap();
    at_alice.receive_and_merge(&removal, NOW).unwrap();
    let mut closed = two.alice.load_group(&ids[1]).unwrap();
    closed.commit().reinit(&NewGroup::new()).prepare(NOW).unwrap();
    closed.accept_commit().unwrap();
    drop((at_alice, closed));
    two.alice = two.renewed();
    assert_eq!(outcomes(&two.alice, &mut [], RotateBy::Commit), []);
    let mut open = ids.iter().map(|id| two.alice.load_group(id).unwrap());
    let (mut removed, mut closed) = (open.next().unwrap(), open.next().unwrap());
    assert_eq!(outcomes(&two.alice, &mut [&mut removed, &mut closed], RotateBy::Commit), []);
    assert!(two.alice.unfinished().unwrap().to_rotate.is_empty());
    assert!(two.alice.former_identities().unwrap()[0].is_unused());
}

#[test]
fn key_packages_and_joins_need_the_old_key_as_well() {
    let mut two = two(0);
    let policy = StockPolicy::new().target(2, 1);
    two.alice.key_package_stock().replenish(&policy, NOW).unwrap();
    let group = two.bob.create_group(NewGroup::new(), NOW).unwrap();
    let options = copath::ExternalJoinOptions::default();
    let join = two.alice.join_externally(&group.group_info().unwrap(), None, options, NOW).unwrap();
    let id = join.group_id().clone();
    drop(join);

    two.alice = two.renewed();
    let former = two.alice.former_identities().unwrap();
    assert_eq!(
        (former[0].key_packages, &former[0].external_joins, former[0].is_unused()),
        (2, &vec![id.clone()], false)
    );
    two.alice.external_join(&id).unwrap().drop_join().unwrap();
    let round = two.alice.key_package_stock().replenish(&policy, NOW).unwrap();
    assert_eq!((round.upload.len(), round.take_down.len()), (2, 2));
    assert_eq!(two.alice.former_identities().unwrap()[0].key_packages, 2);
    for (days, erased) in [(7, 0), (14, 2)] {
        let later = Timestamp(NOW.0 + days * 24 * 3600);
        assert_eq!(two.alice.key_package_stock().replenish(&policy, later).unwrap().erased, erased);
    }
    assert!(two.alice.former_identities().unwrap()[0].is_unused());
}

#[test]
fn another_credential_for_the_same_key_leaves_the_key_in_use() {
    let mut two = two(1);
    let renamed = Identity::new(Credential::basic(b"alice@work"), two.old.signer().clone());
    two.directory.insert("alice@work", &renamed);
    two.alice = client(two.store.clone(), Arc::new(Careless), &[&renamed, &two.old]);
    let outcome = outcomes(&two.alice, &mut [], RotateBy::Commit);
    let mut at_alice = two.alice.load_group(two.at_bob[0].group_id()).unwrap();
    assert_eq!(at_alice.pending_commit(), Some(&message(&outcome[0])[..]));
    at_alice.accept_commit().unwrap();
    let former = &two.alice.former_identities().unwrap()[0];
    assert_eq!((former.groups.len(), former.shares_key, former.is_unused()), (0, true, false));
}

#[test]
fn a_key_that_the_store_keeps_is_replaced_and_then_forgotten() {
    let provider = copath_provider_rustcrypto::provider();
    let store = SwitchedStore::default();
    let alice = Credential::basic(b"alice");
    let load = || Identity::load_or_generate(&store, &provider, SUITE, alice.clone()).unwrap();
    let replace = || Identity::replace(&store, &provider, SUITE, alice.clone());
    let former = || -> Vec<Vec<u8>> {
        let former = Identity::load_former(&store, &provider, SUITE, &alice).unwrap();
        former.iter().map(|identity| identity.signature_key().to_vec()).collect()
    };
    let first = load();
    store.break_down();
    assert_eq!(replace().unwrap_err(), Error::Unavailable(Unavailable::Store(StoreError::Full)));
    store.mend();
    assert_eq!((load().signature_key(), former()), (first.signature_key(), vec![]));
    let second = replace().unwrap();
    assert_ne!(second.signature_key(), first.signature_key());
    assert_eq!(
        (load().signature_key(), former()),
        (second.signature_key(), vec![first.signature_key().to_vec()])
    );
    let kept = &Identity::load_former(&store, &provider, SUITE, &alice).unwrap()[0];
    assert_eq!(kept.signer().sign(b"message").unwrap(), first.signer().sign(b"message").unwrap());
    replace().unwrap();
    assert_eq!(former().len(), 2);
    first.forget(&store).unwrap();
    assert_eq!(former(), [second.signature_key().to_vec()]);
    // Another name's keys are its own.
    let bob = Credential::basic(b"bob");
    assert!(Identity::load_former(&store, &provider, SUITE, &bob).unwrap().is_empty());
}
