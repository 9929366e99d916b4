//! Batches of which nobody knows whether they took place: who calls again loses nothing.

use std::sync::Arc;

use copath::{
    Client, Error, Event, Group, Inbox, Merged, Misuse, NewGroup, Outbox, Secret, Settled, StoreError,
    Unavailable,
};

use crate::doubtful::{DOUBTS, Doubt, Doubtful};
use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit, group_of, handle_of};

fn unknown() -> Error {
    Error::Unavailable(Unavailable::UnknownOutcome(StoreError::Unavailable))
}

struct Doubted {
    people: People,
    store: Arc<Doubtful>,
    clients: Vec<Client>,
    alice: Group,
    bob: Group,
    doubt: Doubt,
}

impl Doubted {
    fn new(doubt: Doubt) -> Self {
        let people = People::new(&["alice", "bob", "carol", "dave"]);
        let store = Arc::new(Doubtful::default());
        let clients = vec![people.client_on(0, store.clone()), people.client(1), people.client(2)];
        for client in &clients {
            client.store_psk(b"shared", &Secret::copy_of(b"known to all")).unwrap();
        }
        let mut groups = group_of(&clients[..2]);
        let (bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        Self { people, store, clients, alice, bob, doubt }
    }

    /// What `operation` of Alice gives, called again after its batch was doubtful.
    fn again<T: std::fmt::Debug>(&mut self, operation: impl Fn(&mut Group) -> Result<T, Error>) -> T {
        if self.store.doubt_next(self.doubt) {
            let output = operation(&mut self.alice).unwrap();
            self.store.come_back();
            return output;
        }
        for _ in 0..2 {
            assert_eq!(operation(&mut self.alice).unwrap_err(), unknown(), "{:?}", self.doubt);
            assert!(!self.alice.is_settled());
        }
        self.store.come_back();
        let output = operation(&mut self.alice).unwrap_or_else(|error| panic!("{:?}: {error}", self.doubt));
        assert!(self.alice.is_settled());
        assert!(self.alice.settle().unwrap().is_empty(), "it was given");
        self.assert_durable();
        output
    }

    /// What is in memory is in the store.
    fn assert_durable(&self) {
        let copy = self.people.client_on(0, Arc::new(self.store.inner.snapshot().unwrap()));
        let stored = copy.load_group(self.alice.group_id()).unwrap();
        assert_agree(&[&self.alice, &stored]);
        assert_eq!(self.alice.pending_commit(), stored.pending_commit());
        assert_eq!(self.alice.lost_intents(), stored.lost_intents());
        assert!(self.alice.outgoing().eq(stored.outgoing()));
        assert!(self.alice.unhandled().eq(stored.unhandled()));
        assert!(self.alice.pending_proposals().eq(stored.pending_proposals()));
        assert_eq!(self.alice.owes_welcome(), stored.owes_welcome());
    }
}

// covers: 9.1-01, 14-03
#[test]
fn whoever_calls_again_loses_nothing() {
    for doubt in DOUBTS {
        let mut world = Doubted::new(doubt);
        let message = world.again(|alice| alice.encrypt(b"from alice"));
        assert_delivered(&message, b"from alice", &mut [&mut world.bob]);
        let message = world.bob.encrypt(b"from bob").unwrap();
        match world.again(|alice| alice.receive(&message, NOW)) {
            Event::Application(received) => assert_eq!(received.data, b"from bob"),
            other => panic!("{doubt:?}: {other:?}"),
        }
        for proposal in [
            world.again(|alice| alice.propose_update(NOW)),
            world.again(|alice| alice.propose_psk(b"shared", NOW)),
        ] {
            assert!(matches!(world.bob.receive(&proposal, NOW), Ok(Event::ProposalQueued(_))));
        }
        let proposal = world.bob.propose_update(NOW).unwrap();
        assert!(matches!(world.again(|alice| alice.receive(&proposal, NOW)), Event::ProposalQueued(_)));
        let package = world.clients[2].key_package(NOW).unwrap();
        let dropped = world.again(|alice| alice.commit().update().prepare(NOW));
        world.again(Group::drop_commit);
        let commit = world.again(|alice| alice.commit().add(&package).prepare(NOW));
        assert_ne!(dropped, commit);
        assert_eq!(world.again(Group::accept_commit), Merged::Epoch(2));
        deliver_commit(&commit, &mut [&mut world.bob]);
        let welcome = world.again(Group::welcome);
        let mut carol = world.clients[2].join(&welcome, None, NOW).unwrap();
        world.again(Group::welcome_sent);
        assert_agree(&[&world.alice, &world.bob, &carol]);

        // Commits of others, staged or merged at once, and one's own that come back.
        let commit = carol.commit().update().prepare(NOW).unwrap();
        deliver_commit(&commit, &mut [&mut world.bob]);
        carol.accept_commit().unwrap();
        let merged = world.again(|alice| match alice.receive(&commit, NOW)? {
            Event::CommitStaged(staged) => alice.merge(*staged),
            Event::CommitMerged { outcome, .. } => Ok(outcome),
            other => panic!("{doubt:?}: {other:?}"),
        });
        assert_eq!(merged, Merged::Epoch(3));
        let commit = world.bob.commit().update().prepare(NOW).unwrap();
        world.bob.accept_commit().unwrap();
        carol.receive_and_merge(&commit, NOW).unwrap();
        let event = world.again(|alice| alice.receive_and_merge(&commit, NOW));
        assert!(
            matches!(event, Event::CommitMerged { outcome: Merged::Epoch(4), .. }),
            "{doubt:?}: {event:?}"
        );
        let commit = world.alice.commit().update().prepare(NOW).unwrap();
        let event = world.again(|alice| alice.receive(&commit, NOW));
        assert!(matches!(event, Event::OwnCommitAccepted(Merged::Epoch(5))), "{doubt:?}: {event:?}");
        deliver_commit(&commit, &mut [&mut world.bob, &mut carol]);
        assert_agree(&[&world.alice, &world.bob, &carol]);
    }
}

#[test]
fn what_was_lost_is_done_again_once() {
    for doubt in DOUBTS {
        let mut world = Doubted::new(doubt);
        for removes_in_vain in [false, true] {
            let winner = world.bob.commit().update().prepare(NOW).unwrap();
            world.alice.commit().psk(b"shared").prepare(NOW).unwrap();
            world.bob.accept_commit().unwrap();
            deliver_commit(&winner, &mut [&mut world.alice]);
            if removes_in_vain {
                world.again(Group::forget_lost_intents);
                assert!(world.alice.lost_intents().is_none());
                continue;
            }
            let redone = world.again(|alice| alice.redo(NOW));
            assert_eq!(redone.message.as_deref(), world.alice.pending_commit());
            world.alice.accept_commit().unwrap();
            deliver_commit(&redone.message.unwrap(), &mut [&mut world.bob]);
        }
        // Nothing is left of what was lost: that is told once more, too.
        let package = world.clients[2].key_package(NOW).unwrap();
        let winner = world.bob.commit().add(&package).prepare(NOW).unwrap();
        let other = world.clients[2].key_package(NOW).unwrap();
        world.alice.commit().add(&other).prepare(NOW).unwrap();
        world.bob.accept_commit().unwrap();
        deliver_commit(&winner, &mut [&mut world.alice]);
        let redone = world.again(|alice| alice.redo(NOW));
        assert_eq!((redone.message, redone.forgone.len()), (None, 1));
        assert_agree(&[&world.alice, &world.bob]);
    }
}

// covers: 9.1-01, 12.4-01
#[test]
fn whoever_calls_something_else_gets_it_too_and_can_ask_for_the_rest() {
    let mut world = Doubted::new(Doubt::Done);
    let first = world.bob.encrypt(b"first").unwrap();
    let second = world.bob.encrypt(b"second").unwrap();
    world.store.doubt_next(Doubt::Done);
    assert_eq!(world.alice.receive(&first, NOW).unwrap_err(), unknown());
    // What isn't known isn't told.
    let unsettled = Error::Misuse(Misuse::Unsettled);
    assert_eq!(world.alice.group_info().unwrap_err(), unsettled);
    assert_eq!(world.alice.export_secret(b"label", b"", 32).unwrap_err(), unsettled);
    assert_eq!(world.alice.export_tree().unwrap_err(), unsettled);
    assert_eq!(world.alice.settle().unwrap_err(), unknown());
    world.store.come_back();
    assert_delivered(&second, b"second", &mut [&mut world.alice]);
    world.store.doubt_next(Doubt::Done);
    assert_eq!(world.alice.encrypt(b"hello").unwrap_err(), unknown());
    world.store.come_back();
    // The same data once more, but not as the next call: another message.
    let message = world.alice.encrypt(b"other").unwrap();
    assert_delivered(&message, b"other", &mut [&mut world.bob]);
    let message = world.alice.encrypt(b"hello").unwrap();
    assert_delivered(&message, b"hello", &mut [&mut world.bob]);
    let settled = world.alice.settle().unwrap();
    let [Settled::Received(event), Settled::Message(message)] = &settled[..] else { panic!("{settled:?}") };
    assert!(matches!(&**event, Event::Application(received) if received.data == b"first"));
    assert_delivered(message, b"hello", &mut [&mut world.bob]);
    assert!(world.alice.receive(&first, NOW).is_err(), "it was given");
}

#[test]
fn a_call_after_another_change_is_a_new_one() {
    let mut world = Doubted::new(Doubt::Done);
    let first = world.alice.commit().update().prepare(NOW).unwrap();
    world.store.doubt_next(Doubt::Done);
    assert_eq!(world.alice.accept_commit().unwrap_err(), unknown());
    world.store.come_back();
    let second = world.alice.commit().update().prepare(NOW).unwrap();
    world.alice.accept_commit().unwrap();
    assert!(world.alice.pending_commit().is_none());
    for commit in [&first, &second] {
        deliver_commit(commit, &mut [&mut world.bob]);
    }
    assert_eq!(world.alice.epoch_authenticator(), world.bob.epoch_authenticator());
    // The same data, for those who are in the group then.
    world.store.doubt_next(Doubt::Done);
    assert_eq!(world.alice.encrypt(b"hello").unwrap_err(), unknown());
    world.store.come_back();
    let commit = world.bob.commit().update().prepare(NOW).unwrap();
    world.bob.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut world.alice]);
    let message = world.alice.encrypt(b"hello").unwrap();
    let settled = world.alice.settle().unwrap();
    assert!(settled.iter().any(|settled| matches!(settled, Settled::Message(old) if *old != message)));
    assert_delivered(&message, b"hello", &mut [&mut world.bob]);
}

#[test]
fn a_message_whose_outcome_was_unknown_is_given_however_late_it_comes_again() {
    let mut world = Doubted::new(Doubt::Done);
    let message = world.bob.encrypt(b"late").unwrap();
    world.store.doubt_next(Doubt::Done);
    assert_eq!(world.alice.receive(&message, NOW).unwrap_err(), unknown());
    world.store.come_back();
    let commit = world.alice.commit().update().prepare(NOW).unwrap();
    world.alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [&mut world.bob]);
    assert_delivered(&message, b"late", &mut [&mut world.alice]);
    assert!(world.alice.receive(&message, NOW).is_err());
}

// covers: 5.3.3-03
#[test]
fn nothing_is_prepared_from_an_outdated_state() {
    // Carol leaves and Dave comes into her leaf by a commit of which Alice doesn't know whether she has merged it.
    let people = People::new(&["alice", "bob", "carol", "dave"]);
    let store = Arc::new(Doubtful::default());
    let clients = [people.client_on(0, store.clone()), people.client(1), people.client(2)];
    let mut groups = group_of(&clients);
    let [alice, bob, _] = &mut groups[..] else { panic!("three groups") };
    let package = people.client(3).key_package(NOW).unwrap();
    let leaver = handle_of(bob, &clients[2]);
    let commit = bob.commit().remove(leaver).add(&package).prepare(NOW).unwrap();
    let carol = handle_of(alice, &clients[2]);
    store.doubt_next(Doubt::Done);
    assert_eq!(alice.receive_and_merge(&commit, NOW).unwrap_err(), unknown());
    assert_eq!(alice.commit().remove(carol).prepare(NOW).unwrap_err(), unknown());
    store.come_back();
    let stale = Error::Misuse(Misuse::Group(copath::engine::Misuse::StaleHandle));
    assert_eq!(alice.commit().remove(carol).prepare(NOW).unwrap_err(), stale);
    assert_eq!(alice.epoch(), 2);
}

// covers: 9.2-01
#[test]
fn application_data_is_kept_until_it_was_handled() {
    for doubt in DOUBTS {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(Doubtful::default());
        let client = people.builder(0).store(store.clone()).inbox(Inbox::Kept).build().unwrap();
        let mut groups = group_of(&[client, people.client(1)]);
        let (mut bob, mut alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        let message = bob.encrypt_with(b"once", b"visible").unwrap();
        let other = bob.encrypt(b"other").unwrap();
        assert_delivered(&other, b"other", &mut [&mut alice]);
        if store.doubt_next(doubt) {
            alice.receive(&message, NOW).unwrap();
        } else {
            alice.receive(&message, NOW).unwrap_err();
        }
        store.come_back();
        // Called again, after a restart, and by the list.
        assert_delivered(&message, b"once", &mut [&mut alice]);
        let restarted = people.client_on(0, Arc::new(store.inner.snapshot().unwrap()));
        let id = alice.group_id().clone();
        assert_eq!(restarted.unfinished().unwrap().unhandled, std::slice::from_ref(&id));
        let mut again = restarted.load_group(&id).unwrap();
        assert!(again.unhandled().eq(alice.unhandled()) && again.unhandled().count() == 2);
        assert_delivered(&message, b"once", &mut [&mut again]);
        let unhandled: Vec<_> = again.unhandled().filter(|kept| kept.message.data == b"once").collect();
        assert_eq!(unhandled[0].message.authenticated_data, b"visible");
        again.handled_by_id(&unhandled[0].id).unwrap();
        again.handled(&other).unwrap();
        again.handled(&other).unwrap();
        assert!(restarted.unfinished().unwrap().is_empty());
        let error = again.receive(&message, NOW).unwrap_err();
        assert_eq!(error.rule(), Some(copath::rules::rule!("6.3.1-11")), "handled, so its key is gone");
        assert_agree(&[&again, &bob]);
    }
}

// covers: 9.1-01
#[test]
fn groups_are_entered_once_whatever_the_store_says() {
    for doubt in DOUBTS {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(Doubtful::default());
        let client = people.client_on(0, store.clone());
        let again = |operation: &dyn Fn() -> Result<Group, Error>| {
            if !store.doubt_next(doubt) {
                for _ in 0..2 {
                    assert_eq!(operation().unwrap_err(), unknown(), "{doubt:?}");
                }
            }
            store.come_back();
            operation().unwrap_or_else(|error| panic!("{doubt:?}: {error}"))
        };
        // A group with a random id, and one with an id.
        let mut made = again(&|| client.create_group(NewGroup::new(), NOW));
        assert_eq!(client.groups().unwrap(), [made.group_id().clone()], "{doubt:?}: no second one");
        made.encrypt(b"usable").unwrap();
        made.delete().unwrap();
        let named = || client.create_group(NewGroup::new().group_id(&b"named"[..]), NOW);
        if doubt != Doubt::SaysFailed && doubt != Doubt::Repeated {
            let named = again(&named);
            assert_eq!(client.groups().unwrap().len(), 1);
            named.delete().unwrap();
        }
        named().unwrap().delete().unwrap();

        // A Welcome.
        let bob = people.client(1);
        let mut at_bob = bob.create_group(NewGroup::new(), NOW).unwrap();
        at_bob.commit().add(&client.key_package(NOW).unwrap()).prepare(NOW).unwrap();
        at_bob.accept_commit().unwrap();
        let welcome = at_bob.welcome().unwrap();
        at_bob.welcome_sent().unwrap();
        let mut joined = again(&|| client.join(&welcome, None, NOW));
        assert_agree(&[&joined, &at_bob]);
        let message = joined.encrypt(b"joined").unwrap();
        assert_delivered(&message, b"joined", &mut [&mut at_bob]);
        let open = Error::Misuse(Misuse::GroupOpen);
        assert_eq!(client.join(&welcome, None, NOW).unwrap_err(), open);
        drop(joined);
        let joined = client.join_and_read(&welcome, None, NOW).unwrap();
        assert_eq!(joined.invited_by.credential, copath::Credential::basic(b"bob"));
        joined.group.delete().unwrap();
        let used = Error::Unavailable(Unavailable::KeyPackage);
        assert_eq!(client.join(&welcome, None, NOW).unwrap_err(), used);

        // An external join.
        let join = client.rejoin(&at_bob.group_info().unwrap(), None, NOW).unwrap();
        deliver_commit(join.message(), &mut [&mut at_bob]);
        let mut joined = again(&|| join.confirm());
        assert_agree(&[&joined, &at_bob]);
        let message = joined.encrypt(b"back").unwrap();
        assert_delivered(&message, b"back", &mut [&mut at_bob]);
    }
}

// covers: 11.2-07
#[test]
fn successors_and_branches_are_made_once() {
    for doubt in [Doubt::Done, Doubt::Lost, Doubt::Late] {
        let mut world = Doubted::new(doubt);
        let package = world.clients[1].key_package(NOW).unwrap();
        let parameters = copath::BranchParameters::default();
        world.store.doubt_next(doubt);
        let branch = |alice: &Group| alice.branch(&parameters, std::slice::from_ref(&package), NOW);
        assert_eq!(branch(&world.alice).unwrap_err(), unknown());
        world.store.come_back();
        let made = branch(&world.alice).unwrap();
        assert_eq!(world.clients[0].groups().unwrap().len(), 2, "{doubt:?}");
        made.delete().unwrap();

        let commit = world.alice.commit().reinit(&NewGroup::new()).prepare(NOW).unwrap();
        world.alice.accept_commit().unwrap();
        world.bob.receive_and_merge(&commit, NOW).unwrap();
        let successor = |alice: &Group| alice.successor(std::slice::from_ref(&package), NOW);
        world.store.doubt_next(doubt);
        assert_eq!(successor(&world.alice).unwrap_err(), unknown());
        world.store.come_back();
        let mut made = successor(&world.alice).unwrap();
        let joined = world.clients[1].join(&made.welcome().unwrap(), None, NOW).unwrap();
        assert_agree(&[&made, &joined]);
    }
}

#[test]
fn deleting_ends_once() {
    for doubt in DOUBTS {
        let mut world = Doubted::new(doubt);
        let id = world.alice.group_id().clone();
        let Doubted { store, clients, alice, .. } = world;
        let told = store.doubt_next(doubt);
        let outcome = alice.delete();
        if told {
            outcome.unwrap();
        } else {
            assert_eq!(outcome.unwrap_err(), unknown());
        }
        store.come_back();
        clients[0].delete_group(&id).unwrap();
        let missing = Error::Unavailable(Unavailable::Group(id.clone()));
        assert_eq!(clients[0].load_group(&id).unwrap_err(), missing);
        // And with a call before it that is still in doubt.
        world = Doubted::new(doubt);
        let told = world.store.doubt_next(doubt);
        assert_eq!(world.alice.encrypt(b"message").is_ok(), told);
        world.store.come_back();
        world.alice.delete().unwrap();
        assert!(world.clients[0].groups().unwrap().is_empty());
    }
}

#[test]
fn what_was_sent_is_forgotten_once() {
    for doubt in DOUBTS {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(Doubtful::default());
        let client = people.builder(0).store(store.clone()).outbox(Outbox::Kept).build().unwrap();
        let mut groups = group_of(&[client, people.client(1)]);
        let alice = &mut groups[0];
        let message = alice.encrypt(b"kept").unwrap();
        let told = store.doubt_next(doubt);
        assert_eq!(alice.sent(&message).is_ok(), told);
        store.come_back();
        alice.sent(&message).unwrap();
        assert_eq!(alice.outgoing().count(), 0);
        let message = alice.encrypt(b"again").unwrap();
        assert_eq!(alice.outgoing().next().map(|outgoing| outgoing.message), Some(message));
    }
}
