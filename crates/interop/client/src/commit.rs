//! Commits: making them, and processing those of others.
//!
//! RFC 9420 §12.4.

use copath_group::{CommitDraft, CommitOptions, Merged, Received, StagedCommit, TreeTransfer};
use copath_interop_grpc::{
    CommitRequest, CommitResponse, HandleCommitRequest, HandleCommitResponse, HandlePendingCommitRequest,
};
use copath_messages::Proposal;

use crate::client::Client;
use crate::clock::now;
use crate::member::{ForJoiners, Member, answers};
use crate::proposals::Proposing;
use crate::{ClientError, decode};

impl Client {
    /// `Commit`: covers exactly what the request names, and stays pending.
    pub(crate) fn commit(&self, request: CommitRequest) -> Result<CommitResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            let draft = member.draft(&request)?;
            member.commit(draft, decode::tree_transfer(request.external_tree))
        })
    }

    /// `HandlePendingCommit`.
    pub(crate) fn handle_pending_commit(
        &self,
        request: HandlePendingCommitRequest,
    ) -> Result<HandleCommitResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            member.accept_commit(|_| Ok(()))?;
            Ok(member.after_commit(request.state_id))
        })
    }

    /// `HandleCommit`.
    pub(crate) fn handle_commit(
        &self,
        request: HandleCommitRequest,
    ) -> Result<HandleCommitResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            let staged = member.stage(&request)?;
            member.merge(staged)?;
            Ok(member.after_commit(request.state_id))
        })
    }
}

impl Member {
    /// A commit of exactly the proposals of `request`.
    pub(crate) fn draft(&mut self, request: &CommitRequest) -> Result<CommitDraft, ClientError> {
        let wanted = self.queue(&request.by_reference)?;
        let proposing = Proposing::in_group(&self.group);
        let by_value = request.by_value.iter().map(|description| proposing.described(description));
        let by_value = by_value.collect::<Result<Vec<Proposal>, _>>()?;
        let asked = wanted.len() + by_value.len();
        let unwanted = self.pending_references().into_iter().filter(|reference| !wanted.contains(reference));
        let options = CommitOptions::new().path(decode::path_choice(request.force_path)).without(unwanted);
        let options = by_value.into_iter().fold(options, CommitOptions::propose);
        let draft = self.group.draft_commit(options, now())?;
        let covered = draft.proposals().count();
        if covered == asked { Ok(draft) } else { Err(ClientError::LeftOut { asked, covered }) }
    }

    /// Makes the commit pending, with what joiners need.
    pub(crate) fn commit(
        &mut self,
        draft: CommitDraft,
        transfer: TreeTransfer,
    ) -> Result<CommitResponse, ClientError> {
        let adds = draft.proposals().any(|proposal| matches!(proposal, Proposal::Add(_)));
        let answers = answers(draft.needs(), &self.psks);
        let prepared = draft.finish(&self.group, &*self.actor.signer, answers)?;
        let commit = self.release(prepared)?;
        let wanted = adds || transfer == TreeTransfer::Outside;
        let made = if wanted { self.for_joiners_ahead(transfer) } else { Ok(ForJoiners::default()) };
        match made {
            Ok(ForJoiners { welcome, ratchet_tree }) => Ok(CommitResponse { commit, welcome, ratchet_tree }),
            Err(error) => {
                let dropped = self.group.drop_pending_commit()?;
                self.carry_out(dropped)?;
                Err(error)
            }
        }
    }

    /// Enters the epoch of the pending commit if `check` agrees to what becomes of the group.
    pub(crate) fn accept_commit(
        &mut self,
        check: impl FnOnce(&Merged) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let prepared = self.group.accept_pending_commit()?;
        check(&prepared.output)?;
        self.enter(prepared)?;
        self.release_welcome()
    }

    /// Verifies somebody else's commit, with the proposals that it may refer to. One that this member refuses does no
    /// harm if the commit goes without it.
    pub(crate) fn stage(&mut self, request: &HandleCommitRequest) -> Result<StagedCommit, ClientError> {
        let mut refused = None;
        for proposal in &request.proposal {
            let queued = self.queue(std::slice::from_ref(proposal));
            refused = refused.or(queued.err());
        }
        let staged = self.stage_commit(&request.commit);
        match refused {
            Some(error) if staged.is_err() => Err(error),
            _ => staged,
        }
    }

    fn stage_commit(&self, commit: &[u8]) -> Result<StagedCommit, ClientError> {
        let message = decode::message("commit", commit)?;
        let Received::Commit(check) = self.group.receive(&message, now())? else {
            return Err(ClientError::NotACommit);
        };
        let answers = answers(check.needs(), &self.psks);
        Ok(check.finish(&self.group, answers)?)
    }

    /// Enters the epoch of a verified commit.
    pub(crate) fn merge(&mut self, staged: StagedCommit) -> Result<(), ClientError> {
        let prepared = self.group.merge(staged)?;
        self.enter(prepared)?;
        Ok(())
    }

    /// The same state with its authenticator, which is empty for a member that was removed: the new epoch has none
    /// for it.
    fn after_commit(&self, state_id: u32) -> HandleCommitResponse {
        let removed = self.group.is_removed();
        let epoch_authenticator =
            if removed { Vec::new() } else { self.group.epoch_authenticator().to_vec() };
        HandleCommitResponse { state_id, epoch_authenticator }
    }
}
