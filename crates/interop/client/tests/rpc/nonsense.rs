//! Nonsense is an error, and never the end of the client.

use copath_interop_client::Backend;
use copath_interop_grpc::*;
use tonic::{Code, Response, Status};

use crate::world::{Octets, World, start};

/// Octets that are no message, and some that begin like one.
fn nonsense(like: &[Octets]) -> Vec<Octets> {
    let mut all =
        vec![Vec::new(), vec![0], vec![0xff; 40], vec![0, 1, 0, 1], vec![0, 1, 0, 3, 0, 1, 0xff, 0xff]];
    for message in like {
        all.push(message[..message.len() / 2].to_vec());
        all.push([message.as_slice(), &[0]].concat());
        let mut flipped = message.clone();
        for place in [4, message.len() / 3, message.len() - 1] {
            flipped[place] ^= 0x55;
            all.push(flipped.clone());
        }
    }
    all
}

/// An error, and one that says whose fault it is.
fn refused<T: std::fmt::Debug>(outcome: Result<Response<T>, Status>) {
    let error = outcome.unwrap_err();
    let blame = [Code::InvalidArgument, Code::FailedPrecondition, Code::NotFound, Code::Unimplemented];
    assert!(blame.contains(&error.code()), "{error:?}");
}

#[tokio::test]
async fn empty_requests_are_answered() {
    let mut stub = start(Backend::Rustcrypto).await;
    refused(stub.create_group(CreateGroupRequest::default()).await);
    refused(stub.create_key_package(CreateKeyPackageRequest::default()).await);
    refused(stub.join_group(JoinGroupRequest::default()).await);
    refused(stub.external_join(ExternalJoinRequest::default()).await);
    refused(stub.group_info(GroupInfoRequest::default()).await);
    refused(stub.state_auth(StateAuthRequest::default()).await);
    refused(stub.export(ExportRequest::default()).await);
    refused(stub.protect(ProtectRequest::default()).await);
    refused(stub.unprotect(UnprotectRequest::default()).await);
    refused(stub.store_psk(StorePskRequest::default()).await);
    refused(stub.add_proposal(AddProposalRequest::default()).await);
    refused(stub.update_proposal(UpdateProposalRequest::default()).await);
    refused(stub.remove_proposal(RemoveProposalRequest::default()).await);
    refused(stub.external_psk_proposal(ExternalPskProposalRequest::default()).await);
    refused(stub.resumption_psk_proposal(ResumptionPskProposalRequest::default()).await);
    refused(stub.group_context_extensions_proposal(GroupContextExtensionsProposalRequest::default()).await);
    refused(stub.commit(CommitRequest::default()).await);
    refused(stub.handle_commit(HandleCommitRequest::default()).await);
    refused(stub.handle_pending_commit(HandlePendingCommitRequest::default()).await);
    refused(stub.reinit_proposal(ReInitProposalRequest::default()).await);
    refused(stub.reinit_commit(CommitRequest::default()).await);
    refused(stub.handle_pending_reinit_commit(HandlePendingCommitRequest::default()).await);
    refused(stub.handle_reinit_commit(HandleCommitRequest::default()).await);
    refused(stub.reinit_welcome(ReInitWelcomeRequest::default()).await);
    refused(stub.handle_reinit_welcome(HandleReInitWelcomeRequest::default()).await);
    refused(stub.create_branch(CreateBranchRequest::default()).await);
    refused(stub.handle_branch(HandleBranchRequest::default()).await);
    refused(stub.new_member_add_proposal(NewMemberAddProposalRequest::default()).await);
    refused(stub.create_external_signer(CreateExternalSignerRequest::default()).await);
    refused(stub.add_external_signer(AddExternalSignerRequest::default()).await);
    refused(stub.external_signer_proposal(ExternalSignerProposalRequest::default()).await);
    stub.free(FreeRequest::default()).await.unwrap();
}

#[tokio::test]
async fn damaged_messages_are_refused_and_change_nothing() {
    for encrypt_handshake in [false, true] {
        let mut world = World::with_group(encrypt_handshake, &["alice", "bob"]).await;
        let key_package = world.key_package("carol").await;
        let transaction_id = world.transactions["carol"];
        let group_info = world.group_info("alice", false).await.group_info;
        let proposal = world.propose_update("bob").await.unwrap();
        let ciphertext = world.protect("alice", b"aad", b"data").await.unwrap();
        let request = CommitRequest {
            state_id: world.state("alice"),
            by_value: vec![crate::world::added(key_package.clone())],
            ..CommitRequest::default()
        };
        let made = world.of("alice").commit(request).await.unwrap().into_inner();
        let like = [
            key_package,
            group_info,
            proposal,
            ciphertext.clone(),
            made.commit.clone(),
            made.welcome.clone(),
        ];
        for octets in nonsense(&like) {
            feed(&mut world, transaction_id, octets).await;
        }
        let pending = HandlePendingCommitRequest { state_id: world.state("alice") };
        world.of("alice").handle_pending_commit(pending).await.unwrap();
        assert_eq!(world.unprotect("bob", &ciphertext).await.unwrap().1, b"data");
        world.receive("bob", &[], &made.commit).await.unwrap();
        world.join("carol", &made.welcome, &[]).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;
    }
}

/// `octets` in each field of bob and carol that wants a message; carol's id is that of a transaction.
async fn feed(world: &mut World, transaction_id: u32, octets: Octets) {
    let bob = world.state("bob");
    let mut stub = world.of("bob");
    refused(stub.unprotect(UnprotectRequest { state_id: bob, ciphertext: octets.clone() }).await);
    let commit =
        HandleCommitRequest { state_id: bob, commit: octets.clone(), ..HandleCommitRequest::default() };
    refused(stub.handle_commit(commit.clone()).await);
    refused(stub.handle_reinit_commit(commit).await);
    let by_reference = vec![octets.clone()];
    refused(stub.commit(CommitRequest { state_id: bob, by_reference, ..CommitRequest::default() }).await);
    refused(stub.add_proposal(AddProposalRequest { state_id: bob, key_package: octets.clone() }).await);
    refused(
        stub.add_external_signer(AddExternalSignerRequest { state_id: bob, external_sender: octets.clone() })
            .await,
    );
    let branch = CreateBranchRequest {
        state_id: bob,
        group_id: b"branch".to_vec(),
        key_packages: vec![octets.clone()],
        ..CreateBranchRequest::default()
    };
    refused(stub.create_branch(branch).await);
    let mut stub = world.of("carol");
    let join = JoinGroupRequest {
        transaction_id,
        welcome: octets.clone(),
        identity: b"carol".to_vec(),
        ratchet_tree: octets.clone(),
        ..JoinGroupRequest::default()
    };
    refused(stub.join_group(join).await);
    let (group_info, identity) = (octets, b"dave".to_vec());
    let join = ExternalJoinRequest { group_info, identity, ..ExternalJoinRequest::default() };
    refused(stub.external_join(join).await);
}
