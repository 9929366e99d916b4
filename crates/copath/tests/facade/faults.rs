//! A script of all operations, in which every single batch fails once, one after the other.
//!
//! Before or after it is durable, and going on with the same handle or after a restart: the group always goes on, and
//! whatever a call returned is in the store.

use std::sync::Arc;

use copath::{
    Client, Error, Event, Group, MemoryStore, Merged, NewGroup, Outbox, Secret, StoreError, Unavailable,
};
use copath_testing::{Fault, FaultyStore};

use crate::people::{NOW, People, assert_agree, assert_delivered};

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
    memory: Arc<MemoryStore>,
    store: Arc<FaultyStore<Arc<MemoryStore>>>,
    client: Client,
    alice: Option<Group>,
    bobs: Client,
    bob: Option<Group>,
    /// What Bob made for Alice, once.
    from_bob: Vec<u8>,
}

type Step = fn(&mut Script) -> Result<(), Error>;

impl Script {
    fn new(after: u64, fault: Fault) -> Self {
        let people = People::new(&["alice", "bob"]);
        let memory = Arc::new(MemoryStore::new());
        let store = Arc::new(FaultyStore::new(Arc::clone(&memory), after, fault));
        let client = people.builder(0).store(store.clone()).outbox(Outbox::Kept).build().unwrap();
        let bobs = people.client(1);
        bobs.store_psk(b"shared", &Secret::copy_of(b"known")).unwrap();
        Self { people, memory, store, client, alice: None, bobs, bob: None, from_bob: Vec::new() }
    }

    fn alice(&mut self) -> &mut Group {
        self.alice.as_mut().unwrap()
    }

    fn bob(&mut self) -> &mut Group {
        self.bob.as_mut().unwrap()
    }

    fn restart(&mut self) {
        self.alice = None;
        self.client = self.people.builder(0).store(self.store.clone()).outbox(Outbox::Kept).build().unwrap();
        self.alice = self.client.groups().unwrap().first().map(|id| self.client.load_group(id).unwrap());
    }

    /// What a crash right now would leave is what is in memory: nothing was returned that isn't durable.
    fn assert_durable(&self) {
        let Some(alice) = &self.alice else { return };
        let copy = self.people.client_on(0, Arc::new(self.memory.snapshot().unwrap()));
        let stored = copy.load_group(alice.group_id()).unwrap();
        assert_agree(&[alice, &stored]);
        assert_eq!(alice.pending_commit(), stored.pending_commit());
        assert_eq!(alice.lost_intents(), stored.lost_intents());
        assert!(alice.outgoing().eq(stored.outgoing()));
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
            s.alice = Some(s.client.create_group(NewGroup::new(), NOW)?);
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
    ]
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
        ("a proposal is read", |s| s.read().map(drop)),
        ("Bob commits both", |s| {
            s.from_bob = s.bob().commit().prepare(NOW).unwrap();
            s.bob().accept_commit().unwrap();
            Ok(())
        }),
        ("a commit is merged", |s| s.read().map(drop)),
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
        ("and wins", |s| match s.read()? {
            Event::CommitMerged { outcome: Merged::Epoch(_), .. } => Ok(()),
            other => panic!("{other:?}"),
        }),
        ("what was lost is done again", |s| {
            if s.alice().lost_intents().is_some() { s.alice().redo(NOW).map(drop) } else { Ok(()) }
        }),
        ("and accepted, too", |s| {
            if let Some(message) = s.alice().pending_commit().map(<[u8]>::to_vec) {
                accept(s)?;
                s.deliver(message);
            }
            Ok(())
        }),
        ("one more is lost", |s| s.alice().commit().update().prepare(NOW).map(drop)),
        ("Bob is first again", |s| {
            s.bobs_commit();
            Ok(())
        }),
        ("and wins again", |s| s.read().map(drop)),
        ("and it is forgotten", |s| {
            if s.alice().lost_intents().is_some() { s.alice().forget_lost_intents() } else { Ok(()) }
        }),
        ("expired key packages go", |s| s.client.delete_expired_key_packages(NOW).map(drop)),
    ]
}

/// Runs the script; whether the fault happened in it.
fn run(after: u64, fault: Fault, go_on: GoOn) -> bool {
    let mut script = Script::new(after, fault);
    for (name, step) in beginning().into_iter().chain(changes()) {
        let outcome = match step(&mut script) {
            Err(Error::Unavailable(
                Unavailable::Store(StoreError::Io) | Unavailable::UnknownOutcome(StoreError::Io),
            )) => {
                if go_on == GoOn::Restart {
                    script.restart();
                }
                script.assert_durable();
                step(&mut script)
            }
            other => other,
        };
        outcome.unwrap_or_else(|error| panic!("batch {after}, {fault:?}, {go_on:?}: {name}: {error}"));
        script.assert_durable();
    }
    let Script { mut alice, mut bob, .. } = script;
    let (Some(alice), Some(bob)) = (&mut alice, &mut bob) else { panic!("two groups") };
    let in_script = script.store.has_failed();
    let message = alice.encrypt(b"all is well").or_else(|_| alice.encrypt(b"all is well")).unwrap();
    assert_delivered(&message, b"all is well", &mut [bob]);
    assert_agree(&[alice, bob]);
    in_script
}

// covers: 9.1-01, 14-03
#[test]
fn every_single_batch_may_fail() {
    for fault in [Fault::BeforeDurable(StoreError::Io), Fault::AfterDurable(StoreError::Io)] {
        for go_on in [GoOn::CallAgain, GoOn::Restart] {
            let failed = (0..).take_while(|after| run(*after, fault, go_on)).count();
            assert!(failed > 20, "{failed} batches");
        }
    }
}
