//! A commit of one's own that waits for the delivery service.
//!
//! RFC 9420 §14. It holds the epoch that it leads to, which shares the tree with the present one, and the joiner
//! secret; GroupInfo and Welcome are built when it has been accepted.

use alloc::boxed::Box;
use alloc::vec::Vec;

use copath_crypto::{HashOutput, Secret};
use copath_key_schedule::{JoinerSecret, PskSecret};
use copath_messages::{CustomProposal, HpkePublicKey, PreSharedKeyId, Proposal, Sender};

use super::staged::Merged;
use super::{CommitIntents, EpochEntry};
use crate::group_info::SignedGroupInfo;
use crate::proposals::ProposalList;
use crate::transition::{Change, Prepared};
use crate::{Group, GroupError, Misuse};

/// A commit of one's own, not yet accepted.
#[derive(Debug)]
pub(crate) struct PendingCommit {
    /// The hash of the sent MLSMessage, by which its echo is recognised.
    pub(crate) message_hash: HashOutput,
    /// The sent MLSMessage, to be sent again after a crash.
    pub(crate) message: Vec<u8>,
    /// What it was asked to do.
    pub(crate) intents: CommitIntents,
    /// The proposals of registered types that it covers.
    pub(crate) custom: Vec<PendingCustom>,
    /// The epoch that it leads to.
    pub(crate) entry: Box<EpochEntry>,
}

/// A proposal of a registered type beyond RFC 9420 that a pending commit covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCustom {
    /// The proposal.
    pub proposal: CustomProposal,
    /// Who sent it, in the epoch that the commit ends.
    pub sender: Sender,
}

impl PendingCustom {
    /// Those of a commit, in its order.
    pub(crate) fn of_list(list: &ProposalList) -> Vec<Self> {
        let entries = list.entries.iter();
        entries
            .filter_map(|entry| match &*entry.proposal {
                Proposal::Custom(proposal) => Some(Self { proposal: proposal.clone(), sender: entry.sender }),
                _ => None,
            })
            .collect()
    }
}

/// What the Welcomes of an epoch are built from (RFC 9420 §12.4.3.1).
#[derive(Debug)]
pub(crate) struct WelcomeMaterial {
    pub(crate) joiner_secret: JoinerSecret,
    pub(crate) psk_secret: PskSecret,
    pub(crate) psks: Vec<PreSharedKeyId>,
    pub(crate) joiners: Vec<Joiner>,
    /// The GroupInfo inside, once it has been signed.
    pub(crate) signed: Option<SignedGroupInfo>,
}

/// A new member of whom the Welcome has to tell.
#[derive(Debug)]
pub(crate) struct Joiner {
    /// The KeyPackageRef of its key package.
    pub(crate) key_package_ref: Vec<u8>,
    /// The key that its group secrets are encrypted to.
    pub(crate) init_key: HpkePublicKey,
    /// The path secret of its lowest common ancestor with the committer, if the commit has a path.
    pub(crate) path_secret: Option<Secret>,
}

impl Group {
    /// Whether a commit of one's own waits for the delivery service.
    pub fn has_pending_commit(&self) -> bool {
        self.pending_commit.is_some()
    }

    /// The message of the pending commit, to be sent again if it isn't known to have been sent.
    pub fn pending_commit_message(&self) -> Option<&[u8]> {
        self.pending_commit.as_ref().map(|pending| pending.message.as_slice())
    }

    /// The proposals of registered types beyond RFC 9420 that the pending commit covers, in its order, those of others
    /// among them: what the application carries out when the commit is accepted.
    pub fn pending_custom(&self) -> &[PendingCustom] {
        self.pending_commit.as_ref().map_or(&[], |pending| &pending.custom)
    }

    /// Enters the epoch of the pending commit, which the delivery service has accepted (RFC 9420 §14).
    ///
    /// # Errors
    /// [`Misuse::NoPendingCommit`].
    pub fn accept_pending_commit(&self) -> Result<Prepared<Merged>, GroupError> {
        let pending = self.pending_commit.as_ref().ok_or(Misuse::NoPendingCommit)?;
        self.prepare(pending.entry.merged(), [Change::AcceptPendingCommit].into())
    }

    /// Drops the pending commit: it was not accepted, or isn't wanted any more. A generation of the handshake ratchet
    /// that it was encrypted with stays used up (rule 14-03).
    ///
    /// # Errors
    /// [`Misuse::NoPendingCommit`].
    pub fn drop_pending_commit(&self) -> Result<Prepared<()>, GroupError> {
        if self.pending_commit.is_none() {
            return Err(Misuse::NoPendingCommit.into());
        }
        self.prepare((), [Change::DropPendingCommit].into())
    }
}
