//! Proposals from outside of the group.

use copath_interop_grpc::*;
use tonic::Code;

use crate::world::{Octets, SUITE, World, nothing_required, worlds};

/// `member` proposes a new external sender called `name`, and commits it; gives the signer's id.
async fn add_signer(world: &mut World, member: &str, name: &str, others: &[&str]) -> u32 {
    let request = CreateExternalSignerRequest { cipher_suite: SUITE, identity: name.into() };
    let made = world.of(name).create_external_signer(request).await.unwrap().into_inner();
    let request =
        AddExternalSignerRequest { state_id: world.state(member), external_sender: made.external_sender };
    let proposal = world.of(member).add_external_signer(request).await.unwrap().into_inner().proposal;
    let commit = CommitRequest { by_reference: vec![proposal], ..CommitRequest::default() };
    world.commit(member, commit, others).await.unwrap();
    made.signer_id
}

async fn propose(
    world: &mut World,
    (name, signer_id): (&str, u32),
    member: &str,
    description: ProposalDescription,
) -> Octets {
    let info = world.group_info(member, true).await;
    let request = ExternalSignerProposalRequest {
        signer_id,
        signer_index: 0,
        group_info: info.group_info,
        ratchet_tree: info.ratchet_tree,
        description: Some(description),
    };
    let proposal = world.of(name).external_signer_proposal(request).await.unwrap().into_inner().proposal;
    assert!(!world.is_encrypted(&proposal));
    proposal
}

fn described(proposal_type: &[u8]) -> ProposalDescription {
    ProposalDescription { proposal_type: proposal_type.to_vec(), ..ProposalDescription::default() }
}

#[tokio::test]
async fn a_new_member_proposes_itself() {
    for mut world in worlds().await {
        world = World::with_group(world.encrypt_handshake, &["alice", "bob"]).await;
        let group_info = world.group_info("alice", false).await.group_info;
        let request = NewMemberAddProposalRequest { group_info, identity: b"carol".to_vec() };
        let made = world.of("carol").new_member_add_proposal(request).await.unwrap().into_inner();
        assert!(!world.is_encrypted(&made.proposal));
        assert_eq!(
            (made.init_priv.len(), made.encryption_priv.len(), made.signature_priv.len()),
            (32, 32, 32)
        );
        world.transactions.insert("carol".into(), made.transaction_id);
        let commit = CommitRequest { by_reference: vec![made.proposal], ..CommitRequest::default() };
        let made = world.commit("alice", commit, &["bob"]).await.unwrap();
        world.join("carol", &made.welcome, &[]).await.unwrap();
        world.agree(&["alice", "bob", "carol"]).await;
    }
}

#[tokio::test]
async fn an_external_signer_proposes_everything_that_it_may() {
    for world in worlds().await {
        let mut world = World::with_group(world.encrypt_handshake, &["alice", "bob", "carol"]).await;
        add_signer(&mut world, "alice", "first signer", &["bob", "carol"]).await;
        // the second one finds itself at index 1, although nobody says so
        let signer = add_signer(&mut world, "bob", "second signer", &["alice", "carol"]).await;
        let signer = ("second signer", signer);

        let key_package = world.key_package("dave").await;
        for name in ["alice", "bob", "carol"] {
            let state_id = world.state(name);
            world.store_psk(name, state_id, b"id", b"secret").await;
        }
        let add = ProposalDescription { key_package, ..described(b"add") };
        let by_reference = vec![propose(&mut world, signer, "alice", add).await];
        let commit = CommitRequest { by_reference, ..CommitRequest::default() };
        let made = world.commit("alice", commit, &["bob", "carol"]).await.unwrap();
        world.join("dave", &made.welcome, &[]).await.unwrap();
        let dave = world.state("dave");
        world.store_psk("dave", dave, b"id", b"secret").await;

        let external = ProposalDescription { psk_id: b"id".to_vec(), ..described(b"externalPSK") };
        let resumption = ProposalDescription { epoch_id: 4, ..described(b"resumptionPSK") };
        for psk in [external, resumption] {
            let by_reference = vec![propose(&mut world, signer, "dave", psk).await];
            let commit = CommitRequest { by_reference, ..CommitRequest::default() };
            world.commit("carol", commit, &["alice", "bob", "dave"]).await.unwrap();
        }

        let remove = ProposalDescription { removed_id: b"carol".to_vec(), ..described(b"remove") };
        let by_reference = vec![propose(&mut world, signer, "bob", remove).await];
        let commit = CommitRequest { by_reference, ..CommitRequest::default() };
        world.commit("alice", commit, &["bob", "dave"]).await.unwrap();
        world.agree(&["alice", "bob", "dave"]).await;

        let extensions = vec![nothing_required()];
        let change = ProposalDescription { extensions, ..described(b"groupContextExtensions") };
        let by_reference = vec![propose(&mut world, signer, "dave", change).await];
        let commit = CommitRequest { by_reference, ..CommitRequest::default() };
        world.commit("dave", commit, &["alice", "bob"]).await.unwrap();
        world.agree(&["alice", "bob", "dave"]).await;
    }
}

#[tokio::test]
async fn an_external_signer_closes_the_group() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let signer = add_signer(&mut world, "alice", "signer", &["bob"]).await;
    let description = ProposalDescription {
        group_id: b"the successor".to_vec(),
        cipher_suite: 3,
        extensions: vec![nothing_required()],
        ..described(b"reinit")
    };
    let proposal = propose(&mut world, ("signer", signer), "alice", description).await;
    let by_reference = vec![proposal.clone()];
    let request = CommitRequest { state_id: world.state("bob"), by_reference, ..CommitRequest::default() };
    let commit = world.of("bob").reinit_commit(request).await.unwrap().into_inner().commit;
    let pending = HandlePendingCommitRequest { state_id: world.state("bob") };
    let at_bob = world.of("bob").handle_pending_reinit_commit(pending).await.unwrap().into_inner();
    let request = HandleCommitRequest { state_id: world.state("alice"), proposal: vec![proposal], commit };
    let at_alice = world.of("alice").handle_reinit_commit(request).await.unwrap().into_inner();
    assert_eq!(at_alice.epoch_authenticator, at_bob.epoch_authenticator);
}

#[tokio::test]
async fn who_is_no_external_sender_proposes_nothing() {
    let mut world = World::with_group(true, &["alice", "bob"]).await;
    let request = CreateExternalSignerRequest { cipher_suite: SUITE, identity: b"signer".to_vec() };
    let signer_id = world.of("signer").create_external_signer(request).await.unwrap().into_inner().signer_id;
    let info = world.group_info("alice", true).await;
    let request = ExternalSignerProposalRequest {
        signer_id,
        group_info: info.group_info,
        ratchet_tree: info.ratchet_tree,
        description: Some(ProposalDescription { removed_id: b"bob".to_vec(), ..described(b"remove") }),
        ..ExternalSignerProposalRequest::default()
    };
    let error = world.of("signer").external_signer_proposal(request.clone()).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error:?}");
    assert!(error.message().contains("12.1.8-01"), "{error:?}");
    let nothing = ExternalSignerProposalRequest { description: None, ..request };
    let error = world.of("signer").external_signer_proposal(nothing).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}
