//! Asserting that a message is refused, by exactly which rule, and that nothing else happened.

use std::io::Write as _;

use copath_crypto::CryptoError;
use copath_group::GroupError;
use copath_messages::MlsMessage;
use copath_records::Store;
use copath_rules::RuleId;

use crate::{Member, Outcome};

/// The environment variable that names the file to which returned rule ids are appended.
pub const RECORD_VARIABLE: &str = "COPATH_RULE_RECORD";

/// A member that has just refused a message; show that it still works.
#[must_use = "show that the next valid message works"]
#[derive(Debug)]
pub struct AfterRejection<'m> {
    member: &'m mut Member,
}

impl AfterRejection<'_> {
    /// More refusals follow before the next valid message.
    pub fn more_follow(self) {}

    /// Asserts that `message` is accepted; returns what became of it.
    pub fn still_accepts(self, message: &MlsMessage) -> Outcome {
        self.member.receive(message).unwrap()
    }
}

/// Asserts that `member` refuses `forged` by exactly the rule `expected`, and that neither its group nor its store
/// changed.
pub fn assert_rejected<'m>(
    member: &'m mut Member,
    forged: &MlsMessage,
    expected: RuleId,
) -> AfterRejection<'m> {
    let before = state(member);
    let error = member.receive(forged).expect_err("the forged message was accepted");
    assert_rule(&error, expected);
    assert_eq!(before, state(member), "a refused message changed the state");
    AfterRejection { member }
}

/// Asserts that `member` can't decrypt `forged`, which names no rule because all AEAD failures look alike, and that
/// neither its group nor its store changed.
pub fn assert_undecipherable<'m>(member: &'m mut Member, forged: &MlsMessage) -> AfterRejection<'m> {
    let before = state(member);
    assert_eq!(member.receive(forged), Err(GroupError::Crypto(CryptoError::DecryptionFailed)));
    assert_eq!(before, state(member), "a refused message changed the state");
    AfterRejection { member }
}

/// Asserts that an operation of `member`'s own is refused by exactly the rule `expected`, and changed nothing.
pub fn assert_refuses<T: core::fmt::Debug>(
    member: &mut Member,
    operation: impl FnOnce(&mut Member) -> Result<T, GroupError>,
    expected: RuleId,
) {
    let before = state(member);
    let error = operation(member).expect_err("the operation was carried out");
    assert_rule(&error, expected);
    assert_eq!(before, state(member), "a refused operation changed the state");
}

/// Asserts that an operation fails and changes nothing; returns why it failed, to be compared.
#[must_use = "compare the error"]
pub fn assert_fails<T: core::fmt::Debug>(
    member: &mut Member,
    operation: impl FnOnce(&mut Member) -> Result<T, GroupError>,
) -> GroupError {
    let before = state(member);
    let error = operation(member).expect_err("the operation was carried out");
    if let Some(rule) = error.rule() {
        record(rule);
    }
    assert_eq!(before, state(member), "a failed operation changed the state");
    error
}

/// Asserts that `error` names exactly the rule `expected`, and records the id that it named.
pub fn assert_rule(error: &GroupError, expected: RuleId) {
    let rule = error.rule();
    if let Some(rule) = rule {
        record(rule);
    }
    assert_eq!(rule, Some(expected), "{error}");
}

/// Appends an id to the file that [`RECORD_VARIABLE`] names, if it is set.
pub fn record(rule: RuleId) {
    #[expect(clippy::disallowed_methods, reason = "the recording is switched on from outside")]
    let Ok(path) = std::env::var(RECORD_VARIABLE) else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    // in one piece: tests run side by side
    file.write_all(format!("{rule}\n").as_bytes()).unwrap();
}

#[derive(Debug, PartialEq)]
struct State {
    version: Option<copath_group::StateVersion>,
    records: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What must not change: the patches applied, the store, what is pending.
fn state(member: &Member) -> State {
    let version = member.has_group().then(|| member.group().version());
    let records = copath_records::RecordKind::ALL
        .iter()
        .flat_map(|kind| member.store.scan(&copath_records::RecordKey::new(*kind)).unwrap())
        .map(|(key, record)| (key.as_octets().to_vec(), record.expose().to_vec()))
        .collect();
    State { version, records }
}
