//! Generates the client stub and the server side of the service from the list of its methods.

use tonic_build::manual::{Builder, Method, Service};

/// Method, request and response, as the harness names them.
const METHODS: [(&str, &str, &str); 34] = [
    ("Name", "NameRequest", "NameResponse"),
    ("SupportedCiphersuites", "SupportedCiphersuitesRequest", "SupportedCiphersuitesResponse"),
    ("CreateGroup", "CreateGroupRequest", "CreateGroupResponse"),
    ("CreateKeyPackage", "CreateKeyPackageRequest", "CreateKeyPackageResponse"),
    ("JoinGroup", "JoinGroupRequest", "JoinGroupResponse"),
    ("ExternalJoin", "ExternalJoinRequest", "ExternalJoinResponse"),
    ("GroupInfo", "GroupInfoRequest", "GroupInfoResponse"),
    ("StateAuth", "StateAuthRequest", "StateAuthResponse"),
    ("Export", "ExportRequest", "ExportResponse"),
    ("Protect", "ProtectRequest", "ProtectResponse"),
    ("Unprotect", "UnprotectRequest", "UnprotectResponse"),
    ("StorePSK", "StorePskRequest", "StorePskResponse"),
    ("AddProposal", "AddProposalRequest", "ProposalResponse"),
    ("UpdateProposal", "UpdateProposalRequest", "ProposalResponse"),
    ("RemoveProposal", "RemoveProposalRequest", "ProposalResponse"),
    ("ExternalPSKProposal", "ExternalPskProposalRequest", "ProposalResponse"),
    ("ResumptionPSKProposal", "ResumptionPskProposalRequest", "ProposalResponse"),
    ("GroupContextExtensionsProposal", "GroupContextExtensionsProposalRequest", "ProposalResponse"),
    ("Commit", "CommitRequest", "CommitResponse"),
    ("HandleCommit", "HandleCommitRequest", "HandleCommitResponse"),
    ("HandlePendingCommit", "HandlePendingCommitRequest", "HandleCommitResponse"),
    ("ReInitProposal", "ReInitProposalRequest", "ProposalResponse"),
    ("ReInitCommit", "CommitRequest", "CommitResponse"),
    ("HandlePendingReInitCommit", "HandlePendingCommitRequest", "HandleReInitCommitResponse"),
    ("HandleReInitCommit", "HandleCommitRequest", "HandleReInitCommitResponse"),
    ("ReInitWelcome", "ReInitWelcomeRequest", "CreateSubgroupResponse"),
    ("HandleReInitWelcome", "HandleReInitWelcomeRequest", "JoinGroupResponse"),
    ("CreateBranch", "CreateBranchRequest", "CreateSubgroupResponse"),
    ("HandleBranch", "HandleBranchRequest", "HandleBranchResponse"),
    ("NewMemberAddProposal", "NewMemberAddProposalRequest", "NewMemberAddProposalResponse"),
    ("CreateExternalSigner", "CreateExternalSignerRequest", "CreateExternalSignerResponse"),
    ("AddExternalSigner", "AddExternalSignerRequest", "ProposalResponse"),
    ("ExternalSignerProposal", "ExternalSignerProposalRequest", "ProposalResponse"),
    ("Free", "FreeRequest", "FreeResponse"),
];

fn main() {
    let service = Service::builder().name("MLSClient").package("mls_client");
    let service = METHODS.iter().fold(service, |service, (method, request, response)| {
        service.method(
            Method::builder()
                .name(snake_case(method))
                .route_name(method)
                .input_type(format!("crate::{request}"))
                .output_type(format!("crate::{response}"))
                .codec_path("tonic_prost::ProstCodec")
                .build(),
        )
    });
    Builder::new().compile(&[service.build()]);
    println!("cargo::rerun-if-changed=build.rs");
}

/// `StorePSK` becomes `store_psk`, `ReInitCommit` becomes `reinit_commit`.
fn snake_case(method: &str) -> String {
    let mut words = String::new();
    for c in method.replace("PSK", "Psk").replace("ReInit", "Reinit").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}
