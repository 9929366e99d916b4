//! Requests and proposals from outside of a group.

use std::sync::Arc;

use copath::messages::{ExternalSender, ExternalSenders, Remove};
use copath::rules::rule;
use copath::{
    BranchParameters, Client, Error, Event, Extension, Extensions, ExternalProposer, GroupSettings, Identity,
    JoinRequests, MemoryStore, NewGroup, Proposal, Subject, Suite,
};
use copath_codec::Encode;

use crate::people::{NOW, People, SUITE, assert_agree, deliver_commit, group_of, handle_of};

fn taking_requests(people: &People, person: usize) -> Client {
    let mut settings = GroupSettings::default();
    settings.policy.join_requests = JoinRequests::Queued;
    people.builder(person).store(Arc::new(MemoryStore::new())).settings(settings).build().unwrap()
}

// covers: 12.1.8-05
#[test]
fn a_client_asks_and_is_added() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..2).map(|person| taking_requests(&people, person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let carol = people.client(2);
    let request = carol.ask_to_join(&alice.group_info().unwrap(), NOW).unwrap();
    for group in [&mut *alice, &mut *bob] {
        assert!(matches!(group.receive(&request, NOW), Ok(Event::ProposalQueued(_))));
    }
    let commit = bob.commit().prepare(NOW).unwrap();
    bob.accept_commit().unwrap();
    alice.receive_and_merge(&commit, NOW).unwrap();
    let at_carol = carol.join(&bob.welcome().unwrap(), None, NOW).unwrap();
    assert_agree(&[alice, bob, &at_carol]);
}

#[test]
fn requests_are_refused_by_default() {
    let people = People::new(&["alice", "bob", "carol"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let request = people.client(2).ask_to_join(&groups[0].group_info().unwrap(), NOW).unwrap();
    let error = groups[1].receive(&request, NOW).unwrap_err();
    assert_eq!(error.rule(), Some(copath::rules::rule!("12.1.8-05")));
    assert_eq!(groups[1].pending_proposals().count(), 0);
}

/// Neither the creator of a group or a branch nor a member who names its successor takes a sender whom the validator refuses.
// covers: 5.3.1-06
#[test]
fn senders_whom_nobody_vouches_for_get_into_no_group() {
    let people = People::new(&["alice", "bob", "server"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let known = people.client(2).identities()[0].clone();
    let provider = copath_provider_rustcrypto::provider();
    let stranger = Identity::generate(&provider, SUITE, known.credential().clone()).unwrap();
    let extensions = |senders: &[&Identity]| -> Extensions {
        let senders = senders.iter().map(|sender| ExternalSender {
            signature_key: sender.signature_key().into(),
            credential: sender.credential().clone(),
        });
        vec![Extension::of(&ExternalSenders(senders.collect())).unwrap()].into()
    };
    let new_group = |senders: &[&Identity]| NewGroup::new().extensions(extensions(senders));
    let refused = |error: Error, subject| match error {
        Error::CredentialRejected(rejection) => {
            assert_eq!((rejection.subject, rejection.rule), (subject, rule!("5.3.1-06")));
        }
        other => panic!("{other:?}"),
    };
    let error = clients[0].create_group(new_group(&[&known, &stranger]), NOW).unwrap_err();
    refused(error, Subject::ExternalSender(1));
    assert_eq!(clients[0].groups().unwrap(), []);
    clients[0].create_group(new_group(&[&known]), NOW).unwrap();

    let mut groups = group_of(&clients);
    let error = groups[0].commit().reinit(&new_group(&[&stranger])).prepare(NOW).unwrap_err();
    refused(error, Subject::ProposedSender { proposal: 0, sender: 0 });
    let error = groups[0].propose_reinit(&new_group(&[&stranger]), NOW).unwrap_err();
    refused(error, Subject::ProposedSender { proposal: 0, sender: 0 });
    assert!(groups[0].pending_commit().is_none() && groups[0].pending_proposals().count() == 0);

    let branch = |sender| BranchParameters { group_id: None, extensions: Some(extensions(&[sender])) };
    let error = groups[0].branch(&branch(&stranger), &[], NOW).unwrap_err();
    refused(error, Subject::ExternalSender(0));
    groups[0].branch(&branch(&known), &[], NOW).unwrap();
    groups[0].commit().reinit(&new_group(&[&known])).prepare(NOW).unwrap();
}

// covers: 12.1.8.1-01
#[test]
fn a_server_proposes_what_the_members_commit() {
    let people = People::new(&["alice", "bob", "server"]);
    let clients: Vec<_> = (0..2).map(|person| people.client(person)).collect();
    let mut groups = group_of(&clients);
    let [alice, bob] = &mut groups[..] else { panic!("two groups") };
    let server = people.client(2).identities()[0].clone();
    let sender = ExternalSender {
        signature_key: server.signature_key().into(),
        credential: server.credential().clone(),
    };
    let extension = Extension::of(&ExternalSenders(vec![sender])).unwrap();
    let commit = alice.commit().extensions(vec![extension].into()).prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    deliver_commit(&commit, &mut [bob]);

    let suite = Suite::new(&copath_provider_rustcrypto::provider(), SUITE).unwrap();
    let proposer = ExternalProposer::new(&suite, alice.group_id().clone(), alice.epoch(), 0);
    let removed = handle_of(alice, &clients[1]).leaf().as_u32();
    let message = proposer.propose(Proposal::Remove(Remove { removed }), server.signer().as_ref()).unwrap();
    let message = message.to_bytes().unwrap();
    for group in [&mut *alice, &mut *bob] {
        assert!(matches!(group.receive(&message, NOW), Ok(Event::ProposalQueued(_))));
    }
    let commit = alice.commit().prepare(NOW).unwrap();
    alice.accept_commit().unwrap();
    bob.receive_and_merge(&commit, NOW).unwrap();
    assert!(bob.is_removed());
}
