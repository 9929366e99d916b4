//! The methods of the service.

use copath_interop_grpc as grpc;

use super::Rpc;

macro_rules! methods {
    ($($method:ident = $name:literal: $request:ident => $response:ident,)*) => {$(
        #[doc = concat!("The method `", $name, "`.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $method;

        impl Rpc for $method {
            const METHOD: &'static str = $name;
            type Request = grpc::$request;
            type Response = grpc::$response;
        }
    )*};
}

methods! {
    Name = "Name": NameRequest => NameResponse,
    SupportedCiphersuites = "SupportedCiphersuites": SupportedCiphersuitesRequest => SupportedCiphersuitesResponse,
    CreateGroup = "CreateGroup": CreateGroupRequest => CreateGroupResponse,
    CreateKeyPackage = "CreateKeyPackage": CreateKeyPackageRequest => CreateKeyPackageResponse,
    JoinGroup = "JoinGroup": JoinGroupRequest => JoinGroupResponse,
    ExternalJoin = "ExternalJoin": ExternalJoinRequest => ExternalJoinResponse,
    GroupInfo = "GroupInfo": GroupInfoRequest => GroupInfoResponse,
    StateAuth = "StateAuth": StateAuthRequest => StateAuthResponse,
    Export = "Export": ExportRequest => ExportResponse,
    Protect = "Protect": ProtectRequest => ProtectResponse,
    Unprotect = "Unprotect": UnprotectRequest => UnprotectResponse,
    StorePsk = "StorePSK": StorePskRequest => StorePskResponse,
    AddProposal = "AddProposal": AddProposalRequest => ProposalResponse,
    UpdateProposal = "UpdateProposal": UpdateProposalRequest => ProposalResponse,
    RemoveProposal = "RemoveProposal": RemoveProposalRequest => ProposalResponse,
    ExternalPskProposal = "ExternalPSKProposal": ExternalPskProposalRequest => ProposalResponse,
    ResumptionPskProposal = "ResumptionPSKProposal": ResumptionPskProposalRequest => ProposalResponse,
    GroupContextExtensionsProposal = "GroupContextExtensionsProposal":
        GroupContextExtensionsProposalRequest => ProposalResponse,
    Commit = "Commit": CommitRequest => CommitResponse,
    HandleCommit = "HandleCommit": HandleCommitRequest => HandleCommitResponse,
    HandlePendingCommit = "HandlePendingCommit": HandlePendingCommitRequest => HandleCommitResponse,
    ReInitProposal = "ReInitProposal": ReInitProposalRequest => ProposalResponse,
    ReInitCommit = "ReInitCommit": CommitRequest => CommitResponse,
    HandlePendingReInitCommit = "HandlePendingReInitCommit":
        HandlePendingCommitRequest => HandleReInitCommitResponse,
    HandleReInitCommit = "HandleReInitCommit": HandleCommitRequest => HandleReInitCommitResponse,
    ReInitWelcome = "ReInitWelcome": ReInitWelcomeRequest => CreateSubgroupResponse,
    HandleReInitWelcome = "HandleReInitWelcome": HandleReInitWelcomeRequest => JoinGroupResponse,
    CreateBranch = "CreateBranch": CreateBranchRequest => CreateSubgroupResponse,
    HandleBranch = "HandleBranch": HandleBranchRequest => HandleBranchResponse,
    NewMemberAddProposal = "NewMemberAddProposal": NewMemberAddProposalRequest => NewMemberAddProposalResponse,
    CreateExternalSigner = "CreateExternalSigner": CreateExternalSignerRequest => CreateExternalSignerResponse,
    AddExternalSigner = "AddExternalSigner": AddExternalSignerRequest => ProposalResponse,
    ExternalSignerProposal = "ExternalSignerProposal": ExternalSignerProposalRequest => ProposalResponse,
    Free = "Free": FreeRequest => FreeResponse,
}
