//! Trust on first use.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use copath_credentials::{
    Credential, CredentialQuestion, CredentialRole, CredentialValidator, CredentialVerdict, RejectionReason,
};
use copath_credentials_basic::{
    BasicError, Decision, FirstUsePolicy, KeyStatus, OnKeyChange, TrustOnFirstUse,
};
use copath_records::{MemoryStore, Record, RecordKey, RecordKind, StateDelta, Store, StoreError};

use crate::failing_store::FailingStore;
use crate::questions::{NOW, ask, ask_one, same_client, successor, valid};

use CredentialRole::{Added, Committer, ExternalJoiner, ExternalSender, JoinRequest, Member, Updated};
use RejectionReason::{NotASuccessor, Unavailable, Unknown, UnsupportedType, WrongIdentity, WrongKey};

fn open(store: &Arc<MemoryStore>, policy: FirstUsePolicy) -> TrustOnFirstUse {
    TrustOnFirstUse::open(store.clone(), policy).unwrap()
}

fn fresh() -> TrustOnFirstUse {
    open(&Arc::default(), FirstUsePolicy::default())
}

fn statuses(validator: &TrustOnFirstUse, name: &str) -> Vec<(Vec<u8>, KeyStatus)> {
    let keys = validator.known_keys(name.as_bytes());
    keys.into_iter().map(|key| (key.signature_key.into_vec(), key.status)).collect()
}

#[test]
fn the_first_key_is_believed_and_remembered_across_restarts() {
    let store = Arc::new(MemoryStore::new());
    let validator = open(&store, FirstUsePolicy::default());
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
    assert_eq!(ask_one(&validator, valid(Member, "alice", b"a1")), Ok(()));
    assert!(validator.news().is_empty());
    drop(validator);
    let validator = open(&store, FirstUsePolicy::default());
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a2")), Err(WrongKey));
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
}

#[test]
fn who_comes_by_itself_waits_for_the_application() {
    for role in [JoinRequest, ExternalJoiner, ExternalSender] {
        let validator = fresh();
        assert_eq!(ask_one(&validator, valid(role, "alice", b"a1")), Err(Unknown));
        let news = validator.news();
        assert_eq!((news.len(), news[0].status), (1, KeyStatus::Waiting));
        assert_eq!((&news[0].identity[..], &news[0].signature_key[..]), (&b"alice"[..], &b"a1"[..]));
        // Whoever waits hasn't taken the name.
        assert_eq!(ask_one(&validator, valid(Added, "alice", b"a2")), Ok(()));
        assert_eq!(ask_one(&validator, valid(role, "alice", b"a1")), Err(WrongKey));
        validator.decide(b"alice", b"a1", Decision::Trust, NOW).unwrap();
        assert_eq!(ask_one(&validator, valid(role, "alice", b"a1")), Ok(()));
        assert!(validator.news().is_empty());
    }
}

#[test]
fn the_policy_says_what_becomes_of_another_key() {
    for (on_change, verdict, status) in [
        (OnKeyChange::Accept, Ok(()), KeyStatus::Trusted),
        (OnKeyChange::Ask, Err(WrongKey), KeyStatus::Waiting),
        (OnKeyChange::Refuse, Err(WrongKey), KeyStatus::Refused),
    ] {
        let store = Arc::new(MemoryStore::new());
        let policy = FirstUsePolicy { on_change, ..FirstUsePolicy::default() };
        let validator = open(&store, policy.clone());
        assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
        for _ in 0..2 {
            assert_eq!(ask_one(&validator, valid(Added, "alice", b"a2")), verdict);
            let expected = [(b"a1".to_vec(), KeyStatus::Trusted), (b"a2".to_vec(), status)];
            assert_eq!(statuses(&validator, "alice"), expected);
        }
        // The news outlives a restart, until it is acknowledged.
        drop(validator);
        let validator = open(&store, policy);
        let news = validator.news();
        assert_eq!((news.len(), news[0].status, news[0].since), (1, status, NOW));
        validator.acknowledge(b"alice", b"a2").unwrap();
        assert!(validator.news().is_empty());
        assert_eq!(ask_one(&validator, valid(Added, "alice", b"a2")), verdict);
        assert!(validator.news().is_empty());
        assert_eq!(validator.acknowledge(b"alice", b"a3"), Err(BasicError::UnknownKey));
    }
}

// covers: 5.3.1-08
#[test]
fn a_key_that_the_old_one_announces_is_no_change() {
    for role in [Updated, Committer] {
        let validator = fresh();
        assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
        let rotation = [valid(role, "alice", b"a2"), successor(("alice", b"a1"), ("alice", b"a2"))];
        assert_eq!(ask(&validator, &rotation), [Ok(()), Ok(())]);
        assert_eq!(validator.news()[0].status, KeyStatus::Trusted);
        assert_eq!(ask_one(&validator, valid(Added, "alice", b"a2")), Ok(()));
    }
}

#[test]
fn nobody_else_can_announce_a_key() {
    let validator = fresh();
    let known = [valid(Added, "alice", b"a1"), valid(Added, "mallory", b"m1")];
    assert_eq!(ask(&validator, &known), [Ok(()), Ok(())]);
    // Mallory becomes Alice; Alice's key comes by an external join, which the old key doesn't sign; the old key was
    // never hers; the question that vouches is about another key.
    let attempts = [
        [valid(Updated, "alice", b"m2"), successor(("mallory", b"m1"), ("alice", b"m2"))],
        [valid(ExternalJoiner, "alice", b"m3"), successor(("alice", b"a1"), ("alice", b"m3"))],
        [valid(Updated, "alice", b"m4"), successor(("alice", b"m1"), ("alice", b"m4"))],
        [valid(Updated, "alice", b"m5"), successor(("alice", b"a1"), ("alice", b"a1"))],
    ];
    for (attempt, second) in attempts.iter().zip([NotASuccessor, NotASuccessor, NotASuccessor]) {
        assert_eq!(ask(&validator, attempt), [Err(WrongKey), Err(second)]);
    }
    assert_eq!(ask(&validator, &attempts[3]), [Err(WrongKey), Ok(())]);
    assert_eq!(statuses(&validator, "alice").iter().filter(|(_, s)| *s == KeyStatus::Trusted).count(), 1);
}

#[test]
fn a_retired_key_is_accepted_where_it_is_and_nowhere_else() {
    let validator = fresh();
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
    validator.decide(b"alice", b"a2", Decision::Trust, NOW).unwrap();
    validator.decide(b"alice", b"a1", Decision::Retire, NOW).unwrap();
    assert_eq!(ask_one(&validator, valid(Member, "alice", b"a1")), Ok(()));
    for role in [Added, Updated, Committer, JoinRequest, ExternalJoiner, ExternalSender] {
        assert_eq!(ask_one(&validator, valid(role, "alice", b"a1")), Err(WrongKey));
    }
    let same = same_client(("alice", b"a1"), ("alice", b"a2"));
    assert_eq!(ask_one(&validator, same), Ok(()));
    // It vouches for a key that is trusted already, and for no other.
    let back = [valid(Updated, "alice", b"a2"), successor(("alice", b"a1"), ("alice", b"a2"))];
    assert_eq!(ask(&validator, &back), [Ok(()), Ok(())]);
    let on = [valid(Updated, "alice", b"a3"), successor(("alice", b"a1"), ("alice", b"a3"))];
    assert_eq!(ask(&validator, &on), [Err(WrongKey), Err(NotASuccessor)]);
}

#[test]
fn clients_are_the_same_by_name() {
    let validator = fresh();
    let known = [valid(Added, "alice", b"a1"), valid(Added, "bob", b"b1")];
    assert_eq!(ask(&validator, &known), [Ok(()), Ok(())]);
    let cases = [
        (same_client(("alice", b"a1"), ("alice", b"a1")), Ok(())),
        (same_client(("alice", b"a1"), ("bob", b"b1")), Err(WrongIdentity)),
        (same_client(("alice", b"a1"), ("alice", b"a9")), Err(WrongKey)),
    ];
    for (question, verdict) in cases {
        assert_eq!(ask_one(&validator, question), verdict);
    }
    let x509 = CredentialQuestion::Valid {
        role: Added,
        credential: Credential::X509 { certificates: Vec::new() },
        signature_key: b"a1".into(),
    };
    assert_eq!(ask_one(&validator, x509), Err(UnsupportedType));
}

#[test]
fn what_could_not_be_stored_was_not_learned() {
    let store = Arc::new(FailingStore::default());
    let validator = TrustOnFirstUse::open(store.clone(), FirstUsePolicy::default()).unwrap();
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
    store.fails.store(true, Ordering::Relaxed);
    let batch = [valid(Added, "bob", b"b1"), valid(Added, "alice", b"a1"), valid(Added, "alice", b"a2")];
    assert_eq!(ask(&validator, &batch), [Err(Unavailable), Err(Unavailable), Err(WrongKey)]);
    let full = BasicError::Store(StoreError::Full);
    assert_eq!(validator.decide(b"alice", b"a2", Decision::Trust, NOW), Err(full.clone()));
    assert_eq!(validator.forget(b"alice"), Err(full));
    store.fails.store(false, Ordering::Relaxed);
    assert!(validator.known_keys(b"bob").is_empty());
    assert_eq!(statuses(&validator, "alice"), [(b"a1".to_vec(), KeyStatus::Trusted)]);
    assert_eq!(ask_one(&validator, valid(Added, "bob", b"b2")), Ok(()));
}

#[test]
fn what_others_send_takes_bounded_memory() {
    let policy = FirstUsePolicy { strangers: 3, ..FirstUsePolicy::default() };
    let validator = open(&Arc::default(), policy);
    for n in 0..10 {
        assert_eq!(ask_one(&validator, valid(JoinRequest, &format!("stranger {n}"), b"k")), Err(Unknown));
    }
    assert_eq!(validator.news().len(), 3);
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
    for n in 0..100u8 {
        assert_eq!(ask_one(&validator, valid(Added, "alice", &[b'x', n])), Err(WrongKey));
    }
    assert_eq!(validator.known_keys(b"alice").len(), 16);
    // There is room for what is believed.
    validator.decide(b"alice", b"a2", Decision::Trust, NOW).unwrap();
    assert_eq!(validator.known_keys(b"alice").len(), 16);
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a1")), Ok(()));
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a2")), Ok(()));
    validator.forget(b"alice").unwrap();
    assert_eq!(ask_one(&validator, valid(Added, "alice", b"a9")), Ok(()));
}

#[test]
fn a_batch_of_many_members_is_one_write() {
    let store = Arc::new(MemoryStore::new());
    let validator = open(&store, FirstUsePolicy::default());
    let questions: Vec<_> =
        (0..50_000u32).map(|n| valid(Member, &format!("member {n}"), &n.to_be_bytes())).collect();
    let accepted = |verdicts: Vec<CredentialVerdict>| {
        verdicts.into_iter().filter(|verdict| *verdict == CredentialVerdict::Accepted).count()
    };
    assert_eq!(accepted(validator.validate(&questions, NOW)), 50_000);
    let validator = open(&store, FirstUsePolicy::default());
    assert_eq!(accepted(validator.validate(&questions, NOW)), 50_000);
}

#[test]
fn a_damaged_record_is_noticed() {
    for octets in [&b""[..], &[0, 1], &[1, 5, 1], &[1, 14, 1, 7, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
        let store = Arc::new(MemoryStore::new());
        let mut delta = StateDelta::new();
        delta.put(RecordKey::new(RecordKind::KNOWN_KEYS).push_bytes(b"alice"), Record::copy_of(octets));
        store.commit(&delta).unwrap();
        let error = TrustOnFirstUse::open(store, FirstUsePolicy::default()).unwrap_err();
        assert_eq!(error, BasicError::Store(StoreError::Corrupt));
    }
}
