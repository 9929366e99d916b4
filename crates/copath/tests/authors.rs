//! Whatever is received tells who did it, as of the epoch in which it was done.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure in here is a failed test")]

use std::sync::Arc;

use copath::messages::Sender;
use copath::{
    Author, Client, Credential, Event, FixedDirectory, Group, Identity, MemoryStore, NewGroup, ProposalType,
    SuiteParameters, Timestamp,
};

const NOW: Timestamp = Timestamp(1_700_000_000);
const NAMES: [&str; 3] = ["alice", "bob", "carol"];

struct World {
    identities: [Identity; 3],
    /// Bob's next one.
    next: Identity,
    directory: Arc<FixedDirectory>,
}

impl World {
    fn new() -> Self {
        let provider = copath_provider_rustcrypto::provider();
        let suite = SuiteParameters::ALL[0].suite;
        let identity =
            |name: &str| Identity::generate(&provider, suite, Credential::basic(name.as_bytes())).unwrap();
        let (identities, next) = (NAMES.map(identity), identity("bob"));
        let mut directory = FixedDirectory::new();
        for (name, identity) in NAMES.iter().zip(&identities).chain([(&"bob", &next)]) {
            directory.insert(name.as_bytes(), identity.signature_key());
        }
        Self { identities, next, directory: Arc::new(directory) }
    }

    fn client(&self, person: usize) -> Client {
        let builder = Client::builder()
            .provider(copath_provider_rustcrypto::provider())
            .store(Arc::new(MemoryStore::new()))
            .validator(self.directory.clone())
            .suite(SuiteParameters::ALL[0].suite)
            .identity(self.identities[person].clone());
        let builder = if person == 1 { builder.identity(self.next.clone()) } else { builder };
        builder.build().unwrap()
    }

    /// A group of three that Alice has made, and who she is to those who joined.
    fn group(&self) -> ([Group; 3], Author) {
        let [alice, bob, carol] = [0, 1, 2].map(|person| self.client(person));
        let mut at_alice = alice.create_group(NewGroup::new(), NOW).unwrap();
        let packages = [&bob, &carol].map(|client| client.key_package(NOW).unwrap());
        at_alice.commit().add(&packages[0]).add(&packages[1]).prepare(NOW).unwrap();
        at_alice.accept_commit().unwrap();
        let welcome = at_alice.welcome().unwrap();
        let at_bob = bob.join_and_read(&welcome, None, NOW).unwrap();
        let at_carol = carol.join_and_read(&welcome, None, NOW).unwrap();
        assert_eq!(at_bob.invited_by, at_carol.invited_by);
        let inviter = Author::clone(&at_bob.invited_by);
        ([at_alice, at_bob.group, at_carol.group], inviter)
    }

    fn author(&self, person: usize) -> Author {
        let identity = &self.identities[person];
        Author {
            sender: Sender::Member { leaf_index: u32::try_from(person).unwrap() },
            credential: identity.credential().clone(),
            signature_key: identity.signature_key().into(),
        }
    }
}

#[test]
fn joiners_learn_who_invited_them() {
    let world = World::new();
    assert_eq!(world.group().1, world.author(0));
}

#[test]
fn a_message_is_by_whoever_sent_it_in_its_epoch() {
    let world = World::new();
    let ([mut at_alice, mut at_bob, _], _) = world.group();
    let late = at_bob.encrypt(b"late").unwrap();
    let commit = at_bob.commit().identity(&world.next).prepare(NOW).unwrap();
    let Event::CommitMerged { summary, .. } = at_alice.receive_and_merge(&commit, NOW).unwrap() else {
        panic!("no commit")
    };
    assert_eq!(*summary.committer.proposed_by, world.author(1));
    assert_eq!(summary.committer_update.unwrap().signature_key.as_slice(), world.next.signature_key());
    at_bob.accept_commit().unwrap();
    let timely = at_bob.encrypt(b"timely").unwrap();
    for (message, key) in [(timely, &world.next), (late, &world.identities[1])] {
        let Event::Application(received) = at_alice.receive(&message, NOW).unwrap() else {
            panic!("no data")
        };
        assert_eq!(received.sender.leaf.as_u32(), 1);
        assert_eq!(received.sender.credential, *key.credential());
        assert_eq!(received.sender.signature_key.as_slice(), key.signature_key());
    }
}

#[test]
fn a_proposal_and_what_it_becomes_name_its_author() {
    let world = World::new();
    let ([mut at_alice, mut at_bob, mut at_carol], _) = world.group();
    let carol = at_bob.find_member(world.identities[2].signature_key()).unwrap().handle;
    let proposal = at_bob.propose_remove(carol, NOW).unwrap();
    for group in [&mut at_alice, &mut at_carol] {
        let Event::ProposalQueued(queued) = group.receive(&proposal, NOW).unwrap() else {
            panic!("no proposal")
        };
        assert_eq!(*queued.proposed_by, world.author(1));
        assert_eq!(*group.pending_proposals().next().unwrap().proposed_by, world.author(1));
    }
    let commit = at_alice.commit().prepare(NOW).unwrap();
    let Event::CommitStaged(staged) = at_bob.receive(&commit, NOW).unwrap() else { panic!("no commit") };
    let summary = staged.summary();
    assert_eq!(*summary.committer.proposed_by, world.author(0));
    assert_eq!(summary.removed[0].credential, *world.identities[2].credential());
    assert_eq!(*summary.removed[0].proposed_by, world.author(1));
    let covered: Vec<_> = summary.proposals.iter().map(|p| (p.proposal_type, &*p.proposed_by)).collect();
    assert_eq!(covered, [(ProposalType::REMOVE, &world.author(1))]);
}
