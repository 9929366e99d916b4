//! Subgroup branching.
//!
//! RFC 9420 §11.3.

use copath_group::{BranchParameters, Resumption};
use copath_interop_grpc::{
    CreateBranchRequest, CreateSubgroupResponse, HandleBranchRequest, HandleBranchResponse,
};
use copath_messages::GroupId;

use crate::client::Client;
use crate::registry::lock;
use crate::reinit::{parameters, resumed};
use crate::{ClientError, decode};

impl Client {
    /// `CreateBranch`: the old group goes on under its own id.
    pub(crate) fn create_branch(
        &self,
        request: CreateBranchRequest,
    ) -> Result<CreateSubgroupResponse, ClientError> {
        let group_id = Some(GroupId::from(request.group_id));
        let branch =
            BranchParameters { group_id, extensions: Some(decode::extensions(&request.extensions)?) };
        let path = decode::path_choice(request.force_path);
        let branch = self.with_member(request.state_id, |member| {
            let actor = member.actor.clone();
            let parameters = parameters(&actor, "key_packages", &request.key_packages)?;
            let draft = |resumption: &Resumption<'_>| {
                Ok(member.group.draft_branch(&branch, &parameters, resumption)?.path(path))
            };
            resumed(member, actor, draft)
        })?;
        self.enter_subgroup(branch, decode::tree_transfer(request.external_tree))
    }

    /// `HandleBranch`: joins, under a new id.
    pub(crate) fn handle_branch(
        &self,
        request: HandleBranchRequest,
    ) -> Result<HandleBranchResponse, ClientError> {
        let state = self.states.find(request.state_id)?;
        let transaction = self.joins.find(request.transaction_id)?;
        let parent = lock(&state);
        let mut join = lock(&transaction);
        if join.actor.identity != parent.actor.identity {
            return Err(ClientError::WrongIdentity);
        }
        join.psks.merge(&parent.psks);
        let welcome = (request.welcome.as_slice(), decode::tree(request.ratchet_tree));
        let handshake_format = parent.settings.policy.handshake_format;
        let member = join.join(welcome, handshake_format, Some(&parent.group))?;
        let (state_id, epoch_authenticator) = self.keep(member)?;
        self.joins.remove(request.transaction_id);
        Ok(HandleBranchResponse { state_id, epoch_authenticator })
    }
}
