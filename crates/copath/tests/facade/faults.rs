//! A script of all operations, in which every single batch fails once, one after the other.
//!
//! Before or after it is durable, with or without anybody knowing, late or twice, and going on with the same handle or
//! after a restart: the group always goes on, whatever a call returned is in the store, and no group is there twice.

use std::sync::Arc;

use copath::{
    Client, DangerousSnapshot, Error, Event, ExternalJoin, ExternalJoinOptions, Group, GroupId, Inbox,
    Merged, Misuse, NewGroup, Outbox, Rejection, Secret, SnapshotKey, StoreError, Unavailable,
};

use crate::doubtful::{Doubt, Doubtful};
use crate::people::{NOW, People, assert_agree, assert_delivered, deliver_commit};

/// How one goes on after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GoOn {
    /// Calls again.
    CallAgain,
    /// Starts again from the store, and then calls again.
    Restart,
}

struct Script {
    people: People,
    store: Arc<Doubtful>,
    client: Client,
    alice: Option<Group>,
    /// Other groups of Alice, which she joins.
    joined: Vec<Group>,
    join: Option<ExternalJoin>,
    bobs: Client,
    bob: Option<Group>,
    /// The other sides of `joined`.
    at_bob: Vec<Group>,
    /// What Bob made for Alice, once.
    from_bob: Vec<u8>,
    snapshot: Option<DangerousSnapshot>,
}

type Step = fn(&mut Script) -> Result<(), Error>;

const HOME: &[u8] = b"home";

impl Script {
    fn new(after: u64, doubt: Doubt) -> Self {
        let people = People::new(&["alice", "bob"]);
        let store = Arc::new(Doubtful::at(after, doubt));
        let client = Self::client(&people, &store);
        let bobs = people.client(1);
        bobs.store_psk(b"shared", &Secret::copy_of(b"known")).unwrap();
        Self {
            people,
            store,
            client,
            alice: None,
            joined: Vec::new(),
            join: None,
            bobs,
            bob: None,
            at_bob: Vec::new(),
            from_bob: Vec::new(),
            snapshot: None,
        }
    }

    fn client(people: &People, store: &Arc<Doubtful>) -> Client {
        let builder = people.builder(0).store(store.clone());
        builder.outbox(Outbox::Kept).inbox(Inbox::Kept).build().unwrap()
    }

    fn alice(&mut self) -> &mut Group {
        self.alice.as_mut().unwrap()
    }

    fn bob(&mut self) -> &mut Group {
        self.bob.as_mut().unwrap()
    }

    fn restart(&mut self) {
        (self.alice, self.join) = (None, None);
        self.joined.clear();
        self.client = Self::client(&self.people, &self.store);
        for id in self.client.groups().unwrap() {
            let group = self.client.load_group(&id).unwrap();
            if *id == *HOME { self.alice = Some(group) } else { self.joined.push(group) }
        }
        if let Some(id) = self.client.external_joins().unwrap().first() {
            self.join = Some(self.client.external_join(id).unwrap());
        }
    }

    /// What a crash right now would leave is what is in memory: nothing was returned that isn't durable.
    fn assert_durable(&self) {
        let copy = self.people.client_on(0, Arc::new(self.store.inner.snapshot().unwrap()));
        for joined in &self.joined {
            assert_agree(&[joined, &copy.load_group(joined.group_id()).unwrap()]);
        }
        let Some(alice) = &self.alice else { return };
        let stored = copy.load_group(alice.group_id()).unwrap();
        assert_agree(&[alice, &stored]);
        assert_eq!(alice.pending_commit(), stored.pending_commit());
        assert_eq!(alice.lost_intents(), stored.lost_intents());
        assert!(alice.outgoing().eq(stored.outgoing()));
        assert!(alice.unhandled().eq(stored.unhandled()));
        assert!(alice.pending_proposals().eq(stored.pending_proposals()));
        assert_eq!(alice.owes_welcome(), stored.owes_welcome());
    }

    fn deliver(&mut self, message: Vec<u8>) {
        self.bob().receive_and_merge(&message, NOW).unwrap();
    }

    /// Alice reads what Bob made; after a failure perhaps for the second time.
    fn read(&mut self) -> Result<Event, Error> {
        let message = self.from_bob.clone();
        self.alice().receive_and_merge(&message, NOW)
    }

    /// Alice merges Bob's commit; after a restart she may have done so already, and be in its epoch.
    fn read_commit(&mut self) -> Result<(), Error> {
        match self.read() {
            Ok(Event::CommitMerged { outcome: Merged::Epoch(_), .. }) => Ok(()),
            Err(Error::Rejected(Rejection::WrongEpoch { message, group, .. })) => {
                assert_eq!((message + 1, group), (group, self.bob().epoch()));
                Ok(())
            }
            Err(error) => Err(error),
            Ok(other) => panic!("{other:?}"),
        }
    }

    fn bobs_commit(&mut self) {
        self.from_bob = self.bob().commit().update().prepare(NOW).unwrap();
        self.bob().accept_commit().unwrap();
    }
}

fn accept(script: &mut Script) -> Result<(), Error> {
    match script.alice().accept_commit() {
        Err(Error::Misuse(_)) if script.alice().pending_commit().is_none() => Ok(()),
        other => other.map(drop),
    }
}

fn forget_sent(script: &mut Script) -> Result<(), Error> {
    for outgoing in script.alice().outgoing().collect::<Vec<_>>() {
        script.alice().sent(&outgoing.message)?;
    }
    Ok(())
}

/// A group of two comes to be, and talks.
fn beginning() -> Vec<(&'static str, Step)> {
    vec![
        ("a key package", |s| s.client.key_package(NOW).map(drop)),
        ("a pre-shared key", |s| s.client.store_psk(b"shared", &Secret::copy_of(b"known"))),
        ("a group", |s| {
            if s.alice.is_none() {
                s.alice = Some(s.client.create_group(NewGroup::new().group_id(HOME), NOW)?);
            }
            Ok(())
        }),
        ("an Add is prepared", |s| {
            if s.from_bob.is_empty() {
                s.from_bob = s.bobs.key_package(NOW).unwrap();
            }
            let package = s.from_bob.clone();
            s.alice().commit().add(&package).prepare(NOW).map(drop)
        }),
        ("and accepted", accept),
        ("a Welcome", |s| {
            let welcome = s.alice().welcome()?;
            s.bob = Some(s.bobs.join(&welcome, None, NOW).unwrap());
            Ok(())
        }),
        ("which was sent", |s| if s.alice().owes_welcome() { s.alice().welcome_sent() } else { Ok(()) }),
        ("a message", |s| {
            let message = s.alice().encrypt(b"one")?;
            assert_delivered(&message, b"one", &mut [s.bob()]);
            Ok(())
        }),
        ("messages were sent", forget_sent),
        ("Bob speaks", |s| {
            s.from_bob = s.bob().encrypt(b"two").unwrap();
            Ok(())
        }),
        ("a message is read", |s| match s.read()? {
            Event::Application(message) => {
                assert_eq!(message.data, b"two");
                Ok(())
            }
            other => panic!("{other:?}"),
        }),
        ("and handled", |s| {
            let message = s.from_bob.clone();
            s.alice().handled(&message)
        }),
    ]
}

/// Alice comes into other groups of Bob's, and her own one goes to another store and comes back.
fn journeys() -> Vec<(&'static str, Step)> {
    vec![
        ("a key package for Bob", |s| {
            let package = s.client.key_package(NOW)?;
            let mut group = s.bobs.create_group(NewGroup::new(), NOW).unwrap();
            group.commit().add(&package).prepare(NOW).unwrap();
            group.accept_commit().unwrap();
            s.from_bob = group.welcome().unwrap();
            s.at_bob.push(group);
            Ok(())
        }),
        ("a Welcome is followed", |s| {
            if s.joined.is_empty() {
                let joined = s.client.join(&s.from_bob, None, NOW)?;
                s.joined.push(joined);
            }
            Ok(())
        }),
        ("Alice speaks there", |s| {
            let message = s.joined[0].encrypt(b"new here")?;
            assert_delivered(&message, b"new here", &mut [s.at_bob.last_mut().unwrap()]);
            Ok(())
        }),
        ("an external join", |s| {
            if s.at_bob.len() < 2 {
                s.at_bob.push(s.bobs.create_group(NewGroup::new(), NOW).unwrap());
            }
            let info = s.at_bob[1].group_info().unwrap();
            s.join = Some(s.client.join_externally(&info, None, ExternalJoinOptions::default(), NOW)?);
            Ok(())
        }),
        ("which Bob accepts", |s| {
            deliver_commit(s.join.as_ref().unwrap().message(), &mut [&mut s.at_bob[1]]);
            Ok(())
        }),
        ("and is confirmed", |s| {
            if s.joined.len() < 2 {
                let joined = s.join.as_ref().unwrap().confirm()?;
                s.joined.push(joined);
            }
            Ok(())
        }),
        ("it goes to another store", |s| {
            s.snapshot = Some(leave(s)?);
            Ok(())
        }),
        ("and comes back", |s| {
            let elsewhere = s.people.client(0);
            let moved = elsewhere.import_group(s.snapshot.as_ref().unwrap(), &key()).unwrap();
            s.snapshot = Some(moved.export_for_moving(&key()).unwrap().snapshot);
            Ok(())
        }),
        ("home", |s| {
            if s.alice.is_none() {
                s.alice = Some(s.client.import_group(s.snapshot.as_ref().unwrap(), &key())?);
            }
            Ok(())
        }),
    ]
}

fn key() -> SnapshotKey {
    SnapshotKey::from_secret(Secret::copy_of(&[7; 32])).unwrap()
}

/// Calling again finds the snapshot of an export that took place.
fn leave(script: &mut Script) -> Result<DangerousSnapshot, Error> {
    let id = GroupId::from(HOME.to_vec());
    let group = match script.alice.take() {
        Some(group) => group,
        None => match script.client.load_group(&id) {
            Err(Error::Misuse(Misuse::Moved)) => return script.client.moved_snapshot(&id),
            group => group?,
        },
    };
    match group.export_for_moving(&key()) {
        Err(Error::Misuse(Misuse::Moved)) => script.client.moved_snapshot(&id),
        exported => exported.map(|exported| exported.snapshot),
    }
}

/// Its keys change, by both.
fn changes() -> Vec<(&'static str, Step)> {
    vec![
        ("an Update is proposed", |s| {
            let message = s.alice().propose_update(NOW)?;
            s.deliver(message);
            Ok(())
        }),
        ("Bob proposes", |s| {
            s.from_bob = s.bob().propose_psk(b"shared", NOW).unwrap();
            Ok(())
        }),
        ("a proposal is read", |s| match s.read() {
            // Read before the restart: its key is used up, and it is in the group's state.
            Err(error) if error.rule() == Some(copath::rules::rule!("6.3.1-11")) => {
                assert_eq!(s.alice().pending_proposals().count(), 2);
                Ok(())
            }
            other => other.map(drop),
        }),
        ("Bob commits both", |s| {
            s.from_bob = s.bob().commit().prepare(NOW).unwrap();
            s.bob().accept_commit().unwrap();
            Ok(())
        }),
        ("a commit is merged", |s| s.read_commit()),
        ("a commit is prepared", |s| s.alice().commit().update().prepare(NOW).map(drop)),
        (
            "and dropped",
            |s| if s.alice().pending_commit().is_some() { s.alice().drop_commit() } else { Ok(()) },
        ),
        ("another is prepared", |s| s.alice().commit().psk(b"shared").without_path().prepare(NOW).map(drop)),
        ("Bob is first", |s| {
            s.bobs_commit();
            Ok(())
        }),
        ("and wins", |s| s.read_commit()),
        ("what was lost is done again", |s| {
            if s.alice().lost_intents().is_some() { s.alice().redo(NOW).map(drop) } else { Ok(()) }
        }),
        ("and sent to Bob", |s| {
            if let Some(message) = s.alice().pending_commit().map(<[u8]>::to_vec) {
                s.deliver(message);
            }
            Ok(())
        }),
        ("and accepted, too", accept),
        ("one more is lost", |s| s.alice().commit().update().prepare(NOW).map(drop)),
        ("Bob is first again", |s| {
            s.bobs_commit();
            Ok(())
        }),
        ("and wins again", |s| s.read_commit()),
        ("and it is forgotten", |s| {
            if s.alice().lost_intents().is_some() { s.alice().forget_lost_intents() } else { Ok(()) }
        }),
        ("expired key packages go", |s| s.client.delete_expired_key_packages(NOW).map(drop)),
    ]
}

/// Runs the script; whether the doubtful batch came in it.
fn run(after: u64, doubt: Doubt, go_on: GoOn) -> bool {
    let mut script = Script::new(after, doubt);
    for (name, step) in beginning().into_iter().chain(changes()).chain(journeys()) {
        let outcome = match step(&mut script) {
            Err(Error::Unavailable(
                Unavailable::Store(StoreError::Unavailable) | Unavailable::UnknownOutcome(_),
            )) => {
                script.store.come_back();
                if go_on == GoOn::Restart {
                    script.restart();
                    script.assert_durable();
                }
                step(&mut script)
            }
            other => other,
        };
        outcome.unwrap_or_else(|error| panic!("batch {after}, {doubt:?}, {go_on:?}: {name}: {error}"));
        script.store.come_back();
        script.assert_durable();
    }
    let Script { mut alice, mut bob, joined, at_bob, .. } = script;
    let (Some(alice), Some(bob)) = (&mut alice, &mut bob) else { panic!("two groups") };
    let in_script = script.store.has_failed();
    let message = alice.encrypt(b"all is well").or_else(|_| {
        script.store.come_back();
        alice.encrypt(b"all is well")
    });
    assert_delivered(&message.unwrap(), b"all is well", &mut [bob]);
    assert_agree(&[alice, bob]);
    let groups = script.client.groups().unwrap();
    assert_eq!((groups.len(), joined.len()), (3, 2), "batch {after}, {doubt:?}: no group is there twice");
    for here in &joined {
        let there = at_bob.iter().find(|there| there.group_id() == here.group_id()).unwrap();
        assert_agree(&[here, there]);
    }
    in_script
}

// covers: 9.1-01, 14-03
#[test]
fn every_single_batch_may_fail() {
    for (doubt, go_on) in [
        (Doubt::Refused, GoOn::CallAgain),
        (Doubt::Refused, GoOn::Restart),
        (Doubt::SaysFailed, GoOn::CallAgain),
        (Doubt::Repeated, GoOn::CallAgain),
    ] {
        assert_survives(doubt, go_on);
    }
}

// covers: 9.1-01, 14-03
#[test]
fn of_every_single_batch_the_outcome_may_be_unknown() {
    for (doubt, go_on) in [
        (Doubt::Done, GoOn::CallAgain),
        (Doubt::Done, GoOn::Restart),
        (Doubt::Lost, GoOn::CallAgain),
        (Doubt::Lost, GoOn::Restart),
        (Doubt::Late, GoOn::CallAgain),
    ] {
        assert_survives(doubt, go_on);
    }
}

fn assert_survives(doubt: Doubt, go_on: GoOn) {
    let failed = (0..).take_while(|after| run(*after, doubt, go_on)).count();
    assert!(failed > 30, "{failed} batches");
}
