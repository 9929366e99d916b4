//! What can go wrong, sorted by blame.

use std::fmt;
use std::sync::Arc;

use copath_codec::DecodeError;
use copath_credentials::RejectionReason;
use copath_crypto::{CipherSuite, CryptoError, CryptoProvider, SignatureScheme, Suite};
use copath_group::{GroupError, StoredStateError, Subject};
use copath_messages::{GroupId, PreSharedKeyId};
use copath_records::StoreError;
use copath_rules::{Part, RuleId, Violation, rule};

/// Why a call failed, sorted by who has to do something about it. Whatever it was, nothing has changed; but for
/// [`Unavailable::UnknownOutcome`], with which the change may have taken place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes aren't what they should be. Their sender or the way they took is at fault: discard them.
    #[error("{0}; discard the message")]
    Malformed(#[source] DecodeError),
    /// A rule of RFC 9420 forbids it: discard the message, or don't make it.
    #[error("{0}")]
    Rejected(#[source] Rejection),
    /// The backend lacks the cipher suite: choose another backend or another suite.
    #[error("{0}")]
    Unsupported(#[source] UnsupportedSuite),
    /// Something that the call needs isn't here now: provide it and call again.
    #[error("{0}")]
    Unavailable(#[source] Unavailable),
    /// The validator refused a credential: whoever presented it is not who they claim to be.
    #[error("{0}")]
    CredentialRejected(#[source] CredentialRejection),
    /// The application called what can't be called in this state; the message says what to do instead.
    #[error("{0}")]
    Misuse(#[source] Misuse),
    /// A cryptographic operation failed: the message was tampered with, or isn't for this client.
    #[error("{0}; discard the message")]
    Crypto(#[source] CryptoError),
    /// A state that this library should never be in. Please report it.
    #[error("{0}; this is a bug in copath, please report it")]
    Bug(#[source] Bug),
}

/// A rule of RFC 9420 that was broken, or of a type beyond it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The rule and the part at fault.
    #[error("rejected: {0}")]
    Rule(Violation),
    /// The message is of an epoch that the group has left for too long, or hasn't reached yet.
    #[error(
        "the message belongs to epoch {message} and the group is in epoch {group} (rule {rule}); \
         discard it if it is older, process the missing commits first if it is newer"
    )]
    WrongEpoch {
        /// The epoch in the message.
        message: u64,
        /// The epoch that the group is in.
        group: u64,
        /// The rule that binds it to an epoch.
        rule: RuleId,
    },
    /// What is registered for a type beyond RFC 9420 forbids it; it names the type and where it stood.
    #[error("rejected: {0}")]
    Refused(copath_group::Refusal),
    /// The message belongs to another group.
    #[error("the message belongs to another group (rule 6-07); hand it to the group that it names")]
    WrongGroup,
}

/// A cipher suite that the backend doesn't have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnsupportedSuite {
    /// The suite asked for.
    pub suite: CipherSuite,
    /// The backend's name.
    pub backend: &'static str,
    /// What the backend lacks.
    pub missing: &'static str,
    /// The suites that the backend has; empty where that isn't known.
    pub available: Vec<CipherSuite>,
}

/// Something that isn't here now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// A pre-shared key that the message names.
    #[error("a pre-shared key is missing: {}; store it and process the message again (rule 12.4.2-03)", PskName(.0))]
    Psk(PreSharedKeyId),
    /// The ratchet tree, which comes neither inside the message nor beside it.
    #[error("the ratchet tree is missing; fetch it and pass it along with the message (rule 12.4.3.1-01)")]
    RatchetTree,
    /// The group that the Welcome's group is the successor or a branch of.
    #[error("the Welcome is for a successor or branch of group {}, which is not in this store", Hex(&.0.group_id))]
    Parent(copath_group::ParentNeed),
    /// None of the key packages that the Welcome is for is in the store.
    #[error("the Welcome is for none of the key packages in this store (rule 12.4.3.1-02)")]
    KeyPackage,
    /// The store has no such group.
    #[error("the store has no group {}", Hex(.0))]
    Group(GroupId),
    /// The store has no external join of that group under way.
    #[error("the store has no external join of group {} under way", Hex(.0))]
    ExternalJoin(GroupId),
    /// The store failed.
    #[error("the store failed, and nothing has changed: {0}")]
    Store(StoreError),
    /// The store failed, and can't be asked whether the change took place. Calling the same again is safe: it finds
    /// out, and gives what the first call made if it took place. So does [`Group::settle`](crate::Group::settle).
    #[error(
        "the store failed, and it isn't known whether the change took place: {0}; call again, on the same handle if it is a group's"
    )]
    UnknownOutcome(StoreError),
    /// A stored record can't be read.
    #[error("the stored state can't be used: {0}")]
    StoredState(StoredStateError),
    /// The signer can't be reached.
    #[error("the signer is not available")]
    Signer,
    /// The backend has no randomness.
    #[error("no randomness is available")]
    Randomness,
}

/// A credential that the validator refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the credential of {subject} was refused: {reason} (rule {rule})")]
pub struct CredentialRejection {
    /// Whose credential it is.
    pub subject: Subject,
    /// Why it was refused.
    pub reason: RejectionReason,
    /// The rule that asks for the validation.
    pub rule: RuleId,
}

/// A call that can't be made in this state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// What the group's state doesn't allow.
    #[error("{0}")]
    Group(copath_group::Misuse),
    /// A client was built without something that it can't do without.
    #[error("the client has no {0}; name one with ClientBuilder")]
    Incomplete(&'static str),
    /// No identity has a key of the suite's signature scheme.
    #[error(
        "no identity of this client has a key of signature scheme {0:?}; add one with ClientBuilder::identity"
    )]
    NoIdentity(SignatureScheme),
    /// No identity has the signature key that the own leaf of the group has.
    #[error(
        "no identity of this client has the key of its leaf in this group; add it with ClientBuilder::identity"
    )]
    NoSigner,
    /// The client wasn't built with this suite.
    #[error("the client was not built with cipher suite {0}; add it with ClientBuilder::suite")]
    SuiteNotChosen(CipherSuite),
    /// The clients of the key packages don't share a suite with this one.
    #[error(
        "none of this client's cipher suites is supported by the clients of all of these key packages (rule 11-02); leave one out, or build the client with more suites"
    )]
    NoCommonSuite,
    /// There is a handle of this group already. Two would use the same keys for different messages.
    #[error("this group is open already; use the handle that exists, or drop it first")]
    GroupOpen,
    /// It isn't known whether an earlier call took place, so there is no present state to answer from.
    #[error(
        "an earlier call failed with an unknown outcome; repeat it or call Group::settle, then ask again"
    )]
    Unsettled,
    /// Somebody else has written the state of this group: a second client on the same store.
    #[error(
        "another client has changed this group in the store; drop this handle, see that one client uses the store, and load the group again"
    )]
    OtherWriter,
    /// The group's state is older than one that was used: a restored backup or a clone.
    #[error(
        "the state of this group is older than one that was used, so using it would use keys twice; come back with new keys by Client::rejoin, or delete the group"
    )]
    RolledBack,
    /// The store has no generation to compare.
    #[error(
        "this store doesn't count its batches, so it can't be compared with what it had reached; wrap it in a CountedStore"
    )]
    Uncounted,
    /// The group was exported, and nobody has said yet that it has arrived.
    #[error(
        "this group is on its way to another store; call Client::snapshot_arrived once it was imported there, or undo the export, then try again"
    )]
    OnItsWay,
    /// The group was moved to another store.
    #[error("this group was moved to another store; use it there")]
    Moved,
    /// The Welcome is of an epoch that this client has left behind: joining there could use its keys again.
    #[error(
        "this Welcome is of an epoch that this client has left behind; ask to be added anew, or join by Client::rejoin"
    )]
    OldWelcome,
    /// The snapshot's state was in this store, which the group has left since.
    #[error(
        "this snapshot was imported here already, or the group has been here in a later state; delete every copy of it, and rejoin the group to have it here again"
    )]
    AlreadyImported,
    /// The group is here by another way than the snapshot, so one of the two must not be used.
    #[error(
        "this group is in this store already, by another way than this snapshot; use it, or delete it before the snapshot is imported"
    )]
    GroupHere,
    /// The key of a snapshot is too short to be one that nobody can guess.
    #[error(
        "the key of a snapshot has at least 32 octets that nobody can guess; derive it from a password with a password hash"
    )]
    ShortSnapshotKey,
    /// The external join was confirmed or dropped through another handle, or replaced by a newer one.
    #[error("this external join is over or was replaced by a newer one; open the group, or join again")]
    JoinOver,
    /// The handle names this client itself.
    #[error("a safety code is for two members; name another one")]
    OwnSafetyCode,
    /// The text isn't that of a safety code.
    #[error("this is not the text of a safety code, or one of a later version")]
    NotASafetyCode,
    /// The policy of a stock of key packages contradicts itself.
    #[error(
        "a key package would be replaced as soon as it is made, or the target is few or above the limit; renew later than at once, let fewer than the target be few, and allow for the target"
    )]
    StockPolicy,
    /// The bytes are a valid message of another kind than this call takes.
    #[error("this call takes a {expected}")]
    WrongKind {
        /// What the call takes.
        expected: &'static str,
    },
}

/// A state that should never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Bug {
    /// A change was stored that then didn't fit the group in memory.
    #[error("a stored change doesn't fit the group in memory")]
    StalePatch,
    /// What this client holds doesn't fit the group's tree.
    #[error("this client's state doesn't fit the group's tree; rejoin the group")]
    UnfitState,
    /// The engine failed in a way that the facade doesn't know.
    #[error("the engine failed in an unknown way")]
    UnknownFailure,
}

impl Error {
    /// The rule of RFC 9420 behind the failure, where there is one: `error.rule().map(|id| id.rule().words())` says
    /// it in a sentence.
    pub fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Malformed(error) => Some(error.rule()),
            Self::Rejected(Rejection::Rule(violation)) => Some(violation.rule()),
            Self::Rejected(Rejection::Refused(refusal)) => refusal.rule(),
            Self::Rejected(Rejection::WrongEpoch { rule, .. }) => Some(*rule),
            Self::Rejected(Rejection::WrongGroup) => Some(rule!("6-07")),
            Self::CredentialRejected(rejection) => Some(rejection.rule),
            Self::Unavailable(Unavailable::Psk(_)) => Some(rule!("12.4.2-03")),
            Self::Unavailable(Unavailable::RatchetTree) => Some(rule!("12.4.3.1-01")),
            Self::Unavailable(Unavailable::KeyPackage) => Some(rule!("12.4.3.1-02")),
            Self::Unavailable(Unavailable::Parent(need)) => Some(need.rule()),
            Self::Misuse(Misuse::Group(misuse)) => misuse.rule(),
            _ => None,
        }
    }

    /// The parts of the message that are at fault, where a rule names them.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Rejected(Rejection::Rule(violation)) => violation.parts(),
            Self::Rejected(Rejection::Refused(refusal)) => &refusal.parts,
            _ => &[],
        }
    }

    /// The same error, with the suites that `provider` has if it is about a suite that it lacks.
    pub(crate) fn on(self, provider: &Arc<dyn CryptoProvider>) -> Self {
        match self {
            Self::Unsupported(mut unsupported) => {
                unsupported.available = Suite::available(provider).iter().map(Suite::cipher_suite).collect();
                Self::Unsupported(unsupported)
            }
            other => other,
        }
    }
}

impl From<GroupError> for Error {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Malformed(error) => Self::Malformed(error),
            GroupError::Rejected(violation) => Self::Rejected(Rejection::Rule(violation)),
            GroupError::Refused(refusal) => Self::Rejected(Rejection::Refused(refusal)),
            GroupError::WrongEpoch { message, group, rule } => {
                Self::Rejected(Rejection::WrongEpoch { message, group, rule })
            }
            GroupError::WrongGroup => Self::Rejected(Rejection::WrongGroup),
            GroupError::Crypto(error) => error.into(),
            GroupError::Credential { subject, reason, rule } => {
                Self::CredentialRejected(CredentialRejection { subject, reason, rule })
            }
            GroupError::MissingPsk(id) => Self::Unavailable(Unavailable::Psk(id)),
            GroupError::NoKeyPackage => Self::Unavailable(Unavailable::KeyPackage),
            GroupError::MissingTree => Self::Unavailable(Unavailable::RatchetTree),
            GroupError::MissingParent(need) => Self::Unavailable(Unavailable::Parent(need)),
            GroupError::Misuse(misuse) => Self::Misuse(Misuse::Group(misuse)),
            GroupError::Store(error) => error.into(),
            GroupError::Storage(error) => Self::Unavailable(Unavailable::StoredState(error)),
            GroupError::UnfitState(_) => Self::Bug(Bug::UnfitState),
            _ => Self::Bug(Bug::UnknownFailure),
        }
    }
}

impl From<copath_group::Misuse> for Error {
    fn from(misuse: copath_group::Misuse) -> Self {
        Self::Misuse(Misuse::Group(misuse))
    }
}

impl From<CryptoError> for Error {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::UnsupportedSuite { suite, backend, missing } => {
                Self::Unsupported(UnsupportedSuite { suite, backend, missing, available: Vec::new() })
            }
            CryptoError::SignerUnavailable => Self::Unavailable(Unavailable::Signer),
            CryptoError::RandomnessUnavailable => Self::Unavailable(Unavailable::Randomness),
            other => Self::Crypto(other),
        }
    }
}

/// Whether a store that fails like this has certainly not carried out a batch.
pub(crate) fn is_definite(error: StoreError) -> bool {
    match error {
        StoreError::Unavailable | StoreError::Io | StoreError::Corrupt | StoreError::Conflict => false,
        StoreError::Missing
        | StoreError::Denied
        | StoreError::Full
        | StoreError::Locked
        | StoreError::ReadOnly
        | StoreError::WrongKey
        | StoreError::Truncated
        | StoreError::Foreign
        | StoreError::RolledBack { .. }
        | StoreError::NewerFormat { .. } => true,
        _ => false,
    }
}

/// Whether some record can't be read, however often it is tried, while the store works.
pub(crate) fn is_damage(error: &Error) -> bool {
    match error {
        Error::Unavailable(Unavailable::StoredState(_)) => true,
        Error::Unavailable(Unavailable::Store(error)) => {
            matches!(error, StoreError::Corrupt | StoreError::NewerFormat { .. })
        }
        _ => false,
    }
}

/// What was read; `None` where [`is_damage`] holds.
pub(crate) fn readable<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(error) if is_damage(&error) => Ok(None),
        read => read.map(Some),
    }
}

pub(crate) fn unknown_outcome(error: StoreError) -> Error {
    Error::Unavailable(Unavailable::UnknownOutcome(error))
}

/// A batch that no mark tells of has failed.
pub(crate) fn failed_batch(error: StoreError) -> Error {
    if is_definite(error) || error == StoreError::Conflict { error.into() } else { unknown_outcome(error) }
}

/// A store that fails when it is asked about an earlier batch says nothing about that batch.
pub(crate) fn still_unknown(error: Error) -> Error {
    match error {
        Error::Unavailable(Unavailable::Store(error)) => unknown_outcome(error),
        other => other,
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(Unavailable::Store(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

impl From<copath_codec::EncodeError> for Error {
    fn from(error: copath_codec::EncodeError) -> Self {
        GroupError::from(error).into()
    }
}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl fmt::Display for UnsupportedSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suite, backend, missing, available } = self;
        write!(
            f,
            "the crypto backend `{backend}` doesn't have cipher suite {suite}: it lacks its {missing}"
        )?;
        if available.is_empty() {
            return f.write_str("; choose another backend");
        }
        write!(f, "; it has")?;
        for (i, suite) in available.iter().enumerate() {
            write!(f, "{} {}", if i == 0 { "" } else { "," }, suite.0)?;
        }
        f.write_str(": choose one of these, or another backend")
    }
}

/// Rule 12.4.3-04.
pub(crate) fn group_id_in_use() -> Error {
    Error::Rejected(Rejection::Rule(Violation::new(rule!("12.4.3-04")).at(Part::GroupContext)))
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

struct PskName<'a>(&'a PreSharedKeyId);

impl fmt::Display for PskName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.psk {
            copath_messages::Psk::External { psk_id } => write!(f, "external id {}", Hex(psk_id)),
            copath_messages::Psk::Resumption { psk_group_id, psk_epoch, .. } => {
                write!(f, "resumption of epoch {psk_epoch} of group {}", Hex(psk_group_id))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_was_wrong_and_which_rule() {
        let error = Error::from(GroupError::Rejected(Violation::new(rule!("12.2-07")).at(Part::Proposal(3))));
        assert_eq!(error.rule(), Some(rule!("12.2-07")));
        assert_eq!(error.parts(), [Part::Proposal(3)]);
        assert!(error.to_string().contains("12.2-07"), "{error}");
        let error = Error::from(GroupError::WrongEpoch { message: 3, group: 5, rule: rule!("12.4.2-01") });
        assert!(error.to_string().contains("epoch 3") && error.to_string().contains("epoch 5"), "{error}");
        let error = Error::from(GroupError::MissingTree);
        assert_eq!(error, Error::Unavailable(Unavailable::RatchetTree));
        assert_eq!(error.rule(), Some(rule!("12.4.3.1-01")));
    }

    #[test]
    fn a_missing_suite_names_the_backend_and_what_it_has() {
        let lacking = CipherSuite(4);
        let error =
            Error::from(CryptoError::UnsupportedSuite { suite: lacking, backend: "ring", missing: "KEM" });
        let provider = copath_provider_rustcrypto::provider();
        let Error::Unsupported(unsupported) = error.on(&provider) else { panic!("another error") };
        assert_eq!(unsupported.available, (1..=7).map(CipherSuite).collect::<Vec<_>>());
        let text = unsupported.to_string();
        assert!(text.contains("ring") && text.contains("KEM") && text.contains("1, 2, 3"), "{text}");
    }
}
