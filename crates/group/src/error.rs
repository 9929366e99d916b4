//! What can go wrong with a group.

use copath_codec::{DecodeError, EncodeError};
use copath_credentials::RejectionReason;
use copath_crypto::CryptoError;
use copath_key_schedule::KeyScheduleError;
use copath_messages::{MessageError, PreSharedKeyId};
use copath_ratchet_tree::TreeError;
use copath_records::StoreError;
use copath_rules::{Part, RuleId, Violation};

use crate::refusal::{Refusal, RegisteredType, UnregisteredProposal};

/// Why an operation on a group failed. The group is unchanged and goes on working.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The bytes aren't a message; the error names byte and field.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A rule of RFC 9420 forbids it; the violation names the rule and the part at fault.
    #[error(transparent)]
    Rejected(#[from] Violation),
    /// What is registered for a type beyond RFC 9420 forbids it; the refusal names the type and where it stood.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A cryptographic operation failed. AEAD failures all look alike.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
    /// The validator refused a credential (rule 5.3.1).
    #[error("the credential of {subject} was refused: {reason}")]
    Credential {
        /// Whose credential it is.
        subject: Subject,
        /// Why it was refused.
        reason: RejectionReason,
        /// The rule that asks for the validation.
        rule: RuleId,
    },
    /// A pre-shared key that a message names isn't here; store it and process the message again.
    #[error("a pre-shared key is not available: {0:?} (rule 12.4.2-03)")]
    MissingPsk(PreSharedKeyId),
    /// No stored key package matches any entry of the Welcome (rule 12.4.3.1-02).
    #[error("the Welcome is not for any of this client's key packages (rule 12.4.3.1-02)")]
    NoKeyPackage,
    /// The ratchet tree comes neither with the message nor beside it; fetch it and go on.
    #[error("the ratchet tree is neither inside the message nor given beside it (rule 12.4.3.1-01)")]
    MissingTree,
    /// The group that a new one comes out of isn't here, so its members can't be compared; nor may its resumption PSK
    /// be used in any other way.
    #[error("the Welcome is for a group that comes out of another one, and that isn't given: {0:?} (rule {rule})", rule = .0.rule())]
    MissingParent(crate::ParentNeed),
    /// The message belongs to another group.
    #[error("the message belongs to another group (rule 6-07)")]
    WrongGroup,
    /// The message belongs to an epoch that this group has left, or not yet reached.
    #[error("the message belongs to epoch {message}, the group is in epoch {group}")]
    WrongEpoch {
        /// The epoch in the message.
        message: u64,
        /// The epoch that the group is in.
        group: u64,
        /// The rule that binds it to an epoch.
        rule: RuleId,
    },
    /// An observer can't follow encrypted handshake messages.
    #[error(
        "the handshake of epoch {epoch} is encrypted: an observer can't follow the group beyond it; begin again from a GroupInfo"
    )]
    CannotFollow {
        /// The epoch of the message, the last one that the observer knows if it has followed so far.
        epoch: u64,
    },
    /// The caller asked for something that the API doesn't allow in this state.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// What this member holds doesn't fit the group's tree: keys were lost, or there is a bug.
    #[error("this member's state doesn't fit the group's tree: {0}; come back by an external commit")]
    UnfitState(TreeError),
    /// A record of the stored state can't be read.
    #[error("the stored state is damaged or from another version: {0}")]
    Storage(#[from] StoredStateError),
}

/// Whose credential was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The member at this leaf.
    Leaf(u32),
    /// The client that this proposal of the commit adds or updates.
    Proposal(u32),
    /// The entry of the external senders extension at this position.
    ExternalSender(u32),
    /// The entry at position `sender` of the external senders extension that a proposal of the commit sets.
    ProposedSender {
        /// The proposal's position in the commit, or in what was asked for.
        proposal: u32,
        /// The entry's position.
        sender: u32,
    },
    /// The committer, for the leaf in its path.
    Committer,
    /// The member at this leaf of the group that a new one comes out of.
    OldMember(u32),
}

impl Subject {
    /// The position of the proposal that brings the credential.
    pub fn proposal(&self) -> Option<u32> {
        match self {
            Self::Proposal(proposal) | Self::ProposedSender { proposal, .. } => Some(*proposal),
            _ => None,
        }
    }

    /// The same subject, with the position of the proposal that `position` gives.
    pub(crate) fn renumbered(self, position: impl Fn(u32) -> u32) -> Self {
        match self {
            Self::Proposal(at) => Self::Proposal(position(at)),
            Self::ProposedSender { proposal, sender } => {
                Self::ProposedSender { proposal: position(proposal), sender }
            }
            other => other,
        }
    }
}

impl core::fmt::Display for Subject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Leaf(leaf) => write!(f, "the member at leaf {leaf}"),
            Self::Proposal(position) => write!(f, "proposal {position}"),
            Self::ExternalSender(index) => write!(f, "external sender {index}"),
            Self::ProposedSender { proposal, sender } => {
                write!(f, "external sender {sender} of proposal {proposal}")
            }
            Self::Committer => f.write_str("the committer"),
            Self::OldMember(leaf) => write!(f, "the old group's member at leaf {leaf}"),
        }
    }
}

/// A call that this state of the group doesn't allow; the message says what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The patch or staged commit was made from another state of the group; prepare it again.
    #[error("this was prepared from another state of the group; prepare it again")]
    Stale,
    /// There is a pending commit; accept or drop it first.
    #[error("there is a pending commit; accept it or drop it first")]
    PendingCommit,
    /// Only one epoch back is kept, and it isn't any more.
    #[error("there is no previous epoch to go back to")]
    NoPreviousEpoch,
    /// No commit of one's own has lost the race, or what it was to do was done again already.
    #[error("no commit of one's own was lost, or what it was to do was done again already")]
    NothingLost,
    /// There is no pending commit.
    #[error("there is no pending commit")]
    NoPendingCommit,
    /// Proposals are pending; commit before sending application data (rule 12.4-01).
    #[error("proposals are pending; commit them before sending application data (rule 12.4-01)")]
    PendingProposals,
    /// This client was removed from the group; delete its state (rule 12.4.2-13).
    #[error("this client was removed from the group; delete its state (rule 12.4.2-13)")]
    Removed,
    /// The group was reinitialized; join its successor (rule 12.4.2-11).
    #[error("the group was reinitialized and accepts nothing more; join its successor (rule 12.4.2-11)")]
    Reinitialized,
    /// Only a group that a ReInit has closed has a successor (rule 11.2-05).
    #[error("the group has not been closed by a ReInit, so it has no successor (rule 11.2-05)")]
    NotReinitialized,
    /// A member handle is of another epoch; look the member up again (rule 5.3.3-03).
    #[error("the member handle is of another epoch; look the member up again (rule 5.3.3-03)")]
    StaleHandle,
    /// There is no Welcome to build: nobody was added, or it was released already.
    #[error("there is no Welcome to build: nobody was added in this epoch, or it was released already")]
    NoWelcome,
    /// The answers don't fit the questions.
    #[error("the answers don't fit the needs that were stated")]
    WrongAnswers,
    /// An Update needs a key of its own; make it with [`Group::propose_update`](crate::Group::propose_update).
    #[error("an Update is made with `propose_update`, which keeps its private key")]
    UpdateByHand,
    /// The signer hasn't the signature key of the own leaf.
    #[error("the signer hasn't the signature key of this client's leaf")]
    WrongSigner,
    /// The message is of a kind that this call doesn't process.
    #[error("this call doesn't process a message of this kind")]
    WrongMessageKind,
    /// A commit of one's own came back after it was dropped, so its secrets are gone.
    #[error("this is a commit of this client's own that it has dropped; come back by an external commit")]
    DroppedCommit,
    /// A count or length is beyond what the protocol can express.
    #[error("a count or length is beyond what the protocol can express")]
    TooLarge,
    /// The policy forbids it.
    #[error("the policy forbids it: {0}")]
    Policy(PolicyRefusal),
    /// A type can't be registered.
    #[error("{about} can't be registered: {refusal}")]
    Registration {
        /// The type.
        about: RegisteredType,
        /// Why not.
        refusal: RegistrationRefusal,
    },
}

/// Why a type can't be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationRefusal {
    /// RFC 9420 defines the type, or reserves its number.
    #[error("RFC 9420 defines the type or reserves its number; choose another one")]
    Reserved,
    /// It is registered already.
    #[error("it is registered already")]
    Taken,
    /// It is to be judged after a type that isn't registered; register that one first.
    #[error("it is to be judged after a type that isn't registered; register that one first")]
    UnknownPredecessor,
}

/// What the policy refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// A message is larger than the policy allows.
    #[error("the message has {octets} octets, more than the {limit} that Policy::max_message_size allows")]
    MessageSize {
        /// Its octets.
        octets: usize,
        /// The most allowed.
        limit: usize,
    },
    /// A ratchet tree is larger than the policy allows.
    #[error("the ratchet tree has {octets} octets, more than the {limit} that Policy::max_tree_size allows")]
    TreeSize {
        /// Its octets.
        octets: usize,
        /// The most allowed.
        limit: usize,
    },
    /// A ratchet tree has more leaves than the policy allows, or hardly any that is filled.
    #[error(
        "the ratchet tree has more leaves than the {limit} that Policy::max_leaves allows, or more than 2^16 and 64 times as many as are filled"
    )]
    Leaves {
        /// The most allowed.
        limit: u32,
    },
    /// Too many proposals are queued in this epoch.
    #[error(
        "{limit} proposals are queued in this epoch, and Policy::max_queued_proposals allows no more; commit"
    )]
    QueuedProposals {
        /// The most allowed.
        limit: usize,
    },
    /// The proposals queued in this epoch are too large.
    #[error(
        "the proposals queued in this epoch would have more than the {limit} octets that Policy::max_queued_octets allows; commit"
    )]
    QueuedOctets {
        /// The most allowed, of all of them.
        limit: usize,
    },
    /// Members may not replace their old leaf by an external commit (rule 12.4.3.2-08).
    #[error("external commits may not replace an old leaf (rule 12.4.3.2-08)")]
    Resync,
    /// Clients may not ask to join by proposing to add themselves (rule 12.1.8-05).
    #[error("clients may not ask to join by proposing to add themselves (rule 12.1.8-05)")]
    JoinRequest,
    /// Handshake messages may not be plaintext.
    #[error("handshake messages may not be sent in plaintext")]
    PlaintextHandshake,
}

/// Why a stored record can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredStateError {
    /// A record that must exist is missing.
    #[error("a record is missing")]
    Missing,
    /// A record doesn't decode.
    #[error("a record is damaged")]
    Damaged,
    /// A record has a format version that this library doesn't know.
    #[error("a record was written by another version of this library")]
    Version,
    /// A record holds a proposal of a type that isn't registered any more.
    #[error("a record holds a proposal of type {0:#06x}, which isn't registered; register it and load again")]
    Unregistered(u16),
    /// Records don't fit together: the tree's hash isn't that of the group context.
    #[error("records don't fit together")]
    Inconsistent,
}

impl GroupError {
    /// The rule of RFC 9420 that was broken, where one was.
    pub fn rule(&self) -> Option<RuleId> {
        match self {
            Self::Malformed(error) => Some(error.rule()),
            Self::Rejected(violation) => Some(violation.rule()),
            Self::Refused(refusal) => refusal.rule(),
            Self::Credential { rule, .. } | Self::WrongEpoch { rule, .. } => Some(*rule),
            Self::MissingPsk(_) => Some(copath_rules::rule!("12.4.2-03")),
            Self::NoKeyPackage => Some(copath_rules::rule!("12.4.3.1-02")),
            Self::MissingTree => Some(copath_rules::rule!("12.4.3.1-01")),
            Self::MissingParent(need) => Some(need.rule()),
            Self::WrongGroup => Some(copath_rules::rule!("6-07")),
            Self::Misuse(misuse) => misuse.rule(),
            Self::CannotFollow { .. }
            | Self::Crypto(_)
            | Self::Store(_)
            | Self::UnfitState(_)
            | Self::Storage(_) => None,
        }
    }
}

impl GroupError {
    /// The proposal of an unregistered type for which a message can't be read, and where it stood.
    pub fn unregistered_proposal(&self) -> Option<UnregisteredProposal> {
        match self {
            Self::Malformed(error) => UnregisteredProposal::of(error),
            _ => None,
        }
    }

    /// The parts at fault, where a rule or a registration names them.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Rejected(violation) => violation.parts(),
            Self::Refused(refusal) => &refusal.parts,
            _ => &[],
        }
    }

    /// The same error, with the position of the proposal that it is about.
    pub(crate) fn at_proposal(self, position: u32) -> Self {
        match self {
            Self::Rejected(violation) => Self::Rejected(violation.at(Part::Proposal(position))),
            Self::Refused(refusal) => Self::Refused(refusal.at(Part::Proposal(position))),
            other => other,
        }
    }
}

impl GroupError {
    /// The same error, with the positions of proposals that `position` gives for those named.
    pub(crate) fn renumbered(self, position: impl Fn(u32) -> u32) -> Self {
        let renumber = |part: &Part| match part {
            Part::Proposal(at) => Part::Proposal(position(*at)),
            part => *part,
        };
        match self {
            Self::Rejected(violation) => {
                let parts = violation.parts().iter().map(renumber);
                parts.fold(Violation::new(violation.rule()), Violation::at).into()
            }
            Self::Refused(mut refusal) => {
                refusal.parts = refusal.parts.iter().map(renumber).collect();
                refusal.into()
            }
            other => other,
        }
    }
}

impl Misuse {
    /// The rule behind the refusal, where there is one.
    pub fn rule(&self) -> Option<RuleId> {
        match self {
            Self::PendingProposals => Some(copath_rules::rule!("12.4-01")),
            Self::Removed => Some(copath_rules::rule!("12.4.2-13")),
            Self::Reinitialized => Some(copath_rules::rule!("12.4.2-11")),
            Self::NotReinitialized => Some(copath_rules::rule!("11.2-05")),
            Self::StaleHandle => Some(copath_rules::rule!("5.3.3-03")),
            Self::Policy(PolicyRefusal::JoinRequest) => Some(copath_rules::rule!("12.1.8-05")),
            Self::Policy(PolicyRefusal::Resync) => Some(copath_rules::rule!("12.4.3.2-08")),
            _ => None,
        }
    }
}

impl From<MessageError> for GroupError {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Malformed(error) => Self::Malformed(error),
            MessageError::Rejected(violation) => Self::Rejected(violation),
            MessageError::Crypto(error) => Self::Crypto(error),
            MessageError::Unencodable(error) => error.into(),
            _ => Self::Misuse(Misuse::WrongMessageKind),
        }
    }
}

impl From<TreeError> for GroupError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Malformed(error) => Self::Malformed(error),
            TreeError::Rejected(violation) => Self::Rejected(violation),
            TreeError::Crypto(error) => Self::Crypto(error),
            TreeError::TooLarge => Self::Misuse(Misuse::TooLarge),
            TreeError::DamagedPages => Self::Storage(StoredStateError::Damaged),
            other => Self::UnfitState(other),
        }
    }
}

impl From<KeyScheduleError> for GroupError {
    fn from(error: KeyScheduleError) -> Self {
        match error {
            KeyScheduleError::Rejected(violation) => Self::Rejected(violation),
            KeyScheduleError::Crypto(error) => Self::Crypto(error),
            _ => Self::Crypto(CryptoError::BackendFailure),
        }
    }
}

impl From<EncodeError> for GroupError {
    fn from(_: EncodeError) -> Self {
        Self::Misuse(Misuse::TooLarge)
    }
}
