//! The MLS group state machine.
//!
//! RFC 9420 §6 and §10 to §14. Sans I/O: time, randomness and storage come from outside. A [`Group`] is a member's
//! view; every operation is [`Prepared`] on a shared reference, its delta stored, its patch applied, and then its
//! output released. What the engine can't know it asks for as [`Needs`].
#![no_std]

extern crate alloc;

mod advance;
mod apply;
mod author;
mod commit;
mod create;
mod credentials;
pub mod draft_ietf_mls_extensions;
mod error;
mod grease;
mod group;
mod group_info;
mod join;
mod key_package;
mod leaf;
mod message;
mod needs;
mod observer;
mod open;
mod outsider;
mod own_leaf;
mod parallel;
mod past;
mod persistence;
mod places;
mod policy;
mod proposals;
mod propose;
mod protection;
mod psk;
mod public_state;
mod refusal;
mod registrations;
mod resumption;
mod roster;
mod rules;
mod send;
mod transition;
mod verify;

pub use author::Author;
pub use commit::{
    CommitCheck, CommitDraft, CommitIntents, CommitOptions, CommitSummary, CommittedProposal, CustomChange,
    Forgone, ForgoneReason, IntendedMember, Intent, LeafChange, MemberChange, Merged, PathChoice,
    StagedCommit,
};
pub use create::GroupParameters;
pub use error::{GroupError, Misuse, PolicyRefusal, RegistrationRefusal, StoredStateError, Subject};
pub use group::{Group, GroupSettings};
pub use group_info::{ExternalJoins, GroupInfoOptions, TreeTransfer};
pub use join::{
    ExternalJoin, ExternalJoinOptions, ExternalJoinStart, JoinStep, Joined, Joining, PendingExternalJoin,
    WelcomeOptions, WelcomeSplit,
};
pub use key_package::{KeyPackageParameters, KeyPackageSecrets};
pub use leaf::LeafParameters;
pub use message::{ApplicationMessage, MessageSender, Received};
pub use needs::{Answers, Needs, TreeNeed};
pub use observer::{
    Observed, ObservedCommit, ObservedProposal, ObserverCheck, ObserverStart, PublicGroup, PublicPatch,
    PublicPrepared, Unchecked,
};
pub use outsider::ExternalProposer;
pub use persistence::{Life, StoredGroup};
pub use policy::{Grease, HandshakeFormat, JoinRequests, Padding, Policy, Resync};
pub use propose::{ProposalCheck, Queued};
pub use public_state::PublicState;
pub use refusal::{Refusal, RefusalReason, RegisteredType, RuleRefusal, UnregisteredProposal};
pub use registrations::{
    CoveredProposal, CredentialDefinition, ExtensionDefinition, ExtensionPlace, Framing, Inclusion,
    PendingCustom, ProposalContext, ProposalDefinition, ProposalEffect, ProposalRule, ProposalsOfCommit,
    Registrations,
};
pub use resumption::{
    BranchParameters, ParentGroup, ParentMember, ParentNeed, Resumption, ResumptionDraft,
    ResumptionParameters,
};
pub use roster::{Member, MemberHandle};
pub use transition::{Patch, Prepared, StateVersion};
