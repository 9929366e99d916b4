//! Commits: building one's own, processing those of others, and what becomes of them.
//!
//! RFC 9420 §12.4. The way of a commit: [`CommitDraft`] -> [`PendingCommit`] -> the next epoch for the committer,
//! [`CommitCheck`] -> [`StagedCommit`] -> the next epoch for everybody else.

mod build;
mod check;
mod epoch;
mod finish;
mod intents;
mod options;
mod pending;
mod process;
mod receive_path;
mod staged;
mod summary;

pub use build::CommitDraft;
pub use intents::{CommitIntents, Forgone, ForgoneReason, IntendedMember, Intent};
pub use options::{CommitOptions, LeafChange, PathChoice};
pub use process::CommitCheck;
pub use staged::{Merged, StagedCommit};
pub use summary::{CommitSummary, CommittedProposal, CustomChange, MemberChange};

pub(crate) use check::{CheckedCommit, check_commit};
pub(crate) use epoch::{EpochEntry, KeyInputs, MemberSecrets, NextEpoch};
pub use pending::PendingCustom;

pub(crate) use pending::{Joiner, PendingCommit, WelcomeMaterial};
pub(crate) use receive_path::merge_path;
