//! Reinitialization.
//!
//! RFC 9420 §11.2.

use std::sync::{Arc, Mutex};

use copath_crypto::Suite;
use copath_group::{Group, Merged, Resumption, ResumptionDraft, ResumptionParameters, TreeTransfer};
use copath_interop_grpc::{
    CommitRequest, CommitResponse, CreateSubgroupResponse, HandleCommitRequest, HandlePendingCommitRequest,
    HandleReInitCommitResponse, HandleReInitWelcomeRequest, JoinGroupResponse, ReInitWelcomeRequest,
};
use copath_messages::{Proposal, ReInit};

use crate::actor::Actor;
use crate::client::Client;
use crate::clock::now;
use crate::join::Join;
use crate::member::{ForJoiners, Member, answers};
use crate::registry::lock;
use crate::{ClientError, decode};

/// A member of a closed group, on the way to its successor: it may make it, or join it.
pub(crate) struct ReInitialization {
    state_id: u32,
    old: Arc<Mutex<Member>>,
    join: Join,
}

impl Client {
    /// `ReInitCommit`: covers one ReInit and nothing else.
    pub(crate) fn reinit_commit(&self, request: CommitRequest) -> Result<CommitResponse, ClientError> {
        self.with_member(request.state_id, |member| {
            let draft = member.draft(&request)?;
            match draft.proposals().next() {
                // What this backend can't follow, it doesn't commit to.
                Some(Proposal::ReInit(reinit)) => Suite::new(&self.provider, reinit.cipher_suite)?,
                _ => return Err(ClientError::NotAReInit),
            };
            member.commit(draft, decode::tree_transfer(request.external_tree))
        })
    }

    /// `HandlePendingReInitCommit`.
    pub(crate) fn handle_pending_reinit_commit(
        &self,
        request: HandlePendingCommitRequest,
    ) -> Result<HandleReInitCommitResponse, ClientError> {
        let state = self.states.find(request.state_id)?;
        let mut member = lock(&state);
        member.accept_commit(|outcome| match outcome {
            Merged::Reinitialized(_) => Ok(()),
            _ => Err(ClientError::NotAReInit),
        })?;
        let reinit = member.group.reinit().cloned().ok_or(ClientError::NotAReInit)?;
        let (join, key_package) = self.join_of_successor(&member, &reinit)?;
        let old = Arc::clone(&state);
        self.closed(&member, ReInitialization { state_id: request.state_id, old, join }, key_package)
    }

    /// `HandleReInitCommit`.
    pub(crate) fn handle_reinit_commit(
        &self,
        request: HandleCommitRequest,
    ) -> Result<HandleReInitCommitResponse, ClientError> {
        let state = self.states.find(request.state_id)?;
        let mut member = lock(&state);
        let staged = member.stage(&request)?;
        let reinit = staged.summary().reinit.clone().ok_or(ClientError::NotAReInit)?;
        let (join, key_package) = self.join_of_successor(&member, &reinit)?;
        member.merge(staged)?;
        let old = Arc::clone(&state);
        self.closed(&member, ReInitialization { state_id: request.state_id, old, join }, key_package)
    }

    /// `ReInitWelcome`: makes the successor. Any member can.
    pub(crate) fn reinit_welcome(
        &self,
        request: ReInitWelcomeRequest,
    ) -> Result<CreateSubgroupResponse, ClientError> {
        let entry = self.reinitializations.find(request.reinit_id)?;
        let reinitialization = lock(&entry);
        let old = lock(&reinitialization.old);
        let actor = reinitialization.join.actor.clone();
        let parameters = parameters(&actor, "key_package", &request.key_package)?;
        let path = decode::path_choice(request.force_path);
        let draft = |resumption: &Resumption<'_>| {
            Ok(old.group.draft_successor(&actor.suite, &parameters, resumption)?.path(path))
        };
        let mut successor = resumed(&old, actor.clone(), draft)?;
        successor.predecessor = Some(reinitialization.state_id);
        let response = self.enter_subgroup(successor, decode::tree_transfer(request.external_tree))?;
        self.reinitializations.remove(request.reinit_id);
        Ok(response)
    }

    /// `HandleReInitWelcome`: joins the successor.
    pub(crate) fn handle_reinit_welcome(
        &self,
        request: HandleReInitWelcomeRequest,
    ) -> Result<JoinGroupResponse, ClientError> {
        let entry = self.reinitializations.find(request.reinit_id)?;
        let reinitialization = lock(&entry);
        let old = lock(&reinitialization.old);
        let welcome = (request.welcome.as_slice(), decode::tree(request.ratchet_tree));
        let handshake_format = old.settings.policy.handshake_format;
        let mut successor = reinitialization.join.join(welcome, handshake_format, Some(&old.group))?;
        successor.predecessor = Some(reinitialization.state_id);
        let (state_id, epoch_authenticator) = self.keep(successor)?;
        self.reinitializations.remove(request.reinit_id);
        Ok(JoinGroupResponse { state_id, epoch_authenticator })
    }

    /// A join of the group that `reinit` calls for, by the same identity with a key of the new suite.
    fn join_of_successor(&self, member: &Member, reinit: &ReInit) -> Result<(Join, Vec<u8>), ClientError> {
        let actor = self.actor_of_suite(reinit.cipher_suite, &member.actor.identity)?;
        let secrets = actor.key_package()?;
        let join = Join::new(actor, &secrets, member.psks.duplicate())?;
        Ok((join, decode::encoded(secrets.key_package)?))
    }

    fn closed(
        &self,
        member: &Member,
        reinitialization: ReInitialization,
        key_package: Vec<u8>,
    ) -> Result<HandleReInitCommitResponse, ClientError> {
        let epoch_authenticator = member.group.epoch_authenticator().to_vec();
        let reinit_id = self.reinitializations.insert(&self.ids, reinitialization)?;
        Ok(HandleReInitCommitResponse { reinit_id, key_package, epoch_authenticator })
    }

    /// Keeps a successor or a branch that this client has just made, and says what the others need.
    pub(crate) fn enter_subgroup(
        &self,
        mut member: Member,
        transfer: TreeTransfer,
    ) -> Result<CreateSubgroupResponse, ClientError> {
        let ForJoiners { welcome, ratchet_tree } = member.for_joiners(transfer)?;
        let (state_id, epoch_authenticator) = self.keep(member)?;
        Ok(CreateSubgroupResponse { state_id, welcome, ratchet_tree, epoch_authenticator })
    }
}

/// What a group that comes out of another one is made from.
pub(crate) fn parameters(
    actor: &Actor,
    field: &'static str,
    key_packages: &[Vec<u8>],
) -> Result<ResumptionParameters, ClientError> {
    let key_packages = key_packages.iter().map(|octets| decode::key_package(field, octets));
    let key_packages = key_packages.collect::<Result<_, _>>()?;
    Ok(ResumptionParameters { leaf: actor.leaf.clone(), lifetime: actor.lifetime(), key_packages })
}

/// The group of `draft` in its epoch 1, set to what its parent is set to.
pub(crate) fn resumed(
    parent: &Member,
    actor: Actor,
    draft: impl FnOnce(&Resumption<'_>) -> Result<ResumptionDraft, ClientError>,
) -> Result<Member, ClientError> {
    let signer = &*actor.signer;
    let draft = draft(&Resumption { settings: &parent.settings, signer, now: now() })?;
    let answers = answers(draft.needs(), &parent.psks);
    let group: Group = draft.finish(signer, answers)?;
    Ok(Member::new(actor, parent.settings.clone(), group, parent.psks.duplicate()))
}
