//! The service: each method goes to the function of [`Client`] with its name.

use std::sync::Arc;

use copath_interop_grpc::*;
use tonic::{Request, Response, Status};

use crate::ClientError;
use crate::client::Client;

/// The client as gRPC sees it.
#[derive(Clone)]
pub(crate) struct Service(Arc<Client>);

impl Service {
    pub(crate) fn new(client: Client) -> Self {
        Self(Arc::new(client))
    }

    /// Runs one method where it doesn't hold up other requests.
    async fn run<Q: Send + 'static, R: Send + 'static>(
        &self,
        request: Request<Q>,
        method: fn(&Client, Q) -> Result<R, ClientError>,
    ) -> Result<Response<R>, Status> {
        let client = Arc::clone(&self.0);
        let request = request.into_inner();
        let done = tokio::task::spawn_blocking(move || method(&client, request)).await;
        match done {
            Ok(outcome) => Ok(Response::new(outcome?)),
            Err(error) => Err(Status::internal(format!("a bug of this client: {error}"))),
        }
    }
}

macro_rules! service {
    ($($method:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl MlsClient for Service {
            $(
                async fn $method(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                    self.run(request, Client::$method).await
                }
            )*
        }
    };
}

service! {
    name(NameRequest) -> NameResponse;
    supported_ciphersuites(SupportedCiphersuitesRequest) -> SupportedCiphersuitesResponse;
    create_group(CreateGroupRequest) -> CreateGroupResponse;
    create_key_package(CreateKeyPackageRequest) -> CreateKeyPackageResponse;
    join_group(JoinGroupRequest) -> JoinGroupResponse;
    external_join(ExternalJoinRequest) -> ExternalJoinResponse;
    group_info(GroupInfoRequest) -> GroupInfoResponse;
    state_auth(StateAuthRequest) -> StateAuthResponse;
    export(ExportRequest) -> ExportResponse;
    protect(ProtectRequest) -> ProtectResponse;
    unprotect(UnprotectRequest) -> UnprotectResponse;
    store_psk(StorePskRequest) -> StorePskResponse;
    add_proposal(AddProposalRequest) -> ProposalResponse;
    update_proposal(UpdateProposalRequest) -> ProposalResponse;
    remove_proposal(RemoveProposalRequest) -> ProposalResponse;
    external_psk_proposal(ExternalPskProposalRequest) -> ProposalResponse;
    resumption_psk_proposal(ResumptionPskProposalRequest) -> ProposalResponse;
    group_context_extensions_proposal(GroupContextExtensionsProposalRequest) -> ProposalResponse;
    commit(CommitRequest) -> CommitResponse;
    handle_commit(HandleCommitRequest) -> HandleCommitResponse;
    handle_pending_commit(HandlePendingCommitRequest) -> HandleCommitResponse;
    reinit_proposal(ReInitProposalRequest) -> ProposalResponse;
    reinit_commit(CommitRequest) -> CommitResponse;
    handle_pending_reinit_commit(HandlePendingCommitRequest) -> HandleReInitCommitResponse;
    handle_reinit_commit(HandleCommitRequest) -> HandleReInitCommitResponse;
    reinit_welcome(ReInitWelcomeRequest) -> CreateSubgroupResponse;
    handle_reinit_welcome(HandleReInitWelcomeRequest) -> JoinGroupResponse;
    create_branch(CreateBranchRequest) -> CreateSubgroupResponse;
    handle_branch(HandleBranchRequest) -> HandleBranchResponse;
    new_member_add_proposal(NewMemberAddProposalRequest) -> NewMemberAddProposalResponse;
    create_external_signer(CreateExternalSignerRequest) -> CreateExternalSignerResponse;
    add_external_signer(AddExternalSignerRequest) -> ProposalResponse;
    external_signer_proposal(ExternalSignerProposalRequest) -> ProposalResponse;
    free(FreeRequest) -> FreeResponse;
}
