//! What stands in the store: all of the group, and of a removed member only what late messages need.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use copath_codec::{DecodeContext, Reader};
use copath_crypto::{CipherSuite, CryptoProvider};
use copath_group::{CommitOptions, Group, Merged, Misuse, Received, WelcomeOptions};
use copath_messages::Extensions;
use copath_provider_rustcrypto::RustCrypto;
use copath_records::{MemoryStore, RecordKey, RecordKind, Store, unwrap_payload};
use copath_testing::{Member, NOW, Outcome, add, assert_agreement, external_psk, remove};

/// Alice and bob after some commits and messages, some of them late.
fn pair() -> (Member, Member) {
    let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::seeded([21; 32]));
    let mut alice = Member::new(&provider, CipherSuite(1), "alice");
    let mut bob = Member::new(&provider, CipherSuite(1), "bob");
    alice.create(Extensions::default());
    let package = bob.key_package();
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let welcomes = alice.accept(WelcomeOptions::default());
    bob.join(welcomes.first().unwrap(), None).unwrap();
    for _ in 0..2 {
        let skipped = alice.encrypt(b"skipped").unwrap();
        let read = alice.encrypt(b"read").unwrap();
        assert_eq!(bob.receive(&read), Ok(Outcome::Data(b"read".to_vec())));
        let commit = alice.commit(CommitOptions::new()).unwrap();
        alice.accept(WelcomeOptions::default());
        assert!(matches!(bob.receive(&commit), Ok(Outcome::Merged(Merged::Epoch(_)))));
        assert_eq!(bob.receive(&skipped), Ok(Outcome::Data(b"skipped".to_vec())));
    }
    assert_agreement(&[&alice, &bob]);
    (alice, bob)
}

/// All records of a store.
fn records(store: &MemoryStore) -> Vec<(RecordKey, Vec<u8>)> {
    let kinds = (0..=u8::MAX).map(|kind| RecordKey::new(RecordKind(kind)));
    let records = kinds.flat_map(|kind| store.scan(&kind).unwrap());
    records.map(|(key, record)| (key, record.expose().to_vec())).collect()
}

#[test]
fn all_records_of_a_living_group_are_those_that_its_changes_stored() {
    let (mut alice, mut bob) = pair();
    let proposal = bob.propose(external_psk(&bob.suite, b"psk")).unwrap();
    alice.psks.insert(b"psk".to_vec(), b"secret".to_vec());
    assert_eq!(alice.receive(&proposal), Ok(Outcome::Queued));
    let package = Member::new(alice.suite.provider(), CipherSuite(1), "carol").key_package();
    alice.commit(CommitOptions::new().propose(add(package))).unwrap();
    let stored = records(&alice.store);
    let kinds =
        [RecordKind::PAST_EPOCH, RecordKind::PAST_LEAF, RecordKind::PROPOSAL, RecordKind::PENDING_COMMIT];
    for kind in kinds {
        assert!(stored.iter().any(|(key, _)| key.kind() == kind), "none of {kind:?}");
    }
    let other = MemoryStore::new();
    other.commit(&alice.group().all_records().unwrap()).unwrap();
    assert!(records(&other) == stored);

    alice.store.commit(&alice.group().all_records().unwrap()).unwrap();
    alice.reload();
    assert!(alice.group().has_pending_commit());
    assert_eq!(alice.group().pending_proposals().count(), 1);
    alice.accept(WelcomeOptions::default());
    let other = MemoryStore::new();
    other.commit(&alice.group().all_records().unwrap()).unwrap();
    assert!(records(&other) == records(&alice.store));
}

// covers: 12.4.2-13
#[test]
fn a_removed_member_keeps_what_late_messages_need_alone() {
    let (mut alice, mut bob) = pair();
    let late = alice.encrypt(b"late").unwrap();
    let prefix = |kind| RecordKey::new(kind).push_bytes(bob.group().group_id());
    let epoch_secrets = bob.store.load(&prefix(RecordKind::EPOCH_SECRETS)).unwrap().unwrap();
    let (_, payload) = unwrap_payload(&epoch_secrets).unwrap();
    let mut reader = Reader::new(payload, DecodeContext::rfc9420());
    let secrets: Vec<Vec<u8>> = (0..8).map(|_| reader.opaque().unwrap().to_vec()).collect();
    let [_, exporter, external, confirmation, membership, _, _, init] = secrets.try_into().unwrap();
    let node_keys = bob.store.scan(&prefix(RecordKind::NODE_KEY)).unwrap();
    let node_keys = node_keys.iter().map(|(_, record)| {
        let mut reader = Reader::new(unwrap_payload(record).unwrap().1, DecodeContext::rfc9420());
        reader.opaque().unwrap();
        reader.opaque().unwrap().to_vec()
    });
    let mut erased = vec![exporter, external, confirmation, membership, init];
    erased.extend(node_keys);
    assert!(erased.len() > 5);
    let holds = |octets: &[u8], secret: &Vec<u8>| octets.windows(secret.len()).any(|window| window == secret);
    let kept =
        |member: &Member, secret| records(&member.store).iter().any(|(_, record)| holds(record, secret));
    assert!(erased.iter().all(|secret| kept(&bob, secret)));

    let commit = alice.commit(CommitOptions::new().propose(remove(bob.group().own_leaf()))).unwrap();
    assert_eq!(bob.receive(&commit), Ok(Outcome::Merged(Merged::Removed)));
    assert!(!erased.iter().any(|secret| kept(&bob, secret)));
    let all = MemoryStore::new();
    all.commit(&bob.group().all_records().unwrap()).unwrap();
    assert!(records(&all) == records(&bob.store));

    bob.reload();
    assert!(bob.group().is_removed());
    assert_eq!(bob.group().export_secret(b"label", b"", 32).err(), Some(Misuse::Removed.into()));
    assert_eq!(bob.receive(&late), Ok(Outcome::Data(b"late".to_vec())));
}

// covers: 2-01
#[test]
fn a_received_message_is_not_in_its_debug_form() {
    let (mut alice, bob) = pair();
    let message = alice.encrypt(b"\xab\xad").unwrap();
    let group: &Group = bob.group();
    let Ok(Received::Application(prepared)) = group.receive(&message, NOW) else { panic!("no data") };
    assert_eq!(prepared.output.data, b"\xab\xad");
    let shown = format!("{:?}", prepared.output);
    assert!(!shown.contains("171") && shown.contains("data.len: 2"), "{shown}");
}
