//! What is wrong is said with the right code.

use copath_interop_grpc::*;
use tonic::Code;

use crate::world::{World, added, removed};

#[tokio::test]
async fn ids_are_of_one_kind() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let state = world.state("alice");
    // a state is no transaction, no reinitialization and no signer
    let join = JoinGroupRequest { transaction_id: state, ..JoinGroupRequest::default() };
    let error = world.of("alice").join_group(join).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::NotFound, &*format!("there is no transaction with id {state}"))
    );
    let welcome = HandleReInitWelcomeRequest { reinit_id: state, ..HandleReInitWelcomeRequest::default() };
    assert_eq!(world.of("alice").handle_reinit_welcome(welcome).await.unwrap_err().code(), Code::NotFound);
    let welcome = ReInitWelcomeRequest { reinit_id: state, ..ReInitWelcomeRequest::default() };
    assert_eq!(world.of("alice").reinit_welcome(welcome).await.unwrap_err().code(), Code::NotFound);
    let proposal =
        ExternalSignerProposalRequest { signer_id: state, ..ExternalSignerProposalRequest::default() };
    assert_eq!(
        world.of("alice").external_signer_proposal(proposal).await.unwrap_err().code(),
        Code::NotFound
    );
    let psk = StorePskRequest { state_or_transaction_id: 0, ..StorePskRequest::default() };
    assert_eq!(world.of("alice").store_psk(psk).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn suites_that_are_not_there_are_unimplemented() {
    let mut world = World::new(true).await;
    // ring plays the second actor
    world.of("rustcrypto");
    for (cipher_suite, code) in [
        (5, Code::Unimplemented),
        (0, Code::Unimplemented),
        (0xffff, Code::Unimplemented),
        (0x1_0001, Code::InvalidArgument),
    ] {
        let request = CreateGroupRequest { cipher_suite, ..CreateGroupRequest::default() };
        assert_eq!(world.of("ring").create_group(request).await.unwrap_err().code(), code);
        let request = CreateKeyPackageRequest { cipher_suite, ..CreateKeyPackageRequest::default() };
        assert_eq!(world.of("ring").create_key_package(request).await.unwrap_err().code(), code);
        let request = CreateExternalSignerRequest { cipher_suite, ..CreateExternalSignerRequest::default() };
        assert_eq!(world.of("ring").create_external_signer(request).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn descriptions_are_of_a_known_type() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let state_id = world.state("alice");
    for proposal_type in [b"".as_slice(), b"update", b"Add", b"\xff"] {
        let description =
            ProposalDescription { proposal_type: proposal_type.to_vec(), ..ProposalDescription::default() };
        let request = CommitRequest { state_id, by_value: vec![description], ..CommitRequest::default() };
        let error = world.of("alice").commit(request).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error:?}");
    }
    let mut big = removed("bob");
    big.proposal_type = b"groupContextExtensions".to_vec();
    big.extensions = vec![Extension { extension_type: 0x1_0000, extension_data: Vec::new() }];
    let request = CommitRequest { state_id, by_value: vec![big], ..CommitRequest::default() };
    assert_eq!(world.of("alice").commit(request).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_failed_call_changes_nothing() {
    for encrypt_handshake in [false, true] {
        let mut world = World::with_group(encrypt_handshake, &["alice", "bob"]).await;
        let key_package = world.key_package("carol").await;
        let refused = [
            vec![removed("nobody")],
            vec![removed("alice")],
            vec![added(key_package.clone()), added(key_package.clone())],
            vec![added(key_package), added(b"\x00\x01".to_vec())],
        ];
        for by_value in refused {
            let commit = CommitRequest { by_value, ..CommitRequest::default() };
            world.commit("alice", commit, &[]).await.unwrap_err();
        }
        let proposal = world.propose_update("bob").await.unwrap();
        let commit = CommitRequest {
            by_reference: vec![proposal.clone(), b"nonsense".to_vec()],
            ..CommitRequest::default()
        };
        assert_eq!(world.commit("alice", commit, &[]).await.unwrap_err().code(), Code::InvalidArgument);
        let commit = CommitRequest { by_reference: vec![proposal], ..CommitRequest::default() };
        let made = world.commit("alice", commit, &["bob"]).await.unwrap();
        world.agree(&["alice", "bob"]).await;
        let again = world.receive("bob", &[], &made.commit).await.unwrap_err();
        assert_eq!(again.code(), Code::FailedPrecondition, "{again:?}");
        world.agree(&["alice", "bob"]).await;
    }
}
