//! Doing again what was lost when a part of it is refused by now.

use std::sync::{Arc, Mutex};

use copath::messages::{Capabilities, ExternalSender, ExternalSenders, RequiredCapabilities};
use copath::{
    Client, Credential, CredentialQuestion, CredentialValidator, CredentialVerdict, Error, Extension,
    ExtensionType, Extensions, ForgoneReason, Group, Intent, LeafChange, MemoryStore, Misuse,
    RejectionReason, Secret, Subject, Timestamp, Unavailable,
};

use crate::people::{NOW, People, assert_agree, deliver_commit, group_of};

/// Believes everybody but those who were revoked.
#[derive(Clone, Debug, Default)]
struct Revocations(Arc<Mutex<Vec<Credential>>>);

impl Revocations {
    fn revoke(&self, name: &[u8]) {
        self.0.lock().unwrap().push(Credential::basic(name));
    }
}

impl CredentialValidator for Revocations {
    fn validate(&self, questions: &[CredentialQuestion], _now: Timestamp) -> Vec<CredentialVerdict> {
        let revoked = self.0.lock().unwrap();
        let verdict = |question: &CredentialQuestion| match question {
            CredentialQuestion::Valid { credential, .. } if revoked.contains(credential) => {
                CredentialVerdict::Rejected(RejectionReason::Revoked)
            }
            _ => CredentialVerdict::Accepted,
        };
        questions.iter().map(verdict).collect()
    }
}

/// Alice, whose commits win, and Bob, whose commits lose; Carol and Dave may be added.
struct Race {
    people: People,
    revocations: Revocations,
    client: Client,
    others: Vec<Client>,
    alice: Group,
    bob: Group,
}

const FEATURE: ExtensionType = ExtensionType(0xf001);

impl Race {
    fn new() -> Self {
        let people = People::new(&["alice", "bob", "carol", "dave"]);
        let revocations = Revocations::default();
        let client = |person| {
            let builder = people.builder(person).store(Arc::new(MemoryStore::new()));
            builder.validator(Arc::new(revocations.clone())).supporting_extension(FEATURE).build().unwrap()
        };
        let (alice, client, others) = (client(0), client(1), vec![client(2), client(3)]);
        for client in [&alice, &client] {
            client.store_psk(b"shared", &Secret::copy_of(b"known to both")).unwrap();
        }
        let mut groups = group_of(&[alice, client.clone()]);
        let (bob, alice) = (groups.pop().unwrap(), groups.pop().unwrap());
        Self { people, revocations, client, others, alice, bob }
    }

    fn lose(&mut self) {
        let winner = self.alice.commit().update().prepare(NOW).unwrap();
        self.alice.accept_commit().unwrap();
        deliver_commit(&winner, &mut [&mut self.bob]);
    }

    fn accept(&mut self, commit: &[u8]) {
        self.bob.accept_commit().unwrap();
        deliver_commit(commit, &mut [&mut self.alice]);
        assert_agree(&[&self.alice, &self.bob]);
    }
}

fn sending(names: &[&[u8]]) -> Extensions {
    let sender = |name: &&[u8]| ExternalSender {
        signature_key: name.to_vec().into(),
        credential: Credential::basic(*name),
    };
    let senders = ExternalSenders(names.iter().map(sender).collect());
    Extensions(vec![Extension::of(&senders).unwrap()])
}

// covers: 5.3.1-06
#[test]
fn an_external_sender_who_is_refused_is_left_out_and_the_rest_is_done() {
    let mut race = Race::new();
    let package = race.others[0].key_package(NOW).unwrap();
    let asked = sending(&[b"good", b"bad"]);
    race.bob.commit().psk(b"shared").extensions(asked.clone()).add(&package).prepare(NOW).unwrap();
    race.lose();
    race.revocations.revoke(b"bad");
    let redone = race.bob.redo(NOW).unwrap();
    let [forgone] = &redone.forgone[..] else { panic!("{redone:?}") };
    assert!(matches!(&forgone.intent, Intent::Extensions { wanted, .. } if *wanted == asked));
    let ForgoneReason::Refused(reason) = &forgone.reason else { panic!("{forgone:?}") };
    assert_eq!(reason.rule(), Some(copath::rules::rule!("5.3.1-06")));
    race.accept(&redone.message.unwrap());
    assert_eq!(race.alice.member_count(), 3);
    assert_eq!(race.alice.context().extensions, Extensions::default());
}

// covers: 5.3.1-01, 5.3.1-06
#[test]
fn a_refused_credential_is_named_by_the_position_of_its_proposal() {
    let mut race = Race::new();
    race.revocations.revoke(b"bad");
    race.revocations.revoke(b"dave");
    let packages = [race.others[0].key_package(NOW).unwrap(), race.others[1].key_package(NOW).unwrap()];
    let rejected = |error| match error {
        Error::CredentialRejected(rejection) => rejection.subject,
        other => panic!("{other:?}"),
    };
    let commit = race.bob.commit().add(&packages[0]).extensions(sending(&[b"good", b"bad"]));
    let subject = rejected(commit.prepare(NOW).unwrap_err());
    assert_eq!(subject, Subject::ProposedSender { proposal: 1, sender: 1 });
    let commit = race.bob.commit().psk(b"shared").add(&packages[0]).add(&packages[1]);
    let subject = rejected(commit.prepare(NOW).unwrap_err());
    assert_eq!((subject, subject.proposal()), (Subject::Proposal(2), Some(2)));
}

#[test]
fn all_that_is_refused_is_left_out_in_one_call() {
    let mut race = Race::new();
    let package = race.others[0].key_package(NOW).unwrap();
    let stale = race.others[1].key_package(NOW).unwrap();
    race.bob.commit().add(&stale).add(&package).psk(b"shared").prepare(NOW).unwrap();
    race.lose();
    race.bob.commit().extensions(sending(&[b"bad"])).prepare(NOW).unwrap();
    race.lose();
    race.revocations.revoke(b"bad");
    race.revocations.revoke(b"dave");
    let redone = race.bob.redo(NOW).unwrap();
    assert_eq!(redone.forgone.len(), 2, "{redone:?}");
    assert!(race.bob.lost_intents().is_none(), "they are pending now");
    race.accept(&redone.message.unwrap());
    assert_eq!(race.alice.member_count(), 3);
}

#[test]
fn of_two_intents_that_do_not_go_together_the_first_is_done() {
    let mut race = Race::new();
    // Two key packages of one client, and the same pre-shared key twice in one commit.
    for _ in 0..2 {
        let package = race.others[0].key_package(NOW).unwrap();
        race.bob.commit().add(&package).psk(b"shared").prepare(NOW).unwrap();
        race.lose();
    }
    let lost = race.bob.lost_intents().unwrap().intents.clone();
    assert_eq!(lost.len(), 3);
    let redone = race.bob.redo(NOW).unwrap();
    let forgone: Vec<_> = redone.forgone.iter().map(|forgone| &forgone.intent).collect();
    assert_eq!(forgone, [&lost[2]]);
    race.accept(&redone.message.unwrap());
    assert_eq!(race.alice.member_count(), 3);
    race.others[0].store_psk(b"shared", &Secret::copy_of(b"known to both")).unwrap();
    race.others[0].join(&race.bob.welcome().unwrap(), None, NOW).unwrap();
}

#[test]
fn a_change_of_the_own_leaf_that_is_refused_is_left_out() {
    let mut race = Race::new();
    let mut change = LeafChange::default();
    let own = race.bob.engine().own_leaf();
    let mut capabilities =
        race.bob.engine().tree().leaf(own).unwrap().to_leaf_node().unwrap().capabilities.clone();
    capabilities.extensions.retain(|supported| *supported != FEATURE);
    change.capabilities = Some(Capabilities { ..capabilities });
    race.bob.commit().leaf(change).psk(b"shared").prepare(NOW).unwrap();
    // Meanwhile the group asks all members to support what the change takes away.
    let required = RequiredCapabilities { extension_types: vec![FEATURE], ..Default::default() };
    let extensions = Extensions(vec![Extension::of(&required).unwrap()]);
    let winner = race.alice.commit().extensions(extensions).prepare(NOW).unwrap();
    race.alice.accept_commit().unwrap();
    deliver_commit(&winner, &mut [&mut race.bob]);
    let redone = race.bob.redo(NOW).unwrap();
    assert!(redone.leaf_refused.is_some() && redone.forgone.is_empty(), "{redone:?}");
    race.accept(&redone.message.unwrap());
}

// covers: 12.4.2-03
#[test]
fn what_can_not_be_had_is_left_out_on_request() {
    let mut race = Race::new();
    let package = race.others[0].key_package(NOW).unwrap();
    race.bob.commit().psk(b"shared").add(&package).prepare(NOW).unwrap();
    race.lose();
    race.client.delete_psk(b"shared").unwrap();
    let error = race.bob.redo(NOW).unwrap_err();
    assert!(matches!(error, Error::Unavailable(Unavailable::Psk(_))), "{error}");
    assert_eq!(race.bob.lost_intents().unwrap().intents.len(), 2, "nothing is forgotten");
    let nothing = Error::Misuse(Misuse::Group(copath::engine::Misuse::NothingLost));
    assert_eq!(race.bob.forget_lost_intent(2).unwrap_err(), nothing);
    race.bob.forget_lost_intent(0).unwrap();
    let redone = race.bob.redo(NOW).unwrap();
    assert_eq!(redone.forgone, []);
    race.accept(&redone.message.unwrap());
    assert_eq!(race.alice.member_count(), 3);
    // With the last one all is forgotten.
    race.client.store_psk(b"shared", &Secret::copy_of(b"known to both")).unwrap();
    race.bob.commit().psk(b"shared").prepare(NOW).unwrap();
    race.lose();
    race.bob.forget_lost_intent(0).unwrap();
    assert!(race.bob.lost_intents().is_none());
    assert!(race.people.client(1).unfinished().unwrap().is_empty());
}
